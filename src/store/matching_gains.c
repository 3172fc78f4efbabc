/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /matching/<policy>/gains/<k>: what each mentee gains by rule k that asks it, under the pseudonyms of the policy. */
#include "store/matching.h"

#include "core/memory.h"

#include <stdio.h>

static void put_gain(const mlab_h5_group *parent, const char *name, const mlab_pairs_gain *gain, char *const *mentees, const size_t *order, size_t n)
{
    const mlab_context *context = parent->file->context;
    mlab_h5_group group = mlab_h5_group_make(parent, name);
    double *values = mlab_allocate(context, n, 2 * sizeof *values);
    if (!values) {
        mlab_h5_fail(group.file, MLAB_ERR_MEMORY, "no memory to write gains");
    } else {
        for (size_t i = 0; i < n; i++) {
            values[i] = gain->gain[order[i]];
            values[n + i] = gain->se[order[i]];
        }
        mlab_h5_dimension_texts(&group, "mentee", mentees, n, "mentee, pseudonym");
        mlab_h5_put(&group, "gain", "mentee", MLAB_H5_REAL, values, gain->unit, "predicted difference between the two arms, shrunk; NaN = not known");
        mlab_h5_put(&group, "gain_se", "mentee", MLAB_H5_REAL, values + n, gain->unit, "its standard error");
    }
    mlab_release(context, values);
    mlab_h5_put_real(&group, "mean", gain->mean, gain->unit, "mean gain of all people");
    mlab_h5_put_real(&group, "mean_se", gain->se_of_mean, gain->unit, "its standard error");
    mlab_h5_put_real(&group, "spread", gain->spread, gain->unit, "estimated standard deviation of true gains");
    mlab_h5_put_real(&group, "signal", gain->signal, "1", "share of predicted differences from the mean that is kept");
    mlab_h5_put_real(&group, "chance", gain->chance, "1", "how often gains would differ so much if all were equal");
    mlab_h5_attribute(&group, "rule", gain->name);
    mlab_h5_attribute(&group, "outcome", gain->outcome);
    mlab_h5_attribute(&group, "unit", gain->unit);
    mlab_h5_attribute(&group, "told", gain->told);
    mlab_h5_group_close(&group);
}

void mlab_store_put_gains(const mlab_h5_group *policy, const mlab_pairs *pairs, char *const *mentees, const size_t *order)
{
    if (!pairs->n_gains) return;
    mlab_h5_group group = mlab_h5_group_make(policy, "gains");
    for (size_t k = 0; k < pairs->n_gains; k++) {
        char name[24];
        snprintf(name, sizeof name, "%zu", k + 1);
        put_gain(&group, name, &pairs->gains[k], mentees, order, pairs->n_mentees);
    }
    mlab_h5_group_close(&group);
}

static void get_gain(const mlab_h5_group *group, size_t n, mlab_pairs_gain *gain)
{
    gain->name = mlab_h5_attribute_get(group, "rule");
    gain->outcome = mlab_h5_attribute_get(group, "outcome");
    gain->unit = mlab_h5_attribute_get(group, "unit");
    gain->told = mlab_h5_attribute_get(group, "told");
    gain->gain = mlab_h5_get(group, "gain", MLAB_H5_REAL, n);
    gain->se = mlab_h5_get(group, "gain_se", MLAB_H5_REAL, n);
    gain->mean = mlab_h5_get_real(group, "mean");
    gain->se_of_mean = mlab_h5_get_real(group, "mean_se");
    gain->spread = mlab_h5_get_real(group, "spread");
    gain->signal = mlab_h5_get_real(group, "signal");
    gain->chance = mlab_h5_get_real(group, "chance");
}

void mlab_store_get_gains(const mlab_h5_group *policy, mlab_pairs *pairs)
{
    const mlab_context *context = policy->file->context;
    if (!mlab_h5_has(policy, "gains")) return;
    mlab_h5_group all = mlab_h5_group_get(policy, "gains");
    const size_t n = mlab_h5_group_count(&all);
    pairs->gains = mlab_allocate(context, n, sizeof *pairs->gains);
    if (!pairs->gains) mlab_h5_fail(policy->file, MLAB_ERR_MEMORY, "no memory to read gains");
    for (size_t k = 0; pairs->gains && k < n; k++) {
        char name[24];
        snprintf(name, sizeof name, "%zu", k + 1);
        mlab_h5_group group = mlab_h5_group_get(&all, name);
        pairs->n_gains++;
        get_gain(&group, pairs->n_mentees, &pairs->gains[k]);
        mlab_h5_group_close(&group);
    }
    mlab_h5_group_close(&all);
}
