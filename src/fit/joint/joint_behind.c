/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many people stand behind the coefficients of a joint model: those of each part are counted in the rows of the part. Weakness: as of
 * fit/outcome_behind.c.
 */
#include "fit/joint/initial.h"

#include "core/error.h"
#include "core/memory.h"

static mlab_status start(mlab_fit *fit, mlab_error *err)
{
    if (!fit->people_behind) fit->people_behind = mlab_allocate(fit->context, fit->n_parameters, sizeof *fit->people_behind);
    if (!fit->people_behind) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", fit->n_parameters);
    for (size_t j = 0; j < fit->n_parameters; j++) fit->people_behind[j] = MLAB_PEOPLE_ENOUGH;
    return MLAB_OK;
}

/* Of one equation, whose parameters begin at `at`. */
static mlab_status count(const mlab_outcome_problem *made, mlab_fit *part, size_t at, mlab_fit *fit, mlab_error *err)
{
    mlab_status status = mlab_outcome_count_behind(made, part, err);
    for (size_t j = 0; !status && part->people_behind && j < part->n_parameters && at + j < fit->n_parameters; j++)
        fit->people_behind[at + j] = part->people_behind[j];
    return status;
}

mlab_status mlab_joint_count_behind(mlab_outcome_problem *const *made, mlab_fit *whole, mlab_error *err)
{
    size_t at = 0;
    mlab_status status = start(whole, err);
    for (size_t r = 0; r < whole->joint->n_parts && !status; r++) {
        mlab_fit *part = whole->joint->parts[r];
        status = count(made[r], part, at, whole, err);
        at += part->n_parameters + (part->residual_variance > 0); /* the log of a residual SD stands behind the part's own */
    }
    return status;
}

mlab_status mlab_initial_count_behind(const mlab_outcome_problem *main, const mlab_first_equations *first, size_t own, mlab_fit *const *parts,
                                      size_t n_parts, bool gaussian, mlab_fit *fit, mlab_error *err)
{
    size_t at = own, r = 1;
    mlab_status status = mlab_outcome_count_behind(main, fit, err);
    if (!status && !fit->people_behind) status = start(fit, err);
    for (size_t j = own; j < fit->n_parameters && !status; j++) fit->people_behind[j] = MLAB_PEOPLE_ENOUGH;
    for (int k = 0; k < MLAB_FIRST_KINDS && r < n_parts && !status; k++) {
        if (!first->made[k]) continue;
        status = count(first->made[k], parts[r], at, fit, err);
        at += parts[r++]->n_parameters + gaussian + 1; /* and its loading */
    }
    return status;
}
