/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/number.h"
#include "core/options.h"
#include "core/words.h"
#include "support/options.h"
#include "support/support.h"

#include <math.h>
#include <string.h>

typedef struct settings {
    bool fold;
    int64_t draws;
    double rate, horizon, free_number;
    const char *title;
    int policy;
    mlab_date as_of;
} settings;

#define AT(field) offsetof(settings, field)
static const mlab_option rows[] = {
    {"fold", "fold", NULL, MLAB_OPTION_FLAG, AT(fold), "yes", 0, 0, NULL, "", "fold cases", MLAB_OPTION_DECIDES},
    {"draws", "draws", NULL, MLAB_OPTION_INTEGER, AT(draws), "500", 1, 1e6, NULL, "", "how many draws", MLAB_OPTION_DECIDES},
    {"rate", NULL, NULL, MLAB_OPTION_NUMBER, AT(rate), "0.05", 0, 1, NULL, "a year", "discount rate", 0},
    {"horizon", NULL, NULL, MLAB_OPTION_DURATION, AT(horizon), "18 months", 1, INFINITY, NULL, "days", "how far to look", 0},
    {"free", NULL, NULL, MLAB_OPTION_NUMBER, AT(free_number), NULL, 0, 0, NULL, "", "any number", 0},
    {"title", NULL, NULL, MLAB_OPTION_TEXT, AT(title), NULL, 0, 0, NULL, "", "the title", 0},
    {"policy", "policy", "match", MLAB_OPTION_CHOICE, AT(policy), "random", 0, 0, "none|random|optimal", "", "matching rule", 0},
    {"as_of", NULL, NULL, MLAB_OPTION_DATE, AT(as_of), NULL, 0, 0, NULL, "", "day of the export", 0},
    {"outcomes.*.formula", NULL, NULL, MLAB_OPTION_TEXT, 9999, NULL, 0, 0, NULL, "", "a formula", 0},
    {"by", NULL, NULL, MLAB_OPTION_LIST, 9999, NULL, 0, 0, NULL, "", "a list", 0},
};
enum { FOLD, DRAWS, RATE, HORIZON, FREE, TITLE, POLICY, AS_OF, FORMULA, BY, N };

START_TEST(the_table_passes_the_tests_that_every_folders_table_passes)
{
    mlab_test_options(rows, N, sizeof(settings));
}
END_TEST

START_TEST(defaults_are_read_as_the_user_would_write_them)
{
    settings s;
    ck_assert_int_eq(mlab_options_default(rows, N, &s, NULL), MLAB_OK);
    ck_assert(s.fold && s.draws == 500 && s.rate == 0.05 && s.horizon == 18 * 30.4375 && isnan(s.free_number));
    ck_assert(s.title == NULL && s.policy == 1 && s.as_of == MLAB_DATE_MISSING);
    ck_assert_int_eq(mlab_options_check(rows, N, &s, NULL), MLAB_OK);
}
END_TEST

START_TEST(good_texts_are_read)
{
    bool flag = false;
    int64_t whole;
    double number;
    int choice;
    mlab_date date;
    const char *text;
    ck_assert(!mlab_option_read(&rows[FOLD], "True", &flag, NULL) && flag);
    ck_assert(!mlab_option_read(&rows[FOLD], "no", &flag, NULL) && !flag);
    ck_assert(!mlab_option_read(&rows[DRAWS], "1000000", &whole, NULL) && whole == 1000000);
    ck_assert(!mlab_option_read(&rows[RATE], "1", &number, NULL) && number == 1);
    ck_assert(!mlab_option_read(&rows[FREE], "-1e300", &number, NULL) && number == -1e300);
    ck_assert(!mlab_option_read(&rows[TITLE], "yes", &text, NULL) && strcmp(text, "yes") == 0);
    ck_assert(!mlab_option_read(&rows[POLICY], "optimal", &choice, NULL) && choice == 2);
    ck_assert(!mlab_option_read(&rows[AS_OF], "2024-12-31", &date, NULL) && date == 20088);
    static const struct {
        const char *text;
        double days;
    } times[] = {{"90 days", 90},        {"1 day", 1},       {"2 weeks", 14},        {"18 months", 547.875},
                 {"4 quarters", 365.25}, {"2 years", 730.5}, {"1.5  years", 547.875}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        ck_assert_msg(!mlab_option_read(&rows[HORIZON], times[i].text, &number, NULL), "%s", times[i].text);
        ck_assert(number == times[i].days);
    }
}
END_TEST

START_TEST(bad_texts_are_refused_with_key_found_and_allowed)
{
    static const struct {
        int row;
        const char *text, *sentence;
    } cases[] = {
        {FOLD, "on", "fold: found \"on\", allowed yes or no"},
        {DRAWS, "0", "draws: found \"0\", allowed a whole number, 1 to 1000000"},
        {DRAWS, "1_000", "draws: found \"1_000\", allowed a whole number, 1 to 1000000"},
        {DRAWS, "1e3", "draws: found \"1e3\", allowed a whole number, 1 to 1000000"},
        {DRAWS, "99999999999999999999", "draws: found \"99999999999999999999\", allowed a whole number, 1 to 1000000"},
        {RATE, "5%", "rate: found \"5%\", allowed 0 to 1"},
        {RATE, "1.0000001", "rate: found \"1.0000001\", allowed 0 to 1"},
        {FREE, "nan", "free: found \"nan\", allowed a number"},
        {HORIZON, "18", "horizon: found \"18\", allowed a time like 18 months, 4 quarters or 90 days; in days 1 or more"},
        {HORIZON, "0 days", "horizon: found \"0 days\", allowed a time like 18 months, 4 quarters or 90 days; in days 1 or more"},
        {HORIZON, "3 monthses", "horizon: found \"3 monthses\", allowed a time like 18 months, 4 quarters or 90 days; in days 1 or more"},
        {POLICY, "optimum", "policy: found \"optimum\", allowed none|random|optimal; did you mean \"optimal\"?"},
        {POLICY, "random|optimal", "policy: found \"random|optimal\", allowed none|random|optimal"},
        {POLICY, "", "policy: found \"\", allowed none|random|optimal"},
        {AS_OF, "31.12.2024", "as_of: found \"31.12.2024\", allowed a day like 2024-12-31"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mlab_error err = {.sentence = "none"};
        char value[16] = "untouched";
        ck_assert_int_eq(mlab_option_read(&rows[cases[i].row], cases[i].text, value, &err), MLAB_ERR_OPTION);
        ck_assert_str_eq(err.sentence, cases[i].sentence);
        ck_assert_str_eq(value, "untouched");
    }
    char value[16];
    ck_assert_int_eq(mlab_option_read(&rows[BY], "a", value, NULL), MLAB_ERR_ARGUMENT);
}
END_TEST

START_TEST(a_struct_with_a_bad_field_is_refused)
{
    settings good, s;
    mlab_error err;
    ck_assert_int_eq(mlab_options_default(rows, N, &good, NULL), MLAB_OK);
    s = good, s.policy = 3;
    ck_assert_int_eq(mlab_options_check(rows, N, &s, &err), MLAB_ERR_OPTION);
    s = good, s.policy = -1;
    ck_assert_int_eq(mlab_options_check(rows, N, &s, &err), MLAB_ERR_OPTION);
    s = good, s.rate = NAN;
    ck_assert_int_eq(mlab_options_check(rows, N, &s, &err), MLAB_ERR_OPTION);
    ck_assert_str_eq(err.sentence, "rate: found \"nan\", allowed 0 to 1");
    s = good, s.draws = 0;
    ck_assert_int_eq(mlab_options_check(rows, N, &s, &err), MLAB_ERR_OPTION);
    s = good, s.as_of = 7, s.title = "x", s.free_number = 7;
    ck_assert_int_eq(mlab_options_check(rows, N, &s, &err), MLAB_OK);
}
END_TEST

START_TEST(the_readers_words_are_found_from_both_sides_and_each_is_explained)
{
    size_t n;
    const mlab_word *words = mlab_words(&n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_ptr_eq(mlab_word_find(words[i].term), &words[i]);
        ck_assert_ptr_nonnull(mlab_word_find(words[i].many));
        ck_assert(words[i].tip[strlen(words[i].tip) - 1] == '.');
    }
    ck_assert_str_eq(mlab_word_find("arm")->shown, "group");
    ck_assert_str_eq(mlab_word_find("Matching Rules")->term, "policy");
    ck_assert_str_eq(mlab_word_find("simulated futures")->term, "draw");
    ck_assert_ptr_null(mlab_word_find("nonsense"));
}
END_TEST

MLAB_TEST_MAIN("options", the_table_passes_the_tests_that_every_folders_table_passes, defaults_are_read_as_the_user_would_write_them,
               good_texts_are_read, bad_texts_are_refused_with_key_found_and_allowed, a_struct_with_a_bad_field_is_refused,
               the_readers_words_are_found_from_both_sides_and_each_is_explained)
