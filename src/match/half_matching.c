/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A good beginning for matching in general graphs: the best matching when pairs may also be halves.
 *
 * The linear program without blossoms has an optimum of whole pairs and of odd rings of half pairs (Balinski 1965), so a search is over as
 * soon as an edge joins two outer people: that closes a ring. No blossom is needed, and every event but the growing of the tree ends the
 * search. Afterwards each ring is cut into pairs beside one person, the one with the least to lose, from whom the search with blossoms starts;
 * the values stay as they are (the beginning of MaxWeightedMatching in LEMON, Dezso, Juttner & Kovacs 2011, doi:10.1016/j.entcs.2011.06.003).
 */
#include "match/blossom.h"

#define NONE MLAB_ALONE

static void become_outer(mlab_blossom_search *s, uint32_t v)
{
    const mlab_graph *g = s->graph;
    s->node[v].label = MLAB_NODE_OUTER;
    s->tree[s->n_tree++] = v;
    const int64_t mine = s->value[v] += s->now;
    mlab_blossom_end_at(s, mine, v, NONE);
    for (size_t e = g->first[v]; e < g->first[v + 1]; e++) {
        const uint32_t w = g->to[e];
        const int64_t rest = mine - 2 * g->weight[e];
        if (mlab_blossom_too_late(s, rest + s->value[w])) continue;
        if (s->node[w].label == MLAB_NODE_OUTER) {
            if (w != v) mlab_blossom_end_at(s, (rest + s->value[w]) / 2, v, w);
            continue;
        }
        if (s->node[w].label == MLAB_NODE_INNER || rest >= s->best[w]) continue;
        const int64_t time = rest + s->value[w];
        if (time >= s->bound) continue;
        if (s->best[w] == INT64_MAX) s->reached[s->n_reached++] = w;
        s->best[w] = rest;
        s->best_from[w] = v;
        if (s->partner[w] == NONE || s->node[w].next != w)
            mlab_blossom_end_at(s, time, v, w);
        else
            mlab_blossom_push(s, time, v, w);
    }
}

/* Pairs along the tree from an outer person to the root; taker = NONE: the person goes without, or onto a ring. */
static void flip(mlab_blossom_search *s, uint32_t v, uint32_t taker)
{
    for (;;) {
        const uint32_t inner = s->partner[v];
        s->partner[v] = taker;
        if (inner == NONE) return;
        v = s->best_from[inner];
        s->partner[inner] = v;
        taker = inner;
    }
}

/* A ring loses one person; the others are pairs. */
static void cut_ring(mlab_blossom_search *s, uint32_t person)
{
    uint32_t at = s->node[person].next;
    s->node[person].next = person;
    while (at != person) {
        const uint32_t other = s->node[at].next, next = s->node[other].next;
        s->partner[at] = other;
        s->partner[other] = at;
        s->node[at].next = at;
        s->node[other].next = other;
        at = next;
    }
    s->partner[person] = NONE;
}

/* Inner people point to the outer person above them by best_from, outer ones to the inner one by partner. */
static uint32_t above(const mlab_blossom_search *s, uint32_t v)
{
    return s->node[v].label == MLAB_NODE_INNER ? s->best_from[v] : s->partner[v];
}

static uint32_t meet(mlab_blossom_search *s, uint32_t x, uint32_t y)
{
    const uint32_t stamp = ++s->stamps;
    for (;;) {
        if (x != NONE) {
            if (s->node[x].stamp == stamp) return x;
            s->node[x].stamp = stamp;
            x = above(s, x);
        }
        uint32_t swap = x;
        x = y;
        y = swap;
    }
}

/* The edge between two outer people closes a ring; the tree above it is turned over. */
static void close_ring(mlab_blossom_search *s, uint32_t x, uint32_t y)
{
    const uint32_t root = meet(s, x, y);
    uint32_t below = y;
    for (uint32_t at = x; at != root;) { /* from the root down to x, on to y and up */
        const uint32_t up = above(s, at);
        s->node[at].next = below;
        below = at;
        at = up;
    }
    s->node[root].next = below;
    for (uint32_t at = y; at != root;) {
        const uint32_t up = above(s, at);
        s->node[at].next = up;
        at = up;
    }
    flip(s, root, NONE);
    s->partner[root] = s->node[root].next; /* not alone; on a ring the partner means nothing */
}

static void settle(mlab_blossom_search *s)
{
    for (size_t i = 0; i < s->n_tree; i++) {
        const uint32_t at = s->tree[i];
        s->value[at] += s->node[at].label == MLAB_NODE_OUTER ? -s->now : s->now;
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
    while (s->n_heap && s->heap[0].time < s->bound) {
        const mlab_blossom_event event = mlab_blossom_pop(s);
        if (s->node[event.b].label != MLAB_NODE_FREE) continue;
        s->now = event.time;
        s->node[event.b].label = MLAB_NODE_INNER;
        s->tree[s->n_tree++] = event.b;
        s->value[event.b] -= s->now;
        become_outer(s, s->partner[event.b]);
    }
    s->now = s->bound;
    const uint32_t v = s->end_from, w = s->end_to;
    if (w != NONE && s->node[w].label == MLAB_NODE_OUTER) {
        close_ring(s, v, w);
    } else {
        if (w != NONE && s->node[w].next != w) cut_ring(s, w);
        if (w != NONE) s->partner[w] = v;
        flip(s, v, w);
    }
    settle(s);
}

void mlab_blossom_begin_with_halves(mlab_blossom_search *s)
{
    const uint32_t n = (uint32_t)s->graph->n;
    for (uint32_t v = 0; v < n; v++) s->node[v].next = v;
    for (uint32_t v = 0; v < n && !s->status; v++)
        if (s->partner[v] == NONE && s->value[v] > 0) search(s, v);
    for (uint32_t v = 0; v < n; v++) {
        if (s->node[v].next == v) continue;
        uint32_t least = v;
        for (uint32_t at = s->node[v].next; at != v; at = s->node[at].next)
            if (s->value[at] < s->value[least]) least = at;
        cut_ring(s, least);
    }
}
