/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which columns of an ordinal fit have an effect by threshold or on the scale, in /fits/<outcome>. */
#include "store/stages.h"

#include "core/memory.h"

#include <stdio.h>

static void put(const mlab_h5_group *group, const char *name, const uint32_t *columns, size_t n, const char *long_name)
{
    char axis[24], variable[24];
    if (n == 0) return;
    snprintf(axis, sizeof axis, "%s_effect", name);
    snprintf(variable, sizeof variable, "%s_column", name);
    int64_t *numbers = mlab_allocate(group->file->context, n, sizeof *numbers);
    if (!numbers) {
        mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write effects");
        return;
    }
    for (size_t k = 0; k < n; k++) numbers[k] = columns[k];
    mlab_h5_dimension_numbers(group, axis, 1, n, "1", "effect");
    mlab_h5_put(group, variable, axis, MLAB_H5_INT64, numbers, "1", long_name);
    mlab_release(group->file->context, numbers);
}

/* NULL where the fit has none; every column must be below the size of the block. */
static uint32_t *get(const mlab_h5_group *group, const char *name, size_t block, size_t *n)
{
    char dimension[24], variable[24];
    snprintf(dimension, sizeof dimension, "%s_effect", name);
    snprintf(variable, sizeof variable, "%s_column", name);
    *n = mlab_h5_has(group, dimension) ? mlab_h5_size(group, dimension) : 0;
    if (*n == 0) return NULL;
    int64_t *numbers = mlab_h5_get(group, variable, MLAB_H5_INT64, *n);
    uint32_t *columns = mlab_allocate(group->file->context, *n, sizeof *columns);
    if (!columns) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to read effects");
    for (size_t k = 0; numbers && columns && k < *n; k++) {
        if (numbers[k] < 0 || (uint64_t)numbers[k] >= block)
            mlab_h5_fail(group->file, MLAB_ERR_STORE_READ, "%s: %s is %lld, allowed 0 to %zu", group->file->path, variable, (long long)numbers[k],
                         block);
        columns[k] = (uint32_t)numbers[k];
    }
    mlab_release(group->file->context, numbers);
    if (!columns) *n = 0;
    return columns;
}

void mlab_store_put_level_effects(const mlab_h5_group *group, const mlab_fit *fit)
{
    put(group, "nominal", fit->nominal, fit->n_nominal, "column of the block whose effect differs by threshold, from 0");
    put(group, "scale", fit->scale, fit->n_scale, "column of the block that acts on the log scale, from 0");
}

void mlab_store_get_level_effects(const mlab_h5_group *group, mlab_fit *fit)
{
    size_t block = fit->block_size > fit->n_thresholds ? fit->block_size - fit->n_thresholds : 0;
    fit->nominal = get(group, "nominal", block, &fit->n_nominal);
    fit->scale = get(group, "scale", block, &fit->n_scale);
}
