/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The highest total of matchings in which the mean scores of groups are close to each other: NP-hard (it holds the knapsack), so by branch and
 * bound.
 *
 * The bound is Lagrange's: a price y_g on the mean of group g, the prices adding to 0, makes of the scores of g their (1 - y_g / n_g)-fold, and
 * what the best matching then has, plus level times the prices above 0, nothing fair can exceed (Fisher 1981, Management Science 27, 1-18).
 * Prices are found by subgradient steps; what they give errs now to one side and now to the other, and chains of changes between two of them make a
 * fair matching (fairness_blend.c). A pair of the best matching for these prices is ruled out, then bound; each node is a flow that goes on
 * from the one before. Depth first; stopped by options.gap, options.time_limit, or after NODES nodes, with the proven bound.
 * Weakness: total scores that nearly agree make many nodes; the proof is to a millionth of a point.
 */
#include "match/fairness.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <stdio.h>

enum {
    NODES = 20000,
    ROOT_STEPS = 60,
    WORK = 400000000
}; /* nodes of a search without a time limit, and candidates times nodes: the same
        result everywhere */
static const double as_good = 1e-6, most_factor = 8;

typedef struct branch {
    uint32_t candidate;
    bool bound_now; /* it was ruled out, now it is bound to be */
    double bound;   /* of the node it came from */
} branch;

typedef struct search {
    mlab_fairness *f;
    mlab_policy_result *result;
    double *price, *best_price, *mean; /* [n_groups] */
    int32_t *trial;                    /* [n_mentees] */
    int32_t *last, *between;           /* [n_mentees] the unfair matching of the step before; one between two others */
    bool has_last;
    uint8_t *fixed; /* [candidates] by turn: 1 = ruled out, 2 = bound */
    branch *stack;  /* [candidates + 1] */
    size_t depth;
    uint64_t most_nodes;
    int64_t wanted; /* first gains when all that is bound is kept */
    bool found;
    double best, dropped; /* dropped: the greatest bound that the gap let go */
} search;

static int32_t size_of(const mlab_fairness *f, size_t g)
{
    return f->size[g] - f->locked[g];
}

static void set_prices(search *s)
{
    mlab_fairness *f = s->f;
    for (size_t t = 0; t < f->request->pool->n_mentees; t++) {
        const uint32_t g = f->group_of[t];
        double factor = g < f->n_groups && size_of(f, g) ? 1 - s->price[g] / size_of(f, g) : 1;
        for (size_t k = f->lots.first[t]; k < f->lots.first[t + 1]; k++)
            mlab_fairness_set(f, f->first_candidate + k,
                              (mlab_gain){s->fixed[k] == 2   ? 1
                                          : s->fixed[k] == 1 ? -1
                                                             : 0,
                                          mlab_fairness_gain(f, k, factor)});
    }
}

/* Prices adding to 0 over the groups, no factor beyond what the flow can hold. */
static void tame_prices(search *s)
{
    const mlab_fairness *f = s->f;
    double sum = 0, shrink = 1;
    size_t n = 0;
    for (size_t g = 0; g < f->n_groups; g++) {
        if (!size_of(f, g)) continue;
        sum += s->price[g];
        n++;
    }
    for (size_t g = 0; g < f->n_groups; g++) {
        if (!size_of(f, g)) continue;
        s->price[g] -= sum / (double)n;
        const double most = (most_factor - 1) * size_of(f, g);
        if (fabs(s->price[g]) * shrink > most) shrink = most / fabs(s->price[g]);
    }
    for (size_t g = 0; g < f->n_groups; g++) s->price[g] *= shrink;
}

/* Means of the groups in trial; whether they are close enough. */
static bool means_are_close(search *s)
{
    const mlab_fairness *f = s->f;
    double low = INFINITY, high = -INFINITY;
    for (size_t g = 0; g < f->n_groups; g++) s->mean[g] = 0;
    for (size_t t = 0; t < f->request->pool->n_mentees; t++) {
        const uint32_t i = f->lots.mentees[t].who, g = f->group_of[t];
        if (g < f->n_groups && s->trial[i] != MLAB_UNMATCHED) s->mean[g] += mlab_match_score(f->request->pool, i, s->trial[i]) / size_of(f, g);
    }
    for (size_t g = 0; g < f->n_groups; g++) {
        if (!size_of(f, g)) continue;
        low = s->mean[g] < low ? s->mean[g] : low;
        high = s->mean[g] > high ? s->mean[g] : high;
    }
    return !(high - low > f->request->options.fair_level + 1e-9);
}

/* Undoes the lowest pair of the group with the highest mean until the means are close: fair, if not the best. */
static void repair(search *s)
{
    const mlab_fairness *f = s->f;
    while (!means_are_close(s)) {
        size_t high = SIZE_MAX, worst = SIZE_MAX;
        for (size_t g = 0; g < f->n_groups; g++)
            if (size_of(f, g) && (high == SIZE_MAX || s->mean[g] > s->mean[high])) high = g;
        double lowest = INFINITY;
        for (size_t t = 0; t < f->request->pool->n_mentees; t++) {
            const uint32_t i = f->lots.mentees[t].who;
            if (f->group_of[t] != high || s->trial[i] == MLAB_UNMATCHED) continue;
            const double score = mlab_match_score(f->request->pool, i, s->trial[i]);
            if (score > 0 && score < lowest) {
                lowest = score;
                worst = i;
            }
        }
        s->trial[worst] = MLAB_UNMATCHED; /* there is one: the mean is above that of another group */
    }
}

static void keep_better(search *s, const int32_t *mentor_of)
{
    const double found = mlab_fairness_total(s->f, mentor_of);
    if (s->found && !(found > s->best)) return;
    s->found = true;
    s->best = found;
    for (size_t i = 0; i < s->f->request->pool->n_mentees; i++) s->result->mentor_of[i] = mentor_of[i];
}

static mlab_status try_between(search *s, const int32_t *from, const int32_t *to, mlab_error *err)
{
    mlab_status status = mlab_fair_blend(s->f, from, to, s->between, err);
    if (status) return status;
    int32_t *kept = s->trial;
    s->trial = s->between;
    if (means_are_close(s)) keep_better(s, s->between);
    s->trial = kept;
    return MLAB_OK;
}

/* Fair matchings from an unfair one: between it and the one before, which may err to the other side; between the best and it; what is left when
 * pairs are undone. */
static mlab_status make_fair(search *s, mlab_error *err)
{
    mlab_status status = s->has_last ? try_between(s, s->last, s->trial, err) : MLAB_OK;
    if (!status && s->found) status = try_between(s, s->result->mentor_of, s->trial, err);
    if (status) return status;
    for (size_t i = 0; i < s->f->request->pool->n_mentees; i++) s->last[i] = s->trial[i];
    s->has_last = true;
    (void)means_are_close(s);
    repair(s);
    keep_better(s, s->trial);
    return MLAB_OK;
}

/* The best matching for the prices: a bound; kept if it is fair and better. possible = false: what is bound cannot be had. */
static mlab_status solve(search *s, bool *possible, double *bound, mlab_error *err)
{
    mlab_fairness *f = s->f;
    set_prices(s);
    mlab_status status = mlab_flow_solve(f->flow, err);
    if (status) return status;
    s->result->nodes++;
    const mlab_gain total = mlab_flow_total(f->flow);
    *possible = total.first == s->wanted;
    if (!*possible) return MLAB_OK;
    *bound = (double)total.second / (double)f->per_pair / f->scale;
    for (size_t g = 0; g < f->n_groups; g++)
        if (s->price[g] > 0) *bound += f->request->options.fair_level * s->price[g];
    mlab_fairness_read(f, s->trial);
    if (means_are_close(s)) {
        keep_better(s, s->trial);
        return MLAB_OK;
    }
    return f->lower || s->result->nodes > ROOT_STEPS ? MLAB_OK : make_fair(s, err);
}

/* The means of what the flow has, which a repair has changed. */
static void read_means(search *s)
{
    mlab_fairness_read(s->f, s->trial);
    (void)means_are_close(s);
}

/* Polyak's steps towards the prices of the lowest bound; leaves the best prices in price and their bound in *lowest. */
static mlab_status find_prices(search *s, int steps, bool *possible, double *lowest, mlab_error *err)
{
    const mlab_fairness *f = s->f;
    const double level = f->request->options.fair_level;
    *lowest = INFINITY;
    for (int k = 0; k < steps; k++) {
        double bound = 0, norm = 0;
        mlab_status status = solve(s, possible, &bound, err);
        if (status || !*possible) return status;
        if (bound < *lowest) {
            *lowest = bound;
            for (size_t g = 0; g < f->n_groups; g++) s->best_price[g] = s->price[g];
        }
        read_means(s);
        const double excess = bound - s->best;
        if (excess <= as_good) break;
        for (size_t g = 0; g < f->n_groups; g++) {
            if (!size_of(f, g)) continue;
            const double slope = (s->price[g] > 0 ? level : 0) - s->mean[g];
            norm += slope * slope;
        }
        if (!(norm > 0)) break;
        for (size_t g = 0; g < f->n_groups; g++)
            if (size_of(f, g)) s->price[g] -= excess / (1 + 0.1 * k) / norm * ((s->price[g] > 0 ? level : 0) - s->mean[g]);
        tame_prices(s);
    }
    for (size_t g = 0; g < f->n_groups; g++) s->price[g] = s->best_price[g];
    return MLAB_OK;
}

/* A pair to decide: the one of the matching at hand with the highest score, else any that is not decided; SIZE_MAX = all are. */
static size_t undecided(const search *s)
{
    const mlab_fairness *f = s->f;
    size_t best = SIZE_MAX, any = SIZE_MAX;
    double high = -1;
    for (size_t k = 0; k < f->lots.first[f->request->pool->n_mentees]; k++) {
        if (s->fixed[k]) continue;
        any = k;
        const double score = f->request->pool->score[f->lots.edges[k].edge];
        if (!mlab_flow_on(f->flow, f->first_candidate + k) || score <= high) continue;
        best = k;
        high = score;
    }
    return best != SIZE_MAX ? best : any;
}

static bool let_go(search *s, double bound)
{
    if (!s->found) return false;
    if (bound <= s->best + as_good) return true;
    if (!(bound - s->best <= s->f->request->options.gap * bound)) return false;
    s->dropped = bound > s->dropped ? bound : s->dropped;
    return true;
}

/* Back to the last pair that was only ruled out so far; it is bound now. false = everything was looked at. */
static bool go_back(search *s)
{
    while (s->depth) {
        branch *b = &s->stack[s->depth - 1];
        if (!b->bound_now) {
            b->bound_now = true;
            s->fixed[b->candidate] = 2;
            s->wanted++;
            return true;
        }
        s->fixed[b->candidate] = 0;
        s->wanted--;
        s->depth--;
    }
    return false;
}

static mlab_status branch_and_bound(search *s, double *open, bool *stopped, mlab_error *err)
{
    const mlab_policy_options *o = &s->f->request->options;
    const mlab_context *context = s->f->context;
    bool possible;
    double bound;
    mlab_status status = find_prices(s, ROOT_STEPS, &possible, &bound, err);
    *stopped = false;
    while (!status) {
        const size_t k = possible && !let_go(s, bound) ? undecided(s) : SIZE_MAX;
        if (k != SIZE_MAX) {
            s->stack[s->depth++] = (branch){(uint32_t)k, false, bound};
            s->fixed[k] = 1;
        } else if (!go_back(s))
            return MLAB_OK;
        *stopped = o->time_limit > 0 ? mlab_fairness_late(s->f) : s->result->nodes >= s->most_nodes;
        if (*stopped) break;
        if (context->cancelled && context->cancelled(context->user)) return mlab_raise(err, MLAB_ERR_CANCELLED, "matching was stopped on request");
        status = solve(s, &possible, &bound, err);
    }
    *open = s->best;
    for (size_t d = 0; d < s->depth; d++) /* a node in work, or one whose second way was not looked at, may hold what its bound says */
        if (s->stack[d].bound > *open) *open = s->stack[d].bound;
    return status;
}

mlab_status mlab_fair_quality(mlab_fairness *f, mlab_policy_result *result, mlab_error *err)
{
    search s = {.f = f, .result = result, .wanted = f->lower};
    const size_t n = f->request->pool->n_mentees, candidates = f->lots.first[n];
    void *block;
    const mlab_part parts[] = {{&s.price, f->n_groups, sizeof *s.price},
                               {&s.best_price, f->n_groups, sizeof *s.best_price},
                               {&s.mean, f->n_groups, sizeof *s.mean},
                               {&s.trial, n, sizeof *s.trial},
                               {&s.last, n, sizeof *s.last},
                               {&s.between, n, sizeof *s.between},
                               {&s.fixed, candidates, sizeof *s.fixed},
                               {&s.stack, candidates + 1, sizeof *s.stack}};
    mlab_status status = mlab_allocate_parts(f->context, parts, sizeof parts / sizeof *parts, &block, err);
    if (status) return status;
    f->scale /= 2 * most_factor;
    s.most_nodes = candidates && WORK / candidates < NODES ? WORK / candidates + 1 : NODES;
    s.found = f->lower == 0; /* nobody matched: all means are 0 */
    double open = 0;
    bool stopped = false;
    status = branch_and_bound(&s, &open, &stopped, err);
    if (!stopped) open = s.best;
    result->objective = s.best;
    result->bound = s.dropped > open ? s.dropped : open;
    result->gap = result->bound > 0 ? (result->bound - result->objective) / result->bound : 0;
    result->status = !s.found             ? stopped ? MLAB_POLICY_TIME_LIMIT : MLAB_POLICY_INFEASIBLE
                     : stopped            ? result->gap <= f->request->options.gap ? MLAB_POLICY_WITHIN_GAP : MLAB_POLICY_TIME_LIMIT
                     : result->gap > 1e-6 ? MLAB_POLICY_WITHIN_GAP
                                          : MLAB_POLICY_OPTIMAL;
    if (result->status == MLAB_POLICY_TIME_LIMIT && f->request->options.time_limit <= 0)
        snprintf(result->why, sizeof result->why, "the search ended after %llu steps, at the same place on every machine; time: sets another limit",
                 (unsigned long long)s.most_nodes);
    mlab_release(f->context, block);
    return status;
}
