/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shards: one file per draw of a simulation, of the same schema as the results, so that work can stop and go on, and be
 * shared out. A shard exists only whole (temporary name, fsync, rename) and carries the key of its stage; one with another
 * key counts as missing. Merging reads them in the order of draws, whoever wrote them. */
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
    mlab_status status = mlab_store_write(s->context, path, &(mlab_results){.outcomes = one_draw}, s->key, err);
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

/* The first shard as a whole with room for all draws. */
static mlab_status widen(mlab_outcomes *outcomes, size_t n_draws, mlab_error *err)
{
    const size_t per_draw = outcomes->n_replicates * outcomes->n_periods * outcomes->n_groups;
    outcomes->n_draws = n_draws;
    outcomes->person_periods = 0;
    if (per_draw && n_draws > SIZE_MAX / sizeof(float) / per_draw / (outcomes->n_scenarios ? outcomes->n_scenarios : 1))
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu draws are too many", n_draws);
    for (size_t k = 0; k < MLAB_N_METRICS; k++) {
        float *all = mlab_allocate(outcomes->context, outcomes->n_scenarios * n_draws * per_draw, sizeof *all);
        if (!all) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu draws", n_draws);
        mlab_release(outcomes->context, outcomes->value[k]);
        outcomes->value[k] = all;
    }
    return MLAB_OK;
}

static mlab_status place_draw(mlab_outcomes *outcomes, const mlab_outcomes *one, size_t draw, const char *path, mlab_error *err)
{
    const size_t n = outcomes->n_replicates * outcomes->n_periods * outcomes->n_groups;
    if (one->n_draws != 1 || one->n_scenarios != outcomes->n_scenarios || one->n_replicates * one->n_periods * one->n_groups != n)
        return mlab_raise(err, MLAB_ERR_STORE_READ, "%s has another shape than the first shard", path);
    for (size_t k = 0; k < MLAB_N_METRICS; k++)
        for (size_t s = 0; s < outcomes->n_scenarios; s++)
            memcpy(outcomes->value[k] + (s * outcomes->n_draws + draw) * n, one->value[k] + s * n, n * sizeof(float));
    outcomes->person_periods += one->person_periods;
    return MLAB_OK;
}

static mlab_status read_shard(const mlab_context *context, const char *path, const char *key, mlab_outcomes **one, mlab_error *err)
{
    char found[65];
    mlab_status status = mlab_store_key(context, path, found, err);
    if (status) return status;
    if (strcmp(found, key) != 0) return mlab_raise(err, MLAB_ERR_STORE_READ, "%s belongs to another run of the simulation", path);
    return mlab_store_read_outcomes(context, path, one, err);
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
        if (!status && !all) {
            status = read_shard(context, path, key, &all, err);
            if (!status) status = widen(all, n_draws, err);
        }
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
