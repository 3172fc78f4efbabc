/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one source of the kernels, compiled once for each instruction set; MLAB_KERNELS is the name of the table it defines.
 * The file that includes it has the type lanes (MLAB_LANES numbers) with lanes_at, lanes_zero, lanes_add_product and lanes_store;
 * products and sums are rounded apart in all. */
#include "core/elementary_kernel.h"
#include "fit/kernels.h"

static inline double sum_lanes(lanes sum)
{
    double a[MLAB_LANES];
    lanes_store(a, sum);
    return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

static inline void dot_four(const double *restrict u, const double *restrict x, size_t n, double *restrict into)
{
    lanes a = lanes_zero(), b = a, c = a, d = a;
    for (size_t i = 0; i < n; i += MLAB_LANES) {
        lanes ui = lanes_at(u + i);
        a = lanes_add_product(a, ui, lanes_at(x + i));
        b = lanes_add_product(b, ui, lanes_at(x + MLAB_TILE + i));
        c = lanes_add_product(c, ui, lanes_at(x + 2 * MLAB_TILE + i));
        d = lanes_add_product(d, ui, lanes_at(x + 3 * MLAB_TILE + i));
    }
    into[0] += sum_lanes(a);
    into[1] += sum_lanes(b);
    into[2] += sum_lanes(c);
    into[3] += sum_lanes(d);
}

static inline void dot_two(const double *restrict u, const double *restrict x, size_t n, double *restrict into)
{
    lanes a = lanes_zero(), b = a;
    for (size_t i = 0; i < n; i += MLAB_LANES) {
        lanes ui = lanes_at(u + i);
        a = lanes_add_product(a, ui, lanes_at(x + i));
        b = lanes_add_product(b, ui, lanes_at(x + MLAB_TILE + i));
    }
    into[0] += sum_lanes(a);
    into[1] += sum_lanes(b);
}

static double dot(const double *restrict u, const double *restrict x, size_t n)
{
    lanes a = lanes_zero();
    for (size_t i = 0; i < n; i += MLAB_LANES) a = lanes_add_product(a, lanes_at(u + i), lanes_at(x + i));
    return sum_lanes(a);
}

static void project(const double *restrict x, size_t p, const double *restrict u, size_t n, double *restrict into)
{
    size_t j = 0;
    for (; j + 4 <= p; j += 4) dot_four(u, x + j * MLAB_TILE, n, into + j);
    for (; j + 2 <= p; j += 2) dot_two(u, x + j * MLAB_TILE, n, into + j);
    if (j < p) into[j] += dot(u, x + j * MLAB_TILE, n);
}

/* Columns taken together, and arrays: as many sums as there are registers for. */
#ifdef MLAB_WIDE_REGISTERS
enum { COLUMNS = 4, ARRAYS = 4 };
#else
enum { COLUMNS = 2, ARRAYS = 2 };
#endif

/* columns <= COLUMNS, arrays <= ARRAYS, both known when this is compiled */
static inline void add_products(size_t columns, size_t arrays, const float *x, size_t stride, const float *const *u, size_t n, size_t at,
                                double *const *into)
{
    singles sum[ARRAYS][COLUMNS];
    for (size_t k = 0; k < arrays; k++)
        for (size_t j = 0; j < columns; j++) sum[k][j] = singles_zero();
    for (size_t i = 0; i < n; i += MLAB_SINGLES)
        for (size_t k = 0; k < arrays; k++) {
            singles uk = singles_at(u[k] + i);
            for (size_t j = 0; j < columns; j++) sum[k][j] = singles_add_product(sum[k][j], uk, singles_at(x + j * stride + i));
        }
    for (size_t k = 0; k < arrays; k++)
        for (size_t j = 0; j < columns; j++) singles_add(into[k] + at + j * MLAB_LANES, sum[k][j]);
}

static void project_each(const float *restrict x, size_t stride, size_t p, const float *const *u, size_t m, size_t n, double *const *into)
{
    size_t j = 0, whole = m - m % ARRAYS;
    for (; j + COLUMNS <= p; j += COLUMNS)
        for (size_t k = 0; k < whole; k += ARRAYS) add_products(COLUMNS, ARRAYS, x + j * stride, stride, u + k, n, j * MLAB_LANES, into + k);
    for (; j + 2 <= p; j += 2)
        for (size_t k = 0; k < whole; k += ARRAYS) add_products(2, ARRAYS, x + j * stride, stride, u + k, n, j * MLAB_LANES, into + k);
    for (size_t k = 0; k < whole && j < p; k += ARRAYS) add_products(1, ARRAYS, x + j * stride, stride, u + k, n, j * MLAB_LANES, into + k);
    for (size_t k = whole; k < m; k++)
        for (j = 0; j < p; j++) add_products(1, 1, x + j * stride, stride, u + k, n, j * MLAB_LANES, into + k);
}

static void widen(const uint16_t *restrict a, size_t n, double *restrict out)
{
    _Pragma("omp simd") for (size_t i = 0; i < n; i++) out[i] = (double)(int32_t)a[i];
}

static void widen_single(const uint16_t *restrict a, size_t n, float *restrict out)
{
    _Pragma("omp simd") for (size_t i = 0; i < n; i++) out[i] = (float)(int32_t)a[i];
}

#ifdef MLAB_WIDE_REGISTERS
#include "fit/kernels_cross_body.h"

static void cross(const double *restrict x, size_t p, const double *restrict w, size_t n, double *restrict into, size_t stride, double *restrict wx)
{
    static void (*const apart[])(const double *, const double *, const double *, size_t, double *, size_t) = {cross_4x1, cross_4x2, cross_4x3,
                                                                                                              cross_4x4};
    static void (*const same[])(const double *, const double *, const double *, size_t, double *, size_t) = {cross_same_1, cross_same_2, cross_same_3,
                                                                                                             cross_same_4};
    (void)wx;
    for (size_t j = 0; j < p; j += 4) {
        const double *xj = x + j * MLAB_TILE;
        size_t left = p - j < 4 ? p - j : 4;
        same[left - 1](w, xj, xj, n, into + j * stride + j, stride);
        for (size_t k = j + 4; k < p; k += 4) apart[p - k < 4 ? p - k - 1 : 3](w, xj, x + k * MLAB_TILE, n, into + j * stride + k, stride);
    }
}
#else
static void cross(const double *restrict x, size_t p, const double *restrict w, size_t n, double *restrict into, size_t stride, double *restrict wx)
{
    for (size_t j = 0; j < p; j++) {
        const double *xj = x + j * MLAB_TILE;
        for (size_t i = 0; i < n; i++) wx[i] = w[i] * xj[i];
        project(xj, p - j, wx, n, into + j * stride + j);
    }
}
#endif

/* A group of four columns, and up to three more. */
static void predict_group(const double *restrict x, const double *restrict b, size_t more, size_t n, double *restrict out)
{
    const double *x0 = x, *x1 = x0 + MLAB_TILE, *x2 = x1 + MLAB_TILE, *x3 = x2 + MLAB_TILE, *x4 = x3 + MLAB_TILE, *x5 = x4 + MLAB_TILE;
    const double *x6 = x5 + MLAB_TILE;
    double b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3], b4 = more > 0 ? b[4] : 0, b5 = more > 1 ? b[5] : 0, b6 = more > 2 ? b[6] : 0;
    if (more == 0)
        for (size_t i = 0; i < n; i++) out[i] += (b0 * x0[i] + b1 * x1[i]) + (b2 * x2[i] + b3 * x3[i]);
    else if (more == 1)
        for (size_t i = 0; i < n; i++) out[i] = (out[i] + ((b0 * x0[i] + b1 * x1[i]) + (b2 * x2[i] + b3 * x3[i]))) + b4 * x4[i];
    else if (more == 2)
        for (size_t i = 0; i < n; i++) out[i] = ((out[i] + ((b0 * x0[i] + b1 * x1[i]) + (b2 * x2[i] + b3 * x3[i]))) + b4 * x4[i]) + b5 * x5[i];
    else
        for (size_t i = 0; i < n; i++)
            out[i] = (((out[i] + ((b0 * x0[i] + b1 * x1[i]) + (b2 * x2[i] + b3 * x3[i]))) + b4 * x4[i]) + b5 * x5[i]) + b6 * x6[i];
}

static void predict(const double *restrict x, size_t p, const double *restrict b, size_t n, double *restrict out)
{
    size_t j = 0;
    for (; j + 4 <= p; j += 4) {
        size_t more = p - j - 4 < 4 ? p - j - 4 : 0;
        predict_group(x + j * MLAB_TILE, b + j, more, n, out);
        j += more;
    }
    for (; j < p; j++) {
        const double *xj = x + j * MLAB_TILE;
        double bj = b[j];
        for (size_t i = 0; i < n; i++) out[i] += bj * xj[i];
    }
}

static double sum(const double *restrict a, size_t n)
{
    double s[MLAB_LANES] = {0};
    for (size_t i = 0; i < n; i += MLAB_LANES)
        for (size_t l = 0; l < MLAB_LANES; l++) s[l] += a[i + l];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

static void weigh(double *restrict a, const double *restrict w, size_t n)
{
    _Pragma("omp simd") for (size_t i = 0; i < n; i++)
    {
        double weighted = a[i] * w[i];
        a[i] = w[i] == 0 ? 0 : weighted;
    }
}

static void logit(const double *restrict eta, const int32_t *restrict category, size_t n, double *restrict below, double *restrict ahead,
                  double *restrict score, double *restrict curvature)
{
    _Pragma("omp simd") for (size_t i = 0; i < n; i++) below[i] = mlab_kernel_exp(-fabs(eta[i]));
    if (score) _Pragma("omp simd") for (size_t i = 0; i < n; i++)
        {
            double likelier = 1 / (1 + below[i]), other = below[i] * likelier; /* of the two categories */
            double one = eta[i] > 0 ? likelier : other, none = eta[i] > 0 ? other : likelier;
            score[i] = category[i] ? none : -one;
            curvature[i] = likelier * other;
        }
    if (!ahead) return;
    _Pragma("omp simd") for (size_t i = 0; i < n; i++)
    {
        double less = eta[i] > 0 ? -eta[i] : 0, more = eta[i] > 0 ? 0 : eta[i];
        ahead[i] = category[i] ? more : less;
        below[i] = 1 + below[i];
    }
}

static void ordinal_derive(const double *restrict eta, const int32_t *restrict category, size_t n, const mlab_ordinal_level *restrict table,
                           const double *restrict ta, const double *restrict tb, const mlab_ordinal_derivatives *into)
{
    double *restrict upper = into->upper, *restrict lower = into->lower, *restrict score = into->score, *restrict upper_upper = into->upper_upper;
    double *restrict lower_lower = into->lower_lower, *restrict upper_lower = into->upper_lower, *restrict curvature = into->curvature;
    _Pragma("omp simd") for (size_t i = 0; i < n; i++)
    {
        const mlab_ordinal_level *y = table + category[i];
        double a = y->high - eta[i], b = y->low - eta[i], qa = 1 / (1 + ta[i]), qb = 1 / (1 + tb[i]), sa = ta[i] * qa, sb = tb[i] * qb;
        double above = a > 0 ? sa : qa, below = b > 0 ? qb : sb; /* P(Y > y), P(Y < y) but for the gap */
        upper[i] = above + y->slope;
        lower[i] = -below - y->slope;
        score[i] = below - above;
        upper_upper[i] = qa * sa + y->bend;
        lower_lower[i] = qb * sb + y->bend;
        upper_lower[i] = -y->bend;
        curvature[i] = qa * sa + qb * sb;
    }
}

static void ordinal(const double *restrict eta, const int32_t *restrict category, size_t n, const mlab_ordinal_level *restrict table,
                    double *restrict scratch, double *restrict below, double *restrict ahead, const mlab_ordinal_derivatives *into)
{
    double *restrict ta = scratch, *restrict tb = scratch + MLAB_TILE;
    _Pragma("omp simd") for (size_t i = 0; i < n; i++) ta[i] = mlab_kernel_exp(-fabs(table[category[i]].high - eta[i]));
    _Pragma("omp simd") for (size_t i = 0; i < n; i++) tb[i] = mlab_kernel_exp(-fabs(table[category[i]].low - eta[i]));
    if (into) ordinal_derive(eta, category, n, table, ta, tb, into);
    _Pragma("omp simd") for (size_t i = 0; i < n; i++)
    {
        double a = table[category[i]].high - eta[i], b = table[category[i]].low - eta[i];
        ahead[i] = (a < 0 ? a : 0) - (b > 0 ? b : 0) + table[category[i]].log_share;
        below[i] = (1 + ta[i]) * (1 + tb[i]);
    }
}

static void pick(const int32_t *restrict category, int32_t t, const double *restrict a, const double *restrict b, size_t n, double *restrict out)
{
    _Pragma("omp simd") for (size_t i = 0; i < n; i++)
    {
        double next = category[i] == t + 1 ? b[i] : 0;
        out[i] = category[i] == t ? a[i] : next;
    }
}

static double log_product(const double *restrict a, size_t n)
{
    double s[MLAB_LANES] = {1, 1, 1, 1, 1, 1, 1, 1}, all = 0;
    size_t whole = n / MLAB_LANES * MLAB_LANES;
    for (size_t i = 0; i < whole; i += MLAB_LANES)
        for (size_t l = 0; l < MLAB_LANES; l++) s[l] *= a[i + l];
    for (size_t i = whole; i < n; i++) s[i - whole] *= a[i];
    for (size_t l = 0; l < MLAB_LANES; l++) all += mlab_kernel_log(s[l]);
    return all;
}

static void no_event(const double *restrict eta, size_t n, double *restrict rate, double *restrict log_likelihood, double *restrict score)
{
    _Pragma("omp simd") for (size_t i = 0; i < n; i++)
    {
        double h = mlab_kernel_exp(eta[i]);
        rate[i] = h;
        log_likelihood[i] = -h;
        score[i] = -h;
    }
}

static void reals(const double *restrict from, size_t n, double centre, double *restrict out)
{
    _Pragma("omp simd") for (size_t i = 0; i < n; i++) out[i] = from[i] - centre;
}

static void wholes(const int32_t *restrict from, size_t n, double centre, double *restrict out)
{
    _Pragma("omp simd") for (size_t i = 0; i < n; i++) out[i] = from[i] - centre;
}

static void level(const int32_t *restrict codes, int32_t code, size_t n, double centre, double *restrict out)
{
    const double one = 1 - centre, none = 0 - centre;
    _Pragma("omp simd") for (size_t i = 0; i < n; i++) out[i] = codes[i] == code ? one : none;
}

static void logit_score(const double *restrict eta, const int32_t *restrict category, const double *restrict weight, size_t n, double *restrict score)
{
    _Pragma("omp simd") for (size_t i = 0; i < n; i++) score[i] = weight[i] * ((double)category[i] - 1 / (1 + mlab_kernel_exp(-eta[i])));
}

#include "fit/kernels_rows_body.h"

static void fetch(const void *from, size_t n)
{
#ifdef MLAB_FETCH_LINE
    for (size_t at = 0; at < n; at += 64) MLAB_FETCH_LINE((const char *)from + at);
#else
    (void)from, (void)n;
#endif
}

static void look_up(const int32_t *restrict level, const double *restrict x, size_t n, const double *restrict high, const double *restrict low,
                    double *restrict upper, double *restrict lower)
{
    _Pragma("omp simd") for (size_t i = 0; i < n; i++)
    {
        upper[i] += high[level[i]] * x[i];
        lower[i] += low[level[i]] * x[i];
    }
}

/* What of a level's two ends is asked for again and again; P = F(a) F(-b) (1 - exp(b - a)). */
typedef struct level_at {
    double shrink, a, b, against, below, upper, lower, log_p;
} level_at;

static inline level_at level_at_ends(double u, double v, double shrink)
{
    double a = u * shrink, b = v * shrink;
    a = a > 1e150 ? 1e150 : a;
    b = b < -1e150 ? -1e150 : b;
    double ta = mlab_kernel_exp(-fabs(a)), tb = mlab_kernel_exp(-fabs(b)), less = mlab_kernel_expm1(b - a), inside = -less, apart = 1 + less;
    double qa = 1 / (1 + ta), qb = 1 / (1 + tb), by = 1 / inside;
    double against = (a > 0 ? ta : 1) * qa, below = (b > 0 ? 1 : tb) * qb; /* F(-a), F(b) */
    double over = b > 0 ? apart * qa : against, under = a < 0 ? apart * qb : below;
    double ahead = (a < 0 ? a : 0) - (b > 0 ? b : 0);
    return (level_at){shrink, a, b, against, below, over * (1 + tb) * by, under * (1 + ta) * by, mlab_kernel_log(inside * qa * qb) + ahead};
}

static void level_logit(const double *restrict upper, const double *restrict lower, const double *restrict scale, size_t n,
                        double *restrict log_likelihood, double *restrict parts)
{
    double shrink[MLAB_TILE];
    _Pragma("omp simd") for (size_t i = 0; i < n; i++) shrink[i] = scale ? mlab_kernel_exp(-scale[i]) : 1;
    if (!parts) {
        _Pragma("omp simd") for (size_t i = 0; i < n; i++) log_likelihood[i] = level_at_ends(upper[i], lower[i], shrink[i]).log_p;
        return;
    }
    double *restrict up = parts, *restrict low = up + MLAB_TILE, *restrict wide = low + MLAB_TILE, *restrict up_up = wide + MLAB_TILE;
    double *restrict up_low = up_up + MLAB_TILE, *restrict up_wide = up_low + MLAB_TILE, *restrict low_low = up_wide + MLAB_TILE;
    double *restrict low_wide = low_low + MLAB_TILE, *restrict wide_wide = low_wide + MLAB_TILE;
    _Pragma("omp simd") for (size_t i = 0; i < n; i++)
    {
        level_at at = level_at_ends(upper[i], lower[i], shrink[i]);
        double A = at.upper, B = at.lower, a = at.a, b = at.b, s = at.shrink;
        double uu = A * (A - (2 * at.against - 1)), vv = B * (B + (1 - 2 * at.below)), uv = -A * B;
        log_likelihood[i] = at.log_p;
        up[i] = s * A;
        low[i] = -s * B;
        wide[i] = b * B - a * A;
        up_up[i] = s * s * uu;
        up_low[i] = s * s * uv;
        low_low[i] = s * s * vv;
        up_wide[i] = s * (A - uu * a - uv * b);
        low_wide[i] = s * (-B - vv * b - uv * a);
        wide_wide[i] = b * B - a * A + a * a * uu + 2 * a * b * uv + b * b * vv;
    }
}

const mlab_kernels MLAB_KERNELS = {predict, project,     project_each, widen,       widen_single, cross,    dot,   sum,
                                   weigh,   logit,       ordinal,      pick,        log_product,  no_event, reals, wholes,
                                   level,   logit_score, look_up,      level_logit, add_rows,     fetch};
