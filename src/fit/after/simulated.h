/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses drawn from a fit for the rows it was fitted to. */
#ifndef MLAB_FIT_AFTER_SIMULATED_H
#define MLAB_FIT_AFTER_SIMULATED_H

#include "core/random.h"
#include "fit/engine.h"
#include "fit/outcome.h"

/* What a fit expects of every row; read only once made. */
typedef struct mlab_expected {
    const mlab_context *context;
    const mlab_prepared *prepared;
    const mlab_fit *fit;
    size_t width;  /* probabilities a row; 0 = a model of numbers */
    bool from_one; /* probabilities begin with category 1 */
    double *value; /* [n * width], or [n] the predictor; of rows whose groups have effects of 0 */
    /* With random effects: predictors [n * n_blocks] without them, and the columns [n * columns] of each grouping. */
    double *eta, **columns; /* [n_random] */
} mlab_expected;

/* Errors: MLAB_ERR_FIT_DRAWS for models without the engine. */
MLAB_MUST_USE mlab_status mlab_expected_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_expected *made,
                                             mlab_error *err);
void mlab_expected_free(mlab_expected *expected); /* zeroed is fine */
/* A response of row i by one uniform 0 < u < 1, by inversion: rising in u. */
int32_t mlab_expected_category(const mlab_expected *expected, size_t i, double u);
double mlab_expected_number(const mlab_expected *expected, size_t i, double u);
/* P(response < y) and P(response <= y) of the response y that row i has. */
void mlab_expected_below(const mlab_expected *expected, size_t i, double *below, double *up_to);

/* A problem with responses of its own, for refits; the design, weights and clusters are those of the original. */
typedef struct mlab_simulated {
    const mlab_context *context;
    mlab_fit_problem problem;
    mlab_engine engine;
    mlab_prepared prepared;
    int32_t *category;
    double *number, *response;     /* as the engine has it, and as the problem has it */
    double *eta, *value, **effect; /* with random effects: predictors [n * n_blocks], expectations, effects of each grouping */
} mlab_simulated;
MLAB_MUST_USE mlab_status mlab_simulated_make(const mlab_context *context, const mlab_expected *expected, mlab_simulated *made, mlab_error *err);
void mlab_simulated_free(mlab_simulated *simulated); /* zeroed is fine */
/* With random effects: simulated->value, what the fit expects of every row given simulated->effect, which the caller has set. */
MLAB_MUST_USE mlab_status mlab_simulated_expect(mlab_simulated *simulated, const mlab_expected *expected, mlab_error *err);
/* New responses: row i by uniform 0 of the address with entity i; new effects of all groups by its blocks from 64 on, entity = group. */
MLAB_MUST_USE mlab_status mlab_simulated_draw(mlab_simulated *simulated, const mlab_expected *expected, const mlab_address *address, mlab_error *err);
/* Errors: MLAB_ERR_FIT_DRAWS where rows cannot be drawn one by one (an event that happens once a person beside effects of people), MLAB_ERR_MEMORY.
 */
MLAB_MUST_USE mlab_status mlab_simulated_check(const mlab_context *context, const mlab_prepared *prepared, mlab_error *err);

#endif
