/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every value of a truth file (truth.yaml) as a row: key, default, range, meaning. The defaults are the bundled firm. */
#include "simulate/truth.h"

#include <stddef.h>

#define AT(field_) offsetof(struct mlab_truth, field_)
#define NUMBER(key_, field_, fallback_, low_, high_, unit_, help_)                                                                                   \
    {                                                                                                                                                \
        key_, NULL, NULL, MLAB_OPTION_NUMBER, AT(field_), fallback_, low_, high_, NULL, unit_, help_, MLAB_OPTION_DECIDES                            \
    }
#define INTEGER(key_, field_, fallback_, low_, high_, unit_, help_)                                                                                  \
    {                                                                                                                                                \
        key_, NULL, NULL, MLAB_OPTION_INTEGER, AT(field_), fallback_, low_, high_, NULL, unit_, help_, MLAB_OPTION_DECIDES                           \
    }
#define MAP(key_, help_)                                                                                                                             \
    {                                                                                                                                                \
        key_, NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", help_, MLAB_OPTION_NO_STRUCT                                                     \
    }

/* The coefficients that every predictor has; log scale, so -10 to 10 is everything that a firm can show. */
#define COMMON(key_, field_, grade_, male_, performance_, finance_, operations_, sales_, support_, hidden_)                                          \
    NUMBER(key_ ".entry_grade", field_.entry_grade, grade_, -10, 10, "", "per grade at entry"),                                                      \
        NUMBER(key_ ".male", field_.male, male_, -10, 10, "", "male against female"),                                                                \
        NUMBER(key_ ".performance", field_.performance, performance_, -10, 10, "", "per point of performance"),                                      \
        MAP(key_ ".department", "each department against Engineering"),                                                                              \
        NUMBER(key_ ".department.Finance", field_.department[1], finance_, -10, 10, "", "Finance against Engineering"),                              \
        NUMBER(key_ ".department.Operations", field_.department[2], operations_, -10, 10, "", "Operations against Engineering"),                     \
        NUMBER(key_ ".department.Sales", field_.department[3], sales_, -10, 10, "", "Sales against Engineering"),                                    \
        NUMBER(key_ ".department.Support", field_.department[4], support_, -10, 10, "", "Support against Engineering"),                              \
        NUMBER(key_ ".hidden", field_.hidden, hidden_, -10, 10, "", "per standard deviation of the unrecorded trait, times unrecorded_trait")
#define ARMS(key_, field_, structured_, informal_)                                                                                                   \
    NUMBER(key_ ".structured", field_.structured, structured_, -10, 10, "", "structured mentoring against none"),                                    \
        NUMBER(key_ ".informal", field_.informal, informal_, -10, 10, "", "informal mentoring against none")
#define BASE(key_, field_, intercept_) NUMBER(key_ ".intercept", field_.intercept, intercept_, -30, 10, "", "log hazard of a quarter, all else 0")
#define THRESHOLD(key_, field_, value_) NUMBER(key_, field_, value_, -20, 20, "", "logit P(Y <= level) with all else 0")

const mlab_option mlab_truth_options[] = {
    {"title", NULL, NULL, MLAB_OPTION_TEXT, 0, "Simulated firm (generated, no real people)", 0, 0, NULL, "", "what the firm is called",
     MLAB_OPTION_NO_STRUCT},
    INTEGER("people", people, "2000", 20, 4000000, "people", "people at the start"),
    INTEGER("seed", seed, "20240501", 0, 9007199254740992.0, "", "seed of the files and of the true contrasts"),
    {"from", NULL, NULL, MLAB_OPTION_DATE, AT(from), "2021-01-01", 0, 0, NULL, "", "first day of the records", MLAB_OPTION_DECIDES},
    INTEGER("quarters", periods, "16", 1, 400, "quarters", "length of the records"),
    NUMBER("hires_per_quarter", hires, "0.04", 0, 1, "share of people", "people hired each quarter, as a share of `people`"),
    INTEGER("grades", grades, "5", 2, 20, "", "the highest grade; nobody enters in it"),
    MAP("surveys", "when people are asked, and how many answer"),
    INTEGER("surveys.every", survey_every, "2", 1, 400, "quarters", "quarters between surveys"),
    NUMBER("surveys.response", response, "0.75", 0, 1, "", "chance that a person asked answers"),
    MAP("program", "the structured program"),
    INTEGER("program.every", program_every, "2", 1, 400, "quarters", "quarters between cohorts"),
    NUMBER("program.places", program_places, "0.05", 0, 1, "share of people", "places of a cohort, as a share of the people there"),
    INTEGER("program.months", program_months, "12", 1, 600, "months", "length of a structured relationship"),
    MAP("informal", "relationships that people find themselves"),
    NUMBER("informal.months", informal_months, "18", 1, 600, "months", "mean length of an informal relationship"),
    MAP("switches", "what makes the firm harder to read"),
    {"switches.no_effect", NULL, NULL, MLAB_OPTION_FLAG, AT(no_effect), "no", 0, 0, NULL, "", "every effect of mentoring is 0", MLAB_OPTION_DECIDES},
    NUMBER("switches.unrecorded_trait", unrecorded, "0", 0, 5, "", "strength of a trait that no file records, 0 = none"),
    NUMBER("switches.close_before_exit", close_before_exit, "0", 0, 1, "",
           "share of leavers' relationships that close 15 to 75 days before the exit"),
    INTEGER("contrast_populations", replicates, "100", 2, 1000000, "", "populations over which the true contrasts are averaged"),

    MAP("promotion", "complementary log-log hazard of a promotion in a quarter"),
    BASE("promotion", promotion, "-4.6"),
    ARMS("promotion", promotion, "0.30", "0.20"),
    NUMBER("promotion.time_in_grade", promotion.years, "0.04", -10, 10, "", "per year in the grade"),
    COMMON("promotion", promotion, "-0.15", "0.10", "0.40", "-0.10", "-0.15", "0.15", "-0.10", "0.3"),

    MAP("voluntary", "complementary log-log hazard of a voluntary exit in a quarter, competing"),
    BASE("voluntary", voluntary, "-2.4"),
    ARMS("voluntary", voluntary, "-0.35", "-0.20"),
    NUMBER("voluntary.tenure", voluntary.years, "-0.06", -10, 10, "", "per year of tenure"),
    COMMON("voluntary", voluntary, "-0.05", "0.10", "-0.25", "-0.10", "0.10", "0.25", "0.15", "-0.4"),

    MAP("involuntary", "complementary log-log hazard of an involuntary exit in a quarter, competing"),
    BASE("involuntary", involuntary, "-2.4"),
    ARMS("involuntary", involuntary, "-0.10", "-0.10"),
    NUMBER("involuntary.tenure", involuntary.years, "-0.03", -10, 10, "", "per year of tenure"),
    COMMON("involuntary", involuntary, "-0.05", "0.05", "-0.55", "0.10", "0.15", "0.10", "0.20", "-0.3"),

    MAP("satisfaction", "cumulative logit of the answer, 5 levels; a positive number means more satisfied"),
    ARMS("satisfaction", satisfaction, "0.45", "0.30"),
    COMMON("satisfaction", satisfaction, "0.08", "0.05", "0.25", "0.10", "-0.20", "-0.10", "-0.25", "0.4"),
    MAP("satisfaction.thresholds", "between the levels, rising"),
    THRESHOLD("satisfaction.thresholds.first", threshold[0], "-2.0"),
    THRESHOLD("satisfaction.thresholds.second", threshold[1], "-0.7"),
    THRESHOLD("satisfaction.thresholds.third", threshold[2], "0.6"),
    THRESHOLD("satisfaction.thresholds.fourth", threshold[3], "2.4"),

    MAP("informal_start", "hazard of a quarter of finding a mentor informally, by what the files record"),
    BASE("informal_start", informal_start, "-5.0"),
    NUMBER("informal_start.tenure", informal_start.years, "-0.05", -10, 10, "", "per year of tenure"),
    COMMON("informal_start", informal_start, "-0.10", "0.30", "0.35", "0.10", "-0.20", "0.30", "-0.15", "0.5"),

    MAP("application", "chance of asking for a place in a cohort, 1 - exp(-exp(x))"),
    BASE("application", application, "-2.2"),
    NUMBER("application.tenure", application.years, "-0.04", -10, 10, "", "per year of tenure"),
    COMMON("application", application, "-0.10", "-0.15", "0.20", "0.10", "-0.10", "0.15", "-0.10", "0"),
};
const size_t mlab_truth_n_options = sizeof mlab_truth_options / sizeof *mlab_truth_options;
