/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times that are predicted for but that nobody in the data reaches: there the numbers are the form of the model, and that is said. Models with a
 * baseline refuse such times.
 *
 * Weakness: how long people are followed is looked at as a whole, not at each covariate. */
#include "fit/after/after.h"

#include "core/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The last time that somebody is followed to: of events by their times, of rows of periods by how many rows of one person stand together. */
static double longest(const mlab_fit_problem *problem)
{
    double last = 0, run = 0;
    for (size_t i = 0; i < problem->n && problem->stop; i++) last = fmax(last, problem->stop[i]);
    for (size_t i = 0; i < problem->n && !problem->stop; i++) {
        const uint32_t row = problem->rows ? problem->rows[i] : (uint32_t)i, before = i == 0 ? 0 : problem->rows ? problem->rows[i - 1] : row - 1;
        run = i && problem->person && problem->person[row] == problem->person[before] ? run + 1 : 1;
        last = fmax(last, run);
    }
    return last;
}

bool mlab_times_beyond(const mlab_fit_problem *problem, const mlab_fit *fit, const mlab_predict_outcome *wish, char *into, size_t size)
{
    into[0] = '\0';
    if (!wish || !wish->n_times || fit->baseline || !problem->n) return false;
    const double asked = wish->times[wish->n_times - 1], last = longest(problem);
    if (!(asked > last) || !(last > 0)) return false;
    const double by = wish->stated && asked > 0 ? wish->stated[wish->n_times - 1] / asked : 1, end = ceil(last * by - 1e-9);
    const bool rounded = end < asked * by; /* a whole number of units: the last time is somebody's own */
    const char *unit = wish->stated && wish->stated_unit ? wish->stated_unit : wish->unit ? wish->unit : "";
    const double told = rounded ? end : asked * by;
    size_t n = strlen(unit);
    char number[64];
    if (told == 1 && n && unit[n - 1] == 's') n--;
    mlab_number_for_people(told, told == floor(told) ? 0 : 2, number, sizeof number);
    snprintf(into, size, "nobody is followed %s %s%s%.*s: what is predicted %s is the form of the model", rounded ? "longer than" : "to", number,
             n ? " " : "", (int)n, unit, rounded ? "beyond that" : "there");
    return true;
}
