/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joint models: several outcomes of the same people in one likelihood, tied by normal effects of the person. Effect e of a person, e = one for
 * every predictor of every part (and column of effects in it), is (Lambda v)_e with v standard normal [q]; which entries of Lambda are free says
 * what ties the parts. Parameters psi: those of each part (thresholds, blocks of coefficients, log of the residual SD), then the free entries. */
#ifndef MLAB_FIT_JOINT_H
#define MLAB_FIT_JOINT_H

#include "fit/engine.h"
#include "mentorlab/joint.h"

#define MLAB_JOINT_EFFECTS ((size_t)16) /* effects of a person at most */
#define MLAB_JOINT_NORMALS ((size_t)4)  /* standard normal numbers of a person at most */
#define MLAB_JOINT_NODES ((size_t)61)   /* of the quadrature in each of them */

typedef struct mlab_joint_rows {
    const mlab_prepared *prepared;
    const mlab_engine *engine;
    bool gaussian; /* has a log residual SD */
    size_t n, p, n_eta, n_thresholds;
    size_t n_pieces;            /* second derivatives of a row: pairs of predictors, or those by the ends of its category */
    size_t at, n_own;           /* its parameters in psi */
    const mlab_design *effects; /* columns of its effects; NULL = 1 */
    size_t effect, n_z;         /* its first effect; columns of effects of each predictor */
    size_t *first;              /* [n_people + 1] rows of each person, those of a person together */
    double *x;                  /* [n * p] by row */
    double *z;                  /* [n * n_z] by row; NULL = 1 */
    double *offset;             /* [n] */
    double *number;             /* [n] or NULL */
    int32_t *category;          /* [n] or NULL */
    uint32_t *row;              /* [n] row of the table: rising in a person, and in time */
    double *weight;             /* [n] or NULL */
} mlab_joint_rows;

typedef struct mlab_joint_model {
    const mlab_context *context;
    size_t n_people;
    uint32_t *person; /* [n_people] rank, rising */
    mlab_joint_rows *parts;
    size_t n_parts, n_effects, q;
    size_t *entry;                             /* [n_effects * q] place in psi, SIZE_MAX = 0 */
    size_t lambda_at, n_entries, n_parameters; /* psi [n_parameters] */
    uint8_t *fixed;                            /* [n_parameters] aliased */
    size_t n_nodes;
    double node[MLAB_JOINT_NODES], log_weight[MLAB_JOINT_NODES];
    size_t n_chunks, *chunk; /* [n_chunks + 1] first person */
    size_t most_people;      /* of a chunk */
    size_t *most_rows;       /* [n_parts] of a chunk, whole tiles */
    double *mode;            /* [n_people * q] v at the maximum */
    double *factor;          /* [n_people * q * q] Cholesky factor of the curvature at it */
    double *shift;           /* [n_people * q] mean of v less its mode, in Cholesky units: L' (mean - mode), as of the last evaluation */
    double *spread;          /* [n_people * q * q] Cholesky factor of the covariance of L' v */
    double *scores;          /* [n_people * n_parameters] of each person at the last evaluation, times the weight; NULL = not wanted */
    double *weight;          /* [n_people] how often each counts, >= 0; NULL = 1 */
    mlab_weight_kind weights;
    struct mlab_joint_prior *priors; /* [n_priors] */
    size_t n_priors;
} mlab_joint_model;

/* A normal prior of one parameter: row'psi is what it is a prior of. */
typedef struct mlab_joint_prior {
    size_t at;       /* parameter */
    double mean, sd; /* of row'psi */
    double *row;     /* [n_parameters] */
} mlab_joint_prior;

/* One outcome of a joint model: its rows' clusters are people, cluster_id their ranks. effects: design of the columns of its effects, NULL = 1. */
typedef struct mlab_joint_part_problem {
    const mlab_prepared *prepared;
    const mlab_design *effects;
} mlab_joint_part_problem;

/* Copies the rows, person by person. Errors: MLAB_ERR_FIT_RANK (too many effects), MLAB_ERR_FIT_MODEL (a model that cannot be a part). */
MLAB_MUST_USE mlab_status mlab_joint_make(const mlab_context *context, const mlab_joint_part_problem *parts, size_t n_parts,
                                          mlab_joint_effects effects, mlab_joint_model **model, mlab_error *err);
void mlab_joint_model_free(mlab_joint_model *model); /* NULL is fine */
/* Weights of the parts' rows become weights of people: frequencies as they are, sampling weights scaled to sum to the people. Errors:
 * MLAB_ERR_FIT_RESPONSE (rows of one person differ), MLAB_ERR_FIT_MODEL (of some parts alone, of two kinds). */
MLAB_MUST_USE mlab_status mlab_joint_weigh(mlab_joint_model *model, mlab_error *err);
/* Adds a normal prior of parameter `at`, as the formulas name it. */
MLAB_MUST_USE mlab_status mlab_joint_add_prior(mlab_joint_model *model, size_t at, double mean, double sd, mlab_error *err);
void mlab_joint_priors_free(mlab_joint_model *model);
/* What the priors add to the log-likelihood at psi, its gradient, and information [n * n], where these are not NULL. */
double mlab_joint_prior_value(const mlab_joint_model *model, const double *psi, double *gradient, double *complete, double *information);
/* The priors of the parts, with the names that their coefficients have in the joint model; [0] n_priors 0 = none. Ended by mlab_joint_priors_end. */
typedef struct mlab_joint_stated {
    const mlab_context *context;
    mlab_fit_problem problem; /* outcome and priors */
    mlab_prior *priors;
} mlab_joint_stated;
/* Sets the rule; false beyond MLAB_JOINT_NODES. */
bool mlab_joint_nodes(mlab_joint_model *model, size_t n);

/* The log-likelihood by adaptive Gauss-Hermite quadrature, its gradient, the information of the data with the effects known (`complete`) and
 * observed information, [n * n] both halves. -HUGE_VAL where psi is not allowed. */
MLAB_MUST_USE mlab_status mlab_joint_evaluate(mlab_joint_model *model, const double *psi, double *value, double *gradient, double *complete,
                                              double *information, mlab_error *err);

/* The log-likelihood alone. Mode, factor, shift and spread of every person become those at psi, so that v of a person has the mean
 * mode + L'^-1 shift and the covariance of L'^-1 spread z (L = factor). */
MLAB_MUST_USE mlab_status mlab_joint_settle(mlab_joint_model *model, const double *psi, double *value, mlab_error *err);

typedef struct mlab_joint_climb {
    double *psi, *gradient, *inverse; /* [n], [n], [n * n] */
    double value, decrement;
    int iterations;
    bool converged, definite;
    double *memory;
    uint8_t *left_out;
    double *complete, *information, *next, *next_gradient, *step, *work;
} mlab_joint_climb;
/* Then the caller sets psi. Ended also after a failed start. */
MLAB_MUST_USE mlab_status mlab_joint_climb_start(const mlab_joint_model *model, mlab_joint_climb *climb, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_joint_climb_up(mlab_joint_model *model, int iterations, mlab_joint_climb *climb, mlab_error *err);
void mlab_joint_climb_end(const mlab_joint_model *model, mlab_joint_climb *climb);

MLAB_MUST_USE mlab_status mlab_joint_priors_start(const mlab_context *context, const char *name, const mlab_joint_part_problem *parts,
                                                  const char *const *names, size_t n_parts, mlab_joint_stated *stated, mlab_error *err);
void mlab_joint_priors_end(mlab_joint_stated *stated);

/* The fit of prepared parts. names [n_parts] of them. */
MLAB_MUST_USE mlab_status mlab_joint_fit_parts(const mlab_context *context, const char *name, const mlab_joint_part_problem *parts,
                                               const char *const *names, size_t n_parts, mlab_joint_effects effects, const mlab_fit_options *options,
                                               mlab_fit **fit, mlab_error *err);
/* The same with shared effects, where all parts but the first are first values of its outcome: that people differ is no finding of its own. */
MLAB_MUST_USE mlab_status mlab_joint_fit_first(const mlab_context *context, const char *name, const mlab_joint_part_problem *parts,
                                               const char *const *names, size_t n_parts, const mlab_fit_options *options, mlab_fit **fit,
                                               mlab_error *err);

/* --- the work on one chunk of people (fit/joint/joint_chunk.c) ------------------------------------------------------- */

/* A thread's own arrays of one part; planes of a tile stand together: predictor k of row i at (i / TILE) n_eta TILE + k TILE + i % TILE. */
typedef struct mlab_joint_part_room {
    double *fixed, *eta, *likelihood, *score, *curvature, *upper, *lower, *upper_upper, *upper_lower, *lower_lower;
    double *moments; /* [n_pieces * n_moments * rows] of the second derivatives with 1, v_a, v_a v_b over the nodes */
} mlab_joint_part_room;

typedef struct mlab_joint_search {
    double v[MLAB_JOINT_NORMALS], step[MLAB_JOINT_NORMALS], value, part;
    double mean[MLAB_JOINT_NORMALS], square[MLAB_JOINT_NORMALS * MLAB_JOINT_NORMALS]; /* of step over the nodes */
    bool moving;
} mlab_joint_search;

typedef struct mlab_joint_work {
    mlab_joint_model *model;
    const double *psi;
    bool likelihood_only; /* no derivatives by psi */
    double lambda[MLAB_JOINT_EFFECTS * MLAB_JOINT_NORMALS];
    size_t n_moments;
    size_t part;   /* doubles of a block: value, gradient, complete, variance */
    double *parts; /* [n_blocks * part] */
} mlab_joint_work;

typedef struct mlab_joint_room {
    mlab_joint_part_room *parts;
    mlab_joint_search *searches;
    double *scratch;    /* of a tile */
    double *sum;        /* [people] of the nodes */
    double *score_sum;  /* [people * n_parameters] */
    double *square_sum; /* [people * n_parameters (n_parameters + 1) / 2] */
    double *own;        /* [n_parameters] */
} mlab_joint_room;

static inline size_t mlab_joint_plane(size_t planes, size_t plane, size_t i)
{
    return (i / MLAB_TILE) * planes * MLAB_TILE + plane * MLAB_TILE + i % MLAB_TILE;
}
size_t mlab_joint_room_bytes(const mlab_joint_work *work);
mlab_joint_room mlab_joint_room_of(const mlab_joint_work *work, void *memory);
/* Modes and factors of the people of a chunk; leaves the room there. False = not allowed. */
bool mlab_joint_modes(const mlab_joint_work *work, const mlab_joint_room *room, size_t chunk);
/* The rows of a chunk at the v of their people in room->searches. */
bool mlab_joint_at(const mlab_joint_work *work, const mlab_joint_room *room, size_t chunk);
/* Sum of the scores of person g of the chunk by each effect [n_effects], and, unless NULL, of minus their second derivatives. */
void mlab_joint_cross(const mlab_joint_work *work, const mlab_joint_room *room, size_t chunk, size_t g, double *by_effect, double *curvature);
/* Log-likelihood of the rows of a person. */
double mlab_joint_value(const mlab_joint_work *work, const mlab_joint_room *room, size_t chunk, size_t g);
/* Adds a chunk whose modes are found to value, gradient, complete information and variance of the score (lower halves). */
bool mlab_joint_integrate(const mlab_joint_work *work, const mlab_joint_room *room, size_t chunk, double *sums);
/* Adds the second derivatives of the rows of a person, whose moments are divided by `sum`, times weight to complete (lower half). mean: its mean
 * score. */
void mlab_joint_complete(const mlab_joint_work *work, const mlab_joint_room *room, size_t chunk, size_t g, double weight, double sum,
                         const double *mean, double *complete);

#endif
