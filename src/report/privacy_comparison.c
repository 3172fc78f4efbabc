/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A comparison as it may stand in a file that is shared: what the report hides has no numbers there either (NaN, MLAB_COUNT_HIDDEN). By the very
 * judgement of the report; the file keeps its rows, names and trust. Weakness: where fewer than the minimum have an event at one time of a curve, the
 * step of the curve tells them still. */
#include "core/error.h"
#include "core/memory.h"
#include "report/export.h"
#include "report/tell.h"

#include <math.h>
#include <string.h>

struct mlab_shared_comparison {
    mlab_comparison comparison; /* what is not copied is the original's */
    char hidden[64], nothing[1];
    double **curves; /* [n_curves] at_risk, then the others of each */
};

static void hide_bounds(mlab_contrast *c)
{
    c->unknown_people = c->unknown_events = MLAB_COUNT_HIDDEN;
    c->bounded = false;
    c->if_reference = c->if_arm = c->worst_lowest = c->worst_highest = NAN;
}

static void hide_people(mlab_contrast *c)
{
    c->n_arm = c->n_reference = MLAB_COUNT_HIDDEN;
    c->years_arm = c->years_reference = NAN;
}

static void hide_contrast(mlab_shared_comparison *shared, mlab_contrast *c, const mlab_told_contrast *told)
{
    if (!told->told) {
        double *const numbers[] = {&c->estimate,   &c->se,      &c->lower,         &c->upper,   &c->risk_arm, &c->risk_reference,
                                   &c->risk_ratio, &c->e_value, &c->e_value_limit, &c->overlap, &c->df,       &c->missing_information};
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) *numbers[k] = NAN;
        c->bootstrap_done = c->bootstrap_failed = MLAB_COUNT_HIDDEN;
        c->reason = shared->hidden;
        c->caveats = shared->nothing;
    }
    if (!told->told || !told->people_told) hide_people(c);
    if (!told->told || !told->events_told) c->events_arm = c->events_reference = MLAB_COUNT_HIDDEN;
    if (!told->told || (!told->bounds_told && told->contrast->unknown_people > 0)) hide_bounds(c);
}

static void hide_stay(mlab_stay *s)
{
    double *const numbers[] = {
        &s->n,         &s->in_state,     &s->share,        &s->share_se,   &s->share_lower,   &s->share_upper,      &s->months,
        &s->months_se, &s->months_lower, &s->months_upper, &s->difference, &s->difference_se, &s->difference_lower, &s->difference_upper,
        &s->ratio,     &s->ratio_lower,  &s->ratio_upper,  &s->from,       &s->until};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) *numbers[k] = NAN;
}

/* --- curves -------------------------------------------------------------------------------------------- */

/* A copy of the numbers of a curve without those of few people. */
static bool hide_curve(const mlab_context *context, mlab_curve *curve, uint64_t minimum, double **memory)
{
    const size_t times = curve->n_times, blocks = curve->n_causes ? curve->n_causes : 1, n = times * blocks;
    double *copy = *memory = mlab_allocate(context, times + 5 * n, sizeof *copy);
    double **const arrays[] = {&curve->events, &curve->estimate, &curve->se, &curve->lower, &curve->upper};
    if (!copy) return false;
    for (size_t t = 0; t < times; t++) copy[t] = curve->at_risk[t] < (double)minimum ? NAN : curve->at_risk[t];
    for (size_t k = 0; k < 5; k++) {
        double *to = copy + times + k * n;
        for (size_t i = 0; i < n; i++) {
            const double value = (*arrays[k])[i];
            const bool few = k == 0 && value > 0 && value < (double)minimum;
            to[i] = few || curve->at_risk[i / blocks] < (double)minimum ? NAN : value;
        }
        *arrays[k] = to;
    }
    curve->at_risk = copy;
    return true;
}

/* --- all ----------------------------------------------------------------------------------------------- */

static void *copy_of(const mlab_context *context, const void *from, size_t n, size_t size)
{
    void *copy = mlab_allocate(context, n, size);
    if (copy && n) memcpy(copy, from, n * size);
    return copy;
}

static bool copy_arrays(mlab_shared_comparison *shared, const mlab_comparison *from)
{
    const mlab_context *context = from->context;
    mlab_comparison *to = &shared->comparison;
    to->contrasts = copy_of(context, from->contrasts, from->n_contrasts, sizeof *to->contrasts);
    to->balance = copy_of(context, from->balance, from->n_balance, sizeof *to->balance);
    to->stays = copy_of(context, from->stays, from->n_stays, sizeof *to->stays);
    to->curves = copy_of(context, from->curves, from->n_curves, sizeof *to->curves);
    to->standardised = copy_of(context, from->standardised, from->n_standardised * from->n_times, sizeof *to->standardised);
    shared->curves = mlab_allocate(context, from->n_curves, sizeof *shared->curves);
    return to->contrasts && to->balance && to->stays && to->curves && to->standardised && shared->curves;
}

static bool arm_is_told(const mlab_story *story, const char *arm)
{
    for (size_t k = 0; k < story->n_contrasts; k++) {
        const mlab_contrast *c = story->contrasts[k].contrast;
        if (!strcmp(c->arm, arm) && !(c->group && *c->group) && !story->contrasts[k].told) return false;
    }
    return true;
}

/* "outcome/arm" of a standardised curve: told where a difference of everyone with that arm, or against it, is. */
static bool tells_curve(const mlab_story *story, const char *name)
{
    for (size_t k = 0; k < story->n_contrasts; k++) {
        const mlab_contrast *c = story->contrasts[k].contrast;
        const size_t n = strlen(c->outcome);
        if (!story->contrasts[k].told || (c->group && *c->group) || strncmp(name, c->outcome, n) != 0 || name[n] != '/') continue;
        if (!strcmp(name + n + 1, c->arm) || !strcmp(name + n + 1, c->reference)) return true;
    }
    return false;
}

static mlab_status hide_all(mlab_shared_comparison *shared, const mlab_comparison *from, const mlab_story *story, uint64_t minimum, mlab_error *err)
{
    mlab_comparison *to = &shared->comparison;
    uint8_t *told = mlab_allocate(from->context, from->n_stays, 1);
    if (!told) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the comparison that is shared");
    for (size_t k = 0; k < story->n_contrasts; k++)
        hide_contrast(shared, &to->contrasts[story->contrasts[k].contrast - from->contrasts], &story->contrasts[k]);
    for (size_t k = 0; k < to->n_balance; k++) {
        mlab_balance *b = &to->balance[k];
        if (!arm_is_told(story, b->arm)) b->mean_arm = b->mean_reference = b->smd_before = b->smd_after = NAN;
    }
    mlab_privacy_stays(from, minimum, told);
    for (size_t k = 0; k < to->n_stays; k++)
        if (!told[k]) hide_stay(&to->stays[k]);
    for (size_t k = 0; k < to->n_standardised; k++)
        for (size_t t = 0; t < to->n_times && !tells_curve(story, to->standardised_names[k]); t++) to->standardised[k * to->n_times + t] = NAN;
    mlab_release(from->context, told);
    for (size_t k = 0; k < to->n_curves; k++)
        if (!hide_curve(from->context, &to->curves[k], minimum, &shared->curves[k]))
            return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the curves that are shared");
    return MLAB_OK;
}

void mlab_shared_comparison_free(mlab_shared_comparison *shared)
{
    if (!shared) return;
    const mlab_context *context = shared->comparison.context;
    for (size_t k = 0; shared->curves && k < shared->comparison.n_curves; k++) mlab_release(context, shared->curves[k]);
    mlab_release(context, shared->curves);
    mlab_release(context, shared->comparison.contrasts);
    mlab_release(context, shared->comparison.balance);
    mlab_release(context, shared->comparison.stays);
    mlab_release(context, shared->comparison.curves);
    mlab_release(context, shared->comparison.standardised);
    mlab_release(context, shared);
}

mlab_status mlab_share_comparison(const mlab_comparison *comparison, int64_t minimum, mlab_shared_comparison **shared, mlab_error *err)
{
    const mlab_report_options options = {.minimum_cell = minimum, .width = 80};
    const mlab_results results = {.comparison = comparison};
    const mlab_report_spec spec = {.title = "", .results = &results};
    mlab_story story = {.context = comparison->context};
    *shared = NULL;
    mlab_shared_comparison *made = mlab_allocate(comparison->context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the comparison that is shared");
    made->comparison = *comparison;
    memcpy(made->hidden, "hidden: too few people", sizeof "hidden: too few people");
    mlab_status status = copy_arrays(made, comparison) ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the comparison that is shared");
    if (!status) status = mlab_story_make(comparison->context, &spec, &options, &story, err);
    if (!status) status = hide_all(made, comparison, &story, (uint64_t)minimum, err);
    mlab_story_free(&story);
    if (status)
        mlab_shared_comparison_free(made);
    else
        *shared = made;
    return status;
}

const mlab_comparison *mlab_shared_comparison_get(const mlab_shared_comparison *shared)
{
    return shared ? &shared->comparison : NULL;
}
