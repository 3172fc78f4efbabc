/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids of people: ranks in byte order, and the linking of other files to them. */
#ifndef MLAB_DATA_IDS_H
#define MLAB_DATA_IDS_H

#include "data/dictionary.h"
#include "mentorlab/data.h"

typedef struct mlab_ids {
    const mlab_context *context;
    mlab_dictionary texts;
    uint32_t n;             /* people: distinct ids of those who belong to the study */
    uint32_t *rank_of_code; /* [texts.n] UINT32_MAX = not of the study's population */
    uint32_t *code_of_rank; /* [n] */
    uint32_t *row_of_rank;  /* [n] row of the people table */
    const char *file;       /* the people file, for sentences */
    size_t most;            /* length of the longest id */
} mlab_ids;

#define MLAB_ID_UNKNOWN UINT32_MAX        /* not in the people file, or missing */
#define MLAB_ID_OUTSIDE (UINT32_MAX - 1u) /* there, but not of the study's population */

/* From the column of ids; member [n_rows] 1 = belongs to the population, NULL = all. Ids that stand in two rows are stops.
 * Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW. */
MLAB_MUST_USE mlab_status mlab_ids_make(const mlab_table *people, const char *column, const uint8_t *member, mlab_findings *findings, mlab_ids *ids,
                                        mlab_error *err);
void mlab_ids_free(mlab_ids *ids); /* safe after a failed make */
const char *mlab_ids_text(const mlab_ids *ids, uint32_t rank);

/* rank[i] of row i of a TEXT column: a rank, MLAB_ID_UNKNOWN or MLAB_ID_OUTSIDE; [n_rows]. who: "mentees". The share of distinct ids
 * that are not in the people file is a stop above `accept`, else a note; it says how many would link with leading zeros. */
typedef struct mlab_link {
    const char *who;
    const char *block; /* of the study file: "relationships" */
    double accept;
    mlab_input *input; /* its counts `named` and `linked` grow; NULL = nobody counts */
} mlab_link;
MLAB_MUST_USE mlab_status mlab_ids_link(const mlab_ids *ids, const mlab_table *table, const char *column, const mlab_link *link,
                                        mlab_findings *findings, uint32_t *rank, mlab_error *err);

#endif
