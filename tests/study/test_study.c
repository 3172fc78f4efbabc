/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/support.h"

#include "study/firm.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdlib.h>

/* What a run said of each stage: r ran, u up to date, n not applicable, f failed, - nothing. */
typedef struct said {
    char state[MLAB_N_STAGES + 1];
    char line[MLAB_N_STAGES][200];
} said;

static void listen(void *user, mlab_stage stage, mlab_stage_state state, const char *line, double seconds)
{
    said *s = user;
    ck_assert(seconds >= 0);
    s->state[stage] = "runf"[state];
    snprintf(s->line[stage], sizeof s->line[stage], "%s", line);
}

/* Runs the study in the firm's folder up to a stage. */
static mlab_status run(const mlab_context *context, mlab_stage last, said *s, mlab_findings *findings, mlab_study **study, mlab_error *err)
{
    *s = (said){.state = "-------"};
    *study = NULL;
    mlab_findings_start(findings, context);
    mlab_status status = mlab_study_open(context, firm_path, NULL, 0, firm_folder, findings, study, err);
    return status ? status : mlab_study_run(*study, last, false, listen, s, findings, err);
}

static void end(mlab_study *study, mlab_findings *findings)
{
    mlab_study_free(study);
    mlab_findings_free(findings);
}

/* Runs and forgets; the states of the stages stay in a static text. */
static const char *states(const mlab_context *context, mlab_stage last)
{
    static said s;
    mlab_findings findings;
    mlab_study *study;
    mlab_error err = {0};
    ck_assert_msg(run(context, last, &s, &findings, &study, &err) == MLAB_OK, "%s", err.sentence);
    end(study, &findings);
    return s.state;
}

static bool has_finding(const mlab_findings *findings, uint64_t line, uint32_t column, const char *sentence)
{
    for (size_t k = 0; k < findings->n; k++)
        for (size_t i = 0; i < findings->items[k].n_occurrences; i++) {
            const mlab_place *place = &findings->items[k].occurrences[i].place;
            if (place->line == line && place->column == column && strcmp(findings->items[k].sentence, sentence) == 0) return true;
        }
    return false;
}

static void tell_findings(const mlab_findings *findings)
{
    for (size_t k = 0; k < findings->n; k++)
        for (size_t i = 0; i < findings->items[k].n_occurrences; i++) {
            char place[400];
            mlab_place_print(&findings->items[k].occurrences[i].place, place, sizeof place);
            fprintf(stderr, "  %s: %s\n", place, findings->items[k].sentence);
        }
}

#define ck_finding(findings_, line_, column_, sentence_)                                                                                             \
    do {                                                                                                                                             \
        if (!has_finding(findings_, line_, column_, sentence_)) tell_findings(findings_);                                                            \
        ck_assert_msg(has_finding(findings_, line_, column_, sentence_), "no finding at %d:%d: %s", line_, column_, sentence_);                      \
    } while (0)

START_TEST(stages_run_once_and_then_are_up_to_date)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 2);
    firm_make(&context);
    ck_assert_str_eq(states(&context, MLAB_STAGE_FORECAST), "rr--rr-");
    ck_assert_str_eq(states(&context, MLAB_STAGE_FORECAST), "ru--uu-");
    ck_assert_str_eq(states(&context, MLAB_STAGE_MATCH), "r--r---");
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(a_changed_option_runs_again_what_depends_on_it_and_nothing_else)
{
    mlab_context context = mlab_test_context(NULL, 2);
    firm_make(&context);
    ck_assert_str_eq(states(&context, MLAB_STAGE_FORECAST), "rr--rr-");
    firm_write_with(&context, "amount: 60", "amount: 61");
    ck_assert_str_eq(states(&context, MLAB_STAGE_FORECAST), "ru--ur-");
    firm_write_with(&context, "horizon: 4", "horizon: 3");
    ck_assert_str_eq(states(&context, MLAB_STAGE_FORECAST), "ru--rr-");
    firm_write_with(&context, "title: Small", "title: Other");
    ck_assert_str_eq(states(&context, MLAB_STAGE_FORECAST), "ru--rr-"); /* the horizon is the old one again */
    firm_write_with(&context, "\"exit ~ arm + grade\"", "\"exit ~ arm\"");
    ck_assert_str_eq(states(&context, MLAB_STAGE_FORECAST), "rr--rr-");
}
END_TEST

START_TEST(a_changed_input_file_runs_everything_again)
{
    mlab_context context = mlab_test_context(NULL, 2);
    firm_make(&context);
    ck_assert_str_eq(states(&context, MLAB_STAGE_FIT), "rr-----");
    char path[4400], *bytes;
    size_t n;
    mlab_error err;
    snprintf(path, sizeof path, "%s/promotions.csv", firm_folder);
    ck_assert_int_eq(mlab_os_read_file(&context, path, &bytes, &n, &err), MLAB_OK);
    while (n > 1 && bytes[n - 2] != '\n') n--; /* the last promotion did not happen */
    ck_assert_int_eq(mlab_os_write_file(&context, path, bytes, n - 1, false, &err), MLAB_OK);
    ck_assert_str_eq(states(&context, MLAB_STAGE_FIT), "rr-----");
    mlab_release(&context, bytes);
}
END_TEST

START_TEST(a_damaged_stage_file_is_made_again)
{
    mlab_context context = mlab_test_context(NULL, 2);
    firm_make(&context);
    ck_assert_str_eq(states(&context, MLAB_STAGE_FIT), "rr-----");
    char path[4400];
    mlab_error err;
    snprintf(path, sizeof path, "%s/.mentorlab/fit.h5", firm_folder);
    ck_assert_int_eq(mlab_os_write_file(&context, path, "half", 4, false, &err), MLAB_OK);
    ck_assert_str_eq(states(&context, MLAB_STAGE_FIT), "rr-----");
    ck_assert_str_eq(states(&context, MLAB_STAGE_FIT), "ru-----");
}
END_TEST

START_TEST(results_hold_every_stage_that_is_up_to_date)
{
    mlab_context context = mlab_test_context(NULL, 2);
    firm_make(&context);
    char path[4400], digest[65];
    mlab_error err;
    snprintf(path, sizeof path, "%s/results.h5", firm_folder);
    states(&context, MLAB_STAGE_FIT);
    ck_assert_int_eq(mlab_store_digest(&context, path, "/fits", digest, &err), MLAB_OK);
    ck_assert_int_eq(mlab_store_digest(&context, path, "/matching", digest, &err), MLAB_ERR_STORE_READ);
    states(&context, MLAB_STAGE_MATCH);
    ck_assert_int_eq(mlab_store_digest(&context, path, "/fits", digest, &err), MLAB_OK);
    ck_assert_int_eq(mlab_store_digest(&context, path, "/matching", digest, &err), MLAB_OK);
    firm_write_with(&context, "\"exit ~ arm + grade\"", "\"exit ~ arm\"");
    states(&context, MLAB_STAGE_MATCH); /* the fits are of another study now */
    ck_assert_int_eq(mlab_store_digest(&context, path, "/fits", digest, &err), MLAB_ERR_STORE_READ);
}
END_TEST

START_TEST(everything_wrong_is_found_at_once_with_its_place_and_nothing_is_touched)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 2);
    firm_make(&context);
    states(&context, MLAB_STAGE_FIT);
    char results[4400], before[65], after[65];
    mlab_error err;
    snprintf(results, sizeof results, "%s/results.h5", firm_folder);
    ck_assert_int_eq(mlab_store_digest(&context, results, "/", before, &err), MLAB_OK);
    firm_write(&context, "title: Small firm\n"
                         "data:\n"
                         "  people: {file: people.csv}\n"
                         "  promotions: {file: promotions.csv}\n"
                         "  relationships: {file: relationships.csv}\n"
                         "events: {exit: {voluntary: [voluntary], involuntary: [involuntary]}}\n"
                         "panel: {period: quarter, from: 2021-01-01, to: 2024-12-31}\n"
                         "outcomes:\n"
                         "  promotion: {formula: \"promoted ~ ns(time_in_grad, 3) + (1 | departmen) + (1 | multiple(grade, dep))\"}\n"
                         "  retention: {formula: \"exit ~ tenur\"}\n"
                         "comparison: {reference: nobody, adjust: [grad], horizont: {months: [12]}}\n"
                         "forecast: {discount_rate: 5}\n");
    said s;
    mlab_findings findings;
    mlab_study *study;
    ck_assert_int_eq(run(&context, MLAB_STAGE_FIT, &s, &findings, &study, &err), MLAB_ERR_STUDY_REJECTED);
    ck_finding(&findings, 9, 63, "column 'departmen' is not in the panel; did you mean 'department'?");
    ck_finding(&findings, 10, 32, "column 'tenur' is not in the panel; did you mean 'tenure'?");
    ck_finding(&findings, 11, 42, "column 'grad' is not in the panel; did you mean 'grade'?");
    ck_finding(&findings, 11, 49, "unknown key 'horizont' in comparison; did you mean 'horizons'?");
    ck_finding(&findings, 12, 27, "forecast.discount_rate: found \"5\", allowed 0 to 1; for 5 % write 0.05");
    ck_assert_int_eq(mlab_store_digest(&context, results, "/", after, &err), MLAB_OK);
    ck_assert_str_eq(before, after);
    end(study, &findings);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(columns_that_tell_who_somebody_is_are_no_terms_and_no_groups)
{
    mlab_context context = mlab_test_context(NULL, 1);
    firm_make(&context);
    firm_write_with(&context, "exit ~ arm + grade", "exit ~ arm + manager + cluster(person)");
    said s;
    mlab_findings findings;
    mlab_study *study;
    mlab_error err;
    ck_assert_int_eq(run(&context, MLAB_STAGE_CHECK, &s, &findings, &study, &err), MLAB_ERR_STUDY_REJECTED);
    ck_finding(&findings, 13, 38,
               "the values of column 'manager' tell who somebody is, and would be names in the results; leave it out, or use cluster(manager) in a "
               "formula");
    ck_assert_uint_eq(mlab_findings_count(&findings, MLAB_SEVERITY_STOP), 1); /* person needs no column */
    end(study, &findings);
    firm_write_with(&context, "adjust: [grade, gender]", "adjust: [grade, manager]");
    ck_assert_int_eq(run(&context, MLAB_STAGE_CHECK, &s, &findings, &study, &err), MLAB_ERR_STUDY_REJECTED);
    ck_assert_uint_eq(mlab_findings_count(&findings, MLAB_SEVERITY_STOP), 1);
    end(study, &findings);
    firm_write_with(&context, "exit ~ arm + grade", "exit ~ arm + department + cluster(manager)");
    ck_assert_msg(run(&context, MLAB_STAGE_FIT, &s, &findings, &study, &err) == MLAB_OK, "%s", err.sentence);
    end(study, &findings);
}
END_TEST

START_TEST(effects_by_threshold_are_fitted_and_terms_that_are_not_there_are_found)
{
    mlab_context context = mlab_test_context(NULL, 1);
    firm_make(&context);
    firm_write_with(&context, "satisfaction ~ arm + grade\"", "satisfaction ~ arm + grade\", nominal: [arm, tenure]");
    said s;
    mlab_findings findings;
    mlab_study *study;
    mlab_error err;
    ck_assert_int_eq(run(&context, MLAB_STAGE_CHECK, &s, &findings, &study, &err), MLAB_ERR_STUDY_REJECTED);
    ck_finding(&findings, 14, 72,
               "nominal of satisfaction: 'tenure' is not a term of \"satisfaction ~ arm + grade\"; allowed are its terms, written as there");
    end(study, &findings);
    firm_write_with(&context, "exit ~ arm + grade\"", "exit ~ arm + grade\", scale: arm");
    ck_assert_int_eq(run(&context, MLAB_STAGE_CHECK, &s, &findings, &study, &err), MLAB_ERR_STUDY_REJECTED);
    ck_finding(&findings, 13, 53, "nominal and scale are for ordinal outcomes; write model: ordinal, or leave them out");
    end(study, &findings);
    firm_write_with(&context, "satisfaction ~ arm + grade\"", "satisfaction ~ arm + grade\", nominal: [arm], scale: grade");
    ck_assert_msg(run(&context, MLAB_STAGE_SIMULATE, &s, &findings, &study, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_ptr_null(strstr(s.line[MLAB_STAGE_SIMULATE], "threshold"));
    const mlab_fit *fit = mlab_study_results(study)->fits[2];
    ck_assert_uint_eq(fit->n_scale, 1);
    ck_assert_uint_ge(fit->n_nominal, 1);
    ck_assert_str_eq(fit->names[fit->n_parameters - 1], "Log(scale):grade");
    end(study, &findings);
}
END_TEST

START_TEST(what_does_not_apply_says_so_in_one_line)
{
    mlab_context context = mlab_test_context(NULL, 2);
    firm_make(&context);
    firm_write(&context, "data:\n"
                         "  people: {file: people.csv}\n"
                         "  promotions: {file: promotions.csv}\n"
                         "events: {exit: {voluntary: [voluntary], involuntary: [involuntary]}}\n"
                         "panel: {from: 2021-01-01, to: 2024-12-31}\n");
    said s;
    mlab_findings findings;
    mlab_study *study;
    mlab_error err;
    ck_assert_msg(run(&context, MLAB_STAGE_REPORT, &s, &findings, &study, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_str_eq(s.state, "rrnnnnr");
    ck_assert_str_eq(s.line[MLAB_STAGE_COMPARE], "the study has no groups to compare");
    ck_assert_str_eq(s.line[MLAB_STAGE_MATCH], "the study file has no block matching");
    ck_assert_str_eq(s.line[MLAB_STAGE_SIMULATE], "the study file has no plans to compare (scenarios)");
    const mlab_report_spec *report = mlab_study_report(study);
    ck_assert_uint_eq(report->n_not_applicable, 4);
    ck_assert_str_eq(report->not_applicable[1], "match: the study file has no block matching");
    ck_assert_uint_eq(mlab_study_results(study)->n_fits, 2); /* promotion and retention by default */
    end(study, &findings);
}
END_TEST

START_TEST(pairs_keep_their_ids_for_the_user_and_pseudonyms_in_the_file)
{
    mlab_context context = mlab_test_context(NULL, 2);
    firm_make(&context);
    char *texts[2], path[4400], *bytes;
    size_t n;
    mlab_error err;
    for (int k = 0; k < 2; k++) { /* made, then read back */
        said s;
        mlab_findings findings;
        mlab_study *study;
        ck_assert_int_eq(run(&context, MLAB_STAGE_MATCH, &s, &findings, &study, &err), MLAB_OK);
        ck_assert_msg(mlab_study_pairs_csv(study, 1, &texts[k], &err) == MLAB_OK, "%s", err.sentence);
        ck_assert_ptr_nonnull(strstr(texts[k], "SIM00"));
        end(study, &findings);
    }
    ck_assert_uint_eq(strlen(texts[0]), strlen(texts[1]));
    snprintf(path, sizeof path, "%s/results.h5", firm_folder);
    ck_assert_int_eq(mlab_os_read_file(&context, path, &bytes, &n, &err), MLAB_OK);
    for (size_t i = 0; i + 5 < n; i++) ck_assert_int_ne(memcmp(bytes + i, "SIM00", 5), 0);
    mlab_release(&context, bytes);
    for (int k = 0; k < 2; k++) mlab_pairs_text_free(&context, texts[k]);
}
END_TEST

START_TEST(published_effects_stand_in_only_where_the_study_says_so)
{
    mlab_context context = mlab_test_context(NULL, 2);
    firm_make(&context);
    said s;
    mlab_findings findings;
    mlab_study *study;
    mlab_error err;
    char text[2 * sizeof firm_study];
    snprintf(text, sizeof text, "%sevidence: {retention: {entry: formal_program_retention}}\n", firm_study);
    firm_write(&context, text);
    ck_assert_msg(run(&context, MLAB_STAGE_SIMULATE, &s, &findings, &study, &err) == MLAB_OK, "%s", err.sentence);
    const mlab_results *results = mlab_study_results(study);
    const mlab_fit *weighed = NULL;
    for (size_t k = 0; k < results->n_fits; k++)
        if (!strcmp(results->fits[k]->outcome, "retention")) weighed = results->fits[k];
    ck_assert_ptr_nonnull(weighed);
    ck_assert_uint_eq(weighed->n_priors, weighed->n_blocks);
    ck_assert_str_eq(weighed->priors[0].source, "evidence: formal_program_retention");
    double between =
        (weighed->estimate[weighed->priors[0].parameter] - weighed->priors[0].mean) / (weighed->priors[0].data_estimate - weighed->priors[0].mean);
    ck_assert_msg(between > 0 && between < 1, "%g", between);     /* nearer the prior than the data alone, and not beyond it */
    for (size_t k = 0; k < results->outcomes->n_assumptions; k++) /* it is in the draws, not assumed on top of them */
        ck_assert_str_ne(results->outcomes->assumptions[k].name, "retention.structured.log_hazard_ratio");
    end(study, &findings);
    snprintf(text, sizeof text, "%sevidence: {retention: {use: stated, entry: formal_program_retention}}\n", firm_study);
    firm_write(&context, text);
    ck_assert_msg(run(&context, MLAB_STAGE_SIMULATE, &s, &findings, &study, &err) == MLAB_OK, "%s", err.sentence);
    const mlab_outcomes *outcomes = mlab_study_results(study)->outcomes;
    ck_assert_str_eq(outcomes->assumptions[0].name, "retention.structured.log_hazard_ratio");
    ck_assert_str_eq(outcomes->assumptions[0].source, "evidence: formal_program_retention");
    ck_assert_ptr_nonnull(strstr(mlab_study_results(study)->provenance, "evidence: formal_program_retention"));
    end(study, &findings);
    snprintf(text, sizeof text, "%sevidence: {retention: {entry: similarity_quality}}\n", firm_study); /* a correlation */
    firm_write(&context, text);
    ck_assert_int_eq(run(&context, MLAB_STAGE_SIMULATE, &s, &findings, &study, &err), MLAB_ERR_STUDY_REJECTED);
    end(study, &findings);
}
END_TEST

START_TEST(two_runs_on_one_output_are_kept_apart)
{
    mlab_context context = mlab_test_context(NULL, 2);
    firm_make(&context);
    char path[4400];
    mlab_error err;
    snprintf(path, sizeof path, "%s/.mentorlab", firm_folder);
    ck_assert_int_eq(mlab_os_make_folder(path, &err), MLAB_OK);
    snprintf(path, sizeof path, "%s/.mentorlab/lock", firm_folder);
    ck_assert_int_eq(mlab_os_lock(&context, path, &err), MLAB_OK);
    said s;
    mlab_findings findings;
    mlab_study *study;
    ck_assert_int_eq(run(&context, MLAB_STAGE_FIT, &s, &findings, &study, &err), MLAB_ERR_LOCKED);
    end(study, &findings);
    mlab_os_unlock(path);
    ck_assert_str_eq(states(&context, MLAB_STAGE_FIT), "rr-----");
}
END_TEST

static bool stop_now(void *user)
{
    int *left = user;
    return --*left < 0;
}

START_TEST(a_cancelled_run_leaves_what_was_there_and_goes_on_later)
{
    mlab_context context = mlab_test_context(NULL, 1);
    firm_make(&context);
    states(&context, MLAB_STAGE_FIT);
    char results[4400], before[65], after[65];
    mlab_error err;
    snprintf(results, sizeof results, "%s/results.h5", firm_folder);
    ck_assert_int_eq(mlab_store_digest(&context, results, "/", before, &err), MLAB_OK);
    int left = 2;
    mlab_context stopping = context;
    stopping.cancelled = stop_now;
    stopping.user = &left;
    said s;
    mlab_findings findings;
    mlab_study *study;
    ck_assert_int_eq(run(&stopping, MLAB_STAGE_FORECAST, &s, &findings, &study, &err), MLAB_ERR_CANCELLED);
    end(study, &findings);
    ck_assert_int_eq(mlab_store_digest(&context, results, "/", after, &err), MLAB_OK);
    ck_assert_str_eq(before, after);
    ck_assert_str_eq(states(&context, MLAB_STAGE_FORECAST), "ru--rr-");
}
END_TEST

START_TEST(every_failed_allocation_of_opening_a_study_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    firm_make(&context);
    for (long k = 1;; k++) {
        mlab_findings findings;
        mlab_study *study = NULL;
        mlab_error err = {0};
        memory = (mlab_test_memory){.fail_at = k};
        mlab_findings_start(&findings, &context);
        mlab_status status = mlab_study_open(&context, firm_path, NULL, 0, firm_folder, &findings, &study, &err);
        end(study, &findings);
        ck_assert_int_eq(memory.live, 0);
        if (!status) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
}
END_TEST

MLAB_TEST_MAIN("study/study", stages_run_once_and_then_are_up_to_date, a_changed_option_runs_again_what_depends_on_it_and_nothing_else,
               a_changed_input_file_runs_everything_again, a_damaged_stage_file_is_made_again, results_hold_every_stage_that_is_up_to_date,
               everything_wrong_is_found_at_once_with_its_place_and_nothing_is_touched, columns_that_tell_who_somebody_is_are_no_terms_and_no_groups,
               effects_by_threshold_are_fitted_and_terms_that_are_not_there_are_found, what_does_not_apply_says_so_in_one_line,
               pairs_keep_their_ids_for_the_user_and_pseudonyms_in_the_file, published_effects_stand_in_only_where_the_study_says_so,
               two_runs_on_one_output_are_kept_apart, a_cancelled_run_leaves_what_was_there_and_goes_on_later,
               every_failed_allocation_of_opening_a_study_is_reported_and_nothing_leaks)
