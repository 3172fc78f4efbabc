/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The truth of a generated firm: read from a file through the options table, or all defaults. */
#include "simulate/truth.h"

#include "core/error.h"
#include "core/memory.h"
#include "data/settings.h"

#include <string.h>

const char *const mlab_truth_departments[MLAB_N_DEPARTMENTS] = {"Engineering", "Finance", "Operations", "Sales", "Support"};
const char *const mlab_truth_genders[2] = {"female", "male"};
const char *const mlab_truth_arms[3] = {"none", "structured", "informal"};
const char *const mlab_truth_skills[MLAB_N_SKILLS] = {"analysis", "budgeting", "coaching", "design",       "leadership", "negotiation",
                                                      "planning", "python",    "research", "presentation", "strategy",   "writing"};

void mlab_truth_free(mlab_truth *truth)
{
    if (truth) mlab_release(truth->context, truth);
}

mlab_status mlab_truth_default(const mlab_context *context, mlab_truth **truth, mlab_error *err)
{
    *truth = NULL;
    mlab_truth *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a truth");
    made->context = context;
    mlab_status status = mlab_options_default(mlab_truth_options, mlab_truth_n_options, made, err);
    if (status) {
        mlab_truth_free(made);
        return status;
    }
    *truth = made;
    return MLAB_OK;
}

mlab_status mlab_truth_check(const mlab_truth *truth, mlab_error *err)
{
    for (int k = 1; k < MLAB_N_SATISFACTION - 1; k++)
        if (truth->threshold[k] <= truth->threshold[k - 1])
            return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "satisfaction.thresholds must rise, found %g after %g", truth->threshold[k],
                              truth->threshold[k - 1]);
    return MLAB_OK;
}

mlab_status mlab_truth_set(mlab_truth *truth, const char *key, const char *value, mlab_error *err)
{
    for (size_t k = 0; k < mlab_truth_n_options; k++) {
        const mlab_option *row = &mlab_truth_options[k];
        if (strcmp(row->key, key) || (row->marks & MLAB_OPTION_NO_STRUCT)) continue;
        mlab_status status = mlab_option_read(row, value, (char *)truth + row->offset, err);
        return status ? status : mlab_truth_check(truth, err);
    }
    return mlab_raise(err, MLAB_ERR_OPTION, "a truth has no value '%s'", key);
}

mlab_status mlab_truth_read(const mlab_context *context, const char *path, mlab_findings *findings, mlab_truth **truth, mlab_error *err)
{
    mlab_status status;
    mlab_settings *settings = NULL;
    mlab_truth *made = NULL;
    const mlab_option *tables[] = {mlab_truth_options};
    const size_t rows[] = {mlab_truth_n_options};

    *truth = NULL;
    if ((status = mlab_settings_read(context, path, tables, rows, 1, findings, &settings, err))) goto out;
    if (mlab_findings_count(findings, MLAB_SEVERITY_STOP)) {
        status = mlab_raise(err, MLAB_ERR_DATA_REJECTED, "the truth file %s was rejected; the findings say why", path);
        goto out;
    }
    if ((status = mlab_truth_default(context, &made, err))) goto out;
    if ((status = mlab_settings_fill(settings, mlab_truth_options, mlab_truth_n_options, made, err))) goto out;
    if ((status = mlab_truth_check(made, err))) goto out;
    *truth = made;
    made = NULL;
out:
    mlab_truth_free(made);
    mlab_settings_free(settings);
    return status;
}
