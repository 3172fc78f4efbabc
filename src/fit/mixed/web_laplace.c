/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Laplace approximation with several groupings, several predictors (causes), or a family with a shape (Breslow & Clayton 1993,
 * doi:10.1080/01621459.1993.10594284): with l the log-likelihood given v,
 *
 *     L = l(v) - v'v / 2 - log|H| / 2,    H = Lambda' Z' W Z Lambda + I,    v maximises l(v) - v'v / 2
 *
 * by Newton steps of all effects together, halved where they would fall.
 * Weakness: biased where groups are small and answers are yes or no.
 */
#include "fit/mixed/web_laplace.h"

#include "core/dot.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

enum { STEPS = 100, HALVINGS = 50 };
static const double SETTLED = 1e-12; /* squared Newton decrement at which the last step is taken */
static const double NOISE = 1e-13;   /* of a log-likelihood: a fall within it is rounding */

void mlab_web_rows_free(mlab_web_rows *rows)
{
    if (!rows->web) return;
    mlab_release(rows->web->context, rows->memory);
    mlab_release(rows->web->context, rows->local_first);
}

mlab_status mlab_web_rows_make(mlab_web *web, mlab_web_rows *r, mlab_error *err)
{
    size_t n = web->n, k = web->n_eta, e = web->n_effects, pairs = k * (k + 1) / 2, local = 0;
    *r = (mlab_web_rows){.web = web, .with_shape = web->family->left_out != NULL, .n_pairs = pairs, .shape = web->shape};
    r->n_parameters = web->n_thresholds + k * web->p + web->n_lambda + r->with_shape;
    r->part = 2 + r->n_parameters;
    r->local_first = mlab_allocate(web->context, web->n_cells + 1, sizeof *r->local_first);
    if (!r->local_first) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the modes of %zu effects", e);
    for (size_t c = 0; c < web->n_cells; c++) r->local_first[c + 1] = local += web->cells[c].base * k;
    double **const arrays[] = {&r->fixed, &r->eta, &r->score, &r->weight, &r->leverage, &r->bend, &r->tied, &r->slope, &r->u,
                               &r->right, &r->c,   &r->hc,    &r->zs,     &r->zt,       &r->zw,   &r->room, &r->local, &r->parts};
    const size_t sizes[] = {k * n,     k * n,
                            k * n,     pairs * n,
                            pairs * n, k * n,
                            k * n,     web->n_thresholds ? n : 0,
                            e,         e,
                            e,         e,
                            e,         e,
                            e,         mlab_web_room(web),
                            local,     web->n_chunks * r->part};
    size_t all = 0;
    for (size_t a = 0; a < sizeof sizes / sizeof *sizes; a++) all += sizes[a];
    double *at = r->memory = mlab_allocate(web->context, all, sizeof *at);
    if (!at) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the modes of %zu effects in %zu rows", e, n);
    for (size_t a = 0; a < sizeof sizes / sizeof *sizes; at += sizes[a++]) *arrays[a] = at;
    return MLAB_OK;
}

/* --- tiles ---------------------------------------------------------------------------------------------------------- */

size_t mlab_web_tile_scratch(const mlab_web *web)
{
    size_t k = web->n_eta;
    return (k + 1 + k + k * (k + 1) / 2 + 5 + k + 3) * MLAB_TILE;
}

bool mlab_web_tile_at(const mlab_web_rows *r, const double *thresholds, double shape, size_t from, size_t n, size_t moved, double by, double *scratch,
                      mlab_web_tile *out)
{
    const mlab_web *web = r->web;
    size_t k = web->n_eta, pairs = r->n_pairs;
    double *eta = scratch, *at = eta + k * MLAB_TILE;
    double **const arrays[] = {&out->likelihood, &out->score,       &out->weight,      &out->upper,
                               &out->lower,      &out->upper_upper, &out->upper_lower, &out->lower_lower};
    const size_t sizes[] = {1, k, pairs, 1, 1, 1, 1, 1};
    for (size_t a = 0; a < 8; at += sizes[a++] * MLAB_TILE) *arrays[a] = at;
    for (size_t m = 0; m < k; m++)
        for (size_t i = 0; i < n; i++) eta[m * MLAB_TILE + i] = r->eta[m * web->n + from + i] + (m == moved ? by : 0);
    mlab_family_tile tile = {.context = web->context,
                             .rows = n,
                             .n_eta = k,
                             .category = web->category ? web->category + from : NULL,
                             .number = web->number ? web->number + from : NULL,
                             .shape = shape,
                             .eta = eta,
                             .thresholds = thresholds,
                             .n_thresholds = web->n_thresholds,
                             .derivatives = true,
                             .log_likelihood = out->likelihood,
                             .score = out->score,
                             .curvature = out->weight,
                             .upper = out->upper,
                             .lower = out->lower,
                             .upper_upper = out->upper_upper,
                             .upper_lower = out->upper_lower,
                             .lower_lower = out->lower_lower,
                             .scratch = at};
    if (!web->family->tile(&tile)) return false;
    for (size_t a = 0; web->weight && a < (web->n_thresholds ? 8 : 3); a++)
        for (size_t m = 0; m < sizes[a]; m++)
            for (size_t i = 0; i < n; i++) (*arrays[a])[m * MLAB_TILE + i] *= web->weight[from + i];
    return true;
}

/* --- a pass at given effects ------------------------------------------------------------------------------------------ */

static void set_predictors(const mlab_web_rows *r, const mlab_web_cell *cell, const mlab_web_block *blocks, size_t n_blocks)
{
    const mlab_web *web = r->web;
    double u[MLAB_MOST_LOCAL] = {0};
    for (size_t k = 0; k < web->n_eta; k++) {
        const double *fixed = r->fixed + k * web->n;
        double *eta = r->eta + k * web->n;
        for (size_t b = 0; b < n_blocks; b++) {
            size_t columns = web->terms[blocks[b].term].columns;
            for (size_t a = 0; a < columns; a++) u[blocks[b].base + a] = r->u[blocks[b].effect + k * columns + a];
        }
        for (size_t i = cell->begin; i < cell->end; i++) {
            const double *z = web->z + cell->z + (i - cell->begin) * cell->base;
            double sum = fixed[i];
            for (size_t a = 0; a < cell->base; a++) sum += z[a] * u[a];
            eta[i] = sum;
        }
    }
}

/* zs at the local effects, and the cross z W z'. */
static void sum_cell(const mlab_web_rows *r, size_t c, const mlab_web_block *blocks, size_t n_blocks)
{
    const mlab_web *web = r->web;
    const mlab_web_cell *cell = &web->cells[c];
    const size_t base = cell->base, d = base * web->n_eta, n = web->n;
    double *zs = r->local + r->local_first[c], *cross = web->cross + cell->cross;
    size_t column[MLAB_MOST_LOCAL] = {0}, predictor[MLAB_MOST_LOCAL] = {0};
    for (size_t b = 0; b < n_blocks; b++)
        for (size_t a = 0; a < web->terms[blocks[b].term].q; a++) {
            size_t columns = web->terms[blocks[b].term].columns, l = blocks[b].base * web->n_eta + a;
            column[l] = blocks[b].base + a % columns;
            predictor[l] = a / columns;
        }
    memset(zs, 0, d * sizeof *zs);
    memset(cross, 0, d * (d + 1) / 2 * sizeof *cross);
    for (size_t i = cell->begin; i < cell->end; i++) {
        const double *z = web->z + cell->z + (i - cell->begin) * base;
        for (size_t x = 0, at = 0; x < d; x++) {
            zs[x] += z[column[x]] * r->score[predictor[x] * n + i];
            for (size_t y = 0; y <= x; y++) {
                size_t k = predictor[x] < predictor[y] ? predictor[x] : predictor[y], l = predictor[x] + predictor[y] - k;
                size_t pair = k * web->n_eta - k * (k + 1) / 2 + l;
                cross[at++] += z[column[x]] * z[column[y]] * r->weight[pair * n + i];
            }
        }
    }
}

static mlab_status pass_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    (void)err;
    const mlab_web_rows *r = arg;
    const mlab_web *web = r->web;
    mlab_web_block blocks[MLAB_MOST_LOCAL + 1];
    mlab_web_tile tile;
    double *sum = r->parts + chunk * r->part;
    size_t l0 = web->chunk_leaf[chunk], l1 = web->chunk_leaf[chunk + 1];
    size_t from = web->cells[web->leaf_cell[l0]].begin, to = web->cells[web->leaf_cell[l1] - 1].end;
    *sum = 0;
    for (size_t leaf = l0; leaf < l1; leaf++)
        for (size_t c = web->leaf_cell[leaf]; c < web->leaf_cell[leaf + 1]; c++)
            set_predictors(r, &web->cells[c], blocks, mlab_web_blocks(web, &web->cells[c], leaf, blocks));
    for (size_t at = from; at < to; at += MLAB_TILE) {
        size_t n = to - at < MLAB_TILE ? to - at : MLAB_TILE;
        if (!mlab_web_tile_at(r, r->psi, r->shape, at, n, SIZE_MAX, 0, scratch, &tile)) return *sum = -HUGE_VAL, MLAB_OK;
        for (size_t i = 0; i < n; i++) *sum += tile.likelihood[i];
        for (size_t k = 0; k < web->n_eta; k++) memcpy(r->score + k * web->n + at, tile.score + k * MLAB_TILE, n * sizeof(double));
        for (size_t k = 0; k < r->n_pairs; k++) memcpy(r->weight + k * web->n + at, tile.weight + k * MLAB_TILE, n * sizeof(double));
    }
    for (size_t leaf = l0; leaf < l1; leaf++)
        for (size_t c = web->leaf_cell[leaf]; c < web->leaf_cell[leaf + 1]; c++)
            sum_cell(r, c, blocks, mlab_web_blocks(web, &web->cells[c], leaf, blocks));
    return MLAB_OK;
}

void mlab_web_add_local(const mlab_web_rows *r, double *into)
{
    const mlab_web *web = r->web;
    mlab_web_block blocks[MLAB_MOST_LOCAL + 1];
    memset(into, 0, web->n_effects * sizeof *into);
    for (size_t leaf = 0; leaf < web->n_leaves; leaf++)
        for (size_t c = web->leaf_cell[leaf]; c < web->leaf_cell[leaf + 1]; c++) {
            size_t n = mlab_web_blocks(web, &web->cells[c], leaf, blocks);
            const double *local = r->local + r->local_first[c];
            for (size_t b = 0; b < n; b++)
                for (size_t a = 0; a < web->terms[blocks[b].term].q; a++) into[blocks[b].effect + a] += local[blocks[b].base * web->n_eta + a];
        }
}

/* l(v) - v'v / 2; -HUGE_VAL = not allowed. */
static mlab_status pass(mlab_web_rows *r, const double *v, double *value, mlab_error *err)
{
    mlab_web *web = r->web;
    double sum;
    mlab_web_by_lambda(web, false, v, r->u);
    mlab_status status = mlab_parallel_blocks(web->context, NULL, web->n_chunks, mlab_web_tile_scratch(web) * sizeof(double), pass_chunk, r, err);
    if (status) return status;
    *value = 0;
    for (size_t chunk = 0; chunk < web->n_chunks; chunk++) *value += r->parts[chunk * r->part];
    sum = 0;
    for (size_t i = 0; i < web->n_effects; i++) sum += v[i] * v[i];
    *value -= 0.5 * sum;
    if (!isfinite(*value)) *value = -HUGE_VAL;
    mlab_web_add_local(r, r->zs);
    return MLAB_OK;
}

/* --- the modes ---------------------------------------------------------------------------------------------------------- */

/* Along the step from web->v, halved until the value does not fall. */
static mlab_status go(mlab_web_rows *r, const double *step, double *value, bool *moved, mlab_error *err)
{
    mlab_web *web = r->web;
    double part = 1, before = *value;
    *moved = false;
    for (int h = 0; h < HALVINGS; h++, part /= 2) {
        for (size_t i = 0; i < web->n_effects; i++) web->trial[i] = web->v[i] + part * step[i];
        mlab_status status = pass(r, web->trial, value, err);
        if (status) return status;
        if (!(*value >= before - NOISE * (fabs(before) + 1))) continue;
        memcpy(web->v, web->trial, web->n_effects * sizeof *web->v);
        *moved = true;
        return MLAB_OK;
    }
    return MLAB_OK;
}

/* Leaves web->v, the rows and the factor at the modes. *value is -HUGE_VAL where there are none. */
static mlab_status find_modes(mlab_web_rows *r, double *value, mlab_error *err)
{
    mlab_web *web = r->web;
    bool definite, moved, settled = false;
    mlab_status status = pass(r, web->v, value, err);
    if (!status && !(*value > -HUGE_VAL)) { /* from where another evaluation ended */
        memset(web->v, 0, web->n_effects * sizeof *web->v);
        status = pass(r, web->v, value, err);
    }
    for (int k = 0; k < STEPS && !status && *value > -HUGE_VAL; k++) {
        status = mlab_web_factor(web, &definite, err);
        if (status || !definite || settled) {
            if (!definite) *value = -HUGE_VAL;
            return status;
        }
        mlab_web_by_lambda(web, true, r->zs, r->right);
        for (size_t i = 0; i < web->n_effects; i++) r->right[i] -= web->v[i];
        memcpy(r->hc, r->right, web->n_effects * sizeof *r->hc);
        mlab_web_solve(web, r->hc, r->room);
        settled = mlab_dot(r->hc, r->right, web->n_effects) <= SETTLED;
        status = go(r, r->hc, value, &moved, err);
        if (!status && !moved) {
            if (!settled) return *value = -HUGE_VAL, MLAB_OK;
            status = pass(r, web->v, value, err);
        }
    }
    if (!settled) *value = -HUGE_VAL;
    return status;
}

/* --- the value -------------------------------------------------------------------------------------------------------- */

static void set_fixed(const mlab_web_rows *r)
{
    const mlab_web *web = r->web;
    for (size_t k = 0; k < web->n_eta; k++) {
        double *fixed = r->fixed + k * web->n;
        const double *b = r->psi + web->n_thresholds + k * web->p;
        memcpy(fixed, web->offset, web->n * sizeof *fixed);
        for (size_t j = 0; j < web->p; j++) {
            const double *x = web->x + j * web->n;
            for (size_t i = 0; i < web->n; i++) fixed[i] += b[j] * x[i];
        }
    }
}

mlab_status mlab_web_laplace(void *work, const double *psi, double *value, double *gradient, mlab_error *err)
{
    mlab_web_rows *r = work;
    mlab_web *web = r->web;
    size_t lambda = web->n_thresholds + web->n_eta * web->p;
    r->psi = psi;
    if (r->with_shape) r->shape = exp(psi[r->n_parameters - 1]);
    *value = -HUGE_VAL;
    if (r->with_shape && !(r->shape > 1e-8 && r->shape < 1e10)) return MLAB_OK;
    mlab_web_set_lambda(web, psi + lambda);
    set_fixed(r);
    mlab_status status = find_modes(r, value, err);
    if (status || !(*value > -HUGE_VAL)) return status;
    *value -= 0.5 * web->log_det;
    if (r->with_shape) *value += web->family->left_out(web->number, web->weight, web->n, r->shape);
    return gradient ? mlab_web_gradient(r, gradient, err) : MLAB_OK;
}
