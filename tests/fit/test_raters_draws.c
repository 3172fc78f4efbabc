/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of several raters: scores spread as their errors say, both bootstraps, threads.
 *
 *     severity of roles, spread of people and raters ──► effects of all people and raters given these
 */
#include "core/parallel.h"
#include "fit/ratings.h"
#include "mentorlab/draws.h"

static const char formula[] = "score ~ role + (1 | person) + (1 | rater)";

static mlab_draws *drawn(const mlab_fit *fit, int kind, size_t n)
{
    mlab_outcome outcome = outcome_of(formula);
    const mlab_outcome *outcomes[] = {&outcome};
    const mlab_fit *fits[] = {fit};
    mlab_draws *draws;
    mlab_error err = {0};
    mlab_status status = kind == 0 ? mlab_draws_make_mixed(&context, &data, outcomes, &options, fits, 1, n, 5, &draws, &err)
                                   : mlab_draws_bootstrap(&context, &data, outcomes, &options, fits, 1, kind == 2, n, 5, &draws, &err);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    return draws;
}

static double spread_of(const double *value, size_t stride, size_t n)
{
    double mean = 0, square = 0;
    for (size_t k = 0; k < n; k++) mean += value[k * stride] / (double)n;
    for (size_t k = 0; k < n; k++) square += pow(value[k * stride] - mean, 2);
    return sqrt(square / (double)(n - 1));
}

/* Mean of the ratios of drawn spreads to the errors of scores; 50 people, 300 draws: its own error is about 0.6 %, and the second-order part of
 * Kass & Steffey that the errors leave out is below 3 %. */
static void check_scores(bool levels)
{
    enum { N = 300 };
    double ratio = 0;
    make_ratings(3, 50, 15, levels);
    make_data(NULL, true, true);
    mlab_fit *fit = fit_of(formula);
    mlab_draws *draws = drawn(fit, 0, N);
    const mlab_draws_effects *people = &draws->effects[0];
    ck_assert_str_eq(people->group, "person");
    ck_assert_uint_eq(people->n_groups, fit->raters->n_scores);
    for (size_t g = 0; g < people->n_groups; g++) {
        double own = spread_of(people->value + g, people->n_groups, N), mean = 0;
        ratio += own / fit->raters->scores[g].error / (double)people->n_groups;
        for (size_t k = 0; k < N; k++) mean += people->value[k * people->n_groups + g] / N;
        ck_near(mean, fit->raters->scores[g].score, 0, 5 * own / sqrt(N) + 0.1 * own);
        ck_near(own, fit->raters->scores[g].error, 0.25, 0);
    }
    ck_near(ratio, 1, 0.05, 0);
    for (size_t j = 0; j < fit->n_parameters; j++)
        if (strncmp(fit->names[j], "role", 4) == 0)
            ck_near(spread_of(draws->value + j, draws->n_parameters, N), mlab_fit_standard_error(fit, j), 0.2, 0);
    mlab_draws_free(draws);
    close_data(fit);
}

START_TEST(scores_of_levels_spread_as_their_errors)
{
    check_scores(true);
}
END_TEST

START_TEST(scores_of_numbers_spread_as_their_errors)
{
    check_scores(false);
}
END_TEST

/* 40 refits: a spread is off by 11 %. Samples of people keep the raters, so that severity, which raters share, is less uncertain in them. */
START_TEST(refits_to_people_and_to_drawn_ratings_spread_as_the_errors)
{
    enum { N = 40 };
    for (int kind = 1; kind < 3; kind++) {
        make_ratings(3, 50, 15, kind == 1);
        make_data(NULL, true, true);
        mlab_fit *fit = fit_of(formula);
        mlab_draws *draws = drawn(fit, kind, N);
        ck_assert_int_eq(draws->kind, kind == 1 ? MLAB_DRAWS_BOOTSTRAP : MLAB_DRAWS_PARAMETRIC);
        for (size_t j = fit->n_thresholds; j < fit->n_parameters; j++) {
            double own = spread_of(draws->value + j, draws->n_parameters, N), error = mlab_fit_standard_error(fit, j);
            ck_assert_msg(own > (kind == 1 ? 0.3 : 0.6) * error && own < 1.6 * error, "%s: %g, error %g", fit->names[j], own, error);
        }
        for (size_t d = 0; d < N; d++) ck_assert(draws->effects[0].factor[d] > 0);
        ck_assert_double_gt(spread_of(draws->effects[0].factor, 1, N), 0.02);
        mlab_draws_free(draws);
        close_data(fit);
    }
}
END_TEST

START_TEST(a_sample_is_of_whole_people)
{
    make_ratings(3, 40, 15, false);
    make_data(NULL, true, true);
    mlab_fit *fit = fit_of(formula);
    mlab_draws *draws = drawn(fit, 1, 1);
    double count[40];
    mlab_address address = {.seed = 5, .purpose = MLAB_PURPOSE_BOOTSTRAP};
    mlab_random_sample(&context, &address, 40, count);
    rating copy[MOST];
    size_t n = 0, from = n_ratings;
    memcpy(copy, ratings, sizeof copy);
    for (uint32_t p = 0; p < 40; p++)
        for (uint32_t c = 0; c < (uint32_t)count[p]; c++)
            for (size_t i = 0; i < from; i++) {
                if (atoi(copy[i].person + 1) != (int)p) continue;
                ratings[n] = copy[i];
                snprintf(ratings[n++].person, sizeof ratings->person, "q%u", 100 * c + p); /* somebody else, rated by the same */
            }
    n_ratings = n;
    mlab_table_free(data.ratings);
    make_data(NULL, true, true);
    mlab_fit *again = fit_of(formula);
    for (size_t j = 0; j < fit->n_parameters; j++) ck_near(draws->value[j], again->estimate[j], 0, 1e-4 * mlab_fit_standard_error(again, j));
    ck_near(draws->effects[0].factor[0], again->random[0].sd[0], 1e-4, 0);
    mlab_fit_free(again);
    mlab_draws_free(draws);
    close_data(fit);
}
END_TEST

START_TEST(threads_do_not_change_a_draw)
{
    static const int threads[] = {1, 2, 7};
    for (int kind = 0; kind < 3; kind++) {
        mlab_draws *draws[3];
        make_ratings(3, 30, 15, true);
        make_data(NULL, true, true);
        mlab_fit *fit = fit_of(formula);
        for (int k = 0; k < 3; k++) {
            context.threads = threads[k];
            draws[k] = drawn(fit, kind, 4);
            ck_assert_mem_eq(draws[0]->value, draws[k]->value, 4 * draws[k]->n_parameters * sizeof(double));
            for (size_t t = 0; t < 2; t++)
                ck_assert_mem_eq(draws[0]->effects[t].value, draws[k]->effects[t].value, 4 * draws[k]->effects[t].n_groups * sizeof(double));
        }
        for (int k = 0; k < 3; k++) mlab_draws_free(draws[k]);
        close_data(fit);
    }
}
END_TEST

MLAB_TEST_MAIN("raters draws", scores_of_levels_spread_as_their_errors, scores_of_numbers_spread_as_their_errors,
               refits_to_people_and_to_drawn_ratings_spread_as_the_errors, a_sample_is_of_whole_people, threads_do_not_change_a_draw)
