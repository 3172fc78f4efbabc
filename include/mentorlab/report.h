/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Telling it: the privacy filter, the summary on the terminal, summary.md and the page. */
#ifndef MENTORLAB_REPORT_H
#define MENTORLAB_REPORT_H

#include "mentorlab/store.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mlab_report_options {
    int64_t minimum_cell; /* counts of people below this are hidden, 1 .. 1000; 5 by default */
    int64_t width;        /* of the text summary, 60 .. 200 */
} mlab_report_options;
MLAB_API mlab_report_options mlab_report_defaults(void);

typedef struct mlab_report_spec {
    const char *title;
    bool simulated;       /* the data are simulated: said everywhere */
    const char *sampling; /* how these people came into the data, said everywhere; NULL = not stated */
    const char *truth;    /* text of truth.csv as mlab_generate writes it; its contrasts are told beside the estimates; NULL = none */
    const mlab_results *results;
    const mlab_findings *findings;     /* NULL = none */
    const char *const *not_applicable; /* [n_not_applicable] "match: no mentors in this study" */
    size_t n_not_applicable;
} mlab_report_spec;

/* Text for a terminal, Markdown, and one self-contained HTML page. Released with mlab_report_text_free. */
MLAB_API MLAB_MUST_USE mlab_status mlab_report_summary(const mlab_context *context, const mlab_report_spec *spec, const mlab_report_options *options,
                                                       char **text, mlab_error *err);
MLAB_API MLAB_MUST_USE mlab_status mlab_report_markdown(const mlab_context *context, const mlab_report_spec *spec, const mlab_report_options *options,
                                                        char **text, mlab_error *err);
MLAB_API MLAB_MUST_USE mlab_status mlab_report_page(const mlab_context *context, const mlab_report_spec *spec, const mlab_report_options *options,
                                                    char **html, mlab_error *err);
MLAB_API void mlab_report_text_free(const mlab_context *context, char *text);

/* Hides counts from 1 to minimum - 1, and as many more as are needed so that no hidden count follows from the totals of its row and
 * column. count [rows * columns]; shown [rows * columns] is set to 1 or 0. Totals that are printed too are hidden by the same rule:
 * row_shown [rows] and column_shown [columns]; NULL = those totals are not printed. With both NULL nothing can be subtracted; else the
 * grand total counts as printed. Gusfield 1988, doi:10.1137/0217034. Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW. */
/* Marks which scores by group may be told when counts from 1 to minimum - 1 are hidden, with those from which they would follow: survey->told. */
MLAB_API MLAB_MUST_USE mlab_status mlab_survey_judge(const mlab_context *context, mlab_survey *survey, uint64_t minimum, mlab_error *err);
MLAB_API MLAB_MUST_USE mlab_status mlab_privacy_table(const mlab_context *context, const uint64_t *count, size_t rows, size_t columns,
                                                      uint64_t minimum, uint8_t *shown, uint8_t *row_shown, uint8_t *column_shown, mlab_error *err);
/* Number of first times of a curve that may be shown: up to where fewer than `minimum` are at risk. */
MLAB_API size_t mlab_privacy_curve(const mlab_curve *curve, uint64_t minimum);

#ifdef __cplusplus
}
#endif
#endif
