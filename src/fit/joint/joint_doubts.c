/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is doubtful of a joint model that was fitted: people with too few answers, effects that are 0 or cannot be told from it, a climb that did not
 * settle, parts that were doubtful alone, a quadrature too coarse. Weakness: the finer quadrature is tried for one step alone. */
#include "fit/joint/joint_parts.h"

#include <math.h>

static const double SEEN = 2;   /* standard errors from 0 that a standard deviation needs for associations with it */
static const double FAR = 0.05; /* standard errors that a finer rule may move a parameter without a word */

double mlab_joint_root_mean_square(const mlab_joint_rows *part, size_t c)
{
    double sum = 0;
    for (size_t i = 0; part->z && i < part->n; i++) sum += part->z[i * part->n_z + c] * part->z[i * part->n_z + c];
    return part->z && sum > 0 ? sqrt(sum / (double)part->n) : 1;
}

static mlab_status doubt_first(const mlab_joint_model *model, mlab_fit *fit, const char *name, mlab_error *err)
{
    const mlab_joint_rows *part = &model->parts[0];
    size_t repeated = 0;
    for (size_t g = 0; g < model->n_people; g++) repeated += part->first[g + 1] - part->first[g] > 1;
    if (repeated * 10 >= model->n_people || repeated >= 50) return MLAB_OK;
    return mlab_fit_doubt(fit, repeated ? MLAB_TRUSTED : MLAB_TOO_FEW_CLUSTERS, err,
                          "%zu of %zu people have more than one answer of %s: with one answer a person's level cannot be told from chance", repeated,
                          model->n_people, name);
}

static mlab_status doubt_seen(const mlab_joint_model *model, const mlab_joint_climb *c, mlab_fit *fit, const char *name, mlab_error *err)
{
    const mlab_joint_rows *part = &model->parts[0];
    mlab_status status = MLAB_OK;
    for (size_t e = 0; e < part->n_eta * part->n_z && !status; e++) {
        size_t at = model->entry[e * model->q + e];
        double sd = c->psi[at], se = sqrt(fmax(c->inverse[at * (model->n_parameters + 1)], 0));
        if (sd >= SEEN * se) continue;
        status = mlab_fit_doubt(fit, MLAB_ON_BOUNDARY, err,
                                "how much people differ in %s beyond what their covariates say cannot be told from 0 (%s: standard deviation %.2g, "
                                "error %.2g), and what goes with it cannot be told",
                                name, fit->names[at], sd, se);
    }
    return status;
}

static mlab_status doubt_spread(const mlab_joint_model *model, const mlab_joint_climb *c, mlab_fit *fit, const char *name, bool initial,
                                mlab_error *err)
{
    const mlab_joint_rows *part = &model->parts[0];
    double scale = part->gaussian ? exp(c->psi[part->at + part->n_own - 1]) : 1;
    for (size_t e = 0; e < part->n_eta * part->n_z; e++) {
        double square = 0;
        for (size_t a = 0; a <= e; a++) square += c->psi[model->entry[e * model->q + a]] * c->psi[model->entry[e * model->q + a]];
        if (sqrt(square) * mlab_joint_root_mean_square(part, e % part->n_z) >= MLAB_JOINT_BOUNDARY * scale) continue;
        return mlab_fit_doubt(fit, MLAB_ON_BOUNDARY, err, "people do not differ in %s beyond what their covariates say%s", name,
                              initial ? "" : ": there is nothing for the other parts to go with");
    }
    if (c->definite && c->converged) return initial ? MLAB_OK : doubt_seen(model, c, fit, name, err);
    return mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err,
                          c->definite ? "the joint model did not settle in %d steps"
                                      : "the likelihood of the joint model has no definite maximum after %d steps",
                          c->iterations);
}

/* Effects of other parts of their own that are 0. */
static mlab_status doubt_own(const mlab_joint_model *model, const double *psi, mlab_fit *fit, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t e = model->parts[0].n_eta * model->parts[0].n_z; e < model->q && !status; e++) {
        size_t at = model->entry[e * model->q + e];
        if (fabs(psi[at]) >= MLAB_JOINT_BOUNDARY) continue;
        status =
            mlab_fit_doubt(fit, MLAB_TRUSTED, err,
                           "%s is 0: beyond what goes with the first part people do not differ there, and the error of it says nothing; effects: "
                           "shared leaves it out",
                           fit->names[at]);
    }
    return status;
}

mlab_status mlab_joint_doubt_effects(const mlab_joint_model *model, const mlab_joint_climb *c, mlab_fit *fit, const char *name, bool initial,
                                     mlab_error *err)
{
    mlab_status status = doubt_spread(model, c, fit, name, initial, err);
    if (!status) status = doubt_first(model, fit, name, err);
    return status || initial ? status : doubt_own(model, c->psi, fit, err);
}

mlab_status mlab_joint_doubt_parts(mlab_fit *const *parts, const char *const *names, size_t n, mlab_fit *fit, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (int last = 0; last < 2; last++)
        for (size_t k = 0; k < n && !status; k++) {
            const mlab_fit *part = parts[k];
            const bool few = part->trust == MLAB_TOO_FEW_EVENTS;
            if (part->reason[0] && few == (last == 1)) status = mlab_fit_doubt(fit, part->trust, err, "%s: %s", names[k], part->reason);
        }
    return status;
}

mlab_status mlab_joint_doubt_rule(mlab_joint_model *model, mlab_joint_climb *c, mlab_fit *fit, mlab_error *err)
{
    size_t n = model->n_parameters, which = 0, nodes = model->n_nodes;
    double value, worst = 0;
    if (!c->definite || !c->converged || !mlab_joint_nodes(model, nodes + 4)) return MLAB_OK;
    mlab_status status = mlab_joint_evaluate(model, c->psi, &value, c->next_gradient, c->complete, c->information, err);
    mlab_joint_nodes(model, nodes);
    for (size_t j = 0; j < n && !status && value > -HUGE_VAL; j++) {
        double step = 0;
        for (size_t k = 0; k < n; k++) step += c->inverse[j * n + k] * c->next_gradient[k];
        if (c->inverse[j * n + j] > 0 && fabs(step) / sqrt(c->inverse[j * n + j]) > worst)
            worst = fabs(step) / sqrt(c->inverse[which = j, j * n + j]);
    }
    if (status || worst <= FAR) return status;
    return mlab_fit_doubt(fit, MLAB_TRUSTED, err,
                          "a quadrature of %zu nodes in place of %zu would move %s by about %.2f standard errors: ask for "
                          "fit.quadrature: %zu",
                          nodes + 4, nodes, fit->names[which], worst, nodes + 4);
}
