/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random effects of a fit, and what ratings by several raters say: sources of differences, roles, reliability; never a row about one person. */
#include "mentorlab/joint.h"
#include "report/sections.h"

#include "mentorlab/raters.h"

#include <math.h>

static void tell_correlations(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit)
{
    bool begun = false;
    for (size_t t = 0; t < fit->n_random; t++)
        for (size_t k = 0; k < fit->random[t].n * fit->random[t].n; k++) {
            const mlab_random_effects *r = &fit->random[t];
            size_t a = k % r->n, b = k / r->n;
            double correlation;
            mlab_number_text text;
            if (a >= b || !mlab_joint_tells_correlation(fit, a, b) || !mlab_random_correlation(r, a, b, &correlation)) continue;
            if (!begun)
                mlab_tell_begin(doc, story, fit, "Correlations between effects of the same groups",
                                (const char *const[]){"Between", "Effect", "With", "Correlation"}, 4);
            begun = true;
            mlab_doc_row(doc, (const char *const[]){r->group, r->names[a], r->names[b], mlab_tell_number(correlation, 2, true, text)});
        }
    if (begun) mlab_doc_table_end(doc, true);
}

void mlab_tell_random(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit)
{
    if (!fit->n_random) return;
    mlab_tell_begin(doc, story, fit, "Differences between groups (standard deviations on the scale of the model)",
                    (const char *const[]){"Between", "Groups", "Effect", "Standard deviation", "From", "To", "Share of the variance"}, 7);
    for (size_t t = 0; t < fit->n_random; t++)
        for (size_t a = 0; a < fit->random[t].n; a++) {
            const mlab_random_effects *r = &fit->random[t];
            mlab_number_text groups, sd, from, to, part;
            double lower, upper, share = mlab_random_share(fit, t);
            bool interval = mlab_random_interval(r, a, 0.95, &lower, &upper), from_zero = mlab_joint_from_zero(fit, a);
            interval = interval && from_zero;
            if (!mlab_random_told(fit))
                mlab_doc_row(doc, (const char *const[]){r->group, mlab_tell_number((double)r->n_groups, 0, false, groups), r->names[a], "not told",
                                                        "", "", ""});
            if (mlab_joint_hides_effect(fit, a)) continue;
            mlab_doc_row(doc, (const char *const[]){r->group, mlab_tell_number((double)r->n_groups, 0, false, groups), r->names[a],
                                                    mlab_tell_number(r->sd[a], 4, false, sd),
                                                    interval    ? mlab_tell_number(lower, 4, false, from)
                                                    : from_zero ? "on the boundary"
                                                                : "cannot be told from 0",
                                                    !interval      ? ""
                                                    : isinf(upper) ? "no upper end"
                                                                   : mlab_tell_number(upper, 4, false, to),
                                                    share >= 0 ? mlab_tell_number(share, 2, false, part) : ""});
        }
    mlab_doc_table_end(doc, true);
    tell_correlations(doc, story, fit);
}

/* severities are told of all roles or of none: they add up to 0 */
static void tell_role(mlab_doc *doc, const mlab_raters *raters, const mlab_rater_role *role, bool all, uint64_t minimum)
{
    mlab_number_text severity, lower, upper, people, each, one, alone, needed;
    bool known = role->severity_known && all, told = raters->reliability_known;
    mlab_tell_count(role->n_people, minimum, people);
    mlab_doc_row(doc, (const char *const[]){
                          role->name[0] ? role->name : "(no roles)", people, known ? mlab_tell_number(role->severity, 2, true, severity) : "",
                          known ? mlab_tell_number(role->lower, 2, true, lower) : "", known ? mlab_tell_number(role->upper, 2, true, upper) : "",
                          told ? mlab_tell_number(role->raters_each, 1, false, each) : "", told ? mlab_tell_number(role->one, 2, false, one) : "",
                          told ? mlab_tell_number(role->alone, 2, false, alone) : "",
                          !told                 ? ""
                          : isinf(role->needed) ? "no number is enough"
                                                : mlab_tell_number(role->needed, 0, false, needed)});
}

void mlab_tell_raters(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit, uint64_t minimum)
{
    const mlab_raters *raters = fit->raters;
    if (!raters) return;
    mlab_tell_begin(doc, story, fit, "Raters by role (severity: how much lower than the mean of the roles, on the scale of the model)",
                    (const char *const[]){"Role", "People", "Severity", "From", "To", "Raters each", "Reliability of one", "Of all of the role",
                                          "Needed for 0.8"},
                    9);
    bool everybody = true;
    for (size_t r = 0; r < raters->n_roles; r++) everybody = everybody && mlab_rater_role_shown(raters, r, minimum);
    for (size_t r = 0; r < raters->n_roles; r++)
        if (mlab_rater_role_shown(raters, r, minimum)) tell_role(doc, raters, &raters->roles[r], everybody, minimum);
    mlab_doc_table_end(doc, true);
    mlab_text text = MLAB_TEXT(story->context);
    if (raters->reliability_known) {
        mlab_number_text all, score;
        mlab_text_print(&text, "All ratings of a person together have a reliability of %s, the scores one of %s. ",
                        mlab_tell_number(raters->all, 2, false, all), mlab_tell_number(raters->of_score, 2, false, score));
    }
    mlab_text_append(&text, raters->note);
    mlab_say(doc, NULL, &text);
}
