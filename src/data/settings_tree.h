/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the settings: nodes in an arena, shared by the reader, the walk and the filling of options. */
#ifndef MLAB_DATA_SETTINGS_TREE_H
#define MLAB_DATA_SETTINGS_TREE_H

#include "data/settings.h"

#define MLAB_SETTINGS_MOST_NODES 20000 /* aliases count each time they are used */
#define MLAB_SETTINGS_MOST_DEPTH 32
#define MLAB_SETTINGS_MOST_BYTES ((size_t)4 << 20)

typedef struct mlab_setting_entry {
    const char *key; /* NULL in a list */
    const char *key_file;
    uint64_t key_line;
    uint32_t key_column;
    mlab_setting *value;
} mlab_setting_entry;

struct mlab_setting {
    mlab_setting_kind kind;
    bool quoted;
    const char *text; /* TEXT */
    const char *file;
    uint64_t line;
    uint32_t column;
    mlab_setting_entry *entries; /* [n] pairs of a map, items of a list; own allocation */
    size_t n, capacity;
    mlab_setting *next_made; /* chain of all nodes, for release */
};

struct mlab_settings {
    const mlab_context *context;
    const char *file;
    mlab_setting *root;
    mlab_setting *made; /* all nodes */
    struct mlab_settings_block *blocks;
    size_t n_nodes;
    const mlab_option *const *tables; /* copies of the caller's arrays; the rows themselves are static */
    const size_t *n_rows;
    size_t n_tables;
};

/* A row that still matches, with the part of its key that is not matched yet. */
typedef struct mlab_settings_match {
    const mlab_option *row;
    const char *rest;
} mlab_settings_match;

void *mlab_settings_keep(mlab_settings *settings, size_t n); /* zeroed, freed with the settings; NULL = no memory */
const char *mlab_settings_keep_text(mlab_settings *settings, const char *text, size_t n);
mlab_setting *mlab_settings_node(mlab_settings *settings, mlab_setting_kind kind, const char *file, uint64_t line, uint32_t column);
MLAB_MUST_USE mlab_status mlab_settings_append(mlab_settings *settings, mlab_setting *into, const mlab_setting_entry *entry, mlab_error *err);
mlab_setting_entry *mlab_setting_entry_of(const mlab_setting *map, const char *key, size_t key_length); /* NULL = not there */

/* Reads YAML text into a tree; findings: duplicate keys, keys that are no text, too deep, too many nodes. */
MLAB_MUST_USE mlab_status mlab_settings_load(mlab_settings *settings, const char *file, const char *text, size_t n, mlab_findings *findings,
                                             mlab_setting **root, mlab_error *err);

/* Checks the tree against the rows. */
MLAB_MUST_USE mlab_status mlab_settings_walk(mlab_settings *settings, mlab_findings *findings, mlab_error *err);
/* Checks one value against its row; path is how messages name it. */
MLAB_MUST_USE mlab_status mlab_settings_check_value(const mlab_setting *value, const mlab_option *row, const char *path, mlab_findings *findings,
                                                    mlab_error *err);
/* The row of a path, literal names before '*'; NULL = none. */
const mlab_option *mlab_settings_row_of(const mlab_settings *settings, const char *path);
/* The value that stands for the row, also when a text stands where its map would be; wildcards are not followed. */
bool mlab_settings_has_deeper_rows(const mlab_settings *settings, const mlab_option *row);
/* The nearest known path to an unknown one; NULL = none near. */
const char *mlab_settings_nearest_row(const mlab_settings *settings, const char *path);

#endif
