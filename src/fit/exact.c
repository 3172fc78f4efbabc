/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Least squares of nearly collinear columns, the raw powers of an age among them: the design is formed, factorised and refined in
 * double-double arithmetic (about 32 digits), never through its cross-product.
 *
 * QR by Householder reflections, chunk by chunk of the rows and the triangles one after the other, so that the result does not depend on
 * threads; the response is carried along, whose part of the triangle is the residual. Columns that are combinations of those before them
 * are found in the triangle by R's rule, 1e-7 of the norm; columns that the formula forms itself are known to 32 digits and are kept down
 * to 1e-13, where the rounding of the stored numbers begins to tell. One step of iterative refinement with residuals of the rows
 * (Björck 1967, doi:10.1007/BF01939321). Weakness: stored numbers that were rounded before are taken as they are.
 */
#include "fit/exact.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "data/design_terms.h"
#include "fit/exact_rows.h"

#include <string.h>

#define CHUNKS ((size_t)64)
static const double ALIASED = 1e-7, ALIASED_FORMED = 1e-13; /* of the norm */
static const double ROUNDING = 0x1p-53;

typedef struct exact_work {
    mlab_exact_rows rows;
    mlab_exact *exact;
    bool intercept;
    uint8_t *formed; /* [p] */
    mlab_dd *parts;  /* [n_chunks * part] of the chunks */
    size_t part;
    mlab_dd *triangle; /* [q * q] of the kept columns, packed: row r is that of column kept[r] */
    size_t *kept, n_kept;
    mlab_dd *scaled; /* [p] estimate of the scaled columns */
    double *largest; /* [n_chunks * q] of |value| */
} exact_work;

void mlab_exact_free(mlab_exact *exact)
{
    if (!exact) return;
    const mlab_context *context = exact->context;
    mlab_release(context, exact->aliased);
    mlab_release(context, exact->estimate);
    mlab_release(context, exact->covariance);
    mlab_release(context, exact->triangle);
    mlab_release(context, exact);
}

static size_t chunk_end(const mlab_exact_rows *rows, size_t chunk)
{
    size_t end = (chunk + 1) * rows->chunk_rows;
    return end < rows->problem->n ? end : rows->problem->n;
}

/* --- passes over the rows ---------------------------------------------------------------------------------- */

static mlab_status look_chunk(void *arg, size_t chunk, void *memory, mlab_error *err)
{
    exact_work *w = arg;
    double *columns = memory, *largest = w->largest + chunk * w->rows.q;
    for (size_t first = chunk * w->rows.chunk_rows; first < chunk_end(&w->rows, chunk); first += MLAB_EXACT_BLOCK) {
        size_t left = chunk_end(&w->rows, chunk) - first, n = left < MLAB_EXACT_BLOCK ? left : MLAB_EXACT_BLOCK;
        mlab_status status = mlab_exact_fill(&w->rows, first, n, false, columns, err);
        if (status) return status;
        for (size_t j = 0; j < w->rows.q; j++)
            for (size_t i = 0; i < n; i++) {
                bool counts = !w->rows.problem->weight || w->rows.problem->weight[first + i] > 0;
                double value = fabs(mlab_exact_column(columns, j)[i]);
                if (counts && value > largest[j]) largest[j] = value;
            }
    }
    return MLAB_OK;
}

static mlab_status reduce_chunk(void *arg, size_t chunk, void *memory, mlab_error *err)
{
    exact_work *w = arg;
    mlab_dd *triangle = w->parts + chunk * w->part;
    for (size_t first = chunk * w->rows.chunk_rows; first < chunk_end(&w->rows, chunk); first += MLAB_EXACT_BLOCK) {
        size_t left = chunk_end(&w->rows, chunk) - first, n = left < MLAB_EXACT_BLOCK ? left : MLAB_EXACT_BLOCK;
        mlab_status status = mlab_exact_fill(&w->rows, first, n, true, memory, err);
        if (status) return status;
        mlab_exact_reduce(triangle, w->rows.q, memory, MLAB_EXACT_BLOCK);
    }
    return MLAB_OK;
}

/* Products of the residuals with every column, then their squares. */
static mlab_status residual_chunk(void *arg, size_t chunk, void *memory, mlab_error *err)
{
    exact_work *w = arg;
    mlab_dd *sums = w->parts + chunk * w->part;
    for (size_t first = chunk * w->rows.chunk_rows; first < chunk_end(&w->rows, chunk); first += MLAB_EXACT_BLOCK) {
        size_t left = chunk_end(&w->rows, chunk) - first, n = left < MLAB_EXACT_BLOCK ? left : MLAB_EXACT_BLOCK;
        mlab_status status = mlab_exact_fill(&w->rows, first, n, true, memory, err);
        if (status) return status;
        double *residual = mlab_exact_column(memory, w->rows.p);
        for (size_t j = 0; j < w->rows.p; j++)
            if (!w->exact->aliased[j]) mlab_exact_less(residual, mlab_exact_column(memory, j), w->scaled[j], MLAB_EXACT_BLOCK);
        for (size_t j = 0; j < w->rows.q; j++)
            sums[j] = mlab_dd_add(sums[j], mlab_exact_dot(residual, mlab_exact_column(memory, j), MLAB_EXACT_BLOCK));
    }
    return MLAB_OK;
}

static mlab_status pass(exact_work *w, mlab_block_function chunk, size_t part, mlab_error *err)
{
    w->part = part;
    memset(w->parts, 0, w->rows.n_chunks * part * sizeof *w->parts);
    return mlab_parallel_blocks(w->exact->context, NULL, w->rows.n_chunks, mlab_exact_scratch(&w->rows) * sizeof(double), chunk, w, err);
}

/* --- the triangle ------------------------------------------------------------------------------------------ */

/* Powers of two that bring the largest value of every column to about 1. */
static mlab_status find_scales(exact_work *w, mlab_error *err)
{
    for (size_t j = 0; j < w->rows.q; j++) w->rows.scale[j] = 1;
    mlab_status status = pass(w, look_chunk, 1, err);
    for (size_t j = 0; j < w->rows.q && !status; j++) {
        double largest = 0;
        for (size_t c = 0; c < w->rows.n_chunks; c++) largest = fmax(largest, w->largest[c * w->rows.q + j]);
        if (j == w->rows.p) w->exact->largest = largest;
        if (largest > 0 && isfinite(largest)) w->rows.scale[j] = ldexp(1, -ilogb(largest));
    }
    return status;
}

/* The triangles of all chunks into that of the first. */
static void merge(exact_work *w, double *columns)
{
    size_t q = w->rows.q;
    for (size_t c = 1; c < w->rows.n_chunks; c++) {
        const mlab_dd *from = w->parts + c * w->part;
        for (size_t first = 0; first < q; first += MLAB_EXACT_BLOCK) {
            for (size_t j = 0; j < q; j++)
                for (size_t i = 0; i < MLAB_EXACT_BLOCK; i++) {
                    bool inside = first + i <= j;
                    double *column = mlab_exact_column(columns, j);
                    column[i] = inside ? from[(first + i) * q + j].high : 0;
                    column[MLAB_EXACT_BLOCK + i] = inside ? from[(first + i) * q + j].low : 0;
                }
            mlab_exact_reduce(w->parts, q, columns, MLAB_EXACT_BLOCK);
        }
    }
}

static mlab_dd square_below(const mlab_dd *t, size_t q, size_t j, size_t from)
{
    mlab_dd sum = mlab_dd_of(0);
    for (size_t i = from; i < q; i++) sum = mlab_dd_add(sum, mlab_dd_multiply(t[i * q + j], t[i * q + j]));
    return sum;
}

/* Makes column j zero below row r by a reflection of the rows from r on. */
static void reflect(mlab_dd *t, size_t q, size_t j, size_t r, mlab_dd square)
{
    mlab_dd norm = mlab_dd_root(square), top = t[r * q + j];
    mlab_dd pivot = top.high > 0 ? mlab_dd_negate(norm) : norm, head = mlab_dd_subtract(top, pivot);
    mlab_dd half = mlab_dd_negate(mlab_dd_multiply(pivot, head));
    for (size_t k = j + 1; k < q && half.high > 0; k++) {
        mlab_dd along = mlab_dd_multiply(head, t[r * q + k]);
        for (size_t i = r + 1; i < q; i++) along = mlab_dd_add(along, mlab_dd_multiply(t[i * q + j], t[i * q + k]));
        along = mlab_dd_divide(along, half);
        t[r * q + k] = mlab_dd_subtract(t[r * q + k], mlab_dd_multiply(along, head));
        for (size_t i = r + 1; i < q; i++) t[i * q + k] = mlab_dd_subtract(t[i * q + k], mlab_dd_multiply(along, t[i * q + j]));
    }
    t[r * q + j] = pivot;
    for (size_t i = r + 1; i < q; i++) t[i * q + j] = mlab_dd_of(0);
}

/* Leaves out aliased columns: row r of the triangle is that of column kept[r]; the response is the last column. */
static void choose_columns(exact_work *w)
{
    size_t q = w->rows.q;
    mlab_dd *t = w->triangle;
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j < q; j++) t[i * q + j] = j < i ? mlab_dd_of(0) : w->parts[i * q + j];
    w->n_kept = 0;
    for (size_t j = 0; j < w->rows.p; j++) {
        mlab_dd whole = square_below(t, q, j, 0), left = square_below(t, q, j, w->n_kept);
        double limit = w->formed[j] ? ALIASED_FORMED : ALIASED;
        w->exact->aliased[j] = !(left.high > limit * limit * whole.high);
        if (w->exact->aliased[j]) continue;
        reflect(t, q, j, w->n_kept, left);
        w->kept[w->n_kept++] = j;
    }
    w->exact->squares = square_below(t, q, w->rows.p, w->n_kept).high;
    bool mean = w->intercept && w->n_kept > 0 && w->kept[0] == 0;
    w->exact->total = square_below(t, q, w->rows.p, mean).high;
}

/* b [n_kept] becomes the solution of R x = b, or of R' x = b. */
static void solve_upper(const exact_work *w, mlab_dd *b)
{
    size_t q = w->rows.q;
    for (size_t r = w->n_kept; r-- > 0;) {
        for (size_t s = r + 1; s < w->n_kept; s++) b[r] = mlab_dd_subtract(b[r], mlab_dd_multiply(w->triangle[r * q + w->kept[s]], b[s]));
        b[r] = mlab_dd_divide(b[r], w->triangle[r * q + w->kept[r]]);
    }
}

static void solve_lower(const exact_work *w, mlab_dd *b)
{
    size_t q = w->rows.q;
    for (size_t r = 0; r < w->n_kept; r++) {
        for (size_t s = 0; s < r; s++) b[r] = mlab_dd_subtract(b[r], mlab_dd_multiply(w->triangle[s * q + w->kept[r]], b[s]));
        b[r] = mlab_dd_divide(b[r], w->triangle[r * q + w->kept[r]]);
    }
}

/* One step of refinement: residuals of the rows, a correction of the coefficients. room [q]. */
static mlab_status refine(exact_work *w, mlab_dd *room, mlab_error *err)
{
    size_t q = w->rows.q;
    mlab_status status = pass(w, residual_chunk, q, err);
    if (status) return status;
    for (size_t c = 1; c < w->rows.n_chunks; c++)
        for (size_t j = 0; j < q; j++) w->parts[j] = mlab_dd_add(w->parts[j], w->parts[c * q + j]);
    for (size_t r = 0; r < w->n_kept; r++) room[r] = w->parts[w->kept[r]];
    solve_lower(w, room);
    solve_upper(w, room);
    for (size_t r = 0; r < w->n_kept; r++) w->scaled[w->kept[r]] = mlab_dd_add(w->scaled[w->kept[r]], room[r]);
    w->exact->squares = w->parts[w->rows.p].high;
    w->exact->iterations++;
    return MLAB_OK;
}

/* --- results ------------------------------------------------------------------------------------------------ */

/* Covariance, one column at a time, and what leaves the scales of the columns. room [n_kept]. */
static void finish(exact_work *w, mlab_dd *room)
{
    mlab_exact *exact = w->exact;
    size_t p = w->rows.p, q = w->rows.q;
    double response = w->rows.scale[p];
    for (size_t c = 0; c < w->n_kept; c++) {
        size_t column = w->kept[c];
        for (size_t r = 0; r < w->n_kept; r++) room[r] = mlab_dd_of(r == c);
        solve_lower(w, room);
        solve_upper(w, room);
        for (size_t r = 0; r < w->n_kept; r++) {
            size_t row = w->kept[r];
            exact->covariance[row * p + column] = room[r].high * w->rows.scale[row] * w->rows.scale[column];
        }
        double sign = w->triangle[c * q + column].high < 0 ? -1 : 1;
        for (size_t r = c; r < w->n_kept; r++)
            exact->triangle[column * p + w->kept[r]] = sign * w->triangle[c * q + w->kept[r]].high / w->rows.scale[w->kept[r]];
        exact->estimate[column] = mlab_dd_scale(mlab_dd_scale(w->scaled[column], w->rows.scale[column]), 1 / response);
    }
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < j; k++) exact->covariance[j * p + k] = exact->covariance[k * p + j];
    double rows = (double)w->rows.problem->n, rounding = ROUNDING * exact->largest * response;
    if (exact->squares <= rows * rounding * rounding) exact->squares = 0; /* residuals within the rounding of the stored numbers */
    exact->squares = exact->squares / response / response;
    exact->total = exact->total / response / response;
}

static mlab_status allocate(exact_work *w, mlab_error *err)
{
    const mlab_context *context = w->exact->context;
    mlab_exact *exact = w->exact;
    size_t p = w->rows.p, q = w->rows.q;
    exact->aliased = mlab_allocate(context, p, 1);
    exact->estimate = mlab_allocate(context, p, sizeof *exact->estimate);
    exact->covariance = mlab_allocate(context, p, p * sizeof *exact->covariance);
    exact->triangle = mlab_allocate(context, p, p * sizeof *exact->triangle);
    w->rows.scale = mlab_allocate(context, q, sizeof *w->rows.scale);
    w->formed = mlab_allocate(context, w->rows.design_columns, 1);
    w->parts = mlab_allocate(context, w->rows.n_chunks, q * q * sizeof *w->parts);
    w->triangle = mlab_allocate(context, q, q * sizeof *w->triangle);
    w->kept = mlab_allocate(context, q, sizeof *w->kept);
    w->scaled = mlab_allocate(context, q, sizeof *w->scaled);
    w->largest = mlab_allocate(context, w->rows.n_chunks, q * sizeof *w->largest);
    bool all = exact->aliased && exact->estimate && exact->covariance && exact->triangle && w->rows.scale && w->formed && w->parts && w->triangle &&
               w->kept && w->scaled && w->largest;
    return all ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the triangle of %zu columns", q);
}

static void release(const mlab_context *context, exact_work *w)
{
    mlab_release(context, w->rows.scale);
    mlab_release(context, w->formed);
    mlab_release(context, w->parts);
    mlab_release(context, w->triangle);
    mlab_release(context, w->kept);
    mlab_release(context, w->scaled);
    mlab_release(context, w->largest);
}

static mlab_status solve(exact_work *w, mlab_dd *room, double *columns, mlab_error *err)
{
    size_t q = w->rows.q;
    mlab_status status = find_scales(w, err);
    if (status || (status = pass(w, reduce_chunk, q * q, err))) return status;
    merge(w, columns);
    choose_columns(w);
    for (size_t r = 0; r < w->n_kept; r++) room[r] = w->triangle[r * q + w->rows.p];
    solve_upper(w, room);
    for (size_t r = 0; r < w->n_kept; r++) w->scaled[w->kept[r]] = room[r];
    if ((status = refine(w, room, err))) return status;
    finish(w, room);
    return MLAB_OK;
}

mlab_status mlab_exact_make(const mlab_context *context, const mlab_fit_problem *problem, const double *response, size_t first_column, bool intercept,
                            mlab_exact **out, mlab_error *err)
{
    exact_work w = {.intercept = intercept};
    mlab_dd *room = NULL;
    double *columns = NULL;
    *out = NULL;
    w.exact = mlab_allocate(context, 1, sizeof *w.exact);
    if (!w.exact) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for least squares");
    size_t width = mlab_design_columns(problem->design), p = width - first_column, blocks = (problem->n + MLAB_EXACT_BLOCK - 1) / MLAB_EXACT_BLOCK;
    size_t each = (blocks + CHUNKS - 1) / CHUNKS;
    if (each < 8) each = 8;
    w.rows = (mlab_exact_rows){.problem = problem,
                               .response = response,
                               .first_column = first_column,
                               .p = p,
                               .q = p + 1,
                               .design_columns = width,
                               .n_chunks = (blocks + each - 1) / each,
                               .chunk_rows = each * MLAB_EXACT_BLOCK};
    w.exact->context = context;
    w.exact->p = p;
    mlab_status status = allocate(&w, err);
    if (status) goto out;
    mlab_design_formed(problem->design, w.formed);
    memmove(w.formed, w.formed + first_column, p);
    room = mlab_allocate(context, w.rows.q, sizeof *room);
    columns = mlab_allocate(context, mlab_exact_scratch(&w.rows), sizeof *columns);
    if (room && columns)
        status = solve(&w, room, columns, err);
    else
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for least squares of %zu columns", p);
out:
    mlab_release(context, room);
    mlab_release(context, columns);
    release(context, &w);
    if (status) {
        mlab_exact_free(w.exact);
        w.exact = NULL;
    }
    *out = w.exact;
    return status;
}
