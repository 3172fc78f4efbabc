/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worst-off first, on lists of candidates: for large pools. */
#ifndef MLAB_MATCH_LEXIMIN_H
#define MLAB_MATCH_LEXIMIN_H

#include "match/lots.h"

/* Fills result->mentor_of with a matching that has the fewest mentees without a mentor, of these the fewest at the lowest score, then at the next,
 * ... Fewest mentees of mentors are not looked at. end: seconds (mlab_os_seconds) at which it stops with what it has and *late true; 0 = never.
 * Errors: MLAB_ERR_MEMORY, MLAB_ERR_CANCELLED. */
MLAB_MUST_USE mlab_status mlab_leximin(const mlab_context *context, const mlab_policy_request *request, const mlab_lots *lots, double end,
                                       mlab_policy_result *result, bool *late, mlab_error *err);

#endif
