/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A status of labels means the same wherever events are counted: in the answers of a check, the fit, its imputations and the comparison. */
#include "mentorlab.h"

#include "core/os.h"
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 240, MOST = 1 << 15 };

static mlab_context context;
static char folder[4200];

static void write_file(const char *name, const char *text)
{
    char path[4300];
    mlab_error err;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_msg(mlab_os_write_file(&context, path, text, strlen(text), false, &err) == MLAB_OK, "%s", err.sentence);
}

/* People of the arm leave less; x raises leaving and is missing in one of five. left, stayed: how the file says it. */
static void write_people(const char *left, const char *stayed)
{
    static char text[MOST];
    size_t n = (size_t)snprintf(text, sizeof text, "id,arm,x,days,status\n");
    uint32_t state = 7;
    for (int i = 0; i < PEOPLE; i++) {
        double u[3];
        char x[16] = "";
        for (int k = 0; k < 3; k++) u[k] = (double)((state = state * 1664525 + 1013904223) >> 16) / 65536;
        if (i % 5) snprintf(x, sizeof x, "%.2f", u[0]);
        bool gone = u[1] < (i % 2 ? 0.3 : 0.5) + 0.4 * u[0];
        n += (size_t)snprintf(text + n, sizeof text - n, "p%03d,%s,%s,%d,%s\n", i, i % 2 ? "coach" : "none", x, 10 + (int)(700 * u[2]),
                              gone ? left : stayed);
        ck_assert_uint_lt(n, sizeof text);
    }
    write_file("people.csv", text);
}

static mlab_status open_study(const char *scale, mlab_study **study, mlab_findings *findings, mlab_error *err)
{
    char path[4300], text[1200];
    snprintf(text, sizeof text,
             "title: t\ndata:\n  people: {file: people.csv}\n  columns:\n    days: {type: duration, unit: days}\n    x: {type: number}\n"
             "    arm: {type: arm, exposure: baseline, levels: [none, coach]}\n%s"
             "outcomes:\n  retention: {model: cox, formula: \"event(days, status) ~ arm + x\"}\nfit: {imputations: 3}\n"
             "comparison: {reference: none, adjust: [x], horizons: {months: [12]}, bootstrap: 20}\n",
             scale);
    write_file("study.yaml", text);
    snprintf(path, sizeof path, "%s/study.yaml", folder);
    mlab_findings_start(findings, &context);
    return mlab_study_open(&context, path, NULL, 0, folder, findings, study, err);
}

static mlab_study *run_study(const char *scale)
{
    mlab_study *study;
    mlab_findings findings;
    mlab_error err = {0};
    mlab_status status = open_study(scale, &study, &findings, &err);
    if (!status) status = mlab_study_run(study, MLAB_STAGE_FIT, false, NULL, NULL, &findings, &err);
    if (!status) status = mlab_study_run(study, MLAB_STAGE_COMPARE, false, NULL, NULL, &findings, &err);
    ck_assert_msg(status == MLAB_OK, "%s %s", err.sentence, findings.n ? findings.items[0].sentence : "");
    mlab_findings_free(&findings);
    return study;
}

static void ck_same_contrasts(const mlab_comparison *a, const mlab_comparison *b)
{
    ck_assert_uint_gt(a->n_contrasts, 0);
    ck_assert_uint_eq(a->n_contrasts, b->n_contrasts);
    for (size_t k = 0; k < a->n_contrasts; k++) {
        const mlab_contrast *x = &a->contrasts[k], *y = &b->contrasts[k];
        ck_assert_double_eq(x->estimate, y->estimate);
        ck_assert_double_eq(x->se, y->se);
        ck_assert_uint_eq(x->events_arm, y->events_arm);
        ck_assert_uint_eq(x->events_reference, y->events_reference);
    }
}

START_TEST(a_status_told_by_its_words_is_that_of_a_stated_scale_everywhere)
{
    char *words, *scale;
    context = mlab_test_context(NULL, 1);
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("status"));
    write_people("left", "stayed"); /* the alphabet has the event first */
    mlab_study *a = run_study(""), *b = run_study("    status: {scale: [stayed, left]}\n");
    const mlab_results *x = mlab_study_results(a), *y = mlab_study_results(b);
    ck_assert_uint_eq(x->fits[0]->n_events, y->fits[0]->n_events);
    ck_assert_int_eq(x->fits[0]->n_imputations, 3);
    for (size_t k = 0; k < x->fits[0]->n_parameters; k++) {
        size_t at = k * x->fits[0]->n_parameters + k;
        ck_assert_double_eq(x->fits[0]->estimate[k], y->fits[0]->estimate[k]);
        ck_assert_double_eq(x->fits[0]->covariance[at], y->fits[0]->covariance[at]);
    }
    ck_same_contrasts(x->comparison, y->comparison);
    ck_assert_double_gt(x->comparison->contrasts[0].estimate, 0.05); /* more of the arm stay: 0.2 fewer leave, half of them within a year */
    ck_assert_int_eq(mlab_study_answers(a, false, &words, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_study_answers(b, false, &scale, NULL), MLAB_OK);
    ck_assert_str_eq(words, scale);
    ck_assert_ptr_null(strstr(words, "nothing is counted"));
    mlab_study_text_free(a, words);
    mlab_study_text_free(b, scale);
    mlab_study_free(a);
    mlab_study_free(b);
}
END_TEST

/* Neither word says that nothing happened; a number that is neither 0 nor 1 (R's survival data have 1 and 2) says nothing either. */
START_TEST(a_status_that_does_not_say_which_is_no_event_is_refused_everywhere)
{
    static const char *const cases[][3] = {{"gone", "moved", "which level of \"status\""}, {"2", "1", "allowed: 0 and 1"}};
    context = mlab_test_context(NULL, 1);
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("unclear"));
    for (size_t k = 0; k < 2; k++) {
        mlab_study *study;
        mlab_findings findings;
        mlab_error err = {0};
        char *text;
        write_people(cases[k][0], cases[k][1]);
        ck_assert_msg(open_study("", &study, &findings, &err) == MLAB_OK, "%s", err.sentence);
        ck_assert_int_eq(mlab_study_run(study, MLAB_STAGE_CHECK, false, NULL, NULL, &findings, &err), MLAB_OK);
        ck_assert_int_eq(mlab_study_answers(study, false, &text, NULL), MLAB_OK);
        ck_assert_msg(strstr(text, "nothing is counted") && strstr(text, cases[k][2]), "%s", text);
        mlab_study_text_free(study, text);
        mlab_status status = mlab_study_run(study, MLAB_STAGE_COMPARE, false, NULL, NULL, &findings, &err);
        ck_assert_msg(!mlab_study_results(study)->comparison, "compared");
        ck_assert_msg(status != MLAB_OK && strstr(err.sentence, cases[k][2]), "%d %s", (int)status, err.sentence);
        mlab_findings_free(&findings);
        mlab_study_free(study);
    }
}
END_TEST

MLAB_TEST_MAIN("status", a_status_told_by_its_words_is_that_of_a_stated_scale_everywhere,
               a_status_that_does_not_say_which_is_no_event_is_refused_everywhere)
