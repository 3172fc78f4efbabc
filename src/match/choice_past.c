/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weights of self-selection from the past pairs of the people who are matched. */
#include "core/error.h"
#include "core/memory.h"
#include "match/choice.h"
#include "match/matching.h"

#include <math.h>
#include <stdio.h>

enum { FEWEST = 20 }; /* choices for two weights: ten each */

static size_t list_choices(const mlab_matching *m, const mlab_pool *pool, mlab_choice *choices)
{
    size_t n = 0;
    for (size_t k = 0; k < m->n_past; k++) {
        const size_t i = mlab_people_member(&m->people, MLAB_MENTEES, (uint32_t)(m->past[k] >> 32));
        const size_t j = mlab_people_member(&m->people, MLAB_MENTORS, (uint32_t)m->past[k]);
        const size_t e = i == SIZE_MAX || j == SIZE_MAX ? SIZE_MAX : mlab_pool_find(pool, i, (int32_t)j);
        if (e != SIZE_MAX && pool->first[i + 1] - pool->first[i] > 1) choices[n++] = (mlab_choice){i, e};
    }
    return n;
}

/* "1.31 (1.21 to 1.42)": odds with a 95 % interval. */
static const char *odds(double weight, double error, char *into, size_t size)
{
    if (isnan(error))
        snprintf(into, size, "not known");
    else
        snprintf(into, size, "%.2f (%.2f to %.2f)", exp(weight), exp(weight - 1.96 * error), exp(weight + 1.96 * error));
    return into;
}

mlab_status mlab_matching_fit_choice(const mlab_matching *m, const mlab_pool *pool, const mlab_place *place, mlab_policy_options *options,
                                     char why[200], mlab_error *err)
{
    mlab_choice *choices = mlab_allocate(m->context, m->n_past, sizeof *choices);
    if (!choices) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for past pairs");
    const size_t n = list_choices(m, pool, choices);
    mlab_choice_estimate e = {.trust = MLAB_TRUSTED};
    mlab_status status = MLAB_OK;
    if (n < FEWEST)
        status = mlab_raise_at(err, MLAB_ERR_MATCH_POLICY, place,
                               "%zu past pairs are among the pairs allowed now, at least %d are needed to fit a choice; state score and same_group",
                               n, FEWEST);
    if (!status) status = mlab_choice_fit(pool, choices, n, &e, err);
    mlab_release(m->context, choices);
    if (status) return status;
    if (e.trust != MLAB_TRUSTED)
        return mlab_raise_at(err, MLAB_ERR_MATCH_POLICY, place, "the choice cannot be fitted to %zu past pairs: %s; state score and same_group", n,
                             mlab_trust_sentence(e.trust));
    char score[80], same[80];
    options->choice_score = e.score;
    options->choice_same_group = e.same_group;
    options->choice_fitted = false;
    const int used = snprintf(why, 200, "as in %zu past pairs: 10 points more multiply the odds of a pair by %s", n,
                              odds(e.score, e.score_error, score, sizeof score));
    if (!isnan(e.same_group_error) && used > 0 && used < 200)
        snprintf(why + used, 200 - (size_t)used, ", being of one group by %s", odds(e.same_group, e.same_group_error, same, sizeof same));
    return MLAB_OK;
}
