/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ratings one by one, for models of several raters: of whom, by whom, in which role, of what, when, how high. The means of days, which are an outcome
 * of the panel, are made beside (load_extras.c).
 *
 * Rows are sorted, so that the order of the file does not matter. A rater's id is written as ids of people are, so that somebody who rates
 * themself, or rates and is rated, is one. Who rated and is not named is somebody of their own in every row.
 */
#include "core/error.h"
#include "core/memory.h"
#include "data/loading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct rated {
    uint32_t person;
    int32_t date;
    const char *rater, *role, *skill; /* NULL = missing, or no such column */
    double score;
} rated;

typedef struct keeping {
    mlab_loading *l;
    const mlab_table *from;
    const uint32_t *rank;
    const uint8_t *use;
    const mlab_column *rater, *role, *skill, *date, *score;
    rated *items;
    size_t n;
} keeping;

static int by_text(const char *a, const char *b)
{
    if (!a || !b) return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static int by_rated(const void *a, const void *b)
{
    const rated *x = a, *y = b;
    int order;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    if (x->date != y->date) return x->date < y->date ? -1 : 1;
    if ((order = by_text(x->rater, y->rater)) || (order = by_text(x->role, y->role)) || (order = by_text(x->skill, y->skill))) return order;
    return (x->score > y->score) - (x->score < y->score);
}

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the ratings");
}

static const mlab_column *of_type(const mlab_table *table, const char *name, mlab_column_type type)
{
    const mlab_column *column = mlab_table_find(table, name);
    return column && column->type == type ? column : NULL;
}

static const char *text_of(const mlab_column *column, size_t row)
{
    return !column || mlab_is_missing_at(column, row) ? NULL : mlab_column_text(column, row);
}

/* The rater's id as the people file writes it, where it is there. Texts of ids and of the table stay where they are. */
static mlab_status find_rater(const keeping *k, const mlab_id_rule *rule, size_t row, mlab_id_text text[2], const char **rater, mlab_error *err)
{
    uint32_t code = MLAB_DICTIONARY_NONE;
    *rater = text_of(k->rater, row);
    if (!*rater) return MLAB_OK;
    mlab_status status = mlab_id_apply(k->l->context, rule, *rater, &text[0], err);
    if (!status) status = mlab_ids_find(&k->l->ids, text[0].bytes, &text[1], &code, err);
    if (!status && code != MLAB_DICTIONARY_NONE) *rater = mlab_dictionary_text(&k->l->ids.texts, code);
    return status;
}

static mlab_status collect(keeping *k, mlab_error *err)
{
    mlab_id_text text[2] = {{0}, {0}};
    mlab_id_rule rule;
    mlab_status status = mlab_loading_id_rule(k->l, "data.ratings", &rule, err);
    for (size_t i = 0; i < k->from->n_rows && !status; i++) {
        if (!k->use[i] || k->rank[i] >= k->l->ids.n || mlab_is_missing_at(k->date, i) || mlab_is_missing_at(k->score, i)) continue;
        rated *item = &k->items[k->n++];
        *item = (rated){k->rank[i], k->date->as.integer[i], NULL, text_of(k->role, i), text_of(k->skill, i), k->score->as.real[i]};
        status = find_rater(k, &rule, i, text, &item->rater, err);
    }
    mlab_release(k->l->context, text[0].bytes);
    mlab_release(k->l->context, text[1].bytes);
    mlab_pattern_free(rule.take);
    if (!status) qsort(k->items, k->n, sizeof *k->items, by_rated);
    return status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A factor of the texts at `place` in the items, levels in byte order. */
static mlab_status add_factor(const keeping *k, mlab_table *table, const char *name, size_t place, mlab_error *err)
{
    const char **levels = mlab_allocate(k->l->context, k->n, sizeof *levels);
    mlab_column *column;
    size_t n = 0, distinct = 0;
    if (!levels) return no_memory(err);
    for (size_t i = 0; i < k->n; i++) {
        const char *text = *(const char *const *)((const char *)&k->items[i] + place);
        if (text) levels[n++] = text;
    }
    qsort(levels, n, sizeof *levels, by_name);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(levels[i], levels[distinct - 1]) != 0) levels[distinct++] = levels[i];
    mlab_status status = mlab_table_add(table, name, MLAB_COLUMN_FACTOR, levels, (int32_t)distinct, &column, err);
    for (size_t i = 0; i < k->n && !status; i++) {
        const char *text = *(const char *const *)((const char *)&k->items[i] + place);
        const char **found = text ? bsearch(&text, levels, distinct, sizeof *levels, by_name) : NULL;
        if (found)
            column->as.integer[i] = (int32_t)(found - levels);
        else
            status = mlab_column_set_missing(table, column, i, err);
    }
    mlab_release(k->l->context, levels);
    return status;
}

static mlab_status add_people(const keeping *k, mlab_table *table, uint64_t *nameless, mlab_error *err)
{
    mlab_column *person, *rater;
    mlab_status status = mlab_table_add(table, "person", MLAB_COLUMN_TEXT, NULL, 0, NULL, err);
    if (!status && k->rater) status = mlab_table_add(table, "rater", MLAB_COLUMN_TEXT, NULL, 0, NULL, err);
    person = status ? NULL : mlab_table_find(table, "person");
    rater = status || !k->rater ? NULL : mlab_table_find(table, "rater");
    *nameless = 0;
    for (size_t i = 0; i < k->n && !status; i++) {
        const char *id = mlab_ids_text(&k->l->ids, k->items[i].person), *by = k->items[i].rater;
        char own[40];
        if (!by) snprintf(own, sizeof own, "\x01%llu", (unsigned long long)++*nameless); /* no id begins so */
        status = mlab_column_set_text(table, person, i, id, strlen(id), err);
        if (!status && rater) status = mlab_column_set_text(table, rater, i, by ? by : own, strlen(by ? by : own), err);
    }
    return status;
}

static mlab_status fill(const keeping *k, mlab_table *table, uint64_t *nameless, mlab_error *err)
{
    mlab_column *date = NULL, *score = NULL;
    mlab_status status = add_people(k, table, nameless, err);
    if (!status && k->role) status = add_factor(k, table, "role", offsetof(rated, role), err);
    if (!status && k->skill) status = add_factor(k, table, "skill", offsetof(rated, skill), err);
    if (!status) status = mlab_table_add(table, "date", MLAB_COLUMN_DATE, NULL, 0, &date, err);
    for (size_t i = 0; i < k->n && !status; i++) date->as.integer[i] = k->items[i].date;
    if (!status) status = mlab_table_add(table, "score", MLAB_COLUMN_REAL, NULL, 0, &score, err);
    for (size_t i = 0; i < k->n && !status; i++) score->as.real[i] = k->items[i].score;
    return status;
}

mlab_status mlab_keep_ratings(mlab_loading *l, const mlab_table *from, const uint32_t *rank, const uint8_t *use, mlab_error *err)
{
    keeping k = {.l = l,
                 .from = from,
                 .rank = rank,
                 .use = use,
                 .rater = of_type(from, "rater", MLAB_COLUMN_TEXT),
                 .role = of_type(from, "role", MLAB_COLUMN_FACTOR),
                 .skill = of_type(from, "skill", MLAB_COLUMN_FACTOR),
                 .date = of_type(from, "date", MLAB_COLUMN_DATE),
                 .score = of_type(from, "score", MLAB_COLUMN_REAL)};
    mlab_table *table = NULL;
    uint64_t nameless = 0;
    if (!rank || !k.date || !k.score) return MLAB_OK;
    if (!(k.items = mlab_allocate(l->context, from->n_rows, sizeof *k.items))) return no_memory(err);
    mlab_status status = collect(&k, err);
    if (!status) status = mlab_table_make(l->context, k.n, &table, err);
    if (!status) status = fill(&k, table, &nameless, err);
    mlab_release(l->context, k.items);
    if (status) {
        mlab_table_free(table);
        return status;
    }
    mlab_table_free(l->data->ratings);
    l->data->ratings = table;
    if (!k.rater || nameless == 0) return MLAB_OK;
    mlab_place place = mlab_setting_place(mlab_settings_find(l->settings, NULL, "data.ratings"));
    return mlab_findings_add(l->findings, MLAB_SEVERITY_NOTE, "raters_not_named", &place, NULL, NULL, err,
                             "%llu of %zu ratings in %s do not name the rater; each counts as by somebody else", (unsigned long long)nameless, k.n,
                             from->file);
}
