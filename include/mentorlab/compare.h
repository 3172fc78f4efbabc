/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Did it work: marginal contrasts between arms from time zero, with balance, overlap and sensitivity. */
#ifndef MENTORLAB_COMPARE_H
#define MENTORLAB_COMPARE_H

#include "mentorlab/impute.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Options; rows in src/compare/options.c. */
typedef struct mlab_compare_options {
    int64_t bootstrap; /* cluster bootstrap samples, 0 = influence function with t(G - 1), else >= 20 */
    int64_t seed;
    double level;           /* 0.5 .. 0.999 */
    double truncate;        /* quantile at which stabilised weights are cut on both sides, 0 .. 0.1 */
    int64_t time_df;        /* degrees of freedom of the spline of time since time zero, 1 .. 8 */
    int method;             /* 0 standardisation, 1 weighting, 2 both */
    int exposure;           /* 0 as started (intention to treat), 1 current */
    bool include_prevalent; /* people whose relationship began before time zero */
} mlab_compare_options;

typedef struct mlab_compare_spec {
    char *reference; /* arm; NULL = arms[0] */
    char **adjust;   /* [n_adjust] columns taken at time zero */
    size_t n_adjust;
    double *horizons; /* [n_horizons] in months */
    size_t n_horizons;
    const mlab_outcome *outcomes; /* [n_outcomes] */
    size_t n_outcomes;
    char **by; /* subgroups, columns at time zero */
    size_t n_by;
    int32_t satisfied_from; /* ordinal: first level (0-based) that counts as satisfied; -1 = the two best */
    char **states;          /* [n_states] columns of the panel whose values are states that people move between: "grade" */
    size_t n_states;
} mlab_compare_spec;

/* One number: arm against reference on one outcome at one horizon. An outcome that tells an absence (retention) is 1 - the cumulative
 * incidence of its first cause (voluntary exit), with its other causes as competing events; an event outcome (promotion) is the cumulative
 * incidence of its first occurrence with every exit as a competing event (design rule 4, docs/compare.md). */
typedef struct mlab_contrast {
    char *outcome, *arm, *reference;
    char *group;    /* subgroup, "gender = female"; "" = everyone */
    char *cause;    /* of the event counted, where several compete: "voluntary"; of yes or no what is counted: "left = yes"; else "" or NULL */
    char *event;    /* of the panel, as formulas call it: "exit", "promoted"; "" or NULL = answers, or a table of persons */
    char *estimand; /* the sentence */
    char *measure;  /* "risk_difference", "mean_difference", "share_difference" */
    char *method;   /* "standardisation", "weighting" */
    double horizon; /* months */
    double estimate, se, lower, upper, level;
    double risk_arm, risk_reference; /* or means; in the direction of the outcome's name: for retention the share who stayed */
    double risk_ratio;               /* of the event itself, arm / reference: for retention of leaving; 0 = does not apply (means) */
    double e_value, e_value_limit;   /* VanderWeele & Ding 2017, doi:10.7326/M16-2607, for the ratio and the limit nearer to 1; 0 = does not apply */
    uint64_t n_arm, n_reference, events_arm, events_reference; /* people ever in the arm, events there */
    double years_arm, years_reference;                         /* person-years */
    double overlap;                                            /* share of people with comparable others, 0 .. 1 */
    uint64_t bootstrap_done, bootstrap_failed;
    double df;                  /* degrees of freedom of the interval, 0 = none; over imputations those of Barnard & Rubin */
    double log_ratio_se;        /* of the logarithm of risk_ratio, 0 = none; not in results files */
    double missing_information; /* share of what the data would say of the estimate that is missing, 0 .. 1; 0 without imputations */
    uint64_t imputations;       /* pooled; 0 = people with missing values were left out */
    /* How far people of unknown arm could move the estimate (docs/compare.md, "Unknown groups"): the same estimator with their time in. */
    uint64_t unknown_people;            /* people of whom for some of the time nothing says the arm; 0 = nobody, and no bounds */
    uint64_t unknown_events;            /* those of them with the event (answers: an answer) in such time */
    bool bounded;                       /* the four numbers below are there: every model converged */
    double if_reference, if_arm;        /* the estimate had all of that time been in the reference, in the arm */
    double worst_lowest, worst_highest; /* of those, the estimate, and people with the event on one side, the others on the other */
    mlab_trust trust;
    char *reason;
    char *caveats; /* lines, plain words */
} mlab_contrast;

/* Balance of one covariate (or level) between an arm and the reference, before and after weighting. */
typedef struct mlab_balance {
    char *arm, *covariate;
    double mean_arm, mean_reference; /* at time zero, unweighted */
    double smd_before, smd_after;    /* standardised mean differences */
} mlab_balance;

/* Where people of an arm were at a time and how long they had been there, as observed by arm as started (mentorlab/curves.h), without a model. Events
 * of a period count at its end. */
typedef struct mlab_stay {
    char *outcome, *arm, *reference; /* outcome of events, or column of states */
    char *state;                     /* "no event", a cause; a value of the column, a cause of exit */
    double horizon;                  /* months since time zero; of columns of states since the person's stay in the arm began */
    double n;                        /* people of the arm watched just before the horizon */
    double in_state;                 /* of them in the state; 0 in a final one */
    double share, share_se, share_lower, share_upper;
    double months, months_se, months_lower,
        months_upper; /* mean time in the state between `from` and the horizon: restricted mean time, time lost to a cause */
    double difference, difference_se, difference_lower, difference_upper; /* of months, arm - reference; people in both arms vary together */
    double ratio, ratio_lower, ratio_upper;                               /* of months; 0 = one of them is 0 */
    bool compared;                                                        /* the six numbers before are there: not for the reference */
    double
        from; /* months at which the mean times begin, of those without an event then: the first time at which five people of every arm are watched */
    double until; /* months up to which somebody of the arm is watched, beyond it the curve is carried on; HUGE_VAL = nobody is left */
    double level;
} mlab_stay;

typedef struct mlab_comparison {
    const mlab_context *context;
    mlab_contrast *contrasts; /* [n_contrasts] */
    size_t n_contrasts;
    mlab_balance *balance; /* [n_balance] */
    size_t n_balance;
    double weight_lowest, weight_highest, weight_mean; /* stabilised, after truncation; 0 = not used */
    double effective_share;                            /* effective sample size / n */
    mlab_curve *curves; /* [n_curves] observed, by arm as started, with group = "<outcome>/<arm>"; cause 1 is the event counted, the others compete */
    size_t n_curves;
    mlab_stay *stays; /* [n_stays] by outcome or column, arm, time, state */
    size_t n_stays;
    double *standardised;      /* [n_standardised * n_times] share or mean had everyone been in the arm, direction as in risk_arm */
    size_t n_times;            /* time t is the end of period t - 1, t = 0 time zero */
    char **standardised_names; /* [n_standardised] "<outcome>/<arm>" */
    double *standardised_from; /* [n_standardised] first time in months from which somebody in the arm was observed; before it is extrapolation */
    size_t n_standardised;
    double months_per_time;
    char *caveats; /* lines that hold for all */
} mlab_comparison;

MLAB_API void mlab_comparison_free(mlab_comparison *comparison);
MLAB_API mlab_compare_options mlab_compare_defaults(void);
/* Errors: MLAB_ERR_COMPARE_ARM, MLAB_ERR_COMPARE_IMMORTAL, MLAB_ERR_COMPARE_HORIZON, MLAB_ERR_DATA_COLUMN,
 * MLAB_ERR_DATA_TYPE, MLAB_ERR_DATA_EMPTY; weak results are `trust`. */
MLAB_API MLAB_MUST_USE mlab_status mlab_compare(const mlab_context *context, const mlab_data *data, const mlab_compare_spec *spec,
                                                const mlab_compare_options *options, mlab_comparison **comparison, mlab_error *err);

/* Imputes what is missing in the columns that the comparison is adjusted for, where they are attributes of people, by mlab_impute; a column that
 * changes over time is not imputed. *imputation NULL = nothing is missing. Errors: those of mlab_impute. */
MLAB_API MLAB_MUST_USE mlab_status mlab_compare_impute(const mlab_context *context, const mlab_data *data, const mlab_compare_spec *spec,
                                                       int n_imputations, int n_rounds, uint64_t seed, mlab_imputation **imputation, mlab_error *err);
/* The comparison on every completed data set, pooled by Rubin's rules: contrasts with the degrees of freedom of Barnard & Rubin (1999,
 * doi:10.1093/biomet/86.4.948) and ratios by their logarithm; balance and standardised curves are means; what is observed is of the data as they
 * are. With a bootstrap the intervals are those of samples of people in each of which everything is imputed anew, twice (von Hippel & Bartlett 2021,
 * doi:10.1214/20-STS793), and bootstrap_done and _failed count samples. Trust is the least of all. Errors: those
 * of mlab_compare; MLAB_ERR_COMPARE_ARM when an imputation has other contrasts than the first. */
MLAB_API MLAB_MUST_USE mlab_status mlab_compare_imputed(const mlab_context *context, const mlab_data *data, const mlab_compare_spec *spec,
                                                        const mlab_compare_options *options, const mlab_imputation *imputation,
                                                        mlab_comparison **comparison, mlab_error *err);

#ifdef __cplusplus
}
#endif
#endif
