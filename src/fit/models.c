/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of models. */
#include "fit/model.h"

#include <string.h>

static const mlab_model *const models[] = {
    &mlab_model_hazard,
    &mlab_model_cox,
    &mlab_model_fine_gray,
    &mlab_model_multistate,
    &mlab_model_ordinal,
    &mlab_model_raters,
    &mlab_model_logit,
    &mlab_model_cloglog,
    &mlab_model_probit,
    &mlab_model_multinomial,
    &mlab_model_linear,
    &mlab_model_lognormal,
    &mlab_model_poisson,
    &mlab_model_negative_binomial,
    &mlab_model_gamma,
    &mlab_model_exponential,
    &mlab_model_weibull,
    &mlab_model_gompertz,
    &mlab_model_survival_lognormal,
    &mlab_model_loglogistic,
    &mlab_model_generalised_gamma,
    &mlab_model_spline,
    &mlab_model_joint,
};

#define N_MODELS (sizeof models / sizeof *models)

const mlab_model *mlab_model_find(const char *name)
{
    for (size_t i = 0; i < N_MODELS; i++)
        if (strcmp(models[i]->name, name) == 0) return models[i];
    return NULL;
}

const char *mlab_model_name(size_t row)
{
    return row < N_MODELS ? models[row]->name : NULL;
}

const char *mlab_model_summary(size_t row)
{
    return row < N_MODELS ? models[row]->summary : NULL;
}

bool mlab_model_kind(const char *name, mlab_outcome_kind *kind)
{
    const mlab_model *model = mlab_model_find(name);
    if (!model || model->kind < 0) return false;
    *kind = (mlab_outcome_kind)model->kind;
    return true;
}

const char *mlab_model_not_simulated(const char *name)
{
    const mlab_model *model = mlab_model_find(name);
    return model ? model->not_simulated : NULL;
}

bool mlab_model_mixed(const char *name)
{
    const mlab_model *model = mlab_model_find(name);
    return model && (model->marks & (MLAB_MODEL_MIXED | MLAB_MODEL_FRAILTY));
}
