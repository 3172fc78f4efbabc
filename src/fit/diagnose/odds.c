/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proportional odds: Brant's Wald test (1990, doi:10.2307/2532457) that the coefficients of the logits of Y > k are the same at every threshold.
 *
 * One logit is fitted to each threshold; with w_kl = P(Y > l) - P(Y > k) P(Y > l), k <= l, the covariance of the fits k and l is
 * inverse(X'W_kk X) X'W_kl X inverse(X'W_ll X). Weakness: with few answers beyond a threshold its logit is separated, and the test is left out;
 * rows are taken as independent.
 */
#include "fit/diagnose/diagnose.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "data/design_terms.h"
#include "fit/small.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

static const double SURPRISING = 0.01;

typedef struct brant {
    mlab_diagnosing *d;
    size_t n, p, cuts;  /* rows; columns with the intercept; thresholds */
    double *x, *offset; /* [n * p], [n] */
    double *b, *share;  /* [cuts * p]; [cuts * n] P(Y > k) */
    double *inverse;    /* [cuts * p * p] */
    double *covariance; /* [(cuts * p)^2] */
    uint8_t *out;       /* [p] columns left out */
    int32_t *category;  /* [n] */
} brant;

static mlab_status cut_fit(brant *t, size_t k, bool *usable, mlab_error *err)
{
    static const char *const names[] = {"not above", "above"};
    const mlab_prepared *prepared = t->d->prepared;
    mlab_fit_problem problem = *prepared->problem;
    mlab_fit_options options = prepared->options;
    mlab_fit *fit = NULL;
    for (size_t i = 0; i < t->n; i++) t->category[i] = (size_t)prepared->problem->category[i] > k;
    problem.category = t->category;
    problem.n_categories = 2;
    problem.categories = names;
    problem.cluster = NULL;
    problem.warm = NULL;
    options.robust = MLAB_ROBUST_CR1;
    mlab_status status = mlab_fit_problem_fit(t->d->context, &mlab_model_logit, &problem, &options, &fit, err);
    if (status) return status;
    *usable = fit->trust != MLAB_SEPARATED && fit->trust != MLAB_NOT_CONVERGED;
    memcpy(t->b + k * t->p, fit->estimate, t->p * sizeof *t->b);
    for (size_t j = 0; j < t->p; j++) t->out[j] = t->out[j] || fit->aliased[j];
    memcpy(t->inverse + k * t->p * t->p, fit->covariance, t->p * t->p * sizeof *t->inverse);
    mlab_fit_free(fit);
    for (size_t i = 0; i < t->n; i++) {
        double eta = t->offset[i] + (problem.offset ? problem.offset[i] : 0);
        for (size_t j = 0; j < t->p; j++) eta += t->x[i * t->p + j] * t->b[k * t->p + j];
        t->share[k * t->n + i] = mlab_logistic(eta);
    }
    return MLAB_OK;
}

static void multiply(const double *a, const double *b, size_t p, double *out)
{
    memset(out, 0, p * p * sizeof *out);
    for (size_t i = 0; i < p; i++)
        for (size_t k = 0; k < p; k++)
            for (size_t j = 0; j < p; j++) out[i * p + j] += a[i * p + k] * b[k * p + j];
}

/* room [2 p^2]. */
static void covariance_of(brant *t, size_t k, size_t l, double *room)
{
    size_t p = t->p, all = t->cuts * p;
    const double *weight = t->d->prepared->problem->weight;
    double *cross = room, *half = room + p * p;
    memset(cross, 0, p * p * sizeof *cross);
    for (size_t i = 0; i < t->n; i++) {
        double w = (weight ? weight[i] : 1) * t->share[l * t->n + i] * (1 - t->share[k * t->n + i]);
        const double *x = t->x + i * p;
        for (size_t a = 0; a < p; a++)
            for (size_t b = 0; b < p; b++) cross[a * p + b] += w * x[a] * x[b];
    }
    multiply(t->inverse + k * p * p, cross, p, half);
    multiply(half, t->inverse + l * p * p, p, cross);
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b < p; b++) t->covariance[(k * p + a) * all + l * p + b] = t->covariance[(l * p + b) * all + k * p + a] = cross[a * p + b];
}

/* Columns first .. first + n - 1 are the same at every threshold; df 0 = no test. */
static mlab_status test(brant *t, size_t first, size_t n, size_t *df, double *value, mlab_error *err)
{
    size_t p = t->p, all = t->cuts * p, q = 0;
    double *v = mlab_allocate(t->d->context, t->cuts * n, (t->cuts * n + 1) * sizeof *v);
    size_t *from = mlab_allocate(t->d->context, t->cuts * n, 2 * sizeof *from);
    mlab_status status = v && from ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a test of proportional odds");
    *df = 0;
    *value = 0;
    for (size_t k = 1; k < t->cuts && !status; k++)
        for (size_t j = first; j < first + n; j++) {
            if (t->out[j]) continue;
            from[2 * q] = k * p + j;
            from[2 * q + 1] = j; /* of the first threshold */
            q++;
        }
    if (!status && q) {
        double *r = v + q * q;
        for (size_t a = 0; a < q; a++) {
            const size_t a1 = from[2 * a], a0 = from[2 * a + 1];
            r[a] = t->b[a1] - t->b[a0];
            for (size_t c = 0; c < q; c++) {
                const size_t c1 = from[2 * c], c0 = from[2 * c + 1];
                v[a * q + c] =
                    t->covariance[a1 * all + c1] - t->covariance[a1 * all + c0] - t->covariance[a0 * all + c1] + t->covariance[a0 * all + c0];
            }
        }
        if (mlab_small_factor(v, q)) {
            *df = q;
            mlab_small_solve_lower(v, q, r);
            for (size_t a = 0; a < q; a++) *value += r[a] * r[a];
        }
    }
    mlab_release(t->d->context, v);
    mlab_release(t->d->context, from);
    return status;
}

static mlab_status tell(brant *t, mlab_error *err)
{
    size_t n_terms, df;
    double value;
    const mlab_design_term *terms = mlab_design_terms(t->d->prepared->problem->design, &n_terms);
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < n_terms && !status; k++) {
        status = test(t, terms[k].first, terms[k].n_columns, &df, &value, err);
        double p = df ? gsl_cdf_chisq_Q(value, (double)df) : 1;
        if (!status && df && p < SURPRISING)
            status = mlab_diagnose_add(t->d, true, "proportional odds", terms[k].label, value, p, err,
                                       "%s shifts the levels unequally (Brant's test, p = %.2g): one coefficient is an average over the thresholds.",
                                       terms[k].label, p);
    }
    if (!status) status = test(t, 1, t->p - 1, &df, &value, err);
    if (status || !df) return status;
    double p = gsl_cdf_chisq_Q(value, (double)df);
    return mlab_diagnose_add(t->d, p < SURPRISING, "proportional odds", "", value, p, err,
                             p < SURPRISING ? "Taken together the odds are not proportional (Brant's test, p = %.2g)."
                                            : "The odds are as good as proportional (Brant's test, p = %.2f).",
                             p);
}

mlab_status mlab_diagnose_odds(mlab_diagnosing *d, mlab_error *err)
{
    const mlab_fit_problem *problem = d->prepared->problem;
    if (d->prepared->model != &mlab_model_ordinal || strcmp(d->fit->link, "logit") != 0 || d->fit->n_thresholds < 2 || problem->n_random ||
        d->prepared->effects)
        return MLAB_OK;
    if (!mlab_design_has_intercept(problem->design)) return MLAB_OK; /* every cut has one of its own */
    brant t = {.d = d, .n = problem->n, .p = mlab_design_columns(problem->design), .cuts = d->fit->n_thresholds};
    if (t.p < 2) return MLAB_OK;
    size_t all = t.cuts * t.p;
    t.x = mlab_allocate(d->context, t.n, t.p * sizeof *t.x);
    t.offset = mlab_allocate(d->context, t.n, sizeof *t.offset);
    t.b = mlab_allocate(d->context, all, sizeof *t.b);
    t.share = mlab_allocate(d->context, t.n, t.cuts * sizeof *t.share);
    t.inverse = mlab_allocate(d->context, all, t.p * sizeof *t.inverse);
    t.covariance = mlab_allocate(d->context, all, all * sizeof *t.covariance);
    t.out = mlab_allocate(d->context, t.p, 1);
    t.category = mlab_allocate(d->context, t.n, sizeof *t.category);
    double *room = mlab_allocate(d->context, 2 * t.p, t.p * sizeof *room);
    bool usable = true;
    mlab_status status = MLAB_OK;
    if (!t.x || !t.offset || !t.b || !t.share || !t.inverse || !t.covariance || !t.out || !t.category || !room)
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a test of proportional odds");
    if (!status) status = mlab_design_fill(problem->design, problem->table, problem->rows, 0, t.n, t.x, t.offset, err);
    for (size_t k = 0; k < t.cuts && usable && !status; k++) status = cut_fit(&t, k, &usable, err);
    for (size_t k = 0; k < t.cuts && usable && !status; k++)
        for (size_t l = k; l < t.cuts; l++) covariance_of(&t, k, l, room);
    if (!status && usable)
        status = tell(&t, err);
    else if (!status)
        status = mlab_diagnose_add(d, false, "proportional odds", "", -1, -1, err,
                                   "Proportional odds were not tested: some levels are too rare for a logit of their own.");
    void *const memory[] = {t.x, t.offset, t.b, t.share, t.inverse, t.covariance, t.out, t.category, room};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(d->context, memory[k]);
    return status;
}
