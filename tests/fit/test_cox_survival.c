/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Survival predicted from Cox fits: two strata by hand, survfit of R on Rossi, rows whose stratum is not known, other parameters. */
#include "fit/after/after.h"
#include "fit/outcome.h"
#include "fit/reference.h"

static mlab_fit_options options;

/* Rossi as a person-level study. */
static study rossi(mlab_data *data)
{
    context = mlab_test_context(NULL, 1);
    options = mlab_fit_defaults();
    study s = open_file(mlab_test_path("reference/rossi.csv"));
    const char *const columns[] = {"week", "arrest", "fin", "age", "race", "mar", "prio", "entry", "weight"};
    for (size_t j = 0; j < sizeof columns / sizeof *columns; j++) add_column(&s, columns[j], NULL);
    double *off = room(s.n, sizeof *off);
    for (size_t i = 0; i < s.n; i++) off[i] = strtod(cell(&s, i, "educ"), NULL) / 10;
    world_real(&s.w, &context, "off", off, s.n);
    free(off);
    *data = (mlab_data){.context = &context, .people = s.w.table, .person_level = true};
    return s;
}

static mlab_outcome cox_of(const char *formula)
{
    return (mlab_outcome){.name = "arrest", .kind = MLAB_OUTCOME_EVENT, .better = -1, .model = "cox", .formula = (char *)formula};
}

static mlab_fit *fit_of(const mlab_data *data, const char *formula)
{
    mlab_outcome outcome = cox_of(formula);
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_msg(mlab_fit_outcome(&context, data, &outcome, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    return fit;
}

/* With the column "weight" as weights that are told by nobody to be anything else than counts. */
static mlab_fit *weighted_fit(const mlab_data *data, const char *formula)
{
    mlab_outcome outcome = cox_of(formula);
    mlab_outcome_problem *made;
    mlab_prepared *prepared;
    mlab_fit *fit;
    ck_assert_int_eq(mlab_outcome_problem_make(&context, data, &outcome, &options, &made, NULL), MLAB_OK);
    made->problem.weight = mlab_table_find(data->people, "weight")->as.real;
    ck_assert_int_eq(mlab_prepare(&context, made->model, &made->problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
    mlab_prepared_free(prepared);
    mlab_outcome_problem_free(made);
    return fit;
}

START_TEST(survival_and_its_errors_are_those_of_survfit)
{
    static const struct {
        const char *name, *formula;
        int ties;
        bool weights;
    } cases[] = {{"efron", "event(week, arrest) ~ fin + age + race + prio", 0, false},
                 {"breslow", "event(week, arrest) ~ fin + age + race + prio", 1, false},
                 {"exact", "event(week, arrest) ~ fin + age + race + prio", 2, false},
                 {"strata", "event(week, arrest) ~ fin + age + strata(race)", 0, false},
                 {"two_strata", "event(week, arrest) ~ age + prio + strata(fin, mar)", 0, false},
                 {"entry", "event(entry, week, arrest) ~ fin + age + prio", 0, false},
                 {"weights", "event(week, arrest) ~ fin + age + prio + strata(race)", 0, true},
                 {"offset", "event(week, arrest) ~ fin + age + offset(off)", 0, false},
                 {"none", "event(week, arrest) ~ 1", 0, false}};
    mlab_data data;
    study s = rossi(&data);
    csv reference = csv_read(mlab_test_path("reference/cox_survival.csv"));
    size_t checked = 0;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        options.ties = cases[c].ties;
        mlab_fit *fit = cases[c].weights ? weighted_fit(&data, cases[c].formula) : fit_of(&data, cases[c].formula);
        for (size_t r = 0; r < reference.n_rows; r++) {
            if (strcmp(csv_text(&reference, r, "case"), cases[c].name)) continue;
            double time = csv_number(&reference, r, "time"), expected = csv_number(&reference, r, "survival"), got, variance;
            size_t row = (size_t)csv_number(&reference, r, "row");
            mlab_error err = {0};
            ck_assert_msg(mlab_predict_at(&context, fit, data.people, NULL, row, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, &time, 1, &got, &err) == MLAB_OK,
                          "%s", err.sentence);
            ck_assert_int_eq(
                mlab_predict_variance(&context, fit, data.people, NULL, row, 1, fit->covariance, MLAB_SCALE_SURVIVAL, &time, 1, &variance, NULL),
                MLAB_OK);
            ck_near(got, expected, 1e-8, 0);
            ck_near(-log(got), csv_number(&reference, r, "cumulative"), 1e-8, 1e-15);
            ck_near(sqrt(variance) / got, csv_number(&reference, r, "se"), 1e-8, 1e-15);
            checked++;
        }
        mlab_fit_free(fit);
    }
    ck_assert_uint_eq(checked, reference.n_rows);
    csv_free(&reference);
    close_study(&s);
}
END_TEST

/*  site   Lyon         Oslo
 *  day    2 3 3 5      1 4
 *  event  1 1 0 1      0 1
 *  H(t)   1/4, 1/4 + 1/3, 1/4 + 1/3 + 1     0, 1                  no covariates                                             */
static world two_sites(void)
{
    static const double day[] = {2, 3, 3, 5, 1, 4}, event[] = {1, 1, 0, 1, 0, 1};
    static const int32_t site[] = {0, 0, 0, 0, 1, 1};
    static const char *const sites[] = {"Lyon", "Oslo", "Rome"};
    world w = {0};
    context = mlab_test_context(NULL, 1);
    options = mlab_fit_defaults();
    world_real(&w, &context, "day", day, 6);
    world_real(&w, &context, "event", event, 6);
    world_factor(&w, &context, "site", site, 6, sites, 3);
    return w;
}

START_TEST(every_stratum_has_steps_of_its_own)
{
    static const double lyon[] = {1.0 / 4, 1.0 / 4 + 1.0 / 3, 1.0 / 4 + 1.0 / 3 + 1}, times[] = {1, 2, 3, 5};
    world w = two_sites();
    mlab_data data = {.context = &context, .people = w.table, .person_level = true};
    mlab_fit *fit = fit_of(&data, "event(day, event) ~ strata(site)");
    const mlab_baseline *b = fit->baseline;
    ck_assert_uint_eq(b->n_strata, 2);
    ck_assert_str_eq(b->strata[1], "site=Oslo");
    ck_assert_uint_eq(b->first[1], 3);
    ck_assert_uint_eq(b->first[2], 4);
    for (size_t k = 0; k < 3; k++) ck_near(b->cumulative_hazard[k], lyon[k], 1e-15, 0);
    double out[24];
    ck_assert_int_eq(mlab_predict_at(&context, fit, w.table, NULL, 0, 6, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 4, out, NULL), MLAB_OK);
    for (size_t i = 0; i < 4; i++) {
        ck_near(out[i * 4], 1, 0, 0);
        for (size_t t = 0; t < 3; t++) ck_near(out[i * 4 + t + 1], exp(-lyon[t]), 1e-15, 0);
    }
    ck_near(out[5 * 4 + 2], 1, 0, 0);
    ck_near(out[5 * 4 + 3], exp(-1), 1e-15, 0);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(a_row_whose_stratum_is_not_known_is_refused_by_name)
{
    static const double times[] = {1};
    world w = two_sites();
    mlab_data data = {.context = &context, .people = w.table, .person_level = true};
    mlab_fit *fit = fit_of(&data, "event(day, event) ~ strata(site)");
    mlab_error err;
    double out[6];
    mlab_column *site = (mlab_column *)mlab_table_find(w.table, "site");
    site->as.integer[2] = 2;
    ck_assert_int_eq(mlab_predict_at(&context, fit, w.table, NULL, 0, 6, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 1, out, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_msg(strstr(err.sentence, "row 3 is of stratum site=Rome") != NULL, "%s", err.sentence);
    ck_assert_int_eq(mlab_column_set_missing(w.table, site, 1, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_predict_at(&context, fit, w.table, NULL, 0, 6, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 1, out, &err), MLAB_ERR_DATA_EMPTY);
    world other = {0};
    world_real(&other, &context, "day", times, 1);
    ck_assert_int_eq(mlab_predict_at(&context, fit, other.table, NULL, 0, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 1, out, &err),
                     MLAB_ERR_DATA_COLUMN);
    ck_assert_msg(strstr(err.sentence, "\"site\"") != NULL, "%s", err.sentence);
    world_free(&other);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

/* The derivative of the survival by each coefficient, by differences of mlab_predict_at, gives what mlab_predict_variance has from the coefficients.
 */
START_TEST(other_parameters_move_the_baseline_as_its_errors_say)
{
    mlab_data data;
    study s = rossi(&data);
    mlab_fit *fit = fit_of(&data, "event(week, arrest) ~ fin + age + prio + strata(race)");
    static const double times[] = {10, 40};
    double none[9] = {0}, all[2], own[2], up[2], down[2], moved[3], gradient[2][3];
    for (size_t j = 0; j < 3; j++) {
        memcpy(moved, fit->estimate, sizeof moved);
        double step = 1e-5 * sqrt(fit->covariance[j * 3 + j]);
        moved[j] += step;
        ck_assert_int_eq(mlab_predict_at(&context, fit, data.people, NULL, 7, 1, moved, NULL, MLAB_SCALE_SURVIVAL, times, 2, up, NULL), MLAB_OK);
        moved[j] -= 2 * step;
        ck_assert_int_eq(mlab_predict_at(&context, fit, data.people, NULL, 7, 1, moved, NULL, MLAB_SCALE_SURVIVAL, times, 2, down, NULL), MLAB_OK);
        for (size_t t = 0; t < 2; t++) gradient[t][j] = (up[t] - down[t]) / (2 * step);
    }
    ck_assert_int_eq(mlab_predict_variance(&context, fit, data.people, NULL, 7, 1, fit->covariance, MLAB_SCALE_SURVIVAL, times, 2, all, NULL),
                     MLAB_OK);
    ck_assert_int_eq(mlab_predict_variance(&context, fit, data.people, NULL, 7, 1, none, MLAB_SCALE_SURVIVAL, times, 2, own, NULL), MLAB_OK);
    for (size_t t = 0; t < 2; t++) {
        double sum = own[t];
        for (size_t j = 0; j < 9; j++) sum += gradient[t][j / 3] * fit->covariance[j] * gradient[t][j % 3];
        ck_assert(own[t] > 0 && all[t] > own[t]);
        ck_near(all[t], sum, 1e-6, 0);
    }
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(every_allocation_of_a_fit_with_strata_and_of_its_prediction_may_fail)
{
    static const double times[] = {1, 3};
    world w = two_sites();
    mlab_data data = {.context = &context, .people = w.table, .person_level = true};
    mlab_outcome outcome = cox_of("event(day, event) ~ strata(site)");
    mlab_test_memory memory = {0};
    mlab_context failing = mlab_test_context(&memory, 1);
    mlab_status status = MLAB_ERR_MEMORY;
    for (long k = 1; status == MLAB_ERR_MEMORY && k < 1000; k++) {
        mlab_fit *fit = NULL;
        double out[12];
        memory = (mlab_test_memory){.fail_at = k};
        status = mlab_fit_outcome(&failing, &data, &outcome, &options, &fit, NULL);
        if (!status) status = mlab_predict_at(&failing, fit, w.table, NULL, 0, 6, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 2, out, NULL);
        if (!status) status = mlab_predict_variance(&failing, fit, w.table, NULL, 0, 6, times, MLAB_SCALE_SURVIVAL, times, 2, out, NULL);
        mlab_fit_free(fit);
        ck_assert_int_eq(memory.live, 0);
    }
    ck_assert_int_eq(status, MLAB_OK);
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("cox_survival", survival_and_its_errors_are_those_of_survfit, every_stratum_has_steps_of_its_own,
               a_row_whose_stratum_is_not_known_is_refused_by_name, other_parameters_move_the_baseline_as_its_errors_say,
               every_allocation_of_a_fit_with_strata_and_of_its_prediction_may_fail)
