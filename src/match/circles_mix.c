/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Circles with a mix in several columns. The first is nested in the flow (circles.c); the others are not, and are kept by the search: a pair that is
 * one too many of its group is bound or ruled out, a circle that lacks somebody of a group is closed or opened, and then somebody of it bound or
 * ruled out.
 *
 * Weakness: the bound of the flow knows nothing of these columns, so that tight mixes in several columns take many steps.
 */
#include "match/circles.h"

#include <string.h>

static int32_t group_of(const mlab_circles *c, size_t pair, size_t column)
{
    return c->pool->mentee_mix[c->lots.mentees[c->mentee[pair]].who * c->pool->mix_columns + column];
}

static bool is_on(const mlab_circles *c, size_t pair)
{
    return mlab_flow_on(c->flow, c->n_before + pair) > 0;
}

/* A pair of the circle and group that is on the flow (or not) and undecided; SIZE_MAX = none. */
static size_t find_pair(const mlab_circles *c, size_t j, size_t column, int32_t group, bool on)
{
    for (size_t e = c->first_of[j]; e < c->first_of[j + 1]; e++) {
        const uint32_t pair = c->by_mentor[e];
        if (group_of(c, pair, column) == group && is_on(c, pair) == on && !c->bound[pair] && !c->ruled[pair]) return pair;
    }
    return SIZE_MAX;
}

/* One column of one circle: true = a breach, or dead. */
static bool look(const mlab_circles *c, size_t j, size_t column, mlab_circles_breach *breach, bool *dead)
{
    const int32_t n = c->pool->mix_groups[column];
    int32_t *on = c->tally, *bound = on + n;
    memset(c->tally, 0, 2 * (size_t)n * sizeof *c->tally);
    for (size_t e = c->first_of[j]; e < c->first_of[j + 1]; e++) {
        const uint32_t pair = c->by_mentor[e];
        const int32_t g = group_of(c, pair, column);
        if (g < 0) continue;
        on[g] += is_on(c, pair);
        bound[g] += c->bound[pair] > 0;
    }
    for (int32_t g = 0; g < n; g++) {
        if (bound[g] > c->most) return *dead = true;
        if (on[g] >= c->least && on[g] <= c->most) continue;
        if (on[g] < c->least && c->state[j] == MLAB_CIRCLE_UNDECIDED) {
            *breach = (mlab_circles_breach){false, j, true};
            return true;
        }
        const size_t pair = find_pair(c, j, column, g, on[g] > c->most);
        if (pair == SIZE_MAX) return *dead = true;
        *breach = (mlab_circles_breach){true, pair, true};
        return true;
    }
    return false;
}

bool mlab_circles_find_mix_breach(const mlab_circles *c, mlab_circles_breach *breach, bool *dead)
{
    *dead = false;
    if (!c->pool->mentee_mix || (c->least <= 0 && c->request->options.mix_most <= 0)) return false;
    for (size_t j = 0; j < c->m; j++)
        for (size_t k = 0; k < c->pool->mix_columns && (mlab_circles_size(c, j) > 0 || c->state[j] == MLAB_CIRCLE_OPEN); k++)
            if (look(c, j, k, breach, dead)) return !*dead;
    return false;
}
