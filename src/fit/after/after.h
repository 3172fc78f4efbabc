/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done with a fit while its problem is at hand. */
#ifndef MLAB_FIT_AFTER_H
#define MLAB_FIT_AFTER_H

#include "fit/model.h"
#include "mentorlab/after.h"

/* Replaces the covariance CR1 of a fit by the one that the options ask for (fit.robust), two-way where the problem has two clusterings. */
MLAB_MUST_USE mlab_status mlab_fit_robust_again(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);
/* Makes what the options of `prepared` ask for and hangs it on the fit. */
MLAB_MUST_USE mlab_status mlab_after_make(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);
/* Tests of every term, into after->tests. */
MLAB_MUST_USE mlab_status mlab_after_tests(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_after *after,
                                           mlab_error *err);
/* Average effects of every variable on the response scale, into after->margins; nothing for models without one. */
MLAB_MUST_USE mlab_status mlab_after_margins(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_after *after,
                                             mlab_error *err);
/* Predictions that options.predict asks of this outcome, into after->predictions; what has no interval is said in the fit's reason. */
MLAB_MUST_USE mlab_status mlab_after_predictions(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_after *after,
                                                 mlab_error *err);
/* Average effects and predictions of the first fit become those of all, by Rubin's rules (fit/after/pool.c); fits[0] has the pooled covariance
 * already. They are left out, and said, when the fits have other ones. */
MLAB_MUST_USE mlab_status mlab_after_pool(mlab_fit *const *fits, size_t n, mlab_error *err);
/* Profile intervals of the coefficients, into after->profiles; nothing for models that have none. */
MLAB_MUST_USE mlab_status mlab_after_profiles(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_after *after,
                                              mlab_error *err);
/* Mean times, in the unit of the data: restricted means and time lost. */
static inline bool mlab_scale_is_time(mlab_scale scale)
{
    return scale == MLAB_SCALE_RESTRICTED || scale == MLAB_SCALE_LOST;
}
/* What a number on the scale at time t of the wish is multiplied by to stand in the unit that the study wrote; 1 but for mean times. */
static inline double mlab_stated_factor(const mlab_predict_outcome *wish, mlab_scale scale, size_t t)
{
    return mlab_scale_is_time(scale) && wish && wish->stated && wish->times[t] > 0 ? wish->stated[t] / wish->times[t] : 1;
}
/* Fitted with Firth's penalty or priors: the likelihood alone is not at its maximum there. */
static inline bool mlab_is_penalised(const mlab_prepared *prepared)
{
    return prepared->options.penalty != 0 || prepared->problem->n_priors > 0;
}
/* What may be wrong with the fit, into after->diagnoses (fit/diagnose/). */
MLAB_MUST_USE mlab_status mlab_after_diagnose(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_after *after,
                                              mlab_error *err);
/* Predictions on a scale other than the link from the predictors eta [n * n_blocks] of rows of table, in the strata of the rows. */
MLAB_MUST_USE mlab_status mlab_predict_scale(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows,
                                             size_t first, size_t n, const double *parameters, const double *eta, const double *share,
                                             mlab_scale scale, const double *times, size_t n_times, double *out, mlab_error *err);
/* What a frailty makes of the survival S of each row: S to the power exp(log_frailty), and the mean of that over gamma frailties of these variances.
 */
typedef struct mlab_predict_frailty {
    const double *log_frailty, *variance; /* [n] each; NULL = 0 */
} mlab_predict_frailty;
/* The fit has a frailty: effects of its groups act on the log hazard, which is not always the predictor. */
bool mlab_fit_has_frailty(const mlab_fit *fit);
/* As mlab_predict_scale, for survival and mean times of people with a frailty. */
MLAB_MUST_USE mlab_status mlab_predict_frail(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows,
                                             size_t first, size_t n, const double *parameters, const double *eta, const mlab_predict_frailty *frailty,
                                             mlab_scale scale, const double *times, size_t n_times, double *out, mlab_error *err);
/* Whether the model tells the variance of its predictions exactly (cox: survival, the baseline's part included), and that variance [n * width] at the
 * estimates with a covariance [n_parameters^2] of the parameters. Errors: MLAB_ERR_FIT_MODEL when it does not, those of mlab_predict_at. */
bool mlab_predict_has_variance(const mlab_fit *fit, mlab_scale scale);
MLAB_MUST_USE mlab_status mlab_predict_variance(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows,
                                                size_t first, size_t n, const double *covariance, mlab_scale scale, const double *times,
                                                size_t n_times, double *variance, mlab_error *err);
/* Whether times of the wish are beyond what anybody in the data is followed to, and a sentence on it; "" otherwise (fit/after/beyond.c). */
bool mlab_times_beyond(const mlab_fit_problem *problem, const mlab_fit *fit, const mlab_predict_outcome *wish, char *into, size_t size);
/* A number that rows with other places, responses or weights have otherwise. */
uint64_t mlab_rows_digest(const mlab_fit_problem *problem);

#endif
