/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kaplan-Meier survival with Greenwood's variance (1926): S = prod (1 - d/n), V(log S) = sum d / (n (n - d)).
 *
 * Weights count as copies of a row. Weakness: where survival falls to 0 the variance is not defined; se is then 0. */
#include "fit/survival/curve.h"

#include <math.h>

void mlab_curve_survival(const mlab_curve_rows *rows, mlab_curve *curve)
{
    mlab_curve_sweep at = {0, 0, 0};
    double survival = 1, variance = 0;
    for (size_t t = 0; t < curve->n_times; t++) {
        double now = curve->time[t], events = 0, leaving = 0;
        for (; at.entered < rows->n; at.entered++) {
            uint32_t row = rows->by_start ? rows->by_start[at.entered] : rows->by_time[at.entered];
            if (rows->by_start && rows->start[row] >= now) break;
            at.weight += mlab_curve_weight(rows, row);
        }
        size_t left = at.left;
        for (; left < rows->n && rows->time[rows->by_time[left]] == now; left++) {
            uint32_t row = rows->by_time[left];
            leaving += mlab_curve_weight(rows, row);
            if (rows->status[row]) events += mlab_curve_weight(rows, row);
        }
        double n = left == at.entered ? leaving : at.weight; /* the last ones: free of rounding left over from sums */
        if (events > 0) {
            survival *= events < n ? (n - events) / n : 0;
            if (events < n) variance += events / (n * (n - events));
        }
        curve->at_risk[t] = n;
        curve->events[t] = events;
        curve->estimate[t] = survival;
        curve->se[t] = survival * sqrt(variance);
        at.left = left;
        at.weight = at.left == at.entered ? 0 : n - leaving;
    }
}
