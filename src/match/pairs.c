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
    free_texts(context, pairs->reason, pairs->n_mentees * (pairs->each ? pairs->each : 1));
    for (size_t k = 0; pairs->groups && k < pairs->n_groups; k++) mlab_release(context, pairs->groups[k].name);
    for (size_t k = 0; pairs->rules && k < pairs->n_rules; k++) mlab_release(context, pairs->rules[k].name);
    for (size_t k = 0; pairs->gains && k < pairs->n_gains; k++) {
        mlab_release(context, pairs->gains[k].name);
        mlab_release(context, pairs->gains[k].outcome);
        mlab_release(context, pairs->gains[k].unit);
        mlab_release(context, pairs->gains[k].told);
        mlab_release(context, pairs->gains[k].gain);
        mlab_release(context, pairs->gains[k].se);
    }
    mlab_release(context, pairs->gains);
    mlab_release(context, pairs->groups);
    mlab_release(context, pairs->rules);
    mlab_release(context, pairs->why);
    mlab_release(context, pairs->group_column);
    mlab_release(context, pairs->mentor_of);
    mlab_release(context, pairs->score);
    mlab_release(context, pairs->capacity);
    mlab_release(context, pairs->load);
    mlab_release(context, pairs->policy);
    mlab_release(context, pairs);
}

static void free_rule(const mlab_context *context, const mlab_rule *rule)
{
    mlab_release(context, rule->name);
    mlab_release(context, rule->mentee_column);
    mlab_release(context, rule->mentor_column);
    mlab_release(context, rule->separator);
    free_texts(context, rule->columns, rule->n_columns);
    mlab_release(context, rule->path);
    mlab_release(context, rule->file_name);
    mlab_release(context, rule->score_column);
    mlab_release(context, rule->outcome);
    mlab_release(context, rule->arm);
    mlab_release(context, rule->against);
    mlab_release(context, rule->formula);
}

static void free_ask(const mlab_context *context, const mlab_policy_ask *ask)
{
    mlab_release(context, ask->group_column);
    free_texts(context, ask->groups, ask->n_groups);
    mlab_release(context, ask->turn_column);
    mlab_release(context, ask->role_column);
    free_texts(context, ask->roles, ask->n_roles);
    free_texts(context, ask->team_columns, ask->n_team_columns);
    free_texts(context, ask->mix_columns, ask->n_mix_columns);
    mlab_release(context, ask->places_column);
}

static void free_wishes(const mlab_context *context, const mlab_wishes *wishes)
{
    free_texts(context, wishes->columns, wishes->n_columns);
    mlab_release(context, wishes->not_column);
}

void mlab_match_spec_free(const mlab_context *context, mlab_match_spec *spec)
{
    for (size_t i = 0; spec->rules && i < spec->n_rules; i++) free_rule(context, &spec->rules[i]);
    for (size_t i = 0; spec->forbids && i < spec->n_forbids; i++) mlab_release(context, spec->forbids[i].column);
    for (size_t i = 0; spec->asks && i < spec->n_policies; i++) free_ask(context, &spec->asks[i]);
    for (size_t i = 0; spec->locks && i < spec->n_locks; i++) {
        mlab_release(context, spec->locks[i].mentor);
        mlab_release(context, spec->locks[i].mentee);
    }
    mlab_release(context, spec->rules);
    mlab_release(context, spec->forbids);
    mlab_release(context, spec->asks);
    mlab_release(context, spec->locks);
    free_wishes(context, &spec->mentee_wishes);
    free_wishes(context, &spec->mentor_wishes);
    free_texts(context, spec->policies, spec->n_policies);
    free_texts(context, spec->carry, spec->n_carry);
    char *const texts[] = {spec->id_column,       spec->mentor_where, spec->mentee_where,        spec->role_column,
                           spec->capacity_column, spec->least_column, spec->mentor_hours_column, spec->mentee_hours_column,
                           spec->wish_column,     spec->lock_file,    spec->lock_name,           spec->group_column};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) mlab_release(context, texts[i]);
    *spec = (mlab_match_spec){0};
}

const char *mlab_pairs_view_name(mlab_pairs_view view)
{
    static const char *const names[] = {"pairs", "by_person", "mentors", "unmatched", "summary", "chronus", "pushfar"};
    return (size_t)view < sizeof names / sizeof *names ? names[view] : "";
}

void mlab_list_free(mlab_list *list)
{
    if (!list) return;
    free_texts(list->context, list->headings, list->n_columns);
    free_texts(list->context, list->cells, list->n_cells);
    mlab_release(list->context, list->numbers);
    mlab_release(list->context, list);
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
    const size_t each = pairs->each ? pairs->each : 1;
    for (size_t s = 0; s < pairs->n_mentees * each; s++) {
        const int32_t mentor = pairs->mentor_of[s];
        char score[64] = "";
        if (mentor == MLAB_UNMATCHED && s % each) continue;
        if (mentor != MLAB_UNMATCHED) mlab_number_for_people(pairs->score[s], 1, score, sizeof score);
        append_cell(&out, pairs->mentees[s / each]);
        mlab_text_append(&out, ",");
        append_cell(&out, mentor == MLAB_UNMATCHED ? "" : pairs->mentors[mentor]);
        mlab_text_print(&out, ",%s,", score);
        append_cell(&out, pairs->reason[s]);
        mlab_text_append(&out, "\r\n");
    }
    if (out.failed) {
        mlab_text_free(&out);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the list of %zu mentees", pairs->n_mentees);
    }
    *text = out.bytes;
    return MLAB_OK;
}

mlab_status mlab_list_csv(const mlab_list *list, char **text, mlab_error *err)
{
    mlab_text out = MLAB_TEXT(list->context);
    *text = NULL;
    for (size_t c = 0; c < list->n_columns; c++) {
        if (c) mlab_text_append(&out, ",");
        append_cell(&out, list->headings[c]);
    }
    mlab_text_append(&out, "\r\n");
    for (size_t k = 0; list->n_columns && k < list->n_cells; k++) {
        const size_t c = k % list->n_columns;
        if (c) mlab_text_append(&out, ",");
        if (list->numbers[c])
            mlab_text_append(&out, list->cells[k]);
        else
            append_cell(&out, list->cells[k]);
        if (c + 1 == list->n_columns) mlab_text_append(&out, "\r\n");
    }
    if (out.failed) {
        mlab_text_free(&out);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a list of %zu rows", list->n_rows);
    }
    *text = out.bytes;
    return MLAB_OK;
}

void mlab_pairs_text_free(const mlab_context *context, char *text)
{
    mlab_release(context, text);
}
