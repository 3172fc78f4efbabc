/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cox's model with a shared frailty: the whole likelihood maximised in R, its terms by brute force, a boundary, late entry, recovery. */
#include "fit/frailty_groups.h"
#include "fit/mixed/mixed_robust.h"
#include "fit/outcome.h"
#include "fit/survival/frailty.h"
#include "fit/survival/frailty_draw.h"
#include "fit/sweep.h"
#include "mentorlab/after.h"
#include "mentorlab/draws.h"

#include "core/random.h"

/* 24-point Gauss-Legendre would do; a plain fine sum is plainer. */
static double brute(double d, double hazard, double w)
{
    double sum = 0, step = sqrt(w) / 500;
    for (double u = -12 * sqrt(w); u < 12 * sqrt(w); u += step) sum += exp(d * u - hazard * exp(u) - u * u / (2 * w));
    return log(sum * step / sqrt(2 * acos(-1) * w));
}

START_TEST(the_normal_term_is_its_integral)
{
    static const double cases[][3] = {{0, 0, 0.5}, {0, 5, 2}, {1, 0.3, 0.2}, {5, 3, 1}, {12, 40, 0.7}, {60, 20, 0.3}, {3, 0, 1}, {0, 300, 4}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        ck_near(mlab_frailty_normal(cases[k][0], cases[k][1], cases[k][2]).value, brute(cases[k][0], cases[k][1], cases[k][2]), 1e-11, 1e-12);
}
END_TEST

START_TEST(derivatives_of_both_terms_are_those_of_their_values)
{
    static const double cases[][3] = {{0, 0.4, 0.5}, {2, 5, 2}, {7, 3, 0.2}, {1, 0.01, 0.3}, {4, 6, 0.004}};
    static const mlab_frailty_law laws[] = {mlab_frailty_gamma, mlab_frailty_normal};
    for (size_t l = 0; l < 2; l++)
        for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
            double d = cases[k][0], hazard = cases[k][1], w = cases[k][2], e = 1e-4 * hazard, ew = 1e-4 * w;
            mlab_frailty_term t = laws[l](d, hazard, w), up = laws[l](d, hazard + e, w), down = laws[l](d, hazard - e, w);
            mlab_frailty_term more = laws[l](d, hazard, w + ew), less = laws[l](d, hazard, w - ew);
            ck_near(-(up.value - down.value) / (2 * e), t.mean, 1e-6, 1e-9);
            ck_near(-(up.mean - down.mean) / (2 * e), t.spread, 1e-6, 1e-8);
            ck_near((more.value - less.value) / (2 * ew), t.by, 1e-5, 1e-7);
            ck_near((more.by - less.by) / (2 * ew), t.by_by, 1e-5, 1e-6);
            ck_near(-(more.mean - less.mean) / (2 * ew), t.by_hazard, 1e-5, 1e-7);
        }
}
END_TEST

START_TEST(a_vanishing_variance_leaves_the_slope_of_the_score_test)
{
    for (double d = 0; d < 4; d++)
        for (double hazard = 0.5; hazard < 4; hazard += 1) {
            ck_near(mlab_frailty_gamma(d, hazard, 1e-10).by, 0.5 * ((d - hazard) * (d - hazard) - d), 1e-7, 1e-8);
            ck_near(mlab_frailty_gamma(d, hazard, 1e-10).value, -hazard, 1e-8, 0);
        }
}
END_TEST

/* --- fits ------------------------------------------------------------------------------------------------------------ */

/* Of the first stratum's cumulative hazard at its last event, for columns that are all 0; times exp(at'b). */
static double error_at_zero(const mlab_fit *fit)
{
    const mlab_baseline *b = fit->baseline;
    size_t p = fit->n_parameters, last = b->first[1] - 1;
    double sum = b->variance[last];
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++)
            sum += (-b->at[j] * b->cumulative_hazard[last] - b->mean[last * p + j]) * fit->covariance[j * p + k] *
                   (-b->at[k] * b->cumulative_hazard[last] - b->mean[last * p + k]);
    return sqrt(sum);
}

static void check(const mlab_fit *fit, const char *name)
{
    csv reference = csv_read(mlab_test_path("reference/frailty.csv"));
    size_t j = 0;
    for (size_t r = 0; r < reference.n_rows; r++) {
        if (strcmp(csv_text(&reference, r, "case"), name)) continue;
        double estimate = csv_number(&reference, r, "estimate"), se = csv_number(&reference, r, "se");
        if (j == fit->n_parameters) {
            const mlab_random_effects *of = fit->random;
            ck_near(2 * log(of->sd[0]), estimate, 0, 1e-8 * fmax(fabs(estimate), se));
            ck_near(2 * of->sd_se[0] / of->sd[0], se, 1e-8, 0);
            ck_near(of->deviance, 2 * (csv_number(&reference, r, "loglik") - csv_number(&reference, r, "none")), 0, 1e-9);
            double hazard = fit->baseline->cumulative_hazard[fit->baseline->first[1] - 1], at = 0;
            for (size_t k = 0; k < fit->n_parameters; k++) at += fit->baseline->at[k] * fit->estimate[k];
            ck_near(hazard * exp(-at), csv_number(&reference, r, "hazard"), 1e-7, 0);
            ck_near(exp(-at) * error_at_zero(fit), csv_number(&reference, r, "hazard_se"), 1e-7, 0);
        } else {
            ck_assert_msg(fabs(fit->estimate[j] - estimate) <= 1e-8 * fmax(fabs(estimate), se), "%s %s: %.15g, expected %.15g", name, fit->names[j],
                          fit->estimate[j], estimate);
            ck_near(sqrt(fit->covariance[j * (fit->n_parameters + 1)]), se, 1e-8, 0);
        }
        ck_near(fit->log_likelihood, csv_number(&reference, r, "loglik"), 0, 1e-9);
        j++;
    }
    ck_assert_uint_eq(j, fit->n_parameters + 1);
    ck_assert_msg(fit->trust == MLAB_TRUSTED && fit->gradient < 1e-8, "%s: %s, gradient %g", name, fit->reason, fit->gradient);
    csv_free(&reference);
}

START_TEST(fits_are_the_maximum_of_the_whole_likelihood)
{
    static const char *const laws[] = {"gamma", "normal"};
    static const char *const kidney_cases[] = {"kidney_gamma", "kidney_normal"}, *const strata_cases[] = {"strata_gamma", "strata_normal"};
    groups kidney = open_groups("reference/kidney.csv", kidney_columns, 5), rats = open_groups("reference/rats.csv", rats_columns, 5);
    for (size_t l = 0; l < 2; l++) {
        mlab_fit *fit = fit_of(&kidney, "event(time, status) ~ age + female + (1 | group)", laws[l]);
        check(fit, kidney_cases[l]);
        ck_assert_uint_eq(fit->random->n_groups, 38);
        ck_assert(mlab_model_mixed("cox"));
        ck_assert(fit->random->gamma == (l == 0) && fit->random->tested);
        ck_near(fit->random->p, 0.5 * erfc(sqrt(fit->random->deviance / 2)), 1e-10, 0);
        mlab_fit_free(fit);
        fit = fit_of(&rats, "event(time, status) ~ rx + strata(female) + (1 | group)", laws[l]);
        check(fit, strata_cases[l]);
        mlab_fit_free(fit);
    }
    close_study(&kidney.s);
    close_study(&rats.s);
}
END_TEST

START_TEST(late_entry_is_conditioned_on)
{
    groups g = late_rats();
    for (int l = 0; l < 2; l++) {
        mlab_fit *fit = fit_of(&g, LATE, l ? "normal" : "gamma"), *plain;
        check(fit, l ? "late_normal" : "late_gamma");
        ck_assert_msg(strstr(fit->reason, "CR1 by id is not there") && strstr(fit->reason, "rows come late"), "%s", fit->reason);
        plain = fit_of(&g, "event(stop, status) ~ rx + (1 | group)", l ? "normal" : "gamma"); /* as if all had been seen from day 0 */
        ck_assert(fabs(plain->random->sd[0] - fit->random->sd[0]) > 1e-3);
        mlab_fit_free(fit);
        mlab_fit_free(plain);
    }
    world_free(&g.s.w);
}
END_TEST

/* Patient 21 of kidney has 562 days and an event at 152: a frailty well under 1. */
START_TEST(effects_of_groups_are_their_means_given_what_happened)
{
    groups kidney = open_groups("reference/kidney.csv", kidney_columns, 5);
    mlab_fit *fit = fit_of(&kidney, "event(time, status) ~ age + female + (1 | group)", "gamma");
    const mlab_random_effects *of = fit->random;
    double mean = 0;
    for (size_t g = 0; g < of->n_groups; g++) mean += exp(of->mode[g]) / (double)of->n_groups;
    ck_near(mean, 1, 1e-8, 0); /* the score of the log variance and of the steps together */
    size_t least = 0;
    for (size_t g = 0; g < of->n_groups; g++)
        if (of->mode[g] < of->mode[least]) least = g;
    ck_assert_str_eq(of->groups[least], "21");
    /* conditional and averaged survival: the first has the effect, the second is (1 + w H)^(-1 / w) */
    double times[] = {100}, one, averaged, effect = of->mode[least], conditional;
    ck_assert_int_eq(mlab_predict_at(&context, fit, kidney.data.people, NULL, 0, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 1, &one, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_predict_conditional(&context, fit, kidney.data.people, NULL, 0, 1, NULL, NULL, &effect, MLAB_SCALE_SURVIVAL, times, 1,
                                              &conditional, NULL),
                     MLAB_OK);
    ck_assert_int_eq(mlab_predict_averaged(&context, fit, kidney.data.people, NULL, 0, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 1, &averaged, NULL),
                     MLAB_OK);
    ck_near(log(conditional), log(one) * exp(effect), 1e-12, 0);
    ck_near(averaged, pow(1 - of->covariance[0] * log(one), -1 / of->covariance[0]), 1e-12, 0);
    mlab_fit_free(fit);
    close_study(&kidney.s);
}
END_TEST

/* Every group has one event in six among equal rows: fewer differences than chance would make. */
START_TEST(groups_that_do_not_differ_are_on_the_boundary_and_say_so)
{
    enum { N = 60 };
    double group[N], time[N], status[N], x[N];
    for (size_t i = 0; i < N; i++) {
        group[i] = (double)(i / 6);
        time[i] = (double)(1 + i * 37 % 59);
        status[i] = i % 6 == 2 || i % 6 == 4;
        x[i] = (double)(i * 7 % 5);
    }
    context = mlab_test_context(NULL, 1);
    options = mlab_fit_defaults();
    options.ties = 1;
    world w = {0};
    world_real(&w, &context, "group", group, N);
    world_real(&w, &context, "time", time, N);
    world_real(&w, &context, "status", status, N);
    world_real(&w, &context, "x", x, N);
    groups g = {.data = {.context = &context, .people = w.table, .person_level = true}};
    for (int l = 0; l < 2; l++) {
        mlab_fit *alone = fit_of(&g, "event(time, status) ~ x", NULL);
        mlab_fit *fit = fit_of(&g, "event(time, status) ~ x + (1 | group)", l ? "normal" : "gamma");
        ck_assert_msg(fit->trust == MLAB_ON_BOUNDARY, "%s", fit->reason);
        ck_assert_msg(strstr(fit->reason, "the variance between group is 0"), "%s", fit->reason);
        ck_assert(fit->random->sd[0] == 0 && fit->random->p == 1 && fit->random->deviance == 0);
        ck_near(fit->estimate[0], alone->estimate[0], 1e-9, 0);
        ck_near(fit->log_likelihood, alone->log_likelihood, 1e-12, 0);
        mlab_fit_free(alone);
        mlab_fit_free(fit);
    }
    world_free(&w);
}
END_TEST

/* Rows cut in two at a day that is nobody's own tell the same; without their first halves they are late. */
START_TEST(rows_cut_in_time_tell_the_same_and_late_entry_is_refused)
{
    groups kidney = open_groups("reference/kidney.csv", kidney_columns, 5);
    mlab_fit *whole = fit_of(&kidney, "event(time, status) ~ age + (1 | group)", "gamma"), *cut;
    size_t n = kidney.s.n, at = 0;
    double *column[5];
    world w = {0};
    for (size_t c = 0; c < 5; c++) column[c] = calloc(2 * n, sizeof(double));
    const mlab_column *group = mlab_table_find(kidney.data.people, "group"), *time = mlab_table_find(kidney.data.people, "time");
    const mlab_column *status = mlab_table_find(kidney.data.people, "status"), *age = mlab_table_find(kidney.data.people, "age");
    for (size_t i = 0; i < n; i++)
        for (int half = 0; half < 2; half++) {
            double stop = time->as.real[i];
            if (half == 0 && stop <= 50) continue;
            column[0][at] = group->as.real[i];
            column[1][at] = half && stop > 50 ? 50 : 0;
            column[2][at] = half ? stop : 50;
            column[3][at] = half ? status->as.real[i] : 0;
            column[4][at++] = age->as.real[i];
        }
    static const char *const names[] = {"group", "start", "stop", "status", "age"};
    for (size_t c = 0; c < 5; c++) world_real(&w, &context, names[c], column[c], at);
    groups g = {.data = {.context = &context, .people = w.table, .person_level = true}};
    cut = fit_of(&g, "event(start, stop, status) ~ age + (1 | group) + cluster(group)", "gamma");
    ck_near(cut->estimate[0], whole->estimate[0], 1e-9, 0);
    ck_near(cut->random->sd[0], whole->random->sd[0], 1e-9, 0);
    ck_near(cut->log_likelihood, whole->log_likelihood, 1e-11, 0);
    mlab_column *stop = (mlab_column *)mlab_table_find(w.table, "stop");
    for (size_t i = 0; i < at; i++)
        if (stop->as.real[i] == 50) stop->as.real[i] = 49;
    mlab_fit *late;
    mlab_error err;
    ck_assert_int_eq(fit_into(&g, "event(start, stop, status) ~ age + (1 | group)", "gamma", &late, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_msg(strstr(err.sentence, "enters at 50") && strstr(err.sentence, "cluster(person)"), "%s", err.sentence);
    ck_assert_int_eq(fit_into(&g, "event(start, stop, status) ~ age + (1 | group) + cluster(group)", "gamma", &late, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_msg(strstr(err.sentence, "begins at 50, after a gap") && strstr(err.sentence, "(1 | group)"), "%s", err.sentence);
    mlab_fit_free(whole);
    mlab_fit_free(cut);
    world_free(&w);
    for (size_t c = 0; c < 5; c++) free(column[c]);
    close_study(&kidney.s);
}
END_TEST

START_TEST(what_a_frailty_cannot_be_is_refused_in_words)
{
    static const struct {
        const char *formula, *words;
        int ties;
    } cases[] = {{"event(time, status) ~ age + (1 + age | group)", "one frailty (1 | group)", 1},
                 {"event(time, status) ~ age + (1 | group) + (1 | female)", "one frailty (1 | group)", 1},
                 {"event(time, status) ~ age + (1 | group)", "exact ties have no frailty", 2}};
    groups kidney = open_groups("reference/kidney.csv", kidney_columns, 5);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mlab_fit *fit;
        mlab_error err;
        options.ties = cases[c].ties;
        ck_assert_int_ne(fit_into(&kidney, cases[c].formula, NULL, &fit, &err), MLAB_OK);
        ck_assert_ptr_null(fit);
        ck_assert_msg(strstr(err.sentence, cases[c].words), "%s", err.sentence);
    }
    options.ties = 0;
    mlab_fit *fit = fit_of(&kidney, "event(time, status) ~ age + (1 | group)", NULL);
    ck_assert_msg(strstr(fit->reason, "tied times are Breslow's"), "%s", fit->reason);
    mlab_fit_free(fit);
    close_study(&kidney.s);
}
END_TEST

/* Against the area under the averaged survival, a step function. */
START_TEST(mean_times_are_averaged_over_frailties)
{
    double times[] = {100}, area, plain = 0;
    groups kidney = open_groups("reference/kidney.csv", kidney_columns, 5);
    for (int gamma = 0; gamma < 2; gamma++, plain = 0) {
        mlab_fit *fit = fit_of(&kidney, "event(time, status) ~ age + (1 | group)", gamma ? "gamma" : "normal");
        ck_assert_int_eq(
            mlab_predict_averaged(&context, fit, kidney.data.people, NULL, 0, 1, NULL, NULL, MLAB_SCALE_RESTRICTED, times, 1, &area, NULL), MLAB_OK);
        for (double at = 0.5; at < 100; at += 1) { /* events are at whole days */
            double s;
            ck_assert_int_eq(mlab_predict_averaged(&context, fit, kidney.data.people, NULL, 0, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, &at, 1, &s, NULL),
                             MLAB_OK);
            plain += s;
        }
        ck_near(area, plain, 1e-10, 0);
        mlab_fit_free(fit);
    }
    close_study(&kidney.s);
}
END_TEST

/* --- draws, refits, robust errors ------------------------------------------------------------------------------------------- */

#define KIDNEY "event(time, status) ~ age + female + (1 | group)"

static mlab_outcome outcome_of(const char *formula, const char *frailty)
{
    return (mlab_outcome){
        .name = "it", .kind = MLAB_OUTCOME_EVENT, .better = 1, .model = "cox", .frailty = (char *)frailty, .formula = (char *)formula};
}

/* 800 draws: the log cumulative hazard of somebody with covariates of 0 at the last event has the delta error of the fit, within 15 % (6 standard
 * errors), and no draw falls; effects are around those of the fit. */
START_TEST(draws_have_the_errors_of_the_baseline_and_effects_of_the_groups)
{
    enum { D = 800 };
    static const char *const laws[] = {"gamma", "normal"};
    groups g = open_groups("reference/kidney.csv", kidney_columns, 5);
    for (int l = 0; l < 2; l++) {
        mlab_outcome outcome = outcome_of(KIDNEY, laws[l]);
        const mlab_outcome *outcomes[] = {&outcome};
        mlab_fit *fit = fit_of(&g, KIDNEY, laws[l]);
        const mlab_fit *fits[] = {fit};
        const mlab_baseline *b = fit->baseline;
        mlab_draws *draws, *again;
        mlab_error err = {0};
        ck_assert_msg(!mlab_draws_make_mixed(&context, &g.data, outcomes, &options, fits, 1, D, 5, &draws, &err), "%s", err.sentence);
        context.threads = 7;
        ck_assert_int_eq(mlab_draws_make_mixed(&context, &g.data, outcomes, &options, fits, 1, 3, 5, &again, &err), MLAB_OK);
        context.threads = 1;
        ck_assert_mem_eq(again->baselines->cumulative_hazard, draws->baselines->cumulative_hazard, 3 * b->n * sizeof(double));
        ck_assert_mem_eq(again->effects->value, draws->effects->value, 3 * 38 * sizeof(double));
        ck_assert_uint_eq(draws->n_baselines, 1);
        double mean = 0, square = 0, expected = log(b->cumulative_hazard[b->n - 1]);
        for (size_t j = 0; j < fit->n_parameters; j++) expected -= b->at[j] * fit->estimate[j];
        for (size_t d = 0; d < D; d++) {
            const double *hazard = draws->baselines->cumulative_hazard + d * b->n, *value = draws->value + d * fit->n_parameters;
            double at = log(hazard[b->n - 1]);
            for (size_t k = 1; k < b->n; k++) ck_assert(hazard[k] >= hazard[k - 1]);
            for (size_t j = 0; j < fit->n_parameters; j++) at -= b->at[j] * value[j];
            mean += (at - expected) / D, square += (at - expected) * (at - expected) / D;
        }
        double se = error_at_zero(fit) / b->cumulative_hazard[b->n - 1];
        ck_near(mean, 0, 0, 5 * se / sqrt(D) + 0.1 * se);
        ck_near(sqrt(square), se, 0.15, 0);
        for (size_t k = 0; k < 38; k++) {
            double effect = 0;
            for (size_t d = 0; d < D; d++) effect += draws->effects->value[d * 38 + k] / D;
            ck_assert(fabs(effect - fit->random->mode[k]) < 0.35 * fit->random->mode_se[k] + 0.15);
        }
        double times[] = {100}, drawn;
        ck_assert_int_eq(mlab_predict_drawn(&context, fit, draws, 0, 1, g.data.people, NULL, 0, 1, NULL, MLAB_SCALE_SURVIVAL, times, 1, &drawn, &err),
                         MLAB_OK);
        ck_assert(drawn > 0 && drawn < 1);
        mlab_draws_free(draws);
        mlab_draws_free(again);
        mlab_fit_free(fit);
    }
    close_study(&g.s);
}
END_TEST

START_TEST(a_refit_to_whole_groups_is_the_fit_with_its_baseline)
{
    groups g = open_groups("reference/rats.csv", rats_columns, 5);
    static const char formula[] = "event(time, status) ~ rx + strata(female) + (1 | group) + cluster(group)";
    mlab_outcome outcome = outcome_of(formula, "gamma");
    const mlab_outcome *outcomes[] = {&outcome};
    mlab_fit *fit = fit_of(&g, formula, "gamma");
    const mlab_fit *fits[] = {fit};
    mlab_outcome_problem *made;
    mlab_prepared *prepared;
    mlab_draws *draws;
    mlab_error err = {0};
    double ones[100], estimate[4], spread, hazard[400];
    mlab_refit_info info;
    mlab_refit_weights weights = {.cluster = ones};
    ck_assert_int_eq(mlab_outcome_problem_make(&context, &g.data, &outcome, &options, &made, &err), MLAB_OK);
    ck_assert_int_eq(mlab_prepare(&context, made->model, &made->problem, &made->options, &prepared, &err), MLAB_OK);
    for (int times = 1; times < 3; times++) {
        for (size_t c = 0; c < 100; c++) ones[c] = times;
        ck_assert_msg(!mlab_mixed_refit_whole(&context, prepared, &weights, fit, fit->estimate, estimate, &spread, hazard, &info, &err), "%s",
                      err.sentence);
        ck_near(estimate[0], fit->estimate[0], 1e-6, 0);
        ck_near(spread, fit->random->sd[0], 1e-5, 0);
        for (size_t k = 0; k < fit->baseline->n; k++) ck_near(hazard[k], fit->baseline->cumulative_hazard[k], 1e-5, 0);
    }
    ck_assert_msg(!mlab_mixed_refit(&context, prepared, &weights, NULL, estimate, &info, &err), "%s", err.sentence); /* from nothing */
    ck_near(estimate[0], fit->estimate[0], 1e-5, 0);
    ck_assert_msg(!mlab_draws_bootstrap(&context, &g.data, outcomes, &options, fits, 1, false, 5, 11, &draws, &err), "%s", err.sentence);
    ck_assert(draws->n_effects == 1 && draws->n_baselines == 1 && draws->value[0] != draws->value[1]);
    mlab_draws_free(draws);
    mlab_prepared_free(prepared);
    mlab_outcome_problem_free(made);
    mlab_fit_free(fit);
    close_study(&g.s);
}
END_TEST

/* The influence of a group is what leaving it out changes, to first order: the jackknife of the groups (McCaffrey & Bell) is near the sandwich. */
START_TEST(robust_errors_are_near_the_jackknife_of_groups)
{
    static const char *const laws[] = {"cox", "weibull"};
    groups g = open_groups("reference/kidney.csv", kidney_columns, 5);
    for (int l = 0; l < 2; l++) {
        model_name = laws[l];
        mlab_fit *fit = fit_of(&g, KIDNEY " + cluster(group)", "gamma"), *plain = fit_of(&g, KIDNEY, "gamma");
        mlab_outcome outcome = outcome_of(KIDNEY " + cluster(group)", "gamma");
        mlab_outcome_problem *made;
        mlab_prepared *prepared;
        mlab_error err = {0};
        double ones[38], estimate[8], spread, square[8] = {0};
        mlab_refit_info info;
        mlab_refit_weights weights = {.cluster = ones};
        outcome.model = (char *)laws[l];
        size_t p = fit->n_parameters;
        ck_assert_msg(fit->robust && strcmp(fit->robust_kind, "CR1") == 0 && strcmp(fit->cluster, "group") == 0, "%s", fit->reason);
        ck_assert_ptr_null(plain->robust);
        ck_near(fit->covariance[0], plain->covariance[0], 1e-8, 0);
        ck_assert_int_eq(mlab_outcome_problem_make(&context, &g.data, &outcome, &options, &made, &err), MLAB_OK);
        ck_assert_int_eq(mlab_prepare(&context, made->model, &made->problem, &made->options, &prepared, &err), MLAB_OK);
        for (size_t out = 0; out < 38; out++) {
            for (size_t c = 0; c < 38; c++) ones[c] = c != out;
            ck_assert_msg(!mlab_mixed_refit_from(&context, prepared, &weights, fit, fit->estimate, estimate, &spread, &info, &err), "%s",
                          err.sentence);
            for (size_t j = 0; j < p; j++) square[j] += pow(estimate[j] - fit->estimate[j], 2);
        }
        for (size_t j = 0; j < p; j++) {
            double jackknife = sqrt(square[j]), robust = sqrt(fit->robust[j * (p + 1)]);
            ck_assert_msg(robust / jackknife > 0.7 && robust / jackknife < 1.25, "%s %s: robust %g, jackknife %g, model %g", laws[l], fit->names[j],
                          robust, jackknife, sqrt(plain->covariance[j * (p + 1)]));
        }
        mlab_prepared_free(prepared);
        mlab_outcome_problem_free(made);
        mlab_fit_free(fit);
        mlab_fit_free(plain);
    }
    model_name = "cox";
    close_study(&g.s);
}
END_TEST

/* At the maximum the scores of all clusters add up to 0, those of Cox's profile likelihood too. */
START_TEST(scores_of_clusters_add_up_to_nothing)
{
    static const char *const laws[] = {"cox", "gompertz"};
    groups g = open_groups("reference/rats.csv", rats_columns, 5);
    for (int l = 0; l < 2; l++) {
        mlab_outcome outcome = outcome_of("event(time, status) ~ rx + female + (1 | group) + cluster(group)", "normal");
        outcome.model = (char *)laws[l];
        mlab_outcome_problem *made;
        mlab_prepared *prepared;
        mlab_cluster_scores scores;
        mlab_error err = {0};
        mlab_fit *fit;
        const char *spans;
        ck_assert_int_eq(mlab_outcome_problem_make(&context, &g.data, &outcome, &options, &made, &err), MLAB_OK);
        ck_assert_int_eq(mlab_prepare(&context, made->model, &made->problem, &made->options, &prepared, &err), MLAB_OK);
        ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, &err), MLAB_OK);
        ck_assert_msg(!mlab_frailty_cluster_scores(&context, prepared, fit, &scores, &spans, &err), "%s", err.sentence);
        ck_assert(!spans && scores.n == fit->n_parameters + 1);
        for (size_t j = 0; j < scores.n; j++) {
            double sum = 0, square = 0;
            for (size_t c = 0; c < scores.n_clusters; c++) sum += scores.score[c * scores.n + j], square += pow(scores.score[c * scores.n + j], 2);
            ck_assert_msg(fabs(sum) < 1e-6 * sqrt(square), "%s %zu: %g of %g", laws[l], j, sum, sqrt(square));
        }
        mlab_cluster_scores_free(&scores);
        mlab_fit_free(fit);
        mlab_prepared_free(prepared);
        mlab_outcome_problem_free(made);
    }
    close_study(&g.s);
}
END_TEST

/* At each limit of age the fit with that coefficient as an offset has fallen by half the chi-squared quantile; so has the likelihood with the limit
 * of the standard deviation held. */
START_TEST(profile_limits_are_where_the_likelihood_has_fallen)
{
    static const char *const laws[] = {"cox", "weibull", "loglogistic"};
    groups g = open_groups("reference/kidney.csv", kidney_columns, 5);
    size_t n = g.s.n;
    double held[200] = {0};
    world_real(&g.s.w, &context, "held", held, n);
    const mlab_column *age = mlab_table_find(g.s.w.table, "age");
    mlab_column *column = (mlab_column *)mlab_table_find(g.s.w.table, "held");
    for (int l = 0; l < 3; l++) {
        const char *frailty = l == 1 ? "normal" : "gamma";
        model_name = laws[l];
        options.profile = true;
        mlab_fit *fit = fit_of(&g, KIDNEY, frailty);
        options.profile = false;
        const mlab_after *after = fit->after;
        ck_assert_uint_ge(after->n_profiles, 3);
        size_t looked = 0;
        for (size_t k = 0; k < after->n_profiles; k++) {
            const mlab_profile *p = &after->profiles[k];
            double limits[] = {p->lower, p->upper};
            for (int side = 0; side < 2 && !strcmp(p->name, "age"); side++, looked++) {
                ck_assert(!p->lower_open && !p->upper_open);
                for (size_t i = 0; i < n; i++) column->as.real[i] = limits[side] * age->as.real[i];
                mlab_fit *at = fit_of(&g, "event(time, status) ~ female + offset(held) + (1 | group)", frailty);
                ck_near(2 * (fit->log_likelihood - at->log_likelihood), 3.841458820694124, 1e-5, 0);
                mlab_fit_free(at);
            }
            if (strcmp(p->name, "standard deviation of group")) continue;
            ck_assert_msg(p->upper > fit->random->sd[0] && p->lower < fit->random->sd[0] && !p->upper_open, "%g %g", p->lower, p->upper);
            mlab_outcome outcome = outcome_of(KIDNEY, frailty);
            mlab_outcome_problem *made;
            mlab_prepared *prepared;
            mlab_frailty_held *work;
            double value, top;
            outcome.model = (char *)laws[l];
            ck_assert_int_eq(mlab_outcome_problem_make(&context, &g.data, &outcome, &options, &made, NULL), MLAB_OK);
            ck_assert_int_eq(mlab_prepare(&context, made->model, &made->problem, &made->options, &prepared, NULL), MLAB_OK);
            ck_assert_int_eq(mlab_frailty_held_make(&context, prepared, fit, &work, NULL), MLAB_OK);
            ck_assert_int_eq(mlab_frailty_held_at(work, fit->random->sd[0], &top, NULL), MLAB_OK);
            for (int side = 0; side < 2; side++, looked++) {
                if (limits[side] == 0) { /* the boundary is inside */
                    ck_assert_msg(fit->random->deviance < 3.85, "%s: %g, sd %g, open %d", laws[l], fit->random->deviance, fit->random->sd[0],
                                  p->lower_open);
                    continue;
                }
                ck_assert_int_eq(mlab_frailty_held_at(work, limits[side], &value, NULL), MLAB_OK);
                ck_near(2 * (top - value), 3.841458820694124, 1e-5, 0);
            }
            mlab_frailty_held_free(work);
            mlab_prepared_free(prepared);
            mlab_outcome_problem_free(made);
        }
        ck_assert_uint_eq(looked, 4);
        mlab_fit_free(fit);
    }
    model_name = "cox";
    close_study(&g.s);
}
END_TEST

START_TEST(every_allocation_of_a_frailty_may_fail)
{
    groups kidney = open_groups("reference/kidney.csv", kidney_columns, 5);
    mlab_outcome outcome = {.name = "it", .kind = MLAB_OUTCOME_EVENT, .model = "cox", .formula = "event(time, status) ~ age + (1 | group)"};
    options.iterations = 2;
    sweep_outcome(&kidney.data, &outcome, options);
    close_study(&kidney.s);
}
END_TEST

MLAB_TEST_MAIN("frailty", the_normal_term_is_its_integral, derivatives_of_both_terms_are_those_of_their_values,
               a_vanishing_variance_leaves_the_slope_of_the_score_test, fits_are_the_maximum_of_the_whole_likelihood,
               effects_of_groups_are_their_means_given_what_happened, groups_that_do_not_differ_are_on_the_boundary_and_say_so,
               mean_times_are_averaged_over_frailties, rows_cut_in_time_tell_the_same_and_late_entry_is_refused,
               what_a_frailty_cannot_be_is_refused_in_words, draws_have_the_errors_of_the_baseline_and_effects_of_the_groups,
               a_refit_to_whole_groups_is_the_fit_with_its_baseline, robust_errors_are_near_the_jackknife_of_groups,
               scores_of_clusters_add_up_to_nothing, profile_limits_are_where_the_likelihood_has_fallen, late_entry_is_conditioned_on,
               every_allocation_of_a_frailty_may_fail)
