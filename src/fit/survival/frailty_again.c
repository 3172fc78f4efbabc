/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fitted Cox model with a frailty, made again for what is asked of it afterwards; and the scores of its clusters.
 *
 * The score of a cluster in the profile likelihood is its score in the coefficients and the variance, and in the steps times their derivatives along
 * the maximum over the steps (Murphy & van der Vaart 2000, Journal of the American Statistical Association 95, 449-465): times the inverse of the
 * profile's information it is the influence of the cluster.
 */
#include "fit/survival/frailty.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

void mlab_frailty_again_end(mlab_frailty_again *a)
{
    if (!a->context) return;
    mlab_frailty_end(&a->f);
    mlab_cox_work_free(a->context, &a->work);
    void *const memory[] = {a->weight, a->top.covariance, a->top.steps_by, a->top.step_variance};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(a->context, memory[k]);
}

/* Where the fit ended. */
static void place(mlab_frailty_again *a, const mlab_fit *fit)
{
    mlab_frailty *f = &a->f;
    const mlab_baseline *b = fit->baseline;
    for (size_t j = 0; j < f->p; j++) f->beta[j] = fit->estimate[j] * f->rows->scale[j];
    f->variance = fit->random->covariance[0] > 0 ? fit->random->covariance[0] : 0.3;
    mlab_frailty_breslow(f);
    if (fit->trust == MLAB_ON_BOUNDARY) return;
    for (size_t s = 0; s < f->n_strata; s++)
        for (size_t k = f->first[s]; k < f->first[s + 1]; k++) {
            double step = b->cumulative_hazard[k] - (k > f->first[s] ? b->cumulative_hazard[k - 1] : 0);
            if (step > 0) f->log_step[k] = mlab_log(step);
        }
}

mlab_status mlab_frailty_again_begin(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_frailty_again *a,
                                     mlab_error *err)
{
    const mlab_cox_rows *rows = prepared->own;
    size_t q = rows->p + 1;
    *a = (mlab_frailty_again){.context = context};
    a->weight = mlab_allocate(context, rows->n, sizeof *a->weight);
    if (!a->weight) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the frailty of %s", fit->outcome);
    for (size_t k = 0; k < rows->n; k++) a->weight[k] = prepared->problem->weight ? prepared->problem->weight[rows->row[k]] : 1;
    mlab_status status = mlab_cox_work_make(context, rows, a->weight, &a->work, err);
    if (!status) status = mlab_frailty_begin(context, prepared, &a->work, &a->f, err);
    if (status) return status;
    if (!fit->baseline || fit->baseline->n != a->f.n_steps)
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the baseline of the fit is of other data, or some of its steps were joined", fit->outcome);
    a->top.covariance = mlab_allocate(context, q, q * sizeof(double));
    a->top.steps_by = mlab_allocate(context, a->f.n_steps, q * sizeof(double));
    a->top.step_variance = mlab_allocate(context, a->f.n_steps, sizeof(double));
    if (!a->top.covariance || !a->top.steps_by || !a->top.step_variance)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the frailty of %s", fit->outcome);
    place(a, fit);
    return MLAB_OK;
}

mlab_status mlab_frailty_scores(const mlab_frailty_again *a, const uint32_t *cluster, double *scores, mlab_error *err)
{
    const mlab_frailty *f = &a->f;
    const mlab_cox_rows *rows = f->rows;
    size_t p = f->p, q = p + 1, k = f->n_steps;
    double *sums = mlab_allocate(f->context, k + 1, q * sizeof *sums); /* of the steps times their derivatives, before each */
    uint8_t *seen = mlab_allocate(f->context, f->n_groups, 1);
    mlab_status status = sums && seen ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu rows", f->n);
    for (size_t s = 0; s < k && !status; s++)
        for (size_t j = 0; j < q; j++) sums[(s + 1) * q + j] = sums[s * q + j] + f->step[s] * a->top.steps_by[s * q + j];
    for (size_t i = 0; i < f->n && !status; i++) {
        uint32_t g = f->group[i];
        double *into = scores + cluster[rows->row[i]] * q, risk = f->work->risk[i], mean = f->term[g].mean;
        double unseen = mlab_frailty_unseen(f, f->sum, i), before = f->enters ? f->entry[g].mean : 0;
        double event = rows->event[i] ? f->work->weight[i] : 0;
        double left = event - risk * (mean * mlab_frailty_seen(f, f->sum, i) + (mean - before) * unseen);
        size_t first = f->first[rows->stratum[i]];
        for (size_t j = 0; j < q; j++) {
            double scale = j < p ? rows->scale[j] : 1, of_steps = event > 0 ? event * a->top.steps_by[(f->to[i] - 1) * q + j] : 0;
            of_steps -= mean * risk * (sums[f->to[i] * q + j] - sums[f->from[i] * q + j]);
            if (unseen != 0) of_steps -= (mean - before) * risk * (sums[f->from[i] * q + j] - sums[first * q + j]);
            into[j] += scale * ((j < p ? left * rows->x[i * p + j] : 0) + of_steps);
        }
        if (!seen[g]) into[p] += f->term[g].by - (f->enters ? f->entry[g].by : 0);
        seen[g] = 1;
    }
    mlab_release(f->context, sums);
    mlab_release(f->context, seen);
    return status;
}
