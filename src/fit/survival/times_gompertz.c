/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gompertz's law (1825, doi:10.1098/rstl.1825.0026): log hazard = x'b + o + g t, a proportional hazards model whose hazard grows (g > 0) or falls by
 * the same factor each day. The cumulative hazard over (s, t] is e^(eta + g s) times the integral of e^(g u) over 0 .. t - s, taken through functions
 * that are smooth at g = 0. Weakness: with g < 0 the survival does not fall to 0: a share exp(exp(x'b) / g) never has the event.
 */
#include "fit/survival/times.h"

#include "core/elementary.h"

#include <math.h>

/* E_k(x) = integral of v^k e^(x v) over 0 .. 1, k = 0, 1, 2. */
static void moments(double x, double e[3])
{
    if (fabs(x) < 1.5) {
        double term = 1;
        e[0] = e[1] = e[2] = 0;
        for (int n = 0; n < 30; n++) {
            for (int k = 0; k < 3; k++) e[k] += term / (n + k + 1);
            term *= x / (n + 1);
        }
        return;
    }
    double top = mlab_exp(x);
    e[0] = (top - 1) / x;
    e[1] = (top - e[0]) / x;
    e[2] = (top - 2 * e[1]) / x;
}

static bool tile_gompertz(const mlab_time_tile *tile)
{
    double g = tile->ancillary[0], e[3];
    for (size_t i = 0; i < tile->rows; i++) {
        double s = tile->start ? tile->start[i] : 0, t = tile->stop[i], d = t - s, base = tile->eta[i] + g * s;
        if (!(base < 500) || !(g * d < 500)) return false;
        moments(g * d, e);
        double rate = mlab_exp(base), event = tile->status[i] ? 1 : 0, hazard = rate * d * e[0];
        double first = rate * (s * d * e[0] + d * d * e[1]), second = rate * (s * s * d * e[0] + 2 * s * d * d * e[1] + d * d * d * e[2]);
        tile->log_likelihood[i] = event * (tile->eta[i] + g * t) - hazard;
        if (!tile->derivatives) continue;
        tile->score[i] = event - hazard;
        tile->curvature[i] = hazard;
        tile->own[i] = event * t - first;
        tile->mixed[i] = first;
        tile->own_pairs[i] = second;
    }
    return true;
}

static void begin(const mlab_prepared *prepared, double events, double total, double mean_log, double sd_log, double *parameters)
{
    (void)prepared, (void)mean_log, (void)sd_log;
    parameters[0] = log(events / total);
}

static const mlab_time_family gompertz = {"log", tile_gompertz, begin};
static const char *const names[] = {"shape"};

static size_t ancillary(const mlab_fit_options *options, const char *const **of)
{
    (void)options;
    *of = names;
    return 1;
}

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    return mlab_times_prepare(context, prepared, &gompertz, err);
}

const mlab_model mlab_model_gompertz = {
    .name = "gompertz",
    .summary = "proportional hazards that grow or fall by the same factor each day",
    .kind = MLAB_OUTCOME_EVENT,
    .not_simulated = "a law of times in days does not drive periods yet",
    .marks = MLAB_MODEL_TIMES | MLAB_MODEL_FRAILTY | MLAB_MODEL_PENALTY,
    .prepare = prepare,
    .release = mlab_times_release,
    .fit = mlab_times_fit,
    .refit = mlab_times_refit,
    .ancillary = ancillary,
    .width = mlab_times_width,
    .predict = mlab_times_predict,
};
