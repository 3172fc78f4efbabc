/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Releasing everything that a study's files said. */
#include "mentorlab/data.h"
#include "core/memory.h"

static void survey_free(const mlab_context *context, mlab_survey *survey)
{
    if (!survey) return;
    for (size_t i = 0; survey->measures && i < survey->n_measures; i++) mlab_release(context, survey->measures[i].name);
    for (size_t i = 0; survey->waves && i < survey->n_waves; i++) mlab_release(context, survey->waves[i].name);
    for (size_t i = 0; survey->groups && i < survey->n_groups; i++) mlab_release(context, survey->groups[i]);
    mlab_release(context, survey->measures);
    mlab_release(context, survey->waves);
    mlab_release(context, survey->groups);
    mlab_release(context, survey->group_name);
    mlab_release(context, survey->cells);
    mlab_release(context, survey->told);
    mlab_release(context, survey->invited);
    mlab_release(context, survey->replied);
    mlab_release(context, survey);
}

void mlab_data_free(mlab_data *data)
{
    if (!data) return;
    const mlab_context *context = data->context;
    mlab_panel_free(data->panel);
    survey_free(context, data->survey);
    mlab_table_free(data->people);
    mlab_table_free(data->promotions);
    mlab_table_free(data->surveys);
    mlab_table_free(data->ratings);
    mlab_release(context, data->relationships);
    mlab_release(context, data->arm_exposure);
    mlab_release(context, data->arm_column);
    for (size_t i = 0; data->inputs && i < data->n_inputs; i++) {
        mlab_release(context, data->inputs[i].role);
        mlab_release(context, data->inputs[i].file);
    }
    mlab_release(context, data->inputs);
    for (size_t i = 0; data->flow && i < data->n_flow; i++) mlab_release(context, (void *)(uintptr_t)data->flow[i].what);
    mlab_release(context, data->flow);
    mlab_release(context, data->caveats);
    mlab_release(context, data->guesses);
    mlab_release(context, data);
}
