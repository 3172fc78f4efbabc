/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pool in an order of people drawn by lot. */
#include "match/lots.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <stdlib.h>

static int by_turn(const void *a, const void *b)
{
    const mlab_lot_edge *x = a, *y = b;
    return x->mentor < y->mentor ? -1 : x->mentor > y->mentor;
}

mlab_status mlab_lots_make(const mlab_context *context, const mlab_policy_request *request, mlab_lots *lots, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    const size_t n = pool->n_mentees, m = pool->n_mentors, edges = pool->first[n];
    *lots = (mlab_lots){0};
    if (edges >= UINT32_MAX)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu allowed pairs, at most %u; add a constraint that rules pairs out", edges, UINT32_MAX - 1);
    const mlab_part parts[] = {{&lots->mentees, n, sizeof *lots->mentees},
                               {&lots->mentors, m, sizeof *lots->mentors},
                               {&lots->mentor_turn, m, sizeof *lots->mentor_turn},
                               {&lots->first, n + 1, sizeof *lots->first},
                               {&lots->edges, edges, sizeof *lots->edges}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &lots->memory, err);
    if (status) return status;
    mlab_match_order(request, MLAB_MATCH_MENTEE_ORDER, pool->mentee_entity, n, lots->mentees);
    mlab_match_order(request, MLAB_MATCH_MENTOR_ORDER, pool->mentor_entity, m, lots->mentors);
    for (size_t t = 0; t < m; t++) lots->mentor_turn[lots->mentors[t].who] = (uint32_t)t;
    size_t used = 0;
    for (size_t t = 0; t < n; t++) {
        const uint32_t i = lots->mentees[t].who;
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++)
            lots->edges[used++] = (mlab_lot_edge){lots->mentor_turn[pool->mentor[e]], (uint32_t)e};
        lots->first[t + 1] = used;
        qsort(lots->edges + lots->first[t], used - lots->first[t], sizeof *lots->edges, by_turn);
    }
    return MLAB_OK;
}

void mlab_lots_free(const mlab_context *context, mlab_lots *lots)
{
    mlab_release(context, lots->memory);
    *lots = (mlab_lots){0};
}

double mlab_lots_scale(double factor, double nodes)
{
    double scale = 0x1p30;
    while (scale * 200 * factor * nodes >= 0x1p61 && scale > 1) scale /= 2;
    return scale;
}

int64_t mlab_lots_whole(double score, double scale)
{
    return (int64_t)floor(score * scale + 0.5);
}
