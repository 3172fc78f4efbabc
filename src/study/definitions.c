/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outcome models that are defined in a file of their own, `use: NAME` (models/outcomes/NAME.yaml) or `use: path/to/ours.yaml` (beside the study
 * file): what the study says itself stands, the file gives the rest. */
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "core/text.h"
#include "data/registry.h"
#include "fit/options.h"
#include "study/inside.h"

#include <string.h>

#define ROW(key_, help_, marks_)                                                                                                                     \
    {                                                                                                                                                \
        key_, NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", help_, (marks_) | MLAB_OPTION_NO_STRUCT                                         \
    }
static const mlab_option rows[] = {
    ROW("id", "name of the definition, that of its file", MLAB_OPTION_REQUIRED),
    ROW("title", "what the model is for, in a line", MLAB_OPTION_REQUIRED),
    ROW("assumes", "what must hold for it", 0),
    ROW("source", "where it is from", 0),
};

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read a model definition");
}

static bool is_path(const char *name)
{
    size_t n = strlen(name);
    return strchr(name, '/') || (n > 5 && strcmp(name + n - 5, ".yaml") == 0);
}

/* The file of a definition. Errors: MLAB_ERR_OPTION (no such name). */
static mlab_status find_file(const mlab_study *study, const char *name, char **path, mlab_error *err)
{
    *path = NULL;
    if (is_path(name)) {
        *path = mlab_os_join(study->context, study->here, name);
    } else {
        mlab_status status = mlab_registry_check(study->context, "outcomes", "outcome model", name, MLAB_ERR_OPTION, err);
        if (status) return status;
        *path = mlab_registry_path(study->context, "outcomes", name);
    }
    return *path ? MLAB_OK : no_memory(err);
}

/* The file, kept with the study. */
static mlab_status read_file(const mlab_study_reading *reading, const char *path, mlab_settings **definition, mlab_error *err)
{
    mlab_study *study = reading->study;
    const mlab_option *const tables[] = {mlab_fit_option_rows, rows};
    const size_t n_rows[] = {mlab_fit_n_option_rows, sizeof rows / sizeof *rows};
    mlab_status status =
        mlab_grow(study->context, &study->definitions, study->n_definitions, &study->definitions_capacity, sizeof *study->definitions, err);
    if (status) return status;
    status = mlab_settings_read(study->context, path, tables, n_rows, 2, reading->findings, definition, err);
    if (!status) study->definitions[study->n_definitions++] = *definition;
    return status;
}

/* The one outcome that it defines; NULL = a finding says why not. */
static mlab_status only_outcome(const mlab_study_reading *reading, const mlab_settings *definition, const mlab_setting **map, mlab_error *err)
{
    const mlab_setting *root = mlab_settings_find(definition, NULL, ""), *block = mlab_settings_find(definition, NULL, "outcomes");
    mlab_place place = mlab_setting_place(root);
    *map = NULL;
    for (size_t i = 0; root && mlab_setting_kind_of(root) == MLAB_SETTING_MAP && i < mlab_setting_size(root); i++) {
        const char *key = mlab_setting_key(root, i);
        if (strcmp(key, "fit") != 0 && strcmp(key, "predict") != 0) continue;
        place = mlab_setting_key_place(root, i);
        return mlab_study_stop(reading, "definition", &place, key, err,
                               "%s belongs in the study file: a model definition has id, title, assumes, source, outcomes", key);
    }
    if (!block || mlab_setting_kind_of(block) != MLAB_SETTING_MAP || mlab_setting_size(block) != 1)
        return mlab_study_stop(reading, "definition", &place, NULL, err,
                               "a model definition has one outcome: outcomes: {retention: {model: hazard, formula: ...}}");
    const mlab_setting *found = mlab_setting_item(block, 0);
    place = mlab_setting_key_place(block, 0);
    if (mlab_setting_kind_of(found) != MLAB_SETTING_MAP) return MLAB_OK; /* a finding of the walk */
    if (mlab_settings_find(definition, found, "use"))
        return mlab_study_stop(reading, "definition", &place, NULL, err,
                               "a model definition does not use another one; write out what it takes from it");
    *map = found;
    return MLAB_OK;
}

static mlab_status use(const mlab_study_reading *reading, const char *outcome, const mlab_setting *name, mlab_error *err)
{
    mlab_study *study = reading->study;
    const mlab_setting *map = NULL;
    mlab_settings *definition = NULL;
    mlab_error failed = {0};
    mlab_place place = mlab_setting_place(name);
    char *path = NULL;
    mlab_status status = find_file(study, mlab_setting_text(name), &path, &failed);
    if (!status) status = read_file(reading, path, &definition, &failed);
    mlab_release(study->context, path);
    if (status == MLAB_ERR_MEMORY) return mlab_raise(err, status, "%s", failed.sentence);
    if (status)
        return mlab_study_stop(reading, "definition", failed.place.line ? &failed.place : &place, mlab_setting_text(name), err, "%s",
                               failed.sentence);
    status = only_outcome(reading, definition, &map, err);
    if (status || !map) return status;
    mlab_text where = MLAB_TEXT(study->context);
    mlab_text_print(&where, "outcomes.%s", outcome);
    status = where.failed ? no_memory(err) : mlab_settings_supply(study->settings, mlab_text_get(&where), map, err);
    mlab_text_free(&where);
    return status;
}

mlab_status mlab_study_read_definitions(const mlab_study_reading *reading, mlab_error *err)
{
    const mlab_setting *block = mlab_settings_find(reading->settings, NULL, "outcomes");
    mlab_status status = MLAB_OK;
    if (!block || mlab_setting_kind_of(block) != MLAB_SETTING_MAP) return MLAB_OK;
    for (size_t i = 0; i < mlab_setting_size(block) && !status; i++) {
        const mlab_setting *map = mlab_setting_item(block, i);
        const mlab_setting *name = mlab_setting_kind_of(map) == MLAB_SETTING_MAP ? mlab_settings_find(reading->settings, map, "use") : NULL;
        const bool reachable = !strchr(mlab_setting_key(block, i), '.'); /* else a finding of the outcome's name */
        if (name && reachable && mlab_setting_kind_of(name) == MLAB_SETTING_TEXT) status = use(reading, mlab_setting_key(block, i), name, err);
    }
    return status;
}
