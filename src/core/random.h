/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random numbers that are addressed, not consumed: a number is a function of its address alone.
 *
 * philox4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405). Key = seed (64 bits; a draw about a pair XORs key
 * word 1 with the mentor's rank + 1). Counter words: entity; period << 16 | purpose << 8 | block; replicate; draw.
 * Double j of a block: w = word[2j] + 2^32 word[2j+1], ((w >> 12) + 0.5) 2^-52, in (0, 1).
 * This layout is part of the file format. */
#ifndef MLAB_CORE_RANDOM_H
#define MLAB_CORE_RANDOM_H

#include "mentorlab/core.h"

/* Who draws. Numbers are part of the file format: add at the end, never renumber. X(name, code) */
/* clang-format off */
#define MLAB_PURPOSES(X) \
    X(TEST, 0) X(GENERATE_PERSON, 1) X(GENERATE_PERIOD, 2) X(PARAMETERS, 3) X(BOOTSTRAP, 4) X(MATCH, 5) \
    X(HIRE, 6) X(RELATIONSHIP, 7) X(SATISFACTION, 8) X(PROMOTION, 9) X(EXIT, 10) X(POPULATION, 11) \
    X(FORECAST, 12) X(CROSS_FIT, 13) X(GENERATE_PAIR, 14) X(GENERATE_SURVEY, 15) X(GENERATE_HIRE, 16) X(DIAGNOSE, 17) \
    X(IMPUTE, 18) X(EFFECT, 19) X(NUMBER, 20)
/* clang-format on */
typedef enum mlab_purpose {
#define MLAB_X(name, code) MLAB_PURPOSE_##name = code,
    MLAB_PURPOSES(MLAB_X)
#undef MLAB_X
} mlab_purpose;

typedef struct mlab_address {
    uint64_t seed;
    uint32_t draw;      /* which set of parameters */
    uint32_t replicate; /* which random history */
    uint32_t entity;    /* rank of a person's id in byte order; in a simulation position << 8 | generation */
    uint16_t period;    /* period of the panel or the simulation, 0 .. 65535 */
    uint8_t purpose;    /* mlab_purpose */
    uint8_t block;      /* two doubles a block, 0 .. 255 */
    uint32_t pair;      /* 0, or the mentor's rank + 1 when the number belongs to a pair */
} mlab_address;

/* The four words at an address. */
void mlab_random_words(const mlab_address *address, uint32_t words[4]);

/* Uniform j (0 .. 511) of an address in (0, 1): block j / 2, double j % 2; address->block is added to j / 2. */
double mlab_random_uniform(const mlab_address *address, uint32_t j);
/* Standard normal by inversion (mlab_normal_quantile) of uniform j. */
double mlab_random_normal(const mlab_address *address, uint32_t j);

/* out[i * per_entity + j] = uniform j of the address with entity = entities[i]; n entities. The fast face. */
void mlab_random_fill(const mlab_context *context, const mlab_address *address, const uint32_t *entities, size_t n, uint32_t per_entity, double *out);

/* Uniform integer in 0 .. n - 1 from uniform j, n >= 1. */
uint64_t mlab_random_below(const mlab_address *address, uint32_t j, uint64_t n);

/* A sample of n with replacement: count [n] becomes how often each is in it. Draw j is the one at floor(n u), u uniform 0 of the address
 * with entity j, as mlab_random_below gives it. */
void mlab_random_sample(const mlab_context *context, const mlab_address *address, size_t n, double *count);
/* The same sample in narrower numbers, for many at a time. (That one of n is drawn more than 65,535 times has a chance below 10^-280000.) */
void mlab_random_counts(const mlab_context *context, const mlab_address *address, size_t n, uint16_t *count);

#endif
