/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits to the doctorates of Long 1990 (tests/reference/phd.csv), as the scripts under scripts/reference have them. */
#ifndef MLAB_TESTS_FIT_PHD_H
#define MLAB_TESTS_FIT_PHD_H

#include "fit/after/after.h"
#include "fit/reference.h"

static const char *const much[] = {"1", "2", "3", "4"}, *const yes[] = {"no", "yes"};
static int32_t stop[1000], status_of[1000];

static bool is(const char *model, const char *other)
{
    return strcmp(model, other) == 0;
}

/* linear, poisson, negative_binomial: articles; gamma: articles + 1; logit: any; ordinal: none, 1, 2 or 3, more; times: articles + 1, an event
 * without kids. logit and poisson by field. */
static study phd(const char *model, const char *formula)
{
    const char *const columns[] = {"gender", "married", "kids", "prestige", "mentor", "articles"};
    study s = open_file(mlab_test_path("reference/phd.csv"));
    for (size_t k = 0; k < 6; k++) add_column(&s, columns[k], k == 0 ? "female" : NULL);
    s.cluster = room(s.n, sizeof *s.cluster);
    for (size_t i = 0; i < s.n; i++) s.cluster[i] = (uint32_t)((i + 1) * 7 % 23);
    if (is(model, "linear") || is(model, "poisson") || is(model, "negative_binomial") || is(model, "gamma")) respond_number(&s, "articles");
    for (size_t i = 0; is(model, "gamma") && i < s.n; i++) s.number[i]++;
    if (is(model, "ordinal") || is(model, "logit")) {
        s.category = room(s.n, sizeof *s.category);
        for (size_t i = 0; i < s.n; i++) {
            long n = strtol(cell(&s, i, "articles"), NULL, 10);
            s.category[i] = is(model, "logit") ? n > 0 : n == 0 ? 0 : n == 1 ? 1 : n <= 3 ? 2 : 3;
        }
        respond(&s, is(model, "logit") ? 2 : 4, is(model, "logit") ? yes : much);
    }
    ready(&s, formula);
    for (size_t i = 0; i < s.n; i++) {
        stop[i] = (int32_t)strtol(cell(&s, i, "articles"), NULL, 10) + 1;
        status_of[i] = strtol(cell(&s, i, "kids"), NULL, 10) == 0;
    }
    s.w.problem.stop = stop;
    s.w.problem.status = status_of;
    if (!is(model, "logit") && !is(model, "poisson")) s.w.problem.cluster = NULL;
    return s;
}

/* What the options ask for beyond a fit, with every allocation failing once: each failure is told and nothing stays behind. */
static inline void sweep_after(const char *model, const char *formula, mlab_fit_options options)
{
    mlab_test_memory memory = {0};
    mlab_context failing = mlab_test_context(&memory, 1);
    mlab_prepared *prepared;
    mlab_fit *fit;
    context = mlab_test_context(NULL, 1);
    study s = phd(model, formula);
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find(model), &s.w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
    for (long k = 1;; k++) {
        mlab_fit copy = *fit;
        memory = (mlab_test_memory){.fail_at = k};
        mlab_status status = mlab_after_make(&failing, prepared, &copy, NULL);
        mlab_after_free(copy.after);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    close_study(&s);
}

#endif
