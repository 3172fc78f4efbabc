/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits, and what options ask for beyond them, with every allocation failing once: each failure is told and nothing stays behind. */
#ifndef MLAB_TESTS_FIT_SWEEP_H
#define MLAB_TESTS_FIT_SWEEP_H

#include "core/memory.h"
#include "fit/after/after.h"
#include "support/support.h"

/* What is asked for beyond the fit, made of a fit that is there. */
static inline void sweep_after(const char *model, const mlab_fit_problem *problem, mlab_fit_options asked)
{
    mlab_test_memory memory = {0};
    mlab_context sound = mlab_test_context(NULL, 1), failing = mlab_test_context(&memory, 1);
    mlab_prepared *prepared;
    mlab_fit *fit;
    ck_assert_int_eq(mlab_prepare(&sound, mlab_model_find(model), problem, &asked, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_fit(&sound, prepared, &fit, NULL), MLAB_OK);
    for (long k = 1;; k++) {
        mlab_fit copy = *fit;
        copy.reason = mlab_copy_text(&sound, fit->reason); /* what is not made is said there */
        memory = (mlab_test_memory){.fail_at = k};
        mlab_status status = mlab_after_make(&failing, prepared, &copy, NULL);
        mlab_after_free(copy.after);
        mlab_release(&sound, copy.reason);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
}

/* The fit and what is asked for beyond it. */
static inline void sweep_fit(const char *model, const mlab_fit_problem *problem, mlab_fit_options asked)
{
    mlab_test_memory memory = {0};
    mlab_context failing = mlab_test_context(&memory, 1);
    for (long k = 1;; k++) {
        mlab_fit *fit = NULL;
        mlab_prepared *prepared = NULL;
        memory = (mlab_test_memory){.fail_at = k};
        mlab_status status = mlab_prepare(&failing, mlab_model_find(model), problem, &asked, &prepared, NULL);
        if (!status) status = mlab_prepared_fit(&failing, prepared, &fit, NULL);
        if (!status) status = mlab_after_make(&failing, prepared, fit, NULL);
        mlab_fit_free(fit);
        mlab_prepared_free(prepared);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
}

/* The fit of an outcome of a study. */
static inline void sweep_outcome(const mlab_data *data, const mlab_outcome *outcome, mlab_fit_options asked)
{
    mlab_test_memory memory = {0};
    mlab_context failing = mlab_test_context(&memory, 1);
    for (long k = 1;; k++) {
        mlab_fit *fit;
        memory = (mlab_test_memory){.fail_at = k};
        mlab_status status = mlab_fit_outcome(&failing, data, outcome, &asked, &fit, NULL);
        mlab_fit_free(fit);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
}

#endif
