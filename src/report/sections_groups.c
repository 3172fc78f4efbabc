/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The effects of groups that may be told by name (departments, sites; never people): a figure with likely ranges, the numbers behind it, and how to
 * read it (Goldstein & Healy 1995, J. R. Statist. Soc. A 158:175-177, on why such ranges are no tests of differences). */
#include "core/error.h"
#include "core/memory.h"
#include "report/sections.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DRAWN = 40 };

typedef struct one_group {
    const char *name;
    double mode, lower, upper;
    mlab_number_text told;
} one_group;

static int by_mode(const void *a, const void *b)
{
    const one_group *x = a, *y = b;
    return x->mode != y->mode ? (x->mode > y->mode) - (x->mode < y->mode) : strcmp(x->name, y->name);
}

static void caption(mlab_text *text, const mlab_fit *fit, const mlab_random_effects *r, size_t effect)
{
    const char *colon = strchr(r->names[effect], ':');
    mlab_text_print(text, "Effects of %s in the model of %s", r->group, fit->outcome);
    if (colon) mlab_text_print(text, ", %.*s", (int)(colon - r->names[effect]), r->names[effect]);
}

/* Two standard errors above 0; an error of 0 beside a standard deviation is one that is not known. */
static bool spread_is_told(const mlab_random_effects *r, size_t effect)
{
    return r->sd[effect] > 0 && r->sd[effect] > 2 * r->sd_se[effect];
}

/* Where the climb ended is no estimate. */
static void tell_none(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit, const mlab_random_effects *r, size_t effect)
{
    mlab_text text = MLAB_TEXT(story->context);
    caption(&text, fit, r, effect);
    mlab_text_print(&text, " are not told: %s.", mlab_trust_sentence(fit->trust));
    mlab_say(doc, NULL, &text);
}

/* Where the groups may all be alike a figure of them would be one of chance. */
static void tell_alike(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit, const mlab_random_effects *r, size_t effect)
{
    mlab_text text = MLAB_TEXT(story->context);
    mlab_number_text sd, error;
    caption(&text, fit, r, effect);
    mlab_text_print(&text, " are not drawn: that they differ at all cannot be told (standard deviation %s, error %s).",
                    mlab_tell_number(r->sd[effect], 2, false, sd), mlab_tell_number(r->sd_se[effect], 2, false, error));
    mlab_say(doc, NULL, &text);
}

static void draw(mlab_doc *doc, const mlab_story *story, const char *title, const one_group *groups, size_t n)
{
    mlab_chart_interval rows[MOST_DRAWN];
    size_t drawn = n < MOST_DRAWN ? n : MOST_DRAWN;
    (void)story;
    for (size_t k = 0; k < drawn; k++) { /* the lowest and the highest where there are too many */
        const one_group *g = &groups[k < drawn / 2 ? k : n - drawn + k];
        rows[k] = (mlab_chart_interval){.label = g->name, .told = g->told, .estimate = g->mode, .lower = g->lower, .upper = g->upper};
    }
    mlab_chart_forest(doc, title, "difference from the average group, on the scale of the model; its signs are those of the coefficients", rows,
                      drawn);
}

static void tell_table(mlab_doc *doc, const char *title, const one_group *groups, size_t n)
{
    mlab_doc_table(doc, title, true, (const char *const[]){"Group", "Effect", "From", "To"}, 4);
    for (size_t k = 0; k < n; k++) {
        mlab_number_text mode, lower, upper;
        mlab_doc_row(doc,
                     (const char *const[]){groups[k].name, mlab_tell_number(groups[k].mode, 2, true, mode),
                                           mlab_tell_number(groups[k].lower, 2, true, lower), mlab_tell_number(groups[k].upper, 2, true, upper)});
    }
    mlab_doc_table_end(doc, true);
}

static bool is_intercept(const char *name)
{
    const size_t n = strlen(name), m = strlen("(Intercept)");
    return n >= m && strcmp(name + n - m, "(Intercept)") == 0;
}

static void tell_effect(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit, const mlab_random_effects *r, size_t effect, const uint8_t *told,
                        one_group *groups)
{
    mlab_text title = MLAB_TEXT(story->context);
    size_t n = 0;
    for (size_t g = 0; g < r->n_groups; g++) {
        double mode = r->mode[g * r->n + effect], se = r->mode_se[g * r->n + effect];
        if (!told[g]) continue;
        groups[n] = (one_group){.name = r->groups[g], .mode = mode, .lower = mode - 1.96 * se, .upper = mode + 1.96 * se};
        mlab_tell_number(mode, 2, true, groups[n++].told);
    }
    qsort(groups, n, sizeof *groups, by_mode);
    caption(&title, fit, r, effect);
    mlab_doc_heading(doc, 4, mlab_text_get(&title));
    draw(doc, story, mlab_text_get(&title), groups, n);
    tell_table(doc, mlab_text_get(&title), groups, n);
    if (title.failed) doc->text.failed = true;
    mlab_text_free(&title);
}

static void how_to_read(mlab_doc *doc, const mlab_story *story, size_t hidden)
{
    mlab_text text = MLAB_TEXT(story->context);
    mlab_text_append(
        &text, "How to read it: signs are those of the model (chances of leaving or of a promotion: right is more often; answers: right is higher). "
               "The dot is how far a group lies from the average group after what the formula tells of its people, the line its likely "
               "range (95 %) given the estimated spread between groups, which is itself uncertain and makes the range somewhat too short. Dots are "
               "shrunken towards the average, the more the less is known of a group, so that the last place may be that of "
               "a small group by chance: this is no ranking. Two groups whose lines overlap may well be alike. What is not in the formula is in "
               "these numbers, too; they do not say that a group does well or badly.");
    if (hidden)
        mlab_text_print(&text, " Not shown: %zu groups of fewer than %lld people, or that would tell of such a one.", hidden,
                        (long long)story->options->minimum_cell);
    mlab_say(doc, NULL, &text);
}

mlab_status mlab_tell_groups(mlab_doc *doc, const mlab_story *story, const mlab_fit *fit, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t t = 0; t < fit->n_random && !status; t++) {
        const mlab_random_effects *r = &fit->random[t];
        size_t n_told = 0;
        if (!r->n_people || !r->groups || !r->mode || !r->mode_se || fit->joint || fit->raters) continue;
        uint8_t *told = mlab_allocate(story->context, r->n_groups, sizeof *told);
        one_group *groups = mlab_allocate(story->context, r->n_groups, sizeof *groups);
        if (!told || !groups) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the effects of %s", r->group);
        if (!status) mlab_groups_told(r->n_people, r->n_groups, (uint64_t)story->options->minimum_cell, told);
        for (size_t g = 0; g < r->n_groups && !status; g++) n_told += told[g];
        bool drawn = false;
        for (size_t k = 0; k < r->n && !status && n_told > 1; k++) {
            if (!is_intercept(r->names[k])) continue;
            if (!mlab_random_told(fit))
                tell_none(doc, story, fit, r, k);
            else if (spread_is_told(r, k))
                tell_effect(doc, story, fit, r, k, told, groups), drawn = true;
            else
                tell_alike(doc, story, fit, r, k);
        }
        if (!status && drawn) how_to_read(doc, story, r->n_groups - n_told);
        mlab_release(story->context, told);
        mlab_release(story->context, groups);
    }
    return status;
}
