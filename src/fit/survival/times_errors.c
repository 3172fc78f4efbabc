/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log density and log survival of a standardised log time w, with first and second derivatives: smallest extreme value (Weibull,
 * exponential), normal (log-normal), logistic (log-logistic). Kalbfleisch & Prentice 2002, ch. 2 and 3. Tails keep their digits: the normal one
 * goes through log erfc, the logistic one through log1p. */
#include "fit/survival/times.h"

#include "core/elementary.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_erf.h>
#include <math.h>

static const double HALF_LOG_TWO_PI = 0.91893853320467274178, ROOT_HALF = 0.70710678118654752440, LOG_TWO = 0.69314718055994530942;
static const double MOST = 700; /* exponent at which nothing is left */

static mlab_time_value extreme(double w, bool density)
{
    double e = mlab_exp(fmin(w, MOST));
    return (mlab_time_value){.value = density ? w - e : -e, .first = density ? 1 - e : -e, .second = -e};
}

static mlab_time_value normal_survival(double w)
{
    double hazard = gsl_sf_hazard(w);
    return (mlab_time_value){.value = gsl_sf_log_erfc(w * ROOT_HALF) - LOG_TWO, .first = -hazard, .second = -hazard * (hazard - w)};
}

static mlab_time_value logistic(double w, bool density)
{
    double f = mlab_logistic(w), above = w > 0 ? w + mlab_log1p(mlab_exp(-w)) : mlab_log1p(mlab_exp(w)), times = density ? 2 : 1; /* log(1 + e^w) */
    return (mlab_time_value){
        .value = (density ? w : 0) - times * above, .first = (density ? 1 : 0) - times * f, .second = -times * f * mlab_logistic(-w)};
}

mlab_time_value mlab_time_log_density(mlab_time_error kind, double w, double q)
{
    if (kind == MLAB_TIME_EXTREME) return extreme(w, true);
    if (kind == MLAB_TIME_NORMAL) return (mlab_time_value){.value = -0.5 * w * w - HALF_LOG_TWO_PI, .first = -w, .second = -1};
    if (kind == MLAB_TIME_LOGISTIC) return logistic(w, true);
    return mlab_gamma_log_density(w, q);
}

mlab_time_value mlab_time_log_survival(mlab_time_error kind, double w, double q)
{
    if (kind == MLAB_TIME_EXTREME) return extreme(w, false);
    if (kind == MLAB_TIME_NORMAL) return normal_survival(w);
    if (kind == MLAB_TIME_LOGISTIC) return logistic(w, false);
    return mlab_gamma_log_survival(w, q);
}
