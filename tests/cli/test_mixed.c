/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study with random effects, from its file to simulated futures. */
#include "cli/program.h"
#include "core/memory.h"
#include "mentorlab/store.h"

#include <math.h>

/* Effects of people on satisfaction, of departments and mentors on promotion. */
static void make_mixed(void)
{
    make_study(400);
    ck_assert_int_eq(shell("sed -i 's/performance + department\"}/performance + department + (1 | person)\"}/; "
                           "s/\"promoted ~ .*\"/\"promoted ~ arm + time_in_grade + grade + (1 | department) + (1 | mentor)\"/; "
                           "s/\"exit ~ .*\"/\"exit ~ arm + tenure + grade\"/' first/study.yaml"),
                     0);
}

static void ck_done(int code)
{
    ck_assert_msg(code == 0 || code == 4, "code %d: %s", code, err_out);
}

static void digest(const char *folder, char *into)
{
    ck_assert_int_eq(shell(PROGRAM " inspect %s/results.h5 --digest --group /simulation", folder), 0);
    snprintf(into, 100, "%.90s", out);
}

START_TEST(a_study_with_random_effects_is_simulated_the_same_by_any_threads_and_after_a_kill)
{
    static char one[100], three[100], again[100];
    make_mixed();
    ck_done(shell(PROGRAM " simulate first/study.yaml --out one --threads 1"));
    ck_says(out, "simulate   3 plans x 12 draws x 2 histories");
    ck_done(shell("mkdir -p three/.mentorlab && cp -p one/.mentorlab/secret three/.mentorlab/ && " PROGRAM
                  " fit first/study.yaml --out three --threads 3"));
    ck_says(out, "groups of mentor, as standard deviations");
    ck_done(shell(PROGRAM " simulate first/study.yaml --out three --threads 3")); /* from the draws in the file */
    ck_done(shell("mkdir -p again/.mentorlab && cp -p one/.mentorlab/secret again/.mentorlab/; " PROGRAM
                  " simulate first/study.yaml --out again & p=$!; "
                  "while [ ! -f again/.mentorlab/shards/draw-000000.h5 ] && kill -0 $p; do :; done; kill -KILL $p; wait $p; " PROGRAM
                  " simulate first/study.yaml --out again"));
    digest("one", one);
    digest("three", three);
    digest("again", again);
    ck_assert_str_eq(one, three);
    ck_assert_str_eq(one, again);
}
END_TEST

START_TEST(effects_that_cannot_be_simulated_are_refused_in_words_and_the_fits_stand)
{
    make_mixed();
    ck_assert_int_eq(shell("sed -i 's/(1 | department)/(1 | department:grade)/' first/study.yaml"), 0);
    int code = shell(PROGRAM " simulate first/study.yaml --out o");
    ck_assert_msg(code == 1 || code == 3, "code %d: %s", code, out);
    ck_says(err_out, "effects by 'grade', which changes over time, cannot be carried into the future");
    ck_done(shell(PROGRAM " fit first/study.yaml --out o"));
    ck_says(out, "groups of department:grade, as standard deviations");
}
END_TEST

START_TEST(bootstraps_of_mixed_models_drive_the_simulation)
{
    static const char *const kinds[] = {"bootstrap", "parametric"};
    make_mixed();
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(shell("sed 's/^simulation: .*/simulation: {horizon: 2 quarters, draws: 2, replicates: 2, seed: 1}\\nfit: {draws: %s}/' "
                               "first/study.yaml > first/%s.yaml",
                               kinds[k], kinds[k]),
                         0);
        ck_done(shell(PROGRAM " simulate first/%s.yaml --out %s", kinds[k], kinds[k]));
        ck_says(out, "3 plans x 2 draws x 2 histories");
    }
    ck_assert_int_eq(
        shell("sed 's/\"exit ~ arm + tenure + grade\"/\"exit ~ arm + tenure + grade + (1 | person)\"/' first/parametric.yaml > first/once.yaml"), 0);
    ck_done(shell(PROGRAM " simulate first/once.yaml --out once"));
    ck_says(out, "happens once a person has no parametric draws"); /* each row would be drawn, and somebody could leave twice */
}
END_TEST

/* 10 sites of 10 people, all with the same ten residuals; the means of the sites differ hardly more than chance makes them: SD 0.02, error 1.1. */
START_TEST(a_standard_deviation_near_0_has_no_upper_end_on_screen_in_json_and_in_the_report)
{
    start_here();
    ck_assert_int_eq(shell("awk 'BEGIN { print \"id,site,score\"; for (i = 0; i < 10; i++) for (j = 0; j < 10; j++) "
                           "printf \"p%%d,s%%d,%%.6f\\n\", 10 * i + j, i, 10 + (i - 4.5) * 0.104710 + (j - 4.5) * 0.330289 }' > near.csv"),
                     0);
    write_here("near.yaml", "title: near\ndata:\n  people: {file: near.csv}\n  columns: {site: {type: factor}, score: {type: number}}\n"
                            "outcomes:\n  score: {model: linear, kind: number, formula: \"score ~ 1 + (1 | site)\"}\n");
    ck_done(shell(PROGRAM " fit near.yaml --out near"));
    ck_says(out, "(0.0 up, no upper end)");
    ck_says_not(out, "e+");
    ck_done(shell(PROGRAM " fit near.yaml --out near --json"));
    ck_says(out, "\"random_effects\": [{\"group\": \"site\", \"groups\": 10, \"effect\": \"(Intercept)\"");
    ck_says(out, "\"upper\": null}]");
    ck_says(out, "\"errors\": \"model\", \"clusters\": []");
    ck_done(shell("sed 's/(1 | site)/cluster(site)/' near.yaml > robust.yaml"));
    ck_done(shell(PROGRAM " fit robust.yaml --out near --json --force"));
    ck_says(out, "\"errors\": \"CR1\", \"clusters\": [\"site\"]");
    ck_done(shell(PROGRAM " report near.yaml --out near"));
    ck_done(shell("grep -c 'no upper end' near/report.html"));
}
END_TEST

/* Whoever has x above 30 answers yes: the coefficient of x has no maximum, and the standard deviation of mentors is where the climb ended. */
START_TEST(where_a_fit_has_no_maximum_nothing_is_told_of_how_groups_differ)
{
    start_here();
    ck_assert_int_eq(shell("awk 'BEGIN { print \"id,mentor,x,y\"; for (i = 1; i <= 60; i++) print \"p\" i \",m\" i %% 10 \",\" i \",\" (i > 30) }' "
                           "> apart.csv"),
                     0);
    write_here("apart.yaml",
               "title: apart\ndata:\n  people: {file: apart.csv}\n  columns: {mentor: {type: factor}, x: {type: number}, y: {type: event}}\n"
               "outcomes:\n  q: {model: logit, kind: yes_no, formula: \"y ~ x + (1 | mentor)\"}\n");
    ck_done(shell(PROGRAM " fit apart.yaml --out apart"));
    ck_says(out, "between the 10 groups of mentor, as standard deviations\n  (Intercept)                                not told");
    ck_says_not(out, "of the variance");
    ck_done(shell(PROGRAM " fit apart.yaml --out apart --json"));
    ck_says(out, "\"standard_deviation\": null, \"lower\": null, \"upper\": null");
    ck_done(shell(PROGRAM " report apart.yaml --out apart"));
    ck_done(shell("grep -c 'not told' apart/report.html"));
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_fit **fits;
    size_t n;
    char path[4300];
    snprintf(path, sizeof path, "%s/apart/results.h5", here);
    ck_assert_int_eq(mlab_store_read_fits(&context, path, &fits, &n, NULL, NULL), MLAB_OK);
    ck_assert(n == 1 && isnan(fits[0]->random->sd[0]) && isnan(fits[0]->random->covariance[0]) && isnan(fits[0]->spread[0]));
    ck_assert(!isnan(fits[0]->estimate[0]) && !fits[0]->random->mode);
    for (size_t k = 0; k < n; k++) mlab_fit_free(fits[k]);
    mlab_release(&context, fits);
}
END_TEST

MLAB_TEST_MAIN("cli/mixed", where_a_fit_has_no_maximum_nothing_is_told_of_how_groups_differ,
               a_standard_deviation_near_0_has_no_upper_end_on_screen_in_json_and_in_the_report,
               a_study_with_random_effects_is_simulated_the_same_by_any_threads_and_after_a_kill,
               effects_that_cannot_be_simulated_are_refused_in_words_and_the_fits_stand, bootstraps_of_mixed_models_drive_the_simulation)
