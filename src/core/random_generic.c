/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block fill in plain C. Bits 12 to 63 of a word pair become the fraction of a double in [1, 2); less 1 - 2^-53 it
 * is (k + 1/2) 2^-52, exactly. */
#define MLAB_FILL mlab_fill_generic
#define MLAB_PICK mlab_pick_generic
#include "core/random_body.h"

static inline void ten_rounds(const mlab_lanes *lanes, bool all, double *out)
{
    uint32_t a[MLAB_LANES], b[MLAB_LANES], c[MLAB_LANES], d[MLAB_LANES];
    uint32_t k0 = lanes->key[0], k1 = lanes->key[1];
    for (int i = 0; i < MLAB_LANES; i++) {
        a[i] = lanes->entity[i];
        b[i] = lanes->second[i];
        c[i] = lanes->replicate;
        d[i] = lanes->draw;
    }
    for (int round = 0; round < MLAB_PHILOX_ROUNDS; round++) {
#pragma omp simd
        for (int i = 0; i < MLAB_LANES; i++) {
            uint64_t p0 = (uint64_t)a[i] * MLAB_PHILOX_M0, p1 = (uint64_t)c[i] * MLAB_PHILOX_M1;
            a[i] = (uint32_t)(p1 >> 32) ^ b[i] ^ k0;
            c[i] = (uint32_t)(p0 >> 32) ^ d[i] ^ k1;
            b[i] = (uint32_t)p1;
            d[i] = (uint32_t)p0;
        }
        k0 += MLAB_PHILOX_W0;
        k1 += MLAB_PHILOX_W1;
    }
    uint64_t bits[2 * MLAB_LANES];
    const int step = all ? 2 : 1;
    for (int i = 0; i < MLAB_LANES; i++) {
        bits[step * i] = ((uint64_t)b[i] << 32 | a[i]) >> 12 | UINT64_C(0x3FF0000000000000);
        if (all) bits[2 * i + 1] = ((uint64_t)d[i] << 32 | c[i]) >> 12 | UINT64_C(0x3FF0000000000000);
    }
    memcpy(out, bits, (size_t)step * MLAB_LANES * sizeof *bits);
    for (int i = 0; i < step * MLAB_LANES; i++) out[i] -= 1 - 0x1p-53;
}
