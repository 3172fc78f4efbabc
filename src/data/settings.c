/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree of a study file: nodes with places, found by path.
 *
 * Every scalar is text; the rows of the options tables give it its type. All nodes and texts live in blocks that are
 * released together. Weakness: a path cannot reach a key that has a dot in it; iterate over the map instead.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "data/settings_tree.h"

#include <string.h>

#define BLOCK_SIZE ((size_t)16384)

typedef struct mlab_settings_block {
    struct mlab_settings_block *next;
    size_t used, size;
    max_align_t bytes[];
} mlab_settings_block;

void *mlab_settings_keep(mlab_settings *settings, size_t n)
{
    n = (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    mlab_settings_block *block = settings->blocks;
    if (!block || block->size - block->used < n) {
        size_t size = n > BLOCK_SIZE ? n : BLOCK_SIZE;
        block = mlab_allocate(settings->context, 1, sizeof *block + size);
        if (!block) return NULL;
        block->next = settings->blocks;
        block->size = size;
        settings->blocks = block;
    }
    void *got = (char *)block->bytes + block->used;
    block->used += n;
    return got;
}

const char *mlab_settings_keep_text(mlab_settings *settings, const char *text, size_t n)
{
    char *copy = mlab_settings_keep(settings, n + 1);
    if (copy && n) memcpy(copy, text, n);
    return copy;
}

mlab_setting *mlab_settings_node(mlab_settings *settings, mlab_setting_kind kind, const char *file, uint64_t line, uint32_t column)
{
    mlab_setting *node = mlab_settings_keep(settings, sizeof *node);
    if (!node) return NULL;
    *node = (mlab_setting){.kind = kind, .text = "", .file = file, .line = line, .column = column, .next_made = settings->made};
    settings->made = node;
    settings->n_nodes++;
    return node;
}

mlab_status mlab_settings_append(mlab_settings *settings, mlab_setting *into, const mlab_setting_entry *entry, mlab_error *err)
{
    mlab_status status = mlab_grow(settings->context, &into->entries, into->n, &into->capacity, sizeof *into->entries, err);
    if (!status) into->entries[into->n++] = *entry;
    return status;
}

mlab_setting_entry *mlab_setting_entry_of(const mlab_setting *map, const char *key, size_t key_length)
{
    if (!map || map->kind != MLAB_SETTING_MAP) return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (!strncmp(map->entries[i].key, key, key_length) && map->entries[i].key[key_length] == '\0') return &map->entries[i];
    return NULL;
}

void mlab_settings_free(mlab_settings *settings)
{
    if (!settings) return;
    const mlab_context *context = settings->context;
    for (mlab_setting *node = settings->made; node; node = node->next_made) mlab_release(context, node->entries);
    for (mlab_settings_block *block = settings->blocks; block;) {
        mlab_settings_block *next = block->next;
        mlab_release(context, block);
        block = next;
    }
    mlab_release(context, settings);
}

static mlab_status keep_tables(mlab_settings *settings, const char *name, const mlab_option *const *tables, const size_t *n_rows, size_t n_tables)
{
    const mlab_option **kept = mlab_settings_keep(settings, n_tables * sizeof *kept);
    size_t *kept_rows = mlab_settings_keep(settings, n_tables * sizeof *kept_rows);
    settings->file = mlab_settings_keep_text(settings, name, strlen(name));
    if (!kept || !kept_rows || !settings->file) return MLAB_ERR_MEMORY;
    for (size_t t = 0; t < n_tables; t++) {
        kept[t] = tables[t];
        kept_rows[t] = n_rows[t];
    }
    settings->tables = kept;
    settings->n_rows = kept_rows;
    settings->n_tables = n_tables;
    return MLAB_OK;
}

mlab_status mlab_settings_parse(const mlab_context *context, const char *name, const char *text, size_t n, const mlab_option *const *tables,
                                const size_t *n_rows, size_t n_tables, mlab_findings *findings, mlab_settings **settings, mlab_error *err)
{
    *settings = NULL;
    mlab_settings *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    made->context = context;
    mlab_status status = keep_tables(made, name, tables, n_rows, n_tables);
    if (status) mlab_raise(err, status, "no memory to read %s", name);
    if (!status) status = mlab_settings_load(made, made->file, text, n, findings, &made->root, err);
    if (!status) status = mlab_settings_walk(made, findings, err);
    if (status)
        mlab_settings_free(made);
    else
        *settings = made;
    return status;
}

mlab_status mlab_settings_read(const mlab_context *context, const char *path, const mlab_option *const *tables, const size_t *n_rows, size_t n_tables,
                               mlab_findings *findings, mlab_settings **settings, mlab_error *err)
{
    char *text = NULL;
    size_t n = 0;
    *settings = NULL;
    mlab_status status = mlab_os_read_file(context, path, &text, &n, err);
    if (!status) status = mlab_settings_parse(context, path, text, n, tables, n_rows, n_tables, findings, settings, err);
    mlab_release(context, text);
    return status;
}

const char *mlab_settings_file(const mlab_settings *settings)
{
    return settings->file;
}

const mlab_setting *mlab_settings_find(const mlab_settings *settings, const mlab_setting *from, const char *path)
{
    const mlab_setting *node = from ? from : settings->root;
    while (node && *path) {
        size_t length = strcspn(path, ".");
        const mlab_setting_entry *entry = mlab_setting_entry_of(node, path, length);
        node = entry ? entry->value : NULL;
        path += length + (path[length] == '.');
    }
    return node;
}

mlab_setting_kind mlab_setting_kind_of(const mlab_setting *setting)
{
    return setting->kind;
}

const char *mlab_setting_text(const mlab_setting *setting)
{
    return setting->kind == MLAB_SETTING_TEXT ? setting->text : "";
}

bool mlab_setting_quoted(const mlab_setting *setting)
{
    return setting->quoted;
}

size_t mlab_setting_size(const mlab_setting *setting)
{
    return setting->kind == MLAB_SETTING_TEXT ? 1 : setting->n;
}

const mlab_setting *mlab_setting_item(const mlab_setting *setting, size_t i)
{
    if (setting->kind == MLAB_SETTING_TEXT) return i == 0 ? setting : NULL;
    return i < setting->n ? setting->entries[i].value : NULL;
}

const char *mlab_setting_key(const mlab_setting *map, size_t i)
{
    return map->kind == MLAB_SETTING_MAP && i < map->n ? map->entries[i].key : "";
}

mlab_place mlab_setting_key_place(const mlab_setting *map, size_t i)
{
    if (map->kind != MLAB_SETTING_MAP || i >= map->n) return mlab_setting_place(map);
    const mlab_setting_entry *entry = &map->entries[i];
    return mlab_place_text(entry->key_file, entry->key_line, entry->key_column);
}

mlab_place mlab_setting_place(const mlab_setting *setting)
{
    return mlab_place_text(setting->file, setting->line, setting->column);
}
