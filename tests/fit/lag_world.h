/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People whose answers hold their last answer and an effect of each person. Some are seen from their first answer on, some began before the panel.
 *
 *   before the panel     | panel: y_last = y of the period before
 *   y y y ... y          | y y y y y y       began before
 *                        | y y y y y y       begins here: y_last of the first row is missing
 */
#ifndef MLAB_TESTS_FIT_LAG_WORLD_H
#define MLAB_TESTS_FIT_LAG_WORLD_H

#include "core/random.h"
#include "fit/model.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum lag_kind { LAG_NUMBER, LAG_YES_NO, LAG_LEVELS } lag_kind;
static const char *const lag_models[] = {"linear", "logit", "ordinal"};
static const char *const lag_levels[] = {"low", "mid", "high"};

typedef struct lag_truth {
    lag_kind kind;
    uint32_t seed, people, periods, before; /* people with (who % 4) < begins of 4 begin in the panel */
    uint32_t begins;
    double lag, slope, sd;
} lag_truth;

typedef struct lag_world {
    mlab_table *table;
    mlab_panel panel;
    mlab_data data;
    uint32_t *person, *spell;
    int32_t *start, *stop;
} lag_world;

static inline double lag_answer(lag_kind kind, double eta, const mlab_address *at)
{
    double uniform = mlab_random_uniform(at, 0), logistic = log(uniform / (1 - uniform));
    if (kind == LAG_NUMBER) return eta + mlab_random_normal(at, 2);
    if (kind == LAG_YES_NO) return eta + logistic > 0;
    return (eta + logistic > -1) + (eta + logistic > 1);
}

static inline void lag_put(mlab_table *table, const char *name, size_t row, double value)
{
    mlab_column *column = mlab_table_find(table, name);
    if (column->type == MLAB_COLUMN_REAL)
        column->as.real[row] = value;
    else
        column->as.integer[row] = (int32_t)value;
}

/* The effect of the last answer: of a number, of yes, of each level above the lowest. x is unrelated to the effect. */
static inline void lag_history(lag_world *w, const lag_truth *t, uint32_t who)
{
    mlab_address at = {.seed = t->seed, .entity = who, .period = 0, .purpose = MLAB_PURPOSE_TEST};
    double effect = t->sd * mlab_random_normal(&at, 4), last = 0;
    bool begins = who % 4 < t->begins;
    for (uint32_t p = begins ? t->before : 0; p < t->before + t->periods; p++) {
        at.period = (uint16_t)(p + 1);
        bool none = begins && p == t->before;
        double x = mlab_random_normal(&at, 4), y = lag_answer(t->kind, t->lag * last + t->slope * x + effect + (none ? 0.4 : 0), &at);
        if (p >= t->before) {
            size_t row = (size_t)who * t->periods + p - t->before;
            lag_put(w->table, "y", row, y);
            lag_put(w->table, "x", row, x);
            if (none)
                ck_assert_int_eq(mlab_column_set_missing(w->table, mlab_table_find(w->table, "y_last"), row, NULL), MLAB_OK);
            else
                lag_put(w->table, "y_last", row, last);
            w->person[row] = who;
            w->start[row] = (int32_t)(90 * (p - t->before));
            w->stop[row] = w->start[row] + 90;
        }
        last = y;
    }
}

static inline void *lag_room(size_t n, size_t size)
{
    void *memory = calloc(n, size);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

static inline void lag_column(mlab_table *table, const char *name, lag_kind kind)
{
    mlab_column *column;
    mlab_column_type type = kind == LAG_NUMBER ? MLAB_COLUMN_REAL : kind == LAG_YES_NO ? MLAB_COLUMN_INTEGER : MLAB_COLUMN_FACTOR;
    ck_assert_int_eq(mlab_table_add(table, name, type, kind == LAG_LEVELS ? lag_levels : NULL, kind == LAG_LEVELS ? 3 : 0, &column, NULL), MLAB_OK);
    column->ordered = kind == LAG_LEVELS;
}

/* Empty columns y, y_last, x of people rows. */
static inline void lag_world_start(lag_world *w, const mlab_context *context, lag_kind kind, size_t n, size_t people)
{
    ck_assert_int_eq(mlab_table_make(context, n, &w->table, NULL), MLAB_OK);
    lag_column(w->table, "y", kind);
    lag_column(w->table, "y_last", kind);
    lag_column(w->table, "x", LAG_NUMBER);
    w->person = lag_room(n, sizeof *w->person);
    w->spell = lag_room(n, sizeof *w->spell);
    w->start = lag_room(n, sizeof *w->start);
    w->stop = lag_room(n, sizeof *w->stop);
    w->panel = (mlab_panel){.context = context,
                            .rows = w->table,
                            .n_rows = n,
                            .n_people = people,
                            .n_ids = people,
                            .person = w->person,
                            .spell = w->spell,
                            .start = w->start,
                            .stop = w->stop};
    w->data = (mlab_data){.context = context, .panel = &w->panel};
}

static inline void lag_world_make(lag_world *w, const mlab_context *context, const lag_truth *t)
{
    lag_world_start(w, context, t->kind, (size_t)t->people * t->periods, t->people);
    for (uint32_t who = 0; who < t->people; who++) lag_history(w, t, who);
}

static inline void lag_world_free(lag_world *w)
{
    mlab_table_free(w->table);
    free(w->person);
    free(w->spell);
    free(w->start);
    free(w->stop);
}

static inline mlab_outcome lag_outcome(lag_kind kind, mlab_initial initial, const char *formula)
{
    return (mlab_outcome){.name = (char *)"y",
                          .kind = kind == LAG_NUMBER   ? MLAB_OUTCOME_NUMBER
                                  : kind == LAG_LEVELS ? MLAB_OUTCOME_ORDINAL
                                                       : MLAB_OUTCOME_YES_NO,
                          .better = 1,
                          .model = (char *)(uintptr_t)lag_models[kind],
                          .formula = (char *)(uintptr_t)formula,
                          .initial = initial};
}

static inline size_t lag_parameter(const mlab_fit *fit, const char *name)
{
    for (size_t j = 0; j < fit->n_parameters; j++)
        if (strcmp(fit->names[j], name) == 0) return j;
    ck_abort_msg("no parameter %s", name);
    return 0;
}

#endif
