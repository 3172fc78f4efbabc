/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joint models with simulate: yes. Their parts take the place of the fits of the same outcomes alone, so that who is dissatisfied is who leaves in
 * the simulated future, too. */
#include "core/error.h"
#include "study/inside.h"

#include <string.h>

const mlab_fit *mlab_study_driving_fit(const mlab_study *study, size_t k, bool *is_part)
{
    const mlab_fit *own = study->fits[k];
    if (is_part) *is_part = false;
    for (size_t j = 0; j < study->n_joints; j++) {
        size_t at = study->n_outcomes + j;
        if (!study->joints[j].simulated || at >= study->n_fits || at == k || !study->fits[at]->joint) continue;
        const mlab_joint *joint = study->fits[at]->joint;
        for (size_t r = 0; r < joint->n_parts && k < study->n_outcomes; r++) {
            if (strcmp(joint->parts[r]->outcome, own->outcome)) continue;
            if (is_part) *is_part = true;
            return joint->parts[r];
        }
    }
    return own;
}

mlab_status mlab_study_draw_joints(mlab_study *study, mlab_error *err)
{
    static const mlab_draws_kind kinds[] = {MLAB_DRAWS_NORMAL, MLAB_DRAWS_BOOTSTRAP, MLAB_DRAWS_PARAMETRIC};
    mlab_status status = MLAB_OK;
    for (size_t j = 0; j < study->n_joints && !status; j++) {
        mlab_draws *own = NULL;
        if (!study->joints[j].simulated) continue;
        status = mlab_draws_joint(study->context, study->data, &study->joints[j], study->outcomes, study->n_outcomes, &study->fit_options,
                                  study->fits[study->n_outcomes + j], kinds[study->fit_options.draws], (size_t)study->simulate_options.draws,
                                  (uint64_t)study->simulate_options.seed, &own, err);
        if (status) break;
        if (!study->draws) {
            study->draws = own;
            continue;
        }
        status = mlab_draws_join(study->draws, own, err);
        mlab_draws_free(own);
    }
    if (status) {
        mlab_draws_free(study->draws); /* draws of a part of what is simulated are of no use */
        study->draws = NULL;
    }
    return status;
}
