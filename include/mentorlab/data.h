/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From files to a typed table and the person-period panel, with findings about everything that is wrong. */
#ifndef MENTORLAB_DATA_H
#define MENTORLAB_DATA_H

#include "mentorlab/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- findings ---------------------------------------------------------------------------------- */

/* NOTE: worth knowing. DECIDE: two readings would change numbers; the remedy says how to choose. STOP: cannot be
 * read, impossible, or over a limit. */
typedef enum mlab_severity { MLAB_SEVERITY_NOTE = 0, MLAB_SEVERITY_DECIDE = 1, MLAB_SEVERITY_STOP = 2 } mlab_severity;

/* One place where a finding was made, with the value found there ("" = none). */
typedef struct mlab_occurrence {
    mlab_place place;
    char *value;
} mlab_occurrence;

/* Findings of one kind and sentence, grouped. */
typedef struct mlab_finding {
    mlab_severity severity;
    char *kind;                   /* word with underscores, stable: "exact_duplicate", "unknown_key" */
    char *sentence;               /* what was found and what is allowed; without the place */
    char *remedy;                 /* the line to put into the study file; "" = none */
    uint64_t count;               /* all occurrences, also those beyond the kept ones */
    mlab_occurrence *occurrences; /* [n_occurrences] the first ones, at most 10,000 */
    size_t n_occurrences, capacity;
} mlab_finding;

typedef struct mlab_findings {
    const mlab_context *context;
    mlab_finding *items; /* [n] in the order found */
    size_t n, capacity;
} mlab_findings;

MLAB_API void mlab_findings_start(mlab_findings *findings, const mlab_context *context);
MLAB_API void mlab_findings_free(mlab_findings *findings); /* safe after a failed start and twice */
/* Adds one occurrence; findings of the same kind and sentence are one. place and value may be NULL.
 * Errors: MLAB_ERR_MEMORY. */
MLAB_API MLAB_MUST_USE mlab_status mlab_findings_add(mlab_findings *findings, mlab_severity severity, const char *kind, const mlab_place *place,
                                                     const char *value, const char *remedy, mlab_error *err, const char *format, ...)
    MLAB_PRINTF(8, 9);
MLAB_API size_t mlab_findings_count(const mlab_findings *findings, mlab_severity severity); /* groups of that severity */

/* --- table ------------------------------------------------------------------------------------- */

typedef enum mlab_column_type {
    MLAB_COLUMN_REAL,    /* double */
    MLAB_COLUMN_INTEGER, /* int32_t */
    MLAB_COLUMN_FACTOR,  /* int32_t code into levels, 0-based; ordered when `ordered` */
    MLAB_COLUMN_DATE,    /* int32_t, days since 1970-01-01 */
    MLAB_COLUMN_TEXT     /* offset into `pool`; ids are text */
} mlab_column_type;

/* A column of n values. Missing is explicit: missing[i] != 0; the value beside it is 0 and means nothing. */
typedef struct mlab_column {
    char *name;
    mlab_column_type type;
    union {
        double *real;     /* REAL [n] */
        int32_t *integer; /* INTEGER, FACTOR, DATE [n] */
        uint64_t *text;   /* TEXT [n] offsets of terminated texts in pool */
    } as;
    uint8_t *missing; /* [n] or NULL when nothing is missing */
    char **levels;    /* FACTOR [n_levels] */
    int32_t n_levels;
    bool ordered;
    char *pool; /* TEXT: all texts, each terminated */
    size_t pool_size, pool_capacity;
    char *unit;    /* "" = none */
    bool borrowed; /* name, levels and arrays belong to another table */
} mlab_column;

typedef struct mlab_table {
    const mlab_context *context;
    size_t n_rows;
    mlab_column *columns; /* [n_columns] */
    size_t n_columns, capacity;
    uint64_t *lines; /* [n_rows] line of each row in its file, or NULL for a table that was made */
    char *file;      /* "" for a table that was made */
    bool lines_borrowed;
} mlab_table;

MLAB_API MLAB_MUST_USE mlab_status mlab_table_make(const mlab_context *context, size_t n_rows, mlab_table **table, mlab_error *err);
MLAB_API void mlab_table_free(mlab_table *table); /* NULL is fine */
/* Adds a zeroed column; levels are copied. *column stays valid until the next add. Errors: MLAB_ERR_MEMORY,
 * MLAB_ERR_DATA_COLUMN (name taken). */
MLAB_API MLAB_MUST_USE mlab_status mlab_table_add(mlab_table *table, const char *name, mlab_column_type type, const char *const *levels,
                                                  int32_t n_levels, mlab_column **column, mlab_error *err);
MLAB_API mlab_column *mlab_table_find(const mlab_table *table, const char *name); /* NULL = not there */
/* A table that borrows all columns; columns of it may be replaced without touching the original. */
MLAB_API MLAB_MUST_USE mlab_status mlab_table_borrow(const mlab_table *from, mlab_table **table, mlab_error *err);
/* Drops the column (or the borrowed pointers) so that the name can be added anew. */
MLAB_API void mlab_table_drop(mlab_table *table, const char *name);
MLAB_API MLAB_MUST_USE mlab_status mlab_column_set_missing(mlab_table *table, mlab_column *column, size_t row, mlab_error *err);
/* Puts n bytes into a row of a TEXT column. Errors: MLAB_ERR_MEMORY, MLAB_ERR_DATA_TYPE (not TEXT, or borrowed). */
MLAB_API MLAB_MUST_USE mlab_status mlab_column_set_text(mlab_table *table, mlab_column *column, size_t row, const char *text, size_t n,
                                                        mlab_error *err);
MLAB_API const char *mlab_column_text(const mlab_column *column, size_t row); /* TEXT, or the level of a FACTOR; "" when missing */

/* --- panel ------------------------------------------------------------------------------------- */

/* An event outcome on the panel: promotion (one cause) or exit (several). [n_rows] arrays. */
typedef struct mlab_panel_event {
    char *name;     /* "promotion", "retention": the outcome */
    char *response; /* "promoted", "exit": its name in formulas */
    char **causes;  /* [n_causes] "promotion"; "voluntary", "involuntary" */
    int32_t n_causes;
    uint8_t *what;    /* 0 = none in this row, else the cause + 1 */
    uint8_t *at_risk; /* 1 = at risk in this row */
    double *share;    /* days on which it could have happened / days in the period, (0, 1]; 0 when not at risk */
    int32_t *day;     /* date of the event; MLAB_DATE_MISSING when none */
} mlab_panel_event;

/* A person's state on the last day of their last row, all that happened in that row included. */
typedef struct mlab_panel_final {
    int32_t grade;       /* value or code as in the column grade; MLAB_DATE_MISSING = missing, or there are no grades */
    int32_t grade_since; /* date in whose evening the grade began; the evening before the first day when never promoted */
    int32_t arm;         /* index into arms; -1 = unknown */
    uint8_t mentoring;   /* 1 = has a mentee */
    uint8_t gone;        /* 1 = left on that day, for whatever reason */
} mlab_panel_final;

/* Person-periods, sorted by person, then start: (start, stop] is the days after start up to and with stop. Every state is that of the
 * morning after `start`; the rules are in docs/panel.md.
 * `rows` has these columns and every attribute of the people file:
 *   arm (FACTOR; missing = unknown), grade, department, ... (state), tenure, time_in_grade (REAL, years of 365.25
 *   days), mentoring_others (INTEGER 0/1), <measure>_last (the last answer before start, FACTOR or REAL),
 *   <measure> (the answer given inside the period; missing when none), period (INTEGER, from 0),
 *   since (INTEGER, periods since time zero), promoted (INTEGER 0/1, missing when not at risk),
 *   exit (FACTOR none, <causes>; missing when not at risk). */
typedef struct mlab_panel {
    const mlab_context *context;
    mlab_table *rows;
    size_t n_rows;
    size_t n_people;  /* with at least one row */
    size_t n_ids;     /* ids in the people file; ranks run from 0 to n_ids - 1 */
    char **ids;       /* [n_ids] in byte order; the rank of a person is the index */
    uint32_t *person; /* [n_rows] rank */
    uint32_t *spell;  /* [n_rows] number of the person's stay, from 0 */
    int32_t *period;  /* [n_rows] period of the calendar grid, from 0 */
    int32_t *since;   /* [n_rows] periods since time zero (panel entry or hire), from 0 */
    int32_t *start;   /* [n_rows] date; the row covers (start, stop] */
    int32_t *stop;
    int32_t *arm;            /* [n_rows] index into arms; -1 = unknown */
    uint8_t *prevalent;      /* [n_rows] 1 = the person's relationship began before time zero */
    mlab_panel_final *final; /* [n_ids]; people without rows: zeros */
    char **arms;             /* [n_arms]; arms[0] is the reference ("none" by default); "both" and "past" only when somebody is in them */
    int32_t n_arms;
    mlab_panel_event *events; /* [n_events] */
    size_t n_events;
    char **measures; /* [n_measures] names of survey outcomes; columns of rows */
    size_t n_measures;
    int32_t n_periods;         /* of the grid */
    int32_t from, to;          /* first and last day of the grid */
    int32_t months_per_period; /* 1, 3, 6 or 12 */
    char *period_name;         /* "month", "quarter", "half-year", "year" */
} mlab_panel;

MLAB_API void mlab_panel_free(mlab_panel *panel);                                                                 /* NULL is fine */
MLAB_API const mlab_panel_event *mlab_panel_find_event(const mlab_panel *panel, const char *outcome_or_response); /* NULL = none */

/* A relationship after reading; mentor and mentee are ranks. */
typedef struct mlab_relationship {
    uint32_t mentor, mentee;
    int32_t start, end; /* end MLAB_DATE_MISSING (INT32_MIN) = still going */
    int32_t kind;       /* arm it belongs to, index into panel->arms; -1 = none */
    bool prevalent;
    uint64_t line; /* in its file */
} mlab_relationship;

typedef struct mlab_input {
    char *role; /* "people", "promotions", ... */
    char *file; /* as the user named it */
    char sha256[65];
    uint64_t rows;
    uint64_t named;  /* distinct ids of people in it, mentors and mentees apart; 0 for the people file */
    uint64_t linked; /* those of them that are in the people file */
    double accept;   /* share of them that may be missing: accept_unlinked; -1 = nobody is looked for */
    bool accepted;   /* the study states it */
} mlab_input;

/* What answers were made into: the mean of several items, or the answers to one. */
typedef struct mlab_measure {
    char *name;
    int32_t n_items, need, n_reversed;      /* need: how many items have to be answered */
    double low, high;                       /* of its scale; equal when none is stated */
    uint64_t scored;                        /* rows with a score */
    uint64_t too_few;                       /* rows with answers, but to fewer items than needed */
    uint64_t alpha_people;                  /* people with all items, each with their first answer; 0 = no alpha */
    double alpha, alpha_lower, alpha_upper; /* Cronbach's alpha with its 95 % interval */
} mlab_measure;

/* A wave of a survey: people who are there on its first day were asked. */
typedef struct mlab_survey_wave {
    char *name;          /* its file, or its first day */
    int32_t first, last; /* days of its answers; both the stated day for a file a wave */
    uint64_t answers;    /* usable rows */
    uint64_t unfinished; /* rows left out because nobody finished them */
} mlab_survey_wave;

/* Scores of a group in a wave, where no key leads to people. */
typedef struct mlab_survey_cell {
    uint64_t n;          /* answers with a score */
    double mean, sd;     /* 0 when n is too small for them */
    double lower, upper; /* 95 % interval of the mean, by t; equal to it below two answers */
    int64_t size;        /* people of the panel in the group on the wave's first day; -1 = no column of people or states has its name */
} mlab_survey_cell;

/* The size of a group may stand beside its answers: it is known, and of those who did not answer there are none or at least `minimum`. */
MLAB_API bool mlab_survey_size_told(const mlab_survey_cell *cell, uint64_t minimum);

typedef struct mlab_survey {
    mlab_measure *measures; /* [n_measures] */
    size_t n_measures;
    mlab_survey_wave *waves; /* [n_waves] by their first day */
    size_t n_waves;
    uint64_t *invited, *replied; /* [n_measures * (n_arms + 1)] times that people of each arm were asked, and answered; the last: unknown
                                  * arm; NULL = not known */
    int32_t n_arms;
    bool anonymous;   /* no key leads from answers to people */
    char *group_name; /* anonymous: the column of groups, "" = none */
    char **groups;    /* [n_groups]; one, "everyone", without a column */
    size_t n_groups;
    mlab_survey_cell *cells; /* [n_measures * n_groups * n_waves]; NULL unless anonymous */
    uint8_t *told;           /* [the same] 1 = may be told; made by mlab_survey_judge, NULL = not judged, and told nowhere */
} mlab_survey;

/* Who is in a study and who is not: what the files hold, who is left out and why, who is in the panel; counts of people. */
typedef struct mlab_flow_step {
    const char *what; /* "in people.csv"; "do not belong to the population" */
    uint64_t people;
    bool out; /* left out at this step */
} mlab_flow_step;

/* Everything that a study's files say. */
typedef struct mlab_data {
    const mlab_context *context;
    mlab_table *people;     /* one row a person; for a person-level study one row a row of the file */
    mlab_table *promotions; /* NULL when not given */
    mlab_table *surveys;
    mlab_table *ratings; /* one by one, sorted: person, rater (TEXT), role, skill (FACTOR) where there are such, date, score (REAL); NULL = none */
    mlab_relationship *relationships; /* [n_relationships] sorted by start, mentor, mentee */
    size_t n_relationships;
    mlab_survey *survey; /* how scores were made, and the waves; NULL without scores */
    mlab_panel *panel;   /* NULL for a person-level study */
    bool person_level;
    char *arm_exposure;   /* person-level: "baseline", "ever", or "" when not declared */
    char *arm_column;     /* person-level: name of the arm column in people, "" = none */
    mlab_place arm_place; /* person-level: where the study file names the arm; zeros when it does not */
    mlab_input *inputs;   /* [n_inputs] */
    size_t n_inputs;
    int32_t as_of;        /* MLAB_DATE_MISSING (INT32_MIN) = the last date seen */
    mlab_flow_step *flow; /* [n_flow] those in first, then those left out, then those in the panel; n_flow == 0: not a panel study */
    size_t n_flow;
    uint64_t before_answer; /* bit a: arm a of the panel counts from before the answer that tells of it (counts: from_since) */
    char *caveats;          /* lines: what the study's own choices mean for every number with an arm; "" = nothing */
    char *guesses;          /* lines for the user: what was inferred, each with the line that pins it */
} mlab_data;

MLAB_API void mlab_data_free(mlab_data *data); /* NULL is fine */
/* The steps that may be told when counts from 1 to minimum - 1 are hidden: small ones are put together, and where they cannot be, the
 * panel's people alone are told. told [n_flow]; returns how many. */
MLAB_API size_t mlab_flow_told(const mlab_data *data, uint64_t minimum, mlab_flow_step *told);

/* --- formula and design ------------------------------------------------------------------------- */

typedef struct mlab_formula mlab_formula; /* parsed R-style formula */
typedef enum mlab_response_kind { MLAB_RESPONSE_NONE, MLAB_RESPONSE_COLUMN, MLAB_RESPONSE_EVENT } mlab_response_kind;

/* y ~ a*b + ns(t, 3) + poly(x, 2, raw) + I(x^2) + offset(x) + strata(s) + cluster(g) - 1; y may be a column or
 * event(time, status) or event(start, stop, status). (1 + x | g) are random effects, (1 + x || g) independent ones;
 * g may be a:b, a/b = a and a:b, or multiple(a, b), columns that name the groups of a row of several memberships.
 * place: where the text stands in the study file, may be NULL. Errors: MLAB_ERR_DATA_FORMULA, MLAB_ERR_DATA_NOT_BUILT, with
 * the place of the character. */
MLAB_API MLAB_MUST_USE mlab_status mlab_formula_parse(const mlab_context *context, const char *text, const mlab_place *place, mlab_formula **formula,
                                                      mlab_error *err);
MLAB_API void mlab_formula_free(mlab_formula *formula);
MLAB_API mlab_response_kind mlab_formula_response(const mlab_formula *formula);
/* Names of the response: [0] the column, or [0] start (NULL when event(time, status)), [1] time or stop, [2] status. */
MLAB_API const char *mlab_formula_response_name(const mlab_formula *formula, int which);
MLAB_API size_t mlab_formula_strata(const mlab_formula *formula, const char *const **names); /* number of names */
MLAB_API const char *mlab_formula_cluster(const mlab_formula *formula);                      /* NULL = none */
MLAB_API const char *mlab_formula_cluster_other(const mlab_formula *formula);                /* b of cluster(a, b), NULL = none */
MLAB_API size_t mlab_formula_random(const mlab_formula *formula);                            /* groupings (... | group); a/b is two */
/* The left side of grouping k as a formula of its own, its name ("g", "a:b", "multiple(a, b)"), whether it was written with ||. NULL past the end. */
MLAB_API const mlab_formula *mlab_formula_random_terms(const mlab_formula *formula, size_t k, const char **group, bool *independent);
/* The columns of grouping k; multiple: each names a group of the row, and where it is missing there is none. Number of names. */
MLAB_API size_t mlab_formula_random_columns(const mlab_formula *formula, size_t k, const char *const **names, bool *multiple);
/* Names of all columns the right side reads, strata and cluster included; number of names. */
MLAB_API size_t mlab_formula_columns(const mlab_formula *formula, const char *const **names);

/* A recipe that yields blocks of rows of the design from a table: contrasts, levels, knots are fixed when it is made,
 * so that it gives the same columns from another table. Column names are those of R's model.matrix. */
typedef struct mlab_design mlab_design;

/* Makes the recipe from the rows of `table` whose keep[i] != 0 (NULL = all): factor levels present, knots, means.
 * A factor column uses treatment contrasts against its first level; text columns are made factors with levels in byte order.
 * Errors: MLAB_ERR_DATA_COLUMN (with the nearest name), MLAB_ERR_DATA_TYPE, MLAB_ERR_DATA_EMPTY, MLAB_ERR_MEMORY. */
MLAB_API MLAB_MUST_USE mlab_status mlab_design_make(const mlab_formula *formula, const mlab_table *table, const uint8_t *keep, mlab_design **design,
                                                    mlab_error *err);
MLAB_API void mlab_design_free(mlab_design *design);
MLAB_API MLAB_MUST_USE mlab_status mlab_design_copy(const mlab_design *design, mlab_design **copy, mlab_error *err);
MLAB_API size_t mlab_design_columns(const mlab_design *design);     /* p, the intercept included when there is one */
MLAB_API bool mlab_design_has_intercept(const mlab_design *design); /* then column 0 is "(Intercept)" */
MLAB_API const char *mlab_design_name(const mlab_design *design, size_t column);
/* complete[i] = 1 when every column that the design reads is present in row i of the table; [n_rows]. */
MLAB_API MLAB_MUST_USE mlab_status mlab_design_complete(const mlab_design *design, const mlab_table *table, uint8_t *complete, mlab_error *err);
/* x[i * p + j] for the n rows `rows[i]` (NULL: first, first + 1, ...), complete ones; offset [n] is set to the sum of
 * offset() terms, may be NULL. Errors: MLAB_ERR_DATA_LEVEL, MLAB_ERR_DATA_COLUMN. */
MLAB_API MLAB_MUST_USE mlab_status mlab_design_fill(const mlab_design *design, const mlab_table *table, const uint32_t *rows, size_t first, size_t n,
                                                    double *x, double *offset, mlab_error *err);
/* The recipe as text, and back: it is stored beside the fit so that a stage can predict without the formula's data. */
MLAB_API MLAB_MUST_USE mlab_status mlab_design_write(const mlab_design *design, char **text, mlab_error *err); /* released by mlab_design_text_free */
MLAB_API MLAB_MUST_USE mlab_status mlab_design_read(const mlab_context *context, const char *text, mlab_design **design, mlab_error *err);
MLAB_API void mlab_design_text_free(const mlab_context *context, char *text);

#ifdef __cplusplus
}
#endif
#endif
