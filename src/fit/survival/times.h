/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parametric models of times to an event: what a distribution contributes, and one engine for all of them.
 *
 * Parameters: the coefficients of the design, then the ancillary ones of the distribution (log scale, shape, spline). Rows are (start, stop]; a row
 * with start = 0 is at risk from the beginning, a later start divides by the survival up to it (delayed entry). */
#ifndef MLAB_FIT_TIMES_H
#define MLAB_FIT_TIMES_H

#include "fit/model.h"
#include "fit/tiles.h"

enum { MLAB_MOST_ANCILLARY = 11 };

/* What a distribution is given of one tile of rows, and what it fills; outputs hold MLAB_TILE numbers for each item. */
typedef struct mlab_time_tile {
    const mlab_context *context;
    size_t rows, n_ancillary;
    const double *stop, *log_stop;   /* [rows] */
    const double *start, *log_start; /* [rows] start 0 = no delayed entry; NULL = none has */
    const int32_t *status;
    const double *eta;       /* offset included */
    const double *ancillary; /* [n_ancillary] */
    const double *knots;     /* [n_knots] of splines, log time */
    size_t n_knots;
    bool derivatives;
    double *log_likelihood;
    double *score, *curvature; /* by eta: first, minus the second derivative */
    double *own;               /* [n_ancillary] first derivatives by the ancillary ones */
    double *mixed;             /* [n_ancillary] minus the second ones by eta and each */
    double *own_pairs;         /* [n_ancillary (n_ancillary + 1) / 2] minus those by two of them: (0, 0), (0, 1), ..., (1, 1), ... */
} mlab_time_tile;

typedef struct mlab_time_family {
    const char *link;                         /* of mlab_fit */
    bool (*tile)(const mlab_time_tile *tile); /* false: parameters that are not allowed */
    /* Start without covariates: intercept first, from the weighted events, total time, mean and standard deviation of log stop. */
    void (*begin)(const mlab_prepared *prepared, double events, double total, double mean_log, double sd_log, double *parameters);
} mlab_time_family;

/* mlab_prepared.own of these models. */
typedef struct mlab_times {
    const mlab_fit_problem *problem;
    const mlab_time_family *family;
    mlab_tiles *tiles;
    size_t p, n_ancillary, n;                    /* n = p + n_ancillary */
    bool intercept;                              /* column 0 is one */
    double *stop, *log_stop, *start, *log_start; /* [rows]; start NULL = none later than 0 */
    uint8_t *aliased;                            /* [n] */
    double *scale;                               /* [n] for the divergence rule */
    double *knots;                               /* [n_knots] */
    size_t n_knots;
} mlab_times;

mlab_status mlab_times_prepare(const mlab_context *context, mlab_prepared *prepared, const mlab_time_family *family, mlab_error *err);
void mlab_times_release(const mlab_context *context, void *own);
mlab_status mlab_times_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);
mlab_status mlab_times_refit(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const double *start,
                             double *estimate, mlab_refit_info *info, mlab_error *err);

/* --- its parts ---------------------------------------------------------------------------------------------- */

typedef struct mlab_times_pass {
    const mlab_context *context;
    const mlab_times *times;
    const double *weight; /* [rows] or NULL */
    const uint8_t *fixed; /* [n] 1 = stays at its value; NULL = none */
    bool null_model;      /* one column of ones in place of the design */
} mlab_times_pass;

/* An mlab_newton_evaluate; work is an mlab_times_pass. Where the information is not positive definite it is made so, which bends the steps but moves
 * no maximum. */
mlab_status mlab_times_evaluate(void *work, const double *parameters, double *log_likelihood, double *score, double *information, mlab_error *err);
/* scores [n_clusters * n] += score of each row, added to its cluster's (rows without clusters: their own). */
mlab_status mlab_times_scores(const mlab_times_pass *pass, const double *parameters, double *scores, mlab_error *err);
/* What a pass makes of one tile: a thread's own memory. */
typedef struct mlab_times_room {
    const mlab_times_pass *pass;
    const double *parameters;
    size_t p; /* columns */
    double *tiles, *ones, *wx, *eta;
    mlab_time_tile tile;
} mlab_times_room;

size_t mlab_times_room_size(const mlab_times *times); /* doubles */
mlab_times_room mlab_times_room_of(const mlab_times_pass *pass, const double *parameters, bool derivatives, double *memory);
/* The columns, predictors and times of tile `at`; then the family fills it. */
MLAB_MUST_USE mlab_status mlab_times_begin_tile(mlab_times_room *room, size_t at, const double **x, mlab_error *err);
/* What a filled tile holds, times weight [rows] (NULL = 1), 0 behind the rows. */
void mlab_times_weigh(const mlab_time_tile *tile, const double *weight);
/* score [p + n_ancillary] and information, rows of `stride`, += the tile's: half of it, mirrored by the other. p: columns. */
void mlab_times_add_tile(mlab_times_room *room, const double *x, size_t stride, double *score, double *information);
void mlab_times_mirror(double *information, size_t stride, size_t p);

/* From centred and mixed columns to the design's own (+1) or back (-1). */
void mlab_times_uncentre(const mlab_times *times, double *v, double sign);

/* --- distributions of a standardised log time w --------------------------------------------------------------- */

/* A logarithm and its first and second derivatives; q: by the shape of the generalised gamma. */
typedef struct mlab_time_value {
    double value, first, second, q, qq, wq;
} mlab_time_value;

typedef enum mlab_time_error { MLAB_TIME_EXTREME, MLAB_TIME_NORMAL, MLAB_TIME_LOGISTIC, MLAB_TIME_GAMMA } mlab_time_error;

mlab_time_value mlab_time_log_density(mlab_time_error kind, double w, double q);
mlab_time_value mlab_time_log_survival(mlab_time_error kind, double w, double q);
/* The last one with the generalised gamma, by quadrature. */
mlab_time_value mlab_gamma_log_density(double w, double q);
mlab_time_value mlab_gamma_log_survival(double w, double q);

/* Natural cubic spline of log time x on knots [n_knots]: basis [n_knots - 1] without the constant, and its derivative (either may be NULL). */
void mlab_time_basis(const double *knots, size_t n_knots, double x, double *basis, double *slope);

/* --- a fitted law ---------------------------------------------------------------------------------------------- */

/* The law that a fit has at its ancillary parameters, which are borrowed with the fit's knots. */
typedef struct mlab_time_law {
    enum { MLAB_LAW_LOCATION, MLAB_LAW_GOMPERTZ, MLAB_LAW_SPLINE } form;
    mlab_time_error kind;
    double sigma, q; /* Gompertz: q is the shape */
    const double *ancillary, *knots;
    size_t n_ancillary, n_knots;
} mlab_time_law;

mlab_time_law mlab_time_law_of(const mlab_fit *fit, const double *ancillary);
/* What depends on the time t >= 0 alone: log t, the spline, or (exp(q t) - 1) / q. */
double mlab_time_law_part(const mlab_time_law *law, double t);
/* The cumulative hazard at predictor eta and part(t). */
double mlab_time_law_hazard(const mlab_time_law *law, double eta, double part);
/* The time at which the cumulative hazard at predictor eta is `hazard` > 0; HUGE_VAL where it never gets there. */
double mlab_time_law_time(const mlab_time_law *law, double eta, double hazard);

/* Hooks of mlab_model. */
size_t mlab_times_width(const mlab_fit *fit, mlab_scale scale, size_t n_times);
mlab_status mlab_times_predict(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, const double *parameters, size_t n,
                               const double *eta, const double *share, const double *times, size_t n_times, double *out, mlab_error *err);

#endif
