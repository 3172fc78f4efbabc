/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a value of a column is missing. */
#ifndef MLAB_DATA_MISSING_H
#define MLAB_DATA_MISSING_H

#include "mentorlab/data.h"

static inline bool mlab_is_missing_at(const mlab_column *column, size_t row)
{
    return column->missing && column->missing[row];
}

#endif
