/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects of people with a full covariance (effects: correlated) in three parts, two numbers and a yes or no of the first people of pbcseq, against
 * the likelihood written plainly in R (scripts/reference/joint_correlated.R): estimates 1e-4 of their standard error, errors 1e-3, log-likelihood
 * 1e-5. */
#include "fit/joint/joint_draws.h"
#include "fit/joint/joint_parts.h"
#include "fit/joint_world.h"
#include "fit/reference.h"

enum { PARTS = 3 };
static const char *const names[PARTS] = {"bili", "albumin", "hepato"}, *const models[PARTS] = {"linear", "linear", "logit"};

/* The log-likelihood at the estimates by a finer rule. */
static double fine_value(const mlab_joint_part_problem *parts, const mlab_fit *fit)
{
    mlab_joint_model *m;
    double value = 0, *psi = joint_room(fit->n_parameters, sizeof *psi);
    ck_assert_int_eq(mlab_joint_make(&context, parts, PARTS, MLAB_JOINT_CORRELATED, &m, NULL), MLAB_OK);
    memcpy(psi, fit->estimate, fit->n_parameters * sizeof *psi);
    mlab_joint_inward(m, psi);
    for (int k = 0; k < 2; k++) {
        ck_assert(mlab_joint_nodes(m, k ? 19 : 5));
        ck_assert_int_eq(mlab_joint_settle(m, psi, &value, NULL), MLAB_OK);
    }
    for (size_t r = 0; r < PARTS; r++) value += mlab_joint_constant(&m->parts[r]);
    mlab_joint_model_free(m);
    free(psi);
    return value;
}

START_TEST(a_full_covariance_agrees_with_the_likelihood_written_plainly)
{
    static const char *const no_yes[] = {"0", "1"}, *const year[] = {"year"};
    context = mlab_test_context(NULL, 2);
    mlab_fit_options options = mlab_fit_defaults();
    mlab_error err = {0};
    study studies[PARTS];
    mlab_joint_part_problem parts[PARTS] = {{NULL, NULL}};
    options.quadrature = 10;
    for (size_t k = 0; k < PARTS; k++) {
        study *s = &studies[k];
        mlab_prepared *prepared;
        *s = open_file(mlab_test_path("reference/joint_three.csv"));
        add_column(s, year[0], NULL);
        s->cluster = room(s->n, sizeof *s->cluster);
        for (size_t i = 0; i < s->n; i++) s->cluster[i] = (uint32_t)strtoul(cell(s, i, "id"), NULL, 10) - 1;
        if (k < 2)
            respond_number(s, names[k]);
        else {
            s->category = room(s->n, sizeof *s->category);
            for (size_t i = 0; i < s->n; i++) s->category[i] = (int32_t)strtol(cell(s, i, names[k]), NULL, 10);
            respond(s, 2, no_yes);
        }
        ready(s, "~ year");
        s->w.problem.outcome = names[k];
        ck_assert_msg(!mlab_prepare(&context, mlab_model_find(models[k]), &s->w.problem, &options, &prepared, &err), "%s", err.sentence);
        parts[k].prepared = prepared;
    }
    mlab_fit *fit;
    ck_assert_msg(!mlab_joint_fit_parts(&context, "together", parts, names, PARTS, MLAB_JOINT_CORRELATED, &options, &fit, &err), "%s", err.sentence);
    ck_assert_msg(fit->trust == MLAB_TRUSTED, "%s", fit->reason);
    csv table = csv_read(mlab_test_path("reference/joint_correlated.csv"));
    ck_assert_uint_eq(table.n_rows, fit->n_parameters);
    for (size_t row = 0; row < table.n_rows; row++) {
        size_t j = joint_parameter(fit, csv_text(&table, row, "name"));
        double known = csv_number(&table, row, "estimate"), se = csv_number(&table, row, "se");
        ck_assert_msg(fabs(fit->estimate[j] - known) <= 1e-4 * se, "%s: %.12g, reference %.12g (error %g)", fit->names[j], fit->estimate[j], known,
                      se);
        ck_near(sqrt(fit->covariance[j * fit->n_parameters + j]), se, 1e-3, 0);
    }
    ck_near(fit->log_likelihood, csv_number(&table, 0, "loglik"), 0, 1e-4); /* of 10 nodes */
    ck_near(fine_value(parts, fit), csv_number(&table, 0, "loglik"), 0, 1e-5);
    csv_free(&table);
    mlab_fit_free(fit);
    for (size_t k = 0; k < PARTS; k++) {
        mlab_prepared_free((mlab_prepared *)(uintptr_t)parts[k].prepared);
        close_study(&studies[k]);
    }
}
END_TEST

MLAB_TEST_MAIN("joint correlated", a_full_covariance_agrees_with_the_likelihood_written_plainly)
