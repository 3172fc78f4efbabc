/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights of people and priors of coefficients in joint models. */
#include "fit/joint/joint_draws.h"
#include "fit/joint/joint_parts.h"
#include "fit/joint_world.h"

static mlab_context context;
static const joint_truth plain = {.people = 120, .periods = 6, .seed = 5, .sd = 1, .gain = -0.6, .base = -2, .gaussian = true, .two_causes = true};

/* Weights of rows from those of people. */
static void weigh(joint_world *w, const double *by_person, mlab_weight_kind kind, double *of_answers, double *of_exits)
{
    for (size_t i = 0; i < w->d.n; i++) of_exits[i] = by_person[w->d.person[i]];
    for (size_t k = 0; k < w->d.n_answers; k++) of_answers[k] = by_person[w->d.person_answer[k]];
    mlab_fit_problem *const problems[] = {&w->answers.problem, &w->exits.problem};
    for (size_t k = 0; k < 2; k++) {
        problems[k]->weight = k ? of_exits : of_answers;
        problems[k]->weights = kind;
        problems[k]->weights_sampling = kind == MLAB_WEIGHTS_SAMPLING;
    }
}

static void compare(const mlab_fit *a, const mlab_fit *b, double close)
{
    size_t n = a->n_parameters;
    ck_assert_uint_eq(n, b->n_parameters);
    for (size_t j = 0; j < n; j++) {
        double se = sqrt(b->covariance[j * n + j]);
        ck_near(a->estimate[j], b->estimate[j], 0, close * se);
        ck_near(sqrt(a->covariance[j * n + j]), se, close, 0);
        ck_near(mlab_fit_standard_error(a, j), mlab_fit_standard_error(b, j), close, 0);
    }
}

/* Everybody with weight 2 stands in the other world twice. */
START_TEST(frequencies_are_people_alike)
{
    context = mlab_test_context(NULL, 2);
    mlab_fit_options options = mlab_fit_defaults();
    joint_world w = joint_world_make(&context, &plain), twice = joint_world_make(&context, &plain);
    double by_person[120], *weight = joint_room(2 * w.d.n, sizeof *weight);
    for (size_t g = 0; g < 120; g++) by_person[g] = 1 + (double)(g % 2);
    weigh(&w, by_person, MLAB_WEIGHTS_FREQUENCY, weight, weight + w.d.n);
    w.answers.problem.formula = NULL; /* its text is not needed */
    joint_prepare(&w, &context, &plain, &options);
    mlab_fit *fit = joint_world_fit(&w, &context, MLAB_JOINT_SHARED, &options);
    size_t n = 0, m = 0, most = 2 * w.d.n;
    uint32_t *rows = joint_room(most, sizeof *rows), *person = joint_room(most, sizeof *person), *of = joint_room(most, sizeof *of);
    uint32_t *who = joint_room(most, sizeof *who);
    int32_t *cause = joint_room(most, sizeof *cause);
    double *number = joint_room(most, sizeof *number);
    for (uint32_t copy = 0; copy < 2; copy++) {
        for (size_t i = 0; i < w.d.n; i++)
            if (!copy || w.d.person[i] % 2) rows[n] = (uint32_t)i, cause[n] = w.d.cause[i], person[n++] = w.d.person[i] + (copy ? 120 : 0);
        for (size_t k = 0; k < w.d.n_answers; k++)
            if (!copy || w.d.person_answer[k] % 2) of[m] = w.d.rows[k], number[m] = w.d.number[k], who[m++] = w.d.person_answer[k] + (copy ? 120 : 0);
    }
    for (size_t i = 0; i < n; i++) person[i] = person[i] < 120 ? person[i] : 120 + (person[i] - 120) / 2;
    for (size_t i = 0; i < m; i++) who[i] = who[i] < 120 ? who[i] : 120 + (who[i] - 120) / 2;
    twice.exits.problem.rows = rows, twice.exits.problem.n = n, twice.exits.problem.category = cause, twice.exits.problem.cluster = person;
    twice.answers.problem.rows = of, twice.answers.problem.n = m, twice.answers.problem.number = number, twice.answers.problem.cluster = who;
    twice.exits.problem.n_clusters = twice.answers.problem.n_clusters = 180;
    joint_prepare(&twice, &context, &plain, &options);
    mlab_fit *other = joint_world_fit(&twice, &context, MLAB_JOINT_SHARED, &options);
    ck_near(fit->log_likelihood, other->log_likelihood, 1e-10, 0);
    ck_assert_int_eq(fit->weights, MLAB_WEIGHTS_FREQUENCY);
    ck_near(fit->weight_total, 180, 1e-14, 0);
    compare(fit, other, 1e-6);
    mlab_fit_free(fit);
    mlab_fit_free(other);
    joint_world_free(&w);
    joint_world_free(&twice);
    void *const memory[] = {weight, rows, person, of, who, cause, number};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) free(memory[k]);
}
END_TEST

/* Their unit does not matter, nor that each part is scaled to its own rows. */
START_TEST(sampling_weights_have_no_unit)
{
    context = mlab_test_context(NULL, 2);
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit *fits[2];
    for (int k = 0; k < 2; k++) {
        joint_world w = joint_world_make(&context, &plain);
        double by_person[120], *weight = joint_room(2 * w.d.n, sizeof *weight);
        for (size_t g = 0; g < 120; g++) by_person[g] = (k ? 30 : 1) * (0.5 + (double)(g % 5));
        weigh(&w, by_person, MLAB_WEIGHTS_SAMPLING, weight, weight + w.d.n);
        for (size_t i = 0; i < w.d.n && k; i++) weight[w.d.n + i] *= 7;
        joint_prepare(&w, &context, &plain, &options);
        fits[k] = joint_world_fit(&w, &context, MLAB_JOINT_SHARED, &options);
        joint_world_free(&w);
        free(weight);
    }
    compare(fits[0], fits[1], 1e-6);
    ck_near(fits[0]->weight_total, 120, 1e-12, 0);
    ck_assert_double_gt(mlab_fit_standard_error(fits[0], 0), 1.05 * sqrt(fits[0]->covariance[0])); /* the sandwich is not the model's */
    mlab_fit_free(fits[0]);
    mlab_fit_free(fits[1]);
}
END_TEST

static void refused(joint_world *w, mlab_status expected, const char *says)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit *fit;
    mlab_error err = {0};
    joint_prepare(w, &context, &plain, &options);
    const mlab_joint_part_problem parts[] = {{w->prepared[0], NULL}, {w->prepared[1], NULL}};
    ck_assert_int_eq(mlab_joint_fit_parts(&context, "together", parts, joint_names, 2, MLAB_JOINT_SHARED, &options, &fit, &err), expected);
    ck_assert_msg(strstr(err.sentence, says), "%s", err.sentence);
    ck_assert_ptr_null(fit);
}

START_TEST(weights_that_are_not_those_of_people_are_refused)
{
    context = mlab_test_context(NULL, 1);
    double by_person[120], *weight = joint_room(4 * 120 * 6, sizeof *weight);
    for (size_t g = 0; g < 120; g++) by_person[g] = 1 + (double)(g % 3);
    for (int k = 0; k < 4; k++) {
        joint_world w = joint_world_make(&context, &plain);
        weigh(&w, by_person, MLAB_WEIGHTS_FREQUENCY, weight, weight + w.d.n);
        if (k == 0) weight[1] = 9;                                           /* one row */
        if (k == 1) w.exits.problem.weight = NULL;                           /* one part */
        if (k == 2) w.exits.problem.weights = MLAB_WEIGHTS_SAMPLING;         /* two kinds */
        for (size_t i = 0; i < w.d.n && k == 3; i++) weight[w.d.n + i] += 1; /* other ones in a part */
        refused(&w, k == 0 || k == 3 ? MLAB_ERR_FIT_RESPONSE : MLAB_ERR_FIT_MODEL,
                k == 0 || k == 3 ? "people's"
                : k == 1         ? "others none"
                                 : "one kind");
        joint_world_free(&w);
    }
    free(weight);
}
END_TEST

/* At the estimate the score of the data is what the prior pulls; errors are those of both; what the data say alone stands beside. */
START_TEST(a_prior_pulls_its_coefficient_and_is_told_apart)
{
    context = mlab_test_context(NULL, 2);
    mlab_fit_options options = mlab_fit_defaults();
    char of_exits[] = "voluntary:x", of_answers[] = "(Intercept)", *const sources[] = {of_exits, of_answers};
    mlab_prior priors[] = {{.parameter = of_exits, .mean = -0.5, .sd = 0.1}, {.parameter = of_answers, .mean = 2, .sd = 0.2}};
    (void)sources;
    joint_world plainly = joint_world_make(&context, &plain), w = joint_world_make(&context, &plain);
    joint_prepare(&plainly, &context, &plain, &options);
    mlab_fit *data = joint_world_fit(&plainly, &context, MLAB_JOINT_SHARED, &options);
    w.exits.problem.priors = &priors[0], w.exits.problem.n_priors = 1;
    w.answers.problem.priors = &priors[1], w.answers.problem.n_priors = 1;
    joint_prepare(&w, &context, &plain, &options);
    mlab_fit *fit = joint_world_fit(&w, &context, MLAB_JOINT_SHARED, &options);
    ck_assert_uint_eq(fit->n_priors, 2);
    const mlab_joint_part_problem parts[] = {{w.prepared[0], NULL}, {w.prepared[1], NULL}};
    mlab_joint_model *m;
    ck_assert_int_eq(mlab_joint_make(&context, parts, 2, MLAB_JOINT_SHARED, &m, NULL), MLAB_OK);
    ck_assert(mlab_joint_nodes(m, fit->joint->n_nodes));
    size_t n = m->n_parameters;
    double *psi = joint_room(2 * n + 2 * n * n, sizeof *psi), *gradient = psi + n, value;
    memcpy(psi, fit->estimate, n * sizeof *psi);
    mlab_joint_inward(m, psi);
    for (int k = 0; k < 3; k++) ck_assert_int_eq(mlab_joint_evaluate(m, psi, &value, gradient, gradient + n, gradient + n + n * n, NULL), MLAB_OK);
    ck_near(value + mlab_joint_constant(&m->parts[0]) + mlab_joint_constant(&m->parts[1]), fit->log_likelihood, 1e-9, 0);
    for (size_t k = 0; k < 2; k++) {
        const mlab_fit_prior *prior = &fit->priors[k];
        const char *name = k ? "retention:voluntary:x" : "satisfaction:(Intercept)";
        size_t at = joint_parameter(fit, name);
        ck_assert_uint_eq(prior->parameter, at);
        ck_near(prior->data_estimate, data->estimate[at], 0, 1e-6);
        ck_near(prior->data_se, mlab_fit_standard_error(data, at), 1e-5, 0);
        ck_assert((fit->estimate[at] - prior->mean) * (data->estimate[at] - fit->estimate[at]) > 0); /* between the two */
        ck_assert_double_lt(sqrt(fit->covariance[at * n + at]), prior->sd);
        /* x of the exits is near centred: its own score is the pull */
        if (k == 1) ck_near(gradient[at], (fit->estimate[at] - prior->mean) / (prior->sd * prior->sd), 1e-4, 1e-4);
        ck_assert_str_eq(prior->source, "stated");
    }
    ck_assert_double_lt(fit->penalised_log_likelihood, fit->log_likelihood + 10);
    ck_assert_ptr_nonnull(strstr(fit->reason, "standard errors apart"));
    mlab_draws *draws; /* refits keep the priors */
    mlab_error err = {0};
    ck_assert_msg(!mlab_joint_draw_parts(&context, parts, 2, fit, MLAB_DRAWS_BOOTSTRAP, 10, 3, &draws, &err), "%s", err.sentence);
    size_t at = draws->first[1] + joint_parameter(fit, "retention:voluntary:x") - joint_parameter(fit, "retention:voluntary:(Intercept)");
    for (size_t d = 0; d < 10; d++)
        ck_assert_double_lt(draws->value[d * draws->n_parameters + at], data->estimate[joint_parameter(data, "retention:voluntary:x")]);
    mlab_draws_free(draws);
    free(psi);
    mlab_joint_model_free(m);
    mlab_fit_free(fit);
    mlab_fit_free(data);
    joint_world_free(&w);
    joint_world_free(&plainly);
}
END_TEST

START_TEST(a_prior_of_no_coefficient_is_refused_with_the_nearest_name)
{
    context = mlab_test_context(NULL, 1);
    char name[] = "voluntary:y";
    mlab_prior prior = {.parameter = name, .mean = 0, .sd = 1};
    joint_world w = joint_world_make(&context, &plain);
    w.exits.problem.priors = &prior, w.exits.problem.n_priors = 1;
    refused(&w, MLAB_ERR_FIT_MODEL, "voluntary:x");
    joint_world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("joint weights", frequencies_are_people_alike, sampling_weights_have_no_unit, weights_that_are_not_those_of_people_are_refused,
               a_prior_pulls_its_coefficient_and_is_told_apart, a_prior_of_no_coefficient_is_refused_with_the_nearest_name)
