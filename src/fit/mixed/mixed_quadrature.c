/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adaptive Gauss-Hermite quadrature of one grouping (Pinheiro & Bates 1995, doi:10.1080/10618600.1995.10474663), with its exact gradient. With
 * f(v) = l(v) - v'v / 2, its maximum w, H = L L' and nodes v_j = w + L'^-1 x_j of the normal rule with weights p_j,
 *
 *     L_g = log sum_j p_j exp(f(v_j) - f(w) + x_j'x_j / 2) + f(w) - log|H| / 2.
 *
 * The gradient is that of f at the nodes, by their shares of the sum, and what moves them: w by A = sum share f'(v_j), L by H, for which
 * Q = L'^-1 (I + G) L^-1 stands in the place of H^-1, G = the symmetric half of L^-1 f'(v_j) x_j'.
 * Weakness: nodes to the power of the effects; with many effects or large groups Laplace's approximation does as well.
 */
#include "fit/mixed/mixed_laplace.h"

#include "core/elementary.h"

#include <math.h>
#include <string.h>

#define MOST MLAB_MOST_EFFECTS

bool mlab_quadrature_rule(size_t n, double *node, double *log_weight)
{
    if (n < 1 || n > MLAB_MOST_NODES) return false;
    for (size_t i = 0; i < n; i++) { /* roots of the Hermite polynomial of the normal density, by Newton steps after those found */
        double x = i == 0 ? sqrt((double)n * 4 + 2) : node[i - 1] - 0.5, previous = 0, slope = 1;
        for (int k = 0; k < 500; k++) {
            double a = 0, b = 1, shift = 0; /* He_0 .. He_n, scaled to norm 1 */
            for (size_t j = 1; j <= n; j++) {
                double next = (x * b - sqrt((double)j - 1) * a) / sqrt((double)j);
                a = b, b = next;
            }
            slope = sqrt((double)n) * a;
            previous = a;
            for (size_t j = 0; j < i; j++) shift += 1 / (x - node[j]);
            double step = b / (slope - b * shift);
            x -= step;
            if (fabs(step) <= 1e-15 * (1 + fabs(x))) break;
        }
        node[i] = fabs(x) < 1e-12 ? 0 : x;
        log_weight[i] = -log((double)n * previous * previous);
    }
    return true;
}

/* Node number `at` of the product rule: x [q], the sum of the log weights and of x^2 / 2. */
static double node_at(const mlab_mixed *m, size_t at, double *x)
{
    double sum = 0;
    for (size_t a = 0; a < m->q; a++, at /= m->n_nodes) {
        x[a] = m->node[at % m->n_nodes];
        sum += m->log_weight[at % m->n_nodes] + 0.5 * x[a] * x[a];
    }
    return sum;
}

/* v = mode + L'^-1 x */
static void place(const mlab_mixed *m, size_t g, const double *x, double *v)
{
    size_t q = m->q;
    const double *l = m->factor + g * q * q;
    double step[MOST] = {0};
    for (size_t i = q; i-- > 0;) {
        step[i] = x[i];
        for (size_t k = i + 1; k < q; k++) step[i] -= l[k * q + i] * step[k];
        step[i] /= l[i * q + i];
    }
    for (size_t i = 0; i < q; i++) v[i] = m->mode[g * q + i] + step[i];
}

/* The rows of a chunk at one node of every group. */
static bool go_to(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t chunk, size_t at)
{
    const mlab_mixed *m = w->mixed;
    size_t g0 = m->chunk_group[chunk], g1 = m->chunk_group[chunk + 1], first = m->first[g0];
    double x[MOST];
    node_at(m, at, x);
    for (size_t g = g0; g < g1; g++) {
        mlab_mode_search *s = &room->searches[g - g0];
        place(m, g, x, s->v);
        mlab_laplace_set_eta(w, room, first, m->first[g] - first, m->first[g + 1] - first, s->v);
    }
    return mlab_laplace_evaluate(m, room, w->psi, first, m->first[g1] - first, room->eta, room->likelihood, room->score, room->weight);
}

static double value_of(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t g, size_t first, double added)
{
    const mlab_mixed *m = w->mixed;
    double sum = added;
    for (size_t i = m->first[g] - first; i < m->first[g + 1] - first; i++) sum += room->likelihood[i];
    return sum;
}

/* log sum exp of the nodes of each group: step[0] = the largest term, step[1] = the sum of exp(term - largest). */
static bool sum_nodes(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t chunk, size_t n)
{
    const mlab_mixed *m = w->mixed;
    size_t g0 = m->chunk_group[chunk], g1 = m->chunk_group[chunk + 1], first = m->first[g0];
    double x[MOST];
    for (size_t g = g0; g < g1; g++) room->searches[g - g0].value = -HUGE_VAL, room->searches[g - g0].part = 0;
    for (size_t at = 0; at < n; at++) {
        double added = node_at(m, at, x);
        if (!go_to(w, room, chunk, at)) return false;
        for (size_t g = g0; g < g1; g++) {
            mlab_mode_search *s = &room->searches[g - g0];
            double term = value_of(w, room, g, first, added);
            for (size_t a = 0; a < m->q; a++) term -= 0.5 * s->v[a] * s->v[a];
            if (isnan(term)) return false;
            if (term > s->value) {
                s->part = s->part * exp(s->value - term) + 1;
                s->value = term;
            } else
                s->part += exp(term - s->value);
        }
    }
    return true;
}

/* Adds one node of a group with its share: means of the rows, A, D and, in Q, G. */
static void add_node(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t g, size_t first, const double *x, const double *v, double share,
                     double *group)
{
    const mlab_mixed *m = w->mixed;
    size_t q = m->q;
    const double *l = m->factor + g * q * q;
    double zs[MOST], slope[MOST], *big_q = group, *a_of = group + q * q, *d = a_of + q;
    for (size_t a = 0; a < q; a++) {
        const double *z = m->z + a * m->n + first;
        zs[a] = 0;
        for (size_t i = m->first[g] - first; i < m->first[g + 1] - first; i++) zs[a] += room->score[i] * z[i];
    }
    for (size_t i = m->first[g] - first; i < m->first[g + 1] - first; i++) {
        room->mean_score[i] += share * room->score[i];
        if (!m->n_thresholds) continue;
        size_t y = (size_t)m->category[first + i];
        if (y < m->n_thresholds) room->mean_upper[i] += share * room->upper[i];
        if (y > 0) room->mean_lower[i] += share * room->lower[i];
    }
    mlab_laplace_by_lambda(w, true, zs, slope);
    for (size_t a = 0; a < q; a++) {
        slope[a] -= v[a];
        a_of[a] += share * slope[a];
        for (size_t b = 0; b < q; b++) d[a * q + b] += share * zs[a] * v[b];
    }
    for (size_t a = 0; a < q; a++) { /* L^-1 f' */
        for (size_t k = 0; k < a; k++) slope[a] -= l[a * q + k] * slope[k];
        slope[a] /= l[a * q + a];
    }
    for (size_t a = 0; a < q; a++)
        for (size_t b = a; b < q; b++) {
            big_q[a * q + b] += share * slope[a] * x[b];
            if (b > a) big_q[b * q + a] = big_q[a * q + b];
        }
}

/* Q = L'^-1 (I + G) L^-1. */
static void finish(const mlab_mixed *m, size_t g, double *big_q)
{
    size_t q = m->q;
    const double *l = m->factor + g * q * q;
    for (size_t a = 0; a < q; a++) big_q[a * q + a] += 1;
    for (int side = 0; side < 2; side++)
        for (size_t c = 0; c < q; c++) /* L'^-1 on the columns, then on the rows */
            for (size_t i = q; i-- > 0;) {
                double *at = side ? &big_q[c * q + i] : &big_q[i * q + c];
                for (size_t k = i + 1; k < q; k++) *at -= l[k * q + i] * (side ? big_q[c * q + k] : big_q[k * q + c]);
                *at /= l[i * q + i];
            }
}

bool mlab_quadrature_chunk(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t chunk, double *log_likelihood)
{
    const mlab_mixed *m = w->mixed;
    size_t g0 = m->chunk_group[chunk], g1 = m->chunk_group[chunk + 1], first = m->first[g0], rows = m->first[g1] - first, q = m->q, n = 1;
    double x[MOST];
    for (size_t a = 0; a < q; a++) n *= m->n_nodes;
    if (!sum_nodes(w, room, chunk, n)) return false;
    *log_likelihood = 0;
    for (size_t g = g0; g < g1; g++) {
        const mlab_mode_search *s = &room->searches[g - g0];
        *log_likelihood += s->value + log(s->part);
        for (size_t a = 0; a < q; a++) *log_likelihood -= log(m->factor[(g * q + a) * q + a]);
    }
    if (!w->gradient) return true;
    memset(room->mean_score, 0, rows * sizeof(double));
    memset(room->mean_upper, 0, rows * sizeof(double));
    memset(room->mean_lower, 0, rows * sizeof(double));
    memset(room->group, 0, (g1 - g0) * mlab_laplace_group_size(m) * sizeof(double));
    for (size_t at = 0; at < n; at++) {
        double added = node_at(m, at, x);
        if (!go_to(w, room, chunk, at)) return false;
        for (size_t g = g0; g < g1; g++) {
            const mlab_mode_search *s = &room->searches[g - g0];
            double term = value_of(w, room, g, first, added);
            for (size_t a = 0; a < q; a++) term -= 0.5 * s->v[a] * s->v[a];
            add_node(w, room, g, first, x, s->v, exp(term - s->value) / s->part, room->group + (g - g0) * mlab_laplace_group_size(m));
        }
    }
    for (size_t g = g0; g < g1; g++) finish(m, g, room->group + (g - g0) * mlab_laplace_group_size(m));
    for (size_t g = g0; g < g1; g++) mlab_laplace_set_eta(w, room, first, m->first[g] - first, m->first[g + 1] - first, m->mode + g * q);
    return mlab_laplace_evaluate(m, room, w->psi, first, rows, room->eta, room->likelihood, room->score, room->weight); /* back at the modes */
}
