/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Screens of match. */
#ifndef MLAB_CLI_MATCH_H
#define MLAB_CLI_MATCH_H

#include "cli/cli.h"
#include "cli/json.h"

/* A line a policy; a table of figures when there are several; groups, counts of fewer than `minimum` people hidden; what the rules decided. */
void mlab_show_policies(const mlab_context *context, mlab_pairs *const *pairs, size_t n, int64_t minimum);
void mlab_show_policies_json(mlab_pairs *const *pairs, size_t n);
/* What became of decisions, and who lost. */
void mlab_show_review(const mlab_review *review);
void mlab_show_review_json(const mlab_review *review);
/* One sentence a line, folded. */
void mlab_show_sentences(const char *sentences);

#endif
