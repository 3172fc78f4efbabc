/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The expected information of cumulative models, for Firth's penalty (Jeffreys' prior; Firth 1993, doi:10.1093/biomet/80.1.27): at every row the
 * information of each level that it could have, by the probability of that level. The rows are passed over once for each level.
 * Weakness: as many passes as levels, for small data; beyond the logit of two levels the penalty keeps estimates finite and takes most of the bias
 * away, but is not exactly Firth's adjusted score.
 */
#include "fit/families/ordinal_effects.h"
#include "fit/penalty/penalty.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

typedef struct expected {
    mlab_pass pass, of_level; /* the rows as they are; all of one level */
    mlab_engine engine;
    mlab_fit_problem problem;
    int32_t *category;                   /* [n] all the same */
    double *eta, *weight, *memory;       /* [n] */
    double *score, *information, *scale; /* [n_parameters], its square, [n_parameters] of differences */
} expected;

static void forget(const mlab_context *context, void *work)
{
    expected *e = work;
    mlab_release(context, e->memory);
    mlab_release(context, e->category);
    mlab_release(context, e);
}

/* Weights of the rows, were they all of level y: the chance of it. */
static void weigh(expected *e, size_t y, const double *thresholds)
{
    size_t n = e->problem.n, t = e->engine.n_thresholds;
    bool has_upper = y<t, has_lower = y> 0;
    for (size_t i = 0; i < n; i++) {
        double own = e->pass.weight ? e->pass.weight[i] : 1;
        mlab_level_ends ends = mlab_level_ends_of(e->engine.link, has_upper ? thresholds[y] - e->eta[i] : 0,
                                                  has_lower ? thresholds[y - 1] - e->eta[i] : 0, has_upper, has_lower);
        double chance = own > 0 ? exp(ends.log_p) : 0;
        e->weight[i] = isfinite(chance) ? own * chance : 0;
        e->category[i] = (int32_t)y;
    }
}

/* An mlab_newton_evaluate: log-likelihood and score of the rows, expected information. */
static mlab_status evaluate(void *work, const double *parameters, double *log_likelihood, double *score, double *information, mlab_error *err)
{
    expected *e = work;
    size_t n = e->engine.n_parameters;
    double none;
    mlab_status status = mlab_pass_evaluate(&e->pass, parameters, log_likelihood, score, information, err);
    if (status || !information || !isfinite(*log_likelihood)) return status;
    if ((status = mlab_pass_predictors(&e->pass, parameters, e->eta, err))) return status;
    memset(information, 0, n * n * sizeof *information);
    for (size_t y = 0; y <= e->engine.n_thresholds && !status; y++) {
        weigh(e, y, parameters);
        status = mlab_pass_evaluate(&e->of_level, parameters, &none, e->score, e->information, err);
        for (size_t k = 0; k < n * n; k++) information[k] += e->information[k];
    }
    return status;
}

/* Differences by thresholds stay within a fraction of the gaps that the levels have without covariates. */
static void scale_thresholds(const mlab_engine *engine, const mlab_pass *pass, double *counts, double *start, double *scale)
{
    static const double PART = 0.25;
    size_t t = engine->n_thresholds;
    memcpy(scale, engine->scale, engine->n_parameters * sizeof *scale);
    mlab_pass_counts(pass, counts);
    engine->family->start(counts, t + 1, start);
    for (size_t k = 0; k < t; k++) {
        double gap = HUGE_VAL;
        if (k > 0) gap = start[k] - start[k - 1];
        if (k + 1 < t) gap = fmin(gap, start[k + 1] - start[k]);
        if (gap > 0 && PART / gap > scale[k]) scale[k] = PART / gap;
    }
}

mlab_status mlab_penalise_levels(const mlab_context *context, const mlab_engine *engine, const mlab_pass *pass, mlab_newton_spec *spec,
                                 mlab_penalty *penalty, mlab_error *err)
{
    size_t n = engine->problem->n, p = engine->n_parameters;
    if (engine->effects)
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: Firth's penalty beside nominal and scale is not built yet",
                          engine->problem->outcome ? engine->problem->outcome : "outcome");
    expected *e = mlab_allocate(context, 1, sizeof *e);
    if (!e) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the information of %zu parameters", p);
    penalty->own = e;
    penalty->forget = forget;
    e->category = mlab_allocate(context, n, sizeof *e->category);
    e->memory = mlab_allocate(context, 2 * n + p * (p + 2) + 2 * (engine->n_thresholds + 1), sizeof *e->memory);
    if (!e->category || !e->memory) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the information of %zu parameters", p);
    e->eta = e->memory;
    e->weight = e->eta + n;
    e->score = e->weight + n;
    e->information = e->score + p;
    e->scale = e->information + p * p;
    e->engine = *engine;
    e->problem = *engine->problem;
    e->problem.category = e->category;
    e->engine.problem = &e->problem;
    e->pass = e->of_level = *pass;
    e->of_level.engine = &e->engine;
    e->of_level.weight = e->weight;
    double *counts = e->scale + p;
    scale_thresholds(engine, pass, counts, counts + engine->n_thresholds + 1, e->scale);
    penalty->evaluate = evaluate;
    penalty->work = e;
    penalty->scale = spec->scale = e->scale;
    return MLAB_OK;
}
