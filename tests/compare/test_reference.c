/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Standardisation and weighting of a simulated panel against glm, clm and Newton steps in R (scripts/reference/compare.R). */
#include "compare/world.h"
#include "fit/csv.h"

#include <math.h>

static world *read_panel(void)
{
    csv table = csv_read(mlab_test_path("reference/compare_panel.csv"));
    ck_assert_ptr_nonnull(table.cell);
    world *w = world_start(2, 2);
    for (size_t i = 0; i < table.n_rows; i++)
        world_add(w, (world_row){.person = (uint32_t)csv_number(&table, i, "person"),
                                 .since = (int32_t)csv_number(&table, i, "since"),
                                 .arm = (int32_t)csv_number(&table, i, "arm"),
                                 .share = csv_number(&table, i, "share"),
                                 .exit = (int)csv_number(&table, i, "exit"),
                                 .promoted = (int)csv_number(&table, i, "promoted"),
                                 .level = (int)csv_number(&table, i, "level"),
                                 .x = csv_number(&table, i, "x"),
                                 .g = (int)csv_number(&table, i, "g")});
    world_finish(w);
    csv_free(&table);
    return w;
}

static double level_of(const mlab_comparison *c, const csv *reference, size_t r)
{
    const char *outcome = csv_text(reference, r, "outcome"), *measure = "risk_difference";
    if (!strcmp(outcome, "satisfaction")) measure = csv_number(reference, r, "stat") > 0 ? "share_difference" : "mean_difference";
    const mlab_contrast *k = world_find(c, outcome, "structured", measure, csv_text(reference, r, "method"), 3 * csv_number(reference, r, "horizon"));
    return csv_number(reference, r, "arm") > 0 ? k->risk_arm : k->risk_reference;
}

START_TEST(shares_and_means_had_everyone_been_in_an_arm_are_those_of_glm_and_clm)
{
    csv reference = csv_read(mlab_test_path("reference/compare_levels.csv"));
    ck_assert_ptr_nonnull(reference.cell);
    world *w = read_panel();
    double horizons[] = {6, 12, 24};
    mlab_compare_spec spec = world_spec(horizons, 3, 2);
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    options.method = 2;
    mlab_comparison *c = world_compare(w, &spec, &options);
    for (size_t r = 0; r < reference.n_rows; r++) {
        double value = csv_number(&reference, r, "value");
        const char *method = csv_text(&reference, r, "method");
        if (strcmp(csv_text(&reference, r, "outcome"), "weights")) {
            double got = level_of(c, &reference, r);
            ck_assert_msg(fabs(got - value) < 1e-8, "%s %s arm %s horizon %s stat %s: %.12g, expected %.12g", csv_text(&reference, r, "outcome"),
                          method, csv_text(&reference, r, "arm"), csv_text(&reference, r, "horizon"), csv_text(&reference, r, "stat"), got, value);
        } else {
            ck_near(!strcmp(method, "lowest")    ? c->weight_lowest
                    : !strcmp(method, "highest") ? c->weight_highest
                    : !strcmp(method, "mean")    ? c->weight_mean
                                                 : c->effective_share,
                    value, 1e-8, 0);
        }
    }
    mlab_comparison_free(c);
    world_end(w);
    csv_free(&reference);
}
END_TEST

/* Difference of one filling: the levels of the arm and of the reference, which R gives apart. */
static double filled(const csv *reference, const mlab_contrast *k, const char *filling)
{
    double value[2] = {NAN, NAN};
    char method[64];
    snprintf(method, sizeof method, "%s/%s", k->method, filling);
    for (size_t r = 0; r < reference->n_rows; r++) {
        bool share = !strcmp(k->measure, "share_difference");
        if (strcmp(csv_text(reference, r, "outcome"), k->outcome) || strcmp(csv_text(reference, r, "method"), method) ||
            3 * csv_number(reference, r, "horizon") != k->horizon || (csv_number(reference, r, "stat") > 0) != share)
            continue;
        value[csv_number(reference, r, "arm") > 0] = csv_number(reference, r, "value");
    }
    return value[1] - value[0];
}

START_TEST(bounds_of_unknown_arms_are_those_of_glm_and_clm_on_the_filled_panel)
{
    csv reference = csv_read(mlab_test_path("reference/compare_bounds.csv"));
    ck_assert_ptr_nonnull(reference.cell);
    world *w = read_panel();
    for (size_t i = 0; i < w->n; i++)
        if (w->person[i] % 6 == 1 && w->since[i] >= 1 + (int32_t)(w->person[i] % 3)) w->arm[i] = -1;
    double horizons[] = {6, 12, 24};
    mlab_compare_spec spec = world_spec(horizons, 3, 2);
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    options.method = 2;
    mlab_comparison *c = world_compare(w, &spec, &options);
    ck_assert_uint_eq(c->n_contrasts, 24);
    for (size_t i = 0; i < c->n_contrasts; i++) {
        const mlab_contrast *k = &c->contrasts[i];
        double none = filled(&reference, k, "reference"), arm = filled(&reference, k, "arm"), with = filled(&reference, k, "with");
        double without = filled(&reference, k, "without");
        ck_assert_msg(k->bounded, "%s %s", k->outcome, k->method);
        ck_assert_msg(fabs(k->if_reference - none) < 1e-7, "%s %s %g: %.12g, expected %.12g", k->outcome, k->method, k->horizon, k->if_reference,
                      none);
        ck_assert_msg(fabs(k->if_arm - arm) < 1e-7, "%s %s %g: %.12g, expected %.12g", k->outcome, k->method, k->horizon, k->if_arm, arm);
        ck_near(k->worst_lowest, fmin(k->estimate, fmin(fmin(none, arm), fmin(with, without))), 0, 1e-7);
        ck_near(k->worst_highest, fmax(k->estimate, fmax(fmax(none, arm), fmax(with, without))), 0, 1e-7);
    }
    mlab_comparison_free(c);
    world_end(w);
    csv_free(&reference);
}
END_TEST

/* Without covariates the pooled hazard must follow the Kaplan-Meier curves of the arms (survfit at 6, 12 and 24 months). */
START_TEST(a_person_level_table_without_covariates_gives_the_observed_shares)
{
    static const double km[3][3] = {{0.928, 0.843, 0.686}, {0.974, 0.899, 0.721}, {0.923, 0.819, 0.666}};
    static const double se[3][3] = {{0.0101, 0.0146, 0.0195}, {0.00923, 0.01776, 0.02787}, {0.0233, 0.0342, 0.0429}};
    static const char *const arms[] = {"no", "my head", "yes"};
    const char *folder = getenv("MLAB_TEST_DATA");
    if (!folder) {
        fprintf(stderr, "SKIPPED: comparison of the turnover data: MLAB_TEST_DATA is not set\n");
        return;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/employee-turnover/turnover.csv", folder);
    csv table = csv_read(path);
    ck_assert_ptr_nonnull(table.cell);
    mlab_context context = mlab_test_context(NULL, 1);
    static char column[] = "coach", exposure[] = "baseline", name[] = "retention", formula[] = "event(days, left) ~ coach";
    mlab_data data = {.context = &context, .person_level = true, .arm_column = column, .arm_exposure = exposure};
    mlab_column *days, *left, *arm;
    ck_assert_int_eq(mlab_table_make(&context, table.n_rows, &data.people, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(data.people, "days", MLAB_COLUMN_REAL, NULL, 0, &days, NULL), MLAB_OK);
    for (size_t i = 0; i < table.n_rows; i++) days->as.real[i] = round(csv_number(&table, i, "stag") * 30.4375);
    ck_assert_int_eq(mlab_table_add(data.people, "left", MLAB_COLUMN_INTEGER, NULL, 0, &left, NULL), MLAB_OK);
    for (size_t i = 0; i < table.n_rows; i++) left->as.integer[i] = (int32_t)csv_number(&table, i, "event");
    ck_assert_int_eq(mlab_table_add(data.people, "coach", MLAB_COLUMN_FACTOR, arms, 3, &arm, NULL), MLAB_OK);
    for (size_t i = 0; i < table.n_rows; i++)
        while (strcmp(arms[arm->as.integer[i]], csv_text(&table, i, "coach"))) arm->as.integer[i]++;
    mlab_outcome outcome = {.name = name, .kind = MLAB_OUTCOME_EVENT, .absence = true, .formula = formula};
    double horizons[] = {6, 12, 24};
    mlab_compare_spec spec = {.outcomes = &outcome, .n_outcomes = 1, .horizons = horizons, .n_horizons = 3, .satisfied_from = -1};
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    mlab_comparison *c;
    mlab_error err = {0};
    ck_assert_msg(mlab_compare(&context, &data, &spec, &options, &c, &err) == MLAB_OK, "%s", err.sentence);
    for (int a = 1; a < 3; a++)
        for (int h = 0; h < 3; h++) {
            const mlab_contrast *k = world_find(c, "retention", arms[a], "risk_difference", "standardisation", horizons[h]);
            ck_near(k->risk_arm, km[a][h], 0, se[a][h]);
            ck_near(k->risk_reference, km[0][h], 0, se[0][h]);
        }
    mlab_comparison_free(c);
    mlab_table_free(data.people);
    csv_free(&table);
}
END_TEST

MLAB_TEST_MAIN("reference", bounds_of_unknown_arms_are_those_of_glm_and_clm_on_the_filled_panel,
               shares_and_means_had_everyone_been_in_an_arm_are_those_of_glm_and_clm,
               a_person_level_table_without_covariates_gives_the_observed_shares)
