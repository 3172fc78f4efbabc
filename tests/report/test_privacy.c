/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/tell.h"
#include "support/support.h"

#include <string.h>

enum { MOST = 16 };

typedef struct table {
    size_t rows, columns;
    uint64_t minimum;
    uint64_t count[MOST];
    uint8_t shown[MOST], row_shown[MOST], column_shown[MOST];
} table;

static void hide(table *t)
{
    mlab_context context = mlab_test_context(NULL, 1);
    ck_assert_int_eq(mlab_privacy_table(&context, t->count, t->rows, t->columns, t->minimum, t->shown, t->row_shown, t->column_shown, NULL), MLAB_OK);
}

/* --- the attacker: tries every table that agrees with what is printed ------------------------------------ */

typedef struct attack {
    const table *t;
    uint64_t guess[MOST];
    uint64_t first[MOST]; /* the value of each hidden cell in the first table found */
    bool varies[MOST], any;
    uint64_t most;
} attack;

static uint64_t row_sum(const table *t, const uint64_t *count, size_t i)
{
    uint64_t sum = 0;
    for (size_t j = 0; j < t->columns; j++) sum += count[i * t->columns + j];
    return sum;
}

static uint64_t column_sum(const table *t, const uint64_t *count, size_t j)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < t->rows; i++) sum += count[i * t->columns + j];
    return sum;
}

/* Printed totals agree, and hidden ones are such as would be hidden: at least 1. */
static bool agrees(const attack *a)
{
    const table *t = a->t;
    uint64_t all = 0, truly = 0;
    for (size_t i = 0; i < t->rows; i++) {
        const uint64_t guess = row_sum(t, a->guess, i), truth = row_sum(t, t->count, i);
        if (t->row_shown[i] ? guess != truth : guess < 1) return false;
        all += guess;
        truly += truth;
    }
    for (size_t j = 0; j < t->columns; j++) {
        const uint64_t guess = column_sum(t, a->guess, j), truth = column_sum(t, t->count, j);
        if (t->column_shown[j] ? guess != truth : guess < 1) return false;
    }
    return all == truly;
}

static void try_cell(attack *a, size_t cell)
{
    const table *t = a->t;
    if (cell == t->rows * t->columns) {
        if (!agrees(a)) return;
        for (size_t k = 0; k < cell; k++) {
            if (!a->any) a->first[k] = a->guess[k];
            if (a->guess[k] != a->first[k]) a->varies[k] = true;
        }
        a->any = true;
        return;
    }
    if (t->shown[cell]) {
        a->guess[cell] = t->count[cell];
        try_cell(a, cell + 1);
        return;
    }
    for (uint64_t value = 1; value <= a->most; value++) {
        a->guess[cell] = value;
        try_cell(a, cell + 1);
    }
}

static size_t hidden_cells(const table *t)
{
    size_t n = 0;
    for (size_t k = 0; k < t->rows * t->columns; k++) n += !t->shown[k];
    return n;
}

static bool everything_hidden(const table *t)
{
    size_t n = hidden_cells(t);
    for (size_t i = 0; i < t->rows; i++) n += !t->row_shown[i];
    for (size_t j = 0; j < t->columns; j++) n += !t->column_shown[j];
    return n == t->rows * t->columns + t->rows + t->columns;
}

START_TEST(no_hidden_count_follows_from_what_is_printed_whatever_the_attacker_tries)
{
    uint32_t seed = 20261121;
    size_t tables = 0, some = 0, all = 0;
    for (unsigned k = 0; k < 1200; k++) {
        table t = {.rows = 2 + k % 2, .columns = 2 + k / 2 % 2, .minimum = 3};
        for (size_t c = 0; c < t.rows * t.columns; c++) {
            seed = seed * 1664525u + 1013904223u;
            t.count[c] = (seed >> 16) % (k % 3 ? 7 : 4);
        }
        hide(&t);
        tables++;
        some += hidden_cells(&t) > 0;
        if (everything_hidden(&t)) {
            all++;
            continue;
        }
        if (hidden_cells(&t) > 5) continue; /* too many tables to try */
        attack a = {.t = &t, .most = 8};
        try_cell(&a, 0);
        ck_assert(a.any);
        for (size_t c = 0; c < t.rows * t.columns; c++) {
            if (t.count[c] > 0 && t.count[c] < t.minimum) ck_assert_msg(!t.shown[c], "table %u: cell %zu is printed", k, c);
            ck_assert_msg(t.shown[c] || a.varies[c], "table %u of %zu x %zu: hidden cell %zu must be %u", k, t.rows, t.columns, c,
                          (unsigned)t.count[c]);
        }
    }
    ck_assert_uint_gt(some, tables / 2);
    ck_assert_uint_lt(all, tables / 2); /* hiding everything is no answer */
}
END_TEST

/*            left  stayed  all
 * none         40     160  200
 * informal      3      37   40
 * structured   30     110  140      3 = 73 - 70 by subtraction
 * all          73     307
 */
START_TEST(a_hidden_cell_takes_the_smallest_square_with_it)
{
    table t = {.rows = 3, .columns = 2, .minimum = 5, .count = {40, 160, 3, 37, 30, 110}};
    hide(&t);
    const uint8_t expected[] = {1, 1, 0, 0, 0, 0};
    ck_assert_mem_eq(t.shown, expected, sizeof expected);
    for (size_t i = 0; i < 3; i++) ck_assert_uint_eq(t.row_shown[i], 1);
}
END_TEST

START_TEST(without_totals_nothing_else_is_hidden)
{
    mlab_context context = mlab_test_context(NULL, 1);
    const uint64_t count[] = {40, 160, 3, 37, 0, 110};
    const uint8_t expected[] = {1, 1, 0, 1, 1, 1};
    uint8_t shown[6];
    ck_assert_int_eq(mlab_privacy_table(&context, count, 3, 2, 5, shown, NULL, NULL, NULL), MLAB_OK);
    ck_assert_mem_eq(shown, expected, sizeof expected);
}
END_TEST

START_TEST(a_total_under_the_minimum_is_hidden_too)
{
    table t = {.rows = 3, .columns = 2, .minimum = 5, .count = {2, 1, 30, 40, 20, 25}};
    hide(&t);
    ck_assert_uint_eq(t.row_shown[0], 0);
    size_t others = 0;
    for (size_t i = 1; i < 3; i++) others += !t.row_shown[i]; /* 3 = all - the other rows */
    ck_assert_uint_ge(others, 1);
}
END_TEST

START_TEST(a_minimum_of_one_hides_nothing_and_large_tables_show_all)
{
    table one = {.rows = 2, .columns = 2, .minimum = 1, .count = {1, 0, 2, 3}},
          large = {.rows = 2, .columns = 2, .minimum = 5, .count = {50, 60, 70, 80}};
    hide(&one);
    hide(&large);
    ck_assert_uint_eq(hidden_cells(&one) + hidden_cells(&large), 0);
}
END_TEST

START_TEST(curves_end_where_too_few_are_at_risk)
{
    double at_risk[] = {30, 12, 5, 4, 9};
    const mlab_curve curve = {.n_times = 5, .at_risk = at_risk};
    ck_assert_uint_eq(mlab_privacy_curve(&curve, 5), 3);
    ck_assert_uint_eq(mlab_privacy_curve(&curve, 31), 0);
}
END_TEST

/* 100 people of an arm: 60 in grade 1, 30 in grade 2, 7 who left by choice, 3 who were dismissed; 4 of another arm. */
START_TEST(states_of_few_people_are_hidden_with_the_one_from_which_they_would_follow)
{
    char outcome[] = "grade", a[] = "structured", b[] = "informal", one[] = "1", two[] = "2", left[] = "voluntary", made[] = "involuntary";
    mlab_stay stays[] = {{.outcome = outcome, .arm = a, .state = one, .horizon = 3, .n = 90, .in_state = 60, .share = 0.60},
                         {.outcome = outcome, .arm = a, .state = two, .horizon = 3, .n = 90, .in_state = 30, .share = 0.30},
                         {.outcome = outcome, .arm = a, .state = left, .horizon = 3, .n = 90, .share = 0.07},
                         {.outcome = outcome, .arm = a, .state = made, .horizon = 3, .n = 90, .share = 0.03},
                         {.outcome = outcome, .arm = b, .state = one, .horizon = 3, .n = 4, .in_state = 4, .share = 1}};
    const mlab_comparison comparison = {.stays = stays, .n_stays = 5};
    uint8_t told[5];
    mlab_privacy_stays(&comparison, 5, told);
    ck_assert(told[0] && told[1] && !told[2] && !told[3] && !told[4]);
    mlab_privacy_stays(&comparison, 3, told);
    ck_assert(told[0] && told[1] && told[2] && told[3] && told[4]);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    for (long k = 1;; k++) {
        mlab_test_memory memory = {.fail_at = k};
        mlab_context context = mlab_test_context(&memory, 1);
        const uint64_t count[] = {40, 160, 3, 37};
        uint8_t shown[4], rows[2], columns[2];
        const mlab_status status = mlab_privacy_table(&context, count, 2, 2, 5, shown, rows, columns, NULL);
        ck_assert_int_eq(memory.live, 0);
        if (!status) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
}
END_TEST

START_TEST(effects_of_small_groups_are_not_told_and_do_not_follow_from_the_others)
{
    const uint64_t one[] = {9, 4, 6, 30}, two[] = {9, 4, 2, 30}, none[] = {9, 5};
    uint8_t told[4];
    mlab_groups_told(one, 4, 5, told);
    ck_assert(told[0] && !told[1] && !told[2] && told[3]); /* effects add up to 0: the next smallest goes with it */
    mlab_groups_told(two, 4, 5, told);
    ck_assert(told[0] && !told[1] && !told[2] && told[3]);
    mlab_groups_told(none, 2, 5, told);
    ck_assert(told[0] && told[1]);
}
END_TEST

MLAB_TEST_MAIN("privacy", effects_of_small_groups_are_not_told_and_do_not_follow_from_the_others,
               no_hidden_count_follows_from_what_is_printed_whatever_the_attacker_tries, a_hidden_cell_takes_the_smallest_square_with_it,
               without_totals_nothing_else_is_hidden, a_total_under_the_minimum_is_hidden_too,
               a_minimum_of_one_hides_nothing_and_large_tables_show_all, curves_end_where_too_few_are_at_risk,
               states_of_few_people_are_hidden_with_the_one_from_which_they_would_follow, every_failed_allocation_is_reported_and_nothing_leaks)
