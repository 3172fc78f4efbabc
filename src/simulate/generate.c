/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A generated firm: people over quarters with a known truth, to see whether the engine finds it.
 *
 * A period is a recipe: promotions and exits, informal relationships, a cohort of the program, a survey, and at its end the arms
 * that began. The chances of a period depend on attributes fixed at time zero, on tenure (or time in grade, for promotion), and on
 * the arm at its start: so every true model lies inside the families that are fitted (docs/generate.md says why).
 * Weakness: real firms are not like this; a method that fails here fails anywhere, one that passes may still fail there. */
#include "simulate/truth.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/random.h"

#include <stdlib.h>
#include <string.h>

static bool allocate_period(const mlab_context *context, size_t n, mlab_firm_period *period)
{
    period->who = mlab_allocate(context, n, sizeof *period->who);
    period->uniform = mlab_allocate(context, n * MLAB_FIRM_UNIFORMS, sizeof *period->uniform);
    period->start = mlab_allocate(context, n, sizeof *period->start);
    period->begins = mlab_allocate(context, n, sizeof *period->begins);
    for (int p = 0; p < 5; p++)
        if (!(period->rate[p] = mlab_allocate(context, n, sizeof *period->rate[p]))) return false;
    for (int w = 0; w < 3; w++)
        if (!(period->wait[w] = mlab_allocate(context, n, sizeof *period->wait[w]))) return false;
    return period->who && period->uniform && period->start && period->begins;
}

static void free_period(const mlab_context *context, mlab_firm_period *period)
{
    mlab_release(context, period->who);
    mlab_release(context, period->uniform);
    mlab_release(context, period->start);
    mlab_release(context, period->begins);
    for (int p = 0; p < 5; p++) mlab_release(context, period->rate[p]);
    for (int w = 0; w < 3; w++) mlab_release(context, period->wait[w]);
}

/* Keeps those who are still there and adds those hired inside period k. */
static void enter_period(mlab_firm *firm, mlab_firm_period *period, int32_t k)
{
    size_t n = 0;
    for (size_t j = 0; j < period->n; j++)
        if (firm->left[period->who[j]] == MLAB_DATE_MISSING) period->who[n++] = period->who[j];
    if (k == 0)
        for (uint32_t i = 0; i < firm->n_start; i++) period->who[n++] = i;
    for (uint32_t h = 0; h < firm->n_hires; h++) period->who[n++] = firm->n_start + (uint32_t)k * firm->n_hires + h;
    period->n = n;
    period->k = k;
    for (size_t j = 0; j < n; j++) {
        int32_t before = firm->hired[period->who[j]] - 1;
        period->start[j] = before > firm->boundary[k] ? before : firm->boundary[k];
        period->begins[j] = 0;
    }
}

static mlab_status make_period(mlab_firm *firm, mlab_firm_period *period, int32_t k, mlab_error *err)
{
    const mlab_truth *truth = firm->truth;
    mlab_status status;
    enter_period(firm, period, k);
    mlab_address address = {.seed = firm->seed, .replicate = firm->replicate, .period = (uint16_t)k, .purpose = MLAB_PURPOSE_GENERATE_PERIOD};
    mlab_random_fill(firm->context, &address, period->who, period->n, MLAB_FIRM_UNIFORMS, period->uniform);
    if ((status = mlab_firm_events(firm, period, err))) return status;
    if ((status = mlab_firm_informal(firm, period, err))) return status;
    if (k % truth->program_every == 0 && (status = mlab_firm_cohort(firm, period, err))) return status;
    if ((k + 1) % truth->survey_every == 0 && (status = mlab_firm_survey(firm, period, err))) return status;
    for (size_t j = 0; j < period->n; j++)
        if (period->begins[j]) firm->arm[period->who[j]] = period->begins[j];
    return MLAB_OK;
}

static int pairs_by_start(const void *a, const void *b)
{
    const mlab_firm_pair *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    if (x->mentor != y->mentor) return x->mentor < y->mentor ? -1 : 1;
    return (x->mentee > y->mentee) - (x->mentee < y->mentee);
}

static int promotions_by_person(const void *a, const void *b)
{
    const mlab_firm_promotion *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    return (x->date > y->date) - (x->date < y->date);
}

static int answers_by_person(const void *a, const void *b)
{
    const mlab_firm_answer *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    return (x->date > y->date) - (x->date < y->date);
}

static void sort_firm(mlab_firm *firm)
{
    if (firm->n_pairs) qsort(firm->pairs, firm->n_pairs, sizeof *firm->pairs, pairs_by_start);
    if (firm->n_promotions) qsort(firm->promotions, firm->n_promotions, sizeof *firm->promotions, promotions_by_person);
    if (firm->n_answers) qsort(firm->answers, firm->n_answers, sizeof *firm->answers, answers_by_person);
}

mlab_status mlab_firm_make(const mlab_context *context, const mlab_truth *truth, uint64_t seed, int64_t people, mlab_firm **firm, mlab_error *err)
{
    mlab_status status;
    mlab_firm *made = NULL;
    mlab_firm_period period;
    memset(&period, 0, sizeof period);
    *firm = NULL;
    if ((status = mlab_firm_people(context, truth, seed, 0, people, &made, err))) goto out;
    if (!allocate_period(context, made->n, &period)) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a period of %u people", (unsigned)made->n);
        goto out;
    }
    for (int32_t k = 0; k < truth->periods; k++)
        if ((status = make_period(made, &period, k, err))) goto out;
    mlab_firm_close_pairs(made);
    sort_firm(made);
    *firm = made;
    made = NULL;
out:
    free_period(context, &period);
    mlab_firm_free(made);
    return status;
}
