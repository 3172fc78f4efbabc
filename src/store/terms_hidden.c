/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coefficients in a file that is shared: those that tell of few people, and what was worked out from them alone, have no numbers. Source: the rule of
 * the report, mlab_fit_term_shown. Weakness: predictions for profiles are written as the study asks for them.
 */
#include "mentorlab/joint.h"
#include "store/stages.h"

#include "core/memory.h"

#include <math.h>
#include <string.h>

/* The fit as it may stand in the file. */
typedef struct hidden_terms {
    mlab_fit fit; /* borrows what is not hidden */
    mlab_after after;
    double *numbers;
    mlab_margin *margins;
    mlab_profile *profiles;
    mlab_fit_prior *priors;
    char *reason;
} hidden_terms;

bool mlab_store_hides_term(const mlab_h5_file *file, const mlab_fit *fit, size_t j)
{
    if (file->without_people && fit->joint && !mlab_random_told(fit) && mlab_joint_hides(fit, j)) return true;
    return file->without_people && fit->people_behind && fit->people_behind[j] > 0 && fit->people_behind[j] < file->minimum;
}

static bool hides_any(const mlab_h5_file *file, const mlab_fit *fit)
{
    for (size_t j = 0; j < fit->n_parameters; j++)
        if (mlab_store_hides_term(file, fit, j)) return true;
    return false;
}

/* A copy of n numbers; rows and columns of a matrix of `size` where square. */
static double *copy_numbers(const mlab_h5_file *file, const mlab_fit *fit, const double *from, size_t size, bool square, double **room)
{
    double *to = *room;
    if (!from) return NULL;
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < (square ? size : 1); j++) {
            const size_t at = square ? i * size + j : i;
            const bool hidden = (i < fit->n_parameters && mlab_store_hides_term(file, fit, i)) ||
                                (square && j < fit->n_parameters && mlab_store_hides_term(file, fit, j));
            to[at] = hidden ? NAN : from[at];
        }
    *room += square ? size * size : size;
    return to;
}

static bool hide_after(const mlab_h5_file *file, hidden_terms *hidden, const mlab_after *after)
{
    hidden->after = *after;
    hidden->margins = mlab_allocate(file->context, after->n_margins, sizeof *hidden->margins);
    hidden->profiles = mlab_allocate(file->context, after->n_profiles, sizeof *hidden->profiles);
    if (!hidden->margins || !hidden->profiles) return false;
    for (size_t k = 0; k < after->n_margins; k++) {
        mlab_margin *m = &hidden->margins[k];
        *m = after->margins[k];
        if (!mlab_fit_term_shown(&hidden->fit, m->what, file->minimum)) m->effect = m->se = m->lower = m->upper = NAN;
    }
    for (size_t k = 0; k < after->n_profiles; k++) {
        mlab_profile *p = &hidden->profiles[k];
        *p = after->profiles[k];
        if (!mlab_fit_term_shown(&hidden->fit, p->name, file->minimum)) p->lower = p->upper = NAN;
    }
    if (after->margins) hidden->after.margins = hidden->margins;
    if (after->profiles) hidden->after.profiles = hidden->profiles;
    hidden->fit.after = &hidden->after;
    return true;
}

static bool hide_priors(const mlab_h5_file *file, hidden_terms *hidden, const mlab_fit *fit)
{
    hidden->priors = mlab_allocate(file->context, fit->n_priors, sizeof *hidden->priors);
    for (size_t k = 0; hidden->priors && k < fit->n_priors; k++) {
        hidden->priors[k] = fit->priors[k];
        if (mlab_store_hides_term(file, fit, fit->priors[k].parameter)) hidden->priors[k].data_estimate = hidden->priors[k].data_se = NAN;
    }
    if (fit->priors) hidden->fit.priors = hidden->priors;
    return hidden->priors != NULL;
}

static void hide_terms(mlab_h5_file *file, const mlab_fit *fit, hidden_terms *hidden)
{
    const size_t p = fit->n_parameters, joint = p + fit->n_spread;
    double *room = hidden->numbers = mlab_allocate(file->context, 4 * p + 2 * p * p + joint * joint, sizeof *room);
    bool made = room != NULL;
    if (made) {
        hidden->fit.estimate = copy_numbers(file, fit, fit->estimate, p, false, &room);
        hidden->fit.covariance = copy_numbers(file, fit, fit->covariance, p, true, &room);
        hidden->fit.robust = copy_numbers(file, fit, fit->robust, p, true, &room);
        hidden->fit.robust_df = copy_numbers(file, fit, fit->robust_df, p, false, &room);
        hidden->fit.lower = copy_numbers(file, fit, fit->lower, p, false, &room);
        hidden->fit.upper = copy_numbers(file, fit, fit->upper, p, false, &room);
        hidden->fit.joint_covariance = copy_numbers(file, fit, fit->joint_covariance, joint, true, &room);
        made = mlab_fit_reason_told(file->context, fit, file->minimum, &hidden->reason, NULL) == MLAB_OK && hide_priors(file, hidden, fit) &&
               (!fit->after || hide_after(file, hidden, fit->after));
    }
    hidden->fit.reason = hidden->reason;
    if (!made) mlab_h5_fail(file, MLAB_ERR_MEMORY, "no memory to write the fit of %s", fit->outcome);
}

static void forget(double *numbers, size_t n)
{
    for (size_t i = 0; numbers && i < n; i++) numbers[i] = NAN;
}

static size_t numbers_of(const mlab_random_effects *r)
{
    return r->n * (2 + r->n);
}

/* Where the climb ended is no estimate: no number of how groups differ. The copies, for the caller to release. */
static void hide_spread(mlab_h5_file *file, mlab_fit *fit, mlab_random_effects **random, double **numbers)
{
    const size_t p = fit->n_parameters, joint = p + fit->n_spread;
    size_t size = fit->n_spread + joint * joint;
    if (!file->without_people || !fit->n_random || mlab_random_told(fit)) return;
    for (size_t t = 0; t < fit->n_random; t++) size += numbers_of(&fit->random[t]);
    *random = mlab_allocate(file->context, fit->n_random, sizeof **random);
    double *at = *numbers = mlab_allocate(file->context, size, sizeof *at);
    if (!*random || !at) {
        mlab_h5_fail(file, MLAB_ERR_MEMORY, "no memory to write the fit of %s", fit->outcome);
        return;
    }
    forget(at, size);
    for (size_t t = 0; t < fit->n_random; t++) {
        mlab_random_effects *r = &(*random)[t];
        *r = fit->random[t];
        r->sd = at;
        r->sd_se = at + r->n;
        r->covariance = at + 2 * r->n;
        r->mode = r->mode_se = NULL;
        r->tested = false;
        at += numbers_of(r);
    }
    for (size_t i = 0; fit->n_spread && i < p; i++) memcpy(at + fit->n_spread + i * joint, fit->joint_covariance + i * joint, p * sizeof *at);
    fit->spread = at;
    fit->joint_covariance = at + fit->n_spread;
    fit->random = *random;
}

void mlab_store_put_fit(const mlab_h5_group *fits, const mlab_fit *fit)
{
    hidden_terms hidden = {.fit = *fit};
    const bool hides = hides_any(fits->file, fit);
    if (hides) hide_terms(fits->file, fit, &hidden);
    mlab_random_effects *random = NULL;
    double *spread = NULL;
    if (!fits->file->status) hide_spread(fits->file, &hidden.fit, &random, &spread);
    if (!fits->file->status) mlab_store_put_shown_fit(fits, &hidden.fit);
    mlab_release(fits->file->context, random);
    mlab_release(fits->file->context, spread);
    mlab_release(fits->file->context, hidden.numbers);
    mlab_release(fits->file->context, hidden.margins);
    mlab_release(fits->file->context, hidden.profiles);
    mlab_release(fits->file->context, hidden.priors);
    mlab_fit_reason_free(fits->file->context, hidden.reason);
}
