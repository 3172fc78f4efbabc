/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits symmetric on a scale without bounds: logarithm of positive numbers, logit of probabilities, log(-log) of survival, as
 * curves have it. Weakness: none at the ends of a range, where the scale has no value. */
#include "fit/after/limits.h"
#include "fit/after/after.h"

#include <math.h>
#include <string.h>

mlab_range mlab_range_of(const mlab_fit *fit, mlab_scale scale)
{
    const mlab_model *model = mlab_model_find(fit->model);
    if (scale == MLAB_SCALE_LINK) return MLAB_RANGE_ALL;
    if (mlab_scale_is_time(scale)) return MLAB_RANGE_POSITIVE;
    if (scale == MLAB_SCALE_SURVIVAL) return MLAB_RANGE_SURVIVAL;
    if (scale == MLAB_SCALE_INCIDENCE) return MLAB_RANGE_INCIDENCE;
    if (scale != MLAB_SCALE_RESPONSE || !model || !(model->marks & MLAB_MODEL_NUMBER)) return MLAB_RANGE_PROBABILITY;
    return strcmp(fit->model, "linear") == 0 ? MLAB_RANGE_ALL : MLAB_RANGE_POSITIVE;
}

void mlab_limits(mlab_range range, double value, double step, double *lower, double *upper)
{
    if (range == MLAB_RANGE_ALL) {
        *lower = value - step;
        *upper = value + step;
    } else if (range == MLAB_RANGE_POSITIVE && value > 0) {
        *lower = value * exp(-step / value);
        *upper = value * exp(step / value);
    } else if (range == MLAB_RANGE_PROBABILITY && value > 0 && value < 1) {
        double eta = log(value / (1 - value)), by = step / (value * (1 - value));
        *lower = 1 / (1 + exp(by - eta));
        *upper = 1 / (1 + exp(-by - eta));
    } else if (range == MLAB_RANGE_SURVIVAL && value > 0 && value < 1) {
        double by = step / (value * -log(value));
        *lower = pow(value, exp(by));
        *upper = pow(value, exp(-by));
    } else if (range == MLAB_RANGE_INCIDENCE && value > 0 && value < 1) {
        mlab_limits(MLAB_RANGE_SURVIVAL, 1 - value, step, upper, lower);
        *lower = 1 - *lower;
        *upper = 1 - *upper;
    }
}

int mlab_by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double mlab_quantile(const double *sorted, size_t n, double at)
{
    double place = at * (double)(n - 1);
    size_t low = (size_t)place;
    return low + 1 < n ? sorted[low] + (place - (double)low) * (sorted[low + 1] - sorted[low]) : sorted[n - 1];
}
