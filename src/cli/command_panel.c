/* SPDX-License-Identifier: GPL-3.0-or-later */
/* panel: the person-periods as analysed. */
#include "cli/cli.h"
#include "core/os.h"

int mlab_command_panel(mlab_cli *cli)
{
    mlab_session session;
    mlab_error err = {0};
    int code = mlab_session_run(&session, cli, MLAB_STAGE_CHECK);
    if (code == MLAB_EXIT_REJECTED && session.study && !cli->json)
        mlab_show_findings(&session.findings, cli->arguments[0], MLAB_SEVERITY_DECIDE, stderr);
    if (!code && mlab_study_panel(session.study, mlab_flag_value(cli, "names") != NULL, &err)) code = mlab_show_error(cli, &err);
    if (!code && cli->json) printf("{\"folder\": \"%s\", \"files\": [\"panel.csv\", \"codebook.md\", \"check.R\"]}\n", cli->out);
    if (!code && !cli->json && !cli->quiet) printf("panel.csv, codebook.md and check.R are in %s (rows about people: mode 0600)\n", cli->out);
    mlab_session_end(&session);
    return code;
}
