/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chained equations: every column with missing values drawn in turn given all others, round after round; one chain an imputation
 * (van Buuren, Brand, Groothuis-Oudshoorn & Rubin 2006, doi:10.1080/10629360600810434). Columns go by the number of their missing values,
 * then by name; the first fill is drawn from the values seen.
 * Weakness: the models of the columns need not belong to one joint distribution. */
#include "fit/impute/step.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/text.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_R_HAT 1.2
#define CHANCE 1e-3 /* of calling chains unsettled that are not */

typedef struct chains {
    const mlab_context *context;
    const mlab_impute_units *units;
    mlab_imputation *imputation;
    mlab_impute_rows *rows; /* [n_targets] */
    char **formulas;        /* [n_targets] */
    size_t *turn;           /* [n_targets] the order in which they are drawn */
    double *trace;          /* [n_targets * n_imputations * n_rounds] means of the imputed values */
    uint64_t *unaided;      /* [n_targets * n_imputations] */
    uint64_t seed;
} chains;

static const char *model_of(const mlab_column *column)
{
    if (column->type != MLAB_COLUMN_FACTOR) return "matching";
    return column->n_levels == 2 ? "logit" : column->ordered ? "ordinal" : "multinomial";
}

static mlab_status set_rows(chains *all, size_t t, mlab_error *err)
{
    const mlab_impute_units *units = all->units;
    const mlab_column *column = &units->table->columns[t];
    mlab_impute_rows *rows = &all->rows[t];
    mlab_imputed_column *to = &all->imputation->columns[t];
    for (size_t u = 0; u < units->n; u++) rows->n_missing += column->missing[u];
    rows->n_seen = units->n - rows->n_missing;
    rows->model = model_of(column);
    rows->seen = mlab_allocate(all->context, rows->n_seen, sizeof *rows->seen);
    to->unit = rows->missing = mlab_allocate(all->context, rows->n_missing, sizeof *rows->missing);
    to->value = mlab_allocate(all->context, (size_t)all->imputation->n_imputations, rows->n_missing * sizeof *to->value);
    to->name = mlab_copy_text(all->context, units->names[t]);
    if (!rows->seen || !rows->missing || !to->value || !to->name) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to impute %zu people", units->n);
    to->type = column->type;
    to->model = rows->model;
    to->n_missing = rows->n_missing;
    for (size_t u = 0, seen = 0, missing = 0; u < units->n; u++)
        if (column->missing[u])
            rows->missing[missing++] = (uint32_t)u;
        else
            rows->seen[seen++] = (uint32_t)u;
    return MLAB_OK;
}

static mlab_status set_formula(chains *all, size_t t, mlab_error *err)
{
    mlab_text text = MLAB_TEXT(all->context);
    mlab_text_append(&text, "~ 1");
    for (size_t k = 0; k < all->units->n_columns; k++)
        if (k != t) mlab_text_print(&text, " + v%zu", k);
    all->formulas[t] = text.failed ? NULL : mlab_copy_text(all->context, mlab_text_get(&text));
    mlab_text_free(&text);
    return all->formulas[t] ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a formula");
}

static void set_turns(chains *all)
{
    for (size_t t = 0; t < all->units->n_targets; t++) {
        size_t at = t;
        for (; at > 0 && all->rows[all->turn[at - 1]].n_missing > all->rows[t].n_missing; at--) all->turn[at] = all->turn[at - 1];
        all->turn[at] = t;
    }
}

/* A column of the chain's own table with the imputed values in it. */
static void put_values(mlab_column *column, const mlab_impute_rows *rows, const double *values)
{
    for (size_t i = 0; i < rows->n_missing; i++)
        if (column->type == MLAB_COLUMN_REAL)
            column->as.real[rows->missing[i]] = values[i];
        else
            column->as.integer[rows->missing[i]] = (int32_t)values[i];
}

static mlab_status own_columns(const chains *all, mlab_table *table, mlab_error *err)
{
    const mlab_impute_units *units = all->units;
    for (size_t t = 0; t < units->n_targets; t++) {
        const mlab_column *from = &units->table->columns[t];
        mlab_column *column;
        char name[32];
        snprintf(name, sizeof name, "v%zu", t);
        mlab_table_drop(table, name);
        mlab_status status = mlab_table_add(table, name, from->type, (const char *const *)from->levels, from->n_levels, &column, err);
        if (status) return status;
        column->ordered = from->ordered;
        size_t size = from->type == MLAB_COLUMN_REAL ? sizeof(double) : sizeof(int32_t);
        memcpy(column->type == MLAB_COLUMN_REAL ? (void *)column->as.real : (void *)column->as.integer,
               from->type == MLAB_COLUMN_REAL ? (const void *)from->as.real : (const void *)from->as.integer, units->n * size);
    }
    return MLAB_OK;
}

static mlab_status draw_column(chains *all, const mlab_context *context, mlab_table *table, size_t t, size_t chain, int round, mlab_error *err)
{
    const mlab_impute_rows *rows = &all->rows[t];
    double *values = all->imputation->columns[t].value + chain * rows->n_missing, mean = 0;
    char name[32];
    bool unaided = false;
    snprintf(name, sizeof name, "v%zu", t);
    mlab_address address = {
        .seed = all->seed, .draw = (uint32_t)chain, .replicate = (uint32_t)t, .period = (uint16_t)round, .purpose = MLAB_PURPOSE_IMPUTE};
    mlab_status status = MLAB_OK;
    if (round == 0)
        mlab_impute_from_seen(&all->units->table->columns[t], rows, &address, values);
    else
        status = mlab_impute_step(context, table, name, all->formulas[t], rows, &address, values, &unaided, err);
    if (status) return status;
    put_values(mlab_table_find(table, name), rows, values);
    all->unaided[t * (size_t)all->imputation->n_imputations + chain] += unaided;
    for (size_t i = 0; i < rows->n_missing; i++) mean += values[i] / (double)rows->n_missing;
    if (round > 0) all->trace[(t * (size_t)all->imputation->n_imputations + chain) * (size_t)all->imputation->n_rounds + (size_t)round - 1] = mean;
    return MLAB_OK;
}

static mlab_status run_chain(void *work, size_t chain, void *scratch, mlab_error *err)
{
    (void)scratch;
    chains *all = work;
    mlab_context context = *all->context;
    context.threads = 1;
    mlab_table *table;
    mlab_status status = mlab_table_borrow(all->units->table, &table, err);
    if (status) return status;
    status = own_columns(all, table, err);
    for (int round = 0; round <= all->imputation->n_rounds && !status; round++)
        for (size_t k = 0; k < all->units->n_targets && !status; k++) status = draw_column(all, &context, table, all->turn[k], chain, round, err);
    mlab_table_free(table);
    return status;
}

/* Potential scale reduction of the means over the second halves of the chains (Gelman & Rubin 1992, doi:10.1214/ss/1177011136). */
static double r_hat(const double *trace, size_t m, size_t rounds, bool *unsettled)
{
    size_t half = rounds / 2, n = rounds - half;
    double grand = 0, between = 0, within = 0;
    if (m < 2 || n < 3) return 0;
    for (size_t c = 0; c < m; c++)
        for (size_t r = half; r < rounds; r++) grand += trace[c * rounds + r] / (double)(n * m);
    for (size_t c = 0; c < m; c++) {
        double mean = 0;
        for (size_t r = half; r < rounds; r++) mean += trace[c * rounds + r] / (double)n;
        between += (mean - grand) * (mean - grand) * (double)n / (double)(m - 1);
        for (size_t r = half; r < rounds; r++) within += pow(trace[c * rounds + r] - mean, 2) / (double)((n - 1) * m);
    }
    if (!(within > 0)) return 0;
    double found = sqrt(((double)(n - 1) / (double)n * within + between / (double)n) / within);
    *unsettled = found > MOST_R_HAT && gsl_cdf_fdist_Q(between / within, (double)(m - 1), (double)(m * (n - 1))) < CHANCE;
    return found;
}

static void sum_up(chains *all)
{
    size_t m = (size_t)all->imputation->n_imputations, rounds = (size_t)all->imputation->n_rounds;
    for (size_t t = 0; t < all->units->n_targets; t++) {
        all->imputation->columns[t].r_hat = r_hat(all->trace + t * m * rounds, m, rounds, &all->imputation->columns[t].unsettled);
        for (size_t c = 0; c < m; c++) all->imputation->columns[t].n_unaided += all->unaided[t * m + c];
    }
}

static mlab_status run(chains *all, mlab_error *err)
{
    size_t n = all->units->n_targets, m = (size_t)all->imputation->n_imputations;
    all->imputation->columns = mlab_allocate(all->context, n, sizeof *all->imputation->columns);
    all->rows = mlab_allocate(all->context, n, sizeof *all->rows);
    all->formulas = mlab_allocate(all->context, n, sizeof *all->formulas);
    all->turn = mlab_allocate(all->context, n, sizeof *all->turn);
    all->trace = mlab_allocate(all->context, n * m, (size_t)all->imputation->n_rounds * sizeof *all->trace);
    all->unaided = mlab_allocate(all->context, n, m * sizeof *all->unaided);
    if (!all->imputation->columns || !all->rows || !all->formulas || !all->turn || !all->trace || !all->unaided)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to impute %zu columns", n);
    mlab_status status = MLAB_OK;
    for (size_t t = 0; t < n && !status; t++) {
        all->imputation->n_columns = t + 1;
        status = set_rows(all, t, err);
        if (!status) status = set_formula(all, t, err);
    }
    if (status || n == 0) return status;
    set_turns(all);
    status = mlab_parallel_blocks(all->context, "imputing", m, 0, run_chain, all, err);
    if (!status) sum_up(all);
    return status;
}

mlab_status mlab_impute(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcomes, size_t n_outcomes, int n_imputations,
                        int n_rounds, uint64_t seed, mlab_imputation **out, mlab_error *err)
{
    *out = NULL;
    if (n_imputations < 1 || n_imputations > 200 || n_rounds < 1 || n_rounds > 100)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "%d imputations of %d rounds; allowed 1 to 200 of 1 to 100", n_imputations, n_rounds);
    mlab_impute_units *units;
    mlab_status status = mlab_impute_units_make(context, data, outcomes, n_outcomes, &units, err);
    if (status) return status;
    chains all = {.context = context, .units = units, .seed = seed, .imputation = mlab_allocate(context, 1, sizeof *all.imputation)};
    if (!all.imputation) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to impute");
        goto out;
    }
    all.imputation->context = context;
    all.imputation->n_units = units->n;
    all.imputation->n_imputations = n_imputations;
    all.imputation->n_rounds = n_rounds;
    status = run(&all, err);
    if (!status) { /* rows of the data find their values through it */
        all.imputation->unit_of = units->unit_of;
        units->unit_of = NULL;
    }
out:
    for (size_t t = 0; all.rows && t < units->n_targets; t++) mlab_release(context, all.rows[t].seen);
    for (size_t t = 0; all.formulas && t < units->n_targets; t++) mlab_release(context, all.formulas[t]);
    void *const memory[] = {all.rows, all.formulas, all.turn, all.trace, all.unaided};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    mlab_impute_units_free(units);
    if (status) {
        mlab_imputation_free(all.imputation);
        all.imputation = NULL;
    }
    *out = all.imputation;
    return status;
}
