/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of a joint model: the parameters from their joint normal with the robust covariance (fit/joint/joint_redraw.c: by refits), thresholds as the
 * first and the logs of the gaps, diagonals of Lambda as logarithms where they are more than two errors from 0, so that any draw is a covariance;
 * then the effects of everybody in the data, normal with the mean and covariance that the quadrature has for them at the drawn parameters. One v a
 * person makes the effects of all parts, so that they go together in a draw as in the model. Draw d is a function of the seed and d alone: numbers
 * have the purposes PARAMETERS (entity = parameter) and EFFECT (period 1, entity = person).
 * Weakness: effects of a person with few yes or no answers are not normal.
 */
#include "fit/joint/joint_draws.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/text.h"
#include "fit/small.h"

#include <math.h>
#include <string.h>

static const double SEEN = 2; /* errors from 0 that a diagonal needs to be drawn as a logarithm */

/* --- scales --------------------------------------------------------------------------------------------------------- */

void mlab_joint_inward(const mlab_joint_model *model, double *psi)
{
    for (size_t r = 0; r < model->n_parts; r++) mlab_engine_inward(model->parts[r].engine, psi + model->parts[r].at);
}

void mlab_joint_outward(const mlab_joint_model *model, double *psi)
{
    for (size_t r = 0; r < model->n_parts; r++) mlab_engine_outward(model->parts[r].engine, psi + model->parts[r].at);
}

void mlab_joint_positive(const mlab_joint_model *model, double *psi)
{
    for (size_t a = 0; a < model->q; a++) {
        if (!(psi[model->entry[a * model->q + a]] < 0)) continue;
        for (size_t e = 0; e < model->n_effects; e++) {
            size_t entry = model->entry[e * model->q + a];
            if (entry != SIZE_MAX) psi[entry] = -psi[entry];
        }
    }
}

static const double *covariance_of(const mlab_fit *fit)
{
    return fit->robust ? fit->robust : fit->covariance;
}

/* Whether entry j is a diagonal of Lambda that is drawn as its logarithm. */
static bool is_logged(const mlab_joint_drawing *d, size_t j)
{
    const mlab_joint_model *m = d->model;
    for (size_t a = 0; a < m->q; a++)
        if (m->entry[a * m->q + a] == j) return d->fit->estimate[j] > SEEN * sqrt(fmax(covariance_of(d->fit)[j * d->n + j], 0));
    return false;
}

/* In place: to the unbounded scale (+1), back (-1). */
static void turn_over(const mlab_joint_drawing *d, double *psi, int way)
{
    const mlab_joint_model *m = d->model;
    for (size_t r = 0; r < m->n_parts; r++) {
        double *t = psi + m->parts[r].at;
        size_t T = m->parts[r].n_thresholds;
        for (size_t k = 1; way < 0 && k < T; k++) t[k] = t[k - 1] + exp(t[k]);
        for (size_t k = T; way > 0 && k-- > 1;) t[k] = log(t[k] - t[k - 1]);
    }
    for (size_t j = m->lambda_at; j < d->n; j++)
        if (is_logged(d, j)) psi[j] = way > 0 ? log(psi[j]) : exp(psi[j]);
}

/* In place: a small change of the parameters as one of those of the unbounded scale. */
static void deviate(const mlab_joint_drawing *d, double *v)
{
    const mlab_joint_model *m = d->model;
    const double *at = d->fit->estimate;
    for (size_t r = 0; r < m->n_parts; r++) {
        size_t first = m->parts[r].at;
        for (size_t k = m->parts[r].n_thresholds; k-- > 1;) v[first + k] = (v[first + k] - v[first + k - 1]) / (at[first + k] - at[first + k - 1]);
    }
    for (size_t j = m->lambda_at; j < d->n; j++)
        if (is_logged(d, j)) v[j] /= at[j];
}

/* --- normal draws ------------------------------------------------------------------------------------------------------ */

/* Lower Cholesky factor of the covariance on the unbounded scale; aliased parameters are rows of 0. column [n]. */
static mlab_status factor(const mlab_joint_drawing *d, double *a, double *column, mlab_error *err)
{
    size_t n = d->n;
    memcpy(a, covariance_of(d->fit), n * n * sizeof *a);
    for (size_t i = 0; i < n; i++) deviate(d, a + i * n);
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < n; i++) column[i] = a[i * n + j];
        deviate(d, column);
        for (size_t i = 0; i < n; i++) a[i * n + j] = column[i];
    }
    size_t j = mlab_factor_covariance(a, n, d->model->fixed);
    if (j < n)
        return mlab_raise(err, MLAB_ERR_FIT_COVARIANCE,
                          "%s: the covariance of its parameters is not positive definite: %s has no variance of its own (are there fewer people "
                          "than parameters?)",
                          d->fit->outcome, d->fit->names[j]);
    return MLAB_OK;
}

static mlab_status draw_normal(mlab_joint_drawing *d, mlab_error *err)
{
    size_t n = d->n;
    double *l = mlab_allocate(d->context, n, n * sizeof *l), *centre = mlab_allocate(d->context, n, sizeof *centre);
    mlab_status status = l && centre ? factor(d, l, centre, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws of %s", d->fit->outcome);
    if (!status) {
        memcpy(centre, d->fit->estimate, n * sizeof *centre);
        turn_over(d, centre, 1);
    }
    for (size_t k = 0; k < d->draws->n_draws && !status; k++) {
        double *to = d->all + k * n;
        memcpy(to, centre, n * sizeof *to);
        for (size_t j = 0; j < n; j++) {
            if (d->model->fixed[j]) continue;
            mlab_address address = {.seed = d->draws->seed, .draw = (uint32_t)k, .entity = (uint32_t)j, .purpose = MLAB_PURPOSE_PARAMETERS};
            double z = mlab_random_normal(&address, 0);
            for (size_t i = j; i < n; i++) to[i] += l[i * n + j] * z;
        }
        turn_over(d, to, -1);
        mlab_joint_positive(d->model, to);
    }
    mlab_release(d->context, l);
    mlab_release(d->context, centre);
    return status;
}

/* --- effects of people ----------------------------------------------------------------------------------------------------- */

static size_t placed_size(const mlab_joint_model *m)
{
    return m->n_people * m->q * (2 + 2 * m->q);
}

static void copy_placed(mlab_joint_model *m, double *placed, bool from)
{
    double *const arrays[] = {m->mode, m->factor, m->shift, m->spread};
    size_t one = m->n_people * m->q;
    for (int k = 0; k < 4; k++) {
        size_t n = k % 2 ? one * m->q : one;
        memcpy(from ? arrays[k] : placed, from ? placed : arrays[k], n * sizeof *placed);
        placed += n;
    }
}

void mlab_joint_replace(const mlab_joint_drawing *d, mlab_joint_model *model)
{
    copy_placed(model, d->placed, true);
}

/* Everybody at the estimates, twice: the second time with nodes where the first found the mean. */
static mlab_status settle(mlab_joint_drawing *d, mlab_error *err)
{
    double value;
    memcpy(d->psi, d->fit->estimate, d->n * sizeof *d->psi);
    mlab_joint_inward(d->model, d->psi);
    for (int k = 0; k < 2; k++) {
        mlab_status status = mlab_joint_settle(d->model, d->psi, &value, err);
        if (status) return status;
        if (!(value > -HUGE_VAL))
            return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: people have no most likely effects at the estimates", d->fit->outcome);
    }
    copy_placed(d->model, d->placed, false);
    return MLAB_OK;
}

/* v [q] of person g: the mean and covariance of the quadrature. */
static void draw_person(const mlab_joint_model *m, size_t g, mlab_address *address, double *v)
{
    size_t q = m->q;
    double z[MLAB_JOINT_NORMALS];
    const double *spread = m->spread + g * q * q;
    address->entity = (uint32_t)g;
    for (size_t a = 0; a < q; a++) z[a] = mlab_random_normal(address, (uint32_t)a);
    for (size_t a = 0; a < q; a++) {
        v[a] = m->shift[g * q + a];
        for (size_t b = 0; b <= a; b++) v[a] += spread[a * q + b] * z[b];
    }
    mlab_small_solve_upper(m->factor + g * q * q, q, v);
    for (size_t a = 0; a < q; a++) v[a] += m->mode[g * q + a];
}

static double lambda_of(const mlab_joint_model *m, const double *psi, size_t e, size_t a)
{
    size_t entry = m->entry[e * m->q + a];
    return entry == SIZE_MAX ? 0 : psi[entry];
}

/* The effects of draw k, where psi is. */
static void put_effects(mlab_joint_drawing *d, size_t k, const double *psi)
{
    const mlab_joint_model *m = d->model;
    mlab_address address = {.seed = d->draws->seed, .draw = (uint32_t)k, .period = 1, .purpose = MLAB_PURPOSE_EFFECT};
    for (size_t g = 0; g < m->n_people; g++) {
        double v[MLAB_JOINT_NORMALS];
        draw_person(m, g, &address, v);
        for (size_t r = 0; r < m->n_parts; r++) {
            mlab_draws_effects *to = &d->draws->effects[r];
            for (size_t e = 0; e < to->n; e++) {
                double sum = 0;
                for (size_t a = 0; a < m->q; a++) sum += lambda_of(m, psi, m->parts[r].effect + e, a) * v[a];
                to->value[(k * to->n_groups + g) * to->n + e] = sum;
            }
        }
    }
    for (size_t r = 0; r < m->n_parts; r++) {
        mlab_draws_effects *to = &d->draws->effects[r];
        for (size_t e = 0; e < to->n; e++)
            for (size_t a = 0; a < m->q; a++) to->factor[(k * to->n + e) * m->q + a] = lambda_of(m, psi, m->parts[r].effect + e, a);
    }
}

static mlab_status draw_effects(mlab_joint_drawing *d, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    double value, *psi = mlab_allocate(d->context, d->n, sizeof *psi);
    if (!psi) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws of %s", d->fit->outcome);
    for (size_t k = 0; k < d->draws->n_draws && !status; k++) {
        if (d->context->cancelled && d->context->cancelled(d->context->user)) {
            status = mlab_raise(err, MLAB_ERR_CANCELLED, "stopped on request");
            break;
        }
        memcpy(psi, d->all + k * d->n, d->n * sizeof *psi);
        mlab_joint_inward(d->model, psi);
        mlab_joint_replace(d, d->model);
        status = mlab_joint_settle(d->model, psi, &value, err);
        if (!status && !(value > -HUGE_VAL))
            status =
                mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: people have no most likely effects at draw %zu of the parameters", d->fit->outcome, k + 1);
        if (!status) put_effects(d, k, psi);
    }
    mlab_release(d->context, psi);
    return status;
}

/* --- the frame ---------------------------------------------------------------------------------------------------------------- */

/* What belongs to no part alone: log residual standard deviations, entries of Lambda. */
static size_t list_rest(const mlab_joint_model *m, size_t *at)
{
    size_t n = 0;
    for (size_t r = 0; r < m->n_parts; r++)
        if (m->parts[r].gaussian) at[n++] = m->parts[r].at + m->parts[r].n_own - 1;
    for (size_t j = m->lambda_at; j < m->n_parameters; j++) at[n++] = j;
    return n;
}

static mlab_status make_frame(mlab_joint_drawing *d, mlab_draws_kind kind, size_t n_draws, const size_t *rest, size_t n_rest, mlab_error *err)
{
    const mlab_joint *joint = d->fit->joint;
    const mlab_fit **fits = mlab_allocate(d->context, joint->n_parts + 1, sizeof *fits);
    char **names = mlab_allocate(d->context, n_rest, sizeof *names);
    double *estimate = mlab_allocate(d->context, n_rest, sizeof *estimate);
    mlab_fit tied = {.outcome = d->fit->outcome, .n_parameters = n_rest, .names = names, .estimate = estimate};
    mlab_status status = fits && names && estimate ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws of %s", d->fit->outcome);
    for (size_t k = 0; k < n_rest && !status; k++) names[k] = d->fit->names[rest[k]], estimate[k] = d->fit->estimate[rest[k]];
    for (size_t r = 0; r < joint->n_parts && !status; r++) fits[r] = joint->parts[r];
    if (!status) {
        fits[joint->n_parts] = &tied;
        status = mlab_draws_frame(d->context, kind, fits, joint->n_parts + 1, n_draws, &d->draws, err);
    }
    mlab_release(d->context, fits);
    mlab_release(d->context, names);
    mlab_release(d->context, estimate);
    return status;
}

static void place_parameters(mlab_joint_drawing *d, const size_t *rest, size_t n_rest)
{
    const mlab_joint_model *m = d->model;
    mlab_draws *draws = d->draws;
    for (size_t k = 0; k < draws->n_draws; k++) {
        const double *from = d->all + k * d->n;
        double *to = draws->value + k * draws->n_parameters;
        for (size_t r = 0; r < m->n_parts; r++) memcpy(to + draws->first[r], from + m->parts[r].at, m->parts[r].engine->n_parameters * sizeof *to);
        for (size_t j = 0; j < n_rest; j++) to[draws->first[m->n_parts] + j] = from[rest[j]];
    }
}

static mlab_status make_effects(mlab_joint_drawing *d, mlab_error *err)
{
    const mlab_context *context = d->context;
    const mlab_joint_model *m = d->model;
    mlab_draws *draws = d->draws;
    if (!(draws->effects = mlab_allocate(context, m->n_parts, sizeof *draws->effects)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws of %s", d->fit->outcome);
    for (size_t r = 0; r < m->n_parts; r++) {
        mlab_draws_effects *e = &draws->effects[draws->n_effects++];
        size_t n = m->parts[r].n_eta * m->parts[r].n_z;
        *e = (mlab_draws_effects){.outcome = r, .n_groups = m->n_people, .n = n, .people = true, .n_normals = m->q, .tie = 1};
        e->group = mlab_copy_text(context, "person");
        e->key = mlab_allocate(context, m->n_people, sizeof *e->key);
        e->place = mlab_allocate(context, m->n_people, sizeof *e->place);
        e->factor = mlab_allocate(context, draws->n_draws, n * m->q * sizeof *e->factor);
        e->value =
            m->n_people <= SIZE_MAX / (n * sizeof *e->value) ? mlab_allocate(context, draws->n_draws, m->n_people * n * sizeof *e->value) : NULL;
        if (!e->group || !e->key || !e->place || !e->factor || !e->value)
            return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for drawn effects of %zu people", m->n_people);
        memcpy(e->key, m->person, m->n_people * sizeof *e->key);
    }
    return MLAB_OK;
}

/* --- the whole ------------------------------------------------------------------------------------------------------------------ */

static mlab_status check(const mlab_fit *fit, mlab_error *err)
{
    if (!fit->joint || fit->joint->n_nodes < 1) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s is no joint model", fit->outcome);
    bool broken = fit->trust == MLAB_NOT_CONVERGED || fit->trust == MLAB_SEPARATED || fit->trust == MLAB_INDEFINITE ||
                  fit->trust == MLAB_TOO_FEW_CLUSTERS || fit->trust == MLAB_ON_BOUNDARY;
    if (broken)
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: no draws can be made of a joint model that is %s: %s", fit->outcome,
                          mlab_trust_name(fit->trust), fit->reason);
    return MLAB_OK;
}

mlab_status mlab_joint_draw_parameters(mlab_joint_model *model, const mlab_fit *fit, size_t n_draws, uint64_t seed, double *all, mlab_error *err)
{
    mlab_draws draws = {.n_draws = n_draws, .seed = seed};
    mlab_joint_drawing d = {.context = model->context, .model = model, .fit = fit, .n = model->n_parameters, .all = all, .draws = &draws};
    if (check(fit, NULL)) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "no draws can be made of a joint model that is %s", mlab_trust_name(fit->trust));
    return draw_normal(&d, err);
}

static mlab_status start(mlab_joint_drawing *d, const mlab_joint_part_problem *parts, size_t n_parts, size_t n_draws, mlab_error *err)
{
    mlab_status status = mlab_joint_make(d->context, parts, n_parts, d->fit->joint->effects, &d->model, err);
    if (status) return status;
    d->n = d->model->n_parameters;
    if (d->n != d->fit->n_parameters || d->model->n_people != d->fit->random->n_groups)
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the fit is to other data", d->fit->outcome);
    for (size_t k = 0; k < d->fit->n_priors && !status; k++)
        status = mlab_joint_add_prior(d->model, d->fit->priors[k].parameter, d->fit->priors[k].mean, d->fit->priors[k].sd, err);
    if (status) return status;
    if (!mlab_joint_nodes(d->model, d->fit->joint->n_nodes)) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: too many nodes", d->fit->outcome);
    d->psi = mlab_allocate(d->context, d->n, sizeof *d->psi);
    d->placed = mlab_allocate(d->context, placed_size(d->model), sizeof *d->placed);
    d->all = mlab_allocate(d->context, n_draws, d->n * sizeof *d->all);
    if (!d->psi || !d->placed || !d->all) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu draws of %s", n_draws, d->fit->outcome);
    return settle(d, err);
}

static mlab_status work(mlab_joint_drawing *d, mlab_draws_kind kind, size_t n_draws, uint64_t seed, mlab_error *err)
{
    size_t *rest = mlab_allocate(d->context, d->n, sizeof *rest), n_rest;
    if (!rest) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws of %s", d->fit->outcome);
    n_rest = list_rest(d->model, rest);
    mlab_status status = make_frame(d, kind, n_draws, rest, n_rest, err);
    if (!status) {
        d->draws->seed = seed;
        status = make_effects(d, err);
    }
    if (!status) status = kind == MLAB_DRAWS_NORMAL ? draw_normal(d, err) : mlab_joint_redraw(d, kind == MLAB_DRAWS_PARAMETRIC, err);
    if (!status) {
        place_parameters(d, rest, n_rest);
        status = draw_effects(d, err);
    }
    mlab_release(d->context, rest);
    return status;
}

mlab_status mlab_joint_draw_parts(const mlab_context *context, const mlab_joint_part_problem *parts, size_t n_parts, const mlab_fit *fit,
                                  mlab_draws_kind kind, size_t n_draws, uint64_t seed, mlab_draws **draws, mlab_error *err)
{
    mlab_joint_drawing d = {.context = context, .fit = fit};
    *draws = NULL;
    if (n_draws > UINT32_MAX) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%zu draws are asked for; allowed: up to %lu", n_draws, 4294967295ul);
    if (kind != MLAB_DRAWS_NORMAL && kind != MLAB_DRAWS_BOOTSTRAP && kind != MLAB_DRAWS_PARAMETRIC)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "draws of a joint model are normal, bootstrap or parametric");
    mlab_status status = check(fit, err);
    if (!status) status = start(&d, parts, n_parts, n_draws, err);
    if (!status) status = work(&d, kind, n_draws, seed, err);
    mlab_joint_model_free(d.model);
    void *const memory[] = {d.psi, d.placed, d.all};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    if (status) {
        mlab_draws_free(d.draws);
        return status;
    }
    *draws = d.draws;
    return MLAB_OK;
}
