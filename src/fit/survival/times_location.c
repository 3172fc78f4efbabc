/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accelerated failure times: log T = x'b + o + sigma W (Kalbfleisch & Prentice 2002, ch. 3): exponential and Weibull (W smallest extreme
 * value; sigma 1 for the exponential), log-normal (normal), log-logistic (logistic), generalised gamma (Prentice 1974,
 * doi:10.1093/biomet/61.3.539, with location mu = x'b, sigma and Q: 0 is the log-normal, 1 the Weibull, Q = sigma the gamma). Parameters and their
 * signs are those of R's survreg: a positive coefficient is a longer time; "Log(scale)" is log sigma.
 * Weakness: with covariates that change in time the time before a change is not stretched, only conditioned on.
 */
#include "fit/survival/times.h"

#include "core/elementary.h"

#include <math.h>

/* Adds sign * l(w) and its derivatives by eta, log sigma and Q; w = (log t - eta) / sigma. */
static void add_value(const mlab_time_tile *tile, size_t i, mlab_time_value l, double w, double sigma, double sign)
{
    size_t a = tile->n_ancillary;
    tile->log_likelihood[i] += sign * l.value;
    if (!tile->derivatives) return;
    tile->score[i] -= sign * l.first / sigma;
    tile->curvature[i] -= sign * l.second / (sigma * sigma);
    if (a == 0) return;
    tile->own[i] -= sign * w * l.first;
    tile->mixed[i] -= sign * (l.second * w + l.first) / sigma;
    tile->own_pairs[i] -= sign * w * (l.second * w + l.first);
    if (a == 1) return;
    tile->own[MLAB_TILE + i] += sign * l.q;
    tile->mixed[MLAB_TILE + i] += sign * l.wq / sigma;
    tile->own_pairs[MLAB_TILE + i] += sign * w * l.wq;
    tile->own_pairs[2 * MLAB_TILE + i] -= sign * l.qq;
}

static void clear(const mlab_time_tile *tile, size_t i)
{
    size_t a = tile->n_ancillary;
    tile->log_likelihood[i] = 0;
    if (!tile->derivatives) return;
    tile->score[i] = tile->curvature[i] = 0;
    for (size_t k = 0; k < a; k++) tile->own[k * MLAB_TILE + i] = tile->mixed[k * MLAB_TILE + i] = 0;
    for (size_t k = 0; k < a * (a + 1) / 2; k++) tile->own_pairs[k * MLAB_TILE + i] = 0;
}

static bool tile_of(const mlab_time_tile *tile, mlab_time_error kind)
{
    double log_sigma = tile->n_ancillary ? tile->ancillary[0] : 0, q = tile->n_ancillary > 1 ? tile->ancillary[1] : 0;
    double sigma = mlab_exp(log_sigma);
    if (!(fabs(log_sigma) < 100) || !(fabs(q) < 50)) return false;
    for (size_t i = 0; i < tile->rows; i++) {
        double w = (tile->log_stop[i] - tile->eta[i]) / sigma;
        clear(tile, i);
        add_value(tile, i, tile->status[i] ? mlab_time_log_density(kind, w, q) : mlab_time_log_survival(kind, w, q), w, sigma, 1);
        if (tile->status[i]) {
            tile->log_likelihood[i] -= log_sigma + tile->log_stop[i];
            if (tile->derivatives && tile->n_ancillary) tile->own[i] -= 1;
        }
        if (!tile->start || tile->start[i] == 0) continue;
        w = (tile->log_start[i] - tile->eta[i]) / sigma;
        add_value(tile, i, mlab_time_log_survival(kind, w, q), w, sigma, -1);
    }
    return true;
}

static void begin_rate(const mlab_prepared *prepared, double events, double total, double mean_log, double sd_log, double *parameters)
{
    (void)prepared, (void)mean_log, (void)sd_log;
    parameters[0] = log(total / events);
}

static void begin_spread(const mlab_prepared *prepared, double events, double total, double mean_log, double sd_log, double *parameters)
{
    (void)events, (void)total, (void)prepared;
    parameters[0] = mean_log + 0.5 * sd_log;
    parameters[1] = sd_log > 0 ? log(sd_log) : 0;
}

static void begin_gamma(const mlab_prepared *prepared, double events, double total, double mean_log, double sd_log, double *parameters)
{
    begin_spread(prepared, events, total, mean_log, sd_log, parameters);
    parameters[2] = 0.5;
}

static bool tile_extreme(const mlab_time_tile *tile)
{
    return tile_of(tile, MLAB_TIME_EXTREME);
}

static bool tile_normal(const mlab_time_tile *tile)
{
    return tile_of(tile, MLAB_TIME_NORMAL);
}

static bool tile_logistic(const mlab_time_tile *tile)
{
    return tile_of(tile, MLAB_TIME_LOGISTIC);
}

static bool tile_gamma(const mlab_time_tile *tile)
{
    return tile_of(tile, MLAB_TIME_GAMMA);
}

static const mlab_time_family rates = {"log", tile_extreme, begin_rate}, extremes = {"log", tile_extreme, begin_spread};
static const mlab_time_family normals = {"log", tile_normal, begin_spread}, logistics = {"log", tile_logistic, begin_spread};
static const mlab_time_family gammas = {"log", tile_gamma, begin_gamma};

static const char *const names[] = {"Log(scale)", "Q"};

static size_t no_ancillary(const mlab_fit_options *options, const char *const **of)
{
    (void)options;
    *of = names;
    return 0;
}

static size_t one_ancillary(const mlab_fit_options *options, const char *const **of)
{
    (void)options;
    *of = names;
    return 1;
}

static size_t two_ancillary(const mlab_fit_options *options, const char *const **of)
{
    (void)options;
    *of = names;
    return 2;
}

#define PREPARE(name_, family_)                                                                                                                      \
    static mlab_status name_(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)                                                  \
    {                                                                                                                                                \
        return mlab_times_prepare(context, prepared, &family_, err);                                                                                 \
    }
PREPARE(prepare_exponential, rates)
PREPARE(prepare_weibull, extremes)
PREPARE(prepare_lognormal, normals)
PREPARE(prepare_loglogistic, logistics)
PREPARE(prepare_gamma, gammas)

#define MODEL(object_, name_, summary_, prepare_, ancillary_)                                                                                        \
    const mlab_model object_ = {                                                                                                                     \
        .name = name_,                                                                                                                               \
        .summary = summary_,                                                                                                                         \
        .kind = MLAB_OUTCOME_EVENT,                                                                                                                  \
        .not_simulated = "a law of times in days does not drive periods yet",                                                                        \
        .marks = MLAB_MODEL_TIMES | MLAB_MODEL_FRAILTY | MLAB_MODEL_PENALTY,                                                                         \
        .prepare = prepare_,                                                                                                                         \
        .release = mlab_times_release,                                                                                                               \
        .fit = mlab_times_fit,                                                                                                                       \
        .refit = mlab_times_refit,                                                                                                                   \
        .ancillary = ancillary_,                                                                                                                     \
        .width = mlab_times_width,                                                                                                                   \
        .predict = mlab_times_predict,                                                                                                               \
    }
MODEL(mlab_model_exponential, "exponential", "a time to an event at a constant rate", prepare_exponential, no_ancillary);
MODEL(mlab_model_weibull, "weibull", "a time to an event whose rate is a power of time", prepare_weibull, one_ancillary);
MODEL(mlab_model_survival_lognormal, "survival_lognormal", "a time to an event whose logarithm is normal", prepare_lognormal, one_ancillary);
MODEL(mlab_model_loglogistic, "loglogistic", "a time to an event whose odds are a power of time", prepare_loglogistic, one_ancillary);
MODEL(mlab_model_generalised_gamma, "generalised_gamma", "a time to an event, Weibull, gamma or log-normal by its shape Q", prepare_gamma,
      two_ancillary);
