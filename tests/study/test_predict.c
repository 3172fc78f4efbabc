/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block predict of a study file: wrong profiles, outcomes, scales and times are found where they stand; right ones reach the results file. */
#include "support/support.h"

#include "study/firm.h"

#include "core/error.h"
#include "mentorlab/after.h"

static mlab_status run(const mlab_context *context, mlab_stage last, mlab_findings *findings, mlab_study **study, mlab_error *err)
{
    mlab_findings_start(findings, context);
    mlab_status status = mlab_study_open(context, firm_path, NULL, 0, firm_folder, findings, study, err);
    return status ? status : mlab_study_run(*study, last, false, NULL, NULL, findings, err);
}

static void end(mlab_study *study, mlab_findings *findings)
{
    mlab_study_free(study);
    mlab_findings_free(findings);
}

static void ck_found(const mlab_findings *findings, uint64_t line, const char *sentence)
{
    for (size_t k = 0; k < findings->n; k++)
        for (size_t i = 0; i < findings->items[k].n_occurrences; i++)
            if (findings->items[k].occurrences[i].place.line == line && !strcmp(findings->items[k].sentence, sentence)) return;
    for (size_t k = 0; k < findings->n; k++)
        fprintf(stderr, "  %d: %s\n", (int)findings->items[k].occurrences[0].place.line, findings->items[k].sentence);
    ck_abort_msg("no finding in line %d: %s", (int)line, sentence);
}

static const char after[] = "  satisfaction: {formula: \"satisfaction ~ arm + grade\"}\n"; /* line 14 of the study */

START_TEST(what_is_wrong_in_predict_is_found_where_it_stands)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_findings findings;
    mlab_study *study;
    mlab_error err;
    char text[2000];
    firm_make(&context);
    snprintf(text, sizeof text,
             "%spredict:\n"                                                           /* 15 */
             "  profiles:\n"                                                          /* 16 */
             "    one: {arm: nune, grade: high}\n"                                    /* 17 */
             "    two: {grad: 2}\n"                                                   /* 18 */
             "    far: {grade: 99}\n"                                                 /* 19 */
             "    odd: {manager: p1}\n"                                               /* 20 */
             "  reference: three\n"                                                   /* 21 */
             "  outcomes:\n"                                                          /* 22 */
             "    retention: {scale: occupation, times: [4, 2]}\n"                    /* 23 */
             "    satisfaction: {scale: survival}\n"                                  /* 24 */
             "    joy: {}\n"                                                          /* 25 */
             "    promotion: {scale: incidence, times: {months: [12], days: [9]}}\n", /* 26 */
             after);
    firm_write_with(&context, after, text);
    ck_assert_int_eq(run(&context, MLAB_STAGE_CHECK, &findings, &study, &err), MLAB_ERR_STUDY_REJECTED);
    ck_found(&findings, 17, "'nune' is not a level of arm, allowed none, informal, structured; did you mean 'none'?");
    ck_found(&findings, 17, "grade is a number, found 'high'");
    ck_found(&findings, 18, "column 'grad' is not in the panel; did you mean 'grade'?");
    ck_found(&findings, 19, "grade = 99 is outside of the data (1 to 5): predictions there rest on the form of the model alone");
    ck_found(&findings, 20,
             "the values of column 'manager' tell who somebody is, and would be names in the results; leave it out, or use cluster(manager) in a "
             "formula");
    ck_found(&findings, 21, "'three' is no profile, allowed one, two, far, odd");
    ck_found(&findings, 23, "time is '2', allowed rising numbers from 0 on");
    ck_found(&findings, 23,
             "retention is fitted by model hazard, which has no occupation scale, allowed link, response, survival, incidence, restricted_mean, "
             "time_lost");
    ck_found(&findings, 24, "survival is predicted over time: write times, as in times: [4, 8]");
    ck_found(&findings, 24, "satisfaction is fitted by model ordinal, which has no survival scale, allowed link, response");
    ck_found(&findings, 25, "'joy' is no outcome of the study, allowed promotion, retention, satisfaction");
    ck_found(&findings, 26, "times are of one unit, as in times: {months: [6, 12]}");
    end(study, &findings);
}
END_TEST

START_TEST(predictions_reach_the_results_and_their_times_are_those_of_the_panel)
{
    mlab_context context = mlab_test_context(NULL, 2);
    mlab_findings findings;
    mlab_study *study;
    mlab_error err = {0};
    char text[2000];
    firm_make(&context);
    snprintf(text, sizeof text,
             "%spredict:\n"
             "  profiles: {alone: {arm: none, grade: 2}, mentored: {arm: structured}}\n"
             "  reference: alone\n"
             "  rows: people\n"
             "  outcomes: {retention: {scale: incidence, times: {months: [12]}}, satisfaction: {}}\n",
             after);
    firm_write_with(&context, after, text);
    for (int again = 0; again < 2; again++) { /* made, then read back */
        ck_assert_msg(run(&context, MLAB_STAGE_FIT, &findings, &study, &err) == MLAB_OK, "%s", err.sentence);
        const mlab_results *results = mlab_study_results(study);
        ck_assert_uint_eq(results->n_fits, 3);
        ck_assert(!results->fits[0]->after || results->fits[0]->after->n_predictions == 0); /* promotion is not asked for */
        const mlab_after *retention = results->fits[1]->after, *satisfaction = results->fits[2]->after;
        ck_assert_uint_eq(retention->n_predictions, 8); /* two causes: two levels, a difference and a ratio each */
        const mlab_prediction *first = &retention->predictions[0];
        ck_assert_str_eq(first->profile, "alone");
        ck_assert_str_eq(first->of, "voluntary");
        ck_assert_str_eq(first->unit, "quarters");
        ck_assert_double_eq(first->time, 4);
        ck_assert_str_eq(first->stated_unit, "months"); /* what the study wrote is told */
        ck_assert_double_eq(first->stated_time, 12);
        ck_assert_double_eq(mlab_prediction_told(first).time, 12);
        ck_assert(first->lower > 0 && first->lower < first->value && first->value < first->upper && first->upper < 1);
        ck_assert_uint_eq(satisfaction->n_predictions, 20);
        double sum = 0;
        for (size_t k = 0; k < 5; k++) sum += satisfaction->predictions[k].value;
        ck_near(sum, 1, 1e-12, 0);
        end(study, &findings);
    }
}
END_TEST

MLAB_TEST_MAIN("predict", what_is_wrong_in_predict_is_found_where_it_stands, predictions_reach_the_results_and_their_times_are_those_of_the_panel)
