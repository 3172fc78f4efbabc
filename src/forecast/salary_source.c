/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block forecast.salary where it says {average: 60000} or {from: salary, per: month, currency: {column: cur, rates: {EUR: 1}}}, and what the
 * salaries of a file of bands are in. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "forecast/options.h"

#include <stdio.h>
#include <string.h>

#define HOURS_PER_YEAR 1720.0 /* of a full post: the European Commission's figure for grants, Regulation (EU) 2021/1060, article 55(2) */

void mlab_salary_source_free(const mlab_context *context, mlab_salary_source *source)
{
    for (size_t i = 0; source->currencies && i < source->n_rates; i++) mlab_release(context, source->currencies[i]);
    void *owned[] = {source->currencies, source->rates, source->from, source->by, source->currency, source->fte};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) mlab_release(context, owned[i]);
    *source = (mlab_salary_source){0};
}

static mlab_status keep(const mlab_forecast_reader *r, const char *text, char **into, mlab_error *err)
{
    *into = mlab_copy_text(r->context, text);
    return *into ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for salaries");
}

static bool number(const mlab_setting *at, double *value)
{
    const char *text = mlab_setting_text(at);
    return mlab_setting_kind_of(at) == MLAB_SETTING_TEXT && mlab_number_parse(text, strlen(text), '.', value) && *value > 0;
}

static mlab_status check_keys(const mlab_forecast_reader *r, const mlab_setting *map, const char *const *keys, size_t n_keys, const char *block,
                              mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < mlab_setting_size(map) && !status; i++) {
        const char *key = mlab_setting_key(map, i);
        bool known = false;
        for (size_t k = 0; k < n_keys; k++) known |= !strcmp(keys[k], key);
        if (known) continue;
        mlab_place place = mlab_setting_key_place(map, i);
        const char *near = mlab_nearest(key, keys, n_keys);
        status = mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "unknown_key", &place, NULL, NULL, err, "unknown key '%s' in %s%s%s%s", key,
                                   block, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return status;
}

static mlab_status read_times(const mlab_forecast_reader *r, const mlab_setting *map, mlab_error *err)
{
    const mlab_setting *per = mlab_settings_find(r->settings, map, "per"), *hours = mlab_settings_find(r->settings, map, "hours_per_year");
    const char *unit = per ? mlab_setting_text(per) : "year";
    double *times = &r->spec->salary_source.times, of_year = HOURS_PER_YEAR;
    if (hours && (!number(hours, &of_year) || of_year > 8784))
        return mlab_forecast_stop(r, "bad_value", mlab_setting_place(hours), mlab_setting_text(hours), err,
                                  "hours_per_year must be a number above 0, at most 8784");
    *times = !strcmp(unit, "year") ? 1 : !strcmp(unit, "month") ? 12 : !strcmp(unit, "hour") ? of_year : 0;
    if (hours && *times != of_year)
        return mlab_forecast_stop(r, "bad_value", mlab_setting_place(hours), mlab_setting_text(hours), err,
                                  "hours_per_year is for salaries per: hour, and these are not");
    if (*times > 0) return MLAB_OK;
    return mlab_forecast_stop(r, "bad_value", mlab_setting_place(per), unit, err, "per must be year, month or hour");
}

static mlab_status read_rates(const mlab_forecast_reader *r, const mlab_setting *rates, mlab_error *err)
{
    mlab_salary_source *source = &r->spec->salary_source;
    size_t n = mlab_setting_size(rates);
    source->currencies = mlab_allocate(r->context, n, sizeof *source->currencies);
    source->rates = mlab_allocate(r->context, n, sizeof *source->rates);
    if (!source->currencies || !source->rates) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu currencies", n);
    for (size_t i = 0; i < n; i++) {
        const mlab_setting *rate = mlab_setting_item(rates, i);
        mlab_status status = keep(r, mlab_setting_key(rates, i), &source->currencies[i], err);
        if (status) return status;
        source->n_rates = i + 1;
        if (number(rate, &source->rates[i])) continue;
        status = mlab_forecast_stop(r, "bad_value", mlab_setting_place(rate), mlab_setting_text(rate), err,
                                    "a rate must be a number above 0: money of the forecast for 1 of that currency");
        if (status) return status;
    }
    return MLAB_OK;
}

static mlab_status read_currency(const mlab_forecast_reader *r, const mlab_setting *currency, mlab_error *err)
{
    static const char *const keys[] = {"column", "rates"};
    mlab_place place = mlab_setting_place(currency);
    bool map = mlab_setting_kind_of(currency) == MLAB_SETTING_MAP;
    const char *column = map ? mlab_forecast_text_at(r, currency, "column") : NULL;
    const mlab_setting *rates = map ? mlab_settings_find(r->settings, currency, "rates") : NULL;
    if (!column || !rates || mlab_setting_kind_of(rates) != MLAB_SETTING_MAP)
        return mlab_forecast_stop(r, "missing_key", place, "", err, "currency needs its column and rates: {column: cur, rates: {EUR: 1, USD: 0.92}}");
    mlab_status status = check_keys(r, currency, keys, sizeof keys / sizeof *keys, "forecast.salary.currency", err);
    if (!status) status = keep(r, column, &r->spec->salary_source.currency, err);
    return status ? status : read_rates(r, rates, err);
}

static mlab_status read_average(const mlab_forecast_reader *r, const mlab_setting *map, mlab_error *err)
{
    static const char *const keys[] = {"average", "per", "hours_per_year"};
    const mlab_setting *average = mlab_settings_find(r->settings, map, "average");
    mlab_forecast_spec *spec = r->spec;
    double salary;
    mlab_status status = check_keys(r, map, keys, sizeof keys / sizeof *keys, "forecast.salary", err);
    if (!status) status = read_times(r, map, err);
    if (status) return status;
    if (!number(average, &salary))
        return mlab_forecast_stop(r, "bad_value", mlab_setting_place(average), mlab_setting_text(average), err, "a salary must be a number above 0");
    spec->salary_groups = mlab_allocate(r->context, 1, sizeof *spec->salary_groups);
    spec->salary = mlab_allocate(r->context, 1, sizeof *spec->salary);
    if (!spec->salary_groups || !spec->salary) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for salaries");
    if ((status = keep(r, "", &spec->salary_groups[0], err))) return status;
    spec->salary[0] = salary * spec->salary_source.times;
    spec->n_salaries = 1;
    return MLAB_OK;
}

mlab_status mlab_forecast_read_salary_source(const mlab_forecast_reader *r, const mlab_setting *map, mlab_error *err)
{
    static const char *const keys[] = {"from", "by", "per", "hours_per_year", "currency", "fte"};
    if (mlab_settings_find(r->settings, map, "average")) return read_average(r, map, err);
    mlab_salary_source *source = &r->spec->salary_source;
    const mlab_setting *currency = mlab_settings_find(r->settings, map, "currency");
    const char *from = mlab_forecast_text_at(r, map, "from"), *by = mlab_forecast_text_at(r, map, "by"), *fte = mlab_forecast_text_at(r, map, "fte");
    source->place = mlab_setting_place(map);
    if (!from || !*from) return mlab_forecast_stop(r, "bad_value", source->place, "", err, "from must be the name of the column with the salaries");
    mlab_status status = check_keys(r, map, keys, sizeof keys / sizeof *keys, "forecast.salary", err);
    if (!status) status = read_times(r, map, err);
    if (!status) status = keep(r, from, &source->from, err);
    if (!status) status = keep(r, by ? by : "grade", &source->by, err);
    source->fte_stated = fte != NULL;
    if (!status && !(fte && !strcmp(fte, "no"))) status = keep(r, fte ? fte : "fte", &source->fte, err);
    if (!status && currency) status = read_currency(r, currency, err);
    return status;
}

mlab_status mlab_forecast_read_band_units(const mlab_forecast_reader *r, const mlab_setting *map, mlab_error *err)
{
    static const char *const keys[] = {"by", "file", "sheet", "column", "per", "hours_per_year", "currency"};
    const mlab_setting *currency = mlab_settings_find(r->settings, map, "currency");
    mlab_status status = check_keys(r, map, keys, sizeof keys / sizeof *keys, "forecast.salary", err);
    if (!status) status = read_times(r, map, err);
    if (!status && currency) status = read_currency(r, currency, err);
    return status;
}
