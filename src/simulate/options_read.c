/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scenarios and assumptions out of a study file. */
#include "simulate/options.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static mlab_status say_not_built(const mlab_setting *setting, const char *what, mlab_findings *findings, mlab_error *err)
{
    mlab_place place = mlab_setting_place(setting);
    return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "not_built", &place, mlab_setting_text(setting), NULL, err, "%s is not built yet", what);
}

mlab_status mlab_simulation_read(const mlab_settings *settings, mlab_findings *findings, mlab_simulate_options *options, mlab_error *err)
{
    mlab_status status = mlab_settings_fill(settings, mlab_simulate_option_rows, mlab_simulate_n_option_rows, options, err);
    const mlab_setting *promotions = mlab_settings_find(settings, NULL, "simulation.promotions");
    if (!status && promotions && options->promotions == 1) status = say_not_built(promotions, "simulation.promotions: vacancies", findings, err);
    return status;
}

static const mlab_option *row_of(const char *key)
{
    for (size_t k = 0; k < mlab_simulate_n_option_rows; k++)
        if (!strcmp(mlab_simulate_option_rows[k].key, key)) return &mlab_simulate_option_rows[k];
    return NULL;
}

/* The text at `key` of a scenario, else the row's default. */
static const char *text_of(const mlab_settings *settings, const mlab_setting *scenario, const char *key)
{
    char path[64];
    const mlab_setting *found = mlab_settings_find(settings, scenario, key);
    if (found && mlab_setting_kind_of(found) == MLAB_SETTING_TEXT) return mlab_setting_text(found);
    snprintf(path, sizeof path, "scenarios.*.%s", key);
    const char *fallback = row_of(path)->fallback;
    return fallback ? fallback : "";
}

/* Whole periods of a duration; what is off by more than 0.01 of a period is a finding. */
static mlab_status periods_of(const mlab_settings *settings, const mlab_setting *scenario, const char *key, int32_t months, mlab_findings *findings,
                              int32_t *periods, mlab_error *err)
{
    char path[64];
    double days = 0;
    *periods = 1;
    snprintf(path, sizeof path, "scenarios.*.%s", key);
    if (mlab_option_read(row_of(path), text_of(settings, scenario, key), &days, NULL)) return MLAB_OK; /* a finding of the walk already */
    double exact = days / (30.4375 * months), whole = floor(exact + 0.5);
    *periods = whole < 1 ? 1 : whole > 65535 ? 65535 : (int32_t)whole;
    if (fabs(exact - whole) <= 0.01 && whole >= 1) return MLAB_OK;
    const mlab_setting *found = mlab_settings_find(settings, scenario, key);
    mlab_place place = mlab_setting_place(found ? found : scenario);
    return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "not_whole_periods", &place, text_of(settings, scenario, key), NULL, err,
                             "%s must be a whole number of periods of %d months", key, (int)months);
}

static mlab_status check_policy(const mlab_settings *settings, const mlab_setting *scenario, mlab_findings *findings, mlab_error *err)
{
    const mlab_setting *policy = mlab_settings_find(settings, scenario, "policy");
    if (!policy || mlab_setting_kind_of(policy) != MLAB_SETTING_TEXT) return MLAB_OK;
    const char *name = mlab_setting_text(policy);
    if (!strcmp(name, "none") || mlab_policy_find(name)) return MLAB_OK;
    char allowed[240] = "none";
    for (size_t k = 0; mlab_policy_row(k); k++)
        snprintf(allowed + strlen(allowed), sizeof allowed - strlen(allowed), ", %s", mlab_policy_row(k)->name);
    mlab_place place = mlab_setting_place(policy);
    return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "unknown_policy", &place, name, NULL, err, "there is no matching rule '%s', allowed %s",
                             name, allowed);
}

static mlab_status read_scenario(const mlab_context *context, const mlab_settings *settings, const mlab_setting *block, size_t i, int32_t months,
                                 mlab_findings *findings, mlab_scenario *to, mlab_error *err)
{
    const mlab_setting *scenario = mlab_setting_item(block, i);
    mlab_status status;
    to->place = mlab_setting_key_place(block, i);
    to->name = mlab_copy_text(context, mlab_setting_key(block, i));
    to->policy = mlab_copy_text(context, text_of(settings, scenario, "policy"));
    to->arm = mlab_copy_text(context, text_of(settings, scenario, "arm"));
    if (!to->name || !to->policy || !to->arm) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a scenario");
    if ((status = check_policy(settings, scenario, findings, err))) return status;
    if ((status = periods_of(settings, scenario, "start_every", months, findings, &to->start_every, err))) return status;
    if ((status = periods_of(settings, scenario, "duration", months, findings, &to->duration, err))) return status;
    int64_t places = 0;
    if (!mlab_option_read(row_of("scenarios.*.places"), text_of(settings, scenario, "places"), &places, NULL)) to->places = (int32_t)places;
    return MLAB_OK;
}

void mlab_scenarios_free(const mlab_context *context, mlab_scenario *scenarios, size_t n)
{
    for (size_t i = 0; scenarios && i < n; i++) {
        mlab_release(context, scenarios[i].name);
        mlab_release(context, scenarios[i].policy);
        mlab_release(context, scenarios[i].arm);
    }
    mlab_release(context, scenarios);
}

mlab_status mlab_scenarios_read(const mlab_context *context, const mlab_settings *settings, int32_t months_per_period, mlab_findings *findings,
                                mlab_scenario **scenarios, size_t *n, mlab_error *err)
{
    const mlab_setting *block = mlab_settings_find(settings, NULL, "scenarios");
    bool map = block && mlab_setting_kind_of(block) == MLAB_SETTING_MAP;
    size_t count = map ? mlab_setting_size(block) : 1;
    mlab_status status = MLAB_OK;
    *n = 0;
    *scenarios = mlab_allocate(context, count, sizeof **scenarios);
    if (!*scenarios) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu scenarios", count);
    for (size_t i = 0; map && !status && i < count; i++)
        status = read_scenario(context, settings, block, i, months_per_period, findings, &(*scenarios)[i], err);
    if (!map) {
        mlab_scenario *today = *scenarios;
        *today = (mlab_scenario){.start_every = 1, .duration = 1};
        today->name = mlab_copy_text(context, "today");
        today->policy = mlab_copy_text(context, "none");
        today->arm = mlab_copy_text(context, "structured");
        if (!today->name || !today->policy || !today->arm) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a scenario");
    }
    if (status) {
        mlab_scenarios_free(context, *scenarios, count);
        *scenarios = NULL;
        return status;
    }
    *n = count;
    return MLAB_OK;
}

/* --- assumptions ----------------------------------------------------------------------------------- */

static mlab_status read_number(const mlab_setting *setting, const char *what, mlab_findings *findings, double *value, mlab_error *err)
{
    const char *text = mlab_setting_text(setting);
    if (mlab_setting_kind_of(setting) == MLAB_SETTING_TEXT && mlab_number_parse(text, strlen(text), '.', value)) return MLAB_OK;
    mlab_place place = mlab_setting_place(setting);
    return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "bad_value", &place, text, NULL, err, "%s must be a number, found '%s'", what, text);
}

static mlab_status read_assumption(const mlab_context *context, const mlab_settings *settings, const mlab_setting *block, size_t i,
                                   mlab_findings *findings, mlab_assumption *to, mlab_error *err)
{
    const mlab_setting *item = mlab_setting_item(block, i);
    bool map = mlab_setting_kind_of(item) == MLAB_SETTING_MAP;
    const mlab_setting *value = map ? mlab_settings_find(settings, item, "value") : item;
    const mlab_setting *se = map ? mlab_settings_find(settings, item, "standard_error") : NULL;
    const mlab_setting *source = map ? mlab_settings_find(settings, item, "source") : NULL;
    mlab_place place = mlab_setting_place(item);
    to->name = mlab_copy_text(context, mlab_setting_key(block, i));
    to->source = mlab_copy_text(context, source && *mlab_setting_text(source) ? mlab_setting_text(source) : "stated");
    if (!to->name || !to->source) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an assumption");
    for (size_t k = 0; map && k < mlab_setting_size(item); k++) {
        const char *key = mlab_setting_key(item, k);
        if (!strcmp(key, "value") || !strcmp(key, "standard_error") || !strcmp(key, "source")) continue;
        place = mlab_setting_key_place(item, k);
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "unknown_key", &place, NULL, NULL, err,
                                 "unknown key '%s' in an assumption, allowed value, standard_error, source", key);
    }
    if (!value)
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "missing_key", &place, NULL, NULL, err, "assumption %s has no value", to->name);
    mlab_status status = read_number(value, to->name, findings, &to->value, err);
    if (!status && se) status = read_number(se, "standard_error", findings, &to->standard_error, err);
    if (!status && to->standard_error < 0)
        status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "bad_value", &place, NULL, NULL, err,
                                   "the standard error of assumption %s is negative, allowed 0 or more", to->name);
    return status;
}

void mlab_assumptions_free(const mlab_context *context, mlab_assumption *assumptions, size_t n)
{
    for (size_t i = 0; assumptions && i < n; i++) {
        mlab_release(context, assumptions[i].name);
        mlab_release(context, assumptions[i].source);
    }
    mlab_release(context, assumptions);
}

mlab_status mlab_assumptions_read(const mlab_context *context, const mlab_settings *settings, mlab_findings *findings, mlab_assumption **assumptions,
                                  size_t *n, mlab_error *err)
{
    const mlab_setting *block = mlab_settings_find(settings, NULL, "simulation.assumptions");
    size_t count = block && mlab_setting_kind_of(block) == MLAB_SETTING_MAP ? mlab_setting_size(block) : 0;
    mlab_status status = MLAB_OK;
    *n = 0;
    *assumptions = NULL;
    if (block && mlab_setting_kind_of(block) == MLAB_SETTING_TEXT) status = say_not_built(block, "a named set of assumptions", findings, err);
    if (status) return status;
    *assumptions = mlab_allocate(context, count, sizeof **assumptions);
    if (!*assumptions) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu assumptions", count);
    for (size_t i = 0; !status && i < count; i++) status = read_assumption(context, settings, block, i, findings, &(*assumptions)[i], err);
    if (status) {
        mlab_assumptions_free(context, *assumptions, count);
        *assumptions = NULL;
        return status;
    }
    *n = count;
    return MLAB_OK;
}
