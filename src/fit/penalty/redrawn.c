/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refits to samples with priors: in each the means of the priors are drawn from the priors, so that the spread of the refits holds what the prior
 * does not know (randomised maximum a posteriori: Bardsley, Solonen, Haario & Laine 2014, doi:10.1137/140964023; exact for linear models with known
 * variance). Weakness: where likelihoods are far from normal the draws are near the posterior, not from it.
 */
#include "fit/penalty/redrawn.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/mixed/mixed.h"

enum { BLOCK_PRIORS = 128 }; /* behind the effects of groups of a parametric sample */

mlab_status mlab_priors_redraw(const mlab_context *context, const mlab_fit_problem *problem, const mlab_address *address, mlab_prior **priors,
                               mlab_error *err)
{
    size_t n = problem->n_priors;
    if (!(*priors = mlab_allocate(context, n, sizeof **priors))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu priors", n);
    for (size_t k = 0; k < n; k++) {
        mlab_address at = *address;
        at.entity = (uint32_t)k;
        at.block = BLOCK_PRIORS;
        (*priors)[k] = problem->priors[k];
        (*priors)[k].mean += (*priors)[k].sd * mlab_random_normal(&at, 0);
    }
    return MLAB_OK;
}

mlab_status mlab_refit_redrawn(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const mlab_fit *fit,
                               const mlab_address *address, double *estimate, double *spread, mlab_refit_info *info, mlab_error *err)
{
    mlab_fit_problem problem = *prepared->problem;
    mlab_prepared own = *prepared;
    mlab_prior *priors;
    mlab_status status = mlab_priors_redraw(context, prepared->problem, address, &priors, err);
    if (status) return status;
    problem.priors = priors;
    own.problem = &problem;
    status = fit->n_random ? mlab_mixed_refit_from(context, &own, weights, fit, fit->estimate, estimate, spread, info, err)
                           : mlab_prepared_refit(context, &own, weights, fit->estimate, estimate, info, err);
    mlab_release(context, priors);
    return status;
}
