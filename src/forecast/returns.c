/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows from the ledger: net present value, return on investment, payback, the chance of a positive return, the largest unknown.
 *
 * The chance is a share of draws, its Monte Carlo error that of Agresti & Coull 1998 (doi:10.1080/00031305.1998.10480550), which is not 0 where
 * all draws agree. The largest unknown has the largest squared correlation with the net present value over draws.
 * Weakness: a squared correlation sees straight lines and counts what two unknowns share twice; with few replicates a draw the luck of the
 * replicates widens the spread of draws, so that the chance is pulled towards a half.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "forecast/ledger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef bool (*line_choice)(const mlab_line_spec *line);

static bool every_line(const mlab_line_spec *line)
{
    return line != NULL;
}
static bool cash_line(const mlab_line_spec *line)
{
    return line->kind == MLAB_LINE_CASH;
}
static bool not_time_line(const mlab_line_spec *line)
{
    return line->kind != MLAB_LINE_TIME;
}
static bool benefit_line(const mlab_line_spec *line)
{
    return line->benefit;
}
static bool cost_line(const mlab_line_spec *line)
{
    return !line->benefit;
}

/* Discounted quantity of a line in a future, less that of the same future in the reference. */
static double extra(const mlab_futures *f, size_t scenario, size_t draw, size_t replicate, size_t line)
{
    const mlab_outcomes *o = f->outcomes;
    const size_t reference = draw * o->n_replicates + replicate, mine = scenario * o->n_draws * o->n_replicates + reference;
    return f->quantity[mine * f->spec->n_lines + line] - f->quantity[reference * f->spec->n_lines + line];
}

/* value[draw * replicates + replicate] = discounted money of the chosen lines. */
static void add_lines(const mlab_futures *f, size_t scenario, line_choice chosen, double *value)
{
    const mlab_outcomes *o = f->outcomes;
    for (size_t d = 0; d < o->n_draws; d++)
        for (size_t r = 0; r < o->n_replicates; r++) {
            double sum = 0;
            for (size_t l = 0; l < f->spec->n_lines; l++)
                if (chosen(&f->spec->lines[l])) sum += f->price[l * o->n_draws + d] * extra(f, scenario, d, r, l);
            value[d * o->n_replicates + r] = sum;
        }
}

static void draw_means(const mlab_outcomes *o, const double *value, double *mean)
{
    for (size_t d = 0; d < o->n_draws; d++) {
        double sum = 0;
        for (size_t r = 0; r < o->n_replicates; r++) sum += value[d * o->n_replicates + r];
        mean[d] = sum / (double)o->n_replicates;
    }
}

static double mean_of(const double *value, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += value[i];
    return sum / (double)n;
}

typedef struct room {
    double *value;                 /* [draws * replicates] */
    double *mean, *benefit, *cost; /* [draws] */
    double *best;                  /* [draws] best net present value over scenarios, the reference (0) among them */
} room;

static mlab_status work_out_roi(const mlab_futures *f, const room *w, mlab_return *result, mlab_error *err)
{
    const size_t n = f->outcomes->n_draws;
    result->benefits = mean_of(w->benefit, n);
    result->costs = -mean_of(w->cost, n);
    result->roi_defined = true;
    for (size_t d = 0; d < n; d++) {
        if (!(w->cost[d] < 0)) result->roi_defined = false;
        w->mean[d] = w->cost[d] < 0 ? (w->benefit[d] + w->cost[d]) / -w->cost[d] : 0;
    }
    if (!result->roi_defined) return MLAB_OK;
    mlab_summary_number over_draws;
    mlab_status status = mlab_summarise(f->context, w->mean, n, 1, f->spec->level, &over_draws, err);
    if (status) return status;
    result->roi = (result->benefits - result->costs) / result->costs;
    result->roi_lower = over_draws.lower;
    result->roi_upper = over_draws.upper;
    return MLAB_OK;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Months after which the undiscounted sum stays at 0 or above to the end; INFINITY when it does not. */
static double payback_of(const mlab_ledger *ledger, size_t scenario, size_t draw)
{
    double sum = 0, months = 0;
    for (size_t t = 0; t < ledger->n_periods; t++) {
        const double *line = ledger->difference + ((scenario * ledger->n_draws + draw) * ledger->n_periods + t) * ledger->n_lines;
        for (size_t l = 0; l < ledger->n_lines; l++) sum += line[l];
        if (sum < 0)
            months = INFINITY;
        else if (months == INFINITY)
            months = (double)(t + 1) * ledger->months_per_period;
    }
    return months;
}

static double median_payback(const mlab_ledger *ledger, size_t scenario, double *months)
{
    for (size_t d = 0; d < ledger->n_draws; d++) months[d] = payback_of(ledger, scenario, d);
    qsort(months, ledger->n_draws, sizeof *months, by_value);
    const double middle = months[ledger->n_draws / 2]; /* the upper median: half of the draws or more are not later */
    return middle == INFINITY ? -1 : middle;
}

static mlab_status summarise_lines(const mlab_futures *f, size_t scenario, line_choice chosen, double *value, mlab_summary_number *summary,
                                   mlab_error *err)
{
    add_lines(f, scenario, chosen, value);
    return mlab_summarise(f->context, value, f->outcomes->n_draws, f->outcomes->n_replicates, f->spec->level, summary, err);
}

static mlab_status work_out_return(const mlab_futures *f, const mlab_ledger *ledger, size_t scenario, const room *w, mlab_return *result,
                                   mlab_error *err)
{
    const mlab_outcomes *o = f->outcomes;
    add_lines(f, scenario, benefit_line, w->value);
    draw_means(o, w->value, w->benefit);
    add_lines(f, scenario, cost_line, w->value);
    draw_means(o, w->value, w->cost);
    mlab_status status = work_out_roi(f, w, result, err);
    if (!status) status = summarise_lines(f, scenario, cash_line, w->value, &result->net_present_value_cash, err);
    if (!status) status = summarise_lines(f, scenario, not_time_line, w->value, &result->net_present_value_without_time, err);
    if (!status) status = summarise_lines(f, scenario, every_line, w->value, &result->net_present_value, err);
    if (status) return status;
    result->payback_months = median_payback(ledger, scenario, w->mean);
    draw_means(o, w->value, w->mean);
    double positive = 0;
    for (size_t d = 0; d < o->n_draws; d++) {
        positive += w->mean[d] > 0;
        if (w->mean[d] > w->best[d]) w->best[d] = w->mean[d];
    }
    const double n = (double)o->n_draws, p = (positive + 2) / (n + 4);
    result->probability_positive = positive / n;
    result->probability_se = sqrt(p * (1 - p) / (n + 4));
    return MLAB_OK;
}

/* --- the largest unknown ------------------------------------------------------------------------- */

static double squared_correlation(const double *x, const double *y, size_t n)
{
    const double mx = mean_of(x, n), my = mean_of(y, n);
    double xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    const double noise = 1e-24 * (double)n; /* rounding of equal numbers is no spread */
    if (!(xx > noise * mx * mx) || !(yy > noise * my * my)) return 0;
    return fmin(xy * xy / (xx * yy), 1);
}

static const char *price_words(const mlab_line_spec *line)
{
    if (line->driver == MLAB_PER_VOLUNTARY_EXIT) return "what an exit costs";
    if (line->driver == MLAB_PER_PROMOTION) return line->benefit ? "what a promotion from within is worth" : "how large the raises are";
    return line->hourly > 0 ? "how many hours it takes" : "what it costs";
}

static const char *quantity_words(const mlab_line_spec *line)
{
    if (line->driver == MLAB_PER_VOLUNTARY_EXIT) return "how many exits it prevents";
    return line->driver == MLAB_PER_PROMOTION ? "how many promotions it brings" : "how many people take part";
}

static mlab_status find_largest(const mlab_futures *f, size_t scenario, const room *w, mlab_forecast *forecast, mlab_error *err)
{
    const mlab_outcomes *o = f->outcomes;
    const char *words = "", *line = "";
    add_lines(f, scenario, every_line, w->value);
    draw_means(o, w->value, w->mean);
    for (size_t l = 0; l < f->spec->n_lines && o->n_draws > 2; l++) {
        double share = squared_correlation(&f->price[l * o->n_draws], w->mean, o->n_draws);
        if (share > forecast->largest_share) {
            forecast->largest_share = share;
            words = price_words(&f->spec->lines[l]);
            line = f->spec->lines[l].name;
        }
        for (size_t d = 0; d < o->n_draws; d++) {
            w->benefit[d] = 0;
            for (size_t r = 0; r < o->n_replicates; r++) w->benefit[d] += extra(f, scenario, d, r, l);
        }
        share = squared_correlation(w->benefit, w->mean, o->n_draws);
        if (share > forecast->largest_share) {
            forecast->largest_share = share;
            words = quantity_words(&f->spec->lines[l]);
            line = f->spec->lines[l].name;
        }
    }
    mlab_text text = MLAB_TEXT(f->context);
    mlab_text_append(&text, words);
    if (*line) mlab_text_print(&text, " (%s)", line);
    if (!text.failed) forecast->largest_unknown = mlab_copy_text(f->context, mlab_text_get(&text));
    mlab_text_free(&text);
    return forecast->largest_unknown ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the forecast");
}

mlab_status mlab_returns_make(const mlab_futures *f, mlab_forecast *forecast, mlab_error *err)
{
    const mlab_outcomes *o = f->outcomes;
    const size_t draws = o->n_draws, all = draws * o->n_replicates + 4 * draws;
    mlab_status status = MLAB_OK;
    double *block = mlab_allocate(f->context, all, sizeof *block);
    forecast->returns = mlab_allocate(f->context, o->n_scenarios - 1, sizeof *forecast->returns);
    if (!block || !forecast->returns) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the forecast");
        goto out;
    }
    const room w = {block + 4 * draws, block, block + draws, block + 2 * draws, block + 3 * draws};
    size_t best = 0;
    for (size_t s = 1; s < o->n_scenarios; s++) {
        mlab_return *result = &forecast->returns[forecast->n_returns++];
        if (!(result->scenario = mlab_copy_text(f->context, o->scenarios[s]))) {
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the forecast");
            goto out;
        }
        if ((status = work_out_return(f, forecast->ledger, s, &w, result, err))) goto out;
        if (!best || result->net_present_value.mean > forecast->returns[best - 1].net_present_value.mean) best = s;
    }
    if (best) forecast->value_of_knowing = mean_of(w.best, draws) - fmax(0, forecast->returns[best - 1].net_present_value.mean);
    if (forecast->value_of_knowing < 0) forecast->value_of_knowing = 0; /* rounding */
    status = best ? find_largest(f, best, &w, forecast, err) : MLAB_OK;
    if (!status && !forecast->largest_unknown && !(forecast->largest_unknown = mlab_copy_text(f->context, "")))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the forecast");
out:
    mlab_release(f->context, block);
    return status;
}
