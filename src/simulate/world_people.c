/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who starts the simulation, in which state, and how people look who are hired later.
 *
 * Starters are the people whose last row reaches the end of the panel without an exit; their state is that at its end: what happened
 * inside the last period is carried over. A donor is a row of somebody hired inside the panel, at entry; a hire copies one.
 * Weakness: with fewer than 20 hires in the panel the starters themselves serve as donors, with the clocks at 0; this is said. */
#include "simulate/world.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/random.h"
#include "data/missing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST_DONORS = 20 };

static double real_at(const mlab_column *column, size_t row)
{
    if (!column || mlab_is_missing_at(column, row)) return 0;
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

/* --- dimensions of the state ----------------------------------------------------------------------- */

static mlab_status find_arms(mlab_world *world, mlab_error *err)
{
    const mlab_simulate_spec *spec = world->spec;
    const mlab_panel *panel = world->panel;
    world->arms = mlab_allocate(world->context, (size_t)panel->n_arms + spec->n_scenarios + 1, sizeof *world->arms);
    world->policy = mlab_allocate(world->context, spec->n_scenarios, sizeof *world->policy);
    world->scenario_arm = mlab_allocate(world->context, spec->n_scenarios, sizeof *world->scenario_arm);
    if (!world->arms || !world->policy || !world->scenario_arm) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the arms");
    for (int32_t a = 0; a < panel->n_arms; a++) world->arms[world->n_arms++] = panel->arms[a];
    if (!world->n_arms) world->arms[world->n_arms++] = (char *)"none";
    for (size_t s = 0; s < spec->n_scenarios; s++) {
        const mlab_scenario *scenario = &spec->scenarios[s];
        if (!strcmp(scenario->policy, "none")) continue;
        if (!(world->policy[s] = mlab_policy_find(scenario->policy)))
            return mlab_raise_at(err, MLAB_ERR_SIMULATE_PARAMETER, &scenario->place, "scenario %s: there is no matching rule '%s'", scenario->name,
                                 scenario->policy);
        world->matches = true;
        uint32_t a = 0;
        while (a < world->n_arms && strcmp(world->arms[a], scenario->arm)) a++;
        if (a == 0)
            return mlab_raise_at(err, MLAB_ERR_SIMULATE_PARAMETER, &scenario->place,
                                 "scenario %s: a matched mentee cannot be in the reference arm '%s'", scenario->name, scenario->arm);
        if (a == world->n_arms) world->arms[world->n_arms++] = scenario->arm;
        world->scenario_arm[s] = a;
    }
    return MLAB_OK;
}

/* Grades from the lowest to the highest that anybody had at the start of a row or reached in one. */
static mlab_status find_grades(mlab_world *world, mlab_error *err)
{
    const mlab_panel *panel = world->panel;
    const mlab_column *grade = mlab_table_find(panel->rows, "grade");
    int32_t low = INT32_MAX, high = INT32_MIN;
    if (grade && grade->type != MLAB_COLUMN_INTEGER && grade->type != MLAB_COLUMN_FACTOR) grade = NULL;
    world->grade_column = grade;
    for (size_t i = 0; grade && i < panel->n_rows; i++) {
        const int32_t final = panel->final[panel->person[i]].grade, now = mlab_is_missing_at(grade, i) ? final : grade->as.integer[i];
        if (now == MLAB_DATE_MISSING || final == MLAB_DATE_MISSING) continue;
        low = now < low ? now : low;
        low = final < low ? final : low;
        high = now > high ? now : high;
        high = final > high ? final : high;
    }
    const mlab_panel_event *promotion = mlab_panel_find_event(panel, "promoted");
    for (size_t i = 0; grade && promotion && i < panel->n_rows; i++)
        if (promotion->what[i] && !mlab_is_missing_at(grade, i) && grade->as.integer[i] + 1 > high) high = grade->as.integer[i] + 1;
    if (grade && grade->type == MLAB_COLUMN_FACTOR && high >= grade->n_levels) high = grade->n_levels - 1;
    bool some = grade && low <= high;
    if (some && (int64_t)high - low >= MLAB_MAX_GRADES)
        return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "grades run from %d to %d, allowed at most %d of them", (int)low, (int)high,
                          MLAB_MAX_GRADES);
    world->lowest_grade = some ? low : 0;
    world->n_grades = some ? (uint32_t)(high - low + 1) : 1;
    world->grade_label = mlab_allocate(world->context, world->n_grades, sizeof *world->grade_label);
    if (!world->grade_label) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the grades");
    for (uint32_t g = 0; g < world->n_grades; g++) {
        if (!some)
            snprintf(world->grade_label[g], sizeof world->grade_label[g], "all");
        else if (grade->type == MLAB_COLUMN_FACTOR)
            snprintf(world->grade_label[g], sizeof world->grade_label[g], "%.31s", grade->levels[low + (int32_t)g]);
        else
            snprintf(world->grade_label[g], sizeof world->grade_label[g], "%d", (int)low + (int)g);
    }
    if (!some) world->grade_column = NULL;
    return MLAB_OK;
}

/* The ordinal outcome that is simulated: "satisfaction" if it was fitted, else the first one. */
static mlab_status find_measure(mlab_world *world, mlab_error *err)
{
    const mlab_panel *panel = world->panel;
    for (size_t k = 0; k < world->spec->n_fits; k++) {
        const mlab_fit *fit = world->spec->fits[k];
        if (strcmp(fit->model, "ordinal")) continue;
        for (size_t m = 0; m < panel->n_measures; m++)
            if (!strcmp(panel->measures[m], fit->outcome) && (!world->measure || !strcmp(fit->outcome, "satisfaction")))
                world->measure = panel->measures[m];
    }
    if (!world->measure) return MLAB_OK;
    char name[160];
    snprintf(name, sizeof name, "%s_last", world->measure);
    world->last_column = mlab_table_find(panel->rows, name);
    if (!world->last_column || world->last_column->type != MLAB_COLUMN_FACTOR || world->last_column->n_levels >= MLAB_MAX_LEVELS)
        return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "the panel has no column '%s' of at most %d levels", name, MLAB_MAX_LEVELS - 1);
    world->n_levels = (uint32_t)world->last_column->n_levels;
    return MLAB_OK;
}

/* --- sources --------------------------------------------------------------------------------------- */

static bool is_starter(const mlab_panel *panel, size_t i, int32_t end)
{
    bool last = i + 1 == panel->n_rows || panel->person[i + 1] != panel->person[i];
    return last && panel->stop[i] >= end && !panel->final[panel->person[i]].gone;
}

static bool is_donor(const mlab_world *world, const mlab_column *tenure, size_t i)
{
    const mlab_panel *panel = world->panel;
    return panel->since[i] == 0 && panel->start[i] > panel->from && tenure && real_at(tenure, i) < 0.02;
}

/* Row of each person in the people table, by id. */
typedef struct id_row {
    const char *id;
    uint32_t row;
} id_row;

static int by_id(const void *a, const void *b)
{
    return strcmp(((const id_row *)a)->id, ((const id_row *)b)->id);
}

static mlab_status find_people_rows(mlab_world *world, mlab_error *err)
{
    const mlab_table *people = world->spec->data->people;
    const char *name = world->spec->matching && world->spec->matching->id_column ? world->spec->matching->id_column : "id";
    const mlab_column *id = people ? mlab_table_find(people, name) : NULL;
    for (uint32_t s = 0; s < world->n_sources; s++) world->people_row[s] = UINT32_MAX;
    if (!id || (id->type != MLAB_COLUMN_TEXT && id->type != MLAB_COLUMN_FACTOR)) return MLAB_OK;
    id_row *rows = mlab_allocate(world->context, people->n_rows, sizeof *rows);
    if (!rows) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to find %zu people", people->n_rows);
    for (size_t r = 0; r < people->n_rows; r++) rows[r] = (id_row){mlab_column_text(id, r), (uint32_t)r};
    qsort(rows, people->n_rows, sizeof *rows, by_id);
    for (uint32_t s = 0; s < world->n_sources; s++) {
        const id_row key = {world->panel->ids[world->person[s]], 0};
        const id_row *found = people->n_rows ? bsearch(&key, rows, people->n_rows, sizeof *rows, by_id) : NULL;
        if (found) world->people_row[s] = found->row;
    }
    mlab_release(world->context, rows);
    return MLAB_OK;
}

static uint8_t grade_code(const mlab_world *world, size_t row)
{
    if (!world->grade_column || mlab_is_missing_at(world->grade_column, row)) return 0;
    return (uint8_t)(world->grade_column->as.integer[row] - world->lowest_grade);
}

/* The state at the end of row i. */
static void set_starter(mlab_world *world, uint32_t s, size_t i)
{
    const mlab_panel *panel = world->panel;
    const mlab_panel_final *final = &panel->final[panel->person[i]];
    world->tenure[s] = real_at(mlab_table_find(panel->rows, "tenure"), i) + (panel->stop[i] - panel->start[i]) / 365.25;
    world->in_grade[s] = (panel->stop[i] - final->grade_since) / 365.25;
    world->grade[s] = !world->grade_column || final->grade == MLAB_DATE_MISSING ? 0 : (uint8_t)(final->grade - world->lowest_grade);
    world->unknown_arm += final->arm < 0;
    world->arm[s] = final->arm < 0 ? 0 : (uint8_t) final->arm;
    if (!world->last_column) return;
    const mlab_column *answer = mlab_table_find(panel->rows, world->measure);
    if (!mlab_is_missing_at(world->last_column, i)) world->last[s] = (uint8_t)(world->last_column->as.integer[i] + 1);
    if (answer && answer->type == MLAB_COLUMN_FACTOR && !mlab_is_missing_at(answer, i)) world->last[s] = (uint8_t)(answer->as.integer[i] + 1);
}

static mlab_status allocate_sources(mlab_world *world, mlab_error *err)
{
    size_t n = world->n_sources;
    const mlab_context *context = world->context;
    world->panel_row = mlab_allocate(context, n, sizeof *world->panel_row);
    world->people_row = mlab_allocate(context, n, sizeof *world->people_row);
    world->person = mlab_allocate(context, n, sizeof *world->person);
    world->tenure = mlab_allocate(context, n, sizeof *world->tenure);
    world->in_grade = mlab_allocate(context, n, sizeof *world->in_grade);
    world->grade = mlab_allocate(context, n, sizeof *world->grade);
    world->arm = mlab_allocate(context, n, sizeof *world->arm);
    world->last = mlab_allocate(context, n, sizeof *world->last);
    world->places = mlab_allocate(context, n, sizeof *world->places);
    world->role = mlab_allocate(context, n, sizeof *world->role);
    if (world->role && world->panel_row && world->people_row && world->person && world->tenure && world->in_grade && world->grade && world->arm &&
        world->last && world->places)
        return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu people", n);
}

static mlab_status find_sources(mlab_world *world, mlab_error *err)
{
    const mlab_panel *panel = world->panel;
    const mlab_column *tenure = mlab_table_find(panel->rows, "tenure");
    int32_t end = INT32_MIN;
    for (size_t i = 0; i < panel->n_rows; i++)
        if (panel->stop[i] > end) end = panel->stop[i];
    for (size_t i = 0; i < panel->n_rows; i++) {
        world->n_starters += is_starter(panel, i, end);
        world->n_donors += is_donor(world, tenure, i);
    }
    if (!world->n_starters)
        return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "nobody is there at the end of the panel; there is nobody to simulate");
    world->donors_are_starters = world->n_donors < FEWEST_DONORS;
    if (world->donors_are_starters) world->n_donors = world->n_starters;
    world->n_sources = world->n_starters + world->n_donors;
    mlab_status status = allocate_sources(world, err);
    if (status) return status;
    uint32_t s = 0, d = world->n_starters;
    for (size_t i = 0; i < panel->n_rows; i++) {
        if (is_starter(panel, i, end)) {
            world->panel_row[s] = (uint32_t)i;
            world->person[s] = panel->person[i];
            set_starter(world, s++, i);
        }
        if (!(world->donors_are_starters ? is_starter(panel, i, end) : is_donor(world, tenure, i))) continue;
        world->panel_row[d] = (uint32_t)i;
        world->person[d] = panel->person[i];
        world->grade[d++] = grade_code(world, i); /* clocks 0, reference arm, never asked */
    }
    return find_people_rows(world, err);
}

/* --- positions and relationships still going --------------------------------------------------------- */

static mlab_status set_positions(mlab_world *world, mlab_error *err)
{
    int64_t n = world->options.people ? world->options.people : world->n_starters;
    if (n > (INT64_C(1) << 24)) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%lld people, allowed at most 16777216", (long long)n);
    world->n_positions = (uint32_t)n;
    world->start_source = mlab_allocate(world->context, (size_t)n, sizeof *world->start_source);
    world->start_mentor = mlab_allocate(world->context, (size_t)n, sizeof *world->start_mentor);
    world->start_age = mlab_allocate(world->context, (size_t)n, sizeof *world->start_age);
    if (!world->start_source || !world->start_mentor || !world->start_age) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the positions");
    mlab_address address = {.seed = (uint64_t)world->options.seed, .purpose = MLAB_PURPOSE_POPULATION};
    for (uint32_t p = 0; p < world->n_positions; p++) {
        address.entity = p;
        world->start_source[p] = world->options.people ? (uint32_t)mlab_random_below(&address, 0, world->n_starters) : p;
        world->start_mentor[p] = -1;
    }
    return MLAB_OK;
}

/* Relationships that go on beyond the panel. A bootstrapped population starts without. */
static mlab_status set_relationships(mlab_world *world, mlab_error *err)
{
    const mlab_data *data = world->spec->data;
    const mlab_panel *panel = world->panel;
    uint32_t *position = mlab_allocate(world->context, panel->n_ids, sizeof *position);
    if (!position) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the relationships");
    for (size_t r = 0; r < panel->n_ids; r++) position[r] = UINT32_MAX;
    for (uint32_t s = 0; s < world->n_starters; s++) position[world->person[s]] = s;
    for (size_t r = 0; r < data->n_relationships; r++) {
        const mlab_relationship *x = &data->relationships[r];
        if (x->mentee >= panel->n_ids || position[x->mentee] == UINT32_MAX) continue;
        uint32_t mentee = position[x->mentee];
        int32_t end = panel->stop[world->panel_row[mentee]];
        if (x->start > end) continue;
        if (x->end != MLAB_DATE_MISSING && x->end <= end) continue;
        if (x->mentor >= panel->n_ids || position[x->mentor] == UINT32_MAX || world->options.people) continue;
        world->start_mentor[mentee] = (int32_t)position[x->mentor];
        world->start_age[mentee] = (int32_t)((end - x->start) / (30.4375 * panel->months_per_period));
    }
    mlab_release(world->context, position);
    return MLAB_OK;
}

mlab_status mlab_world_people(mlab_world *world, mlab_error *err)
{
    mlab_status status;
    if ((status = find_arms(world, err))) return status;
    if ((status = find_grades(world, err))) return status;
    if ((status = find_measure(world, err))) return status;
    if (world->n_arms > 250) return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "%u arms, allowed at most 250", (unsigned)world->n_arms);
    world->n_states = (world->n_levels + 1) * 2 * world->n_grades * world->n_arms;
    if (world->n_states > MLAB_MAX_STATES)
        return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "arms x grades x answers x 2 = %u states, allowed at most %d", (unsigned)world->n_states,
                          MLAB_MAX_STATES);
    if ((status = find_sources(world, err))) return status;
    if ((status = set_positions(world, err))) return status;
    return set_relationships(world, err);
}
