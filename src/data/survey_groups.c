/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers that no key links to people: scores by group and wave, and nothing else. Who answered cannot be told, so that neither an arm
 * nor a change in one person can be; a difference between arms is not estimated from them. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/surveys.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores by group");
}

static mlab_status name_groups(mlab_loading *l, const mlab_column *group, const char *name, mlab_error *err)
{
    mlab_survey *survey = l->data->survey;
    size_t n = group ? (size_t)group->n_levels : 1;
    survey->groups = mlab_allocate(l->context, n, sizeof *survey->groups);
    survey->group_name = mlab_copy_text(l->context, name ? name : "");
    if (!survey->groups || !survey->group_name) return no_memory(err);
    for (survey->n_groups = 0; survey->n_groups < n; survey->n_groups++) {
        survey->groups[survey->n_groups] = mlab_copy_text(l->context, group ? group->levels[survey->n_groups] : "everyone");
        if (!survey->groups[survey->n_groups]) return no_memory(err);
    }
    return MLAB_OK;
}

/* Levels count as places; numbers of a scale were made into scores already. */
static double score_at(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row] + (column->type == MLAB_COLUMN_FACTOR);
}

typedef struct scored {
    double value;
    size_t cell;
} scored;

static int by_value(const void *a, const void *b)
{
    const scored *x = a, *y = b;
    if (x->cell != y->cell) return x->cell < y->cell ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

/* mean -+ t(n - 1) sd / sqrt(n): answers as if they were a sample of many, one a person. */
static void set_interval(mlab_survey_cell *cell)
{
    const bool some = cell->n > 1;
    cell->sd = some ? sqrt(cell->sd / (double)(cell->n - 1)) : 0;
    const double half = some ? gsl_cdf_tdist_Pinv(0.975, (double)cell->n - 1) * cell->sd / sqrt((double)cell->n) : 0;
    cell->lower = cell->mean - half;
    cell->upper = cell->mean + half;
    cell->size = -1;
}

/* Rows by cell and score, so that sums do not depend on the order of the file. */
static mlab_status add_rows(const mlab_survey *survey, const mlab_table *table, const mlab_column *date, const mlab_column *group,
                            const mlab_column *score, mlab_survey_cell *cells, mlab_error *err)
{
    scored *rows = mlab_allocate(table->context, table->n_rows, sizeof *rows);
    size_t n = 0;
    if (!rows) return no_memory(err);
    for (size_t i = 0; i < table->n_rows; i++) {
        size_t w = 0;
        if (mlab_is_missing_at(score, i) || mlab_is_missing_at(date, i) || (group && mlab_is_missing_at(group, i))) continue;
        while (w < survey->n_waves && date->as.integer[i] > survey->waves[w].last) w++;
        if (w == survey->n_waves) continue;
        rows[n++] = (scored){score_at(score, i), (group ? (size_t)group->as.integer[i] : 0) * survey->n_waves + w};
    }
    qsort(rows, n, sizeof *rows, by_value);
    for (size_t i = 0; i < n; i++) {
        mlab_survey_cell *cell = &cells[rows[i].cell];
        double step = rows[i].value - cell->mean; /* Welford 1962, doi:10.1080/00401706.1962.10490022 */
        cell->n++;
        cell->mean += step / (double)cell->n;
        cell->sd += step * (rows[i].value - cell->mean);
    }
    for (size_t k = 0; k < survey->n_groups * survey->n_waves; k++) set_interval(&cells[k]);
    mlab_release(table->context, rows);
    return MLAB_OK;
}

static mlab_status say_no_person(const mlab_loading *l, const mlab_surveying *s, mlab_error *err)
{
    const mlab_setting *at = mlab_settings_find(l->settings, NULL, s->group ? "data.surveys.group" : "data.surveys.anonymous");
    mlab_place place = at ? mlab_setting_place(at) : mlab_place_text(mlab_settings_file(l->settings), 0, 0);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_NOTE, "answers_without_person", &place, NULL, "surveys: {person: <column>}", err,
                             "no key leads from the answers to people: they are told by %s and wave alone, and no difference between arms can be "
                             "estimated from them, because who answered, and in which arm they were, is not known",
                             s->group ? s->group : "wave for everyone");
}

mlab_status mlab_survey_take_groups(mlab_loading *l, mlab_surveying *s, mlab_error *err)
{
    const mlab_table *table = l->data->surveys;
    const mlab_column *date = mlab_table_find(table, "date"), *group = s->group ? mlab_table_find(table, s->group) : NULL;
    mlab_survey *survey = l->data->survey;
    survey->anonymous = true;
    l->n_measures = 0; /* nothing that a panel could hold */
    if (!date || date->type != MLAB_COLUMN_DATE || (s->group && (!group || group->type != MLAB_COLUMN_FACTOR))) return MLAB_OK;
    int32_t *days = mlab_allocate(l->context, table->n_rows, sizeof *days);
    mlab_status status = days ? name_groups(l, group, s->group, err) : no_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < table->n_rows && !status; i++)
        if (!mlab_is_missing_at(date, i)) days[n++] = date->as.integer[i];
    if (!status) status = mlab_survey_find_waves(l, s, days, n, err);
    mlab_release(l->context, days);
    size_t block = survey->n_groups * survey->n_waves;
    if (!status && !(survey->cells = mlab_allocate(l->context, survey->n_measures * block, sizeof *survey->cells))) status = no_memory(err);
    for (size_t k = 0; k < survey->n_measures && !status; k++) {
        const mlab_measure_spec *measure = &s->measures.items[s->made[k]];
        status = add_rows(survey, table, date, group, mlab_table_find(table, survey->measures[k].name), &survey->cells[k * block], err);
        if (!status) status = mlab_measure_alpha(l, table, measure, NULL, NULL, 0, &survey->measures[k], err);
    }
    return status ? status : say_no_person(l, s, err);
}

/* The people of each group on the first day of each wave, where the panel has a column of the group's name with the same labels. */
void mlab_survey_group_sizes(mlab_data *data)
{
    mlab_survey *survey = data->survey;
    const mlab_panel *panel = data->panel;
    const size_t block = survey && survey->cells ? survey->n_groups * survey->n_waves : 0;
    if (!block || !panel) return;
    const mlab_column *column = *survey->group_name ? mlab_table_find(panel->rows, survey->group_name) : NULL;
    if (*survey->group_name && (!column || column->type != MLAB_COLUMN_FACTOR)) return;
    for (size_t k = 0; k < survey->n_measures * block; k++) survey->cells[k].size = 0;
    for (size_t i = 0; i < panel->n_rows; i++)
        for (size_t w = 0; w < survey->n_waves; w++) {
            const int32_t day = survey->waves[w].first;
            size_t g = 0;
            if (day <= panel->start[i] || day > panel->stop[i] || (column && mlab_is_missing_at(column, i))) continue;
            while (column && g < survey->n_groups && strcmp(survey->groups[g], column->levels[column->as.integer[i]])) g++;
            for (size_t m = 0; g < survey->n_groups && m < survey->n_measures; m++) survey->cells[m * block + g * survey->n_waves + w].size++;
        }
}

bool mlab_survey_size_told(const mlab_survey_cell *cell, uint64_t minimum)
{
    if (cell->size < 0 || (uint64_t)cell->size < cell->n || (uint64_t)cell->size < minimum) return false;
    const uint64_t silent = (uint64_t)cell->size - cell->n;
    return silent == 0 || silent >= minimum;
}
