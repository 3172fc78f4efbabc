/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a profile or an average effect sets the arm, effects of mentors are as in the rows of that arm: beside plain numeric integration. */
#include "core/memory.h"
#include "core/random.h"
#include "fit/after/average_groups.h"
#include "fit/worlds.h"

static mlab_context context;
#include "fit/reference.h"
#include "fit/sweep.h"

/* The first half of the rows have no mentor; of the others, of arm "paired", every fourth is in no group, every third of the others has two mentors.
 */
enum { N = 160, MENTORS = 12, PLACES = 2 };
static double x[N];
static int32_t arm[N], event[N];
static uint32_t mentor[N * PLACES];
static const char *const arms[] = {"none", "paired"}, *const no_yes[] = {"no", "yes"};

typedef struct mentored {
    world w;
    mlab_formula *one;
    mlab_design *intercept;
    mlab_random_grouping grouping;
} mentored;

static void make(mentored *m, const char *formula)
{
    *m = (mentored){0};
    context = mlab_test_context(NULL, 2);
    for (uint32_t i = 0; i < N; i++) {
        mlab_address at = {.seed = 61, .entity = i, .purpose = MLAB_PURPOSE_TEST};
        double effect = 0, u = mlab_random_uniform(&at, 4);
        arm[i] = i >= N / 2;
        x[i] = mlab_random_normal(&at, 0) + arm[i];
        mentor[2 * i] = arm[i] && i % 4 ? i % MENTORS : UINT32_MAX;
        mentor[2 * i + 1] = arm[i] && i % 4 && i % 3 == 0 ? (i / 7) % MENTORS : UINT32_MAX;
        for (size_t k = 0; k < PLACES && mentor[2 * i] != UINT32_MAX; k++) {
            mlab_address of = {.seed = 61, .entity = 1000 + mentor[2 * i + k], .purpose = MLAB_PURPOSE_TEST};
            double share = mentor[2 * i + 1] == UINT32_MAX ? 1 : 0.5;
            if (mentor[2 * i + k] != UINT32_MAX) effect += share * 1.5 * mlab_random_normal(&of, 2);
        }
        double eta = -1 + 0.5 * arm[i] + 0.4 * x[i] + effect;
        event[i] = eta + log(u / (1 - u)) > 0;
    }
    world_real(&m->w, &context, "x", x, N);
    world_factor(&m->w, &context, "arm", arm, N, arms, 2);
    world_formula(&m->w, &context, formula);
    world_categories(&m->w, event, 2, no_yes);
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &m->one, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(m->one, m->w.table, NULL, &m->intercept, NULL), MLAB_OK);
    m->grouping = (mlab_random_grouping){.design = m->intercept, .memberships = PLACES, .group = mentor, .n_groups = MENTORS, .name = "mentor"};
    m->w.problem.random = &m->grouping;
    m->w.problem.n_random = 1;
    m->w.problem.arm = "arm";
}

static void end(mentored *m)
{
    mlab_design_free(m->intercept);
    mlab_formula_free(m->one);
    world_free(&m->w);
}

/* Mean of 1 / (1 + exp(-eta - scale z)) over normal z, by a fine sum. */
static double integral(double eta, double scale)
{
    double mean = 0, whole = 0;
    for (int k = -40; k <= 40; k++) {
        double z = k / 5.0, weight = exp(-z * z / 2);
        whole += weight;
        mean += weight / (1 + exp(-eta - scale * z));
    }
    return mean / whole;
}

/* What the effect of row j's mentors is multiplied by. */
static double scale_of(size_t j)
{
    return mentor[2 * j] == UINT32_MAX ? 0 : mentor[2 * j + 1] == UINT32_MAX ? 1 : sqrt(0.5);
}

/* Mean probability of everybody in arm `of`, with mentors as the rows of arm `like` have them (-1: as all rows), whatever the rest of a row. */
static double plain(const double *b, double sd, bool with_x, int32_t of, int32_t like)
{
    const double scales[] = {0, sqrt(0.5), 1};
    double sum = 0;
    size_t n = with_x ? N : 1;
    for (int s = 0; s < 3; s++) {
        double share = 0, all = 0, mean = 0;
        for (size_t j = 0; j < N; j++) {
            if (like >= 0 && arm[j] != like) continue;
            all++;
            share += fabs(scale_of(j) - scales[s]) < 1e-9;
        }
        for (size_t i = 0; i < n && share > 0; i++) mean += integral(b[0] + b[1] * of + (with_x ? b[2] * x[i] : 0), sd * scales[s]) / (double)n;
        sum += share / all * mean;
    }
    return sum;
}

/* Everybody as they are. */
static double plain_mean(const double *b, double sd, bool with_x)
{
    double sum = 0;
    for (size_t j = 0; j < N; j++) sum += integral(b[0] + b[1] * arm[j] + (with_x ? b[2] * x[j] : 0), sd * scale_of(j)) / N;
    return sum;
}

/* Its error by differences of the coefficients. */
static double plain_error(const mlab_fit *fit, double sd, bool with_x, int32_t of)
{
    double slope[3], b[3], variance = 0;
    size_t p = fit->n_parameters;
    for (size_t j = 0; j < p; j++) {
        memcpy(b, fit->estimate, p * sizeof *b);
        b[j] += 1e-4;
        slope[j] = plain(b, sd, with_x, of, of);
        b[j] -= 2e-4;
        slope[j] = (slope[j] - plain(b, sd, with_x, of, of)) / 2e-4;
    }
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++) variance += slope[j] * slope[k] * fit->covariance[j * p + k];
    return sqrt(variance);
}

static mlab_profile_value to_none = {.column = "arm", .text = "none"}, to_paired = {.column = "arm", .text = "paired"},
                          to_half = {.column = "x", .text = "0.5", .number = 0.5, .is_number = true};
static mlab_predict_profile both[] = {{.name = "none", .values = &to_none, .n_values = 1}, {.name = "paired", .values = &to_paired, .n_values = 1}};

static mlab_fit_options asked(const mlab_predict_spec *spec)
{
    mlab_fit_options options = mlab_fit_defaults();
    options.margins = true;
    options.predict = spec;
    return options;
}

START_TEST(a_profile_of_an_arm_has_mentors_as_that_arm_has)
{
    static const char *const formulas[] = {"~ arm", "~ arm + x"}; /* one row tells all; x as each row has it */
    const mlab_predict_spec spec = {.profiles = both, .n_profiles = 2, .reference = 0};
    for (int with_x = 0; with_x < 2; with_x++) {
        mentored m;
        make(&m, formulas[with_x]);
        mlab_fit *fit = fit_after(&m.w.problem, "logit", asked(&spec));
        double sd = fit->random[0].sd[0], value[2];
        ck_assert_double_gt(sd, 0.7);
        ck_assert_ptr_nonnull(strstr(fit->reason, "effects of mentor where an arm is set: as in the rows of that arm"));
        for (int32_t a = 0; a < 2; a++) {
            const mlab_prediction *p = &fit->after->predictions[a];
            value[a] = plain(fit->estimate, sd, with_x, a, a);
            ck_near(p->value, value[a], 1e-7, 0);
            ck_near(p->se, plain_error(fit, sd, with_x, a), 1e-5, 0);
            ck_assert(p->lower < p->value && p->value < p->upper);
        }
        ck_near(fit->after->predictions[2].value, value[1] - value[0], 1e-7, 0);
        const mlab_margin *margin = &fit->after->margins[1];
        ck_assert_str_eq(margin->what, "arm: paired - none");
        ck_near(margin->effect, value[1] - value[0], 1e-7, 0);
        ck_near(margin->se, fit->after->predictions[2].se, 1e-9, 0);
        ck_near(fit->after->margins[0].effect, plain_mean(fit->estimate, sd, with_x), 1e-7, 0); /* everybody as they are */
        mlab_fit_free(fit);
        end(&m);
    }
}
END_TEST

/* Without an arm in the formula one row stands for all rows, whose groups it has. */
START_TEST(one_row_without_an_arm_has_mentors_as_all_rows_have)
{
    mlab_predict_profile half = {.name = "half", .values = &to_half, .n_values = 1};
    const mlab_predict_spec spec = {.profiles = &half, .n_profiles = 1, .reference = SIZE_MAX};
    mentored m;
    make(&m, "~ x");
    mlab_fit *fit = fit_after(&m.w.problem, "logit", asked(&spec));
    const double b[] = {fit->estimate[0] + 0.5 * fit->estimate[1], 0};
    ck_near(fit->after->predictions[0].value, plain(b, fit->random[0].sd[0], false, 0, -1), 1e-7, 0);
    ck_assert_double_gt(fit->after->predictions[0].se, 0);
    ck_assert_ptr_null(strstr(fit->reason, "where an arm is set"));
    mlab_fit_free(fit);
    end(&m);
}
END_TEST

/* Averages at sets of parameters, as draws take them. */
START_TEST(draws_have_the_same_mixture)
{
    const mlab_predict_spec spec = {.n_profiles = 0, .reference = SIZE_MAX};
    mentored m;
    make(&m, "~ arm");
    mlab_fit *fit = fit_after(&m.w.problem, "logit", asked(&spec));
    double *squares, mean[2], sets[4] = {fit->estimate[0], fit->estimate[1], -0.3, 1.1}, sd = fit->random[0].sd[0];
    mlab_average average = {.context = &context, .fit = fit, .scale = MLAB_SCALE_RESPONSE, .averaged = true};
    mlab_average_groups groups;
    const uint32_t row = N - 1; /* of arm "paired" */
    const mlab_average_rows rows = {.table = m.w.table, .row = &row, .n = 1};
    ck_assert(mlab_average_start(&average));
    ck_assert_int_eq(mlab_average_squares(&context, &m.w.problem, &squares, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_average_groups_of_level(&context, &m.w.problem, fit, squares, "arm", "paired", 0, &groups, NULL), MLAB_OK);
    ck_assert_uint_eq(groups.n, 3); /* no mentor, two, one */
    ck_assert(groups.squares[0] == 0 && groups.squares[1] == 0.5 && groups.squares[2] == 1);
    ck_near(groups.weight[0], 0.25, 1e-12, 0);
    ck_assert_int_eq(mlab_average_over_groups(&average, &rows, &groups, sets, 2, mean, NULL), MLAB_OK);
    for (size_t s = 0; s < 2; s++) ck_near(mean[s], plain(sets + 2 * s, sd, false, 1, 1), 1e-7, 0);
    mlab_average_groups_free(&groups);
    ck_assert_int_eq(mlab_average_groups_of_level(&context, &m.w.problem, fit, squares, "arm", "gone", 0, &groups, NULL), MLAB_OK);
    ck_assert_uint_eq(groups.n, 0); /* no such rows: as they are */
    mlab_average_groups_free(&groups);
    ck_assert_int_eq(mlab_average_groups_of_level(&context, &m.w.problem, fit, squares, "x", "", 1, &groups, NULL), MLAB_OK);
    ck_assert_uint_eq(groups.n, 0); /* another column */
    mlab_average_groups_free(&groups);
    mlab_release(&context, squares);
    mlab_fit_free(fit);
    end(&m);
}
END_TEST

/* Shares that differ from row to row: eight means in the place of 80 values. */
START_TEST(many_shares_are_taken_together)
{
    static double squares[N];
    mentored m;
    make(&m, "~ arm");
    double sum = 0, mean = 0;
    for (size_t i = 0; i < N; i++) {
        squares[i] = arm[i] ? 0.5 + 0.5 * (double)((i * 37) % N) / N : 0;
        if (arm[i]) sum += squares[i] / (N / 2);
    }
    mlab_average_groups groups;
    ck_assert_int_eq(mlab_average_groups_make(&context, &m.w.problem, squares, "arm", "paired", 0, &groups, NULL), MLAB_OK);
    ck_assert_uint_eq(groups.n, 8);
    for (size_t k = 0; k < groups.n; k++) {
        ck_near(groups.weight[k], 0.125, 1e-12, 0);
        ck_assert(k == 0 || groups.squares[k] > groups.squares[k - 1]);
        mean += groups.weight[k] * groups.squares[k];
    }
    ck_near(mean, sum, 1e-12, 0);
    mlab_average_groups_free(&groups);
    end(&m);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    const mlab_predict_spec spec = {.profiles = both, .n_profiles = 2, .reference = 0, .people = true};
    mentored m;
    make(&m, "~ arm");
    sweep_after("logit", &m.w.problem, asked(&spec));
    end(&m);
}
END_TEST

MLAB_TEST_MAIN("average_groups", a_profile_of_an_arm_has_mentors_as_that_arm_has, one_row_without_an_arm_has_mentors_as_all_rows_have,
               draws_have_the_same_mixture, many_shares_are_taken_together, any_allocation_may_fail)
