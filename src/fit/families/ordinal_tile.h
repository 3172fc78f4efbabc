/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tile of rows of an ordinal model with effects by threshold or on the scale, column by column. */
#ifndef MLAB_FIT_ORDINAL_TILE_H
#define MLAB_FIT_ORDINAL_TILE_H

#include "fit/families/ordinal_effects.h"

/* Thresholds up to which sums go tile by tile: the work grows with them, that of rows one by one does not. */
#define MLAB_TILE_THRESHOLDS ((size_t)10)

/* Memory of one thread, cut from `memory` [mlab_level_tile_room]. */
typedef struct mlab_level_tile {
    const mlab_engine *engine;
    const mlab_kernels *kernels;
    double *log_likelihood, *parts; /* [MLAB_TILE], [MLAB_LEVEL_PARTS * MLAB_TILE] of each row */
    double *upper, *lower, *scale;  /* [MLAB_TILE] ends, not yet divided by the scale; log of the scale */
    double *columns;                /* ones, the nominal columns, the common ones, those of the scale */
    double *weight, *product, *zeros, *sums, *table;
    size_t q, common, n_scale; /* ones and nominal columns; others */
    size_t *place;             /* [p] of the common columns */
} mlab_level_tile;

size_t mlab_level_tile_room(const mlab_engine *engine);
mlab_level_tile mlab_level_tile_at(const mlab_context *context, const mlab_engine *engine, double *memory);
/* log_likelihood, and with derivatives parts, of the rows of a tile: columns x, offset, levels. -+1e100 stand for ends that are not there. */
void mlab_level_tile_fill(mlab_level_tile *tile, const double *parameters, const double *x, const double *offset, const int32_t *level, size_t rows,
                          bool derivatives);
/* Adds the parts, weighted and zero beyond the rows, to score [n_parameters] and the upper triangle of information. After fill with the same x. */
void mlab_level_tile_add(mlab_level_tile *tile, const double *x, const int32_t *level, size_t rows, double *score, double *information);

/* Derivatives of one row (fit/families/ordinal_pass.c). */
bool mlab_level_derive(int link, double u, double v, double t, bool has_u, bool has_v, bool derivatives, double *log_likelihood, double *parts);

#endif
