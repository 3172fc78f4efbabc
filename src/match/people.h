/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who takes part on which side, and how many places there are. */
#ifndef MLAB_MATCH_PEOPLE_H
#define MLAB_MATCH_PEOPLE_H

#include "match/match.h"

enum { MLAB_MENTEES = 0, MLAB_MENTORS = 1 };

/* Everybody in either table, and the members of each side in byte order of their ids. The texts are the tables'. */
typedef struct mlab_people {
    const mlab_context *context;
    const mlab_match_spec *spec;
    const mlab_table *tables[2]; /* of mentees and mentors; may be one */
    const char **ids;            /* [n_ids] in byte order; entity = index */
    size_t n_ids;
    uint32_t *row[2], *entity[2]; /* [n] of each side */
    size_t n[2];
    int32_t *capacity, *least;            /* [n[1]]; least NULL = 0 */
    int32_t *mentor_hours, *mentee_hours; /* [n[1]], [n[0]]; NULL = not given */
} mlab_people;

extern const char *const mlab_side_names[2]; /* "mentees", "mentors" */

/* Errors: MLAB_ERR_MATCH_COLUMN, MLAB_ERR_MATCH_POOL (an id twice), MLAB_ERR_MATCH_CAPACITY, errors of the expressions; release with
 * mlab_people_free also after a failure. */
MLAB_MUST_USE mlab_status mlab_people_gather(const mlab_context *context, const mlab_match_spec *spec, const mlab_table *mentors,
                                             const mlab_table *mentees, mlab_findings *findings, mlab_people *people, mlab_error *err);
void mlab_people_free(mlab_people *people);
mlab_place mlab_people_place(const mlab_table *table, size_t row, const char *column);
/* Member of a side by entity; SIZE_MAX = does not take part there. */
size_t mlab_people_member(const mlab_people *people, int side, uint32_t entity);
/* A column of a side's table by what its cells say; a finding when it is missing. what: "the places". */
MLAB_MUST_USE mlab_status mlab_people_column(const mlab_people *people, int side, const char *name, const char *what, const mlab_place *place,
                                             mlab_findings *findings, const mlab_column **column, mlab_error *err);
/* values [n] of a column of whole numbers from low to high, fallback where a cell is empty. what: "the places of a mentor"; place: where the
 * study names the column, zeros = nowhere. */
MLAB_MUST_USE mlab_status mlab_people_numbers(const mlab_people *people, int side, const char *name, const mlab_place *place, const char *what,
                                              int32_t low, int32_t high, int32_t fallback, mlab_findings *findings, int32_t **values,
                                              mlab_error *err);
/* Codes 0 .. n - 1 of the distinct values of a column on both sides, in byte order; -1 = not known; a side without the column has
 * NULL. names [n] are released with mlab_release, each and all. */
MLAB_MUST_USE mlab_status mlab_people_groups(const mlab_people *people, const char *name, const mlab_place *place, int32_t *codes[2], char ***names,
                                             size_t *n, mlab_findings *findings, mlab_error *err);

#endif
