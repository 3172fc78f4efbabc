/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One engine for all models whose log-likelihood is a sum over rows of linear predictors: passes over tiles, Newton, covariance,
 * influence of clusters. A family says what one tile of rows contributes. */
#ifndef MLAB_FIT_ENGINE_H
#define MLAB_FIT_ENGINE_H

#include "fit/model.h"
#include "fit/tiles.h"

/* Levels that the cumulative logit can have. */
#define MLAB_MOST_LEVELS ((size_t)150)

/* What a family is given and what it fills. Predictor k of row i is eta[k * MLAB_TILE + i], offset included; all its outputs are
 * laid out alike. Outputs beyond `rows` need not be set. */
typedef struct mlab_family_tile {
    const mlab_context *context;
    size_t rows;
    size_t n_eta;
    const int32_t *category;  /* [rows] */
    const double *number;     /* [rows] models of numbers */
    double shape;             /* negative binomial: theta > 0 */
    const double *eta;        /* [n_eta * MLAB_TILE] */
    const double *thresholds; /* [n_thresholds] rising */
    size_t n_thresholds;
    bool derivatives, expected;
    bool without_likelihood; /* log_likelihood is not needed: families may leave it unset */
    bool *summed;            /* NULL, or: where this is set, log_likelihood[0] is the sum of the rows and their own are not there */
    double *log_likelihood;  /* [MLAB_TILE] of each row */
    double *score;           /* [n_eta] first derivative by each predictor */
    double *curvature;       /* [n_eta (n_eta + 1) / 2] minus the second derivatives: pairs (0, 0), (0, 1), ..., (1, 1), ... */
    /* Thresholds: category y has the upper one y (if y < n_thresholds) and the lower one y - 1 (if y > 0). */
    double *upper, *lower;                           /* first derivatives by them */
    double *upper_upper, *upper_lower, *lower_lower; /* minus second derivatives */
    double *scratch;                                 /* [(n_eta + 2) * MLAB_TILE] */
} mlab_family_tile;

typedef struct mlab_family {
    const char *link;
    bool knows_expected; /* gives the expected information when asked; canonical links give one that is both */
    bool firth;          /* takes Firth's penalty: its expected information is that of Jeffreys' prior */
    /* False when the parameters are not allowed (thresholds that do not rise). */
    bool (*tile)(const mlab_family_tile *tile);
    /* Predictor or thresholds of each block that give the weighted category counts without covariates. */
    void (*start)(const double *counts, size_t n_categories, double *intercepts);
    /* Families of numbers. */
    bool additive;   /* the identity link: a constant taken off the response is taken off the intercept */
    bool log_number; /* the logarithm of the response is modelled */
    bool log_mean;   /* start at the logarithm of the mean */
    double least;    /* smallest response allowed, with `above` not itself */
    bool bounded, above, whole;
    /* Families with a shape: what the tiles leave out of the log-likelihood of n numbers. weight NULL = 1. */
    double (*left_out)(const double *number, const double *weight, size_t n, double shape);
    double (*left_out_slope)(const double *number, const double *weight, size_t n, double shape); /* derivative of it by log shape */
} mlab_family;

extern const mlab_family mlab_family_logit, mlab_family_cloglog, mlab_family_probit, mlab_family_linear;
extern const mlab_family mlab_family_ordinal, mlab_family_ordinal_probit, mlab_family_ordinal_cloglog;

typedef struct mlab_level_effects mlab_level_effects;

typedef struct mlab_engine {
    const mlab_fit_problem *problem;
    const mlab_family *family;
    mlab_tiles *tiles;
    size_t n_eta, n_thresholds, p, n_parameters; /* thresholds, then n_eta blocks of p */
    bool intercept;                              /* column 0 is one */
    bool expected;
    const double *number; /* [n] linear: the response less `shift`, which the intercept takes up */
    double *own_number, shift;
    double shape;                             /* of the tiles; set by the models that have one */
    struct mlab_exact *exact;                 /* least squares of nearly collinear columns, fit/exact.h; NULL = not needed */
    uint8_t *aliased;                         /* [n_parameters] */
    double *scale;                            /* [n_parameters] for the divergence rule */
    int link;                                 /* ordinal: 0 logit, 1 probit, 2 cloglog */
    const struct mlab_level_effects *effects; /* ordinal (fit/families/ordinal_effects.h); NULL = none */
} mlab_engine;

/* The prepare, release, fit and refit of models that use the engine; `own` is an mlab_engine. */
MLAB_MUST_USE mlab_status mlab_engine_prepare(const mlab_context *context, mlab_prepared *prepared, const mlab_family *family, mlab_error *err);
void mlab_engine_release(const mlab_context *context, void *own);
MLAB_MUST_USE mlab_status mlab_engine_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);
/* From the centred and mixed columns to the design's own (sign +1) or back (-1): estimates, or one row of influence. */
void mlab_engine_uncentre(const mlab_engine *engine, double *v, double sign);
/* Estimates [n_parameters] to the engine's own columns, in place. */
void mlab_engine_inward(const mlab_engine *engine, double *v);
/* And back. */
void mlab_engine_outward(const mlab_engine *engine, double *v);
/* The engine of a problem whose model is fitted by it; NULL = another machinery (cox, ...). */
const mlab_engine *mlab_engine_of(const mlab_prepared *prepared);
MLAB_MUST_USE mlab_status mlab_engine_refit(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights,
                                            const double *start, double *estimate, mlab_refit_info *info, mlab_error *err);

/* --- penalties (fit/engine_penalty.c) ------------------------------------------------------------------------- */

typedef struct mlab_pass mlab_pass;
struct mlab_penalty;
/* Puts Firth's penalty (options) or the priors of the problem between Newton and the pass: spec->evaluate and work. fit NULL = a refit. Nothing to
 * do: penalty->context stays NULL. Ended by mlab_penalty_end, also after a failure. Errors: MLAB_ERR_FIT_MODEL (a model that has no such penalty). */
MLAB_MUST_USE mlab_status mlab_engine_penalise(const mlab_context *context, const mlab_prepared *prepared, mlab_pass *pass, const mlab_fit *fit,
                                               mlab_newton_spec *spec, struct mlab_penalty *penalty, mlab_error *err);
/* Puts into the fit what the penalty makes of it: likelihoods, profile limits, doubts. parameters: the engine's own, at the maximum of value. */
MLAB_MUST_USE mlab_status mlab_engine_penalised(const mlab_prepared *prepared, struct mlab_penalty *penalty, const double *parameters, double value,
                                                mlab_fit *fit, mlab_error *err);

/* --- its parts ------------------------------------------------------------------------------------------ */

/* One kind of pass over the rows. */
struct mlab_pass {
    const mlab_context *context;
    const mlab_engine *engine;
    const double *weight; /* [n] or NULL */
    size_t stride;        /* every stride-th tile, >= 1 */
    bool null_model;      /* one column of ones in place of the design; parameters: thresholds, or n_eta intercepts */
};

/* An mlab_newton_evaluate: work is an mlab_pass. */
MLAB_MUST_USE mlab_status mlab_pass_evaluate(void *work, const double *parameters, double *log_likelihood, double *score, double *information,
                                             mlab_error *err);
size_t mlab_pass_parameters(const mlab_pass *pass);
/* scores [n_clusters * n_parameters] += score of each row, added to its cluster's, in row order. */
MLAB_MUST_USE mlab_status mlab_pass_cluster_scores(const mlab_pass *pass, const double *parameters, double *scores, mlab_error *err);
/* out [n * mlab_pass_row_width]: of each row, weighted, the score by each predictor, minus the second derivatives by pairs of them, and with
 * thresholds upper, lower, upper_upper, upper_lower, lower_lower; with effects by threshold or on the scale the parts of a level instead. */
static inline size_t mlab_pass_row_width(const mlab_engine *engine)
{
    if (engine->effects) return 9;
    return engine->n_eta + engine->n_eta * (engine->n_eta + 1) / 2 + (engine->n_thresholds ? 5 : 0);
}
MLAB_MUST_USE mlab_status mlab_pass_rows(const mlab_pass *pass, const double *parameters, double *out, mlab_error *err);
/* Why a model of numbers has no residual variance, as a sentence. */
const char *mlab_no_variation(const mlab_fit_problem *problem);
/* Sets engine->number: the response, its logarithm where that is modelled, less its first value where a large constant would swallow the
 * digits of the residuals. Errors: MLAB_ERR_FIT_RESPONSE with the row that the family does not allow. */
MLAB_MUST_USE mlab_status mlab_engine_numbers(const mlab_context *context, mlab_engine *engine, mlab_error *err);
/* Least squares: where the cross-product of the columns is not to be trusted, because some are nearly collinear or fall out though the
 * formula forms them exactly, engine->exact is made and takes over columns and aliases. Errors: those of the design, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_engine_make_exact(const mlab_context *context, const mlab_prepared *prepared, mlab_error *err);
/* Logarithm of the weighted mean of the response; -1 when that is 0. */
double mlab_engine_log_mean(const mlab_pass *pass);
/* eta [n]: the first predictor of every row, offset included. */
MLAB_MUST_USE mlab_status mlab_pass_predictors(const mlab_pass *pass, const double *parameters, double *eta, mlab_error *err);
/* Adds what a tile gives to the scores of its thresholds and to their information, by each other and by the p columns of x; information
 * [n * n], its upper triangle (fit/pass_thresholds.c). */
void mlab_pass_thresholds(const mlab_kernels *kernels, const mlab_family_tile *tile, const double *x, size_t p, size_t n, double *score,
                          double *information);
/* Start and fit of the model without covariates (fit/null.c): parameters [mlab_pass_parameters of the null model] are intercepts or thresholds, the
 * offset kept. large: begin with a sample of the tiles. */
#define MLAB_SAMPLE_STRIDE ((size_t)16)
MLAB_MUST_USE mlab_status mlab_null_start(const mlab_pass *pass, double *parameters, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_null_fit(const mlab_pass *pass, bool large, const mlab_fit_options *options, double *parameters,
                                        double *log_likelihood, mlab_error *err);
/* counts [n_categories]: sum of weights by category. */
void mlab_pass_counts(const mlab_pass *pass, double *counts);

/* aliased [p]: columns that are linear combinations of those before, by R's rule (residual norm below 1e-7 of its own). Nearly
 * collinear columns but the first `skip` (an intercept) are then mixed. constant: thresholds stand for a column of ones before all. */
MLAB_MUST_USE mlab_status mlab_find_aliased(const mlab_context *context, mlab_tiles *tiles, bool constant, size_t skip, uint8_t *aliased,
                                            mlab_error *err);

#endif
