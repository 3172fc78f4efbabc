/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finishing columns of texts and of labels: levels, renames, scales, and labels that differ in case or blanks. */
#include "core/error.h"
#include "core/memory.h"
#include "data/column_labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mlab_status no_memory(const mlab_column_reading *column, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for column '%s' of %s", column->spec.from, column->file);
}

/* --- texts ----------------------------------------------------------------------------------------- */

static const char *held_text(const mlab_column_reading *column, size_t row, bool *missing)
{
    if (column->hold == MLAB_HOLD_TEXTS) {
        *missing = column->missing[row];
        return column->pool + column->offsets[row];
    }
    *missing = mlab_column_code_missing(column, column->codes[row]);
    return mlab_dictionary_text(&column->texts, column->codes[row]);
}

/* What was held as texts becomes the table's without being copied: in both, offsets lead into one pool, and 0 is the empty text. */
static mlab_status texts_to_table(mlab_column_reading *column, mlab_column *made, mlab_error *err)
{
    if (!column->n || !column->pool_size) return MLAB_OK;
    uint8_t *missing = column->any_missing ? mlab_reallocate(column->context, column->missing, column->n, 1) : NULL;
    if (missing)
        column->missing = missing;
    else if (column->any_missing)
        return no_memory(column, err);
    uint64_t *offsets = mlab_reallocate(column->context, column->offsets, column->n, sizeof *offsets);
    if (!offsets) return no_memory(column, err);
    column->offsets = NULL;
    mlab_release(column->context, made->as.text);
    mlab_release(column->context, made->pool);
    made->as.text = offsets;
    made->pool = column->pool;
    made->pool_size = column->pool_size;
    made->pool_capacity = column->pool_capacity;
    column->pool = NULL;
    if (!missing) return MLAB_OK;
    mlab_release(column->context, made->missing);
    made->missing = missing;
    column->missing = NULL;
    return MLAB_OK;
}

mlab_status mlab_column_finish_texts(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    mlab_column *made = NULL;
    mlab_status status = mlab_table_add(finish->table, column->spec.name, MLAB_COLUMN_TEXT, NULL, 0, &made, err);
    if (!status && column->hold == MLAB_HOLD_TEXTS) return texts_to_table(column, made, err);
    for (size_t i = 0; i < column->n && !status; i++) {
        bool missing;
        const char *text = held_text(column, i, &missing);
        size_t n = strlen(text);
        if (missing) {
            status = mlab_column_set_missing(finish->table, made, i, err);
            continue;
        }
        if (column->spec.rules.trim) mlab_trim(&text, &n);
        status = mlab_column_set_text(finish->table, made, i, text, n, err);
    }
    return status;
}

/* --- labels ---------------------------------------------------------------------------------------- */

static void labels_free(const mlab_context *context, mlab_labels *l)
{
    mlab_release(context, l->name);
    mlab_release(context, l->trimmed);
    mlab_release(context, l->unknown);
    mlab_release(context, l->blanks);
    mlab_release(context, l->level);
}

static mlab_status labels_make(const mlab_column_reading *column, mlab_labels *l, mlab_error *err)
{
    size_t n = column->texts.n, stated = column->spec.levels ? mlab_setting_size(column->spec.levels) : 0;
    *l = (mlab_labels){0};
    l->name = mlab_allocate(column->context, n, sizeof *l->name);
    l->trimmed = mlab_allocate(column->context, column->texts.pool_size, 1);
    l->unknown = mlab_allocate(column->context, n, 1);
    l->blanks = mlab_allocate(column->context, n, 1);
    l->level = mlab_allocate(column->context, n > stated ? n : stated, sizeof *l->level);
    return l->name && l->trimmed && l->unknown && l->blanks && l->level ? MLAB_OK : no_memory(column, err);
}

/* What the study calls this label; NULL = it is not among the levels. */
static const char *stated_name(const mlab_setting *levels, const char *label, bool folded)
{
    bool map = mlab_setting_kind_of(levels) == MLAB_SETTING_MAP;
    for (size_t i = 0; i < mlab_setting_size(levels); i++) {
        const char *text = mlab_setting_text(mlab_setting_item(levels, i)), *stated = map ? mlab_setting_key(levels, i) : text;
        if (folded ? mlab_equal_fold(stated, label) : !strcmp(stated, label)) return text;
    }
    return NULL;
}

/* The label that the study reads this one as: itself unless `rename` says otherwise. */
static const char *renamed(const mlab_column_reading *column, const char *label)
{
    const char *named = column->spec.rename ? stated_name(column->spec.rename, label, column->spec.folded) : NULL;
    return named ? named : label;
}

static void name_labels(const mlab_column_reading *column, mlab_labels *l)
{
    char *pool = l->trimmed;
    for (uint32_t code = 0; code < column->texts.n; code++) {
        const char *text = mlab_dictionary_text(&column->texts, code), *inner = text;
        size_t n = column->texts.entries[code].n, inner_n = n;
        if (mlab_column_code_missing(column, code)) continue;
        mlab_trim(&inner, &inner_n);
        l->blanks[code] = inner_n != n;
        l->name[code] = text;
        if (l->blanks[code] && (column->spec.rules.trim || column->spec.folded)) {
            memcpy(pool, inner, inner_n);
            pool[inner_n] = '\0';
            l->name[code] = pool;
            pool += inner_n + 1;
        }
        l->name[code] = renamed(column, l->name[code]);
        if (!column->spec.levels) continue;
        const char *named = stated_name(column->spec.levels, l->name[code], column->spec.folded);
        l->unknown[code] = !named;
        l->name[code] = named;
    }
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect_levels(const mlab_column_reading *column, mlab_labels *l)
{
    const mlab_setting *levels = column->spec.levels;
    size_t n = 0;
    if (levels) { /* in the order of the study, each name once */
        for (size_t i = 0; i < mlab_setting_size(levels); i++) {
            const char *name = mlab_setting_text(mlab_setting_item(levels, i));
            size_t j = 0;
            while (j < n && strcmp(l->level[j], name)) j++;
            if (j == n) l->level[n++] = name;
        }
    } else {
        for (uint32_t code = 0; code < column->texts.n; code++)
            if (l->name[code]) l->level[n++] = l->name[code];
        qsort(l->level, n, sizeof *l->level, by_bytes);
        size_t distinct = 0;
        for (size_t i = 0; i < n; i++)
            if (i == 0 || strcmp(l->level[i], l->level[distinct - 1])) l->level[distinct++] = l->level[i];
        n = distinct;
    }
    l->n_levels = n;
}

static mlab_status codes_to_levels(const mlab_column_reading *column, const mlab_column_finish *finish, const mlab_labels *l, mlab_error *err)
{
    mlab_column *made = NULL;
    int32_t *level = mlab_allocate(column->context, column->texts.n, sizeof *level);
    mlab_status status = level ? MLAB_OK : no_memory(column, err);
    if (!status) status = mlab_table_add(finish->table, column->spec.name, MLAB_COLUMN_FACTOR, l->level, (int32_t)l->n_levels, &made, err);
    if (status) goto out;
    made->ordered = column->spec.ordered;
    bool any = false;
    for (uint32_t code = 0; code < column->texts.n; code++) {
        level[code] = -1;
        if (!l->name[code])
            any = true;
        else if (!column->spec.levels) {
            const char **found = bsearch(&l->name[code], l->level, l->n_levels, sizeof *l->level, by_bytes);
            level[code] = (int32_t)(found - l->level);
        } else
            for (size_t i = 0; i < l->n_levels && level[code] < 0; i++)
                if (!strcmp(l->level[i], l->name[code])) level[code] = (int32_t)i;
    }
    if (any && !(made->missing = mlab_allocate(column->context, column->n, 1))) status = no_memory(column, err);
    for (size_t i = 0; i < column->n && !status; i++) {
        int32_t code = level[column->codes[i]];
        made->as.integer[i] = code < 0 ? 0 : code;
        if (any) made->missing[i] = code < 0;
    }
out:
    mlab_release(column->context, level);
    return status;
}

mlab_status mlab_column_finish_factor(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    mlab_labels l;
    mlab_status status = labels_make(column, &l, err);
    if (!status) {
        name_labels(column, &l);
        collect_levels(column, &l);
        status = mlab_labels_doubts(column, finish, &l, err);
    }
    if (!status) status = codes_to_levels(column, finish, &l, err);
    labels_free(column->context, &l);
    return status;
}

/* --- the whole ------------------------------------------------------------------------------------- */

static mlab_status say_missing(const mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    const mlab_column *made = mlab_table_find(finish->table, column->spec.name);
    char sentence[300];
    mlab_status status = MLAB_OK;
    if (!made || !made->missing || !column->spec.filled) return MLAB_OK;
    snprintf(sentence, sizeof sentence, "column \"%.100s\" must not have missing cells", column->spec.from);
    for (size_t i = 0; i < column->n && !status; i++)
        if (made->missing[i])
            status = mlab_column_say_row(column, finish, i, NULL, MLAB_SEVERITY_STOP, "missing_cell", column->spec.filled_remedy, sentence, err);
    return status;
}

mlab_status mlab_column_reading_finish(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    if (column->hold == MLAB_HOLD_NOTHING) return MLAB_OK;
    if (column->spec.type == MLAB_READ_FOUND && column->hold == MLAB_HOLD_CODES) status = mlab_column_find_type(column, finish, err);
    if (status) return status;
    switch (column->spec.type) {
    case MLAB_READ_NUMBER:
    case MLAB_READ_DURATION: status = mlab_column_finish_numbers(column, finish, false, err); break;
    case MLAB_READ_INTEGER: status = mlab_column_finish_numbers(column, finish, true, err); break;
    case MLAB_READ_DATE: status = mlab_column_finish_dates(column, finish, err); break;
    case MLAB_READ_EVENT: status = mlab_column_finish_event(column, finish, err); break;
    case MLAB_READ_FACTOR: status = mlab_column_finish_factor(column, finish, err); break;
    case MLAB_READ_TEXT:
    case MLAB_READ_ID: status = mlab_column_finish_texts(column, finish, err); break;
    case MLAB_READ_FOUND:
        status = column->hold == MLAB_HOLD_NUMBERS ? mlab_column_finish_numbers(column, finish, column->whole, err)
                                                   : mlab_column_finish_texts(column, finish, err);
        break;
    }
    return status ? status : say_missing(column, finish, err);
}
