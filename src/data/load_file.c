/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One file of the study, or the query in its place: what is stated about it, and the reading. */
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "data/loading.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array_) (sizeof(array_) / sizeof *(array_))

static bool is_named(const void *user, const char *column)
{
    return mlab_dictionary_find(user, column, strlen(column)) != MLAB_DICTIONARY_NONE;
}

static mlab_status keep_input(mlab_loading *l, mlab_reading *reading, mlab_error *err)
{
    mlab_input *inputs = mlab_reallocate(l->context, l->data->inputs, l->data->n_inputs + 1, sizeof *inputs);
    if (!inputs) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the list of inputs");
    l->data->inputs = inputs;
    inputs[l->data->n_inputs++] = reading->input;
    reading->input = (mlab_input){0};
    return MLAB_OK;
}

mlab_input *mlab_loading_last_input(const mlab_loading *l)
{
    return l->data->n_inputs ? &l->data->inputs[l->data->n_inputs - 1] : NULL;
}

static uint32_t whole(const mlab_loading *l, const char *block, const char *key)
{
    double value = mlab_loading_number(l, block, key, 0);
    return value >= 0 && value <= 1e9 ? (uint32_t)value : 0; /* others were findings of the walk */
}

static void describe_rows(const mlab_loading *l, const char *block, mlab_file_spec *spec)
{
    static const char *const delimiters[] = {"comma", "semicolon", "tab", "bar"}, *const encodings[] = {"utf-8", "windows-1252", "utf-16"};
    const char *delimiter = mlab_loading_text(l, block, "delimiter", mlab_loading_text(l, "data", "delimiter", NULL));
    const char *encoding = mlab_loading_text(l, block, "encoding", mlab_loading_text(l, "data", "encoding", NULL));
    const mlab_setting *stop_at = mlab_loading_at(l, block, "stop_at");
    int mark = mlab_choice_of(delimiter, delimiters, COUNT(delimiters));
    if (mark >= 0) spec->rows.delimiter = ",;\t|"[mark];
    spec->rows.encoding = (mlab_encoding)(1 + mlab_choice_of(encoding, encodings, COUNT(encodings)));
    spec->rows.header = whole(l, block, "header");
    spec->rows.header_rows = whole(l, block, "header_rows");
    spec->rows.skip_after_header = whole(l, block, "skip_after_header");
    spec->rows.stop_at = stop_at ? mlab_setting_text(stop_at) : NULL;
    spec->rows.sheet = mlab_loading_text(l, block, "sheet", NULL);
    const char *merged = mlab_loading_text(l, block, "merged", "");
    spec->rows.merged = !strcmp(merged, "fill") ? MLAB_MERGED_FILL : !strcmp(merged, "first") ? MLAB_MERGED_FIRST : MLAB_MERGED_ASK;
    spec->rows.role = spec->role;
    mlab_reading_rules all = mlab_loading_rules(mlab_settings_find(l->settings, NULL, "data"), NULL);
    spec->rules = mlab_loading_rules(mlab_settings_find(l->settings, NULL, block), &all);
}

static mlab_status say_no_file(const mlab_loading *l, const char *block, mlab_error *err)
{
    const mlab_setting *data = mlab_settings_find(l->settings, NULL, "data");
    const mlab_setting *at = mlab_settings_find(l->settings, NULL, block), *file = mlab_loading_at(l, block, "file");
    const char *role = strchr(block, '.') + 1;
    if (!at || mlab_setting_kind_of(at) != MLAB_SETTING_MAP || mlab_loading_at(l, block, "files")) return MLAB_OK;
    if (file && (mlab_setting_kind_of(file) != MLAB_SETTING_TEXT || !mlab_setting_quoted(file))) return MLAB_OK; /* a finding of the walk */
    mlab_place place = mlab_setting_place(at);
    for (size_t i = 0; i < mlab_setting_size(data); i++)
        if (!strcmp(mlab_setting_key(data, i), role)) place = mlab_setting_key_place(data, i);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "missing_key", &place, NULL, NULL, err,
                             "missing key 'file' in %s (name of the file), or 'sql' (a query)", block);
}

/* Where a query is asked: the text of `connection`, or of the variable that it names. NULL = a finding was made. */
static const char *connection_of(const mlab_loading *l, const char *block, const mlab_setting *sql, mlab_status *status, mlab_error *err)
{
    const mlab_setting *connection = mlab_loading_at(l, block, "connection"), *variable = mlab_loading_at(l, block, "connection.env");
    static const char how[] = "connection: \"Driver=SQLite3;Database=hr.db\"      (or connection: {env: HR_DSN})";
    if (variable) {
        const char *value = mlab_os_environment(mlab_setting_text(variable));
        if (!value || !*value)
            *status = mlab_loading_stop(l, variable, "no_connection", NULL, err,
                                        "this variable of the environment is empty or not set; it should hold the connection");
        return value && *value ? value : NULL;
    }
    if (connection && *mlab_setting_text(connection)) return mlab_setting_text(connection);
    *status = mlab_loading_stop(l, connection ? connection : sql, "no_connection", how, err, "a query needs the connection to its database");
    return NULL;
}

/* Of a crosswalk its two columns are read and nothing else: the file is often that of people, where the others are looked at. */
static bool is_none_named(const void *user, const char *column)
{
    (void)user;
    (void)column;
    return false;
}

static void describe_file(const mlab_loading *l, const char *block, const mlab_specs *specs, mlab_file_spec *spec)
{
    const char *copies = mlab_loading_text(l, block, "duplicates", NULL);
    spec->role = strchr(block, '.') + 1;
    spec->columns = specs->items;
    spec->n_columns = specs->n;
    spec->named = is_named;
    spec->user = &l->words;
    if (!strncmp(spec->role, "crosswalk", strlen("crosswalk"))) {
        spec->named = is_none_named;
        spec->drop_unnamed = true;
    }
    spec->near_ignoring = mlab_loading_at(l, block, "near_duplicates.ignore");
    spec->duplicates_stated = copies != NULL;
    spec->drop_duplicates = copies && !strcmp(copies, "drop");
    describe_rows(l, block, spec);
}

/* What is taken from a file of several is said once, of the first: lines that are the same but for the file are left out. */
static void add_guesses(mlab_loading *l, const mlab_file_spec *spec, const mlab_text *own)
{
    const char *text = mlab_text_get(own);
    size_t n = strlen(spec->file);
    while (*text) {
        size_t length = strcspn(text, "\n"), skip = !strncmp(text, spec->file, n) ? n : 0;
        char line[1200];
        snprintf(line, sizeof line, "%.*s\n", (int)(length - skip), text + skip);
        if (!skip || length - skip + 2 > sizeof line || !strstr(mlab_text_get(&l->guesses), line))
            mlab_text_append_bytes(&l->guesses, text, length + (text[length] == '\n'));
        text += length + (text[length] == '\n');
    }
    if (own->failed) l->guesses.failed = true;
}

/* What cannot be opened or read becomes a finding at its key. */
static mlab_status read_described(mlab_loading *l, const mlab_setting *at, const mlab_file_spec *spec, mlab_reading *reading, mlab_error *err)
{
    mlab_error why = {0};
    mlab_text own = MLAB_TEXT(l->context);
    mlab_status status = mlab_read_file(l->context, spec, l->findings, &own, reading, &why);
    add_guesses(l, spec, &own);
    mlab_text_free(&own);
    if (status == MLAB_ERR_OPEN || status == MLAB_ERR_READ)
        return mlab_loading_stop(l, at, spec->sql ? "query" : "cannot_open", NULL, err, why.sentence);
    if (status && err) *err = why;
    return status ? status : keep_input(l, reading, err);
}

mlab_status mlab_loading_file(mlab_loading *l, const char *block, const mlab_specs *specs, mlab_reading *reading, mlab_error *err)
{
    return mlab_loading_file_of(l, block, mlab_loading_at(l, block, "file"), specs, reading, err);
}

mlab_status mlab_loading_file_of(mlab_loading *l, const char *block, const mlab_setting *file, const mlab_specs *specs, mlab_reading *reading,
                                 mlab_error *err)
{
    const mlab_setting *sql = mlab_loading_at(l, block, "sql");
    mlab_file_spec spec = {0};
    char name[80];
    mlab_status status = MLAB_OK;
    *reading = (mlab_reading){0};
    describe_file(l, block, specs, &spec);
    if (file && sql) return mlab_loading_stop(l, sql, "file_and_query", NULL, err, "a file and a query are given; allowed is one of them");
    if (sql && *mlab_setting_text(sql)) {
        snprintf(name, sizeof name, "query of %.60s", spec.role);
        spec.file = name;
        spec.sql = mlab_setting_text(sql);
        spec.folder = l->folder;
        spec.connection = connection_of(l, block, sql, &status, err);
        return status || !spec.connection ? status : read_described(l, sql, &spec, reading, err);
    }
    if (file && mlab_setting_kind_of(file) == MLAB_SETTING_MAP) { /* {file: book.xlsx, sheet: Wave 1} */
        const mlab_setting *sheet = mlab_settings_find(l->settings, file, "sheet"), *book = mlab_settings_find(l->settings, file, "file");
        if (!book || !*mlab_setting_text(book))
            return mlab_loading_stop(l, file, "missing_key", "{file: book.xlsx, sheet: \"Wave 1\"}", err, "a file with its sheet needs the key file");
        if (sheet) spec.rows.sheet = mlab_setting_text(sheet);
        file = book;
    }
    if (!file || !*mlab_setting_text(file)) return say_no_file(l, block, err);
    spec.file = mlab_setting_text(file);
    char *path = mlab_os_join(l->context, l->folder, spec.file);
    if (!path) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the name of %s", spec.file);
    spec.path = path;
    status = read_described(l, file, &spec, reading, err);
    mlab_release(l->context, path);
    return status;
}
