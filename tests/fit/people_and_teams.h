/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People who change between teams, for draws and refits of mixed models. */
#ifndef MLAB_TESTS_FIT_PEOPLE_AND_TEAMS_H
#define MLAB_TESTS_FIT_PEOPLE_AND_TEAMS_H

#include "core/random.h"
#include "fit/outcome.h"
#include "fit/worlds.h"

enum { GROUPS = 40, ROWS = 8, N = GROUPS * ROWS, TEAMS = 6, EFFECTS = GROUPS + TEAMS };

static mlab_context context;
static double x[N], number[N];
static int32_t person[N], team[N], event[N];

/* People of 8 rows each, who change between 6 teams; a slope of x that differs between people by 0.5. */
static inline mlab_table *table_of(int threads)
{
    mlab_column *column;
    world w = {0};
    context = mlab_test_context(NULL, threads);
    for (uint32_t i = 0; i < N; i++) {
        mlab_address row = {.seed = 31, .entity = i, .purpose = MLAB_PURPOSE_TEST}, who = row, where = row;
        person[i] = (int32_t)(who.entity = i / ROWS);
        who.period = 1;
        team[i] = (int32_t)(where.entity = (uint32_t)(TEAMS * mlab_random_uniform(&row, 2)));
        where.period = 2;
        x[i] = mlab_random_normal(&row, 0);
        double eta = 0.3 + (0.5 + 0.5 * mlab_random_normal(&who, 1)) * x[i] + mlab_random_normal(&who, 0) + 0.7 * mlab_random_normal(&where, 0);
        double u = mlab_random_uniform(&row, 4);
        event[i] = eta + log(u / (1 - u)) > 0;
        number[i] = eta + 0.8 * mlab_random_normal(&row, 6);
    }
    world_real(&w, &context, "x", x, N);
    world_real(&w, &context, "number", number, N);
    ck_assert_int_eq(mlab_table_add(w.table, "event", MLAB_COLUMN_INTEGER, NULL, 0, &column, NULL), MLAB_OK);
    memcpy(column->as.integer, event, sizeof event);
    ck_assert_int_eq(mlab_table_add(w.table, "person", MLAB_COLUMN_INTEGER, NULL, 0, &column, NULL), MLAB_OK);
    memcpy(column->as.integer, person, sizeof person);
    ck_assert_int_eq(mlab_table_add(w.table, "team", MLAB_COLUMN_INTEGER, NULL, 0, &column, NULL), MLAB_OK);
    memcpy(column->as.integer, team, sizeof team);
    return w.table;
}

static const mlab_outcome linear_outcome = {.name = "number", .kind = MLAB_OUTCOME_NUMBER, .model = "linear", .better = 1};
static const mlab_outcome yes_no_outcome = {.name = "event", .kind = MLAB_OUTCOME_YES_NO, .model = "logit", .better = 1};

static inline mlab_fit *fit_of(const mlab_data *data, const mlab_outcome *outcome, const mlab_fit_options *options)
{
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_msg(mlab_fit_outcome(&context, data, outcome, options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    return fit;
}

#endif
