/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Laplace approximation of one grouping, and its exact gradient (Breslow & Clayton 1993, doi:10.1080/01621459.1993.10594284; Skaug
 * & Fournier 2006, doi:10.1016/j.csda.2006.03.005). For each group, with l its log-likelihood given v,
 *
 *     L = l(v) - v'v / 2 - log|H| / 2,    H = Lambda' Z' W Z Lambda + I,    v maximises l(v) - v'v / 2,
 *
 * W = minus the second derivative by eta. The gradient follows v by the implicit function theorem and needs dW/deta, which is the
 * central difference of W: one row's part is e = score - W' h / 2 + W z' Lambda H^-1 c / 2, h = z' Lambda H^-1 Lambda' z, c = Lambda' sum W' h z.
 * All groups of a chunk take their Newton steps together, so that families work on whole tiles.
 */
#include "fit/mixed/mixed_laplace.h"

#include "fit/small.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

enum { STEPS = 100, HALVINGS = 60 };
static const double SETTLED = 1e-16; /* squared Newton decrement at which the last step is taken */
static const double NOISE = 1e-13;   /* of a log-likelihood: a fall within it is rounding */
static const double ASIDE = 1e-4;    /* of eta and of thresholds, for dW */
#define MOST MLAB_MOST_EFFECTS

enum { ARRAYS = 18 };

size_t mlab_laplace_group_size(const mlab_mixed *m)
{
    return 2 * m->q * m->q + m->q;
}

static size_t room_bytes(const mlab_mixed *m)
{
    size_t doubles = ARRAYS * m->most_rows + 4 * MLAB_TILE + m->most_groups * mlab_laplace_group_size(m);
    return doubles * sizeof(double) + m->most_groups * sizeof(mlab_mode_search);
}

static mlab_chunk_room room_of(const mlab_mixed *m, void *memory)
{
    mlab_chunk_room room = {0};
    double *at = memory,
           **const arrays[] = {&room.fixed,    &room.eta,         &room.likelihood,  &room.score,       &room.weight,     &room.upper,
                               &room.lower,    &room.upper_upper, &room.upper_lower, &room.lower_lower, &room.slope,      &room.other,
                               &room.leverage, &room.effect,      &room.junk,        &room.mean_score,  &room.mean_upper, &room.mean_lower};
    for (size_t k = 0; k < ARRAYS; k++, at += m->most_rows) *arrays[k] = at;
    room.scratch = at;
    room.group = at + 4 * MLAB_TILE;
    room.searches = (mlab_mode_search *)(void *)(room.group + m->most_groups * mlab_laplace_group_size(m));
    return room;
}

/* Log-likelihood, score and W of the rows [n] from `first` on, weighted. */
bool mlab_laplace_evaluate(const mlab_mixed *m, const mlab_chunk_room *room, const double *thresholds, size_t first, size_t n, const double *eta,
                           double *likelihood, double *score, double *weight)
{
    for (size_t at = 0; at < n; at += MLAB_TILE) {
        mlab_family_tile tile = {.context = m->context,
                                 .rows = n - at < MLAB_TILE ? n - at : MLAB_TILE,
                                 .n_eta = 1,
                                 .category = m->category ? m->category + first + at : NULL,
                                 .number = m->number ? m->number + first + at : NULL,
                                 .shape = m->shape,
                                 .eta = eta + at,
                                 .thresholds = thresholds,
                                 .n_thresholds = m->n_thresholds,
                                 .derivatives = true,
                                 .log_likelihood = likelihood + at,
                                 .score = score + at,
                                 .curvature = weight + at,
                                 .upper = room->upper + at,
                                 .lower = room->lower + at,
                                 .upper_upper = room->upper_upper + at,
                                 .upper_lower = room->upper_lower + at,
                                 .lower_lower = room->lower_lower + at,
                                 .scratch = room->scratch};
        if (!m->family->tile(&tile)) return false;
    }
    if (!m->weight) return true;
    double *const scaled[] = {likelihood, score, weight, room->upper, room->lower, room->upper_upper, room->upper_lower, room->lower_lower};
    for (size_t k = 0; k < (m->n_thresholds && room->upper != room->junk ? 8 : 3); k++)
        for (size_t i = 0; i < n; i++) scaled[k][i] *= m->weight[first + i];
    return true;
}

/* --- the small matrices of a group --------------------------------------------------------------------------- */

/* out = Lambda a, or Lambda' a. */
void mlab_laplace_by_lambda(const mlab_laplace_work *w, bool transposed, const double *a, double *out)
{
    size_t q = w->mixed->q;
    for (size_t i = 0; i < q; i++) {
        out[i] = 0;
        for (size_t k = 0; k < q; k++) out[i] += (transposed ? w->lambda[k * q + i] : w->lambda[i * q + k]) * a[k];
    }
}

/* Z's and Z'WZ of the rows [from, to) of the chunk that begins at row `first`. */
static void cross(const mlab_mixed *m, const mlab_chunk_room *room, size_t first, size_t from, size_t to, double *zs, double *zwz)
{
    for (size_t a = 0; a < m->q; a++) {
        const double *za = m->z + a * m->n + first;
        double sum = 0;
        for (size_t i = from; i < to; i++) sum += room->score[i] * za[i];
        zs[a] = sum;
        for (size_t b = 0; b <= a; b++) {
            const double *zb = m->z + b * m->n + first;
            sum = 0;
            for (size_t i = from; i < to; i++) sum += room->weight[i] * za[i] * zb[i];
            zwz[a * m->q + b] = zwz[b * m->q + a] = sum;
        }
    }
}

/* l = factor of Lambda' zwz Lambda + I. A curvature that is not positive is answered by a false. */
static bool curvature(const mlab_laplace_work *w, const double *zwz, double *l)
{
    size_t q = w->mixed->q;
    double half[MOST * MOST];
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j < q; j++) {
            double sum = 0;
            for (size_t k = 0; k < q; k++) sum += zwz[i * q + k] * w->lambda[k * q + j];
            half[i * q + j] = sum;
        }
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j < q; j++) {
            double sum = i == j;
            for (size_t k = 0; k < q; k++) sum += w->lambda[k * q + i] * half[k * q + j];
            l[i * q + j] = sum;
        }
    return mlab_small_factor(l, q);
}

/* --- the modes of a chunk ------------------------------------------------------------------------------------ */

void mlab_laplace_set_eta(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t first, size_t from, size_t to, const double *v)
{
    const mlab_mixed *m = w->mixed;
    double u[MOST];
    mlab_laplace_by_lambda(w, false, v, u);
    memcpy(room->eta + from, room->fixed + from, (to - from) * sizeof(double));
    for (size_t a = 0; a < m->q; a++) {
        const double *z = m->z + a * m->n + first;
        for (size_t i = from; i < to; i++) room->eta[i] += u[a] * z[i];
    }
}

/* One step of a group after its rows were evaluated at mode + part * step: accept and find the next step, or halve. */
static bool advance(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t g, size_t first, mlab_mode_search *s)
{
    mlab_mixed *m = w->mixed;
    size_t q = m->q, from = m->first[g] - first, to = m->first[g + 1] - first;
    double value = 0, zs[MOST], zwz[MOST * MOST], *v = s->v, *l = m->factor + g * q * q;
    for (size_t i = from; i < to; i++) value += room->likelihood[i];
    for (size_t a = 0; a < q; a++) value -= 0.5 * v[a] * v[a];
    if (s->value == -HUGE_VAL && !isfinite(value)) return false;
    if (!(value >= s->value - NOISE * (fabs(s->value) + 1))) {
        s->part /= 2;
        if (s->part < 1e-15) return false;
        for (size_t a = 0; a < q; a++) v[a] = m->mode[g * q + a] + s->part * s->step[a];
        return true;
    }
    memcpy(m->mode + g * q, v, q * sizeof *v);
    cross(m, room, first, from, to, zs, zwz);
    if (!curvature(w, zwz, l)) return false;
    mlab_laplace_by_lambda(w, true, zs, s->step);
    double decrement = 0, slope[MOST];
    for (size_t a = 0; a < q; a++) slope[a] = s->step[a] -= v[a];
    mlab_small_solve(l, q, s->step);
    for (size_t a = 0; a < q; a++) decrement += slope[a] * s->step[a];
    s->value = value;
    s->part = 1;
    for (size_t a = 0; a < q; a++) v[a] = m->mode[g * q + a] + s->step[a];
    if (decrement > SETTLED) return true;
    memcpy(m->mode + g * q, v, q * sizeof *v);
    s->moving = false;
    return true;
}

/* Leaves room at the modes; false when there are none. */
static bool find_modes(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t chunk)
{
    mlab_mixed *m = w->mixed;
    size_t g0 = m->chunk_group[chunk], g1 = m->chunk_group[chunk + 1], first = m->first[g0], n = m->first[g1] - first;
    bool moving = true;
    for (size_t g = g0; g < g1; g++) {
        mlab_mode_search *s = &room->searches[g - g0];
        *s = (mlab_mode_search){.value = -HUGE_VAL, .part = 1, .moving = true};
        memcpy(s->v, m->mode + g * m->q, m->q * sizeof *s->v);
    }
    for (int step = 0; step < STEPS; step++) {
        for (size_t g = g0; g < g1; g++) mlab_laplace_set_eta(w, room, first, m->first[g] - first, m->first[g + 1] - first, room->searches[g - g0].v);
        if (!mlab_laplace_evaluate(m, room, w->psi, first, n, room->eta, room->likelihood, room->score, room->weight)) return false;
        if (!moving) return true;
        moving = false;
        for (size_t g = g0; g < g1; g++) {
            mlab_mode_search *s = &room->searches[g - g0];
            if (s->moving && !advance(w, room, g, first, s)) return false;
            moving |= s->moving;
        }
    }
    return false;
}

/* --- the gradient ---------------------------------------------------------------------------------------------- */

/* slope[i] = dW/deta. */
static bool bend(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t first, size_t n)
{
    const mlab_mixed *m = w->mixed;
    double *aside = room->effect; /* not used yet */
    mlab_chunk_room lost = *room; /* the derivatives by thresholds at the mode are kept */
    lost.upper = lost.lower = lost.upper_upper = lost.upper_lower = lost.lower_lower = room->junk;
    for (int side = -1; side <= 1; side += 2) {
        for (size_t i = 0; i < n; i++) aside[i] = room->eta[i] + side * ASIDE;
        if (!mlab_laplace_evaluate(m, &lost, w->psi, first, n, aside, room->junk, room->leverage, side < 0 ? room->slope : room->other)) return false;
    }
    for (size_t i = 0; i < n; i++) room->slope[i] = (room->other[i] - room->slope[i]) / (2 * ASIDE);
    return true;
}

/* Leverages, c and H^-1 c of every group, the row's part e in room->effect, and the gradient by Lambda. */
static void group_gradient(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t g, size_t first, const double *group,
                           double *lambda_gradient)
{
    const mlab_mixed *m = w->mixed;
    size_t q = m->q, from = m->first[g] - first, to = m->first[g + 1] - first;
    const double *l = m->factor + g * q * q, *v = m->mode + g * q;
    const double *big_q = group, *by_mode = big_q + q * q, *direct = by_mode + q;
    double zwz[MOST * MOST], zs[MOST], c[MOST], hc[MOST], t[MOST] = {0}, row[MOST], lz[MOST];
    double inverse[MOST * MOST], mlh[MOST * MOST] = {0}, mlhc[MOST] = {0};
    cross(m, room, first, from, to, zs, zwz);
    for (size_t j = 0; j < q; j++) { /* rows of Lambda Q, Q symmetric */
        mlab_laplace_by_lambda(w, false, big_q + j * q, row);
        for (size_t a = 0; a < q; a++) inverse[a * q + j] = row[a];
    }
    for (size_t i = from; i < to; i++) {
        double h = 0, z[MOST];
        for (size_t a = 0; a < q; a++) z[a] = m->z[a * m->n + first + i];
        mlab_laplace_by_lambda(w, true, z, lz);
        for (size_t a = 0; a < q; a++)
            for (size_t b = 0; b < q; b++) h += z[a] * inverse[a * q + b] * lz[b];
        room->leverage[i] = h;
        for (size_t a = 0; a < q; a++) t[a] += room->slope[i] * h * z[a];
    }
    mlab_laplace_by_lambda(w, true, t, c);
    for (size_t a = 0; a < q; a++) hc[a] = c[a] -= 2 * by_mode[a];
    mlab_small_solve(l, q, hc);
    mlab_laplace_by_lambda(w, false, hc, row); /* Lambda H^-1 c */
    for (size_t i = from; i < to; i++) {
        double zl = 0;
        for (size_t a = 0; a < q; a++) zl += m->z[a * m->n + first + i] * row[a];
        room->other[i] = zl;
        room->effect[i] = room->mean_score[i] - 0.5 * room->slope[i] * room->leverage[i] + 0.5 * room->weight[i] * zl;
    }
    for (size_t a = 0; a < q; a++)
        for (size_t b = 0; b < q; b++) {
            for (size_t k = 0; k < q; k++) mlh[a * q + b] += zwz[a * q + k] * inverse[k * q + b];
        }
    for (size_t a = 0; a < q; a++)
        for (size_t k = 0; k < q; k++) mlhc[a] += zwz[a * q + k] * row[k];
    for (size_t k = 0; k < m->n_lambda; k++) {
        size_t a, b;
        mlab_mixed_entry(m, k, &a, &b);
        lambda_gradient[k] += direct[a * q + b] - mlh[a * q + b] - 0.5 * v[b] * t[a] - 0.5 * (hc[b] * zs[a] - v[b] * mlhc[a]);
    }
}

/* Adds what row i has of the derivative by one of its thresholds: a, the derivative b of its score and d of its W. */
static double threshold_part(const mlab_chunk_room *room, size_t i, double a, double b, double d)
{
    return a - 0.5 * d * room->leverage[i] - 0.5 * b * room->other[i];
}

/* Derivatives by thresholds: of W by moving those of even number, of the odd ones by what is left of dW/deta. */
static bool threshold_gradient(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t first, size_t n, double *gradient)
{
    const mlab_mixed *m = w->mixed;
    double moved[MLAB_MOST_LEVELS], *even = room->fixed, *odds = room->likelihood;
    mlab_chunk_room lost = *room;
    lost.upper = lost.lower = lost.upper_upper = lost.upper_lower = lost.lower_lower = room->junk;
    for (int side = -1; side <= 1; side += 2) {
        for (size_t k = 0; k < m->n_thresholds; k++) moved[k] = w->psi[k] + (k % 2 == 0 ? side * ASIDE : 0);
        if (!mlab_laplace_evaluate(m, &lost, moved, first, n, room->eta, room->junk, room->score, side < 0 ? even : odds)) return false;
        if (side > 0)
            for (size_t i = 0; i < n; i++) even[i] = (odds[i] - even[i]) / (2 * ASIDE);
    }
    for (size_t i = 0; i < n; i++) {
        size_t y = (size_t)m->category[first + i];
        double odd = -room->slope[i] - even[i];
        if (y < m->n_thresholds)
            gradient[y] += threshold_part(room, i, room->mean_upper[i], room->upper_upper[i] + room->upper_lower[i], y % 2 ? odd : even[i]);
        if (y > 0)
            gradient[y - 1] += threshold_part(room, i, room->mean_lower[i], room->lower_lower[i] + room->upper_lower[i], y % 2 ? even[i] : odd);
    }
    return true;
}

/* Q = H^-1, A = 0, D = Z's v' and the rows at the mode. */
static void at_the_mode(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t g, size_t first, double *group)
{
    const mlab_mixed *m = w->mixed;
    size_t q = m->q, from = m->first[g] - first, n = m->first[g + 1] - m->first[g];
    double zs[MOST], zwz[MOST * MOST], *a = group + q * q, *d = a + q;
    cross(m, room, first, from, from + n, zs, zwz);
    memset(group, 0, mlab_laplace_group_size(m) * sizeof *group);
    for (size_t j = 0; j < q; j++) {
        group[j * q + j] = 1;
        mlab_small_solve(m->factor + g * q * q, q, group + j * q);
        for (size_t k = 0; k < q; k++) d[j * q + k] = zs[j] * m->mode[g * q + k];
    }
    memcpy(room->mean_score + from, room->score + from, n * sizeof(double));
    memcpy(room->mean_upper + from, room->upper + from, n * sizeof(double));
    memcpy(room->mean_lower + from, room->lower + from, n * sizeof(double));
}

static mlab_status do_chunk(void *arg, size_t chunk, void *memory, mlab_error *err)
{
    (void)err;
    mlab_laplace_work *w = arg;
    mlab_mixed *m = w->mixed;
    mlab_chunk_room room = room_of(m, memory);
    size_t g0 = m->chunk_group[chunk], g1 = m->chunk_group[chunk + 1], first = m->first[g0], n = m->first[g1] - first, q = m->q;
    double *part = w->parts + chunk * w->part, *gradient = part + 1;
    const double *b = w->psi + m->n_thresholds;
    memcpy(room.fixed, m->offset + first, n * sizeof(double));
    for (size_t j = 0; j < m->p; j++) {
        const double *x = m->x + j * m->n + first;
        for (size_t i = 0; i < n; i++) room.fixed[i] += b[j] * x[i];
    }
    if (!find_modes(w, &room, chunk)) {
        part[0] = -HUGE_VAL;
        return MLAB_OK;
    }
    for (size_t i = 0; i < n; i++) part[0] += room.likelihood[i];
    for (size_t g = g0; g < g1; g++) {
        double zs[MOST], zwz[MOST * MOST], *l = m->factor + g * q * q;
        cross(m, &room, first, m->first[g] - first, m->first[g + 1] - first, zs, zwz);
        if (!curvature(w, zwz, l)) part[0] = -HUGE_VAL;
        for (size_t a = 0; a < q; a++) part[0] -= 0.5 * m->mode[g * q + a] * m->mode[g * q + a] + log(l[a * q + a]);
    }
    if (m->n_nodes > 1 && part[0] > -HUGE_VAL && !mlab_quadrature_chunk(w, &room, chunk, part)) part[0] = -HUGE_VAL;
    if (!w->gradient || !(part[0] > -HUGE_VAL)) return MLAB_OK;
    for (size_t g = g0; g < g1 && m->n_nodes <= 1; g++) at_the_mode(w, &room, g, first, room.group + (g - g0) * mlab_laplace_group_size(m));
    if (!bend(w, &room, first, n)) return part[0] = -HUGE_VAL, MLAB_OK;
    for (size_t g = g0; g < g1; g++)
        group_gradient(w, &room, g, first, room.group + (g - g0) * mlab_laplace_group_size(m), gradient + m->n_thresholds + m->p);
    if (m->n_thresholds && !threshold_gradient(w, &room, first, n, gradient)) return part[0] = -HUGE_VAL, MLAB_OK;
    for (size_t j = 0; j < m->p; j++) {
        const double *x = m->x + j * m->n + first;
        double sum = 0;
        for (size_t i = 0; i < n; i++) sum += x[i] * room.effect[i];
        gradient[m->n_thresholds + j] += sum;
    }
    return MLAB_OK;
}

mlab_status mlab_mixed_laplace(mlab_mixed *mixed, const double *psi, double *log_likelihood, double *gradient, mlab_error *err)
{
    mlab_laplace_work w = {.mixed = mixed, .psi = psi, .part = 1 + mixed->n_parameters, .gradient = gradient != NULL};
    for (size_t k = 0; k < mixed->n_lambda; k++) {
        size_t a, b;
        mlab_mixed_entry(mixed, k, &a, &b);
        w.lambda[a * mixed->q + b] = psi[mixed->n_thresholds + mixed->p + k];
    }
    double *sums = mlab_allocate(mixed->context, w.part, sizeof *sums);
    w.parts = mlab_allocate(mixed->context, mixed->n_chunks, w.part * sizeof *w.parts);
    mlab_status status =
        sums && w.parts ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the gradient of %zu parameters", mixed->n_parameters);
    if (!status) status = mlab_parallel_blocks(mixed->context, NULL, mixed->n_chunks, room_bytes(mixed), do_chunk, &w, err);
    if (!status) {
        mlab_sum_blocks(w.parts, mixed->n_chunks, w.part, sums);
        *log_likelihood = isfinite(sums[0]) ? sums[0] : -HUGE_VAL;
        if (gradient) memcpy(gradient, sums + 1, mixed->n_parameters * sizeof *gradient);
    }
    mlab_release(mixed->context, sums);
    mlab_release(mixed->context, w.parts);
    return status;
}
