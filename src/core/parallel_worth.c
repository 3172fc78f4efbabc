/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a loop is shared, its end waits for every thread, and the threads of OpenMP spin while they wait for the next one. On a machine
 * with other work a spinning thread loses its turn just when it is needed: a fit of hundreds of loops of 0.1 ms took 15 times as long with two
 * threads as with one. So each thread remembers what a block of each function costs: loops under SHORT are done alone; loops under LONG that came
 * back no sooner than alone are done alone AGAIN times before sharing is tried once more. The memory is the thread's own and decides
 * time only: blocks and sums are the same either way. Weakness: two functions in one slot forget each other. */
#include "core/parallel_worth.h"

#include <stdint.h>

#define SLOTS 64
#define SHORT 0.0005 /* seconds a loop takes alone: ten times what it costs to wake a thread */
#define LONG 0.05    /* seconds: longer than the turns that a scheduler gives */
#define AGAIN 30

typedef struct slot {
    mlab_block_function function;
    double seconds; /* a block alone; 0 = not known */
    int alone;      /* loops still to be done alone */
} slot;

static _Thread_local slot slots[SLOTS];

static slot *find(mlab_block_function function)
{
    slot *s = &slots[((uintptr_t)function >> 4) % SLOTS];
    if (s->function != function) *s = (slot){.function = function};
    return s;
}

bool mlab_parallel_worth(mlab_block_function function, size_t n_blocks)
{
#ifdef MLAB_SHARE_EVERY_LOOP
    return true;
#endif
    slot *s = find(function);
    double expected = s->seconds * (double)n_blocks;
    if (expected == 0 || expected >= LONG) return true;
    if (expected < SHORT) return false;
    if (s->alone == 0) return true;
    s->alone--;
    return false;
}

void mlab_parallel_took(mlab_block_function function, size_t n_blocks, int threads, double seconds, double first)
{
    slot *s = find(function);
    if (threads > 1 && s->seconds > 0 && seconds > 0.9 * s->seconds * (double)n_blocks) s->alone = AGAIN;
    double block = threads > 1 ? first : seconds / (double)n_blocks;
    /* Other work only ever adds: less is believed at once, more by and by. */
    s->seconds = s->seconds == 0 || block < s->seconds ? block : s->seconds + (block - s->seconds) / 8;
}
