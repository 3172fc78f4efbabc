/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The closed set of the highest gain: a minimum cut between items that gain and items that cost (Picard 1976, Management Science 22, 1268-1272).
 *
 * Maximum flow by blocking flows on levels (Dinic 1970). Weakness: about n^2 m at worst; sets of rotations are sparse and shallow.
 */
#include "match/rotations.h"

#include "core/error.h"
#include "match/policies.h"

#include "core/memory.h"

typedef struct cut {
    size_t n_nodes;  /* items, then source and sink */
    size_t *first;   /* [n_nodes + 1] */
    uint32_t *to;    /* [arcs] */
    uint32_t *back;  /* [arcs] place of the arc that goes back */
    int64_t *left;   /* [arcs] what can still flow */
    uint32_t *level; /* [n_nodes] steps from the source + 1, 0 = not reached */
    size_t *next;    /* [n_nodes] first arc that may still lead on */
    uint32_t *queue; /* [n_nodes] */
    uint32_t *path;  /* [n_nodes] arcs of the path */
} cut;

static void count_arc(cut *c, uint32_t a, uint32_t b)
{
    c->first[a + 1]++;
    c->first[b + 1]++;
}

static void add_arc(cut *c, uint32_t a, uint32_t b, int64_t room)
{
    const size_t x = c->next[a]++, y = c->next[b]++;
    c->to[x] = b;
    c->left[x] = room;
    c->back[x] = (uint32_t)y;
    c->to[y] = a;
    c->left[y] = 0;
    c->back[y] = (uint32_t)x;
}

static bool set_levels(cut *c, uint32_t source, uint32_t sink)
{
    for (size_t v = 0; v < c->n_nodes; v++) c->level[v] = 0;
    size_t head = 0, tail = 0;
    c->queue[tail++] = source;
    c->level[source] = 1;
    while (head < tail) {
        const uint32_t v = c->queue[head++];
        for (size_t a = c->first[v]; a < c->first[v + 1]; a++)
            if (c->left[a] > 0 && !c->level[c->to[a]]) {
                c->level[c->to[a]] = c->level[v] + 1;
                c->queue[tail++] = c->to[a];
            }
    }
    return c->level[sink] > 0;
}

static void push_along(cut *c, size_t n, uint32_t *v, size_t *kept)
{
    int64_t most = INT64_MAX;
    for (size_t k = 0; k < n; k++) most = c->left[c->path[k]] < most ? c->left[c->path[k]] : most;
    *kept = n;
    for (size_t k = n; k-- > 0;) {
        c->left[c->path[k]] -= most;
        c->left[c->back[c->path[k]]] += most;
        if (!c->left[c->path[k]]) {
            *kept = k; /* go on from where the first full arc begins */
            *v = c->to[c->back[c->path[k]]];
        }
    }
}

static void block_flow(cut *c, uint32_t source, uint32_t sink)
{
    for (size_t v = 0; v < c->n_nodes; v++) c->next[v] = c->first[v];
    uint32_t v = source;
    size_t n = 0;
    for (;;) {
        if (v == sink) {
            push_along(c, n, &v, &n);
            continue;
        }
        while (c->next[v] < c->first[v + 1] && !(c->left[c->next[v]] > 0 && c->level[c->to[c->next[v]]] == c->level[v] + 1)) c->next[v]++;
        if (c->next[v] < c->first[v + 1]) {
            c->path[n++] = (uint32_t)c->next[v];
            v = c->to[c->next[v]];
        } else if (n == 0)
            return;
        else {
            v = c->to[c->back[c->path[--n]]];
            c->next[v]++;
        }
    }
}

static void build(cut *c, const mlab_closure *closure, uint32_t source, uint32_t sink)
{
    for (uint32_t i = 0; i < closure->n_items; i++)
        if (closure->gain[i]) count_arc(c, closure->gain[i] > 0 ? source : i, closure->gain[i] > 0 ? i : sink);
    for (size_t k = 0; k < closure->n_needs; k++) count_arc(c, closure->need[k][0], closure->need[k][1]);
    for (size_t v = 0; v < c->n_nodes; v++) c->first[v + 1] += c->first[v];
    for (size_t v = 0; v < c->n_nodes; v++) c->next[v] = c->first[v];
    for (uint32_t i = 0; i < closure->n_items; i++) {
        if (closure->gain[i] > 0) add_arc(c, source, i, closure->gain[i]);
        if (closure->gain[i] < 0) add_arc(c, i, sink, -closure->gain[i]);
    }
    for (size_t k = 0; k < closure->n_needs; k++) add_arc(c, closure->need[k][0], closure->need[k][1], INT64_MAX / 2);
}

mlab_status mlab_closure_solve(const mlab_context *context, const mlab_closure *closure, uint8_t *taken, mlab_error *err)
{
    const size_t n = closure->n_items + 2, arcs = 2 * (closure->n_items + closure->n_needs);
    if (arcs >= UINT32_MAX) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu rotations and needs, at most 2147483646", arcs / 2);
    cut c = {.n_nodes = n};
    void *block;
    const mlab_part parts[] = {{&c.first, n + 1, sizeof *c.first}, {&c.to, arcs, sizeof *c.to},     {&c.back, arcs, sizeof *c.back},
                               {&c.left, arcs, sizeof *c.left},    {&c.level, n, sizeof *c.level},  {&c.next, n, sizeof *c.next},
                               {&c.queue, n, sizeof *c.queue},     {&c.path, n + 1, sizeof *c.path}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &block, err);
    if (status) return status;
    const uint32_t source = (uint32_t)n - 2, sink = (uint32_t)n - 1;
    build(&c, closure, source, sink);
    while (set_levels(&c, source, sink)) block_flow(&c, source, sink);
    for (size_t i = 0; i < closure->n_items; i++) taken[i] = c.level[i] > 0;
    mlab_release(context, block);
    return MLAB_OK;
}
