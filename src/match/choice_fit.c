/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weights of the choice model from pairs that formed by themselves.
 *
 * Conditional logit (McFadden 1974, in Zarembka, Frontiers in Econometrics, 105-142): each pair that formed is a choice among all candidates of
 * its mentee; maximum likelihood by Newton steps with halving, standard errors from the inverse information. The likelihood is concave, so
 * what is found is the maximum; a weight beyond LIMIT, or one with no information left, means that one kind of candidate was always, or never,
 * chosen. Weakness: whether the two ever met and whether the mentor still had a place is not seen, and all of it lands in the weights.
 */
#include "match/choice.h"

#include "core/elementary.h"
#include "core/error.h"

#include <math.h>

enum { STEPS = 50, HALVINGS = 40 };
#define LIMIT 15.0 /* log-odds: e^15 is 3 million to one */

typedef struct moments {
    double likelihood, slope[2], curve[3]; /* curve: 00, 01, 11 of minus the second derivative */
} moments;

static void terms(const mlab_pool *pool, size_t mentee, size_t edge, double x[2])
{
    x[0] = pool->score[edge] / 10;
    x[1] = mlab_choice_same_group(pool, mentee, edge);
}

/* Adds one choice. Exponents are taken from the greatest, so nothing overflows. */
static void add_choice(const mlab_pool *pool, size_t i, size_t chosen, const double b[2], moments *m)
{
    double most = -INFINITY, sum = 0, mean[2] = {0, 0}, square[3] = {0, 0, 0}, x[2];
    for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
        terms(pool, i, e, x);
        const double u = b[0] * x[0] + b[1] * x[1];
        if (u > most) most = u;
    }
    for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
        terms(pool, i, e, x);
        const double p = mlab_exp(b[0] * x[0] + b[1] * x[1] - most);
        sum += p;
        mean[0] += p * x[0];
        mean[1] += p * x[1];
        square[0] += p * x[0] * x[0];
        square[1] += p * x[0] * x[1];
        square[2] += p * x[1] * x[1];
    }
    terms(pool, i, chosen, x);
    m->likelihood += b[0] * x[0] + b[1] * x[1] - most - mlab_log(sum);
    for (int k = 0; k < 2; k++) {
        mean[k] /= sum;
        m->slope[k] += x[k] - mean[k];
    }
    m->curve[0] += square[0] / sum - mean[0] * mean[0];
    m->curve[1] += square[1] / sum - mean[0] * mean[1];
    m->curve[2] += square[2] / sum - mean[1] * mean[1];
}

static moments measure(const mlab_pool *pool, const mlab_choice *choices, size_t n, const double b[2])
{
    moments m = {0};
    for (size_t k = 0; k < n; k++) add_choice(pool, choices[k].mentee, choices[k].edge, b, &m);
    return m;
}

/* Covariance: the inverse of curve; a term that never varies has a row of zeros and is left out. */
static void invert(const moments *m, double inverse[3])
{
    const bool a = m->curve[0] > 1e-9, c = m->curve[2] > 1e-9;
    const double det = m->curve[0] * m->curve[2] - m->curve[1] * m->curve[1];
    inverse[0] = inverse[1] = inverse[2] = 0;
    if (a && c && det > 1e-12 * m->curve[0] * m->curve[2]) {
        inverse[0] = m->curve[2] / det;
        inverse[1] = -m->curve[1] / det;
        inverse[2] = m->curve[0] / det;
    } else if (a)
        inverse[0] = 1 / m->curve[0];
    else if (c)
        inverse[2] = 1 / m->curve[2];
}

/* One Newton step, halved until the likelihood does not fall; false when it cannot rise any more. */
static bool step(const mlab_pool *pool, const mlab_choice *choices, size_t n, double b[2], moments *m)
{
    double v[3];
    invert(m, v);
    const double d[2] = {v[0] * m->slope[0] + v[1] * m->slope[1], v[1] * m->slope[0] + v[2] * m->slope[1]};
    double size = 1;
    for (int h = 0; h < HALVINGS; h++, size /= 2) {
        const double at[2] = {b[0] + size * d[0], b[1] + size * d[1]};
        const moments next = measure(pool, choices, n, at);
        if (next.likelihood < m->likelihood) continue;
        const bool moved = fabs(size * d[0]) + fabs(size * d[1]) > 1e-10;
        b[0] = at[0];
        b[1] = at[1];
        *m = next;
        return moved;
    }
    return false;
}

/* There was information about a weight, and there is none left: all choices are certain. */
static bool used_up(double at_chance, double now)
{
    return at_chance > 1e-6 && now < 1e-8 * at_chance;
}

mlab_status mlab_choice_fit(const mlab_pool *pool, const mlab_choice *choices, size_t n, mlab_choice_estimate *estimate, mlab_error *err)
{
    *estimate = (mlab_choice_estimate){.n = n};
    for (size_t k = 0; k < n; k++)
        if (choices[k].mentee >= pool->n_mentees || choices[k].edge < pool->first[choices[k].mentee] ||
            choices[k].edge >= pool->first[choices[k].mentee + 1])
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "choice %zu is no candidate of its mentee", k);
    double b[2] = {0, 0}, v[3];
    moments m = measure(pool, choices, n, b);
    estimate->likelihood_of_chance = m.likelihood;
    const double at_chance[2] = {m.curve[0], m.curve[2]};
    bool moving = true;
    for (; moving && estimate->steps < STEPS && fabs(b[0]) < LIMIT && fabs(b[1]) < LIMIT; estimate->steps++) moving = step(pool, choices, n, b, &m);
    invert(&m, v);
    estimate->score = b[0];
    estimate->same_group = b[1];
    estimate->score_error = v[0] > 0 ? sqrt(v[0]) : NAN;
    estimate->same_group_error = v[2] > 0 ? sqrt(v[2]) : NAN;
    estimate->likelihood = m.likelihood;
    const bool infinite = fabs(b[0]) >= LIMIT || fabs(b[1]) >= LIMIT || used_up(at_chance[0], m.curve[0]) || used_up(at_chance[1], m.curve[2]);
    estimate->trust = infinite ? MLAB_SEPARATED : moving ? MLAB_NOT_CONVERGED : MLAB_TRUSTED;
    return MLAB_OK;
}
