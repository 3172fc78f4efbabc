/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far time of unknown arm could move the differences: what they would be if all of it were the reference, and if all of it were the
 * arm, by the estimator of the comparison; without a comparison the raw ones. Shown where no group is too small to be told. */
#include "core/memory.h"
#include "data/answers.h"
#include "report/sections.h"

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
    mlab_tell_name(&name, item->leaves ? "leaving" : item->outcome, true);
    mlab_text_append(&name, item->event ? ", points of 100 in 12 months" : ", mean");
    mlab_doc_row(doc, (const char *const[]){mlab_text_get(&name), arm->name, mlab_tell_number(factor * arm->raw, decimals, true, raw),
                                            mlab_tell_number(factor * arm->if_reference, decimals, true, reference),
                                            mlab_tell_number(factor * arm->if_arm, decimals, true, own),
                                            mlab_tell_number((double)item->unknown, 0, false, people)});
    if (name.failed) doc->text.failed = true;
    mlab_text_free(&name);
}

/* --- by the comparison ----------------------------------------------------------------------------------- */

void mlab_tell_bounds(const mlab_told_contrast *told, mlab_text *text)
{
    const mlab_contrast *c = told->contrast;
    char range[2 * MLAB_NUMBER_SIZE + 8];
    mlab_number_text reference, own;
    if (!told->bounds_told) return;
    if (!c->bounded) {
        mlab_text_append(text, "how far time of unknown group could move it, the models cannot say");
        return;
    }
    mlab_text_append(text, "were all unknown time in ");
    mlab_tell_name(text, c->reference, false);
    mlab_text_print(text, ": %s, in ", mlab_tell_number(told->factor * c->if_reference, told->decimals, true, reference));
    mlab_tell_name(text, c->arm, false);
    mlab_text_print(text, ": %s; at worst %s", mlab_tell_number(told->factor * c->if_arm, told->decimals, true, own),
                    mlab_tell_range(told->factor * c->worst_lowest, told->factor * c->worst_highest, told->decimals, true, range, sizeof range));
}

static void bound_row(mlab_doc *doc, const mlab_story *story, const mlab_told_contrast *told)
{
    const mlab_contrast *c = told->contrast;
    char range[2 * MLAB_NUMBER_SIZE + 8] = "";
    mlab_number_text reference = "", own = "", people;
    mlab_text name = MLAB_TEXT(story->context), estimate = MLAB_TEXT(story->context);
    mlab_tell_name(&name, c->outcome, true);
    mlab_text_append(&name, ": ");
    mlab_tell_name(&name, c->arm, false);
    mlab_text_append(&name, " against ");
    mlab_tell_name(&name, c->reference, false);
    mlab_tell_estimate(told, &estimate);
    if (c->bounded) {
        mlab_tell_number(told->factor * c->if_reference, told->decimals, true, reference);
        mlab_tell_number(told->factor * c->if_arm, told->decimals, true, own);
        mlab_tell_range(told->factor * c->worst_lowest, told->factor * c->worst_highest, told->decimals, true, range, sizeof range);
    }
    mlab_tell_count(c->unknown_people, (uint64_t)story->options->minimum_cell, people);
    mlab_doc_row(doc, (const char *const[]){mlab_text_get(&name), mlab_text_get(&estimate), reference, own, range, people});
    if (name.failed || estimate.failed) doc->text.failed = true;
    mlab_text_free(&estimate);
    mlab_text_free(&name);
}

static void tell_bounds_table(mlab_doc *doc, const mlab_story *story)
{
    bool any = false;
    for (size_t k = 0; k < story->n_contrasts; k++) {
        const mlab_told_contrast *told = &story->contrasts[k];
        if (!told->bounds_told || !mlab_story_is_main(story, k)) continue;
        if (!any) {
            mlab_doc_heading(doc, 3, "How far could the unknown move it?");
            mlab_doc_paragraph(
                doc, NULL,
                "For some of the time nothing says in which group people were. It is left out. These are the differences as they are, "
                "as the same estimate comes out when all of that time is put into the one group or the other, and at worst: when those "
                "with the event (or with high answers) are put into the one group and all others into the other. The uncertainty of "
                "the estimate itself comes on top.");
            mlab_doc_table(doc, NULL, false,
                           (const char *const[]){"Difference", "As it is", "If all were the group compared with", "If all were this group",
                                                 "At worst", "People with such time"},
                           6);
        }
        any = true;
        bound_row(doc, story, told);
    }
    if (any) mlab_doc_table_end(doc, false);
}

mlab_status mlab_tell_unknown(mlab_doc *doc, const mlab_story *story, mlab_error *err)
{
    if (story->spec->results->comparison) {
        tell_bounds_table(doc, story);
        return MLAB_OK;
    }
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
