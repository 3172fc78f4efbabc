/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text: growing buffers, UTF-8, distance for "did you mean". */
#ifndef MLAB_CORE_TEXT_H
#define MLAB_CORE_TEXT_H

#include "mentorlab/core.h"

/* A growing text. Start with MLAB_TEXT(context); once an append fails, `failed` stays set and appends do nothing. */
typedef struct mlab_text {
    const mlab_context *context;
    char *bytes; /* terminated when not NULL */
    size_t n, capacity;
    bool failed;
} mlab_text;
#define MLAB_TEXT(context_) ((mlab_text){(context_), NULL, 0, 0, false})

void mlab_text_append(mlab_text *text, const char *more);
void mlab_text_append_bytes(mlab_text *text, const char *more, size_t n);
void mlab_text_print(mlab_text *text, const char *format, ...) MLAB_PRINTF(2, 3); /* numbers of floating point: mlab_text_number */
void mlab_text_number(mlab_text *text, double value);                             /* shortest round trip */
void mlab_json_text(mlab_text *json, const char *text);                           /* in quotation marks; NULL is "" */
/* A cell of CSV in quotation marks. Spreadsheets run cells that begin with = + - @, a tab or a return as formulas; an apostrophe before
 * them, but not before a number, keeps them texts. */
void mlab_text_csv(mlab_text *csv, const char *cell);
size_t mlab_text_width(const char *text); /* characters of UTF-8 */
void mlab_text_free(mlab_text *text);
const char *mlab_text_get(const mlab_text *text); /* never NULL; "" when empty */

bool mlab_utf8_valid(const char *bytes, size_t n, size_t *first_bad); /* first_bad may be NULL */
bool mlab_equal_fold(const char *a, const char *b);                   /* equal but for ASCII case */
/* The candidate nearest to word by edit distance, at most 2 (1 for words under 5 letters) and less than the word's
 * length; NULL when none is near. */
const char *mlab_nearest(const char *word, const char *const *candidates, size_t n);

#endif
