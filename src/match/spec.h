/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of reading the matching: block. */
#ifndef MLAB_MATCH_SPEC_H
#define MLAB_MATCH_SPEC_H

#include "match/options.h"

typedef struct mlab_spec_reader {
    const mlab_context *context;
    const mlab_settings *settings;
    mlab_findings *findings;
    mlab_match_spec *spec;
} mlab_spec_reader;

mlab_status mlab_spec_no_memory(mlab_error *err);
/* A copy of the text into *into; NULL stays NULL. */
MLAB_MUST_USE mlab_status mlab_spec_keep(const mlab_spec_reader *r, const char *text, char **into, mlab_error *err);
/* The same for a path, relative to the study file. */
MLAB_MUST_USE mlab_status mlab_spec_keep_path(const mlab_spec_reader *r, const char *path, char **into, mlab_error *err);
/* The texts of a list, or the one text. */
MLAB_MUST_USE mlab_status mlab_spec_keep_list(const mlab_spec_reader *r, const mlab_setting *list, char ***into, size_t *n, mlab_error *err);
/* The text of a key of a map; NULL = absent, or no text. */
const char *mlab_spec_text(const mlab_spec_reader *r, const mlab_setting *map, const char *key);
bool mlab_spec_number(const mlab_spec_reader *r, const mlab_setting *map, const char *key, double *value);
bool mlab_spec_is(const char *text, const char *word);
MLAB_MUST_USE mlab_status mlab_spec_stop(const mlab_spec_reader *r, const char *kind, mlab_place place, const char *value, mlab_error *err,
                                         const char *sentence);

MLAB_MUST_USE mlab_status mlab_spec_read_rules(const mlab_spec_reader *r, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_spec_read_forbids(const mlab_spec_reader *r, mlab_error *err);
/* Options of one policy that contradict each other, or lack what they are about; map: where they stand. */
MLAB_MUST_USE mlab_status mlab_spec_check_ask(const mlab_spec_reader *r, const char *policy, const mlab_setting *map, const mlab_policy_ask *ask,
                                              mlab_error *err);
MLAB_MUST_USE mlab_status mlab_spec_read_policies(const mlab_spec_reader *r, bool compare, mlab_error *err);

#endif
