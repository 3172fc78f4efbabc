/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cumulative hazard of a fitted law of times and its inverse, for predictions and for drawn times.
 *
 * The inverse is in closed form but for the generalised gamma (the incomplete gamma function's inverse, or Newton steps on the log survival, which is
 * concave, where the shape is near 0) and the spline (steps of Newton inside a bracket that is halved otherwise). Weakness: a spline that falls
 * between events has more than one such time; one of them is found.
 */
#include "fit/survival/times.h"

#include "core/elementary.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#define MOST_HAZARD 700.0    /* exp(-700) is as good as never */
#define NEARLY_NORMAL 0.1    /* |Q| below which the gamma's shape is beyond 100 */
#define MOST_LOG_TIME 1000.0 /* to both sides of the knots */

mlab_time_law mlab_time_law_of(const mlab_fit *fit, const double *ancillary)
{
    mlab_time_law law = {.form = MLAB_LAW_LOCATION, .sigma = 1, .ancillary = ancillary, .n_ancillary = fit->n_ancillary};
    const char *model = fit->model;
    law.kind = strcmp(model, "survival_lognormal") == 0  ? MLAB_TIME_NORMAL
               : strcmp(model, "loglogistic") == 0       ? MLAB_TIME_LOGISTIC
               : strcmp(model, "generalised_gamma") == 0 ? MLAB_TIME_GAMMA
                                                         : MLAB_TIME_EXTREME;
    if (strcmp(model, "gompertz") == 0) {
        law.form = MLAB_LAW_GOMPERTZ;
        law.q = ancillary[0];
    } else if (strcmp(model, "spline") == 0) {
        law.form = MLAB_LAW_SPLINE;
        law.kind = strcmp(fit->link, "cloglog") == 0 ? MLAB_TIME_EXTREME : strcmp(fit->link, "logit") == 0 ? MLAB_TIME_LOGISTIC : MLAB_TIME_NORMAL;
        law.knots = fit->knots;
        law.n_knots = fit->n_knots;
    } else {
        if (fit->n_ancillary > 0) law.sigma = mlab_exp(ancillary[0]);
        if (fit->n_ancillary > 1) law.q = ancillary[1];
    }
    return law;
}

/* The spline at log time x, and its slope. */
static double spline_at(const mlab_time_law *law, double x, double *slope)
{
    double basis[MLAB_MOST_ANCILLARY], slopes[MLAB_MOST_ANCILLARY], sum = 0;
    mlab_time_basis(law->knots, law->n_knots, x, basis, slope ? slopes : NULL);
    if (slope) *slope = 0;
    for (size_t k = 0; k < law->n_ancillary; k++) {
        sum += law->ancillary[k] * basis[k];
        if (slope) *slope += law->ancillary[k] * slopes[k];
    }
    return sum;
}

double mlab_time_law_part(const mlab_time_law *law, double t)
{
    if (law->form == MLAB_LAW_GOMPERTZ) return fabs(law->q * t) < 1e-300 ? t : mlab_expm1(law->q * t) / law->q;
    if (!(t > 0)) return -HUGE_VAL;
    return law->form == MLAB_LAW_SPLINE ? spline_at(law, mlab_log(t), NULL) : mlab_log(t);
}

double mlab_time_law_hazard(const mlab_time_law *law, double eta, double part)
{
    if (law->form == MLAB_LAW_GOMPERTZ) return mlab_exp(fmin(eta, 700)) * part;
    if (!(part > -HUGE_VAL)) return 0;
    return -mlab_time_log_survival(law->kind, law->form == MLAB_LAW_SPLINE ? eta + part : (part - eta) / law->sigma, law->q).value;
}

/* --- the inverse ------------------------------------------------------------------------------------------------------- */

static double normal_place(double hazard)
{
    return hazard < 0.5 ? mlab_normal_quantile(-mlab_expm1(-hazard)) : -mlab_normal_quantile(mlab_exp(-hazard));
}

static double gamma_place(double hazard, double q)
{
    double shape = 1 / (q * q), w = normal_place(hazard);
    if (fabs(q) >= NEARLY_NORMAL) {
        double y = q > 0 ? gsl_cdf_gamma_Qinv(mlab_exp(-hazard), shape, 1) : gsl_cdf_gamma_Pinv(mlab_exp(-hazard), shape, 1);
        if (y > 0) w = mlab_log(y * q * q) / q;
        return w;
    }
    for (int k = 0; k < 30; k++) {
        mlab_time_value at = mlab_time_log_survival(MLAB_TIME_GAMMA, w, q);
        double step = (at.value + hazard) / at.first;
        if (!isfinite(step)) break;
        w -= fmax(fmin(step, 2), -2);
        if (fabs(step) < 1e-10) break;
    }
    return w;
}

/* Where the law of w has the cumulative hazard. */
static double place_of(const mlab_time_law *law, double hazard)
{
    if (law->kind == MLAB_TIME_EXTREME) return mlab_log(hazard);
    if (law->kind == MLAB_TIME_LOGISTIC) return mlab_log(mlab_expm1(hazard));
    return law->kind == MLAB_TIME_NORMAL ? normal_place(hazard) : gamma_place(hazard, law->q);
}

/* The time at which the spline is `wanted`. */
static double spline_time(const mlab_time_law *law, double wanted)
{
    double low = law->knots[0], high = law->knots[law->n_knots - 1], least = low - MOST_LOG_TIME, most = high + MOST_LOG_TIME;
    for (double step = 1; spline_at(law, low, NULL) > wanted; step *= 2) {
        if (low < least) return 0;
        low -= step;
    }
    for (double step = 1; spline_at(law, high, NULL) < wanted; step *= 2) {
        if (high > most) return HUGE_VAL;
        high += step;
    }
    double x = 0.5 * (low + high), slope;
    for (int k = 0; k < 200; k++) {
        double left = spline_at(law, x, &slope) - wanted, last = x;
        if (left > 0)
            high = x;
        else
            low = x;
        x -= left / slope;
        if (!(x > low && x < high)) x = 0.5 * (low + high);
        if (fabs(x - last) < 1e-12 * (1 + fabs(x))) break;
    }
    return mlab_exp(x);
}

double mlab_time_law_time(const mlab_time_law *law, double eta, double hazard)
{
    hazard = fmin(hazard, MOST_HAZARD);
    if (law->form == MLAB_LAW_GOMPERTZ) {
        double part = hazard * mlab_exp(-fmax(eta, -700)), grown = law->q * part;
        if (!(grown > -1)) return HUGE_VAL;
        return fabs(grown) < 1e-12 ? part : mlab_log1p(grown) / law->q;
    }
    double w = place_of(law, hazard);
    if (law->form == MLAB_LAW_SPLINE) return spline_time(law, w - eta);
    double log_time = eta + law->sigma * w;
    return log_time < 700 ? mlab_exp(log_time) : HUGE_VAL;
}
