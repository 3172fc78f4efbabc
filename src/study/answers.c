/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a study can answer: per outcome and group the people, events and person-years, and the smallest difference likely to be
 * seen: 2.8 standard errors, that is with 80 % power at the 5 % level (1.96 + 0.84), of the raw difference over 12 months between
 * two groups as large as those there. Adjustment and clusters make it larger; it is a first orientation, not a promise. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "study/inside.h"

#include <math.h>
#include <string.h>

#define SEEN 2.8 /* standard errors */

typedef struct tally {
    uint64_t people, events;
    double years;
} tally;

static void put_count(mlab_text *text, double value, int width)
{
    char number[64];
    mlab_number_for_people(value, 0, number, sizeof number);
    mlab_text_print(text, " %*s", width, number);
}

/* Counts of people under the minimum are not told, and no events or years beside them. */
static void put_row(const mlab_study *study, mlab_text *text, const char *arm, const tally *t)
{
    mlab_text_print(text, "    %-20.20s", arm);
    if (t->people && t->people < (uint64_t)study->report_options.minimum_cell) {
        mlab_text_print(text, " fewer than %lld people\n", (long long)study->report_options.minimum_cell);
        return;
    }
    put_count(text, (double)t->people, 9);
    mlab_text_append(text, " people");
    put_count(text, (double)t->events, 8);
    mlab_text_append(text, " events");
    if (t->years > 0) {
        put_count(text, t->years, 9);
        mlab_text_append(text, " person-years");
    }
    mlab_text_append(text, "\n");
}

/* Variance of the share with the event within a year, from its rate in the group; 0 events count as half a one. */
static double share_variance(const tally *t)
{
    double events = t->events ? (double)t->events : 0.5, rate = events / t->years, stay = exp(-rate);
    return stay * stay * rate * rate / events;
}

static void put_seen(mlab_text *text, const tally *arms, int32_t n)
{
    for (int32_t k = 1; k < n; k++) {
        if (arms[k].years <= 0 || arms[0].years <= 0) continue;
        double points = 100 * SEEN * sqrt(share_variance(&arms[0]) + share_variance(&arms[k]));
        char number[64];
        mlab_number_for_people(points, points < 10 ? 1 : 0, number, sizeof number);
        mlab_text_append(text, k == 1 ? "    differences likely to be seen in 12 months: from +-" : ", from +-");
        mlab_text_print(text, "%s points", number);
    }
    if (n > 1) mlab_text_append(text, "\n");
}

static void count_event(const mlab_panel *panel, const mlab_panel_event *event, const mlab_column *measure, tally *arms, uint8_t *seen)
{
    size_t n_arms = (size_t)panel->n_arms;
    for (size_t i = 0; i < panel->n_rows; i++) {
        if (panel->arm[i] < 0 || (event && !event->at_risk[i]) || (measure && measure->missing && measure->missing[i])) continue;
        tally *arm = &arms[panel->arm[i]];
        size_t mark = (size_t)panel->person[i] * n_arms + (size_t)panel->arm[i];
        if (!seen[mark]) arm->people++;
        seen[mark] = 1;
        arm->events += event ? event->what[i] != 0 : 1;
        if (event) arm->years += event->share[i] * (panel->stop[i] - panel->start[i]) / 365.25;
    }
}

static mlab_status put_panel_outcome(const mlab_study *study, const mlab_outcome *outcome, mlab_text *text, mlab_error *err)
{
    const mlab_panel *panel = study->data->panel;
    const mlab_panel_event *event = mlab_panel_find_event(panel, outcome->name);
    const mlab_column *measure = event ? NULL : mlab_table_find(panel->rows, outcome->name);
    if (!event && !measure) return MLAB_OK;
    tally *arms = mlab_allocate(study->context, (size_t)panel->n_arms, sizeof *arms);
    uint8_t *seen = mlab_allocate(study->context, panel->n_ids, (size_t)panel->n_arms);
    mlab_status status = arms && seen ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to count");
    if (!status) {
        count_event(panel, event, measure, arms, seen);
        mlab_text_print(text, "  %s%s\n", outcome->name, event ? "" : " (events are answers)");
        for (int32_t k = 0; k < panel->n_arms; k++) put_row(study, text, panel->arms[k], &arms[k]);
        if (event) put_seen(text, arms, panel->n_arms);
    }
    mlab_release(study->context, arms);
    mlab_release(study->context, seen);
    return status;
}

/* Rows of the people file by group; events of the status column of the formula. */
static mlab_status put_person_outcome(const mlab_study *study, const mlab_outcome *outcome, mlab_text *text, mlab_error *err)
{
    const mlab_table *people = study->data->people;
    const mlab_column *arm = study->data->arm_column ? mlab_table_find(people, study->data->arm_column) : NULL;
    mlab_formula *formula = NULL;
    mlab_status status = mlab_formula_parse(study->context, outcome->formula, NULL, &formula, err);
    if (status) return status;
    bool times = mlab_formula_response(formula) == MLAB_RESPONSE_EVENT;
    const mlab_column *event = times ? mlab_table_find(people, mlab_formula_response_name(formula, 2)) : NULL;
    const mlab_column *time = times ? mlab_table_find(people, mlab_formula_response_name(formula, 1)) : NULL;
    int32_t n = arm && arm->type == MLAB_COLUMN_FACTOR ? arm->n_levels : 1;
    tally *arms = mlab_allocate(study->context, (size_t)n, sizeof *arms);
    if (!arms) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to count");
    for (size_t i = 0; arms && i < people->n_rows; i++) {
        if (n > 1 && arm->missing && arm->missing[i]) continue;
        tally *t = &arms[n > 1 ? arm->as.integer[i] : 0];
        t->people++;
        if (event && event->type == MLAB_COLUMN_INTEGER && !(event->missing && event->missing[i])) t->events += event->as.integer[i] != 0;
        if (time && time->type == MLAB_COLUMN_REAL && !(time->missing && time->missing[i])) t->years += time->as.real[i] / 365.25;
    }
    if (arms) {
        mlab_text_print(text, "  %s\n", outcome->name);
        for (int32_t k = 0; k < n; k++) put_row(study, text, n > 1 ? arm->levels[k] : "everyone", &arms[k]);
        put_seen(text, arms, n);
    }
    mlab_release(study->context, arms);
    mlab_formula_free(formula);
    return status;
}

mlab_status mlab_study_answers(const mlab_study *study, char **text, mlab_error *err)
{
    *text = NULL;
    mlab_text made = MLAB_TEXT(study->context);
    mlab_status status = MLAB_OK;
    mlab_text_append(&made, "What this study can answer\n");
    for (size_t k = 0; !status && study->data && k < study->n_outcomes; k++) {
        if (!study->outcomes[k].formula) continue;
        status = study->data->panel ? put_panel_outcome(study, &study->outcomes[k], &made, err)
                                    : put_person_outcome(study, &study->outcomes[k], &made, err);
    }
    if (!status && made.failed) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the text");
    if (status)
        mlab_text_free(&made);
    else
        *text = made.bytes;
    return status;
}

void mlab_study_text_free(const mlab_study *study, char *text)
{
    mlab_release(study->context, text);
}
