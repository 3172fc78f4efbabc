/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that are copies of earlier ones, by their digests. */
#ifndef MLAB_DATA_DUPLICATES_H
#define MLAB_DATA_DUPLICATES_H

#include "data/rows.h"

/* Digest of a row from the 64-bit hashes of its cells: two of n rows that differ in one cell have the same one with
 * probability below n^2 2^-65; for the 96 bits as a whole it is n^2 2^-97 (100 million rows that differ in several cells: 6e-14). */
typedef struct mlab_row_digest {
    uint32_t words[3];
} mlab_row_digest;

typedef struct mlab_row_digests {
    mlab_row_digest *items; /* [n] */
    size_t n, capacity;
} mlab_row_digests;

/* skip[column] != 0: the cell does not count; NULL = all count. */
mlab_row_digest mlab_row_digest_of(const uint64_t *hashes, size_t n, const uint8_t *skip);
/* Rows that have the digest of an earlier one, with the first such; rising. */
typedef struct mlab_row_copy {
    size_t row, of;
} mlab_row_copy;

typedef struct mlab_row_copies {
    mlab_row_copy *items; /* [n] */
    size_t n, capacity;
} mlab_row_copies;

/* Takes 6 bytes a row while it works. Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW (2.8 billion rows). */
MLAB_MUST_USE mlab_status mlab_row_digests_copies(const mlab_context *context, const mlab_row_digests *digests, mlab_row_copies *copies,
                                                  mlab_error *err);

#endif
