/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer: any bytes as a formula (first byte even), a filter, or a recipe, on a table of six rows. What can be made can be filled,
 * written and read back to the same text. */
#include "core/memory.h"
#include "data/design_terms.h"
#include "data/expression.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static mlab_table *table_of(const mlab_context *context)
{
    static const char *const levels[] = {"a", "b"};
    static const mlab_column_type types[] = {MLAB_COLUMN_INTEGER, MLAB_COLUMN_REAL, MLAB_COLUMN_FACTOR, MLAB_COLUMN_DATE, MLAB_COLUMN_TEXT};
    static const char *const names[] = {"a", "x", "g", "d", "t"};
    mlab_table *table;
    mlab_column *column;
    if (mlab_table_make(context, 6, &table, NULL)) abort();
    for (size_t c = 0; c < 5; c++) {
        if (mlab_table_add(table, names[c], types[c], levels, types[c] == MLAB_COLUMN_FACTOR ? 2 : 0, &column, NULL)) abort();
        for (size_t i = 0; i < 6; i++) {
            if (types[c] == MLAB_COLUMN_REAL)
                column->as.real[i] = 1.5 * (double)i - 2;
            else if (types[c] == MLAB_COLUMN_TEXT) {
                if (mlab_column_set_text(table, column, i, i % 2 ? "one" : "two", 3, NULL)) abort();
            } else
                column->as.integer[i] = (int32_t)(types[c] == MLAB_COLUMN_FACTOR ? i % 2 : i);
        }
    }
    return table;
}

static void use(const mlab_context *context, const mlab_design *design, const mlab_table *table)
{
    size_t p = mlab_design_columns(design);
    double *x = malloc((6 * p + 1) * sizeof *x), offset[6];
    char *text, *again;
    mlab_design *back;
    mlab_error err;
    mlab_status status = mlab_design_fill(design, table, NULL, 0, 6, x, offset, &err);
    (void)status;
    if (mlab_design_write(design, &text, &err) || mlab_design_read(context, text, &back, &err) || mlab_design_write(back, &again, &err)) abort();
    if (strcmp(text, again) != 0) abort();
    mlab_design_free(back);
    mlab_design_text_free(context, text);
    mlab_design_text_free(context, again);
    free(x);
}

static void try_formula(const mlab_context *context, const char *text, const mlab_table *table)
{
    mlab_formula *formula;
    mlab_design *design;
    mlab_error err;
    if (mlab_formula_parse(context, text, NULL, &formula, &err)) return;
    if (!mlab_design_make(formula, table, NULL, &design, &err)) {
        use(context, design, table);
        mlab_design_free(design);
    }
    mlab_formula_free(formula);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    mlab_context context;
    mlab_error err;
    if (n < 1 || mlab_setup(&context, &err)) return 0;
    context.threads = 1;
    mlab_table *table = table_of(&context);
    char *text = mlab_copy_bytes_as_text(&context, (const char *)bytes + 1, n - 1);
    mlab_expression *filter;
    mlab_design *design;
    if (bytes[0] % 2 == 0)
        try_formula(&context, text, table);
    else if (bytes[0] % 4 == 1 && !mlab_expression_compile(&context, text, NULL, table, MLAB_EXPRESSION_CONDITION, &filter, &err)) {
        for (size_t i = 0; i < 6; i++) (void)mlab_expression_test(filter, i);
        mlab_expression_free(filter);
    } else if (bytes[0] % 4 == 3 && !mlab_design_read(&context, text, &design, &err)) {
        use(&context, design, table);
        mlab_design_free(design);
    }
    mlab_release(&context, text);
    mlab_table_free(table);
    return 0;
}
