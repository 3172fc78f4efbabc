/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stable pairs from one pool, or the proof that there are none.
 *
 * Irving 1985, doi:10.1016/0196-6774(85)90033-1, for strict lists that need not hold everybody (Gusfield & Irving 1989, section 4.5). First
 * everybody proposes and holds the best proposal; whoever is worse than a held one leaves the list. Then rotations - rings of
 * first and second choices - are taken out one by one; a list that runs empty on the way proves that no stable matching exists. Time is the
 * length of the lists.
 * Weakness: where no stable matching exists there is no second best here; ties have to be broken before, and other breaks may have one.
 */
#include "match/roommates.h"

#include "core/memory.h"
#include "match/policies.h"

#define NONE UINT32_MAX

typedef struct table {
    const mlab_roommates *lists;
    uint8_t *gone;    /* [edges] the pair left both lists */
    uint8_t *wanted;  /* [n] 1 = held a proposal after phase 1: matched in every stable matching */
    size_t *head;     /* [n] first pair that is left */
    size_t *second;   /* [n] no pair between head and here is left */
    size_t *tail;     /* [n] one past the last pair that is left */
    size_t *left;     /* [n] pairs left in the list */
    uint32_t *path;   /* [n + 1] */
    uint32_t *placed; /* [n] place on the path + 1, 0 = not on it */
} table;

static void remove_pair(table *t, size_t e, uint32_t owner)
{
    const uint32_t other = t->lists->to[e];
    t->gone[e] = t->gone[t->lists->reverse[e]] = 1;
    t->left[owner]--;
    t->left[other]--;
}

static size_t first_of(table *t, uint32_t p)
{
    while (t->gone[t->head[p]]) t->head[p]++;
    return t->head[p];
}

static size_t second_of(table *t, uint32_t p)
{
    const size_t head = first_of(t, p);
    if (t->second[p] <= head) t->second[p] = head + 1;
    while (t->gone[t->second[p]]) t->second[p]++;
    return t->second[p];
}

static size_t last_of(table *t, uint32_t p)
{
    while (t->gone[t->tail[p] - 1]) t->tail[p]--;
    return t->tail[p] - 1;
}

/* Everybody behind the pair e leaves the list of its owner. */
static void cut_behind(table *t, uint32_t owner, size_t e)
{
    for (size_t last = last_of(t, owner); last > e; last = last_of(t, owner)) remove_pair(t, last, owner);
}

/* Phase 1: afterwards q is first with p exactly when p is last with q. */
static void propose(table *t)
{
    const size_t n = t->lists->n;
    size_t waiting = 0;
    for (uint32_t p = (uint32_t)n; p-- > 0;) t->path[waiting++] = p;
    while (waiting) {
        const uint32_t p = t->path[--waiting];
        if (!t->left[p]) continue;
        const size_t e = first_of(t, p);
        const uint32_t q = t->lists->to[e];
        const uint32_t held = t->placed[q]; /* who proposed to q before, + 1 */
        cut_behind(t, q, t->lists->reverse[e]);
        t->placed[q] = p + 1;
        if (held && held != p + 1) t->path[waiting++] = held - 1; /* the held one was behind p, or p would not be left in the list */
    }
    for (size_t i = 0; i < n; i++) {
        t->placed[i] = 0;
        t->wanted[i] = t->left[i] > 0;
    }
}

/* Phase 2: takes out the rotation on the path from `from` on; false when a list runs empty. */
static bool rotate(table *t, size_t from, size_t to)
{
    bool full = true;
    for (size_t k = from; k < to; k++) t->placed[t->path[k]] = 0;
    for (size_t k = from; k < to; k++) { /* each second choice is found before any is cut: rings of one second choice do not occur */
        const uint32_t p = t->path[k];
        t->second[p] = second_of(t, p);
    }
    for (size_t k = from; k < to; k++) {
        const size_t e = t->second[t->path[k]];
        if (!t->gone[e]) cut_behind(t, t->lists->to[e], t->lists->reverse[e]);
    }
    for (size_t k = from; k < to; k++) full = full && t->left[t->path[k]] > 0;
    return full;
}

static bool take_out_rotations(table *t)
{
    const size_t n = t->lists->n;
    size_t length = 0;
    for (uint32_t start = 0; start < n;) {
        if (!length && t->left[start] < 2) {
            start++;
            continue;
        }
        uint32_t p = length ? t->path[length - 1] : start;
        if (length) { /* the end of what is left of the path goes on */
            if (t->left[p] < 2) {
                t->placed[p] = 0;
                length--;
                continue;
            }
            const uint32_t q = t->lists->to[second_of(t, p)];
            p = t->lists->to[last_of(t, q)];
        }
        if (t->placed[p]) {
            const size_t from = t->placed[p] - 1;
            if (!rotate(t, from, length)) return false;
            length = from;
            continue;
        }
        t->path[length++] = p;
        t->placed[p] = (uint32_t)length;
    }
    return true;
}

mlab_status mlab_roommates_solve(const mlab_context *context, const mlab_roommates *lists, uint32_t *partner, bool *exists, mlab_error *err)
{
    const size_t n = lists->n, edges = lists->first[n];
    table t = {.lists = lists};
    void *block = NULL;
    const mlab_part parts[] = {{&t.gone, edges + 1, sizeof *t.gone}, {&t.wanted, n, sizeof *t.wanted}, {&t.head, n, sizeof *t.head},
                               {&t.second, n, sizeof *t.second},     {&t.tail, n, sizeof *t.tail},     {&t.left, n, sizeof *t.left},
                               {&t.path, n + 1, sizeof *t.path},     {&t.placed, n, sizeof *t.placed}};
    *exists = false;
    for (size_t i = 0; i < n; i++) partner[i] = NONE;
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &block, err);
    if (status) return status;
    for (size_t i = 0; i < n; i++) {
        t.head[i] = lists->first[i];
        t.tail[i] = lists->first[i + 1];
        t.left[i] = t.tail[i] - t.head[i];
    }
    propose(&t);
    *exists = take_out_rotations(&t);
    for (size_t i = 0; i < n; i++) *exists = *exists && t.left[i] == t.wanted[i];
    for (uint32_t i = 0; *exists && i < n; i++)
        if (t.left[i]) partner[i] = lists->to[first_of(&t, i)];
    mlab_release(context, block);
    return MLAB_OK;
}
