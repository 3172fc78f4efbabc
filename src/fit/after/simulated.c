/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses drawn from a fit by inversion of its distribution function, one addressed uniform a row.
 *
 * Weakness: rows are independent given their covariates and, of a mixed model, the effects of their groups; what rows of one person share beyond them
 * is not drawn.
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
    if (!expected->context) return;
    mlab_release(expected->context, expected->value);
    mlab_release(expected->context, expected->eta);
    for (size_t t = 0; expected->columns && t < expected->fit->n_random; t++) mlab_release(expected->context, expected->columns[t]);
    mlab_release(expected->context, expected->columns);
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

/* The columns that the effects of every grouping are multiplied by. */
static mlab_status keep_columns(const mlab_context *context, const mlab_fit_problem *problem, mlab_expected *made, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    if (!(made->columns = mlab_allocate(context, problem->n_random, sizeof *made->columns)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for random effects");
    double *offsets = mlab_allocate(context, problem->n, sizeof *offsets);
    for (size_t t = 0; t < problem->n_random && !status; t++) {
        const mlab_design *design = problem->random[t].design;
        made->columns[t] = mlab_allocate(context, problem->n, mlab_design_columns(design) * sizeof **made->columns);
        status = made->columns[t] && offsets ? mlab_design_fill(design, problem->table, problem->rows, 0, problem->n, made->columns[t], offsets, err)
                                             : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the random effects of %zu rows", problem->n);
    }
    mlab_release(context, offsets);
    return status;
}

/* Expectations from predictors; of a model of numbers the predictor itself. */
static mlab_status expect(const mlab_context *context, const mlab_expected *expected, const double *eta, double *value, mlab_error *err)
{
    const mlab_fit *fit = expected->fit;
    size_t n = expected->prepared->problem->n;
    if (expected->width)
        return expected->prepared->model->predict(context, fit, MLAB_SCALE_RESPONSE, fit->estimate, n, eta, NULL, NULL, 0, value, err);
    memcpy(value, eta, n * sizeof *value);
    return MLAB_OK;
}

mlab_status mlab_expected_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_expected *made, mlab_error *err)
{
    const mlab_model *model = prepared->model;
    size_t n = prepared->problem->n;
    *made = (mlab_expected){.context = context, .prepared = prepared, .fit = fit};
    if ((!mlab_engine_of(prepared) && !prepared->problem->n_random) || !model->predict || (model->marks & MLAB_MODEL_TIMES))
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: no responses can be drawn from a %s fit; state fit.draws: bootstrap", fit->outcome,
                          fit->model);
    bool numbers = model->marks & MLAB_MODEL_NUMBER;
    made->width = numbers ? 0 : model->width(fit, MLAB_SCALE_RESPONSE, 0);
    made->from_one = fit->n_levels == 0;
    made->value = mlab_allocate(context, n, (numbers ? 1 : made->width) * sizeof *made->value);
    made->eta = mlab_allocate(context, n, mlab_fit_predictors(fit) * sizeof *made->eta);
    mlab_status status = made->value && made->eta ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the expectations of %zu rows", n);
    if (!status) status = predictors(context, prepared, fit, made->eta, err);
    if (!status) status = expect(context, made, made->eta, made->value, err);
    if (!status && fit->n_random) status = keep_columns(context, prepared->problem, made, err);
    if (status)
        mlab_expected_free(made);
    else if (!fit->n_random) {
        mlab_release(context, made->eta);
        made->eta = NULL;
    }
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
    return strcmp(expected->prepared ? expected->prepared->model->name : expected->fit->model, model) == 0; /* raters are fitted by another model */
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
    mlab_release(simulated->context, simulated->eta);
    mlab_release(simulated->context, simulated->value);
    for (size_t t = 0; simulated->effect && t < simulated->problem.n_random; t++) mlab_release(simulated->context, simulated->effect[t]);
    mlab_release(simulated->context, simulated->effect);
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
    const mlab_fit *fit = expected->fit;
    if (fit->n_random) {
        made->eta = mlab_allocate(context, n, fit->n_blocks * sizeof *made->eta);
        made->value = mlab_allocate(context, n, (expected->width ? expected->width : 1) * sizeof *made->value);
        made->effect = mlab_allocate(context, fit->n_random, sizeof *made->effect);
        whole = whole && made->eta && made->value && made->effect;
        for (size_t t = 0; whole && t < fit->n_random; t++)
            whole = (made->effect[t] = mlab_allocate(context, fit->random[t].n_groups, fit->random[t].n * sizeof **made->effect)) != NULL;
    }
    if (whole) return MLAB_OK;
    mlab_simulated_free(made);
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the responses of %zu rows", n);
}

/* New effects of every group of a grouping. */
static void draw_effects(const mlab_fit *fit, size_t t, const mlab_address *address, double *effect)
{
    const mlab_random_effects *r = &fit->random[t];
    double factor[64 * 64], z[64];
    mlab_address at = *address;
    at.block = (uint8_t)(64 + 8 * t);
    memcpy(factor, r->covariance, r->n * r->n * sizeof *factor);
    for (size_t j = 0; j < r->n; j++) /* lower Cholesky factor of what may have rows of 0 */
        for (size_t i = j; i < r->n; i++) {
            double sum = factor[i * r->n + j];
            for (size_t k = 0; k < j; k++) sum -= factor[i * r->n + k] * factor[j * r->n + k];
            double pivot = i == j ? sqrt(fmax(sum, 0)) : factor[j * r->n + j];
            factor[i * r->n + j] = i == j ? pivot : pivot > 1e-150 ? sum / pivot : 0;
        }
    for (size_t g = 0; g < r->n_groups; g++) {
        at.entity = (uint32_t)g;
        for (size_t a = 0; a < r->n; a++) z[a] = mlab_random_normal(&at, (uint32_t)a);
        for (size_t a = 0; a < r->n; a++) {
            double sum = 0;
            for (size_t b = 0; b <= a; b++) sum += factor[a * r->n + b] * z[b];
            effect[g * r->n + a] = sum;
        }
    }
}

/* eta of all rows += the effects of one grouping. */
static void add_effects(const mlab_expected *expected, size_t t, const double *effect, double *eta)
{
    const mlab_fit_problem *problem = expected->prepared->problem;
    const mlab_random_grouping *g = &problem->random[t];
    size_t m = g->memberships ? g->memberships : 1, blocks = expected->fit->n_blocks, columns = expected->fit->random[t].n / blocks;
    for (size_t i = 0; i < problem->n; i++) {
        const double *z = expected->columns[t] + i * columns;
        size_t known = 0;
        for (size_t k = 0; k < m; k++) known += g->group[i * m + k] != UINT32_MAX;
        for (size_t k = 0; k < m; k++) {
            uint32_t which = g->group[i * m + k];
            if (which == UINT32_MAX) continue;
            double share = g->share ? g->share[i * m + k] : 1 / (double)known;
            for (size_t b = 0; b < blocks; b++)
                for (size_t a = 0; a < columns; a++) eta[i * blocks + b] += share * z[a] * effect[(which * blocks + b) * columns + a];
        }
    }
}

mlab_status mlab_simulated_expect(mlab_simulated *simulated, const mlab_expected *expected, mlab_error *err)
{
    const mlab_fit *fit = expected->fit;
    memcpy(simulated->eta, expected->eta, simulated->problem.n * fit->n_blocks * sizeof *simulated->eta);
    for (size_t t = 0; t < fit->n_random; t++) add_effects(expected, t, simulated->effect[t], simulated->eta);
    return expect(simulated->context, expected, simulated->eta, simulated->value, err);
}

mlab_status mlab_simulated_draw(mlab_simulated *simulated, const mlab_expected *expected, const mlab_address *address, mlab_error *err)
{
    mlab_address at = *address;
    mlab_expected now = *expected;
    const mlab_fit *fit = expected->fit;
    if (fit->n_random) {
        for (size_t t = 0; t < fit->n_random; t++) draw_effects(fit, t, address, simulated->effect[t]);
        mlab_status status = mlab_simulated_expect(simulated, expected, err);
        if (status) return status;
        now.value = simulated->value;
    }
    for (size_t i = 0; i < simulated->problem.n; i++) {
        at.entity = (uint32_t)i;
        double u = mlab_random_uniform(&at, 0);
        if (expected->width) {
            simulated->category[i] = mlab_expected_category(&now, i, u);
            continue;
        }
        double y = simulated->response[i] = mlab_expected_number(&now, i, u);
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
    return MLAB_OK;
}

/* Rows are drawn one by one: an event that ends somebody's rows would be drawn several times a person, which tells far more of how people differ
 * than the data do. */
mlab_status mlab_simulated_check(const mlab_context *context, const mlab_prepared *prepared, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    for (size_t t = 0; t < problem->n_random && problem->category && problem->n_categories > 0; t++) {
        const mlab_random_grouping *random = &problem->random[t];
        if (!random->person || random->memberships > 1 || !(prepared->model->marks & MLAB_MODEL_SHARE) || random->n_groups >= problem->n) continue;
        uint8_t *events = mlab_allocate(context, random->n_groups, 1);
        if (!events) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu people", random->n_groups);
        bool again = false;
        for (size_t i = 0; i < problem->n && !again; i++)
            again = problem->category[i] > 0 && random->group[i] < random->n_groups && events[random->group[i]]++ > 0;
        mlab_release(context, events);
        if (!again)
            return mlab_raise(err, MLAB_ERR_FIT_DRAWS,
                              "%s: an event that happens once a person has no parametric draws beside effects of %s; state fit.draws: bootstrap",
                              problem->outcome, random->name);
    }
    return MLAB_OK;
}
