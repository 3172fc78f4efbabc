/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of a policy in /matching/<policy>: one number each; groups in /groups, what each rule decided in /rules below it. */
#include "store/matching.h"

#include "core/memory.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

typedef struct figure {
    const char *name;
    size_t at;
    bool whole; /* uint64_t, else double */
    const char *unit, *long_name;
} figure;

#define COUNT(field_, unit_, text_)                                                                                                                  \
    {                                                                                                                                                \
#field_, offsetof(mlab_pairs, field_), true, unit_, text_                                                                                    \
    }
#define REAL(field_, text_)                                                                                                                          \
    {                                                                                                                                                \
#field_, offsetof(mlab_pairs, field_), false, "1", text_                                                                                     \
    }
static const figure figures[] = {
    COUNT(places, "person", "places of all mentors"),
    COUNT(n_pairs, "pair", "pairs made"),
    COUNT(n_matched, "person", "mentees with a mentor"),
    COUNT(blocking_pairs, "pair", "pairs who would both rather have each other"),
    COUNT(candidates, "pair", "pairs that every constraint allows"),
    COUNT(candidates_kept, "pair", "of these, kept in the pool"),
    COUNT(terms_missing, "1", "terms of scores left out because an attribute is not known"),
    COUNT(mentors_used, "person", "mentors with a mentee"),
    COUNT(mentors_full, "person", "mentors with all places taken"),
    COUNT(most_load, "person", "most mentees of one mentor"),
    REAL(total_score, "sum of the scores of the pairs"),
    REAL(mean_score, "mean score of the pairs"),
    REAL(lowest_score, "lowest score of a pair"),
    REAL(score_sd, "standard deviation of the scores of the pairs"),
    REAL(mean_rank, "mean rank of what the matched mentees got"),
    REAL(mentor_mean_rank, "mean rank of whom the mentors got"),
    REAL(mean_regret, "mean points below the best allowed mentor"),
    REAL(most_left_out, "points that candidates which were not kept could add to the total, at most"),
    REAL(objective, "what the policy reached, in its own terms"),
    REAL(bound, "proved: no matching of this kind reaches more"),
    REAL(gap, "(bound - objective) / bound"),
    REAL(optimum, "highest total score of the same people; NaN = not worked out"),
};
enum { N_FIGURES = sizeof figures / sizeof *figures };

typedef struct column {
    const char *name;
    size_t at;
    mlab_h5_type type;
    const char *unit, *long_name;
} column;

#define COLUMN(of_, field_, type_, unit_, text_)                                                                                                     \
    {                                                                                                                                                \
#field_, offsetof(of_, field_), type_, unit_, text_                                                                                          \
    }
#define GROUP(field_, type_, unit_, text_) COLUMN(mlab_pairs_group, field_, type_, unit_, text_)
#define RULE(field_, type_, unit_, text_) COLUMN(mlab_rule_share, field_, type_, unit_, text_)
static const column group_columns[] = {
    GROUP(n, MLAB_H5_COUNT, "person", "mentees of the group"),
    GROUP(matched, MLAB_H5_COUNT, "person", "of these, with a mentor"),
    GROUP(rate_low, MLAB_H5_REAL, "1", "lower end of the 95 % interval of the share with a mentor"),
    GROUP(rate_high, MLAB_H5_REAL, "1", "upper end"),
    GROUP(mean_score, MLAB_H5_REAL, "1", "mean score of those with a mentor"),
    GROUP(score_sd, MLAB_H5_REAL, "1", "standard deviation of these"),
    GROUP(mean_low, MLAB_H5_REAL, "1", "lower end of the 95 % interval of the mean"),
    GROUP(mean_high, MLAB_H5_REAL, "1", "upper end"),
    GROUP(below_four_fifths, MLAB_H5_BYTE, "1", "1 = its share is less than four fifths of the highest"),
};
static const column rule_columns[] = {
    RULE(must, MLAB_H5_BYTE, "1", "1 = a constraint"),
    RULE(weight, MLAB_H5_REAL, "1", "weight as asked; 0 for a must"),
    RULE(share, MLAB_H5_REAL, "1", "share of the spread of the scores of allowed pairs; the rules add up to 1"),
    RULE(ruled_out, MLAB_H5_COUNT, "pair", "pairs looked at that it alone rules out"),
    RULE(not_known, MLAB_H5_COUNT, "pair", "pairs looked at of whom it is not known"),
    RULE(sample, MLAB_H5_COUNT, "pair", "pairs looked at"),
    RULE(left_out, MLAB_H5_BYTE, "1", "1 = people were matched again without it"),
    RULE(changed, MLAB_H5_COUNT, "person", "mentees who would then have somebody else"),
    RULE(costs, MLAB_H5_REAL, "1", "points of the other rules' total score that it costs them"),
};
enum { N_GROUP_COLUMNS = sizeof group_columns / sizeof *group_columns, N_RULE_COLUMNS = sizeof rule_columns / sizeof *rule_columns };

/* Bytes of a value as the struct holds it: a bool is one byte. */
static size_t size_of(mlab_h5_type type)
{
    return type == MLAB_H5_BYTE ? sizeof(bool) : mlab_h5_type_size(type);
}

/* A table: n structs of `size` bytes whose first member is the name. */
static void put_table(const mlab_h5_group *parent, const char *name, const char *dimension, const void *rows, size_t n, size_t size,
                      const column *columns, size_t n_columns)
{
    const mlab_context *context = parent->file->context;
    const unsigned char *bytes = rows;
    char **names = mlab_allocate(context, n, sizeof *names);
    unsigned char *values = mlab_allocate(context, n, 8);
    if (!names || !values) {
        mlab_h5_fail(parent->file, MLAB_ERR_MEMORY, "no memory to write pairs");
    } else {
        mlab_h5_group group = mlab_h5_group_make(parent, name);
        for (size_t k = 0; k < n; k++) memcpy(&names[k], bytes + k * size, sizeof names[k]);
        mlab_h5_dimension_texts(&group, dimension, names, n, dimension);
        for (size_t c = 0; c < n_columns; c++) {
            const size_t width = size_of(columns[c].type);
            for (size_t k = 0; k < n; k++) memcpy(values + k * width, bytes + k * size + columns[c].at, width);
            mlab_h5_put(&group, columns[c].name, dimension, columns[c].type, values, columns[c].unit, columns[c].long_name);
        }
        mlab_h5_group_close(&group);
    }
    mlab_release(context, names);
    mlab_release(context, values);
}

void mlab_store_put_figures(const mlab_h5_group *group, const mlab_pairs *pairs)
{
    const unsigned char *from = (const unsigned char *)pairs;
    for (size_t k = 0; k < N_FIGURES; k++) {
        uint64_t count;
        double value;
        memcpy(&count, from + figures[k].at, sizeof count);
        memcpy(&value, from + figures[k].at, sizeof value);
        if (figures[k].whole)
            mlab_h5_put_integer(group, figures[k].name, (int64_t)count, figures[k].unit, figures[k].long_name);
        else
            mlab_h5_put_real(group, figures[k].name, value, figures[k].unit, figures[k].long_name);
    }
    mlab_h5_put_real(group, "costs", pairs->optimum - pairs->total_score, "1",
                     "points below the highest total: the price of what the policy keeps to");
    mlab_h5_put_real(group, "costs_share", pairs->optimum > 0 ? (pairs->optimum - pairs->total_score) / pairs->optimum : NAN, "1",
                     "the same as a share of the highest total");
    mlab_h5_attribute(group, "status", mlab_policy_status_name(pairs->status));
    mlab_h5_attribute(group, "why", pairs->why);
    mlab_h5_attribute(group, "group_column", pairs->group_column);
    mlab_h5_attribute_integer(group, "mentors_each", pairs->each ? (int64_t)pairs->each : 1);
    mlab_h5_attribute_integer(group, "mutual", pairs->mutual);
    if (pairs->n_groups) put_table(group, "groups", "group", pairs->groups, pairs->n_groups, sizeof *pairs->groups, group_columns, N_GROUP_COLUMNS);
    if (pairs->n_rules) put_table(group, "rules", "rule", pairs->rules, pairs->n_rules, sizeof *pairs->rules, rule_columns, N_RULE_COLUMNS);
}

/* The rows of a table with their names; NULL when it is not there or after a failure. */
static void *get_table(const mlab_h5_group *parent, const char *name, const char *dimension, size_t size, const column *columns, size_t n_columns,
                       size_t *n)
{
    const mlab_context *context = parent->file->context;
    if (!mlab_h5_has(parent, name)) return NULL;
    mlab_h5_group group = mlab_h5_group_get(parent, name);
    const size_t rows = mlab_h5_size(&group, dimension);
    unsigned char *table = mlab_allocate(context, rows, size);
    char **names = mlab_h5_get_texts(&group, dimension, rows);
    if (!table) mlab_h5_fail(parent->file, MLAB_ERR_MEMORY, "no memory to read pairs");
    for (size_t k = 0; table && names && k < rows; k++) memcpy(table + k * size, &names[k], sizeof names[k]);
    if (table && names) *n = rows;
    if (!table) mlab_h5_free_texts(context, names, rows);
    if (table && names) mlab_release(context, names);
    for (size_t c = 0; table && c < n_columns; c++) {
        const size_t width = size_of(columns[c].type);
        unsigned char *values = mlab_h5_get(&group, columns[c].name, columns[c].type, rows);
        for (size_t k = 0; values && k < rows; k++) memcpy(table + k * size + columns[c].at, values + k * width, width);
        mlab_release(context, values);
    }
    mlab_h5_group_close(&group);
    return table;
}

void mlab_store_get_figures(const mlab_h5_group *group, mlab_pairs *pairs)
{
    unsigned char *into = (unsigned char *)pairs;
    for (size_t k = 0; k < N_FIGURES; k++) {
        if (figures[k].whole) {
            const uint64_t count = (uint64_t)mlab_h5_get_integer(group, figures[k].name);
            memcpy(into + figures[k].at, &count, sizeof count);
        } else {
            const double value = mlab_h5_get_real(group, figures[k].name);
            memcpy(into + figures[k].at, &value, sizeof value);
        }
    }
    char *status = mlab_h5_attribute_get(group, "status");
    for (int k = 0; status && k <= MLAB_POLICY_INFEASIBLE; k++)
        if (strcmp(status, mlab_policy_status_name((mlab_policy_status)k)) == 0) pairs->status = (mlab_policy_status)k;
    mlab_release(group->file->context, status);
    pairs->why = mlab_h5_attribute_get(group, "why");
    pairs->group_column = mlab_h5_attribute_get(group, "group_column");
    const int64_t each = mlab_h5_attribute_integer_get(group, "mentors_each");
    pairs->each = each >= 1 && each <= 64 ? (size_t)each : 1;
    pairs->mutual = mlab_h5_attribute_integer_get(group, "mutual") != 0;
    pairs->groups = get_table(group, "groups", "group", sizeof *pairs->groups, group_columns, N_GROUP_COLUMNS, &pairs->n_groups);
    pairs->rules = get_table(group, "rules", "rule", sizeof *pairs->rules, rule_columns, N_RULE_COLUMNS, &pairs->n_rules);
}
