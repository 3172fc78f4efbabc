/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random effects carried into the future. Who was in the data keeps the effect that the draw has for them; departments and the like that were not in
 * the fit, and people of the start without rows in it, get one with the draw; hires get one with the history. A mentor's effect acts while the
 * relationship goes on. A slope acts through the column of the formula that it belongs to.
 * Weakness: one mentor at a time, and none for informal starts, whose mentors are not named. */
#include "simulate/effects.h"

#include "core/random.h"

#include <string.h>

enum { BLOCK_HISTORY = 128, BLOCK_DRAW = 192, MOST = 64 };

/* The part of a group's effects that belongs to an equation's fit: u = factor z at an address. */
static void new_effects(const mlab_world_effect *effect, uint32_t draw, const mlab_address *address, double *u)
{
    size_t n = effect->drawn->n, q = effect->drawn->n_normals ? effect->drawn->n_normals : n;
    const double *factor = effect->drawn->factor + (size_t)draw * n * q;
    double z[MOST];
    for (size_t a = 0; a < q; a++) z[a] = mlab_random_normal(address, (uint32_t)a);
    for (size_t a = 0; a < n; a++) {
        u[a] = 0;
        for (size_t b = 0; b < q; b++) u[a] += factor[a * q + b] * z[b];
    }
}

/* Groupings of parts of a joint model have one address: the same numbers make the effects of all parts. */
static mlab_address address_of(const mlab_world *world, const mlab_world_effect *effect, uint32_t draw, uint8_t block)
{
    return (mlab_address){.seed = (uint64_t)world->options.seed,
                          .draw = draw,
                          .period = (uint16_t)(effect->drawn->tie ? UINT16_MAX - effect->drawn->tie : effect - world->effects),
                          .purpose = MLAB_PURPOSE_EFFECT,
                          .block = block};
}

/* u [drawn->n] of a group: in the data, or one that exists beside them. */
static void effects_of(const mlab_world *world, const mlab_world_effect *effect, uint32_t draw, uint32_t group, double *u)
{
    const mlab_draws_effects *drawn = effect->drawn;
    if (group < drawn->n_groups) {
        memcpy(u, drawn->value + ((size_t)draw * drawn->n_groups + group) * drawn->n, drawn->n * sizeof *u);
        return;
    }
    mlab_address address = address_of(world, effect, draw, BLOCK_DRAW);
    address.entity = group - (uint32_t)drawn->n_groups;
    new_effects(effect, draw, &address, u);
}

static void effects_of_hire(const mlab_organisation *o, const mlab_world_effect *effect, uint32_t p, double *u)
{
    mlab_address address = address_of(o->world, effect, o->draw->draw, BLOCK_HISTORY);
    address.replicate = o->replicate;
    address.entity = o->entity[p];
    new_effects(effect, o->draw->draw, &address, u);
}

/* What the effects of one equation, those times 1 or a fixed column, add for somebody of a source. */
static double fixed_sum(const mlab_world *world, const mlab_world_effect *effect, size_t equation, uint32_t source, const double *u)
{
    const mlab_predictor *p = world->equations[effect->first_equation].predictor;
    double sum = 0;
    for (size_t a = 0; a < effect->columns; a++) {
        double own = u[equation * effect->columns + a];
        if (effect->times[a] == MLAB_TIMES_ONE) sum += own;
        if (effect->times[a] == MLAB_TIMES_FIXED) sum += own * p->fixed[(size_t)source * p->n_fixed + effect->place[a]];
    }
    return sum;
}

/* The slopes among them, into lean [n_leans of all equations] with stride. */
static void add_leans(const mlab_world_effect *effect, const double *u, double part, double *lean, size_t stride)
{
    size_t equations = effect->drawn->n / effect->columns;
    for (size_t e = 0, at = effect->first_lean; e < equations; e++)
        for (size_t a = 0; a < effect->columns; a++)
            if (effect->times[a] == MLAB_TIMES_STATED) lean[at++ * stride] += part * u[e * effect->columns + a];
}

/* --- draws ---------------------------------------------------------------------------------------------------------- */

void mlab_effects_of_draw(const mlab_world *world, mlab_world_draw *draw)
{
    double u[MOST] = {0};
    for (size_t k = 0; k < world->n_effects; k++) {
        const mlab_world_effect *effect = &world->effects[k];
        size_t equations = effect->drawn->n / effect->columns;
        if (effect->of == MLAB_EFFECT_OF_MENTOR) continue;
        for (uint32_t s = 0; s < world->n_sources; s++) {
            const uint32_t *group = effect->group + (size_t)s * effect->memberships;
            double known = 0;
            for (size_t m = 0; m < effect->memberships; m++) known += group[m] != UINT32_MAX;
            for (size_t m = 0; m < effect->memberships; m++) {
                if (group[m] == UINT32_MAX) continue;
                effects_of(world, effect, draw->draw, group[m], u);
                for (size_t e = 0; e < equations; e++)
                    draw->equations[effect->first_equation + e].fixed[s] += fixed_sum(world, effect, e, s, u) / known;
                add_leans(effect, u, 1 / known, draw->lean + s, world->n_sources);
            }
        }
    }
}

/* --- histories -------------------------------------------------------------------------------------------------------- */

void mlab_effects_seat(mlab_organisation *o, uint32_t p)
{
    const mlab_world *world = o->world;
    uint32_t source = o->source[p];
    double u[MOST] = {0};
    for (size_t l = 0; l < world->n_leans; l++) o->lean[l * o->n + p] = o->draw->lean[l * world->n_sources + source];
    for (size_t e = 0; e < world->n_equations && o->tied[e]; e++) o->tied[e][p] = 0;
    for (size_t k = 0; k < world->n_effects; k++) {
        const mlab_world_effect *effect = &world->effects[k];
        if (effect->of != MLAB_EFFECT_OF_PERSON || effect->group[source] != UINT32_MAX) continue;
        effects_of_hire(o, effect, p, u);
        for (size_t e = 0; e < effect->drawn->n / effect->columns; e++)
            o->base[effect->first_equation + e][p] += fixed_sum(world, effect, e, source, u);
        add_leans(effect, u, 1, o->lean + p, o->n);
    }
}

void mlab_effects_tie(mlab_organisation *o, uint32_t p)
{
    const mlab_world *world = o->world;
    double u[MOST] = {0};
    for (size_t e = 0; e < world->n_equations && o->tied[e]; e++) o->tied[e][p] = 0;
    for (size_t k = 0; k < world->n_effects; k++) {
        const mlab_world_effect *effect = &world->effects[k];
        if (effect->of != MLAB_EFFECT_OF_MENTOR || o->mentor[p] < 0) continue;
        uint32_t mentor = (uint32_t)o->mentor[p], group = effect->group[o->source[mentor]];
        if (group == UINT32_MAX)
            effects_of_hire(o, effect, mentor, u);
        else
            effects_of(world, effect, o->draw->draw, group, u);
        for (size_t e = 0; e < effect->drawn->n / effect->columns; e++)
            o->tied[effect->first_equation + e][p] += fixed_sum(world, effect, e, o->source[p], u);
    }
}

void mlab_effects_add(const mlab_organisation *o, size_t e, uint32_t first, uint32_t n, const uint16_t *code, double *eta)
{
    const mlab_world *world = o->world;
    if (o->tied[e])
        for (uint32_t i = 0; i < n; i++) eta[i] += o->tied[e][first + i];
    for (size_t k = 0; k < world->n_effects && world->n_leans; k++) {
        const mlab_world_effect *effect = &world->effects[k];
        if (e < effect->first_equation || e >= effect->first_equation + effect->drawn->n / effect->columns) continue;
        const mlab_predictor *p = world->equations[e].predictor;
        size_t slot = effect->first_lean + (e - effect->first_equation) * effect->n_leans;
        for (size_t a = 0; a < effect->columns; a++) {
            if (effect->times[a] != MLAB_TIMES_STATED) continue;
            const double *lean = o->lean + slot++ * o->n + first;
            for (uint32_t i = 0; i < n; i++) eta[i] += lean[i] * p->stated[(size_t)p->stand_in[code[i]] * p->n_stated + effect->place[a]];
        }
    }
}
