/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heaviest matching of a general graph, exactly, with its proof.
 *
 * Edmonds's primal-dual method (Edmonds 1965, doi:10.6028/jres.069B.013) with priorities on edges (Galil 1986, doi:10.1145/6462.6502). Values
 * begin as small as one look at the neighbours allows, and edges that are tight then are taken at once; each person still alone then
 * grows one alternating tree until it meets somebody else who is alone, or until somebody of the tree can be left alone at no
 * loss (Kolmogorov 2009, doi:10.1007/s12532-009-0002-8, compares one tree at a time with many). Time runs in steps of the dual;
 * values of a tree are kept relative to it, so an event touches what it changes and nothing else. Weights count double, so everything is a
 * whole number. O(n m log n) when few blossoms open within a search; each opening costs its size.
 * Weakness: one person after the other; where weights tie coarsely a tree can reach far before it finds somebody.
 */
#include "match/blossom.h"

#include "core/error.h"
#include "core/memory.h"
#include "match/policies.h"

#include <string.h>

#define NONE MLAB_ALONE
enum { LOOK = 64 }; /* searches between two looks at cancelled */

static const uint32_t GROW = UINT32_C(1) << 31; /* flag of a: the edge reaches somebody who was not outer */

/* --- growing the tree ----------------------------------------------------------------------------- */

/* An edge from an outer person to w who is not outer, if it is the best that w has. */
static void offer(mlab_blossom_search *s, uint32_t v, uint32_t w, const mlab_blossom_node *top, int64_t slack)
{
    if (slack >= s->best[w]) return;
    if (s->best[w] == INT64_MAX) s->reached[s->n_reached++] = w;
    s->best[w] = slack;
    s->best_from[w] = v;
    if (top->label != MLAB_NODE_FREE) return;
    if (s->partner[top->base] == NONE)
        mlab_blossom_end_at(s, slack + s->value[w], v, w);
    else
        mlab_blossom_push(s, slack + s->value[w], v | GROW, w);
}

static void scan(mlab_blossom_search *s, uint32_t v, uint32_t node)
{
    const mlab_graph *g = s->graph;
    const int64_t mine = s->value[v];
    for (size_t e = g->first[v]; e < g->first[v + 1]; e++) {
        const uint32_t w = g->to[e];
        const int64_t rest = mine - 2 * g->weight[e];
        if (mlab_blossom_too_late(s, rest + s->value[w])) continue;
        if (s->node[w].in == w && s->node[w].label == MLAB_NODE_OUTER) { /* a person on their own, outer */
            if (w != v) mlab_blossom_push(s, (rest + s->value[w]) / 2, v, w);
            continue;
        }
        const uint32_t top = mlab_blossom_top(s, w);
        if (top == node) continue;
        if (s->node[top].label == MLAB_NODE_OUTER)
            mlab_blossom_push(s, (rest + s->value[w]) / 2, v, w);
        else
            offer(s, v, w, &s->node[top], rest);
    }
}

/* People of a node become outer; `shift` turns their numbers into values at time 0. The node's label is set. */
static void make_outer(mlab_blossom_search *s, uint32_t node, int64_t shift)
{
    for (uint32_t v = mlab_blossom_first_person(s, node); v != NONE; v = mlab_blossom_next_person(s, node, v)) {
        s->value[v] += shift;
        mlab_blossom_end_at(s, s->value[v], v, NONE);
    }
}

static void scan_node(mlab_blossom_search *s, uint32_t part, uint32_t top)
{
    for (uint32_t v = mlab_blossom_first_person(s, part); v != NONE; v = mlab_blossom_next_person(s, part, v)) scan(s, v, top);
}

static void become_outer(mlab_blossom_search *s, uint32_t node)
{
    s->node[node].label = MLAB_NODE_OUTER;
    s->tree[s->n_tree++] = node;
    if (node >= s->graph->n) s->half[node - s->graph->n] -= s->now;
    make_outer(s, node, s->now);
    scan_node(s, node, node);
}

/* A node without label is reached by the edge from -> to, and with it the node of its partner. */
static void grow(mlab_blossom_search *s, uint32_t from, uint32_t to, uint32_t node)
{
    mlab_blossom_node *at = &s->node[node];
    at->label = MLAB_NODE_INNER;
    at->tree_from = from;
    at->tree_to = to;
    s->tree[s->n_tree++] = node;
    for (uint32_t v = mlab_blossom_first_person(s, node); v != NONE; v = mlab_blossom_next_person(s, node, v)) s->value[v] -= s->now;
    if (node >= s->graph->n) {
        int64_t *half = &s->half[node - s->graph->n];
        *half += s->now;
        mlab_blossom_push(s, *half, node, NONE);
    }
    become_outer(s, mlab_blossom_top(s, s->partner[at->base]));
}

static void shrink(mlab_blossom_search *s, uint32_t a, uint32_t b)
{
    const uint32_t blossom = mlab_blossom_shrink(s, a, b), first = s->node[blossom].base_child;
    uint32_t child = first;
    do { /* all values first: an edge between two of them is inside */
        if (s->node[child].label == MLAB_NODE_INNER) make_outer(s, child, 2 * s->now);
        child = s->node[child].next;
    } while (child != first);
    do {
        if (s->node[child].label == MLAB_NODE_INNER) scan_node(s, child, blossom);
        child = s->node[child].next;
    } while (child != first);
}

/* A child of an opened blossom keeps its place in the tree, inner. */
static void stay_inner(mlab_blossom_search *s, uint32_t node, uint32_t from, uint32_t to)
{
    mlab_blossom_node *at = &s->node[node];
    at->label = MLAB_NODE_INNER;
    at->tree_from = from;
    at->tree_to = to;
    s->tree[s->n_tree++] = node;
    if (node < s->graph->n) return;
    int64_t *half = &s->half[node - s->graph->n];
    *half += s->now;
    mlab_blossom_push(s, *half, node, NONE);
}

/* A child of an opened blossom leaves the tree; outer neighbours may reach it again. */
static void leave(mlab_blossom_search *s, uint32_t node)
{
    for (uint32_t v = mlab_blossom_first_person(s, node); v != NONE; v = mlab_blossom_next_person(s, node, v)) {
        s->value[v] += s->now;
        if (s->best[v] != INT64_MAX) mlab_blossom_push(s, s->best[v] + s->value[v], s->best_from[v] | GROW, v);
    }
}

/* An inner blossom whose dual is used up: the even way from where the tree enters to the base stays in the tree. */
static void open_blossom(mlab_blossom_search *s, uint32_t blossom)
{
    mlab_blossom_node *node = s->node;
    const uint32_t base_child = node[blossom].base_child;
    uint32_t from = node[blossom].tree_from, to = node[blossom].tree_to, n_outer = 0, at = to;
    while (node[at].around != blossom) at = node[at].around;
    const uint32_t entry = at;
    mlab_blossom_open(s, blossom);
    const bool forward = entry != base_child && s->partner[node[entry].link_from] == node[entry].link_to;
    for (stay_inner(s, at, from, to); at != base_child; stay_inner(s, at, from, to)) {
        const uint32_t outer = forward ? node[at].next : node[at].previous;
        at = forward ? node[outer].next : node[outer].previous;
        from = forward ? node[outer].link_from : node[at].link_to;
        to = forward ? node[outer].link_to : node[at].link_from;
        node[outer].label = MLAB_NODE_OUTER;
        s->tree[s->n_tree++] = outer;
        s->todo[n_outer++] = outer;
    }
    at = entry;
    do {
        if (node[at].label == MLAB_NODE_FREE) leave(s, at);
        at = node[at].next;
    } while (at != entry);
    for (uint32_t i = 0; i < n_outer; i++) {
        if (s->todo[i] >= s->graph->n) s->half[s->todo[i] - s->graph->n] -= s->now;
        make_outer(s, s->todo[i], 2 * s->now);
    }
    for (uint32_t i = 0; i < n_outer; i++) scan_node(s, s->todo[i], s->todo[i]);
}

/* --- one search ----------------------------------------------------------------------------------- */

static void step(mlab_blossom_search *s)
{
    const mlab_blossom_event event = mlab_blossom_pop(s);
    const uint32_t a = event.a & ~GROW;
    s->now = event.time;
    if (event.b == NONE) {
        if (s->node[a].in == a) open_blossom(s, a); /* else it is inside an outer blossom by now */
        return;
    }
    const uint32_t top = mlab_blossom_top(s, event.b);
    if (event.a & GROW) {
        if (s->node[top].label == MLAB_NODE_FREE && s->best[event.b] + s->value[event.b] == event.time) grow(s, s->best_from[event.b], event.b, top);
    } else if (top != mlab_blossom_top(s, a))
        shrink(s, a, event.b);
}

/* Pairs along the tree from the person where it ended up to the root. */
static void flip(mlab_blossom_search *s)
{
    uint32_t v = s->end_from, taker = s->end_to;
    if (taker != NONE) {
        mlab_blossom_turn(s, mlab_blossom_top(s, taker), taker);
        s->partner[taker] = v;
    }
    for (;;) {
        const uint32_t outer = mlab_blossom_top(s, v), left = s->partner[s->node[outer].base];
        mlab_blossom_turn(s, outer, v);
        s->partner[v] = taker;
        if (left == NONE) return;
        const uint32_t inner = mlab_blossom_top(s, left);
        taker = s->node[inner].tree_to;
        v = s->node[inner].tree_from;
        mlab_blossom_turn(s, inner, taker);
        s->partner[taker] = v;
    }
}

/* Values are numbers again, labels are gone. */
static void settle(mlab_blossom_search *s)
{
    const size_t n = s->graph->n;
    for (size_t i = 0; i < s->n_tree; i++) {
        const uint32_t at = s->tree[i];
        if (s->node[at].label == MLAB_NODE_FREE || s->node[at].in != at) continue;
        const int64_t change = s->node[at].label == MLAB_NODE_OUTER ? -s->now : s->now;
        for (uint32_t v = mlab_blossom_first_person(s, at); v != NONE; v = mlab_blossom_next_person(s, at, v)) s->value[v] += change;
        if (at >= n) s->half[at - n] -= change;
        s->node[at].label = MLAB_NODE_FREE;
    }
    for (size_t i = 0; i < s->n_reached; i++) s->best[s->reached[i]] = INT64_MAX;
    s->n_tree = s->n_reached = s->n_heap = 0;
}

static void search(mlab_blossom_search *s, uint32_t root)
{
    s->now = 0;
    s->bound = INT64_MAX;
    s->end_to = NONE;
    become_outer(s, root);
    while (s->n_heap && s->heap[0].time < s->bound) step(s);
    s->now = s->bound;
    if (!s->status) flip(s);
    settle(s);
}

/* --- beginning and end ---------------------------------------------------------------------------- */

/* The least value that the neighbours allow somebody who is alone; at once a pair when the neighbour it is tight with is alone too. */
static void settle_for(mlab_blossom_search *s, uint32_t v)
{
    const mlab_graph *g = s->graph;
    int64_t most = 0;
    uint32_t with = NONE;
    for (size_t e = g->first[v]; e < g->first[v + 1]; e++) {
        const int64_t rest = 2 * g->weight[e] - s->value[g->to[e]];
        if (rest < most || (rest == most && with != NONE && s->partner[with] == NONE)) continue;
        most = rest;
        with = g->to[e];
    }
    s->value[v] = most;
    if (with == NONE || s->partner[with] != NONE) return;
    s->partner[v] = with;
    s->partner[with] = v;
}

static void begin(mlab_blossom_search *s)
{
    const mlab_graph *g = s->graph;
    const uint32_t n = (uint32_t)g->n;
    for (uint32_t v = 0; v < n; v++) {
        s->partner[v] = NONE;
        s->best[v] = INT64_MAX;
        s->spare[v] = 2 * n - 1 - v;
        for (size_t e = g->first[v]; e < g->first[v + 1]; e++)
            if (g->weight[e] > s->value[v]) s->value[v] = g->weight[e];
        s->node[v] = (mlab_blossom_node){.in = v, .around = NONE, .base = v};
    }
    s->n_spare = n;
    for (uint32_t v = 0; v < n; v++)
        if (s->partner[v] == NONE) settle_for(s, v);
    mlab_blossom_begin_with_halves(s);
}

static void write_proof(const mlab_blossom_search *s, mlab_graph_proof *proof)
{
    const uint32_t n = (uint32_t)s->graph->n;
    for (uint32_t i = 0; i < n; i++) {
        proof->value[i] = s->value[i];
        proof->blossom[i] = s->node[i].around == NONE ? NONE : s->node[i].around - n;
        proof->outer[i] = NONE;
        proof->half[i] = 0;
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t b = s->node[i].around; b != NONE; b = s->node[b].around) {
            proof->half[b - n] = s->half[b - n];
            proof->outer[b - n] = s->node[b].around == NONE ? NONE : s->node[b].around - n;
        }
}

static mlab_status check(const mlab_graph *graph, mlab_error *err)
{
    if (graph->n >= UINT32_C(1) << 30) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu people to pair, allowed fewer than 1073741824", graph->n);
    for (size_t e = 0; e < graph->first[graph->n]; e++)
        if (graph->weight[e] < 0 || graph->weight[e] > INT64_C(1) << 58)
            return mlab_raise(err, MLAB_ERR_OVERFLOW, "a weight of %lld, allowed 0 to 2^58", (long long)graph->weight[e]);
    return MLAB_OK;
}

static mlab_status search_all(mlab_blossom_search *s, mlab_error *err)
{
    const mlab_context *context = s->context;
    for (uint32_t v = 0; v < s->graph->n; v++) {
        if (v % LOOK == 0 && context->cancelled && context->cancelled(context->user)) return mlab_raise(err, MLAB_ERR_CANCELLED, "stopped");
        if (s->partner[v] != NONE || s->value[v] == 0) continue;
        search(s, v);
        if (s->status) return mlab_raise(err, s->status, "no memory for pairing %zu people", s->graph->n);
    }
    return MLAB_OK;
}

mlab_status mlab_graph_matching(const mlab_context *context, const mlab_graph *graph, uint32_t *partner, mlab_graph_proof *proof, mlab_error *err)
{
    const size_t n = graph->n;
    mlab_blossom_search s = {.context = context, .graph = graph, .partner = partner};
    void *block = NULL;
    const mlab_part parts[] = {
        {&s.node, 2 * n, sizeof *s.node}, {&s.value, n, sizeof *s.value},         {&s.half, n, sizeof *s.half},
        {&s.best, n, sizeof *s.best},     {&s.best_from, n, sizeof *s.best_from}, {&s.reached, n, sizeof *s.reached},
        {&s.tree, 4 * n, sizeof *s.tree}, {&s.spare, n, sizeof *s.spare},         {&s.todo, 2 * n, sizeof *s.todo},
    };
    mlab_status status = check(graph, err);
    if (status || (status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &block, err))) goto out;
    begin(&s);
    status = s.status ? mlab_raise(err, s.status, "no memory for pairing %zu people", n) : search_all(&s, err);
    if (!status && proof) write_proof(&s, proof);
out:
    mlab_release(context, s.heap);
    mlab_release(context, block);
    return status;
}
