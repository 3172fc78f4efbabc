/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results of a simulation: their memory, a sink that keeps them, and means with both uncertainties apart.
 * Variance of the mean over D draws of R replicates: design rule 9 (nested Monte Carlo; Searle, Casella & McCulloch 1992, one-way random effects). */
#include "simulate/runner.h"

#include "core/error.h"
#include "core/memory.h"
#include "simulate/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void mlab_outcomes_free(mlab_outcomes *outcomes)
{
    if (!outcomes) return;
    const mlab_context *context = outcomes->context;
    for (size_t s = 0; outcomes->scenarios && s < outcomes->n_scenarios; s++) mlab_release(context, outcomes->scenarios[s]);
    for (size_t g = 0; outcomes->groups && g < outcomes->n_groups; g++) mlab_release(context, outcomes->groups[g]);
    for (int m = 0; m < MLAB_N_METRICS; m++) mlab_release(context, outcomes->value[m]);
    for (size_t k = 0; outcomes->numbers && k < outcomes->n_numbers; k++) mlab_release(context, outcomes->numbers[k]);
    mlab_release(context, outcomes->numbers);
    mlab_release(context, outcomes->number);
    mlab_release(context, outcomes->scenarios);
    mlab_release(context, outcomes->groups);
    mlab_assumptions_free(context, outcomes->assumptions, outcomes->n_assumptions);
    mlab_release(context, outcomes);
}

static mlab_status copy_texts(const mlab_world *world, mlab_outcomes *to, mlab_error *err)
{
    const mlab_context *context = world->context;
    to->scenarios = mlab_allocate(context, to->n_scenarios, sizeof *to->scenarios);
    to->groups = mlab_allocate(context, to->n_groups, sizeof *to->groups);
    to->assumptions = mlab_allocate(context, world->n_assumptions, sizeof *to->assumptions);
    if (!to->scenarios || !to->groups || !to->assumptions) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the outcomes");
    to->numbers = mlab_allocate(context, world->n_numbers, sizeof *to->numbers);
    if (!to->numbers) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the outcomes");
    to->n_numbers = world->n_numbers;
    bool whole = true;
    for (size_t k = 0; k < to->n_numbers; k++)
        whole = (to->numbers[k] = mlab_copy_text(context, world->equations[world->numbers[k].equation].fit->outcome)) && whole;
    for (size_t s = 0; s < to->n_scenarios; s++) whole = (to->scenarios[s] = mlab_copy_text(context, world->spec->scenarios[s].name)) && whole;
    for (size_t g = 0; g < to->n_groups; g++) whole = (to->groups[g] = mlab_copy_text(context, world->grade_label[g])) && whole;
    to->n_assumptions = world->n_assumptions;
    for (size_t k = 0; k < world->n_assumptions; k++) {
        to->assumptions[k] = world->assumptions[k];
        to->assumptions[k].name = mlab_copy_text(context, world->assumptions[k].name);
        to->assumptions[k].source = mlab_copy_text(context, world->assumptions[k].source);
        whole = whole && to->assumptions[k].name && to->assumptions[k].source;
    }
    return whole ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the outcomes");
}

mlab_status mlab_outcomes_make(const mlab_world *world, size_t n_draws, mlab_outcomes **outcomes, mlab_error *err)
{
    const mlab_context *context = world->context;
    mlab_status status = MLAB_OK;
    *outcomes = NULL;
    mlab_outcomes *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the outcomes");
    *made = (mlab_outcomes){.context = context,
                            .n_scenarios = world->spec->n_scenarios,
                            .n_draws = n_draws,
                            .n_replicates = (size_t)world->options.replicates,
                            .n_periods = (size_t)mlab_simulate_periods(&world->options, world->panel->months_per_period),
                            .n_groups = world->n_grades,
                            .months_per_period = world->panel->months_per_period};
    size_t histories = made->n_scenarios * n_draws;
    bool fits = made->n_replicates <= SIZE_MAX / (histories * made->n_periods * made->n_groups + 1) / ((1 + world->n_numbers) * sizeof(float));
    size_t n = fits ? histories * made->n_replicates * made->n_periods * made->n_groups : 0;
    for (int m = 0; fits && !status && m < MLAB_N_METRICS; m++)
        if (!(made->value[m] = mlab_allocate(context, n, sizeof *made->value[m])))
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %d metrics of %zu numbers", (int)MLAB_N_METRICS, n);
    if (fits && !status && !(made->number = mlab_allocate(context, world->n_numbers * n, sizeof *made->number)))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu outcomes of %zu numbers", world->n_numbers, n);
    if (!fits) status = mlab_raise(err, MLAB_ERR_OVERFLOW, "scenarios x draws x replicates x periods x groups is too large");
    if (!status) status = copy_texts(world, made, err);
    if (status) {
        mlab_outcomes_free(made);
        return status;
    }
    *outcomes = made;
    return MLAB_OK;
}

/* --- the sink that keeps everything ------------------------------------------------------------------- */

typedef struct keeper {
    const mlab_context *context;
    mlab_outcomes *outcomes;
    uint8_t *has;
} keeper;

static bool keeper_has(void *user, size_t draw)
{
    const keeper *k = user;
    return draw < k->outcomes->n_draws && k->has[draw];
}

void mlab_outcomes_take_numbers(mlab_outcomes *to, const mlab_outcomes *one, size_t draw)
{
    size_t block = to->n_replicates * to->n_periods * to->n_groups, all = to->n_scenarios * to->n_draws * block;
    for (size_t k = 0; k < to->n_numbers; k++)
        for (size_t s = 0; s < to->n_scenarios; s++)
            memcpy(to->number + k * all + (s * to->n_draws + draw) * block, one->number + (k * to->n_scenarios + s) * block,
                   block * sizeof *to->number);
}

static mlab_status keeper_take(void *user, size_t draw, const mlab_outcomes *one, mlab_error *err)
{
    keeper *k = user;
    mlab_outcomes *to = k->outcomes;
    size_t block = to->n_replicates * to->n_periods * to->n_groups;
    if (draw >= to->n_draws || one->n_numbers != to->n_numbers || one->n_scenarios != to->n_scenarios ||
        one->n_replicates * one->n_periods * one->n_groups != block)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "draw %zu does not belong to these outcomes", draw);
    for (int m = 0; m < MLAB_N_METRICS; m++)
        for (size_t s = 0; s < to->n_scenarios; s++)
            memcpy(to->value[m] + (s * to->n_draws + draw) * block, one->value[m] + s * block, block * sizeof *to->value[m]);
    mlab_outcomes_take_numbers(to, one, draw);
    to->person_periods += one->person_periods;
    k->has[draw] = 1;
    return MLAB_OK;
}

mlab_status mlab_sink_memory(const mlab_context *context, const mlab_simulate_spec *spec, const mlab_simulate_options *options, mlab_sink *sink,
                             mlab_outcomes **outcomes, mlab_error *err)
{
    mlab_world *world = NULL;
    keeper *k = NULL;
    *outcomes = NULL;
    *sink = (mlab_sink){NULL, NULL, NULL};
    mlab_status status = mlab_world_make(context, spec, options, &world, err);
    if (!status) status = mlab_outcomes_make(world, (size_t)options->draws, outcomes, err);
    if (!status) {
        k = mlab_allocate(context, 1, sizeof *k);
        uint8_t *has = k ? mlab_allocate(context, (size_t)options->draws, 1) : NULL;
        if (!has) {
            mlab_release(context, k);
            mlab_outcomes_free(*outcomes);
            *outcomes = NULL;
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the outcomes");
        } else {
            *k = (keeper){context, *outcomes, has};
            *sink = (mlab_sink){keeper_has, keeper_take, k};
        }
    }
    mlab_world_free(world);
    return status;
}

void mlab_sink_memory_end(mlab_sink *sink)
{
    if (!sink->user) return;
    keeper *k = sink->user;
    const mlab_context *context = k->context;
    mlab_release(context, k->has);
    mlab_release(context, k);
    *sink = (mlab_sink){NULL, NULL, NULL};
}

/* --- both uncertainties ------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t n, double p)
{
    double at = p * (double)(n - 1);
    size_t below = (size_t)at;
    return below + 1 < n ? sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]) : sorted[n - 1];
}

mlab_status mlab_summarise(const mlab_context *context, const double *value, size_t n_draws, size_t n_replicates, double level,
                           mlab_summary_number *summary, mlab_error *err)
{
    *summary = (mlab_summary_number){0};
    if (!n_draws || !n_replicates || !(level > 0 && level < 1)) return mlab_raise(err, MLAB_ERR_ARGUMENT, "nothing to summarise");
    double *means = mlab_allocate(context, n_draws, sizeof *means);
    if (!means) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to summarise %zu draws", n_draws);
    double mean = 0, within = 0, between = 0, draws = (double)n_draws, replicates = (double)n_replicates;
    for (size_t d = 0; d < n_draws; d++) {
        for (size_t r = 0; r < n_replicates; r++) means[d] += value[d * n_replicates + r] / replicates;
        mean += means[d] / draws;
        for (size_t r = 0; n_replicates > 1 && r < n_replicates; r++) {
            double off = value[d * n_replicates + r] - means[d];
            within += off * off / (replicates - 1) / draws;
        }
    }
    for (size_t d = 0; n_draws > 1 && d < n_draws; d++) between += (means[d] - mean) * (means[d] - mean) / (draws - 1);
    qsort(means, n_draws, sizeof *means, by_value);
    double parameters = between - within / replicates;
    *summary = (mlab_summary_number){.mean = mean,
                                     .lower = quantile(means, n_draws, (1 - level) / 2),
                                     .upper = quantile(means, n_draws, (1 + level) / 2),
                                     .parameter_sd = parameters > 0 ? sqrt(parameters) : 0,
                                     .monte_carlo_se = n_draws > 1 ? sqrt(between / draws) : sqrt(within / replicates),
                                     .parameter_sd_clipped = parameters < 0};
    mlab_release(context, means);
    return MLAB_OK;
}
