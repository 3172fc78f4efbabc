/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invariants of a panel, and its cells derived a second time, day by day, from the rules in docs/panel.md.
 * Weakness: the second derivation is quadratic and shares with the first only the expressions of the arms. */
#include "data/panel_check.h"

#include "core/error.h"
#include "core/number.h"
#include "data/expression.h"

#include <math.h>
#include <string.h>

/* --- what holds of any panel ---------------------------------------------------------------------- */

typedef struct checker {
    const mlab_panel *panel;
    mlab_error *err;
} checker;

static mlab_status wrong(const checker *c, size_t row, const char *what)
{
    const mlab_panel *p = c->panel;
    char start[16], stop[16];
    mlab_date_print(p->start[row], start, sizeof start);
    mlab_date_print(p->stop[row], stop, sizeof stop);
    return mlab_raise(c->err, MLAB_ERR_ARGUMENT, "panel row %zu, person %s (%s, %s]: %s", row, p->ids[p->person[row]], start, stop, what);
}

static mlab_status check_order(const checker *c, size_t i)
{
    const mlab_panel *p = c->panel;
    int32_t first = mlab_date_add_months(p->from, p->period[i] * p->months_per_period) - 1;
    int32_t next = mlab_date_add_months(p->from, (p->period[i] + 1) * p->months_per_period) - 1;
    if (p->person[i] >= p->n_ids) return wrong(c, 0, "no such person");
    if (p->start[i] >= p->stop[i]) return wrong(c, i, "ends before it starts");
    if (p->period[i] < 0 || p->period[i] >= p->n_periods || p->start[i] < first || p->stop[i] > next) return wrong(c, i, "outside its period");
    if (p->stop[i] > p->to) return wrong(c, i, "ends after the panel");
    bool same = i > 0 && p->person[i - 1] == p->person[i];
    if (i > 0 && p->person[i - 1] > p->person[i]) return wrong(c, i, "people are not in order");
    if (same && p->spell[i - 1] == p->spell[i] && p->stop[i - 1] != p->start[i]) return wrong(c, i, "a gap or an overlap with the row before");
    if (same && p->stop[i - 1] > p->start[i]) return wrong(c, i, "begins before the row before ends");
    if (p->since[i] < 0 || (same && p->since[i] - p->since[i - 1] != p->period[i] - p->period[i - 1]))
        return wrong(c, i, "since does not count periods");
    if (!same && p->since[i] != 0) return wrong(c, i, "since does not begin at 0");
    if (same && p->prevalent[i] != p->prevalent[i - 1]) return wrong(c, i, "prevalent changes within a person");
    return MLAB_OK;
}

static mlab_status check_arm(const checker *c, const mlab_column *arm, size_t i)
{
    int32_t code = c->panel->arm[i];
    bool missing = arm->missing && arm->missing[i];
    if (code < -1 || code >= c->panel->n_arms) return wrong(c, i, "no such arm");
    if (missing != (code < 0) || (!missing && arm->as.integer[i] != code)) return wrong(c, i, "the column arm differs from the array");
    return MLAB_OK;
}

static mlab_status check_event(const checker *c, const mlab_panel_event *event, size_t i)
{
    const mlab_panel *p = c->panel;
    const mlab_column *column = mlab_table_find(p->rows, event->response);
    if (!column) return wrong(c, i, "an event has no column");
    bool missing = column->missing && column->missing[i];
    if (missing == event->at_risk[i]) return wrong(c, i, "the event's column is missing where at risk, or the reverse");
    if (!event->at_risk[i] && (event->what[i] || event->share[i] != 0)) return wrong(c, i, "an event or share without risk");
    if (event->at_risk[i] && !(event->share[i] > 0 && event->share[i] <= 1)) return wrong(c, i, "a share outside (0, 1]");
    if (event->what[i] > event->n_causes) return wrong(c, i, "no such cause");
    if (!missing && column->as.integer[i] != event->what[i]) return wrong(c, i, "the event's column differs from the array");
    if ((event->day[i] == MLAB_DATE_MISSING) != (event->what[i] == 0)) return wrong(c, i, "a day without an event, or the reverse");
    if (event->what[i] && (event->day[i] <= p->start[i] || event->day[i] > p->stop[i])) return wrong(c, i, "an event outside its row");
    return MLAB_OK;
}

mlab_status mlab_panel_check(const mlab_panel *panel, mlab_error *err)
{
    checker c = {panel, err};
    const mlab_column *arm = mlab_table_find(panel->rows, "arm");
    size_t people = 0;
    mlab_status status;
    if (!arm || panel->rows->n_rows != panel->n_rows)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "the panel has no column arm, or another number of rows");
    for (size_t i = 0; i < panel->n_rows; i++) {
        if ((status = check_order(&c, i)) || (status = check_arm(&c, arm, i))) return status;
        for (size_t k = 0; k < panel->n_events; k++)
            if ((status = check_event(&c, &panel->events[k], i))) return status;
        people += i == 0 || panel->person[i] != panel->person[i - 1];
    }
    return people == panel->n_people ? MLAB_OK
                                     : mlab_raise(err, MLAB_ERR_ARGUMENT, "the panel counts %zu people, its rows %zu", panel->n_people, people);
}

/* --- each cell a second time ----------------------------------------------------------------------- */

typedef struct source {
    checker c;
    const mlab_context *context;
    const mlab_panel_people *people;
    const mlab_panel_promotion *promotions;
    size_t n_promotions;
    const mlab_panel_surveys *surveys;
    const mlab_panel_relationships *ties;
    const mlab_panel_spec *spec;
} source;

static int32_t period_of_day(const mlab_panel_spec *spec, int32_t day)
{
    int32_t q = 0;
    while (mlab_date_add_months(spec->from, (q + 1) * spec->months_per_period) <= day) q++;
    return q;
}

static bool employed(const source *s, uint32_t person, int32_t day)
{
    return day >= s->people->hired[person] && (s->people->left[person] == MLAB_DATE_MISSING || day <= s->people->left[person]);
}

/* Which arm a tie belongs to (0-based), -1 none, -2 unmet, -3 unclear. */
static mlab_status arm_of_tie(const source *s, size_t tie, int32_t *arm)
{
    *arm = -1;
    for (size_t a = 0; a < s->spec->n_arms; a++) {
        const mlab_panel_arm *spec = &s->spec->arms[a];
        mlab_answer answer = MLAB_ANSWER_YES;
        if (spec->filter[0]) {
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
static bool goes_on(const source *s, size_t tie, int32_t day)
{
    const mlab_relationship *r = &s->ties->items[tie];
    if (r->start > day || (r->end != MLAB_DATE_MISSING && r->end < day)) return false;
    const uint32_t both[2] = {r->mentor, r->mentee};
    for (int k = 0; k < 2; k++)
        if (both[k] != MLAB_NO_PERSON && s->people->left[both[k]] != MLAB_DATE_MISSING && s->people->left[both[k]] < day) return false;
    return true;
}

static const char *arm_name(const source *s, const bool *set)
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

static mlab_status check_exposure(const source *s, size_t i)
{
    const mlab_panel *p = s->c.panel;
    uint32_t person = p->person[i];
    int32_t morning = p->start[i] + 1, time_zero = p->start[i];
    bool started[64] = {false}, going[64] = {false}, any_started = false, any_going = false, unclear = false, prevalent = false, mentors = false;
    for (size_t row = i; row > 0 && p->person[row - 1] == person; row--) time_zero = p->start[row - 1];
    for (size_t t = 0; s->ties && t < s->ties->n; t++) {
        const mlab_relationship *r = &s->ties->items[t];
        int32_t arm;
        mlab_status status = arm_of_tie(s, t, &arm);
        if (status) return status;
        if (r->kind != (arm >= 0 ? arm + 1 : -1)) return wrong(&s->c, i, "a relationship has another kind");
        if (r->mentor == person && arm != -2 && goes_on(s, t, morning)) mentors = true;
        if (r->mentee != person) continue;
        if (arm >= 0 && r->start < time_zero + 1) prevalent = true;
        if (r->start > morning) continue;
        if (arm == -3 && (!s->spec->exposure_current || goes_on(s, t, morning))) unclear = true;
        if (arm < 0) continue;
        started[arm] = any_started = true;
        if (goes_on(s, t, morning)) going[arm] = any_going = true;
    }
    bool known = s->ties && s->spec->n_arms && (s->ties->known_from == MLAB_DATE_MISSING || morning >= s->ties->known_from) &&
                 (s->ties->known_to == MLAB_DATE_MISSING || morning <= s->ties->known_to);
    const char *name = NULL;
    if (unclear)
        name = NULL;
    else if (!s->spec->exposure_current)
        name = any_started || known ? arm_name(s, started) : NULL;
    else if (any_going)
        name = arm_name(s, going);
    else if (known)
        name = any_started ? "past" : s->spec->reference;
    if ((name == NULL) != (p->arm[i] < 0) || (name && strcmp(name, p->arms[p->arm[i]]) != 0)) return wrong(&s->c, i, "another arm");
    if (p->prevalent[i] != prevalent) return wrong(&s->c, i, "another prevalent");
    if (mlab_table_find(p->rows, "mentoring_others")->as.integer[i] != mentors) return wrong(&s->c, i, "another mentoring_others");
    return MLAB_OK;
}

/* Grade in the evening of a day, and the day since when. */
static void grade_on(const source *s, uint32_t person, int32_t day, int32_t *grade, int32_t *since)
{
    int32_t hired = s->people->hired[person];
    *grade = s->people->grade && s->people->n_grades ? s->people->grade[person] : -1;
    *since = hired - 1;
    for (size_t k = 0; k < s->n_promotions; k++) {
        const mlab_panel_promotion *p = &s->promotions[k];
        if (p->person != person || p->date > (day > hired ? day : hired)) continue;
        int32_t to = p->to >= 0 ? p->to : *grade < 0 ? -1 : *grade + 1 < s->people->n_grades ? *grade + 1 : *grade;
        if (!s->people->n_grades) to = -1;
        if ((*grade < 0 || to > *grade) && p->date > hired) *since = p->date;
        *grade = to;
    }
}

/* Where the days at risk of a row could have ended. */
static int32_t could_end(const source *s, size_t i, int32_t period_end)
{
    const mlab_panel *p = s->c.panel;
    uint32_t person = p->person[i];
    int32_t last = s->spec->to < s->spec->as_of ? s->spec->to : s->spec->as_of;
    if (s->people->left[person] != p->stop[i] || s->people->cause[person] < 0) return p->stop[i];
    return period_end < last ? period_end : last;
}

static mlab_status check_promotion(const source *s, size_t i, int32_t days, int32_t period_end)
{
    const mlab_panel *p = s->c.panel;
    const mlab_panel_event *event = mlab_panel_find_event(p, "promotion");
    int32_t grade, since, first = MLAB_DATE_MISSING;
    uint32_t person = p->person[i];
    grade_on(s, person, p->start[i], &grade, &since);
    const mlab_column *column = mlab_table_find(p->rows, "time_in_grade");
    if (column && fabs(column->as.real[i] - (p->start[i] - since) / 365.25) > 1e-12) return wrong(&s->c, i, "another time in grade");
    if ((column = mlab_table_find(p->rows, "grade"))) {
        bool missing = column->missing && column->missing[i];
        int32_t value = grade >= 0 && s->people->grade_is_number ? s->people->grade_value[grade] : grade;
        if (missing != (grade < 0) || (!missing && column->as.integer[i] != value)) return wrong(&s->c, i, "another grade");
    }
    if ((event != NULL) != (s->promotions != NULL)) return wrong(&s->c, i, "the promotion event is there without promotions, or the reverse");
    if (!event) return MLAB_OK;
    bool at_risk = !s->people->n_grades || grade != s->people->n_grades - 1;
    for (int32_t day = p->start[i] + 1; day <= p->stop[i] && first == MLAB_DATE_MISSING; day++) {
        int32_t after;
        grade_on(s, person, day, &after, &since);
        if (since == day) first = day;
    }
    if (event->at_risk[i] != at_risk || (at_risk && event->day[i] != first)) return wrong(&s->c, i, "another promotion");
    if (at_risk && fabs(event->share[i] - (double)(could_end(s, i, period_end) - p->start[i]) / days) > 1e-12)
        return wrong(&s->c, i, "another share of promotion");
    return MLAB_OK;
}

static mlab_status check_exit(const source *s, size_t i, int32_t days, int32_t period_end)
{
    const mlab_panel *p = s->c.panel;
    const mlab_panel_event *event = mlab_panel_find_event(p, "exit");
    uint32_t person = p->person[i];
    if ((event != NULL) != (s->people->n_causes > 0)) return wrong(&s->c, i, "the exit event is there without causes, or the reverse");
    if (!event) return MLAB_OK;
    bool leaves = s->people->left[person] == p->stop[i] && s->people->cause[person] >= 0;
    if (event->what[i] != (leaves ? s->people->cause[person] + 1 : 0)) return wrong(&s->c, i, "another exit");
    if (fabs(event->share[i] - (double)(could_end(s, i, period_end) - p->start[i]) / days) > 1e-12) return wrong(&s->c, i, "another share of exit");
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

static mlab_status check_answers(const source *s, size_t i)
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

static mlab_status check_row(const source *s, size_t i)
{
    const mlab_panel *p = s->c.panel;
    uint32_t person = p->person[i];
    mlab_status status;
    int32_t first = mlab_date_add_months(s->spec->from, p->period[i] * s->spec->months_per_period);
    int32_t next = mlab_date_add_months(s->spec->from, (p->period[i] + 1) * s->spec->months_per_period);
    if (fabs(mlab_table_find(p->rows, "tenure")->as.real[i] - (p->start[i] + 1 - s->people->hired[person]) / 365.25) > 1e-12)
        return wrong(&s->c, i, "another tenure");
    if (mlab_table_find(p->rows, "period")->as.integer[i] != p->period[i] || mlab_table_find(p->rows, "since")->as.integer[i] != p->since[i])
        return wrong(&s->c, i, "the columns period and since differ from the arrays");
    for (size_t a = 0; a < s->people->n_attributes; a++)
        if (!equal_cells(mlab_table_find(p->rows, s->people->attributes[a]), i, mlab_table_find(s->people->table, s->people->attributes[a]),
                         s->people->row[person], false))
            return wrong(&s->c, i, "another attribute");
    if ((status = check_exposure(s, i)) || (status = check_promotion(s, i, next - first, next - 1)) ||
        (status = check_exit(s, i, next - first, next - 1)))
        return status;
    return check_answers(s, i);
}

/* Every day that somebody is there is in exactly one row, of the day's period; no other day is in any. */
static mlab_status check_days(const source *s)
{
    const mlab_panel *p = s->c.panel;
    int32_t last = s->spec->to < s->spec->as_of ? s->spec->to : s->spec->as_of;
    size_t i = 0;
    for (uint32_t person = 0; person < s->people->n; person++)
        for (int32_t day = s->spec->from; day <= last; day++) {
            if (!employed(s, person, day)) continue;
            while (i < p->n_rows && (p->person[i] < person || (p->person[i] == person && p->stop[i] < day))) i++;
            if (i == p->n_rows || p->person[i] != person || p->start[i] >= day)
                return mlab_raise(s->c.err, MLAB_ERR_ARGUMENT, "person %s is there on day %d, in no row", p->ids[person], day);
            if (p->period[i] != period_of_day(s->spec, day)) return wrong(&s->c, i, "a day of another period");
        }
    for (i = 0; i < p->n_rows; i++)
        for (int32_t day = p->start[i] + 1; day <= p->stop[i]; day++)
            if (!employed(s, p->person[i], day) || day < s->spec->from || day > last)
                return wrong(&s->c, i, "a day on which the person is not there");
    return MLAB_OK;
}

mlab_status mlab_panel_check_inputs(const mlab_context *context, const mlab_panel_people *people, const mlab_panel_promotion *promotions,
                                    size_t n_promotions, const mlab_panel_surveys *surveys, const mlab_panel_relationships *relationships,
                                    const mlab_panel_spec *spec, const mlab_panel *panel, mlab_error *err)
{
    source s = {{panel, err}, context, people, promotions, n_promotions, surveys, relationships, spec};
    mlab_status status = mlab_panel_check(panel, err);
    if (status || (status = check_days(&s))) return status;
    for (size_t i = 0; i < panel->n_rows; i++) {
        if ((status = check_row(&s, i))) return status;
        bool next = i + 1 < panel->n_rows && panel->person[i + 1] == panel->person[i];
        if (next && !spec->split_exact && panel->period[i + 1] == panel->period[i]) return wrong(&s.c, i, "two rows in one period");
    }
    return MLAB_OK;
}
