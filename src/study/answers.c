/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a study can answer, as a table for the screen and as JSON: the counts of data/answers.h, through the privacy filter. A count under the
 * minimum is hidden, and with it what would give it away: everybody's total stands in other outputs, so that it counts as printed here. */
#include "study/answers.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "report/tell.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static uint64_t without_event(const mlab_answerable *item, const mlab_answerable_arm *arm)
{
    uint64_t all = item->event ? arm->people : arm->asked, with = item->event ? arm->events : arm->people;
    return all > with ? all - with : 0; /* events may recur */
}

/* Those with and without the event (for answers: who answered, who did not) by arm, with all margins. */
static mlab_status judge(const mlab_study *study, mlab_told_answers *t, mlab_error *err)
{
    const mlab_answerable *item = t->item;
    size_t n = (size_t)item->n_arms;
    uint64_t *count = mlab_allocate(study->context, 2 * n, sizeof *count);
    uint8_t *shown = mlab_allocate(study->context, 2 * n, 1), rows[2];
    t->people = mlab_allocate(study->context, n, 1);
    t->events = mlab_allocate(study->context, n, 1);
    mlab_status status = count && shown && t->people && t->events ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for what can be told");
    for (size_t k = 0; k < n && !status; k++) {
        count[k] = item->event ? item->arms[k].events : item->arms[k].people;
        count[n + k] = without_event(item, &item->arms[k]);
    }
    if (!status) status = mlab_privacy_table(study->context, count, 2, n, (uint64_t)study->report_options.minimum_cell, shown, rows, t->people, err);
    for (size_t k = 0; k < n && !status; k++) t->events[k] = t->people[k] && shown[k] && shown[n + k];
    mlab_release(study->context, count);
    mlab_release(study->context, shown);
    return status;
}

static void told_free(const mlab_study *study, mlab_told_answers *t)
{
    mlab_release(study->context, t->people);
    mlab_release(study->context, t->events);
}

/* The file of a role, when it was linked to the people; else NULL. */
static const mlab_input *linked_file(const mlab_study *study, const char *role)
{
    const mlab_data *data = study->data;
    for (size_t i = 0; i < data->n_inputs; i++)
        if (!strcmp(data->inputs[i].role, role) && data->inputs[i].named) return &data->inputs[i];
    return NULL;
}

/* The file that an outcome comes from; NULL = the people file itself. */
const mlab_input *mlab_answers_source(const mlab_study *study, const mlab_answerable *item)
{
    if (!item->event) return linked_file(study, "surveys");
    if (linked_file(study, "history")) return linked_file(study, "history");
    if (linked_file(study, "snapshots")) return linked_file(study, "snapshots");
    return linked_file(study, study->data->panel && item->event && !item->leaves ? "promotions" : "people");
}

static double factor_of(const mlab_answerable *item)
{
    return item->event ? 100 : 1;
}

/* --- screen ------------------------------------------------------------------------------------------ */

static void put_padded(mlab_text *text, const char *what, size_t width)
{
    mlab_text_append(text, what);
    for (size_t n = mlab_text_width(what); n < width; n++) mlab_text_append(text, " ");
}

static void put_cell(mlab_text *text, const char *what, size_t width)
{
    for (size_t n = mlab_text_width(what); n < width; n++) mlab_text_append(text, " ");
    mlab_text_append(text, what);
}

enum { NAME = 24, PEOPLE = 9, EVENTS = 10, YEARS = 14 }; /* widths */

static void put_linked(mlab_text *text, const mlab_input *input)
{
    char share[MLAB_NUMBER_SIZE];
    mlab_number_for_people(floor(1000 * (double)input->linked / (double)input->named) / 10, 1, share, sizeof share);
    if (input->linked == input->named)
        mlab_text_print(text, "    %s: everybody in it is linked\n", input->file);
    else {
        mlab_text_print(text, "    %s: %s %% of the people in it are linked", input->file, share);
        mlab_number_for_people(100 * input->accept, input->accept < 0.1 ? 1 : 0, share, sizeof share);
        if (input->accepted) mlab_text_print(text, "; the study accepts up to %s %% missing", share);
        mlab_text_append(text, "\n");
    }
}

static void put_heading(const mlab_study *study, mlab_text *text, const mlab_answerable *item)
{
    const mlab_input *source = mlab_answers_source(study, item);
    const bool exits = item->leaves;
    mlab_text_append(text, "  ");
    put_padded(text, item->outcome, NAME - 2);
    put_cell(text, "people", PEOPLE);
    put_cell(text, exits ? "exits" : item->event ? "events" : "answers", EVENTS);
    put_cell(text, item->event ? "person-years" : "answered", YEARS);
    if (item->n_arms > 1) mlab_text_append(text, item->event ? "  seen in 12 months" : "  seen in the mean");
    mlab_text_append(text, "\n");
    if (source) put_linked(text, source);
}

static void put_seen(mlab_text *text, const mlab_answerable *item, int32_t k)
{
    mlab_number_text number;
    double seen = factor_of(item) * item->arms[k].seen;
    if (k == 0)
        mlab_text_append(text, "  compared with");
    else if (item->arms[k].seen == MLAB_ANSWERABLE_NOT)
        mlab_text_print(text, "  too few %s", item->event ? "events" : "answers");
    else
        mlab_text_print(text, "  from +-%s%s on", mlab_tell_number(seen, mlab_decimals_for(seen / 2.8), false, number), item->event ? " points" : "");
}

/* Of those asked when the waves are known, else of the people. */
double mlab_answers_share(const mlab_answerable_arm *arm)
{
    if (arm->invited) return (double)arm->replied / (double)arm->invited;
    return arm->asked ? (double)arm->people / (double)arm->asked : 0;
}

/* Not when few answered or few did not. */
bool mlab_answers_share_told(const mlab_study *study, const mlab_answerable_arm *arm)
{
    const uint64_t minimum = (uint64_t)study->report_options.minimum_cell, silent = arm->invited - arm->replied;
    return !arm->invited || ((arm->replied == 0 || arm->replied >= minimum) && (silent == 0 || silent >= minimum));
}

/* The raw difference, and what it would be if all unknown were the reference, or the arm. */
static void put_bounds(const mlab_study *study, mlab_text *text, const mlab_told_answers *t, int32_t k)
{
    const mlab_answerable *item = t->item;
    const mlab_answerable_arm *arm = &item->arms[k];
    const char *unit = item->event ? " points" : "";
    mlab_number_text raw, reference, own;
    if (!t->events[k] || !t->events[0] || arm->seen == MLAB_ANSWERABLE_NOT) return;
    if (item->unknown < (uint64_t)study->report_options.minimum_cell) return;
    const double factor = factor_of(item);
    const int decimals = mlab_decimals_for(factor * arm->seen / 2.8);
    mlab_text_print(text, "    %s, raw: %s%s%s; if all unknown were %s %s, if they were %s %s\n", arm->name,
                    mlab_tell_number(factor * arm->raw, decimals, true, raw), unit,
                    !item->event   ? ""
                    : item->leaves ? " who leave in 12 months"
                                   : " in 12 months",
                    item->arms[0].name, mlab_tell_number(factor * arm->if_reference, decimals, true, reference), arm->name,
                    mlab_tell_number(factor * arm->if_arm, decimals, true, own));
}

static void put_arm(const mlab_study *study, mlab_text *text, const mlab_told_answers *t, int32_t k)
{
    const mlab_answerable *item = t->item;
    const mlab_answerable_arm *arm = &item->arms[k];
    mlab_number_text number;
    mlab_text_append(text, "    ");
    put_padded(text, arm->name, NAME - 4);
    if (!t->people[k]) {
        const uint64_t minimum = (uint64_t)study->report_options.minimum_cell;
        if (arm->people > 0 && arm->people < minimum)
            mlab_text_print(text, "  fewer than %llu people\n", (unsigned long long)minimum);
        else
            mlab_text_append(text, "  hidden, because another group is small\n");
        return;
    }
    put_cell(text, mlab_tell_number((double)arm->people, 0, false, number), PEOPLE);
    if (!t->events[k]) {
        put_cell(text, "hidden", EVENTS);
        put_cell(text, "", YEARS);
    } else {
        put_cell(text, mlab_tell_number((double)arm->events, 0, false, number), EVENTS);
        if (!item->event) {
            char share[MLAB_NUMBER_SIZE + 3];
            snprintf(share, sizeof share, "%s %%", mlab_tell_number(100 * mlab_answers_share(arm), 0, false, number));
            put_cell(text, mlab_answers_share_told(study, arm) ? share : "hidden", YEARS);
        } else {
            put_cell(text, arm->years > 0 ? mlab_tell_number(arm->years, arm->years < 10 ? 1 : 0, false, number) : "unknown", YEARS);
        }
        if (item->n_arms > 1 && t->events[0]) put_seen(text, item, k);
    }
    mlab_text_append(text, "\n");
}

static void put_item(const mlab_study *study, mlab_text *text, const mlab_told_answers *t)
{
    mlab_number_text number;
    put_heading(study, text, t->item);
    for (int32_t k = 0; k < t->item->n_arms; k++) put_arm(study, text, t, k);
    if (t->item->unknown)
        mlab_text_print(text, "    %s people are not counted while nothing says which group they are in\n",
                        mlab_tell_count(t->item->unknown, (uint64_t)study->report_options.minimum_cell, number));
    for (int32_t k = 1; k < t->item->n_arms && t->item->bounded; k++) put_bounds(study, text, t, k);
}

/* --- outcomes ---------------------------------------------------------------------------------------- */

typedef struct telling {
    const mlab_study *study;
    mlab_text *text;
    bool json;
    size_t n; /* told so far */
} telling;

static mlab_status tell(telling *to, const mlab_answerable *item, mlab_error *err)
{
    mlab_told_answers t = {.item = item};
    mlab_status status = judge(to->study, &t, err);
    if (!status && to->json) {
        mlab_text_append(to->text, to->n ? ", " : "");
        mlab_answers_json(to->study, to->text, &t);
    } else if (!status) {
        put_item(to->study, to->text, &t);
    }
    to->n++;
    told_free(to->study, &t);
    return status;
}

/* By its name, or by what its formula is about: "leaving: {formula: exit ~ arm}". */
static const mlab_panel_event *event_of(const mlab_study *study, const mlab_outcome *outcome)
{
    char response[64] = "";
    const char *from = outcome->formula ? outcome->formula : "";
    const size_t n = strcspn(from, " ~(");
    const mlab_panel_event *event = mlab_panel_find_event(study->data->panel, outcome->name);
    if (event || n >= sizeof response) return event;
    memcpy(response, from, n);
    return n ? mlab_panel_find_event(study->data->panel, response) : NULL;
}

static mlab_status tell_panel(telling *to, mlab_error *err)
{
    const mlab_study *study = to->study;
    mlab_answerables answers;
    mlab_status status = mlab_answers(study->context, study->data, NULL, &answers, err);
    for (size_t k = 0; k < study->n_outcomes && !status; k++) {
        const mlab_panel_event *event = event_of(study, &study->outcomes[k]);
        const char *name = event ? event->name : study->outcomes[k].name;
        for (size_t i = 0; i < answers.n && !status; i++)
            if (!strcmp(answers.items[i].outcome, name)) {
                mlab_answerable named = answers.items[i];
                named.outcome = study->outcomes[k].name;
                status = tell(to, &named, err);
            }
    }
    mlab_answerables_free(&answers);
    return status;
}

/* Who is in the study and who is not, as far as the minimum allows. */
static mlab_status told_flow(const mlab_study *study, mlab_flow_step **steps, size_t *n, mlab_error *err)
{
    *n = 0;
    *steps = mlab_allocate(study->context, study->data->n_flow, sizeof **steps);
    if (!*steps) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for who is in the study");
    *n = mlab_flow_told(study->data, (uint64_t)study->report_options.minimum_cell, *steps);
    return MLAB_OK;
}

static mlab_status put_flow(const mlab_study *study, mlab_text *text, mlab_error *err)
{
    mlab_flow_step *steps = NULL;
    mlab_number_text number;
    size_t n = 0;
    mlab_status status = study->data ? told_flow(study, &steps, &n, err) : MLAB_OK;
    if (n) mlab_text_append(text, "Who is in it\n");
    for (size_t i = 0; i < n; i++) {
        mlab_text_append(text, steps[i].out ? "    - " : "  ");
        put_cell(text, mlab_tell_number((double)steps[i].people, 0, false, number), steps[i].out ? 8 : 10);
        mlab_text_print(text, "  %s\n", steps[i].what);
    }
    if (n) mlab_text_append(text, "\n");
    mlab_release(study->context, steps);
    return status;
}

/* A response that cannot be counted, such as a product of columns, says so. */
static mlab_status tell_person_outcome(telling *to, const mlab_outcome *outcome, mlab_error *err)
{
    const mlab_study *study = to->study;
    mlab_formula *formula = NULL;
    mlab_answerables answers = {0};
    mlab_error why = {0};
    mlab_status status = mlab_formula_parse(study->context, outcome->formula, NULL, &formula, err);
    if (status) return status;
    bool times = mlab_formula_response(formula) == MLAB_RESPONSE_EVENT;
    mlab_answer_columns columns = {.outcome = outcome->name, .event = mlab_formula_response_name(formula, times ? 2 : 0), .leaves = outcome->absence};
    if (outcome->model && strcmp(outcome->model, "fine_gray") == 0) columns.cause = outcome->n_causes == 1 ? outcome->causes[0] : "";
    if (times) columns.start = mlab_formula_response_name(formula, 0), columns.time = mlab_formula_response_name(formula, 1);
    status = mlab_answers(study->context, study->data, &columns, &answers, &why);
    if (!status) {
        status = tell(to, &answers.items[0], err);
    } else if (status == MLAB_ERR_DATA_COLUMN || status == MLAB_ERR_DATA_TYPE || status == MLAB_ERR_FIT_RESPONSE) {
        if (!to->json) mlab_text_print(to->text, "  %s: nothing is counted, because %s\n", outcome->name, why.sentence);
        status = MLAB_OK;
    } else {
        status = mlab_raise(err, status, "%s", why.sentence);
    }
    mlab_answerables_free(&answers);
    mlab_formula_free(formula);
    return status;
}

mlab_status mlab_study_answers(const mlab_study *study, bool json, char **text, mlab_error *err)
{
    *text = NULL;
    mlab_text made = MLAB_TEXT(study->context);
    mlab_status status = MLAB_OK;
    telling to = {study, &made, json, 0};
    if (!json) status = put_flow(study, &made, err);
    mlab_text_append(&made, json ? "[" : "What this study can answer\n");
    if (status) goto out;
    if (study->data && study->data->panel) status = tell_panel(&to, err);
    for (size_t k = 0; !status && study->data && !study->data->panel && k < study->n_outcomes; k++)
        if (study->outcomes[k].formula) status = tell_person_outcome(&to, &study->outcomes[k], err);
    if (!status && !json && study->data && study->data->survey)
        status = mlab_survey_text(study->context, study->data->survey, (uint64_t)study->report_options.minimum_cell, &made, err);
    if (json) {
        mlab_text_append(&made, "]");
    } else if (to.n) {
        if (linked_file(study, "relationships")) {
            mlab_text_append(&made, "  groups\n");
            put_linked(&made, linked_file(study, "relationships"));
        }
        mlab_text_append(&made, "  seen: with 80 % power in a test at 5 %, before any adjustment, which needs more\n");
    }
out:
    if (!status && made.failed) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the text");
    if (status)
        mlab_text_free(&made);
    else
        *text = made.bytes;
    return status;
}

mlab_status mlab_study_flow(const mlab_study *study, char **text, mlab_error *err)
{
    *text = NULL;
    mlab_text made = MLAB_TEXT(study->context);
    size_t n = 0;
    mlab_flow_step *steps = NULL;
    mlab_status status = study->data ? told_flow(study, &steps, &n, err) : MLAB_OK;
    mlab_text_append(&made, "[");
    for (size_t i = 0; i < n; i++) {
        mlab_text_append(&made, i ? ", {\"what\": " : "{\"what\": ");
        mlab_json_text(&made, steps[i].what);
        mlab_text_print(&made, ", \"people\": %llu, \"out\": %s}", (unsigned long long)steps[i].people, steps[i].out ? "true" : "false");
    }
    mlab_text_append(&made, "]");
    mlab_release(study->context, steps);
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
