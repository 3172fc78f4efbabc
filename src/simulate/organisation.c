/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of an organisation: made once a thread, started for each history, checked between periods by tests. */
#include "simulate/effects.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

void mlab_organisation_free(mlab_organisation *o)
{
    if (!o) return;
    const mlab_context *context = o->context;
    void *owned[] = {o->there,     o->wanted, o->generation, o->arm,         o->grade,       o->last,           o->load,
                     o->program,   o->source, o->entity,     o->mentor,      o->ends,        o->tenure,         o->in_grade,
                     o->strength,  o->code,   o->group,      o->uniform,     o->mentees,     o->mentors,        o->capacity,
                     o->mentor_of, o->keys,   o->tally,      o->side_row[0], o->side_row[1], o->side_entity[0], o->side_entity[1]};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) mlab_release(context, owned[k]);
    for (int e = 0; e < MLAB_MAX_EQUATIONS; e++) {
        mlab_release(context, o->base[e]);
        mlab_release(context, o->tied[e]);
        mlab_release(context, o->eta[e]);
    }
    for (int side = 0; side < 2; side++)
        for (int c = 0; c < MLAB_N_STATE_COLUMNS; c++) mlab_release(context, o->side_state[side][c]);
    mlab_release(context, o->lean);
    mlab_expression_free(o->mentor_where);
    mlab_expression_free(o->mentee_where);
    mlab_table_free(o->table);
    mlab_pool_work_free(&o->pool);
    mlab_release(context, o);
}

typedef struct need {
    void *pointer;
    size_t count, size;
} need;

/* Sets each *pointer to zeroed memory; false = no memory. */
static bool allocate_all(const mlab_context *context, const need *needs, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        void *made = mlab_allocate(context, needs[k].count, needs[k].size);
        if (!made) return false;
        memcpy(needs[k].pointer, &made, sizeof made);
    }
    return true;
}

static bool allocate_state(mlab_organisation *o)
{
    size_t n = o->n, states = ((size_t)MLAB_N_METRICS + o->world->n_numbers) * o->world->n_grades;
    const need needs[] = {{&o->there, n, 1},
                          {&o->wanted, n, 1},
                          {&o->generation, n, 1},
                          {&o->arm, n, 1},
                          {&o->grade, n, 1},
                          {&o->last, n, 1},
                          {&o->load, n, 1},
                          {&o->program, n, 1},
                          {&o->source, n, sizeof *o->source},
                          {&o->entity, n, sizeof *o->entity},
                          {&o->mentor, n, sizeof *o->mentor},
                          {&o->ends, n, sizeof *o->ends},
                          {&o->tenure, n, sizeof *o->tenure},
                          {&o->in_grade, n, sizeof *o->in_grade},
                          {&o->strength, n, sizeof *o->strength},
                          {&o->code, MLAB_PEOPLE_BLOCK, sizeof *o->code},
                          {&o->group, MLAB_PEOPLE_BLOCK, 1},
                          {&o->uniform, 2 * MLAB_PEOPLE_BLOCK, sizeof *o->uniform},
                          {&o->tally, states, sizeof *o->tally}};
    if (!allocate_all(o->context, needs, sizeof needs / sizeof *needs)) return false;
    for (size_t e = 0; e < o->world->n_equations; e++) {
        const need two[] = {{&o->base[e], n, sizeof(double)}, {&o->eta[e], MLAB_PEOPLE_BLOCK, sizeof(double)}};
        const need tied = {&o->tied[e], n, sizeof(double)};
        if (!allocate_all(o->context, two, 2) || (o->world->has_ties && !allocate_all(o->context, &tied, 1))) return false;
    }
    const need lean = {&o->lean, o->world->n_leans * n, sizeof(double)};
    return o->world->n_leans == 0 || allocate_all(o->context, &lean, 1);
}

static bool allocate_cohorts(mlab_organisation *o)
{
    size_t n = o->n;
    const need needs[] = {
        {&o->mentees, n, sizeof *o->mentees},     {&o->mentors, n, sizeof *o->mentors},      {&o->capacity, n, sizeof *o->capacity},
        {&o->mentor_of, n, sizeof *o->mentor_of}, {&o->keys, 2 * n, sizeof *o->keys},        {&o->side_row[0], n, sizeof(uint32_t)},
        {&o->side_row[1], n, sizeof(uint32_t)},   {&o->side_entity[0], n, sizeof(uint32_t)}, {&o->side_entity[1], n, sizeof(uint32_t)}};
    if (!allocate_all(o->context, needs, sizeof needs / sizeof *needs)) return false;
    for (int side = 0; side < 2; side++)
        for (int c = 0; c < MLAB_N_STATE_COLUMNS; c++)
            if (!(o->side_state[side][c] = mlab_allocate(o->context, n, sizeof(double)))) return false;
    return true;
}

/* The people table with columns of state of our own, for expressions. */
static mlab_status make_table(mlab_organisation *o, mlab_error *err)
{
    const mlab_world *world = o->world;
    mlab_column *column;
    mlab_status status = mlab_table_borrow(world->spec->data->people, &o->table, err);
    if (status) return status;
    static const char *const names[] = {"grade", "tenure", "time_in_grade", "arm", "mentoring_others"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        if (!k && !world->grade_column) continue;
        mlab_table_drop(o->table, names[k]);
        bool factor = k == 3 || (k == 0 && world->grade_column->type == MLAB_COLUMN_FACTOR);
        const char *const *levels = k == 3 ? (const char *const *)world->arms : factor ? (const char *const *)world->grade_column->levels : NULL;
        int32_t n_levels = k == 3 ? (int32_t)world->n_arms : factor ? world->grade_column->n_levels : 0;
        mlab_column_type type = factor ? MLAB_COLUMN_FACTOR : k == 1 || k == 2 ? MLAB_COLUMN_REAL : MLAB_COLUMN_INTEGER;
        if ((status = mlab_table_add(o->table, names[k], type, levels, n_levels, &column, err))) return status;
        if (k == 0 && factor) column->ordered = world->grade_column->ordered;
    }
    return MLAB_OK;
}

static mlab_status compile_where(mlab_organisation *o, const char *text, mlab_expression **expression, mlab_error *err)
{
    if (!text || !*text) return MLAB_OK;
    return mlab_expression_compile(o->context, text, NULL, o->table, MLAB_EXPRESSION_CONDITION, expression, err);
}

mlab_status mlab_organisation_make(const mlab_world *world, mlab_organisation **organisation, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    mlab_organisation *o = mlab_allocate(world->context, 1, sizeof *o);
    *organisation = NULL;
    if (!o) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an organisation");
    o->context = world->context;
    o->world = world;
    o->n = world->n_positions;
    o->pool = MLAB_POOL_WORK(world->context);
    if (!allocate_state(o) || (world->matches && !allocate_cohorts(o))) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an organisation of %u people", (unsigned)world->n_positions);
        goto out;
    }
    if (!world->matches) goto out;
    if ((status = make_table(o, err))) goto out;
    if ((status = compile_where(o, world->spec->matching->mentor_where, &o->mentor_where, err))) goto out;
    status = compile_where(o, world->spec->matching->mentee_where, &o->mentee_where, err);
out:
    if (status) {
        mlab_organisation_free(o);
        return status;
    }
    *organisation = o;
    return MLAB_OK;
}

void mlab_organisation_seat(mlab_organisation *o, uint32_t p, uint32_t source, uint8_t generation)
{
    const mlab_world *world = o->world;
    o->there[p] = 1;
    o->wanted[p] = 0;
    o->generation[p] = generation;
    o->entity[p] = p << 8 | generation;
    o->source[p] = source;
    o->arm[p] = world->arm[source];
    o->grade[p] = world->grade[source];
    o->last[p] = world->last[source];
    o->load[p] = 0;
    o->program[p] = 0;
    o->mentor[p] = -1;
    o->ends[p] = 0;
    o->tenure[p] = world->tenure[source];
    o->in_grade[p] = world->in_grade[source];
    o->strength[p] = 1;
    for (size_t e = 0; e < world->n_equations; e++) o->base[e][p] = o->draw->equations[e].fixed[source];
    if (world->n_effects) mlab_effects_seat(o, p);
}

void mlab_organisation_start(mlab_organisation *o, const mlab_world_draw *draw, size_t scenario, uint32_t replicate)
{
    const mlab_world *world = o->world;
    o->draw = draw;
    o->scenario = &world->spec->scenarios[scenario];
    o->policy = world->policy[scenario];
    o->scenario_arm = world->scenario_arm[scenario];
    o->replicate = replicate;
    o->period = 0;
    for (uint32_t p = 0; p < o->n; p++) mlab_organisation_seat(o, p, world->start_source[p], 0);
    for (uint32_t p = 0; p < o->n; p++) {
        int32_t left = o->scenario->duration - world->start_age[p];
        if (world->start_mentor[p] < 0 || o->load[world->start_mentor[p]] == UINT8_MAX) continue;
        o->mentor[p] = world->start_mentor[p];
        o->ends[p] = left > 1 ? left : 1;
        o->load[o->mentor[p]]++;
        if (world->has_ties) mlab_effects_tie(o, p);
    }
}

/* --- invariants ------------------------------------------------------------------------------------ */

static mlab_status wrong(const mlab_organisation *o, uint32_t p, const char *what, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_SIMULATE_STATE, "position %u at the start of period %d: %s", (unsigned)p, (int)o->period, what);
}

mlab_status mlab_organisation_check(const mlab_organisation *o, mlab_error *err)
{
    const mlab_world *world = o->world;
    uint32_t *load = mlab_allocate(o->context, o->n, sizeof *load);
    mlab_status status = MLAB_OK;
    if (!load) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to check an organisation");
    for (uint32_t p = 0; !status && p < o->n; p++) {
        int32_t m = o->mentor[p];
        if (o->there[p] > 1 || (o->there[p] && o->wanted[p]))
            status = wrong(o, p, "somebody is there and the position is to be filled", err);
        else if (o->arm[p] >= world->n_arms || o->grade[p] >= world->n_grades || o->last[p] > world->n_levels)
            status = wrong(o, p, "a state outside its range", err);
        else if (o->entity[p] != (p << 8 | o->generation[p]))
            status = wrong(o, p, "an address that is not its own", err);
        else if (o->source[p] >= world->n_sources)
            status = wrong(o, p, "a person from nowhere", err);
        else if (!(o->tenure[p] >= 0) || !(o->in_grade[p] >= 0) ||
                 o->in_grade[p] > o->tenure[p] + 1e-6 + world->tenure[o->source[p]] + world->in_grade[o->source[p]])
            status = wrong(o, p, "a clock that runs wrongly", err);
        else if (m >= (int32_t)o->n || m == (int32_t)p)
            status = wrong(o, p, "a mentor who cannot be", err);
        else if (m >= 0)
            load[m]++;
    }
    for (uint32_t p = 0; !status && p < o->n; p++)
        if (o->there[p] && load[p] != o->load[p]) status = wrong(o, p, "mentees that are not counted, or counted twice", err);
    for (uint32_t p = 0; !status && world->places && world->scorer && o->policy && p < o->n; p++) {
        uint32_t most = (uint32_t)world->places[o->source[p]];
        uint32_t from_start = 0;
        for (uint32_t q = 0; q < o->n; q++) from_start += world->start_mentor[q] == (int32_t)p;
        if (o->there[p] && load[p] > most && load[p] > from_start) status = wrong(o, p, "more mentees than places", err);
    }
    mlab_release(o->context, load);
    return status;
}
