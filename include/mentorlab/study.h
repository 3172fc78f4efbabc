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

/* Reads and checks the study file against the options table; all findings at once. Errors: MLAB_ERR_STUDY_REJECTED when
 * findings hold a stop or an open decision, MLAB_ERR_OPEN, ... *study is NULL on failure. */
MLAB_API MLAB_MUST_USE mlab_status mlab_study_open(const mlab_context *context, const char *path, const mlab_override *overrides, size_t n_overrides,
                                                   const char *out_folder, mlab_findings *findings, mlab_study **study, mlab_error *err);
MLAB_API void mlab_study_free(mlab_study *study);

/* What happened to a stage. */
typedef enum mlab_stage_state { MLAB_STAGE_RAN, MLAB_STAGE_UP_TO_DATE, MLAB_STAGE_NOT_APPLICABLE, MLAB_STAGE_FAILED } mlab_stage_state;
typedef void (*mlab_stage_listener)(void *user, mlab_stage stage, mlab_stage_state state, const char *line, double seconds);

/* Brings every stage up to `last` up to date, in order, and writes stage files; the last step of MLAB_STAGE_REPORT writes
 * results.h5, report.html and summary.md. Findings of the data are added to `findings`. */
MLAB_API MLAB_MUST_USE mlab_status mlab_study_run(mlab_study *study, mlab_stage last, bool force, mlab_stage_listener listener, void *user,
                                                  mlab_findings *findings, mlab_error *err);
MLAB_API const mlab_results *mlab_study_results(const mlab_study *study);
MLAB_API const mlab_report_spec *mlab_study_report(const mlab_study *study);
MLAB_API mlab_trust mlab_study_trust(const mlab_study *study); /* the worst of all results */

#ifdef __cplusplus
}
#endif
#endif
