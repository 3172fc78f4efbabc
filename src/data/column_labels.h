/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The labels of a column: what its distinct texts are called, and what is doubtful about them. */
#ifndef MLAB_DATA_COLUMN_LABELS_H
#define MLAB_DATA_COLUMN_LABELS_H

#include "data/read_column.h"

/* The label of each distinct text after blanks are left out and the study's names are put in; NULL = missing or refused. */
typedef struct mlab_labels {
    const char **name;  /* [texts.n] */
    char *trimmed;      /* pool of trimmed texts */
    uint8_t *unknown;   /* [texts.n] not among the stated levels */
    uint8_t *blanks;    /* [texts.n] blanks around it */
    const char **level; /* [n_levels] in their order */
    size_t n_levels;
} mlab_labels;

/* Findings: labels with blanks around them, labels that differ in case or blanks, labels that look like missing values, labels
 * that are not among the stated levels. */
MLAB_MUST_USE mlab_status mlab_labels_doubts(const mlab_column_reading *column, const mlab_column_finish *finish, const mlab_labels *l,
                                             mlab_error *err);

/* Labels one slip of the pen from another; flag [texts.n] is scratch (column_near.c). */
MLAB_MUST_USE mlab_status mlab_labels_near(const mlab_column_reading *column, const mlab_column_finish *finish, const mlab_labels *l, uint8_t *flag,
                                           mlab_error *err);

#endif
