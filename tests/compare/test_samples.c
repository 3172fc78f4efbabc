/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refits of bootstrap samples end where fits of the same samples from the beginning do. */
#include "compare/analysis.h"
#include "compare/world.h"
#include "core/random.h"

#include <math.h>

enum { PEOPLE = 300, SAMPLES = 20, MOST = 400 };

/* The sample of people that the bootstrap draws. */
static mlab_sample drawn(const mlab_analysis *analysis, uint32_t b, double *count, uint32_t *who, double *weight)
{
    size_t kept = 0, n = analysis->cohort->n_people;
    mlab_address at = {.seed = (uint64_t)analysis->options->seed, .draw = b, .purpose = MLAB_PURPOSE_BOOTSTRAP};
    mlab_random_sample(analysis->context, &at, n, count);
    for (uint32_t g = 0; g < n; g++)
        if (count[g] > 0) {
            who[kept] = g;
            weight[kept++] = count[g];
        }
    return (mlab_sample){.n = kept, .who = who, .weight = weight};
}

START_TEST(a_refit_is_the_fit_of_its_sample_from_the_beginning)
{
    static double count[PEOPLE], weight[PEOPLE], parameters[MOST], information[MOST * MOST], leaving[MOST * MOST], level[MOST];
    static uint32_t who[PEOPLE];
    double horizons[] = {6, 12}, most = 0;
    mlab_compare_spec spec = world_spec(horizons, 2, 2);
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = SAMPLES;
    world *w = world_starters(PEOPLE, 3);
    mlab_cohort_choice choice = {.data = &w->data, .spec = &spec, .options = &options};
    mlab_analysis *analysis;
    ck_assert_int_eq(mlab_analysis_make(&w->context, &choice, "", false, &analysis, NULL), MLAB_OK);
    ck_assert_uint_ge(analysis->n_tasks, 2);
    for (size_t k = 0; k < analysis->n_tasks; k++) {
        const mlab_task *task = analysis->task[k];
        size_t size = mlab_task_room(task), n = analysis->offset[k + 1] - analysis->offset[k];
        mlab_room room = {.memory = calloc(size, sizeof(double)), .size = size};
        ck_assert_ptr_nonnull(room.memory);
        ck_assert_ptr_nonnull(analysis->scores[k]);
        for (uint32_t b = 0; b < SAMPLES; b++) {
            mlab_sample sample = drawn(analysis, b, count, who, weight);
            memcpy(parameters, task->estimate, (task->n_main + task->n_leaving) * sizeof *parameters);
            bool good = mlab_task_fit(&w->context, task, &sample, NULL, 1e-14, &room, parameters, information, leaving);
            ck_assert_int_eq(good, !analysis->failed[b * analysis->n_tasks + k]);
            if (!good) continue;
            mlab_task_levels(&w->context, task, &sample, parameters, task->horizon, task->n_horizons, &room, level);
            for (size_t l = 0; l < n; l++) most = fmax(most, fabs(level[l] - analysis->spread[b * analysis->n_levels + analysis->offset[k] + l]));
        }
        free(room.memory);
    }
    ck_assert_msg(most < 1e-6, "levels differ by %g", most);
    ck_assert_double_gt(most, 0);
    mlab_analysis_free(analysis);
    world_end(w);
}
END_TEST

MLAB_TEST_MAIN("samples", a_refit_is_the_fit_of_its_sample_from_the_beginning)
