/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Multi-state models in discrete time: a hazard for every transition that happens, competing with the others out of the same state.
 *
 * Given the state at the start of a period the likelihood is that of the hazards out of it, so each origin is fitted by the discrete hazard
 * on its own rows (Allison 1982, doi:10.2307/270718; Andersen & Keiding 2002, doi:10.1191/0962280202SM276ra); influence is summed by cluster
 * over origins, since one person passes through several. Occupation over periods is the product of the transition matrices.
 * Weakness: Markov given the covariates; predicted occupation keeps the covariates of the first period. */
#include "fit/model.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The rows of one origin as a problem of their own; transition[k] is the block of its k-th destination. */
typedef struct origin_rows {
    mlab_fit_problem problem;
    uint32_t *rows, *cluster, *place; /* place: of each row in the whole problem */
    int32_t *category;
    double *offset, *weight;
    const char **names;
    int32_t *transition, *to_category;
} origin_rows;

/* Every origin prepared for being fitted more than once. */
typedef struct ladder {
    size_t n;
    origin_rows *part;        /* [n] */
    mlab_prepared **prepared; /* [n] NULL = nobody moves out of it */
} ladder;

static void release_rows(const mlab_context *context, origin_rows *part)
{
    void *const memory[] = {part->rows,   part->cluster, part->place,      part->category,   part->offset,
                            part->weight, part->names,   part->transition, part->to_category};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    *part = (origin_rows){0};
}

static mlab_status make_room(const mlab_context *context, size_t n, size_t n_transitions, origin_rows *part, mlab_error *err)
{
    part->rows = mlab_allocate(context, n, sizeof *part->rows);
    part->cluster = mlab_allocate(context, n, sizeof *part->cluster);
    part->place = mlab_allocate(context, n, sizeof *part->place);
    part->category = mlab_allocate(context, n, sizeof *part->category);
    part->offset = mlab_allocate(context, n, sizeof *part->offset);
    part->weight = mlab_allocate(context, n, sizeof *part->weight);
    part->names = mlab_allocate(context, n_transitions + 1, sizeof *part->names);
    part->transition = mlab_allocate(context, n_transitions, sizeof *part->transition);
    part->to_category = mlab_allocate(context, n_transitions, sizeof *part->to_category);
    if (!part->rows || !part->cluster || !part->place || !part->category || !part->offset || !part->weight || !part->names || !part->transition ||
        !part->to_category)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rows", n);
    return MLAB_OK;
}

static mlab_status take_rows(const mlab_context *context, const mlab_fit_problem *whole, int32_t origin, origin_rows *part, mlab_error *err)
{
    const mlab_states *states = whole->states;
    size_t n_transitions = whole->n_categories - 1, n = 0, n_out = 0;
    *part = (origin_rows){.problem = *whole};
    for (size_t i = 0; i < whole->n; i++) n += states->origin[i] == origin;
    mlab_status status = make_room(context, n, n_transitions, part, err);
    if (status) return status;
    part->names[0] = "none";
    for (size_t t = 0; t < n_transitions; t++)
        if (states->from[t] == origin) {
            part->transition[n_out++] = (int32_t)t;
            part->to_category[t] = (int32_t)n_out;
            part->names[n_out] = whole->categories[t + 1];
        }
    size_t k = 0;
    for (size_t i = 0; i < whole->n; i++) {
        if (states->origin[i] != origin) continue;
        part->place[k] = (uint32_t)i;
        part->rows[k] = whole->rows ? whole->rows[i] : (uint32_t)i;
        part->cluster[k] = whole->cluster ? whole->cluster[i] : (uint32_t)i;
        part->offset[k] = whole->offset ? whole->offset[i] : 0;
        part->weight[k] = whole->weight ? whole->weight[i] : 1;
        part->category[k++] = whole->category[i] > 0 ? part->to_category[whole->category[i] - 1] : 0;
    }
    part->problem.states = NULL;
    part->problem.n = n;
    part->problem.rows = part->rows;
    part->problem.category = part->category;
    part->problem.n_categories = n_out + 1;
    part->problem.categories = part->names;
    part->problem.offset = part->offset;
    part->problem.weight = whole->weight ? part->weight : NULL;
    part->problem.cluster = part->cluster;
    part->problem.n_clusters = whole->cluster ? whole->n_clusters : whole->n;
    part->problem.warm = NULL;
    return MLAB_OK;
}

/* Copies the blocks of one origin into the whole fit; the covariance between origins is 0 in the model. */
static mlab_status put_blocks(const mlab_fit *one, const origin_rows *part, mlab_fit *fit, double *influence, mlab_error *err)
{
    size_t width = fit->block_size, n_out = one->n_blocks;
    for (size_t a = 0; a < n_out * width; a++) {
        size_t to = (size_t)part->transition[a / width] * width + a % width;
        fit->estimate[to] = one->estimate[a];
        fit->aliased[to] = one->aliased[a];
        for (size_t b = 0; b < n_out * width; b++)
            fit->covariance[to * fit->n_parameters + (size_t)part->transition[b / width] * width + b % width] =
                one->covariance[a * one->n_parameters + b];
        for (size_t g = 0; one->influence && g < fit->n_clusters; g++)
            influence[g * fit->n_parameters + to] = one->influence[g * one->n_parameters + a];
    }
    fit->log_likelihood += one->log_likelihood;
    fit->null_log_likelihood += one->null_log_likelihood;
    if (one->iterations > fit->iterations) fit->iterations = one->iterations;
    fit->gradient = fmax(fit->gradient, one->gradient);
    bool own = one->trust != MLAB_TRUSTED && one->trust != MLAB_TOO_FEW_CLUSTERS; /* clusters are counted once, for the whole */
    return own ? mlab_fit_doubt(fit, one->trust, err, "%s", one->reason) : MLAB_OK;
}

static void release_ladder(const mlab_context *context, void *own)
{
    ladder *l = own;
    if (!l) return;
    for (size_t s = 0; s < l->n; s++) {
        mlab_prepared_free(l->prepared[s]);
        release_rows(context, &l->part[s]);
    }
    mlab_release(context, l->prepared);
    mlab_release(context, l->part);
    mlab_release(context, l);
}

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    if (!problem->states) return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: model multistate needs the state of every period", problem->outcome);
    ladder *l = prepared->own = mlab_allocate(context, 1, sizeof *l);
    if (l) {
        l->part = mlab_allocate(context, problem->states->n, sizeof *l->part);
        l->prepared = mlab_allocate(context, problem->states->n, sizeof *l->prepared);
    }
    if (!l || !l->part || !l->prepared) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu states", problem->states->n);
    l->n = problem->states->n;
    mlab_status status = MLAB_OK;
    for (size_t s = 0; s < l->n && !status; s++) {
        status = take_rows(context, problem, (int32_t)s, &l->part[s], err);
        if (!status && l->part[s].problem.n_categories > 1)
            status = mlab_prepare(context, &mlab_model_hazard, &l->part[s].problem, &prepared->options, &l->prepared[s], err);
    }
    return status;
}

static mlab_status name_states(const mlab_context *context, const mlab_states *states, mlab_fit *fit, mlab_error *err)
{
    mlab_release(context, fit->levels);
    fit->n_levels = 0;
    fit->levels = mlab_allocate(context, states->n, sizeof *fit->levels);
    if (!fit->levels) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu states", states->n);
    for (; fit->n_levels < states->n; fit->n_levels++)
        if (!(fit->levels[fit->n_levels] = mlab_copy_text(context, states->names[fit->n_levels])))
            return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu states", states->n);
    return MLAB_OK;
}

static mlab_status fit_multistate(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    double *influence = mlab_allocate(context, fit->n_clusters, fit->n_parameters * sizeof *influence);
    if (!influence) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of %llu clusters", (unsigned long long)fit->n_clusters);
    mlab_status status = name_states(context, problem->states, fit, err);
    char *link = mlab_copy_text(context, "cloglog");
    if (link) {
        mlab_release(context, fit->link);
        fit->link = link;
    } else if (!status)
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    const ladder *l = prepared->own;
    for (size_t s = 0; !status && s < l->n; s++) {
        mlab_fit *one = NULL;
        if (!l->prepared[s]) continue;
        status = mlab_prepared_fit(context, l->prepared[s], &one, err);
        if (!status) status = put_blocks(one, &l->part[s], fit, influence, err);
        mlab_fit_free(one);
    }
    if (status) {
        mlab_release(context, influence);
        return status;
    }
    double observations = (double)problem->n;
    for (size_t i = 0; problem->weight && !problem->weights_sampling && i < problem->n; i++) observations += problem->weight[i] - 1;
    return mlab_fit_robust(context, prepared, fit, influence, observations, err);
}

/* A refit of one origin; start and estimate are of the whole. room: for its parameters and its rows' weights. */
static mlab_status refit_origin(const mlab_context *context, const mlab_prepared *one, const origin_rows *part, size_t width,
                                const mlab_refit_weights *weights, const double *start, double *room, double *estimate, mlab_refit_info *info,
                                mlab_error *err)
{
    size_t n = (part->problem.n_categories - 1) * width;
    double *row = room + n;
    mlab_refit_weights own = {.cluster = weights ? weights->cluster : NULL};
    for (size_t i = 0; weights && weights->row && i < part->problem.n; i++) row[i] = weights->row[part->place[i]];
    if (weights && weights->row) own.row = row;
    for (size_t a = 0; start && a < n; a++) room[a] = start[(size_t)part->transition[a / width] * width + a % width];
    mlab_refit_info got = {0};
    mlab_status status = mlab_prepared_refit(context, one, &own, start ? room : NULL, room, &got, err);
    if (status) return status;
    for (size_t a = 0; a < n; a++) estimate[(size_t)part->transition[a / width] * width + a % width] = room[a];
    if (got.trust != MLAB_TRUSTED) info->trust = got.trust;
    if (got.iterations > info->iterations) info->iterations = got.iterations;
    info->n_aliased += got.n_aliased;
    info->log_likelihood += got.log_likelihood;
    return MLAB_OK;
}

static mlab_status refit_multistate(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights,
                                    const double *start, double *estimate, mlab_refit_info *info, mlab_error *err)
{
    const ladder *l = prepared->own;
    mlab_status status = MLAB_OK;
    *info = (mlab_refit_info){.trust = MLAB_TRUSTED};
    double *room = mlab_allocate(context, prepared->n_parameters + prepared->problem->n, sizeof *room);
    if (!room) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a refit");
    for (size_t s = 0; s < l->n && !status; s++)
        if (l->prepared[s])
            status = refit_origin(context, l->prepared[s], &l->part[s], prepared->n_columns, weights, start, room, estimate, info, err);
    mlab_release(context, room);
    return status;
}

/* --- occupation --------------------------------------------------------------------------------------------- */

/* States of the transition that a block is named after, "from>to". */
static bool ends(const mlab_fit *fit, size_t block, size_t *from, size_t *to)
{
    const char *name = fit->blocks[block];
    for (*from = 0; *from < fit->n_levels; ++*from) {
        size_t length = strlen(fit->levels[*from]);
        if (strncmp(name, fit->levels[*from], length) != 0 || name[length] != '>') continue;
        for (*to = 0; *to < fit->n_levels; ++*to)
            if (strcmp(name + length + 1, fit->levels[*to]) == 0) return true;
    }
    return false;
}

static size_t width(const mlab_fit *fit, mlab_scale scale, size_t n_times)
{
    return scale == MLAB_SCALE_OCCUPATION ? n_times * fit->n_levels * fit->n_levels : 0;
}

/* step [S * S]: probabilities from the row's state to the column's over one period; place [n_blocks] of each transition in it. */
static void one_period(const mlab_fit *fit, const size_t *place, const double *eta, double *step)
{
    size_t n = fit->n_levels;
    memset(step, 0, n * n * sizeof *step);
    for (size_t t = 0; t < fit->n_blocks; t++) step[place[t]] = mlab_exp(fmin(eta[t], 600));
    for (size_t a = 0; a < n; a++) {
        double total = 0;
        for (size_t b = 0; b < n; b++) total += step[a * n + b];
        double any = -mlab_expm1(-total);
        for (size_t b = 0; b < n && total > 0; b++) step[a * n + b] *= any / total;
        step[a * n + a] = mlab_exp(-total);
    }
}

/* out [n * n_times * S * S]: probability to be in state b at the time when the period 0 began in state a; a time between two whole periods
 * counts as the earlier one. */
static mlab_status predict(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, const double *parameters, size_t n, const double *eta,
                           const double *share, const double *times, size_t n_times, double *out, mlab_error *err)
{
    (void)scale, (void)parameters, (void)share;
    size_t s = fit->n_levels, square = s * s, from, to;
    double *step = mlab_allocate(context, 3, square * sizeof *step);
    size_t *place = mlab_allocate(context, fit->n_blocks, sizeof *place);
    mlab_status status = step && place ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu states", s);
    for (size_t t = 0; t < fit->n_blocks && !status; t++)
        if (ends(fit, t, &from, &to))
            place[t] = from * s + to;
        else
            status = mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: \"%s\" is no transition between its states", fit->outcome, fit->blocks[t]);
    if (status) {
        mlab_release(context, step);
        mlab_release(context, place);
        return status;
    }
    double *now = step + square, *next = now + square;
    for (size_t i = 0; i < n; i++) {
        one_period(fit, place, eta + i * fit->n_blocks, step);
        for (size_t k = 0; k < square; k++) now[k] = 0;
        for (size_t k = 0; k < s; k++) now[k * s + k] = 1;
        double done = 0;
        for (size_t t = 0; t < n_times; t++) {
            for (; done + 1 <= times[t]; done++) {
                for (size_t a = 0; a < s; a++)
                    for (size_t b = 0; b < s; b++) {
                        double sum = 0;
                        for (size_t c = 0; c < s; c++) sum += now[a * s + c] * step[c * s + b];
                        next[a * s + b] = sum;
                    }
                memcpy(now, next, square * sizeof *now);
            }
            memcpy(out + (i * n_times + t) * square, now, square * sizeof *now);
        }
    }
    mlab_release(context, step);
    mlab_release(context, place);
    return MLAB_OK;
}

const mlab_model mlab_model_multistate = {
    .name = "multistate",
    .summary = "moves between states (grades) and exits: a discrete hazard for each transition",
    .kind = MLAB_OUTCOME_EVENT,
    .not_simulated = "moves between states are told, not simulated",
    .marks = MLAB_MODEL_BLOCK_EACH | MLAB_MODEL_STATES,
    .prepare = prepare,
    .release = release_ladder,
    .fit = fit_multistate,
    .refit = refit_multistate,
    .width = width,
    .predict = predict,
};
