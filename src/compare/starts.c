/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pooled multinomial logit of starting an arm among those not yet exposed: P(event k) = exp(eta_k) / (1 + sum of exp(eta)).
 *
 * Rows are person-periods in the reference arm, the last of which may start another; the model behind stabilised weights
 * (Robins, Hernan & Brumback 2000, doi:10.1097/00001648-200009000-00011). */
#include "compare/separable.h"
#include "compare/sums.h"

#include "core/elementary.h"

#include <math.h>

enum { MOST_BLOCKS = 8 };

/* exp of the cells' parts [blocks * cells] and of the people's [blocks * n]. */
static void set_rates(const mlab_context *context, const mlab_separable *is, const mlab_sample *sample, const double *parameters, double *rate,
                      double *person)
{
    size_t b = is->n_basis, q = is->n_z, cells = is->n_arms * is->n_times, n = sample->n;
    for (size_t k = 0; k < is->n_blocks; k++) {
        const double *own = parameters + k * (b + q);
        for (size_t c = 0; c < cells; c++)
            for (size_t i = 0; i < b; i++) rate[k * cells + c] += is->basis[c * b + i] * own[i];
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < q; j++) person[k * n + i] += is->z[sample->who[i] * q + j] * own[b + j];
    }
    mlab_exp_array(context, rate, rate, is->n_blocks * cells);
    mlab_exp_array(context, person, person, is->n_blocks * n);
}

typedef struct pass {
    const mlab_hazard *starts;
    const mlab_sample *sample;
    mlab_sums sums;
    const double *rate, *person;
    bool score_only;
    double log_likelihood;
} pass;

static void add_person(pass *at, size_t i)
{
    const mlab_separable *is = &at->starts->is;
    size_t blocks = is->n_blocks, q = is->n_z, cells = is->n_arms * is->n_times, g = at->sample->who[i];
    const double *z = is->z + g * q;
    double u[MOST_BLOCKS] = {0}, v[MOST_BLOCKS * (MOST_BLOCKS + 1) / 2] = {0}, chance[MOST_BLOCKS], weight = at->sample->weight[i], product = 1;
    for (size_t r = at->starts->first_row[g]; r < at->starts->first_row[g + 1]; r++) {
        const mlab_row *row = &at->starts->rows[r];
        double total = 1;
        for (size_t k = 0; k < blocks; k++) total += chance[k] = at->person[k * at->sample->n + i] * at->rate[k * cells + row->cell];
        for (size_t k = 0; k < blocks; k++) chance[k] /= total;
        product *= row->event ? chance[row->event - 1] : 1 / total;
        if (product < 1e-100) {
            at->log_likelihood += weight * mlab_log(product);
            product = 1;
        }
        for (size_t k = 0; k < blocks; k++) {
            double uk = weight * ((row->event == (int32_t)k + 1) - chance[k]);
            at->sums.cell_u[k * cells + row->cell] += uk;
            u[k] += uk;
            for (size_t l = 0; !at->score_only && l <= k; l++) {
                double vkl = weight * chance[k] * ((k == l) - chance[l]);
                size_t pair = mlab_pair(l, k);
                at->sums.cell_v[pair * cells + row->cell] += vkl;
                mlab_add(q, vkl, z, at->sums.cell_vz + (pair * cells + row->cell) * q);
                v[pair] += vkl;
            }
        }
    }
    at->log_likelihood += weight * mlab_log(product);
    for (size_t k = 0; k < blocks; k++) {
        mlab_add(q, u[k], z, at->sums.z_u + k * q);
        for (size_t l = 0; !at->score_only && l <= k; l++) mlab_add_square(q, v[mlab_pair(l, k)], z, at->sums.z_v + mlab_pair(l, k) * q * q);
    }
}

bool mlab_starts_evaluate(const mlab_context *context, const void *problem, const mlab_sample *sample, const double *parameters, mlab_room *room,
                          double *log_likelihood, double *score, double *information)
{
    const mlab_hazard *starts = problem;
    const mlab_separable *is = &starts->is;
    size_t mark = room->used;
    pass at = {.starts = starts, .sample = sample, .score_only = !information};
    mlab_sums_take(is, room, &at.sums);
    double *rate = mlab_room_take(room, is->n_blocks * is->n_arms * is->n_times), *person = mlab_room_take(room, is->n_blocks * sample->n);
    set_rates(context, is, sample, parameters, rate, person);
    at.rate = rate;
    at.person = person;
    for (size_t i = 0; i < sample->n; i++) add_person(&at, i);
    mlab_sums_assemble(is, &at.sums, score, information, is->n_blocks * (is->n_basis + is->n_z));
    *log_likelihood = at.log_likelihood;
    room->used = mark;
    return true;
}
