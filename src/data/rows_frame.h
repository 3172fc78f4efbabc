/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a row looks like: of titles, of headings, of totals. */
#ifndef MLAB_DATA_ROWS_FRAME_H
#define MLAB_DATA_ROWS_FRAME_H

#include "data/rows.h"

size_t mlab_frame_filled(const mlab_cell *cells, size_t n);            /* cells that hold more than blanks */
size_t mlab_frame_find_header(const mlab_rows *rows);                  /* row of the first block that holds the headings */
uint32_t mlab_frame_header_rows(const mlab_rows *rows, size_t header); /* 1, or more when it can be told */
/* Does the row end the data: the stated text, or what looks like totals when nothing is stated? */
bool mlab_frame_stops(const mlab_rows *rows, const mlab_cell *cells, size_t n);

#endif
