/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who with whom: the matching rules side by side, what each costs, what the rules of the score decided, and how groups fared. */
#include "core/memory.h"
#include "core/number.h"
#include "report/sections.h"

#include <math.h>
#include <string.h>

enum { MOST_BARS = 12 };

static void draw_fits(mlab_doc *doc, const mlab_story *story)
{
    const mlab_results *r = story->spec->results;
    mlab_chart_bar bars[MOST_BARS];
    mlab_text texts[2 * MOST_BARS];
    size_t n = 0;
    for (size_t i = 0; i < r->n_pairs && n < MOST_BARS; i++) {
        const mlab_pairs *p = r->pairs[i];
        mlab_number_text mean;
        if (p->n_pairs < (uint64_t)story->options->minimum_cell) continue;
        mlab_text *label = &texts[2 * n], *told = label + 1;
        *label = *told = MLAB_TEXT(story->context);
        mlab_tell_name(label, p->policy, true);
        mlab_text_append(told, mlab_tell_number(p->mean_score, 0, false, mean));
        bars[n++] = (mlab_chart_bar){mlab_text_get(label), mlab_text_get(told), p->mean_score};
    }
    mlab_chart_bars(doc, "Mean fit of the pairs by matching rule, of 100", 100, bars, n);
    for (size_t i = 0; i < 2 * n; i++) {
        if (texts[i].failed) doc->text.failed = true;
        mlab_text_free(&texts[i]);
    }
}

/* What each rule costs against the highest total, and how evenly it does: figures of all, shown where the pairs are. */
static void compare_policies(mlab_doc *doc, const mlab_story *story)
{
    const mlab_results *r = story->spec->results;
    const uint64_t minimum = (uint64_t)story->options->minimum_cell;
    if (r->n_pairs < 2) return;
    mlab_doc_table(doc, NULL, false,
                   (const char *const[]){"Matching rule", "Costs in points", "Of the best total", "Spread of fit", "Regret", "Rank for mentors",
                                         "Most of one mentor"},
                   7);
    for (size_t i = 0; i < r->n_pairs; i++) {
        const mlab_pairs *p = r->pairs[i];
        if (p->n_pairs < minimum) continue;
        mlab_text name = MLAB_TEXT(story->context);
        mlab_number_text costs, share, spread, regret, rank, load;
        const bool known = isfinite(p->optimum) && p->optimum > 0;
        mlab_tell_name(&name, p->policy, true);
        mlab_tell_number(known ? p->optimum - p->total_score : 0, 1, false, costs);
        mlab_tell_number(known ? 100 * p->total_score / p->optimum : 0, 1, false, share);
        mlab_tell_number(p->score_sd, 1, false, spread);
        mlab_tell_number(p->mean_regret, 1, false, regret);
        mlab_tell_number(p->mentor_mean_rank, 1, false, rank);
        mlab_tell_number((double)p->most_load, 0, false, load);
        mlab_text percent = MLAB_TEXT(story->context);
        mlab_text_print(&percent, "%s %%", share);
        mlab_doc_row(
            doc, (const char *const[]){mlab_text_get(&name), known ? costs : "", known ? mlab_text_get(&percent) : "", spread, regret, rank, load});
        doc->text.failed |= name.failed || percent.failed;
        mlab_text_free(&name);
        mlab_text_free(&percent);
    }
    mlab_doc_table_end(doc, false);
    mlab_doc_paragraph(
        doc, "small",
        "Costs: points of total fit below the highest total of the same people, which is the price of what the rule keeps to (stability, "
        "fairness, chance). Regret: points between the best mentor somebody was allowed and the one they got, nobody counting 0.");
}

/* What keeping to a rule costs against the best total, as a sentence. */
static void tell_price(mlab_doc *doc, const mlab_story *story, const char *policy, const char *what)
{
    const mlab_results *r = story->spec->results;
    for (size_t i = 0; i < r->n_pairs; i++) {
        const mlab_pairs *p = r->pairs[i];
        mlab_text text = MLAB_TEXT(story->context);
        mlab_number_text points, share;
        if (strcmp(p->policy, policy) != 0 || !(p->optimum > 0) || p->n_pairs < (uint64_t)story->options->minimum_cell) continue;
        mlab_tell_number(p->optimum - p->total_score, 1, false, points);
        mlab_tell_number(100 * (p->optimum - p->total_score) / p->optimum, 2, false, share);
        mlab_text_print(&text, "The price of %s: %s points of total fit, %s %% of the best.", what, points, share);
        mlab_doc_paragraph(doc, NULL, mlab_text_get(&text));
        doc->text.failed |= text.failed;
        mlab_text_free(&text);
        return;
    }
}

static void tell_group(mlab_doc *doc, const mlab_story *story, const mlab_pairs *p, const mlab_pairs_group *g, bool shown)
{
    mlab_text share = MLAB_TEXT(story->context), fit = MLAB_TEXT(story->context), name = MLAB_TEXT(story->context);
    mlab_number_text all, rate, low, high, mean, least, most;
    mlab_tell_name(&name, p->policy, true);
    mlab_tell_number(g->n ? 100 * (double)g->matched / (double)g->n : 0, 0, false, rate);
    mlab_tell_number(100 * g->rate_low, 0, false, low);
    mlab_tell_number(100 * g->rate_high, 0, false, high);
    mlab_text_print(&share, "%s %% (%s to %s)", rate, low, high);
    mlab_tell_number(g->mean_score, 1, false, mean);
    if (isfinite(g->mean_low)) {
        mlab_tell_number(g->mean_low, 1, false, least);
        mlab_tell_number(g->mean_high, 1, false, most);
        mlab_text_print(&fit, "%s (%s to %s)", mean, least, most);
    } else
        mlab_text_append(&fit, mean);
    mlab_tell_number((double)g->n, 0, false, all);
    mlab_doc_row(doc, (const char *const[]){mlab_text_get(&name), g->name, shown ? all : "hidden", shown ? mlab_text_get(&share) : "hidden",
                                            shown && g->matched ? mlab_text_get(&fit) : "hidden",
                                            !shown                 ? "hidden"
                                            : g->below_four_fifths ? "less than four fifths of the highest"
                                                                   : ""});
    doc->text.failed |= share.failed || fit.failed || name.failed;
    mlab_text_free(&share);
    mlab_text_free(&fit);
    mlab_text_free(&name);
}

/* Shares and fit by group, through the privacy filter: a group is told when both those with and those without a mentor may be. */
static void tell_groups(mlab_doc *doc, const mlab_story *story)
{
    const mlab_results *r = story->spec->results;
    bool begun = false;
    for (size_t i = 0; i < r->n_pairs; i++) {
        const mlab_pairs *p = r->pairs[i];
        uint64_t *count = mlab_allocate(story->context, p->n_groups, 2 * sizeof *count);
        uint8_t *shown = mlab_allocate(story->context, p->n_groups, 4), columns[2];
        for (size_t k = 0; count && k < p->n_groups; k++) {
            count[2 * k] = p->groups[k].matched;
            count[2 * k + 1] = p->groups[k].n - p->groups[k].matched;
        }
        if (!count || !shown) doc->text.failed = true;
        const bool ready = count && shown && p->n_groups &&
                           !mlab_privacy_table(story->context, count, p->n_groups, 2, (uint64_t)story->options->minimum_cell, shown,
                                               shown + 2 * p->n_groups, columns, NULL);
        if (ready && !begun)
            mlab_doc_table(doc, NULL, false, (const char *const[]){"Matching rule", "Group", "Mentees", "With a mentor", "Mean fit", "Four fifths"},
                           6);
        begun = begun || ready;
        for (size_t k = 0; ready && k < p->n_groups; k++) tell_group(doc, story, p, &p->groups[k], shown[2 * k] && shown[2 * k + 1]);
        mlab_release(story->context, count);
        mlab_release(story->context, shown);
    }
    if (begun) mlab_doc_table_end(doc, false);
}

/* What the rules of the score decided under the last policy; counts of few mentees are hidden. */
static void tell_rules(mlab_doc *doc, const mlab_story *story)
{
    const mlab_results *r = story->spec->results;
    const mlab_pairs *p = r->pairs[r->n_pairs - 1];
    const uint64_t minimum = (uint64_t)story->options->minimum_cell;
    if (!p->n_rules) return;
    mlab_doc_table(
        doc, NULL, false,
        (const char *const[]){"Rule of the score", "Told pairs apart", "Alone ruled out", "Would fare otherwise without it", "Costs the other rules"},
        5);
    for (size_t t = 0; t < p->n_rules; t++) {
        const mlab_rule_share *rule = &p->rules[t];
        mlab_number_text share, out, changed, costs;
        mlab_text part = MLAB_TEXT(story->context);
        mlab_tell_number(100 * rule->share, 0, false, share);
        mlab_tell_number(rule->sample ? 100 * (double)rule->ruled_out / (double)rule->sample : 0, 0, false, out);
        mlab_tell_count(rule->changed, minimum, changed);
        mlab_tell_number(rule->costs, 1, false, costs);
        mlab_text_print(&part, "%s %%", rule->must ? out : share);
        mlab_doc_row(doc, (const char *const[]){rule->name, rule->must ? "" : mlab_text_get(&part), rule->must ? mlab_text_get(&part) : "",
                                                rule->left_out ? changed : "", rule->left_out ? costs : ""});
        doc->text.failed |= part.failed;
        mlab_text_free(&part);
    }
    mlab_doc_table_end(doc, false);
    mlab_doc_paragraph(doc, "small",
                       "Told pairs apart: share of the spread of fit among allowed pairs. Would fare otherwise: mentees who had somebody else, or "
                       "nobody, when people were matched again without the rule; costs: what the rule took from the others, in points. Empty where "
                       "matching again would take too long.");
    for (size_t k = 0; k < p->n_gains; k++) {
        mlab_text text = MLAB_TEXT(story->context);
        mlab_text_print(&text, "%s: %s.", p->gains[k].name, p->gains[k].told);
        mlab_doc_paragraph(doc, "", mlab_text_get(&text));
        doc->text.failed |= text.failed;
        mlab_text_free(&text);
    }
}

/* What became of everybody when decisions were taken up; counts of few people are hidden. */
static void tell_review(mlab_doc *doc, const mlab_story *story)
{
    const mlab_review *review = story->spec->results->review;
    const uint64_t minimum = (uint64_t)story->options->minimum_cell;
    if (!review) return;
    const size_t counts[] = {review->kept, review->moved, review->rematched, review->placed, review->lost, review->waiting, review->withdrawn};
    mlab_number_text texts[7], before, now, best, fell, lost;
    bool hidden = false;
    for (size_t k = 0; k < 7; k++) hidden = hidden || (counts[k] > 0 && counts[k] < minimum);
    mlab_doc_heading(doc, 3, "After the decisions");
    if (!hidden) { /* the counts add up to everybody, so that one that is hidden could be worked out */
        mlab_doc_table(doc, NULL, false,
                       (const char *const[]){"Kept", "Moved", "Matched anew after a decline", "Placed", "Lost their mentor", "Wait", "Withdrawn"}, 7);
        for (size_t k = 0; k < 7; k++) mlab_tell_count(counts[k], minimum, texts[k]);
        mlab_doc_row(doc, (const char *const[]){texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6]});
        mlab_doc_table_end(doc, false);
    } else
        mlab_doc_paragraph(doc, NULL, "Too few people changed to tell how many fared how.");
    mlab_text text = MLAB_TEXT(story->context);
    mlab_tell_number(review->total_before, 1, false, before);
    mlab_tell_number(review->total, 1, false, now);
    mlab_tell_number(review->total_free - review->total, 1, false, best);
    mlab_text_print(&text, "Total fit %s points before and %s now; leaving those undisturbed who had not answered costs %s points.", before, now,
                    best);
    if (review->n_fell >= minimum)
        mlab_text_print(&text, " The fit of %s fell, by %s points together.", mlab_tell_number((double)review->n_fell, 0, false, fell),
                        mlab_tell_number(review->lost_points, 1, false, lost));
    mlab_doc_paragraph(doc, NULL, mlab_text_get(&text));
    doc->text.failed |= text.failed;
    mlab_text_free(&text);
}

void mlab_tell_matching(mlab_doc *doc, const mlab_story *story)
{
    const mlab_results *r = story->spec->results;
    const uint64_t minimum = (uint64_t)story->options->minimum_cell;
    if (!r->n_pairs) return;
    mlab_doc_heading(doc, 2, "Who with whom?");
    draw_fits(doc, story);
    mlab_doc_table(doc, NULL, false,
                   (const char *const[]){"Matching rule", "Mentees", "Mentors", "Places", "Pairs", "Waiting", "Mean fit", "Lowest fit", "Mean rank",
                                         "Would rather swap"},
                   10);
    for (size_t i = 0; i < r->n_pairs; i++) {
        const mlab_pairs *p = r->pairs[i];
        const bool told = p->n_pairs >= minimum;
        mlab_number_text count[6], mean, lowest, rank;
        mlab_text name = MLAB_TEXT(story->context);
        mlab_tell_name(&name, p->policy, true);
        mlab_tell_count(p->n_mentees, minimum, count[0]);
        mlab_tell_count(p->n_mentors, minimum, count[1]);
        mlab_tell_count(p->places, minimum, count[2]);
        mlab_tell_count(p->n_pairs, minimum, count[3]);
        const uint64_t waiting = p->n_mentees - p->n_matched;
        mlab_tell_count(waiting, minimum, count[4]);
        mlab_tell_count(p->blocking_pairs, minimum, count[5]);
        mlab_tell_number(p->mean_score, 0, false, mean);
        mlab_tell_number(p->lowest_score, 0, false, lowest);
        mlab_tell_number(p->mean_rank, 1, false, rank);
        /* Mentees less pairs are the waiting: where one of the two is hidden, both are. */
        const bool both = told && !(waiting > 0 && waiting < minimum);
        mlab_doc_row(doc,
                     (const char *const[]){mlab_text_get(&name), count[0], count[1], count[2], both ? count[3] : "hidden", both ? count[4] : "hidden",
                                           told ? mean : "hidden", told ? lowest : "hidden", told ? rank : "hidden", count[5]});
        if (name.failed) doc->text.failed = true;
        mlab_text_free(&name);
    }
    mlab_doc_table_end(doc, false);
    compare_policies(doc, story);
    tell_price(doc, story, "stable_best", "stability, by the best of all stable matchings");
    tell_price(doc, story, "fair", "fairness");
    tell_rules(doc, story);
    tell_groups(doc, story);
    tell_review(doc, story);
    mlab_doc_paragraph(
        doc, "small",
        "Mean rank: how high on their own list, by fit, mentees got their mentor; 1 is the top. Would rather swap: mentees and mentors "
        "who would both rather have each other. The pairs themselves, with a reason for each, are in the list that `mentorlab match` writes.");
}
