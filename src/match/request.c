/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The front door of the policies: a request is checked, and what every policy would have to do alike is done once: locked pairs and pairs
 * below the minimum score leave the pool, hours become places where they can. A policy sees a pool in which everything may be matched. */
#include "match/policies.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

/* --- checks -------------------------------------------------------------------------------------- */

static mlab_status check_mentee(const mlab_pool *pool, size_t i, mlab_error *err)
{
    if (pool->first[i + 1] < pool->first[i]) return mlab_raise(err, MLAB_ERR_MATCH_POOL, "candidates of mentee %zu end before they begin", i);
    for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
        int32_t m = pool->mentor[e];
        if (m < 0 || (size_t)m >= pool->n_mentors)
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "mentee %zu has candidate %d, allowed 0 to %zu", i, m, pool->n_mentors - 1);
        if (!(pool->score[e] >= 0 && pool->score[e] <= 100))
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "the score of mentee %zu and mentor %d is outside 0 to 100", i, m);
        if (e > pool->first[i] && m <= pool->mentor[e - 1])
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "candidates of mentee %zu do not ascend: %d after %d", i, m, pool->mentor[e - 1]);
    }
    return MLAB_OK;
}

static mlab_status check_ranks(const mlab_pool *pool, const int32_t *ranks, const char *whose, mlab_error *err)
{
    if (!ranks) return MLAB_OK;
    for (size_t e = 0; e < pool->first[pool->n_mentees]; e++)
        if (ranks[e] < 0) return mlab_raise(err, MLAB_ERR_MATCH_POOL, "a %s gives rank %d, allowed 0 (nothing said) or more", whose, ranks[e]);
    return MLAB_OK;
}

static mlab_status check_mentors(const mlab_pool *pool, mlab_error *err)
{
    for (size_t m = 0; m < pool->n_mentors; m++) {
        if (pool->capacity[m] < 0)
            return mlab_raise(err, MLAB_ERR_MATCH_CAPACITY, "mentor %zu offers %d places, allowed 0 or more", m, pool->capacity[m]);
        if (pool->lower && (pool->lower[m] < 0 || pool->lower[m] > pool->capacity[m]))
            return mlab_raise(err, MLAB_ERR_MATCH_CAPACITY, "mentor %zu takes at least %d mentees, allowed 0 to the %d places offered", m,
                              pool->lower[m], pool->capacity[m]);
        if (pool->mentor_hours && pool->mentor_hours[m] < 0)
            return mlab_raise(err, MLAB_ERR_MATCH_CAPACITY, "mentor %zu has %d hours, allowed 0 or more", m, pool->mentor_hours[m]);
    }
    return MLAB_OK;
}

static mlab_status check_groups(const int32_t *group, size_t n, int32_t n_groups, const char *who, mlab_error *err)
{
    for (size_t i = 0; group && i < n; i++)
        if (group[i] < -1 || group[i] >= n_groups)
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "%s %zu is in group %d, allowed -1 to %d", who, i, group[i], n_groups - 1);
    return MLAB_OK;
}

mlab_status mlab_pool_check(const mlab_pool *pool, mlab_error *err)
{
    if (pool->n_mentees >= INT32_MAX || pool->n_mentors >= INT32_MAX)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "a pool of %zu mentees and %zu mentors, allowed fewer than 2147483647 of each", pool->n_mentees,
                          pool->n_mentors);
    mlab_status status = check_mentors(pool, err);
    for (size_t i = 0; !pool->score_row && i < pool->n_mentees && !status; i++) status = check_mentee(pool, i, err);
    if (!status && !pool->score_row) status = check_ranks(pool, pool->mentee_rank, "mentee", err);
    if (!status && !pool->score_row) status = check_ranks(pool, pool->mentor_rank, "mentor", err);
    for (size_t i = 0; pool->mentee_hours && i < pool->n_mentees && !status; i++)
        if (pool->mentee_hours[i] < 1)
            status = mlab_raise(err, MLAB_ERR_MATCH_CAPACITY, "mentee %zu takes %d hours, allowed 1 or more", i, pool->mentee_hours[i]);
    if (!status) status = check_groups(pool->mentee_group, pool->n_mentees, pool->n_groups, "mentee", err);
    if (!status) status = check_groups(pool->mentor_group, pool->n_mentors, pool->n_groups, "mentor", err);
    return status;
}

static mlab_status check_options(const mlab_policy_options *o, mlab_error *err)
{
    static const struct {
        const char *name;
        size_t at;
        double low, high;
    } ranges[] = {
        {"gap", offsetof(mlab_policy_options, gap), 0, 1},
        {"time_limit", offsetof(mlab_policy_options, time_limit), 0, 1e9},
        {"minimum_score", offsetof(mlab_policy_options, minimum_score), 0, 100},
        {"lottery_cap", offsetof(mlab_policy_options, lottery_cap), 0, 1},
        {"fair_level", offsetof(mlab_policy_options, fair_level), 0, 100},
        {"choice_meeting", offsetof(mlab_policy_options, choice_meeting), 0, 1},
        {"choice_meeting_across", offsetof(mlab_policy_options, choice_meeting_across), 0, 1},
        {"hybrid_reserve", offsetof(mlab_policy_options, hybrid_reserve), 0, 1},
        {"choice_score", offsetof(mlab_policy_options, choice_score), -100, 100},
        {"choice_same_group", offsetof(mlab_policy_options, choice_same_group), -100, 100},
    };
    for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++) {
        double value;
        memcpy(&value, (const char *)o + ranges[k].at, sizeof value);
        if (!(value >= ranges[k].low && value <= ranges[k].high))
            return mlab_raise(err, MLAB_ERR_ARGUMENT, "%s is %g, allowed %g to %g", ranges[k].name, value, ranges[k].low, ranges[k].high);
    }
    if (o->choice_fitted) return mlab_raise(err, MLAB_ERR_ARGUMENT, "a choice is fitted to past pairs by matching people, not by a policy alone");
    if (o->mentors_each < 1 || o->mentors_each > 64)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "%d mentors for each mentee, allowed 1 to 64", o->mentors_each);
    return MLAB_OK;
}

static bool hours_differ(const mlab_pool *pool)
{
    for (size_t i = 1; pool->mentor_hours && pool->mentee_hours && i < pool->n_mentees; i++)
        if (pool->mentee_hours[i] != pool->mentee_hours[0]) return true;
    return false;
}

static mlab_status check_keeps(const mlab_policy *policy, const mlab_policy_request *request, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    const char *what = NULL;
    bool lower = false;
    for (size_t m = 0; pool->lower && m < pool->n_mentors; m++) lower = lower || pool->lower[m] > 0;
    if (lower && !(policy->keeps & MLAB_KEEPS_LOWER)) what = "a least number of mentees for a mentor";
    if (hours_differ(pool) && !(policy->keeps & MLAB_KEEPS_HOURS)) what = "mentors' hours when mentees take different ones";
    if (request->options.mentors_each > 1 && !(policy->keeps & MLAB_KEEPS_SEVERAL)) what = "several mentors for a mentee";
    if (pool->score_row && !(policy->keeps & MLAB_KEEPS_ROWS)) what = "a pool whose candidates are not listed";
    return what ? mlab_raise(err, MLAB_ERR_MATCH_UNSUPPORTED, "policy '%s' cannot keep to %s", policy->name, what) : MLAB_OK;
}

/* --- what leaves the pool ------------------------------------------------------------------------ */

typedef struct reduced {
    mlab_pool pool;
    const mlab_pool *whole;
    const int32_t *locked; /* NULL when the policy sees to them */
    double minimum;
    void *block;
    int32_t *capacity, *lower, *hours, *mentor;
    size_t *first;
    double *score;
    int32_t *mentee_rank, *mentor_rank;
} reduced;

static void score_reduced_row(void *source, size_t mentee, float *score)
{
    const reduced *r = source;
    const bool locked = r->locked && r->locked[mentee] != MLAB_UNMATCHED;
    if (!locked) r->whole->score_row(r->whole->source, mentee, score);
    for (size_t j = 0; j < r->whole->n_mentors; j++)
        if (locked || (double)score[j] < r->minimum) score[j] = -1;
}

static void drop_candidates(reduced *r)
{
    const mlab_pool *pool = r->whole;
    size_t used = 0;
    for (size_t i = 0; i < pool->n_mentees; i++) {
        const bool locked = r->locked && r->locked[i] != MLAB_UNMATCHED;
        for (size_t e = pool->first[i]; !locked && e < pool->first[i + 1]; e++) {
            if (pool->score[e] < r->minimum) continue;
            r->mentor[used] = pool->mentor[e];
            r->score[used] = pool->score[e];
            if (r->mentee_rank) r->mentee_rank[used] = pool->mentee_rank[e];
            if (r->mentor_rank) r->mentor_rank[used] = pool->mentor_rank[e];
            used++;
        }
        r->first[i + 1] = used;
    }
    r->pool.first = r->first;
    r->pool.mentor = r->mentor;
    r->pool.score = r->score;
    r->pool.mentee_rank = r->mentee_rank;
    r->pool.mentor_rank = r->mentor_rank;
}

static mlab_status lock_pairs(reduced *r, bool crowded, mlab_error *err)
{
    const mlab_pool *pool = r->whole;
    for (size_t i = 0; r->locked && i < pool->n_mentees; i++) {
        const int32_t m = r->locked[i];
        if (m == MLAB_UNMATCHED) continue;
        if (m < 0 || (size_t)m >= pool->n_mentors)
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "mentee %zu is locked to mentor %d, allowed below %zu", i, m, pool->n_mentors);
        if (r->capacity[m]-- <= 0 && !crowded)
            return mlab_raise(err, MLAB_ERR_MATCH_CAPACITY, "mentor %d has more locked pairs than the %d places offered", m, pool->capacity[m]);
        if (r->capacity[m] < 0) r->capacity[m] = 0;
        if (r->lower && r->lower[m] > 0) r->lower[m]--;
        if (!r->hours) continue;
        r->hours[m] -= pool->mentee_hours ? pool->mentee_hours[i] : 1;
        if (r->hours[m] < 0 && !crowded)
            return mlab_raise(err, MLAB_ERR_MATCH_CAPACITY, "mentor %d has locked pairs for more than the %d hours offered", m,
                              pool->mentor_hours[m]);
        if (r->hours[m] < 0) r->hours[m] = 0;
    }
    return MLAB_OK;
}

/* Hours as places, where every mentee takes as many. A least number that the hours do not allow is told by the policy. */
static void hours_to_places(reduced *r)
{
    const int32_t each = r->whole->mentee_hours && r->whole->n_mentees ? r->whole->mentee_hours[0] : 1;
    for (size_t m = 0; m < r->whole->n_mentors; m++)
        if (r->hours[m] / each < r->capacity[m]) r->capacity[m] = r->hours[m] / each;
    r->pool.mentor_hours = NULL;
    r->pool.mentee_hours = NULL;
}

static mlab_status reduce(const mlab_context *context, const mlab_policy *policy, const mlab_policy_request *request, reduced *r, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    const int32_t *locked = policy->keeps & MLAB_KEEPS_OWN_LOCKS ? NULL : pool->locked;
    const bool filter = (locked || request->options.minimum_score > 0) && !pool->score_row;
    const size_t m = pool->n_mentors, edges = filter ? pool->first[pool->n_mentees] : 0;
    *r = (reduced){.pool = *pool, .whole = pool, .locked = locked, .minimum = request->options.minimum_score};
    const mlab_part parts[] = {
        {&r->capacity, m, sizeof *r->capacity},
        {&r->lower, pool->lower ? m : 0, sizeof *r->lower},
        {&r->hours, pool->mentor_hours ? m : 0, sizeof *r->hours},
        {&r->first, filter ? pool->n_mentees + 1 : 0, sizeof *r->first},
        {&r->mentor, edges, sizeof *r->mentor},
        {&r->score, edges, sizeof *r->score},
        {&r->mentee_rank, pool->mentee_rank ? edges : 0, sizeof *r->mentee_rank},
        {&r->mentor_rank, pool->mentor_rank ? edges : 0, sizeof *r->mentor_rank},
    };
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &r->block, err);
    if (status) return status;
    if (m) memcpy(r->capacity, pool->capacity, m * sizeof *r->capacity);
    if (pool->lower && m) memcpy(r->lower, pool->lower, m * sizeof *r->lower);
    if (pool->mentor_hours && m) memcpy(r->hours, pool->mentor_hours, m * sizeof *r->hours);
    if (!pool->lower) r->lower = NULL;
    if (!pool->mentor_hours) r->hours = NULL;
    if (!pool->mentee_rank) r->mentee_rank = NULL;
    if (!pool->mentor_rank) r->mentor_rank = NULL;
    if ((status = lock_pairs(r, policy->keeps & MLAB_KEEPS_CROWDED_LOCKS, err))) return status;
    r->pool.capacity = r->capacity;
    r->pool.lower = r->lower;
    r->pool.mentor_hours = r->hours;
    if (r->hours && !hours_differ(pool)) hours_to_places(r);
    if (filter) drop_candidates(r);
    if (pool->score_row) {
        r->pool.score_row = score_reduced_row;
        r->pool.source = r;
    }
    return MLAB_OK;
}

/* Chances of what was left become chances of all candidates, in place from the last on: a place never lies before where it came from. */
static void spread_chances(const reduced *r, double *probability)
{
    const mlab_pool *pool = r->whole;
    for (size_t i = pool->n_mentees; i-- > 0;) {
        size_t left = r->first[i + 1];
        for (size_t e = pool->first[i + 1]; e-- > pool->first[i];) {
            const bool kept = left > r->first[i] && r->mentor[left - 1] == pool->mentor[e];
            const bool locked = r->locked && r->locked[i] == pool->mentor[e];
            probability[e] = kept ? probability[--left] : locked ? 1 : 0;
        }
    }
}

static mlab_status assign_rest(const mlab_context *context, const mlab_policy *policy, const mlab_policy_request *request, mlab_policy_result *result,
                               mlab_error *err)
{
    reduced r;
    mlab_status status = reduce(context, policy, request, &r, err);
    if (!status) {
        mlab_policy_request rest = *request;
        rest.pool = &r.pool;
        status = policy->assign(context, &rest, result, err);
    }
    if (!status && r.pool.first == r.first && result->probability) spread_chances(&r, result->probability);
    for (size_t i = 0; !status && r.locked && i < r.whole->n_mentees; i++)
        if (r.locked[i] != MLAB_UNMATCHED) result->mentor_of[i] = r.locked[i];
    mlab_release(context, r.block);
    return status;
}

mlab_status mlab_policy_assign(const mlab_context *context, const mlab_policy *policy, const mlab_policy_request *request, mlab_policy_result *result,
                               mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    mlab_policy_request checked = *request;
    if (!checked.options.mentors_each) checked.options.mentors_each = 1;
    *result = (mlab_policy_result){.mentor_of = result->mentor_of, .probability = result->probability};
    mlab_status status = mlab_pool_check(pool, err);
    if (status || (status = check_options(&checked.options, err)) || (status = check_keeps(policy, &checked, err))) return status;
    for (size_t i = 0; i < pool->n_mentees * (size_t)checked.options.mentors_each; i++) result->mentor_of[i] = MLAB_UNMATCHED;
    if ((pool->locked && !(policy->keeps & MLAB_KEEPS_OWN_LOCKS)) || checked.options.minimum_score > 0 || pool->mentor_hours)
        return assign_rest(context, policy, &checked, result, err);
    return policy->assign(context, &checked, result, err);
}

const char *mlab_policy_status_name(mlab_policy_status status)
{
    static const char *const names[] = {"done", "optimal", "within_gap", "time_limit", "none_exists", "infeasible"};
    return (size_t)status < sizeof names / sizeof *names ? names[status] : "unknown";
}
