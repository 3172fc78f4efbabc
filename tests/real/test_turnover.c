/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The study of employee turnover as a user runs it, on the real file: its dirt with row numbers, the Cox fit of R, a comparison near that of
 * R, and one line for each stage that does not apply. Without MLAB_TEST_DATA it is skipped, and says so. */
#include "cli/program.h"
#include "fit/csv.h"

#include "mentorlab.h"

#include <math.h>

static bool no_data(void)
{
    const char *folder = getenv("MLAB_TEST_DATA");
    char path[4096];
    snprintf(path, sizeof path, "%s/employee-turnover/turnover.csv", folder ? folder : "");
    if (folder && mlab_os_exists(path)) return false;
    printf("SKIPPED real/test_turnover: MLAB_TEST_DATA does not name a folder with employee-turnover/turnover.csv\n");
    return true;
}

static void prepare(void)
{
    start_here();
    ck_assert_int_eq(shell("cp '%s' study.yaml", mlab_test_path("real/employee-turnover/study.yaml")), 0);
    ck_assert_int_eq(shell("cp \"$MLAB_TEST_DATA/employee-turnover/turnover.csv\" ."), 0);
}

/* Rows of the table of findings that are of a kind. */
static int count_lines(const char *table, const char *part)
{
    int n = 0;
    for (const char *at = table; (at = strstr(at, part)); at += strlen(part)) n++;
    return n;
}

START_TEST(check_finds_the_dirt_of_the_file_with_its_rows)
{
    if (no_data()) return;
    prepare();
    ck_assert_int_eq(shell(PROGRAM " check study.yaml --table findings.csv"), 0);
    ck_says(out, "13 rows are exact copies of earlier ones; kept, as the study says");
    ck_says(out, "row 8  like row 7      row 40  like row 38      row 41  like row 39   ... 10 more");
    ck_says(out, "163 rows equal an earlier one in all columns but those of near_duplicates; kept");
    ck_says(out, "row 5  like row 4 ");
    ck_says(out, "labels of column \"industry\" have blanks around them, which are left out, as the study says");
    ck_says(out, "row 30 column E \"industry\"   HoReCa ");
    ck_says(out, "column \"age\" has whole numbers in 1120 rows and fractions in 9");
    ck_says(out, "row 35 column \"age\"  30.40033257 ");
    ck_says(out, "    none                      683       351         2,058  compared with\n");
    ck_says(out, "    coach                     132        75           402  from +-5.4 points on\n");
    static char table[1 << 20];
    read_into("findings.csv", table, sizeof table);
    ck_assert_int_eq(count_lines(table, "note,exact_duplicate,"), 13);
    ck_assert_int_eq(count_lines(table, "note,near_duplicate,"), 163);
    ck_assert_int_eq(count_lines(table, "note,label_blanks,\"turnover.csv\","), 11);
    ck_assert_int_eq(count_lines(table, "\"30.40033257\""), 9);
    ck_assert_int_eq(shell("test -e results.h5"), 1); /* check writes no results */
}
END_TEST

/* "armown boss" of the study is "coachmy_head" of the reference. */
static size_t reference_row(const csv *reference, const char *term)
{
    static const char *const renamed[][2] = {{"armown boss", "coachmy_head"}, {"armcoach", "coachyes"}};
    for (size_t k = 0; k < 2; k++)
        if (!strcmp(term, renamed[k][0])) term = renamed[k][1];
    for (size_t i = 0; i < reference->n_rows; i++)
        if (!strcmp(csv_text(reference, i, "fit"), "efron") && !strcmp(csv_text(reference, i, "term"), term)) return i;
    ck_abort_msg("%s is not in the reference", term);
    return 0;
}

START_TEST(the_cox_fit_in_results_h5_is_that_of_r)
{
    if (no_data()) return;
    prepare();
    ck_assert_int_eq(shell(PROGRAM " fit study.yaml"), 0);
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_fit **fits;
    mlab_draws *draws;
    size_t n;
    mlab_error err;
    char path[4400];
    snprintf(path, sizeof path, "%s/results.h5", here);
    ck_assert_msg(mlab_store_read_fits(&context, path, &fits, &n, &draws, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_uint_eq(n, 1);
    const mlab_fit *fit = fits[0];
    csv reference = csv_read(mlab_test_path("reference/cox_turnover.csv"));
    ck_assert_uint_eq(fit->n_parameters, 20);
    ck_assert_uint_eq(fit->n_rows, 1129);
    ck_assert_uint_eq(fit->n_events, 571);
    ck_assert_int_eq(fit->trust, MLAB_TRUSTED);
    for (size_t j = 0; j < fit->n_parameters; j++) {
        size_t i = reference_row(&reference, fit->names[j]);
        double estimate = csv_number(&reference, i, "estimate"), se = csv_number(&reference, i, "se");
        ck_near(fit->estimate[j], estimate, 0, 1e-8 * fmax(fabs(estimate), se));
        ck_near(mlab_fit_standard_error(fit, j), se, 1e-8, 0);
        ck_near(fit->log_likelihood, csv_number(&reference, i, "loglik"), 0, 1e-6);
    }
    csv_free(&reference);
    for (size_t k = 0; k < n; k++) mlab_fit_free(fits[k]);
    mlab_release(&context, fits);
    mlab_draws_free(draws);
}
END_TEST

static double estimate_at(const mlab_comparison *c, const char *arm, double months)
{
    for (size_t k = 0; k < c->n_contrasts; k++)
        if (!strcmp(c->contrasts[k].arm, arm) && c->contrasts[k].horizon == months) return c->contrasts[k].estimate;
    ck_abort_msg("no contrast of %s at %g months", arm, months);
    return 0;
}

/* R 4.2.2, survival 3.5.3: coxph stratified by coach with the study's covariates, survival of everybody under each arm averaged, at 12
 * months: own boss +4.45 points against none, coach -3.35. Another model of time: 2 points are allowed. */
START_TEST(compare_and_report_go_through_and_say_what_does_not_apply)
{
    if (no_data()) return;
    prepare();
    ck_assert_int_eq(shell("sed -i 's/adjust:/bootstrap: 20\\n  adjust:/' study.yaml && " PROGRAM " report study.yaml"), 0);
    ck_says(out, "match      this study has no mentors");
    ck_says(out, "simulate   a Cox fit knows no hazard after its last event, so there is nothing to simulate from");
    ck_says(out, "forecast   the study file has no money (block forecast)");
    ck_says(out, "The data: length-biased web sample, not one firm.");
    ck_says(out, "own boss against none");
    ck_assert_int_eq(shell("test -s report.html && test -s summary.md && test -s results.h5"), 0);
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /comparison/contrasts"), 0);
    ck_assert_int_eq(count_lines(out, "retention,"), 6); /* two arms at three horizons */
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_comparison *comparison;
    mlab_error err;
    char path[4400];
    snprintf(path, sizeof path, "%s/results.h5", here);
    ck_assert_msg(mlab_store_read_comparison(&context, path, &comparison, &err) == MLAB_OK, "%s", err.sentence);
    ck_near(estimate_at(comparison, "own boss", 12), 0.0445, 0, 0.02);
    ck_near(estimate_at(comparison, "coach", 12), -0.0335, 0, 0.02);
    mlab_comparison_free(comparison);
}
END_TEST

START_TEST(stages_that_do_not_apply_say_so_and_are_no_failures)
{
    if (no_data()) return;
    prepare();
    ck_assert_int_eq(shell(PROGRAM " match study.yaml"), 0);
    ck_says(out, "this study has no mentors");
    ck_assert_int_eq(shell(PROGRAM " simulate study.yaml"), 0);
    ck_says(out, "a Cox fit knows no hazard after its last event, so there is nothing to simulate from");
    ck_assert_int_eq(shell(PROGRAM " forecast study.yaml"), 0);
    ck_says(out, "the study file has no money (block forecast)");
    ck_assert_int_eq(shell(PROGRAM " panel study.yaml"), 3);
    ck_says(err_out, "a person-level table has no person-periods");
}
END_TEST

MLAB_TEST_MAIN("real/turnover", check_finds_the_dirt_of_the_file_with_its_rows, the_cox_fit_in_results_h5_is_that_of_r,
               compare_and_report_go_through_and_say_what_does_not_apply, stages_that_do_not_apply_say_so_and_are_no_failures)
