/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /fits/<outcome>/raters: sources, roles, and the scores of people under pseudonyms, where the study asked for them. */
#include "store/records.h"
#include "store/stages.h"

#include "core/memory.h"
#include "mentorlab/raters.h"

#include <math.h>

static const mlab_record_field sources[] = {
    {MLAB_RECORD_TEXT, "source", offsetof(mlab_rating_source, name), "1", "what makes ratings differ; the last is what is left in each"},
    {MLAB_RECORD_REAL, "variance", offsetof(mlab_rating_source, variance), "1", "variance on the scale of the model"},
    {MLAB_RECORD_REAL, "share", offsetof(mlab_rating_source, share), "1", "of the sum"},
};
static const mlab_record_table sources_table = MLAB_RECORD_TABLE("sources", mlab_rating_source, sources);

static const mlab_record_field roles[] = {
    {MLAB_RECORD_TEXT, "role", offsetof(mlab_rater_role, name), "1", "role of the rater"},
    {MLAB_RECORD_COUNT, "ratings", offsetof(mlab_rater_role, n_ratings), "row", "ratings"},
    {MLAB_RECORD_COUNT, "raters", offsetof(mlab_rater_role, n_raters), "person", "raters; 0 = not known"},
    {MLAB_RECORD_COUNT, "people", offsetof(mlab_rater_role, n_people), "person", "people rated"},
    {MLAB_RECORD_REAL, "severity", offsetof(mlab_rater_role, severity), "1", "how much lower than the mean of the roles; 0 where it cannot be told"},
    {MLAB_RECORD_REAL, "severity_error", offsetof(mlab_rater_role, severity_se), "1", "standard error; 0 = cannot be told"},
    {MLAB_RECORD_REAL, "lower", offsetof(mlab_rater_role, lower), "1", "lower end of the interval of severity"},
    {MLAB_RECORD_REAL, "upper", offsetof(mlab_rater_role, upper), "1", "upper end of the interval of severity"},
    {MLAB_RECORD_REAL, "raters_each", offsetof(mlab_rater_role, raters_each), "1", "raters of a person"},
    {MLAB_RECORD_REAL, "reliability_of_one", offsetof(mlab_rater_role, one), "1",
     "share of the variance of one rater's mean that is the person's own"},
    {MLAB_RECORD_REAL, "reliability_alone", offsetof(mlab_rater_role, alone), "1", "the same of all raters of the role"},
};
static const mlab_record_table roles_table = MLAB_RECORD_TABLE("roles", mlab_rater_role, roles);

static const mlab_record_field scores[] = {
    {MLAB_RECORD_TEXT, "person", offsetof(mlab_person_score, person), "1", "pseudonym"},
    {MLAB_RECORD_REAL, "score", offsetof(mlab_person_score, score), "1", "how far from the average person, on the scale of the model"},
    {MLAB_RECORD_REAL, "standard_error", offsetof(mlab_person_score, error), "1", "standard error of the score"},
    {MLAB_RECORD_REAL, "expected", offsetof(mlab_person_score, expected), "1", "rating by raters who are neither severe nor lenient"},
    {MLAB_RECORD_COUNT, "ratings", offsetof(mlab_person_score, n_ratings), "row", "ratings of the person"},
};
static const mlab_record_table scores_table = MLAB_RECORD_TABLE("scores", mlab_person_score, scores);

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
    mlab_records_put(&group, &sources_table, raters->sources, raters->n_sources);
    mlab_records_put(&group, &roles_table, raters->roles, raters->n_roles);
    mlab_records_put(&group, &scores_table, raters->scores, raters->n_scores);
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
    raters->sources = mlab_records_get(&group, &sources_table, &raters->n_sources);
    raters->roles = mlab_records_get(&group, &roles_table, &raters->n_roles);
    raters->scores = mlab_records_get(&group, &scores_table, &raters->n_scores);
    double *needed = raters->roles ? mlab_h5_get(&group, "needed", MLAB_H5_REAL, raters->n_roles) : NULL;
    for (size_t k = 0; raters->roles && k < raters->n_roles; k++) {
        if (needed) raters->roles[k].needed = needed[k] < 0 ? HUGE_VAL : needed[k];
        raters->roles[k].severity_known = raters->roles[k].severity_se > 0;
    }
    mlab_release(fit->file->context, needed);
    mlab_h5_group_close(&group);
    return raters;
}
