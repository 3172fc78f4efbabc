/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that add up what was recorded of a person until the morning of a row: hours of training, goals, meetings. Nobody of whom
 * nothing is recorded has 0. */
#include "data/panel_work.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"

/* Sum of what was recorded after `after`, up to and with `until`; items first .. last are the person's, by date. */
static double sum_of(const mlab_panel_record *record, size_t first, size_t last, int32_t after, int32_t until)
{
    double sum = 0;
    for (size_t k = first; k < last && record->date[k] <= until; k++)
        if (record->date[k] > after) sum += record->value[k];
    return sum;
}

static mlab_status fill_record(mlab_panel_work *work, const mlab_panel_record *record, mlab_error *err)
{
    const mlab_panel *panel = work->panel;
    mlab_column *column;
    mlab_status status = mlab_table_add(panel->rows, record->name, MLAB_COLUMN_REAL, NULL, 0, &column, err);
    if (status) return status;
    char *unit = mlab_copy_text(work->context, record->unit);
    if (!unit) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for column '%s'", record->name);
    mlab_release(work->context, column->unit);
    column->unit = unit;
    for (size_t i = 0, first = 0, last = 0; i < panel->n_rows; i++) {
        if (i == 0 || panel->person[i] != panel->person[i - 1]) {
            while (first < record->n && record->person[first] < panel->person[i]) first++;
            for (last = first; last < record->n && record->person[last] == panel->person[i];) last++;
        }
        int32_t after = record->window ? panel->start[i] - record->window : INT32_MIN;
        column->as.real[i] = record->scale * sum_of(record, first, last, after, panel->start[i]);
    }
    return MLAB_OK;
}

mlab_status mlab_panel_fill_records(mlab_panel_work *work, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < work->spec->n_records && !status; k++) status = fill_record(work, &work->spec->records[k], err);
    return status;
}
