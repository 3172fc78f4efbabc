/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /fits/<outcome>. The influence of single people on a fit is not stored: draws are made before. */
#include "store/stages.h"

#include "core/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_matrices(const mlab_h5_group *group, const mlab_fit *fit)
{
    size_t n = fit->n_parameters;
    const double *matrix = fit->robust ? fit->robust : fit->covariance;
    double *se = mlab_allocate(fit->context, n, sizeof *se);
    if (!se) {
        mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write the fit of %s", fit->outcome);
        return;
    }
    for (size_t j = 0; j < n; j++) se[j] = matrix[j * n + j] > 0 ? sqrt(matrix[j * n + j]) : isnan(matrix[j * n + j]) ? NAN : 0;
    mlab_h5_dimension_texts(group, "parameter", fit->names, n, "parameter");
    mlab_h5_dimension_texts(group, "parameter_other", fit->names, n, "parameter, second axis");
    mlab_h5_put(group, "estimate", "parameter", MLAB_H5_REAL, fit->estimate, "1", "estimate on the scale of the linear predictor");
    mlab_h5_put(group, "standard_error", "parameter", MLAB_H5_REAL, se, "1", fit->robust ? "robust standard error" : "model-based standard error");
    if (fit->people_behind && !group->file->without_people)
        mlab_h5_put(group, "people_behind", "parameter", MLAB_H5_COUNT, fit->people_behind, "person", "fewest people that the parameter tells of");
    mlab_h5_put(group, "aliased", "parameter", MLAB_H5_BYTE, fit->aliased, "1", "1 = a linear combination of others, left out");
    mlab_h5_put(group, "covariance", "parameter parameter_other", MLAB_H5_REAL, fit->covariance, "1", "model-based covariance");
    if (fit->robust) mlab_h5_put(group, "robust_covariance", "parameter parameter_other", MLAB_H5_REAL, fit->robust, "1", "robust covariance");
    if (fit->robust_df)
        mlab_h5_put(group, "degrees_of_freedom", "parameter", MLAB_H5_REAL, fit->robust_df, "1", "of the interval of each parameter (Satterthwaite)");
    mlab_release(fit->context, se);
}

/* Whole numbers of a fit: X(field, unit, long_name), stored as variable of the field's name. */
#define FIT_COUNTS(X)                                                                                                                                \
    X(n_rows, "row", "rows used")                                                                                                                    \
    X(n_people, "person", "people among the rows")                                                                                                   \
    X(n_events, "event", "events")                                                                                                                   \
    X(n_clusters, "cluster", "clusters")                                                                                                             \
    X(n_clusters_other, "cluster", "clusters of the second kind")                                                                                    \
    X(n_dropped_missing, "row", "rows left out because a value is missing")                                                                          \
    X(n_dropped_weightless, "row", "rows of weight 0, left out")                                                                                     \
    X(n_first_values, "person", "first values, modelled by equations of their own")                                                                  \
    X(n_dropped_stubs, "row", "stubs left out with link logit")
#define FIT_SIZES(X)                                                                                                                                 \
    X(n_thresholds, "1", "thresholds, at the front of the parameters")                                                                               \
    X(block_size, "1", "parameters of a block")                                                                                                      \
    X(n_ancillary, "1", "parameters behind the blocks")                                                                                              \
    X(n_initial, "1", "of these, those of the equations of first values")
#define FIT_REALS(X)                                                                                                                                 \
    X(log_likelihood, "log-likelihood at the estimate")                                                                                              \
    X(null_log_likelihood, "log-likelihood of intercepts and offsets alone")                                                                         \
    X(residual_variance, "linear, lognormal: residual variance, else 0")                                                                             \
    X(shape, "negative_binomial: theta; gamma: shape; else 0")                                                                                       \
    X(weight_total, "sum of the weights, 0 without weights")                                                                                         \
    X(penalised_log_likelihood, "with Firth's penalty or the densities of priors, else 0")                                                           \
    X(shape_se, "standard error of shape")                                                                                                           \
    X(gradient, "largest score in standard errors at the end")

static bool is_few(const mlab_h5_file *file, uint64_t count)
{
    return file->without_people && count > 0 && count < file->minimum;
}

/* Events are hidden with those who had none: people or, without them, rows. */
static bool hides_events(const mlab_h5_file *file, const mlab_fit *fit)
{
    const uint64_t all = fit->n_people ? fit->n_people : fit->n_rows;
    return is_few(file, fit->n_events) || (fit->n_events <= all && is_few(file, all - fit->n_events));
}

/* In a file that is shared counts of few are hidden; clusters are told, which intervals need, unless the people in all of them are few. */
static void put_count(const mlab_h5_group *group, const mlab_fit *fit, const char *name, uint64_t count, const char *unit, const char *long_name)
{
    const bool events = strcmp(name, "n_events") == 0;
    const uint64_t hidden = MLAB_COUNT_HIDDEN;
    const uint64_t of = strcmp(unit, "cluster") ? count : fit->n_people ? fit->n_people : fit->n_rows;
    const bool hides = is_few(group->file, of) || (events && hides_events(group->file, fit));
    mlab_h5_put(group, name, "", MLAB_H5_COUNT, hides ? &hidden : &count, unit, long_name);
}

/* The blocks add up to all events: the fewest of the others goes with a single block of few. */
static void put_block_events(const mlab_h5_group *group, const mlab_fit *fit)
{
    size_t hidden = 0, next = SIZE_MAX;
    uint64_t *count = mlab_allocate(fit->context, fit->n_blocks, sizeof *count);
    if (!count) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write the events of %s", fit->outcome);
    for (size_t k = 0; count && k < fit->n_blocks; k++) {
        count[k] = fit->events_by_block[k];
        if (is_few(group->file, count[k]) || (fit->n_blocks == 1 && hides_events(group->file, fit)))
            hidden++, count[k] = MLAB_COUNT_HIDDEN;
        else if (count[k] > 0 && (next == SIZE_MAX || count[k] < count[next]))
            next = k;
    }
    if (count && hidden == 1 && next != SIZE_MAX) count[next] = MLAB_COUNT_HIDDEN;
    mlab_h5_put(group, "events", "block", MLAB_H5_COUNT, count, "event", "events of the block");
    mlab_release(fit->context, count);
}

static void put_design(const mlab_h5_group *group, const mlab_design *design)
{
    char *text = NULL;
    mlab_error failed;
    if (!group->file->status && design && mlab_design_write(design, &text, &failed)) mlab_h5_fail(group->file, failed.status, "%s", failed.sentence);
    mlab_h5_attribute(group, "design", text);
    mlab_design_text_free(group->file->context, text);
}

static mlab_design *get_design(const mlab_h5_group *group, const char *of)
{
    mlab_error failed;
    mlab_design *made = NULL;
    char *design = mlab_h5_attribute_get(group, "design");
    if (design && *design && mlab_design_read(group->file->context, design, &made, &failed))
        mlab_h5_fail(group->file, failed.status, "%s: the design of %s: %s", group->file->path, of, failed.sentence);
    mlab_release(group->file->context, design);
    return made;
}

/* Groups have numbers here, not names: some columns that group rows are ids of people. */
static void put_random(const mlab_h5_group *all, const mlab_random_effects *random, size_t number)
{
    char name[40];
    snprintf(name, sizeof name, "grouping_%zu", number);
    mlab_h5_group group = mlab_h5_group_make(all, name);
    mlab_h5_attribute(&group, "grouped_by", random->group);
    mlab_h5_attribute_integer(&group, "independent", random->independent);
    mlab_h5_attribute_integer(&group, "people", random->people);
    mlab_h5_attribute(&group, "distribution", random->gamma ? "gamma" : "normal");
    if (random->tested) {
        mlab_h5_put_real(&group, "deviance", random->deviance, "1", "twice the gain in log-likelihood over no differences between groups");
        mlab_h5_put_real(&group, "p", random->p, "1", "p of it, by half of chi-square(1)");
    }
    put_design(&group, random->design);
    mlab_h5_dimension_texts(&group, "effect", random->names, random->n, "random effect");
    mlab_h5_dimension_texts(&group, "effect_other", random->names, random->n, "random effect, second axis");
    if (random->n_people && random->groups)
        mlab_h5_dimension_texts(&group, "group", random->groups, random->n_groups, "group");
    else
        mlab_h5_dimension_numbers(&group, "group", 1, random->n_groups, "1", "group, numbered in the order of its values");
    if (random->n_people && random->groups)
        mlab_h5_put(&group, "people", "group", MLAB_H5_COUNT, random->n_people, "person", "people with a row in the group; 0 = too few to be told");
    mlab_h5_put(&group, "standard_deviation", "effect", MLAB_H5_REAL, random->sd, "1", "standard deviation between groups");
    mlab_h5_put(&group, "standard_error", "effect", MLAB_H5_REAL, random->sd_se, "1", "standard error of the standard deviation");
    mlab_h5_put(&group, "covariance", "effect effect_other", MLAB_H5_REAL, random->covariance, "1", "covariance between groups");
    if (random->mode) mlab_h5_put(&group, "mode", "group effect", MLAB_H5_REAL, random->mode, "1", "effect of the group, most likely given its rows");
    if (random->mode_se)
        mlab_h5_put(&group, "mode_standard_error", "group effect", MLAB_H5_REAL, random->mode_se, "1",
                    "standard error of the mode, parameters known");
    mlab_h5_group_close(&group);
}

/* Of a joint model the groups are people: their modes stay here. */
static void put_all_random(const mlab_h5_group *group, const mlab_fit *fit)
{
    if (!fit->n_random) return;
    mlab_h5_group all = mlab_h5_group_make(group, "random_effects");
    for (size_t t = 0; t < fit->n_random; t++) {
        mlab_random_effects random = fit->random[t];
        if (fit->joint || fit->raters) random.mode = random.mode_se = NULL;
        double *kept = group->file->without_people ? mlab_store_hide_groups(group->file, &random) : NULL;
        put_random(&all, &random, t + 1);
        mlab_release(group->file->context, kept);
    }
    mlab_h5_group_close(&all);
    if (!fit->n_spread) return;
    size_t n = fit->n_parameters + fit->n_spread;
    mlab_h5_dimension_numbers(group, "spread_entry", 1, fit->n_spread, "1", "parameter of how groups differ");
    mlab_h5_dimension_numbers(group, "joint", 1, n, "1", "parameters, then those of how groups differ");
    mlab_h5_dimension_numbers(group, "joint_other", 1, n, "1", "the same, second axis");
    mlab_h5_put(group, "spread", "spread_entry", MLAB_H5_REAL, fit->spread, "1",
                "entries of Lambda by grouping, log residual deviation or log shape last");
    mlab_h5_put(group, "joint_covariance", "joint joint_other", MLAB_H5_REAL, fit->joint_covariance, "1", "model-based covariance of all of them");
}

static void get_random(const mlab_h5_group *all, const char *name, mlab_random_effects *random)
{
    mlab_h5_group group = mlab_h5_group_get(all, name);
    random->group = mlab_h5_attribute_get(&group, "grouped_by");
    random->independent = mlab_h5_attribute_integer_get(&group, "independent") != 0;
    random->people = mlab_h5_attribute_integer_get(&group, "people") != 0;
    char *law = mlab_h5_attribute_get(&group, "distribution");
    random->gamma = law && strcmp(law, "gamma") == 0;
    mlab_release(group.file->context, law);
    random->tested = mlab_h5_has(&group, "deviance");
    if (random->tested) random->deviance = mlab_h5_get_real(&group, "deviance");
    if (random->tested) random->p = mlab_h5_get_real(&group, "p");
    random->n = mlab_h5_size(&group, "effect");
    random->n_groups = mlab_h5_size(&group, "group");
    random->names = mlab_h5_get_texts(&group, "effect", random->n);
    if (mlab_h5_has(&group, "people")) {
        random->groups = mlab_h5_get_texts(&group, "group", random->n_groups);
        random->n_people = mlab_h5_get(&group, "people", MLAB_H5_COUNT, random->n_groups);
    }
    random->sd = mlab_h5_get(&group, "standard_deviation", MLAB_H5_REAL, random->n);
    random->sd_se = mlab_h5_get(&group, "standard_error", MLAB_H5_REAL, random->n);
    random->covariance = mlab_h5_get(&group, "covariance", MLAB_H5_REAL, random->n * random->n);
    if (mlab_h5_has(&group, "mode")) random->mode = mlab_h5_get(&group, "mode", MLAB_H5_REAL, random->n_groups * random->n);
    if (mlab_h5_has(&group, "mode_standard_error"))
        random->mode_se = mlab_h5_get(&group, "mode_standard_error", MLAB_H5_REAL, random->n_groups * random->n);
    random->design = get_design(&group, random->group ? random->group : "a grouping");
    mlab_h5_group_close(&group);
}

static void get_all_random(const mlab_h5_group *group, mlab_fit *fit)
{
    mlab_h5_group all = mlab_h5_group_get(group, "random_effects");
    size_t n = mlab_h5_group_count(&all);
    fit->random = mlab_allocate(fit->context, n, sizeof *fit->random);
    if (!fit->random) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to read random effects");
    for (size_t t = 0; fit->random && t < n && !group->file->status; t++) {
        char *name = mlab_h5_group_name(&all, t);
        fit->n_random = t + 1;
        if (name) get_random(&all, name, &fit->random[t]);
        mlab_release(fit->context, name);
    }
    mlab_h5_group_close(&all);
    if (!mlab_h5_has(group, "spread")) return;
    size_t m = fit->n_spread = mlab_h5_size(group, "spread_entry"), joint = fit->n_parameters + m;
    fit->spread = mlab_h5_get(group, "spread", MLAB_H5_REAL, m);
    fit->joint_covariance = mlab_h5_get(group, "joint_covariance", MLAB_H5_REAL, joint * joint);
}

void mlab_store_put_shown_fit(const mlab_h5_group *fits, const mlab_fit *fit)
{
    mlab_h5_group group = mlab_h5_group_make(fits, fit->outcome);
    mlab_h5_attribute(&group, "outcome", fit->outcome);
    mlab_h5_attribute(&group, "model", fit->model);
    mlab_h5_attribute(&group, "formula", fit->formula);
    mlab_h5_attribute(&group, "information", fit->information);
    mlab_h5_attribute(&group, "link", fit->link);
    mlab_h5_attribute(&group, "cluster", fit->cluster);
    mlab_h5_attribute(&group, "cluster_other", fit->cluster_other);
    mlab_h5_attribute(&group, "robust", fit->robust_kind);
    mlab_h5_attribute_integer(&group, "restricted", fit->restricted);
    mlab_h5_attribute_integer(&group, "rows_digest", (int64_t)fit->rows_digest);
    mlab_h5_attribute(&group, "trust", mlab_trust_name(fit->trust));
    mlab_h5_attribute(&group, "reason", fit->reason);
    put_design(&group, fit->design);
    put_matrices(&group, fit);
    mlab_store_put_after(&group, fit->after, fit->robust && fit->cluster[0]);
    put_all_random(&group, fit);
    mlab_store_put_raters(&group, fit->raters);
    mlab_store_put_penalty(&group, fit);
    mlab_store_put_baseline(&group, fit->baseline);
    mlab_store_put_missing(&group, fit);
    mlab_store_put_joint(&group, fit);
    if (fit->n_knots) {
        mlab_h5_dimension_numbers(&group, "knot", 0, fit->n_knots, "1", "knot of the spline of log time");
        mlab_h5_put(&group, "knots", "knot", MLAB_H5_REAL, fit->knots, "1", "log of the time, in the unit of the data");
    }
    mlab_store_put_level_effects(&group, fit);
    if (fit->blocks) mlab_h5_dimension_texts(&group, "block", fit->blocks, fit->n_blocks, "cause or category beyond the base");
    if (fit->n_levels) mlab_h5_dimension_texts(&group, "level", fit->levels, fit->n_levels, "level of the outcome");
    if (fit->blocks && fit->events_by_block) put_block_events(&group, fit);
    mlab_h5_put_integer(&group, "n_blocks", (int64_t)fit->n_blocks, "1", "blocks of parameters");
    mlab_h5_put_integer(&group, "iterations", fit->iterations, "1", "iterations used");
    mlab_h5_put_integer(&group, "trust_code", (int64_t)fit->trust, "1", "0 = no reason for doubt was found");
#define PUT(field, unit, long_name) put_count(&group, fit, #field, (uint64_t)fit->field, unit, long_name);
    FIT_COUNTS(PUT)
#undef PUT
#define PUT(field, unit, long_name) mlab_h5_put_integer(&group, #field, (int64_t)fit->field, unit, long_name);
    FIT_SIZES(PUT)
#undef PUT
#define PUT(field, long_name) mlab_h5_put_real(&group, #field, fit->field, "1", long_name);
    FIT_REALS(PUT)
#undef PUT
    mlab_h5_group_close(&group);
}

void mlab_store_put_fits(const mlab_h5_group *root, const mlab_fit *const *fits, size_t n_fits)
{
    mlab_h5_group group = mlab_h5_group_make(root, "fits");
    for (size_t k = 0; k < n_fits; k++) mlab_store_put_fit(&group, fits[k]);
    mlab_h5_group_close(&group);
}

/* --- reading ----------------------------------------------------------------------------------- */

static mlab_trust get_trust(const mlab_h5_group *group)
{
    int64_t code = mlab_h5_get_integer(group, "trust_code");
    if (code < MLAB_TRUSTED || code > MLAB_ON_BOUNDARY)
        mlab_h5_fail(group->file, MLAB_ERR_STORE_READ, "%s: trust_code is %lld, allowed %d to %d", group->file->path, (long long)code, MLAB_TRUSTED,
                     MLAB_ON_BOUNDARY);
    return group->file->status ? MLAB_TRUSTED : (mlab_trust)code;
}

static void get_matrices(const mlab_h5_group *group, mlab_fit *fit)
{
    size_t n = fit->n_parameters = mlab_h5_size(group, "parameter");
    fit->names = mlab_h5_get_texts(group, "parameter", n);
    fit->estimate = mlab_h5_get(group, "estimate", MLAB_H5_REAL, n);
    if (mlab_h5_has(group, "people_behind")) fit->people_behind = mlab_h5_get(group, "people_behind", MLAB_H5_COUNT, n);
    fit->aliased = mlab_h5_get(group, "aliased", MLAB_H5_BYTE, n);
    fit->covariance = mlab_h5_get(group, "covariance", MLAB_H5_REAL, n * n);
    if (mlab_h5_has(group, "degrees_of_freedom")) fit->robust_df = mlab_h5_get(group, "degrees_of_freedom", MLAB_H5_REAL, n);
    if (mlab_h5_has(group, "robust_covariance")) fit->robust = mlab_h5_get(group, "robust_covariance", MLAB_H5_REAL, n * n);
}

void mlab_store_get_fit(const mlab_h5_group *group, mlab_fit *fit)
{
    fit->outcome = mlab_h5_attribute_get(group, "outcome");
    fit->model = mlab_h5_attribute_get(group, "model");
    fit->formula = mlab_h5_attribute_get(group, "formula");
    fit->information = mlab_h5_attribute_get(group, "information");
    fit->link = mlab_h5_attribute_get(group, "link");
    fit->cluster = mlab_h5_attribute_get(group, "cluster");
    fit->cluster_other = mlab_h5_attribute_get(group, "cluster_other");
    fit->robust_kind = mlab_h5_attribute_get(group, "robust");
    fit->reason = mlab_h5_attribute_get(group, "reason");
    get_matrices(group, fit);
    fit->after = mlab_store_get_after(group);
    if (mlab_h5_has(group, "random_effects")) get_all_random(group, fit);
    mlab_store_get_penalty(group, fit);
    mlab_store_get_missing(group, fit);
    if (mlab_h5_has(group, "joint_model")) fit->joint = mlab_store_get_joint(group);
    fit->baseline = mlab_store_get_baseline(group);
    if (mlab_h5_has(group, "knot")) {
        fit->n_knots = mlab_h5_size(group, "knot");
        fit->knots = mlab_h5_get(group, "knots", MLAB_H5_REAL, fit->n_knots);
    }
    size_t n_named = mlab_h5_has(group, "block") ? mlab_h5_size(group, "block") : 0;
    if (mlab_h5_has(group, "level")) fit->n_levels = mlab_h5_size(group, "level");
    fit->n_blocks = (size_t)mlab_h5_get_integer(group, "n_blocks");
    if (n_named && n_named != fit->n_blocks)
        mlab_h5_fail(group->file, MLAB_ERR_STORE_READ, "%s: %zu blocks have names, expected %zu", group->file->path, n_named, fit->n_blocks);
    if (n_named) fit->blocks = mlab_h5_get_texts(group, "block", n_named);
    if (fit->n_levels) fit->levels = mlab_h5_get_texts(group, "level", fit->n_levels);
    if (mlab_h5_has(group, "events")) fit->events_by_block = mlab_h5_get(group, "events", MLAB_H5_COUNT, n_named);
    fit->restricted = mlab_h5_attribute_integer_get(group, "restricted") != 0;
    fit->rows_digest = (uint64_t)mlab_h5_attribute_integer_get(group, "rows_digest");
    fit->iterations = (int)mlab_h5_get_integer(group, "iterations");
    fit->trust = get_trust(group);
    fit->raters = mlab_store_get_raters(group);
#define GET(field, unit, long_name) fit->field = (size_t)mlab_h5_get_integer(group, #field);
    FIT_COUNTS(GET)
    FIT_SIZES(GET)
#undef GET
#define GET(field, long_name) fit->field = mlab_h5_get_real(group, #field);
    FIT_REALS(GET)
#undef GET
    mlab_store_get_level_effects(group, fit);
    fit->design = get_design(group, fit->outcome);
}

static void free_fits(const mlab_context *context, mlab_fit **fits, size_t n)
{
    for (size_t k = 0; fits && k < n; k++) mlab_fit_free(fits[k]);
    mlab_release(context, fits);
}

static mlab_fit **get_fits(const mlab_h5_group *root, size_t *n)
{
    const mlab_context *context = root->file->context;
    mlab_h5_group all = mlab_h5_group_get(root, "fits");
    *n = mlab_h5_group_count(&all);
    mlab_fit **fits = mlab_allocate(context, *n, sizeof *fits);
    if (!fits) mlab_h5_fail(root->file, MLAB_ERR_MEMORY, "no memory to read fits");
    for (size_t k = 0; fits && k < *n && !root->file->status; k++) {
        char *name = mlab_h5_group_name(&all, k);
        mlab_h5_group group = name ? mlab_h5_group_get(&all, name) : (mlab_h5_group){root->file, -1};
        fits[k] = mlab_allocate(context, 1, sizeof **fits);
        if (!fits[k]) mlab_h5_fail(root->file, MLAB_ERR_MEMORY, "no memory to read fits");
        if (fits[k]) {
            fits[k]->context = context;
            mlab_store_get_fit(&group, fits[k]);
        }
        mlab_h5_group_close(&group);
        mlab_release(context, name);
    }
    mlab_h5_group_close(&all);
    return fits;
}

mlab_status mlab_store_read_fits(const mlab_context *context, const char *path, mlab_fit ***fits, size_t *n_fits, mlab_draws **draws, mlab_error *err)
{
    *fits = NULL;
    *n_fits = 0;
    if (draws) *draws = NULL;
    mlab_h5_file file;
    mlab_h5_group root = mlab_h5_open(&file, context, path, err);
    size_t n = 0;
    mlab_fit **got = get_fits(&root, &n);
    mlab_draws *got_draws = NULL;
    if (draws && mlab_h5_has(&root, "draws")) got_draws = mlab_store_get_draws(&root);
    mlab_status status = mlab_h5_close(&file, &root);
    if (status) {
        free_fits(context, got, n);
        mlab_draws_free(got_draws);
        return status;
    }
    *fits = got;
    *n_fits = n;
    if (draws) *draws = got_draws;
    return MLAB_OK;
}
