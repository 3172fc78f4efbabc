/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Satisfaction: everybody answers each survey by the cumulative logit, given the state at the start of the period; the answer is the
 * "last answer" from the next period on. Whoever was never asked gets a first answer at once, so that a formula with the last
 * answer has one. Latent form: Y > k when x'b + logit(u) > threshold k. */
#include "simulate/organisation.h"

#include "core/elementary.h"
#include "core/random.h"

uint8_t mlab_answer_of(const mlab_organisation *o, uint32_t i, double logit_u)
{
    const mlab_equation_draw *equation = &o->draw->equations[o->world->satisfaction];
    double latent = o->eta[o->world->satisfaction][i] + logit_u;
    uint8_t level = 0;
    while (level < equation->equation->n_thresholds && latent > equation->threshold[level]) level++;
    return (uint8_t)(level + 1);
}

void mlab_process_first_answers(mlab_organisation *o, uint32_t first, uint32_t n)
{
    mlab_address address = {.seed = (uint64_t)o->world->options.seed,
                            .draw = o->draw->draw,
                            .replicate = o->replicate,
                            .period = (uint16_t)o->period,
                            .purpose = MLAB_PURPOSE_SATISFACTION,
                            .block = 1};
    for (uint32_t i = 0; i < n; i++) {
        if (!o->there[first + i] || o->last[first + i]) continue;
        address.entity = o->entity[first + i];
        double u = mlab_random_uniform(&address, 0);
        o->last[first + i] = mlab_answer_of(o, i, mlab_log(u / (1 - u)));
    }
}

void mlab_process_satisfaction(mlab_organisation *o, uint32_t first, uint32_t n)
{
    const mlab_address address = {.seed = (uint64_t)o->world->options.seed,
                                  .draw = o->draw->draw,
                                  .replicate = o->replicate,
                                  .period = (uint16_t)o->period,
                                  .purpose = MLAB_PURPOSE_SATISFACTION};
    double *u = o->uniform;
    mlab_random_fill(o->context, &address, o->entity + first, n, 1, u);
    for (uint32_t i = 0; i < n; i++) u[i] = u[i] / (1 - u[i]);
    mlab_log_array(o->context, u, u, n);
    for (uint32_t i = 0; i < n; i++)
        if (o->there[first + i]) o->last[first + i] = mlab_answer_of(o, i, u[i]);
}
