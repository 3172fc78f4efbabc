/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blossoms: odd cycles shrunk to one node, turned and opened again.
 *
 * Edmonds 1965, doi:10.4153/CJM-1965-045-4. A blossom is a ring of children (people or blossoms) with the edge to the next one; which
 * outermost node holds a person is asked by union-find, rebuilt for the people of a blossom when it opens (in a search only
 * outer blossoms are made and only inner ones opened). Nothing here recurses: nesting can be as deep as half the people.
 */
#include "match/blossom.h"

#include "core/memory.h"

#define NONE MLAB_ALONE

void mlab_blossom_push(mlab_blossom_search *s, int64_t time, uint32_t a, uint32_t b)
{
    if (time >= s->bound || s->status) return;
    if ((s->status = mlab_grow(s->context, &s->heap, s->n_heap, &s->heap_capacity, sizeof *s->heap, NULL))) return;
    size_t i = s->n_heap++;
    for (; i > 0 && s->heap[(i - 1) / 4].time > time; i = (i - 1) / 4) s->heap[i] = s->heap[(i - 1) / 4];
    s->heap[i] = (mlab_blossom_event){time, a, b};
}

mlab_blossom_event mlab_blossom_pop(mlab_blossom_search *s)
{
    const mlab_blossom_event top = s->heap[0], moving = s->heap[--s->n_heap];
    size_t i = 0;
    for (size_t child = 1; child < s->n_heap; child = 4 * i + 1) {
        const size_t last = child + 4 < s->n_heap ? child + 4 : s->n_heap;
        for (size_t other = child + 1; other < last; other++)
            if (s->heap[other].time < s->heap[child].time) child = other;
        if (s->heap[child].time >= moving.time) break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = moving;
    return top;
}

uint32_t mlab_blossom_top(mlab_blossom_search *s, uint32_t person)
{
    mlab_blossom_node *node = s->node;
    uint32_t top = node[person].in;
    while (node[top].in != top) top = node[top].in;
    for (uint32_t at = person; node[at].in != top;) {
        uint32_t above = node[at].in;
        node[at].in = top;
        at = above;
    }
    return top;
}

uint32_t mlab_blossom_first_person(const mlab_blossom_search *s, uint32_t node)
{
    while (node >= s->graph->n) node = s->node[node].base_child;
    return node;
}

uint32_t mlab_blossom_next_person(const mlab_blossom_search *s, uint32_t node, uint32_t person)
{
    for (uint32_t at = person; at != node; at = s->node[at].around) {
        uint32_t next = s->node[at].next;
        if (next != s->node[s->node[at].around].base_child) return mlab_blossom_first_person(s, next);
    }
    return NONE;
}

/* The child of a blossom that holds a person. */
static uint32_t child_with(const mlab_blossom_search *s, uint32_t blossom, uint32_t person)
{
    uint32_t at = person;
    while (s->node[at].around != blossom) at = s->node[at].around;
    return at;
}

static size_t push_turn(mlab_blossom_search *s, size_t n_todo, uint32_t node, uint32_t person)
{
    if (node < s->graph->n) return n_todo;
    s->todo[n_todo++] = node;
    s->todo[n_todo++] = person;
    return n_todo;
}

void mlab_blossom_turn(mlab_blossom_search *s, uint32_t node, uint32_t person)
{
    mlab_blossom_node *nodes = s->node;
    size_t n_todo = push_turn(s, 0, node, person);
    while (n_todo) {
        const uint32_t base = s->todo[--n_todo], blossom = s->todo[--n_todo];
        if (nodes[blossom].base == base) continue;
        const uint32_t first = child_with(s, blossom, base);
        nodes[blossom].base = base;
        nodes[blossom].base_child = first;
        n_todo = push_turn(s, n_todo, first, base);
        for (uint32_t at = nodes[first].next; at != first;) {
            const uint32_t a = nodes[at].link_from, b = nodes[at].link_to, other = nodes[at].next;
            if (s->partner[a] != b) {
                s->partner[a] = b;
                s->partner[b] = a;
                n_todo = push_turn(s, n_todo, at, a);
                n_todo = push_turn(s, n_todo, other, b);
            }
            at = nodes[other].next;
        }
    }
}

/* The edge from an outermost node up to its parent in the tree; false at the root. */
static bool up(mlab_blossom_search *s, uint32_t node, uint32_t *here, uint32_t *there)
{
    const mlab_blossom_node *at = &s->node[node];
    *here = at->label == MLAB_NODE_OUTER ? at->base : at->tree_to;
    *there = at->label == MLAB_NODE_OUTER ? s->partner[at->base] : at->tree_from;
    return *there != NONE;
}

/* The nearest node of the tree above both outermost nodes: both walk up in turn, and the first to meet a mark of this walk is there. */
static uint32_t meet(mlab_blossom_search *s, uint32_t x, uint32_t y)
{
    const uint32_t stamp = ++s->stamps;
    uint32_t here, there;
    for (;;) {
        if (x != NONE) {
            if (s->node[x].stamp == stamp) return x;
            s->node[x].stamp = stamp;
            x = up(s, x, &here, &there) ? mlab_blossom_top(s, there) : NONE;
        }
        uint32_t swap = x;
        x = y;
        y = swap;
    }
}

/* A child leaves the tree for a blossom: its dual becomes a number again. */
static void enclose(mlab_blossom_search *s, uint32_t child, uint32_t blossom)
{
    const size_t n = s->graph->n;
    if (child >= n) s->half[child - n] += s->node[child].label == MLAB_NODE_OUTER ? s->now : -s->now;
    s->node[child].around = blossom;
    s->node[child].in = blossom;
}

static void join(mlab_blossom_search *s, uint32_t child, uint32_t next, uint32_t from, uint32_t to)
{
    s->node[child].next = next;
    s->node[next].previous = child;
    s->node[child].link_from = from;
    s->node[child].link_to = to;
}

uint32_t mlab_blossom_shrink(mlab_blossom_search *s, uint32_t a, uint32_t b)
{
    const uint32_t x = mlab_blossom_top(s, a), y = mlab_blossom_top(s, b), root = meet(s, x, y);
    const uint32_t blossom = s->spare[--s->n_spare];
    uint32_t here, there, parent;
    join(s, x, y, a, b);
    for (uint32_t at = x; at != root; at = parent) { /* the ring runs from the root down to x ... */
        up(s, at, &here, &there);
        parent = mlab_blossom_top(s, there);
        join(s, parent, at, there, here);
    }
    for (uint32_t at = y; at != root; at = parent) { /* ... and from y up to the root */
        up(s, at, &here, &there);
        parent = mlab_blossom_top(s, there);
        join(s, at, parent, here, there);
    }
    uint32_t at = root;
    do {
        enclose(s, at, blossom);
        at = s->node[at].next;
    } while (at != root);
    mlab_blossom_node *made = &s->node[blossom];
    *made = (mlab_blossom_node){.in = blossom, .around = NONE, .base = s->node[root].base, .base_child = root, .label = MLAB_NODE_OUTER};
    s->half[blossom - s->graph->n] = -s->now;
    s->tree[s->n_tree++] = blossom;
    return blossom;
}

void mlab_blossom_open(mlab_blossom_search *s, uint32_t blossom)
{
    const uint32_t first = s->node[blossom].base_child;
    uint32_t child = first;
    do {
        s->node[child].in = child;
        s->node[child].around = NONE;
        s->node[child].label = MLAB_NODE_FREE;
        child = s->node[child].next;
    } while (child != first);
    do { /* people point to their outermost node again */
        for (uint32_t v = mlab_blossom_first_person(s, child); v != NONE; v = mlab_blossom_next_person(s, child, v))
            if (v != child) s->node[v].in = child;
        child = s->node[child].next;
    } while (child != first);
    s->node[blossom].label = MLAB_NODE_FREE;
    s->spare[s->n_spare++] = blossom;
}
