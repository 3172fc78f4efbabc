/* SPDX-License-Identifier: GPL-3.0-or-later */
/* To the maximum of the likelihood of a joint model by Newton steps with the observed information; where that is not positive definite, a part of
 * what the effects hide is added back, up to the whole information of the data with known effects, whose step is that of an EM gradient algorithm
 * and always leads up (Lange 1995, J. R. Statist. Soc. B 57, 425-437).
 * Weakness: a maximum nearby, not the highest of several.
 */
#include "fit/joint/joint.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { HALVINGS = 30 };
static const double SETTLED = 1e-14; /* squared decrement: 1e-7 standard errors */
static const double NOISE = 1e-11;   /* of a log-likelihood: what the rule itself is off between points */
static const double CLOSE = 1;       /* squared decrement below which the score counts for more than the likelihood */
static const double SHARES[] = {0, 0.05, 0.25, 1};

mlab_status mlab_joint_climb_start(const mlab_joint_model *model, mlab_joint_climb *c, mlab_error *err)
{
    size_t n = model->n_parameters;
    *c = (mlab_joint_climb){0};
    c->memory = mlab_allocate(model->context, 5 * n + 4 * n * n, sizeof *c->memory);
    c->left_out = mlab_allocate(model->context, n, 1);
    if (!c->memory || !c->left_out) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the information of %zu parameters", n);
    double *at = c->memory, **const vectors[] = {&c->psi, &c->gradient, &c->next, &c->next_gradient, &c->step};
    for (int k = 0; k < 5; k++, at += n) *vectors[k] = at;
    c->inverse = at;
    c->complete = at + n * n;
    c->information = at + 2 * n * n;
    c->work = at + 3 * n * n;
    return MLAB_OK;
}

void mlab_joint_climb_end(const mlab_joint_model *model, mlab_joint_climb *c)
{
    if (!model) return;
    mlab_release(model->context, c->memory);
    mlab_release(model->context, c->left_out);
}

/* The inverse of the observed information with `share` of what is hidden added; false when it is not positive definite. */
static bool invert(const mlab_joint_model *model, mlab_joint_climb *c, double share)
{
    size_t n = model->n_parameters;
    for (size_t i = 0; i < n * n; i++) c->inverse[i] = c->information[i] + share * (c->complete[i] - c->information[i]);
    if (share == 1) /* known effects leave a residual SD tied to the rest by rounding alone at the maximum, but not before it */
        for (size_t r = 0; r < model->n_parts; r++) {
            size_t at = model->parts[r].at + model->parts[r].n_own - 1;
            for (size_t j = 0; model->parts[r].gaussian && j < n; j++)
                if (j != at) c->inverse[at * n + j] = c->inverse[j * n + at] = 0;
        }
    return mlab_symmetric_invert(c->inverse, n, model->fixed, c->left_out, c->work) == 0;
}

static double find_step(const mlab_joint_model *model, mlab_joint_climb *c)
{
    size_t n = model->n_parameters;
    double decrement = 0;
    for (size_t i = 0; i < n; i++) {
        c->step[i] = 0;
        for (size_t j = 0; j < n; j++) c->step[i] += c->inverse[i * n + j] * c->gradient[j];
        decrement += c->step[i] * c->gradient[i];
    }
    return decrement;
}

static mlab_status try_part(mlab_joint_model *model, mlab_joint_climb *c, double part, double *value, mlab_error *err)
{
    for (size_t i = 0; i < model->n_parameters; i++) c->next[i] = c->psi[i] + part * c->step[i];
    return mlab_joint_evaluate(model, c->next, value, c->next_gradient, c->complete, c->information, err);
}

/* Along the step, halved until the likelihood rises. Close to the end a rule of few nodes tells the score better than the likelihood, whose nodes
 * move: then the whole step is taken. */
static mlab_status go(mlab_joint_model *model, mlab_joint_climb *c, bool *moved, mlab_error *err)
{
    size_t n = model->n_parameters;
    double part = 1, value = -HUGE_VAL, noise = NOISE * (fabs(c->value) + 1);
    const bool close = c->definite && c->decrement < CLOSE;
    mlab_status status = MLAB_OK;
    *moved = false;
    for (int h = 0; h < HALVINGS && !*moved && !(close && h > 1); h++, part /= 2) {
        if ((status = try_part(model, c, part, &value, err))) return status;
        *moved = value > -HUGE_VAL && value >= c->value + 1e-4 * part * c->decrement - noise;
    }
    if (!*moved && close) {
        if ((status = try_part(model, c, 1, &value, err))) return status;
        *moved = value > -HUGE_VAL;
    }
    if (!*moved) return mlab_joint_evaluate(model, c->psi, &c->value, c->gradient, c->complete, c->information, err);
    c->value = value;
    memcpy(c->psi, c->next, n * sizeof *c->psi);
    memcpy(c->gradient, c->next_gradient, n * sizeof *c->psi);
    return MLAB_OK;
}

mlab_status mlab_joint_climb_up(mlab_joint_model *model, int iterations, mlab_joint_climb *c, mlab_error *err)
{
    mlab_status status = mlab_joint_evaluate(model, c->psi, &c->value, c->gradient, c->complete, c->information, err);
    bool moved = true;
    c->converged = false;
    for (; !status && c->value > -HUGE_VAL; c->iterations++) {
        size_t k = 0;
        while (!(c->definite = invert(model, c, SHARES[k])) && ++k < sizeof SHARES / sizeof *SHARES) continue;
        if (!c->definite) return MLAB_OK;
        c->definite = k == 0;
        c->decrement = find_step(model, c);
        c->converged = c->definite && c->decrement <= (moved ? SETTLED : 1e-9);
        if (c->converged || !moved || c->iterations >= iterations) return MLAB_OK;
        status = go(model, c, &moved, err);
    }
    return status;
}
