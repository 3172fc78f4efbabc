/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rubin's rules for random effects: standard deviations as logarithms and correlations as Fisher's z, whose sampling is nearer to normal; effects of
 * groups with their variance within and between imputations (Rubin 1987, ch. 3).
 * Where a standard deviation is near 0 in some imputation it has no logarithm to pool, and entries of Lambda are pooled as they are.
 * Weakness: effects of groups count as having very many degrees of freedom.
 */
#include "fit/impute/pool_random.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/spread.h"
#include "mentorlab/impute.h"

#include <math.h>
#include <string.h>

bool mlab_same_random(mlab_fit *const *fits, size_t n)
{
    const mlab_fit *first = fits[0];
    for (size_t k = 1; k < n; k++) {
        if (fits[k]->n_random != first->n_random || fits[k]->n_spread != first->n_spread) return false;
        for (size_t t = 0; t < first->n_random; t++) {
            const mlab_random_effects *a = &first->random[t], *b = &fits[k]->random[t];
            if (a->n_groups != b->n_groups || a->n != b->n) return false;
            for (size_t g = 0; a->groups && b->groups && g < a->n_groups; g++)
                if (strcmp(a->groups[g], b->groups[g])) return false;
        }
    }
    return true;
}

/* Diagonals of Lambda become positive: a column of it has no sign of its own. */
static void align(mlab_fit *fit)
{
    size_t p = fit->n_parameters, all = p + fit->n_spread, at = 0;
    for (size_t t = 0; t < fit->n_random; t++) {
        const mlab_random_effects *r = &fit->random[t];
        double sign[64];
        for (size_t a = 0, own = at; a < r->n && a < 64; a++) {
            own += r->independent ? 0 : a;
            sign[a] = fit->spread[own++] < 0 ? -1 : 1;
        }
        for (size_t a = 0; a < r->n; a++)
            for (size_t b = r->independent ? a : 0; b <= a; b++, at++) {
                if (sign[b] > 0) continue;
                fit->spread[at] = -fit->spread[at];
                for (size_t k = 0; k < all; k++) fit->joint_covariance[(p + at) * all + k] *= -1;
                for (size_t k = 0; k < all; k++) fit->joint_covariance[k * all + p + at] *= -1;
            }
    }
}

typedef struct pooling {
    mlab_fit *const *fits;
    size_t n;
    bool near;              /* some standard deviation is near 0 in some fit */
    double *one, *variance; /* [n] of one number */
    double *theta;          /* [n * n_spread] */
    double *joint;          /* [all * all] */
} pooling;

static double mean_of(const pooling *w)
{
    double mean;
    mlab_rubin(w->one, w->variance, w->n, HUGE_VAL, &mean, NULL, NULL, NULL);
    return mean;
}

static double parameter_of(const mlab_fit *fit, size_t j)
{
    return j < fit->n_parameters ? fit->estimate[j] : fit->spread[j - fit->n_parameters];
}

static void pool_joint(const pooling *w)
{
    size_t all = w->fits[0]->n_parameters + w->fits[0]->n_spread;
    double m = (double)w->n;
    for (size_t j = 0; j < all; j++)
        for (size_t i = 0; i < all; i++) {
            double within = 0, between = 0, mean_i = 0, mean_j = 0;
            for (size_t k = 0; k < w->n; k++) mean_i += parameter_of(w->fits[k], i) / m, mean_j += parameter_of(w->fits[k], j) / m;
            for (size_t k = 0; k < w->n; k++) {
                within += w->fits[k]->joint_covariance[j * all + i] / m;
                between += (parameter_of(w->fits[k], j) - mean_j) * (parameter_of(w->fits[k], i) - mean_i) / (m - 1);
            }
            w->joint[j * all + i] = within + (1 + 1 / m) * between;
        }
}

bool mlab_pool_near_zero(const mlab_fit *fit)
{
    for (size_t t = 0; t < fit->n_random; t++)
        for (size_t a = 0; a < fit->random[t].n; a++)
            if (mlab_spread_near_zero(&fit->random[t], a)) return true;
    return false;
}

void mlab_pool_sd(double *sd, double *se, size_t n, bool near, double *pooled, double *pooled_se)
{
    double mean, total;
    for (size_t k = 0; k < n; k++) {
        double scale = near ? 1 : sd[k];
        sd[k] = near ? sd[k] : log(sd[k]);
        se[k] = se[k] * se[k] / (scale * scale);
    }
    mlab_rubin(sd, se, n, HUGE_VAL, &mean, &total, NULL, NULL);
    *pooled = near ? mean : exp(mean);
    *pooled_se = near ? sqrt(total) : *pooled * sqrt(total);
}

static void pool_sd(const pooling *w, size_t t, size_t a)
{
    mlab_random_effects *to = &w->fits[0]->random[t];
    for (size_t k = 0; k < w->n; k++) w->one[k] = w->fits[k]->random[t].sd[a], w->variance[k] = w->fits[k]->random[t].sd_se[a];
    mlab_pool_sd(w->one, w->variance, w->n, w->near, &to->sd[a], &to->sd_se[a]);
}

static void pool_modes(const pooling *w, size_t t)
{
    mlab_random_effects *to = &w->fits[0]->random[t];
    bool errors = to->mode_error;
    for (size_t k = 0; k < w->n; k++) errors = errors && w->fits[k]->random[t].mode_error;
    for (size_t g = 0; g < to->n_groups * to->n; g++) {
        double mean = 0, total = 0, with_error = 0;
        for (int which = errors; which >= 0; which--) {
            for (size_t k = 0; k < w->n; k++) {
                const mlab_random_effects *r = &w->fits[k]->random[t];
                double se = which ? r->mode_error[g] : r->mode_se[g];
                w->one[k] = r->mode[g];
                w->variance[k] = se * se;
            }
            mlab_rubin(w->one, w->variance, w->n, HUGE_VAL, &mean, &total, NULL, NULL);
            if (which) with_error = total;
        }
        to->mode[g] = mean;
        to->mode_se[g] = sqrt(total);
        if (errors) to->mode_error[g] = sqrt(with_error);
    }
}

/* The covariance of effects from the pooled Lambda. */
static void put_covariance(const mlab_fit *fit, const double *spread, double scale)
{
    for (size_t t = 0; t < fit->n_random; t++) {
        const mlab_random_effects *r = &fit->random[t];
        double lambda[64 * 64] = {0};
        for (size_t a = 0; a < r->n; a++)
            for (size_t b = r->independent ? a : 0; b <= a; b++) lambda[a * r->n + b] = *spread++;
        for (size_t a = 0; a < r->n; a++)
            for (size_t b = 0; b < r->n; b++) {
                double sum = 0;
                for (size_t c = 0; c < r->n; c++) sum += lambda[a * r->n + c] * lambda[b * r->n + c];
                r->covariance[a * r->n + b] = scale * scale * sum;
            }
    }
}

static void pool_all(const pooling *w)
{
    mlab_fit *fit = w->fits[0];
    size_t m = fit->n_spread, all = fit->n_parameters + m, entries = 0;
    for (size_t k = 0; k < w->n; k++) align(w->fits[k]);
    pool_joint(w);
    for (size_t k = 0; k < w->n; k++) {
        memcpy(w->theta + k * m, w->fits[k]->spread, m * sizeof *w->theta);
        if (!w->near) mlab_spread_unbound(w->fits[k], w->theta + k * m);
    }
    memset(w->variance, 0, w->n * sizeof *w->variance);
    for (size_t j = 0; j < m; j++) {
        for (size_t k = 0; k < w->n; k++) w->one[k] = w->theta[k * m + j];
        fit->spread[j] = mean_of(w);
    }
    if (!w->near) mlab_spread_bound(fit, fit->spread);
    memcpy(fit->joint_covariance, w->joint, all * all * sizeof *w->joint);
    for (size_t t = 0; t < fit->n_random; t++) {
        for (size_t a = 0; a < fit->random[t].n; a++) pool_sd(w, t, a);
        pool_modes(w, t);
        entries += fit->random[t].independent ? fit->random[t].n : fit->random[t].n * (fit->random[t].n + 1) / 2;
    }
    bool linear = entries < m && !(fit->shape > 0);
    put_covariance(fit, fit->spread, linear ? exp(fit->spread[m - 1]) : 1);
    if (linear) fit->residual_variance = exp(2 * fit->spread[m - 1]);
}

mlab_status mlab_pool_random(mlab_fit *const *fits, size_t n, mlab_error *err)
{
    const mlab_context *context = fits[0]->context;
    size_t m = fits[0]->n_spread, all = fits[0]->n_parameters + m;
    pooling w = {.fits = fits, .n = n};
    double *memory = mlab_allocate(context, 2 * n + n * m + all * all, sizeof *memory);
    if (!memory) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to pool the effects of groups");
    w.one = memory;
    w.variance = memory + n;
    w.theta = memory + 2 * n;
    w.joint = memory + 2 * n + n * m;
    for (size_t k = 0; k < n; k++) w.near = w.near || mlab_pool_near_zero(fits[k]);
    pool_all(&w);
    mlab_release(context, memory);
    return MLAB_OK;
}
