/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the study says of scores, and the columns that they are made from. */
#include "data/measures.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"

#include <string.h>

/* --- what the study says ----------------------------------------------------------------------------- */

bool mlab_measure_is_single(const mlab_measure_spec *measure)
{
    return !measure->items || mlab_setting_size(measure->items) == 1;
}

static bool holds(const mlab_setting *list, const char *text)
{
    for (size_t i = 0; list && i < mlab_setting_size(list); i++)
        if (!strcmp(mlab_setting_text(mlab_setting_item(list, i)), text)) return true;
    return false;
}

/* Reversed items must be items, and no more can be needed than there are. */
static mlab_status check_stated(const mlab_loading *l, const mlab_measure_spec *measure, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; measure->reverse && i < mlab_setting_size(measure->reverse) && !status; i++) {
        const mlab_setting *item = mlab_setting_item(measure->reverse, i);
        const char *text = mlab_setting_text(item);
        if (holds(measure->items, text) || (measure->from && !strcmp(measure->from, text))) continue;
        mlab_place place = mlab_setting_place(item);
        status = mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "unknown_item", &place, text, NULL, err,
                                   "'%.80s' is reversed and is none of the items of %.80s", text, measure->name);
    }
    size_t n = measure->items ? mlab_setting_size(measure->items) : 1;
    if (status || measure->need <= (int32_t)n) return status;
    mlab_place place = mlab_setting_place(mlab_settings_find(l->settings, measure->at, "need"));
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "too_much_needed", &place, NULL, NULL, err, "%s needs %d answers, it has %zu items",
                             measure->name, (int)measure->need, n);
}

mlab_status mlab_measures_add(mlab_loading *l, mlab_measure_specs *measures, const char *name, const char *fallback, const mlab_setting *at,
                              const mlab_setting *scale, mlab_error *err)
{
    mlab_status status = mlab_grow(l->context, &measures->items, measures->n, &measures->capacity, sizeof *measures->items, err);
    if (status) return status;
    mlab_measure_spec *made = &measures->items[measures->n++];
    *made = (mlab_measure_spec){.name = name, .from = fallback, .scale = scale, .at = at, .optional = !at};
    if (at && mlab_setting_kind_of(at) == MLAB_SETTING_TEXT && *mlab_setting_text(at)) made->from = mlab_setting_text(at);
    if (!at || mlab_setting_kind_of(at) != MLAB_SETTING_MAP) return MLAB_OK;
    const mlab_setting *own = mlab_settings_find(l->settings, at, "scale"), *from = mlab_settings_find(l->settings, at, "from");
    const mlab_setting *need = mlab_settings_find(l->settings, at, "need");
    int64_t number = 0;
    made->items = mlab_settings_find(l->settings, at, "items");
    made->reverse = mlab_settings_find(l->settings, at, "reverse");
    if (own) made->scale = own;
    if (from && *mlab_setting_text(from)) made->from = mlab_setting_text(from);
    if (need && mlab_integer_parse(mlab_setting_text(need), strlen(mlab_setting_text(need)), &number) && number > 0 && number < 1000)
        made->need = (int32_t)number;
    if (made->items && mlab_setting_size(made->items) == 0) made->items = NULL;
    if (made->items && mlab_setting_size(made->items) == 1) made->from = mlab_setting_text(mlab_setting_item(made->items, 0));
    if (made->items && mlab_setting_size(made->items) > 1) made->from = NULL;
    return check_stated(l, made, err);
}

mlab_status mlab_measures_stated(mlab_loading *l, const char *block, const mlab_setting *scale, mlab_measure_specs *measures, mlab_error *err)
{
    const mlab_setting *all = mlab_loading_at(l, block, "measures");
    mlab_status status = MLAB_OK;
    for (size_t i = 0; all && mlab_setting_kind_of(all) == MLAB_SETTING_MAP && i < mlab_setting_size(all) && !status; i++)
        status = mlab_measures_add(l, measures, mlab_setting_key(all, i), mlab_setting_key(all, i), mlab_setting_item(all, i), scale, err);
    return status;
}

/* Answers are labels of the scale, whatever their case and the blanks around them. */
static void put_scale(const mlab_measure_spec *measure, mlab_column_spec *spec)
{
    spec->optional = measure->optional;
    if (measure->scale) {
        spec->type = MLAB_READ_FACTOR;
        spec->levels = measure->scale;
        spec->ordered = spec->folded = true;
    } else if (measure->kind && (!strcmp(measure->kind, "number") || !strcmp(measure->kind, "count"))) {
        spec->type = MLAB_READ_NUMBER;
    }
}

mlab_status mlab_measures_columns(mlab_loading *l, const char *block, const mlab_measure_specs *measures, mlab_specs *specs, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < measures->n && !status; k++) {
        const mlab_measure_spec *measure = &measures->items[k];
        mlab_column_spec *spec;
        if (mlab_measure_is_single(measure)) {
            status = mlab_loading_column(l, block, measure->name, measure->from, MLAB_READ_FOUND, true, specs, &spec, err);
            if (status) return status;
            spec->from = measure->from;
            if (measure->at) spec->place = mlab_setting_place(measure->at);
            put_scale(measure, spec);
            continue;
        }
        for (size_t i = 0; i < mlab_setting_size(measure->items) && !status; i++) {
            const mlab_setting *item = mlab_setting_item(measure->items, i);
            status = mlab_loading_column(l, block, mlab_setting_text(item), mlab_setting_text(item), MLAB_READ_FOUND, true, specs, &spec, err);
            if (status) return status;
            spec->place = mlab_setting_place(item);
            put_scale(measure, spec);
        }
    }
    return status;
}
