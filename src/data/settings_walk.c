/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk of a study file against the rows of the options tables: everything that is wrong, at once.
 *
 * A row's key is a path; '*' stands for a free name. A map's rows are those whose keys go on below it. A literal name
 * wins over '*' where both end at the same place; both lead on to deeper rows.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "data/settings_tree.h"

#include <stdio.h>
#include <string.h>

#define PATH_SIZE 512

typedef struct walking {
    mlab_settings *settings;
    mlab_findings *findings;
} walking;

static const char *segment_end(const char *rest)
{
    return rest + strcspn(rest, ".");
}

static bool segment_is(const char *rest, const char *name)
{
    size_t n = (size_t)(segment_end(rest) - rest);
    return strlen(name) == n && !strncmp(rest, name, n);
}

static mlab_status say(const walking *w, const char *kind, const mlab_place *place, mlab_error *err, const char *sentence)
{
    return mlab_findings_add(w->findings, MLAB_SEVERITY_STOP, kind, place, NULL, NULL, err, "%s", sentence);
}

/* "comparison", or "the study file" at the top */
static const char *where(const char *path)
{
    return *path ? path : "the study file";
}

/* A percentage where a share is asked for is the likeliest slip: it gets the number to write. */
static void say_percent(const mlab_option *row, const char *text, char *into, size_t size)
{
    double value;
    into[0] = '\0';
    if (row->type != MLAB_OPTION_NUMBER || row->high > 1 || !mlab_number_parse(text, strlen(text), '.', &value)) return;
    if (value <= 1 || value / 100 < row->low || value / 100 > row->high) return;
    char share[32];
    mlab_number_print(value / 100, share, sizeof share);
    snprintf(into, size, "; for %s %% write %s", text, share);
}

static mlab_status check_text(const mlab_setting *value, const mlab_option *row, const char *path, mlab_findings *findings, mlab_error *err)
{
    mlab_place place = mlab_setting_place(value);
    if (!*value->text && !value->quoted)
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "no_value", &place, NULL, NULL, err, "key '%s' has no value", path);
    if (row->type == MLAB_OPTION_LIST || row->type == MLAB_OPTION_TEXT || row->type == MLAB_OPTION_ANY) return MLAB_OK;
    union {
        bool flag;
        int64_t integer;
        double number;
        const char *text;
        int choice;
        int32_t date;
    } ignored;
    mlab_option named = *row;
    named.key = path;
    mlab_error why = {0};
    if (mlab_option_read(&named, value->text, &ignored, &why) == MLAB_OK) return MLAB_OK;
    char percent[160];
    say_percent(row, value->text, percent, sizeof percent);
    return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "bad_value", &place, value->text, NULL, err, "%s%s", why.sentence, percent);
}

static mlab_status check_list(const mlab_setting *list, const char *path, mlab_findings *findings, mlab_error *err)
{
    for (size_t i = 0; i < list->n; i++) {
        const mlab_setting *item = list->entries[i].value;
        if (item->kind == MLAB_SETTING_TEXT) continue;
        mlab_place place = mlab_setting_place(item);
        mlab_status status =
            mlab_findings_add(findings, MLAB_SEVERITY_STOP, "wrong_kind", &place, NULL, NULL, err, "%s has a %s as item %zu, allowed texts", path,
                              item->kind == MLAB_SETTING_MAP ? "map (key: value)" : "list", i + 1);
        if (status) return status;
    }
    return MLAB_OK;
}

mlab_status mlab_settings_check_value(const mlab_setting *value, const mlab_option *row, const char *path, mlab_findings *findings, mlab_error *err)
{
    if (row->type == MLAB_OPTION_ANY) return value->kind == MLAB_SETTING_TEXT ? check_text(value, row, path, findings, err) : MLAB_OK;
    mlab_setting_kind wanted = row->type == MLAB_OPTION_MAP                                        ? MLAB_SETTING_MAP
                               : row->type == MLAB_OPTION_LIST && value->kind != MLAB_SETTING_TEXT ? MLAB_SETTING_LIST
                                                                                                   : MLAB_SETTING_TEXT;
    if (value->kind != wanted) {
        static const char *const kinds[] = {"one value", "a list [a, b]", "a map (key: value)"};
        mlab_place place = mlab_setting_place(value);
        bool empty = value->kind == MLAB_SETTING_TEXT && !*value->text && !value->quoted;
        if (empty) return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "no_value", &place, NULL, NULL, err, "key '%s' has no value", path);
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "wrong_kind", &place, value->text, NULL, err, "%s is %s, allowed %s", path,
                                 kinds[value->kind], row->type == MLAB_OPTION_LIST ? "a list [a, b] or one value" : kinds[wanted]);
    }
    if (wanted == MLAB_SETTING_TEXT) return check_text(value, row, path, findings, err);
    return wanted == MLAB_SETTING_LIST ? check_list(value, path, findings, err) : MLAB_OK;
}

/* Rows that go on below `name`, into `below`; *exact = the row that ends there. Returns how many go on. */
static size_t follow(const mlab_settings_match *rows, size_t n, const char *name, mlab_settings_match *below, const mlab_option **exact)
{
    size_t n_below = 0;
    bool exact_literal = false;
    *exact = NULL;
    for (size_t i = 0; i < n; i++) {
        bool literal = segment_is(rows[i].rest, name), star = segment_is(rows[i].rest, "*");
        if (!literal && !star) continue;
        const char *end = segment_end(rows[i].rest);
        if (*end == '.') {
            below[n_below++] = (mlab_settings_match){rows[i].row, end + 1};
        } else if (literal || !exact_literal) {
            *exact = rows[i].row;
            exact_literal = literal;
        }
    }
    return n_below;
}

/* The only row elsewhere that ends in this key: its path without the key, for "it belongs in". */
static void home_of(const mlab_settings *settings, const char *key, char *into, size_t size)
{
    size_t found = 0;
    into[0] = '\0';
    for (size_t t = 0; t < settings->n_tables; t++)
        for (size_t i = 0; i < settings->n_rows[t]; i++) {
            const char *path = settings->tables[t][i].key, *dot = strrchr(path, '.');
            if (strcmp(dot ? dot + 1 : path, key) || (settings->tables[t][i].marks & MLAB_OPTION_NOT_BUILT)) continue;
            if (found++ == 0) snprintf(into, size, "%.*s", dot ? (int)(dot - path) : 14, dot ? path : "the study file");
        }
    if (found != 1) into[0] = '\0';
}

static mlab_status say_unknown(const walking *w, const char *key, const mlab_place *place, const char *path, const mlab_settings_match *rows,
                               size_t n, mlab_error *err)
{
    const mlab_context *context = w->settings->context;
    char(*names)[64] = mlab_allocate(context, n, sizeof *names);
    const char **candidates = mlab_allocate(context, n, sizeof *candidates);
    char sentence[1200], home[PATH_SIZE];
    mlab_status status = MLAB_OK;
    if (!names || !candidates) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to check %s", w->settings->file);
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof names[i], "%.*s", (int)(segment_end(rows[i].rest) - rows[i].rest), rows[i].rest);
        candidates[i] = names[i];
    }
    const char *nearest = mlab_nearest(key, candidates, n);
    home_of(w->settings, key, home, sizeof home);
    int length = snprintf(sentence, sizeof sentence, "unknown key '%.200s' in %s", key, where(path));
    if (nearest && strcmp(nearest, "*"))
        snprintf(sentence + length, sizeof sentence - (size_t)length, "; did you mean '%s'?", nearest);
    else if (*home)
        snprintf(sentence + length, sizeof sentence - (size_t)length, "; it belongs in %s", home);
    status = say(w, "unknown_key", place, err, sentence);
out:
    mlab_release(context, candidates);
    mlab_release(context, names);
    return status;
}

static mlab_status walk_map(const walking *w, const mlab_setting *map, const char *path, const mlab_place *place, const mlab_settings_match *rows,
                            size_t n, mlab_error *err);

static mlab_status walk_entry(const walking *w, const mlab_setting *map, size_t i, const char *parent, const mlab_settings_match *rows, size_t n,
                              mlab_settings_match *below, mlab_error *err)
{
    const mlab_setting_entry *entry = &map->entries[i];
    mlab_place place = mlab_setting_key_place(map, i);
    char path[PATH_SIZE], sentence[PATH_SIZE + 40];
    snprintf(path, sizeof path, "%s%s%s", parent, *parent ? "." : "", entry->key);
    const mlab_option *exact;
    size_t n_below = follow(rows, n, entry->key, below, &exact);

    if (!exact && !n_below) return say_unknown(w, entry->key, &place, parent, rows, n, err);
    if (exact && (exact->marks & MLAB_OPTION_NOT_BUILT)) {
        snprintf(sentence, sizeof sentence, "%s is not built yet", path);
        return say(w, "not_built", &place, err, sentence);
    }
    if (n_below && entry->value->kind == MLAB_SETTING_MAP) return walk_map(w, entry->value, path, &place, below, n_below, err);
    if (exact) return mlab_settings_check_value(entry->value, exact, path, w->findings, err);
    static const mlab_option map_row = {.type = MLAB_OPTION_MAP};
    return mlab_settings_check_value(entry->value, &map_row, path, w->findings, err);
}

static mlab_status say_missing(const walking *w, const mlab_setting *map, const char *path, const mlab_place *place, const mlab_settings_match *rows,
                               size_t n, mlab_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const char *rest = rows[i].rest;
        if (!(rows[i].row->marks & MLAB_OPTION_REQUIRED) || *segment_end(rest) || mlab_setting_entry_of(map, rest, strlen(rest))) continue;
        char sentence[PATH_SIZE + 200];
        snprintf(sentence, sizeof sentence, "missing key '%s' in %s (%s)", rest, where(path), rows[i].row->help ? rows[i].row->help : "required");
        mlab_status status = say(w, "missing_key", place, err, sentence);
        if (status) return status;
    }
    return MLAB_OK;
}

static mlab_status walk_map(const walking *w, const mlab_setting *map, const char *path, const mlab_place *place, const mlab_settings_match *rows,
                            size_t n, mlab_error *err)
{
    mlab_settings_match *below = mlab_allocate(w->settings->context, n, sizeof *below);
    if (!below) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to check %s", w->settings->file);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < map->n; i++) status = walk_entry(w, map, i, path, rows, n, below, err);
    if (!status) status = say_missing(w, map, path, place, rows, n, err);
    mlab_release(w->settings->context, below);
    return status;
}

mlab_status mlab_settings_walk(mlab_settings *settings, mlab_findings *findings, mlab_error *err)
{
    const walking w = {settings, findings};
    mlab_place place = mlab_place_text(settings->file, 1, 1);
    if (settings->root->kind != MLAB_SETTING_MAP)
        return say(&w, "wrong_kind", &place, err, "the study file must be a map of keys (key: value) at the top");
    size_t n = 0;
    for (size_t t = 0; t < settings->n_tables; t++) n += settings->n_rows[t];
    mlab_settings_match *rows = mlab_allocate(settings->context, n, sizeof *rows);
    if (!rows) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to check %s", settings->file);
    size_t k = 0;
    for (size_t t = 0; t < settings->n_tables; t++)
        for (size_t i = 0; i < settings->n_rows[t]; i++) rows[k++] = (mlab_settings_match){&settings->tables[t][i], settings->tables[t][i].key};
    mlab_status status = walk_map(&w, settings->root, "", &place, rows, n, err);
    mlab_release(settings->context, rows);
    return status;
}
