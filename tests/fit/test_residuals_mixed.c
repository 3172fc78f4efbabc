/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Residuals, normality of effects, totals of groups and influence of single groups in mixed models: right models pass, wrong ones are found. */
#include "core/random.h"
#include "fit/after/after.h"
#include "fit/worlds.h"

/* PAIRS teams of `size` rows; what differs is made by the tests. One seed each; a right model raises an alarm by one of its findings in about 1 of
 * 200 such runs. */
enum { MOST_ROWS = 1200 };
static mlab_context context;
static double x[MOST_ROWS], number[MOST_ROWS];
static int32_t yes[MOST_ROWS];
static uint32_t team[MOST_ROWS];
static const char *const no_yes[] = {"no", "yes"};

static mlab_address place(uint32_t i)
{
    return (mlab_address){.seed = 11, .entity = i, .purpose = MLAB_PURPOSE_TEST};
}

static double normal(uint32_t i, uint32_t k)
{
    mlab_address address = place(i);
    return mlab_random_normal(&address, k);
}

static double uniform(uint32_t i, uint32_t k)
{
    mlab_address address = place(i);
    return mlab_random_uniform(&address, k);
}

typedef struct teams {
    world w;
    mlab_formula *terms;
    mlab_design *design;
    mlab_random_grouping grouping;
} teams;

static void open_teams(teams *made, size_t n, size_t n_teams)
{
    memset(made, 0, sizeof *made);
    for (uint32_t i = 0; i < n; i++) {
        team[i] = i % (uint32_t)n_teams;
        x[i] = normal(i, 1);
    }
    world_real(&made->w, &context, "x", x, n);
    world_formula(&made->w, &context, "~ x");
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &made->terms, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(made->terms, made->w.table, NULL, &made->design, NULL), MLAB_OK);
    made->grouping = (mlab_random_grouping){.design = made->design, .group = team, .n_groups = n_teams, .name = "team"};
    made->w.problem.random = &made->grouping;
    made->w.problem.n_random = 1;
    made->w.problem.number = number;
}

static void close_teams(teams *made)
{
    mlab_design_free(made->design);
    mlab_formula_free(made->terms);
    world_free(&made->w);
}

static mlab_fit *diagnosed(const teams *made, const char *model)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_prepared *prepared;
    mlab_fit *fit;
    mlab_error err = {0};
    options.diagnose = true;
    ck_assert_msg(!mlab_prepare(&context, mlab_model_find(model), &made->w.problem, &options, &prepared, &err), "%s", err.sentence);
    ck_assert_msg(!mlab_prepared_fit(&context, prepared, &fit, &err), "%s", err.sentence);
    ck_assert_msg(!mlab_after_make(&context, prepared, fit, &err), "%s", err.sentence);
    mlab_prepared_free(prepared);
    return fit;
}

static const mlab_diagnosis *find(const mlab_fit *fit, const char *what, const char *about)
{
    for (size_t k = 0; k < fit->after->n_diagnoses; k++)
        if (!strcmp(fit->after->diagnoses[k].what, what) && (!about || !strcmp(fit->after->diagnoses[k].about, about)))
            return &fit->after->diagnoses[k];
    ck_abort_msg("no finding about %s", what);
    return NULL;
}

/* Pairs that differ much: at the most likely effects residuals are too small by the root of a half (a distance of 0.08); given drawn ones they are
 * right. */
START_TEST(pairs_have_residuals_of_the_size_they_should)
{
    enum { N = 1000 };
    teams made;
    context = mlab_test_context(NULL, 2);
    open_teams(&made, N, N / 2);
    for (uint32_t i = 0; i < N; i++) number[i] = 1 + x[i] + 5 * normal(5000 + team[i], 0) + normal(i, 2);
    mlab_fit *fit = diagnosed(&made, "linear");
    const mlab_diagnosis *residuals = find(fit, "residuals", "");
    ck_assert_double_lt(residuals->statistic, 0.045);
    ck_assert(!residuals->doubt && !find(fit, "effects", "team")->doubt && !find(fit, "group totals", "team")->doubt);
    ck_assert_ptr_null(strstr(find(fit, "effects", "team")->sentence, "too little"));
    mlab_fit_free(fit);
    close_teams(&made);
}
END_TEST

/* Teams of two kinds, 2 up or 2 down. */
START_TEST(effects_that_are_not_normal_are_found)
{
    enum { N = 1200, TEAMS = 80 };
    teams made;
    context = mlab_test_context(NULL, 2);
    open_teams(&made, N, TEAMS);
    for (uint32_t i = 0; i < N; i++) number[i] = x[i] + (uniform(7000 + team[i], 0) < 0.5 ? -2 : 2) + normal(i, 2);
    mlab_fit *fit = diagnosed(&made, "linear");
    ck_assert(find(fit, "effects", "team")->doubt);
    ck_assert(find(fit, "group totals", "team")->doubt);
    ck_assert(!find(fit, "residuals", "")->doubt);
    ck_assert_ptr_nonnull(strstr(find(fit, "effects", "team")->sentence, "are not normal"));
    mlab_fit_free(fit);
    close_teams(&made);
}
END_TEST

/* Counts that vary more than Poisson's within teams. */
START_TEST(counts_of_another_distribution_are_found)
{
    enum { N = 1200, TEAMS = 60 };
    teams made;
    context = mlab_test_context(NULL, 2);
    open_teams(&made, N, TEAMS);
    for (uint32_t i = 0; i < N; i++) {
        double mean = exp(0.7 + 0.3 * x[i] + 0.5 * normal(8000 + team[i], 0) + 0.9 * normal(i, 3)), u = uniform(i, 8), p = exp(-mean), sum = 0;
        number[i] = -1;
        while (sum < u && number[i] < 1000) sum += p, number[i]++, p *= mean / (number[i] + 1);
    }
    mlab_fit *fit = diagnosed(&made, "poisson");
    ck_assert(find(fit, "residuals", "")->doubt);
    mlab_fit_free(fit);
    fit = diagnosed(&made, "negative_binomial"); /* much nearer */
    ck_assert(!find(fit, "residuals", "")->doubt);
    mlab_fit_free(fit);
    close_teams(&made);
}
END_TEST

/* Team 3 alone has x of 4 or so, and answers that fall with it: what leaving it out moves, beside a fit without it. */
static void one_team_decides(const char *model)
{
    enum { N = 600, TEAMS = 30 };
    teams made;
    open_teams(&made, N, TEAMS);
    double *values = made.w.table->columns[0].as.real;
    size_t n = 0;
    static uint32_t rows[N], group[N];
    static double numbers[N];
    static int32_t category[N];
    for (uint32_t i = 0; i < N; i++) {
        if (team[i] == 3) values[i] += 6;
        double eta = 0.5 * values[i] - (team[i] == 3 ? 0.8 * (values[i] - 2) : 0) + 0.7 * normal(9000 + team[i], 0);
        number[i] = eta + normal(i, 2);
        yes[i] = uniform(i, 9) < 1 / (1 + exp(-eta));
        if (team[i] == 3) continue;
        rows[n] = i, numbers[n] = number[i], category[n] = yes[i], group[n++] = team[i] < 3 ? team[i] : team[i] - 1;
    }
    bool linear = !strcmp(model, "linear");
    if (!linear) {
        made.w.problem.number = NULL;
        world_categories(&made.w, yes, 2, no_yes);
    }
    mlab_fit *fit = diagnosed(&made, model);
    const mlab_diagnosis *influence = find(fit, "influence", NULL);
    mlab_random_grouping without = made.grouping;
    mlab_fit_problem problem = made.w.problem;
    without.group = group, without.n_groups = TEAMS - 1;
    problem.random = &without, problem.rows = rows, problem.n = n;
    if (linear)
        problem.number = numbers;
    else
        problem.category = category;
    world other = made.w;
    other.problem = problem;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit *left = world_fit(&other, &context, model, &options);
    double moved = fabs(left->estimate[1] - fit->estimate[1]) / sqrt(fit->covariance[3]);
    ck_assert_str_eq(influence->about, "x");
    ck_assert_msg(influence->doubt, "%s: %g, refitted %g", model, influence->statistic, moved);
    ck_assert_msg(influence->statistic > 0.4 * moved && influence->statistic < 1.6 * moved, "%s: %g, refitted %g", model, influence->statistic,
                  moved);
    ck_assert_ptr_nonnull(strstr(influence->sentence, "(team)"));
    mlab_fit_free(left);
    mlab_fit_free(fit);
    close_teams(&made);
}

START_TEST(a_team_that_decides_is_found)
{
    context = mlab_test_context(NULL, 2);
    one_team_decides("linear");
    one_team_decides("logit");
}
END_TEST

START_TEST(yes_and_no_by_chance_of_the_team_raise_no_alarm)
{
    enum { N = 1200, TEAMS = 120 };
    teams made;
    context = mlab_test_context(NULL, 2);
    open_teams(&made, N, TEAMS);
    for (uint32_t i = 0; i < N; i++) yes[i] = uniform(i, 9) < 1 / (1 + exp(0.5 - 0.6 * x[i] - 0.9 * normal(6000 + team[i], 0)));
    made.w.problem.number = NULL;
    world_categories(&made.w, yes, 2, no_yes);
    mlab_fit *fit = diagnosed(&made, "logit");
    for (size_t k = 0; k < fit->after->n_diagnoses; k++) {
        const mlab_diagnosis *d = &fit->after->diagnoses[k];
        ck_assert_msg(!d->doubt || !strcmp(d->what, "score"), "%s: %s", d->what, d->sentence); /* the Laplace approximation is told */
    }
    find(fit, "influence", NULL);
    mlab_fit_free(fit);
    close_teams(&made);
}
END_TEST

MLAB_TEST_MAIN("residuals_mixed", pairs_have_residuals_of_the_size_they_should, effects_that_are_not_normal_are_found,
               counts_of_another_distribution_are_found, a_team_that_decides_is_found, yes_and_no_by_chance_of_the_team_raise_no_alarm)
