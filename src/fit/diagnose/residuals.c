/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Randomised quantile residuals (Dunn & Smyth 1996, doi:10.1080/10618600.1996.10474708) and the score of responses drawn from the fit.
 *
 * A residual is the distribution function of the fit at the response, drawn evenly over its step where there is one: uniform when the model is right.
 * Its largest distance from uniform is Kolmogorov's D; p by Marsaglia's formula for large n, sqrt(n) D (1 + 0.12 / sqrt(n) + 0.11 / n) (Stephens
 * 1970). Responses drawn from the fit have a score of mean zero at its estimates: the sum of 40 such scores has the covariance of 40 informations.
 * That tests the program, not the data. Weakness: the parameters are estimated from the same rows, which makes D smaller than its p takes it to be;
 * rows of one person are not independent, which makes it larger. */
#include "fit/after/simulated.h"
#include "fit/diagnose/folds.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/small.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCORES = 40 };
static const double SURPRISING = 0.001;
static const double NOTABLE = 0.02; /* distance from uniform that matters */

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

void mlab_sort_numbers(double *numbers, size_t n)
{
    qsort(numbers, n, sizeof *numbers, by_size);
}

/* P(sqrt(n) D > x) for large n. */
double mlab_kolmogorov(double d, double n)
{
    double root = sqrt(n), x = d * (root + 0.12 + 0.11 / root), sum = 0;
    if (x < 0.2) return 1;
    for (int k = 1; k < 100; k++) {
        double term = exp(-2.0 * k * k * x * x);
        sum += k % 2 ? term : -term;
        if (term < 1e-16) break;
    }
    return fmin(1, fmax(0, 2 * sum));
}

double mlab_distance_from_uniform(double *u, size_t n)
{
    double distance = 0;
    mlab_sort_numbers(u, n);
    for (size_t i = 0; i < n; i++) distance = fmax(distance, fmax(u[i] - (double)i / (double)n, (double)(i + 1) / (double)n - u[i]));
    return distance;
}

mlab_status mlab_diagnose_residuals(mlab_diagnosing *d, mlab_error *err)
{
    size_t n = d->prepared->problem->n;
    if (mlab_diagnosing_mixed(d)) return mlab_diagnose_residuals_mixed(d, err);
    mlab_expected expected = {0};
    if (!mlab_engine_of(d->prepared) || !d->prepared->model->predict) return MLAB_OK;
    mlab_status status = mlab_expected_make(d->context, d->prepared, d->fit, &expected, err);
    if (status) return status;
    double *u = mlab_allocate(d->context, n, sizeof *u), distance = 0;
    if (!u) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu residuals", n);
    for (size_t i = 0; i < n && !status; i++) {
        mlab_address address = {.seed = 1, .entity = (uint32_t)i, .purpose = MLAB_PURPOSE_DIAGNOSE};
        double below, up_to;
        mlab_expected_below(&expected, i, &below, &up_to);
        u[i] = below + mlab_random_uniform(&address, 0) * (up_to - below);
    }
    if (!status) {
        distance = mlab_distance_from_uniform(u, n);
        double p = mlab_kolmogorov(distance, (double)n);
        bool doubt = p < SURPRISING && distance > NOTABLE;
        status = mlab_diagnose_add(
            d, doubt, "residuals", "", distance, p, err,
            doubt ? "Quantile residuals are not uniform (largest distance %.3f): the model's distribution does not fit the responses."
                  : "Quantile residuals are as good as uniform (largest distance %.3f).",
            distance);
    }
    mlab_release(d->context, u);
    mlab_expected_free(&expected);
    return status;
}

/* --- score ------------------------------------------------------------------------------------------------------- */

/* What the squared score is over that of the tiles, which know a shape but not a residual variance. */
static double scale_of(const mlab_fit *fit)
{
    return fit->residual_variance > 0 ? 1 / fit->residual_variance : 1;
}

static mlab_status sum_scores(mlab_diagnosing *d, const mlab_expected *expected, mlab_simulated *simulated, double *b, double *score, double *sums,
                              mlab_error *err)
{
    size_t n = d->fit->n_parameters;
    double *information = score + n, value;
    if (d->fit->shape > 0) simulated->engine.shape = d->fit->shape;
    for (uint32_t r = 0; r < SCORES; r++) {
        mlab_address address = {.seed = 1, .draw = r + 1, .purpose = MLAB_PURPOSE_DIAGNOSE};
        mlab_pass pass = {d->context, &simulated->engine, NULL, 1, false};
        mlab_status status = mlab_simulated_draw(simulated, expected, &address, err);
        if (!status) status = mlab_pass_evaluate(&pass, b, &value, score, information, err);
        if (status) return status;
        for (size_t k = 0; k < n + n * n; k++) sums[k] += score[k];
    }
    return MLAB_OK;
}

/* S' inverse(I) S over the parameters that are estimated; their number in *df, 0 when I is not definite. */
static double quadratic(const mlab_fit *fit, double *sums, double *room, size_t *df)
{
    size_t n = fit->n_parameters, q = 0;
    double value = 0;
    for (size_t j = 0; j < n; j++)
        if (!fit->aliased[j]) q++;
    double *matrix = room, *s = room + q * q;
    size_t a = 0;
    for (size_t j = 0; j < n; j++) {
        if (fit->aliased[j]) continue;
        size_t c = 0;
        for (size_t k = 0; k < n; k++)
            if (!fit->aliased[k]) matrix[a * q + c++] = sums[n + j * n + k];
        s[a++] = sums[j];
    }
    *df = mlab_small_factor(matrix, q) ? q : 0;
    if (*df == 0) return 0;
    mlab_small_solve_lower(matrix, q, s);
    for (size_t j = 0; j < q; j++) value += s[j] * s[j];
    return value;
}

mlab_status mlab_diagnose_score(mlab_diagnosing *d, mlab_error *err)
{
    const mlab_fit *fit = d->fit;
    size_t n = fit->n_parameters, df = 0, size = n + n * n;
    mlab_expected expected = {0};
    mlab_simulated simulated = {0};
    if (d->prepared->problem->n_random && (d->prepared->model->marks & MLAB_MODEL_MIXED)) return mlab_diagnose_score_mixed(d, err);
    if (!mlab_engine_of(d->prepared) || !d->prepared->model->predict || d->prepared->problem->weight) return MLAB_OK;
    double *b = mlab_allocate(d->context, n + 2 * size + n, sizeof *b);
    mlab_status status = b ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu parameters", n);
    if (!status) status = mlab_expected_make(d->context, d->prepared, fit, &expected, err);
    if (!status) status = mlab_simulated_make(d->context, &expected, &simulated, err);
    if (!status) {
        memcpy(b, fit->estimate, n * sizeof *b);
        mlab_engine_inward(d->prepared->own, b);
        status = sum_scores(d, &expected, &simulated, b, b + n, b + n + size, err);
    }
    if (!status) {
        double statistic = scale_of(fit) * quadratic(fit, b + n + size, b + n, &df), p = df ? gsl_cdf_chisq_Q(statistic, (double)df) : -1;
        if (df)
            status = mlab_diagnose_add(
                d, p < SURPRISING, "score", "", statistic, p, err,
                p < SURPRISING
                    ? "Self-test failed: responses drawn from this fit have a score that is not zero in the mean (p = %.2g); please report it."
                    : "Self-test passed: responses drawn from this fit have a score of zero in the mean (p = %.2g).",
                p);
    }
    mlab_simulated_free(&simulated);
    mlab_expected_free(&expected);
    mlab_release(d->context, b);
    return status;
}
