/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The profile likelihood of the standard deviation of a frailty: Newton over everything else. */
#include "fit/survival/frailty_draw.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "fit/survival/frailty.h"
#include "fit/survival/times_frailty.h"

#include <math.h>
#include <string.h>

struct mlab_frailty_held {
    const mlab_context *context;
    const mlab_prepared *prepared;
    mlab_times_groups groups;
    double *parameters; /* [n] in centred columns, where the last call ended */
    bool is_cox;
    mlab_frailty_again cox; /* instead of the groups */
};

void mlab_frailty_held_free(mlab_frailty_held *h)
{
    if (!h) return;
    if (h->is_cox)
        mlab_frailty_again_end(&h->cox);
    else
        mlab_times_groups_end(&h->groups);
    mlab_release(h->context, h->parameters);
    mlab_release(h->context, h);
}

mlab_status mlab_frailty_held_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_frailty_held **out,
                                   mlab_error *err)
{
    mlab_frailty_held *h = mlab_allocate(context, 1, sizeof *h);
    *out = NULL;
    if (!h) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the profile of a standard deviation");
    h->context = context;
    h->prepared = prepared;
    h->is_cox = prepared->model == &mlab_model_cox;
    mlab_status status =
        h->is_cox ? mlab_frailty_again_begin(context, prepared, fit, &h->cox, err) : mlab_times_groups_begin(context, prepared, &h->groups, err);
    h->parameters = mlab_allocate(context, fit->n_parameters + 1, sizeof *h->parameters);
    if (!status && !h->parameters) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the profile of a standard deviation");
    if (status) {
        mlab_frailty_held_free(h);
        return status;
    }
    *out = h;
    if (h->is_cox) return MLAB_OK;
    memcpy(h->parameters, fit->estimate, fit->n_parameters * sizeof *h->parameters);
    mlab_times_uncentre(h->groups.times, h->parameters, -1);
    h->groups.fixed[fit->n_parameters] = 1;
    return MLAB_OK;
}

static mlab_status cox_at(mlab_frailty_held *h, double sd, double *value, mlab_error *err)
{
    mlab_frailty *f = &h->cox.f;
    const mlab_fit_options *options = &h->prepared->options;
    f->variance = fmax(sd * sd, 1e-8);
    h->cox.top.hold_variance = true;
    mlab_status status = mlab_frailty_climb(f, f->rows->aliased, fmax(options->tolerance, 1e-6), (int)options->iterations, &h->cox.top, err);
    *value = status || !h->cox.top.converged ? -HUGE_VAL : f->value;
    return status;
}

mlab_status mlab_frailty_held_at(void *work, double sd, double *value, mlab_error *err)
{
    mlab_frailty_held *h = work;
    if (h->is_cox) return cox_at(h, sd, value, err);
    mlab_times_groups *g = &h->groups;
    const mlab_fit_options *options = &h->prepared->options;
    const bool none = !(sd > 1e-4);
    mlab_newton_result result;
    mlab_newton_spec spec = {.n = none ? g->n - 1 : g->n,
                             .evaluate = none ? mlab_times_evaluate : mlab_times_groups_evaluate,
                             .work = none ? (void *)&g->pass : (void *)g,
                             .fixed = g->fixed,
                             .bounded = true,
                             .tolerance = fmax(options->tolerance, 1e-6),
                             .iterations = (int)options->iterations};
    h->parameters[g->n - 1] = none ? 0 : 2 * mlab_log(sd);
    mlab_status status = mlab_newton(h->context, &spec, h->parameters, NULL, NULL, &result, err);
    *value = status || !result.converged ? -HUGE_VAL : result.log_likelihood;
    return status;
}
