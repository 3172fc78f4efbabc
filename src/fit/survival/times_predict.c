/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Survival at given times of the parametric models, known from the fit alone. */
#include "fit/survival/times.h"

#include "core/elementary.h"
#include "core/error.h"

#include <math.h>
#include <string.h>

typedef struct law {
    enum { LOCATION, GOMPERTZ, SPLINE } form;
    mlab_time_error kind;
    double sigma, q; /* Gompertz: q is the shape */
} law;

static law law_of(const mlab_fit *fit, const double *ancillary)
{
    law l = {.form = LOCATION, .sigma = 1};
    const char *model = fit->model;
    if (strcmp(model, "gompertz") == 0) return (law){.form = GOMPERTZ, .q = ancillary[0]};
    if (strcmp(model, "spline") == 0) {
        l.form = SPLINE;
        l.kind = strcmp(fit->link, "cloglog") == 0 ? MLAB_TIME_EXTREME : strcmp(fit->link, "logit") == 0 ? MLAB_TIME_LOGISTIC : MLAB_TIME_NORMAL;
        return l;
    }
    if (fit->n_ancillary > 0) l.sigma = mlab_exp(ancillary[0]);
    if (fit->n_ancillary > 1) l.q = ancillary[1];
    l.kind = strcmp(model, "survival_lognormal") == 0  ? MLAB_TIME_NORMAL
             : strcmp(model, "loglogistic") == 0       ? MLAB_TIME_LOGISTIC
             : strcmp(model, "generalised_gamma") == 0 ? MLAB_TIME_GAMMA
                                                       : MLAB_TIME_EXTREME;
    return l;
}

size_t mlab_times_width(const mlab_fit *fit, mlab_scale scale, size_t n_times)
{
    (void)fit;
    return scale == MLAB_SCALE_SURVIVAL ? n_times : 0;
}

/* part [n_times]: what depends on the time alone: log t, the spline, or (exp(g t) - 1) / g. */
static void set_parts(const mlab_fit *fit, const law *l, const double *ancillary, const double *times, size_t n_times, double *part)
{
    double basis[MLAB_MOST_ANCILLARY];
    for (size_t t = 0; t < n_times; t++) {
        if (l->form == GOMPERTZ) {
            part[t] = fabs(l->q * times[t]) < 1e-300 ? times[t] : mlab_expm1(l->q * times[t]) / l->q;
            continue;
        }
        part[t] = times[t] > 0 ? mlab_log(times[t]) : -HUGE_VAL;
        if (l->form != SPLINE || !(times[t] > 0)) continue;
        mlab_time_basis(fit->knots, fit->n_knots, part[t], basis, NULL);
        part[t] = 0;
        for (size_t k = 0; k < fit->n_ancillary; k++) part[t] += ancillary[k] * basis[k];
    }
}

mlab_status mlab_times_predict(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, const double *parameters, size_t n,
                               const double *eta, const double *share, const double *times, size_t n_times, double *out, mlab_error *err)
{
    (void)scale, (void)share;
    const double *ancillary = parameters + fit->n_parameters - fit->n_ancillary;
    bool spline = strcmp(fit->model, "spline") == 0;
    if (spline && fit->n_knots != fit->n_ancillary + 1) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: the fit has no knots", fit->outcome);
    if (n == 0) return MLAB_OK;
    law l = law_of(fit, ancillary);
    double *part = out + (n - 1) * n_times; /* the last row's place; it is used up last */
    (void)context;
    set_parts(fit, &l, ancillary, times, n_times, part);
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < n_times; t++) {
            double log_survival = 0;
            if (l.form == GOMPERTZ)
                log_survival = -mlab_exp(fmin(eta[i], 700)) * part[t];
            else if (part[t] > -HUGE_VAL)
                log_survival = mlab_time_log_survival(l.kind, l.form == SPLINE ? eta[i] + part[t] : (part[t] - eta[i]) / l.sigma, l.q).value;
            out[i * n_times + t] = mlab_exp(log_survival);
        }
    return MLAB_OK;
}
