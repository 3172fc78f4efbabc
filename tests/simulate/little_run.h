/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running a little world, and sums over what came out. */
#ifndef MLAB_TESTS_LITTLE_RUN_H
#define MLAB_TESTS_LITTLE_RUN_H

#include "simulate/little_world.h"
#include "simulate/runner.h"

static inline mlab_world *world_of(const mlab_context *context, little_world *w)
{
    mlab_world *world;
    mlab_error err;
    little_ok(mlab_world_make(context, &w->spec, &w->options, &world, &err), &err);
    return world;
}

static inline mlab_outcomes *run_of(const mlab_context *context, little_world *w)
{
    mlab_sink sink;
    mlab_outcomes *outcomes;
    mlab_error err;
    little_ok(mlab_sink_memory(context, &w->spec, &w->options, &sink, &outcomes, &err), &err);
    little_ok(mlab_simulate(context, &w->spec, &w->options, 0, (size_t)w->options.draws, &sink, &err), &err);
    mlab_sink_memory_end(&sink);
    return outcomes;
}

static inline size_t size_of(const mlab_outcomes *o)
{
    return o->n_scenarios * o->n_draws * o->n_replicates * o->n_periods * o->n_groups;
}

/* Sum of a metric over all histories, and groups, at period t of a scenario; t < 0 = over all periods. */
static inline double total(const mlab_outcomes *o, mlab_metric metric, size_t scenario, int t)
{
    double sum = 0;
    for (size_t h = 0; h < o->n_draws * o->n_replicates; h++)
        for (size_t k = 0; k < o->n_periods; k++)
            for (size_t g = 0; g < o->n_groups; g++)
                if (t < 0 || (size_t)t == k)
                    sum += (double)o->value[metric][((scenario * o->n_draws * o->n_replicates + h) * o->n_periods + k) * o->n_groups + g];
    return sum;
}

static inline void same_outcomes(const mlab_outcomes *a, const mlab_outcomes *b)
{
    ck_assert_uint_eq(size_of(a), size_of(b));
    for (int m = 0; m < MLAB_N_METRICS; m++) ck_assert_mem_eq(a->value[m], b->value[m], size_of(a) * sizeof(float));
    ck_assert_uint_eq(a->n_numbers, b->n_numbers);
    if (a->n_numbers) ck_assert_mem_eq(a->number, b->number, a->n_numbers * size_of(a) * sizeof(float));
}

#endif
