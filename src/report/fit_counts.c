/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which counts of a fit are told: one judgement for the screen, JSON, the report and exported tables. Weakness: with several causes the events of
 * each are judged alone. */
#include "report/tell.h"

#include <stdio.h>

static bool enough(uint64_t count, uint64_t minimum)
{
    return count == 0 || count >= minimum;
}

mlab_told_fit mlab_fit_counts_told(const mlab_fit *fit, uint64_t minimum)
{
    const uint64_t all = fit->n_people ? fit->n_people : fit->n_rows;
    const bool without = fit->n_events > all || enough(all - fit->n_events, minimum);
    return (mlab_told_fit){.people = enough(fit->n_people, minimum),
                           .rows = enough(fit->n_rows, minimum),
                           .events = enough(fit->n_events, minimum) && without,
                           .clusters = enough(all, minimum),
                           .dropped = enough(fit->n_dropped_missing, minimum),
                           .weightless = enough(fit->n_dropped_weightless, minimum),
                           .first = enough(fit->n_first_values, minimum)};
}

const char *mlab_tell_fit_count(uint64_t count, bool told, uint64_t minimum, mlab_number_text into)
{
    if (told) return mlab_tell_count(count, 0, into);
    if (count < minimum) return mlab_tell_count(count, minimum, into);
    snprintf(into, sizeof(mlab_number_text), "%s", "not told");
    return into;
}
