/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the maximum of a joint model to a fit: names, effects of people, parts that can be predicted from, associations by the delta method. */
#include "fit/joint/joint_parts.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "fit/small.h"

#include <math.h>
#include <string.h>

mlab_status mlab_joint_text(const mlab_context *context, char **text, const char *to, mlab_error *err)
{
    char *copy = mlab_copy_text(context, to);
    if (!copy) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    mlab_release(context, *text);
    *text = copy;
    return MLAB_OK;
}

double mlab_joint_constant(const mlab_joint_rows *part)
{
    const mlab_prepared *prepared = part->prepared;
    double sum = prepared->model->constant ? prepared->model->constant(prepared) : 0;
    for (size_t i = 0; part->engine->family->log_number && i < part->n; i++) sum -= part->number[i] + part->engine->shift;
    return sum;
}

/* --- names ------------------------------------------------------------------------------------------------------ */

static char *joined(const mlab_context *context, const char *const *pieces, size_t n)
{
    mlab_text text = MLAB_TEXT(context);
    for (size_t k = 0; k < n; k++) mlab_text_append(&text, pieces[k]);
    char *copy = text.failed ? NULL : mlab_copy_text(context, mlab_text_get(&text));
    mlab_text_free(&text);
    return copy;
}

/* The part of effect e, and which of its effects it is. */
static size_t part_of(const mlab_joint_model *model, size_t e, size_t *own)
{
    size_t r = model->n_parts - 1;
    while (model->parts[r].effect > e) r--;
    *own = e - model->parts[r].effect;
    return r;
}

static const char *block_of(const mlab_joint_rows *part, size_t own)
{
    const mlab_fit_problem *problem = part->prepared->problem;
    return part->n_eta > 1 && problem->categories ? problem->categories[own / part->n_z + 1] : "";
}

static const char *column_of(const mlab_joint_rows *part, size_t own)
{
    return part->effects ? mlab_design_name(part->effects, own % part->n_z) : "(Intercept)";
}

/* "satisfaction", "retention:voluntary", "satisfaction:tenure". */
static char *effect_name(const mlab_joint_model *model, const char *const *names, size_t e)
{
    size_t own, r = part_of(model, e, &own);
    const mlab_joint_rows *part = &model->parts[r];
    const char *block = block_of(part, own), *column = column_of(part, own);
    bool slope = strcmp(column, "(Intercept)") != 0;
    const char *const pieces[] = {names[r], *block ? ":" : "", block, slope ? ":" : "", slope ? column : ""};
    return joined(model->context, pieces, 5);
}

static bool name_parameters(const mlab_joint_model *model, const char *const *names, mlab_fit *const *alone, mlab_fit *fit)
{
    for (size_t r = 0; r < model->n_parts; r++) {
        const mlab_joint_rows *part = &model->parts[r];
        for (size_t j = 0; j < part->n_own; j++) {
            const char *const pieces[] = {names[r], ":", part->gaussian && j + 1 == part->n_own ? "log(residual sd)" : alone[r]->names[j]};
            if (!(fit->names[part->at + j] = joined(model->context, pieces, 3))) return false;
        }
    }
    for (size_t e = 0; e < model->n_effects; e++)
        for (size_t a = 0; a < model->q; a++) {
            size_t entry = model->entry[e * model->q + a];
            if (entry == SIZE_MAX) continue;
            char *effect = effect_name(model, names, e), *of = effect_name(model, names, a);
            const char *const own[] = {"person(", effect, ")"}, *const of_other[] = {effect, " ~ ", of};
            if (effect && of) fit->names[entry] = joined(model->context, a == e ? own : of_other, 3);
            mlab_release(model->context, effect);
            mlab_release(model->context, of);
            if (!fit->names[entry]) return false;
        }
    return true;
}

static char *formula_of(const mlab_joint_model *model, const char *const *names)
{
    mlab_text text = MLAB_TEXT(model->context);
    for (size_t r = 0; r < model->n_parts; r++) mlab_text_print(&text, "%s%s", r ? ", " : "", names[r]);
    char *copy = text.failed ? NULL : mlab_copy_text(model->context, mlab_text_get(&text));
    mlab_text_free(&text);
    return copy;
}

mlab_status mlab_joint_fit_start(const mlab_joint_model *model, const char *name, const char *const *names, mlab_fit *const *alone, mlab_fit **out,
                                 mlab_error *err)
{
    const mlab_context *context = model->context;
    size_t n = model->n_parameters;
    mlab_fit *fit = mlab_allocate(context, 1, sizeof *fit);
    *out = fit;
    if (!fit) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fit");
    fit->context = context;
    fit->n_parameters = fit->block_size = n;
    fit->n_blocks = 1;
    fit->n_clusters = fit->n_people = model->n_people;
    fit->weights = model->weight ? model->weights : MLAB_WEIGHTS_NONE;
    for (size_t g = 0; model->weight && g < model->n_people; g++) fit->weight_total += model->weight[g];
    for (size_t r = 0; r < model->n_parts; r++) {
        fit->n_rows += alone[r]->n_rows;
        fit->n_events += alone[r]->n_events;
        fit->n_dropped_missing += alone[r]->n_dropped_missing;
        fit->n_dropped_stubs += alone[r]->n_dropped_stubs;
        fit->n_dropped_weightless += alone[r]->n_dropped_weightless;
        fit->null_log_likelihood += alone[r]->null_log_likelihood;
    }
    char **const texts[] = {&fit->outcome, &fit->model,         &fit->information, &fit->link,
                            &fit->cluster, &fit->cluster_other, &fit->robust_kind, &fit->reason};
    const char *const values[] = {name, "joint", "observed", "", "person", "", "", ""};
    bool whole = true;
    for (size_t k = 0; k < 8; k++) whole = (*texts[k] = mlab_copy_text(context, values[k])) && whole;
    fit->formula = formula_of(model, names);
    fit->names = mlab_allocate(context, n, sizeof *fit->names);
    fit->estimate = mlab_allocate(context, n, sizeof *fit->estimate);
    fit->aliased = mlab_allocate(context, n, 1);
    fit->covariance = mlab_allocate(context, n, n * sizeof *fit->covariance);
    fit->blocks = mlab_allocate(context, 1, sizeof *fit->blocks);
    fit->events_by_block = mlab_allocate(context, 1, sizeof *fit->events_by_block);
    whole = whole && fit->formula && fit->names && fit->estimate && fit->aliased && fit->covariance && fit->blocks && fit->events_by_block;
    if (whole) fit->events_by_block[0] = fit->n_events;
    if (whole && (fit->blocks[0] = mlab_copy_text(context, "")) && name_parameters(model, names, alone, fit)) return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fit of %zu parameters", n);
}

/* --- effects of people -------------------------------------------------------------------------------------------- */

static double lambda_of(const mlab_joint_model *model, const double *psi, size_t e, size_t a)
{
    size_t entry = model->entry[e * model->q + a];
    return entry == SIZE_MAX ? 0 : psi[entry];
}

/* Standard deviation of effect e, and its standard error by the delta method. */
static void spread_of(const mlab_joint_model *model, const double *psi, const double *covariance, size_t e, double *sd, double *se)
{
    size_t q = model->q, n = model->n_parameters;
    double square = 0, variance = 0;
    for (size_t a = 0; a < q; a++) square += lambda_of(model, psi, e, a) * lambda_of(model, psi, e, a);
    *sd = sqrt(square);
    for (size_t a = 0; a < q; a++)
        for (size_t b = 0; b < q; b++) {
            size_t i = model->entry[e * q + a], j = model->entry[e * q + b];
            if (i != SIZE_MAX && j != SIZE_MAX && *sd > 0) variance += psi[i] * psi[j] / square * covariance[i * n + j];
        }
    *se = sqrt(fmax(variance, 0));
}

/* Modes of n effects from `first` on, of all people. */
static void place_modes(const mlab_joint_model *model, const double *psi, size_t first, mlab_random_effects *random)
{
    size_t q = model->q;
    for (size_t g = 0; g < model->n_people; g++)
        for (size_t e = 0; e < random->n; e++) {
            double mode = 0, square = 0, row[MLAB_JOINT_NORMALS];
            for (size_t a = 0; a < q; a++) {
                row[a] = lambda_of(model, psi, first + e, a);
                mode += row[a] * model->mode[g * q + a];
            }
            mlab_small_solve_lower(model->factor + g * q * q, q, row);
            for (size_t a = 0; a < q; a++) square += row[a] * row[a];
            random->mode[g * random->n + e] = mode;
            random->mode_se[g * random->n + e] = sqrt(square);
        }
}

/* n effects from `first` on as the one grouping of fit; names are set by the caller. */
static mlab_status place_random(const mlab_joint_model *model, const double *psi, const double *covariance, size_t first, size_t n, mlab_fit *fit,
                                mlab_error *err)
{
    const mlab_context *context = model->context;
    mlab_random_effects *random = fit->random = mlab_allocate(context, 1, sizeof *random);
    if (!random) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for effects of people");
    fit->n_random = 1;
    random->n = n;
    random->n_groups = model->n_people;
    random->group = mlab_copy_text(context, "person");
    random->names = mlab_allocate(context, n, sizeof *random->names);
    random->covariance = mlab_allocate(context, n, n * sizeof *random->covariance);
    random->sd = mlab_allocate(context, n, sizeof *random->sd);
    random->sd_se = mlab_allocate(context, n, sizeof *random->sd_se);
    random->mode = mlab_allocate(context, model->n_people, n * sizeof *random->mode);
    random->mode_se = mlab_allocate(context, model->n_people, n * sizeof *random->mode_se);
    if (!random->group || !random->names || !random->covariance || !random->sd || !random->sd_se || !random->mode || !random->mode_se)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the effects of %zu people", model->n_people);
    for (size_t e = 0; e < n; e++) {
        spread_of(model, psi, covariance, first + e, &random->sd[e], &random->sd_se[e]);
        for (size_t f = 0; f < n; f++)
            for (size_t a = 0; a < model->q; a++)
                random->covariance[e * n + f] += lambda_of(model, psi, first + e, a) * lambda_of(model, psi, first + f, a);
    }
    place_modes(model, psi, first, random);
    return MLAB_OK;
}

mlab_status mlab_joint_place_effects(const mlab_joint_model *model, const double *psi, const double *inverse, const char *const *names, mlab_fit *fit,
                                     mlab_error *err)
{
    mlab_status status = place_random(model, psi, inverse, 0, model->n_effects, fit, err);
    for (size_t e = 0; e < model->n_effects && !status; e++)
        if (!(fit->random->names[e] = effect_name(model, names, e))) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    return status;
}

/* --- parts ---------------------------------------------------------------------------------------------------------- */

static void copy_block(const double *from, size_t n, size_t at, size_t size, double *to)
{
    for (size_t i = 0; i < size; i++) memcpy(to + i * size, from + (at + i) * n + at, size * sizeof *to);
}

/* The recipe of the columns of a part's effects. */
static mlab_status copy_recipe(const mlab_joint_rows *part, mlab_random_effects *random, mlab_error *err)
{
    mlab_formula *formula = NULL;
    if (part->effects) return mlab_design_copy(part->effects, &random->design, err);
    mlab_status status = mlab_formula_parse(part->prepared->context, "~ 1", NULL, &formula, err);
    if (!status) status = mlab_design_make(formula, part->prepared->problem->table, NULL, &random->design, err);
    mlab_formula_free(formula);
    return status;
}

/* The formula says that people have effects. */
static mlab_status tell_effects(mlab_fit *fit, mlab_error *err)
{
    mlab_formula *formula = NULL;
    if (!fit->formula || !*fit->formula) return MLAB_OK; /* a problem without its text */
    mlab_status status = mlab_formula_parse(fit->context, fit->formula, NULL, &formula, err);
    bool has = !status && mlab_formula_random(formula) > 0;
    mlab_formula_free(formula);
    if (status || has) return status;
    const char *const pieces[] = {fit->formula, " + (1 | person)"};
    char *text = joined(fit->context, pieces, 2);
    if (!text) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a formula");
    mlab_release(fit->context, fit->formula);
    fit->formula = text;
    return MLAB_OK;
}

/* The part with the estimates of the joint model: a fit to predict from. */
static mlab_status place_part(const mlab_joint_model *model, size_t r, const mlab_fit *whole, const double *psi, const double *covariance,
                              mlab_fit *fit, mlab_error *err)
{
    const mlab_context *context = model->context;
    const mlab_joint_rows *part = &model->parts[r];
    size_t n = fit->n_parameters, k = part->n_eta * part->n_z;
    memcpy(fit->estimate, whole->estimate + part->at, n * sizeof *fit->estimate);
    copy_block(whole->covariance, whole->n_parameters, part->at, n, fit->covariance);
    if (whole->robust) {
        if (!(fit->robust = mlab_allocate(context, n, n * sizeof *fit->robust))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a part");
        copy_block(whole->robust, whole->n_parameters, part->at, n, fit->robust);
    }
    if (part->gaussian) fit->residual_variance = exp(2 * psi[part->at + part->n_own - 1]);
    fit->log_likelihood = whole->log_likelihood;
    fit->n_clusters = model->n_people;
    fit->iterations = whole->iterations;
    fit->gradient = whole->gradient;
    mlab_status status = mlab_joint_text(context, &fit->cluster, "person", err);
    if (!status) status = mlab_joint_text(context, &fit->robust_kind, whole->robust_kind, err);
    if (!status) status = place_random(model, psi, whole->robust ? whole->robust : covariance, part->effect, k, fit, err);
    if (!status) status = copy_recipe(part, fit->random, err);
    if (!status) status = tell_effects(fit, err);
    for (size_t e = 0; e < k && !status; e++) {
        const char *block = block_of(part, e);
        const char *const pieces[] = {block, *block ? ":" : "", column_of(part, e)};
        if (!(fit->random->names[e] = joined(context, pieces, 3))) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    }
    return status;
}

/* --- associations ----------------------------------------------------------------------------------------------------- */

static mlab_status associate(const mlab_joint_model *model, const mlab_fit *fit, const char *const *names, size_t e, size_t a, mlab_association *to,
                             mlab_error *err)
{
    const mlab_context *context = model->context;
    size_t own, r = part_of(model, e, &own), n = fit->n_parameters, q = model->q, one = model->entry[e * q + a], s = model->entry[0];
    const mlab_joint_rows *part = &model->parts[r], *first = &model->parts[0];
    const double *v = fit->robust ? fit->robust : fit->covariance, *psi = fit->estimate;
    double sd, se;
    spread_of(model, psi, v, e, &sd, &se);
    to->parameter = one;
    to->per_sd = psi[one];
    to->per_sd_se = sqrt(fmax(v[one * n + one], 0));
    to->correlation = sd > 0 ? psi[one] / sd : 0;
    if (first->n_eta * first->n_z == 1 && psi[s] > 0) {
        double by = -psi[one] / (psi[s] * psi[s]);
        to->loading = psi[one] / psi[s];
        to->loading_se = sqrt(fmax(v[one * n + one] / (psi[s] * psi[s]) + 2 * by / psi[s] * v[one * n + s] + by * by * v[s * n + s], 0));
    }
    to->part = mlab_copy_text(context, names[r]);
    to->block = mlab_copy_text(context, block_of(part, own));
    to->effect = mlab_copy_text(context, column_of(first, a));
    return to->part && to->block && to->effect ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an association");
}

static mlab_status place_associations(const mlab_joint_model *model, const char *const *names, mlab_fit *fit, mlab_error *err)
{
    size_t own = model->parts[0].n_eta * model->parts[0].n_z;
    mlab_joint *joint = fit->joint;
    mlab_status status = MLAB_OK;
    joint->associations = mlab_allocate(model->context, (model->n_effects - own) * own, sizeof *joint->associations);
    if (!joint->associations) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for associations");
    for (size_t e = own; e < model->n_effects; e++)
        for (size_t a = 0; a < own && !status; a++) status = associate(model, fit, names, e, a, &joint->associations[joint->n_associations++], err);
    return status;
}

mlab_status mlab_joint_place_parts(const mlab_joint_model *model, mlab_joint_effects effects, mlab_fit ***alone, const char *const *names,
                                   mlab_fit *fit, mlab_error *err)
{
    mlab_joint *joint = fit->joint = mlab_allocate(model->context, 1, sizeof *joint);
    mlab_status status = MLAB_OK;
    if (!joint) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a joint model");
    joint->context = model->context;
    joint->effects = effects;
    joint->n_nodes = model->n_nodes;
    joint->parts = *alone;
    joint->n_parts = model->n_parts;
    *alone = NULL;
    for (size_t r = 0; r < model->n_parts && !status; r++) status = place_part(model, r, fit, fit->estimate, fit->covariance, joint->parts[r], err);
    return status ? status : place_associations(model, names, fit, err);
}

void mlab_joint_free(mlab_joint *joint)
{
    if (!joint) return;
    for (size_t r = 0; joint->parts && r < joint->n_parts; r++) mlab_fit_free(joint->parts[r]);
    for (size_t k = 0; joint->associations && k < joint->n_associations; k++) {
        mlab_release(joint->context, joint->associations[k].part);
        mlab_release(joint->context, joint->associations[k].block);
        mlab_release(joint->context, joint->associations[k].effect);
    }
    mlab_release(joint->context, joint->parts);
    mlab_release(joint->context, joint->associations);
    mlab_release(joint->context, joint);
}
