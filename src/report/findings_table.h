/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings as a table for whoever owns the data: one row an occurrence, with the value that was found. Values of persons stand
 * only here and on the terminal. */
#ifndef MLAB_REPORT_FINDINGS_TABLE_H
#define MLAB_REPORT_FINDINGS_TABLE_H

#include "mentorlab/data.h"

/* Writes findings to path, mode 0600: severity, kind, file, sheet, row, column, heading, value, sentence, remedy; the most severe
 * first. A name that ends in .xlsx gives a workbook with sheets Findings and Summary, .csv a CSV; both hold no formulas.
 * Errors: MLAB_ERR_ARGUMENT (another ending), MLAB_ERR_WRITE, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_findings_table(const mlab_context *context, const mlab_findings *findings, const char *path, mlab_error *err);
/* The ending of a name that says how it is written, in small or capital letters. */
bool mlab_name_ends(const char *path, const char *ending);

#endif
