/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small studies with a job history or snapshots: files that a test writes, a study that is loaded, a panel as text. */
#ifndef MLAB_TESTS_HISTORY_WORLD_H
#define MLAB_TESTS_HISTORY_WORLD_H

#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "core/random.h"
#include "core/text.h"
#include "data/panel_write.h"
#include "data/settings.h"
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_findings findings;
    mlab_settings *settings;
    mlab_data *data;
    mlab_error err;
    mlab_status status;
} world;

static const mlab_option others[] = {
    {"outcomes", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
};

static void load(world *w, long fail_at)
{
    const mlab_option *tables[] = {mlab_data_options, others};
    const size_t n_rows[] = {mlab_data_n_options, 1};
    *w = (world){0};
    w->context = mlab_test_context(&w->memory, 1);
    w->memory.fail_at = fail_at;
    mlab_findings_start(&w->findings, &w->context);
    w->status = mlab_settings_read(&w->context, "study.yaml", tables, n_rows, 2, &w->findings, &w->settings, &w->err);
    if (!w->status) w->status = mlab_data_load(&w->context, w->settings, &w->findings, &w->data, &w->err);
}

static void close_world(world *w)
{
    mlab_data_free(w->data);
    mlab_settings_free(w->settings);
    mlab_findings_free(&w->findings);
    ck_assert_int_eq(w->memory.live, 0);
}

static void put(const char *name, const char *text)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    ck_assert_int_eq(mlab_os_write_file(&context, name, text, strlen(text), false, &err), MLAB_OK);
}

static const mlab_finding *finding_of(const world *w, const char *kind)
{
    for (size_t i = 0; i < w->findings.n; i++)
        if (!strcmp(w->findings.items[i].kind, kind)) return &w->findings.items[i];
    return NULL;
}

/* Everything that is no note, and the error: for messages of tests. */
static const char *told(const world *w)
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
static char *panel_of(world *w)
{
    char *text = NULL;
    size_t n;
    ck_assert_msg(w->status == MLAB_OK, "%s", told(w));
    ck_assert_int_eq(mlab_panel_csv(w->data->panel, NULL, &text, &n, &w->err), MLAB_OK);
    return text;
}

#endif
