/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a fit pooled over imputations says of what is missing: beside its estimates in /fits/<outcome>. */
#include "store/stages.h"

void mlab_store_put_missing(const mlab_h5_group *group, const mlab_fit *fit)
{
    if (!fit->n_imputations) return;
    mlab_h5_put(group, "missing_information", "parameter", MLAB_H5_REAL, fit->missing_information, "1",
                "share of the parameter's information that is missing");
    mlab_h5_put_integer(group, "n_imputations", fit->n_imputations, "1", "imputations pooled");
    mlab_h5_attribute(group, "imputed", fit->imputed);
}

void mlab_store_get_missing(const mlab_h5_group *group, mlab_fit *fit)
{
    if (!mlab_h5_has(group, "n_imputations")) return;
    fit->n_imputations = (int)mlab_h5_get_integer(group, "n_imputations");
    fit->missing_information = mlab_h5_get(group, "missing_information", MLAB_H5_REAL, fit->n_parameters);
    fit->imputed = mlab_h5_attribute_get(group, "imputed");
}
