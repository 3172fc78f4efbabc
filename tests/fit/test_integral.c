/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How near mixed models come to the integral that defines their likelihood, maximised by itself in scripts/reference/integral.R, beside what glmmTMB,
 * glmer and clmm give with their default controls. Tolerance: 25 nodes within 1e-4 standard errors of the maximum, log-likelihood 1e-5. */
#include "fit/mixed_study.h"

/* The greatest distance of a fit from the integral's maximum, in its standard errors; *below: how far its log-likelihood lies from the integral's. */
static double distance(const mlab_fit *fit, const char *name, double *below)
{
    csv table = csv_read(mlab_test_path("reference/integral.csv"));
    double away = 0;
    size_t j = 0;
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), name) || strcmp(csv_text(&table, row, "who"), "integral")) continue;
        double known = csv_number(&table, row, "estimate"), se = csv_number(&table, row, "se");
        double apart = j < fit->n_parameters ? fit->estimate[j] - known : log(fit->random->sd[0] / known);
        away = fmax(away, fabs(apart) / se);
        *below = fit->log_likelihood - csv_number(&table, row, "loglik");
        j++;
    }
    ck_assert_uint_eq(j, fit->n_parameters + 1);
    csv_free(&table);
    return away;
}

static void nearer(mixed_study *made, const char *name, const char *model)
{
    mlab_fit_options options = mlab_fit_defaults();
    double laplace_below, below, laplace_away, away;
    mlab_fit *laplace = world_fit(&made->s.w, &context, model, &options);
    options.quadrature = 25;
    mlab_fit *fit = world_fit(&made->s.w, &context, model, &options);
    laplace_away = distance(laplace, name, &laplace_below);
    away = distance(fit, name, &below);
    if (getenv("MLAB_TEST_VERBOSE"))
        fprintf(stderr, "%-16s Laplace %.6f standard errors away, log-likelihood off by %.2e; 25 nodes %.6f, %.2e\n", name, laplace_away,
                laplace_below, away, below);
    ck_assert_msg(away <= 1e-4, "%s: %.3g standard errors from the integral's maximum", name, away);
    ck_near(below, 0, 0, 1e-5);
    ck_assert(laplace_away > 10 * away);
    mlab_fit_free(laplace);
    mlab_fit_free(fit);
    close_mixed(made);
}

START_TEST(quadrature_of_25_nodes_is_the_maximum_of_the_integral)
{
    mixed_study made = bacteria();
    random_by(&made, "~ trt + late", "~ 1", "ID", false);
    nearer(&made, "logit_bacteria", "logit");
    made = epil("~ 1", false);
    nearer(&made, "poisson_epil", "poisson");
    made = wine();
    nearer(&made, "ordinal_wine", "ordinal");
}
END_TEST

MLAB_TEST_MAIN("fit/integral", quadrature_of_25_nodes_is_the_maximum_of_the_integral)
