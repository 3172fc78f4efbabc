/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /data: what came in. Counts by arm and the digests of the inputs; no row about one person. */
#include "store/stages.h"

#include "core/memory.h"
#include "core/number.h"

#include <math.h>

enum { LEAST_PEOPLE = 5 }; /* of a count that is told */

static void put_inputs(const mlab_h5_group *data_group, const mlab_data *data)
{
    const mlab_context *context = data->context;
    size_t n = data->n_inputs;
    mlab_h5_group group = mlab_h5_group_make(data_group, "inputs");
    char **texts = mlab_allocate(context, n, 3 * sizeof *texts);
    uint64_t *rows = mlab_allocate(context, n, 3 * sizeof *rows);
    double *accept = mlab_allocate(context, n, sizeof *accept);
    if (!texts || !rows || !accept) {
        mlab_h5_fail(group.file, MLAB_ERR_MEMORY, "no memory to write %zu inputs", n);
    } else {
        for (size_t i = 0; i < n; i++) {
            texts[i] = data->inputs[i].role;
            texts[n + i] = data->inputs[i].file;
            texts[2 * n + i] = data->inputs[i].sha256;
            rows[i] = data->inputs[i].rows;
            rows[n + i] = data->inputs[i].named;
            rows[2 * n + i] = data->inputs[i].linked;
            accept[i] = data->inputs[i].named ? data->inputs[i].accept : -1;
        }
        mlab_h5_dimension(&group, "row", n);
        mlab_h5_put_texts(&group, "role", "row", texts, "what the file is used for");
        mlab_h5_put_texts(&group, "file", "row", texts + n, "name of the file in the study");
        mlab_h5_put_texts(&group, "sha256", "row", texts + 2 * n, "SHA-256 of the file");
        mlab_h5_put(&group, "rows", "row", MLAB_H5_COUNT, rows, "row", "rows read");
        mlab_h5_put(&group, "named", "row", MLAB_H5_COUNT, rows + n, "person", "different ids of people in it; 0 for the people file");
        mlab_h5_put(&group, "linked", "row", MLAB_H5_COUNT, rows + 2 * n, "person", "those of them that are in the people file");
        mlab_h5_put(&group, "accept_unlinked", "row", MLAB_H5_REAL, accept, "1", "share of them that may be missing; -1 = nobody is looked for");
    }
    mlab_release(context, accept);
    mlab_release(context, texts);
    mlab_release(context, rows);
    mlab_h5_group_close(&group);
}

/* Who is in and who is not; counts under the usual minimum are put together. */
static void put_flow(const mlab_h5_group *data_group, const mlab_data *data)
{
    const mlab_context *context = data->context;
    size_t n = data->n_flow;
    if (!n) return;
    mlab_h5_group group = mlab_h5_group_make(data_group, "population");
    mlab_flow_step *told = mlab_allocate(context, n, sizeof *told);
    char **what = mlab_allocate(context, n, sizeof *what), **side = mlab_allocate(context, n, sizeof *side);
    uint64_t *people = mlab_allocate(context, n, sizeof *people);
    if (!told || !what || !side || !people) {
        mlab_h5_fail(group.file, MLAB_ERR_MEMORY, "no memory to write who is in the study");
    } else {
        static char in[] = "in", out[] = "out";
        n = mlab_flow_told(data, LEAST_PEOPLE, told);
        for (size_t i = 0; i < n; i++) {
            what[i] = (char *)(uintptr_t)told[i].what;
            side[i] = told[i].out ? out : in;
            people[i] = told[i].people;
        }
        mlab_h5_dimension(&group, "row", n);
        mlab_h5_put_texts(&group, "side", "row", side, "in, or left out at this step");
        mlab_h5_put_texts(&group, "what", "row", what, "who they are");
        mlab_h5_put(&group, "people", "row", MLAB_H5_COUNT, people, "person", "number of people");
    }
    mlab_release(context, told);
    mlab_release(context, what);
    mlab_release(context, side);
    mlab_release(context, people);
    mlab_h5_group_close(&group);
}

/* Person-periods, person-years and people ever in each arm, and events of each kind there. */
static void count_arms(const mlab_panel *panel, uint64_t *rows, double *years, uint64_t *people, uint64_t *events, uint8_t *seen)
{
    size_t n_arms = (size_t)panel->n_arms;
    for (size_t i = 0; i < panel->n_rows; i++) {
        if (panel->arm[i] < 0) continue;
        size_t arm = (size_t)panel->arm[i], mark = (size_t)panel->person[i] * n_arms + arm;
        rows[arm]++;
        years[arm] += (panel->stop[i] - panel->start[i]) / 365.25;
        if (!seen[mark]) people[arm]++;
        seen[mark] = 1;
        for (size_t e = 0; e < panel->n_events; e++)
            if (panel->events[e].what[i]) events[e * n_arms + arm]++;
    }
}

/* Counts of few are hidden, and the fewest of the others where that is a single one; zeros are known to all. */
static void hide_few(uint64_t *count, const uint8_t *told, size_t n, uint64_t minimum)
{
    size_t hidden = 0, next = SIZE_MAX;
    for (size_t k = 0; k < n; k++) {
        if (count[k] == 0) continue;
        if (count[k] < minimum || (told && !told[k]))
            hidden++, count[k] = MLAB_COUNT_HIDDEN;
        else if (next == SIZE_MAX || count[k] < count[next])
            next = k;
    }
    if (hidden == 1 && next != SIZE_MAX) count[next] = MLAB_COUNT_HIDDEN;
}

/* An arm of few people has no numbers in a file that is shared. */
static void hide_arms(const mlab_h5_file *file, const mlab_panel *panel, uint64_t *rows, uint64_t *people, double *years, uint64_t *events,
                      uint8_t *told)
{
    const size_t n = (size_t)panel->n_arms;
    hide_few(people, NULL, n, file->minimum);
    for (size_t a = 0; a < n; a++) {
        told[a] = people[a] != MLAB_COUNT_HIDDEN;
        if (!told[a]) rows[a] = MLAB_COUNT_HIDDEN, years[a] = NAN;
    }
    for (size_t e = 0; e < panel->n_events; e++) hide_few(events + e * n, told, n, file->minimum);
}

static void put_arms(const mlab_h5_group *data_group, const mlab_data *data)
{
    const mlab_context *context = data->context;
    const mlab_panel *panel = data->panel;
    size_t n = (size_t)panel->n_arms;
    mlab_h5_group group = mlab_h5_group_make(data_group, "arms");
    uint64_t *rows = mlab_allocate(context, n, 2 * sizeof *rows), *events = mlab_allocate(context, n * panel->n_events, sizeof *events);
    double *years = mlab_allocate(context, n, sizeof *years);
    uint8_t *seen = mlab_allocate(context, panel->n_ids + 1, n);
    char **names = mlab_allocate(context, panel->n_events, sizeof *names);
    if (!rows || !events || !years || !seen || !names) {
        mlab_h5_fail(group.file, MLAB_ERR_MEMORY, "no memory to count %zu arms", n);
    } else {
        for (size_t e = 0; e < panel->n_events; e++) names[e] = panel->events[e].name;
        count_arms(panel, rows, years, rows + n, events, seen);
        if (group.file->without_people) hide_arms(group.file, panel, rows, rows + n, years, events, seen);
        mlab_h5_dimension_texts(&group, "arm", panel->arms, n, "what a person is exposed to");
        mlab_h5_dimension_texts(&group, "outcome", names, panel->n_events, "event outcome");
        mlab_h5_put(&group, "person_periods", "arm", MLAB_H5_COUNT, rows, "person-period", "person-periods in the arm");
        mlab_h5_put(&group, "person_years", "arm", MLAB_H5_REAL, years, "year", "person-years in the arm");
        mlab_h5_put(&group, "people", "arm", MLAB_H5_COUNT, rows + n, "person", "people ever in the arm");
        mlab_h5_put(&group, "events", "outcome arm", MLAB_H5_COUNT, events, "event", "events in the arm");
    }
    mlab_release(context, rows);
    mlab_release(context, events);
    mlab_release(context, years);
    mlab_release(context, seen);
    mlab_release(context, names);
    mlab_h5_group_close(&group);
}

static void put_date(const mlab_h5_group *group, const char *name, int32_t date)
{
    char text[16] = "";
    if (date != MLAB_DATE_MISSING) mlab_date_print(date, text, sizeof text);
    mlab_h5_attribute(group, name, text);
}

void mlab_store_put_data(const mlab_h5_group *root, const mlab_data *data)
{
    mlab_h5_group group = mlab_h5_group_make(root, "data");
    const mlab_panel *panel = data->panel;
    mlab_h5_attribute(&group, "kind", data->person_level ? "person-level table" : "person-periods");
    put_date(&group, "as_of", data->as_of);
    mlab_h5_attribute(&group, "guesses", data->guesses);
    mlab_h5_put_integer(&group, "people", data->people ? (int64_t)data->people->n_rows : 0, "person", "rows of the people file");
    mlab_h5_put_integer(&group, "relationships", (int64_t)data->n_relationships, "relationship", "relationships read");
    if (panel) {
        mlab_h5_attribute(&group, "period", panel->period_name);
        put_date(&group, "from", panel->from);
        put_date(&group, "to", panel->to);
        mlab_h5_put_integer(&group, "person_periods", (int64_t)panel->n_rows, "person-period", "rows of the panel");
        mlab_h5_put_integer(&group, "people_in_panel", (int64_t)panel->n_people, "person", "people with at least one row in the panel");
        put_arms(&group, data);
    }
    put_flow(&group, data);
    mlab_store_put_surveys(&group, data);
    put_inputs(&group, data);
    mlab_h5_group_close(&group);
}
