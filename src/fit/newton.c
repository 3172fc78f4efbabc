/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Newton-Raphson for concave log-likelihoods, with step halving, a stopping rule in standard errors, and two ways of saying no.
 *
 * It stops when the largest step is at most `tolerance` standard errors: what is left of the error is then of the order of its
 * square. Separation (Albert & Anderson 1984, doi:10.1093/biomet/71.1.1) shows as a likelihood that no longer rises while a
 * parameter runs away, or while its information has evaporated: below a thousandth of an event and a 100,000th of what it was at
 * the start. Its step in standard errors goes to zero too and would pass for convergence, so this is looked at first.
 * Parameters without information of their own (pivot of the Cholesky factor below 1e-12 of its diagonal element) stay put.
 */
#include "fit/model.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static const double PIVOT = 1e-12; /* relative to the diagonal element */
static const double FLAT = 1e-6;   /* squared Newton decrement below which a likelihood counts as flat */
static const double RUNNING = 0.2; /* change of a linear predictor in one step that counts as running */
static const int RUNS = 3;         /* flat and running so many steps in a row = diverged */
static const int HALVINGS = 40;
static const double EVAPORATED = 1e-5;         /* information of a parameter given the others, relative to that at the start */
static const double LESS_THAN_AN_EVENT = 1e-3; /* the same, per unit of the linear predictor */
static const double STALLED = 1e-7;            /* in standard errors: a step that rounding swallows */
static const double NOISE = 1e-13;             /* of |log-likelihood|: a fall within it is rounding */
static const double ROUNDED = 1e-13;           /* of the largest step of least squares: less is rounding, from the third on, */
static const double MOST_ROUNDED = 1e-4;       /* up to so many standard errors */

/* Lower Cholesky factor of a on the rows not left out, in place. */
static size_t factor(double *a, size_t n, const uint8_t *fixed, uint8_t *out)
{
    size_t n_out = 0;
    for (size_t j = 0; j < n; j++) {
        double diagonal = a[j * n + j], pivot = diagonal;
        out[j] = 1;
        if (fixed && fixed[j]) continue;
        for (size_t k = 0; k < j; k++)
            if (!out[k]) pivot -= a[j * n + k] * a[j * n + k];
        if (!(pivot > PIVOT * diagonal) || !(diagonal > 0)) {
            n_out++;
            continue;
        }
        out[j] = 0;
        double root = sqrt(pivot);
        a[j * n + j] = root;
        for (size_t i = j + 1; i < n; i++) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; k++)
                if (!out[k]) sum -= a[i * n + k] * a[j * n + k];
            a[i * n + j] = sum / root;
        }
    }
    return n_out;
}

/* into = inverse of L L' from the lower factor on the rows not left out; l is overwritten by the inverse of L. */
static void invert_factor(double *l, size_t n, const uint8_t *out, double *into)
{
    for (size_t j = 0; j < n; j++) {
        if (out[j]) continue;
        l[j * n + j] = 1 / l[j * n + j];
        for (size_t i = j + 1; i < n; i++) {
            if (out[i]) continue;
            double sum = 0;
            for (size_t k = j; k < i; k++)
                if (!out[k]) sum -= l[i * n + k] * l[k * n + j];
            l[i * n + j] = sum / l[i * n + i];
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;
            if (!out[i] && !out[j])
                for (size_t k = i; k < n; k++)
                    if (!out[k]) sum += l[k * n + i] * l[k * n + j];
            into[i * n + j] = into[j * n + i] = sum;
        }
}

size_t mlab_symmetric_invert(double *a, size_t n, const uint8_t *fixed, uint8_t *left_out, double *work)
{
    memcpy(work, a, n * n * sizeof *a);
    size_t n_out = factor(work, n, fixed, left_out);
    invert_factor(work, n, left_out, a);
    return n_out;
}

typedef struct newton_state {
    size_t n;
    double *score, *information, *inverse, *work, *step, *tried, *first; /* first: information given the others at the start */
    uint8_t *out;
    double log_likelihood, size, decrement, pace; /* size: largest step in standard errors; pace: in linear predictors */
    double longest;                               /* of the sizes so far */
    size_t fastest;
    int runs;
} newton_state;

static mlab_status state_start(const mlab_context *context, newton_state *state, size_t n, mlab_error *err)
{
    state->n = n;
    state->score = mlab_allocate(context, n, sizeof(double));
    state->information = mlab_allocate(context, n, n * sizeof(double));
    state->inverse = mlab_allocate(context, n, n * sizeof(double));
    state->work = mlab_allocate(context, n, n * sizeof(double));
    state->step = mlab_allocate(context, n, sizeof(double));
    state->tried = mlab_allocate(context, n, sizeof(double));
    state->first = mlab_allocate(context, n, sizeof(double));
    state->out = mlab_allocate(context, n, 1);
    if (state->score && state->information && state->inverse && state->work && state->step && state->tried && state->first && state->out)
        return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", n);
}

static void state_free(const mlab_context *context, newton_state *state)
{
    mlab_release(context, state->score);
    mlab_release(context, state->information);
    mlab_release(context, state->inverse);
    mlab_release(context, state->work);
    mlab_release(context, state->step);
    mlab_release(context, state->tried);
    mlab_release(context, state->first);
    mlab_release(context, state->out);
}

static bool all_finite(const newton_state *state)
{
    if (!isfinite(state->log_likelihood)) return false;
    for (size_t j = 0; j < state->n; j++)
        if (!isfinite(state->score[j]) || !isfinite(state->information[j * state->n + j])) return false;
    return true;
}

/* The step, and how large it is. */
static void find_step(newton_state *state, const mlab_newton_spec *spec, mlab_newton_result *result)
{
    size_t n = state->n;
    memcpy(state->inverse, state->information, n * n * sizeof(double));
    result->n_singular = mlab_symmetric_invert(state->inverse, n, spec->fixed, state->out, state->work);
    state->size = state->decrement = state->pace = result->gradient = 0;
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t k = 0; k < n; k++) sum += state->inverse[j * n + k] * state->score[k];
        state->step[j] = sum;
        if (state->out[j]) continue;
        double moved = fabs(sum) * (spec->scale ? spec->scale[j] : 1);
        state->decrement += sum * state->score[j];
        state->size = fmax(state->size, fabs(sum) / sqrt(state->inverse[j * n + j]));
        result->gradient = fmax(result->gradient, fabs(state->score[j]) / sqrt(state->information[j * n + j]));
        if (moved >= state->pace * 0.999) { /* of equals the last: a covariate rather than the intercept that makes room for it */
            state->pace = fmax(moved, state->pace);
            state->fastest = j;
        }
    }
}

/* Whether some parameter has lost its information on the way. With complete separation all have: the one that went farthest is named, of equals the
 * last. */
static bool evaporated(const newton_state *state, const mlab_newton_spec *spec, const double *parameters, size_t *which)
{
    bool any = false;
    double farthest = 0;
    for (size_t j = 0; j < state->n; j++) {
        if (state->first[j] == 0) continue;
        double now = state->out[j] ? 0 : 1 / state->inverse[j * state->n + j], scale = spec->scale ? spec->scale[j] : 1;
        if (now >= EVAPORATED * state->first[j] || now >= LESS_THAN_AN_EVENT * scale * scale) continue;
        any = true;
        if (fabs(parameters[j]) * scale < 0.999 * farthest) continue;
        farthest = fmax(farthest, fabs(parameters[j]) * scale);
        *which = j;
    }
    return any;
}

/* No free parameter has information: predictors so far out that every derivative is 0. A step of 0 is no maximum there. */
static bool tells_nothing(const newton_state *state, const mlab_newton_spec *spec, size_t n_singular)
{
    size_t n_free = 0;
    for (size_t j = 0; j < state->n; j++) n_free += !(spec->fixed && spec->fixed[j]);
    return n_free > 0 && n_singular == n_free;
}

static void remember_start(newton_state *state)
{
    for (size_t j = 0; j < state->n; j++) state->first[j] = state->out[j] ? 0 : 1 / state->inverse[j * state->n + j];
}

/* Goes along the step, halved until the likelihood does not fall. False when no part of it helps. */
static mlab_status go(const mlab_newton_spec *spec, newton_state *state, double *parameters, bool *moved, mlab_error *err)
{
    double before = state->log_likelihood, part = 1;
    for (int h = 0; h <= HALVINGS; h++, part /= 2) {
        for (size_t j = 0; j < spec->n; j++) state->tried[j] = parameters[j] + part * state->step[j];
        mlab_status status = spec->evaluate(spec->work, state->tried, &state->log_likelihood, state->score, state->information, err);
        if (status) return status;
        if (all_finite(state) && state->log_likelihood >= before - NOISE * (fabs(before) + 1)) {
            memcpy(parameters, state->tried, spec->n * sizeof *parameters);
            *moved = true;
            return MLAB_OK;
        }
    }
    *moved = false;
    return spec->evaluate(spec->work, parameters, &state->log_likelihood, state->score, state->information, err);
}

mlab_status mlab_newton(const mlab_context *context, const mlab_newton_spec *spec, double *parameters, double *inverse, uint8_t *singular,
                        mlab_newton_result *result, mlab_error *err)
{
    newton_state state = {0};
    *result = (mlab_newton_result){0};
    mlab_status status = state_start(context, &state, spec->n, err);
    if (status) goto out;
    if ((status = spec->evaluate(spec->work, parameters, &state.log_likelihood, state.score, state.information, err))) goto out;
    for (;;) {
        if (!all_finite(&state)) break;
        find_step(&state, spec, result);
        if (result->iterations == 0) remember_start(&state);
        if (result->iterations == 0 && (result->blank = tells_nothing(&state, spec, result->n_singular))) break;
        if (!spec->bounded && state.decrement < FLAT && evaporated(&state, spec, parameters, &result->runaway)) {
            result->diverged = true;
            break;
        }
        state.longest = fmax(state.longest, state.size);
        bool rounding = spec->quadratic && result->iterations >= 3 && state.size <= fmax(STALLED, fmin(ROUNDED * state.longest, MOST_ROUNDED));
        if (state.size <= spec->tolerance || rounding) {
            result->converged = true;
            break;
        }
        state.runs = state.decrement < FLAT && state.pace > RUNNING ? state.runs + 1 : 0;
        if (!spec->bounded && state.runs >= RUNS) {
            result->diverged = true;
            result->runaway = state.fastest;
            break;
        }
        bool moved;
        if (result->iterations >= spec->iterations) break;
        result->iterations++;
        if ((status = go(spec, &state, parameters, &moved, err))) goto out;
        if (!moved) { /* as near as rounding allows? */
            result->converged = state.size <= STALLED;
            if (result->converged) memset(state.step, 0, spec->n * sizeof(double));
            break;
        }
    }
    result->log_likelihood = state.log_likelihood;
    if (result->converged) /* the last step is free */
        for (size_t j = 0; j < spec->n; j++) parameters[j] += state.step[j];
    if (inverse) memcpy(inverse, state.inverse, spec->n * spec->n * sizeof *inverse);
    if (singular)
        for (size_t j = 0; j < spec->n; j++) singular[j] = state.out[j] && !(spec->fixed && spec->fixed[j]);
out:
    state_free(context, &state);
    return status;
}

mlab_refit_info mlab_newton_refit(const mlab_newton_result *result)
{
    return (mlab_refit_info){.trust = result->diverged    ? MLAB_SEPARATED
                                      : result->converged ? MLAB_TRUSTED
                                                          : MLAB_NOT_CONVERGED,
                             .n_aliased = result->n_singular,
                             .iterations = result->iterations,
                             .log_likelihood = result->log_likelihood};
}

mlab_status mlab_newton_doubt_times(const mlab_newton_result *result, const char *event, mlab_fit *fit, mlab_error *err)
{
    if (fit->n_events == 0) return mlab_fit_doubt(fit, MLAB_TOO_FEW_EVENTS, err, "no %s happened", event);
    if (result->diverged)
        return mlab_fit_doubt(fit, MLAB_SEPARATED, err, "the coefficient of %s runs away: the likelihood has no maximum (monotone)",
                              fit->names[result->runaway]);
    if (!result->converged) return mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err, "no convergence in %d iterations", result->iterations);
    size_t used = 0;
    for (size_t j = 0; j < fit->n_parameters; j++) used += !fit->aliased[j];
    return mlab_fit_doubt_events(fit, fit->outcome, fit->n_events, used, "events", err);
}
