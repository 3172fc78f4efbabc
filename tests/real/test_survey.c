/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two real files as a user runs them: an international survey with its labels as collected, and a trial of mentoring in waves. Held to the
 * numbers of R (scripts/reference/survey.R, trial.R). Without MLAB_TEST_DATA they are skipped, and say so. */
#include "cli/program.h"
#include "fit/csv.h"

#include "mentorlab.h"

#include <math.h>

static bool no_data(const char *file)
{
    const char *folder = getenv("MLAB_TEST_DATA");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "", file);
    if (folder && mlab_os_exists(path)) return false;
    printf("SKIPPED real/test_survey: MLAB_TEST_DATA does not name a folder with %s\n", file);
    return true;
}

static void prepare(const char *study, const char *file)
{
    start_here();
    ck_assert_int_eq(shell("cp '%s' study.yaml", mlab_test_path(study)), 0);
    ck_assert_int_eq(shell("cp \"$MLAB_TEST_DATA/%s\" .", file), 0);
}

#define SURVEY "research-software-survey/rse_pooled_2016_2017.csv"
#define TRIAL "kenya-mentor-trial/BDJ_Dandora_Data.csv"

START_TEST(the_dirt_of_the_survey_is_found_with_its_rows)
{
    if (no_data(SURVEY)) return;
    prepare("real/research-software-survey/study.yaml", SURVEY);
    ck_assert_int_eq(shell("sed -i '/missing:/d' study.yaml && " PROGRAM " check study.yaml"), 3);
    ck_says(err_out, "column \"turnOver2\" has 10 labels that are near to none of its scale: answers on another scale?");
    ck_says(err_out,
            "row 528 column M \"turnOver2\"  7      row 529 column M \"turnOver2\"  7      row 530 column M \"turnOver2\"  5   ... 268 more");
    ck_says(err_out,
            "columns: {turnOver2: {missing: [\"7\", \"5\", \"6\", \"8\", \"9\", \"3\", \"10 (All my time)\", \"1 (None at all)\", \"4\", \"2\"]}}");
    ck_says(err_out, "labels of column \"turnOver4\" have blanks around them");
    ck_says(err_out, "111 rows are exact copies of earlier ones; kept, as the study says");
    ck_says_not(err_out, "turnOver3");
}
END_TEST

static mlab_context context;

static const mlab_fit *read_fit(mlab_fit ***fits, size_t *n, mlab_draws **draws)
{
    context = mlab_test_context(NULL, 1);
    mlab_error err;
    char path[4400];
    snprintf(path, sizeof path, "%s/results.h5", here);
    ck_assert_msg(mlab_store_read_fits(&context, path, fits, n, draws, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_uint_eq(*n, 1);
    return (*fits)[0];
}

/* Parameter j is row j of the reference. */
static void is_that_of_r(const mlab_fit *fit, const csv *reference, const char *name)
{
    for (size_t j = 0; j < fit->n_parameters; j++) {
        double estimate = csv_number(reference, j, "estimate"), robust = csv_number(reference, j, "robust");
        ck_assert_str_eq(csv_text(reference, j, "case"), name);
        ck_near(fit->estimate[j], estimate, 0, 1e-8 * fmax(fabs(estimate), csv_number(reference, j, "se")));
        ck_near(sqrt(fit->covariance[j * fit->n_parameters + j]), csv_number(reference, j, "se"), 1e-8, 0);
        ck_near(sqrt(fit->robust[j * fit->n_parameters + j]), robust, 1e-7, 0);
    }
}

START_TEST(satisfaction_in_the_survey_is_that_of_r)
{
    if (no_data(SURVEY)) return;
    prepare("real/research-software-survey/study.yaml", SURVEY);
    ck_assert_int_eq(shell(PROGRAM " fit study.yaml"), 0);
    mlab_fit **fits;
    mlab_draws *draws;
    size_t n;
    csv reference = csv_read(mlab_test_path("reference/survey_rse.csv"));
    const mlab_fit *fit = read_fit(&fits, &n, &draws);
    ck_assert_uint_eq(fit->n_parameters, 6);
    ck_assert_uint_eq(fit->n_rows, 901);
    ck_assert_uint_eq(fit->n_clusters, 4);
    is_that_of_r(fit, &reference, "satisfaction");
    csv_free(&reference);
    mlab_fit_free(fits[0]);
    mlab_release(&context, fits);
    mlab_draws_free(draws);
}
END_TEST

START_TEST(the_reliability_of_a_score_is_that_of_r)
{
    if (no_data(SURVEY)) return;
    prepare("real/research-software-survey/study.yaml", SURVEY);
    context = mlab_test_context(NULL, 1);
    mlab_findings findings;
    mlab_study *study;
    mlab_error err = {0};
    mlab_findings_start(&findings, &context);
    csv reference = csv_read(mlab_test_path("reference/survey_rse.csv"));
    char path[4400];
    snprintf(path, sizeof path, "%s/study.yaml", here);
    ck_assert_msg(mlab_study_open(&context, path, NULL, 0, here, &findings, &study, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_msg(mlab_study_run(study, MLAB_STAGE_CHECK, false, NULL, NULL, &findings, &err) == MLAB_OK, "%s", err.sentence);
    const mlab_survey *survey = mlab_study_data(study)->survey;
    ck_assert_uint_eq(survey->n_measures, 3);
    const mlab_measure *recognition = &survey->measures[1];
    ck_assert_str_eq(recognition->name, "recognition");
    ck_near(recognition->alpha, csv_number(&reference, 6, "estimate"), 1e-10, 0);
    ck_near(recognition->alpha_lower, csv_number(&reference, 7, "estimate"), 1e-9, 0);
    ck_near(recognition->alpha_upper, csv_number(&reference, 8, "estimate"), 1e-9, 0);
    ck_assert_uint_eq(recognition->alpha_people, (uint64_t)csv_number(&reference, 9, "estimate"));
    ck_assert_uint_eq(recognition->scored, (uint64_t)csv_number(&reference, 10, "estimate"));
    csv_free(&reference);
    mlab_study_free(study);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(profit_in_the_trial_is_that_of_r)
{
    if (no_data(TRIAL)) return;
    prepare("real/kenya-mentor-trial/study.yaml", TRIAL);
    ck_assert_int_eq(shell(PROGRAM " report study.yaml"), 0);
    ck_says(out, "mentor against control   +300   (+40 to +560)");
    mlab_fit **fits;
    mlab_draws *draws;
    size_t n;
    csv reference = csv_read(mlab_test_path("reference/trial_kenya.csv"));
    const mlab_fit *fit = read_fit(&fits, &n, &draws);
    ck_assert_uint_eq(fit->n_parameters, 10);
    ck_assert_uint_eq(fit->n_rows, 2608);
    is_that_of_r(fit, &reference, "profit");
    csv_free(&reference);
    mlab_fit_free(fits[0]);
    mlab_release(&context, fits);
    mlab_draws_free(draws);
}
END_TEST

START_TEST(differences_in_the_trial_are_those_of_r)
{
    if (no_data(TRIAL)) return;
    prepare("real/kenya-mentor-trial/study.yaml", TRIAL);
    ck_assert_int_eq(shell(PROGRAM " compare study.yaml"), 0);
    csv reference = csv_read(mlab_test_path("reference/trial_kenya.csv"));
    mlab_comparison *c;
    mlab_error err;
    char path[4400];
    context = mlab_test_context(NULL, 1);
    snprintf(path, sizeof path, "%s/results.h5", here);
    ck_assert_msg(mlab_store_read_comparison(&context, path, &c, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_uint_eq(c->n_contrasts, 2);
    size_t found = 0;
    for (size_t r = 0; r < reference.n_rows; r++) {
        if (strcmp(csv_text(&reference, r, "case"), "contrast")) continue;
        const mlab_contrast *k = &c->contrasts[found++];
        ck_assert_str_eq(k->arm, csv_text(&reference, r, "name"));
        ck_near(k->estimate, csv_number(&reference, r, "estimate"), 1e-8, 0);
        ck_near(k->se, csv_number(&reference, r, "se"), 1e-8, 0);
        ck_near(k->risk_arm, csv_number(&reference, r, "robust"), 1e-8, 0);
        ck_assert_uint_eq(k->n_reference, 372); /* firms: all were without a mentor in the first wave */
    }
    ck_assert_uint_eq(found, 2);
    mlab_comparison_free(c);
    csv_free(&reference);
}
END_TEST

MLAB_TEST_MAIN("real/survey", differences_in_the_trial_are_those_of_r, the_dirt_of_the_survey_is_found_with_its_rows,
               satisfaction_in_the_survey_is_that_of_r, the_reliability_of_a_score_is_that_of_r, profit_in_the_trial_is_that_of_r)
