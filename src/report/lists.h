/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of pairs as a workbook: a sheet a view, ids as texts, decisions to choose from. */
#ifndef MLAB_REPORT_LISTS_H
#define MLAB_REPORT_LISTS_H

#include "mentorlab/match.h"

/* Mode 0600. Errors: those of writing workbooks. */
MLAB_MUST_USE mlab_status mlab_lists_workbook(const mlab_context *context, const char *path, const mlab_list *const *lists, size_t n,
                                              mlab_error *err);

#endif
