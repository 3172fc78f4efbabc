/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linear models of one effect a group: the likelihood from kinds of leaves. */
#ifndef MLAB_FIT_WEB_KINDS_H
#define MLAB_FIT_WEB_KINDS_H

#include "fit/mixed/web_gaussian.h"

/* Leaves of a kind have the same sum of squares and the same cross-products with the same knots: people of one department with equally many rows. */
typedef struct mlab_web_kind {
    size_t count;   /* leaves */
    double square;  /* z'z of each */
    size_t near, n; /* its knots: [near .. near + n - 1] of the list, with their cross-products; places of pairs of them from `pair` on */
    size_t pair;
    size_t products; /* place of its sum of (Z'X)(Z'X)', lower triangle with the response; SIZE_MAX = one leaf, made of its sums */
} mlab_web_kind;

#define MLAB_WEB_COLUMNS ((size_t)64) /* coefficients and the response, at most */

typedef struct mlab_web_kinds {
    mlab_web_linear *linear;
    size_t n, columns, triangle; /* kinds; with the response; columns * (columns + 1) / 2 */
    mlab_web_kind *kinds;        /* [n] */
    uint32_t *knot;              /* of the kinds' lists */
    double *cross;               /* the same */
    size_t *place;               /* of pairs of knots, in the pattern */
    double *sums;                /* [n * columns] sum of Z'X, Z'y of the leaves */
    double *products;
    double *knots, *reduced; /* [pattern] Z'Z of the knots; less what the leaves take */
    double *knot_sums;       /* [n_knots * columns], a knot's side by side: Z'X, Z'y */
    double *left, *u, *q;    /* the same: less what the leaves take; Lambda S^-1 Lambda of it; left less reduced u */
    double *v;               /* [columns * n_knots] S^-1 Lambda left */
    double *one_plus;        /* [n] 1 + lambda^2 z'z */
    double *taken;           /* [triangle] what the leaves take of X'X, X'y, y'y */
    double *lambda, *room;   /* [n_knots] each */
} mlab_web_kinds;

/* *kinds = NULL where a group has several effects or there are no knots. After mlab_web_linear_read. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_web_kinds_make(mlab_web_linear *linear, mlab_web_kinds **kinds, mlab_error *err);
void mlab_web_kinds_free(mlab_web_kinds *kinds); /* NULL is fine */
/* An mlab_climb_evaluate: work is an mlab_web_kinds. What mlab_web_linear_evaluate gives, but for what that leaves behind for single groups. */
MLAB_MUST_USE mlab_status mlab_web_kinds_evaluate(void *work, const double *psi, double *value, double *gradient, mlab_error *err);

#endif
