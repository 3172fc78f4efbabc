/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arm of every row derived a second time: each arm is in, out or unknown, and the row's arm is known when every way of settling the
 * unknown ones gives the same. Weakness: it shares with the first derivation the expressions of the arms. */
#include "data/panel_checker.h"

#include "core/number.h"
#include "data/expression.h"

#include <string.h>

enum { MOST = 64 };

static mlab_status wrong(const mlab_panel_source *s, size_t row, const char *what)
{
    return mlab_panel_wrong(s->c.panel, row, what, s->c.err);
}

/* Did they leave after the day `since`, before the day `day`? Who had already left for good by then counts as having left. */
static bool left_between(const mlab_panel_source *s, uint32_t person, int32_t since, int32_t day)
{
    bool any = false, later = false;
    for (size_t k = 0; k < s->people->n_spells; k++) {
        const mlab_panel_spell *spell = &s->people->spells[k];
        if (spell->person != person) continue;
        any = true;
        later |= spell->to == MLAB_DATE_MISSING || spell->to >= since;
        if (spell->to != MLAB_DATE_MISSING && spell->to >= since && spell->to < day) return true;
    }
    return any && !later;
}

/* Which arm a tie belongs to (0-based), -1 none, -2 unmet, -3 unclear. */
static mlab_status arm_of_tie(const mlab_panel_source *s, size_t tie, int32_t *arm)
{
    *arm = -1;
    for (size_t a = 0; a < s->spec->n_arms; a++) {
        const mlab_panel_arm *spec = &s->spec->arms[a];
        mlab_answer answer = MLAB_ANSWER_YES;
        if (spec->not_related) continue;
        if (spec->filter && spec->filter[0]) {
            mlab_expression *filter;
            mlab_status status =
                mlab_expression_compile(s->context, spec->filter, &spec->place, s->ties->table, MLAB_EXPRESSION_CONDITION, &filter, s->c.err);
            if (status) return status;
            answer = mlab_expression_test(filter, s->ties->row[tie]);
            mlab_expression_free(filter);
        }
        if (answer == MLAB_ANSWER_NO) continue;
        *arm = answer == MLAB_ANSWER_UNKNOWN ? -3 : (int32_t)a;
        if (answer == MLAB_ANSWER_UNKNOWN || !spec->met[0]) return MLAB_OK;
        if (spec->met_dated) {
            if ((double)(s->ties->meeting_first[tie + 1] - s->ties->meeting_first[tie]) < spec->least_meetings) *arm = -2;
            return MLAB_OK;
        }
        const mlab_column *met = mlab_table_find(s->ties->table, spec->met);
        if (met->missing && met->missing[s->ties->row[tie]])
            *arm = -3;
        else if ((met->type == MLAB_COLUMN_REAL ? met->as.real[s->ties->row[tie]] : met->as.integer[s->ties->row[tie]]) < spec->least_meetings)
            *arm = -2;
        return MLAB_OK;
    }
    return MLAB_OK;
}

/* Is the tie still going in the morning of the day? */
static bool goes_on(const mlab_panel_source *s, size_t tie, int32_t day)
{
    const mlab_relationship *r = &s->ties->items[tie];
    if (r->start > day || (r->end != MLAB_DATE_MISSING && r->end < day)) return false;
    const uint32_t both[2] = {r->mentor, r->mentee};
    for (int k = 0; k < 2; k++)
        if (both[k] != MLAB_NO_PERSON && left_between(s, both[k], r->start, day)) return false;
    return true;
}

static const char *arm_name(const mlab_panel_source *s, const bool *set)
{
    size_t n = 0, only = 0;
    for (size_t a = 0; a < s->spec->n_arms; a++)
        if (set[a]) {
            n++;
            only = a;
        }
    if (n == 0) return s->spec->reference;
    if (n > 1 && s->spec->both_separate) return "both";
    for (size_t k = 0; n > 1 && k < s->spec->n_arms; k++)
        if (set[s->spec->priority[k]]) return s->spec->arms[s->spec->priority[k]].name;
    return s->spec->arms[only].name;
}

/* The first day on which the tie counts for its arm. */
static int32_t counts_from(const mlab_panel_source *s, size_t tie, int32_t arm)
{
    int32_t day = s->ties->items[tie].start, met = 0;
    if (arm < 0 || !s->spec->arms[arm].met_dated) return day;
    for (size_t k = s->ties->meeting_first[tie]; k < s->ties->meeting_first[tie + 1] && met < s->spec->arms[arm].least_meetings; k++, met++)
        if (s->ties->meeting_day[k] > day) day = s->ties->meeting_day[k];
    return day;
}

/* What is known of a person on a morning. */
typedef struct standing {
    bool started[MOST], going[MOST], unknown[MOST]; /* of each arm */
    bool any_tie, unclear, prevalent, mentors;
} standing;

static mlab_status look_at_ties(const mlab_panel_source *s, size_t i, uint32_t person, int32_t morning, int32_t time_zero, standing *is)
{
    for (size_t t = 0; s->ties && t < s->ties->n; t++) {
        const mlab_relationship *r = &s->ties->items[t];
        int32_t arm;
        mlab_status status = arm_of_tie(s, t, &arm);
        if (status) return status;
        int32_t from = counts_from(s, t, arm);
        if (r->kind != (arm >= 0 ? arm + 1 : -1)) return wrong(s, i, "a relationship has another kind");
        if (r->mentor == person && arm != -2 && from <= morning && goes_on(s, t, morning)) is->mentors = true;
        if (r->mentee != person) continue;
        if (arm >= 0 && from < time_zero + 1) is->prevalent = true;
        if (from > morning) continue;
        if (arm == -3 && (!s->spec->exposure_current || goes_on(s, t, morning))) is->unclear = true;
        if (arm < 0) continue;
        is->started[arm] = is->any_tie = true;
        if (goes_on(s, t, morning)) is->going[arm] = true;
    }
    return MLAB_OK;
}

static void look_at_exposures(const mlab_panel_source *s, uint32_t person, int32_t morning, int32_t time_zero, standing *is)
{
    const mlab_panel_exposures *e = s->spec->exposures;
    for (size_t a = 0; e && a < s->spec->n_arms; a++) is->unknown[a] = e->asked[a];
    for (size_t k = 0; e && k < e->n; k++) {
        const mlab_panel_exposure *x = &e->items[k];
        if (x->person != person) continue;
        bool speaks = x->from <= morning && (x->to == MLAB_DATE_MISSING || morning <= x->to);
        if (x->in && x->began <= time_zero) is->prevalent = true;
        if (x->in && x->from <= morning) is->started[x->arm] = true;
        if (x->in && speaks) is->going[x->arm] = true;
        if (!x->in && speaks) is->unknown[x->arm] = false;
    }
}

/* The name of the arm when every way of settling the unknown ones gives the same; NULL = it does not. */
static const char *settled(const mlab_panel_source *s, const standing *is, bool past)
{
    const bool *in = s->spec->exposure_current ? is->going : is->started;
    size_t open[MOST], n_open = 0;
    const char *name = NULL;
    for (size_t a = 0; a < s->spec->n_arms; a++)
        if (is->unknown[a] && !in[a]) open[n_open++] = a;
    for (size_t way = 0; way < (size_t)1 << n_open; way++) {
        bool set[MOST] = {false}, any = false;
        for (size_t a = 0; a < s->spec->n_arms; a++) any |= set[a] = in[a];
        for (size_t k = 0; k < n_open; k++) any |= set[open[k]] = set[open[k]] || (way >> k & 1);
        const char *now = !any && past ? "past" : arm_name(s, set);
        if (name && strcmp(name, now) != 0) return NULL;
        name = now;
    }
    return name;
}

static const char *arm_of(const mlab_panel_source *s, standing *is, int32_t morning)
{
    bool known = s->ties && (s->ties->known_from == MLAB_DATE_MISSING || morning >= s->ties->known_from) &&
                 (s->ties->known_to == MLAB_DATE_MISSING || morning <= s->ties->known_to);
    bool any_started = false, any_going = false;
    for (size_t a = 0; a < s->spec->n_arms; a++) {
        any_started |= is->started[a];
        any_going |= is->going[a];
    }
    if (is->unclear || !s->spec->n_arms) return NULL;
    if (!known && (!is->any_tie || (s->spec->exposure_current && !any_going)))
        for (size_t a = 0; a < s->spec->n_arms; a++) is->unknown[a] |= !s->spec->arms[a].not_related;
    return settled(s, is, s->spec->exposure_current && any_started);
}

mlab_status mlab_panel_check_exposure(const mlab_panel_source *s, size_t i)
{
    const mlab_panel *p = s->c.panel;
    uint32_t person = p->person[i];
    int32_t morning = p->start[i] + 1, time_zero = p->start[i];
    standing is = {0};
    for (size_t row = i; row > 0 && p->person[row - 1] == person; row--) time_zero = p->start[row - 1];
    mlab_status status = look_at_ties(s, i, person, morning, time_zero, &is);
    if (status) return status;
    look_at_exposures(s, person, morning, time_zero, &is);
    const char *name = arm_of(s, &is, morning);
    if (!name && s->spec->fill_unknown) name = s->spec->fill_unknown == 1 ? s->spec->reference : s->spec->arms[s->spec->fill_unknown - 2].name;
    if ((name == NULL) != (p->arm[i] < 0) || (name && strcmp(name, p->arms[p->arm[i]]) != 0)) return wrong(s, i, "another arm");
    if (p->prevalent[i] != is.prevalent) return wrong(s, i, "another prevalent");
    if (mlab_table_find(p->rows, "mentoring_others")->as.integer[i] != is.mentors) return wrong(s, i, "another mentoring_others");
    return MLAB_OK;
}
