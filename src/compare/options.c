/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of comparisons: one row each. */
#include "compare/options.h"

#include <stddef.h>

#define AT(field_) offsetof(mlab_compare_options, field_)
#define DECIDES MLAB_OPTION_DECIDES

const mlab_option mlab_compare_option_rows[] = {
    {"comparison.bootstrap", "bootstrap", "compare run", MLAB_OPTION_INTEGER, AT(bootstrap), "200", 0, 100000, NULL, "samples",
     "samples of people with replacement for the intervals; 0 = influence functions with t(G - 1), else at least 20", DECIDES},
    {"comparison.seed", "compare-seed", "compare run", MLAB_OPTION_INTEGER, AT(seed), "1", 0, 9007199254740992.0, NULL, "", "seed of the samples",
     DECIDES},
    {"comparison.level", NULL, NULL, MLAB_OPTION_NUMBER, AT(level), "0.95", 0.5, 0.999, NULL, "", "level of the intervals", DECIDES},
    {"comparison.truncate", NULL, NULL, MLAB_OPTION_NUMBER, AT(truncate), "0.01", 0, 0.1, NULL, "quantile",
     "quantile at which weights are cut on both sides", DECIDES},
    {"comparison.time_df", NULL, NULL, MLAB_OPTION_INTEGER, AT(time_df), "3", 1, 8, NULL, "",
     "degrees of freedom of the natural spline of time since time zero, for each arm", DECIDES},
    {"comparison.method", "method", "compare run", MLAB_OPTION_CHOICE, AT(method), "standardisation", 0, 0, "standardisation|weighting|both", "",
     "how groups are made comparable: a model of the outcome, a model of who starts, or both side by side", DECIDES},
    {"comparison.exposure", NULL, NULL, MLAB_OPTION_CHOICE, AT(exposure), "as_started", 0, 0, "as_started|current", "",
     "after a relationship ends: stays in its group, or goes to the level 'past'", DECIDES},
    {"comparison.include_prevalent", NULL, NULL, MLAB_OPTION_FLAG, AT(include_prevalent), "no", 0, 0, NULL, "",
     "compare people whose relationship began before time zero too", DECIDES},
};
const size_t mlab_compare_n_option_rows = sizeof mlab_compare_option_rows / sizeof *mlab_compare_option_rows;

mlab_compare_options mlab_compare_defaults(void)
{
    return (mlab_compare_options){.bootstrap = 200, .seed = 1, .level = 0.95, .truncate = 0.01, .time_df = 3};
}
