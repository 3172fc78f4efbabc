/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results by hand: three groups, two policies, two plans. Names can be made hostile. */
#ifndef MLAB_TESTS_REPORT_WORLD_H
#define MLAB_TESTS_REPORT_WORLD_H

#include "mentorlab/after.h"
#include "mentorlab/report.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { W_TIMES = 9, W_DRAWS = 40, W_REPLICATES = 2, W_PERIODS = 20, W_SCENARIOS = 3 };

static mlab_term_test w_tests[] = {{"arm", {2, 9.44, 0.0089}, {2, 10.12, 0.0064}, {0, 0, 0}}};
static mlab_margin w_margins[] = {{"arm: structured - none", "", 0.0076, 0.0028, 0.0021, 0.013, "difference", -1, ""}};
static mlab_profile w_profiles[] = {{"armstructured", -0.1, 0, false, true, false, false}, {"grade", 0, 0, false, false, true, false}};
static mlab_diagnosis w_diagnoses[] = {{"collinearity", "", 1, -1, true, "tenure is nearly told by the other terms."}};
static mlab_prediction w_predictions[] = {
    {"novice", "level", "", "incidence", "voluntary", 4, "quarters", 12, "months", 0.11, 0.02, 0.08, 0.16},
    {"mentored", "ratio", "novice", "incidence", "voluntary", 4, "quarters", 12, "months", 0.71, 0.2, 0.48, 1.05}};
static mlab_after w_after = {NULL, w_tests, 1, w_margins, 1, w_profiles, 2, w_diagnoses, 1, w_predictions, 2, 0.95};

typedef struct test_world {
    mlab_contrast contrasts[12];
    mlab_balance balance[3];
    mlab_comparison comparison;
    double standardised[6 * W_TIMES];
    char *standardised_names[6];
    mlab_curve curve;
    double curve_time[8], curve_risk[8], curve_estimate[8];
    mlab_fit fit;
    const mlab_fit *fits[1];
    double fit_estimate[2], fit_covariance[4];
    char *fit_names[2];
    mlab_pairs optimal, random;
    const mlab_pairs *pairs[2];
    mlab_outcomes outcomes;
    char *scenarios[W_SCENARIOS], *groups[1];
    mlab_assumption assumption;
    mlab_forecast forecast;
    mlab_ledger ledger;
    mlab_return returns[2];
    char *lines[2];
    mlab_line_kind kinds[2];
    mlab_results results;
    mlab_report_spec spec;
    mlab_findings findings;
    mlab_finding finding;
    const char *not_applicable[1];
} test_world;

/* Keeps a block in sight until the end: the fixture never frees, each test runs in its own process. */
static inline void *w_keep(void *block)
{
    static void *kept[4096];
    static size_t n;
    ck_assert_uint_lt(n, sizeof kept / sizeof *kept);
    return kept[n++] = block;
}

/* A text that the struct can point to. */
static inline char *w_text(const char *text)
{
    return strcpy(w_keep(malloc(strlen(text) + 1)), text);
}

static inline mlab_contrast w_contrast(const char *outcome, const char *arm, const char *reference, const char *measure, double horizon,
                                       double estimate, double lower, double upper)
{
    return (mlab_contrast){.outcome = w_text(outcome),
                           .arm = w_text(arm),
                           .reference = w_text(reference),
                           .group = w_text(""),
                           .estimand = w_text("Had everyone been in the one group and not in the other"),
                           .measure = w_text(measure),
                           .method = w_text("standardisation"),
                           .horizon = horizon,
                           .estimate = estimate,
                           .se = (upper - lower) / 3.92,
                           .lower = lower,
                           .upper = upper,
                           .level = 0.95,
                           .risk_arm = 0.85 + estimate,
                           .risk_reference = 0.85,
                           .e_value = 1.6,
                           .e_value_limit = 1.1,
                           .n_arm = 400,
                           .n_reference = 1800,
                           .events_arm = 60,
                           .events_reference = 250,
                           .overlap = 0.94,
                           .reason = w_text(""),
                           .caveats = w_text("Informal mentoring chosen by people themselves may go with what nobody recorded.\n")};
}

static inline void w_compare(test_world *w)
{
    mlab_contrast *c = w->contrasts;
    c[0] = w_contrast("retention", "structured", "none", "risk_difference", 12, 0.031, 0.004, 0.058);
    c[1] = w_contrast("retention", "structured", "none", "risk_difference", 24, 0.052, 0.009, 0.095);
    c[2] = w_contrast("retention", "informal", "none", "risk_difference", 12, 0.021, -0.012, 0.054);
    c[3] = w_contrast("promotion", "structured", "none", "risk_difference", 12, 0.012, -0.009, 0.033);
    c[4] = w_contrast("promotion", "informal", "none", "risk_difference", 12, 0.034, 0.010, 0.058);
    c[5] = w_contrast("satisfaction", "structured", "none", "mean_difference", 12, 0.18, 0.09, 0.27);
    c[6] = w_contrast("satisfaction", "informal", "none", "mean_difference", 12, 0.11, -0.01, 0.23);
    c[2].n_arm = c[4].n_arm = c[6].n_arm = 250;
    c[2].events_arm = c[4].events_arm = 40;
    w->balance[0] = (mlab_balance){w_text("structured"), w_text("grade2"), 0.4, 0.3, 0.21, 0.03};
    w->balance[1] = (mlab_balance){w_text("structured"), w_text("tenure"), 4.1, 3.6, 0.16, -0.02};
    w->balance[2] = (mlab_balance){w_text("informal"), w_text("tenure"), 4.9, 3.6, 0.42, 0.06};
    const char *names[] = {"retention/none",    "retention/structured",    "retention/informal",
                           "satisfaction/none", "satisfaction/structured", "satisfaction/informal"};
    for (size_t k = 0; k < 6; k++) {
        w->standardised_names[k] = w_text(names[k]);
        for (size_t t = 0; t < W_TIMES; t++)
            w->standardised[k * W_TIMES + t] =
                k < 3 ? exp(-(0.042 - 0.009 * (k == 1) - 0.006 * (k == 2)) * (double)t) : 3.4 + 0.06 * (double)(k - 3) + 0.01 * (double)t;
    }
    for (size_t t = 0; t < 8; t++) {
        w->curve_time[t] = (double)t + 1;
        w->curve_risk[t] = 400 - 57 * (double)t;
        w->curve_estimate[t] = 1 - 0.03 * ((double)t + 1);
    }
    w->curve = (mlab_curve){
        .group = w_text("retention/structured"), .n_times = 8, .time = w->curve_time, .at_risk = w->curve_risk, .estimate = w->curve_estimate};
    w->comparison = (mlab_comparison){
        .contrasts = c,
        .n_contrasts = 7,
        .balance = w->balance,
        .n_balance = 3,
        .curves = &w->curve,
        .n_curves = 1,
        .standardised = w->standardised,
        .n_times = W_TIMES,
        .standardised_names = w->standardised_names,
        .n_standardised = 6,
        .months_per_time = 3,
        .caveats = w_text("Places are shared, so that one person's mentoring can cost another theirs; this is not modelled here.\n")};
    w->fit_names[0] = w_text("1|2");
    w->fit_names[1] = w_text("armstructured");
    w->fit_estimate[0] = -2.1;
    w->fit_estimate[1] = 0.25;
    w->fit_covariance[0] = 0.01;
    w->fit_covariance[3] = 0.0036;
    w->fit = (mlab_fit){.outcome = w_text("satisfaction"),
                        .model = w_text("ordinal"),
                        .formula = w_text("satisfaction ~ arm + grade"),
                        .n_parameters = 2,
                        .names = w->fit_names,
                        .estimate = w->fit_estimate,
                        .covariance = w->fit_covariance,
                        .n_levels = 5,
                        .n_rows = 4301,
                        .n_people = 1377,
                        .n_events = 0,
                        .n_clusters = 1377,
                        .reason = w_text("")};
    w->fit.after = &w_after;
    w->fits[0] = &w->fit;
}

static inline void w_match(test_world *w)
{
    w->optimal = (mlab_pairs){.policy = w_text("optimal"),
                              .n_mentees = 214,
                              .n_mentors = 96,
                              .places = 131,
                              .n_pairs = 131,
                              .n_matched = 131,
                              .total_score = 9694,
                              .mean_score = 74,
                              .lowest_score = 41,
                              .blocking_pairs = 12,
                              .mean_rank = 6.3};
    w->random = (mlab_pairs){.policy = w_text("random"),
                             .n_mentees = 214,
                             .n_mentors = 96,
                             .places = 131,
                             .n_pairs = 131,
                             .n_matched = 131,
                             .total_score = 6812,
                             .mean_score = 52,
                             .lowest_score = 8,
                             .blocking_pairs = 3120,
                             .mean_rank = 44.1};
    w->pairs[0] = &w->optimal;
    w->pairs[1] = &w->random;
}

static inline void w_simulate(test_world *w)
{
    const char *scenarios[] = {"today", "random", "best_match"};
    for (size_t s = 0; s < W_SCENARIOS; s++) w->scenarios[s] = w_text(scenarios[s]);
    w->groups[0] = w_text("1");
    w->assumption = (mlab_assumption){w_text("retention.structured.log_hazard_ratio"), -0.07, 0.05, w_text("evidence: formal_program_retention")};
    mlab_outcomes *o = &w->outcomes;
    *o = (mlab_outcomes){.n_scenarios = W_SCENARIOS,
                         .n_draws = W_DRAWS,
                         .n_replicates = W_REPLICATES,
                         .n_periods = W_PERIODS,
                         .n_groups = 1,
                         .scenarios = w->scenarios,
                         .groups = w->groups,
                         .assumptions = &w->assumption,
                         .n_assumptions = 1,
                         .months_per_period = 3};
    for (size_t m = 0; m < MLAB_N_METRICS; m++) o->value[m] = w_keep(calloc(W_SCENARIOS * W_DRAWS * W_REPLICATES * W_PERIODS, sizeof(float)));
    for (size_t s = 0; s < W_SCENARIOS; s++)
        for (size_t f = 0; f < W_DRAWS * W_REPLICATES; f++)
            for (size_t t = 0; t < W_PERIODS; t++) {
                const size_t i = (s * W_DRAWS * W_REPLICATES + f) * W_PERIODS + t;
                o->value[MLAB_METRIC_person_periods][i] = o->value[MLAB_METRIC_headcount][i] = 2000;
                o->value[MLAB_METRIC_voluntary_exits][i] = (float)(100 - 6 * (double)s + (double)(f * 7 % 13));
                o->value[MLAB_METRIC_promotions][i] = (float)(60 + (double)s + (double)(f % 5));
                o->value[MLAB_METRIC_satisfied][i] = (float)(1100 + 40 * (double)s + (double)(f % 9));
                o->value[MLAB_METRIC_in_program][i] = (float)(0 + 120 * (double)(s > 0));
                o->value[MLAB_METRIC_starters_left][i] = (float)(2000 - 60 * (double)(t + 1) + 4 * (double)(s * (t + 1)) + (double)(f % 7));
            }
}

static inline void w_return(test_world *w)
{
    w->lines[0] = w_text("mentor_time");
    w->lines[1] = w_text("avoided_exit");
    w->kinds[0] = MLAB_LINE_TIME;
    w->kinds[1] = MLAB_LINE_AVOIDED;
    const size_t n = W_SCENARIOS * W_DRAWS * W_PERIODS * 2;
    w->ledger = (mlab_ledger){.n_scenarios = W_SCENARIOS,
                              .n_draws = W_DRAWS,
                              .n_periods = W_PERIODS,
                              .n_lines = 2,
                              .scenarios = w->scenarios,
                              .lines = w->lines,
                              .kinds = w->kinds,
                              .amount = w_keep(calloc(n, sizeof(double))),
                              .difference = w_keep(calloc(n, sizeof(double))),
                              .currency = w_text("EUR"),
                              .discount_rate = 0.05,
                              .months_per_period = 3};
    for (size_t i = 0; i < n / 2; i++) {
        w->ledger.difference[2 * i] = i < n / 6 ? 0 : -21340;
        w->ledger.difference[2 * i + 1] = i < n / 6 ? 0 : 38120;
    }
    w->returns[0] = (mlab_return){.scenario = w_text("random"),
                                  .net_present_value = {.mean = 102345, .lower = -310200, .upper = 512000},
                                  .net_present_value_cash = {.mean = -120000},
                                  .net_present_value_without_time = {.mean = 402345},
                                  .benefits = 500000,
                                  .costs = 397655,
                                  .roi = 0.257,
                                  .roi_lower = -0.7,
                                  .roi_upper = 1.2,
                                  .roi_defined = true,
                                  .payback_months = -1,
                                  .probability_positive = 0.63,
                                  .probability_se = 0.07};
    w->returns[1] = (mlab_return){.scenario = w_text("best_match"),
                                  .net_present_value = {.mean = 312345, .lower = -182000, .upper = 886000},
                                  .net_present_value_cash = {.mean = -121000},
                                  .net_present_value_without_time = {.mean = 612345},
                                  .benefits = 710000,
                                  .costs = 397655,
                                  .roi = 0.785,
                                  .roi_lower = -0.45,
                                  .roi_upper = 2.2,
                                  .roi_defined = true,
                                  .payback_months = 26,
                                  .probability_positive = 0.84,
                                  .probability_se = 0.05};
    w->forecast = (mlab_forecast){.ledger = &w->ledger,
                                  .returns = w->returns,
                                  .n_returns = 2,
                                  .largest_unknown = w_text("what an exit costs (avoided_exit)"),
                                  .largest_share = 0.61,
                                  .value_of_knowing = 41230,
                                  .level = 0.9,
                                  .caveats = w_text("Everything is counted against the plan 'today' in the same futures.\n")};
}

static const char w_truth[] = "kind,outcome,name,reference,measure,horizon_months,value,monte_carlo_error\n"
                              "coefficient,retention,armstructured,,,,-0.3,0\n"
                              "contrast,retention,structured,none,risk_difference,12,0.0289,0.0004\n"
                              "contrast,satisfaction,structured,none,mean_difference,12,0.2,0.001\n";

static inline test_world *w_make(void)
{
    test_world *w = w_keep(calloc(1, sizeof *w));
    w_compare(w);
    w_match(w);
    w_simulate(w);
    w_return(w);
    w->finding = (mlab_finding){
        .severity = MLAB_SEVERITY_NOTE, .kind = w_text("exact_duplicate"), .sentence = w_text("rows are exact copies of earlier ones"), .count = 13};
    w->findings = (mlab_findings){.items = &w->finding, .n = 1};
    w->not_applicable[0] = "forecast of salaries: no bands in this study";
    w->results = (mlab_results){.fits = w->fits,
                                .n_fits = 1,
                                .comparison = &w->comparison,
                                .pairs = w->pairs,
                                .n_pairs = 2,
                                .outcomes = &w->outcomes,
                                .forecast = &w->forecast,
                                .provenance = "{\"program\": \"mentorlab\", \"seed\": 1}"};
    w->spec = (mlab_report_spec){.title = "Engineering mentoring 2021-2024",
                                 .results = &w->results,
                                 .findings = &w->findings,
                                 .not_applicable = w->not_applicable,
                                 .n_not_applicable = 1};
    return w;
}

#endif
