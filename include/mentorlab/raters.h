/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several raters: what the fit of model raters says of the people who were rated, and of those who rated them. docs/raters.md. */
#ifndef MENTORLAB_RATERS_H
#define MENTORLAB_RATERS_H

#include "mentorlab/fit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A source of differences between ratings, on the scale of the model. */
typedef struct mlab_rating_source {
    char *name;      /* "person", "rater", "person:rater", ...; the last is "rating", what is left */
    double variance; /* >= 0 */
    double share;    /* of the sum, 0 .. 1 */
} mlab_rating_source;

/* Raters of one role: self, supervisor, ... Reliability is the share of the variance of a person's mean rating that is the person's own, 0 .. 1. */
typedef struct mlab_rater_role {
    char *name; /* "" = the ratings have no roles */
    uint64_t n_ratings, n_raters, n_people;
    bool severity_known;
    double severity, severity_se; /* how much lower the role rates the same person than the mean of the roles does, on the scale of the model */
    double lower, upper;          /* its interval at fit.level */
    double raters_each;           /* raters of a person whom the role rates, mean; ratings where raters are not known */
    double one;                   /* reliability of one rater of the role */
    double alone;                 /* of all raters of the role that a person has, mean over its people */
    double needed;                /* raters of the role for a reliability of 0.8; HUGE_VAL = no number is enough */
} mlab_rater_role;

/* One person's score: how far from the average person, on the scale of the model. */
typedef struct mlab_person_score {
    char *person; /* id; in a fit read from a results file the pseudonym */
    double score;
    double error;    /* standard error, uncertainty of the parameters included; with the parameters known where that is not known */
    double expected; /* rating by raters who are neither severe nor lenient, roles and skills as in the data */
    uint64_t n_ratings;
} mlab_person_score;

typedef struct mlab_raters {
    const mlab_context *context;
    bool ordinal;                /* ratings are levels; else numbers */
    bool errors_whole;           /* errors of scores hold the uncertainty of the parameters */
    bool reliability_known;      /* all random effects are of person, person:role or a rater, and the people differ */
    uint64_t n_people, n_raters; /* n_raters 0 = not known */
    uint64_t n_islands;          /* groups of people and raters that share nobody with each other; 0 = raters are not known */
    double person_sd;
    double all;                  /* reliability of all ratings of a person together, roles weighed by how much they tell; mean over people */
    double of_score;             /* 1 - mean squared error of the scores / variance of people */
    mlab_rating_source *sources; /* [n_sources] */
    size_t n_sources;
    mlab_rater_role *roles; /* [n_roles] in the order of levels */
    size_t n_roles;
    mlab_person_score *scores; /* [n_scores] by person; NULL = not asked for (fit.scores) */
    size_t n_scores;
    bool masked; /* persons are pseudonyms */
    char *note;  /* sentences: what cannot be told from these ratings; "" = nothing */
} mlab_raters;

/* Whether a role is of enough people, and where raters are known of enough raters, to be told; the severity of one rater is about one person. */
MLAB_API bool mlab_rater_role_shown(const mlab_raters *raters, size_t role, uint64_t minimum);
/* Whether a number of a fit may be told by the name of its coefficient, term or effect ("rolemanager", "role: manager - self"): what is about roles
 * is their severity, and told of all roles or of none, since severities add up to 0. Always true of other models. */
MLAB_API bool mlab_rater_term_shown(const mlab_fit *fit, const char *name, uint64_t minimum);

MLAB_API void mlab_raters_free(mlab_raters *raters); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
