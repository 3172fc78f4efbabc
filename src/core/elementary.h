/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elementary functions with the same bits at every instruction set: built of IEEE operations in one fixed order,
 * one source compiled per instruction set. Relative error below 4e-16 (2 units in the last place) inside the range. */
#ifndef MLAB_CORE_ELEMENTARY_H
#define MLAB_CORE_ELEMENTARY_H

#include "mentorlab/core.h"

/* One value. exp: underflows to 0 below -745, +inf above 709.78. log: of 0 is -inf, of a negative NaN. */
double mlab_exp(double x);
double mlab_log(double x);
double mlab_expm1(double x); /* accurate near 0 */
double mlab_log1p(double x);
double mlab_logistic(double x);        /* 1 / (1 + exp(-x)) */
double mlab_normal_quantile(double p); /* 0 < p < 1; Wichura 1988 AS241, doi:10.2307/2347330 */

/* Arrays; in and out may be the same. */
void mlab_exp_array(const mlab_context *context, const double *in, double *out, size_t n);
void mlab_log_array(const mlab_context *context, const double *in, double *out, size_t n);
void mlab_logistic_array(const mlab_context *context, const double *in, double *out, size_t n);
/* 1 - exp(-exp(x)), the complementary log-log inverse, accurate for small probabilities. */
void mlab_cloglog_inverse_array(const mlab_context *context, const double *in, double *out, size_t n);
void mlab_normal_quantile_array(const mlab_context *context, const double *in, double *out, size_t n);

#endif
