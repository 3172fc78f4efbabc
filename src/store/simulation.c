/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /simulation: every metric over scenario, draw, replicate, period and group, and the assumptions behind them. */
#include "store/records.h"
#include "store/stages.h"

#include "core/memory.h"

static const mlab_record_field assumption_columns[] = {
    {MLAB_RECORD_TEXT, "name", offsetof(mlab_assumption, name), "1", "parameter"},
    {MLAB_RECORD_REAL, "value", offsetof(mlab_assumption, value), "1", "value used"},
    {MLAB_RECORD_REAL, "standard_error", offsetof(mlab_assumption, standard_error), "1", "standard error, 0 = fixed"},
    {MLAB_RECORD_TEXT, "source", offsetof(mlab_assumption, source), "1", "where the value comes from"},
};
static const mlab_record_table assumption_table = MLAB_RECORD_TABLE("assumptions", mlab_assumption, assumption_columns);

typedef struct metric_row {
    const char *name, *long_name, *unit;
} metric_row;
static const metric_row metrics[] = {
#define ROW(name, long_name, unit) {#name, long_name, unit},
    MLAB_METRICS(ROW)
#undef ROW
};

void mlab_store_put_outcomes(const mlab_h5_group *root, const mlab_outcomes *outcomes)
{
    mlab_h5_group group = mlab_h5_group_make(root, "simulation");
    mlab_h5_dimension_texts(&group, "scenario", outcomes->scenarios, outcomes->n_scenarios, "program in the organisation");
    mlab_h5_dimension_numbers(&group, "draw", 0, outcomes->n_draws, "1", "set of parameters");
    mlab_h5_dimension_numbers(&group, "replicate", 0, outcomes->n_replicates, "1", "random history");
    mlab_h5_dimension_numbers(&group, "period", 0, outcomes->n_periods, "1", "period from the start");
    mlab_h5_dimension_texts(&group, "group", outcomes->groups, outcomes->n_groups, "grade at the start of the period");
    for (size_t k = 0; k < MLAB_N_METRICS; k++)
        mlab_h5_put(&group, metrics[k].name, "scenario draw replicate period group", MLAB_H5_FLOAT, outcomes->value[k], metrics[k].unit,
                    metrics[k].long_name);
    if (outcomes->n_numbers) {
        mlab_h5_dimension_texts(&group, "number_outcome", outcomes->numbers, outcomes->n_numbers, "outcome that is a number or a count");
        mlab_h5_put(&group, "number", "number_outcome scenario draw replicate period group", MLAB_H5_FLOAT, outcomes->number, "1",
                    "sum over the people at the start of the period; 0 in periods in which the outcome is not observed");
    }
    mlab_h5_put_integer(&group, "person_periods_simulated", (int64_t)outcomes->person_periods, "person-period", "person-periods simulated in all");
    mlab_h5_put_integer(&group, "months_per_period", outcomes->months_per_period, "month", "length of a period");
    mlab_h5_group table = mlab_h5_group_make(&group, "assumptions");
    mlab_records_put_in(&table, &assumption_table, outcomes->assumptions, outcomes->n_assumptions);
    mlab_h5_group_close(&table);
    mlab_h5_group_close(&group);
}

static void get_outcomes(const mlab_h5_group *root, mlab_outcomes *outcomes)
{
    mlab_h5_group group = mlab_h5_group_get(root, "simulation");
    size_t n_scenarios = mlab_h5_size(&group, "scenario"), n_groups = mlab_h5_size(&group, "group");
    outcomes->n_draws = mlab_h5_size(&group, "draw");
    outcomes->n_replicates = mlab_h5_size(&group, "replicate");
    outcomes->n_periods = mlab_h5_size(&group, "period");
    if ((outcomes->scenarios = mlab_h5_get_texts(&group, "scenario", n_scenarios))) outcomes->n_scenarios = n_scenarios;
    if ((outcomes->groups = mlab_h5_get_texts(&group, "group", n_groups))) outcomes->n_groups = n_groups;
    size_t n = n_scenarios * outcomes->n_draws * outcomes->n_replicates * outcomes->n_periods * n_groups;
    for (size_t k = 0; k < MLAB_N_METRICS; k++) outcomes->value[k] = mlab_h5_get(&group, metrics[k].name, MLAB_H5_FLOAT, n);
    if (mlab_h5_has(&group, "number")) {
        size_t n_numbers = mlab_h5_size(&group, "number_outcome");
        if ((outcomes->numbers = mlab_h5_get_texts(&group, "number_outcome", n_numbers))) outcomes->n_numbers = n_numbers;
        outcomes->number = mlab_h5_get(&group, "number", MLAB_H5_FLOAT, n_numbers * n);
    }
    outcomes->person_periods = (uint64_t)mlab_h5_get_integer(&group, "person_periods_simulated");
    outcomes->months_per_period = (int32_t)mlab_h5_get_integer(&group, "months_per_period");
    mlab_h5_group table = mlab_h5_group_get(&group, "assumptions");
    outcomes->assumptions = mlab_records_get_in(&table, &assumption_table, &outcomes->n_assumptions);
    mlab_h5_group_close(&table);
    mlab_h5_group_close(&group);
}

mlab_outcomes *mlab_store_get_outcomes(const mlab_h5_group *root)
{
    mlab_outcomes *got = mlab_allocate(root->file->context, 1, sizeof *got);
    if (!got) {
        mlab_h5_fail(root->file, MLAB_ERR_MEMORY, "no memory to read %s", root->file->path);
        return NULL;
    }
    got->context = root->file->context;
    get_outcomes(root, got);
    if (!root->file->status) return got;
    mlab_outcomes_free(got);
    return NULL;
}

mlab_status mlab_store_read_outcomes(const mlab_context *context, const char *path, mlab_outcomes **outcomes, mlab_error *err)
{
    *outcomes = NULL;
    mlab_h5_file file;
    mlab_h5_group root = mlab_h5_open(&file, context, path, err);
    mlab_outcomes *got = mlab_store_get_outcomes(&root);
    mlab_status status = mlab_h5_close(&file, &root);
    if (status)
        mlab_outcomes_free(got);
    else
        *outcomes = got;
    return status;
}
