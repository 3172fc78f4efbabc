/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of whole clusters under a mixed model. Where every group lies in one cluster the likelihood is a product over clusters, so that the score
 * of a cluster is the gradient of the likelihood of its rows alone, by the same Laplace approximation, quadrature or least squares as the fit
 * (Wang & Merkle 2018, doi:10.18637/jss.v087.c01, for normal models).
 * Weakness: the rows of every cluster are copied once more.
 */
#include "fit/mixed/mixed_robust.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "fit/after/rows.h"
#include "fit/mixed/mixed_part.h"
#include "fit/mixed/web_gaussian.h"
#include "fit/mixed/web_laplace.h"
#include "fit/small.h"

#include <math.h>
#include <string.h>

static const double APART = 5e-3; /* of a standard error: the step of differences */

typedef struct scoring {
    const mlab_context *context;
    const mlab_prepared *prepared;
    const mlab_fit *fit;
    mlab_row_groups rows;
    uint32_t **local; /* [n_random][n_groups] number of the group among those of its cluster */
    uint32_t **count; /* [n_random][n_clusters] groups of a cluster */
    double *psi;      /* coefficients that are estimated, then the spread */
    double *apart;    /* [scores->n] steps of differences, where information of a model that is not linear is wanted; else NULL */
    size_t p, nodes;
    bool linear;
    mlab_cluster_scores *scores;
} scoring;

void mlab_cluster_scores_free(mlab_cluster_scores *scores)
{
    if (!scores->context) return;
    mlab_release(scores->context, scores->score);
    mlab_release(scores->context, scores->information);
    *scores = (mlab_cluster_scores){0};
}

/* Numbers the groups of each cluster by themselves; *spans = one that lies in two. */
static mlab_status number_groups(scoring *s, const char **spans, mlab_error *err)
{
    const mlab_fit_problem *problem = s->prepared->problem;
    for (size_t t = 0; t < problem->n_random; t++) {
        const mlab_random_grouping *g = &problem->random[t];
        size_t m = g->memberships ? g->memberships : 1;
        uint32_t *home = mlab_allocate(s->context, g->n_groups, sizeof *home);
        s->local[t] = mlab_allocate(s->context, g->n_groups, sizeof **s->local);
        s->count[t] = mlab_allocate(s->context, problem->n_clusters, sizeof **s->count);
        mlab_status status = home && s->local[t] && s->count[t] ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the groups of clusters");
        for (size_t i = 0; !status && i < problem->n; i++)
            for (size_t k = 0; k < m; k++) {
                uint32_t which = g->group[i * m + k], cluster = problem->cluster[i] + 1;
                if (which == UINT32_MAX) continue;
                if (home[which] && home[which] != cluster) *spans = g->name ? g->name : "group";
                if (!home[which]) s->local[t][which] = s->count[t][cluster - 1]++;
                home[which] = cluster;
            }
        mlab_release(s->context, home);
        if (status || *spans) return status;
    }
    return MLAB_OK;
}

/* --- the score of one cluster ------------------------------------------------------------------------------------- */

static mlab_status score_linear(const scoring *s, size_t cluster, mlab_web *web, mlab_error *err)
{
    mlab_web_linear w = {0};
    size_t p = s->p;
    double value, variance = exp(2 * s->fit->spread[s->fit->n_spread - 1]), *score = s->scores->score + cluster * p;
    mlab_status status = mlab_web_linear_make(&w, web, false, err);
    if (!status) status = mlab_web_linear_read(&w, err);
    if (!status) status = mlab_web_linear_evaluate(&w, s->fit->spread, &value, NULL, err); /* the cluster's own b need not exist */
    for (size_t j = 0; j < p && !status; j++) {
        score[j] = w.rhs[j] / variance;
        for (size_t k = 0; k < p; k++) score[j] -= w.a[j * p + k] * s->psi[k] / variance;
        for (size_t k = 0; k < p && s->scores->information; k++) s->scores->information[(cluster * p + j) * p + k] = w.a[j * p + k] / variance;
    }
    mlab_web_linear_free(&w);
    return status;
}

/* Minus the derivative of the cluster's score, by central differences. */
static mlab_status differ(const scoring *s, size_t cluster, mlab_climb_evaluate evaluate, void *work, mlab_error *err)
{
    size_t n = s->scores->n;
    double *information = s->scores->information + cluster * n * n, value;
    double *at = mlab_allocate(s->context, 3 * n, sizeof *at);
    if (!at) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the information of a cluster");
    double *const slope[] = {at + n, at + 2 * n};
    mlab_status status = MLAB_OK;
    memcpy(at, s->psi, n * sizeof *at);
    for (size_t j = 0; j < n && !status; j++) {
        for (int side = 0; side < 2 && !status; side++) {
            at[j] = s->psi[j] + (side ? s->apart[j] : -s->apart[j]);
            status = evaluate(work, at, &value, slope[side], err);
            if (!status && !(value > -HUGE_VAL))
                status = mlab_raise(err, MLAB_ERR_FIT_COVARIANCE, "%s: a cluster has no likelihood beside the estimates", s->fit->outcome);
        }
        at[j] = s->psi[j];
        for (size_t k = 0; k < n && !status; k++) information[j * n + k] = (slope[0][k] - slope[1][k]) / (2 * s->apart[j]);
    }
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < j; k++) information[j * n + k] = information[k * n + j] = (information[j * n + k] + information[k * n + j]) / 2;
    mlab_release(s->context, at);
    return status;
}

static mlab_status laplace(void *work, const double *psi, double *value, double *gradient, mlab_error *err)
{
    return mlab_mixed_laplace(work, psi, value, gradient, err);
}

static mlab_status score_web(const scoring *s, size_t cluster, mlab_mixed_part *of, mlab_error *err)
{
    mlab_web *web = NULL;
    mlab_web_rows rows = {0};
    double value = 0;
    mlab_status status = mlab_web_make(s->context, &of->prepared, &of->problem, s->linear ? of->number : of->problem.number, &web, err);
    if (!status && s->linear)
        status = score_linear(s, cluster, web, err);
    else if (!status && !(status = mlab_web_rows_make(web, &rows, err)))
        status = mlab_web_laplace(&rows, s->psi, &value, s->scores->score + cluster * s->scores->n, err);
    if (!status && !s->linear && s->apart && value > -HUGE_VAL) status = differ(s, cluster, mlab_web_laplace, &rows, err);
    if (!status && !(value > -HUGE_VAL))
        status = mlab_raise(err, MLAB_ERR_FIT_COVARIANCE, "%s: a cluster has no likelihood at the estimates", s->fit->outcome);
    mlab_web_rows_free(&rows);
    mlab_web_free(web);
    return status;
}

static mlab_status score_nodes(const scoring *s, size_t cluster, mlab_mixed_part *of, mlab_error *err)
{
    mlab_mixed *mixed = NULL;
    double value = 0;
    mlab_status status = mlab_mixed_make(s->context, &of->prepared, &mixed, err);
    if (!status) {
        mixed->n_nodes = s->nodes;
        mlab_quadrature_rule(mixed->n_nodes, mixed->node, mixed->log_weight);
        status = mlab_mixed_laplace(mixed, s->psi, &value, s->scores->score + cluster * s->scores->n, err);
        if (!status && s->apart) status = differ(s, cluster, laplace, mixed, err);
    }
    mlab_mixed_free(mixed);
    return status;
}

static mlab_status score_block(void *arg, size_t cluster, void *scratch, mlab_error *err)
{
    (void)scratch;
    const scoring *s = arg;
    size_t first = s->rows.start[cluster], n = s->rows.start[cluster + 1] - first;
    uint32_t count[MLAB_MOST_TERMS];
    for (size_t t = 0; t < s->prepared->problem->n_random; t++) count[t] = s->count[t][cluster];
    mlab_mixed_part *of = mlab_allocate(s->context, 1, sizeof *of);
    if (!of) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the rows of a cluster");
    mlab_status status = mlab_mixed_part_make(s->context, s->prepared, s->rows.order + first, n, s->local, count, of, err);
    if (!status) status = s->nodes > 1 ? score_nodes(s, cluster, of, err) : score_web(s, cluster, of, err);
    mlab_mixed_part_free(of);
    mlab_release(s->context, of);
    return status;
}

bool mlab_mixed_takes_nodes(const mlab_prepared *prepared)
{
    const mlab_engine *engine = prepared->own;
    const mlab_fit_problem *problem = prepared->problem;
    bool takes = !engine->family->additive && problem->n_random == 1 && prepared->n_blocks == 1 && problem->random->memberships <= 1 &&
                 !problem->random->share && !engine->family->left_out && !problem->mode_errors &&
                 mlab_design_columns(problem->random->design) <= MLAB_MOST_QUADRATURE;
    for (size_t i = 0; takes && i < problem->n; i++) takes = problem->random->group[i] != UINT32_MAX;
    return takes;
}

/* --- all clusters ---------------------------------------------------------------------------------------------------- */

static mlab_status start(scoring *s, bool information, mlab_error *err)
{
    const mlab_fit_problem *problem = s->prepared->problem;
    const mlab_engine *engine = s->prepared->own;
    const mlab_fit *fit = s->fit;
    mlab_cluster_scores *to = s->scores;
    size_t all = fit->n_parameters + fit->n_spread;
    s->linear = engine->family->additive;
    s->psi = mlab_allocate(s->context, fit->n_parameters + fit->n_spread, sizeof *s->psi);
    s->local = mlab_allocate(s->context, problem->n_random, sizeof *s->local);
    s->count = mlab_allocate(s->context, problem->n_random, sizeof *s->count);
    if (!s->psi || !s->local || !s->count) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for scores");
    for (size_t j = 0; j < fit->n_parameters; j++)
        if (!fit->aliased[j]) s->psi[s->p++] = fit->estimate[j] - (s->linear && j == 0 && engine->intercept ? engine->shift : 0);
    memcpy(s->psi + s->p, fit->spread, fit->n_spread * sizeof *s->psi);
    bool nodes = s->prepared->options.quadrature > 1 && mlab_mixed_takes_nodes(s->prepared);
    s->nodes = nodes ? (size_t)s->prepared->options.quadrature : 1;
    to->context = s->context;
    to->n_clusters = problem->n_clusters;
    to->n = s->p + (s->linear ? 0 : fit->n_spread);
    to->score = mlab_allocate(s->context, to->n_clusters, to->n * sizeof *to->score);
    if (information) to->information = mlab_allocate(s->context, to->n_clusters, to->n * to->n * sizeof *to->information);
    if (information && !s->linear) s->apart = mlab_allocate(s->context, to->n, sizeof *s->apart);
    if (!to->score || (information && !to->information) || (information && !s->linear && !s->apart))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu clusters", to->n_clusters);
    for (size_t j = 0, at = 0; s->apart && j < all; j++)
        if (j >= fit->n_parameters || !fit->aliased[j]) s->apart[at++] = fmax(APART * sqrt(fmax(fit->joint_covariance[j * all + j], 0)), 1e-8);
    return mlab_row_groups_make(s->context, problem->cluster, problem->n, problem->n_clusters, &s->rows, err);
}

mlab_status mlab_cluster_scores_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, bool information,
                                     mlab_cluster_scores *scores, const char **spans, mlab_error *err)
{
    scoring s = {.context = context, .prepared = prepared, .fit = fit, .scores = scores};
    *scores = (mlab_cluster_scores){0};
    *spans = NULL;
    mlab_status status = start(&s, information, err);
    if (!status) status = number_groups(&s, spans, err);
    if (!status && !*spans) status = mlab_parallel_blocks(context, NULL, scores->n_clusters, 0, score_block, &s, err);
    for (size_t t = 0; t < prepared->problem->n_random; t++) {
        if (s.local) mlab_release(context, s.local[t]);
        if (s.count) mlab_release(context, s.count[t]);
    }
    mlab_release(context, s.local);
    mlab_release(context, s.count);
    mlab_release(context, s.psi);
    mlab_release(context, s.apart);
    mlab_row_groups_free(&s.rows);
    if (status) mlab_cluster_scores_free(scores);
    return status;
}

/* --- CR2 and CR3 -------------------------------------------------------------------------------------- */

/* m = L^-1 A_g L'^-1 */
static void whiten(const double *l, size_t q, double *m)
{
    for (int side = 0; side < 2; side++) {
        for (size_t a = 0; a < q; a++) mlab_small_solve_lower(l, q, m + a * q);
        for (size_t a = 0; a < q; a++)
            for (size_t b = 0; b < a; b++) {
                double swap = m[a * q + b];
                m[a * q + b] = m[b * q + a];
                m[b * q + a] = swap;
            }
    }
    for (size_t a = 0; a < q; a++)
        for (size_t b = 0; b < a; b++) m[a * q + b] = m[b * q + a] = (m[a * q + b] + m[b * q + a]) / 2;
}

/* x = vectors diag(values) vectors' x */
static void apply(const double *vectors, const double *values, size_t q, double *x, double *room)
{
    for (size_t k = 0; k < q; k++) {
        room[k] = 0;
        for (size_t a = 0; a < q; a++) room[k] += vectors[a * q + k] * x[a];
        room[k] *= values[k];
    }
    for (size_t a = 0; a < q; a++) {
        x[a] = 0;
        for (size_t k = 0; k < q; k++) x[a] += vectors[a * q + k] * room[k];
    }
}

/* Of one cluster and each parameter: D - v'v, D^2 - 2 D v'v, v v', as fit/after/adjusted.c. */
static void add_degrees(const double *contrasts, const double *m, const double *vectors, const double *values, size_t q, double *room, double *sums)
{
    double *x = room, *v = room + q;
    for (size_t j = 0; j < q; j++, sums += 2 + q * q) {
        double d = 0, square = 0;
        memcpy(x, contrasts + j * q, q * sizeof *x);
        apply(vectors, values, q, x, v);
        for (size_t a = 0; a < q; a++) {
            v[a] = 0;
            for (size_t b = 0; b < q; b++) v[a] += m[a * q + b] * x[b];
            d += x[a] * v[a];
            square += v[a] * v[a];
        }
        sums[0] += d - square;
        sums[1] += d * d - 2 * d * square;
        for (size_t a = 0; a < q; a++)
            for (size_t b = 0; b < q; b++) sums[2 + a * q + b] += v[a] * v[b];
    }
}

mlab_status mlab_cluster_scores_adjust(const mlab_cluster_scores *s, double power, double *df, size_t *saturated, mlab_error *err)
{
    size_t q = s->n, width = 2 + q * q;
    double *memory = mlab_allocate(s->context, 5 * q * q + 3 * q + (df ? q * width : 0), sizeof *memory);
    if (!memory) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the leverage of %zu clusters", s->n_clusters);
    double *l = memory, *m = l + q * q, *copy = m + q * q, *vectors = copy + q * q, *contrasts = vectors + q * q, *values = contrasts + q * q,
           *room = values + q, *sums = room + 2 * q;
    mlab_status status = MLAB_OK;
    *saturated = 0;
    for (size_t g = 0; g < s->n_clusters; g++)
        for (size_t k = 0; k < q * q; k++) l[k] += s->information[g * q * q + k];
    if (!mlab_small_factor(l, q)) status = mlab_raise(err, MLAB_ERR_FIT_COVARIANCE, "the information of the clusters is not positive definite");
    for (size_t j = 0; j < q && !status; j++) {
        contrasts[j * q + j] = 1;
        mlab_small_solve_lower(l, q, contrasts + j * q);
    }
    for (size_t g = 0; g < s->n_clusters && !status; g++) {
        double *score = s->score + g * q, lost = 0;
        memcpy(m, s->information + g * q * q, q * q * sizeof *m);
        whiten(l, q, m);
        memcpy(copy, m, q * q * sizeof *m);
        mlab_small_eigen(copy, q, vectors);
        for (size_t k = 0; k < q; k++) {
            double left = 1 - copy[k * q + k];
            lost += left < 1e-10;
            values[k] = left < 1e-10 ? 0 : pow(left, power);
        }
        *saturated += lost > 0;
        mlab_small_solve_lower(l, q, score);
        apply(vectors, values, q, score, room);
        if (df) add_degrees(contrasts, m, vectors, values, q, room, sums);
        for (size_t a = q; a-- > 0;) { /* L times it */
            double sum = 0;
            for (size_t b = 0; b <= a; b++) sum += l[a * q + b] * score[b];
            score[a] = sum;
        }
    }
    for (size_t j = 0; df && j < q && !status; j++) {
        double square = sums[j * width + 1];
        for (size_t k = 0; k < q * q; k++) square += sums[j * width + 2 + k] * sums[j * width + 2 + k];
        df[j] = square > 0 ? sums[j * width] * sums[j * width] / square : 0;
    }
    mlab_release(s->context, memory);
    return status;
}
