/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quadratic forms of estimates and scores, and their place in the distribution of chi squared. */
#ifndef MLAB_FIT_AFTER_WALD_H
#define MLAB_FIT_AFTER_WALD_H

#include "mentorlab/after.h"

/* A statistic below 0 counts as 0. */
mlab_test mlab_chi_squared(double statistic, size_t df);
/* *value = r' inverse(v) r over the rows of v that do not depend on those before; v [n * n] and r [n] are used up. Returns how many. */
size_t mlab_quadratic(double *v, double *r, size_t n, double *value);

#endif
