/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An expression after compiling: a tree of typed nodes. Shared by its reader and its evaluation. */
#ifndef MLAB_DATA_EXPRESSION_TREE_H
#define MLAB_DATA_EXPRESSION_TREE_H

#include "data/expression.h"

typedef enum mlab_value_kind {
    MLAB_VALUE_NUMBER,    /* a double */
    MLAB_VALUE_CONDITION, /* no, yes */
    MLAB_VALUE_QUOTED,    /* a text of the expression */
    MLAB_VALUE_LEVELS,    /* a factor column */
    MLAB_VALUE_TEXTS,     /* a text column */
    MLAB_VALUE_DATES      /* a date column */
} mlab_value_kind;

typedef enum mlab_leaf_kind {
    MLAB_LEAF_CONSTANT,   /* number */
    MLAB_LEAF_COLUMN,     /* number of a column, a date's day, a factor's code */
    MLAB_LEAF_LABEL,      /* number that a factor's label reads as */
    MLAB_LEAF_QUOTED,     /* text */
    MLAB_LEAF_ARITHMETIC, /* op + - * / or m for minus, of a (and b) */
    MLAB_LEAF_COMPARE,    /* op < > = g l n of the numbers a and b */
    MLAB_LEAF_TEXT,       /* op = n of the texts a and b */
    MLAB_LEAF_AND,
    MLAB_LEAF_OR,
    MLAB_LEAF_NOT,
    MLAB_LEAF_MISSING /* of the column */
} mlab_leaf_kind;

typedef struct mlab_leaf {
    mlab_leaf_kind kind;
    mlab_value_kind value;
    char op;
    int32_t a, b;
    double number;
    uint32_t at;      /* byte of the text */
    const char *text; /* QUOTED: in the pool */
    size_t column;    /* index into the copies */
} mlab_leaf;

typedef struct mlab_absent {
    const char *text, *near;
    uint32_t at;
} mlab_absent;

struct mlab_expression {
    const mlab_context *context;
    char *text;
    mlab_place place;
    bool has_place;
    char *pool;
    mlab_leaf *leaves;
    size_t n_leaves, capacity;
    int32_t root;
    mlab_column *columns; /* copies of the columns' heads; arrays belong to the table */
    double **labels;      /* [n_columns] NULL, or the numbers of a factor's labels */
    size_t n_columns, columns_capacity, labels_capacity;
    mlab_absent *absent;
    size_t n_absent, absent_capacity;
};

mlab_status mlab_expression_raise(const mlab_expression *expression, mlab_error *err, mlab_status status, uint32_t at, const char *format, ...)
    MLAB_PRINTF(5, 6);
/* Adds the comparison of leaves a and b, converted to each other's kind. op: = n < > l g. */
MLAB_MUST_USE mlab_status mlab_expression_compare(mlab_expression *expression, char op, uint32_t at, int32_t a, int32_t b, int32_t *leaf,
                                                  mlab_error *err);
MLAB_MUST_USE mlab_status mlab_expression_add(mlab_expression *expression, const mlab_leaf *leaf, int32_t *index, mlab_error *err);
/* A number out of any leaf, or MLAB_ERR_DATA_TYPE. */
MLAB_MUST_USE mlab_status mlab_expression_as_number(mlab_expression *expression, int32_t *leaf, mlab_error *err);

#endif
