/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worlds.h"

#include <math.h>
#include <string.h>

static char eur[] = "EUR", everyone[] = "", first[] = "first", second[] = "second", third[] = "third", source[] = "finance";
static char *salary_groups[] = {everyone};

static mlab_forecast *forecast(const mlab_context *context, const mlab_outcomes *o, mlab_line_spec *lines, size_t n, double rate, double salary)
{
    const mlab_forecast_spec spec = {.currency = eur,
                                     .discount_rate = rate,
                                     .level = 0.9,
                                     .salary_groups = salary_groups,
                                     .salary = &salary,
                                     .n_salaries = 1,
                                     .lines = lines,
                                     .n_lines = n,
                                     .seed = 5};
    mlab_forecast *made = NULL;
    mlab_error err = {0};
    ck_assert_msg(mlab_forecast_make(context, o, &spec, &made, &err) == MLAB_OK, "%s", err.sentence);
    return made;
}

static mlab_spread fixed(double a)
{
    return (mlab_spread){MLAB_SPREAD_FIXED, a, 0, 0};
}

/* --- worked numbers printed in published sources -------------------------------------------------- */

/* 100 people, 26.3 % a year, 50,000, half to twice the salary: about 660,000 to 2.6 million (Gallup). Ten histories of 27 or 26 exits. */
START_TEST(turnover_of_100_people_costs_what_gallup_says)
{
    mlab_context context = mlab_test_context(NULL, 2);
    const double shares[] = {0.5, 2}, costs[] = {657500, 2630000};
    for (int k = 0; k < 2; k++) {
        mlab_outcomes o = test_outcomes(1, 10, 1, 1, 12);
        for (size_t r = 0; r < 10; r++) *test_at(&o, MLAB_METRIC_voluntary_exits, 0, 0, r, 0) = r < 3 ? 27 : 26;
        mlab_line_spec line = {.name = first,
                               .kind = MLAB_LINE_AVOIDED,
                               .benefit = true,
                               .driver = MLAB_PER_VOLUNTARY_EXIT,
                               .amount = fixed(shares[k]),
                               .of_salary = true,
                               .backfill = 1};
        mlab_forecast *f = forecast(&context, &o, &line, 1, 0, 50000);
        ck_near(-f->ledger->amount[0], costs[k], 1e-14, 0);
        ck_near(f->returns[0].net_present_value.mean, costs[k], 1e-14, 0); /* the plan has no exits */
        mlab_forecast_free(f);
        test_outcomes_free(&o);
    }
}
END_TEST

/* 60,000: 6 to 9 months of pay are 30,000 to 45,000 (SHRM); 213 % of 120,000 are 255,600 (CAP). */
START_TEST(replacing_one_person_costs_what_the_sources_say)
{
    mlab_context context = mlab_test_context(NULL, 1);
    const double shares[] = {6.0 / 12, 9.0 / 12, 2.13}, salaries[] = {60000, 60000, 120000}, costs[] = {30000, 45000, 255600};
    for (int k = 0; k < 3; k++) {
        mlab_outcomes o = test_outcomes(1, 1, 1, 1, 12);
        *test_at(&o, MLAB_METRIC_voluntary_exits, 0, 0, 0, 0) = 1;
        mlab_line_spec line = {.name = first,
                               .kind = MLAB_LINE_AVOIDED,
                               .benefit = true,
                               .driver = MLAB_PER_VOLUNTARY_EXIT,
                               .amount = fixed(shares[k]),
                               .of_salary = true,
                               .backfill = 1};
        mlab_forecast *f = forecast(&context, &o, &line, 1, 0, salaries[k]);
        ck_near(-f->ledger->amount[0], costs[k], 1e-14, 0);
        mlab_forecast_free(f);
        test_outcomes_free(&o);
    }
}
END_TEST

/* 20 people at CHF 600 and CHF 35,000 once: about CHF 47,000, 2,350 each (menteez.ch). */
START_TEST(a_program_of_20_people_costs_what_the_vendor_says)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_outcomes o = test_outcomes(1, 1, 1, 1, 12);
    *test_at(&o, MLAB_METRIC_in_program, 1, 0, 0, 0) = 20;
    mlab_line_spec lines[] = {{.name = first, .driver = MLAB_PER_PERSON_YEAR, .amount = fixed(600)},
                              {.name = second, .driver = MLAB_ONCE, .amount = fixed(35000)}};
    mlab_forecast *f = forecast(&context, &o, lines, 2, 0, 1);
    ck_near(f->returns[0].costs, 47000, 1e-14, 0);
    ck_near(f->returns[0].costs / 20, 2350, 1e-14, 0);
    ck_near(f->returns[0].net_present_value.mean, -47000, 1e-14, 0);
    mlab_forecast_free(f);
    test_outcomes_free(&o);
}
END_TEST

/* --- lines --------------------------------------------------------------------------------------- */

/*  half-years        0    1
 *  plan: in program  30   26   people 100 each, exits 10 (1 voluntary of grade 2 in period 1), promotions of grade 1: 4, 2
 *  today: 2 voluntary exits of grade 2 in period 1 */
static mlab_outcomes small_firm(void)
{
    mlab_outcomes o = test_outcomes(1, 1, 2, 2, 6);
    test_at(&o, MLAB_METRIC_in_program, 1, 0, 0, 0)[0] = 30;
    test_at(&o, MLAB_METRIC_in_program, 1, 0, 0, 1)[1] = 26;
    test_at(&o, MLAB_METRIC_promotions, 1, 0, 0, 0)[0] = 4;
    test_at(&o, MLAB_METRIC_promotions, 1, 0, 0, 1)[0] = 2;
    for (size_t t = 0; t < 2; t++) {
        test_at(&o, MLAB_METRIC_person_periods, 1, 0, 0, t)[0] = 100;
        test_at(&o, MLAB_METRIC_involuntary_exits, 1, 0, 0, t)[1] = t ? 9 : 10;
    }
    test_at(&o, MLAB_METRIC_voluntary_exits, 1, 0, 0, 1)[1] = 1;
    test_at(&o, MLAB_METRIC_voluntary_exits, 0, 0, 0, 1)[1] = 2;
    return o;
}

static void expect_line(mlab_line_spec line, double in_first, double in_second)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_outcomes o = small_firm();
    line.name = first;
    mlab_forecast *f = forecast(&context, &o, &line, 1, 0, 40000);
    ck_near(f->ledger->difference[2], in_first, 1e-14, 1e-9);
    ck_near(f->ledger->difference[3], in_second, 1e-14, 1e-9);
    ck_assert_double_eq(f->ledger->difference[0], 0);
    mlab_forecast_free(f);
    test_outcomes_free(&o);
}

START_TEST(every_driver_counts_what_it_says)
{
    expect_line((mlab_line_spec){.driver = MLAB_PER_PAIR_PERIOD, .kind = MLAB_LINE_TIME, .amount = fixed(2), .hourly = 75}, -30 * 6 * 2 * 75,
                -26 * 6 * 2 * 75);
    expect_line((mlab_line_spec){.driver = MLAB_PER_PERSON_YEAR, .amount = fixed(60)}, -30 * 60 / 2.0, -26 * 60 / 2.0);
    /* a quarter post for each 25 mentees begun: two of them */
    expect_line((mlab_line_spec){.driver = MLAB_PER_MENTEES, .amount = fixed(0.25), .per = 25, .salary = 70000}, -2 * 0.25 * 70000 / 2,
                -2 * 0.25 * 70000 / 2);
    expect_line((mlab_line_spec){.driver = MLAB_PER_YEAR, .amount = fixed(1000)}, -500, -500);
    expect_line((mlab_line_spec){.driver = MLAB_ONCE, .amount = fixed(1000)}, -1000, 0);
    expect_line((mlab_line_spec){.driver = MLAB_PER_PROMOTION, .amount = fixed(0.1), .of_salary = true, .benefit = true}, 4 * 4000, 2 * 4000);
    expect_line((mlab_line_spec){.driver = MLAB_PER_PROMOTION, .amount = fixed(500)}, -2000, -1000);
    /* one exit fewer, 80 % of the posts are filled again */
    expect_line((mlab_line_spec){.driver = MLAB_PER_VOLUNTARY_EXIT, .amount = fixed(0.5), .of_salary = true, .benefit = true, .backfill = 0.8}, 0,
                0.8 * 20000);
}
END_TEST

START_TEST(a_raise_is_paid_from_the_promotion_on_to_those_still_there)
{
    /* Half a year, 8 % of 40,000 = 3,200 a year. Period 0: 4 for half of it on average: 0.5 * 2 = 1 person-year. 10 of 100 leave in
     * period 1: 3.8 of the 4 on average, and 2 fresh for half: 0.5 * (3.8 + 1) = 2.4 */
    expect_line((mlab_line_spec){.driver = MLAB_PER_PROMOTION, .amount = fixed(0.08), .of_salary = true, .lasting = true}, -3200, -3200 * 2.4);
}
END_TEST

START_TEST(salaries_are_those_of_the_groups)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_outcomes o = test_outcomes(1, 1, 1, 2, 12);
    test_at(&o, MLAB_METRIC_voluntary_exits, 0, 0, 0, 0)[0] = 1;
    test_at(&o, MLAB_METRIC_voluntary_exits, 0, 0, 0, 0)[1] = 1;
    mlab_line_spec line = {.name = first, .driver = MLAB_PER_VOLUNTARY_EXIT, .amount = fixed(1), .of_salary = true, .backfill = 1, .benefit = true};
    char *groups[] = {test_high, everyone};
    double salary[] = {90000, 50000};
    mlab_forecast_spec spec = {
        .currency = eur, .level = 0.9, .salary_groups = groups, .salary = salary, .n_salaries = 2, .lines = &line, .n_lines = 1};
    mlab_forecast *f = NULL;
    mlab_error err = {0};
    ck_assert_int_eq(mlab_forecast_make(&context, &o, &spec, &f, &err), MLAB_OK);
    ck_near(f->returns[0].benefits, 140000, 1e-14, 0);
    mlab_forecast_free(f);
    spec.n_salaries = 1;
    ck_assert_int_eq(mlab_forecast_make(&context, &o, &spec, &f, &err), MLAB_ERR_FORECAST_LINE);
    ck_assert_str_eq(err.sentence, "line 'first' is a share of salary, but group '1' has no salary above 0");
    ck_assert_ptr_null(f);
    test_outcomes_free(&o);
}
END_TEST

/* --- what follows -------------------------------------------------------------------------------- */

/* A year each: cost 1000 once; 0, 600 and 900 saved by 0, 6 and 9 exits fewer at 100. */
START_TEST(present_value_roi_and_payback_are_those_worked_out_by_hand)
{
    mlab_context context = mlab_test_context(NULL, 2);
    mlab_outcomes o = test_outcomes(3, 2, 3, 1, 12);
    for (size_t d = 0; d < 3; d++)
        for (size_t r = 0; r < 2; r++) {
            *test_at(&o, MLAB_METRIC_voluntary_exits, 0, d, r, 1) = 6;
            *test_at(&o, MLAB_METRIC_voluntary_exits, 0, d, r, 2) = 9;
            *test_at(&o, MLAB_METRIC_in_program, 1, d, r, 1) = 1;
        }
    mlab_line_spec lines[] = {{.name = first, .kind = MLAB_LINE_CASH, .driver = MLAB_ONCE, .amount = fixed(700)},
                              {.name = second, .kind = MLAB_LINE_TIME, .driver = MLAB_ONCE, .amount = fixed(300)},
                              {.name = third,
                               .kind = MLAB_LINE_AVOIDED,
                               .driver = MLAB_PER_VOLUNTARY_EXIT,
                               .amount = fixed(100),
                               .benefit = true,
                               .backfill = 1,
                               .source = source}};
    mlab_forecast *f = forecast(&context, &o, lines, 3, 0.05, 1);
    const mlab_return *r = &f->returns[0];
    const double benefits = 600 * pow(1.05, -1.5) + 900 * pow(1.05, -2.5);
    ck_near(r->benefits, benefits, 1e-13, 0);
    ck_near(r->costs, 1000, 1e-13, 0);
    ck_near(r->net_present_value.mean, benefits - 1000, 1e-12, 0);
    ck_near(r->net_present_value_cash.mean, -700, 1e-13, 0);
    ck_near(r->net_present_value_without_time.mean, benefits - 700, 1e-12, 0);
    ck_assert(r->roi_defined);
    ck_near(r->roi, (benefits - 1000) / 1000, 1e-12, 0);
    ck_assert_double_eq(r->payback_months, 36);
    ck_assert_double_eq(r->probability_positive, 1);
    ck_assert_double_gt(r->probability_se, 0); /* three draws that agree do not make it sure */
    ck_near(r->net_present_value.monte_carlo_se, 0, 0, 1e-9);
    ck_assert_str_eq(f->largest_unknown, "");
    ck_assert_double_eq(f->value_of_knowing, 0);
    ck_assert_str_eq(f->caveats, "Everything is counted against the plan 'today' in the same futures.\n"
                                 "Working hours count as money; without them 'plan' would return 654 EUR.\n");
    mlab_forecast_free(f);
    test_outcomes_free(&o);
}
END_TEST

START_TEST(money_at_the_end_of_a_period_is_worth_less_than_in_its_middle)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_outcomes o = test_outcomes(1, 1, 1, 1, 3);
    *test_at(&o, MLAB_METRIC_in_program, 1, 0, 0, 0) = 4;
    mlab_line_spec line = {.name = first, .driver = MLAB_PER_PERSON_YEAR, .amount = fixed(100)};
    for (int timing = MLAB_TIMING_MID; timing <= MLAB_TIMING_END; timing++) {
        const mlab_forecast_spec spec = {.currency = eur, .discount_rate = 0.1, .timing = timing, .level = 0.9, .lines = &line, .n_lines = 1};
        mlab_forecast *f = NULL;
        ck_assert_int_eq(mlab_forecast_make(&context, &o, &spec, &f, NULL), MLAB_OK);
        ck_near(f->returns[0].costs, 100 * pow(1.1, timing == MLAB_TIMING_END ? -0.25 : -0.125), 1e-14, 0);
        mlab_forecast_free(f);
    }
    test_outcomes_free(&o);
}
END_TEST

START_TEST(what_happens_in_both_scenarios_is_no_benefit)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_outcomes o = test_outcomes(2, 2, 4, 1, 3);
    for (size_t k = 0; k < MLAB_N_METRICS; k++)
        for (size_t i = 0; i < 2 * 2 * 2 * 4; i++) o.value[k][i] = (float)((i % 16) + k); /* the same in both */
    mlab_line_spec lines[] = {{.name = first, .driver = MLAB_PER_VOLUNTARY_EXIT, .amount = fixed(9), .benefit = true, .backfill = 1},
                              {.name = second, .driver = MLAB_PER_PROMOTION, .amount = fixed(9), .benefit = true},
                              {.name = third, .driver = MLAB_PER_PERSON_YEAR, .amount = fixed(3)}};
    mlab_forecast *f = forecast(&context, &o, lines, 3, 0.05, 1);
    ck_assert_double_eq(f->returns[0].net_present_value.mean, 0);
    ck_assert_double_eq(f->returns[0].benefits, 0);
    ck_assert(!f->returns[0].roi_defined);
    ck_assert_double_eq(f->returns[0].probability_positive, 0);
    mlab_forecast_free(f);
    test_outcomes_free(&o);
}
END_TEST

START_TEST(two_benefits_of_the_same_exits_are_warned_of)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_outcomes o = small_firm();
    mlab_line_spec lines[] = {
        {.name = first, .driver = MLAB_PER_VOLUNTARY_EXIT, .amount = fixed(9), .benefit = true, .backfill = 1, .source = source},
        {.name = second, .driver = MLAB_PER_VOLUNTARY_EXIT, .amount = fixed(3), .benefit = true, .backfill = 1}};
    mlab_forecast *f = forecast(&context, &o, lines, 2, 0, 1);
    ck_assert_ptr_nonnull(strstr(f->caveats, "'first' and 'second' both count exits"));
    ck_assert_ptr_nonnull(strstr(f->caveats, "No source is given for the benefit 'second'."));
    ck_assert_ptr_null(strstr(f->caveats, "benefit 'first'"));
    mlab_forecast_free(f);
    test_outcomes_free(&o);
}
END_TEST

START_TEST(plans_that_differ_only_in_who_is_paired_are_said_to_return_the_same)
{
    static char other[] = "other", effect[] = "score_effect", stated[] = "stated";
    static char *three[] = {test_today, test_plan, other};
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_assumption assumption = {.name = effect, .value = 0, .source = stated};
    mlab_line_spec lines[] = {{.name = first, .driver = MLAB_PER_PROMOTION, .amount = fixed(3)}};
    mlab_outcomes o = test_outcomes(4, 2, 2, 2, 12); /* 2 x 4 x ... holds 3 x 2 x ... */
    o.n_scenarios = 3;
    o.n_draws = 2;
    o.scenarios = three;
    o.assumptions = &assumption;
    o.n_assumptions = 1;
    for (int k = 0; k < 2; k++) {
        assumption.value = k;
        mlab_forecast *f = forecast(&context, &o, lines, 1, 0, 1);
        ck_assert_int_eq(strstr(f->caveats, "differ only in the matching rule") != NULL, k == 0);
        mlab_forecast_free(f);
    }
    test_outcomes_free(&o);
}
END_TEST

/* 1,000 draws: the cost of an exit is uniform on 0 to 2, 10 exits fewer; the program costs 5. NPV = 10 u - 5, u uniform on 0 to 2:
 * mean 5, positive with chance 3/4, worth of knowing = E max(0, NPV) - 5 = 25/80 ... = integral over u < 1/2 of (5 - 10 u) du / 2 = 0.625 */
START_TEST(a_known_spread_gives_its_chance_its_limits_and_the_worth_of_knowing)
{
    enum { D = 1000 };
    mlab_context context = mlab_test_context(NULL, 2);
    mlab_outcomes o = test_outcomes(D, 1, 1, 1, 12);
    for (size_t d = 0; d < D; d++) {
        *test_at(&o, MLAB_METRIC_voluntary_exits, 0, d, 0, 0) = 10;
        *test_at(&o, MLAB_METRIC_in_program, 1, d, 0, 0) = 1;
    }
    mlab_line_spec lines[] = {
        {.name = first, .driver = MLAB_ONCE, .amount = fixed(5)},
        {.name = second, .driver = MLAB_PER_VOLUNTARY_EXIT, .amount = {MLAB_SPREAD_UNIFORM, 0, 2, 0}, .benefit = true, .backfill = 1}};
    mlab_forecast *f = forecast(&context, &o, lines, 2, 0, 1);
    const mlab_return *r = &f->returns[0];
    /* 4 standard errors: mean 10 / sqrt(3 * 1000) = 0.18, chance 0.0137, quantiles about 0.14, worth 0.05; false alarm 6e-5 each */
    ck_near(r->net_present_value.mean, 5, 0, 0.73);
    ck_near(r->probability_positive, 0.75, 0, 0.055);
    ck_near(r->probability_se, 0.0137, 0.05, 0);
    ck_near(r->net_present_value.lower, -4, 0, 0.56);
    ck_near(r->net_present_value.upper, 14, 0, 0.56);
    ck_near(f->value_of_knowing, 0.625, 0, 0.2);
    ck_assert_str_eq(f->largest_unknown, "what an exit costs (second)");
    ck_near(f->largest_share, 1, 0, 1e-9);
    mlab_forecast_free(f);
    test_outcomes_free(&o);
}
END_TEST

START_TEST(spreads_have_the_quantiles_they_are_stated_by)
{
    enum { D = 4000 };
    mlab_context context = mlab_test_context(NULL, 2);
    mlab_outcomes o = test_outcomes(D, 1, 1, 1, 12);
    for (size_t d = 0; d < D; d++) *test_at(&o, MLAB_METRIC_voluntary_exits, 0, d, 0, 0) = 1;
    const mlab_spread spreads[] = {{MLAB_SPREAD_LOGNORMAL, 0.21, 0.9, 0}, {MLAB_SPREAD_TRIANGULAR, 1, 2, 4}};
    /* 5th and 95th percentile: 0.21^2 / 0.9 and 0.9; 1 + sqrt(0.05 * 3 * 1) and 4 - sqrt(0.05 * 3 * 2) */
    const double lower[] = {0.049, 1 + sqrt(0.15)}, upper[] = {0.9, 4 - sqrt(0.3)};
    for (int k = 0; k < 2; k++) {
        mlab_line_spec line = {.name = first, .driver = MLAB_PER_VOLUNTARY_EXIT, .amount = spreads[k], .benefit = true, .backfill = 1};
        mlab_forecast *f = forecast(&context, &o, &line, 1, 0, 1);
        ck_near(f->returns[0].net_present_value.lower, lower[k], 0.12, 0); /* 4 standard errors of these quantiles are below 10 % */
        ck_near(f->returns[0].net_present_value.upper, upper[k], 0.12, 0);
        mlab_forecast_free(f);
    }
    test_outcomes_free(&o);
}
END_TEST

START_TEST(the_same_bytes_for_any_threads_and_a_line_keeps_its_numbers_when_others_come)
{
    mlab_outcomes o = test_outcomes(50, 2, 4, 2, 3);
    for (size_t k = 0; k < MLAB_N_METRICS; k++)
        for (size_t i = 0; i < 2 * 50 * 2 * 4 * 2; i++) o.value[k][i] = (float)((i * 7 + k) % 11);
    mlab_line_spec lines[] = {
        {.name = first, .driver = MLAB_PER_VOLUNTARY_EXIT, .amount = {MLAB_SPREAD_UNIFORM, 1, 2, 0}, .benefit = true, .backfill = 1},
        {.name = second, .driver = MLAB_PER_PERSON_YEAR, .amount = {MLAB_SPREAD_TRIANGULAR, 1, 2, 4}}};
    mlab_line_spec turned[] = {lines[1], lines[0]};
    mlab_context one = mlab_test_context(NULL, 1), seven = mlab_test_context(NULL, 7);
    mlab_forecast *a = forecast(&one, &o, lines, 2, 0.05, 1), *b = forecast(&seven, &o, lines, 2, 0.05, 1),
                  *c = forecast(&one, &o, turned, 2, 0.05, 1);
    const size_t n = 2 * 50 * 4;
    ck_assert_mem_eq(a->ledger->difference, b->ledger->difference, n * 2 * sizeof(double));
    ck_assert_mem_eq(&a->returns[0].net_present_value, &b->returns[0].net_present_value, sizeof a->returns[0].net_present_value);
    for (size_t i = 0; i < n; i++) ck_assert_double_eq(a->ledger->amount[2 * i], c->ledger->amount[2 * i + 1]);
    mlab_forecast_free(a);
    mlab_forecast_free(b);
    mlab_forecast_free(c);
    test_outcomes_free(&o);
}
END_TEST

static void refuse(mlab_line_spec line, const char *sentence)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_outcomes o = test_outcomes(1, 1, 1, 1, 12);
    line.name = first;
    const mlab_forecast_spec spec = {.currency = eur, .level = 0.9, .lines = &line, .n_lines = 1};
    mlab_forecast *f = NULL;
    mlab_error err = {0};
    ck_assert_int_eq(mlab_forecast_make(&context, &o, &spec, &f, &err), MLAB_ERR_FORECAST_LINE);
    ck_assert_str_eq(err.sentence, sentence);
    ck_assert_ptr_null(f);
    test_outcomes_free(&o);
}

START_TEST(lines_that_cannot_be_are_refused_by_name)
{
    refuse((mlab_line_spec){.amount = fixed(-1)},
           "line 'first': the amount must be 0 or more; whether it is a cost or a benefit follows from the line");
    refuse((mlab_line_spec){.amount = fixed((double)NAN)}, "line 'first': the amount must be a number");
    refuse((mlab_line_spec){.amount = {MLAB_SPREAD_TRIANGULAR, 1, 5, 4}},
           "line 'first': triangular needs [lowest, likeliest, highest] in this order");
    refuse((mlab_line_spec){.amount = {MLAB_SPREAD_LOGNORMAL, 1, 1, 0}},
           "line 'first': lognormal needs a median above 0 and a 95th percentile above it");
    refuse((mlab_line_spec){.amount = {MLAB_SPREAD_UNIFORM, 2, 1, 0}}, "line 'first': uniform needs [lowest, highest] in this order");
    refuse((mlab_line_spec){.amount = fixed(1), .backfill = 1.1}, "line 'first': backfill must be 0 to 1");
    refuse((mlab_line_spec){.amount = fixed(1), .driver = MLAB_PER_MENTEES, .salary = 5}, "line 'first': per must be above 0 mentees");
    refuse((mlab_line_spec){.amount = fixed(1), .of_salary = true, .driver = MLAB_PER_YEAR},
           "line 'first': share_of_salary needs something that happens to a person: on: promotion, or on: exit");
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_outcomes o = small_firm();
    double salary = 40000;
    mlab_line_spec lines[] = {
        {.name = first, .driver = MLAB_PER_VOLUNTARY_EXIT, .amount = fixed(1), .of_salary = true, .benefit = true, .backfill = 1},
        {.name = second, .kind = MLAB_LINE_TIME, .driver = MLAB_PER_PAIR_PERIOD, .amount = fixed(2), .hourly = 50}};
    const mlab_forecast_spec spec = {.currency = eur,
                                     .discount_rate = 0.05,
                                     .level = 0.9,
                                     .salary_groups = salary_groups,
                                     .salary = &salary,
                                     .n_salaries = 1,
                                     .lines = lines,
                                     .n_lines = 2};
    for (long k = 1;; k++) {
        mlab_test_memory memory = {.fail_at = k};
        mlab_context context = mlab_test_context(&memory, 1);
        mlab_forecast *f = NULL;
        mlab_status status = mlab_forecast_make(&context, &o, &spec, &f, NULL);
        if (status == MLAB_OK) {
            ck_assert_int_gt(k, 15);
            mlab_forecast_free(f);
            ck_assert_int_eq(memory.live, 0);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        ck_assert_ptr_null(f);
        ck_assert_int_eq(memory.live, 0);
    }
    test_outcomes_free(&o);
}
END_TEST

MLAB_TEST_MAIN("forecast", turnover_of_100_people_costs_what_gallup_says, replacing_one_person_costs_what_the_sources_say,
               a_program_of_20_people_costs_what_the_vendor_says, every_driver_counts_what_it_says,
               a_raise_is_paid_from_the_promotion_on_to_those_still_there, salaries_are_those_of_the_groups,
               present_value_roi_and_payback_are_those_worked_out_by_hand, money_at_the_end_of_a_period_is_worth_less_than_in_its_middle,
               what_happens_in_both_scenarios_is_no_benefit, two_benefits_of_the_same_exits_are_warned_of,
               plans_that_differ_only_in_who_is_paired_are_said_to_return_the_same,
               a_known_spread_gives_its_chance_its_limits_and_the_worth_of_knowing, spreads_have_the_quantiles_they_are_stated_by,
               the_same_bytes_for_any_threads_and_a_line_keeps_its_numbers_when_others_come, lines_that_cannot_be_are_refused_by_name,
               every_failed_allocation_is_reported_and_nothing_leaks)
