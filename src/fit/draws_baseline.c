/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of the cumulative baseline hazard of a model of times, given the coefficients of each draw.
 *
 * With the coefficients known, the steps of Breslow's estimate are independent (Tsiatis 1981, doi:10.1214/aos/1176345335): each is drawn from the
 * gamma distribution with its mean and variance, which for one event at a time is the posterior of a gamma process without prior weight (Kalbfleisch
 * 1978, J. R. Stat. Soc. B 40, 214-221), so that the hazard never falls. Other coefficients b move step k by the factor
 * exp(-(mean at risk - at)'(b - estimate)). Gamma variates by Marsaglia & Tsang 2000 (doi:10.1145/358407.358414), addressed by draw, step and
 * outcome. Weakness: the first steps have few events, and the normal distribution of large samples is far for any way of drawing them.
 */
#include "fit/draws.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/random.h"

#include <math.h>
#include <string.h>

void mlab_draws_drop_baselines(mlab_draws *draws)
{
    for (size_t k = 0; draws->baselines && k < draws->n_baselines; k++) mlab_release(draws->context, draws->baselines[k].cumulative_hazard);
    mlab_release(draws->context, draws->baselines);
    draws->baselines = NULL;
    draws->n_baselines = 0;
}

mlab_status mlab_draws_make_baselines(mlab_draws *draws, const mlab_fit *const *fits, mlab_error *err)
{
    size_t n = 0;
    for (size_t k = 0; k < draws->n_outcomes; k++) n += fits[k]->baseline != NULL;
    if (!n) return MLAB_OK;
    if (!(draws->baselines = mlab_allocate(draws->context, n, sizeof *draws->baselines)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for drawn baselines");
    for (size_t k = 0; k < draws->n_outcomes; k++) {
        const mlab_baseline *from = fits[k]->baseline;
        if (!from) continue;
        mlab_draws_baseline *to = &draws->baselines[draws->n_baselines];
        *to = (mlab_draws_baseline){.outcome = k, .n = from->n, .cumulative_hazard = mlab_allocate(draws->context, draws->n_draws, from->n * 8)};
        if (!to->cumulative_hazard)
            return mlab_raise(err, MLAB_ERR_MEMORY, "%s: no memory for %zu draws of %zu steps of the baseline", fits[k]->outcome, draws->n_draws,
                              from->n);
        draws->n_baselines++;
        for (size_t d = 0; d < draws->n_draws; d++) memcpy(to->cumulative_hazard + d * to->n, from->cumulative_hazard, to->n * sizeof(double));
    }
    return MLAB_OK;
}

const mlab_draws_baseline *mlab_draws_baseline_of(const mlab_draws *draws, size_t outcome)
{
    for (size_t k = 0; k < draws->n_baselines; k++)
        if (draws->baselines[k].outcome == outcome) return &draws->baselines[k];
    return NULL;
}

bool mlab_draws_needs_rows(const mlab_fit *fit)
{
    return fit->baseline && fit->baseline->covariance;
}

void mlab_draws_view(const mlab_draws *draws, size_t outcome, size_t d, const mlab_fit *fit, mlab_fit *view, mlab_baseline *baseline)
{
    const mlab_draws_baseline *drawn = mlab_draws_baseline_of(draws, outcome);
    *view = *fit;
    view->estimate = draws->value + d * draws->n_parameters + draws->first[outcome];
    if (!fit->baseline || !drawn) return;
    *baseline = *fit->baseline;
    baseline->cumulative_hazard = drawn->cumulative_hazard + d * drawn->n;
    view->baseline = baseline;
}

mlab_status mlab_predict_drawn(const mlab_context *context, const mlab_fit *fit, const mlab_draws *draws, size_t outcome, size_t draw,
                               const mlab_table *table, const uint32_t *rows, size_t first, size_t n, const double *share, mlab_scale scale,
                               const double *times, size_t n_times, double *out, mlab_error *err)
{
    mlab_fit view;
    mlab_baseline baseline;
    if (outcome >= draws->n_outcomes || draw >= draws->n_draws || draws->first[outcome + 1] - draws->first[outcome] != fit->n_parameters)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "%s: draw %zu of outcome %zu is none of the %zu draws of its %zu parameters", fit->outcome, draw,
                          outcome, draws->n_draws, fit->n_parameters);
    const mlab_draws_baseline *drawn = mlab_draws_baseline_of(draws, outcome);
    if (fit->baseline && scale != MLAB_SCALE_LINK && (!drawn || drawn->n != fit->baseline->n))
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "%s: the draws hold no baseline of the fit's %zu steps", fit->outcome, fit->baseline->n);
    mlab_draws_view(draws, outcome, draw, fit, &view, &baseline);
    return mlab_predict_at(context, &view, table, rows, first, n, NULL, share, scale, times, n_times, out, err);
}

/* --- independent steps -------------------------------------------------------------------------------------- */

/* A gamma variate with scale 1. */
static double draw_gamma(const mlab_address *address, double shape)
{
    const uint32_t last = 511;
    double boosted = shape < 1 ? shape + 1 : shape, d = boosted - 1.0 / 3, c = 1 / sqrt(9 * d), value = d;
    for (uint32_t j = 0; j + 2 < last; j += 2) { /* each is taken with a chance of at least 0.95 */
        double x = mlab_random_normal(address, j), v = 1 + c * x;
        if (!(v > 0)) continue;
        v = v * v * v;
        value = d * v;
        if (mlab_log(mlab_random_uniform(address, j + 1)) < 0.5 * x * x + d - d * v + d * mlab_log(v)) break;
    }
    return shape < 1 ? value * pow(mlab_random_uniform(address, last), 1 / shape) : value;
}

typedef struct steps {
    const mlab_draws *draws;
    const mlab_fit *fit;
    const mlab_draws_baseline *into;
} steps;

/* One stratum of one draw; away [n_columns]: its coefficients less the estimates. */
static void draw_steps(const mlab_baseline *b, size_t first, size_t end, const double *away, mlab_address *address, double *hazard)
{
    size_t p = b->n_columns;
    double sum = 0;
    for (size_t k = first; k < end; k++) {
        double step = b->cumulative_hazard[k], variance = b->variance[k], by = 0;
        if (k > first) {
            step -= b->cumulative_hazard[k - 1];
            variance -= b->variance[k - 1];
        }
        for (size_t j = 0; j < p && step > 0; j++) by -= (b->mean[k * p + j] - (k > first ? b->mean[(k - 1) * p + j] : 0)) / step * away[j];
        address->entity = (uint32_t)k;
        if (variance > 0 && step > 0) step = variance / step * draw_gamma(address, step * step / variance);
        sum += step * mlab_exp(fmin(by, 700));
        hazard[k] = sum;
    }
}

static mlab_status draw_one(void *work, size_t d, void *scratch, mlab_error *err)
{
    (void)err;
    const steps *s = work;
    const mlab_baseline *b = s->fit->baseline;
    const double *value = s->draws->value + d * s->draws->n_parameters + s->draws->first[s->into->outcome];
    double *away = scratch;
    mlab_address address = {
        .seed = s->draws->seed, .draw = (uint32_t)d, .replicate = (uint32_t)s->into->outcome + 1, .purpose = MLAB_PURPOSE_PARAMETERS};
    for (size_t j = 0; j < b->n_columns; j++) away[j] = value[j] - s->fit->estimate[j];
    for (size_t k = 0; k < b->n_strata; k++) draw_steps(b, b->first[k], b->first[k + 1], away, &address, s->into->cumulative_hazard + d * s->into->n);
    return MLAB_OK;
}

mlab_status mlab_draws_fill_baselines(const mlab_context *context, mlab_draws *draws, const mlab_fit *const *fits, mlab_error *err)
{
    mlab_status status = mlab_draws_make_baselines(draws, fits, err);
    for (size_t k = 0; k < draws->n_baselines && !status; k++) {
        steps s = {draws, fits[draws->baselines[k].outcome], &draws->baselines[k]};
        if (s.fit->n_random && s.fit->trust != MLAB_ON_BOUNDARY) continue; /* with the effects of its groups (fit/draws_effects.c) */
        if (!mlab_draws_needs_rows(s.fit))
            status = mlab_parallel_blocks(context, NULL, draws->n_draws, (s.fit->baseline->n_columns + 1) * sizeof(double), draw_one, &s, err);
    }
    return status;
}
