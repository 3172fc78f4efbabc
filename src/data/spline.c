/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Natural cubic splines with the basis of R's splines::ns: cubic B-splines (de Boor 1978, recursion 10.14) on the knots,
 * rotated so that the second derivatives at both boundary knots vanish (Hastie 1992, Statistical Models in S, ch. 7),
 * straight lines outside. Each basis function is written once as polynomials between knots, so that a value costs one
 * Horner scheme. Weakness: knots closer together than 1e-8 of the range lose digits in the local coefficients. */
#include "data/spline.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static void swap(double *a, double *b)
{
    double t = *a;
    *a = *b;
    *b = t;
}

/* Puts the k-th smallest at x[k], smaller ones before it (Hoare 1961, Algorithm 65; middle of three as pivot). */
static double nth(double *x, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (x[middle] < x[low]) swap(&x[middle], &x[low]);
        if (x[high] < x[low]) swap(&x[high], &x[low]);
        if (x[high] < x[middle]) swap(&x[high], &x[middle]);
        double pivot = x[middle];
        size_t i = low, j = high;
        while (i <= j) {
            while (x[i] < pivot) i++;
            while (pivot < x[j]) j--;
            if (i > j) break;
            swap(&x[i++], &x[j]);
            if (j == 0) break;
            j--;
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return x[k];
}

double mlab_quantile_reorder(double *x, size_t n, double p)
{
    double index = (double)(n - 1) * p;
    size_t low = (size_t)floor(index);
    if (low >= n - 1) return nth(x, n, n - 1);
    double a = nth(x, n, low), h = index - (double)low;
    if (h == 0) return a;
    double b = x[low + 1];
    for (size_t i = low + 2; i < n; i++) b = x[i] < b ? x[i] : b;
    return a == b ? a : (1 - h) * a + h * b;
}

/* Polynomials in u = x - t[j] of the four cubic B-splines j - 3 .. j that live on the interval t[j] .. t[j + 1]. */
static void local_polynomials(const double *t, int32_t j, double into[4][4])
{
    double now[4][4] = {{0}}, next[4][4];
    now[3][0] = 1; /* row r stands for spline j - 3 + r */
    for (int32_t order = 2; order <= 4; order++) {
        memset(next, 0, sizeof next);
        for (int32_t r = 4 - order; r < 4; r++) {
            int32_t i = j - 3 + r;
            double left = t[i + order - 1] - t[i], right = t[i + order] - t[i + 1];
            for (int q = 0; q < 4 && left > 0; q++) { /* (u + t[j] - t[i]) / left */
                next[r][q] += now[r][q] * ((t[j] - t[i]) / left);
                if (q < 3) next[r][q + 1] += now[r][q] / left;
            }
            for (int q = 0; q < 4 && right > 0 && r < 3; q++) { /* (t[i + order] - t[j] - u) / right */
                next[r][q] += now[r + 1][q] * ((t[i + order] - t[j]) / right);
                if (q < 3) next[r][q + 1] -= now[r + 1][q] / right;
            }
        }
        memcpy(now, next, sizeof now);
    }
    memcpy(into, now, sizeof now);
}

/* Second derivatives of the four splines j - 3 .. j at an end of the interval t[j] .. t[j + 1], by differences of their coefficients
 * (de Boor 1978, X(16)). Those that are zero come out as exact zeros: the sign of a reflection below must not hang on rounding. */
static void second_derivatives(const double *t, int32_t j, bool right, double into[4])
{
    for (int32_t r = 0; r < 4; r++) {
        double a[4] = {0};
        a[r] = 1;
        for (int32_t order = 3; order > 1; order--)
            for (int32_t i = 0; i < order; i++) a[i] = order * (a[i + 1] - a[i]) / (t[j + 1 + i] - t[j + 1 + i - order]);
        into[r] = a[right ? 1 : 0];
    }
}

/* Two Householder reflections that send the columns of a [n x 2] to the first two axes, as LINPACK's dqrdc. */
typedef struct reflections {
    int32_t n;
    double *v[2];
} reflections;

static void reflect(const double *v, int32_t from, int32_t n, double *b)
{
    double t = 0;
    for (int32_t i = from; i < n; i++) t += v[i] * b[i];
    t = -t / v[from];
    for (int32_t i = from; i < n; i++) b[i] += t * v[i];
}

static void make_reflections(reflections *h)
{
    for (int32_t l = 0; l < 2; l++) {
        double *v = h->v[l], norm = 0;
        for (int32_t i = l; i < h->n; i++) norm += v[i] * v[i];
        norm = copysign(sqrt(norm), v[l] != 0 ? v[l] : 1);
        for (int32_t i = l; i < h->n; i++) v[i] /= norm;
        v[l] += 1;
        if (l == 0) reflect(v, 0, h->n, h->v[1]);
    }
}

typedef struct builder {
    mlab_spline *spline;
    int32_t m;       /* B-splines */
    int32_t skipped; /* 1 without intercept: the first is left out */
    double *t;       /* [m + 4] */
    double *full;    /* [n_pieces * 4 * m] coefficients of the B-splines */
    reflections h;
} builder;

/* Column `end` of what must vanish: the second derivatives at the lower (0) or upper (1) boundary. */
static void set_constraints(builder *b, int32_t interval, int end)
{
    double second[4];
    second_derivatives(b->t, interval, end == 1, second);
    for (int32_t r = 0; r < 4; r++)
        if (interval - 3 + r >= b->skipped) b->h.v[end][interval - 3 + r - b->skipped] = second[r];
}

static void fill_pieces(builder *b)
{
    mlab_spline *s = b->spline;
    int32_t k = 1, m = b->m;
    int32_t first_interval = 0, last_interval = 0;
    for (int32_t j = 3; j < m; j++) {
        double p[4][4];
        if (!(b->t[j + 1] > b->t[j])) continue;
        if (k == 1) first_interval = j;
        last_interval = j;
        local_polynomials(b->t, j, p);
        for (int q = 0; q < 4; q++)
            for (int r = 0; r < 4; r++) b->full[(k * 4 + q) * m + j - 3 + r] = p[r][q];
        s->origin[k] = b->t[j];
        s->breaks[k - 1] = b->t[j];
        k++;
    }
    set_constraints(b, first_interval, 0);
    set_constraints(b, last_interval, 1);
    int32_t last = k - 1;
    double length = s->boundary[1] - s->origin[last];
    s->breaks[k - 1] = s->boundary[1];
    s->origin[0] = s->boundary[0];
    s->origin[k] = s->boundary[1];
    for (int32_t j = 0; j < m; j++) {
        const double *c = b->full + last * 4 * m + j;
        b->full[j] = b->full[4 * m + j];
        b->full[m + j] = b->full[5 * m + j];
        b->full[k * 4 * m + j] = c[0] + length * (c[m] + length * (c[2 * m] + length * c[3 * m]));
        b->full[(k * 4 + 1) * m + j] = c[m] + length * (2 * c[2 * m] + length * 3 * c[3 * m]);
    }
}

static void rotate(builder *b, double *row)
{
    mlab_spline *s = b->spline;
    make_reflections(&b->h);
    for (int32_t k = 0; k < s->n_pieces * 4; k++) {
        memcpy(row, b->full + k * b->m + b->skipped, (size_t)b->h.n * sizeof *row);
        reflect(b->h.v[0], 0, b->h.n, row);
        reflect(b->h.v[1], 1, b->h.n, row);
        memcpy(s->coefficients + k * s->n_basis, row + 2, (size_t)s->n_basis * sizeof *row);
    }
}

static mlab_status check(const double *knots, int32_t n_knots, const double boundary[2], mlab_error *err)
{
    if (!(boundary[1] > boundary[0])) return mlab_raise(err, MLAB_ERR_ARGUMENT, "the boundary knots of a spline do not ascend");
    for (int32_t i = 0; i < n_knots; i++)
        if (!(knots[i] >= boundary[0] && knots[i] <= boundary[1]) || (i && knots[i] < knots[i - 1]))
            return mlab_raise(err, MLAB_ERR_ARGUMENT, "knot %d of a spline lies outside its boundary or does not ascend", i + 1);
    return MLAB_OK;
}

mlab_status mlab_spline_make(const mlab_context *context, const double *knots, int32_t n_knots, const double boundary[2], bool intercept,
                             mlab_spline *spline, mlab_error *err)
{
    *spline = (mlab_spline){.context = context, .n_knots = n_knots, .boundary = {boundary[0], boundary[1]}, .intercept = intercept};
    mlab_status status = check(knots, n_knots, boundary, err);
    if (status) return status;
    builder b = {.spline = spline, .m = n_knots + 4, .skipped = intercept ? 0 : 1};
    size_t m = (size_t)b.m;
    b.h.n = b.m - b.skipped;
    spline->n_basis = b.h.n - 2;
    spline->n_pieces = 3;
    for (int32_t i = 0; i < n_knots; i++) spline->n_pieces += knots[i] > (i ? knots[i - 1] : boundary[0]) && knots[i] < boundary[1];
    size_t pieces = (size_t)spline->n_pieces;
    b.t = mlab_allocate(context, m + 4, sizeof *b.t);
    b.full = mlab_allocate(context, pieces * 4 * m, sizeof *b.full);
    double *work = mlab_allocate(context, 3 * m, sizeof *work);
    spline->knots = mlab_allocate(context, (size_t)n_knots, sizeof *spline->knots);
    spline->breaks = mlab_allocate(context, pieces, sizeof *spline->breaks);
    spline->origin = mlab_allocate(context, pieces, sizeof *spline->origin);
    spline->coefficients = mlab_allocate(context, pieces * 4 * (size_t)spline->n_basis, sizeof *spline->coefficients);
    if (!b.t || !b.full || !work || !spline->knots || !spline->breaks || !spline->origin || !spline->coefficients) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a spline of %d knots", n_knots);
        mlab_spline_free(spline);
        goto out;
    }
    b.h.v[0] = work;
    b.h.v[1] = work + m;
    if (n_knots) memcpy(spline->knots, knots, (size_t)n_knots * sizeof *knots);
    for (size_t i = 0; i < m + 4; i++) b.t[i] = i < 4 ? boundary[0] : i >= m ? boundary[1] : knots[i - 4];
    fill_pieces(&b);
    rotate(&b, work + 2 * m);
out:
    mlab_release(context, b.t);
    mlab_release(context, b.full);
    mlab_release(context, work);
    return status;
}

void mlab_spline_free(mlab_spline *spline)
{
    if (!spline->context) return;
    mlab_release(spline->context, spline->knots);
    mlab_release(spline->context, spline->breaks);
    mlab_release(spline->context, spline->origin);
    mlab_release(spline->context, spline->coefficients);
    spline->knots = spline->breaks = spline->origin = spline->coefficients = NULL;
}
