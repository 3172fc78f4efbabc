/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The factor of H = Lambda' Z'WZ Lambda + I of several groupings, solutions with it, and its inverse where effects share a row: leaves are
 * eliminated one by one, S of the knots as a whole. */
#include "fit/mixed/web.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "fit/small.h"

#include <math.h>
#include <string.h>

#define LOCAL MLAB_MOST_LOCAL
#define OWN MLAB_MOST_OF_TERM

static size_t at_of(size_t a, size_t b) /* lower triangle by rows */
{
    return a >= b ? a * (a + 1) / 2 + b : b * (b + 1) / 2 + a;
}

/* out [qa * qb] = Lambda_a' (block of the cross at local a0, b0) Lambda_b. */
static void transformed(const mlab_web *web, const double *cross, const mlab_web_block *a, const mlab_web_block *b, double *out)
{
    const size_t qa = web->terms[a->term].q, qb = web->terms[b->term].q, a0 = a->base * web->n_eta, b0 = b->base * web->n_eta;
    const double *la = mlab_web_lambda(web, a->term), *lb = mlab_web_lambda(web, b->term);
    double half[OWN * OWN];
    for (size_t i = 0; i < qa; i++)
        for (size_t j = 0; j < qb; j++) {
            double sum = 0;
            for (size_t k = j; k < qb; k++) sum += cross[at_of(a0 + i, b0 + k)] * lb[k * qb + j];
            half[i * qb + j] = sum;
        }
    for (size_t i = 0; i < qa; i++)
        for (size_t j = 0; j < qb; j++) {
            double sum = 0;
            for (size_t k = i; k < qa; k++) sum += la[k * qa + i] * half[k * qb + j];
            out[i * qb + j] = sum;
        }
}

/* --- leaves ------------------------------------------------------------------------------------------------------- */

typedef struct elimination {
    mlab_web *web;
    double *parts; /* [n_chunks] log determinants; NaN = not definite */
} elimination;

static bool eliminate_leaf(mlab_web *web, size_t leaf, double *log_det)
{
    const size_t q = web->q_leaf, n = web->near_first[leaf + 1] - web->near_first[leaf];
    double *l = web->leaf_factor + leaf * q * q, *half = web->half + q * web->near_first[leaf], block[OWN * OWN];
    mlab_web_block blocks[LOCAL + 1];
    memset(l, 0, q * q * sizeof *l);
    memset(half, 0, q * n * sizeof *half);
    for (size_t a = 0; a < q; a++) l[a * q + a] = 1;
    for (size_t c = web->leaf_cell[leaf]; c < web->leaf_cell[leaf + 1]; c++) {
        const mlab_web_cell *cell = &web->cells[c];
        size_t n_blocks = mlab_web_blocks(web, cell, leaf, blocks);
        for (size_t b = 0; b < n_blocks; b++) {
            size_t qb = web->terms[blocks[b].term].q;
            transformed(web, web->cross + cell->cross, &blocks[0], &blocks[b], block);
            double *into = b ? half + blocks[b].near : l;
            size_t stride = b ? n : q;
            for (size_t i = 0; i < q; i++)
                for (size_t j = 0; j < qb; j++) into[i * stride + j] += block[i * qb + j];
        }
    }
    if (!mlab_small_factor(l, q)) return false;
    for (size_t i = 0; i < q; i++) {
        *log_det += 2 * log(l[i * q + i]);
        for (size_t k = 0; k < i; k++)
            for (size_t j = 0; j < n; j++) half[i * n + j] -= l[i * q + k] * half[k * n + j];
        for (size_t j = 0; j < n; j++) half[i * n + j] /= l[i * q + i];
    }
    return true;
}

static mlab_status eliminate(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    (void)scratch;
    (void)err;
    elimination *e = arg;
    for (size_t leaf = e->web->chunk_leaf[chunk]; leaf < e->web->chunk_leaf[chunk + 1]; leaf++)
        if (!eliminate_leaf(e->web, leaf, &e->parts[chunk])) e->parts[chunk] = NAN;
    return MLAB_OK;
}

/* --- S -------------------------------------------------------------------------------------------------------------- */

static void add_cells(mlab_web *web, double *values)
{
    mlab_web_block blocks[LOCAL + 1];
    double block[OWN * OWN];
    size_t skip = web->q_leaf > 0, leaf = 0;
    for (size_t c = 0; c < web->n_cells; c++) {
        const mlab_web_cell *cell = &web->cells[c];
        while (web->leaf_cell[leaf + 1] <= c) leaf++;
        size_t n = mlab_web_blocks(web, cell, leaf, blocks);
        for (size_t a = skip; a < n; a++)
            for (size_t b = skip; b <= a; b++) {
                size_t qa = web->terms[blocks[a].term].q, qb = web->terms[blocks[b].term].q;
                size_t row = blocks[a].effect - web->n_of_leaves, column = blocks[b].effect - web->n_of_leaves;
                transformed(web, web->cross + cell->cross, &blocks[a], &blocks[b], block);
                for (size_t j = 0; j < qb; j++) {
                    size_t from = a == b ? j : 0, at = mlab_sparse_place(web->s, row + from, column + j);
                    for (size_t i = from; i < qa; i++) values[at + i - from] += block[i * qb + j];
                }
            }
    }
}

static void subtract_leaves(mlab_web *web, double *values)
{
    size_t q = web->q_leaf;
    bool dense = mlab_sparse_is_dense(web->s);
    for (size_t leaf = 0; leaf < web->n_leaves; leaf++) {
        const uint32_t *near = web->near + web->near_first[leaf];
        size_t n = web->near_first[leaf + 1] - web->near_first[leaf];
        const double *half = web->half + q * web->near_first[leaf];
        for (size_t j = 0; j < n; j++)
            for (size_t i = j; i < n; i++) {
                double sum = 0;
                for (size_t k = 0; k < q; k++) sum += half[k * n + i] * half[k * n + j];
                values[dense ? near[j] * web->n_knots + near[i] : mlab_sparse_place(web->s, near[i], near[j])] -= sum;
            }
    }
}

mlab_status mlab_web_factor(mlab_web *web, bool *definite, mlab_error *err)
{
    elimination e = {.web = web};
    mlab_status status = MLAB_OK;
    *definite = false;
    web->log_det = 0;
    if (web->q_leaf) {
        e.parts = mlab_allocate(web->context, web->n_chunks, sizeof *e.parts);
        if (!e.parts) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu groups", web->n_leaves);
        status = mlab_parallel_blocks(web->context, NULL, web->n_chunks, 0, eliminate, &e, err);
        for (size_t k = 0; k < web->n_chunks; k++) web->log_det += e.parts[k];
        mlab_release(web->context, e.parts);
        if (status || !isfinite(web->log_det)) return status;
    }
    if (web->n_knots == 0) {
        *definite = true;
        return MLAB_OK;
    }
    double *values = mlab_sparse_values(web->s), log_det;
    mlab_sparse_clear(web->s);
    for (size_t b = 0; b < web->n_knots; b++) values[mlab_sparse_place(web->s, b, b)] = 1;
    add_cells(web, values);
    if (web->q_leaf) subtract_leaves(web, values);
    status = mlab_sparse_factor(web->s, definite, &log_det, err);
    web->log_det += log_det;
    return status;
}

/* --- solutions ------------------------------------------------------------------------------------------------------ */

/* Leaves' own parts of C' b = b, those of the knots done. */
static void solve_leaves_upper(const mlab_web *web, double *b)
{
    const size_t q = web->q_leaf;
    const double *knots = b + web->n_of_leaves;
    for (size_t leaf = 0; q && leaf < web->n_leaves; leaf++) {
        const double *l = web->leaf_factor + leaf * q * q, *half = web->half + q * web->near_first[leaf];
        const uint32_t *near = web->near + web->near_first[leaf];
        size_t n = web->near_first[leaf + 1] - web->near_first[leaf];
        double *own = b + leaf * q;
        for (size_t i = q; i-- > 0;) {
            for (size_t j = 0; j < n; j++) own[i] -= half[i * n + j] * knots[near[j]];
            for (size_t k = i + 1; k < q; k++) own[i] -= l[k * q + i] * own[k];
            own[i] /= l[i * q + i];
        }
    }
}

void mlab_web_solve(const mlab_web *web, double *b, double *room)
{
    size_t q = web->q_leaf;
    double *knots = b + web->n_of_leaves;
    for (size_t leaf = 0; q && leaf < web->n_leaves; leaf++) {
        const double *l = web->leaf_factor + leaf * q * q, *half = web->half + q * web->near_first[leaf];
        const uint32_t *near = web->near + web->near_first[leaf];
        size_t n = web->near_first[leaf + 1] - web->near_first[leaf];
        double *own = b + leaf * q;
        for (size_t i = 0; i < q; i++) {
            for (size_t k = 0; k < i; k++) own[i] -= l[i * q + k] * own[k];
            own[i] /= l[i * q + i];
            for (size_t j = 0; j < n; j++) knots[near[j]] -= half[i * n + j] * own[i];
        }
    }
    if (web->n_knots) mlab_sparse_solve(web->s, knots, room);
    solve_leaves_upper(web, b);
}

void mlab_web_spread(const mlab_web *web, double *z, double *room)
{
    if (web->n_knots) mlab_sparse_spread(web->s, z + web->n_of_leaves, room);
    solve_leaves_upper(web, z);
}

/* --- the inverse ------------------------------------------------------------------------------------------------------ */

static double knot_inverse(const mlab_web *web, const double *inverse, size_t a, size_t b)
{
    return inverse ? inverse[mlab_sparse_place(web->s, a < b ? b : a, a < b ? a : b)] : 0; /* NULL: no knots, never asked for */
}

/* G = L'^-1 L^-1 B; then -G S^-1, and the leaf's own block (L L')^-1 + G S^-1 G'. G is kept in `g` [q * n]. */
static void invert_leaf(mlab_web *web, size_t leaf, double *g)
{
    const size_t q = web->q_leaf, n = web->near_first[leaf + 1] - web->near_first[leaf];
    const double *l = web->leaf_factor + leaf * q * q, *half = web->half + q * web->near_first[leaf];
    const double *inverse = web->n_knots ? mlab_sparse_inverse(web->s) : NULL;
    const uint32_t *near = web->near + web->near_first[leaf];
    double *own = web->leaf_inverse + leaf * q * q, *tied = web->near_inverse + q * web->near_first[leaf], column[OWN];
    for (size_t a = 0; a < q; a++) {
        memset(column, 0, sizeof column);
        column[a] = 1;
        mlab_small_solve(l, q, column);
        for (size_t b = 0; b < q; b++) own[b * q + a] = column[b];
    }
    if (n == 0) return;
    memcpy(g, half, q * n * sizeof *g);
    for (size_t i = q; i-- > 0;)
        for (size_t j = 0; j < n; j++) {
            for (size_t k = i + 1; k < q; k++) g[i * n + j] -= l[k * q + i] * g[k * n + j];
            g[i * n + j] /= l[i * q + i];
        }
    memset(tied, 0, q * n * sizeof *tied);
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k <= j; k++) {
            double between = knot_inverse(web, inverse, near[j], near[k]);
            for (size_t a = 0; a < q; a++) {
                tied[a * n + j] -= g[a * n + k] * between;
                if (k < j) tied[a * n + k] -= g[a * n + j] * between;
            }
        }
    for (size_t a = 0; a < q; a++)
        for (size_t b = 0; b < q; b++)
            for (size_t j = 0; j < n; j++) own[a * q + b] -= tied[a * n + j] * g[b * n + j];
}

static mlab_status invert(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    (void)err;
    mlab_web *web = arg;
    for (size_t leaf = web->chunk_leaf[chunk]; leaf < web->chunk_leaf[chunk + 1]; leaf++) invert_leaf(web, leaf, scratch);
    return MLAB_OK;
}

mlab_status mlab_web_invert(mlab_web *web, mlab_error *err)
{
    mlab_status status = web->n_knots ? mlab_sparse_invert(web->s, err) : MLAB_OK;
    if (status || !web->q_leaf) return status;
    return mlab_parallel_blocks(web->context, NULL, web->n_chunks, (web->q_leaf * web->most_near + 1) * sizeof(double), invert, web, err);
}

void mlab_web_local_inverse(const mlab_web *web, size_t leaf, const mlab_web_cell *cell, const mlab_web_block *blocks, size_t n_blocks, double *into)
{
    const size_t d = cell->base * web->n_eta, q = web->q_leaf, n = web->near_first[leaf + 1] - web->near_first[leaf];
    const double *inverse = web->n_knots ? mlab_sparse_inverse(web->s) : NULL;
    size_t skip = q > 0;
    for (size_t a = 0; a < q; a++) {
        for (size_t b = 0; b < q; b++) into[a * d + b] = web->leaf_inverse[leaf * q * q + a * q + b];
        for (size_t b = 1; b < n_blocks; b++)
            for (size_t j = 0; j < web->terms[blocks[b].term].q; j++) {
                size_t at = blocks[b].base * web->n_eta + j;
                into[a * d + at] = into[at * d + a] = web->near_inverse[q * web->near_first[leaf] + a * n + blocks[b].near + j];
            }
    }
    for (size_t a = skip; a < n_blocks; a++)
        for (size_t b = skip; b <= a; b++)
            for (size_t i = 0; i < web->terms[blocks[a].term].q; i++)
                for (size_t j = 0; j < web->terms[blocks[b].term].q; j++) {
                    size_t x = blocks[a].base * web->n_eta + i, y = blocks[b].base * web->n_eta + j;
                    into[x * d + y] = into[y * d + x] =
                        knot_inverse(web, inverse, blocks[a].effect - web->n_of_leaves + i, blocks[b].effect - web->n_of_leaves + j);
                }
}

/* Q [d * d] = Lambda inverse, at the local effects. */
static void local_product(const mlab_web *web, const mlab_web_block *blocks, size_t n_blocks, size_t d, const double *inverse, double *q)
{
    for (size_t x = 0; x < n_blocks; x++) {
        size_t n = web->terms[blocks[x].term].q, first = blocks[x].base * web->n_eta;
        const double *lambda = mlab_web_lambda(web, blocks[x].term);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < d; j++) {
                double sum = 0;
                for (size_t k = 0; k <= i; k++) sum += lambda[i * n + k] * inverse[(first + k) * d + j];
                q[(first + i) * d + j] = sum;
            }
    }
}

void mlab_web_leaf_trace(const mlab_web *web, size_t leaf, double *traces)
{
    mlab_web_block blocks[LOCAL + 1];
    double inverse[LOCAL * LOCAL], q[LOCAL * LOCAL];
    for (size_t c = web->leaf_cell[leaf]; c < web->leaf_cell[leaf + 1]; c++) {
        const mlab_web_cell *cell = &web->cells[c];
        const double *cross = web->cross + cell->cross;
        size_t n = mlab_web_blocks(web, cell, leaf, blocks), d = cell->base * web->n_eta;
        mlab_web_local_inverse(web, leaf, cell, blocks, n, inverse);
        local_product(web, blocks, n, d, inverse, q);
        for (size_t x = 0; x < n; x++) {
            const mlab_web_term *term = &web->terms[blocks[x].term];
            size_t first = blocks[x].base * web->n_eta;
            for (size_t k = 0; k < term->n_lambda; k++) {
                size_t a, b;
                double sum = 0;
                mlab_web_entry(term, k, &a, &b);
                for (size_t f = 0; f < d; f++) sum += cross[at_of(first + a, f)] * q[f * d + first + b];
                traces[term->lambda + k] += sum;
            }
        }
    }
}

/* --- products ------------------------------------------------------------------------------------------------------- */

void mlab_web_by_lambda(const mlab_web *web, bool transposed, const double *a, double *out)
{
    for (size_t t = 0; t < web->n_terms; t++) {
        const mlab_web_term *term = &web->terms[t];
        const double *lambda = mlab_web_lambda(web, t);
        size_t q = term->q;
        for (size_t g = 0; g < term->n_groups; g++) {
            const double *from = a + term->first + g * q;
            double *to = out + term->first + g * q;
            for (size_t i = 0; i < q; i++) {
                double sum = 0;
                for (size_t k = 0; k < q; k++) sum += (transposed ? lambda[k * q + i] : lambda[i * q + k]) * from[k];
                to[i] = sum;
            }
        }
    }
}

void mlab_web_by_cross(const mlab_web *web, const double *a, double *out)
{
    mlab_web_block blocks[LOCAL + 1];
    size_t leaf = 0;
    memset(out, 0, web->n_effects * sizeof *out);
    for (size_t c = 0; c < web->n_cells; c++) {
        const mlab_web_cell *cell = &web->cells[c];
        const double *cross = web->cross + cell->cross;
        while (web->leaf_cell[leaf + 1] <= c) leaf++;
        size_t n = mlab_web_blocks(web, cell, leaf, blocks);
        for (size_t x = 0; x < n; x++)
            for (size_t y = 0; y < n; y++)
                for (size_t i = 0; i < web->terms[blocks[x].term].q; i++)
                    for (size_t j = 0; j < web->terms[blocks[y].term].q; j++)
                        out[blocks[x].effect + i] +=
                            cross[at_of(blocks[x].base * web->n_eta + i, blocks[y].base * web->n_eta + j)] * a[blocks[y].effect + j];
    }
}
