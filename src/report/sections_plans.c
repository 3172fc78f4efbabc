/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who with whom, what the plans would bring, and how all of it was made. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/words.h"
#include "report/sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- who with whom ---------------------------------------------------------------------------------------- */

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
    tell_rules(doc, story);
    tell_groups(doc, story);
    mlab_doc_paragraph(
        doc, "small",
        "Mean rank: how high on their own list, by fit, mentees got their mentor; 1 is the top. Would rather swap: mentees and mentors "
        "who would both rather have each other. The pairs themselves, with a reason for each, are in the list that `mentorlab match` writes.");
}

/* --- what the plans would bring ------------------------------------------------------------------------------ */

static const double default_level = 0.9;

/* Per 100 people: two decimals at most, however steady the number. */
static int figure_decimals(double error)
{
    const int decimals = error > 0 ? mlab_decimals_for(error) : 1;
    return decimals > 2 ? 2 : decimals;
}

static mlab_status tell_figure(mlab_doc *doc, const mlab_story *story, mlab_figure figure, size_t scenario, double level, mlab_error *err)
{
    const mlab_outcomes *o = story->spec->results->outcomes;
    mlab_summary_number value, difference;
    mlab_status status = mlab_figure_make(story->context, o, figure, scenario, level, &value, &difference, err);
    if (status) return status;
    const double value_error = mlab_error_of(value.lower, value.upper, level), error = mlab_error_of(difference.lower, difference.upper, level);
    const int decimals = figure_decimals(value_error), finer = figure_decimals(error);
    mlab_number_text mean, less;
    char range[2 * MLAB_NUMBER_SIZE + 8] = "", apart[2 * MLAB_NUMBER_SIZE + 8] = "";
    mlab_tell_number(value.mean, decimals, false, mean);
    mlab_tell_range(value.lower, value.upper, decimals, false, range, sizeof range);
    if (scenario) {
        mlab_tell_number(difference.mean, finer, true, less);
        mlab_tell_range(difference.lower, difference.upper, finer, true, apart, sizeof apart);
    }
    mlab_text name = MLAB_TEXT(story->context);
    mlab_tell_name(&name, o->scenarios[scenario], true);
    mlab_doc_row(doc, (const char *const[]){mlab_text_get(&name), mlab_figure_name(figure), mean, range, scenario ? less : "", apart});
    if (name.failed) doc->text.failed = true;
    mlab_text_free(&name);
    return MLAB_OK;
}

static void tell_assumptions(mlab_doc *doc, const mlab_story *story)
{
    const mlab_outcomes *o = story->spec->results->outcomes;
    if (!o->n_assumptions) return;
    mlab_doc_table(doc, "Values that no model gave", true, (const char *const[]){"Value", "Number", "Standard error", "Source"}, 4);
    for (size_t i = 0; i < o->n_assumptions; i++) {
        const mlab_assumption *a = &o->assumptions[i];
        char value[32], error[32] = "fixed";
        mlab_number_print(a->value, value, sizeof value);
        if (a->standard_error > 0) mlab_number_print(a->standard_error, error, sizeof error);
        mlab_doc_row(doc, (const char *const[]){a->name, value, error, a->source ? a->source : "stated"});
    }
    mlab_doc_table_end(doc, true);
}

mlab_status mlab_tell_futures(mlab_doc *doc, const mlab_story *story, mlab_error *err)
{
    const mlab_results *r = story->spec->results;
    const mlab_outcomes *o = r->outcomes;
    if (!o || !o->n_periods || !o->n_draws || !o->n_replicates) return MLAB_OK;
    const double level = r->forecast && r->forecast->level > 0 ? r->forecast->level : default_level;
    const double years = (double)o->n_periods * o->months_per_period / 12;
    mlab_text text = MLAB_TEXT(story->context);
    mlab_number_text number, share;
    mlab_doc_heading(doc, 2, "What would the plans bring?");
    mlab_text_print(&text,
                    "%zu plan%s over %s year%s: %zu sets of values of what is not known, with %zu simulated futures each, the same ones for every "
                    "plan. The likely "
                    "range holds %s %% of the sets, each by the mean of its futures: what is not known is in it, the luck of a single future is not.",
                    o->n_scenarios, o->n_scenarios == 1 ? "" : "s", mlab_tell_number(years, years == floor(years) ? 0 : 1, false, number),
                    years == 1 ? "" : "s", o->n_draws, o->n_replicates, mlab_tell_number(100 * level, 0, false, share));
    mlab_say(doc, NULL, &text);
    mlab_doc_table(doc, NULL, false,
                   (const char *const[]){"Plan", "Figure", "Mean", "Likely range", "Against the first plan", "Likely range of that"}, 6);
    mlab_status status = MLAB_OK;
    for (int figure = 0; figure < MLAB_N_FIGURES && !status; figure++)
        for (size_t s = 0; s < o->n_scenarios && !status; s++) status = tell_figure(doc, story, (mlab_figure)figure, s, level, err);
    mlab_doc_table_end(doc, false);
    tell_assumptions(doc, story);
    return status;
}

/* --- caveats and methods ------------------------------------------------------------------------------------------ */

static void tell_findings(mlab_doc *doc, const mlab_story *story)
{
    const mlab_findings *findings = story->spec->findings;
    if (!findings || !findings->n) return;
    mlab_doc_table(doc, "What the check of the files found", true, (const char *const[]){"Weight", "Times", "Finding"}, 3);
    static const char *const weights[] = {"note", "decide", "stop"};
    for (size_t i = 0; i < findings->n; i++) {
        const mlab_finding *finding = &findings->items[i];
        mlab_number_text count;
        mlab_tell_count(finding->count, (uint64_t)story->options->minimum_cell, count);
        mlab_doc_row(doc, (const char *const[]){weights[finding->severity], count, finding->sentence});
    }
    mlab_doc_table_end(doc, true);
}

void mlab_tell_caveats(mlab_doc *doc, const mlab_story *story)
{
    mlab_text lines = MLAB_TEXT(story->context);
    mlab_story_caveats(story, &lines);
    mlab_doc_heading(doc, 2, "Caveats");
    const char *at = mlab_text_get(&lines);
    if (!*at) mlab_doc_paragraph(doc, NULL, "None was found by the program. That does not mean that there is none.");
    while (*at) {
        const size_t n = strcspn(at, "\n");
        mlab_text line = MLAB_TEXT(story->context);
        mlab_text_append_bytes(&line, at, n);
        mlab_say_item(doc, &line);
        at += n + (at[n] == '\n');
    }
    mlab_doc_end(doc);
    if (lines.failed) doc->text.failed = true;
    mlab_text_free(&lines);
    tell_findings(doc, story);
    if (!story->spec->n_not_applicable) return;
    mlab_doc_heading(doc, 3, "What does not apply to this study");
    for (size_t i = 0; i < story->spec->n_not_applicable; i++) mlab_doc_item(doc, story->spec->not_applicable[i]);
    mlab_doc_end(doc);
}

static void tell_words(mlab_doc *doc)
{
    size_t n;
    const mlab_word *words = mlab_words(&n);
    mlab_doc_table(doc, "The words of this report and the technical ones", true, (const char *const[]){"Here", "Technical", "What it is"}, 3);
    for (size_t i = 0; i < n; i++) mlab_doc_row(doc, (const char *const[]){words[i].shown, words[i].term, words[i].tip});
    mlab_doc_table_end(doc, true);
}

void mlab_tell_methods(mlab_doc *doc, const mlab_story *story)
{
    const mlab_results *r = story->spec->results;
    mlab_text text = MLAB_TEXT(story->context);
    mlab_doc_heading(doc, 2, "How it was made");
    mlab_text_print(&text, "Made by mentorlab %s. ", mlab_version());
    if (r->comparison)
        mlab_text_append(
            &text, "Differences between groups are marginal: what would have been, had everyone been in the one group and not in the other from "
                   "the start, adjusted for what was recorded; time before a relationship began counts as not mentored. ");
    if (r->n_pairs) mlab_text_append(&text, "Pairs are made by the rules of the study; where pairs are equally good, a lot decides. ");
    if (r->outcomes)
        mlab_text_append(
            &text, "Plans are simulated person by person with the same random numbers, so that luck differs as little as can be between plans. ");
    if (r->forecast) mlab_text_append(&text, "Benefits are differences from the first plan only. ");
    mlab_text_print(&text, "Counts of people under %lld are hidden, and so is what would give them away.", (long long)story->options->minimum_cell);
    mlab_say(doc, NULL, &text);
    tell_words(doc);
    if (!doc->html || !r->provenance) return;
    mlab_text_append(&doc->text, "<details><summary>What decided the numbers (provenance)</summary><pre>");
    mlab_doc_escape(doc, r->provenance);
    mlab_text_append(&doc->text, "</pre></details>\n");
}

mlab_status mlab_tell_all(mlab_doc *doc, const mlab_story *story, mlab_error *err)
{
    mlab_status status = mlab_tell_effects(doc, story, err);
    if (!status) status = mlab_tell_curves(doc, story, err);
    if (status) return status;
    mlab_tell_balance(doc, story);
    if ((status = mlab_tell_unknown(doc, story, err)) || (status = mlab_tell_surveys(doc, story, err))) return status;
    mlab_tell_fits(doc, story);
    mlab_tell_matching(doc, story);
    status = mlab_tell_futures(doc, story, err);
    if (!status) status = mlab_tell_returns(doc, story, err);
    if (!status) status = mlab_tell_people(doc, story, err);
    if (status) return status;
    mlab_tell_caveats(doc, story);
    mlab_tell_methods(doc, story);
    mlab_doc_end(doc);
    return MLAB_OK;
}
