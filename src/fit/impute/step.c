/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws the missing values of one column from its model given all others, with the model's parameters drawn first, so that imputations differ
 * by what is not known of the model too (Rubin 1987; van Buuren & Groothuis-Oudshoorn 2011, doi:10.18637/jss.v045.i03).
 *
 * Numbers: predictive mean matching (Little 1988, doi:10.1080/07350015.1988.10509663): of the five people whose prediction at the estimates is
 * nearest to the one at the drawn parameters, one gives the value, so that no value arises that nobody has; the donors are a bootstrap sample, so
 * that imputations differ where there are few of them (Rubin & Schenker 1986, doi:10.1080/01621459.1986.10478280). Categories: logit, cumulative or
 * multinomial logit. A model that is separated or does not converge is not used: the values come from those seen.
 * Weakness: thresholds are drawn as normal and put in order. */
#include "fit/impute/step.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/model.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DONORS = 5 };
#define DONOR_ENTITY 0x40000000u     /* entities from here on draw donors */
#define PARAMETER_ENTITY 0x80000000u /* and from here on parameters */

static double value_at(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

void mlab_impute_from_seen(const mlab_column *column, const mlab_impute_rows *rows, const mlab_address *address, double *values)
{
    for (size_t i = 0; i < rows->n_missing; i++) {
        mlab_address who = *address;
        who.entity = rows->missing[i];
        values[i] = value_at(column, rows->seen[mlab_random_below(&who, 0, rows->n_seen)]);
    }
}

/* --- the model ------------------------------------------------------------------------------------------------- */

typedef struct step {
    const mlab_context *context;
    const mlab_table *table;
    const mlab_column *column;
    const mlab_impute_rows *rows;
    mlab_formula *formula;
    mlab_design *design;
    double *number;
    int32_t *category, *code; /* [n_seen]; code of each category */
    const char **labels;      /* [n_categories] */
    size_t n_categories;
    mlab_fit *fit;
    double *drawn; /* parameters */
} step;

static void release_step(step *now)
{
    mlab_fit_free(now->fit);
    mlab_design_free(now->design);
    mlab_formula_free(now->formula);
    void *const memory[] = {now->number, now->category, now->code, now->labels, now->drawn};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(now->context, memory[k]);
}

/* Levels that somebody has become categories, in their order. */
static void set_categories(step *now)
{
    const mlab_impute_rows *rows = now->rows;
    for (int32_t level = 0; level < now->column->n_levels; level++) {
        bool any = false;
        for (size_t i = 0; i < rows->n_seen; i++) {
            if (now->column->as.integer[rows->seen[i]] != level) continue;
            any = true;
            now->category[i] = (int32_t)now->n_categories;
        }
        if (!any) continue;
        now->labels[now->n_categories] = now->column->levels[level];
        now->code[now->n_categories++] = level;
    }
}

static mlab_status fit_model(step *now, const char *formula, mlab_error *err)
{
    const mlab_impute_rows *rows = now->rows;
    bool matching = strcmp(rows->model, "matching") == 0;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_status status = mlab_formula_parse(now->context, formula, NULL, &now->formula, err);
    if (!status) status = mlab_design_make(now->formula, now->table, NULL, &now->design, err);
    if (status) return status;
    now->number = mlab_allocate(now->context, rows->n_seen, sizeof *now->number);
    now->category = mlab_allocate(now->context, rows->n_seen, sizeof *now->category);
    now->code = mlab_allocate(now->context, (size_t)now->column->n_levels + 1, sizeof *now->code);
    now->labels = mlab_allocate(now->context, (size_t)now->column->n_levels + 1, sizeof *now->labels);
    if (!now->number || !now->category || !now->code || !now->labels)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to impute %s", now->column->name);
    for (size_t i = 0; i < rows->n_seen && matching; i++) now->number[i] = value_at(now->column, rows->seen[i]);
    if (!matching) set_categories(now);
    mlab_fit_problem problem = {.table = now->table,
                                .rows = rows->seen,
                                .n = rows->n_seen,
                                .design = now->design,
                                .number = matching ? now->number : NULL,
                                .category = matching ? NULL : now->category,
                                .n_categories = now->n_categories,
                                .categories = now->labels,
                                .outcome = now->column->name,
                                .formula = formula};
    return mlab_fit_problem_fit(now->context, mlab_model_find(matching ? "linear" : rows->model), &problem, &options, &now->fit, err);
}

static bool usable(const mlab_fit *fit)
{
    return fit->trust == MLAB_TRUSTED || fit->trust == MLAB_TOO_FEW_EVENTS;
}

/* Parameters from the normal distribution about the estimates; of a linear model also its variance, from its scaled chi-squared one. */
static mlab_status draw_parameters(step *now, const mlab_address *address, mlab_error *err)
{
    const mlab_fit *fit = now->fit;
    size_t n = fit->n_parameters;
    double *l = mlab_allocate(now->context, n, n * sizeof *l), factor = 1;
    now->drawn = mlab_allocate(now->context, n, sizeof *now->drawn);
    if (!l || !now->drawn) {
        mlab_release(now->context, l);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", n);
    }
    mlab_address one = *address;
    one.entity = PARAMETER_ENTITY;
    if (fit->residual_variance > 0) {
        double df = (double)fit->n_rows;
        for (size_t j = 0; j < n; j++) df -= !fit->aliased[j];
        factor = df > 0 ? sqrt(df / gsl_cdf_chisq_Pinv(mlab_random_uniform(&one, 0), df)) : 1;
    }
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k <= j; k++) {
            double s = fit->covariance[j * n + k];
            for (size_t m = 0; m < k; m++) s -= l[j * n + m] * l[k * n + m];
            l[j * n + k] = j == k ? sqrt(fmax(s, 0)) : l[k * n + k] > 0 ? s / l[k * n + k] : 0;
        }
        now->drawn[j] = fit->estimate[j];
    }
    for (size_t j = 0; j < n; j++) {
        one.entity = PARAMETER_ENTITY + 1 + (uint32_t)j;
        double z = factor * mlab_random_normal(&one, 0);
        for (size_t i = j; i < n; i++) now->drawn[i] += l[i * n + j] * z;
    }
    for (size_t t = 1; t < fit->n_thresholds; t++) now->drawn[t] = fmax(now->drawn[t], now->drawn[t - 1] + 1e-6);
    mlab_release(now->context, l);
    return MLAB_OK;
}

/* --- values ------------------------------------------------------------------------------------------------------ */

typedef struct donor {
    double prediction;
    uint32_t unit;
} donor;

static int by_prediction(const void *a, const void *b)
{
    const donor *x = a, *y = b;
    if (x->prediction != y->prediction) return x->prediction < y->prediction ? -1 : 1;
    return x->unit < y->unit ? -1 : x->unit > y->unit;
}

/* The `which`-th nearest of the sorted donors to a prediction. */
static uint32_t nearest(const donor *donors, size_t n, double wanted, size_t which)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (donors[middle].prediction < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    size_t right = low, left = low; /* next candidates: right, left - 1 */
    for (;;) {
        bool take_left = left > 0 && (right == n || wanted - donors[left - 1].prediction <= donors[right].prediction - wanted);
        size_t at = take_left ? --left : right++;
        if (which-- == 0) return donors[at].unit;
    }
}

static mlab_status match(step *now, const mlab_address *address, double *values, mlab_error *err)
{
    const mlab_impute_rows *rows = now->rows;
    donor *donors = mlab_allocate(now->context, rows->n_seen, sizeof *donors);
    double *predicted = mlab_allocate(now->context, rows->n_seen + rows->n_missing, sizeof *predicted);
    mlab_status status = donors && predicted ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu people", rows->n_seen);
    if (!status) status = mlab_predict(now->context, now->fit, now->table, rows->seen, 0, rows->n_seen, NULL, NULL, MLAB_SCALE_LINK, predicted, err);
    if (!status)
        status = mlab_predict(now->context, now->fit, now->table, rows->missing, 0, rows->n_missing, now->drawn, NULL, MLAB_SCALE_LINK,
                              predicted + rows->n_seen, err);
    if (!status) {
        size_t n_donors = rows->n_seen < DONORS ? rows->n_seen : DONORS;
        for (size_t i = 0; i < rows->n_seen; i++) {
            mlab_address who = *address;
            who.entity = DONOR_ENTITY + rows->seen[i];
            size_t drawn = (size_t)mlab_random_below(&who, 0, rows->n_seen);
            donors[i] = (donor){predicted[drawn], rows->seen[drawn]};
        }
        qsort(donors, rows->n_seen, sizeof *donors, by_prediction);
        for (size_t i = 0; i < rows->n_missing; i++) {
            mlab_address who = *address;
            who.entity = rows->missing[i];
            uint32_t unit = nearest(donors, rows->n_seen, predicted[rows->n_seen + i], (size_t)mlab_random_below(&who, 0, n_donors));
            values[i] = value_at(now->column, unit);
        }
    }
    mlab_release(now->context, donors);
    mlab_release(now->context, predicted);
    return status;
}

static mlab_status choose(step *now, const mlab_address *address, double *values, mlab_error *err)
{
    const mlab_impute_rows *rows = now->rows;
    size_t width = mlab_predict_width(now->fit, MLAB_SCALE_RESPONSE);
    double *share = mlab_allocate(now->context, rows->n_missing, width * sizeof *share);
    if (!share) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu people", rows->n_missing);
    mlab_status status =
        mlab_predict(now->context, now->fit, now->table, rows->missing, 0, rows->n_missing, now->drawn, NULL, MLAB_SCALE_RESPONSE, share, err);
    for (size_t i = 0; i < rows->n_missing && !status; i++) {
        mlab_address who = *address;
        who.entity = rows->missing[i];
        double left = mlab_random_uniform(&who, 0);
        size_t k = 0;
        if (width == 1) /* the second category's */
            k = left < share[i];
        else
            while (k + 1 < width && (left -= share[i * width + k]) >= 0) k++;
        values[i] = now->code[k];
    }
    mlab_release(now->context, share);
    return status;
}

mlab_status mlab_impute_step(const mlab_context *context, const mlab_table *table, const char *column, const char *formula,
                             const mlab_impute_rows *rows, const mlab_address *address, double *values, bool *unaided, mlab_error *err)
{
    step now = {.context = context, .table = table, .column = mlab_table_find(table, column), .rows = rows};
    mlab_error failed = {0};
    mlab_status status = fit_model(&now, formula, &failed);
    *unaided = status != MLAB_OK || !usable(now.fit);
    if (status == MLAB_ERR_MEMORY || status == MLAB_ERR_CANCELLED) {
        status = mlab_raise(err, status, "%s", failed.sentence);
    } else if (*unaided) {
        mlab_impute_from_seen(now.column, rows, address, values);
        status = MLAB_OK;
    } else if (!(status = draw_parameters(&now, address, err))) {
        status = strcmp(rows->model, "matching") == 0 ? match(&now, address, values, err) : choose(&now, address, values, err);
    }
    release_step(&now);
    return status;
}
