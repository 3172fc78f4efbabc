/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deferred acceptance: mentees propose, and get the stable matching that every mentee likes best among all stable ones; or mentors do.
 *
 * Gale & Shapley 1962, doi:10.2307/2312726, with capacities (Roth 1985, doi:10.1016/0022-0531(85)90106-1) and incomplete lists. People
 * prefer by the ranks they gave, else by score; equal ones are told apart by one number of the pair, drawn by lot when it is needed. When
 * mentors propose, all lists are put in order first (market.c). Fewest mentees of a mentor are kept when the stable matchings keep them.
 * With strict preferences the result is unique, so the order of proposals does not matter. No mentee gains by misstating a preference.
 * Weakness: stability can cost total score, and breaking ties by lot can cost mentees a better stable matching (Erdil & Ergin 2008,
 * doi:10.1257/aer.98.3.669).
 */
#include "match/market.h"
#include "match/policies.h"

#include "core/error.h"
#include "core/memory.h"

typedef struct market {
    const mlab_pool *pool;
    const mlab_policy_request *request;
    uint32_t *heap;      /* [edges] candidates of each mentee, the most wanted on top */
    size_t *left;        /* [n_mentees] candidates not yet asked */
    double *lot;         /* [edges] number of the pair, 0 = not drawn yet */
    uint32_t *mentee_at; /* [edges] */
    size_t *first_place; /* [n_mentors + 1] places of mentor m hold the candidates first_place[m] .. */
    uint32_t *held;      /* [places] the candidate in each place */
    int32_t *filled;     /* [n_mentors] */
    size_t *worst;       /* [n_mentors] place of the least wanted one held, when full */
} market;

static double lot_of(market *m, uint32_t e)
{
    if (m->lot[e] == 0) m->lot[e] = mlab_match_pair_uniform(m->request, m->mentee_at[e], (size_t)m->pool->mentor[e]);
    return m->lot[e];
}

/* Candidates a and b of one mentee, or of one mentor: is a wanted more? Equal lots (52 bits) go to the lower numbers. */
static bool by_lot(market *m, uint32_t a, uint32_t b)
{
    double x = lot_of(m, a), y = lot_of(m, b);
    return x != y ? x < y : a < b;
}

static bool mentee_prefers(market *m, uint32_t a, uint32_t b)
{
    const int order = mlab_compare_wishes(m->pool->mentee_rank, m->pool->score, a, b);
    return order ? order < 0 : by_lot(m, a, b);
}

static bool mentor_prefers(market *m, uint32_t a, uint32_t b)
{
    const int order = mlab_compare_wishes(m->pool->mentor_rank, m->pool->score, a, b);
    return order ? order < 0 : by_lot(m, a, b);
}

static void sink(market *m, uint32_t *heap, size_t n, size_t i)
{
    uint32_t moving = heap[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n) break;
        if (child + 1 < n && mentee_prefers(m, heap[child + 1], heap[child])) child++;
        if (!mentee_prefers(m, heap[child], moving)) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = moving;
}

static void list_candidates(market *m)
{
    for (size_t i = 0; i < m->pool->n_mentees; i++) {
        size_t first = m->pool->first[i], n = m->pool->first[i + 1] - first;
        for (size_t k = 0; k < n; k++) {
            m->heap[first + k] = (uint32_t)(first + k);
            m->mentee_at[first + k] = (uint32_t)i;
        }
        for (size_t k = n / 2; k-- > 0;) sink(m, m->heap + first, n, k);
        m->left[i] = n;
    }
}

static uint32_t next_choice(market *m, uint32_t i)
{
    uint32_t *heap = m->heap + m->pool->first[i], top = heap[0];
    heap[0] = heap[--m->left[i]];
    if (m->left[i]) sink(m, heap, m->left[i], 0);
    return top;
}

static void find_worst(market *m, size_t mentor)
{
    size_t worst = m->first_place[mentor];
    for (size_t p = worst + 1; p < m->first_place[mentor + 1]; p++)
        if (mentor_prefers(m, m->held[worst], m->held[p])) worst = p;
    m->worst[mentor] = worst;
}

enum { NOBODY = -1 };

/* Offers candidate e to its mentor; returns the mentee who is turned away, or NOBODY. */
static int64_t propose(market *m, uint32_t e)
{
    size_t mentor = (size_t)m->pool->mentor[e], places = m->first_place[mentor + 1] - m->first_place[mentor];
    if (places == 0) return m->mentee_at[e];
    if ((size_t)m->filled[mentor] < places) {
        m->held[m->first_place[mentor] + (size_t)m->filled[mentor]++] = e;
        if ((size_t)m->filled[mentor] == places) find_worst(m, mentor);
        return NOBODY;
    }
    uint32_t out = m->held[m->worst[mentor]];
    if (!mentor_prefers(m, e, out)) return m->mentee_at[e];
    m->held[m->worst[mentor]] = e;
    find_worst(m, mentor);
    return m->mentee_at[out];
}

static void run_market(market *m, int32_t *mentor_of)
{
    const mlab_pool *pool = m->pool;
    for (size_t i = 0; i < pool->n_mentees; i++) {
        mentor_of[i] = MLAB_UNMATCHED;
        int64_t asking = (int64_t)i;
        while (asking != NOBODY && m->left[asking]) asking = propose(m, next_choice(m, (uint32_t)asking));
    }
    for (size_t j = 0; j < pool->n_mentors; j++)
        for (size_t p = m->first_place[j]; p < m->first_place[j] + (size_t)m->filled[j]; p++) mentor_of[m->mentee_at[m->held[p]]] = (int32_t)j;
}

/* Places of a mentor beyond the number of mentees are never filled. */
static size_t useful_places(const mlab_pool *pool, size_t mentor)
{
    size_t places = (size_t)pool->capacity[mentor];
    return places < pool->n_mentees ? places : pool->n_mentees;
}

static mlab_status mentees_propose(const mlab_context *context, const mlab_policy_request *request, int32_t *mentor_of, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    market m = {.pool = pool, .request = request};
    void *block = NULL;
    size_t places = 0, edges = pool->first[pool->n_mentees];
    if (edges >= UINT32_MAX) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu allowed pairs, at most %u", edges, UINT32_MAX - 1);
    for (size_t j = 0; j < pool->n_mentors; j++) places += useful_places(pool, j);
    const mlab_part parts[] = {
        {&m.heap, edges, sizeof *m.heap},
        {&m.left, pool->n_mentees, sizeof *m.left},
        {&m.lot, edges, sizeof *m.lot},
        {&m.mentee_at, edges, sizeof *m.mentee_at},
        {&m.first_place, pool->n_mentors + 1, sizeof *m.first_place},
        {&m.held, places, sizeof *m.held},
        {&m.filled, pool->n_mentors, sizeof *m.filled},
        {&m.worst, pool->n_mentors, sizeof *m.worst},
    };
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &block, err);
    if (status) return status;
    for (size_t j = 0; j < pool->n_mentors; j++) m.first_place[j + 1] = m.first_place[j] + useful_places(pool, j);
    list_candidates(&m);
    run_market(&m, mentor_of);
    mlab_release(context, block);
    return MLAB_OK;
}

static mlab_status mentors_propose(const mlab_context *context, const mlab_policy_request *request, int32_t *mentor_of, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    mlab_preferences p;
    mlab_status status = mlab_preferences_make(context, request, &p, err);
    if (status) return status;
    const size_t n = pool->first[pool->n_mentees];
    void *block;
    mlab_choice *choice;
    uint64_t *held;
    uint32_t *rank;
    const mlab_part parts[] = {{&choice, n, sizeof *choice}, {&held, pool->n_mentees, sizeof *held}, {&rank, n, sizeof *rank}};
    status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &block, err);
    for (size_t i = 0; i < pool->n_mentees && !status; i++)
        for (size_t k = pool->first[i]; k < pool->first[i + 1]; k++) rank[p.mentee_order[k]] = (uint32_t)(k - pool->first[i]);
    for (size_t k = 0; k < n && !status; k++) choice[k] = (mlab_choice){p.mentee_of[p.mentor_order[k]], rank[p.mentor_order[k]]};
    if (!status) {
        const mlab_market lists = {
            .n_proposers = pool->n_mentors, .n_receivers = pool->n_mentees, .first = p.mentor_first, .choice = choice, .units = pool->capacity};
        status = mlab_market_clear(context, &lists, held, err);
    }
    for (size_t i = 0; i < pool->n_mentees && !status; i++)
        mentor_of[i] = held[i] == MLAB_NO_TAKER ? MLAB_UNMATCHED : (int32_t)(held[i] & UINT32_MAX);
    mlab_release(context, block);
    mlab_release(context, p.block);
    return status;
}

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    mlab_status status = request->options.mentors_propose ? mentors_propose(context, request, result->mentor_of, err)
                                                          : mentees_propose(context, request, result->mentor_of, err);
    return status ? status : mlab_tell_fewest(context, request->pool, result, err);
}

const mlab_policy mlab_policy_deferred_acceptance = {
    .name = "deferred_acceptance",
    .summary = "mentees propose, mentors keep the best: nobody would rather swap",
    .source = "Gale & Shapley 1962, doi:10.2307/2312726",
    .keeps = MLAB_KEEPS_LOWER,
    .assign = assign,
};
