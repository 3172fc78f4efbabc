/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of 64 bytes taken into a SHA-256 state, one function per instruction set; sha256.c chooses by the context. */
#ifndef MLAB_CORE_SHA256_ISA_H
#define MLAB_CORE_SHA256_ISA_H

#include <stddef.h>
#include <stdint.h>

extern const uint32_t mlab_sha256_constants[64];

/* bytes [64 * n_blocks] */
typedef void mlab_sha256_function(uint32_t state[8], const unsigned char *bytes, size_t n_blocks);
mlab_sha256_function mlab_sha256_shani; /* only where mlab_context.sha */

#endif
