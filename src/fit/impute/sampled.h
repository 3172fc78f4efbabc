/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data of a bootstrap sample: people drawn with replacement, each copy a person of its own with all rows. */
#ifndef MLAB_FIT_IMPUTE_SAMPLED_H
#define MLAB_FIT_IMPUTE_SAMPLED_H

#include "mentorlab/impute.h"

typedef struct mlab_sampled {
    const mlab_context *context;
    mlab_data data; /* as the one sampled from, with the rows of the sample; relationships and the other files are left out */
    mlab_panel panel;
    mlab_table *rows;
    mlab_panel_event *events; /* [panel.n_events] */
    size_t n_events;
    uint32_t *source, *copy; /* [rows] row of the data that each comes from, and which copy of its person it is of */
} mlab_sampled;

/* People that can be drawn: those with rows in the panel, or the rows of the people. */
size_t mlab_sampled_people(const mlab_data *data);
/* person [rows] of the data: the number of each in that order. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_sampled_persons(const mlab_context *context, const mlab_data *data, uint32_t **person, mlab_error *err);
/* count [people]: copies of each, in the order of the rows. Columns of text are taken when a formula of the outcomes names them. */
MLAB_MUST_USE mlab_status mlab_sampled_make(const mlab_context *context, const mlab_data *data, const mlab_outcome *const *outcomes,
                                            size_t n_outcomes, const double *count, mlab_sampled **sampled, mlab_error *err);
void mlab_sampled_free(mlab_sampled *sampled); /* NULL is fine */

#endif
