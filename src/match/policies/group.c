/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Circles: each mentor with a group of mentees, with bounds on its size and its mix.
 *
 * Highest total score (participation_first: the most mentees first) of circles that are closed or hold at least `low` and at most `high`
 * people, at least mix_least and at most mix_most of each group of each column, and no two of one team (pool.mentee_team). NP-hard as soon as circles
 * may stay closed or teams cross groups (assignment with minimum quantities: Krumke & Thielen 2013, European Journal of Operational Research 228,
 * 46-55); solved by branch and bound: an undecided circle that came out too small is opened or closed, a pair of one team is bound or ruled out, and
 * each node is bounded by a flow that goes on from the one before (circles.c). Depth first, so memory is small; stopped by options.gap,
 * options.time_limit, or after NODES nodes, with the proven bound.
 * Weakness: many circles just too small are decided one by one; the bound is that of circles without a least size.
 */
#include "match/circles.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"

#include <stdio.h>

enum { NODES = 20000 }; /* of a search without a time limit: the same result everywhere */

typedef struct branch {
    mlab_circles_breach breach;
    mlab_gain bound;
    int tried; /* 1 or 2 */
} branch;

typedef struct search {
    mlab_circles c;
    mlab_policy_result *result;
    branch *stack;
    size_t depth, capacity;
    bool found;
    mlab_gain best;
    mlab_gain dropped; /* the greatest bound that the gap let go */
    bool any_dropped;
    double end; /* seconds; 0 = none */
    bool stopped;
} search;

static bool above(mlab_gain a, mlab_gain b)
{
    return a.first != b.first ? a.first > b.first : a.second > b.second;
}

static void take_step(search *s, const branch *b, int way, int by)
{
    const bool first = way == 1;
    if (b->breach.is_pair) {
        if (first)
            mlab_circles_bind(&s->c, b->breach.which, by);
        else
            mlab_circles_rule_out(&s->c, b->breach.which, by);
        return;
    }
    const bool open = first == b->breach.open_first;
    mlab_circles_set(&s->c, b->breach.which, (uint8_t)(by < 0 ? MLAB_CIRCLE_UNDECIDED : open ? MLAB_CIRCLE_OPEN : MLAB_CIRCLE_CLOSED));
}

/* The pairs on the flow are the best so far. */
static void keep(search *s, mlab_gain total)
{
    const mlab_circles *c = &s->c;
    s->found = true;
    s->best = total;
    for (size_t i = 0; i < c->n; i++) s->result->mentor_of[i] = MLAB_UNMATCHED;
    s->result->objective = 0;
    for (size_t k = 0; k < c->n_arcs - c->n_before; k++) {
        if (!mlab_flow_on(c->flow, c->n_before + k)) continue;
        s->result->mentor_of[c->lots.mentees[c->mentee[k]].who] = (int32_t)c->lots.mentors[c->mentor[k]].who;
        if (c->candidate[k] != MLAB_NO_CANDIDATE) s->result->objective += c->pool->score[c->candidate[k]];
    }
}

/* Whether a node can still be better than what was found, by more than the gap. */
static bool worth_it(search *s, mlab_gain bound)
{
    if (!s->found) return true;
    if (!above(bound, s->best)) return false;
    const double gap = s->c.request->options.gap;
    if (gap <= 0 || bound.first != s->best.first || (double)(bound.second - s->best.second) > gap * (double)bound.second) return true;
    if (!s->any_dropped || above(bound, s->dropped)) s->dropped = bound;
    s->any_dropped = true;
    return false;
}

/* Solves the node of now; when it is neither closed nor an answer, a branch is put on the stack. */
static mlab_status visit(search *s, mlab_error *err)
{
    bool possible;
    mlab_gain total;
    mlab_circles_breach breach;
    mlab_status status = mlab_circles_relax(&s->c, &possible, &total, err);
    s->result->nodes++;
    if (status || !possible || !worth_it(s, total)) return status;
    bool dead = false;
    if (!mlab_circles_find_breach(&s->c, &breach) && !mlab_circles_find_mix_breach(&s->c, &breach, &dead)) {
        if (!dead) keep(s, total);
        return MLAB_OK;
    }
    if ((status = mlab_grow(s->c.context, &s->stack, s->depth, &s->capacity, sizeof *s->stack, err))) return status;
    s->stack[s->depth] = (branch){breach, total, 1};
    take_step(s, &s->stack[s->depth++], 1, 1);
    return MLAB_OK;
}

static bool time_is_up(search *s)
{
    s->stopped = s->end > 0 ? mlab_os_seconds() >= s->end : s->result->nodes >= NODES;
    return s->stopped;
}

/* Takes back the last step and goes the other way, or up; false = nothing is left. */
static bool turn_back(search *s)
{
    while (s->depth) {
        branch *b = &s->stack[s->depth - 1];
        take_step(s, b, b->tried, -1);
        if (b->tried == 1 && worth_it(s, b->bound)) {
            b->tried = 2;
            take_step(s, b, 2, 1);
            return true;
        }
        s->depth--;
    }
    return false;
}

static mlab_status run(search *s, mlab_error *err)
{
    for (;;) {
        const size_t before = s->depth;
        mlab_status status = visit(s, err);
        if (status) return status;
        if (time_is_up(s)) return MLAB_OK;
        if (s->depth == before && !turn_back(s)) return MLAB_OK;
    }
}

/* The greatest total that nodes not looked at could have. */
static mlab_gain open_bound(const search *s)
{
    mlab_gain bound = s->best;
    if (s->any_dropped && above(s->dropped, bound)) bound = s->dropped;
    for (size_t d = 0; s->stopped && d < s->depth; d++)
        if (!s->found || above(s->stack[d].bound, bound)) bound = s->stack[d].bound;
    return bound;
}

static double points(const search *s, mlab_gain gain)
{
    return (double)gain.second / ((double)s->c.n + 1) / s->c.scale;
}

static void tell(search *s)
{
    mlab_policy_result *r = s->result;
    const mlab_gain bound = open_bound(s);
    r->bound = r->objective;
    if (above(bound, s->best) || !s->found) {
        r->bound = points(s, bound);
        if (r->bound < r->objective) r->bound = r->objective;
    }
    r->gap = r->bound > 0 ? (r->bound - r->objective) / r->bound : 0;
    r->status = s->stopped ? MLAB_POLICY_TIME_LIMIT : s->any_dropped && above(s->dropped, s->best) ? MLAB_POLICY_WITHIN_GAP : MLAB_POLICY_OPTIMAL;
    if (s->stopped && s->end <= 0)
        snprintf(r->why, sizeof r->why, "the search ended after %d steps, at the same place on every machine; time: sets another limit", NODES);
    if (s->found) return;
    for (size_t i = 0; s->c.pool->locked && i < s->c.n; i++) r->mentor_of[i] = s->c.pool->locked[i];
    r->status = s->stopped ? MLAB_POLICY_TIME_LIMIT : MLAB_POLICY_INFEASIBLE;
    snprintf(r->why, sizeof r->why,
             s->stopped ? "no circles that keep all bounds were found before the search ended"
                        : "the locked pairs and the bounds on size and mix of a circle cannot all be kept");
}

/* Bounds that contradict each other are told, and nobody is matched. */
static bool contradicts(const search *s)
{
    const mlab_policy_options *o = &s->c.request->options;
    mlab_policy_result *r = s->result;
    if (o->group_high > 0 && o->group_low > o->group_high)
        snprintf(r->why, sizeof r->why, "a circle of at least %d and at most %d", o->group_low, o->group_high);
    else if (o->mix_most > 0 && o->mix_least > o->mix_most)
        snprintf(r->why, sizeof r->why, "at least %d and at most %d of each group in a circle", o->mix_least, o->mix_most);
    else if (s->c.groups && o->group_high > 0 && (int64_t)o->mix_least * s->c.pool->n_groups > o->group_high)
        snprintf(r->why, sizeof r->why, "at least %d of each of %d groups in a circle of at most %d", o->mix_least, s->c.pool->n_groups,
                 o->group_high);
    else
        return false;
    r->status = MLAB_POLICY_INFEASIBLE;
    return true;
}

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    search s = {.result = result};
    const double limit = request->options.time_limit;
    if (limit > 0) s.end = mlab_os_seconds() + limit;
    if ((request->options.mix_least > 0 || request->options.mix_most > 0) && !request->pool->mentee_group)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "bounds on the mix of a circle need the group of each mentee");
    mlab_status status = mlab_circles_make(context, request, &s.c, err);
    if (status) goto out;
    if (contradicts(&s)) goto out;
    if ((status = run(&s, err))) goto out;
    tell(&s);
out:
    mlab_release(context, s.stack);
    mlab_circles_free(&s.c);
    return status;
}

const mlab_policy mlab_policy_group = {
    .name = "group",
    .summary = "circles: each mentor with a group, with bounds on its size and its mix",
    .source = "Krumke & Thielen 2013, European Journal of Operational Research 228, 46-55",
    .keeps = MLAB_KEEPS_OWN_LOCKS,
    .again = 3000,
    .assign = assign,
};
