/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lag of the outcome beside an effect of each person, with and without the initial condition. */
#include "core/random.h"
#include "fit/model.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* People whose histories began 12 periods before the panel; y_last is the answer of the period before.
 *
 *   before the panel     | panel: y_last = y of the period before
 *   y y y ... y  y_first | y y y y y y
 *   effect a, x = a / 2 + noise: covariates go with the person's effect, too
 */
enum { PEOPLE = 400, TIMES = 6, BEFORE = 12, ROWS = PEOPLE * TIMES };
static const double LAG = 0.3, SLOPE = 0.5;

static mlab_context context;
static mlab_fit_options options;
static mlab_panel panel;
static mlab_data data;
static mlab_table *table;
static uint32_t person[ROWS], spell[ROWS];
static int32_t start_day[ROWS], stop_day[ROWS];

typedef enum kind { NUMBER, YES_NO, LEVELS, CLOGLOG } kind;
static const char *const models[] = {"linear", "logit", "ordinal", "cloglog"};

static double answer(kind k, double eta, const mlab_address *at)
{
    double uniform = mlab_random_uniform(at, 0), logistic = log(uniform / (1 - uniform));
    if (k == NUMBER) return eta + mlab_random_normal(at, 2);
    if (k == YES_NO) return eta + logistic > 0;
    if (k == CLOGLOG) return uniform < 1 - exp(-exp(eta - 0.5));
    return (eta + logistic > -1) + (eta + logistic > 1); /* levels 0, 1, 2 */
}

static mlab_column *add(const char *name, bool number)
{
    mlab_column *column;
    ck_assert_int_eq(mlab_table_add(table, name, number ? MLAB_COLUMN_REAL : MLAB_COLUMN_INTEGER, NULL, 0, &column, NULL), MLAB_OK);
    return column;
}

static const char *const levels[] = {"low", "mid", "high"}, *const arms[] = {"none", "own boss"};

static void make_columns(kind k)
{
    mlab_column *column;
    for (int last = 0; last < 2; last++)
        if (k == LEVELS) {
            ck_assert_int_eq(mlab_table_add(table, last ? "y_last" : "y", MLAB_COLUMN_FACTOR, levels, 3, &column, NULL), MLAB_OK);
            column->ordered = true;
        } else
            add(last ? "y_last" : "y", k == NUMBER);
    add("x", true);
    ck_assert_int_eq(mlab_table_add(table, "arm", MLAB_COLUMN_FACTOR, arms, 2, &column, NULL), MLAB_OK);
}

static void put(const char *name, size_t row, double value)
{
    mlab_column *column = mlab_table_find(table, name);
    if (column->type == MLAB_COLUMN_REAL)
        column->as.real[row] = value;
    else
        column->as.integer[row] = (int32_t)value;
}

/* The lag acts by what it is: a number, yes, or each of the higher levels. */
static void make_history(kind k, uint32_t seed, uint32_t who)
{
    mlab_address at = {.seed = seed, .entity = who, .period = 0, .purpose = MLAB_PURPOSE_TEST};
    double effect = 0.9 * mlab_random_normal(&at, 4), last = 0;
    uint32_t joins = who % (TIMES + 2);
    for (uint32_t t = 0; t < BEFORE + TIMES; t++) {
        at.period = (uint16_t)(t + 1);
        double x = 0.5 * effect + mlab_random_normal(&at, 4), y = answer(k, LAG * (k == NUMBER ? 1 : 2) * last + SLOPE * x + effect, &at);
        if (t >= BEFORE) {
            size_t row = (size_t)who * TIMES + t - BEFORE;
            put("y", row, y);
            put("y_last", row, last);
            put("x", row, x);
            put("arm", row, t - BEFORE >= joins);
            person[row] = who;
            start_day[row] = (int32_t)(90 * (t - BEFORE));
            stop_day[row] = start_day[row] + 90;
        }
        last = y;
    }
}

static void make_data(kind k, uint32_t seed, size_t n_people, mlab_test_memory *memory)
{
    context = mlab_test_context(memory, 2);
    options = mlab_fit_defaults();
    ck_assert_int_eq(mlab_table_make(&context, n_people * TIMES, &table, NULL), MLAB_OK);
    make_columns(k);
    for (uint32_t who = 0; who < n_people; who++) make_history(k, seed, who);
    panel = (mlab_panel){.context = &context,
                         .rows = table,
                         .n_rows = n_people * TIMES,
                         .n_people = n_people,
                         .n_ids = n_people,
                         .person = person,
                         .spell = spell,
                         .start = start_day,
                         .stop = stop_day};
    data = (mlab_data){.context = &context, .panel = &panel};
}

static mlab_outcome outcome_of(kind k, mlab_initial initial, const char *formula)
{
    return (mlab_outcome){.name = (char *)"y",
                          .kind = k == NUMBER   ? MLAB_OUTCOME_NUMBER
                                  : k == LEVELS ? MLAB_OUTCOME_ORDINAL
                                                : MLAB_OUTCOME_YES_NO,
                          .better = 1,
                          .model = (char *)(uintptr_t)models[k],
                          .formula = (char *)(uintptr_t)formula,
                          .initial = initial};
}

static mlab_fit *fit_of(mlab_outcome outcome)
{
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_msg(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    return fit;
}

static size_t parameter(const mlab_fit *fit, const char *name)
{
    for (size_t j = 0; j < fit->n_parameters; j++)
        if (strcmp(fit->names[j], name) == 0) return j;
    ck_abort_msg("no parameter %s", name);
    return 0;
}

/* Standard errors from the truth. */
static double z_of(const mlab_fit *fit, const char *name, double truth)
{
    size_t j = parameter(fit, name);
    return (fit->estimate[j] - truth) / mlab_fit_standard_error(fit, j);
}

/* 3.5 standard errors: a right fit is missed by chance in 1 of 2,000 comparisons, of which there are 2 a kind. Seeds are fixed. */
static void compare_with_and_without(kind k)
{
    const char *lag = k == LEVELS ? "y_lasthigh" : "y_last";
    double truth = k == NUMBER ? LAG : k == LEVELS ? 4 * LAG : 2 * LAG;
    make_data(k, 5, PEOPLE, NULL);
    options.quadrature = k == NUMBER ? 1 : 5;
    mlab_fit *naive = fit_of(outcome_of(k, MLAB_INITIAL_NONE, "y ~ y_last + x + (1 | person)"));
    ck_assert_msg(strstr(naive->reason, "write initial: wooldridge") != NULL, "%s", naive->reason);
    ck_assert_msg(z_of(naive, lag, truth) > 4, "%s: %.2f", models[k], z_of(naive, lag, truth));
    mlab_fit *fit = fit_of(outcome_of(k, MLAB_INITIAL_WOOLDRIDGE, "y ~ y_last + x + (1 | person)"));
    ck_assert_str_eq(fit->formula, "y ~ y_last + x + (1 | person) + y_first + x_mean");
    ck_assert_str_eq(fit->reason, "");
    ck_assert_msg(fabs(z_of(fit, lag, truth)) < 3.5, "%s lag: %.2f, without %.2f", models[k], z_of(fit, lag, truth), z_of(naive, lag, truth));
    ck_assert_msg(fabs(z_of(fit, "x", SLOPE)) < 3.5, "%s x: %.2f, without %.2f", models[k], z_of(fit, "x", SLOPE), z_of(naive, "x", SLOPE));
    mlab_fit_free(naive);
    mlab_fit_free(fit);
    mlab_table_free(table);
}

START_TEST(the_first_value_and_means_take_the_bias_of_a_lag_of_a_number_away)
{
    compare_with_and_without(NUMBER);
}
END_TEST

START_TEST(and_of_yes_or_no)
{
    compare_with_and_without(YES_NO);
}
END_TEST

START_TEST(and_of_ordered_levels)
{
    compare_with_and_without(LEVELS);
}
END_TEST

START_TEST(and_of_a_hazard)
{
    compare_with_and_without(CLOGLOG);
}
END_TEST

/* The terms in numbers: the first row of each person, and means over their rows of the fit. */
START_TEST(first_values_and_means_are_those_of_the_rows_of_the_fit)
{
    make_data(NUMBER, 6, 40, NULL);
    mlab_column *last = mlab_table_find(table, "y_last"), *x = mlab_table_find(table, "x");
    ck_assert_int_eq(mlab_column_set_missing(table, last, 0, NULL), MLAB_OK); /* person 0 has rows 1 .. 5 */
    double first[40], mean[40], *columns = calloc(2 * 40 * TIMES, sizeof *columns);
    for (size_t who = 0; who < 40; who++) {
        size_t from = who * TIMES + (who == 0), to = (who + 1) * TIMES;
        first[who] = last->as.real[from];
        mean[who] = 0;
        for (size_t i = from; i < to; i++) mean[who] += x->as.real[i] / (double)(to - from);
        for (size_t i = who * TIMES; i < to; i++) columns[i] = first[who], columns[40 * TIMES + i] = mean[who];
    }
    mlab_fit *made = fit_of(outcome_of(NUMBER, MLAB_INITIAL_WOOLDRIDGE, "y ~ y_last + x + (1 | person)"));
    memcpy(add("z_first", true)->as.real, columns, 40 * TIMES * sizeof *columns);
    memcpy(add("z_mean", true)->as.real, columns + 40 * TIMES, 40 * TIMES * sizeof *columns);
    mlab_fit *by_hand = fit_of(outcome_of(NUMBER, MLAB_INITIAL_NONE, "y ~ y_last + x + z_first + z_mean + (1 | person)"));
    ck_assert_uint_eq(made->n_rows, 40 * TIMES - 1);
    ck_assert_uint_eq(made->n_parameters, by_hand->n_parameters);
    for (size_t j = 0; j < made->n_parameters; j++) ck_near(made->estimate[j], by_hand->estimate[j], 1e-12, 1e-12);
    ck_near(made->log_likelihood, by_hand->log_likelihood, 1e-12, 0);
    mlab_fit_free(made);
    mlab_fit_free(by_hand);
    free(columns);
    mlab_table_free(table);
}
END_TEST

/* Factors that change have the share of every level but the first; what stays the same, or groups rows, has no mean. */
START_TEST(levels_have_shares_and_what_does_not_change_has_none)
{
    make_data(YES_NO, 7, 60, NULL);
    mlab_column *fixed = add("born", true);
    for (size_t i = 0; i < 60 * TIMES; i++) fixed->as.real[i] = sin((double)person[i]);
    mlab_column *team = add("team", false);
    for (size_t i = 0; i < 60 * TIMES; i++) team->as.integer[i] = (int32_t)(i % 7);
    mlab_fit *fit = fit_of(outcome_of(YES_NO, MLAB_INITIAL_WOOLDRIDGE, "y ~ y_last + arm + born + (1 | person) + (1 | team)"));
    ck_assert_str_eq(fit->formula, "y ~ y_last + arm + born + (1 | person) + (1 | team) + y_first + `arm_own boss_mean`");
    mlab_fit_free(fit);
    mlab_table_free(table);
}
END_TEST

static void refused(mlab_outcome outcome, const char *word)
{
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_int_ne(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err), MLAB_OK);
    ck_assert_ptr_null(fit);
    ck_assert_msg(strstr(err.sentence, word) != NULL, "%s", err.sentence);
}

START_TEST(where_there_is_no_initial_condition_to_tell_it_says_so)
{
    make_data(NUMBER, 8, 40, NULL);
    refused(outcome_of(NUMBER, MLAB_INITIAL_WOOLDRIDGE, "y ~ x + (1 | person)"), "y_last + ... + (1 | person)");
    refused(outcome_of(NUMBER, MLAB_INITIAL_WOOLDRIDGE, "y ~ y_last + x"), "an effect of each person");
    add("y_first", true);
    refused(outcome_of(NUMBER, MLAB_INITIAL_WOOLDRIDGE, "y ~ y_last + x + (1 | person)"), "makes a column \"y_first\"");
    data.panel = NULL;
    data.people = table;
    memcpy(add("person", false)->as.integer, person, 40 * TIMES * sizeof *person);
    refused(outcome_of(NUMBER, MLAB_INITIAL_WOOLDRIDGE, "y ~ y_last + x + (1 | person)"), "needs a panel");
    mlab_table_free(table);
}
END_TEST

START_TEST(every_failing_allocation_is_told)
{
    mlab_test_memory memory = {0};
    mlab_outcome outcome = outcome_of(NUMBER, MLAB_INITIAL_WOOLDRIDGE, "y ~ y_last + x + arm + (1 | person)");
    make_data(NUMBER, 9, 30, &memory);
    size_t k = 1;
    for (;; k++) {
        mlab_fit *fit;
        long live = memory.live;
        memory.fail_at = memory.calls + (long)k;
        mlab_status status = mlab_fit_outcome(&context, &data, &outcome, &options, &fit, NULL);
        bool done = memory.calls < memory.fail_at;
        memory.fail_at = 0;
        if (done) {
            ck_assert_int_eq(status, MLAB_OK);
            mlab_fit_free(fit);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        ck_assert_ptr_null(fit);
        ck_assert_int_eq(memory.live, live);
    }
    ck_assert_uint_gt(k, 20);
    mlab_table_free(table);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

MLAB_TEST_MAIN("initial", the_first_value_and_means_take_the_bias_of_a_lag_of_a_number_away, and_of_yes_or_no, and_of_ordered_levels, and_of_a_hazard,
               first_values_and_means_are_those_of_the_rows_of_the_fit, levels_have_shares_and_what_does_not_change_has_none,
               where_there_is_no_initial_condition_to_tell_it_says_so, every_failing_allocation_is_told)
