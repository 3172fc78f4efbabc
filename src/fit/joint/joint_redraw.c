/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of a joint model by refits: to people drawn with replacement, each with all their rows of all parts (cluster bootstrap; Field & Welsh 2007,
 * doi:10.1111/j.1467-9868.2007.00593.x), or to responses drawn from the fit. Somebody who is k times in a sample is k people alike, so that a refit
 * is one with weights of people. Each goes to its own maximum from the estimates, with Newton steps as the fit itself. A refit without a definite
 * maximum is drawn again, up to four times, and counted. Person j of draw d is the one at floor(n u), u at the address (seed, draw d, entity j,
 * period = attempt, replicate 0, purpose BOOTSTRAP): the samples of the other outcomes that have the same people.
 * Weakness: samples that have no maximum are left out, so that the draws lack their tails.
 */
#include "fit/joint/joint_draws.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

enum { ATTEMPTS = 5, ITERATIONS = 50 };
#define MOST_FAILED(n_) ((n_) / 5)

typedef struct redraw {
    mlab_joint_drawing *d;
    mlab_joint_simulated *simulated; /* NULL = samples of people */
    double *own_weight;              /* [n_people] of the fit, or NULL = 1 */
    double *count;                   /* [n_people] */
    uint64_t n_failed;
    bool hopeless;
} redraw;

/* From the estimates to the maximum; *found = it is definite and settled. */
static mlab_status refit(const redraw *w, mlab_joint_model *model, double *to, bool *found, mlab_error *err)
{
    mlab_joint_climb c = {0};
    mlab_joint_replace(w->d, model);
    mlab_status status = mlab_joint_climb_start(model, &c, err);
    if (!status) {
        memcpy(c.psi, w->d->psi, w->d->n * sizeof *c.psi);
        status = mlab_joint_climb_up(model, ITERATIONS, &c, err);
    }
    *found = !status && c.converged && c.definite && c.value > -HUGE_VAL;
    if (*found) {
        memcpy(to, c.psi, w->d->n * sizeof *to);
        mlab_joint_positive(model, to);
        mlab_joint_outward(model, to);
    }
    mlab_joint_climb_end(model, &c);
    return status;
}

static mlab_status sample(const redraw *w, const mlab_address *address, double *to, bool *found, mlab_error *err)
{
    mlab_joint_model *model = w->d->model;
    mlab_random_sample(w->d->context, address, model->n_people, w->count);
    for (size_t g = 0; g < model->n_people && w->own_weight; g++) w->count[g] *= w->own_weight[g];
    model->weight = w->count;
    mlab_status status = refit(w, model, to, found, err);
    model->weight = w->own_weight;
    return status;
}

static mlab_status simulate(const redraw *w, const mlab_address *address, double *to, bool *found, mlab_error *err)
{
    mlab_joint_model *model;
    mlab_status status = mlab_joint_simulated_draw(w->simulated, address, &model, err);
    return status ? status : refit(w, model, to, found, err);
}

static mlab_status draw_one(redraw *w, size_t k, mlab_error *err)
{
    bool found = false;
    mlab_status status = MLAB_OK;
    for (uint16_t attempt = 0; attempt < ATTEMPTS && !found && !status; attempt++) {
        mlab_address address = {.seed = w->d->draws->seed, .draw = (uint32_t)k, .period = attempt, .purpose = MLAB_PURPOSE_BOOTSTRAP};
        double *to = w->d->all + k * w->d->n;
        status = w->simulated ? simulate(w, &address, to, &found, err) : sample(w, &address, to, &found, err);
        w->n_failed += !found;
    }
    w->hopeless = w->hopeless || !found;
    return status;
}

static mlab_status tell_failures(const redraw *w, mlab_error *err)
{
    mlab_draws *draws = w->d->draws;
    draws->n_failed = w->n_failed;
    if (draws->n_failed == 0) return MLAB_OK;
    if (w->hopeless || draws->n_failed > MOST_FAILED(draws->n_draws))
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS,
                          "%s: of %zu samples too many have no maximum (%llu refits failed); fewer terms or levels would help, or fit.draws: normal",
                          w->d->fit->outcome, draws->n_draws, (unsigned long long)draws->n_failed);
    mlab_text text = MLAB_TEXT(w->d->context);
    mlab_text_print(&text, "%llu refits of %s had no maximum and were drawn again", (unsigned long long)draws->n_failed, w->d->fit->outcome);
    draws->note = text.failed ? NULL : mlab_copy_text(w->d->context, mlab_text_get(&text));
    mlab_text_free(&text);
    return draws->note ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sentence");
}

mlab_status mlab_joint_redraw(mlab_joint_drawing *d, bool parametric, mlab_error *err)
{
    redraw w = {.d = d, .own_weight = d->model->weight};
    mlab_status status = MLAB_OK;
    if (parametric)
        status = mlab_joint_simulated_make(d, &w.simulated, err);
    else if (!(w.count = mlab_allocate(d->context, d->model->n_people, sizeof *w.count)))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sample of %zu people", d->model->n_people);
    for (size_t k = 0; k < d->draws->n_draws && !status && !w.hopeless; k++) {
        if (d->context->cancelled && d->context->cancelled(d->context->user))
            status = mlab_raise(err, MLAB_ERR_CANCELLED, "stopped on request");
        else
            status = draw_one(&w, k, err);
    }
    if (!status) status = tell_failures(&w, err);
    mlab_joint_simulated_free(w.simulated);
    mlab_release(d->context, w.count);
    return status;
}
