/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told of random effects beside their standard deviations: intervals and shares of the variance.
 *
 * Intervals are normal for the logarithm. A share is s_t / (sum of all s + r), r the variance of a single row on the scale of the model: that of
 * the residuals, pi^2 / 3 (logit), 1 (probit), pi^2 / 6 (complementary log-log); with one grouping it is the intraclass correlation (Nakagawa,
 * Johnson & Schielzeth 2017, doi:10.1098/rsif.2017.0213).
 * Weakness: normal intervals are too short above with few groups.
 */
#include "mentorlab/fit.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

static const double ENDLESS = 100; /* so many times the estimate is no end: the data do not say how large it may be */
static const double PI = 3.14159265358979323846;

bool mlab_random_told(const mlab_fit *fit)
{
    return fit->trust != MLAB_NOT_CONVERGED && fit->trust != MLAB_SEPARATED;
}

bool mlab_random_correlation(const mlab_random_effects *random, size_t effect, size_t other, double *correlation)
{
    *correlation = 0;
    if (effect >= random->n || other >= random->n || !random->covariance) return false;
    double covariance = random->covariance[effect * random->n + other], size = random->sd[effect] * random->sd[other];
    if (!(size > 0) || covariance == 0) return false;
    *correlation = fmax(-1, fmin(1, covariance / size));
    return true;
}

bool mlab_random_interval(const mlab_random_effects *random, size_t effect, double level, double *lower, double *upper)
{
    double sd = random->sd[effect], se = random->sd_se[effect];
    *lower = *upper = sd;
    if (!(sd > 0) || !(se > 0) || !isfinite(se)) return false;
    double factor = exp(gsl_cdf_gaussian_Pinv((1 + level) / 2, 1) * se / sd);
    *lower = sd / factor;
    *upper = factor > ENDLESS ? HUGE_VAL : sd * factor;
    return true;
}

double mlab_fit_residual(const mlab_fit *fit)
{
    if (fit->n_blocks != 1) return -1;
    if (fit->residual_variance > 0) return fit->residual_variance;
    if (strcmp(fit->link, "logit") == 0) return PI * PI / 3;
    if (strcmp(fit->link, "probit") == 0) return 1;
    return strcmp(fit->link, "cloglog") == 0 ? PI * PI / 6 : -1;
}

double mlab_random_share(const mlab_fit *fit, size_t grouping)
{
    double sum = mlab_fit_residual(fit);
    if (!(sum > 0) || !mlab_random_told(fit)) return -1;
    for (size_t t = 0; t < fit->n_random; t++) {
        const mlab_random_effects *random = &fit->random[t];
        if (random->n != 1 || strcmp(random->names[0], "(Intercept)") != 0) return -1;
        sum += random->covariance[0];
    }
    return fit->random[grouping].covariance[0] / sum;
}
