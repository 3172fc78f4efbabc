/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /fits/<outcome>/raters: sources, roles, and the scores of people under pseudonyms, where the study asked for them. */
#include "store/stages.h"

#include "core/memory.h"
#include "mentorlab/raters.h"

#include <math.h>

/* A table of n records of `size` bytes. */
typedef struct records {
    const mlab_h5_group *group;
    char *first;
    size_t n, size;
} records;

static void put_texts(const records *r, const char *name, size_t offset, const char *unit, const char *long_name)
{
    char **texts = mlab_allocate(r->group->file->context, r->n, sizeof *texts);
    (void)unit;
    if (!texts) mlab_h5_fail(r->group->file, MLAB_ERR_MEMORY, "no memory to write %s", name);
    for (size_t k = 0; texts && k < r->n; k++) texts[k] = *(char **)(void *)(r->first + k * r->size + offset);
    if (texts) mlab_h5_put_texts(r->group, name, "row", texts, long_name);
    mlab_release(r->group->file->context, texts);
}

static void put_reals(const records *r, const char *name, size_t offset, const char *unit, const char *long_name)
{
    double *values = mlab_allocate(r->group->file->context, r->n, sizeof *values);
    if (!values) mlab_h5_fail(r->group->file, MLAB_ERR_MEMORY, "no memory to write %s", name);
    for (size_t k = 0; values && k < r->n; k++) values[k] = *(double *)(void *)(r->first + k * r->size + offset);
    if (values) mlab_h5_put(r->group, name, "row", MLAB_H5_REAL, values, unit, long_name);
    mlab_release(r->group->file->context, values);
}

static void put_counts(const records *r, const char *name, size_t offset, const char *unit, const char *long_name)
{
    int64_t *values = mlab_allocate(r->group->file->context, r->n, sizeof *values);
    if (!values) mlab_h5_fail(r->group->file, MLAB_ERR_MEMORY, "no memory to write %s", name);
    for (size_t k = 0; values && k < r->n; k++) values[k] = (int64_t) * (uint64_t *)(void *)(r->first + k * r->size + offset);
    if (values) mlab_h5_put(r->group, name, "row", MLAB_H5_INT64, values, unit, long_name);
    mlab_release(r->group->file->context, values);
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

static void get_counts(const records *r, const char *name, size_t offset)
{
    int64_t *values = mlab_h5_get(r->group, name, MLAB_H5_INT64, r->n);
    for (size_t k = 0; values && k < r->n; k++) *(uint64_t *)(void *)(r->first + k * r->size + offset) = (uint64_t)values[k];
    mlab_release(r->group->file->context, values);
}

/* X(kind, name, record, field, unit, long_name) */
#define SOURCES(X)                                                                                                                                   \
    X(texts, "source", mlab_rating_source, name, "1", "what makes ratings differ; the last is what is left in each")                                 \
    X(reals, "variance", mlab_rating_source, variance, "1", "variance on the scale of the model")                                                    \
    X(reals, "share", mlab_rating_source, share, "1", "of the sum")
#define ROLES(X)                                                                                                                                     \
    X(texts, "role", mlab_rater_role, name, "1", "role of the rater")                                                                                \
    X(counts, "ratings", mlab_rater_role, n_ratings, "row", "ratings")                                                                               \
    X(counts, "raters", mlab_rater_role, n_raters, "person", "raters; 0 = not known")                                                                \
    X(counts, "people", mlab_rater_role, n_people, "person", "people rated")                                                                         \
    X(reals, "severity", mlab_rater_role, severity, "1", "how much lower than the mean of the roles; 0 where it cannot be told")                     \
    X(reals, "severity_error", mlab_rater_role, severity_se, "1", "standard error; 0 = cannot be told")                                              \
    X(reals, "lower", mlab_rater_role, lower, "1", "lower end of the interval of severity")                                                          \
    X(reals, "upper", mlab_rater_role, upper, "1", "upper end of the interval of severity")                                                          \
    X(reals, "raters_each", mlab_rater_role, raters_each, "1", "raters of a person")                                                                 \
    X(reals, "reliability_of_one", mlab_rater_role, one, "1", "share of the variance of one rater's mean that is the person's own")                  \
    X(reals, "reliability_alone", mlab_rater_role, alone, "1", "the same of all raters of the role")
#define SCORES(X)                                                                                                                                    \
    X(texts, "person", mlab_person_score, person, "1", "pseudonym")                                                                                  \
    X(reals, "score", mlab_person_score, score, "1", "how far from the average person, on the scale of the model")                                   \
    X(reals, "standard_error", mlab_person_score, error, "1", "standard error of the score")                                                         \
    X(reals, "expected", mlab_person_score, expected, "1", "rating by raters who are neither severe nor lenient")                                    \
    X(counts, "ratings", mlab_person_score, n_ratings, "row", "ratings of the person")

#define PUT(kind, name, record, field, unit, long_name) put_##kind(&r, name, offsetof(record, field), unit, long_name);
#define GET(kind, name, record, field, unit, long_name) get_##kind(&r, name, offsetof(record, field));

#define TABLE(lower, UPPER, record)                                                                                                                  \
    static void put_##lower(const mlab_h5_group *all, const mlab_raters *raters)                                                                     \
    {                                                                                                                                                \
        if (!raters->lower) return;                                                                                                                  \
        mlab_h5_group group = mlab_h5_group_make(all, #lower);                                                                                       \
        records r = {&group, (char *)(void *)raters->lower, raters->n_##lower, sizeof(record)};                                                      \
        mlab_h5_dimension_numbers(&group, "row", 0, r.n, "1", "row of the table");                                                                   \
        UPPER(PUT)                                                                                                                                   \
        mlab_h5_group_close(&group);                                                                                                                 \
    }                                                                                                                                                \
    static void get_##lower(const mlab_h5_group *all, mlab_raters *raters)                                                                           \
    {                                                                                                                                                \
        if (!mlab_h5_has(all, #lower)) return;                                                                                                       \
        mlab_h5_group group = mlab_h5_group_get(all, #lower);                                                                                        \
        records r = {&group, NULL, mlab_h5_size(&group, "row"), sizeof(record)};                                                                     \
        raters->lower = mlab_allocate(all->file->context, r.n, sizeof(record));                                                                      \
        r.first = (char *)(void *)raters->lower;                                                                                                     \
        if (!r.first) mlab_h5_fail(all->file, MLAB_ERR_MEMORY, "no memory to read " #lower);                                                         \
        if (r.first) {                                                                                                                               \
            raters->n_##lower = r.n;                                                                                                                 \
            UPPER(GET)                                                                                                                               \
        }                                                                                                                                            \
        mlab_h5_group_close(&group);                                                                                                                 \
    }

TABLE(sources, SOURCES, mlab_rating_source)
TABLE(roles, ROLES, mlab_rater_role)
TABLE(scores, SCORES, mlab_person_score)

/* X(field, unit, long_name) */
#define COUNTS(X)                                                                                                                                    \
    X(n_people, "person", "people rated")                                                                                                            \
    X(n_raters, "person", "raters; 0 = not known")                                                                                                   \
    X(n_islands, "1", "groups of people and raters that share nobody; 0 = not known")
#define REALS(X)                                                                                                                                     \
    X(person_sd, "standard deviation of people on the scale of the model")                                                                           \
    X(all, "reliability of all ratings of a person together")                                                                                        \
    X(of_score, "reliability of the scores")

void mlab_store_put_raters(const mlab_h5_group *fit, const mlab_raters *raters)
{
    if (!raters) return;
    if (raters->scores && !raters->masked) {
        mlab_h5_fail(fit->file, MLAB_ERR_ARGUMENT, "scores of people are stored under pseudonyms; these have ids");
        return;
    }
    mlab_h5_group group = mlab_h5_group_make(fit, "raters");
    mlab_h5_attribute(&group, "note", raters->note);
    mlab_h5_attribute_integer(&group, "ordinal", raters->ordinal);
    mlab_h5_attribute_integer(&group, "errors_whole", raters->errors_whole);
    mlab_h5_attribute_integer(&group, "reliability_known", raters->reliability_known);
#define PUT_COUNT(field, unit, long_name) mlab_h5_put_integer(&group, #field, (int64_t)raters->field, unit, long_name);
    COUNTS(PUT_COUNT)
#define PUT_REAL(field, long_name) mlab_h5_put_real(&group, #field, raters->field, "1", long_name);
    REALS(PUT_REAL)
    put_sources(&group, raters);
    put_roles(&group, raters);
    put_scores(&group, raters);
    if (raters->roles) { /* what stands in roles as whole numbers of raters, with no end as -1 */
        double *needed = mlab_allocate(fit->file->context, raters->n_roles, sizeof *needed);
        if (!needed) mlab_h5_fail(fit->file, MLAB_ERR_MEMORY, "no memory to write roles");
        for (size_t k = 0; needed && k < raters->n_roles; k++) needed[k] = raters->roles[k].needed < 1e9 ? raters->roles[k].needed : -1;
        if (needed) {
            mlab_h5_dimension_numbers(&group, "role", 0, raters->n_roles, "1", "row of roles");
            mlab_h5_put(&group, "needed", "role", MLAB_H5_REAL, needed, "1", "raters of the role for a reliability of 0.8; -1 = none are enough");
        }
        mlab_release(fit->file->context, needed);
    }
    mlab_h5_group_close(&group);
}

mlab_raters *mlab_store_get_raters(const mlab_h5_group *fit)
{
    if (!mlab_h5_has(fit, "raters")) return NULL;
    mlab_raters *raters = mlab_allocate(fit->file->context, 1, sizeof *raters);
    if (!raters) {
        mlab_h5_fail(fit->file, MLAB_ERR_MEMORY, "no memory to read what ratings say");
        return NULL;
    }
    mlab_h5_group group = mlab_h5_group_get(fit, "raters");
    raters->context = fit->file->context;
    raters->masked = true;
    raters->note = mlab_h5_attribute_get(&group, "note");
    raters->ordinal = mlab_h5_attribute_integer_get(&group, "ordinal") != 0;
    raters->errors_whole = mlab_h5_attribute_integer_get(&group, "errors_whole") != 0;
    raters->reliability_known = mlab_h5_attribute_integer_get(&group, "reliability_known") != 0;
#define GET_COUNT(field, unit, long_name) raters->field = (uint64_t)mlab_h5_get_integer(&group, #field);
    COUNTS(GET_COUNT)
#define GET_REAL(field, long_name) raters->field = mlab_h5_get_real(&group, #field);
    REALS(GET_REAL)
    get_sources(&group, raters);
    get_roles(&group, raters);
    get_scores(&group, raters);
    double *needed = raters->roles ? mlab_h5_get(&group, "needed", MLAB_H5_REAL, raters->n_roles) : NULL;
    for (size_t k = 0; raters->roles && k < raters->n_roles; k++) {
        if (needed) raters->roles[k].needed = needed[k] < 0 ? HUGE_VAL : needed[k];
        raters->roles[k].severity_known = raters->roles[k].severity_se > 0;
    }
    mlab_release(fit->file->context, needed);
    mlab_h5_group_close(&group);
    return raters;
}
