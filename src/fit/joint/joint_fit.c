/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits a joint model (Henderson, Diggle & Dobson 2000, doi:10.1093/biostatistics/1.4.465; Tsiatis & Davidian 2004, Statistica
 * Sinica 14, 809-834; Rizopoulos 2012, Joint Models for Longitudinal and Time-to-Event Data): the parts
 * alone first, then all of them together from there. */
#include "fit/joint/joint_parts.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "fit/penalty/penalty.h"

#include <math.h>
#include <string.h>

enum { MOST_SCORES = 1 << 25 };
static const double START_SD = 0.5, START_OWN = 0.3;

static size_t nodes_of(const mlab_joint_model *model, const mlab_fit_options *options)
{
    static const size_t by_normals[] = {15, 15, 9, 7, 5};
    return options->quadrature > 1 ? (size_t)options->quadrature : by_normals[model->q];
}

/* --- where to begin -------------------------------------------------------------------------------------------- */

static void begin(const mlab_joint_model *model, mlab_fit *const *parts, double *psi)
{
    for (size_t r = 0; r < model->n_parts; r++) {
        const mlab_joint_rows *part = &model->parts[r];
        double spread = 1, sd = r ? START_OWN : START_SD;
        memcpy(psi + part->at, parts[r]->estimate, part->engine->n_parameters * sizeof *psi);
        mlab_engine_inward(part->engine, psi + part->at);
        for (size_t j = 0; j < part->n_own; j++)
            if (model->fixed[part->at + j]) psi[part->at + j] = 0;
        if (part->gaussian) {
            double variance = parts[r]->residual_variance > 0 ? fmin(parts[r]->residual_variance, 1e300) : 1e-8;
            psi[part->at + part->n_own - 1] = 0.5 * log(0.7 * variance);
            spread = sqrt(variance);
        }
        for (size_t e = 0; e < part->n_eta * part->n_z; e++)
            for (size_t a = 0; a < model->q; a++) {
                size_t entry = model->entry[(part->effect + e) * model->q + a];
                if (entry != SIZE_MAX) psi[entry] = a == part->effect + e ? sd * spread / mlab_joint_root_mean_square(part, e % part->n_z) : 0;
            }
    }
}

/* --- where it ended ---------------------------------------------------------------------------------------------- */

/* v_a and - v_a are alike: that of the own effect of each counts as positive. */
static void turn(const mlab_joint_model *model, mlab_joint_climb *c)
{
    size_t n = model->n_parameters, q = model->q;
    for (size_t a = 0; a < q; a++) {
        if (!(c->psi[model->entry[a * q + a]] < 0)) continue;
        for (size_t e = 0; e < model->n_effects; e++) {
            size_t entry = model->entry[e * q + a];
            if (entry == SIZE_MAX) continue;
            c->psi[entry] = -c->psi[entry];
            for (size_t j = 0; j < n; j++) {
                c->inverse[entry * n + j] = -c->inverse[entry * n + j];
                c->inverse[j * n + entry] = -c->inverse[j * n + entry];
            }
            for (size_t g = 0; model->scores && g < model->n_people; g++) model->scores[g * n + entry] = -model->scores[g * n + entry];
        }
        for (size_t g = 0; g < model->n_people; g++) {
            double *const lower[] = {model->factor + g * q * q, model->spread + g * q * q};
            model->mode[g * q + a] = -model->mode[g * q + a];
            model->shift[g * q + a] = -model->shift[g * q + a];
            for (size_t k = 0; k < 2; k++)
                for (size_t b = 0; b < q; b++) /* D L D, D the change of sign */
                    if (b != a) lower[k][a * q + b] = -lower[k][a * q + b], lower[k][b * q + a] = -lower[k][b * q + a];
        }
    }
}

static void outward(const void *of, double *v, double sign)
{
    const mlab_joint_model *model = of;
    for (size_t r = 0; r < model->n_parts; r++) mlab_engine_uncentre(model->parts[r].engine, v + model->parts[r].at, sign);
}

/* People that count: of frequency weights their sum. */
static double people_of(const mlab_joint_model *model)
{
    double sum = 0;
    if (model->weights != MLAB_WEIGHTS_FREQUENCY) return (double)model->n_people;
    for (size_t g = 0; g < model->n_people; g++) sum += model->weight[g];
    return sum;
}

/* Somebody of frequency w is w people, whose scores are squared each by itself. */
static void part_scores(const mlab_joint_model *model)
{
    size_t n = model->n_parameters;
    for (size_t g = 0; g < model->n_people && model->weights == MLAB_WEIGHTS_FREQUENCY; g++)
        for (size_t j = 0; j < n; j++) model->scores[g * n + j] /= sqrt(model->weight[g]);
}

static mlab_status place_robust(const mlab_joint_model *model, mlab_fit *fit, mlab_error *err)
{
    size_t n = model->n_parameters, people = model->n_people;
    double counted = people_of(model);
    if (people < 3) return mlab_fit_doubt(fit, MLAB_TOO_FEW_CLUSTERS, err, "%zu people are too few for an interval; at least 3", people);
    if (!model->scores)
        return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "standard errors are those of the model: %zu people are too many for robust ones", people);
    part_scores(model);
    mlab_status status = mlab_influence(model->context, fit->covariance, n, model->scores, people, err);
    fit->influence_id = mlab_allocate(model->context, people, sizeof *fit->influence_id);
    fit->robust = mlab_allocate(model->context, n, n * sizeof *fit->robust);
    fit->influence = mlab_allocate(model->context, people, n * sizeof *fit->influence);
    if (!status && !(fit->influence_id && fit->robust && fit->influence))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the covariance of %zu parameters", n);
    if (status) return status;
    memcpy(fit->influence_id, model->person, people * sizeof *fit->influence_id);
    memcpy(fit->influence, model->scores, people * n * sizeof *fit->influence);
    for (size_t g = 0; g < people; g++) outward(model, fit->influence + g * n, 1);
    mlab_influence_product(fit->influence, fit->influence, people, n, n, counted / (counted - 1), fit->robust);
    return mlab_joint_text(model->context, &fit->robust_kind, "CR1", err);
}

/* Each prior is one more independent observation of its coefficient. */
static void add_priors(const mlab_joint_model *model, mlab_fit *fit)
{
    size_t n = model->n_parameters;
    for (size_t k = 0; k < model->n_priors; k++) {
        const double *row = fit->covariance + model->priors[k].at * n, weight = 1 / (model->priors[k].sd * model->priors[k].sd);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) fit->robust[i * n + j] += weight * row[i] * row[j];
    }
}

static mlab_status place(const mlab_joint_model *model, mlab_joint_climb *c, mlab_fit *fit, mlab_error *err)
{
    size_t n = model->n_parameters;
    memcpy(fit->aliased, model->fixed, n);
    memcpy(fit->covariance, c->inverse, n * n * sizeof *c->inverse);
    mlab_status status = c->definite ? place_robust(model, fit, err) : MLAB_OK;
    if (status) return status;
    mlab_covariance_carry(model, outward, n, fit->covariance);
    if (fit->robust) add_priors(model, fit);
    memcpy(fit->estimate, c->psi, n * sizeof *c->psi);
    outward(model, fit->estimate, 1);
    for (size_t r = 0; r < model->n_parts; r++)
        if (model->parts[r].engine->own_number) fit->estimate[model->parts[r].at] += model->parts[r].engine->shift;
    fit->log_likelihood = c->value - mlab_joint_prior_value(model, c->psi, NULL, NULL, NULL);
    for (size_t r = 0; r < model->n_parts; r++) fit->log_likelihood += mlab_joint_constant(&model->parts[r]);
    fit->iterations = c->iterations;
    fit->gradient = sqrt(fmax(c->decrement, 0));
    return MLAB_OK;
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

/* The parts without effects of people: start values, names, doubts of their own. */
static mlab_status fit_alone(const mlab_context *context, const mlab_joint_part_problem *parts, size_t n, mlab_fit **fits, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t r = 0; r < n && !status; r++) {
        if ((status = mlab_fit_start(context, parts[r].prepared, &fits[r], err))) return status;
        if ((status = parts[r].prepared->model->fit(context, parts[r].prepared, fits[r], err))) return status;
        mlab_mixed_forget(fits[r]);
    }
    return status;
}

/* First values go with the person's effect from the start: without effects every such model has a point where nothing pulls, seldom its maximum. */
static void begin_first(const mlab_joint_model *model, mlab_fit *const *alone, const double sd[2], double *psi)
{
    begin(model, alone, psi);
    for (size_t r = 0; r < model->n_parts; r++) {
        const mlab_joint_rows *part = &model->parts[r];
        double variance = part->gaussian && alone[r]->residual_variance > 0 ? alone[r]->residual_variance : 1;
        psi[model->entry[part->effect * model->q]] = sd[r > 0] * sqrt(variance);
    }
}

static mlab_status climb_first(mlab_joint_model *model, mlab_fit *const *alone, int iterations, mlab_joint_climb *c, mlab_error *err)
{
    static const double starts[][2] = {{0.5, 0.5}, {0.3, 0.8}, {0.1, 0.9}};
    mlab_status status = MLAB_OK;
    bool apart = false; /* people differ */
    for (size_t k = 0; k < sizeof starts / sizeof *starts && !apart && !status; k++) {
        begin_first(model, alone, starts[k], c->psi);
        status = mlab_joint_climb_up(model, iterations + c->iterations, c, err);
        double scale = model->parts->gaussian ? exp(c->psi[model->parts->at + model->parts->n_own - 1]) : 1;
        apart = c->converged && fabs(c->psi[model->entry[0]]) >= MLAB_JOINT_BOUNDARY * scale;
    }
    return status;
}

static mlab_status climb(mlab_joint_model *model, mlab_fit *const *alone, bool initial, const mlab_fit_options *options, mlab_joint_climb *c,
                         mlab_error *err)
{
    mlab_status status = mlab_joint_climb_start(model, c, err);
    if (status) return status;
    if (!mlab_joint_nodes(model, nodes_of(model, options)))
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "fit.quadrature is %lld; allowed 1 to %zu", (long long)options->quadrature, MLAB_JOINT_NODES);
    int iterations = 2 * ((int)options->iterations < 50 ? 50 : (int)options->iterations);
    if (!initial) begin(model, alone, c->psi);
    if ((status = initial ? climb_first(model, alone, iterations, c, err) : mlab_joint_climb_up(model, iterations, c, err))) return status;
    if (model->n_people > (size_t)MOST_SCORES / model->n_parameters) return MLAB_OK;
    model->scores = mlab_allocate(model->context, model->n_people, model->n_parameters * sizeof *model->scores);
    if (!model->scores) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu people", model->n_people);
    return mlab_joint_evaluate(model, c->psi, &c->value, c->gradient, c->complete, c->information, err);
}

/* Without a definite maximum the inverse is that of an information with parts added: errors of it are too small. */
static void forget_errors(mlab_joint *joint)
{
    for (size_t k = 0; k < joint->n_associations; k++) joint->associations[k].per_sd_se = joint->associations[k].loading_se = 0;
}

static mlab_status set_priors(mlab_joint_model *model, const mlab_fit_problem *stated, const mlab_fit *fit, mlab_error *err)
{
    size_t *where = mlab_allocate(model->context, stated->n_priors, sizeof *where);
    mlab_status status = where ? mlab_priors_find(stated, fit->names, fit->n_parameters, model->fixed, where, err)
                               : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu priors", stated->n_priors);
    for (size_t k = 0; k < stated->n_priors && !status; k++)
        status = where[k] >= model->lambda_at
                     ? mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &stated->priors[k].place, "%s: priors are of coefficients", stated->outcome)
                     : mlab_joint_add_prior(model, where[k], stated->priors[k].mean, stated->priors[k].sd, err);
    mlab_release(model->context, where);
    return status;
}

/* What is asked of a fit besides its parts. */
typedef struct asked {
    mlab_joint_effects effects;
    bool initial;                   /* the second part is the first period */
    bool after;                     /* averages of the parts, where their options ask for them */
    const mlab_fit_problem *stated; /* priors, or NULL */
    const mlab_fit_options *options;
} asked;

static mlab_status fit_once(const mlab_context *context, const char *name, const mlab_joint_part_problem *parts, const char *const *names,
                            size_t n_parts, const asked *of, mlab_fit **out, mlab_error *err)
{
    mlab_joint_model *model = NULL;
    mlab_fit *fit = NULL;
    mlab_joint_climb c = {0};
    *out = NULL;
    mlab_fit **alone = mlab_allocate(context, n_parts, sizeof *alone);
    mlab_status status = alone ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parts", n_parts);
    if (!status) status = mlab_joint_make(context, parts, n_parts, of->effects, &model, err);
    if (!status) status = fit_alone(context, parts, n_parts, alone, err);
    if (!status) status = mlab_joint_fit_start(model, name, names, alone, &fit, err);
    if (!status && of->stated) status = set_priors(model, of->stated, fit, err);
    if (!status) status = climb(model, alone, of->initial, of->options, &c, err);
    if (!status) turn(model, &c);
    if (!status) status = mlab_joint_doubt_effects(model, &c, fit, names[0], of->initial, err);
    if (!status) status = place(model, &c, fit, err);
    if (!status) status = mlab_joint_doubt_parts(alone, names, n_parts, fit, err);
    if (!status) status = mlab_joint_place_effects(model, c.psi, fit->robust ? fit->robust : c.inverse, names, fit, err);
    if (!status) status = mlab_joint_place_parts(model, of->effects, &alone, names, fit, err);
    if (!status) fit->joint->level = of->options->level;
    if (!status && !c.definite) forget_errors(fit->joint);
    if (!status) status = mlab_joint_doubt_rule(model, &c, fit, err);
    if (!status && of->after) status = mlab_joint_after(model, parts, fit, err);
    for (size_t r = 0; alone && r < n_parts; r++) mlab_fit_free(alone[r]);
    mlab_release(context, alone);
    mlab_joint_climb_end(model, &c);
    mlab_joint_model_free(model);
    if (status)
        mlab_fit_free(fit);
    else
        *out = fit;
    return status;
}

/* With priors twice: first for what the data say alone. */
static mlab_status fit_parts(const mlab_context *context, const char *name, const mlab_joint_part_problem *parts, const char *const *names,
                             size_t n_parts, asked of, mlab_fit **out, mlab_error *err)
{
    mlab_joint_stated stated;
    mlab_fit *data = NULL;
    double began = mlab_os_seconds();
    *out = NULL;
    mlab_status status = mlab_joint_priors_start(context, name, parts, names, n_parts, &stated, err);
    bool any = !status && stated.problem.n_priors > 0;
    if (any) status = fit_once(context, name, parts, names, n_parts, &of, &data, err);
    of.stated = any ? &stated.problem : NULL;
    of.after = !of.initial;
    if (!status) status = fit_once(context, name, parts, names, n_parts, &of, out, err);
    if (!status && any && of.initial) { /* whose errors are those of the model */
        mlab_release(context, data->robust);
        data->robust = NULL;
    }
    if (!status && any) status = mlab_priors_describe(&stated.problem, data, *out, err);
    if (!status) (*out)->seconds = mlab_os_seconds() - began;
    mlab_fit_free(data);
    mlab_joint_priors_end(&stated);
    if (status) {
        mlab_fit_free(*out);
        *out = NULL;
    }
    return status;
}

mlab_status mlab_joint_fit_parts(const mlab_context *context, const char *name, const mlab_joint_part_problem *parts, const char *const *names,
                                 size_t n_parts, mlab_joint_effects effects, const mlab_fit_options *options, mlab_fit **fit, mlab_error *err)
{
    return fit_parts(context, name, parts, names, n_parts, (asked){.effects = effects, .options = options}, fit, err);
}

mlab_status mlab_joint_fit_first(const mlab_context *context, const char *name, const mlab_joint_part_problem *parts, const char *const *names,
                                 size_t n_parts, const mlab_fit_options *options, mlab_fit **fit, mlab_error *err)
{
    return fit_parts(context, name, parts, names, n_parts, (asked){.effects = MLAB_JOINT_SHARED, .initial = true, .options = options}, fit, err);
}
