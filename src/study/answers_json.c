/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a study can answer, one outcome as JSON: the counts that may be told, null for the others. */
#include "study/answers.h"

#include <string.h>

static void put_number(mlab_text *text, const char *key, bool there, double value)
{
    mlab_text_print(text, ", \"%s\": ", key);
    if (there)
        mlab_text_number(text, value);
    else
        mlab_text_append(text, "null");
}

/* How well the items of a score hang together. */
static void put_reliability(const mlab_study *study, mlab_text *text, const char *outcome)
{
    const mlab_survey *survey = study->data->survey;
    for (size_t m = 0; survey && m < survey->n_measures; m++) {
        const mlab_measure *made = &survey->measures[m];
        if (strcmp(made->name, outcome) != 0) continue;
        bool has = made->alpha_people >= (uint64_t)study->report_options.minimum_cell;
        put_number(text, "items", true, made->n_items);
        put_number(text, "alpha", has, made->alpha);
        put_number(text, "alpha_lower", has, made->alpha_lower);
        put_number(text, "alpha_upper", has, made->alpha_upper);
    }
}

void mlab_answers_json(const mlab_study *study, mlab_text *text, const mlab_told_answers *t)
{
    const mlab_answerable *item = t->item;
    const mlab_input *source = mlab_answers_source(study, item);
    const uint64_t minimum = (uint64_t)study->report_options.minimum_cell;
    mlab_text_append(text, "{\"outcome\": ");
    mlab_json_text(text, item->outcome);
    mlab_text_print(text, ", \"kind\": \"%s\"", item->event ? "event" : "answers");
    put_number(text, "linked", source != NULL, source ? (double)source->linked / (double)source->named : 0);
    put_number(text, "accept_unlinked", source && source->accepted, source ? source->accept : 0);
    put_number(text, "group_unknown", !item->unknown || item->unknown >= minimum, (double)item->unknown);
    if (!item->event) put_reliability(study, text, item->outcome);
    mlab_text_append(text, ", \"groups\": [");
    for (int32_t k = 0; k < item->n_arms; k++) {
        const mlab_answerable_arm *arm = &item->arms[k];
        mlab_text_append(text, k ? ", {\"group\": " : "{\"group\": ");
        mlab_json_text(text, arm->name);
        put_number(text, "people", t->people[k], (double)arm->people);
        put_number(text, item->event ? "events" : "answers", t->events[k], (double)arm->events);
        if (item->event) put_number(text, "person_years", t->events[k] && arm->years > 0, arm->years);
        if (!item->event) put_number(text, "answered", t->events[k] && arm->asked && mlab_answers_share_told(study, arm), mlab_answers_share(arm));
        put_number(text, "smallest_difference", k && t->events[k] && t->events[0] && arm->seen != MLAB_ANSWERABLE_NOT, arm->seen);
        bool bounds = k && item->bounded && t->events[k] && t->events[0] && arm->seen != MLAB_ANSWERABLE_NOT && item->unknown >= minimum;
        if (item->bounded) {
            put_number(text, "raw_difference", bounds, arm->raw);
            put_number(text, "raw_difference_if_unknown_were_reference", bounds, arm->if_reference);
            put_number(text, "raw_difference_if_unknown_were_group", bounds, arm->if_arm);
        }
        mlab_text_append(text, "}");
    }
    mlab_text_append(text, "]}");
}
