/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table of rows without a time as a cohort: answers of people (or firms, in waves) in an arm that was fixed before, each row on its own,
 * rows of one cluster() drawn and counted together. An outcome with a time and an event goes before: the table is then one of persons. */
#include "compare/cohort.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool mlab_compare_has_no_time(const mlab_compare_spec *spec)
{
    for (size_t k = 0; k < spec->n_outcomes; k++)
        if (spec->outcomes[k].kind == MLAB_OUTCOME_EVENT) return false;
    return spec->n_outcomes > 0;
}

/* The column of cluster() in the first formula that has one; *name NULL = none. Copied. */
static mlab_status cluster_name(const mlab_cohort_choice *choice, const mlab_context *context, char **name, mlab_error *err)
{
    *name = NULL;
    for (size_t k = 0; k < choice->spec->n_outcomes && !*name; k++) {
        const mlab_outcome *outcome = &choice->spec->outcomes[k];
        mlab_formula *formula = NULL;
        if (!outcome->formula || !*outcome->formula) continue;
        mlab_status status = mlab_formula_parse(context, outcome->formula, &outcome->formula_place, &formula, err);
        if (status) return status;
        const char *cluster = mlab_formula_cluster(formula);
        bool failed = cluster && !(*name = mlab_copy_text(context, cluster));
        mlab_formula_free(formula);
        if (failed) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to compare rows");
    }
    return MLAB_OK;
}

typedef struct labelled {
    char text[128];
    uint32_t person;
} labelled;

static int by_label(const void *a, const void *b)
{
    const labelled *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->person > y->person) - (x->person < y->person);
}

static void print_label(const mlab_column *column, size_t row, char *into, size_t size)
{
    if (column->missing && column->missing[row])
        snprintf(into, size, "row %zu", row); /* a cluster of its own */
    else if (column->type == MLAB_COLUMN_REAL)
        snprintf(into, size, "%.17g", column->as.real[row]);
    else if (column->type == MLAB_COLUMN_INTEGER || column->type == MLAB_COLUMN_DATE)
        snprintf(into, size, "%ld", (long)column->as.integer[row]);
    else
        snprintf(into, size, "%s", mlab_column_text(column, row));
}

/* Numbers of clusters in the order of their labels, so that samples do not depend on the order of rows. */
static mlab_status number_clusters(mlab_cohort *cohort, const mlab_column *column, mlab_error *err)
{
    labelled *labels = mlab_allocate(cohort->context, cohort->n_people, sizeof *labels);
    cohort->cluster = mlab_allocate(cohort->context, cohort->n_people, sizeof *cohort->cluster);
    if (!labels || !cohort->cluster) {
        mlab_release(cohort->context, labels);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the clusters of %zu rows", cohort->n_people);
    }
    for (size_t g = 0; g < cohort->n_people; g++) {
        labels[g].person = (uint32_t)g;
        print_label(column, cohort->zero_row[g], labels[g].text, sizeof labels[g].text);
    }
    qsort(labels, cohort->n_people, sizeof *labels, by_label);
    for (size_t i = 0; i < cohort->n_people; i++) {
        if (i == 0 || strcmp(labels[i].text, labels[i - 1].text)) cohort->n_clusters++;
        cohort->cluster[labels[i].person] = (uint32_t)(cohort->n_clusters - 1);
    }
    mlab_release(cohort->context, labels);
    return MLAB_OK;
}

static size_t walk(const mlab_cohort_choice *choice, const mlab_column *arm, const uint8_t *keep, mlab_cohort *cohort, bool fill)
{
    size_t n = 0;
    cohort->missing_people = cohort->unknown_people = cohort->empty_people = 0;
    for (size_t i = 0; i < cohort->table->n_rows; i++) {
        if (!keep[i]) {
            cohort->missing_people++;
            continue;
        }
        bool unknown = arm->missing && arm->missing[i];
        cohort->unknown_people += unknown;
        if (unknown && !choice->take_unknown) {
            cohort->empty_people++;
            continue;
        }
        if (fill) {
            cohort->source[n] = cohort->zero_row[n] = (uint32_t)i;
            cohort->arm[n] = unknown ? cohort->reference : arm->as.integer[i];
            cohort->first[n + 1] = n + 1;
        }
        n++;
    }
    return n;
}

mlab_status mlab_cohort_from_rows(const mlab_cohort_choice *choice, mlab_cohort *cohort, mlab_error *err)
{
    const mlab_data *data = choice->data;
    const mlab_column *arm = NULL, *cluster = NULL;
    char *name = NULL;
    uint8_t *keep = NULL;
    mlab_status status = mlab_cohort_column(data->people, data->arm_column ? data->arm_column : "", "arm", &arm, err);
    if (status) return status;
    if (arm->type != MLAB_COLUMN_FACTOR) return mlab_raise(err, MLAB_ERR_DATA_TYPE, "the arm column must be a factor");
    cohort->no_time = true;
    cohort->arms = arm->levels;
    cohort->n_arms = (size_t)arm->n_levels;
    cohort->n_times = 1;
    cohort->table = data->people;
    if ((status = mlab_cohort_reference(choice, cohort, err))) return status;
    if ((status = cluster_name(choice, cohort->context, &name, err))) return status;
    if (name && (status = mlab_cohort_column(data->people, name, "cluster()", &cluster, err))) goto out;
    if (!(keep = mlab_allocate(cohort->context, data->people->n_rows, sizeof *keep))) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a comparison of %zu rows", data->people->n_rows);
        goto out;
    }
    if ((status = mlab_cohort_keep(choice, data->people, keep, err))) goto out;
    cohort->n_people = cohort->n_rows = walk(choice, arm, keep, cohort, false);
    if ((status = mlab_cohort_allocate(cohort, err))) goto out;
    walk(choice, arm, keep, cohort, true);
    if (cluster) status = number_clusters(cohort, cluster, err);
out:
    mlab_release(cohort->context, name);
    mlab_release(cohort->context, keep);
    return status;
}

size_t mlab_cohort_units(const mlab_cohort *cohort)
{
    return cohort->cluster ? cohort->n_clusters : cohort->n_people;
}
