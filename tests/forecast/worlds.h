/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outcomes by hand. */
#ifndef MLAB_TESTS_WORLDS_H
#define MLAB_TESTS_WORLDS_H

#include "mentorlab/forecast.h"
#include "support/support.h"

#include <stdlib.h>

static char test_today[] = "today", test_plan[] = "plan", test_low[] = "1", test_high[] = "2";
static char *test_scenarios[] = {test_today, test_plan};
static char *test_groups[] = {test_low, test_high};

/* Two scenarios, all zero. */
static inline mlab_outcomes test_outcomes(size_t draws, size_t replicates, size_t periods, size_t groups, int32_t months)
{
    mlab_outcomes o = {.n_scenarios = 2,
                       .n_draws = draws,
                       .n_replicates = replicates,
                       .n_periods = periods,
                       .n_groups = groups,
                       .scenarios = test_scenarios,
                       .groups = test_groups,
                       .months_per_period = months};
    for (size_t k = 0; k < MLAB_N_METRICS; k++) o.value[k] = calloc(2 * draws * replicates * periods * groups, sizeof(float));
    return o;
}

static inline void test_outcomes_free(mlab_outcomes *o)
{
    for (size_t k = 0; k < MLAB_N_METRICS; k++) free(o->value[k]);
}

static inline float *test_at(const mlab_outcomes *o, mlab_metric metric, size_t scenario, size_t draw, size_t replicate, size_t period)
{
    return o->value[metric] + (((scenario * o->n_draws + draw) * o->n_replicates + replicate) * o->n_periods + period) * o->n_groups;
}

#endif
