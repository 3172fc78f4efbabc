/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Survival and cumulative incidence curves by group, with intervals.
 *
 * One event: Kaplan & Meier 1958 (doi:10.1080/01621459.1958.10501452). Several that compete: Aalen & Johansen 1978.
 * A row is one subject at risk in (start, time]; ties are ties of equal numbers. Rows are sorted once, in linear time, and each
 * curve is one sweep. Weakness: rows are taken as independent, so a person with several rows needs a bootstrap by person. */
#include "fit/survival/curve.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/order.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

static mlab_status check_row(size_t i, const double *start, const double *time, const int32_t *status, size_t n_causes, const double *weight,
                             mlab_error *err)
{
    if (!isfinite(time[i]) || (start && !isfinite(start[i])))
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "row %zu of a curve: the time is not a finite number", i + 1);
    if (start && !(start[i] < time[i]))
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "row %zu of a curve: start %g is not before time %g", i + 1, start[i], time[i]);
    if (status[i] < 0 || (size_t)status[i] > (n_causes ? n_causes : 1))
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "row %zu of a curve: status %d, allowed 0 to %zu", i + 1, (int)status[i],
                          n_causes ? n_causes : 1);
    if (weight && !(weight[i] >= 0 && isfinite(weight[i])))
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "row %zu of a curve: the weight is not a finite number of at least 0", i + 1);
    return MLAB_OK;
}

/* Puts rows [n] in order of group and `at`, ties by row; keys [n] is scratch. */
static mlab_status sort_rows(const mlab_context *context, uint64_t *keys, size_t n, const double *at, const int32_t *group, uint32_t *rows,
                             mlab_error *err)
{
    for (size_t k = 0; k < n; k++) keys[k] = mlab_order_of_real(at[rows[k]]);
    mlab_status status = mlab_order_by(context, keys, rows, n, err);
    if (status || !group) return status;
    for (size_t k = 0; k < n; k++) keys[k] = (uint64_t)group[rows[k]];
    return mlab_order_by(context, keys, rows, n, err);
}

static size_t distinct_times(const mlab_curve_rows *rows)
{
    size_t n = 0;
    for (size_t k = 0; k < rows->n; k++) n += k == 0 || rows->time[rows->by_time[k]] != rows->time[rows->by_time[k - 1]];
    return n;
}

static mlab_status start_curve(const mlab_context *context, const mlab_curve_rows *rows, size_t n_causes, mlab_curve *curve, mlab_error *err)
{
    size_t n = distinct_times(rows), wide = n_causes ? n_causes : 1;
    curve->n_causes = n_causes;
    curve->n_times = n;
    curve->group = mlab_copy_text(context, "");
    curve->time = mlab_allocate(context, n, sizeof *curve->time);
    curve->at_risk = mlab_allocate(context, n, sizeof *curve->at_risk);
    double **wides[] = {&curve->events, &curve->estimate, &curve->se, &curve->lower, &curve->upper};
    bool made = curve->group && curve->time && curve->at_risk;
    for (size_t j = 0; j < 5; j++) {
        *wides[j] = mlab_allocate(context, n, wide * sizeof **wides[j]);
        made = made && *wides[j];
    }
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a curve of %zu times", n);
    for (size_t k = 0, t = 0; k < rows->n; k++)
        if (k == 0 || rows->time[rows->by_time[k]] != curve->time[t - 1]) curve->time[t++] = rows->time[rows->by_time[k]];
    return MLAB_OK;
}

static void add_intervals(mlab_curve *curve, const mlab_fit_options *options)
{
    double z = gsl_cdf_ugaussian_Pinv(0.5 + options->level / 2);
    size_t wide = curve->n_causes ? curve->n_causes : 1;
    for (size_t i = 0; i < curve->n_times * wide; i++) {
        mlab_curve_interval(options->curve_interval, z, curve->estimate[i], curve->se[i], &curve->lower[i], &curve->upper[i]);
        /* at survival 0 the last defined upper end stays: it can only fall */
        if (curve->n_causes == 0 && curve->estimate[i] <= 0 && i > 0) curve->upper[i] = curve->upper[i - 1];
    }
}

/* Cuts the sorted rows into groups and makes a curve of each. */
static mlab_status fit_groups(const mlab_context *context, mlab_curve_rows all, const int32_t *group, size_t n_groups, size_t n_causes,
                              const mlab_fit_options *options, mlab_curve *curves, mlab_error *err)
{
    size_t first = 0;
    for (size_t g = 0; g < n_groups; g++) {
        size_t end = first;
        while (end < all.n && (!group || (size_t)group[all.by_time[end]] == g)) end++;
        mlab_curve_rows rows = all;
        rows.n = end - first;
        rows.by_time = all.by_time + first;
        rows.by_start = all.by_start ? all.by_start + first : NULL;
        mlab_status status = start_curve(context, &rows, n_causes, &curves[g], err);
        if (status) return status;
        if (n_causes == 0)
            mlab_curve_survival(&rows, &curves[g]);
        else if ((status = mlab_curve_incidence(context, &rows, &curves[g], err)))
            return status;
        add_intervals(&curves[g], options);
        first = end;
    }
    return MLAB_OK;
}

static mlab_status check_arguments(size_t n, const int32_t *group, size_t n_groups, const mlab_fit_options *options, mlab_error *err)
{
    if (n > UINT32_MAX) return mlab_raise(err, MLAB_ERR_OVERFLOW, "a curve of %zu rows, allowed up to 4,294,967,295", n);
    if (n_groups == 0 || (!group && n_groups > 1)) return mlab_raise(err, MLAB_ERR_ARGUMENT, "curves of %zu groups without their column", n_groups);
    if (!(options->level > 0 && options->level < 1) || options->curve_interval < 0 || options->curve_interval > 2)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "level %g and interval kind %d of a curve, allowed 0 to 1 and 0 to 2", options->level,
                          options->curve_interval);
    return MLAB_OK;
}

mlab_status mlab_curve_fit(const mlab_context *context, size_t n, const double *start, const double *time, const int32_t *status_of, size_t n_causes,
                           const int32_t *group, size_t n_groups, const double *weight, const mlab_fit_options *options, mlab_curve **out,
                           mlab_error *err)
{
    *out = NULL;
    if (n_causes == 1) n_causes = 0;
    mlab_status status = check_arguments(n, group, n_groups, options, err);
    if (status) return status;
    size_t kept = 0;
    uint32_t *by_time = mlab_allocate(context, n, sizeof *by_time);
    uint32_t *by_start = start ? mlab_allocate(context, n, sizeof *by_start) : NULL;
    uint64_t *keys = mlab_reallocate(context, NULL, n ? n : 1, sizeof *keys);
    mlab_curve *curves = mlab_allocate(context, n_groups, sizeof *curves);
    for (size_t g = 0; curves && g < n_groups; g++) curves[g].context = context;
    if (!by_time || (start && !by_start) || !keys || !curves) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for curves of %zu rows", n);
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        if (group && group[i] < 0) continue;
        if (group && (size_t)group[i] >= n_groups) {
            status = mlab_raise(err, MLAB_ERR_ARGUMENT, "row %zu of a curve: group %d of %zu", i + 1, (int)group[i], n_groups);
            goto out;
        }
        if ((status = check_row(i, start, time, status_of, n_causes, weight, err))) goto out;
        if (!weight || weight[i] > 0) by_time[kept++] = (uint32_t)i;
    }
    if (start) memcpy(by_start, by_time, kept * sizeof *by_start);
    if ((status = sort_rows(context, keys, kept, time, group, by_time, err))) goto out;
    if (start && (status = sort_rows(context, keys, kept, start, group, by_start, err))) goto out;
    status = fit_groups(context, (mlab_curve_rows){kept, by_time, by_start, start, time, status_of, weight}, group, n_groups, n_causes, options,
                        curves, err);
out:
    if (status && curves)
        mlab_curves_free(curves, n_groups);
    else
        *out = curves;
    mlab_release(context, keys);
    mlab_release(context, by_start);
    mlab_release(context, by_time);
    return status;
}

void mlab_curves_free(mlab_curve *curves, size_t n)
{
    if (!curves) return;
    for (size_t g = 0; g < n; g++) {
        mlab_curve *curve = &curves[g];
        void *parts[] = {curve->group, curve->time, curve->at_risk, curve->events, curve->estimate, curve->se, curve->lower, curve->upper};
        for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) mlab_release(curve->context, parts[j]);
    }
    if (n) mlab_release(curves[0].context, curves);
}
