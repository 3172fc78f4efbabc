/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block of events of a drafted study: what each reason of a job history, or each reason for leaving, is taken for.
 *
 * Weakness: by the words of the reasons, in English; a reason that sounds like an exit and is in no list is asked for.
 */
#include "study/draft.h"

#include <stdio.h>
#include <string.h>

typedef enum meaning { VOLUNTARY, INVOLUNTARY, END_OF_STUDY, HIRE, LEAVE_BEGINS, LEAVE_ENDS, UNSURE, OTHER } meaning;

/* In this order: "involuntary" holds "voluntary", "rehire" and "return from leave" come before "leave". */
static meaning meaning_of(const mlab_drafting *d, const mlab_known_file *file, const char *label)
{
    static const struct {
        const char *labels;
        meaning is;
        bool history;
    } rows[] = {{"leave_ends", LEAVE_ENDS, true},    {"leave_begins", LEAVE_BEGINS, true}, {"end_of_study", END_OF_STUDY, false},
                {"involuntary", INVOLUNTARY, false}, {"voluntary", VOLUNTARY, false},      {"hire", HIRE, true}};
    char plain[128];
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        if (rows[k].history && file->role != MLAB_FILE_HISTORY) continue;
        if (mlab_layouts_label(&d->layouts, file->layout, rows[k].labels, label, false)) return rows[k].is;
    }
    mlab_plain_words(label, plain, sizeof plain);
    return file->role == MLAB_FILE_PEOPLE || strstr(plain, "terminat") ? UNSURE : OTHER;
}

/* key: [labels of the meaning], and each on the screen; false when there is none. */
static bool put_reasons(mlab_drafting *d, const mlab_known_file *file, const mlab_profile *reasons, meaning is, int indent, const char *key,
                        const char *what)
{
    mlab_text line = MLAB_TEXT(d->context);
    bool any = false;
    mlab_text_print(&line, "%s: [", key);
    for (uint32_t i = 0; i < reasons->values.n; i++) {
        const char *label = mlab_dictionary_text(&reasons->values, i);
        if (meaning_of(d, file, label) != is) continue;
        mlab_text_print(&line, "%s%s", any ? ", " : "", mlab_draft_scalar(label));
        mlab_draft_say(d, "                 %-28s %s; %llu rows", label, what, (unsigned long long)reasons->values.entries[i].count);
        any = true;
    }
    mlab_text_append(&line, "]");
    if (any && indent) mlab_draft_guess(d, indent, mlab_text_get(&line), "by the words of the reasons");
    mlab_text_free(&line);
    return any;
}

static bool has(const mlab_drafting *d, const mlab_known_file *file, const mlab_profile *reasons, meaning is)
{
    for (uint32_t i = 0; i < reasons->values.n; i++)
        if (meaning_of(d, file, mlab_dictionary_text(&reasons->values, i)) == is) return true;
    return false;
}

static void ask_reasons(mlab_drafting *d, const mlab_known_file *file, const mlab_profile *reasons)
{
    for (uint32_t i = 0; i < reasons->values.n; i++) {
        const char *label = mlab_dictionary_text(&reasons->values, i);
        if (meaning_of(d, file, label) != UNSURE) continue;
        char answer[512];
        snprintf(answer, sizeof answer, "events.exit: add %s to voluntary, involuntary or end_of_study", mlab_draft_scalar(label));
        unsigned long long n = reasons->values.entries[i].count;
        mlab_draft_ask(d, answer, "%s: what kind of exit is \"%s\" (%llu row%s)?", file->name, label, n, n == 1 ? "" : "s");
    }
}

static void draft_leave(mlab_drafting *d, const mlab_known_file *file, const mlab_profile *reasons)
{
    if (!has(d, file, reasons, LEAVE_BEGINS)) return;
    mlab_draft_line(d, 2, "leave:");
    put_reasons(d, file, reasons, LEAVE_BEGINS, 4, "begins", "a leave begins, by its words");
    put_reasons(d, file, reasons, LEAVE_ENDS, 4, "ends", "a leave ends, by its words");
    mlab_draft_guess(d, 4, "at_risk: yes", "people on leave can be promoted and can leave");
    mlab_draft_ask(d, "at_risk: yes        (or no), in events.leave",
                   "%s: do days on leave count as days on which somebody could be promoted or leave?", file->name);
}

/* Snapshots say neither what a change is nor why somebody left. */
static void draft_snapshot_events(mlab_drafting *d, bool no_reasons)
{
    const mlab_known_file *file = d->role[MLAB_FILE_SNAPSHOTS];
    mlab_draft_line(d, 0, "\nevents:");
    if (mlab_known_column(file, "grade") >= 0)
        mlab_draft_guess(d, 2, "promotion: {when: \"grade > previous\"}", "a higher grade than in the snapshot before is a promotion");
    if (!no_reasons) return;
    mlab_draft_guess(d, 2, "exit: {no_reason: voluntary}", "nothing says why anybody left");
    mlab_draft_ask(d, "no_reason: voluntary        (or involuntary, end_of_study), in events.exit",
                   "%s: nothing says why people left. Do all exits count as voluntary? Taken: yes.", file->name);
}

void mlab_draft_events(mlab_drafting *d)
{
    const mlab_known_file *history = d->role[MLAB_FILE_HISTORY], *file = history ? history : d->role[MLAB_FILE_PEOPLE];
    int j = file ? mlab_known_column(file, history ? "reason" : "exit_reason") : -1;
    if (d->role[MLAB_FILE_SNAPSHOTS]) draft_snapshot_events(d, j < 0);
    if (j < 0) return;
    const mlab_profile *reasons = &file->columns[j];
    if (!d->role[MLAB_FILE_SNAPSHOTS]) mlab_draft_line(d, 0, "\nevents:");
    if (history && mlab_known_column(history, "grade") >= 0)
        mlab_draft_guess(d, 2, "promotion: {when: \"grade > previous\"}", "a higher grade than in the row before is a promotion");
    if (history) put_reasons(d, file, reasons, HIRE, 2, "hire", "somebody comes, by its words");
    mlab_draft_line(d, 2, "exit:");
    put_reasons(d, file, reasons, VOLUNTARY, 4, "voluntary", "an exit, voluntary, by its words");
    put_reasons(d, file, reasons, INVOLUNTARY, 4, "involuntary", "an exit, involuntary, by its words");
    put_reasons(d, file, reasons, END_OF_STUDY, 4, "end_of_study", "ends the time in the study, by its words");
    if (history) {
        draft_leave(d, file, reasons);
        put_reasons(d, file, reasons, OTHER, 2, "other", "a change and nothing else");
    }
    ask_reasons(d, file, reasons);
}
