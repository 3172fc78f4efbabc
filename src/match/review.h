/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the review loop: decisions as they were read, pair by pair. */
#ifndef MLAB_MATCH_REVIEW_H
#define MLAB_MATCH_REVIEW_H

#include "data/rows.h"
#include "match/cohort.h"
#include "match/matching.h"

typedef struct mlab_review_reader {
    mlab_matching *m;
    mlab_findings *findings;
    size_t which;            /* the policy that made the list, of those of the spec */
    size_t each;             /* rows that a mentee may have */
    bool mutual;             /* peers: each pair has two rows */
    int32_t *previous;       /* [mentees * each] mentor of a row, row after row of a mentee, or MLAB_UNMATCHED */
    mlab_decision *decision; /* [mentees * each] */
    uint64_t *line;          /* [mentees * each] of the row; 0 = none */
    int32_t *capacity;       /* [mentors] 0 for those who withdrew */
    uint32_t *seen;          /* [mentees] rows */
    mlab_keys rejected;      /* mentee << 32 | mentor, members */
    mlab_rows *rows;
    size_t mentee, mentor, decided, before; /* columns; before == n_columns: there is none */
} mlab_review_reader;

MLAB_MUST_USE mlab_status mlab_review_start(mlab_review_reader *r, mlab_error *err);
/* The list, and what the study itself locks. Findings get what is not understood. Errors: MLAB_ERR_MATCH_COLUMN, those of files. */
MLAB_MUST_USE mlab_status mlab_review_read(mlab_review_reader *r, const char *path, const char *name, mlab_error *err);
void mlab_review_end(mlab_review_reader *r);

/* What stands in the decision cells of the next list, and whom it remembers as rejected. */
MLAB_MUST_USE mlab_status mlab_review_keep(mlab_review_reader *r, const int32_t *mentor_of, mlab_error *err);
double mlab_review_score(const mlab_matching *m, size_t mentee, int32_t mentor); /* 0 for nobody */
/* The rest matched again by the policy itself: networks, circles and peers. */
MLAB_MUST_USE mlab_status mlab_review_again(mlab_review_reader *r, mlab_review *review, mlab_error *err);

#endif
