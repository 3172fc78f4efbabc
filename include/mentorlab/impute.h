/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Multiple imputation of people's attributes by chained equations, and pooling by Rubin's rules. */
#ifndef MENTORLAB_IMPUTE_H
#define MENTORLAB_IMPUTE_H

#include "mentorlab/joint.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One attribute with values that are missing, and what was put in their place. */
typedef struct mlab_imputed_column {
    char *name;
    mlab_column_type type; /* REAL, INTEGER or FACTOR */
    const char *model;     /* "matching" (predictive mean), "logit", "ordinal", "multinomial" */
    size_t n_missing;      /* people whose value is missing */
    uint32_t *unit;        /* [n_missing] 0 .. n_units - 1, rising */
    double *value;         /* [n_imputations * n_missing] numbers, or codes of levels */
    double r_hat;          /* of the mean of the imputed values over the chains' second halves (Gelman & Rubin 1992); 1 = settled; 0 = not known */
    bool unsettled;        /* means of the chains differ by more than chance (F test at 1 in 1,000) and R-hat is above 1.2 */
    uint64_t n_unaided;    /* rounds, over all chains, in which the model could not be fitted and values were drawn from those observed */
} mlab_imputed_column;

typedef struct mlab_imputation {
    const mlab_context *context;
    size_t n_units;    /* people with rows; rows of a person-level table */
    uint32_t *unit_of; /* [rows of the panel, or of the people] */
    int n_imputations, n_rounds;
    mlab_imputed_column *columns; /* [n_columns] */
    size_t n_columns;             /* 0 = nothing is missing */
} mlab_imputation;

/* Imputes the columns on the right sides of the outcomes' formulas that are attributes of people and have missing values, from one another,
 * from the other columns (of a panel: their value in the person's first row), from the share of time in each arm, and from what happened: for
 * every event and cause whether it came and the Nelson-Aalen cumulative hazard to the end of the person's time (White & Royston 2009,
 * doi:10.1002/sim.3618), and the mean of every measure with whether there is one; for every column that groups people by random
 * effects also from the means of these in the group. What cannot exist is not imputed: responses, states that
 * change over time, values after an exit. n_imputations 1 .. 200 (pooling needs 2), n_rounds 1 .. 100.
 * Numbers come from people with near predictions, categories from their model's probabilities, each with parameters drawn from their
 * distribution (van Buuren & Groothuis-Oudshoorn 2011, doi:10.18637/jss.v045.i03). The same values for any number of threads and any order
 * of the rows. Errors: MLAB_ERR_ARGUMENT; MLAB_ERR_FIT_RESPONSE (a column without any value, one that changes over time); MLAB_ERR_MEMORY. */
MLAB_API MLAB_MUST_USE mlab_status mlab_impute(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcomes, size_t n_outcomes,
                                               int n_imputations, int n_rounds, uint64_t seed, mlab_imputation **imputation, mlab_error *err);
MLAB_API void mlab_imputation_free(mlab_imputation *imputation); /* NULL is fine */

/* The data with the values of imputation k in place; everything else is borrowed. */
typedef struct mlab_completed {
    mlab_data data;
    mlab_panel panel;
    mlab_table *table;
} mlab_completed;
MLAB_API MLAB_MUST_USE mlab_status mlab_impute_complete(const mlab_context *context, const mlab_data *data, const mlab_imputation *imputation, int k,
                                                        mlab_completed **completed, mlab_error *err);
MLAB_API void mlab_completed_free(const mlab_context *context, mlab_completed *completed); /* NULL is fine */

/* One fit from those of completed data (Rubin 1987): estimates and likelihoods are means; covariance the mean within imputations; robust, whatever
 * was used within, plus (1 + 1/m) times that between; robust_df those of Barnard & Rubin (1999, doi:10.1093/biomet/86.4.948);
 * missing_information the share of each parameter's information that is missing. Trust is the least of the fits'. The fits must have the same
 * parameters, and groups of random effects: their standard deviations are pooled as logarithms (as they are where one is near 0), correlations as
 * Fisher's z, effects of groups each by itself. The first is taken over: fits[0] becomes NULL. Errors: MLAB_ERR_FIT_COVARIANCE (other parameters or
 * groups), MLAB_ERR_DATA_NOT_BUILT (a frailty, a penalty, priors), MLAB_ERR_MEMORY; then all fits stay the caller's. */
MLAB_API MLAB_MUST_USE mlab_status mlab_fit_pool(const mlab_context *context, mlab_fit **fits, size_t n, mlab_fit **pooled, mlab_error *err);
/* Fits every outcome to every imputation and pools them: fits [n_outcomes]. With n_draws > 0 also draws, draw d from the fits to imputation
 * d modulo m, so that they hold what is missing too; used [n_outcomes]: 1 = the outcome is drawn, NULL = all. Errors: those of
 * mlab_fit_outcome, mlab_draws_make (then fits are there and draws are not) and mlab_fit_pool. */
MLAB_API MLAB_MUST_USE mlab_status mlab_fit_imputed(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcomes,
                                                    size_t n_outcomes, const mlab_fit_options *options, const mlab_imputation *imputation,
                                                    size_t n_draws, const uint8_t *used, uint64_t seed, mlab_fit **fits, mlab_draws **draws,
                                                    mlab_error *err);
/* A joint model fitted to every imputation and pooled: parameters, associations, parts and effects of people; no influence. Errors: those of
 * mlab_fit_joint, mlab_impute_complete and mlab_fit_pool; MLAB_ERR_DATA_NOT_BUILT with priors. */
MLAB_API MLAB_MUST_USE mlab_status mlab_fit_joint_imputed(const mlab_context *context, const mlab_data *data, const mlab_joint_outcome *joint,
                                                          const mlab_outcome *outcomes, size_t n_outcomes, const mlab_fit_options *options,
                                                          const mlab_imputation *imputation, mlab_fit **fit, mlab_error *err);
/* Draws by the bootstrap with imputations redrawn inside: in every sample of people all missing values are imputed anew (in the rounds of
 * `imputation`, that of the fits), then
 * every outcome is refitted to it; outcomes[k] is what fits[k], pooled, was fitted to, `all` [n_all] those whose formulas say what is imputed. A
 * sample that cannot be fitted is drawn again, up to four times, and counted. Errors: MLAB_ERR_FIT_DRAWS when that fails or more than a fifth
 * failed; MLAB_ERR_DATA_NOT_BUILT for fits by different clusters, frailties, effects of mentors and initial: joint. */
MLAB_API MLAB_MUST_USE mlab_status mlab_draws_redrawn(const mlab_context *context, const mlab_data *data, const mlab_outcome *all, size_t n_all,
                                                      const mlab_outcome *const *outcomes, const mlab_fit_options *options,
                                                      const mlab_fit *const *fits, size_t n_fits, const mlab_imputation *imputation, size_t n_draws,
                                                      uint64_t seed, mlab_draws **draws, mlab_error *err);
/* Pools one number: estimate and squared standard error of n imputations; df_complete as with nothing missing, HUGE_VAL = very many.
 * Any result pointer may be NULL. */
MLAB_API void mlab_rubin(const double *estimate, const double *variance, size_t n, double df_complete, double *mean, double *total, double *df,
                         double *missing_information);

#ifdef __cplusplus
}
#endif
#endif
