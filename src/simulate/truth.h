/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stated truth of a generated firm, and the firm itself while it is made. */
#ifndef MLAB_SIMULATE_TRUTH_H
#define MLAB_SIMULATE_TRUTH_H

#include "core/options.h"
#include "mentorlab/simulate.h"

enum {
    MLAB_N_DEPARTMENTS = 5,
    MLAB_N_SATISFACTION = 5, /* levels of the answer */
    MLAB_N_SKILLS = 12,
    MLAB_MAX_HORIZONS = 8
};
extern const char *const mlab_truth_departments[MLAB_N_DEPARTMENTS]; /* byte order; the first is R's reference level */
extern const char *const mlab_truth_genders[2];
extern const char *const mlab_truth_arms[3]; /* none, structured, informal */
extern const char *const mlab_truth_skills[MLAB_N_SKILLS];

/* One linear predictor: what R's coefficients of the same names should come out as. */
typedef struct mlab_effects {
    double intercept;                      /* log hazard of a whole period; not used by satisfaction */
    double structured, informal;           /* the arms, against none */
    double years;                          /* per year of time_in_grade (promotion) or tenure (the others) */
    double entry_grade, male, performance; /* per grade at entry, male against female, per point of performance */
    double department[MLAB_N_DEPARTMENTS]; /* against the first */
    double hidden;                         /* per standard deviation of the trait that no file records */
} mlab_effects;

/* Rows in truth_options.c. */
struct mlab_truth {
    const mlab_context *context;
    int64_t people;         /* at the start */
    int64_t seed;           /* of the bundled files and of the true contrasts */
    int32_t from;           /* first day of the panel */
    int64_t periods;        /* quarters */
    double hires;           /* people hired per quarter, as a share of `people` */
    int64_t grades;         /* highest grade; nobody enters in it */
    int64_t survey_every;   /* quarters */
    double response;        /* chance that a person asked answers */
    int64_t program_every;  /* quarters between cohorts */
    double program_places;  /* places of a cohort, as a share of the people there */
    int64_t program_months; /* length of a structured relationship */
    double informal_months; /* mean length of an informal relationship */
    mlab_effects promotion, voluntary, involuntary, satisfaction;
    double threshold[MLAB_N_SATISFACTION - 1]; /* of satisfaction, rising */
    mlab_effects informal_start;               /* log hazard of a quarter of finding a mentor informally; arms not used */
    mlab_effects application;                  /* log hazard form of the chance to apply for a cohort; arms not used */
    bool no_effect;                            /* every arm effect is 0 */
    double unrecorded;                         /* strength of the trait that no file records, 0 = none */
    double close_before_exit;                  /* share of relationships of leavers that close 15 to 75 days before the exit */
    int64_t replicates;                        /* populations for the true contrasts */
};

extern const mlab_option mlab_truth_options[];
extern const size_t mlab_truth_n_options;

/* Ranges that no single row can hold: rising thresholds. */
MLAB_MUST_USE mlab_status mlab_truth_check(const mlab_truth *truth, mlab_error *err);

typedef struct mlab_firm_promotion {
    uint32_t person;
    int32_t date, to;
} mlab_firm_promotion;

typedef struct mlab_firm_answer {
    uint32_t person;
    int32_t date, level; /* 0 .. MLAB_N_SATISFACTION - 1 */
} mlab_firm_answer;

typedef struct mlab_firm_pair {
    uint32_t mentor, mentee;
    int32_t start, end; /* end MLAB_DATE_MISSING = still going when the files were made */
    int32_t arm;        /* 1 structured, 2 informal */
} mlab_firm_pair;

/* A generated firm. Person i has rank i: ids rise with i. */
typedef struct mlab_firm {
    const mlab_context *context;
    const mlab_truth *truth;
    uint64_t seed;
    uint32_t replicate;
    uint32_t n, n_start, n_hires; /* all people, those of the start, hires a period */
    int32_t *boundary;            /* [periods + 1] days; period k is (boundary[k], boundary[k + 1]], as in the panel */
    int32_t *hired, *left;        /* [n]; left MLAB_DATE_MISSING = still there */
    uint8_t *cause;               /* [n] 0 voluntary, 1 involuntary */
    uint8_t *male, *department, *entry_grade, *capacity;
    double *performance, *hidden; /* [n] performance has one decimal */
    uint32_t *manager;            /* [n] UINT32_MAX = nobody */
    uint16_t *offers, *wants;     /* [n] sets of skills, one bit each */
    /* state at the start of the period being made */
    uint8_t *grade, *arm;
    int32_t *in_grade_since; /* day in whose evening the grade began; people are hired in the morning */
    double *base[5];         /* [n] the part of each predictor that does not change: see MLAB_PREDICTOR_* */
    mlab_firm_promotion *promotions;
    size_t n_promotions, promotions_room;
    mlab_firm_answer *answers;
    size_t n_answers, answers_room;
    mlab_firm_pair *pairs; /* in the order made; by start after mlab_firm_make */
    size_t n_pairs, pairs_room;
} mlab_firm;

enum { MLAB_PREDICTOR_PROMOTION, MLAB_PREDICTOR_VOLUNTARY, MLAB_PREDICTOR_INVOLUNTARY, MLAB_PREDICTOR_SATISFACTION, MLAB_PREDICTOR_INFORMAL };

/* Makes the firm of `seed`. people 0 = as in the truth. Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW. */
MLAB_MUST_USE mlab_status mlab_firm_make(const mlab_context *context, const mlab_truth *truth, uint64_t seed, int64_t people, mlab_firm **firm,
                                         mlab_error *err);
void mlab_firm_free(mlab_firm *firm);
/* The people alone, nothing has happened yet; replicate names the population. */
MLAB_MUST_USE mlab_status mlab_firm_people(const mlab_context *context, const mlab_truth *truth, uint64_t seed, uint32_t replicate, int64_t people,
                                           mlab_firm **firm, mlab_error *err);
/* Steps of one period, on the `n` people `who`. */
typedef struct mlab_firm_period {
    int32_t k;
    uint32_t *who; /* [n] people there at the start, or hired inside, ascending */
    size_t n;
    double *uniform; /* [n * MLAB_FIRM_UNIFORMS] */
    double *rate[5]; /* [n] hazards of a whole period */
    double *wait[3]; /* [n] standard exponential waiting times: promotion, exit, informal start */
    int32_t *start;  /* [n] day in whose evening their time in the period begins */
    uint8_t *begins; /* [n] arm that begins inside the period, 0 = none */
    double *key;     /* [n] working room of the lottery */
    uint32_t *order; /* [n] */
} mlab_firm_period;
enum { MLAB_FIRM_UNIFORMS = 6 };
MLAB_MUST_USE mlab_status mlab_firm_events(mlab_firm *firm, mlab_firm_period *period, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_firm_informal(mlab_firm *firm, mlab_firm_period *period, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_firm_cohort(mlab_firm *firm, mlab_firm_period *period, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_firm_survey(mlab_firm *firm, mlab_firm_period *period, mlab_error *err);
void mlab_firm_close_pairs(mlab_firm *firm);

/* The id of person i, "SIM00001"; returns into. */
const char *mlab_firm_id(const mlab_firm *firm, uint32_t i, char into[16]);
/* Names of skills in a set, separated by ';'; returns into. */
const char *mlab_firm_skills(uint16_t set, char into[200]);

#endif
