/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refits of a bootstrap, each to its own maximum, whose first Newton step is taken together.
 *
 * At the common start the score and information of every row are the same in all samples: they are summed by cluster once, and the first step
 * of sample k is a product of its counts with those sums, a matrix product over the samples of a batch. Newton steps on the rows of each sample
 * follow until the last step is at most 1e-5 standard errors, or the two last ones say that the next would be below 1e-10 (Newton's
 * method is quadratic: next = last^3 / before^2); the last step is taken. Where steps do not shrink to less than a third, or information
 * is lost, the sample is refitted in full, with every check. For models of one predictor without thresholds or penalties; others are refitted in
 * full.
 */
#include "fit/refits.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/engine.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 1e-5 /* of the last step, in standard errors: that of mlab_engine_refit */
#define NEXT 1e-10     /* what the next step would be */
#define STEPS 6
#define MOST_COLUMNS ((size_t)32)
#define MOST_BYTES ((size_t)1 << 29)
static const double SHRINKS = 1.0 / 3;

struct mlab_refits {
    const mlab_context *context;
    const mlab_prepared *prepared;
    const mlab_engine *engine; /* NULL = every refit is done in full */
    double *start, *inward;    /* [n_parameters] as given; of the engine's columns */
    size_t n_units, n_blocks, p, n_sums;
    double *sums; /* [n_blocks * n_sums * MLAB_TILE] score [p] and the upper half of the information of each cluster */
};

/* Memory of one batch. */
typedef struct batch {
    const mlab_context *context;
    const mlab_refits *refits;
    const mlab_kernels *kernels;
    mlab_family_tile tile;
    double *memory, *tiles, *eta, *wx, *row; /* row [n_tiles * MLAB_TILE]: the weights of the rows; NULL = the counts themselves */
    double *first, *score, *information, *inverse, *work, *step;
    uint8_t *out;
} batch;

void mlab_refits_free(mlab_refits *refits)
{
    if (!refits) return;
    const mlab_context *context = refits->context;
    mlab_release(context, refits->start);
    mlab_release(context, refits->inward);
    mlab_release(context, refits->sums);
    mlab_release(context, refits);
}

static bool is_shared(const mlab_prepared *prepared, const mlab_engine *engine)
{
    return engine && engine->n_eta == 1 && engine->n_thresholds == 0 && engine->p <= MOST_COLUMNS && prepared->model->refit == mlab_engine_refit &&
           prepared->problem->n_priors == 0 && prepared->options.penalty == 0;
}

/* Rows of the problem one after the other, what they give at the start added to their clusters. */
static mlab_status add_rows(const mlab_context *context, mlab_refits *refits, const double *parts, mlab_error *err)
{
    const mlab_tiles *tiles = refits->engine->tiles;
    const uint32_t *cluster = refits->prepared->problem->cluster;
    size_t p = refits->p;
    double *scratch = mlab_allocate(context, mlab_tiles_scratch(tiles), sizeof *scratch);
    if (!scratch) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for refits");
    mlab_status status = MLAB_OK;
    for (size_t t = 0; t < tiles->n_tiles && !status; t++) {
        const double *x, *offset;
        if ((status = mlab_tiles_get(tiles, t, scratch, &x, &offset, err))) break;
        for (size_t i = 0; i < mlab_tiles_rows(tiles, t); i++) {
            size_t row = t * MLAB_TILE + i, g = cluster ? cluster[row] : row;
            double *into = refits->sums + g / MLAB_TILE * refits->n_sums * MLAB_TILE + g % MLAB_TILE;
            for (size_t j = 0; j < p; j++, into += MLAB_TILE) *into += parts[2 * row] * x[j * MLAB_TILE + i];
            for (size_t j = 0; j < p; j++)
                for (size_t k = j; k < p; k++, into += MLAB_TILE) *into += parts[2 * row + 1] * x[j * MLAB_TILE + i] * x[k * MLAB_TILE + i];
        }
    }
    mlab_release(context, scratch);
    return status;
}

static mlab_status share(const mlab_context *context, mlab_refits *refits, mlab_error *err)
{
    const mlab_fit_problem *problem = refits->prepared->problem;
    const mlab_engine *engine = refits->engine;
    refits->p = engine->p;
    refits->n_sums = engine->p + engine->p * (engine->p + 1) / 2;
    refits->n_units = problem->cluster ? problem->n_clusters : problem->n;
    refits->n_blocks = (refits->n_units + MLAB_TILE - 1) / MLAB_TILE;
    if (refits->n_blocks > MOST_BYTES / sizeof(double) / MLAB_TILE / refits->n_sums) {
        refits->engine = NULL;
        return MLAB_OK;
    }
    mlab_pass pass = {context, engine, problem->weight, 1, false};
    double *parts = mlab_allocate(context, problem->n, 2 * sizeof *parts);
    refits->sums = mlab_allocate(context, refits->n_blocks * MLAB_TILE, refits->n_sums * sizeof *refits->sums);
    mlab_status status = MLAB_OK;
    if (!parts || !refits->sums)
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for refits of %zu rows", problem->n);
    else if (!(status = mlab_pass_rows(&pass, refits->inward, parts, err)))
        status = add_rows(context, refits, parts, err);
    mlab_release(context, parts);
    return status;
}

mlab_status mlab_refits_make(const mlab_context *context, const mlab_prepared *prepared, const double *start, mlab_refits **out, mlab_error *err)
{
    *out = NULL;
    mlab_refits *refits = mlab_allocate(context, 1, sizeof *refits);
    if (!refits) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for refits");
    *refits = (mlab_refits){.context = context, .prepared = prepared, .engine = mlab_engine_of(prepared)};
    size_t n = mlab_prepared_parameters(prepared);
    mlab_status status = MLAB_OK;
    refits->start = mlab_allocate(context, n, sizeof *refits->start);
    refits->inward = mlab_allocate(context, n, sizeof *refits->inward);
    if (!refits->start || !refits->inward) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for refits of %zu parameters", n);
    } else {
        memcpy(refits->start, start, n * sizeof *start);
        if (!is_shared(prepared, refits->engine)) refits->engine = NULL;
        if (refits->engine) {
            memcpy(refits->inward, start, n * sizeof *start);
            mlab_engine_inward(refits->engine, refits->inward);
            status = share(context, refits, err);
        }
    }
    if (status) {
        mlab_refits_free(refits);
        refits = NULL;
    }
    *out = refits;
    return status;
}

/* --- one batch ------------------------------------------------------------------------------------------------ */

static double *take(double **from, size_t n)
{
    double *taken = *from;
    *from += n;
    return taken;
}

static mlab_status batch_start(const mlab_context *context, const mlab_refits *refits, batch *b, mlab_error *err)
{
    const mlab_engine *engine = refits->engine;
    const mlab_fit_problem *problem = refits->prepared->problem;
    size_t p = refits->p, scratch = mlab_tiles_scratch(engine->tiles), rows = engine->tiles->n_tiles * MLAB_TILE;
    bool own_rows = problem->cluster || problem->weight || problem->n % MLAB_TILE; /* counts go to rows, whole tiles of them */
    *b = (batch){.context = context, .refits = refits, .kernels = mlab_kernels_of(context)};
    size_t size = scratch + 12 * MLAB_TILE + MLAB_REFITS_BATCH * refits->n_sums + p + 3 * p * p + p + (own_rows ? rows : 0);
    double *at = b->memory = mlab_allocate(context, size, sizeof *b->memory);
    b->out = mlab_allocate(context, p, 1);
    if (!b->memory || !b->out) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for refits of %zu rows", problem->n);
    b->tiles = take(&at, scratch);
    b->eta = take(&at, MLAB_TILE);
    b->wx = take(&at, MLAB_TILE);
    b->tile =
        (mlab_family_tile){.context = context, .n_eta = 1, .eta = b->eta, .derivatives = true, .expected = engine->expected, .shape = engine->shape};
    b->tile.without_likelihood = true;
    b->tile.log_likelihood = take(&at, MLAB_TILE);
    b->tile.score = take(&at, MLAB_TILE);
    b->tile.curvature = take(&at, MLAB_TILE);
    b->tile.scratch = take(&at, 3 * MLAB_TILE);
    take(&at, 4 * MLAB_TILE);
    b->first = take(&at, MLAB_REFITS_BATCH * refits->n_sums);
    b->score = take(&at, p);
    b->information = take(&at, p * p);
    b->inverse = take(&at, p * p);
    b->work = take(&at, p * p);
    b->step = take(&at, p);
    b->row = own_rows ? take(&at, rows) : NULL;
    return MLAB_OK;
}

static void batch_end(batch *b)
{
    mlab_release(b->context, b->memory);
    mlab_release(b->context, b->out);
}

/* Score and information of the samples at the start, all of them block by block. */
static void add_first(batch *b, size_t n, const double *const *count)
{
    const mlab_refits *refits = b->refits;
    double part[MLAB_TILE];
    for (size_t block = 0; block < refits->n_blocks; block++) {
        const double *sums = refits->sums + block * refits->n_sums * MLAB_TILE;
        size_t left = refits->n_units - block * MLAB_TILE, units = left < MLAB_TILE ? left : MLAB_TILE;
        for (size_t k = 0; k < n; k++) {
            const double *own = count[k] + block * MLAB_TILE;
            if (units % MLAB_LANES) {
                memset(part, 0, sizeof part);
                memcpy(part, own, units * sizeof *part);
                own = part;
            }
            b->kernels->project(sums, refits->n_sums, own, mlab_whole_lanes(units), b->first + k * refits->n_sums);
        }
    }
}

/* The step of the present score and information, and its size in standard errors; HUGE_VAL where a column has lost its information. */
static double find_step(batch *b)
{
    size_t p = b->refits->p, fixed = 0;
    const uint8_t *aliased = b->refits->engine->aliased;
    double size = 0;
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < i; j++) b->information[i * p + j] = b->information[j * p + i];
    for (size_t j = 0; j < p; j++) fixed += aliased[j];
    memcpy(b->inverse, b->information, p * p * sizeof *b->inverse);
    (void)mlab_symmetric_invert(b->inverse, p, aliased, b->out, b->work);
    for (size_t j = 0; j < p; j++) {
        fixed -= b->out[j];
        double sum = 0;
        for (size_t k = 0; k < p; k++) sum += b->inverse[j * p + k] * b->score[k];
        b->step[j] = sum;
        if (!b->out[j]) size = fmax(size, fabs(sum) / sqrt(b->inverse[j * p + j]));
    }
    return fixed == 0 && isfinite(size) ? size : HUGE_VAL;
}

static mlab_status evaluate(batch *b, const double *weight, const double *parameters, bool *allowed, mlab_error *err)
{
    const mlab_engine *engine = b->refits->engine;
    const mlab_fit_problem *problem = engine->problem;
    size_t p = b->refits->p;
    memset(b->score, 0, p * sizeof *b->score);
    memset(b->information, 0, p * p * sizeof *b->information);
    *allowed = true;
    for (size_t t = 0; t < engine->tiles->n_tiles && *allowed; t++) {
        const double *x, *offset;
        size_t rows = mlab_tiles_rows(engine->tiles, t), n = mlab_whole_lanes(rows), first = t * MLAB_TILE;
        mlab_status status = mlab_tiles_get(engine->tiles, t, b->tiles, &x, &offset, err);
        if (status) return status;
        memcpy(b->eta, offset, n * sizeof *b->eta);
        b->kernels->predict(x, p, parameters, n, b->eta);
        b->tile.rows = rows;
        b->tile.category = problem->category ? problem->category + first : NULL;
        b->tile.number = engine->number ? engine->number + first : NULL;
        *allowed = engine->family->tile(&b->tile);
        if (!*allowed) break;
        for (size_t i = rows; i < n; i++) b->tile.score[i] = b->tile.curvature[i] = 0;
        b->kernels->weigh(b->tile.score, weight + first, n);
        b->kernels->weigh(b->tile.curvature, weight + first, n);
        b->kernels->project(x, p, b->tile.score, n, b->score);
        b->kernels->cross(x, p, b->tile.curvature, n, b->information, p, b->wx);
    }
    return MLAB_OK;
}

static const double *weights_of(const batch *b, const double *count)
{
    const mlab_fit_problem *problem = b->refits->prepared->problem;
    if (!b->row) return count;
    for (size_t i = 0; i < problem->n; i++) {
        double times = count[problem->cluster ? problem->cluster[i] : i];
        b->row[i] = problem->weight ? problem->weight[i] * times : times;
    }
    return b->row;
}

/* Newton from the first step on; *done stays false where the steps do not shrink as they should. */
static mlab_status climb(batch *b, const double *first, const double *count, double *estimate, mlab_refit_info *info, bool *done, mlab_error *err)
{
    const mlab_refits *refits = b->refits;
    size_t p = refits->p;
    memcpy(b->score, first, p * sizeof *first);
    for (size_t j = 0; j < p; j++)
        for (size_t k = j; k < p; k++) b->information[j * p + k] = first[p + j * p - j * (j + 1) / 2 + k];
    double before = find_step(b);
    if (before == HUGE_VAL) return MLAB_OK;
    for (size_t j = 0; j < p; j++) estimate[j] = refits->inward[j] + b->step[j];
    const double *weight = weights_of(b, count);
    for (info->iterations = 1; info->iterations < STEPS && !*done; info->iterations++) {
        bool allowed;
        mlab_status status = evaluate(b, weight, estimate, &allowed, err);
        if (status) return status;
        double size = allowed ? find_step(b) : HUGE_VAL;
        if (size > TOLERANCE && !(size < SHRINKS * before)) return MLAB_OK;
        for (size_t j = 0; j < p; j++) estimate[j] += b->step[j];
        *done = size <= TOLERANCE || size * size * size / (before * before) <= NEXT;
        before = size;
    }
    return MLAB_OK;
}

static mlab_status in_full(const mlab_context *context, const mlab_refits *refits, const double *count, double *estimate, mlab_refit_info *info,
                           mlab_error *err)
{
    mlab_refit_weights weights = {.cluster = count};
    return mlab_prepared_refit(context, refits->prepared, &weights, refits->start, estimate, info, err);
}

mlab_status mlab_refits_run(const mlab_context *context, const mlab_refits *refits, size_t n, const double *const *count, double *estimates,
                            mlab_refit_info *info, mlab_error *err)
{
    size_t n_parameters = mlab_prepared_parameters(refits->prepared);
    mlab_status status = MLAB_OK;
    batch b = {0};
    if (refits->engine) {
        if ((status = batch_start(context, refits, &b, err))) goto out;
        add_first(&b, n, count);
    }
    for (size_t k = 0; k < n && !status; k++) {
        double *estimate = estimates + k * n_parameters;
        bool done = false;
        info[k] = (mlab_refit_info){.trust = MLAB_TRUSTED, .log_likelihood = NAN};
        if (refits->engine) status = climb(&b, b.first + k * refits->n_sums, count[k], estimate, &info[k], &done, err);
        if (status) break;
        if (done)
            mlab_engine_outward(refits->engine, estimate);
        else
            status = in_full(context, refits, count[k], estimate, &info[k], err);
    }
out:
    batch_end(&b);
    return status;
}
