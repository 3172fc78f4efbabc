/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long: mean times in states as observed in each group, and who is where over time.
 *
 * Weakness: what was seen in groups that people chose; the differences beside them are not effects of the program, and the section says so. */
#include "core/error.h"
#include "core/memory.h"
#include "report/sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_LINES = 12 };

/* Rows of one outcome, arm and time, which stand together. */
static size_t block_end(const mlab_comparison *c, size_t first)
{
    size_t end = first + 1;
    const mlab_stay *a = &c->stays[first];
    while (end < c->n_stays && c->stays[end].horizon == a->horizon && !strcmp(c->stays[end].arm, a->arm) &&
           !strcmp(c->stays[end].outcome, a->outcome))
        end++;
    return end;
}

/* People of the arm that a share stands for: those watched in states where people are watched, over their shares. */
static double people_of(const mlab_comparison *c, size_t first, size_t end, size_t at)
{
    double watched = 0, share = 0;
    for (size_t k = first; k < end; k++)
        if (c->stays[k].in_state > 0) {
            watched += c->stays[k].in_state;
            share += c->stays[k].share;
        }
    return share > 0 ? c->stays[at].share * watched / share : 0;
}

void mlab_privacy_stays(const mlab_comparison *c, uint64_t minimum, uint8_t *told)
{
    for (size_t first = 0, end; first < c->n_stays; first = end) {
        size_t hidden = 0, next = SIZE_MAX;
        double least = (double)minimum;
        end = block_end(c, first);
        for (size_t k = first; k < end; k++) {
            double people = people_of(c, first, end, k);
            bool few = (people > 1e-9 && people < least - 1e-9) || (c->stays[k].in_state > 0 && c->stays[k].in_state < least);
            told[k] = c->stays[k].n >= least && !few;
            hidden += !told[k];
            if (told[k] && people > 0 && (next == SIZE_MAX || people < people_of(c, first, end, next))) next = k;
        }
        if (hidden == 1 && next != SIZE_MAX) told[next] = 0;
    }
}

/* A difference with the arm in it is told, or the arm has none: columns of states are told where the arm is told of any outcome. */
static bool arm_told(const mlab_story *story, const char *outcome, const char *arm)
{
    bool known = false, any = false, own = false;
    for (size_t k = 0; k < story->n_contrasts; k++) {
        const mlab_contrast *c = story->contrasts[k].contrast;
        if (c->group && *c->group) continue;
        bool told = story->contrasts[k].told && (!strcmp(c->arm, arm) || !strcmp(c->reference, arm)), same = !strcmp(c->outcome, outcome);
        known = known || same;
        any = any || told;
        own = own || (told && same);
    }
    return known ? own : any;
}

static bool at_horizon(const mlab_story *story, double months)
{
    for (size_t k = 0; k < story->n_contrasts; k++)
        if (fabs(story->contrasts[k].contrast->horizon - months) < 1e-9) return true;
    return false;
}

static void number(mlab_cells *cells, const mlab_story *story, double value, double se, bool sign, const char **cell)
{
    mlab_number_text told;
    mlab_text made = MLAB_TEXT(story->context);
    mlab_text_append(&made, mlab_tell_number(value, se > 0 ? mlab_decimals_for(se) : 1, sign, told));
    *cell = mlab_cells_cell(cells, &made);
    mlab_text_free(&made);
}

static void range(mlab_cells *cells, const mlab_story *story, double lower, double upper, double se, bool sign, const char **cell)
{
    char told[2 * MLAB_NUMBER_SIZE + 8];
    mlab_text made = MLAB_TEXT(story->context);
    mlab_text_append(&made, mlab_tell_range(lower, upper, se > 0 ? mlab_decimals_for(se) : 1, sign, told, sizeof told));
    *cell = mlab_cells_cell(cells, &made);
    mlab_text_free(&made);
}

static void tell_row(mlab_doc *doc, const mlab_story *story, const mlab_stay *stay)
{
    mlab_cells cells = {.used = 0};
    const char *cell[7];
    mlab_text name = MLAB_TEXT(story->context), horizon = MLAB_TEXT(story->context);
    mlab_tell_name(&name, stay->arm, false);
    if (stay->from > 0) {
        mlab_text_append(&horizon, "month ");
        mlab_text_number(&horizon, stay->from);
        mlab_text_append(&horizon, " to ");
        mlab_text_number(&horizon, stay->horizon);
    } else
        mlab_tell_horizon(stay->horizon, &horizon);
    if (stay->until < stay->horizon) mlab_text_append(&horizon, " (further than anybody is watched)");
    cell[0] = mlab_cells_cell(&cells, &name);
    cell[1] = stay->state;
    cell[2] = mlab_cells_cell(&cells, &horizon);
    number(&cells, story, stay->months, stay->months_se, false, &cell[3]);
    range(&cells, story, stay->months_lower, stay->months_upper, stay->months_se, false, &cell[4]);
    cell[5] = cell[6] = "";
    if (stay->compared) {
        number(&cells, story, stay->difference, stay->difference_se, true, &cell[5]);
        range(&cells, story, stay->difference_lower, stay->difference_upper, stay->difference_se, true, &cell[6]);
    }
    if (cells.failed || name.failed || horizon.failed) doc->text.failed = true;
    mlab_text_free(&name);
    mlab_text_free(&horizon);
    mlab_doc_row(doc, cell);
}

/* first .. end - 1: rows of one outcome. */
static void tell_table(mlab_doc *doc, const mlab_story *story, size_t first, size_t end, const uint8_t *told)
{
    const mlab_comparison *c = story->spec->results->comparison;
    mlab_text caption = MLAB_TEXT(story->context), against = MLAB_TEXT(story->context);
    mlab_tell_name(&caption, c->stays[first].outcome, true);
    mlab_text_append(&caption, ": months in each state, as observed");
    mlab_text_append(&against, "More than in ");
    mlab_tell_name(&against, c->stays[first].reference, false);
    const char *const headings[] = {"Group", "State", "In", "Months", "Interval", mlab_text_get(&against), "Interval"};
    mlab_doc_table(doc, mlab_text_get(&caption), true, headings, 7);
    for (size_t k = first; k < end; k++)
        if (told[k] && at_horizon(story, c->stays[k].horizon)) tell_row(doc, story, &c->stays[k]);
    mlab_doc_table_end(doc, true);
    if (caption.failed || against.failed) doc->text.failed = true;
    mlab_text_free(&caption);
    mlab_text_free(&against);
}

/* One chart an arm: the share in every state over time, of 100. Rows first .. end - 1 are of one arm, states within times. */
static mlab_status draw_arm(mlab_doc *doc, const mlab_story *story, size_t first, size_t end, const uint8_t *told, mlab_error *err)
{
    const mlab_comparison *c = story->spec->results->comparison;
    size_t states = block_end(c, first) - first, times = (end - first) / states, n_lines = states < MOST_LINES ? states : MOST_LINES;
    mlab_chart_line lines[MOST_LINES];
    double *memory = mlab_allocate(story->context, n_lines, 2 * times * sizeof *memory);
    if (!memory) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a chart");
    for (size_t s = 0; s < n_lines; s++) {
        double *x = memory + 2 * s * times, *y = x + times;
        size_t n = 0;
        for (; n < times && told[first + n * states + s]; n++) {
            x[n] = c->stays[first + n * states + s].horizon;
            y[n] = 100 * c->stays[first + n * states + s].share;
        }
        lines[s] = (mlab_chart_line){.label = c->stays[first + s].state, .x = x, .y = y, .n = n, .steps = true};
    }
    size_t kept = 0;
    for (size_t s = 0; s < n_lines; s++)
        if (lines[s].n > 1) lines[kept++] = lines[s];
    mlab_text title = MLAB_TEXT(story->context);
    mlab_tell_name(&title, c->stays[first].outcome, true);
    mlab_text_append(&title, " of 100 people in ");
    mlab_tell_name(&title, c->stays[first].arm, false);
    mlab_text_append(&title, ", by months since they came into the group");
    if (kept) mlab_chart_lines(doc, mlab_text_get(&title), "months", lines, kept);
    if (title.failed) doc->text.failed = true;
    mlab_text_free(&title);
    mlab_release(story->context, memory);
    return MLAB_OK;
}

static bool is_outcome(const mlab_story *story, const char *name)
{
    for (size_t k = 0; k < story->n_contrasts; k++)
        if (!strcmp(story->contrasts[k].contrast->outcome, name)) return true;
    return false;
}

mlab_status mlab_tell_stays(mlab_doc *doc, const mlab_story *story, mlab_error *err)
{
    const mlab_comparison *c = story->spec->results->comparison;
    if (!c || !c->n_stays || !story->n_contrasts) return MLAB_OK;
    mlab_status status = MLAB_OK;
    uint8_t *told = mlab_allocate(story->context, c->n_stays, 1);
    if (!told) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the states");
    mlab_privacy_stays(c, (uint64_t)story->options->minimum_cell, told);
    for (size_t k = 0; k < c->n_stays; k++) told[k] = told[k] && arm_told(story, c->stays[k].outcome, c->stays[k].arm);
    mlab_doc_heading(doc, 3, "How long");
    mlab_doc_paragraph(
        doc, NULL,
        "Mean months in each state as observed in each group, without any adjustment: people choose their group, so a difference here is "
        "not what the program does. An event counts at the end of its period. Time begins where five people of every group are watched, with those "
        "without an event by then.");
    for (size_t first = 0, end; first < c->n_stays && !status; first = end) {
        for (end = first + 1; end < c->n_stays && !strcmp(c->stays[end].outcome, c->stays[first].outcome);) end++;
        for (size_t a = first, b; a < end && !status && !is_outcome(story, c->stays[first].outcome); a = b) {
            for (b = a + 1; b < end && !strcmp(c->stays[b].arm, c->stays[a].arm);) b++;
            status = draw_arm(doc, story, a, b, told, err);
        }
        if (!status) tell_table(doc, story, first, end, told);
    }
    mlab_release(story->context, told);
    return status;
}
