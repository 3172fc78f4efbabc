/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nearly collinear columns, such as the raw powers of an age, are replaced by nearly orthogonal mixtures.
 *
 * X becomes X inverse(L') with L the Cholesky factor of the cross-product (one step of Cholesky QR; Yamamoto et al. 2015, ETNA 44,
 * 306-326). The mixtures need not be orthogonal to the last digit, only well conditioned: the change of columns is undone with the
 * same L, so that errors grow with the condition of X and not with its square. Done only where a column keeps less than 1e-4 of its
 * square beside the columns before it.
 */
#include "fit/tiles.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

static const double NEARLY_COLLINEAR = 1e-4;

void mlab_tiles_mix_tile(const mlab_tiles *tiles, size_t n, double *x)
{
    for (size_t j = 0; j < tiles->p; j++) {
        if (!tiles->mixed[j]) continue;
        const double *l = tiles->mix + j * tiles->p;
        double *column = x + j * MLAB_TILE;
        for (size_t k = 0; k < j; k++) {
            if (!tiles->mixed[k]) continue;
            const double *other = x + k * MLAB_TILE;
            for (size_t i = 0; i < n; i++) column[i] -= l[k] * other[i];
        }
        for (size_t i = 0; i < n; i++) column[i] /= l[j];
    }
}

void mlab_tiles_unmix(const mlab_tiles *tiles, double *b)
{
    for (size_t j = tiles->p; tiles->mix && j-- > 0;) {
        if (!tiles->mixed[j]) continue;
        for (size_t k = j + 1; k < tiles->p; k++)
            if (tiles->mixed[k]) b[j] -= tiles->mix[k * tiles->p + j] * b[k];
        b[j] /= tiles->mix[j * tiles->p + j];
    }
}

void mlab_tiles_remix(const mlab_tiles *tiles, double *b)
{
    for (size_t j = 0; tiles->mix && j < tiles->p; j++) {
        if (!tiles->mixed[j]) continue;
        b[j] *= tiles->mix[j * tiles->p + j];
        for (size_t k = j + 1; k < tiles->p; k++)
            if (tiles->mixed[k]) b[j] += tiles->mix[k * tiles->p + j] * b[k];
    }
}

/* Factor of gram / n on the mixed columns; the least share of its square that a column keeps. */
static double factor(const mlab_tiles *tiles, const double *gram, size_t q, const uint8_t *mixed, double *l)
{
    size_t p = tiles->p, first = q - p;
    double least = 1, n = (double)tiles->n;
    for (size_t j = 0; j < p; j++) {
        if (!mixed[j]) continue;
        double square = gram[(first + j) * q + first + j] / n, left = square;
        for (size_t k = 0; k < j; k++) {
            if (!mixed[k]) continue;
            double sum = gram[(first + k) * q + first + j] / n;
            for (size_t m = 0; m < k; m++)
                if (mixed[m]) sum -= l[k * p + m] * l[j * p + m];
            l[j * p + k] = sum / l[k * p + k];
            left -= l[j * p + k] * l[j * p + k];
        }
        least = fmin(least, left / square);
        l[j * p + j] = sqrt(fmax(left, 1e-15 * square)); /* any positive number is undone exactly; this is its rounding error */
    }
    return least;
}

static mlab_status mix_chunk(void *work, size_t chunk, void *scratch, mlab_error *err)
{
    (void)scratch, (void)err;
    mlab_tiles *tiles = work;
    size_t first = chunk * tiles->chunk_tiles;
    for (size_t tile = first; tile < first + tiles->chunk_tiles && tile < tiles->n_tiles; tile++)
        mlab_tiles_mix_tile(tiles, mlab_tiles_rows(tiles, tile), tiles->x + tile * tiles->p * MLAB_TILE);
    return MLAB_OK;
}

mlab_status mlab_tiles_mix(const mlab_context *context, mlab_tiles *tiles, const double *gram, size_t q, size_t skip, const uint8_t *aliased,
                           mlab_error *err)
{
    size_t p = tiles->p;
    double *l = mlab_allocate(context, p, p * sizeof *l);
    uint8_t *mixed = mlab_allocate(context, p, 1);
    if (!l || !mixed) {
        mlab_release(context, l);
        mlab_release(context, mixed);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the cross-product of %zu columns", p);
    }
    for (size_t j = 0; j < p; j++) mixed[j] = j >= skip && !aliased[j];
    if (factor(tiles, gram, q, mixed, l) >= NEARLY_COLLINEAR) {
        mlab_release(context, l);
        mlab_release(context, mixed);
        return MLAB_OK;
    }
    tiles->mix = l;
    tiles->mixed = mixed;
    for (size_t j = 0; j < p; j++)
        if (mixed[j]) tiles->reach[j] = 3; /* mixtures have mean squares of 1 */
    if (!tiles->x) return mlab_tiles_keep(context, tiles, err);
    return mlab_parallel_blocks(context, NULL, tiles->n_chunks, 0, mix_chunk, tiles, err);
}
