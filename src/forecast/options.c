/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of the forecast: one row each. Costs and benefits have the same keys. */
#include "forecast/options.h"

#include <stddef.h>

#define AT(field_) offsetof(mlab_forecast_spec, field_)
#define DECIDES MLAB_OPTION_DECIDES
#define APART (MLAB_OPTION_DECIDES | MLAB_OPTION_NO_STRUCT)
#define TOLD MLAB_OPTION_NO_STRUCT
#define MOST 1e12

#define LINE_ROWS(block)                                                                                                                             \
    {block, NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "lines of the ledger by name", APART},                                             \
        {block ".*", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "one line", APART},                                                       \
        {block ".*.kind",                                                                                                                            \
         NULL,                                                                                                                                       \
         NULL,                                                                                                                                       \
         MLAB_OPTION_CHOICE,                                                                                                                         \
         0,                                                                                                                                          \
         NULL,                                                                                                                                       \
         0,                                                                                                                                          \
         0,                                                                                                                                          \
         "cash|avoided|time",                                                                                                                        \
         "",                                                                                                                                         \
         "money paid, money not spent, or working hours",                                                                                            \
         APART | MLAB_OPTION_REQUIRED},                                                                                                              \
        {block ".*.per", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "person year, 25 mentees, year, or once", APART},                    \
        {block ".*.on", NULL, NULL, MLAB_OPTION_CHOICE, 0, NULL, 0, 0, "promotion|exit", "", "the event that is paid for", APART},                   \
        {block ".*.amount", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "money", "money of one unit, a number or a spread", APART},            \
        {block ".*.hours_per_month",                                                                                                                 \
         NULL,                                                                                                                                       \
         NULL,                                                                                                                                       \
         MLAB_OPTION_ANY,                                                                                                                            \
         0,                                                                                                                                          \
         NULL,                                                                                                                                       \
         0,                                                                                                                                          \
         0,                                                                                                                                          \
         NULL,                                                                                                                                       \
         "hours",                                                                                                                                    \
         "hours a month of each pair, a number or a spread",                                                                                         \
         APART},                                                                                                                                     \
        {block ".*.hourly", NULL, NULL, MLAB_OPTION_NUMBER, 0, NULL, 0, MOST, NULL, "money", "what an hour costs", APART},                           \
        {block ".*.fte", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "posts", "share of a full post, a number or a spread", APART},            \
        {block ".*.salary", NULL, NULL, MLAB_OPTION_NUMBER, 0, NULL, 0, MOST, NULL, "money", "yearly cost of that post", APART},                     \
        {block ".*.share_of_salary",                                                                                                                 \
         NULL,                                                                                                                                       \
         NULL,                                                                                                                                       \
         MLAB_OPTION_ANY,                                                                                                                            \
         0,                                                                                                                                          \
         NULL,                                                                                                                                       \
         0,                                                                                                                                          \
         0,                                                                                                                                          \
         NULL,                                                                                                                                       \
         "1",                                                                                                                                        \
         "share of the yearly salary, a number or a spread",                                                                                         \
         APART},                                                                                                                                     \
        {block ".*.lasting", NULL, NULL, MLAB_OPTION_FLAG, 0, NULL, 0, 0, NULL, "", "paid every year from the promotion on; costs: yes", APART},     \
        {block ".*.backfill", NULL, NULL, MLAB_OPTION_NUMBER, 0, "1", 0, 1, NULL, "1", "share of exits that are replaced", APART},                   \
        {block ".*.against",                                                                                                                         \
         NULL,                                                                                                                                       \
         NULL,                                                                                                                                       \
         MLAB_OPTION_CHOICE,                                                                                                                         \
         0,                                                                                                                                          \
         NULL,                                                                                                                                       \
         0,                                                                                                                                          \
         0,                                                                                                                                          \
         "external_hire",                                                                                                                            \
         "",                                                                                                                                         \
         "a promotion from within saves an external hire",                                                                                           \
         APART},                                                                                                                                     \
        {block ".*.source", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "where the number comes from", TOLD},                             \
    {                                                                                                                                                \
        block ".*.owner", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "who stands by the number", TOLD                                    \
    }

const mlab_option mlab_forecast_option_rows[] = {
    {"forecast", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "what the plans cost and return", APART},
    {"forecast.currency", NULL, NULL, MLAB_OPTION_TEXT, 0, "EUR", 0, 0, NULL, "", "name of the currency; nothing is converted", APART},
    {"forecast.discount_rate", "discount-rate", "forecast run", MLAB_OPTION_NUMBER, AT(discount_rate), "0.05", 0, 1, NULL, "a year",
     "how much less money a year later is worth", DECIDES},
    {"forecast.timing", NULL, NULL, MLAB_OPTION_CHOICE, AT(timing), "mid", 0, 0, "mid|end", "", "when in a period its money falls", DECIDES},
    {"forecast.level", NULL, NULL, MLAB_OPTION_NUMBER, AT(level), "0.9", 0.5, 0.999, NULL, "", "level of the likely ranges", DECIDES},
    {"forecast.seed", NULL, NULL, MLAB_OPTION_INTEGER, AT(seed), "1", 0, 9007199254740992.0, NULL, "", "seed of the spreads", DECIDES},
    {"forecast.salary", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "money a year",
     "one number, {grade: number, ...}, {by: grade, file: bands.csv, per: month, currency: {...}}, or {from: column, per: year|month|hour, currency: "
     "{...}}",
     APART},
    LINE_ROWS("forecast.costs"),
    LINE_ROWS("forecast.benefits"),
};
const size_t mlab_forecast_n_option_rows = sizeof mlab_forecast_option_rows / sizeof *mlab_forecast_option_rows;
