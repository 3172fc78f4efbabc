/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the forecast: prices of lines by draw, quantities by future, discounting. */
#ifndef MLAB_FORECAST_LEDGER_H
#define MLAB_FORECAST_LEDGER_H

#include "mentorlab/forecast.h"

/* Checks a spread: finite, ordered, not negative. Errors: MLAB_ERR_FORECAST_LINE. */
MLAB_MUST_USE mlab_status mlab_spread_check(const mlab_line_spec *line, mlab_error *err);
/* The value of a line's spread in a draw. */
double mlab_spread_draw(const mlab_line_spec *line, uint64_t seed, uint32_t draw);

/* The money of one unit of a line's quantity in a draw, costs negative. */
double mlab_line_price(const mlab_line_spec *line, uint64_t seed, uint32_t draw);

/* quantity [n_periods] of a line in one future (scenario, draw, replicate). salary [n_groups] of the outcomes' groups, 0 where the line
 * does not need it; stock [n_groups] is working space. */
void mlab_line_quantity(const mlab_line_spec *line, const mlab_outcomes *outcomes, const double *salary, size_t scenario, size_t draw,
                        size_t replicate, double *stock, double *quantity);

/* factor [n_periods]: what 1 in that period is worth at the start. */
void mlab_discount_factors(double rate, int timing, int32_t months_per_period, size_t n_periods, double *factor);

/* Everything that the returns are worked out from, by future; future = (scenario * draws + draw) * replicates + replicate. */
typedef struct mlab_futures {
    const mlab_context *context;
    const mlab_outcomes *outcomes;
    const mlab_forecast_spec *spec;
    double *salary;   /* [n_groups] */
    double *factor;   /* [n_periods] */
    double *price;    /* [lines * draws] */
    double *quantity; /* [futures * lines] discounted quantity over the horizon */
} mlab_futures;

/* Fills forecast->returns, largest unknown and value of knowing from the futures and the ledger. */
MLAB_MUST_USE mlab_status mlab_returns_make(const mlab_futures *futures, mlab_forecast *forecast, mlab_error *err);
/* Fills forecast->caveats. */
MLAB_MUST_USE mlab_status mlab_forecast_warn(const mlab_futures *futures, mlab_forecast *forecast, mlab_error *err);

#endif
