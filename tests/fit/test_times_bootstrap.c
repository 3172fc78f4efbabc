/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parametric bootstrap of models of times: laws and their inverse, who is censored when, draws that spread as the errors say. Rossi's 432
 * prisoners, and for the censoring eight people
 *
 *   day    1 2 2 3 4 5 5 6      event 1 1 0 0 1 1 0 1      left after 2: 5/6 (the event of day 2 comes first), 3: x 4/5, 5: x 1/2 */
#include "fit/outcome.h"
#include "fit/reference.h"
#include "fit/survival/times.h"
#include "fit/survival/times_draw.h"

#include "core/random.h"

#include <string.h>

static mlab_fit_options options;

static study rossi(mlab_data *data, int threads)
{
    context = mlab_test_context(NULL, threads);
    options = mlab_fit_defaults();
    study s = open_file(mlab_test_path("reference/rossi.csv"));
    const char *const columns[] = {"week", "arrest", "fin", "age", "race", "mar", "prio", "entry"};
    for (size_t j = 0; j < sizeof columns / sizeof *columns; j++) add_column(&s, columns[j], NULL);
    *data = (mlab_data){.context = &context, .people = s.w.table, .person_level = true};
    return s;
}

static mlab_outcome outcome_of(const char *model, const char *formula)
{
    return (mlab_outcome){.name = "arrest", .kind = MLAB_OUTCOME_EVENT, .better = -1, .model = (char *)model, .formula = (char *)formula};
}

START_TEST(the_time_at_a_hazard_has_that_hazard)
{
    static const double hazards[] = {1e-6, 0.01, 0.3, 0.69, 1, 4, 30}, knots[] = {0, 1, 2.5, 4};
    static const struct {
        const char *model, *link;
        double ancillary[3];
        size_t n;
    } laws[] = {{"exponential", "log", {0}, 0},
                {"weibull", "log", {-0.4}, 1},
                {"gompertz", "log", {0.02}, 1},
                {"survival_lognormal", "log", {0.3}, 1},
                {"loglogistic", "log", {-0.2}, 1},
                {"generalised_gamma", "log", {0.1, 0.7}, 2},
                {"generalised_gamma", "log", {0.1, -1.3}, 2},
                {"generalised_gamma", "log", {0.1, 0.02}, 2},
                {"generalised_gamma", "log", {0.1, -0.05}, 2},
                {"generalised_gamma", "log", {0.1, 0}, 2},
                {"spline", "cloglog", {1.2, 0.1, -0.05}, 3},
                {"spline", "logit", {1.2, 0.05, -0.02}, 3},
                {"spline", "probit", {0.9, 0.04, 0.01}, 3}};
    for (size_t k = 0; k < sizeof laws / sizeof *laws; k++) {
        mlab_fit fit = {.model = (char *)laws[k].model, .link = (char *)laws[k].link, .n_ancillary = laws[k].n};
        if (strcmp(fit.model, "spline") == 0) fit.knots = (double *)(uintptr_t)knots, fit.n_knots = 4;
        mlab_time_law law = mlab_time_law_of(&fit, laws[k].ancillary);
        for (size_t h = 0; h < sizeof hazards / sizeof *hazards; h++) {
            double eta = law.form == MLAB_LAW_LOCATION ? 2.5 : -3, time = mlab_time_law_time(&law, eta, hazards[h]);
            ck_assert_msg(time > 0 && time < HUGE_VAL, "law %zu, hazard %g: %g", k, hazards[h], time);
            ck_near(mlab_time_law_hazard(&law, eta, mlab_time_law_part(&law, time)), hazards[h], 1e-8, 0);
        }
    }
    mlab_fit cured = {.model = (char *)"gompertz", .n_ancillary = 1}; /* in all exp(-1) / 0.5 = 0.74 */
    static const double falls[] = {-0.5};
    mlab_time_law law = mlab_time_law_of(&cured, falls);
    ck_assert_double_eq(mlab_time_law_time(&law, -1, 0.8), HUGE_VAL);
    ck_assert_double_lt(mlab_time_law_time(&law, -1, 0.7), 100);
}
END_TEST

static const int32_t day[] = {1, 2, 2, 3, 4, 5, 5, 6}, event[] = {1, 1, 0, 0, 1, 1, 0, 1};

START_TEST(who_had_the_event_is_censored_as_the_others_are_but_not_before)
{
    context = mlab_test_context(NULL, 1);
    mlab_fit_problem problem = {.n = 8, .stop = day, .status = event, .outcome = "leaving"};
    mlab_time_chains c;
    ck_assert_int_eq(mlab_time_chains_make(&context, &problem, &c, NULL), MLAB_OK);
    ck_assert_uint_eq(c.n, 8);
    ck_assert_uint_eq(c.censored_first[1], 3);
    const double left[] = {5.0 / 6, 5.0 / 6 * 4 / 5, 5.0 / 6 * 4 / 5 / 2};
    for (size_t k = 0; k < 3; k++) ck_near(c.left[k], left[k], 1e-14, 0);
    ck_assert_double_eq(mlab_time_chains_limit(&c, 3, 0.9), 3); /* censored: then, always */
    ck_assert_double_eq(mlab_time_chains_limit(&c, 0, 0.99), 2);
    ck_assert_double_eq(mlab_time_chains_limit(&c, 0, 0.7), 3);
    ck_assert_double_eq(mlab_time_chains_limit(&c, 0, 0.5), 5);
    ck_assert_double_eq(mlab_time_chains_limit(&c, 0, 0.1), 6);  /* what is left ends with the longest time */
    ck_assert_double_eq(mlab_time_chains_limit(&c, 4, 0.51), 5); /* had the event on day 4: left half the time after 5 */
    ck_assert_double_eq(mlab_time_chains_limit(&c, 4, 0.49), 6);
    ck_assert_double_eq(mlab_time_chains_limit(&c, 7, 0.5), 6);
    mlab_time_chains_free(&c);
    static const int32_t all[] = {1, 1, 1, 1, 1, 1, 1, 1};
    problem.status = all;
    ck_assert_int_eq(mlab_time_chains_make(&context, &problem, &c, NULL), MLAB_OK);
    ck_assert_double_eq(mlab_time_chains_limit(&c, 0, 0.5), HUGE_VAL); /* nobody is censored */
    mlab_time_chains_free(&c);
}
END_TEST

/* Two people of one cluster each, a third of two stretches with an event between them, in another order than time's; then departments. */
START_TEST(rows_of_a_person_are_drawn_as_one_time)
{
    context = mlab_test_context(NULL, 1);
    static const int32_t start[] = {0, 4, 0, 0, 6, 9}, stop[] = {4, 9, 7, 6, 9, 12}, status[] = {0, 1, 0, 1, 0, 1};
    static const uint32_t person[] = {0, 0, 1, 2, 2, 2}, department[] = {0, 0, 0, 1, 1, 1};
    mlab_fit_problem problem = {.n = 6, .start = start, .stop = stop, .status = status, .cluster = person, .n_clusters = 3, .outcome = "leaving"};
    mlab_time_chains c;
    ck_assert_int_eq(mlab_time_chains_make(&context, &problem, &c, NULL), MLAB_OK);
    ck_assert_uint_eq(c.n, 4);
    static const size_t first[] = {0, 2, 3, 4, 6};
    for (size_t k = 0; k <= 4; k++) ck_assert_uint_eq(c.first[k], first[k]);
    ck_assert_int_eq(c.open[0], 1);
    ck_assert_int_eq(c.open[2], 0); /* had it on day 6, where the next stretch begins */
    ck_assert_int_eq(c.limit[2], 6);
    ck_assert_int_eq(c.open[3], 1);
    mlab_time_chains_free(&c);
    problem.cluster = department; /* people are at risk side by side in it */
    problem.n_clusters = 2;
    ck_assert_int_eq(mlab_time_chains_make(&context, &problem, &c, NULL), MLAB_OK);
    ck_assert_uint_eq(c.n, 6);
    mlab_time_chains_free(&c);
    static const double frequency[] = {2, 2, 3, 1, 0, 0};
    problem.cluster = person;
    problem.n_clusters = 3;
    problem.weight = frequency;
    problem.weights = MLAB_WEIGHTS_FREQUENCY;
    ck_assert_int_eq(mlab_time_chains_make(&context, &problem, &c, NULL), MLAB_OK);
    ck_assert_uint_eq(c.n, 2 + 3 + 1);
    ck_assert_uint_eq(c.n_rows, 4 + 3 + 1);
    mlab_time_chains_free(&c);
    static const double differ[] = {2, 1, 3, 1, 1, 1};
    mlab_error err = {0};
    problem.weight = differ;
    ck_assert_int_eq(mlab_time_chains_make(&context, &problem, &c, &err), MLAB_ERR_FIT_DRAWS);
    ck_assert_msg(strstr(err.sentence, "frequencies of 2 and 1") != NULL, "%s", err.sentence);
}
END_TEST

typedef struct spreads {
    mlab_fit *fit;
    mlab_draws *draws;
} spreads;

static spreads drawn(const mlab_data *data, const mlab_outcome *outcome, size_t n)
{
    spreads s;
    mlab_error err = {0};
    const mlab_outcome *outcomes[] = {outcome};
    ck_assert_msg(!mlab_fit_outcome(&context, data, outcome, &options, &s.fit, &err), "%s: %s", outcome->model, err.sentence);
    const mlab_fit *fits[] = {s.fit};
    ck_assert_msg(!mlab_draws_bootstrap(&context, data, outcomes, &options, fits, 1, true, n, 11, &s.draws, &err), "%s %s: %s", outcome->model,
                  outcome->formula, err.sentence);
    return s;
}

static void end(spreads *s)
{
    mlab_draws_free(s->draws);
    mlab_fit_free(s->fit);
}

/* SD of a parameter over its standard error, and the mean less the estimate in standard errors. */
static double ratio(const spreads *s, size_t j, double *off)
{
    double mean = 0, sum = 0, se = sqrt(s->fit->covariance[j * s->fit->n_parameters + j]);
    for (size_t d = 0; d < s->draws->n_draws; d++) mean += s->draws->value[d * s->draws->n_parameters + j] / (double)s->draws->n_draws;
    for (size_t d = 0; d < s->draws->n_draws; d++) {
        double away = s->draws->value[d * s->draws->n_parameters + j] - mean;
        sum += away * away / (double)(s->draws->n_draws - 1);
    }
    *off = (mean - s->fit->estimate[j]) / se;
    return sqrt(sum) / se;
}

/* The spread of 150 draws misses its mean by 6 %, and errors of 114 events are themselves a few per cent too small: 18 % is passed by one of 33
 * parameters in about 1 of 10 seeds; the seed is fixed. The first two of a spline's ancillary ones have few events to their left and are far from
 * normal.
 */
START_TEST(drawn_times_spread_the_estimates_as_their_errors_say)
{
    enum { DRAWS = 150 };
    static const struct {
        const char *model, *formula;
        size_t skip;
    } cases[] = {{"exponential", "event(week, arrest) ~ fin + age + prio", 0}, {"weibull", "event(week, arrest) ~ fin + age + prio", 0},
                 {"gompertz", "event(week, arrest) ~ fin + age", 0},           {"survival_lognormal", "event(week, arrest) ~ fin + age", 0},
                 {"loglogistic", "event(week, arrest) ~ fin + age", 0},        {"spline", "event(week, arrest) ~ fin + age", 1},
                 {"weibull", "event(entry, week, arrest) ~ fin + age", 0},     {"cox", "event(week, arrest) ~ fin + age + prio", 0},
                 {"cox", "event(week, arrest) ~ fin + age + strata(race)", 0}, {"cox", "event(entry, week, arrest) ~ fin + age", 0}};
    mlab_data data;
    study s = rossi(&data, 2);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mlab_outcome outcome = outcome_of(cases[c].model, cases[c].formula);
        spreads made = drawn(&data, &outcome, DRAWS);
        for (size_t j = cases[c].skip; j < made.fit->n_parameters - (cases[c].skip ? made.fit->n_ancillary : 0); j++) {
            double off, r = ratio(&made, j, &off);
            ck_assert_msg(fabs(r - 1) < 0.18 && fabs(off) < 0.25, "%s %s, %s: %.3f times its error, off by %.3f", cases[c].model, cases[c].formula,
                          made.fit->names[j], r, off);
        }
        ck_assert_int_eq(made.draws->kind, MLAB_DRAWS_PARAMETRIC);
        end(&made);
    }
    close_study(&s);
}
END_TEST

/* A drawn baseline goes with its draw: survival at 300 draws spreads as its interval says. */
START_TEST(survival_of_drawn_cox_fits_spreads_as_its_errors_say)
{
    static const double times[] = {15, 30, 50};
    static const char *const formulas[] = {"event(week, arrest) ~ fin + age", "event(week, arrest) ~ fin + age + strata(race)"};
    mlab_data data;
    study s = rossi(&data, 1);
    for (size_t k = 0; k < 2; k++) {
        mlab_outcome outcome = outcome_of("cox", formulas[k]);
        spreads made = drawn(&data, &outcome, 300);
        for (size_t row = 3; row < 400; row += 200) {
            double estimate[3], se[3], lower[3], upper[3], own[4][3];
            mlab_prediction_request request = {
                .table = data.people, .first = row, .n = 1, .scale = MLAB_SCALE_SURVIVAL, .times = times, .n_times = 3, .level = 0.95};
            ck_assert_int_eq(mlab_predict_intervals(&context, made.fit, &request, estimate, se, lower, upper, NULL), MLAB_OK);
            ck_assert_int_eq(mlab_predict_intervals_drawn(&context, made.fit, made.draws, 0, &request, own[0], own[1], own[2], own[3], NULL),
                             MLAB_OK);
            for (size_t t = 0; t < 3; t++)
                ck_assert_msg(fabs(own[1][t] / se[t] - 1) < 0.2, "%s, row %zu, time %g: %g, expected %g", formulas[k], row, times[t], own[1][t],
                              se[t]);
        }
        end(&made);
    }
    close_study(&s);
}
END_TEST

/* --- made worlds ------------------------------------------------------------------------------------------------------- */

enum { GROUPS = 60, EACH = 5, PEOPLE = GROUPS * EACH };

/* Weibull times (shape 1.3) of people in groups whose log hazards have the standard deviation 0.7, a third censored; of two rows where the covariate
 * changes at day 20 (late: a third is seen from day 8 on only). */
static world grouped(bool changes, size_t *n_rows)
{
    static double group[2 * PEOPLE], id[2 * PEOPLE], start[2 * PEOPLE], stop[2 * PEOPLE], status[2 * PEOPLE], x[2 * PEOPLE], weight[2 * PEOPLE];
    mlab_address at = {.seed = 5, .purpose = MLAB_PURPOSE_TEST};
    size_t n = 0;
    for (uint32_t i = 0; i < PEOPLE; i++) {
        at.entity = 1000000 + i / EACH;
        double u = changes ? 0 : 0.7 * mlab_random_normal(&at, 0), own;
        at.entity = i;
        own = mlab_random_normal(&at, 0);
        double hazard = -log(mlab_random_uniform(&at, 4)) * exp(-u - 0.6 * own), time = ceil(40 * pow(hazard, 1 / 1.3));
        double limit = floor(20 + 60 * mlab_random_uniform(&at, 5));
        bool cut = changes && fmin(time, limit) > 20;
        group[n] = i / EACH;
        id[n] = i;
        start[n] = 0;
        x[n] = own;
        weight[n] = 1 + i % 3;
        stop[n] = cut ? 20 : fmin(time, limit);
        status[n] = !cut && time <= limit;
        n++;
        if (!cut) continue;
        group[n] = group[n - 1];
        id[n] = i;
        start[n] = 20;
        x[n] = 0.5 * own;
        weight[n] = weight[n - 1];
        stop[n] = fmin(time, limit);
        status[n++] = time <= limit;
    }
    world w = {0};
    static const char *const names[] = {"group", "id", "start", "stop", "status", "x", "weight"};
    const double *const columns[] = {group, id, start, stop, status, x, weight};
    for (size_t c = 0; c < 7; c++) world_real(&w, &context, names[c], columns[c], n);
    *n_rows = n;
    return w;
}

static spreads drawn_from(const world *w, const char *model, const char *formula, const char *frailty, size_t n)
{
    mlab_data data = {.context = &context, .people = w->table, .person_level = true};
    mlab_outcome outcome = outcome_of(model, formula);
    outcome.frailty = (char *)(uintptr_t)frailty;
    return drawn(&data, &outcome, n);
}

/* 80 draws: 8 % off by chance; 30 % is 3.8 of that, passed by one of five numbers in 1 of 1,000 seeds. */
START_TEST(frailties_are_drawn_anew_and_their_spread_is_refitted)
{
    static const char *const models[] = {"cox", "weibull"}, *const frailties[] = {"gamma", "normal"};
    size_t n;
    context = mlab_test_context(NULL, 2);
    options = mlab_fit_defaults();
    world w = grouped(false, &n);
    for (size_t k = 0; k < 2; k++) {
        spreads s = drawn_from(&w, models[k], "event(stop, status) ~ x + (1 | group)", frailties[k], 80);
        const mlab_draws_effects *e = s.draws->effects;
        double mean = 0, sum = 0, off;
        for (size_t j = 0; j < s.fit->n_parameters; j++) {
            double r = ratio(&s, j, &off);
            ck_assert_msg(fabs(r - 1) < 0.3 && fabs(off) < 0.5, "%s, %s: %.3f times its error, off by %.3f", models[k], s.fit->names[j], r, off);
        }
        ck_assert_uint_eq(s.draws->n_effects, 1);
        for (size_t d = 0; d < 80; d++) mean += e->factor[d] / 80;
        for (size_t d = 0; d < 80; d++) sum += (e->factor[d] - mean) * (e->factor[d] - mean) / 79;
        ck_assert_msg(fabs(sqrt(sum) / s.fit->random->sd_se[0] - 1) < 0.35, "%s: %g, expected %g", models[k], sqrt(sum), s.fit->random->sd_se[0]);
        ck_near(mean, s.fit->random->sd[0], 0, s.fit->random->sd_se[0]);
        end(&s);
    }
    world_free(&w);
}
END_TEST

START_TEST(rows_after_an_event_and_rows_of_several_people_are_drawn_as_they_are)
{
    size_t n;
    double off;
    context = mlab_test_context(NULL, 2);
    options = mlab_fit_defaults();
    world w = grouped(true, &n);
    static const char *const models[] = {"cox", "weibull"};
    for (size_t k = 0; k < 2; k++) {
        spreads s = drawn_from(&w, models[k], "event(start, stop, status) ~ x + cluster(id)", NULL, 120);
        for (size_t j = 0; j < s.fit->n_parameters; j++) {
            double r = ratio(&s, j, &off);
            ck_assert_msg(fabs(r - 1) < 0.25 && fabs(off) < 0.3, "%s, %s: %.3f times its error, off by %.3f", models[k], s.fit->names[j], r, off);
        }
        end(&s);
        mlab_data data = {.context = &context, .people = w.table, .person_level = true};
        mlab_outcome outcome = outcome_of(models[k], "event(start, stop, status) ~ x + cluster(id)");
        outcome.weight = (char *)"weight";
        outcome.weights = MLAB_WEIGHTS_FREQUENCY;
        s = drawn(&data, &outcome, 120); /* each stands for one to three: the errors are those of as many people */
        for (size_t j = 0; j < s.fit->n_parameters; j++) {
            double r = ratio(&s, j, &off);
            ck_assert_msg(fabs(r - 1) < 0.25 && fabs(off) < 0.3, "weighted %s, %s: %.3f times its error, off by %.3f", models[k], s.fit->names[j], r,
                          off);
        }
        end(&s);
    }
    world_free(&w);
}
END_TEST

START_TEST(threads_do_not_change_a_byte)
{
    static const char *const models[] = {"cox", "spline", "survival_lognormal"};
    static double kept[3][200];
    static const int threads[] = {1, 2, 7};
    for (int k = 0; k < 3; k++) {
        mlab_data data;
        study s = rossi(&data, threads[k]);
        for (size_t m = 0; m < 3; m++) {
            mlab_outcome outcome = outcome_of(models[m], "event(week, arrest) ~ fin + age");
            spreads made = drawn(&data, &outcome, 9);
            size_t n = 9 * made.draws->n_parameters;
            if (k == 0) memcpy(kept[m], made.draws->value, n * sizeof(double));
            ck_assert_int_eq(memcmp(kept[m], made.draws->value, n * sizeof(double)), 0);
            ck_assert(kept[m][0] != kept[m][made.draws->n_parameters]);
            end(&made);
        }
        close_study(&s);
    }
}
END_TEST

/* Draws of rows that are at hand, for predictions and average effects, are those that options.draws states. */
START_TEST(predictions_by_draws_take_the_draws_that_are_stated)
{
    static const double times[] = {30};
    mlab_data data;
    study s = rossi(&data, 1);
    mlab_predict_outcome wish = {.outcome = (char *)"arrest", .scale = MLAB_SCALE_SURVIVAL, .times = (double *)(uintptr_t)times, .n_times = 1};
    mlab_predict_spec spec = {.outcomes = &wish, .n_outcomes = 1, .reference = SIZE_MAX, .n_draws = 200, .seed = 4, .draws = true};
    double lower[3] = {0}, se[3] = {0};
    options.predict = &spec;
    for (int kind = 0; kind < 3; kind++) {
        mlab_outcome outcome = outcome_of("weibull", "event(week, arrest) ~ fin + age");
        mlab_fit *fit;
        mlab_error err = {0};
        options.draws = kind;
        ck_assert_msg(!mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err), "%s", err.sentence);
        ck_assert(fit->after && fit->after->n_predictions == 1);
        lower[kind] = fit->after->predictions->lower;
        se[kind] = fit->after->predictions->se;
        mlab_fit_free(fit);
    }
    ck_assert(lower[0] != lower[1] && lower[1] != lower[2] && lower[0] != lower[2]);
    for (int kind = 1; kind < 3; kind++) ck_near(se[kind], se[0], 0.25, 0); /* 200 draws: 5 % by chance; people differ from the law */
    options.predict = NULL;
    options.draws = 0;
    close_study(&s);
}
END_TEST

START_TEST(a_subdistribution_has_no_parametric_draws_and_says_why)
{
    mlab_data data;
    study s = rossi(&data, 1);
    mlab_outcome outcome = outcome_of("fine_gray", "event(week, arrest) ~ fin + age");
    const mlab_outcome *outcomes[] = {&outcome};
    mlab_fit *fit;
    mlab_draws *draws;
    mlab_error err = {0};
    ck_assert_msg(!mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err), "%s", err.sentence);
    const mlab_fit *fits[] = {fit};
    ck_assert_int_eq(mlab_draws_bootstrap(&context, &data, outcomes, &options, fits, 1, true, 3, 1, &draws, &err), MLAB_ERR_FIT_DRAWS);
    ck_assert_msg(strstr(err.sentence, "not when the others do") && strstr(err.sentence, "fit.draws: bootstrap"), "%s", err.sentence);
    ck_assert_ptr_null(draws);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    static const double x[] = {0, 1, 0, 1, 1, 0, 1, 0}, group[] = {0, 0, 1, 1, 2, 2, 3, 3}, weight[] = {1, 2, 1, 1, 1, 1, 1, 1};
    static const char *const models[] = {"cox", "weibull", "weibull"}, *const formulas[] = {"event(day, event) ~ x", "event(day, event) ~ x",
                                                                                            "event(day, event) ~ x + (1 | group)"};
    double days[8], events[8];
    mlab_test_memory memory = {0};
    context = mlab_test_context(NULL, 1);
    options = mlab_fit_defaults();
    for (size_t i = 0; i < 8; i++) days[i] = day[i], events[i] = event[i];
    world w = {0};
    world_real(&w, &context, "day", days, 8);
    world_real(&w, &context, "event", events, 8);
    world_real(&w, &context, "x", x, 8);
    world_real(&w, &context, "group", group, 8);
    world_real(&w, &context, "weight", weight, 8);
    mlab_data data = {.context = &context, .people = w.table, .person_level = true};
    mlab_context failing = mlab_test_context(&memory, 1);
    for (int kind = 0; kind < 3; kind++) {
        mlab_outcome outcome = outcome_of(models[kind], formulas[kind]);
        mlab_status status = MLAB_ERR_MEMORY;
        outcome.frailty = (char *)(kind == 2 ? "gamma" : NULL);
        if (kind == 1) outcome.weight = (char *)"weight", outcome.weights = MLAB_WEIGHTS_FREQUENCY;
        const mlab_outcome *outcomes[] = {&outcome};
        mlab_fit *fit;
        mlab_error err = {0};
        ck_assert_msg(!mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err), "%s", err.sentence);
        fit->trust = MLAB_TRUSTED;
        const mlab_fit *fits[] = {fit};
        long k = 1;
        for (; status == MLAB_ERR_MEMORY && k < 6000; k++) {
            mlab_draws *draws = NULL;
            memory = (mlab_test_memory){.fail_at = k};
            status = mlab_draws_bootstrap(&failing, &data, outcomes, &options, fits, 1, true, 2, 3, &draws, NULL);
            mlab_draws_free(draws);
            ck_assert_int_eq(memory.live, 0);
        }
        ck_assert_msg(status == MLAB_OK || status == MLAB_ERR_FIT_DRAWS, "%d", (int)status);
        ck_assert_int_gt(k, 30);
        mlab_fit_free(fit);
    }
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("times_bootstrap", the_time_at_a_hazard_has_that_hazard, who_had_the_event_is_censored_as_the_others_are_but_not_before,
               rows_of_a_person_are_drawn_as_one_time, drawn_times_spread_the_estimates_as_their_errors_say,
               survival_of_drawn_cox_fits_spreads_as_its_errors_say, frailties_are_drawn_anew_and_their_spread_is_refitted,
               rows_after_an_event_and_rows_of_several_people_are_drawn_as_they_are, threads_do_not_change_a_byte,
               predictions_by_draws_take_the_draws_that_are_stated, a_subdistribution_has_no_parametric_draws_and_says_why, any_allocation_may_fail)
