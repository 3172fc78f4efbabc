/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outcomes of yes or no without a time: numbers, words and other labels; each result says what is counted. */
#include "support/support.h"

#include "core/os.h"
#include "mentorlab.h"

#include <stdio.h>
#include <string.h>

enum { PEOPLE = 400 };
static char folder[4200];

static void put(const mlab_context *context, const char *name, const char *text, char path[4300])
{
    mlab_error err;
    snprintf(path, 4300, "%s/%s", folder, name);
    ck_assert_msg(mlab_os_write_file(context, path, text, strlen(text), false, &err) == MLAB_OK, "%s", err.sentence);
}

/* Of every 10 without a coach 4 have left, of every 10 with one 2. */
static void put_people(const mlab_context *context, const char *left, const char *stayed)
{
    static char text[40 * PEOPLE];
    char path[4300];
    size_t n = (size_t)snprintf(text, sizeof text, "id,arm,status\n");
    for (int i = 0; i < PEOPLE; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "E%03d,%s,%s\n", i, i % 2 ? "coach" : "none", i / 2 % 10 < (i % 2 ? 2 : 4) ? left : stayed);
    put(context, "people.csv", text, path);
}

START_TEST(each_result_says_what_is_counted)
{
    static const struct {
        const char *left, *stayed, *counted, *says;
        double difference;
    } forms[] = {{"1", "0", "status = 1", "", -0.2},
                 {"yes", "no", "status = yes", "", -0.2},
                 {"left", "stayed", "status = stayed", "an event here is status = stayed, against left", 0.2}};
    mlab_context context = mlab_test_context(NULL, 1);
    char path[4300];
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("yes_no"));
    put(&context, "study.yaml",
        "title: t\ndata:\n  people: {file: people.csv, id: id}\n  columns: {arm: {type: arm, exposure: baseline, levels: {\"none\": none, \"coach\": "
        "coach}}}\n"
        "outcomes:\n  retention: {model: logit, formula: \"status ~ arm\"}\ncomparison: {reference: none}\n",
        path);
    for (size_t k = 0; k < 3; k++) {
        mlab_findings findings;
        mlab_study *study = NULL;
        mlab_error err = {0};
        put_people(&context, forms[k].left, forms[k].stayed);
        mlab_findings_start(&findings, &context);
        mlab_status status = mlab_study_open(&context, path, NULL, 0, folder, &findings, &study, &err);
        if (!status) status = mlab_study_run(study, MLAB_STAGE_FIT, true, NULL, NULL, &findings, &err);
        if (!status) status = mlab_study_run(study, MLAB_STAGE_COMPARE, false, NULL, NULL, &findings, &err);
        ck_assert_msg(status == MLAB_OK, "%s %s", err.sentence, findings.n ? findings.items[0].sentence : "");
        const mlab_results *results = mlab_study_results(study);
        const mlab_contrast *c = results->comparison->contrasts;
        ck_assert_uint_ge(results->comparison->n_contrasts, 1);
        ck_assert_str_eq(c->measure, "share_difference");
        ck_assert_str_eq(c->cause, forms[k].counted);
        ck_near(c->estimate, forms[k].difference, 0, 1e-6);
        ck_assert_msg(strstr(c->estimand, forms[k].counted) && !strstr(c->estimand, "satisfied"), "%s", c->estimand);
        ck_assert_msg(strstr(results->fits[0]->reason, forms[k].says) != NULL, "%s", results->fits[0]->reason);
        mlab_study_free(study);
        mlab_findings_free(&findings);
    }
}
END_TEST

MLAB_TEST_MAIN("study/yes_no", each_result_says_what_is_counted)
