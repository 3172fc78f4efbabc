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
#include "data/event_status.h"

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

/* Share with the event within 12 months at a constant rate, or the mean. */
static double level_of(const mlab_answerable *item, const mlab_answerable_arm *arm)
{
    return item->event ? 1 - exp(-(double)arm->events / arm->years) : arm->mean;
}

/* The level of an arm with the rest counted into it. */
static double level_with_rest(const mlab_answerable *item, const mlab_answerable_arm *arm)
{
    const mlab_answerable_arm *rest = &item->rest;
    if (item->event) return 1 - exp(-(double)(arm->events + rest->events) / (arm->years + rest->years));
    double n = (double)arm->events, m = (double)rest->events;
    return (n * arm->mean + m * rest->mean) / (n + m);
}

/* What the raw difference would be if nobody's arm were unknown, one way and the other. */
static void find_bounds(mlab_answerable *item, mlab_answerable_arm *arm)
{
    const mlab_answerable_arm *reference = &item->arms[0];
    arm->raw = level_of(item, arm) - level_of(item, reference);
    arm->if_reference = level_of(item, arm) - level_with_rest(item, reference);
    arm->if_arm = level_with_rest(item, arm) - level_of(item, reference);
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
        find_bounds(item, arm);
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

static void add_answer(mlab_answerable_arm *arm, double value)
{
    double step = value - arm->mean; /* mean and sum of squares by Welford (1962), doi:10.1080/00401706.1962.10490022 */
    arm->events++;
    arm->mean += step / (double)arm->events;
    arm->sd += step * (value - arm->mean);
}

static void end_answers(mlab_answerable *item)
{
    for (int32_t k = 0; k < item->n_arms; k++)
        item->arms[k].sd = item->arms[k].events > 1 ? sqrt(item->arms[k].sd / (double)(item->arms[k].events - 1)) : 0;
    item->rest.sd = item->rest.events > 1 ? sqrt(item->rest.sd / (double)(item->rest.events - 1)) : 0;
}

/* Rows are sorted by person, so that a mark of the last person in each arm is enough to count people once; the last mark is that of
 * unknown arms. */
static void count_rows(const mlab_panel *panel, const mlab_panel_event *event, const mlab_column *measure, mlab_answerable *item, uint8_t *marks)
{
    uint32_t person = UINT32_MAX;
    for (size_t i = 0; i < panel->n_rows; i++) {
        if (panel->person[i] != person) memset(marks, 0, (size_t)panel->n_arms + 1);
        person = panel->person[i];
        int32_t k = panel->arm[i];
        double value = 0;
        bool counts = event ? event->at_risk[i] : answer_at(measure, i, &value);
        mlab_answerable_arm *arm = k < 0 ? &item->rest : &item->arms[k];
        if (k < 0) k = panel->n_arms;
        if (!(marks[k] & SEEN_THERE)) arm->asked++;
        marks[k] |= SEEN_THERE;
        if (!counts) continue;
        if (!(marks[k] & SEEN_COUNTED)) arm->people++;
        marks[k] |= SEEN_COUNTED;
        if (event) {
            arm->events += event->what[i] != 0;
            arm->years += event->share[i] * (double)(panel->stop[i] - panel->start[i]) / 365.25;
        } else {
            add_answer(arm, value);
        }
    }
    if (!event) end_answers(item);
    item->unknown = item->rest.people;
    item->bounded = item->rest.people > 0 && (!event || item->rest.years > 0);
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

/* Who was asked: counted when the survey was read. */
static void count_asked(const mlab_survey *survey, size_t measure, mlab_answerable *item)
{
    if (!survey || !survey->invited || measure >= survey->n_measures || survey->n_arms != item->n_arms) return;
    for (int32_t k = 0; k < item->n_arms; k++) {
        item->arms[k].invited = survey->invited[measure * ((size_t)item->n_arms + 1) + (size_t)k];
        item->arms[k].replied = survey->replied[measure * ((size_t)item->n_arms + 1) + (size_t)k];
    }
}

static mlab_status answer_panel(const mlab_data *data, mlab_answerables *answers, mlab_error *err)
{
    const mlab_panel *panel = data->panel;
    mlab_status status = MLAB_OK;
    uint8_t *marks = mlab_allocate(answers->context, (size_t)panel->n_arms + 1, 1);
    answers->items = mlab_allocate(answers->context, panel->n_events + panel->n_measures, sizeof *answers->items);
    if (!marks || !answers->items) status = no_memory(err);
    for (size_t k = 0; k < panel->n_events + panel->n_measures && !status; k++) {
        const mlab_panel_event *event = k < panel->n_events ? &panel->events[k] : NULL;
        const char *name = event ? event->name : panel->measures[k - panel->n_events];
        const mlab_column *measure = event ? NULL : mlab_table_find(panel->rows, name);
        if (!event && !measure) continue;
        status = add_item(answers, name, event != NULL, panel->arms, panel->n_arms, err);
        if (status) break;
        answers->items[answers->n - 1].leaves = event && strcmp(event->response, "exit") == 0;
        count_rows(panel, event, measure, &answers->items[answers->n - 1], marks);
        if (!event) count_asked(data->survey, k - panel->n_events, &answers->items[answers->n - 1]);
        find_seen(&answers->items[answers->n - 1]);
    }
    mlab_release(answers->context, marks);
    return status;
}

/* --- person-level ------------------------------------------------------------------------------------ */

typedef struct columns {
    const mlab_column *arm, *start, *time, *event; /* all but event may be NULL */
    bool in_days;
    int32_t none, cause; /* levels of `event`: that is no event, and that alone counts (-1 = all others) */
} columns;

static bool holds_times(const mlab_column *column)
{
    return column->type == MLAB_COLUMN_REAL || column->type == MLAB_COLUMN_INTEGER;
}

static mlab_status find_one(const mlab_table *people, const char *name, const mlab_column **found, mlab_error *err)
{
    *found = name ? mlab_table_find(people, name) : NULL;
    return !name || *found ? MLAB_OK : mlab_raise(err, MLAB_ERR_DATA_COLUMN, "column '%s' is not in %s", name, people->file);
}

/* As a model of competing events reads its status. */
static mlab_status find_cause(const mlab_answer_columns *names, columns *at, mlab_error *err)
{
    mlab_status status = mlab_event_none(at->event, names->outcome, &at->none, err);
    if (status) return status;
    for (int32_t l = at->event->n_levels; l-- > 0;)
        if (l != at->none && (!*names->cause || strcmp(at->event->levels[l], names->cause) == 0)) at->cause = l;
    if (at->cause >= 0) return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "the cause '%s' is no event of \"%s\"", names->cause, at->event->name);
}

static mlab_status find_columns(const mlab_data *data, const mlab_answer_columns *names, columns *at, mlab_error *err)
{
    *at = (columns){.arm = data->arm_column ? mlab_table_find(data->people, data->arm_column) : NULL};
    if (at->arm && (at->arm->type != MLAB_COLUMN_FACTOR || !at->arm->n_levels)) at->arm = NULL;
    mlab_status status = find_one(data->people, names->start, &at->start, err);
    if (!status) status = find_one(data->people, names->time, &at->time, err);
    if (!status) status = find_one(data->people, names->event, &at->event, err);
    if (status) return status;
    if (!at->event) return mlab_raise(err, MLAB_ERR_ARGUMENT, "no column says what happened");
    if (at->start && !holds_times(at->start)) return mlab_raise(err, MLAB_ERR_DATA_TYPE, "column '%s' is not a duration", names->start);
    if (at->time && !holds_times(at->time)) return mlab_raise(err, MLAB_ERR_DATA_TYPE, "column '%s' is not a duration", names->time);
    if (at->event->type == MLAB_COLUMN_TEXT || at->event->type == MLAB_COLUMN_DATE)
        return mlab_raise(err, MLAB_ERR_DATA_TYPE, "column '%s' is neither numbers nor labels", names->event);
    at->cause = -1;
    if (at->time && names->cause && at->event->type == MLAB_COLUMN_FACTOR)
        status = find_cause(names, at, err);
    else if (at->time)
        status = mlab_event_two(at->event, data->people->n_rows, names->outcome, &at->none, err);
    if (status) return status;
    at->in_days = at->time && !strcmp(at->time->unit, "days") && (!at->start || !strcmp(at->start->unit, "days"));
    return MLAB_OK;
}

static void count_people(const mlab_table *people, const columns *at, mlab_answerable *item)
{
    for (size_t i = 0; i < people->n_rows; i++) {
        double start = 0, stop = 0, value = 0;
        bool counts = answer_at(at->event, i, &value);
        if (at->start) counts &= answer_at(at->start, i, &start);
        if (at->time) counts &= answer_at(at->time, i, &stop);
        bool unknown = at->arm && at->arm->missing && at->arm->missing[i];
        item->unknown += unknown && counts;
        mlab_answerable_arm *arm = unknown ? &item->rest : &item->arms[at->arm ? at->arm->as.integer[i] : 0];
        arm->asked++;
        if (!counts) continue;
        arm->people++;
        if (!at->time) {
            add_answer(arm, value);
            continue;
        }
        arm->events += at->cause < 0 ? mlab_event_at(at->event, at->none, i) : at->event->as.integer[i] == at->cause;
        if (at->in_days) arm->years += (stop - start) / 365.25;
    }
    if (!at->time) end_answers(item);
    item->bounded = item->unknown > 0 && (!at->time || item->rest.years > 0);
}

static mlab_status answer_people(const mlab_data *data, const mlab_answer_columns *names, mlab_answerables *answers, mlab_error *err)
{
    static char everyone[] = "everyone";
    char *one[] = {everyone};
    columns at;
    mlab_status status = find_columns(data, names, &at, err);
    if (status) return status;
    answers->items = mlab_allocate(answers->context, 1, sizeof *answers->items);
    if (!answers->items) return no_memory(err);
    status = add_item(answers, names->outcome, at.time != NULL, at.arm ? at.arm->levels : one, at.arm ? at.arm->n_levels : 1, err);
    if (status) return status;
    answers->items[0].leaves = at.time && names->leaves;
    count_people(data->people, &at, &answers->items[0]);
    find_seen(&answers->items[0]);
    return MLAB_OK;
}

mlab_status mlab_answers(const mlab_context *context, const mlab_data *data, const mlab_answer_columns *names, mlab_answerables *answers,
                         mlab_error *err)
{
    *answers = (mlab_answerables){.context = context};
    mlab_status status = data->panel ? answer_panel(data, answers, err) : answer_people(data, names, answers, err);
    if (status) mlab_answerables_free(answers);
    return status;
}
