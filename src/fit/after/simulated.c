/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses drawn from a fit by inversion of its distribution function, one addressed uniform a row.
 *
 * Weakness: rows are independent given their covariates; what rows of one person share beyond them is not drawn.
 */
#include "fit/after/simulated.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

void mlab_expected_free(mlab_expected *expected)
{
    if (expected->context) mlab_release(expected->context, expected->value);
    *expected = (mlab_expected){0};
}

/* Predictors of all rows, with the offsets of the problem. */
static mlab_status predictors(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, double *eta, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    mlab_status status = mlab_predict(context, fit, problem->table, problem->rows, 0, problem->n, fit->estimate, NULL, MLAB_SCALE_LINK, eta, err);
    size_t width = mlab_fit_predictors(fit);
    for (size_t i = 0; !status && problem->offset && i < problem->n; i++)
        for (size_t k = 0; k < width; k++) eta[i * width + k] += mlab_fit_takes_offset(fit, k) ? problem->offset[i] : 0;
    return status;
}

mlab_status mlab_expected_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_expected *made, mlab_error *err)
{
    const mlab_model *model = prepared->model;
    size_t n = prepared->problem->n;
    *made = (mlab_expected){.context = context, .prepared = prepared, .fit = fit};
    if (!mlab_engine_of(prepared) || !model->predict)
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: no responses can be drawn from a %s fit", fit->outcome, fit->model);
    bool numbers = model->marks & MLAB_MODEL_NUMBER;
    made->width = numbers ? 0 : model->width(fit, MLAB_SCALE_RESPONSE, 0);
    made->from_one = fit->n_levels == 0;
    made->value = mlab_allocate(context, n, (numbers ? 1 : made->width) * sizeof *made->value);
    double *eta = numbers ? made->value : mlab_allocate(context, n, mlab_fit_predictors(fit) * sizeof *eta);
    mlab_status status = made->value && eta ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the expectations of %zu rows", n);
    if (!status) status = predictors(context, prepared, fit, eta, err);
    if (!status && !numbers) status = model->predict(context, fit, MLAB_SCALE_RESPONSE, fit->estimate, n, eta, NULL, NULL, 0, made->value, err);
    if (!numbers) mlab_release(context, eta);
    if (status) mlab_expected_free(made);
    return status;
}

/* --- categories ------------------------------------------------------------------------------------------- */

/* Categories beyond the first come in order; category 0 of models whose probabilities begin with 1 is the last in the order of u. */
int32_t mlab_expected_category(const mlab_expected *expected, size_t i, double u)
{
    const double *p = expected->value + i * expected->width;
    double sum = 0;
    for (size_t k = 0; k < expected->width; k++) {
        sum += p[k];
        if (u < sum) return (int32_t)k + expected->from_one;
    }
    return expected->from_one ? 0 : (int32_t)expected->width - 1;
}

/* --- numbers ------------------------------------------------------------------------------------------------ */

static bool is(const mlab_expected *expected, const char *model)
{
    return strcmp(expected->fit->model, model) == 0;
}

static double count_up_to(const mlab_expected *expected, double mean, double y)
{
    double theta = expected->fit->shape;
    if (y < 0) return 0;
    if (mean <= 0) return 1;
    if (!is(expected, "negative_binomial")) return gsl_cdf_poisson_P((unsigned)fmin(y, 4e9), mean);
    return gsl_cdf_negative_binomial_P((unsigned)fmin(y, 4e9), theta / (theta + mean), theta);
}

static double draw_count(const mlab_expected *expected, double mean, double u)
{
    double low = -1, high = 1 + mean;
    while (count_up_to(expected, mean, floor(high)) < u && high < 1e9) {
        low = floor(high);
        high = 2 * high + 1;
    }
    high = floor(high);
    while (high - low > 1) {
        double middle = floor((low + high) / 2);
        if (count_up_to(expected, mean, middle) < u)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double mlab_expected_number(const mlab_expected *expected, size_t i, double u)
{
    const mlab_fit *fit = expected->fit;
    double eta = expected->value[i], sd = sqrt(fit->residual_variance);
    if (is(expected, "linear")) return eta + sd * mlab_normal_quantile(u);
    if (is(expected, "lognormal")) return mlab_exp(eta + sd * mlab_normal_quantile(u));
    if (is(expected, "gamma")) return fmax(gsl_cdf_gamma_Pinv(u, fit->shape, mlab_exp(eta) / fit->shape), 1e-300);
    return draw_count(expected, mlab_exp(eta), u);
}

void mlab_expected_below(const mlab_expected *expected, size_t i, double *below, double *up_to)
{
    const mlab_fit_problem *problem = expected->prepared->problem;
    const mlab_fit *fit = expected->fit;
    *below = *up_to = 0;
    if (expected->width) {
        const double *p = expected->value + i * expected->width;
        size_t y = (size_t)problem->category[i], at = expected->from_one ? (y ? y - 1 : expected->width) : y;
        for (size_t k = 0; k < at; k++) *below += p[k];
        *up_to = at < expected->width ? *below + p[at] : 1;
        return;
    }
    double y = problem->number[i], eta = expected->value[i], sd = sqrt(fit->residual_variance), mean = mlab_exp(eta);
    if (is(expected, "linear"))
        *up_to = *below = sd > 0 ? gsl_cdf_ugaussian_P((y - eta) / sd) : 0.5;
    else if (is(expected, "lognormal"))
        *up_to = *below = sd > 0 ? gsl_cdf_ugaussian_P((mlab_log(y) - eta) / sd) : 0.5;
    else if (is(expected, "gamma"))
        *up_to = *below = gsl_cdf_gamma_P(y, fit->shape, mean / fit->shape);
    else {
        *below = count_up_to(expected, mean, y - 1);
        *up_to = count_up_to(expected, mean, y);
    }
}

/* --- a problem of its own ------------------------------------------------------------------------------------ */

void mlab_simulated_free(mlab_simulated *simulated)
{
    if (!simulated->context) return;
    mlab_release(simulated->context, simulated->category);
    mlab_release(simulated->context, simulated->number);
    mlab_release(simulated->context, simulated->response);
    *simulated = (mlab_simulated){0};
}

mlab_status mlab_simulated_make(const mlab_context *context, const mlab_expected *expected, mlab_simulated *made, mlab_error *err)
{
    const mlab_prepared *prepared = expected->prepared;
    size_t n = prepared->problem->n;
    *made = (mlab_simulated){.context = context, .problem = *prepared->problem, .engine = *(const mlab_engine *)prepared->own, .prepared = *prepared};
    made->prepared.own = NULL; /* set when it is drawn: this struct may be moved until then */
    bool whole;
    if (expected->width) {
        made->category = mlab_allocate(context, n, sizeof *made->category);
        whole = made->category != NULL;
    } else {
        made->number = mlab_allocate(context, n, sizeof *made->number);
        made->response = mlab_allocate(context, n, sizeof *made->response);
        whole = made->number && made->response;
    }
    if (whole) return MLAB_OK;
    mlab_simulated_free(made);
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the responses of %zu rows", n);
}

void mlab_simulated_draw(mlab_simulated *simulated, const mlab_expected *expected, const mlab_address *address)
{
    mlab_address at = *address;
    for (size_t i = 0; i < simulated->problem.n; i++) {
        at.entity = (uint32_t)i;
        double u = mlab_random_uniform(&at, 0);
        if (expected->width) {
            simulated->category[i] = mlab_expected_category(expected, i, u);
            continue;
        }
        double y = simulated->response[i] = mlab_expected_number(expected, i, u);
        simulated->number[i] = (simulated->engine.family->log_number ? mlab_log(y) : y) - simulated->engine.shift;
    }
    if (expected->width)
        simulated->problem.category = simulated->category;
    else {
        simulated->problem.number = simulated->response;
        simulated->engine.number = simulated->number;
    }
    simulated->engine.problem = simulated->prepared.problem = &simulated->problem;
    simulated->prepared.own = &simulated->engine;
}
