/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A symmetric positive definite matrix of fixed pattern. Sparse: L D L' by CHOLMOD (Chen, Davis, Hager & Rajamanickam 2008,
 * doi:10.1145/1391989.1391995) with an ordering by approximate minimum degree; the inverse on the pattern of L by the equations of Takahashi
 * (Erisman & Tinney 1975, doi:10.1145/360680.360704). Dense: fit/mixed/dense.c.
 * Weakness: CHOLMOD asks the C library for its memory, not the context's allocator.
 */
#include "fit/mixed/sparse.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/mixed/dense.h"

#include <cholmod.h>
#include <math.h>
#include <string.h>

static const double DENSE = 0.3; /* of the triangle filled, by the pattern or by its factor */
enum { SMALL = 64, MOST_DENSE = 12000 };

struct mlab_sparse {
    const mlab_context *context;
    size_t n, *first;
    uint32_t *row;
    bool dense, started;
    double *values;   /* dense [n * n] column by column; sparse: those of `a` */
    double *inverse;  /* at the places */
    double *selected; /* the inverse at the entries of L */
    double *work;     /* [2 n] */
    size_t *back, *mark;
    cholmod_common common;
    cholmod_sparse *a;
    cholmod_factor *l;
};

void mlab_sparse_free(mlab_sparse *s)
{
    if (!s) return;
    if (s->started) {
        cholmod_l_free_factor(&s->l, &s->common);
        cholmod_l_free_sparse(&s->a, &s->common);
        cholmod_l_finish(&s->common);
    }
    void *const memory[] = {s->first, s->row, s->dense ? s->values : NULL, s->inverse, s->selected, s->work, s->back, s->mark};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mlab_release(s->context, memory[i]);
    mlab_release(s->context, s);
}

/* --- made ------------------------------------------------------------------------------------------------------- */

static double filled(const mlab_sparse *s, double entries)
{
    return entries / (0.5 * (double)s->n * ((double)s->n + 1));
}

static mlab_status no_memory(const mlab_sparse *s, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a matrix of %zu random effects", s->n);
}

static mlab_status analyse(mlab_sparse *s, mlab_error *err)
{
    cholmod_common *c = &s->common;
    size_t entries = s->first[s->n];
    s->started = cholmod_l_start(c);
    if (!s->started) return no_memory(s, err);
    c->print = 0;
    c->supernodal = CHOLMOD_SIMPLICIAL;
    c->final_ll = 0;
    c->nmethods = 1;
    c->method[0].ordering = CHOLMOD_AMD;
    s->a = cholmod_l_allocate_sparse(s->n, s->n, entries, 1, 1, -1, CHOLMOD_REAL, c);
    if (!s->a) return no_memory(s, err);
    SuiteSparse_long *p = s->a->p, *i = s->a->i;
    for (size_t j = 0; j <= s->n; j++) p[j] = (SuiteSparse_long)s->first[j];
    for (size_t k = 0; k < entries; k++) i[k] = (SuiteSparse_long)s->row[k];
    s->values = s->a->x;
    memset(s->values, 0, entries * sizeof *s->values);
    s->l = cholmod_l_analyze(s->a, c);
    return s->l ? MLAB_OK : no_memory(s, err);
}

mlab_status mlab_sparse_make(const mlab_context *context, size_t n, size_t *first, uint32_t *row, mlab_sparse **out, mlab_error *err)
{
    *out = NULL;
    mlab_sparse *s = mlab_allocate(context, 1, sizeof *s);
    if (!s) {
        mlab_release(context, first);
        mlab_release(context, row);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a matrix of %zu random effects", n);
    }
    *s = (mlab_sparse){.context = context, .n = n, .first = first, .row = row};
    mlab_status status = MLAB_OK;
    s->dense = n <= SMALL || (n <= MOST_DENSE && filled(s, (double)first[n]) > DENSE);
    if (!s->dense) {
        status = analyse(s, err);
        if (!status && n <= MOST_DENSE && filled(s, s->common.lnz) > DENSE) {
            cholmod_l_free_factor(&s->l, &s->common);
            cholmod_l_free_sparse(&s->a, &s->common);
            s->dense = true;
            s->values = NULL;
        }
    }
    s->work = mlab_allocate(context, n, 2 * sizeof *s->work);
    s->back = mlab_allocate(context, n, sizeof *s->back);
    s->mark = mlab_allocate(context, n, sizeof *s->mark);
    if (s->dense) s->values = mlab_allocate(context, n, n * sizeof *s->values);
    s->inverse = mlab_allocate(context, s->dense ? n : 1, (s->dense ? n : first[n]) * sizeof *s->inverse);
    if (!status && (!s->work || !s->back || !s->mark || !s->values || !s->inverse)) status = no_memory(s, err);
    if (!status && !s->dense)
        for (size_t k = 0; k < n; k++) s->back[((SuiteSparse_long *)s->l->Perm)[k]] = k;
    if (status) {
        mlab_sparse_free(s);
        s = NULL;
    }
    *out = s;
    return status;
}

size_t mlab_sparse_place(const mlab_sparse *s, size_t row, size_t column)
{
    if (s->dense) return column * s->n + row;
    size_t low = s->first[column], high = s->first[column + 1] - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->row[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t mlab_sparse_size(const mlab_sparse *s)
{
    return s->dense ? s->n * s->n : s->first[s->n];
}

size_t mlab_sparse_column(const mlab_sparse *s, size_t column, size_t *place, const uint32_t **row)
{
    *place = s->dense ? column * (s->n + 1) : s->first[column];
    *row = s->dense ? NULL : s->row + s->first[column];
    return s->dense ? s->n - column : s->first[column + 1] - s->first[column];
}

double *mlab_sparse_values(mlab_sparse *s)
{
    return s->values;
}

const double *mlab_sparse_inverse(const mlab_sparse *s)
{
    return s->inverse;
}

bool mlab_sparse_is_dense(const mlab_sparse *s)
{
    return s->dense;
}

void mlab_sparse_clear(mlab_sparse *s)
{
    memset(s->values, 0, mlab_sparse_size(s) * sizeof *s->values);
}

/* --- factor and solve ------------------------------------------------------------------------------------------- */

mlab_status mlab_sparse_factor(mlab_sparse *s, bool *definite, double *log_det, mlab_error *err)
{
    *definite = false;
    *log_det = 0;
    if (s->dense) {
        mlab_status status = mlab_dense_factor(s->context, s->values, s->n, definite, err);
        for (size_t j = 0; *definite && j < s->n; j++) *log_det += 2 * log(s->values[j * s->n + j]);
        return status;
    }
    int done = cholmod_l_factorize(s->a, s->l, &s->common);
    if (s->common.status == CHOLMOD_OUT_OF_MEMORY || s->common.status == CHOLMOD_TOO_LARGE) return no_memory(s, err);
    if (!done || s->l->minor < s->n) return MLAB_OK;
    const SuiteSparse_long *p = s->l->p;
    const double *x = s->l->x;
    for (size_t j = 0; j < s->n; j++) {
        if (!(x[p[j]] > 0)) return MLAB_OK;
        *log_det += log(x[p[j]]);
    }
    *definite = true;
    return MLAB_OK;
}

void mlab_sparse_solve(const mlab_sparse *s, double *b, double *room)
{
    if (s->dense) {
        mlab_dense_solve(s->values, s->n, b);
        return;
    }
    const SuiteSparse_long *p = s->l->p, *i = s->l->i, *nz = s->l->nz, *perm = s->l->Perm;
    const double *x = s->l->x;
    for (size_t k = 0; k < s->n; k++) room[k] = b[perm[k]];
    for (size_t j = 0; j < s->n; j++)
        for (SuiteSparse_long k = p[j] + 1; k < p[j] + nz[j]; k++) room[i[k]] -= x[k] * room[j];
    for (size_t j = s->n; j-- > 0;) {
        room[j] /= x[p[j]];
        for (SuiteSparse_long k = p[j] + 1; k < p[j] + nz[j]; k++) room[j] -= x[k] * room[i[k]];
    }
    for (size_t k = 0; k < s->n; k++) b[perm[k]] = room[k];
}

void mlab_sparse_spread(const mlab_sparse *s, double *z, double *room)
{
    if (s->dense) {
        for (size_t j = s->n; j-- > 0;) {
            const double *column = s->values + j * s->n;
            double sum = z[j];
            for (size_t i = j + 1; i < s->n; i++) sum -= column[i] * z[i];
            z[j] = sum / column[j];
        }
        return;
    }
    const SuiteSparse_long *p = s->l->p, *i = s->l->i, *nz = s->l->nz, *perm = s->l->Perm;
    const double *x = s->l->x;
    for (size_t j = s->n; j-- > 0;) {
        room[j] = z[perm[j]] / sqrt(x[p[j]]);
        for (SuiteSparse_long k = p[j] + 1; k < p[j] + nz[j]; k++) room[j] -= x[k] * room[i[k]];
    }
    for (size_t k = 0; k < s->n; k++) z[perm[k]] = room[k];
}

/* --- the inverse on the pattern ---------------------------------------------------------------------------------- */

/* Column j of the inverse at the rows of column j of L, those after it done. */
static void select_column(mlab_sparse *s, size_t j)
{
    const SuiteSparse_long *p = s->l->p, *i = s->l->i, *nz = s->l->nz;
    const double *x = s->l->x;
    double *z = s->selected, *work = s->work, *mine = s->work + s->n, own = 1 / x[p[j]];
    SuiteSparse_long from = p[j] + 1, to = p[j] + nz[j];
    for (SuiteSparse_long k = from; k < to; k++) s->mark[i[k]] = j + 1, work[i[k]] = 0, mine[i[k]] = x[k];
    for (SuiteSparse_long k = from; k < to; k++) {
        size_t column = (size_t)i[k];
        double sum = x[k] * z[p[column]];
        for (SuiteSparse_long e = p[column] + 1; e < p[column] + nz[column]; e++) {
            size_t r = (size_t)i[e];
            if (s->mark[r] != j + 1) continue;
            work[r] += x[k] * z[e];
            sum += mine[r] * z[e];
        }
        work[column] += sum;
    }
    for (SuiteSparse_long k = from; k < to; k++) {
        z[k] = -work[i[k]];
        own -= x[k] * z[k];
    }
    z[p[j]] = own;
}

static double entry_of(const mlab_sparse *s, size_t a, size_t b)
{
    const SuiteSparse_long *p = s->l->p, *i = s->l->i, *nz = s->l->nz;
    size_t column = a < b ? a : b, row = a < b ? b : a;
    SuiteSparse_long low = p[column], high = p[column] + nz[column] - 1;
    while (low < high) {
        SuiteSparse_long middle = (low + high) / 2;
        if ((size_t)i[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return s->selected[low];
}

mlab_status mlab_sparse_invert(mlab_sparse *s, mlab_error *err)
{
    if (s->dense) return mlab_dense_invert(s->context, s->values, s->n, s->inverse, err);
    double *selected = mlab_reallocate(s->context, s->selected, s->l->nzmax, sizeof *selected);
    if (!selected) return no_memory(s, err);
    s->selected = selected;
    memset(s->mark, 0, s->n * sizeof *s->mark);
    for (size_t j = s->n; j-- > 0;) select_column(s, j);
    for (size_t j = 0; j < s->n; j++)
        for (size_t k = s->first[j]; k < s->first[j + 1]; k++) s->inverse[k] = entry_of(s, s->back[s->row[k]], s->back[j]);
    return MLAB_OK;
}
