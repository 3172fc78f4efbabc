/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block fill for one instruction set: included by random_<isa>.c, which gives `ten_rounds` and names MLAB_FILL and MLAB_PICK.
 * ten_rounds works out MLAB_LANES counters side by side into 2 * MLAB_LANES doubles, or MLAB_LANES, the first of each, unless all. */
#ifndef MLAB_CORE_RANDOM_BODY_H
#define MLAB_CORE_RANDOM_BODY_H

#include "core/random.h"
#include "core/random_isa.h"

#include <stdbool.h>
#include <string.h>

enum { MLAB_LANES = MLAB_PICKED };

typedef struct mlab_lanes {
    uint32_t entity[MLAB_LANES], second[MLAB_LANES]; /* counter words 0 and 1 */
    uint32_t replicate, draw, key[2];                /* counter words 2 and 3; the key */
} mlab_lanes;

#endif

static inline void ten_rounds(const mlab_lanes *lanes, bool all, double *out);

void MLAB_FILL(const mlab_philox *start, const uint32_t *entities, size_t n, uint32_t per_entity, double *out)
{
    mlab_lanes lanes = {.replicate = start->counter[2], .draw = start->counter[3], .key = {start->key[0], start->key[1]}};
    const uint32_t n_blocks = per_entity / 2 + per_entity % 2;
    double pairs[2 * MLAB_LANES];
    size_t entity = 0;
    uint32_t block = 0;
    for (size_t i = 0; i < MLAB_LANES; i++) lanes.second[i] = start->counter[1];
    for (; per_entity == 1 && entity + MLAB_LANES <= n; entity += MLAB_LANES) {
        memcpy(lanes.entity, entities + entity, sizeof lanes.entity);
        ten_rounds(&lanes, false, out + entity);
    }
    while (entity < n) {
        const size_t first_entity = entity;
        const uint32_t first_block = block;
        size_t used = 0;
        for (; used < MLAB_LANES && entity < n; used++) {
            lanes.entity[used] = entities[entity];
            lanes.second[used] = start->counter[1] + block;
            if (++block < n_blocks) continue;
            block = 0;
            entity++;
        }
        double *to = out + first_entity * per_entity + 2 * first_block;
        if (used == MLAB_LANES && per_entity % 2 == 0) {
            ten_rounds(&lanes, true, to);
            continue;
        }
        for (size_t i = used; i < MLAB_LANES; i++) lanes.entity[i] = lanes.second[i] = 0;
        ten_rounds(&lanes, true, pairs);
        if (per_entity == 1) {
            for (size_t i = 0; i < used; i++) to[i] = pairs[2 * i];
            continue;
        }
        uint32_t at = first_block;
        for (size_t i = 0; i < used; i++) {
            *to++ = pairs[2 * i];
            if (2 * at + 1 < per_entity) *to++ = pairs[2 * i + 1];
            at = at + 1 < n_blocks ? at + 1 : 0;
        }
    }
}

void MLAB_PICK(const mlab_philox *start, uint32_t first, size_t n_drawn, size_t n, uint32_t *drawn)
{
    mlab_lanes lanes = {.replicate = start->counter[2], .draw = start->counter[3], .key = {start->key[0], start->key[1]}};
    double u[MLAB_LANES], top = (double)n, last = (double)(n - 1);
    for (size_t i = 0; i < MLAB_LANES; i++) lanes.second[i] = start->counter[1];
    for (size_t at = 0; at < n_drawn; at += MLAB_LANES) {
        for (size_t i = 0; i < MLAB_LANES; i++) lanes.entity[i] = first + (uint32_t)(at + i);
        ten_rounds(&lanes, false, u);
        for (size_t i = 0; i < MLAB_LANES; i++) {
            double which = u[i] * top;
            drawn[at + i] = (uint32_t)(int32_t)(which < last ? which : last);
        }
    }
}
