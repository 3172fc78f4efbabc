/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A review by the policy itself: networks, circles and peers are matched again with what was decided kept and the rest favoured.
 *
 * Accepted and locked pairs are locked, rejected ones and whoever withdrew leave the pool, and scores are drawn together so far that a pair that is
 * kept counts more than all scores of the others: under the policy's own bounds as many unanswered pairs stay as can, then the total score is the
 * highest. Weakness: what the policy puts before the score (in networks the most mentees with a mentor) comes before the least change too; a circle
 * search that was stopped by its steps is the best found.
 */
#include "match/review.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

typedef struct again {
    mlab_review_reader *r;
    mlab_matching alt; /* the matching with the pool of the review */
    size_t *first;
    int32_t *mentor, *lower, *ranks[2];
    double *score, *plain; /* with open pairs favoured; as they are */
    uint64_t *bound;
    size_t n_bound, broken;
    uint8_t *gone; /* [mentees] */
} again;

static void again_free(const again *a)
{
    const mlab_context *context = a->r->m->context;
    void *const owned[] = {a->first, a->mentor, a->lower, a->ranks[0], a->ranks[1], a->score, a->plain, a->bound, a->gone};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) mlab_release(context, owned[k]);
}

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to match again");
}

static mlab_status again_make(again *a, mlab_error *err)
{
    const mlab_pool *pool = &a->r->m->pool;
    const mlab_context *context = a->r->m->context;
    const size_t n = pool->n_mentees, edges = pool->first[n];
    a->first = mlab_allocate(context, n + 1, sizeof *a->first);
    a->mentor = mlab_allocate(context, edges, sizeof *a->mentor);
    a->score = mlab_allocate(context, edges, sizeof *a->score);
    a->plain = mlab_allocate(context, edges, sizeof *a->plain);
    a->bound = mlab_allocate(context, n * a->r->each, sizeof *a->bound);
    a->gone = mlab_allocate(context, n, sizeof *a->gone);
    a->ranks[0] = pool->mentee_rank ? mlab_allocate(context, edges, sizeof **a->ranks) : NULL;
    a->ranks[1] = pool->mentor_rank ? mlab_allocate(context, edges, sizeof **a->ranks) : NULL;
    a->lower = pool->lower ? mlab_allocate(context, pool->n_mentors, sizeof *a->lower) : NULL;
    const bool all = a->first && a->mentor && a->score && a->plain && a->bound && a->gone && (!pool->mentee_rank || a->ranks[0]) &&
                     (!pool->mentor_rank || a->ranks[1]) && (!pool->lower || a->lower);
    return all ? MLAB_OK : no_memory(err);
}

/* Who takes part no more. A peer who withdraws does so on both sides. */
static void find_gone(again *a)
{
    const mlab_review_reader *r = a->r;
    const mlab_people *p = &r->m->people;
    for (size_t i = 0; i < p->n[MLAB_MENTEES]; i++) {
        a->gone[i] = r->decision[i * r->each] == MLAB_DECISION_WITHDRAW;
        if (!r->mutual) continue;
        const size_t j = mlab_people_member(p, MLAB_MENTORS, p->entity[MLAB_MENTEES][i]);
        if (j == SIZE_MAX) continue;
        if (r->m->withdrawn[j]) a->gone[i] = 1;
        if (a->gone[i]) r->capacity[j] = 0;
    }
}

static bool was_rejected(const mlab_review_reader *r, size_t i, int32_t j)
{
    const uint64_t key = (uint64_t)i << 32 | (uint32_t)j;
    size_t low = 0, high = r->rejected.n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (r->rejected.key[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->rejected.n && r->rejected.key[low] == key;
}

static bool is_open(const mlab_review_reader *r, size_t i, int32_t j)
{
    for (size_t s = i * r->each; s < (i + 1) * r->each; s++)
        if (r->previous[s] == j && r->decision[s] == MLAB_DECISION_OPEN) return true;
    return false;
}

static void fill_pool(again *a)
{
    const mlab_review_reader *r = a->r;
    const mlab_pool *pool = &r->m->pool;
    const double share = 1 / (1 + (double)(pool->n_mentees * r->each)); /* a kept pair outweighs all scores */
    size_t n = 0;
    for (size_t i = 0; i < pool->n_mentees; i++) {
        for (size_t e = pool->first[i]; !a->gone[i] && e < pool->first[i + 1]; e++) {
            if (!r->capacity[pool->mentor[e]] || was_rejected(r, i, pool->mentor[e])) continue;
            a->mentor[n] = pool->mentor[e];
            a->plain[n] = pool->score[e];
            a->score[n] = share * pool->score[e] + (is_open(r, i, pool->mentor[e]) ? 100 * (1 - share) : 0);
            if (a->score[n] > 100) a->score[n] = 100;
            if (a->ranks[0]) a->ranks[0][n] = pool->mentee_rank[e];
            if (a->ranks[1]) a->ranks[1][n] = pool->mentor_rank[e];
            n++;
        }
        a->first[i + 1] = n;
    }
    for (size_t j = 0; a->lower && j < pool->n_mentors; j++) a->lower[j] = pool->lower[j] < r->capacity[j] ? pool->lower[j] : r->capacity[j];
}

/* Locked pairs first, then accepted ones as far as there is room and nothing forbids them. */
static mlab_status bind(again *a, mlab_error *err)
{
    const mlab_review_reader *r = a->r;
    const mlab_pool *pool = &r->m->pool;
    int32_t *taken = mlab_allocate(r->m->context, pool->n_mentors, sizeof *taken);
    if (!taken) return no_memory(err);
    for (int pass = 0; pass < 2; pass++)
        for (size_t s = 0; s < pool->n_mentees * r->each; s++) {
            const size_t i = s / r->each;
            const int32_t j = r->previous[s];
            const bool locked = r->decision[s] == MLAB_DECISION_LOCK;
            if (a->gone[i] || (locked ? pass != 0 : pass != 1 || r->decision[s] != MLAB_DECISION_ACCEPT)) continue;
            if (!locked && (taken[j] >= r->capacity[j] || mlab_pool_find(pool, i, j) == SIZE_MAX || was_rejected(r, i, j))) {
                a->broken++;
                continue;
            }
            taken[j]++;
            a->bound[a->n_bound++] = (uint64_t)i << 32 | (uint32_t)j;
        }
    mlab_release(r->m->context, taken);
    return MLAB_OK;
}

static void set_pool(again *a, const double *score)
{
    mlab_pool *pool = &a->alt.pool;
    pool->first = a->first;
    pool->mentor = a->mentor;
    pool->score = score;
    pool->mentee_rank = a->ranks[0];
    pool->mentor_rank = a->ranks[1];
    pool->capacity = a->r->capacity;
    pool->lower = a->lower;
    pool->locked = NULL;
}

/* --- what became of it -------------------------------------------------------------------------------------- */

static bool among(const int32_t *slots, size_t each, int32_t mentor)
{
    for (size_t k = 0; k < each; k++)
        if (slots[k] == mentor) return true;
    return false;
}

static double total_of(const mlab_review_reader *r, const int32_t *mentor_of, bool allowed_alone)
{
    double sum = 0;
    for (size_t s = 0; s < r->m->people.n[MLAB_MENTEES] * r->each; s++)
        if (mentor_of[s] != MLAB_UNMATCHED && (!allowed_alone || mlab_pool_find(&r->m->pool, s / r->each, mentor_of[s]) != SIZE_MAX))
            sum += mlab_review_score(r->m, s / r->each, mentor_of[s]);
    return sum / (r->mutual ? 2 : 1);
}

/* One mentee: how many of their mentors stayed, went, came. */
static void tell_mentee(const again *a, size_t i, const int32_t *after, mlab_review *review)
{
    const mlab_review_reader *r = a->r;
    const int32_t *before = r->previous + i * r->each;
    mlab_review_change *c = &review->changes[i];
    size_t had = 0, kept = 0, has = 0;
    bool rejected = false;
    double points = 0;
    *c = (mlab_review_change){NULL, MLAB_UNMATCHED, MLAB_UNMATCHED, 0};
    for (size_t k = 0; k < r->each; k++) {
        if (before[k] != MLAB_UNMATCHED) {
            had++;
            kept += among(after, r->each, before[k]);
            rejected = rejected || r->decision[i * r->each + k] == MLAB_DECISION_REJECT;
            points -= mlab_review_score(r->m, i, before[k]);
            if (c->before == MLAB_UNMATCHED || !among(after, r->each, before[k])) c->before = before[k];
        }
        if (after[k] == MLAB_UNMATCHED) continue;
        has++;
        points += mlab_review_score(r->m, i, after[k]);
        if (c->after == MLAB_UNMATCHED || !among(before, r->each, after[k])) c->after = after[k];
    }
    c->points = points;
    const mlab_fate fate = a->gone[i]     ? MLAB_FATE_WITHDRAWN
                           : !had && !has ? MLAB_FATE_WAITING
                           : !had         ? MLAB_FATE_PLACED
                           : !has         ? MLAB_FATE_LOST
                           : kept == had  ? MLAB_FATE_KEPT
                           : rejected     ? MLAB_FATE_REMATCHED
                                          : MLAB_FATE_MOVED;
    size_t *const counts[MLAB_FATES] = {
        [MLAB_FATE_KEPT] = &review->kept,          [MLAB_FATE_MOVED] = &review->moved, [MLAB_FATE_REMATCHED] = &review->rematched,
        [MLAB_FATE_PLACED] = &review->placed,      [MLAB_FATE_LOST] = &review->lost,   [MLAB_FATE_WAITING] = &review->waiting,
        [MLAB_FATE_WITHDRAWN] = &review->withdrawn};
    c->fate = mlab_fate_name(fate);
    ++*counts[fate];
    if (!had || !has || points >= -1e-9) return;
    review->n_fell++;
    review->lost_points -= points;
}

static mlab_status solve(again *a, mlab_review *review, mlab_error *err)
{
    mlab_review_reader *r = a->r;
    const size_t slots = r->m->people.n[MLAB_MENTEES] * r->each;
    int32_t *free_of = mlab_allocate(r->m->context, slots, sizeof *free_of);
    mlab_status status = free_of ? MLAB_OK : no_memory(err);
    mlab_policy_result result = {.mentor_of = free_of};
    set_pool(a, a->plain);
    if (!status) status = mlab_matching_assign(&a->alt, r->which, r->each, &result, err);
    if (!status) review->total_free = total_of(r, free_of, false);
    set_pool(a, a->score);
    result = (mlab_policy_result){.mentor_of = review->pairs->mentor_of};
    if (!status) status = mlab_matching_assign(&a->alt, r->which, r->each, &result, err);
    mlab_release(r->m->context, free_of);
    if (status) return status;
    review->pairs->status = result.status;
    char *why = mlab_copy_text(r->m->context, result.why);
    if (!why) return no_memory(err);
    mlab_release(r->m->context, review->pairs->why);
    review->pairs->why = why;
    return MLAB_OK;
}

mlab_status mlab_review_again(mlab_review_reader *r, mlab_review *review, mlab_error *err)
{
    again a = {.r = r, .alt = *r->m};
    mlab_status status = again_make(&a, err);
    if (!status) status = mlab_pairs_make(r->m, "reviewed", r->each, &review->pairs, err);
    if (!status) {
        review->pairs->mutual = r->mutual;
        find_gone(&a);
        fill_pool(&a);
        status = bind(&a, err);
    }
    a.alt.locked = NULL;
    a.alt.bound = a.bound;
    a.alt.n_bound = a.n_bound;
    if (!status) status = solve(&a, review, err);
    for (size_t i = 0; !status && i < r->m->people.n[MLAB_MENTEES]; i++) tell_mentee(&a, i, review->pairs->mentor_of + i * r->each, review);
    if (!status) {
        review->broken = a.broken;
        review->total_before = total_of(r, r->previous, true);
        review->total = total_of(r, review->pairs->mentor_of, false);
        if (review->total_free < review->total) review->total_free = review->total; /* the policy puts something before the score */
    }
    again_free(&a);
    return status;
}
