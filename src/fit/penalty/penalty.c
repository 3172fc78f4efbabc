/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Penalised log-likelihoods.
 *
 * Firth's penalty is half the logarithm of the determinant of the information (Jeffreys' prior; Firth 1993, doi:10.1093/biomet/80.1.27;
 * Heinze & Schemper 2002, doi:10.1002/sim.1047). Its gradient is had by central differences of that logarithm of the sixth order, 0.02 of a
 * predictor apart: their error is of the order of 1e-12, and no family has to give third derivatives. The information steers the steps;
 * they converge linearly.
 * Weakness: six evaluations for each parameter and step; meant for small data.
 */
#include "fit/penalty/penalty.h"

#include "core/dot.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static const double APART = 0.02; /* of a linear predictor */

mlab_status mlab_penalty_start(mlab_penalty *penalty, mlab_error *err)
{
    size_t n = penalty->n;
    penalty->room = mlab_allocate(penalty->context, n, (n + 3) * sizeof *penalty->room);
    penalty->out = mlab_allocate(penalty->context, n, 1);
    return penalty->room && penalty->out ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the penalty of %zu parameters", n);
}

void mlab_penalty_end(mlab_penalty *penalty)
{
    if (!penalty->context) return;
    if (penalty->own) penalty->forget(penalty->context, penalty->own);
    void *const memory[] = {penalty->room, penalty->out, penalty->precision, penalty->pull};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mlab_release(penalty->context, memory[i]);
}

/* Log of the determinant on the rows that move and have information; a is overwritten by its factor. */
static double log_determinant(double *a, size_t n, const uint8_t *fixed)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        if (fixed && fixed[j]) continue;
        double pivot = a[j * n + j];
        for (size_t k = 0; k < j; k++)
            if (!(fixed && fixed[k])) pivot -= a[j * n + k] * a[j * n + k];
        if (!(pivot > 0)) return -HUGE_VAL;
        double root = sqrt(pivot);
        a[j * n + j] = root;
        sum += 2 * log(root);
        for (size_t i = j + 1; i < n; i++) {
            double left = a[i * n + j];
            for (size_t k = 0; k < j; k++)
                if (!(fixed && fixed[k])) left -= a[i * n + k] * a[j * n + k];
            a[i * n + j] = left / root;
        }
    }
    return sum;
}

static mlab_status determinant_at(mlab_penalty *p, const double *parameters, double *value, mlab_error *err)
{
    double log_likelihood, *information = p->room, *score = p->room + p->n * p->n;
    mlab_status status = p->evaluate(p->work, parameters, &log_likelihood, score, information, err);
    *value = status ? 0 : log_determinant(information, p->n, p->fixed);
    return status;
}

static mlab_status add_firth(mlab_penalty *p, const double *parameters, double *log_likelihood, double *score, const double *information,
                             mlab_error *err)
{
    static const double weights[] = {45, -9, 1};
    size_t n = p->n;
    double *moved = p->room + n * (n + 1);
    memcpy(p->room, information, n * n * sizeof *information);
    double value = 0.5 * log_determinant(p->room, n, p->fixed);
    memcpy(moved, parameters, n * sizeof *moved);
    for (size_t j = 0; j < n; j++) {
        if (p->fixed && p->fixed[j]) continue;
        double h = APART / (p->scale ? p->scale[j] : 1), slope = 0;
        for (int k = 1; k <= 3; k++)
            for (int side = -1; side <= 1; side += 2) {
                double there;
                moved[j] = parameters[j] + side * k * h;
                mlab_status status = determinant_at(p, moved, &there, err);
                if (status) return status;
                slope += side * weights[k - 1] * there;
            }
        moved[j] = parameters[j];
        score[j] += 0.5 * slope / (60 * h);
    }
    p->added = value;
    *log_likelihood += value;
    return MLAB_OK;
}

static void add_priors(mlab_penalty *p, const double *parameters, double *log_likelihood, double *score, double *information)
{
    size_t n = p->n;
    double value = p->at_means;
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t k = 0; k < n; k++) sum += p->precision[j * n + k] * parameters[k];
        value += parameters[j] * (p->pull[j] - 0.5 * sum);
        if (score) score[j] += p->pull[j] - sum;
    }
    for (size_t j = 0; information && j < n * n; j++) information[j] += p->precision[j];
    p->added = value;
    *log_likelihood += value;
}

mlab_status mlab_penalty_evaluate(void *work, const double *parameters, double *log_likelihood, double *score, double *information, mlab_error *err)
{
    mlab_penalty *p = work;
    mlab_status status = p->evaluate(p->work, parameters, log_likelihood, score, information, err);
    p->added = 0;
    if (status || !isfinite(*log_likelihood)) return status;
    if (p->firth && score) status = add_firth(p, parameters, log_likelihood, score, information, err);
    if (!status && p->precision) add_priors(p, parameters, log_likelihood, score, information);
    return status;
}

/* --- profile limits ------------------------------------------------------------------------------------------- */

enum { PROFILE_STEPS = 100, PROFILE_HALVINGS = 20 };
static const double FOUND = 1e-9; /* of the fall, and of the score in standard errors */

typedef struct profile {
    double *parameters, *score, *information, *inverse, *work, *step, *memory;
} profile;

static bool profile_start(const mlab_context *context, size_t n, profile *f)
{
    double *at = f->memory = mlab_allocate(context, n, (3 * n + 3) * sizeof *at);
    if (!at) return false;
    double **const vectors[] = {&f->parameters, &f->score, &f->step};
    for (int k = 0; k < 3; k++, at += n) *vectors[k] = at;
    f->information = at;
    f->inverse = at + n * n;
    f->work = at + 2 * n * n;
    return true;
}

/* The step to the point where the quadratic approximation has the value wanted and a score along a; what is left of the score across a. */
static bool profile_step(mlab_penalty *p, profile *f, const double *a, double above, int side, double *across)
{
    size_t n = p->n;
    memcpy(f->inverse, f->information, n * n * sizeof *f->inverse);
    mlab_symmetric_invert(f->inverse, n, p->fixed, p->out, f->work);
    double sVs = 0, aVa = 0, aVs = 0, *rest = f->step;
    for (size_t j = 0; j < n; j++) {
        double Vs = mlab_dot(f->inverse + j * n, f->score, n), Va = mlab_dot(f->inverse + j * n, a, n);
        sVs += f->score[j] * Vs;
        aVa += a[j] * Va;
        aVs += a[j] * Vs;
    }
    if (!(aVa > 0)) return false;
    *across = 0;
    for (size_t j = 0; j < n; j++) rest[j] = f->score[j] - aVs / aVa * a[j];
    for (size_t j = 0; j < n; j++) *across += rest[j] * mlab_dot(f->inverse + j * n, rest, n);
    double root = 2 * above + sVs;
    if (root < 0) root = 0;
    double along = side * sqrt(root / aVa);
    for (size_t j = 0; j < n; j++) f->step[j] = mlab_dot(f->inverse + j * n, f->score, n) + along * mlab_dot(f->inverse + j * n, a, n);
    return true;
}

mlab_status mlab_penalty_profile(mlab_penalty *p, const double *a, const double *at, double maximum, double fall, int side, double *limit,
                                 mlab_error *err)
{
    size_t n = p->n;
    profile f;
    *limit = side * HUGE_VAL;
    if (!profile_start(p->context, n, &f)) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the profile of %zu parameters", n);
    memcpy(f.parameters, at, n * sizeof *at);
    double value, across, before = maximum;
    mlab_status status = mlab_penalty_evaluate(p, f.parameters, &value, f.score, f.information, err);
    for (int k = 0; k < PROFILE_STEPS && !status; k++) {
        double above = value - (maximum - fall);
        if (!profile_step(p, &f, a, above, side, &across)) break;
        if (k > 0 && fabs(above) < FOUND * fall && fabs(across) < FOUND * FOUND) {
            *limit = mlab_dot(a, f.parameters, n) - mlab_dot(a, at, n);
            break;
        }
        double part = 1;
        for (int h = 0; h < PROFILE_HALVINGS && !status; h++, part /= 2) { /* not far below what is wanted */
            for (size_t j = 0; j < n; j++) f.parameters[j] += (h == 0 ? 1 : -part) * f.step[j];
            status = mlab_penalty_evaluate(p, f.parameters, &value, f.score, f.information, err);
            if (!status && isfinite(value) && value > maximum - 4 * fall - fabs(before - maximum)) break;
        }
        before = value;
    }
    mlab_release(p->context, f.memory);
    return status;
}
