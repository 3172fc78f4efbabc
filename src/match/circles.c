/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Circles as a network.
 *
 * Mentees flow to mentors through a node for each group in a circle: sizes and one mix are nested bounds, so with the set of open
 * circles fixed the best circles are a flow (flow.c), exactly. A bound from below is an arc whose units gain more than everything else together;
 * when such an arc stays unfilled, no circles keep the bound. What is not nested - which circles open, and teams whose members shall not
 * meet - is left to the search (policies/group.c), which sets gains and nothing else, so each step goes on from the flow before.
 */
#include "match/circles.h"

#include "core/error.h"
#include "core/memory.h"

/* Mentors' nodes follow the mentees', then those of a circle's groups. */
static uint32_t mentor_node(const mlab_circles *c, size_t j)
{
    return 1 + (uint32_t)(c->n + j);
}

static uint32_t group_node(const mlab_circles *c, size_t j, int32_t group)
{
    return group < 0 || !c->groups ? mentor_node(c, j) : 1 + (uint32_t)(c->n + c->m + j * c->groups) + (uint32_t)group;
}

/* Arcs by number. */
static size_t size_arc(const mlab_circles *c, size_t j)
{
    return c->n + 2 * j;
}

static size_t mix_arc(const mlab_circles *c, size_t j, size_t group)
{
    return c->n + 2 * c->m + 2 * (j * c->groups + group);
}

/* A unit on an arc that must be full gains more than all people; one on an arc that is closed loses more than it can open. */
static int64_t full(const mlab_circles *c)
{
    return (int64_t)c->n + 1;
}

static bool is_locked(const mlab_circles *c, size_t mentee)
{
    return c->pool->locked && c->pool->locked[mentee] != MLAB_UNMATCHED;
}

/* --- making --------------------------------------------------------------------------------------- */

static mlab_status check_locks(const mlab_circles *c, mlab_error *err)
{
    for (size_t i = 0; i < c->n; i++)
        if (is_locked(c, i) && (c->pool->locked[i] < 0 || (size_t)c->pool->locked[i] >= c->m))
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "mentee %zu is locked to mentor %d, allowed below %zu", i, c->pool->locked[i], c->m);
    return MLAB_OK;
}

/* group_low 0: half of the most, rounded up. A circle that has fewer places than its least number is closed. */
static void set_sizes(mlab_circles *c)
{
    const mlab_policy_options *o = &c->request->options;
    for (size_t j = 0; j < c->m; j++) {
        const int32_t places = c->pool->capacity[c->lots.mentors[j].who];
        c->high[j] = o->group_high > 0 && o->group_high < places ? o->group_high : places;
        c->low[j] = o->group_low > 0 ? o->group_low : ((o->group_high > 0 ? o->group_high : places) + 1) / 2;
    }
}

static void add_pair(mlab_circles *c, size_t i, size_t j, uint32_t candidate)
{
    const uint32_t who = c->lots.mentees[i].who;
    const int32_t group = c->pool->mentee_group ? c->pool->mentee_group[who] : -1;
    const size_t k = c->n_arcs - c->n_before;
    const int64_t score = candidate == MLAB_NO_CANDIDATE ? 0 : mlab_lots_whole(c->pool->score[candidate], c->scale);
    c->candidate[k] = candidate;
    c->mentee[k] = (uint32_t)i;
    c->mentor[k] = (uint32_t)j;
    c->first_of[j + 1]++;
    const mlab_gain gain = {c->request->options.participation_first, score * full(c) + 1};
    c->arcs[c->n_arcs++] = (mlab_flow_arc){1 + (uint32_t)i, group_node(c, j, group), 1, gain};
}

static void build(mlab_circles *c)
{
    const mlab_pool *pool = c->pool;
    for (size_t i = 0; i < c->n; i++) c->arcs[c->n_arcs++] = (mlab_flow_arc){0, 1 + (uint32_t)i, 1, {0, 0}};
    for (size_t j = 0; j < c->m; j++) {
        const int32_t low = c->low[j] < c->high[j] ? c->low[j] : c->high[j];
        c->arcs[c->n_arcs++] = (mlab_flow_arc){mentor_node(c, j), 0, low, {0, 0}};
        c->arcs[c->n_arcs++] = (mlab_flow_arc){mentor_node(c, j), 0, c->high[j] - low, {0, 0}};
    }
    for (size_t j = 0; j < c->m; j++)
        for (size_t g = 0; g < c->groups; g++) {
            const uint32_t node = group_node(c, j, (int32_t)g);
            c->arcs[c->n_arcs++] = (mlab_flow_arc){node, mentor_node(c, j), c->least, {0, 0}};
            c->arcs[c->n_arcs++] = (mlab_flow_arc){node, mentor_node(c, j), c->most - c->least, {0, 0}};
        }
    c->n_before = c->n_arcs;
    for (size_t i = 0; i < c->n; i++) {
        const uint32_t who = c->lots.mentees[i].who;
        bool found = !is_locked(c, who);
        for (size_t k = c->lots.first[i]; k < c->lots.first[i + 1]; k++) {
            const mlab_lot_edge edge = c->lots.edges[k];
            const bool mine = is_locked(c, who) && pool->mentor[edge.edge] == pool->locked[who];
            if (!is_locked(c, who) || mine) add_pair(c, i, edge.mentor, edge.edge);
            found = found || mine;
        }
        if (!found) add_pair(c, i, c->lots.mentor_turn[pool->locked[who]], MLAB_NO_CANDIDATE);
    }
}

static void list_by_mentor(mlab_circles *c)
{
    const size_t pairs = c->n_arcs - c->n_before;
    for (size_t j = 0; j < c->m; j++) c->first_of[j + 1] += c->first_of[j];
    for (size_t k = 0; k < pairs; k++) c->by_mentor[c->first_of[c->mentor[k]]++] = (uint32_t)k;
    for (size_t j = c->m; j > 0; j--) c->first_of[j] = c->first_of[j - 1];
    c->first_of[0] = 0;
}

/* What no search need look at: circles too small to open, locked pairs and their circles. */
static void decide_plain(mlab_circles *c)
{
    const int64_t mixed = (int64_t)c->least * (int64_t)c->groups;
    for (size_t j = 0; j < c->m; j++)
        if (c->low[j] > c->high[j] || mixed > c->high[j] || !c->high[j]) mlab_circles_set(c, j, MLAB_CIRCLE_CLOSED);
    for (size_t k = 0; k < c->n_arcs - c->n_before; k++) {
        if (!is_locked(c, c->lots.mentees[c->mentee[k]].who)) continue;
        mlab_circles_bind(c, k, 1);
        mlab_circles_set(c, c->mentor[k], MLAB_CIRCLE_OPEN);
    }
}

static size_t most_groups(const mlab_pool *pool)
{
    size_t most = 1;
    for (size_t k = 0; k < pool->mix_columns; k++)
        if ((size_t)pool->mix_groups[k] > most) most = (size_t)pool->mix_groups[k];
    return most;
}

mlab_status mlab_circles_make(const mlab_context *context, const mlab_policy_request *request, mlab_circles *c, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    const mlab_policy_options *o = &request->options;
    const bool mix = pool->mentee_group && (o->mix_least > 0 || o->mix_most > 0);
    *c = (mlab_circles){.context = context, .request = request, .pool = pool, .n = pool->n_mentees, .m = pool->n_mentors};
    c->groups = mix ? (size_t)pool->n_groups : 0;
    c->least = o->mix_least;
    c->most = o->mix_most > 0 ? o->mix_most : (int32_t)c->n;
    if (c->most < c->least) c->most = c->least;
    const size_t edges = pool->first[c->n] + c->n, nodes = 1 + c->n + c->m * (1 + c->groups);
    if (nodes >= (size_t)1 << 22) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu people and groups of circles, allowed fewer than 4194304", nodes);
    const mlab_part parts[] = {{&c->low, c->m, sizeof *c->low},
                               {&c->high, c->m, sizeof *c->high},
                               {&c->arcs, c->n + 2 * c->m * (1 + c->groups) + edges, sizeof *c->arcs},
                               {&c->candidate, edges, sizeof *c->candidate},
                               {&c->mentee, edges, sizeof *c->mentee},
                               {&c->mentor, edges, sizeof *c->mentor},
                               {&c->bound, edges, sizeof *c->bound},
                               {&c->ruled, edges, sizeof *c->ruled},
                               {&c->state, c->m, sizeof *c->state},
                               {&c->first_of, c->m + 1, sizeof *c->first_of},
                               {&c->tally, 3 * most_groups(pool), sizeof *c->tally},
                               {&c->by_mentor, edges, sizeof *c->by_mentor}};
    mlab_status status = check_locks(c, err);
    if (status || (status = mlab_lots_make(context, request, &c->lots, err))) return status;
    if ((status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &c->memory, err))) return status;
    c->scale = mlab_lots_scale((double)c->n + 1, (double)nodes);
    set_sizes(c);
    build(c);
    list_by_mentor(c);
    if ((status = mlab_flow_make(context, nodes, c->arcs, c->n_arcs, &c->flow, err))) return status;
    decide_plain(c);
    return MLAB_OK;
}

void mlab_circles_free(mlab_circles *c)
{
    mlab_flow_free(c->flow);
    mlab_release(c->context, c->memory);
    mlab_lots_free(c->context, &c->lots);
}

/* --- decisions ------------------------------------------------------------------------------------ */

void mlab_circles_set(mlab_circles *c, size_t mentor, uint8_t state)
{
    const int64_t closed = state == MLAB_CIRCLE_CLOSED ? -4 * full(c) : 0, must = state == MLAB_CIRCLE_OPEN ? full(c) : 0;
    c->state[mentor] = state;
    mlab_flow_set_gain(c->flow, size_arc(c, mentor), (mlab_gain){closed + must, 0});
    mlab_flow_set_gain(c->flow, size_arc(c, mentor) + 1, (mlab_gain){closed, 0});
    for (size_t g = 0; g < c->groups; g++) mlab_flow_set_gain(c->flow, mix_arc(c, mentor, g), (mlab_gain){must, 0});
}

static void set_pair(mlab_circles *c, size_t k)
{
    mlab_gain gain = c->arcs[c->n_before + k].gain;
    if (c->bound[k]) gain.first += full(c);
    if (c->ruled[k]) gain.first -= 4 * full(c);
    mlab_flow_set_gain(c->flow, c->n_before + k, gain);
}

void mlab_circles_rule_out(mlab_circles *c, size_t pair, int by)
{
    c->ruled[pair] = (uint16_t)(c->ruled[pair] + by);
    set_pair(c, pair);
}

/* Whether the mentees of two pairs must not meet: of one team in some column. */
static bool apart(const mlab_circles *c, size_t a, size_t b)
{
    const mlab_pool *pool = c->pool;
    const size_t n = pool->team_columns ? pool->team_columns : 1;
    if (!pool->mentee_team) return false;
    const int32_t *x = pool->mentee_team + c->lots.mentees[c->mentee[a]].who * n, *y = pool->mentee_team + c->lots.mentees[c->mentee[b]].who * n;
    for (size_t k = 0; k < n; k++)
        if (x[k] >= 0 && x[k] == y[k]) return true;
    return false;
}

void mlab_circles_bind(mlab_circles *c, size_t pair, int by)
{
    if (!c->bound[pair]) c->n_bound++;
    c->bound[pair] = (uint16_t)(c->bound[pair] + by);
    if (!c->bound[pair]) c->n_bound--;
    set_pair(c, pair);
    const size_t j = c->mentor[pair];
    for (size_t e = c->first_of[j]; c->pool->mentee_team && e < c->first_of[j + 1]; e++) {
        const uint32_t other = c->by_mentor[e];
        if (other != pair && apart(c, other, pair)) mlab_circles_rule_out(c, other, by);
    }
}

/* --- the relaxation ------------------------------------------------------------------------------- */

int32_t mlab_circles_size(const mlab_circles *c, size_t mentor)
{
    return mlab_flow_on(c->flow, size_arc(c, mentor)) + mlab_flow_on(c->flow, size_arc(c, mentor) + 1);
}

/* Every arc that must be full is. */
static bool keeps_bounds(const mlab_circles *c, size_t j)
{
    if (mlab_circles_size(c, j) < c->low[j]) return false;
    for (size_t g = 0; g < c->groups; g++)
        if (mlab_flow_on(c->flow, mix_arc(c, j, g)) < c->least) return false;
    return true;
}

mlab_status mlab_circles_relax(mlab_circles *c, bool *possible, mlab_gain *total, mlab_error *err)
{
    const size_t pairs = c->n_arcs - c->n_before;
    *possible = true;
    *total = (mlab_gain){0, 0};
    mlab_status status = mlab_flow_solve(c->flow, err);
    if (status) return status;
    for (size_t j = 0; j < c->m && *possible; j++) *possible = c->state[j] != MLAB_CIRCLE_OPEN || keeps_bounds(c, j);
    for (size_t k = 0; k < pairs && *possible; k++) {
        const bool on = mlab_flow_on(c->flow, c->n_before + k) > 0;
        if (c->bound[k] && !on) *possible = false;
        if (!on) continue;
        total->first += c->arcs[c->n_before + k].gain.first;
        total->second += c->arcs[c->n_before + k].gain.second;
    }
    return MLAB_OK;
}

/* A pair of a circle in which its team meets; SIZE_MAX = none. */
static size_t find_meeting(const mlab_circles *c, size_t j)
{
    for (size_t e = c->first_of[j]; e < c->first_of[j + 1]; e++) {
        const uint32_t a = c->by_mentor[e];
        if (!mlab_flow_on(c->flow, c->n_before + a)) continue;
        for (size_t k = e + 1; k < c->first_of[j + 1]; k++) {
            const uint32_t b = c->by_mentor[k];
            if (mlab_flow_on(c->flow, c->n_before + b) && apart(c, a, b)) return c->bound[a] ? b : a;
        }
    }
    return SIZE_MAX;
}

bool mlab_circles_find_breach(const mlab_circles *c, mlab_circles_breach *breach)
{
    double nearest = -1;
    for (size_t j = 0; j < c->m; j++) {
        const int32_t size = mlab_circles_size(c, j);
        if (c->state[j] != MLAB_CIRCLE_UNDECIDED || size == 0 || keeps_bounds(c, j)) continue;
        const double share = (double)size / c->low[j];
        if (share <= nearest) continue;
        nearest = share;
        *breach = (mlab_circles_breach){false, j, 2 * size >= c->low[j]};
    }
    if (nearest >= 0) return true;
    for (size_t j = 0; c->pool->mentee_team && j < c->m; j++) {
        const size_t pair = find_meeting(c, j);
        if (pair == SIZE_MAX) continue;
        *breach = (mlab_circles_breach){true, pair, true};
        return true;
    }
    return false;
}
