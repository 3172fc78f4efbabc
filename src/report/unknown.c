/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far time of unknown arm could move the raw differences: what they would be if all of it were the reference, and if all of it were the
 * arm. Raw, without adjustment; shown where no group is too small to be told. */
#include "core/memory.h"
#include "data/answers.h"
#include "report/sections.h"

#include <string.h>

/* With and without the event (answers: answers alone) in numbers that may be told. */
static bool is_large(const mlab_answerable *item, const mlab_answerable_arm *arm, uint64_t minimum)
{
    if (arm->people < minimum || arm->events < minimum) return false;
    return !item->event || arm->people >= arm->events + minimum;
}

static void tell_row(mlab_doc *doc, const mlab_story *story, const mlab_answerable *item, int32_t k)
{
    const mlab_answerable_arm *arm = &item->arms[k];
    const double factor = item->event ? 100 : 1;
    const int decimals = mlab_decimals_for(factor * arm->seen / 2.8);
    mlab_number_text raw, reference, own, people;
    mlab_text name = MLAB_TEXT(story->context);
    mlab_tell_name(&name, item->event && !strcmp(item->outcome, "retention") ? "leaving" : item->outcome, true);
    mlab_text_append(&name, item->event ? ", points of 100 in 12 months" : ", mean");
    mlab_doc_row(doc, (const char *const[]){mlab_text_get(&name), arm->name, mlab_tell_number(factor * arm->raw, decimals, true, raw),
                                            mlab_tell_number(factor * arm->if_reference, decimals, true, reference),
                                            mlab_tell_number(factor * arm->if_arm, decimals, true, own),
                                            mlab_tell_number((double)item->unknown, 0, false, people)});
    if (name.failed) doc->text.failed = true;
    mlab_text_free(&name);
}

mlab_status mlab_tell_unknown(mlab_doc *doc, const mlab_story *story, mlab_error *err)
{
    const mlab_data *data = story->spec->results->data;
    const uint64_t minimum = (uint64_t)story->options->minimum_cell;
    bool any = false;
    if (!data || !data->panel || data->panel->n_arms < 2) return MLAB_OK;
    mlab_answerables answers;
    mlab_status status = mlab_answers(story->context, data, NULL, &answers, err);
    for (size_t i = 0; !status && i < answers.n; i++) {
        const mlab_answerable *item = &answers.items[i];
        for (int32_t k = 1; k < item->n_arms; k++) {
            const mlab_answerable_arm *arm = &item->arms[k];
            if (!item->bounded || arm->seen == MLAB_ANSWERABLE_NOT || item->unknown < minimum) continue;
            if (!is_large(item, arm, minimum) || !is_large(item, &item->arms[0], minimum)) continue;
            if (!any) {
                mlab_doc_heading(doc, 3, "How far could the unknown move it?");
                mlab_doc_paragraph(doc, NULL,
                                   "For some of the time nothing says in which group people were. It is left out. These are the raw differences, "
                                   "without adjustment, as they are and as they would be if all of that time were of the one group or the other.");
                mlab_doc_table(doc, NULL, false,
                               (const char *const[]){"Outcome", "Group", "As it is", "If all were the group compared with", "If all were this group",
                                                     "People with such time"},
                               6);
            }
            any = true;
            tell_row(doc, story, item, k);
        }
    }
    if (any) mlab_doc_table_end(doc, false);
    if (!status) mlab_answerables_free(&answers);
    return status;
}
