/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a line multiplies, counted in one simulated future, and what money of later periods is worth at the start.
 *
 * A raise lasts: the promoted of each group are a stock that shrinks by the share of people who leave in a later period (all exits over all
 * people), and somebody promoted within a period is paid the raise for half of it.
 * Weakness: leavers among the promoted are taken to be as many as among all.
 */
#include "core/elementary.h"
#include "forecast/ledger.h"

#include <math.h>

static const float *at(const mlab_outcomes *o, mlab_metric metric, size_t scenario, size_t draw, size_t replicate, size_t period)
{
    return o->value[metric] + (((scenario * o->n_draws + draw) * o->n_replicates + replicate) * o->n_periods + period) * o->n_groups;
}

static double total(const mlab_outcomes *o, mlab_metric metric, size_t scenario, size_t draw, size_t replicate, size_t period)
{
    const float *value = at(o, metric, scenario, draw, replicate, period);
    double sum = 0;
    for (size_t g = 0; g < o->n_groups; g++) sum += (double)value[g];
    return sum;
}

/* Events of a period, each times the salary of its group when the line is a share of it. */
static double weighted(const mlab_line_spec *line, const mlab_outcomes *o, mlab_metric metric, const double *salary, size_t scenario, size_t draw,
                       size_t replicate, size_t period)
{
    const float *value = at(o, metric, scenario, draw, replicate, period);
    double sum = 0;
    for (size_t g = 0; g < o->n_groups; g++) sum += (double)value[g] * (line->of_salary ? salary[g] : 1);
    return sum;
}

static void lasting_raises(const mlab_line_spec *line, const mlab_outcomes *o, const double *salary, size_t scenario, size_t draw, size_t replicate,
                           double *stock, double *quantity)
{
    const double years = o->months_per_period / 12.0;
    for (size_t g = 0; g < o->n_groups; g++) stock[g] = 0;
    for (size_t t = 0; t < o->n_periods; t++) {
        const float *promoted = at(o, MLAB_METRIC_promotions, scenario, draw, replicate, t);
        const double people = total(o, MLAB_METRIC_person_periods, scenario, draw, replicate, t);
        const double left = total(o, MLAB_METRIC_voluntary_exits, scenario, draw, replicate, t) +
                            total(o, MLAB_METRIC_involuntary_exits, scenario, draw, replicate, t);
        const double leaving = people > 0 ? fmin(left / people, 1) : 0;
        quantity[t] = 0;
        for (size_t g = 0; g < o->n_groups; g++) {
            const double weight = line->of_salary ? salary[g] : 1, fresh = (double)promoted[g];
            quantity[t] += years * weight * (stock[g] * (1 - leaving / 2) + fresh / 2);
            stock[g] = stock[g] * (1 - leaving) + fresh;
        }
    }
}

static void once(const mlab_outcomes *o, size_t scenario, size_t draw, size_t replicate, double *quantity)
{
    bool any = false;
    for (size_t t = 0; t < o->n_periods; t++) {
        any |= total(o, MLAB_METRIC_in_program, scenario, draw, replicate, t) > 0;
        quantity[t] = 0;
    }
    if (o->n_periods) quantity[0] = any;
}

void mlab_line_quantity(const mlab_line_spec *line, const mlab_outcomes *o, const double *salary, size_t scenario, size_t draw, size_t replicate,
                        double *stock, double *quantity)
{
    const double months = o->months_per_period, years = months / 12;
    if (line->driver == MLAB_ONCE) {
        once(o, scenario, draw, replicate, quantity);
        return;
    }
    if (line->driver == MLAB_PER_PROMOTION && line->lasting) {
        lasting_raises(line, o, salary, scenario, draw, replicate, stock, quantity);
        return;
    }
    for (size_t t = 0; t < o->n_periods; t++) {
        const double mentees = total(o, MLAB_METRIC_in_program, scenario, draw, replicate, t);
        switch (line->driver) {
        case MLAB_PER_PAIR_PERIOD: quantity[t] = mentees * months; break;
        case MLAB_PER_PERSON_YEAR: quantity[t] = mentees * years; break;
        case MLAB_PER_MENTEES: quantity[t] = ceil(mentees / line->per) * years; break;
        case MLAB_PER_YEAR: quantity[t] = mentees > 0 ? years : 0; break;
        case MLAB_PER_PROMOTION: quantity[t] = weighted(line, o, MLAB_METRIC_promotions, salary, scenario, draw, replicate, t); break;
        case MLAB_PER_VOLUNTARY_EXIT: quantity[t] = weighted(line, o, MLAB_METRIC_voluntary_exits, salary, scenario, draw, replicate, t); break;
        case MLAB_ONCE: break;
        }
    }
}

double mlab_line_price(const mlab_line_spec *line, uint64_t seed, uint32_t draw)
{
    double price = mlab_spread_draw(line, seed, draw);
    if (line->hourly > 0) price *= line->hourly;
    if (line->driver == MLAB_PER_MENTEES) price *= line->salary;
    if (line->driver == MLAB_PER_VOLUNTARY_EXIT) return -price * line->backfill; /* fewer of them is the benefit */
    return line->benefit ? price : -price;
}

void mlab_discount_factors(double rate, int timing, int32_t months_per_period, size_t n_periods, double *factor)
{
    const double period = months_per_period / 12.0, shift = timing == MLAB_TIMING_END ? 1 : 0.5;
    for (size_t t = 0; t < n_periods; t++) factor[t] = mlab_exp(-((double)t + shift) * period * mlab_log1p(rate));
}
