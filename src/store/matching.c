/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /matching/<policy>: pairs under pseudonyms, in the order of the pseudonyms: the order of ids would give people away. */
#include "store/matching.h"
#include "store/stages.h"

#include "core/memory.h"
#include "core/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mlab_store_pseudonym(const char *secret, const char *id, char into[17])
{
    unsigned char key[64] = {0}, inner[64], outer[64];
    char digest[65];
    size_t n = strlen(secret);
    memcpy(key, secret, n > sizeof key ? sizeof key : n);
    for (size_t i = 0; i < sizeof key; i++) {
        inner[i] = key[i] ^ 0x36;
        outer[i] = key[i] ^ 0x5c;
    }
    mlab_sha256 hash;
    mlab_sha256_start(&hash, NULL);
    mlab_sha256_add(&hash, inner, sizeof inner);
    mlab_sha256_add(&hash, id, strlen(id));
    mlab_sha256_end(&hash, digest);
    unsigned char bytes[32];
    for (size_t i = 0; i < sizeof bytes; i++) {
        char two[3] = {digest[2 * i], digest[2 * i + 1], 0};
        bytes[i] = (unsigned char)strtoul(two, NULL, 16);
    }
    mlab_sha256_start(&hash, NULL);
    mlab_sha256_add(&hash, outer, sizeof outer);
    mlab_sha256_add(&hash, bytes, sizeof bytes);
    mlab_sha256_end(&hash, digest);
    memcpy(into, digest, 16);
    into[16] = '\0';
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const mlab_store_masked *)a)->name, ((const mlab_store_masked *)b)->name);
}

bool mlab_store_mask(const mlab_context *context, char *const *ids, size_t n, const char *secret, mlab_store_crowd *into)
{
    *into = (mlab_store_crowd){mlab_allocate(context, n, sizeof(mlab_store_masked)), mlab_allocate(context, n, sizeof(size_t)),
                               mlab_allocate(context, n, sizeof(char *)), n};
    if (!into->people || !into->place || !into->names) return false;
    for (size_t i = 0; i < n; i++) {
        if (secret)
            mlab_store_pseudonym(secret, ids[i], into->people[i].name);
        else
            snprintf(into->people[i].name, sizeof into->people[i].name, "%s", ids[i]);
        into->people[i].was = i;
    }
    qsort(into->people, n, sizeof *into->people, by_name);
    for (size_t i = 0; i < n; i++) {
        into->place[into->people[i].was] = i;
        into->names[i] = into->people[i].name;
    }
    return true;
}

void mlab_store_unmask(const mlab_context *context, mlab_store_crowd *people)
{
    mlab_release(context, people->people);
    mlab_release(context, people->place);
    mlab_release(context, people->names);
}

static void put_people(const mlab_h5_group *group, const mlab_pairs *pairs, const mlab_store_crowd *mentees, const mlab_store_crowd *mentors)
{
    const mlab_context *context = group->file->context;
    const size_t each = pairs->each ? pairs->each : 1, slots = mentees->n * each;
    const char *by = each > 1 ? "mentee slot" : "mentee";
    int32_t *whom = mlab_allocate(context, slots, sizeof *whom), *places = mlab_allocate(context, mentors->n, 2 * sizeof *places);
    double *score = mlab_allocate(context, slots, sizeof *score);
    char **texts = mlab_allocate(context, slots, 2 * sizeof *texts);
    if (!whom || !places || !score || !texts) {
        mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write pairs");
    } else {
        for (size_t s = 0; s < slots; s++) {
            size_t was = mentees->people[s / each].was * each + s % each;
            int32_t mentor = pairs->mentor_of[was];
            whom[s] = mentor == MLAB_UNMATCHED ? MLAB_UNMATCHED : (int32_t)mentors->place[mentor];
            score[s] = pairs->score[was];
            texts[s] = pairs->reason[was];
            texts[slots + s] = mentor == MLAB_UNMATCHED ? NULL : mentors->names[whom[s]];
        }
        for (size_t j = 0; j < mentors->n; j++) {
            places[j] = pairs->capacity[mentors->people[j].was];
            places[mentors->n + j] = pairs->load[mentors->people[j].was];
        }
        mlab_h5_dimension_texts(group, "mentee", mentees->names, mentees->n, "mentee, pseudonym");
        mlab_h5_dimension_texts(group, "mentor", mentors->names, mentors->n, "mentor, pseudonym");
        if (each > 1) mlab_h5_dimension_numbers(group, "slot", 1, each, "1", "mentors of one mentee, by role where there are roles");
        mlab_h5_put(group, "mentor_of", by, MLAB_H5_INT32, whom, "1", "place of the mentee's mentor, -1 = unmatched");
        mlab_h5_put_texts(group, "matched_with", by, texts + slots, "mentor of the mentee, pseudonym; empty = unmatched");
        mlab_h5_put(group, "score", by, MLAB_H5_REAL, score, "1", "fit of the pair, 0 to 100; 0 when unmatched");
        mlab_h5_put_texts(group, "reason", by, texts, "why this pair, or why nobody");
        mlab_h5_put(group, "capacity", "mentor", MLAB_H5_INT32, places, "person", "places the mentor offers");
        mlab_h5_put(group, "load", "mentor", MLAB_H5_INT32, places + mentors->n, "person", "mentees the mentor got");
    }
    mlab_release(context, whom);
    mlab_release(context, places);
    mlab_release(context, score);
    mlab_release(context, texts);
}

static void put_gains(const mlab_h5_group *group, const mlab_pairs *pairs, const mlab_store_crowd *mentees)
{
    if (!pairs->n_gains || !mentees->people || !mentees->names) return;
    size_t *order = mlab_allocate(group->file->context, mentees->n, sizeof *order);
    for (size_t i = 0; order && i < mentees->n; i++) order[i] = mentees->people[i].was;
    if (!order)
        mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write gains");
    else
        mlab_store_put_gains(group, pairs, mentees->names, order);
    mlab_release(group->file->context, order);
}

void mlab_store_put_policy(const mlab_h5_group *matching, const mlab_pairs *pairs, const char *secret)
{
    const mlab_context *context = matching->file->context;
    mlab_h5_group group = mlab_h5_group_make(matching, pairs->policy);
    mlab_store_crowd mentees = {0}, mentors = {0};
    if (mlab_store_mask(context, pairs->mentees, pairs->n_mentees, secret, &mentees) &&
        mlab_store_mask(context, pairs->mentors, pairs->n_mentors, secret, &mentors))
        put_people(&group, pairs, &mentees, &mentors);
    else
        mlab_h5_fail(group.file, MLAB_ERR_MEMORY, "no memory to write pairs");
    mlab_h5_attribute(&group, "policy", pairs->policy);
    mlab_store_put_figures(&group, pairs);
    put_gains(&group, pairs, &mentees);
    mlab_store_unmask(context, &mentees);
    mlab_store_unmask(context, &mentors);
    mlab_h5_group_close(&group);
}

void mlab_store_put_pairs(const mlab_h5_group *root, const mlab_pairs *const *pairs, size_t n_pairs, bool are_masked, const char *secret)
{
    if (root->file->status) return;
    if (!are_masked && (!secret || !*secret)) {
        mlab_h5_fail(root->file, MLAB_ERR_ARGUMENT, "pairs are stored under pseudonyms; the secret for them is missing");
        return;
    }
    mlab_h5_group group = mlab_h5_group_make(root, "matching");
    for (size_t k = 0; k < n_pairs; k++) mlab_store_put_policy(&group, pairs[k], are_masked ? NULL : secret);
    mlab_h5_group_close(&group);
}

/* --- reading ----------------------------------------------------------------------------------- */

static void get_policy(const mlab_h5_group *group, mlab_pairs *pairs)
{
    pairs->policy = mlab_h5_attribute_get(group, "policy");
    size_t n = mlab_h5_size(group, "mentee"), m = mlab_h5_size(group, "mentor");
    if ((pairs->mentees = mlab_h5_get_texts(group, "mentee", n))) pairs->n_mentees = n;
    if ((pairs->mentors = mlab_h5_get_texts(group, "mentor", m))) pairs->n_mentors = m;
    mlab_store_get_figures(group, pairs);
    if (pairs->mentees) mlab_store_get_gains(group, pairs);
    n *= pairs->each;
    pairs->mentor_of = mlab_h5_get(group, "mentor_of", MLAB_H5_INT32, n);
    pairs->score = mlab_h5_get(group, "score", MLAB_H5_REAL, n);
    pairs->reason = mlab_h5_get_texts(group, "reason", n);
    pairs->capacity = mlab_h5_get(group, "capacity", MLAB_H5_INT32, m);
    pairs->load = mlab_h5_get(group, "load", MLAB_H5_INT32, m);
    for (size_t i = 0; pairs->mentor_of && i < n; i++)
        if (pairs->mentor_of[i] != MLAB_UNMATCHED && (pairs->mentor_of[i] < 0 || (size_t)pairs->mentor_of[i] >= m)) {
            mlab_h5_fail(group->file, MLAB_ERR_STORE_READ, "%s: mentor_of is %d, allowed -1 to %zu", group->file->path, pairs->mentor_of[i], m - 1);
            break;
        }
}

static mlab_pairs **get_pairs(const mlab_h5_group *root, size_t *n)
{
    const mlab_context *context = root->file->context;
    mlab_h5_group all = mlab_h5_group_get(root, "matching");
    *n = mlab_h5_group_count(&all);
    mlab_pairs **pairs = mlab_allocate(context, *n, sizeof *pairs);
    if (!pairs) mlab_h5_fail(root->file, MLAB_ERR_MEMORY, "no memory to read pairs");
    for (size_t k = 0; pairs && k < *n && !root->file->status; k++) {
        char *name = mlab_h5_group_name(&all, k);
        mlab_h5_group group = name ? mlab_h5_group_get(&all, name) : (mlab_h5_group){root->file, -1};
        pairs[k] = mlab_allocate(context, 1, sizeof **pairs);
        if (!pairs[k]) mlab_h5_fail(root->file, MLAB_ERR_MEMORY, "no memory to read pairs");
        if (pairs[k]) {
            pairs[k]->context = context;
            get_policy(&group, pairs[k]);
        }
        mlab_h5_group_close(&group);
        mlab_release(context, name);
    }
    mlab_h5_group_close(&all);
    return pairs;
}

mlab_status mlab_store_read_pairs(const mlab_context *context, const char *path, mlab_pairs ***pairs, size_t *n_pairs, mlab_error *err)
{
    *pairs = NULL;
    *n_pairs = 0;
    mlab_h5_file file;
    mlab_h5_group root = mlab_h5_open(&file, context, path, err);
    size_t n = 0;
    mlab_pairs **got = get_pairs(&root, &n);
    mlab_status status = mlab_h5_close(&file, &root);
    if (status) {
        for (size_t k = 0; got && k < n; k++) mlab_pairs_free(got[k]);
        mlab_release(context, got);
        return status;
    }
    *pairs = got;
    *n_pairs = n;
    return MLAB_OK;
}
