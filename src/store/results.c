/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A results or stage file written whole, its key, its provenance. */
#include "store/h5.h"
#include "store/stages.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdio.h>
#include <string.h>

enum { LEAST_PEOPLE = 5 };

mlab_status mlab_store_write(const mlab_context *context, const char *path, const mlab_results *results, const char *key, mlab_error *err)
{
    return mlab_store_write_file(context, path, results, key, false, err);
}

mlab_status mlab_store_write_file(const mlab_context *context, const char *path, const mlab_results *results, const char *key, bool fleeting,
                                  mlab_error *err)
{
    mlab_h5_file file;
    mlab_h5_group root = mlab_h5_create(&file, context, path, !results->without_people, err);
    file.fleeting = fleeting;
    file.without_people = results->without_people;
    file.minimum = results->minimum_cell ? results->minimum_cell : LEAST_PEOPLE;
    mlab_h5_attribute(&root, "format", MLAB_H5_FORMAT);
    mlab_h5_attribute_integer(&root, "format_version", MLAB_FORMAT_VERSION);
    if (key) mlab_h5_attribute(&root, "key", key);
    if (results->provenance) mlab_h5_attribute(&root, "provenance", results->provenance);
    if (results->run) mlab_h5_attribute_fixed(&root, "run", results->run, MLAB_RUN_SIZE);
    if (results->data) mlab_store_put_data(&root, results->data);
    if (results->n_fits) mlab_store_put_fits(&root, results->fits, results->n_fits);
    if (results->draws) mlab_store_put_draws(&root, results->draws, results->fits, results->n_fits);
    if (results->comparison) mlab_store_put_comparison(&root, results->comparison);
    if (results->n_pairs) mlab_store_put_pairs(&root, results->pairs, results->n_pairs, results->pairs_masked, results->pseudonym_secret);
    if (results->review) mlab_store_put_review(&root, results->review, results->pseudonym_secret);
    if (results->outcomes) mlab_store_put_outcomes(&root, results->outcomes);
    if (results->forecast) mlab_store_put_forecast(&root, results->forecast);
    return mlab_h5_close(&file, &root);
}

mlab_status mlab_store_key(const mlab_context *context, const char *path, char key[65], mlab_error *err)
{
    mlab_h5_file file;
    mlab_h5_group root = mlab_h5_open(&file, context, path, err);
    char *text = mlab_h5_attribute_get(&root, "key");
    if (text && strlen(text) != 64) mlab_h5_fail(&file, MLAB_ERR_STORE_READ, "%s: the key has %zu characters, expected 64", path, strlen(text));
    if (text && !file.status) memcpy(key, text, 65);
    mlab_release(context, text);
    mlab_status status = mlab_h5_close(&file, &root);
    if (!status) return MLAB_OK;
    key[0] = '\0';
    return status == MLAB_ERR_MEMORY ? status : mlab_raise(err, MLAB_ERR_STORE_READ, "%s has no key or is not a whole file", path);
}

mlab_status mlab_store_provenance(const mlab_context *context, const char *path, char **json, mlab_error *err)
{
    mlab_h5_file file;
    mlab_h5_group root = mlab_h5_open(&file, context, path, err);
    char *text = mlab_h5_attribute_get(&root, "provenance");
    mlab_status status = mlab_h5_close(&file, &root);
    if (status) {
        mlab_release(context, text);
        text = NULL;
    }
    *json = text;
    return status;
}

void mlab_store_library(char *into, size_t size)
{
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    snprintf(into, size, "%u.%u.%u", major, minor, release);
}

void mlab_store_text_free(const mlab_context *context, char *text)
{
    mlab_release(context, text);
}
