/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diagnoses: against references made by scripts/reference/diagnose.R, on worlds made wrong on purpose, and on right ones. */
#include "core/random.h"
#include "fit/after/after.h"
#include "fit/reference.h"
#include "fit/sweep.h"

static mlab_fit *diagnosed(const mlab_fit_problem *problem, const char *model, const mlab_fit_options *given)
{
    mlab_fit_options options = given ? *given : mlab_fit_defaults();
    options.diagnose = true;
    return fit_after(problem, model, options);
}

static const mlab_diagnosis *find(const mlab_fit *fit, const char *what, const char *about)
{
    for (size_t k = 0; k < fit->after->n_diagnoses; k++)
        if (!strcmp(fit->after->diagnoses[k].what, what) && (!about || !strcmp(fit->after->diagnoses[k].about, about)))
            return &fit->after->diagnoses[k];
    return NULL;
}

static void hold(const char *name, const mlab_fit *fit, const char *what)
{
    csv table = csv_read(mlab_test_path("reference/diagnose.csv"));
    size_t held = 0;
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), name)) continue;
        const char *term = csv_text(&table, row, "term");
        const mlab_diagnosis *d = find(fit, what, strcmp(term, "GLOBAL") ? term : "");
        ck_assert_msg(d != NULL, "%s: nothing about %s", name, term);
        ck_assert_msg(mlab_test_near(d->statistic, csv_number(&table, row, "statistic"), 1e-8, 0), "%s %s: %.17g, reference %.17g", name, term,
                      d->statistic, csv_number(&table, row, "statistic"));
        ck_near(d->p, csv_number(&table, row, "p"), 1e-8, 0);
        held++;
    }
    ck_assert_uint_gt(held, 0);
    csv_free(&table);
}

static int32_t stop[500], event[500], start[500], stratum[500];

static study rossi(const char *formula)
{
    const char *const columns[] = {"fin", "age", "prio", "mar"};
    study s = open_file(mlab_test_path("reference/rossi.csv"));
    context = mlab_test_context(NULL, 2);
    for (size_t k = 0; k < 4; k++) add_column(&s, columns[k], NULL);
    s.cluster = room(s.n, sizeof *s.cluster);
    ready(&s, formula);
    for (size_t i = 0; i < s.n; i++) {
        stop[i] = (int32_t)strtol(cell(&s, i, "week"), NULL, 10);
        start[i] = (int32_t)strtol(cell(&s, i, "entry"), NULL, 10);
        event[i] = (int32_t)strtol(cell(&s, i, "arrest"), NULL, 10);
        stratum[i] = strcmp(cell(&s, i, "race"), "black") == 0;
    }
    s.w.problem.cluster = NULL;
    s.w.problem.stop = stop;
    s.w.problem.status = event;
    return s;
}

START_TEST(proportional_hazards_agree_with_cox_zph)
{
    mlab_fit_options options = mlab_fit_defaults();
    study s = rossi("~ fin + age + prio + mar");
    mlab_fit *fit = diagnosed(&s.w.problem, "cox", NULL);
    hold("rossi", fit, "proportional hazards");
    mlab_fit_free(fit);
    options.ties = 1;
    fit = diagnosed(&s.w.problem, "cox", &options);
    hold("breslow", fit, "proportional hazards");
    mlab_fit_free(fit);
    close_study(&s);
    s = rossi("~ fin + age + prio");
    s.w.problem.stratum = stratum;
    s.w.problem.n_strata = 2;
    fit = diagnosed(&s.w.problem, "cox", NULL);
    hold("strata", fit, "proportional hazards");
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(proportional_hazards_with_delayed_entry_agree_with_cox_zph)
{
    study s = rossi("~ fin + age + prio");
    uint32_t rows[500];
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (start[i] >= stop[i]) continue;
        rows[n] = (uint32_t)i;
        start[n] = start[i];
        stop[n] = stop[i];
        event[n++] = event[i];
    }
    s.w.problem.rows = rows;
    s.w.problem.n = n;
    s.w.problem.start = start;
    mlab_fit *fit = diagnosed(&s.w.problem, "cox", NULL);
    hold("entry", fit, "proportional hazards");
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

static study phd(bool ordinal)
{
    static const char *const levels[] = {"1", "2", "3", "4"};
    const char *const columns[] = {"gender", "married", "kids", "prestige", "mentor"};
    study s = open_file(mlab_test_path("reference/phd.csv"));
    context = mlab_test_context(NULL, 2);
    for (size_t k = 0; k < 5; k++) add_column(&s, columns[k], k == 0 ? "female" : NULL);
    s.cluster = room(s.n, sizeof *s.cluster);
    s.category = room(s.n, sizeof *s.category);
    for (size_t i = 0; i < s.n; i++) {
        long n = strtol(cell(&s, i, "articles"), NULL, 10);
        s.category[i] = !ordinal ? n > 0 : n == 0 ? 0 : n == 1 ? 1 : n <= 3 ? 2 : 3;
    }
    respond(&s, ordinal ? 4 : 2, levels);
    ready(&s, ordinal ? "~ gender + married + kids + prestige" : "~ gender + married + kids + prestige + mentor");
    s.w.problem.cluster = NULL;
    return s;
}

START_TEST(brants_test_agrees_with_its_equations_in_r)
{
    study s = phd(true);
    mlab_fit *fit = diagnosed(&s.w.problem, "ordinal", NULL);
    hold("brant", fit, "proportional odds");
    ck_assert(!find(fit, "proportional odds", "")->doubt);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(the_most_inflated_term_agrees_with_vif)
{
    study s = phd(false);
    csv table = csv_read(mlab_test_path("reference/diagnose.csv"));
    mlab_fit *fit = diagnosed(&s.w.problem, "logit", NULL);
    const mlab_diagnosis *d = find(fit, "collinearity", NULL);
    double most = 0;
    for (size_t row = 0; row < table.n_rows; row++)
        if (!strcmp(csv_text(&table, row, "case"), "vif")) most = fmax(most, csv_number(&table, row, "statistic"));
    ck_near(d->statistic, most, 1e-8, 0);
    ck_assert(!d->doubt);
    mlab_fit_free(fit);
    csv_free(&table);
    close_study(&s);
}
END_TEST

/* --- worlds of our own ------------------------------------------------------------------------------------------ */

enum { N = 3000 };
static double x[N], z[N], y[N];
static int32_t what[N], years[N], happened[N];
static uint32_t person[N];
static const char *const yes[] = {"no", "yes"}, *const levels[] = {"low", "mid", "high", "top"};

static double uniform(uint32_t i, uint32_t j)
{
    mlab_address address = {.seed = 3, .entity = i, .purpose = MLAB_PURPOSE_TEST};
    return mlab_random_uniform(&address, j);
}

static world made(const char *formula)
{
    world w = {0};
    world_real(&w, &context, "x", x, N);
    world_real(&w, &context, "z", z, N);
    world_formula(&w, &context, formula);
    w.problem.cluster = person;
    w.problem.n_clusters = N / 3;
    w.problem.cluster_name = "person";
    return w;
}

static void draw(void)
{
    context = mlab_test_context(NULL, 2);
    for (uint32_t i = 0; i < N; i++) {
        mlab_address address = {.seed = 4, .entity = i, .purpose = MLAB_PURPOSE_TEST};
        person[i] = i / 3;
        x[i] = mlab_random_normal(&address, 0);
        z[i] = mlab_random_normal(&address, 1);
    }
}

/* False alarms: careful at 0.001 (residuals, score), 0.01 (odds), or far off; one seed, nothing is said. */
START_TEST(models_that_are_right_raise_no_alarm)
{
    static const char *const models[] = {"logit", "cloglog", "ordinal", "linear", "poisson", "gamma", "lognormal", "negative_binomial", "probit"};
    draw();
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        bool number = m == 3 || (m > 3 && m < 8);
        world w = made("~ x + z");
        for (uint32_t i = 0; i < N; i++) {
            mlab_address address = {.seed = 5, .entity = i, .purpose = MLAB_PURPOSE_TEST};
            double eta = -0.4 + 0.8 * x[i] - 0.3 * z[i], u = uniform(i, 4), noise = mlab_random_normal(&address, 0), l = eta + log(u / (1 - u));
            double mean = exp(0.5 * eta), count = 0, sum = exp(-mean), term = sum;
            while (u > sum && count < 200) sum += term *= mean / ++count;
            what[i] = m == 1 ? u < 1 - exp(-exp(eta)) : m == 2 ? (l > -1) + (l > 0) + (l > 1.5) : m == 8 ? eta + noise > 0 : l > 0;
            y[i] = m == 3 ? eta + noise : m == 4 ? count : m == 5 ? mean * (-log(u) - log(uniform(i, 6))) / 2 : exp(eta + noise);
            if (m == 7) { /* Poisson of a gamma mean */
                double own = mean * (-log(uniform(i, 7)) - log(uniform(i, 8))) / 2;
                for (count = 0, sum = term = exp(-own); u > sum && count < 500;) sum += term *= own / ++count;
                y[i] = count;
            }
        }
        if (number)
            w.problem.number = y;
        else
            world_categories(&w, what, m == 2 ? 4 : 2, m == 2 ? levels : yes);
        mlab_fit *fit = diagnosed(&w.problem, models[m], NULL);
        ck_assert_uint_ge(fit->after->n_diagnoses, 6);
        ck_assert(find(fit, "score", "") && find(fit, "residuals", "") && find(fit, "influence", NULL));
        for (size_t k = 0; k < fit->after->n_diagnoses; k++)
            ck_assert_msg(!fit->after->diagnoses[k].doubt, "%s: %s", models[m], fit->after->diagnoses[k].sentence);
        mlab_fit_free(fit);
        world_free(&w);
    }
}
END_TEST

/* Four coefficients and a shape of 8: a shape that is counted twice in the self-test makes its statistic 8 times as large. */
START_TEST(the_self_test_of_a_gamma_model_counts_its_shape_once)
{
    draw();
    world w = made("~ x + z + x:z");
    for (uint32_t i = 0; i < N; i++) {
        double sum = 0;
        for (uint32_t k = 0; k < 8; k++) sum -= log(uniform(i, 20 + k));
        y[i] = exp(0.4 * x[i] - 0.2 * z[i]) * sum / 8;
    }
    w.problem.number = y;
    mlab_fit *fit = diagnosed(&w.problem, "gamma", NULL);
    const mlab_diagnosis *score = find(fit, "score", "");
    ck_assert_double_gt(fit->shape, 6);
    ck_assert_msg(!score->doubt, "%s", score->sentence);
    ck_assert_double_lt(score->statistic, 13.3); /* chi-squared of 4 exceeds it in 1 of 100; one seed */
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(a_model_that_is_wrong_is_found)
{
    draw();
    for (uint32_t i = 0; i < N; i++) { /* a skew response, and a curve where a line is fitted */
        y[i] = x[i] * x[i] - log(uniform(i, 4));
        z[i] = x[i] + 0.05 * z[i];
    }
    world w = made("~ x + z");
    w.problem.number = y;
    mlab_fit *fit = diagnosed(&w.problem, "linear", NULL);
    ck_assert(find(fit, "residuals", "")->doubt);
    ck_assert(find(fit, "collinearity", "x")->doubt && find(fit, "collinearity", "z")->doubt);
    ck_assert(!find(fit, "score", "")->doubt); /* the program is right, the model is not */
    mlab_fit_free(fit);
    for (uint32_t i = 0; i < N; i++) { /* x matters at the first threshold alone */
        double u = uniform(i, 4), l = log(u / (1 - u));
        what[i] = l + 1.5 * x[i] < -1 ? 0 : l < 0.5 ? 1 : 2;
    }
    world_free(&w);
    w = made("~ x");
    world_categories(&w, what, 3, levels);
    fit = diagnosed(&w.problem, "ordinal", NULL);
    ck_assert(find(fit, "proportional odds", "x")->doubt);
    ck_assert_msg(strstr(find(fit, "proportional odds", "x")->sentence, "x shifts the levels unequally") != NULL, "%s",
                  find(fit, "proportional odds", "x")->sentence);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(one_person_who_decides_is_counted_not_named)
{
    draw();
    for (uint32_t i = 0; i < N; i++) {
        y[i] = uniform(i, 4);
        if (person[i] == 7) y[i] = 500, x[i] = 3;
    }
    world w = made("~ x");
    w.problem.number = y;
    mlab_fit *fit = diagnosed(&w.problem, "linear", NULL);
    const mlab_diagnosis *d = find(fit, "influence", NULL);
    ck_assert(d->doubt);
    ck_assert_msg(strstr(d->sentence, "of 1000 (person) move a coefficient") != NULL, "%s", d->sentence);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(a_separated_fit_says_so_and_nothing_else)
{
    draw();
    for (uint32_t i = 0; i < N; i++) what[i] = x[i] > 0.2;
    world w = made("~ x");
    world_categories(&w, what, 2, yes);
    mlab_fit *fit = diagnosed(&w.problem, "logit", NULL);
    ck_assert_uint_eq(fit->after->n_diagnoses, 1);
    ck_assert(fit->after->diagnoses[0].doubt);
    ck_assert_msg(strstr(fit->after->diagnoses[0].sentence, "x") != NULL, "%s", fit->after->diagnoses[0].sentence);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

/* Hazard 15 % a year, in whole years, half of them ended by year 8; what cannot be refitted or told is said, and the fit stands. */
START_TEST(cox_fits_to_coarse_times_are_looked_at_where_they_can_be)
{
    static mlab_prior prior = {.parameter = (char *)"x", .mean = 0, .sd = 1, .source = (char *)"stated"};
    static const char *const words[] = {"", "pairs rightly", "", "a stratum has no events"};
    static const char *const names[] = {"site=Lyon", "site=Oslo"}, *const column[] = {"site"}, *const sites[] = {"Lyon", "Oslo"};
    static int32_t site[N];
    draw();
    for (int k = 0; k < 4; k++) {
        world w = made("~ x + z");
        mlab_fit_options options = mlab_fit_defaults();
        w.problem.stop = years;
        w.problem.status = happened;
        for (uint32_t i = 0; i < N; i++) {
            double time = ceil(log(uniform(i, 4)) / log(0.85) * exp(-0.3 * x[i]));
            years[i] = (int32_t)fmin(fmax(time, 1), 8);
            site[i] = i % 50 == 0;
            happened[i] = time <= 8 && !(k == 3 && site[i]);
        }
        if (k == 1) w.problem.priors = &prior, w.problem.n_priors = 1;
        if (k == 2) w.problem.n = 60, options.ties = 2;
        if (k == 3) {
            world_factor(&w, &context, "site", site, N, sites, 2);
            w.problem.stratum = site;
            w.problem.n_strata = 2;
            w.problem.strata = names;
            w.problem.stratum_column = column;
            w.problem.n_stratum_columns = 1;
        }
        mlab_fit *fit = diagnosed(&w.problem, "cox", &options);
        const mlab_diagnosis *d = find(fit, k ? "discrimination" : "residuals", "");
        ck_assert_msg(d && !d->doubt && strstr(d->sentence, words[k]), "%d: %s", k, d ? d->sentence : "nothing");
        mlab_fit_free(fit);
        world_free(&w);
    }
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    context = mlab_test_context(NULL, 1);
    study cases[] = {rossi("~ fin + age"), phd(true)};
    const char *const models[] = {"cox", "ordinal"};
    mlab_fit_options options = mlab_fit_defaults();
    options.diagnose = true;
    for (int m = 0; m < 2; m++) {
        cases[m].w.problem.n = 120;
        sweep_after(models[m], &cases[m].w.problem, options);
        close_study(&cases[m]);
    }
}
END_TEST

MLAB_TEST_MAIN("diagnose", proportional_hazards_agree_with_cox_zph, proportional_hazards_with_delayed_entry_agree_with_cox_zph,
               brants_test_agrees_with_its_equations_in_r, the_most_inflated_term_agrees_with_vif, models_that_are_right_raise_no_alarm,
               the_self_test_of_a_gamma_model_counts_its_shape_once, a_model_that_is_wrong_is_found, one_person_who_decides_is_counted_not_named,
               a_separated_fit_says_so_and_nothing_else, cox_fits_to_coarse_times_are_looked_at_where_they_can_be, any_allocation_may_fail)
