/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drafted study of a table of persons: a duration, an event and, where a column says so, an arm.
 *
 * Weakness: nothing in such a table tells whether the arm was fixed at time zero; that is asked, and until it is answered the study is
 * refused, since time before mentoring would count as mentored.
 */
#include "study/draft.h"

#include <stdio.h>
#include <string.h>

/* The longest duration tells the unit, roughly: nobody works for 100 years. */
static const char *unit_of(const mlab_profile *p)
{
    double most = 0;
    for (uint32_t i = 0; i < p->values.n; i++) {
        double value;
        const char *text = mlab_dictionary_text(&p->values, i);
        if (mlab_read_number(text, strlen(text), '.', 0, &value) && value > most) most = value;
    }
    return most > 900 ? "days" : most > 60 ? "months" : "years";
}

static bool is_none(const char *label)
{
    static const char *const nones[] = {"no", "none", "0", "false", "control", "never"};
    for (size_t k = 0; k < sizeof nones / sizeof *nones; k++)
        if (mlab_equal_fold(label, nones[k])) return true;
    return false;
}

/* {"no": none, "yes": mentored}, where the labels are such; the others keep their names. The first one is what the others are compared
 * with. */
static void put_levels(const mlab_profile *p, mlab_text *line)
{
    const char *mark = ", levels: {";
    for (int turn = 0; turn < 2; turn++)
        for (uint32_t i = 0; i < p->values.n; i++) {
            const char *label = mlab_dictionary_text(&p->values, i);
            bool none = is_none(label), yes = mlab_equal_fold(label, "yes") || mlab_equal_fold(label, "true") || !strcmp(label, "1");
            if (none == (turn > 0)) continue;
            char shown[200];
            snprintf(shown, sizeof shown, "%s", mlab_draft_scalar(label));
            mlab_text_print(line, "%s%s: %s", mark, shown, none ? "none" : yes ? "mentored" : mlab_draft_scalar(label));
            mark = ", ";
        }
    mlab_text_append(line, "}");
}

void mlab_draft_persons(mlab_drafting *d)
{
    const mlab_known_file *file = d->role[MLAB_FILE_PERSONS];
    const mlab_profile *duration = &file->columns[mlab_known_column(file, "duration")];
    int arm = mlab_known_column(file, "arm");
    const char *event = mlab_known_heading(file, "event"), *unit = unit_of(duration);
    char line[640], asked[200];
    mlab_draft_line(d, 2, "people:");
    mlab_draft_file(d, file, 4);
    mlab_draft_marks(d, file, 4);
    mlab_draft_line(d, 2, "columns:");
    snprintf(line, sizeof line, "tenure: {from: %s, type: duration, unit: %s}", mlab_draft_scalar(duration->heading), unit);
    mlab_draft_guess(d, 4, line, "by its heading; the unit by its largest number");
    mlab_draft_say(d, "  %-14s %-28s a duration, in %s by its largest number", "tenure", duration->heading, unit);
    mlab_draft_ask(d, line, "%s: is \"%s\" how long somebody was there, and in %s?", file->name, duration->heading, unit);
    snprintf(line, sizeof line, "left: {from: %s, type: event}", mlab_draft_scalar(event));
    mlab_draft_guess(d, 4, line, "by its heading; it has two values");
    mlab_draft_say(d, "  %-14s %-28s whether they left then", "left", event);
    if (arm < 0) {
        mlab_draft_ask(d, "arm: {from: HEADING, type: arm, exposure: baseline}, in data.columns", "%s: which column says who was mentored?",
                       file->name);
        return;
    }
    const mlab_profile *p = &file->columns[arm];
    mlab_text text = MLAB_TEXT(d->context);
    mlab_text_print(&text, "arm: {from: %s, type: arm", mlab_draft_scalar(p->heading));
    put_levels(p, &text);
    mlab_text_append(&text, "}");
    mlab_draft_guess(d, 4, mlab_text_get(&text), "by its heading");
    mlab_draft_say(d, "  %-14s %-28s the groups; %zu of them", "arm", p->heading, p->values.n);
    snprintf(asked, sizeof asked, "add exposure: baseline to arm (or exposure: ever, which counts time before it as mentored)");
    mlab_draft_ask(d, asked, "%s: was \"%s\" settled when somebody's time began (assigned at hire, by lot)? The study is refused until you say so.",
                   file->name, p->heading);
    mlab_text_free(&text);
}
