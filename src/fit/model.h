/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of models. Adding a model is one file that defines one mlab_model, and one line in fit/models.c. */
#ifndef MLAB_FIT_MODEL_H
#define MLAB_FIT_MODEL_H

#include "core/text.h"
#include "fit/problem.h"

struct mlab_steps;
struct mlab_average_spread;

typedef enum mlab_model_mark {
    MLAB_MODEL_TIMES = 1,         /* reads start, stop, status: response event(...) */
    MLAB_MODEL_NUMBER = 2,        /* reads number */
    MLAB_MODEL_SHARE = 4,         /* hazards: offset log(share of the period at risk) */
    MLAB_MODEL_THRESHOLDS = 8,    /* categories - 1 thresholds come before the coefficients */
    MLAB_MODEL_NO_INTERCEPT = 16, /* the intercept column of the design is skipped */
    MLAB_MODEL_BLOCK_EACH = 32,   /* one block of coefficients for every category but the first */
    MLAB_MODEL_TWO = 64,          /* two categories only */
    MLAB_MODEL_COMPETING = 256,   /* status may be 2: another event, which competes with the one of interest */
    MLAB_MODEL_STATES = 512,      /* reads states at the start and end of every row */
    MLAB_MODEL_PRECISION = 1024,  /* takes precision weights */
    MLAB_MODEL_PENALTY = 2048,    /* takes priors, and Firth's penalty where the family knows its expected information */
    MLAB_MODEL_FRAILTY = 1 << 16, /* one random intercept, which the model's own fit takes */
    MLAB_MODEL_RATINGS = 1 << 20, /* reads the ratings of a study, and becomes a model of their levels or numbers */
    MLAB_MODEL_MIXED = 128        /* random effects may be added: log-concave in the predictors, uses the engine */
} mlab_model_mark;

/* prepare makes the model's own state, kept in mlab_prepared.own (released by release); NULL when it needs none.
 * fit fills the fit that mlab_fit_start made (names, blocks, counts are there already): estimate, aliased, covariance,
 * log-likelihoods, trust, reason, iterations, gradient; then mlab_fit_robust with the influence of each cluster.
 * refit gives estimates alone. `prepared` is read only in both. */
struct mlab_model {
    const char *name, *summary;
    int kind;                  /* mlab_outcome_kind that its name tells when a study states none; -1 = it tells none */
    const char *not_simulated; /* why it cannot drive a simulation; NULL = it can */
    unsigned marks;
    mlab_status (*prepare)(const mlab_context *context, mlab_prepared *prepared, mlab_error *err);
    void (*release)(const mlab_context *context, void *own);
    mlab_status (*fit)(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);
    mlab_status (*refit)(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const double *start,
                         double *estimate, mlab_refit_info *info, mlab_error *err);
    size_t (*ancillary)(const mlab_fit_options *options, const char *const **names); /* parameters behind the blocks, their names; NULL = none */
    double (*constant)(const mlab_prepared *prepared); /* what the family leaves out of the log-likelihood; NULL = nothing */
    /* Numbers a row on a scale other than the link; 0 = the model has no such scale. NULL = none at all. Both know the model from the fit alone,
     * which may have been read from a results file. n_times: of survival, incidence and occupation. */
    size_t (*width)(const mlab_fit *fit, mlab_scale scale, size_t n_times);
    /* out [n * width] on a scale that width allows. eta [n * mlab_fit_predictors]: predictors with offset() terms and, for discrete hazards with the
     * complementary log-log link, log(share). The coefficients act through eta alone; parameters [n_parameters] are read for thresholds and
     * what is ancillary. share [n] or NULL = 1; times [n_times] >= 0, rising, in the unit of the data (hazards: periods). Survival:
     * out[i * width + t]; incidence of n_blocks causes: out[i * width + t * n_blocks + k]; occupation: out[i * width + t * n_states + s]. */
    mlab_status (*predict)(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, const double *parameters, size_t n, const double *eta,
                           const double *share, const double *times, size_t n_times, double *out, mlab_error *err);
    /* variance [n * width] of predict at the estimates, exactly, by the delta method with the covariance [n_parameters^2] and what is not in the
     * parameters (the steps of a baseline); x [n * block_size]: columns of the design used by the fit. NULL = what predict gives at other parameters
     * tells it. Strata: predict and variance see a fit whose baseline is that of one stratum. */
    mlab_status (*variance)(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, const double *covariance, size_t n, const double *x,
                            const double *eta, const double *times, size_t n_times, double *variance, mlab_error *err);
    /* What every row adds to the steps of the fit's baseline (fit/survival/steps.h). NULL = the model has no baseline. */
    mlab_status (*steps)(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, struct mlab_steps *steps, mlab_error *err);
    /* hazard [fit->baseline->n]: the cumulative baseline hazard of a refit that ended at `estimate` under the weights, at the steps of the fit's
     * baseline and for the same covariates. NULL = the model has no baseline, or none of its refits. */
    mlab_status (*baseline)(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const mlab_fit *fit,
                            const double *estimate, double *hazard, mlab_error *err);
};

struct mlab_prepared {
    const mlab_context *context; /* that it was made with: memory is released through it */
    const mlab_model *model;
    const mlab_fit_problem *problem;
    mlab_fit_options options;
    size_t first_column;                                      /* 1 when the design's intercept is skipped, else 0 */
    size_t n_columns;                                         /* design columns used: mlab_design_columns - first_column */
    size_t n_thresholds, n_blocks, n_ancillary, n_parameters; /* in this order in the vector of parameters */
    const char *const *ancillary;                             /* [n_ancillary] names */
    struct mlab_level_effects *effects;                       /* ordinal: effects by threshold and on the scale; NULL = none */
    uint8_t *enters;   /* [n] of a frailty: the row is the first of somebody who comes late; NULL = nobody does */
    bool separated;    /* without its penalty the fit is separated: then the sandwich is not one, and limits are profile limits */
    double dispersion; /* of a fit with priors: the residual variance or 1 / shape that the data alone give; 0 = not known yet */
    const struct mlab_average_spread *spread; /* a part of a joint model: how people differ, for averages over them; NULL = none */
    void *own;                                /* the model's */
};

extern const mlab_model mlab_model_raters;
extern const mlab_model mlab_model_logit, mlab_model_cloglog, mlab_model_hazard, mlab_model_multinomial, mlab_model_ordinal, mlab_model_linear;
extern const mlab_model mlab_model_cox, mlab_model_fine_gray, mlab_model_multistate, mlab_model_probit, mlab_model_poisson,
    mlab_model_negative_binomial, mlab_model_gamma, mlab_model_lognormal;
extern const mlab_model mlab_model_exponential, mlab_model_weibull, mlab_model_gompertz, mlab_model_survival_lognormal, mlab_model_loglogistic,
    mlab_model_generalised_gamma, mlab_model_spline, mlab_model_joint;

/* --- what models use ------------------------------------------------------------------------------- */

/* The names of all parameters, as in mlab_fit.names; freed also after a failure. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_prepared_names(const mlab_context *context, const mlab_prepared *prepared, char ***names, mlab_error *err);
void mlab_prepared_names_free(const mlab_context *context, char **names, size_t n);
/* The fit by the program that fits the problem as it is, with random effects or without; priors and penalties only as that program knows them. */
MLAB_MUST_USE mlab_status mlab_prepared_fit_once(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);
/* A fit with names, counts, zeroed arrays, a copy of the design; released with mlab_fit_free. */
MLAB_MUST_USE mlab_status mlab_fit_start(const mlab_context *context, const mlab_prepared *prepared, mlab_fit **fit, mlab_error *err);

/* Predictors a row: n_blocks; for ordinal fits with effects by threshold one for each threshold, and with effects on the scale its log behind. */
size_t mlab_fit_predictors(const mlab_fit *fit);
/* eta [mlab_fit_predictors] of a row with block columns x and offset. */
void mlab_fit_predictors_fill(const mlab_fit *fit, const double *parameters, const double *x, double offset, double *eta);
/* gradient [n_parameters] += slope times the derivative of predictor k by the parameters. */
void mlab_fit_predictors_back(const mlab_fit *fit, const double *x, size_t k, double slope, double *gradient);
/* Whether parameter j acts through the predictors: thresholds and what is ancillary do not, but effects by threshold and on the scale. */
bool mlab_fit_is_coefficient(const mlab_fit *fit, size_t j);
/* Whether an offset is part of predictor k: all but the log of a scale. */
bool mlab_fit_takes_offset(const mlab_fit *fit, size_t k);

/* A baseline of n steps with zeroed arrays and the names of the problem's strata, first[] zeros; released with the fit, or by mlab_baseline_free.
 * with_errors: variance and mean are made too. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_baseline_make(const mlab_context *context, const mlab_fit_problem *problem, size_t n, size_t n_columns,
                                             bool with_errors, mlab_baseline **baseline, mlab_error *err);
void mlab_baseline_free(const mlab_context *context, mlab_baseline *baseline); /* NULL is fine */
/* hazard [all->n]: the cumulative hazard of a sample's baseline at the steps of `all`, among which its own are, for somebody with the covariates that
 * `all` is for; estimate: the sample's coefficients. */
void mlab_baseline_place(const mlab_baseline *sample, const mlab_baseline *all, const double *estimate, double *hazard);
/* The name that the value of one row has in a stratum's: "site=Lyon"; several are joined by ", ". */
void mlab_stratum_name(const mlab_column *column, size_t row, mlab_text *text);
/* stratum [n] of the rows rows[i] of table (NULL: first, first + 1, ...). Errors: MLAB_ERR_FIT_MODEL (strata without names, or a stratum that the fit
 * did not see), MLAB_ERR_DATA_COLUMN, MLAB_ERR_DATA_EMPTY (a missing value). */
MLAB_MUST_USE mlab_status mlab_baseline_strata(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows,
                                               size_t first, size_t n, uint32_t *stratum, mlab_error *err);
/* The steps of one stratum as a baseline of its own, borrowed. */
mlab_baseline mlab_baseline_part(const mlab_baseline *baseline, size_t stratum);

/* Takes over influence [n_clusters * n_parameters] (also on failure), row g = inverse information times the summed scores of cluster g (also where
 * rows are their own clusters), and makes the robust covariance by CR1 when the problem has clusters or sampling weights; trust
 * TOO_FEW_CLUSTERS under 3 clusters. n_observations: N of the factor (N - 1) / (N - p), frequency weights counted. */
MLAB_MUST_USE mlab_status mlab_fit_robust(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, double *influence,
                                          double n_observations, mlab_error *err);
/* The factor of CR1 for a fit whose clusters are counted. */
double mlab_robust_factor(const mlab_fit *fit, double n_observations);
/* scores [n_clusters * p] times the symmetric inverse [p * p], in place: scores become influence. */
MLAB_MUST_USE mlab_status mlab_influence(const mlab_context *context, const double *inverse, size_t p, double *scores, size_t n_clusters,
                                         mlab_error *err);
/* product [p * q] = factor * sum over clusters g, in order, of a[g]' b[g]; a [n_clusters * p], b [n_clusters * q]. */
void mlab_influence_product(const double *a, const double *b, size_t n_clusters, size_t p, size_t q, double factor, double *product);

/* How many rows row i counts as: its weight where weights are frequencies, none where it is 0, else one. */
static inline uint64_t mlab_problem_count(const mlab_fit_problem *problem, size_t i)
{
    if (!problem->weight) return 1;
    return problem->weights == MLAB_WEIGHTS_FREQUENCY ? (uint64_t)problem->weight[i] : problem->weight[i] != 0;
}

/* What row i of the problem counts in a refit. */
static inline double mlab_refit_weight(const mlab_fit_problem *problem, const mlab_refit_weights *weights, size_t i)
{
    double row = weights && weights->row ? weights->row[i] : problem->weight ? problem->weight[i] : 1;
    return weights && weights->cluster ? row * weights->cluster[problem->cluster ? problem->cluster[i] : i] : row;
}

/* The same for all rows, released by the caller. *own = NULL when they are the problem's. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_refit_weights_make(const mlab_context *context, const mlab_fit_problem *problem, const mlab_refit_weights *weights,
                                                  double **own, mlab_error *err);

/* covariance [n * n] becomes T covariance T', where row(of, v, 1) makes T v of v [n] in place; exactly symmetric. */
void mlab_covariance_carry(const void *of, void (*row)(const void *of, double *v, double sign), size_t n, double *covariance);

/* Lowers the trust of a fit, with a sentence; the first reason found stays, others are appended. */
MLAB_MUST_USE mlab_status mlab_fit_doubt(mlab_fit *fit, mlab_trust trust, mlab_error *err, const char *format, ...) MLAB_PRINTF(4, 5);

/* Says which columns were left out because their squares are beyond what a number can hold (fit/extreme.c). */
MLAB_MUST_USE mlab_status mlab_fit_doubt_extremes(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);

/* Says that the counts of a Poisson fit vary clearly more than twice as much as the model's errors take them to (fit/overdispersion.c). */
MLAB_MUST_USE mlab_status mlab_fit_doubt_overdispersion(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);

/* Doubts TOO_FEW_EVENTS when there are fewer than 5 events for each coefficient. what: outcome or cause; name: "events". */
MLAB_MUST_USE mlab_status mlab_fit_doubt_events(mlab_fit *fit, const char *what, uint64_t events, size_t coefficients, const char *name,
                                                mlab_error *err);

/* One evaluation at `parameters` [n]: log-likelihood; when `score` is not NULL also score [n] and information [n * n]
 * (symmetric, both halves; minus the second derivative or its expectation). */
typedef mlab_status (*mlab_newton_evaluate)(void *work, const double *parameters, double *log_likelihood, double *score, double *information,
                                            mlab_error *err);

typedef struct mlab_newton_spec {
    size_t n;
    mlab_newton_evaluate evaluate;
    void *work;
    const uint8_t *fixed; /* [n] 1 = stays at its value (aliased); NULL = none */
    const double *scale;  /* [n] a change of 1 / scale moves a linear predictor by about 1; for finding divergence; NULL = 1 */
    bool bounded;         /* the function is penalised so that no parameter can run away: divergence is not looked for */
    bool quadratic;       /* least squares: what is left after three steps is rounding, such as that of large offsets, and ends them */
    double tolerance;     /* largest |step| / standard error at the end */
    int iterations;
} mlab_newton_spec;

typedef struct mlab_newton_result {
    double log_likelihood, gradient; /* largest |score| / sqrt(information diagonal) */
    int iterations;
    bool converged, diverged; /* diverged: the likelihood is flat and a parameter still runs away: separation */
    size_t runaway;           /* the parameter that runs fastest */
    bool blank;               /* not converged: at the start nothing told any free parameter */
    size_t n_singular;        /* parameters that had no information of their own and were left where they were */
} mlab_newton_result;

/* Newton-Raphson with step halving. parameters [n]: start, then the maximum. singular [n] (NULL = not wanted): set to 1 where a
 * parameter was left out; inverse [n * n] (NULL = not wanted): inverse of the information at the end, 0 in rows left out. */
MLAB_MUST_USE mlab_status mlab_newton(const mlab_context *context, const mlab_newton_spec *spec, double *parameters, double *inverse,
                                      uint8_t *singular, mlab_newton_result *result, mlab_error *err);
/* What became of a refit. */
mlab_refit_info mlab_newton_refit(const mlab_newton_result *result);
/* Why a fit to times is in doubt; event: "event", "event of interest". */
MLAB_MUST_USE mlab_status mlab_newton_doubt_times(const mlab_newton_result *result, const char *event, mlab_fit *fit, mlab_error *err);

/* In place: the inverse of the symmetric positive definite a [n * n] on rows with fixed[i] == 0, others 0. left_out[i] = 1 where a
 * pivot fell below 1e-12 of its diagonal element, or fixed. Returns how many are left out beside the fixed ones. work [n * n]. */
size_t mlab_symmetric_invert(double *a, size_t n, const uint8_t *fixed, uint8_t *left_out, double *work);

/* Adds a multiple of its diagonal to information [n * n], both halves, until it is positive definite on the rows with fixed[i] == 0 (NULL = all).
 * work [n * n]. */
void mlab_make_definite(double *information, size_t n, const uint8_t *fixed, double *work);
/* The lower Cholesky factor of a covariance [n * n] in its place, rows with fixed[i] != 0 left out as 0. Returns n, or the first row that has no
 * variance of its own beside those before it. */
size_t mlab_factor_covariance(double *a, size_t n, const uint8_t *fixed);

#endif
