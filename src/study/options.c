/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The study file's rows that belong to no single engine, and all rows joined. */
#include "study/options.h"

#include "compare/options.h"
#include "data/settings.h"
#include "fit/options.h"
#include "forecast/options.h"
#include "match/options.h"
#include "mentorlab/report.h"
#include "simulate/options.h"

#include <stddef.h>

#define APART (MLAB_OPTION_DECIDES | MLAB_OPTION_NO_STRUCT)
#define SAID MLAB_OPTION_NO_STRUCT
#define ROW(key_, type_, fallback_, low_, high_, choices_, unit_, help_, marks_)                                                                     \
    {                                                                                                                                                \
        key_, NULL, NULL, MLAB_OPTION_##type_, 0, fallback_, low_, high_, choices_, unit_, help_, marks_                                             \
    }
#define MAP(key_, help_) ROW(key_, MAP, NULL, 0, 0, NULL, "", help_, APART)
#define TEXT(key_, help_) ROW(key_, TEXT, NULL, 0, 0, NULL, "", help_, APART)
#define LIST(key_, help_) ROW(key_, LIST, NULL, 0, 0, NULL, "", help_, APART)
#define CHOICE(key_, choices_, help_) ROW(key_, CHOICE, NULL, 0, 0, choices_, "", help_, APART)

const mlab_option mlab_study_option_rows[] = {
    ROW("title", TEXT, NULL, 0, 0, NULL, "", "what the study is called", SAID),
    ROW("simulated", FLAG, "no", 0, 0, NULL, "", "yes = the data are simulated; every output says so", SAID),
    ROW("truth", TEXT, NULL, 0, 0, NULL, "", "file of known true values to print beside the estimates", SAID),

    MAP("comparison", "did it work: who is compared with whom"),
    TEXT("comparison.reference", "the arm that the others are compared with"),
    LIST("comparison.estimands", "ate: had everyone been in the arm"),
    LIST("comparison.adjust", "columns, taken at time zero, that the comparison is adjusted for"),
    ROW("comparison.horizons", MAP, NULL, 0, 0, NULL, "", "times since time zero at which arms are compared", APART),
    LIST("comparison.horizons.months", "horizons in months"),
    LIST("comparison.horizons.quarters", "horizons in quarters"),
    LIST("comparison.horizons.years", "horizons in years"),
    LIST("comparison.by", "subgroups, columns at time zero"),
    LIST("comparison.states", "columns of states that people move between, as grade: who is where, and how long, by arm"),

    ROW("report", MAP, NULL, 0, 0, NULL, "", "how it is told", SAID),
    {"report.minimum_cell", "minimum-cell", "report run", MLAB_OPTION_INTEGER, offsetof(mlab_report_options, minimum_cell), "5", 1, 1000, NULL,
     "people", "counts of people below this are hidden", 0},
    {"report.width", NULL, NULL, MLAB_OPTION_INTEGER, offsetof(mlab_report_options, width), "80", 60, 200, NULL, "characters", "width of the summary",
     0},

    MAP("evidence", "published effects used where the data say nothing"),
    MAP("evidence.*", "an outcome"),
    CHOICE("evidence.*.use", "prior|stated", "prior: for an arm that the data do not have; stated: in place of what they say"),
    TEXT("evidence.*.entry", "id of the entry in models/evidence"),
    TEXT("evidence.*.arm", "the arm that has the effect"),
};
const size_t mlab_study_n_option_rows = sizeof mlab_study_option_rows / sizeof *mlab_study_option_rows;

mlab_option_tables mlab_study_options(void)
{
    return (mlab_option_tables){
        .tables = {mlab_study_option_rows, mlab_data_options, mlab_fit_option_rows, mlab_compare_option_rows, mlab_match_option_rows,
                   mlab_simulate_option_rows, mlab_forecast_option_rows},
        .n_rows = {mlab_study_n_option_rows, mlab_data_n_options, mlab_fit_n_option_rows, mlab_compare_n_option_rows, mlab_match_n_option_rows,
                   mlab_simulate_n_option_rows, mlab_forecast_n_option_rows},
        .n = 7,
    };
}
