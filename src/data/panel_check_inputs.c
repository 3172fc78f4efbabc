/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cells of a panel derived a second time, day by day, from the rules in docs/panel.md.
 * Weakness: it is quadratic, and shares with the first derivation the expressions of the arms (panel_check_arms.c). */
#include "data/panel_checker.h"

#include "core/error.h"
#include "core/number.h"

#include <math.h>
#include <string.h>

static mlab_status wrong(const mlab_panel_checker *c, size_t row, const char *what)
{
    return mlab_panel_wrong(c->panel, row, what, c->err);
}

static int32_t period_of_day(const mlab_panel_spec *spec, int32_t day)
{
    int32_t q = 0;
    while (mlab_date_add_months(spec->from, (q + 1) * spec->months_per_period) <= day) q++;
    return q;
}

/* The stay that covers the day; NULL = none. */
static const mlab_panel_spell *stay_on(const mlab_panel_source *s, uint32_t person, int32_t day)
{
    for (size_t k = 0; k < s->people->n_spells; k++) {
        const mlab_panel_spell *spell = &s->people->spells[k];
        if (spell->person == person && day >= spell->from && (spell->to == MLAB_DATE_MISSING || day <= spell->to)) return spell;
    }
    return NULL;
}

/* Grade in the evening of a day, and the day since when. */
static void grade_on(const mlab_panel_source *s, const mlab_panel_spell *spell, int32_t day, int32_t *grade, int32_t *since)
{
    *grade = s->people->n_grades ? spell->grade : -1;
    *since = spell->grade_since;
    for (size_t k = 0; k < s->n_promotions; k++) {
        const mlab_panel_promotion *p = &s->promotions[k];
        if (p->person != spell->person || p->date < spell->from || p->date > (day > spell->from ? day : spell->from)) continue;
        int32_t to = p->to >= 0 ? p->to : *grade < 0 ? -1 : *grade + 1 < s->people->n_grades ? *grade + 1 : *grade;
        if (!s->people->n_grades || p->to == MLAB_GRADE_UNKNOWN) to = -1;
        bool up = *grade < 0 || to > *grade;
        if ((p->counting == MLAB_COUNTS_ALWAYS || (p->counting == MLAB_COUNTS_UPWARD && up)) && p->date > spell->from) *since = p->date;
        *grade = to;
    }
}

/* Where the days at risk of a row could have ended. */
static int32_t could_end(const mlab_panel_source *s, size_t i, int32_t period_end)
{
    const mlab_panel *p = s->c.panel;
    const mlab_panel_spell *spell = stay_on(s, p->person[i], p->stop[i]);
    int32_t last = s->spec->to < s->spec->as_of ? s->spec->to : s->spec->as_of;
    if (spell->to != p->stop[i] || spell->cause < 0) return p->stop[i];
    return period_end < last ? period_end : last;
}

/* Days on which an event could have happened, counted one by one. */
static int32_t possible_days(const mlab_panel_source *s, size_t i, int32_t period_end)
{
    const mlab_panel *p = s->c.panel;
    int32_t n = 0;
    for (int32_t day = p->start[i] + 1; day <= could_end(s, i, period_end); day++) {
        bool away = false;
        for (size_t k = 0; k < s->people->n_leaves; k++) {
            const mlab_panel_leave *leave = &s->people->leaves[k];
            away |= leave->person == p->person[i] && day >= leave->from && day <= leave->to;
        }
        n += !away;
    }
    return n;
}

static mlab_status check_promotion(const mlab_panel_source *s, size_t i, int32_t days, int32_t period_end)
{
    const mlab_panel *p = s->c.panel;
    const mlab_panel_event *event = mlab_panel_find_event(p, "promotion");
    int32_t grade, since, first = MLAB_DATE_MISSING, possible = possible_days(s, i, period_end);
    const mlab_panel_spell *spell = stay_on(s, p->person[i], p->stop[i]);
    grade_on(s, spell, p->start[i], &grade, &since);
    const mlab_column *column = mlab_table_find(p->rows, "time_in_grade");
    if (column && fabs(column->as.real[i] - (p->start[i] - since) / 365.25) > 1e-12) return wrong(&s->c, i, "another time in grade");
    if ((column = mlab_table_find(p->rows, "grade"))) {
        bool missing = column->missing && column->missing[i];
        int32_t value = grade >= 0 && s->people->grade_is_number ? s->people->grade_value[grade] : grade;
        if (missing != (grade < 0) || (!missing && column->as.integer[i] != value)) return wrong(&s->c, i, "another grade");
    }
    if ((event != NULL) != (s->promotions != NULL)) return wrong(&s->c, i, "the promotion event is there without promotions, or the reverse");
    if (!event) return MLAB_OK;
    bool at_risk = possible && (!s->people->n_grades || grade != s->people->n_grades - 1);
    for (int32_t day = p->start[i] + 1; day <= p->stop[i] && first == MLAB_DATE_MISSING; day++) {
        int32_t after;
        grade_on(s, spell, day, &after, &since);
        if (since == day) first = day;
    }
    if (event->at_risk[i] != at_risk || (at_risk && event->day[i] != first)) return wrong(&s->c, i, "another promotion");
    if (at_risk && fabs(event->share[i] - (double)possible / days) > 1e-12) return wrong(&s->c, i, "another share of promotion");
    return MLAB_OK;
}

static mlab_status check_exit(const mlab_panel_source *s, size_t i, int32_t days, int32_t period_end)
{
    const mlab_panel *p = s->c.panel;
    const mlab_panel_event *event = mlab_panel_find_event(p, "exit");
    const mlab_panel_spell *spell = stay_on(s, p->person[i], p->stop[i]);
    if ((event != NULL) != (s->people->n_causes > 0)) return wrong(&s->c, i, "the exit event is there without causes, or the reverse");
    if (!event) return MLAB_OK;
    int32_t possible = possible_days(s, i, period_end);
    bool leaves = spell->to == p->stop[i] && spell->cause >= 0 && possible;
    if (event->what[i] != (leaves ? spell->cause + 1 : 0)) return wrong(&s->c, i, "another exit");
    if (fabs(event->share[i] - (double)possible / days) > 1e-12) return wrong(&s->c, i, "another share of exit");
    return MLAB_OK;
}

static bool equal_cells(const mlab_column *a, size_t i, const mlab_column *b, size_t k, bool none)
{
    bool missing = a->missing && a->missing[i];
    if (none || (b->missing && b->missing[k])) return missing;
    if (missing) return false;
    return b->type == MLAB_COLUMN_REAL                                    ? a->as.real[i] == b->as.real[k]
           : b->type == MLAB_COLUMN_TEXT || b->type == MLAB_COLUMN_FACTOR ? !strcmp(mlab_column_text(a, i), mlab_column_text(b, k))
                                                                          : a->as.integer[i] == b->as.integer[k];
}

static bool same_cells(const mlab_column *column, size_t a, size_t b)
{
    return equal_cells(column, a, column, b, false);
}

static mlab_status check_answers(const mlab_panel_source *s, size_t i)
{
    const mlab_panel *p = s->c.panel;
    for (size_t m = 0; m < p->n_measures; m++) {
        const mlab_column *from = mlab_table_find(s->surveys->table, p->measures[m]);
        char last[300] = "";
        strncat(last, p->measures[m], 250);
        strcat(last, "_last");
        size_t inside = 0, before = 0;
        bool has_inside = false, has_before = false;
        for (size_t k = 0; k < s->surveys->n; k++) {
            size_t row = s->surveys->row[k];
            if (s->surveys->person[k] != p->person[i] || (from->missing && from->missing[row])) continue;
            if (s->surveys->date[k] <= p->start[i]) before = row, has_before = true;
            if (s->surveys->date[k] > p->start[i] && s->surveys->date[k] <= p->stop[i]) inside = row, has_inside = true;
        }
        if (!equal_cells(mlab_table_find(p->rows, p->measures[m]), i, from, inside, !has_inside)) return wrong(&s->c, i, "another answer");
        if (!equal_cells(mlab_table_find(p->rows, last), i, from, before, !has_before)) return wrong(&s->c, i, "another last answer");
    }
    return MLAB_OK;
}

/* The state of the evening of `start`, or of the first day; the clock by going back day by day. */
static mlab_status check_states(const mlab_panel_source *s, const mlab_panel_spell *spell, size_t i)
{
    const mlab_panel *p = s->c.panel;
    const mlab_panel_states *states = s->people->states;
    int32_t evening = p->start[i] > spell->from ? p->start[i] : spell->from;
    for (size_t c = 0; states && c < states->n_names; c++) {
        const mlab_column *from = mlab_table_find(states->table, states->names[c]), *to = mlab_table_find(p->rows, states->names[c]);
        size_t now = SIZE_MAX;
        int32_t since = 0;
        for (size_t k = 0; k < states->n; k++) {
            if (states->person[k] != spell->person || states->date[k] < spell->from || states->date[k] > evening) continue;
            bool begins = now == SIZE_MAX || !same_cells(from, states->row[now], states->row[k]);
            if (begins) since = states->date[k] > spell->from ? states->date[k] : spell->from - 1;
            now = k;
        }
        if (!equal_cells(to, i, from, now == SIZE_MAX ? 0 : states->row[now], now == SIZE_MAX)) return wrong(&s->c, i, "another state");
        if (now == SIZE_MAX || !states->clocks || !states->clocks[c] || (to->missing && to->missing[i])) continue;
        if (fabs(mlab_table_find(p->rows, states->clocks[c])->as.real[i] - (p->start[i] - since) / 30.4375) > 1e-12)
            return wrong(&s->c, i, "another time since a change");
    }
    return MLAB_OK;
}

static mlab_status check_row(const mlab_panel_source *s, size_t i)
{
    const mlab_panel *p = s->c.panel;
    uint32_t person = p->person[i];
    mlab_status status;
    int32_t first = mlab_date_add_months(s->spec->from, p->period[i] * s->spec->months_per_period);
    int32_t next = mlab_date_add_months(s->spec->from, (p->period[i] + 1) * s->spec->months_per_period);
    const mlab_panel_spell *spell = stay_on(s, person, p->stop[i]);
    if (fabs(mlab_table_find(p->rows, "tenure")->as.real[i] - (p->start[i] + 1 - spell->since) / 365.25) > 1e-12)
        return wrong(&s->c, i, "another tenure");
    if (mlab_table_find(p->rows, "period")->as.integer[i] != p->period[i] || mlab_table_find(p->rows, "since")->as.integer[i] != p->since[i])
        return wrong(&s->c, i, "the columns period and since differ from the arrays");
    for (size_t a = 0; a < s->people->n_attributes; a++)
        if (!equal_cells(mlab_table_find(p->rows, s->people->attributes[a]), i, mlab_table_find(s->people->table, s->people->attributes[a]),
                         s->people->row[person], false))
            return wrong(&s->c, i, "another attribute");
    if ((status = check_states(s, spell, i)) || (status = mlab_panel_check_exposure(s, i)) ||
        (status = check_promotion(s, i, next - first, next - 1)) || (status = check_exit(s, i, next - first, next - 1)))
        return status;
    return check_answers(s, i);
}

/* Every day that somebody is there is in exactly one row, of the day's period; no other day is in any. */
static mlab_status check_days(const mlab_panel_source *s)
{
    const mlab_panel *p = s->c.panel;
    int32_t last = s->spec->to < s->spec->as_of ? s->spec->to : s->spec->as_of;
    size_t i = 0;
    for (uint32_t person = 0; person < s->people->n; person++)
        for (int32_t day = s->spec->from; day <= last; day++) {
            if (!stay_on(s, person, day)) continue;
            while (i < p->n_rows && (p->person[i] < person || (p->person[i] == person && p->stop[i] < day))) i++;
            if (i == p->n_rows || p->person[i] != person || p->start[i] >= day)
                return mlab_raise(s->c.err, MLAB_ERR_ARGUMENT, "person %s is there on day %d, in no row", p->ids[person], day);
            if (p->period[i] != period_of_day(s->spec, day)) return wrong(&s->c, i, "a day of another period");
        }
    for (i = 0; i < p->n_rows; i++)
        for (int32_t day = p->start[i] + 1; day <= p->stop[i]; day++)
            if (!stay_on(s, p->person[i], day) || stay_on(s, p->person[i], day) != stay_on(s, p->person[i], p->stop[i]) || day < s->spec->from ||
                day > last)
                return wrong(&s->c, i, "a day on which the person is not there");
    return MLAB_OK;
}

mlab_status mlab_panel_check_inputs(const mlab_context *context, const mlab_panel_people *people, const mlab_panel_promotion *promotions,
                                    size_t n_promotions, const mlab_panel_surveys *surveys, const mlab_panel_relationships *relationships,
                                    const mlab_panel_spec *spec, const mlab_panel *panel, mlab_error *err)
{
    mlab_panel_source s = {{panel, err}, context, people, promotions, n_promotions, surveys, relationships, spec};
    mlab_status status = mlab_panel_check(panel, err);
    if (status || (status = check_days(&s))) return status;
    for (size_t i = 0; i < panel->n_rows; i++) {
        if ((status = check_row(&s, i))) return status;
        bool next = i + 1 < panel->n_rows && panel->person[i + 1] == panel->person[i] && panel->spell[i + 1] == panel->spell[i];
        if (next && !spec->split_exact && panel->period[i + 1] == panel->period[i]) return wrong(&s.c, i, "two rows in one period");
    }
    return MLAB_OK;
}
