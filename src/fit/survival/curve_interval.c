/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals of a probability on three scales: log(-log), log, plain (Kalbfleisch & Prentice 2002, section 1.4).
 *
 * Weakness: at an estimate of exactly 0 or 1 no scale gives an interval; both ends are then the estimate, which says
 * "not known", not "certain". */
#include "fit/survival/curve.h"

#include <math.h>

void mlab_curve_interval(int kind, double z, double estimate, double se, double *lower, double *upper)
{
    *lower = *upper = estimate;
    if (!(se > 0) || estimate <= 0 || (kind == 0 && estimate >= 1)) return;
    if (kind == 0) {
        double half = z * se / (estimate * log(estimate)), middle = log(-log(estimate)); /* half < 0 */
        *lower = exp(-exp(middle - half));
        *upper = exp(-exp(middle + half));
    } else if (kind == 1) {
        *lower = estimate * exp(-z * se / estimate);
        *upper = fmin(estimate * exp(z * se / estimate), 1);
    } else {
        *lower = fmax(estimate - z * se, 0);
        *upper = fmin(estimate + z * se, 1);
    }
}
