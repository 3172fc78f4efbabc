/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which columns of an ordinal model have an effect by threshold or on the scale, what their parameters are called, and whether thresholds cross.
 *
 * Partial proportional odds: Peterson & Harrell 1990 (doi:10.2307/2347760); location-scale: McCullagh 1980 (doi:10.1111/j.2517-6161.1980.tb01109.x);
 * both as in clm of R's ordinal, but a positive effect means more at every threshold, where clm's effects on thresholds have the other sign.
 * Weakness: with effects by threshold P(Y <= k) may fall from k to k + 1 at covariates far from the data: nothing in the model forbids it.
 */
#include "fit/families/ordinal_effects.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/design_terms.h"

#include <math.h>
#include <string.h>

void mlab_level_effects_free(mlab_level_effects *e)
{
    if (!e) return;
    for (size_t k = 0; e->names && k < e->n_ancillary; k++) mlab_release(e->context, e->names[k]);
    void *const memory[] = {e->names, e->nominal, e->scale, e->nominal_at, e};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(e->context, memory[k]);
}

/* --- from labels to columns ----------------------------------------------------------------------------------- */

bool mlab_same_term(const char *label, const char *said)
{
    for (;; label++, said++) {
        while (*label == ' ') label++;
        while (*said == ' ') said++;
        if (*label != *said) return false;
        if (!*label) return true;
    }
}

static mlab_status no_term(const mlab_context *context, const mlab_fit_problem *problem, const char *key, const char *said, mlab_error *err)
{
    size_t n_terms;
    const mlab_design_term *terms = mlab_design_terms(problem->design, &n_terms);
    mlab_text all = MLAB_TEXT(context);
    for (size_t t = 0; t < n_terms; t++) mlab_text_print(&all, "%s%s", t ? ", " : "", terms[t].label);
    mlab_status status = mlab_raise_at(err, MLAB_ERR_FIT_MODEL, problem->effects_place, "%s: %s: \"%s\" is not a term of the formula; allowed: %s",
                                       problem->outcome ? problem->outcome : "outcome", key, said, n_terms ? mlab_text_get(&all) : "none");
    mlab_text_free(&all);
    return status;
}

/* marked [p]: 1 = a column of one of the terms. */
static mlab_status mark(const mlab_context *context, const mlab_prepared *prepared, const char *key, const char *const *labels, size_t n,
                        uint8_t *marked, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    size_t n_terms;
    const mlab_design_term *terms = mlab_design_terms(problem->design, &n_terms);
    for (size_t k = 0; k < n; k++) {
        size_t t = 0;
        while (t < n_terms && !mlab_same_term(terms[t].label, labels[k])) t++;
        if (t == n_terms) return no_term(context, problem, key, labels[k], err);
        for (size_t c = 0; c < terms[t].n_columns; c++) marked[terms[t].first + c - prepared->first_column] = 1;
    }
    return MLAB_OK;
}

static size_t *listed(const mlab_context *context, const uint8_t *marked, size_t p, size_t *n)
{
    *n = 0;
    for (size_t j = 0; j < p; j++) *n += marked[j];
    size_t *list = mlab_allocate(context, *n, sizeof *list), at = 0;
    for (size_t j = 0; list && j < p; j++)
        if (marked[j]) list[at++] = j;
    return list;
}

char *mlab_nominal_name(const mlab_context *context, const mlab_fit_problem *problem, size_t threshold, const char *column)
{
    mlab_text text = MLAB_TEXT(context);
    mlab_text_print(&text, "%s|%s:%s", problem->categories[threshold], problem->categories[threshold + 1], column);
    char *name = text.failed ? NULL : mlab_copy_text(context, mlab_text_get(&text));
    mlab_text_free(&text);
    return name;
}

static bool name_all(const mlab_prepared *prepared, mlab_level_effects *e)
{
    const mlab_fit_problem *problem = prepared->problem;
    size_t at = 0;
    e->names = mlab_allocate(e->context, e->n_ancillary, sizeof *e->names);
    if (!e->names) return false;
    for (size_t k = 1; k < e->n_thresholds; k++)
        for (size_t w = 0; w < e->n_nominal; w++, at++) {
            const char *column = mlab_design_name(problem->design, prepared->first_column + e->nominal[w]);
            if (!(e->names[at] = mlab_nominal_name(e->context, problem, k, column))) return false;
        }
    for (size_t z = 0; z < e->n_scale; z++, at++) {
        mlab_text text = MLAB_TEXT(e->context);
        mlab_text_print(&text, "Log(scale):%s", mlab_design_name(problem->design, prepared->first_column + e->scale[z]));
        e->names[at] = text.failed ? NULL : mlab_copy_text(e->context, mlab_text_get(&text));
        mlab_text_free(&text);
        if (!e->names[at]) return false;
    }
    return true;
}

static mlab_status check(const mlab_prepared *prepared, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    const char *name = problem->outcome ? problem->outcome : "outcome";
    if (prepared->n_thresholds == 0)
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, problem->effects_place, "%s: nominal and scale are for model ordinal, not for %s", name,
                             prepared->model->name);
    if (prepared->n_thresholds < 2)
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, problem->effects_place, "%s: nominal and scale need at least 3 levels; there are %zu", name,
                             problem->n_categories);
    if (problem->n_random > 0)
        return mlab_raise_at(err, MLAB_ERR_DATA_NOT_BUILT, problem->effects_place, "%s: nominal and scale beside random effects are not built yet",
                             name);
    return MLAB_OK;
}

mlab_status mlab_level_effects_make(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    size_t p = prepared->n_columns;
    mlab_status status = check(prepared, err);
    if (status) return status;
    mlab_level_effects *e = prepared->effects = mlab_allocate(context, 1, sizeof *e);
    if (e) *e = (mlab_level_effects){.context = context, .n_thresholds = prepared->n_thresholds, .p = p};
    uint8_t *nominal = mlab_allocate(context, p, 1), *scale = mlab_allocate(context, p, 1);
    if (!e || !nominal || !scale) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu columns", p);
        goto out;
    }
    if ((status = mark(context, prepared, "nominal", problem->nominal, problem->n_nominal, nominal, err))) goto out;
    if ((status = mark(context, prepared, "scale", problem->scale, problem->n_scale, scale, err))) goto out;
    e->nominal = listed(context, nominal, p, &e->n_nominal);
    e->scale = listed(context, scale, p, &e->n_scale);
    e->nominal_at = mlab_allocate(context, p, sizeof *e->nominal_at);
    e->n_ancillary = (e->n_thresholds - 1) * e->n_nominal + e->n_scale;
    if (!e->nominal || !e->scale || !e->nominal_at || !name_all(prepared, e)) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu columns", p);
        goto out;
    }
    for (size_t j = 0; j < p; j++) e->nominal_at[j] = SIZE_MAX;
    for (size_t w = 0; w < e->n_nominal; w++) e->nominal_at[e->nominal[w]] = w;
    prepared->n_ancillary = e->n_ancillary;
    prepared->ancillary = (const char *const *)e->names;
out:
    mlab_release(context, nominal);
    mlab_release(context, scale);
    return status;
}

/* --- of the engine ---------------------------------------------------------------------------------------------- */

void mlab_level_columns(mlab_engine *engine)
{
    const mlab_level_effects *e = engine->effects;
    const mlab_tiles *tiles = engine->tiles;
    for (size_t w = 0; w < e->n_nominal; w++)
        for (size_t k = 1; k < e->n_thresholds; k++) {
            size_t at = mlab_nominal_place(e, k, w), first = mlab_nominal_place(e, 0, w);
            engine->aliased[at] = engine->aliased[first];
            engine->scale[at] = engine->scale[first];
        }
    for (size_t z = 0; z < e->n_scale; z++) {
        size_t at = mlab_scale_place(e, z), column = e->scale[z];
        engine->aliased[at] = tiles->reach[column] == 0; /* a constant is part of the thresholds and coefficients */
        engine->scale[at] = fmax(fabs(tiles->centre[column]) + tiles->reach[column], 1e-300);
    }
}

double mlab_level_centre(const mlab_engine *engine, const double *v, size_t k)
{
    const mlab_level_effects *e = engine->effects;
    double sum = 0;
    for (size_t w = 0; w < e->n_nominal && k > 0; w++)
        sum += engine->tiles->centre[e->nominal[w]] * (v[mlab_nominal_place(e, k, w)] - v[mlab_nominal_place(e, 0, w)]);
    return sum;
}

/* --- crossing thresholds --------------------------------------------------------------------------------------- */

mlab_status mlab_level_doubt_crossing(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    enum { ROWS = 512 };
    const mlab_fit_problem *problem = prepared->problem;
    size_t width = mlab_fit_predictors(fit), crossed = 0, first_row = 0, first_level = 0;
    if (fit->n_nominal == 0) return MLAB_OK;
    double *eta = mlab_allocate(context, ROWS, width * sizeof *eta);
    if (!eta) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the predictors of %s", fit->outcome);
    mlab_status status = MLAB_OK;
    for (size_t at = 0; at < problem->n && !status; at += ROWS) {
        size_t some = problem->n - at < ROWS ? problem->n - at : ROWS;
        status =
            mlab_predict(context, fit, problem->table, problem->rows ? problem->rows + at : NULL, at, some, NULL, NULL, MLAB_SCALE_LINK, eta, err);
        for (size_t i = 0; i < some && !status; i++) {
            const double *row = eta + i * width;
            size_t k = 1;
            while (k < fit->n_thresholds && fit->estimate[k] - row[k] > fit->estimate[k - 1] - row[k - 1]) k++;
            if (k == fit->n_thresholds || (problem->weight && problem->weight[at + i] == 0)) continue;
            if (crossed++ > 0) continue;
            first_row = problem->rows ? problem->rows[at + i] : at + i;
            first_level = k;
        }
    }
    mlab_release(context, eta);
    if (status || crossed == 0) return status;
    return mlab_fit_doubt(
        fit, MLAB_NOT_CONVERGED, err,
        "the thresholds %s and %s cross at %zu of %zu rows, the first of them row %zu: the probability of \"%s\" is negative there; "
        "leave a term out of nominal",
        fit->names[first_level - 1], fit->names[first_level], crossed, problem->n, first_row + 1, fit->levels[first_level]);
}
