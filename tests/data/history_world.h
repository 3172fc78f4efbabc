/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small studies with a job history or snapshots: files that a test writes, a study that is loaded, a panel as text. */
#ifndef MLAB_TESTS_HISTORY_WORLD_H
#define MLAB_TESTS_HISTORY_WORLD_H

#include "core/memory.h"
#include "core/random.h"
#include "core/text.h"
#include "data/panel_write.h"
#include "data/study_world.h"

#include <math.h>

/* Everything that is no note, and the error: for messages of tests. */
static inline const char *told(const study_world *w)
{
    static char text[8000];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", w->err.sentence);
    for (size_t i = 0; i < w->findings.n && n < sizeof text; i++) {
        const mlab_finding *f = &w->findings.items[i];
        if (f->severity == MLAB_SEVERITY_NOTE) continue;
        n += (size_t)snprintf(text + n, sizeof text - n, "\n%s (%s, row %d): %s > %s", f->kind, f->occurrences[0].place.file,
                              (int)f->occurrences[0].place.line, f->sentence, f->remedy);
    }
    return text;
}

/* The panel as CSV, in memory of the world; release with mlab_release. */
static inline char *panel_of(study_world *w)
{
    char *text = NULL;
    size_t n;
    ck_assert_msg(w->status == MLAB_OK, "%s", told(w));
    ck_assert_int_eq(mlab_panel_csv(w->data->panel, NULL, &text, &n, &w->err), MLAB_OK);
    return text;
}

static const char *const quarters = "panel: {period: quarter, from: 2021-01-01, to: 2021-12-31}\n";

static inline void study(const char *history, const char *events)
{
    char text[4000];
    ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
    snprintf(text, sizeof text, "as_of: 2021-12-31\ndata:\n  people: {file: people.csv}\n  %s\n%s%s", history, events, quarters);
    put("study.yaml", text);
}

static inline const mlab_column *column(const study_world *w, const char *name)
{
    const mlab_column *found = mlab_table_find(w->data->panel->rows, name);
    ck_assert_msg(found != NULL, "no column %s", name);
    return found;
}

static inline int32_t day(const char *text)
{
    mlab_date date;
    ck_assert(mlab_date_parse_iso(text, 10, &date));
    return date;
}

static const char exits[] =
    "events: {exit: {voluntary: [Quit], involuntary: [Dismissal], end_of_study: [Retirement]}, other: [Data Change, Transfer]}\n";

#endif
