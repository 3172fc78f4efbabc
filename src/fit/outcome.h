/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a study's outcome and its data to the problem that a model is fitted to. */
#ifndef MLAB_FIT_OUTCOME_H
#define MLAB_FIT_OUTCOME_H

#include "fit/model.h"

/* A problem and everything it borrows but the table. */
typedef struct mlab_outcome_problem {
    const mlab_context *context;
    const mlab_model *model;
    mlab_fit_options options; /* those given, with the outcome's own link */
    mlab_fit_problem problem;
    const mlab_table *table;
    mlab_table *own_table;         /* NULL, or the panel's columns and those made for an initial condition: then `table` */
    const mlab_panel *panel;       /* NULL for a person-level study */
    const mlab_panel_event *event; /* NULL when the response is a column */
    mlab_formula *formula;
    mlab_design *design;
    char *text;     /* of the formula */
    uint8_t *keep;  /* [rows of the table] 1 = used */
    uint32_t *rows; /* [n] */
    int32_t *category, *start, *stop, *status, *stratum;
    double *number, *offset, *weight;
    int32_t *origin, *from; /* [n], [2 * transitions] origins, then destinations */
    char **state_names;     /* [n_state_names] */
    size_t n_state_names;
    mlab_states states;
    char **names;  /* [n_categories] */
    char **strata; /* [problem.n_strata] */
    size_t n_names;
    uint32_t *cluster, *cluster_id, *cluster_other;
    char *cluster_name, *cluster_other_name;
    const mlab_data *data;
    mlab_random_grouping *random; /* [problem.n_random] random effects; what they point to is owned */
} mlab_outcome_problem;

void mlab_outcome_problem_free(mlab_outcome_problem *made);
/* Errors: those of mlab_fit_outcome. */
MLAB_MUST_USE mlab_status mlab_outcome_problem_make(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome,
                                                    const mlab_fit_options *options, mlab_outcome_problem **made, mlab_error *err);
/* The same, of the rows with only[row] = 1 (NULL = all). */
MLAB_MUST_USE mlab_status mlab_outcome_problem_make_of(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome,
                                                       const mlab_fit_options *options, const uint8_t *only, mlab_outcome_problem **made,
                                                       mlab_error *err);

/* The formula used when the study states none; released with mlab_release. Errors: MLAB_ERR_DATA_FORMULA when there is none. */
MLAB_MUST_USE mlab_status mlab_outcome_default_formula(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome, char **text,
                                                       mlab_error *err);

/* --- its steps; each reads keep and narrows it, or fills arrays over the rows ----------------------------------- */

/* Rows that can have a response at all: at risk, answered, with a known time. Counts stubs left out. */
MLAB_MUST_USE mlab_status mlab_outcome_keep(mlab_outcome_problem *made, const mlab_outcome *outcome, const mlab_fit_options *options,
                                            mlab_error *err);
/* The two steps for states; errors: MLAB_ERR_FIT_MODEL, MLAB_ERR_FIT_RESPONSE with the formula's place. */
MLAB_MUST_USE mlab_status mlab_outcome_keep_states(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_outcome_respond_states(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err);
/* Leaves out rows without a weight, or of weight 0, and counts them. Errors: MLAB_ERR_FIT_MODEL (weights the model has no use for),
 * MLAB_ERR_DATA_COLUMN, MLAB_ERR_DATA_TYPE, MLAB_ERR_FIT_RESPONSE (a weight below 0, or a frequency that is not whole). */
MLAB_MUST_USE mlab_status mlab_outcome_keep_weighted(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err);
/* weight of the rows used. */
MLAB_MUST_USE mlab_status mlab_outcome_weigh(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err);
/* The initial condition that the outcome asks for (fit/outcome_initial.c): a longer formula, and columns for it. After the rows are known.
 * Errors: MLAB_ERR_FIT_MODEL (no panel, no lag of the outcome, no effect of the person), MLAB_ERR_DATA_COLUMN. */
MLAB_MUST_USE mlab_status mlab_outcome_initial(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err);
/* Whether the formula holds the outcome's last value, and its column; whether it has (... | person). */
bool mlab_outcome_lag(const mlab_outcome_problem *made, const char **lag);
bool mlab_outcome_has_people_effects(const mlab_outcome_problem *made);
/* category, number, or times of the rows used. */
MLAB_MUST_USE mlab_status mlab_outcome_respond(mlab_outcome_problem *made, const mlab_outcome *outcome, const mlab_fit_options *options,
                                               mlab_error *err);
/* cluster, cluster_id, stratum, and the groupings of random effects of the rows used. */
MLAB_MUST_USE mlab_status mlab_outcome_group(mlab_outcome_problem *made, mlab_error *err);
/* The groupings of random effects (fit/outcome_random.c). */
MLAB_MUST_USE mlab_status mlab_outcome_random(mlab_outcome_problem *made, mlab_error *err);
/* How many people the groups of a fit have, where they may be told by name (fit/outcome_told.c). */
MLAB_MUST_USE mlab_status mlab_outcome_tell_groups(const mlab_outcome_problem *made, mlab_fit *fit, mlab_error *err);
enum { MLAB_PEOPLE_ENOUGH = 1000 }; /* more are not counted: report.minimum_cell goes up to 1,000 */
/* fit->people_behind, where the parameters are those of the design and it was not counted (fit/outcome_behind.c). */
MLAB_MUST_USE mlab_status mlab_outcome_count_behind(const mlab_outcome_problem *made, mlab_fit *fit, mlab_error *err);
/* Says which terms of the formula, and of its random effects, have no column (fit/outcome_terms.c). part: of a joint model, NULL = none. */
MLAB_MUST_USE mlab_status mlab_outcome_doubt_terms(const mlab_outcome_problem *made, const char *part, mlab_fit *fit, mlab_error *err);
/* Refuses a linear response that is one number in each group of an effect (fit/outcome_constant.c). After the groupings. Errors:
 * MLAB_ERR_FIT_RESPONSE. */
MLAB_MUST_USE mlab_status mlab_outcome_varies(const mlab_outcome_problem *made, mlab_error *err);
void mlab_outcome_random_free(mlab_outcome_problem *made);
/* People of a panel are sorted; group [n] = number of the row's person among those that have rows here, id their ranks. Number of people. */
size_t mlab_outcome_group_people(const mlab_outcome_problem *made, uint32_t *group, uint32_t *id);
/* The name in the formula's response that stands for the outcome; the status column of an event(). */
const char *mlab_outcome_response_name(const mlab_outcome_problem *made);

#endif
