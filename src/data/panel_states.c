/* SPDX-License-Identifier: GPL-3.0-or-later */
/* States that change in time (department, manager, salary, ...) as columns of the panel, and clocks that count the months since a
 * state changed. A row has the state of the evening of its `start`; the first row of a stay also what stands on the first day. So a
 * raise that comes with a promotion does not stand in the row in which the promotion happens.
 * Weakness: a person's changes are looked through from the last one on for every row; thousands for one person would be slow. */
#include "data/panel_work.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/parallel.h"

#include <string.h>

#define DAYS_PER_MONTH 30.4375

typedef struct changing {
    const mlab_panel_work *work;
    const mlab_column *from;
    mlab_column *to, *clock; /* clock: NULL when nothing counts from its changes */
} changing;

/* The change that holds in the row; SIZE_MAX when none does. */
static size_t change_at(const mlab_panel_work *work, const mlab_panel_spell *spell, int32_t start)
{
    const mlab_panel_states *states = work->people->states;
    int32_t until = start > spell->from ? start : spell->from;
    for (size_t k = work->state_first[spell->person + 1]; k-- > work->state_first[spell->person];) {
        if (states->date[k] > until) continue;
        return states->date[k] >= spell->from ? k : SIZE_MAX;
    }
    return SIZE_MAX;
}

static bool same_value(const mlab_column *column, size_t a, size_t b)
{
    bool missing_a = column->missing && column->missing[a], missing_b = column->missing && column->missing[b];
    if (missing_a || missing_b) return missing_a && missing_b;
    if (column->type == MLAB_COLUMN_REAL) return column->as.real[a] == column->as.real[b];
    if (column->type == MLAB_COLUMN_TEXT) return !strcmp(mlab_column_text(column, a), mlab_column_text(column, b));
    return column->as.integer[a] == column->as.integer[b];
}

/* The day in whose evening the value of change k began: that of the first of the changes without another value before it. */
static int32_t begun(const changing *c, const mlab_panel_spell *spell, size_t k)
{
    const mlab_panel_states *states = c->work->people->states;
    while (k > c->work->state_first[spell->person] && states->date[k - 1] >= spell->from && same_value(c->from, states->row[k - 1], states->row[k]))
        k--;
    return states->date[k] > spell->from ? states->date[k] : spell->from - 1;
}

static mlab_status spread_states(void *from, size_t block, void *scratch, mlab_error *err)
{
    const changing *c = from;
    const mlab_panel_work *work = c->work;
    const mlab_panel *panel = work->panel;
    (void)scratch, (void)err;
    size_t first = block * MLAB_PANEL_FILL_BLOCK,
           last = first + MLAB_PANEL_FILL_BLOCK < panel->n_rows ? first + MLAB_PANEL_FILL_BLOCK : panel->n_rows;
    for (size_t i = first; i < last; i++) {
        const mlab_panel_spell *spell = &work->people->spells[work->spell_first[panel->person[i]] + panel->spell[i]];
        size_t k = change_at(work, spell, panel->start[i]);
        if (k == SIZE_MAX)
            c->to->missing[i] = 1;
        else
            mlab_panel_copy_value(c->from, work->people->states->row[k], c->to, i);
        if (!c->clock) continue;
        c->clock->missing[i] = c->to->missing[i];
        if (!c->to->missing[i]) c->clock->as.real[i] = (panel->start[i] - begun(c, spell, k)) / DAYS_PER_MONTH;
    }
    return MLAB_OK;
}

static mlab_status add_clock(mlab_panel_work *work, const char *name, mlab_error *err)
{
    mlab_column *column;
    mlab_status status = mlab_table_add(work->panel->rows, name, MLAB_COLUMN_REAL, NULL, 0, &column, err);
    if (status) return status;
    column->missing = mlab_allocate(work->context, work->panel->n_rows, 1);
    char *unit = mlab_copy_text(work->context, "months");
    if (!column->missing || !unit) {
        mlab_release(work->context, unit);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the column \"%s\" of a panel", name);
    }
    mlab_release(work->context, column->unit);
    column->unit = unit;
    return MLAB_OK;
}

mlab_status mlab_panel_fill_states(mlab_panel_work *work, mlab_error *err)
{
    const mlab_panel_states *states = work->people->states;
    size_t n_blocks = (work->panel->n_rows + MLAB_PANEL_FILL_BLOCK - 1) / MLAB_PANEL_FILL_BLOCK;
    mlab_status status = MLAB_OK;
    for (size_t s = 0; states && s < states->n_names && !status; s++) {
        const char *name = states->names[s], *clock = states->clocks ? states->clocks[s] : NULL;
        changing c = {.work = work, .from = mlab_table_find(states->table, name)};
        if (!c.from) return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "the states have no column \"%s\"", name);
        status = mlab_panel_add_like(work, name, c.from, err);
        if (!status && clock) status = add_clock(work, clock, err);
        if (status) return status;
        c.to = mlab_table_find(work->panel->rows, name);
        c.clock = clock ? mlab_table_find(work->panel->rows, clock) : NULL;
        status = mlab_parallel_blocks(work->context, NULL, n_blocks, 0, spread_states, &c, err);
    }
    return status;
}
