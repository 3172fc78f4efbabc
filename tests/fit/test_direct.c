/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tiles that are read straight from the table are the design's own numbers; a design that is not of such columns has none.
 *
 *   row        0  1  2  3  4  5 ...        rows used: all; 3 to N - 1 (side by side); every row but those divisible by 7
 *   level      a  b  d  a  b  d ...        "c" is a level of the table that no row has
 *   x real, w whole number, day a date
 */
#include "fit/tiles.h"
#include "fit/worlds.h"

enum { N = 1500 };
static double x[N];
static int32_t code[N], whole[N], day[N];
static uint32_t rows[N];

static void add_whole(world *w, const char *name, mlab_column_type type, const int32_t *values)
{
    mlab_column *column;
    ck_assert_int_eq(mlab_table_add(w->table, name, type, NULL, 0, &column, NULL), MLAB_OK);
    memcpy(column->as.integer, values, N * sizeof *values);
}

static world make(const mlab_context *context, const char *formula)
{
    static const char *const levels[] = {"a", "b", "c", "d"};
    world w = {0};
    for (size_t i = 0; i < N; i++) {
        x[i] = 0.1 * (double)(i % 97) - 3;
        code[i] = (int32_t)(i % 3 + (i % 3 == 2));
        whole[i] = 7 - (int32_t)(i % 11);
        day[i] = 18000 + (int32_t)(i % 400);
    }
    world_real(&w, context, "x", x, N);
    world_factor(&w, context, "level", code, N, levels, 4);
    add_whole(&w, "w", MLAB_COLUMN_INTEGER, whole);
    add_whole(&w, "day", MLAB_COLUMN_DATE, day);
    world_formula(&w, context, formula);
    return w;
}

static mlab_direct *direct_of(const world *w, const mlab_context *context, size_t first_column)
{
    mlab_direct *direct;
    ck_assert_int_eq(mlab_direct_make(context, &w->problem, first_column, &direct, NULL), MLAB_OK);
    return direct;
}

static void compare(const world *w, const mlab_context *context, size_t first_column)
{
    enum { MOST = 10 };
    static double tile[MOST * MLAB_TILE], design[MOST * MLAB_TILE], offset[MLAB_TILE];
    static const double centre[MOST] = {0.5, -2, 0, 0.25, 17000, 1, 0, 0, 0, 0};
    size_t q = mlab_design_columns(w->design), p = q - first_column;
    ck_assert_uint_le(q, MOST);
    mlab_direct *direct = direct_of(w, context, first_column);
    ck_assert_ptr_nonnull(direct);
    for (size_t first = 0; first < w->problem.n; first += MLAB_TILE) {
        size_t n = w->problem.n - first < MLAB_TILE ? w->problem.n - first : MLAB_TILE;
        const uint32_t *used = w->problem.rows ? w->problem.rows + first : NULL;
        ck_assert_int_eq(mlab_design_fill(w->design, w->table, used, first, n, design, offset, NULL), MLAB_OK);
        mlab_direct_fill(direct, first, n, centre, tile);
        for (size_t j = 0; j < p; j++)
            for (size_t i = 0; i < MLAB_TILE; i++) {
                double expected = i < n ? design[i * q + first_column + j] - centre[j] : 0;
                ck_assert_msg(tile[j * MLAB_TILE + i] == expected, "column %zu, row %zu: %g, expected %g", j, i, tile[j * MLAB_TILE + i], expected);
            }
    }
    mlab_direct_free(direct);
}

START_TEST(direct_tiles_hold_the_numbers_of_the_design)
{
    mlab_context context = mlab_test_context(NULL, 1);
    for (context.isa = MLAB_ISA_GENERIC; context.isa <= mlab_test_context(NULL, 1).isa; context.isa++)
        for (size_t first_column = 0; first_column < 2; first_column++) {
            world w = make(&context, "~ x + level + w + day");
            compare(&w, &context, first_column);
            for (w.problem.n = 0; w.problem.n < N - 3; w.problem.n++) rows[w.problem.n] = (uint32_t)(w.problem.n + 3);
            w.problem.rows = rows;
            compare(&w, &context, first_column);
            w.problem.n = 0;
            for (uint32_t i = 0; i < N; i++)
                if (i % 7) rows[w.problem.n++] = i;
            compare(&w, &context, first_column);
            w.problem.n = N; /* a sample: some rows twice, others not, from the first to the last */
            for (uint32_t i = 0; i < N; i++) rows[i] = i % 3 == 1 && i + 1 < N ? i - 1 : i;
            compare(&w, &context, first_column);
            world_free(&w);
        }
    world w = make(&context, "~ 0 + level + x");
    compare(&w, &context, 0);
    world_free(&w);
}
END_TEST

START_TEST(a_design_with_columns_that_are_worked_out_has_no_direct_tiles)
{
    static const char *const formulas[] = {"~ x * level", "~ log(w + 10)", "~ poly(x, 2)", "~ x + offset(w)", "~ factor(w)"};
    mlab_context context = mlab_test_context(NULL, 1);
    for (size_t k = 0; k < sizeof formulas / sizeof *formulas; k++) {
        world w = make(&context, formulas[k]);
        ck_assert_msg(!direct_of(&w, &context, 0), "%s", formulas[k]);
        world_free(&w);
    }
}
END_TEST

/* The design says what is wrong with such a row, where a direct tile would hold a number. */
START_TEST(rows_that_are_missing_or_of_an_unknown_level_are_left_to_the_design)
{
    mlab_context context = mlab_test_context(NULL, 1);
    world w = make(&context, "~ x + level");
    mlab_column *column = mlab_table_find(w.table, "level");
    column->as.integer[4] = 2; /* "c", which the design has not met */
    ck_assert_ptr_null(direct_of(&w, &context, 0));
    for (w.problem.n = 0; w.problem.n < N - 5; w.problem.n++) rows[w.problem.n] = (uint32_t)(w.problem.n + 5);
    w.problem.rows = rows;
    compare(&w, &context, 0);
    ck_assert_int_eq(mlab_column_set_missing(w.table, mlab_table_find(w.table, "x"), 20, NULL), MLAB_OK);
    ck_assert_ptr_null(direct_of(&w, &context, 0));
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("direct", direct_tiles_hold_the_numbers_of_the_design, a_design_with_columns_that_are_worked_out_has_no_direct_tiles,
               rows_that_are_missing_or_of_an_unknown_level_are_left_to_the_design)
