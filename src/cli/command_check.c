/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check: every finding, what was guessed, and what the study can answer. */
#include "cli/cli.h"
#include "core/number.h"
#include "report/findings_table.h"

#include <string.h>

/* Every finding with its place, mode 0600: rows may be about one person. */
static int write_table(const mlab_cli *cli, const mlab_findings *findings, const char *path)
{
    mlab_error err = {0};
    return mlab_findings_table(&cli->context, findings, path, &err) ? mlab_show_error(cli, &err) : MLAB_EXIT_DONE;
}

static void show_answers(const mlab_session *session)
{
    char *text = NULL;
    mlab_error err;
    if (!mlab_study_data(session->study)) return;
    if (mlab_study_answers(session->study, false, &text, &err))
        mlab_show_error(session->cli, &err);
    else
        printf("\n%s", text);
    mlab_study_text_free(session->study, text);
}

static void show_guesses(const mlab_session *session)
{
    const mlab_data *data = mlab_study_data(session->study);
    if (!data || !data->guesses || !*data->guesses) return;
    printf("\n%sTaken from the files (write a line into the study to pin it)%s\n", mlab_paint(stdout, MLAB_DIM), mlab_paint(stdout, MLAB_PLAIN));
    for (const char *line = data->guesses; *line;) {
        char text[2048];
        size_t n = strcspn(line, "\n");
        snprintf(text, sizeof text, "%.*s", (int)n, line);
        fputs("  ", stdout);
        mlab_show_folded(stdout, 2, 6, text);
        line += n + (line[n] == '\n');
    }
}

static int show_json(const mlab_session *session, int code)
{
    mlab_text json = MLAB_TEXT(&session->cli->context);
    char *answers = NULL, *flow = NULL;
    mlab_text_print(&json, "{\"rejected\": %s, \"findings\": ", code == MLAB_EXIT_REJECTED ? "true" : "false");
    mlab_findings_json(&session->findings, true, &json);
    if (mlab_study_data(session->study) && !mlab_study_answers(session->study, true, &answers, NULL)) {
        mlab_text_append(&json, ", \"answers\": ");
        mlab_text_append(&json, answers);
    }
    if (mlab_study_data(session->study) && !mlab_study_flow(session->study, &flow, NULL)) {
        mlab_text_append(&json, ", \"people\": ");
        mlab_text_append(&json, flow);
    }
    printf("%s}\n", mlab_text_get(&json));
    mlab_study_text_free(session->study, answers);
    mlab_study_text_free(session->study, flow);
    mlab_text_free(&json);
    return code;
}

int mlab_command_check(mlab_cli *cli)
{
    mlab_session session;
    int code = mlab_session_run(&session, cli, MLAB_STAGE_CHECK);
    const char *table = mlab_flag_value(cli, "table");
    if (session.study && (code == MLAB_EXIT_DONE || code == MLAB_EXIT_REJECTED)) {
        int wrote = table ? write_table(cli, &session.findings, table) : MLAB_EXIT_DONE; /* first: who pages the screen may quit early */
        if (cli->json) {
            code = show_json(&session, code);
        } else {
            if (!cli->quiet || code) mlab_show_findings(&session.findings, cli->arguments[0], MLAB_SEVERITY_NOTE, code ? stderr : stdout);
            if (!cli->quiet && !session.findings.n) printf("nothing to remark\n");
            if (!cli->quiet) show_guesses(&session);
            if (!cli->quiet) show_answers(&session);
        }
        if (!code) code = wrote;
    }
    mlab_session_end(&session);
    return code;
}
