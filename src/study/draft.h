/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the drafting of a study from exports: the files as recognised, and the texts that grow. */
#ifndef MLAB_STUDY_DRAFT_H
#define MLAB_STUDY_DRAFT_H

#include "core/text.h"
#include "data/recognise.h"
#include "mentorlab/study.h"

enum { MLAB_DRAFT_MOST_FILES = 60, MLAB_DRAFT_MOST_QUESTIONS = 10 };

/* Files with the day that each tells of, by day. */
typedef struct mlab_dated_files {
    size_t file[MLAB_DRAFT_MOST_FILES];
    int32_t day[MLAB_DRAFT_MOST_FILES];
    size_t n;
} mlab_dated_files;

typedef struct mlab_drafting {
    const mlab_context *context;
    mlab_layouts layouts;
    mlab_known_file *files; /* [n_files] */
    char **shown;           /* [n_files] path relative to the study's folder */
    size_t n_files;
    const mlab_known_file *role[MLAB_N_FILE_ROLES]; /* the file taken for each role; NULL = none */
    mlab_dated_files waves, snapshots;              /* snapshots: a file a day; none = one file with a column of days */
    const mlab_profile *id, *email;                 /* of the people file */
    uint64_t id_by_links;                           /* ids of other files that it links, when it was taken for that; 0 = by its heading */
    size_t pad;                                     /* digits that ids are filled up to, 0 = none */
    bool has_crosswalk;
    int32_t as_of;
    mlab_text yaml, says, left_out; /* left_out: lines of what is taken for nothing */
    mlab_text questions[MLAB_DRAFT_MOST_QUESTIONS];
    size_t n_questions, n_unasked;
} mlab_drafting;

/* --- files (draft_files.c) ---------------------------------------------------------------------------- */

/* Looks at each file, and at each sheet of a workbook that has several. Errors: those of mlab_recognise, MLAB_ERR_ARGUMENT (too many). */
MLAB_MUST_USE mlab_status mlab_draft_look(mlab_drafting *d, const char *const *paths, size_t n, const char *folder, mlab_findings *findings,
                                          mlab_error *err);
MLAB_MUST_USE mlab_status mlab_draft_share_roles(mlab_drafting *d, mlab_error *err); /* the surest file of each role */

/* --- texts (draft_text.c) ----------------------------------------------------------------------------- */

/* A text as a YAML scalar, in quotes where it needs them; static buffers in turn (8 of them). */
const char *mlab_draft_scalar(const char *text);
/* One line of the study file with the reason behind it: "    id: Worker      # guessed: the heading says so; change it here". */
void mlab_draft_guess(mlab_drafting *d, int indent, const char *line, const char *why, ...) MLAB_PRINTF(4, 5);
void mlab_draft_line(mlab_drafting *d, int indent, const char *format, ...) MLAB_PRINTF(3, 4);
/* A question for the user, with the line that answers it. */
void mlab_draft_ask(mlab_drafting *d, const char *answer, const char *format, ...) MLAB_PRINTF(3, 4);
/* Why a column was taken: "its heading". */
const char *mlab_draft_why(const mlab_known_file *file, const char *meaning);
/* What a column is taken for, on the screen. */
void mlab_draft_say(mlab_drafting *d, const char *format, ...) MLAB_PRINTF(2, 3);
/* key: heading, with why it was taken; false when the file has no column of the meaning. */
bool mlab_draft_column(mlab_drafting *d, const mlab_known_file *file, int indent, const char *key, const char *meaning);
/* file: and, where the file has several, sheet: */
void mlab_draft_file(mlab_drafting *d, const mlab_known_file *file, int indent);
/* files: {day: file}, and {day: {file, sheet}}. */
void mlab_draft_files(mlab_drafting *d, const mlab_dated_files *files, const char *why);
/* state: [...] and the columns whose heading is another word, of a job history or snapshots. */
void mlab_draft_states(mlab_drafting *d, const mlab_known_file *file);
/* The same for a column of ids of people: with take, and by e-mail where that links. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_draft_person(mlab_drafting *d, const mlab_known_file *file, int indent, const char *key, const char *meaning,
                                            mlab_error *err);
/* Marks and orders that the file needs stated: decimal comma, dates. */
void mlab_draft_marks(mlab_drafting *d, const mlab_known_file *file, int indent);
/* Codes that stand for nothing: N/A, NO_MANAGER. */
void mlab_draft_missing(mlab_drafting *d, const mlab_known_file *file, int indent);

/* --- blocks ------------------------------------------------------------------------------------------- */

MLAB_MUST_USE mlab_status mlab_draft_people(mlab_drafting *d, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_draft_history(mlab_drafting *d, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_draft_snapshots(mlab_drafting *d, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_draft_meetings(mlab_drafting *d, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_draft_ratings(mlab_drafting *d, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_draft_training(mlab_drafting *d, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_draft_goals(mlab_drafting *d, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_draft_promotions(mlab_drafting *d, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_draft_surveys(mlab_drafting *d, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_draft_relationships(mlab_drafting *d, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_draft_crosswalk(mlab_drafting *d, mlab_error *err);
/* A table of persons: duration, event and arm. */
void mlab_draft_persons(mlab_drafting *d);
void mlab_draft_events(mlab_drafting *d);
void mlab_draft_arms(mlab_drafting *d);
int32_t mlab_draft_as_of(const mlab_drafting *d); /* the end of the last month in which things happened as often as before */

#endif
