/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /draws: parameters, effects of groups where outcomes have them, and baselines of models of times. Groups have numbers, no names; those that are
 * people the rank of their id. */
#include "store/stages.h"

#include "core/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const draw_kinds[] = {"normal", "bootstrap", "evidence", "fixed", "parametric"};

/* The fit that an outcome of the draws is of; NULL = it is not among these. */
static const mlab_fit *fit_of(const mlab_draws *draws, size_t outcome, const mlab_fit *const *fits, size_t n_fits)
{
    for (size_t k = 0; k < n_fits; k++)
        if (strcmp(fits[k]->outcome, draws->outcomes[outcome]) == 0) return fits[k];
    return NULL;
}

/* People of each group; NULL = the groups may not be told by name. */
static const uint64_t *people_of(const mlab_fit *fit, const mlab_draws_effects *effects)
{
    for (size_t t = 0; fit && !effects->people && t < fit->n_random; t++)
        if (strcmp(fit->random[t].group, effects->group) == 0 && fit->random[t].n_groups == effects->n_groups) return fit->random[t].n_people;
    return NULL;
}

/* A copy for a file without people: no effects of groups that may not be told. */
static double *hide_effects(mlab_h5_file *file, const mlab_draws_effects *effects, uint64_t *people, size_t n_draws)
{
    const size_t size = effects->n_groups * effects->n;
    double *value = mlab_allocate(file->context, n_draws, size * sizeof *value);
    uint8_t *told = mlab_allocate(file->context, effects->n_groups, sizeof *told);
    if (value && told) {
        mlab_groups_told(people, effects->n_groups, file->minimum, told);
        for (size_t i = 0; i < n_draws * size; i++) value[i] = told[i % size / effects->n] ? effects->value[i] : NAN;
        for (size_t g = 0; g < effects->n_groups; g++)
            if (!told[g]) people[g] = 0;
    } else {
        mlab_h5_fail(file, MLAB_ERR_MEMORY, "no memory to write drawn effects");
    }
    mlab_release(file->context, told);
    return value;
}

/* people: of the groups, or NULL; changed. */
static void put_effects(const mlab_h5_group *all, const mlab_draws_effects *effects, uint64_t *people, size_t n_draws, size_t number)
{
    char name[40];
    const bool without = all->file->without_people;
    double *shown = without ? hide_effects(all->file, effects, people, n_draws) : NULL;
    const double *value = without ? shown : effects->value;
    snprintf(name, sizeof name, "effects_%zu", number);
    mlab_h5_group group = mlab_h5_group_make(all, name);
    mlab_h5_attribute(&group, "grouped_by", effects->group);
    mlab_h5_attribute_integer(&group, "outcome", (int64_t)effects->outcome);
    mlab_h5_attribute_integer(&group, "people", effects->people);
    mlab_h5_dimension_numbers(&group, "draw", 0, n_draws, "1", "set of parameters");
    mlab_h5_dimension_numbers(&group, "group", 1, effects->n_groups, "1", "group, numbered in the order of its values");
    mlab_h5_dimension_numbers(&group, "effect", 1, effects->n, "1", "random effect");
    mlab_h5_attribute_integer(&group, "tie", (int64_t)effects->tie);
    mlab_h5_dimension_numbers(&group, "effect_other", 1, effects->n_normals ? effects->n_normals : effects->n, "1",
                              "standard normal number behind the effects");
    if (!without)
        mlab_h5_put(&group, "key", "group", MLAB_H5_COUNT32, effects->key, "1", "a row of the data that is in the group, or the rank of the person");
    if (!without) mlab_h5_put(&group, "place", "group", MLAB_H5_COUNT32, effects->place, "1", "which of the groups of that row");
    if (people) mlab_h5_put(&group, "people", "group", MLAB_H5_COUNT, people, "person", "people with a row in the group; 0 = too few to be told");
    mlab_h5_put(&group, "factor", "draw effect effect_other", MLAB_H5_REAL, effects->factor, "1", "factor of the covariance between groups");
    if (value) mlab_h5_put(&group, "value", "draw group effect", MLAB_H5_REAL, value, "1", "effect of the group given the draw and the data");
    mlab_h5_group_close(&group);
    mlab_release(all->file->context, shown);
}

/* Groupings whose groups may not be told are not in a file without people. */
static void put_grouping(const mlab_h5_group *all, const mlab_draws *draws, size_t k, const mlab_fit *fit)
{
    const mlab_draws_effects *effects = &draws->effects[k];
    const uint64_t *known = people_of(fit, effects);
    if (!known && all->file->without_people) return;
    uint64_t *people = known ? mlab_allocate(all->file->context, effects->n_groups, sizeof *people) : NULL;
    if (people) memcpy(people, known, effects->n_groups * sizeof *people);
    if (known && !people)
        mlab_h5_fail(all->file, MLAB_ERR_MEMORY, "no memory to write drawn effects");
    else
        put_effects(all, effects, people, draws->n_draws, k + 1);
    mlab_release(all->file->context, people);
}

/* Those of a file without people do not say which rows they are of: nobody can be simulated with them. */
static bool is_whole(const mlab_h5_group *all, const char *name)
{
    mlab_h5_group group = mlab_h5_group_get(all, name);
    const bool whole = mlab_h5_has(&group, "key");
    mlab_h5_group_close(&group);
    return whole;
}

static void get_effects(const mlab_h5_group *all, const char *name, size_t n_draws, mlab_draws_effects *effects)
{
    mlab_h5_group group = mlab_h5_group_get(all, name);
    effects->group = mlab_h5_attribute_get(&group, "grouped_by");
    effects->outcome = (size_t)mlab_h5_attribute_integer_get(&group, "outcome");
    effects->people = mlab_h5_attribute_integer_get(&group, "people") != 0;
    effects->n_groups = mlab_h5_size(&group, "group");
    effects->n = mlab_h5_size(&group, "effect");
    effects->key = mlab_h5_get(&group, "key", MLAB_H5_COUNT32, effects->n_groups);
    effects->place = mlab_h5_get(&group, "place", MLAB_H5_COUNT32, effects->n_groups);
    effects->n_normals = mlab_h5_size(&group, "effect_other");
    effects->tie = (uint32_t)mlab_h5_attribute_integer_get(&group, "tie");
    effects->factor = mlab_h5_get(&group, "factor", MLAB_H5_REAL, n_draws * effects->n * effects->n_normals);
    effects->value = mlab_h5_get(&group, "value", MLAB_H5_REAL, n_draws * effects->n_groups * effects->n);
    mlab_h5_group_close(&group);
}

static void put_baseline(const mlab_h5_group *all, const mlab_draws_baseline *baseline, const mlab_baseline *of, size_t n_draws, size_t number)
{
    char name[40];
    const mlab_context *context = all->file->context;
    size_t *kept = mlab_allocate(context, of->n, sizeof *kept), n = kept ? mlab_store_kept_steps(of, kept) : 0;
    double *hazard = mlab_allocate(context, n_draws, n * sizeof *hazard);
    if (!kept || !hazard) mlab_h5_fail(all->file, MLAB_ERR_MEMORY, "no memory to write drawn baselines");
    for (size_t d = 0; kept && hazard && d < n_draws; d++)
        for (size_t k = 0; k < n; k++) hazard[d * n + k] = baseline->cumulative_hazard[d * baseline->n + kept[k]];
    snprintf(name, sizeof name, "baseline_%zu", number);
    mlab_h5_group group = mlab_h5_group_make(all, name);
    mlab_h5_attribute_integer(&group, "outcome", (int64_t)baseline->outcome);
    mlab_h5_dimension_numbers(&group, "draw", 0, n_draws, "1", "set of parameters");
    mlab_h5_dimension_numbers(&group, "step", 1, n, "1", "step of the fit's baseline");
    if (hazard) mlab_h5_put(&group, "cumulative_hazard", "draw step", MLAB_H5_REAL, hazard, "1", "cumulative baseline hazard");
    mlab_h5_group_close(&group);
    mlab_release(context, hazard);
    mlab_release(context, kept);
}

static void get_baseline(const mlab_h5_group *all, const char *name, size_t n_draws, mlab_draws_baseline *baseline)
{
    mlab_h5_group group = mlab_h5_group_get(all, name);
    baseline->outcome = (size_t)mlab_h5_attribute_integer_get(&group, "outcome");
    baseline->n = mlab_h5_size(&group, "step");
    baseline->cumulative_hazard = mlab_h5_get(&group, "cumulative_hazard", MLAB_H5_REAL, n_draws * baseline->n);
    mlab_h5_group_close(&group);
}

/* Parameters that tell of few people have no values in a file without people. */
static void put_values(const mlab_h5_group *group, const mlab_draws *draws, const mlab_fit *const *fits, size_t n_fits)
{
    const size_t p = draws->n_parameters;
    double *estimate = mlab_allocate(group->file->context, p, (draws->n_draws + 1) * sizeof *estimate), *value = estimate ? estimate + p : NULL;
    if (!estimate) {
        mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write draws");
        return;
    }
    memcpy(estimate, draws->estimate, p * sizeof *estimate);
    memcpy(value, draws->value, p * draws->n_draws * sizeof *value);
    for (size_t k = 0; k < draws->n_outcomes; k++) {
        const mlab_fit *fit = fit_of(draws, k, fits, n_fits);
        for (size_t j = 0; fit && j < fit->n_parameters && draws->first[k] + j < draws->first[k + 1]; j++) {
            if (!mlab_store_hides_term(group->file, fit, j)) continue;
            estimate[draws->first[k] + j] = NAN;
            for (size_t d = 0; d < draws->n_draws; d++) value[d * p + draws->first[k] + j] = NAN;
        }
    }
    mlab_h5_put(group, "estimate", "parameter", MLAB_H5_REAL, estimate, "1", "estimate");
    mlab_h5_put(group, "value", "draw parameter", MLAB_H5_REAL, value, "1", "drawn value");
    mlab_release(group->file->context, estimate);
}

void mlab_store_put_draws(const mlab_h5_group *root, const mlab_draws *draws, const mlab_fit *const *fits, size_t n_fits)
{
    mlab_h5_group group = mlab_h5_group_make(root, "draws");
    int64_t *first = mlab_allocate(draws->context, draws->n_outcomes, sizeof *first);
    if (!first) mlab_h5_fail(group.file, MLAB_ERR_MEMORY, "no memory to write draws");
    for (size_t k = 0; first && k < draws->n_outcomes; k++) first[k] = (int64_t)draws->first[k];
    mlab_h5_attribute(&group, "kind", draw_kinds[draws->kind]);
    mlab_h5_attribute_integer(&group, "seed", (int64_t)draws->seed);
    mlab_h5_attribute_integer(&group, "failed", (int64_t)draws->n_failed);
    mlab_h5_attribute(&group, "note", draws->note ? draws->note : "");
    mlab_h5_dimension_numbers(&group, "draw", 0, draws->n_draws, "1", "set of parameters");
    mlab_h5_dimension_texts(&group, "parameter", draws->names, draws->n_parameters, "parameter");
    mlab_h5_dimension_texts(&group, "outcome", draws->outcomes, draws->n_outcomes, "outcome");
    mlab_h5_put(&group, "first", "outcome", MLAB_H5_INT64, first, "1", "place of the outcome's first parameter");
    mlab_h5_put_texts(&group, "source", "parameter", draws->sources, "where the parameter comes from");
    put_values(&group, draws, fits, n_fits);
    for (size_t k = 0; k < draws->n_effects; k++) put_grouping(&group, draws, k, fit_of(draws, draws->effects[k].outcome, fits, n_fits));
    for (size_t k = 0; k < draws->n_baselines; k++) {
        const mlab_fit *fit = fit_of(draws, draws->baselines[k].outcome, fits, n_fits);
        if (fit && fit->baseline && fit->baseline->n == draws->baselines[k].n)
            put_baseline(&group, &draws->baselines[k], fit->baseline, draws->n_draws, k + 1);
    }
    mlab_release(draws->context, first);
    mlab_h5_group_close(&group);
}

static void get_parts(const mlab_h5_group *group, mlab_draws *draws)
{
    size_t n = mlab_h5_group_count(group);
    if (n == 0) return;
    draws->effects = mlab_allocate(draws->context, n, sizeof *draws->effects);
    draws->baselines = mlab_allocate(draws->context, n, sizeof *draws->baselines);
    if (!draws->effects || !draws->baselines) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to read drawn effects");
    for (size_t k = 0; draws->effects && draws->baselines && k < n && !group->file->status; k++) {
        char *name = mlab_h5_group_name(group, k);
        if (name && strncmp(name, "baseline", 8) == 0)
            get_baseline(group, name, draws->n_draws, &draws->baselines[draws->n_baselines++]);
        else if (name && is_whole(group, name))
            get_effects(group, name, draws->n_draws, &draws->effects[draws->n_effects++]);
        mlab_release(draws->context, name);
    }
}

static void fill_draws(const mlab_h5_group *root, mlab_draws *draws)
{
    mlab_h5_group group = mlab_h5_group_get(root, "draws");
    char *kind = mlab_h5_attribute_get(&group, "kind");
    for (size_t k = 0; kind && k < sizeof draw_kinds / sizeof *draw_kinds; k++)
        if (strcmp(kind, draw_kinds[k]) == 0) draws->kind = (mlab_draws_kind)k;
    mlab_release(draws->context, kind);
    draws->seed = (uint64_t)mlab_h5_attribute_integer_get(&group, "seed");
    draws->n_failed = (uint64_t)mlab_h5_attribute_integer_get(&group, "failed");
    draws->note = mlab_h5_attribute_get(&group, "note");
    draws->n_draws = mlab_h5_size(&group, "draw");
    draws->n_parameters = mlab_h5_size(&group, "parameter");
    draws->n_outcomes = mlab_h5_size(&group, "outcome");
    draws->names = mlab_h5_get_texts(&group, "parameter", draws->n_parameters);
    draws->sources = mlab_h5_get_texts(&group, "source", draws->n_parameters);
    draws->outcomes = mlab_h5_get_texts(&group, "outcome", draws->n_outcomes);
    draws->estimate = mlab_h5_get(&group, "estimate", MLAB_H5_REAL, draws->n_parameters);
    draws->value = mlab_h5_get(&group, "value", MLAB_H5_REAL, draws->n_draws * draws->n_parameters);
    int64_t *first = mlab_h5_get(&group, "first", MLAB_H5_INT64, draws->n_outcomes);
    draws->first = mlab_allocate(draws->context, draws->n_outcomes + 1, sizeof *draws->first);
    if (!draws->first) mlab_h5_fail(root->file, MLAB_ERR_MEMORY, "no memory to read draws");
    for (size_t k = 0; first && draws->first && k < draws->n_outcomes; k++) draws->first[k] = (size_t)first[k];
    if (draws->first) draws->first[draws->n_outcomes] = draws->n_parameters;
    mlab_release(draws->context, first);
    get_parts(&group, draws);
    mlab_h5_group_close(&group);
}

mlab_draws *mlab_store_get_draws(const mlab_h5_group *root)
{
    mlab_draws *draws = mlab_allocate(root->file->context, 1, sizeof *draws);
    if (!draws) {
        mlab_h5_fail(root->file, MLAB_ERR_MEMORY, "no memory to read draws");
        return NULL;
    }
    draws->context = root->file->context;
    fill_draws(root, draws);
    return draws;
}
