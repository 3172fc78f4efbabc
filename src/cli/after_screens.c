/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fit: tests of terms, average effects, predictions, profile intervals and diagnoses of one fit. */
#include "cli/cli.h"
#include "core/number.h"
#include "mentorlab/joint.h"
#include "mentorlab/raters.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void p_text(double p, char *into, size_t size)
{
    if (p < 0)
        snprintf(into, size, "%s", "");
    else if (p < 0.0001)
        snprintf(into, size, "%s", "<0.0001");
    else
        mlab_number_for_people(p, 4, into, size);
}

static void show_test(const mlab_test *test)
{
    char statistic[64] = "-", p[64] = "";
    if (test->df) {
        mlab_number_for_people(test->statistic, 2, statistic, sizeof statistic);
        p_text(test->p, p, sizeof p);
    }
    printf(" %9s %7s", statistic, p);
}

void mlab_show_joint(const mlab_fit *fit)
{
    for (size_t k = 0; fit->joint && k < fit->joint->n_associations; k++) {
        char *sentence = NULL;
        if (k == 0) printf("  what goes together\n");
        if (mlab_joint_sentence(fit, k, &sentence, NULL) == MLAB_OK) printf("  %s\n", sentence);
        mlab_joint_text_free(fit, sentence);
    }
}

void mlab_show_correlations(const mlab_fit *fit, const mlab_random_effects *random)
{
    for (size_t a = 0; a < random->n; a++)
        for (size_t b = 0; b < a; b++) {
            double correlation;
            char text[64];
            if (!mlab_joint_tells_correlation(fit, a, b) || !mlab_random_correlation(random, a, b, &correlation)) continue;
            mlab_number_for_people(correlation, 2, text, sizeof text);
            printf("  correlation of %s and %s: %s\n", random->names[b], random->names[a], text);
        }
}

static void show_tests(const mlab_fit *fit, uint64_t minimum)
{
    const mlab_after *after = fit->after;
    if (!after->n_tests) return;
    printf("  tests of terms, each beside the others; Wald %s%s%s\n", fit->robust ? fit->robust_kind : "of the model",
           fit->robust && fit->cluster[0] ? " by " : "", fit->robust ? fit->cluster : "");
    printf("  %-20s %3s %17s %17s %17s\n", "", "df", "ratio        p", "Wald        p", "score        p");
    for (size_t k = 0; k < after->n_tests; k++) {
        const mlab_term_test *test = &after->tests[k];
        if (!mlab_fit_term_shown(fit, test->term, minimum)) continue;
        size_t df = test->likelihood_ratio.df ? test->likelihood_ratio.df : test->wald.df;
        printf("  %-20.40s %3zu", test->term, df);
        show_test(&test->likelihood_ratio);
        show_test(&test->wald);
        show_test(&test->score);
        putchar('\n');
    }
    if (fit->penalised) printf("  ratio: of the penalised likelihood; score tests are not made of it\n");
    if (fit->robust) printf("  %s rows as independent; here they are clustered\n", fit->penalised ? "the ratio takes" : "ratio and score take");
}

static void rounded(double value, double se, char *into, size_t size)
{
    int decimals = se > 0 && isfinite(se) ? 1 - (int)floor(log10(se)) : 3;
    mlab_number_for_people(value, decimals < 0 ? 0 : decimals > 8 ? 8 : decimals, into, size);
}

static void show_interval(double se, double lower, double upper)
{
    char from[64], to[64];
    if (!(se > 0 && lower < upper)) {
        printf("  no interval\n");
        return;
    }
    rounded(lower, se, from, sizeof from);
    rounded(upper, se, to, sizeof to);
    printf("  (%s to %s)\n", from, to);
}

/* Labels of a table, whose widest one its first column fits, within 40 to 60 characters. */
enum { LEAST_LABEL = 40, MOST_LABEL = 60, LABEL_SIZE = 256 };

static int columns_of(const char *text)
{
    int n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void show_row(const char *label, int width, const char *value)
{
    int pad = width - columns_of(label);
    printf("  %s%*s %10s", label, pad > 0 ? pad : 0, "", value);
}

static int wider(int width, const char *label)
{
    int n = columns_of(label);
    return n > width ? n < MOST_LABEL ? n : MOST_LABEL : width;
}

static void time_text(double time, const char *unit, char *into, size_t size)
{
    char number[64];
    into[0] = '\0';
    if (time < 0) return;
    mlab_number_for_people(time, time == floor(time) ? 0 : 2, number, sizeof number);
    size_t n = strlen(unit);
    if (time == 1 && n && unit[n - 1] == 's') n--;
    snprintf(into, size, ", %s%s%.*s", number, n ? " " : "", (int)n, unit);
}

static void margin_label(const mlab_margin *m, char *into)
{
    char time[128];
    bool ratio = mlab_margin_is_ratio(m);
    time_text(m->time, m->unit, time, sizeof time);
    snprintf(into, LABEL_SIZE, "%s%s%s%s%s%s", m->what, ratio ? ", " : "", ratio ? m->measure : "", m->of[0] ? ", " : "", m->of, time);
}

static void show_margins(const mlab_fit *fit, uint64_t minimum)
{
    const mlab_after *after = fit->after;
    char label[LABEL_SIZE];
    int width = LEAST_LABEL;
    if (!after->margins) return;
    for (size_t k = 0; k < after->n_margins; k++) {
        margin_label(&after->margins[k], label);
        width = wider(width, label);
    }
    show_row("conditional, averaged over the rows", width, "effect");
    printf("  interval\n");
    for (size_t k = 0; k < after->n_margins; k++) {
        const mlab_margin *m = &after->margins[k];
        char effect[64];
        double se = mlab_margin_is_ratio(m) ? m->se * m->effect : m->se;
        if (!mlab_fit_term_shown(fit, m->what, minimum)) continue;
        margin_label(m, label);
        rounded(m->effect, se, effect, sizeof effect);
        show_row(label, width, effect);
        show_interval(se, m->lower, m->upper);
    }
}

static void prediction_label(const mlab_prediction *p, char *into)
{
    char time[128];
    time_text(p->time, p->unit, time, sizeof time);
    snprintf(into, LABEL_SIZE, "%s%s%s%s%s%s", p->profile, p->against[0] ? strcmp(p->measure, "ratio") ? " - " : " / " : "", p->against,
             p->of[0] ? ", " : "", p->of, time);
}

static void show_predictions(const mlab_fit *fit, uint64_t minimum)
{
    const mlab_after *after = fit->after;
    char label[LABEL_SIZE];
    int width = LEAST_LABEL;
    if (!mlab_fit_term_shown(fit, "role", minimum)) return;
    for (size_t k = 0; k < after->n_predictions; k++) {
        const mlab_prediction told = mlab_prediction_told(&after->predictions[k]);
        prediction_label(&told, label);
        width = wider(width, label);
    }
    for (size_t k = 0; k < after->n_predictions; k++) {
        const mlab_prediction told = mlab_prediction_told(&after->predictions[k]), *p = &told;
        char value[64];
        bool ratio = strcmp(p->measure, "ratio") == 0, lost = strcmp(p->scale, "time_lost") == 0,
             mean_time = lost || strcmp(p->scale, "restricted_mean") == 0;
        double se = ratio ? p->se * p->value : p->se;
        if (k == 0) {
            snprintf(label, sizeof label, "predicted %s%s%s, conditional",
                     lost        ? "mean time lost"
                     : mean_time ? "mean time"
                                 : p->scale,
                     mean_time && p->unit[0] ? " in " : "", mean_time ? p->unit : "");
            show_row(label, width, "value");
            printf("  interval\n");
        }
        prediction_label(p, label);
        rounded(p->value, se, value, sizeof value);
        show_row(label, width, value);
        show_interval(se, p->lower, p->upper);
    }
}

/* The standard error of a coefficient, which its limits are rounded by; 0 = it has none. */
static double error_of(const mlab_fit *fit, const char *name)
{
    for (size_t j = 0; j < fit->n_parameters; j++)
        if (strcmp(fit->names[j], name) == 0) return mlab_fit_standard_error(fit, j);
    return 0;
}

static void show_profiles(const mlab_fit *fit, uint64_t minimum)
{
    const mlab_after *after = fit->after;
    bool unknown = false;
    if (!after->n_profiles) return;
    printf("  %-38s %12s %12s\n", fit->penalised ? "interval by the penalised profile" : "interval by the profile likelihood", "lower", "upper");
    for (size_t k = 0; k < after->n_profiles; k++) {
        const mlab_profile *profile = &after->profiles[k];
        char lower[64] = "none", upper[64] = "none";
        if (!mlab_fit_term_shown(fit, profile->name, minimum)) continue;
        const double se = error_of(fit, profile->name);
        if (!profile->lower_open) rounded(profile->lower, se, lower, sizeof lower);
        if (!profile->upper_open) rounded(profile->upper, se, upper, sizeof upper);
        printf("  %-38s %12s %12s\n", profile->name, profile->lower_unknown ? "not found" : lower, profile->upper_unknown ? "not found" : upper);
        unknown = unknown || profile->lower_unknown || profile->upper_unknown;
    }
    if (fit->robust)
        printf("  limits %s\n", fit->cluster[0] ? "take rows as independent; here they are clustered" : "are those of the model, not robust");
    if (unknown) puts("  not found: a fit on the way there did not converge, so whether there is a limit is not known");
}

static void show_diagnoses(const mlab_after *after)
{
    for (size_t k = 0; k < after->n_diagnoses; k++) {
        const mlab_diagnosis *d = &after->diagnoses[k];
        int at =
            printf("  %s%-8s%s", mlab_paint(stdout, d->doubt ? MLAB_RED : MLAB_PLAIN), d->doubt ? "careful" : "fine", mlab_paint(stdout, MLAB_PLAIN));
        (void)at;
        mlab_show_folded(stdout, 10, 10, d->sentence);
    }
}

void mlab_show_after(const mlab_fit *fit, uint64_t minimum)
{
    for (size_t r = 0; fit->joint && r < fit->joint->n_parts; r++) {
        const mlab_fit *part = fit->joint->parts[r];
        if (!part->after || part->after->n_margins + part->after->n_predictions == 0 || fit->n_people < minimum) continue;
        printf("  %s, as a part of %s\n", part->outcome, fit->outcome);
        mlab_show_after(part, minimum);
    }
    if (!fit->after) return;
    show_tests(fit, minimum);
    show_margins(fit, minimum);
    show_predictions(fit, minimum);
    show_profiles(fit, minimum);
    show_diagnoses(fit->after);
}
