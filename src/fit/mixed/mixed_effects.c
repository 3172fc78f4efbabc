/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes out of a mixed model besides its coefficients: standard deviations between groups, modes of the groups, and doubts. */
#include "fit/mixed/mixed.h"

#include "fit/climb.h"
#include "fit/spread.h"

#include "core/dot.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static char *group_name(const mlab_context *context, const mlab_random_grouping *grouping, size_t g)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", g + 1);
    return mlab_copy_text(context, grouping->groups ? grouping->groups[g] : number);
}

bool mlab_random_effects_room(const mlab_context *context, const mlab_random_grouping *grouping, size_t n, size_t n_groups, mlab_random_effects *r)
{
    r->n = n;
    r->n_groups = n_groups;
    r->people = grouping->person != NULL;
    r->group = mlab_copy_text(context, grouping->name ? grouping->name : "group");
    r->names = mlab_allocate(context, n, sizeof *r->names);
    r->groups = mlab_allocate(context, n_groups, sizeof *r->groups);
    r->covariance = mlab_allocate(context, n, n * sizeof *r->covariance);
    r->sd = mlab_allocate(context, n, sizeof *r->sd);
    r->sd_se = mlab_allocate(context, n, sizeof *r->sd_se);
    r->mode = mlab_allocate(context, n_groups, n * sizeof *r->mode);
    r->mode_se = mlab_allocate(context, n_groups, n * sizeof *r->mode_se);
    bool whole = r->group && r->names && r->groups && r->covariance && r->sd && r->sd_se && r->mode && r->mode_se;
    for (size_t g = 0; whole && g < n_groups; g++) whole = (r->groups[g] = group_name(context, grouping, g));
    return whole;
}

mlab_status mlab_mixed_effects_make(const mlab_context *context, const mlab_mixed *m, const mlab_fit_problem *problem, mlab_fit *fit, mlab_error *err)
{
    mlab_random_effects *r = fit->random = mlab_allocate(context, 1, sizeof *r);
    if (!r) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for random effects");
    fit->n_random = 1;
    r->independent = m->independent;
    bool whole = mlab_random_effects_room(context, problem->random, m->q, m->n_groups, r);
    for (size_t a = 0; whole && a < m->q; a++) whole = (r->names[a] = mlab_copy_text(context, mlab_design_name(problem->random->design, a)));
    if (!whole) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the effects of %zu groups", m->n_groups);
    return mlab_design_copy(problem->random->design, &r->design, err);
}

/* Standard error of standard deviation a by the delta method. */
static double error_of(const mlab_climb *c, const mlab_mixed *m, size_t base, size_t log_scale, const double *lambda, size_t a, double sd,
                       double scale)
{
    double variance = 0, length = sd / scale;
    size_t n = m->n_lambda + (log_scale != SIZE_MAX);
    for (size_t k = 0; k < n; k++)
        for (size_t l = 0; l < n; l++) {
            double slope = 1;
            size_t at[2];
            for (int side = 0; side < 2; side++) {
                size_t which = side ? l : k, row = a, column = 0;
                at[side] = which < m->n_lambda ? base + which : log_scale;
                if (which < m->n_lambda) mlab_mixed_entry(m, which, &row, &column);
                slope *= which == m->n_lambda ? sd : row == a ? scale * lambda[a * m->q + column] / length : 0;
            }
            variance += slope * c->inverse[at[0] * c->n + at[1]];
        }
    return sqrt(fmax(variance, 0));
}

/* One group: u = Lambda v with the variance scale^2 Lambda H^-1 Lambda'. */
static void place_group(const mlab_mixed *m, const double *lambda, double scale, size_t g, mlab_random_effects *r)
{
    const size_t q = m->q;
    const double *l = m->factor + g * q * q;
    for (size_t a = 0; a < q; a++) {
        double half[MLAB_MOST_EFFECTS];
        r->mode[g * q + a] = mlab_dot(lambda + a * q, m->mode + g * q, q);
        for (size_t i = 0; i < q; i++) { /* L^-1 (row a of Lambda) */
            half[i] = lambda[a * q + i];
            for (size_t k = 0; k < i; k++) half[i] -= l[i * q + k] * half[k];
            half[i] /= l[i * q + i];
        }
        r->mode_se[g * q + a] = scale * sqrt(mlab_dot(half, half, q));
    }
}

void mlab_mixed_effects_place(const mlab_climb *c, const mlab_mixed *m, size_t base, size_t log_scale, mlab_random_effects *r)
{
    size_t q = m->q;
    double lambda[MLAB_MOST_EFFECTS * MLAB_MOST_EFFECTS] = {0}, scale = log_scale == SIZE_MAX ? 1 : exp(c->psi[log_scale]);
    for (size_t k = 0; k < m->n_lambda; k++) {
        size_t a, b;
        mlab_mixed_entry(m, k, &a, &b);
        lambda[a * q + b] = c->psi[base + k];
    }
    for (size_t a = 0; a < q; a++) {
        for (size_t b = 0; b < q; b++) r->covariance[a * q + b] = scale * scale * mlab_dot(lambda + a * q, lambda + b * q, q);
        r->sd[a] = sqrt(r->covariance[a * q + a]);
        r->sd_se[a] = r->sd[a] > 0 ? error_of(c, m, base, log_scale, lambda, a, r->sd[a], scale) : 0;
    }
    for (size_t g = 0; g < m->n_groups; g++) place_group(m, lambda, scale, g, r);
}

void mlab_mixed_warm(mlab_climb *c, const mlab_prepared *prepared, size_t fixed)
{
    const mlab_fit *from = prepared->problem->warm_mixed;
    const mlab_engine *engine = prepared->own;
    if (!from || from->n_parameters != engine->n_parameters || from->n_spread != c->n - fixed) return;
    size_t place[2] = {0, 0}, n = c->n, p = from->n_parameters, all = p + from->n_spread;
    for (size_t j = 0; j < p; j++)
        if (engine->aliased[j] != from->aliased[j]) return;
    for (size_t j = fixed ? 0 : p; j < all; j++) {
        if (j < p && from->aliased[j]) continue;
        bool moves = j < p || !mlab_spread_entry_near_zero(from, j - p);
        if (moves) c->psi[place[0]] = j < p ? from->estimate[j] : from->spread[j - p];
        place[1] = 0;
        for (size_t k = fixed ? 0 : p; k < all; k++) {
            if (k < p && from->aliased[k]) continue;
            bool other = moves && (k < p || !mlab_spread_entry_near_zero(from, k - p));
            if (other || place[0] != place[1]) c->inverse[place[0] * n + place[1]] = other ? from->joint_covariance[j * all + k] : 0;
            place[1]++;
        }
        place[0]++;
    }
    c->quick = true;
}

mlab_status mlab_mixed_keep_spread(const mlab_context *context, const mlab_climb *c, size_t fixed, mlab_fit *fit, mlab_error *err)
{
    size_t p = fit->n_parameters, n = c->n - fixed, all = p + n, at = 0;
    fit->n_spread = n;
    fit->spread = mlab_allocate(context, n, sizeof *fit->spread);
    fit->joint_covariance = mlab_allocate(context, all, all * sizeof *fit->joint_covariance);
    if (!fit->spread || !fit->joint_covariance) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the covariance of %zu parameters", all);
    memcpy(fit->spread, c->psi + fixed, n * sizeof *fit->spread);
    double *joint = fit->joint_covariance;
    for (size_t j = 0; j < p; j++) {
        memcpy(joint + j * all, fit->covariance + j * p, p * sizeof *joint);
        if (fixed == 0 || fit->aliased[j]) continue;
        for (size_t k = 0; k < n; k++) joint[j * all + p + k] = joint[(p + k) * all + j] = c->inverse[at * c->n + fixed + k];
        at++;
    }
    for (size_t k = 0; k < n; k++) memcpy(joint + (p + k) * all + p, c->inverse + (fixed + k) * c->n + fixed, n * sizeof *joint);
    return MLAB_OK;
}

void mlab_mixed_start_lambda(mlab_climb *c, const mlab_mixed *m, size_t at, double sd)
{
    for (size_t k = 0; k < m->n_lambda; k++, at++) {
        size_t a, b;
        double square = 0;
        mlab_mixed_entry(m, k, &a, &b);
        for (size_t i = 0; i < m->n; i++) square += m->z[a * m->n + i] * m->z[a * m->n + i];
        double size = square > 0 ? sqrt(square / (double)m->n) : 1;
        c->psi[at] = a == b ? sd / size : 0;
        c->inverse[at * c->n + at] = sd * sd / (size * size * (double)m->n_groups);
    }
}

mlab_status mlab_mixed_doubt(const mlab_climb *c, const mlab_mixed *m, double boundary, mlab_fit *fit, mlab_error *err)
{
    const mlab_random_effects *r = fit->random;
    mlab_status status = MLAB_OK;
    for (size_t a = 0; a < r->n && !status; a++) {
        double square = mlab_dot(m->z + a * m->n, m->z + a * m->n, m->n) / (double)m->n;
        if (r->sd[a] * sqrt(square) < boundary)
            status = mlab_fit_doubt(fit, MLAB_ON_BOUNDARY, err, "the standard deviation of %s between %s is 0: nothing is left over for it",
                                    r->names[a], r->group);
    }
    if (!status && fit->trust != MLAB_ON_BOUNDARY) status = mlab_mixed_doubt_singular(r, fit, err);
    if (!status && fit->trust != MLAB_ON_BOUNDARY && (!c->definite || !c->converged))
        status = mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err,
                                c->definite ? "the mixed model did not settle in %d steps"
                                            : "the likelihood of the mixed model has no definite maximum after %d steps",
                                c->iterations);
    if (!status && r->n_groups < 5)
        status = mlab_fit_doubt(fit, MLAB_TOO_FEW_CLUSTERS, err,
                                "%zu groups of %s are too few to tell how they differ: intervals for other groups than these would be wider",
                                r->n_groups, r->group);
    return status;
}

/* What the fit without random effects left behind and does not hold any more. */
void mlab_mixed_forget(mlab_fit *fit)
{
    mlab_release(fit->context, fit->robust);
    mlab_release(fit->context, fit->influence);
    mlab_release(fit->context, fit->influence_id);
    fit->robust = fit->influence = NULL;
    fit->influence_id = NULL;
    fit->cluster[0] = fit->robust_kind[0] = 0;
    if (fit->trust == MLAB_TRUSTED || fit->trust == MLAB_TOO_FEW_CLUSTERS || fit->trust == MLAB_NOT_CONVERGED) {
        fit->trust = MLAB_TRUSTED;
        fit->reason[0] = 0;
    }
}
