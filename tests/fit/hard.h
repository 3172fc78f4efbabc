/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every fit to hard input must be: either an error with a sentence or numbers that are finite where they are trusted and doubted in
 * words where they are not. */
#ifndef MLAB_TESTS_FIT_HARD_H
#define MLAB_TESTS_FIT_HARD_H

#include "fit/model.h"
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How it ended; MLAB_HARD in the environment shows it. */
static inline void check_ending(mlab_status status, const mlab_fit *fit, const mlab_error *err, const char *where)
{
    if (getenv("MLAB_HARD")) fprintf(stderr, "%s: %s\n", where, status ? err->sentence : fit->reason[0] ? fit->reason : "trusted");
    if (status) ck_assert_msg(strlen(err->sentence) > 20 && !fit, "%s: \"%s\"", where, err->sentence);
}

static inline void check_numbers(const mlab_fit *fit, double gradient, const char *where)
{
    size_t n = fit->n_parameters;
    for (size_t j = 0; j < n; j++) {
        double se = mlab_fit_standard_error(fit, j);
        ck_assert_msg(isfinite(fit->estimate[j]), "%s: %s is %g (%s)", where, fit->names[j], fit->estimate[j], fit->reason);
        bool told = fit->trust != MLAB_NOT_CONVERGED; /* where it stopped is not */
        if (fit->aliased[j] && told) ck_assert_msg(fit->estimate[j] == 0, "%s: %s is left out and %g", where, fit->names[j], fit->estimate[j]);
        if (fit->trust == MLAB_TRUSTED)
            ck_assert_msg(fit->aliased[j] || (isfinite(se) && se > 0), "%s: the error of %s is %g", where, fit->names[j], se);
        for (size_t k = 0; k < n; k++)
            if (fit->trust == MLAB_TRUSTED) ck_assert_msg(isfinite(fit->covariance[j * n + k]), "%s: a covariance is not finite", where);
    }
    ck_assert_msg(fit->trust == MLAB_TRUSTED || fit->reason[0], "%s: no reason", where);
    if (fit->trust != MLAB_TRUSTED) return;
    ck_assert_msg(isfinite(fit->log_likelihood), "%s: the log-likelihood is %g", where, fit->log_likelihood);
    ck_assert_msg(fit->gradient < gradient, "%s: trusted with a gradient of %g", where, fit->gradient);
}

#endif
