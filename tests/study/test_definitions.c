/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outcome models in files of their own: all that come with the program fit a simulated firm, what the study says itself stands, and wrong files and
 * names are found where they stand. */
#include "support/support.h"

#include "study/firm.h"

#include "core/error.h"
#include "core/memory.h"
#include "data/registry.h"
#include "study/inside.h"

static const char block[] = "outcomes:\n"
                            "  promotion: {formula: \"promoted ~ arm + grade\"}\n"
                            "  retention: {formula: \"exit ~ arm + grade\"}\n"
                            "  satisfaction: {formula: \"satisfaction ~ arm + grade\"}\n"; /* lines 11 to 14 */

static mlab_status open_study(const mlab_context *context, mlab_findings *findings, mlab_study **study, mlab_error *err)
{
    mlab_findings_start(findings, context);
    return mlab_study_open(context, firm_path, NULL, 0, firm_folder, findings, study, err);
}

static const mlab_outcome *outcome_of(const mlab_study *study, const char *name)
{
    for (size_t k = 0; k < study->n_outcomes; k++)
        if (strcmp(study->outcomes[k].name, name) == 0) return &study->outcomes[k];
    ck_abort_msg("no outcome %s", name);
}

static void write_definition(const mlab_context *context, const char *text)
{
    char path[4400];
    mlab_error err;
    snprintf(path, sizeof path, "%s/ours.yaml", firm_folder);
    ck_assert_msg(mlab_os_write_file(context, path, text, strlen(text), false, &err) == MLAB_OK, "%s", err.sentence);
}

START_TEST(every_definition_names_columns_that_a_panel_has)
{
    mlab_context context = mlab_test_context(NULL, 2);
    mlab_settings *registry;
    mlab_findings findings;
    mlab_study *study;
    mlab_error err = {0};
    char text[6000];
    size_t n = (size_t)snprintf(text, sizeof text, "outcomes:\n  satisfaction: {use: satisfaction_levels}\n  retention: {use: exit_by_cause}\n");
    firm_make(&context);
    ck_assert_int_eq(mlab_registry_read(&context, "outcomes", MLAB_ERR_OPTION, &registry, &err), MLAB_OK);
    const mlab_setting *list = mlab_settings_find(registry, NULL, "entries");
    ck_assert_uint_ge(mlab_setting_size(list), 12);
    for (size_t i = 0; i < mlab_setting_size(list); i++) {
        const char *id = mlab_setting_text(mlab_setting_item(list, i));
        n += (size_t)snprintf(text + n, sizeof text - n, "  the_%s: {use: %s}\n", id, id);
    }
    firm_write_with(&context, block, text);
    mlab_status status = open_study(&context, &findings, &study, &err);
    if (!status) status = mlab_study_run(study, MLAB_STAGE_CHECK, false, NULL, NULL, &findings, &err);
    for (size_t k = 0; k < findings.n; k++)
        ck_assert_msg(findings.items[k].severity == MLAB_SEVERITY_NOTE, "%s: %s", findings.items[k].occurrences[0].place.file,
                      findings.items[k].sentence);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    ck_assert_uint_eq(study->n_outcomes + study->n_joints, mlab_setting_size(list) + 2);
    mlab_study_free(study);
    mlab_findings_free(&findings);
    mlab_settings_free(registry);
}
END_TEST

START_TEST(what_the_study_says_itself_stands)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_findings findings;
    mlab_study *study;
    mlab_error err = {0};
    firm_make(&context);
    write_definition(
        &context,
        "id: ours\ntitle: ours\noutcomes:\n  leaving: {model: hazard, link: logit, formula: \"exit ~ arm + grade\", causes: [voluntary]}\n");
    firm_write_with(&context, block, "outcomes: {retention: {use: ./ours.yaml, formula: \"exit ~ arm\"}, promotion: {use: promotion_few_events}}\n");
    ck_assert_msg(open_study(&context, &findings, &study, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_uint_eq(findings.n, 0);
    const mlab_outcome *retention = outcome_of(study, "retention");
    ck_assert_str_eq(retention->formula, "exit ~ arm");
    ck_assert_str_eq(retention->link, "logit");
    ck_assert_int_eq(retention->n_causes, 1);
    ck_assert_str_eq(outcome_of(study, "promotion")->formula, "promoted ~ arm + time_in_grade");
    char *before, *after;
    ck_assert_int_eq(mlab_settings_resolved(study->settings, "outcomes", &before, &err), MLAB_OK);
    ck_assert_ptr_nonnull(strstr(before, "logit"));
    mlab_study_free(study);
    mlab_findings_free(&findings);
    write_definition(&context,
                     "id: ours\ntitle: ours\noutcomes:\n  leaving: {model: hazard, formula: \"exit ~ arm + grade\", causes: [voluntary]}\n");
    ck_assert_int_eq(open_study(&context, &findings, &study, &err), MLAB_OK);
    ck_assert_int_eq(mlab_settings_resolved(study->settings, "outcomes", &after, &err), MLAB_OK);
    ck_assert_str_ne(before, after); /* what decides numbers follows the file */
    mlab_release(&context, before);
    mlab_release(&context, after);
    mlab_study_free(study);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(wrong_names_and_files_are_found_where_they_stand)
{
    static const struct {
        const char *use, *file;
        uint64_t line;
        const char *in, *says;
    } wrong[] = {
        {"exit_by_cuase", "", 11, "study.yaml", "there is no outcome model \"exit_by_cuase\"; did you mean \"exit_by_cause\"?"},
        {"zzzzzzzzzzzz", "", 11, "study.yaml", "models/outcomes/registry.yaml lists them"},
        {"../exit.yaml", "", 11, "study.yaml", "exit.yaml"},
        {"ours.yaml", "id: ours\ntitle: ours\noutcomes:\n  leaving: {modell: hazard}\n", 4, "ours.yaml", "unknown key 'modell'"},
        {"ours.yaml", "id: ours\ntitle: ours\noutcomes:\n  leaving: {model: hazzard}\n", 4, "ours.yaml", "hazzard"},
        {"ours.yaml", "id: ours\noutcomes:\n  leaving: {model: hazard}\n", 0, "ours.yaml", "title"},
        {"ours.yaml", "id: ours\ntitle: ours\noutcomes:\n  a: {model: hazard}\n  b: {model: hazard}\n", 1, "ours.yaml", "has one outcome"},
        {"ours.yaml", "id: ours\ntitle: ours\n", 1, "ours.yaml", "has one outcome"},
        {"ours.yaml", "id: ours\ntitle: ours\noutcomes:\n  a: {use: exit_cox}\n", 4, "ours.yaml", "does not use another one"},
        {"ours.yaml", "id: ours\ntitle: ours\nfit: {penalty: firth}\noutcomes:\n  a: {model: hazard}\n", 3, "ours.yaml", "belongs in the study file"},
        {"ours.yaml", "id: ours\ntitle: [\n", 0, "ours.yaml", ""},
        {"ours.yaml", "id: ours\ntitle: ours\noutcomes:\n  leaving: {model: hazard, formula: \"exit ~\"}\n", 4, "ours.yaml", "formula"},
    };
    mlab_context context = mlab_test_context(NULL, 1);
    firm_make(&context);
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        char text[500];
        mlab_findings findings;
        mlab_study *study = NULL;
        mlab_error err = {0};
        bool found = false;
        write_definition(&context, wrong[k].file);
        snprintf(text, sizeof text, "outcomes: {retention: {use: %s}}\n", wrong[k].use);
        firm_write_with(&context, block, text);
        mlab_status status = open_study(&context, &findings, &study, &err);
        ck_assert_msg(status == MLAB_OK, "%s: %s", wrong[k].says, err.sentence);
        for (size_t f = 0; f < findings.n; f++) {
            const mlab_finding *finding = &findings.items[f];
            const mlab_place *place = &finding->occurrences[0].place;
            found = found || (finding->severity == MLAB_SEVERITY_STOP && strstr(place->file, wrong[k].in) &&
                              (!wrong[k].line || place->line == wrong[k].line) && strstr(finding->sentence, wrong[k].says));
        }
        ck_assert_msg(found, "%s (%s): %s at %s:%d", wrong[k].use, wrong[k].says, findings.n ? findings.items[0].sentence : "nothing",
                      findings.n ? findings.items[0].occurrences[0].place.file : "",
                      findings.n ? (int)findings.items[0].occurrences[0].place.line : 0);
        mlab_study_free(study);
        mlab_findings_free(&findings);
    }
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(NULL, 1), failing = mlab_test_context(&memory, 1);
    firm_make(&context);
    firm_write_with(&context, block, "outcomes: {retention: {use: exit_by_cause}, promotion: {use: promotion_by_grad}}\n");
    for (long k = 1;; k++) {
        mlab_findings findings;
        mlab_study *study = NULL;
        memory = (mlab_test_memory){.fail_at = k};
        mlab_status status = open_study(&failing, &findings, &study, NULL);
        mlab_study_free(study);
        mlab_findings_free(&findings);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
}
END_TEST

MLAB_TEST_MAIN("study/definitions", every_definition_names_columns_that_a_panel_has, what_the_study_says_itself_stands,
               wrong_names_and_files_are_found_where_they_stand, any_allocation_may_fail)
