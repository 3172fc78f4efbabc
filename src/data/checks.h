/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks of tables that have been read: columns that say little, and values that look wrong. */
#ifndef MLAB_DATA_CHECKS_H
#define MLAB_DATA_CHECKS_H

#include "mentorlab/data.h"

/* Notes: columns with no or one value, nearly empty ones (95 % missing), and few fractions among whole numbers. */
MLAB_MUST_USE mlab_status mlab_check_columns(const mlab_table *table, mlab_findings *findings, mlab_error *err);

#endif
