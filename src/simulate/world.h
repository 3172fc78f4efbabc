/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all draws of a simulation share, read only once made: the people it starts from, the columns of state that processes move, the
 * compiled predictors, the compiled matching rules.
 *
 *   panel rows ──► sources: starters (there at the end of the panel) and donors (how people look when hired)
 *   fits ────────► equations: promotion, each cause of exit, satisfaction; coefficients come with each draw
 *   state of a person = arm x grade x mentoring others x last answer (one code, a table lookup), tenure, time in grade */
#ifndef MLAB_SIMULATE_WORLD_H
#define MLAB_SIMULATE_WORLD_H

#include "data/design_terms.h"
#include "match/pool.h"
#include "mentorlab/simulate.h"

enum {
    MLAB_MAX_EXITS = 6,
    MLAB_MAX_NUMBERS = 4,
    MLAB_MAX_EQUATIONS = MLAB_MAX_EXITS + 2 + MLAB_MAX_NUMBERS,
    MLAB_MAX_STATES = 16384,
    MLAB_MAX_LEVELS = 32,
    MLAB_MAX_GRADES = 200
};

/* Where the value of a variable comes from. */
typedef enum mlab_state_place {
    MLAB_PLACE_SOURCE,   /* fixed with the person */
    MLAB_PLACE_STATE,    /* the code: arm, grade, mentoring_others, last answer */
    MLAB_PLACE_TENURE,   /* clocks, in years */
    MLAB_PLACE_IN_GRADE, /* time_in_grade */
    MLAB_PLACE_UNKNOWN   /* a column that has no value in the future */
} mlab_state_place;

/* Columns of a design that are functions of one clock alone: cubics on pieces. */
typedef struct mlab_clock_basis {
    size_t n_columns;
    uint32_t *column; /* [n_columns] of the design */
    int32_t n_pieces;
    const double *breaks; /* [n_pieces - 1], of the design's spline */
    double *origin;       /* [n_pieces] */
    double *cubic;        /* [n_columns][n_pieces][4] powers of (x - origin) */
} mlab_clock_basis;

/* One variable of a product term. */
typedef struct mlab_factor_values {
    mlab_state_place place;
    const mlab_design_variable *variable;
    uint32_t input; /* of its program, for a clock */
    size_t width, stride;
    double *values; /* SOURCE, STATE: [n * width] */
} mlab_factor_values;

typedef struct mlab_product_term {
    size_t first, n_columns, n_variables;
    mlab_factor_values *variables;
} mlab_product_term;

/* A design compiled for the people of a world; without coefficients. */
typedef struct mlab_predictor {
    const mlab_context *context;
    const mlab_design *design;
    size_t n_inputs;
    size_t n_fixed, n_stated;
    uint32_t *fixed_column, *stated_column; /* columns of the design */
    double *fixed;                          /* [n_sources * n_fixed] */
    double *offset;                         /* [n_sources] or NULL */
    double *stated;                         /* [n_states * n_stated] */
    uint8_t *unseen;                        /* [n_states] 1 = a level of the state is not in the fit */
    bool reads_arm;                         /* a term has the arm in it */
    uint8_t *unseen_arm;                    /* [n_arms] 1 = not among the levels of the fit */
    uint32_t *stand_in;                     /* [n_states] the state itself, or the nearest one that the fit has seen */
    mlab_clock_basis clock[2];              /* tenure, time in grade */
    mlab_product_term *products;
    size_t n_products;
} mlab_predictor;

/* A linear predictor: one block of one fit. */
typedef struct mlab_equation {
    const mlab_fit *fit;
    const mlab_predictor *predictor;
    size_t first_parameter; /* in the draws, of the coefficient of design column `first_column` */
    size_t first_column, n_coefficients;
    size_t first_threshold, n_thresholds; /* satisfaction */
    bool logit;
    const char *scale;     /* of a stated effect: "log_hazard_ratio", "log_odds_ratio", "difference", "log_ratio" */
    int latent;            /* satisfaction: distribution of the latent value, 0 logistic, 1 normal, 2 of log(-log(1 - u)) (complementary log-log) */
    const char *cause;     /* "voluntary"; the outcome's name when there is one cause */
    size_t *stated_effect; /* [n_arms] assumption that gives the effect of the arm, SIZE_MAX = the fit does */
} mlab_equation;

/* An outcome that is a number or a count, drawn from its law for everybody who is there. */
typedef enum mlab_number_law { MLAB_LAW_NORMAL, MLAB_LAW_LOGNORMAL, MLAB_LAW_GAMMA, MLAB_LAW_POISSON, MLAB_LAW_NEGATIVE_BINOMIAL } mlab_number_law;
typedef struct mlab_world_number {
    mlab_number_law law;
    int equation;
    int32_t every; /* periods between observations */
} mlab_world_number;

typedef struct mlab_world_effect mlab_world_effect; /* simulate/effects.h */

typedef struct mlab_world {
    const mlab_context *context;
    const mlab_simulate_spec *spec;
    mlab_simulate_options options;
    const mlab_panel *panel;
    const mlab_fit *about; /* the fit that is being read, for the places of errors; NULL = none */
    double years;          /* of a period */
    uint32_t n_sources, n_starters, n_donors;
    uint32_t *panel_row, *people_row; /* [n_sources]; people_row UINT32_MAX = not found */
    uint32_t *person;                 /* [n_sources] rank */
    double *tenure, *in_grade;        /* [n_sources] at the start, or at entry */
    uint8_t *grade, *arm, *last;      /* [n_sources]; last = level + 1, 0 = never asked */
    int32_t *places;                  /* [n_sources] mentees one may mentor at a time; NULL without matching */
    uint8_t *role;                    /* [n_sources] 1 may mentor, 2 may be mentored, 3 both, by the role column */
    uint32_t n_positions;
    uint32_t *start_source; /* [n_positions] */
    int32_t *start_mentor;  /* [n_positions] position of the mentor of a relationship still going, -1 = none */
    int32_t *start_age;     /* [n_positions] whole periods that it has lasted */
    uint32_t n_arms, n_grades, n_levels;
    char **arms; /* of the panel, then those of scenarios that the panel lacks */
    char (*grade_label)[32];
    int32_t lowest_grade; /* of an INTEGER grade */
    const mlab_column *grade_column, *last_column;
    const char *measure; /* "satisfaction" */
    uint32_t n_states;
    mlab_predictor predictors[3 + MLAB_MAX_NUMBERS]; /* promotion, exit, satisfaction, numbers */
    mlab_equation equations[MLAB_MAX_EQUATIONS];
    int first_number;                                 /* equations from here on are of numbers */
    int promotion, first_exit, n_exits, satisfaction; /* places in equations; -1 = not fitted */
    size_t n_equations;
    bool voluntary[MLAB_MAX_EXITS];
    mlab_world_number numbers[MLAB_MAX_NUMBERS];
    size_t n_numbers;
    int32_t survey_every;
    double *informal_rate; /* [n_arms] chance per period that someone in the reference arm starts this arm by themselves */
    double replacement, early_ending, score_effect;
    uint64_t unknown_arm; /* starters whose arm is unknown, taken as the reference */
    bool donors_are_starters;
    bool matches;               /* a scenario has a policy */
    const mlab_policy **policy; /* [n_scenarios] NULL = none */
    uint32_t *scenario_arm;     /* [n_scenarios] */
    mlab_scorer *scorer;
    mlab_forbidden *forbidden; /* [n_forbidden] keys of starting positions, generation 0 */
    size_t n_forbidden;
    mlab_world_effect *effects;   /* [n_effects] groupings of random effects */
    size_t n_effects, n_leans;    /* slopes on what moves with the state, over all equations */
    bool has_ties;                /* mentors have effects */
    mlab_assumption *assumptions; /* [n_assumptions] stated ones, then what was assumed for want of data; each named */
    size_t n_assumptions;
} mlab_world;

/* Reads the spec into a world. Errors: MLAB_ERR_SIMULATE_PARAMETER (what is missing, found, allowed), MLAB_ERR_OVERFLOW, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_world_make(const mlab_context *context, const mlab_simulate_spec *spec, const mlab_simulate_options *options,
                                          mlab_world **world, mlab_error *err);
void mlab_world_free(mlab_world *world);

/* Columns of state that matching rules may read; their values come with each cohort. */
enum { MLAB_N_STATE_COLUMNS = 3 };
extern const char *const mlab_world_state_columns[MLAB_N_STATE_COLUMNS];

/* Parts of making a world, in this order. */
MLAB_MUST_USE mlab_status mlab_world_people(mlab_world *world, mlab_error *err);      /* sources and start states */
MLAB_MUST_USE mlab_status mlab_world_equations(mlab_world *world, mlab_error *err);   /* fits to equations */
MLAB_MUST_USE mlab_status mlab_world_assumptions(mlab_world *world, mlab_error *err); /* what data cannot give */
MLAB_MUST_USE mlab_status mlab_world_matching(mlab_world *world, mlab_error *err);    /* rules and forbidden pairs */

/* The code of a state: (last * 2 + mentoring) * n_grades + grade) * n_arms + arm. */
static inline uint32_t mlab_state_code(const mlab_world *world, uint32_t arm, uint32_t grade, uint32_t mentoring, uint32_t last)
{
    return ((last * 2 + mentoring) * world->n_grades + grade) * world->n_arms + arm;
}

MLAB_MUST_USE mlab_status mlab_predictor_make(const mlab_world *world, const mlab_fit *fit, mlab_predictor *predictor, mlab_error *err);
void mlab_predictor_free(mlab_predictor *predictor); /* twice is fine */

/* The coefficients of a draw in the form that blocks of people need. */
typedef struct mlab_equation_draw {
    const mlab_equation *equation;
    double *fixed;        /* [n_sources] intercept and all that is fixed with the person */
    double *table;        /* [n_states] */
    double *cubic[2];     /* [n_pieces][4] of each clock, NULL = no term */
    double *coefficients; /* [columns of the design] */
    double threshold[MLAB_MAX_LEVELS];
    /* Ordinal effects beyond one location, or NULL: what the predictor at each threshold but the first has more than there (n_thresholds - 1, when an
     * effect differs by threshold), then the log of the scale (when something acts on it). */
    struct mlab_equation_draw *more;
    size_t n_more;
    bool on_scale;
} mlab_equation_draw;

typedef struct mlab_world_draw {
    const mlab_world *world;
    uint32_t draw;
    mlab_equation_draw equations[MLAB_MAX_EQUATIONS];
    double rest[MLAB_MAX_NUMBERS]; /* of numbers: residual standard deviation, or shape */
    double replacement, early_ending, score_effect;
    double *lean;             /* [n_leans * n_sources] slopes of sources */
    mlab_equation_draw *more; /* of the answers to surveys */
    double *memory;
} mlab_world_draw;
/* Errors: MLAB_ERR_SIMULATE_PARAMETER (an effect that nothing gives), MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_world_draw_make(const mlab_world *world, uint32_t draw, mlab_world_draw **made, mlab_error *err);
void mlab_world_draw_free(mlab_world_draw *made);
/* The value of an assumption in a draw: normal around the stated one when it has a standard error. */
double mlab_assumption_value(const mlab_world *world, size_t which, uint32_t draw);
/* The stated effect of an arm on an equation, by cause or for all causes; SIZE_MAX = none stated. */
size_t mlab_stated_effect(const mlab_world *world, const mlab_equation *equation, const char *arm);
/* The assumption of that name, or SIZE_MAX. */
size_t mlab_assumption_find(const mlab_world *world, const char *name);

/* Linear predictors of n <= 1024 people. base [n]: fixed part by person; source [n] is read by product terms alone. */
void mlab_equation_block(const mlab_equation_draw *equation, size_t n, const double *base, const uint16_t *code, const double *tenure,
                         const double *in_grade, const uint32_t *source, double *eta);

#endif
