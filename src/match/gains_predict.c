/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a fit says each person would gain, and how that moves with every coefficient.
 *
 * Events: the chance within the horizon, period after period with the clocks (tenure, time in grade) running and everything else as it is today,
 * other causes put aside. Ordered answers: the mean level. Numbers, yes or no: the mean. The slopes are those of the delta method. Weakness: nobody
 * is promoted or leaves for another reason on the way, and what mentoring itself changes is not followed.
 */
#include "match/gains.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static const char *const clock_names[] = {"tenure", "time_in_grade", "since", "period"};
enum { N_CLOCKS = sizeof clock_names / sizeof *clock_names };

/* --- people --------------------------------------------------------------------------------------------- */

static mlab_status put_clock(mlab_gain_people *made, const mlab_table *people, int which, size_t c, mlab_error *err)
{
    const mlab_column *now = mlab_table_find(people, clock_names[c]);
    mlab_column *column;
    if (!now || (now->type != MLAB_COLUMN_REAL && now->type != MLAB_COLUMN_INTEGER)) return MLAB_OK;
    mlab_table_drop(made->tables[which], now->name);
    mlab_status status = mlab_table_add(made->tables[which], now->name, now->type, NULL, 0, &column, err);
    for (size_t i = 0; !status && i < made->n; i++)
        if (now->missing && now->missing[i]) status = mlab_column_set_missing(made->tables[which], column, i, err);
    return status;
}

static mlab_status put_people(mlab_gain_people *made, const mlab_table *people, const mlab_column *arms, int which, mlab_error *err)
{
    mlab_column *arm;
    mlab_status status = mlab_table_borrow(people, &made->tables[which], err);
    if (status) return status;
    mlab_table_drop(made->tables[which], "arm");
    for (size_t c = 0; !status && c < N_CLOCKS; c++) status = put_clock(made, people, which, c, err);
    if (!status)
        status = mlab_table_add(made->tables[which], "arm", MLAB_COLUMN_FACTOR, (const char *const *)arms->levels, arms->n_levels, &arm, err);
    for (size_t i = 0; !status && i < made->n; i++) arm->as.integer[i] = which;
    return status;
}

mlab_status mlab_gain_people_make(const mlab_context *context, const mlab_table *people, const mlab_panel *panel, const mlab_gain_rows *rows,
                                  int32_t months, mlab_gain_people *made, mlab_error *err)
{
    const bool event = rows->outcome.kind == MLAB_OUTCOME_EVENT, share = event || rows->outcome.kind == MLAB_OUTCOME_YES_NO;
    *made = (mlab_gain_people){.context = context, .n = people->n_rows, .steps = 1, .months_per_period = panel->months_per_period};
    if (event) made->steps = (months + panel->months_per_period / 2) / panel->months_per_period;
    if (made->steps < 1) made->steps = 1;
    made->sign = (share ? 100 : 1) * (rows->outcome.better < 0 ? -1 : 1) * (rows->outcome.absence ? -1 : 1);
    const mlab_column *arms = mlab_table_find(rows->table, "arm");
    mlab_status status = MLAB_OK;
    for (int which = 0; !status && which < 2; which++) status = put_people(made, people, arms, which, err);
    for (size_t c = 0; !status && c < N_CLOCKS; c++) {
        made->now[c] = mlab_table_find(people, clock_names[c]);
        for (int which = 0; which < 2; which++) made->clocks[which][c] = mlab_table_find(made->tables[which], clock_names[c]);
    }
    return status;
}

void mlab_gain_people_free(mlab_gain_people *people)
{
    mlab_table_free(people->tables[0]);
    mlab_table_free(people->tables[1]);
}

/* The clocks of these people after so many periods. */
static void run_clocks(const mlab_gain_people *people, int which, const uint32_t *rows, size_t m, int32_t step)
{
    for (size_t c = 0; c < N_CLOCKS; c++) {
        const mlab_column *now = people->now[c];
        mlab_column *column = people->clocks[which][c];
        if (!now || column->borrowed) continue;
        for (size_t k = 0; k < m; k++) {
            const uint32_t i = rows[k];
            if (now->missing && now->missing[i]) continue;
            if (now->type == MLAB_COLUMN_REAL)
                column->as.real[i] = now->as.real[i] + step * (people->months_per_period / 12.0);
            else
                column->as.integer[i] = now->as.integer[i] + step;
        }
    }
}

mlab_status mlab_gain_known(const mlab_gain_people *people, const mlab_fit *fit, uint8_t *known, mlab_error *err)
{
    const size_t columns = mlab_design_columns(fit->design);
    uint8_t *complete = mlab_allocate(people->context, people->n, 1);
    uint32_t *row = mlab_allocate(people->context, people->n, sizeof *row);
    double *x = mlab_allocate(people->context, columns, sizeof *x), offset;
    mlab_status status = complete && x && row ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for gains");
    for (size_t i = 0; !status && i < people->n; i++) row[i] = (uint32_t)i;
    if (!status) run_clocks(people, 1, row, people->n, 0);
    if (!status) status = mlab_design_complete(fit->design, people->tables[1], complete, err);
    for (size_t i = 0; !status && i < people->n; i++) { /* a level that the fit never saw */
        known[i] = known[i] && complete[i];
        if (!known[i]) continue;
        status = mlab_design_fill(fit->design, people->tables[1], &row[i], 0, 1, x, &offset, err);
        if (status != MLAB_ERR_DATA_LEVEL) continue;
        known[i] = 0;
        status = MLAB_OK;
    }
    mlab_release(people->context, complete);
    mlab_release(people->context, row);
    mlab_release(people->context, x);
    return status;
}

/* --- what a predictor means -------------------------------------------------------------------------------- */

/* Distribution functions of the links and their densities. */
static double below(const char *link, double z)
{
    if (strcmp(link, "probit") == 0) return 0.5 * erfc(-z * 0.70710678118654752440);
    if (strcmp(link, "cloglog") == 0) return -mlab_expm1(-mlab_exp(fmin(z, 600)));
    return mlab_logistic(z);
}

static double density(const char *link, double z)
{
    if (strcmp(link, "probit") == 0) return 0.39894228040143267794 * exp(-0.5 * z * z);
    if (strcmp(link, "cloglog") == 0) return z > 6 ? 0 : mlab_exp(z - mlab_exp(z));
    return mlab_logistic(z) * mlab_logistic(-z);
}

/* Adds the mean of an outcome at one predictor to value, and its slopes: by the predictor, returned; by the thresholds, into slope. */
static double mean_at(const mlab_fit *fit, double eta, double sign, double *value, double *slope)
{
    double by_eta = 0;
    if (fit->n_thresholds) {
        *value += sign;
        for (size_t k = 0; k < fit->n_thresholds; k++) {
            const double f = density(fit->link, fit->estimate[k] - eta);
            *value += sign * (1 - below(fit->link, fit->estimate[k] - eta));
            slope[k] -= sign * f;
            by_eta += f;
        }
    } else if (strcmp(fit->link, "identity") == 0) {
        *value += sign * eta;
        by_eta = 1;
    } else if (strcmp(fit->link, "log") == 0) {
        by_eta = mlab_exp(fmin(eta, 600));
        *value += sign * by_eta;
    } else {
        *value += sign * below(fit->link, eta);
        by_eta = density(fit->link, eta);
    }
    return by_eta;
}

/* Rows of the design of one step, and what they add up to over the steps of an event. */
typedef struct ahead {
    double *x, *offset; /* [m * columns], [m] */
    double *sum, *sums; /* [m] cumulative hazard; [m * parameters] its slopes */
    size_t columns, first, p;
    bool hazard, logit;
} ahead;

static mlab_status look_ahead(mlab_gain_people *people, const mlab_fit *fit, int which, const uint32_t *rows, size_t m, ahead *a, double *gain,
                              double *slope, mlab_error *err)
{
    const double sign = which ? people->sign : -people->sign;
    const size_t all = fit->n_parameters, from = fit->n_thresholds;
    memset(a->sum, 0, m * sizeof *a->sum);
    memset(a->sums, 0, m * all * sizeof *a->sums);
    for (int32_t step = 0; step < people->steps; step++) {
        run_clocks(people, which, rows, m, step);
        mlab_status status = mlab_design_fill(fit->design, people->tables[which], rows, 0, m, a->x, a->offset, err);
        if (status) return status;
        for (size_t k = 0; k < m; k++) {
            const double *x = a->x + k * a->columns + a->first;
            double eta = a->offset[k];
            for (size_t j = 0; j < a->p; j++) eta += fit->estimate[from + j] * x[j];
            double rise; /* by the predictor; of an event that of the cumulative hazard */
            if (a->hazard) {
                rise = a->logit ? mlab_logistic(eta) : mlab_exp(fmin(eta, 600));
                a->sum[k] += a->logit ? -mlab_log(mlab_logistic(-eta)) : rise;
            } else
                rise = sign * mean_at(fit, eta, sign, &gain[k], slope + k * all);
            double *into = a->hazard ? a->sums : slope;
            for (size_t j = 0; j < a->p; j++) into[k * all + from + j] += rise * x[j];
        }
    }
    for (size_t k = 0; a->hazard && k < m; k++) {
        const double stay = mlab_exp(-a->sum[k]);
        gain[k] += sign * (1 - stay);
        for (size_t j = 0; j < all; j++) slope[k * all + j] += sign * stay * a->sums[k * all + j];
    }
    return MLAB_OK;
}

mlab_status mlab_gain_predict(mlab_gain_people *people, const mlab_fit *fit, const uint32_t *rows, size_t m, double *gain, double *slope,
                              mlab_error *err)
{
    ahead a = {.columns = mlab_design_columns(fit->design), .first = mlab_fit_first_column(fit), .p = fit->block_size - fit->n_thresholds};
    a.hazard = strcmp(fit->model, "hazard") == 0;
    a.logit = strcmp(fit->link, "logit") == 0;
    a.x = mlab_allocate(people->context, m, a.columns * sizeof *a.x);
    a.offset = mlab_allocate(people->context, m, sizeof *a.offset);
    a.sum = mlab_allocate(people->context, m, sizeof *a.sum);
    a.sums = mlab_allocate(people->context, m, fit->n_parameters * sizeof *a.sums);
    mlab_status status = a.x && a.offset && a.sum && a.sums ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the gains of %zu people", m);
    memset(gain, 0, m * sizeof *gain);
    memset(slope, 0, m * fit->n_parameters * sizeof *slope);
    for (int which = 0; !status && which < 2; which++) status = look_ahead(people, fit, which, rows, m, &a, gain, slope, err);
    mlab_release(people->context, a.x);
    mlab_release(people->context, a.offset);
    mlab_release(people->context, a.sum);
    mlab_release(people->context, a.sums);
    return status;
}
