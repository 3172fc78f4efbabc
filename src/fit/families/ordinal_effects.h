/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ordinal models beyond one location: terms whose effect differs by threshold (partial proportional odds), and terms that widen the distribution.
 *
 *   P(Y <= k) = F((threshold_k - x'b - w'c_k - offset) / exp(z'd))
 *
 * b, c_k and d are coefficients of columns of one design: x all but the nominal ones, w the nominal ones, z those of scale. The vector of parameters:
 * thresholds; one block of all columns, where a nominal one holds c_1; then c_2, c_3, ... , one after the other; then d. */
#ifndef MLAB_FIT_ORDINAL_EFFECTS_H
#define MLAB_FIT_ORDINAL_EFFECTS_H

#include "fit/engine.h"

struct mlab_level_effects {
    const mlab_context *context;
    size_t n_thresholds, p; /* p: columns of the block */
    size_t n_nominal, n_scale;
    size_t *nominal, *scale; /* columns of the block, ascending */
    size_t *nominal_at;      /* [p] place among the nominal ones, or SIZE_MAX */
    size_t n_ancillary;      /* (n_thresholds - 1) n_nominal + n_scale */
    char **names;            /* [n_ancillary] */
};

/* From the labels of the problem; sets prepared->effects and what is ancillary. Errors: MLAB_ERR_FIT_MODEL (a term that the formula does not have,
 * another model, fewer than three levels). */
MLAB_MUST_USE mlab_status mlab_level_effects_make(const mlab_context *context, mlab_prepared *prepared, mlab_error *err);
void mlab_level_effects_free(mlab_level_effects *effects); /* NULL is fine */
/* "1|2:armstructured"; released by the caller; NULL = no memory. */
char *mlab_nominal_name(const mlab_context *context, const mlab_fit_problem *problem, size_t threshold, const char *column);

/* Place of the effect of nominal column w (0 .. n_nominal - 1) at threshold k in the vector of parameters. */
static inline size_t mlab_nominal_place(const mlab_level_effects *e, size_t k, size_t w)
{
    return e->n_thresholds + (k == 0 ? e->nominal[w] : e->p + (k - 1) * e->n_nominal + w);
}
static inline size_t mlab_scale_place(const mlab_level_effects *e, size_t z)
{
    return e->n_thresholds + e->p + (e->n_thresholds - 1) * e->n_nominal + z;
}

/* What a row contributes as a function of the ends (threshold - predictor) above and below its level, and of the log scale: log-likelihood, first
 * derivatives, minus the second ones. */
typedef enum mlab_level_part {
    MLAB_LEVEL_UPPER,
    MLAB_LEVEL_LOWER,
    MLAB_LEVEL_SCALE,
    MLAB_LEVEL_UPPER_UPPER,
    MLAB_LEVEL_UPPER_LOWER,
    MLAB_LEVEL_UPPER_SCALE,
    MLAB_LEVEL_LOWER_LOWER,
    MLAB_LEVEL_LOWER_SCALE,
    MLAB_LEVEL_SCALE_SCALE,
    MLAB_LEVEL_PARTS
} mlab_level_part;

/* Adds a row of level y to score [n_parameters] and, unless NULL, to the upper triangle of information. x [p]: the block's columns, centred.
 * work [mlab_level_row_room]. */
void mlab_level_row_add(const mlab_engine *engine, size_t y, const double parts[MLAB_LEVEL_PARTS], const double *x, double *work, double *score,
                        double *information);
size_t mlab_level_row_room(const mlab_engine *engine);

/* As mlab_pass_evaluate, mlab_pass_cluster_scores and mlab_pass_rows (out [n * MLAB_LEVEL_PARTS]), of an engine with effects. */
MLAB_MUST_USE mlab_status mlab_level_evaluate(const mlab_pass *pass, const double *parameters, double *log_likelihood, double *score,
                                              double *information, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_level_cluster_scores(const mlab_pass *pass, const double *parameters, double *scores, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_level_rows(const mlab_pass *pass, const double *parameters, double *out, mlab_error *err);

/* The same term, blanks aside. */
bool mlab_same_term(const char *label, const char *said);
/* engine->aliased and scale of what is ancillary, from those of the block's columns. */
void mlab_level_columns(mlab_engine *engine);
/* What the centres of the nominal columns add to threshold k beyond those of the first one; v [n_parameters]. */
double mlab_level_centre(const mlab_engine *engine, const double *v, size_t k);

/* Doubts a fit whose thresholds cross at a row of its data, and says at which. */
MLAB_MUST_USE mlab_status mlab_level_doubt_crossing(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);

struct mlab_penalty;
/* Puts the expected information under Firth's penalty. Errors: MLAB_ERR_DATA_NOT_BUILT (effects by threshold or on the scale), MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_penalise_levels(const mlab_context *context, const mlab_engine *engine, const mlab_pass *pass, mlab_newton_spec *spec,
                                               struct mlab_penalty *penalty, mlab_error *err);

/* The two ends of a level under a link: log of its probability, density over probability at each, and the same of the density's slope. */
typedef struct mlab_level_ends {
    double log_p, upper, lower, upper_slope, lower_slope;
} mlab_level_ends;
/* a > b, has_a and has_b: the level is not the last, not the first; a missing end contributes nothing. link: 0 logit, 1 probit, 2 cloglog. */
mlab_level_ends mlab_level_ends_of(int link, double a, double b, bool has_a, bool has_b);

#endif
