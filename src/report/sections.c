/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Did it work: the differences between the groups, with a chart, the sentence each answers, and how sure that is. */
#include "report/sections.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void mlab_say(mlab_doc *doc, const char *class, mlab_text *made)
{
    if (made->failed) doc->text.failed = true;
    mlab_doc_paragraph(doc, class, mlab_text_get(made));
    mlab_text_free(made);
}

void mlab_say_item(mlab_doc *doc, mlab_text *made)
{
    if (made->failed) doc->text.failed = true;
    mlab_doc_item(doc, mlab_text_get(made));
    mlab_text_free(made);
}

const char *mlab_cells_cell(mlab_cells *cells, const mlab_text *made)
{
    const char *text = mlab_text_get(made);
    const size_t room = sizeof cells->bytes - cells->used, whole = strlen(text), n = whole < room ? whole : room - 1;
    if (made->failed) cells->failed = true;
    char *kept = cells->bytes + cells->used;
    memcpy(kept, text, n);
    kept[n] = '\0';
    cells->used += n + 1 < room ? n + 1 : room - 1; /* the last byte stays free: a row too long for it loses its end */
    return kept;
}

static bool share_measure(const mlab_contrast *c)
{
    return strcmp(c->measure, "mean_difference") != 0;
}

static void tell_groups(const mlab_contrast *c, bool outcome, mlab_text *text)
{
    if (outcome) {
        mlab_tell_name(text, c->outcome, true);
        mlab_text_append(text, ": ");
    }
    mlab_tell_name(text, c->arm, false);
    mlab_text_append(text, " against ");
    mlab_tell_name(text, c->reference, false);
}

/* --- the chart ------------------------------------------------------------------------------------------- */

typedef struct forest {
    mlab_chart_interval rows[40];
    mlab_text texts[80];
    double truth[40];
    size_t n;
} forest;

static void add_to_forest(const mlab_story *story, const mlab_told_contrast *told, forest *f)
{
    if (f->n == sizeof f->rows / sizeof *f->rows) return;
    const mlab_contrast *c = told->contrast;
    mlab_text *label = &f->texts[2 * f->n], *number = label + 1;
    char range[2 * MLAB_NUMBER_SIZE + 8];
    mlab_number_text estimate;
    *label = *number = MLAB_TEXT(story->context);
    mlab_tell_name(label, c->outcome, true);
    mlab_text_append(label, ", ");
    mlab_tell_name(label, c->arm, false);
    mlab_text_print(number, "%s (%s)", mlab_tell_number(told->factor * c->estimate, told->decimals, true, estimate),
                    mlab_tell_range(told->factor * c->lower, told->factor * c->upper, told->decimals, true, range, sizeof range));
    f->truth[f->n] = told->truth;
    f->rows[f->n] = (mlab_chart_interval){.label = mlab_text_get(label),
                                          .told = mlab_text_get(number),
                                          .estimate = told->factor * c->estimate,
                                          .lower = told->factor * c->lower,
                                          .upper = told->factor * c->upper,
                                          .truth = told->has_truth ? &f->truth[f->n] : NULL};
    f->n++;
}

static mlab_status draw_forest(mlab_doc *doc, const mlab_story *story, bool shares, mlab_error *err)
{
    if (!doc->html) return MLAB_OK;
    forest *f = mlab_allocate(story->context, 1, sizeof *f);
    if (!f) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a chart");
    bool truth = false;
    for (size_t k = 0; k < story->n_contrasts; k++) {
        const mlab_told_contrast *told = &story->contrasts[k];
        if (!told->told || share_measure(told->contrast) != shares || !mlab_story_is_main(story, k)) continue;
        add_to_forest(story, told, f);
        truth |= told->has_truth;
    }
    mlab_chart_forest(doc, shares ? "Differences in shares of people, with their likely ranges" : "Differences in means, with their likely ranges",
                      shares ? (truth ? "points of 100 people (hollow diamond: the truth)" : "points of 100 people")
                             : (truth ? "difference of means (hollow diamond: the truth)" : "difference of means"),
                      f->rows, f->n);
    for (size_t i = 0; i < 2 * f->n; i++) {
        if (f->texts[i].failed) doc->text.failed = true;
        mlab_text_free(&f->texts[i]);
    }
    mlab_release(story->context, f);
    return MLAB_OK;
}

/* --- sentences ------------------------------------------------------------------------------------------- */

static void tell_main(mlab_doc *doc, const mlab_story *story, const mlab_told_contrast *told)
{
    const mlab_contrast *c = told->contrast;
    mlab_text text = MLAB_TEXT(story->context), meaning = MLAB_TEXT(story->context), scale = MLAB_TEXT(story->context);
    char range[2 * MLAB_NUMBER_SIZE + 8];
    mlab_number_text number;
    tell_groups(c, true, &text);
    mlab_text_append(&text, ": ");
    if (!told->told)
        mlab_text_print(&text, "no answer, because a group has fewer than %lld people.", (long long)story->options->minimum_cell);
    else {
        mlab_tell_estimate(told, &text);
        mlab_tell_scale(story, told, &scale);
        if (scale.n) mlab_text_print(&text, " %s", mlab_text_get(&scale));
        if (c->horizon > 0) {
            mlab_text_append(&text, " in ");
            mlab_tell_horizon(c->horizon, &text);
        }
        if (c->upper > c->lower)
            mlab_text_print(&text, " (likely range %s)",
                            mlab_tell_range(told->factor * c->lower, told->factor * c->upper, told->decimals, true, range, sizeof range));
        mlab_tell_meaning(told, &meaning);
        if (meaning.n) mlab_text_print(&text, ": %s", mlab_text_get(&meaning));
        mlab_text_append(&text, ".");
        if (told->has_truth) mlab_text_print(&text, " The truth is %s.", mlab_tell_number(told->truth, told->decimals, true, number));
        if (c->trust != MLAB_TRUSTED)
            mlab_text_print(&text, " Not to be trusted: %s.", c->reason && *c->reason ? c->reason : mlab_trust_sentence(c->trust));
    }
    if (meaning.failed || scale.failed) doc->text.failed = true;
    mlab_text_free(&scale);
    mlab_text_free(&meaning);
    mlab_say_item(doc, &text);
}

static void tell_sureness(mlab_doc *doc, const mlab_story *story)
{
    bool any = false;
    mlab_doc_table(doc, NULL, false,
                   (const char *const[]){"Difference", "Comparable people, %", "Hidden trait, difference", "Hidden trait, likely range"}, 4);
    for (size_t k = 0; k < story->n_contrasts; k++) {
        const mlab_told_contrast *told = &story->contrasts[k];
        const mlab_contrast *c = told->contrast;
        if (!told->told || !mlab_story_is_main(story, k)) continue;
        mlab_text text = MLAB_TEXT(story->context);
        mlab_number_text overlap, e = "", limit = "";
        tell_groups(c, true, &text);
        mlab_tell_number(100 * c->overlap, 0, false, overlap);
        if (c->e_value > 1) {
            mlab_tell_number(c->e_value, 1, false, e);
            snprintf(limit, sizeof limit, "%s", "includes zero");
            if (c->e_value_limit > 1) mlab_tell_number(c->e_value_limit, 1, false, limit);
            any = true;
        }
        mlab_doc_row(doc, (const char *const[]){mlab_text_get(&text), overlap, e, limit});
        if (text.failed) doc->text.failed = true;
        mlab_text_free(&text);
    }
    mlab_doc_table_end(doc, false);
    if (any)
        mlab_doc_paragraph(
            doc, "small",
            "Hidden trait: the risk ratio that something unrecorded would need with both mentoring and the outcome to explain the difference "
            "away, or to move its likely range to nothing (E-values).");
}

/* --- all differences --------------------------------------------------------------------------------------- */

enum { N_EFFECT_COLUMNS = 12 };
static const char *const effect_headings[N_EFFECT_COLUMNS] = {"Outcome",      "Groups", "For whom",      "By",     "Method", "Difference",
                                                              "Likely range", "Truth",  "In the groups", "People", "Events", "Trust"};

static void effect_row(mlab_doc *doc, const mlab_story *story, const mlab_told_contrast *told)
{
    const mlab_contrast *c = told->contrast;
    mlab_cells *cells = &(mlab_cells){.used = 0};
    const char *cell[N_EFFECT_COLUMNS];
    char range[2 * MLAB_NUMBER_SIZE + 8];
    mlab_number_text a, b;
    const uint64_t minimum = (uint64_t)story->options->minimum_cell;
#define CELL(column, ...)                                                                                                                            \
    do {                                                                                                                                             \
        mlab_text made = MLAB_TEXT(story->context);                                                                                                  \
        __VA_ARGS__;                                                                                                                                 \
        cell[column] = mlab_cells_cell(cells, &made);                                                                                                \
        mlab_text_free(&made);                                                                                                                       \
    } while (0)
    CELL(0, mlab_tell_name(&made, c->outcome, true));
    CELL(1, tell_groups(c, false, &made));
    CELL(2, mlab_text_append(&made, c->group && *c->group ? c->group : "everyone"));
    cell[3] = "";
    if (c->horizon > 0) CELL(3, mlab_tell_horizon(c->horizon, &made));
    CELL(4, mlab_text_append(&made, c->method ? c->method : ""));
    for (size_t i = 5; i < N_EFFECT_COLUMNS; i++) cell[i] = "";
    if (!told->told)
        cell[5] = "hidden: too few people";
    else {
        CELL(5, mlab_tell_estimate(told, &made));
        if (c->upper > c->lower)
            CELL(6, mlab_text_append(&made,
                                     mlab_tell_range(told->factor * c->lower, told->factor * c->upper, told->decimals, true, range, sizeof range)));
        if (told->has_truth) CELL(7, mlab_text_append(&made, mlab_tell_number(told->truth, told->decimals, true, a)));
        CELL(8, mlab_text_print(&made, "%s and %s", mlab_tell_number(told->factor * c->risk_arm, told->decimals, false, a),
                                mlab_tell_number(told->factor * c->risk_reference, told->decimals, false, b)));
        if (told->people_told && (!c->group || !*c->group))
            CELL(9, mlab_text_print(&made, "%s and %s", mlab_tell_count(c->n_arm, minimum, a), mlab_tell_count(c->n_reference, minimum, b)));
        if (told->events_told && (c->events_arm || c->events_reference))
            CELL(10,
                 mlab_text_print(&made, "%s and %s", mlab_tell_count(c->events_arm, minimum, a), mlab_tell_count(c->events_reference, minimum, b)));
        cell[11] = c->trust == MLAB_TRUSTED ? "yes" : c->reason && *c->reason ? c->reason : mlab_trust_sentence(c->trust);
    }
#undef CELL
    if (cells->failed) doc->text.failed = true;
    mlab_doc_row(doc, cell);
}

static void tell_questions(mlab_doc *doc, const mlab_story *story)
{
    mlab_doc_table(doc, "The questions, word for word", true, (const char *const[]){"Outcome", "Question"}, 2);
    for (size_t k = 0; k < story->n_contrasts; k++) {
        const mlab_contrast *c = story->contrasts[k].contrast;
        bool before = false;
        for (size_t i = 0; i < k; i++)
            before |= c->estimand && story->contrasts[i].contrast->estimand && !strcmp(c->estimand, story->contrasts[i].contrast->estimand);
        if (before || !c->estimand) continue;
        mlab_text name = MLAB_TEXT(story->context);
        mlab_tell_name(&name, c->outcome, true);
        mlab_doc_row(doc, (const char *const[]){mlab_text_get(&name), c->estimand});
        if (name.failed) doc->text.failed = true;
        mlab_text_free(&name);
    }
    mlab_doc_table_end(doc, true);
}

mlab_status mlab_tell_effects(mlab_doc *doc, const mlab_story *story, mlab_error *err)
{
    if (!story->spec->results->comparison) return MLAB_OK;
    mlab_doc_heading(doc, 2, "Did it work?");
    if (!story->n_contrasts) {
        mlab_doc_paragraph(doc, NULL, "There is nothing to compare.");
        return MLAB_OK;
    }
    for (size_t k = 0; k < story->n_contrasts; k++)
        if (mlab_story_is_main(story, k)) tell_main(doc, story, &story->contrasts[k]);
    mlab_doc_end(doc);
    mlab_status status = draw_forest(doc, story, true, err);
    if (!status) status = draw_forest(doc, story, false, err);
    if (status) return status;
    mlab_doc_table(doc, "All differences, with the numbers behind them", true, effect_headings, N_EFFECT_COLUMNS);
    for (size_t k = 0; k < story->n_contrasts; k++) effect_row(doc, story, &story->contrasts[k]);
    mlab_doc_table_end(doc, true);
    tell_questions(doc, story);
    mlab_doc_heading(doc, 3, "How sure is that?");
    tell_sureness(doc, story);
    mlab_doc_end(doc);
    return MLAB_OK;
}
