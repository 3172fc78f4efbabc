/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Climbs that end on an edge: where the function is even in a parameter and flat around 0. */
#include "fit/climb.h"
#include "support/support.h"

#include <math.h>

/* Flat towards b = 0, the maximum. Newton's steps with one Hessian come nearer by a part of the way only. */
static mlab_status flat(void *work, const double *psi, double *value, double *gradient, mlab_error *err)
{
    (void)err;
    double a = psi[0] - 1, b = psi[1], curve = *(const double *)work;
    *value = -0.5 * a * a - pow(b, 4) - curve * b * b;
    if (gradient) gradient[0] = -a, gradient[1] = -4 * pow(b, 3) - 2 * curve * b;
    return MLAB_OK;
}

static void begin(const mlab_context *context, double *curve, mlab_climb *c)
{
    ck_assert_int_eq(mlab_climb_start(context, 2, flat, curve, c, NULL), MLAB_OK);
    c->psi[0] = 0, c->psi[1] = 0.5;
    c->inverse[0] = c->inverse[3] = 0.3;
}

START_TEST(a_flat_edge_is_reached)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_climb c;
    double curve = 1e-6;
    begin(&context, &curve, &c);
    ck_assert_int_eq(mlab_climb_up(&c, NULL), MLAB_OK);
    ck_assert(!c.converged || fabs(c.psi[1]) > 1e-9);
    c.converged = false;
    ck_assert_int_eq(mlab_climb_edge(&c, 1, NULL), MLAB_OK);
    ck_assert(c.converged && c.definite);
    ck_near(c.psi[0], 1, 0, 1e-7);
    ck_assert_double_eq(c.psi[1], 0);
    mlab_climb_end(&c);
}
END_TEST

/* At 0 is a valley between two tops: a climb that ended on one stays there, with its doubt. */
START_TEST(an_edge_that_is_lower_is_not_taken)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_climb c;
    double curve = -1, at;
    begin(&context, &curve, &c);
    ck_assert_int_eq(mlab_climb_up(&c, NULL), MLAB_OK);
    ck_assert(c.converged);
    at = c.psi[1];
    ck_near(at, sqrt(0.5), 0, 1e-6);
    ck_assert_int_eq(mlab_climb_edge(&c, 1, NULL), MLAB_OK);
    ck_assert_double_eq(c.psi[1], at);
    c.converged = false;
    ck_assert_int_eq(mlab_climb_edge(&c, 1, NULL), MLAB_OK);
    ck_assert_double_eq(c.psi[1], at);
    ck_near(c.value, 0.25, 1e-12, 0);
    ck_assert(!c.converged);
    mlab_climb_end(&c);
}
END_TEST

MLAB_TEST_MAIN("climb", a_flat_edge_is_reached, an_edge_that_is_lower_is_not_taken)
