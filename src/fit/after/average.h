/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Means of predictions over rows, with their derivatives by every parameter of the fit. */
#ifndef MLAB_FIT_AFTER_AVERAGE_H
#define MLAB_FIT_AFTER_AVERAGE_H

#include "fit/model.h"

#define MLAB_AVERAGE_AWAY 1e-3 /* a step, of a predictor and of a standard deviation or standard error */
/* Differences of fourth order: sum of parts[s] f(x + points[s] h) / h. */
extern const double mlab_average_points[4], mlab_average_parts[4];

/* How groups differ, where it is as uncertain as the parameters: numbers behind the covariance of the effects, of one grouping. */
typedef struct mlab_average_spread {
    size_t n;
    const double *value;      /* [n] at the estimates */
    const double *covariance; /* [(n_parameters + n)^2] of the parameters, then these */
    /* The effects of view->random, whose covariance may be written, and what else of view hangs on `value` [n]. */
    void (*put)(const struct mlab_average_spread *spread, const double *value, mlab_fit *view);
    /* Draws of the parameters [n_draws * n_parameters] and of these [n_draws * n], made together. Errors: MLAB_ERR_FIT_DRAWS. */
    mlab_status (*draw)(const struct mlab_average_spread *spread, size_t n_draws, uint64_t seed, double *parameters, double *values, mlab_error *err);
    const void *of;
} mlab_average_spread;

typedef struct mlab_average {
    const mlab_context *context;
    const mlab_fit *fit;
    mlab_scale scale;
    const double *times; /* [n_times], as mlab_predict_at */
    size_t n_times;
    const double *hazard;              /* [n_sets * steps] cumulative baseline hazard of each set of mlab_average_at; NULL = that of the fit */
    bool averaged;                     /* over the effects of groups; else they are 0 */
    const mlab_average_spread *spread; /* NULL = it is known; then n_slopes is n_parameters */
    const double *spreads;             /* [n_sets * spread->n] of each set of mlab_average_at; NULL = that at the estimates */
    size_t width, n_slopes, part;      /* numbers a row; derivatives of each; 1 + width * (1 + n_slopes) */
} mlab_average;

/* Rows to average over; what is NULL is 1, offset 0. */
typedef struct mlab_average_rows {
    const mlab_table *table;
    const uint32_t *row; /* [n] of the table; NULL = 0 .. n - 1 */
    size_t n;
    const double *weight, *offset; /* [n] */
    const double *squares;         /* [n * n_random], as mlab_effects_root */
} mlab_average_rows;

/* Fills the rest of `average` from what is set: context, fit, scale, times, n_times, averaged, spread. false = the model has no such scale. */
bool mlab_average_start(mlab_average *average);
/* mean [part]: 1, then the means [width], then their derivatives [width * n_slopes]. The same for any number of threads. */
MLAB_MUST_USE mlab_status mlab_average_over(const mlab_average *average, const mlab_average_rows *rows, double *mean, mlab_error *err);
/* mean [n_sets * width]: the means alone, for n_sets vectors of parameters [n_sets * n_parameters]. */
MLAB_MUST_USE mlab_status mlab_average_at(const mlab_average *average, const mlab_average_rows *rows, const double *parameters, size_t n_sets,
                                          double *mean, mlab_error *err);
/* Name of number c of a row: a level, cause, or "state to state"; "" where there is one number at a time. */
const char *mlab_average_name(const mlab_average *average, size_t c, char *into, size_t size);
/* Standard error of a number with this gradient [n_slopes], by the robust covariance when there is one. */
double mlab_average_error(const mlab_average *average, const double *gradient);
/* Sums of squared shares in groups [n * n_random] of the problem's rows; *squares NULL when all are 1. Released by the caller. */
MLAB_MUST_USE mlab_status mlab_average_squares(const mlab_context *context, const mlab_fit_problem *problem, double **squares, mlab_error *err);

/* Memory of the first rows of people. */
typedef struct mlab_average_firsts {
    uint32_t *row;
    double *weight, *squares;
} mlab_average_firsts;
/* `rows`, all those of the problem, become the first of each person. Released by the caller, on failure too. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_average_first_rows(const mlab_context *context, const mlab_fit_problem *problem, mlab_average_firsts *firsts,
                                                  mlab_average_rows *rows, mlab_error *err);

/* Draws of the parameters for mlab_average_at: sets [n_draws * n_parameters], and spreads [n_draws * spread->n] where there is one (else NULL); both
 * released by the caller. draws: also the baselines of a model that has some, else NULL. Errors: those of mlab_draws_make_prepared. */
struct mlab_draws;
MLAB_MUST_USE mlab_status mlab_average_draw(const mlab_average *average, const mlab_prepared *prepared, size_t n_draws, uint64_t seed,
                                            struct mlab_draws **draws, double **sets, double **spreads, mlab_error *err);

/* Says how many draws of which kind the intervals of what ("predictions") are by; draws NULL = those of a joint model, of which this is a part. */
MLAB_MUST_USE mlab_status mlab_average_tell_draws(const mlab_prepared *prepared, mlab_fit *fit, const char *what, const struct mlab_draws *draws,
                                                  size_t n, mlab_error *err);

/* A table that shares all columns with another, but some that are put in their place. */
typedef struct mlab_variant {
    const mlab_context *context;
    mlab_table table;
    mlab_column *columns;
    double **real;   /* [n_own] */
    int32_t **codes; /* [n_own] */
    size_t n_own, most;
} mlab_variant;

MLAB_MUST_USE mlab_status mlab_variant_make(const mlab_context *context, const mlab_table *table, size_t n_rows, size_t most, mlab_variant *variant,
                                            mlab_error *err);
void mlab_variant_free(mlab_variant *variant); /* zeroed is fine */
/* The column in the place of the one of that name, its values to be set: of numbers, or (levels given) of codes. Errors: MLAB_ERR_DATA_COLUMN. */
MLAB_MUST_USE mlab_status mlab_variant_column(mlab_variant *variant, const char *name, char **levels, int32_t n_levels, mlab_column **column,
                                              mlab_error *err);
/* All columns are as in the table again. */
void mlab_variant_reset(mlab_variant *variant, const mlab_table *table);

#endif
