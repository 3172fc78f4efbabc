/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a status says: the one place that tells which of its values stands for no event. Everything that counts events reads it here. */
#ifndef MLAB_DATA_EVENT_STATUS_H
#define MLAB_DATA_EVENT_STATUS_H

#include "mentorlab/data.h"

/* The level of a factor that stands for no event: the first of a stated scale, else the only one whose word says so. Another column has none: 0.
 * outcome: its name, for the sentence. Errors: MLAB_ERR_FIT_RESPONSE (none or several of the levels say so). */
MLAB_MUST_USE mlab_status mlab_event_none(const mlab_column *column, const char *outcome, int32_t *none, mlab_error *err);

/* The same for a status of two values: 0 and 1, or two levels. Errors: MLAB_ERR_FIT_RESPONSE (as above; text or a date; other levels; another
 * number in some row). */
MLAB_MUST_USE mlab_status mlab_event_two(const mlab_column *column, size_t n_rows, const char *outcome, int32_t *none, mlab_error *err);

/* Whether a row, where the status is not missing, has an event. */
bool mlab_event_at(const mlab_column *column, int32_t none, size_t row);

#endif
