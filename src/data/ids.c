/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids are texts; a person's rank is the place of the id in byte order, so that it does not depend on the order of rows. A rule takes
 * the id out of what stands in a cell. */
#include "data/ids.h"
#include "core/error.h"
#include "core/memory.h"

#include <string.h>

void mlab_ids_free(mlab_ids *ids)
{
    if (!ids->context) return;
    mlab_dictionary_free(&ids->texts);
    mlab_dictionary_free(&ids->keys);
    mlab_release(ids->context, ids->rank_of_code);
    mlab_release(ids->context, ids->code_of_rank);
    mlab_release(ids->context, ids->row_of_rank);
    *ids = (mlab_ids){0};
}

const char *mlab_ids_text(const mlab_ids *ids, uint32_t rank)
{
    return mlab_dictionary_text(&ids->texts, ids->code_of_rank[rank]);
}

/* --- what a rule makes of a text --------------------------------------------------------------------- */

static mlab_status make_room(const mlab_context *context, mlab_id_text *into, size_t n, mlab_error *err)
{
    if (into->bytes && n <= into->capacity) return MLAB_OK;
    char *bytes = mlab_reallocate(context, into->bytes, n + 64, 1);
    if (!bytes) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an id");
    into->bytes = bytes;
    into->capacity = n + 64;
    return MLAB_OK;
}

static bool is_blank(const char *text, size_t n, size_t *length)
{
    *length = *text == ' ' || *text == '\t' ? 1 : n >= 2 && !memcmp(text, "\xC2\xA0", 2) ? 2 : 0;
    return *length > 0;
}

mlab_status mlab_id_apply(const mlab_context *context, const mlab_id_rule *rule, const char *text, mlab_id_text *into, mlab_error *err)
{
    size_t first = 0, n = strlen(text), length = n, blank;
    into->taken = !rule || !rule->take || mlab_pattern_take(rule->take, text, n, &first, &length);
    if (!into->taken) first = 0, length = n;
    size_t pad = rule ? rule->pad : 0;
    mlab_status status = make_room(context, into, length + pad + 1, err);
    if (status) return status;
    size_t k = 0;
    for (size_t i = first; i < first + length;) {
        if (rule && rule->drop_blanks && is_blank(text + i, first + length - i, &blank)) {
            i += blank;
            continue;
        }
        into->bytes[k++] = text[i++];
    }
    if (k && k < pad) {
        memmove(into->bytes + (pad - k), into->bytes, k);
        memset(into->bytes, '0', pad - k);
        k = pad;
    }
    into->bytes[k] = '\0';
    into->n = k;
    return MLAB_OK;
}

mlab_status mlab_ids_rewrite(mlab_table *table, const char *column, const mlab_id_rule *rule, mlab_findings *findings, mlab_error *err)
{
    mlab_column *held = mlab_table_find(table, column);
    mlab_id_text made = {0};
    mlab_status status = MLAB_OK;
    if (!held || held->type != MLAB_COLUMN_TEXT || (!rule->take && !rule->pad && !rule->drop_blanks)) return MLAB_OK;
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        if (held->missing && held->missing[i]) continue;
        const char *text = mlab_column_text(held, i);
        status = mlab_id_apply(table->context, rule, text, &made, err);
        if (!status && !made.taken) {
            mlab_place place = mlab_place_cell(table->file, table->lines ? table->lines[i] : 0, 0, column);
            status = mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "nothing_taken", &place, text, NULL, err,
                                       "ids in which id.take finds nothing are used as they stand");
        }
        if (!status && strcmp(made.bytes, text)) status = mlab_column_set_text(table, held, i, made.bytes, made.n, err);
    }
    mlab_release(table->context, made.bytes);
    return status;
}

/* --- ids of the people file ---------------------------------------------------------------------------- */

static void fold(char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z') *text = (char)(*text - 'A' + 'a');
}

mlab_status mlab_ids_find(const mlab_ids *ids, const char *text, mlab_id_text *scratch, uint32_t *code, mlab_error *err)
{
    size_t n = strlen(text);
    *code = MLAB_DICTIONARY_NONE;
    if (!ids->fold) {
        *code = mlab_dictionary_find(&ids->texts, text, n);
        return MLAB_OK;
    }
    mlab_status status = make_room(ids->context, scratch, n + 1, err);
    if (status) return status;
    memcpy(scratch->bytes, text, n + 1);
    fold(scratch->bytes);
    *code = mlab_dictionary_find(&ids->keys, scratch->bytes, n);
    return MLAB_OK;
}

static mlab_status say_twice(const mlab_table *people, const char *column, size_t row, const char *id, mlab_findings *findings, mlab_error *err)
{
    mlab_place place = mlab_place_cell(people->file, people->lines ? people->lines[row] : 0, 0, column);
    return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "id_twice", &place, id, "duplicates: drop      (only where the rows are exact copies)",
                             err, "ids of %s stand in more than one row; one row a person is expected", people->file);
}

/* Codes of texts and keys are the same: both grow together. */
static mlab_status add_id(mlab_ids *ids, const char *text, size_t n, mlab_id_text *scratch, uint32_t *code, mlab_error *err)
{
    uint32_t key;
    mlab_status status = mlab_ids_find(ids, text, scratch, code, err);
    if (status || *code != MLAB_DICTIONARY_NONE) return status;
    status = mlab_dictionary_add(&ids->texts, text, n, code, err);
    return status || !ids->fold ? status : mlab_dictionary_add(&ids->keys, scratch->bytes, n, &key, err);
}

/* Distinct ids with the first row of each; row_of_code [n_rows] is as long as can be needed. */
static mlab_status collect(mlab_ids *ids, const mlab_table *people, const char *name, const mlab_column *column, const uint8_t *member,
                           uint32_t *row_of_code, mlab_id_text *scratch, mlab_findings *findings, mlab_error *err)
{
    for (size_t i = 0; i < people->n_rows; i++) {
        if (column->missing && column->missing[i]) continue; /* a missing id was a finding */
        uint32_t code;
        size_t before = ids->texts.n;
        const char *text = mlab_column_text(column, i);
        size_t length = strlen(text);
        mlab_status status = add_id(ids, text, length, scratch, &code, err);
        if (!status && ids->texts.n == before) status = say_twice(people, name, i, text, findings, err);
        if (status) return status;
        if (ids->texts.n == before) continue;
        row_of_code[code] = (uint32_t)i;
        if (length > ids->most) ids->most = length;
        if (!member || member[i]) ids->n++;
    }
    return MLAB_OK;
}

static void number_ranks(mlab_ids *ids, const uint32_t *order, const uint32_t *row_of_code, const uint8_t *member)
{
    uint32_t rank = 0;
    for (size_t k = 0; k < ids->texts.n; k++) {
        uint32_t code = order[k];
        ids->rank_of_code[code] = MLAB_ID_OUTSIDE;
        if (member && !member[row_of_code[code]]) continue;
        ids->rank_of_code[code] = rank;
        ids->code_of_rank[rank] = code;
        ids->row_of_rank[rank++] = row_of_code[code];
    }
}

mlab_status mlab_ids_make(const mlab_table *people, const char *column, const uint8_t *member, bool folded, mlab_findings *findings, mlab_ids *ids,
                          mlab_error *err)
{
    const mlab_context *context = people->context;
    const mlab_column *held = mlab_table_find(people, column);
    *ids = (mlab_ids){.context = context, .file = people->file, .people = people, .fold = folded};
    mlab_dictionary_start(&ids->keys, context);
    mlab_dictionary_start(&ids->texts, context);
    if (!held || held->type != MLAB_COLUMN_TEXT) return mlab_raise(err, MLAB_ERR_DATA_TYPE, "column '%s' of %s holds no ids", column, people->file);
    if (people->n_rows >= MLAB_ID_OUTSIDE) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%s has more than 4 billion rows", people->file);
    mlab_id_text scratch = {0};
    uint32_t *order = NULL, *row_of_code = mlab_allocate(context, people->n_rows, sizeof *row_of_code);
    mlab_status status = row_of_code ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the ids of %s", people->file);
    if (!status) status = collect(ids, people, column, held, member, row_of_code, &scratch, findings, err);
    if (!status) status = mlab_dictionary_order(&ids->texts, &order, err);
    if (status) goto out;
    ids->rank_of_code = mlab_allocate(context, ids->texts.n, sizeof *ids->rank_of_code);
    ids->code_of_rank = mlab_allocate(context, ids->n, sizeof *ids->code_of_rank);
    ids->row_of_rank = mlab_allocate(context, ids->n, sizeof *ids->row_of_rank);
    if (!ids->rank_of_code || !ids->code_of_rank || !ids->row_of_rank) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the ids of %s", people->file);
        goto out;
    }
    number_ranks(ids, order, row_of_code, member);
out:
    mlab_release(context, scratch.bytes);
    mlab_release(context, order);
    mlab_release(context, row_of_code);
    if (status) mlab_ids_free(ids);
    return status;
}
