/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Some rows of a problem with random effects as a problem of their own: of one cluster for its score, of all clusters but a tenth for a fold.
 * Weakness: the rows' responses, weights and groups are copied. */
#include "fit/mixed/mixed_part.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

static void *own(mlab_mixed_part *part, size_t n, size_t size)
{
    void *memory = mlab_allocate(part->context, n, size);
    if (memory) part->owned[part->n_owned++] = memory;
    return memory;
}

/* *into = the numbers of the rows, `size` bytes each; NULL stays NULL. */
static bool take(mlab_mixed_part *part, const uint32_t *order, const void *from, size_t size, const void **into)
{
    if (!from) return true;
    char *memory = own(part, part->problem.n, size);
    for (size_t i = 0; memory && i < part->problem.n; i++) memcpy(memory + i * size, (const char *)from + order[i] * size, size);
    *into = memory;
    return memory;
}

static bool take_groups(mlab_mixed_part *part, const uint32_t *order, const mlab_random_grouping *from, const uint32_t *local, uint32_t count,
                        mlab_random_grouping *to)
{
    size_t m = from->memberships ? from->memberships : 1;
    uint32_t *group = own(part, part->problem.n, m * sizeof *group);
    *to = *from;
    to->n_groups = count;
    to->group = group;
    to->groups = NULL;
    to->person = NULL;
    for (size_t i = 0; group && i < part->problem.n * m; i++) {
        uint32_t g = from->group[order[i / m] * m + i % m];
        group[i] = g == UINT32_MAX ? g : local[g];
    }
    return group && take(part, order, from->share, m * sizeof *from->share, (const void **)&to->share);
}

mlab_status mlab_mixed_part_make(const mlab_context *context, const mlab_prepared *prepared, const uint32_t *order, size_t n, uint32_t *const *local,
                                 const uint32_t *count, mlab_mixed_part *part, mlab_error *err)
{
    const mlab_fit_problem *from = prepared->problem;
    const mlab_engine *engine = prepared->own;
    *part = (mlab_mixed_part){.context = context, .problem = *from, .engine = *engine, .prepared = *prepared};
    mlab_fit_problem *problem = &part->problem;
    problem->n = n;
    problem->cluster = problem->cluster_id = problem->cluster_other = NULL;
    problem->cluster_name = problem->cluster_other_name = NULL;
    problem->cluster_stated = false;
    problem->n_clusters = problem->n_clusters_other = 0;
    problem->n_people = 0;
    problem->random = part->random;
    uint32_t *rows = own(part, n, sizeof *rows);
    for (size_t i = 0; rows && i < n; i++) rows[i] = from->rows ? from->rows[order[i]] : order[i];
    problem->rows = rows;
    bool whole = rows && take(part, order, from->category, sizeof *from->category, (const void **)&problem->category) &&
                 take(part, order, from->number, sizeof *from->number, (const void **)&problem->number) &&
                 take(part, order, from->offset, sizeof *from->offset, (const void **)&problem->offset) &&
                 take(part, order, from->weight, sizeof *from->weight, (const void **)&problem->weight) &&
                 take(part, order, engine->family->additive ? engine->number : NULL, sizeof *engine->number, (const void **)&part->number);
    for (size_t t = 0; t < from->n_random && whole; t++) whole = take_groups(part, order, &from->random[t], local[t], count[t], &part->random[t]);
    part->engine.problem = part->prepared.problem = problem;
    part->prepared.own = &part->engine;
    return whole ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rows of a mixed model", n);
}

void mlab_mixed_part_free(mlab_mixed_part *part)
{
    while (part->n_owned) mlab_release(part->context, part->owned[--part->n_owned]);
}
