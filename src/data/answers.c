/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts by arm, and the smallest difference with 80 % power in a two-sided test at 5 %: (1.96 + 0.84) standard errors of
 * the raw difference.
 *
 * Events: with a constant rate r = events / years, the share with the event within a year is 1 - exp(-r) and has the variance
 * exp(-2r) r^2 / events (delta method, Poisson events). Answers: one answer a person is counted as worth, the variance of a
 * mean is sd^2 / people. Weakness: no adjustment, no clusters of mentors or departments, no drop in overlap; all of them make
 * the difference larger that can be seen, so this is the best that can be hoped for.
 */
#include "data/answers.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

#define POWER_80 2.801585218 /* qnorm(0.975) + qnorm(0.8) */

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for what the study can answer");
}

void mlab_answerables_free(mlab_answerables *answers)
{
    if (!answers->context) return;
    for (size_t i = 0; answers->items && i < answers->n; i++) mlab_release(answers->context, answers->items[i].arms);
    mlab_release(answers->context, answers->items);
    answers->items = NULL;
    answers->n = 0;
}

/* --- the smallest difference ------------------------------------------------------------------------- */

static double risk_variance(const mlab_answerable_arm *arm)
{
    double rate = (double)arm->events / arm->years, stay = exp(-rate);
    return stay * stay * rate * rate / (double)arm->events;
}

static bool is_enough(const mlab_answerable *item, const mlab_answerable_arm *arm)
{
    if (item->event) return arm->events >= MLAB_ANSWERABLE_LEAST && arm->years > 0;
    return arm->people >= MLAB_ANSWERABLE_LEAST;
}

static void find_seen(mlab_answerable *item)
{
    const mlab_answerable_arm *reference = &item->arms[0];
    for (int32_t k = 1; k < item->n_arms; k++) {
        mlab_answerable_arm *arm = &item->arms[k];
        arm->seen = MLAB_ANSWERABLE_NOT;
        if (!is_enough(item, reference) || !is_enough(item, arm)) continue;
        double variance = item->event ? risk_variance(reference) + risk_variance(arm)
                                      : reference->sd * reference->sd / (double)reference->people + arm->sd * arm->sd / (double)arm->people;
        arm->seen = POWER_80 * sqrt(variance);
    }
}

/* --- panel ------------------------------------------------------------------------------------------- */

static bool answer_at(const mlab_column *measure, size_t row, double *value)
{
    if (measure->missing && measure->missing[row]) return false;
    if (measure->type == MLAB_COLUMN_REAL)
        *value = measure->as.real[row];
    else
        *value = measure->as.integer[row] + (measure->type == MLAB_COLUMN_FACTOR);
    return true;
}

enum { SEEN_THERE = 1, SEEN_COUNTED = 2 };

/* Rows are sorted by person, so that a mark of the last person in each arm is enough to count people once. */
static void count_rows(const mlab_panel *panel, const mlab_panel_event *event, const mlab_column *measure, mlab_answerable *item, uint8_t *marks)
{
    uint32_t person = UINT32_MAX;
    for (size_t i = 0; i < panel->n_rows; i++) {
        if (panel->person[i] != person) memset(marks, 0, (size_t)panel->n_arms);
        person = panel->person[i];
        int32_t k = panel->arm[i];
        double value = 0;
        if (k < 0) continue;
        mlab_answerable_arm *arm = &item->arms[k];
        if (!(marks[k] & SEEN_THERE)) arm->asked++;
        marks[k] |= SEEN_THERE;
        bool counts = event ? event->at_risk[i] : answer_at(measure, i, &value);
        if (!counts) continue;
        if (!(marks[k] & SEEN_COUNTED)) arm->people++;
        marks[k] |= SEEN_COUNTED;
        if (event) {
            arm->events += event->what[i] != 0;
            arm->years += event->share[i] * (double)(panel->stop[i] - panel->start[i]) / 365.25;
            continue;
        }
        arm->events++; /* mean and sum of squares by Welford (1962), doi:10.1080/00401706.1962.10490022 */
        double step = value - arm->mean;
        arm->mean += step / (double)arm->events;
        arm->sd += step * (value - arm->mean);
    }
    for (int32_t k = 0; k < item->n_arms; k++)
        item->arms[k].sd = item->arms[k].events > 1 ? sqrt(item->arms[k].sd / (double)(item->arms[k].events - 1)) : 0;
}

static mlab_status add_item(mlab_answerables *answers, const char *outcome, bool event, char *const *names, int32_t n_arms, mlab_error *err)
{
    mlab_answerable *item = &answers->items[answers->n];
    *item = (mlab_answerable){.outcome = outcome, .event = event, .n_arms = n_arms};
    if (!(item->arms = mlab_allocate(answers->context, (size_t)n_arms, sizeof *item->arms))) return no_memory(err);
    for (int32_t k = 0; k < n_arms; k++) item->arms[k].name = names[k];
    answers->n++;
    return MLAB_OK;
}

static mlab_status answer_panel(const mlab_panel *panel, mlab_answerables *answers, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    uint8_t *marks = mlab_allocate(answers->context, (size_t)panel->n_arms, 1);
    answers->items = mlab_allocate(answers->context, panel->n_events + panel->n_measures, sizeof *answers->items);
    if (!marks || !answers->items) status = no_memory(err);
    for (size_t k = 0; k < panel->n_events + panel->n_measures && !status; k++) {
        const mlab_panel_event *event = k < panel->n_events ? &panel->events[k] : NULL;
        const char *name = event ? event->name : panel->measures[k - panel->n_events];
        const mlab_column *measure = event ? NULL : mlab_table_find(panel->rows, name);
        if (!event && !measure) continue;
        status = add_item(answers, name, event != NULL, panel->arms, panel->n_arms, err);
        if (status) break;
        count_rows(panel, event, measure, &answers->items[answers->n - 1], marks);
        find_seen(&answers->items[answers->n - 1]);
    }
    mlab_release(answers->context, marks);
    return status;
}

/* --- person-level ------------------------------------------------------------------------------------ */

static mlab_status answer_people(const mlab_data *data, const char *outcome, const char *time, const char *event, mlab_answerables *answers,
                                 mlab_error *err)
{
    const mlab_column *arm = data->arm_column ? mlab_table_find(data->people, data->arm_column) : NULL;
    const mlab_column *days = mlab_table_find(data->people, time), *happened = mlab_table_find(data->people, event);
    static char everyone[] = "everyone";
    char *one[] = {everyone};
    if (!days || !happened) return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "column '%s' is not in %s", days ? event : time, data->people->file);
    if (days->type != MLAB_COLUMN_REAL || happened->type != MLAB_COLUMN_INTEGER)
        return mlab_raise(err, MLAB_ERR_DATA_TYPE, "column '%s' is not a %s", days->type != MLAB_COLUMN_REAL ? time : event,
                          days->type != MLAB_COLUMN_REAL ? "duration" : "0 or 1 event");
    bool arms = arm && arm->type == MLAB_COLUMN_FACTOR && arm->n_levels > 0;
    answers->items = mlab_allocate(answers->context, 1, sizeof *answers->items);
    if (!answers->items) return no_memory(err);
    mlab_status status = add_item(answers, outcome, true, arms ? arm->levels : one, arms ? arm->n_levels : 1, err);
    for (size_t i = 0; i < data->people->n_rows && !status; i++) {
        if (arms && arm->missing && arm->missing[i]) continue;
        mlab_answerable_arm *a = &answers->items[0].arms[arms ? arm->as.integer[i] : 0];
        a->asked++;
        if ((days->missing && days->missing[i]) || (happened->missing && happened->missing[i])) continue;
        a->people++;
        a->events += happened->as.integer[i] != 0;
        a->years += days->as.real[i] / 365.25;
    }
    if (!status) find_seen(&answers->items[0]);
    return status;
}

mlab_status mlab_answers(const mlab_context *context, const mlab_data *data, const char *outcome, const char *time, const char *event,
                         mlab_answerables *answers, mlab_error *err)
{
    *answers = (mlab_answerables){.context = context};
    mlab_status status = data->panel ? answer_panel(data->panel, answers, err)
                                     : answer_people(data, outcome ? outcome : "retention", time ? time : "", event ? event : "", answers, err);
    if (status) mlab_answerables_free(answers);
    return status;
}
