/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the plans would bring, and how all of it was made. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/words.h"
#include "report/sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- what the plans would bring ------------------------------------------------------------------------------ */

static const double default_level = 0.9;

/* Per 100 people: two decimals at most, however steady the number. */
static int figure_decimals(double error)
{
    const int decimals = error > 0 ? mlab_decimals_for(error) : 1;
    return decimals > 2 ? 2 : decimals;
}

static mlab_status tell_figure(mlab_doc *doc, const mlab_story *story, int figure, size_t scenario, double level, mlab_error *err)
{
    const mlab_outcomes *o = story->spec->results->outcomes;
    mlab_summary_number value, difference;
    mlab_status status = mlab_figure_make(story->context, o, figure, scenario, level, &value, &difference, err);
    if (status) return status;
    const double value_error = mlab_error_of(value.lower, value.upper, level), error = mlab_error_of(difference.lower, difference.upper, level);
    const int decimals = figure_decimals(value_error), finer = figure_decimals(error);
    char figure_name[120];
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
    mlab_doc_row(doc,
                 (const char *const[]){mlab_text_get(&name), mlab_figure_name(o, figure, figure_name), mean, range, scenario ? less : "", apart});
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
    for (int figure = 0; figure < MLAB_N_FIGURES + (int)o->n_numbers && !status; figure++)
        for (size_t s = 0; s < o->n_scenarios && !status; s++) status = tell_figure(doc, story, figure, s, level, err);
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
    if ((status = mlab_tell_fits(doc, story, err))) return status;
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
