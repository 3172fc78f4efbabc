/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was known at time zero as numbers: a number stays one, a factor or text becomes a column a level but the first present.
 * Columns are centred and divided by their standard deviation; constant ones are dropped. Main effects only. */
#include "compare/cohort.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LEVELS = 200 };

/* The levels of one column among the people; numbers have none. */
typedef struct levels {
    const char *name[MOST_LEVELS];
    size_t n;
} levels;

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_number(const mlab_column *column)
{
    return column->type != MLAB_COLUMN_FACTOR && column->type != MLAB_COLUMN_TEXT;
}

static double number_at(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : (double)column->as.integer[row];
}

static mlab_status find_levels(const mlab_cohort *cohort, const mlab_column *column, levels *found, mlab_error *err)
{
    found->n = 0;
    if (is_number(column)) return MLAB_OK;
    for (size_t g = 0; g < cohort->n_people; g++) {
        const char *text = mlab_column_text(column, cohort->zero_row[g]);
        size_t k = 0;
        while (k < found->n && strcmp(found->name[k], text)) k++;
        if (k < found->n) continue;
        if (found->n == MOST_LEVELS)
            return mlab_raise(err, MLAB_ERR_DATA_TYPE, "comparison.adjust: column \"%s\" has more than %d levels", column->name, MOST_LEVELS);
        found->name[found->n++] = text;
    }
    if (column->type == MLAB_COLUMN_TEXT) {
        qsort(found->name, found->n, sizeof *found->name, by_text);
        return MLAB_OK;
    }
    size_t n = 0;
    const char *sorted[MOST_LEVELS] = {NULL};
    for (int32_t level = 0; level < column->n_levels; level++)
        for (size_t k = 0; k < found->n; k++)
            if (!strcmp(found->name[k], column->levels[level])) sorted[n++] = column->levels[level];
    memcpy(found->name, sorted, n * sizeof *sorted);
    return MLAB_OK;
}

/* Column j of z from a number, or from being at `level`; false when it is constant. */
static bool fill(mlab_cohort *cohort, const mlab_column *column, const char *level, size_t j, size_t wide)
{
    size_t n = cohort->n_people;
    double mean = 0, square = 0, largest = 0;
    for (size_t g = 0; g < n; g++) {
        size_t row = cohort->zero_row[g];
        double x = level ? !strcmp(mlab_column_text(column, row), level) : number_at(column, row);
        cohort->z[g * wide + j] = x;
        mean += x / (double)n;
        largest = fmax(largest, fabs(x));
    }
    for (size_t g = 0; g < n; g++) square += pow(cohort->z[g * wide + j] - mean, 2) / (double)n;
    cohort->z_mean[j] = mean;
    cohort->z_scale[j] = sqrt(square);
    if (!(cohort->z_scale[j] > 1e-12 * largest)) return false;
    for (size_t g = 0; g < n; g++) cohort->z[g * wide + j] = (cohort->z[g * wide + j] - mean) / cohort->z_scale[j];
    return true;
}

static mlab_status name_column(mlab_cohort *cohort, const char *name, const char *level, size_t j, mlab_error *err)
{
    mlab_text text = MLAB_TEXT(cohort->context);
    mlab_text_print(&text, level ? "%s = %s" : "%s", name, level);
    cohort->z_names[j] = text.failed ? NULL : mlab_copy_text(cohort->context, mlab_text_get(&text));
    mlab_text_free(&text);
    return cohort->z_names[j] ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the name of a covariate");
}

static mlab_status add_column(mlab_cohort *cohort, const mlab_column *column, const levels *found, size_t wide, mlab_error *err)
{
    size_t n = is_number(column) ? 1 : found->n > 0 ? found->n - 1 : 0;
    for (size_t k = 0; k < n; k++) {
        const char *level = is_number(column) ? NULL : found->name[k + 1];
        if (!fill(cohort, column, level, cohort->n_z, wide)) continue;
        mlab_status status = name_column(cohort, column->name, level, cohort->n_z, err);
        if (status) return status;
        cohort->n_z++;
    }
    return MLAB_OK;
}

/* Leaves out columns that were constant: rows of z were made `wide` apart. */
static void close_up(mlab_cohort *cohort, size_t wide)
{
    size_t q = cohort->n_z;
    for (size_t g = 0; q < wide && g < cohort->n_people; g++) memmove(cohort->z + g * q, cohort->z + g * wide, q * sizeof *cohort->z);
}

mlab_status mlab_cohort_covariates(const mlab_cohort_choice *choice, mlab_cohort *cohort, mlab_error *err)
{
    const mlab_context *context = cohort->context;
    const mlab_compare_spec *spec = choice->spec;
    mlab_status status = MLAB_OK;
    const mlab_column *column;
    size_t wide = 0;
    levels *found = mlab_allocate(context, spec->n_adjust, sizeof *found);
    if (!found) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the covariates");
    for (size_t a = 0; a < spec->n_adjust; a++) {
        if ((status = mlab_cohort_column(cohort->table, spec->adjust[a], "comparison.adjust", &column, err))) goto out;
        if ((status = find_levels(cohort, column, &found[a], err))) goto out;
        wide += is_number(column) ? 1 : found[a].n;
    }
    cohort->z = mlab_allocate(context, cohort->n_people, (wide ? wide : 1) * sizeof *cohort->z);
    cohort->z_names = mlab_allocate(context, wide, sizeof *cohort->z_names);
    cohort->z_mean = mlab_allocate(context, wide, sizeof *cohort->z_mean);
    cohort->z_scale = mlab_allocate(context, wide, sizeof *cohort->z_scale);
    if (!cohort->z || !cohort->z_names || !cohort->z_mean || !cohort->z_scale) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu covariates of %zu people", wide, cohort->n_people);
        goto out;
    }
    for (size_t a = 0; !status && a < spec->n_adjust; a++)
        status = add_column(cohort, mlab_table_find(cohort->table, spec->adjust[a]), &found[a], wide, err);
    close_up(cohort, wide);
out:
    mlab_release(context, found);
    return status;
}
