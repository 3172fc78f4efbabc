/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a row looks like: of titles, of headings, of totals. */
#ifndef MLAB_DATA_ROWS_FRAME_H
#define MLAB_DATA_ROWS_FRAME_H

#include "data/rows.h"

size_t mlab_frame_filled(const mlab_cell *cells, size_t n);            /* cells that hold more than blanks */
size_t mlab_frame_blank_rows(const mlab_rows *rows);                   /* rows without content before all others of the first block */
size_t mlab_frame_find_header(const mlab_rows *rows, size_t first);    /* row of the first block, from `first` on, that holds the headings */
uint32_t mlab_frame_header_rows(const mlab_rows *rows, size_t header); /* 1, or more when it can be told */
/* Does the row end the data: the stated text, or what looks like totals when nothing is stated? */
bool mlab_frame_stops(const mlab_rows *rows, const mlab_cell *cells, size_t n);

#endif
