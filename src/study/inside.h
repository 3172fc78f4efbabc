/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of a study: what was read, what was made, and where things are kept. */
#ifndef MLAB_STUDY_INSIDE_H
#define MLAB_STUDY_INSIDE_H

#include "data/settings.h"
#include "mentorlab/after.h"
#include "mentorlab/impute.h"
#include "mentorlab/joint.h"
#include "mentorlab/study.h"
#include "study/options.h"
#include "study/stages.h"

struct mlab_study {
    const mlab_context *context;
    mlab_settings *settings;
    mlab_settings **definitions; /* [n_definitions] files of outcome models; the settings hold nodes of them */
    size_t n_definitions, definitions_capacity;
    void **kept; /* [n_kept] memory of the specs, released with the study */
    size_t n_kept, kept_capacity;
    char *here;   /* folder of the study file */
    char *folder; /* where outputs go */
    char *state;  /* folder/.mentorlab */
    char *title;
    bool simulated;
    char *truth; /* text of the file of known true values; NULL = none */

    mlab_fit_options fit_options;
    mlab_compare_options compare_options;
    mlab_simulate_options simulate_options;
    mlab_outcome *outcomes; /* [n_outcomes] stated ones; the defaults are added when the data are there */
    size_t n_outcomes;
    bool outcomes_stated;
    mlab_joint_outcome *joints; /* [n_joints] joint models of outcomes; their fits stand behind those of the outcomes */
    size_t n_joints;
    mlab_predict_spec predict;
    mlab_compare_spec comparison;
    mlab_match_spec matching;
    bool has_matching, has_simulation, has_forecast;
    mlab_scenario *scenarios; /* [n_scenarios] read when the length of a period is known */
    size_t n_scenarios;
    mlab_forecast_spec forecast;
    mlab_assumption *assumptions; /* [n_assumptions] from the evidence, then the stated ones; texts are kept */
    size_t n_assumptions;
    mlab_report_options report_options;

    mlab_data *data;
    mlab_fit **fits;
    size_t n_fits;
    bool fits_read; /* they were read back: baselines have joined steps */
    mlab_draws *draws;
    mlab_imputation *imputation; /* of the fits; NULL = complete cases, or read from a file */
    mlab_comparison *comparison_result;
    mlab_pairs **pairs;
    size_t n_pairs;
    mlab_outcomes *outcomes_result;
    mlab_forecast *forecast_result;
    mlab_results results;
    mlab_report_spec report;
    mlab_findings *findings;   /* the caller's, while a run lasts */
    char no_draws[512];        /* why no draws could be made; "" = they could */
    const mlab_review *review; /* while it is written */
    bool pairs_masked;         /* the pairs were read back: pseudonyms */

    char key[MLAB_N_STAGES][65];         /* "" = not known yet */
    bool done[MLAB_N_STAGES];            /* its results are here, and of the present input */
    char *not_applicable[MLAB_N_STAGES]; /* "match: this study has no mentors"; NULL = it applies */
    const char *told[MLAB_N_STAGES];     /* [n_told] those of not_applicable that are there */
    size_t n_told;
    char *provenance, *run, secret[65];
    int64_t started; /* seconds since 1970 */
    mlab_trust trust;
};

/* Memory and text that live as long as the study; NULL = no memory. */
void *mlab_study_keep(mlab_study *study, size_t count, size_t size);
char *mlab_study_keep_text(mlab_study *study, const char *text);

/* --- reading the blocks: each adds located findings ---------------------------------------------- */

typedef struct mlab_study_reading {
    mlab_study *study;
    const mlab_settings *settings;
    mlab_findings *findings;
} mlab_study_reading;

/* Gives the outcomes that `use` a definition what they do not say themselves. */
mlab_status mlab_study_read_definitions(const mlab_study_reading *reading, mlab_error *err);
mlab_status mlab_study_read_outcomes(const mlab_study_reading *reading, mlab_error *err);
/* Outcomes with model: joint (study/read_joint.c): read one, then check that all parts are there; later what needs the data. */
bool mlab_study_is_joint(const mlab_study_reading *reading, const mlab_setting *map);
mlab_status mlab_study_read_joint(const mlab_study_reading *reading, const char *name, const mlab_place *place, const mlab_setting *map,
                                  mlab_error *err);
mlab_status mlab_study_refuse_joint_keys(const mlab_study_reading *reading, const mlab_setting *map, const char *name, mlab_error *err);
mlab_status mlab_study_check_joints(const mlab_study_reading *reading, mlab_error *err);
mlab_status mlab_study_bind_joints(mlab_study *study, mlab_findings *findings, mlab_error *err);
/* Joint models that drive the simulation (study/drive_joint.c): the fit that outcome k is simulated by, a part's or its own; whether it is a part's;
 * the draws of these joint models, put beside study->draws. */
const mlab_fit *mlab_study_driving_fit(const mlab_study *study, size_t k, bool *is_part);
mlab_status mlab_study_draw_joints(mlab_study *study, mlab_error *err);
/* Weights and priors of an outcome: of its map (NULL = it has none), else of fit. */
mlab_status mlab_study_read_priors(const mlab_study_reading *reading, const mlab_setting *map, mlab_outcome *outcome, mlab_error *err);
/* Effects by threshold and on the scale of an outcome whose formula and model are read. */
mlab_status mlab_study_read_effects(const mlab_study_reading *reading, const mlab_setting *map, mlab_outcome *outcome, mlab_error *err);
/* Adds a prior; its texts are copied. */
mlab_status mlab_study_add_prior(mlab_study *study, mlab_outcome *outcome, const mlab_prior *prior, mlab_error *err);
mlab_status mlab_study_read_comparison(const mlab_study_reading *reading, mlab_error *err);
/* The block predict (study/read_predict.c); what only the data tell is judged by mlab_study_bind_predict. */
mlab_status mlab_study_read_predict(const mlab_study_reading *reading, mlab_error *err);
mlab_status mlab_study_read_evidence(const mlab_study_reading *reading, mlab_error *err);

/* A finding at a place of the study file. */
mlab_status mlab_study_stop(const mlab_study_reading *reading, const char *kind, const mlab_place *place, const char *value, mlab_error *err,
                            const char *format, ...) MLAB_PRINTF(6, 7);
/* Text, number and list below a map; NULL, false and 0 when absent or of another kind (then a finding of the walk already). */
const char *mlab_study_text_at(const mlab_study_reading *reading, const mlab_setting *map, const char *key);
bool mlab_study_number_at(const mlab_study_reading *reading, const mlab_setting *map, const char *key, double *value);
mlab_status mlab_study_list_at(const mlab_study_reading *reading, const mlab_setting *map, const char *key, char ***list, size_t *n, mlab_error *err);

/* --- binding to the data -------------------------------------------------------------------------- */

/* Adds default outcomes, checks formulas and columns against the data, maps levels. Findings get what does not fit. */
/* Entries for effects that the data estimate become priors of outcomes and leave the assumptions. */
mlab_status mlab_study_bind_evidence(mlab_study *study, mlab_findings *findings, mlab_error *err);
/* Firth's penalty against the models of the outcomes (study/bind_penalty.c). */
mlab_status mlab_study_bind_penalty(mlab_study *study, mlab_findings *findings, mlab_error *err);
/* Profiles and outcomes of the block predict against the data. */
mlab_status mlab_study_bind_predict(mlab_study *study, mlab_findings *findings, mlab_error *err);
mlab_status mlab_study_bind(mlab_study *study, mlab_findings *findings, mlab_error *err);
/* A finding when the table lacks the column, with the nearest name; and when its values would give people away by name. */
mlab_status mlab_study_check_column(mlab_study *study, const char *name, const mlab_place *place, mlab_findings *findings, mlab_error *err);
mlab_status mlab_study_check_identity(mlab_study *study, const char *name, const mlab_place *place, mlab_findings *findings, mlab_error *err);
/* Stops for an outcome named after one event of the panel that models another, and for causes that its model does not read (study/bind_response.c).
 */
mlab_status mlab_study_check_response(mlab_study *study, const mlab_outcome *outcome, const mlab_formula *formula, mlab_findings *findings,
                                      mlab_error *err);
/* The table that formulas read: the panel's rows, or the people. */
const mlab_table *mlab_study_table(const mlab_study *study);
/* The people there at the end of the panel with their state, and an id column. */
mlab_status mlab_study_present(const mlab_study *study, mlab_table **table, mlab_error *err);
/* Whether the values of a column tell who somebody is: ids, or a value of their own for most people. */
MLAB_MUST_USE mlab_status mlab_study_tells_who(const mlab_study *study, const char *name, bool *tells, mlab_error *err);

/* --- stages --------------------------------------------------------------------------------------- */

/* Key of a stage: program version, inputs, options that decide its numbers, keys of what it needs. */
mlab_status mlab_study_key(mlab_study *study, mlab_stage stage, mlab_error *err);
mlab_status mlab_study_provenance(mlab_study *study, char **json, mlab_error *err);
/* JSON of the run; at most MLAB_RUN_SIZE bytes. */
mlab_status mlab_study_run_attribute(const mlab_study *study, char **json, mlab_error *err);
/* The columns of a formula of model raters; its ids (study/bind_raters.c). */
MLAB_MUST_USE mlab_status mlab_study_bind_raters(mlab_study *study, const mlab_outcome *outcome, mlab_findings *findings, mlab_error *err);
/* Pseudonyms in the place of ids in the scores of all fits, sorted by them (study/scores.c). */
MLAB_MUST_USE mlab_status mlab_study_mask_scores(mlab_study *study, mlab_error *err);
/* People of the panel by their pseudonyms: [panel->n_ids], sorted, released by the caller; ids are the panel's. */
typedef struct mlab_known_person {
    char pseudonym[17];
    const char *id;
} mlab_known_person;
mlab_status mlab_study_know_people(const mlab_study *study, mlab_known_person **people, mlab_error *err);
const char *mlab_study_id_of(const mlab_study *study, const mlab_known_person *people, const char *pseudonym); /* NULL = nobody's */

/* The secret of the pseudonyms: read, or made once with mode 0600. */
mlab_status mlab_study_secret(mlab_study *study, mlab_error *err);

/* --- matching -------------------------------------------------------------------------------------- */

/* What the people gain, for every rule of matching that asks it. Errors: MLAB_ERR_DATA_REJECTED (the findings say why). */
MLAB_MUST_USE mlab_status mlab_study_gains(mlab_study *study, const mlab_table *people, mlab_findings *findings, mlab_error *err);
void mlab_study_gains_free(mlab_study *study);
bool mlab_study_asks_gains(const mlab_study *study);

/* Runs each policy of the spec on the open matching; one that cannot keep to what is asked of all is left out and noted. */
MLAB_MUST_USE mlab_status mlab_matched_run(mlab_matched *matched, const mlab_match_spec *spec, mlab_findings *findings, mlab_error *err);
/* The people of the study with the pairs of each policy. */
MLAB_MUST_USE mlab_status mlab_study_match_people(mlab_study *study, mlab_findings *findings, mlab_matched **matched, mlab_error *err);

#endif
