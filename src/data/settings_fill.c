/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the tree to options structs, to provenance text, and values from the command line over it. */
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/settings_tree.h"

#include <stdio.h>
#include <string.h>

/* Does the key of a row stand for this path? Literal names are counted in *literal. */
static bool key_matches(const char *key, const char *path, size_t *literal)
{
    *literal = 0;
    while (*key && *path) {
        size_t nk = strcspn(key, "."), np = strcspn(path, ".");
        bool same = nk == np && !strncmp(key, path, nk);
        if (!same && !(nk == 1 && *key == '*')) return false;
        *literal += same;
        key += nk;
        path += np;
        if ((*key == '.') != (*path == '.')) return false;
        if (*key == '.') {
            key++;
            path++;
        }
    }
    return !*key && !*path;
}

const mlab_option *mlab_settings_row_of(const mlab_settings *settings, const char *path)
{
    const mlab_option *best = NULL;
    size_t most = 0, literal;
    for (size_t t = 0; t < settings->n_tables; t++)
        for (size_t i = 0; i < settings->n_rows[t]; i++) {
            const mlab_option *row = &settings->tables[t][i];
            if (!key_matches(row->key, path, &literal) || (best && literal <= most)) continue;
            best = row;
            most = literal;
        }
    return best;
}

bool mlab_settings_has_deeper_rows(const mlab_settings *settings, const mlab_option *row)
{
    size_t n = strlen(row->key);
    for (size_t t = 0; t < settings->n_tables; t++)
        for (size_t i = 0; i < settings->n_rows[t]; i++) {
            const char *key = settings->tables[t][i].key;
            if (!strncmp(key, row->key, n) && key[n] == '.') return true;
        }
    return false;
}

const char *mlab_settings_nearest_row(const mlab_settings *settings, const char *path)
{
    for (size_t t = 0; t < settings->n_tables; t++)
        for (size_t i = 0; i < settings->n_rows[t]; i++) {
            const char *key = settings->tables[t][i].key;
            if (mlab_nearest(path, &key, 1)) return key;
        }
    return NULL;
}

/* --- values from the command line ----------------------------------------------------------------- */

static mlab_status no_memory(const mlab_settings *settings, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the options of %s", settings->file);
}

static mlab_status make_value(mlab_settings *settings, const mlab_option *row, const char *value, const mlab_place *place, mlab_findings *findings,
                              mlab_setting **made, mlab_error *err)
{
    bool structured = row->type == MLAB_OPTION_LIST || row->type == MLAB_OPTION_MAP || row->type == MLAB_OPTION_ANY;
    const char *file = place ? place->file : "command line";
    if (!(file = mlab_settings_keep_text(settings, file, strlen(file)))) return no_memory(settings, err);
    if (structured && (*value == '[' || *value == '{')) return mlab_settings_load(settings, file, value, strlen(value), findings, made, err);
    *made = mlab_settings_node(settings, MLAB_SETTING_TEXT, file, place ? place->line : 0, place ? place->column : 0);
    if (!*made || !((*made)->text = mlab_settings_keep_text(settings, value, strlen(value)))) return no_memory(settings, err);
    (*made)->quoted = true; /* an empty value is meant */
    return MLAB_OK;
}

/* The map at the parent of the path, made where it is not there. */
static mlab_status parent_map(mlab_settings *settings, const char *path, mlab_setting **map, const char **last, mlab_error *err)
{
    *map = settings->root;
    for (;;) {
        size_t n = strcspn(path, ".");
        if ((*map)->kind != MLAB_SETTING_MAP) { /* a short form (text or list) gives way to the map */
            (*map)->kind = MLAB_SETTING_MAP;
            (*map)->n = 0;
        }
        if (!path[n]) break;
        mlab_setting_entry *entry = mlab_setting_entry_of(*map, path, n);
        if (entry) {
            *map = entry->value;
        } else {
            mlab_setting_entry added = {.key = mlab_settings_keep_text(settings, path, n), .key_file = settings->file, .key_line = 0};
            added.value = mlab_settings_node(settings, MLAB_SETTING_MAP, settings->file, 0, 0);
            if (!added.key || !added.value) return no_memory(settings, err);
            mlab_status status = mlab_settings_append(settings, *map, &added, err);
            if (status) return status;
            *map = added.value;
        }
        path += n + 1;
    }
    *last = path;
    return MLAB_OK;
}

mlab_status mlab_settings_override(mlab_settings *settings, const char *path, const char *value, const mlab_place *place, mlab_findings *findings,
                                   mlab_error *err)
{
    const mlab_option *row = mlab_settings_row_of(settings, path);
    if (!row) {
        const char *near = mlab_settings_nearest_row(settings, path);
        return mlab_raise_at(err, MLAB_ERR_OPTION, place, "unknown key '%s'%s%s%s", path, near ? "; did you mean '" : "", near ? near : "",
                             near ? "'?" : "");
    }
    if (row->marks & MLAB_OPTION_NOT_BUILT)
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "not_built", place, NULL, NULL, err, "%s is not built yet", path);
    mlab_setting *made = NULL, *map = NULL;
    const char *last = NULL;
    mlab_status status = make_value(settings, row, value, place, findings, &made, err);
    if (!status) status = mlab_settings_check_value(made, row, path, findings, err);
    if (!status) status = parent_map(settings, path, &map, &last, err);
    if (status) return status;
    mlab_setting_entry *entry = mlab_setting_entry_of(map, last, strlen(last));
    if (entry) {
        entry->value = made;
        return MLAB_OK;
    }
    mlab_setting_entry added = {.key = mlab_settings_keep_text(settings, last, strlen(last)), .value = made};
    added.key_file = made->file;
    added.key_line = made->line;
    added.key_column = made->column;
    return added.key ? mlab_settings_append(settings, map, &added, err) : no_memory(settings, err);
}

mlab_status mlab_settings_supply(mlab_settings *settings, const char *path, const mlab_setting *from, mlab_error *err)
{
    mlab_setting *map = settings->root;
    for (const char *at = path; map && *at;) {
        size_t length = strcspn(at, ".");
        const mlab_setting_entry *entry = mlab_setting_entry_of(map, at, length);
        map = entry ? entry->value : NULL;
        at += length + (at[length] == '.');
    }
    if (!map || map->kind != MLAB_SETTING_MAP || from->kind != MLAB_SETTING_MAP)
        return mlab_raise(err, MLAB_ERR_OPTION, "there is no map at %s", path);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < from->n && !status; i++)
        if (!mlab_setting_entry_of(map, from->entries[i].key, strlen(from->entries[i].key)))
            status = mlab_settings_append(settings, map, &from->entries[i], err);
    return status;
}

/* --- options structs ------------------------------------------------------------------------------ */

mlab_status mlab_settings_fill(const mlab_settings *settings, const mlab_option *rows, size_t n, void *into, mlab_error *err)
{
    mlab_status status = mlab_options_default(rows, n, into, err);
    if (status) return status;
    for (size_t i = 0; i < n; i++) {
        const mlab_option *row = &rows[i];
        bool structured = row->type == MLAB_OPTION_LIST || row->type == MLAB_OPTION_MAP || row->type == MLAB_OPTION_ANY;
        if (structured || strchr(row->key, '*') || (row->marks & (MLAB_OPTION_NO_STRUCT | MLAB_OPTION_NOT_BUILT))) continue;
        const mlab_setting *value = mlab_settings_find(settings, NULL, row->key);
        if (!value || value->kind != MLAB_SETTING_TEXT || (!*value->text && !value->quoted)) continue;
        mlab_error ignored;
        status = mlab_option_read(row, value->text, (char *)into + row->offset, &ignored); /* a bad value is a finding of the walk */
        (void)status;
    }
    return MLAB_OK;
}

/* --- resolved text -------------------------------------------------------------------------------- */

static void print_quoted(mlab_text *text, const char *value)
{
    mlab_text_append(text, "\"");
    for (; *value; value++) {
        if (*value == '"' || *value == '\\') mlab_text_append(text, "\\");
        if (*value == '\n')
            mlab_text_append(text, "\\n");
        else
            mlab_text_append_bytes(text, value, 1);
    }
    mlab_text_append(text, "\"");
}

static void print_flow(mlab_text *text, const mlab_setting *value, bool inside)
{
    if (value->kind == MLAB_SETTING_TEXT) {
        if (inside || strchr(value->text, '\n'))
            print_quoted(text, value->text);
        else
            mlab_text_append(text, value->text);
        return;
    }
    bool map = value->kind == MLAB_SETTING_MAP;
    mlab_text_append(text, map ? "{" : "[");
    for (size_t i = 0; i < value->n; i++) {
        if (i) mlab_text_append(text, ", ");
        if (map) {
            print_quoted(text, value->entries[i].key);
            mlab_text_append(text, ": ");
        }
        print_flow(text, value->entries[i].value, true);
    }
    mlab_text_append(text, map ? "}" : "]");
}

static void print_row(const mlab_settings *settings, mlab_text *text, const mlab_option *row, const mlab_setting *value, const char *path)
{
    bool deeper = mlab_settings_has_deeper_rows(settings, row);
    if (deeper && (!value || value->kind == MLAB_SETTING_MAP)) return; /* its rows print themselves */
    if (!value && !row->fallback) return;
    mlab_text_append(text, path);
    mlab_text_append(text, " = ");
    if (value)
        print_flow(text, value, false);
    else
        mlab_text_append(text, row->fallback);
    mlab_text_append(text, value ? "\n" : ", default\n");
}

/* Is there a row for just this name where the key of `row` ends in '*'? A name with a dot in it is no row's. */
static bool has_literal_row(const mlab_settings *settings, const mlab_option *row, const char *name)
{
    size_t stem = strlen(row->key) - 1;
    for (size_t t = 0; t < settings->n_tables && !strchr(name, '.'); t++)
        for (size_t i = 0; i < settings->n_rows[t]; i++)
            if (!strncmp(settings->tables[t][i].key, row->key, stem) && !strcmp(settings->tables[t][i].key + stem, name)) return true;
    return false;
}

/* Follows the rest of a row's key from a node; '*' fans out over the keys in the order of the file. */
static void print_below(const mlab_settings *settings, mlab_text *text, const mlab_option *row, const mlab_setting *node, const char *rest,
                        const char *path)
{
    size_t n = strcspn(rest, ".");
    bool star = n == 1 && *rest == '*', last = !rest[n];
    size_t n_names = star ? (node && node->kind == MLAB_SETTING_MAP ? node->n : 0) : 1;
    for (size_t i = 0; i < n_names; i++) {
        char below[512];
        const mlab_setting_entry *entry = star ? &node->entries[i] : mlab_setting_entry_of(node, rest, n);
        int name_length = star ? (int)strlen(node->entries[i].key) : (int)n;
        snprintf(below, sizeof below, "%s%s%.*s", path, *path ? "." : "", name_length, star ? node->entries[i].key : rest);
        const mlab_setting *value = entry ? entry->value : NULL;
        if (star && last && has_literal_row(settings, row, node->entries[i].key)) continue; /* it speaks for this name */
        if (!last && value && value->kind != MLAB_SETTING_MAP) continue;                    /* a short form has no rows below */
        if (last)
            print_row(settings, text, row, value, below);
        else
            print_below(settings, text, row, value, rest + n + 1, below);
    }
}

mlab_status mlab_settings_resolved(const mlab_settings *settings, const char *prefix, char **text, mlab_error *err)
{
    *text = NULL;
    mlab_text made = MLAB_TEXT(settings->context);
    size_t n = prefix ? strlen(prefix) : 0;
    for (size_t t = 0; t < settings->n_tables; t++)
        for (size_t i = 0; i < settings->n_rows[t]; i++) {
            const mlab_option *row = &settings->tables[t][i];
            bool inside = !n || (!strncmp(row->key, prefix, n) && (row->key[n] == '.' || row->key[n] == '\0'));
            if (inside && (row->marks & MLAB_OPTION_DECIDES) && !(row->marks & MLAB_OPTION_NOT_BUILT))
                print_below(settings, &made, row, settings->root, row->key, "");
        }
    *text = made.failed ? NULL : mlab_copy_text(settings->context, mlab_text_get(&made));
    mlab_text_free(&made);
    return *text ? MLAB_OK : no_memory(settings, err);
}
