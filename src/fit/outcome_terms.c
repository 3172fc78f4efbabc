/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terms of a formula that a fit has no column for, and says so: a factor with one level in the rows used tells nothing apart. An arm that begins
 * after time zero is such a factor in a model of time zero. */
#include "fit/outcome.h"

#include "data/design_terms.h"

static mlab_status doubt_one(const mlab_outcome_problem *made, const mlab_design *design, const mlab_design_term *term, const char *part,
                             const char *group, mlab_fit *fit, mlab_error *err)
{
    size_t n_variables;
    const mlab_design_variable *variables = mlab_design_variables(design, &n_variables);
    const char *level = "", *factor = "it";
    for (size_t k = 0; k < term->n_variables; k++) {
        const mlab_design_variable *variable = &variables[term->variables[k]];
        if (variable->kind != MLAB_VARIABLE_FACTOR || variable->n_levels != 1) continue;
        if (term->n_variables > 1) factor = variable->label;
        level = variable->levels[0];
    }
    bool zero = made->panel && made->model->marks & MLAB_MODEL_COMPETING;
    return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "%s%s%.100s%s%.80s was left out: %.80s has one level, \"%.60s\", in the rows of the fit%s",
                          part ? part : "", part ? ": " : "", term->label, group ? " by " : "", group ? group : "", factor, level,
                          zero ? ", which are those at time zero; what begins later has its effect in models hazard and cox" : "");
}

mlab_status mlab_outcome_doubt_terms(const mlab_outcome_problem *made, const char *part, mlab_fit *fit, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t r = 0; r <= made->problem.n_random && !status; r++) {
        const mlab_random_grouping *random = r ? &made->random[r - 1] : NULL;
        const mlab_design *design = random ? random->design : made->problem.design;
        size_t n_terms;
        const mlab_design_term *terms = mlab_design_terms(design, &n_terms);
        for (size_t t = 0; t < n_terms && !status; t++)
            if (terms[t].n_columns == 0) status = doubt_one(made, design, &terms[t], part, random ? random->name : NULL, fit, err);
    }
    return status;
}
