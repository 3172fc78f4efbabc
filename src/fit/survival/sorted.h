/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A design whose rows stand in the order of their times, row by row: filled, scaled, and its aliased columns found. */
#ifndef MLAB_FIT_SORTED_H
#define MLAB_FIT_SORTED_H

#include "fit/direct.h"
#include "fit/model.h"

/* x [n * p] and offset [n] of the prepared problem's design, offsets of the problem included; place k holds row row[k] of the problem. */
MLAB_MUST_USE mlab_status mlab_sorted_fill(const mlab_context *context, const mlab_prepared *prepared, const uint32_t *row, double *x, double *offset,
                                           mlab_error *err);
/* Columns become (x - centre) / scale, 0 where they are constant (scale 0), else their scale is a power of two by which the standard deviation is 1
 * to 2; offsets lose their mean, which is returned. centre, scale [p]: zeros. */
enum { MLAB_SORTED_COLUMNS = 64 }; /* worked side by side */
double mlab_sorted_scale(size_t n, size_t p, double *x, double *offset, double *centre, double *scale);
/* aliased [p] from the information a [p * p] at coefficients of 0, which is used up: by Cholesky in the order of the columns, where a pivot falls
 * below 1e-10 of what it began with, or of an event's share of a column of unit variance. */
void mlab_sorted_aliased(double *a, size_t p, size_t n_events, uint8_t *aliased);

#endif
