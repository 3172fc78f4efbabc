/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger: every line in every scenario, draw and period as price times quantity, and the difference from the reference scenario.
 *
 * Nothing is a benefit by itself: exits cost in every scenario, and what counts is how many fewer there are than in the reference under
 * the same random numbers. So nothing that would have happened anyway is counted, and nothing twice.
 * Weakness: prices do not change over the years (no inflation of salaries), and people who stay are taken to be worth what they are paid.
 */
#include "forecast/ledger.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/text.h"
#include "forecast/options.h"

#include <math.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the forecast");
}

/* --- checks -------------------------------------------------------------------------------------- */

static mlab_status check_line(const mlab_line_spec *line, mlab_error *err)
{
    const char *wrong = NULL;
    if (!(line->backfill >= 0 && line->backfill <= 1)) wrong = "backfill must be 0 to 1";
    if (!(line->hourly >= 0 && isfinite(line->hourly))) wrong = "hourly must be 0 or more";
    if (line->driver == MLAB_PER_MENTEES && !(line->per > 0 && isfinite(line->per))) wrong = "per must be above 0 mentees";
    if (line->driver == MLAB_PER_MENTEES && !(line->salary > 0 && isfinite(line->salary))) wrong = "salary must be above 0";
    if (line->of_salary && line->driver != MLAB_PER_PROMOTION && line->driver != MLAB_PER_VOLUNTARY_EXIT)
        wrong = "share_of_salary needs something that happens to a person: on: promotion, or on: exit";
    if (wrong) return mlab_raise_at(err, MLAB_ERR_FORECAST_LINE, &line->place, "line '%s': %s", line->name, wrong);
    return mlab_spread_check(line, err);
}

static mlab_status check_spec(const mlab_outcomes *outcomes, const mlab_forecast_spec *spec, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    if (!(spec->discount_rate >= 0 && spec->discount_rate <= 1)) return mlab_raise(err, MLAB_ERR_FORECAST_LINE, "discount_rate is outside 0 to 1");
    if (!(spec->level >= 0.5 && spec->level <= 0.999)) return mlab_raise(err, MLAB_ERR_FORECAST_LINE, "level is outside 0.5 to 0.999");
    if (!outcomes->n_scenarios || !outcomes->n_draws || !outcomes->n_replicates || !outcomes->n_periods)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "the outcomes are empty: %zu scenarios, %zu draws, %zu periods", outcomes->n_scenarios,
                          outcomes->n_draws, outcomes->n_periods);
    for (size_t i = 0; i < spec->n_lines && !status; i++) {
        status = check_line(&spec->lines[i], err);
        for (size_t k = 0; k < i && !status; k++)
            if (strcmp(spec->lines[i].name, spec->lines[k].name) == 0)
                status = mlab_raise_at(err, MLAB_ERR_FORECAST_LINE, &spec->lines[i].place, "two lines are called '%s'", spec->lines[i].name);
    }
    return status;
}

/* The salary of each group, by name, else the one for all. Groups of one firm have one only when a line asks for it. */
static mlab_status find_salaries(const mlab_outcomes *outcomes, const mlab_forecast_spec *spec, double *salary, mlab_error *err)
{
    const mlab_line_spec *asks = NULL;
    for (size_t i = 0; i < spec->n_lines && !asks; i++)
        if (spec->lines[i].of_salary) asks = &spec->lines[i];
    for (size_t g = 0; g < outcomes->n_groups && asks; g++) {
        for (size_t i = 0; i < spec->n_salaries; i++)
            if (!*spec->salary_groups[i] && salary[g] == 0) salary[g] = spec->salary[i];
        for (size_t i = 0; i < spec->n_salaries; i++)
            if (strcmp(spec->salary_groups[i], outcomes->groups[g]) == 0) salary[g] = spec->salary[i];
        if (!(salary[g] > 0 && isfinite(salary[g])))
            return mlab_raise_at(err, MLAB_ERR_FORECAST_LINE, &asks->place, "line '%s' is a share of salary, but group '%s' has no salary above 0",
                                 asks->name, outcomes->groups[g]);
    }
    return MLAB_OK;
}

/* --- work ---------------------------------------------------------------------------------------- */

typedef struct work {
    const mlab_futures *futures;
    mlab_ledger *ledger;
} work;

static double *ledger_row(const mlab_ledger *ledger, double *values, size_t scenario, size_t draw, size_t period)
{
    return values + ((scenario * ledger->n_draws + draw) * ledger->n_periods + period) * ledger->n_lines;
}

static void work_future(const work *w, size_t scenario, size_t draw, size_t replicate, double *stock, double *quantity)
{
    const mlab_futures *f = w->futures;
    const mlab_outcomes *o = f->outcomes;
    const size_t lines = f->spec->n_lines;
    const size_t future = (scenario * o->n_draws + draw) * o->n_replicates + replicate;
    for (size_t l = 0; l < lines; l++) {
        const mlab_line_spec *line = &f->spec->lines[l];
        double discounted = 0;
        mlab_line_quantity(line, o, f->salary, scenario, draw, replicate, stock, quantity);
        for (size_t t = 0; t < o->n_periods; t++) {
            discounted += quantity[t] * (line->driver == MLAB_ONCE ? 1 : f->factor[t]);
            ledger_row(w->ledger, w->ledger->amount, scenario, draw, t)[l] += f->price[l * o->n_draws + draw] * quantity[t] / (double)o->n_replicates;
        }
        f->quantity[future * lines + l] = discounted;
    }
}

/* One draw in all scenarios, then its differences. */
static mlab_status work_draw(void *pointer, size_t draw, void *scratch, mlab_error *err)
{
    const work *w = pointer;
    const mlab_outcomes *o = w->futures->outcomes;
    double *stock = scratch, *quantity = stock + o->n_groups;
    (void)err;
    for (size_t s = 0; s < o->n_scenarios; s++)
        for (size_t r = 0; r < o->n_replicates; r++) work_future(w, s, draw, r, stock, quantity);
    for (size_t s = 1; s < o->n_scenarios; s++) {
        const size_t n = o->n_periods * w->ledger->n_lines;
        const double *mine = ledger_row(w->ledger, w->ledger->amount, s, draw, 0), *reference = ledger_row(w->ledger, w->ledger->amount, 0, draw, 0);
        double *difference = ledger_row(w->ledger, w->ledger->difference, s, draw, 0);
        for (size_t k = 0; k < n; k++) difference[k] = mine[k] - reference[k];
    }
    return MLAB_OK;
}

/* a * b, or 0 in *fits. */
static size_t product(size_t a, size_t b, bool *fits)
{
    if (b && a > SIZE_MAX / 16 / b) *fits = false;
    return *fits ? a * b : 0;
}

static mlab_status make_ledger(const mlab_context *context, const mlab_outcomes *o, const mlab_forecast_spec *spec, mlab_ledger *ledger,
                               mlab_error *err)
{
    bool fits = true;
    const size_t n = product(product(product(o->n_scenarios, o->n_draws, &fits), o->n_periods, &fits), spec->n_lines, &fits);
    if (!fits)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "a ledger of %zu scenarios, %zu draws and %zu periods is too large", o->n_scenarios, o->n_draws,
                          o->n_periods);
    *ledger = (mlab_ledger){.context = context,
                            .n_draws = o->n_draws,
                            .n_periods = o->n_periods,
                            .discount_rate = spec->discount_rate,
                            .months_per_period = o->months_per_period};
    ledger->amount = mlab_allocate(context, n, sizeof *ledger->amount);
    ledger->difference = mlab_allocate(context, n, sizeof *ledger->difference);
    ledger->currency = mlab_copy_text(context, spec->currency ? spec->currency : "");
    ledger->scenarios = mlab_allocate(context, o->n_scenarios, sizeof *ledger->scenarios);
    ledger->lines = mlab_allocate(context, spec->n_lines, sizeof *ledger->lines);
    ledger->kinds = mlab_allocate(context, spec->n_lines, sizeof *ledger->kinds);
    if (!ledger->amount || !ledger->difference || !ledger->currency || !ledger->scenarios || !ledger->lines || !ledger->kinds) return no_memory(err);
    for (; ledger->n_scenarios < o->n_scenarios; ledger->n_scenarios++)
        if (!(ledger->scenarios[ledger->n_scenarios] = mlab_copy_text(context, o->scenarios[ledger->n_scenarios]))) return no_memory(err);
    for (; ledger->n_lines < spec->n_lines; ledger->n_lines++) {
        ledger->kinds[ledger->n_lines] = spec->lines[ledger->n_lines].kind;
        if (!(ledger->lines[ledger->n_lines] = mlab_copy_text(context, spec->lines[ledger->n_lines].name))) return no_memory(err);
    }
    return MLAB_OK;
}

static mlab_status make_futures(mlab_futures *f, mlab_error *err)
{
    const mlab_outcomes *o = f->outcomes;
    const size_t lines = f->spec->n_lines;
    bool fits = true;
    const size_t n = product(product(product(o->n_scenarios, o->n_draws, &fits), o->n_replicates, &fits), lines, &fits);
    if (!fits) return mlab_raise(err, MLAB_ERR_OVERFLOW, "a forecast of %zu draws and %zu replicates is too large", o->n_draws, o->n_replicates);
    f->salary = mlab_allocate(f->context, o->n_groups, sizeof *f->salary);
    f->factor = mlab_allocate(f->context, o->n_periods, sizeof *f->factor);
    f->price = mlab_allocate(f->context, lines * o->n_draws, sizeof *f->price);
    f->quantity = mlab_allocate(f->context, n, sizeof *f->quantity);
    if (!f->salary || !f->factor || !f->price || !f->quantity) return no_memory(err);
    mlab_status status = find_salaries(o, f->spec, f->salary, err);
    if (status) return status;
    mlab_discount_factors(f->spec->discount_rate, f->spec->timing, o->months_per_period, o->n_periods, f->factor);
    for (size_t l = 0; l < lines; l++)
        for (size_t d = 0; d < o->n_draws; d++)
            f->price[l * o->n_draws + d] = mlab_line_price(&f->spec->lines[l], (uint64_t)f->spec->seed, (uint32_t)d);
    return MLAB_OK;
}

static void free_texts(const mlab_context *context, char **texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++) mlab_release(context, texts[i]);
    mlab_release(context, texts);
}

void mlab_forecast_free(mlab_forecast *forecast)
{
    if (!forecast) return;
    const mlab_context *context = forecast->context;
    mlab_ledger *ledger = forecast->ledger;
    if (ledger) {
        free_texts(context, ledger->scenarios, ledger->n_scenarios);
        free_texts(context, ledger->lines, ledger->n_lines);
        mlab_release(context, ledger->kinds);
        mlab_release(context, ledger->amount);
        mlab_release(context, ledger->difference);
        mlab_release(context, ledger->currency);
        mlab_release(context, ledger);
    }
    for (size_t i = 0; forecast->returns && i < forecast->n_returns; i++) mlab_release(context, forecast->returns[i].scenario);
    mlab_release(context, forecast->returns);
    mlab_release(context, forecast->largest_unknown);
    mlab_release(context, forecast->caveats);
    mlab_release(context, forecast);
}

void mlab_forecast_spec_free(const mlab_context *context, mlab_forecast_spec *spec)
{
    for (size_t i = 0; spec->lines && i < spec->n_lines; i++) {
        mlab_release(context, spec->lines[i].name);
        mlab_release(context, spec->lines[i].source);
        mlab_release(context, spec->lines[i].owner);
    }
    mlab_release(context, spec->lines);
    free_texts(context, spec->salary_groups, spec->n_salaries);
    mlab_release(context, spec->salary);
    mlab_release(context, spec->currency);
    mlab_salary_source_free(context, &spec->salary_source);
    *spec = (mlab_forecast_spec){0};
}

mlab_status mlab_forecast_make(const mlab_context *context, const mlab_outcomes *outcomes, const mlab_forecast_spec *spec, mlab_forecast **forecast,
                               mlab_error *err)
{
    mlab_futures futures = {.context = context, .outcomes = outcomes, .spec = spec};
    mlab_forecast *made = NULL;
    *forecast = NULL;
    mlab_status status = check_spec(outcomes, spec, err);
    if (status) return status;
    if (!(made = mlab_allocate(context, 1, sizeof *made))) return no_memory(err);
    made->context = context;
    made->level = spec->level;
    if (!(made->ledger = mlab_allocate(context, 1, sizeof *made->ledger))) {
        status = no_memory(err);
        goto out;
    }
    if ((status = make_ledger(context, outcomes, spec, made->ledger, err)) || (status = make_futures(&futures, err))) goto out;
    work w = {&futures, made->ledger};
    const size_t scratch = (outcomes->n_groups + outcomes->n_periods) * sizeof(double);
    if ((status = mlab_parallel_blocks(context, "forecast", outcomes->n_draws, scratch, work_draw, &w, err))) goto out;
    if ((status = mlab_returns_make(&futures, made, err))) goto out;
    status = mlab_forecast_warn(&futures, made, err);
out:
    mlab_release(context, futures.quantity);
    mlab_release(context, futures.price);
    mlab_release(context, futures.factor);
    mlab_release(context, futures.salary);
    if (status)
        mlab_forecast_free(made);
    else
        *forecast = made;
    return status;
}
