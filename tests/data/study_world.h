/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study file and its files in a folder, loaded as the program loads them. */
#ifndef MLAB_TESTS_STUDY_WORLD_H
#define MLAB_TESTS_STUDY_WORLD_H

#include "core/number.h"
#include "core/os.h"
#include "data/settings.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What other rooms own, so that their blocks can stand in the small studies. */
static const mlab_option world_others[] = {
    {"title", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
    {"outcomes", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
    {"comparison", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
    {"report", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
};

typedef struct study_world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_findings findings;
    mlab_settings *settings;
    mlab_data *data;
    mlab_error err;
    mlab_status status;
} study_world;

static inline void world_load(study_world *w, long fail_at)
{
    const mlab_option *tables[] = {mlab_data_options, world_others};
    const size_t n_rows[] = {mlab_data_n_options, sizeof world_others / sizeof *world_others};
    *w = (study_world){0};
    w->context = mlab_test_context(&w->memory, 1);
    w->memory.fail_at = fail_at;
    mlab_findings_start(&w->findings, &w->context);
    w->status = mlab_settings_read(&w->context, "study.yaml", tables, n_rows, 2, &w->findings, &w->settings, &w->err);
    if (!w->status) w->status = mlab_data_load(&w->context, w->settings, &w->findings, &w->data, &w->err);
}

static inline void world_close(study_world *w)
{
    mlab_data_free(w->data);
    mlab_settings_free(w->settings);
    mlab_findings_free(&w->findings);
    ck_assert_int_eq(w->memory.live, 0);
}

static inline void put(const char *name, const char *text)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    ck_assert_int_eq(mlab_os_write_file(&context, name, text, strlen(text), false, &err), MLAB_OK);
}

static inline const mlab_finding *finding_of(const study_world *w, const char *kind)
{
    for (size_t i = 0; i < w->findings.n; i++)
        if (!strcmp(w->findings.items[i].kind, kind)) return &w->findings.items[i];
    return NULL;
}

static inline void has_finding(const study_world *w, const char *kind, mlab_severity severity, uint64_t count, const char *remedy)
{
    const mlab_finding *f = finding_of(w, kind);
    ck_assert_msg(f, "no finding '%s'; the first is '%s'", kind, w->findings.n ? w->findings.items[0].kind : "none");
    ck_assert_msg(f->severity == severity, "'%s' has severity %d", kind, (int)f->severity);
    ck_assert_msg(f->count == count, "'%s' was found %d times, expected %d: %s", kind, (int)f->count, (int)count, f->sentence);
    if (remedy) ck_assert_str_eq(f->remedy, remedy);
}

static inline void has_loaded(const study_world *w)
{
    ck_assert_msg(w->status == MLAB_OK, "%s (%s: %s)", w->err.sentence, w->findings.n ? w->findings.items[w->findings.n - 1].kind : "",
                  w->findings.n ? w->findings.items[w->findings.n - 1].sentence : "");
}

/* Makes allocation k fail for all k: the status tells it, and nothing is lost. */
static inline void sweep_allocations(void)
{
    study_world w;
    world_load(&w, 0);
    const long calls = w.memory.calls;
    has_loaded(&w);
    world_close(&w);
    for (long k = 1; k <= calls; k++) {
        world_load(&w, k);
        ck_assert_msg(w.status == MLAB_ERR_MEMORY, "allocation %ld of %ld failed: %d %s", k, calls, (int)w.status, w.err.sentence);
        ck_assert_ptr_null(w.data);
        world_close(&w);
    }
}

#endif
