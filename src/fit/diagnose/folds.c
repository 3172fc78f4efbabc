/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calibration and discrimination by cross-validation: people (clusters) are put into ten folds by an addressed number, each fold is predicted from
 * a fit to the others.
 *
 * Discrimination: the share of pairs of a row with and one without the event that are ranked rightly (C; ties half), and the Brier score beside that
 * of the overall share (Steyerberg et al. 2010, doi:10.1097/EDE.0b013e3181c30fb2). Calibration: events expected over events seen, and the slope of a
 * logit of the event on the logit of its prediction (Cox 1958, doi:10.1093/biomet/45.3-4.562): below 1 predictions are too extreme. By group: the
 * level of a factor of the formula whose events lie furthest from what was predicted. Numbers: the share of the variance that is predicted. For
 * hazards all of it is within periods, so C is that of who leaves in a period among those still there. Weakness: rows of one person count as many;
 * ten folds have no error of their own here. Mixed models are in fit/diagnose/folds_mixed.c.
 */
#include "fit/diagnose/folds.h"
#include "fit/after/simulated.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "data/design_terms.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEW_EVENTS = 20, LEAST_CELL = 5 };
#define MOST_AVERAGED ((size_t)4)  /* predictors that effects are averaged over */
static const double OFF_GROUP = 4; /* standard deviations of a group's events */

static size_t cluster_of(const mlab_fit_problem *problem, size_t i)
{
    return problem->cluster ? problem->cluster[i] : i;
}

static mlab_status predict_fold(mlab_folds *f, uint8_t fold, double *weight, double *estimate, mlab_error *err)
{
    mlab_diagnosing *d = f->d;
    const mlab_fit_problem *problem = d->prepared->problem;
    size_t n_clusters = problem->cluster ? problem->n_clusters : problem->n;
    mlab_refit_weights weights = {.cluster = weight};
    mlab_refit_info info = {0};
    mlab_expected expected = {0};
    mlab_fit copy = *d->fit;
    for (size_t g = 0; g < n_clusters; g++) weight[g] = f->fold[g] != fold;
    mlab_status status = mlab_prepared_refit(d->context, d->prepared, &weights, d->fit->estimate, estimate, &info, err);
    if (status) return status;
    if (info.trust != MLAB_TRUSTED) {
        f->usable = false;
        return MLAB_OK;
    }
    copy.estimate = estimate; /* read only */
    if ((status = mlab_expected_make(d->context, d->prepared, &copy, &expected, err))) return status;
    for (size_t i = 0; i < f->n; i++)
        if (f->fold[cluster_of(problem, i)] == fold) memcpy(f->value + i * f->width, expected.value + i * f->width, f->width * sizeof *f->value);
    mlab_expected_free(&expected);
    return MLAB_OK;
}

/* --- events ------------------------------------------------------------------------------------------------------- */

typedef struct scored {
    double p;
    bool event;
} scored;

static int by_p(const void *a, const void *b)
{
    const scored *x = a, *y = b;
    return x->p < y->p ? -1 : x->p > y->p ? 1 : (int)x->event - (int)y->event;
}

/* C of sorted rows. */
static double concordance(const scored *rows, size_t n)
{
    double events = 0, none = 0, right = 0;
    for (size_t i = 0; i < n;) {
        double own_events = 0, own_none = 0, p = rows[i].p;
        for (; i < n && rows[i].p == p; i++) *(rows[i].event ? &own_events : &own_none) += 1;
        right += own_events * none + own_events * own_none / 2;
        events += own_events;
        none += own_none;
    }
    return right / (events * none);
}

/* Slope of a logit of the event on the logit of p, by Newton steps. */
static double slope_of(const scored *rows, size_t n)
{
    double a = 0, b = 1;
    for (int step = 0; step < 30; step++) {
        double u0 = 0, u1 = 0, i00 = 0, i01 = 0, i11 = 0;
        for (size_t i = 0; i < n; i++) {
            double p = fmin(fmax(rows[i].p, 1e-12), 1 - 1e-12), z = mlab_log(p) - mlab_log1p(-p), q = mlab_logistic(a + b * z), w = q * (1 - q);
            u0 += rows[i].event - q;
            u1 += (rows[i].event - q) * z;
            i00 += w;
            i01 += w * z;
            i11 += w * z * z;
        }
        double det = i00 * i11 - i01 * i01;
        if (!(det > 1e-9 * i00 * i11)) return -1;
        double da = (i11 * u0 - i01 * u1) / det, db = (i00 * u1 - i01 * u0) / det;
        a += da;
        b += db;
        if (fabs(da) + fabs(db) < 1e-9) return b;
    }
    return -1;
}

static mlab_status tell_groups(mlab_folds *f, const char *of, const scored *in_order, mlab_error *err)
{
    const mlab_fit_problem *problem = f->d->prepared->problem;
    size_t n_variables;
    const mlab_design_variable *variables = mlab_design_variables(problem->design, &n_variables);
    double worst = 0;
    char where[160] = "";
    for (size_t v = 0; v < n_variables; v++) {
        const mlab_column *column = variables[v].kind == MLAB_VARIABLE_FACTOR ? mlab_table_find(problem->table, variables[v].column) : NULL;
        if (!column || column->type != MLAB_COLUMN_FACTOR) continue;
        double *sums = mlab_allocate(f->d->context, (size_t)column->n_levels, 3 * sizeof *sums);
        if (!sums) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %d groups", column->n_levels);
        for (size_t i = 0; i < f->n; i++) {
            double *own = sums + 3 * column->as.integer[problem->rows ? problem->rows[i] : i];
            own[0] += in_order[i].event;
            own[1] += in_order[i].p;
            own[2] += in_order[i].p * (1 - in_order[i].p);
        }
        for (int32_t l = 0; l < column->n_levels; l++) {
            const double *own = sums + 3 * l;
            double z = own[1] >= LEAST_CELL && own[2] > 0 ? (own[0] - own[1]) / sqrt(own[2]) : 0;
            if (fabs(z) <= fabs(worst)) continue;
            worst = z;
            snprintf(where, sizeof where, "%.70s %.70s", variables[v].column, column->levels[l]);
        }
        mlab_release(f->d->context, sums);
    }
    if (!where[0]) return MLAB_OK;
    return mlab_diagnose_add(f->d, fabs(worst) > OFF_GROUP, "calibration by group", where, fabs(worst), -1, err,
                             "The group furthest from its prediction%s%s is %s: %.1f standard deviations too %s events.", of[0] ? " of " : "", of,
                             where, fabs(worst), worst > 0 ? "many" : "few");
}

/* Category k (0: any but the first) of rows; p made of the predictions. */
static mlab_status tell_events(mlab_folds *f, const char *of, size_t first, size_t last, int32_t category, mlab_error *err)
{
    const mlab_fit_problem *problem = f->d->prepared->problem;
    double events = 0, expected = 0, brier = 0;
    char about[160];
    scored *rows = mlab_allocate(f->d->context, f->n, sizeof *rows);
    if (!rows) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu predictions", f->n);
    for (size_t i = 0; i < f->n; i++) {
        for (size_t k = first; k <= last; k++) rows[i].p += f->value[i * f->width + k];
        rows[i].event = category ? problem->category[i] == category : problem->category[i] > 0;
        events += rows[i].event;
        expected += rows[i].p;
        brier += (rows[i].event - rows[i].p) * (rows[i].event - rows[i].p);
    }
    mlab_status status = MLAB_OK;
    double n = (double)f->n, share = events / n, none = n * share * (1 - share);
    if (events >= FEW_EVENTS && n - events >= FEW_EVENTS) {
        if (!f->given[0]) status = tell_groups(f, of, rows, err);
        snprintf(about, sizeof about, "%s%s%s", f->about, f->about[0] && of[0] ? ": " : "", of);
        qsort(rows, f->n, sizeof *rows, by_p);
        double c = concordance(rows, f->n), slope = slope_of(rows, f->n);
        if (!status)
            status = mlab_diagnose_add(
                f->d, c < 0.5, "discrimination", about, c, -1, err,
                "Of people it has not seen%s%s%s, the model ranks %.0f of 100 pairs rightly (C %.3f); Brier score %.4f, %.1f %% "
                "%s that of the overall share.",
                f->given, of[0] ? ", for " : "", of, 100 * c, c, brier / n, fabs(100 * (1 - brier / none)), brier > none ? "above" : "below");
        bool off = slope >= 0 && (slope < 0.7 || slope > 1.4);
        if (!status && slope >= 0)
            status = mlab_diagnose_add(f->d, off, "calibration", about, slope, -1, err,
                                       "On people it has not seen%s%s%s, %.0f events are expected where %.0f happened; slope %.2f%s.", f->given,
                                       of[0] ? ", for " : "", of, expected, events, slope,
                                       off ? slope < 1 ? ": predictions are too extreme" : ": predictions are too alike" : "");
    }
    mlab_release(f->d->context, rows);
    return status;
}

static mlab_status tell_numbers(mlab_folds *f, mlab_error *err)
{
    const mlab_fit_problem *problem = f->d->prepared->problem;
    const mlab_fit *fit = f->d->fit;
    bool log_mean = strcmp(fit->link, "log") == 0, log_number = strcmp(fit->model, "lognormal") == 0;
    double mean = 0, left = 0, all = 0;
    for (size_t i = 0; i < f->n; i++) mean += (log_number ? mlab_log(problem->number[i]) : problem->number[i]) / (double)f->n;
    for (size_t i = 0; i < f->n; i++) {
        double y = log_number ? mlab_log(problem->number[i]) : problem->number[i], e = log_mean ? mlab_exp(f->value[i]) : f->value[i];
        left += (y - e) * (y - e);
        all += (y - mean) * (y - mean);
    }
    if (!(all > 0)) return MLAB_OK;
    double r = 1 - left / all;
    return mlab_diagnose_add(f->d, r < 0, "prediction", f->about, r, -1, err,
                             "Of people it has not seen%s, the model predicts %.0f %% of the variance%s.", f->given, 100 * r,
                             r < 0 ? ": less than their mean would" : "");
}

static mlab_status tell(mlab_folds *f, mlab_error *err)
{
    const mlab_fit *fit = f->d->fit;
    if (f->d->prepared->model->marks & MLAB_MODEL_NUMBER) return tell_numbers(f, err);
    if (fit->n_levels) {
        char of[120];
        snprintf(of, sizeof of, "%s %.100s", fit->n_thresholds ? "above" : "other than", fit->levels[0]);
        return tell_events(f, of, 1, f->width - 1, 0, err);
    }
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < f->width && !status; k++) status = tell_events(f, f->width > 1 ? fit->blocks[k] : "", k, k, (int32_t)k + 1, err);
    return status;
}

/* Mixed models: averaged over all groups, and then given those that are known, which stand in the place of the others. */
static mlab_status tell_both(mlab_folds *f, mlab_error *err)
{
    mlab_status status = tell(f, err);
    if (status || !f->some_known) return status;
    double *averaged = f->value;
    f->value = f->known;
    f->known = averaged;
    f->given = " in groups that it has";
    f->about = "known groups";
    return tell(f, err);
}

mlab_status mlab_diagnose_folds(mlab_diagnosing *d, mlab_error *err)
{
    const mlab_fit_problem *problem = d->prepared->problem;
    bool numbers = d->prepared->model->marks & MLAB_MODEL_NUMBER;
    size_t n_clusters = problem->cluster ? problem->n_clusters : problem->n;
    bool mixed = problem->n_random && (d->prepared->model->marks & MLAB_MODEL_MIXED) && !problem->mode_errors;
    if ((!mlab_engine_of(d->prepared) && !mixed) || !d->prepared->model->predict || problem->weight || n_clusters < 2 * MLAB_FOLDS) return MLAB_OK;
    if (mixed && d->fit->n_blocks > MOST_AVERAGED)
        return mlab_diagnose_add(d, false, "cross-validation", "", -1, -1, err, "Not looked at: effects on more than %zu causes have no average.",
                                 MOST_AVERAGED);
    mlab_folds f = {.d = d, .n = problem->n, .usable = true, .given = "", .about = ""};
    f.width = numbers ? 1 : d->prepared->model->width(d->fit, MLAB_SCALE_RESPONSE, 0);
    f.fold = mlab_allocate(d->context, n_clusters, 1);
    f.value = mlab_allocate(d->context, f.n, f.width * sizeof *f.value);
    if (mixed) f.known = mlab_allocate(d->context, f.n, f.width * sizeof *f.known);
    double *weight = mlab_allocate(d->context, n_clusters + d->fit->n_parameters, sizeof *weight);
    mlab_status status = f.fold && f.value && weight && (f.known || !mixed)
                             ? MLAB_OK
                             : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the folds of %zu clusters", n_clusters);
    for (size_t g = 0; g < n_clusters && !status; g++) {
        mlab_address address = {.seed = 1, .entity = problem->cluster_id ? problem->cluster_id[g] : (uint32_t)g, .purpose = MLAB_PURPOSE_CROSS_FIT};
        f.fold[g] = (uint8_t)mlab_random_below(&address, 0, MLAB_FOLDS);
    }
    for (uint8_t k = 0; k < MLAB_FOLDS && f.usable && !status; k++)
        status = mixed ? mlab_folds_mixed(&f, k, err) : predict_fold(&f, k, weight, weight + n_clusters, err);
    if (!status && f.usable)
        status = tell_both(&f, err);
    else if (!status)
        status = mlab_diagnose_add(d, true, "cross-validation", "", -1, -1, err,
                                   "Without a tenth of the people the model cannot be fitted: some term hangs on a few of them.");
    mlab_release(d->context, f.fold);
    mlab_release(d->context, f.value);
    mlab_release(d->context, f.known);
    mlab_release(d->context, weight);
    return status;
}
