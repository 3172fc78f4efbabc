/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linear models with random effects of several groupings, by maximum likelihood or restricted maximum likelihood (Bates et al. 2015,
 * doi:10.18637/jss.v067.i01). The rows are read once, into cross products of each cell of groups; with u = s Lambda v,
 *
 *     -2 log L = n log(2 pi s^2) + log|H| + (y - Xb)' V^-1 (y - Xb) / s^2 (+ log|X'V^-1X / s^2| - p log 2 pi),   H = Lambda' Z'Z Lambda + I,
 *
 * b solved for, the gradient by Lambda and log s exact by the inverse of H where effects share a row. The covariance of the coefficients takes
 * the standard deviations as known.
 * Weakness: intervals of coefficients are somewhat short with few groups.
 */
#include "fit/mixed/mixed.h"
#include "fit/mixed/web_kinds.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

static const double LOG_TWO_PI = 1.83787706640934548356;
static const double BOUNDARY = 1e-4; /* of the residual standard deviation */

mlab_status mlab_web_linear_make(mlab_web_linear *w, mlab_web *web, bool restricted, mlab_error *err)
{
    size_t p = web->p, c = p + 1, e = web->n_effects, room = c * mlab_web_room(web);
    *w = (mlab_web_linear){.web = web, .restricted = restricted, .p = p, .columns = c, .part = 2 + p * (p + 1)};
    w->memory = mlab_allocate(web->context, 5 * p * p + 4 * p + 4 * c * e + room + web->n_chunks * (w->part + web->n_lambda), sizeof *w->memory);
    w->out = mlab_allocate(web->context, p, 1);
    if (!w->memory || !w->out) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the cross products of %zu effects", e);
    double *at = w->memory, **const parts[] = {&w->xx,     &w->a,  &w->inverse, &w->work,   &w->xy,    &w->rhs,  &w->beta,
                                               &w->centre, &w->zx, &w->half,    &w->solved, &w->other, &w->room, &w->parts};
    const size_t sizes[] = {p * p, p * p, p * p, 2 * p * p, p, p, p, p, c * e, c * e, c * e, c * e, room, 0};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; at += sizes[k++]) *parts[k] = at;
    return MLAB_OK;
}

void mlab_web_linear_free(mlab_web_linear *w)
{
    if (!w->web) return;
    mlab_release(w->web->context, w->memory);
    mlab_release(w->web->context, w->out);
}

/* --- the rows ------------------------------------------------------------------------------------------------------ */

/* Sums of a cell: of z z' into its cross, of z x and z y into zx (whose leaf is this chunk's own; those of knots into knots). */
static void read_cell(const mlab_web_linear *w, const mlab_web_cell *cell, double *zx)
{
    mlab_web *web = w->web;
    size_t base = cell->base, p = w->p, c = w->columns, n = web->n;
    double *cross = web->cross + cell->cross;
    for (size_t i = cell->begin; i < cell->end; i++) {
        const double *z = web->z + cell->z + (i - cell->begin) * base;
        double k = web->weight ? web->weight[i] : 1, y = web->number[i];
        for (size_t a = 0, at = 0; a < base; a++) {
            double kz = k * z[a];
            for (size_t b = 0; b <= a; b++) cross[at++] += kz * z[b];
            for (size_t j = 0; j < p; j++) zx[a * c + j] += kz * web->x[j * n + i];
            zx[a * c + p] += kz * y;
        }
    }
}

static void read_fixed(const mlab_web_linear *w, size_t from, size_t to, double *part)
{
    const mlab_web *web = w->web;
    size_t p = w->p, n = web->n;
    for (size_t i = from; i < to; i++) {
        double k = web->weight ? web->weight[i] : 1, y = web->number[i];
        double *at = part;
        *at++ += k;
        *at++ += k * y * y;
        for (size_t a = 0; a < p; a++) {
            double x = k * web->x[a * n + i];
            *at++ += x * y;
            for (size_t b = 0; b < p; b++) *at++ += b <= a ? x * web->x[b * n + i] : 0;
        }
    }
}

/* Z'[X y] of one cell into the columns of zx; knots are added by read_knots, in order. */
static mlab_status read_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    (void)err;
    mlab_web_linear *w = arg;
    mlab_web *web = w->web;
    double *zx = scratch;
    size_t first = web->leaf_cell[web->chunk_leaf[chunk]], last = web->leaf_cell[web->chunk_leaf[chunk + 1]];
    read_fixed(w, web->cells[first].begin, web->cells[last - 1].end, w->parts + chunk * w->part);
    for (size_t leaf = web->chunk_leaf[chunk]; leaf < web->chunk_leaf[chunk + 1]; leaf++)
        for (size_t c = web->leaf_cell[leaf]; c < web->leaf_cell[leaf + 1]; c++) {
            memset(zx, 0, MLAB_MOST_LOCAL * w->columns * sizeof *zx);
            read_cell(w, &web->cells[c], zx);
            for (size_t a = 0; a < web->q_leaf; a++)
                for (size_t j = 0; j < w->columns; j++) w->zx[j * web->n_effects + leaf * web->q_leaf + a] += zx[a * w->columns + j];
        }
    return MLAB_OK;
}

static void read_knots(const mlab_web_linear *w)
{
    const mlab_web *web = w->web;
    mlab_web_block blocks[MLAB_MOST_LOCAL + 1];
    size_t leaf = 0, skip = web->q_leaf > 0;
    for (size_t c = 0; c < web->n_cells; c++) {
        const mlab_web_cell *cell = &web->cells[c];
        while (web->leaf_cell[leaf + 1] <= c) leaf++;
        size_t n = mlab_web_blocks(web, cell, leaf, blocks);
        for (size_t b = skip; b < n; b++)
            for (size_t a = 0; a < web->terms[blocks[b].term].q; a++)
                for (size_t j = 0; j < w->columns; j++) {
                    double sum = 0;
                    const double *x = j < w->p ? web->x + j * web->n : web->number;
                    for (size_t i = cell->begin; i < cell->end; i++)
                        sum += (web->weight ? web->weight[i] : 1) * web->z[cell->z + (i - cell->begin) * cell->base + blocks[b].base + a] * x[i];
                    w->zx[j * web->n_effects + blocks[b].effect + a] += sum;
                }
    }
}

mlab_status mlab_web_linear_read(mlab_web_linear *w, mlab_error *err)
{
    mlab_web *web = w->web;
    size_t p = w->p;
    memset(web->cross, 0, web->cross_size * sizeof *web->cross);
    mlab_status status = mlab_parallel_blocks(web->context, NULL, web->n_chunks, MLAB_MOST_LOCAL * w->columns * sizeof(double), read_chunk, w, err);
    double *sums = status ? NULL : mlab_allocate(web->context, w->part, sizeof *sums);
    if (!status && !sums) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu sums", w->part);
    if (status) return status;
    read_knots(w);
    mlab_sum_blocks(w->parts, web->n_chunks, w->part, sums);
    const double *at = sums;
    w->n = *at++;
    w->yy = *at++;
    for (size_t a = 0; a < p; a++) {
        w->xy[a] = *at++;
        for (size_t b = 0; b < p; b++, at++)
            if (b <= a) w->xx[a * p + b] = w->xx[b * p + a] = *at;
    }
    mlab_release(web->context, sums);
    return MLAB_OK;
}

mlab_status mlab_web_linear_centre(mlab_web_linear *w, mlab_error *err)
{
    mlab_web *web = w->web;
    if (w->priors.n || !mlab_mixed_centre(w->xx, w->xy, w->yy, w->p, w->centre, w->work, w->out)) return MLAB_OK;
    for (size_t j = 0; j < w->p; j++)
        for (size_t i = 0; i < web->n; i++) web->number[i] -= w->centre[j] * web->x[j * web->n + i];
    memset(w->zx, 0, w->columns * web->n_effects * sizeof *w->zx);
    memset(w->parts, 0, web->n_chunks * w->part * sizeof *w->parts);
    return mlab_web_linear_read(w, err);
}

/* --- the likelihood -------------------------------------------------------------------------------------------------- */

static double product(const double *a, const double *b, size_t n)
{
    double strand[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++) strand[k] += a[i + k] * b[i + k];
    for (; i < n; i++) strand[0] += a[i] * b[i];
    return (strand[0] + strand[1]) + (strand[2] + strand[3]);
}

static mlab_status solve_column(void *arg, size_t j, void *scratch, mlab_error *err)
{
    (void)scratch;
    (void)err;
    mlab_web_linear *w = arg;
    size_t e = w->web->n_effects;
    mlab_web_by_lambda(w->web, true, w->zx + j * e, w->half + j * e);
    memcpy(w->solved + j * e, w->half + j * e, e * sizeof(double));
    mlab_web_solve(w->web, w->solved + j * e, w->room + j * mlab_web_room(w->web));
    return MLAB_OK;
}

/* X'V^-1X, its inverse and log determinant, b, the residual sum of squares; false when X'V^-1X has no inverse. */
static bool solve_coefficients(mlab_web_linear *w, double variance, double *log_xvx, double *rss)
{
    size_t p = w->p, e = w->web->n_effects;
    const double *half_y = w->half + p * e;
    for (size_t j = 0; j < p; j++) {
        for (size_t k = 0; k <= j; k++) w->a[j * p + k] = w->a[k * p + j] = w->xx[j * p + k] - product(w->half + j * e, w->solved + k * e, e);
        w->rhs[j] = w->xy[j] - product(w->solved + j * e, half_y, e);
    }
    *rss = w->yy - product(half_y, w->solved + p * e, e);
    return mlab_mixed_solve_linear(w->a, w->rhs, p, &w->priors, variance, w->inverse, w->work, w->out, w->beta, log_xvx, rss);
}

/* --- the gradient ----------------------------------------------------------------------------------------------------- */

/* gradient += scale * sum over the groups of left_a right_b at the entries (a, b) of Lambda. */
static void add_outer(const mlab_web *web, const double *left, const double *right, double scale, double *gradient)
{
    for (size_t t = 0; t < web->n_terms; t++) {
        const mlab_web_term *term = &web->terms[t];
        for (size_t k = 0; k < term->n_lambda; k++) {
            size_t a, b;
            double sum = 0;
            mlab_web_entry(term, k, &a, &b);
            for (size_t g = 0; g < term->n_groups; g++) sum += left[term->first + g * term->q + a] * right[term->first + g * term->q + b];
            gradient[term->lambda + k] += scale * sum;
        }
    }
}

static mlab_status trace_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    (void)scratch;
    (void)err;
    const mlab_web_linear *w = arg;
    double *traces = w->parts + chunk * w->web->n_lambda;
    memset(traces, 0, w->web->n_lambda * sizeof *traces);
    for (size_t leaf = w->web->chunk_leaf[chunk]; leaf < w->web->chunk_leaf[chunk + 1]; leaf++) mlab_web_leaf_trace(w->web, leaf, traces);
    return MLAB_OK;
}

/* M of column j: Z'V^-1 X_j into other. */
static mlab_status weigh_column(void *arg, size_t j, void *scratch, mlab_error *err)
{
    (void)err;
    mlab_web_linear *w = arg;
    size_t e = w->web->n_effects;
    double *u = scratch, *into = w->other + j * e;
    mlab_web_by_lambda(w->web, false, w->solved + j * e, u);
    mlab_web_by_cross(w->web, u, into);
    for (size_t i = 0; i < e; i++) into[i] = w->zx[j * e + i] - into[i];
    return MLAB_OK;
}

static mlab_status find_gradient(mlab_web_linear *w, double variance, double *gradient, mlab_error *err)
{
    mlab_web *web = w->web;
    size_t p = w->p, e = web->n_effects, last = p * e;
    mlab_status status = mlab_web_invert(web, err);
    memcpy(web->v, w->solved + last, e * sizeof *web->v);
    memcpy(w->half + last, w->zx + last, e * sizeof *web->v); /* the residuals stand in the place of the response */
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < e; i++) {
            web->v[i] -= w->beta[j] * w->solved[j * e + i];
            w->half[last + i] -= w->beta[j] * w->zx[j * e + i];
        }
    memcpy(w->solved + last, web->v, e * sizeof *web->v);
    if (!status) status = mlab_parallel_blocks(web->context, NULL, w->restricted ? w->columns : 0, e * sizeof(double), weigh_column, w, err);
    if (status) return status;
    mlab_web_by_lambda(web, false, web->v, web->trial);
    mlab_web_by_cross(web, web->trial, w->other + last);
    for (size_t i = 0; i < e; i++) w->other[last + i] = w->half[last + i] - w->other[last + i];
    add_outer(web, w->other + last, web->v, 1 / variance, gradient);
    for (size_t j = 0; w->restricted && j < p; j++) {
        memset(web->trial, 0, e * sizeof *web->trial);
        for (size_t k = 0; k < p; k++)
            for (size_t i = 0; i < e; i++) web->trial[i] += w->inverse[j * p + k] * w->solved[k * e + i];
        add_outer(web, w->other + j * e, web->trial, 1, gradient);
    }
    status = mlab_parallel_blocks(web->context, NULL, web->n_chunks, 0, trace_chunk, w, err);
    for (size_t c = 0; c < web->n_chunks && !status; c++)
        for (size_t k = 0; k < web->n_lambda; k++) gradient[k] -= w->parts[c * web->n_lambda + k];
    return status;
}

mlab_status mlab_web_linear_evaluate(void *work, const double *psi, double *value, double *gradient, mlab_error *err)
{
    mlab_web_linear *w = work;
    mlab_web *web = w->web;
    double log_xvx, rss, log_s = psi[web->n_lambda], variance = exp(2 * log_s);
    bool definite;
    *value = -HUGE_VAL;
    if (!(variance > 0) || !isfinite(variance)) return MLAB_OK;
    mlab_web_set_lambda(web, psi);
    mlab_status status = mlab_web_factor(web, &definite, err);
    if (status || !definite) return status;
    if ((status = mlab_parallel_blocks(web->context, NULL, w->columns, 0, solve_column, w, err))) return status;
    if (!solve_coefficients(w, variance, &log_xvx, &rss)) return MLAB_OK;
    double free_n = w->restricted ? w->n - (double)w->p : w->n;
    *value = -0.5 * (free_n * (LOG_TWO_PI + 2 * log_s) + web->log_det + rss / variance + (w->restricted ? log_xvx : 0)) -
             mlab_mixed_priors_distance(&w->priors, w->beta);
    if (!gradient) return MLAB_OK;
    memset(gradient, 0, (web->n_lambda + 1) * sizeof *gradient);
    gradient[web->n_lambda] = rss / variance - free_n + (w->restricted ? mlab_mixed_priors_slope(&w->priors, w->inverse, w->p, variance) : 0);
    return find_gradient(w, variance, gradient, err);
}

/* --- the fit ---------------------------------------------------------------------------------------------------------- */

static double sum_of_logs(const mlab_prepared *prepared)
{
    const mlab_fit_problem *problem = prepared->problem;
    double logs = 0;
    for (size_t i = 0; ((const mlab_engine *)prepared->own)->family->log_number && i < problem->n; i++)
        logs += (problem->weight ? problem->weight[i] : 1) * mlab_log(problem->number[i]);
    return logs;
}

mlab_status mlab_web_gaussian_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_engine *engine = prepared->own;
    mlab_web *web = NULL;
    mlab_web_linear w = {0};
    mlab_web_kinds *kinds = NULL;
    mlab_climb c = {0};
    double value, *gradient = NULL;
    mlab_status status = mlab_mixed_start(context, prepared, fit, err);
    if (!status) status = mlab_web_make(context, prepared, prepared->problem, engine->number, &web, err);
    if (!status) status = mlab_web_linear_make(&w, web, prepared->options.restricted == 0, err);
    if (!status) status = mlab_mixed_priors_make(context, prepared, fit, &w.priors, err);
    if (!status) status = mlab_web_linear_read(&w, err);
    if (!status) status = mlab_web_linear_centre(&w, err);
    if (!status) status = mlab_web_kinds_make(&w, &kinds, err);
    mlab_climb_evaluate evaluate = kinds ? mlab_web_kinds_evaluate : mlab_web_linear_evaluate;
    if (!status) status = mlab_climb_start(context, web->n_lambda + 1, evaluate, kinds ? (void *)kinds : &w, &c, err);
    if (status) goto out;
    mlab_web_start_lambda(&c, web, 0, 0.7);
    c.psi[web->n_lambda] = 0.5 * log(fit->residual_variance > 0 ? fit->residual_variance : 1);
    c.inverse[c.n * c.n - 1] = 0.5 / (double)web->n;
    mlab_mixed_warm(&c, prepared, 0);
    if (!(gradient = mlab_allocate(context, c.n, sizeof *gradient))) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a gradient");
    if (!status) status = mlab_climb_up(&c, err);
    if (!status) status = mlab_web_climb_edges(&c, web, 0, err);
    if (!status) status = mlab_web_linear_evaluate(&w, c.psi, &value, gradient, err); /* leaves the modes of the end behind */
    if (!status) status = mlab_web_effects_make(context, web, fit, err);
    if (status) goto out;
    fit->residual_variance = exp(2 * c.psi[web->n_lambda]);
    for (size_t j = 0; j < w.p; j++) w.rhs[j] = w.beta[j] + w.centre[j];
    mlab_mixed_place_linear(engine, w.rhs, w.inverse, w.p, fit->residual_variance, fit);
    mlab_web_effects_place(&c, web, 0, web->n_lambda, fit);
    if ((status = mlab_mixed_keep_spread(context, &c, 0, fit, err))) goto out;
    fit->log_likelihood = value - sum_of_logs(prepared) + mlab_mixed_priors_distance(&w.priors, w.beta);
    mlab_mixed_place_climb(&c, fit);
    status = mlab_web_doubt(&c, web, BOUNDARY * sqrt(fit->residual_variance), fit, err);
    if (!status && prepared->problem->mode_errors) status = mlab_web_linear_errors(&c, &w, fit, err);
out:
    mlab_mixed_priors_free(&w.priors);
    mlab_web_kinds_free(kinds);
    mlab_web_linear_free(&w);
    mlab_web_free(web);
    mlab_release(context, gradient);
    mlab_climb_end(&c);
    return status;
}
