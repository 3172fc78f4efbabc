/* SPDX-License-Identifier: GPL-3.0-or-later */
/* export: a table or variable of a results file, through the privacy filter, on the screen or in a file. */
#include "cli/cli.h"
#include "core/number.h"
#include "report/export.h"
#include "report/findings_table.h"

#include <string.h>

/* --- what there is ------------------------------------------------------------------------------------- */

typedef struct tables {
    mlab_text *json; /* NULL = screen */
    char last[512];  /* group whose table was listed last */
    size_t n;
} tables;

static void list_table(tables *list, const char *path, const char *shape)
{
    if (!list->json) {
        printf("  %-44s %s\n", path, shape);
        return;
    }
    mlab_text_append(list->json, list->n++ ? ",\n{\"path\": " : "\n{\"path\": ");
    mlab_json_text(list->json, path);
    mlab_text_append(list->json, ", \"shape\": ");
    mlab_json_text(list->json, shape);
    mlab_text_append(list->json, "}");
}

/* A group with variables over one axis is a table; a variable over several is one of its own. */
static void take(void *user, const char *path, const char *shape, const char *unit, const char *long_name)
{
    tables *list = user;
    const char *slash = strrchr(path, '/');
    char group[512];
    (void)unit, (void)long_name;
    if (strcmp(shape, "group") == 0 || !*shape || !slash) return;
    snprintf(group, sizeof group, "%.*s", (int)(slash - path), path);
    if (strstr(shape, " x ")) {
        list_table(list, path, shape);
    } else if (strcmp(group, list->last) != 0) {
        list_table(list, group, shape);
        snprintf(list->last, sizeof list->last, "%s", group);
    }
}

static int show_tables(const mlab_cli *cli)
{
    mlab_text json = MLAB_TEXT(&cli->context);
    tables list = {.json = cli->json ? &json : NULL};
    mlab_error err;
    if (!cli->json) printf("Name one of these: mentorlab export %s NAME\n", cli->arguments[0]);
    if (mlab_store_list(&cli->context, cli->arguments[0], take, &list, &err)) {
        mlab_text_free(&json);
        return mlab_show_error(cli, &err);
    }
    if (cli->json) printf("[%s\n]\n", mlab_text_get(&json));
    mlab_text_free(&json);
    return MLAB_EXIT_DONE;
}

/* --- one of them --------------------------------------------------------------------------------------- */

static bool named_format(const char *name, mlab_export_format *format)
{
    static const char *const names[] = {"csv", "json", "xlsx"};
    for (int k = 0; k < 3; k++)
        if (strcmp(names[k], name) == 0) {
            *format = (mlab_export_format)k;
            return true;
        }
    return false;
}

/* The file to write to; NULL = the screen. With --json, a name without one of the endings is the folder that all commands take. */
static const char *file_of(const mlab_cli *cli)
{
    const char *file = mlab_flag_value(cli, "out");
    const bool ending = file && (mlab_name_ends(file, ".csv") || mlab_name_ends(file, ".json") || mlab_name_ends(file, ".xlsx"));
    return file && cli->json && !ending && !mlab_flag_value(cli, "format") ? NULL : file;
}

/* --format, else the ending of --out, else --json or CSV. */
static int choose_format(const mlab_cli *cli, mlab_export_format *format)
{
    const char *stated = mlab_flag_value(cli, "format"), *file = file_of(cli);
    *format = cli->json ? MLAB_EXPORT_JSON : MLAB_EXPORT_CSV;
    if (stated && !named_format(stated, format)) return mlab_usage(cli, "--format is csv, json or xlsx, found '%s'", stated);
    if (!stated && file) {
        if (mlab_name_ends(file, ".csv"))
            *format = MLAB_EXPORT_CSV;
        else if (mlab_name_ends(file, ".json"))
            *format = MLAB_EXPORT_JSON;
        else if (mlab_name_ends(file, ".xlsx"))
            *format = MLAB_EXPORT_XLSX;
        else
            return mlab_usage(cli, "--out is a name that ends in .csv, .json or .xlsx, found '%s'; or say --format", file);
    }
    if (*format == MLAB_EXPORT_XLSX && !file) return mlab_usage(cli, "a workbook needs a name: --out FILE.xlsx");
    return MLAB_EXIT_DONE;
}

static int choose_minimum(const mlab_cli *cli, int64_t *minimum)
{
    const char *stated = mlab_flag_value(cli, "minimum-cell");
    *minimum = mlab_report_defaults().minimum_cell;
    if (!stated || (mlab_integer_parse(stated, strlen(stated), minimum) && *minimum >= 1 && *minimum <= 1000)) return MLAB_EXIT_DONE;
    return mlab_usage(cli, "--minimum-cell is 1 to 1000, found '%s'", stated);
}

static mlab_status write_page(const mlab_cli *cli, const mlab_page *page, mlab_export_format format, mlab_error *err)
{
    const char *file = file_of(cli);
    if (file) {
        mlab_status status = mlab_page_write(page, format, file, err);
        if (!status && !cli->quiet && !cli->json)
            printf("%s: %zu lines of %s%s\n", file, page->n_lines, page->path, mlab_page_is_about_people(page) ? " (about people: mode 0600)" : "");
        return status;
    }
    mlab_text text = MLAB_TEXT(&cli->context);
    mlab_page_print(page, format == MLAB_EXPORT_JSON, &text);
    mlab_status status = text.failed ? MLAB_ERR_MEMORY : MLAB_OK;
    if (status)
        *err = (mlab_error){.status = status, .sentence = "no memory for the table"};
    else
        fputs(mlab_text_get(&text), stdout);
    mlab_text_free(&text);
    return status;
}

int mlab_command_export(mlab_cli *cli)
{
    mlab_page *page = NULL;
    mlab_error err = {0};
    mlab_export_format format;
    int64_t minimum;
    size_t n_hidden = 0;
    if (cli->n_arguments == 1) return show_tables(cli);
    int code = choose_format(cli, &format);
    if (!code) code = choose_minimum(cli, &minimum);
    if (code) return code;
    mlab_status status = mlab_page_load(&cli->context, cli->arguments[0], cli->arguments[1], &page, &err);
    if (!status) status = mlab_page_protect(page, cli->arguments[0], minimum, &n_hidden, &err);
    if (!status) status = write_page(cli, page, format, &err);
    mlab_page_free(page);
    if (status) return mlab_show_error(cli, &err);
    if (n_hidden && !cli->quiet)
        fprintf(stderr, "%zu number%s hidden: counts of fewer than %lld people, and what would give them away\n", n_hidden,
                n_hidden == 1 ? " is" : "s are", (long long)minimum);
    return MLAB_EXIT_DONE;
}
