/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Survey answers: cumulative logit P(Y <= k) = F(theta_k - eta) (McCullagh 1980), or a number by weighted least squares.
 *
 * Parameters: thresholds (none for a number), cells, people. The cells' basis has no column for the reference arm's level when
 * there are thresholds. Information: observed. */
#include "compare/separable.h"
#include "compare/sums.h"

#include "core/elementary.h"

#include <math.h>
#include <string.h>

static size_t thresholds_of(const mlab_answers *answers)
{
    return answers->n_levels ? answers->n_levels - 1 : 0;
}

size_t mlab_answers_parameters(const mlab_answers *answers)
{
    return thresholds_of(answers) + answers->is.n_basis + answers->is.n_z;
}

size_t mlab_answers_room(const mlab_answers *answers)
{
    const mlab_separable *is = &answers->is;
    size_t cells = is->n_arms * is->n_times, m = thresholds_of(answers);
    return mlab_sums_size(is) + cells + is->n_people + 2 * answers->first[is->n_people] + m * (2 + m + cells + is->n_z);
}

typedef struct pass {
    const mlab_answers *answers;
    const mlab_sample *sample;
    mlab_sums sums;
    size_t m;                     /* thresholds */
    size_t q;                     /* covariates of the information; 0 = the score alone is wanted */
    double *cell, *person;        /* parts of the predictor */
    double *upper, *lower;        /* [answers] F at the thresholds around each */
    double *theta_u, *theta_v;    /* [m], [m * m] */
    double *theta_cell, *theta_z; /* [m * cells], [m * n_z] cross terms of the information */
    double log_likelihood;
} pass;

static void set_predictors(pass *at, const double *parameters)
{
    const mlab_separable *is = &at->answers->is;
    size_t cells = is->n_arms * is->n_times;
    const double *b = parameters + at->m, *g = b + is->n_basis;
    for (size_t c = 0; c < cells; c++)
        for (size_t i = 0; i < is->n_basis; i++) at->cell[c] += is->basis[c * is->n_basis + i] * b[i];
    for (size_t i = 0; i < at->sample->n; i++)
        for (size_t j = 0; j < is->n_z; j++) at->person[i] += is->z[at->sample->who[i] * is->n_z + j] * g[j];
}

/* Values of F around every answer, by array: the costly part. */
static void set_chances(const mlab_context *context, pass *at, const double *theta)
{
    const mlab_answers *answers = at->answers;
    size_t n = answers->first[answers->is.n_people];
    for (size_t i = 0; i < at->sample->n; i++) {
        size_t g = at->sample->who[i];
        for (size_t r = answers->first[g]; r < answers->first[g + 1]; r++) {
            double eta = at->cell[answers->cell[r]] + at->person[i];
            size_t y = (size_t)answers->level[r];
            at->upper[r] = y < at->m ? theta[y] - eta : 750;
            at->lower[r] = y > 0 ? theta[y - 1] - eta : -750;
        }
    }
    mlab_logistic_array(context, at->upper, at->upper, n);
    mlab_logistic_array(context, at->lower, at->lower, n);
}

/* Score and curvature of one answer in eta; cross terms with its thresholds are added. */
static void ordinal_row(pass *at, size_t r, double w, const double *z, double *product, double *u, double *v)
{
    const mlab_answers *answers = at->answers;
    size_t m = at->m, q = at->q, cells = answers->is.n_arms * answers->is.n_times, y = (size_t)answers->level[r], c = answers->cell[r];
    double up = at->upper[r], low = at->lower[r], fu = up * (1 - up), fl = low * (1 - low), du = fu * (1 - 2 * up), dl = fl * (1 - 2 * low);
    double p = fmax(up - low, 1e-300), slope = (fu - fl) / p;
    *product = p;
    *u = -w * slope;
    *v = w * (slope * slope - (du - dl) / p);
    if (y < m) {
        double cross = w * (du / p - fu * slope / p);
        at->theta_u[y] += w * fu / p;
        at->theta_v[y * m + y] += w * (fu * fu / (p * p) - du / p);
        at->theta_cell[y * cells + c] += cross;
        mlab_add(q, cross, z, at->theta_z + y * q);
    }
    if (y > 0) {
        double cross = w * (fl * slope / p - dl / p);
        at->theta_u[y - 1] -= w * fl / p;
        at->theta_v[(y - 1) * m + y - 1] += w * (fl * fl / (p * p) + dl / p);
        at->theta_cell[(y - 1) * cells + c] += cross;
        mlab_add(q, cross, z, at->theta_z + (y - 1) * q);
    }
    if (y > 0 && y < m) {
        double cross = w * fu * fl / (p * p);
        at->theta_v[y * m + y - 1] -= cross;
        at->theta_v[(y - 1) * m + y] -= cross;
    }
}

static void add_person(pass *at, size_t i)
{
    const mlab_answers *answers = at->answers;
    const mlab_separable *is = &answers->is;
    size_t q = is->n_z, g = at->sample->who[i];
    const double *z = is->z + g * q;
    double sum_u = 0, sum_v = 0;
    for (size_t r = answers->first[g]; r < answers->first[g + 1]; r++) {
        double u, v, w = at->sample->weight[i], p;
        if (at->sample->row_weight) w *= at->sample->row_weight[r];
        if (answers->n_levels) {
            ordinal_row(at, r, w, z, &p, &u, &v);
            at->log_likelihood += w * mlab_log(p);
        } else {
            double off = answers->number[r] - at->cell[answers->cell[r]] - at->person[i];
            u = w * off;
            v = w;
            at->log_likelihood -= w * off * off / 2;
        }
        at->sums.cell_u[answers->cell[r]] += u;
        at->sums.cell_v[answers->cell[r]] += v;
        mlab_add(at->q, v, z, at->sums.cell_vz + answers->cell[r] * q);
        sum_u += u;
        sum_v += v;
    }
    mlab_add(q, sum_u, z, at->sums.z_u);
    mlab_add_square(at->q, sum_v, z, at->sums.z_v);
}

/* The blocks of the thresholds around those of the sums. */
static void assemble(pass *at, double *score, double *information)
{
    const mlab_separable *is = &at->answers->is;
    size_t m = at->m, b = is->n_basis, q = is->n_z, n = m + b + q, cells = is->n_arms * is->n_times;
    mlab_sums_assemble(is, &at->sums, score + m, information ? information + m * n + m : NULL, n);
    for (size_t k = 0; k < m; k++) score[k] = at->theta_u[k];
    for (size_t k = 0; information && k < m; k++) {
        double *row = information + k * n;
        memset(row, 0, n * sizeof *row);
        for (size_t l = 0; l < m; l++) row[l] = at->theta_v[k * m + l];
        for (size_t c = 0; c < cells; c++) mlab_add(b, at->theta_cell[k * cells + c], is->basis + c * b, row + m);
        mlab_add(q, 1, at->theta_z + k * q, row + m + b);
        for (size_t j = m; j < n; j++) information[j * n + k] = row[j];
    }
}

bool mlab_answers_evaluate(const mlab_context *context, const void *problem, const mlab_sample *sample, const double *parameters, mlab_room *room,
                           double *log_likelihood, double *score, double *information)
{
    const mlab_answers *answers = problem;
    const mlab_separable *is = &answers->is;
    size_t mark = room->used, cells = is->n_arms * is->n_times, n = answers->first[is->n_people];
    pass at = {.answers = answers, .sample = sample, .m = thresholds_of(answers), .q = information ? is->n_z : 0};
    for (size_t k = 1; k < at.m; k++)
        if (!(parameters[k] > parameters[k - 1])) return false;
    mlab_sums_take(is, room, &at.sums);
    at.cell = mlab_room_take(room, cells);
    at.person = mlab_room_take(room, sample->n);
    set_predictors(&at, parameters);
    if (answers->n_levels) {
        at.upper = mlab_room_take(room, n);
        at.lower = mlab_room_take(room, n);
        at.theta_u = mlab_room_take(room, at.m);
        at.theta_v = mlab_room_take(room, at.m * at.m);
        at.theta_cell = mlab_room_take(room, at.m * cells);
        at.theta_z = mlab_room_take(room, at.m * is->n_z);
        set_chances(context, &at, parameters);
    }
    for (size_t i = 0; i < sample->n; i++) add_person(&at, i);
    assemble(&at, score, information);
    *log_likelihood = at.log_likelihood;
    room->used = mark;
    return true;
}
