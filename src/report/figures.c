/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of the plans over their simulated futures: ratios of sums over the horizon, so that periods with more people count more. */
#include "core/error.h"
#include "core/memory.h"
#include "report/tell.h"

#include <stdio.h>
#include <string.h>

static const char *const names[MLAB_N_FIGURES] = {"still there at the end, of 100 at the start", "voluntary exits a year per 100 people",
                                                  "promotions a year per 100 people", "satisfied at the end, of 100", "in the program, of 100"};

const char *mlab_figure_name(const mlab_outcomes *outcomes, int figure, char name[120])
{
    if (figure < MLAB_N_FIGURES) return names[figure];
    snprintf(name, 120, "%.80s, mean of a person", outcomes->numbers[figure - MLAB_N_FIGURES]);
    return name;
}

/* Periods between observations of number k, which the assumptions name. */
static size_t every_of(const mlab_outcomes *o, size_t k)
{
    char name[160];
    snprintf(name, sizeof name, "%s.every", o->numbers[k]);
    for (size_t a = 0; a < o->n_assumptions; a++)
        if (!strcmp(o->assumptions[a].name, name) && o->assumptions[a].value >= 1) return (size_t)o->assumptions[a].value;
    return 1;
}

static double mean_number(const mlab_outcomes *o, size_t k, size_t future)
{
    size_t every = every_of(o, k), block = o->n_periods * o->n_groups, all = o->n_scenarios * o->n_draws * o->n_replicates * block;
    double sum = 0, people = 0;
    for (size_t t = every - 1; t < o->n_periods; t += every)
        for (size_t g = 0; g < o->n_groups; g++) {
            sum += (double)o->number[k * all + future * block + t * o->n_groups + g];
            people += (double)o->value[MLAB_METRIC_person_periods][future * block + t * o->n_groups + g];
        }
    return people > 0 ? sum / people : 0;
}

static double sum_periods(const mlab_outcomes *o, mlab_metric metric, size_t future, size_t first, size_t last)
{
    const float *value = o->value[metric] + future * o->n_periods * o->n_groups;
    double sum = 0;
    for (size_t k = first * o->n_groups; k < last * o->n_groups; k++) sum += (double)value[k];
    return sum;
}

static double ratio(double of, double in, double factor)
{
    return in > 0 ? factor * of / in : 0;
}

static double figure_of(const mlab_outcomes *o, int figure, size_t future)
{
    if (figure >= MLAB_N_FIGURES) return mean_number(o, (size_t)(figure - MLAB_N_FIGURES), future);
    const size_t n = o->n_periods, last = n - 1;
    const double a_year = 100 * 12.0 / o->months_per_period;
    switch ((mlab_figure)figure) {
    case MLAB_FIGURE_STAYED:
        return ratio(sum_periods(o, MLAB_METRIC_starters_left, future, last, n), sum_periods(o, MLAB_METRIC_person_periods, future, 0, 1), 100);
    case MLAB_FIGURE_EXITS:
        return ratio(sum_periods(o, MLAB_METRIC_voluntary_exits, future, 0, n), sum_periods(o, MLAB_METRIC_person_periods, future, 0, n), a_year);
    case MLAB_FIGURE_PROMOTIONS:
        return ratio(sum_periods(o, MLAB_METRIC_promotions, future, 0, n), sum_periods(o, MLAB_METRIC_person_periods, future, 0, n), a_year);
    case MLAB_FIGURE_SATISFIED:
        return ratio(sum_periods(o, MLAB_METRIC_satisfied, future, last, n), sum_periods(o, MLAB_METRIC_headcount, future, last, n), 100);
    case MLAB_FIGURE_IN_PROGRAM:
        return ratio(sum_periods(o, MLAB_METRIC_in_program, future, 0, n), sum_periods(o, MLAB_METRIC_person_periods, future, 0, n), 100);
    case MLAB_N_FIGURES: break;
    }
    return 0;
}

mlab_status mlab_figure_make(const mlab_context *context, const mlab_outcomes *outcomes, int figure, size_t scenario, double level,
                             mlab_summary_number *value, mlab_summary_number *difference, mlab_error *err)
{
    const size_t futures = outcomes->n_draws * outcomes->n_replicates;
    double *numbers = mlab_allocate(context, futures, 2 * sizeof *numbers);
    if (!numbers) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the figures of the plans");
    for (size_t i = 0; i < futures; i++) {
        numbers[i] = figure_of(outcomes, figure, scenario * futures + i);
        numbers[futures + i] = numbers[i] - figure_of(outcomes, figure, i);
    }
    mlab_status status = mlab_summarise(context, numbers, outcomes->n_draws, outcomes->n_replicates, level, value, err);
    if (!status) status = mlab_summarise(context, numbers + futures, outcomes->n_draws, outcomes->n_replicates, level, difference, err);
    mlab_release(context, numbers);
    return status;
}
