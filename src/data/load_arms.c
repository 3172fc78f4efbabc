/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block arms: which relationships make an arm, which questions of a survey, and what being in two of them means. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/arms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the arms");
}

static bool is_rule(const char *name)
{
    return !strcmp(name, "both");
}

static mlab_status say_no_relationships(const mlab_loading *l, const mlab_setting *arm, mlab_error *err)
{
    mlab_place place = mlab_setting_place(arm);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "arms_without_relationships", &place, NULL, "data: {relationships: {file: pairs.csv}}",
                             err, "arms are named, and no file says who mentors whom");
}

/* met asks for a number of meetings: a column of the relationships holds it, or a table of meetings, which knows their days. */
static mlab_status find_meetings(mlab_loading *l, const mlab_setting *met, mlab_panel_arm *made, mlab_error *err)
{
    bool column = l->relationships && mlab_table_find(l->relationships, "meetings");
    mlab_place place = mlab_setting_place(met);
    made->met = "meetings";
    made->met_dated = !column && l->meetings;
    if (!mlab_number_parse(mlab_setting_text(met), strlen(mlab_setting_text(met)), '.', &made->least_meetings)) return MLAB_OK;
    if (made->met_dated) return MLAB_OK;
    if (column)
        return made->least_meetings < 1
                   ? MLAB_OK
                   : mlab_findings_add(l->findings, MLAB_SEVERITY_NOTE, "met_without_days", &place, NULL, "data: {meetings: {file: meetings.csv}}",
                                       err,
                                       "the number of meetings has no days: a pair that met counts from its start on, the time before its first "
                                       "meeting included");
    made->met = "";
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "no_meetings", &place, NULL, "relationships: {meetings: <column>}", err,
                             "met asks for a number of meetings, and no column of %s holds it", l->relationships ? l->relationships->file : "a file");
}

static mlab_status stated_arms(mlab_loading *l, const mlab_setting *arms, mlab_arms *a, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < mlab_setting_size(arms) && !status; i++) {
        const char *name = mlab_setting_key(arms, i);
        const mlab_setting *arm = mlab_setting_item(arms, i), *filter = mlab_settings_find(l->settings, arm, "relationships");
        const mlab_setting *met = mlab_settings_find(l->settings, arm, "met"), *survey = mlab_settings_find(l->settings, arm, "survey");
        if (is_rule(name)) continue;
        mlab_panel_arm *made = &a->arms[a->n];
        *made = (mlab_panel_arm){.name = name, .filter = filter ? mlab_setting_text(filter) : "", .met = ""};
        made->place = filter ? mlab_setting_place(filter) : mlab_setting_key_place(arms, i);
        made->not_related = survey && !filter;
        a->at[a->n++] = arm;
        if (!l->relationships && !made->not_related && !mlab_settings_find(l->settings, NULL, "data.relationships"))
            status = say_no_relationships(l, arm, err);
        if (!status && met) status = find_meetings(l, met, made, err);
    }
    return status;
}

/* Each kind of relationship is an arm; without kinds all of them are "mentored". */
static mlab_status found_arms(mlab_loading *l, const mlab_column *kind, mlab_arms *a, mlab_error *err)
{
    if (!kind) {
        a->arms[a->n++] = (mlab_panel_arm){.name = "mentored", .filter = "", .met = ""};
        mlab_text_append(&l->guesses, "every relationship counts as the arm mentored; to pin it: arms: {mentored: {}}\n");
        return MLAB_OK;
    }
    for (int32_t i = 0; i < kind->n_levels; i++) {
        char filter[300];
        const char *quote = strchr(kind->levels[i], '\'') ? "\"" : "'";
        snprintf(filter, sizeof filter, "kind == %s%.250s%s", quote, kind->levels[i], quote);
        if (!(a->made[a->n] = mlab_copy_text(l->context, filter))) return no_memory(err);
        a->arms[a->n] = (mlab_panel_arm){.name = kind->levels[i], .filter = a->made[a->n], .met = ""};
        mlab_text_print(&l->guesses, "relationships of kind %s are the arm %s; to pin it: arms: {%s: {relationships: \"%s\"}}\n", kind->levels[i],
                        kind->levels[i], kind->levels[i], filter);
        a->n++;
    }
    return MLAB_OK;
}

/* `both: [a, b]`: the first listed wins; arms that are not listed come after those that are. */
static mlab_status order_arms(mlab_loading *l, mlab_arms *a, mlab_error *err)
{
    const mlab_setting *both = mlab_settings_find(l->settings, NULL, "arms.both");
    a->both_separate = !both || (mlab_setting_kind_of(both) == MLAB_SETTING_TEXT && !strcmp(mlab_setting_text(both), "separate"));
    size_t n = 0;
    for (size_t i = 0; both && !a->both_separate && i < mlab_setting_size(both); i++) {
        const mlab_setting *item = mlab_setting_item(both, i);
        size_t k = 0;
        while (k < a->n && strcmp(a->arms[k].name, mlab_setting_text(item))) k++;
        if (k < a->n && n < a->n) {
            a->priority[n++] = (int32_t)k;
            continue;
        }
        mlab_place place = mlab_setting_place(item);
        mlab_status status = mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "unknown_arm", &place, mlab_setting_text(item), NULL, err,
                                               "'%s' is no arm; both is 'separate' or a list of arms", mlab_setting_text(item));
        if (status) return status;
    }
    for (size_t k = 0; k < a->n; k++) {
        size_t i = 0;
        while (i < n && a->priority[i] != (int32_t)k) i++;
        if (i == n) a->priority[n++] = (int32_t)k;
    }
    return MLAB_OK;
}

static int by_person(const void *a, const void *b)
{
    const mlab_panel_exposure *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    if (x->arm != y->arm) return x->arm < y->arm ? -1 : 1;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return x->in - y->in;
}

mlab_status mlab_arms_make(mlab_loading *l, mlab_arms *a, mlab_error *err)
{
    const mlab_setting *arms = mlab_settings_find(l->settings, NULL, "arms");
    bool stated = arms && mlab_setting_kind_of(arms) == MLAB_SETTING_MAP;
    if (!l->relationships && !stated) return MLAB_OK;
    const mlab_column *kind = l->relationships ? mlab_table_find(l->relationships, "kind") : NULL;
    if (kind && kind->type != MLAB_COLUMN_FACTOR) kind = NULL;
    size_t most = (stated ? mlab_setting_size(arms) : 0) + (kind ? (size_t)kind->n_levels : 0) + 1;
    a->arms = mlab_allocate(l->context, most, sizeof *a->arms);
    a->made = mlab_allocate(l->context, most, sizeof *a->made);
    a->at = mlab_allocate(l->context, most, sizeof *a->at);
    a->asked = mlab_allocate(l->context, most, 1);
    a->priority = mlab_allocate(l->context, most, sizeof *a->priority);
    if (!a->arms || !a->made || !a->at || !a->asked || !a->priority) return no_memory(err);
    mlab_status status = stated ? stated_arms(l, arms, a, err) : MLAB_OK;
    if (!status && !a->n && l->relationships) status = found_arms(l, kind, a, err);
    if (!status) status = order_arms(l, a, err);
    for (size_t k = 0; k < a->n && !status; k++)
        if (a->at[k] && mlab_settings_find(l->settings, a->at[k], "survey")) status = mlab_arms_ask(l, a, k, err);
    if (!status && l->meetings) status = mlab_arms_meetings(l, a, err);
    if (status || !a->exposures.asked) return status;
    if (a->n_items) qsort(a->items, a->n_items, sizeof *a->items, by_person);
    a->exposures.items = a->items;
    a->exposures.n = a->n_items;
    return MLAB_OK;
}

void mlab_arms_free(const mlab_context *context, mlab_arms *a)
{
    for (size_t k = 0; a->made && k < a->n; k++) mlab_release(context, a->made[k]);
    void *owned[] = {a->arms, a->made, (void *)a->at, a->asked, a->priority, a->items, a->meeting_first, a->meeting_day};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) mlab_release(context, owned[i]);
    *a = (mlab_arms){0};
}
