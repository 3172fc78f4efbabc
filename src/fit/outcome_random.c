/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The groupings of the random effects of an outcome: a column, combinations of columns (a:b), several memberships (multiple(a, b)), the
 * person of a panel row, or the mentors whom its person has at the row's start. */
#include "fit/outcome.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_MENTORS = 16 }; /* of one person at a time */

/* The value of one row in one column; at: row * columns + column. */
typedef struct value {
    const char *text;
    double number;
    size_t at;
} value;

/* One grouping while it is made. */
typedef struct grouping {
    mlab_outcome_problem *made;
    mlab_random_grouping *out;
    const char *const *columns;
    size_t n_columns;
    bool multiple;
    uint32_t *group;  /* [n * memberships] */
    char **names;     /* [n_groups], NULL where groups are people */
    uint32_t *person; /* [n_groups] their ranks there */
} grouping;

static int by_value(const void *a, const void *b)
{
    const value *x = a, *y = b;
    int text = x->text && y->text ? strcmp(x->text, y->text) : 0;
    if (text) return text;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static bool same(const value *a, const value *b)
{
    return a->number == b->number && (!a->text || !b->text || strcmp(a->text, b->text) == 0);
}

static mlab_status no_memory(const grouping *g, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the groups of %zu rows", g->made->problem.n);
}

void mlab_outcome_random_free(mlab_outcome_problem *made)
{
    for (size_t t = 0; made->random && t < made->problem.n_random; t++) {
        mlab_random_grouping *r = &made->random[t];
        for (size_t k = 0; r->groups && k < r->n_groups; k++) mlab_release(made->context, (void *)r->groups[k]);
        mlab_design_free((mlab_design *)r->design);
        mlab_release(made->context, (void *)r->groups);
        mlab_release(made->context, (void *)r->group);
        mlab_release(made->context, (void *)r->person);
        mlab_release(made->context, (void *)r->name);
    }
    mlab_release(made->context, made->random);
}

/* --- values of columns --------------------------------------------------------------------------------------------- */

static char *name_of(const mlab_context *context, const value *v, const mlab_column *column, size_t row)
{
    char number[40];
    if (v->text || column->type == MLAB_COLUMN_FACTOR) return mlab_copy_text(context, v->text ? v->text : mlab_column_text(column, row));
    mlab_number_print(v->number, number, sizeof number);
    return mlab_copy_text(context, number);
}

/* Values of the rows used in columns from .. to - 1, missing ones left out; levels of one column are in their own order. */
static size_t read_values(const grouping *g, const mlab_column *const *columns, size_t n_columns, value *values)
{
    size_t n = 0;
    for (size_t i = 0; i < g->made->problem.n; i++)
        for (size_t c = 0; c < n_columns; c++) {
            const mlab_column *column = columns[c];
            size_t row = g->made->rows[i];
            if (column->missing && column->missing[row]) continue;
            bool text = column->type == MLAB_COLUMN_TEXT || (column->type == MLAB_COLUMN_FACTOR && n_columns > 1);
            values[n++] = (value){.text = text ? mlab_column_text(column, row) : NULL,
                                  .number = text                               ? 0
                                            : column->type == MLAB_COLUMN_REAL ? column->as.real[row]
                                                                               : column->as.integer[row],
                                  .at = i * n_columns + c};
        }
    return n;
}

/* group [n * n_columns] = number of the distinct value, in the order of values; names [n_groups], or NULL when no memory was left. */
static mlab_status number_values(const grouping *g, const char *const *names, size_t n_columns, uint32_t *group, size_t *n_groups, char ***named,
                                 mlab_error *err)
{
    const mlab_context *context = g->made->context;
    const mlab_column *columns[16];
    size_t n = g->made->problem.n, n_values, k = 0;
    mlab_status status = MLAB_OK;
    for (size_t c = 0; c < n_columns; c++) {
        columns[c] = mlab_table_find(g->made->table, names[c]);
        if (!columns[c]) return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "%s: \"%s\" is not a column of the data", g->made->problem.outcome, names[c]);
        bool words = columns[c]->type == MLAB_COLUMN_TEXT || columns[c]->type == MLAB_COLUMN_FACTOR;
        bool first = columns[0]->type == MLAB_COLUMN_TEXT || columns[0]->type == MLAB_COLUMN_FACTOR;
        if (words != first)
            return mlab_raise(err, MLAB_ERR_DATA_TYPE, "%s: of %s and %s one holds texts and the other numbers; they must name the same groups",
                              g->made->problem.outcome, names[0], names[c]);
    }
    value *values = mlab_allocate(context, n, n_columns * sizeof *values);
    if (!values) return no_memory(g, err);
    n_values = read_values(g, columns, n_columns, values);
    qsort(values, n_values, sizeof *values, by_value);
    *n_groups = 0;
    for (size_t i = 0; i < n * n_columns; i++) group[i] = UINT32_MAX;
    for (size_t i = 0; i < n_values; i++) {
        *n_groups += i == 0 || !same(&values[i], &values[i - 1]);
        group[values[i].at] = (uint32_t)(*n_groups - 1);
    }
    *named = mlab_allocate(context, *n_groups, sizeof **named);
    for (size_t i = 0; *named && !status && n_columns > 0 && i < n_values; i++) {
        if (i > 0 && same(&values[i], &values[i - 1])) continue;
        (*named)[k] = name_of(context, &values[i], columns[values[i].at % n_columns], g->made->rows[values[i].at / n_columns]);
        if (!(*named)[k++]) status = no_memory(g, err);
    }
    if (!*named) status = no_memory(g, err);
    mlab_release(context, values);
    return status;
}

static void free_names(const mlab_context *context, char **names, size_t n)
{
    for (size_t k = 0; names && k < n; k++) mlab_release(context, names[k]);
    mlab_release(context, names);
}

static bool is_people(const grouping *g, const char *name)
{
    return g->made->panel && !strcmp(name, "person") && !mlab_table_find(g->made->table, name);
}

/* Codes of one column of a combination; *names NULL for people. */
static mlab_status codes_of(const grouping *g, const char *name, uint32_t *codes, size_t *n_codes, char ***names, mlab_error *err)
{
    *names = NULL;
    if (!is_people(g, name)) return number_values(g, &name, 1, codes, n_codes, names, err);
    uint32_t *id = mlab_allocate(g->made->context, g->made->problem.n, sizeof *id);
    if (!id) return no_memory(g, err);
    *n_codes = mlab_outcome_group_people(g->made, codes, id);
    mlab_release(g->made->context, id);
    return MLAB_OK;
}

/* --- combinations --------------------------------------------------------------------------------------------------- */

typedef struct pair {
    uint64_t key;
    uint32_t row;
} pair;

static int by_key(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static char *joined(const mlab_context *context, const char *a, const char *b)
{
    mlab_text text = MLAB_TEXT(context);
    mlab_text_append(&text, a);
    mlab_text_append(&text, ":");
    mlab_text_append(&text, b);
    char *copy = text.failed ? NULL : mlab_copy_text(context, mlab_text_get(&text));
    mlab_text_free(&text);
    return copy;
}

/* g->group and g->names, those of the columns so far, become those of their combinations with one more. */
static mlab_status combine(grouping *g, const char *name, mlab_error *err)
{
    const mlab_context *context = g->made->context;
    size_t n = g->made->problem.n, n_codes = 0, n_groups = 0;
    char **names = NULL, **both = NULL;
    pair *pairs = mlab_allocate(context, n, sizeof *pairs);
    uint32_t *codes = mlab_allocate(context, n, sizeof *codes);
    mlab_status status = pairs && codes ? codes_of(g, name, codes, &n_codes, &names, err) : no_memory(g, err);
    if (status) goto out;
    for (size_t i = 0; i < n; i++) pairs[i] = (pair){(uint64_t)g->group[i] << 32 | codes[i], (uint32_t)i};
    qsort(pairs, n, sizeof *pairs, by_key);
    for (size_t i = 0; i < n; i++) n_groups += i == 0 || pairs[i].key != pairs[i - 1].key;
    bool named = g->names && names;
    if (named && !(both = mlab_allocate(context, n_groups, sizeof *both))) status = no_memory(g, err);
    for (size_t i = 0, k = 0; i < n && !status; i++) {
        bool fresh = i == 0 || pairs[i].key != pairs[i - 1].key;
        k += fresh && i > 0;
        if (fresh && named && !(both[k] = joined(context, g->names[pairs[i].key >> 32], names[(uint32_t)pairs[i].key]))) status = no_memory(g, err);
        g->group[pairs[i].row] = (uint32_t)k;
    }
    free_names(context, g->names, g->out->n_groups);
    g->names = both;
    g->out->n_groups = n_groups;
out:
    free_names(context, names, n_codes);
    mlab_release(context, pairs);
    mlab_release(context, codes);
    return status;
}

/* --- mentors of a panel row ------------------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Relationships of every mentee: first [n_ids + 1] into tie; sorted by start as they come. */
static void index_ties(const mlab_data *data, size_t *first, size_t *tie)
{
    size_t n_ids = data->panel->n_ids;
    for (size_t k = 0; k < data->n_relationships; k++) first[data->relationships[k].mentee + 1]++;
    for (size_t p = 0; p < n_ids; p++) first[p + 1] += first[p];
    for (size_t k = 0; k < data->n_relationships; k++) tie[first[data->relationships[k].mentee]++] = k;
    for (size_t p = n_ids; p > 0; p--) first[p] = first[p - 1];
    first[0] = 0;
}

/* Ranks of the distinct mentors on the first day of a panel row, as the arm is told; false = too many. */
static bool mentors_of(const mlab_data *data, const size_t *first, const size_t *tie, size_t row, uint32_t *mentor, size_t *n)
{
    uint32_t person = data->panel->person[row];
    int32_t day = data->panel->start[row];
    *n = 0;
    for (size_t k = first[person]; k < first[person + 1]; k++) {
        const mlab_relationship *r = &data->relationships[tie[k]];
        size_t seen = 0;
        if (r->start > day + 1 || (r->end != INT32_MIN && r->end <= day)) continue;
        while (seen < *n && mentor[seen] != r->mentor) seen++;
        if (seen < *n) continue;
        if (*n == MOST_MENTORS) return false;
        mentor[(*n)++] = r->mentor;
    }
    qsort(mentor, *n, sizeof *mentor, by_number);
    return true;
}

static mlab_status group_mentors(grouping *g, mlab_error *err)
{
    const mlab_data *data = g->made->data;
    const mlab_context *context = g->made->context;
    size_t n = g->made->problem.n, most = 1, n_ids = data->panel->n_ids, found;
    uint32_t mentor[MOST_MENTORS], *to = mlab_allocate(context, n_ids, sizeof *to);
    size_t *first = mlab_allocate(context, n_ids + 1, sizeof *first), *tie = mlab_allocate(context, data->n_relationships, sizeof *tie);
    mlab_status status = to && first && tie ? MLAB_OK : no_memory(g, err);
    if (!status) index_ties(data, first, tie);
    for (size_t i = 0; i < n && !status; i++) {
        if (!mentors_of(data, first, tie, g->made->rows[i], mentor, &found))
            status =
                mlab_raise(err, MLAB_ERR_DATA_FORMULA, "%s: somebody has more than %d mentors at a time", g->made->problem.outcome, MOST_MENTORS);
        for (size_t k = 0; k < found && !status; k++) to[mentor[k]] = 1;
        if (found > most) most = found;
    }
    if (!status && !(g->person = mlab_allocate(context, n_ids, sizeof *g->person))) status = no_memory(g, err);
    for (size_t p = 0; p < n_ids && !status; p++) {
        if (!to[p]) continue;
        g->person[g->out->n_groups] = (uint32_t)p;
        to[p] = (uint32_t)++g->out->n_groups;
    }
    if (!status && !(g->group = mlab_allocate(context, n, most * sizeof *g->group))) status = no_memory(g, err);
    for (size_t i = 0; i < n && !status; i++) {
        mentors_of(data, first, tie, g->made->rows[i], mentor, &found);
        for (size_t k = 0; k < most; k++) g->group[i * most + k] = k < found ? to[mentor[k]] - 1 : UINT32_MAX;
    }
    g->out->memberships = most;
    mlab_release(context, to);
    mlab_release(context, first);
    mlab_release(context, tie);
    return status;
}

/* --- all groupings ------------------------------------------------------------------------------------------------- */

static mlab_status make_groups(grouping *g, mlab_error *err)
{
    size_t n = g->made->problem.n, m = g->multiple ? g->n_columns : 1;
    const char *name = g->columns[0];
    if (g->n_columns == 1 && g->made->panel && !strcmp(name, "mentor") && !mlab_table_find(g->made->table, name)) return group_mentors(g, err);
    g->out->memberships = m;
    if (!(g->group = mlab_allocate(g->made->context, n, m * sizeof *g->group))) return no_memory(g, err);
    if (g->multiple) return number_values(g, g->columns, m, g->group, &g->out->n_groups, &g->names, err);
    mlab_status status = codes_of(g, name, g->group, &g->out->n_groups, &g->names, err);
    if (!status && g->n_columns == 1 && is_people(g, name)) {
        if (!(g->person = mlab_allocate(g->made->context, g->out->n_groups, sizeof *g->person))) return no_memory(g, err);
        for (size_t i = 0; i < n; i++) g->person[g->group[i]] = g->made->panel->person[g->made->rows[i]];
    }
    for (size_t c = 1; c < g->n_columns && !status; c++) status = combine(g, g->columns[c], err);
    return status;
}

mlab_status mlab_outcome_random(mlab_outcome_problem *made, mlab_error *err)
{
    size_t n = mlab_formula_random(made->formula);
    mlab_status status = MLAB_OK;
    if (n == 0) return MLAB_OK;
    made->random = mlab_allocate(made->context, n, sizeof *made->random);
    if (!made->random) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for random effects");
    made->problem.random = made->random;
    for (size_t t = 0; t < n && !status; t++) {
        grouping g = {.made = made, .out = &made->random[t]};
        const char *name;
        mlab_design *design = NULL;
        made->problem.n_random = t + 1;
        const mlab_formula *terms = mlab_formula_random_terms(made->formula, t, &name, &g.out->independent);
        g.n_columns = mlab_formula_random_columns(made->formula, t, &g.columns, &g.multiple);
        status = mlab_design_make(terms, made->table, made->keep, &design, err);
        g.out->design = design;
        if (!status && !(g.out->name = mlab_copy_text(made->context, name))) status = no_memory(&g, err);
        if (!status) status = make_groups(&g, err);
        g.out->group = g.group;
        g.out->person = g.person;
        g.out->groups = (const char *const *)g.names;
    }
    return status;
}
