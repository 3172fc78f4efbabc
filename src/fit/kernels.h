/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over a tile of rows: the inner loops of all fits, with the same bits at every instruction set.
 *
 * A tile holds MLAB_TILE rows column by column: column j of x begins at x + j * MLAB_TILE. n is a multiple of 8; rows beyond the
 * data hold zeros. Every sum is kept in 8 lanes (row i in lane i % 8) that are added in one fixed order. */
#ifndef MLAB_FIT_KERNELS_H
#define MLAB_FIT_KERNELS_H

#include "mentorlab/core.h"

#define MLAB_TILE ((size_t)512)
#define MLAB_LANES ((size_t)8)
#define MLAB_SINGLES ((size_t)16) /* lanes of numbers of half the width */

/* A level of an ordered response: the thresholds around it (-+1e300 at the ends), and of the gap between them the log of 1 - exp(-gap),
 * 1 / (exp(gap) - 1) and exp(gap) / (exp(gap) - 1)^2 (0 at the ends). */
typedef struct mlab_ordinal_level {
    double low, high, log_share, slope, bend;
} mlab_ordinal_level;

/* Derivatives of the log-likelihood of each row by its upper and lower threshold and by eta; second ones with the sign changed. */
typedef struct mlab_ordinal_derivatives {
    double *upper, *lower, *score, *upper_upper, *lower_lower, *upper_lower, *curvature;
} mlab_ordinal_derivatives;

typedef struct mlab_kernels {
    /* out[i] += sum over j of b[j] x[j][i] */
    void (*predict)(const double *x, size_t p, const double *b, size_t n, double *out);
    /* into[j] += sum over i of x[j][i] u[i] */
    void (*project)(const double *x, size_t p, const double *u, size_t n, double *into);
    /* The same in half the width for each of m arrays u, lane by lane: into[k][j * MLAB_LANES + l] += sum over i with i % 8 = l of
     * x[j * stride + i] u[k][i]. n is a multiple of 16; the products of a call are summed as floats: right to 1e-7 of the largest, times the root of
     * n. */
    void (*project_each)(const float *x, size_t stride, size_t p, const float *const *u, size_t m, size_t n, double *const *into);
    /* out[i] = a[i]; any n */
    void (*widen)(const uint16_t *a, size_t n, double *out);
    void (*widen_single)(const uint16_t *a, size_t n, float *out);
    /* into[j * stride + k] += sum over i of w[i] x[j][i] x[k][i] for k >= j; wx [MLAB_TILE] is scratch */
    void (*cross)(const double *x, size_t p, const double *w, size_t n, double *into, size_t stride, double *wx);
    /* sum of a[i] b[i] */
    double (*dot)(const double *a, const double *b, size_t n);
    /* sum of a[i] */
    double (*sum)(const double *a, size_t n);
    /* a[i] becomes a[i] w[i], and 0 where w[i] is 0 whatever a[i] is; any n */
    void (*weigh)(double *a, const double *w, size_t n);
    /* A logit of two categories, any n: below[i] = 1 + exp(-|eta|), ahead[i] such that the log-likelihood is ahead - log(below); score and
     * curvature by eta, or both NULL. ahead NULL: neither it nor below is wanted. */
    void (*logit)(const double *eta, const int32_t *category, size_t n, double *below, double *ahead, double *score, double *curvature);
    /* A cumulative logit, any n: below[i] and ahead[i] as of logit; category y lies between table[y].low and table[y].high. into NULL: no
     * derivatives. scratch [2 * MLAB_TILE]. */
    void (*ordinal)(const double *eta, const int32_t *category, size_t n, const mlab_ordinal_level *table, double *scratch, double *below,
                    double *ahead, const mlab_ordinal_derivatives *into);
    /* out[i] = a[i] where category[i] is t, b[i] where it is t + 1, else 0; any n. */
    void (*pick)(const int32_t *category, int32_t t, const double *a, const double *b, size_t n, double *out);
    /* Sum of log a[i] for 1 <= a[i] <= 4 and n <= MLAB_TILE, by eight logarithms; any n. */
    double (*log_product)(const double *a, size_t n);
    /* A hazard without an event, any n: rate[i] = exp(eta), its log-likelihood and score -rate. */
    void (*no_event)(const double *eta, size_t n, double *rate, double *log_likelihood, double *score);
    /* out[i] = from[i] - centre; of whole numbers; of 1 where codes[i] is code, else 0; any n. */
    void (*reals)(const double *from, size_t n, double centre, double *out);
    void (*wholes)(const int32_t *from, size_t n, double centre, double *out);
    void (*level)(const int32_t *codes, int32_t code, size_t n, double centre, double *out);
    /* score[i] = weight[i] (category[i] - P), P by the logit of eta[i]: the score of a logit of two categories alone; any n. */
    void (*logit_score)(const double *eta, const int32_t *category, const double *weight, size_t n, double *score);
    /* upper[i] += high[level[i]] x[i], lower[i] += low[level[i]] x[i]; any n */
    void (*look_up)(const int32_t *level, const double *x, size_t n, const double *high, const double *low, double *upper, double *lower);
    /* A cumulative logit by its two ends, divided by exp(scale) (NULL = 1), any n; 1e100 and -1e100: there is none. The log-likelihood, not a number
     * where upper <= lower; parts, unless NULL: those of mlab_level_part, each [MLAB_TILE]. */
    void (*level_logit)(const double *upper, const double *lower, const double *scale, size_t n, double *log_likelihood, double *parts);
    /* sum[j] += risk[i] x[i][j] and square[j * p + k] += risk[i] x[i][j] x[i][k] for k <= j: n rows of p columns side by side, in their order. */
    void (*add_rows)(const double *x, size_t p, const double *risk, size_t n, double *sum, double *square);
    /* Asks for n bytes that will be read soon. */
    void (*fetch)(const void *from, size_t n);
} mlab_kernels;

const mlab_kernels *mlab_kernels_of(const mlab_context *context);

extern const mlab_kernels mlab_kernels_generic, mlab_kernels_avx2, mlab_kernels_avx512;

#endif
