/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linking the ids of another file to people: by themselves, or by a crosswalk from another kind of id. What cannot be linked is named
 * row by row; above a share it stops the work until it is accepted by number. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/ids.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where a distinct text leads. */
typedef struct target {
    uint32_t code; /* of mlab_ids.texts; MLAB_DICTIONARY_NONE = nowhere */
    bool two_ways; /* to one person by itself, to another by a crosswalk */
} target;

typedef struct linking {
    const mlab_ids *ids;
    const mlab_table *table;
    const mlab_column *column;
    const char *name; /* of the column */
    const mlab_link *link;
    mlab_findings *findings;
    mlab_dictionary texts; /* distinct ones, as written */
    target *targets;       /* [texts.n] */
    uint32_t *code;        /* [n_rows] into texts */
    mlab_id_text made, scratch;
} linking;

static mlab_status no_memory(const linking *l, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to link %s of %s", l->link->who, l->table->file);
}

/* The crosswalks leave the case of what they lead from aside. */
static uint32_t by_crosswalk(linking *l, const char *text)
{
    for (size_t k = 0; k < l->link->n_crosswalks; k++) {
        const mlab_crosswalk *crosswalk = &l->link->crosswalks[k];
        char lower[512];
        size_t n = strlen(text);
        if (n >= sizeof lower) continue;
        for (size_t i = 0; i < n; i++) lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
        uint32_t at = mlab_dictionary_find(&crosswalk->from, lower, n);
        if (at != MLAB_DICTIONARY_NONE && crosswalk->code[at] != MLAB_DICTIONARY_NONE) return crosswalk->code[at];
    }
    return MLAB_DICTIONARY_NONE;
}

static mlab_status find_target(linking *l, const char *text, target *found, mlab_error *err)
{
    uint32_t own = MLAB_DICTIONARY_NONE, other = MLAB_DICTIONARY_NONE;
    mlab_status status = mlab_id_apply(l->ids->context, l->link->rule, text, &l->made, err);
    if (!status && l->link->by != MLAB_LINK_CROSSWALK) status = mlab_ids_find(l->ids, l->made.bytes, &l->scratch, &own, err);
    if (status) return status;
    if (l->link->by != MLAB_LINK_ID) {
        other = by_crosswalk(l, text);
        if (other == MLAB_DICTIONARY_NONE) other = by_crosswalk(l, l->made.bytes);
    }
    found->two_ways = own != MLAB_DICTIONARY_NONE && other != MLAB_DICTIONARY_NONE && own != other;
    found->code = own != MLAB_DICTIONARY_NONE ? own : other;
    return MLAB_OK;
}

/* Distinct texts of the column; where each leads. */
static mlab_status find_targets(linking *l, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    if (!(l->code = mlab_allocate(l->ids->context, l->table->n_rows, sizeof *l->code))) return no_memory(l, err);
    for (size_t i = 0; i < l->table->n_rows && !status; i++) {
        l->code[i] = MLAB_DICTIONARY_NONE;
        if (l->column->missing && l->column->missing[i]) continue;
        const char *text = mlab_column_text(l->column, i);
        status = mlab_dictionary_add(&l->texts, text, strlen(text), &l->code[i], err);
    }
    if (!status && !(l->targets = mlab_allocate(l->ids->context, l->texts.n, sizeof *l->targets))) status = no_memory(l, err);
    for (uint32_t k = 0; k < l->texts.n && !status; k++) status = find_target(l, mlab_dictionary_text(&l->texts, k), &l->targets[k], err);
    return status;
}

/* The number of different people and of texts that lead to nobody: what is counted are people, however they are written. */
static mlab_status count(linking *l, mlab_dictionary *unlinked, size_t *linked, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    uint32_t ignored;
    uint8_t *met = mlab_allocate(l->ids->context, l->ids->texts.n, 1);
    if (!met) return no_memory(l, err);
    *linked = 0;
    for (uint32_t k = 0; k < l->texts.n && !status; k++) {
        const char *text = mlab_dictionary_text(&l->texts, k);
        if (l->targets[k].code == MLAB_DICTIONARY_NONE) {
            status = mlab_id_apply(l->ids->context, l->link->rule, text, &l->made, err);
            if (!status) status = mlab_dictionary_add(unlinked, l->made.bytes, l->made.n, &ignored, err);
        } else if (!met[l->targets[k].code]) {
            met[l->targets[k].code] = 1;
            (*linked)++;
        }
    }
    mlab_release(l->ids->context, met);
    return status;
}

static mlab_status say_rows(const linking *l, mlab_severity severity, const char *kind, bool two_ways, const char *remedy, const char *sentence,
                            mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < l->table->n_rows && !status; i++) {
        if (l->code[i] == MLAB_DICTIONARY_NONE) continue;
        const target *t = &l->targets[l->code[i]];
        if (two_ways ? !t->two_ways : t->code != MLAB_DICTIONARY_NONE) continue;
        mlab_place place = mlab_place_cell(l->table->file, l->table->lines ? l->table->lines[i] : 0, 0, l->name);
        status = mlab_findings_add(l->findings, severity, kind, &place, mlab_column_text(l->column, i), remedy, err, "%s", sentence);
    }
    return status;
}

static mlab_status say_unlinked(const linking *l, const mlab_dictionary *unlinked, size_t distinct, mlab_error *err)
{
    const mlab_link *link = l->link;
    double share = (double)unlinked->n / (double)distinct;
    bool over = share > link->accept;
    char remedy[400] = "", accept[32], shown[64], allowed[32], sentence[500];
    mlab_link_hint hint;
    mlab_status status = mlab_ids_hint(l->ids, unlinked, &hint, err);
    if (status) return status;
    mlab_number_print(ceil(share * 100) / 100, accept, sizeof accept);
    mlab_number_for_people(share * 100, 1, shown, sizeof shown);
    mlab_number_print(link->accept * 100, allowed, sizeof allowed);
    if (*hint.remedy)
        snprintf(remedy, sizeof remedy, "%s      (or %s: {accept_unlinked: %s})", hint.remedy, link->block, accept);
    else if (over && share > 0.5) /* nothing to accept: another column, another list */
        snprintf(remedy, sizeof remedy, "%s: {%s: HEADING}      (the column of their ids; or people: {file: ...}, or a crosswalk)", link->block,
                 l->name);
    else if (over)
        snprintf(remedy, sizeof remedy, "%s: {accept_unlinked: %s}", link->block, accept);
    snprintf(sentence, sizeof sentence, "%zu of %zu %s are not in %s (%s %%, allowed %s %%)%s", unlinked->n, distinct, link->who, l->ids->file, shown,
             allowed, hint.sentence);
    return say_rows(l, over ? MLAB_SEVERITY_STOP : MLAB_SEVERITY_NOTE, "unlinked", false, remedy, sentence, err);
}

static mlab_status say_two_ways(const linking *l, mlab_error *err)
{
    size_t n = 0;
    char sentence[300], remedy[200];
    for (uint32_t k = 0; k < l->texts.n; k++) n += l->targets[k].two_ways;
    if (!n) return MLAB_OK;
    snprintf(sentence, sizeof sentence, "%zu of %zu %s are ids of one person and lead by the crosswalk to another", n, l->texts.n, l->link->who);
    snprintf(remedy, sizeof remedy, "%s: {link: crosswalk}      (or id)", l->link->block);
    return say_rows(l, MLAB_SEVERITY_DECIDE, "id_two_ways", true, remedy, sentence, err);
}

mlab_status mlab_ids_link(const mlab_ids *ids, const mlab_table *table, const char *column, const mlab_link *link, mlab_findings *findings,
                          uint32_t *rank, mlab_error *err)
{
    linking l = {.ids = ids, .table = table, .column = mlab_table_find(table, column), .name = column, .link = link, .findings = findings};
    if (!l.column || l.column->type != MLAB_COLUMN_TEXT)
        return mlab_raise(err, MLAB_ERR_DATA_TYPE, "column '%s' of %s holds no ids", column, table->file);
    mlab_dictionary unlinked;
    size_t linked = 0;
    mlab_dictionary_start(&unlinked, ids->context);
    mlab_dictionary_start(&l.texts, ids->context);
    mlab_status status = find_targets(&l, err);
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        uint32_t code = l.code[i] == MLAB_DICTIONARY_NONE ? MLAB_DICTIONARY_NONE : l.targets[l.code[i]].code;
        rank[i] = code == MLAB_DICTIONARY_NONE ? MLAB_ID_UNKNOWN : ids->rank_of_code[code];
    }
    if (!status) status = count(&l, &unlinked, &linked, err);
    if (!status && unlinked.n) status = say_unlinked(&l, &unlinked, unlinked.n + linked, err);
    if (!status) status = say_two_ways(&l, err);
    if (!status && link->input) {
        link->input->named += unlinked.n + linked;
        link->input->linked += linked;
    }
    mlab_dictionary_free(&unlinked);
    mlab_dictionary_free(&l.texts);
    mlab_release(ids->context, l.targets);
    mlab_release(ids->context, l.code);
    mlab_release(ids->context, l.made.bytes);
    mlab_release(ids->context, l.scratch.bytes);
    return status;
}
