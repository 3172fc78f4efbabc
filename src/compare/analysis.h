/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A comparison of one set of people: all outcomes and methods on one bootstrap sample at a time. */
#ifndef MLAB_COMPARE_ANALYSIS_H
#define MLAB_COMPARE_ANALYSIS_H

#include "compare/task.h"
#include "compare/weights.h"

/* Levels with time of unknown arm in (bounds.c). A filling is arm * MLAB_N_FILLINGS + which of the three. */
typedef enum mlab_filling {
    MLAB_FILLING_ALL,     /* all of it in the arm */
    MLAB_FILLING_WITH,    /* people with the event (or answers above the mean) in the arm, the others in the reference */
    MLAB_FILLING_WITHOUT, /* the other way round */
    MLAB_N_FILLINGS
} mlab_filling;

typedef struct mlab_bounds {
    const mlab_context *context;
    double *level;             /* [n_arms * MLAB_N_FILLINGS * n_levels] */
    uint8_t *good;             /* [n_arms * MLAB_N_FILLINGS * n_tasks] the model converged */
    uint64_t *people, *events; /* [n_tasks] of unknown arm; with the event, or an answer, in that time */
} mlab_bounds;

typedef struct mlab_analysis {
    const mlab_context *context;
    const mlab_data *data;
    const mlab_compare_spec *spec;
    const mlab_compare_options *options;
    mlab_cohort *cohort;
    mlab_weights *weights;
    char *group; /* "" = everyone */
    size_t n_horizons;
    int32_t *horizon; /* [n_horizons] periods */
    size_t n_tasks;
    mlab_task **task;
    size_t *offset; /* [n_tasks + 1] first level of each task */
    size_t n_levels;
    double *level;       /* [n_levels] on everybody */
    double *spread;      /* bootstrap: [samples * n_levels] levels; influence: [people * n_levels] influence of each person; NULL = no intervals */
    uint8_t *failed;     /* [samples * n_tasks] */
    double **scores;     /* bootstrap: [n_tasks] of each person at the estimate, [people * (n_main + n_leaving)]; NULL = not known */
    mlab_bounds *bounds; /* NULL = every arm is known */
    char *skipped;       /* lines: outcomes that could not be compared, and why */
} mlab_analysis;

/* Cohort, tasks, estimates on everybody, then spread by bootstrap or influence. */
MLAB_MUST_USE mlab_status mlab_analysis_make(const mlab_context *context, const mlab_cohort_choice *choice, const char *group, bool first_method_only,
                                             mlab_analysis **analysis, mlab_error *err);
void mlab_analysis_free(mlab_analysis *analysis); /* NULL is fine */
mlab_status mlab_analysis_bootstrap(mlab_analysis *analysis, mlab_error *err);
mlab_status mlab_analysis_influence(mlab_analysis *analysis, mlab_error *err);
/* Influence of every person on the levels of a task: psi[g * stride + level]. */
void mlab_task_influence(const mlab_context *context, const mlab_task *task, const mlab_sample *everybody, const double *row_weight, mlab_room *room,
                         double *psi, size_t stride);
size_t mlab_influence_room(const mlab_task *task);

/* Start values of a task's estimate: log of the mean rate in the reference level, thresholds of the answers as a whole. */
void mlab_task_start(const mlab_task *task);
/* How far unknown arms could move the levels; NULL when every arm is known. After the tasks are fitted on everybody. */
MLAB_MUST_USE mlab_status mlab_bounds_make(const mlab_analysis *analysis, const mlab_cohort_choice *choice, mlab_bounds **bounds, mlab_error *err);
void mlab_bounds_free(mlab_bounds *bounds); /* NULL is fine */
/* Bounds of the contrast of a task's level `at` (of the arm) against `at_reference`. */
void mlab_bounds_set(const mlab_analysis *analysis, size_t task, size_t arm, size_t at, size_t at_reference, mlab_contrast *contrast);

/* Adds the contrasts of an analysis to a comparison's growing list. */
mlab_status mlab_contrasts_add(const mlab_analysis *analysis, mlab_contrast **contrasts, size_t *n, size_t *capacity, mlab_error *err);
void mlab_contrast_clear(const mlab_context *context, mlab_contrast *contrast);

/* The contrasts of a comparison without intervals; bootstrap_failed = 1 where the models behind one did not converge. Released one by one by
 * mlab_contrast_clear, and as a list. Errors: those of mlab_compare. */
MLAB_MUST_USE mlab_status mlab_compare_estimates(const mlab_context *context, const mlab_data *data, const mlab_compare_spec *spec,
                                                 const mlab_compare_options *options, mlab_contrast **contrasts, size_t *n, mlab_error *err);

/* What samples of people say of one contrast, all that is missing imputed anew in each (compare/redrawn.c). */
typedef struct mlab_redrawn_spread {
    double variance, df;             /* of the mean over the imputations of the data; df of the variance; 0 = too few samples could be compared */
    double ratio_variance, ratio_df; /* of the logarithm of the risk ratio */
    uint64_t done, failed;           /* samples */
} mlab_redrawn_spread;

/* spread [n_contrasts] of the contrasts of `of`, from options->bootstrap samples; imputation: of all people, m times. Errors: MLAB_ERR_MEMORY,
 * MLAB_ERR_CANCELLED, those of the data. */
MLAB_MUST_USE mlab_status mlab_compare_redrawn(const mlab_context *context, const mlab_data *data, const mlab_compare_spec *spec,
                                               const mlab_compare_options *options, const mlab_imputation *imputation, const mlab_comparison *of,
                                               mlab_redrawn_spread *spread, mlab_error *err);

/* What a contrast says in words; released with mlab_release. */
char *mlab_estimand_sentence(const mlab_analysis *analysis, const mlab_task *task, size_t arm, size_t horizon, size_t stat);
char *mlab_contrast_caveats(const mlab_analysis *analysis, const mlab_task *task, size_t arm, size_t horizon, double overlap);
char *mlab_comparison_caveats(const mlab_analysis *analysis);

/* E-values, VanderWeele & Ding 2017 (doi:10.7326/M16-2607): of a risk ratio, and of the limit of its interval nearer to 1. */
double mlab_e_value(double risk_ratio);
double mlab_e_value_limit(double lower, double upper);

/* The stays of people in arms, a row each; status 0, or the cause (1 the one counted). Arrays of as many numbers as the cohort has rows. */
typedef struct mlab_stay_rows {
    size_t n;
    double *start, *stop;
    int32_t *status, *arm;
    uint32_t *person; /* of the cohort */
} mlab_stay_rows;
MLAB_MUST_USE mlab_status mlab_stay_rows_make(const mlab_context *context, const mlab_task *task, mlab_stay_rows *rows, mlab_error *err);
void mlab_stay_rows_free(const mlab_context *context, mlab_stay_rows *rows);
size_t mlab_task_causes(const mlab_task *task); /* statuses beyond 0 */
/* Shares and mean times in states by arm: event outcomes at the horizons, columns of states at every time. */
mlab_status mlab_observed_stays(const mlab_analysis *analysis, mlab_stay **stays, size_t *n, mlab_error *err);
/* Observed curves by arm of every event outcome: Kaplan-Meier or Aalen-Johansen on periods since time zero, delayed entry. */
mlab_status mlab_observed_curves(const mlab_analysis *analysis, mlab_curve **curves, size_t *n, mlab_error *err);

#endif
