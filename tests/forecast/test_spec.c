/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "forecast/options.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_findings findings;
    mlab_settings *settings;
    mlab_forecast_spec spec;
} world;

static mlab_status read_text(world *w, const char *file, const char *text)
{
    const mlab_option *const tables[] = {mlab_forecast_option_rows};
    const size_t rows[] = {mlab_forecast_n_option_rows};
    w->context = mlab_test_context(&w->memory, 1);
    mlab_findings_start(&w->findings, &w->context);
    mlab_status status = mlab_settings_parse(&w->context, file, text, strlen(text), tables, rows, 1, &w->findings, &w->settings, NULL);
    return status ? status : mlab_forecast_spec_read(&w->context, w->settings, &w->findings, &w->spec, NULL);
}

static void finish(world *w)
{
    mlab_forecast_spec_free(&w->context, &w->spec);
    mlab_settings_free(w->settings);
    mlab_findings_free(&w->findings);
    ck_assert_int_eq(w->memory.live, 0);
}

static const char whole[] =
    "forecast:\n"
    "  currency: CHF\n"
    "  discount_rate: 0.05\n"
    "  salary: {by: grade, file: bands.csv}\n"
    "  costs:\n"
    "    coordinator:  {kind: cash, per: 25 mentees, fte: 0.25, salary: 70000}\n"
    "    mentor_time:  {kind: time, hours_per_month: {triangular: [1, 2, 4]}, hourly: 75}\n"
    "    mentee_time:  {kind: time, hours_per_month: 2, hourly: 45}\n"
    "    software:     {kind: cash, per: person year, amount: 60}\n"
    "    raises:       {kind: cash, on: promotion, share_of_salary: 0.08}\n"
    "  benefits:\n"
    "    avoided_exit: {kind: avoided, share_of_salary: {lognormal: {median: 0.21, p95: 0.9}}, backfill: 0.8, source: \"Boushey & Glynn 2012\", "
    "owner: HR finance}\n"
    "    internal_promotion: {kind: avoided, against: external_hire, share_of_salary: 0.10}\n";

static void write_bands(const char *folder, const char *text)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/bands.csv", folder);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(the_block_of_the_handbook_reads_as_written)
{
    world w = {0};
    char study[4200];
    const char *folder = mlab_test_folder("forecast");
    write_bands(folder, "grade,salary\n1,40000\n2,55000.5\n");
    snprintf(study, sizeof study, "%s/study.yaml", folder);
    ck_assert_int_eq(read_text(&w, study, whole), MLAB_OK);
    ck_assert_msg(w.findings.n == 0, "%s", w.findings.n ? w.findings.items[0].sentence : "");
    const mlab_forecast_spec *s = &w.spec;
    ck_assert_str_eq(s->currency, "CHF");
    ck_assert_double_eq(s->discount_rate, 0.05);
    ck_assert_int_eq(s->timing, MLAB_TIMING_MID);
    ck_assert_uint_eq(s->n_salaries, 2);
    ck_assert_str_eq(s->salary_groups[1], "2");
    ck_assert_double_eq(s->salary[1], 55000.5);
    ck_assert_uint_eq(s->n_lines, 7);
    ck_assert_int_eq(s->lines[0].driver, MLAB_PER_MENTEES);
    ck_assert_double_eq(s->lines[0].per, 25);
    ck_assert_double_eq(s->lines[0].amount.a, 0.25);
    ck_assert_double_eq(s->lines[0].salary, 70000);
    ck_assert_int_eq(s->lines[1].driver, MLAB_PER_PAIR_PERIOD);
    ck_assert_int_eq(s->lines[1].kind, MLAB_LINE_TIME);
    ck_assert_int_eq(s->lines[1].amount.kind, MLAB_SPREAD_TRIANGULAR);
    ck_assert_double_eq(s->lines[1].amount.c, 4);
    ck_assert_double_eq(s->lines[2].hourly, 45);
    ck_assert_int_eq(s->lines[3].driver, MLAB_PER_PERSON_YEAR);
    ck_assert_int_eq(s->lines[4].driver, MLAB_PER_PROMOTION);
    ck_assert(s->lines[4].lasting && s->lines[4].of_salary && !s->lines[4].benefit);
    ck_assert_int_eq(s->lines[5].driver, MLAB_PER_VOLUNTARY_EXIT);
    ck_assert(s->lines[5].benefit && s->lines[5].of_salary);
    ck_assert_double_eq(s->lines[5].backfill, 0.8);
    ck_assert_double_eq(s->lines[5].amount.b, 0.9);
    ck_assert_str_eq(s->lines[5].source, "Boushey & Glynn 2012");
    ck_assert_str_eq(s->lines[5].owner, "HR finance");
    ck_assert_int_eq(s->lines[6].driver, MLAB_PER_PROMOTION);
    ck_assert(s->lines[6].benefit && !s->lines[6].lasting);
    finish(&w);
}
END_TEST

START_TEST(salaries_can_be_one_number_or_a_map)
{
    world w = {0};
    ck_assert_int_eq(read_text(&w, "s.yaml", "forecast: {salary: 50000}\n"), MLAB_OK);
    ck_assert_uint_eq(w.spec.n_salaries, 1);
    ck_assert_str_eq(w.spec.salary_groups[0], "");
    finish(&w);
    w = (world){0};
    ck_assert_int_eq(read_text(&w, "s.yaml", "forecast: {salary: {1: 40000, 2: 50000}}\n"), MLAB_OK);
    ck_assert_uint_eq(w.findings.n, 0);
    ck_assert_uint_eq(w.spec.n_salaries, 2);
    ck_assert_double_eq(w.spec.salary[1], 50000);
    finish(&w);
}
END_TEST

static void expect(const char *text, const char *sentence, unsigned line)
{
    world w = {0};
    ck_assert_int_eq(read_text(&w, "s.yaml", text), MLAB_OK);
    ck_assert_msg(w.findings.n == 1, "%s: %u findings: %s", text, (unsigned)w.findings.n, w.findings.n ? w.findings.items[0].sentence : "");
    ck_assert_str_eq(w.findings.items[0].sentence, sentence);
    ck_assert_uint_eq(w.findings.items[0].occurrences[0].place.line, line);
    finish(&w);
}

#define COSTS "forecast:\n  costs:\n    a: "
START_TEST(what_is_wrong_is_a_stop_with_its_place)
{
    expect("forecast:\n  salary: lots\n", "a salary must be a number above 0", 2);
    expect("forecast:\n  salary: {by: grade, file: none.csv}\n", "the salary file cannot be read", 2);
    expect(COSTS "{kind: cash}\n", "line 'a': a line needs one of: amount, hours_per_month, share_of_salary, fte", 3);
    expect(COSTS "{kind: cash, amount: 5}\n", "line 'a': a line needs per (person year, year, once, 25 mentees) or on (promotion, exit)", 3);
    expect(COSTS "{kind: cash, amount: 5, per: head}\n", "line 'a': per must be person year, year or once", 3);
    expect(COSTS "{kind: cash, amount: -5, per: year}\n",
           "line 'a': the amount must be 0 or more; whether it is a cost or a benefit follows from the line", 3);
    expect(COSTS "{kind: cash, amount: {triangular: [1, 2]}, per: year}\n",
           "line 'a': write a number, {triangular: [lowest, likeliest, highest]}, {lognormal: {median: m, p95: q}} or {uniform: [a, b]}", 3);
    expect(COSTS "{kind: cash, amount: {triangular: [1, 5, 2]}, per: year}\n",
           "line 'a': triangular needs [lowest, likeliest, highest] in this order", 3);
    expect(COSTS "{kind: time, hours_per_month: 2}\n", "line 'a': hours_per_month needs hourly, what an hour costs", 3);
    expect(COSTS "{kind: cash, fte: 0.25, salary: 70000}\n", "line 'a': fte needs per: a number of mentees, for example 25 mentees", 3);
    expect(COSTS "{kind: cash, fte: 0.25, per: 25 mentees}\n", "line 'a': fte needs salary, the yearly cost of a full post", 3);
    expect(COSTS "{kind: cash, amount: 1, per: year}\n  benefits:\n    a: {kind: avoided, amount: 1}\n",
           "line 'a': there is a cost of that name; the names of all lines differ", 5);
    expect(COSTS "{amount: 1, per: year}\n", "missing key 'kind' in forecast.costs.a (money paid, money not spent, or working hours)", 3);
}
END_TEST

/* Bands of a month in two currencies: 12 times, and 0.9 of the forecast's money for a dollar. */
START_TEST(bands_may_be_of_a_month_or_an_hour_and_in_several_currencies)
{
    static const struct {
        const char *salary, *bands;
        double first, second;
        const char *says;
        uint64_t line;
    } cases[] = {
        {"{by: grade, file: bands.csv, per: month}", "grade,salary\n1,1000\n2,2000.5\n", 12000, 24006, NULL, 0},
        {"{by: grade, file: bands.csv, per: hour, hours_per_year: 1000}", "grade,salary\n1,10\n2,20\n", 10000, 20000, NULL, 0},
        {"{by: grade, file: bands.csv, per: hour}", "grade,salary\n1,10\n2,20\n", 17200, 34400, NULL, 0},
        {"{by: Band, file: bands.csv, column: Midpoint, per: month, currency: {column: Cur, rates: {CHF: 1, USD: 0.9}}}",
         "Band,Midpoint,Cur\n1,1000,USD\n2,2000,CHF\n", 10800, 24000, NULL, 0},
        {"{by: grade, file: bands.csv, currency: {column: cur, rates: {CHF: 1}}}", "grade,salary,cur\n1,1,CHF\n2,2,EUR\n", 0, 0,
         "a salary in 'EUR', which has no rate", 3},
        {"{by: grade, file: bands.csv, currency: {column: cur, rates: {CHF: 1}}}", "grade,salary\n1,1\n", 0, 0,
         "has no column 'cur', needed: 'grade' and 'salary' and 'cur'", 2},
        {"{by: grade, file: bands.csv, currency: USD}", "grade,salary\n1,1\n", 0, 0, "currency needs its column and rates", 2},
        {"{by: grade, file: bands.csv, per: week}", "grade,salary\n1,1\n", 0, 0, "per must be year, month or hour", 2},
        {"{by: grade, file: bands.csv, pre: month}", "grade,salary\n1,1\n", 0, 0, "unknown key 'pre' in forecast.salary; did you mean 'per'?", 2},
        {"{by: grade, file: bands.csv}", "grade,salary\n1,1\n1,2\n", 0, 0, "the salary file has a group twice", 3},
        {"{by: grade, file: bands.csv}", "grade,salary\n1,1\n2,-2\n", 0, 0, "a salary must be a number above 0", 3},
    };
    char study[4200], text[600];
    const char *folder = mlab_test_folder("forecast");
    snprintf(study, sizeof study, "%s/study.yaml", folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world w = {0};
        write_bands(folder, cases[i].bands);
        snprintf(text, sizeof text, "forecast: {currency: CHF,\n  salary: %s}\n", cases[i].salary);
        ck_assert_int_eq(read_text(&w, study, text), MLAB_OK);
        if (cases[i].says) {
            ck_assert_msg(w.findings.n == 1 && strstr(w.findings.items[0].sentence, cases[i].says), "%zu: %s", i,
                          w.findings.n ? w.findings.items[0].sentence : "");
            ck_assert_uint_eq(w.findings.items[0].occurrences[0].place.line, cases[i].line);
        } else {
            ck_assert_msg(w.findings.n == 0, "%s", w.findings.n ? w.findings.items[0].sentence : "");
            ck_assert_uint_eq(w.spec.n_salaries, 2);
            ck_assert_double_eq_tol(w.spec.salary[0], cases[i].first, 1e-9);
            ck_assert_double_eq_tol(w.spec.salary[1], cases[i].second, 1e-9);
        }
        finish(&w);
    }
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    char study[4200];
    const char *folder = mlab_test_folder("forecast");
    write_bands(folder, "grade,salary\n1,40000\n");
    snprintf(study, sizeof study, "%s/study.yaml", folder);
    for (long k = 1;; k++) {
        world w = {.memory = {.fail_at = k}};
        mlab_status status = read_text(&w, study, whole);
        if (status) ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        finish(&w);
        if (!status) break;
    }
}
END_TEST

MLAB_TEST_MAIN("spec", bands_may_be_of_a_month_or_an_hour_and_in_several_currencies, the_block_of_the_handbook_reads_as_written,
               salaries_can_be_one_number_or_a_map, what_is_wrong_is_a_stop_with_its_place, every_failed_allocation_is_reported_and_nothing_leaks)
