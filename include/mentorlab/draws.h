/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From fits to parameter draws: what the simulator knows of the fits. */
#ifndef MENTORLAB_DRAWS_H
#define MENTORLAB_DRAWS_H

#include "mentorlab/fit.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mlab_draws_kind {
    MLAB_DRAWS_NORMAL,
    MLAB_DRAWS_BOOTSTRAP,
    MLAB_DRAWS_EVIDENCE,
    MLAB_DRAWS_FIXED,
    MLAB_DRAWS_PARAMETRIC
} mlab_draws_kind;

/* Effects of the groups of one grouping of a mixed model, drawn with the parameters. */
typedef struct mlab_draws_effects {
    size_t outcome;     /* of mlab_draws.outcomes */
    char *group;        /* as in mlab_random_effects: "person", "department:team", "multiple(a, b)" */
    size_t n_groups, n; /* groups in the data; effects of each */
    bool people;        /* groups are people (person, mentor): key is their rank in the panel's ids; else a row of the table that is in the group */
    uint32_t *key;      /* [n_groups] */
    uint32_t *place;    /* [n_groups] which of the memberships of that row */
    size_t n_normals;   /* standard normal numbers behind them; 0 = n */
    uint32_t tie;       /* groupings of outcomes with the same tie > 0 are made of the same numbers: parts of a joint model; 0 = of its own */
    double *factor;     /* [n_draws * n * n_normals] by rows, lower triangle when n_normals = n: a group that is not in the data has the effects
                         * factor z, z standard normal */
    double *value;      /* [n_draws * n_groups * n] of the groups in the data, given the draw's parameters and the data */
} mlab_draws_effects;

/* The cumulative baseline hazard of a model of times (cox, fine_gray), drawn with its coefficients. */
typedef struct mlab_draws_baseline {
    size_t outcome;            /* of mlab_draws.outcomes */
    size_t n;                  /* steps of all strata, those of mlab_fit.baseline */
    double *cumulative_hazard; /* [n_draws * n] for somebody at mlab_baseline.at, rising within each stratum */
} mlab_draws_baseline;

/* Parameter draws of all outcomes of a study, made together. Draw 0 .. n_draws - 1; the estimates stand apart. */
typedef struct mlab_draws {
    const mlab_context *context;
    mlab_draws_kind kind;
    size_t n_draws, n_parameters;
    size_t n_outcomes;
    char **outcomes;  /* [n_outcomes] */
    size_t *first;    /* [n_outcomes + 1] parameters of outcome k are first[k] .. first[k + 1] - 1 */
    char **names;     /* [n_parameters] "retention:voluntary:armstructured" */
    char **sources;   /* [n_parameters] "fit", "evidence: <id>", "stated" */
    double *estimate; /* [n_parameters] */
    double *value;    /* [n_draws * n_parameters] */
    uint64_t seed;
    uint64_t n_failed;           /* bootstrap, parametric: refits that failed and were drawn again */
    char *note;                  /* why they failed, and what else is to be said; NULL or "" = nothing */
    mlab_draws_effects *effects; /* [n_effects] groupings of mixed models, outcome by outcome */
    size_t n_effects;
    mlab_draws_baseline *baselines; /* [n_baselines] outcome by outcome */
    size_t n_baselines;
} mlab_draws;
MLAB_API void mlab_draws_free(mlab_draws *draws);
/* Puts the draws of further outcomes beside those of `into`, draw by draw; `add` is left to be freed. Errors: MLAB_ERR_ARGUMENT (another number of
 * draws), MLAB_ERR_MEMORY; then both stay as they were. */
MLAB_API MLAB_MUST_USE mlab_status mlab_draws_join(mlab_draws *into, mlab_draws *add, mlab_error *err);
/* Normal draws from the stacked influence of the fits (clusters shared by person), on the unbounded scale of
 * each parameter; then the baselines of models of times given these. Errors: MLAB_ERR_FIT_DRAWS (a fit that is not trusted enough; a model with
 * random effects, and a baseline with robust errors, which need the data), MLAB_ERR_FIT_COVARIANCE. */
MLAB_API MLAB_MUST_USE mlab_status mlab_draws_make(const mlab_context *context, const mlab_fit *const *fits, size_t n_fits, size_t n_draws,
                                                   uint64_t seed, mlab_draws **draws, mlab_error *err);
/* The same for fits that may have random effects, or baselines with robust errors, to the data that they were fitted to; outcomes[k] is what fits[k]
 * was fitted to. The parameters of a mixed model are drawn from their joint normal, standard deviations as logarithms and correlations as Fisher's z,
 * by themselves (with no other outcome); then the effects of all its groups from their normal given these parameters and the data. Errors: also
 * MLAB_ERR_FIT_DRAWS (drawn parameters at which groups have no most likely effects), those of mlab_fit_outcome. */
MLAB_API MLAB_MUST_USE mlab_status mlab_draws_make_mixed(const mlab_context *context, const mlab_data *data, const mlab_outcome *const *outcomes,
                                                         const mlab_fit_options *options, const mlab_fit *const *fits, size_t n_fits, size_t n_draws,
                                                         uint64_t seed, mlab_draws **draws, mlab_error *err);
/* Every draw is the estimate: for runs without parameter uncertainty. Errors: MLAB_ERR_FIT_DRAWS (a mixed model). */
MLAB_API MLAB_MUST_USE mlab_status mlab_draws_make_fixed(const mlab_context *context, const mlab_fit *const *fits, size_t n_fits, size_t n_draws,
                                                         mlab_draws **draws, mlab_error *err);

/* mlab_predict_at at draw `draw` of outcome `outcome`: coefficients and, of a model of times with a baseline, that baseline. Groups have effects of
 * 0. Errors: also MLAB_ERR_ARGUMENT (no such draw or outcome, other parameters, no baseline among the draws). */
MLAB_API MLAB_MUST_USE mlab_status mlab_predict_drawn(const mlab_context *context, const mlab_fit *fit, const mlab_draws *draws, size_t outcome,
                                                      size_t draw, const mlab_table *table, const uint32_t *rows, size_t first, size_t n,
                                                      const double *share, mlab_scale scale, const double *times, size_t n_times, double *out,
                                                      mlab_error *err);

/* Draws by refitting every outcome to n_draws samples. Bootstrap: people (clusters) are drawn with replacement, each with all its rows, one sample
 * for all outcomes that have the same clusters; parametric: the responses of all rows are drawn from the fits, rows as independent (times: people,
 * and when they are censored). Every refit goes to its own maximum from the estimate as start. A refit that is separated, does not converge or loses
 * a column is drawn again, up to four times. Errors: MLAB_ERR_FIT_DRAWS when that fails, when more than a fifth of all refits failed, or for a fit
 * that cannot be simulated from. outcomes[k] is what fits[k] was fitted to. */
MLAB_API MLAB_MUST_USE mlab_status mlab_draws_bootstrap(const mlab_context *context, const mlab_data *data, const mlab_outcome *const *outcomes,
                                                        const mlab_fit_options *options, const mlab_fit *const *fits, size_t n_fits, bool parametric,
                                                        size_t n_draws, uint64_t seed, mlab_draws **draws, mlab_error *err);

#ifdef __cplusplus
}
#endif
#endif
