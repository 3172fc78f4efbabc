/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of the parts of joint models against adaptive quadrature in R at the same estimates (scripts/reference/joint_predict.R).
 *
 *     u of everybody ──► mean over people of what a part predicts          u = 0 ──► a typical person
 */
#include "fit/joint_mean.h"

static size_t place_of(const mlab_fit *part, const char *of)
{
    size_t k = 0;
    if (!*of) return 0;
    if (part->n_levels)
        while (strcmp(part->levels[k], of)) k++;
    else
        while (strcmp(part->blocks[k], of)) k++;
    return k;
}

/* The estimates are those of the reference within 1e-4 standard errors, and so is what they predict: 1e-5 of it at most here. */
static void compare_case(const clinic *c, const char *name, size_t least)
{
    csv table = csv_read(mlab_test_path("reference/joint_predict.csv"));
    size_t n = 0;
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), name)) continue;
        char profile[CSV_CELL], scale[CSV_CELL], of[CSV_CELL];
        snprintf(profile, sizeof profile, "%s", csv_text(&table, row, "profile"));
        snprintf(scale, sizeof scale, "%s", csv_text(&table, row, "scale"));
        snprintf(of, sizeof of, "%s", csv_text(&table, row, "of"));
        bool leaving = !strcmp(csv_text(&table, row, "part"), "retention"), averaged = !strcmp(csv_text(&table, row, "effects"), "averaged");
        const mlab_fit *part = c->fit->joint->parts[leaving];
        double time = csv_number(&table, row, "time"), value = csv_number(&table, row, "value");
        double ours = mean_of(part, leaving ? &c->years.s.w : &c->visits.s.w, 20,
                              !strcmp(profile, "old")    ? "age"
                              : !strcmp(profile, "late") ? "year"
                                                         : NULL,
                              !strcmp(profile, "old") ? 7 : 6, scale, averaged, time, place_of(part, of));
        ck_assert_msg(fabs(ours - value) <= 1e-6 + 2e-5 * fabs(value), "%s: %s %s %s %s %g: %.10g, reference %.10g", name, part->outcome, profile,
                      scale, of, time, ours, value);
        n++;
    }
    ck_assert_uint_ge(n, least);
    csv_free(&table);
}

START_TEST(parts_predict_what_adaptive_quadrature_gives)
{
    context = mlab_test_context(NULL, 2);
    clinic c = clinic_open("ordinal_death", "ordinal", NULL, false, MLAB_JOINT_SHARED, NULL);
    compare_case(&c, "ordinal_death", 28);
    clinic_close(&c);
}
END_TEST

START_TEST(competing_parts_and_slopes_too)
{
    context = mlab_test_context(NULL, 2);
    clinic c = clinic_open("gaussian_causes", "linear", NULL, true, MLAB_JOINT_SHARED, NULL);
    compare_case(&c, "gaussian_causes", 36);
    ck_assert_ptr_null(c.fit->joint->parts[0]->after); /* nothing was asked for */
    clinic_close(&c);
    c = clinic_open("gaussian_slope_death", "linear", "~ 1 + year", false, MLAB_JOINT_SHARED, NULL);
    compare_case(&c, "gaussian_slope_death", 4);
    clinic_close(&c);
}
END_TEST

MLAB_TEST_MAIN("joint predictions against a reference", parts_predict_what_adaptive_quadrature_gives, competing_parts_and_slopes_too)
