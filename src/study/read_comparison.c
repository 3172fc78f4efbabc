/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block comparison: reference, adjustment, horizons, subgroups. Columns are checked when the data are there. */
#include "core/error.h"
#include "core/number.h"
#include "study/inside.h"

#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static mlab_status read_estimands(const mlab_study_reading *reading, const mlab_setting *block, mlab_error *err)
{
    const mlab_setting *list = mlab_settings_find(reading->settings, block, "estimands");
    if (!list || mlab_setting_kind_of(list) == MLAB_SETTING_MAP) return MLAB_OK;
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < mlab_setting_size(list); i++) {
        const mlab_setting *item = mlab_setting_item(list, i);
        const char *text = mlab_setting_text(item);
        mlab_place place = mlab_setting_place(item);
        if (strcmp(text, "ate") == 0) continue;
        if (strncmp(text, "att", 3) == 0 || strncmp(text, "ato", 3) == 0)
            status = mlab_study_stop(reading, "not_built", &place, text, err, "estimand '%s' is not built yet; ate is", text);
        else
            status = mlab_study_stop(reading, "bad_value", &place, text, err, "estimand is '%s', allowed ate", text);
    }
    return status;
}

/* Horizons of all units in months, ascending. */
static mlab_status read_horizons(const mlab_study_reading *reading, const mlab_setting *block, mlab_error *err)
{
    static const struct {
        const char *unit;
        double months;
    } units[] = {{"months", 1}, {"quarters", 3}, {"years", 12}};
    mlab_compare_spec *spec = &reading->study->comparison;
    const mlab_setting *map = mlab_settings_find(reading->settings, block, "horizons");
    if (!map || mlab_setting_kind_of(map) != MLAB_SETTING_MAP) return MLAB_OK;
    size_t n = 0;
    for (size_t u = 0; u < 3; u++) {
        const mlab_setting *list = mlab_settings_find(reading->settings, map, units[u].unit);
        if (list) n += mlab_setting_size(list);
    }
    spec->horizons = mlab_study_keep(reading->study, n, sizeof *spec->horizons);
    if (!spec->horizons) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read horizons");
    mlab_status status = MLAB_OK;
    for (size_t u = 0; u < 3; u++) {
        const mlab_setting *list = mlab_settings_find(reading->settings, map, units[u].unit);
        for (size_t i = 0; !status && list && i < mlab_setting_size(list); i++) {
            const mlab_setting *item = mlab_setting_item(list, i);
            const char *text = mlab_setting_text(item);
            mlab_place place = mlab_setting_place(item);
            double value;
            if (mlab_number_parse(text, strlen(text), '.', &value) && value > 0 && value * units[u].months <= 1200)
                spec->horizons[spec->n_horizons++] = value * units[u].months;
            else
                status = mlab_study_stop(reading, "bad_value", &place, text, err,
                                         "horizon is '%s', allowed a number of %s above 0, at most 100 years", text, units[u].unit);
        }
    }
    if (spec->n_horizons) qsort(spec->horizons, spec->n_horizons, sizeof *spec->horizons, by_value);
    return status;
}

mlab_status mlab_study_read_comparison(const mlab_study_reading *reading, mlab_error *err)
{
    mlab_compare_spec *spec = &reading->study->comparison;
    spec->satisfied_from = -1;
    const mlab_setting *block = mlab_settings_find(reading->settings, NULL, "comparison");
    if (!block || mlab_setting_kind_of(block) != MLAB_SETTING_MAP) return MLAB_OK;
    const char *reference = mlab_study_text_at(reading, block, "reference");
    if (reference && !(spec->reference = mlab_study_keep_text(reading->study, reference)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read the comparison");
    mlab_status status = mlab_study_list_at(reading, block, "adjust", &spec->adjust, &spec->n_adjust, err);
    if (!status) status = mlab_study_list_at(reading, block, "by", &spec->by, &spec->n_by, err);
    if (!status) status = mlab_study_list_at(reading, block, "states", &spec->states, &spec->n_states, err);
    if (!status) status = read_estimands(reading, block, err);
    if (!status) status = read_horizons(reading, block, err);
    return status;
}
