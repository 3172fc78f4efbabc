/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a study can answer, as text for the screen: the counts and differences come from the data room, small groups are not told. */
#include "data/answers.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "study/inside.h"

#include <string.h>

static void put_count(mlab_text *text, double value, int width)
{
    char number[64];
    mlab_number_for_people(value, 0, number, sizeof number);
    mlab_text_print(text, " %*s", width, number);
}

/* From which difference on something would likely be seen. */
static void put_seen(mlab_text *text, const mlab_answerable *item, const mlab_answerable_arm *arm)
{
    char number[64];
    if (arm->seen < 0) {
        mlab_text_append(text, "  too few");
        return;
    }
    double shown = item->event ? 100 * arm->seen : arm->seen;
    mlab_number_for_people(shown, shown >= 10 ? 0 : item->event ? 1 : 2, number, sizeof number);
    mlab_text_print(text, "  +-%s%s", number, item->event ? " points" : "");
}

static void put_arm(mlab_text *text, const mlab_answerable *item, int32_t k, uint64_t minimum)
{
    const mlab_answerable_arm *arm = &item->arms[k];
    mlab_text_print(text, "  %-12.12s %-10.10s", k ? "" : item->outcome, arm->name);
    if (arm->people && arm->people < minimum) {
        mlab_text_print(text, "  fewer than %llu people\n", (unsigned long long)minimum);
        return;
    }
    put_count(text, (double)arm->people, 5);
    mlab_text_append(text, " people");
    put_count(text, (double)arm->events, 6);
    mlab_text_append(text, item->event ? " events" : " answers");
    if (item->event) {
        put_count(text, arm->years, 6);
        mlab_text_append(text, " years");
    } else if (arm->asked) {
        char share[64];
        mlab_number_for_people(100 * (double)arm->people / (double)arm->asked, 0, share, sizeof share);
        mlab_text_print(text, ", %s %%", share);
    }
    if (k) put_seen(text, item, arm);
    mlab_text_append(text, "\n");
}

/* Columns of time and event of a person-level study, from the formula of its first event outcome. */
static mlab_status ask(const mlab_study *study, mlab_answerables *answers, mlab_error *err)
{
    if (study->data->panel) return mlab_answers(study->context, study->data, NULL, NULL, NULL, answers, err);
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < study->n_outcomes; k++) {
        const mlab_outcome *outcome = &study->outcomes[k];
        mlab_formula *formula = NULL;
        if (!outcome->formula) continue;
        status = mlab_formula_parse(study->context, outcome->formula, NULL, &formula, err);
        bool asked = !status && mlab_formula_response(formula) == MLAB_RESPONSE_EVENT && !mlab_formula_response_name(formula, 0);
        if (asked)
            status = mlab_answers(study->context, study->data, outcome->name, mlab_formula_response_name(formula, 1),
                                  mlab_formula_response_name(formula, 2), answers, err);
        mlab_formula_free(formula);
        if (asked || status) break;
    }
    return status;
}

mlab_status mlab_study_answers(const mlab_study *study, char **text, mlab_error *err)
{
    *text = NULL;
    mlab_answerables answers = {0};
    mlab_text made = MLAB_TEXT(study->context);
    mlab_status status = study->data ? ask(study, &answers, err) : MLAB_OK;
    if (status) {
        mlab_answerables_free(&answers);
        return status;
    }
    mlab_text_append(&made, "What this study can answer (years: person-years; last: the difference from the\n"
                            "first group in 12 months that it would see 4 times in 5, before adjustment)\n");
    for (size_t i = 0; i < answers.n; i++)
        for (int32_t k = 0; k < answers.items[i].n_arms; k++) put_arm(&made, &answers.items[i], k, (uint64_t)study->report_options.minimum_cell);
    mlab_answerables_free(&answers);
    if (made.failed) {
        mlab_text_free(&made);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the text");
    }
    *text = made.bytes;
    return MLAB_OK;
}

void mlab_study_text_free(const mlab_study *study, char *text)
{
    mlab_release(study->context, text);
}
