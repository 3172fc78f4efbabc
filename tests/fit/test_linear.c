/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Least squares against the certified values of NIST's Statistical Reference Datasets (https://www.itl.nist.gov/div898/strd/, in the
 * public domain): Norris, and SmLs04, whose responses have 7 constant leading digits. */
#include "fit/worlds.h"

#include <stdio.h>

static mlab_context context;

/* Lines of two numbers from the line that begins with "Data:" and names the columns. */
static size_t read_pairs(const char *name, double *first, double *second, size_t most)
{
    char line[256], below[100];
    size_t n = 0;
    bool data = false;
    snprintf(below, sizeof below, "reference/nist/%s", name);
    FILE *file = fopen(mlab_test_path(below), "r");
    ck_assert_msg(file != NULL, "%s", below);
    while (fgets(line, sizeof line, file) && n < most) {
        char *at = line, *end;
        if (strncmp(line, "Data:", 5) == 0) data = !strstr(line, "Factor") && !strstr(line, "Variable");
        if (!data) continue;
        double a = strtod(at, &end);
        if (end == at) continue;
        at = end;
        double b = strtod(at, &end);
        if (end == at) continue;
        first[n] = a;
        second[n++] = b;
    }
    fclose(file);
    return n;
}

START_TEST(norris_agrees_with_its_certified_values)
{
    double y[100], x[100];
    context = mlab_test_context(NULL, 1);
    mlab_fit_options options = mlab_fit_defaults();
    size_t n = read_pairs("Norris.dat", y, x, 100);
    ck_assert_uint_eq(n, 36);
    world w = {0};
    world_real(&w, &context, "x", x, n);
    world_formula(&w, &context, "~ x");
    w.problem.number = y;
    mlab_fit *fit = world_fit(&w, &context, "linear", &options);
    ck_near(fit->estimate[0], -0.262323073774029, 1e-12, 0);
    ck_near(fit->estimate[1], 1.00211681802045, 1e-13, 0);
    ck_near(mlab_fit_standard_error(fit, 0), 0.232818234301152, 1e-12, 0);
    ck_near(mlab_fit_standard_error(fit, 1), 0.429796848199937E-03, 1e-12, 0);
    ck_near(sqrt(fit->residual_variance), 0.884796396144373, 1e-12, 0);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(seven_constant_leading_digits_cost_none_of_the_rest)
{
    double treatment[200], y[200];
    int32_t code[200];
    static const char *const levels[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};
    context = mlab_test_context(NULL, 1);
    mlab_fit_options options = mlab_fit_defaults();
    size_t n = read_pairs("SmLs04.dat", treatment, y, 200);
    ck_assert_uint_eq(n, 189);
    for (size_t i = 0; i < n; i++) code[i] = (int32_t)treatment[i] - 1;
    world w = {0};
    world_factor(&w, &context, "treatment", code, n, levels, 9);
    world_formula(&w, &context, "~ treatment");
    w.problem.number = y;
    mlab_fit *fit = world_fit(&w, &context, "linear", &options);
    ck_near(sqrt(fit->residual_variance), 0.1, 1e-9, 0); /* the responses themselves are rounded at 1e-10 of the deviations */
    double within = fit->residual_variance * 180, total = within / exp(2 * (fit->null_log_likelihood - fit->log_likelihood) / 189);
    ck_near(1 - within / total, 4.82758620689655E-01, 1e-8, 0);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("linear", norris_agrees_with_its_certified_values, seven_constant_leading_digits_cost_none_of_the_rest)
