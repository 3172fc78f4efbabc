/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A YAML file after reading: every scalar is text with its place; the schema of options gives it its type. */
#ifndef MLAB_DATA_SETTINGS_H
#define MLAB_DATA_SETTINGS_H

#include "core/options.h"
#include "mentorlab/data.h"

typedef struct mlab_settings mlab_settings;
typedef struct mlab_setting mlab_setting; /* one node: text, list or map */
typedef enum mlab_setting_kind { MLAB_SETTING_TEXT, MLAB_SETTING_LIST, MLAB_SETTING_MAP } mlab_setting_kind;

/* Reads the file and walks it against the rows (n_tables tables of rows, joined): syntax errors, duplicate keys, unknown keys
 * with the nearest known one, wrong types, values out of range, missing required keys, keys marked "not built", all become
 * findings at file:line:column. Returns MLAB_OK with a tree also when there are findings, as long as the YAML itself can be
 * read. Errors: MLAB_ERR_OPEN, MLAB_ERR_READ, MLAB_ERR_DATA_SYNTAX, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_settings_read(const mlab_context *context, const char *path, const mlab_option *const *tables, const size_t *n_rows,
                                             size_t n_tables, mlab_findings *findings, mlab_settings **settings, mlab_error *err);
/* The same from text already in memory; name is used in places. */
MLAB_MUST_USE mlab_status mlab_settings_parse(const mlab_context *context, const char *name, const char *text, size_t n,
                                              const mlab_option *const *tables, const size_t *n_rows, size_t n_tables, mlab_findings *findings,
                                              mlab_settings **settings, mlab_error *err);
void mlab_settings_free(mlab_settings *settings);
const char *mlab_settings_file(const mlab_settings *settings);

/* The node at a path ("comparison.horizons", "outcomes.retention.formula"); from may be NULL = the root. NULL = absent. */
const mlab_setting *mlab_settings_find(const mlab_settings *settings, const mlab_setting *from, const char *path);
mlab_setting_kind mlab_setting_kind_of(const mlab_setting *setting);
const char *mlab_setting_text(const mlab_setting *setting);                   /* TEXT; "" for others */
bool mlab_setting_quoted(const mlab_setting *setting);                        /* written in quotes */
size_t mlab_setting_size(const mlab_setting *setting);                        /* items of a LIST, pairs of a MAP; 1 for TEXT */
const mlab_setting *mlab_setting_item(const mlab_setting *setting, size_t i); /* item, or value of pair i; a TEXT is its own item 0 */
const char *mlab_setting_key(const mlab_setting *map, size_t i);
mlab_place mlab_setting_key_place(const mlab_setting *map, size_t i);
mlab_place mlab_setting_place(const mlab_setting *setting);

/* Puts or replaces a text at a path, as the command line does; the place is `place`. Errors: MLAB_ERR_OPTION (unknown path). */
MLAB_MUST_USE mlab_status mlab_settings_override(mlab_settings *settings, const char *path, const char *value, const mlab_place *place,
                                                 mlab_findings *findings, mlab_error *err);

/* Adds to the map at a path the pairs of `from` whose keys it does not have. Their nodes stay those of their own settings, which must live as long.
 * Errors: MLAB_ERR_OPTION (no map at the path), MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_settings_supply(mlab_settings *settings, const char *path, const mlab_setting *from, mlab_error *err);

/* Fills the fields of an options struct: defaults, then what the tree has for each row without '*'. Bad values were findings
 * of the walk already. */
MLAB_MUST_USE mlab_status mlab_settings_fill(const mlab_settings *settings, const mlab_option *rows, size_t n, void *into, mlab_error *err);

/* All rows that decide numbers, resolved, one "key = value" line each in the order of the rows, ", default" where it is one:
 * part of a stage's key and of the provenance. Released with mlab_release. */
MLAB_MUST_USE mlab_status mlab_settings_resolved(const mlab_settings *settings, const char *prefix, char **text, mlab_error *err);

/* Loads what the blocks data:, events:, arms:, panel:, as_of: and the surveys' outcomes say. Findings get everything that is
 * wrong with the files; MLAB_ERR_DATA_REJECTED when one of them is a stop or an open decision. *data NULL on failure. */
MLAB_MUST_USE mlab_status mlab_data_load(const mlab_context *context, const mlab_settings *settings, mlab_findings *findings, mlab_data **data,
                                         mlab_error *err);

extern const mlab_option mlab_data_options[];
extern const size_t mlab_data_n_options;

#endif
