/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From outcomes of a study to a joint model: looks up the parts, refuses those that cannot be tied by effects of people, fits. */
#include "fit/after/each_row.h"
#include "fit/joint/initial.h"
#include "fit/joint/joint_draws.h"
#include "fit/joint/joint_parts.h"
#include "fit/outcome.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"

#include <string.h>

#define MOST_PARTS MLAB_JOINT_PARTS

typedef struct joining {
    const mlab_context *context;
    const mlab_joint_outcome *joint;
    mlab_outcome_problem *made[MOST_PARTS];
    mlab_prepared *prepared[MOST_PARTS];
    mlab_joint_part_problem parts[MOST_PARTS];
    bool absence[MOST_PARTS];
    mlab_initial initial[MOST_PARTS];
} joining;

static const mlab_place *place_of(const mlab_joint_outcome *joint, size_t k)
{
    return joint->of_places ? &joint->of_places[k] : &joint->place;
}

static mlab_status find_part(const mlab_joint_outcome *joint, size_t k, const mlab_outcome *outcomes, size_t n, const mlab_outcome **found,
                             mlab_error *err)
{
    for (size_t j = 0; j < k; j++)
        if (strcmp(joint->of[j], joint->of[k]) == 0)
            return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, place_of(joint, k), "%s: %s stands twice among its parts", joint->name, joint->of[k]);
    for (size_t j = 0; j < n; j++)
        if (strcmp(outcomes[j].name, joint->of[k]) == 0) return *found = &outcomes[j], MLAB_OK;
    return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, place_of(joint, k),
                         "%s: there is no outcome \"%s\" to be a part of it; allowed: outcomes of the study", joint->name, joint->of[k]);
}

/* Which effects of people the formula of a part may hold. */
static mlab_status check_effects(const joining *j, size_t k, mlab_error *err)
{
    const mlab_outcome_problem *made = j->made[k];
    const char *const *columns, *name = j->joint->of[k];
    bool multiple = false;
    size_t n = mlab_formula_random(made->formula);
    if (n == 0) return MLAB_OK;
    if (k > 0)
        return mlab_raise_at(err, MLAB_ERR_DATA_NOT_BUILT, place_of(j->joint, k),
                             "%s: part %s has random effects in its formula; leave them out and write effects: own (or correlated) beside of",
                             j->joint->name, name);
    if (n == 1 && mlab_formula_random_columns(made->formula, 0, &columns, &multiple) == 1 && !multiple && strcmp(columns[0], "person") == 0)
        return MLAB_OK;
    return mlab_raise_at(err, MLAB_ERR_DATA_NOT_BUILT, place_of(j->joint, k),
                         "%s: part %s has random effects of %s; the first part of a joint model may have those of person alone, (1 | person)",
                         j->joint->name, name, n > 1 ? "several groupings" : columns[0]);
}

static mlab_status check_part(const joining *j, size_t k, mlab_error *err)
{
    const mlab_outcome_problem *made = j->made[k];
    const char *name = j->joint->of[k], *cluster = made->problem.cluster ? made->cluster_name : NULL;
    if (!made->panel)
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, place_of(j->joint, k), "%s: a joint model needs periods of people; %s has one row a person",
                             j->joint->name, name);
    if (!cluster || strcmp(cluster, "person") != 0 || made->problem.cluster_other)
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, place_of(j->joint, k),
                             "%s: part %s has clusters of its own; leave cluster() out of its formula", j->joint->name, name);
    return check_effects(j, k, err);
}

static mlab_status make_part(joining *j, size_t k, const mlab_data *data, const mlab_outcome *outcomes, size_t n_outcomes,
                             const mlab_fit_options *options, mlab_error *err)
{
    const mlab_outcome *outcome;
    mlab_status status = find_part(j->joint, k, outcomes, n_outcomes, &outcome, err);
    if (!status) status = mlab_outcome_problem_make(j->context, data, outcome, options, &j->made[k], err);
    if (!status) status = check_part(j, k, err);
    if (!status) status = mlab_prepare(j->context, j->made[k]->model, &j->made[k]->problem, &j->made[k]->options, &j->prepared[k], err);
    if (status) return status;
    const mlab_fit_problem *problem = &j->made[k]->problem;
    j->absence[k] = outcome->absence;
    j->initial[k] = outcome->initial;
    bool slopes = problem->n_random && mlab_design_columns(problem->random->design) > 1;
    j->parts[k] = (mlab_joint_part_problem){.prepared = j->prepared[k], .effects = slopes ? problem->random->design : NULL};
    return MLAB_OK;
}

static void mark_absence(const joining *j, mlab_joint *made)
{
    for (size_t a = 0; a < made->n_associations; a++)
        for (size_t k = 0; k < j->joint->n_of; k++)
            if (strcmp(made->associations[a].part, j->joint->of[k]) == 0) made->associations[a].absence = j->absence[k];
}

/* Every part has an effect of each person here, whatever its formula says. */
static mlab_status doubt_lags(const joining *j, mlab_fit *fit, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < j->joint->n_of && !status; k++) {
        const char *lag, *name = j->joint->of[k];
        if (j->initial[k] == MLAB_INITIAL_WOOLDRIDGE || !mlab_outcome_lag(j->made[k], &lag)) continue;
        status =
            mlab_fit_doubt(fit, MLAB_TRUSTED, err,
                           "%s and the effect of each person share what stays the same in a person: the coefficient of %s in %s is too large; %s",
                           lag, lag, name, k ? "leave it out" : "write (1 | person) into its formula, and initial: wooldridge beside it");
    }
    return status;
}

static mlab_status join(joining *j, const mlab_data *data, const mlab_outcome *outcomes, size_t n_outcomes, const mlab_fit_options *options,
                        mlab_error *err)
{
    const mlab_joint_outcome *joint = j->joint;
    mlab_status status = MLAB_OK;
    if (joint->n_of < 2 || joint->n_of > MOST_PARTS)
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &joint->place, "%s: a joint model has 2 to %d parts, of: [satisfaction, retention]; found %zu",
                             joint->name, MOST_PARTS, joint->n_of);
    for (size_t k = 0; k < joint->n_of && !status; k++) status = make_part(j, k, data, outcomes, n_outcomes, options, err);
    return status;
}

static void joining_end(joining *j)
{
    for (size_t k = 0; k < MOST_PARTS; k++) {
        mlab_prepared_free(j->prepared[k]);
        mlab_outcome_problem_free(j->made[k]);
    }
}

mlab_status mlab_fit_joint(const mlab_context *context, const mlab_data *data, const mlab_joint_outcome *joint, const mlab_outcome *outcomes,
                           size_t n_outcomes, const mlab_fit_options *options, mlab_fit **fit, mlab_error *err)
{
    joining j = {.context = context, .joint = joint};
    double began = mlab_os_seconds();
    *fit = NULL;
    mlab_status status = join(&j, data, outcomes, n_outcomes, options, err);
    if (!status)
        status = mlab_joint_fit_parts(context, joint->name, j.parts, (const char *const *)joint->of, joint->n_of, joint->effects, options, fit, err);
    if (!status) status = mlab_joint_count_behind(j.made, *fit, err);
    if (!status) status = doubt_lags(&j, *fit, err);
    for (size_t k = 0; k < j.joint->n_of && !status; k++) status = mlab_outcome_doubt_terms(j.made[k], j.joint->of[k], *fit, err);
    if (!status) {
        (*fit)->seconds = mlab_os_seconds() - began;
        mark_absence(&j, (*fit)->joint);
    } else {
        mlab_fit_free(*fit);
        *fit = NULL;
    }
    joining_end(&j);
    return status;
}

mlab_status mlab_draws_joint(const mlab_context *context, const mlab_data *data, const mlab_joint_outcome *joint, const mlab_outcome *outcomes,
                             size_t n_outcomes, const mlab_fit_options *options, const mlab_fit *fit, mlab_draws_kind kind, size_t n_draws,
                             uint64_t seed, mlab_draws **draws, mlab_error *err)
{
    joining j = {.context = context, .joint = joint};
    *draws = NULL;
    mlab_status status = join(&j, data, outcomes, n_outcomes, options, err);
    if (!status && (!fit->joint || fit->joint->n_parts != joint->n_of))
        status = mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the fit is of another model", joint->name);
    if (!status) status = mlab_joint_draw_parts(context, j.parts, joint->n_of, fit, kind, n_draws, seed, draws, err);
    joining_end(&j);
    return status;
}

/* --- predictions of rows --------------------------------------------------------------------------------------------- */

typedef struct drawing {
    const joining *j;
    const mlab_fit *fit;
    mlab_draws_kind kind;
} drawing;

static mlab_status draw(const void *of, size_t n_draws, uint64_t seed, mlab_draws **draws, mlab_error *err)
{
    const drawing *d = of;
    return mlab_joint_draw_parts(d->j->context, d->j->parts, d->j->joint->n_of, d->fit, d->kind, n_draws, seed, draws, err);
}

static uint32_t rank_of(const mlab_fit_problem *problem, size_t cluster)
{
    return problem->cluster_id ? problem->cluster_id[cluster] : (uint32_t)cluster;
}

/* people->group of the rows of a part: people of any part by their ranks, as the model has them. Released by the caller. */
static mlab_status group_people(const joining *j, size_t part, mlab_random_grouping *people, uint32_t **group, mlab_error *err)
{
    const mlab_fit_problem *own = &j->made[part]->problem;
    size_t ranks = 1;
    for (size_t r = 0; r < j->joint->n_of; r++)
        for (size_t c = 0; c < j->made[r]->problem.n_clusters; c++)
            if (rank_of(&j->made[r]->problem, c) >= ranks) ranks = (size_t)rank_of(&j->made[r]->problem, c) + 1;
    uint32_t *place = mlab_allocate(j->context, ranks, sizeof *place);
    *group = mlab_allocate(j->context, own->n, sizeof **group);
    mlab_status status = place && *group ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the people of %s", j->joint->name);
    for (size_t r = 0; r < j->joint->n_of && !status; r++)
        for (size_t c = 0; c < j->made[r]->problem.n_clusters; c++) place[rank_of(&j->made[r]->problem, c)] = 1;
    for (size_t k = 0; k < ranks && !status; k++)
        if (place[k]) place[k] = (uint32_t)people->n_groups++;
    for (size_t i = 0; i < own->n && !status; i++) (*group)[i] = place[rank_of(own, own->cluster[i])];
    people->group = *group;
    people->name = "person";
    mlab_release(j->context, place);
    return status;
}

mlab_status mlab_predict_joint_rows(const mlab_context *context, const mlab_data *data, const mlab_joint_outcome *joint, const mlab_outcome *outcomes,
                                    size_t n_outcomes, const mlab_fit_options *options, const mlab_fit *fit, size_t part,
                                    const mlab_predict_outcome *wish, const mlab_predict_spec *spec, mlab_group_effects effects,
                                    mlab_row_predictions **predictions, mlab_error *err)
{
    joining j = {.context = context, .joint = joint};
    const mlab_draws_kind kinds[] = {MLAB_DRAWS_NORMAL, MLAB_DRAWS_BOOTSTRAP, MLAB_DRAWS_PARAMETRIC}; /* as fit.draws has them */
    drawing d = {.j = &j, .fit = fit, .kind = kinds[options->draws > 0 && options->draws < 3 ? options->draws : 0]};
    mlab_random_grouping people = {0};
    uint32_t *group = NULL;
    *predictions = NULL;
    if (!fit->joint || fit->joint->n_parts != joint->n_of || part >= joint->n_of)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "%s: the fit is of another model, or has no part %zu", joint->name, part + 1);
    mlab_status status = join(&j, data, outcomes, n_outcomes, options, err);
    if (!status) status = group_people(&j, part, &people, &group, err);
    if (!status) {
        mlab_outcome_problem made = *j.made[part];
        made.problem.random = &people;
        made.problem.n_random = 1;
        const mlab_tied_rows tied = {.made = &made, .whole = fit, .part = part, .draw = draw, .of = &d};
        status = mlab_predict_tied_rows(context, &tied, options, wish, spec, effects, predictions, err);
    }
    mlab_release(context, group);
    joining_end(&j);
    return status;
}

static mlab_status refuse(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    (void)context;
    const char *name = prepared->problem->outcome;
    return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: a joint model has no rows of its own; name its parts, of: [satisfaction, retention]",
                      name ? name : "outcome");
}

const mlab_model mlab_model_joint = {
    .name = "joint",
    .summary = "several outcomes of the same people in one likelihood, tied by effects of the person",
    .kind = -1,
    .not_simulated =
        "a joint model tells how outcomes of the same people go together; its parts are simulated: each by its own model, or tied with simulate: yes",
    .prepare = refuse,
};
