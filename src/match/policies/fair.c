/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fair matching, of one of four kinds.
 *
 * leximin: the worst-off mentee as well off as can be, then the second worst, ...; no mentor is worse than any (leximin.c). minimum: the highest
 * total of those in which of each group at least a share is matched: a flow with bounds on groups. rate: the highest total of those in which the
 * shares matched of any two groups differ by at most a level: the lowest share of all groups is one of finitely many; for each of them the flow with
 * the bounds that follow, from the one before. All three are exact. quality: the same for mean scores, no mentor counting 0; NP-hard (a
 * knapsack), by branch and bound (fairness_quality.c). Fair shares can be reached by leaving people unmatched; so read the
 * price in pairs and in total beside them.
 */
#include "match/fairness.h"
#include "match/leximin.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"

#include <math.h>
#include <stdio.h>

/* Shares such as 0.1 have no exact double: counts within this of a whole number are it. */
static const double whole = 1e-9;

static mlab_status group_minimum(mlab_fairness *f, mlab_policy_result *result, mlab_error *err)
{
    int64_t wanted = f->lower;
    for (size_t g = 0; g < f->n_groups; g++) {
        const int64_t lower = (int64_t)ceil(f->request->options.fair_level * f->size[g] - whole);
        mlab_fairness_bound(f, g, lower, f->size[g]);
        if (lower > f->locked[g]) wanted += lower - f->locked[g];
    }
    mlab_status status = mlab_flow_solve(f->flow, err);
    if (status) return status;
    mlab_fairness_read(f, result->mentor_of);
    result->objective = result->bound = mlab_fairness_total(f, result->mentor_of);
    result->status = MLAB_POLICY_OPTIMAL;
    const int64_t missing = wanted - mlab_flow_total(f->flow).first;
    if (missing > 0) {
        result->status = MLAB_POLICY_INFEASIBLE;
        snprintf(result->why, sizeof result->why, "the least share cannot be reached by all groups%s: %lld more would have to be matched",
                 f->lower ? " with the fewest mentees mentors ask for" : "", (long long)missing);
    }
    return MLAB_OK;
}

/* The lowest share is `matched` of group `least`; whether the bounds that follow can be kept, and then their best total. */
static mlab_status with_lowest(mlab_fairness *f, size_t least, int64_t matched, bool *kept, double *total, int32_t *mentor_of, mlab_error *err)
{
    int64_t wanted = f->lower;
    const double share = (double)matched / f->size[least];
    *kept = true;
    for (size_t g = 0; g < f->n_groups; g++) {
        if (!f->size[g]) continue;
        const int64_t lower = (matched * f->size[g] + f->size[least] - 1) / f->size[least];
        int64_t upper = (int64_t)floor((share + f->request->options.fair_level) * f->size[g] + whole);
        if (upper > f->size[g]) upper = f->size[g];
        *kept = *kept && lower <= upper && upper >= f->locked[g];
        mlab_fairness_bound(f, g, lower, upper);
        if (lower > f->locked[g]) wanted += lower - f->locked[g];
    }
    if (!*kept) return MLAB_OK;
    mlab_status status = mlab_flow_solve(f->flow, err);
    if (status) return status;
    *kept = mlab_flow_total(f->flow).first == wanted;
    if (!*kept) return MLAB_OK;
    mlab_fairness_read(f, mentor_of);
    *total = mlab_fairness_total(f, mentor_of);
    return MLAB_OK;
}

static bool seen_before(const mlab_fairness *f, size_t g, int64_t k)
{
    for (size_t h = 0; h < g; h++)
        if (f->size[h] && k * f->size[h] % f->size[g] == 0) return true; /* the same share was one of group h */
    return false;
}

static mlab_status parity_rate(mlab_fairness *f, mlab_policy_result *result, int32_t *trial, mlab_error *err)
{
    mlab_status status = mlab_flow_solve(f->flow, err); /* without bounds: nothing can be above */
    if (status) return status;
    mlab_fairness_read(f, trial);
    double bound = mlab_fairness_total(f, trial);
    bool found = false, late = false;
    size_t groups = 0;
    for (size_t g = 0; g < f->n_groups; g++) groups += f->size[g] > 0;
    if (groups < 2 && mlab_flow_total(f->flow).first == f->lower) { /* nobody to be compared with */
        found = late = true;
        mlab_fairness_read(f, result->mentor_of);
        result->objective = bound;
    }
    for (size_t g = 0; g < f->n_groups && !status && !late; g++)
        for (int64_t k = f->size[g]; k >= 0 && f->size[g] && !status && !late; k--) { /* high shares first */
            if (seen_before(f, g, k)) continue;
            bool kept;
            double total = 0;
            status = with_lowest(f, g, k, &kept, &total, trial, err);
            result->nodes++;
            late = mlab_fairness_late(f);
            if (status || !kept || (found && !(total > result->objective))) continue;
            found = true;
            result->objective = total;
            for (size_t i = 0; i < f->request->pool->n_mentees; i++) result->mentor_of[i] = trial[i];
        }
    if (status) return status;
    late = late && groups > 1;
    if (!late) bound = result->objective;
    result->bound = bound;
    result->gap = bound > 0 ? (bound - result->objective) / bound : 0;
    result->status = found ? late ? MLAB_POLICY_TIME_LIMIT : MLAB_POLICY_OPTIMAL : late ? MLAB_POLICY_TIME_LIMIT : MLAB_POLICY_INFEASIBLE;
    if (result->status == MLAB_POLICY_INFEASIBLE)
        snprintf(result->why, sizeof result->why, "the shares matched cannot be brought that close to each other%s%s",
                 f->request->pool->locked ? " with the locked pairs" : "", f->lower ? " and the fewest mentees mentors ask for" : "");
    return MLAB_OK;
}

static mlab_status check_groups(const mlab_policy_request *request, mlab_error *err)
{
    const mlab_policy_options *o = &request->options;
    if (o->fair_kind == MLAB_FAIR_LEXIMIN) return MLAB_OK;
    if (!request->pool->mentee_group || request->pool->n_groups < 1)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "a fair matching of groups needs to know the groups of mentees");
    if (o->fair_kind != MLAB_FAIR_PARITY_QUALITY && o->fair_level > 1)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "fair_level is %g, a share, allowed 0 to 1", o->fair_level);
    return MLAB_OK;
}

static bool has_fewest(const mlab_pool *pool)
{
    for (size_t j = 0; pool->lower && j < pool->n_mentors; j++)
        if (pool->lower[j] > 0) return true;
    return false;
}

static mlab_status worst_first(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    const double limit = request->options.time_limit, end = limit > 0 ? mlab_os_seconds() + limit : 0;
    mlab_lots lots;
    bool late;
    mlab_status status = mlab_lots_make(context, request, &lots, err);
    if (status) return status;
    status = mlab_leximin(context, request, &lots, end, result, &late, err);
    mlab_lots_free(context, &lots);
    if (status) return status;
    result->status = late ? MLAB_POLICY_TIME_LIMIT : MLAB_POLICY_OPTIMAL;
    mlab_fair_tell_lowest(request->pool, result);
    return MLAB_OK;
}

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    mlab_fairness f;
    void *block = NULL;
    int32_t *trial;
    mlab_status status = check_groups(request, err);
    if (status) return status;
    if (request->options.fair_kind == MLAB_FAIR_LEXIMIN && !has_fewest(request->pool)) return worst_first(context, request, result, err);
    status = mlab_fairness_make(context, request, &f, err);
    const mlab_part parts[] = {{&trial, request->pool->n_mentees, sizeof *trial}};
    if (!status) status = mlab_allocate_parts(context, parts, 1, &block, err);
    if (!status) switch (request->options.fair_kind) {
        case MLAB_FAIR_LEXIMIN: status = mlab_fair_leximin(&f, result, err); break;
        case MLAB_FAIR_GROUP_MINIMUM: status = group_minimum(&f, result, err); break;
        case MLAB_FAIR_PARITY_RATE: status = parity_rate(&f, result, trial, err); break;
        case MLAB_FAIR_PARITY_QUALITY: status = mlab_fair_quality(&f, result, err); break;
        }
    if (!status && result->status == MLAB_POLICY_INFEASIBLE && !result->why[0])
        snprintf(result->why, sizeof result->why, "the fewest mentees that mentors ask for cannot all be had");
    mlab_release(context, block);
    mlab_fairness_free(&f);
    return status;
}

const mlab_policy mlab_policy_fair = {
    .name = "fair",
    .summary = "the worst-off first, or the highest total with bounds on groups",
    .source = "Huang, Kavitha, Mehlhorn & Michail 2016, doi:10.1007/s00453-015-9994-9",
    .keeps = MLAB_KEEPS_LOWER,
    .again = 20000,
    .assign = assign,
};
