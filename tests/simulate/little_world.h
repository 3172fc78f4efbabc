/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A little organisation made by hand for tests of the simulator: a panel of two quarters, fits whose coefficients are stated.
 *
 *   quarter      0         1          then the simulation
 *   starters   |--------|--------|    arm, grade, age, gender by person; answers of some
 *   hires              |-------|      donors: how people look when they come                       */
#ifndef MLAB_TESTS_LITTLE_WORLD_H
#define MLAB_TESTS_LITTLE_WORLD_H

#include "support/support.h"

#include "core/memory.h"
#include "core/random.h"
#include "mentorlab/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LITTLE_HIRES = 25, LITTLE_FITS = 3 };

typedef struct little_world {
    const mlab_context *context;
    mlab_data data;
    mlab_panel panel;
    mlab_panel_event events[2];
    mlab_fit fits[LITTLE_FITS];
    const mlab_fit *fit_list[LITTLE_FITS];
    size_t n_fits;
    mlab_draws draws;
    size_t first[LITTLE_FITS + 1];
    char *outcomes[LITTLE_FITS];
    mlab_match_spec matching;
    mlab_rule rules[2];
    mlab_scenario scenarios[3];
    mlab_assumption assumptions[4];
    mlab_simulate_spec spec;
    mlab_simulate_options options;
} little_world;

static char little_none[] = "none", little_structured[] = "structured", little_informal[] = "informal";
static char *little_arms[] = {little_none, little_structured, little_informal};
static char little_voluntary[] = "voluntary", little_involuntary[] = "involuntary", little_promotion[] = "promotion",
            little_retention[] = "retention";
static char little_satisfaction[] = "satisfaction", little_exit[] = "exit", little_promoted[] = "promoted", little_cloglog[] = "cloglog";
static char little_logit[] = "logit", little_hazard[] = "hazard", little_ordinal[] = "ordinal";
static char *little_causes[] = {little_voluntary, little_involuntary}, *little_one_cause[] = {little_promotion};
static char *little_measures[] = {little_satisfaction};
static char *little_levels[] = {(char[]){"1"}, (char[]){"2"}, (char[]){"3"}, (char[]){"4"}, (char[]){"5"}};

static inline void little_ok(mlab_status status, const mlab_error *err)
{
    ck_assert_msg(status == MLAB_OK, "%d: %s", (int)status, err->sentence);
}

/* Uniform of person i, a function of (i, j) alone. */
static inline double little_uniform(uint32_t i, uint32_t j)
{
    mlab_address address = {.seed = 99, .entity = i};
    return mlab_random_uniform(&address, j);
}

static inline mlab_column *little_column(mlab_table *table, const char *name, mlab_column_type type, char **levels, int32_t n_levels)
{
    mlab_column *column;
    mlab_error err;
    little_ok(mlab_table_add(table, name, type, (const char *const *)levels, n_levels, &column, &err), &err);
    return column;
}

static inline void little_people(little_world *w, uint32_t n)
{
    static char female[] = "female", male[] = "male";
    char *genders[] = {female, male};
    static const char *const skills[] = {"a", "b", "c", "a;b", "b;c", "a;c", "a;b;c"};
    mlab_error err;
    little_ok(mlab_table_make(w->context, n, &w->data.people, &err), &err);
    mlab_table *t = w->data.people;
    mlab_column *id = little_column(t, "id", MLAB_COLUMN_TEXT, NULL, 0);
    for (uint32_t i = 0; i < n; i++) little_ok(mlab_column_set_text(t, id, i, w->panel.ids[i], strlen(w->panel.ids[i]), &err), &err);
    mlab_column *gender = little_column(t, "gender", MLAB_COLUMN_FACTOR, genders, 2);
    for (uint32_t i = 0; i < n; i++) gender->as.integer[i] = little_uniform(i, 0) < 0.5;
    mlab_column *age = little_column(t, "age", MLAB_COLUMN_REAL, NULL, 0);
    for (uint32_t i = 0; i < n; i++) age->as.real[i] = 20 + 40 * little_uniform(i, 1);
    mlab_column *grade = little_column(t, "grade", MLAB_COLUMN_INTEGER, NULL, 0);
    for (uint32_t i = 0; i < n; i++) grade->as.integer[i] = 1 + (int32_t)(4 * little_uniform(i, 2));
    mlab_column *capacity = little_column(t, "capacity", MLAB_COLUMN_INTEGER, NULL, 0);
    for (uint32_t i = 0; i < n; i++) capacity->as.integer[i] = 1 + (int32_t)(3 * little_uniform(i, 3));
    for (uint32_t k = 0; k < 2; k++) {
        mlab_column *set = little_column(t, k ? "wants" : "offers", MLAB_COLUMN_TEXT, NULL, 0);
        for (uint32_t i = 0; i < n; i++) {
            const char *text = skills[(int)(7 * little_uniform(i, 4 + k))];
            little_ok(mlab_column_set_text(t, set, i, text, strlen(text), &err), &err);
        }
    }
}

/* Rows of the panel: two for a starter, one for a hire. */
static inline void little_rows(little_world *w, uint32_t starters)
{
    mlab_panel *p = &w->panel;
    mlab_table *t = p->rows;
    const mlab_table *people = w->data.people;
    mlab_column *columns[9];
    static const char *const names[] = {"arm",          "gender",           "grade", "age", "tenure", "time_in_grade", "mentoring_others",
                                        "satisfaction", "satisfaction_last"};
    static const mlab_column_type types[] = {MLAB_COLUMN_FACTOR, MLAB_COLUMN_FACTOR,  MLAB_COLUMN_INTEGER, MLAB_COLUMN_REAL,  MLAB_COLUMN_REAL,
                                             MLAB_COLUMN_REAL,   MLAB_COLUMN_INTEGER, MLAB_COLUMN_FACTOR,  MLAB_COLUMN_FACTOR};
    mlab_column *gender = mlab_table_find(people, "gender"), *grade = mlab_table_find(people, "grade"), *age = mlab_table_find(people, "age");
    mlab_error err;
    for (int c = 0; c < 9; c++) {
        char **levels = c == 0 ? little_arms : c == 1 ? gender->levels : c >= 7 ? little_levels : NULL;
        little_column(t, names[c], types[c], levels, c == 0 ? 3 : c == 1 ? 2 : c >= 7 ? 5 : 0);
    }
    for (int c = 0; c < 9; c++) columns[c] = mlab_table_find(t, names[c]);
    for (size_t r = 0; r < p->n_rows; r++) {
        uint32_t i = r < 2 * (size_t)starters ? (uint32_t)(r / 2) : (uint32_t)(r - starters);
        bool hire = i >= starters, second = hire || r % 2;
        p->person[r] = i;
        p->period[r] = second;
        p->since[r] = hire ? 0 : (int32_t)(r % 2);
        p->start[r] = hire ? 100 : second ? 91 : 0;
        p->stop[r] = second ? 182 : 91;
        p->arm[r] = hire ? 0 : (int32_t)(little_uniform(i, 6) * 1.6); /* none or structured; informal is rare */
        if (!hire && i % 7 == 3) p->arm[r] = 2;
        double years = hire ? 0 : 0.5 + 9 * little_uniform(i, 7), in_grade = hire ? 0 : years * little_uniform(i, 8);
        columns[0]->as.integer[r] = p->arm[r];
        columns[1]->as.integer[r] = gender->as.integer[i];
        columns[2]->as.integer[r] = grade->as.integer[i];
        columns[3]->as.real[r] = age->as.real[i];
        columns[4]->as.real[r] = years + (second && !hire ? 0.25 : 0);
        columns[5]->as.real[r] = in_grade + (second && !hire ? 0.25 : 0);
        columns[6]->as.integer[r] = little_uniform(i, 9) < 0.3;
        columns[7]->as.integer[r] = (int32_t)(5 * little_uniform(i, 10));
        columns[8]->as.integer[r] = (int32_t)(5 * little_uniform(i, 11));
        if (hire || i % 5 == 0) little_ok(mlab_column_set_missing(t, columns[8], r, &err), &err);
        if (hire || i % 3) little_ok(mlab_column_set_missing(t, columns[7], r, &err), &err);
        p->final[i] = (mlab_panel_final){.grade = grade->as.integer[i],
                                         .grade_since = p->stop[r] - (int32_t)(365.25 * columns[5]->as.real[r]) - (p->stop[r] - p->start[r]),
                                         .arm = p->arm[r],
                                         .mentoring = (uint8_t)columns[6]->as.integer[r]};
    }
}

static inline void little_panel(little_world *w, uint32_t starters)
{
    const mlab_context *context = w->context;
    mlab_panel *p = &w->panel;
    mlab_error err;
    uint32_t n = starters + LITTLE_HIRES;
    size_t rows = 2 * (size_t)starters + LITTLE_HIRES;
    *p = (mlab_panel){.context = context,
                      .n_rows = rows,
                      .n_people = n,
                      .n_ids = n,
                      .arms = little_arms,
                      .n_arms = 3,
                      .events = w->events,
                      .n_events = 2,
                      .measures = little_measures,
                      .n_measures = 1,
                      .n_periods = 2,
                      .from = 0,
                      .to = 182,
                      .months_per_period = 3};
    p->ids = calloc(n, sizeof *p->ids);
    for (uint32_t i = 0; i < n; i++) {
        p->ids[i] = malloc(16);
        snprintf(p->ids[i], 16, "p%05u", (unsigned)i);
    }
    p->person = calloc(rows, sizeof *p->person);
    p->period = calloc(rows, sizeof *p->period);
    p->since = calloc(rows, sizeof *p->since);
    p->start = calloc(rows, sizeof *p->start);
    p->stop = calloc(rows, sizeof *p->stop);
    p->arm = calloc(rows, sizeof *p->arm);
    p->final = calloc(n, sizeof *p->final);
    little_ok(mlab_table_make(context, rows, &p->rows, &err), &err);
    w->events[0] = (mlab_panel_event){.name = little_promotion, .response = little_promoted, .causes = little_one_cause, .n_causes = 1};
    w->events[1] = (mlab_panel_event){.name = little_retention, .response = little_exit, .causes = little_causes, .n_causes = 2};
    for (int e = 0; e < 2; e++) {
        w->events[e].what = calloc(rows, 1);
        w->events[e].day = calloc(rows, sizeof(int32_t));
        for (size_t r = 0; r < rows; r++) w->events[e].day[r] = INT32_MIN;
    }
    w->data = (mlab_data){.context = context, .panel = p, .as_of = 182};
    little_people(w, n);
    little_rows(w, starters);
}

/* A world of `starters` people without fits; the caller adds fits, then little_draws. Horizon two years. */
static inline little_world *little_make(const mlab_context *context, uint32_t starters)
{
    little_world *w = calloc(1, sizeof *w);
    w->context = context;
    little_panel(w, starters);
    static char skills[] = "skills", gap[] = "gap", wants[] = "wants", offers[] = "offers", grade[] = "grade", semicolon[] = ";",
                capacity[] = "capacity";
    static char where[] = "grade >= 3", mentee[] = "grade <= 3";
    w->rules[0] =
        (mlab_rule){.name = skills, .kind = MLAB_RULE_OVERLAP, .mentee_column = wants, .mentor_column = offers, .weight = 4, .separator = semicolon};
    w->rules[1] =
        (mlab_rule){.name = gap, .kind = MLAB_RULE_GAP, .mentee_column = grade, .mentor_column = grade, .weight = 2, .best = 2, .spread = 3};
    w->matching = (mlab_match_spec){
        .mentor_where = where, .mentee_where = mentee, .capacity_column = capacity, .default_capacity = 1, .rules = w->rules, .n_rules = 2};
    static char today[] = "today", random[] = "random", best[] = "best", optimal[] = "optimal", same[] = "random";
    w->scenarios[0] = (mlab_scenario){.name = today, .policy = little_none, .start_every = 4, .duration = 4, .arm = little_structured};
    w->scenarios[1] = (mlab_scenario){.name = random, .policy = same, .start_every = 2, .duration = 3, .arm = little_structured};
    w->scenarios[2] = (mlab_scenario){.name = best, .policy = optimal, .start_every = 2, .duration = 3, .arm = little_structured};
    w->spec = (mlab_simulate_spec){.data = &w->data,
                                   .fits = w->fit_list,
                                   .draws = &w->draws,
                                   .matching = &w->matching,
                                   .scenarios = w->scenarios,
                                   .n_scenarios = 3,
                                   .assumptions = w->assumptions,
                                   .satisfied_from = 3};
    w->options = mlab_simulate_defaults();
    w->options.horizon = 730.5;
    w->options.draws = 3;
    w->options.replicates = 2;
    return w;
}

/* Adds a fit of `formula` on all complete rows; coefficients come with little_set. */
static inline mlab_fit *little_fit(little_world *w, char *outcome, const char *formula)
{
    mlab_fit *fit = &w->fits[w->n_fits];
    mlab_formula *parsed;
    mlab_error err;
    little_ok(mlab_formula_parse(w->context, formula, NULL, &parsed, &err), &err);
    uint8_t *keep = malloc(w->panel.n_rows);
    memset(keep, 1, w->panel.n_rows);
    const mlab_column *last = mlab_table_find(w->panel.rows, "satisfaction_last");
    for (size_t r = 0; strstr(formula, "_last") && r < w->panel.n_rows; r++) keep[r] = !last->missing[r];
    *fit = (mlab_fit){.context = w->context, .outcome = outcome, .link = little_cloglog, .model = little_hazard, .n_blocks = 1};
    little_ok(mlab_design_make(parsed, w->panel.rows, keep, &fit->design, &err), &err);
    free(keep);
    mlab_formula_free(parsed);
    if (outcome == little_retention) {
        fit->n_blocks = 2;
        fit->blocks = little_causes;
    } else if (outcome == little_satisfaction) {
        fit->model = little_ordinal;
        fit->link = little_logit;
        fit->n_thresholds = 4;
        fit->n_levels = 5;
        fit->levels = little_levels;
    }
    fit->block_size =
        fit->n_thresholds + mlab_design_columns(fit->design) - (outcome == little_satisfaction); /* thresholds in place of the intercept */
    fit->n_parameters = fit->block_size * fit->n_blocks;
    w->fit_list[w->n_fits] = fit;
    w->outcomes[w->n_fits] = outcome;
    w->spec.n_fits = ++w->n_fits;
    return fit;
}

/* Draws of all fits, all 0. */
static inline void little_draws(little_world *w, size_t n_draws)
{
    w->draws = (mlab_draws){.context = w->context, .n_draws = n_draws, .n_outcomes = w->n_fits, .outcomes = w->outcomes, .first = w->first};
    for (size_t k = 0; k < w->n_fits; k++) w->first[k + 1] = w->first[k] + w->fits[k].n_parameters;
    w->draws.n_parameters = w->first[w->n_fits];
    w->draws.value = calloc(n_draws * w->draws.n_parameters, sizeof(double));
    w->options.draws = (int64_t)n_draws;
}

/* Sets parameter j of block b of fit k in every draw. */
static inline void little_set(little_world *w, size_t k, size_t b, size_t j, double value)
{
    for (size_t d = 0; d < w->draws.n_draws; d++) w->draws.value[d * w->draws.n_parameters + w->first[k] + b * w->fits[k].block_size + j] = value;
}

static inline void little_free(little_world *w)
{
    for (size_t k = 0; k < w->n_fits; k++) mlab_design_free(w->fits[k].design);
    for (int e = 0; e < 2; e++) {
        free(w->events[e].what);
        free(w->events[e].day);
    }
    mlab_table_free(w->data.people);
    mlab_table_free(w->panel.rows);
    for (size_t i = 0; i < w->panel.n_ids; i++) free(w->panel.ids[i]);
    free(w->panel.ids);
    free(w->panel.person);
    free(w->panel.period);
    free(w->panel.since);
    free(w->panel.start);
    free(w->panel.stop);
    free(w->panel.arm);
    free(w->panel.final);
    free(w->draws.value);
    free(w);
}

/* Fits that use much of what formulas can say, with moderate coefficients that differ between draws. */
static inline void little_rich(little_world *w, size_t n_draws)
{
    little_fit(w, little_promotion, "promoted ~ arm + grade + ns(time_in_grade, 3) + gender");
    little_fit(w, little_retention, "exit ~ arm * gender + poly(tenure, 2) + satisfaction_last + mentoring_others + I(age^2) + arm:tenure");
    little_fit(w, little_satisfaction, "satisfaction ~ arm + grade + mentoring_others");
    little_draws(w, n_draws);
    for (size_t d = 0; d < n_draws; d++)
        for (size_t j = 0; j < w->draws.n_parameters; j++)
            w->draws.value[d * w->draws.n_parameters + j] = 0.2 * (little_uniform((uint32_t)(1000 + d), (uint32_t)j % 500) - 0.5);
    for (size_t d = 0; d < n_draws; d++) {
        double *value = w->draws.value + d * w->draws.n_parameters;
        value[w->first[0]] = -2.5;
        for (size_t b = 0; b < 2; b++) {
            size_t at = w->first[1] + b * w->fits[1].block_size;
            value[at] = -3 - (double)b;
            for (size_t c = 0; c < w->fits[1].block_size; c++)
                if (!strcmp(mlab_design_name(w->fits[1].design, c), "I(age^2)")) value[at + c] *= 0.001;
        }
        for (int k = 0; k < 4; k++) value[w->first[2] + (size_t)k] = -2 + 1.2 * k;
    }
}

#endif
