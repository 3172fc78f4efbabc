/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files about people's jobs share: histories, snapshots, the stays that are made of them. */
#ifndef MLAB_DATA_HISTORY_H
#define MLAB_DATA_HISTORY_H

#include "data/loading.h"

/* A row of a job history that is used. Sorted by mlab_job_row_order. */
typedef struct mlab_job_row {
    uint32_t person, row; /* rank; row of mlab_loading.job */
    int32_t date;         /* from which it counts */
    double order;         /* within a day */
    bool exits;           /* its reason is an exit */
    bool again;           /* it counts once more, after another job that went beside it has ended: its reason does not */
} mlab_job_row;

int mlab_job_row_order(const void *a, const void *b);
/* Several jobs of one person at a time (load_concurrent.c): rows [*n] as sorted become those of one job at a time, as history.concurrent says, or
 * a finding. The array may grow. */
MLAB_MUST_USE mlab_status mlab_history_concurrent(mlab_loading *l, mlab_job_row **rows, size_t *n, mlab_error *err);

/* The columns of <block>.state, with the scale of grades. */
MLAB_MUST_USE mlab_status mlab_job_states(mlab_loading *l, const char *block, mlab_specs *specs, mlab_error *err);
/* l->states: those stated, else every column that is not the block's own; said. */
MLAB_MUST_USE mlab_status mlab_job_name_states(mlab_loading *l, const char *block, mlab_error *err);
/* Columns that hold ids (a manager) as ids of people are written. */
MLAB_MUST_USE mlab_status mlab_job_rewrite(mlab_loading *l, mlab_table *table, const mlab_specs *specs, mlab_error *err);
/* The last day of every exit, by history.exit_day as stated or found; said. */
MLAB_MUST_USE mlab_status mlab_history_last_days(mlab_loading *l, mlab_error *err);
/* "data.history" or "data.snapshots" */
int32_t mlab_job_date(const mlab_column *column, size_t row); /* MLAB_DATE_MISSING where there is none; column may be NULL */
const char *mlab_job_block(const mlab_loading *l);

#endif
