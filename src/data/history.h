/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files about people's jobs share: histories, snapshots, the stays that are made of them. */
#ifndef MLAB_DATA_HISTORY_H
#define MLAB_DATA_HISTORY_H

#include "data/loading.h"

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
