/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mixed models of imputed data: pooled beside mice on the same completed sets (scripts/reference/impute_mixed.R), standard deviations on the log
 * scale, effects of groups, draws from every imputation. */
#include "core/random.h"
#include "fit/impute/pool_random.h"
#include "fit/mixed_study.h"
#include "mentorlab/draws.h"
#include "mentorlab/impute.h"

enum { SETS = 5, ROWS = 200 };

/* One completed set, fitted. */
static mlab_fit *fit_set(size_t k, const char *model)
{
    static const char *const columns[] = {"x"}, *const no_yes[] = {"0", "1"};
    mlab_fit_options options = mlab_fit_defaults();
    mixed_study made = {.s = open_file(mlab_test_path("reference/impute_mixed_sets.csv"))};
    context = mlab_test_context(NULL, 2);
    for (size_t i = 0; i < ROWS; i++) made.s.source[i] = (uint32_t)(k * ROWS + i);
    made.s.n = ROWS;
    add_column(&made.s, columns[0], NULL);
    if (!strcmp(model, "logit"))
        respond_by_text(&made.s, "b", no_yes, 2);
    else
        respond_number(&made.s, "y");
    random_by(&made, "~ x", "~ 1", "g", false);
    mlab_fit *fit = world_fit(&made.s.w, &context, model, &options);
    close_mixed(&made);
    return fit;
}

static void pools_as_mice(const char *model)
{
    mlab_fit *fits[SETS], *pooled, *kept[SETS];
    mlab_error err = {0};
    csv table = csv_read(mlab_test_path("reference/impute_mixed.csv"));
    double logs = 0, within = 0, between = 0, mode = 0, mode_within = 0, mode_between = 0;
    size_t j = 0;
    for (size_t k = 0; k < SETS; k++) fits[k] = fit_set(k, model), kept[k] = fit_set(k, model);
    ck_assert_msg(mlab_fit_pool(&context, fits, SETS, &pooled, &err) == MLAB_OK, "%s", err.sentence);
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), model)) continue;
        double se = csv_number(&table, row, "se");
        ck_assert_msg(fabs(pooled->estimate[j] - csv_number(&table, row, "estimate")) < 1e-4 * se, "%s %s", model, pooled->names[j]);
        ck_near(mlab_fit_standard_error(pooled, j), se, 1e-3, 0);
        ck_near(pooled->robust_df[j], csv_number(&table, row, "df"), 1e-3, 0);
        ck_near(pooled->missing_information[j], csv_number(&table, row, "fmi"), 1e-3, 0);
        j++;
    }
    ck_assert_uint_eq(j, 2);
    for (size_t k = 0; k < SETS; k++) {
        const mlab_random_effects *r = kept[k]->random;
        logs += log(r->sd[0]) / SETS, within += pow(r->sd_se[0] / r->sd[0], 2) / SETS;
        mode += r->mode[3] / SETS, mode_within += r->mode_se[3] * r->mode_se[3] / SETS;
    }
    for (size_t k = 0; k < SETS; k++) {
        between += pow(log(kept[k]->random->sd[0]) - logs, 2) / (SETS - 1);
        mode_between += pow(kept[k]->random->mode[3] - mode, 2) / (SETS - 1);
    }
    const mlab_random_effects *r = pooled->random;
    ck_near(r->sd[0], exp(logs), 1e-12, 0);
    ck_near(r->covariance[0], exp(2 * logs), 1e-12, 0);
    ck_near(r->sd_se[0], r->sd[0] * sqrt(within + 1.2 * between), 1e-12, 0);
    ck_near(r->mode[3], mode, 1e-12, 0);
    ck_near(r->mode_se[3], sqrt(mode_within + 1.2 * mode_between), 1e-12, 0);
    ck_assert_double_gt(mode_between, 0);
    if (!strcmp(model, "linear")) ck_near(fabs(pooled->spread[0]) * sqrt(pooled->residual_variance), r->sd[0], 1e-12, 0);
    for (size_t k = 0; k < SETS; k++) mlab_fit_free(fits[k]), mlab_fit_free(kept[k]);
    mlab_fit_free(pooled);
    csv_free(&table);
}

START_TEST(pooled_mixed_fits_agree_with_mice)
{
    pools_as_mice("linear");
    pools_as_mice("logit");
}
END_TEST

START_TEST(correlated_effects_are_pooled_by_fishers_z_whatever_the_signs_of_lambda)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit *fits[3];
    double spread[4];
    for (size_t k = 0; k < 3; k++) {
        static const char *const columns[] = {"Days"};
        mixed_study made = open_mixed("reference/mixed_sleep.csv", columns, 1, NULL);
        respond_number(&made.s, "reaction");
        random_by(&made, "~ Days", "~ Days", "subject", false);
        fits[k] = world_fit(&made.s.w, &context, "linear", &options);
        close_mixed(&made);
        size_t p = fits[k]->n_parameters, all = p + fits[k]->n_spread;
        if (k == 0) memcpy(spread, fits[0]->spread, sizeof spread);
        for (size_t j = 0; j < 2 && k == 1; j++) { /* the first column of Lambda turned round */
            static const size_t entry[] = {0, 1};
            fits[k]->spread[entry[j]] *= -1;
            for (size_t i = 0; i < all; i++) fits[k]->joint_covariance[(p + entry[j]) * all + i] *= -1;
            for (size_t i = 0; i < all; i++) fits[k]->joint_covariance[i * all + p + entry[j]] *= -1;
        }
    }
    mlab_fit *one = fits[0];
    size_t all = one->n_parameters + one->n_spread;
    double *joint = room(all * all, sizeof *joint);
    memcpy(joint, one->joint_covariance, all * all * sizeof *joint);
    double covariance = one->random->covariance[1];
    ck_assert_int_eq(mlab_pool_random(fits, 3, NULL), MLAB_OK); /* three equal fits: pooled they are one of them */
    for (size_t k = 0; k < 4; k++) ck_near(one->spread[k], spread[k], 1e-9, 1e-12);
    for (size_t k = 0; k < all * all; k++) ck_near(one->joint_covariance[k], joint[k], 1e-9, 1e-12);
    ck_near(one->random->covariance[1], covariance, 1e-9, 0);
    free(joint);
    for (size_t k = 0; k < 3; k++) mlab_fit_free(fits[k]);
}
END_TEST

/* --- a study ------------------------------------------------------------------------------------------------------- */

enum { PEOPLE = 240, TEAMS = 24 };

/* y = x + team + e, x = team + noise; x is missing for most with a high y. */
static mlab_table *people(void)
{
    mlab_table *table;
    mlab_column *x, *y, *team;
    context = mlab_test_context(NULL, 2);
    ck_assert_int_eq(mlab_table_make(&context, PEOPLE, &table, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "x", MLAB_COLUMN_REAL, NULL, 0, &x, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "y", MLAB_COLUMN_REAL, NULL, 0, &y, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "team", MLAB_COLUMN_INTEGER, NULL, 0, &team, NULL), MLAB_OK);
    x = mlab_table_find(table, "x"), y = mlab_table_find(table, "y");
    for (size_t i = 0; i < PEOPLE; i++) {
        mlab_address who = {.seed = 12, .entity = (uint32_t)i, .purpose = MLAB_PURPOSE_TEST}, of = who;
        of.entity = 1000 + (uint32_t)(i % TEAMS);
        team->as.integer[i] = (int32_t)(i % TEAMS);
        x->as.real[i] = mlab_random_normal(&who, 1) + mlab_random_normal(&of, 1);
        y->as.real[i] = x->as.real[i] + mlab_random_normal(&of, 2) + mlab_random_normal(&who, 2);
        if (mlab_random_uniform(&who, 9) < (y->as.real[i] > 0.5 ? 0.6 : 0.1)) ck_assert_int_eq(mlab_column_set_missing(table, x, i, NULL), MLAB_OK);
    }
    return table;
}

static mlab_outcome outcome = {.name = "y", .kind = MLAB_OUTCOME_NUMBER, .better = 1, .model = "linear", .formula = "y ~ x + (1 | team)"};

START_TEST(draws_hold_the_effects_of_groups_of_every_imputation)
{
    mlab_table *table = people();
    mlab_data data = {.context = &context, .people = table, .person_level = true};
    mlab_fit_options options = mlab_fit_defaults();
    mlab_error err = {0};
    mlab_imputation *imputation;
    mlab_fit *fit;
    mlab_draws *draws;
    ck_assert_msg(!mlab_impute(&context, &data, &outcome, 1, 4, 5, 3, &imputation, &err), "%s", err.sentence);
    ck_assert_msg(!mlab_fit_imputed(&context, &data, &outcome, 1, &options, imputation, 8, NULL, 1, &fit, &draws, &err), "%s", err.sentence);
    ck_assert_ptr_nonnull(draws);
    ck_assert_uint_eq(draws->n_effects, 1);
    ck_assert_uint_eq(draws->effects[0].n_groups, TEAMS);
    ck_near(draws->estimate[1], fit->estimate[1], 0, 0);
    for (size_t d = 0; d < 8; d++) { /* draw d is that of imputation d modulo 4, made alone */
        mlab_completed *completed;
        mlab_fit *own;
        mlab_draws *alone;
        const mlab_outcome *described = &outcome;
        ck_assert_int_eq(mlab_impute_complete(&context, &data, imputation, (int)(d % 4), &completed, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_fit_outcome(&context, &completed->data, &outcome, &options, &own, NULL), MLAB_OK);
        ck_assert_int_eq(
            mlab_draws_make_mixed(&context, &completed->data, &described, &options, (const mlab_fit *const *)&own, 1, 8, 1, &alone, NULL), MLAB_OK);
        ck_assert_mem_eq(alone->value + d * 2, draws->value + d * 2, 2 * sizeof(double));
        ck_assert_mem_eq(alone->effects[0].value + d * TEAMS, draws->effects[0].value + d * TEAMS, TEAMS * sizeof(double));
        ck_assert_mem_eq(alone->effects[0].factor + d, draws->effects[0].factor + d, sizeof(double));
        mlab_draws_free(alone);
        mlab_fit_free(own);
        mlab_completed_free(&context, completed);
    }
    mlab_draws_free(draws);
    mlab_fit_free(fit);
    mlab_imputation_free(imputation);
    mlab_table_free(table);
}
END_TEST

/* Refits to samples of people, imputed anew: they spread as the pooled errors say, x at least, which is within teams; every draw has a standard
 * deviation and effects of the teams in the data, which follow its parameters. */
START_TEST(a_bootstrap_imputes_every_sample_and_refits_the_mixed_model)
{
    enum { DRAWS = 200 };
    static double first[DRAWS][2 + TEAMS];
    mlab_fit_options options = mlab_fit_defaults();
    mlab_error err = {0};
    options.draws = 1;
    for (int threads = 1; threads <= 7; threads += 6) {
        mlab_table *table = people();
        context = mlab_test_context(NULL, threads);
        mlab_data data = {.context = &context, .people = table, .person_level = true};
        mlab_imputation *imputation;
        mlab_fit *fit;
        mlab_draws *draws;
        double mean[2] = {0}, square[2] = {0}, sd = 0;
        ck_assert_msg(!mlab_impute(&context, &data, &outcome, 1, 20, 5, 3, &imputation, &err), "%s", err.sentence);
        ck_assert_msg(!mlab_fit_imputed(&context, &data, &outcome, 1, &options, imputation, DRAWS, NULL, 1, &fit, &draws, &err), "%s", err.sentence);
        ck_assert_int_eq(draws->kind, MLAB_DRAWS_BOOTSTRAP);
        ck_assert_uint_eq(draws->n_effects, 1);
        ck_assert_uint_eq(draws->effects->n_groups, TEAMS);
        for (size_t d = 0; d < DRAWS; d++) {
            double *own = first[d];
            if (threads == 1)
                memcpy(own, draws->value + d * 2, 2 * sizeof *own), memcpy(own + 2, draws->effects->value + d * TEAMS, TEAMS * sizeof *own);
            ck_assert_mem_eq(own, draws->value + d * 2, 2 * sizeof *own);
            ck_assert_mem_eq(own + 2, draws->effects->value + d * TEAMS, TEAMS * sizeof *own);
            for (size_t j = 0; j < 2; j++) mean[j] += draws->value[d * 2 + j] / DRAWS;
            sd += fabs(draws->effects->factor[d]) / DRAWS;
        }
        for (size_t d = 0; d < DRAWS; d++)
            for (size_t j = 0; j < 2; j++) square[j] += pow(draws->value[d * 2 + j] - mean[j], 2) / (DRAWS - 1);
        double se = mlab_fit_standard_error(fit, 1);
        ck_assert_msg(sqrt(square[1]) > 0.75 * se && sqrt(square[1]) < 1.4 * se, "x spreads by %g, pooled error %g", sqrt(square[1]), se);
        ck_assert_double_lt(fabs(mean[1] - fit->estimate[1]), 0.4 * se);
        ck_near(sd, fit->random->sd[0], 0.2, 0);
        for (size_t g = 0; g < TEAMS; g++) { /* effects are around the most likely ones */
            double effect = 0;
            for (size_t d = 0; d < DRAWS; d++) effect += draws->effects->value[d * TEAMS + g] / DRAWS;
            ck_assert_double_lt(fabs(effect - fit->random->mode[g]), 0.8 * fit->random->mode_se[g]);
        }
        mlab_draws_free(draws);
        mlab_fit_free(fit);
        mlab_imputation_free(imputation);
        mlab_table_free(table);
    }
}
END_TEST

/* The intercept lies between teams: samples of people leave these as they are and spread it too little, samples of whole teams, each copy a team of
 * its own, as its robust error says. */
START_TEST(whole_clusters_are_drawn_where_they_are_named)
{
    enum { DRAWS = 150 };
    static char formulas[][40] = {"y ~ x + (1 | team)", "y ~ x + (1 | team) + cluster(team)"};
    double spread[2], error[2];
    mlab_fit_options options = mlab_fit_defaults();
    mlab_error err = {0};
    options.draws = 1;
    for (int k = 0; k < 2; k++) {
        mlab_table *table = people();
        mlab_data data = {.context = &context, .people = table, .person_level = true};
        mlab_outcome named = outcome;
        mlab_imputation *imputation;
        mlab_fit *fit;
        mlab_draws *draws;
        double mean = 0, square = 0;
        named.formula = formulas[k];
        ck_assert_msg(!mlab_impute(&context, &data, &named, 1, 5, 3, 3, &imputation, &err), "%s", err.sentence);
        ck_assert_msg(!mlab_fit_imputed(&context, &data, &named, 1, &options, imputation, DRAWS, NULL, 1, &fit, &draws, &err), "%s", err.sentence);
        for (size_t d = 0; d < DRAWS; d++) mean += draws->value[d * 2] / DRAWS;
        for (size_t d = 0; d < DRAWS; d++) square += pow(draws->value[d * 2] - mean, 2) / (DRAWS - 1);
        spread[k] = sqrt(square), error[k] = mlab_fit_standard_error(fit, 0);
        ck_assert_str_eq(fit->cluster, k ? "team" : "");
        ck_assert_uint_eq(draws->effects->n_groups, TEAMS);
        mlab_draws_free(draws);
        mlab_fit_free(fit);
        mlab_imputation_free(imputation);
        mlab_table_free(table);
    }
    ck_assert_msg(spread[0] < 0.75 * error[0], "by people %g, error %g", spread[0], error[0]);
    ck_assert_msg(spread[1] > 0.75 * error[1] && spread[1] < 1.35 * error[1], "by teams %g, error %g", spread[1], error[1]);
}
END_TEST

START_TEST(every_failed_allocation_of_a_redrawn_mixed_sample_is_reported)
{
    mlab_table *table = people();
    mlab_data data = {.context = &context, .people = table, .person_level = true};
    mlab_fit_options options = mlab_fit_defaults();
    mlab_imputation *imputation;
    mlab_fit *fit;
    mlab_outcome named = outcome;
    const mlab_outcome *outcomes[] = {&named};
    named.formula = "y ~ x + (1 | team) + cluster(team)";
    ck_assert_int_eq(mlab_impute(&context, &data, &named, 1, 2, 1, 3, &imputation, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_fit_imputed(&context, &data, &named, 1, &options, imputation, 0, NULL, 1, &fit, NULL, NULL), MLAB_OK);
    const mlab_fit *fits[] = {fit};
    mlab_status got = MLAB_ERR_MEMORY;
    for (long k = 1; got == MLAB_ERR_MEMORY && k < 20000; k += 1 + k / 15) {
        mlab_test_memory memory = {.fail_at = k};
        mlab_context failing = mlab_test_context(&memory, 1);
        mlab_draws *draws;
        got = mlab_draws_redrawn(&failing, &data, &named, 1, outcomes, &options, fits, 1, imputation, 2, 5, &draws, NULL);
        mlab_draws_free(draws);
        ck_assert_msg(memory.live == 0, "allocation %ld leaves %ld blocks", k, memory.live);
    }
    ck_assert_int_eq(got, MLAB_OK);
    mlab_fit_free(fit);
    mlab_imputation_free(imputation);
    mlab_table_free(table);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    mlab_status got = MLAB_ERR_MEMORY;
    for (long k = 1; got == MLAB_ERR_MEMORY && k < 100; k++) {
        mlab_fit *fits[2] = {fit_set(0, "linear"), fit_set(1, "linear")};
        mlab_test_memory memory = {.fail_at = k};
        mlab_context counting = mlab_test_context(&memory, 1);
        fits[0]->context = &counting;
        got = mlab_pool_random(fits, 2, NULL);
        fits[0]->context = &context;
        ck_assert_int_eq(memory.live, 0);
        mlab_fit_free(fits[0]);
        mlab_fit_free(fits[1]);
    }
    ck_assert_int_eq(got, MLAB_OK);
}
END_TEST

MLAB_TEST_MAIN("impute_mixed", pooled_mixed_fits_agree_with_mice, correlated_effects_are_pooled_by_fishers_z_whatever_the_signs_of_lambda,
               draws_hold_the_effects_of_groups_of_every_imputation, a_bootstrap_imputes_every_sample_and_refits_the_mixed_model,
               whole_clusters_are_drawn_where_they_are_named, every_failed_allocation_of_a_redrawn_mixed_sample_is_reported, any_allocation_may_fail)
