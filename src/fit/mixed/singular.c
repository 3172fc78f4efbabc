/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariances of random effects that are singular: an effect that the effects before it foretell. The Cholesky factor of the correlation matrix,
 * whose pivots are what is left of each effect's variance given those before it. Weakness: it says that the estimate is singular, not whether the
 * truth is. */
#include "fit/mixed/mixed.h"

#include "fit/mixed/web.h"
#include "fit/outcome.h"

#include <math.h>
#include <string.h>

static const double FORETOLD = 0.999; /* correlation from which on an effect has nothing of its own */

static mlab_status doubt_one(const mlab_random_effects *r, size_t a, mlab_fit *fit, mlab_error *err)
{
    for (size_t b = 0; b < a; b++) {
        double correlation;
        if (!mlab_random_correlation(r, a, b, &correlation) || fabs(correlation) < FORETOLD) continue;
        return mlab_fit_doubt(fit, MLAB_ON_BOUNDARY, err,
                              "effects of %s between %s are a multiple of those of %s (correlation %+.2f): their covariance is singular; use ||",
                              r->names[a], r->group, r->names[b], correlation);
    }
    return mlab_fit_doubt(fit, MLAB_ON_BOUNDARY, err,
                          "effects of %s between %s follow from the others of the same groups: their covariance is singular; use ||", r->names[a],
                          r->group);
}

mlab_status mlab_mixed_doubt_singular(const mlab_random_effects *r, mlab_fit *fit, mlab_error *err)
{
    double factor[MLAB_MOST_OF_TERM][MLAB_MOST_OF_TERM] = {0};
    mlab_status status = MLAB_OK;
    for (size_t a = 0; a < r->n && a < MLAB_MOST_OF_TERM && !status; a++) {
        double left = 1, correlation;
        if (!(r->sd[a] > 0)) continue;
        for (size_t b = 0; b < a; b++) {
            if (!(factor[b][b] > 0)) continue;
            (void)mlab_random_correlation(r, a, b, &correlation);
            for (size_t k = 0; k < b; k++) correlation -= factor[a][k] * factor[b][k];
            factor[a][b] = correlation / factor[b][b];
            left -= factor[a][b] * factor[a][b];
        }
        if (left <= 1 - FORETOLD * FORETOLD)
            status = doubt_one(r, a, fit, err); /* its pivot stays 0: what follows is measured against those before it */
        else
            factor[a][a] = sqrt(left);
    }
    return status;
}
