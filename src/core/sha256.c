/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 of FIPS 180-4, doi:10.6028/NIST.FIPS.180-4: names inputs in keys and provenance. */
#include "core/os.h"
#include "core/sha256_isa.h"

#include <string.h>

const uint32_t mlab_sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static void take_block(uint32_t state[8], const unsigned char *block)
{
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++) {
        const unsigned char *b = block + 4 * i;
        w[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    memcpy(v, state, sizeof v);
    for (int i = 0; i < 64; i += 8) /* the letters move instead of their values */
        for (int j = 0; j < 8; j++) {
            uint32_t a = v[(8 - j) & 7], b = v[(9 - j) & 7], c = v[(10 - j) & 7];
            uint32_t e = v[(12 - j) & 7], f = v[(13 - j) & 7], g = v[(14 - j) & 7];
            uint32_t t1 =
                v[(15 - j) & 7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + mlab_sha256_constants[i + j] + w[i + j];
            v[(11 - j) & 7] += t1;
            v[(15 - j) & 7] = t1 + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        }
    for (int i = 0; i < 8; i++) state[i] += v[i];
}

static void take_blocks(mlab_sha256 *hash, const unsigned char *bytes, size_t n_blocks)
{
#if defined(__x86_64__)
    if (hash->instructions) {
        mlab_sha256_shani(hash->state, bytes, n_blocks);
        return;
    }
#endif
    for (size_t i = 0; i < n_blocks; i++) take_block(hash->state, bytes + 64 * i);
}

void mlab_sha256_start(mlab_sha256 *hash, const mlab_context *context)
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    *hash = (mlab_sha256){.instructions = context && context->sha};
    memcpy(hash->state, start, sizeof start);
}

void mlab_sha256_add(mlab_sha256 *hash, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    hash->length += n;
    while (n > 0) {
        if (hash->used == 0 && n >= 64) {
            take_blocks(hash, at, n / 64);
            at += n / 64 * 64;
            n %= 64;
            continue;
        }
        size_t part = 64 - hash->used < n ? 64 - hash->used : n;
        memcpy(hash->block + hash->used, at, part);
        hash->used += part;
        at += part;
        n -= part;
        if (hash->used == 64) {
            take_blocks(hash, hash->block, 1);
            hash->used = 0;
        }
    }
}

void mlab_sha256_end(mlab_sha256 *hash, char into[65])
{
    uint64_t bits = hash->length * 8;
    unsigned char tail[8];
    for (int i = 0; i < 8; i++) tail[i] = (unsigned char)(bits >> (56 - 8 * i));
    mlab_sha256_add(hash, "\x80", 1);
    while (hash->used != 56) mlab_sha256_add(hash, "", 1);
    mlab_sha256_add(hash, tail, 8);
    for (int i = 0; i < 64; i++) into[i] = "0123456789abcdef"[hash->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
    into[64] = '\0';
}

void mlab_sha256_hex(const void *bytes, size_t n, char into[65])
{
    mlab_sha256 hash;
    mlab_sha256_start(&hash, NULL);
    mlab_sha256_add(&hash, bytes, n);
    mlab_sha256_end(&hash, into);
}
