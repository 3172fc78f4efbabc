/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Promotion: a hazard of its own, drawn before the exits of the period, one grade up, never above the top. Open: it needs no vacancy.
 * The clock of the grade restarts in the middle of the period, where a promotion falls on average. */
#include "simulate/organisation.h"

#include "core/elementary.h"
#include "core/random.h"

void mlab_process_promotion(mlab_organisation *o, uint32_t first, uint32_t n)
{
    const mlab_world *world = o->world;
    const mlab_address address = {.seed = (uint64_t)world->options.seed,
                                  .draw = o->draw->draw,
                                  .replicate = o->replicate,
                                  .period = (uint16_t)o->period,
                                  .purpose = MLAB_PURPOSE_PROMOTION};
    const double *hazard = o->eta[world->promotion];
    bool logit = world->equations[world->promotion].logit, grades = world->grade_column != NULL;
    mlab_random_fill(o->context, &address, o->entity + first, n, 1, o->uniform);
    for (uint32_t i = 0; i < n; i++) {
        double h = hazard[i], u = o->uniform[i];
        if (u >= h || !o->there[first + i]) continue; /* the chance is below the hazard in both links */
        if (grades && o->group[i] + 1u >= world->n_grades) continue;
        if (u >= (logit ? h / (1 + h) : -mlab_expm1(-h))) continue;
        if (grades) o->grade[first + i]++;
        o->in_grade[first + i] = -0.5 * world->years;
        mlab_count(o, MLAB_METRIC_promotions, o->group[i], 1);
    }
}
