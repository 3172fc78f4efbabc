/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The summary on the terminal: three questions, one screen, numbers rounded by how unsure they are, nothing shouted. */
#include "core/error.h"
#include "core/number.h"
#include "report/tell.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct screen {
    const mlab_story *story;
    mlab_text *text;
    size_t width;
} screen;

static void blanks(mlab_text *text, size_t n)
{
    while (n--) mlab_text_append(text, " ");
}

/* "QUESTION?                    right" */
static void question(const screen *s, const char *left, const char *right)
{
    const size_t used = mlab_text_width(left) + mlab_text_width(right);
    mlab_text_append(s->text, left);
    if (*right) {
        blanks(s->text, used + 2 < s->width ? s->width - used : 2);
        mlab_text_append(s->text, right);
    }
    mlab_text_append(s->text, "\n");
}

/* A paragraph, broken at blanks. */
static void paragraph(const screen *s, size_t indent, const char *plain)
{
    size_t at = 0;
    while (*plain) {
        const size_t bytes = strcspn(plain, " \n");
        char word[512];
        snprintf(word, sizeof word, "%.*s", (int)(bytes < sizeof word ? bytes : sizeof word - 1), plain);
        const size_t n = mlab_text_width(word);
        if (at && at + 1 + n > s->width) {
            mlab_text_append(s->text, "\n");
            at = 0;
        }
        if (!at) {
            blanks(s->text, indent);
            at = indent;
        } else if (n) {
            mlab_text_append(s->text, " ");
            at++;
        }
        mlab_text_append(s->text, word);
        at += n;
        plain += bytes + (plain[bytes] != '\0');
    }
    if (at) mlab_text_append(s->text, "\n");
}

static void take(const screen *s, mlab_text *made, size_t indent)
{
    if (made->failed) s->text->failed = true;
    paragraph(s, indent, mlab_text_get(made));
    mlab_text_free(made);
}

/* --- did it work ------------------------------------------------------------------------------------ */

enum { NAME_WIDTH = 12, WHO_WIDTH = 24 };

static void told_effect(const screen *s, const mlab_told_contrast *told)
{
    const mlab_contrast *c = told->contrast;
    mlab_text line = MLAB_TEXT(s->text->context), next = MLAB_TEXT(s->text->context), meaning = MLAB_TEXT(s->text->context);
    char range[2 * MLAB_NUMBER_SIZE + 8];
    mlab_tell_estimate(told, &line);
    if (!strcmp(c->measure, "risk_difference")) {
        mlab_text_append(&line, " in ");
        mlab_tell_horizon(c->horizon, &line);
    }
    if (c->upper > c->lower) {
        mlab_tell_range(told->factor * c->lower, told->factor * c->upper, told->decimals, true, range, sizeof range);
        const bool wide = 2 + NAME_WIDTH + 1 + WHO_WIDTH + 1 + mlab_text_width(mlab_text_get(&line)) + 5 + mlab_text_width(range) > s->width;
        mlab_text_print(&line, wide ? " (%s)" : "   (%s)", range);
    }
    mlab_text_append(s->text, mlab_text_get(&line));
    mlab_text_append(s->text, "\n");
    mlab_tell_scale(s->story, told, &next);
    mlab_tell_meaning(told, &meaning);
    if (meaning.n) mlab_text_print(&next, "%s%s", next.n ? "; " : "", mlab_text_get(&meaning));
    if (told->has_truth) {
        mlab_number_text truth;
        mlab_text_print(&next, "%sthe truth is %s", next.n ? "; " : "", mlab_tell_number(told->truth, told->decimals, true, truth));
    }
    if (c->trust != MLAB_TRUSTED)
        mlab_text_print(&next, "%snot to be trusted: %s", next.n ? "; " : "", c->reason && *c->reason ? c->reason : mlab_trust_sentence(c->trust));
    if (line.failed || meaning.failed) s->text->failed = true;
    mlab_text_free(&line);
    mlab_text_free(&meaning);
    take(s, &next, 2 + NAME_WIDTH + 1);
    next = MLAB_TEXT(s->text->context);
    mlab_tell_bounds(told, &next);
    take(s, &next, 2 + NAME_WIDTH + 1);
}

static void effect(const screen *s, const mlab_told_contrast *told)
{
    const mlab_contrast *c = told->contrast;
    mlab_text name = MLAB_TEXT(s->text->context), who = MLAB_TEXT(s->text->context);
    mlab_tell_name(&name, c->outcome, true);
    mlab_tell_name(&who, c->arm, false);
    mlab_text_append(&who, " against ");
    mlab_tell_name(&who, c->reference, false);
    mlab_text_append(s->text, "  ");
    mlab_text_append(s->text, mlab_text_get(&name));
    const size_t n = mlab_text_width(mlab_text_get(&name)), m = mlab_text_width(mlab_text_get(&who));
    blanks(s->text, n < NAME_WIDTH ? NAME_WIDTH - n + 1 : 1);
    mlab_text_append(s->text, mlab_text_get(&who));
    blanks(s->text, m < WHO_WIDTH ? WHO_WIDTH - m + 1 : 1);
    if (name.failed || who.failed) s->text->failed = true;
    mlab_text_free(&name);
    mlab_text_free(&who);
    if (told->told)
        told_effect(s, told);
    else
        mlab_text_print(s->text, "no answer: a group has fewer than %lld people\n", (long long)s->story->options->minimum_cell);
}

static void how_sure(const screen *s)
{
    const mlab_told_contrast *first = NULL, *ratio = NULL;
    double overlap = 1;
    uint64_t unknown = 0;
    for (size_t k = 0; k < s->story->n_contrasts; k++) {
        const mlab_told_contrast *told = &s->story->contrasts[k];
        if (!told->told || !mlab_story_is_main(s->story, k)) continue;
        if (!first) first = told;
        const bool clear = told->contrast->lower > 0 || told->contrast->upper < 0;
        if (!ratio && clear && told->contrast->e_value > 1) ratio = told;
        if (told->contrast->overlap < overlap) overlap = told->contrast->overlap;
        if (told->bounds_told && told->contrast->unknown_people > unknown) unknown = told->contrast->unknown_people;
    }
    if (!first) return;
    mlab_text line = MLAB_TEXT(s->text->context);
    mlab_number_text number;
    const mlab_results *results = s->story->spec->results;
    const bool adjusted = results->comparison && results->comparison->n_balance > 0;
    const bool fixed = results->data && results->data->person_level; /* whether by lot the study does not say */
    mlab_text_print(&line, "How sure: %s comparison, comparable people for %s %%, %s.", adjusted ? "adjusted" : "unadjusted",
                    mlab_tell_number(100 * overlap, 0, false, number),
                    s->story->spec->simulated ? "a simulated firm"
                    : fixed                   ? "groups fixed at the start"
                                              : "no trial");
    take(s, &line, 2);
    if (unknown) {
        line = MLAB_TEXT(s->text->context);
        mlab_text_print(&line, "Of %s people nothing says for some of the time in which group they were; that time is left out.",
                        mlab_tell_number((double)unknown, 0, false, number));
        take(s, &line, 2);
    }
    if (!ratio) return;
    line = MLAB_TEXT(s->text->context);
    mlab_text_print(&line, "A hidden trait would need a risk ratio of %s with both mentoring and ",
                    mlab_tell_number(ratio->contrast->e_value, 1, false, number));
    if (strcmp(ratio->contrast->measure, "share_difference") == 0 && ratio->contrast->cause && *ratio->contrast->cause)
        mlab_text_append(&line, ratio->contrast->cause);
    else if (mlab_tells_leaving(ratio->contrast))
        mlab_tell_cause(ratio->contrast, "leaving", &line);
    else
        mlab_text_append(&line, ratio->contrast->outcome);
    mlab_text_append(&line, " to explain the difference away (E-value).");
    take(s, &line, 2);
}

static void did_it_work(const screen *s)
{
    char right[200] = "", from[16], to[16];
    mlab_number_text people;
    const mlab_story *story = s->story;
    if (story->people) {
        mlab_tell_count(story->people, (uint64_t)story->options->minimum_cell, people);
        if (story->from != MLAB_DATE_MISSING) {
            mlab_date_print(story->from, from, sizeof from);
            mlab_date_print(story->to, to, sizeof to);
            snprintf(right, sizeof right, "%s people, %s to %s", people, from, to);
        } else
            snprintf(right, sizeof right, "%s people", people);
    }
    question(s, "DID IT WORK?", right);
    size_t told = 0;
    for (size_t k = 0; k < story->n_contrasts; k++)
        if (mlab_story_is_main(story, k)) {
            effect(s, &story->contrasts[k]);
            told++;
        }
    if (!told) paragraph(s, 2, "There is nothing to compare.");
    how_sure(s);
}

/* --- who with whom ------------------------------------------------------------------------------------- */

static const mlab_pairs *find_pairs(const mlab_results *r, const char *policy)
{
    for (size_t i = 0; i < r->n_pairs; i++)
        if (strcmp(r->pairs[i]->policy, policy) == 0) return r->pairs[i];
    return NULL;
}

static void policy_line(const screen *s, const mlab_pairs *p, bool first)
{
    const uint64_t minimum = (uint64_t)s->story->options->minimum_cell, waiting = p->n_mentees - p->n_matched;
    mlab_text line = MLAB_TEXT(s->text->context);
    mlab_number_text pairs, mean, lowest, waits;
    if (strcmp(p->policy, "optimal") == 0)
        mlab_text_append(&line, "Best total");
    else
        mlab_tell_name(&line, p->policy, true);
    if (p->n_pairs < minimum) {
        mlab_text_print(&line, ": %s pairs.", mlab_tell_count(p->n_pairs, minimum, pairs));
    } else if (!first) {
        mlab_text_print(&line, "%s reaches %s.", strcmp(p->policy, "random") == 0 ? " matching" : "",
                        mlab_tell_number(p->mean_score, 0, false, mean));
    } else {
        /* Mentees less pairs are the waiting: where these are few, the pairs are not counted out either. */
        const bool few = waiting > 0 && waiting < minimum;
        mlab_text_print(&line, ": %s%s, mean fit %s of 100, lowest %s",
                        few ? "nearly everybody is paired" : mlab_tell_count(p->n_pairs, minimum, pairs), few ? "" : " pairs",
                        mlab_tell_number(p->mean_score, 0, false, mean), mlab_tell_number(p->lowest_score, 0, false, lowest));
        if (waiting && !few) mlab_text_print(&line, "; %s wait", mlab_tell_count(waiting, minimum, waits));
        mlab_text_append(&line, ".");
    }
    take(s, &line, 2);
}

static void who_with_whom(const screen *s)
{
    const mlab_results *r = s->story->spec->results;
    if (!r->n_pairs) return;
    const uint64_t minimum = (uint64_t)s->story->options->minimum_cell;
    const mlab_pairs *best = find_pairs(r, "optimal");
    char right[200];
    mlab_number_text mentees, places;
    if (!best) best = r->pairs[0];
    snprintf(right, sizeof right, "%s mentees, %s places", mlab_tell_count(best->n_mentees, minimum, mentees),
             mlab_tell_count(best->places, minimum, places));
    mlab_text_append(s->text, "\n");
    question(s, "WHO WITH WHOM?", right);
    policy_line(s, best, true);
    for (size_t i = 0; i < r->n_pairs; i++)
        if (r->pairs[i] != best) policy_line(s, r->pairs[i], false);
}

/* --- what would it return --------------------------------------------------------------------------------- */

static void one_return(const screen *s, const mlab_forecast *f, const mlab_return *r)
{
    mlab_text name = MLAB_TEXT(s->text->context), line = MLAB_TEXT(s->text->context);
    const mlab_summary_number *v = &r->net_present_value;
    const int decimals = mlab_decimals_for(mlab_error_of(v->lower, v->upper, f->level));
    mlab_number_text money, chance, months;
    char range[2 * MLAB_NUMBER_SIZE + 8];
    mlab_tell_name(&name, r->scenario, true);
    const size_t n = mlab_text_width(mlab_text_get(&name));
    mlab_text_append(s->text, "  ");
    mlab_text_append(s->text, mlab_text_get(&name));
    blanks(s->text, n < 16 ? 16 - n : 1);
    mlab_text_print(s->text, "net present value  %s %s", mlab_tell_number(v->mean, decimals < 0 ? decimals : 0, false, money), f->ledger->currency);
    if (v->upper > v->lower)
        mlab_text_print(s->text, "   (%s)", mlab_tell_range(v->lower, v->upper, decimals < 0 ? decimals : 0, true, range, sizeof range));
    mlab_text_append(s->text, "\n");
    mlab_text_print(&line, "chance of a positive return %s", mlab_tell_chance(r->probability_positive, f->ledger->n_draws, chance));
    if (r->payback_months >= 0)
        mlab_text_print(&line, "   pays back in %s months", mlab_tell_number(r->payback_months, 0, false, months));
    else
        mlab_text_append(&line, "   does not pay back in time");
    if (name.failed) s->text->failed = true;
    mlab_text_free(&name);
    blanks(s->text, 18);
    mlab_text_append(s->text, mlab_text_get(&line));
    mlab_text_append(s->text, "\n");
    if (line.failed) s->text->failed = true;
    mlab_text_free(&line);
}

static void what_return(const screen *s)
{
    const mlab_forecast *f = s->story->spec->results->forecast;
    if (!f || !f->ledger) return;
    const mlab_ledger *l = f->ledger;
    const double years = (double)l->n_periods * l->months_per_period / 12;
    mlab_text right = MLAB_TEXT(s->text->context), line = MLAB_TEXT(s->text->context);
    mlab_number_text number;
    mlab_text_print(&right, "%s year%s, ", mlab_tell_number(years, years == floor(years) ? 0 : 1, false, number), years == 1 ? "" : "s");
    mlab_text_print(&right, "%s %% discount, against ",
                    mlab_tell_number(100 * l->discount_rate, l->discount_rate * 100 == floor(l->discount_rate * 100) ? 0 : 1, false, number));
    if (l->n_scenarios) mlab_tell_name(&right, l->scenarios[0], false);
    mlab_text_append(s->text, "\n");
    question(s, "WHAT WOULD IT RETURN?", mlab_text_get(&right));
    mlab_text_free(&right);
    for (size_t i = 0; i < f->n_returns; i++) one_return(s, f, &f->returns[i]);
    if (!f->n_returns) paragraph(s, 2, "There is one plan only, so there is nothing to hold it against.");
    if (f->largest_unknown && *f->largest_unknown) mlab_text_print(&line, "Largest unknown: %s.", f->largest_unknown);
    if (f->value_of_knowing > 0)
        mlab_text_print(&line, "%sKnowing everything before choosing is worth up to %s %s.", line.n ? " " : "",
                        mlab_tell_number(f->value_of_knowing, mlab_decimals_for(f->value_of_knowing / 4), false, number), l->currency);
    take(s, &line, 2);
}

static void ending(const screen *s)
{
    mlab_text caveats = MLAB_TEXT(s->text->context);
    mlab_story_caveats(s->story, &caveats);
    const size_t n = mlab_count_lines(mlab_text_get(&caveats));
    if (caveats.failed) s->text->failed = true;
    mlab_text_free(&caveats);
    mlab_text_append(s->text, "\n");
    if (s->story->spec->sampling) {
        mlab_text data = MLAB_TEXT(s->text->context);
        mlab_text_print(&data, "The data: %s.", s->story->spec->sampling);
        take(s, &data, 2);
    }
    for (size_t i = 0; i < s->story->spec->n_not_applicable; i++) paragraph(s, 2, s->story->spec->not_applicable[i]);
    mlab_text_print(s->text, "  %zu caveat%s, all numbers and how they were made: report.html   data: results.h5\n", n, n == 1 ? "" : "s");
}

mlab_status mlab_report_summary(const mlab_context *context, const mlab_report_spec *spec, const mlab_report_options *options, char **text,
                                mlab_error *err)
{
    mlab_story story;
    *text = NULL;
    mlab_status status = mlab_story_make(context, spec, options, &story, err);
    if (status) return status;
    mlab_text out = MLAB_TEXT(context);
    const screen s = {&story, &out, (size_t)options->width};
    if (spec->simulated) mlab_text_append(&out, "SIMULATED DATA: these numbers describe no real people\n\n");
    if (spec->results->comparison) did_it_work(&s);
    who_with_whom(&s);
    what_return(&s);
    ending(&s);
    mlab_story_free(&story);
    if (out.failed) {
        mlab_text_free(&out);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the summary");
    }
    for (char *c = out.bytes; *c; c++) /* names come from files: nothing of theirs steers the terminal */
        if (((unsigned char)*c < 0x20 && *c != '\n') || *c == 0x7F) *c = '?';
    *text = out.bytes;
    return MLAB_OK;
}

void mlab_report_text_free(const mlab_context *context, char *text)
{
    mlab_pairs_text_free(context, text);
}
