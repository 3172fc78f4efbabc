/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aalen-Johansen cumulative incidence of competing causes with infinitesimal jackknife errors.
 *
 * F_k(t) = sum S(v-) d_k(v)/n(v). The variance is the sum of squared influences w_i dF_k(t)/dw_i (Jaeckel 1972; Therneau,
 * Crowson & Atkinson, "Multi-state models and competing risks", R package survival):
 *   x_i(t) = sum over v <= t of S(v-) dL_ki(v) - (F_k(t) - F_k(v)) dL_i(v)/(1 - dL(v)),
 *   dL_ki(v) = (dN_ik(v) - Y_i(v) d_k(v)/n(v)) / n(v).
 * A row's influence needs only its entry, its end and running sums, so all variances come from second moments kept over the
 * rows at risk and over those that ended: O(n log n) in all. Weakness: rows are independent subjects. */
#include "fit/survival/curve.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>

/* Of one cause. With c = F H - G - R the influence of a row at risk is c + e - F h, where e and h are G + R and H at its entry. */
typedef struct cause_sums {
    double incidence, g, r;           /* F; sums of S dL_k/n and of F dL/(n (1 - dL)) */
    double e, ee, he;                 /* at risk: sums of w^2 e, w^2 e^2, w^2 h e */
    double ended_square, ended_cross; /* ended: sums of w^2 x^2 and w^2 x q, x as of now */
    double events;                    /* at this time */
} cause_sums;

typedef struct sweep {
    const mlab_curve_rows *rows;
    size_t n_causes;
    cause_sums *cause;         /* [n_causes] */
    double *entry_e, *entry_h; /* [n * n_causes], [n] by place in by_start's row numbers; NULL without start */
    double survival, h_sum;    /* S(t-) and H */
    double w, h, hh;           /* at risk: sums of w^2, w^2 h, w^2 h^2 */
    double ended_q;            /* ended: sum of w^2 q^2, q = the row's influence on -log S */
} sweep;

static void enter(sweep *s, uint32_t row, const size_t *place)
{
    double w2 = mlab_curve_weight(s->rows, row);
    w2 *= w2;
    s->w += w2;
    if (!place) return;
    double h = s->h_sum;
    s->entry_h[*place] = h;
    s->h += w2 * h;
    s->hh += w2 * h * h;
    for (size_t k = 0; k < s->n_causes; k++) {
        cause_sums *c = &s->cause[k];
        double e = c->g + c->r;
        s->entry_e[*place * s->n_causes + k] = e;
        c->e += w2 * e;
        c->ee += w2 * e * e;
        c->he += w2 * h * e;
    }
}

/* The row leaves the risk set at the time just worked on; S was `before` it and `one` = 1 / (n (1 - dL)), 0 when all have gone. */
static void leave(sweep *s, uint32_t row, const size_t *place, double before, double n, double one)
{
    double w2 = mlab_curve_weight(s->rows, row), h = place ? s->entry_h[*place] : 0;
    w2 *= w2;
    double q = h - s->h_sum + (s->rows->status[row] ? one : 0);
    s->w -= w2;
    s->h -= w2 * h;
    s->hh -= w2 * h * h;
    s->ended_q += w2 * q * q;
    for (size_t k = 0; k < s->n_causes; k++) {
        cause_sums *c = &s->cause[k];
        double e = place ? s->entry_e[*place * s->n_causes + k] : 0;
        double x = c->incidence * (s->h_sum - h) - c->g - c->r + e;
        if ((size_t)s->rows->status[row] == k + 1) x += before / n;
        c->e -= w2 * e;
        c->ee -= w2 * e * e;
        c->he -= w2 * h * e;
        c->ended_square += w2 * x * x;
        c->ended_cross += w2 * x * q;
    }
}

/* Moves all running sums over a time with n at risk and the events in cause[].events; returns 1 / (n (1 - dL)). */
static double step(sweep *s, double n)
{
    double all = 0;
    for (size_t k = 0; k < s->n_causes; k++) all += s->cause[k].events;
    double one = all < n ? 1 / (n - all) : 0, h = all / n * one;
    s->h_sum += h;
    for (size_t k = 0; k < s->n_causes; k++) {
        cause_sums *c = &s->cause[k];
        double up = s->survival * c->events / n;
        c->ended_square += up * (up * s->ended_q - 2 * c->ended_cross);
        c->ended_cross -= up * s->ended_q;
        c->incidence += up;
        c->g += up / n;
        c->r += c->incidence * h;
    }
    if (all > 0) s->survival *= all < n ? (n - all) / n : 0;
    return one;
}

static double variance(const sweep *s, const cause_sums *c, bool nobody_left)
{
    if (nobody_left) return c->ended_square;
    double f = c->incidence, x = f * s->h_sum - c->g - c->r;
    double at_risk = x * x * s->w + c->ee + f * f * s->hh + 2 * x * c->e - 2 * x * f * s->h - 2 * f * c->he;
    return fmax(c->ended_square + at_risk, 0);
}

static void run(sweep *s, const size_t *place_of, mlab_curve *curve)
{
    const mlab_curve_rows *rows = s->rows;
    mlab_curve_sweep at = {0, 0, 0};
    for (size_t t = 0; t < curve->n_times; t++) {
        double now = curve->time[t], leaving = 0;
        for (; at.entered < rows->n; at.entered++) {
            uint32_t row = rows->by_start ? rows->by_start[at.entered] : rows->by_time[at.entered];
            if (rows->by_start && rows->start[row] >= now) break;
            enter(s, row, rows->by_start ? &at.entered : NULL);
            at.weight += mlab_curve_weight(rows, row);
        }
        for (size_t k = 0; k < s->n_causes; k++) s->cause[k].events = 0;
        size_t end = at.left;
        for (; end < rows->n && rows->time[rows->by_time[end]] == now; end++) {
            uint32_t row = rows->by_time[end];
            leaving += mlab_curve_weight(rows, row);
            if (rows->status[row]) s->cause[rows->status[row] - 1].events += mlab_curve_weight(rows, row);
        }
        double n = end == at.entered ? leaving : at.weight, before = s->survival;
        double one = step(s, n);
        for (size_t i = at.left; i < end; i++) leave(s, rows->by_time[i], place_of ? &place_of[i] : NULL, before, n, one);
        at.left = end;
        at.weight = at.left == at.entered ? 0 : n - leaving;
        curve->at_risk[t] = n;
        for (size_t k = 0; k < s->n_causes; k++) {
            size_t i = t * s->n_causes + k;
            curve->events[i] = s->cause[k].events;
            curve->estimate[i] = s->cause[k].incidence;
            curve->se[i] = sqrt(variance(s, &s->cause[k], at.left == at.entered));
        }
    }
}

mlab_status mlab_curve_incidence(const mlab_context *context, const mlab_curve_rows *rows, mlab_curve *curve, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    size_t n = rows->n, k = curve->n_causes, highest = 0;
    size_t *place_of = NULL, *of_row = NULL;
    sweep s = {.rows = rows, .n_causes = k, .survival = 1};
    s.cause = mlab_allocate(context, k, sizeof *s.cause);
    bool made = s.cause;
    if (rows->by_start) {
        for (size_t i = 0; i < n; i++) highest = rows->by_start[i] > highest ? rows->by_start[i] : highest;
        s.entry_h = mlab_allocate(context, n, sizeof *s.entry_h);
        s.entry_e = mlab_allocate(context, n, k * sizeof *s.entry_e);
        place_of = mlab_allocate(context, n, sizeof *place_of);
        of_row = mlab_allocate(context, highest + 1, sizeof *of_row);
        made = made && s.entry_h && s.entry_e && place_of && of_row;
    }
    if (!made) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a curve of %zu rows and %zu causes", n, k);
        goto out;
    }
    if (rows->by_start) {
        for (size_t i = 0; i < n; i++) of_row[rows->by_start[i]] = i;
        for (size_t i = 0; i < n; i++) place_of[i] = of_row[rows->by_time[i]];
    }
    run(&s, place_of, curve);
out:
    mlab_release(context, of_row);
    mlab_release(context, place_of);
    mlab_release(context, s.entry_e);
    mlab_release(context, s.entry_h);
    mlab_release(context, s.cause);
    return status;
}
