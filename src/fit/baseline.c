/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cumulative baseline hazard of a fit: made, released, and the stratum of a row found by the names of the strata, "site=Lyon, grade=2".
 * Weakness: values whose own text holds ", other=" could read as two columns. */
#include "fit/model.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool copy_texts(const mlab_context *context, const char *const *from, size_t n, char ***to)
{
    *to = mlab_allocate(context, n, sizeof **to);
    for (size_t k = 0; *to && k < n; k++)
        if (!((*to)[k] = mlab_copy_text(context, from[k] ? from[k] : ""))) return false;
    return *to;
}

mlab_status mlab_baseline_make(const mlab_context *context, const mlab_fit_problem *problem, size_t n, size_t n_columns, bool with_errors,
                               mlab_baseline **out, mlab_error *err)
{
    mlab_baseline *made = mlab_allocate(context, 1, sizeof *made);
    *out = NULL;
    bool whole = made;
    if (made) {
        made->n = n;
        made->n_columns = n_columns;
        made->n_strata = problem->stratum && problem->n_strata ? problem->n_strata : 1;
        made->time = mlab_allocate(context, n, sizeof *made->time);
        made->events = mlab_allocate(context, n, sizeof *made->events);
        made->cumulative_hazard = mlab_allocate(context, n, sizeof *made->cumulative_hazard);
        made->at = mlab_allocate(context, n_columns, sizeof *made->at);
        made->first = mlab_allocate(context, made->n_strata + 1, sizeof *made->first);
        whole = made->time && made->events && made->cumulative_hazard && made->at && made->first;
    }
    if (whole && with_errors) {
        made->variance = mlab_allocate(context, n, sizeof *made->variance);
        made->mean = mlab_allocate(context, n, (n_columns ? n_columns : 1) * sizeof *made->mean);
        whole = made->variance && made->mean;
    }
    if (whole && made->n_strata > 1 && problem->strata && problem->n_stratum_columns) {
        whole = copy_texts(context, problem->strata, made->n_strata, &made->strata);
        made->n_stratum_columns = problem->n_stratum_columns;
        whole = whole && copy_texts(context, problem->stratum_column, made->n_stratum_columns, &made->stratum_column);
    }
    if (!whole) {
        mlab_baseline_free(context, made);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a baseline of %zu steps", n);
    }
    *out = made;
    return MLAB_OK;
}

static void free_texts(const mlab_context *context, char **texts, size_t n)
{
    for (size_t k = 0; texts && k < n; k++) mlab_release(context, texts[k]);
    mlab_release(context, texts);
}

void mlab_baseline_free(const mlab_context *context, mlab_baseline *baseline)
{
    if (!baseline) return;
    free_texts(context, baseline->strata, baseline->n_strata);
    free_texts(context, baseline->stratum_column, baseline->n_stratum_columns);
    void *const memory[] = {baseline->time, baseline->events, baseline->cumulative_hazard, baseline->variance, baseline->mean, baseline->covariance,
                            baseline->at,   baseline->first};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mlab_release(context, memory[i]);
    mlab_release(context, baseline);
}

void mlab_baseline_place(const mlab_baseline *sample, const mlab_baseline *all, const double *estimate, double *hazard)
{
    double to = all->offset - sample->offset;
    for (size_t j = 0; j < all->n_columns; j++) to += (all->at[j] - sample->at[j]) * estimate[j];
    for (size_t s = 0; s < all->n_strata; s++) {
        double sum = 0;
        size_t at = sample->first[s];
        for (size_t k = all->first[s]; k < all->first[s + 1]; k++) {
            while (at < sample->first[s + 1] && sample->time[at] <= all->time[k]) sum = sample->cumulative_hazard[at++];
            hazard[k] = sum * exp(to);
        }
    }
}

mlab_baseline mlab_baseline_part(const mlab_baseline *baseline, size_t stratum)
{
    mlab_baseline part = *baseline;
    size_t first = baseline->first[stratum];
    part.n = baseline->first[stratum + 1] - first;
    part.n_strata = 1;
    part.strata = NULL;
    part.first = NULL;
    part.time += first;
    part.events += first;
    part.cumulative_hazard += first;
    if (part.variance) part.variance += first;
    if (part.mean) part.mean += first * part.n_columns;
    if (part.covariance) part.covariance += first * part.n_columns;
    return part;
}

/* --- the stratum of a row ---------------------------------------------------------------------------------------------- */

void mlab_stratum_name(const mlab_column *column, size_t row, mlab_text *text)
{
    if (text->n > 0) mlab_text_append(text, ", ");
    mlab_text_append(text, column->name);
    mlab_text_append(text, "=");
    if (column->type == MLAB_COLUMN_TEXT || column->type == MLAB_COLUMN_FACTOR)
        mlab_text_append(text, mlab_column_text(column, row));
    else
        mlab_text_number(text, column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row]);
}

typedef struct named {
    const char *name;
    uint32_t stratum;
} named;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static mlab_status unknown(const mlab_fit *fit, const char *name, size_t row, mlab_error *err)
{
    const mlab_baseline *baseline = fit->baseline;
    return mlab_raise(err, MLAB_ERR_FIT_MODEL,
                      "%s: row %zu is of stratum %s, which has no events in the fit, or too few to be told; there are %zu strata, the first is %s",
                      fit->outcome, row + 1, name, baseline->n_strata, baseline->strata[0]);
}

static mlab_status find_strata(const mlab_context *context, const mlab_fit *fit, const mlab_column *const *columns, const named *strata,
                               const uint32_t *rows, size_t first, size_t n, uint32_t *stratum, mlab_error *err)
{
    const mlab_baseline *baseline = fit->baseline;
    mlab_status status = MLAB_OK;
    mlab_text text = MLAB_TEXT(context);
    for (size_t i = 0; i < n && !status; i++) {
        size_t row = rows ? rows[i] : first + i;
        text.n = 0;
        for (size_t c = 0; c < baseline->n_stratum_columns && !status; c++) {
            if (columns[c]->missing && columns[c]->missing[row])
                status = mlab_raise(err, MLAB_ERR_DATA_EMPTY, "%s: row %zu has no value in \"%s\", so its stratum is not known", fit->outcome,
                                    row + 1, columns[c]->name);
            else
                mlab_stratum_name(columns[c], row, &text);
        }
        if (!status && text.failed) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the stratum of a row");
        if (status) break;
        named wanted = {mlab_text_get(&text), 0};
        const named *found = bsearch(&wanted, strata, baseline->n_strata, sizeof *strata, by_name);
        if (!found || baseline->first[found->stratum] == baseline->first[found->stratum + 1]) status = unknown(fit, wanted.name, row, err);
        if (!status) stratum[i] = found->stratum;
    }
    mlab_text_free(&text);
    return status;
}

mlab_status mlab_baseline_strata(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first,
                                 size_t n, uint32_t *stratum, mlab_error *err)
{
    const mlab_baseline *baseline = fit->baseline;
    mlab_status status = MLAB_OK;
    if (!baseline->strata)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: the fit has %zu strata without names, so the stratum of a row is not known", fit->outcome,
                          baseline->n_strata);
    const mlab_column **columns = mlab_allocate(context, baseline->n_stratum_columns, sizeof *columns);
    named *strata = mlab_allocate(context, baseline->n_strata, sizeof *strata);
    if (!columns || !strata) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu strata", baseline->n_strata);
    for (size_t c = 0; c < baseline->n_stratum_columns && !status; c++)
        if (!(columns[c] = mlab_table_find(table, baseline->stratum_column[c])))
            status = mlab_raise(err, MLAB_ERR_DATA_COLUMN, "%s: \"%s\" is not a column of the data; the fit has its strata by it", fit->outcome,
                                baseline->stratum_column[c]);
    for (size_t s = 0; s < baseline->n_strata && !status; s++) strata[s] = (named){baseline->strata[s], (uint32_t)s};
    if (!status) qsort(strata, baseline->n_strata, sizeof *strata, by_name);
    if (!status) status = find_strata(context, fit, columns, strata, rows, first, n, stratum, err);
    mlab_release(context, (void *)columns);
    mlab_release(context, strata);
    return status;
}
