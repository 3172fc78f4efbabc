/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits to people of lag_world.h. */
#ifndef MLAB_TESTS_FIT_LAG_FIT_H
#define MLAB_TESTS_FIT_LAG_FIT_H

#include "fit/lag_world.h"

static mlab_context context;
static mlab_fit_options options;
static const char *const FORMULA = "y ~ y_last + x + (1 | person)";

static mlab_fit *fit_with(const lag_world *w, mlab_outcome outcome)
{
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_msg(mlab_fit_outcome(&context, &w->data, &outcome, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    return fit;
}

static void start(void)
{
    context = mlab_test_context(NULL, 2);
    options = mlab_fit_defaults();
}

#endif
