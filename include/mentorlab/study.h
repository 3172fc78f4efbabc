/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The study file, the graph of stages, and what is up to date. */
#ifndef MENTORLAB_STUDY_H
#define MENTORLAB_STUDY_H

#include "mentorlab/report.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mlab_study mlab_study;

typedef enum mlab_stage {
    MLAB_STAGE_CHECK,
    MLAB_STAGE_FIT,
    MLAB_STAGE_COMPARE,
    MLAB_STAGE_MATCH,
    MLAB_STAGE_SIMULATE,
    MLAB_STAGE_FORECAST,
    MLAB_STAGE_REPORT,
    MLAB_N_STAGES
} mlab_stage;

/* One option given on the command line over the study file: key as in the options table, value as text. */
typedef struct mlab_override {
    const char *key, *value;
} mlab_override;

/* Reads the study file against the options table; all that is wrong becomes findings, which may hold a stop: then
 * mlab_study_run looks at the data as far as it can, adds to the findings and refuses. Outputs go to out_folder (NULL = "."), stage files
 * to .mentorlab in it. Errors: MLAB_ERR_OPEN, MLAB_ERR_READ, MLAB_ERR_DATA_SYNTAX (with the place), MLAB_ERR_OPTION (an override of
 * an unknown key), MLAB_ERR_MEMORY. *study is NULL on failure. */
MLAB_API MLAB_MUST_USE mlab_status mlab_study_open(const mlab_context *context, const char *path, const mlab_override *overrides, size_t n_overrides,
                                                   const char *out_folder, mlab_findings *findings, mlab_study **study, mlab_error *err);
MLAB_API void mlab_study_free(mlab_study *study);

/* What happened to a stage. */
typedef enum mlab_stage_state { MLAB_STAGE_RAN, MLAB_STAGE_UP_TO_DATE, MLAB_STAGE_NOT_APPLICABLE, MLAB_STAGE_FAILED } mlab_stage_state;
typedef void (*mlab_stage_listener)(void *user, mlab_stage stage, mlab_stage_state state, const char *line, double seconds);

/* Checks the data, brings `last` and what it needs up to date, in order, and writes stage files, then results.h5 whole with every stage
 * that is up to date, and report.html and summary.md over it. MLAB_STAGE_REPORT needs all stages. Findings of the data are added to
 * `findings`. Errors: MLAB_ERR_STUDY_REJECTED when findings hold a stop or an open decision (nothing is written then),
 * MLAB_ERR_LOCKED, MLAB_ERR_CANCELLED (can be resumed), and those of the stages. */
MLAB_API MLAB_MUST_USE mlab_status mlab_study_run(mlab_study *study, mlab_stage last, bool force, mlab_stage_listener listener, void *user,
                                                  mlab_findings *findings, mlab_error *err);
MLAB_API const mlab_results *mlab_study_results(const mlab_study *study);
/* Why the study has no draws of parameters though fit.draws states how they are made; *kind (NULL = not wanted): "bootstrap" or "parametric". NULL
 * when it has them, predictions or average effects take them, or it states nothing. After the fits. */
MLAB_API const char *mlab_study_no_draws(const mlab_study *study, const char **kind);
MLAB_API const mlab_report_spec *mlab_study_report(const mlab_study *study);
MLAB_API const mlab_data *mlab_study_data(const mlab_study *study); /* NULL before the check stage is through */
/* Writes the person-periods as analysed into the study's folder, mode 0600; ids are pseudonyms unless `names`. file: "panel.csv"
 * (NULL too) comes with codebook.md and a check.R that refits them in base R, "panel.xlsx" has the codebook as a sheet. Errors: MLAB_ERR_STUDY_STAGE
 * (a person-level study has no panel), MLAB_ERR_WRITE. */
MLAB_API MLAB_MUST_USE mlab_status mlab_study_panel(mlab_study *study, bool names, const char *file, mlab_error *err);
/* Files of predictions for every row of the fits. */
typedef struct mlab_prediction_files {
    const char *outcome;        /* NULL = all that the block predict names, or all */
    const char *file;           /* in the study's folder: .csv, .json, .xlsx, .h5, for one outcome; NULL = predictions_<outcome>.csv */
    mlab_group_effects effects; /* of groups; see mlab_predict_rows */
    bool names;                 /* ids instead of pseudonyms */
} mlab_prediction_files;
/* What can be told of them after mlab_study_open, before any work: MLAB_ERR_OPTION (no such outcome, several outcomes for one file). */
MLAB_API MLAB_MUST_USE mlab_status mlab_study_predictions_check(const mlab_study *study, const mlab_prediction_files *files, mlab_error *err);
/* Writes them after a run of the fit stage, mode 0600: whose and which row, then each number with its error and limits. Scale and times are those of
 * the block predict. *told: a line a file, what it holds; released with mlab_study_text_free. A file that was there stays on failure. Errors:
 * MLAB_ERR_OPTION (no such outcome, several outcomes for one file), MLAB_ERR_STUDY_STAGE (not fitted), MLAB_ERR_WRITE, those of mlab_predict_rows. */
MLAB_API MLAB_MUST_USE mlab_status mlab_study_predictions(mlab_study *study, const mlab_prediction_files *files, char **told, mlab_error *err);
/* Writes scores.csv into the study's folder, mode 0600, after a run with fit.scores: the scores of people by several raters, with ids when it is
 * names, else with pseudonyms. *n = rows; none, and no file, when no model gives scores. Errors: MLAB_ERR_WRITE, MLAB_ERR_MEMORY. */
MLAB_API MLAB_MUST_USE mlab_status mlab_study_scores(mlab_study *study, size_t *n, mlab_error *err);
/* What the study can answer: per outcome and group the people, events, person-years, share linked or answered, and the smallest difference
 * likely to be seen. A table for the screen, or a JSON list; released with mlab_study_text_free. Counts under report.minimum_cell, and
 * what would give them away, are not told (null in JSON). */
MLAB_API MLAB_MUST_USE mlab_status mlab_study_answers(const mlab_study *study, bool json, char **text, mlab_error *err);
/* Who is in the study and who is left out and why, as a JSON list of {what, people, out}, through the privacy filter; "[]" when
 * that is not known. Released with mlab_study_text_free. Errors: MLAB_ERR_MEMORY. */
MLAB_API MLAB_MUST_USE mlab_status mlab_study_flow(const mlab_study *study, char **text, mlab_error *err);
MLAB_API void mlab_study_text_free(const mlab_study *study, char *text);
/* Pairs of one policy with the ids of the files, as CSV; released with mlab_pairs_text_free. Errors: MLAB_ERR_STUDY_STAGE (none made),
 * MLAB_ERR_STORE_READ (pseudonyms of another secret). */
MLAB_API MLAB_MUST_USE mlab_status mlab_study_pairs_csv(mlab_study *study, size_t which, char **text, mlab_error *err);
/* A text of the study file by its path ("report.minimum_cell"); NULL = not stated. */
MLAB_API const char *mlab_study_setting(const mlab_study *study, const char *path);
MLAB_API mlab_trust mlab_study_trust(const mlab_study *study); /* the worst of all results */

/* People who were matched, with all that lists of their pairs need. */
typedef struct mlab_matched {
    const mlab_context *context;
    mlab_matching *matching;
    mlab_pairs **pairs; /* [n_pairs] one a policy, in the order stated */
    size_t n_pairs;
    size_t shown;                  /* which of them lists show: the last that was stated */
    char *sentences, *yaml;        /* of sign-up lists without stated rules: the rules taken, and the block to change them in; else NULL */
    mlab_table *mentors, *mentees; /* own */
    mlab_match_spec *spec;         /* own */
    void *settings;                /* own */
} mlab_matched;
/* Pairs without a study, from sign-up lists (text or workbooks; one list with a role column is given as both paths). rules: a file with a
 * matching: block, NULL = found from the headings. Overrides have keys of that block. Errors: MLAB_ERR_DATA_REJECTED (findings),
 * MLAB_ERR_MATCH_COLUMN, MLAB_ERR_OPEN, MLAB_ERR_OPTION, ... */
MLAB_API MLAB_MUST_USE mlab_status mlab_match_lists(const mlab_context *context, const char *mentors_path, const char *mentees_path,
                                                    const char *rules, const mlab_override *overrides, size_t n_overrides, mlab_findings *findings,
                                                    mlab_matched **matched, mlab_error *err);
/* The same of a study whose match stage has run: the people as they are at its end, with their ids. The study must outlive it. Errors:
 * MLAB_ERR_STUDY_STAGE (nothing to match), those of matching. */
MLAB_API MLAB_MUST_USE mlab_status mlab_study_matched(mlab_study *study, mlab_findings *findings, mlab_matched **matched, mlab_error *err);
/* Writes results.h5, report.html and summary.md once more with what a review of these people's pairs came to. Errors: MLAB_ERR_STUDY_STAGE (the match
 * stage has not run), those of writing. */
MLAB_API MLAB_MUST_USE mlab_status mlab_study_put_review(mlab_study *study, const mlab_review *review, mlab_findings *findings, mlab_error *err);
MLAB_API void mlab_matched_free(mlab_matched *matched); /* NULL is fine */

/* A study file drafted from exports: people, job histories, promotions, surveys and lists of pairs, in any order. */
typedef struct mlab_draft {
    const mlab_context *context;
    char *yaml; /* study.yaml: every guess is marked in its line, the questions stand at its end */
    char *says; /* what each file and column is taken for, and why; one line each */
    char *questions[10];
    size_t n_questions; /* each a sentence, a line break, two blanks and the line that answers it */
    size_t n_unasked;   /* more questions than ten */
} mlab_draft;
/* paths: of files, each perhaps with what it is before it, "relationships=pairs.csv" (people, history, snapshots, promotions, surveys,
 * relationships, meetings, ratings, training, goals, crosswalk, persons). folder: where the study will be; paths in it are relative to that. as_of:
 * "YYYY-MM-DD", NULL = guessed. Reads each file and copies nothing of it. Errors: MLAB_ERR_OPEN, MLAB_ERR_READ, MLAB_ERR_DATA_REJECTED (a file that
 * cannot be read; the findings say why), MLAB_ERR_DATA_EMPTY (no list of people), MLAB_ERR_ARGUMENT, MLAB_ERR_MEMORY. */
MLAB_API MLAB_MUST_USE mlab_status mlab_draft_study(const mlab_context *context, const char *const *paths, size_t n, const char *folder,
                                                    const char *as_of, mlab_findings *findings, mlab_draft **draft, mlab_error *err);
MLAB_API void mlab_draft_free(mlab_draft *draft); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
