/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fit: the outcome models, with the word that their coefficients are conditional. */
#include "cli/cli.h"
#include "cli/json.h"
#include "core/number.h"
#include "mentorlab/joint.h"
#include "mentorlab/raters.h"
#include "report/tell.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* A number with as many decimals as its standard error deserves. */
static void show_rounded(double value, double se, char *into, size_t size)
{
    int decimals = se > 0 ? 1 - (int)floor(log10(se)) : 3;
    mlab_number_for_people(value, decimals < 0 ? 0 : decimals > 8 ? 8 : decimals, into, size);
}

static void show_random(const mlab_fit *fit, size_t t)
{
    const mlab_random_effects *random = &fit->random[t];
    double share = mlab_random_share(fit, t);
    printf("  between the %zu groups of %s, as standard deviations%s", random->n_groups, random->group,
           random->gamma ? " of a frailty of mean 1 (gamma)" : "");
    if (share >= 0) printf("; %.0f %% of the variance", 100 * share);
    printf("\n");
    for (size_t a = 0; a < random->n; a++) {
        char sd[64], error[64], from[64], to[64];
        double lower, upper;
        bool interval = mlab_random_interval(random, a, 0.95, &lower, &upper);
        if (mlab_joint_hides_effect(fit, a)) {
            printf("  %-38s %12s\n", random->names[a], "not told");
            continue;
        }
        show_rounded(random->sd[a], random->sd_se[a], sd, sizeof sd);
        show_rounded(random->sd_se[a], random->sd_se[a], error, sizeof error);
        show_rounded(lower, random->sd_se[a], from, sizeof from);
        if (isfinite(upper)) show_rounded(upper, random->sd_se[a], to, sizeof to);
        printf("  %-38s %12s %12s", random->names[a], sd, interval ? error : "");
        if (!mlab_joint_from_zero(fit, a))
            printf("  cannot be told from 0\n");
        else if (interval && isfinite(upper))
            printf("  (%s to %s)\n", from, to);
        else if (interval)
            printf("  (%s up, no upper end)\n", from);
        else
            printf("  on its boundary, no interval\n");
    }
    mlab_show_correlations(fit, random);
    if (random->tested && random->deviance > 0 && mlab_random_told(fit))
        printf("  against no differences between them: chi-square %.2f, p %s %.2g (half of one degree of freedom)\n", random->deviance,
               random->p < 1e-12 ? "<" : "=", fmax(random->p, 1e-12));
}

static void show_errors(const mlab_fit *fit)
{
    if (!fit->robust) {
        printf("; standard errors of the model\n");
        return;
    }
    if (fit->n_random && !fit->cluster[0]) { /* pooled over imputations, each with the errors of the model */
        printf("; standard errors of the model, %s\n", fit->robust_kind);
        return;
    }
    printf("; standard errors %s by %s%s%s\n", fit->robust_kind, fit->cluster[0] ? fit->cluster : "row", fit->cluster_other[0] ? " and " : "",
           fit->cluster_other);
}

static const char *const weight_kinds[] = {"no", "frequency", "precision", "sampling"};

/* Profile limits are not symmetric: they are told where there are some. */
static void show_limits(const mlab_fit *fit, uint64_t minimum)
{
    if (!fit->lower) return;
    printf("  %-38s %12s %12s\n", "profile limits of Firth's likelihood", "lower", "upper");
    for (size_t j = 0; j < fit->n_parameters; j++) {
        char lower[64], upper[64];
        double se = mlab_fit_standard_error(fit, j);
        if (!mlab_fit_term_shown(fit, fit->names[j], minimum)) continue;
        if (fit->aliased && fit->aliased[j]) continue;
        show_rounded(fit->lower[j], se, lower, sizeof lower);
        show_rounded(fit->upper[j], se, upper, sizeof upper);
        printf("  %-38s %12s %12s\n", fit->names[j], isinf(fit->lower[j]) ? "not found" : lower, isinf(fit->upper[j]) ? "not found" : upper);
    }
}

static void show_priors(const mlab_fit *fit, uint64_t minimum)
{
    for (size_t k = 0; k < fit->n_priors; k++) {
        const mlab_fit_prior *prior = &fit->priors[k];
        if (!mlab_fit_term_shown(fit, fit->names[prior->parameter], minimum)) continue;
        const double values[][2] = {{prior->data_estimate, prior->data_se},
                                    {prior->mean, prior->sd},
                                    {fit->estimate[prior->parameter], mlab_fit_standard_error(fit, prior->parameter)}};
        static const char *const rows[] = {"the data alone", "the prior", "both"};
        printf("  %s, with the prior %s\n", fit->names[prior->parameter], prior->source);
        for (int r = 0; r < 3; r++) {
            char value[64], error[64];
            show_rounded(values[r][0], values[r][1], value, sizeof value);
            show_rounded(values[r][1], values[r][1], error, sizeof error);
            printf("    %-36s %12s %12s\n", rows[r], isinf(values[r][1]) ? "none" : value, isinf(values[r][1]) ? "none" : error);
        }
    }
}

static void show_told(const mlab_fit *fit, uint64_t minimum)
{
    const mlab_told_fit told = mlab_fit_counts_told(fit, minimum);
    mlab_number_text rows, events, dropped, weightless, first;
    mlab_tell_fit_count(fit->n_first_values, told.first, minimum, first);
    mlab_tell_fit_count(fit->n_rows, told.rows, minimum, rows);
    mlab_tell_fit_count(fit->n_events, told.events, minimum, events);
    mlab_tell_fit_count(fit->n_dropped_missing, told.dropped, minimum, dropped);
    mlab_tell_fit_count(fit->n_dropped_weightless, told.weightless, minimum, weightless);
    printf("\n%s%s%s  %s: %s\n", mlab_paint(stdout, MLAB_BOLD), fit->outcome, mlab_paint(stdout, MLAB_PLAIN), fit->model, fit->formula);
    printf("  %s rows", rows);
    if (fit->n_events) printf(told.events || fit->n_events < minimum ? ", %s events" : ", events %s", events);
    if (fit->n_dropped_missing) printf(", %s rows left out (something is missing)", dropped);
    if (fit->n_first_values) printf(", %s first values, modelled by their own equation", first);
    if (fit->n_dropped_weightless) printf(", %s of weight 0", weightless);
    if (fit->weights) printf(", %s weights", weight_kinds[fit->weights]);
    if (fit->penalised) printf(", Firth's penalty");
    show_errors(fit);
    if (fit->imputed) printf("  imputed: %s\n", fit->imputed);
    if (fit->trust != MLAB_TRUSTED)
        printf("  %s%s: %s%s\n", mlab_paint(stdout, MLAB_RED), mlab_trust_sentence(fit->trust), fit->reason, mlab_paint(stdout, MLAB_PLAIN));
    else if (fit->reason[0])
        printf("  %s\n", fit->reason);
    printf("  %-38s %12s %12s\n", "conditional, on the model's scale", "estimate", "error");
    for (size_t j = 0; j < fit->n_parameters; j++) {
        char estimate[64], error[64];
        double se = mlab_fit_standard_error(fit, j);
        bool few = !mlab_fit_term_shown(fit, fit->names[j], minimum);
        if (few || mlab_joint_hides(fit, j)) {
            if (few)
                printf("  %-38s %12s  it tells of fewer than %" PRIu64 " people\n", fit->names[j], "not told", minimum);
            else
                printf("  %-38s %12s\n", fit->names[j], "not told");
            continue;
        }
        if (fit->aliased && fit->aliased[j]) {
            printf("  %-38s %12s\n", fit->names[j], "left out");
            continue;
        }
        show_rounded(fit->estimate[j], se, estimate, sizeof estimate);
        show_rounded(se, se, error, sizeof error);
        printf("  %-38s %12s %12s\n", fit->names[j], estimate, error);
    }
    for (size_t t = 0; t < fit->n_random; t++) show_random(fit, t);
    mlab_show_joint(fit);
    mlab_show_raters(fit, minimum);
    show_limits(fit, minimum);
    show_priors(fit, minimum);
    mlab_show_after(fit, minimum);
}

/* fit.scores: rows about people, in a file of their own. */
/* Without what its doubts say of few people. */
static void show_fit(const mlab_fit *fit, uint64_t minimum)
{
    mlab_fit told = *fit;
    char *reason = NULL, lost[] = "no memory for the reason";
    told.reason = mlab_fit_reason_told(fit->context, fit, minimum, &reason, NULL) == MLAB_OK ? reason : lost;
    show_told(&told, minimum);
    mlab_fit_reason_free(fit->context, reason);
}

static int show_scores(mlab_cli *cli, const mlab_session *session)
{
    size_t n = 0;
    mlab_error err = {0};
    if (!session->study) return 0;
    if (mlab_study_scores(session->study, &n, &err)) return mlab_show_error(cli, &err);
    if (n && !cli->quiet && !cli->json) printf("\nscores.csv: the scores of %zu people (rows about people: mode 0600)\n", n);
    return 0;
}

int mlab_command_fit(mlab_cli *cli)
{
    mlab_session session;
    int code = mlab_session_run(&session, cli, MLAB_STAGE_FIT);
    const mlab_results *results = session.study ? mlab_study_results(session.study) : NULL;
    if (!code && cli->json)
        code = mlab_session_show_json(&session);
    else if (!code && results && !cli->quiet)
        for (size_t k = 0; k < results->n_fits; k++) show_fit(results->fits[k], (uint64_t)mlab_session_minimum_cell(&session));
    if (!code && !cli->json && results && !cli->quiet && results->draws && results->draws->note && results->draws->note[0])
        printf("\ndraws of parameters for the simulation: %s\n", results->draws->note);
    const char *kind = NULL, *why = session.study ? mlab_study_no_draws(session.study, &kind) : NULL;
    if (!code && why && !cli->json && !cli->quiet)
        printf("\nfit.draws: %s is stated, but no parameters are drawn: draws drive the simulation, and %s (intervals take them with predict: "
               "{interval: draws})\n",
               kind, why);
    if (!code) code = show_scores(cli, &session);
    if (!code) code = mlab_session_exit(&session);
    mlab_session_end(&session);
    return code;
}
