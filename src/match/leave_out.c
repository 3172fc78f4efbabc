/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much a rule decided in fact: people are matched once more without it, by the same policy and the same lots.
 *
 * A rule costs the others what their own score would rise by if it went: the total of the others' score over the pairs without it, less that over the
 * pairs there are. Weakness: rules that say the same stand in for each other, so that leaving out either changes little.
 */
#include "core/error.h"
#include "core/memory.h"
#include "match/matching.h"
#include "match/scorer.h"

#include <math.h>
#include <string.h>

/* A matching that lacks one rule. What it does not own is that of the whole one. */
typedef struct without {
    mlab_matching matching;
    mlab_scorer scorer;
} without;

static void without_free(without *w)
{
    const mlab_context *context = w->matching.context;
    mlab_release(context, w->scorer.terms);
    mlab_release(context, w->matching.values);
    mlab_release(context, w->matching.mentee_rank);
    mlab_release(context, w->matching.mentor_rank);
    mlab_pool_work_free(&w->matching.work);
}

static mlab_status without_make(const mlab_matching *m, size_t left_out, without *w, mlab_error *err)
{
    const size_t n = m->scorer->n_terms;
    w->matching = *m;
    w->scorer = *m->scorer;
    w->matching.scorer = &w->scorer;
    w->matching.work = MLAB_POOL_WORK(m->context);
    w->matching.mentee_rank = w->matching.mentor_rank = NULL;
    w->matching.n_values = 0;
    w->matching.values = mlab_allocate(m->context, m->n_values, sizeof *m->values);
    w->scorer.terms = mlab_allocate(m->context, n, sizeof *w->scorer.terms);
    w->scorer.n_terms = 0;
    if (!w->matching.values || !w->scorer.terms) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to leave a rule out");
    for (size_t t = 0; t < n; t++)
        if (t != left_out) w->scorer.terms[w->scorer.n_terms++] = m->scorer->terms[t];
    for (size_t k = 0; k < m->n_values; k++) {
        if (m->values[k].term == left_out) continue;
        w->matching.values[w->matching.n_values] = m->values[k];
        w->matching.values[w->matching.n_values++].term -= m->values[k].term > left_out;
    }
    return mlab_matching_build(&w->matching, err);
}

static bool has(const int32_t *slots, size_t each, int32_t mentor)
{
    for (size_t k = 0; k < each; k++)
        if (slots[k] == mentor) return true;
    return false;
}

static bool same(const int32_t *a, const int32_t *b, size_t each)
{
    for (size_t k = 0; k < each; k++)
        if (!has(b, each, a[k]) || !has(a, each, b[k])) return false;
    return true;
}

static void compare(const without *w, const mlab_pairs *pairs, const int32_t *other, mlab_rule_share *share)
{
    const size_t each = pairs->each;
    double now = 0, then = 0;
    share->left_out = true;
    for (size_t i = 0; i < pairs->n_mentees; i++) {
        const int32_t *a = pairs->mentor_of + i * each, *b = other + i * each;
        share->changed += !same(a, b, each);
        for (size_t k = 0; k < each; k++) {
            if (a[k] != MLAB_UNMATCHED) now += mlab_matching_score(&w->matching, i, (size_t)a[k]);
            if (b[k] != MLAB_UNMATCHED) then += mlab_matching_score(&w->matching, i, (size_t)b[k]);
        }
    }
    share->costs = (then - now) / (pairs->mutual ? 2 : 1);
}

/* Between pairs that are equally good without the rule those that there are win, by 1e-5 of a point: what changes is what the rule decided, not
 * what the lot did. */
static void favour(without *w, const mlab_pairs *pairs)
{
    const mlab_pool *pool = &w->matching.pool;
    double *score = w->matching.work.score;
    for (size_t i = 0; i < pairs->n_mentees; i++)
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++)
            score[e] = fmin(100, score[e] * (1 - 1e-7) + (has(pairs->mentor_of + i * pairs->each, pairs->each, pool->mentor[e]) ? 1e-5 : 0));
}

static mlab_status leave_out(const mlab_matching *m, size_t which, size_t rule, mlab_pairs *pairs, mlab_error *err)
{
    without w = {.matching.context = m->context};
    int32_t *other = mlab_allocate(m->context, pairs->n_mentees * pairs->each, sizeof *other);
    mlab_status status = other ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to leave a rule out");
    if (!status) status = without_make(m, rule, &w, err);
    if (!status) favour(&w, pairs);
    if (!status) status = mlab_matching_assign(&w.matching, which, pairs->each, &(mlab_policy_result){.mentor_of = other}, err);
    if (!status) compare(&w, pairs, other, &pairs->rules[rule]);
    if (w.matching.spec) without_free(&w);
    mlab_release(m->context, other);
    return status;
}

mlab_status mlab_matching_leave_out(const mlab_matching *m, size_t which, mlab_pairs *pairs, mlab_error *err)
{
    const mlab_policy *policy = mlab_policy_find(m->spec->policies[which]);
    const double work = (double)pairs->n_mentees * (double)pairs->n_mentors * (double)pairs->n_rules;
    const size_t candidates = m->pool.first[m->pool.n_mentees];
    mlab_status status = MLAB_OK;
    if (work > MLAB_LEAVE_OUT_MOST || (policy->again && candidates > policy->again) || pairs->status == MLAB_POLICY_TIME_LIMIT) return MLAB_OK;
    for (size_t t = 0; !status && t < pairs->n_rules; t++) status = leave_out(m, which, t, pairs, err);
    return status;
}
