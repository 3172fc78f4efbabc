/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Circulations of the highest gain, by the network simplex method.
 *
 * A tree of arcs holds all nodes together; the values of the nodes make its arcs worth nothing, every other arc is empty or full. An arc that would
 * gain closes a ring with the tree; as much goes round it as the ring takes, and an arc that stops it leaves the tree (Ahuja, Magnanti & Orlin
 * 1993, ch. 11). Arcs are looked at in blocks, the best of a block goes in. Of the arcs that stop a ring the last one in its direction
 * leaves: that keeps a way from every node to the root open and rules out endless exchanges (strongly feasible trees, there). Gains that
 * change leave the flow a flow, so the next solution starts from the last one. Gains are pairs compared one after the other, so "first the most
 * people, then the best score" is exact in whole numbers.
 * Weakness: no useful bound on the number of steps is known; in practice it is a few for each node.
 */
#include "match/flow.h"

#include "core/error.h"
#include "core/memory.h"
#include "match/policies.h"

#include <math.h>

#define NONE UINT32_MAX
enum {
    LOOK = 1024,      /* steps between two looks at cancelled */
    LEAST_BLOCK = 64, /* arcs looked at together */
    STAYS = 8,        /* times that a block gives an arc before the next one is looked at */
    PASSES = 8,       /* over the arcs for the first tree */
};

/* Where an arc stands: what a unit more on it would have to gain to be let in, times this. */
enum { FULL = -1, IN_TREE = 0, EMPTY = 1 };

struct mlab_flow {
    const mlab_context *context;
    size_t n_nodes, n_arcs; /* beside these one node, the root, and from each node an arc to it, on which nothing can ever flow */
    mlab_gain *value;       /* [n_nodes + 1] */
    uint32_t *from, *to;    /* [n_arcs + n_nodes] */
    int32_t *room, *flow;   /* [the same] */
    int8_t *stand;          /* [the same] */
    mlab_gain *gain;        /* [the same] */
    uint32_t *parent;       /* [n_nodes + 1] in the tree */
    uint32_t *arc;          /* [n_nodes + 1] of the tree, to the parent */
    uint32_t *child;        /* [n_nodes + 1] the first one */
    uint32_t *next, *last;  /* [n_nodes + 1] of the same parent: the one after, the one before */
    uint32_t *depth;        /* [n_nodes + 1] */
    size_t look_at, block;  /* the next arc to look at; how many are looked at together */
    size_t stays;           /* arcs that the block at hand has given */
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

/* What a unit on the arc gains at the values of now. */
static mlab_gain reduced(const mlab_flow *f, size_t a)
{
    return add(less(f->value[f->to[a]], f->value[f->from[a]]), f->gain[a]);
}

/* --- the tree ------------------------------------------------------------------------------------- */

static void hang(mlab_flow *f, uint32_t node, uint32_t parent, uint32_t arc)
{
    f->parent[node] = parent;
    f->arc[node] = arc;
    f->last[node] = NONE;
    f->next[node] = f->child[parent];
    if (f->child[parent] != NONE) f->last[f->child[parent]] = node;
    f->child[parent] = node;
}

static void unhang(mlab_flow *f, uint32_t node)
{
    if (f->last[node] == NONE)
        f->child[f->parent[node]] = f->next[node];
    else
        f->next[f->last[node]] = f->next[node];
    if (f->next[node] != NONE) f->last[f->next[node]] = f->last[node];
}

/* The node that comes after in the branch below top, parents first; NONE after the last. */
static uint32_t walk(const mlab_flow *f, uint32_t node, uint32_t top)
{
    if (f->child[node] != NONE) return f->child[node];
    while (node != top && f->next[node] == NONE) node = f->parent[node];
    return node == top ? NONE : f->next[node];
}

/* The branch at `out` is cut off and hung to `onto` by its node `in` and arc a, which gained r: the way from in to out turns round. */
static void turn_branch(mlab_flow *f, uint32_t in, uint32_t out, uint32_t onto, uint32_t a, mlab_gain r)
{
    uint32_t node = in, parent = onto, arc = a;
    for (bool done = false; !done;) {
        const uint32_t old_parent = f->parent[node], old_arc = f->arc[node];
        done = node == out;
        unhang(f, node);
        hang(f, node, parent, arc);
        parent = node;
        arc = old_arc;
        node = old_parent;
    }
    const mlab_gain shift = f->to[a] == in ? (mlab_gain){-r.first, -r.second} : r;
    for (uint32_t v = in; v != NONE; v = walk(f, v, in)) {
        f->value[v] = add(f->value[v], shift);
        f->depth[v] = f->depth[f->parent[v]] + 1;
    }
}

/* --- one step ------------------------------------------------------------------------------------- */

/* An arc that would gain; NONE = none does, and the flow is the best. */
static uint32_t choose_arc(mlab_flow *f)
{
    mlab_gain best = {0, 0};
    uint32_t chosen = NONE;
    size_t a = f->look_at, begin = a, in_block = f->block;
    for (size_t seen = 0; seen < f->n_arcs; seen++) {
        if (f->stand[a]) {
            const mlab_gain r = reduced(f, a), gains = {r.first * f->stand[a], r.second * f->stand[a]};
            if (below(best, gains)) {
                best = gains;
                chosen = (uint32_t)a;
            }
        }
        if (++a == f->n_arcs) a = 0;
        if (--in_block) continue;
        if (chosen != NONE) break;
        begin = a;
        in_block = f->block;
    }
    const bool stay = chosen != NONE && ++f->stays < STAYS;
    f->look_at = stay ? begin : a;
    if (!stay) f->stays = 0;
    return chosen;
}

/* Where the ways of two nodes to the root meet. */
static uint32_t meet(const mlab_flow *f, uint32_t u, uint32_t v)
{
    while (u != v)
        if (f->depth[u] >= f->depth[v])
            u = f->parent[u];
        else
            v = f->parent[v];
    return u;
}

static bool leads_up(const mlab_flow *f, uint32_t node)
{
    return f->from[f->arc[node]] == node;
}

/* How much more flow the tree arc above the node takes, upwards or downwards. */
static int32_t spare(const mlab_flow *f, uint32_t node, bool upwards)
{
    const uint32_t a = f->arc[node];
    return leads_up(f, node) == upwards ? f->room[a] - f->flow[a] : f->flow[a];
}

static void push(mlab_flow *f, uint32_t node, uint32_t end, bool upwards, int32_t amount)
{
    for (; node != end; node = f->parent[node]) f->flow[f->arc[node]] += leads_up(f, node) == upwards ? amount : -amount;
}

/* Sends round the ring of arc a what it takes: downwards to the node at which the arc begins, over it, and upwards from its end. */
static void go_round(mlab_flow *f, uint32_t a)
{
    const bool empty = f->stand[a] == EMPTY;
    const uint32_t begin = empty ? f->from[a] : f->to[a], end = empty ? f->to[a] : f->from[a], top = meet(f, begin, end);
    int32_t amount = f->room[a];
    uint32_t out = NONE;
    bool at_end = false;
    for (uint32_t u = begin; u != top; u = f->parent[u])
        if (spare(f, u, false) < amount) {
            amount = spare(f, u, false);
            out = u;
        }
    for (uint32_t u = end; u != top; u = f->parent[u])
        if (spare(f, u, true) <= amount) {
            amount = spare(f, u, true);
            out = u;
            at_end = true;
        }
    if (amount) {
        f->flow[a] += empty ? amount : -amount;
        push(f, begin, top, false, amount);
        push(f, end, top, true, amount);
    }
    if (out == NONE) { /* the arc itself is what stops the ring */
        f->stand[a] = empty ? FULL : EMPTY;
        return;
    }
    const mlab_gain r = reduced(f, a);
    f->stand[a] = IN_TREE;
    f->stand[f->arc[out]] = f->flow[f->arc[out]] ? FULL : EMPTY;
    turn_branch(f, at_end ? end : begin, out, at_end ? begin : end, a, r);
}

/* --- from outside --------------------------------------------------------------------------------- */

void mlab_flow_free(mlab_flow *flow)
{
    if (flow) mlab_release(flow->context, flow->memory);
}

/* The ways of the highest gain to node 0 in a few passes over the arcs, in value, and the arcs they begin with; false where passes do not end. */
static bool find_ways(mlab_flow *f)
{
    for (uint32_t v = 0; v < f->n_nodes; v++) f->arc[v] = NONE;
    for (int pass = 0; pass < PASSES; pass++) {
        bool changed = false;
        for (size_t k = f->n_arcs; k-- > 0;) {
            const uint32_t u = f->from[k], v = f->to[k];
            if (u == 0 || f->room[k] == 0 || (v && f->arc[v] == NONE)) continue;
            const mlab_gain gain = add(f->value[v], f->gain[k]);
            if (f->arc[u] != NONE && !below(f->value[u], gain)) continue;
            f->value[u] = gain;
            f->arc[u] = (uint32_t)k;
            changed = true;
        }
        if (!changed) return true;
    }
    return false;
}

/* At first nothing flows. Each node hangs on its best way to node 0, so that the rings that begin there go round first; where there is none,
 * on the root by its own arc. */
static void start(mlab_flow *f, const mlab_flow_arc *arcs)
{
    const uint32_t root = (uint32_t)f->n_nodes;
    for (size_t a = 0; a < f->n_arcs; a++) {
        f->from[a] = arcs[a].from;
        f->to[a] = arcs[a].to;
        f->room[a] = arcs[a].room;
        f->gain[a] = arcs[a].gain;
        f->stand[a] = EMPTY;
    }
    const bool ways = find_ways(f);
    for (uint32_t v = 0; v <= root; v++) f->child[v] = f->next[v] = f->last[v] = NONE;
    f->parent[root] = f->arc[root] = NONE;
    for (uint32_t v = root; v-- > 0;) {
        const size_t own = f->n_arcs + v;
        f->from[own] = v;
        f->to[own] = root;
        f->room[own] = INT32_MAX;
        const uint32_t a = ways && f->arc[v] != NONE ? f->arc[v] : (uint32_t)own;
        f->stand[own] = EMPTY;
        f->stand[a] = IN_TREE;
        hang(f, v, f->to[a], a);
    }
    for (uint32_t v = walk(f, root, root); v != NONE; v = walk(f, v, root)) f->depth[v] = f->depth[f->parent[v]] + 1;
    f->block = (size_t)sqrt((double)f->n_arcs);
    if (f->block < LEAST_BLOCK) f->block = LEAST_BLOCK;
}

mlab_status mlab_flow_make(const mlab_context *context, size_t n_nodes, const mlab_flow_arc *arcs, size_t n_arcs, mlab_flow **made, mlab_error *err)
{
    mlab_flow at = {.context = context, .n_nodes = n_nodes, .n_arcs = n_arcs}, *self;
    *made = NULL;
    if (n_arcs >= INT32_MAX || n_nodes >= INT32_MAX)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "a network of %zu nodes and %zu arcs, allowed fewer than 2147483647 of each", n_nodes, n_arcs);
    const size_t nodes = n_nodes + 1, all = n_arcs + n_nodes;
    const mlab_part parts[] = {{&self, 1, sizeof *self},           {&at.value, nodes, sizeof *at.value}, {&at.from, all, sizeof *at.from},
                               {&at.to, all, sizeof *at.to},       {&at.room, all, sizeof *at.room},     {&at.flow, all, sizeof *at.flow},
                               {&at.stand, all, sizeof *at.stand}, {&at.gain, all, sizeof *at.gain},     {&at.parent, nodes, sizeof *at.parent},
                               {&at.arc, nodes, sizeof *at.arc},   {&at.child, nodes, sizeof *at.child}, {&at.next, nodes, sizeof *at.next},
                               {&at.last, nodes, sizeof *at.last}, {&at.depth, nodes, sizeof *at.depth}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &at.memory, err);
    if (status) return status;
    start(&at, arcs);
    *self = at;
    *made = self;
    return MLAB_OK;
}

void mlab_flow_set_gain(mlab_flow *flow, size_t arc, mlab_gain gain)
{
    flow->gain[arc] = gain;
}

/* Values at which the arcs of the tree gain nothing, from the root down. */
static void set_values(mlab_flow *f)
{
    const uint32_t root = (uint32_t)f->n_nodes;
    for (uint32_t v = walk(f, root, root); v != NONE; v = walk(f, v, root)) {
        const uint32_t a = f->arc[v];
        const mlab_gain above = f->value[f->parent[v]];
        f->value[v] = leads_up(f, v) ? add(above, f->gain[a]) : less(above, f->gain[a]);
    }
}

mlab_status mlab_flow_solve(mlab_flow *flow, mlab_error *err)
{
    const mlab_context *context = flow->context;
    set_values(flow);
    uint32_t a;
    for (size_t step = 0; (a = choose_arc(flow)) != NONE; step++) {
        if (step % LOOK == 0 && context->cancelled && context->cancelled(context->user)) return mlab_raise(err, MLAB_ERR_CANCELLED, "stopped");
        go_round(flow, a);
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
