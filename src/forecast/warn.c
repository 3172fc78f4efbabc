/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Caveats of a forecast, in plain words, one a line: what was assumed, what may be counted twice, what the number leaves out. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "forecast/ledger.h"

#include <math.h>
#include <string.h>

enum { MOST_NAMED = 4 };

static void warn_about_lines(const mlab_forecast_spec *spec, mlab_text *text)
{
    bool any_benefit = false;
    for (size_t i = 0; i < spec->n_lines; i++) {
        const mlab_line_spec *line = &spec->lines[i];
        any_benefit |= line->benefit;
        for (size_t k = 0; k < i; k++)
            if (line->benefit && spec->lines[k].benefit && line->driver == spec->lines[k].driver)
                mlab_text_print(text, "The lines '%s' and '%s' both count %s: look that nothing is counted twice.\n", spec->lines[k].name, line->name,
                                line->driver == MLAB_PER_VOLUNTARY_EXIT ? "exits" : "the same events");
        if (line->benefit && (!line->source || !*line->source)) mlab_text_print(text, "No source is given for the benefit '%s'.\n", line->name);
        if (line->lasting) mlab_text_print(text, "'%s' is paid every year from the promotion on, to those who are still there.\n", line->name);
    }
    if (!any_benefit) mlab_text_append(text, "No benefit is stated, so only costs are counted.\n");
}

static void warn_about_time(const mlab_futures *f, const mlab_forecast *forecast, mlab_text *text)
{
    bool time = false;
    for (size_t i = 0; i < f->spec->n_lines; i++) time |= f->spec->lines[i].kind == MLAB_LINE_TIME;
    for (size_t i = 0; time && i < forecast->n_returns; i++) {
        const mlab_summary_number *v = &forecast->returns[i].net_present_value_without_time;
        const double unit = v->upper - v->lower > 4 ? pow(10, floor(log10((v->upper - v->lower) / 4))) : 1; /* as sure as its range */
        char money[64];
        mlab_number_for_people(floor(v->mean / unit + 0.5) * unit, 0, money, sizeof money);
        mlab_text_print(text, "Working hours count as money; without them '%s' would return %s %s.\n", forecast->returns[i].scenario, money,
                        forecast->ledger->currency);
    }
}

static bool from_data(const mlab_assumption *assumption)
{
    return assumption->source && !strncmp(assumption->source, "data", 4);
}

/* Values that no data gave: named, the first few. */
static void warn_about_assumptions(const mlab_outcomes *o, mlab_text *text)
{
    size_t n = 0, named = 0;
    for (size_t i = 0; i < o->n_assumptions; i++) n += !from_data(&o->assumptions[i]);
    if (n) mlab_text_print(text, "%zu value%s of the simulation did not come from the data: ", n, n == 1 ? "" : "s");
    for (size_t i = 0; i < o->n_assumptions && named < MOST_NAMED; i++) {
        const mlab_assumption *a = &o->assumptions[i];
        if (!from_data(a)) mlab_text_print(text, "%s%s (%s)", named++ ? ", " : "", a->name, a->source ? a->source : "stated");
    }
    if (n) mlab_text_append(text, n > MOST_NAMED ? ", ...\n" : ".\n");
    for (size_t i = 0; i < o->n_assumptions; i++)
        if (!strcmp(o->assumptions[i].name, "score_effect") && o->assumptions[i].value == 0 && o->n_scenarios > 2)
            mlab_text_append(text,
                             "A better fit of pairs is taken to have no effect of its own (score_effect is 0): plans that differ in the matching "
                             "rule alone return the same, whatever the rule is worth.\n");
}

/* Programs are compared by whom they reach unless a better fit is said to change what happens. */
static void warn_about_fit(const mlab_outcomes *o, mlab_text *text)
{
    if (o->n_scenarios < 3) return;
    for (size_t i = 0; i < o->n_assumptions; i++)
        if (!strcmp(o->assumptions[i].name, "score_effect") && o->assumptions[i].value == 0 && o->assumptions[i].standard_error == 0)
            mlab_text_append(
                text, "Nothing in the study says that a better fit of a pair changes what happens, so plans that differ only in the matching rule "
                      "return nearly the same: simulation.score_effect states how much it would.\n");
}

static void warn_about_precision(const mlab_forecast *forecast, size_t draws, mlab_text *text)
{
    for (size_t i = 0; i < forecast->n_returns; i++) {
        const mlab_return *r = &forecast->returns[i];
        const double width = r->net_present_value.upper - r->net_present_value.lower;
        if (width > 0 && r->net_present_value.monte_carlo_se > width / 10)
            mlab_text_print(text, "The return of '%s' is not steady yet with %zu draws: more draws would change it noticeably.\n", r->scenario,
                            draws);
        if (!r->roi_defined)
            mlab_text_print(text, "'%s' does not cost more than the reference in every future, so no return on investment is given.\n", r->scenario);
        if (r->net_present_value.parameter_sd_clipped)
            mlab_text_print(text, "The luck of single futures hides how unsure the return of '%s' is: more histories a draw would show it.\n",
                            r->scenario);
    }
}

mlab_status mlab_forecast_warn(const mlab_futures *f, mlab_forecast *forecast, mlab_error *err)
{
    mlab_text text = MLAB_TEXT(f->context);
    mlab_text_print(&text, "Everything is counted against the plan '%s' in the same futures.\n", f->outcomes->scenarios[0]);
    warn_about_lines(f->spec, &text);
    warn_about_time(f, forecast, &text);
    warn_about_assumptions(f->outcomes, &text);
    warn_about_fit(f->outcomes, &text);
    warn_about_precision(forecast, f->outcomes->n_draws, &text);
    if (text.failed) {
        mlab_text_free(&text);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the caveats of the forecast");
    }
    forecast->caveats = text.bytes;
    return MLAB_OK;
}
