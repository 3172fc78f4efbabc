/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of survey answers: who answered what, when since time zero, in which arm at the period's start. */
#include "compare/task.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static bool present(const mlab_task *task, size_t r)
{
    uint32_t row = task->cohort->source[r];
    return !(task->column->missing && task->column->missing[row]);
}

static double number_at(const mlab_column *column, uint32_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : (double)column->as.integer[row];
}

static size_t count(mlab_task *task, double *answers_at)
{
    const mlab_cohort *cohort = task->cohort;
    size_t n = 0;
    double mean = 0, square = 0;
    for (size_t g = 0; g < cohort->n_people; g++) {
        uint64_t seen = 0;
        for (size_t r = cohort->first[g]; r < cohort->first[g + 1]; r++) {
            int32_t arm = cohort->arm[r], time = cohort->time[r];
            if (!(seen >> arm & 1)) task->people[arm]++;
            seen |= (uint64_t)1 << arm;
            task->years[arm] += cohort->years[r];
            if (!present(task, r)) continue;
            task->events[arm]++;
            answers_at[time]++;
            if (time >= task->followed[arm]) task->followed[arm] = time + 1;
            double off = number_at(task->column, cohort->source[r]) - mean;
            mean += off / (double)++n;
            square += off * (number_at(task->column, cohort->source[r]) - mean);
        }
    }
    task->spread = n > 1 ? sqrt(square / (double)(n - 1)) : 0;
    return n;
}

/* People of rows that go together: the clusters of each arm. */
static mlab_status count_clusters(mlab_task *task, mlab_error *err)
{
    const mlab_cohort *cohort = task->cohort;
    if (!cohort->cluster) return MLAB_OK;
    uint64_t *seen = mlab_allocate(cohort->context, cohort->n_clusters, sizeof *seen);
    if (!seen) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu clusters", cohort->n_clusters);
    memset(task->people, 0, cohort->n_arms * sizeof *task->people);
    for (size_t g = 0; g < cohort->n_people; g++) {
        const uint64_t arm = UINT64_C(1) << cohort->arm[g];
        task->people[cohort->arm[g]] += !(seen[cohort->cluster[g]] & arm);
        seen[cohort->cluster[g]] |= arm;
    }
    mlab_release(cohort->context, seen);
    return MLAB_OK;
}

static void fill(mlab_task *task)
{
    const mlab_cohort *cohort = task->cohort;
    size_t n = 0;
    for (size_t g = 0; g < cohort->n_people; g++) {
        for (size_t r = cohort->first[g]; r < cohort->first[g + 1]; r++) {
            if (!present(task, r)) continue;
            task->answers.cell[n] = (uint32_t)((size_t)cohort->arm[r] * cohort->n_times + (size_t)cohort->time[r]);
            if (task->answers.n_levels)
                task->answers.level[n] = task->column->as.integer[cohort->source[r]];
            else
                task->answers.number[n] = number_at(task->column, cohort->source[r]);
            if (task->row) task->row[n] = (uint32_t)r;
            n++;
        }
        task->answers.first[g + 1] = n;
    }
}

/* Levels that nobody chose are closed up, else their thresholds would run away; `kept` maps old to new. Start values of the
 * thresholds are those of the answers as a whole. */
static mlab_status close_levels(mlab_task *task, const mlab_task_request *request, size_t n, mlab_error *err)
{
    const mlab_context *context = task->cohort->context;
    size_t old = (size_t)task->column->n_levels, kept = 0;
    uint64_t *count_of = mlab_allocate(context, old, sizeof *count_of);
    int32_t *now = mlab_allocate(context, old + 1, sizeof *now);
    task->score = mlab_allocate(context, old, sizeof *task->score);
    if (!count_of || !now || !task->score) {
        mlab_release(context, count_of);
        mlab_release(context, now);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu levels", old);
    }
    for (size_t r = 0; r < n; r++) count_of[task->answers.level[r]]++;
    for (size_t k = 0; k < old; k++) {
        now[k] = (int32_t)kept;
        task->score[kept] = (double)k + 1;
        kept += count_of[k] > 0;
    }
    now[old] = (int32_t)kept;
    for (size_t r = 0; r < n; r++) task->answers.level[r] = now[task->answers.level[r]];
    int32_t from = request->satisfied_from >= 0 ? request->satisfied_from : (int32_t)old - 2;
    if (task->outcome->kind == MLAB_OUTCOME_YES_NO) from = (int32_t)old - 1;
    task->satisfied_from = now[from < 0 ? 0 : from > (int32_t)old ? (int32_t)old : from];
    task->answers.n_levels = kept;
    mlab_release(context, now);
    mlab_release(context, count_of);
    return MLAB_OK;
}

/* The last time before each horizon with at least a fifth of the answers of the fullest time: stray answers are no wave. */
static mlab_status find_waves(mlab_task *task, const mlab_task_request *request, const double *answers_at, mlab_error *err)
{
    double most = 0;
    task->wave = mlab_allocate(task->cohort->context, request->n_horizons, sizeof *task->wave);
    if (!task->wave) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu horizons", request->n_horizons);
    for (size_t t = 0; t < task->cohort->n_times; t++) most = fmax(most, answers_at[t]);
    for (size_t h = 0; h < request->n_horizons; h++) {
        task->wave[h] = -1;
        for (int32_t t = 0; t < request->horizon[h]; t++)
            if (answers_at[t] > 0 && answers_at[t] >= most / 5) task->wave[h] = t;
    }
    task->horizon = task->wave;
    return MLAB_OK;
}

static mlab_status make_basis(mlab_task *task, const mlab_task_request *request, double *answers_at, mlab_error *err)
{
    const mlab_cohort *cohort = task->cohort;
    mlab_basis_request wanted = {.n_arms = cohort->n_arms,
                                 .n_times = cohort->n_times,
                                 .reference = cohort->reference,
                                 .df = request->options->time_df + (cohort->person_level ? 2 : 0),
                                 .from_zero = cohort->person_level,
                                 .without_level = task->answers.n_levels > 0,
                                 .events_at = answers_at,
                                 .events_of = task->events,
                                 .people_of = task->events};
    size_t n_basis, waves = 0;
    for (size_t t = 0; t < cohort->n_times; t++) waves += answers_at[t] > 0;
    if (wanted.df > (int64_t)waves - 1) wanted.df = (int64_t)waves - 1;
    if (wanted.df < 0) wanted.df = 0;
    mlab_status status = mlab_basis_make(cohort->context, &wanted, &task->basis, &n_basis, err);
    task->answers.is = (mlab_separable){.n_people = cohort->n_people,
                                        .n_arms = cohort->n_arms,
                                        .n_times = cohort->n_times,
                                        .n_basis = status ? 0 : n_basis,
                                        .n_z = request->weighted ? 0 : cohort->n_z,
                                        .n_blocks = 1,
                                        .basis = task->basis,
                                        .z = cohort->z};
    return status;
}

mlab_status mlab_task_answers(mlab_task *task, const mlab_task_request *request, mlab_error *err)
{
    const mlab_cohort *cohort = task->cohort;
    const mlab_context *context = cohort->context;
    if (cohort->n_arms > 64) return mlab_raise(err, MLAB_ERR_COMPARE_ARM, "%zu arms, allowed at most 64", cohort->n_arms);
    double *answers_at = mlab_allocate(context, cohort->n_times, sizeof *answers_at);
    if (!answers_at) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to compare %s", task->outcome->name);
    size_t n = count(task, answers_at);
    bool levels = task->column->type == MLAB_COLUMN_FACTOR;
    mlab_status status = MLAB_OK;
    task->answers.first = mlab_allocate(context, cohort->n_people + 1, sizeof *task->answers.first);
    task->answers.cell = mlab_allocate(context, n, sizeof *task->answers.cell);
    if (levels)
        task->answers.level = mlab_allocate(context, n, sizeof *task->answers.level);
    else
        task->answers.number = mlab_allocate(context, n, sizeof *task->answers.number);
    if (request->weighted) task->row = mlab_allocate(context, n, sizeof *task->row);
    if (!task->answers.first || !task->answers.cell || (levels ? !task->answers.level : !task->answers.number) || (request->weighted && !task->row)) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu answers", n);
        goto out;
    }
    task->answers.n_levels = levels ? 2 : 0;
    fill(task);
    if (levels) status = close_levels(task, request, n, err);
    task->n_stats = levels && task->outcome->kind != MLAB_OUTCOME_YES_NO ? 2 : 1;
    if (!status) status = count_clusters(task, err);
    if (!status) status = find_waves(task, request, answers_at, err);
    if (!status) status = make_basis(task, request, answers_at, err);
out:
    mlab_release(context, answers_at);
    return status;
}
