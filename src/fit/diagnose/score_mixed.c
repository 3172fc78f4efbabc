/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The self-test of mixed models: sets of responses, each with new effects of all groups, are drawn from the fit; the mean of their scores must be
 * zero beside their spread over the sets (Hotelling 1931 for the mean of few vectors, each parameter by itself here). Weakness: the Laplace
 * approximation has no score of zero in the mean where groups are small; what is found then is told as its bias.
 */
#include "fit/after/simulated.h"
#include "fit/diagnose/folds.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/mixed/mixed.h"
#include "fit/mixed/mixed_robust.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

enum { SETS = 40, MOST_PARAMETERS = 60 };
static const double SURPRISING = 1e-3; /* as in fit/diagnose/residuals.c, for the most surprising of all parameters */
#define MOST_WORK ((size_t)4000000)    /* rows times parameters */

/* scores [SETS * n] of sets of responses; n of them are there for each set. */
static mlab_status draw_scores(mlab_diagnosing *d, const mlab_expected *expected, mlab_simulated *simulated, const uint32_t *one, double **scores,
                               size_t *n, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (uint32_t r = 0; r < SETS && !status; r++) {
        mlab_address address = {.seed = 1, .draw = r + 1, .purpose = MLAB_PURPOSE_DIAGNOSE};
        mlab_cluster_scores own = {0};
        const char *spans;
        status = mlab_simulated_draw(simulated, expected, &address, err);
        simulated->problem.cluster = one;
        simulated->problem.n_clusters = 1;
        if (!status) status = mlab_cluster_scores_make(d->context, &simulated->prepared, d->fit, false, &own, &spans, err);
        if (!status && !*scores) {
            *n = own.n;
            *scores = mlab_allocate(d->context, SETS, own.n * sizeof **scores);
            if (!*scores) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu parameters", own.n);
        }
        if (!status) memcpy(*scores + r * *n, own.score, *n * sizeof **scores);
        mlab_cluster_scores_free(&own);
    }
    return status;
}

/* The smallest p of all parameters by t with SETS - 1 degrees of freedom, times their number. */
static double surprise(const double *scores, size_t n, double *t)
{
    double least = 1;
    *t = 0;
    for (size_t j = 0; j < n; j++) {
        double mean = 0, square = 0;
        for (size_t r = 0; r < SETS; r++) mean += scores[r * n + j] / SETS;
        for (size_t r = 0; r < SETS; r++) square += (scores[r * n + j] - mean) * (scores[r * n + j] - mean) / (SETS - 1);
        if (!(square > 0)) continue;
        double own = fabs(mean) / sqrt(square / SETS), p = 2 * gsl_cdf_tdist_Q(own, SETS - 1) * (double)n;
        if (p < least) least = p, *t = own;
    }
    return least;
}

const char *mlab_score_sentence(const mlab_prepared *prepared, bool surprising)
{
    if (!surprising) return "Self-test passed: responses and effects drawn from this fit have a score of zero in the mean (p = %.2g).";
    if (((const mlab_engine *)prepared->own)->family->additive)
        return "Self-test failed: responses drawn from this fit have a score that is not zero in the mean (p = %.2g); please report it.";
    if (prepared->options.quadrature > 1 && mlab_mixed_takes_nodes(prepared))
        return "Responses and effects drawn from this fit have a score that is not zero in the mean (p = %.2g): the quadrature has too few nodes; "
               "ask for more by fit.quadrature.";
    if (mlab_mixed_takes_nodes(prepared))
        return "Responses and effects drawn from this fit have a score that is not zero in the mean (p = %.2g): the Laplace "
               "approximation is biased where groups are small; ask for fit.quadrature: 15.";
    return "Responses and effects drawn from this fit have a score that is not zero in the mean (p = %.2g): the Laplace "
           "approximation is biased where groups are small; more rows of each group make the bias smaller.";
}

mlab_status mlab_diagnose_score_mixed(mlab_diagnosing *d, mlab_error *err)
{
    const mlab_fit *fit = d->fit;
    const mlab_fit_problem *problem = d->prepared->problem;
    mlab_expected expected = {0};
    mlab_simulated simulated = {0};
    double *scores = NULL, t;
    size_t n = 0;
    if (!d->prepared->model->predict || problem->weight || !fit->spread || problem->n * fit->n_parameters > MOST_WORK ||
        fit->n_parameters > MOST_PARAMETERS)
        return MLAB_OK;
    uint32_t *one = mlab_allocate(d->context, problem->n, sizeof *one);
    mlab_status status = one ? mlab_expected_make(d->context, d->prepared, fit, &expected, err)
                             : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu rows", problem->n);
    if (!status) status = mlab_simulated_make(d->context, &expected, &simulated, err);
    if (!status) status = draw_scores(d, &expected, &simulated, one, &scores, &n, err);
    if (!status) {
        double p = surprise(scores, n, &t);
        status = mlab_diagnose_add(d, p < SURPRISING, "score", "", t, p, err, mlab_score_sentence(d->prepared, p < SURPRISING), p);
    }
    mlab_simulated_free(&simulated);
    mlab_expected_free(&expected);
    mlab_release(d->context, scores);
    mlab_release(d->context, one);
    return status;
}
