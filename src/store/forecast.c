/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /forecast: the ledger by scenario, draw, period and line, and what follows from it. */
#include "store/records.h"
#include "store/stages.h"

#include "core/memory.h"

#include <string.h>

#define REAL(field, unit, long_name)                                                                                                                 \
    {                                                                                                                                                \
        MLAB_RECORD_REAL, #field, offsetof(mlab_return, field), unit, long_name                                                                      \
    }
#define SUMMARY(field, long_name)                                                                                                                    \
    {MLAB_RECORD_REAL, #field, offsetof(mlab_return, field.mean), "money", long_name ", mean"},                                                      \
        {MLAB_RECORD_REAL, #field "_lower", offsetof(mlab_return, field.lower), "money", long_name ", lower limit"},                                 \
        {MLAB_RECORD_REAL, #field "_upper", offsetof(mlab_return, field.upper), "money", long_name ", upper limit"},                                 \
        {MLAB_RECORD_REAL, #field "_parameter_sd", offsetof(mlab_return, field.parameter_sd), "money",                                               \
         long_name ", standard deviation from not knowing the parameters"},                                                                          \
        {MLAB_RECORD_REAL, #field "_monte_carlo_se", offsetof(mlab_return, field.monte_carlo_se), "money", long_name ", Monte Carlo error"},         \
    {                                                                                                                                                \
        MLAB_RECORD_YES_NO, #field "_clipped", offsetof(mlab_return, field.parameter_sd_clipped), "1",                                               \
            "1 = the parameter variance came out negative"                                                                                           \
    }
static const mlab_record_field return_columns[] = {
    {MLAB_RECORD_TEXT, "scenario", offsetof(mlab_return, scenario), "1", "program in the organisation"},
    SUMMARY(net_present_value, "net present value"),
    SUMMARY(net_present_value_cash, "net present value of cash lines"),
    SUMMARY(net_present_value_without_time, "net present value without working hours"),
    REAL(benefits, "money", "discounted benefits over the reference, mean"),
    REAL(costs, "money", "discounted costs over the reference, mean"),
    REAL(roi, "1", "(benefits - costs) / costs, discounted"),
    REAL(roi_lower, "1", "return on investment, lower limit"),
    REAL(roi_upper, "1", "return on investment, upper limit"),
    {MLAB_RECORD_YES_NO, "roi_defined", offsetof(mlab_return, roi_defined), "1", "0 = there are no costs"},
    REAL(payback_months, "month", "median payback, -1 = not within the horizon"),
    REAL(probability_positive, "1", "share of draws with a positive net present value"),
    REAL(probability_se, "1", "Monte Carlo error of that share"),
};
static const mlab_record_table return_table = MLAB_RECORD_TABLE("returns", mlab_return, return_columns);
static const char *const kinds[] = {"cash", "avoided", "time"};

static void put_ledger(const mlab_h5_group *parent, const mlab_ledger *ledger)
{
    const mlab_context *context = parent->file->context;
    mlab_h5_group group = mlab_h5_group_make(parent, "ledger");
    char **names = mlab_allocate(context, ledger->n_lines, sizeof *names);
    if (!names) mlab_h5_fail(parent->file, MLAB_ERR_MEMORY, "no memory to write the ledger");
    for (size_t k = 0; names && k < ledger->n_lines; k++) memcpy(&names[k], &kinds[ledger->kinds[k]], sizeof *names);
    mlab_h5_attribute(&group, "currency", ledger->currency);
    mlab_h5_dimension_texts(&group, "scenario", ledger->scenarios, ledger->n_scenarios, "program in the organisation");
    mlab_h5_dimension_numbers(&group, "draw", 0, ledger->n_draws, "1", "set of parameters");
    mlab_h5_dimension_numbers(&group, "period", 0, ledger->n_periods, "1", "period from the start");
    mlab_h5_dimension_texts(&group, "line", ledger->lines, ledger->n_lines, "line of the ledger");
    if (names) mlab_h5_put_texts(&group, "kind", "line", names, "cash, avoided or time");
    mlab_h5_put(&group, "amount", "scenario draw period line", MLAB_H5_REAL, ledger->amount, ledger->currency, "undiscounted amount, costs negative");
    mlab_h5_put(&group, "difference", "scenario draw period line", MLAB_H5_REAL, ledger->difference, ledger->currency,
                "the same less the reference scenario");
    mlab_h5_put_real(&group, "discount_rate", ledger->discount_rate, "1", "discount rate per year");
    mlab_h5_put_integer(&group, "months_per_period", ledger->months_per_period, "month", "length of a period");
    mlab_release(context, names);
    mlab_h5_group_close(&group);
}

void mlab_store_put_forecast(const mlab_h5_group *root, const mlab_forecast *forecast)
{
    mlab_h5_group group = mlab_h5_group_make(root, "forecast");
    mlab_h5_attribute(&group, "currency", forecast->ledger->currency);
    mlab_h5_attribute(&group, "largest_unknown", forecast->largest_unknown);
    mlab_h5_attribute(&group, "caveats", forecast->caveats);
    mlab_h5_put_real(&group, "largest_share", forecast->largest_share, "1", "its squared correlation with the net present value");
    mlab_h5_put_real(&group, "value_of_knowing", forecast->value_of_knowing, forecast->ledger->currency,
                     "most that knowing every unknown would be worth");
    mlab_h5_put_real(&group, "level", forecast->level, "1", "level of the intervals");
    mlab_records_put_in(&group, &return_table, forecast->returns, forecast->n_returns);
    put_ledger(&group, forecast->ledger);
    mlab_h5_group_close(&group);
}

/* --- reading ----------------------------------------------------------------------------------- */

static void get_kinds(const mlab_h5_group *group, mlab_ledger *ledger)
{
    size_t n = ledger->n_lines;
    char **names = mlab_h5_get_texts(group, "kind", n);
    ledger->kinds = mlab_allocate(group->file->context, n, sizeof *ledger->kinds);
    if (!ledger->kinds) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to read the ledger");
    for (size_t k = 0; names && ledger->kinds && k < n; k++)
        for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
            if (strcmp(names[k], kinds[kind]) == 0) ledger->kinds[k] = (mlab_line_kind)kind;
    mlab_h5_free_texts(group->file->context, names, n);
}

static void get_ledger(const mlab_h5_group *parent, mlab_ledger *ledger)
{
    mlab_h5_group group = mlab_h5_group_get(parent, "ledger");
    size_t n_scenarios = mlab_h5_size(&group, "scenario"), n_lines = mlab_h5_size(&group, "line");
    ledger->n_draws = mlab_h5_size(&group, "draw");
    ledger->n_periods = mlab_h5_size(&group, "period");
    ledger->currency = mlab_h5_attribute_get(&group, "currency");
    if ((ledger->scenarios = mlab_h5_get_texts(&group, "scenario", n_scenarios))) ledger->n_scenarios = n_scenarios;
    if ((ledger->lines = mlab_h5_get_texts(&group, "line", n_lines))) ledger->n_lines = n_lines;
    get_kinds(&group, ledger);
    size_t n = n_scenarios * ledger->n_draws * ledger->n_periods * n_lines;
    ledger->amount = mlab_h5_get(&group, "amount", MLAB_H5_REAL, n);
    ledger->difference = mlab_h5_get(&group, "difference", MLAB_H5_REAL, n);
    ledger->discount_rate = mlab_h5_get_real(&group, "discount_rate");
    ledger->months_per_period = (int32_t)mlab_h5_get_integer(&group, "months_per_period");
    mlab_h5_group_close(&group);
}

mlab_status mlab_store_read_forecast(const mlab_context *context, const char *path, mlab_forecast **forecast, mlab_error *err)
{
    *forecast = NULL;
    mlab_h5_file file;
    mlab_h5_group root = mlab_h5_open(&file, context, path, err);
    mlab_forecast *got = mlab_allocate(context, 1, sizeof *got);
    if (got) {
        got->context = context;
        got->ledger = mlab_allocate(context, 1, sizeof *got->ledger);
    }
    if (!got || !got->ledger) mlab_h5_fail(&file, MLAB_ERR_MEMORY, "no memory to read %s", path);
    if (got && got->ledger) {
        got->ledger->context = context;
        mlab_h5_group group = mlab_h5_group_get(&root, "forecast");
        got->largest_unknown = mlab_h5_attribute_get(&group, "largest_unknown");
        got->caveats = mlab_h5_attribute_get(&group, "caveats");
        got->largest_share = mlab_h5_get_real(&group, "largest_share");
        got->value_of_knowing = mlab_h5_get_real(&group, "value_of_knowing");
        got->level = mlab_h5_get_real(&group, "level");
        got->returns = mlab_records_get_in(&group, &return_table, &got->n_returns);
        get_ledger(&group, got->ledger);
        mlab_h5_group_close(&group);
    }
    mlab_status status = mlab_h5_close(&file, &root);
    if (status)
        mlab_forecast_free(got);
    else
        *forecast = got;
    return status;
}
