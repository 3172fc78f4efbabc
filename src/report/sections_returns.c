/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What would it return: the plans against the first, the largest unknown, the ledger. */
#include "report/sections.h"

#include <math.h>
#include <stdio.h>

enum { MOST_RETURNS = 24 };

static void draw_returns(mlab_doc *doc, const mlab_story *story, const mlab_forecast *f)
{
    mlab_chart_interval rows[MOST_RETURNS];
    mlab_text texts[2 * MOST_RETURNS];
    size_t n = 0;
    char unit[96];
    double most = 0;
    for (size_t i = 0; i < f->n_returns; i++)
        most = fmax(most, fmax(fabs(f->returns[i].net_present_value.lower), fabs(f->returns[i].net_present_value.upper)));
    const double scale = most >= 2e6 ? 1e6 : most >= 2e4 ? 1e3 : 1;
    for (; n < f->n_returns && n < MOST_RETURNS; n++) {
        const mlab_summary_number *v = &f->returns[n].net_present_value;
        const int fitting = mlab_decimals_for(mlab_error_of(v->lower, v->upper, f->level)), decimals = fitting < 0 ? fitting : 0;
        mlab_number_text mean;
        mlab_text *label = &texts[2 * n], *told = label + 1;
        *label = *told = MLAB_TEXT(story->context);
        mlab_tell_name(label, f->returns[n].scenario, true);
        mlab_text_append(told, mlab_tell_number(v->mean, decimals, true, mean));
        rows[n] = (mlab_chart_interval){mlab_text_get(label), mlab_text_get(told), v->mean / scale, v->lower / scale, v->upper / scale, NULL};
    }
    snprintf(unit, sizeof unit, "net present value, %s%.40s", scale == 1e6 ? "million " : scale == 1e3 ? "thousand " : "", f->ledger->currency);
    mlab_chart_forest(doc, "Net present value of each plan against the first, with its likely range", unit, rows, n);
    for (size_t i = 0; i < 2 * n; i++) {
        if (texts[i].failed) doc->text.failed = true;
        mlab_text_free(&texts[i]);
    }
}

/* The rows of the table of returns; one column a plan. */
typedef enum return_figure { R_ALL, R_RANGE, R_NO_TIME, R_CASH, R_BENEFITS, R_COSTS, R_ROI, R_PAYBACK, R_CHANCE, N_R } return_figure;
static const char *const return_names[N_R] = {
    "Net present value",       "its likely range",    "without working hours",      "cash alone", "Benefits", "Costs",
    "Return on investment, %", "Pays back in months", "Chance of a positive return"};

static void return_cell(const mlab_forecast *f, const mlab_return *r, return_figure figure, char *into, size_t size)
{
    const mlab_summary_number *v = &r->net_present_value;
    const int fitting = mlab_decimals_for(mlab_error_of(v->lower, v->upper, f->level)), decimals = fitting < 0 ? fitting : 0;
    const int digits = r->roi_defined ? mlab_decimals_for(100 * mlab_error_of(r->roi_lower, r->roi_upper, f->level)) : 0;
    const double money[] = {[R_ALL] = v->mean,
                            [R_NO_TIME] = r->net_present_value_without_time.mean,
                            [R_CASH] = r->net_present_value_cash.mean,
                            [R_BENEFITS] = r->benefits,
                            [R_COSTS] = r->costs};
    mlab_number_text number;
    char range[2 * MLAB_NUMBER_SIZE + 8];
    switch (figure) {
    case R_RANGE: mlab_tell_range(v->lower, v->upper, decimals, true, into, size); return;
    case R_ROI:
        if (!r->roi_defined)
            snprintf(into, size, "not defined");
        else
            snprintf(into, size, "%s (%s)", mlab_tell_number(100 * r->roi, digits, true, number),
                     mlab_tell_range(100 * r->roi_lower, 100 * r->roi_upper, digits, true, range, sizeof range));
        return;
    case R_PAYBACK:
        snprintf(into, size, "%s", r->payback_months >= 0 ? mlab_tell_number(r->payback_months, 0, false, number) : "not in time");
        return;
    case R_CHANCE: snprintf(into, size, "%s", mlab_tell_chance(r->probability_positive, f->ledger->n_draws, number)); return;
    default: snprintf(into, size, "%s", mlab_tell_number(money[figure], decimals, figure != R_BENEFITS && figure != R_COSTS, number));
    }
}

static void tell_return_table(mlab_doc *doc, const mlab_story *story, const mlab_forecast *f)
{
    const size_t n = f->n_returns < MOST_RETURNS ? f->n_returns : MOST_RETURNS;
    const char *cell[MOST_RETURNS + 1] = {f->ledger->currency};
    char values[MOST_RETURNS][3 * MLAB_NUMBER_SIZE];
    mlab_cells names = {.used = 0};
    for (size_t i = 0; i < n; i++) {
        mlab_text name = MLAB_TEXT(story->context);
        mlab_tell_name(&name, f->returns[i].scenario, true);
        cell[i + 1] = mlab_cells_cell(&names, &name);
        mlab_text_free(&name);
    }
    if (names.failed) doc->text.failed = true;
    mlab_doc_table(doc, NULL, false, cell, n + 1);
    for (int figure = 0; figure < N_R; figure++) {
        cell[0] = return_names[figure];
        for (size_t i = 0; i < n; i++) {
            return_cell(f, &f->returns[i], (return_figure)figure, values[i], sizeof values[i]);
            cell[i + 1] = values[i];
        }
        mlab_doc_row(doc, cell);
    }
    mlab_doc_table_end(doc, false);
}

/* Undiscounted difference of a line over the horizon, mean over draws. */
static double line_total(const mlab_ledger *l, size_t scenario, size_t line)
{
    double sum = 0;
    const double *first = l->difference + scenario * l->n_draws * l->n_periods * l->n_lines;
    for (size_t k = 0; k < l->n_draws * l->n_periods; k++) sum += first[k * l->n_lines + line];
    return sum / (double)l->n_draws;
}

static void tell_lines(mlab_doc *doc, const mlab_story *story, const mlab_forecast *f)
{
    static const char *const kinds[] = {"cash", "not spent", "working hours"};
    const mlab_ledger *l = f->ledger;
    mlab_doc_table(doc, "The ledger: each line over all years against the first plan, not discounted", true,
                   (const char *const[]){"Plan", "Line", "Kind", "Amount"}, 4);
    for (size_t s = 1; s < l->n_scenarios; s++)
        for (size_t k = 0; k < l->n_lines; k++) {
            const double total = line_total(l, s, k);
            mlab_number_text amount;
            mlab_text plan = MLAB_TEXT(story->context), line = MLAB_TEXT(story->context);
            mlab_tell_name(&plan, l->scenarios[s], true);
            mlab_tell_name(&line, l->lines[k], true);
            mlab_tell_number(total, fabs(total) >= 1000 ? -2 : 0, true, amount);
            mlab_doc_row(doc, (const char *const[]){mlab_text_get(&plan), mlab_text_get(&line), kinds[l->kinds[k]], amount});
            if (plan.failed || line.failed) doc->text.failed = true;
            mlab_text_free(&plan);
            mlab_text_free(&line);
        }
    mlab_doc_table_end(doc, true);
}

mlab_status mlab_tell_returns(mlab_doc *doc, const mlab_story *story, mlab_error *err)
{
    const mlab_forecast *f = story->spec->results->forecast;
    (void)err;
    if (!f || !f->ledger) return MLAB_OK;
    mlab_text text = MLAB_TEXT(story->context);
    mlab_number_text number;
    mlab_doc_heading(doc, 2, "What would it return?");
    if (!f->n_returns) {
        mlab_doc_paragraph(doc, NULL, "There is one plan only, so there is nothing to hold it against.");
        return MLAB_OK;
    }
    mlab_text_print(&text, "The likely range holds %s %% of the sets of values, each by the mean of its futures.",
                    mlab_tell_number(100 * f->level, 0, false, number));
    mlab_say(doc, NULL, &text);
    text = MLAB_TEXT(story->context);
    draw_returns(doc, story, f);
    tell_return_table(doc, story, f);
    if (f->largest_unknown && *f->largest_unknown)
        mlab_text_print(&text, "Largest unknown: %s; it goes along with %s %% of the spread. ", f->largest_unknown,
                        mlab_tell_number(100 * f->largest_share, 0, false, number));
    if (f->value_of_knowing > 0)
        mlab_text_print(&text, "Knowing everything before choosing is worth up to %s %s.",
                        mlab_tell_number(f->value_of_knowing, mlab_decimals_for(f->value_of_knowing / 4), false, number), f->ledger->currency);
    mlab_say(doc, NULL, &text);
    tell_lines(doc, story, f);
    return MLAB_OK;
}
