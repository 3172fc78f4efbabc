/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of several raters over many firms: they correlate with the truth as they say, their intervals hold it, and severity is found again. */
#include "fit/ratings.h"

enum { FIRMS = 30 };

typedef struct total {
    double squared, expected, covered, sd[2], z[4];
} total;

static total recover(bool levels)
{
    total t = {0};
    for (uint32_t f = 0; f < FIRMS; f++) {
        double squared, covered, error;
        make_ratings(100 + f, PEOPLE, 15, levels);
        make_data(NULL, true, true);
        mlab_fit *fit = fit_of("score ~ role + (1 | person) + (1 | rater)");
        compare_scores(fit->raters, &squared, &covered, &error);
        t.squared += squared / FIRMS;
        t.covered += covered / FIRMS;
        t.expected += fit->raters->of_score / FIRMS;
        for (size_t r = 0; r < 4; r++) t.z[r] += (fit->raters->roles[r].severity - severity[r]) / fit->raters->roles[r].severity_se / sqrt(FIRMS);
        for (size_t k = 0; k < 2; k++) t.sd[k] += fit->random[k].sd[0] / FIRMS;
        close_data(fit);
    }
    printf(
        "%s: squared correlation %.4f, said %.4f; intervals hold %.4f; standard deviations %.3f (%.1f), %.3f (%.1f); severity %.2f %.2f %.2f %.2f\n",
        levels ? "levels" : "numbers", t.squared, t.expected, t.covered, t.sd[0], PERSON_SD, t.sd[1], RATER_SD, t.z[0], t.z[1], t.z[2], t.z[3]);
    return t;
}

/* 7,200 intervals of 30 firms: the share that holds the truth has a standard error of about 0.005, squared correlations one of 0.005; 4 are allowed,
 * and 3.5 of each severity: a false alarm in 500 runs, were seeds not fixed. */
static void check(total t, double bias)
{
    ck_near(t.squared, t.expected, 0, 0.02 + bias);
    ck_near(t.covered, 0.95, 0, 0.02);
    ck_near(t.sd[0], PERSON_SD, 0, 0.08 + bias);
    ck_near(t.sd[1], RATER_SD, 0, 0.08 + bias);
    for (size_t r = 0; r < 4; r++) ck_assert_msg(fabs(t.z[r]) < 3.5 + 10 * bias, "%s: %.2f", roles[r], t.z[r]);
}

START_TEST(scores_and_severity_of_levels_are_found_again)
{
    check(recover(true), 0.02); /* the Laplace approximation is a little low */
}
END_TEST

START_TEST(scores_and_severity_of_numbers_are_found_again)
{
    check(recover(false), 0);
}
END_TEST

MLAB_TEST_MAIN("raters_statistical", scores_and_severity_of_levels_are_found_again, scores_and_severity_of_numbers_are_found_again)
