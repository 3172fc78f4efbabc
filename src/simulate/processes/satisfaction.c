/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Satisfaction: everybody answers each survey by the cumulative model, given the state at the start of the period; the answer is the
 * "last answer" from the next period on. Whoever was never asked gets a first answer at once, so that a formula with the last
 * answer has one. Latent form: Y > k when x'b + e > threshold k, e logistic, normal, or log(-log(1 - u)), by the link of the fit. With effects by
 * threshold and on the scale it is when x'b + w'(c_k - c_1) + exp(z'd) e > threshold k; where thresholds cross, the level is the number of those
 * below, as if they were sorted. */
#include "simulate/effects.h"

#include "core/elementary.h"
#include "core/random.h"

#include <string.h>

/* Level + 1 of a latent value: thresholds rise, so it is the number of those below. */
static uint8_t level_of(const double *threshold, size_t n, double latent)
{
    uint32_t level = 1;
    for (size_t k = 0; k < n; k++) level += latent > threshold[k];
    return (uint8_t)level;
}

/* Level + 1 of person p, whose predictor at the first threshold is eta. */
static uint8_t answer_of(const mlab_organisation *o, const mlab_equation_draw *equation, uint32_t p, uint16_t code, double eta, double latent)
{
    size_t n = equation->equation->n_thresholds;
    double threshold[MLAB_MAX_LEVELS], shift, none;
    if (equation->n_more == 0) return level_of(equation->threshold, n, eta + latent);
    memcpy(threshold, equation->threshold, n * sizeof *threshold);
    for (size_t j = 0; j < equation->n_more; j++) {
        const mlab_equation_draw *one = &equation->more[j];
        mlab_equation_block(one, 1, &one->fixed[o->source[p]], &code, &o->tenure[p], &o->in_grade[p], &o->source[p], &shift);
        if (equation->on_scale && j + 1 == equation->n_more) {
            mlab_exp_array(o->context, &shift, &none, 1);
            latent *= none;
        } else
            threshold[j + 1] = equation->threshold[j + 1] - shift;
    }
    return level_of(threshold, n, eta + latent);
}

/* u [n] becomes the latent e of each. */
static void latents(const mlab_context *context, int latent, double *u, size_t n)
{
    if (latent == 1) {
        mlab_normal_quantile_array(context, u, u, n);
        return;
    }
    for (size_t i = 0; i < n; i++) u[i] = latent ? 1 - u[i] : u[i] / (1 - u[i]);
    mlab_log_array(context, u, u, n);
    if (latent == 0) return;
    for (size_t i = 0; i < n; i++) u[i] = -u[i];
    mlab_log_array(context, u, u, n);
}

/* Few people a period: predicted one by one. Their state code is set anew. */
void mlab_process_first_answers(mlab_organisation *o, uint32_t first, uint32_t n)
{
    const mlab_world *world = o->world;
    const mlab_equation_draw *equation = &o->draw->equations[world->satisfaction];
    mlab_address address = {.seed = (uint64_t)world->options.seed,
                            .draw = o->draw->draw,
                            .replicate = o->replicate,
                            .period = (uint16_t)o->period,
                            .purpose = MLAB_PURPOSE_SATISFACTION,
                            .block = 1};
    for (uint32_t i = 0; i < n; i++) {
        uint32_t p = first + i;
        if (o->last[p] || !o->there[p]) continue;
        double eta;
        mlab_equation_block(equation, 1, &o->base[world->satisfaction][p], &o->code[i], &o->tenure[p], &o->in_grade[p], &o->source[p], &eta);
        if (world->n_effects) mlab_effects_add(o, (size_t)world->satisfaction, p, 1, &o->code[i], &eta);
        address.entity = o->entity[p];
        double u = mlab_random_uniform(&address, 0);
        latents(o->context, equation->equation->latent, &u, 1);
        o->last[p] = answer_of(o, equation, p, o->code[i], eta, u);
        o->code[i] = (uint16_t)mlab_state_code(world, o->arm[p], o->grade[p], o->load[p] > 0, o->last[p]);
    }
}

void mlab_process_satisfaction(mlab_organisation *o, uint32_t first, uint32_t n)
{
    const mlab_world *world = o->world;
    const mlab_equation_draw *equation = &o->draw->equations[world->satisfaction];
    const mlab_address address = {.seed = (uint64_t)world->options.seed,
                                  .draw = o->draw->draw,
                                  .replicate = o->replicate,
                                  .period = (uint16_t)o->period,
                                  .purpose = MLAB_PURPOSE_SATISFACTION};
    const double *eta = o->eta[world->satisfaction];
    const uint8_t *there = o->there + first;
    uint8_t *last = o->last + first;
    double *u = o->uniform;
    mlab_random_fill(o->context, &address, o->entity + first, n, 1, u);
    latents(o->context, equation->equation->latent, u, n);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t level = answer_of(o, equation, first + i, o->code[i], eta[i], u[i]);
        last[i] = there[i] ? level : last[i];
    }
}
