/* SPDX-License-Identifier: GPL-3.0-or-later */
/* philox4x32-10: its constants, and the block fills per instruction set. */
#ifndef MLAB_CORE_RANDOM_ISA_H
#define MLAB_CORE_RANDOM_ISA_H

#include <stddef.h>
#include <stdint.h>

#define MLAB_PHILOX_M0 UINT32_C(0xD2511F53)
#define MLAB_PHILOX_M1 UINT32_C(0xCD9E8D57)
#define MLAB_PHILOX_W0 UINT32_C(0x9E3779B9)
#define MLAB_PHILOX_W1 UINT32_C(0xBB67AE85)
enum { MLAB_PHILOX_ROUNDS = 10 };

typedef struct mlab_philox {
    uint32_t counter[4], key[2];
} mlab_philox;

/* Entity i takes the place of counter word 0, block b is added to word 1. */
typedef void mlab_fill_function(const mlab_philox *start, const uint32_t *entities, size_t n, uint32_t per_entity, double *out);
mlab_fill_function mlab_fill_generic, mlab_fill_avx2, mlab_fill_avx512;

/* Which of n (at most INT32_MAX) the draws first, first + 1, ... are: the first number of each. drawn: room for n_drawn rounded up to a multiple of
 * MLAB_PICKED. */
enum { MLAB_PICKED = 32 };
typedef void mlab_pick_function(const mlab_philox *start, uint32_t first, size_t n_drawn, size_t n, uint32_t *drawn);
mlab_pick_function mlab_pick_generic, mlab_pick_avx2, mlab_pick_avx512;

#endif
