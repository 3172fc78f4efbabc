/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Means of what a part of a joint model predicts for rows. */
#ifndef MLAB_TESTS_FIT_JOINT_MEAN_H
#define MLAB_TESTS_FIT_JOINT_MEAN_H

#include "fit/joint_clinic.h"

static mlab_scale scale_of(const char *name)
{
    int scale = 0;
    while (strcmp(mlab_scale_name(scale), name)) scale++;
    return (mlab_scale)scale;
}

/* The mean over the first rows of a part, at most so many, whose column is set for everybody. */
static double mean_of(const mlab_fit *part, const world *w, size_t most, const char *column, double value, const char *scale, bool averaged,
                      double time, size_t which)
{
    double mean[8], *saved = NULL;
    mlab_error err = {0};
    mlab_column *own = column ? mlab_table_find(w->table, column) : NULL;
    size_t n = w->table->n_rows;
    if (own) {
        saved = room(n, sizeof *saved);
        memcpy(saved, own->as.real, n * sizeof *saved);
        for (size_t i = 0; i < n; i++) own->as.real[i] = value;
    }
    const mlab_prediction_request request = {.table = w->table,
                                             .rows = w->problem.rows,
                                             .n = w->problem.n < most ? w->problem.n : most,
                                             .averaged = averaged,
                                             .scale = scale_of(scale),
                                             .times = time < 0 ? NULL : &time,
                                             .n_times = time >= 0};
    ck_assert_msg(mlab_predict_mean(&context, part, &request, NULL, mean, NULL, &err) == MLAB_OK, "%s", err.sentence);
    if (own) memcpy(own->as.real, saved, n * sizeof *saved);
    free(saved);
    return mean[which];
}

#endif
