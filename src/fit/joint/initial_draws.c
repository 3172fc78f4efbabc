/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects of people at drawn parameters of a model whose first values have equations of their own: what somebody answered first says of their effect
 * too. Each is drawn from the normal with the mean and variance that the quadrature has for it at the draw (fit/joint/joint_draws.c does the same for
 * joint models); the numbers are those of any mixed model: purpose EFFECT, entity = group.
 * Weakness: effects of a person with few yes or no answers are not normal.
 */
#include "fit/joint/initial.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"
#include "fit/joint/joint_draws.h"

#include <math.h>
#include <string.h>

enum { NODES = 15 };
static const double GAP = 1e-6; /* drawn thresholds of a first value that cross are set so far apart */

typedef struct drawing {
    const mlab_outcome_problem *main;
    const mlab_fit *fit;
    mlab_joint_model *model;
    double *psi, *placed; /* [n_parameters], [4 * n_people] at the estimates */
    size_t *place;        /* [groups] person of the model */
} drawing;

/* From the parameters of the mixed model, and of how people differ, to those of the joint one. */
static double to_joint(const drawing *d, const double *parameters, const double *spread)
{
    const mlab_joint_model *m = d->model;
    bool gaussian = m->parts->gaussian;
    double sd = gaussian ? spread[0] * exp(spread[1]) : spread[0], *psi = d->psi;
    size_t at = 0;
    for (size_t r = 0; r < m->n_parts; r++) {
        const mlab_joint_rows *part = &m->parts[r];
        size_t own = part->n_own - (r == 0 && gaussian);
        memcpy(psi + part->at, parameters + at, own * sizeof *psi);
        if (r == 0 && gaussian) psi[part->at + own] = spread[1];
        for (size_t k = 1; k < part->n_thresholds; k++)
            if (!(psi[part->at + k] > psi[part->at + k - 1])) psi[part->at + k] = psi[part->at + k - 1] + GAP;
        at += own;
        psi[m->entry[part->effect * m->q]] = r ? parameters[at++] * sd : sd;
    }
    mlab_joint_inward(m, psi);
    return sd;
}

static void copy_placed(const drawing *d, bool back)
{
    const mlab_joint_model *m = d->model;
    double *const arrays[] = {m->mode, m->factor, m->shift, m->spread};
    for (size_t k = 0; k < 4; k++) {
        double *own = d->placed + k * m->n_people;
        memcpy(back ? arrays[k] : own, back ? own : arrays[k], m->n_people * sizeof *own);
    }
}

static mlab_status settle(const drawing *d, size_t draw, mlab_error *err)
{
    double value;
    mlab_status status = mlab_joint_settle(d->model, d->psi, &value, err);
    if (status || value > -HUGE_VAL) return status;
    return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: people have no most likely effects at draw %zu of the parameters", d->fit->outcome, draw + 1);
}

static mlab_status start(drawing *d, const mlab_context *context, const mlab_joint_part_problem *parts, size_t n_parts, mlab_error *err)
{
    const mlab_random_grouping *random = d->main->problem.random;
    int64_t nodes = d->main->options.quadrature;
    mlab_status status = mlab_joint_make(context, parts, n_parts, MLAB_JOINT_SHARED, &d->model, err);
    if (status) return status;
    const mlab_joint_model *m = d->model;
    size_t n = d->fit->n_parameters + d->fit->n_spread, placed = 0;
    if (m->n_parameters != n || m->q != 1 || !mlab_joint_nodes(d->model, nodes > 1 ? (size_t)nodes : NODES))
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the fit is to other data", d->fit->outcome);
    d->psi = mlab_allocate(context, m->n_parameters, sizeof *d->psi);
    d->placed = mlab_allocate(context, m->n_people, 4 * sizeof *d->placed);
    d->place = mlab_allocate(context, random->n_groups, sizeof *d->place);
    if (!d->psi || !d->placed || !d->place) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for drawn effects of %s", d->fit->outcome);
    for (size_t g = 0; g < random->n_groups; g++) { /* both rise */
        while (placed < m->n_people && m->person[placed] < random->person[g]) placed++;
        if (placed == m->n_people || m->person[placed] != random->person[g])
            return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the fit is to other people", d->fit->outcome);
        d->place[g] = placed;
    }
    to_joint(d, d->fit->estimate, d->fit->spread);
    for (int k = 0; k < 2 && !status; k++) status = settle(d, 0, err); /* the second time with nodes where the first found the mean */
    copy_placed(d, false);
    return status;
}

static mlab_status draw_all(const drawing *d, size_t k, const double *spread, size_t stride, mlab_draws *draws, mlab_error *err)
{
    const mlab_joint_model *m = d->model;
    mlab_draws_effects *to = &draws->effects[draws->n_effects - 1];
    mlab_status status = MLAB_OK;
    for (size_t draw = 0; draw < draws->n_draws && !status; draw++) {
        mlab_address address = {.seed = draws->seed, .draw = (uint32_t)draw, .replicate = (uint32_t)k << 8, .purpose = MLAB_PURPOSE_EFFECT};
        double sd = to_joint(d, draws->value + draw * draws->n_parameters + draws->first[k], spread + draw * stride);
        copy_placed(d, true);
        if ((status = settle(d, draw, err))) return status;
        to->factor[draw] = fabs(sd);
        for (size_t g = 0; g < to->n_groups; g++) {
            size_t p = d->place[g];
            address.entity = (uint32_t)g;
            double v = m->mode[p] + (m->shift[p] + m->spread[p] * mlab_random_normal(&address, 0)) / m->factor[p];
            to->value[draw * to->n_groups + g] = sd * v;
        }
    }
    return status;
}

mlab_status mlab_initial_draw_effects(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome,
                                      const mlab_outcome_problem *main, const mlab_prepared *prepared, const mlab_fit *fit, size_t k,
                                      const double *spread, size_t stride, mlab_draws *draws, mlab_error *err)
{
    mlab_first_equations first;
    mlab_prepared *own[MLAB_FIRST_KINDS] = {NULL};
    mlab_joint_part_problem parts[1 + MLAB_FIRST_KINDS] = {{.prepared = prepared}};
    drawing d = {.main = main, .fit = fit};
    size_t n_parts = 1;
    mlab_status status = mlab_first_equations_make(data, outcome, main, &first, err);
    for (int kind = 0; kind < MLAB_FIRST_KINDS && !status; kind++) {
        const mlab_outcome_problem *made = first.made[kind];
        if (!made) continue;
        status = mlab_prepare(context, made->model, &made->problem, &made->options, &own[kind], err);
        parts[n_parts++].prepared = own[kind];
    }
    if (!status) status = start(&d, context, parts, n_parts, err);
    if (!status) status = draw_all(&d, k, spread, stride, draws, err);
    void *const memory[] = {d.psi, d.placed, d.place};
    for (size_t j = 0; j < sizeof memory / sizeof *memory; j++) mlab_release(context, memory[j]);
    mlab_joint_model_free(d.model);
    for (int kind = 0; kind < MLAB_FIRST_KINDS; kind++) mlab_prepared_free(own[kind]);
    mlab_first_equations_free(&first);
    return status;
}
