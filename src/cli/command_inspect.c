/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inspect: what is in a results file. */
#include "cli/cli.h"

#include <string.h>

typedef struct lister {
    mlab_text *json; /* NULL = screen */
    size_t n;
} lister;

static void list_one(void *user, const char *path, const char *shape, const char *unit, const char *long_name)
{
    lister *list = user;
    if (list->json) {
        mlab_text_append(list->json, list->n++ ? ",\n{\"path\": " : "\n{\"path\": ");
        mlab_json_text(list->json, path);
        mlab_text_append(list->json, ", \"shape\": ");
        mlab_json_text(list->json, shape);
        mlab_text_append(list->json, ", \"unit\": ");
        mlab_json_text(list->json, unit);
        mlab_text_append(list->json, ", \"long_name\": ");
        mlab_json_text(list->json, long_name);
        mlab_text_append(list->json, "}");
    } else if (strcmp(shape, "group") == 0) {
        printf("%s%s%s\n", mlab_paint(stdout, MLAB_BOLD), path, mlab_paint(stdout, MLAB_PLAIN));
    } else {
        bool plain = !*unit || strcmp(unit, "1") == 0;
        printf("  %-44s %-32s %s%s%s%s\n", path, shape, long_name, plain ? "" : " [", plain ? "" : unit, plain ? "" : "]");
    }
}

static int show_digest(const mlab_cli *cli)
{
    char digest[65];
    mlab_error err;
    const char *group = mlab_flag_value(cli, "group");
    if (mlab_store_digest(&cli->context, cli->arguments[0], group ? group : "/", digest, &err)) return mlab_show_error(cli, &err);
    printf(cli->json ? "{\"digest\": \"%s\"}\n" : "%s\n", digest);
    return MLAB_EXIT_DONE;
}

static int show_provenance(const mlab_cli *cli)
{
    char *json = NULL;
    mlab_error err;
    if (mlab_store_provenance(&cli->context, cli->arguments[0], &json, &err)) return mlab_show_error(cli, &err);
    printf("%s\n", json);
    mlab_store_text_free(&cli->context, json);
    return MLAB_EXIT_DONE;
}

int mlab_command_inspect(mlab_cli *cli)
{
    if (mlab_flag_value(cli, "digest")) return show_digest(cli);
    if (mlab_flag_value(cli, "provenance")) return show_provenance(cli);
    mlab_text json = MLAB_TEXT(&cli->context);
    lister list = {cli->json ? &json : NULL, 0};
    mlab_error err;
    if (mlab_store_list(&cli->context, cli->arguments[0], list_one, &list, &err)) {
        mlab_text_free(&json);
        return mlab_show_error(cli, &err);
    }
    if (cli->json) printf("[%s\n]\n", mlab_text_get(&json));
    mlab_text_free(&json);
    return MLAB_EXIT_DONE;
}
