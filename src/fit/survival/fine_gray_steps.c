/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Influence of rows on the cumulative subdistribution hazard with the coefficients known: the martingale part and the part that comes from estimating
 * the censoring distribution (Fine & Gray 1999, section 4, doi:10.1080/01621459.1999.10474144), as for the score in fine_gray_residuals.c.
 *
 * H(t) sums dH over the sum at risk up to t, L(t) the same times G; g(u) the risk / G of those with a competing event before u, Y(u) those watched,
 * C(u) those censored at u. A row adds its event over the sum at risk; takes its risk times H while it is watched and, after a competing event, its
 * risk / G times the growth of L; and moves G by q(u) = g(u) / Y(u) (L(t) - L(u-)) at its own censoring, less the sum of q(u) C(u) / Y(u) over the
 * times that it was watched. So four functions of time are shared: 1, H, L and that sum for somebody who is watched still. */
#include "fit/survival/fine_gray.h"
#include "fit/survival/steps.h"

#include "core/error.h"
#include "core/memory.h"

enum { F = MLAB_STEP_BASES, ONE = 0, HAZARD = 1, LATE = 2, CENSORED = 3 };

/* Sums up to the present time: of p = g C / Y^2, and of p L(u-). */
typedef struct running {
    double gone, at_risk, p, p_late;
} running;

/* hazard, late [steps + 1]: H and L before each step. */
static void put_row(const mlab_fine_gray_work *work, const double *hazard, const double *late, const running *now, double q, size_t before,
                    size_t past, size_t i, mlab_steps *steps)
{
    const mlab_fine_gray_rows *rows = work->rows;
    size_t end = rows->n_times;
    double w = work->weight[i], risk = work->risk[i], by[F] = {0};
    mlab_steps_change(steps, 0, end, rows->row[i], (double[F]){[HAZARD] = -risk, [CENSORED] = -w});
    by[ONE] = w * now->p_late - risk * hazard[past];
    by[HAZARD] = risk;
    by[LATE] = -w * now->p;
    by[CENSORED] = w;
    if (rows->status[i] == 2) {
        double each = risk / work->uncensored[i];
        by[LATE] -= each;
        by[ONE] += each * late[past];
    }
    mlab_steps_change(steps, past, end, rows->row[i], by);
    if (rows->status[i] == 1) mlab_steps_change(steps, past - 1, end, rows->row[i], (double[F]){w / work->total[past - 1]});
    if (rows->status[i] == 0 && q > 0)
        mlab_steps_change(steps, before, end, rows->row[i], (double[F]){[ONE] = -w * q * late[before], [LATE] = w * q});
}

/* The shared functions, and sums of hazard and late before each step. */
static void put_bases(const mlab_fine_gray_work *work, double *hazard, double *late, mlab_steps *steps)
{
    const mlab_fine_gray_rows *rows = work->rows;
    size_t step = 0;
    for (size_t i = 0, last = SIZE_MAX; i < rows->n; i++) {
        if (rows->status[i] != 1 || (last != SIZE_MAX && rows->stop[i] == rows->stop[last])) continue;
        last = i;
        double total = work->total[step], part = work->happened[step] > 0 ? work->happened[step] / total / total : 0;
        hazard[step + 1] = hazard[step] + part;
        late[step + 1] = late[step] + work->uncensored[i] * part;
        steps->basis[step * F + ONE] = 1;
        steps->basis[step * F + HAZARD] = hazard[step + 1];
        steps->basis[step * F + LATE] = late[step + 1];
        step++;
    }
}

static void put_rows(const mlab_fine_gray_work *work, const double *hazard, const double *late, mlab_steps *steps)
{
    const mlab_fine_gray_rows *rows = work->rows;
    running now = {0};
    size_t before = 0;
    for (size_t i = 0; i < rows->n; i++) now.at_risk += work->weight[i];
    for (size_t i = 0, next; i < rows->n; i = next) {
        double censored = 0;
        bool any = false;
        for (next = i; next < rows->n && rows->stop[next] == rows->stop[i]; next++) {
            any |= rows->status[next] == 1;
            censored += rows->status[next] == 0 ? work->weight[next] : 0;
        }
        double q = censored > 0 ? now.gone / now.at_risk : 0, p = q > 0 ? q * censored / now.at_risk : 0;
        now.p += p;
        now.p_late += p * late[before];
        size_t past = before + any;
        if (any) steps->basis[before * F + CENSORED] = late[past] * now.p - now.p_late;
        for (size_t k = i; k < next; k++)
            if (work->weight[k] > 0) put_row(work, hazard, late, &now, q, before, past, k, steps);
        for (size_t k = i; k < next; k++) {
            if (!(work->weight[k] > 0)) continue;
            now.at_risk -= work->weight[k];
            if (rows->status[k] == 2) now.gone += work->risk[k] / work->uncensored[k];
        }
        before = past;
    }
}

mlab_status mlab_fine_gray_steps_of(const mlab_fine_gray_work *work, const mlab_baseline *baseline, mlab_steps *steps, mlab_error *err)
{
    size_t n = work->rows->n, n_times = work->rows->n_times;
    double *hazard = mlab_allocate(work->context, 2 * n_times + 2, sizeof *hazard), *late = hazard + n_times + 1;
    *steps = (mlab_steps){0};
    mlab_status status = hazard ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of %zu rows", n);
    if (!status) status = mlab_steps_make(work->context, baseline, 3 * n, steps, err);
    if (!status) {
        put_bases(work, hazard, late, steps);
        put_rows(work, hazard, late, steps);
        status = mlab_steps_sort(steps, err);
    }
    mlab_release(work->context, hazard);
    return status;
}
