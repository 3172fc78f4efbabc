/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who gains most: of each person the predicted difference between two arms, cross-fitted and shrunk, with its uncertainty. */
#ifndef MENTORLAB_GAINS_H
#define MENTORLAB_GAINS_H

#include "mentorlab/fit.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mlab_gains_ask {
    const mlab_outcome *outcome; /* with its formula and model */
    const char *formula;         /* to be fitted; NULL = the outcome's with the arm crossed with all other terms, without random effects */
    mlab_place formula_place;    /* of the formula, zeros = it stands nowhere */
    const char *arm, *against;   /* NULL = "structured", or the panel's first arm beyond the reference; the reference */
    int32_t months;              /* horizon of an event, 1 .. 120, rounded to whole periods; 0 = 12 */
    int32_t folds;               /* 2 .. 20; 0 = 5 */
    uint64_t seed;               /* of the folds */
} mlab_gains_ask;

/* What the people of a table would gain. Positive = better, by the outcome's own direction. */
typedef struct mlab_gains {
    const mlab_context *context;
    char *outcome, *formula, *arm, *against;
    char *unit;     /* "points in 12 months" (of 100), "levels", or "" for the outcome's own unit */
    size_t n;       /* people */
    char **ids;     /* [n] byte order */
    uint8_t *known; /* [n] 0 = a value that the formula reads is missing, or was never seen in the fits; the rest is then 0 */
    double *plain;  /* [n] predicted, not shrunk, as a difference from its fold's mean plus `mean` */
    double *gain;   /* [n] shrunk towards the mean */
    double *se;     /* [n] standard error of `gain`: what is left of the deviation's variance, and the variance of the mean */
    double mean, se_of_mean;
    double spread;             /* estimated standard deviation of true gains; 0 = none that could be told from chance */
    double noise;              /* root mean square error of a plain gain about the mean */
    double signal;             /* 0 .. 1: spread^2 / (spread^2 + noise^2), times 1 - chance / 0.05 */
    double chance;             /* p: how often plain gains would differ so much if all true gains were equal */
    double widest;             /* largest abs(plain - mean) */
    int32_t folds, months;     /* months 0 = no horizon */
    uint64_t n_rows, n_events; /* of all folds together, each row once */
} mlab_gains;
MLAB_API void mlab_gains_free(mlab_gains *gains); /* NULL is fine */

/* People are those of `people`: the columns that the formula reads, state today, and `id`. The data must have a panel. Rows of other arms than the
 * two are left out. Errors: MLAB_ERR_MATCH_GAINS (an arm that nobody has, a model that cannot tell gains, a fit that is not trusted; the sentence
 * says why), those of mlab_fit_outcome. */
MLAB_API MLAB_MUST_USE mlab_status mlab_gains_make(const mlab_context *context, const mlab_data *data, const mlab_table *people,
                                                   const mlab_gains_ask *ask, const mlab_fit_options *options, mlab_gains **gains, mlab_error *err);
/* Place of an id; SIZE_MAX = not there. */
MLAB_API size_t mlab_gains_find(const mlab_gains *gains, const char *id);
/* One sentence for people: what was fitted, how much of the variation is signal. Released with mlab_pairs_text_free. */
MLAB_API MLAB_MUST_USE mlab_status mlab_gains_tell(const mlab_gains *gains, char **sentence, mlab_error *err);

#ifdef __cplusplus
}
#endif
#endif
