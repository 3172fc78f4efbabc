/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids of people: ranks in byte order, and the linking of other files to them. */
#ifndef MLAB_DATA_IDS_H
#define MLAB_DATA_IDS_H

#include "data/dictionary.h"
#include "data/pattern.h"
#include "mentorlab/data.h"

/* How ids are written in a file, and what is made of them: the part that is taken, without blanks, with leading zeros. */
typedef struct mlab_id_rule {
    mlab_pattern *take; /* NULL = the whole text */
    size_t pad;         /* leading zeros are put before shorter ones; 0 = none */
    bool drop_blanks;   /* inside too */
    bool fold;          /* case does not count when ids are compared (ASCII) */
} mlab_id_rule;

typedef struct mlab_ids {
    const mlab_context *context;
    mlab_dictionary texts;
    mlab_dictionary keys;     /* fold: the same in lower case, with the same codes; else empty */
    bool fold;                /* case does not count */
    uint32_t n;               /* people: distinct ids of those who belong to the study */
    uint32_t *rank_of_code;   /* [texts.n] UINT32_MAX = not of the study's population */
    uint32_t *code_of_rank;   /* [n] */
    uint32_t *row_of_rank;    /* [n] row of the people table */
    const char *file;         /* the people file, for sentences */
    const char *heading;      /* of the column of ids, for hints; NULL = "id" */
    const mlab_table *people; /* for hints: columns in which another file's texts may stand; NULL = none */
    size_t most;              /* length of the longest id */
} mlab_ids;

#define MLAB_ID_UNKNOWN UINT32_MAX        /* not in the people file, or missing */
#define MLAB_ID_OUTSIDE (UINT32_MAX - 1u) /* there, but not of the study's population */

/* What the rule makes of a text; *into grows as needed and is released by the caller (it starts as NULL, size 0). *taken = false when
 * `take` finds nothing: the whole text is used then. Errors: MLAB_ERR_MEMORY. */
typedef struct mlab_id_text {
    char *bytes; /* terminated */
    size_t n, capacity;
    bool taken;
} mlab_id_text;
MLAB_MUST_USE mlab_status mlab_id_apply(const mlab_context *context, const mlab_id_rule *rule, const char *text, mlab_id_text *into, mlab_error *err);
/* Replaces the texts of a TEXT column by what the rule makes of them; a text in which `take` finds nothing is a note. */
MLAB_MUST_USE mlab_status mlab_ids_rewrite(mlab_table *table, const char *column, const mlab_id_rule *rule, mlab_findings *findings, mlab_error *err);

/* From the column of ids; member [n_rows] 1 = belongs to the population, NULL = all; fold: case does not count. Ids that stand in two
 * rows are stops. Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW. */
MLAB_MUST_USE mlab_status mlab_ids_make(const mlab_table *people, const char *column, const uint8_t *member, bool fold, mlab_findings *findings,
                                        mlab_ids *ids, mlab_error *err);
void mlab_ids_free(mlab_ids *ids); /* safe after a failed make */
const char *mlab_ids_text(const mlab_ids *ids, uint32_t rank);
/* The code of an id, MLAB_DICTIONARY_NONE = not there. scratch as in mlab_id_apply. */
MLAB_MUST_USE mlab_status mlab_ids_find(const mlab_ids *ids, const char *text, mlab_id_text *scratch, uint32_t *code, mlab_error *err);

/* A table from another kind of id (an e-mail address, a badge) to ids of people. Case does not count in what it leads from. */
typedef struct mlab_crosswalk {
    mlab_dictionary from; /* in lower case */
    uint32_t *code;       /* [from.n] of the id in mlab_ids.texts, MLAB_DICTIONARY_NONE = of nobody in the people file */
    const char *name;     /* heading that it leads from, for sentences */
} mlab_crosswalk;

typedef enum mlab_link_by { MLAB_LINK_EITHER, MLAB_LINK_ID, MLAB_LINK_CROSSWALK } mlab_link_by;

/* rank[i] of row i of a TEXT column: a rank, MLAB_ID_UNKNOWN or MLAB_ID_OUTSIDE; [n_rows]. who: "mentees". The share of distinct ids
 * that are not in the people file is a stop above `accept`, else a note; it says how many would link, and with what. An id that leads
 * to one person by itself and to another by a crosswalk is to be decided. */
typedef struct mlab_link {
    const char *who;
    const char *block; /* of the study file: "relationships" */
    double accept;
    mlab_input *input;                /* its counts `named` and `linked` grow; NULL = nobody counts */
    const mlab_id_rule *rule;         /* NULL = as written */
    const mlab_crosswalk *crosswalks; /* [n_crosswalks] */
    size_t n_crosswalks;
    mlab_link_by by;
} mlab_link;
MLAB_MUST_USE mlab_status mlab_ids_link(const mlab_ids *ids, const mlab_table *table, const char *column, const mlab_link *link,
                                        mlab_findings *findings, uint32_t *rank, mlab_error *err);

/* ids_hints.c: what would link more of the texts that are not linked: sentence ("; 19 of them match with leading zeros") and the lines
 * of the study file; both "" when nothing would. */
typedef struct mlab_link_hint {
    char sentence[200], remedy[240];
} mlab_link_hint;
MLAB_MUST_USE mlab_status mlab_ids_hint(const mlab_ids *ids, const mlab_dictionary *unlinked, mlab_link_hint *hint, mlab_error *err);

#endif
