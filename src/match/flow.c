/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Circulations of the highest gain: arcs are put in order one after the other.
 *
 * The out-of-kilter method (Fulkerson 1961, Journal of the SIAM 9, 18-27) with searches by Dijkstra on reduced gains that stop at the gain
 * to be won (Ahuja, Magnanti & Orlin 1993, ch. 9): an arc that should carry more looks for the cheapest way back from its head to its tail; it is
 * used while it costs less than the arc gains, and the values of the nodes reached make up for it. Arcs in order stay in order, so after
 * gains change the next solution starts from the last one and touches what changed. Gains are pairs compared one after the other, so
 * "first the most people, then the best score" is exact in whole numbers. On people and places it is the method of Jonker and Volgenant.
 * Weakness: as many searches as units of flow; a search can reach the whole network.
 */
#include "match/flow.h"

#include "core/error.h"
#include "core/memory.h"
#include "match/policies.h"

#define NONE UINT32_MAX
enum { LOOK = 1024, PASSES = 8 }; /* arcs between two looks at cancelled; passes over the arcs for the first values */

typedef struct way {
    uint32_t arc, other;
    bool forward; /* the arc leads to the other node */
} way;

struct mlab_flow {
    const mlab_context *context;
    size_t n_nodes, n_arcs;
    mlab_gain *value;     /* [n_nodes] */
    uint32_t *from, *to;  /* [n_arcs] */
    int32_t *room, *flow; /* [n_arcs] */
    mlab_gain *gain;      /* [n_arcs] */
    size_t *first;        /* [n_nodes + 1] */
    way *ways;            /* [2 n_arcs] arcs at each node */
    mlab_gain *far;       /* [n_nodes] cost of the way from where a search began */
    uint32_t *back;       /* [n_nodes] arc by which it was reached */
    uint32_t *reached;    /* [n_nodes] */
    uint32_t *heap;       /* [n_nodes] */
    uint32_t *heap_at;    /* [n_nodes] place in the heap + 1; 0 = not reached, NONE = scanned */
    size_t n_reached, n_heap;
    void *memory;
};

static mlab_gain add(mlab_gain a, mlab_gain b)
{
    return (mlab_gain){a.first + b.first, a.second + b.second};
}

static mlab_gain less(mlab_gain a, mlab_gain b)
{
    return (mlab_gain){a.first - b.first, a.second - b.second};
}

static bool below(mlab_gain a, mlab_gain b)
{
    return a.first != b.first ? a.first < b.first : a.second < b.second;
}

static bool positive(mlab_gain a)
{
    return a.first > 0 || (a.first == 0 && a.second > 0);
}

/* What a unit on the arc gains at the values of now. */
static mlab_gain reduced(const mlab_flow *f, uint32_t a)
{
    return add(less(f->value[f->to[a]], f->value[f->from[a]]), f->gain[a]);
}

/* --- the nearest nodes first ---------------------------------------------------------------------- */

static bool nearer(const mlab_flow *f, uint32_t a, uint32_t b)
{
    if (below(f->far[a], f->far[b])) return true;
    return !below(f->far[b], f->far[a]) && a < b;
}

static void put(mlab_flow *f, size_t i, uint32_t node)
{
    f->heap[i] = node;
    f->heap_at[node] = (uint32_t)i + 1;
}

static void rise(mlab_flow *f, size_t i, uint32_t node)
{
    for (; i > 0 && nearer(f, node, f->heap[(i - 1) / 2]); i = (i - 1) / 2) put(f, i, f->heap[(i - 1) / 2]);
    put(f, i, node);
}

static uint32_t take(mlab_flow *f)
{
    const uint32_t top = f->heap[0], moving = f->heap[--f->n_heap];
    f->heap_at[top] = NONE;
    if (!f->n_heap) return top;
    size_t i = 0;
    for (size_t child = 1; child < f->n_heap; child = 2 * i + 1) {
        if (child + 1 < f->n_heap && nearer(f, f->heap[child + 1], f->heap[child])) child++;
        if (!nearer(f, f->heap[child], moving)) break;
        put(f, i, f->heap[child]);
        i = child;
    }
    put(f, i, moving);
    return top;
}

/* --- one arc -------------------------------------------------------------------------------------- */

static void reach(mlab_flow *f, uint32_t node, mlab_gain far, uint32_t arc)
{
    const uint32_t at = f->heap_at[node];
    if (!at) f->reached[f->n_reached++] = node;
    f->far[node] = far;
    f->back[node] = arc;
    rise(f, at ? at - 1 : f->n_heap++, node);
}

static void scan(mlab_flow *f, uint32_t node, mlab_gain bound)
{
    const mlab_gain here = add(f->far[node], f->value[node]);
    for (size_t k = f->first[node]; k < f->first[node + 1]; k++) {
        const way *w = &f->ways[k];
        if (f->heap_at[w->other] == NONE || (w->forward ? f->flow[w->arc] == f->room[w->arc] : f->flow[w->arc] == 0)) continue;
        const mlab_gain value = f->value[w->other], gain = f->gain[w->arc];
        const mlab_gain far = less(here, w->forward ? add(value, gain) : less(value, gain));
        if (below(far, f->far[node])) continue; /* an arc that is not in order yet */
        if (below(far, bound) && (!f->heap_at[w->other] || below(far, f->far[w->other]))) reach(f, w->other, far, w->arc);
    }
}

/* The cheapest way from start to end, if it costs less than `most`; the cost, or most. Values make up for it. */
static mlab_gain find_way(mlab_flow *f, uint32_t start, uint32_t end, mlab_gain most)
{
    f->n_reached = f->n_heap = 0;
    reach(f, start, (mlab_gain){0, 0}, NONE);
    mlab_gain cost = most;
    while (f->n_heap) {
        const uint32_t node = f->heap[0];
        if (node == end) {
            cost = f->far[end];
            break;
        }
        take(f);
        scan(f, node, f->heap_at[end] && f->heap_at[end] != NONE ? f->far[end] : most);
    }
    for (size_t i = 0; i < f->n_reached; i++) {
        const uint32_t node = f->reached[i];
        if (below(f->far[node], cost)) f->value[node] = less(f->value[node], less(cost, f->far[node]));
        f->heap_at[node] = 0;
    }
    return cost;
}

/* Pushes what the way back allows, at most `amount`; less is more often 1 than not. */
static int32_t push(mlab_flow *f, uint32_t start, uint32_t end, int32_t amount)
{
    for (uint32_t at = end; at != start;) {
        const uint32_t a = f->back[at];
        const bool forward = f->to[a] == at;
        const int32_t free_room = forward ? f->room[a] - f->flow[a] : f->flow[a];
        if (free_room < amount) amount = free_room;
        at = forward ? f->from[a] : f->to[a];
    }
    for (uint32_t at = end; at != start;) {
        const uint32_t a = f->back[at];
        const bool forward = f->to[a] == at;
        f->flow[a] += forward ? amount : -amount;
        at = forward ? f->from[a] : f->to[a];
    }
    return amount;
}

static void put_in_order(mlab_flow *f, uint32_t a)
{
    for (;;) {
        const mlab_gain r = reduced(f, a), back = {-r.first, -r.second};
        if (positive(r) && f->flow[a] < f->room[a]) {
            if (!below(find_way(f, f->to[a], f->from[a], r), r)) return;
            f->flow[a] += push(f, f->to[a], f->from[a], f->room[a] - f->flow[a]);
        } else if (positive(back) && f->flow[a] > 0) {
            if (!below(find_way(f, f->from[a], f->to[a], back), back)) return;
            f->flow[a] -= push(f, f->from[a], f->to[a], f->flow[a]);
        } else
            return;
    }
}

/* --- from outside --------------------------------------------------------------------------------- */

void mlab_flow_free(mlab_flow *flow)
{
    if (flow) mlab_release(flow->context, flow->memory);
}

static void list_ways(mlab_flow *f)
{
    for (size_t a = 0; a < f->n_arcs; a++) {
        f->first[f->from[a] + 1]++;
        f->first[f->to[a] + 1]++;
    }
    for (size_t v = 0; v < f->n_nodes; v++) f->first[v + 1] += f->first[v];
    for (uint32_t a = 0; a < f->n_arcs; a++) {
        f->ways[f->first[f->from[a]]++] = (way){a, f->to[a], true};
        f->ways[f->first[f->to[a]]++] = (way){a, f->from[a], false};
    }
    for (size_t v = f->n_nodes; v > 0; v--) f->first[v] = f->first[v - 1];
    f->first[0] = 0;
}

/* Values at which arcs that do not leave node 0 are in order empty, where a few passes find them: all of them when node 0 closes every ring. */
static void first_values(mlab_flow *f)
{
    bool changed = true;
    for (int pass = 0; changed && pass < PASSES; pass++) {
        changed = false;
        for (size_t k = f->n_arcs; k-- > 0;) {
            const uint32_t a = (uint32_t)k;
            const mlab_gain r = reduced(f, a);
            if (f->from[a] == 0 || f->room[a] == 0 || !positive(r)) continue;
            f->value[f->from[a]] = add(f->value[f->from[a]], r);
            changed = true;
        }
    }
}

mlab_status mlab_flow_make(const mlab_context *context, size_t n_nodes, const mlab_flow_arc *arcs, size_t n_arcs, mlab_flow **made, mlab_error *err)
{
    mlab_flow at = {.context = context, .n_nodes = n_nodes, .n_arcs = n_arcs}, *self;
    *made = NULL;
    if (n_arcs >= INT32_MAX || n_nodes >= INT32_MAX)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "a network of %zu nodes and %zu arcs, allowed fewer than 2147483647 of each", n_nodes, n_arcs);
    const mlab_part parts[] = {{&self, 1, sizeof *self},
                               {&at.value, n_nodes, sizeof *at.value},
                               {&at.from, n_arcs, sizeof *at.from},
                               {&at.to, n_arcs, sizeof *at.to},
                               {&at.room, n_arcs, sizeof *at.room},
                               {&at.flow, n_arcs, sizeof *at.flow},
                               {&at.gain, n_arcs, sizeof *at.gain},
                               {&at.first, n_nodes + 1, sizeof *at.first},
                               {&at.ways, 2 * n_arcs, sizeof *at.ways},
                               {&at.far, n_nodes, sizeof *at.far},
                               {&at.back, n_nodes, sizeof *at.back},
                               {&at.reached, n_nodes, sizeof *at.reached},
                               {&at.heap, n_nodes, sizeof *at.heap},
                               {&at.heap_at, n_nodes, sizeof *at.heap_at}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &at.memory, err);
    if (status) return status;
    for (size_t a = 0; a < n_arcs; a++) {
        at.from[a] = arcs[a].from;
        at.to[a] = arcs[a].to;
        at.room[a] = arcs[a].room;
        at.gain[a] = arcs[a].gain;
    }
    list_ways(&at);
    first_values(&at);
    *self = at;
    *made = self;
    return MLAB_OK;
}

void mlab_flow_set_gain(mlab_flow *flow, size_t arc, mlab_gain gain)
{
    flow->gain[arc] = gain;
}

mlab_status mlab_flow_solve(mlab_flow *flow, mlab_error *err)
{
    const mlab_context *context = flow->context;
    for (uint32_t a = 0; a < flow->n_arcs; a++) {
        if (a % LOOK == 0 && context->cancelled && context->cancelled(context->user)) return mlab_raise(err, MLAB_ERR_CANCELLED, "stopped");
        put_in_order(flow, a);
    }
    return MLAB_OK;
}

int32_t mlab_flow_on(const mlab_flow *flow, size_t arc)
{
    return flow->flow[arc];
}

mlab_gain mlab_flow_total(const mlab_flow *flow)
{
    mlab_gain total = {0, 0};
    for (size_t a = 0; a < flow->n_arcs; a++) {
        total.first += flow->gain[a].first * flow->flow[a];
        total.second += flow->gain[a].second * flow->flow[a];
    }
    return total;
}

mlab_gain mlab_flow_value(const mlab_flow *flow, uint32_t at)
{
    return flow->value[at];
}
