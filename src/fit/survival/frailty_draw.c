/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of frailties by inversion of their distribution given the group's d events and cumulative hazard H: a gamma z has the gamma distribution with
 * shape 1 / w + d and rate 1 / w + H; the log u of a log-normal one has the density exp(d u - H e^u - u^2 / (2 w)) up to a constant, taken as
 * straight between points a sixteenth of its width apart (variances within 0.05 %).
 */
#include "fit/survival/frailty_draw.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "fit/survival/frailty_cox_draw.h"
#include "fit/survival/times_frailty.h"

#include <float.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

enum { POINTS = 256 }; /* to both sides of the mean: eight widths */

struct mlab_frailty_draw {
    const mlab_context *context;
    const mlab_prepared *prepared;
    mlab_times_groups groups;
    double *parameters; /* [n] */
    bool gamma, is_cox;
    mlab_cox_draw cox; /* instead of the groups */
};

static double normal_quantile(double d, double hazard, double w, double u)
{
    mlab_frailty_term t = mlab_frailty_normal(d, hazard, w);
    double density[POINTS + 1], step = t.effect_spread / 16, low = t.effect - step * POINTS / 2, all = 0, top = -HUGE_VAL, so_far = 0;
    for (size_t k = 0; k <= POINTS; k++) {
        double at = low + step * (double)k;
        density[k] = d * at - hazard * mlab_exp(at) - at * at / (2 * w);
        top = fmax(top, density[k]);
    }
    for (size_t k = 0; k <= POINTS; k++) density[k] = mlab_exp(density[k] - top);
    for (size_t k = 0; k < POINTS; k++) all += 0.5 * (density[k] + density[k + 1]);
    for (size_t k = 0; k < POINTS; k++) {
        double a = density[k], b = density[k + 1], own = 0.5 * (a + b), left = u * all - so_far;
        if (left > own && k + 1 < POINTS) {
            so_far += own;
            continue;
        }
        double root = sqrt(fmax(a * a + 2 * (b - a) * left, 0)); /* a x + (b - a) x^2 / 2 = left */
        double part = a + root > 0 ? 2 * left / (a + root) : 0;
        return low + step * ((double)k + fmin(part, 1));
    }
    return t.effect;
}

double mlab_frailty_quantile(bool gamma, double events, double hazard, double variance, double u)
{
    if (!(variance > 0)) return 0;
    if (!gamma) return normal_quantile(events, hazard, variance, u);
    double z = gsl_cdf_gamma_Pinv(u, 1 / variance + events, 1 / (1 / variance + hazard));
    return mlab_log(fmax(z, DBL_MIN));
}

void mlab_frailty_draw_free(mlab_frailty_draw *draw)
{
    if (!draw) return;
    if (draw->is_cox)
        mlab_cox_draw_end(&draw->cox);
    else
        mlab_times_groups_end(&draw->groups);
    mlab_release(draw->context, draw->parameters);
    mlab_release(draw->context, draw);
}

mlab_status mlab_frailty_draw_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_frailty_draw **out,
                                   mlab_error *err)
{
    mlab_frailty_draw *draw = mlab_allocate(context, 1, sizeof *draw);
    *out = NULL;
    if (!draw) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws of %s", fit->outcome);
    draw->context = context;
    draw->prepared = prepared;
    draw->gamma = fit->random->gamma;
    draw->is_cox = prepared->model == &mlab_model_cox;
    mlab_status status =
        draw->is_cox ? mlab_cox_draw_begin(context, prepared, fit, &draw->cox, err) : mlab_times_groups_begin(context, prepared, &draw->groups, err);
    draw->parameters = mlab_allocate(context, fit->n_parameters + 1, sizeof *draw->parameters);
    if (!status && !draw->parameters) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws of %s", fit->outcome);
    if (status) {
        mlab_frailty_draw_free(draw);
        draw = NULL;
    }
    *out = draw;
    return status;
}

/* value [n_groups] from the numbers of the groups' events and their hazards. */
static void invert(const mlab_frailty_draw *draw, const double *events, const double *hazard, double variance, size_t n, const mlab_address *address,
                   double *value)
{
    mlab_address at = *address;
    for (size_t k = 0; k < n && variance > 1e-10; k++) { /* else groups do not differ */
        at.entity = (uint32_t)k;
        value[k] = mlab_frailty_quantile(draw->gamma, events[k], hazard[k], variance, mlab_random_uniform(&at, 0));
    }
}

mlab_status mlab_frailty_draw_effects(mlab_frailty_draw *draw, const double *estimate, double sd, const mlab_address *address, bool kept,
                                      double *hazard, double *value, bool *possible, mlab_error *err)
{
    double likelihood, variance = sd * sd;
    *possible = true;
    if (draw->is_cox) {
        const mlab_frailty *f = &draw->cox.again.f;
        memset(value, 0, f->n_groups * sizeof *value);
        mlab_cox_draw_steps(&draw->cox, estimate, variance, address, kept, hazard);
        invert(draw, f->group_events, f->hazard, variance, f->n_groups, address, value);
        return MLAB_OK;
    }
    mlab_times_groups *g = &draw->groups;
    size_t n = g->n;
    memset(value, 0, g->n_groups * sizeof *value);
    memcpy(draw->parameters, estimate, (n - 1) * sizeof *estimate);
    mlab_times_uncentre(g->times, draw->parameters, -1);
    draw->parameters[n - 1] = mlab_log(fmax(variance, 1e-9));
    mlab_status status = mlab_times_groups_evaluate(g, draw->parameters, &likelihood, NULL, NULL, err);
    *possible = likelihood > -HUGE_VAL;
    if (!status && *possible) invert(draw, g->events, g->hazard, variance, g->n_groups, address, value);
    return status;
}
