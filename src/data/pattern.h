/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small pattern that takes a part out of a text: "\((\d+)\)" takes 00123456 out of "Jane Doe (00123456)".
 *
 * It knows: characters as they are; . (any); \d \w \s (ASCII); a backslash before any other character takes it as it is;
 * [a-z_] and [^a-z]; ^ at the beginning and $ at the end; * + ? {2} {2,} {2,5} behind one of these; and one group (...), without a
 * mark behind it, which is the part that is taken (the whole match when there is none). The first match counts, and there the
 * longest. Characters are bytes. No alternatives, no back references. */
#ifndef MLAB_DATA_PATTERN_H
#define MLAB_DATA_PATTERN_H

#include "mentorlab/core.h"

typedef struct mlab_pattern mlab_pattern;

/* Errors: MLAB_ERR_DATA_FORMULA with what is not understood and where in the text; MLAB_ERR_MEMORY. *pattern NULL then. */
MLAB_MUST_USE mlab_status mlab_pattern_compile(const mlab_context *context, const char *text, mlab_pattern **pattern, mlab_error *err);
void mlab_pattern_free(mlab_pattern *pattern); /* NULL is fine */
/* The part taken, as a place in the text; false when there is no match. Time: bytes of the text times steps of the pattern. */
bool mlab_pattern_take(const mlab_pattern *pattern, const char *text, size_t n, size_t *first, size_t *length);

#endif
