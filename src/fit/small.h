/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Symmetric matrices of a few rows, [q * q] by row. */
#ifndef MLAB_FIT_SMALL_H
#define MLAB_FIT_SMALL_H

#include <stdbool.h>
#include <stddef.h>

/* a becomes its lower Cholesky factor, what is above the diagonal stays; false when a is not positive definite. */
bool mlab_small_factor(double *a, size_t q);
/* Log of the determinant of a, which becomes its factor; HUGE_VAL when it is not positive definite. */
double mlab_small_log_determinant(double *a, size_t q);
/* b [q] becomes the solution of L L' x = b. */
void mlab_small_solve(const double *l, size_t q, double *b);
/* b [q] becomes the solution of L x = b, or of L' x = b. */
void mlab_small_solve_lower(const double *l, size_t q, double *b);
void mlab_small_solve_upper(const double *l, size_t q, double *b);
/* Eigenvalues of the symmetric a on its diagonal, eigenvectors in the columns of vectors [q * q]; Jacobi rotations. */
void mlab_small_eigen(double *a, size_t q, double *vectors);

#endif
