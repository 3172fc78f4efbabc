/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prepares a problem for a model: sizes, and a response that the model allows; then fits and refits through the model's row. */
#include "fit/after/after.h"
#include "fit/families/ordinal_effects.h"
#include "fit/mixed/mixed_robust.h"
#include "fit/mixed/web.h"
#include "fit/penalty/penalty.h"
#include "fit/survival/frailty_group.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"

#include <math.h>

static mlab_status wrong(const mlab_fit_problem *problem, size_t i, mlab_error *err, const char *found, const char *allowed)
{
    size_t row = problem->rows ? problem->rows[i] : i;
    const mlab_table *table = problem->table;
    mlab_place place = table && table->lines ? mlab_place_cell(table->file, table->lines[row], 0, NULL) : mlab_place_text("", 0, 0);
    return mlab_raise_at(err, MLAB_ERR_FIT_RESPONSE, &place, "%s: the response of row %zu is %s; allowed: %s",
                         problem->outcome ? problem->outcome : "outcome", row + 1, found, allowed);
}

static mlab_status check_categories(const mlab_model *model, const mlab_fit_problem *problem, mlab_error *err)
{
    const char *name = problem->outcome ? problem->outcome : "outcome";
    if (!problem->category) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: model %s needs a response of categories", name, model->name);
    if (problem->n_categories < 2)
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: the response has %zu level; model %s needs at least 2", name, problem->n_categories,
                          model->name);
    if ((model->marks & MLAB_MODEL_TWO) && problem->n_categories != 2)
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: the response has %zu levels; model %s needs 2", name, problem->n_categories, model->name);
    if ((model->marks & MLAB_MODEL_THRESHOLDS) && problem->n_categories > MLAB_MOST_LEVELS)
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: the response has %zu levels; model %s can have %zu", name, problem->n_categories,
                          model->name, MLAB_MOST_LEVELS);
    bool outside = false;
    const uint32_t most = problem->n_categories < INT32_MAX ? (uint32_t)problem->n_categories : INT32_MAX;
    for (size_t i = 0; i < problem->n; i++) outside |= (uint32_t)problem->category[i] >= most;
    for (size_t i = 0; i < problem->n && outside; i++)
        if ((uint32_t)problem->category[i] >= most) return wrong(problem, i, err, "outside its levels", "one of the levels");
    return MLAB_OK;
}

static mlab_status check_times(const mlab_model *model, const mlab_fit_problem *problem, mlab_error *err)
{
    if (!problem->stop || !problem->status)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: model %s needs a response event(time, status)",
                          problem->outcome ? problem->outcome : "outcome", model->name);
    for (size_t i = 0; i < problem->n; i++) {
        int32_t most = model->marks & MLAB_MODEL_COMPETING ? 2 : 1;
        if (problem->status[i] < 0 || problem->status[i] > most) return wrong(problem, i, err, "neither an event nor censored", "0 or 1");
        int32_t start = problem->start ? problem->start[i] : INT32_MIN;
        if (problem->start && problem->stop[i] <= start) return wrong(problem, i, err, "a time that ends before it starts", "start before stop");
    }
    return MLAB_OK;
}

static mlab_status check_numbers(const mlab_model *model, const mlab_fit_problem *problem, mlab_error *err)
{
    const char *name = problem->outcome ? problem->outcome : "outcome";
    const double large = 1e150, small = 1e-150; /* squares beyond overflow or vanish, times the rows */
    double most = 0;
    if (!problem->number) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: model %s needs a response of numbers", name, model->name);
    for (size_t i = 0; i < problem->n; i++) {
        if (!isfinite(problem->number[i])) return wrong(problem, i, err, "not a finite number", "finite numbers");
        if (!problem->weight || problem->weight[i] > 0) most = fmax(most, fabs(problem->number[i]));
    }
    if (model == &mlab_model_linear && most > 0 && (most > large || most < small))
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: its numbers go up to %.1e, whose squares are no numbers; state it in another unit", name,
                          most);
    return MLAB_OK;
}

static mlab_status check(const mlab_model *model, const mlab_fit_problem *problem, mlab_error *err)
{
    const char *name = problem->outcome ? problem->outcome : "outcome";
    if (problem->n == 0) return mlab_raise(err, MLAB_ERR_DATA_EMPTY, "%s: there are no complete rows to fit", name);
    double weights = problem->weight ? 0 : 1;
    for (size_t i = 0; problem->weight && i < problem->n; i++) weights += problem->weight[i];
    for (size_t i = 0; problem->weight && i < problem->n; i++)
        if (!(problem->weight[i] >= 0) || isinf(problem->weight[i])) return wrong(problem, i, err, "weighted by less than 0", "weights of 0 or more");
    if (weights == 0) return mlab_raise(err, MLAB_ERR_DATA_EMPTY, "%s: every row has a weight of 0", name);
    if (model->marks & MLAB_MODEL_TIMES) return check_times(model, problem, err);
    if (!(model->marks & MLAB_MODEL_NUMBER)) return check_categories(model, problem, err);
    return check_numbers(model, problem, err);
}

static mlab_status check_random(const mlab_model *model, const mlab_fit_problem *problem, mlab_error *err)
{
    const char *name = problem->outcome ? problem->outcome : "outcome";
    if (model->marks & MLAB_MODEL_FRAILTY) return MLAB_OK; /* mlab_frailty_prepare */
    if (!(model->marks & MLAB_MODEL_MIXED))
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: random effects in model %s are not built yet", name, model->name);
    size_t predictors = model->marks & MLAB_MODEL_BLOCK_EACH ? problem->n_categories - 1 : 1;
    if (problem->n_random > MLAB_MOST_TERMS)
        return mlab_raise(err, MLAB_ERR_FIT_RANK, "%s: %zu groupings of random effects; allowed: %zu", name, problem->n_random, MLAB_MOST_TERMS);
    for (size_t t = 0; t < problem->n_random; t++) {
        const mlab_random_grouping *random = &problem->random[t];
        size_t q = mlab_design_columns(random->design);
        if (q < 1 || q > MLAB_MOST_EFFECTS || q * predictors > MLAB_MOST_OF_TERM)
            return mlab_raise(err, MLAB_ERR_FIT_RANK, "%s: %zu random effects of %s; allowed 1 to %zu", name, q * predictors, random->name,
                              predictors > 1 ? MLAB_MOST_OF_TERM : MLAB_MOST_EFFECTS);
        if (random->n_groups < 2)
            return mlab_raise(err, MLAB_ERR_FIT_RANK, "%s: %s has %zu group; random effects need at least 2", name, random->name, random->n_groups);
    }
    return MLAB_OK;
}

mlab_status mlab_prepare(const mlab_context *context, const mlab_model *model, const mlab_fit_problem *problem, const mlab_fit_options *options,
                         mlab_prepared **out, mlab_error *err)
{
    *out = NULL;
    mlab_status status = check(model, problem, err);
    if (!status && problem->n_random) status = check_random(model, problem, err);
    if (status) return status;
    mlab_prepared *prepared = mlab_allocate(context, 1, sizeof *prepared);
    if (!prepared) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fit");
    prepared->context = context;
    prepared->model = model;
    prepared->problem = problem;
    prepared->options = *options;
    prepared->first_column = (model->marks & MLAB_MODEL_NO_INTERCEPT) && mlab_design_has_intercept(problem->design);
    prepared->n_columns = mlab_design_columns(problem->design) - prepared->first_column;
    prepared->n_thresholds = model->marks & MLAB_MODEL_THRESHOLDS ? problem->n_categories - 1 : 0;
    prepared->n_blocks = model->marks & MLAB_MODEL_BLOCK_EACH ? problem->n_categories - 1 : 1;
    if (model->ancillary) prepared->n_ancillary = model->ancillary(options, &prepared->ancillary);
    if (problem->n_nominal || problem->n_scale) status = mlab_level_effects_make(context, prepared, err);
    prepared->n_parameters = prepared->n_thresholds + prepared->n_blocks * prepared->n_columns + prepared->n_ancillary;
    if (status)
        ;
    else if (prepared->n_parameters == 0 && !(model->marks & MLAB_MODEL_TIMES))
        status = mlab_raise(err, MLAB_ERR_FIT_RANK, "\"%s\" has nothing to estimate", problem->formula ? problem->formula : "");
    else if (prepared->n_parameters > MLAB_MOST_PARAMETERS)
        status = mlab_raise(err, MLAB_ERR_FIT_RANK,
                            "\"%s\" has %zu coefficients; allowed: %zu; a factor of many levels is better as random effects (1 | it)",
                            problem->formula ? problem->formula : "", prepared->n_parameters, MLAB_MOST_PARAMETERS);
    else if (problem->n_random && (model->marks & MLAB_MODEL_FRAILTY))
        status = mlab_frailty_prepare(context, prepared, err);
    if (!status && model->prepare) status = model->prepare(context, prepared, err);
    if (status) {
        mlab_prepared_free(prepared);
        prepared = NULL;
    }
    *out = prepared;
    return status;
}

void mlab_prepared_free(mlab_prepared *prepared)
{
    if (!prepared) return;
    if (prepared->model->release) prepared->model->release(prepared->context, prepared->own);
    mlab_level_effects_free(prepared->effects);
    mlab_release(prepared->context, prepared->enters);
    mlab_release(prepared->context, prepared);
}

size_t mlab_prepared_parameters(const mlab_prepared *prepared)
{
    return prepared->n_parameters;
}

typedef mlab_status (*fitting)(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);

/* One grouping of every row has programs of its own. */
static fitting fit_of(const mlab_prepared *prepared)
{
    const mlab_fit_problem *problem = prepared->problem;
    if (!problem->n_random || (prepared->model->marks & MLAB_MODEL_FRAILTY)) return prepared->model->fit;
    const mlab_family *family = ((const mlab_engine *)prepared->own)->family;
    bool additive = family->additive, one = problem->n_random == 1 && problem->random->memberships <= 1 && !problem->random->share;
    one = one && prepared->n_blocks == 1 && !family->left_out && !problem->mode_errors;
    for (size_t i = 0; one && i < problem->n; i++) one = problem->random->group[i] != UINT32_MAX;
    if (one) return additive ? mlab_mixed_gaussian_fit : mlab_mixed_fit;
    return additive ? mlab_web_gaussian_fit : mlab_web_fit;
}

mlab_status mlab_prepared_fit_once(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    return fit_of(prepared)(context, prepared, fit, err);
}

mlab_status mlab_prepared_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit **out, mlab_error *err)
{
    double began = mlab_os_seconds();
    mlab_fit *fit = NULL;
    mlab_status status = mlab_fit_start(context, prepared, &fit, err);
    const bool additive =
        prepared->problem->n_random > 0 && (prepared->model->marks & MLAB_MODEL_MIXED) && ((const mlab_engine *)prepared->own)->family->additive;
    if (!status && prepared->problem->n_priors > 0)
        status = mlab_priors_fit(context, prepared, fit, err);
    else if (!status && prepared->options.penalty == 1)
        status = mlab_firth_fit(context, prepared, fit, err);
    else if (!status)
        status = mlab_prepared_fit_once(context, prepared, fit, err);
    if (!status && prepared->problem->n_random && (prepared->model->marks & (MLAB_MODEL_MIXED | MLAB_MODEL_FRAILTY)))
        status = mlab_mixed_robust(context, prepared, fit, err);
    else if (!status && fit->n_priors == 0 && !(fit->penalised && !fit->robust))
        status = mlab_fit_robust_again(context, prepared, fit, err);
    if (!status && fit->robust && !prepared->problem->n_random) mlab_priors_add(fit, fit->robust);
    if (!status) status = mlab_fit_doubt_extremes(context, prepared, fit, err);
    if (!status) status = mlab_fit_doubt_overdispersion(context, prepared, fit, err);
    if (!status) fit->restricted = additive && prepared->options.restricted == 0;
    if (status) {
        mlab_fit_free(fit);
        fit = NULL;
    } else {
        if (fit->penalised) fit->penalised_log_likelihood += fit->log_likelihood;
        fit->seconds = mlab_os_seconds() - began;
    }
    *out = fit;
    return status;
}

mlab_status mlab_prepared_refit(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const double *start,
                                double *estimate, mlab_refit_info *info, mlab_error *err)
{
    bool mixed = prepared->problem->n_random && (prepared->model->marks & MLAB_MODEL_MIXED);
    bool weighed = prepared->problem->n_priors && mlab_has_dispersion(prepared->model); /* every sample weighs its priors by its own variance */
    if (mixed || weighed) return mlab_mixed_refit(context, prepared, weights, start, estimate, info, err);
    return prepared->model->refit(context, prepared, weights, start, estimate, info, err);
}

mlab_status mlab_fit_problem_fit(const mlab_context *context, const mlab_model *model, const mlab_fit_problem *problem,
                                 const mlab_fit_options *options, mlab_fit **fit, mlab_error *err)
{
    mlab_prepared *prepared = NULL;
    double began = mlab_os_seconds();
    *fit = NULL;
    mlab_status status = mlab_prepare(context, model, problem, options, &prepared, err);
    if (!status) status = mlab_prepared_fit(context, prepared, fit, err);
    if (!status) (*fit)->seconds = mlab_os_seconds() - began;
    mlab_prepared_free(prepared);
    return status;
}
