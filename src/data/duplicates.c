/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding copies of rows with one pass over their digests. */
#include "data/duplicates.h"
#include "core/error.h"
#include "core/memory.h"

mlab_row_digest mlab_row_digest_of(const uint64_t *hashes, size_t n, const uint8_t *skip)
{
    mlab_row_digest digest = {UINT64_C(0x243f6a8885a308d3), UINT64_C(0x13198a2e03707344)};
    for (size_t i = 0; i < n; i++) {
        if (skip && skip[i]) continue;
        uint64_t h = hashes[i];
        digest.a = (digest.a ^ h) * UINT64_C(0x9e3779b97f4a7c15);
        digest.a ^= digest.a >> 29;
        digest.b = (digest.b + h) * UINT64_C(0xd1342543de82ef95);
        digest.b ^= digest.b >> 32;
    }
    return digest;
}

mlab_status mlab_row_digests_first(const mlab_context *context, const mlab_row_digests *digests, size_t **first, mlab_error *err)
{
    size_t n_slots = 64;
    while (n_slots < digests->n * 2) n_slots *= 2;
    size_t *slots = mlab_allocate(context, n_slots, sizeof *slots); /* row + 1 */
    *first = mlab_allocate(context, digests->n, sizeof **first);
    if (!slots || !*first) {
        mlab_release(context, slots);
        mlab_release(context, *first);
        *first = NULL;
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to look for copies among %zu rows", digests->n);
    }
    for (size_t i = 0; i < digests->n; i++) {
        mlab_row_digest d = digests->items[i];
        size_t slot = (size_t)d.a & (n_slots - 1);
        while (slots[slot] && (digests->items[slots[slot] - 1].a != d.a || digests->items[slots[slot] - 1].b != d.b))
            slot = (slot + 1) & (n_slots - 1);
        if (!slots[slot]) slots[slot] = i + 1;
        (*first)[i] = slots[slot] - 1;
    }
    mlab_release(context, slots);
    return MLAB_OK;
}
