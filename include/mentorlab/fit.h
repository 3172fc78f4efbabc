/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outcome models: from a table or panel to coefficients, and from fits to parameter draws. */
#ifndef MENTORLAB_FIT_H
#define MENTORLAB_FIT_H

#include "mentorlab/data.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mlab_outcome_kind {
    MLAB_OUTCOME_EVENT,
    MLAB_OUTCOME_ORDINAL,
    MLAB_OUTCOME_NUMBER,
    MLAB_OUTCOME_COUNT,
    MLAB_OUTCOME_YES_NO
} mlab_outcome_kind;

/* What the weights of rows mean. */
typedef enum mlab_weight_kind {
    MLAB_WEIGHTS_NONE,
    MLAB_WEIGHTS_FREQUENCY, /* a row stands for so many equal rows; whole numbers */
    MLAB_WEIGHTS_PRECISION, /* the variance of a row's number is the residual variance / weight; linear and lognormal */
    MLAB_WEIGHTS_SAMPLING   /* a row stands for so many people of a population; the sandwich is the covariance */
} mlab_weight_kind;

/* A normal prior of one coefficient, on the scale of the linear predictor. */
typedef struct mlab_prior {
    char *parameter; /* as in mlab_fit.names: "armstructured", "voluntary:armstructured" */
    double mean, sd; /* sd > 0 */
    char *source;    /* "stated", "evidence: formal_program_retention" */
    mlab_place place;
} mlab_prior;

/* How a model with both the outcome's last value and an effect of each person is told where people began (docs/models.md). */
typedef enum mlab_initial {
    MLAB_INITIAL_NONE,
    MLAB_INITIAL_WOOLDRIDGE, /* each person's first value and means of covariates that change become terms; doi:10.1002/jae.770 */
    MLAB_INITIAL_JOINT       /* the first value has an equation of its own with a multiple of the person's effect (Heckman 1981) */
} mlab_initial;

/* What the study says of an outcome. */
typedef struct mlab_outcome {
    char *name; /* "retention" */
    mlab_outcome_kind kind;
    int better;     /* +1 higher or happening is better, -1 the reverse; of the name's direction: retention +1 */
    bool absence;   /* the name tells the absence of the event: retention = no exit */
    bool of_mentor; /* whose: mentor */
    char *model;    /* row of mlab_models: "hazard", "cox", "ordinal", ... */
    char *link;     /* "" or NULL = that of the options; hazard: "cloglog", "logit"; ordinal: "logit", "probit", "cloglog" */
    char *frailty;  /* models of times with (1 | group): "normal", "gamma"; "" or NULL = that of the options */
    char *formula;  /* text */
    mlab_place formula_place;
    char **causes; /* [n_causes] causes fitted together, NULL = all of the panel's event */
    int32_t n_causes;
    bool stated_default; /* the formula is the program's default, not the user's */
    char *weight;        /* column of the weights, NULL = none */
    mlab_weight_kind weights;
    mlab_place weight_place;
    mlab_prior *priors; /* [n_priors] */
    size_t n_priors;
    char **nominal; /* [n_nominal] ordinal: terms of the formula whose effect differs by threshold */
    char **scale;   /* [n_scale] ordinal: terms of the formula that act on the scale too */
    size_t n_nominal, n_scale;
    mlab_place effects_place; /* of nominal, or of scale when there is none */
    mlab_initial initial;
} mlab_outcome;

/* Robust covariance of coefficients. C: of clusters, H: of rows. 0 as it is; 1 with G / (G - 1) (N - 1) / (N - p), for rows N / (N - p); 2 of scores
 * adjusted by (1 - leverage)^(-1/2), with Satterthwaite degrees of freedom for CR2; 3 by 1 / (1 - leverage). */
typedef enum mlab_robust {
    MLAB_ROBUST_CR1,
    MLAB_ROBUST_CR0,
    MLAB_ROBUST_CR2,
    MLAB_ROBUST_CR3,
    MLAB_ROBUST_HC0,
    MLAB_ROBUST_HC1,
    MLAB_ROBUST_HC2,
    MLAB_ROBUST_HC3
} mlab_robust;

/* Options of a fit; rows in src/fit/options.c. */
typedef struct mlab_fit_options {
    int ties;                  /* Cox: 0 efron, 1 breslow, 2 exact */
    int information;           /* 0 observed, 1 expected */
    int link;                  /* discrete hazards: 0 cloglog, 1 logit */
    int ordinal_link;          /* ordinal: 0 logit, 1 probit, 2 cloglog */
    int frailty;               /* times: a frailty (1 | group) has a 0 normal logarithm, 1 gamma distribution */
    int survival_link;         /* spline: 0 cloglog (log cumulative hazard), 1 logit (log odds), 2 probit */
    int64_t spline_df;         /* spline: degrees of freedom of log time, 1 .. 10; 1 = a straight line */
    int penalty;               /* 0 none, 1 Firth's */
    int restricted;            /* linear models with random effects: 0 restricted maximum likelihood, 1 maximum likelihood */
    int64_t quadrature;        /* nodes of adaptive quadrature of random effects, 1 .. 25; 1 (or 0) = Laplace */
    int64_t iterations;        /* at most, 1 .. 1000 */
    double tolerance;          /* largest Newton step relative to the standard error, or gradient, at the end */
    int curve_interval;        /* 0 log-log, 1 log, 2 plain */
    double level;              /* of intervals, 0.5 .. 0.999 */
    bool tests;                /* of every term: mentorlab/after.h */
    bool margins;              /* average effects on the response scale: mentorlab/after.h */
    bool ratios;               /* as ratios, too */
    int margins_interval;      /* 0 delta method, 1 draws of the parameters */
    bool profile;              /* intervals of coefficients by the profile likelihood: mentorlab/after.h */
    int scores;                /* raters: the score of each person is kept: 0 no, 1 yes, 2 and written with ids */
    bool diagnose;             /* look for what may be wrong: mentorlab/after.h */
    int draws;                 /* of parameters: 0 normal, 1 bootstrap of people, 2 parametric bootstrap */
    int robust;                /* mlab_robust; CR1 makes one only where rows are clustered or weights are sampling weights, the others always */
    int64_t imputations;       /* of missing attributes of people; 0 = complete cases, else 2 .. 200 */
    int64_t imputation_rounds; /* of each chain, 1 .. 100 */
    /* What to predict (mentorlab/after.h), borrowed; NULL = nothing. */
    const struct mlab_predict_spec *predict;
} mlab_fit_options;

/* The random effects of one grouping of a mixed model. With several causes the effects of the first come first, and their names begin with it. */
typedef struct mlab_random_effects {
    char *group;         /* column that groups the rows */
    size_t n_groups, n;  /* groups; effects of each */
    char **names;        /* [n] columns of the effects, "(Intercept)" */
    bool independent;    /* correlations are 0 by the formula */
    bool people;         /* groups are people, such as mentors */
    double *covariance;  /* [n * n] of the effects between groups */
    double *sd, *sd_se;  /* [n] standard deviations, and their standard errors; 0 on the boundary */
    char **groups;       /* [n_groups] names of the groups; in a fit read from a results file only where n_people is there */
    uint64_t *n_people;  /* [n_groups] people of each group, where groups may be told by name: one column, no people; NULL = they may not */
    double *mode;        /* [n_groups * n] effect of each group, most likely given its rows */
    double *mode_se;     /* [n_groups * n] standard error of it with the parameters known */
    mlab_design *design; /* recipe of the columns that the effects multiply, those of one predictor */
    /* Frailty of a model of times: modes are means of the effect given the rows (gamma: the log of the mean). */
    bool gamma;         /* exp(effect) is gamma with mean 1 and variance sd^2; else effects are normal */
    bool tested;        /* the variance against 0, by the likelihood ratio */
    double deviance, p; /* twice the gain in log-likelihood; its p by half of chi-square(1), 1 on the boundary */
    double *mode_error; /* [n_groups * n] standard error of it, uncertainty of the parameters included; NULL = was not asked for, or is not known */
} mlab_random_effects;

/* Cumulative baseline hazard of a model of times, a step function of the time since 0: that of the event (cox), or of the subdistribution
 * (fine_gray), for somebody whose design columns are `at` and whose offset is `offset`. Each stratum has steps of its own, one stratum after the
 * other. With V the covariance of the coefficients, the variance of the cumulative hazard at x with offset o is exp(2 (x'b + o - at'b - offset))
 * (variance + 2 d'covariance + d'Vd), d = (x - at) cumulative_hazard - mean: by the model for cox (Tsiatis 1981, doi:10.1214/aos/1176345335), where V
 * is robust and for fine_gray by the infinitesimal jackknife of rows or clusters. */
typedef struct mlab_baseline {
    size_t n;                  /* steps of all strata */
    size_t n_columns;          /* of the design used by the fit */
    double *time;              /* [n] rising within each stratum, in the unit of the data */
    double *events;            /* [n] weight of the events of the step */
    double *cumulative_hazard; /* [n] up to and with the time, rising within each stratum */
    double *variance;          /* [n] of it with the coefficients known, or NULL (not told) */
    double *mean;              /* [n * n_columns] integral by the hazard of the mean columns at risk less `at`, or NULL */
    double *covariance;        /* [n * n_columns] robust covariance of it, the coefficients known, and the coefficients; NULL = they have none */
    double *at;                /* [n_columns] */
    double offset;
    size_t n_strata;       /* 1 without strata */
    size_t *first;         /* [n_strata + 1] stratum s has the steps first[s] .. first[s + 1] - 1 */
    char **strata;         /* [n_strata] "site=Lyon, grade=2", in the order of the values; NULL = one stratum, or strata without names */
    char **stratum_column; /* [n_stratum_columns] the columns that strata() names, whose values a row must have to be predicted for */
    size_t n_stratum_columns;
} mlab_baseline;
/* What one coefficient's prior said, and what the data say without any prior; the fit's estimate is what comes of both. */
typedef struct mlab_fit_prior {
    size_t parameter;              /* place in mlab_fit.names */
    double mean, sd;               /* of the prior */
    char *source;                  /* "stated", "evidence: <id>" */
    double data_estimate, data_se; /* of the fit without priors; data_se HUGE_VAL = the data have no estimate (separated) */
} mlab_fit_prior;

/* One model fitted. Parameters are in the order: thresholds (ordinal), then coefficients; for several causes or
 * categories the block of the first, then the second. */
typedef struct mlab_fit {
    const mlab_context *context;
    char *outcome, *model, *formula;
    char *information; /* which information the model-based standard errors use: "observed", "expected" */
    char *link;        /* "logit", "cloglog", "probit", "identity", "log" */
    size_t n_parameters;
    char **names;     /* [n_parameters] R's names; blocks of causes prefixed "voluntary:" */
    double *estimate; /* [n_parameters]; aliased ones 0 */
    /* [n_parameters] fewest people that the parameter tells of: with its column, or of its first level; NULL = not counted */
    uint64_t *people_behind;
    uint8_t *aliased;            /* [n_parameters] 1 = a linear combination of others, left out as R does */
    double *covariance;          /* [n_parameters^2] model-based; rows of aliased parameters 0 */
    double *robust;              /* [n_parameters^2] robust covariance of the kind `robust_kind`, or NULL */
    char *robust_kind;           /* "CR1", "HC3", ...; "" = none was made */
    double *missing_information; /* [n_parameters] share that is missing, of a fit pooled over imputations; NULL = of one data set */
    char *imputed;               /* sentence: what was imputed for how many, and whether the chains settled; NULL = nothing */
    int n_imputations;           /* pooled; 0 = one data set */
    double *robust_df;           /* [n_parameters] degrees of freedom of each interval (CR2), or NULL = G - 1 */
    size_t n_thresholds;         /* ordinal: levels - 1 */
    size_t n_blocks;             /* causes or categories beyond the base; 1 otherwise */
    char **blocks;               /* [n_blocks] their names */
    size_t block_size;           /* parameters a block: (n_parameters - n_ancillary) / n_blocks */
    size_t n_ancillary;          /* parameters behind the blocks: log scale, shape, ...; 0 for most models */
    size_t n_initial;            /* of these, those of the equations of first values (MLAB_INITIAL_JOINT), "first:...", "before:..." */
    size_t n_nominal, n_scale;   /* ordinal: columns of the block whose effect differs by threshold; that act on the log scale */
    uint32_t *nominal, *scale; /* [n_nominal], [n_scale] these columns. A nominal one has its effect at the first threshold in the block; those at the
                                * others stand behind it, threshold by threshold, then the coefficients of the log scale */
    char **levels;             /* ordinal, multinomial: [n_levels] */
    size_t n_levels;
    double log_likelihood, null_log_likelihood; /* null: intercepts (thresholds) and offsets alone */
    double residual_variance;                   /* linear, lognormal: RSS / (N - p), of the logarithm for lognormal; else 0 */
    double shape, shape_se;                     /* negative_binomial: theta; gamma: shape; standard error; else 0 */
    uint64_t n_rows, n_people, n_events, n_clusters, n_dropped_missing, n_dropped_stubs;
    uint64_t *events_by_block; /* [n_blocks] */
    char *cluster;             /* "person", "" = rows are their own clusters */
    char *cluster_other;       /* second of two-way clusters, "" = none */
    uint64_t n_clusters_other;
    mlab_random_effects *random; /* [n_random], as in the formula, a/b as a and a:b; estimates are those of somebody whose groups have effects of 0 */
    size_t n_random;             /* groupings; 0 = no random effects */
    /* Parameters of how groups differ, in the order of the groupings: entries of Lambda by rows (lower triangle; the diagonal of independent
     * effects), covariance = Lambda Lambda'. linear, lognormal: of the residual standard deviation, whose logarithm comes last; negative_binomial:
     * the logarithm of the shape comes last. */
    size_t n_spread;
    double *spread;           /* [n_spread] or NULL */
    double *joint_covariance; /* [(n_parameters + n_spread)^2] of the estimates and these, model-based; rows of aliased parameters 0 */
    mlab_baseline *baseline;  /* NULL = none */
    mlab_weight_kind weights;
    double weight_total;             /* sum of the weights of the rows used; sampling weights are scaled to sum to n_rows; 0 without weights */
    uint64_t n_dropped_weightless;   /* rows of weight 0, left out */
    uint64_t n_first_values;         /* initial: joint: first values, modelled by equations of their own; not among n_rows */
    bool penalised;                  /* by Firth's penalty */
    double penalised_log_likelihood; /* with Firth's penalty log sqrt |information| or the priors' log densities; 0 without either */
    double *lower, *upper;           /* [n_parameters] profile limits of the penalised likelihood at fit.level, or NULL; HUGE_VAL = none found */
    mlab_fit_prior *priors;          /* [n_priors] */
    size_t n_priors;
    double *knots; /* [n_knots] spline: of log time; NULL = none */
    size_t n_knots;
    mlab_trust trust;
    char *reason; /* sentence: which term, which number; "" when trusted */
    int iterations;
    double gradient; /* largest |score| / sqrt(information) at the end */
    double seconds;
    mlab_design *design;        /* recipe for prediction; mlab_fit_first_column says where the fit's coefficients begin in it */
    bool restricted;            /* the log-likelihood is the restricted one */
    uint64_t rows_digest;       /* of the rows used, their response and weights: fits with the same one may be compared; 0 = not known */
    struct mlab_joint *joint;   /* parts and associations of a joint model (mentorlab/joint.h); NULL = another model */
    struct mlab_raters *raters; /* what ratings by several raters say (mentorlab/raters.h); NULL = another model */
    struct mlab_after *after;   /* tests and the like that were asked for (mentorlab/after.h); NULL = none */
    /* Influence of each cluster on the estimates, robust = factor * influence' influence (not with two-way clusters); for stacked draws. */
    uint32_t *influence_id; /* [n_clusters] person rank of the cluster, ascending */
    double *influence;      /* [n_clusters * n_parameters] or NULL */
} mlab_fit;

MLAB_API void mlab_fit_free(mlab_fit *fit); /* NULL is fine */

/* Column of the design that belongs to the first coefficient of a block: 1 for ordinal and cox, whose design has an intercept
 * that they do not use, else 0. */
MLAB_API size_t mlab_fit_first_column(const mlab_fit *fit);
/* Whether a parameter, or an average effect "department: Sales - Finance", may be told when groups of fewer people are hidden: the coefficient of a
 * level of one person is that person's number. Also that of roles of raters (mlab_rater_term_shown). */
MLAB_API bool mlab_fit_term_shown(const mlab_fit *fit, const char *name, uint64_t minimum);
/* fit->reason without what it says of such coefficients; freed with mlab_fit_reason_free. Errors: MLAB_ERR_MEMORY, *reason NULL then. */
MLAB_API MLAB_MUST_USE mlab_status mlab_fit_reason_told(const mlab_context *context, const mlab_fit *fit, uint64_t minimum, char **reason,
                                                        mlab_error *err);
MLAB_API void mlab_fit_reason_free(const mlab_context *context, char *reason);
/* Standard error of parameter j: cluster-robust when there is one, else model-based. */
MLAB_API double mlab_fit_standard_error(const mlab_fit *fit, size_t j);
/* What a standard error is multiplied by for an interval: the t(G - 1) quantile with a robust covariance (HUGE_VAL under 3
 * clusters: no interval), else the normal one. */
MLAB_API double mlab_fit_interval_factor(const mlab_fit *fit, double level);
/* The same for parameter j, which may have degrees of freedom of its own (CR2). Two-way clusters: those of the fewer clusters. */
MLAB_API double mlab_fit_interval_factor_of(const mlab_fit *fit, size_t j, double level);
/* Interval of a standard deviation between groups, normal for its logarithm; false, and both the estimate, where there is none (on the boundary).
 * upper is HUGE_VAL where it would be over 100 times the estimate: near 0 its logarithm has no upper end that says anything. */
MLAB_API bool mlab_random_interval(const mlab_random_effects *random, size_t effect, double level, double *lower, double *upper);
/* Whether standard deviations, correlations, shares and effects of groups are estimates: not where the fit did not converge or is separated. */
MLAB_API bool mlab_random_told(const mlab_fit *fit);
/* Correlation of two effects of a grouping, -1 .. 1; false, and 0, where one of them has no standard deviation, or they are kept apart (covariance
 * 0). */
MLAB_API bool mlab_random_correlation(const mlab_random_effects *random, size_t effect, size_t other, double *correlation);
/* told [n]: groups of at least the minimum of people; a single one that is hidden takes the next smallest with it, since effects of groups add up to
 * 0. */
MLAB_API void mlab_groups_told(const uint64_t *people, size_t n, uint64_t minimum, uint8_t *told);
/* Variance of a single row on the scale of the model; -1 = the model has none (several causes, counts). */
MLAB_API double mlab_fit_residual(const mlab_fit *fit);
/* Share of the variance that lies between the groups of a grouping, 0 .. 1, the effects of all other groupings and single rows beside it; -1 = not
 * told (slopes, several causes, counts). */
MLAB_API double mlab_random_share(const mlab_fit *fit, size_t grouping);
/* Quantile of Student's t with df > 0 degrees of freedom, 0 < p < 1. */
MLAB_API double mlab_t_quantile(double p, double df);

typedef enum mlab_scale {
    MLAB_SCALE_LINK,       /* linear predictors, offset() terms and log(share) included */
    MLAB_SCALE_RESPONSE,   /* probabilities; means of numbers */
    MLAB_SCALE_SURVIVAL,   /* probability of no event up to each time */
    MLAB_SCALE_INCIDENCE,  /* probability of each cause up to each time, the others competing */
    MLAB_SCALE_OCCUPATION, /* probability of each state at each time */
    MLAB_SCALE_RESTRICTED, /* mean time without the event up to each time: the area under survival, in the unit of the times */
    MLAB_SCALE_LOST        /* mean time lost to each cause up to each time: the area under incidence, in the unit of the times */
} mlab_scale;
/* What the effects of groups are in predictions of rows. */
typedef enum mlab_group_effects {
    MLAB_EFFECTS_OWN,      /* those of the row's own groups, given all their rows (conditional) */
    MLAB_EFFECTS_AVERAGED, /* averaged over all groups (population-averaged) */
    MLAB_EFFECTS_TYPICAL   /* 0 */
} mlab_group_effects;

/* "link", "response", ..., "restricted_mean", "time_lost"; NULL past the last. */
MLAB_API const char *mlab_scale_name(int scale);
/* Numbers a row: link: n_blocks; response: 1 for logit, cloglog, probit and models of numbers (the mean); the probability of each cause for hazards;
 * of each level for ordinal and multinomial. Over n_times times: survival and restricted n_times; incidence and lost n_times * n_blocks; occupation
 * n_times * states. 0 = the model has no such scale (cox: no response). mlab_predict_width is that of no times. */
MLAB_API size_t mlab_predict_width(const mlab_fit *fit, mlab_scale scale);
MLAB_API size_t mlab_predict_width_at(const mlab_fit *fit, mlab_scale scale, size_t n_times);
/* out[i * width + k] for the n rows `rows[i]` of table (NULL: first, first + 1, ...), which must be complete for the design.
 * parameters: in the order of estimate, NULL = estimate. share [n]: of the period at risk, hazards only, NULL = 1.
 * With random effects: for a group whose effects are 0. The ordinal link is x'b; P(Y <= k) = F(threshold k - x'b). Errors: MLAB_ERR_FIT_MODEL (a
 * scale that the model does not have), those of mlab_design_fill. */
MLAB_API MLAB_MUST_USE mlab_status mlab_predict(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows,
                                                size_t first, size_t n, const double *parameters, const double *share, mlab_scale scale, double *out,
                                                mlab_error *err);
/* The same at times [n_times] >= 0, rising, in the unit of the data (discrete hazards: periods of the panel, with the covariates that the row has at
 * the start): survival out[i * width + t], incidence out[i * width + t * n_blocks + k], occupation out[i * width + t * states + s].
 * Errors: also MLAB_ERR_ARGUMENT (no times, or not rising). */
MLAB_API MLAB_MUST_USE mlab_status mlab_predict_at(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows,
                                                   size_t first, size_t n, const double *parameters, const double *share, mlab_scale scale,
                                                   const double *times, size_t n_times, double *out, mlab_error *err);
/* As mlab_predict_at, for groups whose effects are known: effect [n * n_blocks] (NULL = 0) is added to the predictors of each row, such as the sum
 * of the modes in fit->random of its groups. */
MLAB_API MLAB_MUST_USE mlab_status mlab_predict_conditional(const mlab_context *context, const mlab_fit *fit, const mlab_table *table,
                                                            const uint32_t *rows, size_t first, size_t n, const double *parameters,
                                                            const double *share, const double *effect, mlab_scale scale, const double *times,
                                                            size_t n_times, double *out, mlab_error *err);
/* As mlab_predict_at, averaged over the normal effects of all groups (population-averaged); their covariances are those of the fit. All effects of a
 * row add up to one normal number a predictor, slopes by the row's own columns; of several memberships the row has one. By the trapezoidal rule;
 * see src/fit/mixed/mixed_predict.c. Errors: MLAB_ERR_DATA_NOT_BUILT with more than four predictors. */
MLAB_API MLAB_MUST_USE mlab_status mlab_predict_averaged(const mlab_context *context, const mlab_fit *fit, const mlab_table *table,
                                                         const uint32_t *rows, size_t first, size_t n, const double *parameters, const double *share,
                                                         mlab_scale scale, const double *times, size_t n_times, double *out, mlab_error *err);

/* One row of the table of models: adding a model is one file and one row. */
typedef struct mlab_model mlab_model;
MLAB_API const mlab_model *mlab_model_find(const char *name); /* NULL = none */
MLAB_API const char *mlab_model_name(size_t row);             /* NULL past the end */
MLAB_API const char *mlab_model_summary(size_t row);
/* The kind of outcome that a model's name tells; false when there is no such model, or it tells none (multinomial). */
MLAB_API bool mlab_model_kind(const char *name, mlab_outcome_kind *kind);
/* Why a fit of the model cannot drive a simulation; NULL when it can, or there is no such model. */
MLAB_API const char *mlab_model_not_simulated(const char *name);
MLAB_API bool mlab_model_mixed(const char *name); /* takes random effects */

MLAB_API mlab_fit_options mlab_fit_defaults(void);

/* Fits one outcome on the panel (events and measures) or, for a person-level study, on the people table.
 * Rows with a missing value are left out and counted. Errors: formula and column errors with their place,
 * MLAB_ERR_FIT_MODEL, MLAB_ERR_FIT_RESPONSE, MLAB_ERR_FIT_RANK. Not converging, separation and the like are `trust`, not errors. */
MLAB_API MLAB_MUST_USE mlab_status mlab_fit_outcome(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome,
                                                    const mlab_fit_options *options, mlab_fit **fit, mlab_error *err);

/* Survival curve: Kaplan-Meier (one cause) or Aalen-Johansen cumulative incidence (several), by group. */
typedef struct mlab_curve {
    const mlab_context *context;
    char *group; /* level of the grouping column; "" = all */
    size_t n_times;
    size_t n_causes;            /* 0 = survival */
    double *time;               /* [n_times] in the unit of the data: days or periods */
    double *at_risk;            /* [n_times] */
    double *events;             /* [n_times * max(n_causes, 1)] */
    double *estimate;           /* [n_times * max(n_causes, 1)] survival, or incidence of each cause */
    double *se, *lower, *upper; /* the same shape */
} mlab_curve;
MLAB_API void mlab_curves_free(mlab_curve *curves, size_t n);
/* Curves of time (start may be NULL), status (0 = censored, else cause 1 .. n_causes) by group (-1 = leave out).
 * weight may be NULL. Greenwood or infinitesimal jackknife errors; interval as in options. */
MLAB_API MLAB_MUST_USE mlab_status mlab_curve_fit(const mlab_context *context, size_t n, const double *start, const double *time,
                                                  const int32_t *status, size_t n_causes, const int32_t *group, size_t n_groups, const double *weight,
                                                  const mlab_fit_options *options, mlab_curve **curves, mlab_error *err);

/* An entry of the evidence registry (models/evidence/<id>.yaml); read by mlab_evidence_find in src/fit/evidence/evidence.h. */
typedef struct mlab_evidence {
    const mlab_context *context;
    char *id, *outcome, *contrast, *population, *design, *scale, *source, *must_not, *kind_of_effect; /* marginal or conditional */
    char *event;                   /* what the risk is a risk of: "leaving", "staying", ... */
    char *doi, *derived;           /* "" = none; derived: how the numbers were worked out from the printed ones */
    double estimate, lower, upper; /* on `scale`: "hazard_ratio", "risk_ratio", "risk_difference", ...; lower = upper = 0 without an interval */
    double level;                  /* of the interval */
    double standard_error;         /* of the log for ratios; -1 = no interval was published */
    double reference_risk;         /* NaN-free: -1 = not given */
    double horizon_months;         /* -1 = not given */
    bool usable_as_prior;          /* for a hazard: design.md rule 11 */
    char *refusal;                 /* why not, "" when usable */
} mlab_evidence;

#ifdef __cplusplus
}
#endif
#endif
