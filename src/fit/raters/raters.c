/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several raters of one person: ratings are a crossed model of people and raters with roles beside them (many-facet models: Linacre 1989, with the
 * facets of people and raters as random effects; what they leave of the dependence within a rater is the hierarchical rater model of Patz,
 * Junker, Johnson & Mariano 2002, J. Educ. Behav. Stat. 27:341-384). Ordered levels are fitted by model ordinal, others by model linear.
 *
 * Weakness: roles differ in their level and in how many raters they have, not in how exact one of their raters is; raters use the scale alike.
 */
#include "fit/raters/raters.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "data/missing.h"

#include <stdlib.h>
#include <string.h>

bool mlab_outcome_is_raters(const mlab_outcome *outcome)
{
    return outcome->model && strcmp(outcome->model, "raters") == 0;
}

/* --- codes --------------------------------------------------------------------------------------------------------- */

typedef struct key {
    const char *text;
    uint32_t at;
} key;

static int by_key(const void *a, const void *b)
{
    const key *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : x->at < y->at ? -1 : x->at > y->at;
}

static mlab_status number_texts(const mlab_context *context, const mlab_table *table, const uint32_t *rows, size_t n, const char *name,
                                uint32_t *codes, size_t *n_codes, mlab_error *err)
{
    const mlab_column *column = mlab_table_find(table, name);
    key *keys = mlab_allocate(context, n, sizeof *keys);
    *n_codes = 0;
    if (!keys) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu ratings", n);
    for (size_t i = 0; i < n; i++) keys[i] = (key){mlab_column_text(column, rows ? rows[i] : i), (uint32_t)i};
    qsort(keys, n, sizeof *keys, by_key);
    for (size_t i = 0; i < n; i++) {
        *n_codes += i == 0 || strcmp(keys[i].text, keys[i - 1].text) != 0;
        codes[keys[i].at] = (uint32_t)(*n_codes - 1);
    }
    mlab_release(context, keys);
    return MLAB_OK;
}

mlab_status mlab_raters_codes(const mlab_outcome_problem *made, const char *name, uint32_t *codes, size_t *n_codes, mlab_error *err)
{
    return number_texts(made->context, made->table, made->rows, made->problem.n, name, codes, n_codes, err);
}

mlab_status mlab_raters_cluster(mlab_outcome_problem *made, mlab_error *err)
{
    size_t n_people = 0;
    if (made->problem.cluster) return MLAB_OK;
    uint32_t *cluster = mlab_allocate(made->context, made->problem.n, sizeof *cluster);
    char *name = mlab_copy_text(made->context, "person rated");
    mlab_status status = cluster && name ? mlab_raters_codes(made, "person", cluster, &n_people, err)
                                         : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the clusters of %zu ratings", made->problem.n);
    if (status) {
        mlab_release(made->context, cluster);
        mlab_release(made->context, name);
        return status;
    }
    mlab_release(made->context, made->cluster);
    mlab_release(made->context, made->cluster_id);
    mlab_release(made->context, made->cluster_name);
    made->cluster = cluster;
    made->cluster_id = NULL;
    made->cluster_name = name;
    made->problem.cluster = cluster;
    made->problem.cluster_id = NULL; /* 0, 1, ... in the order of the people's ids */
    made->problem.cluster_name = name;
    made->problem.n_clusters = n_people;
    return MLAB_OK;
}

/* --- the formula when none is stated -------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Distinct raters, and distinct pairs of person and rater, of the n ratings in `rows`. */
static mlab_status count_pairs(const mlab_context *context, const mlab_table *ratings, const uint32_t *rows, size_t n, size_t *n_raters,
                               size_t *n_pairs, mlab_error *err)
{
    size_t n_people;
    uint32_t *person = mlab_allocate(context, n, sizeof *person), *rater = mlab_allocate(context, n, sizeof *rater);
    uint64_t *pairs = mlab_allocate(context, n, sizeof *pairs);
    mlab_status status = person && rater && pairs ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu ratings", n);
    if (!status) status = number_texts(context, ratings, rows, n, "person", person, &n_people, err);
    if (!status) status = number_texts(context, ratings, rows, n, "rater", rater, n_raters, err);
    for (size_t i = 0; i < n && !status; i++) pairs[i] = (uint64_t)person[i] << 32 | rater[i];
    *n_pairs = 0;
    if (!status) {
        qsort(pairs, n, sizeof *pairs, by_number);
        for (size_t i = 0; i < n; i++) *n_pairs += i == 0 || pairs[i] != pairs[i - 1];
    }
    mlab_release(context, person);
    mlab_release(context, rater);
    mlab_release(context, pairs);
    return status;
}

/* Leaves the rows that have a value of the column; all where there is no such column. */
static size_t keep_given(const mlab_table *ratings, const char *name, uint32_t *rows, size_t n)
{
    const mlab_column *column = mlab_table_find(ratings, name);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!column || !mlab_is_missing_at(column, rows[i])) rows[kept++] = rows[i];
    return kept;
}

/* Whether two ratings are of different levels. */
static bool differs(const mlab_column *factor, const uint32_t *rows, size_t n)
{
    int32_t seen = -1;
    for (size_t i = 0; i < n; i++) {
        if (mlab_is_missing_at(factor, rows[i])) continue;
        if (seen >= 0 && factor->as.integer[rows[i]] != seen) return true;
        seen = factor->as.integer[rows[i]];
    }
    return false;
}

/* The ratings that count: with a score and a person, until the day of the export. */
static size_t find_rows(const mlab_table *ratings, int32_t as_of, uint32_t *rows)
{
    const mlab_column *date = mlab_table_find(ratings, "date");
    size_t n = 0;
    for (size_t i = 0; i < ratings->n_rows; i++)
        if (!date || as_of == INT32_MIN || date->as.integer[i] <= as_of) rows[n++] = (uint32_t)i;
    n = keep_given(ratings, "person", rows, n);
    return keep_given(ratings, "score", rows, n);
}

mlab_status mlab_raters_formula(const mlab_context *context, const mlab_table *ratings, int32_t as_of, mlab_text *text, mlab_error *err)
{
    static const char *const factors[] = {"role", "skill"};
    size_t n_raters = 0, n_pairs = 0;
    bool any = false;
    uint32_t *rows = mlab_allocate(context, ratings->n_rows, sizeof *rows);
    if (!rows) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu ratings", ratings->n_rows);
    size_t n = find_rows(ratings, as_of, rows);
    mlab_text_append(text, "score ~");
    for (int k = 0; k < 2; k++) {
        const mlab_column *column = mlab_table_find(ratings, factors[k]);
        if (!column || !differs(column, rows, n)) continue;
        mlab_text_append(text, any ? " + " : " ");
        mlab_text_append(text, factors[k]);
        n = keep_given(ratings, factors[k], rows, n);
        any = true;
    }
    mlab_text_append(text, any ? " + (1 | person)" : " (1 | person)");
    mlab_status status = MLAB_OK;
    size_t named = mlab_table_find(ratings, "rater") ? keep_given(ratings, "rater", rows, n) : 0;
    if (named) status = count_pairs(context, ratings, rows, named, &n_raters, &n_pairs, err);
    if (!status && n_raters > 1 && n_raters < n_pairs) mlab_text_append(text, " + (1 | rater)"); /* else nobody rates two people */
    if (!status && n_raters > 1 && n_pairs < named) mlab_text_append(text, " + (1 | person:rater)");
    mlab_release(context, rows);
    return status;
}

/* --- the response ---------------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The score as ordered levels, in a view of the ratings. */
static mlab_status make_levels(mlab_outcome_problem *made, const char *name, const double *values, size_t n_values, mlab_error *err)
{
    char names[MLAB_MOST_RATING_LEVELS][40];
    const char *levels[MLAB_MOST_RATING_LEVELS];
    const mlab_column *from = mlab_table_find(made->table, name);
    mlab_column *column;
    mlab_status status = mlab_table_borrow(made->table, &made->own_table, err);
    if (status) return status;
    for (size_t l = 0; l < n_values; l++) {
        mlab_number_print(values[l], names[l], sizeof names[l]);
        levels[l] = names[l];
    }
    mlab_table_drop(made->own_table, name);
    if ((status = mlab_table_add(made->own_table, name, MLAB_COLUMN_FACTOR, levels, (int32_t)n_values, &column, err))) return status;
    column->ordered = true;
    for (size_t i = 0; i < made->problem.n; i++) {
        const double *found = bsearch(&from->as.real[made->rows[i]], values, n_values, sizeof *values, by_value);
        column->as.integer[made->rows[i]] = found ? (int32_t)(found - values) : 0;
    }
    made->table = made->own_table;
    made->problem.table = made->own_table;
    return MLAB_OK;
}

static mlab_status check(const mlab_outcome_problem *made, const mlab_outcome *outcome, size_t n_values, double value, mlab_error *err)
{
    uint32_t *codes = mlab_allocate(made->context, made->problem.n, sizeof *codes);
    size_t n_people = 0;
    if (!mlab_outcome_has_people_effects(made)) {
        mlab_release(made->context, codes);
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place, "%s: model raters needs (1 | person) in its formula: it is the score",
                             outcome->name);
    }
    mlab_status status = codes ? mlab_raters_codes(made, "person", codes, &n_people, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for ratings");
    mlab_release(made->context, codes);
    if (status) return status;
    if (n_values == 1)
        return mlab_raise_at(err, MLAB_ERR_FIT_RESPONSE, &outcome->formula_place, "%s: all %zu ratings are %.6g: nothing tells people apart",
                             outcome->name, made->problem.n, value);
    if (n_people == made->problem.n)
        return mlab_raise_at(err, MLAB_ERR_FIT_RANK, &outcome->formula_place,
                             "%s: each of %zu people has one rating: what is the person's and what the rater's cannot be told", outcome->name,
                             n_people);
    return MLAB_OK;
}

mlab_status mlab_raters_respond(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err)
{
    const char *name = mlab_outcome_response_name(made);
    const mlab_column *score = name ? mlab_table_find(made->table, name) : NULL;
    size_t n = made->problem.n, n_values = 0;
    if (!score || score->type != MLAB_COLUMN_REAL)
        return mlab_raise_at(err, MLAB_ERR_DATA_COLUMN, &outcome->formula_place,
                             "%s: the response of model raters is the column score of the ratings", outcome->name);
    double *values = mlab_allocate(made->context, n, sizeof *values);
    if (!values) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu ratings", n);
    for (size_t i = 0; i < n; i++) values[i] = score->as.real[made->rows[i]];
    qsort(values, n, sizeof *values, by_value);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || values[i] > values[n_values - 1]) values[n_values++] = values[i];
    mlab_status status = check(made, outcome, n_values, values[0], err);
    bool ordinal = outcome->kind != MLAB_OUTCOME_NUMBER && n_values <= MLAB_MOST_RATING_LEVELS;
    made->model = ordinal ? &mlab_model_ordinal : &mlab_model_linear;
    made->problem.mode_errors = true;
    if (!status && ordinal) status = make_levels(made, name, values, n_values, err);
    mlab_release(made->context, values);
    return status;
}

/* --- the row of the table of models ------------------------------------------------------------------------------------ */

/* A fit of several raters is one of its levels or numbers. */
static const mlab_model *of_fit(const mlab_fit *fit)
{
    return fit->n_thresholds ? &mlab_model_ordinal : &mlab_model_linear;
}

bool mlab_rater_role_shown(const mlab_raters *raters, size_t role, uint64_t minimum)
{
    const mlab_rater_role *of = &raters->roles[role];
    return of->n_people >= minimum && (raters->n_raters == 0 || of->n_raters >= minimum);
}

bool mlab_rater_term_shown(const mlab_fit *fit, const char *name, uint64_t minimum)
{
    const mlab_raters *raters = fit->raters;
    bool about = false;
    for (const char *at = name; (at = strstr(at, "role")) && !about; at++) about = at == name || at[-1] == ':';
    for (size_t r = 0; raters && about && r < raters->n_roles; r++)
        if (!mlab_rater_role_shown(raters, r, minimum)) return false;
    return true;
}

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    (void)context;
    return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: model raters is for the ratings of a study", prepared->problem->outcome);
}

static size_t width(const mlab_fit *fit, mlab_scale scale, size_t n_times)
{
    return of_fit(fit)->width(fit, scale, n_times);
}

static mlab_status predict(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, const double *parameters, size_t n, const double *eta,
                           const double *share, const double *times, size_t n_times, double *out, mlab_error *err)
{
    return of_fit(fit)->predict(context, fit, scale, parameters, n, eta, share, times, n_times, out, err);
}

const mlab_model mlab_model_raters = {
    .name = "raters",
    .summary = "ratings of people by several raters: one score a person, severity of roles, reliability",
    .kind = MLAB_OUTCOME_ORDINAL,
    .not_simulated = "ratings of people drive no periods",
    .marks = MLAB_MODEL_RATINGS | MLAB_MODEL_MIXED,
    .prepare = prepare,
    .width = width,
    .predict = predict,
};
