/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stages as rows: when each applies, what it needs, its work, its stage file, the line it says. */
#include "study/stages.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "study/inside.h"

#include <stdio.h>
#include <string.h>

#define BIT(stage_) (1u << MLAB_STAGE_##stage_)
#define DATA_KEYS "data events arms panel as_of comparison.reference " /* the reference is the panel's first arm */

/* --- fit ------------------------------------------------------------------------------------------- */

static const char *no_fit(const mlab_study *study)
{
    return study->n_outcomes ? NULL : "the data have no outcome";
}

/* A fit that cannot drive a simulation stands in its way when people are moved by its outcome. */
static const char *no_simulation(const mlab_study *study)
{
    const mlab_panel *panel = study->data->panel;
    for (size_t k = 0; k < study->n_outcomes; k++) {
        const char *why = mlab_model_not_simulated(study->outcomes[k].model);
        if (why && (!panel || mlab_panel_find_event(panel, study->outcomes[k].name))) return why;
    }
    if (!study->data->panel) return "a person-level table has no periods";
    return study->has_simulation ? NULL : "the study file has no plans to compare (scenarios)";
}

/* Joint models of the outcomes, pooled where something is imputed; their fits stand behind those of the outcomes. */
static mlab_status fit_joints(mlab_study *study, const mlab_imputation *imputation, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < study->n_joints && !status; k++) {
        const mlab_joint_outcome *joint = &study->joints[k];
        mlab_fit **fit = &study->fits[study->n_fits];
        status = imputation ? mlab_fit_joint_imputed(study->context, study->data, joint, study->outcomes, study->n_outcomes, &study->fit_options,
                                                     imputation, fit, err)
                            : mlab_fit_joint(study->context, study->data, joint, study->outcomes, study->n_outcomes, &study->fit_options, fit, err);
        if (!status) study->n_fits++;
    }
    return status;
}

static bool is_of_raters(const mlab_outcome *outcome)
{
    return outcome->model && strcmp(outcome->model, "raters") == 0;
}

/* Every outcome on every imputation, and draws that hold what is missing. */
static mlab_status fit_imputed(mlab_study *study, const mlab_imputation *imputation, mlab_error *err)
{
    size_t n = 0, n_draws = no_simulation(study) ? 0 : (size_t)study->simulate_options.draws;
    uint8_t *used = mlab_allocate(study->context, study->n_outcomes, 1);
    mlab_outcome *taken = mlab_allocate(study->context, study->n_outcomes, sizeof *taken);
    mlab_fit **fits = mlab_allocate(study->context, study->n_outcomes, sizeof *fits);
    mlab_status status = used && taken && fits ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu fits", study->n_outcomes);
    for (size_t k = 0; k < study->n_outcomes && !status; k++) {
        if (is_of_raters(&study->outcomes[k])) continue;
        taken[n] = study->outcomes[k];
        used[n++] = !mlab_model_not_simulated(study->outcomes[k].model);
    }
    if (!status && n)
        status = mlab_fit_imputed(study->context, study->data, taken, n, &study->fit_options, imputation, n_draws, used,
                                  (uint64_t)study->simulate_options.seed, fits, &study->draws, err);
    for (size_t k = 0, at = 0; k < study->n_outcomes && !status; k++) {
        if (is_of_raters(&study->outcomes[k])) /* ratings have no attributes of people that could be imputed */
            status = mlab_fit_outcome(study->context, study->data, &study->outcomes[k], &study->fit_options, &study->fits[k], err);
        else
            study->fits[k] = fits[at], fits[at++] = NULL;
        study->n_fits += !status;
    }
    for (size_t k = 0; fits && k < n; k++) mlab_fit_free(fits[k]);
    mlab_release(study->context, used);
    mlab_release(study->context, taken);
    mlab_release(study->context, fits);
    return status ? status : fit_joints(study, imputation, err);
}

/* The imputation that the study asks for; NULL when it asks for none. */
static mlab_status impute(mlab_study *study, mlab_error *err)
{
    if (study->fit_options.imputations == 0 || study->imputation) return MLAB_OK;
    return mlab_impute(study->context, study->data, study->outcomes, study->n_outcomes, (int)study->fit_options.imputations,
                       (int)study->fit_options.imputation_rounds, (uint64_t)study->simulate_options.seed, &study->imputation, err);
}

/* One line a fit: its doubts are not an error. */
static mlab_status fit_all(mlab_study *study, mlab_error *err)
{
    if (!(study->fits = mlab_allocate(study->context, study->n_outcomes + study->n_joints, sizeof *study->fits)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu fits", study->n_outcomes);
    mlab_status status = MLAB_OK;
    if ((status = impute(study, err))) return status;
    if (study->imputation && study->imputation->n_columns > 0) return fit_imputed(study, study->imputation, err);
    for (size_t k = 0; !status && k < study->n_outcomes; k++) {
        if (study->context->cancelled && study->context->cancelled(study->context->user))
            return mlab_raise(err, MLAB_ERR_CANCELLED, "stopped on request");
        status = mlab_fit_outcome(study->context, study->data, &study->outcomes[k], &study->fit_options, &study->fits[k], err);
        if (!status) study->n_fits++;
    }
    return status ? status : fit_joints(study, NULL, err);
}

/* Draws of the fits that can drive a simulation. */
static mlab_status draw(mlab_study *study, mlab_error *err)
{
    size_t n = 0, n_draws = (size_t)study->simulate_options.draws;
    uint64_t seed = (uint64_t)study->simulate_options.seed;
    const mlab_fit_options *options = &study->fit_options;
    const mlab_fit **used = mlab_allocate(study->context, study->n_fits, sizeof *used);
    const mlab_outcome **outcomes = mlab_allocate(study->context, study->n_fits, sizeof *outcomes);
    mlab_status status = used && outcomes ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu fits", study->n_fits);
    for (size_t k = 0; k < study->n_fits && !status; k++) {
        bool is_part;
        (void)mlab_study_driving_fit(study, k, &is_part);
        if (is_part || mlab_model_not_simulated(study->fits[k]->model)) continue;
        outcomes[n] = &study->outcomes[k];
        used[n++] = study->fits[k];
    }
    if (!status && n && options->draws)
        status =
            mlab_draws_bootstrap(study->context, study->data, outcomes, options, used, n, options->draws == 2, n_draws, seed, &study->draws, err);
    else if (!status && n)
        status = mlab_draws_make_mixed(study->context, study->data, outcomes, options, used, n, n_draws, seed, &study->draws, err);
    if (!status) status = mlab_study_draw_joints(study, err);
    mlab_release(study->context, used);
    mlab_release(study->context, outcomes);
    return status;
}

static mlab_status work_fit(mlab_study *study, const char *path, const char *key, mlab_error *err)
{
    mlab_status status = fit_all(study, err);
    bool drawn = !status && !study->draws && !no_simulation(study);
    if (drawn) status = draw(study, err);
    if (status == MLAB_ERR_FIT_DRAWS || status == MLAB_ERR_FIT_COVARIANCE ||
        (drawn && status == MLAB_ERR_DATA_NOT_BUILT)) { /* the fits stand; the simulation says why it cannot */
        if (err) snprintf(study->no_draws, sizeof study->no_draws, "%s", err->sentence);
        status = MLAB_OK;
    }
    if (!status) status = mlab_study_mask_scores(study, err);
    if (status) return status;
    mlab_results results = {.fits = (const mlab_fit *const *)study->fits, .n_fits = study->n_fits, .draws = study->draws};
    return mlab_store_write(study->context, path, &results, key, err);
}

static mlab_status load_fit(mlab_study *study, const char *path, mlab_error *err)
{
    mlab_status status = mlab_store_read_fits(study->context, path, &study->fits, &study->n_fits, &study->draws, err);
    study->fits_read = !status;
    if (status || study->draws || no_simulation(study)) return status;
    study->fits_read = false;
    for (size_t k = 0; k < study->n_fits; k++) mlab_fit_free(study->fits[k]); /* why there are no draws is known only when they are tried */
    mlab_release(study->context, study->fits);
    study->fits = NULL;
    study->n_fits = 0;
    return mlab_raise(err, MLAB_ERR_STORE_READ, "%s has no draws", path);
}

static void tell_fit(const mlab_study *study, mlab_text *line)
{
    for (size_t k = 0; k < study->n_fits; k++) mlab_text_print(line, "%s%s", k ? " · " : "", study->fits[k]->outcome);
}

/* --- compare ---------------------------------------------------------------------------------------- */

static const char *no_comparison(const mlab_study *study)
{
    const mlab_data *data = study->data;
    if (data->panel) return data->panel->n_arms > 1 ? NULL : "the study has no groups to compare";
    if (!data->arm_column || !*data->arm_column) return "the study has no groups to compare";
    return study->n_outcomes ? NULL : "the study has no outcome to compare";
}

static mlab_status work_compare(mlab_study *study, const char *path, const char *key, mlab_error *err)
{
    mlab_imputation *imputation = NULL;
    const mlab_fit_options *fit = &study->fit_options;
    mlab_status status = MLAB_OK;
    if (fit->imputations > 0)
        status = mlab_compare_impute(study->context, study->data, &study->comparison, (int)fit->imputations, (int)fit->imputation_rounds,
                                     (uint64_t)study->simulate_options.seed, &imputation, err);
    if (!status && imputation)
        status = mlab_compare_imputed(study->context, study->data, &study->comparison, &study->compare_options, imputation, &study->comparison_result,
                                      err);
    else if (!status)
        status = mlab_compare(study->context, study->data, &study->comparison, &study->compare_options, &study->comparison_result, err);
    mlab_imputation_free(imputation);
    if (status) return status;
    return mlab_store_write(study->context, path, &(mlab_results){.comparison = study->comparison_result}, key, err);
}

static mlab_status load_compare(mlab_study *study, const char *path, mlab_error *err)
{
    return mlab_store_read_comparison(study->context, path, &study->comparison_result, err);
}

static void tell_compare(const mlab_study *study, mlab_text *line)
{
    const mlab_panel *panel = study->data->panel;
    const mlab_column *column = panel ? NULL : mlab_table_find(study->data->people, study->data->arm_column);
    char *const *arms = panel ? panel->arms : column ? column->levels : NULL;
    int32_t n = panel ? panel->n_arms : column ? column->n_levels : 0;
    for (int32_t k = n; k-- > 0;) mlab_text_print(line, "%s%s", arms[k], k ? " · " : "");
}

/* --- match ------------------------------------------------------------------------------------------ */

static const char *no_matching(const mlab_study *study)
{
    if (!study->data->panel) return "this study has no mentors";
    return study->has_matching ? NULL : "the study file has no block matching";
}

static mlab_status match_people(mlab_study *study, mlab_error *err)
{
    mlab_matched *matched = NULL;
    mlab_status status = mlab_study_match_people(study, study->findings, &matched, err);
    if (!status) {
        study->pairs = matched->pairs;
        study->n_pairs = matched->n_pairs;
        matched->pairs = NULL;
        matched->n_pairs = 0;
    }
    mlab_matched_free(matched);
    return status;
}

static mlab_status work_match(mlab_study *study, const char *path, const char *key, mlab_error *err)
{
    mlab_status status = match_people(study, err);
    if (status) return status;
    mlab_results results = {.pairs = (const mlab_pairs *const *)study->pairs, .n_pairs = study->n_pairs, .pseudonym_secret = study->secret};
    return mlab_store_write(study->context, path, &results, key, err);
}

static mlab_status load_match(mlab_study *study, const char *path, mlab_error *err)
{
    study->pairs_masked = true;
    return mlab_store_read_pairs(study->context, path, &study->pairs, &study->n_pairs, err);
}

static void tell_match(const mlab_study *study, mlab_text *line)
{
    if (!study->n_pairs) return;
    const mlab_pairs *pairs = study->pairs[study->n_pairs - 1];
    char mentees[64], mentors[64], places[64];
    mlab_number_for_people((double)pairs->n_mentees, 0, mentees, sizeof mentees);
    mlab_number_for_people((double)pairs->n_mentors, 0, mentors, sizeof mentors);
    mlab_number_for_people((double)pairs->places, 0, places, sizeof places);
    mlab_text_print(line, "%s mentees, %s mentors, %s places", mentees, mentors, places);
}

/* --- simulate --------------------------------------------------------------------------------------- */

static const char *cannot_simulate(const mlab_study *study)
{
    const char *why = no_simulation(study);
    return why ? why : study->no_draws[0] ? study->no_draws : NULL;
}

const char *mlab_study_no_draws(const mlab_study *study, const char **kind)
{
    static const char *const kinds[] = {"normal", "bootstrap", "parametric"};
    const mlab_fit_options *options = &study->fit_options;
    if (options->draws == 0 || study->draws) return NULL;
    if (options->margins_interval || (options->predict && options->predict->draws)) return NULL; /* they take them */
    if (kind) *kind = kinds[options->draws];
    return cannot_simulate(study);
}

static mlab_status simulate_shards(mlab_study *study, const char *folder, const char *key, const mlab_data *data, mlab_error *err)
{
    const mlab_fit **fits = mlab_allocate(study->context, study->n_fits, sizeof *fits);
    if (!fits) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu fits", study->n_fits);
    mlab_place *places = mlab_allocate(study->context, study->n_fits, sizeof *places);
    if (!places) {
        mlab_release(study->context, fits);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu fits", study->n_fits);
    }
    for (size_t k = 0; k < study->n_fits; k++) {
        fits[k] = mlab_study_driving_fit(study, k, NULL);
        if (k < study->n_outcomes) places[k] = study->outcomes[k].formula_place;
    }
    const mlab_setting *block = mlab_settings_find(study->settings, NULL, "scenarios");
    if (!block) block = mlab_settings_find(study->settings, NULL, "simulation");
    mlab_simulate_spec spec = {.data = data,
                               .fits = fits,
                               .n_fits = study->n_fits,
                               .draws = study->draws,
                               .matching = &study->matching,
                               .scenarios = study->scenarios,
                               .n_scenarios = study->n_scenarios,
                               .assumptions = study->assumptions,
                               .n_assumptions = study->n_assumptions,
                               .satisfied_from = study->comparison.satisfied_from,
                               .outcome_places = places};
    if (block) spec.place = mlab_setting_place(block);
    const size_t n = (size_t)study->simulate_options.draws;
    mlab_sink sink = {0};
    mlab_status status = mlab_store_shards(study->context, folder, key, &sink, err);
    if (!status) status = mlab_simulate(study->context, &spec, &study->simulate_options, 0, n, &sink, err);
    if (!status) status = mlab_store_merge(study->context, folder, key, n, &study->outcomes_result, err);
    mlab_store_shards_end(&sink);
    mlab_release(study->context, places);
    mlab_release(study->context, fits);
    return status;
}

static mlab_status work_simulate(mlab_study *study, const char *path, const char *key, mlab_error *err)
{
    char *folder = mlab_os_join(study->context, study->state, "shards");
    if (!folder) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to simulate");
    mlab_completed *completed = NULL; /* the people simulated have the values of the first imputation */
    mlab_status status = impute(study, err);
    if (!status && study->imputation) status = mlab_impute_complete(study->context, study->data, study->imputation, 0, &completed, err);
    if (!status) status = simulate_shards(study, folder, key, completed ? &completed->data : study->data, err);
    mlab_completed_free(study->context, completed);
    if (!status) status = mlab_store_write(study->context, path, &(mlab_results){.outcomes = study->outcomes_result}, key, err);
    if (!status) mlab_store_shards_remove(study->context, folder, (size_t)study->simulate_options.draws);
    mlab_release(study->context, folder);
    return status;
}

static mlab_status load_simulate(mlab_study *study, const char *path, mlab_error *err)
{
    return mlab_store_read_outcomes(study->context, path, &study->outcomes_result, err);
}

static void tell_simulate(const mlab_study *study, mlab_text *line)
{
    const mlab_outcomes *outcomes = study->outcomes_result;
    if (outcomes) mlab_text_print(line, "%zu plans x %zu draws x %zu histories", outcomes->n_scenarios, outcomes->n_draws, outcomes->n_replicates);
}

/* --- forecast --------------------------------------------------------------------------------------- */

static const char *no_forecast(const mlab_study *study)
{
    if (!study->has_forecast) return "the study file has no money (block forecast)";
    return cannot_simulate(study) ? "nothing is simulated to put a price on" : NULL;
}

static mlab_status work_forecast(mlab_study *study, const char *path, const char *key, mlab_error *err)
{
    mlab_status status = mlab_forecast_make(study->context, study->outcomes_result, &study->forecast, &study->forecast_result, err);
    if (status) return status;
    return mlab_store_write(study->context, path, &(mlab_results){.forecast = study->forecast_result}, key, err);
}

static mlab_status load_forecast(mlab_study *study, const char *path, mlab_error *err)
{
    return mlab_store_read_forecast(study->context, path, &study->forecast_result, err);
}

static void tell_forecast(const mlab_study *study, mlab_text *line)
{
    const mlab_forecast *forecast = study->forecast_result;
    if (!forecast) return;
    double years = (double)(forecast->ledger->n_periods * (size_t)forecast->ledger->months_per_period) / 12;
    mlab_text_print(line, "%zu plans against %s, ", forecast->n_returns, forecast->ledger->scenarios[0]);
    mlab_text_number(line, years);
    mlab_text_append(line, " years");
}

const mlab_stage_row mlab_stage_rows[MLAB_N_STAGES] = {
    [MLAB_STAGE_CHECK] = {.name = "check", .prefixes = DATA_KEYS},
    [MLAB_STAGE_FIT] = {"fit", BIT(CHECK), DATA_KEYS "outcomes fit predict evidence simulation.draws simulation.seed", no_fit, work_fit, load_fit,
                        tell_fit},
    [MLAB_STAGE_COMPARE] = {"compare", BIT(CHECK), DATA_KEYS "outcomes fit comparison simulation.seed", no_comparison, work_compare, load_compare,
                            tell_compare},
    [MLAB_STAGE_MATCH] = {"match", BIT(CHECK), DATA_KEYS "matching", no_matching, work_match, load_match, tell_match},
    [MLAB_STAGE_SIMULATE] = {"simulate", BIT(CHECK) | BIT(FIT),
                             DATA_KEYS "outcomes fit.imputations fit.imputation_rounds matching simulation scenarios evidence", cannot_simulate,
                             work_simulate, load_simulate, tell_simulate},
    [MLAB_STAGE_FORECAST] = {"forecast", BIT(CHECK) | BIT(FIT) | BIT(SIMULATE), "forecast", no_forecast, work_forecast, load_forecast, tell_forecast},
    [MLAB_STAGE_REPORT] = {.name = "report", .needs = BIT(CHECK) | BIT(FIT) | BIT(COMPARE) | BIT(MATCH) | BIT(SIMULATE) | BIT(FORECAST)},
};
