/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A GSL generator whose numbers are those of an address, in order. */
#include "core/random_gsl.h"

typedef struct sequence {
    mlab_address address;
    uint32_t words[4];
    uint32_t next; /* 0 .. 509: the number to come */
} sequence;

/* The last block of a run is never handed out: its words are the address of the next run. */
static void next_run(sequence *s)
{
    s->address.block = 255;
    mlab_random_words(&s->address, s->words);
    s->address.entity = s->words[0];
    s->address.period = (uint16_t)(s->words[1] >> 16);
    s->address.purpose = (uint8_t)(s->words[1] >> 8);
    s->address.replicate = s->words[2];
    s->address.draw = s->words[3];
    s->next = 0;
}

static unsigned long take(void *state)
{
    sequence *s = state;
    if (s->next == 510) next_run(s);
    if (s->next % 2 == 0) {
        s->address.block = (uint8_t)(s->next / 2);
        mlab_random_words(&s->address, s->words);
    }
    const uint32_t *pair = s->words + 2 * (s->next++ % 2);
    return (unsigned long)(((uint64_t)pair[1] << 32 | pair[0]) >> 12);
}

static double take_double(void *state)
{
    return ((double)take(state) + 0.5) * 0x1p-52;
}

static void seed(void *state, unsigned long value)
{
    *(sequence *)state = (sequence){.address = {.seed = value}};
}

const gsl_rng_type mlab_random_gsl = {.name = "mentorlab philox4x32-10",
                                      .max = 0xFFFFFFFFFFFFFul,
                                      .min = 0,
                                      .size = sizeof(sequence),
                                      .set = seed,
                                      .get = take,
                                      .get_double = take_double};

void mlab_random_gsl_at(gsl_rng *generator, const mlab_address *address)
{
    *(sequence *)gsl_rng_state(generator) = (sequence){.address = *address};
}
