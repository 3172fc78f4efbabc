/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matching rules compiled for the simulated people: scores over the people table with the state that processes move, places of
 * mentors, and pairs that are forbidden from the start. A hire copies the attributes of a donor, not their manager or past. */
#include "simulate/world.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

const char *const mlab_world_state_columns[MLAB_N_STATE_COLUMNS] = {"grade", "tenure", "time_in_grade"};

static mlab_status set_places(mlab_world *world, mlab_error *err)
{
    const mlab_match_spec *spec = world->spec->matching;
    const mlab_column *column = spec->capacity_column ? mlab_table_find(world->spec->data->people, spec->capacity_column) : NULL;
    if (spec->capacity_column && (!column || (column->type != MLAB_COLUMN_INTEGER && column->type != MLAB_COLUMN_REAL)))
        return mlab_raise(err, MLAB_ERR_MATCH_COLUMN, "the places of mentors are to be read from '%s', which is no column of numbers of the people",
                          spec->capacity_column);
    for (uint32_t s = 0; s < world->n_sources; s++) {
        uint32_t row = world->people_row[s];
        double places = spec->default_capacity;
        if (column && !(column->missing && column->missing[row]))
            places = column->type == MLAB_COLUMN_INTEGER ? column->as.integer[row] : column->as.real[row];
        if (!(places >= 0 && places <= 250)) return mlab_raise(err, MLAB_ERR_MATCH_CAPACITY, "a mentor offers %g places, allowed 0 to 250", places);
        world->places[s] = (int32_t)places;
    }
    return MLAB_OK;
}

/* The role column says mentor, mentee or both; missing = both. */
static mlab_status set_roles(mlab_world *world, mlab_error *err)
{
    const mlab_match_spec *spec = world->spec->matching;
    const mlab_column *column = spec->role_column ? mlab_table_find(world->spec->data->people, spec->role_column) : NULL;
    if (spec->role_column && (!column || (column->type != MLAB_COLUMN_TEXT && column->type != MLAB_COLUMN_FACTOR)))
        return mlab_raise(err, MLAB_ERR_MATCH_COLUMN, "roles are to be read from '%s', which is no column of texts of the people", spec->role_column);
    for (uint32_t s = 0; s < world->n_sources; s++) {
        const char *role = column ? mlab_column_text(column, world->people_row[s]) : "both";
        world->role[s] = !strcmp(role, "mentor") ? 1 : !strcmp(role, "mentee") ? 2 : 3;
    }
    return MLAB_OK;
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Keys of ids become keys of starting positions; a bootstrapped population keeps none. */
static mlab_status rename_keys(mlab_world *world, uint32_t n_ids, mlab_error *err)
{
    uint32_t *position = mlab_allocate(world->context, n_ids, sizeof *position);
    if (!position) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for forbidden pairs");
    for (uint32_t r = 0; r < n_ids; r++) position[r] = UINT32_MAX;
    for (uint32_t s = 0; !world->options.people && s < world->n_starters; s++) position[world->person[s]] = s;
    for (size_t k = 0; k < world->n_forbidden; k++) {
        mlab_forbidden *list = &world->forbidden[k];
        uint64_t *pairs = (uint64_t *)(uintptr_t)list->pairs; /* made for us, in our allocator */
        size_t n = 0;
        for (size_t j = 0; j < list->n; j++) {
            uint32_t mentee = position[pairs[j] >> 32], mentor = position[pairs[j] & UINT32_MAX];
            if (mentee != UINT32_MAX && mentor != UINT32_MAX) pairs[n++] = (uint64_t)(mentee << 8) << 32 | mentor << 8;
        }
        qsort(pairs, n, sizeof *pairs, by_key);
        list->n = n;
    }
    mlab_release(world->context, position);
    return MLAB_OK;
}

static mlab_status set_forbidden(mlab_world *world, mlab_findings *findings, mlab_error *err)
{
    const mlab_data *data = world->spec->data;
    const mlab_panel *panel = world->panel;
    const char *(*past)[2] = mlab_allocate(world->context, data->n_relationships, sizeof *past);
    if (!past) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for past pairs");
    size_t n = 0;
    for (size_t r = 0; r < data->n_relationships; r++) {
        const mlab_relationship *x = &data->relationships[r];
        if (x->mentor >= panel->n_ids || x->mentee >= panel->n_ids) continue;
        past[n][0] = panel->ids[x->mentor];
        past[n++][1] = panel->ids[x->mentee];
    }
    mlab_status status = mlab_forbidden_make(world->context, world->spec->matching, data->people, data->people, (const char *const *)panel->ids,
                                             panel->n_ids, (const char *const(*)[2])past, n, findings, &world->forbidden, &world->n_forbidden, err);
    mlab_release(world->context, (void *)past);
    return status ? status : rename_keys(world, (uint32_t)panel->n_ids, err);
}

mlab_status mlab_world_matching(mlab_world *world, mlab_error *err)
{
    const mlab_match_spec *spec = world->spec->matching;
    if (!world->matches) return MLAB_OK;
    if (!spec)
        return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "a scenario has a matching rule, but nothing says who may mentor whom (matching:)");
    for (uint32_t s = 0; s < world->n_sources; s++)
        if (world->people_row[s] == UINT32_MAX)
            return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER,
                              "person '%s' of the panel is not in the people table; matching needs their attributes",
                              world->panel->ids[world->person[s]]);
    mlab_findings findings;
    mlab_findings_start(&findings, world->context);
    mlab_status status = set_places(world, err);
    if (!status) status = set_roles(world, err);
    if (!status)
        status = mlab_scorer_make(world->context, spec, world->spec->data->people, world->spec->data->people, mlab_world_state_columns,
                                  MLAB_N_STATE_COLUMNS, &findings, &world->scorer, err);
    if (!status) status = set_forbidden(world, &findings, err);
    mlab_findings_free(&findings);
    return status;
}
