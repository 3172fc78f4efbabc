/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A linear model with an effect of each group and a response that is one number in all rows of each: the effects tell it all, the residual variance
 * is 0 and the likelihood has no maximum (Bates et al. 2015, doi:10.18637/jss.v067.i01). Said before a climb that would go on without end. Weakness:
 * rows that also follow a column exactly are not seen here.
 */
#include "fit/outcome.h"

#include "core/error.h"
#include "core/memory.h"
#include "data/design_terms.h"

/* Whether every row is in one group, some groups have more than one, and the response does not change within any. */
static mlab_status is_constant(const mlab_outcome_problem *made, const mlab_random_grouping *g, bool *constant, mlab_error *err)
{
    const mlab_fit_problem *problem = &made->problem;
    *constant = false;
    if (g->memberships > 1 || g->share || g->n_groups >= problem->n || !mlab_design_has_intercept(g->design)) return MLAB_OK;
    uint32_t *first = mlab_allocate(made->context, g->n_groups, sizeof *first); /* row + 1 */
    if (!first) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu groups", g->n_groups);
    *constant = true;
    for (size_t i = 0; i < problem->n && *constant; i++) {
        uint32_t which = g->group[i];
        if (which == UINT32_MAX)
            *constant = false;
        else if (!first[which])
            first[which] = (uint32_t)i + 1;
        else
            *constant = problem->number[first[which] - 1] == problem->number[i];
    }
    mlab_release(made->context, first);
    return MLAB_OK;
}

mlab_status mlab_outcome_varies(const mlab_outcome_problem *made, mlab_error *err)
{
    size_t n_offsets = 0;
    bool constant = false;
    const mlab_fit_problem *problem = &made->problem;
    mlab_status status = MLAB_OK;
    if ((made->model != &mlab_model_linear && made->model != &mlab_model_lognormal) || !problem->n_random) return MLAB_OK;
    (void)mlab_design_offsets(made->design, &n_offsets);
    for (size_t t = 0; t < problem->n_random && !n_offsets && !status && !constant; t++) {
        const mlab_random_grouping *g = &problem->random[t];
        status = is_constant(made, g, &constant, err);
        if (!status && constant)
            status =
                mlab_raise(err, MLAB_ERR_FIT_RESPONSE,
                           "%s: \"%s\" is the same number in all rows of each of the %zu groups of %s (%zu rows): effects of %s tell it all, and the "
                           "residual variance is 0; leave the effect of %s out (errors are clustered where rows repeat), or take one row of each",
                           problem->outcome, mlab_outcome_response_name(made), g->n_groups, g->name, problem->n, g->name, g->name);
    }
    return status;
}
