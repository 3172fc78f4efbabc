/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matching in a study: who gains most, what is stored of it, and a review of its pairs that goes into the results file and the report. */
#include "support/support.h"

#include "firm.h"
#include "store/group.h"

static mlab_study *study;
static mlab_findings findings;
static mlab_test_memory memory;
static mlab_context context;
static mlab_error err;

static char *read_text(const char *name)
{
    static char text[4000000];
    char path[4400];
    snprintf(path, sizeof path, "%s/%s", firm_folder, name);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static bool stored(const char *name)
{
    char path[4400];
    snprintf(path, sizeof path, "%s/results.h5", firm_folder);
    mlab_h5_file file;
    mlab_h5_group root = mlab_h5_open(&file, &context, path, &err);
    const bool is = mlab_h5_has(&root, name);
    ck_assert_int_eq(mlab_h5_close(&file, &root), MLAB_OK);
    return is;
}

static mlab_status run(const char *from, const char *to)
{
    firm_write_with(&context, from, to);
    mlab_findings_free(&findings);
    mlab_findings_start(&findings, &context);
    mlab_study_free(study);
    study = NULL;
    mlab_status status = mlab_study_open(&context, firm_path, NULL, 0, firm_folder, &findings, &study, &err);
    return status ? status : mlab_study_run(study, MLAB_STAGE_MATCH, false, NULL, NULL, &findings, &err);
}

static void begin(void)
{
    memory = (mlab_test_memory){0};
    context = mlab_test_context(&memory, 2);
    mlab_findings_start(&findings, &context);
    firm_make(&context);
}

static void end(void)
{
    mlab_study_free(study);
    study = NULL;
    mlab_findings_free(&findings);
    ck_assert_int_eq(memory.live, 0);
}

static const char score[] = "score: {skills: {need: wants, offer: skills, weight: high}}";

START_TEST(gains_of_a_study_are_told_stored_and_read_back)
{
    begin();
    ck_assert_msg(
        run(score, "score: {skills: {need: wants, offer: skills}, gains: {outcome: satisfaction, formula: \"satisfaction ~ arm * grade\"}}") ==
            MLAB_OK,
        "%s %s", err.sentence, findings.n ? findings.items[0].sentence : "");
    const mlab_results *results = mlab_study_results(study);
    ck_assert_uint_eq(results->n_pairs, 2);
    ck_assert_uint_eq(results->pairs[1]->n_gains, 1);
    ck_assert_str_eq(results->pairs[1]->gains[0].unit, "levels");
    ck_assert_ptr_nonnull(strstr(results->pairs[1]->gains[0].told, "gain in satisfaction, structured against none: "));
    ck_assert(stored("matching/optimal/gains/1/gain_se"));
    for (size_t t = 0; t < results->pairs[1]->n_rules; t++) ck_assert(results->pairs[1]->rules[t].left_out);
    const double mean = results->pairs[1]->gains[0].mean, changed = (double)results->pairs[1]->rules[0].changed;
    ck_assert_ptr_nonnull(strstr(read_text("report.html"), "gain in satisfaction"));
    ck_assert_int_eq(
        run(score, "score: {skills: {need: wants, offer: skills}, gains: {outcome: satisfaction, formula: \"satisfaction ~ arm * grade\"}}"),
        MLAB_OK); /* from the stage file */
    ck_assert_double_eq(mlab_study_results(study)->pairs[1]->gains[0].mean, mean);
    ck_assert_double_eq((double)mlab_study_results(study)->pairs[1]->rules[0].changed, changed);
    end();
}
END_TEST

START_TEST(gains_that_cannot_be_told_are_a_stop_at_their_place)
{
    begin();
    ck_assert_int_ne(run(score, "score: {gains: {outcome: retension}}"), MLAB_OK);
    const mlab_finding *stop = &findings.items[findings.n - 1];
    ck_assert_str_eq(stop->sentence, "rule 'gains': the study has no outcome 'retension'; did you mean 'retention'?");
    ck_assert_uint_eq(stop->occurrences[0].place.line, 19);
    ck_assert_int_ne(run(score, "score: {gains: {outcome: retention, formula: \"exit ~ arm * grad\"}}"), MLAB_OK);
    ck_assert_uint_eq(findings.items[findings.n - 1].occurrences[0].place.line, 19);
    ck_assert_int_ne(run(score, "score: {gains: {outcome: satisfaction, arm: coaching}}"), MLAB_OK);
    ck_assert_ptr_nonnull(strstr(findings.items[findings.n - 1].sentence, "nobody is in an arm 'coaching'"));
    end();
}
END_TEST

START_TEST(a_review_goes_into_results_and_report_until_the_next_run)
{
    begin();
    ck_assert_msg(run(score, score) == MLAB_OK, "%s", err.sentence);
    mlab_matched *matched = NULL;
    ck_assert_int_eq(mlab_study_matched(study, &findings, &matched, &err), MLAB_OK);
    const mlab_pairs *pairs = matched->pairs[matched->shown];
    char path[4400], text[20000] = "decision,mentee,mentor\n";
    for (size_t i = 0; i < pairs->n_mentees; i++) {
        const int32_t j = pairs->mentor_of[i];
        if (j == MLAB_UNMATCHED) continue;
        const size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s,%s,%s\n", i % 3 == 0 ? "reject" : "accept", pairs->mentees[i], pairs->mentors[j]);
    }
    snprintf(path, sizeof path, "%s/pairs.csv", firm_folder);
    ck_assert_int_eq(mlab_os_write_file(&context, path, text, strlen(text), true, &err), MLAB_OK);
    mlab_review *review = NULL;
    ck_assert_msg(mlab_matching_review(matched->matching, path, "pairs.csv", &findings, &review, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert(!stored("review"));
    ck_assert_msg(mlab_study_put_review(study, review, &findings, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert(stored("review/fate") && stored("review/points") && stored("review/reviewed/mentor_of"));
    const char *page = read_text("report.html");
    ck_assert_ptr_nonnull(strstr(page, "After the decisions"));
    for (size_t i = 0; i < pairs->n_mentees; i++) ck_assert_ptr_null(strstr(page, pairs->mentees[i])); /* names nobody */
    mlab_review_free(review);
    mlab_matched_free(matched);
    ck_assert_int_eq(run(score, score), MLAB_OK);
    ck_assert(!stored("review"));
    end();
}
END_TEST

MLAB_TEST_MAIN("matching", gains_of_a_study_are_told_stored_and_read_back, gains_that_cannot_be_told_are_a_stop_at_their_place,
               a_review_goes_into_results_and_report_until_the_next_run)
