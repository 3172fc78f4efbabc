/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The blocks of snapshots, meetings, ratings, training and goals of a drafted study. */
#include "core/number.h"
#include "core/text.h"
#include "study/draft.h"

#include <stdio.h>
#include <string.h>

/* A block whose keys are called as the meanings. */
static mlab_status draft_table(mlab_drafting *d, mlab_file_role role, const char *const *people, const char *const *columns, mlab_error *err)
{
    const mlab_known_file *file = d->role[role];
    mlab_status status = MLAB_OK;
    mlab_draft_line(d, 2, "%s:", mlab_file_role_names[role]);
    mlab_draft_file(d, file, 4);
    mlab_draft_marks(d, file, 4);
    for (; *people && !status; people++) status = mlab_draft_person(d, file, 4, *people, *people, err);
    for (; *columns; columns++) mlab_draft_column(d, file, 4, *columns, *columns);
    mlab_draft_missing(d, file, 4);
    return status;
}

mlab_status mlab_draft_meetings(mlab_drafting *d, mlab_error *err)
{
    static const char *const people[] = {"mentor", "mentee", NULL}, *const columns[] = {"date", "minutes", NULL};
    return draft_table(d, MLAB_FILE_MEETINGS, people, columns, err);
}

mlab_status mlab_draft_ratings(mlab_drafting *d, mlab_error *err)
{
    static const char *const people[] = {"person", NULL}, *const columns[] = {"date", "score", "rater", "role", "skill", NULL};
    const mlab_known_file *file = d->role[MLAB_FILE_RATINGS];
    mlab_status status = draft_table(d, MLAB_FILE_RATINGS, people, columns, err);
    int role = mlab_known_column(file, "role");
    if (role >= 0 && file->columns[role].values.n > 1) {
        char answer[300];
        snprintf(answer, sizeof answer, "where: \"role == '%s'\"        in data.ratings", mlab_dictionary_text(&file->columns[role].values, 0));
        mlab_draft_ask(d, answer, "%s: do the ratings of all roles in \"%s\" count alike? Taken: yes.", file->name, file->columns[role].heading);
    }
    return status;
}

mlab_status mlab_draft_training(mlab_drafting *d, mlab_error *err)
{
    static const char *const people[] = {"person", NULL}, *const columns[] = {"date", "hours", "provider", NULL};
    return draft_table(d, MLAB_FILE_TRAINING, people, columns, err);
}

mlab_status mlab_draft_goals(mlab_drafting *d, mlab_error *err)
{
    static const char *const people[] = {"person", NULL}, *const columns[] = {"set", "reached", NULL};
    return draft_table(d, MLAB_FILE_GOALS, people, columns, err);
}

void mlab_draft_files(mlab_drafting *d, const mlab_dated_files *files, const char *why)
{
    mlab_draft_line(d, 4, "files:");
    for (size_t k = 0; k < files->n; k++) {
        char day[16], line[1000];
        const mlab_known_file *file = &d->files[files->file[k]];
        const char *shown = mlab_draft_scalar(d->shown[files->file[k]]);
        mlab_date_print(files->day[k], day, sizeof day);
        if (file->sheet)
            snprintf(line, sizeof line, "%s: {file: %s, sheet: %s}", day, shown, mlab_draft_scalar(file->sheet));
        else
            snprintf(line, sizeof line, "%s: %s", day, shown);
        mlab_draft_guess(d, 6, line, "%s", why);
    }
}

mlab_status mlab_draft_snapshots(mlab_drafting *d, mlab_error *err)
{
    const mlab_known_file *file = d->role[MLAB_FILE_SNAPSHOTS];
    mlab_draft_line(d, 2, "snapshots:");
    if (d->snapshots.n)
        mlab_draft_files(d, &d->snapshots, "the day by its name");
    else
        mlab_draft_file(d, file, 4);
    mlab_draft_marks(d, file, 4);
    mlab_status status = mlab_draft_person(d, file, 4, "person", "person", err);
    if (!d->snapshots.n) mlab_draft_column(d, file, 4, "date", "date");
    mlab_draft_column(d, file, 4, "hired", "hired");
    mlab_draft_missing(d, file, 4);
    mlab_draft_states(d, file);
    mlab_draft_guess(d, 4, "left: latest", "who is missing from the next one left on the day before it");
    mlab_draft_ask(d, "left: latest        (or middle, earliest), in data.snapshots",
                   "%s: does each snapshot hold everybody who was there on its day? Who is missing from the next one is taken as gone.", file->name);
    return status;
}
