/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The information that the rows of a person would have with the effects known, averaged over them: predictors and thresholds are linear in all
 * parameters once v is given, so that it is a sum of products of columns, v and second derivatives of rows. */
#include "fit/joint/joint.h"

#include <math.h>

typedef struct spot {
    const mlab_joint_model *m;
    const mlab_joint_rows *part;
    size_t i; /* row */
    double *h;
} spot;

static double column(const mlab_joint_rows *part, size_t i, size_t c)
{
    return part->z ? part->z[i * part->n_z + c] : 1;
}

static void add(const spot *s, size_t i, size_t j, double value)
{
    s->h[i > j ? i * s->m->n_parameters + j : j * s->m->n_parameters + i] += value;
}

/* Moment of v_a, of v_a v_b. */
static double first_of(const double *moment, size_t a)
{
    return moment[1 + a];
}
static double second_of(const double *moment, size_t q, size_t a, size_t b)
{
    return a > b ? moment[1 + q + a * (a + 1) / 2 + b] : moment[1 + q + b * (b + 1) / 2 + a];
}

/* What stands at `at` by the entries of Lambda that act through predictor k: value * moment of v_a. */
static void add_by_entries(const spot *s, size_t at, size_t k, double value, const double *moment)
{
    const mlab_joint_model *m = s->m;
    for (size_t c = 0; c < s->part->n_z; c++) {
        const size_t *entry = m->entry + (s->part->effect + k * s->part->n_z + c) * m->q;
        double z = value * column(s->part, s->i, c);
        for (size_t a = 0; a < m->q; a++)
            if (entry[a] != SIZE_MAX) add(s, entry[a], at, z * first_of(moment, a));
    }
}

/* Coefficients of predictor k by entries that act through predictor l. */
static void add_coefficients(const spot *s, size_t k, size_t l, const double *moment)
{
    const mlab_joint_model *m = s->m;
    const mlab_joint_rows *part = s->part;
    const double *x = part->x + s->i * part->p;
    size_t b = part->at + part->n_thresholds + k * part->p;
    for (size_t c = 0; c < part->n_z; c++) {
        const size_t *entry = m->entry + (part->effect + l * part->n_z + c) * m->q;
        double z = column(part, s->i, c);
        for (size_t a = 0; a < m->q; a++) {
            if (entry[a] == SIZE_MAX) continue;
            double value = z * first_of(moment, a), *to = s->h + entry[a] * m->n_parameters + b;
            for (size_t j = 0; j < part->p; j++) to[j] += value * x[j];
        }
    }
}

static void add_entries(const spot *s, size_t k, size_t l, const double *moment)
{
    const mlab_joint_model *m = s->m;
    const mlab_joint_rows *part = s->part;
    for (size_t c = 0; c < part->n_z; c++)
        for (size_t d = 0; d < part->n_z; d++) {
            const size_t *one = m->entry + (part->effect + k * part->n_z + c) * m->q, *other = m->entry + (part->effect + l * part->n_z + d) * m->q;
            double z = column(part, s->i, c) * column(part, s->i, d);
            for (size_t a = 0; a < m->q; a++)
                for (size_t b = 0; b < m->q; b++) {
                    if (one[a] == SIZE_MAX || other[b] == SIZE_MAX || (k == l && other[b] > one[a])) continue;
                    add(s, one[a], other[b], z * second_of(moment, m->q, a, b));
                }
        }
}

/* A pair of predictors of the row. */
static void add_pair(const spot *s, size_t k, size_t l, const double *moment)
{
    const mlab_joint_rows *part = s->part;
    const double *x = part->x + s->i * part->p;
    size_t n = s->m->n_parameters, low = part->at + part->n_thresholds + k * part->p, high = part->at + part->n_thresholds + l * part->p;
    for (size_t i = 0; i < part->p; i++) {
        double value = moment[0] * x[i], *to = s->h + (high + i) * n + low;
        for (size_t j = 0; j < (k == l ? i + 1 : part->p); j++) to[j] += value * x[j];
    }
    add_coefficients(s, k, l, moment);
    if (k != l) add_coefficients(s, l, k, moment);
    add_entries(s, k, l, moment);
}

/* The thresholds of an ordered level; pieces: by the upper end, by both, by the lower. */
static void add_levels(const spot *s, const double *upper, const double *both, const double *lower, size_t n_moments)
{
    const mlab_joint_rows *part = s->part;
    const double *x = part->x + s->i * part->p;
    size_t y = (size_t)part->category[s->i], b = part->at + part->n_thresholds;
    double all[1 + MLAB_JOINT_NORMALS + MLAB_JOINT_NORMALS * (MLAB_JOINT_NORMALS + 1) / 2] = {0};
    for (size_t k = 0; k < n_moments; k++) all[k] = upper[k] + lower[k] + 2 * both[k];
    add_pair(s, 0, 0, all);
    for (int side = 0; side < 2; side++) {
        const double *end = side ? lower : upper;
        if (side ? y == 0 : y == part->n_thresholds) continue;
        size_t at = part->at + y - (side ? 1 : 0);
        for (size_t k = 0; k < n_moments; k++) all[k] = end[k] + both[k];
        add(s, at, at, end[0]);
        for (size_t j = 0; j < part->p; j++) add(s, b + j, at, -all[0] * x[j]);
        add_by_entries(s, at, 0, -1, all);
        if (!side && y > 0) add(s, at, at - 1, both[0]);
    }
}

/* The log residual SD of a person's rows: everything follows from the mean scores. */
static void add_spread(const spot *s, size_t rows, double weight, const double *mean)
{
    const mlab_joint_model *m = s->m;
    const mlab_joint_rows *part = s->part;
    size_t at = part->at + part->n_own - 1;
    add(s, at, at, 2 * weight * (mean[at] + (double)rows));
    for (size_t j = 0; j < part->p; j++) add(s, at, part->at + j, 2 * weight * mean[part->at + j]);
    for (size_t k = 0; k < part->n_z * m->q; k++) {
        size_t entry = m->entry[part->effect * m->q + k];
        if (entry != SIZE_MAX) add(s, at, entry, 2 * weight * mean[entry]);
    }
}

void mlab_joint_complete(const mlab_joint_work *w, const mlab_joint_room *room, size_t chunk, size_t g, double weight, double sum, const double *mean,
                         double *complete)
{
    const mlab_joint_model *m = w->model;
    size_t person = m->chunk[chunk] + g, n = w->n_moments;
    for (size_t r = 0; r < m->n_parts; r++) {
        const mlab_joint_rows *part = &m->parts[r];
        size_t from = part->first[m->chunk[chunk]], rows = m->most_rows[r];
        spot s = {.m = m, .part = part, .h = complete};
        for (s.i = part->first[person]; s.i < part->first[person + 1]; s.i++) {
            double *moments = room->parts[r].moments + (s.i - from) * n;
            for (size_t piece = 0; piece < part->n_pieces; piece++)
                for (size_t k = 0; k < n; k++) moments[piece * n * rows + k] *= weight / sum;
            if (part->n_thresholds) {
                add_levels(&s, moments, moments + n * rows, moments + 2 * n * rows, n);
                continue;
            }
            for (size_t k = 0, pair = 0; k < part->n_eta; k++)
                for (size_t l = k; l < part->n_eta; l++, pair++) add_pair(&s, k, l, moments + pair * n * rows);
        }
        if (part->gaussian) add_spread(&s, part->first[person + 1] - part->first[person], weight, mean);
    }
}
