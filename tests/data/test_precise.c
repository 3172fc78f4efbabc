/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Designs to 32 digits: columns that the formula forms are known to digits that no double has. */
#include "data/design_terms.h"
#include "support/support.h"

#include <string.h>

enum { ROWS = 600, COLUMNS = 40 };

static mlab_context context;

typedef struct world {
    mlab_table *table;
    mlab_formula *formula;
    mlab_design *design;
    double x[ROWS * COLUMNS], low[ROWS * COLUMNS];
    size_t p;
} world;

/* x = 2^18 + 1 + row, z = 2^27 + 1 + row, g in two levels by turns. */
static void make(world *w, const char *formula)
{
    mlab_column *x, *z, *g;
    mlab_error err = {0};
    static const char *const levels[] = {"a", "b"};
    context = mlab_test_context(NULL, 1);
    ck_assert_int_eq(mlab_table_make(&context, ROWS, &w->table, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(w->table, "x", MLAB_COLUMN_REAL, NULL, 0, &x, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(w->table, "z", MLAB_COLUMN_REAL, NULL, 0, &z, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(w->table, "g", MLAB_COLUMN_FACTOR, levels, 2, &g, NULL), MLAB_OK);
    for (size_t i = 0; i < ROWS; i++) {
        x->as.real[i] = 262145.0 + (double)i;
        z->as.real[i] = 134217729.0 + (double)i;
        g->as.integer[i] = (int32_t)(i % 2);
    }
    ck_assert_msg(mlab_formula_parse(&context, formula, NULL, &w->formula, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_msg(mlab_design_make(w->formula, w->table, NULL, &w->design, &err) == MLAB_OK, "%s", err.sentence);
    w->p = mlab_design_columns(w->design);
    ck_assert_uint_le(w->p, COLUMNS);
    ck_assert_int_eq(mlab_design_fill_precise(w->design, w->table, NULL, 0, ROWS, w->x, w->low, NULL, &err), MLAB_OK);
}

static void release(world *w)
{
    mlab_design_free(w->design);
    mlab_formula_free(w->formula);
    mlab_table_free(w->table);
}

START_TEST(powers_and_products_keep_the_digits_that_a_double_loses)
{
    static world w;
    make(&w, "~ poly(x, 3, raw) + z + I(z^2) + z:x + z:g");
    ck_assert_uint_eq(w.p, 8);
    /* (2^18 + 1)^3 = 2^54 + 3 2^36 + 3 2^18 + 1 */
    ck_assert_double_eq(w.x[3], 18014604668698624.0);
    ck_assert_double_eq(w.low[3], 1);
    /* (2^27 + 1)^2 = 2^54 + 2^28 + 1 */
    ck_assert_double_eq(w.x[5], 18014398777917440.0);
    ck_assert_double_eq(w.low[5], 1);
    for (size_t j = 0; j < 2; j++) ck_assert_double_eq(w.low[j], 0);
    /* row 300 is in the second block: (x + 300)^3 as whole numbers of 2^32 */
    uint64_t x = 262145 + 300, cube = x * x * x;
    double high = w.x[300 * w.p + 3];
    ck_assert_int_eq((int64_t)(cube - (uint64_t)high), (int64_t)w.low[300 * w.p + 3]);
    release(&w);
}
END_TEST

START_TEST(columns_that_the_formula_forms_are_told_from_those_of_the_data)
{
    static world w;
    uint8_t formed[COLUMNS];
    make(&w, "~ poly(x, 2, raw) + log(z) + I(x / z) + z:x + g + g:z + poly(z, 2) + I(exp(x / 1e9))");
    mlab_design_formed(w.design, formed);
    for (size_t j = 0; j < w.p; j++) {
        const char *name = mlab_design_name(w.design, j);
        bool known = strstr(name, "raw = TRUE)2") || strstr(name, "I(x/z)") || !strcmp(name, "z:x") || !strcmp(name, "x:z");
        ck_assert_msg(formed[j] == known, "column %zu, %s", j, name);
        if (!known && w.low[j] != 0) ck_abort_msg("%s has a low part", name);
    }
    release(&w);
}
END_TEST

START_TEST(high_parts_are_the_design_of_doubles_to_its_last_digit)
{
    static world w;
    static double plain[ROWS * COLUMNS];
    make(&w, "~ g * poly(x, 3, raw) * z + ns(x, 3):z + I((x - z)^2 / sqrt(z))");
    ck_assert_int_eq(mlab_design_fill(w.design, w.table, NULL, 0, ROWS, plain, NULL, NULL), MLAB_OK);
    for (size_t k = 0; k < ROWS * w.p; k++) ck_near(plain[k], w.x[k], 2e-15, 0);
    release(&w);
}
END_TEST

MLAB_TEST_MAIN("precise", powers_and_products_keep_the_digits_that_a_double_loses, columns_that_the_formula_forms_are_told_from_those_of_the_data,
               high_parts_are_the_design_of_doubles_to_its_last_digit)
