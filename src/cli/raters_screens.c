/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fit: what ratings by several raters say. */
#include "cli/cli.h"
#include "core/number.h"

#include <math.h>
#include <stdio.h>

static const char *decimals(double value, int n, char *into, size_t size)
{
    mlab_number_for_people(value, n, into, size);
    return into;
}

/* severities are told of all roles or of none: they add up to 0 */
static void show_role(const mlab_rater_role *role, const mlab_raters *raters, bool all)
{
    char severity[64] = "", lower[64], upper[64], interval[160] = "", each[64] = "", one[64] = "", alone[64] = "", needed[64] = "";
    if (role->severity_known && all) {
        decimals(role->severity, 2, severity, sizeof severity);
        snprintf(interval, sizeof interval, "(%s to %s)", decimals(role->lower, 2, lower, sizeof lower),
                 decimals(role->upper, 2, upper, sizeof upper));
    }
    if (raters->reliability_known) {
        decimals(role->raters_each, 1, each, sizeof each);
        decimals(role->one, 2, one, sizeof one);
        decimals(role->alone, 2, alone, sizeof alone);
        if (isinf(role->needed))
            snprintf(needed, sizeof needed, "%s", "none");
        else
            decimals(role->needed, 0, needed, sizeof needed);
    }
    printf("  %-20.40s %8s %-18s %6s %6s %6s %8s\n", role->name[0] ? role->name : "(no roles)", severity, interval, each, one, alone, needed);
}

void mlab_show_raters(const mlab_fit *fit, uint64_t minimum)
{
    const mlab_raters *raters = fit->raters;
    size_t hidden = 0;
    if (!raters) return;
    for (size_t r = 0; r < raters->n_roles; r++) hidden += !mlab_rater_role_shown(raters, r, minimum);
    printf("  %-20s %8s %-18s %6s %6s %6s %8s\n", "", "severity", "", "raters", "relia-", "all of", "for 0.8");
    printf("  %-20s %8s %-18s %6s %6s %6s %8s\n", "role", "", "", "each", "bility", "them", "needed");
    for (size_t r = 0; r < raters->n_roles; r++)
        if (mlab_rater_role_shown(raters, r, minimum)) show_role(&raters->roles[r], raters, hidden == 0);
    if (hidden)
        printf("  %zu role%s of fewer than %llu people or raters not shown, and no severity, which would tell theirs\n", hidden,
               hidden == 1 ? "" : "s", (unsigned long long)minimum);
    if (raters->reliability_known) {
        char all[64], score[64];
        printf("  all ratings together: reliability %s; of the scores of %llu people: %s\n", decimals(raters->all, 2, all, sizeof all),
               (unsigned long long)raters->n_people, decimals(raters->of_score, 2, score, sizeof score));
    }
    if (raters->note && raters->note[0]) {
        printf("  ");
        mlab_show_folded(stdout, 2, 2, raters->note);
    }
}
