/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two examples of the handbook: the first runs on real data, the second is answered part by part. */
#include "support/support.h"

#include "core/memory.h"
#include "core/os.h"
#include "mentorlab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[4200], study_path[4300];

/* Copies a file below a name into the folder; false when it is not there. */
static bool copy(const mlab_context *context, const char *from, const char *name)
{
    char to[4400], *bytes = NULL;
    size_t n;
    mlab_error err;
    snprintf(to, sizeof to, "%s/%s", folder, name);
    bool there = mlab_os_read_file(context, from, &bytes, &n, &err) == MLAB_OK;
    if (there) ck_assert_int_eq(mlab_os_write_file(context, to, bytes, n, false, &err), MLAB_OK);
    mlab_release(context, bytes);
    return there;
}

static void prepare(const mlab_context *context, const char *example)
{
    char from[4300];
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("example"));
    snprintf(study_path, sizeof study_path, "%s/study.yaml", folder);
    snprintf(from, sizeof from, "%s", mlab_test_path(example));
    ck_assert(copy(context, from, "study.yaml"));
}

static mlab_stage_state state_of[MLAB_N_STAGES];
static char line_of[MLAB_N_STAGES][200];
static void listen(void *user, mlab_stage stage, mlab_stage_state state, const char *line, double seconds)
{
    (void)user, (void)seconds;
    state_of[stage] = state;
    snprintf(line_of[stage], sizeof line_of[stage], "%s", line);
}

static const mlab_finding *finding_of(const mlab_findings *findings, const char *kind)
{
    for (size_t k = 0; k < findings->n; k++)
        if (strcmp(findings->items[k].kind, kind) == 0) return &findings->items[k];
    return NULL;
}

static bool is_at(const mlab_finding *finding, uint64_t line)
{
    for (size_t k = 0; finding && k < finding->n_occurrences; k++)
        if (finding->occurrences[k].place.line == line) return true;
    return false;
}

START_TEST(the_study_of_employee_turnover_goes_through_with_its_dirt_found)
{
    mlab_context context = mlab_test_context(NULL, 2);
    const char *data = getenv("MLAB_TEST_DATA");
    char from[4300];
    prepare(&context, "study/examples/turnover.yaml");
    snprintf(from, sizeof from, "%s/employee-turnover/turnover.csv", data ? data : "");
    if (!data || !copy(&context, from, "turnover.csv")) {
        fprintf(stderr, "SKIPPED: study/examples, because MLAB_TEST_DATA does not name the folder with employee-turnover/turnover.csv\n");
        return;
    }
    mlab_findings findings;
    mlab_study *study = NULL;
    mlab_error err = {0};
    mlab_findings_start(&findings, &context);
    const mlab_override quick = {"comparison.bootstrap", "20"};
    ck_assert_msg(mlab_study_open(&context, study_path, &quick, 1, folder, &findings, &study, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_msg(mlab_study_run(study, MLAB_STAGE_REPORT, false, listen, NULL, &findings, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_int_eq(state_of[MLAB_STAGE_FIT], MLAB_STAGE_RAN);
    ck_assert_int_eq(state_of[MLAB_STAGE_COMPARE], MLAB_STAGE_RAN);
    ck_assert_str_eq(line_of[MLAB_STAGE_MATCH], "this study has no mentors");
    ck_assert_str_eq(line_of[MLAB_STAGE_SIMULATE], "a Cox fit knows no hazard after its last event, so there is nothing to simulate from");
    ck_assert_int_eq(state_of[MLAB_STAGE_FORECAST], MLAB_STAGE_NOT_APPLICABLE);
    const mlab_results *results = mlab_study_results(study);
    ck_assert_uint_eq(results->n_fits, 1);
    ck_assert_uint_eq(results->fits[0]->n_rows, 1129);
    ck_assert_uint_eq(results->fits[0]->n_events, 571);
    const mlab_finding *copies = finding_of(&findings, "exact_duplicate");
    ck_assert_ptr_nonnull(copies);
    ck_assert_uint_eq(copies->count, 13);
    ck_assert(is_at(copies, 8));
    mlab_study_free(study);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(what_is_not_built_yet_is_a_stop_at_its_place)
{
    static const uint64_t lines[] = {27, 44, 46, 48};
    mlab_context context = mlab_test_context(NULL, 1);
    prepare(&context, "study/examples/engineering.yaml");
    mlab_findings findings;
    mlab_study *study = NULL;
    mlab_error err = {0};
    mlab_findings_start(&findings, &context);
    ck_assert_msg(mlab_study_open(&context, study_path, NULL, 0, folder, &findings, &study, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_int_eq(mlab_study_run(study, MLAB_STAGE_REPORT, false, NULL, NULL, &findings, &err), MLAB_ERR_STUDY_REJECTED);
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
        bool found = false;
        for (size_t i = 0; i < findings.n; i++)
            found |= strcmp(findings.items[i].kind, "not_built") == 0 && findings.items[i].severity == MLAB_SEVERITY_STOP &&
                     is_at(&findings.items[i], lines[k]);
        ck_assert_msg(found, "line %d has no stop 'not built yet'", (int)lines[k]);
    }
    for (size_t i = 0; i < findings.n; i++) { /* nothing else is wrong with it, but that its files are not there */
        const mlab_finding *finding = &findings.items[i];
        bool no_file = strstr(finding->sentence, "cannot be opened") || is_at(finding, 56);
        ck_assert_msg(strcmp(finding->kind, "not_built") == 0 || no_file, "%s", finding->sentence);
    }
    mlab_study_free(study);
    mlab_findings_free(&findings);
}
END_TEST

MLAB_TEST_MAIN("study/examples", the_study_of_employee_turnover_goes_through_with_its_dirt_found, what_is_not_built_yet_is_a_stop_at_its_place)
