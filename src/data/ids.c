/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids are texts; a person's rank is the place of the id in byte order, so that it does not depend on the order of rows.
 * A join names every id that it cannot link, and says when leading zeros would link some.
 */
#include "data/ids.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void mlab_ids_free(mlab_ids *ids)
{
    if (!ids->context) return;
    mlab_dictionary_free(&ids->texts);
    mlab_release(ids->context, ids->rank_of_code);
    mlab_release(ids->context, ids->code_of_rank);
    mlab_release(ids->context, ids->row_of_rank);
    *ids = (mlab_ids){0};
}

const char *mlab_ids_text(const mlab_ids *ids, uint32_t rank)
{
    return mlab_dictionary_text(&ids->texts, ids->code_of_rank[rank]);
}

static mlab_status say_twice(const mlab_table *people, const char *column, size_t row, const char *id, mlab_findings *findings, mlab_error *err)
{
    mlab_place place = mlab_place_cell(people->file, people->lines ? people->lines[row] : 0, 0, column);
    return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "id_twice", &place, id, "duplicates: drop      (only where the rows are exact copies)",
                             err, "ids of %s stand in more than one row; one row a person is expected", people->file);
}

/* Distinct ids with the first row of each; row_of_code [n_rows] is as long as can be needed. */
static mlab_status collect(mlab_ids *ids, const mlab_table *people, const char *name, const mlab_column *column, const uint8_t *member,
                           uint32_t *row_of_code, mlab_findings *findings, mlab_error *err)
{
    for (size_t i = 0; i < people->n_rows; i++) {
        if (column->missing && column->missing[i]) continue; /* a missing id was a finding */
        uint32_t code;
        size_t before = ids->texts.n;
        const char *text = mlab_column_text(column, i);
        size_t length = strlen(text);
        mlab_status status = mlab_dictionary_add(&ids->texts, text, length, &code, err);
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

mlab_status mlab_ids_make(const mlab_table *people, const char *column, const uint8_t *member, mlab_findings *findings, mlab_ids *ids,
                          mlab_error *err)
{
    const mlab_context *context = people->context;
    const mlab_column *held = mlab_table_find(people, column);
    *ids = (mlab_ids){.context = context, .file = people->file};
    mlab_dictionary_start(&ids->texts, context);
    if (!held || held->type != MLAB_COLUMN_TEXT) return mlab_raise(err, MLAB_ERR_DATA_TYPE, "column '%s' of %s holds no ids", column, people->file);
    if (people->n_rows >= MLAB_ID_OUTSIDE) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%s has more than 4 billion rows", people->file);
    uint32_t *order = NULL, *row_of_code = mlab_allocate(context, people->n_rows, sizeof *row_of_code);
    mlab_status status = row_of_code ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the ids of %s", people->file);
    if (!status) status = collect(ids, people, column, held, member, row_of_code, findings, err);
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
    mlab_release(context, order);
    mlab_release(context, row_of_code);
    if (status) mlab_ids_free(ids);
    return status;
}

/* --- linking --------------------------------------------------------------------------------------- */

static const char *without_zeros(const char *id)
{
    while (id[0] == '0' && id[1]) id++;
    return id;
}

/* How many of the unlinked texts (count 0 marks a linked one) are ids but for leading zeros. */
static mlab_status count_zeros(const mlab_ids *ids, const mlab_dictionary *unlinked, size_t *n, mlab_error *err)
{
    mlab_dictionary bare;
    mlab_dictionary_start(&bare, ids->context);
    mlab_status status = MLAB_OK;
    uint32_t code;
    *n = 0;
    for (uint32_t i = 0; i < ids->texts.n && !status; i++) {
        const char *text = without_zeros(mlab_dictionary_text(&ids->texts, i));
        status = mlab_dictionary_add(&bare, text, strlen(text), &code, err);
    }
    for (uint32_t i = 0; i < unlinked->n && !status; i++) {
        const char *text = without_zeros(mlab_dictionary_text(unlinked, i));
        *n += mlab_dictionary_find(&bare, text, strlen(text)) != MLAB_DICTIONARY_NONE;
    }
    mlab_dictionary_free(&bare);
    return status;
}

static mlab_status say_unlinked(const mlab_ids *ids, const mlab_table *table, const char *name, const mlab_link *link, size_t distinct,
                                const mlab_dictionary *unlinked, const uint32_t *rank, mlab_findings *findings, mlab_error *err)
{
    size_t zeros = 0;
    double share = (double)unlinked->n / (double)distinct;
    bool over = share > link->accept;
    char remedy[200], accept[32], shown[64], allowed[32], hint[120] = "";
    mlab_status status = count_zeros(ids, unlinked, &zeros, err);
    if (status) return status;
    mlab_number_print(ceil(share * 100) / 100, accept, sizeof accept);
    mlab_number_for_people(share * 100, 1, shown, sizeof shown);
    mlab_number_print(link->accept * 100, allowed, sizeof allowed);
    int n = snprintf(remedy, sizeof remedy, "%s: {accept_unlinked: %s}", link->block, accept);
    if (zeros) {
        snprintf(hint, sizeof hint, "; %zu of them match with leading zeros", zeros);
        snprintf(remedy, sizeof remedy, "id: {pad: %zu}      (or %s: {accept_unlinked: %s})", ids->most, link->block, accept);
    } else if (!over && n > 0) {
        remedy[0] = '\0';
    }
    char sentence[400];
    snprintf(sentence, sizeof sentence, "%zu of %zu %s are not in %s (%s %%, allowed %s %%)%s", unlinked->n, distinct, link->who, ids->file, shown,
             allowed, hint);
    const mlab_column *column = mlab_table_find(table, name);
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        if (rank[i] != MLAB_ID_UNKNOWN || (column->missing && column->missing[i])) continue;
        mlab_place place = mlab_place_cell(table->file, table->lines ? table->lines[i] : 0, 0, name);
        status = mlab_findings_add(findings, over ? MLAB_SEVERITY_STOP : MLAB_SEVERITY_NOTE, "unlinked", &place, mlab_column_text(column, i), remedy,
                                   err, "%s", sentence);
    }
    return status;
}

mlab_status mlab_ids_link(const mlab_ids *ids, const mlab_table *table, const char *column, const mlab_link *link, mlab_findings *findings,
                          uint32_t *rank, mlab_error *err)
{
    const mlab_column *held = mlab_table_find(table, column);
    if (!held || held->type != MLAB_COLUMN_TEXT) return mlab_raise(err, MLAB_ERR_DATA_TYPE, "column '%s' of %s holds no ids", column, table->file);
    mlab_dictionary unlinked, linked;
    mlab_dictionary_start(&unlinked, ids->context);
    mlab_dictionary_start(&linked, ids->context);
    mlab_status status = MLAB_OK;
    uint32_t ignored;
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        rank[i] = MLAB_ID_UNKNOWN;
        if (held->missing && held->missing[i]) continue;
        const char *text = mlab_column_text(held, i);
        uint32_t code = mlab_dictionary_find(&ids->texts, text, strlen(text));
        if (code != MLAB_DICTIONARY_NONE) rank[i] = ids->rank_of_code[code];
        status = mlab_dictionary_add(code == MLAB_DICTIONARY_NONE ? &unlinked : &linked, text, strlen(text), &ignored, err);
    }
    if (!status && unlinked.n) status = say_unlinked(ids, table, column, link, unlinked.n + linked.n, &unlinked, rank, findings, err);
    if (link->input) {
        link->input->named += unlinked.n + linked.n;
        link->input->linked += linked.n;
    }
    mlab_dictionary_free(&unlinked);
    mlab_dictionary_free(&linked);
    return status;
}
