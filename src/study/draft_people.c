/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The blocks of people, job history and promotions of a drafted study. */
#include "core/error.h"
#include "core/memory.h"
#include "study/draft.h"

#include <stdio.h>
#include <string.h>

/* Meanings that become columns under their own name, so that reports and defaults know them. */
static const char *const attributes[] = {"gender", "department", "location", "type", "performance", "fte", "salary", "born", "capacity"};

static bool in_history(const mlab_drafting *d, const char *meaning)
{
    const mlab_known_file *job = d->role[MLAB_FILE_HISTORY] ? d->role[MLAB_FILE_HISTORY] : d->role[MLAB_FILE_SNAPSHOTS];
    return job && mlab_known_column(job, meaning) >= 0;
}

/* columns: {gender: {from: Sex}} for the meanings whose heading is another word. */
static void rename_columns(mlab_drafting *d, const mlab_known_file *file, int indent, const char *const *names, size_t n, bool people)
{
    bool begun = false;
    for (size_t i = 0; i < n; i++) {
        char line[512];
        int j = mlab_known_column(file, names[i]);
        if (j < 0 || (people && in_history(d, names[i]))) continue;
        const char *heading = file->columns[j].heading;
        mlab_draft_say(d, "  %-14s %-28s by its heading; %zu different texts", names[i], heading, file->columns[j].values.n);
        if (!strcmp(heading, names[i]) && strcmp(names[i], "manager")) continue;
        if (!begun) mlab_draft_line(d, indent, "columns:");
        begun = true;
        snprintf(line, sizeof line, "%s: {from: %s%s}", names[i], mlab_draft_scalar(heading), strcmp(names[i], "manager") ? "" : ", type: id");
        mlab_draft_guess(d, indent + 2, line, "by its heading");
    }
}

/* Labels that do not order themselves: a question with the line. */
static void draft_grade(mlab_drafting *d, const mlab_known_file *file, int indent)
{
    int j = mlab_known_column(file, "grade");
    if (j < 0) return;
    const mlab_profile *p = &file->columns[j];
    mlab_draft_column(d, file, indent, "grade", "grade");
    if (p->whole == p->filled) return;
    mlab_text scale = MLAB_TEXT(d->context);
    for (uint32_t i = 0; i < p->values.n && i < 12; i++)
        mlab_text_print(&scale, "%s%s", i ? ", " : "", mlab_draft_scalar(mlab_dictionary_text(&p->values, i)));
    mlab_text line = MLAB_TEXT(d->context);
    mlab_text_print(&line, "grade: {from: %s, scale: [%s]}", mlab_draft_scalar(p->heading), mlab_text_get(&scale));
    mlab_draft_ask(d, mlab_text_get(&line), "%s: what is the order of the grades in \"%s\", from low to high?", file->name, p->heading);
    mlab_text_free(&scale);
    mlab_text_free(&line);
}

/* One label means employees, the others do not: a population. */
static void draft_population(mlab_drafting *d, const mlab_known_file *file)
{
    int j = mlab_known_column(file, "type");
    if (j < 0 || file->columns[j].values.n < 2 || file->columns[j].values.n > 12) return;
    const mlab_dictionary *values = &file->columns[j].values;
    for (uint32_t i = 0; i < values->n; i++) {
        const char *label = mlab_dictionary_text(values, i);
        if (!mlab_layouts_label(&d->layouts, file->layout, "regular", label, true)) continue;
        char line[256];
        snprintf(line, sizeof line, "population: \"type == '%s'\"", label);
        mlab_draft_guess(d, 4, line, "%llu of %llu rows of \"%s\" say so", (unsigned long long)values->entries[i].count,
                         (unsigned long long)file->columns[j].filled, file->columns[j].heading);
        mlab_draft_ask(d, line, "%s: does the study speak of people with \"%s\" = %s alone? Without the line, of everybody.", file->name,
                       file->columns[j].heading, label);
        return;
    }
}

static void draft_id(mlab_drafting *d, const mlab_known_file *file)
{
    char line[640], links[80] = "";
    bool take = mlab_profile_is_bracketed(d->id);
    const char *heading = mlab_draft_scalar(d->id->heading);
    char why[96];
    snprintf(why, sizeof why, "by %s", mlab_draft_why(file, "id"));
    if (d->id_by_links) snprintf(links, sizeof links, "; it links %llu ids of the other files", (unsigned long long)d->id_by_links);
    mlab_draft_say(d, "  %-14s %-28s %s; %zu different ones in %llu rows", "id", d->id->heading,
                   d->id_by_links ? "links most ids of the other files"
                   : take         ? "the digits in brackets"
                                  : why,
                   d->id->values.n, (unsigned long long)file->n_rows);
    size_t n = (size_t)snprintf(line, sizeof line, take || d->pad ? "id: {from: %s" : "id: %s", heading);
    if (take) n += (size_t)snprintf(line + n, sizeof line - n, ", take: '\\((\\d+)\\)'");
    if (d->pad) n += (size_t)snprintf(line + n, sizeof line - n, ", pad: %zu", d->pad);
    if (take || d->pad) snprintf(line + n, sizeof line - n, "}");
    mlab_draft_guess(d, 4, line, "%zu different ones in %llu rows%s%s", d->id->values.n, (unsigned long long)file->n_rows, links,
                     d->pad ? "; leading zeros are gone in one of the files" : "");
}

mlab_status mlab_draft_people(mlab_drafting *d, mlab_error *err)
{
    const mlab_known_file *file = d->role[MLAB_FILE_PEOPLE];
    bool history = d->role[MLAB_FILE_HISTORY] != NULL, snapshots = d->role[MLAB_FILE_SNAPSHOTS] != NULL;
    mlab_draft_line(d, 2, "people:");
    mlab_draft_file(d, file, 4);
    mlab_draft_marks(d, file, 4);
    draft_id(d, file);
    mlab_draft_missing(d, file, 4);
    if (!history) {
        if (!mlab_draft_column(d, file, 4, "hired", "hired") && !snapshots)
            mlab_draft_ask(d, "data: {people: {hired: HEADING}}", "%s: which column holds the first day at work?", file->name);
        else if (mlab_known_column(file, "hired") >= 0 && !strcmp(mlab_draft_why(file, "hired"), "its cells alone"))
            mlab_draft_ask(d, "hired: and left:, in data.people", "%s: are \"%s\" and \"%s\" the first and the last day at work?", file->name,
                           mlab_known_heading(file, "hired"), mlab_known_heading(file, "left") ? mlab_known_heading(file, "left") : "(none)");
        mlab_draft_column(d, file, 4, "left", "left");
        mlab_draft_column(d, file, 4, "exit_reason", "exit_reason");
        if (!snapshots) draft_grade(d, file, 4);
    }
    draft_population(d, file);
    rename_columns(d, file, 2, attributes, sizeof attributes / sizeof *attributes, true);
    (void)err;
    return MLAB_OK;
}

mlab_status mlab_draft_promotions(mlab_drafting *d, mlab_error *err)
{
    const mlab_known_file *file = d->role[MLAB_FILE_PROMOTIONS];
    mlab_draft_line(d, 2, "promotions:");
    mlab_draft_file(d, file, 4);
    mlab_draft_marks(d, file, 4);
    mlab_status status = mlab_draft_person(d, file, 4, "person", "person", err);
    mlab_draft_column(d, file, 4, "date", "date");
    mlab_draft_column(d, file, 4, "to", "to");
    return status;
}

/* --- job history ------------------------------------------------------------------------------------------ */

static void draft_last_day(mlab_drafting *d, const mlab_known_file *file)
{
    const mlab_setting *known = mlab_known_setting(file, "last_day");
    const char *said = known ? mlab_setting_text(known) : "last_day";
    char line[64];
    snprintf(line, sizeof line, "exit_day: %s", said);
    if (known)
        mlab_draft_guess(d, 4, line, "usual in %s", mlab_setting_text(mlab_settings_find(file->layout, NULL, "title")));
    else
        mlab_draft_guess(d, 4, line, "nothing tells");
    mlab_draft_ask(d, "exit_day: last_day        (or first_day_gone), in the block history",
                   "%s: is an exit dated with the last day at work, or with the first day gone? Taken: %s.", file->name, said);
}

void mlab_draft_states(mlab_drafting *d, const mlab_known_file *file)
{
    static const char *const states[] = {"grade", "department", "location", "manager", "fte", "salary"};
    mlab_text list = MLAB_TEXT(d->context);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (mlab_known_column(file, states[i]) >= 0) mlab_text_print(&list, "%s%s", list.n ? ", " : "", states[i]);
    if (list.n) mlab_draft_line(d, 4, "state: [%s]", mlab_text_get(&list));
    rename_columns(d, file, 4, states, sizeof states / sizeof *states, false);
    mlab_text_free(&list);
}

mlab_status mlab_draft_history(mlab_drafting *d, mlab_error *err)
{
    const mlab_known_file *file = d->role[MLAB_FILE_HISTORY];
    mlab_draft_line(d, 2, "history:");
    mlab_draft_file(d, file, 4);
    mlab_draft_marks(d, file, 4);
    mlab_status status = mlab_draft_person(d, file, 4, "person", "person", err);
    mlab_draft_column(d, file, 4, "from", "from");
    mlab_draft_column(d, file, 4, "to", "until");
    mlab_draft_column(d, file, 4, "order", "order");
    mlab_draft_column(d, file, 4, "reason", "reason");
    draft_last_day(d, file);
    mlab_draft_missing(d, file, 4);
    mlab_draft_states(d, file);
    return status;
}
