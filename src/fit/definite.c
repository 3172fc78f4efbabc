/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariances and informations that must be positive definite, and are told or mended where they are not.
 *
 * Where a likelihood is not concave Newton would go down: a multiple of the diagonal is added until the information is positive definite (Levenberg
 * 1944, doi:10.1090/qam/10666). Weakness: steps become shorter, so such a fit takes more of them. */
#include "fit/model.h"

#include <math.h>
#include <string.h>

/* Whether a pivot of the Cholesky factor is negative beyond rounding; work [n * n]. */
static bool indefinite(const double *information, size_t n, const uint8_t *fixed, double add, double *factor)
{
    memcpy(factor, information, n * n * sizeof *factor);
    for (size_t j = 0; j < n; j++) {
        if (fixed && fixed[j]) continue;
        double diagonal = factor[j * n + j] + add * fabs(information[j * n + j]), pivot = diagonal;
        for (size_t k = 0; k < j; k++)
            if (!(fixed && fixed[k])) pivot -= factor[j * n + k] * factor[j * n + k];
        if (pivot < -1e-9 * fabs(diagonal) || diagonal < 0) return true;
        double root = pivot > 1e-12 * diagonal ? sqrt(pivot) : 0;
        for (size_t i = j + 1; i < n; i++) {
            double sum = information[i * n + j];
            for (size_t k = 0; k < j; k++)
                if (!(fixed && fixed[k])) sum -= factor[i * n + k] * factor[j * n + k];
            factor[i * n + j] = root > 0 ? sum / root : 0;
        }
    }
    return false;
}

void mlab_make_definite(double *information, size_t n, const uint8_t *fixed, double *factor)
{
    double add = 0;
    for (int k = 0; k < 20 && indefinite(information, n, fixed, add, factor); k++) add = add == 0 ? 1e-3 : add * 4;
    for (size_t j = 0; add > 0 && j < n; j++) information[j * n + j] += add * fabs(information[j * n + j]);
}

size_t mlab_factor_covariance(double *a, size_t n, const uint8_t *fixed)
{
    for (size_t j = 0; j < n; j++) {
        double variance = a[j * n + j], left = variance;
        for (size_t k = 0; k < j; k++) {
            double sum = a[j * n + k];
            for (size_t m = 0; m < k; m++) sum -= a[j * n + m] * a[k * n + m];
            a[j * n + k] = fixed[j] || fixed[k] ? 0 : sum / a[k * n + k];
            left -= a[j * n + k] * a[j * n + k];
        }
        if (fixed[j]) continue;
        if (!(left > 1e-12 * variance)) return j;
        a[j * n + j] = sqrt(left);
    }
    return n;
}
