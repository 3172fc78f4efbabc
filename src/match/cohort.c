/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matching a cohort again with the least change.
 *
 * One flow of the highest gain (flow.c) over mentees, mentors and their places, with gains compared one after the other: accepted pairs kept,
 * then mentees with a mentor, then unanswered pairs kept, then the total score (lexicographic minimum-cost flow; Ahuja, Magnanti & Orlin 1993,
 * ch. 9 and 12). Exact. The same network, its gains set to the score alone, says what the undisturbed ones cost.
 * Weakness: of one mentee's pair only "the same or not" counts, not how far the new one is from the old.
 */
#include "match/cohort.h"

#include "core/error.h"
#include "core/memory.h"
#include "match/flow.h"
#include "match/lots.h"

#include <string.h>

typedef struct cohort {
    const mlab_context *context;
    const mlab_cohort_request *request;
    const mlab_pool *pool;
    mlab_cohort_result *result;
    mlab_lots lots;
    void *memory;
    int32_t *places;     /* [n_mentors] left beside locked pairs */
    mlab_flow_arc *arcs; /* of mentees, mentors, then candidates */
    uint32_t *candidate; /* [n_arcs - n_mentees - n_mentors] candidate of the pool */
    uint32_t *owner;     /* [the same] mentee */
    size_t n_arcs;
    mlab_flow *flow;
    double scale;
} cohort;

/* The candidate of a pair; SIZE_MAX = not allowed. */
static size_t find_candidate(const mlab_pool *pool, size_t i, int32_t mentor)
{
    for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++)
        if (pool->mentor[e] == mentor) return e;
    return SIZE_MAX;
}

static bool is_rejected(const mlab_cohort_request *r, size_t i, int32_t mentor)
{
    if (r->decision[i] == MLAB_DECISION_REJECT && r->previous[i] == mentor) return true;
    const uint64_t wanted = (uint64_t)i << 32 | (uint32_t)mentor;
    size_t low = 0, high = r->n_rejected;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (r->rejected[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->n_rejected && r->rejected[low] == wanted;
}

static mlab_status check(const cohort *c, mlab_error *err)
{
    const mlab_cohort_request *r = c->request;
    for (size_t i = 0; i < c->pool->n_mentees; i++) {
        const int32_t m = r->previous[i];
        const mlab_decision d = r->decision[i];
        if ((int)d < 0 || d > MLAB_DECISION_WITHDRAW) return mlab_raise(err, MLAB_ERR_MATCH_POOL, "mentee %zu has decision %d", i, (int)d);
        if (m != MLAB_UNMATCHED && (m < 0 || (size_t)m >= c->pool->n_mentors))
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "mentee %zu was paired with mentor %d, allowed below %zu", i, m, c->pool->n_mentors);
        const bool needs = d == MLAB_DECISION_ACCEPT || d == MLAB_DECISION_LOCK || d == MLAB_DECISION_REJECT;
        if (needs && m == MLAB_UNMATCHED) return mlab_raise(err, MLAB_ERR_MATCH_POOL, "mentee %zu accepts, locks or rejects a pair, but had none", i);
    }
    for (size_t k = 1; k < r->n_rejected; k++)
        if (r->rejected[k] <= r->rejected[k - 1]) return mlab_raise(err, MLAB_ERR_MATCH_POOL, "rejected pairs do not ascend at %zu", k);
    if (!(r->price >= 0 && r->price <= 100)) return mlab_raise(err, MLAB_ERR_ARGUMENT, "a change is priced %g points, allowed 0 to 100", r->price);
    return MLAB_OK;
}

static mlab_status take_locked_places(cohort *c, mlab_error *err)
{
    if (c->pool->n_mentors) memcpy(c->places, c->pool->capacity, c->pool->n_mentors * sizeof *c->places);
    for (size_t i = 0; i < c->pool->n_mentees; i++) {
        const int32_t m = c->request->previous[i];
        if (c->request->decision[i] == MLAB_DECISION_LOCK && c->places[m]-- <= 0)
            return mlab_raise(err, MLAB_ERR_MATCH_CAPACITY, "mentor %d has more locked pairs than the %d places offered", m, c->pool->capacity[m]);
    }
    return MLAB_OK;
}

/* What a candidate gains: free = as if no pair had been made before, but accepted ones. */
static mlab_gain gain_of(const cohort *c, size_t i, size_t e, bool free)
{
    const mlab_cohort_request *r = c->request;
    const int64_t n = (int64_t)c->pool->n_mentees + 1;
    const bool same = r->previous[i] == c->pool->mentor[e], kept = same && r->decision[i] == MLAB_DECISION_OPEN && !free;
    const bool fewest = r->change == MLAB_CHANGE_FEWEST && !free;
    mlab_gain gain = {0, mlab_lots_whole(c->pool->score[e], c->scale) * n + 1};
    if (same && r->decision[i] == MLAB_DECISION_ACCEPT) gain.first = n * n;
    if (fewest)
        gain.first += n + kept;
    else if (kept)
        gain.second += mlab_lots_whole(r->price, c->scale) * n;
    return gain;
}

/* Node 0 closes the ring; mentees and mentors by turn. */
static void build(cohort *c)
{
    const mlab_pool *pool = c->pool;
    const uint32_t n = (uint32_t)pool->n_mentees, m = (uint32_t)pool->n_mentors;
    size_t a = 0;
    for (uint32_t t = 0; t < n; t++) c->arcs[a++] = (mlab_flow_arc){0, 1 + t, 1, {0, 0}};
    for (uint32_t t = 0; t < m; t++) c->arcs[a++] = (mlab_flow_arc){1 + n + t, 0, c->places[c->lots.mentors[t].who], {0, 0}};
    for (uint32_t t = 0; t < n; t++) {
        const uint32_t i = c->lots.mentees[t].who;
        const mlab_decision d = c->request->decision[i];
        if (d == MLAB_DECISION_LOCK || d == MLAB_DECISION_WITHDRAW) continue;
        for (size_t k = c->lots.first[t]; k < c->lots.first[t + 1]; k++) {
            const mlab_lot_edge edge = c->lots.edges[k];
            if (is_rejected(c->request, i, pool->mentor[edge.edge])) continue;
            c->candidate[a - n - m] = edge.edge;
            c->owner[a - n - m] = i;
            c->arcs[a++] = (mlab_flow_arc){1 + t, 1 + n + edge.mentor, 1, gain_of(c, i, edge.edge, false)};
        }
    }
    c->n_arcs = a;
}

static void read_pairs(cohort *c)
{
    const size_t people = c->pool->n_mentees + c->pool->n_mentors;
    for (size_t i = 0; i < c->pool->n_mentees; i++)
        c->result->mentor_of[i] = c->request->decision[i] == MLAB_DECISION_LOCK ? c->request->previous[i] : MLAB_UNMATCHED;
    for (size_t a = people; a < c->n_arcs; a++)
        if (mlab_flow_on(c->flow, a)) c->result->mentor_of[c->owner[a - people]] = c->pool->mentor[c->candidate[a - people]];
}

static double locked_total(const cohort *c)
{
    double total = 0;
    for (size_t i = 0; i < c->pool->n_mentees; i++) {
        const size_t e = c->request->decision[i] == MLAB_DECISION_LOCK ? find_candidate(c->pool, i, c->request->previous[i]) : SIZE_MAX;
        if (e != SIZE_MAX) total += c->pool->score[e];
    }
    return total;
}

/* Total score of the pairs on the flow. */
static double flow_total(const cohort *c)
{
    const size_t people = c->pool->n_mentees + c->pool->n_mentors;
    double total = 0;
    for (size_t a = people; a < c->n_arcs; a++)
        if (mlab_flow_on(c->flow, a)) total += c->pool->score[c->candidate[a - people]];
    return total;
}

static mlab_fate fate_of(const mlab_cohort_request *r, const int32_t *mentor_of, size_t i)
{
    const int32_t before = r->previous[i], now = mentor_of[i];
    if (r->decision[i] == MLAB_DECISION_WITHDRAW) return MLAB_FATE_WITHDRAWN;
    if (now == MLAB_UNMATCHED) return before == MLAB_UNMATCHED ? MLAB_FATE_WAITING : MLAB_FATE_LOST;
    if (before == MLAB_UNMATCHED) return MLAB_FATE_PLACED;
    if (now == before) return MLAB_FATE_KEPT;
    return r->decision[i] == MLAB_DECISION_OPEN ? MLAB_FATE_MOVED : MLAB_FATE_REMATCHED;
}

static void account(cohort *c)
{
    mlab_cohort_result *result = c->result;
    const mlab_cohort_request *r = c->request;
    for (size_t i = 0; i < c->pool->n_mentees; i++) {
        const int32_t before = r->previous[i], now = result->mentor_of[i];
        result->fate[i] = fate_of(r, result->mentor_of, i);
        result->count[result->fate[i]]++;
        result->broken += r->decision[i] == MLAB_DECISION_ACCEPT && now != before;
        const size_t was = before == MLAB_UNMATCHED ? SIZE_MAX : find_candidate(c->pool, i, before);
        const size_t is = now == MLAB_UNMATCHED ? SIZE_MAX : find_candidate(c->pool, i, now);
        if (was != SIZE_MAX) result->total_before += c->pool->score[was];
        if (was == SIZE_MAX || is == SIZE_MAX || c->pool->score[is] >= c->pool->score[was]) continue;
        result->n_fell++;
        result->lost_points += c->pool->score[was] - c->pool->score[is];
    }
}

static mlab_status solve(cohort *c, mlab_error *err)
{
    const size_t people = c->pool->n_mentees + c->pool->n_mentors;
    mlab_status status = mlab_flow_make(c->context, people + 1, c->arcs, c->n_arcs, &c->flow, err);
    if (status || (status = mlab_flow_solve(c->flow, err))) return status;
    read_pairs(c);
    const double locked = locked_total(c);
    c->result->total = locked + flow_total(c);
    for (size_t a = people; a < c->n_arcs; a++) mlab_flow_set_gain(c->flow, a, gain_of(c, c->owner[a - people], c->candidate[a - people], true));
    if ((status = mlab_flow_solve(c->flow, err))) return status;
    c->result->total_free = locked + flow_total(c);
    c->result->cost = c->result->total_free - c->result->total;
    account(c);
    return MLAB_OK;
}

mlab_status mlab_cohort_rematch(const mlab_context *context, const mlab_cohort_request *request, mlab_cohort_result *result, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    const mlab_policy_request lots = {.pool = pool, .seed = request->seed};
    cohort c = {.context = context, .request = request, .pool = pool, .result = result};
    *result = (mlab_cohort_result){.mentor_of = result->mentor_of, .fate = result->fate};
    mlab_status status = mlab_pool_check(pool, err);
    if (status || (status = check(&c, err))) return status;
    if (pool->score_row) return mlab_raise(err, MLAB_ERR_MATCH_UNSUPPORTED, "a cohort is matched again from a pool that lists its candidates");
    const size_t people = pool->n_mentees + pool->n_mentors, edges = pool->first[pool->n_mentees];
    if (people >= (size_t)1 << 19) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu people to match again, allowed fewer than 524288", people);
    const mlab_part parts[] = {{&c.places, pool->n_mentors, sizeof *c.places},
                               {&c.arcs, people + edges, sizeof *c.arcs},
                               {&c.candidate, edges, sizeof *c.candidate},
                               {&c.owner, edges, sizeof *c.owner}};
    if ((status = mlab_lots_make(context, &lots, &c.lots, err))) goto out;
    if ((status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &c.memory, err))) goto out;
    if ((status = take_locked_places(&c, err))) goto out;
    c.scale = mlab_lots_scale((double)pool->n_mentees + 1, (double)people + 1);
    build(&c);
    status = solve(&c, err);
out:
    mlab_flow_free(c.flow);
    mlab_release(context, c.memory);
    mlab_lots_free(context, &c.lots);
    return status;
}

const char *mlab_fate_name(mlab_fate fate)
{
    static const char *const names[] = {"kept", "moved", "rematched", "placed", "lost", "waiting", "withdrawn"};
    return (size_t)fate < sizeof names / sizeof *names ? names[fate] : "unknown";
}
