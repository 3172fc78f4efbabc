/* SPDX-License-Identifier: GPL-3.0-or-later */
/* new: a commented starter study with the files of a small simulated firm, so that it runs at once and each file shows the form
 * that one's own should have; or a study drafted from one's own exports. */
#include "cli/cli.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"

#include <string.h>

enum { STARTER_PEOPLE = 400 };

static const char starter[] = "# A study of a mentoring program. It runs as it is, on a small SIMULATED firm:\n"
                              "#   mentorlab check study.yaml     what is wrong with the files, what the study can answer\n"
                              "#   mentorlab run study.yaml       all of it: results.h5, report.html, summary.md\n"
                              "# Put your own files in the place of the simulated ones and take out the next line.\n"
                              "simulated: yes\n"
                              "title: My mentoring program\n"
                              "# as_of: 2024-12-31              # the day of the export; nothing after it counts as having happened\n"
                              "\n"
                              "data:\n"
                              "  people: {file: people.csv}                # id, hired, left, exit_reason, grade, and any attributes\n"
                              "  promotions: {file: promotions.csv}        # id, date, to (the grade after)\n"
                              "  surveys: {file: surveys.csv, satisfaction: satisfaction, scale: [1, 2, 3, 4, 5]}   # id, date, answers\n"
                              "  relationships: {file: relationships.csv}  # mentor, mentee, start, end (empty = still going), kind\n"
                              "\n"
                              "events:\n"
                              "  exit: {voluntary: [voluntary], involuntary: [involuntary]}   # your reasons for leaving, by cause\n"
                              "\n"
                              "arms:                                        # what people are exposed to, beside none\n"
                              "  structured: {relationships: \"kind == 'structured'\"}\n"
                              "  informal: {relationships: \"kind == 'informal'\"}\n"
                              "\n"
                              "panel: {period: quarter, from: 2021-01-01, to: 2024-12-31}\n"
                              "\n"
                              "# Without a block outcomes, every outcome that the data allow gets a default model. With one, in R's notation:\n"
                              "outcomes:\n"
                              "  promotion:    {formula: \"promoted ~ arm + ns(time_in_grade, 3) + grade + gender + performance + department\"}\n"
                              "  retention:    {formula: \"exit ~ arm + ns(tenure, 3) + grade + gender + performance + department\"}\n"
                              "  satisfaction: {formula: \"satisfaction ~ arm + grade + gender + performance + department\"}\n"
                              "\n"
                              "comparison:                                  # did it work?\n"
                              "  reference: none\n"
                              "  adjust: [grade, tenure, gender, performance, department]   # what moves both mentoring and outcome\n"
                              "  horizons: {months: [12]}\n"
                              "  bootstrap: 50                              # 500 for numbers that are passed on\n"
                              "\n"
                              "matching:                                    # who with whom?\n"
                              "  mentors: {where: \"grade >= 3\", capacity: {from: capacity, default: 1}}\n"
                              "  mentees: {where: \"grade <= 2\"}\n"
                              "  score:\n"
                              "    skills: {need: wants, offer: skills, weight: high}\n"
                              "    seniority_gap: {column: grade, best: 2, weight: some}\n"
                              "    department: {same: avoid, weight: some}\n"
                              "  forbid: [{line_manager: manager, levels: 1}, past_pair]\n"
                              "  policies: [random, deferred_acceptance, optimal]\n"
                              "\n"
                              "simulation: {horizon: 12 quarters, draws: 40, replicates: 2, seed: 1}\n"
                              "scenarios:                                   # plans to compare; the first is what the others are compared with\n"
                              "  today:      {policy: none}\n"
                              "  random:     {policy: random, start_every: 4 quarters, duration: 4 quarters}\n"
                              "  best_match: {policy: optimal, start_every: 4 quarters, duration: 4 quarters}\n"
                              "\n"
                              "forecast:                                    # what would it return? every number here is an example\n"
                              "  currency: EUR\n"
                              "  discount_rate: 0.05\n"
                              "  salary: 60000\n"
                              "  costs:\n"
                              "    mentor_time: {kind: time, hours_per_month: {triangular: [1, 2, 4]}, hourly: 75}\n"
                              "    software:    {kind: cash, per: person year, amount: 60}\n"
                              "  benefits:\n"
                              "    avoided_exit: {kind: avoided, share_of_salary: {lognormal: {median: 0.21, p95: 0.9}}, backfill: 0.8}\n"
                              "\n"
                              "report: {minimum_cell: 5}\n";

/* Never over a study that is there. */
static int write_study(const mlab_cli *cli, const char *folder)
{
    mlab_error err = {.status = MLAB_ERR_MEMORY, .sentence = "out of memory"};
    char *path = mlab_os_join(&cli->context, folder, "study.yaml");
    if (!path) return mlab_show_error(cli, &err);
    int code = MLAB_EXIT_DONE;
    if (mlab_os_exists(path)) {
        fprintf(stderr, "mentorlab new: %s is there already; choose another folder\n", path);
        code = MLAB_EXIT_USAGE;
    } else if (mlab_os_make_folder(folder, &err) || mlab_os_write_file(&cli->context, path, starter, strlen(starter), false, &err)) {
        code = mlab_show_error(cli, &err);
    }
    mlab_release(&cli->context, path);
    return code;
}

static mlab_status write_firm(const mlab_cli *cli, const char *folder, mlab_error *err)
{
    mlab_truth *truth = NULL;
    mlab_status status = mlab_truth_default(&cli->context, &truth, err);
    if (!status) status = mlab_generate(&cli->context, truth, 1, STARTER_PEOPLE, folder, err);
    mlab_truth_free(truth);
    return status;
}

/* --- from exports ------------------------------------------------------------------------------------------- */

static void show_draft(const mlab_cli *cli, const mlab_draft *draft, const char *folder)
{
    if (cli->quiet) return;
    printf("%s\n%s/study.yaml is written; every guess is marked in its line.\n", draft->says, folder);
    if (draft->n_questions) printf("\nQuestions that only you can answer (they also stand in the file), each with the line that answers it:\n");
    for (size_t q = 0; q < draft->n_questions; q++) {
        const char *end = strchr(draft->questions[q], '\n');
        char text[1200];
        snprintf(text, sizeof text, "%2zu. %.*s", q + 1, (int)(end - draft->questions[q]), draft->questions[q]);
        mlab_show_folded(stdout, 0, 4, text);
        printf("    %s\n", end + 3);
    }
    if (draft->n_unasked) printf("    ... and %zu more that can wait; mentorlab check tells them\n", draft->n_unasked);
    printf("\n  mentorlab run %s/study.yaml --out %s\n", folder, folder);
}

static void draft_json(const mlab_cli *cli, const mlab_draft *draft, const char *folder, const mlab_findings *findings)
{
    mlab_text json = MLAB_TEXT(&cli->context);
    mlab_text_append(&json, "{\"study\": ");
    char *path = mlab_os_join(&cli->context, folder, "study.yaml");
    mlab_json_text(&json, path);
    mlab_text_append(&json, ", \"questions\": [");
    for (size_t q = 0; q < draft->n_questions; q++) {
        if (q) mlab_text_append(&json, ", ");
        mlab_json_text(&json, draft->questions[q]);
    }
    mlab_text_append(&json, "], \"findings\": ");
    mlab_findings_json(findings, true, &json);
    mlab_text_append(&json, "}");
    printf("%s\n", mlab_text_get(&json));
    mlab_release(&cli->context, path);
    mlab_text_free(&json);
}

static int new_from(mlab_cli *cli, const char *first)
{
    const char *paths[MLAB_MOST_ARGUMENTS], *folder = cli->arguments[0], *as_of = mlab_flag_value(cli, "as-of");
    size_t n = 0;
    int32_t ignored;
    if (as_of && !mlab_date_parse_iso(as_of, strlen(as_of), &ignored)) return mlab_usage(cli, "--as-of takes YYYY-MM-DD, found '%s'", as_of);
    paths[n++] = first;
    for (int k = 1; k < cli->n_arguments; k++) paths[n++] = cli->arguments[k];
    char *study = mlab_os_join(&cli->context, folder, "study.yaml");
    mlab_draft *draft = NULL;
    mlab_findings findings;
    mlab_error err = {.status = MLAB_ERR_MEMORY, .sentence = "out of memory"};
    mlab_findings_start(&findings, &cli->context);
    int code = MLAB_EXIT_DONE;
    if (study && mlab_os_exists(study)) {
        fprintf(stderr, "mentorlab new: %s is there already; choose another folder\n", study);
        code = MLAB_EXIT_USAGE;
    } else if (!study || mlab_draft_study(&cli->context, paths, n, folder, as_of, &findings, &draft, &err) || mlab_os_make_folder(folder, &err) ||
               mlab_os_write_file(&cli->context, study, draft->yaml, strlen(draft->yaml), false, &err)) {
        if (!cli->json) mlab_show_findings(&findings, NULL, MLAB_SEVERITY_DECIDE, stdout);
        code = mlab_show_error(cli, &err);
    } else if (cli->json) {
        draft_json(cli, draft, folder, &findings);
    } else {
        show_draft(cli, draft, folder);
    }
    mlab_draft_free(draft);
    mlab_findings_free(&findings);
    mlab_release(&cli->context, study);
    return code;
}

int mlab_command_new(mlab_cli *cli)
{
    const char *folder = cli->arguments[0], *from = mlab_flag_value(cli, "from");
    mlab_error err;
    if (from) return new_from(cli, from);
    if (cli->n_arguments > 1) return mlab_usage(cli, "expected DIR, found %d arguments; files come after --from", cli->n_arguments);
    if (mlab_flag_value(cli, "as-of")) return mlab_usage(cli, "--as-of goes with --from");
    int code = write_study(cli, folder);
    if (code) return code;
    if (write_firm(cli, folder, &err)) return mlab_show_error(cli, &err);
    if (cli->json) printf("{\"study\": \"%s/study.yaml\"}\n", folder);
    if (!cli->json && !cli->quiet)
        printf("%s/study.yaml and the files of a small simulated firm are there.\n  mentorlab run %s/study.yaml --out %s\n", folder, folder, folder);
    return MLAB_EXIT_DONE;
}
