/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Salaries by group out of the data: who is there at the end, each in the forecast's currency, a year, times the share of a full post.
 *
 * Weakness: a salary that was already cut to a part-time post is cut twice unless the study says fte: no, so the line that says so is told.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "data/missing.h"
#include "forecast/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct work {
    const mlab_context *context;
    const mlab_data *data;
    const mlab_table *table;
    mlab_findings *findings;
    mlab_forecast_spec *spec;
    const mlab_column *salary, *by, *currency, *fte;
    uint32_t *rows; /* [n] of people who are there at the end */
    size_t n;
    char **groups; /* [n_groups] and their sums */
    double *sum;
    size_t *count;
    size_t n_groups, groups_capacity, sum_capacity, count_capacity;
} work;

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the salaries of the data");
}

static mlab_status say(const work *w, mlab_severity severity, const char *kind, const char *value, const char *remedy, mlab_error *err,
                       const char *sentence)
{
    return mlab_findings_add(w->findings, severity, kind, &w->spec->salary_source.place, value, remedy, err, "%s", sentence);
}

static bool is_numeric(const mlab_column *column)
{
    return column->type == MLAB_COLUMN_REAL || column->type == MLAB_COLUMN_INTEGER;
}

static double value_at(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

/* The group as the simulation calls it. */
static const char *label_at(const mlab_column *column, size_t row, char *into, size_t size)
{
    if (mlab_is_missing_at(column, row)) return "";
    if (!is_numeric(column) && column->type != MLAB_COLUMN_DATE) return mlab_column_text(column, row);
    mlab_number_print(value_at(column, row), into, size);
    return into;
}

static mlab_status find_column(work *w, const char *name, bool needed, const mlab_column **column, mlab_error *err)
{
    char sentence[300];
    *column = name ? mlab_table_find(w->table, name) : NULL;
    if (*column || !needed) return MLAB_OK;
    snprintf(sentence, sizeof sentence, "salaries are to be taken from the data, but column '%.100s' is not there", name);
    return say(w, MLAB_SEVERITY_STOP, "unknown_column", name, NULL, err, sentence);
}

/* Everybody's last row, of those who have not left; of all when everybody has. */
static mlab_status find_rows(work *w, mlab_error *err)
{
    const mlab_panel *panel = w->data->panel;
    if (!(w->rows = mlab_allocate(w->context, w->table->n_rows, sizeof *w->rows))) return no_memory(err);
    for (int leavers = 0; leavers < 2 && !w->n; leavers++)
        for (size_t i = 0; i < w->table->n_rows; i++) {
            bool last = !panel || i + 1 == panel->n_rows || panel->person[i + 1] != panel->person[i];
            bool gone = panel && panel->final && panel->final[panel->person[i]].gone;
            if (last && (leavers || !gone)) w->rows[w->n++] = (uint32_t)i;
        }
    return MLAB_OK;
}

/* Money of the forecast for 1 of the row's currency; 0 = it has no rate. */
static double rate_at(const work *w, size_t row)
{
    const mlab_salary_source *source = &w->spec->salary_source;
    char number[40];
    if (!w->currency) return 1;
    const char *label = label_at(w->currency, row, number, sizeof number);
    for (size_t i = 0; i < source->n_rates; i++)
        if (!strcmp(source->currencies[i], label)) return source->rates[i];
    return 0;
}

/* One finding a currency without a rate, with the people who are paid in it. */
static mlab_status check_currencies(const work *w, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < w->n && !status; k++) {
        char number[40], other[40], sentence[300], remedy[120];
        if (mlab_is_missing_at(w->salary, w->rows[k]) || rate_at(w, w->rows[k]) > 0) continue;
        const char *label = label_at(w->currency, w->rows[k], number, sizeof number);
        size_t n = 0, first = k;
        for (size_t j = 0; j < w->n; j++) {
            if (mlab_is_missing_at(w->salary, w->rows[j]) || strcmp(label_at(w->currency, w->rows[j], other, sizeof other), label) != 0) continue;
            n++;
            if (j < first) first = j;
        }
        if (first < k) continue; /* said already */
        snprintf(sentence, sizeof sentence,
                 *label ? "%zu %s paid in '%.60s', which has no rate" : "%zu %s paid in an unknown currency: the cell is missing%.0s", n,
                 n == 1 ? "person is" : "people are", label);
        snprintf(remedy, sizeof remedy, "rates: {%.60s: ...}", label);
        status = say(w, MLAB_SEVERITY_STOP, "no_rate", label, *label ? remedy : NULL, err, sentence);
    }
    return status;
}

static mlab_status check_values(const work *w, mlab_error *err)
{
    size_t missing = 0, negative = 0, shares = 0;
    char sentence[300];
    for (size_t k = 0; k < w->n; k++) {
        missing += mlab_is_missing_at(w->salary, w->rows[k]);
        negative += !mlab_is_missing_at(w->salary, w->rows[k]) && !(value_at(w->salary, w->rows[k]) > 0);
        shares += w->fte && !mlab_is_missing_at(w->fte, w->rows[k]) && !(value_at(w->fte, w->rows[k]) >= 0 && value_at(w->fte, w->rows[k]) <= 2);
    }
    mlab_status status = MLAB_OK;
    if (negative) {
        snprintf(sentence, sizeof sentence, "%zu salaries in column '%.100s' are not above 0", negative, w->salary->name);
        status = say(w, MLAB_SEVERITY_STOP, "bad_salary", NULL, NULL, err, sentence);
    }
    if (shares && !status) {
        snprintf(sentence, sizeof sentence, "%zu shares of a full post in column '%.100s' are not between 0 and 2; is it percent?", shares,
                 w->fte->name);
        status = say(w, MLAB_SEVERITY_STOP, "bad_fte", NULL, "fte: no      (in forecast.salary, when salaries are not to be scaled)", err, sentence);
    }
    if (missing && missing < w->n && !status) {
        snprintf(sentence, sizeof sentence, "%zu of %zu people have no salary in column '%.100s'; the means are those of the others", missing, w->n,
                 w->salary->name);
        status = say(w, MLAB_SEVERITY_NOTE, "missing_salary", NULL, NULL, err, sentence);
    }
    if (missing == w->n && !status) status = say(w, MLAB_SEVERITY_STOP, "bad_salary", NULL, NULL, err, "nobody has a salary");
    return status;
}

/* --- means -------------------------------------------------------------------------------------------- */

static mlab_status group_of(work *w, const char *label, size_t *group, mlab_error *err)
{
    for (*group = 0; *group < w->n_groups; ++*group)
        if (!strcmp(w->groups[*group], label)) return MLAB_OK;
    mlab_status status = mlab_grow(w->context, &w->groups, w->n_groups, &w->groups_capacity, sizeof *w->groups, err);
    if (!status) status = mlab_grow(w->context, &w->sum, w->n_groups, &w->sum_capacity, sizeof *w->sum, err);
    if (!status) status = mlab_grow(w->context, &w->count, w->n_groups, &w->count_capacity, sizeof *w->count, err);
    if (status) return status;
    if (!(w->groups[w->n_groups] = mlab_copy_text(w->context, label))) return no_memory(err);
    w->sum[w->n_groups] = 0;
    w->count[w->n_groups++] = 0;
    return MLAB_OK;
}

/* Ordered by size, so that the order of the people changes no digit of a mean. */
static int by_size(const void *a, const void *b)
{
    double x = ((const double *)a)[0], y = ((const double *)b)[0];
    return (x > y) - (x < y);
}

static mlab_status add_up(work *w, mlab_error *err)
{
    double(*pay)[2] = mlab_allocate(w->context, w->n, sizeof *pay); /* salary, row */
    mlab_status status = pay ? MLAB_OK : no_memory(err);
    size_t n = 0, all, group;
    if (!status) status = group_of(w, "", &all, err);
    for (size_t k = 0; k < w->n && !status; k++) {
        size_t row = w->rows[k];
        if (mlab_is_missing_at(w->salary, row)) continue;
        double share = w->fte && !mlab_is_missing_at(w->fte, row) ? value_at(w->fte, row) : 1;
        pay[n][0] = value_at(w->salary, row) * w->spec->salary_source.times * rate_at(w, row) * share;
        pay[n++][1] = (double)row;
    }
    if (!status) qsort(pay, n, sizeof *pay, by_size);
    for (size_t k = 0; k < n && !status; k++) {
        char number[40];
        const char *label = w->by ? label_at(w->by, (size_t)pay[k][1], number, sizeof number) : "";
        w->sum[all] += pay[k][0];
        w->count[all]++;
        if (*label) status = group_of(w, label, &group, err);
        if (status || !*label) continue;
        w->sum[group] += pay[k][0];
        w->count[group]++;
    }
    mlab_release(w->context, pay);
    return status;
}

/* The groups move into the spec. */
static void hand_over(work *w)
{
    for (size_t g = 0; g < w->n_groups; g++) w->sum[g] /= (double)w->count[g];
    w->spec->salary_groups = w->groups;
    w->spec->salary = w->sum;
    w->spec->n_salaries = w->n_groups;
    w->groups = NULL;
    w->sum = NULL;
}

static mlab_status find_columns(work *w, mlab_error *err)
{
    const mlab_salary_source *source = &w->spec->salary_source;
    mlab_status status = find_column(w, source->from, true, &w->salary, err);
    if (!status) status = find_column(w, source->by, strcmp(source->by, "grade") != 0, &w->by, err);
    if (!status) status = find_column(w, source->currency, source->currency != NULL, &w->currency, err);
    if (!status) status = find_column(w, source->fte, source->fte_stated && source->fte, &w->fte, err);
    if (!status && w->salary && !is_numeric(w->salary))
        status = say(w, MLAB_SEVERITY_STOP, "bad_salary", source->from, "columns: {salary: {type: number}}", err,
                     "the column of salaries does not hold numbers");
    if (!status && w->fte && !is_numeric(w->fte))
        status = say(w, MLAB_SEVERITY_STOP, "bad_fte", source->fte, NULL, err, "the column of shares of a full post does not hold numbers");
    return status;
}

mlab_status mlab_forecast_salaries_of(const mlab_context *context, const mlab_data *data, mlab_findings *findings, mlab_forecast_spec *spec,
                                      mlab_error *err)
{
    if (!spec->salary_source.from || spec->n_salaries) return MLAB_OK;
    work w = {.context = context, .data = data, .findings = findings, .spec = spec, .table = data->panel ? data->panel->rows : data->people};
    size_t stops = mlab_findings_count(findings, MLAB_SEVERITY_STOP);
    mlab_status status = find_columns(&w, err);
    bool usable = mlab_findings_count(findings, MLAB_SEVERITY_STOP) == stops;
    if (!status && usable) status = find_rows(&w, err);
    if (!status && usable && w.currency) status = check_currencies(&w, err);
    if (!status && usable) status = check_values(&w, err);
    usable = usable && mlab_findings_count(findings, MLAB_SEVERITY_STOP) == stops;
    if (!status && usable) status = add_up(&w, err);
    if (!status && usable) hand_over(&w);
    if (!status && usable && w.fte)
        status = say(&w, MLAB_SEVERITY_NOTE, "scaled_salary", spec->salary_source.fte,
                     "fte: no      (in forecast.salary, when they are those of the post as it is)", err,
                     "salaries are taken as those of full posts and scaled by the share of a post");
    for (size_t g = 0; w.groups && g < w.n_groups; g++) mlab_release(context, w.groups[g]);
    mlab_release(context, w.groups);
    mlab_release(context, w.sum);
    mlab_release(context, w.count);
    mlab_release(context, w.rows);
    return status;
}
