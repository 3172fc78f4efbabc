/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/study_world.h"

static void no_findings(const study_world *w)
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
    study_world w;
    world_load(&w, 0);
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
    world_close(&w);
}
END_TEST

START_TEST(the_order_of_rows_in_the_files_changes_nothing)
{
    put_firm();
    study_world w, v;
    world_load(&w, 0);
    put("people.csv", "site,id,hired,left,exit_reason,grade\nNice,p04,2020-01-01,2022-03-01,dismissed,2\nNice,p02,2018-01-01,,,3\n"
                      "Lyon,p01,2020-03-01,2022-05-10,resign,1\nLyon,p03,2021-07-01,,,1\n");
    put("relationships.csv", "mentor,mentee,start,end,kind\np02,p01,2021-02-15,,structured\np02,p03,2021-09-01,2022-06-30,informal\n");
    world_load(&v, 0);
    ck_assert_int_eq(v.status, MLAB_OK);
    const mlab_panel *a = w.data->panel, *b = v.data->panel;
    ck_assert_uint_eq(a->n_rows, b->n_rows);
    for (size_t i = 0; i < a->n_rows; i++) {
        ck_assert_uint_eq(a->person[i], b->person[i]);
        ck_assert_int_eq(a->start[i], b->start[i]);
        ck_assert_int_eq(a->arm[i], b->arm[i]);
        ck_assert_str_eq(mlab_column_text(mlab_table_find(a->rows, "site"), i), mlab_column_text(mlab_table_find(b->rows, "site"), i));
    }
    world_close(&w);
    world_close(&v);
}
END_TEST

START_TEST(what_happens_after_the_day_of_the_export_has_not_happened)
{
    put_firm();
    put("study.yaml",
        "as_of: 2022-01-31\ndata:\n  people: {file: people.csv}\n  promotions: {file: promotions.csv}\n  surveys: {file: surveys.csv}\n"
        "  relationships: {file: relationships.csv}\nevents: {exit: {voluntary: [resign], involuntary: [dismissed]}}\npanel: {from: 2021-01-01}\n");
    study_world w;
    world_load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s", w.err.sentence);
    ck_assert_int_eq(w.data->as_of, mlab_date_from_civil(2022, 1, 31));
    for (size_t i = 0; i < w.data->panel->n_rows; i++) ck_assert_int_eq(mlab_panel_find_event(w.data->panel, "retention")->what[i], 0);
    ck_assert_int_eq(w.data->relationships[1].end, MLAB_DATE_MISSING);
    ck_assert_ptr_nonnull(strstr(w.data->guesses, "satisfaction is a scale from 1 to 5"));
    world_close(&w);
}
END_TEST

START_TEST(a_population_leaves_people_out_without_calling_them_unknown)
{
    put_firm();
    put("study.yaml",
        "as_of: 2022-12-31\ndata:\n  people: {file: people.csv, population: \"site == 'Lyon'\"}\n  relationships: {file: relationships.csv}\n"
        "events: {exit: {voluntary: [resign], involuntary: [dismissed]}}\npanel: {from: 2021-01-01}\n");
    study_world w;
    world_load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s: %s", w.err.sentence, w.findings.items[0].sentence);
    ck_assert_uint_eq(w.data->panel->n_ids, 2);
    ck_assert_uint_eq(w.data->people->n_rows, 2);
    ck_assert_uint_eq(w.data->n_relationships, 2);
    ck_assert_uint_eq(w.data->relationships[0].mentor, UINT32_MAX);
    ck_assert_str_eq(w.findings.items[0].kind, "outside_population");
    world_close(&w);
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
    study_world w;
    world_load(&w, 0);
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
    world_close(&w);
}
END_TEST

static const char firm_study[] = "data:\n"
                                 "  people: {file: people.csv}\n"
                                 "  promotions: {file: promotions.csv}\n"
                                 "  relationships: {file: relationships.csv}\n"
                                 "events: {exit: {voluntary: [resign], involuntary: [dismissed]}}\n"
                                 "panel: {period: quarter, from: 2021-01-01}\n";

/* 01, 02, 03 are no whole numbers: they were once taken for 1, 2, 3, which no cell holds, and every grade was missing. */
START_TEST(grades_with_leading_zeros_are_labels_that_need_an_order)
{
    put_firm();
    put("people.csv", "id,hired,left,exit_reason,grade,site\np03,2021-07-01,,,01,Lyon\np01,2020-03-01,2022-05-10,resign,01,Lyon\n"
                      "p02,2018-01-01,,,03,Nice\np04,2020-01-01,2022-03-01,dismissed,02,Nice\n");
    put("promotions.csv", "id,date,to\np03,2022-01-10,02\n");
    put("study.yaml", firm_study);
    study_world w;
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    ck_assert_ptr_nonnull(finding_of(&w, "grades_unordered"));
    ck_assert_str_eq(finding_of(&w, "grades_unordered")->remedy, "people: {grade: {from: grade, scale: [01, 02, 03]}}");
    world_close(&w);
    char stated[sizeof firm_study + 100];
    snprintf(stated, sizeof stated, "data:\n  people: {file: people.csv, grade: {from: grade, scale: [01, 02, 03]}}\n%s",
             strstr(firm_study, "  promotions"));
    put("study.yaml", stated);
    world_load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s", w.err.sentence);
    const mlab_column *grade = mlab_table_find(w.data->panel->rows, "grade");
    ck_assert(grade->ordered && grade->n_levels == 3 && !grade->missing);
    ck_assert_str_eq(mlab_column_text(grade, 0), "01");
    world_close(&w);
}
END_TEST

START_TEST(the_planned_end_of_a_relationship_does_not_tell_how_far_the_records_go)
{
    put_firm();
    put("relationships.csv", "mentor,mentee,start,end,kind\np02,p03,2021-09-01,2031-06-30,informal\n");
    put("study.yaml", firm_study);
    study_world w;
    world_load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s", w.err.sentence);
    ck_assert_int_eq(w.data->as_of, mlab_date_from_civil(2022, 5, 10)); /* the last exit */
    ck_assert_int_eq(w.data->relationships[0].end, MLAB_DATE_MISSING);
    world_close(&w);
}
END_TEST

/* A column of the file may not pass for what is worked out for every period: a note, and a decision where the study reads it. */
START_TEST(a_column_with_a_name_of_the_panel_is_left_out_or_renamed)
{
    put_firm();
    put("people.csv", "id,hired,left,exit_reason,grade,tenure\np03,2021-07-01,,,1,70\np01,2020-03-01,2022-05-10,resign,1,71\n"
                      "p02,2018-01-01,,,3,72\np04,2020-01-01,2022-03-01,dismissed,2,73\n");
    put("study.yaml", firm_study);
    study_world w;
    world_load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s", w.err.sentence);
    ck_assert_int_eq(finding_of(&w, "name_taken")->severity, MLAB_SEVERITY_NOTE);
    ck_assert(mlab_table_find(w.data->panel->rows, "tenure")->as.real[0] < 10);
    world_close(&w);
    char used[sizeof firm_study + 200];
    snprintf(used, sizeof used, "%soutcomes: {retention: {formula: \"exit ~ arm + tenure\"}}\n", firm_study);
    put("study.yaml", used);
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    ck_assert_int_eq(finding_of(&w, "name_taken")->severity, MLAB_SEVERITY_DECIDE);
    ck_assert_str_eq(finding_of(&w, "name_taken")->remedy, "columns: {tenure_in_file: {from: \"tenure\"}}");
    world_close(&w);
    snprintf(used, sizeof used,
             "data:\n  columns: {tenure_in_file: {from: \"tenure\"}}\n%soutcomes: {retention: {formula: \"exit ~ arm + tenure\"}}\n",
             strstr(firm_study, "  people"));
    put("study.yaml", used);
    world_load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s", w.err.sentence);
    ck_assert_int_ge(mlab_table_find(w.data->panel->rows, "tenure_in_file")->as.integer[0], 70);
    world_close(&w);
}
END_TEST

START_TEST(a_panel_that_cannot_be_made_is_a_finding_at_its_place)
{
    put_firm();
    put("study.yaml", "as_of: 9000-01-01\ndata:\n  people: {file: people.csv}\n  promotions: {file: promotions.csv}\n"
                      "events: {exit: {voluntary: [resign], involuntary: [dismissed]}}\npanel: {period: month, from: 2021-01-01}\n");
    study_world w;
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    ck_assert_str_eq(finding_of(&w, "no_panel")->sentence, "the panel has over 65536 periods");
    ck_assert_uint_eq(finding_of(&w, "no_panel")->occurrences[0].place.line, 6);
    world_close(&w);
    put("study.yaml", "as_of: 2022-12-31\ndata:\n  people: {file: people.csv}\narms: {structured: {relationships: \"kind == 'a'\"}}\n"
                      "events: {exit: {voluntary: [resign], involuntary: [dismissed]}}\npanel: {period: month, from: 2021-01-01}\n");
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    ck_assert_uint_eq(finding_of(&w, "arms_without_relationships")->occurrences[0].place.line, 4);
    world_close(&w);
}
END_TEST

/* p03 rises to grade 2, then a second time in the same quarter. */
START_TEST(notes_of_the_panel_name_the_file_of_promotions)
{
    put_firm();
    put("promotions.csv", "id,date,to\np03,2022-01-10,2\np03,2022-02-10,3\n");
    put("study.yaml", firm_study);
    study_world w;
    world_load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s", w.err.sentence);
    ck_assert_str_eq(finding_of(&w, "second_promotion")->occurrences[0].place.file, "promotions.csv");
    ck_assert_uint_eq(finding_of(&w, "second_promotion")->occurrences[0].place.line, 3);
    world_close(&w);
}
END_TEST

START_TEST(a_table_of_persons_may_have_a_population)
{
    ck_assert_int_eq(chdir(mlab_test_folder("load")), 0);
    put("people.csv", "days,left,kind\n100,1,Regular\n200,0,Temp\n300,1,Regular\n");
    put("study.yaml", "data: {people: {file: people.csv, population: \"kind == 'Regular'\"}}\n");
    study_world w;
    world_load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s", w.err.sentence);
    ck_assert_uint_eq(w.data->people->n_rows, 2);
    ck_assert_int_eq(mlab_table_find(w.data->people, "days")->as.integer[1], 300);
    ck_assert_str_eq(finding_of(&w, "outside_population")->sentence, "1 of 3 people do not belong to the study's population and are left out");
    world_close(&w);
}
END_TEST

/* p1 was 12 when hired, p2 was hired in 1900 and something, p3 is fine. */
START_TEST(days_of_hire_outside_sense_have_to_be_decided)
{
    for (int k = 0; k < 2; k++) {
        put_firm();
        put("people.csv", "id,hired,birth\np1,2021-03-01,2009-01-01\np2,1935-06-01,1910-01-01\np3,2020-01-01,1980-01-01\n");
        put("study.yaml", k ? "as_of: 2022-12-31\ndata: {people: {file: people.csv, odd_dates: keep}}\npanel: {from: 2021-01-01}\n"
                            : "as_of: 2022-12-31\ndata: {people: {file: people.csv}}\npanel: {from: 2021-01-01}\n");
        study_world w;
        world_load(&w, 0);
        ck_assert_int_eq(w.status, k ? MLAB_OK : MLAB_ERR_DATA_REJECTED);
        ck_assert_int_eq(finding_of(&w, "age_at_hire")->severity, k ? MLAB_SEVERITY_NOTE : MLAB_SEVERITY_DECIDE);
        ck_assert_uint_eq(finding_of(&w, "age_at_hire")->count, 1);
        ck_assert_uint_eq(finding_of(&w, "hired_early")->count, 1);
        world_close(&w);
    }
}
END_TEST

START_TEST(every_failed_allocation_of_loading_is_reported_and_nothing_leaks)
{
    put_firm();
    long calls = 0;
    for (long k = 1;; k += k < 60 ? 1 : 7) {
        study_world w;
        world_load(&w, k);
        bool failed = w.memory.calls >= k;
        if (failed) {
            ck_assert_msg(w.status == MLAB_ERR_MEMORY || w.status == MLAB_OK, "allocation %ld: %s", k, w.err.sentence);
            if (w.status) ck_assert_ptr_null(w.data);
        } else {
            ck_assert_int_eq(w.status, MLAB_OK);
        }
        calls = w.memory.calls;
        world_close(&w);
        if (!failed) break;
    }
    ck_assert_int_gt(calls, 100);
}
END_TEST

MLAB_TEST_MAIN("load", four_people_become_a_panel, the_order_of_rows_in_the_files_changes_nothing,
               what_happens_after_the_day_of_the_export_has_not_happened, a_population_leaves_people_out_without_calling_them_unknown,
               a_table_of_persons_is_read_as_the_study_describes_it, grades_with_leading_zeros_are_labels_that_need_an_order,
               the_planned_end_of_a_relationship_does_not_tell_how_far_the_records_go, a_column_with_a_name_of_the_panel_is_left_out_or_renamed,
               a_panel_that_cannot_be_made_is_a_finding_at_its_place, notes_of_the_panel_name_the_file_of_promotions,
               a_table_of_persons_may_have_a_population, days_of_hire_outside_sense_have_to_be_decided,
               every_failed_allocation_of_loading_is_reported_and_nothing_leaks)
