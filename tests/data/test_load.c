/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/number.h"
#include "core/os.h"
#include "data/settings.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What other rooms own, so that their blocks can stand in the small studies. */
static const mlab_option others[] = {
    {"title", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
    {"outcomes", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
    {"comparison", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
    {"report", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
};

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_findings findings;
    mlab_settings *settings;
    mlab_data *data;
    mlab_error err;
    mlab_status status;
} world;

static void load(world *w, long fail_at)
{
    const mlab_option *tables[] = {mlab_data_options, others};
    const size_t n_rows[] = {mlab_data_n_options, sizeof others / sizeof *others};
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

static void no_findings(const world *w)
{
    for (size_t i = 0; i < w->findings.n; i++)
        ck_assert_msg(w->findings.items[i].severity == MLAB_SEVERITY_NOTE, "%s: %s", w->findings.items[i].kind, w->findings.items[i].sentence);
}

/*  id   hired       left                 grade  site
 *  p01  2020-03-01  2022-05-10 resign      1    Lyon    mentee of p02 from 2021-02-15 on
 *  p02  2018-01-01  -                      3    Nice
 *  p03  2021-07-01  -                      1    Lyon    mentee of p02, promoted 2022-01-10 to 2
 *  p04  2020-01-01  2022-03-01 dismissed   2    Nice
 */
static void put_firm(void)
{
    ck_assert_int_eq(chdir(mlab_test_folder("load")), 0);
    put("people.csv", "id,hired,left,exit_reason,grade,site\np03,2021-07-01,,,1,Lyon\np01,2020-03-01,2022-05-10,resign,1,Lyon\n"
                      "p02,2018-01-01,,,3,Nice\np04,2020-01-01,2022-03-01,dismissed,2,Nice\n");
    put("promotions.csv", "id,date,to\np03,2022-01-10,2\n");
    put("surveys.csv", "id,date,satisfaction\np01,2021-05-01,4\np02,2021-05-01,5\np03,2022-05-01,2\np01,2022-05-01,1\n");
    put("relationships.csv", "mentor,mentee,start,end,kind\np02,p03,2021-09-01,2022-06-30,informal\np02,p01,2021-02-15,,structured\n");
    put("study.yaml", "as_of: 2022-12-31\n"
                      "data:\n"
                      "  people: {file: people.csv}\n"
                      "  promotions: {file: promotions.csv}\n"
                      "  surveys: {file: surveys.csv, scale: [1, 2, 3, 4, 5]}\n"
                      "  relationships: {file: relationships.csv}\n"
                      "events: {exit: {voluntary: [resign], involuntary: [dismissed]}}\n"
                      "panel: {period: quarter, from: 2021-01-01, to: 2022-12-31}\n");
}

START_TEST(four_people_become_a_panel)
{
    put_firm();
    world w;
    load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s (%s)", w.err.sentence, w.findings.n ? w.findings.items[0].sentence : "");
    no_findings(&w);
    const mlab_panel *panel = w.data->panel;
    ck_assert_ptr_nonnull(panel);
    ck_assert(!w.data->person_level);
    ck_assert_uint_eq(panel->n_ids, 4);
    ck_assert_str_eq(panel->ids[0], "p01");
    ck_assert_int_eq(panel->n_arms, 3);
    ck_assert_str_eq(panel->arms[0], "none");
    ck_assert_uint_eq(w.data->n_relationships, 2);
    ck_assert_uint_eq(w.data->relationships[0].mentee, 0);
    ck_assert_uint_eq(w.data->relationships[0].line, 3);
    ck_assert_uint_eq(w.data->n_inputs, 4);
    ck_assert_str_eq(w.data->inputs[3].role, "relationships");
    ck_assert_uint_eq(w.data->inputs[2].rows, 4);
    ck_assert_ptr_nonnull(mlab_panel_find_event(panel, "promotion"));
    ck_assert_int_eq(mlab_panel_find_event(panel, "retention")->n_causes, 2);
    ck_assert_int_eq(mlab_table_find(w.data->surveys, "satisfaction")->n_levels, 5);
    size_t exits = 0, promotions = 0;
    for (size_t i = 0; i < panel->n_rows; i++) {
        exits += mlab_panel_find_event(panel, "retention")->what[i] != 0;
        promotions += mlab_panel_find_event(panel, "promotion")->what[i] != 0;
    }
    ck_assert_uint_eq(exits, 2);
    ck_assert_uint_eq(promotions, 1);
    close_world(&w);
}
END_TEST

START_TEST(the_order_of_rows_in_the_files_changes_nothing)
{
    put_firm();
    world w, v;
    load(&w, 0);
    put("people.csv", "site,id,hired,left,exit_reason,grade\nNice,p04,2020-01-01,2022-03-01,dismissed,2\nNice,p02,2018-01-01,,,3\n"
                      "Lyon,p01,2020-03-01,2022-05-10,resign,1\nLyon,p03,2021-07-01,,,1\n");
    put("relationships.csv", "mentor,mentee,start,end,kind\np02,p01,2021-02-15,,structured\np02,p03,2021-09-01,2022-06-30,informal\n");
    load(&v, 0);
    ck_assert_int_eq(v.status, MLAB_OK);
    const mlab_panel *a = w.data->panel, *b = v.data->panel;
    ck_assert_uint_eq(a->n_rows, b->n_rows);
    for (size_t i = 0; i < a->n_rows; i++) {
        ck_assert_uint_eq(a->person[i], b->person[i]);
        ck_assert_int_eq(a->start[i], b->start[i]);
        ck_assert_int_eq(a->arm[i], b->arm[i]);
        ck_assert_str_eq(mlab_column_text(mlab_table_find(a->rows, "site"), i), mlab_column_text(mlab_table_find(b->rows, "site"), i));
    }
    close_world(&w);
    close_world(&v);
}
END_TEST

START_TEST(what_happens_after_the_day_of_the_export_has_not_happened)
{
    put_firm();
    put("study.yaml",
        "as_of: 2022-01-31\ndata:\n  people: {file: people.csv}\n  promotions: {file: promotions.csv}\n  surveys: {file: surveys.csv}\n"
        "  relationships: {file: relationships.csv}\nevents: {exit: {voluntary: [resign], involuntary: [dismissed]}}\npanel: {from: 2021-01-01}\n");
    world w;
    load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s", w.err.sentence);
    ck_assert_int_eq(w.data->as_of, mlab_date_from_civil(2022, 1, 31));
    for (size_t i = 0; i < w.data->panel->n_rows; i++) ck_assert_int_eq(mlab_panel_find_event(w.data->panel, "retention")->what[i], 0);
    ck_assert_int_eq(w.data->relationships[1].end, MLAB_DATE_MISSING);
    ck_assert_ptr_nonnull(strstr(w.data->guesses, "satisfaction is a scale from 1 to 5"));
    close_world(&w);
}
END_TEST

START_TEST(a_population_leaves_people_out_without_calling_them_unknown)
{
    put_firm();
    put("study.yaml",
        "as_of: 2022-12-31\ndata:\n  people: {file: people.csv, population: \"site == 'Lyon'\"}\n  relationships: {file: relationships.csv}\n"
        "events: {exit: {voluntary: [resign], involuntary: [dismissed]}}\npanel: {from: 2021-01-01}\n");
    world w;
    load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s: %s", w.err.sentence, w.findings.items[0].sentence);
    ck_assert_uint_eq(w.data->panel->n_ids, 2);
    ck_assert_uint_eq(w.data->people->n_rows, 2);
    ck_assert_uint_eq(w.data->n_relationships, 2);
    ck_assert_uint_eq(w.data->relationships[0].mentor, UINT32_MAX);
    ck_assert_str_eq(w.findings.items[0].kind, "outside_population");
    close_world(&w);
}
END_TEST

START_TEST(a_table_of_persons_is_read_as_the_study_describes_it)
{
    ck_assert_int_eq(chdir(mlab_test_folder("load")), 0);
    put("turnover.csv", "stag,event,coach,age,industry\n1,1,my head,30,IT\n2.5,0,no,40, HoReCa\n12,1,yes,50,IT\n1,1,my head,30,IT\n");
    put("study.yaml", "title: t\ndata:\n  people: {file: turnover.csv, encoding: utf-8, trim: true, duplicates: keep}\n  sampling: web\n  columns:\n"
                      "    tenure: {from: stag, type: duration, unit: months}\n    left: {from: event, type: event}\n"
                      "    arm: {from: coach, type: arm, exposure: baseline, levels: {\"no\": none, \"my head\": own boss, \"yes\": coach}}\n"
                      "    age: {type: number}\noutcomes: {retention: {formula: \"event(tenure, left) ~ arm + industry\"}}\n");
    world w;
    load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s", w.err.sentence);
    no_findings(&w);
    ck_assert(w.data->person_level);
    ck_assert_ptr_null(w.data->panel);
    ck_assert_str_eq(w.data->arm_column, "arm");
    ck_assert_str_eq(w.data->arm_exposure, "baseline");
    ck_assert(mlab_table_find(w.data->people, "tenure")->as.real[2] == 365);
    ck_assert_int_eq(mlab_table_find(w.data->people, "left")->as.integer[1], 0);
    ck_assert_str_eq(mlab_column_text(mlab_table_find(w.data->people, "arm"), 0), "own boss");
    ck_assert_str_eq(mlab_column_text(mlab_table_find(w.data->people, "industry"), 1), "HoReCa");
    ck_assert_ptr_nonnull(
        strstr(w.data->guesses, "turnover.csv, column \"industry\": read as labels; to pin it: columns: {industry: {type: factor}}"));
    close_world(&w);
}
END_TEST

START_TEST(every_failed_allocation_of_loading_is_reported_and_nothing_leaks)
{
    put_firm();
    long calls = 0;
    for (long k = 1;; k += k < 60 ? 1 : 7) {
        world w;
        load(&w, k);
        bool failed = w.memory.calls >= k;
        if (failed) {
            ck_assert_msg(w.status == MLAB_ERR_MEMORY || w.status == MLAB_OK, "allocation %ld: %s", k, w.err.sentence);
            if (w.status) ck_assert_ptr_null(w.data);
        } else {
            ck_assert_int_eq(w.status, MLAB_OK);
        }
        calls = w.memory.calls;
        close_world(&w);
        if (!failed) break;
    }
    ck_assert_int_gt(calls, 100);
}
END_TEST

MLAB_TEST_MAIN("load", four_people_become_a_panel, the_order_of_rows_in_the_files_changes_nothing,
               what_happens_after_the_day_of_the_export_has_not_happened, a_population_leaves_people_out_without_calling_them_unknown,
               a_table_of_persons_is_read_as_the_study_describes_it, every_failed_allocation_of_loading_is_reported_and_nothing_leaks)
