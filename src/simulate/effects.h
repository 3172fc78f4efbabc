/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects of groups in a simulation: of people, of their mentors, of columns such as the department.
 *
 *   who is there at the start, and what exists (departments)   effects of the draw: given the data, or new ones of the draw
 *   who is hired                                               new ones of the history */
#ifndef MLAB_SIMULATE_EFFECTS_H
#define MLAB_SIMULATE_EFFECTS_H

#include "simulate/organisation.h"

typedef enum mlab_effect_of { MLAB_EFFECT_OF_COLUMNS, MLAB_EFFECT_OF_PERSON, MLAB_EFFECT_OF_MENTOR } mlab_effect_of;
typedef enum mlab_effect_times { MLAB_TIMES_ONE, MLAB_TIMES_FIXED, MLAB_TIMES_STATED } mlab_effect_times;

/* One grouping of one fit. */
struct mlab_world_effect {
    const mlab_draws_effects *drawn;
    const mlab_fit *fit;
    mlab_effect_of of;
    size_t first_equation, columns; /* drawn->n = columns * equations of the fit, those of the first equation first */
    size_t memberships;
    uint32_t
        *group; /* [n_sources * memberships] group; n_groups + k = the k-th that the data do not have; UINT32_MAX = none, or new with each hire */
    /* [columns] what the effect is multiplied by: 1, a fixed or a stated column of the predictor and its place among these */
    mlab_effect_times *times;
    uint32_t *place;
    size_t first_lean, n_leans; /* stated columns: slots of the first equation, then those of the second, ... */
};

/* Reads the groupings of all equations; the part of mlab_world_make after the equations. Errors: MLAB_ERR_SIMULATE_PARAMETER (effects that cannot be
 * carried into the future), MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_world_effects(mlab_world *world, mlab_error *err);
void mlab_world_effects_free(mlab_world *world); /* twice is fine */

/* Adds the effects of a draw to the fixed parts of its equations, and fills lean [n_leans * n_sources]. */
void mlab_effects_of_draw(const mlab_world *world, mlab_world_draw *draw);
/* Somebody was seated at p: their own slopes, and, when hired, effects of their own. */
void mlab_effects_seat(mlab_organisation *o, uint32_t p);
/* The mentor of p is now o->mentor[p], or nobody. */
void mlab_effects_tie(mlab_organisation *o, uint32_t p);
/* eta [n] of equation e += what moves with the state: slopes, effects of mentors; people first .. first + n - 1 with codes. */
void mlab_effects_add(const mlab_organisation *o, size_t e, uint32_t first, uint32_t n, const uint16_t *code, double *eta);

#endif
