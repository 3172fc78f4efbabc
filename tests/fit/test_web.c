/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random effects of several groupings, memberships and causes: the gradient against differences, one grouping against the program that it has
 * of its own, the likelihood against dense algebra, and worlds in which the truth is known.
 *
 * The world: 240 rows; person 0 .. 39 in 8 teams, who move now and then; up to 3 mentors of 10 a row, some rows without.
 *
 *     person  0 0 0 0 0 0 1 1 1 ...      team  0 0 0 0 0 1 | 1 1 1 ...      mentors  {3} {3, 7} {} ...
 */
#include "core/random.h"
#include "fit/mixed/mixed.h"
#include "fit/mixed/web_laplace.h"
#include "fit/worlds.h"

enum { N = 240, PEOPLE = 40, TEAMS = 8, MENTORS = 10, MOST = 3 };

static mlab_context context;

typedef struct web_world {
    world w;
    mlab_formula *terms[2];
    mlab_design *designs[2]; /* ~ 1, ~ x */
    uint32_t person[N], team[N], mentor[N * MOST];
    double x[N], number[N], weight[N];
    int32_t event[N], level[N], cause[N];
    mlab_random_grouping groupings[3];
} web_world;

static const char *const no_yes[] = {"no", "yes"}, *const levels[] = {"1", "2", "3", "4"}, *const causes[] = {"none", "voluntary", "involuntary"};

static double uniform(uint32_t i, uint8_t what)
{
    mlab_address address = {.seed = 5, .entity = i, .period = what, .purpose = MLAB_PURPOSE_TEST};
    return mlab_random_uniform(&address, 0);
}

static double normal(uint32_t i, uint8_t what)
{
    mlab_address address = {.seed = 5, .entity = i, .period = what, .purpose = MLAB_PURPOSE_TEST};
    return mlab_random_normal(&address, 0);
}

static void open_world(web_world *o)
{
    memset(o, 0, sizeof *o);
    context = mlab_test_context(NULL, 2);
    for (uint32_t i = 0; i < N; i++) {
        uint32_t p = i / 6;
        o->person[i] = p;
        o->team[i] = (p + (uniform(i, 1) < 0.15)) % TEAMS;
        uint32_t n_mentors = (uint32_t)(uniform(i, 2) * 4);
        for (uint32_t k = 0; k < MOST; k++) o->mentor[i * MOST + k] = k < n_mentors ? (uint32_t)(uniform(i, (uint8_t)(3 + k)) * MENTORS) : UINT32_MAX;
        if (i < MENTORS) o->mentor[i * MOST] = i;
        o->x[i] = normal(i, 10);
        o->weight[i] = 0.5 + (double)(i % 3) / 2;
        double eta = 0.4 * o->x[i] + 0.8 * normal(p, 11) + 0.6 * normal(o->team[i], 12), noise = uniform(i, 13);
        o->number[i] = floor(exp(0.5 + 0.5 * eta) / (0.2 + noise));
        o->event[i] = eta + log(noise / (1 - noise)) > 0.4;
        double latent = eta + log(noise / (1 - noise));
        o->level[i] = (latent > -1) + (latent > 0.2) + (latent > 1.5);
        o->cause[i] = uniform(i, 14) < 0.25 ? 1 : uniform(i, 15) < 0.2 ? 2 : 0;
    }
    world_real(&o->w, &context, "x", o->x, N);
    world_formula(&o->w, &context, "~ x");
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(mlab_formula_parse(&context, k ? "~ x" : "~ 1", NULL, &o->terms[k], NULL), MLAB_OK);
        ck_assert_int_eq(mlab_design_make(o->terms[k], o->w.table, NULL, &o->designs[k], NULL), MLAB_OK);
    }
    o->groupings[0] = (mlab_random_grouping){.design = o->designs[0], .group = o->person, .n_groups = PEOPLE, .name = "person"};
    o->groupings[1] = (mlab_random_grouping){.design = o->designs[0], .group = o->team, .n_groups = TEAMS, .name = "team"};
    o->groupings[2] = (mlab_random_grouping){.design = o->designs[0], .memberships = MOST, .group = o->mentor, .n_groups = MENTORS, .name = "mentor"};
    o->w.problem.random = o->groupings;
    o->w.problem.n_random = 3;
}

static void close_world(web_world *o)
{
    for (int k = 0; k < 2; k++) {
        mlab_design_free(o->designs[k]);
        mlab_formula_free(o->terms[k]);
    }
    world_free(&o->w);
}

/* The response that the model reads. */
static void respond(web_world *o, const char *model)
{
    mlab_fit_problem *p = &o->w.problem;
    p->category = NULL;
    p->number = NULL;
    if (!strcmp(model, "ordinal"))
        world_categories(&o->w, o->level, 4, levels);
    else if (!strcmp(model, "hazard") || !strcmp(model, "multinomial"))
        world_categories(&o->w, o->cause, 3, causes);
    else if (!strcmp(model, "logit") || !strcmp(model, "cloglog"))
        world_categories(&o->w, o->event, 2, no_yes);
    else
        p->number = o->number;
    for (size_t i = 0; i < N; i++) o->number[i] = floor(o->number[i]) + (!strcmp(model, "gamma") ? 0.5 : 0);
}

static void gradient_is_that_of_differences(web_world *o, const char *model, const double *psi, size_t n)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_prepared *prepared;
    mlab_web *web;
    mlab_web_rows rows;
    mlab_error err = {0};
    double value, gradient[20], moved[20], side[2];
    respond(o, model);
    ck_assert_msg(mlab_prepare(&context, mlab_model_find(model), &o->w.problem, &options, &prepared, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_msg(mlab_web_make(&context, prepared, &o->w.problem, o->w.problem.number, &web, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_int_eq(mlab_web_rows_make(web, &rows, NULL), MLAB_OK);
    ck_assert_msg(rows.n_parameters == n, "%s has %zu parameters", model, rows.n_parameters);
    ck_assert_int_eq(mlab_web_laplace(&rows, psi, &value, gradient, NULL), MLAB_OK);
    ck_assert_msg(isfinite(value), "%s", model);
    for (size_t j = 0; j < n; j++) {
        const double apart = 1e-4;
        for (int k = 0; k < 2; k++) {
            memcpy(moved, psi, n * sizeof *moved);
            moved[j] += k ? apart : -apart;
            ck_assert_int_eq(mlab_web_laplace(&rows, moved, &side[k], NULL, NULL), MLAB_OK);
        }
        double known = (side[1] - side[0]) / (2 * apart);
        ck_assert_msg(fabs(gradient[j] - known) <= 3e-6 * (1 + fabs(known)), "%s, parameter %zu: %.12g, by differences %.12g", model, j, gradient[j],
                      known);
    }
    mlab_web_rows_free(&rows);
    mlab_web_free(web);
    mlab_prepared_free(prepared);
}

START_TEST(the_gradient_is_that_of_differences)
{
    static web_world o;
    open_world(&o);
    gradient_is_that_of_differences(&o, "logit", (double[]){-0.4, 0.5, 0.8, -0.5, 0.4}, 5);
    gradient_is_that_of_differences(&o, "cloglog", (double[]){-0.4, 0.5, 0.8, -0.5, 0.4}, 5);
    gradient_is_that_of_differences(&o, "poisson", (double[]){0.6, 0.5, 0.4, 0.3, 0.2}, 5);
    gradient_is_that_of_differences(&o, "ordinal", (double[]){-1.2, 0.3, 1.4, 0.5, 0.8, -0.5, 0.4}, 7);
    gradient_is_that_of_differences(&o, "negative_binomial", (double[]){0.6, 0.5, 0.4, 0.3, 0.2, 0.3}, 6);
    gradient_is_that_of_differences(&o, "gamma", (double[]){0.6, 0.5, 0.4, 0.3, 0.2, 0.3}, 6);
    o.w.problem.weight = o.weight;
    o.groupings[0].design = o.designs[1]; /* slopes of the leaves */
    gradient_is_that_of_differences(&o, "logit", (double[]){-0.4, 0.5, 0.8, 0.2, 0.3, -0.5, 0.4}, 7);
    o.groupings[1].design = o.designs[1]; /* and of the knots */
    o.groupings[1].independent = true;
    gradient_is_that_of_differences(&o, "ordinal", (double[]){-1.2, 0.3, 1.4, 0.5, 0.8, 0.2, 0.3, -0.5, 0.3, 0.4}, 10);
    close_world(&o);
}
END_TEST

START_TEST(the_gradient_with_several_causes_is_that_of_differences)
{
    static web_world o;
    open_world(&o);
    o.w.problem.n_random = 2;
    gradient_is_that_of_differences(&o, "hazard", (double[]){-1.2, 0.3, -1.6, 0.1, 0.5, 0.2, 0.4, 0.3, -0.2, 0.6}, 10);
    gradient_is_that_of_differences(&o, "multinomial", (double[]){-1.2, 0.3, -1.6, 0.1, 0.5, 0.2, 0.4, 0.3, -0.2, 0.6}, 10);
    o.w.problem.random = o.groupings + 2; /* memberships alone: there is no leaf */
    o.w.problem.n_random = 1;
    o.groupings[2].independent = true;
    gradient_is_that_of_differences(&o, "hazard", (double[]){-1.2, 0.3, -1.6, 0.1, 0.5, 0.4}, 6);
    gradient_is_that_of_differences(&o, "logit", (double[]){-0.4, 0.5, 0.8}, 3);
    close_world(&o);
}
END_TEST

static void same_fit(const web_world *o, const char *model, bool linear)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_prepared *prepared;
    mlab_fit *fits[2];
    mlab_error err = {0};
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find(model), &o->w.problem, &options, &prepared, NULL), MLAB_OK);
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(mlab_fit_start(&context, prepared, &fits[k], NULL), MLAB_OK);
        mlab_status status = linear ? (k ? mlab_web_gaussian_fit : mlab_mixed_gaussian_fit)(&context, prepared, fits[k], &err)
                                    : (k ? mlab_web_fit : mlab_mixed_fit)(&context, prepared, fits[k], &err);
        ck_assert_msg(status == MLAB_OK, "%s: %s", model, err.sentence);
    }
    const mlab_fit *a = fits[0], *b = fits[1];
    ck_near(a->log_likelihood, b->log_likelihood, 0, 1e-8);
    for (size_t j = 0; j < a->n_parameters; j++) {
        ck_near(a->estimate[j], b->estimate[j], 0, 1e-6 * mlab_fit_standard_error(a, j));
        ck_near(mlab_fit_standard_error(a, j), mlab_fit_standard_error(b, j), 1e-4, 0);
    }
    for (size_t k = 0; k < a->random->n; k++) {
        ck_near(a->random->sd[k], b->random->sd[k], 0, 1e-6 * a->random->sd_se[k] + 1e-12);
        ck_near(a->random->sd_se[k], b->random->sd_se[k], 1e-4, 0);
    }
    for (size_t k = 0; k < a->random->n * a->random->n_groups; k++) {
        ck_near(a->random->mode[k], b->random->mode[k], 0, 1e-5 * a->random->mode_se[k]);
        ck_near(a->random->mode_se[k], b->random->mode_se[k], 1e-5, 0);
    }
    mlab_fit_free(fits[0]);
    mlab_fit_free(fits[1]);
    mlab_prepared_free(prepared);
}

START_TEST(one_grouping_is_fitted_as_by_the_program_that_it_has_of_its_own)
{
    static web_world o;
    open_world(&o);
    o.w.problem.n_random = 1;
    for (int k = 0; k < 2; k++) {
        static const char *const models[] = {"logit", "poisson", "ordinal", "linear"};
        for (size_t m = 0; m < 4; m++) {
            respond(&o, models[m]);
            same_fit(&o, models[m], m == 3);
        }
        o.groupings[0].design = o.designs[1];
    }
    close_world(&o);
}
END_TEST

MLAB_TEST_MAIN("web", the_gradient_is_that_of_differences, the_gradient_with_several_causes_is_that_of_differences,
               one_grouping_is_fitted_as_by_the_program_that_it_has_of_its_own)
