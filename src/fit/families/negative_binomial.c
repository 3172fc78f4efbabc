/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Negative binomial regression of a count (NB2): log of the mean m is linear, the variance is m + m^2 / theta (Lawless 1987,
 * doi:10.2307/3314912). Coefficients and log theta are maximised in turns, which are nearly independent of each other. The covariance
 * of the coefficients is that of the joint observed information; with expected information the two are independent. The
 * cluster-robust covariance takes theta as known. Priors are of coefficients: theta has none.
 * Weakness: counts that vary no more than Poisson have no theta; the fit then says so.
 */
#include "fit/engine.h"
#include "fit/families/responses.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <string.h>

static const double MOST = 16;      /* of |log theta|: beyond it the counts are Poisson, or nearly all zero */
static const double SETTLED = 1e-9; /* change of log theta */
static const double AWAY = 0.02;    /* of log theta, for the derivative of the coefficients by it */
enum { TURNS = 100 };

static bool tile_of_counts(const mlab_family_tile *tile)
{
    double *mean = tile->scratch, theta = tile->shape;
    mlab_exp_array(tile->context, tile->eta, mean, tile->rows);
    for (size_t i = 0; i < tile->rows; i++) {
        double y = tile->number[i], m = mean[i], share = theta / (theta + m);
        tile->log_likelihood[i] = y * tile->eta[i] - (y + theta) * mlab_log1p(m / theta);
        if (!tile->derivatives) continue;
        tile->score[i] = (y - m) * share;
        tile->curvature[i] = tile->expected ? m * share : (y + theta) * share * (m / (theta + m));
    }
    return true;
}

enum { TABLE = 256 };

static double left_out_of(double y, double theta, double gamma, double log_theta)
{
    return gsl_sf_lngamma(y + theta) - gamma - gsl_sf_lngamma(y + 1) - y * log_theta;
}

/* What the log-likelihood of a tile leaves out; small counts are looked up. */
static double left_out(const double *number, const double *weight, size_t n, double theta)
{
    double sum = 0, gamma = gsl_sf_lngamma(theta), log_theta = mlab_log(theta), table[TABLE];
    for (size_t y = 0; y < TABLE; y++) table[y] = left_out_of((double)y, theta, gamma, log_theta);
    for (size_t i = 0; i < n; i++) {
        double y = number[i], w = weight ? weight[i] : 1;
        if (y > 0 && w > 0) sum += w * (y < TABLE ? table[(size_t)y] : left_out_of(y, theta, gamma, log_theta));
    }
    return sum;
}

/* A difference of left_out() would have lost its digits where counts are large. */
static double left_out_slope(const double *number, const double *weight, size_t n, double theta)
{
    double sum = 0, psi = gsl_sf_psi(theta), table[TABLE];
    for (size_t y = 0; y < TABLE; y++) table[y] = theta * (gsl_sf_psi((double)y + theta) - psi) - (double)y;
    for (size_t i = 0; i < n; i++) {
        double y = number[i], w = weight ? weight[i] : 1;
        if (y > 0 && w > 0) sum += w * (y < TABLE ? table[(size_t)y] : theta * (gsl_sf_psi(y + theta) - psi) - y);
    }
    return sum;
}

static const mlab_family counts = {.link = "log",
                                   .knows_expected = true,
                                   .tile = tile_of_counts,
                                   .log_mean = true,
                                   .bounded = true,
                                   .whole = true,
                                   .left_out = left_out,
                                   .left_out_slope = left_out_slope};

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    mlab_status status = mlab_engine_prepare(context, prepared, &counts, err);
    if (!status) ((mlab_engine *)prepared->own)->shape = 1;
    return status;
}

/* --- theta at known means ---------------------------------------------------------------------------------- */

typedef struct means {
    const double *y, *weight, *eta; /* [n]; weight NULL = 1 */
    size_t n;
} means;

/* First and second derivative of the log-likelihood by log theta. */
static double slope(const means *m, double theta, double *bend)
{
    double first = 0, second = 0, psi = gsl_sf_psi(theta), psi_1 = gsl_sf_psi_1(theta), table[TABLE], table_1[TABLE];
    for (size_t y = 0; y < TABLE; y++) {
        table[y] = gsl_sf_psi((double)y + theta) - psi;
        table_1[y] = gsl_sf_psi_1((double)y + theta) - psi_1;
    }
    for (size_t i = 0; i < m->n; i++) {
        double y = m->y[i], w = m->weight ? m->weight[i] : 1, mean = mlab_exp(m->eta[i]), sum = theta + mean;
        if (w == 0) continue;
        double a = (y < TABLE ? table[(size_t)y] : gsl_sf_psi(y + theta) - psi) - mlab_log1p(mean / theta) + (mean - y) / sum;
        double b = (y < TABLE ? table_1[(size_t)y] : gsl_sf_psi_1(y + theta) - psi_1) + mean / (theta * sum) - (mean - y) / (sum * sum);
        first += w * theta * a;
        second += w * (theta * a + theta * theta * b);
    }
    *bend = second;
    return first;
}

/* The log theta at which the slope is 0, by Newton steps kept in a bracket; MOST or -MOST where it is beyond. */
static double best_log_theta(const means *m, double from)
{
    double low = -MOST, high = MOST, at = fmin(fmax(from, low), high);
    for (int i = 0; i < 200; i++) {
        double bend, first = slope(m, mlab_exp(at), &bend);
        if (first > 0)
            low = at;
        else
            high = at;
        double next = bend < 0 ? at - first / bend : first > 0 ? at + 1 : at - 1;
        if (!(next > low && next < high)) next = (low + high) / 2;
        if (fabs(next - at) <= 1e-14 * (1 + fabs(at))) return next;
        at = next;
    }
    return at;
}

static double constant_of(const means *m, double theta)
{
    return left_out(m->y, m->weight, m->n, theta);
}

/* --- in turns ------------------------------------------------------------------------------------------------ */

/* A copy of what was prepared with a theta of its own, so that several fits may run at a time. */
typedef struct own_theta {
    mlab_engine engine;
    mlab_fit_problem problem;
    mlab_prepared prepared;
} own_theta;

static void own_start(own_theta *own, const mlab_prepared *prepared)
{
    own->engine = *(const mlab_engine *)prepared->own;
    own->problem = *prepared->problem;
    own->prepared = *prepared;
    own->prepared.problem = &own->problem;
    own->prepared.own = &own->engine;
}

static mlab_status predict(const mlab_context *context, const own_theta *own, const double *estimate, double *centred, double *eta, mlab_error *err)
{
    mlab_pass pass = {context, &own->engine, NULL, 1, false};
    memcpy(centred, estimate, own->engine.n_parameters * sizeof *centred);
    mlab_engine_uncentre(&own->engine, centred, -1);
    return mlab_pass_predictors(&pass, centred, eta, err);
}

/* Coefficients and log theta that are each the best for the other. centred [p] and eta [n]: scratch, eta that of the end. */
static mlab_status settle(const mlab_context *context, own_theta *own, const mlab_refit_weights *weights, means *m, double *estimate, double *centred,
                          double *eta, double *log_theta, mlab_refit_info *info, mlab_error *err)
{
    for (int turn = 0; turn < TURNS; turn++) {
        own->engine.shape = mlab_exp(*log_theta);
        mlab_status status = mlab_engine_refit(context, &own->prepared, weights, turn ? estimate : NULL, estimate, info, err);
        if (!status) status = predict(context, own, estimate, centred, eta, err);
        if (status || info->trust != MLAB_TRUSTED) return status;
        double before = *log_theta;
        *log_theta = best_log_theta(m, turn ? before : 0);
        if (fabs(*log_theta) > MOST - 1e-6) {
            info->trust = MLAB_NOT_CONVERGED;
            return MLAB_OK;
        }
        if (turn && fabs(*log_theta - before) <= SETTLED) return MLAB_OK;
    }
    info->trust = MLAB_NOT_CONVERGED;
    return MLAB_OK;
}

/* The joint covariance: V + u u' / I, with u the derivative of the coefficients by log theta and I the information of the profile, both by
 * differences of the fourth order. room [3 p]. */
static mlab_status add_theta(const mlab_context *context, own_theta *own, means *m, double log_theta, double *room, double *eta, mlab_fit *fit,
                             mlab_error *err)
{
    static const double weights[] = {1, -8, 8, -1}, places[] = {-2, -1, 1, 2};
    size_t p = fit->n_parameters;
    double *u = room, *side = room + p, *centred = room + 2 * p, bend, information = 0;
    memset(u, 0, p * sizeof *u);
    for (int k = 0; k < 4; k++) {
        mlab_refit_info info;
        own->engine.shape = mlab_exp(log_theta + places[k] * AWAY);
        mlab_status status = mlab_engine_refit(context, &own->prepared, NULL, fit->estimate, side, &info, err);
        if (!status) status = predict(context, own, side, centred, eta, err);
        if (status) return status;
        information -= weights[k] * slope(m, own->engine.shape, &bend) / (12 * AWAY);
        for (size_t j = 0; j < p; j++) u[j] += weights[k] * side[j] / (12 * AWAY);
    }
    if (!(information > 0)) return mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err, "theta is not determined by these counts");
    fit->shape_se = fit->shape / sqrt(information);
    if (own->engine.expected) return MLAB_OK;
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++) fit->covariance[j * p + k] += u[j] * u[k] / information;
    return MLAB_OK;
}

/* The log-likelihood of one mean for all, offsets kept: its own theta. */
static mlab_status null_log_likelihood(const mlab_context *context, own_theta *own, means *m, double *eta, double *value, mlab_error *err)
{
    double mean = 0, log_theta = 0;
    mlab_pass pass = {context, &own->engine, own->problem.weight, 1, true};
    mlab_newton_result result;
    if (!own->engine.intercept || own->engine.tiles->any_offset) return MLAB_OK; /* that of the fit's theta stands */
    mean = mlab_engine_log_mean(&pass);
    for (size_t i = 0; i < m->n; i++) eta[i] = mean;
    log_theta = best_log_theta(m, 0);
    own->engine.shape = mlab_exp(log_theta);
    mlab_newton_spec spec = {.n = 1, .evaluate = mlab_pass_evaluate, .work = &pass, .tolerance = 1e-8, .iterations = 50};
    mlab_status status = mlab_newton(context, &spec, &mean, NULL, NULL, &result, err);
    if (!status) *value = result.log_likelihood + constant_of(m, own->engine.shape);
    return status;
}

static mlab_status finish(const mlab_context *context, own_theta *own, means *m, double log_theta, double *room, double *eta, mlab_fit *fit,
                          mlab_error *err)
{
    own->engine.shape = fit->shape = mlab_exp(log_theta);
    own->problem.warm = room;
    mlab_status status = mlab_engine_fit(context, &own->prepared, fit, err);
    if (status) return status;
    double constant = constant_of(m, fit->shape);
    fit->log_likelihood += constant;
    fit->null_log_likelihood += constant;
    status = add_theta(context, own, m, log_theta, room, eta, fit, err);
    return status ? status : null_log_likelihood(context, own, m, eta, &fit->null_log_likelihood, err);
}

static mlab_status fit_counts(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    own_theta own;
    own_start(&own, prepared);
    size_t p = fit->n_parameters, n = prepared->problem->n;
    double log_theta = 0, *room = mlab_allocate(context, 3 * p, sizeof *room), *eta = mlab_allocate(context, n, sizeof *eta);
    means m = {own.engine.number, own.problem.weight, eta, n};
    mlab_refit_info info;
    mlab_status status = room && eta ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the means of %zu counts", n);
    if (!status) status = settle(context, &own, NULL, &m, room, room + p, eta, &log_theta, &info, err);
    if (!status) status = finish(context, &own, &m, log_theta, room, eta, fit, err);
    if (!status && log_theta > MOST - 1e-6)
        status = mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err, "theta has no maximum: the counts vary no more than Poisson; use model poisson");
    else if (!status && info.trust == MLAB_NOT_CONVERGED && fit->trust == MLAB_TRUSTED)
        status = mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err, "theta did not settle in %d turns", TURNS);
    mlab_release(context, room);
    mlab_release(context, eta);
    return status;
}

static mlab_status refit_counts(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const double *start,
                                double *estimate, mlab_refit_info *info, mlab_error *err)
{
    own_theta own;
    own_start(&own, prepared);
    (void)start; /* theta is not in it: both are found anew */
    size_t n = prepared->problem->n;
    double log_theta = 0, *room = mlab_allocate(context, own.engine.n_parameters + 2 * n, sizeof *room);
    if (!room) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the means of %zu counts", n);
    double *eta = room + own.engine.n_parameters, *all = eta + n;
    means m = {own.engine.number, all, eta, n};
    for (size_t i = 0; i < n; i++) {
        double row = weights && weights->row ? weights->row[i] : own.problem.weight ? own.problem.weight[i] : 1;
        all[i] = weights && weights->cluster ? row * weights->cluster[own.problem.cluster ? own.problem.cluster[i] : i] : row;
    }
    mlab_status status = settle(context, &own, weights, &m, estimate, room, eta, &log_theta, info, err);
    mlab_release(context, room);
    return status;
}

/* --- theta within every pass ------------------------------------------------------------------------------------ */

typedef struct counts_work {
    own_theta own;
    mlab_pass pass;
    double *eta; /* [n] */
    double log_theta;
} counts_work;

mlab_status mlab_counts_work_make(const mlab_context *context, const mlab_prepared *prepared, double theta, void **work, mlab_error *err)
{
    counts_work *w = *work = mlab_allocate(context, 1, sizeof *w);
    if (w) w->eta = mlab_allocate(context, prepared->problem->n, sizeof *w->eta);
    if (!w || !w->eta) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the means of %zu counts", prepared->problem->n);
    own_start(&w->own, prepared);
    w->pass = (mlab_pass){context, &w->own.engine, prepared->problem->weight, 1, false};
    w->log_theta = log(theta);
    return MLAB_OK;
}

void mlab_counts_work_free(const mlab_context *context, void *work)
{
    if (work) mlab_release(context, ((counts_work *)work)->eta);
    mlab_release(context, work);
}

/* By the envelope theorem the score is that at a known theta; the information leaves theta's part out, which bends steps a little and moves no
 * maximum. */
mlab_status mlab_counts_at_best_theta(void *work, const double *parameters, double *log_likelihood, double *score, double *information,
                                      mlab_error *err)
{
    counts_work *w = work;
    mlab_status status = mlab_pass_predictors(&w->pass, parameters, w->eta, err);
    if (status) return status;
    means m = {w->own.engine.number, w->pass.weight, w->eta, w->own.problem.n};
    w->log_theta = best_log_theta(&m, w->log_theta);
    w->own.engine.shape = mlab_exp(w->log_theta);
    status = mlab_pass_evaluate(&w->pass, parameters, log_likelihood, score, information, err);
    *log_likelihood += constant_of(&m, w->own.engine.shape);
    return status;
}

const mlab_model mlab_model_negative_binomial = {
    .name = "negative_binomial",
    .summary = "a count that varies more than Poisson: log of the mean is linear",
    .kind = MLAB_OUTCOME_COUNT,
    .marks = MLAB_MODEL_NUMBER | MLAB_MODEL_MIXED | MLAB_MODEL_PENALTY,
    .prepare = prepare,
    .release = mlab_engine_release,
    .fit = fit_counts,
    .refit = refit_counts,
    .width = mlab_width_one,
    .predict = mlab_predict_log,
};
