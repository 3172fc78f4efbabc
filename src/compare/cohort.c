/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is compared: everybody's first spell from time zero on, without those whose relationship is older than that, those of whom
 * a covariate is missing, and time for which no source says which arm it is. Each of these is counted. */
#include "compare/cohort.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <string.h>

mlab_status mlab_cohort_column(const mlab_table *table, const char *name, const char *use, const mlab_column **column, mlab_error *err)
{
    *column = mlab_table_find(table, name);
    if (*column) return MLAB_OK;
    const char **names = mlab_allocate(table->context, table->n_columns, sizeof *names);
    if (!names) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to look for column \"%s\"", name);
    for (size_t j = 0; j < table->n_columns; j++) names[j] = table->columns[j].name;
    const char *near = mlab_nearest(name, names, table->n_columns);
    mlab_status status = mlab_raise(err, MLAB_ERR_DATA_COLUMN, "%s: there is no column \"%s\" at time zero%s%s%s", use, name,
                                    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    mlab_release(table->context, names);
    return status;
}

mlab_status mlab_cohort_keep(const mlab_cohort_choice *choice, const mlab_table *table, uint8_t *keep, mlab_error *err)
{
    const mlab_column *column;
    memset(keep, 1, table->n_rows);
    for (size_t a = 0; a < choice->spec->n_adjust; a++) {
        mlab_status status = mlab_cohort_column(table, choice->spec->adjust[a], "comparison.adjust", &column, err);
        if (status) return status;
        for (size_t i = 0; column->missing && i < table->n_rows; i++) keep[i] = keep[i] && !column->missing[i];
    }
    if (!choice->group_column) return MLAB_OK;
    mlab_status status = mlab_cohort_column(table, choice->group_column, "comparison.by", &column, err);
    if (status) return status;
    for (size_t i = 0; i < table->n_rows; i++)
        keep[i] = keep[i] && !(column->missing && column->missing[i]) && column->as.integer[i] == choice->group_level;
    return MLAB_OK;
}

mlab_status mlab_cohort_reference(const mlab_cohort_choice *choice, mlab_cohort *cohort, mlab_error *err)
{
    cohort->reference = 0;
    if (!choice->spec->reference || !*choice->spec->reference) return MLAB_OK;
    for (size_t a = 0; a < cohort->n_arms; a++)
        if (!strcmp(cohort->arms[a], choice->spec->reference)) {
            cohort->reference = (int32_t)a;
            return MLAB_OK;
        }
    mlab_text list = MLAB_TEXT(cohort->context);
    for (size_t a = 0; a < cohort->n_arms; a++) mlab_text_print(&list, "%s%s", a ? ", " : "", cohort->arms[a]);
    mlab_status status = mlab_raise(err, MLAB_ERR_COMPARE_ARM, "comparison.reference: there is no arm \"%s\"; the arms are %s",
                                    choice->spec->reference, mlab_text_get(&list));
    mlab_text_free(&list);
    return status;
}

static bool taken(const mlab_cohort_choice *choice, const mlab_panel *panel, const uint8_t *keep, size_t row, mlab_cohort *cohort)
{
    if (!keep[row]) {
        cohort->missing_people++;
        return false;
    }
    if (panel->prevalent[row] && !choice->options->include_prevalent) {
        cohort->prevalent_people++;
        return false;
    }
    return true;
}

/* Walks the panel; with `fill` the arrays are there, without it people and rows are counted. */
static void walk(const mlab_cohort_choice *choice, const uint8_t *keep, mlab_cohort *cohort, bool fill)
{
    const mlab_panel *panel = choice->data->panel;
    size_t people = 0, rows = 0;
    cohort->prevalent_people = cohort->missing_people = cohort->empty_people = cohort->unknown_people = 0;
    cohort->unknown_years = cohort->later_years = 0;
    for (size_t i = 0, end; i < panel->n_rows; i = end) {
        size_t before = rows;
        bool unknown = false;
        end = i + 1;
        while (end < panel->n_rows && panel->person[end] == panel->person[i]) end++;
        if (!taken(choice, panel, keep, i, cohort)) continue;
        if (fill) cohort->zero_row[people] = (uint32_t)i;
        for (size_t r = i; r < end; r++) {
            double years = (panel->stop[r] - panel->start[r]) / 365.25;
            bool first = panel->spell[r] == panel->spell[i], unsaid = first && panel->arm[r] < 0;
            unknown = unknown || unsaid;
            if (!first) {
                cohort->later_years += years;
            } else if (unsaid && !choice->take_unknown) {
                cohort->unknown_years += years;
            } else {
                if (fill) {
                    cohort->source[rows] = (uint32_t)r;
                    cohort->arm[rows] = unsaid ? cohort->reference : panel->arm[r];
                    cohort->time[rows] = panel->since[r] - panel->since[i];
                    cohort->years[rows] = years;
                }
                size_t time = (size_t)(panel->since[r] - panel->since[i]);
                if (time >= cohort->n_times) cohort->n_times = time + 1;
                rows++;
            }
        }
        cohort->unknown_people += unknown;
        if (rows == before) {
            cohort->empty_people++;
            continue;
        }
        people++;
        if (fill) cohort->first[people] = rows;
    }
    cohort->n_people = people;
    cohort->n_rows = rows;
}

bool mlab_cohort_is_unknown(const mlab_cohort *cohort, size_t r)
{
    const mlab_data *data = cohort->data;
    if (!cohort->person_level) return data->panel->arm[cohort->source[r]] < 0;
    const mlab_column *arm = mlab_table_find(data->people, data->arm_column);
    return arm && arm->missing && arm->missing[cohort->source[r]];
}

mlab_status mlab_cohort_allocate(mlab_cohort *cohort, mlab_error *err)
{
    const mlab_context *context = cohort->context;
    size_t n = cohort->n_people, rows = cohort->n_rows;
    cohort->zero_row = mlab_allocate(context, n + 1, sizeof *cohort->zero_row);
    cohort->first = mlab_allocate(context, n + 1, sizeof *cohort->first);
    cohort->source = mlab_allocate(context, rows, sizeof *cohort->source);
    cohort->arm = mlab_allocate(context, rows, sizeof *cohort->arm);
    cohort->time = mlab_allocate(context, rows, sizeof *cohort->time);
    cohort->years = mlab_allocate(context, rows, sizeof *cohort->years);
    if (cohort->person_level) {
        cohort->share = mlab_allocate(context, rows, sizeof *cohort->share);
        cohort->event = mlab_allocate(context, rows, sizeof *cohort->event);
    }
    if (!cohort->zero_row || !cohort->first || !cohort->source || !cohort->arm || !cohort->time || !cohort->years ||
        (cohort->person_level && (!cohort->share || !cohort->event)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a comparison of %zu people", n);
    return MLAB_OK;
}

mlab_status mlab_cohort_from_panel(const mlab_cohort_choice *choice, mlab_cohort *cohort, mlab_error *err)
{
    const mlab_panel *panel = choice->data->panel;
    cohort->arms = panel->arms;
    cohort->n_arms = (size_t)panel->n_arms;
    cohort->months = panel->months_per_period;
    cohort->table = panel->rows;
    mlab_status status = mlab_cohort_reference(choice, cohort, err);
    if (status) return status;
    uint8_t *keep = mlab_allocate(cohort->context, panel->n_rows, sizeof *keep);
    if (!keep) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a comparison of %zu rows", panel->n_rows);
    if (!(status = mlab_cohort_keep(choice, panel->rows, keep, err))) {
        walk(choice, keep, cohort, false);
        if (!(status = mlab_cohort_allocate(cohort, err))) walk(choice, keep, cohort, true);
    }
    mlab_release(cohort->context, keep);
    return status;
}

mlab_status mlab_cohort_make(const mlab_cohort_choice *choice, const mlab_context *context, mlab_cohort **out, mlab_error *err)
{
    *out = NULL;
    mlab_cohort *cohort = mlab_allocate(context, 1, sizeof *cohort);
    if (!cohort) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a comparison");
    cohort->context = context;
    cohort->data = choice->data;
    cohort->person_level = choice->data->person_level;
    mlab_status status = cohort->person_level ? mlab_cohort_from_people(choice, cohort, err) : mlab_cohort_from_panel(choice, cohort, err);
    if (!status && cohort->n_people == 0)
        status =
            mlab_raise(err, MLAB_ERR_DATA_EMPTY, "nobody is left to compare: %llu people have a missing covariate, %llu a relationship from before",
                       (unsigned long long)cohort->missing_people, (unsigned long long)cohort->prevalent_people);
    if (!status) status = mlab_cohort_covariates(choice, cohort, err);
    if (status)
        mlab_cohort_free(cohort);
    else
        *out = cohort;
    return status;
}

void mlab_cohort_free(mlab_cohort *cohort)
{
    if (!cohort) return;
    for (size_t j = 0; cohort->z_names && j < cohort->n_z; j++) mlab_release(cohort->context, cohort->z_names[j]);
    void *parts[] = {cohort->zero_row, cohort->first, cohort->source, cohort->arm,     cohort->time,   cohort->years,  cohort->cluster,
                     cohort->share,    cohort->event, cohort->z,      cohort->z_names, cohort->z_mean, cohort->z_scale};
    for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) mlab_release(cohort->context, parts[j]);
    mlab_release(cohort->context, cohort);
}
