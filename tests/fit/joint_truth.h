/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People with a level of satisfaction u ~ N(0, sd^2), observed period by period until they leave; u enters the hazards with loadings.
 *
 *     u ──► satisfaction (5 levels, or a number)      answered in 4 of 5 periods
 *      └──► hazards of leaving: voluntary (gain), involuntary (gain_other, if there are two causes)
 */
#ifndef MLAB_TESTS_FIT_JOINT_TRUTH_H
#define MLAB_TESTS_FIT_JOINT_TRUTH_H

#include "core/random.h"

#include <math.h>

typedef struct joint_truth {
    uint32_t people, periods, seed, replicate;
    double sd, gain, gain_other; /* gains: change of the log hazard for one unit of u */
    double own;                  /* standard deviation of what the hazard has of its own */
    double base;                 /* log hazard of leaving at x = 0, u = 0 */
    bool gaussian, two_causes;
    double slope; /* standard deviation of a person's slope over time, which enters the hazard with 2 * gain */
} joint_truth;

/* Rows of people and periods; answers have rows[k], level[k], number[k] and person_answer[k]. Room for people * periods of each. */
typedef struct joint_data {
    size_t n, n_answers;
    double *x, *time, *number;
    int32_t *level, *cause;
    uint32_t *rows, *person, *person_answer;
} joint_data;

static inline void joint_rows(joint_data *w, const joint_truth *truth)
{
    static const double cut[] = {-2, -0.7, 0.5, 2};
    for (uint32_t i = 0; i < truth->people; i++) {
        mlab_address address = {.seed = truth->seed, .entity = i, .replicate = truth->replicate, .purpose = MLAB_PURPOSE_TEST};
        double u = truth->sd * mlab_random_normal(&address, 0), x = mlab_random_normal(&address, 1),
               own = truth->own * mlab_random_normal(&address, 2);
        double slope = truth->slope * mlab_random_normal(&address, 3);
        for (uint32_t t = 0; t < truth->periods; t++) {
            address.period = (uint16_t)(t + 1);
            double now = u + slope * t, h = exp(truth->base + 0.3 * x + truth->gain * (u + 2 * slope) + own), eta = 0.5 * x - 0.1 * t + now;
            double g = truth->two_causes ? exp(truth->base - 0.7 - 0.2 * x + truth->gain_other * u) : 0, H = h + g;
            double leaves = mlab_random_uniform(&address, 0), which = mlab_random_uniform(&address, 1), p = mlab_random_uniform(&address, 2);
            w->x[w->n] = x, w->time[w->n] = t, w->person[w->n] = i;
            w->cause[w->n] = leaves < 1 - exp(-H) ? 1 + (which > h / H) : 0;
            if (mlab_random_uniform(&address, 3) < 0.8) {
                double latent = eta + log(p / (1 - p));
                int32_t level = 0;
                while (level < 4 && latent > cut[level]) level++;
                w->rows[w->n_answers] = (uint32_t)w->n, w->person_answer[w->n_answers] = i;
                w->number[w->n_answers] = 3 + eta + 0.8 * mlab_random_normal(&address, 2);
                w->level[w->n_answers++] = level;
            }
            if (w->cause[w->n++]) break;
        }
    }
}

#endif
