/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact gradient of the Laplace approximation with several groupings or predictors: the modes follow the parameters by the implicit
 * function theorem (Skaug & Fournier 2006, doi:10.1016/j.csda.2006.03.005). With h_kl = z' Lambda (H^-1)_kl Lambda' z of a row and predictors k,
 * l, g_m = sum_kl h_kl dW_kl / deta_m by central differences, c = Lambda' Z'g and o = z Lambda H^-1 c, the row's part by predictor m is
 *
 *     e_m = score_m - g_m / 2 + sum_l W_ml o_l / 2.
 */
#include "fit/mixed/web_laplace.h"

#include "core/error.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

static const double ASIDE = 1e-4; /* of eta and thresholds, for derivatives by differences */
static const double WIDE = 1e-3;  /* of log shape, for differences of the fourth order: sums of rows are large beside their slope */

/* --- leverages and g ---------------------------------------------------------------------------------------------- */

/* P [d * d] = Lambda inverse Lambda' at the local effects. */
static void sandwich(const mlab_web *web, const mlab_web_block *blocks, size_t n_blocks, size_t d, const double *inverse, double *p)
{
    double half[MLAB_MOST_LOCAL * MLAB_MOST_LOCAL];
    for (size_t x = 0; x < n_blocks; x++) {
        size_t q = web->terms[blocks[x].term].q, first = blocks[x].base * web->n_eta;
        const double *lambda = mlab_web_lambda(web, blocks[x].term);
        for (size_t i = 0; i < q; i++)
            for (size_t j = 0; j < d; j++) {
                double sum = 0;
                for (size_t k = 0; k <= i; k++) sum += lambda[i * q + k] * inverse[(first + k) * d + j];
                half[(first + i) * d + j] = sum;
            }
    }
    for (size_t x = 0; x < n_blocks; x++) {
        size_t q = web->terms[blocks[x].term].q, first = blocks[x].base * web->n_eta;
        const double *lambda = mlab_web_lambda(web, blocks[x].term);
        for (size_t i = 0; i < d; i++)
            for (size_t j = 0; j < q; j++) {
                double sum = 0;
                for (size_t k = 0; k <= j; k++) sum += half[i * d + first + k] * lambda[j * q + k];
                p[i * d + first + j] = sum;
            }
    }
}

static void find_leverage(const mlab_web_rows *r, size_t leaf, const mlab_web_cell *cell)
{
    const mlab_web *web = r->web;
    mlab_web_block blocks[MLAB_MOST_LOCAL + 1];
    double inverse[MLAB_MOST_LOCAL * MLAB_MOST_LOCAL], p[MLAB_MOST_LOCAL * MLAB_MOST_LOCAL];
    size_t n = mlab_web_blocks(web, cell, leaf, blocks), d = cell->base * web->n_eta, at[MLAB_MOST_LOCAL];
    mlab_web_local_inverse(web, leaf, cell, blocks, n, inverse);
    sandwich(web, blocks, n, d, inverse, p);
    for (size_t k = 0, pair = 0; k < web->n_eta; k++)
        for (size_t l = k; l < web->n_eta; l++, pair++) {
            double *leverage = r->leverage + pair * web->n;
            for (size_t b = 0; b < n; b++)
                for (size_t a = 0; a < web->terms[blocks[b].term].columns; a++) at[blocks[b].base + a] = blocks[b].base * web->n_eta + a;
            for (size_t i = cell->begin; i < cell->end; i++) {
                const double *z = web->z + cell->z + (i - cell->begin) * cell->base;
                double h = 0;
                for (size_t x = 0; x < n; x++)
                    for (size_t y = 0; y < n; y++) {
                        size_t cx = web->terms[blocks[x].term].columns, cy = web->terms[blocks[y].term].columns;
                        for (size_t a = 0; a < cx; a++)
                            for (size_t b = 0; b < cy; b++)
                                h += z[blocks[x].base + a] * z[blocks[y].base + b] *
                                     p[(at[blocks[x].base] + k * cx + a) * d + at[blocks[y].base] + l * cy + b];
                    }
                leverage[i] = h;
            }
        }
}

/* bend of the rows, by moving each predictor. */
static bool find_bend(const mlab_web_rows *r, size_t from, size_t n, double *scratch)
{
    const mlab_web *web = r->web;
    mlab_web_tile tile;
    for (size_t m = 0; m < web->n_eta; m++) {
        double *bend = r->bend + m * web->n + from;
        memset(bend, 0, n * sizeof *bend);
        for (int side = -1; side <= 1; side += 2) {
            if (!mlab_web_tile_at(r, r->psi, r->shape, from, n, m, side * ASIDE, scratch, &tile)) return false;
            for (size_t k = 0, pair = 0; k < web->n_eta; k++)
                for (size_t l = k; l < web->n_eta; l++, pair++) {
                    const double *weight = tile.weight + pair * MLAB_TILE, *leverage = r->leverage + pair * web->n + from;
                    double by = side * (k == l ? 1 : 2) / (2 * ASIDE);
                    for (size_t i = 0; i < n; i++) bend[i] += by * weight[i] * leverage[i];
                }
            for (size_t i = 0; web->n_thresholds && i < n; i++)
                r->slope[from + i] = (side < 0 ? 0 : r->slope[from + i]) + side * tile.weight[i] / (2 * ASIDE);
        }
    }
    return true;
}

/* The local sums of z times an array of each predictor. */
static void sum_local(const mlab_web_rows *r, size_t c, size_t leaf, const double *of)
{
    const mlab_web *web = r->web;
    const mlab_web_cell *cell = &web->cells[c];
    mlab_web_block blocks[MLAB_MOST_LOCAL + 1];
    size_t n = mlab_web_blocks(web, cell, leaf, blocks);
    double *local = r->local + r->local_first[c];
    for (size_t b = 0; b < n; b++) {
        size_t columns = web->terms[blocks[b].term].columns;
        for (size_t k = 0; k < web->n_eta; k++)
            for (size_t a = 0; a < columns; a++) {
                const double *value = of + k * web->n;
                double sum = 0;
                for (size_t i = cell->begin; i < cell->end; i++)
                    sum += web->z[cell->z + (i - cell->begin) * cell->base + blocks[b].base + a] * value[i];
                local[blocks[b].base * web->n_eta + k * columns + a] = sum;
            }
    }
}

static mlab_status bend_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    (void)err;
    const mlab_web_rows *r = arg;
    const mlab_web *web = r->web;
    size_t l0 = web->chunk_leaf[chunk], l1 = web->chunk_leaf[chunk + 1];
    size_t from = web->cells[web->leaf_cell[l0]].begin, to = web->cells[web->leaf_cell[l1] - 1].end;
    double *part = r->parts + chunk * r->part;
    memset(part, 0, r->part * sizeof *part);
    for (size_t leaf = l0; leaf < l1; leaf++) {
        for (size_t c = web->leaf_cell[leaf]; c < web->leaf_cell[leaf + 1]; c++) find_leverage(r, leaf, &web->cells[c]);
        mlab_web_leaf_trace(web, leaf, part + 1 + web->n_thresholds + web->n_eta * web->p);
    }
    for (size_t at = from; at < to; at += MLAB_TILE)
        if (!find_bend(r, at, to - at < MLAB_TILE ? to - at : MLAB_TILE, scratch)) part[0] = 1;
    for (size_t leaf = l0; leaf < l1; leaf++)
        for (size_t c = web->leaf_cell[leaf]; c < web->leaf_cell[leaf + 1]; c++) sum_local(r, c, leaf, r->bend);
    return MLAB_OK;
}

/* --- effects of the rows --------------------------------------------------------------------------------------------- */

static void find_tied(const mlab_web_rows *r, const mlab_web_cell *cell, size_t leaf)
{
    const mlab_web *web = r->web;
    mlab_web_block blocks[MLAB_MOST_LOCAL + 1];
    size_t n = mlab_web_blocks(web, cell, leaf, blocks);
    for (size_t k = 0; k < web->n_eta; k++)
        for (size_t i = cell->begin; i < cell->end; i++) {
            const double *z = web->z + cell->z + (i - cell->begin) * cell->base;
            double sum = 0;
            for (size_t b = 0; b < n; b++) {
                size_t columns = web->terms[blocks[b].term].columns;
                for (size_t a = 0; a < columns; a++) sum += z[blocks[b].base + a] * r->u[blocks[b].effect + k * columns + a];
            }
            r->tied[k * web->n + i] = sum;
        }
}

/* bend becomes the row's part e, tied stays; half [n_eta * n] = W o, in the place of eta. */
static void find_effect(const mlab_web_rows *r, size_t from, size_t to)
{
    const mlab_web *web = r->web;
    size_t n = web->n;
    for (size_t i = from; i < to; i++)
        for (size_t m = 0; m < web->n_eta; m++) {
            double wo = 0;
            for (size_t l = 0; l < web->n_eta; l++) {
                size_t a = m < l ? m : l, b = m + l - a;
                wo += r->weight[(a * web->n_eta - a * (a + 1) / 2 + b) * n + i] * r->tied[l * n + i];
            }
            r->fixed[m * n + i] = wo;
            r->bend[m * n + i] = r->score[m * n + i] - 0.5 * r->bend[m * n + i] + 0.5 * wo;
        }
}

/* Derivatives by thresholds: of W by moving those of even number, of the odd ones by what is left of dW/deta. */
static bool threshold_part(const mlab_web_rows *r, size_t from, size_t n, double *scratch, double *gradient)
{
    const mlab_web *web = r->web;
    double moved[MLAB_MOST_LEVELS], even[MLAB_TILE];
    mlab_web_tile t;
    for (int side = -1; side <= 1; side += 2) {
        for (size_t k = 0; k < web->n_thresholds; k++) moved[k] = r->psi[k] + (k % 2 == 0 ? side * ASIDE : 0);
        if (!mlab_web_tile_at(r, moved, r->shape, from, n, SIZE_MAX, 0, scratch, &t)) return false;
        for (size_t i = 0; i < n; i++) even[i] = (side < 0 ? 0 : even[i]) + side * t.weight[i] / (2 * ASIDE);
    }
    if (!mlab_web_tile_at(r, r->psi, r->shape, from, n, SIZE_MAX, 0, scratch, &t)) return false;
    for (size_t i = 0; i < n; i++) {
        size_t y = (size_t)web->category[from + i];
        double odd = -r->slope[from + i] - even[i], h = r->leverage[from + i], o = r->tied[from + i];
        if (y < web->n_thresholds) gradient[y] += t.upper[i] - 0.5 * (y % 2 ? odd : even[i]) * h - 0.5 * (t.upper_upper[i] + t.upper_lower[i]) * o;
        if (y > 0) gradient[y - 1] += t.lower[i] - 0.5 * (y % 2 ? even[i] : odd) * h - 0.5 * (t.lower_lower[i] + t.upper_lower[i]) * o;
    }
    return true;
}

static bool shape_part(const mlab_web_rows *r, size_t from, size_t n, double *scratch, double *gradient)
{
    static const double steps[] = {-2, -1, 1, 2}, parts[] = {1, -8, 8, -1};
    mlab_web_tile t;
    for (int k = 0; k < 4; k++) {
        if (!mlab_web_tile_at(r, r->psi, r->shape * exp(steps[k] * WIDE), from, n, SIZE_MAX, 0, scratch, &t)) return false;
        for (size_t i = 0; i < n; i++)
            *gradient +=
                parts[k] / (12 * WIDE) * (t.likelihood[i] - 0.5 * t.weight[i] * r->leverage[from + i] - 0.5 * t.score[i] * r->tied[from + i]);
    }
    return true;
}

static mlab_status effect_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    (void)err;
    const mlab_web_rows *r = arg;
    const mlab_web *web = r->web;
    size_t l0 = web->chunk_leaf[chunk], l1 = web->chunk_leaf[chunk + 1];
    size_t from = web->cells[web->leaf_cell[l0]].begin, to = web->cells[web->leaf_cell[l1] - 1].end;
    double *part = r->parts + chunk * r->part, *gradient = part + 1;
    for (size_t leaf = l0; leaf < l1; leaf++)
        for (size_t c = web->leaf_cell[leaf]; c < web->leaf_cell[leaf + 1]; c++) find_tied(r, &web->cells[c], leaf);
    for (size_t at = from; at < to; at += MLAB_TILE) {
        size_t n = to - at < MLAB_TILE ? to - at : MLAB_TILE;
        if (web->n_thresholds && !threshold_part(r, at, n, scratch, gradient)) part[0] = 1;
        if (r->with_shape && !shape_part(r, at, n, scratch, gradient + r->n_parameters - 1)) part[0] = 1;
    }
    find_effect(r, from, to);
    for (size_t k = 0; k < web->n_eta; k++)
        for (size_t j = 0; j < web->p; j++) {
            const double *x = web->x + j * web->n, *effect = r->bend + k * web->n;
            double sum = 0;
            for (size_t i = from; i < to; i++) sum += x[i] * effect[i];
            gradient[web->n_thresholds + k * web->p + j] += sum;
        }
    for (size_t leaf = l0; leaf < l1; leaf++)
        for (size_t c = web->leaf_cell[leaf]; c < web->leaf_cell[leaf + 1]; c++) sum_local(r, c, leaf, r->fixed);
    return MLAB_OK;
}

/* --- all ------------------------------------------------------------------------------------------------------------- */

/* At entry (a, b) of Lambda: sum of zs_a (v_b - hc_b / 2) + (zw_a - zt_a) v_b / 2, less the trace that stands there. */
static void lambda_part(const mlab_web_rows *r, double *gradient)
{
    const mlab_web *web = r->web;
    for (size_t t = 0; t < web->n_terms; t++) {
        const mlab_web_term *term = &web->terms[t];
        for (size_t k = 0; k < term->n_lambda; k++) {
            size_t a, b;
            double sum = 0;
            mlab_web_entry(term, k, &a, &b);
            for (size_t g = 0; g < term->n_groups; g++) {
                size_t i = term->first + g * term->q + a, j = term->first + g * term->q + b;
                sum += r->zs[i] * (web->v[j] - 0.5 * r->hc[j]) + 0.5 * (r->zw[i] - r->zt[i]) * web->v[j];
            }
            gradient[term->lambda + k] = sum - gradient[term->lambda + k];
        }
    }
}

mlab_status mlab_web_gradient(mlab_web_rows *r, double *gradient, mlab_error *err)
{
    mlab_web *web = r->web;
    size_t bytes = mlab_web_tile_scratch(web) * sizeof(double), n = r->n_parameters;
    mlab_status status = mlab_web_invert(web, err);
    if (!status) status = mlab_parallel_blocks(web->context, NULL, web->n_chunks, bytes, bend_chunk, r, err);
    if (status) return status;
    mlab_web_add_local(r, r->zt);
    mlab_web_by_lambda(web, true, r->zt, r->c);
    memcpy(r->hc, r->c, web->n_effects * sizeof *r->hc);
    mlab_web_solve(web, r->hc, r->room);
    mlab_web_by_lambda(web, false, r->hc, r->u);
    if ((status = mlab_parallel_blocks(web->context, NULL, web->n_chunks, bytes, effect_chunk, r, err))) return status;
    mlab_web_add_local(r, r->zw);
    memset(gradient, 0, n * sizeof *gradient);
    for (size_t chunk = 0; chunk < web->n_chunks; chunk++)
        for (size_t j = 0; j < n; j++) gradient[j] += r->parts[chunk * r->part + 1 + j];
    lambda_part(r, gradient + web->n_thresholds + web->n_eta * web->p);
    if (r->with_shape) gradient[n - 1] += web->family->left_out_slope(web->number, web->weight, web->n, r->shape);
    return MLAB_OK;
}
