/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /fits/<outcome>/tests, margins, profiles, diagnoses, predictions: one table each, rows in the order of the formula. */
#include "store/records.h"
#include "store/stages.h"

#include "core/memory.h"

static const mlab_record_field tests[] = {
    {MLAB_RECORD_TEXT, "term", offsetof(mlab_term_test, term), "1", "term of the formula"},
    {MLAB_RECORD_COUNT, "likelihood_ratio_df", offsetof(mlab_term_test, likelihood_ratio.df), "1", "degrees of freedom; 0 = no test"},
    {MLAB_RECORD_REAL, "likelihood_ratio", offsetof(mlab_term_test, likelihood_ratio.statistic), "1", "likelihood ratio statistic"},
    {MLAB_RECORD_REAL, "likelihood_ratio_p", offsetof(mlab_term_test, likelihood_ratio.p), "1", "chance of as large a statistic without the term"},
    {MLAB_RECORD_COUNT, "wald_df", offsetof(mlab_term_test, wald.df), "1", "degrees of freedom; 0 = no test"},
    {MLAB_RECORD_REAL, "wald", offsetof(mlab_term_test, wald.statistic), "1", "Wald statistic by the fit's covariance"},
    {MLAB_RECORD_REAL, "wald_p", offsetof(mlab_term_test, wald.p), "1", "chance of as large a statistic without the term"},
    {MLAB_RECORD_COUNT, "score_df", offsetof(mlab_term_test, score.df), "1", "degrees of freedom; 0 = no test"},
    {MLAB_RECORD_REAL, "score", offsetof(mlab_term_test, score.statistic), "1", "score statistic"},
    {MLAB_RECORD_REAL, "score_p", offsetof(mlab_term_test, score.p), "1", "chance of as large a statistic without the term"},
};
static const mlab_record_table tests_table = MLAB_RECORD_TABLE("tests", mlab_term_test, tests);

static const mlab_record_field margins[] = {
    {MLAB_RECORD_TEXT, "what", offsetof(mlab_margin, what), "1", "what changes"},
    {MLAB_RECORD_TEXT, "of", offsetof(mlab_margin, of), "1", "level or cause that it is the probability of"},
    {MLAB_RECORD_REAL, "effect", offsetof(mlab_margin, effect), "1", "average difference or derivative on the response scale, or ratio of averages"},
    {MLAB_RECORD_REAL, "standard_error", offsetof(mlab_margin, se), "1", "standard error; of a ratio that of its logarithm; 0 = none"},
    {MLAB_RECORD_REAL, "lower", offsetof(mlab_margin, lower), "1", "lower end of the interval; NaN = there is none"},
    {MLAB_RECORD_REAL, "upper", offsetof(mlab_margin, upper), "1", "upper end of the interval; NaN = there is none"},
    {MLAB_RECORD_TEXT, "measure", offsetof(mlab_margin, measure), "1",
     "mean, difference, slope, risk ratio, odds ratio, rate ratio, ratio of probabilities, ratio of means"},
    {MLAB_RECORD_REAL, "time", offsetof(mlab_margin, time), "1", "time as the study wrote it; -1 = none"},
    {MLAB_RECORD_TEXT, "time_unit", offsetof(mlab_margin, unit), "1", "unit of the time"},
};
static const mlab_record_table margins_table = MLAB_RECORD_TABLE("margins", mlab_margin, margins);

static const mlab_record_field profiles[] = {
    {MLAB_RECORD_TEXT, "name", offsetof(mlab_profile, name), "1", "coefficient"},
    {MLAB_RECORD_REAL, "lower", offsetof(mlab_profile, lower), "1",
     "lower end of the profile likelihood interval; 0 where there is none or none was found"},
    {MLAB_RECORD_REAL, "upper", offsetof(mlab_profile, upper), "1",
     "upper end of the profile likelihood interval; 0 where there is none or none was found"},
    {MLAB_RECORD_FLAG, "lower_open", offsetof(mlab_profile, lower_open), "1", "1 = there is no lower end"},
    {MLAB_RECORD_FLAG, "upper_open", offsetof(mlab_profile, upper_open), "1", "1 = there is no upper end"},
    {MLAB_RECORD_FLAG, "lower_unknown", offsetof(mlab_profile, lower_unknown), "1", "1 = no lower end was found: a fit on the way did not converge"},
    {MLAB_RECORD_FLAG, "upper_unknown", offsetof(mlab_profile, upper_unknown), "1", "1 = no upper end was found: a fit on the way did not converge"},
};
static const mlab_record_table profiles_table = MLAB_RECORD_TABLE("profiles", mlab_profile, profiles);

static const mlab_record_field diagnoses[] = {
    {MLAB_RECORD_TEXT, "what", offsetof(mlab_diagnosis, what), "1", "what was looked at"},
    {MLAB_RECORD_TEXT, "about", offsetof(mlab_diagnosis, about), "1", "term or coefficient"},
    {MLAB_RECORD_REAL, "statistic", offsetof(mlab_diagnosis, statistic), "1", "statistic; -1 = none"},
    {MLAB_RECORD_REAL, "p", offsetof(mlab_diagnosis, p), "1", "p value; -1 = none"},
    {MLAB_RECORD_FLAG, "doubt", offsetof(mlab_diagnosis, doubt), "1", "1 = a reason to be careful"},
    {MLAB_RECORD_TEXT, "sentence", offsetof(mlab_diagnosis, sentence), "1", "in words"},
};
static const mlab_record_table diagnoses_table = MLAB_RECORD_TABLE("diagnoses", mlab_diagnosis, diagnoses);

static const mlab_record_field predictions[] = {
    {MLAB_RECORD_TEXT, "profile", offsetof(mlab_prediction, profile), "1", "profile of the study file"},
    {MLAB_RECORD_TEXT, "measure", offsetof(mlab_prediction, measure), "1", "level, or how it differs from the reference: difference, ratio"},
    {MLAB_RECORD_TEXT, "against", offsetof(mlab_prediction, against), "1", "the reference"},
    {MLAB_RECORD_TEXT, "scale", offsetof(mlab_prediction, scale), "1",
     "link, response, survival, incidence, occupation, restricted_mean or time_lost"},
    {MLAB_RECORD_TEXT, "of", offsetof(mlab_prediction, of), "1", "level, cause or states that it is the probability of"},
    {MLAB_RECORD_REAL, "time", offsetof(mlab_prediction, time), "1", "time since the start, in time_unit; -1 = none"},
    {MLAB_RECORD_TEXT, "time_unit", offsetof(mlab_prediction, unit), "1", "unit of the time, and of mean times: that of the data"},
    {MLAB_RECORD_REAL, "stated_time", offsetof(mlab_prediction, stated_time), "1", "the time as the study wrote it, in stated_unit; -1 = none"},
    {MLAB_RECORD_TEXT, "stated_unit", offsetof(mlab_prediction, stated_unit), "1", "unit in which the study wrote the time"},
    {MLAB_RECORD_REAL, "value", offsetof(mlab_prediction, value), "1", "prediction, averaged over the rows where the profile leaves columns open"},
    {MLAB_RECORD_REAL, "standard_error", offsetof(mlab_prediction, se), "1", "standard error; of a ratio that of its logarithm; 0 = none"},
    {MLAB_RECORD_REAL, "lower", offsetof(mlab_prediction, lower), "1", "lower end of the interval; NaN = there is none"},
    {MLAB_RECORD_REAL, "upper", offsetof(mlab_prediction, upper), "1", "upper end of the interval; NaN = there is none"},
};
static const mlab_record_table predictions_table = MLAB_RECORD_TABLE("predictions", mlab_prediction, predictions);

void mlab_store_put_after(const mlab_h5_group *fit, const mlab_after *after, bool clustered)
{
    if (!after) return;
    mlab_records_put(fit, &tests_table, after->tests, after->n_tests);
    mlab_records_put(fit, &margins_table, after->margins, after->n_margins);
    mlab_records_put(fit, &profiles_table, after->profiles, after->n_profiles);
    if (after->profiles) {
        mlab_h5_group group = mlab_h5_group_get(fit, profiles_table.name);
        mlab_h5_attribute(&group, "rows", clustered ? "taken as independent; the errors of the fit take them as clustered" : "taken as independent");
        mlab_h5_group_close(&group);
    }
    mlab_records_put(fit, &diagnoses_table, after->diagnoses, after->n_diagnoses);
    mlab_records_put(fit, &predictions_table, after->predictions, after->n_predictions);
}

mlab_after *mlab_store_get_after(const mlab_h5_group *fit)
{
    static const char *const names[] = {"tests", "margins", "profiles", "diagnoses", "predictions"};
    bool any = false;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) any = any || mlab_h5_has(fit, names[k]);
    if (!any) return NULL;
    mlab_after *after = mlab_allocate(fit->file->context, 1, sizeof *after);
    if (!after) {
        mlab_h5_fail(fit->file, MLAB_ERR_MEMORY, "no memory to read tests");
        return NULL;
    }
    after->context = fit->file->context;
    after->tests = mlab_records_get(fit, &tests_table, &after->n_tests);
    after->margins = mlab_records_get(fit, &margins_table, &after->n_margins);
    after->profiles = mlab_records_get(fit, &profiles_table, &after->n_profiles);
    after->diagnoses = mlab_records_get(fit, &diagnoses_table, &after->n_diagnoses);
    after->predictions = mlab_records_get(fit, &predictions_table, &after->n_predictions);
    return after;
}
