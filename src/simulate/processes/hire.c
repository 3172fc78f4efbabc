/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hires: an empty position that is to be filled gets its next occupant at the start of a period, a copy of a donor as the data saw
 * people when they were hired. The g-th occupant of a position is the same person in every scenario, whenever they come.
 * Weakness: attributes come from one firm's own hires; a labour market that changes is not modelled. */
#include "simulate/organisation.h"

#include "core/error.h"
#include "core/random.h"

mlab_status mlab_process_hire(mlab_organisation *o, mlab_error *err)
{
    const mlab_world *world = o->world;
    mlab_address address = {.seed = (uint64_t)world->options.seed, .draw = o->draw->draw, .replicate = o->replicate, .purpose = MLAB_PURPOSE_HIRE};
    for (uint32_t p = 0; p < o->n; p++) {
        if (!o->wanted[p]) continue;
        if (o->generation[p] == UINT8_MAX)
            return mlab_raise(err, MLAB_ERR_OVERFLOW, "position %u was filled 255 times by period %d; no more addresses; shorten the horizon",
                              (unsigned)p, (int)o->period);
        uint8_t generation = (uint8_t)(o->generation[p] + 1);
        address.entity = p << 8 | generation;
        mlab_organisation_seat(o, p, world->n_starters + (uint32_t)mlab_random_below(&address, 1, world->n_donors), generation);
        mlab_count(o, MLAB_METRIC_hires, o->grade[p], 1);
    }
    return MLAB_OK;
}
