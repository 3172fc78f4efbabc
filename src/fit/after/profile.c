/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals of coefficients by the profile likelihood (Venzon & Moolgavkar 1988, doi:10.2307/2347496): where twice the log-likelihood, all other
 * parameters at their best, has fallen by the chi-squared quantile.
 *
 * The root of that fall is nearly linear in the coefficient, so secant steps find its end; each is a fit with the coefficient held, started from the
 * one before. Weakness: rows are taken as independent; coefficients of nearly collinear columns, intercepts and thresholds are left out.
 */
#include "fit/after/profile.h"
#include "fit/after/penalised.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

static const double SETTLED = 1e-10, FAR = 200; /* standard errors */
enum { STEPS = 40 };

typedef struct profile {
    const mlab_context *context;
    mlab_profile_machine machine;
    const mlab_fit *fit;
    uint8_t *fixed;   /* [n] */
    double *at;       /* [n] in the columns of the machine */
    double top, root; /* largest log-likelihood; root of the quantile */
} profile;

/* sqrt(2 (top - l)) with coefficient j held at value; good: the fit converged. */
static mlab_status fall(profile *w, size_t j, double value, double *root, bool *good, mlab_error *err)
{
    mlab_newton_result result;
    if (w->machine.held) {
        double now = -HUGE_VAL;
        mlab_status held = w->machine.held(&w->machine, j, value, &now, good, err);
        *root = sqrt(fmax(0, 2 * (w->top - now)));
        return held;
    }
    w->at[j] = value * (w->machine.unit ? w->machine.unit[j] : 1);
    mlab_status status = mlab_newton(w->context, &w->machine.spec, w->at, NULL, NULL, &result, err);
    *good = !status && result.converged && isfinite(result.log_likelihood);
    *root = sqrt(fmax(0, 2 * (w->top - w->machine.of_value(&w->machine, result.log_likelihood))));
    return status;
}

/* One end of an interval. */
typedef struct limit {
    double *at;
    bool *open, *unknown;
} limit;

static limit lower_of(mlab_profile *made)
{
    return (limit){&made->lower, &made->lower_open, &made->lower_unknown};
}

static limit upper_of(mlab_profile *made)
{
    return (limit){&made->upper, &made->upper_open, &made->upper_unknown};
}

static void set_limit(limit end, double at, bool open, bool unknown)
{
    *end.at = at;
    *end.open = open;
    *end.unknown = unknown;
}

/* b: the estimate, and its standard error. */
static mlab_status find_end(profile *w, size_t j, double b, double se, double side, limit end, mlab_error *err)
{
    double x0 = b, r0 = 0, x1 = b + side * w->root * se, r1;
    bool good = true;
    set_limit(end, 0, false, true);
    memcpy(w->at, w->machine.best, w->machine.spec.n * sizeof *w->at);
    for (int step = 0; step < STEPS; step++) {
        mlab_status status = fall(w, j, x1, &r1, &good, err);
        if (status) return status;
        if (good && fabs(x1 - b) > FAR * se) set_limit(end, 0, true, false);
        if (!good || fabs(x1 - b) > FAR * se) return MLAB_OK;
        double slope = (r1 - r0) / (x1 - x0), next = slope * side > 0 ? x1 + (w->root - r1) / slope : x1 + side * 2 * (fabs(x1 - b) + se);
        if ((next - b) * side <= 0) next = (x1 + b) / 2;
        if (fabs(next - b) > 4 * fabs(x1 - b)) next = b + 4 * (x1 - b);
        x0 = x1;
        r0 = r1;
        x1 = next;
        if (fabs(x1 - x0) <= (w->machine.settled > 0 ? w->machine.settled : SETTLED) * se) {
            set_limit(end, x1, false, false);
            return MLAB_OK;
        }
    }
    return MLAB_OK;
}

static mlab_status profile_all(profile *w, mlab_after *after, mlab_error *err)
{
    size_t n = w->fit->n_parameters;
    mlab_status status = MLAB_OK;
    for (size_t j = 0; j < n && !status; j++) {
        if (w->fit->aliased[j] || !w->machine.has(&w->machine, j)) continue;
        mlab_profile *made = &after->profiles[after->n_profiles++];
        if (w->context->progress) w->context->progress(w->context->user, "profiles", j, n);
        made->name = mlab_copy_text(w->context, w->fit->names[j]);
        if (!made->name) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
        memcpy(w->fixed, w->fit->aliased, n);
        w->fixed[n] = 0;
        w->fixed[j] = 1;
        double b = w->fit->estimate[j], se = sqrt(w->fit->covariance[j * n + j]);
        status = find_end(w, j, b, se, -1, lower_of(made), err);
        if (!status) status = find_end(w, j, b, se, 1, upper_of(made), err);
    }
    return status;
}

/* The lower end of a log standard deviation, which levels off towards 0: by false position between b and where the fall is enough. */
static mlab_status find_low(profile *w, size_t j, double b, limit end, mlab_error *err)
{
    double low = b, f_low = -w->root, high = b, f_high = -w->root, root;
    bool good = true;
    memcpy(w->at, w->machine.best, w->machine.spec.n * sizeof *w->at);
    set_limit(end, 0, false, true);
    for (int step = 0; step < 12 && f_low < 0; step++) { /* down by halves until it has fallen */
        high = low, f_high = f_low;
        low -= 0.7;
        mlab_status status = fall(w, j, low, &root, &good, err);
        if (status || !good) return status;
        f_low = root - w->root;
    }
    if (f_low < 0) set_limit(end, 0, true, false);
    for (int step = 0; step < 2 * STEPS && f_low >= 0; step++) {
        double at = (low * f_high - high * f_low) / (f_high - f_low);
        mlab_status status = fall(w, j, at, &root, &good, err);
        if (status || !good) return status;
        double now = root - w->root;
        if (fabs(now) < 1e-9) {
            set_limit(end, at, false, false);
            break;
        }
        if (now < 0) {
            high = at, f_high = now;
            f_low /= 2; /* so that both sides move (Dowell & Jarratt 1971, the Illinois rule) */
        } else {
            low = at, f_low = now;
            f_high /= 2;
        }
    }
    return MLAB_OK;
}

/* Of the standard deviation of a frailty, on its logarithm; down to 0 where the likelihood without one has not fallen so far. */
static mlab_status profile_spread(profile *w, mlab_after *after, mlab_error *err)
{
    const mlab_random_effects *r = w->fit->random;
    size_t n = w->fit->n_parameters;
    mlab_text name = MLAB_TEXT(w->context);
    mlab_text_print(&name, "standard deviation of %s", r->group);
    mlab_profile *made = &after->profiles[after->n_profiles++];
    made->name = name.failed ? NULL : mlab_copy_text(w->context, mlab_text_get(&name));
    mlab_text_free(&name);
    if (!made->name) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    double b = log(r->sd[0]), se = r->sd_se[0] / r->sd[0];
    mlab_status status = MLAB_OK;
    memcpy(w->fixed, w->fit->aliased, n);
    w->fixed[n] = 1;
    if (r->deviance > w->root * w->root) {
        status = find_low(w, n, b, lower_of(made), err);
        made->lower = made->lower_open || made->lower_unknown ? 0 : exp(made->lower);
    }
    if (!status) status = find_end(w, n, b, se, 1, upper_of(made), err);
    made->upper = made->upper_open || made->upper_unknown ? 0 : exp(made->upper);
    return status;
}

mlab_status mlab_after_profiles(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_after *after, mlab_error *err)
{
    size_t n = fit->n_parameters;
    const bool penalised = mlab_is_penalised(prepared);
    if (fit->trust == MLAB_SEPARATED || fit->trust == MLAB_NOT_CONVERGED || prepared->problem->weights_sampling) return MLAB_OK;
    if (!(penalised ? mlab_penalised_is_made : mlab_profile_is_made)(prepared, fit)) return MLAB_OK;
    profile w = {.context = context, .fit = fit, .root = sqrt(gsl_cdf_chisq_Pinv(prepared->options.level, 1))};
    double value = 0;
    w.fixed = mlab_allocate(context, n + 1, 1);
    w.at = mlab_allocate(context, n + 1, sizeof *w.at);
    after->profiles = mlab_allocate(context, n + 1, sizeof *after->profiles);
    mlab_status status =
        w.fixed && w.at && after->profiles ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for profiles of %s", fit->outcome);
    if (!status && penalised) {
        status = mlab_penalised_profiles(context, prepared, fit, after, err);
        goto out;
    }
    if (!status) status = mlab_profile_machine_make(context, prepared, fit, w.fixed, &w.machine, err);
    if (!status && w.machine.spec.evaluate) status = w.machine.spec.evaluate(w.machine.spec.work, w.machine.best, &value, NULL, NULL, err);
    if (!status) {
        w.top = w.machine.held ? *w.machine.best : w.machine.of_value(&w.machine, value);
        status = profile_all(&w, after, err);
        if (!status && mlab_fit_has_frailty(fit)) status = profile_spread(&w, after, err);
    }
    mlab_profile_machine_free(context, w.machine);
out:
    mlab_release(context, w.fixed);
    mlab_release(context, w.at);
    return status;
}
