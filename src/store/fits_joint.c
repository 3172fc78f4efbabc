/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joint models: /fits/<outcome>/joint_model holds the associations and, as fits of their own, the parts. Effects of single people are not stored. */
#include "mentorlab/joint.h"

#include "core/memory.h"
#include "store/stages.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const kinds[] = {"shared", "own", "correlated"};

/* Where the climb ended is no estimate: no numbers of it in a file that is shared. */
static void put_associations(const mlab_h5_group *group, const mlab_fit *fit)
{
    const mlab_joint *joint = fit->joint;
    const bool hidden = group->file->without_people && !mlab_random_told(fit);
    size_t n = joint->n_associations;
    double *real = mlab_allocate(joint->context, n, 5 * sizeof *real);
    char **texts = mlab_allocate(joint->context, n, 3 * sizeof *texts);
    uint8_t *absence = mlab_allocate(joint->context, n, 1);
    int64_t *parameter = mlab_allocate(joint->context, n, sizeof *parameter);
    if (!real || !texts || !absence || !parameter) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write associations");
    for (size_t k = 0; real && texts && absence && parameter && k < n; k++) {
        const mlab_association *a = &joint->associations[k];
        const double values[] = {a->per_sd, a->per_sd_se, a->loading, a->loading_se, a->correlation};
        for (size_t i = 0; i < 5; i++) real[i * n + k] = hidden ? NAN : values[i];
        absence[k] = a->absence;
        parameter[k] = (int64_t)a->parameter;
        texts[k] = a->part, texts[n + k] = a->block, texts[2 * n + k] = a->effect;
    }
    if (!group->file->status) {
        mlab_h5_dimension_numbers(group, "association", 1, n, "1", "association, numbered");
        mlab_h5_put_texts(group, "part", "association", texts, "part that goes with the first");
        mlab_h5_put_texts(group, "cause", "association", texts + n, "cause or category of it, empty where there is one");
        mlab_h5_put_texts(group, "effect", "association", texts + 2 * n, "effect of the person in the first part");
        mlab_h5_put(group, "absence", "association", MLAB_H5_BYTE, absence, "1", "1 = the name of the part tells that its event did not happen");
        mlab_h5_put(group, "parameter", "association", MLAB_H5_INT64, parameter, "1", "parameter of the fit that it is, from 0");
        mlab_h5_put(group, "per_sd", "association", MLAB_H5_REAL, real, "1", "change of the predictor for one standard deviation of the effect");
        mlab_h5_put(group, "per_sd_standard_error", "association", MLAB_H5_REAL, real + n, "1", "its standard error");
        mlab_h5_put(group, "loading", "association", MLAB_H5_REAL, real + 2 * n, "1", "change of the predictor for one unit of the effect");
        mlab_h5_put(group, "loading_standard_error", "association", MLAB_H5_REAL, real + 3 * n, "1", "its standard error");
        mlab_h5_put(group, "correlation", "association", MLAB_H5_REAL, real + 4 * n, "1", "of the two effects of a person");
    }
    mlab_release(joint->context, real);
    mlab_release(joint->context, texts);
    mlab_release(joint->context, absence);
    mlab_release(joint->context, parameter);
}

void mlab_store_put_joint(const mlab_h5_group *fit_group, const mlab_fit *fit)
{
    const mlab_joint *joint = fit->joint;
    if (!joint) return;
    mlab_h5_group group = mlab_h5_group_make(fit_group, "joint_model");
    mlab_h5_attribute(&group, "effects", kinds[joint->effects]);
    mlab_h5_attribute_integer(&group, "nodes", (int64_t)joint->n_nodes);
    mlab_h5_put_real(&group, "level", joint->level, "1", "level of intervals in sentences");
    put_associations(&group, fit);
    mlab_h5_group parts = mlab_h5_group_make(&group, "parts");
    for (size_t r = 0; r < joint->n_parts; r++) {
        mlab_fit part = *joint->parts[r];
        mlab_random_effects random = *part.random;
        random.mode = random.mode_se = NULL;
        part.random = &random;
        if (fit_group->file->without_people && !mlab_random_told(fit)) part.trust = fit->trust;
        mlab_store_put_fit(&parts, &part);
    }
    mlab_h5_group_close(&parts);
    mlab_h5_group_close(&group);
}

static void get_associations(const mlab_h5_group *group, mlab_joint *joint)
{
    size_t n = mlab_h5_size(group, "association");
    double *const real[] = {mlab_h5_get(group, "per_sd", MLAB_H5_REAL, n), mlab_h5_get(group, "per_sd_standard_error", MLAB_H5_REAL, n),
                            mlab_h5_get(group, "loading", MLAB_H5_REAL, n), mlab_h5_get(group, "loading_standard_error", MLAB_H5_REAL, n),
                            mlab_h5_get(group, "correlation", MLAB_H5_REAL, n)};
    char **const texts[] = {mlab_h5_get_texts(group, "part", n), mlab_h5_get_texts(group, "cause", n), mlab_h5_get_texts(group, "effect", n)};
    uint8_t *absence = mlab_h5_get(group, "absence", MLAB_H5_BYTE, n);
    int64_t *parameter = mlab_h5_get(group, "parameter", MLAB_H5_INT64, n);
    joint->associations = mlab_allocate(joint->context, n, sizeof *joint->associations);
    if (!joint->associations) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to read associations");
    bool whole = joint->associations && !group->file->status;
    for (size_t k = 0; whole && k < n; k++)
        joint->associations[k] = (mlab_association){.part = texts[0][k],
                                                    .block = texts[1][k],
                                                    .effect = texts[2][k],
                                                    .absence = absence[k],
                                                    .parameter = (size_t)parameter[k],
                                                    .per_sd = real[0][k],
                                                    .per_sd_se = real[1][k],
                                                    .loading = real[2][k],
                                                    .loading_se = real[3][k],
                                                    .correlation = real[4][k]};
    if (whole) joint->n_associations = n;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; !whole && texts[i] && k < n; k++) mlab_release(joint->context, texts[i][k]);
        mlab_release(joint->context, texts[i]);
    }
    for (size_t i = 0; i < 5; i++) mlab_release(joint->context, real[i]);
    mlab_release(joint->context, absence);
    mlab_release(joint->context, parameter);
}

static void get_parts(const mlab_h5_group *group, mlab_joint *joint)
{
    mlab_h5_group parts = mlab_h5_group_get(group, "parts");
    size_t n = mlab_h5_group_count(&parts);
    joint->parts = mlab_allocate(joint->context, n, sizeof *joint->parts);
    if (!joint->parts) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to read parts");
    for (size_t r = 0; joint->parts && r < n && !group->file->status; r++) {
        char *name = mlab_h5_group_name(&parts, r);
        mlab_fit *part = mlab_allocate(joint->context, 1, sizeof *part);
        if (!part) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to read parts");
        if (part && name) {
            mlab_h5_group one = mlab_h5_group_get(&parts, name);
            part->context = joint->context;
            joint->parts[joint->n_parts++] = part;
            mlab_store_get_fit(&one, part);
            mlab_h5_group_close(&one);
        } else
            mlab_release(joint->context, part);
        mlab_release(joint->context, name);
    }
    mlab_h5_group_close(&parts);
}

mlab_joint *mlab_store_get_joint(const mlab_h5_group *fit_group)
{
    mlab_h5_group group = mlab_h5_group_get(fit_group, "joint_model");
    mlab_joint *joint = mlab_allocate(fit_group->file->context, 1, sizeof *joint);
    if (!joint)
        mlab_h5_fail(fit_group->file, MLAB_ERR_MEMORY, "no memory to read a joint model");
    else {
        char *effects = mlab_h5_attribute_get(&group, "effects");
        joint->context = fit_group->file->context;
        for (size_t k = 0; effects && k < sizeof kinds / sizeof *kinds; k++)
            if (strcmp(kinds[k], effects) == 0) joint->effects = (mlab_joint_effects)k;
        mlab_release(joint->context, effects);
        joint->level = mlab_h5_get_real(&group, "level");
        joint->n_nodes = (size_t)mlab_h5_attribute_integer_get(&group, "nodes");
        get_associations(&group, joint);
        get_parts(&group, joint);
    }
    mlab_h5_group_close(&group);
    return joint;
}
