/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State occupation and mean time in each state by group, with infinitesimal jackknife errors of clusters.
 *
 * p(t) = p(0) prod (1 + dA(v)) (Aalen & Johansen 1978). The derivative of p(t) by the weight of a row in state h that is watched over (start, stop]
 * (Therneau, Crowson & Atkinson, "Multi-state models and competing risks", R package survival) is, with R(v) the product from v to t,
 *   sum over its times v of p_h(v-)/n_h(v) sum_j (dN_hj(v) - dA_hj(v)) (R_j(v) - R_h(v)) + [watched at the origin] (R_h(0) - p(t)) / n(0).
 * R is made once, backwards, so that all rows take one difference of sums each: O(times S^3 + rows S) for every t asked for. The mean time in a state
 * is the same with the integral of R. Weakness: each time asked for is a pass over all rows; errors do not know of the choice of groups. */
#include "fit/survival/occupation.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/survival/curve.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* Products from each time to the one asked for. wide = 2 S: shares, then times spent. */
typedef struct products {
    double *after; /* [(most + 1) * S * 2 S] row h: who is in h just after time k - 1 (k = 0: at the origin) */
    double *sums;  /* [(most + 1) * S * 2 S] over times k and later of p_h/n_h sum_j dA_hj (R_j - R_h) */
    double *psi;   /* [2 * n_clusters * 2 S] influence in this group, and in group 0; NULL = rows are their own */
} products;

/* into [2 S] += factor * (after of state j - after of state h). */
static void add_move(const double *after, size_t s, size_t h, size_t j, double factor, double *into)
{
    for (size_t c = 0; c < 2 * s; c++) into[c] += factor * (after[j * 2 * s + c] - after[h * 2 * s + c]);
}

static void make_products(const mlab_moves *m, const mlab_group_moves *g, size_t until, double t, products *p)
{
    size_t s = m->n_states, wide = 2 * s;
    double *last = p->after + until * s * wide, from = until ? g->time[until - 1] : m->origin;
    memset(last, 0, s * wide * sizeof *last);
    memset(p->sums + until * s * wide, 0, s * wide * sizeof *last);
    for (size_t h = 0; h < s; h++) {
        last[h * wide + h] = 1;
        last[h * wide + s + h] = t - from;
    }
    for (size_t k = until; k-- > 0;) {
        const double *after = p->after + (k + 1) * s * wide, *step = g->out + k * s * s;
        double *here = p->after + k * s * wide, *sum = p->sums + k * s * wide;
        double length = g->time[k] - (k ? g->time[k - 1] : m->origin);
        memset(here, 0, s * wide * sizeof *here);
        memcpy(sum, p->sums + (k + 1) * s * wide, s * wide * sizeof *sum);
        for (size_t h = 0; h < s; h++) {
            double share = g->at_risk[k * s + h] > 0 ? g->before[k * s + h] / g->at_risk[k * s + h] : 0;
            for (size_t j = 0; j < s; j++) {
                if (step[h * s + j] == 0) continue;
                for (size_t c = 0; c < wide; c++) here[h * wide + c] += step[h * s + j] * after[j * wide + c];
                if (j != h) add_move(after, s, h, j, share * step[h * s + j], sum + h * wide);
            }
            here[h * wide + s + h] += length;
        }
    }
}

/* Influence [2 S] of the group's k-th row at unit weight; level: the estimates. */
static void row_influence(const mlab_moves *m, const mlab_group_moves *g, size_t k, size_t until, const products *p, const double *level, double *psi)
{
    size_t s = m->n_states, wide = 2 * s, i = g->row[k], h = (size_t)mlab_move_from(m, i), first = g->first[k], end = g->end[k];
    if (first > until) first = until;
    bool moved = m->to[i] >= 0 && end <= until;
    if (end > until) end = until;
    const double *a = p->sums + (first * s + h) * wide, *b = p->sums + (end * s + h) * wide;
    for (size_t c = 0; c < wide; c++) psi[c] = b[c] - a[c];
    if (moved) add_move(p->after + end * s * wide, s, h, (size_t)m->to[i], g->before[(end - 1) * s + h] / g->at_risk[(end - 1) * s + h], psi);
    if (mlab_move_start(m, i) <= m->origin)
        for (size_t c = 0; c < wide; c++) psi[c] += (p->after[h * wide + c] - level[c]) / g->watched;
}

/* level, se, covariance [2 S] at time t. */
static void at_time(const mlab_moves *m, const mlab_group_moves *g, bool first_group, double t, products *p, double *level, double *se,
                    double *covariance)
{
    size_t s = m->n_states, wide = 2 * s, until = 0;
    while (until < g->n_times && g->time[until] <= t) until++;
    make_products(m, g, until, t, p);
    for (size_t c = 0; c < wide; c++) {
        level[c] = se[c] = covariance[c] = 0;
        for (size_t h = 0; h < s; h++) level[c] += g->begin[h] * p->after[h * wide + c];
    }
    double *psi = se + wide, *own = p->psi, *other = p->psi ? p->psi + m->n_clusters * wide : NULL;
    if (own) memset(own, 0, m->n_clusters * wide * sizeof *own);
    for (size_t k = 0; k < g->n; k++) {
        double w = mlab_move_weight(m, g->row[k]);
        row_influence(m, g, k, until, p, level, psi);
        double *into = own ? own + m->cluster[g->row[k]] * wide : NULL;
        for (size_t c = 0; c < wide; c++) {
            if (into)
                into[c] += w * psi[c];
            else
                se[c] += w * psi[c] * w * psi[c];
        }
    }
    for (size_t k = 0; own && k < m->n_clusters; k++)
        for (size_t c = 0; c < wide; c++) {
            se[c] += own[k * wide + c] * own[k * wide + c];
            if (!first_group) covariance[c] += own[k * wide + c] * other[k * wide + c];
        }
    if (own && first_group) memcpy(other, own, m->n_clusters * wide * sizeof *own);
    for (size_t c = 0; c < wide; c++) {
        if (first_group) covariance[c] = se[c];
        se[c] = sqrt(se[c]);
    }
}

static double known_until(const mlab_moves *m, const mlab_group_moves *g)
{
    size_t s = m->n_states;
    double known = HUGE_VAL, all = 0;
    for (size_t h = 0; h < s; h++) all += g->begin[h];
    if (!(all > 0)) return -HUGE_VAL;
    for (size_t h = 0; h < s; h++) {
        if (g->last[h] == -HUGE_VAL) continue;
        size_t after = 0;
        while (after < g->n_times && g->time[after] <= g->last[h]) after++;
        /* empty from then on: nobody is there, and nobody comes */
        bool empty = true;
        for (size_t k = after; k <= g->n_times && empty; k++) empty = !(g->before[k * s + h] > 1e-12);
        if (!empty && g->last[h] < known) known = g->last[h];
    }
    return known;
}

static void put_time(const mlab_moves *m, const mlab_group_moves *g, const mlab_fit_options *options, size_t t, const double *level, const double *se,
                     const double *covariance, mlab_occupation *o)
{
    size_t s = m->n_states, k = 0;
    double z = gsl_cdf_ugaussian_Pinv(0.5 + options->level / 2), span = o->time[t] - m->origin;
    for (size_t h = 0; h < s; h++) {
        size_t at = t * s + h;
        o->share[at] = fmin(level[h], 1);
        o->share_se[at] = se[h];
        o->share_covariance[at] = covariance[h];
        mlab_curve_interval(options->curve_interval, z, o->share[at], se[h], &o->share_lower[at], &o->share_upper[at]);
        o->stay[at] = level[s + h];
        o->stay_se[at] = se[s + h];
        o->stay_covariance[at] = covariance[s + h];
        o->stay_lower[at] = fmax(level[s + h] - z * se[s + h], 0);
        o->stay_upper[at] = fmin(level[s + h] + z * se[s + h], span);
    }
    for (; k < g->n; k++) {
        size_t i = g->row[k];
        if (mlab_move_start(m, i) < o->time[t] && m->stop[i] >= o->time[t])
            o->at_risk[t * s + (size_t)mlab_move_from(m, i)] += mlab_move_weight(m, i);
    }
}

static mlab_status make_arrays(const mlab_context *context, size_t n_times, size_t n_states, const double *times, mlab_occupation *o, mlab_error *err)
{
    o->n_times = n_times;
    o->n_states = n_states;
    double **arrays[] = {&o->at_risk, &o->share,      &o->share_se,   &o->share_lower,      &o->share_upper,    &o->stay,
                         &o->stay_se, &o->stay_lower, &o->stay_upper, &o->share_covariance, &o->stay_covariance};
    o->time = mlab_allocate(context, n_times, sizeof *o->time);
    bool made = o->time;
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++) {
        *arrays[k] = mlab_allocate(context, n_times, n_states * sizeof(double));
        made = made && *arrays[k];
    }
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu states at %zu times", n_states, n_times);
    memcpy(o->time, times, n_times * sizeof *times);
    return MLAB_OK;
}

static mlab_status check(const mlab_moves *m, const double *times, size_t n_times, const mlab_fit_options *options, mlab_error *err)
{
    if (m->n > UINT32_MAX || m->n_states < 2 || m->n_states > 1000)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "curves of %zu states and %zu rows, allowed 2 to 1000 and up to 4,294,967,295", m->n_states, m->n);
    if (m->n_groups == 0 || (!m->group && m->n_groups > 1))
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "curves of %zu groups without their column", m->n_groups);
    if (!(options->level > 0 && options->level < 1) || options->curve_interval < 0 || options->curve_interval > 2)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "level %g and interval kind %d of a curve, allowed 0 to 1 and 0 to 2", options->level,
                          options->curve_interval);
    for (size_t t = 0; t < n_times; t++)
        if (!isfinite(times[t]) || times[t] < m->origin || (t && !(times[t] > times[t - 1])))
            return mlab_raise(err, MLAB_ERR_ARGUMENT, "time %zu of a curve is %g; times begin at %g or later and rise", t + 1, times[t], m->origin);
    return MLAB_OK;
}

static mlab_status make_room(const mlab_context *context, const mlab_moves *m, const mlab_group_moves *groups, products *p, double **levels,
                             mlab_error *err)
{
    size_t most = 0, s = m->n_states;
    for (size_t g = 0; g < m->n_groups; g++) most = groups[g].n_times > most ? groups[g].n_times : most;
    p->after = mlab_allocate(context, most + 1, 2 * s * s * sizeof *p->after);
    p->sums = mlab_allocate(context, most + 1, 2 * s * s * sizeof *p->sums);
    if (m->cluster) p->psi = mlab_allocate(context, m->n_clusters, 4 * s * sizeof *p->psi);
    *levels = mlab_allocate(context, 8 * s, sizeof **levels);
    return p->after && p->sums && (p->psi || !m->cluster) && *levels
               ? MLAB_OK
               : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the products of %zu times of %zu states", most, s);
}

mlab_status mlab_occupation_fit(const mlab_context *context, const mlab_moves *m, const double *times, size_t n_times,
                                const mlab_fit_options *options, mlab_occupation **out, mlab_error *err)
{
    *out = NULL;
    mlab_status status = check(m, times, n_times, options, err);
    if (status) return status;
    products p = {0};
    double *level = NULL;
    mlab_group_moves *groups = mlab_allocate(context, m->n_groups, sizeof *groups);
    mlab_occupation *made = mlab_allocate(context, m->n_groups, sizeof *made);
    for (size_t g = 0; made && g < m->n_groups; g++) made[g].context = context;
    if (!groups || !made) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for curves of %zu groups", m->n_groups);
    if (!status) status = mlab_group_moves_make(context, m, groups, err);
    if (!status) status = make_room(context, m, groups, &p, &level, err);
    for (size_t g = 0; g < m->n_groups && !status; g++) {
        status = make_arrays(context, n_times, m->n_states, times, &made[g], err);
        made[g].followed = known_until(m, &groups[g]);
        made[g].began = groups[g].began;
    }
    for (size_t t = 0; t < n_times && !status; t++)
        for (size_t g = 0; g < m->n_groups; g++) {
            double *covariance = level + 2 * m->n_states, *se = covariance + 2 * m->n_states;
            at_time(m, &groups[g], g == 0, times[t], &p, level, se, covariance);
            put_time(m, &groups[g], options, t, level, se, covariance, &made[g]);
        }
    mlab_release(context, level);
    mlab_release(context, p.psi);
    mlab_release(context, p.sums);
    mlab_release(context, p.after);
    mlab_group_moves_free(context, groups, m->n_groups);
    if (status)
        mlab_occupations_free(made, m->n_groups);
    else
        *out = made;
    return status;
}

void mlab_occupations_free(mlab_occupation *occupations, size_t n)
{
    if (!occupations) return;
    const mlab_context *context = occupations[0].context;
    for (size_t g = 0; g < n; g++) {
        mlab_occupation *o = &occupations[g];
        void *const memory[] = {o->time, o->at_risk, o->share,      o->share_se,   o->share_lower,      o->share_upper,
                                o->stay, o->stay_se, o->stay_lower, o->stay_upper, o->share_covariance, o->stay_covariance};
        for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    }
    mlab_release(context, occupations);
}

mlab_gap mlab_gap_of(double a, double a_se, double b, double b_se, double covariance, double level)
{
    double z = gsl_cdf_ugaussian_Pinv(0.5 + level / 2), se = sqrt(fmax(a_se * a_se + b_se * b_se - 2 * covariance, 0));
    mlab_gap gap = {.difference = a - b, .se = se, .lower = a - b - z * se, .upper = a - b + z * se};
    if (!(a > 0) || !(b > 0)) return gap;
    double relative = a_se * a_se / (a * a) + b_se * b_se / (b * b) - 2 * covariance / (a * b), half = z * sqrt(fmax(relative, 0));
    gap.ratio = a / b;
    gap.ratio_lower = gap.ratio * exp(-half);
    gap.ratio_upper = gap.ratio * exp(half);
    return gap;
}
