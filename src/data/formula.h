/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A parsed formula as the data room sees it: nodes as written, then atoms and terms as R's terms() makes them. */
#ifndef MLAB_DATA_FORMULA_H
#define MLAB_DATA_FORMULA_H

#include "mentorlab/data.h"

enum {
    MLAB_FORMULA_LENGTH = 16384, /* bytes of a formula, at most: its tree is walked by recursion */
    MLAB_FORMULA_DEPTH = 100,    /* parentheses in parentheses, at most */
    MLAB_FORMULA_TERMS = 4096,
    MLAB_FORMULA_WORDS = 4, /* 64 atoms a word */
    MLAB_FORMULA_ATOMS = 64 * MLAB_FORMULA_WORDS,
    MLAB_SPLINE_KNOTS = 48, /* inner knots of a spline, at most */
    MLAB_POLY_DEGREE = 12,
    MLAB_RANDOM_COLUMNS = 16 /* columns of one grouping, at most */
};

typedef enum mlab_node_kind {
    MLAB_NODE_NAME,
    MLAB_NODE_NUMBER,
    MLAB_NODE_TEXT,
    MLAB_NODE_CALL,
    MLAB_NODE_BINARY,
    MLAB_NODE_UNARY,
    MLAB_NODE_PARENTHESIS
} mlab_node_kind;

typedef struct mlab_node {
    mlab_node_kind kind;
    char op;              /* BINARY, UNARY: + - * / : ^ ~ | & < > = ! and i for %in% */
    uint32_t at;          /* byte of the text where it begins (a binary node: its operator) */
    const char *text;     /* NAME without backticks, NUMBER as R prints it, TEXT without quotes, CALL its function */
    const char *argument; /* the name before "=" in a call; NULL = none */
    double number;
    int32_t first, next; /* first child, next sibling; -1 = none */
} mlab_node;

typedef struct mlab_bits {
    uint64_t word[MLAB_FORMULA_WORDS];
} mlab_bits;

typedef enum mlab_atom_kind { MLAB_ATOM_COLUMN, MLAB_ATOM_FACTOR, MLAB_ATOM_SPLINE, MLAB_ATOM_POLY, MLAB_ATOM_EXPRESSION } mlab_atom_kind;

/* A variable of the formula in R's sense: a column, or a call that gives columns. */
typedef struct mlab_atom {
    mlab_atom_kind kind;
    char *label;    /* as R deparses it */
    int32_t node;   /* the column or expression inside */
    int32_t degree; /* poly */
    bool raw;
    int32_t df; /* spline: 0 = knots are given */
    bool basis_intercept;
    int32_t n_knots; /* spline: given inner knots */
    double knots[MLAB_SPLINE_KNOTS];
    bool has_boundary;
    double boundary[2];
} mlab_atom;

/* (terms | groups); a/b is two of them */
typedef struct mlab_random_term {
    mlab_formula *formula; /* "~ terms" */
    char *group;           /* as written: "g", "a:b", "multiple(a, b)" */
    const char *columns[MLAB_RANDOM_COLUMNS];
    size_t n_columns;
    bool multiple;
    bool independent; /* written with || */
    uint32_t at;      /* byte where its bar is */
} mlab_random_term;

struct mlab_formula {
    const mlab_context *context;
    char *text;
    mlab_place place;
    bool has_place;
    char *pool; /* texts of nodes */
    size_t pool_used;
    mlab_node *nodes;
    int32_t n_nodes;
    int32_t left, right; /* nodes of both sides; left -1 = none */
    mlab_atom *atoms;    /* in order of appearance */
    size_t n_atoms, atoms_capacity;
    mlab_bits *terms; /* by order, then appearance */
    size_t n_terms, terms_capacity;
    bool intercept;
    int32_t *offsets; /* nodes inside offset() */
    size_t n_offsets, offsets_capacity;
    const char **strata;
    size_t n_strata, strata_capacity;
    const char *cluster, *cluster_other; /* cluster(a, b): two-way */
    mlab_random_term *random;            /* in the order written */
    size_t n_random, random_capacity;
    mlab_response_kind response;
    const char *names[3];
    const char **columns;
    size_t n_columns, columns_capacity;
};

/* Fills text, pool, nodes, left and right of a formula whose context and place are set. */
MLAB_MUST_USE mlab_status mlab_formula_read(mlab_formula *formula, const char *text, mlab_error *err);
/* Fills all below from the nodes. */
MLAB_MUST_USE mlab_status mlab_formula_terms(mlab_formula *formula, mlab_error *err);
/* Adds the groupings of a bar node. */
MLAB_MUST_USE mlab_status mlab_formula_random_term(mlab_formula *formula, int32_t bar, mlab_error *err);
/* Makes the atom of a node and its number in *atom. The node is a name or a call. */
MLAB_MUST_USE mlab_status mlab_formula_atom(mlab_formula *formula, int32_t node, size_t *atom, mlab_error *err);
/* Checks that a node is an arithmetic expression over columns and notes the columns. */
MLAB_MUST_USE mlab_status mlab_formula_arithmetic(mlab_formula *formula, int32_t node, mlab_error *err);
/* Notes a column read by the right side. */
MLAB_MUST_USE mlab_status mlab_formula_note_column(mlab_formula *formula, const char *name, mlab_error *err);
/* Raises at a byte of the formula; the place is the character there. */
mlab_status mlab_formula_raise(const mlab_formula *formula, mlab_error *err, mlab_status status, uint32_t at, const char *format, ...)
    MLAB_PRINTF(5, 6);
/* The node as R's deparse() writes it; NULL = no memory. */
char *mlab_formula_deparse(const mlab_formula *formula, int32_t node);
/* Whether a term of the right side is called so, blanks aside: "arm", "ns(tenure, 3)", "arm:grade". */
bool mlab_formula_has_term(const mlab_formula *formula, const char *label);
/* A number as R's deparse() and as.character() write it: up to 15 digits, fixed unless longer than scientific. */
void mlab_number_as_r(double value, char *into, size_t size);

static inline bool mlab_bits_get(const mlab_bits *bits, size_t i)
{
    return (bits->word[i / 64] >> (i % 64)) & 1;
}
static inline void mlab_bits_set(mlab_bits *bits, size_t i)
{
    bits->word[i / 64] |= UINT64_C(1) << (i % 64);
}
static inline void mlab_bits_clear(mlab_bits *bits, size_t i)
{
    bits->word[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

#endif
