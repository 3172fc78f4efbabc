/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run, report, compare, simulate, forecast: stages brought up to date, then the summary of what is there. */
#include "cli/cli.h"
#include "cli/json.h"
#include "core/os.h"

/* The report's own text, as wide as the terminal allows up to 100. */
static int show_summary(const mlab_session *session)
{
    mlab_report_options options = {.minimum_cell = mlab_session_minimum_cell(session), .width = 80};
    char *text = NULL;
    mlab_error err;
    if (mlab_report_summary(&session->cli->context, mlab_study_report(session->study), &options, &text, &err))
        return mlab_show_error(session->cli, &err);
    printf("\n%s", text);
    mlab_report_text_free(&session->cli->context, text);
    return MLAB_EXIT_DONE;
}

static void show_end(int code)
{
    if (code == MLAB_EXIT_DOUBTFUL) printf("finished, but a result is not trustworthy (exit code 4); the report says which and why\n");
}

static int run_to(mlab_cli *cli, mlab_stage last)
{
    mlab_session session;
    int code = mlab_session_run(&session, cli, last);
    if (!code && cli->json)
        code = mlab_session_show_json(&session);
    else if (!code && !cli->quiet)
        code = show_summary(&session);
    if (!code) code = mlab_session_exit(&session);
    if (!cli->json && !cli->quiet) show_end(code);
    mlab_session_end(&session);
    return code;
}

int mlab_command_run(mlab_cli *cli)
{
    return run_to(cli, MLAB_STAGE_REPORT);
}
int mlab_command_report(mlab_cli *cli)
{
    return run_to(cli, MLAB_STAGE_REPORT);
}
int mlab_command_compare(mlab_cli *cli)
{
    return run_to(cli, MLAB_STAGE_COMPARE);
}
int mlab_command_simulate(mlab_cli *cli)
{
    return run_to(cli, MLAB_STAGE_SIMULATE);
}
int mlab_command_forecast(mlab_cli *cli)
{
    return run_to(cli, MLAB_STAGE_FORECAST);
}
