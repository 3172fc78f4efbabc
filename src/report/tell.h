/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the report: numbers as people read them, what is told and what is hidden, and a document that is Markdown or HTML. */
#ifndef MLAB_REPORT_TELL_H
#define MLAB_REPORT_TELL_H

#include "core/text.h"
#include "mentorlab/report.h"

/* --- numbers -------------------------------------------------------------------------------------- */

enum { MLAB_NUMBER_SIZE = 64 };
typedef char mlab_number_text[MLAB_NUMBER_SIZE];

/* Decimals (negative = tens, hundreds, ...) that a number with this standard error deserves: two digits of the error when its first one is 1 to
 * 3, else one (the rule of the Particle Data Group, doi:10.1103/PhysRevD.110.030001, 5.3). */
int mlab_decimals_for(double standard_error);
/* The number with so many decimals and thousands marks; `sign` puts a + before what is above 0. -0 is 0. */
const char *mlab_tell_number(double value, int decimals, bool sign, mlab_number_text into);
/* "a to b" of an interval at the decimals of its width. */
const char *mlab_tell_range(double lower, double upper, int decimals, bool sign, char *into, size_t size);
/* Standard error that an interval at a level would have: half its width over the normal quantile. */
double mlab_error_of(double lower, double upper, double level);
/* A count, or "fewer than 5". */
const char *mlab_tell_count(uint64_t count, uint64_t minimum, mlab_number_text into);
/* Counts of a fit that may be told. Events go with those who had none: where these are few, so are the events. */
typedef struct mlab_told_fit {
    bool people, rows, events, clusters, dropped, weightless, first;
} mlab_told_fit;
mlab_told_fit mlab_fit_counts_told(const mlab_fit *fit, uint64_t minimum);
/* The count, "fewer than 5", or "not told" where another would follow from it. */
const char *mlab_tell_fit_count(uint64_t count, bool told, uint64_t minimum, mlab_number_text into);
/* "84 %" of n draws; "under 2 %" or "over 98 %" where none or all of them are (rule of three, Hanley & Lippman-Hand 1983,
 * doi:10.1001/jama.1983.03330370053031). */
const char *mlab_tell_chance(double share, size_t n, mlab_number_text into);
/* "best_match" as "Best match": underscores are blanks, the first letter is a capital. */
void mlab_tell_name(mlab_text *text, const char *name, bool capital);

/* --- what is told ----------------------------------------------------------------------------------- */

/* A contrast as the reader sees it. */
typedef struct mlab_told_contrast {
    const mlab_contrast *contrast;
    bool told;        /* both groups are large enough */
    bool people_told; /* their sizes do not give away the size of another group */
    bool events_told; /* so are the counts of events */
    bool bounds_told; /* so are people of unknown group, those with the event and those without */
    double factor;    /* 100 for shares, 1 for means */
    int decimals;
    double error; /* standard error on the told scale */
    bool has_truth;
    double truth, truth_error; /* on the told scale */
} mlab_told_contrast;

typedef struct mlab_story {
    const mlab_context *context;
    const mlab_report_spec *spec;
    const mlab_report_options *options;
    mlab_told_contrast *contrasts; /* [n_contrasts] in the order of the comparison */
    size_t n_contrasts;
    uint64_t people;  /* 0 = not known */
    int32_t from, to; /* dates of the panel; MLAB_DATE_MISSING = not known */
} mlab_story;

MLAB_MUST_USE mlab_status mlab_story_make(const mlab_context *context, const mlab_report_spec *spec, const mlab_report_options *options,
                                          mlab_story *story, mlab_error *err);
void mlab_story_free(mlab_story *story);

/* The contrast told first for the outcome of contrast k: everyone, first method, horizon nearest to a year. */
bool mlab_story_is_main(const mlab_story *story, size_t k);
/* "+3.1 points", "+0.18". */
void mlab_tell_estimate(const mlab_told_contrast *told, mlab_text *text);
/* "on a scale of 1 to 5" for the mean of answers, else nothing. */
void mlab_tell_scale(const mlab_story *story, const mlab_told_contrast *told, mlab_text *text);
/* Whether the event counted is that of leaving: an exit of the panel, or retention. */
bool mlab_tells_leaving(const mlab_contrast *contrast);
/* `leave`, then which way of leaving is counted, where several are there: "leave by choice". */
void mlab_tell_cause(const mlab_contrast *contrast, const char *leave, mlab_text *text);
/* "3 more of 100 stay", "3 fewer of 100 leave by choice", "could be nothing", "" when there is nothing to add. */
void mlab_tell_meaning(const mlab_told_contrast *told, mlab_text *text);
/* "were all unknown time in none: +11, in structured: +6; at worst -3 to +20", or nothing. */
void mlab_tell_bounds(const mlab_told_contrast *told, mlab_text *text);
/* "12 months" */
void mlab_tell_horizon(double months, mlab_text *text);
size_t mlab_count_lines(const char *lines); /* NULL = 0 */
/* Appends every caveat once, a line each. */
void mlab_story_caveats(const mlab_story *story, mlab_text *text);

/* A figure of a plan over its simulated futures. */
typedef enum mlab_figure {
    MLAB_FIGURE_STAYED,     /* of 100 who start, still there at the end */
    MLAB_FIGURE_EXITS,      /* voluntary exits a year per 100 people */
    MLAB_FIGURE_PROMOTIONS, /* promotions a year per 100 people */
    MLAB_FIGURE_SATISFIED,  /* of 100 at the end, satisfied */
    MLAB_FIGURE_IN_PROGRAM, /* of 100 people, in a relationship that the plan's program made */
    MLAB_N_FIGURES
} mlab_figure;
/* MLAB_N_FIGURES + k is number k of the outcomes: its mean over people and the periods in which it is observed. name: room for its sentence. */
const char *mlab_figure_name(const mlab_outcomes *outcomes, int figure, char name[120]);
/* The figure in a scenario, and its difference from the reference in the same futures; level of the intervals. */
MLAB_MUST_USE mlab_status mlab_figure_make(const mlab_context *context, const mlab_outcomes *outcomes, int figure, size_t scenario, double level,
                                           mlab_summary_number *value, mlab_summary_number *difference, mlab_error *err);

/* --- document --------------------------------------------------------------------------------------- */

/* Text that is appended to; failures are kept in text.failed. Texts given are plain: the document escapes them. */
typedef struct mlab_doc {
    mlab_text text;
    bool html;
    bool in_list;
    size_t n_columns; /* of the table that is open, 0 = none */
    unsigned n_charts;
} mlab_doc;

void mlab_doc_escape(mlab_doc *doc, const char *plain);
void mlab_doc_heading(mlab_doc *doc, int level, const char *plain);
void mlab_doc_paragraph(mlab_doc *doc, const char *class, const char *plain); /* class: of the style sheet, may be NULL */
void mlab_doc_item(mlab_doc *doc, const char *plain);                         /* one of a list; ends with the next other thing */
/* A table of the next rows; folded: HTML shows it on demand behind `caption`. */
void mlab_doc_table(mlab_doc *doc, const char *caption, bool folded, const char *const *headings, size_t n);
void mlab_doc_row(mlab_doc *doc, const char *const *cells); /* cells [n_columns] */
void mlab_doc_table_end(mlab_doc *doc, bool folded);
void mlab_doc_end(mlab_doc *doc); /* ends an open list */

/* Which of the comparison's stays are told, told [n_stays]: those of a group and time with enough people, and no state of so few of them; a single
 * state that is hidden takes the next smallest with it, from which it would follow. */
void mlab_privacy_stays(const mlab_comparison *comparison, uint64_t minimum, uint8_t *told);
/* Mean times in states and shares, after the curves over time. */
MLAB_MUST_USE mlab_status mlab_tell_stays(mlab_doc *doc, const mlab_story *story, mlab_error *err);

/* --- charts (HTML alone) ------------------------------------------------------------------------------ */

/* One row of a forest plot. truth NULL = none. */
typedef struct mlab_chart_interval {
    const char *label, *told;
    double estimate, lower, upper;
    const double *truth;
} mlab_chart_interval;
void mlab_chart_forest(mlab_doc *doc, const char *title, const char *unit, const mlab_chart_interval *rows, size_t n);

typedef struct mlab_chart_line {
    const char *label;
    const double *x, *y;
    size_t n;
    bool steps;
} mlab_chart_line;
/* The title stands above the lines. */
void mlab_chart_lines(mlab_doc *doc, const char *title, const char *x_unit, const mlab_chart_line *lines, size_t n);

typedef struct mlab_chart_bar {
    const char *label, *told;
    double value;
} mlab_chart_bar;
void mlab_chart_bars(mlab_doc *doc, const char *title, double most, const mlab_chart_bar *bars, size_t n);

/* --- sections of both documents ------------------------------------------------------------------------ */

MLAB_MUST_USE mlab_status mlab_tell_effects(mlab_doc *doc, const mlab_story *story, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_tell_curves(mlab_doc *doc, const mlab_story *story, mlab_error *err);
void mlab_tell_balance(mlab_doc *doc, const mlab_story *story);
MLAB_MUST_USE mlab_status mlab_tell_unknown(mlab_doc *doc, const mlab_story *story, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_tell_surveys(mlab_doc *doc, const mlab_story *story, mlab_error *err);
/* Scores, their reliability, and means by group of answers without a person, as lines for a screen. */
MLAB_MUST_USE mlab_status mlab_survey_text(const mlab_context *context, const mlab_survey *survey, uint64_t minimum, mlab_text *text,
                                           mlab_error *err);
MLAB_MUST_USE mlab_status mlab_tell_fits(mlab_doc *doc, const mlab_story *story, mlab_error *err);
void mlab_tell_matching(mlab_doc *doc, const mlab_story *story);
MLAB_MUST_USE mlab_status mlab_tell_futures(mlab_doc *doc, const mlab_story *story, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_tell_returns(mlab_doc *doc, const mlab_story *story, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_tell_people(mlab_doc *doc, const mlab_story *story, mlab_error *err);
void mlab_tell_caveats(mlab_doc *doc, const mlab_story *story);
void mlab_tell_methods(mlab_doc *doc, const mlab_story *story);
/* All of them in order. */
MLAB_MUST_USE mlab_status mlab_tell_all(mlab_doc *doc, const mlab_story *story, mlab_error *err);

/* The style sheet of the page, and its Content-Security-Policy source 'sha256-...'. */
const char *mlab_page_style(void);
void mlab_page_style_hash(char into[64]);

#endif
