/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A person-level table as a cohort: one row a person, a time and an event, an arm fixed at time zero, cut into months.
 *
 * Time is cut at every 30.4375 days; a month with the event counts whole, the last one of a censored person by its days.
 * An arm that is fixed for a person but acts only later would count the time before it as exposed: immortal time (Suissa 2008,
 * doi:10.1093/aje/kwm324). Such a table is refused unless the study says that the arm was fixed at time zero (exposure: baseline)
 * or accepts it by name (exposure: ever). */
#include "compare/cohort.h"

#include "core/error.h"
#include "core/memory.h"
#include "data/event_status.h"
#include "data/missing.h"

#include <math.h>
#include <string.h>

static const double month_days = 30.4375;

typedef struct response {
    const mlab_column *arm, *time, *status;
    double days;  /* of one unit of time */
    int32_t none; /* level of a status of labels that is no event */
} response;

static mlab_status refuse(const mlab_data *data, mlab_error *err)
{
    return mlab_raise_at(
        err, MLAB_ERR_COMPARE_IMMORTAL, &data->arm_place,
        "the arm in column \"%s\" is one value a person, and nothing says when it began: one has to stay long enough to be mentored, "
        "so the time before would count as mentored (immortal time). Write `exposure: baseline` if the arm was fixed at time zero, or "
        "`exposure: ever` to accept this by name",
        data->arm_column ? data->arm_column : "");
}

static double unit_days(const char *unit)
{
    static const struct {
        const char *name;
        double days;
    } units[] = {{"day", 1}, {"week", 7}, {"month", 30.4375}, {"quarter", 91.3125}, {"year", 365.25}};
    for (size_t k = 0; unit && k < sizeof units / sizeof *units; k++)
        if (!strncmp(unit, units[k].name, strlen(units[k].name))) return units[k].days;
    return 1;
}

/* Events of several kinds are told how to become one, the others ending the time. */
static mlab_status competing(const mlab_outcome *outcome, const response *found, mlab_error *err)
{
    const mlab_column *how = found->status;
    int32_t none = 0, wanted = -1;
    mlab_status status = mlab_event_none(how, outcome->name, &none, err);
    if (status) return status;
    for (int32_t l = how->n_levels; l-- > 0;)
        if (l != none && (outcome->n_causes != 1 || strcmp(how->levels[l], outcome->causes[0]) == 0)) wanted = l;
    return mlab_raise_at(
        err, MLAB_ERR_FIT_RESPONSE, &outcome->formula_place,
        "%s: \"%s\" has %d levels; comparing competing events of a table of people is not built; write columns: {this_event: {from: %s, "
        "type: event, levels: {%s: yes, %s: no, ...}}} and event(%s, this_event), which ends the time of the others",
        outcome->name, how->name, (int)how->n_levels, how->name, how->levels[wanted < 0 ? none : wanted], how->levels[none], found->time->name);
}

static mlab_status find_response(const mlab_cohort_choice *choice, response *found, mlab_error *err)
{
    const mlab_data *data = choice->data;
    const mlab_context *context = data->context;
    const mlab_outcome *outcome = NULL;
    for (size_t k = 0; k < choice->spec->n_outcomes && !outcome; k++)
        if (choice->spec->outcomes[k].kind == MLAB_OUTCOME_EVENT) outcome = &choice->spec->outcomes[k];
    if (!outcome) return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "a person-level comparison needs an outcome event(time, status)");
    mlab_formula *formula;
    mlab_status status = mlab_formula_parse(context, outcome->formula ? outcome->formula : "", &outcome->formula_place, &formula, err);
    if (status) return status;
    if (mlab_formula_response(formula) != MLAB_RESPONSE_EVENT || mlab_formula_response_name(formula, 0))
        status = mlab_raise_at(err, MLAB_ERR_FIT_RESPONSE, &outcome->formula_place, "outcome %s: a person-level comparison needs event(time, status)",
                               outcome->name);
    if (!status) status = mlab_cohort_column(data->people, mlab_formula_response_name(formula, 1), outcome->name, &found->time, err);
    if (!status) status = mlab_cohort_column(data->people, mlab_formula_response_name(formula, 2), outcome->name, &found->status, err);
    if (!status) status = mlab_cohort_column(data->people, data->arm_column ? data->arm_column : "", "arm", &found->arm, err);
    mlab_formula_free(formula);
    if (status) return status;
    if (found->arm->type != MLAB_COLUMN_FACTOR) return mlab_raise(err, MLAB_ERR_DATA_TYPE, "the arm column must be a factor");
    if (found->time->type != MLAB_COLUMN_REAL && found->time->type != MLAB_COLUMN_INTEGER)
        return mlab_raise(err, MLAB_ERR_DATA_TYPE, "column \"%s\" must be a duration", found->time->name);
    found->days = unit_days(found->time->unit);
    if (found->status->type == MLAB_COLUMN_FACTOR && found->status->n_levels > 2) return competing(outcome, found, err);
    return mlab_event_two(found->status, data->people->n_rows, outcome->name, &found->none, err);
}

static double days_of(const response *found, size_t row)
{
    double time = found->time->type == MLAB_COLUMN_REAL ? found->time->as.real[row] : (double)found->time->as.integer[row];
    return round(time * found->days);
}

/* Months of a person: whole ones, and a last one that is not whole or holds the event. */
static size_t months_of(double days)
{
    return (size_t)ceil(days / month_days);
}

static void walk(const response *found, const uint8_t *keep, const mlab_table *table, bool take_unknown, mlab_cohort *cohort, bool fill)
{
    size_t people = 0, rows = 0;
    cohort->missing_people = cohort->empty_people = cohort->unknown_people = 0;
    cohort->unknown_years = 0;
    for (size_t i = 0; i < table->n_rows; i++) {
        if (!keep[i] || mlab_is_missing_at(found->time, i) || mlab_is_missing_at(found->status, i)) {
            cohort->missing_people++;
            continue;
        }
        double days = days_of(found, i);
        if (!(days >= 1)) {
            cohort->empty_people++;
            continue;
        }
        bool unknown = mlab_is_missing_at(found->arm, i);
        cohort->unknown_people += unknown;
        if (unknown && !take_unknown) {
            cohort->unknown_years += days / 365.25;
            continue;
        }
        size_t months = months_of(days);
        for (size_t t = 0; fill && t < months; t++) {
            double at_risk = fmin(days - (double)t * month_days, month_days);
            bool event = t + 1 == months && mlab_event_at(found->status, found->none, i);
            cohort->source[rows + t] = (uint32_t)i;
            cohort->arm[rows + t] = unknown ? cohort->reference : found->arm->as.integer[i];
            cohort->time[rows + t] = (int32_t)t;
            cohort->years[rows + t] = at_risk / 365.25;
            cohort->event[rows + t] = event;
            cohort->share[rows + t] = event ? 1 : at_risk / month_days;
        }
        if (fill) cohort->zero_row[people] = (uint32_t)i;
        if (months > cohort->n_times) cohort->n_times = months;
        rows += months;
        people++;
        if (fill) cohort->first[people] = rows;
    }
    cohort->n_people = people;
    cohort->n_rows = rows;
}

mlab_status mlab_cohort_from_people(const mlab_cohort_choice *choice, mlab_cohort *cohort, mlab_error *err)
{
    const mlab_data *data = choice->data;
    response found;
    bool declared = data->arm_exposure && (!strcmp(data->arm_exposure, "baseline") || !strcmp(data->arm_exposure, "ever"));
    if (!declared) return refuse(data, err);
    if (mlab_compare_has_no_time(choice->spec)) return mlab_cohort_from_rows(choice, cohort, err);
    mlab_status status = find_response(choice, &found, err);
    if (status) return status;
    cohort->arms = found.arm->levels;
    cohort->n_arms = (size_t)found.arm->n_levels;
    cohort->months = 1;
    cohort->table = data->people;
    if ((status = mlab_cohort_reference(choice, cohort, err))) return status;
    uint8_t *keep = mlab_allocate(cohort->context, data->people->n_rows, sizeof *keep);
    if (!keep) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a comparison of %zu people", data->people->n_rows);
    if (!(status = mlab_cohort_keep(choice, data->people, keep, err))) {
        walk(&found, keep, data->people, choice->take_unknown, cohort, false);
        if (!(status = mlab_cohort_allocate(cohort, err))) walk(&found, keep, data->people, choice->take_unknown, cohort, true);
    }
    mlab_release(cohort->context, keep);
    return status;
}
