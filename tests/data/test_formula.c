/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/error.h"
#include "data/formula.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>

static mlab_context context;

static mlab_formula *parse(const char *text)
{
    mlab_error err = {0};
    mlab_formula *formula;
    context = mlab_test_context(NULL, 1);
    ck_assert_msg(mlab_formula_parse(&context, text, NULL, &formula, &err) == MLAB_OK, "%s: %s", text, err.sentence);
    return formula;
}

/* "x a a:x" in the order of the terms */
static const char *terms_of(const char *text)
{
    static char into[2000];
    mlab_formula *formula = parse(text);
    into[0] = 0;
    if (!formula->intercept) strcat(into, "0 ");
    for (size_t t = 0; t < formula->n_terms; t++) {
        bool first = true;
        for (size_t a = 0; a < formula->n_atoms; a++) {
            if (!mlab_bits_get(&formula->terms[t], a)) continue;
            if (!first) strcat(into, ":");
            strcat(into, formula->atoms[a].label);
            first = false;
        }
        strcat(into, " ");
    }
    mlab_formula_free(formula);
    if (into[0]) into[strlen(into) - 1] = 0;
    return into;
}

START_TEST(terms_are_those_of_r)
{
    static const char *const pairs[][2] = {{"y ~ a*b + a:b", "a b a:b"},
                                           {"y ~ a:b + a", "a a:b"},
                                           {"y ~ b:a + a", "a b:a"},
                                           {"y ~ (a+b+c)^2", "a b c a:b a:c b:c"},
                                           {"y ~ (a+b)^3 - a:b", "a b"},
                                           {"y ~ a/b", "a a:b"},
                                           {"y ~ (a+b)/c", "a b a:b:c"},
                                           {"y ~ a*b - 1", "0 a b a:b"},
                                           {"y ~ 0 + a", "0 a"},
                                           {"y ~ a - 1 + 1", "a"},
                                           {"y ~ -1 + a", "0 a"},
                                           {"y ~ a - 0", "a"},
                                           {"y ~ 1", ""},
                                           {"~ a + a + a:a", "a"},
                                           {"y ~ ns( t,3 ) * arm", "ns(t, 3) arm ns(t, 3):arm"},
                                           {"y ~ poly(x,2,raw)", "poly(x, 2, raw = TRUE)"},
                                           {"y ~ I(x ^ 2)+I(x/ 2)+log( x+1e5 )", "I(x^2) I(x/2) log(x + 1e+05)"},
                                           {"y ~ `Hire Date`:a", "`Hire Date`:a"},
                                           {"y ~ a + (b + (c))", "a b c"},
                                           {"y ~ ns(t, knots = c(1, 2.50, -0.001))", NULL},
                                           {"y ~ a * b * c - a:b:c", "a b c a:b a:c b:c"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i][1]) ck_assert_str_eq(terms_of(pairs[i][0]), pairs[i][1]);
}
END_TEST

START_TEST(numbers_print_as_in_r)
{
    static const struct {
        double value;
        const char *text;
    } pairs[] = {{100000, "1e+05"},    {123456, "123456"}, {0.0001, "1e-04"},
                 {0.1, "0.1"},         {1e-15, "1e-15"},   {1000, "1000"},
                 {0.00012, "0.00012"}, {-2.5, "-2.5"},     {1.0 / 3, "0.333333333333333"},
                 {1e300, "1e+300"},    {0, "0"},           {3, "3"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char text[40];
        mlab_number_as_r(pairs[i].value, text, sizeof text);
        ck_assert_str_eq(text, pairs[i].text);
    }
}
END_TEST

START_TEST(the_response_is_a_column_or_an_event)
{
    mlab_formula *formula = parse("promoted ~ arm");
    ck_assert_int_eq(mlab_formula_response(formula), MLAB_RESPONSE_COLUMN);
    ck_assert_str_eq(mlab_formula_response_name(formula, 0), "promoted");
    ck_assert_ptr_null(mlab_formula_response_name(formula, 1));
    mlab_formula_free(formula);
    formula = parse("event(tenure, left) ~ arm");
    ck_assert_int_eq(mlab_formula_response(formula), MLAB_RESPONSE_EVENT);
    ck_assert_ptr_null(mlab_formula_response_name(formula, 0));
    ck_assert_str_eq(mlab_formula_response_name(formula, 1), "tenure");
    ck_assert_str_eq(mlab_formula_response_name(formula, 2), "left");
    mlab_formula_free(formula);
    formula = parse("event(start, stop, left) ~ arm + strata(site, grade) + cluster(person) + offset(log(days))");
    ck_assert_str_eq(mlab_formula_response_name(formula, 0), "start");
    ck_assert_str_eq(mlab_formula_response_name(formula, 1), "stop");
    const char *const *names;
    ck_assert_uint_eq(mlab_formula_strata(formula, &names), 2);
    ck_assert_str_eq(names[1], "grade");
    ck_assert_str_eq(mlab_formula_cluster(formula), "person");
    ck_assert_uint_eq(mlab_formula_columns(formula, &names), 5);
    ck_assert_str_eq(names[0], "arm");
    ck_assert_str_eq(names[4], "days");
    ck_assert_uint_eq(formula->n_offsets, 1);
    mlab_formula_free(formula);
    formula = parse("~ x");
    ck_assert_int_eq(mlab_formula_response(formula), MLAB_RESPONSE_NONE);
    mlab_formula_free(formula);
}
END_TEST

START_TEST(what_cannot_be_read_is_told_with_its_character)
{
    static const struct {
        const char *text, *part;
        uint32_t column;
        mlab_status status;
    } wrong[] = {
        {"y ~ a +", "the end of the formula where a column", 8, MLAB_ERR_DATA_FORMULA},
        {"y ~ ", "the end of the formula", 5, MLAB_ERR_DATA_FORMULA},
        {"y + a", "there is no \"~\"", 1, MLAB_ERR_DATA_FORMULA},
        {"y ~ a ~ b", "second \"~\"", 7, MLAB_ERR_DATA_FORMULA},
        {"y ~ (a + b", "opened at character 5 should close", 11, MLAB_ERR_DATA_FORMULA},
        {"y ~ a b", "found \"b\" after the end of a term", 7, MLAB_ERR_DATA_FORMULA},
        {"y ~ a + 2", "the number 2 as a term", 9, MLAB_ERR_DATA_FORMULA},
        {"y ~ a^2.5", "whole number from 1 to 20", 6, MLAB_ERR_DATA_FORMULA},
        {"y ~ x^", "the end of the formula", 7, MLAB_ERR_DATA_FORMULA},
        {"y ~ sn(t, 3)", "did you mean \"ns\"", 5, MLAB_ERR_DATA_FORMULA},
        {"y ~ lgo(t)", "did you mean \"log\"", 5, MLAB_ERR_DATA_FORMULA},
        {"y ~ a + bs(t, 3)", "there is no function \"bs\"", 9, MLAB_ERR_DATA_FORMULA},
        {"Surv(t, s) ~ a", "write event(...)", 1, MLAB_ERR_DATA_FORMULA},
        {"y ~ Surv(t, s)", "write event(...)", 5, MLAB_ERR_DATA_FORMULA},
        {"event(t) ~ a", "event(...) has 1 column;", 1, MLAB_ERR_DATA_FORMULA},
        {"event(a, b, c, d) ~ a", "takes columns", 16, MLAB_ERR_DATA_FORMULA},
        {"log(y) ~ a", "neither a column nor event", 1, MLAB_ERR_DATA_FORMULA},
        {"y ~ a + y", "on both sides", 9, MLAB_ERR_DATA_FORMULA},
        {"y ~ a * strata(s)", "is added with \"+\"", 9, MLAB_ERR_DATA_FORMULA},
        {"y ~ a - offset(x)", "is added with \"+\"", 9, MLAB_ERR_DATA_FORMULA},
        {"y ~ cluster(a, b) + cluster(d)", "a third cluster", 29, MLAB_ERR_DATA_FORMULA},
        {"y ~ ns(t, 0)", "df of ns(...) is not a whole number", 11, MLAB_ERR_DATA_FORMULA},
        {"y ~ ns(t, knots = c(3, 2))", "do not ascend", 24, MLAB_ERR_DATA_FORMULA},
        {"y ~ ns(t, knot = 3)", "no such argument", 18, MLAB_ERR_DATA_FORMULA},
        {"y ~ ns()", "names no column", 5, MLAB_ERR_DATA_FORMULA},
        {"y ~ poly(x, 2, row)", "no such argument", 16, MLAB_ERR_DATA_FORMULA},
        {"y ~ poly(x, 99)", "the degree of poly", 13, MLAB_ERR_DATA_FORMULA},
        {"y ~ log(a, 2)", "takes one argument", 5, MLAB_ERR_DATA_FORMULA},
        {"y ~ log(ns(a, 2))", "cannot stand inside arithmetic", 9, MLAB_ERR_DATA_FORMULA},
        {"y ~ I(a > 2)", "not arithmetic", 9, MLAB_ERR_DATA_FORMULA},
        {"y ~ a > 2", "not allowed between terms", 7, MLAB_ERR_DATA_FORMULA},
        {"y ~ .", "name the columns", 5, MLAB_ERR_DATA_FORMULA},
        {"y ~ 'a'", "the text \"a\"", 5, MLAB_ERR_DATA_FORMULA},
        {"y ~ \"a", "never closed", 5, MLAB_ERR_DATA_FORMULA},
        {"y ~ 2nd_wave", "written in backticks", 5, MLAB_ERR_DATA_FORMULA},
        {"y ~ a $ b", "found \"$\"", 7, MLAB_ERR_DATA_FORMULA},
        {"y ~ \xC3\xA4\xC3\xB6 + ;", "found \";\"", 10, MLAB_ERR_DATA_FORMULA}, /* characters, not bytes */
        {"y ~ f(a,)", "an argument is missing", 9, MLAB_ERR_DATA_FORMULA},
        {"y ~ arm + 1 | department", "stand in parentheses: (1 | group)", 13, MLAB_ERR_DATA_FORMULA},
        {"y ~ arm * (1 | g)", "added with \"+\"", 14, MLAB_ERR_DATA_FORMULA},
        {"y ~ arm - (1 | g)", "added with \"+\"", 14, MLAB_ERR_DATA_FORMULA},
        {"y ~ (1 | g*h)", "one column that groups the rows", 11, MLAB_ERR_DATA_FORMULA},
        {"y ~ (1 | g:h:g)", "\"g\" stands twice", 14, MLAB_ERR_DATA_FORMULA},
        {"y ~ (1 | multiple(g))", "has 1 column", 10, MLAB_ERR_DATA_FORMULA},
        {"y ~ (1 | multiple(g, 2))", "one column that groups the rows", 22, MLAB_ERR_DATA_FORMULA},
        {"y ~ (offset(x) | g)", "holds terms only", 16, MLAB_ERR_DATA_FORMULA},
        {"", "the end of the formula", 1, MLAB_ERR_DATA_FORMULA},
    };
    context = mlab_test_context(NULL, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        mlab_error err = {0};
        mlab_formula *formula = (mlab_formula *)&err;
        mlab_status status = mlab_formula_parse(&context, wrong[i].text, NULL, &formula, &err);
        ck_assert_msg(status == wrong[i].status, "%s: status %d, %s", wrong[i].text, status, err.sentence);
        ck_assert_ptr_null(formula);
        ck_assert_msg(strstr(err.sentence, wrong[i].part) != NULL, "%s: %s", wrong[i].text, err.sentence);
        ck_assert_msg(err.place.column == wrong[i].column, "%s: column %u, %s", wrong[i].text, err.place.column, err.sentence);
    }
}
END_TEST

START_TEST(random_effects_are_formulas_of_their_own)
{
    mlab_formula *formula;
    const char *group, *const *names;
    bool independent;
    context = mlab_test_context(NULL, 1);
    ck_assert_int_eq(mlab_formula_parse(&context, "y ~ a + (1 + t || g) + (1 | person)", NULL, &formula, NULL), MLAB_OK);
    ck_assert_uint_eq(mlab_formula_random(formula), 2);
    const mlab_formula *terms = mlab_formula_random_terms(formula, 0, &group, &independent);
    ck_assert_str_eq(group, "g");
    ck_assert(independent);
    ck_assert_uint_eq(mlab_formula_columns(terms, &names), 1);
    ck_assert_str_eq(names[0], "t");
    terms = mlab_formula_random_terms(formula, 1, &group, &independent);
    ck_assert_str_eq(group, "person");
    ck_assert(!independent);
    ck_assert_uint_eq(mlab_formula_columns(terms, &names), 0);
    ck_assert_ptr_null(mlab_formula_random_terms(formula, 2, &group, &independent));
    ck_assert_uint_eq(mlab_formula_columns(formula, &names), 4); /* what a complete row needs */
    mlab_formula_free(formula);
}
END_TEST

START_TEST(groupings_are_nested_combined_or_memberships)
{
    static const struct {
        const char *group;
        size_t n_columns;
        bool multiple;
    } known[] = {{"a", 1, false}, {"a:b", 2, false}, {"a:b:c", 3, false}, {"d:e", 2, false}, {"multiple(m1, m2)", 2, true}};
    mlab_formula *formula;
    const char *group, *const *names;
    bool independent, multiple;
    context = mlab_test_context(NULL, 1);
    ck_assert_int_eq(mlab_formula_parse(&context, "y ~ x + (1 | a/b/c) + (1 + t || d:e) + (1 | multiple(m1, m2))", NULL, &formula, NULL), MLAB_OK);
    ck_assert_uint_eq(mlab_formula_random(formula), 5);
    for (size_t k = 0; k < 5; k++) {
        ck_assert_ptr_nonnull(mlab_formula_random_terms(formula, k, &group, &independent));
        ck_assert_str_eq(group, known[k].group);
        ck_assert_int_eq(independent, k == 3);
        ck_assert_uint_eq(mlab_formula_random_columns(formula, k, &names, &multiple), known[k].n_columns);
        ck_assert_int_eq(multiple, known[k].multiple);
    }
    ck_assert_str_eq(names[1], "m2");
    ck_assert_uint_eq(mlab_formula_columns(formula, &names), 7); /* a row may be without mentors */
    mlab_formula_free(formula);
}
END_TEST

START_TEST(the_place_in_the_study_file_moves_with_the_character)
{
    mlab_place place = mlab_place_text("study.yaml", 14, 40);
    mlab_error err = {0};
    mlab_formula *formula;
    context = mlab_test_context(NULL, 1);
    ck_assert_int_eq(mlab_formula_parse(&context, "y ~ a + (1 | 2)", &place, &formula, &err), MLAB_ERR_DATA_FORMULA);
    ck_assert_str_eq(err.place.file, "study.yaml");
    ck_assert_uint_eq(err.place.line, 14);
    ck_assert_uint_eq(err.place.column, 53);
    ck_assert_str_eq(err.sentence, "formula, character 14: the right side of \"|\" is one column that groups the rows, a/b, a:b, or multiple(a, b)");
}
END_TEST

START_TEST(very_deep_and_very_long_formulas_are_refused)
{
    static char deep[3000], wide[4000] = "y ~ a0";
    context = mlab_test_context(NULL, 1);
    mlab_error err = {0};
    mlab_formula *formula;
    strcpy(deep, "y ~ ");
    for (int i = 0; i < 1000; i++) strcat(deep, "(");
    ck_assert_int_eq(mlab_formula_parse(&context, deep, NULL, &formula, &err), MLAB_ERR_DATA_FORMULA);
    for (int i = 1; i < 300; i++) sprintf(wide + strlen(wide), "+a%d", i);
    ck_assert_int_eq(mlab_formula_parse(&context, wide, NULL, &formula, &err), MLAB_ERR_DATA_FORMULA);
    ck_assert_ptr_nonnull(strstr(err.sentence, "more than 256 variables"));
    ck_assert_int_eq(mlab_formula_parse(&context, "y ~ (a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p)^9", NULL, &formula, &err), MLAB_ERR_DATA_FORMULA);
    ck_assert_ptr_nonnull(strstr(err.sentence, "more than 4096 terms"));
    static char longest[40000] = "y ~ a"; /* a tree of 8,000 levels is walked, one of 16,000 refused */
    for (size_t i = 5; i + 2 < 16384; i += 2) memcpy(longest + i, "+a", 2);
    ck_assert_int_eq(mlab_formula_parse(&context, longest, NULL, &formula, &err), MLAB_OK);
    mlab_formula_free(formula);
    for (size_t i = strlen(longest); i < 33000; i += 2) memcpy(longest + i, "+a", 2);
    ck_assert_int_eq(mlab_formula_parse(&context, longest, NULL, &formula, &err), MLAB_ERR_DATA_FORMULA);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    context = mlab_test_context(&memory, 1);
    for (long k = 1;; k++) {
        mlab_error err = {0};
        mlab_formula *formula;
        memory = (mlab_test_memory){.live = memory.live, .fail_at = k};
        mlab_status status = mlab_formula_parse(
            &context, "y ~ (a + b)^2 + ns(t, 3):a + poly(x, 2, raw) + offset(log(z)) + strata(s) + cluster(g) - a", NULL, &formula, &err);
        if (status == MLAB_OK) {
            ck_assert_int_gt(k, 10);
            mlab_formula_free(formula);
            ck_assert_int_eq(memory.live, 0);
            return;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        ck_assert_int_eq(memory.live, 0);
        ck_assert_ptr_null(formula);
    }
}
END_TEST

MLAB_TEST_MAIN("formula", terms_are_those_of_r, numbers_print_as_in_r, the_response_is_a_column_or_an_event,
               what_cannot_be_read_is_told_with_its_character, random_effects_are_formulas_of_their_own, groupings_are_nested_combined_or_memberships,
               the_place_in_the_study_file_moves_with_the_character, very_deep_and_very_long_formulas_are_refused,
               every_failed_allocation_is_reported_and_nothing_leaks)
