/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /fits/<outcome>/tests, margins, profiles, diagnoses, predictions: one table each, rows in the order of the formula. */
#include "store/stages.h"

#include "core/memory.h"

#include <stdint.h>

/* A table of n records of `size` bytes: columns lie at offsets of the record. */
typedef struct records {
    const mlab_h5_group *group;
    char *first;
    size_t n, size;
} records;

static void put_texts(const records *r, const char *name, size_t offset, const char *long_name)
{
    const mlab_context *context = r->group->file->context;
    char **texts = mlab_allocate(context, r->n, sizeof *texts);
    if (!texts) mlab_h5_fail(r->group->file, MLAB_ERR_MEMORY, "no memory to write %s", name);
    for (size_t k = 0; texts && k < r->n; k++) texts[k] = *(char **)(void *)(r->first + k * r->size + offset);
    if (texts) mlab_h5_put_texts(r->group, name, "row", texts, long_name);
    mlab_release(context, texts);
}

static void put_reals(const records *r, const char *name, size_t offset, const char *long_name)
{
    const mlab_context *context = r->group->file->context;
    double *values = mlab_allocate(context, r->n, sizeof *values);
    if (!values) mlab_h5_fail(r->group->file, MLAB_ERR_MEMORY, "no memory to write %s", name);
    for (size_t k = 0; values && k < r->n; k++) values[k] = *(double *)(void *)(r->first + k * r->size + offset);
    if (values) mlab_h5_put(r->group, name, "row", MLAB_H5_REAL, values, "1", long_name);
    mlab_release(context, values);
}

static void put_bytes(const records *r, const char *name, size_t offset, const char *long_name)
{
    const mlab_context *context = r->group->file->context;
    uint8_t *values = mlab_allocate(context, r->n, 1);
    if (!values) mlab_h5_fail(r->group->file, MLAB_ERR_MEMORY, "no memory to write %s", name);
    for (size_t k = 0; values && k < r->n; k++) values[k] = *(bool *)(void *)(r->first + k * r->size + offset);
    if (values) mlab_h5_put(r->group, name, "row", MLAB_H5_BYTE, values, "1", long_name);
    mlab_release(context, values);
}

static void put_counts(const records *r, const char *name, size_t offset, const char *long_name)
{
    const mlab_context *context = r->group->file->context;
    int64_t *values = mlab_allocate(context, r->n, sizeof *values);
    if (!values) mlab_h5_fail(r->group->file, MLAB_ERR_MEMORY, "no memory to write %s", name);
    for (size_t k = 0; values && k < r->n; k++) values[k] = (int64_t) * (size_t *)(void *)(r->first + k * r->size + offset);
    if (values) mlab_h5_put(r->group, name, "row", MLAB_H5_INT64, values, "1", long_name);
    mlab_release(context, values);
}

static void get_texts(const records *r, const char *name, size_t offset)
{
    char **texts = mlab_h5_get_texts(r->group, name, r->n);
    for (size_t k = 0; texts && k < r->n; k++) *(char **)(void *)(r->first + k * r->size + offset) = texts[k];
    mlab_release(r->group->file->context, texts);
}

static void get_reals(const records *r, const char *name, size_t offset)
{
    double *values = mlab_h5_get(r->group, name, MLAB_H5_REAL, r->n);
    for (size_t k = 0; values && k < r->n; k++) *(double *)(void *)(r->first + k * r->size + offset) = values[k];
    mlab_release(r->group->file->context, values);
}

static void get_bytes(const records *r, const char *name, size_t offset)
{
    uint8_t *values = mlab_h5_get(r->group, name, MLAB_H5_BYTE, r->n);
    for (size_t k = 0; values && k < r->n; k++) *(bool *)(void *)(r->first + k * r->size + offset) = values[k] != 0;
    mlab_release(r->group->file->context, values);
}

static void get_counts(const records *r, const char *name, size_t offset)
{
    int64_t *values = mlab_h5_get(r->group, name, MLAB_H5_INT64, r->n);
    for (size_t k = 0; values && k < r->n; k++) *(size_t *)(void *)(r->first + k * r->size + offset) = (size_t)values[k];
    mlab_release(r->group->file->context, values);
}

/* X(kind, name, record, field, long_name) */
#define TESTS(X)                                                                                                                                     \
    X(texts, "term", mlab_term_test, term, "term of the formula")                                                                                    \
    X(counts, "likelihood_ratio_df", mlab_term_test, likelihood_ratio.df, "degrees of freedom; 0 = no test")                                         \
    X(reals, "likelihood_ratio", mlab_term_test, likelihood_ratio.statistic, "likelihood ratio statistic")                                           \
    X(reals, "likelihood_ratio_p", mlab_term_test, likelihood_ratio.p, "chance of as large a statistic without the term")                            \
    X(counts, "wald_df", mlab_term_test, wald.df, "degrees of freedom; 0 = no test")                                                                 \
    X(reals, "wald", mlab_term_test, wald.statistic, "Wald statistic by the fit's covariance")                                                       \
    X(reals, "wald_p", mlab_term_test, wald.p, "chance of as large a statistic without the term")                                                    \
    X(counts, "score_df", mlab_term_test, score.df, "degrees of freedom; 0 = no test")                                                               \
    X(reals, "score", mlab_term_test, score.statistic, "score statistic")                                                                            \
    X(reals, "score_p", mlab_term_test, score.p, "chance of as large a statistic without the term")
#define MARGINS(X)                                                                                                                                   \
    X(texts, "what", mlab_margin, what, "what changes")                                                                                              \
    X(texts, "of", mlab_margin, of, "level or cause that it is the probability of")                                                                  \
    X(reals, "effect", mlab_margin, effect, "average difference or derivative on the response scale")                                                \
    X(reals, "standard_error", mlab_margin, se, "standard error by the delta method")                                                                \
    X(reals, "lower", mlab_margin, lower, "lower end of the interval")                                                                               \
    X(reals, "upper", mlab_margin, upper, "upper end of the interval")
#define PROFILES(X)                                                                                                                                  \
    X(texts, "name", mlab_profile, name, "coefficient")                                                                                              \
    X(reals, "lower", mlab_profile, lower, "lower end of the profile likelihood interval; 0 where open")                                             \
    X(reals, "upper", mlab_profile, upper, "upper end of the profile likelihood interval; 0 where open")                                             \
    X(bytes, "lower_open", mlab_profile, lower_open, "1 = there is no lower end")                                                                    \
    X(bytes, "upper_open", mlab_profile, upper_open, "1 = there is no upper end")
#define DIAGNOSES(X)                                                                                                                                 \
    X(texts, "what", mlab_diagnosis, what, "what was looked at")                                                                                     \
    X(texts, "about", mlab_diagnosis, about, "term or coefficient")                                                                                  \
    X(reals, "statistic", mlab_diagnosis, statistic, "statistic; -1 = none")                                                                         \
    X(reals, "p", mlab_diagnosis, p, "p value; -1 = none")                                                                                           \
    X(bytes, "doubt", mlab_diagnosis, doubt, "1 = a reason to be careful")                                                                           \
    X(texts, "sentence", mlab_diagnosis, sentence, "in words")

#define PREDICTIONS(X)                                                                                                                               \
    X(texts, "profile", mlab_prediction, profile, "profile of the study file")                                                                       \
    X(texts, "measure", mlab_prediction, measure, "level, or how it differs from the reference: difference, ratio")                                  \
    X(texts, "against", mlab_prediction, against, "the reference")                                                                                   \
    X(texts, "scale", mlab_prediction, scale, "link, response, survival, incidence or occupation")                                                   \
    X(texts, "of", mlab_prediction, of, "level, cause or states that it is the probability of")                                                      \
    X(reals, "time", mlab_prediction, time, "time since the start; -1 = none")                                                                       \
    X(texts, "time_unit", mlab_prediction, unit, "unit of the time")                                                                                 \
    X(reals, "value", mlab_prediction, value, "prediction, averaged over the rows where the profile leaves columns open")                            \
    X(reals, "standard_error", mlab_prediction, se, "standard error; of a ratio that of its logarithm; 0 = none")                                    \
    X(reals, "lower", mlab_prediction, lower, "lower end of the interval")                                                                           \
    X(reals, "upper", mlab_prediction, upper, "upper end of the interval")

#define PUT(kind, name, record, field, long_name) put_##kind(&r, name, offsetof(record, field), long_name);
#define GET(kind, name, record, field, long_name) get_##kind(&r, name, offsetof(record, field));

#define TABLE(lower, UPPER, record)                                                                                                                  \
    static void put_##lower(const mlab_h5_group *fit, const mlab_after *after)                                                                       \
    {                                                                                                                                                \
        if (!after->lower) return;                                                                                                                   \
        mlab_h5_group group = mlab_h5_group_make(fit, #lower);                                                                                       \
        records r = {&group, (char *)(void *)after->lower, after->n_##lower, sizeof(record)};                                                        \
        mlab_h5_dimension_numbers(&group, "row", 0, r.n, "1", "row of the table");                                                                   \
        UPPER(PUT)                                                                                                                                   \
        mlab_h5_group_close(&group);                                                                                                                 \
    }                                                                                                                                                \
    static void get_##lower(const mlab_h5_group *fit, mlab_after *after)                                                                             \
    {                                                                                                                                                \
        if (!mlab_h5_has(fit, #lower)) return;                                                                                                       \
        mlab_h5_group group = mlab_h5_group_get(fit, #lower);                                                                                        \
        records r = {&group, NULL, mlab_h5_size(&group, "row"), sizeof(record)};                                                                     \
        after->lower = mlab_allocate(fit->file->context, r.n, sizeof(record));                                                                       \
        r.first = (char *)(void *)after->lower;                                                                                                      \
        if (!r.first) mlab_h5_fail(fit->file, MLAB_ERR_MEMORY, "no memory to read " #lower);                                                         \
        if (r.first) {                                                                                                                               \
            after->n_##lower = r.n;                                                                                                                  \
            UPPER(GET)                                                                                                                               \
        }                                                                                                                                            \
        mlab_h5_group_close(&group);                                                                                                                 \
    }

TABLE(tests, TESTS, mlab_term_test)
TABLE(margins, MARGINS, mlab_margin)
TABLE(profiles, PROFILES, mlab_profile)
TABLE(diagnoses, DIAGNOSES, mlab_diagnosis)
TABLE(predictions, PREDICTIONS, mlab_prediction)

void mlab_store_put_after(const mlab_h5_group *fit, const mlab_after *after)
{
    if (!after) return;
    put_tests(fit, after);
    put_margins(fit, after);
    put_profiles(fit, after);
    put_diagnoses(fit, after);
    put_predictions(fit, after);
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
    get_tests(fit, after);
    get_margins(fit, after);
    get_profiles(fit, after);
    get_diagnoses(fit, after);
    get_predictions(fit, after);
    return after;
}
