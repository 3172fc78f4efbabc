/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check: every finding, what was guessed, and what the study can answer. */
#include "cli/cli.h"
#include "core/number.h"
#include "core/os.h"

#include <inttypes.h>
#include <string.h>

/* A cell of CSV, always quoted. */
static void cell(mlab_text *csv, const char *text)
{
    mlab_text_append(csv, "\"");
    for (const char *c = text ? text : ""; *c; c++) {
        if (*c == '"') mlab_text_append(csv, "\"");
        mlab_text_append_bytes(csv, c, 1);
    }
    mlab_text_append(csv, "\"");
}

static void table_row(mlab_text *csv, const mlab_finding *finding, const mlab_occurrence *occurrence)
{
    static const char *const words[] = {"note", "decide", "stop"};
    mlab_text_print(csv, "%s,%s,", words[finding->severity], finding->kind);
    cell(csv, occurrence ? occurrence->place.file : "");
    mlab_text_append(csv, ",");
    if (occurrence && occurrence->place.line) mlab_text_print(csv, "%" PRIu64, occurrence->place.line);
    mlab_text_append(csv, ",");
    cell(csv, occurrence ? occurrence->place.column_name : "");
    mlab_text_append(csv, ",");
    cell(csv, occurrence ? occurrence->value : "");
    mlab_text_append(csv, ",");
    cell(csv, finding->sentence);
    mlab_text_append(csv, ",");
    cell(csv, finding->remedy);
    mlab_text_append(csv, "\n");
}

/* Every finding with its place, mode 0600: rows may be about one person. */
static int write_table(const mlab_cli *cli, const mlab_findings *findings, const char *path)
{
    mlab_text csv = MLAB_TEXT(&cli->context);
    mlab_text_append(&csv, "severity,kind,file,row,column,value,sentence,remedy\n");
    for (size_t k = 0; k < findings->n; k++) {
        if (!findings->items[k].n_occurrences) table_row(&csv, &findings->items[k], NULL);
        for (size_t i = 0; i < findings->items[k].n_occurrences; i++) table_row(&csv, &findings->items[k], &findings->items[k].occurrences[i]);
    }
    mlab_error err = {0};
    mlab_status status = csv.failed ? MLAB_ERR_MEMORY : mlab_os_write_file(&cli->context, path, csv.bytes, csv.n, true, &err);
    mlab_text_free(&csv);
    return status ? mlab_show_error(cli, &err) : MLAB_EXIT_DONE;
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
    char *answers = NULL;
    mlab_text_print(&json, "{\"rejected\": %s, \"findings\": ", code == MLAB_EXIT_REJECTED ? "true" : "false");
    mlab_findings_json(&session->findings, &json);
    if (mlab_study_data(session->study) && !mlab_study_answers(session->study, true, &answers, NULL)) {
        mlab_text_append(&json, ", \"answers\": ");
        mlab_text_append(&json, answers);
    }
    printf("%s}\n", mlab_text_get(&json));
    mlab_study_text_free(session->study, answers);
    mlab_text_free(&json);
    return code;
}

int mlab_command_check(mlab_cli *cli)
{
    mlab_session session;
    int code = mlab_session_run(&session, cli, MLAB_STAGE_CHECK);
    const char *table = mlab_flag_value(cli, "table");
    if (session.study && (code == MLAB_EXIT_DONE || code == MLAB_EXIT_REJECTED)) {
        if (cli->json) {
            code = show_json(&session, code);
        } else {
            if (!cli->quiet || code) mlab_show_findings(&session.findings, cli->arguments[0], MLAB_SEVERITY_NOTE, code ? stderr : stdout);
            if (!cli->quiet && !session.findings.n) printf("nothing to remark\n");
            if (!cli->quiet) show_guesses(&session);
            if (!cli->quiet) show_answers(&session);
        }
        int wrote = table ? write_table(cli, &session.findings, table) : MLAB_EXIT_DONE;
        if (!code) code = wrote;
    }
    mlab_session_end(&session);
    return code;
}
