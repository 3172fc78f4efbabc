/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joint models against a brute-force integral of their likelihood, written
 * plainly in R (scripts/reference/joint.R), on pbcseq of R's survival: stage or
 * bilirubin over years, transplant and death. Estimates 1e-4 of their standard
 * error, standard errors 1e-3 (3e-3 where a
 * hazard that ends a person's time has an effect of its own: the likelihood bends there faster than R's differences follow), log-likelihood 1e-5. */
#include "fit/joint_clinic.h"

static void compare_joint(const mlab_fit *fit, const char *name)
{
    csv table = csv_read(mlab_test_path("reference/joint.csv"));
    size_t n = 0;
    ck_assert_msg(fit->trust == MLAB_TRUSTED || fit->trust == MLAB_TOO_FEW_EVENTS, "%s: %s", name, fit->reason);
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), name)) continue;
        size_t j = joint_parameter(fit, csv_text(&table, row, "name"));
        double known = csv_number(&table, row, "estimate"), estimate = strncmp(csv_text(&table, row, "name"), "person(", 7) ? known : fabs(known),
               se = csv_number(&table, row, "se"), loglik = csv_number(&table, row, "loglik");
        ck_assert_msg(fabs(fit->estimate[j] - estimate) <= 1e-4 * se, "%s %s: %.12g, reference %.12g (error %g)", name, fit->names[j],
                      fit->estimate[j], estimate, se);
        ck_near(sqrt(fit->covariance[j * fit->n_parameters + j]), se, fit->joint->effects == MLAB_JOINT_OWN ? 3e-3 : 1e-3, 0);
        ck_near(fit->log_likelihood, loglik, 0, fmax(1e-5, 1e-10 * fabs(loglik)));
        n++;
    }
    ck_assert_uint_eq(n, fit->n_parameters);
    csv_free(&table);
}

static void reference_case(const char *name, const char *measure, const char *effects, bool causes, mlab_joint_effects ties)
{
    clinic c = clinic_open(name, measure, effects, causes, ties, NULL);
    compare_joint(c.fit, name);
    clinic_close(&c);
}

/* So many nodes because the level of those who stay at the worst stage has an end on one side alone: with the 15 of the program estimates are off by
 * 0.1 standard errors there, and it says so. */
START_TEST(joint_models_agree_with_brute_force_on_a_clinic)
{
    context = mlab_test_context(NULL, 2);
    reference_case("ordinal_death", "ordinal", NULL, false, MLAB_JOINT_SHARED);
    reference_case("gaussian_causes", "linear", NULL, true, MLAB_JOINT_SHARED);
}
END_TEST

START_TEST(slopes_and_own_effects_agree_with_brute_force)
{
    context = mlab_test_context(NULL, 2);
    reference_case("gaussian_slope_death", "linear", "~ 1 + year", false, MLAB_JOINT_SHARED);
    reference_case("gaussian_death_own", "linear", NULL, false, MLAB_JOINT_OWN);
}
END_TEST

MLAB_TEST_MAIN("joint_reference", joint_models_agree_with_brute_force_on_a_clinic, slopes_and_own_effects_agree_with_brute_force)
