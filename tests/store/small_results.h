/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tiny run of every stage, by hand: two outcomes, two arms, three mentees, two scenarios. */
#ifndef TESTS_SMALL_RESULTS_H
#define TESTS_SMALL_RESULTS_H

#include "mentorlab/after.h"
#include "mentorlab/store.h"

#include <math.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define SECRET "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Parameters: two causes with two coefficients each; names in more than ASCII. */
static char *parameter_names[] = {"voluntary:(Intercept)", "voluntary:armstructured", "involuntary:(Intercept)", "involuntary:Gr\303\266\303\237e"};
static double estimates[] = {-3.25, -0.125, -4.5, 0.1};
static uint8_t aliased_flags[] = {0, 0, 0, 1};
static double covariances[] = {0.04, 0.001, 0, 0, 0.001, 0.09, 0, 0, 0, 0, 0.25, 0, 0, 0, 0, 0};
static double robusts[] = {0.05, 0.002, 0, 0, 0.002, 0.1, 0, 0, 0, 0, 0.3, 0, 0, 0, 0, 0};
static char *cause_names[] = {"voluntary", "involuntary"};
static uint64_t cause_events[] = {31, 9};
static double degrees[] = {11.5, 12, 13, 0};
static mlab_term_test term_tests[] = {{"arm", {2, 5.5, 0.064}, {2, 5.25, 0.072}, {0, 0, 0}}};
static mlab_margin margins[] = {{"arm: structured - none", "voluntary", -0.02, 0.01, -0.04, 0.001, "difference", -1, ""}};
static mlab_profile profiles[] = {{"voluntary:armstructured", 0, 0, false, true, true, false}};
static mlab_diagnosis diagnoses[] = {{"collinearity", "", 3.25, -1, false, "No column is nearly a mixture of others."}};
static mlab_prediction predictions[] = {
    {"novice", "level", "", "incidence", "voluntary", 4, "quarters", 12, "months", 0.125, 0.02, 0.0625, 0.25},
    {"mentored", "ratio", "novice", "incidence", "voluntary", 4, "quarters", 12, "months", 0.75, 0.25, 0.5, 1.25}};
static mlab_after what_was_asked = {.tests = term_tests,
                                    .n_tests = 1,
                                    .margins = margins,
                                    .n_margins = 1,
                                    .profiles = profiles,
                                    .n_profiles = 1,
                                    .diagnoses = diagnoses,
                                    .n_diagnoses = 1,
                                    .predictions = predictions,
                                    .n_predictions = 2};
static double fit_lower[] = {-4, -1, -6, 0.25}, fit_upper[] = {HUGE_VAL, 1, -3, 0.5};
static mlab_fit_prior fit_priors[] = {{.parameter = 1, .mean = 0, .sd = 2, .source = "stated", .data_estimate = 0.1, .data_se = HUGE_VAL},
                                      {.parameter = 3, .mean = 0.5, .sd = 1, .source = "evidence: it", .data_estimate = 0.2, .data_se = 0.3}};
/* Two strata: of three steps with 3, 4 and 2 events the first is joined to the second, and the last to them; of two events none is kept. */
static double step_time[] = {1, 2, 5, 3, 4}, step_events[] = {3, 4, 2, 1, 1}, step_hazard[] = {0.1, 0.2, 0.5, 0.3, 0.9};
static double step_variance[] = {0.01, 0.02, 0.05, 0.03, 0.09}, step_mean[] = {1, 2, 3, 4, 5}, step_covariance[] = {6, 7, 8, 9, 10},
              step_at[] = {0.25};
static size_t step_first[] = {0, 3, 5};
static char *step_strata[] = {"site=Lyon", "site=Oslo"}, *step_column[] = {"site"};
static mlab_baseline fit_baseline = {.n = 5,
                                     .n_columns = 1,
                                     .time = step_time,
                                     .events = step_events,
                                     .cumulative_hazard = step_hazard,
                                     .variance = step_variance,
                                     .mean = step_mean,
                                     .covariance = step_covariance,
                                     .at = step_at,
                                     .offset = 0.5,
                                     .n_strata = 2,
                                     .first = step_first,
                                     .strata = step_strata,
                                     .stratum_column = step_column,
                                     .n_stratum_columns = 1};
static mlab_fit retention_fit = {.outcome = "retention",
                                 .model = "hazard",
                                 .formula = "exit ~ arm",
                                 .information = "observed",
                                 .link = "cloglog",
                                 .residual_variance = 0,
                                 .n_parameters = 4,
                                 .names = parameter_names,
                                 .estimate = estimates,
                                 .aliased = aliased_flags,
                                 .covariance = covariances,
                                 .robust = robusts,
                                 .robust_kind = "CR2",
                                 .robust_df = degrees,
                                 .cluster_other = "site",
                                 .n_clusters_other = 12,
                                 .rows_digest = 77,
                                 .after = &what_was_asked,
                                 .baseline = &fit_baseline,
                                 .n_blocks = 2,
                                 .blocks = cause_names,
                                 .block_size = 2,
                                 .log_likelihood = -123.5,
                                 .null_log_likelihood = -130.25,
                                 .n_rows = 900,
                                 .n_people = 80,
                                 .n_events = 40,
                                 .n_clusters = 80,
                                 .n_dropped_missing = 3,
                                 .events_by_block = cause_events,
                                 .weights = MLAB_WEIGHTS_SAMPLING,
                                 .weight_total = 900,
                                 .penalised = true,
                                 .penalised_log_likelihood = -120.5,
                                 .lower = fit_lower,
                                 .upper = fit_upper,
                                 .priors = fit_priors,
                                 .n_priors = 2,
                                 .cluster = "person",
                                 .trust = MLAB_TOO_FEW_EVENTS,
                                 .reason = "9 involuntary exits",
                                 .iterations = 7,
                                 .gradient = 1e-9};
static char *level_names[] = {"low", "middle", "high"};
static char *ordinal_names[] = {"low|middle", "middle|high", "armstructured"};
static double ordinal_estimates[] = {-1, 1, 0.3}, ordinal_covariances[] = {0.1, 0, 0, 0, 0.1, 0, 0, 0, 0.2};
static uint8_t ordinal_aliased[3];
static char *effect_names[] = {"(Intercept)"};
static double effect_covariance[] = {0.25}, effect_sd[] = {0.5}, effect_sd_se[] = {0.125}, effect_mode[] = {0.25, -0.5},
              effect_mode_se[] = {0.1, 0.2};
static mlab_random_effects small_random[] = {{.group = "team",
                                              .gamma = true,
                                              .tested = true,
                                              .deviance = 5.25,
                                              .p = 0.011,
                                              .n_groups = 2,
                                              .n = 1,
                                              .names = effect_names,
                                              .covariance = effect_covariance,
                                              .sd = effect_sd,
                                              .sd_se = effect_sd_se,
                                              .mode = effect_mode,
                                              .mode_se = effect_mode_se}};
static double small_spread[] = {0.5}, small_joint[] = {0.1, 0, 0, 0, 0, 0.1, 0, 0, 0, 0, 0.2, 0.01, 0, 0, 0.01, 0.015625};
static mlab_fit satisfaction_fit = {.outcome = "satisfaction",
                                    .model = "ordinal",
                                    .formula = "satisfaction ~ arm",
                                    .information = "expected",
                                    .link = "logit",
                                    .n_parameters = 3,
                                    .names = ordinal_names,
                                    .estimate = ordinal_estimates,
                                    .aliased = ordinal_aliased,
                                    .covariance = ordinal_covariances,
                                    .n_thresholds = 2,
                                    .n_blocks = 1,
                                    .block_size = 3,
                                    .levels = level_names,
                                    .n_levels = 3,
                                    .cluster = "",
                                    .random = small_random,
                                    .n_random = 1,
                                    .n_spread = 1,
                                    .spread = small_spread,
                                    .joint_covariance = small_joint,
                                    .reason = ""};
static const mlab_fit *const small_fits[] = {&retention_fit, &satisfaction_fit};

static char *draw_outcomes[] = {"retention"};
static size_t draw_first[] = {0, 2};
static char *draw_names[] = {"retention:a", "retention:b"}, *draw_sources[] = {"fit", "evidence: formal_program_retention"};
static double draw_estimates[] = {-3, 0.5}, draw_values[] = {-3.1, 0.4, -2.9, 0.6, -3.05, 0.55};
static uint32_t effect_key[] = {4, 9}, effect_place[] = {0, 1};
static double effect_factor[] = {0.5, 0.25, 0.75}, effect_value[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
static mlab_draws_effects small_effects[] = {{.outcome = 0,
                                              .group = "team",
                                              .n_groups = 2,
                                              .n = 1,
                                              .people = true,
                                              .key = effect_key,
                                              .place = effect_place,
                                              .factor = effect_factor,
                                              .value = effect_value}};
static double drawn_hazard[] = {1, 2, 0.5, 3, 4, 5, 6, 0.25, 7, 8, 9, 10, 0.75, 11, 12};
static mlab_draws_baseline small_drawn_baselines[] = {{.outcome = 0, .n = 5, .cumulative_hazard = drawn_hazard}};
static mlab_draws small_draws = {.baselines = small_drawn_baselines,
                                 .n_baselines = 1,
                                 .kind = MLAB_DRAWS_NORMAL,
                                 .n_draws = 3,
                                 .n_parameters = 2,
                                 .n_outcomes = 1,
                                 .outcomes = draw_outcomes,
                                 .first = draw_first,
                                 .names = draw_names,
                                 .sources = draw_sources,
                                 .estimate = draw_estimates,
                                 .value = draw_values,
                                 .seed = 18446744073709551615u,
                                 .effects = small_effects,
                                 .n_effects = 1};

static mlab_contrast small_contrasts[] = {
    {.outcome = "retention",
     .arm = "structured",
     .reference = "none",
     .group = "gender = female",
     .event = "exit",
     .estimand = "had everyone been in structured, against none",
     .measure = "risk_difference",
     .method = "standardisation",
     .horizon = 12,
     .estimate = 0.031,
     .se = 0.0138,
     .lower = 0.004,
     .upper = 0.058,
     .level = 0.95,
     .risk_arm = 0.93,
     .risk_reference = 0.899,
     .risk_ratio = 1.034,
     .e_value = 1.6,
     .e_value_limit = 1.1,
     .n_arm = 200,
     .n_reference = 700,
     .events_arm = 14,
     .events_reference = 90,
     .years_arm = 380.5,
     .years_reference = 1500.25,
     .overlap = 0.94,
     .bootstrap_done = 200,
     .bootstrap_failed = 1,
     .unknown_people = 120,
     .unknown_events = 3,
     .bounded = true,
     .if_reference = 0.02,
     .if_arm = -0.01,
     .worst_lowest = -0.2,
     .worst_highest = 0.3,
     .trust = MLAB_NO_OVERLAP,
     .reason = "too little overlap",
     .caveats = "no trial\nno, really"},
    {.outcome = "promotion",
     .arm = "informal",
     .reference = "none",
     .estimand = "",
     .measure = "risk_difference",
     .method = "weighting",
     .horizon = 24,
     .estimate = -0.5,
     .reason = "",
     .caveats = ""},
};
static mlab_balance small_balance[] = {{"structured", "grade", 2.5, 2.25, 0.25, 0.03125}};
static double curve_time[] = {1, 2, 4}, curve_risk[] = {10, 9, 7}, curve_events[] = {1, 0, 0, 1, 1, 0},
              curve_estimate[] = {0.1, 0, 0.1, 0.1, 0.2, 0.1}, curve_se[] = {0.09, 0, 0.09, 0.09, 0.1, 0.1},
              curve_lower[] = {0.01, 0, 0.01, 0.01, 0.02, 0.02}, curve_upper[] = {0.3, 0, 0.3, 0.3, 0.4, 0.3};
static double alone_time[] = {5}, alone_risk[] = {4}, alone_events[] = {1}, alone_estimate[] = {0.75}, alone_se[] = {0.2}, alone_lower[] = {0.3},
              alone_upper[] = {0.9};
static mlab_curve small_curves[] = {
    {.group = "promotion/none",
     .n_times = 3,
     .n_causes = 2,
     .time = curve_time,
     .at_risk = curve_risk,
     .events = curve_events,
     .estimate = curve_estimate,
     .se = curve_se,
     .lower = curve_lower,
     .upper = curve_upper},
    {.group = "promotion/nobody",
     .n_times = 0,
     .n_causes = 0,
     .time = alone_time,
     .at_risk = alone_risk,
     .events = alone_events,
     .estimate = alone_estimate,
     .se = alone_se,
     .lower = alone_lower,
     .upper = alone_upper},
    {.group = "retention/none",
     .n_times = 1,
     .n_causes = 0,
     .time = alone_time,
     .at_risk = alone_risk,
     .events = alone_events,
     .estimate = alone_estimate,
     .se = alone_se,
     .lower = alone_lower,
     .upper = alone_upper},
};
static char *standardised_names[] = {"retention/none", "retention/structured"};
static double standardised_values[] = {0.05, 0.1, 0.04, 0.07}, standardised_from[] = {0, 3};
static mlab_stay small_stays[] = {{.outcome = "retention",
                                   .arm = "structured",
                                   .reference = "none",
                                   .state = "voluntary",
                                   .horizon = 12,
                                   .n = 80,
                                   .share = 0.25,
                                   .months = 1.5,
                                   .difference_upper = 0.75,
                                   .ratio = 0.5,
                                   .compared = true,
                                   .from = 3,
                                   .until = HUGE_VAL,
                                   .level = 0.9}};
static mlab_comparison small_comparison = {.contrasts = small_contrasts,
                                           .n_contrasts = 2,
                                           .balance = small_balance,
                                           .n_balance = 1,
                                           .weight_lowest = 0.2,
                                           .weight_highest = 4,
                                           .weight_mean = 1.01,
                                           .effective_share = 0.8,
                                           .curves = small_curves,
                                           .n_curves = 3,
                                           .stays = small_stays,
                                           .n_stays = 1,
                                           .standardised = standardised_values,
                                           .n_times = 2,
                                           .standardised_names = standardised_names,
                                           .standardised_from = standardised_from,
                                           .n_standardised = 2,
                                           .months_per_time = 3,
                                           .caveats = "interference is possible"};

/*   mentee   anna  bert  carl        mentor   mia  max
 *   gets     max    -    mia         places   1    2
 */
static char *mentee_ids[] = {"anna", "bert", "carl"}, *mentor_ids[] = {"max", "mia"};
static int32_t mentor_of[] = {0, MLAB_UNMATCHED, 1}, capacities[] = {2, 1}, loads[] = {1, 1};
static double pair_scores[] = {80, 0, 60};
static char *pair_reasons[] = {"skills 4 of 5", "no places left", "same language"};
static mlab_pairs small_pairs = {.policy = "optimal",
                                 .n_mentees = 3,
                                 .n_mentors = 2,
                                 .mentees = mentee_ids,
                                 .mentors = mentor_ids,
                                 .mentor_of = mentor_of,
                                 .score = pair_scores,
                                 .reason = pair_reasons,
                                 .capacity = capacities,
                                 .load = loads,
                                 .places = 3,
                                 .n_pairs = 2,
                                 .total_score = 140,
                                 .mean_score = 70,
                                 .lowest_score = 60,
                                 .blocking_pairs = 0,
                                 .candidates = 5,
                                 .terms_missing = 1,
                                 .mean_rank = 1.5};
static const mlab_pairs *const all_pairs[] = {&small_pairs};

enum { S = 2, D = 3, R = 2, P = 4, G = 2, CELLS = S * D * R * P * G, LINES = 2, LEDGER = S * D * P * LINES };
static char *scenario_names[] = {"today", "best_match"}, *group_names[] = {"1", "2"};
static mlab_assumption small_assumptions[] = {{"hire.rate", 0.25, 0, "stated"}, {"retention.structured", -0.1, 0.05, "evidence: x"}};
static float metric_values[MLAB_N_METRICS][CELLS];
static mlab_outcomes small_outcomes = {.n_scenarios = S,
                                       .n_draws = D,
                                       .n_replicates = R,
                                       .n_periods = P,
                                       .n_groups = G,
                                       .scenarios = scenario_names,
                                       .groups = group_names,
                                       .assumptions = small_assumptions,
                                       .n_assumptions = 2,
                                       .person_periods = 12345,
                                       .months_per_period = 3};

static char *line_names[] = {"coordinator", "avoided_exit"};
static mlab_line_kind line_kinds[] = {MLAB_LINE_CASH, MLAB_LINE_AVOIDED};
static double ledger_amount[LEDGER], ledger_difference[LEDGER];
static mlab_ledger small_ledger = {.n_scenarios = S,
                                   .n_draws = D,
                                   .n_periods = P,
                                   .n_lines = LINES,
                                   .scenarios = scenario_names,
                                   .lines = line_names,
                                   .kinds = line_kinds,
                                   .amount = ledger_amount,
                                   .difference = ledger_difference,
                                   .currency = "EUR",
                                   .discount_rate = 0.05,
                                   .months_per_period = 3};
static mlab_return small_returns[] = {{.scenario = "best_match",
                                       .net_present_value = {310000.5, -180000, 890000, 250000, 8000, false},
                                       .net_present_value_cash = {-5000, -6000, -4000, 0, 10, true},
                                       .net_present_value_without_time = {1, 2, 3, 4, 5, false},
                                       .benefits = 7.5,
                                       .costs = 2.5,
                                       .roi = 2.5,
                                       .roi_lower = -1,
                                       .roi_upper = 6,
                                       .roi_defined = true,
                                       .payback_months = 26,
                                       .probability_positive = 0.84,
                                       .probability_se = 0.016}};
static mlab_forecast small_forecast = {.ledger = &small_ledger,
                                       .returns = small_returns,
                                       .n_returns = 1,
                                       .largest_unknown = "avoided_exit",
                                       .largest_share = 0.7,
                                       .value_of_knowing = 41000,
                                       .level = 0.9,
                                       .caveats = "a simulation"};

static mlab_input small_inputs[] = {{"people", "people.csv", KEY, 3, 0, 0, 0, false}, {"promotions", "promotions.csv", KEY, 2, 2, 2, 0.25, true}};
static mlab_table small_people = {.n_rows = 3};
/* anna: none, structured; bert: none, exit; carl: unknown */
static char *panel_ids[] = {"anna", "bert", "carl"}, *panel_arms[] = {"none", "structured"};
static uint32_t panel_person[] = {0, 0, 1, 2};
static int32_t panel_start[] = {0, 91, 0, 0}, panel_stop[] = {91, 182, 91, 91}, panel_arm[] = {0, 1, 0, -1};
static uint8_t panel_exit[] = {0, 0, 1, 0};
static mlab_panel_event panel_events[] = {{.name = "retention", .what = panel_exit}};
static mlab_panel small_panel = {.n_rows = 4,
                                 .n_people = 3,
                                 .n_ids = 3,
                                 .ids = panel_ids,
                                 .person = panel_person,
                                 .start = panel_start,
                                 .stop = panel_stop,
                                 .arm = panel_arm,
                                 .arms = panel_arms,
                                 .n_arms = 2,
                                 .events = panel_events,
                                 .n_events = 1,
                                 .from = 0,
                                 .to = 365,
                                 .months_per_period = 3,
                                 .period_name = "quarter"};
static mlab_data small_data = {
    .people = &small_people, .panel = &small_panel, .inputs = small_inputs, .n_inputs = 2, .as_of = 365, .guesses = "arm: text"};

/* Everything, with the context put into the structs that hold one. */
static mlab_results small_results(const mlab_context *context)
{
    for (size_t k = 0; k < MLAB_N_METRICS; k++) {
        small_outcomes.value[k] = metric_values[k];
        for (size_t i = 0; i < CELLS; i++) metric_values[k][i] = (float)(100 * k + i) + 0.5f;
    }
    for (size_t i = 0; i < LEDGER; i++) {
        ledger_amount[i] = -1000.125 * (double)i;
        ledger_difference[i] = 3.5 * (double)i;
    }
    retention_fit.context = satisfaction_fit.context = small_draws.context = small_comparison.context = small_pairs.context = context;
    small_outcomes.context = small_ledger.context = small_forecast.context = small_data.context = context;
    return (mlab_results){.data = &small_data,
                          .fits = small_fits,
                          .n_fits = 2,
                          .draws = &small_draws,
                          .comparison = &small_comparison,
                          .pairs = all_pairs,
                          .n_pairs = 1,
                          .outcomes = &small_outcomes,
                          .forecast = &small_forecast,
                          .provenance = "{\"version\": \"0.1.0\"}",
                          .run = "{\"start\": 1}",
                          .pseudonym_secret = SECRET};
}

#endif
