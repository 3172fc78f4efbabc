/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running a study for a command: the lines of the stages, progress with the time left, findings and errors at the end. */
#include "cli/cli.h"
#include "core/number.h"
#include "core/os.h"

#include <math.h>
#include <string.h>

static const char *const stage_names[] = {"check", "fit", "compare", "match", "simulate", "forecast", "report"};

static bool talks(const mlab_session *session)
{
    return !session->cli->quiet && !session->cli->json;
}

void mlab_progress_clear(mlab_session *session)
{
    if (session->progress.is_drawn) fputs("\r\033[K", stderr);
    session->progress.is_drawn = false;
}

/* simulate   ███████████▊······  63 %   41 s left */
static void draw_bar(mlab_session *session, const char *stage, double share, double left)
{
    enum { WIDTH = 18 };
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int full = (int)(share * WIDTH), part = (int)((share * WIDTH - full) * 8), drawn = full;
    fprintf(stderr, "\r\033[K  %-10s ", stage);
    for (int k = 0; k < full; k++) fputs("█", stderr);
    if (full < WIDTH && part > 0) {
        fputs(eighths[part], stderr);
        drawn++;
    }
    for (int k = drawn; k < WIDTH; k++) fputs("·", stderr);
    fprintf(stderr, "  %2d %%", (int)(100 * share));
    if (left >= 0 && left < 60)
        fprintf(stderr, "   %d s left", (int)ceil(left));
    else if (left >= 60)
        fprintf(stderr, "   %d min left", (int)ceil(left / 60));
    fflush(stderr);
    session->progress.is_drawn = true;
}

static void on_progress(void *user, const char *stage, uint64_t done, uint64_t total)
{
    mlab_session *session = user;
    mlab_progress *progress = &session->progress;
    double now = mlab_os_seconds();
    if (strncmp(progress->last, stage, sizeof progress->last - 1) != 0) {
        snprintf(progress->last, sizeof progress->last, "%s", stage);
        progress->started = progress->shown = now;
    }
    if (!total || now - progress->shown < 0.2) return;
    progress->shown = now;
    double share = (double)done / (double)total, spent = now - progress->started;
    draw_bar(session, progress->last, share, share > 0.02 ? spent * (1 - share) / share : -1);
}

void mlab_progress_start(mlab_session *session)
{
    session->cli->context.user = session;
    session->cli->context.progress = talks(session) && mlab_os_is_terminal(2) ? on_progress : NULL;
}

static void print_seconds(double seconds)
{
    if (seconds >= 0.05) printf("%8.1f s", seconds);
}

/* Columns that a UTF-8 text takes. */
static int columns_of(const char *text)
{
    int n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void show_title(mlab_session *session)
{
    if (session->titled) return;
    session->titled = true;
    const mlab_report_spec *report = mlab_study_report(session->study);
    const char *title = report->title ? report->title : session->cli->arguments[0];
    int pad = 64 - columns_of(title);
    printf("%s%s%s%*s mentorlab %s\n\n", mlab_paint(stdout, MLAB_BOLD), title, mlab_paint(stdout, MLAB_PLAIN), pad > 0 ? pad : 1, "", mlab_version());
    fflush(stdout);
}

static void on_stage(void *user, mlab_stage stage, mlab_stage_state state, const char *line, double seconds)
{
    mlab_session *session = user;
    mlab_progress_clear(session);
    if (!talks(session) || state == MLAB_STAGE_FAILED || session->only_check) return;
    show_title(session);
    printf("  %-10s %s", stage_names[stage], line);
    int pad = 56 - columns_of(line);
    printf("%*s", pad > 0 ? pad : 1, "");
    if (state == MLAB_STAGE_UP_TO_DATE)
        printf("up to date");
    else if (state == MLAB_STAGE_RAN)
        print_seconds(seconds);
    putchar('\n');
    size_t notes = stage == MLAB_STAGE_CHECK ? mlab_findings_count(&session->findings, MLAB_SEVERITY_NOTE) : 0;
    if (notes) printf("  %-10s %zu note%s%*s\n", "", notes, notes == 1 ? "" : "s", 44, "details: mentorlab check");
    fflush(stdout);
}

/* What was found when nothing was run: on the screen, or as JSON. */
static int show_rejection(mlab_session *session)
{
    size_t n = mlab_findings_count(&session->findings, MLAB_SEVERITY_STOP) + mlab_findings_count(&session->findings, MLAB_SEVERITY_DECIDE);
    if (session->cli->json) {
        mlab_text json = MLAB_TEXT(&session->cli->context);
        mlab_text_append(&json, "{\"rejected\": true, \"findings\": ");
        mlab_findings_json(&session->findings, true, &json);
        printf("%s}\n", mlab_text_get(&json));
        mlab_text_free(&json);
        return MLAB_EXIT_REJECTED;
    }
    mlab_show_findings(&session->findings, session->cli->arguments[0], MLAB_SEVERITY_DECIDE, stderr);
    fprintf(stderr, "%zu finding%s, nothing was run, results.h5 is unchanged.\n", n, n == 1 ? "" : "s");
    return MLAB_EXIT_REJECTED;
}

int mlab_session_open(mlab_session *session, mlab_cli *cli, mlab_stage last)
{
    mlab_error err = {0};
    *session = (mlab_session){.cli = cli, .only_check = last == MLAB_STAGE_CHECK};
    mlab_findings_start(&session->findings, &cli->context);
    mlab_progress_start(session);
    mlab_status status = mlab_study_open(&cli->context, cli->arguments[0], cli->overrides, (size_t)cli->n_overrides, cli->out, &session->findings,
                                         &session->study, &err);
    return status ? mlab_show_error(cli, &err) : MLAB_EXIT_DONE;
}

int mlab_session_work(mlab_session *session, mlab_stage last)
{
    mlab_cli *cli = session->cli;
    mlab_error err = {0};
    mlab_status status = mlab_study_run(session->study, last, mlab_flag_value(cli, "force") != NULL, on_stage, session, &session->findings, &err);
    mlab_progress_clear(session);
    if (status == MLAB_ERR_STUDY_REJECTED) return last == MLAB_STAGE_CHECK ? MLAB_EXIT_REJECTED : show_rejection(session);
    if (status == MLAB_ERR_CANCELLED && !cli->json) {
        fprintf(stderr, "mentorlab %s: stopped on request; the same command goes on where it stopped\n", cli->command->name);
        return MLAB_EXIT_INTERRUPTED;
    }
    return status ? mlab_show_error(cli, &err) : MLAB_EXIT_DONE;
}

int mlab_session_run(mlab_session *session, mlab_cli *cli, mlab_stage last)
{
    int code = mlab_session_open(session, cli, last);
    return code ? code : mlab_session_work(session, last);
}

void mlab_session_end(mlab_session *session)
{
    mlab_study_free(session->study);
    mlab_findings_free(&session->findings);
    session->study = NULL;
}

int mlab_session_exit(const mlab_session *session)
{
    return mlab_study_trust(session->study) == MLAB_TRUSTED ? MLAB_EXIT_DONE : MLAB_EXIT_DOUBTFUL;
}

int64_t mlab_session_minimum_cell(const mlab_session *session)
{
    int64_t minimum = mlab_report_defaults().minimum_cell;
    const char *cell = mlab_study_setting(session->study, "report.minimum_cell");
    static const mlab_option row = {.key = "report.minimum_cell", .type = MLAB_OPTION_INTEGER, .low = 1, .high = 1000};
    if (cell && mlab_option_read(&row, cell, &minimum, NULL)) minimum = mlab_report_defaults().minimum_cell;
    return minimum;
}
