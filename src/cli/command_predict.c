/* SPDX-License-Identifier: GPL-3.0-or-later */
/* predict: what the models predict for every row. */
#include "cli/cli.h"
#include "core/memory.h"
#include "core/os.h"
#include "core/text.h"
#include "report/export.h"

#include <string.h>

/* --out DIR, or --out FILE.csv, .json, .xlsx, .h5: the folder goes on as --out, *file is the name in it. *folder is released by the caller. */
static mlab_status split_out(mlab_cli *cli, const char **file, char **folder, mlab_error *err)
{
    const char *slash = strrchr(cli->out, '/');
    mlab_export_format format;
    *file = NULL;
    *folder = NULL;
    if (!mlab_export_format_of(cli->out, &format)) return MLAB_OK;
    *folder = mlab_os_folder_of(&cli->context, cli->out);
    if (!*folder) {
        *err = (mlab_error){.status = MLAB_ERR_MEMORY, .sentence = "no memory for the name of the folder"};
        return MLAB_ERR_MEMORY;
    }
    *file = slash ? slash + 1 : cli->out;
    cli->out = **folder ? *folder : ".";
    return MLAB_OK;
}

/* "r.txt" is neither a file that can be written nor, unless it is there, a folder. */
static bool is_other_file(const mlab_cli *cli)
{
    const char *slash = strrchr(cli->out, '/'), *name = slash ? slash + 1 : cli->out, *dot = strrchr(name, '.');
    mlab_export_format format;
    if (!dot || dot == name || !dot[1] || strcmp(name, "..") == 0 || mlab_export_format_of(cli->out, &format)) return false;
    return !mlab_os_exists(cli->out);
}

static bool choose_effects(const mlab_cli *cli, mlab_group_effects *effects)
{
    static const char *const names[] = {"own", "averaged", "typical"};
    const char *stated = mlab_flag_value(cli, "effects");
    *effects = MLAB_EFFECTS_OWN;
    for (int k = 0; stated && k < 3; k++)
        if (strcmp(names[k], stated) == 0) return *effects = (mlab_group_effects)k, true;
    return !stated;
}

static void show_told(const mlab_cli *cli, const char *told)
{
    mlab_text json = MLAB_TEXT(&cli->context);
    mlab_text_append(&json, "{\"predictions\": [");
    if (!cli->json && !cli->quiet) printf("\n");
    for (const char *line = told; *line; line += strcspn(line, "\n") + 1) {
        const int n = (int)strcspn(line, "\n");
        char one[1200];
        snprintf(one, sizeof one, "%.*s", n, line);
        mlab_text_append(&json, line == told ? "" : ", ");
        mlab_json_text(&json, one);
        if (!cli->json && !cli->quiet) printf("%s\n", one);
    }
    if (cli->json) printf("%s]}\n", mlab_text_get(&json));
    if (!cli->json && !cli->quiet && !strstr(told, " rows of "))
        printf("nothing was written\n");
    else if (!cli->json && !cli->quiet)
        printf("in %s; rows about people: mode 0600. Conditional on the formula, whole periods; what a difference means is compare's question.\n",
               cli->out);
    mlab_text_free(&json);
}

int mlab_command_predict(mlab_cli *cli)
{
    mlab_session session = {0};
    mlab_error err = {0};
    mlab_prediction_files files = {.outcome = mlab_flag_value(cli, "outcome"), .names = mlab_flag_value(cli, "names") != NULL};
    char *folder = NULL, *told = NULL;
    if (!choose_effects(cli, &files.effects))
        return mlab_usage(cli, "--effects is own, averaged or typical, found '%s'", mlab_flag_value(cli, "effects"));
    if (is_other_file(cli))
        return mlab_usage(cli, "--out %s: predictions go to a file that ends in .csv, .json, .xlsx or .h5, or into a folder", cli->out);
    if (split_out(cli, &files.file, &folder, &err)) return mlab_show_error(cli, &err);
    int code = mlab_session_open(&session, cli, MLAB_STAGE_FIT);
    if (!code && mlab_study_predictions_check(session.study, &files, &err)) code = mlab_show_error(cli, &err);
    if (!code) code = mlab_session_work(&session, MLAB_STAGE_FIT);
    if (!code && mlab_study_predictions(session.study, &files, &told, &err)) code = mlab_show_error(cli, &err);
    if (!code && told) show_told(cli, told);
    if (!code) code = mlab_session_exit(&session);
    if (session.study) mlab_study_text_free(session.study, told);
    mlab_session_end(&session);
    mlab_release(&cli->context, folder);
    return code;
}
