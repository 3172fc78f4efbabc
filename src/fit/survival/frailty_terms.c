/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one group with d events and cumulative hazard H adds to the likelihood of a shared frailty (Nielsen, Gill, Andersen & Sorensen 1992,
 * Scandinavian Journal of Statistics 19, 25-43, for the gamma).
 *
 * Gamma with variance w: sum over j < d of log(1 + j w) - (1 / w + d) log(1 + w H). What cancels for small w H is summed as a series.
 * Normal log frailty: the integrand exp(d u - H e^u - u^2 / (2 w)) is entire and falls fast on both sides, so that the trapezoidal rule of step h
 * errs by the tail of its Fourier transform (Trefethen & Weideman 2014, doi:10.1137/130932132); h is half the width of the peak, at most 0.25.
 * Weakness: the gamma takes a sum over the events of a group; the normal some 50 to 300 exponentials.
 */
#include "fit/survival/frailty.h"

#include "core/elementary.h"

#include <math.h>

/* log(1 + y) - y / (1 + y), and y^2 / (1 + y)^2 - 2 times it. */
static void differences(double y, double *q, double *r)
{
    if (y > 0.1) {
        *q = mlab_log1p(y) - y / (1 + y);
        *r = y * y / ((1 + y) * (1 + y)) - 2 * *q;
        return;
    }
    *q = *r = 0;
    for (int m = 20; m >= 2; m--) { /* coefficients (-1)^m (m - 1) / m and (-1)^m (m - 1)(m - 2) / m, by Horner */
        double c = (m % 2 ? -1.0 : 1.0) * (m - 1) / m;
        *q = *q * y + c;
        *r = *r * y + c * (m - 2);
    }
    *q *= y * y;
    *r *= y * y;
}

mlab_frailty_term mlab_frailty_gamma(double d, double hazard, double w)
{
    double y = w * hazard, q, r, logs = 0, first = 0, second = 0;
    for (size_t k = 1; (double)k < d; k++) {
        double j = (double)k, part = j / (1 + j * w);
        logs += mlab_log1p(j * w);
        first += part;
        second += part * part;
    }
    differences(y, &q, &r);
    double mean = (1 + d * w) / (1 + y), share = hazard / (1 + y);
    mlab_frailty_term t = {.value = logs - (1 / w + d) * mlab_log1p(y), .mean = mean, .spread = mean * w / (1 + y)};
    t.by = first + q / (w * w) - d * share;
    t.by_by = -second + r / (w * w * w) + d * share * share;
    t.by_hazard = -(d - hazard) / ((1 + y) * (1 + y));
    t.effect = mlab_log(mean);
    t.effect_spread = sqrt(t.spread) / mean;
    return t;
}

enum { MOST_STEPS = 2000 };

/* Where d u - H e^u - u^2 / (2 w) is highest: Newton from the right of it, where every step goes down and none too far. */
static double peak(double d, double hazard, double w)
{
    double u = 0;
    if (d > 0) u = hazard > 0 ? fmax(0, fmin(d * w, mlab_log(d / hazard))) : d * w;
    for (int k = 0; k < MOST_STEPS; k++) { /* about one for each unit of u */
        double rate = hazard * mlab_exp(u), move = (d - rate - u / w) / (rate + 1 / w);
        u += move;
        if (fabs(move) <= 1e-14 * (1 + fabs(u))) break;
    }
    return u;
}

enum { MOST_NODES = 100000 };

typedef struct sums {
    double one, z, zz, u, uu, l, ll, zl, second;
} sums;

/* One node u of weight e^f: t = z / z_peak - 1, v = u - peak; l = derivative of the log normal density by w. */
static void add(double weight, double t, double v, double u, double w, sums *s)
{
    double l = (u * u / w - 1) / (2 * w);
    s->one += weight;
    s->z += weight * t;
    s->zz += weight * t * t;
    s->u += weight * v;
    s->uu += weight * v * v;
    s->l += weight * l;
    s->ll += weight * l * l;
    s->zl += weight * t * l;
    s->second += weight * (0.5 - u * u / w) / (w * w);
}

mlab_frailty_term mlab_frailty_normal(double d, double hazard, double w)
{
    static const double AWAY = 41; /* exp(-41) is 2e-18 */
    double at = peak(d, hazard, w), top = mlab_exp(at), rate = hazard * top, h = fmin(0.25, 0.5 / sqrt(rate + 1 / w));
    sums s = {0};
    add(1, 0, 0, at, w, &s);
    for (int side = -1; side <= 1; side += 2)
        for (size_t k = 1; k < MOST_NODES; k++) {
            double v = side * (double)k * h, t = mlab_expm1(v), u = at + v;
            double f = d * v - rate * t - v * (at + u) / (2 * w); /* less that of the peak */
            if (!(f >= -AWAY)) break;                             /* NaN too */
            add(mlab_exp(f), t, v, u, w, &s);
        }
    double z = s.z / s.one, u = s.u / s.one, l = s.l / s.one;
    mlab_frailty_term term = {.value = d * at - rate - at * at / (2 * w) + mlab_log(h * s.one) - 0.5 * mlab_log(6.283185307179586477 * w)};
    term.mean = top * (1 + z);
    term.spread = top * top * (s.zz / s.one - z * z);
    term.by = l;
    term.by_by = s.ll / s.one - l * l + s.second / s.one;
    term.by_hazard = -top * (s.zl / s.one - z * l);
    term.effect = at + u;
    term.effect_spread = sqrt(fmax(s.uu / s.one - u * u, 0));
    return term;
}
