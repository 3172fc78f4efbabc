/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Promotions that are found by rule and reason, and reasons that nobody listed. */
#include "data/history_world.h"

/*  p1  1 -> 2 Data Change   a promotion by the rule
 *  p2  1 -> 2 RECLASS       none, by its reason
 *  p3  2 -> 2 PROMOTION     one, by its reason
 *  p4  2 -> 1               a step down: none; the clock of the grade runs on
 */
START_TEST(promotions_are_found_by_rule_and_reason)
{
    study_world w;
    study("history: {file: jobs.csv}",
          "events: {promotion: {when: \"grade > previous\", or_reason: [PROMOTION], not_reason: [RECLASS]}, other: [DTA]}\n");
    put("people.csv", "id\np1\np2\np3\np4\np5\n");
    put("jobs.csv", "id,from,reason,grade\np1,2020-01-01,HIRE,1\np2,2020-01-01,HIRE,1\np3,2020-01-01,HIRE,2\np4,2020-01-01,HIRE,2\n"
                    "p5,2020-01-01,HIRE,3\np1,2021-02-01,DTA,2\np2,2021-02-01,RECLASS,2\np3,2021-02-01,PROMOTION,2\np4,2021-02-01,DTA,1\n");
    world_load(&w, 0);
    char *text = panel_of(&w);
    const mlab_panel_event *promotion = mlab_panel_find_event(w.data->panel, "promotion");
    static const uint8_t promoted[] = {1, 0, 1, 0, 0};
    for (size_t p = 0; p < 5; p++) ck_assert_msg(promotion->what[4 * p] == promoted[p], "p%d", (int)p + 1);
    ck_assert_int_eq(column(&w, "grade")->as.integer[5], 2);
    ck_assert_int_eq(column(&w, "grade")->as.integer[13], 1);
    ck_near(column(&w, "time_in_grade")->as.real[5], 456 / 365.25, 1e-12, 0);
    ck_assert_ptr_null(mlab_panel_find_event(w.data->panel, "exit"));
    mlab_release(&w.context, text);
    world_close(&w);
}
END_TEST

START_TEST(grades_on_a_scale_and_other_states_can_stand_in_the_rule)
{
    study_world w;
    ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
    put("people.csv", "id\np1\np2\n");
    put("jobs.csv", "id,from,reason,grade,site\np1,2020-01-01,HIRE,junior,A\np2,2020-01-01,HIRE,junior,A\np1,2021-02-01,X,senior,A\n"
                    "p2,2021-02-01,X,senior,B\n");
    put("study.yaml", "as_of: 2021-12-31\ndata:\n  people: {file: people.csv, grade: {scale: [junior, senior, chief]}}\n  history: {file: jobs.csv}\n"
                      "events: {promotion: {when: \"grade > previous and site == previous_site\"}, other: [X]}\npanel: {from: 2021-01-01}\n");
    world_load(&w, 0);
    char *text = panel_of(&w);
    const mlab_panel_event *promotion = mlab_panel_find_event(w.data->panel, "promotion");
    ck_assert_int_eq(promotion->what[0], 1);
    ck_assert_int_eq(promotion->what[4], 0);
    ck_assert_str_eq(mlab_column_text(column(&w, "grade"), 5), "senior");
    mlab_release(&w.context, text);
    world_close(&w);
}
END_TEST

/* Thirty of sixty people rise on one day: a regrading, or a yearly round? It has to be said. */
START_TEST(many_promotions_on_one_day_have_to_be_explained)
{
    static const char *const rules[] = {"", "at_once: keep", "at_once: drop 5%", "at_once: warn 5%", "not_reason: [REGRADE]", "at_once: often"};
    static char people[2000], jobs[8000];
    size_t n = (size_t)snprintf(people, sizeof people, "id\n"), m = (size_t)snprintf(jobs, sizeof jobs, "id,from,reason,grade\n");
    for (int i = 0; i < 60; i++) {
        n += (size_t)snprintf(people + n, sizeof people - n, "p%02d\n", i);
        m += (size_t)snprintf(jobs + m, sizeof jobs - m, "p%02d,2020-01-01,HIRE,1\n", i);
        if (i < 30) m += (size_t)snprintf(jobs + m, sizeof jobs - m, "p%02d,2021-02-01,REGRADE,2\n", i);
    }
    snprintf(jobs + m, sizeof jobs - m, "p59,2021-02-01,REGRADE,3\n");
    for (int k = 0; k < 6; k++) {
        study_world w;
        char events[300];
        size_t promoted = 0;
        snprintf(events, sizeof events, "events: {promotion: {%s}, other: [REGRADE]}\n", rules[k]);
        study("history: {file: jobs.csv}", *rules[k] ? events : "events: {other: [REGRADE]}\n");
        put("people.csv", people);
        put("jobs.csv", jobs);
        world_load(&w, 0);
        ck_assert_msg(w.status == (k == 0 || k == 5 ? MLAB_ERR_DATA_REJECTED : MLAB_OK), "%d: %s", k, told(&w));
        for (size_t i = 0; w.data && i < w.data->panel->n_rows; i++) promoted += mlab_panel_find_event(w.data->panel, "promotion")->what[i];
        ck_assert_uint_eq(promoted, k == 1 || k == 3 ? 31 : 0);
        if (k == 0) {
            ck_assert_str_eq(finding_of(&w, "many_at_once")->sentence,
                             "31 promotions on 2021-02-01, 52 % of the people there: a regrading, or a yearly round?");
            ck_assert_uint_eq(finding_of(&w, "many_at_once")->count, 31);
        }
        world_close(&w);
    }
}
END_TEST

START_TEST(a_reason_that_is_not_listed_is_found_with_its_count)
{
    study_world w;
    study("history: {file: jobs.csv}", "events: {exit: {voluntary: [Quit]}}\n");
    put("people.csv", "id\np1\np2\n");
    put("jobs.csv", "id,from,reason,grade\np1,2020-01-01,Hire,1\np1,2021-02-01,Pay Change,2\np1,2021-03-01,Pay Change,2\np1,2021-05-01,Layoff,2\n"
                    "p2,2020-01-01,Hire,2\n");
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    const mlab_finding *layoff = finding_of(&w, "exit_not_listed"), *change = finding_of(&w, "reason_not_listed");
    ck_assert_str_eq(layoff->sentence, "the reason 'Layoff' is not listed; it sounds like an exit");
    ck_assert_str_eq(layoff->remedy, "events: {exit: {involuntary: [..., \"Layoff\"]}}      (or voluntary, or end_of_study)");
    ck_assert_int_eq(change->severity, MLAB_SEVERITY_NOTE);
    ck_assert_uint_eq(change->count, 2);
    ck_assert_str_eq(change->remedy, "events: {other: [..., \"Pay Change\"]}");
    world_close(&w);
}
END_TEST

MLAB_TEST_MAIN("promotion_rules", promotions_are_found_by_rule_and_reason, grades_on_a_scale_and_other_states_can_stand_in_the_rule,
               many_promotions_on_one_day_have_to_be_explained, a_reason_that_is_not_listed_is_found_with_its_count)
