/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The person-periods as a workbook with its codebook. */
#ifndef MLAB_REPORT_PANEL_BOOK_H
#define MLAB_REPORT_PANEL_BOOK_H

#include "data/panel_write.h"

/* Writes sheets panel and codebook to path, mode 0600; the rows, columns and names are those of mlab_panel_csv. Errors: MLAB_ERR_WRITE,
 * MLAB_ERR_MEMORY, MLAB_ERR_CANCELLED, MLAB_ERR_OVERFLOW (more rows than a sheet takes: the sentence names CSV). */
MLAB_MUST_USE mlab_status mlab_panel_workbook(const mlab_panel *panel, const char *const *names, const char *path, mlab_error *err);

#endif
