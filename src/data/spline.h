/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Natural cubic splines as tables of polynomials, one table for each piece between knots. */
#ifndef MLAB_DATA_SPLINE_H
#define MLAB_DATA_SPLINE_H

#include "mentorlab/core.h"

/* Piece k covers breaks[k - 1] <= x < breaks[k]; piece 0 lies below breaks[0], the last above the last break; both are
 * straight lines. Basis j at x is the sum over q of coefficients[(k * 4 + q) * n_basis + j] * (x - origin[k])^q. */
typedef struct mlab_spline {
    const mlab_context *context;
    int32_t n_knots; /* inner ones, as given */
    double *knots;
    double boundary[2];
    bool intercept;
    int32_t n_basis;      /* n_knots + 1 + intercept */
    int32_t n_pieces;     /* different knots + 1 */
    double *breaks;       /* [n_pieces - 1] ascending, the boundary knots included */
    double *origin;       /* [n_pieces] */
    double *coefficients; /* [n_pieces * 4 * n_basis] */
} mlab_spline;

/* The basis of R's splines::ns(knots = , Boundary.knots = , intercept = ). knots ascend within the boundary.
 * Errors: MLAB_ERR_ARGUMENT (boundary not ascending, a knot outside), MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_spline_make(const mlab_context *context, const double *knots, int32_t n_knots, const double boundary[2],
                                           bool intercept, mlab_spline *spline, mlab_error *err);
void mlab_spline_free(mlab_spline *spline); /* twice is fine */

/* into[j] = basis j at x; [n_basis] */
static inline void mlab_spline_at(const mlab_spline *spline, double x, double *into)
{
    int32_t k = 0, n = spline->n_basis;
    while (k < spline->n_pieces - 1 && x >= spline->breaks[k]) k++;
    const double *c = spline->coefficients + (size_t)k * 4 * (size_t)n;
    double u = x - spline->origin[k];
    for (int32_t j = 0; j < n; j++) into[j] = c[j] + u * (c[n + j] + u * (c[2 * n + j] + u * c[3 * n + j]));
}

/* Quantile of type 7 (Hyndman & Fan 1996, doi:10.2307/2684934), as R's quantile(): n >= 1, 0 <= p <= 1; reorders x. */
double mlab_quantile_reorder(double *x, size_t n, double p);

#endif
