/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which group everybody of a simulation is in, and what their effects are multiplied by. Groups of columns are known again by their values in a row
 * of the panel that is in them. */
#include "simulate/effects.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

void mlab_world_effects_free(mlab_world *world)
{
    for (size_t k = 0; world->effects && k < world->n_effects; k++) {
        mlab_release(world->context, world->effects[k].group);
        mlab_release(world->context, world->effects[k].times);
        mlab_release(world->context, world->effects[k].place);
    }
    mlab_release(world->context, world->effects);
    world->effects = NULL;
}

static mlab_status no_memory(const mlab_fit *fit, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the groups of %s", fit->outcome);
}

/* --- values of columns ------------------------------------------------------------------------------------------------ */

typedef struct lookup {
    const mlab_panel *panel;
    const mlab_column *column[16]; /* NULL = the person */
    size_t n;
    bool multiple; /* one column each, by its place */
} lookup;

/* A group, or somebody who looks for theirs. */
typedef struct member {
    const lookup *in;
    uint32_t row, place, group;
} member;

static int compare_cells(const lookup *in, const mlab_column *x, uint32_t row, const mlab_column *y, uint32_t other)
{
    if (!x || !y) return in->panel->person[row] < in->panel->person[other] ? -1 : in->panel->person[row] > in->panel->person[other];
    if (x->type == MLAB_COLUMN_TEXT || x->type == MLAB_COLUMN_FACTOR) return strcmp(mlab_column_text(x, row), mlab_column_text(y, other));
    double a = x->type == MLAB_COLUMN_REAL ? x->as.real[row] : x->as.integer[row],
           b = y->type == MLAB_COLUMN_REAL ? y->as.real[other] : y->as.integer[other];
    return a < b ? -1 : a > b;
}

static int by_value(const void *a, const void *b)
{
    const member *x = a, *y = b;
    const lookup *in = x->in;
    if (in->multiple) return compare_cells(in, in->column[x->place], x->row, in->column[y->place], y->row);
    for (size_t c = 0; c < in->n; c++) {
        int order = compare_cells(in, in->column[c], x->row, in->column[c], y->row);
        if (order) return order;
    }
    return 0;
}

static int by_value_then_row(const void *a, const void *b)
{
    const member *x = a, *y = b;
    int order = by_value(a, b);
    return order ? order : x->row < y->row ? -1 : x->row > y->row ? 1 : x->place < y->place ? -1 : x->place > y->place;
}

static bool is_missing(const lookup *in, uint32_t row, size_t place)
{
    for (size_t c = in->multiple ? place : 0; c < (in->multiple ? place + 1 : in->n); c++)
        if (in->column[c] && in->column[c]->missing && in->column[c]->missing[row]) return true;
    return false;
}

/* Groups of the sources; values that no group has are numbered behind the groups in their order. People hired are none of the data's. */
static mlab_status find_groups(const mlab_world *world, const lookup *in, mlab_world_effect *effect, mlab_error *err)
{
    const mlab_draws_effects *drawn = effect->drawn;
    size_t m = effect->memberships, n = 0;
    uint32_t n_sources = effect->of == MLAB_EFFECT_OF_PERSON ? world->n_starters : world->n_sources, unseen = (uint32_t)drawn->n_groups;
    member *groups = mlab_allocate(world->context, drawn->n_groups, sizeof *groups);
    member *seekers = mlab_allocate(world->context, n_sources, m * sizeof *seekers);
    mlab_status status = groups && seekers ? MLAB_OK : no_memory(effect->fit, err);
    for (uint32_t g = 0; g < drawn->n_groups && !status; g++) {
        groups[g] = (member){in, drawn->key[g], drawn->place[g], g};
        if (drawn->key[g] >= world->panel->n_rows)
            status = mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "the drawn effects of %s are of other data", effect->fit->outcome);
    }
    if (!status) {
        qsort(groups, drawn->n_groups, sizeof *groups, by_value);
        for (uint32_t s = 0; s < n_sources; s++)
            for (uint32_t k = 0; k < m; k++)
                if (!is_missing(in, world->panel_row[s], k)) seekers[n++] = (member){in, world->panel_row[s], k, (uint32_t)(s * m + k)};
        qsort(seekers, n, sizeof *seekers, by_value_then_row);
    }
    for (size_t i = 0; i < n && !status; i++) {
        const member *found = bsearch(&seekers[i], groups, drawn->n_groups, sizeof *groups, by_value);
        if (!found && i > 0 && by_value(&seekers[i], &seekers[i - 1]) != 0) unseen++;
        effect->group[seekers[i].group] = found ? found->group : unseen;
    }
    mlab_release(world->context, groups);
    mlab_release(world->context, seekers);
    return status;
}

/* --- people ------------------------------------------------------------------------------------------------------------ */

/* Starters by their rank among the groups, which rise; those without a group are numbered behind by their source. */
static void find_people(const mlab_world *world, mlab_world_effect *effect)
{
    const mlab_draws_effects *drawn = effect->drawn;
    for (uint32_t s = 0; s < world->n_starters; s++) {
        size_t low = 0, high = drawn->n_groups;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (drawn->key[middle] < world->person[s])
                low = middle + 1;
            else
                high = middle;
        }
        bool found = low < drawn->n_groups && drawn->key[low] == world->person[s];
        effect->group[s] = (uint32_t)(found ? low : drawn->n_groups + s);
    }
}

/* --- columns that effects are multiplied by ---------------------------------------------------------------------------- */

static mlab_status find_times(const mlab_world *world, mlab_world_effect *effect, const mlab_random_effects *random, mlab_error *err)
{
    const mlab_predictor *p = world->equations[effect->first_equation].predictor;
    for (size_t a = 0; a < effect->columns; a++) {
        const char *name = random->names[a], *bare = strrchr(name, ':') && effect->columns < random->n ? strchr(name, ':') + 1 : name;
        bool found = !strcmp(bare, "(Intercept)");
        effect->times[a] = MLAB_TIMES_ONE;
        for (uint32_t c = 0; c < p->n_fixed && !found; c++)
            if (!strcmp(bare, mlab_design_name(p->design, p->fixed_column[c])))
                found = true, effect->times[a] = MLAB_TIMES_FIXED, effect->place[a] = c;
        for (uint32_t c = 0; c < p->n_stated && !found; c++)
            if (!strcmp(bare, mlab_design_name(p->design, p->stated_column[c])))
                found = true, effect->times[a] = MLAB_TIMES_STATED, effect->place[a] = c;
        if (!found || (effect->times[a] == MLAB_TIMES_STATED && effect->of == MLAB_EFFECT_OF_MENTOR))
            return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER,
                              "%s: the effect of '%s' by %s cannot be carried into the future: it must be a term of the formula%s",
                              effect->fit->outcome, bare, effect->drawn->group,
                              effect->of == MLAB_EFFECT_OF_MENTOR ? " that does not change over time"
                                                                  : " by itself, and no clock (tenure, time_in_grade)");
        effect->n_leans += effect->times[a] == MLAB_TIMES_STATED;
    }
    return MLAB_OK;
}

/* --- all ---------------------------------------------------------------------------------------------------------------- */

static const char *const changing[] = {"grade", "arm", "tenure", "time_in_grade", "mentoring_others", "period"};

static mlab_status read_columns(const mlab_world *world, const mlab_formula *formula, size_t t, mlab_world_effect *effect, lookup *in,
                                mlab_error *err)
{
    const char *const *names;
    size_t n = mlab_formula_random_columns(formula, t, &names, &in->multiple);
    *in = (lookup){.panel = world->panel, .n = n, .multiple = in->multiple};
    if (n > sizeof in->column / sizeof *in->column)
        return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "%s: groups by %zu columns, allowed at most 16", effect->fit->outcome, n);
    for (size_t c = 0; c < n; c++) {
        in->column[c] = mlab_table_find(world->panel->rows, names[c]);
        bool moves = world->last_column && in->column[c] == world->last_column;
        for (size_t k = 0; k < sizeof changing / sizeof *changing; k++) moves = moves || !strcmp(names[c], changing[k]);
        if (moves || (!in->column[c] && strcmp(names[c], "person") && strcmp(names[c], "mentor")))
            return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "%s: effects by '%s', which changes over time, cannot be carried into the future",
                              effect->fit->outcome, names[c]);
        if (!in->column[c]) effect->of = strcmp(names[c], "mentor") ? MLAB_EFFECT_OF_PERSON : MLAB_EFFECT_OF_MENTOR;
    }
    effect->memberships = in->multiple ? n : 1;
    return MLAB_OK;
}

static mlab_status make_effect(mlab_world *world, const mlab_formula *formula, size_t t, mlab_world_effect *effect, mlab_error *err)
{
    const mlab_random_effects *random = &effect->fit->random[t];
    lookup in;
    mlab_status status = read_columns(world, formula, t, effect, &in, err);
    if (status) return status;
    if (random->n != effect->drawn->n || random->n % effect->fit->n_blocks || random->n > 64 || effect->drawn->n_normals > 64)
        return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "the drawn effects of %s are of another fit", effect->fit->outcome);
    effect->columns = random->n / effect->fit->n_blocks;
    size_t n = (size_t)world->n_sources * effect->memberships;
    effect->group = mlab_allocate(world->context, n, sizeof *effect->group);
    effect->times = mlab_allocate(world->context, effect->columns, sizeof *effect->times);
    effect->place = mlab_allocate(world->context, effect->columns, sizeof *effect->place);
    if (!effect->group || !effect->times || !effect->place) return no_memory(effect->fit, err);
    for (size_t i = 0; i < n; i++) effect->group[i] = UINT32_MAX;
    if (effect->drawn->people)
        find_people(world, effect);
    else if ((status = find_groups(world, &in, effect, err)))
        return status;
    if ((status = find_times(world, effect, random, err))) return status;
    effect->first_lean = world->n_leans;
    world->n_leans += effect->n_leans * effect->fit->n_blocks;
    world->has_ties = world->has_ties || effect->of == MLAB_EFFECT_OF_MENTOR;
    return MLAB_OK;
}

static mlab_status make_fit(mlab_world *world, size_t equation, mlab_error *err)
{
    const mlab_fit *fit = world->equations[equation].fit;
    const mlab_draws *draws = world->spec->draws;
    mlab_formula *formula = NULL;
    size_t t = 0;
    world->about = fit;
    mlab_status status = mlab_formula_parse(world->context, fit->formula, NULL, &formula, err);
    for (size_t k = 0; k < draws->n_effects && !status; k++) {
        if (strcmp(draws->outcomes[draws->effects[k].outcome], fit->outcome)) continue;
        mlab_world_effect *effect = &world->effects[world->n_effects++];
        *effect = (mlab_world_effect){.drawn = &draws->effects[k], .fit = fit, .first_equation = equation};
        if (t < fit->n_random && t < mlab_formula_random(formula)) status = make_effect(world, formula, t, effect, err);
        t++;
    }
    if (!status && t != fit->n_random)
        status = mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "the draws of %s hold effects of %zu groupings, its fit has %zu", fit->outcome, t,
                            fit->n_random);
    mlab_formula_free(formula);
    return status;
}

mlab_status mlab_world_effects(mlab_world *world, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    size_t n = world->spec->draws->n_effects;
    if (n && !(world->effects = mlab_allocate(world->context, n, sizeof *world->effects)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the effects of groups");
    for (size_t e = 0; e < world->n_equations && !status; e++) {
        const mlab_fit *fit = world->equations[e].fit;
        if (fit->n_random && (e == 0 || world->equations[e - 1].fit != fit)) status = make_fit(world, e, err);
    }
    return status;
}
