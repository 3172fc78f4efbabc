/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose data these are: who is in the study, who is left out and why, and how much of each file could be linked to people. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "report/sections.h"

#include <math.h>
#include <stdio.h>

static mlab_status tell_flow(mlab_doc *doc, const mlab_story *story, const mlab_data *data, mlab_error *err)
{
    mlab_flow_step *told = mlab_allocate(story->context, data->n_flow, sizeof *told);
    if (!told) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for who is in the study");
    size_t n = mlab_flow_told(data, (uint64_t)story->options->minimum_cell, told);
    if (n) mlab_doc_table(doc, "Who is in the study", false, (const char *const[]){"People", "Left out", ""}, 3);
    for (size_t i = 0; i < n; i++) {
        mlab_number_text number;
        mlab_tell_number((double)told[i].people, 0, false, number);
        mlab_doc_row(doc, (const char *const[]){told[i].out ? "" : number, told[i].out ? number : "", told[i].what});
    }
    if (n) mlab_doc_table_end(doc, false);
    mlab_release(story->context, told);
    return MLAB_OK;
}

static void tell_links(mlab_doc *doc, const mlab_story *story, const mlab_data *data)
{
    for (size_t i = 0; i < data->n_inputs; i++) {
        const mlab_input *input = &data->inputs[i];
        char share[MLAB_NUMBER_SIZE];
        mlab_text text = MLAB_TEXT(story->context);
        if (!input->named) continue;
        mlab_number_for_people(floor(1000 * (double)input->linked / (double)input->named) / 10, 1, share, sizeof share);
        const double missing = (double)(input->named - input->linked) / (double)input->named;
        if (input->linked == input->named)
            mlab_text_print(&text, "%s: everybody named in it is among the people.", input->file);
        else
            mlab_text_print(&text, "%s: %s %% of those named in it are among the people; the others are left out.", input->file, share);
        if (missing > 0 && input->accepted) {
            mlab_number_for_people(100 * input->accept, input->accept < 0.1 ? 1 : 0, share, sizeof share);
            mlab_text_print(&text, " The study accepts that up to %s %% are missing (accept_unlinked).", share);
        }
        mlab_say_item(doc, &text);
    }
    mlab_doc_end(doc);
}

mlab_status mlab_tell_people(mlab_doc *doc, const mlab_story *story, mlab_error *err)
{
    const mlab_data *data = story->spec->results->data;
    if (!data || !data->n_flow) return MLAB_OK;
    mlab_doc_heading(doc, 2, "Whose data these are");
    mlab_status status = tell_flow(doc, story, data, err);
    if (!status) tell_links(doc, story, data);
    return status;
}
