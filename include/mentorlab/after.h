/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one does with a fit: tests of terms and hypotheses. Each part is made when the options of the fit ask for it (fit.tests, ...),
 * while the rows are at hand, and belongs to the fit. */
#ifndef MENTORLAB_AFTER_H
#define MENTORLAB_AFTER_H

#include "mentorlab/draws.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A test statistic that is chi-squared with df degrees of freedom when the hypothesis holds. */
typedef struct mlab_test {
    size_t df;        /* 0 = could not be made */
    double statistic; /* >= 0; of a term's test that could not be made NaN, as p */
    double p;         /* chance of a statistic as large when the hypothesis holds */
} mlab_test;

/* Tests of one term of a model: that all its coefficients are 0, beside all other terms but those that contain it (type II). */
typedef struct mlab_term_test {
    char *term;
    mlab_test likelihood_ratio; /* of the fits with and without it, both to the same rows; takes rows as independent. Firth: of the penalised one */
    mlab_test wald;             /* by the fit's covariance, the robust one if there is one: then p is that of F with the clusters less 1 */
    mlab_test score;            /* Rao's, at the fit without it; takes rows as independent */
} mlab_term_test;

/* An average over the rows of the fit, on the response scale (models of times: at the times that are predicted): of what changes when one variable of
 * the formula changes and all else stays; or, with fit.ratios, the ratio of two averages, of which one is with the variable changed for everybody. */
typedef struct mlab_margin {
    char *what; /* "arm: structured - none", "arm: structured / none", "tenure: slope", "tenure: one more"; "mean" = of the predictions themselves */
    char *of;   /* level or cause that it is the probability of; "" where there is one number a row */
    double effect;       /* a difference, a derivative by one unit, or a ratio; of mean times in `unit` */
    double se;           /* delta method, by the robust covariance when there is one, or spread of the draws; ratios: of the logarithm; 0 = none */
    double lower, upper; /* both are NaN where there is no interval */
    char *measure;       /* "mean", "difference", "slope"; "risk ratio", "odds ratio", "rate ratio", "ratio of probabilities", "ratio of means" */
    double time;         /* as the study wrote it; -1 = none */
    char *unit;          /* of the time; "" = none or not known */
} mlab_margin;

MLAB_API bool mlab_margin_is_ratio(const mlab_margin *margin);

/* Where twice the log-likelihood (with Firth's penalty or priors the penalised one) has fallen by the chi-squared quantile from its maximum, all
 * other coefficients at their best. */
typedef struct mlab_profile {
    char *name;                        /* of the coefficient */
    double lower, upper;               /* 0 where there is no end or none was found */
    bool lower_open, upper_open;       /* there is no end: the likelihood does not fall so far on that side, 200 standard errors away */
    bool lower_unknown, upper_unknown; /* none was found: a fit on the way did not converge, so whether there is an end is not known */
} mlab_profile;

/* One thing that was looked at. */
typedef struct mlab_diagnosis {
    char *what;       /* "collinearity", "proportional hazards", ... */
    char *about;      /* term or coefficient; "" = the whole model */
    double statistic; /* -1 = none */
    double p;         /* -1 = none */
    bool doubt;       /* the sentence says why to be careful; else that nothing was found */
    char *sentence;
} mlab_diagnosis;

/* One value that a profile puts in the place of everybody's. */
typedef struct mlab_profile_value {
    char *column, *text; /* text: level of a factor, or the number as written */
    double number;       /* NaN-free; 0 where the text is no number */
    bool is_number;
    mlab_place place;
} mlab_profile_value;

/* Somebody to predict for: the columns that are named have these values, all others stay as they are in each row and are averaged over. */
typedef struct mlab_predict_profile {
    char *name;
    mlab_profile_value *values; /* [n_values] */
    size_t n_values;
    mlab_place place;
} mlab_predict_profile;

/* What to predict of one outcome. */
typedef struct mlab_predict_outcome {
    char *outcome;
    int scale;     /* mlab_scale; -1 = response where the model has it, else survival, incidence or occupation */
    double *times; /* [n_times] 0 or more, rising, in the unit of the data; discrete hazards: periods */
    size_t n_times;
    char *unit;        /* "days", "quarters": of the times; NULL = not known */
    double *stated;    /* [n_times] the times as the study wrote them, for readers; NULL = in the unit of the data */
    char *stated_unit; /* "months": their unit; NULL = not known */
    bool typical;      /* random effects: groups of effects 0, else averaged over all groups */
    mlab_place place;
} mlab_predict_outcome;

/* What the study asks to be predicted (predict: in the study file). */
typedef struct mlab_predict_spec {
    mlab_predict_profile *profiles; /* [n_profiles]; 0 = everybody as they are */
    size_t n_profiles, reference;   /* profile that the others are compared with; SIZE_MAX = none */
    bool people;                    /* average over the first row of each person, else over all rows of the fit */
    bool draws;                     /* intervals by draws of the parameters, else by the delta method */
    int64_t n_draws, seed;
    mlab_predict_outcome *outcomes; /* [n_outcomes]; 0 = every outcome on its own scale */
    size_t n_outcomes;
} mlab_predict_spec;

/* One prediction, averaged over rows where its profile leaves columns open; or how it differs from that of the reference. */
typedef struct mlab_prediction {
    char *profile;           /* "everybody" without profiles */
    char *measure, *against; /* "level" and ""; "difference", "ratio" and the reference */
    char *scale;             /* "link", "response", "survival", "incidence", "occupation", "restricted_mean", "time_lost" */
    char *of;                /* level, cause, "from to" of states; "" where there is one number */
    double time;             /* in the unit of the data; -1 = none */
    char *unit;              /* of the time: "days", "quarters"; "" = none or not known */
    double stated_time;      /* the time as the study wrote it, which readers are told; -1 = none */
    char *stated_unit;       /* its unit: "months"; "" = none or not known */
    double value;
    double se;           /* delta method, by the robust covariance when there is one, or spread of the draws; ratios: of the logarithm */
    double lower, upper; /* inside the range of the scale; both are NaN where there is no interval */
} mlab_prediction;

/* The prediction as readers are told it: time and unit as the study wrote them, and mean times (restricted_mean) in that unit too. Texts are those of
 * `prediction`. */
MLAB_API mlab_prediction mlab_prediction_told(const mlab_prediction *prediction);

/* Whether it is a mean time or a difference of such, in the unit of the data: restricted means and time lost. */
MLAB_API bool mlab_prediction_is_time(const mlab_prediction *prediction);

typedef struct mlab_after {
    const mlab_context *context;
    mlab_term_test *tests; /* [n_tests] in the order of the formula; NULL = not asked for, as below */
    size_t n_tests;
    mlab_margin *margins;
    size_t n_margins;
    mlab_profile *profiles;
    size_t n_profiles;
    mlab_diagnosis *diagnoses;
    size_t n_diagnoses;
    mlab_prediction *predictions;
    size_t n_predictions;
    double level; /* of the intervals; 0 in a fit read from a results file */
} mlab_after;
MLAB_API void mlab_after_free(mlab_after *after); /* NULL is fine */

/* Wald test that hypothesis * estimate = value: hypothesis [n * n_parameters] by row, value [n] or NULL = 0. By the robust covariance when there is
 * one: p from F with the clusters less 1, else chi-squared. Rows that depend on others count once. Errors: MLAB_ERR_ARGUMENT when n is 0. */
MLAB_API MLAB_MUST_USE mlab_status mlab_fit_wald(const mlab_context *context, const mlab_fit *fit, const double *hypothesis, const double *value,
                                                 size_t n, mlab_test *test, mlab_error *err);
/* Likelihood ratio test of two fits of one model to the same rows, every coefficient of the smaller among those of the larger. Errors:
 * MLAB_ERR_FIT_MODEL with the reason: another model, link or outcome, other rows (their digests differ), not nested, restricted likelihood. */
MLAB_API MLAB_MUST_USE mlab_status mlab_fit_likelihood_ratio(const mlab_fit *smaller, const mlab_fit *larger, mlab_test *test, mlab_error *err);

/* Rows to predict for, and what. */
typedef struct mlab_prediction_request {
    const mlab_table *table;
    const uint32_t *rows; /* [n], NULL = first, first + 1, ... */
    size_t first, n;
    const double *share;   /* [n] of the period at risk, hazards only; NULL = 1 */
    const double *effect;  /* [n * n_blocks] known effects of the rows' groups; NULL = 0 */
    bool averaged;         /* over the normal effects of all groups; then without `effect` */
    const double *squares; /* [n * n_random] averaged: sum of the squared shares of each row in the groups of each grouping; NULL = 1, one group */
    mlab_scale scale;
    const double *times; /* [n_times] of survival, incidence and occupation; else NULL */
    size_t n_times;
    double level; /* of the intervals, 0 .. 1 */
} mlab_prediction_request;
/* Predictions and, [n * width] each or NULL, their standard errors and limits. By the delta method, with the robust covariance where there is one and
 * the fit's interval factor (t or normal). Limits stay in the range of the scale: of one number that rises with one predictor they are its values at
 * the predictor's limits (as for predict.glm), of survival on log(-log S), of incidence on log(-log(1 - F)), of other probabilities on the logit, of
 * averaged means of a log link on the logarithm. Where the fit has no interval (not converged, separated, under 3 clusters) they are the ends of the
 * scale. The spread of random effects, residual variances and knots count as known. Errors: those of mlab_predict_at; MLAB_ERR_DATA_NOT_BUILT where
 * the errors of a baseline need the data: mean times with robust errors or of fine_gray, group effects. */
MLAB_API MLAB_MUST_USE mlab_status mlab_predict_intervals(const mlab_context *context, const mlab_fit *fit, const mlab_prediction_request *request,
                                                          double *estimate, double *se, double *lower, double *upper, mlab_error *err);
/* The same from draws of the parameters of outcome `outcome` of draws: error = standard deviation, limits = quantiles (type 7 of R) of the
 * predictions at the draws; estimate is that of the fit. Errors: also MLAB_ERR_ARGUMENT (no such outcome, fewer than 2 draws, other parameters). */
MLAB_API MLAB_MUST_USE mlab_status mlab_predict_intervals_drawn(const mlab_context *context, const mlab_fit *fit, const mlab_draws *draws,
                                                                size_t outcome, const mlab_prediction_request *request, double *estimate, double *se,
                                                                double *lower, double *upper, mlab_error *err);
/* Weighted mean of the predictions over the rows (weight [n] or NULL = 1): mean [width], and their covariance [width * width] or NULL by the delta
 * method, rows as given. */
MLAB_API MLAB_MUST_USE mlab_status mlab_predict_mean(const mlab_context *context, const mlab_fit *fit, const mlab_prediction_request *request,
                                                     const double *weight, double *mean, double *covariance, mlab_error *err);

/* Predictions of every row of a fit. */
typedef struct mlab_row_predictions {
    const mlab_context *context;
    mlab_scale scale;
    mlab_group_effects effects;
    bool mixed;                 /* the fit has effects of groups; else `effects` means nothing */
    size_t n_rows, width;       /* rows of the fit; numbers a row */
    uint32_t *row;              /* [n_rows] of the panel, or of the people */
    char **names;               /* [width] level or cause and time of a number: "voluntary 12 months"; "" where there is one */
    double *value;              /* [n_rows * width]; mean times in the unit of `names` */
    double *se, *lower, *upper; /* [n_rows * width] each, or NULL: this fit has none on this scale, `note` says why */
    bool drawn;                 /* they are by draws of the parameters, and of the effects of own groups; else by the delta method */
    char *note;                 /* sentences; "" = nothing to be said */
} mlab_row_predictions;
/* wish: scale and times (its outcome is not read); spec: interval by draws, their number and seed. `fit` must be that of `outcome` to these data.
 * Hazards are of whole periods. With own effects of mixed models errors are by draws, always. Rows whose attributes were imputed are not among them,
 * and the note says so. Errors: MLAB_ERR_FIT_MODEL (a joint model or raters, a scale that the model does not have, times that are missing), those of
 * mlab_fit_outcome and mlab_predict_at. */
MLAB_API MLAB_MUST_USE mlab_status mlab_predict_rows(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome,
                                                     const mlab_fit_options *options, const mlab_fit *fit, const mlab_predict_outcome *wish,
                                                     const mlab_predict_spec *spec, mlab_group_effects effects, mlab_row_predictions **predictions,
                                                     mlab_error *err);
struct mlab_joint_outcome; /* mentorlab/joint.h */
/* mlab_predict_rows of part `part` of a joint model that mlab_fit_joint made of the same arguments: a line a row of the part. Own effects are those
 * of the row's person, most likely given all their rows in all parts. Errors of own and of averaged effects are by draws of the whole model,
 * how people differ included; options->draws says which. Errors: those of mlab_predict_rows and mlab_fit_joint, MLAB_ERR_ARGUMENT (no such part). */
MLAB_API MLAB_MUST_USE mlab_status mlab_predict_joint_rows(const mlab_context *context, const mlab_data *data, const struct mlab_joint_outcome *joint,
                                                           const mlab_outcome *outcomes, size_t n_outcomes, const mlab_fit_options *options,
                                                           const mlab_fit *fit, size_t part, const mlab_predict_outcome *wish,
                                                           const mlab_predict_spec *spec, mlab_group_effects effects,
                                                           mlab_row_predictions **predictions, mlab_error *err);
MLAB_API void mlab_row_predictions_free(mlab_row_predictions *predictions); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
