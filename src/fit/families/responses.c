/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses of generalised linear models, ordinal models and discrete hazards from their predictors.
 *
 * Probabilities are made by differences that do not cancel: P(cause j) = (h_j / H)(1 - exp(-H)) through expm1, those of ordered levels as
 * F(a) F(-b) (1 - exp(b - a)). Over t periods with the same covariates a hazard gives exp(-H t), with the logit link (1 - P)^t, and areas under these
 * in closed form; so are the derivatives of all these by the predictors.
 * Weakness: curves of a hazard keep the covariates of the first period; clocks that run (tenure) do not run in them.
 */
#include "fit/families/responses.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "fit/after/after.h"

#include <math.h>
#include <string.h>

size_t mlab_width_one(const mlab_fit *fit, mlab_scale scale, size_t n_times)
{
    (void)fit, (void)n_times;
    return scale == MLAB_SCALE_RESPONSE;
}

size_t mlab_width_levels(const mlab_fit *fit, mlab_scale scale, size_t n_times)
{
    (void)n_times;
    return scale == MLAB_SCALE_RESPONSE ? fit->n_levels : 0;
}

size_t mlab_width_hazard(const mlab_fit *fit, mlab_scale scale, size_t n_times)
{
    switch (scale) {
    case MLAB_SCALE_RESPONSE: return fit->n_blocks;
    case MLAB_SCALE_SURVIVAL: return n_times;
    case MLAB_SCALE_INCIDENCE: return n_times * fit->n_blocks;
    default: return 0;
    }
}

/* --- rows ------------------------------------------------------------------------------------------------- */

/* Share of each of n categories beyond the first; returns that of the first. */
static double logit_row(size_t n, const double *eta, double *rest)
{
    double most = 0;
    for (size_t k = 0; k < n; k++) most = fmax(most, eta[k]);
    double first = mlab_exp(-most), sum = first;
    for (size_t k = 0; k < n; k++) sum += rest[k] = mlab_exp(eta[k] - most);
    for (size_t k = 0; k < n; k++) rest[k] /= sum;
    return first / sum;
}

/* Hazards of the causes, and their sum. */
static double hazards_row(size_t n, const double *eta, double *h)
{
    double H = 0;
    for (size_t k = 0; k < n; k++) H += h[k] = mlab_exp(fmin(eta[k], 600)); /* exp of 600 is certain, and finite */
    return H;
}

static double share_below(const mlab_fit *fit, double z)
{
    return strcmp(fit->link, "probit") == 0 ? 0.5 * erfc(-z * 0.70710678118654752440) : -mlab_expm1(-mlab_exp(fmin(z, 600)));
}

/* Shares of the levels from thresholds less predictors z [n_thresholds] over the scale; false where they cross. */
static bool level_row(const mlab_fit *fit, bool logit, const double *z, double *out)
{
    bool rising = true;
    double below = 0;
    for (size_t y = 0; y < fit->n_levels; y++) {
        bool has_a = y<fit->n_thresholds, has_b = y> 0;
        if (logit)
            out[y] = (has_a ? mlab_logistic(z[y]) : 1) * (has_b ? mlab_logistic(-z[y - 1]) : 1) * (has_a && has_b ? -mlab_expm1(z[y - 1] - z[y]) : 1);
        else {
            double up_to = has_a ? share_below(fit, z[y]) : 1;
            out[y] = up_to - below;
            below = up_to;
        }
        rising = rising && !(has_a && has_b && z[y] < z[y - 1]);
    }
    return rising;
}

/* (1 - exp(-x)) / x, and 1 less it. */
static double mean_left(double x)
{
    return x > 0 ? -mlab_expm1(-x) / x : 1;
}

static double mean_gone(double x)
{
    double term = x / 2, sum = 0;
    if (x > 0.1) return 1 - mean_left(x);
    for (int k = 3; k < 13; k++) { /* x / 2! - x^2 / 3! + ... */
        sum += term;
        term *= -x / k;
    }
    return sum;
}

/* The areas under these curves. */
static void area_over_time(mlab_scale scale, double none, const double *part, size_t n_causes, const double *times, size_t n_times, double *out)
{
    for (size_t t = 0; t < n_times; t++) {
        double x = times[t] > 0 ? -none * times[t] : 0;
        if (scale == MLAB_SCALE_RESTRICTED)
            out[t] = times[t] * mean_left(x);
        else
            for (size_t k = 0; k < n_causes; k++) out[t * n_causes + k] = times[t] * mean_gone(x) * part[k];
    }
}

/* Over t periods, from `none` = log P(no event in one) and each cause's part of `any`. part [n_causes]. */
static void over_time(mlab_scale scale, double none, const double *part, size_t n_causes, const double *times, size_t n_times, double *out)
{
    for (size_t t = 0; t < n_times; t++) {
        double exponent = none * times[t];
        if (scale == MLAB_SCALE_SURVIVAL)
            out[t] = times[t] == 0 ? 1 : mlab_exp(exponent);
        else
            for (size_t k = 0; k < n_causes; k++) out[t * n_causes + k] = times[t] == 0 ? 0 : -mlab_expm1(exponent) * part[k];
    }
}

static void hazard_row(const mlab_fit *fit, mlab_scale scale, const double *eta, const double *times, size_t n_times, double *part, double *out)
{
    size_t n = fit->n_blocks;
    bool logit = strcmp(fit->link, "logit") == 0;
    double first = logit ? logit_row(n, eta, part) : 0, H = logit ? 1 - first : hazards_row(n, eta, part);
    if (scale == MLAB_SCALE_RESPONSE) {
        double any = logit ? 1 : -mlab_expm1(-H);
        for (size_t k = 0; k < n; k++) out[k] = logit ? part[k] : n == 1 ? any : H > 0 ? any * (part[k] / H) : 0;
        return;
    }
    if (logit) {
        H = 0;
        for (size_t k = 0; k < n; k++) H += part[k];
    }
    for (size_t k = 0; k < n; k++) part[k] = n == 1 ? 1 : H > 0 ? part[k] / H : 0;
    (mlab_scale_is_time(scale) ? area_over_time : over_time)(scale, logit ? mlab_log1p(-H) : -H, part, n, times, n_times, out);
}

/* Minus log P(no event in one period), its derivatives by the predictors, and each cause's part of any event. */
static double hazard_parts(size_t n, bool logit, const double *eta, double *part, double *rise)
{
    double sum = 0;
    if (logit)
        (void)logit_row(n, eta, part);
    else
        (void)hazards_row(n, eta, part);
    for (size_t k = 0; k < n; k++) sum += rise[k] = part[k];
    for (size_t k = 0; k < n; k++) part[k] = n == 1 ? 1 : sum > 0 ? part[k] / sum : 0;
    return logit ? -mlab_log1p(-sum) : sum;
}

/* One row up to one time with its derivatives: value [curves], slope [n * width] of which those of this time. */
static void hazard_slopes(mlab_scale scale, double hazard, size_t n, const double *part, const double *rise, double time, size_t width, double *value,
                          double *slope)
{
    bool area = mlab_scale_is_time(scale), one = scale == MLAB_SCALE_SURVIVAL || scale == MLAB_SCALE_RESTRICTED;
    double x = time > 0 ? hazard * time : 0, gone = -mlab_expm1(-x), less = mean_gone(x),
           left = scale == MLAB_SCALE_SURVIVAL ? mlab_exp(-x) : 1 - gone;
    double any = area ? time * less : gone; /* by any cause */
    for (size_t c = 0; c < (one ? 1 : n); c++)
        value[c] = scale == MLAB_SCALE_SURVIVAL ? left : scale == MLAB_SCALE_RESTRICTED ? time * mean_left(x) : any * part[c];
    for (size_t k = 0; k < n; k++) {
        double rises = !area ? time * rise[k] * left : hazard > 0 ? time * (gone - less) * (rise[k] / hazard) : 0; /* of any */
        if (one) slope[k * width] = -rises;
        for (size_t c = 0; c < n && !one; c++) slope[k * width + c] = part[c] * (rises + any * ((c == k) - part[k]));
    }
}

mlab_status mlab_hazard_slopes(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, size_t n, const double *eta, const double *times,
                               size_t n_times, double *out, mlab_error *err)
{
    static const double period = 1;
    size_t width = mlab_predict_width_at(fit, scale, n_times), causes = fit->n_blocks, wide = width * (1 + causes);
    bool logit = strcmp(fit->link, "logit") == 0;
    double *part = mlab_allocate(context, 2 * causes, sizeof *part);
    if (!part) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu causes", causes);
    if (scale == MLAB_SCALE_RESPONSE) times = &period, n_times = 1;
    size_t curves = n_times ? width / n_times : 0;
    for (size_t i = 0; i < n; i++) {
        double hazard = hazard_parts(causes, logit, eta + i * causes, part, part + causes), *row = out + i * wide;
        for (size_t t = 0; t < n_times; t++)
            hazard_slopes(scale, hazard, causes, part, part + causes, times[t], width, row + t * curves, row + width + t * curves);
    }
    mlab_release(context, part);
    return MLAB_OK;
}

/* --- hooks ------------------------------------------------------------------------------------------------ */

#define UNUSED_HERE (void)context, (void)scale, (void)share, (void)times, (void)n_times, (void)err

MLAB_PREDICT_HOOK(mlab_predict_logit)
{
    UNUSED_HERE, (void)parameters;
    bool all = fit->n_levels > 0;
    for (size_t i = 0; i < n; i++) {
        double *row = out + i * (fit->n_blocks + all), first = logit_row(fit->n_blocks, eta + i * fit->n_blocks, row + all);
        if (all) row[0] = first;
    }
    return MLAB_OK;
}

MLAB_PREDICT_HOOK(mlab_predict_cloglog)
{
    UNUSED_HERE, (void)parameters, (void)fit;
    for (size_t i = 0; i < n; i++) out[i] = -mlab_expm1(-mlab_exp(fmin(eta[i], 600)));
    return MLAB_OK;
}

MLAB_PREDICT_HOOK(mlab_predict_probit)
{
    UNUSED_HERE, (void)parameters, (void)fit;
    for (size_t i = 0; i < n; i++) out[i] = 0.5 * erfc(-eta[i] * 0.70710678118654752440);
    return MLAB_OK;
}

MLAB_PREDICT_HOOK(mlab_predict_identity)
{
    UNUSED_HERE, (void)parameters, (void)fit;
    memcpy(out, eta, n * sizeof *out);
    return MLAB_OK;
}

MLAB_PREDICT_HOOK(mlab_predict_log)
{
    UNUSED_HERE, (void)parameters, (void)fit;
    for (size_t i = 0; i < n; i++) out[i] = mlab_exp(eta[i]);
    return MLAB_OK;
}

MLAB_PREDICT_HOOK(mlab_predict_lognormal)
{
    UNUSED_HERE, (void)parameters;
    for (size_t i = 0; i < n; i++) out[i] = mlab_exp(eta[i] + 0.5 * fit->residual_variance);
    return MLAB_OK;
}

MLAB_PREDICT_HOOK(mlab_predict_ordinal)
{
    UNUSED_HERE;
    bool logit = strcmp(fit->link, "logit") == 0;
    size_t width = mlab_fit_predictors(fit), thresholds = fit->n_thresholds;
    double *z = mlab_allocate(context, thresholds, sizeof *z);
    if (!z) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu levels", fit->n_levels);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < n && !status; i++) {
        const double *row = eta + i * width;
        double shrink = fit->n_scale ? mlab_exp(-row[width - 1]) : 1;
        for (size_t k = 0; k < thresholds; k++) z[k] = (parameters[k] - row[fit->n_nominal ? k : 0]) * shrink;
        if (level_row(fit, logit, z, out + i * fit->n_levels)) continue;
        size_t k = 1;
        while (z[k] >= z[k - 1]) k++;
        status = mlab_raise(err, MLAB_ERR_FIT_CROSSED, "%s: at one row the thresholds %s and %s cross: the probability of \"%s\" would be %.3g",
                            fit->outcome, fit->names[k - 1], fit->names[k], fit->levels[k], out[i * fit->n_levels + k]);
    }
    mlab_release(context, z);
    return status;
}

MLAB_PREDICT_HOOK(mlab_predict_hazard)
{
    (void)parameters, (void)share;
    size_t width = mlab_predict_width_at(fit, scale, n_times);
    double *part = mlab_allocate(context, fit->n_blocks, sizeof *part);
    if (!part) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu causes", fit->n_blocks);
    for (size_t i = 0; i < n; i++) hazard_row(fit, scale, eta + i * fit->n_blocks, times, n_times, part, out + i * width);
    mlab_release(context, part);
    return MLAB_OK;
}
