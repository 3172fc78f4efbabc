/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models whose linear predictor is (cell of arm and time) + (person): what lets a comparison be refitted in a millisecond.
 *
 *   eta of a row = basis[cell] . b  +  z[person] . g          cell = arm * n_times + time
 *
 * Score and information need only sums over cells and over people. A row without an event adds -exp(eta) to the likelihood of a
 * complementary log-log hazard, so a run of such rows in one arm is one difference of running sums, however long it is. */
#ifndef MLAB_COMPARE_SEPARABLE_H
#define MLAB_COMPARE_SEPARABLE_H

#include "mentorlab/compare.h"

/* The predictor. Parameters of block k: n_basis, then n_z; blocks one after the other. */
typedef struct mlab_separable {
    size_t n_people, n_arms, n_times, n_basis, n_z, n_blocks;
    const double *basis; /* [n_arms * n_times * n_basis] */
    const double *z;     /* [n_people * n_z] */
} mlab_separable;

/* The people that count now: a bootstrap sample, or everyone. */
typedef struct mlab_sample {
    size_t n;
    const uint32_t *who;      /* [n] ascending */
    const double *weight;     /* [n] > 0 */
    const double *row_weight; /* [rows of the problem] times the person's; NULL = 1 */
} mlab_sample;

typedef struct mlab_run {
    uint32_t slot;   /* arm * (n_times + 1) + first time */
    uint32_t length; /* whole periods at risk without an event */
} mlab_run;

typedef struct mlab_row {
    uint32_t cell;
    int32_t event; /* 0 = none, else the block + 1 */
    double share;  /* of the period at risk */
} mlab_row;

/* Pooled hazards of competing causes, complementary log-log. Person g has runs first_run[g] .. and rows first_row[g] ... */
typedef struct mlab_hazard {
    mlab_separable is;
    size_t *first_run, *first_row; /* [n_people + 1] */
    mlab_run *runs;
    mlab_row *rows;
} mlab_hazard;

/* Pooled multinomial logit: event 0 = base category. Uses rows only; share is not read. */

/* Survey answers: cumulative logit (n_levels >= 2) or a number by least squares (n_levels = 0). */
typedef struct mlab_answers {
    mlab_separable is;
    size_t *first; /* [n_people + 1] */
    uint32_t *cell;
    int32_t *level; /* 0 .. n_levels - 1 */
    double *number;
    size_t n_levels;
} mlab_answers;

/* Sums of one evaluation and room to make them; one block of memory, owned by a mlab_room. */
typedef struct mlab_sums {
    double *cell_u;  /* [blocks * cells] */
    double *cell_v;  /* [pairs * cells] pair(k, l) of blocks k <= l */
    double *cell_vz; /* [pairs * cells * n_z] */
    double *z_u;     /* [blocks * n_z] */
    double *z_v;     /* [pairs * n_z * n_z] lower half */
} mlab_sums;

/* Working room of a thread: a stack of doubles. */
typedef struct mlab_room {
    double *memory;
    size_t size, used;
} mlab_room;
double *mlab_room_take(mlab_room *room, size_t n); /* zeroed; the room is always large enough: sizes are worked out before */
size_t mlab_sums_size(const mlab_separable *is);
void mlab_sums_take(const mlab_separable *is, mlab_room *room, mlab_sums *sums);
static inline size_t mlab_pair(size_t k, size_t l)
{
    return l * (l + 1) / 2 + k;
} /* k <= l */

/* score [P] and, unless NULL, information [P * P], P = n_blocks * (n_basis + n_z), from the sums. */
void mlab_sums_assemble(const mlab_separable *is, const mlab_sums *sums, double *score, double *information, size_t wide);

/* Evaluation at `parameters`; information NULL = the score alone; false when they are not allowed (thresholds out of order). */
typedef bool (*mlab_evaluate)(const mlab_context *context, const void *problem, const mlab_sample *sample, const double *parameters, mlab_room *room,
                              double *log_likelihood, double *score, double *information);

bool mlab_hazard_evaluate(const mlab_context *context, const void *problem, const mlab_sample *sample, const double *parameters, mlab_room *room,
                          double *log_likelihood, double *score, double *information);
bool mlab_starts_evaluate(const mlab_context *context, const void *problem, const mlab_sample *sample, const double *parameters, mlab_room *room,
                          double *log_likelihood, double *score, double *information);
bool mlab_answers_evaluate(const mlab_context *context, const void *problem, const mlab_sample *sample, const double *parameters, mlab_room *room,
                           double *log_likelihood, double *score, double *information);
size_t mlab_hazard_room(const mlab_hazard *hazard);
size_t mlab_answers_room(const mlab_answers *answers);
size_t mlab_answers_parameters(const mlab_answers *answers); /* thresholds, then n_basis, then n_z */

/* Newton-Raphson with halving, from and to `parameters` [n]. Stops when the squared length of the step in standard errors is
 * below `tolerance`, and takes it; information [n * n] is that of the last evaluation (NULL = not wanted). false = not converged.
 * A refit (information NULL and tolerance above 1e-12) takes steps that begin within 0.3 standard errors with the information of the place before as
 * long as they shrink by ten at least, from scores alone, and stops also when the next one is bound to be below the tolerance. */
bool mlab_maximise(const mlab_context *context, mlab_evaluate evaluate, const void *problem, const mlab_sample *sample, size_t n, double tolerance,
                   mlab_room *room, double *parameters, double *information);
size_t mlab_maximise_room(size_t n);
/* Solves a x = b for a symmetric positive semidefinite a [n * n] (destroyed); directions without information get 0. b may be x. */
void mlab_solve(double *a, size_t n, const double *b, double *x);

#endif
