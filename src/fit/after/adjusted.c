/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bell-McCaffrey adjustment of scores and its degrees of freedom (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018,
 * doi:10.1080/07350015.2016.1247004).
 *
 * With L L' the information of all rows and I_g that of group g, M_g = inverse(L) I_g inverse(L'): its eigenvalues are those of the group's
 * block of the hat matrix, so that everything is done in the space of the parameters, whatever the size of the group and for every model that
 * has an information: s_g becomes L (1 - M_g)^(-1/2) inverse(L) s_g. For least squares this is X_g' (1 - H_gg)^(-1/2) e_g, the CR2 of
 * Bell & McCaffrey; for one row a group it is HC2. The power is a series where M is small, else made by eigenvalues.
 * With u = inverse(L) c, B = (1 - M_g)^(-1/2): D_g = u' B M B u, v_g = M B u; the squared estimate has mean sum(D_g - v_g' v_g) and the
 * Satterthwaite degrees of freedom are its square over sum(D_g^2 - 2 D_g v_g' v_g) + |sum v_g v_g'|^2, under the model's own variance.
 * Weakness: for generalised linear models other roots of 1 - H_gg are in use (clubSandwich takes one that depends on the order of the working
 * weights); they differ in terms of the order of the squared leverage.
 */
#include "fit/after/adjusted.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "fit/small.h"

#include <math.h>
#include <string.h>

#define MOST_BLOCKS ((size_t)64)
#define MOST_PARTS ((size_t)1 << 25)      /* doubles of all blocks' sums */
static const double SMALL = 0.2;          /* norm of M below which a series of at most 25 terms is used */
static const double NOTHING_LEFT = 1e-10; /* 1 - eigenvalue: the group fits itself */

typedef struct adjusting {
    const mlab_row_parts *parts;
    const mlab_row_groups *groups;
    mlab_adjustment adjustment;
    double *influence;
    bool wants_df;
    const double *contrasts; /* [n * q] row j: inverse(L) of parameter j of the design's columns */
    size_t n_blocks, part;
    double *sums; /* [n_blocks * part]: of each parameter D - v'v, D^2 - 2 D v'v, v v' [q * q]; then saturated groups */
} adjusting;

typedef struct room {
    double *score, *information, *m, *vectors, *values, *v, *power, *work; /* m, vectors [q * q] */
} room;

static size_t room_size(size_t n, size_t q)
{
    return n + n * n + 2 * q * q + 4 * q + n;
}

static room room_of(double *memory, size_t n, size_t q)
{
    room r;
    r.score = memory;
    r.information = r.score + n;
    r.m = r.information + n * n;
    r.vectors = r.m + q * q;
    r.values = r.vectors + q * q;
    r.v = r.values + q;
    r.power = r.v + q;
    r.work = r.power + q;
    return r;
}

/* m = inverse(L) I inverse(L'), from the upper triangle of the group's information; returns its Frobenius norm, which no eigenvalue exceeds. */
static double whiten(const mlab_row_parts *parts, const double *information, double *m)
{
    size_t n = parts->n_parameters, q = parts->q;
    double square = 0;
    for (size_t a = 0; a < q; a++)
        for (size_t b = a; b < q; b++) m[a * q + b] = m[b * q + a] = information[parts->free[a] * n + parts->free[b]];
    for (int side = 0; side < 2; side++) {
        for (size_t a = 0; a < q; a++) mlab_small_solve_lower(parts->factor, q, m + a * q);
        for (size_t a = 0; a < q; a++)
            for (size_t b = 0; b < a; b++) {
                double swap = m[a * q + b];
                m[a * q + b] = m[b * q + a];
                m[b * q + a] = swap;
            }
    }
    for (size_t a = 0; a < q; a++) {
        square += m[a * q + a] * m[a * q + a];
        for (size_t b = 0; b < a; b++) {
            m[a * q + b] = m[b * q + a] = (m[a * q + b] + m[b * q + a]) / 2;
            square += 2 * m[a * q + b] * m[a * q + b];
        }
    }
    return sqrt(square);
}

static void times(const double *m, const double *x, size_t q, double *out)
{
    for (size_t a = 0; a < q; a++) {
        double sum = 0;
        for (size_t b = 0; b < q; b++) sum += m[a * q + b] * x[b];
        out[a] = sum;
    }
}

/* x = (1 - m)^power x. With by_values: m's eigenvalues in values, their weights already made. */
static void apply(const adjusting *work, const room *r, bool by_values, double norm, double *x)
{
    size_t q = work->parts->q;
    if (by_values) {
        for (size_t k = 0; k < q; k++) {
            double sum = 0;
            for (size_t a = 0; a < q; a++) sum += r->vectors[a * q + k] * x[a];
            r->power[k] = sum * r->values[k];
        }
        times(r->vectors, r->power, q, x);
        return;
    }
    double c = 1, bound = 1;
    memcpy(r->power, x, q * sizeof *x);
    for (int k = 0; bound > 1e-17 && k < 60; k++) {
        times(r->m, r->power, q, r->work);
        memcpy(r->power, r->work, q * sizeof *x);
        c *= work->adjustment == MLAB_ADJUST_HALF ? (2.0 * k + 1) / (2 * k + 2) : 1;
        for (size_t a = 0; a < q; a++) x[a] += c * r->power[a];
        bound *= norm;
    }
}

/* Eigenvalues of m to weights (1 - value)^power; true when some direction has nothing left: it gets 0. */
static bool decompose(const adjusting *work, const room *r, double *copy)
{
    size_t q = work->parts->q;
    bool saturated = false;
    memcpy(copy, r->m, q * q * sizeof *copy);
    mlab_small_eigen(copy, q, r->vectors);
    for (size_t k = 0; k < q; k++) {
        double left = 1 - copy[k * q + k];
        saturated = saturated || left < NOTHING_LEFT;
        r->values[k] = left < NOTHING_LEFT ? 0 : work->adjustment == MLAB_ADJUST_HALF ? 1 / sqrt(left) : 1 / left;
    }
    return saturated;
}

static void add_degrees(const adjusting *work, const room *r, bool by_values, double norm, double *part)
{
    size_t n = work->parts->n_parameters, q = work->parts->q;
    for (size_t j = 0; j < n; j++) {
        double *sums = part + j * (2 + q * q), d = 0, square = 0;
        memcpy(r->v, work->contrasts + j * q, q * sizeof *r->v);
        apply(work, r, by_values, norm, r->v);
        times(r->m, r->v, q, r->work);
        for (size_t a = 0; a < q; a++) {
            d += r->v[a] * r->work[a];
            square += r->work[a] * r->work[a];
        }
        sums[0] += d - square;
        sums[1] += d * d - 2 * d * square;
        for (size_t a = 0; a < q; a++)
            for (size_t b = 0; b < q; b++) sums[2 + a * q + b] += r->work[a] * r->work[b];
    }
}

static mlab_status adjust_group(adjusting *work, mlab_row_reader *reader, size_t g, const room *r, double *part, mlab_error *err)
{
    const mlab_row_parts *parts = work->parts;
    size_t n = parts->n_parameters, q = parts->q;
    bool adjusts = work->adjustment != MLAB_ADJUST_NONE, by_values = false;
    double norm = 0, *into = work->influence + g * n;
    memset(r->score, 0, n * sizeof *r->score);
    memset(r->information, 0, n * n * sizeof *r->information);
    for (size_t k = work->groups->start[g]; k < work->groups->start[g + 1]; k++) {
        mlab_status status = mlab_row_add(reader, work->groups->order[k], r->score, adjusts ? r->information : NULL, err);
        if (status) return status;
    }
    for (size_t a = 0; a < q; a++) r->v[a] = r->score[parts->free[a]];
    mlab_small_solve_lower(parts->factor, q, r->v);
    if (adjusts) {
        norm = whiten(parts, r->information, r->m);
        by_values = !(norm < SMALL);
        if (by_values && decompose(work, r, r->information)) part[work->part - 1]++;
        apply(work, r, by_values, norm, r->v);
    }
    mlab_small_solve_upper(parts->factor, q, r->v);
    memset(into, 0, n * sizeof *into);
    for (size_t a = 0; a < q; a++) into[parts->free[a]] = r->v[a];
    mlab_row_outward(parts, into);
    if (work->wants_df) add_degrees(work, r, by_values, norm, part);
    return MLAB_OK;
}

static mlab_status adjust_block(void *arg, size_t block, void *scratch, mlab_error *err)
{
    adjusting *work = arg;
    size_t n_groups = work->groups->n_groups, first = block * n_groups / work->n_blocks, last = (block + 1) * n_groups / work->n_blocks;
    room r = room_of(scratch, work->parts->n_parameters, work->parts->q);
    mlab_row_reader reader;
    mlab_status status = mlab_row_reader_make(work->parts, &reader, err);
    if (status) return status;
    for (size_t g = first; g < last && !status; g++) status = adjust_group(work, &reader, g, &r, work->sums + block * work->part, err);
    mlab_row_reader_free(&reader);
    return status;
}

static void finish_degrees(const adjusting *work, const double *sums, double *df)
{
    size_t q = work->parts->q;
    for (size_t j = 0; j < work->parts->n_parameters; j++) {
        const double *own = sums + j * (2 + q * q);
        double square = own[1];
        for (size_t k = 0; k < q * q; k++) square += own[2 + k] * own[2 + k];
        df[j] = square > 0 ? own[0] * own[0] / square : 0;
    }
}

/* Row j: what parameter j of the design is of the free parameters of the engine, whitened. */
static void make_contrasts(const mlab_row_parts *parts, double *contrasts, double *v)
{
    size_t n = parts->n_parameters, q = parts->q;
    for (size_t a = 0; a < q; a++) {
        memset(v, 0, n * sizeof *v);
        v[parts->free[a]] = 1;
        mlab_row_outward(parts, v);
        for (size_t j = 0; j < n; j++) contrasts[j * q + a] = v[j];
    }
    for (size_t j = 0; j < n; j++) mlab_small_solve_lower(parts->factor, q, contrasts + j * q);
}

mlab_status mlab_adjusted_influence(const mlab_row_parts *parts, const mlab_row_groups *groups, mlab_adjustment adjustment, double *influence,
                                    double *df, size_t *saturated, mlab_error *err)
{
    size_t n = parts->n_parameters, q = parts->q;
    adjusting work = {.parts = parts, .groups = groups, .adjustment = adjustment, .influence = influence, .wants_df = df != NULL};
    work.part = 1 + (df ? n * (2 + q * q) : 0);
    size_t most = MOST_PARTS / work.part;
    work.n_blocks = groups->n_groups < MOST_BLOCKS ? groups->n_groups : MOST_BLOCKS;
    if (work.n_blocks > most) work.n_blocks = most ? most : 1;
    mlab_status status = MLAB_OK;
    double *contrasts = mlab_allocate(parts->context, n, (q + 1) * sizeof *contrasts),
           *total = mlab_allocate(parts->context, work.part, sizeof *total);
    work.sums = mlab_allocate(parts->context, work.n_blocks, work.part * sizeof *work.sums);
    if (!contrasts || !total || !work.sums) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the leverage of %zu groups", groups->n_groups);
        goto out;
    }
    make_contrasts(parts, contrasts, contrasts + n * q);
    work.contrasts = contrasts;
    status = mlab_parallel_blocks(parts->context, NULL, work.n_blocks, room_size(n, q) * sizeof(double), adjust_block, &work, err);
    if (status) goto out;
    mlab_sum_blocks(work.sums, work.n_blocks, work.part, total);
    if (saturated) *saturated = (size_t)total[work.part - 1];
    if (df) finish_degrees(&work, total, df);
out:
    mlab_release(parts->context, contrasts);
    mlab_release(parts->context, total);
    mlab_release(parts->context, work.sums);
    return status;
}
