/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What frailties of Cox's model and of parametric ones share: whom they are of, the effects that come out, and the boundary.
 *
 * A variance of 0 lies on the boundary: it is the estimate when the likelihood falls from there, and the test of it takes half of a chi-square with
 * one degree of freedom (Self & Liang 1987, doi:10.1080/01621459.1987.10478472).
 */
#include "fit/survival/frailty_group.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double MOST_WEIGHT = 1e4; /* a gamma term sums over events */

static mlab_status check_grouping(const mlab_prepared *prepared, const char *name, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    const mlab_random_grouping *random = problem->random;
    if (problem->n_random > 1 || random->memberships > 1 || random->share || mlab_design_columns(random->design) != 1 ||
        !mlab_design_has_intercept(random->design))
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: model %s takes one frailty (1 | group); other random effects in it are not built yet",
                          name, prepared->model->name);
    for (size_t i = 0; i < problem->n; i++)
        if (random->group[i] == UINT32_MAX)
            return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: row %zu has no %s; a frailty needs a group of every row", name,
                              (problem->rows ? problem->rows[i] : i) + 1, random->name);
    if (random->n_groups < 2)
        return mlab_raise(err, MLAB_ERR_FIT_RANK, "%s: %s has %zu group; random effects need at least 2", name, random->name, random->n_groups);
    return MLAB_OK;
}

mlab_status mlab_frailty_prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    const char *name = problem->outcome ? problem->outcome : "outcome";
    mlab_status status = check_grouping(prepared, name, err);
    for (size_t i = 0; problem->weight && i < problem->n && !status; i++)
        if (problem->weights_sampling || problem->weight[i] != floor(problem->weight[i]) || problem->weight[i] > MOST_WEIGHT)
            status =
                mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: a frailty takes weights that are whole numbers of equal rows, up to 10,000 (row %zu has %g)",
                           name, (problem->rows ? problem->rows[i] : i) + 1, problem->weight[i]);
    return status ? status : mlab_frailty_entries(context, problem, &prepared->enters, err);
}

/* --- effects ------------------------------------------------------------------------------------------------------------ */

mlab_status mlab_frailty_effects_make(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_random_grouping *from = prepared->problem->random;
    mlab_random_effects *r = fit->random = mlab_allocate(context, 1, sizeof *r);
    char number[24];
    if (!r) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for random effects");
    fit->n_random = r->n = 1;
    r->n_groups = from->n_groups;
    r->people = from->person != NULL;
    r->gamma = prepared->options.frailty == 1;
    r->tested = true;
    r->group = mlab_copy_text(context, from->name ? from->name : "group");
    r->names = mlab_allocate(context, 1, sizeof *r->names);
    r->groups = mlab_allocate(context, r->n_groups, sizeof *r->groups);
    double **const arrays[] = {&r->covariance, &r->sd, &r->sd_se};
    for (size_t a = 0; a < 3; a++) *arrays[a] = mlab_allocate(context, 1, sizeof(double));
    r->mode = mlab_allocate(context, r->n_groups, sizeof *r->mode);
    r->mode_se = mlab_allocate(context, r->n_groups, sizeof *r->mode_se);
    bool whole = mlab_design_copy(from->design, &r->design, err) == MLAB_OK && r->group && r->names && r->groups && r->covariance && r->sd &&
                 r->sd_se && r->mode && r->mode_se;
    if (whole) whole = (r->names[0] = mlab_copy_text(context, "(Intercept)"));
    for (size_t g = 0; whole && g < r->n_groups; g++) {
        snprintf(number, sizeof number, "%zu", g + 1);
        whole = (r->groups[g] = mlab_copy_text(context, from->groups ? from->groups[g] : number));
    }
    if (!whole) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the frailty of %zu groups", r->n_groups);
    size_t late = 0;
    for (size_t i = 0; prepared->enters && i < prepared->problem->n; i++) late += prepared->enters[i];
    if (late == 0) return MLAB_OK;
    return mlab_fit_doubt(
        fit, MLAB_TRUSTED, err,
        "%zu rows come late, which is conditioned on; if others of their %s had the event before they could be seen, and so are not in "
        "the data, the variance between groups is biased",
        late, r->group);
}

void mlab_frailty_effects_place(const mlab_frailty_term *term, double variance, double variance_se, double gain, mlab_fit *fit)
{
    mlab_random_effects *r = fit->random;
    r->covariance[0] = variance;
    r->sd[0] = sqrt(variance);
    r->sd_se[0] = variance_se / (2 * r->sd[0]);
    for (size_t g = 0; g < r->n_groups; g++) {
        r->mode[g] = term[g].effect;
        r->mode_se[g] = term[g].effect_spread;
    }
    r->deviance = fmax(2 * gain, 0);
    r->p = 0.5 * gsl_cdf_chisq_Q(r->deviance, 1);
}

mlab_status mlab_frailty_keep_spread(const mlab_context *context, const double *covariance, mlab_fit *fit, mlab_error *err)
{
    size_t p = fit->n_parameters, q = p + 1;
    double sd = fit->random->sd[0];
    fit->spread = mlab_allocate(context, 1, sizeof *fit->spread);
    fit->joint_covariance = mlab_allocate(context, q, q * sizeof *fit->joint_covariance);
    if (!fit->spread || !fit->joint_covariance) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the covariance of %zu parameters", q);
    fit->n_spread = 1;
    fit->spread[0] = sd;
    for (size_t j = 0; j < q; j++)
        for (size_t k = 0; k < q; k++) {
            double scale = (j < p ? 1 : 0.5 / sd) * (k < p ? 1 : 0.5 / sd);
            if (covariance)
                fit->joint_covariance[j * q + k] = (j < p && fit->aliased[j]) || (k < p && fit->aliased[k]) ? 0 : scale * covariance[j * q + k];
            else if (j < p && k < p)
                fit->joint_covariance[j * q + k] = fit->covariance[j * p + k];
        }
    return MLAB_OK;
}

mlab_status mlab_frailty_boundary(const mlab_context *context, mlab_fit *fit, mlab_error *err)
{
    fit->random->p = 1;
    mlab_status status = mlab_frailty_keep_spread(context, NULL, fit, err);
    return status ? status
                  : mlab_fit_doubt(fit, MLAB_ON_BOUNDARY, err, "the variance between %s is 0: nothing is left over for it", fit->random->group);
}

double mlab_frailty_slope(const double *events, const double *hazard, const double *entry, size_t n_groups)
{
    double slope = 0;
    for (size_t g = 0; g < n_groups; g++) {
        double left = events[g] - hazard[g], before = entry ? entry[g] : 0;
        slope += 0.5 * (left * left - events[g] - before * before);
    }
    return slope;
}
