/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pooled discrete hazards of competing causes: P(cause j) = (h_j / H)(1 - exp(-H)), h_k = share exp(eta_k), H = sum of h_k.
 *
 * Prentice & Gloeckler 1978 (doi:10.2307/2529588) for one cause; the offset is the log of the share of the period at risk. With
 * g(H) = log((1 - exp(-H)) / H), an event of cause j adds eta_j + g(H) and any other row -H. Rows without an event and with a
 * whole period at risk come as runs. */
#include "compare/separable.h"
#include "compare/sums.h"

#include "core/elementary.h"

#include <math.h>
#include <string.h>

enum { MOST_BLOCKS = 8 };

/* g, g' and g'' at H; below 0.3 by their series (Bernoulli numbers), which leave less than 1e-14. */
static void event_terms(double h, double *g, double *g1, double *g2)
{
    if (h < 0.3) {
        double s = h * h;
        *g = -h / 2 + s * (1.0 / 24 - s * (1.0 / 2880 - s * (1.0 / 181440 - s * (1.0 / 9676800 - s / 479001600))));
        *g1 = -0.5 + h * (1.0 / 12 - s * (1.0 / 720 - s * (1.0 / 30240 - s * (1.0 / 1209600 - s / 47900160))));
        *g2 = 1.0 / 12 - s * (1.0 / 240 - s * (1.0 / 6048 - s * (1.0 / 172800 - s * 9.0 / 47900160)));
        return;
    }
    double up = mlab_expm1(h);
    if (!isfinite(up)) {
        *g = -mlab_log(h);
        *g1 = -1 / h;
        *g2 = 1 / (h * h);
        return;
    }
    *g = mlab_log(up / ((up + 1) * h));
    *g1 = 1 / up - 1 / h;
    *g2 = 1 / (h * h) - (up + 1) / (up * up);
}

typedef struct pass {
    const mlab_hazard *hazard;
    const mlab_sample *sample;
    mlab_sums sums;
    double *cell, *part; /* [blocks * cells], [blocks * sample n] the two parts of the linear predictor */
    double *rate;        /* [blocks * cells] exp of the cell's part */
    double *running;     /* [blocks * arms * (times + 1)] sums of rate over time */
    double *person;      /* [blocks * sample n] exp of the person's part */
    double *change;      /* [blocks * arms * (times + 1)] what runs add to cells, as differences in time */
    double *change_z;    /* the same times z */
    size_t q;            /* covariates of the information; 0 = the score alone is wanted */
    double log_likelihood;
} pass;

/* One row that is not part of a run: its first and second derivatives go to cells, and to u and v of the person. */
static void add_row(pass *at, size_t i, const mlab_row *row, double weight, const double *person, const double *z, double *u, double *v)
{
    const mlab_separable *is = &at->hazard->is;
    size_t blocks = is->n_blocks, cells = is->n_arms * is->n_times, q = at->q;
    double h[MOST_BLOCKS], total = 0, g = 0, g1 = -1, g2 = 0;
    for (size_t k = 0; k < blocks; k++) total += h[k] = person[k] * at->rate[k * cells + row->cell] * row->share;
    if (row->event) {
        event_terms(total, &g, &g1, &g2);
        size_t k = (size_t)row->event - 1;
        double eta = at->cell[k * cells + row->cell] + at->part[k * at->sample->n + i] + (row->share < 1 ? mlab_log(row->share) : 0);
        at->log_likelihood += weight * (eta + g);
    } else {
        at->log_likelihood -= weight * total;
    }
    for (size_t k = 0; k < blocks; k++) {
        double uk = weight * (h[k] * g1 + (row->event == (int32_t)k + 1));
        at->sums.cell_u[k * cells + row->cell] += uk;
        u[k] += uk;
        for (size_t l = row->event ? 0 : k; l <= k; l++) {
            size_t pair = mlab_pair(l, k);
            double vkl = -weight * ((k == l ? h[k] * g1 : 0) + h[k] * h[l] * g2);
            at->sums.cell_v[pair * cells + row->cell] += vkl;
            mlab_add(q, vkl, z, at->sums.cell_vz + (pair * cells + row->cell) * q);
            v[pair] += vkl;
        }
    }
}

static void add_person(pass *at, size_t i)
{
    const mlab_hazard *hazard = at->hazard;
    const mlab_separable *is = &hazard->is;
    size_t blocks = is->n_blocks, q = is->n_z, slots = is->n_arms * (is->n_times + 1), g = at->sample->who[i];
    const double *z = is->z + g * q;
    double weight = at->sample->weight[i], person[MOST_BLOCKS], u[MOST_BLOCKS], v[MOST_BLOCKS * (MOST_BLOCKS + 1) / 2];
    for (size_t k = 0; k < blocks; k++) {
        person[k] = at->person[k * at->sample->n + i];
        u[k] = 0;
        for (size_t l = 0; l <= k; l++) v[mlab_pair(l, k)] = 0;
    }
    for (size_t r = hazard->first_run[g]; r < hazard->first_run[g + 1]; r++) {
        size_t from = hazard->runs[r].slot, to = from + hazard->runs[r].length;
        for (size_t k = 0; k < blocks; k++) {
            const double *running = at->running + k * slots;
            double by = weight * person[k], sum = by * (running[to] - running[from]);
            at->log_likelihood -= sum;
            u[k] -= sum;
            v[mlab_pair(k, k)] += sum;
            at->change[k * slots + from] += by;
            at->change[k * slots + to] -= by;
            mlab_add(at->q, by, z, at->change_z + (k * slots + from) * q);
            mlab_add(at->q, -by, z, at->change_z + (k * slots + to) * q);
        }
    }
    for (size_t r = hazard->first_row[g]; r < hazard->first_row[g + 1]; r++) {
        double by = at->sample->row_weight ? weight * at->sample->row_weight[r] : weight;
        add_row(at, i, &hazard->rows[r], by, person, z, u, v);
    }
    for (size_t k = 0; k < blocks; k++) {
        mlab_add(q, u[k], z, at->sums.z_u + k * q);
        for (size_t l = 0; at->q && l <= k; l++)
            if (v[mlab_pair(l, k)] != 0) mlab_add_square(q, v[mlab_pair(l, k)], z, at->sums.z_v + mlab_pair(l, k) * q * q);
    }
}

/* Differences in time become sums by cell. */
static void add_runs(pass *at)
{
    const mlab_separable *is = &at->hazard->is;
    size_t q = at->q, times = is->n_times, cells = is->n_arms * times, slots = is->n_arms * (times + 1);
    for (size_t k = 0; k < is->n_blocks; k++)
        for (size_t a = 0; a < is->n_arms; a++) {
            double *change = at->change + k * slots + a * (times + 1), *change_z = at->change_z + (k * slots + a * (times + 1)) * q;
            for (size_t t = 0; t < times; t++) {
                size_t c = a * times + t, pair = mlab_pair(k, k);
                double rate = at->rate[k * cells + c];
                if (t > 0) {
                    change[t] += change[t - 1];
                    mlab_add(q, 1, change_z + (t - 1) * q, change_z + t * q);
                }
                at->sums.cell_u[k * cells + c] -= rate * change[t];
                at->sums.cell_v[pair * cells + c] += rate * change[t];
                mlab_add(q, rate, change_z + t * q, at->sums.cell_vz + (pair * cells + c) * q);
            }
        }
}

/* exp of the parts of the predictor: cells, running sums over time, people. */
static void set_rates(const mlab_context *context, pass *at, const double *parameters)
{
    const mlab_separable *is = &at->hazard->is;
    size_t b = is->n_basis, q = is->n_z, p = b + q, times = is->n_times, cells = is->n_arms * times, slots = is->n_arms * (times + 1);
    for (size_t k = 0; k < is->n_blocks; k++) {
        const double *own = parameters + k * p;
        double *cell = at->cell + k * cells, *rate = at->rate + k * cells, *part = at->part + k * at->sample->n;
        for (size_t c = 0; c < cells; c++)
            for (size_t i = 0; i < b; i++) cell[c] += is->basis[c * b + i] * own[i];
        mlab_exp_array(context, cell, rate, cells);
        for (size_t a = 0; a < is->n_arms; a++)
            for (size_t t = 0; t < times; t++) {
                double *running = at->running + k * slots + a * (times + 1) + t;
                running[1] = running[0] + rate[a * times + t];
            }
        for (size_t i = 0; i < at->sample->n; i++) {
            const double *z = is->z + at->sample->who[i] * q;
            for (size_t j = 0; j < q; j++) part[i] += z[j] * own[b + j];
        }
        mlab_exp_array(context, part, at->person + k * at->sample->n, at->sample->n);
    }
}

size_t mlab_hazard_room(const mlab_hazard *hazard)
{
    const mlab_separable *is = &hazard->is;
    size_t slots = is->n_arms * (is->n_times + 1);
    return mlab_sums_size(is) + is->n_blocks * (2 * is->n_arms * is->n_times + slots * (2 + is->n_z) + 2 * is->n_people);
}

bool mlab_hazard_evaluate(const mlab_context *context, const void *problem, const mlab_sample *sample, const double *parameters, mlab_room *room,
                          double *log_likelihood, double *score, double *information)
{
    const mlab_hazard *hazard = problem;
    const mlab_separable *is = &hazard->is;
    size_t mark = room->used, blocks = is->n_blocks, slots = is->n_arms * (is->n_times + 1);
    pass at = {.hazard = hazard, .sample = sample, .q = information ? is->n_z : 0};
    mlab_sums_take(is, room, &at.sums);
    at.cell = mlab_room_take(room, blocks * is->n_arms * is->n_times);
    at.part = mlab_room_take(room, blocks * sample->n);
    at.rate = mlab_room_take(room, blocks * is->n_arms * is->n_times);
    at.running = mlab_room_take(room, blocks * slots);
    at.change = mlab_room_take(room, blocks * slots);
    at.change_z = mlab_room_take(room, blocks * slots * is->n_z);
    at.person = mlab_room_take(room, blocks * sample->n);
    set_rates(context, &at, parameters);
    for (size_t i = 0; i < sample->n; i++) add_person(&at, i);
    add_runs(&at);
    mlab_sums_assemble(is, &at.sums, score, information, blocks * (is->n_basis + is->n_z));
    *log_likelihood = at.log_likelihood;
    room->used = mark;
    return true;
}
