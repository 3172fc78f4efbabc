/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/error.h"
#include "data/expression.h"
#include "support/support.h"

#include <string.h>

static mlab_context context;

/* row     grade  tenure  type      level (ordered)  band      hired       note
 *  0        4     2.5    Regular   low              "2"       2021-01-01  hello
 *  1        5     -      Contract  high             "10"      2020-12-31  Regular
 *  2        -     1      Regular   -                "2"       -           hello
 */
static mlab_table *world(void)
{
    static const char *const types[] = {"Regular", "Contract"}, *const levels[] = {"low", "mid", "high"}, *const bands[] = {"2", "10"};
    mlab_table *t;
    mlab_column *c;
    mlab_error err;
    ck_assert_int_eq(mlab_table_make(&context, 3, &t, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(t, "grade", MLAB_COLUMN_INTEGER, NULL, 0, &c, &err), MLAB_OK);
    memcpy(c->as.integer, (const int32_t[]){4, 5, 0}, 12);
    ck_assert_int_eq(mlab_column_set_missing(t, c, 2, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(t, "tenure", MLAB_COLUMN_REAL, NULL, 0, &c, &err), MLAB_OK);
    memcpy(c->as.real, (const double[]){2.5, 0, 1}, 24);
    ck_assert_int_eq(mlab_column_set_missing(t, c, 1, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(t, "type", MLAB_COLUMN_FACTOR, types, 2, &c, &err), MLAB_OK);
    c->as.integer[1] = 1;
    ck_assert_int_eq(mlab_table_add(t, "level", MLAB_COLUMN_FACTOR, levels, 3, &c, &err), MLAB_OK);
    c->ordered = true;
    c->as.integer[1] = 2;
    ck_assert_int_eq(mlab_column_set_missing(t, c, 2, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(t, "band", MLAB_COLUMN_FACTOR, bands, 2, &c, &err), MLAB_OK);
    c->as.integer[1] = 1;
    ck_assert_int_eq(mlab_table_add(t, "hired", MLAB_COLUMN_DATE, NULL, 0, &c, &err), MLAB_OK);
    memcpy(c->as.integer, (const int32_t[]){18628, 18627, 0}, 12);
    ck_assert_int_eq(mlab_column_set_missing(t, c, 2, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(t, "Last Note", MLAB_COLUMN_TEXT, NULL, 0, &c, &err), MLAB_OK);
    c->pool = context.allocator.reallocate(context.allocator.user, c->pool, 32);
    memcpy(c->pool, "\0hello\0Regular", 15);
    memcpy(c->as.text, (const uint64_t[]){1, 7, 1}, 24);
    return t;
}

/* the answers of the three rows: y, n or ? */
static const char *answers(const mlab_table *t, const char *text)
{
    static char into[4];
    mlab_expression *e;
    mlab_error err = {0};
    ck_assert_msg(mlab_expression_compile(&context, text, NULL, t, MLAB_EXPRESSION_CONDITION, &e, &err) == MLAB_OK, "%s: %s", text, err.sentence);
    for (size_t i = 0; i < 3; i++) into[i] = "ny?"[mlab_expression_test(e, i)];
    mlab_expression_free(e);
    return into;
}

START_TEST(conditions_have_three_answers)
{
    static const char *const pairs[][2] = {{"grade >= 4 and tenure >= 2", "y?n"},
                                           {"grade >= 4", "yy?"},
                                           {"grade < 5 and tenure >= 2", "ynn"}, /* no and unknown is no */
                                           {"grade >= 5 or tenure < 2", "nyy"},  /* yes or unknown is yes */
                                           {"not grade == 4", "ny?"},
                                           {"type == 'Regular'", "yny"},
                                           {"\"Regular\" == type", "yny"},
                                           {"type != 'Regular'", "nyn"},
                                           {"type in ('Contract', 'Regular')", "yyy"},
                                           {"grade in (4, 6)", "yn?"},
                                           {"grade not in (4, 6)", "ny?"},
                                           {"level >= 'mid'", "ny?"},
                                           {"'mid' <= level", "ny?"},
                                           {"band >= 3", "nyn"},
                                           {"band == '2'", "yny"},
                                           {"hired >= '2021-01-01'", "yn?"},
                                           {"hired is missing", "nny"},
                                           {"hired is not missing", "yyn"},
                                           {"`Last Note` == 'hello'", "yny"},
                                           {"`Last Note` == type", "nnn"},
                                           {"`Last Note` != type or not (grade > 1)", "yyy"},
                                           {"grade - 1 > 2 * tenure - 2", "n??"},
                                           {"-grade < -4", "ny?"},
                                           {"1 / (grade - 4) > 0", "?y?"}, /* nothing is divided by zero */
                                           {"NOT (grade >= 4 AND tenure >= 2) OR grade IN (4)", "y?y"},
                                           {"grade == 4 or grade == 5 and tenure > 100", "y??"},
                                           {"1.5e0 < 2", "yyy"}};
    context = mlab_test_context(NULL, 1);
    mlab_table *t = world();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        ck_assert_msg(!strcmp(answers(t, pairs[i][0]), pairs[i][1]), "%s: %s", pairs[i][0], answers(t, pairs[i][0]));
    mlab_table_free(t);
}
END_TEST

START_TEST(numbers_are_numbers_or_unknown)
{
    mlab_expression *e;
    mlab_error err = {0};
    double value = 7;
    context = mlab_test_context(NULL, 1);
    mlab_table *t = world();
    ck_assert_int_eq(mlab_expression_compile(&context, "2 * (grade - 1) + band", NULL, t, MLAB_EXPRESSION_NUMBER, &e, &err), MLAB_OK);
    ck_assert(mlab_expression_number(e, 0, &value) && value == 8);
    ck_assert(mlab_expression_number(e, 1, &value) && value == 18);
    ck_assert(!mlab_expression_number(e, 2, &value) && value == 18);
    mlab_expression_free(e);
    ck_assert_int_eq(mlab_expression_compile(&context, "grade > 1", NULL, t, MLAB_EXPRESSION_NUMBER, &e, &err), MLAB_ERR_DATA_TYPE);
    mlab_table_free(t);
}
END_TEST

START_TEST(a_level_that_is_not_there_is_kept_for_a_finding)
{
    mlab_expression *e;
    mlab_error err = {0};
    mlab_place place = mlab_place_text("study.yaml", 3, 10);
    const char *near;
    context = mlab_test_context(NULL, 1);
    mlab_table *t = world();
    ck_assert_int_eq(mlab_expression_compile(&context, "type == 'Regulr' or type == 'Regular'", &place, t, MLAB_EXPRESSION_CONDITION, &e, &err),
                     MLAB_OK);
    ck_assert_str_eq(mlab_expression_absent(e, 0, &near, &place), "Regulr");
    ck_assert_str_eq(near, "Regular");
    ck_assert_uint_eq(place.column, 18);
    ck_assert_ptr_null(mlab_expression_absent(e, 1, &near, &place));
    ck_assert_int_eq(mlab_expression_test(e, 0), MLAB_ANSWER_YES);
    mlab_expression_free(e);
    mlab_table_free(t);
}
END_TEST

START_TEST(what_cannot_be_read_is_told_with_its_character)
{
    static const struct {
        const char *text, *part;
        uint32_t column;
        mlab_status status;
    } wrong[] = {{"grdae >= 4", "did you mean \"grade\"", 1, MLAB_ERR_DATA_COLUMN},
                 {"type == Regular", "there is no column \"Regular\"", 9, MLAB_ERR_DATA_COLUMN},
                 {"grade >= ", "it ends where a column", 10, MLAB_ERR_DATA_FORMULA},
                 {"grade = 4", "equal is written ==", 7, MLAB_ERR_DATA_FORMULA},
                 {"grade > 3 & tenure > 2", "write and", 11, MLAB_ERR_DATA_FORMULA},
                 {"grade", "a number, not a condition", 1, MLAB_ERR_DATA_TYPE},
                 {"grade > 3 and tenure", "a number, not a condition", 15, MLAB_ERR_DATA_TYPE},
                 {"grade == 'Regular'", "a number is compared with a text", 7, MLAB_ERR_DATA_TYPE},
                 {"type > 'Regular'", "have no order", 6, MLAB_ERR_DATA_TYPE},
                 {"type == 3", "has levels such as 'Regular', not numbers", 1, MLAB_ERR_DATA_TYPE},
                 {"level > 'hig'", "has no level 'hig'; did you mean 'high'?", 9, MLAB_ERR_DATA_TYPE},
                 {"hired > 'yesterday'", "dates are written", 9, MLAB_ERR_DATA_TYPE},
                 {"hired > 3", "a date is compared with a number", 7, MLAB_ERR_DATA_TYPE},
                 {"hired > 2021-01-01", "a date is compared", 7, MLAB_ERR_DATA_TYPE}, /* arithmetic on the right: still told */
                 {"`Last Note` < 'b'", "texts have no order", 13, MLAB_ERR_DATA_TYPE},
                 {"type + 1 > 2", "not numbers", 1, MLAB_ERR_DATA_TYPE},
                 {"grade in 4", "\"(\" is expected", 10, MLAB_ERR_DATA_FORMULA},
                 {"grade in (4", "\",\" or \")\"", 12, MLAB_ERR_DATA_FORMULA},
                 {"(grade > 4", "\")\" is expected", 11, MLAB_ERR_DATA_FORMULA},
                 {"1 < grade < 4", "between two comparisons", 11, MLAB_ERR_DATA_FORMULA},
                 {"grade > 4 tenure < 2", "and, or, or the end", 11, MLAB_ERR_DATA_FORMULA},
                 {"grade > 4x", "\"4x\" is not a number", 9, MLAB_ERR_DATA_FORMULA},
                 {"type == 'Reg", "never closed", 9, MLAB_ERR_DATA_FORMULA},
                 {"and grade > 3", "found \"and\"", 1, MLAB_ERR_DATA_FORMULA},
                 {"grade is 4", "\"missing\" or \"not missing\"", 10, MLAB_ERR_DATA_FORMULA},
                 {"3 is missing", "only a column can be missing", 3, MLAB_ERR_DATA_TYPE},
                 {"", "it ends where", 1, MLAB_ERR_DATA_FORMULA}};
    mlab_test_memory memory = {0};
    context = mlab_test_context(&memory, 1);
    mlab_table *t = world();
    long live = memory.live;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        mlab_error err = {0};
        mlab_expression *e = (mlab_expression *)&err;
        mlab_status status = mlab_expression_compile(&context, wrong[i].text, NULL, t, MLAB_EXPRESSION_CONDITION, &e, &err);
        ck_assert_msg(status == wrong[i].status, "%s: %d %s", wrong[i].text, status, err.sentence);
        ck_assert_msg(strstr(err.sentence, wrong[i].part) != NULL, "%s: %s", wrong[i].text, err.sentence);
        ck_assert_msg(err.place.column == wrong[i].column, "%s: column %u", wrong[i].text, err.place.column);
        ck_assert_ptr_null(e);
        ck_assert_int_eq(memory.live, live);
    }
    static char deep[400];
    memset(deep, '(', 300);
    mlab_error err;
    mlab_expression *e;
    ck_assert_int_eq(mlab_expression_compile(&context, deep, NULL, t, MLAB_EXPRESSION_CONDITION, &e, &err), MLAB_ERR_DATA_FORMULA);
    memset(deep, '-', 300);
    ck_assert_int_eq(mlab_expression_compile(&context, deep, NULL, t, MLAB_EXPRESSION_CONDITION, &e, &err), MLAB_ERR_DATA_FORMULA);
    static char wide[40000] = "grade in (4"; /* a tree of 8,000 levels is walked, one of 16,000 refused */
    for (size_t i = strlen(wide); i + 4 < 16384; i += 2) memcpy(wide + i, ",5", 2);
    strcat(wide, ")");
    ck_assert_int_eq(mlab_expression_compile(&context, wide, NULL, t, MLAB_EXPRESSION_CONDITION, &e, &err), MLAB_OK);
    ck_assert_int_eq(mlab_expression_test(e, 1), MLAB_ANSWER_YES);
    mlab_expression_free(e);
    for (size_t i = strlen(wide) - 1; i < 33000; i += 2) memcpy(wide + i, ",5", 2);
    ck_assert_int_eq(mlab_expression_compile(&context, wide, NULL, t, MLAB_EXPRESSION_CONDITION, &e, &err), MLAB_ERR_DATA_FORMULA);
    mlab_table_free(t);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    context = mlab_test_context(&memory, 1);
    mlab_table *t = world();
    long live = memory.live;
    for (long k = 1;; k++) {
        mlab_error err = {0};
        mlab_expression *e;
        memory.calls = 0;
        memory.fail_at = k;
        mlab_status status = mlab_expression_compile(&context, "grade in (4, 5, 6, 7, 8) and band > 3 and type == 'Contrct' or not level < 'mid'",
                                                     NULL, t, MLAB_EXPRESSION_CONDITION, &e, &err);
        mlab_expression_free(e);
        ck_assert_int_eq(memory.live, live);
        if (status == MLAB_OK) {
            ck_assert_int_gt(k, 6);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    memory.fail_at = 0;
    mlab_table_free(t);
}
END_TEST

MLAB_TEST_MAIN("expression", conditions_have_three_answers, numbers_are_numbers_or_unknown, a_level_that_is_not_there_is_kept_for_a_finding,
               what_cannot_be_read_is_told_with_its_character, every_failed_allocation_is_reported_and_nothing_leaks)
