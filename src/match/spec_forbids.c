/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From matching: forbid: to pairs that may not be. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "match/spec.h"

#include <string.h>

static const char *const forbid_names[] = {"line_manager", "past_pair", "same_team", "list"};
enum { N_FORBID = sizeof forbid_names / sizeof *forbid_names };

static int find_forbid(const char *name)
{
    for (int i = 0; i < N_FORBID; i++)
        if (mlab_spec_is(name, forbid_names[i])) return i;
    return -1;
}

static mlab_status unknown_forbid(const mlab_spec_reader *r, const char *name, mlab_place place, mlab_error *err)
{
    const char *near = mlab_nearest(name, forbid_names, N_FORBID);
    return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "unknown_key", &place, name, "", err,
                             "forbid: '%s' is not known, allowed line_manager, past_pair, same_team, list%s%s%s", name,
                             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static mlab_status read_forbid_pair(const mlab_spec_reader *r, const mlab_setting *map, size_t i, mlab_forbid *forbid, bool *named, mlab_error *err)
{
    const char *key = mlab_setting_key(map, i), *value = mlab_setting_text(mlab_setting_item(map, i));
    mlab_place place = mlab_setting_key_place(map, i);
    if (mlab_spec_is(key, "levels")) {
        int64_t levels;
        if (!mlab_integer_parse(value, strlen(value), &levels) || levels < 1 || levels > 50)
            return mlab_spec_stop(r, "bad_value", mlab_setting_place(mlab_setting_item(map, i)), value, err,
                                  "forbid: levels must be a whole number from 1 to 50");
        forbid->levels = (int)levels;
        return MLAB_OK;
    }
    const int kind = find_forbid(key);
    if (kind < 0) return unknown_forbid(r, key, place, err);
    if (*named) return mlab_spec_stop(r, "wrong_kind", place, key, err, "forbid: one rule an item, each with its own dash");
    *named = true;
    forbid->kind = (mlab_forbid_kind)kind;
    forbid->place = place;
    if (!*value) return mlab_spec_stop(r, "no_value", place, key, err, "forbid: the key has no value");
    return kind == MLAB_FORBID_LIST ? mlab_spec_keep_path(r, value, &forbid->column, err) : mlab_spec_keep(r, value, &forbid->column, err);
}

static mlab_status read_forbid(const mlab_spec_reader *r, const mlab_setting *item, mlab_error *err)
{
    mlab_forbid *forbid = &r->spec->forbids[r->spec->n_forbids];
    *forbid = (mlab_forbid){.levels = 1, .place = mlab_setting_place(item)};
    if (mlab_setting_kind_of(item) == MLAB_SETTING_TEXT) {
        const int kind = find_forbid(mlab_setting_text(item));
        if (kind < 0) return unknown_forbid(r, mlab_setting_text(item), forbid->place, err);
        if (kind == MLAB_FORBID_LIST)
            return mlab_spec_stop(r, "no_value", forbid->place, "list", err, "forbid: a list needs its file, {list: pairs.csv}");
        forbid->kind = (mlab_forbid_kind)kind;
        r->spec->n_forbids++;
        return MLAB_OK;
    }
    if (mlab_setting_kind_of(item) == MLAB_SETTING_LIST)
        return mlab_spec_stop(r, "wrong_kind", forbid->place, "", err, "forbid: a list in the list, allowed names and maps");
    bool named = false;
    mlab_status status = MLAB_OK;
    r->spec->n_forbids++; /* counted first: it may own a text already when a later key fails */
    for (size_t i = 0; !status && i < mlab_setting_size(item); i++) status = read_forbid_pair(r, item, i, forbid, &named, err);
    if (!status && !named) {
        r->spec->n_forbids--;
        status = mlab_spec_stop(r, "wrong_kind", forbid->place, "", err, "forbid: the item names none of line_manager, past_pair, same_team, list");
    }
    return status;
}

mlab_status mlab_spec_read_forbids(const mlab_spec_reader *r, mlab_error *err)
{
    const mlab_setting *forbid = mlab_settings_find(r->settings, NULL, "matching.forbid");
    if (!forbid) return MLAB_OK;
    const bool one = mlab_setting_kind_of(forbid) != MLAB_SETTING_LIST;
    const size_t n = one ? 1 : mlab_setting_size(forbid);
    if (!(r->spec->forbids = mlab_allocate(r->context, n, sizeof *r->spec->forbids))) return mlab_spec_no_memory(err);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < n; i++) status = read_forbid(r, one ? forbid : mlab_setting_item(forbid, i), err);
    return status;
}
