/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the matching: block to a spec. */
#include "match/spec.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "core/text.h"
#include "match/match.h"

#include <string.h>

mlab_status mlab_spec_no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the rules of matching");
}

mlab_status mlab_spec_keep(const mlab_spec_reader *r, const char *text, char **into, mlab_error *err)
{
    if (!text) return MLAB_OK;
    *into = mlab_copy_text(r->context, text);
    return *into ? MLAB_OK : mlab_spec_no_memory(err);
}

mlab_status mlab_spec_keep_path(const mlab_spec_reader *r, const char *path, char **into, mlab_error *err)
{
    char *folder = mlab_os_folder_of(r->context, mlab_settings_file(r->settings));
    *into = folder ? mlab_os_join(r->context, folder, path) : NULL;
    mlab_release(r->context, folder);
    return *into ? MLAB_OK : mlab_spec_no_memory(err);
}

mlab_status mlab_spec_keep_list(const mlab_spec_reader *r, const mlab_setting *list, char ***into, size_t *n, mlab_error *err)
{
    if (mlab_setting_kind_of(list) == MLAB_SETTING_MAP)
        return mlab_spec_stop(r, "wrong_kind", mlab_setting_place(list), "", err, "a map where a list of names is allowed");
    *into = mlab_allocate(r->context, mlab_setting_size(list), sizeof **into);
    mlab_status status = *into ? MLAB_OK : mlab_spec_no_memory(err);
    for (size_t i = 0; !status && i < mlab_setting_size(list); i++) {
        const mlab_setting *item = mlab_setting_item(list, i);
        if (mlab_setting_kind_of(item) != MLAB_SETTING_TEXT || !*mlab_setting_text(item))
            return mlab_spec_stop(r, "wrong_kind", mlab_setting_place(item), "", err, "an item of the list is no name");
        status = mlab_spec_keep(r, mlab_setting_text(item), &(*into)[*n], err);
        *n += !status;
    }
    return status;
}

const char *mlab_spec_text(const mlab_spec_reader *r, const mlab_setting *map, const char *key)
{
    const mlab_setting *found = mlab_settings_find(r->settings, map, key);
    return found && mlab_setting_kind_of(found) == MLAB_SETTING_TEXT ? mlab_setting_text(found) : NULL;
}

bool mlab_spec_number(const mlab_spec_reader *r, const mlab_setting *map, const char *key, double *value)
{
    const char *text = mlab_spec_text(r, map, key);
    return text && mlab_number_parse(text, strlen(text), '.', value);
}

bool mlab_spec_is(const char *text, const char *word)
{
    return text && strcmp(text, word) == 0;
}

mlab_status mlab_spec_stop(const mlab_spec_reader *r, const char *kind, mlab_place place, const char *value, mlab_error *err, const char *sentence)
{
    return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, kind, &place, value, "", err, "%s", sentence);
}

/* --- places --------------------------------------------------------------------------------------- */

/* capacity: 2 is short for capacity: {default: 2}. */
static mlab_status read_short_capacity(const mlab_spec_reader *r, mlab_error *err)
{
    const mlab_setting *capacity = mlab_settings_find(r->settings, NULL, "matching.mentors.capacity");
    if (!capacity || mlab_setting_kind_of(capacity) == MLAB_SETTING_MAP) return MLAB_OK;
    const char *text = mlab_setting_text(capacity);
    int64_t places;
    if (mlab_setting_kind_of(capacity) != MLAB_SETTING_TEXT || !mlab_integer_parse(text, strlen(text), &places) || places < 0 || places > 100)
        return mlab_spec_stop(r, "bad_value", mlab_setting_place(capacity), text, err,
                              "capacity must be a whole number from 0 to 100, or {from: column, default: 1}");
    r->spec->default_capacity = (int32_t)places;
    return MLAB_OK;
}

/* least: a number for all, or a column. */
static mlab_status read_least(const mlab_spec_reader *r, const char *text, mlab_error *err)
{
    int64_t least;
    if (!text) return MLAB_OK;
    if (!mlab_integer_parse(text, strlen(text), &least)) return mlab_spec_keep(r, text, &r->spec->least_column, err);
    if (least < 0 || least > 100)
        return mlab_spec_stop(r, "bad_value", mlab_setting_place(mlab_settings_find(r->settings, NULL, "matching.mentors.capacity.least")), text, err,
                              "least must be a whole number from 0 to 100, or a column");
    r->spec->default_least = (int32_t)least;
    if (!r->spec->capacity_column && r->spec->default_least > r->spec->default_capacity)
        return mlab_spec_stop(r, "contradictory_bounds", r->spec->places.least, text, err, "least is above the places that every mentor offers");
    return MLAB_OK;
}

/* --- what people want ------------------------------------------------------------------------------- */

static mlab_status read_wishes(const mlab_spec_reader *r, const char *path, mlab_wishes *wishes, mlab_error *err)
{
    const mlab_setting *map = mlab_settings_find(r->settings, NULL, path);
    if (!map || mlab_setting_kind_of(map) != MLAB_SETTING_MAP) return MLAB_OK;
    const mlab_setting *ranks = mlab_settings_find(r->settings, map, "ranks");
    wishes->place = mlab_setting_place(map);
    wishes->only = mlab_spec_is(mlab_spec_text(r, map, "only"), "yes");
    mlab_status status = ranks ? mlab_spec_keep_list(r, ranks, &wishes->columns, &wishes->n_columns, err) : MLAB_OK;
    return status ? status : mlab_spec_keep(r, mlab_spec_text(r, map, "not"), &wishes->not_column, err);
}

static mlab_status read_lock(const mlab_spec_reader *r, const mlab_setting *item, mlab_error *err)
{
    const bool map = mlab_setting_kind_of(item) == MLAB_SETTING_MAP;
    const char *mentor = map ? mlab_spec_text(r, item, "mentor") : NULL, *mentee = map ? mlab_spec_text(r, item, "mentee") : NULL;
    if (!mentor || !mentee || mlab_setting_size(item) != 2)
        return mlab_spec_stop(r, "wrong_kind", mlab_setting_place(item), "", err, "lock: each item is {mentor: id, mentee: id}; or lock: file.csv");
    mlab_lock *lock = &r->spec->locks[r->spec->n_locks++];
    lock->place = mlab_setting_place(item);
    mlab_status status = mlab_spec_keep(r, mentor, &lock->mentor, err);
    return status ? status : mlab_spec_keep(r, mentee, &lock->mentee, err);
}

static mlab_status read_locks(const mlab_spec_reader *r, mlab_error *err)
{
    const mlab_setting *lock = mlab_settings_find(r->settings, NULL, "matching.lock");
    if (!lock) return MLAB_OK;
    r->spec->lock_place = mlab_setting_place(lock);
    if (mlab_setting_kind_of(lock) == MLAB_SETTING_TEXT) {
        mlab_status status = mlab_spec_keep_path(r, mlab_setting_text(lock), &r->spec->lock_file, err);
        return status ? status : mlab_spec_keep(r, mlab_setting_text(lock), &r->spec->lock_name, err);
    }
    const bool one = mlab_setting_kind_of(lock) == MLAB_SETTING_MAP;
    const size_t n = one ? 1 : mlab_setting_size(lock);
    if (!(r->spec->locks = mlab_allocate(r->context, n, sizeof *r->spec->locks))) return mlab_spec_no_memory(err);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < n; i++) status = read_lock(r, one ? lock : mlab_setting_item(lock, i), err);
    return status;
}

static mlab_status read_carry(const mlab_spec_reader *r, mlab_error *err)
{
    const mlab_setting *carry = mlab_settings_find(r->settings, NULL, "matching.carry");
    return carry ? mlab_spec_keep_list(r, carry, &r->spec->carry, &r->spec->n_carry, err) : MLAB_OK;
}

/* A term by people's own choices needs to be told where they stand. */
static mlab_status check_choices(const mlab_spec_reader *r, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < r->spec->n_rules; k++) {
        const mlab_rule *rule = &r->spec->rules[k];
        const mlab_wishes *wishes = rule->of_mentors ? &r->spec->mentor_wishes : &r->spec->mentee_wishes;
        if (rule->kind == MLAB_RULE_CHOICE && !wishes->n_columns)
            status = mlab_spec_stop(r, "unclear_rule", rule->place, rule->name, err,
                                    rule->of_mentors ? "choice: mentors needs preferences: {mentors: {ranks: column}}"
                                                     : "choice: mentees needs preferences: {mentees: {ranks: [first, second]}}");
    }
    return status;
}

static void keep_places(const mlab_spec_reader *r)
{
    mlab_match_places *p = &r->spec->places;
    const struct {
        const char *path;
        mlab_place *place;
    } rows[] = {{"matching.id", &p->id},
                {"matching.role", &p->role},
                {"matching.mentors.capacity.from", &p->capacity},
                {"matching.mentors.capacity.least", &p->least},
                {"matching.mentors.hours", &p->mentor_hours},
                {"matching.mentees.hours", &p->mentee_hours},
                {"matching.preferences.by", &p->wish},
                {"matching.group", &p->group},
                {"matching.carry", &p->carry},
                {"matching.mentors.where", &r->spec->mentor_where_place},
                {"matching.mentees.where", &r->spec->mentee_where_place}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const mlab_setting *found = mlab_settings_find(r->settings, NULL, rows[k].path);
        if (found) *rows[k].place = mlab_setting_place(found);
    }
}

/* --- all --------------------------------------------------------------------------------------------- */

static mlab_status keep_fields(const mlab_spec_reader *r, const mlab_match_settings *fields, mlab_error *err)
{
    mlab_match_spec *spec = r->spec;
    spec->default_capacity = (int32_t)fields->default_capacity;
    spec->seed = (uint64_t)fields->seed;
    spec->most = (size_t)fields->candidates;
    spec->options = (mlab_policy_options){.gap = fields->gap, .time_limit = fields->time_limit, .minimum_score = fields->minimum};
    mlab_status status = mlab_spec_keep(r, fields->id_column, &spec->id_column, err);
    if (!status) status = mlab_spec_keep(r, fields->mentor_where, &spec->mentor_where, err);
    if (!status) status = mlab_spec_keep(r, fields->mentee_where, &spec->mentee_where, err);
    if (!status) status = mlab_spec_keep(r, fields->role_column, &spec->role_column, err);
    if (!status) status = mlab_spec_keep(r, fields->capacity_column, &spec->capacity_column, err);
    if (!status) status = mlab_spec_keep(r, fields->mentor_hours, &spec->mentor_hours_column, err);
    if (!status) status = mlab_spec_keep(r, fields->mentee_hours, &spec->mentee_hours_column, err);
    if (!status) status = mlab_spec_keep(r, fields->wish_column, &spec->wish_column, err);
    if (!status) status = mlab_spec_keep(r, fields->group_column, &spec->group_column, err);
    return status ? status : read_least(r, fields->least, err);
}

mlab_status mlab_match_spec_read(const mlab_context *context, const mlab_settings *settings, mlab_findings *findings, mlab_match_spec *spec,
                                 mlab_error *err)
{
    const mlab_spec_reader r = {context, settings, findings, spec};
    mlab_match_settings fields = {0};
    *spec = (mlab_match_spec){0};
    mlab_status status = mlab_settings_fill(settings, mlab_match_option_rows, mlab_match_n_option_rows, &fields, err);
    if (status) return status;
    keep_places(&r);
    status = keep_fields(&r, &fields, err);
    if (!status) status = read_short_capacity(&r, err);
    if (!status) status = mlab_spec_read_rules(&r, err);
    if (!status) status = mlab_spec_read_forbids(&r, err);
    if (!status) status = read_wishes(&r, "matching.preferences.mentees", &spec->mentee_wishes, err);
    if (!status) status = read_wishes(&r, "matching.preferences.mentors", &spec->mentor_wishes, err);
    if (!status) status = read_locks(&r, err);
    if (!status) status = read_carry(&r, err);
    if (!status) status = check_choices(&r, err);
    if (!status) status = mlab_spec_read_policies(&r, fields.compare, err);
    if (status) mlab_match_spec_free(context, spec);
    return status;
}
