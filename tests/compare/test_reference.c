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

MLAB_TEST_MAIN("reference", shares_and_means_had_everyone_been_in_an_arm_are_those_of_glm_and_clm)
