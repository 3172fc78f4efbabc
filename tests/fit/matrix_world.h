/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One world for every model.
 *
 * 160 people in 16 teams: x and z continuous; every kind of response depends a little on x. For hazards the rows are quarters, ten to a person.
 */
#ifndef MLAB_TESTS_FIT_MATRIX_WORLD_H
#define MLAB_TESTS_FIT_MATRIX_WORLD_H

#include "fit/outcome.h"
#include "fit/worlds.h"

#include <stdio.h>

enum { N = 160, TEAMS = 16 };
static mlab_context context;
static mlab_table *table;
static mlab_data people, quarters;
static mlab_panel panel;
static mlab_panel_event event;
static uint32_t person[N], spell[N];
static int32_t start_day[N], stop_day[N], exit_day[N];
static uint8_t left[N], at_risk[N];
static double share[N];
static char *causes[] = {"voluntary", "involuntary"};

static double spread(size_t i, size_t step, size_t of)
{
    return (double)((i * step) % of) / (double)of;
}

static void add(const char *name, mlab_column_type type, const char *const *levels, int32_t n_levels)
{
    mlab_column *column;
    ck_assert_int_eq(mlab_table_add(table, name, type, levels, n_levels, &column, NULL), MLAB_OK);
}

/* A column to be written, once no more are added. */
static mlab_column *own(const char *name)
{
    return (mlab_column *)mlab_table_find(table, name);
}

static void make_world(void)
{
    static const char *const no_yes[] = {"no", "yes"}, *const four[] = {"a", "b", "c", "d"};
    context = mlab_test_context(NULL, 1);
    ck_assert_int_eq(mlab_table_make(&context, N, &table, NULL), MLAB_OK);
    add("x", MLAB_COLUMN_REAL, NULL, 0);
    add("z", MLAB_COLUMN_REAL, NULL, 0);
    add("w", MLAB_COLUMN_INTEGER, NULL, 0);
    add("team", MLAB_COLUMN_INTEGER, NULL, 0);
    add("score", MLAB_COLUMN_REAL, NULL, 0);
    add("pay", MLAB_COLUMN_REAL, NULL, 0);
    add("count", MLAB_COLUMN_INTEGER, NULL, 0);
    add("time", MLAB_COLUMN_INTEGER, NULL, 0);
    add("status", MLAB_COLUMN_INTEGER, NULL, 0);
    add("yes", MLAB_COLUMN_FACTOR, no_yes, 2);
    add("level", MLAB_COLUMN_FACTOR, four, 4);
    mlab_column *x = own("x"), *z = own("z"), *w = own("w"), *team = own("team"), *score = own("score"), *pay = own("pay"), *count = own("count"),
                *time = own("time"), *status = own("status"), *yes = own("yes"), *level = own("level");
    level->ordered = true;
    for (size_t i = 0; i < N; i++) {
        double lean = spread(i / 10, 7, TEAMS) - 0.5, noise = spread(i, 149, 239) * 4 - 2, up = spread(i, 101, 233);
        x->as.real[i] = 2 * spread(i, 37, 61) - 1;
        z->as.real[i] = 2 * spread(i, 17, 53) - 1;
        double at = 0.5 * x->as.real[i] + lean + noise;
        w->as.integer[i] = 1 + (int32_t)(i % 3);
        team->as.integer[i] = (int32_t)(i / 10);
        score->as.real[i] = 3 + at;
        pay->as.real[i] = exp(1 + 0.3 * at);
        count->as.integer[i] = (int32_t)floor(6 * up * up * up * exp(0.5 * x->as.real[i] + lean));
        yes->as.integer[i] = at > 0;
        level->as.integer[i] = at < -1.2 ? 0 : at < 0 ? 1 : at < 1 ? 2 : 3;
        time->as.integer[i] = 1 + (int32_t)(200 * pow(-log(1 - 0.99 * up), 0.8) * exp(-0.3 * x->as.real[i]));
        status->as.integer[i] = i % 4 != 0;
        person[i] = (uint32_t)(i / 10);
        start_day[i] = (int32_t)(90 * (i % 10));
        stop_day[i] = start_day[i] + 90;
        at_risk[i] = 1;
        share[i] = 1;
        left[i] = up > 0.75 ? 1 : up < 0.2 ? 2 : 0;
        exit_day[i] = left[i] ? start_day[i] + 30 : INT32_MIN;
    }
    event = (mlab_panel_event){"retention", "exit", causes, 2, left, at_risk, share, exit_day};
    panel = (mlab_panel){.context = &context,
                         .rows = table,
                         .n_rows = N,
                         .n_people = TEAMS,
                         .person = person,
                         .spell = spell,
                         .start = start_day,
                         .stop = stop_day,
                         .events = &event,
                         .n_events = 1};
    people = (mlab_data){.context = &context, .people = table, .person_level = true};
    quarters = (mlab_data){.context = &context, .panel = &panel};
}

static bool is(const mlab_model *model, const char *name)
{
    return strcmp(model->name, name) == 0;
}

/* States, parts and ratings have worlds of their own. */
static bool tried(const mlab_model *model)
{
    return !(model->marks & MLAB_MODEL_STATES) && !is(model, "joint") && !is(model, "raters");
}

static const char *response_of(const mlab_model *model)
{
    if (model->marks & MLAB_MODEL_SHARE) return "exit";
    if (model->marks & MLAB_MODEL_TIMES) return "event(time, status)";
    if (!(model->marks & MLAB_MODEL_NUMBER)) return model->marks & MLAB_MODEL_TWO ? "yes" : "level";
    return is(model, "linear") ? "score" : is(model, "gamma") || is(model, "lognormal") ? "pay" : "count";
}

static bool effects; /* of x by threshold and on the scale */

static mlab_outcome outcome_of(const mlab_model *model, const char *right, char text[120])
{
    snprintf(text, 120, "%s ~ %s", response_of(model), right);
    static char *x_term[] = {"x"};
    mlab_outcome outcome = {.name = "it",
                            .kind = model->kind < 0 ? MLAB_OUTCOME_ORDINAL : (mlab_outcome_kind)model->kind,
                            .better = 1,
                            .model = (char *)model->name,
                            .formula = text};
    if (effects) {
        outcome.nominal = outcome.scale = x_term;
        outcome.n_nominal = outcome.n_scale = 1;
    }
    return outcome;
}

static const mlab_data *data_of(const mlab_model *model)
{
    return model->marks & MLAB_MODEL_SHARE ? &quarters : &people;
}

/* The fit, or NULL with a sentence. */
static mlab_fit *fit_of(const mlab_model *model, const mlab_outcome *outcome, const mlab_fit_options *options, const char *what)
{
    mlab_fit *fit = NULL;
    mlab_error err = {0};
    mlab_status status = mlab_fit_outcome(&context, data_of(model), outcome, options, &fit, &err);
    if (status) ck_assert_msg(strlen(err.sentence) > 20 && !fit, "%s with %s: refused without a sentence: \"%s\"", model->name, what, err.sentence);
    for (size_t j = 0; fit && j < fit->n_parameters; j++)
        ck_assert_msg(isfinite(fit->estimate[j]), "%s with %s: %s is %g", model->name, what, fit->names[j], fit->estimate[j]);
    return fit;
}

#define RIGHT "x + z + cluster(team)"

#endif
