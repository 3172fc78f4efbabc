/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers that may be uncertain: fixed, triangular, lognormal by median and 95th percentile, uniform; drawn by inversion.
 *
 * Weakness: the lines' spreads are independent of each other; what goes together (two prices of one market) must be one line.
 */
#include "core/elementary.h"
#include "core/error.h"
#include "core/number.h"
#include "core/random.h"
#include "forecast/ledger.h"

#include <math.h>

static const double normal_95 = 1.6448536269514722; /* 95th percentile of the standard normal */

static mlab_status refuse(const mlab_line_spec *line, const char *why, mlab_error *err)
{
    return mlab_raise_at(err, MLAB_ERR_FORECAST_LINE, &line->place, "line '%s': %s", line->name, why);
}

mlab_status mlab_spread_check(const mlab_line_spec *line, mlab_error *err)
{
    const mlab_spread *s = &line->amount;
    const bool two = s->kind != MLAB_SPREAD_FIXED, three = s->kind == MLAB_SPREAD_TRIANGULAR;
    if (!isfinite(s->a) || (two && !isfinite(s->b)) || (three && !isfinite(s->c))) return refuse(line, "the amount must be a number", err);
    if (s->a < 0) return refuse(line, "the amount must be 0 or more; whether it is a cost or a benefit follows from the line", err);
    switch (s->kind) {
    case MLAB_SPREAD_TRIANGULAR:
        if (!(s->a <= s->b && s->b <= s->c && s->a < s->c)) return refuse(line, "triangular needs [lowest, likeliest, highest] in this order", err);
        break;
    case MLAB_SPREAD_LOGNORMAL:
        if (!(s->a > 0 && s->b > s->a)) return refuse(line, "lognormal needs a median above 0 and a 95th percentile above it", err);
        break;
    case MLAB_SPREAD_UNIFORM:
        if (!(s->a < s->b)) return refuse(line, "uniform needs [lowest, highest] in this order", err);
        break;
    case MLAB_SPREAD_FIXED: break;
    }
    return MLAB_OK;
}

/* Fowler-Noll-Vo 1a: a line keeps its numbers when others come and go. */
static uint32_t hash_name(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

static double triangular(const mlab_spread *s, double u)
{
    const double width = s->c - s->a, left = (s->b - s->a) / width;
    return u < left ? s->a + sqrt(u * width * (s->b - s->a)) : s->c - sqrt((1 - u) * width * (s->c - s->b));
}

double mlab_spread_draw(const mlab_line_spec *line, uint64_t seed, uint32_t draw)
{
    const mlab_spread *s = &line->amount;
    const mlab_address address = {.seed = seed, .draw = draw, .entity = hash_name(line->name), .purpose = MLAB_PURPOSE_FORECAST};
    const double u = s->kind == MLAB_SPREAD_FIXED ? 0.5 : mlab_random_uniform(&address, 0);
    switch (s->kind) {
    case MLAB_SPREAD_TRIANGULAR: return triangular(s, u);
    case MLAB_SPREAD_LOGNORMAL: return s->a * mlab_exp(mlab_normal_quantile(u) * (mlab_log(s->b / s->a) / normal_95));
    case MLAB_SPREAD_UNIFORM: return s->a + u * (s->b - s->a);
    case MLAB_SPREAD_FIXED: break;
    }
    return s->a;
}
