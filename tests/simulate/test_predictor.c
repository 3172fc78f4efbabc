/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/little_world.h"

#include "simulate/organisation.h"

#include <math.h>

static mlab_world *world_of(const mlab_context *context, little_world *w)
{
    mlab_world *world;
    mlab_error err;
    little_ok(mlab_world_make(context, &w->spec, &w->options, &world, &err), &err);
    return world;
}

/* A table of the sources with their state of the start, for the fit's own prediction. */
static mlab_table *table_of(const mlab_world *world, uint8_t last)
{
    mlab_table *table;
    mlab_error err;
    const mlab_table *rows = world->panel->rows;
    little_ok(mlab_table_make(world->context, world->n_sources, &table, &err), &err);
    for (size_t c = 0; c < rows->n_columns; c++) {
        const mlab_column *from = &rows->columns[c];
        mlab_column *to = little_column(table, from->name, from->type, from->levels, from->n_levels);
        for (uint32_t s = 0; s < world->n_sources; s++) {
            uint32_t row = world->panel_row[s];
            if (!strcmp(from->name, "arm"))
                to->as.integer[s] = world->arm[s];
            else if (!strcmp(from->name, "grade"))
                to->as.integer[s] = world->lowest_grade + world->grade[s];
            else if (!strcmp(from->name, "tenure"))
                to->as.real[s] = world->tenure[s];
            else if (!strcmp(from->name, "time_in_grade"))
                to->as.real[s] = world->in_grade[s];
            else if (!strcmp(from->name, "mentoring_others"))
                to->as.integer[s] = s % 2;
            else if (!strcmp(from->name, "satisfaction_last"))
                to->as.integer[s] = world->last[s] ? world->last[s] - 1 : last - 1;
            else if (from->type == MLAB_COLUMN_REAL)
                to->as.real[s] = from->as.real[row];
            else
                to->as.integer[s] = from->as.integer[row];
        }
    }
    return table;
}

/* Every equation at every source: compiled against the fit's own prediction from the design. */
static void compare_with_predict(little_world *w, const mlab_context *context)
{
    mlab_world *world = world_of(context, w);
    mlab_table *table = table_of(world, 3);
    mlab_error err;
    for (uint32_t d = 0; d < w->draws.n_draws; d++) {
        mlab_world_draw *draw;
        little_ok(mlab_world_draw_make(world, d, &draw, &err), &err);
        for (size_t e = 0; e < world->n_equations; e++) {
            const mlab_equation *equation = &world->equations[e];
            const mlab_fit *fit = equation->fit;
            size_t k = 0, block = 0, width = fit->n_blocks;
            while (w->fit_list[k] != fit) k++;
            while (block + 1 < fit->n_blocks && strcmp(fit->blocks[block], equation->cause)) block++;
            double *expected = malloc(world->n_sources * width * sizeof *expected);
            const double *parameters = w->draws.value + d * w->draws.n_parameters + w->first[k];
            little_ok(mlab_predict(context, fit, table, NULL, 0, world->n_sources, parameters, NULL, MLAB_SCALE_LINK, expected, &err), &err);
            for (uint32_t s = 0; s < world->n_sources; s++) {
                uint8_t last = world->n_levels == 0 ? 0 : world->last[s] ? world->last[s] : 3;
                uint16_t code = (uint16_t)mlab_state_code(world, world->arm[s], world->grade[s], s % 2, last);
                double eta;
                mlab_equation_block(&draw->equations[e], 1, &draw->equations[e].fixed[s], &code, &world->tenure[s], &world->in_grade[s], &s, &eta);
                ck_assert_msg(mlab_test_near(eta, expected[s * width + block], 1e-11, 1e-11), "%s: %g, the fit predicts %g",
                              mlab_design_formula(fit->design), eta, expected[s * width + block]);
            }
            free(expected);
        }
        mlab_world_draw_free(draw);
    }
    mlab_table_free(table);
    mlab_world_free(world);
}

START_TEST(a_compiled_predictor_gives_what_the_fit_predicts)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, 60);
    little_rich(w, 3);
    compare_with_predict(w, &context);
    little_free(w);
}
END_TEST

START_TEST(products_of_clocks_states_and_attributes_are_what_the_fit_predicts)
{
    static const char *const formulas[] = {"exit ~ arm:ns(tenure, 4)",
                                           "exit ~ gender * arm * grade",
                                           "exit ~ poly(tenure, 3, raw = TRUE) + ns(time_in_grade, 2) + tenure + log(age)",
                                           "exit ~ I(log(tenure + 1)) + sqrt(time_in_grade):gender",
                                           "exit ~ tenure:time_in_grade + arm:grade + offset(log(age))",
                                           "exit ~ ns(tenure, 3) + ns(tenure, 2) + poly(tenure, 5)",
                                           "exit ~ 1",
                                           "exit ~ factor(grade) + arm - 1",
                                           "exit ~ mentoring_others * satisfaction_last"};
    mlab_context context = mlab_test_context(NULL, 1);
    for (size_t f = 0; f < sizeof formulas / sizeof *formulas; f++) {
        little_world *w = little_make(&context, 60);
        little_fit(w, little_retention, formulas[f]);
        if (strstr(formulas[f], "_last")) little_fit(w, little_satisfaction, "satisfaction ~ 1");
        little_draws(w, 2);
        w->spec.n_scenarios = 1;
        for (size_t j = 0; j < 2 * w->draws.n_parameters; j++) w->draws.value[j] = little_uniform(77, (uint32_t)j) - 0.5;
        for (size_t d = 0; w->n_fits > 1 && d < 2; d++)
            for (size_t k = 0; k < 4; k++) w->draws.value[d * w->draws.n_parameters + w->first[1] + k] = (double)k;
        compare_with_predict(w, &context);
        little_free(w);
    }
}
END_TEST

START_TEST(a_column_without_a_future_is_refused_by_name)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, 30);
    mlab_column *since = little_column(w->panel.rows, "since", MLAB_COLUMN_INTEGER, NULL, 0);
    for (size_t r = 0; r < w->panel.n_rows; r++) since->as.integer[r] = (int32_t)(r % 3);
    little_fit(w, little_retention, "exit ~ since");
    little_draws(w, 1);
    mlab_world *world;
    mlab_error err = {0};
    ck_assert_int_eq(mlab_world_make(&context, &w->spec, &w->options, &world, &err), MLAB_ERR_SIMULATE_PARAMETER);
    ck_assert_ptr_nonnull(strstr(err.sentence, "'since'"));
    ck_assert_ptr_null(world);
    ck_assert_uint_eq(err.place.line, 0);
    const mlab_place at[] = {{.file = "study.yaml", .line = 7, .column = 3}, {.file = "study.yaml", .line = 9, .column = 3}};
    w->spec.place = at[1];
    err = (mlab_error){0};
    ck_assert_int_eq(mlab_world_make(&context, &w->spec, &w->options, &world, &err), MLAB_ERR_SIMULATE_PARAMETER);
    ck_assert_uint_eq(err.place.line, 9); /* the plans, where no outcome's place is known */
    w->spec.outcome_places = at;
    err = (mlab_error){0};
    ck_assert_int_eq(mlab_world_make(&context, &w->spec, &w->options, &world, &err), MLAB_ERR_SIMULATE_PARAMETER);
    ck_assert_uint_eq(err.place.line, 7); /* the outcome's formula */
    little_free(w);
}
END_TEST

START_TEST(people_without_a_value_that_a_fit_reads_stop_the_simulation)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, 30);
    mlab_world *world;
    mlab_error err = {0};
    little_fit(w, little_retention, "exit ~ age");
    little_draws(w, 1);
    w->spec.n_scenarios = 1;
    little_ok(mlab_column_set_missing(w->panel.rows, mlab_table_find(w->panel.rows, "age"), 3, &err), &err);
    ck_assert_int_eq(mlab_world_make(&context, &w->spec, &w->options, &world, &err), MLAB_ERR_SIMULATE_PARAMETER);
    ck_assert_msg(strstr(err.sentence, "1 of 80 people have no value of 'age'"), "%s", err.sentence);
    little_free(w);
}
END_TEST

/* The state at the start is that at the end of the last row: clocks moved on, the answer inside it counts, an exit does not start. */
START_TEST(people_start_in_the_state_at_the_end_of_the_panel)
{
    mlab_context context = mlab_test_context(NULL, 1);
    little_world *w = little_make(&context, 30);
    little_fit(w, little_retention, "exit ~ 1");
    little_fit(w, little_satisfaction, "satisfaction ~ arm");
    little_draws(w, 1);
    w->spec.n_scenarios = 1;
    w->panel.final[3].gone = 1; /* person 3 leaves in the last quarter */
    w->panel.final[4].grade++;  /* person 4 is promoted there */
    w->panel.final[4].grade_since = 150;
    w->panel.final[5].arm = 1; /* person 5 begins a relationship there */
    mlab_relationship begun = {.mentor = 6, .mentee = 5, .start = 120, .end = INT32_MIN, .kind = 1};
    w->panel.arm[10] = w->panel.arm[11] = 0;
    w->data.relationships = &begun;
    w->data.n_relationships = 1;
    mlab_world *world = world_of(&context, w);
    ck_assert_int_eq((int)world->n_starters, 30 - 1 + LITTLE_HIRES);
    ck_assert_int_eq((int)world->n_donors, LITTLE_HIRES);
    const mlab_column *tenure = mlab_table_find(w->panel.rows, "tenure"), *grade = mlab_table_find(w->panel.rows, "grade");
    ck_assert_uint_eq(world->person[3], 4);
    ck_near(world->tenure[3], tenure->as.real[9] + 91 / 365.25, 1e-14, 0);
    ck_near(world->in_grade[3], 32 / 365.25, 1e-14, 0);
    ck_assert_int_eq(world->lowest_grade + world->grade[3], grade->as.integer[9] + 1);
    ck_assert_uint_eq(world->person[4], 5);
    ck_assert_uint_eq(world->arm[4], 1);
    ck_assert_int_eq(world->start_mentor[4], 5);
    const mlab_column *answer = mlab_table_find(w->panel.rows, "satisfaction");
    ck_assert_int_eq(world->last[5], answer->as.integer[13] + 1); /* person 6 answered in the last quarter */
    mlab_world_free(world);
    little_free(w);
}
END_TEST

MLAB_TEST_MAIN("predictor", a_compiled_predictor_gives_what_the_fit_predicts, products_of_clocks_states_and_attributes_are_what_the_fit_predicts,
               a_column_without_a_future_is_refused_by_name, people_without_a_value_that_a_fit_reads_stop_the_simulation,
               people_start_in_the_state_at_the_end_of_the_panel)
