/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who was asked and who answered, by arm: everybody who is there on a wave's first day was asked, in the arm of the period that holds the
 * day. An answer counts for the wave when it stands in a period that the wave reaches into. Weakness: answers of two waves in one period
 * count for both. */
#include "core/error.h"
#include "core/memory.h"
#include "data/surveys.h"

#include <string.h>

static bool has_answer(const mlab_column *score, size_t row)
{
    return !score->missing || !score->missing[row];
}

/* Did the person answer in the wave, in this row or in later ones that the wave reaches? */
static bool replied(const mlab_panel *panel, const mlab_column *score, size_t row, const mlab_survey_wave *wave)
{
    for (size_t i = row; i < panel->n_rows && panel->person[i] == panel->person[row] && panel->start[i] < wave->last + (i == row); i++)
        if (has_answer(score, i)) return true;
    return false;
}

mlab_status mlab_survey_rates(mlab_loading *l, mlab_error *err)
{
    mlab_survey *survey = l->data->survey;
    const mlab_panel *panel = l->data->panel;
    if (!survey || !panel || survey->anonymous || !survey->n_measures || !survey->n_waves) return MLAB_OK;
    size_t arms = (size_t)panel->n_arms + 1;
    survey->invited = mlab_allocate(l->context, survey->n_measures * arms, sizeof *survey->invited);
    survey->replied = mlab_allocate(l->context, survey->n_measures * arms, sizeof *survey->replied);
    if (!survey->invited || !survey->replied) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for who was asked");
    survey->n_arms = panel->n_arms;
    for (size_t m = 0; m < survey->n_measures; m++) {
        const mlab_column *score = mlab_table_find(panel->rows, survey->measures[m].name);
        for (size_t i = 0; score && i < panel->n_rows; i++)
            for (size_t w = 0; w < survey->n_waves; w++) {
                if (survey->waves[w].first <= panel->start[i] || survey->waves[w].first > panel->stop[i]) continue;
                size_t at = m * arms + (panel->arm[i] < 0 ? (size_t)panel->n_arms : (size_t)panel->arm[i]);
                survey->invited[at]++;
                survey->replied[at] += replied(panel, score, i, &survey->waves[w]);
            }
    }
    return MLAB_OK;
}
