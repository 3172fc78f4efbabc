/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Average effects and predictions of fits to several imputations, by Rubin's rules: each line is pooled on its own, ratios by their logarithm, with
 * the degrees of freedom of Barnard & Rubin (1999, doi:10.1093/biomet/86.4.948). Weakness: levels are pooled on their own scale, and only their
 * limits are those of a scale without bounds. */
#include "fit/after/after.h"
#include "fit/after/limits.h"
#include "mentorlab/impute.h"

#include <math.h>
#include <string.h>

enum { MOST_FITS = 200 };

/* One number of all fits. */
typedef struct pooled {
    double value[MOST_FITS], variance[MOST_FITS];
    double mean, se, step; /* step: half of the interval, NaN = none */
} pooled;

static void pool(pooled *p, size_t n, const mlab_fit *first)
{
    double total = 0, df = 0, parameters = 0;
    bool known = true;
    for (size_t j = 0; j < first->n_parameters; j++) parameters += !first->aliased[j];
    for (size_t k = 0; k < n; k++) known = known && p->variance[k] > 0;
    double complete = first->cluster[0] ? (double)first->n_clusters - 1 : fmax((double)first->n_rows - parameters, 1);
    mlab_rubin(p->value, p->variance, n, complete, &p->mean, &total, &df, NULL);
    p->se = known ? sqrt(total) : 0;
    p->step = known && df > 0 ? p->se * mlab_t_quantile((1 + first->after->level) / 2, fmin(df, 1e9)) : NAN;
}

static bool same_lines(mlab_fit *const *fits, size_t n)
{
    const mlab_after *first = fits[0]->after;
    bool same = n <= MOST_FITS;
    for (size_t k = 1; k < n && same; k++) {
        const mlab_after *own = fits[k]->after;
        same = own && own->n_margins == first->n_margins && own->n_predictions == first->n_predictions;
        for (size_t m = 0; same && m < first->n_margins; m++)
            same = !strcmp(own->margins[m].what, first->margins[m].what) && !strcmp(own->margins[m].of, first->margins[m].of) &&
                   !strcmp(own->margins[m].measure, first->margins[m].measure) && own->margins[m].time == first->margins[m].time;
        for (size_t m = 0; same && m < first->n_predictions; m++) {
            const mlab_prediction *a = &own->predictions[m], *b = &first->predictions[m];
            same = !strcmp(a->profile, b->profile) && !strcmp(a->measure, b->measure) && !strcmp(a->of, b->of) && a->time == b->time;
        }
    }
    return same;
}

static void pool_margins(mlab_fit *const *fits, size_t n, pooled *p)
{
    for (size_t m = 0; m < fits[0]->after->n_margins; m++) {
        mlab_margin *to = &fits[0]->after->margins[m];
        bool ratio = mlab_margin_is_ratio(to);
        for (size_t k = 0; k < n; k++) {
            const mlab_margin *from = &fits[k]->after->margins[m];
            p->value[k] = ratio ? log(from->effect) : from->effect;
            p->variance[k] = isfinite(from->lower) ? from->se * from->se : 0; /* an effect without an interval has no error to pool */
        }
        pool(p, n, fits[0]);
        to->effect = ratio ? exp(p->mean) : p->mean;
        to->se = p->se;
        to->lower = ratio ? exp(p->mean - p->step) : p->mean - p->step;
        to->upper = ratio ? exp(p->mean + p->step) : p->mean + p->step;
    }
}

static mlab_range range_of(const mlab_fit *fit, const mlab_prediction *p)
{
    for (int k = 0; mlab_scale_name(k) && strcmp(p->measure, "level") == 0; k++)
        if (strcmp(mlab_scale_name(k), p->scale) == 0) return mlab_range_of(fit, (mlab_scale)k);
    return MLAB_RANGE_ALL;
}

static void pool_predictions(mlab_fit *const *fits, size_t n, pooled *p)
{
    for (size_t m = 0; m < fits[0]->after->n_predictions; m++) {
        mlab_prediction *to = &fits[0]->after->predictions[m];
        bool ratio = strcmp(to->measure, "ratio") == 0;
        for (size_t k = 0; k < n; k++) {
            const mlab_prediction *from = &fits[k]->after->predictions[m];
            p->value[k] = ratio ? log(from->value) : from->value;
            p->variance[k] = isfinite(from->lower) ? from->se * from->se : 0;
        }
        pool(p, n, fits[0]);
        to->value = ratio ? exp(p->mean) : p->mean;
        to->se = p->se;
        to->lower = to->upper = NAN;
        if (ratio) {
            to->lower = exp(p->mean - p->step);
            to->upper = exp(p->mean + p->step);
        } else if (p->step > 0) {
            mlab_limits(range_of(fits[0], to), to->value, p->step, &to->lower, &to->upper);
            bool mean_time = strcmp(to->measure, "level") == 0 && mlab_prediction_is_time(to);
            if (mean_time) to->upper = fmin(to->upper, to->time);
        }
    }
}

mlab_status mlab_after_pool(mlab_fit *const *fits, size_t n, mlab_error *err)
{
    pooled p = {0};
    if (!fits[0]->after) return MLAB_OK;
    if (!same_lines(fits, n)) {
        mlab_after_free(fits[0]->after);
        fits[0]->after = NULL;
        return mlab_fit_doubt(fits[0], MLAB_TRUSTED, err, "effects and predictions are left out: they are other ones in each imputation");
    }
    pool_margins(fits, n, &p);
    pool_predictions(fits, n, &p);
    return MLAB_OK;
}
