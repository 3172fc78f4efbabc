/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outcomes that are numbers or counts in the simulation, against the means and variances of their laws.
 *
 * 85 people of whom nobody leaves, 8 quarters, 30 draws of 5 histories: 1,200 sums a law, 102,000 numbers. Tolerance 4.5 standard errors: a false
 * alarm once in 15,000 runs for the ten numbers that are looked at; the seed is fixed. */
#include "simulate/little_run.h"

#include "mentorlab/store.h"
#include "simulate/organisation.h"

#include <math.h>

enum { STARTERS = 60, PEOPLE = STARTERS + LITTLE_HIRES, D = 30, R = 5 };
static char growth[] = "growth", papers[] = "papers", log_link[] = "log", identity[] = "identity";

static void make_number(little_world *w, size_t k, const char *model, double variance, double shape)
{
    mlab_fit *fit = &w->fits[k];
    fit->model = (char *)model;
    fit->link = strcmp(model, "linear") ? log_link : identity;
    fit->residual_variance = variance;
    fit->shape = shape;
}

/* Sum of number k at period t of a history. */
static double sum_at(const mlab_outcomes *o, size_t k, size_t scenario, size_t history, size_t t)
{
    double sum = 0;
    const float *from = o->number + k * size_of(o) + ((scenario * o->n_draws * o->n_replicates + history) * o->n_periods + t) * o->n_groups;
    for (size_t g = 0; g < o->n_groups; g++) sum += (double)from[g];
    return sum;
}

static void law_has(const char *model, double b, double variance, double shape, double mean, double spread)
{
    mlab_context context = mlab_test_context(NULL, 2);
    little_world *w = little_make(&context, STARTERS);
    little_fit(w, growth, "promoted ~ 1");
    make_number(w, 0, model, variance, shape);
    little_draws(w, D);
    little_set(w, 0, 0, 0, b);
    w->spec.n_scenarios = 1;
    w->options.replicates = R;
    mlab_outcomes *o = run_of(&context, w);
    ck_assert_uint_eq(o->n_numbers, 1);
    ck_assert_str_eq(o->numbers[0], "growth");
    double n = D * R * (double)o->n_periods, first = 0, square = 0;
    for (size_t h = 0; h < D * R; h++)
        for (size_t t = 0; t < o->n_periods; t++) {
            double x = sum_at(o, 0, 0, h, t);
            first += x / n, square += (x - PEOPLE * mean) * (x - PEOPLE * mean) / n;
        }
    ck_assert_msg(fabs(first / PEOPLE - mean) < 4.5 * sqrt(spread / (PEOPLE * n)), "%s: mean %.5f, expected %.5f", model, first / PEOPLE, mean);
    ck_assert_msg(fabs(square / PEOPLE - spread) < 4.5 * 1.2 * spread * sqrt(2 / n), "%s: variance %.5f, expected %.5f", model, square / PEOPLE,
                  spread);
    mlab_outcomes_free(o);
    little_free(w);
}

START_TEST(numbers_have_the_mean_and_variance_of_their_law)
{
    law_has("linear", -0.4, 0.25, 0, -0.4, 0.25);
    law_has("lognormal", 0.2, 0.36, 0, exp(0.2 + 0.18), exp(0.4 + 0.36) * expm1(0.36));
    law_has("gamma", 0.7, 0, 2.5, exp(0.7), exp(1.4) / 2.5);
    law_has("gamma", 0.7, 0, 0.6, exp(0.7), exp(1.4) / 0.6);
    law_has("poisson", 0.7, 0, 0, exp(0.7), exp(0.7));
    law_has("poisson", 7.5, 0, 0, exp(7.5), exp(7.5)); /* a sum of five counts */
    law_has("poisson", 11, 0, 0, exp(11), exp(11));
    law_has("negative_binomial", 1.1, 0, 1.7, exp(1.1), exp(1.1) + exp(2.2) / 1.7);
}
END_TEST

/* By group, with covariates of the person, an arm that a plan leads to, and only in the periods in which the data have the number. */
START_TEST(numbers_follow_the_formula_the_plan_and_the_rhythm_of_the_data)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, STARTERS);
    little_fit(w, growth, "promoted ~ arm + gender");
    make_number(w, 0, "linear", 0, 0);
    w->fits[0].formula = (char *)"growth ~ arm + gender";
    little_fit(w, papers, "promoted ~ arm");
    make_number(w, 1, "poisson", 0, 0);
    little_draws(w, 3);
    little_set(w, 0, 0, 0, 2);
    little_set(w, 0, 0, 1, 0.5);   /* structured */
    little_set(w, 0, 0, 3, -0.25); /* male or female, the second */
    little_set(w, 1, 0, 0, -40);
    little_set(w, 1, 0, 1, 40); /* exp(0) for people in the arm, none for others */
    little_set(w, 1, 0, 2, 0);
    w->spec.n_scenarios = 2;
    w->options.informal_rate = 0;
    mlab_column *column = little_column(w->panel.rows, "growth", MLAB_COLUMN_REAL, NULL, 0);
    mlab_error err;
    for (size_t r = 0; r < w->panel.n_rows; r++) /* in one period of the two: once a period */
        if (w->panel.period[r] == 0) little_ok(mlab_column_set_missing(w->panel.rows, column, r, &err), &err);
    mlab_outcomes *o = run_of(&context, w);
    const mlab_column *gender = mlab_table_find(w->panel.rows, "gender");
    double expected = 0, in_arm = 0;
    mlab_world *world = world_of(&context, w);
    for (uint32_t p = 0; p < world->n_positions; p++) {
        uint32_t s = world->start_source[p];
        expected += 2 + 0.5 * (world->arm[s] == 1) - 0.25 * gender->as.integer[world->panel_row[s]];
        in_arm += world->arm[s] == 1;
    }
    ck_assert_double_eq_tol(sum_at(o, 0, 0, 0, 0), expected, 1e-4);    /* sums are kept as float */
    ck_assert_double_gt(sum_at(o, 0, 1, 0, 2), sum_at(o, 0, 0, 0, 2)); /* a plan that leads to the arm */
    ck_assert_double_gt(in_arm, 5);
    double papers_now = 0;
    for (size_t h = 0; h < 6; h++)
        for (size_t t = 0; t < o->n_periods; t++) papers_now += sum_at(o, 1, 0, h, t);
    ck_assert_double_eq_tol(papers_now / (6 * (double)o->n_periods), in_arm, 4.5 * sqrt(in_arm / (6 * (double)o->n_periods)));
    mlab_world_free(world);
    mlab_outcomes_free(o);
    for (size_t r = 0; r < w->panel.n_rows; r++) /* never: the number of the data has no rhythm, so it is drawn each period */
        if (!column->missing || !column->missing[r])
            little_ok(mlab_column_set_missing(w->panel.rows, mlab_table_find(w->panel.rows, "growth"), r, &err), &err);
    world = world_of(&context, w);
    ck_assert_int_eq(world->numbers[0].every, 1);
    mlab_world_free(world);
    little_free(w);
}
END_TEST

START_TEST(what_is_left_over_is_drawn_with_the_parameters)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, STARTERS);
    little_fit(w, growth, "promoted ~ 1");
    little_fit(w, papers, "promoted ~ 1");
    make_number(w, 0, "linear", 4, 0);
    make_number(w, 1, "gamma", 0, 3);
    w->fits[0].n_rows = 51;
    w->fits[1].shape_se = 0.3;
    enum { DRAWS = 2000 };
    little_draws(w, DRAWS);
    w->spec.n_scenarios = 1;
    mlab_world *world = world_of(&context, w);
    double sum[2] = {0}, square[2] = {0};
    for (uint32_t d = 0; d < DRAWS; d++) {
        mlab_world_draw *draw;
        ck_assert_int_eq(mlab_world_draw_make(world, d, &draw, NULL), MLAB_OK);
        for (size_t k = 0; k < 2; k++) {
            double z = log(draw->rest[k] / (k ? 3 : 2));
            sum[k] += z / DRAWS, square[k] += z * z / DRAWS;
        }
        mlab_world_draw_free(draw);
    }
    for (size_t k = 0; k < 2; k++) { /* 4.5 errors */
        ck_assert_double_eq_tol(sum[k], 0, 4.5 * 0.1 / sqrt(DRAWS));
        ck_assert_double_eq_tol(sqrt(square[k]), 0.1, 4.5 * 0.1 / sqrt(2 * DRAWS));
    }
    w->draws.kind = MLAB_DRAWS_FIXED;
    mlab_world_draw *draw;
    ck_assert_int_eq(mlab_world_draw_make(world, 7, &draw, NULL), MLAB_OK);
    ck_assert(draw->rest[0] == 2 && draw->rest[1] == 3);
    mlab_world_draw_free(draw);
    mlab_world_free(world);
    little_free(w);
}
END_TEST

/* Poisson counts of people with normal effects: the mean is exp(b + s^2 / 2), and the counts of one person go together. */
START_TEST(effects_of_people_act_in_counts)
{
    mlab_context context = mlab_test_context(NULL, 2);
    little_world *w = little_make(&context, STARTERS);
    static char intercept[] = "(Intercept)", person[] = "person", *names[] = {intercept};
    static uint32_t key[1] = {100000}, place[1];
    double sd = 0.6, n = 0, sum = 0;
    enum { DRAWS = 150 };
    little_fit(w, papers, "promoted ~ 1");
    make_number(w, 0, "poisson", 0, 0);
    little_draws(w, DRAWS);
    little_set(w, 0, 0, 0, 0.5);
    mlab_random_effects random = {.group = person, .n_groups = 1, .n = 1, .names = names};
    mlab_draws_effects drawn = {.group = person, .n_groups = 1, .n = 1, .people = true, .key = key, .place = place};
    drawn.factor = calloc(DRAWS, sizeof(double));
    drawn.value = calloc(DRAWS, sizeof(double));
    for (size_t d = 0; d < DRAWS; d++) drawn.factor[d] = sd;
    w->fits[0].formula = (char *)"papers ~ (1 | person)";
    w->fits[0].random = &random;
    w->fits[0].n_random = 1;
    w->draws.effects = &drawn;
    w->draws.n_effects = 1;
    w->spec.n_scenarios = 1;
    mlab_outcomes *o = run_of(&context, w);
    for (size_t h = 0; h < DRAWS * o->n_replicates; h++)
        for (size_t t = 0; t < o->n_periods; t++) sum += sum_at(o, 0, 0, h, t), n++;
    double mean = exp(0.5 + sd * sd / 2), between = mean * mean * expm1(sd * sd); /* effects differ by person and draw: 12,750 of them */
    ck_assert_double_eq_tol(sum / n / PEOPLE, mean, 4.5 * sqrt((between + mean / 16) / (PEOPLE * DRAWS)));
    mlab_outcomes_free(o);
    free(drawn.factor);
    free(drawn.value);
    little_free(w);
}
END_TEST

START_TEST(numbers_are_the_same_for_any_threads_and_come_back_from_a_file)
{
    static mlab_context contexts[8]; /* outcomes are released through theirs */
    mlab_outcomes *first = NULL;
    for (int threads = 1; threads <= 7; threads += threads == 1 ? 1 : 5) {
        mlab_context *context = &contexts[threads];
        *context = mlab_test_context(NULL, threads);
        little_world *w = little_make(context, STARTERS);
        little_fit(w, little_retention, "exit ~ 1");
        little_fit(w, growth, "promoted ~ gender");
        little_fit(w, papers, "promoted ~ tenure");
        make_number(w, 1, "gamma", 0, 1.5);
        make_number(w, 2, "negative_binomial", 0, 1.5);
        little_draws(w, 6);
        little_set(w, 0, 0, 0, -3);
        little_set(w, 0, 1, 0, -3);
        w->spec.n_scenarios = 1;
        mlab_outcomes *o = run_of(context, w);
        ck_assert_uint_eq(o->n_numbers, 2);
        if (!first) {
            char path[4200];
            mlab_error err = {0};
            mlab_outcomes *again;
            mlab_results results = {.outcomes = o};
            snprintf(path, sizeof path, "%s/numbers.h5", mlab_test_folder("numbers"));
            little_ok(mlab_store_write(context, path, &results, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", &err), &err);
            little_ok(mlab_store_read_outcomes(context, path, &again, &err), &err);
            same_outcomes(o, again);
            ck_assert_str_eq(again->numbers[1], "papers");
            mlab_outcomes_free(again);
            char folder[4200];
            snprintf(folder, sizeof folder, "%s", mlab_test_folder("number_shards"));
            mlab_sink sink;
            mlab_outcomes *merged;
            little_ok(mlab_store_shards(context, folder, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", &sink, &err), &err);
            little_ok(mlab_simulate(context, &w->spec, &w->options, 0, 6, &sink, &err), &err);
            little_ok(mlab_store_merge(context, folder, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 6, &merged, &err), &err);
            mlab_store_shards_end(&sink);
            same_outcomes(o, merged);
            mlab_outcomes_free(merged);
            first = o;
        } else {
            same_outcomes(first, o);
            mlab_outcomes_free(o);
        }
        little_free(w);
    }
    mlab_outcomes_free(first);
}
END_TEST

START_TEST(what_cannot_be_is_said)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, STARTERS);
    mlab_world *world;
    mlab_error err = {0};
    little_fit(w, growth, "promoted ~ gender");
    make_number(w, 0, "linear", 1, 0);
    little_draws(w, 2);
    ck_assert_int_eq(mlab_world_make(&context, &w->spec, &w->options, &world, &err), MLAB_ERR_SIMULATE_PARAMETER);
    ck_assert_msg(strstr(err.sentence, "growth.structured.difference"), "%s", err.sentence); /* the arm has no effect in the fit */
    w->assumptions[0] = (mlab_assumption){(char *)"growth.structured.difference", 0.5, 0, (char *)"stated"};
    w->spec.n_assumptions = 1;
    little_ok(mlab_world_make(&context, &w->spec, &w->options, &world, &err), &err);
    mlab_world_free(world);
    little_free(w);
}
END_TEST

MLAB_TEST_MAIN("numbers", numbers_have_the_mean_and_variance_of_their_law, numbers_follow_the_formula_the_plan_and_the_rhythm_of_the_data,
               what_is_left_over_is_drawn_with_the_parameters, effects_of_people_act_in_counts,
               numbers_are_the_same_for_any_threads_and_come_back_from_a_file, what_cannot_be_is_said)
