/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The review loop: a list of pairs comes back with decisions; what was decided stays, the rest is matched again with the least change: by cohort.h,
 * or by the policy itself where that has more to keep to (review_again.c). */
#include "match/review.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

/* --- the result ------------------------------------------------------------------------------------------- */

void mlab_review_free(mlab_review *review)
{
    if (!review) return;
    mlab_pairs_free(review->pairs);
    mlab_release(review->context, review->changes);
    mlab_release(review->context, review);
}

/* What binds stays; a rejection is remembered. */
mlab_status mlab_review_keep(mlab_review_reader *r, const int32_t *mentor_of, mlab_error *err)
{
    mlab_matching *m = r->m;
    const size_t slots = m->people.n[MLAB_MENTEES] * r->each;
    if (!m->decided && !(m->decided = mlab_allocate(m->context, slots, sizeof *m->decided)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for decisions");
    m->decided_each = r->each;
    for (size_t first = 0; first < slots; first += r->each)
        for (size_t s = first; s < first + r->each; s++) {
            const char *text = r->decision[first] == MLAB_DECISION_WITHDRAW ? "withdraw" : NULL;
            for (size_t k = first; !text && mentor_of[s] != MLAB_UNMATCHED && k < first + r->each; k++)
                if (r->previous[k] == mentor_of[s])
                    text = r->decision[k] == MLAB_DECISION_ACCEPT ? "accept" : r->decision[k] == MLAB_DECISION_LOCK ? "lock" : NULL;
            mlab_release(m->context, m->decided[s]);
            m->decided[s] = NULL;
            if (text && !(m->decided[s] = mlab_copy_text(m->context, text))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for decisions");
        }
    mlab_release(m->context, m->rejected);
    m->rejected = r->rejected.key;
    m->n_rejected = r->rejected.n;
    r->rejected.key = NULL;
    return MLAB_OK;
}

double mlab_review_score(const mlab_matching *m, size_t i, int32_t j)
{
    if (j == MLAB_UNMATCHED) return 0;
    const size_t e = mlab_pool_find(&m->pool, i, j);
    return e == SIZE_MAX ? mlab_matching_score(m, i, (size_t)j) : m->pool.score[e];
}

static void fill_review(const mlab_review_reader *r, const mlab_fate *fate, const mlab_cohort_result *result, mlab_review *review)
{
    for (size_t i = 0; i < review->pairs->n_mentees; i++) {
        const int32_t before = r->previous[i], after = review->pairs->mentor_of[i];
        review->changes[i] =
            (mlab_review_change){mlab_fate_name(fate[i]), before, after, mlab_review_score(r->m, i, after) - mlab_review_score(r->m, i, before)};
    }
    review->kept = result->count[MLAB_FATE_KEPT];
    review->moved = result->count[MLAB_FATE_MOVED];
    review->rematched = result->count[MLAB_FATE_REMATCHED];
    review->placed = result->count[MLAB_FATE_PLACED];
    review->lost = result->count[MLAB_FATE_LOST];
    review->waiting = result->count[MLAB_FATE_WAITING];
    review->withdrawn = result->count[MLAB_FATE_WITHDRAWN];
    review->broken = result->broken;
    review->total_before = result->total_before;
    review->total = result->total;
    review->total_free = result->total_free;
    review->n_fell = result->n_fell;
    review->lost_points = result->lost_points;
}

/* Reasons of those who decided themselves. */
static mlab_status retell(const mlab_review_reader *r, mlab_pairs *pairs, mlab_error *err)
{
    for (size_t i = 0; i < pairs->n_mentees; i++) {
        const size_t s = i * r->each;
        if (r->decision[s] != MLAB_DECISION_WITHDRAW) continue;
        mlab_release(pairs->context, pairs->reason[s]);
        if (!(pairs->reason[s] = mlab_copy_text(pairs->context, "withdrawn"))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for reasons");
    }
    return MLAB_OK;
}

static mlab_status by_cohort(mlab_review_reader *r, mlab_review *review, mlab_error *err)
{
    mlab_matching *m = r->m;
    const size_t n = m->people.n[MLAB_MENTEES];
    mlab_pool pool = m->pool;
    pool.capacity = r->capacity;
    pool.locked = NULL;
    mlab_fate *fate = mlab_allocate(m->context, n, sizeof *fate);
    mlab_status status =
        fate ? mlab_pairs_make(m, "reviewed", 1, &review->pairs, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu mentees", n);
    const mlab_cohort_request request = {.pool = &pool,
                                         .previous = r->previous,
                                         .decision = r->decision,
                                         .rejected = r->rejected.key,
                                         .n_rejected = r->rejected.n,
                                         .change = MLAB_CHANGE_FEWEST,
                                         .seed = m->spec->seed};
    mlab_cohort_result result = {.mentor_of = review->pairs ? review->pairs->mentor_of : NULL, .fate = fate};
    if (!status) status = mlab_cohort_rematch(m->context, &request, &result, err);
    if (!status && review->pairs) fill_review(r, fate, &result, review);
    mlab_release(m->context, fate);
    return status;
}

/* Networks, circles and peers have more to keep to than one place a mentee. */
static bool needs_policy(const char *policy)
{
    return strcmp(policy, "network") == 0 || strcmp(policy, "group") == 0 || strcmp(policy, "peer") == 0;
}

static mlab_status rematch(mlab_review_reader *r, mlab_review *review, mlab_error *err)
{
    mlab_matching *m = r->m;
    if (!(review->changes = mlab_allocate(m->context, m->people.n[MLAB_MENTEES], sizeof *review->changes)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu mentees", m->people.n[MLAB_MENTEES]);
    mlab_status status = needs_policy(m->spec->policies[r->which]) ? mlab_review_again(r, review, err) : by_cohort(r, review, err);
    if (status) return status;
    m->pool.capacity = r->capacity; /* mentors who withdrew have no place, in reasons too */
    status = mlab_pairs_finish(m, NULL, NULL, 0, review->pairs, err);
    m->pool.capacity = m->people.capacity;
    if (!status) status = retell(r, review->pairs, err);
    return status ? status : mlab_review_keep(r, review->pairs->mentor_of, err);
}

/* The list is that of the last policy that is stated; how many rows a mentee has there. */
static mlab_status choose_policy(mlab_review_reader *r, mlab_error *err)
{
    const mlab_match_spec *spec = r->m->spec;
    const mlab_policy_ask *ask;
    r->which = (spec->n_stated ? spec->n_stated : spec->n_policies) - 1;
    ask = spec->asks ? &spec->asks[r->which] : NULL;
    r->mutual = strcmp(spec->policies[r->which], "peer") == 0;
    if (r->mutual && ask && ask->options.peer_stable)
        return mlab_raise_at(
            err, MLAB_ERR_MATCH_UNSUPPORTED, &ask->place,
            "stable peers are not reviewed: one pair that stays can make all stable pairs impossible; review peer without stable: yes");
    return mlab_matching_each(r->m, r->which, r->findings, &r->each, err);
}

mlab_status mlab_matching_review(mlab_matching *m, const char *path, const char *name, mlab_findings *findings, mlab_review **review, mlab_error *err)
{
    mlab_review_reader r = {.m = m, .findings = findings, .rejected = {.context = m->context}};
    const size_t stops = mlab_findings_count(findings, MLAB_SEVERITY_STOP);
    *review = NULL;
    mlab_review *made = mlab_allocate(m->context, 1, sizeof *made);
    mlab_status status = made ? choose_policy(&r, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a review");
    if (made) made->context = m->context;
    if (!status) status = mlab_review_start(&r, err);
    if (!status) status = mlab_review_read(&r, path, name, err);
    if (!status && mlab_findings_count(findings, MLAB_SEVERITY_STOP) > stops)
        status = mlab_raise(err, MLAB_ERR_DATA_REJECTED, "the decisions were rejected; the findings say why");
    if (!status) status = rematch(&r, made, err);
    mlab_review_end(&r);
    if (status)
        mlab_review_free(made);
    else
        *review = made;
    return status;
}
