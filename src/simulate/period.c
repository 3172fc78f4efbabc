/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One period of an organisation as a recipe of processes. Every chance of the period is that of the state at its start, as the fits
 * have it; promotions are drawn before exits; informal starts act from the next period on. */
#include "simulate/effects.h"

#include "core/elementary.h"

#include <string.h>

static void set_codes(mlab_organisation *o, uint32_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t p = first + i;
        o->code[i] = (uint16_t)mlab_state_code(o->world, o->arm[p], o->grade[p], o->load[p] > 0, o->last[p]);
    }
}

static void predict(mlab_organisation *o, int e, uint32_t first, uint32_t n)
{
    mlab_equation_block(&o->draw->equations[e], n, o->base[e] + first, o->code, o->tenure + first, o->in_grade + first, o->source + first, o->eta[e]);
    if (o->world->n_effects) mlab_effects_add(o, (size_t)e, first, n, o->code, o->eta[e]);
    if (o->draw->score_effect == 0) return;
    const double *table = o->draw->equations[e].table;
    for (uint32_t i = 0; i < n; i++) /* the arm's effect is that of the table: its state against the same in the reference arm */
        o->eta[e][i] += (o->strength[first + i] - 1) * (table[o->code[i]] - table[o->code[i] - o->arm[first + i]]);
}

static void set_hazards(mlab_organisation *o, uint32_t first, uint32_t n)
{
    for (int e = 0; e < (int)o->world->n_equations; e++) {
        if (e == o->world->satisfaction || e >= o->world->first_number) continue;
        predict(o, e, first, n);
        mlab_exp_array(o->context, o->eta[e], o->eta[e], n);
    }
}

/* People of a block by group and two marks, four counts a group; then added to the metrics. */
typedef struct head_count {
    uint32_t n[4 * MLAB_MAX_GRADES];
} head_count;

static void add_counts(mlab_organisation *o, const head_count *counts, mlab_metric all, mlab_metric high_mark, mlab_metric low_mark)
{
    for (uint32_t g = 0; g < o->world->n_grades; g++) {
        const uint32_t *n = counts->n + 4 * (size_t)g;
        mlab_count(o, all, g, (double)n[0] + n[1] + n[2] + n[3]);
        mlab_count(o, high_mark, g, (double)n[2] + n[3]);
        mlab_count(o, low_mark, g, (double)n[1] + n[3]);
    }
}

static void count_start(mlab_organisation *o, uint32_t first, uint32_t n)
{
    head_count counts;
    uint32_t people = 0;
    memset(counts.n, 0, 4 * o->world->n_grades * sizeof *counts.n);
    memcpy(o->group, o->grade + first, n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t p = first + i;
        counts.n[4u * o->group[i] + 2u * (o->mentor[p] >= 0) + o->program[p]] += o->there[p];
        people += o->there[p];
    }
    o->person_periods += people;
    add_counts(o, &counts, MLAB_METRIC_person_periods, MLAB_METRIC_mentored, MLAB_METRIC_in_program);
}

/* Clocks move on; who is there is counted. */
static void count_end(mlab_organisation *o, uint32_t first, uint32_t n)
{
    head_count counts;
    int32_t satisfied = o->world->satisfaction < 0           ? MLAB_MAX_LEVELS
                        : o->world->spec->satisfied_from < 0 ? (int32_t)o->world->n_levels - 2
                                                             : o->world->spec->satisfied_from;
    double years = o->world->years, *tenure = o->tenure + first, *in_grade = o->in_grade + first;
    memset(counts.n, 0, 4 * o->world->n_grades * sizeof *counts.n);
    for (uint32_t i = 0; i < n; i++) tenure[i] += years;
    for (uint32_t i = 0; i < n; i++) in_grade[i] += years;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t p = first + i;
        counts.n[4u * o->group[i] + 2u * (o->generation[p] == 0) + (o->last[p] > satisfied)] += o->there[p];
    }
    add_counts(o, &counts, MLAB_METRIC_headcount, MLAB_METRIC_starters_left, MLAB_METRIC_satisfied);
}

static void block_of_people(mlab_organisation *o, uint32_t first, uint32_t n)
{
    const mlab_world *world = o->world;
    bool survey = world->satisfaction >= 0 && (o->period + 1) % world->survey_every == 0;
    count_start(o, first, n);
    set_codes(o, first, n);
    if (world->satisfaction >= 0) mlab_process_first_answers(o, first, n);
    set_hazards(o, first, n);
    if (survey) {
        predict(o, world->satisfaction, first, n);
        mlab_process_satisfaction(o, first, n);
    }
    for (size_t k = 0; k < world->n_numbers; k++) {
        if ((o->period + 1) % world->numbers[k].every) continue;
        predict(o, world->numbers[k].equation, first, n);
        mlab_process_number(o, k, first, n);
    }
    if (world->promotion >= 0) mlab_process_promotion(o, first, n);
    if (world->first_exit >= 0) mlab_process_exit(o, first, n);
    mlab_process_informal(o, first, n);
    count_end(o, first, n);
}

mlab_status mlab_organisation_period(mlab_organisation *o, mlab_error *err)
{
    mlab_status status;
    uint32_t groups = o->world->n_grades;
    memset(o->tally, 0, ((size_t)MLAB_N_METRICS + o->world->n_numbers) * groups * sizeof *o->tally);
    mlab_process_end_relationships(o);
    if ((status = mlab_process_hire(o, err))) return status;
    if ((status = mlab_process_cohort(o, err))) return status;
    for (uint32_t first = 0; first < o->n; first += MLAB_PEOPLE_BLOCK)
        block_of_people(o, first, o->n - first < MLAB_PEOPLE_BLOCK ? o->n - first : MLAB_PEOPLE_BLOCK);
    for (uint32_t g = 0; g < groups; g++) {
        double pairs = o->tally[MLAB_METRIC_relationships_started * groups + g];
        if (pairs > 0) o->tally[MLAB_METRIC_mean_score * groups + g] /= pairs;
    }
    o->period++;
    return MLAB_OK;
}
