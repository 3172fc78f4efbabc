/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/support.h"

#include "compare/options.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "data/settings.h"
#include "fit/options.h"
#include "forecast/options.h"
#include "match/options.h"
#include "simulate/options.h"
#include "simulate/truth.h"
#include "study/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void ok(mlab_status status, const mlab_error *err)
{
    ck_assert_msg(status == MLAB_OK, "%d: %s", (int)status, err->sentence);
}

static mlab_truth *bundled_truth(const mlab_context *context)
{
    mlab_truth *truth;
    mlab_error err;
    mlab_findings findings;
    mlab_findings_start(&findings, context);
    ok(mlab_truth_read(context, mlab_test_path("../datasets/simulated-firm/truth.yaml"), &findings, &truth, &err), &err);
    ck_assert_uint_eq(findings.n, 0);
    mlab_findings_free(&findings);
    return truth;
}

/* Reads the files of a folder by the bundled study. */
static mlab_data *load(const mlab_context *context, const char *folder)
{
    char *text, *path = mlab_os_join(context, folder, "study.yaml");
    size_t n;
    mlab_error err;
    mlab_settings *settings;
    mlab_data *data;
    mlab_findings findings;
    const mlab_option *tables[] = {mlab_data_options,         mlab_fit_option_rows,      mlab_compare_option_rows, mlab_match_option_rows,
                                   mlab_simulate_option_rows, mlab_forecast_option_rows, mlab_study_option_rows};
    const size_t rows[] = {mlab_data_n_options,         mlab_fit_n_option_rows,      mlab_compare_n_option_rows, mlab_match_n_option_rows,
                           mlab_simulate_n_option_rows, mlab_forecast_n_option_rows, mlab_study_n_option_rows};
    ok(mlab_os_read_file(context, mlab_test_path("../datasets/simulated-firm/study.yaml"), &text, &n, &err), &err);
    ok(mlab_os_write_file(context, path, text, n, false, &err), &err);
    mlab_findings_start(&findings, context);
    ok(mlab_settings_read(context, path, tables, rows, 7, &findings, &settings, &err), &err);
    for (size_t k = 0; k < findings.n; k++) ck_abort_msg("finding: %s", findings.items[k].sentence);
    ok(mlab_data_load(context, settings, &findings, &data, &err), &err);
    ck_assert_uint_eq(mlab_findings_count(&findings, MLAB_SEVERITY_STOP) + mlab_findings_count(&findings, MLAB_SEVERITY_DECIDE), 0);
    mlab_findings_free(&findings);
    mlab_settings_free(settings);
    mlab_release(context, path);
    mlab_release(context, text);
    return data;
}

static void same_column(const mlab_column *a, const mlab_column *b, size_t n, const char *where)
{
    ck_assert_msg(a->type == b->type, "%s %s has type %d, read back it has %d", where, a->name, (int)a->type, (int)b->type);
    ck_assert_int_eq(a->n_levels, b->n_levels);
    for (int32_t l = 0; l < a->n_levels; l++) ck_assert_str_eq(a->levels[l], b->levels[l]);
    for (size_t i = 0; i < n; i++) {
        bool missing = a->missing && a->missing[i];
        ck_assert_msg(missing == (b->missing && b->missing[i]), "%s %s row %zu", where, a->name, i);
        if (missing) continue;
        if (a->type == MLAB_COLUMN_TEXT)
            ck_assert_str_eq(mlab_column_text(a, i), mlab_column_text(b, i));
        else if (a->type == MLAB_COLUMN_REAL)
            ck_assert_msg(a->as.real[i] == b->as.real[i], "%s %s row %zu", where, a->name, i);
        else
            ck_assert_msg(a->as.integer[i] == b->as.integer[i], "%s %s row %zu: %d and %d", where, a->name, i, a->as.integer[i], b->as.integer[i]);
    }
}

static void same_table(const mlab_table *a, const mlab_table *b, const char *where)
{
    ck_assert_uint_eq(a->n_rows, b->n_rows);
    ck_assert_uint_eq(a->n_columns, b->n_columns);
    for (size_t c = 0; c < a->n_columns; c++) { /* the study names some columns first */
        const mlab_column *other = mlab_table_find(b, a->columns[c].name);
        ck_assert_msg(other != NULL, "%s has no %s; first %s", where, a->columns[c].name, b->columns[0].name);
        same_column(&a->columns[c], other, a->n_rows, where);
    }
}

START_TEST(the_firm_in_memory_is_what_reading_its_files_back_gives)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    mlab_truth *truth = bundled_truth(&context);
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("generate"));
    mlab_data *made, *read;
    truth->replicates = 2;
    ok(mlab_generate(&context, truth, 17, 300, folder, &err), &err);
    ok(mlab_generate_data(&context, truth, 17, 300, &made, &err), &err);
    read = load(&context, folder);
    const mlab_panel *a = made->panel, *b = read->panel;
    ck_assert_uint_eq(a->n_rows, b->n_rows);
    ck_assert_uint_eq(a->n_ids, b->n_ids);
    for (size_t i = 0; i < a->n_ids; i++) ck_assert_str_eq(a->ids[i], b->ids[i]);
    ck_assert_mem_eq(a->person, b->person, a->n_rows * sizeof *a->person);
    ck_assert_mem_eq(a->start, b->start, a->n_rows * sizeof *a->start);
    ck_assert_mem_eq(a->stop, b->stop, a->n_rows * sizeof *a->stop);
    ck_assert_mem_eq(a->arm, b->arm, a->n_rows * sizeof *a->arm);
    ck_assert_mem_eq(a->since, b->since, a->n_rows * sizeof *a->since);
    ck_assert_int_eq(a->n_arms, b->n_arms);
    for (int32_t k = 0; k < a->n_arms; k++) ck_assert_str_eq(a->arms[k], b->arms[k]);
    ck_assert_uint_eq(a->n_events, b->n_events);
    for (size_t e = 0; e < a->n_events; e++) {
        const mlab_panel_event *x = &a->events[e], *y = &b->events[e];
        ck_assert_str_eq(x->name, y->name);
        for (int32_t c = 0; c < x->n_causes; c++) ck_assert_str_eq(x->causes[c], y->causes[c]);
        ck_assert_mem_eq(x->what, y->what, a->n_rows);
        ck_assert_mem_eq(x->at_risk, y->at_risk, a->n_rows);
        ck_assert_mem_eq(x->share, y->share, a->n_rows * sizeof *x->share);
        ck_assert_mem_eq(x->day, y->day, a->n_rows * sizeof *x->day);
    }
    same_table(a->rows, b->rows, "panel");
    same_table(made->people, read->people, "people");
    same_table(made->promotions, read->promotions, "promotions");
    same_table(made->surveys, read->surveys, "surveys");
    ck_assert_uint_eq(made->n_relationships, read->n_relationships);
    for (size_t r = 0; r < made->n_relationships; r++) {
        const mlab_relationship *x = &made->relationships[r], *y = &read->relationships[r];
        ck_assert(x->mentor == y->mentor && x->mentee == y->mentee && x->start == y->start && x->end == y->end && x->kind == y->kind &&
                  x->prevalent == y->prevalent);
    }
    ck_assert_int_eq(made->as_of, read->as_of);
    mlab_data_free(made);
    mlab_data_free(read);
    mlab_truth_free(truth);
}
END_TEST

START_TEST(the_bundled_truth_is_the_default_truth)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    mlab_truth *bundled = bundled_truth(&context), *defaults;
    ok(mlab_truth_default(&context, &defaults, &err), &err);
    for (size_t k = 0; k < mlab_truth_n_options; k++) {
        const mlab_option *row = &mlab_truth_options[k];
        size_t size = row->type == MLAB_OPTION_DATE ? sizeof(int32_t) : row->type == MLAB_OPTION_FLAG ? sizeof(bool) : sizeof(double);
        if (row->marks & MLAB_OPTION_NO_STRUCT) continue;
        ck_assert_msg(!memcmp((char *)bundled + row->offset, (char *)defaults + row->offset, size), "%s differs", row->key);
    }
    mlab_truth_free(bundled);
    mlab_truth_free(defaults);
}
END_TEST

START_TEST(the_bundled_files_are_what_the_bundled_truth_makes)
{
    static const char *const names[] = {"people.csv", "promotions.csv", "surveys.csv", "relationships.csv", "truth.csv"};
    mlab_context context = mlab_test_context(NULL, 2);
    mlab_error err;
    mlab_truth *truth = bundled_truth(&context);
    char folder[4096], bundled[4200];
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("bundled"));
    ok(mlab_generate(&context, truth, (uint64_t)truth->seed, 0, folder, &err), &err);
    for (size_t f = 0; f < sizeof names / sizeof *names; f++) {
        char *made_path = mlab_os_join(&context, folder, names[f]), *made, *kept;
        size_t n_made, n_kept;
        snprintf(bundled, sizeof bundled, "%s/%s", mlab_test_path("../datasets/simulated-firm"), names[f]);
        ok(mlab_os_read_file(&context, made_path, &made, &n_made, &err), &err);
        ok(mlab_os_read_file(&context, bundled, &kept, &n_kept, &err), &err);
        ck_assert_msg(n_made == n_kept && !memcmp(made, kept, n_made), "%s is no longer what the truth makes; generate it again", names[f]);
        mlab_release(&context, made);
        mlab_release(&context, kept);
        mlab_release(&context, made_path);
    }
    mlab_truth_free(truth);
}
END_TEST

/* 12 firms of 400 people: the mean over firms of each estimated arm effect lies within 4.5 of its standard errors around the truth. */
START_TEST(fits_find_the_stated_effects)
{
    static char promotion[] = "promotion", retention[] = "retention", hazard[] = "hazard";
    static char promoted_formula[] = "promoted ~ arm + time_in_grade + entry_grade + gender + department + performance";
    static char exit_formula[] = "exit ~ arm + tenure + entry_grade + gender + department + performance";
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    mlab_truth *truth = bundled_truth(&context);
    mlab_true_value *values;
    size_t n;
    double sum[80] = {0}, variance[80] = {0};
    ok(mlab_true_values(&context, truth, 0, NULL, 0, &values, &n, &err), &err);
    ck_assert_uint_le(n, 80);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        mlab_data *data;
        ok(mlab_generate_data(&context, truth, seed, 400, &data, &err), &err);
        for (int o = 0; o < 2; o++) {
            mlab_outcome outcome = {.name = o ? retention : promotion,
                                    .kind = MLAB_OUTCOME_EVENT,
                                    .better = 1,
                                    .model = hazard,
                                    .formula = o ? exit_formula : promoted_formula};
            mlab_fit_options options = mlab_fit_defaults();
            mlab_fit *fit;
            ok(mlab_fit_outcome(&context, data, &outcome, &options, &fit, &err), &err);
            for (size_t j = 0; j < fit->n_parameters; j++)
                for (size_t k = 0; k < n; k++) {
                    if (strcmp(values[k].outcome, outcome.name) || strcmp(values[k].name, fit->names[j])) continue;
                    double se = mlab_fit_standard_error(fit, j);
                    sum[k] += fit->estimate[j] - values[k].value;
                    variance[k] += se * se;
                }
            mlab_fit_free(fit);
        }
        mlab_data_free(data);
    }
    size_t judged = 0;
    for (size_t k = 0; k < n; k++) {
        if (variance[k] == 0) continue;
        judged++;
        ck_assert_msg(fabs(sum[k]) < 4.5 * sqrt(variance[k]), "%s %s: z = %g", values[k].outcome, values[k].name, sum[k] / sqrt(variance[k]));
    }
    ck_assert_uint_eq(judged, 33);
    mlab_true_values_free(&context, values);
    mlab_truth_free(truth);
}
END_TEST

START_TEST(a_truth_with_a_slip_is_answered_at_its_place)
{
    static const char *const texts[] = {"people: many\n", "voluntary: {structurd: 1}\n", "satisfaction: {thresholds: {first: 3}}\n"};
    static const mlab_status expected[] = {MLAB_ERR_DATA_REJECTED, MLAB_ERR_DATA_REJECTED, MLAB_ERR_SIMULATE_PARAMETER};
    mlab_context context = mlab_test_context(NULL, 1);
    char path[4200];
    snprintf(path, sizeof path, "%s/truth.yaml", mlab_test_folder("slip"));
    for (int k = 0; k < 3; k++) {
        mlab_error err = {0};
        mlab_findings findings;
        mlab_truth *truth;
        mlab_findings_start(&findings, &context);
        ok(mlab_os_write_file(&context, path, texts[k], strlen(texts[k]), false, &err), &err);
        ck_assert_int_eq(mlab_truth_read(&context, path, &findings, &truth, &err), expected[k]);
        ck_assert_ptr_null(truth);
        if (k < 2) ck_assert_uint_eq(findings.items[0].occurrences[0].place.line, 1);
        mlab_findings_free(&findings);
    }
}
END_TEST

START_TEST(every_failed_allocation_of_a_firm_in_memory_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    mlab_context plain = mlab_test_context(NULL, 1), context = mlab_test_context(&memory, 1);
    mlab_truth *truth = bundled_truth(&plain);
    truth->periods = 4;
    for (long k = 1;; k++) {
        mlab_error err = {0};
        mlab_data *data = NULL;
        memory.calls = 0;
        memory.fail_at = k;
        mlab_status status = mlab_generate_data(&context, truth, 3, 40, &data, &err);
        bool through = memory.calls < k;
        mlab_data_free(data);
        ck_assert_msg(memory.live == 0, "allocation %ld: %ld blocks left", k, memory.live);
        if (through) {
            ck_assert_int_eq(status, MLAB_OK);
            ck_assert_int_gt(k, 100);
            break;
        }
        ck_assert_msg(status == MLAB_ERR_MEMORY, "allocation %ld: %d %s", k, (int)status, err.sentence);
    }
    mlab_truth_free(truth);
}
END_TEST

MLAB_TEST_MAIN("generate_data", the_firm_in_memory_is_what_reading_its_files_back_gives, the_bundled_truth_is_the_default_truth,
               the_bundled_files_are_what_the_bundled_truth_makes, fits_find_the_stated_effects, a_truth_with_a_slip_is_answered_at_its_place,
               every_failed_allocation_of_a_firm_in_memory_is_reported_and_nothing_leaks)
