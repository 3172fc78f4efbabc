/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What would it return: a ledger of costs and benefits per scenario, draw and period, and what follows from it. */
#ifndef MENTORLAB_FORECAST_H
#define MENTORLAB_FORECAST_H

#include "mentorlab/simulate.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mlab_line_kind { MLAB_LINE_CASH, MLAB_LINE_AVOIDED, MLAB_LINE_TIME } mlab_line_kind;
typedef enum mlab_spread_kind { MLAB_SPREAD_FIXED, MLAB_SPREAD_TRIANGULAR, MLAB_SPREAD_LOGNORMAL, MLAB_SPREAD_UNIFORM } mlab_spread_kind;

/* A number that may be uncertain. FIXED a; TRIANGULAR a, b (mode), c; LOGNORMAL median a, 95th percentile b; UNIFORM a, b. */
typedef struct mlab_spread {
    mlab_spread_kind kind;
    double a, b, c;
} mlab_spread;

/* What a line multiplies. */
typedef enum mlab_driver {
    MLAB_PER_PAIR_PERIOD, /* people in a program relationship, per period (hours_per_month) */
    MLAB_PER_PERSON_YEAR, /* people in a program relationship, per year */
    MLAB_PER_MENTEES,     /* per `per` mentees begun, full-time share times salary, per year */
    MLAB_PER_PROMOTION,
    MLAB_PER_VOLUNTARY_EXIT,
    MLAB_PER_YEAR, /* fixed per year while a program runs */
    MLAB_ONCE
} mlab_driver;

typedef struct mlab_line_spec {
    char *name;
    mlab_line_kind kind;
    bool benefit; /* counted against the reference scenario: fewer exits, internal instead of external hires */
    mlab_driver driver;
    double per;         /* PER_MENTEES: mentees a full share serves */
    mlab_spread amount; /* money, or share of salary when of_salary, or hours a month with hourly */
    bool of_salary;     /* amount is a share of the yearly salary of the group */
    double hourly;      /* money an hour; 0 = amount is money */
    double salary, fte; /* PER_MENTEES */
    double backfill;    /* share of exits that are replaced, 0 .. 1; 1 otherwise */
    char *source, *owner;
    mlab_place place;
} mlab_line_spec;

typedef struct mlab_forecast_spec {
    char *currency;
    double discount_rate; /* per year, 0 .. 1 */
    double *salary;       /* [n_groups] yearly, by group of the outcomes */
    size_t n_groups;
    mlab_line_spec *lines;
    size_t n_lines;
    int64_t seed;
} mlab_forecast_spec;

typedef struct mlab_ledger {
    const mlab_context *context;
    size_t n_scenarios, n_draws, n_periods, n_lines;
    char **scenarios;
    char **lines;
    mlab_line_kind *kinds; /* [n_lines] */
    double *amount;        /* [scenario][draw][period][line] undiscounted, mean over replicates; costs negative */
    double *difference;    /* the same less the reference scenario, benefits included; reference all 0 */
    char *currency;
    double discount_rate;
    int32_t months_per_period;
} mlab_ledger;

/* One scenario against the reference. */
typedef struct mlab_return {
    char *scenario;
    mlab_summary_number net_present_value;      /* all kinds */
    mlab_summary_number net_present_value_cash; /* cash lines alone */
    double roi, roi_lower, roi_upper;           /* (benefits - costs) / costs, discounted; 0 costs: roi is not defined (roi_defined false) */
    bool roi_defined;
    double payback_months;                       /* median over draws; -1 = not within the horizon in half of the draws or more */
    double probability_positive, probability_se; /* share of draws with net present value > 0 and its Monte Carlo error */
} mlab_return;

typedef struct mlab_forecast {
    const mlab_context *context;
    mlab_ledger *ledger;
    mlab_return *returns; /* [n_scenarios - 1] */
    size_t n_returns;
    char *largest_unknown; /* line or parameter whose share of the variance is largest; "" = none */
    double largest_share;  /* 0 .. 1 */
    char *caveats;
} mlab_forecast;

MLAB_API void mlab_forecast_free(mlab_forecast *forecast);
MLAB_API MLAB_MUST_USE mlab_status mlab_forecast_make(const mlab_context *context, const mlab_outcomes *outcomes, const mlab_forecast_spec *spec,
                                                      mlab_forecast **forecast, mlab_error *err);

#ifdef __cplusplus
}
#endif
#endif
