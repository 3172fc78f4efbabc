/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hybrid: people find each other first, and structured places go to those whom that leaves out.
 *
 * Self-selection (choice.c) fills the places that hybrid_reserve does not hold back; then the optimal policy matches those without a mentor,
 * who have a claim (mentee_places), with what is left. The pairs found informally stay.
 * Weakness: the popular mentors are gone when the structured places are given, so the second group gets lower scores than the first.
 */
#include "match/choice.h"

#include "core/memory.h"

#include <math.h>
#include <string.h>

typedef struct rest {
    mlab_pool pool;
    void *block;
    int32_t *places, *found, *given;
    size_t *first;
    int32_t *mentor;
    double *score;
} rest;

/* The candidates of mentees who found nobody and have a claim, as a pool of its own. */
static void keep_those_left_out(const mlab_pool *pool, rest *r)
{
    size_t used = 0;
    for (size_t i = 0; i < pool->n_mentees; i++) {
        const bool left_out = r->found[i] == MLAB_UNMATCHED && (!pool->mentee_places || pool->mentee_places[i]);
        for (size_t e = pool->first[i]; left_out && e < pool->first[i + 1]; e++) {
            r->mentor[used] = pool->mentor[e];
            r->score[used++] = pool->score[e];
        }
        r->first[i + 1] = used;
    }
    r->pool = (mlab_pool){.n_mentees = pool->n_mentees,
                          .n_mentors = pool->n_mentors,
                          .capacity = r->places,
                          .first = r->first,
                          .mentor = r->mentor,
                          .score = r->score,
                          .mentee_entity = pool->mentee_entity,
                          .mentor_entity = pool->mentor_entity};
}

static int32_t held_back(const mlab_policy_request *request, size_t mentor)
{
    return (int32_t)floor(request->options.hybrid_reserve * request->pool->capacity[mentor]);
}

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    const size_t n = pool->n_mentees, edges = pool->first[n];
    rest r = {0};
    const mlab_part parts[] = {{&r.places, pool->n_mentors, sizeof *r.places},
                               {&r.found, n, sizeof *r.found},
                               {&r.given, n, sizeof *r.given},
                               {&r.first, n + 1, sizeof *r.first},
                               {&r.mentor, edges, sizeof *r.mentor},
                               {&r.score, edges, sizeof *r.score}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &r.block, err);
    if (status) return status;
    for (size_t j = 0; j < pool->n_mentors; j++) r.places[j] = pool->capacity[j] - held_back(request, j);
    if ((status = mlab_choice_draw(context, request, r.places, r.found, err))) goto out;
    for (size_t j = 0; j < pool->n_mentors; j++) r.places[j] += held_back(request, j);
    keep_those_left_out(pool, &r);
    mlab_policy_request second = *request;
    mlab_policy_result given = {.mentor_of = r.given};
    second.pool = &r.pool;
    if ((status = mlab_policy_assign(context, &mlab_policy_optimal, &second, &given, err))) goto out;
    for (size_t i = 0; i < n; i++) result->mentor_of[i] = r.found[i] != MLAB_UNMATCHED ? r.found[i] : r.given[i];
out:
    mlab_release(context, r.block);
    return status;
}

const mlab_policy mlab_policy_hybrid = {
    .name = "hybrid",
    .summary = "people find each other first; structured places go to those whom that leaves out",
    .source = "McPherson, Smith-Lovin & Cook 2001, doi:10.1146/annurev.soc.27.1.415; Jonker & Volgenant 1987, doi:10.1007/BF02278710",
    .assign = assign,
};
