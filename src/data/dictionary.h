/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distinct texts numbered in the order met: labels of a column, ids of a file. */
#ifndef MLAB_DATA_DICTIONARY_H
#define MLAB_DATA_DICTIONARY_H

#include "mentorlab/core.h"

#define MLAB_DICTIONARY_NONE UINT32_MAX

typedef struct mlab_dictionary_entry {
    uint64_t hash;
    size_t offset; /* of the terminated text in pool */
    uint32_t n;
    uint64_t count; /* how often met */
} mlab_dictionary_entry;

typedef struct mlab_dictionary {
    const mlab_context *context;
    mlab_dictionary_entry *entries; /* [n] */
    size_t n, capacity;
    uint32_t *slots; /* [n_slots] entry + 1, 0 = free; n_slots is a power of two */
    size_t n_slots;
    char *pool;
    size_t pool_size, pool_capacity;
} mlab_dictionary;

void mlab_dictionary_start(mlab_dictionary *dictionary, const mlab_context *context);
void mlab_dictionary_free(mlab_dictionary *dictionary);
/* The number of the text, made when it is new; counts it. Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW. */
MLAB_MUST_USE mlab_status mlab_dictionary_add(mlab_dictionary *dictionary, const char *text, size_t n, uint32_t *code, mlab_error *err);
/* The same with the hash of the text at hand. */
MLAB_MUST_USE mlab_status mlab_dictionary_add_hashed(mlab_dictionary *dictionary, const char *text, size_t n, uint64_t hash, uint32_t *code,
                                                     mlab_error *err);
uint32_t mlab_dictionary_find(const mlab_dictionary *dictionary, const char *text, size_t n); /* MLAB_DICTIONARY_NONE = not there */
const char *mlab_dictionary_text(const mlab_dictionary *dictionary, uint32_t code);
/* order[k] = the code that comes k-th in byte order; [n]. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_dictionary_order(const mlab_dictionary *dictionary, uint32_t **order, mlab_error *err);

/* 64-bit hash of bytes, the same on every machine of one byte order; not for outputs. */
uint64_t mlab_hash_bytes(const char *bytes, size_t n);

#endif
