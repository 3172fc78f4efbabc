/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Circulations of the highest gain by the network simplex.
 *
 * Primal network simplex with strongly feasible trees (Cunningham 1976, doi:10.1007/BF01580379) and the best arc of a block as the one that
 * enters (Kiraly & Kovacs 2012, arXiv:1207.6381, compare the variants). Every node hangs on a root by an arc of its own that leads to the root;
 * no arc leads away from it, so these arcs stay empty and no large cost is needed. Gains are pairs compared one after the other, so "first the
 * most people, then the best score" is exact in whole numbers. After gains change the last circulation is still one, and the next
 * solution starts from it.
 * Weakness: no bound better than exponential is known; in practice about n^2 on sparse networks.
 */
#include "match/flow.h"

#include "core/error.h"
#include "core/memory.h"
#include "match/policies.h"

#include <math.h>

#define NONE UINT32_MAX
enum { AT_ROOM = -1, IN_TREE = 0, EMPTY = 1, LOOK = 4096 }; /* pivots between two looks at cancelled */

typedef struct node {
    uint32_t parent, arc; /* the tree arc to the parent */
    uint32_t depth;
    uint32_t child, next, previous; /* first child; brothers */
    bool up;                        /* the arc leads to the parent */
} node;

struct mlab_flow {
    const mlab_context *context;
    size_t n_nodes, n_arcs; /* without the root and its arcs, which come last */
    node *nodes;            /* [n_nodes + 1] */
    mlab_gain *value;       /* [n_nodes + 1] */
    uint32_t *from, *to;    /* [n_arcs + n_nodes] */
    int32_t *room, *flow;   /* [n_arcs + n_nodes] */
    mlab_gain *gain;        /* [n_arcs + n_nodes] */
    int8_t *state;          /* [n_arcs + n_nodes] */
    size_t next_arc, block;
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

/* --- the tree ------------------------------------------------------------------------------------- */

static void hang(mlab_flow *f, uint32_t child, uint32_t parent, uint32_t arc)
{
    node *at = &f->nodes[child], *above = &f->nodes[parent];
    at->parent = parent;
    at->arc = arc;
    at->up = f->from[arc] == child;
    at->previous = NONE;
    at->next = above->child;
    if (above->child != NONE) f->nodes[above->child].previous = child;
    above->child = child;
}

static void cut(mlab_flow *f, uint32_t child)
{
    const node *at = &f->nodes[child];
    if (at->previous != NONE)
        f->nodes[at->previous].next = at->next;
    else
        f->nodes[at->parent].child = at->next;
    if (at->next != NONE) f->nodes[at->next].previous = at->previous;
}

/* Values and depths of everything below a node that was hung elsewhere. */
static void renew(mlab_flow *f, uint32_t top)
{
    node *nodes = f->nodes;
    const node *t = &nodes[top];
    const mlab_gain gain = f->gain[t->arc], above = f->value[t->parent], wanted = t->up ? add(above, gain) : less(above, gain);
    const mlab_gain change = less(wanted, f->value[top]);
    for (uint32_t at = top;;) {
        f->value[at] = add(f->value[at], change);
        nodes[at].depth = nodes[nodes[at].parent].depth + 1;
        if (nodes[at].child != NONE) {
            at = nodes[at].child;
            continue;
        }
        while (at != top && nodes[at].next == NONE) at = nodes[at].parent;
        if (at == top) return;
        at = nodes[at].next;
    }
}

/* --- one pivot ------------------------------------------------------------------------------------ */

/* What an arc would gain by entering: value[to] - value[from] + gain when it is empty, the opposite when it is full. */
static mlab_gain promise(const mlab_flow *f, size_t a)
{
    const mlab_gain v = add(less(f->value[f->to[a]], f->value[f->from[a]]), f->gain[a]);
    return f->state[a] == AT_ROOM ? (mlab_gain){-v.first, -v.second} : v;
}

/* The best arc of the first block that has one; SIZE_MAX = none promises anything. */
static size_t find_entering(mlab_flow *f)
{
    size_t best = SIZE_MAX, left = f->block, a = f->next_arc;
    mlab_gain most = {0, 0};
    for (size_t seen = 0; seen < f->n_arcs; seen++) {
        if (f->state[a] != IN_TREE) {
            const mlab_gain g = promise(f, a);
            if (g.first > most.first || (g.first == most.first && g.second > most.second)) {
                most = g;
                best = a;
            }
        }
        if (++a == f->n_arcs) a = 0;
        if (--left == 0) {
            if (best != SIZE_MAX) break;
            left = f->block;
        }
    }
    f->next_arc = a;
    return best;
}

static uint32_t find_join(const mlab_flow *f, uint32_t u, uint32_t v)
{
    const node *nodes = f->nodes;
    while (u != v) {
        if (nodes[u].depth >= nodes[v].depth)
            u = nodes[u].parent;
        else
            v = nodes[v].parent;
    }
    return u;
}

/* The tree arc that leaves, by its lower end: the last blocking one on the way round from the join, which keeps the tree strongly
 * feasible; NONE = the entering arc itself is the tightest. */
static uint32_t find_leaving(const mlab_flow *f, uint32_t first, uint32_t second, uint32_t join, int32_t *amount, bool *below_first)
{
    uint32_t leaving = NONE;
    for (uint32_t u = first; u != join; u = f->nodes[u].parent) {
        const uint32_t e = f->nodes[u].arc;
        const int32_t free_room = f->nodes[u].up ? f->flow[e] : f->room[e] - f->flow[e];
        if (free_room < *amount) {
            *amount = free_room;
            leaving = u;
            *below_first = true;
        }
    }
    for (uint32_t u = second; u != join; u = f->nodes[u].parent) {
        const uint32_t e = f->nodes[u].arc;
        const int32_t free_room = f->nodes[u].up ? f->room[e] - f->flow[e] : f->flow[e];
        if (free_room <= *amount) {
            *amount = free_room;
            leaving = u;
            *below_first = false;
        }
    }
    return leaving;
}

static void push_round(mlab_flow *f, size_t entering, uint32_t join, int32_t amount)
{
    f->flow[entering] += amount;
    for (uint32_t u = f->from[entering]; u != join; u = f->nodes[u].parent) f->flow[f->nodes[u].arc] -= f->nodes[u].up ? amount : -amount;
    for (uint32_t u = f->to[entering]; u != join; u = f->nodes[u].parent) f->flow[f->nodes[u].arc] += f->nodes[u].up ? amount : -amount;
}

/* The part of the tree below the leaving arc is turned over and hung on the entering one. */
static void exchange(mlab_flow *f, uint32_t entering, uint32_t leaving, uint32_t inside, uint32_t outside)
{
    uint32_t at = inside, parent = outside, arc = entering;
    for (;;) {
        const uint32_t old_parent = f->nodes[at].parent, old_arc = f->nodes[at].arc;
        cut(f, at);
        hang(f, at, parent, arc);
        if (at == leaving) break;
        parent = at;
        arc = old_arc;
        at = old_parent;
    }
    renew(f, inside);
}

static void pivot(mlab_flow *f, size_t entering)
{
    const bool fills = f->state[entering] == EMPTY;
    const uint32_t first = fills ? f->from[entering] : f->to[entering], second = fills ? f->to[entering] : f->from[entering];
    const uint32_t join = find_join(f, first, second);
    int32_t amount = f->room[entering];
    bool below_first = false;
    const uint32_t leaving = find_leaving(f, first, second, join, &amount, &below_first);
    if (amount) push_round(f, entering, join, fills ? amount : -amount);
    if (leaving == NONE) {
        f->state[entering] = (int8_t)(fills ? AT_ROOM : EMPTY);
        return;
    }
    const uint32_t out = f->nodes[leaving].arc;
    f->state[entering] = IN_TREE;
    f->state[out] = (int8_t)(f->flow[out] ? AT_ROOM : EMPTY);
    exchange(f, (uint32_t)entering, leaving, below_first ? first : second, below_first ? second : first);
}

/* --- from outside --------------------------------------------------------------------------------- */

void mlab_flow_free(mlab_flow *flow)
{
    if (flow) mlab_release(flow->context, flow->memory);
}

mlab_status mlab_flow_make(const mlab_context *context, size_t n_nodes, const mlab_flow_arc *arcs, size_t n_arcs, mlab_flow **made, mlab_error *err)
{
    mlab_flow at = {.context = context, .n_nodes = n_nodes, .n_arcs = n_arcs}, *self;
    const size_t all = n_arcs + n_nodes;
    *made = NULL;
    if (n_arcs >= INT32_MAX || n_nodes >= INT32_MAX)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "a network of %zu nodes and %zu arcs, allowed fewer than 2147483647 of each", n_nodes, n_arcs);
    const mlab_part parts[] = {{&self, 1, sizeof *self},
                               {&at.nodes, n_nodes + 1, sizeof *at.nodes},
                               {&at.value, n_nodes + 1, sizeof *at.value},
                               {&at.from, all, sizeof *at.from},
                               {&at.to, all, sizeof *at.to},
                               {&at.room, all, sizeof *at.room},
                               {&at.flow, all, sizeof *at.flow},
                               {&at.gain, all, sizeof *at.gain},
                               {&at.state, all, sizeof *at.state}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &at.memory, err);
    if (status) return status;
    for (size_t a = 0; a < n_arcs; a++) {
        at.from[a] = arcs[a].from;
        at.to[a] = arcs[a].to;
        at.room[a] = arcs[a].room;
        at.gain[a] = arcs[a].gain;
        at.state[a] = EMPTY;
    }
    const uint32_t root = (uint32_t)n_nodes;
    at.nodes[root] = (node){.parent = NONE, .child = NONE, .next = NONE, .previous = NONE};
    for (uint32_t v = 0; v < root; v++) {
        const uint32_t a = (uint32_t)n_arcs + v;
        at.from[a] = v;
        at.to[a] = root;
        at.room[a] = INT32_MAX;
        at.nodes[v].child = NONE;
        at.nodes[v].depth = 1;
        hang(&at, v, root, a);
    }
    at.block = (size_t)sqrt((double)n_arcs);
    if (at.block < 10) at.block = 10;
    *self = at;
    *made = self;
    return MLAB_OK;
}

void mlab_flow_set_gain(mlab_flow *flow, size_t arc, mlab_gain gain)
{
    flow->gain[arc] = gain;
}

/* Values from the root down: gains of tree arcs may have changed. */
static void revalue(mlab_flow *f)
{
    const uint32_t root = (uint32_t)f->n_nodes;
    for (uint32_t at = f->nodes[root].child; at != NONE;) {
        const node *v = &f->nodes[at];
        f->value[at] = v->up ? add(f->value[v->parent], f->gain[v->arc]) : less(f->value[v->parent], f->gain[v->arc]);
        if (v->child != NONE) {
            at = v->child;
            continue;
        }
        while (at != root && f->nodes[at].next == NONE) at = f->nodes[at].parent;
        at = at == root ? NONE : f->nodes[at].next;
    }
}

mlab_status mlab_flow_solve(mlab_flow *flow, mlab_error *err)
{
    const mlab_context *context = flow->context;
    revalue(flow);
    size_t entering;
    for (size_t pivots = 0; flow->n_arcs && (entering = find_entering(flow)) != SIZE_MAX; pivots++) {
        if (pivots % LOOK == 0 && context->cancelled && context->cancelled(context->user)) return mlab_raise(err, MLAB_ERR_CANCELLED, "stopped");
        pivot(flow, entering);
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
