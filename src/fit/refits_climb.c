/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A batch of refits from the root of the series of each, its steps on the rows of the sample.
 *
 * Steps are from the score on the rows of the sample and the information that the series tells. Where these do not shrink to less than a third,
 * Newton steps follow, with the information of the rows. A refit ends when the next step would be at most 1e-9 standard errors: next =
 * 3 last^2 / before of the first step, which errs as the series does, last^2 / before of those after it, and last^3 / before^2 of Newton steps. The
 * last step is taken. Weakness: a refit that does not shrink in a few rounds is given up, and done in full by the caller. */
#include "fit/refits_climb.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 1e-5 /* of a step, in standard errors, that need not be shorter than the one before: that of mlab_engine_refit */
#define LEFT 1e-9      /* what the next step would be */
#define ROUNDS 6
#define OF_FLOATS 0x1p-20 /* relative error of an information summed as floats, where columns are apart: 8 times what it can be */
#define MOST_INFLATION 1e3
static const double SHRINKS = 1.0 / 3;

typedef enum stage { LOOKING, NEWTON, DONE, GIVEN_UP } stage;

/* One refit of a batch. */
typedef struct one {
    stage stage;
    int rounds;
    double before;               /* the last step, in standard errors */
    const uint16_t *count;       /* [n_units] */
    double *sums, *lanes;        /* [n_sums], [n_sums * MLAB_LANES] */
    double *change, *at, *score; /* [p] from the start; parameters; score on the rows */
} one;

/* Memory of one batch. */
typedef struct batch {
    const mlab_context *context;
    const mlab_refits *refits;
    const mlab_kernels *kernels;
    mlab_family_tile tile;
    size_t n;
    one one[MLAB_REFITS_BATCH];
    double *memory, *tiles, *eta, *wx, *weight; /* weight [MLAB_TILE] of the rows of a tile */
    double *information, *inverse, *work, *step, *third;
    double inflation; /* the largest of the last step's variances over that of its column alone */
    float *parts;     /* [n * MLAB_SERIES_BLOCK] */
    uint8_t *out;
} batch;

static double *take(double **from, size_t n)
{
    double *taken = *from;
    *from += n;
    return taken;
}

static mlab_status batch_start(const mlab_context *context, const mlab_refits *refits, size_t n, const uint16_t *const *count, batch *b,
                               mlab_error *err)
{
    const mlab_engine *engine = refits->engine;
    const mlab_series *series = &refits->series;
    size_t p = refits->p, scratch = mlab_tiles_scratch(engine->tiles), third = mlab_series_room(series);
    *b = (batch){.context = context, .refits = refits, .kernels = mlab_kernels_of(context), .n = n};
    size_t size = scratch + 9 * MLAB_TILE + n * ((1 + MLAB_LANES) * series->n_sums + 3 * p) + 3 * p * p + p + third;
    double *at = b->memory = mlab_allocate(context, size, sizeof *b->memory);
    b->out = mlab_allocate(context, p, 1);
    b->parts = mlab_allocate(context, n * MLAB_SERIES_BLOCK, sizeof *b->parts);
    if (!b->memory || !b->out || !b->parts) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for refits of %zu parameters", p);
    b->tiles = take(&at, scratch);
    b->eta = take(&at, MLAB_TILE);
    b->wx = take(&at, MLAB_TILE);
    b->weight = take(&at, MLAB_TILE);
    b->tile =
        (mlab_family_tile){.context = context, .n_eta = 1, .eta = b->eta, .derivatives = true, .expected = engine->expected, .shape = engine->shape};
    b->tile.without_likelihood = true;
    b->tile.log_likelihood = take(&at, MLAB_TILE);
    b->tile.score = take(&at, MLAB_TILE);
    b->tile.curvature = take(&at, MLAB_TILE);
    b->tile.scratch = take(&at, 3 * MLAB_TILE);
    for (size_t k = 0; k < n; k++) {
        b->one[k] = (one){.count = count[k], .sums = take(&at, series->n_sums)};
        b->one[k].lanes = take(&at, MLAB_LANES * series->n_sums);
        b->one[k].change = take(&at, p);
        b->one[k].at = take(&at, p);
        b->one[k].score = take(&at, p);
    }
    b->information = take(&at, p * p);
    b->inverse = take(&at, p * p);
    b->work = take(&at, p * p);
    b->step = take(&at, p);
    b->third = take(&at, third);
    return MLAB_OK;
}

static void batch_end(batch *b)
{
    mlab_release(b->context, b->memory);
    mlab_release(b->context, b->parts);
    mlab_release(b->context, b->out);
}

/* The sums of the samples at the start, all of them block by block. */
static void add_first(batch *b)
{
    const mlab_refits *refits = b->refits;
    size_t n_sums = refits->series.n_sums;
    const float *own[MLAB_REFITS_BATCH];
    double *into[MLAB_REFITS_BATCH];
    for (size_t k = 0; k < b->n; k++) {
        own[k] = b->parts + k * MLAB_SERIES_BLOCK;
        into[k] = b->one[k].lanes;
    }
    for (size_t block = 0; block < refits->n_blocks; block++) {
        size_t left = refits->n_units - block * MLAB_SERIES_BLOCK, units = left < MLAB_SERIES_BLOCK ? left : MLAB_SERIES_BLOCK;
        size_t whole = (units + MLAB_SINGLES - 1) / MLAB_SINGLES * MLAB_SINGLES;
        for (size_t k = 0; k < b->n; k++) {
            float *part = b->parts + k * MLAB_SERIES_BLOCK;
            b->kernels->widen_single(b->one[k].count + block * MLAB_SERIES_BLOCK, units, part);
            for (size_t i = units; i < whole; i++) part[i] = 0;
        }
        b->kernels->project_each(refits->sums + block * n_sums * MLAB_SERIES_BLOCK, MLAB_SERIES_BLOCK, n_sums, own, b->n, whole, into);
    }
    for (size_t k = 0; k < b->n; k++)
        for (size_t j = 0; j < n_sums; j++) b->one[k].sums[j] = refits->unit * b->kernels->sum(b->one[k].lanes + j * MLAB_LANES, MLAB_LANES);
}

/* The step of a score and the information, their inflation, and the size of the step in standard errors; HUGE_VAL where a column has lost its
 * information. */
static double find_step(batch *b, const double *score)
{
    size_t p = b->refits->p, fixed = 0;
    const uint8_t *aliased = b->refits->engine->aliased;
    double size = 0;
    b->inflation = 1;
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < i; j++) b->information[i * p + j] = b->information[j * p + i];
    for (size_t j = 0; j < p; j++) fixed += aliased[j];
    memcpy(b->inverse, b->information, p * p * sizeof *b->inverse);
    (void)mlab_symmetric_invert(b->inverse, p, aliased, b->out, b->work);
    for (size_t j = 0; j < p; j++) {
        fixed -= b->out[j];
        double sum = 0;
        for (size_t k = 0; k < p; k++) sum += b->inverse[j * p + k] * score[k];
        b->step[j] = sum;
        if (b->out[j]) continue;
        size = fmax(size, fabs(sum) / sqrt(b->inverse[j * p + j]));
        b->inflation = fmax(b->inflation, b->inverse[j * p + j] * b->information[j * p + j]);
    }
    return fixed == 0 && isfinite(size) ? size : HUGE_VAL;
}

/* The root of the series; where it is not found, the first Newton step; where the sums cannot tell one, the start. `before`: its distance from the
 * start, HUGE_VAL of the start itself. */
static void begin(batch *b, one *o)
{
    enum { MOST = 8 };
    const mlab_refits *refits = b->refits;
    size_t p = refits->p;
    double size = HUGE_VAL, last = HUGE_VAL;
    memset(o->change, 0, p * sizeof *o->change);
    o->stage = refits->series.order > 1 ? LOOKING : NEWTON;
    for (int k = 0; k < (o->stage == LOOKING ? MOST : 1); k++) {
        mlab_series_at(&refits->series, o->sums, o->change, o->score, b->information, b->third);
        size = find_step(b, o->score);
        if ((k == 0 && size == HUGE_VAL) || b->inflation > MOST_INFLATION) { /* floats cannot tell the columns apart */
            o->stage = NEWTON;
            o->before = HUGE_VAL;
            memcpy(o->at, refits->inward, p * sizeof *o->at);
            return;
        }
        if (k == 0) o->before = size;
        if (k > 0 && !(size < last)) { /* too far for a series */
            o->stage = NEWTON;
            break;
        }
        for (size_t j = 0; j < p; j++) o->change[j] += b->step[j];
        last = size;
        if (size < LEFT) break;
    }
    if (o->stage == NEWTON) {
        memset(o->change, 0, p * sizeof *o->change);
        mlab_series_at(&refits->series, o->sums, o->change, o->score, b->information, b->third);
        (void)find_step(b, o->score);
        memcpy(o->change, b->step, p * sizeof *o->change);
    }
    for (size_t j = 0; j < p; j++) o->at[j] = refits->inward[j] + o->change[j];
}

/* What the rows of a tile count in a sample. */
static const double *weights_of(batch *b, const one *o, size_t first, size_t rows)
{
    const mlab_fit_problem *problem = b->refits->prepared->problem;
    if (problem->cluster)
        for (size_t i = 0; i < rows; i++) b->weight[i] = o->count[problem->cluster[first + i]];
    else
        b->kernels->widen(o->count + first, rows, b->weight);
    for (size_t i = 0; i < rows && problem->weight; i++) b->weight[i] *= problem->weight[first + i];
    return b->weight;
}

/* Adds a tile to the score of a sample, and to b->information unless it is looked for by the score alone. */
static void add_tile(batch *b, one *o, const double *x, const double *offset, size_t first, size_t rows)
{
    const mlab_engine *engine = b->refits->engine;
    size_t p = b->refits->p, n = mlab_whole_lanes(rows);
    const double *weight = weights_of(b, o, first, rows);
    memcpy(b->eta, offset, n * sizeof *b->eta);
    b->kernels->predict(x, p, o->at, n, b->eta);
    if (o->stage == LOOKING && engine->family == &mlab_family_logit) {
        b->kernels->logit_score(b->eta, engine->problem->category + first, weight, rows, b->tile.score);
    } else {
        b->tile.rows = rows;
        b->tile.category = engine->problem->category ? engine->problem->category + first : NULL;
        b->tile.number = engine->number ? engine->number + first : NULL;
        if (!engine->family->tile(&b->tile)) {
            o->stage = GIVEN_UP;
            return;
        }
        b->kernels->weigh(b->tile.score, weight, rows);
    }
    for (size_t i = rows; i < n; i++) b->tile.score[i] = 0;
    b->kernels->project(x, p, b->tile.score, n, o->score);
    if (o->stage == LOOKING) return;
    b->kernels->weigh(b->tile.curvature, weight, rows);
    for (size_t i = rows; i < n; i++) b->tile.curvature[i] = 0;
    b->kernels->cross(x, p, b->tile.curvature, n, b->information, p, b->wx);
}

/* Scores of the refits `from` to `to` that stand at a stage. */
static mlab_status evaluate(batch *b, size_t from, size_t to, stage at, mlab_error *err)
{
    const mlab_tiles *tiles = b->refits->engine->tiles;
    for (size_t k = from; k < to; k++)
        if (b->one[k].stage == at) memset(b->one[k].score, 0, b->refits->p * sizeof(double));
    for (size_t t = 0; t < tiles->n_tiles; t++) {
        const double *x, *offset;
        mlab_status status = mlab_tiles_get(tiles, t, b->tiles, &x, &offset, err);
        if (status) return status;
        for (size_t k = from; k < to; k++)
            if (b->one[k].stage == at) add_tile(b, &b->one[k], x, offset, t * MLAB_TILE, mlab_tiles_rows(tiles, t));
    }
    return MLAB_OK;
}

/* The step of a refit whose score is known; b->information too in NEWTON. first: none before it rests on rows. */
static void move(batch *b, one *o, bool first)
{
    size_t p = b->refits->p;
    if (o->stage == LOOKING) mlab_series_at(&b->refits->series, o->sums, o->change, NULL, b->information, b->third);
    double size = find_step(b, o->score);
    o->rounds++;
    if (size > TOLERANCE && !(size < SHRINKS * o->before)) {
        o->stage = o->stage == LOOKING ? NEWTON : GIVEN_UP; /* from the same place, with its own information */
        if (o->stage == NEWTON) o->before = 2 * size / SHRINKS;
        return;
    }
    double next = size * size / o->before * (first ? 3 : 1);
    if (o->before == HUGE_VAL)
        next = size;
    else if (o->stage == NEWTON && !b->refits->engine->expected)
        next = size * size * size / (o->before * o->before);
    for (size_t j = 0; j < p; j++) {
        o->change[j] += b->step[j];
        o->at[j] += b->step[j];
    }
    o->before = size;
    if (o->stage == LOOKING) next = fmax(next, size * OF_FLOATS * b->inflation);
    if (next <= LEFT) o->stage = DONE;
}

/* Steps of all that look by the score alone, side by side, then of the others one by one. */
static mlab_status climb(batch *b, mlab_error *err)
{
    size_t p = b->refits->p;
    mlab_status status = MLAB_OK;
    for (int round = 0; round < ROUNDS && !status; round++) {
        status = evaluate(b, 0, b->n, LOOKING, err);
        for (size_t k = 0; k < b->n && !status; k++)
            if (b->one[k].stage == LOOKING) move(b, &b->one[k], round == 0);
    }
    for (size_t k = 0; k < b->n && !status; k++)
        for (int round = 0; round < ROUNDS && b->one[k].stage == NEWTON && !status; round++) {
            memset(b->information, 0, p * p * sizeof *b->information);
            status = evaluate(b, k, k + 1, NEWTON, err);
            if (!status && b->one[k].stage == NEWTON) move(b, &b->one[k], false);
        }
    return status;
}

mlab_status mlab_refits_climb(const mlab_context *context, const mlab_refits *refits, size_t n, const uint16_t *const *count, double *estimates,
                              mlab_refits_end *ends, mlab_error *err)
{
    size_t n_parameters = mlab_prepared_parameters(refits->prepared);
    batch b;
    mlab_status status = batch_start(context, refits, n, count, &b, err);
    if (status) goto out;
    add_first(&b);
    for (size_t k = 0; k < n; k++) begin(&b, &b.one[k]);
    if ((status = climb(&b, err))) goto out;
    for (size_t k = 0; k < n; k++) {
        double *estimate = estimates + k * n_parameters;
        ends[k] = (mlab_refits_end){b.one[k].stage == DONE, b.one[k].rounds};
        if (!ends[k].there) continue;
        memcpy(estimate, b.one[k].at, refits->p * sizeof *estimate);
        mlab_engine_outward(refits->engine, estimate);
    }
out:
    batch_end(&b);
    return status;
}
