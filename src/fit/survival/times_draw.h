/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times drawn from a fitted model of times for the people it was fitted to, and refits to them. */
#ifndef MLAB_FIT_TIMES_DRAW_H
#define MLAB_FIT_TIMES_DRAW_H

#include "core/random.h"
#include "fit/model.h"

/* --- who is drawn (fit/survival/times_chains.c) ------------------------------------------------------------------ */

/* Rows of one person that follow each other are a chain: its time is drawn once. Rows that stand for several equal people (frequency weights) are
 * as many chains. Read only once made. */
typedef struct mlab_time_chains {
    const mlab_context *context;
    size_t n, n_rows;  /* chains; rows of all */
    size_t *first;     /* [n + 1] in row */
    uint32_t *row;     /* [n_rows] of the problem drawn for, chain by chain */
    uint32_t *source;  /* [n_rows] row of the problem it was made from, by row of the problem drawn for */
    bool copied;       /* the problem drawn for has more or fewer rows than that one */
    uint8_t *open;     /* [n] it ended with an event, so that when it would have been censored is not known */
    int32_t *limit;    /* [n] when it is censored; open: it was seen up to then */
    uint32_t *stratum; /* [n] */
    size_t n_strata;
    size_t *censored_first; /* [n_strata + 1] */
    int32_t *censored;      /* times of censoring, rising within a stratum */
    double *left;           /* share that is uncensored after each */
    int32_t *last;          /* [n_strata] the longest time seen */
} mlab_time_chains;

/* Errors: MLAB_ERR_FIT_DRAWS (frequencies that differ within a person; too many people), MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_time_chains_make(const mlab_context *context, const mlab_fit_problem *problem, mlab_time_chains *made,
                                                mlab_error *err);
void mlab_time_chains_free(mlab_time_chains *chains); /* zeroed is fine */
/* When chain c is censored in a draw, by one uniform 0 < u < 1: its own time, or one of those of its stratum given that it is not before its event;
 * HUGE_VAL where nobody of the stratum is censored. */
double mlab_time_chains_limit(const mlab_time_chains *chains, size_t c, double u);

/* --- draws ----------------------------------------------------------------------------------------------------------- */

typedef struct mlab_times_draw mlab_times_draw;

/* The fit and prepared are borrowed. *out = NULL on failure. Errors: MLAB_ERR_FIT_DRAWS, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_times_draw_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_times_draw **out,
                                               mlab_error *err);
void mlab_times_draw_free(mlab_times_draw *draw); /* NULL is fine */
/* New times: time and status [rows of the problem drawn for], and weight: 0 of rows that begin after the event of their person. Chain c by the
 * uniforms of the address with entity c, frailties by its block 192 with entity = group. */
MLAB_MUST_USE mlab_status mlab_times_draw_times(const mlab_context *context, const mlab_times_draw *draw, const mlab_address *address, double *time,
                                                int32_t *status, double *weight, mlab_error *err);
/* A refit to new times: estimate [n_parameters], spread [n_spread], hazard [steps of the fit's baseline] where the fit has them. */
MLAB_MUST_USE mlab_status mlab_times_draw_refit(const mlab_context *context, const mlab_times_draw *draw, const mlab_address *address,
                                                double *estimate, double *spread, double *hazard, mlab_refit_info *info, mlab_error *err);

#endif
