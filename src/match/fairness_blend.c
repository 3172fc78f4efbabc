/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A matching between two others. Where two matchings differ, mentees change along chains: one comes to a mentor, another leaves that mentor, comes to
 * the next, and so on (the symmetric difference, as in Berge 1957). Any choice of whole chains is again a matching, so of two whose means of groups
 * lie on different sides of what is fair one between them can be made that is fair and costs little. Weakness: a heuristic; chains are taken one by
 * one, those that gain most first. */
#include "match/fairness.h"

#include "core/memory.h"

#include <math.h>
#include <stdlib.h>

#define NONE UINT32_MAX

typedef struct chain {
    double gain;    /* of total score when it is taken */
    uint32_t first; /* mentee by turn */
    bool taken;
} chain;

typedef struct blend {
    const mlab_fairness *f;
    const int32_t *from, *to;
    uint32_t *next;    /* [n_mentees] by turn: who leaves the mentor that this one comes to */
    uint32_t *before;  /* [n_mentees] */
    uint32_t *coming;  /* [n_mentors] by turn: the last who comes and whom nobody makes room for yet */
    uint32_t *pending; /* [n_mentees] who came before to the same */
    chain *chains;     /* [n_mentees] */
    double *mean;      /* [n_groups] */
    size_t n_chains;
} blend;

static uint32_t who(const blend *b, size_t t)
{
    return b->f->lots.mentees[t].who;
}

static double score_of(const blend *b, size_t t, int32_t mentor)
{
    return mentor == MLAB_UNMATCHED ? 0 : mlab_match_score(b->f->request->pool, who(b, t), mentor);
}

static bool changes(const blend *b, size_t t)
{
    return b->from[who(b, t)] != b->to[who(b, t)];
}

static int by_gain(const void *a, const void *b)
{
    const chain *x = a, *y = b;
    if (x->gain != y->gain) return x->gain > y->gain ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

static void add_chain(blend *b, uint32_t first)
{
    chain *c = &b->chains[b->n_chains++];
    *c = (chain){.first = first};
    uint32_t t = first;
    do {
        c->gain += score_of(b, t, b->to[who(b, t)]) - score_of(b, t, b->from[who(b, t)]);
        b->pending[t] = first; /* is in a chain */
        t = b->next[t];
    } while (t != NONE && t != first);
}

static void find_chains(blend *b)
{
    const mlab_pool *pool = b->f->request->pool;
    const size_t n = pool->n_mentees;
    for (size_t j = 0; j < pool->n_mentors; j++) b->coming[j] = NONE;
    for (uint32_t t = 0; t < n; t++) {
        b->next[t] = b->before[t] = b->pending[t] = NONE;
        const int32_t to = b->to[who(b, t)];
        if (!changes(b, t) || to == MLAB_UNMATCHED) continue;
        b->pending[t] = b->coming[b->f->lots.mentor_turn[to]];
        b->coming[b->f->lots.mentor_turn[to]] = t;
    }
    for (uint32_t t = 0; t < n; t++) {
        const int32_t from = b->from[who(b, t)];
        if (!changes(b, t) || from == MLAB_UNMATCHED) continue;
        uint32_t *last = &b->coming[b->f->lots.mentor_turn[from]];
        if (*last == NONE) continue;
        b->before[t] = *last;
        b->next[*last] = t;
        *last = b->pending[*last];
    }
    for (uint32_t t = 0; t < n; t++) b->pending[t] = NONE;
    b->n_chains = 0;
    for (uint32_t t = 0; t < n; t++)
        if (changes(b, t) && b->before[t] == NONE) add_chain(b, t);
    for (uint32_t t = 0; t < n; t++)
        if (changes(b, t) && b->pending[t] == NONE) add_chain(b, t); /* rings */
    if (b->n_chains) qsort(b->chains, b->n_chains, sizeof *b->chains, by_gain);
}

static void shift_means(blend *b, const chain *c, double sign)
{
    const mlab_fairness *f = b->f;
    uint32_t t = c->first;
    do {
        const uint32_t g = f->group_of[t];
        if (g < f->n_groups)
            b->mean[g] += sign * (score_of(b, t, b->to[who(b, t)]) - score_of(b, t, b->from[who(b, t)])) / (f->size[g] - f->locked[g]);
        t = b->next[t];
    } while (t != NONE && t != c->first);
}

static double spread(const blend *b)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t g = 0; g < b->f->n_groups; g++) {
        if (b->f->size[g] == b->f->locked[g]) continue;
        low = fmin(low, b->mean[g]);
        high = fmax(high, b->mean[g]);
    }
    return high > low ? high - low : 0;
}

/* Takes the chain, or puts it back, when the means are then at most so far apart. */
static bool turn_chain(blend *b, chain *c, double most)
{
    const double sign = c->taken ? -1 : 1;
    shift_means(b, c, sign);
    if (spread(b) <= most) {
        c->taken = !c->taken;
        return true;
    }
    shift_means(b, c, -sign);
    return false;
}

static void choose_chains(blend *b, double level)
{
    for (size_t k = 0; k < b->n_chains && spread(b) > level; k++) turn_chain(b, &b->chains[k], nextafter(spread(b), 0));
    if (spread(b) > level) return;
    bool changed = true;
    for (int pass = 0; changed && pass < 4; pass++) {
        changed = false;
        for (size_t k = 0; k < b->n_chains; k++) {
            chain *c = &b->chains[k];
            if (c->taken ? c->gain < 0 : c->gain > 0) changed = turn_chain(b, c, level) || changed;
        }
    }
}

mlab_status mlab_fair_blend(const mlab_fairness *f, const int32_t *from, const int32_t *to, int32_t *between, mlab_error *err)
{
    const size_t n = f->request->pool->n_mentees, m = f->request->pool->n_mentors;
    blend b = {.f = f, .from = from, .to = to};
    void *block;
    const mlab_part parts[] = {{&b.next, n, sizeof *b.next},       {&b.before, n, sizeof *b.before}, {&b.coming, m, sizeof *b.coming},
                               {&b.pending, n, sizeof *b.pending}, {&b.chains, n, sizeof *b.chains}, {&b.mean, f->n_groups, sizeof *b.mean}};
    mlab_status status = mlab_allocate_parts(f->context, parts, sizeof parts / sizeof *parts, &block, err);
    if (status) return status;
    for (size_t t = 0; t < n; t++) {
        const uint32_t g = f->group_of[t];
        between[who(&b, t)] = from[who(&b, t)];
        if (g < f->n_groups && from[who(&b, t)] != MLAB_UNMATCHED) b.mean[g] += score_of(&b, t, from[who(&b, t)]) / (f->size[g] - f->locked[g]);
    }
    find_chains(&b);
    choose_chains(&b, f->request->options.fair_level);
    for (size_t k = 0; k < b.n_chains; k++) {
        uint32_t t = b.chains[k].first;
        if (!b.chains[k].taken) continue;
        do {
            between[who(&b, t)] = to[who(&b, t)];
            t = b.next[t];
        } while (t != NONE && t != b.chains[k].first);
    }
    mlab_release(f->context, block);
    return MLAB_OK;
}
