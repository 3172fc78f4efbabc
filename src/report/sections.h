/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small helps of the sections. */
#ifndef MLAB_REPORT_SECTIONS_H
#define MLAB_REPORT_SECTIONS_H

#include "report/tell.h"

/* A paragraph or an item of what was made; frees it. */
void mlab_say(mlab_doc *doc, const char *class, mlab_text *made);
void mlab_say_item(mlab_doc *doc, mlab_text *made);

/* The texts of one row, kept until the row is written. */
typedef struct mlab_cells {
    char bytes[4096];
    size_t used;
    bool failed;
} mlab_cells;
const char *mlab_cells_cell(mlab_cells *cells, const mlab_text *made);

/* Tests, average effects, profile intervals and diagnoses of a fit; nothing where none were asked for. */
void mlab_tell_after(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit);
/* Associations of a joint model, in a table and in words; nothing for another. */
void mlab_tell_joint(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit);

/* Random effects; roles and reliability of several raters, roles of fewer people than the minimum left out. Nothing where there are none. */
/* Begins a table whose caption is "what of the outcome". */
void mlab_tell_begin(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit, const char *what, const char *const *headings, size_t n);
/* A figure of the effects of groups that may be told by name. */
MLAB_MUST_USE mlab_status mlab_tell_groups(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit, mlab_error *err);
void mlab_tell_random(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit);
void mlab_tell_raters(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit, uint64_t minimum);

#endif
