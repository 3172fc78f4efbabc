/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distinct texts by open addressing with linear probing; hash by multiplication and xor-shift of 8 bytes at a time.
 *
 * Weakness: no defence against texts chosen to collide; nothing but time is lost by them.
 */
#include "data/dictionary.h"
#include "core/error.h"
#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ (x >> 32);
}

static uint64_t four(const char *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, 4);
    return word;
}

uint64_t mlab_hash_bytes(const char *bytes, size_t n)
{
    uint64_t h = n * UINT64_C(0x9e3779b97f4a7c15), word;
    for (; n > 8; bytes += 8, n -= 8) {
        memcpy(&word, bytes, 8);
        h = mix(h ^ word);
    }
    if (n >= 4)
        word = four(bytes) | four(bytes + n - 4) << 32; /* the two halves may overlap */
    else
        word = n ? (uint64_t)(unsigned char)bytes[0] | (uint64_t)(unsigned char)bytes[n / 2] << 8 | (uint64_t)(unsigned char)bytes[n - 1] << 16 : 0;
    return mix(h ^ word);
}

void mlab_dictionary_start(mlab_dictionary *dictionary, const mlab_context *context)
{
    *dictionary = (mlab_dictionary){.context = context};
}

void mlab_dictionary_free(mlab_dictionary *dictionary)
{
    if (!dictionary->context) return;
    mlab_release(dictionary->context, dictionary->entries);
    mlab_release(dictionary->context, dictionary->slots);
    mlab_release(dictionary->context, dictionary->pool);
    *dictionary = (mlab_dictionary){.context = dictionary->context};
}

/* The slot where the text is, or the free one where it would go. */
static size_t slot_of(const mlab_dictionary *dictionary, const char *text, size_t n, uint64_t hash)
{
    size_t mask = dictionary->n_slots - 1, slot = (size_t)hash & mask;
    for (;; slot = (slot + 1) & mask) {
        uint32_t held = dictionary->slots[slot];
        if (!held) return slot;
        const mlab_dictionary_entry *entry = &dictionary->entries[held - 1];
        if (entry->hash == hash && entry->n == n && !memcmp(dictionary->pool + entry->offset, text, n)) return slot;
    }
}

static mlab_status grow_slots(mlab_dictionary *dictionary, mlab_error *err)
{
    size_t n_slots = dictionary->n_slots ? dictionary->n_slots * 2 : 64;
    uint32_t *slots = mlab_allocate(dictionary->context, n_slots, sizeof *slots);
    if (!slots) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu distinct texts", n_slots);
    for (size_t i = 0; i < dictionary->n; i++) {
        size_t slot = (size_t)dictionary->entries[i].hash & (n_slots - 1);
        while (slots[slot]) slot = (slot + 1) & (n_slots - 1);
        slots[slot] = (uint32_t)i + 1;
    }
    mlab_release(dictionary->context, dictionary->slots);
    dictionary->slots = slots;
    dictionary->n_slots = n_slots;
    return MLAB_OK;
}

static mlab_status pool_room(mlab_dictionary *dictionary, size_t n, mlab_error *err)
{
    if (dictionary->pool_capacity - dictionary->pool_size >= n) return MLAB_OK;
    size_t wanted = dictionary->pool_capacity * 2;
    if (wanted < dictionary->pool_size + n) wanted = dictionary->pool_size + n + 256;
    char *pool = mlab_reallocate(dictionary->context, dictionary->pool, wanted, 1);
    if (!pool) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu bytes of texts", wanted);
    dictionary->pool = pool;
    dictionary->pool_capacity = wanted;
    return MLAB_OK;
}

static mlab_status add_new(mlab_dictionary *dictionary, const char *text, size_t n, uint64_t hash, uint32_t *code, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    if (dictionary->n >= UINT32_MAX - 1) return mlab_raise(err, MLAB_ERR_OVERFLOW, "more than 4 billion distinct texts");
    if ((dictionary->n + 1) * 2 > dictionary->n_slots) status = grow_slots(dictionary, err);
    if (!status)
        status = mlab_grow(dictionary->context, &dictionary->entries, dictionary->n, &dictionary->capacity, sizeof *dictionary->entries, err);
    if (!status) status = pool_room(dictionary, n + 1, err);
    if (status) return status;
    size_t slot = slot_of(dictionary, text, n, hash);
    *code = (uint32_t)dictionary->n;
    dictionary->entries[dictionary->n++] = (mlab_dictionary_entry){hash, dictionary->pool_size, (uint32_t)n, 1};
    memcpy(dictionary->pool + dictionary->pool_size, text, n);
    dictionary->pool[dictionary->pool_size + n] = '\0';
    dictionary->pool_size += n + 1;
    dictionary->slots[slot] = *code + 1;
    return MLAB_OK;
}

mlab_status mlab_dictionary_add(mlab_dictionary *dictionary, const char *text, size_t n, uint32_t *code, mlab_error *err)
{
    return mlab_dictionary_add_hashed(dictionary, text, n, mlab_hash_bytes(text, n), code, err);
}

mlab_status mlab_dictionary_add_hashed(mlab_dictionary *dictionary, const char *text, size_t n, uint64_t hash, uint32_t *code, mlab_error *err)
{
    if (n > UINT32_MAX - 1) return mlab_raise(err, MLAB_ERR_OVERFLOW, "a text of %zu bytes", n);
    if (dictionary->n_slots) {
        uint32_t held = dictionary->slots[slot_of(dictionary, text, n, hash)];
        if (held) {
            *code = held - 1;
            dictionary->entries[*code].count++;
            return MLAB_OK;
        }
    }
    return add_new(dictionary, text, n, hash, code, err);
}

uint32_t mlab_dictionary_find(const mlab_dictionary *dictionary, const char *text, size_t n)
{
    if (!dictionary->n_slots) return MLAB_DICTIONARY_NONE;
    uint32_t held = dictionary->slots[slot_of(dictionary, text, n, mlab_hash_bytes(text, n))];
    return held ? held - 1 : MLAB_DICTIONARY_NONE;
}

const char *mlab_dictionary_text(const mlab_dictionary *dictionary, uint32_t code)
{
    return dictionary->pool + dictionary->entries[code].offset;
}

typedef struct sorted {
    const char *text;
    uint32_t code;
} sorted;

static int by_bytes(const void *a, const void *b)
{
    return strcmp(((const sorted *)a)->text, ((const sorted *)b)->text);
}

mlab_status mlab_dictionary_order(const mlab_dictionary *dictionary, uint32_t **order, mlab_error *err)
{
    sorted *texts = mlab_allocate(dictionary->context, dictionary->n, sizeof *texts);
    *order = mlab_allocate(dictionary->context, dictionary->n, sizeof **order);
    if (!texts || !*order) {
        mlab_release(dictionary->context, texts);
        mlab_release(dictionary->context, *order);
        *order = NULL;
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to sort %zu texts", dictionary->n);
    }
    for (uint32_t i = 0; i < dictionary->n; i++) texts[i] = (sorted){mlab_dictionary_text(dictionary, i), i};
    qsort(texts, dictionary->n, sizeof *texts, by_bytes);
    for (size_t k = 0; k < dictionary->n; k++) (*order)[k] = texts[k].code;
    mlab_release(dictionary->context, texts);
    return MLAB_OK;
}
