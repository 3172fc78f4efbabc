/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a difference is told in words: its size in the unit of its outcome, what it means for people, its horizon, and the caveats of a story.
 *
 * Weakness: the sentences are English; what leaving is called is known of the exits of a panel and of the outcome named retention alone.
 */
#include "report/tell.h"

#include <math.h>
#include <string.h>

static bool is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* Levels of an ordinal outcome, 0 = not one. */
static size_t levels_of(const mlab_story *story, const char *outcome)
{
    const mlab_results *r = story->spec->results;
    for (size_t i = 0; i < r->n_fits; i++)
        if (is(r->fits[i]->outcome, outcome)) return r->fits[i]->n_levels;
    return 0;
}

void mlab_tell_estimate(const mlab_told_contrast *told, mlab_text *text)
{
    mlab_number_text number;
    const mlab_contrast *c = told->contrast;
    mlab_text_append(text, mlab_tell_number(told->factor * c->estimate, told->decimals, true, number));
    if (is(c->measure, "share_difference") && c->cause && *c->cause)
        mlab_text_print(text, " points with %s", c->cause);
    else if (!is(c->measure, "mean_difference"))
        mlab_text_append(text, is(c->measure, "share_difference") ? " points satisfied" : " points");
}

void mlab_tell_scale(const mlab_story *story, const mlab_told_contrast *told, mlab_text *text)
{
    const size_t levels = is(told->contrast->measure, "mean_difference") ? levels_of(story, told->contrast->outcome) : 0;
    if (levels > 1) mlab_text_print(text, "on a scale of 1 to %zu", levels);
}

bool mlab_tells_leaving(const mlab_contrast *c)
{
    return is(c->measure, "risk_difference") && ((c->event && is(c->event, "exit")) || is(c->outcome, "retention"));
}

void mlab_tell_cause(const mlab_contrast *c, const char *leave, mlab_text *text)
{
    mlab_text_append(text, leave);
    if (is(c->cause, "voluntary"))
        mlab_text_append(text, " by choice");
    else if (c->cause && *c->cause)
        mlab_text_print(text, " (%s)", c->cause);
}

void mlab_tell_meaning(const mlab_told_contrast *told, mlab_text *text)
{
    const mlab_contrast *c = told->contrast;
    if (c->lower <= 0 && c->upper >= 0) {
        mlab_text_append(text, "could be nothing");
        return;
    }
    if (is(c->measure, "mean_difference") || !(c->upper > c->lower)) return; /* without a range nothing is claimed */
    const double of_hundred = floor(fabs(told->factor * c->estimate) + 0.5);
    const bool share = is(c->measure, "share_difference"), yes_no = share && c->cause && *c->cause;
    const bool stays = is(c->outcome, "retention"); /* the one name that tells the share without the event */
    /* with one cause of several the others may have grown instead: nothing is said of who stays */
    const bool leaves = mlab_tells_leaving(c) && (!stays || (c->cause && *c->cause));
    const char *does = share ? "satisfied" : stays && !leaves ? "stay" : NULL;
    const char *direction = (c->estimate > 0) != (leaves && stays) ? "more" : "fewer";
    mlab_number_text number;
    if (of_hundred < 1)
        mlab_text_print(text, "less than 1 %s of 100", direction);
    else
        mlab_text_print(text, "%s %s of 100", mlab_tell_number(of_hundred, 0, false, number), direction);
    if (yes_no)
        mlab_text_print(text, " with %s", c->cause);
    else if (leaves)
        mlab_tell_cause(c, of_hundred == 1 ? " leaves" : " leave", text);
    else if (does)
        mlab_text_print(text, " %s", does);
    else if (is(c->outcome, "promotion"))
        mlab_text_append(text, of_hundred > 1 ? " are promoted" : " is promoted");
    else
        mlab_text_append(text, " have it");
}

void mlab_tell_horizon(double months, mlab_text *text)
{
    mlab_number_text number;
    mlab_text_print(text, "%s month%s", mlab_tell_number(months, months == floor(months) ? 0 : 1, false, number), months == 1 ? "" : "s");
}

/* Whether the line (n bytes) is one of the text's lines already. */
static bool has_line(const mlab_text *text, const char *line, size_t n)
{
    const char *at = mlab_text_get(text);
    while (*at) {
        const size_t length = strcspn(at, "\n");
        if (length == n && strncmp(at, line, n) == 0) return true;
        at += length + (at[length] == '\n');
    }
    return false;
}

static void add_lines(mlab_text *text, const char *lines)
{
    while (lines && *lines) {
        const size_t n = strcspn(lines, "\n");
        if (n && !has_line(text, lines, n)) {
            mlab_text_append_bytes(text, lines, n);
            mlab_text_append(text, "\n");
        }
        lines += n + (lines[n] == '\n');
    }
}

void mlab_story_caveats(const mlab_story *story, mlab_text *text)
{
    const mlab_results *r = story->spec->results;
    if (story->spec->simulated) add_lines(text, "The data are simulated: no number here says anything about real people.");
    for (size_t k = 0; k < story->n_contrasts; k++) add_lines(text, story->contrasts[k].contrast->caveats);
    if (r->comparison) add_lines(text, r->comparison->caveats);
    if (r->forecast) add_lines(text, r->forecast->caveats);
}

size_t mlab_count_lines(const char *lines)
{
    size_t n = 0;
    while (lines && *lines) {
        const size_t length = strcspn(lines, "\n");
        n += length > 0;
        lines += length + (lines[length] == '\n');
    }
    return n;
}
