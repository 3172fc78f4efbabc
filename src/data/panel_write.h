/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The person-periods as analysed, for people who want to see or refit them: a CSV, its codebook, and an R script. Row-level
 * data about people: whoever writes these texts to a file does so only when asked, with mode 0600. */
#ifndef MLAB_DATA_PANEL_WRITE_H
#define MLAB_DATA_PANEL_WRITE_H

#include "core/text.h"
#include "mentorlab/data.h"

/* A model to refit, as the study says it. */
typedef struct mlab_panel_model {
    const char *outcome;       /* "retention" */
    const char *model;         /* "hazard", "cox", "ordinal", "linear", "logit", ... */
    const char *formula;       /* text of the study */
    const char *const *causes; /* [n_causes] causes fitted together; NULL = all of the panel's event */
    size_t n_causes;
    bool logit; /* hazards: logit link, stubs dropped; else cloglog with offset */
} mlab_panel_model;

/* What is written of a panel and in which order of rows; both for CSV and for a workbook. */
typedef struct mlab_panel_layout {
    bool *written; /* [panel->rows->n_columns]; what tells who somebody is only with ids */
    size_t *order; /* [panel->n_rows] */
} mlab_panel_layout;
MLAB_MUST_USE mlab_status mlab_panel_layout_make(const mlab_panel *panel, const char *const *names, mlab_panel_layout *layout, mlab_error *err);
void mlab_panel_layout_free(const mlab_context *context, mlab_panel_layout *layout);

/* The columns before those of the panel's own table, and words about a column of that: "levels: a, b", "grade at the start of the row". */
enum { MLAB_PANEL_N_FIXED = 7 };
typedef struct mlab_panel_fixed {
    const char *name, *type, *meaning;
} mlab_panel_fixed;
extern const mlab_panel_fixed mlab_panel_fixed_columns[MLAB_PANEL_N_FIXED];
void mlab_panel_describe(const mlab_column *column, mlab_text *text);
const char *mlab_panel_meaning(const mlab_panel *panel, const mlab_column *column);

/* All rows as CSV (RFC 4180, UTF-8, LF, decimal point, dates YYYY-MM-DD, empty = missing). names: what stands for each rank
 * [n_ids], pseudonyms; people are in the order of these names, and columns that may tell who somebody is (TEXT, factors
 * with a level that is somebody's id) are left out. NULL = ids as in the people file, with all columns. *text is released with mlab_release. Errors:
 * MLAB_ERR_MEMORY, MLAB_ERR_CANCELLED. */
MLAB_MUST_USE mlab_status mlab_panel_csv(const mlab_panel *panel, const char *const *names, char **text, size_t *n, mlab_error *err);

/* Markdown: what a row is, every column of the CSV with type, unit, levels and meaning. Holds nothing about single people. */
MLAB_MUST_USE mlab_status mlab_panel_codebook(const mlab_panel *panel, bool with_names, char **text, mlab_error *err);

/* An R script that reads csv_name from its own folder and refits each model with R alone (survival and MASS where they are there);
 * a model that it cannot refit is a sentence in its output. Errors: those of mlab_formula_parse. */
MLAB_MUST_USE mlab_status mlab_panel_script(const mlab_panel *panel, const char *csv_name, const mlab_panel_model *models, size_t n_models,
                                            char **text, mlab_error *err);

#endif
