/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An organisation of positions, one random history of it, and the processes that move it from period to period.
 *
 *   start of period t ─► relationships end ─► hires fill positions ─► a cohort is matched
 *                     ─► chances from the state now ─► answers, promotions, exits ─► informal starts, clocks ─► end of period
 *
 * A person is a position and a generation; their random numbers are addressed by both, so that scenarios share them person by person. */
#ifndef MLAB_SIMULATE_ORGANISATION_H
#define MLAB_SIMULATE_ORGANISATION_H

#include "data/expression.h"
#include "simulate/world.h"

enum { MLAB_PEOPLE_BLOCK = 1024 };

typedef struct mlab_organisation {
    const mlab_context *context;
    const mlab_world *world;
    const mlab_world_draw *draw;
    const mlab_scenario *scenario;
    const mlab_policy *policy; /* NULL = none */
    uint32_t scenario_arm, replicate;
    int32_t period;
    uint32_t n;
    /* by position */
    uint8_t *there;      /* 1 = somebody is */
    uint8_t *wanted;     /* 1 = empty and to be filled at the next start of a period */
    uint8_t *generation; /* 0 = the person of the start */
    uint8_t *arm, *grade, *last, *load;
    uint8_t *program; /* 1 = the relationship that goes on was made by the scenario's program */
    uint32_t *source, *entity;
    int32_t *mentor; /* position of the mentor of a relationship that goes on, -1 = none */
    int32_t *ends;   /* period at whose start it ends */
    double *tenure, *in_grade;
    double *strength; /* share of the arm's effect that acts: 1 but for pairs whose score changes it */
    double *base[MLAB_MAX_EQUATIONS];
    double *lean;                     /* [n_leans * n] slopes of people */
    double *tied[MLAB_MAX_EQUATIONS]; /* effects of the mentor one has now; NULL = mentors have none */
    /* chances of the block being worked on, and what happens in it */
    uint16_t *code;                  /* [MLAB_PEOPLE_BLOCK] */
    double *eta[MLAB_MAX_EQUATIONS]; /* [MLAB_PEOPLE_BLOCK] linear predictors, then hazards of events */
    uint8_t *group;                  /* [MLAB_PEOPLE_BLOCK] grade at the start of the period */
    double *uniform;                 /* [2 * MLAB_PEOPLE_BLOCK] */
    /* cohorts */
    mlab_table *table; /* people with the columns of state that expressions read, rewritten person by person */
    mlab_expression *mentor_where, *mentee_where;
    mlab_pool_work pool;
    uint32_t *mentees, *mentors; /* [n] positions */
    uint32_t *side_row[2], *side_entity[2];
    double *side_state[2][MLAB_N_STATE_COLUMNS];
    int32_t *capacity, *mentor_of; /* [n] */
    double *keys;                  /* [2 n] of the lot */
    double *tally;                 /* [(MLAB_N_METRICS + n_numbers) * n_grades] of the period */
    uint64_t person_periods;
} mlab_organisation;

/* Room for one thread; used again for every history. Errors: MLAB_ERR_MEMORY, errors of the mentors' and mentees' expressions. */
MLAB_MUST_USE mlab_status mlab_organisation_make(const mlab_world *world, mlab_organisation **organisation, mlab_error *err);
void mlab_organisation_free(mlab_organisation *organisation);
/* The state at the start of a history. */
void mlab_organisation_start(mlab_organisation *organisation, const mlab_world_draw *draw, size_t scenario, uint32_t replicate);
/* One period; the tally holds its counts. Errors: MLAB_ERR_OVERFLOW (a position had 256 people), errors of the policy. */
MLAB_MUST_USE mlab_status mlab_organisation_period(mlab_organisation *organisation, mlab_error *err);
/* Whether the state agrees with itself; MLAB_ERR_SIMULATE_STATE says what does not. For tests, between periods. */
MLAB_MUST_USE mlab_status mlab_organisation_check(const mlab_organisation *organisation, mlab_error *err);

/* Somebody takes position p: a source's attributes and entry state. */
void mlab_organisation_seat(mlab_organisation *organisation, uint32_t p, uint32_t source, uint8_t generation);

/* What is left over around the mean in a draw: residual standard deviations and shapes, drawn as logarithms. */
void mlab_numbers_of_draw(const mlab_world *world, mlab_world_draw *draw);

/* Processes; a block is positions first .. first + n - 1. */
MLAB_MUST_USE mlab_status mlab_process_hire(mlab_organisation *organisation, mlab_error *err);
void mlab_process_end_relationships(mlab_organisation *organisation);
MLAB_MUST_USE mlab_status mlab_process_cohort(mlab_organisation *organisation, mlab_error *err);
void mlab_process_informal(mlab_organisation *organisation, uint32_t first, uint32_t n);
void mlab_process_first_answers(mlab_organisation *organisation, uint32_t first, uint32_t n);
void mlab_process_satisfaction(mlab_organisation *organisation, uint32_t first, uint32_t n);
void mlab_process_number(mlab_organisation *organisation, size_t number, uint32_t first, uint32_t n); /* eta of its equation is there */
void mlab_process_promotion(mlab_organisation *organisation, uint32_t first, uint32_t n);
void mlab_process_exit(mlab_organisation *organisation, uint32_t first, uint32_t n);

/* Adds to a count of the period, in the group of the grade that the person had at its start. */
static inline void mlab_count(mlab_organisation *o, mlab_metric metric, uint32_t grade, double more)
{
    o->tally[(size_t)metric * o->world->n_grades + grade] += more;
}

#endif
