/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results file: HDF5 that any netCDF-4 tool opens; stage files, shards, digest. */
#ifndef MENTORLAB_STORE_H
#define MENTORLAB_STORE_H

#include "mentorlab/compare.h"
#include "mentorlab/draws.h"
#include "mentorlab/forecast.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MLAB_FORMAT_VERSION 1
#define MLAB_RUN_SIZE 1024 /* bytes of the `run` attribute, padded with blanks */

/* What one run produced; NULL = the stage did not run. */
typedef struct mlab_results {
    const mlab_data *data;
    const mlab_fit *const *fits;
    size_t n_fits;
    const mlab_draws *draws;
    const mlab_comparison *comparison;
    const mlab_pairs *const *pairs; /* stored with pseudonyms, never ids */
    size_t n_pairs;
    bool pairs_masked;         /* the pairs were read from a file: they carry pseudonyms already */
    const mlab_review *review; /* of a list of pairs that came back with decisions, with ids; NULL = none */
    const mlab_outcomes *outcomes;
    const mlab_forecast *forecast;
    const char *provenance;       /* JSON: what decides the numbers */
    const char *run;              /* JSON of fixed length: start, end, threads, host, ...; the one thing equal runs may differ in */
    const char *pseudonym_secret; /* key of the pseudonyms, 64 hex digits */
    bool without_people;          /* effects of single people are left out, as they are of results.h5: their order would tell who they are; so are
                                   * those of groups that may not be told (mlab_groups_told) */
    uint64_t minimum_cell;        /* people of a group whose effects are in such a file; 0 = 5 */
} mlab_results;

/* Stage files: one stage's group, keyed. `key` is a sha256 in hex. Mode 0600 unless without_people. */
MLAB_API MLAB_MUST_USE mlab_status mlab_store_write(const mlab_context *context, const char *path, const mlab_results *results, const char *key,
                                                    mlab_error *err);
/* The key of a stage file; MLAB_ERR_STORE_READ when it has none or is not a whole file. */
MLAB_API MLAB_MUST_USE mlab_status mlab_store_key(const mlab_context *context, const char *path, char key[65], mlab_error *err);

MLAB_API MLAB_MUST_USE mlab_status mlab_store_read_fits(const mlab_context *context, const char *path, mlab_fit ***fits, size_t *n_fits,
                                                        mlab_draws **draws, mlab_error *err);
MLAB_API MLAB_MUST_USE mlab_status mlab_store_read_comparison(const mlab_context *context, const char *path, mlab_comparison **comparison,
                                                              mlab_error *err);
MLAB_API MLAB_MUST_USE mlab_status mlab_store_read_pairs(const mlab_context *context, const char *path, mlab_pairs ***pairs, size_t *n_pairs,
                                                         mlab_error *err);
MLAB_API MLAB_MUST_USE mlab_status mlab_store_read_outcomes(const mlab_context *context, const char *path, mlab_outcomes **outcomes, mlab_error *err);
MLAB_API MLAB_MUST_USE mlab_status mlab_store_read_forecast(const mlab_context *context, const char *path, mlab_forecast **forecast, mlab_error *err);

/* A sink of shard files, one a draw block, in `folder`; resumes what is whole. Merge gives the outcomes. */
MLAB_API MLAB_MUST_USE mlab_status mlab_store_shards(const mlab_context *context, const char *folder, const char *key, mlab_sink *sink,
                                                     mlab_error *err);
MLAB_API void mlab_store_shards_end(mlab_sink *sink);
/* Removes the shards of draws 0 .. n_draws - 1, whatever their key. */
MLAB_API void mlab_store_shards_remove(const mlab_context *context, const char *folder, size_t n_draws);
MLAB_API MLAB_MUST_USE mlab_status mlab_store_merge(const mlab_context *context, const char *folder, const char *key, size_t n_draws,
                                                    mlab_outcomes **outcomes, mlab_error *err);

/* sha256 over all names, shapes, attributes and values below `group` ("/" = all), the `run` attribute left out. */
MLAB_API MLAB_MUST_USE mlab_status mlab_store_digest(const mlab_context *context, const char *path, const char *group, char digest[65],
                                                     mlab_error *err);
/* Tells each group, variable, shape, unit and long name, in file order. */
typedef void (*mlab_store_visit)(void *user, const char *path, const char *shape, const char *unit, const char *long_name);
MLAB_API MLAB_MUST_USE mlab_status mlab_store_list(const mlab_context *context, const char *path, mlab_store_visit visit, void *user,
                                                   mlab_error *err);
/* One table or variable as CSV (json = false) or JSON, all of it: no privacy filter; released with mlab_store_text_free. */
MLAB_API MLAB_MUST_USE mlab_status mlab_store_export(const mlab_context *context, const char *path, const char *name, bool json, char **text,
                                                     mlab_error *err);
MLAB_API MLAB_MUST_USE mlab_status mlab_store_provenance(const mlab_context *context, const char *path, char **json, mlab_error *err);
/* The pseudonym of an id: the first 16 hex digits of HMAC-SHA256 (RFC 2104) with the secret's text as key. */
MLAB_API void mlab_store_pseudonym(const char *secret, const char *id, char into[17]);
/* For a program, before any other call of the library: HDF5 does nothing more when the program ends. A file whose last bytes found no room on the
 * disk stays open in it, and its work at the end would then be a segmentation fault. */
MLAB_API void mlab_store_end_plainly(void);
/* Version of the HDF5 library, "1.10.8". */
MLAB_API void mlab_store_library(char *into, size_t size);
MLAB_API void mlab_store_text_free(const mlab_context *context, char *text);

#ifdef __cplusplus
}
#endif
#endif
