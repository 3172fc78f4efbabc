/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting by keys of 64 bits, digit by digit from the last (Knuth 1998, The Art of Computer Programming, vol. 3, section 5.2.5): stable,
 * and linear in the rows. Digits that all keys share are passed over, so days cost two or three passes. Weakness: memory of a second copy. */
#include "fit/order.h"

#include "core/error.h"
#include "core/memory.h"

enum { BITS = 11, DIGITS = 6, VALUES = 1 << BITS, SMALL = 48 };

static void insert(uint64_t *keys, uint32_t *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        uint32_t item = items[i];
        size_t k = i;
        for (; k > 0 && keys[k - 1] > key; k--) {
            keys[k] = keys[k - 1];
            items[k] = items[k - 1];
        }
        keys[k] = key;
        items[k] = item;
    }
}

static size_t digit_of(uint64_t key, int digit)
{
    return (size_t)(key >> (digit * BITS)) & (VALUES - 1);
}

/* counts of one digit become the places where each of its values begins; false when all keys share one. */
static bool begin_places(uint32_t *counts, size_t n)
{
    uint32_t sum = 0;
    for (size_t v = 0; v < VALUES; v++) {
        uint32_t count = counts[v];
        if (count == n) return false;
        counts[v] = sum;
        sum += count;
    }
    return true;
}

mlab_status mlab_order_by(const mlab_context *context, uint64_t *keys, uint32_t *items, size_t n, mlab_error *err)
{
    if (n <= SMALL) {
        insert(keys, items, n);
        return MLAB_OK;
    }
    if (n > UINT32_MAX) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu rows to sort, allowed up to 4,294,967,295", n);
    mlab_status status = MLAB_OK;
    uint64_t *to_keys = mlab_reallocate(context, NULL, n, sizeof *to_keys), *from_keys = keys;
    uint32_t *to_items = mlab_reallocate(context, NULL, n, sizeof *to_items), *from_items = items;
    uint64_t *own_keys = to_keys;
    uint32_t *own_items = to_items, *counts = mlab_allocate(context, DIGITS * VALUES, sizeof *counts);
    if (!to_keys || !to_items || !counts) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to sort %zu rows", n);
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++) counts[(size_t)d * VALUES + digit_of(keys[i], d)]++;
    for (int d = 0; d < DIGITS; d++) {
        uint32_t *places = counts + (size_t)d * VALUES;
        if (!begin_places(places, n)) continue;
        for (size_t i = 0; i < n; i++) {
            uint32_t place = places[digit_of(from_keys[i], d)]++;
            to_keys[place] = from_keys[i];
            to_items[place] = from_items[i];
        }
        uint64_t *keys_now = to_keys;
        uint32_t *items_now = to_items;
        to_keys = from_keys;
        to_items = from_items;
        from_keys = keys_now;
        from_items = items_now;
    }
    if (from_keys != keys) {
        memcpy(keys, from_keys, n * sizeof *keys);
        memcpy(items, from_items, n * sizeof *items);
    }
out:
    mlab_release(context, own_keys);
    mlab_release(context, own_items);
    mlab_release(context, counts);
    return status;
}
