/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The integral over the effects of each person, by adaptive Gauss-Hermite quadrature (Pinheiro & Bates 1995, doi:10.1080/10618600.1995.10474663),
 * with first and second derivatives from one pass over its nodes. With f(v) the log-likelihood of a person's rows at v less v'v / 2, w its maximum,
 * L L' its curvature there, nodes v_j = w + L'^-1 (d + C x_j) of the normal rule with weights p_j,
 *
 *     log-likelihood = log sum_j e_j + f(w) + log|C| - log|L|,    e_j = p_j exp(f(v_j) - f(w) + x_j'x_j / 2),
 *
 * d and C C' the mean and covariance of L' (v - w) that the evaluation before found (0 and 1 at first; Naylor & Smith 1982, Appl. Statist. 31,
 * 214-225): where answers end at the best level the integrand is skewed, and nodes by its curvature alone miss its long side. The
 * means over the shares e_j / sum e give the score E s(v_j) (Fisher's identity) and the observed information E(-s') - Var s (Louis 1982,
 * J. R. Statist. Soc. B 44, 226-233). Score and information are those of the integral, each as exact as the rule.
 * Weakness: nodes to the power of the independent effects.
 */
#include "fit/joint/joint.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "fit/small.h"

#include <math.h>
#include <string.h>

#define BLOCKS ((size_t)64)
/* What the standard deviations of L' v may be: beyond, the nodes have not met the integrand and stay where they are. */
static const double NARROW = 0.3, WIDE = 5;

/* Scores of person g by every parameter, where the rows are. */
static void own_score(const mlab_joint_work *w, const mlab_joint_room *room, size_t chunk, size_t g, double *s)
{
    const mlab_joint_model *m = w->model;
    size_t person = m->chunk[chunk] + g;
    const double *v = room->searches[g].v;
    double by_effect[MLAB_JOINT_EFFECTS];
    memset(s, 0, m->n_parameters * sizeof *s);
    for (size_t r = 0; r < m->n_parts; r++) {
        const mlab_joint_rows *part = &m->parts[r];
        const mlab_joint_part_room *own = &room->parts[r];
        size_t from = part->first[m->chunk[chunk]], T = part->n_thresholds;
        double *at = s + part->at, variance = part->gaussian ? exp(2 * w->psi[part->at + part->n_own - 1]) : 0;
        for (size_t i = part->first[person]; i < part->first[person + 1]; i++) {
            const double *x = part->x + i * part->p;
            for (size_t k = 0; k < part->n_eta; k++) {
                double score = own->score[mlab_joint_plane(part->n_eta, k, i - from)], *b = at + T + k * part->p;
                for (size_t j = 0; j < part->p; j++) b[j] += score * x[j];
                if (part->gaussian) at[part->n_own - 1] += score * score * variance - 1;
            }
            if (!T) continue;
            size_t y = (size_t)part->category[i];
            if (y < T) at[y] += own->upper[i - from];
            if (y > 0) at[y - 1] += own->lower[i - from];
        }
    }
    mlab_joint_cross(w, room, chunk, g, by_effect, NULL);
    for (size_t e = 0; e < m->n_effects; e++)
        for (size_t a = 0; a < m->q; a++)
            if (m->entry[e * m->q + a] != SIZE_MAX) s[m->entry[e * m->q + a]] = by_effect[e] * v[a];
}

/* The second derivatives of the rows of a person, by e, e v_a, e v_a v_b. */
static void add_moments(const mlab_joint_work *w, const mlab_joint_room *room, size_t chunk, size_t g, double e)
{
    const mlab_joint_model *m = w->model;
    size_t person = m->chunk[chunk] + g, n = 1;
    double by[1 + MLAB_JOINT_NORMALS + MLAB_JOINT_NORMALS * (MLAB_JOINT_NORMALS + 1) / 2] = {e};
    const double *v = room->searches[g].v;
    for (size_t a = 0; a < m->q; a++) by[n++] = e * v[a];
    for (size_t a = 0; a < m->q; a++)
        for (size_t b = 0; b <= a; b++) by[n++] = e * v[a] * v[b];
    for (size_t r = 0; r < m->n_parts; r++) {
        const mlab_joint_rows *part = &m->parts[r];
        const mlab_joint_part_room *own = &room->parts[r];
        size_t from = part->first[m->chunk[chunk]], first = part->first[person] - from, last = part->first[person + 1] - from;
        const double *const ends[] = {own->upper_upper, own->upper_lower, own->lower_lower};
        for (size_t piece = 0; piece < part->n_pieces; piece++) {
            double *to = own->moments + piece * w->n_moments * m->most_rows[r];
            for (size_t i = first; i < last; i++) {
                double value = part->n_thresholds ? ends[piece][i] : own->curvature[mlab_joint_plane(part->n_pieces, piece, i)];
                for (size_t k = 0; k < n; k++) to[i * n + k] += value * by[k];
            }
        }
    }
}

/* Node number `at` of the product rule for a person: v, and L' (v - w) in step; the sum of the log weights and of x^2 / 2. */
static double go_to(const mlab_joint_model *m, size_t person, size_t at, mlab_joint_search *s)
{
    size_t q = m->q;
    const double *spread = m->spread + person * q * q;
    double sum = 0, x[MLAB_JOINT_NORMALS];
    for (size_t a = 0; a < q; a++, at /= m->n_nodes) {
        x[a] = m->node[at % m->n_nodes];
        sum += m->log_weight[at % m->n_nodes] + 0.5 * x[a] * x[a];
    }
    for (size_t a = 0; a < q; a++) {
        s->step[a] = m->shift[person * q + a];
        for (size_t b = 0; b <= a; b++) s->step[a] += spread[a * q + b] * x[b];
        x[a] = s->step[a];
    }
    mlab_small_solve_upper(m->factor + person * q * q, q, x);
    for (size_t a = 0; a < q; a++) s->v[a] = m->mode[person * q + a] + x[a];
    return sum;
}

/* The next evaluation places its nodes by the mean and covariance that this one found; as they were where those have none. */
static void adapt(mlab_joint_model *m, size_t person, const mlab_joint_search *s, double total)
{
    size_t q = m->q;
    double factor[MLAB_JOINT_NORMALS * MLAB_JOINT_NORMALS];
    for (size_t a = 0; a < q; a++)
        for (size_t b = 0; b < q; b++) factor[a * q + b] = s->square[a * q + b] / total - s->mean[a] / total * (s->mean[b] / total);
    if (!mlab_small_factor(factor, q)) return;
    for (size_t a = 0; a < q; a++)
        if (!(factor[a * q + a] > NARROW && factor[a * q + a] < WIDE)) return;
    for (size_t a = 0; a < q; a++) m->shift[person * q + a] = s->mean[a] / total;
    memcpy(m->spread + person * q * q, factor, q * q * sizeof *factor);
}

/* sum += e score, square += e score score'. */
static void add_square(const double *score, size_t n, double e, double *sum, double *square)
{
    for (size_t i = 0; i < n; i++) {
        double part = e * score[i];
        sum[i] += part;
        for (size_t j = 0; j <= i; j++) *square++ += part * score[j];
    }
}

static bool add_nodes(const mlab_joint_work *w, const mlab_joint_room *room, size_t chunk)
{
    const mlab_joint_model *m = w->model;
    size_t people = m->chunk[chunk + 1] - m->chunk[chunk], n = m->n_parameters, nodes = 1;
    for (size_t a = 0; a < m->q; a++) nodes *= m->n_nodes;
    for (size_t at = 0; at < nodes; at++) {
        for (size_t g = 0; g < people; g++) room->searches[g].part = go_to(m, m->chunk[chunk] + g, at, &room->searches[g]);
        if (!mlab_joint_at(w, room, chunk)) return false;
        for (size_t g = 0; g < people; g++) {
            mlab_joint_search *s = &room->searches[g];
            double value = mlab_joint_value(w, room, chunk, g) + s->part - s->value;
            for (size_t a = 0; a < m->q; a++) value -= 0.5 * s->v[a] * s->v[a];
            double e = exp(value), *own = room->own, *sum = room->score_sum + g * n, *square = room->square_sum + g * (n * (n + 1) / 2);
            if (!isfinite(e)) return false;
            if (e == 0) continue;
            room->sum[g] += e;
            if (!w->likelihood_only) {
                own_score(w, room, chunk, g, own);
                add_square(own, n, e, sum, square);
                add_moments(w, room, chunk, g, e);
            }
            for (size_t a = 0; a < m->q; a++) {
                s->mean[a] += e * s->step[a];
                for (size_t b = 0; b < m->q; b++) s->square[a * m->q + b] += e * s->step[a] * s->step[b];
            }
        }
    }
    return true;
}

static void clear(const mlab_joint_work *w, const mlab_joint_room *room, size_t chunk)
{
    const mlab_joint_model *m = w->model;
    size_t people = m->chunk[chunk + 1] - m->chunk[chunk], n = m->n_parameters;
    for (size_t g = 0; g < people; g++) {
        memset(room->searches[g].mean, 0, sizeof room->searches[g].mean);
        memset(room->searches[g].square, 0, sizeof room->searches[g].square);
    }
    memset(room->sum, 0, people * sizeof(double));
    memset(room->score_sum, 0, people * n * sizeof(double));
    memset(room->square_sum, 0, people * (n * (n + 1) / 2) * sizeof(double));
    for (size_t r = 0; r < m->n_parts; r++) memset(room->parts[r].moments, 0, m->parts[r].n_pieces * w->n_moments * m->most_rows[r] * sizeof(double));
}

bool mlab_joint_integrate(const mlab_joint_work *w, const mlab_joint_room *room, size_t chunk, double *sums)
{
    mlab_joint_model *m = w->model;
    size_t people = m->chunk[chunk + 1] - m->chunk[chunk], n = m->n_parameters, q = m->q;
    double *gradient = sums + 1, *complete = gradient + n, *variance = complete + n * n;
    clear(w, room, chunk);
    if (!add_nodes(w, room, chunk)) return false;
    for (size_t g = 0; g < people; g++) {
        size_t person = m->chunk[chunk] + g;
        double weight = m->weight ? m->weight[person] : 1;
        double total = room->sum[g], *mean = room->score_sum + g * n, *square = room->square_sum + g * (n * (n + 1) / 2);
        if (!(total > 0)) return false;
        double value = room->searches[g].value + log(total);
        for (size_t a = 0; a < q; a++) value += log(m->spread[(person * q + a) * q + a] / m->factor[(person * q + a) * q + a]);
        sums[0] += weight * value;
        adapt(m, person, &room->searches[g], total);
        if (w->likelihood_only) continue;
        for (size_t i = 0; i < n; i++) gradient[i] += weight * (mean[i] /= total);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) variance[i * n + j] += weight * (*square++ / total - mean[i] * mean[j]);
        for (size_t i = 0; m->scores && i < n; i++) m->scores[person * n + i] = weight * mean[i];
        mlab_joint_complete(w, room, chunk, g, weight, total, mean, complete);
    }
    return true;
}

/* --- all chunks ------------------------------------------------------------------------------------------------ */

static size_t n_blocks(const mlab_joint_model *m)
{
    return m->n_chunks < BLOCKS ? m->n_chunks : BLOCKS;
}

static mlab_status do_block(void *arg, size_t block, void *memory, mlab_error *err)
{
    (void)err;
    mlab_joint_work *w = arg;
    const mlab_joint_model *m = w->model;
    mlab_joint_room room = mlab_joint_room_of(w, memory);
    double *sums = w->parts + block * w->part;
    for (size_t chunk = block * m->n_chunks / n_blocks(m); chunk < (block + 1) * m->n_chunks / n_blocks(m); chunk++)
        if (!mlab_joint_modes(w, &room, chunk) || !mlab_joint_integrate(w, &room, chunk, sums)) {
            sums[0] = -HUGE_VAL;
            return MLAB_OK;
        }
    return MLAB_OK;
}

static void place(const double *sums, size_t n, double *value, double *gradient, double *complete, double *information)
{
    const double *known = sums + 1 + n, *variance = known + n * n;
    *value = isfinite(sums[0]) ? sums[0] : -HUGE_VAL;
    memcpy(gradient, sums + 1, n * sizeof *gradient);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            complete[i * n + j] = complete[j * n + i] = known[i * n + j];
            information[i * n + j] = information[j * n + i] = known[i * n + j] - variance[i * n + j];
        }
}

static mlab_status sum_all(mlab_joint_work *w, const double *psi, double **sums, mlab_error *err)
{
    mlab_joint_model *model = w->model;
    size_t n = model->n_parameters, q = model->q;
    w->psi = psi;
    w->n_moments = 1 + q + q * (q + 1) / 2;
    w->part = 1 + n + 2 * n * n;
    for (size_t k = 0; k < model->n_effects * q; k++) w->lambda[k] = model->entry[k] == SIZE_MAX ? 0 : psi[model->entry[k]];
    *sums = mlab_allocate(model->context, w->part, sizeof **sums);
    w->parts = mlab_allocate(model->context, n_blocks(model), w->part * sizeof *w->parts);
    mlab_status status = *sums && w->parts ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the information of %zu parameters", n);
    if (!status) status = mlab_parallel_blocks(model->context, NULL, n_blocks(model), mlab_joint_room_bytes(w), do_block, w, err);
    if (!status) mlab_sum_blocks(w->parts, n_blocks(model), w->part, *sums);
    mlab_release(model->context, w->parts);
    return status;
}

mlab_status mlab_joint_evaluate(mlab_joint_model *model, const double *psi, double *value, double *gradient, double *complete, double *information,
                                mlab_error *err)
{
    mlab_joint_work w = {.model = model};
    double *sums = NULL;
    mlab_status status = sum_all(&w, psi, &sums, err);
    if (!status) place(sums, model->n_parameters, value, gradient, complete, information);
    if (!status && *value > -HUGE_VAL) *value += mlab_joint_prior_value(model, psi, gradient, complete, information);
    mlab_release(model->context, sums);
    return status;
}

mlab_status mlab_joint_settle(mlab_joint_model *model, const double *psi, double *value, mlab_error *err)
{
    mlab_joint_work w = {.model = model, .likelihood_only = true};
    double *sums = NULL;
    mlab_status status = sum_all(&w, psi, &sums, err);
    if (!status) *value = isfinite(sums[0]) ? sums[0] : -HUGE_VAL;
    mlab_release(model->context, sums);
    return status;
}
