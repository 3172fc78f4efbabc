/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits to the doctorates of Long 1990 (tests/reference/phd.csv), as the scripts under scripts/reference have them. */
#ifndef MLAB_TESTS_FIT_PHD_H
#define MLAB_TESTS_FIT_PHD_H

#include "fit/reference.h"
#include "fit/sweep.h"

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

/* sweep_after of the doctorates. */
static inline void sweep_phd(const char *model, const char *formula, mlab_fit_options options)
{
    context = mlab_test_context(NULL, 1);
    study s = phd(model, formula);
    sweep_after(model, &s.w.problem, options);
    close_study(&s);
}

#endif
