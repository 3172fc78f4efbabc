/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole clusters of people (cluster(department)) in a bootstrap whose samples are imputed anew: everybody of a cluster is copied as often as it is. A
 * group that lies in one cluster of the sample is a group of its own in each copy (Field & Welsh 2007, doi:10.1111/j.1467-9868.2007.00593.x).
 * Weakness: a person who changes clusters cannot be drawn with one of them, and is an error; somebody without a row in the fit is a cluster alone.
 */
#include "fit/impute/redrawn_clusters.h"

#include "core/error.h"
#include "core/memory.h"

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the clusters of a bootstrap");
}

void mlab_redrawn_clusters_free(mlab_redrawn_clusters *c)
{
    if (!c->context) return;
    mlab_release(c->context, c->of_person);
    mlab_release(c->context, c->person_row);
    *c = (mlab_redrawn_clusters){0};
}

/* of_person: UINT32_MAX of those who have no row in the problem. */
static mlab_status take_clusters(const mlab_fit_problem *problem, const uint32_t *rows, mlab_redrawn_clusters *c, const char *name, mlab_error *err)
{
    for (size_t i = 0; i < problem->n; i++) {
        uint32_t *of = &c->of_person[c->person_row[rows[i]]], cluster = problem->cluster ? problem->cluster[i] : (uint32_t)i;
        if (*of != UINT32_MAX && *of != cluster)
            return mlab_raise(err, MLAB_ERR_FIT_DRAWS,
                              "%s: somebody is in two clusters (%s), which a bootstrap of imputed data cannot draw whole; use fit.draws: normal",
                              problem->outcome ? problem->outcome : "outcome", name);
        *of = cluster;
        if (cluster >= c->n) c->n = (size_t)cluster + 1;
    }
    return MLAB_OK;
}

mlab_status mlab_redrawn_clusters_make(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome,
                                       const mlab_fit_options *options, const char *name, mlab_redrawn_clusters *c, mlab_error *err)
{
    mlab_outcome_problem *made = NULL;
    *c = (mlab_redrawn_clusters){.context = context, .n_people = mlab_sampled_people(data)};
    mlab_status status = mlab_sampled_persons(context, data, &c->person_row, err);
    if (!status && !(c->of_person = mlab_allocate(context, c->n_people, sizeof *c->of_person))) status = no_memory(err);
    for (size_t p = 0; p < c->n_people && !status; p++) c->of_person[p] = name ? UINT32_MAX : (uint32_t)p;
    if (!status && !name) c->n = c->n_people;
    if (!status && name) status = mlab_outcome_problem_make(context, data, outcome, options, &made, err);
    if (!status && name) status = take_clusters(&made->problem, made->rows, c, name, err);
    for (size_t p = 0; p < c->n_people && !status; p++)
        if (c->of_person[p] == UINT32_MAX) c->of_person[p] = (uint32_t)c->n++;
    mlab_outcome_problem_free(made);
    return status;
}

void mlab_redrawn_clusters_spread(const mlab_redrawn_clusters *c, const double *counts, double *people)
{
    for (size_t p = 0; p < c->n_people; p++) people[p] = counts[c->of_person[p]];
}

mlab_status mlab_redrawn_groups(const mlab_context *context, const mlab_redrawn_clusters *c, const mlab_sampled *sampled, const uint32_t *rows,
                                size_t n, const mlab_random_grouping *from, uint32_t **out, size_t *n_groups, mlab_error *err)
{
    size_t m = from->memberships ? from->memberships : 1, most = 0, used = 0;
    for (size_t i = 0; i < n; i++) most = sampled->copy[rows[i]] > most ? sampled->copy[rows[i]] : most;
    uint32_t *home = mlab_allocate(context, from->n_groups, sizeof *home), *group = mlab_allocate(context, n, m * sizeof *group);
    uint8_t *spans = mlab_allocate(context, from->n_groups, 1);
    uint32_t *number = mlab_allocate(context, from->n_groups, (most + 1) * sizeof *number);
    mlab_status status = home && group && spans && number ? MLAB_OK : no_memory(err);
    for (size_t k = 0; k < n * m && !status; k++) {
        uint32_t g = from->group[k], cluster = c->of_person[c->person_row[sampled->source[rows[k / m]]]] + 1;
        if (g == UINT32_MAX) continue;
        spans[g] = spans[g] || (home[g] && home[g] != cluster);
        home[g] = cluster;
    }
    for (size_t k = 0; k < n * m && !status; k++) {
        uint32_t g = from->group[k];
        group[k] = g;
        if (g == UINT32_MAX) continue;
        uint32_t *at = &number[g * (most + 1) + (spans[g] ? 0 : sampled->copy[rows[k / m]])];
        if (!*at) *at = (uint32_t)++used;
        group[k] = *at - 1;
    }
    mlab_release(context, home);
    mlab_release(context, spans);
    mlab_release(context, number);
    if (status) {
        mlab_release(context, group);
        group = NULL;
    }
    *out = group;
    *n_groups = used;
    return status;
}
