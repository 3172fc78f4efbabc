/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a joint model: those of every part, person by person, cut into chunks of whole people that do not depend on the threads. Columns are
 * those of the engine of each part, centred and, where nearly collinear, mixed. */
#include "fit/joint/joint.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/mixed/mixed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 1024, BLOCK = 1024, FROM_EQUAL = 11 };
static const double REACH = 12; /* standard deviations that equally spaced nodes go out to at most */

static void free_part(const mlab_context *context, mlab_joint_rows *part)
{
    void *const memory[] = {part->first, part->x, part->z, part->offset, part->number, part->category, part->row, part->weight};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mlab_release(context, memory[i]);
}

void mlab_joint_model_free(mlab_joint_model *model)
{
    if (!model) return;
    for (size_t r = 0; model->parts && r < model->n_parts; r++) free_part(model->context, &model->parts[r]);
    void *const memory[] = {model->person,    model->parts,  model->entry,  model->fixed, model->chunk,  model->mode,
                            model->most_rows, model->factor, model->scores, model->shift, model->spread, model->weight};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mlab_release(model->context, memory[i]);
    mlab_joint_priors_free(model);
    mlab_release(model->context, model);
}

/* Few nodes: Gauss-Hermite's, exact for a normal density times a polynomial. More: equally spaced, out to where both the ends left out and the
 * spacing cost least for a normal density; they do as well for one that is skewed or steep. */
bool mlab_joint_nodes(mlab_joint_model *model, size_t n)
{
    if (n < 1 || n > MLAB_JOINT_NODES) return false;
    model->n_nodes = n;
    if (n < FROM_EQUAL) return mlab_quadrature_rule(n, model->node, model->log_weight);
    double reach = fmin(sqrt(3.14159265358979323846 * (double)(n - 1)), REACH), apart = 2 * reach / (double)(n - 1);
    for (size_t i = 0; i < n; i++) {
        double x = model->node[i] = ((double)i - 0.5 * (double)(n - 1)) * apart;
        model->log_weight[i] = log(apart) - 0.918938533204672741780 - 0.5 * x * x;
    }
    return true;
}

/* --- people ------------------------------------------------------------------------------------------------- */

static uint32_t rank_of(const mlab_fit_problem *problem, size_t cluster)
{
    return problem->cluster_id ? problem->cluster_id[cluster] : (uint32_t)cluster;
}

static int by_rank(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Everybody who has a row in some part. */
static mlab_status find_people(mlab_joint_model *model, mlab_error *err)
{
    size_t n = 0;
    for (size_t r = 0; r < model->n_parts; r++) n += model->parts[r].prepared->problem->n_clusters;
    model->person = mlab_allocate(model->context, n, sizeof *model->person);
    if (!model->person) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu people", n);
    n = 0;
    for (size_t r = 0; r < model->n_parts; r++) {
        const mlab_fit_problem *problem = model->parts[r].prepared->problem;
        for (size_t g = 0; g < problem->n_clusters; g++) model->person[n++] = rank_of(problem, g);
    }
    qsort(model->person, n, sizeof *model->person, by_rank);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || model->person[i] != model->person[model->n_people - 1]) model->person[model->n_people++] = model->person[i];
    return MLAB_OK;
}

/* to [n]: place of each row of the problem when people stand together. */
static mlab_status sort_rows(const mlab_joint_model *model, mlab_joint_rows *part, size_t *to, mlab_error *err)
{
    const mlab_fit_problem *problem = part->prepared->problem;
    size_t *person = mlab_allocate(model->context, problem->n_clusters, sizeof *person);
    if (!person) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu people", problem->n_clusters);
    for (size_t g = 0; g < problem->n_clusters; g++) {
        uint32_t rank = rank_of(problem, g);
        const uint32_t *found = bsearch(&rank, model->person, model->n_people, sizeof *model->person, by_rank);
        person[g] = found ? (size_t)(found - model->person) : 0;
    }
    for (size_t i = 0; i < part->n; i++) part->first[person[problem->cluster[i]] + 1]++;
    for (size_t g = 0; g < model->n_people; g++) part->first[g + 1] += part->first[g];
    for (size_t i = 0; i < part->n; i++) to[i] = part->first[person[problem->cluster[i]]]++;
    for (size_t g = model->n_people; g > 0; g--) part->first[g] = part->first[g - 1];
    part->first[0] = 0;
    mlab_release(model->context, person);
    return MLAB_OK;
}

/* --- rows of a part ----------------------------------------------------------------------------------------- */

static mlab_status copy_columns(const mlab_joint_model *model, mlab_joint_rows *part, const size_t *to, mlab_error *err)
{
    const mlab_tiles *tiles = part->engine->tiles;
    mlab_status status = MLAB_OK;
    double *scratch = mlab_allocate(model->context, mlab_tiles_scratch(tiles), sizeof *scratch);
    if (!scratch) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a design");
    for (size_t tile = 0; tile < tiles->n_tiles && !status; tile++) {
        const double *x, *offset;
        size_t n = mlab_tiles_rows(tiles, tile), from = tile * MLAB_TILE;
        if ((status = mlab_tiles_get(tiles, tile, scratch, &x, &offset, err))) break;
        for (size_t j = 0; j < part->p; j++) {
            bool aliased = part->engine->aliased[part->n_thresholds + j];
            for (size_t i = 0; i < n; i++) part->x[to[from + i] * part->p + j] = aliased ? 0 : x[j * MLAB_TILE + i];
        }
        for (size_t i = 0; i < n; i++) part->offset[to[from + i]] = offset[i];
    }
    mlab_release(model->context, scratch);
    return status;
}

static mlab_status copy_effects(const mlab_joint_model *model, mlab_joint_rows *part, const mlab_design *design, const size_t *to, mlab_error *err)
{
    const mlab_fit_problem *problem = part->prepared->problem;
    mlab_status status = MLAB_OK;
    uint32_t rows[BLOCK];
    double *block = mlab_allocate(model->context, BLOCK, (part->n_z + 1) * sizeof *block);
    if (!block) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu effects", part->n_z);
    for (size_t at = 0; at < part->n && !status; at += BLOCK) {
        size_t n = part->n - at < BLOCK ? part->n - at : BLOCK;
        for (size_t i = 0; i < n; i++) rows[i] = problem->rows ? problem->rows[at + i] : (uint32_t)(at + i);
        status = mlab_design_fill(design, problem->table, rows, 0, n, block, block + BLOCK * part->n_z, err);
        for (size_t i = 0; i < n && !status; i++) memcpy(part->z + to[at + i] * part->n_z, block + i * part->n_z, part->n_z * sizeof *block);
    }
    mlab_release(model->context, block);
    return status;
}

static mlab_status copy_part(const mlab_joint_model *model, mlab_joint_rows *part, const mlab_design *effects, mlab_error *err)
{
    const mlab_context *context = model->context;
    const mlab_fit_problem *problem = part->prepared->problem;
    const double *number = part->engine->number ? part->engine->number : problem->number;
    size_t *to = mlab_allocate(context, part->n, sizeof *to);
    part->first = mlab_allocate(context, model->n_people + 1, sizeof *part->first);
    part->x = mlab_allocate(context, part->n, part->p * sizeof *part->x);
    part->offset = mlab_allocate(context, part->n, sizeof *part->offset);
    part->row = mlab_allocate(context, part->n, sizeof *part->row);
    if (problem->weight) part->weight = mlab_allocate(context, part->n, sizeof *part->weight);
    if (effects) part->z = mlab_allocate(context, part->n, part->n_z * sizeof *part->z);
    if (number) part->number = mlab_allocate(context, part->n, sizeof *part->number);
    if (problem->category) part->category = mlab_allocate(context, part->n, sizeof *part->category);
    bool whole = to && part->first && part->x && part->offset && part->row && (part->weight || !problem->weight) && (part->z || !effects);
    whole = whole && (part->number || !number) && (part->category || !problem->category);
    mlab_status status = whole ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a joint model of %zu rows", part->n);
    if (!status) status = sort_rows(model, part, to, err);
    if (!status) status = copy_columns(model, part, to, err);
    if (!status && effects) status = copy_effects(model, part, effects, to, err);
    for (size_t i = 0; i < part->n && !status; i++) {
        part->row[to[i]] = problem->rows ? problem->rows[i] : (uint32_t)i;
        if (problem->weight) part->weight[to[i]] = problem->weight[i];
        if (number) part->number[to[i]] = number[i];
        if (problem->category) part->category[to[i]] = problem->category[i];
    }
    mlab_release(context, to);
    return status;
}

/* --- the whole ---------------------------------------------------------------------------------------------- */

static mlab_status describe_part(mlab_joint_model *model, const mlab_joint_part_problem *from, mlab_joint_rows *part, mlab_error *err)
{
    const mlab_prepared *prepared = from->prepared;
    const mlab_fit_problem *problem = prepared->problem;
    const char *name = problem->outcome ? problem->outcome : "outcome";
    if (prepared->model->release != mlab_engine_release || ((const mlab_engine *)prepared->own)->family->left_out)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL,
                          "%s: model %s cannot be part of a joint model; allowed: hazard, ordinal, linear, lognormal, logit, cloglog, probit, "
                          "multinomial, poisson",
                          name, prepared->model->name);
    const bool several = problem->n_nominal || problem->n_scale;
    if (!problem->cluster || prepared->options.penalty || several)
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: %s in a joint model are not built yet", name,
                          several            ? "effects that differ by threshold or act on the scale"
                          : problem->cluster ? "penalties"
                                             : "rows without a person");
    const mlab_engine *engine = prepared->own;
    *part = (mlab_joint_rows){.prepared = prepared,
                              .engine = engine,
                              .gaussian = engine->family->additive || engine->family->log_number,
                              .n = problem->n,
                              .p = engine->p,
                              .n_eta = engine->n_eta,
                              .n_thresholds = engine->n_thresholds,
                              .at = model->n_parameters,
                              .effect = model->n_effects,
                              .effects = from->effects,
                              .n_z = from->effects ? mlab_design_columns(from->effects) : 1};
    part->n_pieces = part->n_thresholds ? 3 : part->n_eta * (part->n_eta + 1) / 2;
    part->n_own = part->n_thresholds + part->n_eta * part->p + part->gaussian;
    model->n_parameters += part->n_own;
    model->n_effects += part->n_eta * part->n_z;
    if (model->n_effects > MLAB_JOINT_EFFECTS)
        return mlab_raise(err, MLAB_ERR_FIT_RANK, "%s: a joint model has up to %zu effects of a person", name, MLAB_JOINT_EFFECTS);
    return MLAB_OK;
}

/* Which entries of Lambda are free: a triangle for the effects of the first part; below it all its columns (a loading), and, with effects of
 * their own, a diagonal or a triangle. */
static mlab_status free_entries(mlab_joint_model *model, mlab_joint_effects effects, mlab_error *err)
{
    size_t own = model->parts[0].n_eta * model->parts[0].n_z;
    model->q = effects == MLAB_JOINT_SHARED ? own : model->n_effects;
    if (model->q > MLAB_JOINT_NORMALS)
        return mlab_raise(err, MLAB_ERR_FIT_RANK, "a joint model takes up to %zu independent effects of a person; this one has %zu%s",
                          MLAB_JOINT_NORMALS, model->q, effects == MLAB_JOINT_SHARED ? "" : ": take effects: shared");
    model->entry = mlab_allocate(model->context, model->n_effects, model->q * sizeof *model->entry);
    if (!model->entry) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the effects of people");
    model->lambda_at = model->n_parameters;
    for (size_t e = 0; e < model->n_effects; e++)
        for (size_t a = 0; a < model->q; a++) {
            bool free = a <= e && (a < own || a == e || effects == MLAB_JOINT_CORRELATED);
            model->entry[e * model->q + a] = free ? model->n_parameters++ : SIZE_MAX;
        }
    model->n_entries = model->n_parameters - model->lambda_at;
    if (model->n_parameters > MLAB_MOST_PARAMETERS)
        return mlab_raise(err, MLAB_ERR_FIT_RANK, "a joint model has up to %zu parameters; this one has %zu", MLAB_MOST_PARAMETERS,
                          model->n_parameters);
    return MLAB_OK;
}

static void cut(mlab_joint_model *model)
{
    size_t begin = 0;
    for (size_t g = 0; g < model->n_people; g++) {
        size_t rows = 0;
        for (size_t r = 0; r < model->n_parts; r++) rows += model->parts[r].first[g + 1] - model->parts[r].first[begin];
        if (g + 1 < model->n_people && rows < CHUNK_ROWS) continue;
        for (size_t r = 0; r < model->n_parts; r++) {
            size_t own = (model->parts[r].first[g + 1] - model->parts[r].first[begin] + MLAB_TILE - 1) / MLAB_TILE * MLAB_TILE;
            if (own > model->most_rows[r]) model->most_rows[r] = own;
        }
        if (g + 1 - begin > model->most_people) model->most_people = g + 1 - begin;
        model->chunk[++model->n_chunks] = begin = g + 1;
    }
}

static mlab_status make(mlab_joint_model *model, const mlab_joint_part_problem *parts, mlab_joint_effects effects, mlab_error *err)
{
    const mlab_context *context = model->context;
    mlab_status status = MLAB_OK;
    for (size_t r = 0; r < model->n_parts && !status; r++) status = describe_part(model, &parts[r], &model->parts[r], err);
    if (!status) status = free_entries(model, effects, err);
    if (!status) status = find_people(model, err);
    for (size_t r = 0; r < model->n_parts && !status; r++) status = copy_part(model, &model->parts[r], parts[r].effects, err);
    if (!status) status = mlab_joint_weigh(model, err);
    if (status) return status;
    model->fixed = mlab_allocate(context, model->n_parameters, 1);
    model->chunk = mlab_allocate(context, model->n_people + 1, sizeof *model->chunk);
    model->most_rows = mlab_allocate(context, model->n_parts, sizeof *model->most_rows);
    model->mode = mlab_allocate(context, model->n_people, model->q * sizeof *model->mode);
    model->factor = mlab_allocate(context, model->n_people, model->q * model->q * sizeof *model->factor);
    model->shift = mlab_allocate(context, model->n_people, model->q * sizeof *model->shift);
    model->spread = mlab_allocate(context, model->n_people, model->q * model->q * sizeof *model->spread);
    if (!model->fixed || !model->chunk || !model->most_rows || !model->mode || !model->factor || !model->shift || !model->spread)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a joint model of %zu people", model->n_people);
    for (size_t r = 0; r < model->n_parts; r++)
        memcpy(model->fixed + model->parts[r].at, model->parts[r].engine->aliased, model->parts[r].engine->n_parameters);
    for (size_t g = 0; g < model->n_people; g++)
        for (size_t a = 0; a < model->q; a++) model->spread[(g * model->q + a) * model->q + a] = 1;
    cut(model);
    return MLAB_OK;
}

mlab_status mlab_joint_make(const mlab_context *context, const mlab_joint_part_problem *parts, size_t n_parts, mlab_joint_effects effects,
                            mlab_joint_model **out, mlab_error *err)
{
    *out = NULL;
    mlab_joint_model *model = mlab_allocate(context, 1, sizeof *model);
    if (!model) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a joint model");
    model->context = context;
    model->n_parts = n_parts;
    model->parts = mlab_allocate(context, n_parts, sizeof *model->parts);
    mlab_status status = model->parts ? make(model, parts, effects, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a joint model");
    if (status) {
        mlab_joint_model_free(model);
        model = NULL;
    }
    *out = model;
    return status;
}
