/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refits of mixed models to a bootstrap sample of whole clusters: the sample's rows are fitted anew. A group that lies in one cluster is a group
 * of its own in each copy of it (Field & Welsh 2007, doi:10.1111/j.1467-9868.2007.00593.x); one that spans clusters stays one group.
 * Weakness: every refit to a sample copies its rows.
 */
#include "fit/mixed/mixed.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

/* A problem of the sample and what it owns. */
typedef struct sample {
    const mlab_context *context;
    const mlab_fit_problem *from;
    mlab_fit_problem problem;
    mlab_random_grouping *random;
    size_t *source; /* [n] row of the problem it was made from */
    uint32_t *copy; /* [n] which copy of its cluster */
    void *owned[64];
    size_t n_owned;
} sample;

static void *own(sample *s, size_t n, size_t size)
{
    void *memory = s->n_owned < 64 ? mlab_allocate(s->context, n, size) : NULL;
    if (memory) s->owned[s->n_owned++] = memory;
    return memory;
}

static mlab_status no_memory(const sample *s, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sample of %zu rows", s->problem.n);
}

/* memory of the sample's rows, `size` bytes each, from those of the problem; NULL stays NULL. */
static bool take(sample *s, const void *from, size_t size, const void **into)
{
    if (!from) return true;
    char *to = own(s, s->problem.n, size);
    for (size_t i = 0; to && i < s->problem.n; i++) memcpy(to + i * size, (const char *)from + s->source[i] * size, size);
    *into = to;
    return to;
}

static uint32_t cluster_of(const mlab_fit_problem *p, size_t row)
{
    return p->cluster ? p->cluster[row] : (uint32_t)row;
}

static mlab_status list_rows(sample *s, const double *times, mlab_error *err)
{
    const mlab_fit_problem *p = s->from;
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        double count = times ? times[cluster_of(p, i)] : 1;
        if (count != floor(count) || !(count >= 0) || count > 1e6)
            return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: refits of random effects take whole numbers of clusters, found %g",
                              p->outcome ? p->outcome : "outcome", count);
        n += (size_t)count;
    }
    s->problem.n = n;
    s->source = own(s, n, sizeof *s->source);
    s->copy = own(s, n, sizeof *s->copy);
    if (!s->source || !s->copy) return no_memory(s, err);
    n = 0;
    for (size_t i = 0; i < p->n; i++)
        for (uint32_t k = 0; k < (times ? (uint32_t)times[cluster_of(p, i)] : 1); k++) s->source[n] = i, s->copy[n++] = k;
    return MLAB_OK;
}

/* Groups of one grouping numbered again: (group, copy) where the group lies in one cluster. */
static mlab_status number_groups(sample *s, const mlab_random_grouping *from, mlab_random_grouping *to, mlab_error *err)
{
    const mlab_fit_problem *p = s->from;
    size_t m = from->memberships ? from->memberships : 1, most = 0, n = s->problem.n, used = 0;
    uint32_t *home = own(s, from->n_groups, sizeof *home), *group = own(s, n, m * sizeof *group);
    uint8_t *spans = own(s, from->n_groups, 1);
    if (!home || !group || !spans) return no_memory(s, err);
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < m; k++) {
            uint32_t g = from->group[i * m + k], c = cluster_of(p, i) + 1;
            if (g == UINT32_MAX) continue;
            spans[g] = spans[g] || (home[g] && home[g] != c);
            home[g] = c;
        }
    for (size_t i = 0; i < n; i++) most = s->copy[i] > most ? s->copy[i] : most;
    uint32_t *number = own(s, from->n_groups, (most + 1) * sizeof *number);
    if (!number) return no_memory(s, err);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m; k++) {
            uint32_t g = from->group[s->source[i] * m + k];
            if (g == UINT32_MAX) {
                group[i * m + k] = g;
                continue;
            }
            uint32_t *at = &number[g * (most + 1) + (spans[g] ? 0 : s->copy[i])];
            if (!*at) *at = (uint32_t)++used;
            group[i * m + k] = *at - 1;
        }
    *to = *from;
    to->group = group;
    to->n_groups = used;
    to->groups = NULL;
    return from->share && !take(s, from->share, m * sizeof *from->share, (const void **)&to->share) ? no_memory(s, err) : MLAB_OK;
}

static mlab_status make(sample *s, const mlab_refit_weights *weights, mlab_error *err)
{
    const mlab_fit_problem *p = s->from;
    s->problem = *p;
    mlab_status status = list_rows(s, weights ? weights->cluster : NULL, err);
    if (status) return status;
    uint32_t *rows = own(s, s->problem.n, sizeof *rows);
    s->random = own(s, p->n_random, sizeof *s->random);
    if (!rows || !s->random) return no_memory(s, err);
    for (size_t i = 0; i < s->problem.n; i++) rows[i] = p->rows ? p->rows[s->source[i]] : (uint32_t)s->source[i];
    s->problem.rows = rows;
    s->problem.random = s->random;
    s->problem.cluster = NULL;
    s->problem.cluster_id = NULL;
    s->problem.cluster_stated = false;
    s->problem.n_clusters = 0;
    s->problem.cluster_name = s->problem.cluster_other_name = NULL;
    s->problem.cluster_other = NULL;
    s->problem.n_clusters_other = 0;
    s->problem.n_people = 0;
    bool whole = take(s, p->category, sizeof *p->category, (const void **)&s->problem.category) &&
                 take(s, p->number, sizeof *p->number, (const void **)&s->problem.number) &&
                 take(s, p->offset, sizeof *p->offset, (const void **)&s->problem.offset) &&
                 take(s, weights && weights->row ? weights->row : p->weight, sizeof *p->weight, (const void **)&s->problem.weight);
    if (!whole) return no_memory(s, err);
    for (size_t t = 0; t < p->n_random && !status; t++) status = number_groups(s, &p->random[t], &s->random[t], err);
    return status;
}

/* The times of a frailty's rows. Groups must lie in clusters: what is drawn twice is another group then. */
static mlab_status take_times(sample *s, const uint8_t *enters, mlab_error *err)
{
    const mlab_fit_problem *p = s->from;
    uint32_t *home = own(s, p->random->n_groups, sizeof *home);
    uint8_t *late = own(s, s->problem.n, 1);
    bool whole = home && late && take(s, p->start, sizeof *p->start, (const void **)&s->problem.start) &&
                 take(s, p->stop, sizeof *p->stop, (const void **)&s->problem.stop) &&
                 take(s, p->status, sizeof *p->status, (const void **)&s->problem.status) &&
                 take(s, p->stratum, sizeof *p->stratum, (const void **)&s->problem.stratum);
    if (!whole) return no_memory(s, err);
    for (size_t i = 0; i < p->n; i++) {
        uint32_t *at = &home[p->random->group[i]], c = cluster_of(p, i) + 1;
        if (*at && *at != c)
            return mlab_raise(
                err, MLAB_ERR_FIT_DRAWS,
                "%s: %s %s lies in several clusters (%s); a frailty is refitted to samples of whole groups: write cluster(%s), or draws: "
                "normal",
                p->outcome ? p->outcome : "outcome", p->random->name ? p->random->name : "group",
                p->random->groups ? p->random->groups[p->random->group[i]] : "", p->cluster && p->cluster_name ? p->cluster_name : "rows",
                p->random->name ? p->random->name : "group");
        *at = c;
    }
    for (size_t i = 0; i < s->problem.n; i++) late[i] = enters ? enters[s->source[i]] : 0;
    s->problem.enters = late;
    return MLAB_OK;
}

void mlab_mixed_refit_tell(const mlab_prepared *prepared, const mlab_fit *from, const mlab_fit *fit, double *estimate, double *spread,
                           mlab_refit_info *info)
{
    const mlab_engine *engine = prepared->own;
    const mlab_fit *whole = from ? from : fit; /* without the fit to all rows nothing is known of its aliases */
    const uint8_t *aliased = prepared->model->marks & MLAB_MODEL_FRAILTY ? whole->aliased : engine->aliased;
    memcpy(estimate, fit->estimate, fit->n_parameters * sizeof *estimate);
    if (spread && fit->n_spread) memcpy(spread, fit->spread, fit->n_spread * sizeof *spread);
    for (size_t j = 0; j < fit->n_parameters; j++) info->n_aliased += fit->aliased[j] && !aliased[j];
    bool failed = fit->trust == MLAB_NOT_CONVERGED || fit->trust == MLAB_SEPARATED;
    info->trust = failed ? fit->trust : MLAB_TRUSTED; /* a standard deviation of 0 in a sample is a result */
    info->iterations = fit->iterations;
    info->log_likelihood = fit->log_likelihood;
}

/* The rows as they are. */
static mlab_status refit_all(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *from, const double *start, mlab_fit **fit,
                             mlab_error *err)
{
    mlab_fit_problem problem = *prepared->problem;
    mlab_engine engine = *(const mlab_engine *)prepared->own;
    mlab_prepared own = *prepared;
    problem.warm = start;
    problem.warm_mixed = from;
    engine.problem = own.problem = &problem;
    own.own = &engine;
    return mlab_prepared_fit(context, &own, fit, err);
}

mlab_status mlab_mixed_refit_whole(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights,
                                   const mlab_fit *from, const double *start, double *estimate, double *spread, double *hazard, mlab_refit_info *info,
                                   mlab_error *err)
{
    sample s = {.context = context, .from = prepared->problem};
    mlab_fit *fit = NULL;
    mlab_status status = MLAB_OK;
    *info = (mlab_refit_info){0};
    bool frailty = prepared->model->marks & MLAB_MODEL_FRAILTY;
    if (weights || frailty) {
        status = make(&s, weights, err);
        if (!status && frailty) status = take_times(&s, prepared->enters, err);
        s.problem.warm = start;
        s.problem.warm_mixed = from;
        if (!status) status = mlab_fit_problem_fit(context, prepared->model, &s.problem, &prepared->options, &fit, err);
    } else
        status = refit_all(context, prepared, from, start, &fit, err);
    if (!status) mlab_mixed_refit_tell(prepared, from, fit, estimate, spread, info);
    if (!status && hazard && fit->baseline && fit->baseline->n_strata == from->baseline->n_strata)
        mlab_baseline_place(fit->baseline, from->baseline, fit->estimate, hazard);
    mlab_fit_free(fit);
    while (s.n_owned) mlab_release(context, s.owned[--s.n_owned]);
    return status;
}

mlab_status mlab_mixed_refit_from(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const mlab_fit *from,
                                  const double *start, double *estimate, double *spread, mlab_refit_info *info, mlab_error *err)
{
    return mlab_mixed_refit_whole(context, prepared, weights, from, start, estimate, spread, NULL, info, err);
}

mlab_status mlab_mixed_refit(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const double *start,
                             double *estimate, mlab_refit_info *info, mlab_error *err)
{
    return mlab_mixed_refit_from(context, prepared, weights, NULL, start, estimate, NULL, info, err);
}
