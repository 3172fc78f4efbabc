/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happened to each person, as columns that imputation models read: an imputation without the outcome would make the association with it
 * weaker (Moons and others 2006, doi:10.1016/j.jclinepi.2006.01.009).
 *
 * For an event its indicator by cause and the Nelson-Aalen cumulative hazard to the end of the person's time (White & Royston 2009,
 * doi:10.1002/sim.3618); shares of time in the arms; means of measures, 0 with an indicator where there is none; and the means of all these in the
 * groups that random effects name, with those of the values seen. */
#include "fit/impute/units.h"

#include "core/error.h"
#include "core/memory.h"
#include "data/event_status.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_GROUPS = 2000, MOST_GROUPINGS = 8 };

typedef struct ending {
    double time;
    bool event;
    uint32_t unit;
} ending;

static int by_time(const void *a, const void *b)
{
    const ending *x = a, *y = b;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return x->unit < y->unit ? -1 : x->unit > y->unit;
}

/* hazard [n]: Nelson-Aalen estimate at the person's own time. endings [n] are sorted here. */
static void nelson_aalen(ending *endings, size_t n, double *hazard)
{
    double sum = 0;
    qsort(endings, n, sizeof *endings, by_time);
    for (size_t i = 0, next; i < n; i = next) {
        size_t events = 0;
        for (next = i; next < n && endings[next].time == endings[i].time; next++) events += endings[next].event;
        sum += (double)events / (double)(n - i);
        for (size_t k = i; k < next; k++) hazard[endings[k].unit] = sum;
    }
}

static mlab_status add_real(mlab_impute_units *units, double **into, mlab_error *err)
{
    mlab_column *column;
    mlab_status status = mlab_impute_add(units, MLAB_COLUMN_REAL, NULL, &column, err);
    *into = status ? NULL : column->as.real;
    return status;
}

/* One cause of an event of the panel: whether it came, and the hazard to the end of the days at risk. */
static mlab_status add_cause(mlab_impute_units *units, const mlab_panel *panel, const mlab_panel_event *event, int32_t cause, ending *endings,
                             mlab_error *err)
{
    double *came, *hazard;
    mlab_status status = add_real(units, &came, err);
    if (status || (status = add_real(units, &hazard, err))) return status;
    for (size_t u = 0; u < units->n; u++) endings[u] = (ending){.unit = (uint32_t)u};
    for (size_t row = 0; row < panel->n_rows; row++) {
        ending *end = &endings[units->unit_of[row]];
        end->time += event->share[row];
        if (event->what[row] == cause + 1) end->event = true, came[end->unit] = 1;
    }
    nelson_aalen(endings, units->n, hazard);
    return MLAB_OK;
}

static mlab_status add_arms(mlab_impute_units *units, const mlab_panel *panel, mlab_error *err)
{
    for (int32_t a = 1; a < panel->n_arms; a++) {
        double *share, rows = 0;
        mlab_status status = add_real(units, &share, err);
        if (status) return status;
        for (size_t row = 0; row < panel->n_rows; row++) {
            share[units->unit_of[row]] += panel->arm[row] == a;
            rows++;
            bool last = row + 1 == panel->n_rows || units->unit_of[row + 1] != units->unit_of[row];
            if (!last) continue;
            share[units->unit_of[row]] /= rows;
            rows = 0;
        }
    }
    return MLAB_OK;
}

static mlab_status add_measure(mlab_impute_units *units, const mlab_panel *panel, const char *name, mlab_error *err)
{
    const mlab_column *column = mlab_table_find(panel->rows, name);
    double *mean, *answered;
    if (!column || column->type == MLAB_COLUMN_TEXT) return MLAB_OK;
    mlab_status status = add_real(units, &mean, err);
    if (status || (status = add_real(units, &answered, err))) return status;
    for (size_t row = 0; row < panel->n_rows; row++) {
        if (column->missing && column->missing[row]) continue;
        mean[units->unit_of[row]] += column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
        answered[units->unit_of[row]]++;
    }
    for (size_t u = 0; u < units->n; u++) {
        if (answered[u] > 0) mean[u] /= answered[u];
        answered[u] = answered[u] > 0;
    }
    return MLAB_OK;
}

static double number_at(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

/* Whether an event came and the hazard to the end of the time; of several levels, `level` is the event. */
static mlab_status add_event(mlab_impute_units *units, const mlab_column *column, const mlab_column *time, int32_t level, ending *endings,
                             mlab_error *err)
{
    double *came, *known, *hazard;
    mlab_status status = add_real(units, &came, err);
    if (status || (status = add_real(units, &known, err)) || (status = add_real(units, &hazard, err))) return status;
    for (size_t row = 0; row < units->n; row++) {
        uint32_t u = units->unit_of[row];
        known[u] = !(column->missing && column->missing[row]);
        came[u] = known[u] > 0 && (column->type == MLAB_COLUMN_FACTOR ? column->as.integer[row] == level : number_at(column, row) > 0);
        bool timed = !(time->missing && time->missing[row]);
        endings[u] = (ending){.time = timed ? number_at(time, row) : 0, .event = timed && came[u] > 0, .unit = u};
    }
    nelson_aalen(endings, units->n, hazard);
    return MLAB_OK;
}

/* event(time, status): each level of the status but that of no event. A status that does not say which that is does not help, and is asked for by
 * the fit. */
static mlab_status add_timed(mlab_impute_units *units, const mlab_data *data, const mlab_formula *formula, const char *outcome, ending *endings,
                             mlab_error *err)
{
    const mlab_column *column = mlab_table_find(data->people, mlab_formula_response_name(formula, 2));
    const mlab_column *time = mlab_table_find(data->people, mlab_formula_response_name(formula, 1));
    int32_t none;
    if (!column || !time || column->type == MLAB_COLUMN_TEXT || time->type == MLAB_COLUMN_TEXT) return MLAB_OK;
    if (column->type != MLAB_COLUMN_FACTOR) return add_event(units, column, time, 1, endings, err);
    if (mlab_event_none(column, outcome, &none, NULL)) return MLAB_OK;
    mlab_status status = MLAB_OK;
    for (int32_t level = 0; level < column->n_levels && !status; level++)
        if (level != none) status = add_event(units, column, time, level, endings, err);
    return status;
}

/* The response of a person-level outcome: event(time, status), or a column. Where it is missing it does not help. */
static mlab_status add_response(mlab_impute_units *units, const mlab_data *data, const mlab_outcome *outcome, ending *endings, mlab_error *err)
{
    mlab_formula *formula;
    if (!outcome->formula || !outcome->formula[0]) return MLAB_OK;
    mlab_status status = mlab_formula_parse(units->context, outcome->formula, &outcome->formula_place, &formula, err);
    if (status) return status;
    const char *name = mlab_formula_response_name(formula, 0);
    const mlab_column *column = name ? mlab_table_find(data->people, name) : NULL;
    double *value, *known;
    if (mlab_formula_response(formula) == MLAB_RESPONSE_EVENT) {
        status = add_timed(units, data, formula, outcome->name, endings, err);
        goto out;
    }
    if (!column || column->type == MLAB_COLUMN_TEXT) goto out;
    if ((status = add_real(units, &value, err)) || (status = add_real(units, &known, err))) goto out;
    for (size_t row = 0; row < units->n; row++) {
        uint32_t u = units->unit_of[row];
        known[u] = !(column->missing && column->missing[row]);
        value[u] = known[u] > 0 ? number_at(column, row) : 0;
    }
out:
    mlab_formula_free(formula);
    return status;
}

/* --- means of groups --------------------------------------------------------------------------------------------------- */

/* of [n]: number + 1 of each unit's group in a column, by its first value there; 0 = none. */
static mlab_status group_units(const mlab_impute_units *units, const mlab_data *data, const mlab_column *column, uint32_t *of, size_t *n_groups,
                               mlab_error *err)
{
    const mlab_table *table = data->panel ? data->panel->rows : data->people;
    const char **text = mlab_allocate(units->context, units->n, sizeof *text);
    double *value = mlab_allocate(units->context, units->n, sizeof *value);
    mlab_status status = text && value ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the groups of %zu people", units->n);
    *n_groups = 0;
    for (size_t row = table->n_rows; row-- > 0 && !status;) {
        uint32_t u = units->unit_of[row];
        if (column->missing && column->missing[row]) continue;
        of[u] = 1;
        if (column->type == MLAB_COLUMN_TEXT)
            text[u] = mlab_column_text(column, row);
        else
            value[u] = number_at(column, row);
    }
    for (size_t u = 0; u < units->n && !status; u++) {
        size_t k = 0;
        if (!of[u]) continue;
        for (; k < *n_groups; k++) /* first units of the groups stand in front of text and value */
            if (value[k] == value[u] && (text[k] == text[u] || (text[k] && text[u] && !strcmp(text[k], text[u])))) break;
        if (k == *n_groups) {
            if (*n_groups >= MOST_GROUPS) { /* too many to be told apart by their means */
                *n_groups = 0;
                break;
            }
            const char *own_text = text[u];
            double own = value[u];
            text[u] = text[k], value[u] = value[k]; /* u >= k: what stood at k is not looked at again */
            text[k] = own_text, value[k] = own;
            ++*n_groups;
        }
        of[u] = (uint32_t)k + 1;
    }
    mlab_release(units->context, text);
    mlab_release(units->context, value);
    return status;
}

/* Means over groups of what happened and of the values seen of targets that are numbers. */
static mlab_status add_means(mlab_impute_units *units, const uint32_t *of, size_t n_groups, size_t from, size_t to, mlab_error *err)
{
    double *sum = mlab_allocate(units->context, n_groups + 1, 2 * sizeof *sum);
    mlab_status status = sum ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the means of %zu groups", n_groups);
    for (size_t c = 0; c < to && !status; c++) {
        double *mean, all = 0, known = 0;
        if ((c >= units->n_targets && c < from) || units->table->columns[c].type == MLAB_COLUMN_FACTOR) continue;
        if ((status = add_real(units, &mean, err))) break;
        const mlab_column *column = &units->table->columns[c];
        memset(sum, 0, 2 * (n_groups + 1) * sizeof *sum);
        for (size_t u = 0; u < units->n; u++) {
            if (column->missing && column->missing[u]) continue;
            sum[2 * of[u]] += number_at(column, u);
            sum[2 * of[u] + 1]++;
            all += number_at(column, u), known++;
        }
        for (size_t u = 0; u < units->n; u++)
            mean[u] = of[u] && sum[2 * of[u] + 1] > 0 ? sum[2 * of[u]] / sum[2 * of[u] + 1] : known > 0 ? all / known : 0;
    }
    mlab_release(units->context, sum);
    return status;
}

/* For every column that groups people by random effects: rows of one group are alike beyond what the other columns say (Audigier and others 2018,
 * doi:10.1214/18-STS646). */
static mlab_status add_groups(mlab_impute_units *units, const mlab_data *data, const mlab_outcome *outcomes, size_t n_outcomes, size_t from,
                              mlab_error *err)
{
    const mlab_column *done[MOST_GROUPINGS];
    size_t n_done = 0, to = units->n_columns;
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < n_outcomes && !status; k++) {
        mlab_formula *formula;
        if (!outcomes[k].formula || !outcomes[k].formula[0]) continue;
        if ((status = mlab_formula_parse(units->context, outcomes[k].formula, &outcomes[k].formula_place, &formula, err))) break;
        for (size_t t = 0; t < mlab_formula_random(formula) && !status; t++) {
            const char *const *names;
            bool multiple;
            size_t n_groups, seen = 0, n = mlab_formula_random_columns(formula, t, &names, &multiple);
            const mlab_column *column = n == 1 && !multiple ? mlab_table_find(data->panel ? data->panel->rows : data->people, names[0]) : NULL;
            while (seen < n_done && done[seen] != column) seen++;
            if (!column || seen < n_done || n_done == MOST_GROUPINGS) continue;
            done[n_done++] = column;
            uint32_t *of = mlab_allocate(units->context, units->n, sizeof *of);
            status = of ? group_units(units, data, column, of, &n_groups, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for groups");
            if (!status && n_groups > 1 && 2 * n_groups <= units->n) status = add_means(units, of, n_groups, from, to, err);
            mlab_release(units->context, of);
        }
        mlab_formula_free(formula);
    }
    return status;
}

mlab_status mlab_impute_happened(mlab_impute_units *units, const mlab_data *data, const mlab_outcome *outcomes, size_t n_outcomes, mlab_error *err)
{
    const mlab_panel *panel = data->panel;
    ending *endings = mlab_allocate(units->context, units->n, sizeof *endings);
    if (!endings) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu people", units->n);
    size_t from = units->n_columns;
    mlab_status status = panel ? add_arms(units, panel, err) : MLAB_OK;
    for (size_t e = 0; panel && e < panel->n_events && !status; e++)
        for (int32_t c = 0; c < panel->events[e].n_causes && !status; c++) status = add_cause(units, panel, &panel->events[e], c, endings, err);
    for (size_t k = 0; panel && k < panel->n_measures && !status; k++) status = add_measure(units, panel, panel->measures[k], err);
    for (size_t k = 0; !panel && k < n_outcomes && !status; k++) status = add_response(units, data, &outcomes[k], endings, err);
    mlab_release(units->context, endings);
    return status ? status : add_groups(units, data, outcomes, n_outcomes, from, err);
}
