/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stabilised weights of starting an arm: product over time of P(what was done | time) / P(what was done | time, covariates).
 *
 * Robins, Hernan & Brumback 2000 (doi:10.1097/00001648-200009000-00011); the numerator is the share of each time, the denominator a
 * pooled multinomial logit with a spline of time. After the start the factor is 1. Weights are cut at a quantile on both sides
 * (Cole & Hernan 2008, doi:10.1093/aje/kwn164). Weakness: covariates are those of time zero, and going from one arm to another later
 * is not modelled. */
#include "compare/weights.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include "compare/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BLOCKS = 7 };

/* The times at which people start: time 0 is at stake only when somebody starts there, and nothing after the last start. */
typedef struct stake {
    bool from_zero;
    int32_t last;
} stake;

static stake find_stake(const mlab_cohort *cohort)
{
    stake found = {false, -1};
    for (size_t g = 0; g < cohort->n_people; g++) {
        size_t r = cohort->first[g], end = cohort->first[g + 1];
        while (r < end && cohort->arm[r] == cohort->reference) r++;
        if (r == end) continue;
        if (cohort->time[r] > found.last) found.last = cohort->time[r];
        found.from_zero = found.from_zero || cohort->time[r] == 0;
    }
    return found;
}

/* Rows in which a person may start: up to the first row outside the reference arm. */
static size_t at_stake(const mlab_cohort *cohort, size_t g, const stake *when, size_t *from)
{
    size_t r = cohort->first[g], end = cohort->first[g + 1];
    *from = r + (!when->from_zero && cohort->time[r] == 0);
    while (r < end && cohort->arm[r] == cohort->reference && cohort->time[r] <= when->last) r++;
    return r < end && cohort->time[r] <= when->last ? r + 1 : r;
}

static void walk(mlab_weights *weights, const stake *when, double *starts_at, size_t *n_rows, bool fill)
{
    const mlab_cohort *cohort = weights->cohort;
    size_t n = 0, from;
    for (size_t g = 0; g < cohort->n_people; g++) {
        size_t end = at_stake(cohort, g, when, &from);
        for (size_t r = from; r < end; r++, n++) {
            int32_t arm = cohort->arm[r];
            if (fill) {
                weights->starts.rows[n] = (mlab_row){(uint32_t)cohort->time[r], arm == cohort->reference ? 0 : weights->block_of[arm] + 1, 1};
            } else if (arm != cohort->reference) {
                starts_at[cohort->time[r]]++;
                weights->started[arm]++;
            }
        }
        if (fill) weights->starts.first_row[g + 1] = n;
    }
    *n_rows = n;
}

/* A spline of time, and time 0 on its own when people start both there and later. */
static mlab_status make_basis(const mlab_context *context, mlab_weights *weights, const double *starts_at, bool from_zero, int64_t df,
                              size_t *n_basis, mlab_error *err)
{
    size_t times = weights->cohort->n_times, inner;
    uint64_t all = 0;
    double *spline;
    for (size_t t = 0; t < times; t++) all += (uint64_t)starts_at[t];
    bool own_zero = from_zero && (double)all > starts_at[0];
    if ((double)all <= starts_at[0]) df = 0;
    mlab_basis_request wanted = {.n_arms = 1, .n_times = times, .df = df, .events_at = starts_at, .events_of = &all, .people_of = &all};
    mlab_status status = mlab_basis_make(context, &wanted, &spline, &inner, err);
    if (status) return status;
    *n_basis = inner + own_zero;
    weights->basis = mlab_allocate(context, times, *n_basis * sizeof *spline);
    if (!weights->basis) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the model of starting");
    for (size_t t = 0; !status && t < times; t++) memcpy(weights->basis + t * *n_basis, spline + t * inner, inner * sizeof *spline);
    if (!status && own_zero) weights->basis[inner] = 1;
    mlab_release(context, spline);
    return status;
}

static mlab_status make_rows(const mlab_context *context, mlab_weights *weights, const mlab_compare_options *options, mlab_error *err)
{
    const mlab_cohort *cohort = weights->cohort;
    stake when = find_stake(cohort);
    size_t n_rows, n_basis = 0, blocks = 0;
    double *starts_at = mlab_allocate(context, cohort->n_times, sizeof *starts_at);
    if (!starts_at) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the model of starting");
    walk(weights, &when, starts_at, &n_rows, false);
    mlab_status status = make_basis(context, weights, starts_at, when.from_zero, options->time_df, &n_basis, err);
    mlab_release(context, starts_at);
    if (status) return status;
    for (size_t a = 0; a < cohort->n_arms; a++) weights->block_of[a] = weights->started[a] ? (int32_t)blocks++ : -1;
    if (blocks > MOST_BLOCKS) return mlab_raise(err, MLAB_ERR_COMPARE_ARM, "%zu arms are started, allowed at most %d", blocks, MOST_BLOCKS);
    weights->starts.first_row = mlab_allocate(context, cohort->n_people + 1, sizeof *weights->starts.first_row);
    weights->starts.rows = mlab_allocate(context, n_rows, sizeof *weights->starts.rows);
    if (!weights->starts.first_row || !weights->starts.rows)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the %zu rows of the model of starting", n_rows);
    walk(weights, &when, NULL, &n_rows, true);
    weights->starts.is = (mlab_separable){.n_people = cohort->n_people,
                                          .n_arms = 1,
                                          .n_times = cohort->n_times,
                                          .n_basis = n_basis,
                                          .n_z = cohort->n_z,
                                          .n_blocks = blocks,
                                          .basis = weights->basis,
                                          .z = cohort->z};
    weights->n_parameters = blocks * (n_basis + cohort->n_z);
    return MLAB_OK;
}

size_t mlab_weights_room(const mlab_weights *weights)
{
    const mlab_cohort *cohort = weights->cohort;
    size_t blocks = weights->starts.is.n_blocks, times = cohort->n_times;
    return mlab_sums_size(&weights->starts.is) + blocks * (times + cohort->n_people) + mlab_maximise_room(weights->n_parameters) +
           (blocks + 1) * times + blocks * (times + 1) + cohort->n_rows;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* P(what was done | time) / P(what was done | time, covariates) of start row s. */
static double factor_of(const mlab_row *row, size_t blocks, size_t times, const double *share, const double *rate, const double *person)
{
    double total = 1;
    for (size_t k = 0; k < blocks; k++) total += rate[k * times + row->cell] * person[k];
    double done = row->event ? rate[(size_t)(row->event - 1) * times + row->cell] * person[row->event - 1] / total : 1 / total;
    return share[(size_t)row->event * times + row->cell] / fmax(done, 1e-12);
}

/* Shares of each time [(blocks + 1) * times]: 0 = stays unexposed. */
static void set_shares(const mlab_weights *weights, const mlab_sample *sample, double *share)
{
    size_t times = weights->cohort->n_times, blocks = weights->starts.is.n_blocks;
    for (size_t i = 0; i < sample->n; i++) {
        size_t g = sample->who[i];
        for (size_t s = weights->starts.first_row[g]; s < weights->starts.first_row[g + 1]; s++)
            share[(size_t)weights->starts.rows[s].event * times + weights->starts.rows[s].cell] += sample->weight[i];
    }
    for (size_t t = 0; t < times; t++) {
        double total = 0;
        for (size_t k = 0; k <= blocks; k++) total += share[k * times + t];
        for (size_t k = 0; k <= blocks; k++) share[k * times + t] = total > 0 ? share[k * times + t] / total : 1;
    }
}

static void truncate_rows(const mlab_weights *weights, const mlab_sample *sample, mlab_room *room, double *row, double *low, double *high)
{
    const mlab_cohort *cohort = weights->cohort;
    double *sorted = mlab_room_take(room, cohort->n_rows);
    size_t n = 0;
    for (size_t i = 0; i < sample->n; i++)
        for (size_t r = cohort->first[sample->who[i]]; r < cohort->first[sample->who[i] + 1]; r++) sorted[n++] = row[r];
    if (n == 0) return;
    qsort(sorted, n, sizeof *sorted, by_value);
    *low = sorted[(size_t)(weights->truncate * (double)(n - 1))];
    *high = sorted[(size_t)((1 - weights->truncate) * (double)(n - 1) + 0.5)];
    if (!(weights->truncate > 0)) return;
    for (size_t i = 0; i < sample->n; i++)
        for (size_t r = cohort->first[sample->who[i]]; r < cohort->first[sample->who[i] + 1]; r++) row[r] = fmin(fmax(row[r], *low), *high);
}

static void set_rows(const mlab_context *context, const mlab_weights *weights, const mlab_sample *sample, const double *parameters, mlab_room *room,
                     double *row)
{
    const mlab_cohort *cohort = weights->cohort;
    const mlab_separable *is = &weights->starts.is;
    size_t times = cohort->n_times, blocks = is->n_blocks, p = is->n_basis + is->n_z;
    double *share = mlab_room_take(room, (blocks + 1) * times), *rate = mlab_room_take(room, blocks * (times + 1));
    set_shares(weights, sample, share);
    for (size_t k = 0; k < blocks; k++)
        for (size_t t = 0; t < times; t++)
            for (size_t j = 0; j < is->n_basis; j++) rate[k * times + t] += is->basis[t * is->n_basis + j] * parameters[k * p + j];
    mlab_exp_array(context, rate, rate, blocks * times);
    for (size_t i = 0; i < sample->n; i++) {
        size_t g = sample->who[i], s = weights->starts.first_row[g], end = weights->starts.first_row[g + 1];
        double person[MOST_BLOCKS], weight = 1;
        for (size_t k = 0; k < blocks; k++) {
            double eta = 0;
            for (size_t j = 0; j < is->n_z; j++) eta += is->z[g * is->n_z + j] * parameters[k * p + is->n_basis + j];
            person[k] = mlab_exp(eta);
        }
        for (size_t r = cohort->first[g]; r < cohort->first[g + 1]; r++) {
            if (s < end && weights->starts.rows[s].cell == (uint32_t)cohort->time[r])
                weight *= factor_of(&weights->starts.rows[s++], blocks, times, share, rate, person);
            row[r] = weight;
        }
    }
}

bool mlab_weights_fit(const mlab_context *context, const mlab_weights *weights, const mlab_sample *sample, double tolerance, mlab_room *room,
                      double *parameters, double *row)
{
    size_t mark = room->used;
    double low, high;
    bool good = mlab_maximise(context, mlab_starts_evaluate, &weights->starts, sample, weights->n_parameters, tolerance, room, parameters, NULL);
    set_rows(context, weights, sample, parameters, room, row);
    truncate_rows(weights, sample, room, row, &low, &high);
    room->used = mark;
    return good;
}

/* Weights on everybody and their figures. */
static mlab_status fit_everybody(const mlab_context *context, mlab_weights *weights, mlab_error *err)
{
    const mlab_cohort *cohort = weights->cohort;
    size_t n = cohort->n_people, size = mlab_weights_room(weights);
    mlab_status status = MLAB_OK;
    mlab_room room = {.memory = mlab_allocate(context, size, sizeof(double)), .size = size};
    uint32_t *who = mlab_allocate(context, n, sizeof *who);
    double *one = mlab_allocate(context, n, sizeof *one);
    weights->estimate = mlab_allocate(context, weights->n_parameters, sizeof *weights->estimate);
    weights->row = mlab_allocate(context, cohort->n_rows, sizeof *weights->row);
    if (!room.memory || !who || !one || !weights->estimate || !weights->row) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the weights of %zu rows", cohort->n_rows);
        goto out;
    }
    for (size_t g = 0; g < n; g++) {
        who[g] = (uint32_t)g;
        one[g] = 1;
    }
    mlab_sample everybody = {.n = n, .who = who, .weight = one};
    weights->converged = mlab_weights_fit(context, weights, &everybody, 1e-14, &room, weights->estimate, weights->row);
    double sum = 0, square = 0;
    weights->lowest = weights->highest = cohort->n_rows ? weights->row[0] : 0;
    for (size_t r = 0; r < cohort->n_rows; r++) {
        double w = weights->row[r];
        weights->lowest = fmin(weights->lowest, w);
        weights->highest = fmax(weights->highest, w);
        sum += w;
        square += w * w;
    }
    weights->mean = cohort->n_rows ? sum / (double)cohort->n_rows : 0;
    weights->effective_share = square > 0 ? sum * sum / square / (double)cohort->n_rows : 0;
out:
    mlab_release(context, one);
    mlab_release(context, who);
    mlab_release(context, room.memory);
    return status;
}

mlab_status mlab_weights_make(const mlab_context *context, const mlab_cohort *cohort, const mlab_compare_options *options, mlab_weights **out,
                              mlab_error *err)
{
    *out = NULL;
    mlab_weights *weights = mlab_allocate(context, 1, sizeof *weights);
    if (!weights) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for weights");
    weights->cohort = cohort;
    weights->truncate = options->truncate;
    weights->block_of = mlab_allocate(context, cohort->n_arms, sizeof *weights->block_of);
    weights->started = mlab_allocate(context, cohort->n_arms, sizeof *weights->started);
    mlab_status status = MLAB_OK;
    if (!weights->block_of || !weights->started) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for weights");
    if (!status) status = make_rows(context, weights, options, err);
    if (!status) status = fit_everybody(context, weights, err);
    if (status)
        mlab_weights_free(weights);
    else
        *out = weights;
    return status;
}

void mlab_weights_free(mlab_weights *weights)
{
    if (!weights) return;
    const mlab_context *context = weights->cohort->context;
    void *parts[] = {weights->starts.first_row, weights->starts.rows, weights->basis, weights->block_of,
                     weights->estimate,         weights->started,     weights->row};
    for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) mlab_release(context, parts[j]);
    mlab_release(context, weights);
}
