/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader's words: one table from the technical word to the word on screens and in reports. */
#ifndef MLAB_CORE_WORDS_H
#define MLAB_CORE_WORDS_H

#include "mentorlab/core.h"

typedef struct mlab_word {
    const char *term;  /* in code, files and methods: "arm" */
    const char *shown; /* on screens and in reports: "group" */
    const char *many;  /* its plural: "groups" */
    const char *tip;   /* one sentence that explains it */
} mlab_word;

const mlab_word *mlab_words(size_t *n);
const mlab_word *mlab_word_find(const char *term_or_shown); /* NULL = not in the table */

#endif
