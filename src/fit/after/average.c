/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Means of predictions over rows and their gradient, for the delta method: by each predictor through the model's own prediction (in closed form for
 * hazards, else differences of fourth order), times the columns of the design; by thresholds and what is ancillary directly. With random effects on
 * request averaged over their distribution. Weakness: the covariances of random effects (but of joint models), and a Cox model's baseline, are taken
 * as known: no derivative by them.
 */
#include "fit/after/average.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "fit/after/baseline_draws.h"
#include "fit/mixed/averaged.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROWS_A_BLOCK ((size_t)512)
#define MOST_BLOCKS ((size_t)64)
const double mlab_average_points[4] = {-2, -1, 1, 2}, mlab_average_parts[4] = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12};

/* One call: of the estimates with the gradient, or of sets of parameters without. */
typedef struct averaging {
    const mlab_average *a;
    const mlab_average_rows *rows;
    const double *sets; /* NULL = the estimates, with the gradient */
    size_t n_sets, n_blocks, part;
    bool slopes;  /* responses come with their derivatives by the predictors */
    double *sums; /* [n_blocks * part] */
} averaging;

typedef struct rows_room {
    double *x, *offset, *eta, *moved, *out, *slope, *parameters, *root, *room, *covariance, *spread;
} rows_room;

bool mlab_average_start(mlab_average *average)
{
    const mlab_fit *fit = average->fit;
    average->width = mlab_predict_width_at(fit, average->scale, average->n_times);
    average->averaged = average->averaged && fit->n_random > 0;
    if (!average->averaged || average->scale == MLAB_SCALE_LINK) average->spread = NULL;
    average->n_slopes = fit->n_parameters + (average->spread ? average->spread->n : 0);
    average->part = 1 + average->width * (1 + average->n_slopes);
    return average->width > 0;
}

const char *mlab_average_name(const mlab_average *average, size_t c, char *into, size_t size)
{
    const mlab_fit *fit = average->fit;
    size_t width = average->n_times ? average->width / average->n_times : average->width, states = fit->n_levels;
    c %= width;
    if (width <= 1) return "";
    if (states == width) return fit->levels[c];
    if (states * states == width)
        snprintf(into, size, "%s to %s", fit->levels[c / states], fit->levels[c % states]);
    else
        snprintf(into, size, "%s", fit->n_blocks == width && fit->blocks ? fit->blocks[c] : "");
    return into;
}

/* Numbers a row, with derivatives where the model has them. */
static size_t wide_of(const mlab_average *a)
{
    return a->width * (mlab_respond_has_slopes(a->fit, a->scale) ? 1 + a->fit->n_blocks : 1);
}

static rows_room room_of(const mlab_average *a, double *memory)
{
    size_t blocks = mlab_fit_predictors(a->fit);
    rows_room r;
    r.x = memory;
    r.offset = r.x + ROWS_A_BLOCK * mlab_design_columns(a->fit->design);
    r.eta = r.offset + ROWS_A_BLOCK;
    r.moved = r.eta + ROWS_A_BLOCK * blocks;
    r.out = r.moved + ROWS_A_BLOCK * blocks;
    r.slope = r.out + ROWS_A_BLOCK * wide_of(a);
    r.parameters = r.slope + ROWS_A_BLOCK * a->width;
    r.root = a->averaged ? r.parameters + a->fit->n_parameters : NULL;
    r.room = r.parameters + a->fit->n_parameters + a->averaged * ROWS_A_BLOCK * blocks * blocks;
    r.covariance = r.room + ROWS_A_BLOCK * (blocks + wide_of(a));
    r.spread = r.covariance + (a->spread ? a->fit->random->n * a->fit->random->n : 0);
    return r;
}

static size_t room_size(const mlab_average *a)
{
    size_t blocks = mlab_fit_predictors(a->fit);
    return ROWS_A_BLOCK * (mlab_design_columns(a->fit->design) + 1 + 2 * blocks + a->width + wide_of(a)) + a->fit->n_parameters +
           ROWS_A_BLOCK * (a->averaged * blocks * blocks + blocks + wide_of(a)) +
           (a->spread ? a->fit->random->n * a->fit->random->n + a->spread->n : 0);
}

/* Rows first .. first + n - 1 of the call. */
static mlab_status respond(const averaging *now, const mlab_fit *fit, rows_room *r, const double *parameters, const double *eta, size_t first,
                           size_t n, double *out, mlab_error *err)
{
    const mlab_average *a = now->a;
    const mlab_average_rows *rows = now->rows;
    return mlab_respond_averaged(a->context, fit, rows->table, rows->row ? rows->row + first : NULL, first, n, parameters, eta, r->root, NULL,
                                 a->scale, a->times, a->n_times, out, r->room, err);
}

/* slope = derivative of the response by predictor k, or (k past the last one) by parameter j. */
static mlab_status slopes(const averaging *now, rows_room *r, size_t k, size_t j, size_t first, size_t n, mlab_error *err)
{
    const mlab_average *a = now->a;
    const mlab_fit *fit = a->fit;
    size_t n_eta = mlab_fit_predictors(fit);
    double se = k < n_eta ? 1 : sqrt(fit->covariance[j * fit->n_parameters + j]), step = MLAB_AVERAGE_AWAY * (se > 0 ? fmin(se, 1) : 1);
    memset(r->slope, 0, n * a->width * sizeof(double));
    for (int s = 0; s < 4; s++) {
        memcpy(r->moved, r->eta, n * n_eta * sizeof(double));
        memcpy(r->parameters, fit->estimate, fit->n_parameters * sizeof(double));
        for (size_t i = 0; i < n && k < n_eta; i++) r->moved[i * n_eta + k] += mlab_average_points[s] * step;
        if (k == n_eta) r->parameters[j] += mlab_average_points[s] * step;
        mlab_status status = respond(now, fit, r, r->parameters, r->moved, first, n, r->out, err);
        if (status) return status;
        for (size_t i = 0; i < n * a->width; i++) r->slope[i] += mlab_average_parts[s] / step * r->out[i];
    }
    return MLAB_OK;
}

static void set_eta(const averaging *now, const rows_room *r, const double *parameters, size_t first, size_t n)
{
    const mlab_fit *fit = now->a->fit;
    size_t columns = mlab_design_columns(fit->design), skip = mlab_fit_first_column(fit), n_eta = mlab_fit_predictors(fit);
    for (size_t i = 0; i < n; i++) {
        double offset = r->offset[i] + (now->rows->offset ? now->rows->offset[first + i] : 0);
        mlab_fit_predictors_fill(fit, parameters, r->x + i * columns + skip, offset, r->eta + i * n_eta);
    }
}

static mlab_status add_gradient(const averaging *now, rows_room *r, const double *weight, size_t first, size_t n, double *gradient, mlab_error *err)
{
    const mlab_average *a = now->a;
    const mlab_fit *fit = a->fit;
    size_t columns = mlab_design_columns(fit->design), skip = mlab_fit_first_column(fit), np = fit->n_parameters, n_eta = mlab_fit_predictors(fit);
    size_t wide = now->slopes ? wide_of(a) : a->width;
    mlab_status status;
    for (size_t k = 0; k < n_eta; k++) {
        const double *slope = now->slopes ? r->out + (1 + k) * a->width : r->slope;
        if (!now->slopes && (status = slopes(now, r, k, 0, first, n, err))) return status;
        for (size_t i = 0; i < n; i++)
            for (size_t c = 0; c < a->width; c++) {
                double w = (weight ? weight[i] : 1) * slope[i * wide + c];
                mlab_fit_predictors_back(fit, r->x + i * columns + skip, k, w, gradient + c * a->n_slopes);
            }
    }
    for (size_t j = 0; j < np && a->scale != MLAB_SCALE_LINK; j++) {
        if (mlab_fit_is_coefficient(fit, j)) continue;
        if ((status = slopes(now, r, n_eta, j, first, n, err))) return status;
        for (size_t i = 0; i < n; i++)
            for (size_t c = 0; c < a->width; c++) gradient[c * a->n_slopes + j] += (weight ? weight[i] : 1) * r->slope[i * a->width + c];
    }
    return MLAB_OK;
}

/* The fit whose groups differ as `value` says, and the factors of the rows. */
static mlab_status spread_at(const averaging *now, rows_room *r, const double *value, size_t first, size_t n, mlab_fit *view,
                             mlab_random_effects *random, mlab_error *err)
{
    const mlab_average *a = now->a;
    const mlab_average_rows *rows = now->rows;
    *random = *a->fit->random;
    random->covariance = r->covariance;
    view->random = random;
    a->spread->put(a->spread, value, view);
    return mlab_effects_root(a->context, view, rows->table, rows->row ? rows->row + first : NULL, first, n,
                             rows->squares ? rows->squares + first * a->fit->n_random : NULL, r->root, err);
}

/* Derivatives by the numbers of the spread, at the estimates; the factors of the rows are moved. */
static mlab_status add_spread(const averaging *now, rows_room *r, const double *weight, size_t first, size_t n, double *gradient, mlab_error *err)
{
    const mlab_average *a = now->a;
    size_t np = a->fit->n_parameters, all = a->n_slopes;
    for (size_t j = 0; a->spread && j < a->spread->n; j++) {
        double se = sqrt(fmax(a->spread->covariance[(np + j) * (all + 1)], 0)), step = MLAB_AVERAGE_AWAY * (se > 0 ? fmin(se, 1) : 1);
        for (int s = 0; s < 4; s++) {
            mlab_fit view = *a->fit;
            mlab_random_effects random;
            memcpy(r->spread, a->spread->value, a->spread->n * sizeof *r->spread);
            r->spread[j] += mlab_average_points[s] * step;
            mlab_status status = spread_at(now, r, r->spread, first, n, &view, &random, err);
            if (!status) status = respond(now, &view, r, a->fit->estimate, r->eta, first, n, r->out, err);
            if (status) return status;
            for (size_t i = 0; i < n; i++)
                for (size_t c = 0; c < a->width; c++)
                    gradient[c * all + np + j] += (weight ? weight[i] : 1) * mlab_average_parts[s] / step * r->out[i * a->width + c];
        }
    }
    return MLAB_OK;
}

static mlab_status average_rows(const averaging *now, rows_room *r, size_t first, size_t n, double *part, mlab_error *err)
{
    const mlab_average *a = now->a;
    const mlab_fit *fit = a->fit;
    const mlab_average_rows *rows = now->rows;
    const uint32_t *row = rows->row ? rows->row + first : NULL;
    const double *weight = rows->weight ? rows->weight + first : NULL;
    size_t wide = now->slopes ? wide_of(a) : a->width;
    mlab_status status = mlab_design_fill(fit->design, rows->table, row, first, n, r->x, r->offset, err);
    if (!status && a->averaged)
        status = mlab_effects_root(a->context, fit, rows->table, row, first, n, rows->squares ? rows->squares + first * fit->n_random : NULL, r->root,
                                   err);
    if (status) return status;
    for (size_t i = 0; i < n; i++) part[0] += weight ? weight[i] : 1;
    for (size_t s = 0; s < now->n_sets; s++) {
        const double *parameters = now->sets ? now->sets + s * fit->n_parameters : fit->estimate;
        mlab_fit view = *fit;
        mlab_baseline baseline;
        mlab_random_effects random;
        if (a->spread && now->sets && a->spreads && (status = spread_at(now, r, a->spreads + s * a->spread->n, first, n, &view, &random, err)))
            return status;
        if (now->sets && a->hazard) {
            baseline = *fit->baseline;
            baseline.cumulative_hazard = (double *)a->hazard + s * baseline.n;
            view.baseline = &baseline;
            view.estimate = (double *)parameters;
        }
        set_eta(now, r, parameters, first, n);
        status = now->slopes ? mlab_respond_slopes(a->context, fit, rows->table, row, first, n, r->eta, r->root, a->scale, a->times, a->n_times,
                                                   r->out, r->room, err)
                             : respond(now, &view, r, parameters, r->eta, first, n, r->out, err);
        if (status) return status;
        for (size_t i = 0; i < n; i++)
            for (size_t c = 0; c < a->width; c++) part[1 + s * a->width + c] += (weight ? weight[i] : 1) * r->out[i * wide + c];
    }
    if (!now->sets) status = add_gradient(now, r, weight, first, n, part + 1 + a->width, err);
    return status || now->sets ? status : add_spread(now, r, weight, first, n, part + 1 + a->width, err);
}

static mlab_status average_block(void *work, size_t block, void *scratch, mlab_error *err)
{
    const averaging *now = work;
    size_t n = now->rows->n, first = block * n / now->n_blocks, last = (block + 1) * n / now->n_blocks;
    rows_room r = room_of(now->a, scratch);
    for (size_t at = first; at < last; at += ROWS_A_BLOCK) {
        size_t some = last - at < ROWS_A_BLOCK ? last - at : ROWS_A_BLOCK;
        mlab_status status = average_rows(now, &r, at, some, now->sums + block * now->part, err);
        if (status) return status;
    }
    return MLAB_OK;
}

/* mean [part], the sum of the weights first. */
static mlab_status run(averaging *now, double *mean, mlab_error *err)
{
    const mlab_context *context = now->a->context;
    now->n_blocks = (now->rows->n + ROWS_A_BLOCK - 1) / ROWS_A_BLOCK;
    if (now->n_blocks > MOST_BLOCKS) now->n_blocks = MOST_BLOCKS;
    now->sums = mlab_allocate(context, now->n_blocks, now->part * sizeof *now->sums);
    if (!now->sums) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for averages of %s", now->a->fit->outcome);
    mlab_status status = mlab_parallel_blocks(context, "averages", now->n_blocks, room_size(now->a) * sizeof(double), average_block, now, err);
    if (!status) mlab_sum_blocks(now->sums, now->n_blocks, now->part, mean);
    for (size_t k = 1; k < now->part && !status && mean[0] > 0; k++) mean[k] /= mean[0];
    mlab_release(context, now->sums);
    return status;
}

mlab_status mlab_average_over(const mlab_average *average, const mlab_average_rows *rows, double *mean, mlab_error *err)
{
    averaging now = {.a = average, .rows = rows, .n_sets = 1, .part = average->part};
    now.slopes = mlab_respond_has_slopes(average->fit, average->scale);
    return run(&now, mean, err);
}

mlab_status mlab_average_at(const mlab_average *average, const mlab_average_rows *rows, const double *parameters, size_t n_sets, double *mean,
                            mlab_error *err)
{
    averaging now = {.a = average, .rows = rows, .sets = parameters, .n_sets = n_sets, .part = 1 + n_sets * average->width};
    double *all = mlab_allocate(average->context, now.part, sizeof *all);
    mlab_status status = all ? run(&now, all, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for averages of %s", average->fit->outcome);
    if (!status) memcpy(mean, all + 1, n_sets * average->width * sizeof *mean);
    mlab_release(average->context, all);
    return status;
}

double mlab_average_error(const mlab_average *average, const double *gradient)
{
    const mlab_fit *fit = average->fit;
    const double *v = average->spread ? average->spread->covariance : fit->robust ? fit->robust : fit->covariance;
    size_t np = average->n_slopes;
    double variance = 0;
    for (size_t j = 0; j < np; j++)
        for (size_t k = 0; k < np && gradient[j] != 0; k++) variance += gradient[j] * v[j * np + k] * gradient[k];
    return sqrt(fmax(variance, 0));
}

static double square_of(const mlab_random_grouping *g, size_t i)
{
    size_t m = g->memberships ? g->memberships : 1, in = 0;
    double sum = 0;
    for (size_t k = 0; k < m; k++) in += g->group[i * m + k] != UINT32_MAX;
    for (size_t k = 0; k < m; k++) {
        double share = g->share ? g->share[i * m + k] : 1 / (double)in;
        if (g->group[i * m + k] != UINT32_MAX) sum += share * share;
    }
    return sum;
}

mlab_status mlab_average_squares(const mlab_context *context, const mlab_fit_problem *problem, double **squares, mlab_error *err)
{
    size_t n_random = problem->n_random;
    bool any = false;
    *squares = NULL;
    for (size_t t = 0; t < n_random && !any; t++) {
        if (!problem->random[t].group) continue; /* a part of a joint model: effects of every person */
        any = problem->random[t].memberships > 1 || problem->random[t].share;
        for (size_t i = 0; i < problem->n && !any; i++) any = problem->random[t].group[i] == UINT32_MAX; /* in no group: no effect */
    }
    if (!any) return MLAB_OK;
    double *made = mlab_allocate(context, problem->n, n_random * sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the groups of %zu rows", problem->n);
    for (size_t i = 0; i < problem->n; i++)
        for (size_t t = 0; t < n_random; t++) made[i * n_random + t] = square_of(&problem->random[t], i);
    *squares = made;
    return MLAB_OK;
}

mlab_status mlab_average_first_rows(const mlab_context *context, const mlab_fit_problem *problem, mlab_average_firsts *firsts,
                                    mlab_average_rows *rows, mlab_error *err)
{
    size_t n = 0, n_random = problem->n_random;
    const double *squares = rows->squares;
    firsts->row = mlab_allocate(context, problem->n, sizeof *firsts->row);
    firsts->weight = problem->weight ? mlab_allocate(context, problem->n, sizeof *firsts->weight) : NULL;
    firsts->squares = squares ? mlab_allocate(context, problem->n, n_random * sizeof *firsts->squares) : NULL;
    if (!firsts->row || (problem->weight && !firsts->weight) || (squares && !firsts->squares))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rows", problem->n);
    for (size_t i = 0; i < problem->n; i++) {
        uint32_t row = problem->rows ? problem->rows[i] : (uint32_t)i;
        if (problem->person && n > 0 && problem->person[row] == problem->person[firsts->row[n - 1]]) continue;
        if (firsts->weight) firsts->weight[n] = problem->weight[i];
        if (squares) memcpy(firsts->squares + n * n_random, squares + i * n_random, n_random * sizeof *squares);
        firsts->row[n++] = row;
    }
    rows->row = firsts->row;
    rows->n = n;
    rows->weight = firsts->weight;
    rows->squares = firsts->squares;
    return MLAB_OK;
}

mlab_status mlab_average_draw(const mlab_average *average, const mlab_prepared *prepared, size_t n_draws, uint64_t seed, mlab_draws **draws,
                              double **sets, double **spreads, mlab_error *err)
{
    const mlab_average_spread *spread = prepared->spread;
    const mlab_fit *fit = average->fit;
    size_t n = fit->n_parameters;
    *draws = NULL;
    *spreads = NULL;
    if (!(*sets = mlab_allocate(average->context, n_draws, n * sizeof **sets)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu draws of %s", n_draws, fit->outcome);
    mlab_status status = MLAB_OK;
    if (spread) {
        *spreads = mlab_allocate(average->context, n_draws, spread->n * sizeof **spreads);
        status = *spreads ? spread->draw(spread, n_draws, seed, *sets, *spreads, err)
                          : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu draws of %s", n_draws, fit->outcome);
    } else {
        status = mlab_draws_make_prepared(average->context, prepared, fit, n_draws, seed, draws, err);
        if (!status) memcpy(*sets, (*draws)->value, n_draws * n * sizeof **sets);
    }
    if (!status) return MLAB_OK;
    mlab_release(average->context, *sets);
    mlab_release(average->context, *spreads);
    *sets = *spreads = NULL;
    return status;
}

mlab_status mlab_average_tell_draws(const mlab_prepared *prepared, mlab_fit *fit, const char *what, const mlab_draws *draws, size_t n,
                                    mlab_error *err)
{
    static const char *const kinds[] = {"normal", "bootstrap", "parametric"};
    const char *note = draws && draws->note && draws->kind != MLAB_DRAWS_NORMAL ? draws->note : "";
    const bool others = !draws && prepared->options.draws; /* of a part of a joint model */
    return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "intervals of %s are by %zu %s draws of the parameters%s%s%s", what, n,
                          kinds[draws ? prepared->options.draws : 0],
                          others ? ": averages of parts of joint models have no others, since their draws are by the covariance of the whole" : "",
                          *note ? "; " : "", note);
}
