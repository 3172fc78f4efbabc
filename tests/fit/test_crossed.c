/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random effects of several groupings and of families with a shape against lmer's likelihood written a second time and glmmTMB
 * (scripts/reference/mixed_crossed.R), and the recovery of a truth with several memberships.
 *
 * Tolerance: linear 1e-7 of the larger of estimate and error; others estimates and log standard deviations 1e-4 of their standard error; standard
 * errors 1e-3; log-likelihood 1e-5.
 */
#include "core/memory.h"
#include "core/random.h"
#include "fit/mixed/sparse.h"
#include "fit/reference.h"
#include "mentorlab/store.h"

typedef struct crossed {
    study s;
    mlab_formula *terms;
    mlab_design *design;
    mlab_random_grouping groupings[2];
    uint32_t *group[2];
} crossed;

static void open_crossed(crossed *c, const char *file, const char *const *columns, size_t n)
{
    memset(c, 0, sizeof *c);
    context = mlab_test_context(NULL, 2);
    c->s = open_file(mlab_test_path(file));
    for (size_t k = 0; k < n; k++) add_column(&c->s, columns[k], "placebo");
}

/* Groups are the distinct pairs of texts of a column and, with "a:b", another. */
static void group_by(crossed *c, size_t k, const char *name)
{
    char a[40], *colon, (*levels)[2 * CSV_CELL] = room(1000, sizeof *levels), value[2 * CSV_CELL];
    size_t n = 0;
    snprintf(a, sizeof a, "%s", name);
    if ((colon = strchr(a, ':'))) *colon = 0;
    c->group[k] = room(c->s.n, sizeof *c->group[k]);
    for (size_t i = 0; i < c->s.n; i++) {
        uint32_t g = 0;
        snprintf(value, sizeof value, "%s:%s", cell(&c->s, i, a), colon ? cell(&c->s, i, colon + 1) : "");
        while (g < n && strcmp(levels[g], value)) g++;
        if (g == n) snprintf(levels[n++], sizeof *levels, "%s", value);
        c->group[k][i] = g;
    }
    free(levels);
    c->groupings[k] = (mlab_random_grouping){.design = c->design, .group = c->group[k], .n_groups = n, .name = name};
}

static void random_by(crossed *c, const char *formula, const char *first, const char *second)
{
    mlab_error err = {0};
    c->s.cluster = room(c->s.n, sizeof *c->s.cluster);
    ready(&c->s, formula);
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &c->terms, &err), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(c->terms, c->s.w.table, NULL, &c->design, &err), MLAB_OK);
    group_by(c, 0, first);
    if (second) group_by(c, 1, second);
    c->s.w.problem.random = c->groupings;
    c->s.w.problem.n_random = second ? 2 : 1;
    c->s.w.problem.cluster = NULL;
    c->s.w.problem.n_clusters = 0;
    c->s.w.problem.cluster_name = NULL;
}

static void close_crossed(crossed *c)
{
    mlab_design_free(c->design);
    mlab_formula_free(c->terms);
    free(c->group[0]);
    free(c->group[1]);
    close_study(&c->s);
}

static const char *reference = "reference/crossed.csv";

static void agrees(const crossed *c, const char *name, const char *model, const mlab_fit_options *options)
{
    csv table = csv_read(mlab_test_path(reference));
    mlab_fit *fit = world_fit(&c->s.w, &context, model, options);
    bool linear = strcmp(model, "linear") == 0;
    size_t j = 0, seen = 0;
    ck_assert_msg(fit->trust == MLAB_TRUSTED || fit->trust == MLAB_TOO_FEW_EVENTS, "%s: %s", name, fit->reason);
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), name)) continue;
        const char *what = csv_text(&table, row, "name");
        double known = csv_number(&table, row, "estimate"), known_se = csv_number(&table, row, "se"), ours, se;
        ck_near(fit->log_likelihood, csv_number(&table, row, "loglik"), 0, 1e-5);
        seen++;
        if (!strncmp(what, "sd_", 3)) {
            const mlab_random_effects *r = &fit->random[strcmp(what + 3, fit->random[0].group) != 0];
            ck_assert_str_eq(r->group, what + 3);
            ours = log(r->sd[0]), se = r->sd_se[0] / r->sd[0], known = log(known);
        } else if (!strcmp(what, "shape")) {
            ours = log(fit->shape), se = fit->shape_se / fit->shape, known = log(known);
        } else {
            ck_assert_msg(same_name(fit->names[j], what), "%s: %s", fit->names[j], what);
            ours = fit->estimate[j], se = mlab_fit_standard_error(fit, j), j++;
        }
        double allowed = linear ? 1e-7 * fmax(fabs(known), known_se) : 1e-4 * known_se;
        ck_assert_msg(fabs(ours - known) <= allowed, "%s %s: %.12g, reference %.12g", name, what, ours, known);
        ck_assert_msg(fabs(se / known_se - 1) <= 1e-3, "%s %s: standard error %.12g, reference %.12g", name, what, se, known_se);
    }
    ck_assert_uint_eq(j, fit->n_parameters);
    ck_assert_uint_gt(seen, j);
    csv_free(&table);
    mlab_fit_free(fit);
}

START_TEST(crossed_and_nested_linear_models_agree_with_the_dense_likelihood)
{
    mlab_fit_options options = mlab_fit_defaults();
    static crossed c;
    open_crossed(&c, "reference/crossed_penicillin.csv", (const char *[]){"diameter"}, 1);
    respond_number(&c.s, "diameter");
    random_by(&c, "~ 1", "plate", "sample");
    agrees(&c, "linear_reml_penicillin", "linear", &options);
    options.restricted = 1;
    agrees(&c, "linear_ml_penicillin", "linear", &options);
    agrees(&c, "gamma_penicillin", "gamma", &options);
    close_crossed(&c);
    options.restricted = 0;
    open_crossed(&c, "reference/crossed_pastes.csv", (const char *[]){"strength"}, 1);
    respond_number(&c.s, "strength");
    random_by(&c, "~ 1", "batch", "batch:cask");
    agrees(&c, "linear_reml_pastes", "linear", &options);
    close_crossed(&c);
}
END_TEST

START_TEST(crossed_effects_of_events_and_counts_agree_with_glmmtmb)
{
    static const char *const columns[] = {"y96", "y97", "height"}, *const no_yes[] = {"0", "1"};
    mlab_fit_options options = mlab_fit_defaults();
    static crossed c;
    open_crossed(&c, "reference/crossed_grouseticks.csv", columns, 3);
    respond_by_text(&c.s, "any", no_yes, 2);
    random_by(&c, "~ y96 + y97 + height", "brood", "location");
    agrees(&c, "logit_ticks", "logit", &options);
    agrees(&c, "cloglog_ticks", "cloglog", &options);
    agrees(&c, "cloglog_ticks", "hazard", &options);
    respond_number(&c.s, "ticks");
    c.s.w.problem.category = NULL;
    c.s.w.problem.number = c.s.number;
    agrees(&c, "poisson_ticks", "poisson", &options);
    agrees(&c, "negative_binomial_ticks", "negative_binomial", &options);
    close_crossed(&c);
    open_crossed(&c, "reference/mixed_epil.csv", (const char *[]){"trt", "lbase"}, 2);
    respond_number(&c.s, "y");
    random_by(&c, "~ lbase + trt", "subject", NULL);
    agrees(&c, "negative_binomial_epil", "negative_binomial", &options);
    close_crossed(&c);
}
END_TEST

/* 3,000 counts around 20,000, twenty to a group, from Park and Miller's generator (so that R can draw the same); the digits of log gamma at such
 * counts are not enough for differences of it. Frozen: glmmTMB 1.1.5, glmmTMB(y ~ x + (1 | g), family = nbinom2), gradient under 4e-5. */
START_TEST(large_counts_of_a_negative_binomial_agree_with_glmmtmb)
{
    enum { N = 3000 };
    static const double known[] = {9.90000753384, 0.29576914432}, known_se[] = {0.04448172961, 0.02288477690};
    static double y[N], x[N];
    static uint32_t group[N];
    double state = 12345;
    crossed c = {0};
    context = mlab_test_context(NULL, 2);
    for (size_t i = 0; i < N; i++) {
        state = fmod(16807 * state, 2147483647);
        x[i] = (double)(i % 3);
        group[i] = (uint32_t)(i / 20);
        y[i] = floor(20000 * exp(0.3 * x[i] + 0.2 * ((double)(group[i] % 7) - 3)) * -log(state / 2147483647));
    }
    world_real(&c.s.w, &context, "x", x, N);
    world_formula(&c.s.w, &context, "~ x");
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &c.terms, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(c.terms, c.s.w.table, NULL, &c.design, NULL), MLAB_OK);
    c.groupings[0] = (mlab_random_grouping){.design = c.design, .group = group, .n_groups = N / 20, .name = "g"};
    c.s.w.problem.random = c.groupings;
    c.s.w.problem.n_random = 1;
    c.s.w.problem.number = y;
    mlab_fit_options options = mlab_fit_defaults();
    options.quadrature = 9;
    mlab_fit *fit = world_fit(&c.s.w, &context, "negative_binomial", &options);
    ck_assert_msg(fit->trust == MLAB_TRUSTED, "%s", fit->reason);
    ck_assert_msg(strstr(fit->reason, "negative_binomial has no quadrature"), "%s", fit->reason);
    for (size_t j = 0; j < 2; j++) {
        ck_near(fit->estimate[j], known[j], 0, 1e-4 * known_se[j]);
        ck_near(mlab_fit_standard_error(fit, j), known_se[j], 1e-3, 0);
    }
    ck_near(log(fit->random->sd[0]), -0.896269664279, 0, 1e-4 * 0.07541964);
    ck_near(log(fit->shape), -0.0084484513754, 0, 1e-4 * 0.02318778);
    ck_near(fit->log_likelihood, -33696.24146217, 0, 1e-5);
    mlab_fit_free(fit);
    mlab_design_free(c.design);
    mlab_formula_free(c.terms);
    world_free(&c.s.w);
}
END_TEST

/* Written to a results file and read again: what is stored of every grouping. */
static void comes_back(const mlab_fit *fit)
{
    char path[4200];
    mlab_error err = {0};
    mlab_results results = {.fits = (const mlab_fit *const[]){fit}, .n_fits = 1};
    mlab_fit **again;
    mlab_draws *draws;
    size_t n;
    snprintf(path, sizeof path, "%s/crossed.h5", mlab_test_folder("crossed"));
    ck_assert_msg(!mlab_store_write(&context, path, &results, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", &err), "%s",
                  err.sentence);
    ck_assert_msg(!mlab_store_read_fits(&context, path, &again, &n, &draws, &err), "%s", err.sentence);
    ck_assert_uint_eq(again[0]->n_random, fit->n_random);
    for (size_t t = 0; t < fit->n_random; t++) {
        const mlab_random_effects *a = &fit->random[t], *b = &again[0]->random[t];
        ck_assert_str_eq(a->group, b->group);
        ck_assert(a->n == b->n && a->n_groups == b->n_groups && a->independent == b->independent);
        for (size_t k = 0; k < a->n; k++) ck_assert_str_eq(a->names[k], b->names[k]);
        ck_assert_int_eq(memcmp(a->covariance, b->covariance, a->n * a->n * sizeof(double)), 0);
        ck_assert_int_eq(memcmp(a->sd, b->sd, a->n * sizeof(double)), 0);
        ck_assert_int_eq(memcmp(a->mode, b->mode, a->n * a->n_groups * sizeof(double)), 0);
        ck_assert_int_eq(memcmp(a->mode_se, b->mode_se, a->n * a->n_groups * sizeof(double)), 0);
    }
    mlab_fit_free(again[0]);
    mlab_release(&context, again);
}

START_TEST(crossed_ordered_levels_agree_with_the_likelihood_written_twice_and_come_back_from_a_file)
{
    static const char *const levels[] = {"1", "2", "3", "4"};
    mlab_fit_options options = mlab_fit_defaults();
    static crossed c;
    open_crossed(&c, "reference/crossed_ratings.csv", (const char *[]){"x"}, 1);
    respond_by_text(&c.s, "y", levels, 4);
    random_by(&c, "~ x", "person", "rater");
    reference = "reference/crossed_levels.csv";
    agrees(&c, "ordinal_ratings", "ordinal", &options);
    reference = "reference/crossed.csv";
    mlab_fit *fit = world_fit(&c.s.w, &context, "ordinal", &options);
    comes_back(fit);
    mlab_fit_free(fit);
    close_crossed(&c);
}
END_TEST

START_TEST(effects_of_a_group_on_two_categories_agree_with_the_likelihood_written_twice)
{
    static const char *const categories[] = {"zero", "one", "two"}, *const codes[] = {"0", "1", "2"};
    mlab_fit_options options = mlab_fit_defaults();
    static crossed c;
    csv table = csv_read(mlab_test_path("reference/crossed_levels.csv"));
    open_crossed(&c, "reference/crossed_teams.csv", (const char *[]){"x"}, 1);
    respond_by_text(&c.s, "y", codes, 3);
    random_by(&c, "~ x", "team", NULL);
    c.s.w.problem.categories = categories;
    mlab_fit *fit = world_fit(&c.s.w, &context, "multinomial", &options);
    const mlab_random_effects *r = fit->random;
    ck_assert_msg(fit->trust == MLAB_TRUSTED, "%s", fit->reason);
    const double sds[] = {r->sd[0], r->sd[1], r->covariance[1] / (r->sd[0] * r->sd[1])};
    size_t j = 0, held = 0;
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), "multinomial_teams")) continue;
        double known = csv_number(&table, row, "estimate"), se = csv_number(&table, row, "se");
        ck_near(fit->log_likelihood, csv_number(&table, row, "loglik"), 0, 1e-5);
        if (j < fit->n_parameters) {
            ck_assert_str_eq(fit->names[j], csv_text(&table, row, "name"));
            ck_near(fit->estimate[j], known, 0, 1e-4 * se);
            ck_near(mlab_fit_standard_error(fit, j), se, 1e-3, 0);
            j++;
        } else
            ck_near(sds[held++], known, 2e-5, 0); /* 1e-4 of a fifth, about their standard error */
    }
    ck_assert(j == 4 && held == 3);
    comes_back(fit);
    mlab_fit_free(fit);
    csv_free(&table);
    close_crossed(&c);
}
END_TEST

/* 400 mentees of 12 rows, each with one to three of 150 mentors in equal shares: standard deviation 0.8 between mentors, 0.5 between
 * mentees, 1 within; b = 0.3. With this seed; over seeds, an interval of 4 standard errors misses one of three truths in 0.02 % of worlds. */
START_TEST(the_truth_of_several_memberships_is_found)
{
    enum { MENTEES = 400, ROWS = 12, ALL = MENTEES * ROWS, TEACHERS = 150 };
    static uint32_t mentor[ALL * 3], mentee[ALL];
    static double x[ALL], y[ALL];
    mlab_formula *terms;
    mlab_design *design;
    world w = {0};
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(NULL, 2);
    for (uint32_t i = 0; i < ALL; i++) {
        mlab_address row = {.seed = 31, .entity = i, .purpose = MLAB_PURPOSE_TEST}, one = row, other = row;
        mentee[i] = i / ROWS;
        one.period = 1, one.entity = mentee[i], other.period = 2;
        x[i] = mlab_random_normal(&row, 0);
        y[i] = 2 + 0.3 * x[i] + mlab_random_normal(&row, 1) + 0.5 * mlab_random_normal(&one, 0);
        uint32_t n = 1 + (uint32_t)(3 * mlab_random_uniform(&row, 4)); /* changes over time */
        for (uint32_t k = 0; k < 3; k++) {
            mentor[i * 3 + k] = k < n ? (uint32_t)(TEACHERS * mlab_random_uniform(&row, 5 + k)) : UINT32_MAX;
            if (k == 0 && i < TEACHERS) mentor[i * 3] = i;
            other.entity = mentor[i * 3 + k];
            if (k < n) y[i] += 0.8 / n * mlab_random_normal(&other, 0);
        }
    }
    world_real(&w, &context, "x", x, ALL);
    world_formula(&w, &context, "~ x");
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &terms, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(terms, w.table, NULL, &design, NULL), MLAB_OK);
    const mlab_random_grouping groupings[] = {{.design = design, .memberships = 3, .group = mentor, .n_groups = TEACHERS, .name = "mentor"},
                                              {.design = design, .group = mentee, .n_groups = MENTEES, .name = "person"}};
    w.problem.random = groupings, w.problem.n_random = 2, w.problem.number = y;
    mlab_fit *fit = world_fit(&w, &context, "linear", &options);
    ck_assert_msg(fit->trust == MLAB_TRUSTED, "%s", fit->reason);
    ck_near(fit->estimate[1], 0.3, 0, 4 * mlab_fit_standard_error(fit, 1));
    ck_near(fit->random[0].sd[0], 0.8, 0, 4 * fit->random[0].sd_se[0]);
    ck_near(fit->random[1].sd[0], 0.5, 0, 4 * fit->random[1].sd_se[0]);
    ck_near(fit->residual_variance, 1, 0, 0.1);
    ck_assert_double_lt(fit->random[0].sd_se[0], 0.1);
    mlab_fit *again;
    mlab_context alone = mlab_test_context(NULL, 1);
    again = world_fit(&w, &alone, "linear", &options); /* the same bytes for any number of threads */
    ck_assert_mem_eq(again->covariance, fit->covariance, fit->n_parameters * fit->n_parameters * sizeof *fit->covariance);
    ck_assert_mem_eq(again->random[0].mode, fit->random[0].mode, TEACHERS * sizeof(double));
    mlab_fit_free(again);
    mlab_fit_free(fit);
    mlab_design_free(design);
    mlab_formula_free(terms);
    world_free(&w);
}
END_TEST

/* A ring of n effects with a few chords, whose factor fills in: dense and sparse give the inverse that multiplies to 1. */
static void inverse_is_one(size_t n)
{
    mlab_sparse *s;
    context = mlab_test_context(NULL, 2);
    size_t *first = mlab_allocate(&context, n + 1, sizeof *first), at = 0;
    uint32_t *row = mlab_allocate(&context, n, 4 * sizeof *row);
    double *dense = room(n * n, sizeof *dense), *b = room(n, sizeof *b), *space = room(n, sizeof *space), log_det;
    bool definite;
    for (size_t j = 0; j < n; j++) {
        first[j] = at;
        row[at++] = (uint32_t)j;
        if (j + 1 < n) row[at++] = (uint32_t)j + 1;
        if (j + 7 < n && j % 3 == 0) row[at++] = (uint32_t)j + 7;
        if (j == 0 && n > 8) row[at++] = (uint32_t)n - 1;
    }
    first[n] = at;
    ck_assert_int_eq(mlab_sparse_make(&context, n, first, row, &s, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_sparse_is_dense(s), n <= 64);
    double *values = mlab_sparse_values(s);
    for (size_t j = 0; j < n; j++)
        for (size_t k = first[j]; k < first[j + 1]; k++) {
            double value = k == first[j] ? 4 + (double)(j % 5) : -0.5 - 0.1 * (double)(k % 7);
            values[mlab_sparse_place(s, row[k], j)] = dense[j * n + row[k]] = dense[row[k] * n + j] = value;
        }
    ck_assert_int_eq(mlab_sparse_factor(s, &definite, &log_det, NULL), MLAB_OK);
    ck_assert(definite);
    ck_assert_int_eq(mlab_sparse_invert(s, NULL), MLAB_OK);
    for (size_t j = 0; j < n; j++) {
        memset(b, 0, n * sizeof *b);
        b[j] = 1;
        mlab_sparse_solve(s, b, space);
        for (size_t i = 0; i < n; i++) { /* row i of the matrix times the solution */
            double sum = 0;
            for (size_t k = 0; k < n; k++) sum += dense[i * n + k] * b[k];
            ck_near(sum, i == j, 0, 1e-12);
        }
        for (size_t k = first[j]; k < first[j + 1]; k++) ck_near(mlab_sparse_inverse(s)[mlab_sparse_place(s, row[k], j)], b[row[k]], 0, 1e-13);
    }
    mlab_sparse_free(s);
    free(dense);
    free(b);
    free(space);
}

START_TEST(the_inverse_on_the_pattern_is_that_of_solutions)
{
    inverse_is_one(1);
    inverse_is_one(5);
    inverse_is_one(60);
    inverse_is_one(200);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_fit_options options = mlab_fit_defaults();
    static crossed c;
    static const char *const models[] = {"linear", "gamma"};
    open_crossed(&c, "reference/crossed_penicillin.csv", (const char *[]){"diameter"}, 1);
    respond_number(&c.s, "diameter");
    random_by(&c, "~ 1", "plate", "sample");
    for (int m = 0; m < 2; m++) {
        mlab_status got = MLAB_ERR_MEMORY;
        for (long k = 1; got == MLAB_ERR_MEMORY && k < 4000; k += k < 120 ? 1 : 29) {
            mlab_fit *fit;
            mlab_test_memory memory = {.fail_at = k};
            mlab_context counting = mlab_test_context(&memory, 1);
            got = mlab_fit_problem_fit(&counting, mlab_model_find(models[m]), &c.s.w.problem, &options, &fit, NULL);
            mlab_fit_free(fit);
            ck_assert_int_eq(memory.live, 0);
        }
        ck_assert_int_eq(got, MLAB_OK);
    }
    close_crossed(&c);
}
END_TEST

MLAB_TEST_MAIN("crossed", large_counts_of_a_negative_binomial_agree_with_glmmtmb, the_inverse_on_the_pattern_is_that_of_solutions,
               crossed_and_nested_linear_models_agree_with_the_dense_likelihood, crossed_effects_of_events_and_counts_agree_with_glmmtmb,
               crossed_ordered_levels_agree_with_the_likelihood_written_twice_and_come_back_from_a_file,
               effects_of_a_group_on_two_categories_agree_with_the_likelihood_written_twice, the_truth_of_several_memberships_is_found,
               every_failed_allocation_is_reported_and_nothing_leaks)
