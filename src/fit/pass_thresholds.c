/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of a pass that belongs to thresholds: threshold t is the upper one of rows of category t and the lower one of category t + 1.
 * Few thresholds: one after the other over all rows of the tile, side by side; many: row by row. */
#include "fit/engine.h"

#define FEW ((size_t)12)

static void by_rows(const mlab_family_tile *tile, const double *x, size_t p, size_t n, double *score, double *information)
{
    size_t t = tile->n_thresholds;
    for (size_t i = 0; i < tile->rows; i++) {
        size_t y = (size_t)tile->category[i];
        if (y < t) {
            score[y] += tile->upper[i];
            information[y * n + y] += tile->upper_upper[i];
        }
        if (y > 0) {
            score[y - 1] += tile->lower[i];
            information[(y - 1) * n + y - 1] += tile->lower_lower[i];
            if (y < t) information[(y - 1) * n + y] += tile->upper_lower[i];
        }
    }
    for (size_t j = 0; j < p; j++) {
        const double *column = x + j * MLAB_TILE;
        double *into = information + t + j;
        for (size_t i = 0; i < tile->rows; i++) {
            size_t y = (size_t)tile->category[i];
            if (y < t) into[y * n] -= (tile->upper_upper[i] + tile->upper_lower[i]) * column[i];
            if (y > 0) into[(y - 1) * n] -= (tile->lower_lower[i] + tile->upper_lower[i]) * column[i];
        }
    }
}

void mlab_pass_thresholds(const mlab_kernels *kernels, const mlab_family_tile *tile, const double *x, size_t p, size_t n, double *score,
                          double *information)
{
    static const double none[MLAB_TILE];
    double own[MLAB_TILE], with_other[MLAB_TILE];
    size_t rows = tile->rows, whole = mlab_whole_lanes(rows);
    if (tile->n_thresholds > FEW) {
        by_rows(tile, x, p, n, score, information);
        return;
    }
    for (size_t i = rows; i < whole; i++) own[i] = with_other[i] = 0;
    for (size_t t = 0; t < tile->n_thresholds; t++) {
        double *row = information + t * n;
        kernels->pick(tile->category, (int32_t)t, tile->upper, tile->lower, rows, own);
        score[t] += kernels->sum(own, whole);
        if (t + 1 < tile->n_thresholds) { /* rows between this threshold and the next */
            kernels->pick(tile->category, (int32_t)t, none, tile->upper_lower, rows, own);
            row[t + 1] += kernels->sum(own, whole);
        }
        kernels->pick(tile->category, (int32_t)t, tile->upper_upper, tile->lower_lower, rows, own);
        row[t] += kernels->sum(own, whole);
        if (p == 0) continue;
        kernels->pick(tile->category, (int32_t)t, tile->upper_lower, tile->upper_lower, rows, with_other);
        for (size_t i = 0; i < whole; i++) own[i] = -(own[i] + with_other[i]);
        kernels->project(x, p, own, whole, row + tile->n_thresholds);
    }
}
