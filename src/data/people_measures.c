/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of a person-level study: the people file holds the answers. */
#include "core/error.h"
#include "core/memory.h"
#include "data/measures.h"

mlab_status mlab_people_measures_make(mlab_loading *l, const mlab_measure_specs *measures, mlab_error *err)
{
    if (!measures->n || !l->data->people) return MLAB_OK;
    mlab_survey *survey = l->data->survey = mlab_allocate(l->context, 1, sizeof *survey);
    if (survey) survey->measures = mlab_allocate(l->context, measures->n, sizeof *survey->measures);
    if (!survey || !survey->measures) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of people");
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < measures->n && !status; k++) {
        mlab_measure *made = &survey->measures[survey->n_measures];
        bool usable;
        status = mlab_measure_make(l, l->data->people, &measures->items[k], made, &usable, err);
        if (!usable || !made->name) continue;
        survey->n_measures++;
        if (!status) status = mlab_measure_alpha(l, l->data->people, &measures->items[k], NULL, NULL, 0, made, err);
    }
    return status;
}
