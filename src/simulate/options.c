/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of the simulation: and scenarios: blocks. */
#include "simulate/options.h"

#include <math.h>
#include <stddef.h>

#define AT(field_) offsetof(mlab_simulate_options, field_)
#define DECIDES MLAB_OPTION_DECIDES
#define FREE (MLAB_OPTION_DECIDES | MLAB_OPTION_NO_STRUCT)
#define NOT_BUILT (MLAB_OPTION_NOT_BUILT | MLAB_OPTION_NO_STRUCT)

const mlab_option mlab_simulate_option_rows[] = {
    {"simulation", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "how the future is simulated", MLAB_OPTION_NO_STRUCT},
    {"simulation.population", NULL, NULL, MLAB_OPTION_CHOICE, AT(population), "data", 0, 0, "data", "", "who starts: the people of the last period",
     DECIDES},
    {"simulation.population.bootstrap", "people", "simulate", MLAB_OPTION_INTEGER, AT(people), "0", 0, 16777216, NULL, "people",
     "so many people drawn from those of the last period, 0 = everybody once", DECIDES},
    {"simulation.horizon", "horizon", "simulate", MLAB_OPTION_DURATION, AT(horizon), "20 quarters", 1, 36525, NULL, "days",
     "how far ahead, in whole periods", DECIDES},
    {"simulation.promotions", NULL, NULL, MLAB_OPTION_CHOICE, AT(promotions), "open", 0, 0, "open|vacancies", "",
     "open: whoever is promoted moves up, whatever is vacant", DECIDES},
    {"simulation.draws", "draws", "simulate", MLAB_OPTION_INTEGER, AT(draws), "200", 1, 4294967295.0, NULL, "", "sets of parameters", DECIDES},
    {"simulation.replicates", "replicates", "simulate", MLAB_OPTION_INTEGER, AT(replicates), "4", 2, 4294967295.0, NULL, "",
     "random histories for each draw", DECIDES},
    {"simulation.replicates.until", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "run until precise enough", NOT_BUILT},
    {"simulation.seed", "seed", NULL, MLAB_OPTION_INTEGER, AT(seed), "1", 0, 9007199254740992.0, NULL, "", "seed of all random numbers", DECIDES},
    {"simulation.informal_rate", NULL, NULL, MLAB_OPTION_NUMBER, AT(informal_rate), "-1", -1, 1, NULL, "per period",
     "chance that someone without a mentor finds one informally; -1 = as in the data", DECIDES},
    {"simulation.replacement", NULL, NULL, MLAB_OPTION_NUMBER, AT(replacement), "1", 0, 1, NULL, "",
     "chance that a leaver's position is filled again", DECIDES},
    {"simulation.early_ending", NULL, NULL, MLAB_OPTION_NUMBER, AT(early_ending), "0", 0, 1, NULL, "per period",
     "chance that a program relationship ends before its time", DECIDES},
    {"simulation.score_effect", NULL, NULL, MLAB_OPTION_NUMBER, AT(score_effect), "0", -1, 1, NULL, "per 10 points",
     "change of the program's effect, as a share of it, per 10 points of score above 50", DECIDES},
    {"simulation.survey_every", NULL, NULL, MLAB_OPTION_INTEGER, AT(survey_every), "0", 0, 65535, NULL, "periods",
     "periods between surveys, 0 = as in the data", DECIDES},
    {"simulation.assumptions", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "values that the data cannot give, by name", FREE},
    {"simulation.assumptions.*", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "",
     "a number, or {value: 0.1, standard_error: 0.05, source: who says so}", FREE},
    {"scenarios", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "plans to compare; the first is what the others are compared with",
     MLAB_OPTION_NO_STRUCT},
    {"scenarios.*", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "one plan", MLAB_OPTION_NO_STRUCT},
    {"scenarios.*.policy", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "matching rule, or none", FREE | MLAB_OPTION_REQUIRED},
    {"scenarios.*.start_every", NULL, NULL, MLAB_OPTION_DURATION, 0, "1 years", 1, 36525, NULL, "days", "time between cohorts, in whole periods",
     FREE},
    {"scenarios.*.duration", NULL, NULL, MLAB_OPTION_DURATION, 0, "1 years", 1, 36525, NULL, "days", "how long a relationship lasts", FREE},
    {"scenarios.*.places", NULL, NULL, MLAB_OPTION_INTEGER, 0, "0", 0, 16777216, NULL, "people",
     "mentees of a cohort, 0 = as many as mentors have places for", FREE},
    {"scenarios.*.arm", NULL, NULL, MLAB_OPTION_TEXT, 0, "structured", 0, 0, NULL, "", "group that a matched mentee belongs to", FREE},
};
const size_t mlab_simulate_n_option_rows = sizeof mlab_simulate_option_rows / sizeof *mlab_simulate_option_rows;

mlab_simulate_options mlab_simulate_defaults(void)
{
    mlab_simulate_options options = {0};
    if (mlab_options_default(mlab_simulate_option_rows, mlab_simulate_n_option_rows, &options, NULL)) options.draws = 0;
    return options;
}

int64_t mlab_simulate_periods(const mlab_simulate_options *options, int32_t months_per_period)
{
    double periods = floor(options->horizon / (30.4375 * months_per_period) + 0.5);
    return periods < 1 ? 1 : (int64_t)periods;
}
