/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Robust covariances of every kind: against references made by scripts/reference/robust.R, by hand in tiny worlds, and where they must say no. */
#include "fit/reference.h"

static const char *const output[] = {"none", "one", "few", "many"}, *const yes[] = {"no", "yes"};
static const struct {
    const char *name;
    mlab_robust robust;
} kinds[] = {{"CR0", MLAB_ROBUST_CR0}, {"CR1", MLAB_ROBUST_CR1}, {"CR2", MLAB_ROBUST_CR2}, {"CR3", MLAB_ROBUST_CR3}, {"HC0", MLAB_ROBUST_HC0},
             {"HC1", MLAB_ROBUST_HC1}, {"HC2", MLAB_ROBUST_HC2}, {"HC3", MLAB_ROBUST_HC3}, {"two", MLAB_ROBUST_CR1}};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

typedef struct case_of {
    study s;
    uint32_t *other;
} case_of;

static case_of phd(const char *model)
{
    const char *const columns[] = {"gender", "married", "kids", "prestige", "mentor", "articles"};
    bool linear = !strcmp(model, "linear"), ordinal = !strcmp(model, "ordinal"), logit = !strcmp(model, "logit");
    case_of c = {.s = open_file(mlab_test_path("reference/phd.csv"))};
    for (size_t k = 0; k < 6; k++) add_column(&c.s, columns[k], k == 0 ? "female" : NULL);
    cluster_by(&c.s, "mentor");
    c.other = c.s.cluster;
    c.s.cluster = room(c.s.n, sizeof *c.s.cluster);
    for (size_t i = 0; i < c.s.n; i++) c.s.cluster[i] = (uint32_t)((i + 1) * 7 % 23);
    if (linear || !strcmp(model, "poisson")) respond_number(&c.s, linear ? "prestige" : "articles");
    if (ordinal || logit) {
        c.s.category = room(c.s.n, sizeof *c.s.category);
        for (size_t i = 0; i < c.s.n; i++) {
            long n = strtol(cell(&c.s, i, "articles"), NULL, 10);
            c.s.category[i] = logit ? n > 0 : n == 0 ? 0 : n == 1 ? 1 : n <= 3 ? 2 : 3;
        }
        respond(&c.s, logit ? 2 : 4, logit ? yes : output);
    }
    ready(&c.s, linear ? "~ gender + married + kids + articles" : "~ gender + married + kids + prestige");
    return c;
}

static void two_ways(case_of *c)
{
    uint32_t most = 0;
    for (size_t i = 0; i < c->s.n; i++) most = c->other[i] > most ? c->other[i] : most;
    c->s.w.problem.cluster_other = c->other;
    c->s.w.problem.n_clusters_other = (size_t)most + 1;
    c->s.w.problem.cluster_other_name = "mentor";
}

static void close_case(case_of *c)
{
    close_study(&c->s);
    free(c->other);
}

static size_t hold(const csv *table, const char *model, const char *kind, const mlab_fit *fit)
{
    size_t j = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        if (strcmp(csv_text(table, row, "case"), model) || strcmp(csv_text(table, row, "kind"), kind)) continue;
        ck_assert_msg(same_name(fit->names[j], csv_text(table, row, "name")), "%s", fit->names[j]);
        double ours = mlab_fit_standard_error(fit, j), se = csv_number(table, row, "se"), df = csv_number(table, row, "df");
        ck_assert_msg(mlab_test_near(ours, se, 1e-8, 0), "%s %s %s: %.17g, reference %.17g", model, kind, fit->names[j], ours, se);
        if (!strcmp(kind, "CR2")) ck_near(fit->robust_df[j], df, 1e-8, 0);
        j++;
    }
    return j;
}

START_TEST(every_kind_agrees_with_r)
{
    const char *const models[] = {"linear", "logit", "poisson", "ordinal"};
    csv table = csv_read(mlab_test_path("reference/robust_phd.csv"));
    size_t held = 0;
    context = mlab_test_context(NULL, 2);
    ck_assert_uint_gt(table.n_rows, 0);
    for (size_t m = 0; m < 4; m++) {
        case_of c = phd(models[m]);
        for (size_t k = 0; k < N_KINDS; k++) {
            mlab_fit_options options = mlab_fit_defaults();
            options.robust = (int)kinds[k].robust;
            if (!strcmp(kinds[k].name, "two")) two_ways(&c);
            mlab_fit *fit = world_fit(&c.s.w, &context, models[m], &options);
            ck_assert_msg(fit->trust == MLAB_TRUSTED && (!fit->reason[0] || k == N_KINDS - 1), "%s", fit->reason);
            held += hold(&table, models[m], kinds[k].name, fit);
            mlab_fit_free(fit);
        }
        close_case(&c);
    }
    ck_assert_uint_eq(held, table.n_rows);
    csv_free(&table);
}
END_TEST

/* Two groups of rows and their means: HC2 is the sum of the unbiased variances of the means, as in Welch's test. */
START_TEST(hc2_of_two_groups_is_the_error_of_welch)
{
    double x[7] = {0, 0, 0, 1, 1, 1, 1}, y[7] = {1, 2, 6, 4, 4, 9, 7};
    context = mlab_test_context(NULL, 1);
    mlab_fit_options options = mlab_fit_defaults();
    options.robust = MLAB_ROBUST_HC2;
    world w = {0};
    world_real(&w, &context, "x", x, 7);
    world_formula(&w, &context, "~ x");
    w.problem.number = y;
    mlab_fit *fit = world_fit(&w, &context, "linear", &options);
    ck_near(fit->robust[3], 7.0 / 3 + 6.0 / 4, 1e-12, 0); /* variances 7 of 1 2 6, 6 of 4 4 9 7 */
    ck_assert_str_eq(fit->robust_kind, "HC2");
    ck_near(mlab_fit_interval_factor_of(fit, 1, 0.95), mlab_t_quantile(0.975, 6), 1e-12, 0);
    mlab_fit_free(fit);
    options.robust = MLAB_ROBUST_CR2; /* rows are their own clusters: the same, with the degrees of freedom of Welch and Satterthwaite */
    fit = world_fit(&w, &context, "linear", &options);
    ck_near(fit->robust[3], 7.0 / 3 + 6.0 / 4, 1e-12, 0);
    ck_near(fit->robust_df[1], pow(1.0 / 3 + 1.0 / 4, 2) / (1.0 / 18 + 1.0 / 48), 1e-12, 0);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(a_cluster_that_fits_a_coefficient_alone_is_said)
{
    double x[9] = {0, 0, 0, 0, 0, 0, 0, 1, 1}, y[9] = {1, 2, 6, 4, 4, 9, 7, 3, 5};
    uint32_t cluster[9] = {0, 0, 1, 1, 2, 2, 2, 3, 3};
    context = mlab_test_context(NULL, 1);
    mlab_fit_options options = mlab_fit_defaults();
    options.robust = MLAB_ROBUST_CR2;
    world w = {0};
    world_real(&w, &context, "x", x, 9);
    world_formula(&w, &context, "~ x");
    w.problem.number = y;
    w.problem.cluster = cluster;
    w.problem.n_clusters = 4;
    w.problem.cluster_name = "team";
    mlab_fit *fit = world_fit(&w, &context, "linear", &options);
    ck_assert_msg(strstr(fit->reason, "1 clusters fits a coefficient alone") != NULL, "%s", fit->reason);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(a_two_way_covariance_that_is_not_one_is_repaired_and_said)
{
    enum { N = 40 };
    double x[N], y[N];
    uint32_t a[N], b[N];
    context = mlab_test_context(NULL, 1);
    mlab_fit_options options = mlab_fit_defaults();
    for (uint32_t i = 0; i < N; i++) {
        a[i] = i % 4;
        b[i] = i / 10;
        x[i] = (i * 7 % 11) / 11.0;
        y[i] = ((a[i] + b[i]) % 2 ? 1 : -1) + 0.01 * (i % 3); /* alternates: sums of either cluster vanish, those of cells do not */
    }
    world w = {0};
    world_real(&w, &context, "x", x, N);
    world_formula(&w, &context, "~ x");
    w.problem.number = y;
    w.problem.cluster = a;
    w.problem.n_clusters = 4;
    w.problem.cluster_name = "team";
    w.problem.cluster_other = b;
    w.problem.n_clusters_other = 4;
    w.problem.cluster_other_name = "site";
    mlab_fit *fit = world_fit(&w, &context, "linear", &options);
    ck_assert_msg(strstr(fit->reason, "negative eigenvalues") != NULL, "%s", fit->reason);
    ck_assert_str_eq(fit->cluster_other, "site");
    ck_assert(fit->robust[0] >= 0 && fit->robust[3] >= 0);
    ck_near(mlab_fit_interval_factor(fit, 0.95), mlab_t_quantile(0.975, 3), 1e-12, 0);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(the_bytes_do_not_depend_on_the_threads)
{
    mlab_fit_options options = mlab_fit_defaults();
    options.robust = MLAB_ROBUST_CR2;
    double first[64] = {0};
    for (int threads = 1; threads < 8; threads += threads == 1 ? 1 : 5) {
        context = mlab_test_context(NULL, threads);
        case_of c = phd("ordinal");
        mlab_fit *fit = world_fit(&c.s.w, &context, "ordinal", &options);
        if (threads == 1) memcpy(first, fit->robust, 49 * sizeof *first);
        if (threads == 1) memcpy(first + 49, fit->robust_df, 7 * sizeof *first);
        ck_assert_mem_eq(first, fit->robust, 49 * sizeof *first);
        ck_assert_mem_eq(first + 49, fit->robust_df, 7 * sizeof *first);
        mlab_fit_free(fit);
        close_case(&c);
    }
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    mlab_test_memory memory = {0};
    context = mlab_test_context(NULL, 1);
    case_of c = phd("linear");
    two_ways(&c);
    mlab_context failing = mlab_test_context(&memory, 1);
    mlab_fit_options options = mlab_fit_defaults();
    options.robust = MLAB_ROBUST_CR2;
    c.s.w.problem.n = 60;
    for (long k = 1;; k++) {
        mlab_fit *fit;
        memory = (mlab_test_memory){.fail_at = k};
        mlab_status status = mlab_fit_problem_fit(&failing, mlab_model_find("linear"), &c.s.w.problem, &options, &fit, NULL);
        mlab_fit_free(fit);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    close_case(&c);
}
END_TEST

MLAB_TEST_MAIN("robust", every_kind_agrees_with_r, hc2_of_two_groups_is_the_error_of_welch, a_cluster_that_fits_a_coefficient_alone_is_said,
               a_two_way_covariance_that_is_not_one_is_repaired_and_said, the_bytes_do_not_depend_on_the_threads, any_allocation_may_fail)
