/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several raters of one person: scores, severity, reliability. */
#include "fit/csv.h"
#include "fit/ratings.h"

/* One firm of 96 people. Squared correlations have a standard error of about 0.03, intervals of scores one of 0.022; four are allowed. */
static void check_firm(bool levels)
{
    double squared, covered, error;
    make_ratings(7, 96, 15, levels);
    make_data(NULL, true, true);
    mlab_fit *fit = fit_of("score ~ role + (1 | person) + (1 | rater)");
    const mlab_raters *raters = fit->raters;
    compare_scores(raters, &squared, &covered, &error);
    ck_assert_int_eq(raters->ordinal, levels);
    ck_assert(raters->errors_whole && raters->reliability_known);
    ck_near(squared, raters->of_score, 0, 0.12);
    ck_near(covered, 0.95, 0, 0.09);
    ck_assert_uint_eq(raters->n_roles, 4);
    for (size_t r = 0; r < 4; r++) {
        const mlab_rater_role *role = &raters->roles[r];
        ck_assert_str_eq(role->name, roles[r]);
        ck_assert_uint_eq(role->n_people, 96);
        ck_assert(role->severity_known);
        ck_assert_msg(fabs(role->severity - severity[r]) < 3.5 * role->severity_se, "%s: %.3f (%.3f)", role->name, role->severity, role->severity_se);
        ck_near(role->upper - role->lower, 2 * 1.959963984540054 * role->severity_se, 1e-12, 0);
        ck_assert_msg(raters->all > role->alone && role->alone >= role->one, "%s: %.3f alone, %.3f all", role->name, role->alone, raters->all);
    }
    ck_assert_uint_eq(raters->roles[0].n_ratings, 4 * 96);
    ck_near(raters->roles[0].raters_each, 4, 1e-12, 0);
    for (size_t i = 0; i < raters->n_scores; i++) ck_assert_uint_eq(raters->scores[i].n_ratings, 7);
    ck_assert_str_eq(raters->note, "");
    close_data(fit);
}

START_TEST(scores_and_severity_of_levels_are_found_again)
{
    check_firm(true);
}
END_TEST

START_TEST(scores_and_severity_of_numbers_are_found_again)
{
    check_firm(false);
}
END_TEST

/* Nothing but a person, a rater and noise: the formulas of Spearman and Brown. */
START_TEST(reliability_is_that_of_spearman_and_brown)
{
    make_ratings(8, 60, 3, false);
    make_data(NULL, true, true);
    mlab_fit *fit = fit_of("score ~ role + (1 | person) + (1 | rater)");
    const mlab_raters *raters = fit->raters;
    double person = pow(fit->random[0].sd[0], 2), error = pow(fit->random[1].sd[0], 2) + fit->residual_variance, one = person / (person + error);
    double four = 4 * one / (1 + 3 * one), five = 5 * one / (1 + 4 * one);
    ck_near(raters->roles[0].one, one, 1e-12, 0);
    ck_near(raters->roles[0].alone, four, 1e-12, 0);
    ck_near(raters->roles[1].alone, one, 1e-12, 0);
    ck_near(raters->all, five, 1e-12, 0);
    double needed = ceil(0.8 / 0.2 * (1 - one) / one);
    ck_near(raters->roles[0].needed, needed, 1e-12, 0);
    ck_assert_uint_eq(raters->n_sources, 3);
    ck_assert_str_eq(raters->sources[2].name, "rating");
    ck_near(raters->sources[0].share, person / (person + error), 1e-12, 0);
    close_data(fit);
}
END_TEST

/* What the raters of a role see alike does not go away with more of them. */
START_TEST(the_view_of_a_role_sets_a_bound_to_its_reliability)
{
    make_ratings(9, 80, 15, false);
    for (size_t i = 0; i < n_ratings; i++)
        ratings[i].score += 1.2 * rating_normal(9, (uint32_t)(4 * atoi(ratings[i].person + 1) + ratings[i].role), 9);
    make_data(NULL, true, true);
    mlab_fit *fit = fit_of("score ~ role + (1 | person) + (1 | rater) + (1 | person:role)");
    double person = pow(fit->random[0].sd[0], 2), view = pow(fit->random[2].sd[0], 2), rest = pow(fit->random[1].sd[0], 2) + fit->residual_variance;
    ck_assert_double_gt(view, 0.3);
    ck_near(fit->raters->roles[0].alone, person / (person + view + rest / 4), 1e-12, 0);
    ck_near(fit->raters->roles[1].alone, person / (person + view + rest), 1e-12, 0);
    if (view > person / 4) ck_assert(isinf(fit->raters->roles[0].needed));
    close_data(fit);
}
END_TEST

/* --- references ---------------------------------------------------------------------------------------------------- */

static void read_ratings(const char *file, const char *person, const char *rater, const char *score, const char *factor)
{
    csv table = csv_read(mlab_test_path(file));
    mlab_column *column;
    ck_assert_ptr_nonnull(table.cell);
    n_ratings = 0;
    for (size_t i = 0; i < table.n_rows; i++) {
        rating *r = &ratings[n_ratings++];
        snprintf(r->person, sizeof r->person, "%s", csv_text(&table, i, person));
        snprintf(r->rater, sizeof r->rater, "%s", csv_text(&table, i, rater));
        r->score = csv_number(&table, i, score);
    }
    make_data(NULL, true, false);
    if (factor) {
        static const char *const answers[] = {"no", "yes"};
        ck_assert_int_eq(mlab_table_add(data.ratings, factor, MLAB_COLUMN_FACTOR, answers, 2, &column, NULL), MLAB_OK);
        for (size_t i = 0; i < table.n_rows; i++) column->as.integer[i] = strcmp(csv_text(&table, i, factor), "yes") == 0;
    }
    csv_free(&table);
}

static void check_effects(const mlab_fit *fit, const char *which, const char *const *prefix, double close)
{
    csv table = csv_read(mlab_test_path("reference/raters.csv"));
    size_t seen = 0;
    ck_assert_ptr_nonnull(table.cell);
    for (size_t t = 0; t < 2; t++) {
        const mlab_random_effects *random = &fit->random[t];
        double spread = which[1] == 'i' ? random->sd[0] : 0;
        for (size_t g = 0; g < random->n_groups; g++)
            for (size_t i = 0; i < table.n_rows; i++) {
                char name[40];
                snprintf(name, sizeof name, "%s%s", prefix[t], random->groups[g]);
                if (strcmp(csv_text(&table, i, "case"), which) != 0 || strcmp(csv_text(&table, i, "group"), name) != 0) continue;
                double se = csv_number(&table, i, "se");
                ck_near(random->mode[g], csv_number(&table, i, "mode"), 0, close * (spread > 0 ? spread : se));
                ck_near(random->mode_se[g], se, close, 0);
                ck_near(random->mode_error[g], csv_number(&table, i, "error"), which[1] == 'i' ? 1e-5 : 1e-3, 0);
                seen++;
            }
    }
    ck_assert_uint_eq(seen, fit->random[0].n_groups + fit->random[1].n_groups);
    csv_free(&table);
}

START_TEST(effects_of_numbers_and_their_errors_are_those_of_lme4)
{
    static const char *const prefix[] = {"", ""};
    read_ratings("reference/crossed_penicillin.csv", "plate", "sample", "diameter", NULL);
    mlab_outcome outcome = outcome_of("score ~ 1 + (1 | person) + (1 | rater)");
    outcome.kind = MLAB_OUTCOME_NUMBER;
    mlab_fit *fit;
    ck_assert_int_eq(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, NULL), MLAB_OK);
    check_effects(fit, "linear", prefix, 1e-6);
    for (size_t i = 0; i < fit->raters->n_scores; i++) {
        const mlab_person_score *s = &fit->raters->scores[i];
        ck_near(s->error, fit->random[0].mode_error[i], 0, 0);
        ck_near(s->expected, fit->estimate[0] + s->score, 1e-12, 0);
    }
    close_data(fit);
}
END_TEST

START_TEST(effects_of_levels_and_their_errors_are_those_of_the_laplace_approximation_in_r)
{
    static const char *const prefix[] = {"bottle", "judge"};
    read_ratings("reference/raters_wine.csv", "bottle", "judge", "rating", "contact");
    mlab_fit *fit = fit_of("score ~ contact + (1 | person) + (1 | rater)");
    ck_assert_uint_eq(fit->n_levels, 5);
    ck_assert_str_eq(fit->levels[4], "5");
    ck_near(fit->log_likelihood, -90.956638838869, 0, 1e-5);
    check_effects(fit, "levels", prefix, 1e-4);
    close_data(fit);
}
END_TEST

/* --- what cannot be told --------------------------------------------------------------------------------------------- */

static void noted(const mlab_fit *fit, const char *words)
{
    ck_assert_msg(strstr(fit->raters->note, words) != NULL, "%s", fit->raters->note);
}

START_TEST(without_raters_roles_or_ties_it_says_what_cannot_be_told)
{
    make_ratings(10, 60, 11, false);
    make_data(NULL, false, true);
    mlab_fit *fit = fit_of(NULL);
    ck_assert_str_eq(fit->formula, "score ~ role + (1 | person)");
    noted(fit, "do not say who rated");
    close_data(fit);

    make_data(NULL, true, false);
    fit = fit_of(NULL);
    ck_assert_str_eq(fit->formula, "score ~ (1 | person) + (1 | rater)");
    noted(fit, "have no roles");
    ck_assert(!fit->raters->roles[0].severity_known);
    close_data(fit);

    make_ratings(10, 60, 1, false);
    make_data(NULL, true, true);
    fit = fit_of("score ~ (1 | person) + (1 | rater)");
    ck_assert_uint_eq(fit->raters->n_roles, 1);
    noted(fit, "one role, co-worker: how severe roles are cannot be told");
    close_data(fit);

    make_ratings(10, 60, 15, false);
    for (size_t i = 0; i < n_ratings; i++) snprintf(ratings[i].rater, sizeof ratings[i].rater, "r%04zu", i); /* everybody rates once */
    make_data(NULL, true, true);
    fit = fit_of(NULL);
    ck_assert_str_eq(fit->formula, "score ~ role + (1 | person)");
    noted(fit, "Nobody rates two people");
    close_data(fit);

    make_ratings(10, 60, 10, false); /* supervisors and mentors alone: teams that share nobody */
    make_data(NULL, true, true);
    fit = fit_of(NULL);
    ck_assert_uint_gt(fit->raters->n_islands, 1);
    noted(fit, "groups that share nobody");
    close_data(fit);
}
END_TEST

static mlab_status refused(const char *formula, const char *word)
{
    mlab_fit *fit;
    mlab_error err = {0};
    mlab_outcome outcome = outcome_of(formula);
    mlab_status status = mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err);
    ck_assert_ptr_null(fit);
    ck_assert_msg(strstr(err.sentence, word) != NULL, "%s", err.sentence);
    return status;
}

START_TEST(ratings_that_tell_nothing_are_refused)
{
    make_ratings(11, 40, 15, true);
    make_data(NULL, true, true);
    ck_assert_int_eq(refused("score ~ role + (1 | rater)", "needs (1 | person)"), MLAB_ERR_FIT_MODEL);
    ck_assert_int_eq(refused("date ~ (1 | person)", "not a column"), MLAB_ERR_DATA_COLUMN);
    close_data(NULL);
    for (size_t i = 0; i < n_ratings; i++) ratings[i].score = 3;
    make_data(NULL, true, true);
    ck_assert_int_eq(refused(NULL, "all 280 ratings are 3"), MLAB_ERR_FIT_RESPONSE);
    close_data(NULL);
    make_ratings(11, 40, 8, true);
    make_data(NULL, true, true);
    ck_assert_int_eq(refused(NULL, "has one rating"), MLAB_ERR_FIT_RANK);
    close_data(NULL);
    data.ratings = NULL;
    refused(NULL, "needs ratings of people");
}
END_TEST

START_TEST(what_a_formula_leaves_open_is_not_told)
{
    static const char *const skills[] = {"leading", "listening"};
    mlab_column *skill;
    make_ratings(10, 60, 15, false);
    make_data(NULL, true, true);
    ck_assert_int_eq(mlab_table_add(data.ratings, "skill", MLAB_COLUMN_FACTOR, skills, 2, &skill, NULL), MLAB_OK);
    for (size_t i = 0; i < n_ratings; i++) skill->as.integer[i] = (int32_t)(i * 7 % 3 == 0);
    mlab_fit *fit = fit_of("score ~ role * skill + (1 | person) + (1 | rater)");
    ck_assert(!fit->raters->roles[0].severity_known); /* the coefficients of roles are those of one skill */
    noted(fit, "Roles differ by another term");
    ck_assert(fit->raters->reliability_known);
    mlab_fit_free(fit);
    fit = fit_of("score ~ role + (1 | person) + (1 | rater) + (1 | person:skill)");
    ck_assert(fit->raters->roles[0].severity_known);
    ck_assert(!fit->raters->reliability_known); /* roles share what somebody's skill is: more raters do not take it away */
    noted(fit, "Reliability is told where");
    close_data(fit);
    make_ratings(10, 60, 15, false);
    make_data(NULL, true, true);
    ck_assert_int_eq(refused("score ~ role + (1 | rater) + (1 + role | person)", "intercepts alone"), MLAB_ERR_DATA_NOT_BUILT);
    close_data(NULL);
}
END_TEST

START_TEST(a_role_of_few_people_or_few_raters_is_not_shown)
{
    mlab_rater_role roles_of[] = {{.n_people = 40, .n_raters = 1}, {.n_people = 4, .n_raters = 9}, {.n_people = 40, .n_raters = 9}};
    mlab_raters raters = {.roles = roles_of, .n_roles = 3, .n_raters = 19};
    for (size_t r = 0; r < 3; r++) ck_assert_int_eq(mlab_rater_role_shown(&raters, r, 5), r == 2);
    raters.n_raters = 0; /* not known */
    ck_assert(mlab_rater_role_shown(&raters, 0, 5));
}
END_TEST

START_TEST(ratings_after_the_day_of_the_export_do_not_count)
{
    mlab_column *date;
    make_ratings(12, 40, 15, false);
    make_data(NULL, true, true);
    ck_assert_int_eq(mlab_table_add(data.ratings, "date", MLAB_COLUMN_DATE, NULL, 0, &date, NULL), MLAB_OK);
    for (size_t i = 0; i < n_ratings; i++) date->as.integer[i] = (int32_t)(i % 7 ? 100 : 300);
    data.as_of = 200;
    mlab_fit *fit = fit_of(NULL);
    ck_assert_uint_eq(fit->n_rows, n_ratings - n_ratings / 7);
    close_data(fit);
}
END_TEST

START_TEST(scores_are_kept_only_when_asked_for)
{
    make_ratings(13, 40, 15, false);
    make_data(NULL, true, true);
    options.scores = 0;
    mlab_fit *fit = fit_of(NULL);
    ck_assert_ptr_null(fit->raters->scores);
    close_data(fit);
}
END_TEST

/* Numbers, and then levels where the sweep of numbers has found all steps but theirs. */
START_TEST(every_failing_allocation_is_told)
{
    mlab_test_memory memory = {0};
    mlab_outcome outcome = outcome_of(NULL);
    outcome.kind = MLAB_OUTCOME_NUMBER;
    make_ratings(14, 10, 15, true);
    make_data(&memory, true, true);
    long live = memory.live, failures = 0;
    for (long k = 1;; k += k < 200 ? 1 : 41) { /* the climb repeats itself */
        mlab_fit *fit;
        memory.fail_at = memory.calls + k;
        mlab_status status = mlab_fit_outcome(&context, &data, &outcome, &options, &fit, NULL);
        bool done = memory.calls < memory.fail_at;
        memory.fail_at = 0;
        mlab_fit_free(fit);
        ck_assert_int_eq(memory.live, live);
        if (done) {
            ck_assert_int_eq(status, MLAB_OK);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        ck_assert_ptr_null(fit);
        failures++;
    }
    ck_assert_int_gt(failures, 50);
    close_data(NULL);
}
END_TEST

MLAB_TEST_MAIN("raters", scores_and_severity_of_levels_are_found_again, scores_and_severity_of_numbers_are_found_again,
               reliability_is_that_of_spearman_and_brown, the_view_of_a_role_sets_a_bound_to_its_reliability,
               effects_of_numbers_and_their_errors_are_those_of_lme4, effects_of_levels_and_their_errors_are_those_of_the_laplace_approximation_in_r,
               without_raters_roles_or_ties_it_says_what_cannot_be_told, ratings_that_tell_nothing_are_refused,
               what_a_formula_leaves_open_is_not_told, a_role_of_few_people_or_few_raters_is_not_shown,
               ratings_after_the_day_of_the_export_do_not_count, scores_are_kept_only_when_asked_for, every_failing_allocation_is_told)
