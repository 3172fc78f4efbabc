/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding copies of rows with one pass over their digests. */
#include "data/duplicates.h"
#include "core/error.h"
#include "core/memory.h"

#include <string.h>

mlab_row_digest mlab_row_digest_of(const uint64_t *hashes, size_t n, const uint8_t *skip)
{
    uint64_t a = UINT64_C(0x243f6a8885a308d3), b = UINT64_C(0x13198a2e03707344);
    for (size_t i = 0; i < n; i++) {
        if (skip && skip[i]) continue;
        uint64_t h = hashes[i];
        a = (a ^ h) * UINT64_C(0x9e3779b97f4a7c15);
        a ^= a >> 29;
        b = (b + h) * UINT64_C(0xd1342543de82ef95);
        b ^= b >> 32;
    }
    return (mlab_row_digest){{(uint32_t)a, (uint32_t)(a >> 32), (uint32_t)b}};
}

/* The slot of the row's digest, or the free one where it would go. */
static size_t slot_of(const mlab_row_digests *digests, const uint32_t *slots, size_t n_slots, size_t row)
{
    const mlab_row_digest *d = &digests->items[row];
    size_t slot = (size_t)((uint64_t)d->words[1] * n_slots >> 32); /* n_slots < 2^32 */
    while (slots[slot] && memcmp(&digests->items[slots[slot] - 1], d, sizeof *d) != 0) slot = slot + 1 < n_slots ? slot + 1 : 0;
    return slot;
}

mlab_status mlab_row_digests_copies(const mlab_context *context, const mlab_row_digests *digests, mlab_row_copies *copies, mlab_error *err)
{
    size_t n_slots = digests->n + digests->n / 2 + 16;
    *copies = (mlab_row_copies){0};
    if (n_slots >= UINT32_MAX) return mlab_raise(err, MLAB_ERR_OVERFLOW, "more than 2.8 billion rows");
    uint32_t *slots = mlab_allocate(context, n_slots, sizeof *slots); /* row + 1 */
    mlab_status status = slots ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to look for copies among %zu rows", digests->n);
    for (size_t i = 0; i < digests->n && !status; i++) {
        size_t slot = slot_of(digests, slots, n_slots, i);
        if (!slots[slot]) {
            slots[slot] = (uint32_t)i + 1;
            continue;
        }
        status = mlab_grow(context, &copies->items, copies->n, &copies->capacity, sizeof *copies->items, err);
        if (!status) copies->items[copies->n++] = (mlab_row_copy){i, slots[slot] - 1};
    }
    mlab_release(context, slots);
    return status;
}
