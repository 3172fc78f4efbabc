/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The best stable matching: of all stable matchings the one with the highest total score.
 *
 * Irving, Leather & Gusfield 1987, doi:10.1145/28869.28871: from the stable matching that mentees like best, all others are reached by
 * rotations (a few mentees move down by one step each, in a circle); sets of rotations that contain what their members need are the stable
 * matchings, and the best of them is a minimum cut. A mentor with several places counts as several, which mentees want in one
 * order (Roth & Sotomayor 1990, Two-sided matching, ch. 5). Preferences are strict once ties are broken by a lot of the pair: the matching is
 * the best of those stable for these lots; with other lots of ties it may be better, and finding the best of all is NP-hard (Manlove et
 * al. 2002, Theoretical Computer Science 276, 261-279).
 * Weakness: stable matchings of one market are often few, and then there is little to choose.
 */
#include "match/market.h"
#include "match/policies.h"
#include "match/rotations.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

/* One move of a rotation: the mentee goes from one entry of the list to a later one. */
typedef struct move {
    uint32_t mentee, rotation;
    size_t to; /* entry */
} move;

typedef struct market {
    const mlab_pool *pool;
    const mlab_preferences *p;
    size_t *first;        /* [n_mentees + 1] entries of a mentee, most wanted first */
    uint32_t *place;      /* [entries] */
    uint32_t *candidate;  /* [entries] place in the pool */
    size_t *first_place;  /* [n_mentors + 1] */
    size_t *begin;        /* [n_mentees] entry in the matching mentees like best, SIZE_MAX = none */
    size_t *now, *last;   /* [n_mentees] entry a mentee has, and in the matching mentors like best */
    size_t *look;         /* [n_mentees] entries before are passed over */
    uint32_t *partner;    /* [places] mentee or UINT32_MAX */
    uint32_t *begin_rank; /* [places] of the mentee at the beginning */
    uint32_t *latest;     /* [n_mentees] rotation that moved the mentee last + 1 */
    uint32_t *stack, *on; /* [n_mentees] mentees of the walk; place in it + 1 */
    move *moves;          /* in order of rotations */
    size_t n_moves, moves_capacity;
    uint32_t *history;    /* by move: the earlier move that changed the same place + 1 */
    uint32_t *place_move; /* [places] latest move that changed the place + 1 */
    size_t history_capacity;
    uint32_t (*need)[2];
    size_t n_needs, needs_capacity;
    uint32_t n_rotations;
} market;

static uint32_t rank_of(const market *m, size_t entry)
{
    return m->p->mentor_rank[m->candidate[entry]];
}

/* The next entry whose place would rather have the mentee; the walk begins only where there is one. */
static size_t next_entry(market *m, uint32_t i)
{
    if (m->look[i] <= m->now[i]) m->look[i] = m->now[i] + 1;
    for (;; m->look[i]++) {
        const uint32_t owner = m->partner[m->place[m->look[i]]];
        if (owner != UINT32_MAX && rank_of(m, m->look[i]) < rank_of(m, m->now[owner])) return m->look[i];
    }
}

static mlab_status need(const mlab_context *context, market *m, uint32_t later, uint32_t earlier, mlab_error *err)
{
    if (m->n_needs && m->need[m->n_needs - 1][0] == later && m->need[m->n_needs - 1][1] == earlier) return MLAB_OK;
    mlab_status status = mlab_grow(context, &m->need, m->n_needs, &m->needs_capacity, sizeof *m->need, err);
    if (status) return status;
    m->need[m->n_needs][0] = later;
    m->need[m->n_needs++][1] = earlier;
    return MLAB_OK;
}

/* What a move needs: the rotation that brought the mentee to where it is, and for every place passed over the one that first gave that place
 * somebody it wants more. */
static mlab_status add_needs(const mlab_context *context, market *m, uint32_t i, size_t to, mlab_error *err)
{
    mlab_status status = m->latest[i] ? need(context, m, m->n_rotations, m->latest[i] - 1, err) : MLAB_OK;
    for (size_t e = m->now[i] + 1; e < to && !status; e++) {
        uint32_t at = m->place_move[m->place[e]], cause = 0;
        for (; at && rank_of(m, m->moves[at - 1].to) < rank_of(m, e); at = m->history[at - 1]) cause = at;
        if (at || m->begin_rank[m->place[e]] > rank_of(m, e)) status = need(context, m, m->n_rotations, m->moves[cause - 1].rotation, err);
    }
    return status;
}

/* The mentees from stack[start] on move one step each; all needs are looked up before anything moves. */
static mlab_status eliminate(const mlab_context *context, market *m, size_t start, size_t n, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = start; k < n && !status; k++) status = add_needs(context, m, m->stack[k], m->look[m->stack[k]], err);
    const size_t first_move = m->n_moves;
    for (size_t k = start; k < n && !status; k++) {
        if ((status = mlab_grow(context, &m->moves, m->n_moves, &m->moves_capacity, sizeof *m->moves, err))) return status;
        if ((status = mlab_grow(context, &m->history, m->n_moves, &m->history_capacity, sizeof *m->history, err))) return status;
        m->moves[m->n_moves++] = (move){m->stack[k], m->n_rotations, m->look[m->stack[k]]};
    }
    for (size_t k = first_move; k < m->n_moves && !status; k++) {
        const move *now = &m->moves[k];
        const uint32_t place = m->place[now->to];
        m->history[k] = m->place_move[place];
        m->place_move[place] = (uint32_t)k + 1;
        m->now[now->mentee] = now->to;
        m->partner[place] = now->mentee;
        m->latest[now->mentee] = now->rotation + 1;
    }
    for (size_t k = start; k < n; k++) m->on[m->stack[k]] = 0;
    m->n_rotations++;
    return status;
}

/* Walks from mentee to mentee until one comes again; that circle is a rotation. */
static mlab_status find_rotations(const mlab_context *context, market *m, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    size_t n = 0;
    for (uint32_t i = 0; i < m->pool->n_mentees && !status;) {
        if (n == 0) {
            if (m->now[i] == m->last[i]) {
                i++;
                continue;
            }
            m->stack[n++] = i;
            m->on[i] = 1;
        }
        const uint32_t next = m->partner[m->place[next_entry(m, m->stack[n - 1])]];
        if (!m->on[next]) {
            m->stack[n++] = next;
            m->on[next] = (uint32_t)n;
            continue;
        }
        const size_t start = m->on[next] - 1;
        status = eliminate(context, m, start, n, err);
        n = start;
        if (context->cancelled && m->n_rotations % 1024 == 0 && context->cancelled(context->user))
            status = mlab_raise(err, MLAB_ERR_CANCELLED, "matching was stopped on request");
    }
    return status;
}

/* --- the two ends -------------------------------------------------------------------------------- */

static size_t places_of(const market *m, size_t mentor)
{
    const size_t wanted = m->p->mentor_first[mentor + 1] - m->p->mentor_first[mentor], offered = (size_t)m->pool->capacity[mentor];
    return offered < wanted ? offered : wanted;
}

static void list_entries(market *m)
{
    size_t e = 0;
    for (size_t i = 0; i < m->pool->n_mentees; i++) {
        for (size_t k = m->pool->first[i]; k < m->pool->first[i + 1]; k++) {
            const uint32_t c = m->p->mentee_order[k];
            const size_t mentor = (size_t)m->pool->mentor[c];
            for (size_t s = m->first_place[mentor]; s < m->first_place[mentor + 1]; s++) {
                m->place[e] = (uint32_t)s;
                m->candidate[e++] = c;
            }
        }
        m->first[i + 1] = e;
    }
}

static mlab_status mentees_first(const mlab_context *context, market *m, size_t places, mlab_choice *choice, uint64_t *held, mlab_error *err)
{
    for (size_t e = 0; e < m->first[m->pool->n_mentees]; e++) choice[e] = (mlab_choice){m->place[e], rank_of(m, e)};
    const mlab_market lists = {.n_proposers = m->pool->n_mentees, .n_receivers = places, .first = m->first, .choice = choice};
    mlab_status status = mlab_market_clear(context, &lists, held, err);
    for (size_t s = 0; s < places && !status; s++) {
        m->partner[s] = held[s] == MLAB_NO_TAKER ? UINT32_MAX : (uint32_t)held[s];
        m->begin_rank[s] = (uint32_t)(held[s] >> 32);
        if (m->partner[s] == UINT32_MAX) continue;
        for (size_t e = m->first[m->partner[s]]; e < m->first[m->partner[s] + 1]; e++)
            if (m->place[e] == s) m->now[m->partner[s]] = m->begin[m->partner[s]] = e;
    }
    return status;
}

static mlab_status places_first(const mlab_context *context, market *m, size_t places, mlab_choice *choice, uint64_t *held, mlab_error *err)
{
    /* Each place asks in its mentor's order; a mentee's rank of a place is its entry. */
    void *block;
    size_t *first;
    uint32_t *at; /* by candidate: first entry of that mentor on the mentee's list */
    const mlab_part parts[] = {{&first, places + 1, sizeof *first}, {&at, m->pool->first[m->pool->n_mentees], sizeof *at}};
    mlab_status status = mlab_allocate_parts(context, parts, 2, &block, err);
    if (status) return status;
    for (size_t e = m->first[m->pool->n_mentees]; e-- > 0;) at[m->candidate[e]] = (uint32_t)e;
    size_t n = 0;
    for (size_t j = 0; j < m->pool->n_mentors; j++)
        for (size_t s = m->first_place[j]; s < m->first_place[j + 1]; s++) {
            for (size_t k = m->p->mentor_first[j]; k < m->p->mentor_first[j + 1]; k++) {
                const uint32_t c = m->p->mentor_order[k];
                choice[n++] = (mlab_choice){m->p->mentee_of[c], (uint32_t)(at[c] + (s - m->first_place[j]))};
            }
            first[s + 1] = n;
        }
    const mlab_market lists = {.n_proposers = places, .n_receivers = m->pool->n_mentees, .first = first, .choice = choice};
    status = mlab_market_clear(context, &lists, held, err);
    for (size_t i = 0; i < m->pool->n_mentees && !status; i++) m->last[i] = held[i] == MLAB_NO_TAKER ? SIZE_MAX : (size_t)(held[i] >> 32);
    mlab_release(context, block);
    return status;
}

static mlab_status both_ends(const mlab_context *context, market *m, size_t places, mlab_error *err)
{
    const size_t entries = m->first[m->pool->n_mentees], n = m->pool->n_mentees;
    void *block;
    mlab_choice *choice;
    uint64_t *held;
    const mlab_part parts[] = {{&choice, entries, sizeof *choice}, {&held, places > n ? places : n, sizeof *held}};
    mlab_status status = mlab_allocate_parts(context, parts, 2, &block, err);
    if (status) return status;
    for (size_t i = 0; i < n; i++) m->now[i] = m->begin[i] = SIZE_MAX;
    status = mentees_first(context, m, places, choice, held, err);
    if (!status) status = places_first(context, m, places, choice, held, err);
    mlab_release(context, block);
    return status;
}

/* --- the best ------------------------------------------------------------------------------------ */

static int64_t whole_score(const market *m, size_t entry)
{
    static const double grains = 1073741824; /* scores are whole multiples of 2^-30 of a point, 2^37 at most */
    return (int64_t)(m->pool->score[m->candidate[entry]] * grains + 0.5);
}

static mlab_status choose(const mlab_context *context, market *m, int32_t *mentor_of, mlab_error *err)
{
    void *block;
    int64_t *gain;
    uint8_t *taken;
    size_t *at;
    const mlab_part parts[] = {{&gain, m->n_rotations, sizeof *gain}, {&taken, m->n_rotations, sizeof *taken}, {&at, m->pool->n_mentees, sizeof *at}};
    mlab_status status = mlab_allocate_parts(context, parts, 3, &block, err);
    if (status) return status;
    if (m->pool->n_mentees) memcpy(at, m->begin, m->pool->n_mentees * sizeof *at);
    for (size_t k = 0; k < m->n_moves; k++) {
        const move *x = &m->moves[k];
        gain[x->rotation] += whole_score(m, x->to) - whole_score(m, at[x->mentee]);
        at[x->mentee] = x->to;
    }
    const mlab_closure closure = {m->n_rotations, m->n_needs, gain, (const uint32_t(*)[2])m->need};
    status = mlab_closure_solve(context, &closure, taken, err);
    if (m->pool->n_mentees) memcpy(at, m->begin, m->pool->n_mentees * sizeof *at);
    for (size_t k = 0; k < m->n_moves && !status; k++)
        if (taken[m->moves[k].rotation]) at[m->moves[k].mentee] = m->moves[k].to;
    for (size_t i = 0; i < m->pool->n_mentees && !status; i++)
        mentor_of[i] = at[i] == SIZE_MAX ? MLAB_UNMATCHED : m->pool->mentor[m->candidate[at[i]]];
    mlab_release(context, block);
    return status;
}

static mlab_status market_make(const mlab_context *context, market *m, void **block, mlab_error *err)
{
    const mlab_pool *pool = m->pool;
    size_t entries = 0, places = 0;
    for (size_t j = 0; j < pool->n_mentors; j++) {
        const size_t wanted = m->p->mentor_first[j + 1] - m->p->mentor_first[j];
        places += places_of(m, j);
        if (wanted && places_of(m, j) > (UINT32_MAX - entries) / wanted)
            return mlab_raise(err, MLAB_ERR_OVERFLOW,
                              "more than 4294967294 allowed pairs of mentees and places; add a constraint that rules pairs out");
        entries += places_of(m, j) * wanted;
    }
    const size_t n = pool->n_mentees;
    const mlab_part parts[] = {{&m->first, n + 1, sizeof *m->first},
                               {&m->place, entries, sizeof *m->place},
                               {&m->candidate, entries, sizeof *m->candidate},
                               {&m->first_place, pool->n_mentors + 1, sizeof *m->first_place},
                               {&m->begin, n, sizeof *m->begin},
                               {&m->now, n, sizeof *m->now},
                               {&m->last, n, sizeof *m->last},
                               {&m->look, n, sizeof *m->look},
                               {&m->partner, places, sizeof *m->partner},
                               {&m->begin_rank, places, sizeof *m->begin_rank},
                               {&m->latest, n, sizeof *m->latest},
                               {&m->stack, n, sizeof *m->stack},
                               {&m->on, n, sizeof *m->on},
                               {&m->place_move, places, sizeof *m->place_move}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, block, err);
    if (status) return status;
    for (size_t j = 0; j < pool->n_mentors; j++) m->first_place[j + 1] = m->first_place[j] + places_of(m, j);
    list_entries(m);
    return both_ends(context, m, places, err);
}

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    mlab_preferences p;
    market m = {.pool = request->pool, .p = &p};
    void *block = NULL;
    mlab_status status = mlab_preferences_make(context, request, &p, err);
    if (!status) status = market_make(context, &m, &block, err);
    if (!status) status = find_rotations(context, &m, err);
    if (!status) status = choose(context, &m, result->mentor_of, err);
    for (size_t i = 0; i < m.pool->n_mentees && !status; i++)
        if (result->mentor_of[i] != MLAB_UNMATCHED) result->objective += mlab_match_score(m.pool, i, result->mentor_of[i]);
    result->bound = result->objective;
    result->status = MLAB_POLICY_OPTIMAL;
    mlab_release(context, m.need);
    mlab_release(context, m.history);
    mlab_release(context, m.moves);
    mlab_release(context, block);
    mlab_release(context, p.block);
    return status ? status : mlab_tell_fewest(context, request->pool, result, err);
}

const mlab_policy mlab_policy_stable_best = {
    .name = "stable_best",
    .summary = "the highest total score of the matchings in which nobody would rather swap",
    .source = "Irving, Leather & Gusfield 1987, doi:10.1145/28869.28871",
    .keeps = MLAB_KEEPS_LOWER,
    .again = 200000,
    .assign = assign,
};
