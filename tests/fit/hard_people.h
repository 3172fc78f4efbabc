/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs that break models, given to those whose rows are periods of people: joint models, first values with an equation of their own or as terms.
 * Each ends in numbers that are finite and either trusted or doubted in words, or in an error with a sentence, and in time.
 *
 * A base world of 40 people of 5 periods: y levels, number a number, z 0 or 1, each a little with x and the person; leaving ends nobody's rows, so
 * that every part has all of them.
 */
#ifndef MLAB_TESTS_FIT_HARD_PEOPLE_H
#define MLAB_TESTS_FIT_HARD_PEOPLE_H

#include "core/random.h"
#include "fit/hard.h"
#include "mentorlab/joint.h"

enum { PEOPLE = 40, PERIODS = 5, ROWS = PEOPLE * PERIODS };

typedef struct input {
    size_t n;
    double x[ROWS], number[ROWS], number_last[ROWS];
    int32_t level[ROWS], level_last[ROWS], two[ROWS], two_last[ROWS];
    uint32_t person[ROWS];
    bool no_last[ROWS], no_answer[ROWS];
} input;

static mlab_context context;
static mlab_table *table;
static mlab_panel panel;
static mlab_data data;
static uint32_t spell[ROWS];
static int32_t start_day[ROWS], stop_day[ROWS];
static const char *const levels[] = {"low", "mid", "high"};

static void lag(input *in)
{
    for (size_t i = 0; i < in->n; i++) {
        bool first = i == 0 || in->person[i] != in->person[i - 1];
        in->no_last[i] = first;
        in->number_last[i] = first ? 0 : in->number[i - 1];
        in->level_last[i] = first ? 0 : in->level[i - 1];
        in->two_last[i] = first ? 0 : in->two[i - 1];
    }
}

static void make_base(input *in)
{
    memset(in, 0, sizeof *in);
    in->n = ROWS;
    for (uint32_t i = 0; i < ROWS; i++) {
        mlab_address at = {.seed = 5, .entity = i / PERIODS, .purpose = MLAB_PURPOSE_TEST}, of_row = at;
        of_row.period = (uint16_t)(1 + i % PERIODS);
        double effect = mlab_random_normal(&at, 0), u = mlab_random_uniform(&of_row, 0), e = log(u / (1 - u));
        in->person[i] = i / PERIODS;
        in->x[i] = mlab_random_normal(&of_row, 2);
        in->number[i] = 0.5 * in->x[i] + effect + mlab_random_normal(&of_row, 4);
        in->level[i] = (0.5 * in->x[i] + effect + e > -1) + (0.5 * in->x[i] + effect + e > 1);
        in->two[i] = mlab_random_uniform(&of_row, 6) < 1 / (1 + exp(1 - 0.8 * effect));
    }
    lag(in);
}

static mlab_column *add(const char *name, mlab_column_type type)
{
    mlab_column *column;
    bool factor = type == MLAB_COLUMN_FACTOR;
    ck_assert_int_eq(mlab_table_add(table, name, type, factor ? levels : NULL, factor ? 3 : 0, &column, NULL), MLAB_OK);
    column->ordered = factor;
    return column;
}

static void build(const input *in)
{
    static const char *const names[] = {"x", "number", "number_last", "level", "level_last", "two", "two_last"};
    ck_assert_int_eq(mlab_table_make(&context, in->n, &table, NULL), MLAB_OK);
    const double *const reals[] = {in->x, in->number, in->number_last};
    const int32_t *const codes[] = {in->level, in->level_last, in->two, in->two_last};
    for (size_t k = 0; k < 3; k++) memcpy(add(names[k], MLAB_COLUMN_REAL)->as.real, reals[k], in->n * sizeof(double));
    for (size_t k = 0; k < 4; k++)
        memcpy(add(names[3 + k], k < 2 ? MLAB_COLUMN_FACTOR : MLAB_COLUMN_INTEGER)->as.integer, codes[k], in->n * sizeof(int32_t));
    for (size_t i = 0; i < in->n; i++)
        for (size_t k = 1; k < 7; k++)
            if (k % 2 == 0 ? in->no_last[i] : in->no_answer[i])
                ck_assert_int_eq(mlab_column_set_missing(table, mlab_table_find(table, names[k]), i, NULL), MLAB_OK);
    uint32_t people = in->n ? in->person[in->n - 1] + 1 : 0;
    for (size_t i = 0; i < in->n; i++) {
        start_day[i] = (int32_t)(90 * (i % PERIODS));
        stop_day[i] = start_day[i] + 90;
    }
    panel = (mlab_panel){.context = &context,
                         .rows = table,
                         .n_rows = in->n,
                         .n_people = people,
                         .n_ids = people,
                         .person = (uint32_t *)(uintptr_t)in->person,
                         .spell = spell,
                         .start = start_day,
                         .stop = stop_day};
    data = (mlab_data){.context = &context, .panel = &panel};
}

/* --- what makes it hard ---------------------------------------------------------------------------------------------- */

static void constant_column(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->x[i] = 7;
}
static void column_of_the_person(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->x[i] = in->person[i] % 3;
}
static void one_person(input *in)
{
    in->n = PERIODS;
}
static void two_people(input *in)
{
    in->n = 2 * PERIODS;
}
static void five_people(input *in)
{
    in->n = 5 * PERIODS;
}
static void every_row_a_person(input *in)
{
    for (uint32_t i = 0; i < in->n; i++) in->person[i] = i;
    lag(in);
}
static void one_answer_everywhere(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->number[i] = 3, in->level[i] = 1, in->two[i] = 0;
    lag(in);
}
static void all_yes(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->two[i] = 1, in->level[i] = 2;
    lag(in);
}
static void one_yes(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->two[i] = i == 17;
    lag(in);
}
static void answers_are_the_last_ones(input *in)
{
    for (size_t i = 0; i < in->n; i++) {
        size_t first = i / PERIODS * PERIODS;
        in->number[i] = in->number[first], in->level[i] = in->level[first], in->two[i] = in->two[first];
    }
    lag(in);
}
static void separated(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->two[i] = in->x[i] > 0, in->level[i] = in->x[i] < -0.5 ? 0 : in->x[i] < 0.5 ? 1 : 2;
    lag(in);
}
static void first_answers_separated(input *in)
{
    for (size_t i = 0; i < in->n; i++)
        if (in->no_last[i]) in->two[i] = in->x[i] > 0, in->level[i] = in->x[i] < 0 ? 0 : 2;
    lag(in);
}
static void first_answers_alike(input *in)
{
    for (size_t i = 0; i < in->n; i++)
        if (in->no_last[i]) in->two[i] = 1, in->level[i] = 2, in->number[i] = 4;
    lag(in);
}
static void no_first_answers(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->no_answer[i] = in->no_last[i];
}
static void missing_everywhere(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->no_answer[i] = true;
}
static void no_last_anywhere(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->no_last[i] = true;
}
static void people_alike(input *in)
{
    for (uint32_t i = 0; i < in->n; i++)
        in->number[i] = in->number[i % PERIODS], in->level[i] = in->level[i % PERIODS], in->two[i] = in->two[i % PERIODS];
    lag(in);
}
static void scaled(input *in, double by)
{
    for (size_t i = 0; i < in->n; i++) in->x[i] *= by;
}
static void tiny_column(input *in)
{
    scaled(in, 1e-300);
}
static void huge_column(input *in)
{
    scaled(in, 1e300);
}
static void large_column(input *in)
{
    scaled(in, 1e8);
}
static void far_column(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->x[i] += 1e9;
}
static void tiny_numbers(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->number[i] *= 1e-300;
    lag(in);
}
static void huge_numbers(input *in)
{
    for (size_t i = 0; i < in->n; i++) in->number[i] *= 1e300;
    lag(in);
}
static void one_outlier(input *in)
{
    in->number[33] = 1e10;
    in->x[12] = 1e10;
    lag(in);
}

static const struct {
    const char *name;
    void (*make)(input *in);
    bool trusted_is_wrong; /* it must be doubted or refused */
} inputs[] = {
    {"the base itself", NULL, false},
    {"a constant column", constant_column, false},
    {"a column of the person", column_of_the_person, false},
    {"one person", one_person, true},
    {"two people", two_people, true},
    {"five people", five_people, false},
    {"every row a person", every_row_a_person, true},
    {"one answer everywhere", one_answer_everywhere, true},
    {"all yes", all_yes, false},
    {"one yes", one_yes, false},
    {"answers are the last ones", answers_are_the_last_ones, false},
    {"separated", separated, false},
    {"first answers separated", first_answers_separated, false},
    {"first answers alike", first_answers_alike, false},
    {"no first answers", no_first_answers, false},
    {"missing everywhere", missing_everywhere, true},
    {"no last answer anywhere", no_last_anywhere, false},
    {"people alike", people_alike, false},
    {"a column times 1e-300", tiny_column, false},
    {"a column times 1e300", huge_column, false},
    {"a column times 1e8", large_column, false},
    {"a column plus 1e9", far_column, false},
    {"numbers times 1e-300", tiny_numbers, false},
    {"numbers times 1e300", huge_numbers, false},
    {"outliers of 1e10", one_outlier, false},
};
enum { N_INPUTS = sizeof inputs / sizeof *inputs };

/* --- models -------------------------------------------------------------------------------------------------------------- */

static mlab_outcome outcomes[3];
static const struct {
    const char *name, *formula[3]; /* of number, level, two */
    mlab_initial initial;
    int part; /* of one outcome; -1: the joint model of levels or numbers (first) with two */
    int first;
    mlab_joint_effects effects;
} models[] = {
    {"linear, joint first values", {"number ~ number_last + x + (1 | person)"}, MLAB_INITIAL_JOINT, 0, 0, 0},
    {"ordinal, joint first values", {NULL, "level ~ level_last + x + (1 | person)"}, MLAB_INITIAL_JOINT, 1, 0, 0},
    {"logit, joint first values", {NULL, NULL, "two ~ two_last + x + (1 | person)"}, MLAB_INITIAL_JOINT, 2, 0, 0},
    {"linear, first values as terms", {"number ~ number_last + x + (1 | person)"}, MLAB_INITIAL_WOOLDRIDGE, 0, 0, 0},
    {"ordinal, first values as terms", {NULL, "level ~ level_last + x + (1 | person)"}, MLAB_INITIAL_WOOLDRIDGE, 1, 0, 0},
    {"logit, first values as terms", {NULL, NULL, "two ~ two_last + x + (1 | person)"}, MLAB_INITIAL_WOOLDRIDGE, 2, 0, 0},
    {"joint of numbers and yes", {"number ~ x", "level ~ x", "two ~ x"}, MLAB_INITIAL_NONE, -1, 0, MLAB_JOINT_SHARED},
    {"joint of levels and yes", {"number ~ x", "level ~ x", "two ~ x"}, MLAB_INITIAL_NONE, -1, 1, MLAB_JOINT_SHARED},
    {"joint of levels and yes, correlated", {"number ~ x", "level ~ x", "two ~ x"}, MLAB_INITIAL_NONE, -1, 1, MLAB_JOINT_CORRELATED},
};
enum { N_MODELS = sizeof models / sizeof *models, N_FIRST = 6 }; /* of them with first values */

static void set_outcomes(size_t m)
{
    static const char *const names[] = {"number", "level", "two"}, *const kinds[] = {"linear", "ordinal", "logit"};
    static const mlab_outcome_kind kind[] = {MLAB_OUTCOME_NUMBER, MLAB_OUTCOME_ORDINAL, MLAB_OUTCOME_YES_NO};
    for (size_t k = 0; k < 3; k++)
        outcomes[k] = (mlab_outcome){.name = (char *)(uintptr_t)names[k],
                                     .kind = kind[k],
                                     .better = 1,
                                     .model = (char *)(uintptr_t)kinds[k],
                                     .formula = (char *)(uintptr_t)models[m].formula[k],
                                     .initial = models[m].initial};
}

static mlab_status fit_model(size_t m, mlab_fit **fit, mlab_error *err)
{
    mlab_fit_options options = mlab_fit_defaults();
    set_outcomes(m);
    if (models[m].part >= 0) return mlab_fit_outcome(&context, &data, &outcomes[models[m].part], &options, fit, err);
    char *of[] = {outcomes[models[m].first].name, outcomes[2].name};
    mlab_joint_outcome joint = {.name = (char *)(uintptr_t) "together", .of = of, .n_of = 2, .effects = models[m].effects};
    return mlab_fit_joint(&context, &data, &joint, outcomes, 3, &options, fit, err);
}

/* Every hard input given to model number m. */
static void check_model(size_t m)
{
    static input in;
    context = mlab_test_context(NULL, 1);
    for (size_t k = 0; k < N_INPUTS; k++) {
        char where[160];
        mlab_fit *fit = NULL;
        mlab_error err = {0};
        snprintf(where, sizeof where, "%s, %s", inputs[k].name, models[m].name);
        make_base(&in);
        if (inputs[k].make) inputs[k].make(&in);
        build(&in);
        mlab_status status = fit_model(m, &fit, &err);
        check_ending(status, fit, &err, where);
        if (status) {
            ck_assert_msg(k > 0, "%s: refused: %s", where, err.sentence);
        } else {
            check_numbers(fit, 1e-3, where);
            ck_assert_msg(!inputs[k].trusted_is_wrong || fit->trust != MLAB_TRUSTED || fit->reason[0], "%s: trusted", where);
        }
        mlab_fit_free(fit);
        mlab_table_free(table);
    }
}

#endif
