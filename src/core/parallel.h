/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parallel blocks: the same bytes for any number of threads. Work is cut into blocks whose number and size do not
 * depend on the threads; sums are taken per block and added in block order. */
#ifndef MLAB_CORE_PARALLEL_H
#define MLAB_CORE_PARALLEL_H

#include "mentorlab/core.h"

/* Does block `block` of the work. `scratch` is the calling thread's own (scratch_size bytes, zeroed once at start).
 * A status other than MLAB_OK stops the loop; the error of the lowest failing block that ran is returned. */
typedef mlab_status (*mlab_block_function)(void *work, size_t block, void *scratch, mlab_error *err);

/* Runs blocks 0 .. n_blocks - 1 on context->threads threads. Looks at context->cancelled, reports progress as
 * (stage, blocks done, n_blocks) when stage is not NULL. Errors: what the function returns, MLAB_ERR_MEMORY,
 * MLAB_ERR_CANCELLED. */
MLAB_MUST_USE mlab_status mlab_parallel_blocks(const mlab_context *context, const char *stage, size_t n_blocks, size_t scratch_size,
                                               mlab_block_function function, void *work, mlab_error *err);

/* sums[j] = sum over blocks, in block order, of parts[block * n + j], compensated (Neumaier 1974). */
void mlab_sum_blocks(const double *parts, size_t n_blocks, size_t n, double *sums);

#endif
