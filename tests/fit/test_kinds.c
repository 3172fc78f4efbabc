/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The likelihood of linear models from kinds of leaves is that from the leaves one by one, and so is its gradient.
 *
 *     person  0 0 0 1 1 2 2 2 2 ...   2 to 5 rows each
 *     team    0 0 0 1 1 0 0 0 0 ...   of the person (nested), or of a row (crossed)
 *     mentors {3} {3, 7} {} ...       up to 2 a row, or not in the model
 */
#include "core/random.h"
#include "fit/mixed/web_kinds.h"
#include "fit/worlds.h"

#include <stdio.h>

enum { N = 700, PEOPLE = 200, MENTORS = 9 };

typedef struct kinds_world {
    world w;
    mlab_formula *one;
    mlab_design *ones;
    uint32_t person[N], team[N], mentor[2 * N];
    double x[N], number[N], weight[N];
    mlab_random_grouping groupings[3];
    mlab_fit_options options;
    mlab_prepared *prepared;
    mlab_web *web;
    mlab_web_linear linear;
    mlab_web_kinds *kinds;
} kinds_world;

/* teams: how many; crossed: a row's own; several: mentors are in the model. */
static void open_world(kinds_world *o, const mlab_context *context, uint32_t teams, bool crossed, bool several, bool weighted, bool restricted)
{
    memset(o, 0, sizeof *o);
    for (uint32_t i = 0, person = 0, left = 2; i < N; i++) {
        mlab_address address = {.seed = 3, .entity = i, .purpose = MLAB_PURPOSE_TEST};
        if (left-- == 0) person++, left = 1 + person % 4;
        o->person[i] = person;
        o->team[i] = i < teams && crossed ? i : crossed ? (uint32_t)(mlab_random_uniform(&address, 0) * teams) : person % teams;
        for (uint32_t k = 0; k < 2; k++)
            o->mentor[2 * i + k] =
                mlab_random_uniform(&address, 1 + k) < 0.6 ? (uint32_t)(mlab_random_uniform(&address, 3 + k) * MENTORS) : UINT32_MAX;
        if (i < MENTORS) o->mentor[2 * i] = i;
        o->x[i] = mlab_random_normal(&address, 10);
        o->number[i] = 1 + 0.5 * o->x[i] + 0.1 * (person % 7) + mlab_random_normal(&address, 11);
        o->weight[i] = 1 + (double)(i % 2);
    }
    world_real(&o->w, context, "x", o->x, N);
    world_formula(&o->w, context, "~ x + I(x^2)");
    ck_assert_int_eq(mlab_formula_parse(context, "~ 1", NULL, &o->one, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(o->one, o->w.table, NULL, &o->ones, NULL), MLAB_OK);
    o->groupings[0] = (mlab_random_grouping){.design = o->ones, .group = o->person, .n_groups = o->person[N - 1] + 1, .name = "person"};
    o->groupings[1] = (mlab_random_grouping){.design = o->ones, .group = o->team, .n_groups = teams, .name = "team"};
    o->groupings[2] = (mlab_random_grouping){.design = o->ones, .memberships = 2, .group = o->mentor, .n_groups = MENTORS, .name = "mentor"};
    o->w.problem.random = o->groupings;
    o->w.problem.n_random = several ? 3 : 2;
    o->w.problem.number = o->number;
    o->w.problem.weight = weighted ? o->weight : NULL;
    o->options = mlab_fit_defaults();
    o->options.restricted = restricted ? 0 : 1;
    ck_assert_int_eq(mlab_prepare(context, mlab_model_find("linear"), &o->w.problem, &o->options, &o->prepared, NULL), MLAB_OK);
    const mlab_engine *engine = o->prepared->own;
    ck_assert_int_eq(mlab_web_make(context, o->prepared, &o->w.problem, engine->number, &o->web, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_web_linear_make(&o->linear, o->web, restricted, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_web_linear_read(&o->linear, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_web_kinds_make(&o->linear, &o->kinds, NULL), MLAB_OK);
    ck_assert_ptr_nonnull(o->kinds);
}

static void close_world(kinds_world *o)
{
    mlab_web_kinds_free(o->kinds);
    mlab_web_linear_free(&o->linear);
    mlab_web_free(o->web);
    mlab_prepared_free(o->prepared);
    mlab_design_free(o->ones);
    mlab_formula_free(o->one);
    world_free(&o->w);
}

static void compare(kinds_world *o, const double *psi, const char *what)
{
    double value, expected, gradient[4], slopes[4];
    size_t n = o->web->n_lambda + 1;
    ck_assert_int_eq(mlab_web_linear_evaluate(&o->linear, psi, &expected, slopes, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_web_kinds_evaluate(o->kinds, psi, &value, gradient, NULL), MLAB_OK);
    ck_assert_msg(mlab_test_near(value, expected, 1e-12, 0), "%s: %.15g, expected %.15g", what, value, expected);
    for (size_t k = 0; k < n; k++)
        ck_assert_msg(mlab_test_near(gradient[k], slopes[k], 1e-9, 1e-9), "%s, %zu: %.15g, expected %.15g", what, k, gradient[k], slopes[k]);
}

START_TEST(kinds_of_leaves_give_the_likelihood_and_gradient_of_the_leaves)
{
    static const double at[][4] = {{0.7, 0.4, 0.3, -0.1}, {-0.2, 1.5, 0.8, 0.3}, {0, 0.5, 0.2, 0}, {0.9, 0, 0, 0.2}};
    mlab_context context = mlab_test_context(NULL, 1);
    for (unsigned way = 0; way < 32; way++) {
        kinds_world o;
        char what[80];
        bool several = way & 4;
        open_world(&o, &context, way & 1 ? 100 : 6, way & 2, several, way & 8, way & 16);
        snprintf(what, sizeof what, "%s teams, %s%s%s%s", way & 1 ? "many" : "few", way & 2 ? "crossed" : "nested", several ? ", mentors" : "",
                 way & 8 ? ", weights" : "", way & 16 ? ", restricted" : "");
        if (way == 0) ck_assert_uint_lt(o.kinds->n, 40); /* six teams, 2 to 5 rows */
        for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
            double psi[4] = {at[k][0], at[k][1], several ? at[k][2] : at[k][3], at[k][3]};
            compare(&o, psi, what);
        }
        close_world(&o);
    }
}
END_TEST

START_TEST(a_fit_says_when_there_is_no_memory_for_kinds)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    kinds_world o;
    mlab_fit *fit;
    mlab_error err;
    open_world(&o, &context, 6, false, false, false, true);
    long before = memory.live, calls = memory.calls;
    ck_assert_int_eq(mlab_prepared_fit(&context, o.prepared, &fit, NULL), MLAB_OK);
    mlab_fit_free(fit);
    ck_assert_int_eq(memory.live, before);
    for (long k = 1, n = memory.calls - calls; k <= n; k++) {
        memory.fail_at = memory.calls + k;
        ck_assert_int_eq(mlab_prepared_fit(&context, o.prepared, &fit, &err), MLAB_ERR_MEMORY);
        ck_assert_ptr_null(fit);
        ck_assert_int_eq(memory.live, before);
    }
    memory.fail_at = 0;
    close_world(&o);
}
END_TEST

MLAB_TEST_MAIN("kinds", kinds_of_leaves_give_the_likelihood_and_gradient_of_the_leaves, a_fit_says_when_there_is_no_memory_for_kinds)
