/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /data/surveys: how scores were made, the waves, and who answered, by arm. /data/survey_groups: scores by group and wave of
 * answers without a person, as far as they may be told; of the others the row alone. */
#include "store/records.h"
#include "store/stages.h"

#include "core/memory.h"
#include "core/number.h"

#include <math.h>

enum { LEAST_PEOPLE = 5 }; /* silent ones of a group whose size is told */

static void put_measures(const mlab_h5_group *group, const mlab_context *context, const mlab_survey *survey)
{
    size_t n = survey->n_measures;
    char **names = mlab_allocate(context, n, sizeof *names);
    int32_t *items = mlab_allocate(context, n, 3 * sizeof *items);
    uint64_t *counts = mlab_allocate(context, n, 3 * sizeof *counts);
    double *alpha = mlab_allocate(context, n, 3 * sizeof *alpha);
    if (!names || !items || !counts || !alpha) {
        mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write %zu scores", n);
    } else {
        for (size_t m = 0; m < n; m++) {
            const mlab_measure *made = &survey->measures[m];
            bool has = made->alpha_people > 0;
            names[m] = made->name;
            items[m] = made->n_items;
            items[n + m] = made->n_reversed;
            items[2 * n + m] = made->need;
            counts[m] = made->scored;
            counts[n + m] = made->too_few;
            counts[2 * n + m] = made->alpha_people;
            alpha[m] = has ? made->alpha : (double)NAN;
            alpha[n + m] = has ? made->alpha_lower : (double)NAN;
            alpha[2 * n + m] = has ? made->alpha_upper : (double)NAN;
        }
        mlab_h5_dimension_texts(group, "measure", names, n, "score made from answers");
        mlab_h5_put(group, "items", "measure", MLAB_H5_INT32, items, "item", "items of the score");
        mlab_h5_put(group, "reversed", "measure", MLAB_H5_INT32, items + n, "item", "items that count from the other end of the scale");
        mlab_h5_put(group, "needed", "measure", MLAB_H5_INT32, items + 2 * n, "item", "items that have to be answered");
        mlab_h5_put(group, "scored", "measure", MLAB_H5_COUNT, counts, "answer", "answers with a score");
        mlab_h5_put(group, "too_few_items", "measure", MLAB_H5_COUNT, counts + n, "answer", "answers to fewer items than needed");
        mlab_h5_put(group, "alpha_people", "measure", MLAB_H5_COUNT, counts + 2 * n, "person", "people with all items; 0 = no alpha");
        mlab_h5_put(group, "alpha", "measure", MLAB_H5_REAL, alpha, "1", "Cronbach's alpha; NaN = none");
        mlab_h5_put(group, "alpha_lower", "measure", MLAB_H5_REAL, alpha + n, "1", "lower end of its 95 % interval (Feldt)");
        mlab_h5_put(group, "alpha_upper", "measure", MLAB_H5_REAL, alpha + 2 * n, "1", "upper end of its 95 % interval (Feldt)");
    }
    mlab_release(context, names);
    mlab_release(context, items);
    mlab_release(context, counts);
    mlab_release(context, alpha);
}

static void put_waves(const mlab_h5_group *group, const mlab_context *context, const mlab_survey *survey)
{
    size_t n = survey->n_waves;
    char **names = mlab_allocate(context, n, sizeof *names);
    uint64_t *counts = mlab_allocate(context, n, 2 * sizeof *counts);
    if (!names || !counts) {
        mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write %zu waves", n);
    } else {
        for (size_t w = 0; w < n; w++) {
            names[w] = survey->waves[w].name;
            counts[w] = survey->waves[w].answers;
            counts[n + w] = survey->waves[w].unfinished;
        }
        mlab_h5_dimension_texts(group, "wave", names, n, "wave of the survey, by its first day");
        mlab_h5_put(group, "answers", "wave", MLAB_H5_COUNT, counts, "answer", "answers that count");
        mlab_h5_put(group, "unfinished", "wave", MLAB_H5_COUNT, counts + n, "answer", "rows that nobody finished");
    }
    mlab_release(context, names);
    mlab_release(context, counts);
}

/* Arms as in the panel; the last is that of people of whom nothing says in which arm they were. */
static void put_rates(const mlab_h5_group *group, const mlab_context *context, const mlab_survey *survey, const mlab_panel *panel)
{
    static char unknown[] = "(unknown)";
    size_t n = (size_t)survey->n_arms + 1;
    char **names = mlab_allocate(context, n, sizeof *names);
    if (!names) {
        mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write who answered");
    } else {
        for (size_t k = 0; k + 1 < n; k++) names[k] = panel->arms[k];
        names[n - 1] = unknown;
        mlab_h5_dimension_texts(group, "asked_arm", names, n, "arm at the start of the period in which people were asked");
        mlab_h5_put(group, "invited", "measure asked_arm", MLAB_H5_COUNT, survey->invited, "invitation",
                    "people there on the first day of a wave, summed over waves");
        mlab_h5_put(group, "replied", "measure asked_arm", MLAB_H5_COUNT, survey->replied, "answer", "of those, with a score");
    }
    mlab_release(context, names);
}

/* One score of a group in a wave. */
typedef struct group_row {
    char *measure, *group, *wave;
    bool told;
    double size, n, mean, lower, upper;
} group_row;

static const mlab_record_field group_columns[] = {
    {MLAB_RECORD_TEXT, "measure", offsetof(group_row, measure), "1", "score made from answers"},
    {MLAB_RECORD_TEXT, "group", offsetof(group_row, group), "1", "group of those who answered"},
    {MLAB_RECORD_TEXT, "wave", offsetof(group_row, wave), "1", "wave of the survey"},
    {MLAB_RECORD_YES_NO, "told", offsetof(group_row, told), "1", "0 = nobody answered, or hidden, since few did, or a small count would follow"},
    {MLAB_RECORD_REAL, "size", offsetof(group_row, size), "person", "people in the group on the first day of the wave; NaN = not known or hidden"},
    {MLAB_RECORD_REAL, "n", offsetof(group_row, n), "answer", "answers with a score; NaN = hidden"},
    {MLAB_RECORD_REAL, "mean", offsetof(group_row, mean), "1", "their mean; NaN = hidden"},
    {MLAB_RECORD_REAL, "lower", offsetof(group_row, lower), "1", "lower limit of the 95 % interval of the mean"},
    {MLAB_RECORD_REAL, "upper", offsetof(group_row, upper), "1", "upper limit of the 95 % interval of the mean"},
};
static const mlab_record_table group_table = MLAB_RECORD_TABLE("survey_groups", group_row, group_columns);

static group_row row_of(const mlab_survey *survey, size_t m, size_t g, size_t w)
{
    const size_t at = (m * survey->n_groups + g) * survey->n_waves + w;
    const mlab_survey_cell *cell = &survey->cells[at];
    group_row row = {survey->measures[m].name,
                     survey->groups[g],
                     survey->waves[w].name,
                     survey->told[at],
                     (double)NAN,
                     (double)NAN,
                     (double)NAN,
                     (double)NAN,
                     (double)NAN};
    if (!row.told) return row;
    if (mlab_survey_size_told(cell, LEAST_PEOPLE)) row.size = (double)cell->size;
    row.n = (double)cell->n;
    row.mean = cell->mean;
    row.lower = cell->lower;
    row.upper = cell->upper;
    return row;
}

static void put_groups(const mlab_h5_group *data_group, const mlab_context *context, const mlab_survey *survey)
{
    const size_t n = survey->n_measures * survey->n_groups * survey->n_waves;
    mlab_h5_group group = mlab_h5_group_make(data_group, "survey_groups");
    group_row *rows = mlab_allocate(context, n, sizeof *rows);
    size_t k = 0;
    if (!rows) mlab_h5_fail(group.file, MLAB_ERR_MEMORY, "no memory to write %zu scores by group", n);
    for (size_t m = 0; rows && m < survey->n_measures; m++)
        for (size_t g = 0; g < survey->n_groups; g++)
            for (size_t w = 0; w < survey->n_waves; w++) rows[k++] = row_of(survey, m, g, w);
    if (rows) mlab_records_put_in(&group, &group_table, rows, n);
    mlab_release(context, rows);
    mlab_h5_group_close(&group);
}

void mlab_store_put_surveys(const mlab_h5_group *data_group, const mlab_data *data)
{
    const mlab_survey *survey = data->survey;
    if (!survey || !survey->n_measures) return;
    mlab_h5_group group = mlab_h5_group_make(data_group, "surveys");
    put_measures(&group, data->context, survey);
    if (survey->n_waves) put_waves(&group, data->context, survey);
    if (survey->invited && data->panel && data->panel->n_arms == survey->n_arms) put_rates(&group, data->context, survey, data->panel);
    mlab_h5_group_close(&group);
    if (survey->told) put_groups(data_group, data->context, survey);
}
