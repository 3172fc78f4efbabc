/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cox's model: two people by hand, coxph of R on Rossi and on the turnover data, and what a runaway coefficient does. */
#include "fit/cox_world.h"

START_TEST(fits_of_rossi_are_those_of_coxph)
{
    static const struct {
        const char *name, *formula;
        int ties;
        bool entry;
        const char *strata, *cluster;
        bool weights;
    } fits[] = {
        {"efron", "event(week, arrest) ~ fin + age + race + wexp + mar + paro + prio", 0, false, NULL, NULL, false},
        {"breslow", "event(week, arrest) ~ fin + age + race + wexp + mar + paro + prio", 1, false, NULL, NULL, false},
        {"strata", "event(week, arrest) ~ fin + age + prio", 0, false, "race", NULL, false},
        {"weights_efron", "event(week, arrest) ~ fin + age + prio", 0, false, NULL, NULL, true},
        {"weights_breslow", "event(week, arrest) ~ fin + age + prio", 1, false, NULL, NULL, true},
        {"entry", "event(week, arrest) ~ fin + age + prio", 0, true, "mar", NULL, false},
        {"alias", "event(week, arrest) ~ age + I(2 * age) + prio", 0, false, NULL, NULL, false},
        {"cluster_efron", "event(week, arrest) ~ fin + age + prio", 0, false, NULL, "educ", false},
        {"cluster_breslow", "event(week, arrest) ~ fin + age + prio", 1, false, NULL, "educ", false},
        {"cluster_weights", "event(week, arrest) ~ fin + age + prio", 0, false, "race", "educ", true},
        {"exact", "event(week, arrest) ~ fin + age + race + wexp + mar + paro + prio", 2, false, NULL, NULL, false},
        {"exact_strata", "event(week, arrest) ~ fin + age + prio", 2, false, "race", NULL, false},
        {"exact_entry", "event(week, arrest) ~ fin + age + prio", 2, true, "mar", NULL, false},
    };
    csv data = csv_read(mlab_test_path("reference/rossi.csv")), reference = csv_read(mlab_test_path("reference/cox_rossi.csv"));
    for (size_t f = 0; f < sizeof fits / sizeof *fits; f++) {
        world *w = rossi(&data, false);
        if (fits[f].entry)
            for (size_t i = 0; i < w->n; i++) w->start[i] = (int32_t)csv_number(&data, i, "entry");
        set(w, fits[f].formula, fits[f].entry ? w->start : NULL, &data, fits[f].strata, fits[f].cluster, fits[f].weights);
        if (fits[f].cluster) close_gaps(w);
        check_against(w, &reference, fits[f].name, fits[f].ties);
        end(w);
    }
    csv_free(&data);
    csv_free(&reference);
}
END_TEST

START_TEST(robust_kinds_are_sums_of_score_residuals)
{
    static const struct {
        const char *name;
        mlab_robust robust;
        bool two;
    } kinds[] = {{"CR0", MLAB_ROBUST_CR0, false},
                 {"CR1", MLAB_ROBUST_CR1, false},
                 {"HC0", MLAB_ROBUST_HC0, false},
                 {"HC1", MLAB_ROBUST_HC1, false},
                 {"two", MLAB_ROBUST_CR1, true}};
    csv data = csv_read(mlab_test_path("reference/rossi.csv")), reference = csv_read(mlab_test_path("reference/cox_robust.csv"));
    uint32_t block[ROWS];
    for (int weighted = 0; weighted < 2; weighted++) {
        world *w = rossi(&data, false);
        set(w, "event(week, arrest) ~ fin + age + prio", NULL, &data, weighted ? "race" : NULL, "educ", weighted);
        close_gaps(w);
        w->problem.weights_sampling = true; /* rows are observations */
        for (size_t i = 0; i < w->n; i++) block[i] = (uint32_t)((size_t)csv_number(&data, i, "row") % 17);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            mlab_fit_options options = mlab_fit_defaults();
            mlab_fit *fit;
            size_t j = 0;
            options.robust = (int)kinds[k].robust;
            w->problem.cluster_other = kinds[k].two ? block : NULL;
            w->problem.n_clusters_other = 17;
            w->problem.cluster_other_name = "block";
            ck_assert_int_eq(mlab_fit_problem_fit(&w->context, &mlab_model_cox, &w->problem, &options, &fit, NULL), MLAB_OK);
            for (size_t r = 0; r < reference.n_rows; r++) {
                if (strcmp(csv_text(&reference, r, "fit"), weighted ? "strata_weights" : "efron")) continue;
                if (strcmp(csv_text(&reference, r, "kind"), kinds[k].name)) continue;
                ck_near(mlab_fit_standard_error(fit, j++), csv_number(&reference, r, "se"), 1e-8, 0);
            }
            ck_assert_uint_eq(j, 3);
            ck_assert_str_eq(fit->robust_kind, kinds[k].two ? "CR1" : kinds[k].name);
            mlab_fit_free(fit);
        }
        mlab_fit_options leverages = mlab_fit_defaults();
        mlab_fit *fit;
        leverages.robust = MLAB_ROBUST_CR2;
        w->problem.cluster_other = NULL;
        ck_assert_int_eq(mlab_fit_problem_fit(&w->context, &mlab_model_cox, &w->problem, &leverages, &fit, NULL), MLAB_OK);
        ck_assert_msg(strstr(fit->reason, "CR2 is not there for cox; its errors are CR1"), "%s", fit->reason);
        mlab_fit_free(fit);
        end(w);
    }
    csv_free(&data);
    csv_free(&reference);
}
END_TEST

static double late_aid(const world *w, const csv *data, size_t row)
{
    return w->start[row] >= 26 && !strcmp(csv_text(data, w->source[row], "fin"), "yes");
}

static double off_of(const world *w, const csv *data, size_t row)
{
    return csv_number(data, w->source[row], "educ") / 10;
}

START_TEST(a_covariate_that_changes_in_time_is_fitted_on_start_stop_rows)
{
    csv data = csv_read(mlab_test_path("reference/rossi.csv")), reference = csv_read(mlab_test_path("reference/cox_rossi.csv"));
    for (int breslow = 0; breslow < 2; breslow++) {
        world *w = rossi(&data, true);
        add_number(w, "finlate", late_aid, &data);
        set(w, "event(start, week, arrest) ~ fin + age + prio + finlate", w->start, &data, NULL, "row", false);
        close_gaps(w);
        check_against(w, &reference, breslow ? "split_breslow" : "split_efron", breslow);
        end(w);
    }
    csv_free(&data);
    csv_free(&reference);
}
END_TEST

START_TEST(an_offset_counts_and_its_level_does_not)
{
    csv data = csv_read(mlab_test_path("reference/rossi.csv")), reference = csv_read(mlab_test_path("reference/cox_rossi.csv"));
    world *w = rossi(&data, false);
    add_number(w, "off", off_of, &data);
    set(w, "event(week, arrest) ~ fin + age + offset(off)", NULL, &data, NULL, NULL, false);
    check_against(w, &reference, "offset", false);
    double shift[ROWS];
    for (size_t i = 0; i < w->n; i++) shift[i] = 500;
    w->problem.offset = shift;
    check_against(w, &reference, "offset", false);
    end(w);
    csv_free(&data);
    csv_free(&reference);
}
END_TEST

START_TEST(fits_of_the_turnover_data_are_those_of_coxph)
{
    const char *folder = getenv("MLAB_TEST_DATA");
    if (!folder) {
        fprintf(stderr, "SKIPPED: Cox fits of the turnover data: MLAB_TEST_DATA is not set\n");
        return;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/employee-turnover/turnover.csv", folder);
    csv data = csv_read(path), reference = csv_read(mlab_test_path("reference/cox_turnover.csv"));
    world *w = calloc(1, sizeof *w);
    w->context = mlab_test_context(NULL, 1);
    w->n = data.n_rows;
    const char *professions[64];
    uint32_t n_professions = 0;
    for (size_t i = 0; i < w->n; i++) {
        w->source[i] = (uint32_t)i;
        w->stop[i] = (int32_t)lround(csv_number(&data, i, "stag") * 30.4375);
        w->status[i] = (int32_t)csv_number(&data, i, "event");
        for (size_t j = 0; j < data.n_columns; j++) {
            char *cell = data.cell[i][j];
            size_t blanks = strspn(cell, " ");
            memmove(cell, cell + blanks, strlen(cell + blanks) + 1);
        }
    }
    ck_assert_int_eq(mlab_table_make(&w->context, w->n, &w->table, NULL), MLAB_OK);
    add_column(w, &data, "coach", "no");
    const char *const columns[] = {"age", "gender", "industry", "greywage"};
    for (size_t j = 0; j < 4; j++) add_column(w, &data, columns[j], NULL);
    set(w, "event(days, event) ~ coach + age + gender + industry + greywage", NULL, &data, NULL, NULL, false);
    check_against(w, &reference, "efron", false);
    check_against(w, &reference, "breslow", true);
    for (size_t i = 0; i < w->n; i++) {
        uint32_t k = 0;
        while (k < n_professions && strcmp(professions[k], csv_text(&data, i, "profession"))) k++;
        if (k == n_professions) professions[n_professions++] = csv_text(&data, i, "profession");
        w->cluster[i] = k;
    }
    w->problem.cluster = w->cluster;
    w->problem.n_clusters = n_professions;
    w->problem.cluster_name = "profession";
    check_against(w, &reference, "cluster", false);
    end(w);
    csv_free(&data);
    csv_free(&reference);
}
END_TEST

/*  person   a  b  c        x is 1 for a alone
 *  week     1  2  3        all have the event
 *  L(b) = e^b / (e^b + 2) * 1/2                  no maximum: b runs to infinity                     */
static world *three_people(const double *x)
{
    world *w = calloc(1, sizeof *w);
    w->context = mlab_test_context(NULL, 1);
    w->n = 3;
    mlab_column *column;
    ck_assert_int_eq(mlab_table_make(&w->context, 3, &w->table, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(w->table, "x", MLAB_COLUMN_REAL, NULL, 0, &column, NULL), MLAB_OK);
    for (size_t i = 0; i < 3; i++) {
        column->as.real[i] = x[i];
        w->stop[i] = (int32_t)i + 1;
        w->status[i] = 1;
    }
    ck_assert_int_eq(mlab_formula_parse(&w->context, "event(t, s) ~ x", NULL, &w->formula, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(w->formula, w->table, NULL, &w->design, NULL), MLAB_OK);
    w->problem = (mlab_fit_problem){.table = w->table, .n = 3, .design = w->design, .stop = w->stop, .status = w->status, .n_strata = 1};
    w->problem.outcome = "leaving";
    w->problem.formula = "event(t, s) ~ x";
    return w;
}

START_TEST(a_likelihood_without_a_maximum_is_separation_and_names_the_column)
{
    const double x[] = {1, 0, 0};
    world *w = three_people(x);
    mlab_fit *fit = fit_of(w, false);
    ck_assert_int_eq(fit->trust, MLAB_SEPARATED);
    ck_assert_ptr_nonnull(strstr(fit->reason, "x"));
    mlab_fit_free(fit);
    end(w);
}
END_TEST

/* x is 1 for b: L(b) = 1 / (e^b + 2) * e^b / (e^b + 1) has its maximum where e^(2b) = 2. */
START_TEST(three_people_give_the_coefficient_by_hand)
{
    const double x[] = {0, 1, 0};
    world *w = three_people(x);
    mlab_fit *fit = fit_of(w, false);
    ck_near(fit->estimate[0], log(2) / 2, 1e-9, 0);
    ck_assert_int_eq(fit->trust, MLAB_TOO_FEW_EVENTS);
    ck_assert_ptr_nonnull(strstr(fit->reason, "fewer than 5 events for 1 coefficients; at least 5 for each"));
    ck_near(fit->null_log_likelihood, -log(6), 1e-14, 0);
    mlab_fit_free(fit);
    end(w);
}
END_TEST

START_TEST(a_refit_with_cluster_counts_is_the_fit_of_the_repeated_rows)
{
    csv data = csv_read(mlab_test_path("reference/rossi.csv"));
    world *once = rossi(&data, false), *copies = rossi(&data, false);
    set(once, "event(week, arrest) ~ fin + age", NULL, &data, NULL, NULL, false);
    set(copies, "event(week, arrest) ~ fin + age", NULL, &data, NULL, NULL, false);
    double count[ROWS], estimate[2];
    for (size_t i = 0; i < once->n; i++) count[i] = (double)(i * 7 % 3);
    copies->problem.weight = count;
    mlab_fit_options options = mlab_fit_defaults();
    options.ties = 1;
    options.tolerance = 1e-10;
    mlab_prepared *prepared;
    mlab_refit_info info;
    ck_assert_int_eq(mlab_prepare(&once->context, &mlab_model_cox, &once->problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_refit(&once->context, prepared, &(mlab_refit_weights){.cluster = count}, NULL, estimate, &info, NULL), MLAB_OK);
    ck_assert_int_eq(info.trust, MLAB_TRUSTED);
    mlab_fit *fit = fit_of(copies, true);
    for (size_t j = 0; j < 2; j++) ck_near(estimate[j], fit->estimate[j], 1e-9, 0);
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    end(once);
    end(copies);
    csv_free(&data);
}
END_TEST

START_TEST(a_row_that_starts_at_its_stop_is_an_error_that_names_it)
{
    const double x[] = {0, 1, 0};
    world *w = three_people(x);
    int32_t start[] = {0, 2, 0};
    w->problem.start = start;
    mlab_fit *fit;
    mlab_error err = {0};
    mlab_fit_options options = mlab_fit_defaults();
    ck_assert_int_eq(mlab_fit_problem_fit(&w->context, &mlab_model_cox, &w->problem, &options, &fit, &err), MLAB_ERR_FIT_RESPONSE);
    ck_assert_msg(strstr(err.sentence, "row 2") && strstr(err.sentence, "start"), "%s", err.sentence);
    ck_assert_ptr_null(fit);
    end(w);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    const double x[] = {0, 1, 0};
    world *w = three_people(x);
    const uint32_t cluster[] = {0, 1, 2};
    int32_t start[] = {0, 0, 1};
    w->problem.start = start;
    w->problem.cluster = cluster;
    w->problem.n_clusters = 3;
    w->problem.cluster_name = "person";
    mlab_fit_options options = mlab_fit_defaults();
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    for (options.ties = 0; options.ties <= 2; options.ties += 2) {
        mlab_status got = MLAB_ERR_MEMORY;
        for (long k = 1; got == MLAB_ERR_MEMORY && k < 500; k++) {
            mlab_fit *fit;
            memory = (mlab_test_memory){.fail_at = k};
            got = mlab_fit_problem_fit(&context, &mlab_model_cox, &w->problem, &options, &fit, NULL);
            if (got == MLAB_OK) mlab_fit_free(fit);
            ck_assert_int_eq(memory.live, 0);
        }
        ck_assert_int_eq(got, MLAB_OK);
    }
    end(w);
}
END_TEST

MLAB_TEST_MAIN("cox", three_people_give_the_coefficient_by_hand, fits_of_rossi_are_those_of_coxph, robust_kinds_are_sums_of_score_residuals,
               a_covariate_that_changes_in_time_is_fitted_on_start_stop_rows, an_offset_counts_and_its_level_does_not,
               fits_of_the_turnover_data_are_those_of_coxph, a_likelihood_without_a_maximum_is_separation_and_names_the_column,
               a_refit_with_cluster_counts_is_the_fit_of_the_repeated_rows, a_row_that_starts_at_its_stop_is_an_error_that_names_it,
               every_failed_allocation_is_reported_and_nothing_leaks)
