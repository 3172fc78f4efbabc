/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of a mean rating is the person's own. With variances s_c of the random effects and s_e of a single rating, the mean of the ratings i of
 * one person has the error
 *
 *     v = sum over c of s_c sum over the groups g of c of (n_g / n)^2 + s_e / n,         reliability = s_person / (s_person + v)
 *
 * (generalizability theory: Brennan 2001, Generalizability Theory, Springer; for raters alone it is the Spearman-Brown formula). Roles together are
 * weighed by 1 / v. On the scale of the model: s_e is pi^2 / 3, 1 or pi^2 / 6 for levels. Weakness: raters who rate many people are taken as known no
 * better for it, so all is a little low; v is the same for one rater of any role.
 */
#include "fit/raters/made.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double ENOUGH = 0.8; /* a reliability to decide by (Nunnally 1978, Psychometric Theory) */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Error of the mean of rows order[from .. to - 1]. scratch [to - from]. */
static double error_of(const mlab_raters_work *w, size_t from, size_t to, uint32_t *scratch)
{
    double n = (double)(to - from), error = w->residual / n;
    for (size_t t = 0; t < w->made->problem.n_random; t++) {
        const mlab_random_grouping *grouping = &w->made->problem.random[t];
        double squares = 0, run = 0;
        if (t == w->person_term) continue;
        for (size_t i = from; i < to; i++) scratch[i - from] = grouping->group[w->order[i]];
        qsort(scratch, to - from, sizeof *scratch, by_number);
        for (size_t i = 0; i < to - from; i++) {
            run = i > 0 && scratch[i] == scratch[i - 1] ? run + 1 : 1;
            if (i + 1 == to - from || scratch[i + 1] != scratch[i]) squares += run * run;
        }
        error += w->variance[t] * squares / (n * n);
    }
    return error;
}

/* Sums over people and over pairs of person and rater. */
typedef struct sums {
    double alone, raters, one, error_one, n_people, n_pairs;
} sums;

static void add_pairs(const mlab_raters_work *w, size_t from, size_t to, uint32_t *scratch, sums *s)
{
    for (size_t begin = from, end; begin < to; begin = end) {
        for (end = begin + 1; end < to && w->rater && w->rater[w->order[end]] == w->rater[w->order[begin]];) end++;
        double error = error_of(w, begin, end, scratch);
        s->one += w->person_variance / (w->person_variance + error);
        s->error_one += error;
        s->n_pairs++;
        s->raters++;
    }
}

static void put_role(const mlab_raters_work *w, const sums *s, mlab_rater_role *role)
{
    if (s->n_people <= 0) return;
    role->alone = s->alone / s->n_people;
    role->one = s->one / s->n_pairs;
    role->raters_each = s->raters / s->n_people;
    double view = 0, error = s->error_one / s->n_pairs; /* the view of a role does not shrink with its raters */
    for (size_t t = 0; t < w->made->problem.n_random; t++) view += w->role_view[t] ? w->variance[t] : 0;
    double allowed = w->person_variance * (1 - ENOUGH) / ENOUGH - view;
    role->needed = allowed > 0 ? fmax(1, ceil((error - view) / allowed)) : HUGE_VAL;
}

/* Rows stand by person, role, rater in w->order. */
mlab_status mlab_raters_reliability(const mlab_raters_work *w, mlab_raters *raters, mlab_error *err)
{
    size_t n = w->made->problem.n;
    uint32_t *scratch = mlab_allocate(w->made->context, n, sizeof *scratch);
    sums *role = mlab_allocate(w->made->context, raters->n_roles, sizeof *role);
    double all = 0, n_people = 0;
    mlab_status status = scratch && role ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the reliability of ratings");
    for (size_t from = 0, to; from < n && !status; from = to) {
        double told = 0;
        for (to = from; to < n && w->person[w->order[to]] == w->person[w->order[from]];) {
            size_t begin = to;
            while (to < n && w->person[w->order[to]] == w->person[w->order[from]] && w->role[w->order[to]] == w->role[w->order[begin]]) to++;
            sums *s = &role[w->role[w->order[begin]]];
            double error = error_of(w, begin, to, scratch);
            told += 1 / error;
            s->alone += w->person_variance / (w->person_variance + error);
            s->n_people++;
            add_pairs(w, begin, to, scratch, s);
        }
        all += w->person_variance / (w->person_variance + 1 / told);
        n_people++;
    }
    for (size_t r = 0; r < raters->n_roles && !status; r++) put_role(w, &role[r], &raters->roles[r]);
    if (!status) raters->all = all / n_people;
    mlab_release(w->made->context, scratch);
    mlab_release(w->made->context, role);
    return status;
}
