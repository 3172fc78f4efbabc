/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small worlds for tests of the panel: arrays that a test fills and the builder takes. */
#ifndef MLAB_TESTS_PANEL_WORLD_H
#define MLAB_TESTS_PANEL_WORLD_H

#include "core/number.h"
#include "data/panel_check.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 64, NEVER = MLAB_DATE_MISSING };

static mlab_context context;

static const char *const world_causes[] = {"voluntary", "involuntary"}, *const world_grades[] = {"1", "2", "3"},
                         *const world_measures[] = {"mood", "score"}, *const world_kinds[] = {"program", "informal", "buddy"},
                         *const world_moods[] = {"low", "mid", "high"}, *const world_attributes[] = {"site", "code"};
static const int32_t world_values[] = {1, 2, 3};

typedef struct world {
    uint32_t n;
    char id_text[MOST][8];
    const char *ids[MOST];
    uint32_t row[MOST];
    int32_t hired[MOST], left[MOST], cause[MOST], grade[MOST];
    mlab_panel_spell spells[2 * MOST];
    size_t n_spells; /* 0 = one of each person, from hired, left, cause, grade */
    mlab_panel_leave leaves[MOST];
    size_t n_leaves;
    mlab_panel_states states; /* table NULL = none; freed with the world */
    uint32_t state_person[8 * MOST], state_row[8 * MOST];
    int32_t state_date[8 * MOST];
    mlab_panel_promotion promotions[2 * MOST];
    size_t n_promotions;
    struct {
        uint32_t mentor, mentee;
        int32_t start, end;
        int kind, met; /* -1 = missing */
    } ties[2 * MOST];
    size_t n_ties;
    struct {
        uint32_t person;
        int32_t date;
        int mood; /* -1 = missing */
        double score;
    } answers[4 * MOST];
    size_t n_answers;
    mlab_panel_arm arms[2];
    int32_t priority[2];
    mlab_panel_spec spec;
    int32_t known_from, known_to;
    const size_t *meeting_first; /* NULL = no days of meetings */
    const int32_t *meeting_day;
    /* made by world_build */
    mlab_table *people, *relationships, *surveys;
    mlab_relationship items[2 * MOST];
    uint32_t tie_row[2 * MOST], answer_row[4 * MOST], answer_person[4 * MOST];
    int32_t answer_date[4 * MOST];
    mlab_panel_people people_in;
    mlab_panel_surveys surveys_in;
    mlab_panel_relationships ties_in;
    mlab_findings findings;
    mlab_panel *panel;
} world;

static inline int32_t day(const char *text)
{
    mlab_date date;
    ck_assert(mlab_date_parse_iso(text, 10, &date));
    return date;
}

static inline mlab_column *add_column(mlab_table *table, const char *name, mlab_column_type type, const char *const *levels, int32_t n)
{
    mlab_column *column;
    mlab_error err = {0};
    ck_assert_msg(mlab_table_add(table, name, type, levels, n, &column, &err) == MLAB_OK, "%s", err.sentence);
    return column;
}

static inline void set_integer(mlab_table *table, mlab_column *column, size_t row, int32_t value)
{
    mlab_error err;
    if (value < 0)
        ck_assert_int_eq(mlab_column_set_missing(table, column, row, &err), MLAB_OK);
    else
        column->as.integer[row] = value;
}

/* Four quarters of 2021; n people of grade 1 who were hired on 2020-01-01 and stay. */
static inline void world_start(world *w, uint32_t n)
{
    *w = (world){.n = n, .known_from = NEVER, .known_to = NEVER, .priority = {0, 1}};
    for (uint32_t i = 0; i < n; i++) {
        snprintf(w->id_text[i], sizeof w->id_text[i], "p%02u", i);
        w->row[i] = n - 1 - i; /* the file's order is another */
        w->hired[i] = day("2020-01-01");
        w->left[i] = NEVER;
        w->cause[i] = MLAB_CAUSE_STAYS;
    }
    w->arms[0] = (mlab_panel_arm){.name = "structured", .filter = "kind == 'program'", .met = ""};
    w->arms[1] = (mlab_panel_arm){.name = "informal", .filter = "kind == 'informal'", .met = ""};
    w->spec = (mlab_panel_spec){.months_per_period = 3,
                                .from = day("2021-01-01"),
                                .to = day("2021-12-31"),
                                .as_of = day("2021-12-31"),
                                .reference = "none",
                                .n_arms = 2,
                                .both_separate = true};
}

static inline void world_leave(world *w, uint32_t person, const char *date, int32_t cause)
{
    w->left[person] = day(date);
    w->cause[person] = cause;
}

static inline void world_promote(world *w, uint32_t person, const char *date, int32_t to)
{
    w->promotions[w->n_promotions] = (mlab_panel_promotion){person, day(date), to, w->n_promotions + 2, MLAB_COUNTS_UPWARD};
    w->n_promotions++;
}

static inline void world_tie(world *w, uint32_t mentor, uint32_t mentee, const char *start, const char *end, int kind)
{
    size_t i = w->n_ties++;
    w->ties[i].mentor = mentor;
    w->ties[i].mentee = mentee;
    w->ties[i].start = day(start);
    w->ties[i].end = end ? day(end) : NEVER;
    w->ties[i].kind = kind;
    w->ties[i].met = 5;
}

static inline void world_answer(world *w, uint32_t person, const char *date, int mood, double score)
{
    size_t i = w->n_answers++;
    w->answers[i].person = person;
    w->answers[i].date = day(date);
    w->answers[i].mood = mood;
    w->answers[i].score = score;
}

static inline void world_tables(world *w)
{
    mlab_error err;
    ck_assert_int_eq(mlab_table_make(&context, w->n, &w->people, &err), MLAB_OK);
    mlab_column *site = add_column(w->people, "site", MLAB_COLUMN_FACTOR, world_kinds, 3);
    for (uint32_t i = 0; i < w->n; i++) set_integer(w->people, site, i, (int32_t)(i % 4) - 1);
    mlab_column *code = add_column(w->people, "code", MLAB_COLUMN_TEXT, NULL, 0);
    for (uint32_t i = 0; i < w->n; i++) ck_assert_int_eq(mlab_column_set_text(w->people, code, i, w->id_text[i], 3, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_make(&context, w->n_ties, &w->relationships, &err), MLAB_OK);
    mlab_column *kind = add_column(w->relationships, "kind", MLAB_COLUMN_FACTOR, world_kinds, 3);
    for (size_t i = 0; i < w->n_ties; i++) set_integer(w->relationships, kind, i, w->ties[i].kind);
    mlab_column *met = add_column(w->relationships, "met", MLAB_COLUMN_INTEGER, NULL, 0);
    for (size_t i = 0; i < w->n_ties; i++) set_integer(w->relationships, met, i, w->ties[i].met);
    ck_assert_int_eq(mlab_table_make(&context, w->n_answers, &w->surveys, &err), MLAB_OK);
    mlab_column *mood = add_column(w->surveys, "mood", MLAB_COLUMN_FACTOR, world_moods, 3);
    mood->ordered = true;
    for (size_t i = 0; i < w->n_answers; i++) set_integer(w->surveys, mood, i, w->answers[i].mood);
    mlab_column *score = add_column(w->surveys, "score", MLAB_COLUMN_REAL, NULL, 0);
    for (size_t i = 0; i < w->n_answers; i++) score->as.real[i] = w->answers[i].score;
}

static inline void world_inputs(world *w)
{
    for (uint32_t i = 0; i < w->n; i++) w->ids[i] = w->id_text[i];
    for (size_t i = 0; i < w->n_ties; i++) {
        w->items[i] = (mlab_relationship){w->ties[i].mentor, w->ties[i].mentee, w->ties[i].start, w->ties[i].end, 99, true, i + 2};
        w->tie_row[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < w->n_answers; i++) {
        w->answer_row[i] = (uint32_t)i;
        w->answer_person[i] = w->answers[i].person;
        w->answer_date[i] = w->answers[i].date;
    }
    size_t n_spells = w->n_spells;
    for (uint32_t i = 0; i < w->n && !w->n_spells; i++)
        w->spells[n_spells++] = (mlab_panel_spell){i, w->hired[i], w->left[i], w->cause[i], w->hired[i], w->grade[i], w->hired[i] - 1};
    w->people_in = (mlab_panel_people){.table = w->people,
                                       .n = w->n,
                                       .ids = w->ids,
                                       .row = w->row,
                                       .spells = w->spells,
                                       .n_spells = n_spells,
                                       .leaves = w->leaves,
                                       .n_leaves = w->n_leaves,
                                       .states = w->states.table ? &w->states : NULL,
                                       .causes = world_causes,
                                       .n_causes = 2,
                                       .grades = world_grades,
                                       .n_grades = 3,
                                       .grade_is_number = true,
                                       .grade_value = world_values,
                                       .attributes = world_attributes,
                                       .n_attributes = 2};
    w->surveys_in = (mlab_panel_surveys){.table = w->surveys,
                                         .n = w->n_answers,
                                         .person = w->answer_person,
                                         .date = w->answer_date,
                                         .row = w->answer_row,
                                         .measures = world_measures,
                                         .n_measures = 2};
    w->ties_in = (mlab_panel_relationships){
        .table = w->relationships, .items = w->items, .row = w->tie_row, .n = w->n_ties, .known_from = w->known_from, .known_to = w->known_to};
    w->ties_in.meeting_first = w->meeting_first;
    w->ties_in.meeting_day = w->meeting_day;
    w->spec.arms = w->arms;
    w->spec.priority = w->priority;
}

static inline mlab_status world_try(world *w, mlab_error *err)
{
    world_tables(w);
    world_inputs(w);
    mlab_findings_start(&w->findings, &context);
    return mlab_panel_build(&context, &w->people_in, w->promotions, w->n_promotions, &w->surveys_in, &w->ties_in, &w->spec, &w->findings, &w->panel,
                            err);
}

/* Builds, and checks every cell a second time. */
static inline mlab_panel *world_build(world *w)
{
    mlab_error err = {0};
    ck_assert_msg(world_try(w, &err) == MLAB_OK, "%s", err.sentence);
    mlab_status status =
        mlab_panel_check_inputs(&context, &w->people_in, w->promotions, w->n_promotions, &w->surveys_in, &w->ties_in, &w->spec, w->panel, &err);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    return w->panel;
}

static inline void world_free(world *w)
{
    mlab_panel_free(w->panel);
    mlab_table_free(w->people);
    mlab_table_free(w->relationships);
    mlab_table_free((mlab_table *)(uintptr_t)w->states.table);
    mlab_table_free(w->surveys);
    mlab_findings_free(&w->findings);
}

/* --- stays and states ------------------------------------------------------------------------------- */

static inline void world_stay(world *w, uint32_t person, const char *from, const char *to, int32_t cause)
{
    int32_t first = day(from);
    w->spells[w->n_spells++] = (mlab_panel_spell){person, first, to ? day(to) : NEVER, cause, first, 0, first - 1};
}

static const char *const world_roles[] = {"fitter", "foreman", "master"}, *const world_states[] = {"role", "fte"},
                         *const world_clocks[] = {"months_in_role", NULL};

/* Room for n changes of the states role (-1 = missing) and fte; in the order of person and day. */
static inline void world_states_start(world *w, size_t n)
{
    mlab_error err = {0};
    mlab_table *table;
    ck_assert_int_eq(mlab_table_make(&context, n, &table, &err), MLAB_OK);
    add_column(table, "role", MLAB_COLUMN_FACTOR, world_roles, 3);
    add_column(table, "fte", MLAB_COLUMN_REAL, NULL, 0);
    w->states = (mlab_panel_states){.table = table,
                                    .person = w->state_person,
                                    .date = w->state_date,
                                    .row = w->state_row,
                                    .names = world_states,
                                    .clocks = world_clocks,
                                    .n_names = 2};
}

static inline void world_change(world *w, uint32_t person, int32_t date, int32_t role, double fte)
{
    mlab_table *table = (mlab_table *)(uintptr_t)w->states.table;
    size_t i = w->states.n++;
    ck_assert_uint_lt(i, table->n_rows);
    w->state_person[i] = person;
    w->state_date[i] = date;
    w->state_row[i] = (uint32_t)(table->n_rows - 1 - i); /* the table's order is another */
    set_integer(table, mlab_table_find(table, "role"), w->state_row[i], role);
    mlab_table_find(table, "fte")->as.real[w->state_row[i]] = fte;
}

/* --- what a test looks at ----------------------------------------------------------------------------- */

/* "none none structured" of a person's rows */
static inline const char *arms_of(const mlab_panel *panel, uint32_t person)
{
    static char into[400];
    into[0] = 0;
    for (size_t i = 0; i < panel->n_rows; i++) {
        if (panel->person[i] != person) continue;
        if (into[0]) strcat(into, " ");
        strcat(into, panel->arm[i] < 0 ? "?" : panel->arms[panel->arm[i]]);
    }
    return into;
}

static inline size_t row_of(const mlab_panel *panel, uint32_t person, int32_t period)
{
    for (size_t i = 0; i < panel->n_rows; i++)
        if (panel->person[i] == person && panel->period[i] == period) return i;
    ck_abort_msg("person %u has no row in period %d", person, period);
    return 0;
}

static inline double real(const mlab_panel *panel, const char *name, size_t row)
{
    return mlab_table_find(panel->rows, name)->as.real[row];
}
static inline int32_t integer(const mlab_panel *panel, const char *name, size_t row)
{
    return mlab_table_find(panel->rows, name)->as.integer[row];
}
static inline bool is_missing(const mlab_panel *panel, const char *name, size_t row)
{
    const mlab_column *column = mlab_table_find(panel->rows, name);
    return column->missing && column->missing[row];
}

static inline uint64_t count_of(const world *w, const char *kind)
{
    uint64_t n = 0;
    for (size_t k = 0; k < w->findings.n; k++)
        if (!strcmp(w->findings.items[k].kind, kind)) n += w->findings.items[k].count;
    return n;
}

#endif
