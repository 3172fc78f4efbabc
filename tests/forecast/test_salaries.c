/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Salaries out of the data: seven people, two of them in grade b.
 *
 *     salary  1000  2000  3000  4000  5000   -    100      a month
 *     cur     EUR   EUR   USD   EUR   USD   EUR   EUR      1 USD = 0.5 EUR
 *     fte     1     0.5   1     1     -     1     1
 *     grade   a     a     a     b     b     c     -
 *     EUR     12000 12000 18000 48000 30000 -     1200     a year
 */
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
    mlab_data data;
} world;

enum { N = 7 };

static mlab_status add(mlab_table *t, const char *name, mlab_column_type type, const char *const *levels, int32_t n_levels, const double *values,
                       mlab_error *err)
{
    mlab_column *column = NULL;
    mlab_status status = mlab_table_add(t, name, type, levels, n_levels, &column, err);
    for (size_t i = 0; i < N && !status; i++) {
        if (values[i] < 0)
            status = mlab_column_set_missing(t, column, i, err);
        else if (type == MLAB_COLUMN_REAL)
            column->as.real[i] = values[i];
        else
            column->as.integer[i] = (int32_t)values[i];
    }
    return status;
}

static mlab_status make_people(world *w, mlab_error *err)
{
    static const char *const currencies[] = {"EUR", "USD"}, *const grades[] = {"a", "b", "c"};
    static const double salary[N] = {1000, 2000, 3000, 4000, 5000, -1, 100}, currency[N] = {0, 0, 1, 0, 1, 0, 0}, fte[N] = {1, 0.5, 1, 1, -1, 1, 1},
                        grade[N] = {0, 0, 0, 1, 1, 2, -1};
    w->data = (mlab_data){.context = &w->context};
    mlab_status status = mlab_table_make(&w->context, N, &w->data.people, err);
    if (!status) status = add(w->data.people, "pay", MLAB_COLUMN_REAL, NULL, 0, salary, err);
    if (!status) status = add(w->data.people, "cur", MLAB_COLUMN_FACTOR, currencies, 2, currency, err);
    if (!status) status = add(w->data.people, "fte", MLAB_COLUMN_REAL, NULL, 0, fte, err);
    return status ? status : add(w->data.people, "grade", MLAB_COLUMN_FACTOR, grades, 3, grade, err);
}

static mlab_status read_salary(world *w, const char *salary, mlab_error *err)
{
    const mlab_option *const tables[] = {mlab_forecast_option_rows};
    const size_t rows[] = {mlab_forecast_n_option_rows};
    char text[500];
    snprintf(text, sizeof text, "forecast:\n  salary: %s\n", salary);
    w->context = mlab_test_context(&w->memory, 1);
    mlab_findings_start(&w->findings, &w->context);
    mlab_status status = mlab_settings_parse(&w->context, "study.yaml", text, strlen(text), tables, rows, 1, &w->findings, &w->settings, err);
    if (!status) status = mlab_forecast_spec_read(&w->context, w->settings, &w->findings, &w->spec, err);
    if (!status) status = make_people(w, err);
    return status ? status : mlab_forecast_salaries_of(&w->context, &w->data, &w->findings, &w->spec, err);
}

static void finish(world *w)
{
    mlab_table_free(w->data.people);
    mlab_forecast_spec_free(&w->context, &w->spec);
    mlab_settings_free(w->settings);
    mlab_findings_free(&w->findings);
    ck_assert_int_eq(w->memory.live, 0);
}

static double salary_of(const world *w, const char *group)
{
    for (size_t i = 0; i < w->spec.n_salaries; i++)
        if (!strcmp(w->spec.salary_groups[i], group)) return w->spec.salary[i];
    return -1;
}

START_TEST(means_by_group_are_a_year_in_one_currency_and_by_share_of_a_post)
{
    world w = {0};
    ck_assert_int_eq(read_salary(&w, "{from: pay, per: month, currency: {column: cur, rates: {EUR: 1, USD: 0.5}}}", NULL), MLAB_OK);
    ck_assert_uint_eq(w.spec.n_salaries, 3);
    ck_assert_double_eq(salary_of(&w, "a"), 14000);
    ck_assert_double_eq(salary_of(&w, "b"), 39000);
    ck_assert_double_eq(salary_of(&w, ""), 121200.0 / 6);
    ck_assert_uint_eq(w.findings.n, 2);
    ck_assert_str_eq(w.findings.items[0].kind, "missing_salary");
    ck_assert_str_eq(w.findings.items[1].kind, "scaled_salary");
    finish(&w);
    w = (world){0};
    ck_assert_int_eq(read_salary(&w, "{from: pay, per: hour, hours_per_year: 10, fte: no, by: cur}", NULL), MLAB_OK);
    ck_assert_double_eq(salary_of(&w, "EUR"), 10 * 7100.0 / 4);
    ck_assert_double_eq(salary_of(&w, "USD"), 10 * 4000.0);
    finish(&w);
    w = (world){0};
    ck_assert_int_eq(read_salary(&w, "{from: pay, per: hour, fte: no}", NULL), MLAB_OK);
    ck_assert_double_eq(salary_of(&w, "b"), 1720 * 4500.0);
    finish(&w);
    w = (world){0};
    ck_assert_int_eq(read_salary(&w, "{average: 5000, per: month}", NULL), MLAB_OK);
    ck_assert_double_eq(salary_of(&w, ""), 60000);
    finish(&w);
}
END_TEST

START_TEST(what_is_wrong_with_salaries_is_found)
{
    static const struct {
        const char *salary, *kind, *says;
    } cases[] = {
        {"{from: pay, currency: {column: cur, rates: {EUR: 1}}}", "no_rate", "2 people are paid in 'USD', which has no rate"},
        {"{from: wage}", "unknown_column", "column 'wage' is not there"},
        {"{from: cur}", "bad_salary", "does not hold numbers"},
        {"{from: pay, fte: cur}", "bad_fte", "does not hold numbers"},
        {"{from: pay, fte: pay}", "bad_fte", "are not between 0 and 2"},
        {"{from: pay, per: week}", "bad_value", "per must be year, month or hour"},
        {"{from: pay, hours_per_year: 1800}", "bad_value", "is for salaries per: hour"},
        {"{from: pay, per: hour, hours_per_year: -3}", "bad_value", "hours_per_year must be"},
        {"{from: pay, pre: month}", "unknown_key", "unknown key 'pre' in forecast.salary; did you mean 'per'?"},
        {"{from: pay, currency: USD}", "missing_key", "currency needs its column and rates"},
        {"{from: pay, currency: {column: cur, rates: {EUR: 1, USD: none}}}", "bad_value", "a rate must be a number above 0"},
        {"{from: pay, currency: {column: cur, rates: {EUR: 1, USD: 1}, of: 3}}", "unknown_key", "unknown key 'of'"},
        {"{from: pay, by: team}", "unknown_column", "column 'team' is not there"},
        {"{average: none}", "bad_value", "a salary must be a number above 0"},
        {"{average: 1, from: pay}", "unknown_key", "unknown key 'from'"},
        {"{from: []}", "bad_value", "from must be the name of the column"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world w = {0};
        ck_assert_int_eq(read_salary(&w, cases[i].salary, NULL), MLAB_OK);
        ck_assert_msg(w.findings.n > 0, "%s: no finding", cases[i].salary);
        ck_assert_str_eq(w.findings.items[0].kind, cases[i].kind);
        ck_assert_msg(strstr(w.findings.items[0].sentence, cases[i].says), "%s: %s", cases[i].salary, w.findings.items[0].sentence);
        ck_assert_int_eq(w.findings.items[0].severity, MLAB_SEVERITY_STOP);
        ck_assert_uint_eq(w.findings.items[0].occurrences[0].place.line, 2);
        finish(&w);
    }
}
END_TEST

START_TEST(every_failed_allocation_of_salaries_is_reported_and_nothing_leaks)
{
    for (long k = 1;; k++) {
        world w = {.memory = {.fail_at = k}};
        mlab_error err;
        mlab_status status = read_salary(&w, "{from: pay, per: month, currency: {column: cur, rates: {EUR: 1, USD: 0.5}}}", &err);
        bool failed = w.memory.calls >= k;
        ck_assert_int_eq(status, failed ? MLAB_ERR_MEMORY : MLAB_OK);
        finish(&w);
        if (!failed) break;
    }
}
END_TEST

MLAB_TEST_MAIN("salaries", means_by_group_are_a_year_in_one_currency_and_by_share_of_a_post, what_is_wrong_with_salaries_is_found,
               every_failed_allocation_of_salaries_is_reported_and_nothing_leaks)
