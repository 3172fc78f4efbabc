/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Least squares against the certified values of NIST's Statistical Reference Datasets (https://www.itl.nist.gov/div898/strd/, in the
 * public domain; tests/reference/nist.csv by scripts/reference/nist.py): digits are log relative errors, at most 15. Each must be at least
 * 9, or what exact arithmetic on the stored doubles gives where that is less. With MLAB_NIST_TABLE set the table of docs/models.md is
 * printed. And what holds of nearly collinear designs beyond those sets.
 */
#include "data/design_terms.h"
#include "fit/engine.h"
#include "fit/exact.h"
#include "fit/worlds.h"
#include "mentorlab/after.h"

#include <stdio.h>

enum { MOST = 200, COLUMNS = 6 };

static mlab_context context;

typedef struct set {
    double y[MOST], x[COLUMNS][MOST];
    size_t n, columns;
} set;

static FILE *open_reference(const char *below)
{
    char path[200];
    snprintf(path, sizeof path, "reference/%s", below);
    FILE *file = fopen(mlab_test_path(path), "r");
    ck_assert_msg(file != NULL, "%s", below);
    return file;
}

/* Lines of two numbers from the line that begins with "Data:" and names the columns. */
static void read_pairs(const char *name, double *first, double *second, size_t *n)
{
    char line[256], below[100];
    bool data = false;
    snprintf(below, sizeof below, "nist/%s.dat", name);
    FILE *file = open_reference(below);
    while (fgets(line, sizeof line, file) && *n < MOST) {
        char *at = line, *end;
        if (strncmp(line, "Data:", 5) == 0) data = !strstr(line, "Factor") && !strstr(line, "Variable");
        if (!data) continue;
        double a = strtod(at, &end);
        if (end == at) continue;
        at = end;
        double b = strtod(at, &end);
        if (end == at) continue;
        first[*n] = a;
        second[(*n)++] = b;
    }
    fclose(file);
}

static void read_regression(const char *name, set *s)
{
    char line[256];
    FILE *file = open_reference("nist/regression.csv");
    while (fgets(line, sizeof line, file)) {
        size_t length = strlen(name);
        if (strncmp(line, name, length) != 0 || line[length] != ',') continue;
        char *at = line + length;
        s->y[s->n] = strtod(at + 1, &at);
        for (s->columns = 0; *at == ','; s->columns++) s->x[s->columns][s->n] = strtod(at + 1, &at);
        s->n++;
    }
    fclose(file);
}

static bool is_anova(const char *name)
{
    return !strcmp(name, "SiRstv") || !strcmp(name, "SmLs01") || !strcmp(name, "SmLs04") || !strcmp(name, "AtmWtAg");
}

/* The fit of a set by its formula. */
static mlab_fit *fit_set(const char *name, set *s, world *w)
{
    static const char *const levels[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"}, *const columns[] = {"x", "x2", "x3", "x4", "x5", "x6"};
    int32_t code[MOST], n_levels = 0;
    const char *formula = !strcmp(name, "Filip")     ? "~ poly(x, 10, raw)"
                          : !strcmp(name, "Norris")  ? "~ x"
                          : !strcmp(name, "Longley") ? "~ x + x2 + x3 + x4 + x5 + x6"
                          : is_anova(name)           ? "~ level"
                                                     : "~ poly(x, 5, raw)";
    mlab_fit_options options = mlab_fit_defaults();
    if (is_anova(name)) {
        read_pairs(name, s->x[0], s->y, &s->n);
        for (size_t i = 0; i < s->n; i++) {
            code[i] = (int32_t)s->x[0][i] - 1;
            if (code[i] >= n_levels) n_levels = code[i] + 1;
        }
        world_factor(w, &context, "level", code, s->n, levels, n_levels);
    } else {
        if (!strcmp(name, "Norris")) {
            read_pairs(name, s->y, s->x[0], &s->n);
            s->columns = 1;
        } else
            read_regression(name, s);
        for (size_t j = 0; j < s->columns; j++) world_real(w, &context, columns[j], s->x[j], s->n);
    }
    ck_assert_uint_gt(s->n, 15);
    world_formula(w, &context, formula);
    w->problem.number = s->y;
    return world_fit(w, &context, "linear", &options);
}

/* A number of nist.csv as the fit gives it. */
static double value_of(const mlab_fit *fit, const char *what, size_t n)
{
    double left = (double)(n - fit->n_parameters), within = fit->residual_variance * left;
    double share = fit->residual_variance > 0 ? exp(2 * (fit->null_log_likelihood - fit->log_likelihood) / (double)n) : 0; /* not explained */
    if (what[0] == 'b' && what[1] != 'e') return fit->estimate[strtol(what + 1, NULL, 10)];
    if (what[0] == 's') return mlab_fit_standard_error(fit, (size_t)strtol(what + 2, NULL, 10));
    if (!strcmp(what, "deviation")) return sqrt(fit->residual_variance);
    if (!strcmp(what, "r_squared")) return 1 - share;
    if (!strcmp(what, "within")) return within;
    if (!strcmp(what, "between")) return within * (1 - share) / share;
    return (1 - share) / share * left / (double)(fit->n_parameters - 1);
}

static double digits_of(double value, double certified)
{
    double error = fabs(value - certified) / (certified == 0 ? 1 : fabs(certified));
    return error > 0 ? fmin(15, -log10(error)) : 15;
}

typedef struct least {
    char set[20];
    double ours[3], limit[3]; /* of coefficients (or sums of squares), errors (or F), the rest */
} least;

static int kind_of(const char *what)
{
    return what[0] == 's' || what[0] == 'f' ? 1 : what[0] == 'r' || what[0] == 'd' ? 2 : 0;
}

static void print_table(const least *rows, size_t n)
{
    if (!getenv("MLAB_NIST_TABLE")) return;
    printf("| set | coefficients or sums of squares | limit | standard errors or F | limit | R², residual deviation | limit "
           "|\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < n; i++) {
        printf("| %s |", rows[i].set);
        for (size_t k = 0; k < 3; k++) printf(" %.1f | %.1f |", rows[i].ours[k], rows[i].limit[k]);
        printf("\n");
    }
}

START_TEST(certified_digits_are_given_as_far_as_the_stored_doubles_have_them)
{
    char line[256];
    least rows[20];
    size_t n_rows = 0, looked_at = 0;
    set *s = NULL;
    world w = {0};
    mlab_fit *fit = NULL;
    context = mlab_test_context(NULL, 1);
    FILE *file = open_reference("nist.csv");
    while (fgets(line, sizeof line, file)) {
        char name[20], what[20];
        double certified, limit;
        if (sscanf(line, "%19[^,],%19[^,],%lf,%lf", name, what, &certified, &limit) != 4) continue;
        if (n_rows == 0 || strcmp(rows[n_rows - 1].set, name) != 0) {
            mlab_fit_free(fit);
            world_free(&w);
            free(s);
            s = calloc(1, sizeof *s);
            ck_assert_ptr_nonnull(s);
            w = (world){0};
            fit = fit_set(name, s, &w);
            rows[n_rows] = (least){.ours = {15, 15, 15}, .limit = {15, 15, 15}};
            memcpy(rows[n_rows++].set, name, sizeof name);
        }
        least *row = &rows[n_rows - 1];
        double ours = digits_of(value_of(fit, what, s->n), certified);
        int kind = kind_of(what);
        row->ours[kind] = fmin(row->ours[kind], ours);
        row->limit[kind] = fmin(row->limit[kind], limit);
        ck_assert_msg(ours >= fmin(9, limit - 0.005), "%s %s: %.2f digits of at most %.2f", name, what, ours, limit);
        looked_at++;
    }
    fclose(file);
    print_table(rows, n_rows);
    ck_assert_uint_eq(n_rows, 12);
    ck_assert_uint_gt(looked_at, 100);
    mlab_fit_free(fit);
    world_free(&w);
    free(s);
}
END_TEST

/* --- nearly collinear designs ---------------------------------------------------------------------------------- */

/* n people of 20 to 60 years in no order, y a smooth curve of it and a hash. */
static void people(double *age, double *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        age[i] = 20 + (double)(i * 7919 % n) * 40 / (double)n;
        y[i] = 3 + 0.1 * age[i] + sin(age[i] / 4) + (double)(i * 104729 % 1009) / 1009;
    }
}

static void make_world(world *w, const double *age, double *y, size_t n, const char *formula)
{
    world_real(w, &context, "age", age, n);
    world_formula(w, &context, formula);
    w->problem.number = y;
}

START_TEST(powers_give_the_same_curve_as_orthogonal_polynomials_and_the_same_bytes_for_any_threads)
{
    enum { N = 5000, P = 10 };
    double *age = malloc(N * sizeof *age), *y = malloc(N * sizeof *y), first[P];
    ck_assert(age && y);
    people(age, y, N);
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(NULL, 2);
    world w = {0};
    make_world(&w, age, y, N, "~ poly(age, 9)");
    mlab_fit *fit = world_fit(&w, &context, "linear", &options);
    double value = fit->log_likelihood, variance = fit->residual_variance;
    mlab_fit_free(fit);
    world_free(&w);
    for (int threads = 1; threads <= 7; threads += 3) {
        context = mlab_test_context(NULL, threads);
        w = (world){0};
        make_world(&w, age, y, N, "~ poly(age, 9, raw)");
        fit = world_fit(&w, &context, "linear", &options);
        ck_assert_int_eq(fit->trust, MLAB_TRUSTED);
        ck_near(fit->log_likelihood, value, 0, 1e-6);
        ck_near(fit->residual_variance, variance, 1e-10, 0);
        if (threads == 1) memcpy(first, fit->estimate, sizeof first);
        ck_assert_mem_eq(first, fit->estimate, sizeof first);
        mlab_fit_free(fit);
        world_free(&w);
    }
    free(age);
    free(y);
}
END_TEST

START_TEST(frequencies_are_repeated_rows_and_what_weighs_nothing_does_not_count)
{
    enum { N = 90 };
    double age[2 * N], y[2 * N], often[N];
    people(age, y, N);
    for (size_t i = 0; i < N; i++) often[i] = i % 5 == 0 ? 0 : i % 2 ? 2 : 1;
    size_t n = 0;
    double long_age[2 * N], long_y[2 * N];
    for (size_t i = 0; i < N; i++)
        for (int k = 0; k < (int)often[i]; k++, n++) {
            long_age[n] = age[i];
            long_y[n] = y[i];
        }
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(NULL, 1);
    world a = {0}, b = {0};
    make_world(&a, age, y, N, "~ poly(age, 6, raw)");
    a.problem.weight = often;
    a.problem.weights = MLAB_WEIGHTS_FREQUENCY;
    make_world(&b, long_age, long_y, n, "~ poly(age, 6, raw)");
    mlab_fit *weighted = world_fit(&a, &context, "linear", &options), *repeated = world_fit(&b, &context, "linear", &options);
    for (size_t j = 0; j < 7; j++) {
        ck_near(weighted->estimate[j], repeated->estimate[j], 1e-14, 0);
        ck_near(mlab_fit_standard_error(weighted, j), mlab_fit_standard_error(repeated, j), 1e-13, 0);
    }
    ck_near(weighted->log_likelihood, repeated->log_likelihood, 1e-13, 0);
    ck_near(weighted->null_log_likelihood, repeated->null_log_likelihood, 1e-13, 0);
    mlab_fit_free(weighted);
    mlab_fit_free(repeated);
    world_free(&a);
    world_free(&b);
}
END_TEST

START_TEST(a_column_that_the_formula_forms_is_left_out_only_where_it_is_a_combination)
{
    enum { N = 60 };
    double age[N], y[N], copy[N];
    people(age, y, N);
    for (size_t i = 0; i < N; i++) {
        age[i] += 2000; /* years: the third power keeps 1e-8 of its norm beside the others */
        copy[i] = age[i] * age[i] * (1 + 1e-9 * (double)(i % 3));
    }
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(NULL, 1);
    static const char *const formulas[] = {"~ poly(age, 3, raw)", "~ age + I(2 * age / 3)", "~ age + I(age^2) + square", "~ I(age * age) + I(age^2)"};
    static const size_t aliased[] = {0, 1, 1, 1};
    for (size_t k = 0; k < 4; k++) {
        world w = {0};
        world_real(&w, &context, "square", copy, N);
        make_world(&w, age, y, N, formulas[k]);
        mlab_fit *fit = world_fit(&w, &context, "linear", &options);
        size_t found = 0;
        for (size_t j = 0; j < fit->n_parameters; j++) found += fit->aliased[j];
        ck_assert_msg(found == aliased[k] && fit->aliased[fit->n_parameters - 1] == aliased[k], "%s: %zu columns left out", formulas[k], found);
        mlab_fit_free(fit);
        world_free(&w);
    }
}
END_TEST

START_TEST(robust_errors_priors_and_refits_of_powers_are_those_of_orthogonal_polynomials)
{
    enum { N = 120 };
    double age[N], y[N], twice[N], from[7], to[7];
    uint32_t cluster[N], id[N / 4];
    people(age, y, N);
    for (size_t i = 0; i < N; i++) {
        cluster[i] = (uint32_t)(i / 4);
        id[i / 4] = (uint32_t)(i / 4);
        twice[i] = 2;
    }
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(NULL, 1);
    world raw = {0}, smooth = {0};
    make_world(&raw, age, y, N, "~ poly(age, 6, raw)");
    make_world(&smooth, age, y, N, "~ poly(age, 6)");
    world *both[] = {&raw, &smooth};
    double spread[2];
    for (size_t k = 0; k < 2; k++) {
        both[k]->problem.cluster = cluster;
        both[k]->problem.cluster_id = id;
        both[k]->problem.n_clusters = N / 4;
        both[k]->problem.cluster_name = "team";
        mlab_fit *fit = world_fit(both[k], &context, "linear", &options);
        double x[7], low[7], sum = 0;
        ck_assert_int_eq(mlab_design_fill_precise(both[k]->design, both[k]->table, NULL, 17, 1, x, low, NULL, NULL), MLAB_OK);
        for (size_t i = 0; i < 7; i++)
            for (size_t j = 0; j < 7; j++) sum += x[i] * fit->robust[i * 7 + j] * x[j];
        spread[k] = sum; /* of the predictor of row 17 */
        mlab_fit_free(fit);
    }
    ck_near(spread[0], spread[1], 1e-5, 0); /* the sum itself loses ten digits with the powers */
    mlab_prepared *prepared;
    mlab_refit_info info;
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("linear"), &raw.problem, &options, &prepared, NULL), MLAB_OK);
    mlab_fit *fit;
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
    memcpy(from, fit->estimate, sizeof from);
    ck_assert_int_eq(mlab_prepared_refit(&context, prepared, &(mlab_refit_weights){.row = twice}, NULL, to, &info, NULL), MLAB_OK);
    for (size_t j = 0; j < 7; j++) ck_near(from[j], to[j], 1e-6, 0);
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    char name[] = "poly(age, 6, raw = TRUE)6";
    const mlab_prior vague = {.parameter = name, .mean = 0, .sd = 1};
    raw.problem.priors = &vague;
    raw.problem.n_priors = 1;
    fit = world_fit(&raw, &context, "linear", &options);
    for (size_t j = 0; j < 7; j++) ck_near(from[j], fit->estimate[j], 1e-5, 0);
    mlab_fit_free(fit);
    world_free(&raw);
    world_free(&smooth);
}
END_TEST

START_TEST(memory_that_fails_anywhere_is_an_error_and_leaves_none_behind)
{
    enum { N = 40 };
    double age[N], y[N];
    people(age, y, N);
    mlab_fit_options options = mlab_fit_defaults();
    mlab_test_memory memory = {0};
    context = mlab_test_context(&memory, 1);
    world w = {0};
    make_world(&w, age, y, N, "~ poly(age, 5, raw)");
    long before = memory.live, failed = 0;
    for (long k = 1;; k++) {
        mlab_fit *fit = NULL;
        mlab_error err = {0};
        memory.calls = 0;
        memory.fail_at = k;
        mlab_status status = mlab_fit_problem_fit(&context, mlab_model_find("linear"), &w.problem, &options, &fit, &err);
        memory.fail_at = 0;
        if (!status) {
            mlab_fit_free(fit);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        ck_assert_ptr_null(fit);
        ck_assert_int_eq(memory.live, before);
        failed++;
    }
    ck_assert_int_gt(failed, 40);
    world_free(&w);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

MLAB_TEST_MAIN("linear", certified_digits_are_given_as_far_as_the_stored_doubles_have_them,
               powers_give_the_same_curve_as_orthogonal_polynomials_and_the_same_bytes_for_any_threads,
               frequencies_are_repeated_rows_and_what_weighs_nothing_does_not_count,
               a_column_that_the_formula_forms_is_left_out_only_where_it_is_a_combination,
               robust_errors_priors_and_refits_of_powers_are_those_of_orthogonal_polynomials,
               memory_that_fails_anywhere_is_an_error_and_leaves_none_behind)
