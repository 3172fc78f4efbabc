/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The design of a problem as tiles of MLAB_TILE rows, column by column, centred where that helps the conditioning; kept in memory
 * or made anew each time it is asked for. Read only after it is made. */
#ifndef MLAB_FIT_TILES_H
#define MLAB_FIT_TILES_H

#include "fit/direct.h"

/* Tiles are worked in chunks, the blocks of parallel loops: at most 64 of them, at least 32 tiles each but the last. */
#define MLAB_CHUNKS ((size_t)64)
#define MLAB_CHUNK_TILES ((size_t)32)

typedef struct mlab_tiles {
    const mlab_context *context; /* that it was made with */
    const mlab_fit_problem *problem;
    size_t n, n_tiles;
    size_t first_column, p; /* design columns first_column .. first_column + p - 1 are the p columns here */
    size_t design_columns;
    size_t chunk_tiles, n_chunks;
    double *centre;      /* [p] taken off each column; 0 = none */
    double *reach;       /* [p] about the largest |x - centre|; 0 = a constant column */
    double *norm;        /* [p] sum of squares as the design gives the column, not centred, from a sample of tiles */
    bool any_offset;     /* some row has an offset that is not 0 */
    double *mix;         /* [p * p] lower triangle L, or NULL: columns stand as X inverse(L') (fit/mix.c) */
    uint8_t *mixed;      /* [p] columns that mix has part in */
    bool exact;          /* centred and mixed in double-double (fit/tiles_exact.c) */
    bool may_keep;       /* x would not be too large */
    mlab_direct *direct; /* columns are read from the table as they are; NULL = some are worked out */
    double *x;           /* [n_tiles * p * MLAB_TILE], or NULL: made tile by tile */
    double *offset;      /* [n_tiles * MLAB_TILE], or NULL like x, and where direct; the problem's offset included */
} mlab_tiles;

/* centre: columns but the first may be centred because an intercept or thresholds take up the difference. bytes: what may be kept. */
MLAB_MUST_USE mlab_status mlab_tiles_make(const mlab_context *context, const mlab_fit_problem *problem, size_t first_column, bool centre,
                                          bool intercept, size_t bytes, mlab_tiles **tiles, mlab_error *err);
void mlab_tiles_free(mlab_tiles *tiles);
/* Doubles of scratch that mlab_tiles_get wants. */
size_t mlab_tiles_scratch(const mlab_tiles *tiles);
/* Rows of a tile, at most MLAB_TILE. */
size_t mlab_tiles_rows(const mlab_tiles *tiles, size_t tile);
MLAB_MUST_USE mlab_status mlab_tiles_get(const mlab_tiles *tiles, size_t tile, double *scratch, const double **x, const double **offset,
                                         mlab_error *err);
/* Asks for a part (0 .. MLAB_DIRECT_PARTS - 1) of a tile that will be got soon: called between other work, the memory is not waited for. Any tile. */
void mlab_tiles_fetch(const mlab_tiles *tiles, size_t tile, size_t part);
/* The offset alone. */
MLAB_MUST_USE mlab_status mlab_tiles_offset(const mlab_tiles *tiles, size_t tile, double *scratch, const double **offset, mlab_error *err);
/* Keeps x from now on, when it may be kept and is not yet. Errors: MLAB_ERR_MEMORY, those of the design. */
MLAB_MUST_USE mlab_status mlab_tiles_keep(const mlab_context *context, mlab_tiles *tiles, mlab_error *err);
/* Replaces the columns by nearly orthogonal mixtures when some kept column is nearly a combination of others: gram [q * q] is the
 * cross-product, its last p columns those of the tiles; aliased columns and the first `skip` stay as they are. */
MLAB_MUST_USE mlab_status mlab_tiles_mix(const mlab_context *context, mlab_tiles *tiles, const double *gram, size_t q, size_t skip,
                                         const uint8_t *aliased, mlab_error *err);
/* One tile, in place. */
void mlab_tiles_mix_tile(const mlab_tiles *tiles, size_t n, double *x);
/* Rows of the problem from `first` on, n <= MLAB_TILE of them, by column as x of a tile, of exact tiles; offset [n] or NULL. */
MLAB_MUST_USE mlab_status mlab_tiles_fill_exact(const mlab_tiles *tiles, size_t first, size_t n, double *x, double *offset, mlab_error *err);
/* Row i of the problem alone, x [p]. */
MLAB_MUST_USE mlab_status mlab_tiles_exact_row(const mlab_tiles *tiles, size_t i, double *x, mlab_error *err);
/* Centres and mixes the columns by the triangle of a factorised design, in place of what was chosen before; intercept: column 0 is ones. */
struct mlab_exact;
MLAB_MUST_USE mlab_status mlab_tiles_make_exact(const mlab_context *context, mlab_tiles *tiles, const struct mlab_exact *exact, bool intercept,
                                                mlab_error *err);
/* Coefficients [p] of the mixtures to those of the columns, and back. */
void mlab_tiles_unmix(const mlab_tiles *tiles, double *b);
void mlab_tiles_remix(const mlab_tiles *tiles, double *b);
static inline size_t mlab_whole_lanes(size_t n)
{
    return (n + MLAB_LANES - 1) & ~(MLAB_LANES - 1);
}

#endif
