/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/number.h"
#include "data/design_terms.h"
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_REFERENCES = 34, MOST = 400, ROWS = 48, LINES = 400 };

static mlab_context context;

/* --- reading the frozen values ------------------------------------------------------------------- */

typedef struct reference {
    char formula[200];
    char names[MOST][120];
    size_t n_names;
    char cells[LINES][MOST][30];
    size_t n_rows;
} reference;

static size_t split(char *line, char into[][120], size_t most)
{
    size_t n = 0;
    for (char *c = line; *c && *c != '\n' && n < most;) {
        size_t k = 0;
        bool quoted = *c == '"';
        if (quoted) c++;
        while (*c && *c != '\n' && (quoted ? *c != '"' : *c != ',')) into[n][k++] = *c++;
        into[n++][k] = 0;
        if (quoted) c++;
        if (*c == ',') c++;
    }
    return n;
}

static void read_reference(const char *name, reference *r)
{
    static char line[40000], cells[MOST][120];
    char below[100];
    snprintf(below, sizeof below, "reference/%s", name);
    FILE *file = fopen(mlab_test_path(below), "r");
    ck_assert_msg(file != NULL, "%s", below);
    r->n_names = r->n_rows = 0;
    r->formula[0] = 0;
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#') {
            if (!r->formula[0]) {
                line[strcspn(line, "\n")] = 0;
                snprintf(r->formula, sizeof r->formula, "%s", line + 1);
            }
        } else if (!r->n_names)
            r->n_names = split(line, r->names, MOST);
        else {
            ck_assert_uint_eq(split(line, cells, MOST), r->n_names);
            for (size_t j = 0; j < r->n_names; j++) memcpy(r->cells[r->n_rows][j], cells[j], sizeof r->cells[0][0]);
            r->n_rows++;
        }
    }
    fclose(file);
}

static double number(const char *text)
{
    double value;
    ck_assert_msg(mlab_number_parse(text, strlen(text), '.', &value), "%s", text);
    return value;
}

static void add_factor(mlab_table *table, const reference *r, size_t j, const char *const *levels, int32_t n)
{
    mlab_column *column;
    mlab_error err;
    ck_assert_int_eq(mlab_table_add(table, r->names[j], MLAB_COLUMN_FACTOR, levels, n, &column, &err), MLAB_OK);
    for (size_t i = 0; i < r->n_rows; i++)
        for (int32_t l = 0; l < n; l++)
            if (!strcmp(levels[l], r->cells[i][j])) column->as.integer[i] = l;
}

static void add_text(mlab_table *table, const reference *r, size_t j)
{
    mlab_column *column;
    mlab_error err;
    ck_assert_int_eq(mlab_table_add(table, r->names[j], MLAB_COLUMN_TEXT, NULL, 0, &column, &err), MLAB_OK);
    size_t used = 1;
    column->pool = context.allocator.reallocate(context.allocator.user, column->pool, 31 * ROWS);
    column->pool[0] = 0;
    for (size_t i = 0; i < r->n_rows; i++) {
        column->as.text[i] = used;
        strcpy(column->pool + used, r->cells[i][j]);
        used += strlen(r->cells[i][j]) + 1;
    }
    column->pool_size = used;
}

/* arm and grade are factors (grade with a level that is never there), department is text, age and month integers */
static mlab_table *reference_table(void)
{
    static const char *const arms[] = {"none", "informal", "structured"}, *const grades[] = {"G1", "G2", "G3", "G4"};
    static reference r;
    mlab_table *table;
    mlab_error err;
    mlab_column *column;
    read_reference("design_data.csv", &r);
    ck_assert_int_eq(mlab_table_make(&context, r.n_rows, &table, &err), MLAB_OK);
    for (size_t j = 0; j < r.n_names; j++) {
        if (!strcmp(r.names[j], "arm"))
            add_factor(table, &r, j, arms, 3);
        else if (!strcmp(r.names[j], "grade"))
            add_factor(table, &r, j, grades, 4);
        else if (!strcmp(r.names[j], "department"))
            add_text(table, &r, j);
        else {
            bool integer = !strcmp(r.names[j], "age") || !strcmp(r.names[j], "month");
            ck_assert_int_eq(mlab_table_add(table, r.names[j], integer ? MLAB_COLUMN_INTEGER : MLAB_COLUMN_REAL, NULL, 0, &column, &err), MLAB_OK);
            for (size_t i = 0; i < r.n_rows; i++) {
                if (integer)
                    column->as.integer[i] = (int32_t)number(r.cells[i][j]);
                else
                    column->as.real[i] = number(r.cells[i][j]);
            }
        }
    }
    return table;
}

static mlab_design *design_of(const char *text, const mlab_table *table, const uint8_t *keep)
{
    mlab_formula *formula;
    mlab_design *design;
    mlab_error err = {0};
    ck_assert_msg(mlab_formula_parse(&context, text, NULL, &formula, &err) == MLAB_OK, "%s: %s", text, err.sentence);
    ck_assert_msg(mlab_design_make(formula, table, keep, &design, &err) == MLAB_OK, "%s: %s", text, err.sentence);
    mlab_formula_free(formula);
    return design;
}

static mlab_status design_fails(const char *text, const mlab_table *table, mlab_error *err)
{
    mlab_formula *formula;
    mlab_design *design = NULL;
    *err = (mlab_error){0};
    ck_assert_int_eq(mlab_formula_parse(&context, text, NULL, &formula, err), MLAB_OK);
    mlab_status status = mlab_design_make(formula, table, NULL, &design, err);
    ck_assert_ptr_null(design);
    mlab_formula_free(formula);
    return status;
}

/* --- tests ---------------------------------------------------------------------------------------- */

START_TEST(columns_and_names_are_those_of_model_matrix)
{
    static reference r;
    context = mlab_test_context(NULL, 1);
    mlab_table *table = reference_table();
    double *x = malloc(ROWS * MOST * sizeof *x), offset[ROWS];
    for (int k = 1; k <= N_REFERENCES; k++) {
        char name[40];
        mlab_error err = {0};
        snprintf(name, sizeof name, "design_%02d.csv", k);
        read_reference(name, &r);
        mlab_design *design = design_of(r.formula, table, NULL);
        size_t p = mlab_design_columns(design);
        ck_assert_msg(p + 1 == r.n_names, "%s has %zu columns, R has %zu", r.formula, p, r.n_names - 1);
        ck_assert_int_eq(mlab_design_fill(design, table, NULL, 0, r.n_rows, x, offset, &err), MLAB_OK);
        for (size_t j = 0; j < p; j++) {
            ck_assert_str_eq(mlab_design_name(design, j), r.names[j]);
            double scale = 0;
            for (size_t i = 0; i < r.n_rows; i++) scale = fmax(scale, fabs(number(r.cells[i][j])));
            for (size_t i = 0; i < r.n_rows; i++)
                ck_assert_msg(fabs(x[i * p + j] - number(r.cells[i][j])) <= 1e-12 * scale, "%s, row %zu, %s: %.17g, R %s", r.formula, i + 1,
                              r.names[j], x[i * p + j], r.cells[i][j]);
        }
        for (size_t i = 0; i < r.n_rows; i++) ck_near(offset[i], number(r.cells[i][p]), 1e-13, 0);
        mlab_design_free(design);
    }
    free(x);
    mlab_table_free(table);
}
END_TEST

START_TEST(splines_are_those_of_ns_on_many_knots)
{
    static reference r;
    context = mlab_test_context(NULL, 1);
    read_reference("design_splines.csv", &r);
    ck_assert_uint_gt(r.n_rows, 300);
    for (size_t i = 0; i < r.n_rows; i++) {
        double row[18], basis[8], scale = 1;
        mlab_spline spline;
        mlab_error err = {0};
        for (size_t j = 0; j < 18; j++) row[j] = number(r.cells[i][j]);
        ck_assert_int_eq(mlab_spline_make(&context, row + 5, (int32_t)row[1], row + 3, row[2] != 0, &spline, &err), MLAB_OK);
        mlab_spline_at(&spline, row[10], basis);
        for (int32_t j = 0; j < spline.n_basis; j++) scale = fmax(scale, fabs(row[11 + j]));
        for (int32_t j = 0; j < spline.n_basis; j++)
            ck_assert_msg(fabs(basis[j] - row[11 + j]) <= 1e-12 * scale, "case %g, x = %g, basis %d: %.17g, R %.17g", row[0], row[10], j + 1,
                          basis[j], row[11 + j]);
        mlab_spline_free(&spline);
    }
}
END_TEST

START_TEST(a_recipe_reads_back_and_gives_the_same_bytes)
{
    static reference r;
    static double first[ROWS * MOST], second[ROWS * MOST];
    context = mlab_test_context(NULL, 1);
    mlab_table *table = reference_table();
    for (int k = 1; k <= N_REFERENCES; k++) {
        char name[40], *text, *again;
        mlab_error err = {0};
        mlab_design *back;
        snprintf(name, sizeof name, "design_%02d.csv", k);
        read_reference(name, &r);
        mlab_design *design = design_of(r.formula, table, NULL);
        if (k % 2 && mlab_design_has_intercept(design)) mlab_design_drop_intercept(design);
        ck_assert_int_eq(mlab_design_write(design, &text, &err), MLAB_OK);
        ck_assert_msg(mlab_design_read(&context, text, &back, &err) == MLAB_OK, "%s: %s", text, err.sentence);
        ck_assert_int_eq(mlab_design_write(back, &again, &err), MLAB_OK);
        ck_assert_str_eq(text, again);
        size_t p = mlab_design_columns(design);
        ck_assert_uint_eq(mlab_design_columns(back), p);
        ck_assert_int_eq(mlab_design_has_intercept(back), mlab_design_has_intercept(design));
        for (size_t j = 0; j < p; j++) ck_assert_str_eq(mlab_design_name(design, j), mlab_design_name(back, j));
        ck_assert_int_eq(mlab_design_fill(design, table, NULL, 0, r.n_rows, first, NULL, &err), MLAB_OK);
        ck_assert_int_eq(mlab_design_fill(back, table, NULL, 0, r.n_rows, second, NULL, &err), MLAB_OK);
        ck_assert_mem_eq(first, second, r.n_rows * p * sizeof *first);
        mlab_design_text_free(&context, text);
        mlab_design_text_free(&context, again);
        mlab_design_free(design);
        mlab_design_free(back);
    }
    mlab_table_free(table);
}
END_TEST

START_TEST(a_text_that_is_not_a_recipe_is_an_error)
{
    static const char *const wrong[] = {"",
                                        "mentorlab-design 2\n~ x\n",
                                        "mentorlab-design 1\n~ x\nintercept as written\n",
                                        "mentorlab-design 1\n~ x +\nintercept as written\nnumber\nend\n",
                                        "mentorlab-design 1\n~ ns(x, 3)\nintercept as written\nspline 0 2 1 0 3 4\nend\n",
                                        "mentorlab-design 1\n~ a\nintercept as written\nfactor 3\none\nend\n",
                                        "mentorlab-design 1\n~ a\nintercept as written\nfactor -1\nend\n",
                                        "mentorlab-design 1\n~ poly(a, 2)\nintercept as written\npoly 1 2 x\nend\n"};
    mlab_test_memory memory = {0};
    context = mlab_test_context(&memory, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        mlab_design *design = (mlab_design *)&memory;
        mlab_error err = {0};
        ck_assert_int_lt(mlab_design_read(&context, wrong[i], &design, &err), 0);
        ck_assert_ptr_null(design);
        ck_assert_int_eq(memory.live, 0);
    }
}
END_TEST

/* rows 0..2 of x: 1, 2, missing; g: a, b, a; kept are rows 0 and 1 */
static mlab_table *tiny_table(void)
{
    static const char *const levels[] = {"a", "b", "c"};
    mlab_table *table;
    mlab_column *column;
    mlab_error err;
    ck_assert_int_eq(mlab_table_make(&context, 3, &table, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "x", MLAB_COLUMN_REAL, NULL, 0, &column, &err), MLAB_OK);
    column->as.real[0] = 1;
    column->as.real[1] = 2;
    ck_assert_int_eq(mlab_column_set_missing(table, column, 2, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "g", MLAB_COLUMN_FACTOR, levels, 3, &column, &err), MLAB_OK);
    column->as.integer[1] = 1;
    column->as.integer[2] = 2;
    ck_assert_int_eq(mlab_table_add(table, "zero", MLAB_COLUMN_INTEGER, NULL, 0, &column, &err), MLAB_OK);
    return table;
}

START_TEST(levels_come_from_complete_rows_and_a_new_level_is_an_error)
{
    context = mlab_test_context(NULL, 1);
    mlab_table *table = tiny_table();
    mlab_design *design = design_of("~ x + g", table, NULL);
    uint8_t complete[3];
    double x[9];
    mlab_error err = {0};
    ck_assert_uint_eq(mlab_design_columns(design), 3); /* level c is only in the row without x */
    ck_assert_int_eq(mlab_design_complete(design, table, complete, &err), MLAB_OK);
    ck_assert_int_eq(complete[0] + 2 * complete[1] + 4 * complete[2], 3);
    ck_assert_int_eq(mlab_design_fill(design, table, NULL, 0, 3, x, NULL, &err), MLAB_ERR_ARGUMENT);
    ck_assert_str_eq(err.sentence, "\"x\" is missing in row 3; only complete rows have a design");
    mlab_design_free(design);
    design = design_of("~ g", table, (const uint8_t[]){1, 1, 0});
    ck_assert_int_eq(mlab_design_fill(design, table, (const uint32_t[]){1, 2}, 0, 2, x, NULL, &err), MLAB_ERR_DATA_LEVEL);
    ck_assert_str_eq(err.sentence, "formula, character 3: row 3: \"c\" of g is not among the 2 levels that the design knows");
    ck_assert_int_eq(mlab_design_fill(design, table, (const uint32_t[]){1, 0}, 0, 2, x, NULL, &err), MLAB_OK);
    ck_assert(x[0] == 1 && x[1] == 1 && x[2] == 1 && x[3] == 0);
    mlab_design_free(design);
    mlab_table_free(table);
}
END_TEST

START_TEST(what_does_not_fit_the_table_is_told)
{
    mlab_error err;
    context = mlab_test_context(NULL, 1);
    mlab_table *table = tiny_table();
    ck_assert_int_eq(design_fails("~ x + zeroo", table, &err), MLAB_ERR_DATA_COLUMN);
    ck_assert_str_eq(err.sentence, "formula, character 7: there is no column \"zeroo\"; did you mean \"zero\"?");
    ck_assert_int_eq(design_fails("~ log(g)", table, &err), MLAB_ERR_DATA_TYPE);
    ck_assert_str_eq(err.sentence, "formula, character 7: \"g\" is a factor where a number is needed");
    ck_assert_int_eq(design_fails("~ log(zero)", table, &err), MLAB_ERR_DATA_TYPE);
    ck_assert_int_eq(design_fails("~ offset(1 / zero)", table, &err), MLAB_ERR_DATA_TYPE);
    ck_assert_int_eq(design_fails("~ ns(zero, 2)", table, &err), MLAB_ERR_DATA_EMPTY);
    ck_assert_str_eq(err.sentence, "formula: ns(zero, 2) needs at least two different values");
    ck_assert_int_eq(design_fails("~ poly(x, 2)", table, &err), MLAB_ERR_DATA_EMPTY);
    ck_assert_int_eq(design_fails("~ ns(x, knots = 7)", table, &err), MLAB_ERR_DATA_FORMULA);
    ck_assert_int_eq(design_fails("~ strata(nobody)", table, &err), MLAB_ERR_DATA_COLUMN);
    mlab_design *design = design_of("~ x + cluster(person)", table, NULL); /* person is no column of a panel's rows */
    mlab_table *other;
    mlab_column *column;
    double row[2];
    ck_assert_int_eq(mlab_table_borrow(table, &other, &err), MLAB_OK);
    mlab_table_drop(other, "x");
    ck_assert_int_eq(mlab_design_fill(design, other, NULL, 0, 1, row, NULL, &err), MLAB_ERR_DATA_COLUMN);
    ck_assert_int_eq(mlab_table_add(other, "x", MLAB_COLUMN_TEXT, NULL, 0, &column, &err), MLAB_OK);
    ck_assert_int_eq(mlab_design_fill(design, other, NULL, 0, 1, row, NULL, &err), MLAB_ERR_DATA_TYPE);
    mlab_design_free(design);
    mlab_table_free(other);
    mlab_table_free(table);
}
END_TEST

START_TEST(a_predictor_compiled_from_the_terms_agrees_with_the_rows)
{
    static double x[ROWS * MOST];
    mlab_error err = {0};
    size_t n_terms, n_variables, n_inputs;
    context = mlab_test_context(NULL, 1);
    mlab_table *table = reference_table();
    mlab_design *design = design_of("~ arm * ns(tenure, 3) + poly(age, 2) + log(age):grade:arm + x", table, NULL);
    size_t p = mlab_design_columns(design);
    ck_assert_int_eq(mlab_design_fill(design, table, NULL, 0, ROWS, x, NULL, &err), MLAB_OK);
    const mlab_design_term *terms = mlab_design_terms(design, &n_terms);
    const mlab_design_variable *variables = mlab_design_variables(design, &n_variables);
    const char *const *inputs = mlab_design_inputs(design, &n_inputs);
    for (size_t i = 0; i < ROWS; i++) {
        double values[8], stack[8], basis[8][8], want = 0, got = 1;
        for (size_t j = 0; j < n_inputs; j++) {
            const mlab_column *column = mlab_table_find(table, inputs[j]);
            values[j] = column->type == MLAB_COLUMN_REAL ? column->as.real[i] : column->as.integer[i];
        }
        for (size_t v = 0; v < n_variables; v++)
            if (variables[v].kind != MLAB_VARIABLE_FACTOR)
                mlab_design_variable_at(&variables[v], mlab_program_value(&variables[v].program, values, stack), basis[v]);
        for (size_t j = 0; j < p; j++) want += (double)(j + 1) * x[i * p + j];
        for (size_t t = 0; t < n_terms; t++)
            for (size_t c = 0; c < terms[t].n_columns; c++) {
                double product = 1;
                for (size_t k = 0; k < terms[t].n_variables; k++) {
                    size_t v = terms[t].variables[k], at = c / terms[t].stride[k] % terms[t].width[k];
                    if (variables[v].kind != MLAB_VARIABLE_FACTOR) {
                        product *= basis[v][at];
                        continue;
                    }
                    const mlab_column *column = mlab_table_find(table, variables[v].column);
                    product *= !strcmp(mlab_column_text(column, i), variables[v].levels[at + (terms[t].full[k] ? 0 : 1)]);
                }
                got += (double)(terms[t].first + c + 1) * product;
            }
        ck_near(got, want, 1e-13, 0);
    }
    mlab_design_free(design);
    mlab_table_free(table);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    context = mlab_test_context(&memory, 1);
    mlab_table *table = reference_table();
    mlab_formula *formula;
    mlab_error err = {0};
    static double x[ROWS * MOST];
    ck_assert_int_eq(
        mlab_formula_parse(&context, "~ arm * ns(tenure, 3) + department:poly(age, 2) + factor(month) + offset(log(age))", NULL, &formula, &err),
        MLAB_OK);
    long live = memory.live;
    for (long k = 1;; k++) {
        mlab_design *design = NULL, *copy = NULL;
        memory.calls = 0;
        memory.fail_at = k;
        mlab_status status = mlab_design_make(formula, table, NULL, &design, &err);
        ck_assert((status == MLAB_OK) == (design != NULL));
        if (!status) status = mlab_design_copy(design, &copy, &err);
        ck_assert((status == MLAB_OK) == (copy != NULL));
        if (!status) status = mlab_design_fill(copy, table, NULL, 0, ROWS, x, NULL, &err);
        mlab_design_free(design);
        mlab_design_free(copy);
        ck_assert_int_eq(memory.live, live);
        if (status == MLAB_OK) {
            ck_assert_int_gt(k, 50);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    memory.fail_at = 0;
    mlab_formula_free(formula);
    mlab_table_free(table);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

MLAB_TEST_MAIN("design", columns_and_names_are_those_of_model_matrix, splines_are_those_of_ns_on_many_knots,
               a_recipe_reads_back_and_gives_the_same_bytes, a_text_that_is_not_a_recipe_is_an_error,
               levels_come_from_complete_rows_and_a_new_level_is_an_error, what_does_not_fit_the_table_is_told,
               a_predictor_compiled_from_the_terms_agrees_with_the_rows, every_failed_allocation_is_reported_and_nothing_leaks)
