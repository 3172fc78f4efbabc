/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An offset of a linear model with random effects is what is taken off the response; offsets out of all scale are no fit. */
#include "core/random.h"
#include "fit/worlds.h"

enum { ROWS = 240, TEAMS = 12, PEOPLE = 60 };
static mlab_context context;
static double x[ROWS], h[ROWS], y[ROWS], less[ROWS], huge[ROWS];
static uint32_t team[ROWS], person[ROWS];
static int32_t yes[ROWS];
static const char *const no_yes[] = {"no", "yes"};

static void draw(bool logs)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        mlab_address at = {.seed = 5, .entity = i, .purpose = MLAB_PURPOSE_TEST};
        mlab_address of_team = {.seed = 5, .entity = 10000 + (team[i] = i % TEAMS), .purpose = MLAB_PURPOSE_TEST};
        mlab_address of_person = {.seed = 5, .entity = 20000 + (person[i] = i * 7 % PEOPLE), .purpose = MLAB_PURPOSE_TEST};
        x[i] = mlab_random_normal(&at, 0);
        h[i] = 2 + 0.5 * mlab_random_normal(&at, 1);
        huge[i] = 1e10 + 1e9 * mlab_random_normal(&at, 3);
        double value =
            1 + 0.5 * x[i] + h[i] + 0.7 * mlab_random_normal(&of_team, 0) + 0.5 * mlab_random_normal(&of_person, 0) + mlab_random_normal(&at, 2);
        y[i] = logs ? exp(value) : value;
        less[i] = logs ? exp(value - h[i]) : value - h[i];
        yes[i] = x[i] > 0.3;
    }
}

static mlab_fit *fit_of(world *w, const char *model, const double *response, const char *formula, size_t n_groupings)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_formula *one;
    mlab_design *design;
    mlab_fit *fit;
    mlab_error err = {0};
    *w = (world){0};
    world_real(w, &context, "x", x, ROWS);
    world_real(w, &context, "h", h, ROWS);
    world_formula(w, &context, formula);
    w->problem.number = response;
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &one, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(one, w->table, NULL, &design, NULL), MLAB_OK);
    mlab_random_grouping groupings[] = {{.memberships = 1, .group = team, .n_groups = TEAMS, .name = "team", .design = design},
                                        {.memberships = 1, .group = person, .n_groups = PEOPLE, .name = "person", .design = design}};
    w->problem.random = groupings;
    w->problem.n_random = n_groupings;
    ck_assert_msg(mlab_fit_problem_fit(&context, mlab_model_find(model), &w->problem, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    mlab_design_free(design);
    mlab_formula_free(one);
    return fit;
}

START_TEST(an_offset_is_what_is_taken_off_the_response)
{
    static const char *const models[] = {"linear", "lognormal"};
    context = mlab_test_context(NULL, 1);
    for (int m = 0; m < 2; m++)
        for (size_t groupings = 0; groupings <= 2; groupings++) {
            world with, without;
            draw(m == 1);
            mlab_fit *a = fit_of(&with, models[m], y, "~ x + offset(h)", groupings), *b = fit_of(&without, models[m], less, "~ x", groupings);
            for (size_t j = 0; j < 2; j++) {
                ck_near(a->estimate[j], b->estimate[j], 0, 1e-8);
                ck_near(mlab_fit_standard_error(a, j), mlab_fit_standard_error(b, j), 1e-7, 0);
            }
            for (size_t t = 0; t < groupings; t++) ck_near(a->random[t].sd[0], b->random[t].sd[0], 1e-7, 0);
            if (m == 0) ck_near(a->log_likelihood, b->log_likelihood, 0, 1e-7);
            mlab_fit_free(a);
            mlab_fit_free(b);
            world_free(&with);
            world_free(&without);
        }
}
END_TEST

/* offset(c x) is taken back by the coefficient of x: all else is as without it, to the digits that y - c x keeps. */
START_TEST(a_large_offset_that_a_coefficient_takes_back_changes_nothing_else)
{
    static const char *const offsets[] = {"~ x + h + offset(1000000 * x)", "~ x + h + offset(1000000000 * x)"};
    static const double by[] = {1e6, 1e9};
    context = mlab_test_context(NULL, 1);
    draw(false);
    for (int k = 0; k < 2; k++)
        for (size_t groupings = 0; groupings <= 2; groupings++) {
            world with, without;
            mlab_fit *a = fit_of(&with, "linear", y, offsets[k], groupings), *b = fit_of(&without, "linear", y, "~ x + h", groupings);
            ck_assert_msg(a->trust == MLAB_TRUSTED, "%zu groupings, %g: %s", groupings, by[k], a->reason);
            double digits = 4e-16 * by[k]; /* of a row of y - c x */
            ck_near(a->estimate[1] + by[k], b->estimate[1], 0, 10 * digits + 1e-8);
            for (size_t j = 0; j < 3; j++) {
                if (j != 1) ck_near(a->estimate[j], b->estimate[j], 0, 10 * digits + 1e-8);
                ck_near(mlab_fit_standard_error(a, j), mlab_fit_standard_error(b, j), 1e-6, 0);
            }
            for (size_t t = 0; t < groupings; t++) {
                ck_near(a->random[t].sd[0], b->random[t].sd[0], 1e-6, 0);
                for (size_t g = 0; g < a->random[t].n_groups; g++) ck_near(a->random[t].mode[g], b->random[t].mode[g], 0, 1e-6);
            }
            ck_near(a->log_likelihood, b->log_likelihood, 0, 1e-5);
            mlab_fit_free(a);
            mlab_fit_free(b);
            world_free(&with);
            world_free(&without);
        }
}
END_TEST

START_TEST(offsets_out_of_all_scale_are_no_fit)
{
    static const char *const models[] = {"logit", "probit", "cloglog"};
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(NULL, 1);
    draw(false);
    for (int m = 0; m < 3; m++) {
        world w = {0};
        mlab_fit *fit;
        mlab_error err = {0};
        world_real(&w, &context, "x", x, ROWS);
        world_real(&w, &context, "huge", huge, ROWS);
        world_formula(&w, &context, "~ x + offset(huge)");
        world_categories(&w, yes, 2, no_yes);
        if (mlab_fit_problem_fit(&context, mlab_model_find(models[m]), &w.problem, &options, &fit, &err) == MLAB_OK) {
            ck_assert_msg(fit->trust != MLAB_TRUSTED, "%s is trusted", models[m]);
            mlab_fit_free(fit);
        }
        world_free(&w);
    }
}
END_TEST

MLAB_TEST_MAIN("mixed_offset", an_offset_is_what_is_taken_off_the_response, a_large_offset_that_a_coefficient_takes_back_changes_nothing_else,
               offsets_out_of_all_scale_are_no_fit)
