/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions in the unit of time that the study stated: those of mean times are times too, their ratios are not. */
#include "mentorlab/after.h"

#include <string.h>

bool mlab_prediction_is_time(const mlab_prediction *prediction)
{
    bool time = strcmp(prediction->scale, "restricted_mean") == 0 || strcmp(prediction->scale, "time_lost") == 0;
    return time && strcmp(prediction->measure, "ratio") != 0;
}

mlab_prediction mlab_prediction_told(const mlab_prediction *prediction)
{
    mlab_prediction told = *prediction;
    told.time = told.stated_time;
    told.unit = told.stated_unit;
    if (mlab_prediction_is_time(prediction) && prediction->time > 0) {
        double by = prediction->stated_time / prediction->time;
        told.value *= by;
        told.se *= by;
        told.lower *= by;
        told.upper *= by;
    }
    return told;
}
