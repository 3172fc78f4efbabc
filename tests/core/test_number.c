/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/number.h"
#include "support/support.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse(const char *text, double *value)
{
    return mlab_number_parse(text, strlen(text), '.', value);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* splitmix64, Steele, Lea & Flood 2014 */
static uint64_t mix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

START_TEST(hard_decimals_are_rounded_to_the_nearest_double_ties_to_even)
{
    static const struct {
        const char *text;
        uint64_t bits;
    } cases[] = {
        {"0", 0},
        {"-0", UINT64_C(0x8000000000000000)},
        {"9007199254740993", UINT64_C(0x4340000000000000)}, /* 2^53 + 1, a tie: down to even */
        {"9007199254740995", UINT64_C(0x4340000000000002)}, /* 2^53 + 3, a tie: up to even */
        {"9007199254740993.00000000000000000000000000000001", UINT64_C(0x4340000000000001)},
        {"2.2250738585072011e-308", UINT64_C(0x000FFFFFFFFFFFFF)}, /* the number that hung PHP and Java */
        {"2.2250738585072014e-308", UINT64_C(0x0010000000000000)},
        {"4.9406564584124654e-324", 1},
        {"2.4703282292062327e-324", 0}, /* just below half of the smallest */
        {"2.4703282292062328e-324", 1},
        {"1.7976931348623157e308", UINT64_C(0x7FEFFFFFFFFFFFFF)},
        {"1.7976931348623158e308", UINT64_C(0x7FEFFFFFFFFFFFFF)},
        {"0.000000000000000000000000000000000000000000000001", UINT64_C(0x35F7624F8A762FD8)},
        {"1e23", UINT64_C(0x44B52D02C7E14AF6)},
        {"8.5e22", UINT64_C(0x44B1FFDBF6B2B2EB)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = 7;
        ck_assert_msg(parse(cases[i].text, &value), "%s", cases[i].text);
        ck_assert_msg(bits_of(value) == cases[i].bits, "%s gives %016llx", cases[i].text, (unsigned long long)bits_of(value));
    }
}
END_TEST

START_TEST(what_is_not_a_decimal_number_is_refused_and_leaves_the_value_alone)
{
    static const char *const bad[] = {"",       " 1",   "1 ",  "+",     "-",     ".",       ".5",  "5.", "1.2.3",
                                      "1,5",    "0x10", "inf", "nan",   "NaN",   "1e",      "1e+", "e5", "1e999",
                                      "-1e999", "1e5x", "--1", "1_000", "1e1.5", "1.8e308", "1\n", "१",  "1e99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double value = 7;
        ck_assert_msg(!parse(bad[i], &value), "\"%s\" was read", bad[i]);
        ck_assert_double_eq(value, 7);
    }
    double value = 7;
    ck_assert(mlab_number_parse("1.5garbage", 3, '.', &value) && value == 1.5);
    ck_assert(mlab_number_parse("-1234,5", 7, ',', &value) && value == -1234.5);
    ck_assert(!mlab_number_parse("1234.5", 6, ',', &value));
    ck_assert(parse("1e-99999999999999999999", &value) && value == 0);
}
END_TEST

/* strtod of the C locale is the oracle; the digits' number decides which of the three ways is taken. */
START_TEST(random_texts_of_1_to_40_digits_read_as_the_c_library_reads_them)
{
    uint64_t state = 20240501;
    for (int i = 0; i < 60000; i++) {
        char text[80];
        size_t n = 0, digits = 1 + mix(&state) % (i % 5 == 0 ? 40 : 19);
        size_t mark = mix(&state) % (digits + 1);
        for (size_t j = 0; j < digits; j++) {
            if (j == mark && j > 0) text[n++] = '.';
            text[n++] = (char)('0' + mix(&state) % 10);
        }
        n += (size_t)snprintf(text + n, sizeof text - n, "e%d", (int)(mix(&state) % (i % 2 ? 50 : 660)) - (i % 2 ? 25 : 345));
        char *end;
        double expected = strtod(text, &end), value = 0;
        bool read = mlab_number_parse(text, n, '.', &value);
        ck_assert_msg(read == isfinite(expected), "%s", text);
        if (read) ck_assert_msg(bits_of(value) == bits_of(expected), "%s read as %a, expected %a", text, value, expected);
    }
}
END_TEST

/* A tie has up to 767 digits: the exact middle of two neighbouring doubles, and its neighbours in the last digit. */
START_TEST(exact_middles_go_to_even_and_a_digit_more_goes_up)
{
    uint64_t state = 3;
    for (int i = 0; i < 300; i++) {
        uint64_t low = mix(&state) % UINT64_C(0x7FE0000000000000);
        double a = double_of(low), b = double_of(low + 1);
        long double middle = ((long double)a + (long double)b) / 2; /* exact: one bit more than a double */
        char text[1500];
        int n = snprintf(text, sizeof text, "%.1200Lf", middle);
        while (n > 0 && text[n - 1] == '0') n--;
        if (text[n - 1] == '.') n--;
        text[n] = '\0';
        double value;
        ck_assert(mlab_number_parse(text, (size_t)n, '.', &value));
        ck_assert_msg(bits_of(value) == low + (low & 1), "%a", a);
        if (strchr(text, '.') && n < 1400) {
            text[n] = '1'; /* after the mark */
            ck_assert(mlab_number_parse(text, (size_t)n + 1, '.', &value));
            ck_assert_msg(bits_of(value) == low + 1, "%a", a);
        }
    }
}
END_TEST

START_TEST(printed_numbers_read_back_as_the_same_double_and_no_text_is_shorter)
{
    uint64_t state = 11;
    for (int i = 0; i < 20000; i++) {
        double value = double_of(mix(&state));
        if (i % 4 == 0) value = (double)(mix(&state) % 100000000) / 1e4;
        if (i % 16 == 1) value = ldexp(1, (int)(mix(&state) % 2098) - 1074);
        if (!isfinite(value)) continue;
        char text[32], shorter[40];
        double back = 0;
        size_t n = mlab_number_print(value, text, sizeof text);
        ck_assert(n == strlen(text) && mlab_number_parse(text, n, '.', &back));
        ck_assert_msg(bits_of(back) == bits_of(value), "%a printed as %s", value, text);
        size_t digits = 0, zeros = 0;
        for (const char *c = text; *c && *c != 'e'; c++) {
            if (*c < '0' || *c > '9' || (digits == 0 && *c == '0')) continue;
            digits++;
            zeros = *c == '0' ? zeros + 1 : 0;
        }
        if (digits - zeros <= 1) continue;
        snprintf(shorter, sizeof shorter, "%.*e", (int)(digits - zeros) - 2, value);
        ck_assert_msg(strtod(shorter, NULL) != value, "%s could be %s", text, shorter);
    }
}
END_TEST

START_TEST(numbers_print_as_a_person_writes_them)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {1e300, "1e+300"},
                 {-0.0, "-0"},
                 {0, "0"},
                 {1, "1"},
                 {-2.5, "-2.5"},
                 {100, "100"},
                 {1e15, "1000000000000000"},
                 {1e17, "1e+17"},
                 {0.0001, "0.0001"},
                 {0.00001, "1e-05"},
                 {5e-324, "5e-324"},
                 {1.0 / 3, "0.3333333333333333"},
                 {2e-44, "2e-44"},
                 {9007199254740993.0, "9007199254740992"},
                 {1.7976931348623157e308, "1.7976931348623157e+308"},
                 {5.684341886080802e-14, "5.684341886080802e-14"},
                 {INFINITY, "inf"},
                 {-INFINITY, "-inf"},
                 {NAN, "nan"},
                 {1e23, "1e+23"},
                 {30.40033257, "30.40033257"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        mlab_number_print(cases[i].value, text, sizeof text);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

START_TEST(numbers_for_people_have_thousands_marks_and_round_what_one_sees)
{
    static const struct {
        double value;
        int decimals;
        const char *text;
    } cases[] = {{1234.5, 1, "1,234.5"},
                 {1234567, 0, "1,234,567"},
                 {0.005, 2, "0.01"},
                 {1.005, 2, "1.01"},
                 {-0.04, 1, "0.0"},
                 {999.96, 1, "1,000.0"},
                 {0, 2, "0.00"},
                 {-1234.56, 1, "-1,234.6"},
                 {0.5, 0, "1"},
                 {12, 3, "12.000"},
                 {1e20, 1, "100000000000000000000"},
                 {0.0001, 2, "0.00"},
                 {99.5, 0, "100"},
                 {123, 0, "123"},
                 {1e-300, 3, "0.000"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        mlab_number_for_people(cases[i].value, cases[i].decimals, text, sizeof text);
        if (cases[i].value == 1e20)
            ck_assert_str_eq(text, "1e+20");
        else
            ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

START_TEST(integers_are_read_to_their_very_ends)
{
    int64_t value = 7;
    ck_assert(mlab_integer_parse("9223372036854775807", 19, &value) && value == INT64_MAX);
    ck_assert(mlab_integer_parse("-9223372036854775808", 20, &value) && value == INT64_MIN);
    ck_assert(mlab_integer_parse("+012", 4, &value) && value == 12);
    ck_assert(mlab_integer_parse("-0", 2, &value) && value == 0);
    value = 7;
    static const char *const bad[] = {"", "-", "9223372036854775808", "-9223372036854775809", "1.0", "1e3", " 1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) ck_assert_msg(!mlab_integer_parse(bad[i], strlen(bad[i]), &value), "%s", bad[i]);
    ck_assert_int_eq(value, 7);
}
END_TEST

START_TEST(a_locale_with_decimal_comma_changes_nothing)
{
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8")) {
        printf("SKIPPED a_locale_with_decimal_comma_changes_nothing: no locale with decimal comma here\n");
        return;
    }
    double value;
    char text[64];
    ck_assert(parse("1234.5678901234567", &value));
    mlab_number_print(0.1, text, sizeof text);
    ck_assert_str_eq(text, "0.1");
    mlab_number_for_people(1234.5, 1, text, sizeof text);
    ck_assert_str_eq(text, "1,234.5");
}
END_TEST

START_TEST(days_count_from_1970_and_come_back_for_400_years_and_the_ends)
{
    ck_assert_int_eq(mlab_date_from_civil(1970, 1, 1), 0);
    ck_assert_int_eq(mlab_date_from_civil(2000, 3, 1), 11017);
    ck_assert_int_eq(mlab_date_from_civil(2024, 12, 31), 20088);
    ck_assert_int_eq(mlab_date_from_civil(0, 1, 1), -719528);
    ck_assert_int_eq(mlab_date_from_civil(9999, 12, 31), 2932896);
    mlab_date before = mlab_date_from_civil(1799, 12, 31);
    for (mlab_date date = before + 1; date < before + 146100; date++) {
        int year, month, day;
        mlab_date_to_civil(date, &year, &month, &day);
        ck_assert_int_eq(mlab_date_from_civil(year, month, day), date);
    }
    int year, month, day;
    mlab_date_to_civil(-719528, &year, &month, &day);
    ck_assert(year == 0 && month == 1 && day == 1);
}
END_TEST

START_TEST(days_that_do_not_exist_are_refused)
{
    ck_assert_int_eq(mlab_date_from_civil(2023, 2, 29), MLAB_DATE_MISSING);
    ck_assert_int_eq(mlab_date_from_civil(1900, 2, 29), MLAB_DATE_MISSING);
    ck_assert_int_ne(mlab_date_from_civil(2000, 2, 29), MLAB_DATE_MISSING);
    ck_assert_int_eq(mlab_date_from_civil(2023, 13, 1), MLAB_DATE_MISSING);
    ck_assert_int_eq(mlab_date_from_civil(10000, 1, 1), MLAB_DATE_MISSING);
    mlab_date date = 7;
    static const char *const bad[] = {"", "2023-02-29", "2023-2-28", "2023/02/28", "20230228", "2023-02-28 ", "+023-02-28", "03/04/2021"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) ck_assert_msg(!mlab_date_parse_iso(bad[i], strlen(bad[i]), &date), "%s", bad[i]);
    ck_assert_int_eq(date, 7);
    char text[16];
    ck_assert(mlab_date_parse_iso("2024-02-29", 10, &date));
    ck_assert_uint_eq(mlab_date_print(date, text, sizeof text), 10);
    ck_assert_str_eq(text, "2024-02-29");
    ck_assert_uint_eq(mlab_date_print(MLAB_DATE_MISSING, text, sizeof text), 0);
}
END_TEST

START_TEST(months_are_added_to_the_last_day_when_there_is_no_such_day)
{
    mlab_date january = mlab_date_from_civil(2023, 1, 31);
    ck_assert_int_eq(mlab_date_add_months(january, 1), mlab_date_from_civil(2023, 2, 28));
    ck_assert_int_eq(mlab_date_add_months(january, 13), mlab_date_from_civil(2024, 2, 29));
    ck_assert_int_eq(mlab_date_add_months(january, -2), mlab_date_from_civil(2022, 11, 30));
    ck_assert_int_eq(mlab_date_add_months(january, 12 * 9000), MLAB_DATE_MISSING);
    ck_assert_int_eq(mlab_date_add_months(MLAB_DATE_MISSING, 3), MLAB_DATE_MISSING);
}
END_TEST

MLAB_TEST_MAIN("number", hard_decimals_are_rounded_to_the_nearest_double_ties_to_even,
               what_is_not_a_decimal_number_is_refused_and_leaves_the_value_alone, random_texts_of_1_to_40_digits_read_as_the_c_library_reads_them,
               exact_middles_go_to_even_and_a_digit_more_goes_up, printed_numbers_read_back_as_the_same_double_and_no_text_is_shorter,
               numbers_print_as_a_person_writes_them, numbers_for_people_have_thousands_marks_and_round_what_one_sees,
               integers_are_read_to_their_very_ends, a_locale_with_decimal_comma_changes_nothing,
               days_count_from_1970_and_come_back_for_400_years_and_the_ends, days_that_do_not_exist_are_refused,
               months_are_added_to_the_last_day_when_there_is_no_such_day)
