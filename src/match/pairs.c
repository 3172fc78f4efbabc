/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pairs of one policy: release, and the list that a program manager opens in a spreadsheet. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "mentorlab/match.h"

#include <string.h>

static void free_texts(const mlab_context *context, char **texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++) mlab_release(context, texts[i]);
    mlab_release(context, texts);
}

void mlab_pairs_free(mlab_pairs *pairs)
{
    if (!pairs) return;
    const mlab_context *context = pairs->context;
    free_texts(context, pairs->mentees, pairs->n_mentees);
    free_texts(context, pairs->mentors, pairs->n_mentors);
    free_texts(context, pairs->reason, pairs->n_mentees);
    mlab_release(context, pairs->mentor_of);
    mlab_release(context, pairs->score);
    mlab_release(context, pairs->capacity);
    mlab_release(context, pairs->load);
    mlab_release(context, pairs->policy);
    mlab_release(context, pairs);
}

void mlab_match_spec_free(const mlab_context *context, mlab_match_spec *spec)
{
    for (size_t i = 0; spec->rules && i < spec->n_rules; i++) {
        mlab_release(context, spec->rules[i].name);
        mlab_release(context, spec->rules[i].mentee_column);
        mlab_release(context, spec->rules[i].mentor_column);
        mlab_release(context, spec->rules[i].separator);
    }
    for (size_t i = 0; spec->forbids && i < spec->n_forbids; i++) mlab_release(context, spec->forbids[i].column);
    mlab_release(context, spec->rules);
    mlab_release(context, spec->forbids);
    free_texts(context, spec->policies, spec->n_policies);
    mlab_release(context, spec->id_column);
    mlab_release(context, spec->mentor_where);
    mlab_release(context, spec->mentee_where);
    mlab_release(context, spec->role_column);
    mlab_release(context, spec->capacity_column);
    *spec = (mlab_match_spec){0};
}

/* A quoted cell. Spreadsheets run cells that begin with = + - @, a tab or a return; an apostrophe keeps them texts. */
static void append_cell(mlab_text *text, const char *cell)
{
    mlab_text_append(text, *cell && strchr("=+-@\t\r", *cell) ? "\"'" : "\"");
    for (; *cell; cell++) mlab_text_append_bytes(text, *cell == '"' ? "\"\"" : cell, *cell == '"' ? 2 : 1);
    mlab_text_append(text, "\"");
}

mlab_status mlab_pairs_csv(const mlab_context *context, const mlab_pairs *pairs, char **text, mlab_error *err)
{
    mlab_text out = MLAB_TEXT(context);
    *text = NULL;
    mlab_text_append(&out, "mentee,mentor,score,reason\r\n");
    for (size_t i = 0; i < pairs->n_mentees; i++) {
        const int32_t mentor = pairs->mentor_of[i];
        char score[64] = "";
        if (mentor != MLAB_UNMATCHED) mlab_number_for_people(pairs->score[i], 1, score, sizeof score);
        append_cell(&out, pairs->mentees[i]);
        mlab_text_append(&out, ",");
        append_cell(&out, mentor == MLAB_UNMATCHED ? "" : pairs->mentors[mentor]);
        mlab_text_print(&out, ",%s,", score);
        append_cell(&out, pairs->reason[i]);
        mlab_text_append(&out, "\r\n");
    }
    if (out.failed) {
        mlab_text_free(&out);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the list of %zu mentees", pairs->n_mentees);
    }
    *text = out.bytes;
    return MLAB_OK;
}

void mlab_pairs_text_free(const mlab_context *context, char *text)
{
    mlab_release(context, text);
}
