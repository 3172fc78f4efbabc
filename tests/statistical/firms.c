/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "statistical/firms.h"

#include "core/number.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const firm_coding_names[FIRM_N_CODINGS] = {"state at the start of the quarter", "ever mentored", "any day of the quarter",
                                                       "current, pairs close before exits"};

static const double horizons[] = {12, 24};
static const char *const adjust[] = {"tenure", "time_in_grade", "entry_grade", "gender", "department", "performance"};
static char covariates[] = "entry_grade + gender + department + performance";

/* The three outcomes as a user would state them; the formulas are those of the truth. */
static void state_outcomes(mlab_outcome outcomes[3], char formulas[3][160])
{
    static char names[3][16] = {"promotion", "retention", "satisfaction"};
    static char models[3][16] = {"hazard", "hazard", "ordinal"};
    static const char *const heads[3] = {"promoted ~ arm + time_in_grade + ", "exit ~ arm + tenure + ", "satisfaction ~ arm + "};
    memset(outcomes, 0, 3 * sizeof *outcomes);
    for (int k = 0; k < 3; k++) {
        snprintf(formulas[k], 160, "%s%s", heads[k], covariates);
        outcomes[k].name = names[k];
        outcomes[k].model = models[k];
        outcomes[k].formula = formulas[k];
        outcomes[k].kind = k == 2 ? MLAB_OUTCOME_ORDINAL : MLAB_OUTCOME_EVENT;
        outcomes[k].better = 1;
        outcomes[k].absence = k == 1;
    }
}

mlab_status firm_plan_start(firm_plan *plan, const mlab_context *context, firm_study study, int64_t people, int64_t bootstrap, mlab_error *err)
{
    mlab_status status;
    *plan = (firm_plan){.context = context, .study = study, .people = people, .bootstrap = bootstrap};
    if ((status = mlab_truth_default(context, &plan->truth, err))) return status;
    if (study == FIRM_CLOCK) {
        if ((status = mlab_truth_set(plan->truth, "switches.no_effect", "yes", err))) return status;
        if ((status = mlab_truth_default(context, &plan->closing, err))) return status;
        if ((status = mlab_truth_set(plan->closing, "switches.no_effect", "yes", err))) return status;
        return mlab_truth_set(plan->closing, "switches.close_before_exit", "0.5", err);
    }
    return mlab_true_values(context, plan->truth, people, horizons, study == FIRM_CONTRASTS ? 2 : 0, &plan->values, &plan->n_values, err);
}

void firm_plan_end(firm_plan *plan)
{
    mlab_true_values_free(plan->context, plan->values);
    mlab_truth_free(plan->truth);
    mlab_truth_free(plan->closing);
}

static firm_number *next_number(firm_number *numbers, size_t *n)
{
    firm_number *number = &numbers[(*n)++];
    memset(number, 0, sizeof *number);
    return number;
}

/* Wald interval by t(G - 1) from the cluster-robust covariance. */
static void interval_of(const mlab_fit *fit, size_t j, firm_number *number)
{
    number->estimate = fit->estimate[j];
    number->se = sqrt(fit->robust[j * fit->n_parameters + j]);
    double t = gsl_cdf_tdist_Pinv(0.975, (double)fit->n_clusters - 1);
    number->lower = number->estimate - t * number->se;
    number->upper = number->estimate + t * number->se;
}

static mlab_status coefficients(const firm_plan *plan, const mlab_context *context, const mlab_data *data, firm_number *numbers, size_t *n,
                                mlab_error *err)
{
    mlab_outcome outcomes[3];
    char formulas[3][160];
    mlab_fit_options options = mlab_fit_defaults();
    state_outcomes(outcomes, formulas);
    for (int k = 0; k < 3; k++) {
        mlab_fit *fit = NULL;
        mlab_status status = mlab_fit_outcome(context, data, &outcomes[k], &options, &fit, err);
        if (status) return status;
        for (size_t v = 0; v < plan->n_values; v++) {
            const mlab_true_value *value = &plan->values[v];
            if (strcmp(value->kind, "coefficient") || strcmp(value->outcome, outcomes[k].name)) continue;
            firm_number *number = next_number(numbers, n);
            snprintf(number->name, sizeof number->name, "%s %s", value->outcome, value->name);
            number->truth = value->value;
            number->trust = (int)MLAB_NOT_CONVERGED;
            for (size_t j = 0; j < fit->n_parameters; j++)
                if (!strcmp(fit->names[j], value->name)) {
                    number->trust = (int)fit->trust;
                    if (fit->trust == MLAB_TRUSTED) interval_of(fit, j, number);
                }
        }
        mlab_fit_free(fit);
    }
    return MLAB_OK;
}

static const mlab_true_value *truth_of(const firm_plan *plan, const mlab_contrast *contrast)
{
    for (size_t v = 0; v < plan->n_values; v++) {
        const mlab_true_value *value = &plan->values[v];
        if (!strcmp(value->kind, "contrast") && !strcmp(value->outcome, contrast->outcome) && !strcmp(value->name, contrast->arm) &&
            !strcmp(value->reference, contrast->reference) && !strcmp(value->measure, contrast->measure) &&
            fabs(value->horizon - contrast->horizon) < 0.01)
            return value;
    }
    return NULL;
}

static mlab_status contrasts(const firm_plan *plan, const mlab_context *context, const mlab_data *data, uint64_t seed, firm_number *numbers,
                             size_t *n, mlab_error *err)
{
    mlab_outcome outcomes[3];
    char formulas[3][160];
    char *columns[sizeof adjust / sizeof *adjust];
    double months[] = {horizons[0], horizons[1]};
    mlab_compare_options options = mlab_compare_defaults();
    mlab_comparison *comparison = NULL;
    state_outcomes(outcomes, formulas);
    for (size_t k = 0; k < sizeof adjust / sizeof *adjust; k++) memcpy(&columns[k], &adjust[k], sizeof columns[k]);
    mlab_compare_spec spec = {.adjust = columns,
                              .n_adjust = sizeof adjust / sizeof *adjust,
                              .horizons = months,
                              .n_horizons = 2,
                              .outcomes = outcomes,
                              .n_outcomes = 3,
                              .satisfied_from = -1};
    options.bootstrap = plan->bootstrap;
    options.seed = (int64_t)seed;
    mlab_status status = mlab_compare(context, data, &spec, &options, &comparison, err);
    if (status) return status;
    for (size_t c = 0; c < comparison->n_contrasts && *n < FIRM_MAX_NUMBERS; c++) {
        const mlab_contrast *contrast = &comparison->contrasts[c];
        const mlab_true_value *value = truth_of(plan, contrast);
        if (!value) continue;
        firm_number *number = next_number(numbers, n);
        snprintf(number->name, sizeof number->name, "%s %s - %s %s %g months %s", contrast->outcome, contrast->arm, contrast->reference,
                 contrast->measure, contrast->horizon, contrast->method);
        number->truth = value->value;
        number->truth_se = value->monte_carlo_se;
        number->trust = (int)contrast->trust;
        if (contrast->trust != MLAB_TRUSTED) continue;
        number->estimate = contrast->estimate;
        number->se = contrast->se;
        number->lower = contrast->lower;
        number->upper = contrast->upper;
    }
    mlab_comparison_free(comparison);
    return MLAB_OK;
}

/* The arm of a row when a relationship counts by another rule than the state at the start. */
static int32_t coded_arm(const mlab_data *data, const size_t *first, size_t row, firm_coding coding)
{
    const mlab_panel *panel = data->panel;
    int32_t arm = 0;
    for (size_t k = first[panel->person[row]]; k < first[panel->person[row] + 1]; k++) {
        const mlab_relationship *r = &data->relationships[k];
        bool counts = coding == FIRM_EVER || (coding == FIRM_ANY_DAY && r->start < panel->stop[row]) ||
                      (coding == FIRM_CURRENT && r->start <= panel->start[row] && (r->end == MLAB_DATE_MISSING || r->end > panel->start[row]));
        if (counts && !arm) arm = r->kind;
    }
    return arm;
}

static int by_mentee(const void *a, const void *b)
{
    const mlab_relationship *x = a, *y = b;
    if (x->mentee != y->mentee) return x->mentee < y->mentee ? -1 : 1;
    return x->start < y->start ? -1 : x->start > y->start;
}

static mlab_status recode(mlab_data *data, firm_coding coding, mlab_error *err)
{
    mlab_panel *panel = data->panel;
    mlab_column *arm = mlab_table_find(panel->rows, "arm");
    size_t *first = calloc(panel->n_ids + 1, sizeof *first);
    if (!first) {
        err->status = MLAB_ERR_MEMORY;
        return MLAB_ERR_MEMORY;
    }
    qsort(data->relationships, data->n_relationships, sizeof *data->relationships, by_mentee);
    for (size_t k = 0; k < data->n_relationships; k++) first[data->relationships[k].mentee + 1]++;
    for (size_t i = 0; i < panel->n_ids; i++) first[i + 1] += first[i];
    for (size_t row = 0; row < panel->n_rows; row++) arm->as.integer[row] = panel->arm[row] = coded_arm(data, first, row, coding);
    free(first);
    return MLAB_OK;
}

static mlab_status clock_numbers(const firm_plan *plan, const mlab_context *context, uint64_t seed, firm_number *numbers, size_t *n, mlab_error *err)
{
    mlab_outcome outcomes[3];
    char formulas[3][160];
    mlab_fit_options options = mlab_fit_defaults();
    mlab_status status = MLAB_OK;
    state_outcomes(outcomes, formulas);
    for (int coding = 0; coding < FIRM_N_CODINGS && !status; coding++) {
        mlab_data *data = NULL;
        mlab_fit *fit = NULL;
        const mlab_truth *truth = coding == FIRM_CURRENT ? plan->closing : plan->truth;
        status = mlab_generate_data(context, truth, seed, plan->people, &data, err);
        if (!status && coding != FIRM_AT_START) status = recode(data, (firm_coding)coding, err);
        if (!status) status = mlab_fit_outcome(context, data, &outcomes[1], &options, &fit, err);
        for (size_t j = 0; !status && j < fit->n_parameters; j++) {
            if (strcmp(fit->names[j], "voluntary:armstructured") && strcmp(fit->names[j], "voluntary:arminformal")) continue;
            firm_number *number = next_number(numbers, n);
            snprintf(number->name, sizeof number->name, "%s: %s", firm_coding_names[coding], fit->names[j] + strlen("voluntary:arm"));
            number->trust = (int)fit->trust;
            if (fit->trust == MLAB_TRUSTED) interval_of(fit, j, number);
        }
        mlab_fit_free(fit);
        mlab_data_free(data);
    }
    return status;
}

mlab_status firm_numbers(const firm_plan *plan, const mlab_context *context, uint64_t seed, firm_number *numbers, size_t *n, mlab_error *err)
{
    *n = 0;
    if (plan->study == FIRM_CLOCK) return clock_numbers(plan, context, seed, numbers, n, err);
    mlab_data *data = NULL;
    mlab_status status = mlab_generate_data(context, plan->truth, seed, plan->people, &data, err);
    if (!status)
        status = plan->study == FIRM_COEFFICIENTS ? coefficients(plan, context, data, numbers, n, err)
                                                  : contrasts(plan, context, data, seed, numbers, n, err);
    mlab_data_free(data);
    return status;
}

/* Two passes: means, then spreads. Failed numbers count as not covering and are left out of means. */
static void judge(const firm_number *numbers, size_t n, firm_verdict *v)
{
    double square = 0, good;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(numbers[i].name, v->name)) continue;
        v->firms++;
        if (numbers[i].trust != MLAB_TRUSTED) {
            v->failed++;
            continue;
        }
        v->mean += numbers[i].estimate;
        v->mean_se += numbers[i].se;
        v->covered += numbers[i].lower <= numbers[i].truth && numbers[i].truth <= numbers[i].upper;
    }
    good = (double)(v->firms - v->failed);
    if (good < 2) return;
    v->mean /= good;
    v->mean_se /= good;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(numbers[i].name, v->name) && numbers[i].trust == MLAB_TRUSTED) square += pow(numbers[i].estimate - v->mean, 2);
    v->empirical_se = sqrt(square / (good - 1));
    v->bias = v->mean - v->truth;
    v->bias_error = sqrt(v->empirical_se * v->empirical_se / good + v->truth_se * v->truth_se);
    v->coverage = (double)v->covered / (double)v->firms;
}

size_t firm_verdicts(const firm_number *numbers, size_t n, firm_verdict *verdicts, size_t max)
{
    size_t n_verdicts = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < n_verdicts && strcmp(verdicts[k].name, numbers[i].name)) k++;
        if (k < n_verdicts || n_verdicts == max) continue;
        memset(&verdicts[k], 0, sizeof verdicts[k]);
        memcpy(verdicts[k].name, numbers[i].name, sizeof verdicts[k].name);
        verdicts[k].truth = numbers[i].truth;
        verdicts[k].truth_se = numbers[i].truth_se;
        judge(numbers, n, &verdicts[k]);
        n_verdicts++;
    }
    return n_verdicts;
}

double firm_z(double joint_rate, size_t m)
{
    return gsl_cdf_ugaussian_Qinv(joint_rate / 2 / (double)m);
}

double firm_t(double joint_rate, size_t m, size_t firms)
{
    return gsl_cdf_tdist_Qinv(joint_rate / 2 / (double)m, (double)firms - 1);
}
