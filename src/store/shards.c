/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shards: one file per draw of a simulation, of the same schema as the results, so that work can stop and go on, and be
 * shared out. A shard gets its name when it is whole and carries the key of its stage; one with another key, or that cannot be
 * opened, counts as missing. Shards are not synced one by one: that would cost more than a draw, and a shard that a loss of power cuts is simulated
 * again. Merging reads them in the order of draws, whoever wrote them. */
#include "simulate/runner.h"
#include "store/stages.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"

#include <stdio.h>
#include <string.h>

typedef struct shards {
    const mlab_context *context;
    char *folder;
    char key[65];
} shards;

/* folder/draw-000012.h5; released with mlab_release. */
static char *shard_path(const mlab_context *context, const char *folder, size_t draw)
{
    char name[40];
    snprintf(name, sizeof name, "draw-%06zu.h5", draw);
    return mlab_os_join(context, folder, name);
}

static bool has(void *user, size_t draw)
{
    const shards *s = user;
    char key[65];
    char *path = shard_path(s->context, s->folder, draw);
    bool there = path && mlab_os_exists(path) && !mlab_store_key(s->context, path, key, NULL) && strcmp(key, s->key) == 0;
    mlab_release(s->context, path);
    return there;
}

static mlab_status take(void *user, size_t draw, const mlab_outcomes *one_draw, mlab_error *err)
{
    const shards *s = user;
    char *path = shard_path(s->context, s->folder, draw);
    if (!path) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write draw %zu", draw);
    mlab_status status = mlab_store_write_file(s->context, path, &(mlab_results){.outcomes = one_draw}, s->key, true, err);
    mlab_release(s->context, path);
    return status;
}

mlab_status mlab_store_shards(const mlab_context *context, const char *folder, const char *key, mlab_sink *sink, mlab_error *err)
{
    *sink = (mlab_sink){0};
    if (strlen(key) != 64) return mlab_raise(err, MLAB_ERR_ARGUMENT, "the key has %zu characters, expected 64", strlen(key));
    mlab_status status = mlab_os_make_folder(folder, err);
    if (status) return status;
    shards *s = mlab_allocate(context, 1, sizeof *s);
    if (s) s->folder = mlab_copy_text(context, folder);
    if (!s || !s->folder) {
        mlab_release(context, s);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for shards");
    }
    s->context = context;
    memcpy(s->key, key, 65);
    *sink = (mlab_sink){has, take, s};
    return MLAB_OK;
}

void mlab_store_shards_end(mlab_sink *sink)
{
    shards *s = sink->user;
    if (!s) return;
    const mlab_context *context = s->context;
    mlab_release(context, s->folder);
    mlab_release(context, s);
    *sink = (mlab_sink){0};
}

void mlab_store_shards_remove(const mlab_context *context, const char *folder, size_t n_draws)
{
    for (size_t draw = 0; draw < n_draws; draw++) {
        char *path = shard_path(context, folder, draw);
        if (path) mlab_os_remove(path);
        mlab_release(context, path);
    }
}

static bool copy_names(const mlab_context *context, char *const *from, size_t n, char ***to)
{
    *to = mlab_allocate(context, n, sizeof **to);
    for (size_t k = 0; *to && k < n; k++)
        if (!((*to)[k] = mlab_copy_text(context, from[k]))) return false;
    return *to != NULL;
}

static bool copy_assumptions(const mlab_outcomes *from, mlab_outcomes *to)
{
    to->assumptions = mlab_allocate(from->context, from->n_assumptions, sizeof *to->assumptions);
    for (size_t k = 0; to->assumptions && k < from->n_assumptions; k++) {
        mlab_assumption *a = &to->assumptions[to->n_assumptions++];
        *a = from->assumptions[k];
        a->name = mlab_copy_text(from->context, from->assumptions[k].name);
        a->source = mlab_copy_text(from->context, from->assumptions[k].source);
        if (!a->name || !a->source) return false;
    }
    return to->assumptions != NULL;
}

/* Outcomes like those of one draw, with room for all draws. */
static mlab_status start_whole(const mlab_outcomes *one, size_t n_draws, mlab_outcomes **whole, mlab_error *err)
{
    *whole = NULL;
    if (!one) return mlab_raise(err, MLAB_ERR_STORE_READ, "there is no shard to merge");
    const mlab_context *context = one->context;
    const size_t per_draw = one->n_scenarios * one->n_replicates * one->n_periods * one->n_groups;
    if (per_draw && n_draws > SIZE_MAX / sizeof(float) / per_draw) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu draws are too many", n_draws);
    mlab_outcomes *made = *whole = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu draws", n_draws);
    *made = (mlab_outcomes){.context = context,
                            .n_draws = n_draws,
                            .n_replicates = one->n_replicates,
                            .n_periods = one->n_periods,
                            .months_per_period = one->months_per_period};
    bool fine = copy_names(context, one->scenarios, one->n_scenarios, &made->scenarios);
    if (made->scenarios) made->n_scenarios = one->n_scenarios;
    fine = fine && copy_names(context, one->groups, one->n_groups, &made->groups);
    if (made->groups) made->n_groups = one->n_groups;
    fine = fine && copy_assumptions(one, made);
    fine = fine && copy_names(context, one->numbers, one->n_numbers, &made->numbers);
    if (made->numbers) made->n_numbers = one->n_numbers;
    fine = fine && one->n_numbers * sizeof(float) <= SIZE_MAX / (per_draw * n_draws + 1) &&
           (made->number = mlab_allocate(context, one->n_numbers * per_draw * n_draws, sizeof *made->number)) != NULL;
    for (size_t k = 0; fine && k < MLAB_N_METRICS; k++) fine = (made->value[k] = mlab_allocate(context, per_draw * n_draws, sizeof(float))) != NULL;
    return fine ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu draws", n_draws);
}

static mlab_status place_draw(mlab_outcomes *outcomes, const mlab_outcomes *one, size_t draw, const char *path, mlab_error *err)
{
    const size_t n = outcomes->n_replicates * outcomes->n_periods * outcomes->n_groups;
    if (one->n_draws != 1 || one->n_numbers != outcomes->n_numbers || one->n_scenarios != outcomes->n_scenarios ||
        one->n_replicates * one->n_periods * one->n_groups != n)
        return mlab_raise(err, MLAB_ERR_STORE_READ, "%s has another shape than the first shard", path);
    for (size_t k = 0; k < MLAB_N_METRICS; k++)
        for (size_t s = 0; s < outcomes->n_scenarios; s++)
            memcpy(outcomes->value[k] + (s * outcomes->n_draws + draw) * n, one->value[k] + s * n, n * sizeof(float));
    mlab_outcomes_take_numbers(outcomes, one, draw);
    outcomes->person_periods += one->person_periods;
    return MLAB_OK;
}

/* The outcomes of a shard that carries the key; the file is opened once. */
static mlab_status read_shard(const mlab_context *context, const char *path, const char *key, mlab_outcomes **one, mlab_error *err)
{
    mlab_h5_file file;
    mlab_h5_group root = mlab_h5_open(&file, context, path, err);
    char *found = mlab_h5_attribute_get(&root, "key");
    if (found && strcmp(found, key) != 0) mlab_h5_fail(&file, MLAB_ERR_STORE_READ, "%s belongs to another run of the simulation", path);
    mlab_release(context, found);
    mlab_outcomes *got = file.status ? NULL : mlab_store_get_outcomes(&root);
    mlab_status status = mlab_h5_close(&file, &root);
    if (status)
        mlab_outcomes_free(got);
    else
        *one = got;
    return status;
}

mlab_status mlab_store_merge(const mlab_context *context, const char *folder, const char *key, size_t n_draws, mlab_outcomes **outcomes,
                             mlab_error *err)
{
    *outcomes = NULL;
    mlab_outcomes *all = NULL;
    mlab_status status = n_draws ? MLAB_OK : mlab_raise(err, MLAB_ERR_ARGUMENT, "there are no draws to merge");
    for (size_t draw = 0; !status && draw < n_draws; draw++) {
        char *path = shard_path(context, folder, draw);
        mlab_outcomes *one = NULL;
        status = path ? read_shard(context, path, key, &one, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to merge shards");
        if (!status && !all) status = start_whole(one, n_draws, &all, err);
        if (!status) status = place_draw(all, one, draw, path, err);
        mlab_outcomes_free(one);
        mlab_release(context, path);
    }
    if (status)
        mlab_outcomes_free(all);
    else
        *outcomes = all;
    return status;
}
