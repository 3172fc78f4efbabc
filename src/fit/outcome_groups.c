/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clusters and strata of the rows: cluster(g) of the formula, else the person on a panel; strata of all combinations that occur. */
#include "fit/outcome.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

/* A row's value in one column, for sorting rows of equal values together. */
typedef struct group_key {
    const char *text;
    double number;
    uint32_t at; /* row of the table */
} group_key;

static int by_value(const void *a, const void *b)
{
    const group_key *x = a, *y = b;
    int text = x->text && y->text ? strcmp(x->text, y->text) : 0;
    if (text) return text;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static group_key key_of(const mlab_column *column, size_t row)
{
    group_key key = {.at = (uint32_t)row};
    if (column->type == MLAB_COLUMN_TEXT)
        key.text = mlab_column_text(column, row);
    else
        key.number = column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
    return key;
}

/* group [rows of the table] = number of the distinct value of each row, in the order of values, so that the same group has the same
 * number in every outcome; rows with a missing value belong to no group and are not read. */
static mlab_status number_values(const mlab_outcome_problem *made, const char *name, uint32_t *group, size_t *n_groups, mlab_error *err)
{
    const mlab_column *column = mlab_table_find(made->table, name);
    size_t n = made->table->n_rows, n_keys = 0;
    if (!column) return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "%s: \"%s\" is not a column of the data", made->problem.outcome, name);
    group_key *keys = mlab_allocate(made->context, n, sizeof *keys);
    if (!keys) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the groups of %zu rows", n);
    for (size_t i = 0; i < n; i++)
        if (!column->missing || !column->missing[i]) keys[n_keys++] = key_of(column, i);
    qsort(keys, n_keys, sizeof *keys, by_value);
    *n_groups = 0;
    for (size_t i = 0; i < n_keys; i++) {
        bool same =
            i > 0 && keys[i].number == keys[i - 1].number && (!keys[i].text || !keys[i - 1].text || strcmp(keys[i].text, keys[i - 1].text) == 0);
        *n_groups += !same;
        group[keys[i].at] = (uint32_t)(*n_groups - 1);
    }
    mlab_release(made->context, keys);
    return MLAB_OK;
}

static mlab_status set_cluster_name(mlab_outcome_problem *made, const char *name, mlab_error *err)
{
    made->cluster_name = mlab_copy_text(made->context, name);
    made->problem.cluster_name = made->cluster_name;
    return made->cluster_name ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
}

/* People of a panel are sorted; their ranks are the ids of the groups. */
size_t mlab_outcome_group_people(const mlab_outcome_problem *made, uint32_t *group, uint32_t *id)
{
    size_t n_groups = 0;
    for (size_t i = 0; i < made->problem.n; i++) {
        uint32_t rank = made->panel->person[made->rows[i]];
        if (n_groups == 0 || id[n_groups - 1] != rank) id[n_groups++] = rank;
        group[i] = (uint32_t)(n_groups - 1);
    }
    return n_groups;
}

static uint64_t count_people(const mlab_outcome_problem *made)
{
    uint64_t n = 0;
    if (!made->panel) return made->problem.n;
    for (size_t i = 0; i < made->problem.n; i++) n += i == 0 || made->panel->person[made->rows[i]] != made->panel->person[made->rows[i - 1]];
    return n;
}

/* Groups of the rows used by a column: those that have rows here, in the order of values; id: the numbers they have in the whole table. */
static mlab_status group_by(const mlab_outcome_problem *made, const char *name, uint32_t *group, uint32_t *id, size_t *n_groups, mlab_error *err)
{
    size_t n_all;
    uint32_t *all = mlab_allocate(made->context, made->table->n_rows, sizeof *all), *to = NULL;
    mlab_status status = all ? number_values(made, name, all, &n_all, err)
                             : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the groups of %zu rows", made->table->n_rows);
    *n_groups = 0;
    if (status) goto out;
    to = mlab_allocate(made->context, n_all, sizeof *to);
    if (!to) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu groups", n_all);
        goto out;
    }
    for (size_t i = 0; i < made->problem.n; i++) to[all[made->rows[i]]] = 1;
    for (size_t g = 0; g < n_all; g++)
        if (to[g]) {
            id[*n_groups] = (uint32_t)g;
            to[g] = (uint32_t)(*n_groups)++;
        }
    for (size_t i = 0; i < made->problem.n; i++) group[i] = to[all[made->rows[i]]];
out:
    mlab_release(made->context, all);
    mlab_release(made->context, to);
    return status;
}

static mlab_status set_clusters(mlab_outcome_problem *made, mlab_error *err)
{
    const char *name = mlab_formula_cluster(made->formula);
    size_t n = made->problem.n;
    made->problem.cluster_stated = name != NULL;
    if (name && made->panel && !strcmp(name, "person") && !mlab_table_find(made->table, name)) name = NULL; /* what a panel is clustered by anyway */
    made->problem.n_people = count_people(made);
    made->cluster_id = mlab_allocate(made->context, n, sizeof *made->cluster_id);
    made->problem.cluster_id = made->cluster_id;
    if (!made->cluster_id) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the clusters of %zu rows", n);
    if (!name && !made->panel) { /* every row a person of its own; its rank is the row */
        memcpy(made->cluster_id, made->rows, n * sizeof *made->rows);
        return MLAB_OK;
    }
    made->cluster = mlab_allocate(made->context, n, sizeof *made->cluster);
    if (!made->cluster) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the clusters of %zu rows", n);
    made->problem.cluster = made->cluster;
    mlab_status status = set_cluster_name(made, name ? name : "person", err);
    if (status || name) return status ? status : group_by(made, name, made->cluster, made->cluster_id, &made->problem.n_clusters, err);
    made->problem.n_clusters = made->problem.n_people = mlab_outcome_group_people(made, made->cluster, made->cluster_id);
    return MLAB_OK;
}

/* The second of cluster(a, b). */
static mlab_status set_other_clusters(mlab_outcome_problem *made, mlab_error *err)
{
    const char *name = mlab_formula_cluster_other(made->formula);
    size_t n = made->problem.n;
    if (!name) return MLAB_OK;
    bool people = made->panel && !strcmp(name, "person") && !mlab_table_find(made->table, name);
    uint32_t *id = mlab_allocate(made->context, n, sizeof *id);
    made->cluster_other = mlab_allocate(made->context, n, sizeof *made->cluster_other);
    made->cluster_other_name = mlab_copy_text(made->context, name);
    mlab_status status = MLAB_OK;
    if (!id || !made->cluster_other || !made->cluster_other_name)
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the clusters of %zu rows", n);
    else if (people)
        made->problem.n_clusters_other = mlab_outcome_group_people(made, made->cluster_other, id);
    else
        status = group_by(made, name, made->cluster_other, id, &made->problem.n_clusters_other, err);
    mlab_release(made->context, id);
    made->problem.cluster_other = made->cluster_other;
    made->problem.cluster_other_name = made->cluster_other_name;
    return status;
}

/* Strata are numbered anew without those that have no rows here, and named after the values of their first row. */
static mlab_status name_strata(mlab_outcome_problem *made, const char *const *columns, size_t n_columns, size_t n_strata, mlab_error *err)
{
    size_t n = made->problem.n, used = 0;
    uint32_t *first = mlab_allocate(made->context, n_strata, sizeof *first); /* row of the problem + 1, then the new number + 1 */
    mlab_text name = MLAB_TEXT(made->context);
    if (!first) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu strata", n_strata);
    for (size_t i = n; i-- > 0;) first[made->stratum[i]] = (uint32_t)i + 1;
    for (size_t s = 0; s < n_strata; s++) used += first[s] > 0;
    made->strata = mlab_allocate(made->context, used, sizeof *made->strata);
    bool whole = made->strata;
    for (size_t s = 0; whole && s < n_strata; s++) {
        if (!first[s]) continue;
        name.n = 0;
        for (size_t c = 0; c < n_columns; c++) mlab_stratum_name(mlab_table_find(made->table, columns[c]), made->rows[first[s] - 1], &name);
        made->strata[made->problem.n_strata++] = name.failed ? NULL : mlab_copy_text(made->context, mlab_text_get(&name));
        whole = made->strata[made->problem.n_strata - 1];
        first[s] = (uint32_t)made->problem.n_strata;
    }
    for (size_t i = 0; whole && i < n; i++) made->stratum[i] = (int32_t)first[made->stratum[i]] - 1;
    mlab_text_free(&name);
    mlab_release(made->context, first);
    made->problem.strata = (const char *const *)made->strata;
    made->problem.stratum_column = columns;
    made->problem.n_stratum_columns = n_columns;
    return whole ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the names of %zu strata", used);
}

static mlab_status set_strata(mlab_outcome_problem *made, mlab_error *err)
{
    const char *const *names;
    size_t n_names = mlab_formula_strata(made->formula, &names), n = made->problem.n, n_strata = 1;
    if (n_names == 0) return MLAB_OK;
    uint32_t *group = mlab_allocate(made->context, made->table->n_rows, sizeof *group);
    made->stratum = mlab_allocate(made->context, n, sizeof *made->stratum);
    mlab_status status = group && made->stratum ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the strata of %zu rows", n);
    for (size_t k = 0; k < n_names && !status; k++) {
        size_t n_groups = 1;
        status = number_values(made, names[k], group, &n_groups, err);
        if (!status && n_strata * n_groups > 1000000)
            status = mlab_raise(err, MLAB_ERR_DATA_FORMULA, "%s: strata() makes more than 1,000,000 strata", made->problem.outcome);
        for (size_t i = 0; i < n && !status; i++) made->stratum[i] = (int32_t)((size_t)made->stratum[i] * n_groups + group[made->rows[i]]);
        n_strata *= n_groups;
    }
    mlab_release(made->context, group);
    made->problem.stratum = made->stratum;
    return status ? status : name_strata(made, names, n_names, n_strata, err);
}

mlab_status mlab_outcome_group(mlab_outcome_problem *made, mlab_error *err)
{
    mlab_status status = set_clusters(made, err);
    if (!status) status = set_other_clusters(made, err);
    if (!status) status = set_strata(made, err);
    return status ? status : mlab_outcome_random(made, err);
}
