/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Normal priors of coefficients: the mode of likelihood times priors, its curvature, and beside it what the data say alone.
 *
 * The covariance is the inverse of the information plus the priors' precision (Laplace's approximation; Gelman et al. 2013, ch. 4); where rows are
 * clustered, the sandwich with each prior as one more independent observation of its coefficient: H (J + P) H with H = inverse (A + P). The
 * dispersion of numbers is that of the fit without priors.
 * Weakness: normal at the mode: with few events the tails are not normal.
 */
#include "fit/penalty/penalty.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

static const double ROOT_TWO_PI = 2.506628274631000502416;
static const double DISAGREE = 2; /* standard errors between prior and data */

mlab_status mlab_priors_find(const mlab_fit_problem *problem, char *const *names, size_t n, const uint8_t *aliased, size_t *where, mlab_error *err)
{
    const char *outcome = problem->outcome ? problem->outcome : "outcome";
    for (size_t k = 0; k < problem->n_priors; k++) {
        const mlab_prior *prior = &problem->priors[k];
        size_t j = 0;
        while (j < n && strcmp(names[j], prior->parameter) != 0) j++;
        if (j == n) {
            const char *near = mlab_nearest(prior->parameter, (const char *const *)names, n);
            return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &prior->place, "%s: the prior of \"%s\" has no coefficient of that name%s%s%s", outcome,
                                 prior->parameter, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
        }
        if (aliased[j])
            return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &prior->place, "%s: %s has a prior but no column of its own: it is a combination of others",
                                 outcome, names[j]);
        for (size_t m = 0; m < k; m++)
            if (where[m] == j) return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &prior->place, "%s: %s has two priors", outcome, names[j]);
        where[k] = j;
    }
    return MLAB_OK;
}

void mlab_priors_add(const mlab_fit *fit, double *into)
{
    size_t n = fit->n_parameters;
    for (size_t k = 0; k < fit->n_priors; k++) {
        const double *row = fit->covariance + fit->priors[k].parameter * n, weight = 1 / (fit->priors[k].sd * fit->priors[k].sd);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) into[i * n + j] += weight * row[i] * row[j];
    }
}

static bool has_estimate(const mlab_fit *fit)
{
    return fit->trust != MLAB_SEPARATED && fit->trust != MLAB_NOT_CONVERGED;
}

static mlab_status tell(mlab_fit *fit, const mlab_fit_prior *prior, mlab_error *err)
{
    double both = sqrt(prior->sd * prior->sd + prior->data_se * prior->data_se), z = (prior->data_estimate - prior->mean) / both;
    if (isinf(prior->data_se) || !(fabs(z) > DISAGREE)) return MLAB_OK;
    return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "%s: the data (%.3g) and the prior (%.3g, %s) are %.1f standard errors apart",
                          fit->names[prior->parameter], prior->data_estimate, prior->mean, prior->source, fabs(z));
}

mlab_status mlab_priors_describe(const mlab_fit_problem *problem, const mlab_fit *data, mlab_fit *fit, mlab_error *err)
{
    size_t *where = mlab_allocate(fit->context, problem->n_priors, sizeof *where);
    fit->priors = mlab_allocate(fit->context, problem->n_priors, sizeof *fit->priors);
    mlab_status status = where && fit->priors ? mlab_priors_find(problem, fit->names, fit->n_parameters, fit->aliased, where, err)
                                              : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu priors", problem->n_priors);
    for (size_t k = 0; k < problem->n_priors && !status; k++) {
        const mlab_prior *from = &problem->priors[k];
        mlab_fit_prior *to = &fit->priors[k];
        *to = (mlab_fit_prior){.parameter = where[k], .mean = from->mean, .sd = from->sd};
        to->data_estimate = data->estimate[where[k]];
        to->data_se = has_estimate(data) ? mlab_fit_standard_error(data, where[k]) : HUGE_VAL;
        to->source = mlab_copy_text(fit->context, from->source ? from->source : "stated");
        if (!to->source) {
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu priors", problem->n_priors);
            break;
        }
        fit->n_priors++;
        status = tell(fit, to, err);
    }
    fit->penalised_log_likelihood = fit->log_likelihood;
    for (size_t k = 0; fit->priors && k < fit->n_priors; k++) {
        const mlab_fit_prior *prior = &fit->priors[k];
        double z = (fit->estimate[prior->parameter] - prior->mean) / prior->sd;
        fit->penalised_log_likelihood -= 0.5 * z * z + log(prior->sd * ROOT_TWO_PI);
    }
    mlab_release(fit->context, where);
    return status;
}

bool mlab_model_takes_firth(const char *model)
{
    static const char *const models[] = {"logit", "cloglog", "probit", "multinomial", "ordinal", "hazard", "poisson", "cox"};
    for (size_t k = 0; k < sizeof models / sizeof *models; k++)
        if (strcmp(models[k], model) == 0) return true;
    return false;
}

mlab_status mlab_firth_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    mlab_prepared without = *prepared, with = *prepared;
    mlab_fit *plain = NULL;
    without.options.penalty = 0;
    if (!mlab_model_takes_firth(prepared->model->name))
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: Firth's penalty is for " MLAB_FIRTH_MODELS ", not for %s", fit->outcome, fit->model);
    if (prepared->problem->n_random)
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: Firth's penalty in %s with random effects is not built yet", fit->outcome, fit->model);
    mlab_status status = mlab_fit_start(context, &without, &plain, err);
    if (!status) status = prepared->model->fit(context, &without, plain, err);
    if (!status) with.separated = plain->trust == MLAB_SEPARATED;
    if (!status) status = prepared->model->fit(context, &with, fit, err);
    if (!status && with.separated) {
        void *const memory[] = {fit->robust, fit->influence, fit->influence_id};
        for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mlab_release(context, memory[i]);
        bool clustered = fit->robust != NULL;
        fit->robust = NULL;
        fit->influence = NULL;
        fit->influence_id = NULL;
        status = mlab_fit_doubt(fit, MLAB_TRUSTED, err, "without Firth's penalty: %s%s%s%s", plain->reason,
                                clustered ? "; standard errors are those of the model, rows of one " : "", clustered ? fit->cluster : "",
                                clustered ? " taken as independent" : "");
    }
    mlab_fit_free(plain);
    return status;
}

bool mlab_has_dispersion(const mlab_model *model)
{
    return (model->marks & MLAB_MODEL_PRECISION) || model == &mlab_model_gamma;
}

mlab_status mlab_priors_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    mlab_fit_problem alone = *problem;
    mlab_prepared without = *prepared, with = *prepared;
    mlab_fit *data = NULL;
    const char *outcome = problem->outcome ? problem->outcome : "outcome";
    bool mixed = problem->n_random && (prepared->model->marks & MLAB_MODEL_MIXED);
    if (!mixed && (!(prepared->model->marks & MLAB_MODEL_PENALTY) || problem->n_random))
        return mlab_raise_at(err, MLAB_ERR_DATA_NOT_BUILT, &problem->priors[0].place, "%s: priors in %s%s are not built yet", outcome,
                             prepared->model->name, problem->n_random ? " with random effects" : "");
    if (mixed && problem->warm_mixed) return mlab_prepared_fit_once(context, prepared, fit, err); /* a refit: estimates alone */
    alone.n_priors = 0;
    without.problem = &alone;
    mlab_status status = mlab_fit_start(context, &without, &data, err);
    if (!status) status = mlab_prepared_fit_once(context, &without, data, err);
    if (!status && !mixed) {
        bool has = mlab_has_dispersion(prepared->model); /* the theta of counts is none */
        with.dispersion = !has ? 0 : data->residual_variance > 0 ? data->residual_variance : data->shape > 0 ? 1 / data->shape : 0;
        if (has && !(with.dispersion > 0))
            status = mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: the data leave no variance to weigh a prior by", outcome);
    }
    if (!status) status = mlab_prepared_fit_once(context, &with, fit, err);
    if (!status) status = mlab_priors_describe(problem, data, fit, err);
    if (!status && prepared->options.robust != MLAB_ROBUST_CR1 && !mixed)
        status = mlab_fit_doubt(fit, MLAB_TRUSTED, err, "with priors the errors stay those of CR1 by one cluster");
    mlab_fit_free(data);
    return status;
}
