/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals of coefficients by the profile likelihood (Venzon & Moolgavkar 1988, doi:10.2307/2347496): where twice the log-likelihood, all other
 * parameters at their best, has fallen by the chi-squared quantile.
 *
 * The root of that fall is nearly linear in the coefficient, so secant steps find its end; each is a fit with the coefficient held, started from the
 * one before. Weakness: rows are taken as independent; coefficients of nearly collinear columns, intercepts and thresholds are left out, and so are
 * models whose likelihood has a parameter beside the coefficients that is not profiled here (negative binomial, gamma).
 */
#include "fit/after/after.h"
#include "fit/engine.h"
#include "fit/survival/cox.h"

#include "core/error.h"
#include "core/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

static const double SETTLED = 1e-10, FAR = 200; /* standard errors */
enum { STEPS = 40 };

typedef struct profile {
    const mlab_context *context;
    const mlab_prepared *prepared;
    const mlab_fit *fit;
    mlab_newton_spec spec;
    mlab_pass pass; /* engine */
    mlab_cox_work cox;
    mlab_cox_rows rows;
    double *weight;
    uint8_t *fixed;    /* [n] */
    double *best, *at; /* [n] in the columns of the machinery */
    double top, root;  /* largest log-likelihood; root of the quantile */
} profile;

static bool gaussian(const mlab_fit *fit)
{
    return strcmp(fit->model, "linear") == 0 || strcmp(fit->model, "lognormal") == 0;
}

/* The log-likelihood of the unscaled value of the machinery. */
static double of_value(const profile *w, double value)
{
    if (!gaussian(w->fit)) return value;
    double n = 0;
    const mlab_fit_problem *problem = w->prepared->problem;
    for (size_t i = 0; i < problem->n; i++) n += problem->weight ? problem->weight[i] : 1;
    return -0.5 * n * log(-2 * value);
}

static double unit_of(const profile *w, size_t j)
{
    return w->prepared->model == &mlab_model_cox ? w->rows.scale[j] : 1;
}

/* sqrt(2 (top - l)) with coefficient j held at value; good: the fit converged. */
static mlab_status fall(profile *w, size_t j, double value, double *root, bool *good, mlab_error *err)
{
    mlab_newton_result result;
    w->at[j] = value * unit_of(w, j);
    mlab_status status = mlab_newton(w->context, &w->spec, w->at, NULL, NULL, &result, err);
    *good = !status && result.converged && isfinite(result.log_likelihood);
    *root = sqrt(fmax(0, 2 * (w->top - of_value(w, result.log_likelihood))));
    return status;
}

static mlab_status find_end(profile *w, size_t j, double side, double *end, bool *open, mlab_error *err)
{
    double se = sqrt(w->fit->covariance[j * w->fit->n_parameters + j]), b = w->fit->estimate[j];
    double x0 = b, r0 = 0, x1 = b + side * w->root * se, r1;
    bool good = true;
    *open = true;
    *end = 0;
    memcpy(w->at, w->best, w->fit->n_parameters * sizeof *w->at);
    for (int step = 0; step < STEPS; step++) {
        mlab_status status = fall(w, j, x1, &r1, &good, err);
        if (status) return status;
        if (!good || fabs(x1 - b) > FAR * se) return MLAB_OK;
        double slope = (r1 - r0) / (x1 - x0), next = slope * side > 0 ? x1 + (w->root - r1) / slope : x1 + side * 2 * (fabs(x1 - b) + se);
        if ((next - b) * side <= 0) next = (x1 + b) / 2;
        if (fabs(next - b) > 4 * fabs(x1 - b)) next = b + 4 * (x1 - b);
        x0 = x1;
        r0 = r1;
        x1 = next;
        if (fabs(x1 - x0) <= SETTLED * se) {
            *open = false;
            *end = x1;
            return MLAB_OK;
        }
    }
    return MLAB_OK;
}

/* --- machinery ------------------------------------------------------------------------------------------------ */

static mlab_status start_engine(profile *w, mlab_error *err)
{
    const mlab_engine *engine = w->prepared->own;
    double value;
    w->pass = (mlab_pass){w->context, engine, w->prepared->problem->weight, 1, false};
    memcpy(w->best, w->fit->estimate, w->fit->n_parameters * sizeof *w->best);
    mlab_engine_inward(engine, w->best);
    w->spec.evaluate = mlab_pass_evaluate;
    w->spec.work = &w->pass;
    w->spec.scale = engine->scale;
    mlab_status status = mlab_pass_evaluate(&w->pass, w->best, &value, NULL, NULL, err);
    w->top = status ? 0 : of_value(w, value);
    return status;
}

static mlab_status start_cox(profile *w, mlab_error *err)
{
    const mlab_fit_problem *problem = w->prepared->problem;
    w->rows = *(const mlab_cox_rows *)w->prepared->own;
    w->weight = mlab_allocate(w->context, w->rows.n, sizeof *w->weight);
    if (!w->weight) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for profiles of %s", w->fit->outcome);
    for (size_t i = 0; i < w->rows.n; i++) w->weight[i] = problem->weight ? problem->weight[w->rows.row[i]] : 1;
    mlab_status status = mlab_cox_work_make(w->context, w->prepared->own, w->weight, &w->cox, err);
    for (size_t j = 0; j < w->rows.p; j++) w->best[j] = w->fit->estimate[j] * w->rows.scale[j];
    w->spec.evaluate = mlab_cox_evaluate;
    w->spec.work = &w->cox;
    return status ? status : mlab_cox_evaluate(&w->cox, w->best, &w->top, NULL, NULL, err);
}

static bool is_profiled(const profile *w, size_t j)
{
    const mlab_fit *fit = w->fit;
    if (fit->aliased[j] || j < fit->n_thresholds) return false;
    if (w->prepared->model == &mlab_model_cox) return true;
    const mlab_engine *engine = w->prepared->own;
    size_t column = (j - fit->n_thresholds) % engine->p;
    return !(engine->intercept && column == 0) && !(engine->tiles->mix && engine->tiles->mixed[column]);
}

static mlab_status profile_all(profile *w, mlab_after *after, mlab_error *err)
{
    size_t n = w->fit->n_parameters;
    mlab_status status = MLAB_OK;
    for (size_t j = 0; j < n && !status; j++) {
        if (!is_profiled(w, j)) continue;
        mlab_profile *made = &after->profiles[after->n_profiles++];
        made->name = mlab_copy_text(w->context, w->fit->names[j]);
        if (!made->name) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
        memcpy(w->fixed, w->fit->aliased, n);
        w->fixed[j] = 1;
        status = find_end(w, j, -1, &made->lower, &made->lower_open, err);
        if (!status) status = find_end(w, j, 1, &made->upper, &made->upper_open, err);
    }
    return status;
}

mlab_status mlab_after_profiles(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_after *after, mlab_error *err)
{
    size_t n = fit->n_parameters;
    bool cox = prepared->model == &mlab_model_cox;
    bool other = mlab_is_penalised(prepared) || fit->shape > 0 || fit->trust == MLAB_SEPARATED || fit->trust == MLAB_NOT_CONVERGED;
    if (other || (cox && prepared->problem->n_random) || (!cox && !mlab_engine_of(prepared))) return MLAB_OK;
    profile w = {.context = context, .prepared = prepared, .fit = fit, .root = sqrt(gsl_cdf_chisq_Pinv(prepared->options.level, 1))};
    w.fixed = mlab_allocate(context, n, 1);
    w.best = mlab_allocate(context, n, sizeof *w.best);
    w.at = mlab_allocate(context, n, sizeof *w.at);
    after->profiles = mlab_allocate(context, n, sizeof *after->profiles);
    w.spec = (mlab_newton_spec){.n = n, .fixed = w.fixed, .tolerance = 1e-7, .iterations = (int)prepared->options.iterations};
    mlab_status status =
        w.fixed && w.best && w.at && after->profiles ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for profiles of %s", fit->outcome);
    if (!status) status = (cox ? start_cox : start_engine)(&w, err);
    if (!status) status = profile_all(&w, after, err);
    mlab_cox_work_free(context, &w.cox);
    mlab_release(context, w.weight);
    mlab_release(context, w.fixed);
    mlab_release(context, w.best);
    mlab_release(context, w.at);
    return status;
}
