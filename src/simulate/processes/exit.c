/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exits: causes compete, P(j) = (h_j / H) (1 - exp(-H)) with H the sum of the hazards (complementary log-log), or h_j / (1 + H) (logit).
 * Uniform 0 decides whether, uniform 1 which; so a scenario that changes one cause a little moves few people. Whether the position is
 * to be filled again is drawn here, at the address of its next occupant. */
#include "simulate/organisation.h"

#include "core/elementary.h"
#include "core/random.h"

static void leave(mlab_organisation *o, uint32_t p, uint32_t group, bool voluntary)
{
    const mlab_world *world = o->world;
    o->there[p] = 0;
    mlab_count(o, voluntary ? MLAB_METRIC_voluntary_exits : MLAB_METRIC_involuntary_exits, group, 1);
    mlab_address address = {.seed = (uint64_t)world->options.seed,
                            .draw = o->draw->draw,
                            .replicate = o->replicate,
                            .entity = (p << 8) + ((o->generation[p] + 1u) & 255u),
                            .purpose = MLAB_PURPOSE_HIRE};
    o->wanted[p] = mlab_random_uniform(&address, 0) < o->draw->replacement;
}

void mlab_process_exit(mlab_organisation *o, uint32_t first, uint32_t n)
{
    const mlab_world *world = o->world;
    const mlab_address address = {.seed = (uint64_t)world->options.seed,
                                  .draw = o->draw->draw,
                                  .replicate = o->replicate,
                                  .period = (uint16_t)o->period,
                                  .purpose = MLAB_PURPOSE_EXIT};
    bool logit = world->equations[world->first_exit].logit;
    double *const *hazard = &o->eta[world->first_exit];
    mlab_random_fill(o->context, &address, o->entity + first, n, 2, o->uniform);
    for (uint32_t i = 0; i < n; i++) {
        double all = hazard[0][i], u = o->uniform[2 * i];
        for (int c = 1; c < world->n_exits; c++) all += hazard[c][i];
        if (u >= all || !o->there[first + i]) continue;
        if (u >= (logit ? all / (1 + all) : -mlab_expm1(-all))) continue;
        double at = o->uniform[2 * i + 1] * all, sum = hazard[0][i];
        int cause = 0;
        while (cause + 1 < world->n_exits && at >= sum) sum += hazard[++cause][i];
        leave(o, first + i, o->group[i], world->voluntary[cause]);
    }
}
