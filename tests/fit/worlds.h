/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small worlds for tests of models: a table made by hand, a formula, a problem that owns what it borrows. */
#ifndef MLAB_TESTS_FIT_WORLDS_H
#define MLAB_TESTS_FIT_WORLDS_H

#include "fit/model.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct world {
    mlab_table *table;
    mlab_formula *formula;
    mlab_design *design;
    mlab_fit_problem problem;
} world;

static inline void world_real(world *w, const mlab_context *context, const char *name, const double *values, size_t n)
{
    mlab_column *column;
    if (!w->table) ck_assert_int_eq(mlab_table_make(context, n, &w->table, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(w->table, name, MLAB_COLUMN_REAL, NULL, 0, &column, NULL), MLAB_OK);
    memcpy(column->as.real, values, n * sizeof *values);
}

static inline void world_factor(world *w, const mlab_context *context, const char *name, const int32_t *codes, size_t n, const char *const *levels,
                                int32_t n_levels)
{
    mlab_column *column;
    if (!w->table) ck_assert_int_eq(mlab_table_make(context, n, &w->table, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(w->table, name, MLAB_COLUMN_FACTOR, levels, n_levels, &column, NULL), MLAB_OK);
    memcpy(column->as.integer, codes, n * sizeof *codes);
}

/* The design of a formula such as "~ x"; then set the response in w->problem. */
static inline void world_formula(world *w, const mlab_context *context, const char *formula)
{
    mlab_error err = {0};
    ck_assert_msg(mlab_formula_parse(context, formula, NULL, &w->formula, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_msg(mlab_design_make(w->formula, w->table, NULL, &w->design, &err) == MLAB_OK, "%s", err.sentence);
    w->problem = (mlab_fit_problem){.table = w->table, .n = w->table->n_rows, .design = w->design, .outcome = "it", .formula = formula};
}

static inline void world_categories(world *w, const int32_t *category, size_t n_categories, const char *const *names)
{
    w->problem.category = category;
    w->problem.n_categories = n_categories;
    w->problem.categories = names;
}

static inline void world_free(world *w)
{
    mlab_design_free(w->design);
    mlab_formula_free(w->formula);
    mlab_table_free(w->table);
}

static inline mlab_fit *world_fit(const world *w, const mlab_context *context, const char *model, const mlab_fit_options *options)
{
    mlab_fit *fit;
    mlab_error err = {0};
    mlab_status status = mlab_fit_problem_fit(context, mlab_model_find(model), &w->problem, options, &fit, &err);
    ck_assert_msg(status == MLAB_OK, "%s: %s", model, err.sentence);
    return fit;
}

#endif
