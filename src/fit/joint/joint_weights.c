/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights of a joint model are of people: a person of weight w counts as w people alike (frequency), or stands for w people of a population
 * (sampling: a pseudo-likelihood, whose errors are the sandwich; Pfeffermann and others 1998, doi:10.1111/1467-9868.00106, for weights of the upper
 * level). The integral over a person's effects is one, so that weights of single rows have no place in it. */
#include "fit/joint/joint.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>

static const double SAME = 1e-9; /* relative difference of weights that count as equal */

/* Weight of the person's first row of the part, 0 = no rows here; all rows must have it. */
static double weight_of(const mlab_joint_rows *part, size_t g, bool *differs)
{
    const double *weight = part->weight;
    size_t from = part->first[g], to = part->first[g + 1];
    for (size_t i = from + 1; i < to; i++) *differs = *differs || fabs(weight[i] - weight[from]) > SAME * weight[from];
    return from < to ? weight[from] : 0;
}

static mlab_status take_part(mlab_joint_model *model, const mlab_joint_rows *part, mlab_error *err)
{
    const mlab_fit_problem *problem = part->prepared->problem;
    const char *name = problem->outcome ? problem->outcome : "outcome";
    double scale = model->weights == MLAB_WEIGHTS_SAMPLING ? 0 : 1; /* sampling weights are scaled part by part: found by the first person of both */
    bool differs = false;
    for (size_t g = 0; g < model->n_people; g++) {
        double own = weight_of(part, g, &differs), *to = &model->weight[g];
        if (own <= 0) continue;
        if (scale == 0 && *to > 0) scale = *to / own;
    }
    if (scale == 0) scale = 1;
    for (size_t g = 0; g < model->n_people; g++) {
        double own = scale * weight_of(part, g, &differs), *to = &model->weight[g];
        if (own <= 0) continue;
        differs = differs || (*to > 0 && fabs(*to - own) > SAME * *to);
        *to = own;
    }
    if (!differs) return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_FIT_RESPONSE,
                      "%s: the weights of a joint model are people's: all rows of a person must have the same one, in every part", name);
}

mlab_status mlab_joint_weigh(mlab_joint_model *model, mlab_error *err)
{
    size_t weighed = 0;
    double sum = 0;
    for (size_t r = 0; r < model->n_parts; r++) {
        const mlab_fit_problem *problem = model->parts[r].prepared->problem;
        if (!problem->weight) continue;
        if (weighed++ == 0) model->weights = problem->weights;
        if (problem->weights != model->weights || (model->weights != MLAB_WEIGHTS_FREQUENCY && model->weights != MLAB_WEIGHTS_SAMPLING))
            return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: a joint model takes frequency or sampling weights, of one kind for all its parts",
                              problem->outcome ? problem->outcome : "outcome");
    }
    if (weighed == 0) return MLAB_OK;
    if (weighed < model->n_parts)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL,
                          "some parts of the joint model have weights and others none; write fit.weights, or weights for each");
    model->weight = mlab_allocate(model->context, model->n_people, sizeof *model->weight);
    if (!model->weight) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the weights of %zu people", model->n_people);
    for (size_t r = 0; r < model->n_parts; r++) {
        mlab_status status = take_part(model, &model->parts[r], err);
        if (status) return status;
    }
    for (size_t g = 0; g < model->n_people; g++) sum += model->weight[g];
    for (size_t g = 0; g < model->n_people && model->weights == MLAB_WEIGHTS_SAMPLING; g++) model->weight[g] *= (double)model->n_people / sum;
    return MLAB_OK;
}
