/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the blocks of a loop are worth sharing with other threads: decides time, never a number. */
#ifndef MLAB_CORE_PARALLEL_WORTH_H
#define MLAB_CORE_PARALLEL_WORTH_H

#include "core/parallel.h"

/* Whether n_blocks blocks of the function should be shared, from what its earlier loops took on the calling thread. */
bool mlab_parallel_worth(mlab_block_function function, size_t n_blocks);

/* A loop of n_blocks blocks took so many seconds on so many threads (1 = alone), its first block `first` on the calling thread. */
void mlab_parallel_took(mlab_block_function function, size_t n_blocks, int threads, double seconds, double first);

#endif
