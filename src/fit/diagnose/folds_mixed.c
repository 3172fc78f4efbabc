/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cross-validation of mixed models by whole clusters. The rows of a fold are predicted from a fit to the others in two ways: averaged over the
 * effects of all groups, as somebody new in a new group is; and given the most likely effects of those groups that the fit has seen (a department of
 * other people), averaged over the others. Fits of the folds start from the fit to all rows. Weakness: most likely effects of known groups are taken
 * as certain.
 */
#include "fit/diagnose/folds.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/mixed/averaged.h"
#include "fit/mixed/mixed_part.h"

#include <math.h>
#include <string.h>

enum { ROWS = 256 };

typedef struct one_fold {
    mlab_folds *f;
    const mlab_prepared *prepared;
    const mlab_fit *fit; /* to the rows of the other folds */
    uint32_t *train, *test;
    size_t n_train, n_test;
    uint32_t *local[MLAB_MOST_TERMS], count[MLAB_MOST_TERMS]; /* number among the groups of the fit; UINT32_MAX = not seen */
    double *z[MLAB_MOST_TERMS];                               /* [n_test * columns] */
} one_fold;

static mlab_status split(one_fold *o, uint8_t fold, mlab_error *err)
{
    const mlab_context *context = o->f->d->context;
    const mlab_fit_problem *problem = o->prepared->problem;
    o->train = mlab_allocate(context, problem->n, sizeof *o->train);
    o->test = mlab_allocate(context, problem->n, sizeof *o->test);
    if (!o->train || !o->test) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fold of %zu rows", problem->n);
    for (size_t i = 0; i < problem->n; i++)
        if (o->f->fold[problem->cluster ? problem->cluster[i] : i] == fold)
            o->test[o->n_test++] = (uint32_t)i;
        else
            o->train[o->n_train++] = (uint32_t)i;
    for (size_t t = 0; t < problem->n_random; t++) {
        const mlab_random_grouping *g = &problem->random[t];
        size_t m = g->memberships ? g->memberships : 1;
        o->local[t] = mlab_allocate(context, g->n_groups, sizeof **o->local);
        if (!o->local[t]) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu groups", g->n_groups);
        memset(o->local[t], 0xff, g->n_groups * sizeof **o->local);
        for (size_t k = 0; k < o->n_train * m; k++) {
            uint32_t which = g->group[o->train[k / m] * m + k % m];
            if (which != UINT32_MAX && o->local[t][which] == UINT32_MAX) o->local[t][which] = o->count[t]++;
        }
    }
    return MLAB_OK;
}

static uint32_t row_of(const mlab_fit_problem *problem, uint32_t i)
{
    return problem->rows ? problem->rows[i] : i;
}

/* Adds to eta [K] what known groups have for test row k; squares [n_random]: what is left of the squared shares for groups that are not known. */
static void add_known(const one_fold *o, size_t k, double *eta, double *squares)
{
    const mlab_fit_problem *problem = o->prepared->problem;
    size_t blocks = o->fit->n_blocks, row = o->test[k];
    for (size_t t = 0; t < problem->n_random; t++) {
        const mlab_random_grouping *g = &problem->random[t];
        const mlab_random_effects *r = &o->fit->random[t];
        size_t m = g->memberships ? g->memberships : 1, columns = r->n / blocks, present = 0;
        for (size_t j = 0; j < m; j++) present += g->group[row * m + j] != UINT32_MAX;
        squares[t] = 0;
        for (size_t j = 0; j < m; j++) {
            uint32_t which = g->group[row * m + j];
            if (which == UINT32_MAX) continue;
            double share = g->share ? g->share[row * m + j] : 1 / (double)present;
            uint32_t seen = o->local[t][which];
            if (seen == UINT32_MAX) {
                squares[t] += share * share;
                continue;
            }
            o->f->some_known = true;
            for (size_t b = 0; b < blocks; b++)
                for (size_t a = 0; a < columns; a++) eta[b] += share * o->z[t][k * columns + a] * r->mode[(seen * blocks + b) * columns + a];
        }
    }
}

static double squared_share(const mlab_random_grouping *g, size_t row)
{
    size_t m = g->memberships ? g->memberships : 1, present = 0;
    double sum = 0;
    for (size_t j = 0; j < m; j++) present += g->group[row * m + j] != UINT32_MAX;
    for (size_t j = 0; j < m; j++)
        if (g->group[row * m + j] != UINT32_MAX) sum += g->share ? g->share[row * m + j] * g->share[row * m + j] : 1 / (double)(present * present);
    return sum;
}

/* Predictions of n test rows from `at` on, with predictors eta [n * K], into the rows' places of value. */
static mlab_status respond(const one_fold *o, size_t at, size_t n, const uint32_t *rows, const double *eta, const double *squares, double *room,
                           double *value, mlab_error *err)
{
    const mlab_diagnosing *d = o->f->d;
    const mlab_fit *fit = o->fit;
    size_t blocks = fit->n_blocks, width = o->f->width;
    double *root = room, *out = root + n * blocks * blocks, *rest = out + n * width;
    bool numbers = o->prepared->model->marks & MLAB_MODEL_NUMBER, log_mean = numbers && strcmp(fit->link, "log") == 0;
    mlab_status status = mlab_effects_root(d->context, fit, o->prepared->problem->table, rows, 0, n, squares, root, err);
    if (status) return status;
    if (!numbers)
        status = mlab_respond_averaged(d->context, fit, o->prepared->problem->table, rows, 0, n, fit->estimate, eta, root, NULL, MLAB_SCALE_RESPONSE,
                                       NULL, 0, out, rest, err);
    for (size_t i = 0; i < n && numbers; i++) out[i] = eta[i] + (log_mean ? 0.5 * root[i] * root[i] : 0); /* the mean of exp(normal) */
    for (size_t i = 0; i < n && !status; i++) memcpy(value + o->test[at + i] * width, out + i * width, width * sizeof *out);
    return status;
}

static mlab_status predict(one_fold *o, mlab_error *err)
{
    const mlab_diagnosing *d = o->f->d;
    const mlab_fit_problem *problem = o->prepared->problem;
    size_t blocks = o->fit->n_blocks, width = o->f->width, terms = problem->n_random;
    size_t size = ROWS * (blocks + terms + blocks * blocks + width + blocks + width);
    double *eta = mlab_allocate(d->context, size, sizeof *eta);
    if (!eta) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the predictions of a fold");
    double *squares = eta + ROWS * blocks, *room = squares + ROWS * terms;
    mlab_status status = MLAB_OK;
    uint32_t rows[ROWS];
    for (size_t at = 0; at < o->n_test && !status; at += ROWS) {
        size_t n = o->n_test - at < ROWS ? o->n_test - at : ROWS;
        for (size_t i = 0; i < n; i++) rows[i] = row_of(problem, o->test[at + i]);
        status = mlab_predict(d->context, o->fit, problem->table, rows, 0, n, o->fit->estimate, NULL, MLAB_SCALE_LINK, eta, err);
        for (size_t i = 0; i < n * blocks && problem->offset; i++) eta[i] += problem->offset[o->test[at + i / blocks]];
        for (size_t i = 0; i < n; i++)
            for (size_t t = 0; t < terms; t++) squares[i * terms + t] = squared_share(&problem->random[t], o->test[at + i]);
        if (!status) status = respond(o, at, n, rows, eta, squares, room, o->f->value, err);
        for (size_t i = 0; i < n; i++) add_known(o, at + i, eta + i * blocks, squares + i * terms);
        if (!status) status = respond(o, at, n, rows, eta, squares, room, o->f->known, err);
    }
    mlab_release(d->context, eta);
    return status;
}

/* The columns that the effects of the test rows are multiplied by. */
static mlab_status fill_columns(one_fold *o, mlab_error *err)
{
    const mlab_context *context = o->f->d->context;
    const mlab_fit_problem *problem = o->prepared->problem;
    uint32_t *rows = mlab_allocate(context, o->n_test, sizeof *rows);
    double *offset = mlab_allocate(context, o->n_test, sizeof *offset);
    mlab_status status = rows && offset ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fold of %zu rows", o->n_test);
    for (size_t i = 0; i < o->n_test && !status; i++) rows[i] = row_of(problem, o->test[i]);
    for (size_t t = 0; t < problem->n_random && !status; t++) {
        const mlab_design *design = problem->random[t].design;
        o->z[t] = mlab_allocate(context, o->n_test, mlab_design_columns(design) * sizeof **o->z);
        status = o->z[t] ? mlab_design_fill(design, problem->table, rows, 0, o->n_test, o->z[t], offset, err)
                         : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fold of %zu rows", o->n_test);
    }
    mlab_release(context, rows);
    mlab_release(context, offset);
    return status;
}

mlab_status mlab_folds_mixed(mlab_folds *f, uint8_t fold, mlab_error *err)
{
    const mlab_context *context = f->d->context;
    one_fold o = {.f = f, .prepared = f->d->prepared};
    mlab_fit *fit = NULL;
    mlab_mixed_part *part = mlab_allocate(context, 1, sizeof *part);
    mlab_status status = part ? split(&o, fold, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fold");
    bool enough = !status && o.n_test > 0 && o.n_train > 0;
    for (size_t t = 0; t < o.prepared->problem->n_random && enough; t++) enough = o.count[t] > 1;
    if (!enough) goto out;
    if ((status = mlab_mixed_part_make(context, o.prepared, o.train, o.n_train, o.local, o.count, part, err))) goto out;
    part->problem.warm_mixed = f->d->fit;
    mlab_error failed = {0};
    status = mlab_fit_problem_fit(context, o.prepared->model, &part->problem, &o.prepared->options, &fit, &failed);
    if (status == MLAB_ERR_MEMORY || status == MLAB_ERR_CANCELLED) status = mlab_raise(err, status, "%s", failed.sentence);
    enough = !status && fit->trust != MLAB_NOT_CONVERGED && fit->trust != MLAB_SEPARATED && fit->n_parameters == f->d->fit->n_parameters;
    if (!enough) {
        status = status == MLAB_ERR_MEMORY || status == MLAB_ERR_CANCELLED ? status : MLAB_OK; /* a tenth less, and it cannot be fitted */
        goto out;
    }
    o.fit = fit;
    if (!(status = fill_columns(&o, err))) status = predict(&o, err);
out:
    f->usable = f->usable && enough;
    mlab_fit_free(fit);
    if (part) mlab_mixed_part_free(part);
    mlab_release(context, part);
    for (size_t t = 0; t < MLAB_MOST_TERMS; t++) {
        mlab_release(context, o.local[t]);
        mlab_release(context, o.z[t]);
    }
    mlab_release(context, o.train);
    mlab_release(context, o.test);
    return status;
}
