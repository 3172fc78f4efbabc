/* SPDX-License-Identifier: GPL-3.0-or-later */
/* To the maximum of a frailty's likelihood over coefficients, steps of the baseline and variance together, by Newton steps with the exact Hessian.
 *
 * For the steps it is a diagonal less a product of rank n_groups, never made: its systems are solved by conjugate gradients (Hestenes & Stiefel 1952,
 * doi:10.6028/jres.049.044) with the diagonal before them, a pass over the rows each. It is positive definite at every point, since the spread of a
 * frailty times its hazard is less than its mean; for coefficients and steps together the likelihood is concave. What is left of the coefficients
 * and the variance when the steps follow them (the Schur complement) is the observed information of the profile likelihood: its inverse is the
 * covariance. The variance moves by its own scale, at most tenfold, and downhill where the profile curves the other way.
 * Weakness: a maximum nearby; several of them are not looked for. Memory of n_steps x coefficients.
 */
#include "fit/survival/frailty.h"

#include "core/dot.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { MOST_ROUNDS = 2000, HALVINGS = 30 };
static const double CLOSE = 1e-14;  /* squared norm of the residual of conjugate gradients, as part of what it began with, squared below */
static const double NOTHING = 1e-8; /* a variance below it is 0 */

typedef struct climb {
    mlab_frailty *f;
    size_t p, q, k; /* q = p + 1: the variance is last */
    const uint8_t *fixed;
    double *score_steps, *score; /* [k], [q] */
    double *mixed, *solved;      /* [q * k]: minus the derivatives by a parameter and the steps; those solved for the steps */
    double *first;               /* [k] the score of the steps, solved */
    double *own;                 /* [q * q] minus the derivatives by two parameters */
    double *left, *work;         /* [q * q] */
    double *move, *by;           /* [q]; [n_groups * q], twice with late entry */
    double *r, *z, *d, *md, *room;
    double *kept, *kept_beta, kept_variance;
    uint8_t *out;
    double *memory;
    bool hold; /* the variance stays */
} climb;

/* x = M^-1 b. */
static void solve(climb *c, const double *b, double *x)
{
    mlab_frailty *f = c->f;
    size_t k = c->k;
    memset(x, 0, k * sizeof *x);
    memcpy(c->r, b, k * sizeof *b);
    for (size_t j = 0; j < k; j++) c->z[j] = c->r[j] / f->expected[j];
    memcpy(c->d, c->z, k * sizeof *c->z);
    double rz = mlab_dot(c->r, c->z, k), enough = rz * CLOSE * CLOSE;
    for (int round = 0; round < MOST_ROUNDS && rz > enough && rz > 0; round++) {
        mlab_frailty_product(f, c->d, c->room, c->md);
        double curve = mlab_dot(c->d, c->md, k);
        if (!(curve > 0)) break;
        double length = rz / curve, before = rz;
        for (size_t j = 0; j < k; j++) {
            x[j] += length * c->d[j];
            c->r[j] -= length * c->md[j];
            c->z[j] = c->r[j] / f->expected[j];
        }
        rz = mlab_dot(c->r, c->z, k);
        for (size_t j = 0; j < k; j++) c->d[j] = c->z[j] + rz / before * c->d[j];
    }
}

/* of_group, before [n_groups * q] (NULL without late entry): sums over the group of hazard * x; what the rows by themselves have in the scores and
 * the Hessian. */
static void differentiate_rows(climb *c, double *of_group, double *before)
{
    mlab_frailty *f = c->f;
    const mlab_cox_rows *rows = f->rows;
    size_t p = c->p, q = c->q;
    for (size_t i = 0; i < f->n; i++) {
        uint32_t g = f->group[i];
        const double *x = rows->x + i * p;
        double risk = f->work->risk[i], unseen = risk * mlab_frailty_unseen(f, f->sum, i), hazard = risk * mlab_frailty_seen(f, f->sum, i) + unseen;
        double first = f->enters ? f->entry[g].mean : 0, expected = f->term[g].mean * hazard - first * unseen;
        double left = (rows->event[i] ? f->work->weight[i] : 0) - expected;
        f->at_row[i] = f->term[g].mean * risk;
        if (f->enters) f->row_before[i] = f->at_row[i] - first * risk;
        for (size_t j = 0; j < p; j++) {
            of_group[g * q + j] += hazard * x[j];
            if (before) before[g * q + j] += unseen * x[j];
            c->score[j] += left * x[j];
            for (size_t m = 0; m <= j; m++) c->own[j * q + m] += expected * x[j] * x[m];
        }
    }
    mlab_frailty_at_risk(f, f->at_row, f->row_before, f->expected);
}

/* What a group has in the scores and the Hessian beside its rows; sign -1 of what came before the entries. */
static void differentiate_group(climb *c, const mlab_frailty_term *t, const double *b, double sign)
{
    size_t p = c->p, q = c->q;
    for (size_t j = 0; j < p; j++)
        for (size_t m = 0; m <= j; m++) c->own[j * q + m] -= sign * t->spread * b[j] * b[m];
    for (size_t j = 0; j < p; j++) c->own[p * q + j] -= sign * t->by_hazard * b[j];
    c->own[p * q + p] -= sign * t->by_by;
    c->score[p] += sign * t->by;
}

/* Minus the derivatives by parameter j and the steps. */
static void differentiate_steps(climb *c, size_t j, const double *of_group, const double *before)
{
    mlab_frailty *f = c->f;
    size_t p = c->p, q = c->q, k = c->k;
    for (size_t i = 0; i < f->n; i++) {
        uint32_t g = f->group[i];
        const mlab_frailty_term *t = &f->term[g], *e = before ? &f->entry[g] : NULL;
        double x = j < p ? f->rows->x[i * p + j] : 0, risk = f->work->risk[i];
        f->at_row[i] = risk * (j < p ? t->mean * x - t->spread * of_group[g * q + j] : -t->by_hazard);
        if (e) f->row_before[i] = f->at_row[i] - risk * (j < p ? e->mean * x - e->spread * before[g * q + j] : -e->by_hazard);
    }
    mlab_frailty_at_risk(f, f->at_row, f->row_before, c->mixed + j * k);
    for (size_t s = 0; s < k; s++) c->mixed[j * k + s] *= f->step[s];
}

/* Scores, and the parts of the Hessian that have coefficients or the variance in them. With late entry the diagonal of the steps may fall below 0 far
 * from the maximum, where it is the number of events: it is kept above a quarter of that. */
static void differentiate(climb *c)
{
    mlab_frailty *f = c->f;
    size_t q = c->q, k = c->k;
    double *of_group = c->by, *before = f->enters ? c->by + f->n_groups * q : NULL;
    memset(c->score, 0, q * sizeof *c->score);
    memset(c->own, 0, q * q * sizeof *c->own);
    memset(of_group, 0, (f->enters ? 2 : 1) * f->n_groups * q * sizeof *of_group);
    differentiate_rows(c, of_group, before);
    for (size_t g = 0; g < f->n_groups; g++) {
        differentiate_group(c, &f->term[g], of_group + g * q, 1);
        if (before) differentiate_group(c, &f->entry[g], before + g * q, -1);
    }
    for (size_t j = 0; j < q; j++)
        for (size_t m = 0; m < j; m++) c->own[m * q + j] = c->own[j * q + m];
    for (size_t s = 0; s < k; s++) {
        f->expected[s] *= f->step[s];
        c->score_steps[s] = f->events[s] - f->expected[s];
        if (f->enters) f->expected[s] = fmax(f->expected[s], 0.25 * f->events[s]);
    }
    for (size_t j = 0; j < q; j++) differentiate_steps(c, j, of_group, before);
}

/* left = own - mixed' M^-1 mixed, the information of the profile likelihood, and move = its score; true when the variance curves the right way. */
static bool reduce(climb *c)
{
    size_t p = c->p, q = c->q, k = c->k;
    solve(c, c->score_steps, c->first);
    for (size_t j = 0; j < q; j++) solve(c, c->mixed + j * k, c->solved + j * k);
    for (size_t j = 0; j < q; j++) {
        c->move[j] = (j == p && c->hold) || (c->fixed && j < p && c->fixed[j]) ? 0 : c->score[j] - mlab_dot(c->mixed + j * k, c->first, k);
        for (size_t m = 0; m < q; m++) c->left[j * q + m] = c->own[j * q + m] - mlab_dot(c->mixed + j * k, c->solved + m * k, k);
    }
    for (size_t j = 0; j < q; j++)
        for (size_t m = 0; m < j; m++) c->left[j * q + m] = c->left[m * q + j] = 0.5 * (c->left[j * q + m] + c->left[m * q + j]);
    memcpy(c->own, c->left, q * q * sizeof *c->own);
    c->out[p] = c->hold;
    for (size_t j = 0; j < p; j++) c->out[j] = c->fixed && c->fixed[j];
    uint8_t *gone = c->out + q;
    mlab_symmetric_invert(c->left, q, c->out, gone, c->work);
    if (!gone[p] || c->hold) return true;
    memcpy(c->left, c->own, q * q * sizeof *c->own); /* the variance held: coefficients alone */
    c->out[p] = 1;
    mlab_symmetric_invert(c->left, q, c->out, gone, c->work);
    return false;
}

/* From scores to steps: move [q], first [k]. Returns the squared length in standard errors. */
static double find_step(climb *c, bool curved, double *gradient)
{
    mlab_frailty *f = c->f;
    size_t p = c->p, q = c->q, k = c->k;
    double *score = c->work, length = mlab_dot(c->score_steps, c->first, k);
    *gradient = 0;
    memcpy(score, c->move, q * sizeof *score);
    for (size_t j = 0; j < q; j++) {
        double information = c->own[j * q + j];
        if (information > 0) *gradient = fmax(*gradient, fabs(score[j]) / sqrt(information));
        c->move[j] = mlab_dot(c->left + j * q, score, q);
    }
    if (!curved) {
        double variance = score[p] > 0 ? 0.5 * f->variance : -0.5 * f->variance;
        for (size_t j = 0; j < p; j++) c->move[j] -= mlab_dot(c->left + j * q, c->own + p * q, p) * variance;
        c->move[p] = variance;
        length += 1;
    }
    length += mlab_dot(score, c->move, q);
    for (size_t s = 0; s < k; s++)
        for (size_t j = 0; j < q; j++) c->first[s] -= c->solved[j * k + s] * c->move[j];
    return length;
}

/* Along the step, halved until the likelihood does not fall. */
static bool go(climb *c)
{
    mlab_frailty *f = c->f;
    double value = f->value, part = 1;
    memcpy(c->kept, f->log_step, c->k * sizeof *c->kept);
    memcpy(c->kept_beta, f->beta, c->p * sizeof *c->kept_beta);
    c->kept_variance = f->variance;
    for (int h = 0; h < HALVINGS; h++, part /= 2) {
        for (size_t s = 0; s < c->k; s++) f->log_step[s] = c->kept[s] + part * c->first[s];
        for (size_t j = 0; j < c->p; j++) f->beta[j] = c->kept_beta[j] + part * c->move[j];
        if (!c->hold) f->variance = fmin(fmax(c->kept_variance + part * c->move[c->p], 0.1 * c->kept_variance), 10 * c->kept_variance);
        mlab_frailty_evaluate(f);
        if (f->value >= value - 1e-13 * fabs(value)) return true;
    }
    memcpy(f->log_step, c->kept, c->k * sizeof *c->kept);
    memcpy(f->beta, c->kept_beta, c->p * sizeof *c->kept_beta);
    f->variance = c->kept_variance;
    mlab_frailty_evaluate(f);
    return false;
}

/* Of the sums of steps within each stratum: a' M^-1 a. */
static void find_step_variance(climb *c, double *variance)
{
    const mlab_frailty *f = c->f;
    for (size_t s = 0; s < f->n_strata; s++) {
        memset(c->kept, 0, c->k * sizeof *c->kept);
        for (size_t k = f->first[s]; k < f->first[s + 1]; k++) {
            c->kept[k] = f->step[k];
            solve(c, c->kept, c->first);
            variance[k] = mlab_dot(c->kept, c->first, c->k);
        }
    }
}

static mlab_status make(mlab_frailty *f, const uint8_t *fixed, climb *c, mlab_error *err)
{
    size_t p = f->p, q = p + 1, k = f->n_steps;
    size_t groups = (f->enters ? 2 : 1) * f->n_groups * q;
    *c = (climb){.f = f, .p = p, .q = q, .k = k, .fixed = fixed};
    c->memory = mlab_allocate(f->context, k * (2 * q + 8) + 1 + 3 * q * q + 3 * q + groups, sizeof *c->memory);
    c->out = mlab_allocate(f->context, 2 * q, 1);
    if (!c->memory || !c->out) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a frailty of %zu steps", k);
    double *at = c->memory;
    double **const parts[] = {&c->score_steps, &c->first, &c->r,    &c->z,    &c->d,     &c->md,   &c->room,      &c->kept, &c->mixed,
                              &c->solved,      &c->own,   &c->left, &c->work, &c->score, &c->move, &c->kept_beta, &c->by};
    const size_t sizes[] = {k, k, k, k, k, k, k + 1, k, q * k, q * k, q * q, q * q, q * q, q, q, q, groups};
    for (size_t m = 0; m < sizeof sizes / sizeof *sizes; m++, at += sizes[m - 1]) *parts[m] = at;
    return MLAB_OK;
}

mlab_status mlab_frailty_climb(mlab_frailty *f, const uint8_t *fixed, double tolerance, int iterations, mlab_frailty_top *top, mlab_error *err)
{
    climb c;
    mlab_status status = make(f, fixed, &c, err);
    size_t q = f->p + 1, k = f->n_steps;
    top->converged = top->boundary = false;
    if (status) goto out;
    c.hold = top->hold_variance;
    mlab_frailty_evaluate(f);
    for (top->iterations = 1; top->iterations <= iterations; top->iterations++) {
        differentiate(&c);
        bool curved = reduce(&c);
        double length = find_step(&c, curved, &top->gradient);
        top->converged = curved && length <= tolerance * tolerance;
        if (top->converged || !go(&c)) break;
        top->boundary = f->variance < NOTHING && !c.hold;
        if (top->boundary) break;
    }
    if (top->iterations > iterations) top->iterations = iterations;
    memcpy(top->covariance, c.left, q * q * sizeof *c.left);
    for (size_t j = 0; j < q; j++)
        for (size_t s = 0; s < k; s++) top->steps_by[s * q + j] = -c.solved[j * k + s];
    if (top->with_errors && top->converged) find_step_variance(&c, top->step_variance);
out:
    mlab_release(f->context, c.memory);
    mlab_release(f->context, c.out);
    return status;
}
