/* SPDX-License-Identifier: GPL-3.0-or-later */
/* new: a commented starter study with the files of a small simulated firm, so that it runs at once and each file shows the form
 * that one's own should have. */
#include "cli/cli.h"
#include "core/memory.h"
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

int mlab_command_new(mlab_cli *cli)
{
    const char *folder = cli->arguments[0];
    mlab_error err;
    int code = write_study(cli, folder);
    if (code) return code;
    if (write_firm(cli, folder, &err)) return mlab_show_error(cli, &err);
    if (cli->json) printf("{\"study\": \"%s/study.yaml\"}\n", folder);
    if (!cli->json && !cli->quiet)
        printf("%s/study.yaml and the files of a small simulated firm are there.\n  mentorlab run %s/study.yaml --out %s\n", folder, folder, folder);
    return MLAB_EXIT_DONE;
}
