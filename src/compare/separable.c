/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Score and information from sums over cells and people, and the Newton steps that use them.
 *
 * With B the basis of the cells and Z the people's covariates, the information of blocks k, l is
 *   [ B' diag(cell_v) B   B' cell_vz ]
 *   [ cell_vz' B          z_v        ].
 * Columns that carry nothing are left at 0 (pivot below 1e-9 of its diagonal). Weakness: a coefficient that runs to infinity
 * (no event in a group) stops where the likelihood no longer moves; the risk it stands for is then 0 for all purposes. */
#include "compare/separable.h"

#include <math.h>
#include <string.h>

double *mlab_room_take(mlab_room *room, size_t n)
{
    double *at = room->memory + room->used;
    room->used += n;
    memset(at, 0, n * sizeof *at);
    return at;
}

static size_t pairs_of(const mlab_separable *is)
{
    return is->n_blocks * (is->n_blocks + 1) / 2;
}

size_t mlab_sums_size(const mlab_separable *is)
{
    size_t cells = is->n_arms * is->n_times;
    return is->n_blocks * (cells + is->n_z) + pairs_of(is) * (cells * (1 + is->n_z) + is->n_z * is->n_z);
}

void mlab_sums_take(const mlab_separable *is, mlab_room *room, mlab_sums *sums)
{
    size_t cells = is->n_arms * is->n_times;
    sums->cell_u = mlab_room_take(room, is->n_blocks * cells);
    sums->cell_v = mlab_room_take(room, pairs_of(is) * cells);
    sums->cell_vz = mlab_room_take(room, pairs_of(is) * cells * is->n_z);
    sums->z_u = mlab_room_take(room, is->n_blocks * is->n_z);
    sums->z_v = mlab_room_take(room, pairs_of(is) * is->n_z * is->n_z);
}

/* information rows of block k, columns of block l; top left corners at row k * p and column l * p. */
static void assemble_pair(const mlab_separable *is, const double *v, const double *vz, const double *zz, double *at, size_t wide)
{
    size_t cells = is->n_arms * is->n_times, b = is->n_basis, q = is->n_z;
    for (size_t c = 0; c < cells; c++) {
        const double *basis = is->basis + c * b;
        for (size_t i = 0; i < b; i++) {
            if (basis[i] == 0) continue;
            double iv = basis[i] * v[c];
            for (size_t j = 0; j < b; j++) at[i * wide + j] += iv * basis[j];
            for (size_t j = 0; j < q; j++) at[i * wide + b + j] += basis[i] * vz[c * q + j];
        }
    }
    for (size_t i = 0; i < q; i++) {
        for (size_t j = 0; j < b; j++) at[(b + i) * wide + j] = at[j * wide + b + i];
        for (size_t j = 0; j <= i; j++) at[(b + i) * wide + b + j] = at[(b + j) * wide + b + i] = zz[i * q + j];
    }
}

void mlab_sums_assemble(const mlab_separable *is, const mlab_sums *sums, double *score, double *information, size_t wide)
{
    size_t cells = is->n_arms * is->n_times, b = is->n_basis, q = is->n_z, p = b + q;
    for (size_t k = 0; k < is->n_blocks; k++) {
        double *s = score + k * p;
        memset(s, 0, b * sizeof *s);
        for (size_t c = 0; c < cells; c++)
            for (size_t i = 0; i < b; i++) s[i] += is->basis[c * b + i] * sums->cell_u[k * cells + c];
        memcpy(s + b, sums->z_u + k * q, q * sizeof *s);
        for (size_t l = k; information && l < is->n_blocks; l++) {
            size_t pair = mlab_pair(k, l);
            double *at = information + k * p * wide + l * p;
            for (size_t i = 0; i < p; i++) memset(at + i * wide, 0, p * sizeof *at);
            assemble_pair(is, sums->cell_v + pair * cells, sums->cell_vz + pair * cells * q, sums->z_v + pair * q * q, at, wide);
            for (size_t i = 0; l != k && i < p; i++)
                for (size_t j = 0; j < p; j++) information[(l * p + j) * wide + k * p + i] = at[i * wide + j];
        }
    }
}

void mlab_solve(double *a, size_t n, const double *b, double *x)
{
    if (x != b) memcpy(x, b, n * sizeof *x);
    for (size_t j = 0; j < n; j++) {
        double *row = a + j * n, start = row[j];
        for (size_t i = 0; i < j; i++) {
            const double *other = a + i * n;
            double s = row[i];
            for (size_t k = 0; k < i; k++) s -= row[k] * other[k];
            row[i] = other[i] > 0 ? s / other[i] : 0;
        }
        for (size_t k = 0; k < j; k++) row[j] -= row[k] * row[k];
        row[j] = row[j] > 1e-9 * start && row[j] > 1e-14 ? sqrt(row[j]) : 0;
        for (size_t k = 0; k < j; k++) x[j] -= row[k] * x[k];
        x[j] = row[j] > 0 ? x[j] / row[j] : 0;
    }
    for (size_t j = n; j-- > 0;) {
        for (size_t k = j + 1; k < n; k++) x[j] -= a[k * n + j] * x[k];
        x[j] = a[j * n + j] > 0 ? x[j] / a[j * n + j] : 0;
    }
}

size_t mlab_maximise_room(size_t n)
{
    return 2 * n * n + 4 * n;
}

static const double near = 0.1, shrinks = 0.01; /* squared lengths in standard errors */

typedef struct maximising {
    const mlab_context *context;
    mlab_evaluate evaluate;
    const void *problem;
    const mlab_sample *sample;
    size_t n;
    mlab_room *room;
    double *parameters, *score, *step, *tried, *info, *work, best;
} maximising;

static bool look(maximising *at, const double *parameters, double *value, double *information)
{
    return at->evaluate(at->context, at->problem, at->sample, parameters, at->room, value, at->score, information) && isfinite(*value);
}

/* Takes the step, or as much of it as makes the likelihood no worse; *halvings says how much. information NULL: that of the place before stays. */
static bool take_step(maximising *at, double *information, int *halvings)
{
    enum { MOST_HALVINGS = 30 };
    double size = 1, now;
    for (*halvings = 0; *halvings < MOST_HALVINGS; ++*halvings, size /= 2) {
        for (size_t j = 0; j < at->n; j++) at->tried[j] = at->parameters[j] + size * at->step[j];
        if (!look(at, at->tried, &now, information) || now < at->best - 1e-9 * (1 + fabs(at->best))) continue;
        memcpy(at->parameters, at->tried, at->n * sizeof *at->tried);
        at->best = now;
        return true;
    }
    return false;
}

bool mlab_maximise(const mlab_context *context, mlab_evaluate evaluate, const void *problem, const mlab_sample *sample, size_t n, double tolerance,
                   mlab_room *room, double *parameters, double *information)
{
    enum { MOST_STEPS = 60 };
    size_t mark = room->used;
    maximising at = {.context = context, .evaluate = evaluate, .problem = problem, .sample = sample, .n = n, .room = room, .parameters = parameters};
    at.score = mlab_room_take(room, n);
    at.step = mlab_room_take(room, n);
    at.tried = mlab_room_take(room, n);
    at.info = mlab_room_take(room, n * n);
    at.work = mlab_room_take(room, n * n);
    bool refit = !information && tolerance > 1e-12, own = true, converged = false, good = look(&at, parameters, &at.best, at.info);
    double before = HUGE_VAL;
    for (int steps = 0; good && !converged && steps < MOST_STEPS; steps++) {
        int halvings = 0;
        double length = 0;
        memcpy(at.work, at.info, n * n * sizeof *at.work);
        mlab_solve(at.work, n, at.score, at.step);
        for (size_t j = 0; j < n; j++) length += at.step[j] * at.score[j];
        if (!own && length >= tolerance && length > shrinks * before) { /* the information of another place is not good enough */
            good = look(&at, parameters, &at.best, at.info);
            own = true;
            continue;
        }
        if (!information &&
            (length < tolerance || (!own && length * length / before < tolerance / 100))) { /* taken unseen: the next is shorter still */
            for (size_t j = 0; j < n; j++) parameters[j] += at.step[j];
            converged = true;
            break;
        }
        own = !refit || length > near;
        good = take_step(&at, own ? at.info : NULL, &halvings);
        before = length;
        converged = good && halvings == 0 && length < tolerance;
    }
    if (information) memcpy(information, at.info, n * n * sizeof *information);
    room->used = mark;
    return converged;
}
