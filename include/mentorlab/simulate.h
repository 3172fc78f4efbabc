/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Monte Carlo simulation of an organisation under matching policies, driven by parameter draws. */
#ifndef MENTORLAB_SIMULATE_H
#define MENTORLAB_SIMULATE_H

#include "mentorlab/draws.h"
#include "mentorlab/match.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A scenario = a program in the organisation. Periods are those of the panel. */
typedef struct mlab_scenario {
    char *name;
    char *policy;        /* row of the policies, or "none" */
    int32_t start_every; /* periods between cohorts, >= 1 */
    int32_t duration;    /* periods a relationship lasts, >= 1 */
    int32_t places;      /* mentees of a cohort, drawn by lot among who may and has no mentor; 0 = as many as mentors have places for */
    char *arm;           /* the arm a matched mentee is exposed to */
    mlab_place place;
} mlab_scenario;

/* Options; rows in src/simulate/options.c. */
typedef struct mlab_simulate_options {
    double horizon;     /* days; rounded to whole periods, 1 .. 65535 */
    int64_t draws;      /* 1 .. */
    int64_t replicates; /* per draw, >= 2 */
    int64_t seed;
    int64_t people;       /* bootstrap the starting population to this many, 0 = as in the data */
    double informal_rate; /* chance per period that someone without a relationship finds a mentor informally; -1 = as in the data */
    double replacement;   /* chance that a leaver's position is filled again, from the next period on */
    double early_ending;  /* chance per period that a program relationship ends before its time */
    double score_effect;  /* change of an arm's effect, as a share of it, per 10 points of score above 50 */
    int64_t survey_every; /* periods between surveys, 0 = as in the data */
    int promotions;       /* 0 open */
    int population;       /* 0 data */
} mlab_simulate_options;

/* Values that the data cannot give, stated or from the evidence; each is named in every output. */
typedef struct mlab_assumption {
    char *name; /* "retention.structured.log_hazard_ratio" */
    double value;
    double standard_error; /* 0 = fixed */
    char *source;          /* "stated", "evidence: formal_program_retention", "assumption set cautious-2026" */
} mlab_assumption;

typedef struct mlab_simulate_spec {
    const mlab_data *data;       /* the people of the last period start the simulation */
    const mlab_fit *const *fits; /* [n_fits] for the recipes of predictors only; numbers come from the draws */
    size_t n_fits;
    const mlab_draws *draws;
    const mlab_match_spec *matching; /* pools, scores, constraints */
    const mlab_scenario *scenarios;  /* [n_scenarios]; [0] is the reference of differences */
    size_t n_scenarios;
    mlab_assumption *assumptions;
    size_t n_assumptions;
    int32_t satisfied_from;           /* satisfaction level (0-based) from which a person counts as satisfied */
    mlab_place place;                 /* of the plans or options in the study file, for errors; line 0 = not known */
    const mlab_place *outcome_places; /* [n_fits] where the study states each outcome; NULL = not known */
} mlab_simulate_spec;

/* What is counted. X(name, long_name, unit): per scenario x draw x replicate x period x group. */
#define MLAB_METRICS(X)                                                                                                                              \
    X(headcount, "people at the end of the period", "people")                                                                                        \
    X(mentored, "people in a relationship at the start of the period", "people")                                                                     \
    X(relationships_started, "relationships that start in the period", "relationships")                                                              \
    X(promotions, "promotions in the period", "promotions")                                                                                          \
    X(voluntary_exits, "voluntary exits in the period", "people")                                                                                    \
    X(involuntary_exits, "involuntary exits in the period", "people")                                                                                \
    X(hires, "hires in the period", "people")                                                                                                        \
    X(satisfied, "people satisfied at the end of the period", "people")                                                                              \
    X(starters_left, "people of the start who are still there", "people")                                                                            \
    X(mean_score, "mean score of the pairs made in the period", "1")                                                                                 \
    X(person_periods, "people at the start of the period", "people")                                                                                 \
    X(in_program, "mentees in a relationship that the scenario's program made, at the start of the period", "people")
typedef enum mlab_metric {
#define MLAB_X(name, long_name, unit) MLAB_METRIC_##name,
    MLAB_METRICS(MLAB_X)
#undef MLAB_X
        MLAB_N_METRICS
} mlab_metric;

/* metric[scenario][draw][replicate][period][group]; a block is one draw with all its replicates and scenarios. */
typedef struct mlab_outcomes {
    const mlab_context *context;
    size_t n_scenarios, n_draws, n_replicates, n_periods, n_groups;
    char **scenarios;
    char **groups;                /* grades at the start of the period */
    float *value[MLAB_N_METRICS]; /* [n_scenarios * n_draws * n_replicates * n_periods * n_groups] each */
    mlab_assumption *assumptions; /* copied */
    size_t n_assumptions;
    uint64_t person_periods; /* simulated in all */
    int32_t months_per_period;
    char **numbers; /* [n_numbers] outcomes that are numbers or counts */
    size_t n_numbers;
    float *number; /* [n_numbers * n_scenarios * n_draws * n_replicates * n_periods * n_groups] sum over the people at the start of the period; 0 in
                    * periods in which the outcome is not observed */
} mlab_outcomes;
MLAB_API void mlab_outcomes_free(mlab_outcomes *outcomes);

/* Long work streams: finished blocks go to a sink, one call at a time. */
typedef struct mlab_sink {
    bool (*has)(void *user, size_t draw);                                                         /* this draw is already there (resume) */
    mlab_status (*take)(void *user, size_t draw, const mlab_outcomes *one_draw, mlab_error *err); /* n_draws = 1 */
    void *user;
} mlab_sink;

MLAB_API mlab_simulate_options mlab_simulate_defaults(void);
/* Whole periods of the horizon, at least 1. */
MLAB_API int64_t mlab_simulate_periods(const mlab_simulate_options *options, int32_t months_per_period);
/* Simulates draws first .. last - 1 (all: 0, options->draws) that the sink lacks. Errors: MLAB_ERR_SIMULATE_PARAMETER, ... */
MLAB_API MLAB_MUST_USE mlab_status mlab_simulate(const mlab_context *context, const mlab_simulate_spec *spec, const mlab_simulate_options *options,
                                                 size_t first, size_t last, const mlab_sink *sink, mlab_error *err);
/* A sink that keeps everything in memory: *outcomes is whole when mlab_simulate returns MLAB_OK. */
MLAB_API MLAB_MUST_USE mlab_status mlab_sink_memory(const mlab_context *context, const mlab_simulate_spec *spec, const mlab_simulate_options *options,
                                                    mlab_sink *sink, mlab_outcomes **outcomes, mlab_error *err);
MLAB_API void mlab_sink_memory_end(mlab_sink *sink); /* the outcomes stay */

/* A mean over draws and replicates with both uncertainties apart (design rule 9). */
typedef struct mlab_summary_number {
    double mean;
    double lower, upper;       /* percentile interval over draws, of draw means */
    double parameter_sd;       /* sqrt(max(0, between - within / R)) */
    double monte_carlo_se;     /* sqrt(between / D) */
    bool parameter_sd_clipped; /* the difference was negative */
} mlab_summary_number;
/* Of value[draw * n_replicates + replicate]; 0 < level < 1. Errors: MLAB_ERR_ARGUMENT, MLAB_ERR_MEMORY. */
MLAB_API MLAB_MUST_USE mlab_status mlab_summarise(const mlab_context *context, const double *value, size_t n_draws, size_t n_replicates, double level,
                                                  mlab_summary_number *summary, mlab_error *err);

/* --- generated firms ----------------------------------------------------------------------------- */

typedef struct mlab_truth mlab_truth; /* truth.yaml after reading */
MLAB_API MLAB_MUST_USE mlab_status mlab_truth_read(const mlab_context *context, const char *path, mlab_findings *findings, mlab_truth **truth,
                                                   mlab_error *err);
MLAB_API void mlab_truth_free(mlab_truth *truth);
/* A number that a method should find: a coefficient under R's name, or a marginal contrast. */
typedef struct mlab_true_value {
    const char *kind;      /* "coefficient" or "contrast" */
    const char *outcome;   /* "promotion", "retention", "satisfaction" */
    char name[48];         /* coefficient: as mlab_fit names it ("voluntary:armstructured"); contrast: the arm */
    const char *reference; /* contrast: the other arm; "" for a coefficient */
    const char *measure;   /* contrast: as in mlab_contrast; "" for a coefficient */
    double horizon;        /* months; 0 for a coefficient */
    double value;          /* contrast: had everybody been in the arm from time zero, less the same of the reference, capacity ignored */
    double monte_carlo_se; /* 0 for a coefficient */
} mlab_true_value;
/* All coefficients, and the contrasts at each horizon (months, whole quarters), averaged over populations of `people` (0 = as in the
 * truth). *values is released with mlab_true_values_free. Errors: MLAB_ERR_SIMULATE_PARAMETER (a horizon), MLAB_ERR_MEMORY. */
MLAB_API MLAB_MUST_USE mlab_status mlab_true_values(const mlab_context *context, const mlab_truth *truth, int64_t people, const double *horizons,
                                                    size_t n_horizons, mlab_true_value **values, size_t *n, mlab_error *err);
MLAB_API void mlab_true_values_free(const mlab_context *context, mlab_true_value *values);
/* The truth with every value at its default, and one value of a truth set by its key: ("switches.no_effect", "yes").
 * Errors: MLAB_ERR_OPTION. */
MLAB_API MLAB_MUST_USE mlab_status mlab_truth_default(const mlab_context *context, mlab_truth **truth, mlab_error *err);
MLAB_API MLAB_MUST_USE mlab_status mlab_truth_set(mlab_truth *truth, const char *key, const char *value, mlab_error *err);
/* Writes people.csv, promotions.csv, surveys.csv, relationships.csv, truth.csv, README into folder. people 0 = as in the truth. */
MLAB_API MLAB_MUST_USE mlab_status mlab_generate(const mlab_context *context, const mlab_truth *truth, uint64_t seed, int64_t people,
                                                 const char *folder, mlab_error *err);
/* The same firm without files: exactly the data that reading the files back would give. */
MLAB_API MLAB_MUST_USE mlab_status mlab_generate_data(const mlab_context *context, const mlab_truth *truth, uint64_t seed, int64_t people,
                                                      mlab_data **data, mlab_error *err);

#ifdef __cplusplus
}
#endif
#endif
