/* SPDX-License-Identifier: GPL-3.0-or-later */
/* panel: the person-periods as analysed. */
#include "cli/cli.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "report/findings_table.h"

#include <string.h>

/* --out DIR, or --out FILE.csv, FILE.xlsx: the folder goes on as --out, *file is the name in it. *folder is released by the caller. */
static mlab_status split_out(mlab_cli *cli, const char **file, char **folder, mlab_error *err)
{
    const char *slash = strrchr(cli->out, '/');
    *file = NULL;
    *folder = NULL;
    if (!mlab_name_ends(cli->out, ".csv") && !mlab_name_ends(cli->out, ".xlsx")) return MLAB_OK;
    *folder = mlab_os_folder_of(&cli->context, cli->out);
    if (!*folder) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the name of the folder");
    *file = slash ? slash + 1 : cli->out;
    cli->out = **folder ? *folder : ".";
    return MLAB_OK;
}

static void tell(const mlab_cli *cli, const char *file)
{
    const bool book = file && mlab_name_ends(file, ".xlsx");
    if (cli->json)
        printf(book ? "{\"folder\": \"%s\", \"files\": [\"%s\"]}\n" : "{\"folder\": \"%s\", \"files\": [\"%s\", \"codebook.md\", \"check.R\"]}\n",
               cli->out, file ? file : "panel.csv");
    else if (!cli->quiet)
        printf(book ? "%s with its codebook is in %s (rows about people: mode 0600)\n"
                    : "%s, codebook.md and check.R are in %s (rows about people: mode 0600)\n",
               file ? file : "panel.csv", cli->out);
}

int mlab_command_panel(mlab_cli *cli)
{
    mlab_session session = {0};
    mlab_error err = {0};
    const char *file;
    char *folder;
    if (split_out(cli, &file, &folder, &err)) return mlab_show_error(cli, &err);
    int code = mlab_session_run(&session, cli, MLAB_STAGE_CHECK);
    if (code == MLAB_EXIT_REJECTED && session.study && !cli->json)
        mlab_show_findings(&session.findings, cli->arguments[0], MLAB_SEVERITY_DECIDE, stderr);
    if (!code && mlab_study_panel(session.study, mlab_flag_value(cli, "names") != NULL, file, &err)) code = mlab_show_error(cli, &err);
    if (!code) tell(cli, file);
    mlab_session_end(&session);
    mlab_release(&cli->context, folder);
    return code;
}
