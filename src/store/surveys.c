/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /data/surveys: how scores were made, the waves, and who answered, by arm. Scores by group of answers without a person are not written:
 * small groups would be rows about one person, and what may be told of them stands in the report. */
#include "store/stages.h"

#include "core/memory.h"
#include "core/number.h"

#include <math.h>

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

void mlab_store_put_surveys(const mlab_h5_group *data_group, const mlab_data *data)
{
    const mlab_survey *survey = data->survey;
    if (!survey || !survey->n_measures) return;
    mlab_h5_group group = mlab_h5_group_make(data_group, "surveys");
    put_measures(&group, data->context, survey);
    if (survey->n_waves) put_waves(&group, data->context, survey);
    if (survey->invited && data->panel && data->panel->n_arms == survey->n_arms) put_rates(&group, data->context, survey, data->panel);
    mlab_h5_group_close(&group);
}
