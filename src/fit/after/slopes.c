/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Derivatives of predictions by the parameters of a fit.
 *
 * A coefficient acts through a predictor, so that one derivative by each predictor of a row serves all coefficients (chain rule); thresholds, scales,
 * shapes and spline coefficients are moved one by one. Differences of four points, error of fourth order in a step of a thousandth of a unit of the
 * predictor or of the parameter's standard error: about ten digits. Averages over random effects move every parameter, but of hazards,
 * whose derivatives are in closed form. Weakness: ten digits. */
#include "fit/after/intervals.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/mixed/averaged.h"
#include "fit/model.h"

#include <math.h>
#include <string.h>

static const double AWAY = 1e-3, POINTS[4] = {-2, -1, 1, 2}, PARTS[4] = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12};

double mlab_prediction_factor(const mlab_fit *fit, double level)
{
    return fit->trust == MLAB_NOT_CONVERGED || fit->trust == MLAB_SEPARATED ? HUGE_VAL : mlab_fit_interval_factor(fit, level);
}

mlab_status mlab_prediction_at(mlab_slopes *s, size_t at, size_t n, const double *parameters, size_t predictor, double shift, double *out,
                               mlab_error *err)
{
    const mlab_prediction_request *r = s->request;
    const uint32_t *rows = r->rows ? r->rows + at : NULL;
    const double *share = r->share ? r->share + at : NULL;
    size_t wide = mlab_fit_predictors(s->fit);
    if (r->averaged)
        return mlab_predict_averaged_in(s->context, s->fit, r->table, rows, r->first + at, n, r->squares ? r->squares + at * s->fit->n_random : NULL,
                                        parameters, share, r->scale, r->times, r->n_times, out, err);
    if (!r->effect && shift == 0)
        return mlab_predict_at(s->context, s->fit, r->table, rows, r->first + at, n, parameters, share, r->scale, r->times, r->n_times, out, err);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < wide; k++) s->effect[i * wide + k] = (r->effect ? r->effect[(at + i) * wide + k] : 0) + (k == predictor ? shift : 0);
    return mlab_predict_conditional(s->context, s->fit, r->table, rows, r->first + at, n, parameters, share, s->effect, r->scale, r->times,
                                    r->n_times, out, err);
}

/* Averages over groups whose derivatives by the predictors come with them. */
static bool in_closed_form(const mlab_slopes *s)
{
    return s->request->averaged && mlab_respond_has_slopes(s->fit, s->request->scale);
}

static mlab_status choose_ways(mlab_slopes *s, mlab_error *err)
{
    const mlab_fit *fit = s->fit;
    s->columns = mlab_design_columns(fit->design);
    s->skip = mlab_fit_first_column(fit);
    s->n_predictors = s->request->averaged && !in_closed_form(s) ? 0 : mlab_fit_predictors(fit);
    s->parameter = mlab_allocate(s->context, s->n_predictors + fit->n_parameters, sizeof *s->parameter);
    if (!s->parameter) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for derivatives of %s", fit->outcome);
    s->n_ways = s->n_predictors;
    for (size_t j = 0; j < fit->n_parameters; j++)
        if (!fit->aliased[j] && (s->n_predictors == 0 || !mlab_fit_is_coefficient(fit, j))) s->parameter[s->n_ways++] = j;
    return MLAB_OK;
}

mlab_status mlab_slopes_make(const mlab_context *context, const mlab_fit *fit, const mlab_prediction_request *request, mlab_slopes *s,
                             mlab_error *err)
{
    *s = (mlab_slopes){.context = context, .fit = fit, .request = request};
    s->width = mlab_predict_width_at(fit, request->scale, request->n_times);
    if (!fit->design) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: the fit has no design to predict from", fit->outcome);
    if (request->averaged && request->effect)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "%s: predictions are averaged over group effects, or for known ones", fit->outcome);
    mlab_status status = choose_ways(s, err);
    if (status) return status;
    s->x = mlab_allocate(context, MLAB_SLOPE_ROWS, (s->columns + 1) * sizeof(double));
    s->offset = mlab_allocate(context, MLAB_SLOPE_ROWS, sizeof(double));
    s->value = mlab_allocate(context, MLAB_SLOPE_ROWS, (s->width + 1) * sizeof(double));
    s->moved = mlab_allocate(context, MLAB_SLOPE_ROWS, (s->width * (1 + s->n_predictors) + 1) * sizeof(double));
    s->effect = mlab_allocate(context, MLAB_SLOPE_ROWS, mlab_fit_predictors(fit) * sizeof(double));
    s->slope = mlab_allocate(context, s->n_ways * MLAB_SLOPE_ROWS, (s->width + 1) * sizeof(double));
    s->parameters = mlab_allocate(context, fit->n_parameters, sizeof(double));
    if (!s->x || !s->offset || !s->value || !s->moved || !s->effect || !s->slope || !s->parameters)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for derivatives of %s", fit->outcome);
    memcpy(s->parameters, fit->estimate, fit->n_parameters * sizeof(double));
    return MLAB_OK;
}

void mlab_slopes_free(mlab_slopes *s)
{
    void *const memory[] = {s->parameter, s->x, s->offset, s->value, s->slope, s->moved, s->effect, s->parameters};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(s->context, memory[k]);
}

static mlab_status averaged_slopes(mlab_slopes *s, size_t at, size_t n, mlab_error *err)
{
    const mlab_prediction_request *r = s->request;
    size_t width = s->width, wide = width * (1 + s->n_predictors);
    mlab_status status = mlab_predict_averaged_slopes(s->context, s->fit, r->table, r->rows ? r->rows + at : NULL, r->first + at, n,
                                                      r->squares ? r->squares + at * s->fit->n_random : NULL, r->share ? r->share + at : NULL,
                                                      r->scale, r->times, r->n_times, s->moved, err);
    for (size_t i = 0; i < n && !status; i++) {
        memcpy(s->value + i * width, s->moved + i * wide, width * sizeof *s->value);
        for (size_t w = 0; w < s->n_predictors; w++)
            memcpy(s->slope + (w * MLAB_SLOPE_ROWS + i) * width, s->moved + i * wide + (1 + w) * width, width * sizeof *s->slope);
    }
    return status;
}

mlab_status mlab_slopes_of(mlab_slopes *s, size_t at, size_t n, mlab_error *err)
{
    const mlab_prediction_request *r = s->request;
    size_t np = s->fit->n_parameters, cells = n * s->width;
    bool closed = in_closed_form(s);
    mlab_status status = closed ? averaged_slopes(s, at, n, err) : mlab_prediction_at(s, at, n, NULL, 0, 0, s->value, err);
    if (!status && s->n_predictors)
        status = mlab_design_fill(s->fit->design, r->table, r->rows ? r->rows + at : NULL, r->first + at, n, s->x, s->offset, err);
    for (size_t w = closed ? s->n_predictors : 0; w < s->n_ways && !status; w++) {
        bool shifts = w < s->n_predictors;
        size_t j = shifts ? 0 : s->parameter[w];
        double *slope = s->slope + w * MLAB_SLOPE_ROWS * s->width, se = shifts ? 1 : sqrt(mlab_fit_covariance(s->fit)[j * np + j]);
        double step = AWAY * (se > 0 ? fmin(se, 1) : 1);
        memset(slope, 0, cells * sizeof *slope);
        for (int k = 0; k < 4 && !status; k++) {
            if (!shifts) s->parameters[j] = s->fit->estimate[j] + POINTS[k] * step;
            status = mlab_prediction_at(s, at, n, s->parameters, w, shifts ? POINTS[k] * step : 0, s->moved, err);
            for (size_t c = 0; c < cells && !status; c++) slope[c] += PARTS[k] / step * s->moved[c];
        }
        if (!shifts) s->parameters[j] = s->fit->estimate[j];
    }
    return status;
}

void mlab_slopes_spread(const mlab_slopes *s, size_t i, size_t w, double slope, double *gradient)
{
    if (w < s->n_predictors)
        mlab_fit_predictors_back(s->fit, s->x + i * s->columns + s->skip, w, slope, gradient);
    else
        gradient[s->parameter[w]] += slope;
}
