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

/* What a line multiplies. "In the program" = mentees in a relationship that the scenario's program made. */
typedef enum mlab_driver {
    MLAB_PER_PAIR_PERIOD,    /* mentees in the program times months: for hours a month */
    MLAB_PER_PERSON_YEAR,    /* mentees in the program times years */
    MLAB_PER_MENTEES,        /* each `per` mentees in the program begun: amount = a full-time share of `salary`, per year */
    MLAB_PER_PROMOTION,      /* promotions; `lasting`: the promoted still there, times years */
    MLAB_PER_VOLUNTARY_EXIT, /* voluntary exits */
    MLAB_PER_YEAR,           /* years in which anybody is in the program */
    MLAB_ONCE                /* at the start, when anybody is ever in the program */
} mlab_driver;

typedef struct mlab_line_spec {
    char *name;
    mlab_line_kind kind;
    bool benefit; /* told among the benefits. A voluntary exit costs in every scenario: the benefit is that there are fewer */
    mlab_driver driver;
    double per;         /* PER_MENTEES: mentees a full share serves, > 0 */
    mlab_spread amount; /* money, or share of salary when of_salary, or hours a month with hourly */
    bool of_salary;     /* amount is a share of the yearly salary of the group */
    bool lasting;       /* PER_PROMOTION: paid every year from then on (a raise), not once */
    double hourly;      /* money an hour; 0 = amount is money */
    double salary;      /* PER_MENTEES: yearly, of a full post */
    double backfill;    /* share of exits that are replaced, 0 .. 1 */
    char *source, *owner;
    mlab_place place;
} mlab_line_spec;

/* Salaries that stand in a column of the data; from == NULL: they do not. */
typedef struct mlab_salary_source {
    char *from, *by;   /* columns of the salary and of the groups ("grade") */
    char *currency;    /* column of currencies; NULL = all are the forecast's */
    char *fte;         /* column of full-time shares; NULL = salaries are not scaled */
    bool fte_stated;   /* else it may be missing */
    double times;      /* of the salary in a year: 1, 12, or hours_per_year */
    char **currencies; /* [n_rates] */
    double *rates;     /* [n_rates] money of the forecast for 1 of that currency, > 0 */
    size_t n_rates;
    mlab_place place;
} mlab_salary_source;

typedef enum mlab_timing { MLAB_TIMING_MID, MLAB_TIMING_END } mlab_timing;

typedef struct mlab_forecast_spec {
    char *currency;
    double discount_rate; /* per year, 0 .. 1 */
    int timing;           /* mlab_timing: money of a period falls in its middle, or at its end */
    double level;         /* of intervals, 0.5 .. 0.999 */
    char **salary_groups; /* [n_salaries] groups of the outcomes; one named "" serves all groups not named */
    double *salary;       /* [n_salaries] yearly, > 0 */
    size_t n_salaries;
    mlab_salary_source salary_source;
    mlab_line_spec *lines; /* [n_lines] */
    size_t n_lines;
    int64_t seed;
} mlab_forecast_spec;
MLAB_API void mlab_forecast_spec_free(const mlab_context *context, mlab_forecast_spec *spec); /* releases what it points to */

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
    mlab_summary_number net_present_value_without_time;
    double benefits, costs;           /* discounted differences from the reference, means; costs positive */
    double roi, roi_lower, roi_upper; /* (benefits - costs) / costs, discounted; 0 costs: roi is not defined (roi_defined false) */
    bool roi_defined;
    double payback_months;                       /* median over draws; -1 = not within the horizon in half of the draws or more */
    double probability_positive, probability_se; /* share of draws with net present value > 0 and its Monte Carlo error */
} mlab_return;

typedef struct mlab_forecast {
    const mlab_context *context;
    mlab_ledger *ledger;
    mlab_return *returns; /* [n_scenarios - 1] */
    size_t n_returns;
    char *largest_unknown;   /* what goes most with the net present value of the best scenario, in words; "" = nothing is unknown */
    double largest_share;    /* its squared correlation with the net present value over draws, 0 .. 1 */
    double value_of_knowing; /* most that knowing every unknown before choosing would be worth: E max - max E over scenarios */
    double level;            /* of the intervals */
    char *caveats;           /* lines */
} mlab_forecast;

MLAB_API void mlab_forecast_free(mlab_forecast *forecast); /* NULL is fine */
/* Works out every line in every scenario, draw and period, and every other scenario against scenario 0. Spreads are drawn at the
 * address (seed, draw, purpose FORECAST, hash of the line's name), so that a line keeps its numbers when others come and go.
 * Errors: MLAB_ERR_FORECAST_LINE (a spread, a salary or a share that cannot be), MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW. */
MLAB_API MLAB_MUST_USE mlab_status mlab_forecast_make(const mlab_context *context, const mlab_outcomes *outcomes, const mlab_forecast_spec *spec,
                                                      mlab_forecast **forecast, mlab_error *err);

#ifdef __cplusplus
}
#endif
#endif
