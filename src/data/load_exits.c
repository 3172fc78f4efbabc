/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reasons for leaving, and the causes of exit that they count for. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/loading.h"

#include <stdio.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the exits");
}

/* Does the list of reasons (or the one text) hold this one? */
bool mlab_setting_holds(const mlab_setting *list, const char *reason)
{
    for (size_t i = 0; list && i < mlab_setting_size(list); i++)
        if (!strcmp(mlab_setting_text(mlab_setting_item(list, i)), reason)) return true;
    return false;
}

/* The first part that is in a reason decides: "involuntary" stands before "voluntary". */
static const struct {
    const char *part, *cause;
} known[] = {{"retire", "end_of_study"},
             {"pension", "end_of_study"},
             {"death", "end_of_study"},
             {"deceas", "end_of_study"},
             {"died", "end_of_study"},
             {"transfer out", "end_of_study"},
             {"end of contract", "end_of_study"},
             {"end of assignment", "end_of_study"},
             {"contract end", "end_of_study"},
             {"involuntary", "involuntary"},
             {"dismiss", "involuntary"},
             {"redundan", "involuntary"},
             {"laid off", "involuntary"},
             {"layoff", "involuntary"},
             {"lay-off", "involuntary"},
             {"lay off", "involuntary"},
             {"fired", "involuntary"},
             {"discharge", "involuntary"},
             {"misconduct", "involuntary"},
             {"position eliminat", "involuntary"},
             {"reduction in force", "involuntary"},
             {"resign", "voluntary"},
             {"quit", "voluntary"},
             {"voluntary", "voluntary"},
             {"personal reason", "voluntary"},
             {"other job", "voluntary"},
             {"better offer", "voluntary"},
             {"new job", "voluntary"},
             {"terminat", "voluntary"},
             {"separation", "voluntary"},
             {"leaver", "voluntary"},
             {"ruhestand", "end_of_study"},
             {"altersrente", "end_of_study"},
             {"in rente", "end_of_study"},
             {"verstorben", "end_of_study"},
             {"befristung", "end_of_study"},
             {"vertragsende", "end_of_study"},
             {"retraite", "end_of_study"},
             {"jubila", "end_of_study"},
             {"fallecim", "end_of_study"},
             {"kündigung durch arbeitgeber", "involuntary"},
             {"betriebsbedingt", "involuntary"},
             {"entlass", "involuntary"},
             {"licenciement", "involuntary"},
             {"despido", "involuntary"},
             {"kündig", "voluntary"},
             {"kuendig", "voluntary"},
             {"austritt", "voluntary"},
             {"aufhebungsvertrag", "voluntary"},
             {"démission", "voluntary"},
             {"demission", "voluntary"},
             {"dimisi", "voluntary"}};

/* What a reason sounds like: the cause that is proposed for it; "" = nothing known. English words, and the first ones in German, French and
 * Spanish; whatever the case of ASCII letters. */
const char *mlab_exit_sounds_like(const char *reason)
{
    char lower[200];
    size_t n = 0;
    for (; reason[n] && n + 1 < sizeof lower; n++)
        lower[n] = reason[n] >= 'A' && reason[n] <= 'Z' ? (char)(reason[n] - 'A' + 'a') : reason[n] == '_' ? ' ' : reason[n];
    lower[n] = '\0';
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strstr(lower, known[k].part)) return known[k].cause;
    return "";
}

/* A reason that stands in two lists counts for neither alone. */
static mlab_status say_two_causes(const mlab_loading *l, const mlab_setting *exits, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; exits && i < mlab_setting_size(exits) && !status; i++) {
        const mlab_setting *list = mlab_setting_item(exits, i);
        for (size_t k = 0; k < mlab_setting_size(list) && strcmp(mlab_setting_key(exits, i), "no_reason") && !status; k++)
            for (size_t j = 0; j < i && !status; j++) {
                const char *reason = mlab_setting_text(mlab_setting_item(list, k));
                if (!strcmp(mlab_setting_key(exits, j), "no_reason") || !mlab_setting_holds(mlab_setting_item(exits, j), reason)) continue;
                mlab_place place = mlab_setting_place(mlab_setting_item(list, k));
                status = mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "reason_of_two_causes", &place, reason, NULL, err,
                                           "the reason '%s' stands under %s and under %s; it can count for one", reason, mlab_setting_key(exits, j),
                                           mlab_setting_key(exits, i));
            }
    }
    return status;
}

/* The causes: those of events.exit, else "voluntary" and "involuntary" as far as reasons have these names, else "exit". */
mlab_status mlab_exit_causes(mlab_loading *l, const mlab_setting *exits, const mlab_column *reasons, mlab_error *err)
{
    size_t most = exits ? mlab_setting_size(exits) : 0;
    mlab_release(l->context, (void *)l->causes);
    l->n_causes = 0;
    if (!(l->causes = mlab_allocate(l->context, most + 2, sizeof *l->causes))) return no_memory(err);
    for (size_t i = 0; i < most; i++) {
        const char *name = mlab_setting_key(exits, i);
        if (strcmp(name, "end_of_study") && strcmp(name, "no_reason")) l->causes[l->n_causes++] = name;
    }
    static const char *const usual[] = {"voluntary", "involuntary"};
    for (size_t k = 0; k < 2 && !l->n_causes && !exits && reasons; k++)
        for (int32_t i = 0; i < reasons->n_levels; i++)
            if (!strcmp(reasons->levels[i], usual[0]) || !strcmp(reasons->levels[i], usual[1])) l->n_causes = 2;
    if (l->n_causes == 2 && !l->causes[0]) {
        l->causes[0] = usual[0];
        l->causes[1] = usual[1];
    }
    if (!l->n_causes) l->causes[l->n_causes++] = "exit";
    return say_two_causes(l, exits, err);
}

/* -1 = no cause has it */
int32_t mlab_exit_cause(const mlab_loading *l, const mlab_setting *exits, const char *reason)
{
    for (size_t i = 0; exits && i < mlab_setting_size(exits); i++) {
        const char *name = mlab_setting_key(exits, i);
        if (!strcmp(name, "no_reason") || !mlab_setting_holds(mlab_setting_item(exits, i), reason)) continue;
        if (!strcmp(name, "end_of_study")) return MLAB_CAUSE_CENSORS;
        for (int32_t k = 0; k < l->n_causes; k++)
            if (!strcmp(l->causes[k], name)) return k;
    }
    if (exits) return MLAB_CAUSE_STAYS;
    if (l->n_causes == 1 && !strcmp(l->causes[0], "exit")) return 0;
    for (int32_t k = 0; k < l->n_causes; k++)
        if (!strcmp(l->causes[k], reason)) return k;
    return MLAB_CAUSE_STAYS;
}

void mlab_exit_remedy(const char *reason, char *into, size_t size)
{
    const char *cause = mlab_exit_sounds_like(reason);
    static const char *const all[] = {"voluntary", "involuntary", "end_of_study"};
    const char *other[2] = {"", ""};
    size_t n = 0;
    if (!*cause) cause = all[0];
    for (size_t k = 0; k < 3 && n < 2; k++)
        if (strcmp(all[k], cause)) other[n++] = all[k];
    snprintf(into, size, "events: {exit: {%s: [..., \"%.80s\"]}}      (or %s, or %s)", cause, reason, other[0], other[1]);
}

static mlab_status say_no_cause(const mlab_loading *l, uint32_t row, const char *reason, mlab_error *err)
{
    char sentence[300], remedy[200];
    if (*reason) {
        snprintf(sentence, sizeof sentence, "the reason for leaving '%.100s' belongs to no cause of exit", reason);
        mlab_exit_remedy(reason, remedy, sizeof remedy);
    } else {
        snprintf(sentence, sizeof sentence, "people left without a reason; say which cause they count for");
        snprintf(remedy, sizeof remedy, "events: {exit: {no_reason: %.80s}}", l->causes[0]);
    }
    return mlab_loading_say(l, MLAB_SEVERITY_DECIDE, *reason ? "reason_without_cause" : "exit_without_reason", l->data->people, row, "exit_reason",
                            reason, remedy, err, sentence);
}

mlab_status mlab_exit_without_reason(const mlab_loading *l, const mlab_setting *exits, int32_t *cause, mlab_error *err)
{
    const mlab_setting *at = exits ? mlab_settings_find(l->settings, exits, "no_reason") : NULL;
    *cause = l->n_causes == 1 ? 0 : MLAB_CAUSE_STAYS;
    if (!at) return MLAB_OK;
    if (!strcmp(mlab_setting_text(at), "end_of_study")) *cause = MLAB_CAUSE_CENSORS;
    for (int32_t k = 0; k < l->n_causes; k++)
        if (!strcmp(l->causes[k], mlab_setting_text(at))) *cause = k;
    if (*cause != MLAB_CAUSE_STAYS) return MLAB_OK;
    mlab_place place = mlab_setting_place(at);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "unknown_cause", &place, NULL, NULL, err, "'%s' is no cause of exit",
                             mlab_setting_text(at));
}

mlab_status mlab_load_exits(mlab_loading *l, mlab_error *err)
{
    const mlab_setting *exits = mlab_settings_find(l->settings, NULL, "events.exit");
    if (!l->data->people || !l->ids.context || l->exits_known) return MLAB_OK;
    const mlab_column *reasons = mlab_table_find(l->data->people, "exit_reason");
    if (reasons && reasons->type != MLAB_COLUMN_FACTOR) reasons = NULL;
    if (exits && mlab_setting_kind_of(exits) != MLAB_SETTING_MAP) exits = NULL;
    int32_t none = MLAB_CAUSE_STAYS;
    mlab_status status = mlab_exit_causes(l, exits, reasons, err);
    if (!status) status = mlab_exit_without_reason(l, exits, &none, err);
    for (size_t i = 0; i < l->n_spells && !status; i++) {
        mlab_panel_spell *spell = &l->spells[i];
        uint32_t row = l->ids.row_of_rank[spell->person];
        const char *reason = reasons ? mlab_column_text(reasons, row) : "";
        if (spell->to == MLAB_DATE_MISSING) {
            if (*reason)
                status = mlab_loading_say(l, MLAB_SEVERITY_NOTE, "reason_without_exit", l->data->people, row, "exit_reason", reason, NULL, err,
                                          "a reason for leaving without a day of leaving; they count as still there");
            continue;
        }
        if (spell->cause != MLAB_CAUSE_STAYS) continue; /* known already: no longer of the population */
        spell->cause = *reason ? mlab_exit_cause(l, exits, reason) : none;
        if (spell->cause == MLAB_CAUSE_STAYS) status = say_no_cause(l, row, reason, err);
    }
    if (!mlab_table_find(l->data->people, "left")) l->n_causes = 0; /* no exit can be seen */
    return status;
}
