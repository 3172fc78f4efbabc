/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The evidence registry: what is in it, what it refuses, and conversions by hand. */
#include "fit/evidence/evidence.h"
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mlab_evidence *found(const mlab_context *context, const char *id)
{
    mlab_evidence *entry;
    mlab_error err = {0};
    ck_assert_msg(mlab_evidence_find(context, id, &entry, &err) == MLAB_OK, "%s", err.sentence);
    return entry;
}

START_TEST(every_entry_can_be_read_and_says_what_it_must_not_be_used_for)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_evidence **entries;
    mlab_error err = {0};
    size_t n, usable = 0;
    ck_assert_msg(mlab_evidence_all(&context, &entries, &n, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_uint_ge(n, 12);
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_gt(strlen(entries[i]->must_not), 20);
        ck_assert_uint_gt(strlen(entries[i]->source), 20);
        usable += entries[i]->usable_as_prior;
        if (entries[i]->usable_as_prior) ck_assert_double_gt(entries[i]->standard_error, 0);
        if (!strcmp(entries[i]->design, "correlational") || !strcmp(entries[i]->design, "vendor")) ck_assert(!entries[i]->usable_as_prior);
        ck_assert_int_eq(entries[i]->usable_as_prior, !*entries[i]->refusal);
    }
    ck_assert_uint_ge(usable, 3);
    ck_assert_uint_lt(usable, n);
    mlab_evidence_all_free(&context, entries, n);
}
END_TEST

START_TEST(the_default_for_retention_includes_no_effect)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_evidence *entry = found(&context, "formal_program_retention");
    ck_near(entry->estimate, 0.93, 0, 0);
    ck_assert_double_lt(entry->lower, 1);
    ck_assert_double_gt(entry->upper, 1);
    ck_near(entry->standard_error, (log(1.15) - log(0.75)) / (2 * 1.6448536269514722), 1e-12, 0);
    mlab_evidence_prior prior;
    ck_assert_int_eq(mlab_evidence_convert(&context, entry, MLAB_EVIDENCE_LOG_HAZARD_RATIO, -1, &prior, NULL), MLAB_OK);
    ck_assert_double_lt(prior.mean - 1.96 * prior.standard_error, 0);
    ck_assert_double_gt(prior.mean + 1.96 * prior.standard_error, 0);
    mlab_evidence_prior_free(&context, &prior);
    mlab_evidence_free(entry);
}
END_TEST

/* p0 = 0.2, p1 = 0.93 * 0.2 = 0.186: ln(-ln 0.814) - ln(-ln 0.8) */
START_TEST(a_risk_ratio_becomes_a_hazard_ratio_by_hand)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_evidence *entry = found(&context, "formal_program_retention");
    mlab_evidence_prior prior;
    ck_assert_int_eq(mlab_evidence_convert(&context, entry, MLAB_EVIDENCE_LOG_HAZARD_RATIO, -1, &prior, NULL), MLAB_OK);
    double mean = log(-log(0.814)) - log(-log(0.8)), slope = 0.186 / (0.814 * -log(0.814)), zero = 0.2 / (0.8 * -log(0.8));
    double se = pow(entry->standard_error * slope, 2) + pow(0.25 * (slope - zero), 2) + 2 * pow(0.1 * mean, 2);
    ck_near(prior.mean, mean, 1e-12, 0);
    ck_near(prior.standard_error, sqrt(se), 1e-7, 0);
    ck_assert_ptr_nonnull(strstr(prior.steps, "reference risk 0.2 gives -0.08094"));
    mlab_evidence_prior_free(&context, &prior);
    mlab_evidence_free(entry);
}
END_TEST

START_TEST(every_conversion_widens_the_error)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_evidence **entries;
    size_t n;
    ck_assert_int_eq(mlab_evidence_all(&context, &entries, &n, NULL), MLAB_OK);
    for (size_t i = 0; i < n; i++)
        for (int target = 0; target < 2; target++)
            for (double risk = 0.02; entries[i]->usable_as_prior && risk < 0.6; risk += 0.1) {
                mlab_evidence_prior prior;
                if (mlab_evidence_convert(&context, entries[i], (mlab_evidence_target)target, risk, &prior, NULL)) continue;
                ck_assert_double_gt(prior.standard_error, entries[i]->standard_error);
                mlab_evidence_prior_free(&context, &prior);
            }
    mlab_evidence_all_free(&context, entries, n);
}
END_TEST

static void refused(const char *id, const char *why)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_evidence *entry = found(&context, id);
    mlab_evidence_prior prior;
    mlab_error err = {0};
    ck_assert_int_eq(mlab_evidence_convert(&context, entry, MLAB_EVIDENCE_LOG_HAZARD_RATIO, -1, &prior, &err), MLAB_ERR_FIT_EVIDENCE);
    ck_assert_msg(strstr(err.sentence, why) && strstr(err.sentence, id), "%s", err.sentence);
    mlab_evidence_free(entry);
}

START_TEST(correlations_vendor_figures_and_numbers_without_an_interval_cannot_be_priors)
{
    refused("career_support_satisfaction", "a correlation is not an effect");
    refused("technology_firm_participants", "vendor");
    refused("call_centre_mandatory", "without an interval");
}
END_TEST

static mlab_status read_text(const char *text, mlab_evidence **entry, mlab_error *err)
{
    mlab_context context = mlab_test_context(NULL, 1);
    char path[4200];
    snprintf(path, sizeof path, "%s/entry.yaml", mlab_test_folder("evidence"));
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    static mlab_context kept;
    kept = context;
    return mlab_evidence_read(&kept, path, entry, err);
}

#define ENTRY_HEAD                                                                                                                                   \
    "id: x\noutcome: retention\nevent: leaving\ncontrast: a\npopulation: b\ndesign: randomised\neffect: marginal\nscale: risk_ratio\n"               \
    "source: s\nmust_not: m\n"

START_TEST(an_entry_that_contradicts_itself_is_refused_at_its_place)
{
    mlab_evidence *entry;
    mlab_error err = {0};
    ck_assert_int_eq(read_text(ENTRY_HEAD "estimate: 0.9\ninterval: [0.95, 1.2]\n", &entry, &err), MLAB_ERR_FIT_EVIDENCE);
    ck_assert_uint_eq(err.place.line, 12);
    ck_assert_ptr_nonnull(strstr(err.sentence, "two numbers around the estimate"));
    ck_assert_int_eq(read_text(ENTRY_HEAD "estimate: -0.9\n", &entry, &err), MLAB_ERR_FIT_EVIDENCE);
    ck_assert_ptr_nonnull(strstr(err.sentence, "above 0 for a ratio"));
    ck_assert_int_eq(read_text(ENTRY_HEAD "estimate: 0.9\nfoo: 1\n", &entry, &err), MLAB_ERR_FIT_EVIDENCE);
    ck_assert_uint_eq(err.place.line, 12);
    ck_assert_ptr_null(entry);
}
END_TEST

START_TEST(an_unknown_id_names_the_nearest)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_evidence *entry;
    mlab_error err = {0};
    ck_assert_int_eq(mlab_evidence_find(&context, "formal_program_retentoin", &entry, &err), MLAB_ERR_FIT_EVIDENCE);
    ck_assert_msg(strstr(err.sentence, "did you mean \"formal_program_retention\""), "%s", err.sentence);
}
END_TEST

START_TEST(prior_and_data_meet_by_their_precision)
{
    double mean, se;
    mlab_evidence_update(0, 0.2, 1, 0.2, &mean, &se);
    ck_near(mean, 0.5, 1e-14, 0);
    ck_near(se, 0.2 / sqrt(2), 1e-14, 0);
    mlab_evidence_update(0.3, 0.1, 5, 0, &mean, &se);
    ck_near(mean, 0.3, 0, 0);
    ck_near(se, 0.1, 0, 0);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_status got = MLAB_ERR_MEMORY;
    long k = 0;
    while (got != MLAB_OK && ++k < 5000) {
        mlab_evidence *entry;
        mlab_evidence_prior prior = {0};
        mlab_error err = {0};
        memory = (mlab_test_memory){.fail_at = k};
        got = mlab_evidence_find(&context, "formal_program_retention", &entry, &err);
        if (!got) got = mlab_evidence_convert(&context, entry, MLAB_EVIDENCE_LOG_HAZARD_RATIO, -1, &prior, &err);
        mlab_evidence_prior_free(&context, &prior);
        mlab_evidence_free(entry);
        ck_assert_int_eq(memory.live, 0);
        ck_assert_msg(got == MLAB_OK || got == MLAB_ERR_MEMORY, "call %ld: %s", k, err.sentence);
    }
    ck_assert_int_eq(got, MLAB_OK);
}
END_TEST

MLAB_TEST_MAIN("evidence", every_entry_can_be_read_and_says_what_it_must_not_be_used_for, the_default_for_retention_includes_no_effect,
               a_risk_ratio_becomes_a_hazard_ratio_by_hand, every_conversion_widens_the_error,
               correlations_vendor_figures_and_numbers_without_an_interval_cannot_be_priors, an_entry_that_contradicts_itself_is_refused_at_its_place,
               an_unknown_id_names_the_nearest, prior_and_data_meet_by_their_precision, every_failed_allocation_is_reported_and_nothing_leaks)
