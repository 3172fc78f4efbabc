/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cronbach's alpha, k / (k - 1) (1 - sum of the items' variances / variance of their sum) (Cronbach 1951, doi:10.1007/BF02310555), with
 * the interval 1 - (1 - alpha) F quantile at n - 1 and (n - 1)(k - 1) degrees of freedom (Feldt 1965, doi:10.1007/BF02289499).
 * Weakness: the interval rests on normal, equally correlated items; alpha is a lower bound of reliability and says nothing of whether
 * the items measure one thing. */
#include "data/reliability.h"
#include "core/error.h"
#include "core/memory.h"

#include <gsl/gsl_cdf.h>

mlab_status mlab_reliability_start(const mlab_context *context, size_t n_items, mlab_reliability_sums *sums, mlab_error *err)
{
    *sums = (mlab_reliability_sums){.n_items = n_items};
    sums->sum = mlab_allocate(context, n_items, sizeof *sums->sum);
    sums->squares = mlab_allocate(context, n_items, sizeof *sums->squares);
    if (sums->sum && sums->squares) return MLAB_OK;
    mlab_reliability_free(context, sums);
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the reliability of %zu items", n_items);
}

void mlab_reliability_free(const mlab_context *context, mlab_reliability_sums *sums)
{
    mlab_release(context, sums->sum);
    mlab_release(context, sums->squares);
    *sums = (mlab_reliability_sums){0};
}

void mlab_reliability_add(mlab_reliability_sums *sums, const double *answers)
{
    double total = 0;
    for (size_t k = 0; k < sums->n_items; k++) {
        sums->sum[k] += answers[k];
        sums->squares[k] += answers[k] * answers[k];
        total += answers[k];
    }
    sums->total += total;
    sums->total_squares += total * total;
    sums->n++;
}

static double variance(double sum, double squares, double n)
{
    return (squares - sum * sum / n) / (n - 1);
}

mlab_reliability mlab_reliability_of(const mlab_reliability_sums *sums, double level)
{
    mlab_reliability r = {.n = sums->n};
    const double n = (double)sums->n, k = (double)sums->n_items;
    if (sums->n < 3 || sums->n_items < 2) return r;
    double items = 0, whole = variance(sums->total, sums->total_squares, n);
    for (size_t i = 0; i < sums->n_items; i++) items += variance(sums->sum[i], sums->squares[i], n);
    if (!(whole > 0)) return r;
    r.found = true;
    r.alpha = k / (k - 1) * (1 - items / whole);
    r.lower = 1 - (1 - r.alpha) * gsl_cdf_fdist_Pinv(1 - (1 - level) / 2, n - 1, (n - 1) * (k - 1));
    r.upper = 1 - (1 - r.alpha) * gsl_cdf_fdist_Pinv((1 - level) / 2, n - 1, (n - 1) * (k - 1));
    return r;
}
