/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Person-periods: cuts each person's time at the calendar grid and writes the state at the start and the events inside
 * (docs/panel.md). What begins (employment, a relationship) begins in the morning of its day; what happens (promotion,
 * exit, answer, the end of a relationship) happens in its evening. A row (start, stop] is the days start + 1 .. stop; its
 * state is that of the morning of start + 1, so that nothing known later enters it.
 * The arms: panel_arms.c. */
#include "data/panel_work.h"

#include "core/memory.h"
#include "core/number.h"
#include "core/parallel.h"

#define DAYS_PER_YEAR 365.25

mlab_panel_walk mlab_panel_walk_start(const mlab_panel_work *work, const mlab_panel_spell *spell)
{
    mlab_panel_walk walk = {.spell = spell, .person = spell->person};
    walk.start = spell->from - 1 > work->boundaries[0] ? spell->from - 1 : work->boundaries[0];
    walk.end = spell->to != MLAB_DATE_MISSING && spell->to < work->last ? spell->to : work->last;
    int32_t low = 0, high = work->n_periods - 1;
    while (low < high) {
        int32_t middle = low + (high - low + 1) / 2;
        if (work->boundaries[middle] <= walk.start)
            low = middle;
        else
            high = middle - 1;
    }
    walk.q = low;
    return walk;
}

static void cut(int32_t day, int32_t start, int32_t *stop)
{
    if (day > start && day < *stop) *stop = day;
}

/* With split: exact a row also ends at the evening before something begins and the evening when something happens. */
static void cut_at_changes(const mlab_panel_work *work, const mlab_panel_walk *walk, int32_t *stop)
{
    uint32_t p = walk->person;
    for (size_t k = work->mentee_first[p]; k < work->mentee_first[p + 1]; k++) {
        uint32_t tie = work->mentee_ties[k];
        if (work->meaning[tie] != MLAB_TIE_UNMET && work->meaning[tie] != MLAB_TIE_NO_ARM) {
            cut(work->begins[tie] - 1, walk->start, stop);
            cut(work->ends[tie], walk->start, stop);
        }
    }
    for (size_t k = work->exposure_first[p]; k < work->exposure_first[p + 1]; k++) {
        const mlab_panel_exposure *e = &work->spec->exposures->items[k];
        cut(e->from - 1, walk->start, stop);
        if (e->to != MLAB_DATE_MISSING) cut(e->to, walk->start, stop);
    }
    for (size_t k = work->mentor_first[p]; k < work->mentor_first[p + 1]; k++) {
        cut(work->begins[work->mentor_ties[k]] - 1, walk->start, stop);
        cut(work->ends[work->mentor_ties[k]], walk->start, stop);
    }
    for (size_t k = work->promotion_first[p]; k < work->promotion_first[p + 1]; k++) cut(work->promotions[k].date, walk->start, stop);
    for (size_t k = work->answer_first[p]; k < work->answer_first[p + 1]; k++) cut(work->surveys->date[k], walk->start, stop);
    for (size_t k = work->state_first[p]; k < work->state_first[p + 1]; k++) cut(work->people->states->date[k], walk->start, stop);
}

int32_t mlab_panel_walk_stop(const mlab_panel_work *work, mlab_panel_walk *walk)
{
    while (walk->start >= work->boundaries[walk->q + 1]) walk->q++;
    int32_t stop = work->boundaries[walk->q + 1] < walk->end ? work->boundaries[walk->q + 1] : walk->end;
    if (work->spec->split_exact) cut_at_changes(work, walk, &stop);
    return stop;
}

/* --- the state of one person --------------------------------------------------------------------- */

typedef struct person_state {
    int32_t grade;       /* code, -1 = missing */
    int32_t grade_since; /* day in whose evening the grade began */
    size_t promotion;    /* the next one that has not entered the grade */
    uint32_t stay;       /* number of the spell among the person's */
    int32_t period_zero;
    bool prevalent;
} person_state;

/* Grade after a promotion */
static int32_t promoted_grade(const mlab_panel_work *work, int32_t grade, int32_t to)
{
    if (!work->people->n_grades || to == MLAB_GRADE_UNKNOWN) return -1;
    if (to >= 0) return to;
    return grade >= 0 && grade < work->people->n_grades - 1 ? grade + 1 : grade;
}

/* Is it the event? Without grades, or from an unknown one, every promotion is upward. What stands on the first day is none. */
static bool is_event(const mlab_panel_work *work, const mlab_panel_spell *spell, int32_t grade, const mlab_panel_promotion *p)
{
    if (p->date <= spell->from || p->counting == MLAB_COUNTS_NEVER) return false;
    return p->counting == MLAB_COUNTS_ALWAYS || grade < 0 || promoted_grade(work, grade, p->to) > grade;
}

static bool top_grade(const mlab_panel_work *work, int32_t grade)
{
    return work->people->n_grades > 0 && grade == work->people->n_grades - 1;
}

static void take_promotions(const mlab_panel_work *work, const mlab_panel_spell *spell, int32_t until, person_state *state)
{
    for (; state->promotion < work->promotion_first[spell->person + 1] && work->promotions[state->promotion].date <= until; state->promotion++) {
        const mlab_panel_promotion *p = &work->promotions[state->promotion];
        if (is_event(work, spell, state->grade, p)) state->grade_since = p->date;
        state->grade = promoted_grade(work, state->grade, p->to);
    }
}

/* --- one row ------------------------------------------------------------------------------------- */

/* The end of the days at risk that were possible: an exit of the outcome ends the row, not the days it could have been at risk.
 * Promotion is evaluated before the exits of its period (rule 4), so its days do not end with an exit either; any other
 * leaving censors both. */
static int32_t potential_stop(const mlab_panel_work *work, const mlab_panel_walk *walk, int32_t stop)
{
    if (stop != walk->spell->to || walk->spell->cause < 0) return stop;
    int32_t period_end = work->boundaries[walk->q + 1];
    return period_end < work->last ? period_end : work->last;
}

/* Days at risk of a row: those until its possible end that are not spent on a leave that is not at risk. */
static int32_t days_at_risk(const mlab_panel_work *work, const mlab_panel_walk *walk, int32_t stop)
{
    int32_t end = potential_stop(work, walk, stop), days = end - walk->start;
    for (size_t k = work->leave_first[walk->person]; k < work->leave_first[walk->person + 1]; k++) {
        const mlab_panel_leave *leave = &work->people->leaves[k];
        int32_t first = leave->from > walk->start + 1 ? leave->from : walk->start + 1, last = leave->to < end ? leave->to : end;
        if (first <= last) days -= last - first + 1;
    }
    return days;
}

static void fill_promotion(const mlab_panel_work *work, const mlab_panel_walk *walk, const person_state *state, size_t row, int32_t stop,
                           int32_t days)
{
    mlab_panel_event *event = work->promotion;
    int32_t possible = days_at_risk(work, walk, stop);
    event->day[row] = MLAB_DATE_MISSING;
    work->columns.promoted_missing[row] = top_grade(work, state->grade) || possible == 0;
    if (work->columns.promoted_missing[row]) return;
    event->at_risk[row] = 1;
    event->share[row] = (double)possible / days;
    int32_t grade = state->grade;
    for (size_t k = state->promotion; k < work->promotion_first[walk->person + 1] && work->promotions[k].date <= stop; k++) {
        const mlab_panel_promotion *p = &work->promotions[k];
        if (is_event(work, walk->spell, grade, p)) {
            event->what[row] = 1;
            event->day[row] = p->date;
            work->columns.promoted[row] = 1;
            return;
        }
        grade = promoted_grade(work, grade, p->to);
    }
}

static void fill_exit(const mlab_panel_work *work, const mlab_panel_walk *walk, size_t row, int32_t stop, int32_t days)
{
    mlab_panel_event *event = work->exit;
    int32_t cause = walk->spell->cause, possible = days_at_risk(work, walk, stop);
    event->day[row] = MLAB_DATE_MISSING;
    work->columns.exit_missing[row] = possible == 0;
    if (!possible) return;
    event->at_risk[row] = 1;
    event->share[row] = (double)possible / days;
    if (stop != walk->spell->to || cause < 0) return;
    event->what[row] = (uint8_t)(cause + 1);
    event->day[row] = stop;
    work->columns.exit[row] = cause + 1;
}

/* What a row has as the value of a grade's code. */
static int32_t grade_cell(const mlab_panel_work *work, int32_t grade)
{
    return work->people->grade_is_number ? work->people->grade_value[grade] : grade;
}

static void fill_row(const mlab_panel_work *work, const mlab_panel_walk *walk, person_state *state, size_t row, int32_t stop)
{
    mlab_panel *panel = work->panel;
    const mlab_panel_columns *c = &work->columns;
    const mlab_panel_spell *spell = walk->spell;
    uint32_t person = walk->person;
    int32_t start = walk->start, days = work->boundaries[walk->q + 1] - work->boundaries[walk->q];
    take_promotions(work, spell, start > spell->from ? start : spell->from, state);
    panel->person[row] = person;
    panel->spell[row] = state->stay;
    panel->period[row] = c->period[row] = walk->q;
    panel->since[row] = c->since[row] = walk->q - state->period_zero;
    panel->start[row] = start;
    panel->stop[row] = stop;
    panel->prevalent[row] = state->prevalent;
    panel->arm[row] = mlab_panel_arm_at(work, person, start);
    c->arm_missing[row] = panel->arm[row] < 0;
    c->arm[row] = panel->arm[row] < 0 ? 0 : panel->arm[row];
    c->mentoring[row] = mlab_panel_mentors_at(work, person, start);
    c->tenure[row] = (start + 1 - spell->since) / DAYS_PER_YEAR;
    if (c->time_in_grade) c->time_in_grade[row] = (start - state->grade_since) / DAYS_PER_YEAR;
    if (c->grade) {
        c->grade_missing[row] = state->grade < 0;
        c->grade[row] = state->grade < 0 ? 0 : grade_cell(work, state->grade);
    }
    if (work->promotion) fill_promotion(work, walk, state, row, stop, days);
    if (work->exit) fill_exit(work, walk, row, stop, days);
}

static void fill_final(const mlab_panel_work *work, const mlab_panel_spell *spell, int32_t last, person_state *state)
{
    uint32_t person = spell->person;
    take_promotions(work, spell, last, state);
    work->panel->final[person] = (mlab_panel_final){.grade = state->grade < 0 ? MLAB_DATE_MISSING : grade_cell(work, state->grade),
                                                    .grade_since = state->grade_since,
                                                    .arm = mlab_panel_arm_at(work, person, last - 1),
                                                    .mentoring = mlab_panel_mentors_at(work, person, last - 1),
                                                    .gone = spell->to != MLAB_DATE_MISSING && spell->to <= last};
}

/* The rows of a person; a later stay begins anew, but prevalent is told of the person. */
static void fill_person(const mlab_panel_work *work, uint32_t person)
{
    size_t row = work->row_first[person], first = row;
    person_state state = {.promotion = work->promotion_first[person]};
    for (size_t s = work->spell_first[person]; s < work->spell_first[person + 1]; s++) {
        const mlab_panel_spell *spell = &work->people->spells[s];
        mlab_panel_walk walk = mlab_panel_walk_start(work, spell);
        if (walk.start >= walk.end) continue;
        state.grade = work->people->n_grades ? spell->grade : -1;
        state.grade_since = spell->grade_since;
        state.period_zero = walk.q;
        state.stay = (uint32_t)(s - work->spell_first[person]);
        while (state.promotion < work->promotion_first[person + 1] && work->promotions[state.promotion].date < spell->from) state.promotion++;
        if (row == first) state.prevalent = mlab_panel_is_prevalent(work, person, walk.start);
        while (walk.start < walk.end) {
            int32_t stop = mlab_panel_walk_stop(work, &walk);
            fill_row(work, &walk, &state, row++, stop);
            walk.start = stop;
        }
        fill_final(work, spell, walk.end, &state);
    }
}

static mlab_status fill_people(void *from, size_t block, void *scratch, mlab_error *err)
{
    const mlab_panel_work *work = from;
    (void)scratch, (void)err;
    uint32_t first = (uint32_t)(block * MLAB_PANEL_BLOCK), last = first + MLAB_PANEL_BLOCK;
    if (last > work->people->n) last = work->people->n;
    for (uint32_t person = first; person < last; person++) fill_person(work, person);
    return MLAB_OK;
}

mlab_status mlab_panel_fill(mlab_panel_work *work, mlab_error *err)
{
    size_t n_blocks = ((size_t)work->people->n + MLAB_PANEL_BLOCK - 1) / MLAB_PANEL_BLOCK;
    return mlab_parallel_blocks(work->context, "panel", n_blocks, 0, fill_people, work, err);
}
