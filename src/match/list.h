/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of lists for people: columns and cells as they are put, row by row. */
#ifndef MLAB_MATCH_LIST_H
#define MLAB_MATCH_LIST_H

#include "match/matching.h"

/* Carried columns of a side. */
typedef struct mlab_carried {
    const char *name;
    const mlab_column *column[2]; /* of mentees and mentors; NULL = the side does not have it */
} mlab_carried;

typedef struct mlab_lister {
    const mlab_matching *m;
    const mlab_pairs *pairs;
    mlab_list *list;
    mlab_carried *carried; /* [n_carried] */
    size_t n_carried;
    size_t *runner_up; /* [mentors] place in the pool of the best candidate who is not theirs; SIZE_MAX = none */
    size_t *runner;    /* [mentors] that mentee */
    size_t *weakest;   /* [mentors] slot of the pair that would go first; SIZE_MAX = none */
    bool failed;
} mlab_lister;

void mlab_lister_heading(mlab_lister *l, const char *heading, bool number);
void mlab_lister_headings(mlab_lister *l, const char *before); /* carried columns: "mentor name" */
void mlab_lister_text(mlab_lister *l, const char *text);
void mlab_lister_take(mlab_lister *l, mlab_text *text); /* and starts it anew */
void mlab_lister_number(mlab_lister *l, double value, int decimals);
void mlab_lister_empty(mlab_lister *l, size_t n);
void mlab_lister_carry(mlab_lister *l, int side, size_t member); /* SIZE_MAX = empty cells */

void mlab_list_pairs(mlab_lister *l);
void mlab_list_summary(mlab_lister *l);

#endif
