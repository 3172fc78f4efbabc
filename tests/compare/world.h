/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A panel put together row by row, for comparisons whose answer is known. */
#ifndef MLAB_TESTS_COMPARE_WORLD_H
#define MLAB_TESTS_COMPARE_WORLD_H

#include "mentorlab/compare.h"
#include "support/support.h"

#include <stdlib.h>
#include <string.h>

enum { WORLD_ROWS = 8000 };

typedef struct world_row {
    uint32_t person;
    int32_t since, arm;
    double share;
    int exit;     /* 0 none, 1 voluntary, 2 involuntary */
    int promoted; /* 0, 1; -1 = not at risk */
    int level;    /* of satisfaction, -1 = not asked */
    double x;
    int g; /* level of a factor a, b, c */
} world_row;

typedef struct world {
    mlab_context context;
    mlab_data data;
    mlab_panel panel;
    mlab_panel_event event[2];
    uint32_t person[WORLD_ROWS], spell[WORLD_ROWS];
    int32_t period[WORLD_ROWS], since[WORLD_ROWS], start[WORLD_ROWS], stop[WORLD_ROWS], arm[WORLD_ROWS], day[WORLD_ROWS];
    uint8_t prevalent[WORLD_ROWS], what[2][WORLD_ROWS], at_risk[2][WORLD_ROWS];
    double share[2][WORLD_ROWS];
    world_row row[WORLD_ROWS];
    size_t n;
} world;

static char *world_arms[] = {"none", "structured", "informal"};
static char *world_measures[] = {"satisfaction"};
static char *world_causes[] = {"voluntary", "involuntary"};
static char *world_promotion[] = {"promotion"};

static inline world *world_start(int32_t n_arms, int32_t n_causes)
{
    world *w = calloc(1, sizeof *w);
    w->context = mlab_test_context(NULL, 1);
    w->panel =
        (mlab_panel){.context = &w->context, .arms = world_arms, .n_arms = n_arms, .events = w->event, .n_events = 2, .measures = world_measures};
    w->event[0] = (mlab_panel_event){.name = "promotion", .response = "promoted", .causes = world_promotion, .n_causes = 1};
    w->event[1] = (mlab_panel_event){.name = "retention", .response = "exit", .causes = world_causes, .n_causes = n_causes};
    return w;
}

static inline void world_add(world *w, world_row row)
{
    ck_assert_uint_lt(w->n, WORLD_ROWS);
    w->row[w->n++] = row;
}

static inline mlab_column *world_column(world *w, const char *name, mlab_column_type type, const char *const *levels, int32_t n_levels)
{
    mlab_column *column;
    ck_assert_int_eq(mlab_table_add(w->panel.rows, name, type, levels, n_levels, &column, NULL), MLAB_OK);
    return column;
}

/* Makes the table and the panel's arrays from the rows; people must come in order. Five levels of satisfaction. */
static inline void world_finish(world *w)
{
    static const char *const levels[] = {"1", "2", "3", "4", "5"}, *const factor[] = {"a", "b", "c"};
    ck_assert_int_eq(mlab_table_make(&w->context, w->n, &w->panel.rows, NULL), MLAB_OK);
    mlab_column *x = world_column(w, "x", MLAB_COLUMN_REAL, NULL, 0);
    for (size_t i = 0; i < w->n; i++) x->as.real[i] = w->row[i].x;
    mlab_column *g = world_column(w, "g", MLAB_COLUMN_FACTOR, factor, 3);
    for (size_t i = 0; i < w->n; i++) g->as.integer[i] = w->row[i].g;
    mlab_column *s = world_column(w, "satisfaction", MLAB_COLUMN_FACTOR, levels, 5);
    s->ordered = true;
    for (size_t i = 0; i < w->n; i++) {
        const world_row *row = &w->row[i];
        if (row->level < 0)
            ck_assert_int_eq(mlab_column_set_missing(w->panel.rows, s, i, NULL), MLAB_OK);
        else
            s->as.integer[i] = row->level;
        w->person[i] = row->person;
        w->since[i] = w->period[i] = row->since;
        w->arm[i] = row->arm;
        w->start[i] = 91 * row->since;
        w->stop[i] = 91 * (row->since + 1);
        w->what[0][i] = row->promoted == 1;
        w->at_risk[0][i] = row->promoted >= 0;
        w->what[1][i] = (uint8_t)row->exit;
        w->at_risk[1][i] = 1;
        w->share[0][i] = row->promoted >= 0 ? row->share : 0;
        w->share[1][i] = row->share;
    }
    w->panel.n_rows = w->n;
    w->panel.person = w->person;
    w->panel.spell = w->spell;
    w->panel.period = w->period;
    w->panel.since = w->since;
    w->panel.start = w->start;
    w->panel.stop = w->stop;
    w->panel.arm = w->arm;
    w->panel.prevalent = w->prevalent;
    w->panel.n_measures = 1;
    w->panel.months_per_period = 3;
    for (int e = 0; e < 2; e++) {
        w->event[e].what = w->what[e];
        w->event[e].at_risk = w->at_risk[e];
        w->event[e].share = w->share[e];
        w->event[e].day = w->day;
    }
    w->data = (mlab_data){.context = &w->context, .panel = &w->panel};
}

static inline void world_end(world *w)
{
    mlab_table_free(w->panel.rows);
    free(w);
}

/* People of a panel with starts that hang on x and g. */
static inline world *world_starters(uint32_t people, int32_t n_arms)
{
    world *w = world_start(n_arms, 2);
    uint32_t state = 12345;
    for (uint32_t i = 0; i < people; i++) {
        int arm = 0;
        double x = (double)(i % 11) / 5 - 1;
        int g = (int)(i % 3);
        for (int t = 0; t < 6; t++) {
            uint32_t draw[4];
            for (int k = 0; k < 4; k++) draw[k] = (state = state * 1664525 + 1013904223) >> 16;
            int exit = draw[0] % 100 < (arm ? 5u : 8u) + (g == 2 ? 3 : 0) ? 1 + (draw[1] % 3 == 0) : 0, level = t % 2 ? (int)(draw[2] % 5) : -1;
            world_add(w, (world_row){.person = i,
                                     .since = t,
                                     .arm = arm,
                                     .share = t == 0 ? 0.5 : 1,
                                     .exit = exit,
                                     .promoted = g == 2 && x > 0.5 ? -1 : draw[3] % 100 < 6,
                                     .level = level,
                                     .x = x,
                                     .g = g});
            if (exit) break;
            if (arm == 0 && draw[1] % 100 < (x > 0 ? 20u : 10u)) arm = 1 + (int)(draw[2] % (uint32_t)(n_arms - 1));
        }
    }
    world_finish(w);
    return w;
}

static char *world_adjust[] = {"x", "g"};

/* What to compare: everything, at the given horizons in months. */
static inline mlab_compare_spec world_spec(double *horizons, size_t n_horizons, size_t n_adjust)
{
    static const mlab_outcome outcomes[] = {
        {.name = "retention", .kind = MLAB_OUTCOME_EVENT, .better = 1, .absence = true},
        {.name = "promotion", .kind = MLAB_OUTCOME_EVENT, .better = 1},
        {.name = "satisfaction", .kind = MLAB_OUTCOME_ORDINAL, .better = 1},
    };
    return (mlab_compare_spec){.outcomes = outcomes,
                               .n_outcomes = 3,
                               .adjust = world_adjust,
                               .n_adjust = n_adjust,
                               .horizons = horizons,
                               .n_horizons = n_horizons,
                               .satisfied_from = -1};
}

static inline mlab_comparison *world_compare(world *w, const mlab_compare_spec *spec, const mlab_compare_options *options)
{
    mlab_comparison *comparison;
    mlab_error err = {0};
    mlab_status status = mlab_compare(&w->context, &w->data, spec, options, &comparison, &err);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    return comparison;
}

static inline const mlab_contrast *world_find(const mlab_comparison *c, const char *outcome, const char *arm, const char *measure, const char *method,
                                              double horizon)
{
    for (size_t i = 0; i < c->n_contrasts; i++) {
        const mlab_contrast *k = &c->contrasts[i];
        if (!strcmp(k->outcome, outcome) && !strcmp(k->arm, arm) && !strcmp(k->measure, measure) && !strcmp(k->method, method) &&
            k->horizon == horizon && !*k->group)
            return k;
    }
    ck_abort_msg("no contrast %s %s %s %s %g", outcome, arm, measure, method, horizon);
    return NULL;
}

#endif
