/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block predict: profiles as named lists of values, and what is predicted of each outcome. What only the data tell (columns, levels, models) is
 * judged when they are there (study/bind_predict.c). */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "study/inside.h"

#include <string.h>

enum { MOST_PROFILES = 100, MOST_TIMES = 100 };

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read what is predicted");
}

static const mlab_setting *map_at(const mlab_study_reading *reading, const mlab_setting *from, const char *key)
{
    const mlab_setting *found = mlab_settings_find(reading->settings, from, key);
    return found && mlab_setting_kind_of(found) == MLAB_SETTING_MAP ? found : NULL;
}

static mlab_status read_profile(const mlab_study_reading *reading, const mlab_setting *all, size_t k, mlab_predict_profile *to, mlab_error *err)
{
    const mlab_setting *map = mlab_setting_item(all, k);
    size_t n = mlab_setting_kind_of(map) == MLAB_SETTING_MAP ? mlab_setting_size(map) : 0;
    to->place = mlab_setting_key_place(all, k);
    to->name = mlab_study_keep_text(reading->study, mlab_setting_key(all, k));
    to->values = mlab_study_keep(reading->study, n, sizeof *to->values);
    if (!to->name || !to->values) return no_memory(err);
    if (n == 0)
        return mlab_study_stop(reading, "missing_key", &to->place, to->name, err, "profile '%s' names no column: {column: value, ...}", to->name);
    for (size_t v = 0; v < n; v++) {
        const mlab_setting *item = mlab_setting_item(map, v);
        mlab_profile_value *value = &to->values[v];
        if (mlab_setting_kind_of(item) != MLAB_SETTING_TEXT) continue; /* a finding of the walk */
        const char *text = mlab_setting_text(item);
        value->place = mlab_setting_place(item);
        value->column = mlab_study_keep_text(reading->study, mlab_setting_key(map, v));
        value->text = mlab_study_keep_text(reading->study, text);
        value->is_number = mlab_number_parse(text, strlen(text), '.', &value->number);
        if (!value->column || !value->text) return no_memory(err);
        to->n_values = v + 1;
    }
    return MLAB_OK;
}

static mlab_status read_profiles(const mlab_study_reading *reading, const mlab_setting *block, mlab_error *err)
{
    mlab_predict_spec *spec = &reading->study->predict;
    const mlab_setting *all = map_at(reading, block, "profiles");
    size_t n = all ? mlab_setting_size(all) : 0;
    if (n > MOST_PROFILES) {
        mlab_place place = mlab_setting_place(all);
        return mlab_study_stop(reading, "bad_value", &place, NULL, err, "%zu profiles; at most %d are predicted for", n, MOST_PROFILES);
    }
    if (!(spec->profiles = mlab_study_keep(reading->study, n, sizeof *spec->profiles))) return no_memory(err);
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < n && !status; k++) {
        status = read_profile(reading, all, k, &spec->profiles[k], err);
        if (!status && spec->profiles[k].name) spec->n_profiles = k + 1;
    }
    return status;
}

static mlab_status read_reference(const mlab_study_reading *reading, const mlab_setting *block, mlab_error *err)
{
    mlab_predict_spec *spec = &reading->study->predict;
    const char *name = mlab_study_text_at(reading, block, "reference");
    spec->reference = SIZE_MAX;
    if (!name) return MLAB_OK;
    for (size_t k = 0; k < spec->n_profiles; k++)
        if (strcmp(spec->profiles[k].name, name) == 0) spec->reference = k;
    if (spec->reference != SIZE_MAX) return MLAB_OK;
    mlab_text known = MLAB_TEXT(reading->study->context);
    for (size_t k = 0; k < spec->n_profiles; k++) mlab_text_print(&known, "%s%s", k ? ", " : "", spec->profiles[k].name);
    mlab_place place = mlab_setting_place(mlab_settings_find(reading->settings, block, "reference"));
    mlab_status status = mlab_study_stop(reading, "unknown_profile", &place, name, err, "'%s' is no profile, allowed %s", name,
                                         spec->n_profiles ? mlab_text_get(&known) : "those under predict.profiles, where there are none");
    mlab_text_free(&known);
    return status;
}

/* A list in the unit of the data, or a map of one unit and its list. */
static mlab_status read_times(const mlab_study_reading *reading, const mlab_setting *map, mlab_predict_outcome *to, mlab_error *err)
{
    const mlab_setting *list = mlab_settings_find(reading->settings, map, "times");
    if (list && mlab_setting_kind_of(list) == MLAB_SETTING_MAP) {
        mlab_place place = mlab_setting_place(list);
        if (mlab_setting_size(list) != 1)
            return mlab_study_stop(reading, "bad_value", &place, NULL, err, "times are of one unit, as in times: {months: [6, 12]}");
        if (!(to->stated_unit = mlab_study_keep_text(reading->study, mlab_setting_key(list, 0)))) return no_memory(err);
        list = mlab_setting_item(list, 0);
        if (mlab_setting_kind_of(list) == MLAB_SETTING_MAP) return MLAB_OK; /* a finding of the walk */
    }
    size_t n = list ? mlab_setting_size(list) : 0;
    mlab_status status = MLAB_OK;
    if (n > MOST_TIMES) return mlab_study_stop(reading, "bad_value", &to->place, NULL, err, "%zu times; at most %d are predicted at", n, MOST_TIMES);
    if (!(to->times = mlab_study_keep(reading->study, n, sizeof *to->times))) return no_memory(err);
    for (size_t i = 0; i < n && !status; i++) {
        const mlab_setting *item = mlab_setting_item(list, i);
        const char *text = mlab_setting_text(item);
        mlab_place place = mlab_setting_place(item);
        double value, last = to->n_times ? to->times[to->n_times - 1] : -1;
        if (mlab_number_parse(text, strlen(text), '.', &value) && value >= 0 && value > last && value < 1e9)
            to->times[to->n_times++] = value;
        else
            status = mlab_study_stop(reading, "bad_value", &place, text, err, "time is '%s', allowed rising numbers from 0 on", text);
    }
    return status;
}

static mlab_status read_outcome(const mlab_study_reading *reading, const mlab_setting *all, size_t k, mlab_predict_outcome *to, mlab_error *err)
{
    const mlab_setting *map = mlab_setting_item(all, k);
    to->place = mlab_setting_key_place(all, k);
    to->scale = -1;
    to->outcome = mlab_study_keep_text(reading->study, mlab_setting_key(all, k));
    if (!to->outcome) return no_memory(err);
    if (mlab_setting_kind_of(map) != MLAB_SETTING_MAP) return MLAB_OK;
    const char *scale = mlab_study_text_at(reading, map, "scale"), *effects = mlab_study_text_at(reading, map, "effects");
    for (int s = 0; scale && mlab_scale_name(s); s++)
        if (strcmp(mlab_scale_name(s), scale) == 0) to->scale = s;
    to->typical = effects && strcmp(effects, "typical") == 0;
    mlab_status status = read_times(reading, map, to, err);
    if (status || to->scale <= MLAB_SCALE_RESPONSE || mlab_settings_find(reading->settings, map, "times")) return status;
    return mlab_study_stop(reading, "missing_key", &to->place, to->outcome, err, "%s is predicted over time: write times, as in times: [4, 8]",
                           scale);
}

mlab_status mlab_study_read_predict(const mlab_study_reading *reading, mlab_error *err)
{
    mlab_study *study = reading->study;
    mlab_predict_spec *spec = &study->predict;
    const mlab_setting *block = mlab_settings_find(reading->settings, NULL, "predict");
    if (!block || mlab_setting_kind_of(block) != MLAB_SETTING_MAP) return MLAB_OK;
    const char *rows = mlab_study_text_at(reading, block, "rows"), *interval = mlab_study_text_at(reading, block, "interval");
    double number;
    *spec =
        (mlab_predict_spec){.people = rows && !strcmp(rows, "people"), .draws = interval && !strcmp(interval, "draws"), .n_draws = 1000, .seed = 1};
    if (mlab_study_number_at(reading, block, "draws", &number)) spec->n_draws = (int64_t)number;
    if (mlab_study_number_at(reading, block, "seed", &number)) spec->seed = (int64_t)number;
    mlab_status status = read_profiles(reading, block, err);
    if (!status) status = read_reference(reading, block, err);
    const mlab_setting *all = map_at(reading, block, "outcomes");
    size_t n = all ? mlab_setting_size(all) : 0;
    if (!status && !(spec->outcomes = mlab_study_keep(study, n, sizeof *spec->outcomes))) status = no_memory(err);
    for (size_t k = 0; k < n && !status; k++) {
        status = read_outcome(reading, all, k, &spec->outcomes[k], err);
        if (!status) spec->n_outcomes = k + 1;
    }
    study->fit_options.predict = spec;
    return status;
}
