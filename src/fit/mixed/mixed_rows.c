/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a mixed model, copied so that those of a group lie together, and cut into chunks of whole groups. */
#include "fit/mixed/mixed.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

enum { CHUNK_ROWS = 4096, BLOCK = 1024 };

void mlab_mixed_free(mlab_mixed *mixed)
{
    if (!mixed) return;
    void *const memory[] = {mixed->row,    mixed->first,  mixed->chunk_group, mixed->x,    mixed->z,     mixed->offset,
                            mixed->number, mixed->weight, mixed->category,    mixed->mode, mixed->factor};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mlab_release(mixed->context, memory[i]);
    mlab_release(mixed->context, mixed);
}

void mlab_mixed_entry(const mlab_mixed *mixed, size_t k, size_t *row, size_t *column)
{
    size_t r = 0;
    if (mixed->independent) {
        *row = *column = k;
        return;
    }
    while (k > r) k -= ++r;
    *row = r;
    *column = k;
}

/* Counting sort of the rows by group. */
static void sort_rows(mlab_mixed *mixed, const uint32_t *group)
{
    for (size_t i = 0; i < mixed->n; i++) mixed->first[group[i] + 1]++;
    for (size_t g = 0; g < mixed->n_groups; g++) mixed->first[g + 1] += mixed->first[g];
    for (size_t i = 0; i < mixed->n; i++) mixed->row[mixed->first[group[i]]++] = i;
    for (size_t g = mixed->n_groups; g > 0; g--) mixed->first[g] = mixed->first[g - 1];
    mixed->first[0] = 0;
}

static void cut(mlab_mixed *mixed)
{
    size_t begin = 0;
    for (size_t g = 0; g < mixed->n_groups; g++) {
        if (g + 1 < mixed->n_groups && mixed->first[g + 1] - mixed->first[begin] < CHUNK_ROWS) continue;
        size_t rows = mixed->first[g + 1] - mixed->first[begin], groups = g + 1 - begin;
        mixed->chunk_group[++mixed->n_chunks] = begin = g + 1;
        if (rows > mixed->most_rows) mixed->most_rows = rows;
        if (groups > mixed->most_groups) mixed->most_groups = groups;
    }
}

/* Fills columns [columns * n] from a design, its first columns skipped where wanted and those with skip[j] left out. */
static mlab_status fill(mlab_mixed *mixed, const mlab_fit_problem *problem, const mlab_design *design, size_t from, const uint8_t *skip, double *into,
                        double *offset, mlab_error *err)
{
    size_t columns = mlab_design_columns(design);
    uint32_t rows[BLOCK];
    double *block = mlab_allocate(mixed->context, BLOCK, (columns + 1) * sizeof *block);
    if (!block) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu columns", columns);
    double *offsets = block + BLOCK * columns;
    mlab_status status = MLAB_OK;
    for (size_t at = 0; at < mixed->n && !status; at += BLOCK) {
        size_t n = mixed->n - at < BLOCK ? mixed->n - at : BLOCK, to = 0;
        for (size_t i = 0; i < n; i++) {
            size_t row = mixed->row[at + i];
            rows[i] = problem->rows ? problem->rows[row] : (uint32_t)row;
        }
        if ((status = mlab_design_fill(design, problem->table, rows, 0, n, block, offsets, err))) break;
        for (size_t j = from; j < columns; j++) {
            if (skip && skip[j - from]) continue;
            for (size_t i = 0; i < n; i++) into[to * mixed->n + at + i] = block[i * columns + j];
            to++;
        }
        for (size_t i = 0; offset && i < n; i++) offset[at + i] = offsets[i] + (problem->offset ? problem->offset[mixed->row[at + i]] : 0);
    }
    mlab_release(mixed->context, block);
    return status;
}

static mlab_status allocate(mlab_mixed *mixed, const mlab_fit_problem *problem, mlab_error *err)
{
    const mlab_context *context = mixed->context;
    size_t n = mixed->n, q = mixed->q;
    mixed->row = mlab_allocate(context, n, sizeof *mixed->row);
    mixed->first = mlab_allocate(context, mixed->n_groups + 1, sizeof *mixed->first);
    mixed->chunk_group = mlab_allocate(context, mixed->n_groups + 1, sizeof *mixed->chunk_group);
    mixed->x = mlab_allocate(context, n, (mixed->p + 1) * sizeof *mixed->x);
    mixed->z = mlab_allocate(context, n, q * sizeof *mixed->z);
    mixed->offset = mlab_allocate(context, n, sizeof *mixed->offset);
    mixed->mode = mlab_allocate(context, mixed->n_groups, q * sizeof *mixed->mode);
    mixed->factor = mlab_allocate(context, mixed->n_groups, q * q * sizeof *mixed->factor);
    bool whole = mixed->row && mixed->first && mixed->chunk_group && mixed->x && mixed->z && mixed->offset && mixed->mode && mixed->factor;
    if (problem->number) whole = whole && (mixed->number = mlab_allocate(context, n, sizeof *mixed->number));
    if (problem->weight) whole = whole && (mixed->weight = mlab_allocate(context, n, sizeof *mixed->weight));
    if (problem->category) whole = whole && (mixed->category = mlab_allocate(context, n, sizeof *mixed->category));
    return whole ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a mixed model of %zu rows", n);
}

mlab_status mlab_mixed_make(const mlab_context *context, const mlab_prepared *prepared, mlab_mixed **out, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    const mlab_engine *engine = prepared->own;
    *out = NULL;
    mlab_mixed *mixed = mlab_allocate(context, 1, sizeof *mixed);
    if (!mixed) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a mixed model");
    const uint8_t *aliased = engine->aliased + engine->n_thresholds;
    *mixed = (mlab_mixed){.context = context,
                          .family = engine->family,
                          .independent = problem->random->independent,
                          .expected = engine->expected,
                          .shape = engine->shape,
                          .n = problem->n,
                          .q = mlab_design_columns(problem->random->design),
                          .n_groups = problem->random->n_groups,
                          .n_thresholds = engine->n_thresholds};
    for (size_t j = 0; j < engine->p; j++) mixed->p += !aliased[j];
    mixed->n_lambda = mixed->independent ? mixed->q : mixed->q * (mixed->q + 1) / 2;
    mixed->n_parameters = mixed->n_thresholds + mixed->p + mixed->n_lambda;
    mlab_status status = allocate(mixed, problem, err);
    if (status) goto out;
    sort_rows(mixed, problem->random->group);
    cut(mixed);
    for (size_t i = 0; i < mixed->n; i++) {
        size_t row = mixed->row[i];
        if (mixed->number) mixed->number[i] = problem->number[row];
        if (mixed->weight) mixed->weight[i] = problem->weight[row];
        if (mixed->category) mixed->category[i] = problem->category[row];
    }
    status = fill(mixed, problem, problem->design, prepared->first_column, aliased, mixed->x, mixed->offset, err);
    if (!status) status = fill(mixed, problem, problem->random->design, 0, NULL, mixed->z, NULL, err);
out:
    if (status) {
        mlab_mixed_free(mixed);
        mixed = NULL;
    }
    *out = mixed;
    return status;
}
