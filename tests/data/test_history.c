/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effective-dated rows become stays, leaves and states. */
#include "data/history_world.h"

/*  p1  2020-03-01 Hire  grade 1, site A
 *      2021-02-10 #1 Data Change grade 9, #2 Data Change grade 2     the last row of a day wins: from 1 to 2
 *      2021-05-01 Transfer site B, grade 2
 *      2021-08-15 Quit                                               the last day there
 *  p2  2021-04-01 Hire  grade 2; 2022-05-01 grade 3                  a row of the future is not used
 */
START_TEST(rows_that_hold_from_a_day_on_become_stays_and_states)
{
    study_world w;
    study("history: {file: jobs.csv, from: Effective Date, order: Seq, reason: Reason, state: [grade, site]}", exits);
    put("people.csv", "id,gender\np2,m\np1,f\n");
    put("jobs.csv", "id,Effective Date,Seq,Reason,grade,site\np1,2021-08-15,0,Quit,2,B\np1,2021-02-10,2,Data Change,2,A\n"
                    "p1,2021-02-10,1,Data Change,9,A\np1,2020-03-01,0,Hire,1,A\np1,2021-05-01,0,Transfer,2,B\np2,2021-04-01,0,Hire,2,B\n"
                    "p2,2022-05-01,0,Data Change,3,B\n");
    world_load(&w, 0);
    char *text = panel_of(&w);
    const mlab_panel *panel = w.data->panel;
    const mlab_panel_event *promotion = mlab_panel_find_event(panel, "promotion"), *gone = mlab_panel_find_event(panel, "exit");
    ck_assert_uint_eq(panel->n_rows, 3 + 3);
    ck_assert_int_eq(promotion->day[0], day("2021-02-10"));
    ck_assert_int_eq(column(&w, "grade")->as.integer[1], 2);
    ck_assert_str_eq(mlab_column_text(column(&w, "site"), 1), "A");
    ck_assert_str_eq(mlab_column_text(column(&w, "site"), 2), "B");
    ck_assert_int_eq(gone->what[2], 1);
    ck_assert_int_eq(gone->day[2], day("2021-08-15"));
    ck_near(column(&w, "tenure")->as.real[0], 306 / 365.25, 1e-12, 0);
    ck_near(column(&w, "tenure")->as.real[3], 0, 0, 0);
    ck_assert_int_eq(promotion->what[4] | promotion->what[5], 0);
    ck_assert_uint_eq(finding_of(&w, "later_rows")->count, 1);
    ck_assert_ptr_nonnull(
        strstr(w.data->guesses, "the day of an exit is the last day there, the usual reading; to pin it: history: {exit_day: last_day}"));
    ck_assert_ptr_nonnull(strstr(w.data->guesses, "who comes, and comes back, by the reasons 'Hire'"));
    mlab_release(&w.context, text);
    world_close(&w);
}
END_TEST

/* The same without a people file: the people are those of the history. */
START_TEST(a_job_history_alone_is_a_study)
{
    study_world w;
    ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
    put("jobs.csv", "Worker,from,reason,grade\nAnn (007),2020-03-01,Hire,1\nAnn (007),2021-08-15,Quit,1\nBob (008),2021-04-01,Hire,2\n");
    put("study.yaml", "as_of: 2021-12-31\ndata:\n  history: {file: jobs.csv, id: {from: Worker, take: '\\((\\d+)\\)'}}\n"
                      "events: {exit: {voluntary: [Quit]}}\npanel: {from: 2021-01-01}\n");
    world_load(&w, 0);
    char *text = panel_of(&w);
    ck_assert_uint_eq(w.data->panel->n_people, 2);
    ck_assert_str_eq(w.data->panel->ids[0], "007");
    ck_assert_uint_eq(w.data->panel->n_rows, 3 + 3);
    ck_assert_ptr_nonnull(strstr(w.data->guesses, "states that change in time: grade; to pin it: history: {state: [...]}"));
    mlab_release(&w.context, text);
    world_close(&w);
}
END_TEST

/*  p1 |----------Q 03-31   H 07-01----|     comes back on 1 July
 *  a new stay: tenure from 0; with same_person the days of the first stay count                     */
START_TEST(a_return_is_a_new_stay_with_or_without_the_earlier_service)
{
    for (int same = 0; same < 2; same++) {
        study_world w;
        study(same ? "history: {file: jobs.csv, rehire: same_person}" : "history: {file: jobs.csv}", exits);
        put("people.csv", "id\np1\n");
        put("jobs.csv", "id,from,reason,grade\np1,2020-01-01,Hire,1\np1,2021-03-31,Quit,1\np1,2021-05-02,Data Change,1\np1,2021-07-01,Rehire,1\n");
        world_load(&w, 0);
        char *text = panel_of(&w);
        const mlab_panel *panel = w.data->panel;
        ck_assert_uint_eq(panel->n_rows, 1 + 2);
        ck_assert_uint_eq(panel->spell[1], 1);
        ck_assert_int_eq(panel->since[1], 0);
        ck_assert_int_eq(mlab_panel_find_event(panel, "exit")->what[0], 1);
        ck_near(column(&w, "tenure")->as.real[1], same ? 456 / 365.25 : 0, 1e-12, 0);
        ck_assert_uint_eq(finding_of(&w, "rows_after_exit")->count, 1); /* the change of data in May brings nobody back */
        mlab_release(&w.context, text);
        world_close(&w);
    }
}
END_TEST

/* The day of a row that ends a stay: stated; as in the people file; the first of a month for most. */
START_TEST(the_last_day_is_stated_or_found_and_always_said)
{
    static const struct {
        const char *history, *people, *quit, *guess;
        const char *left;
    } cases[] = {
        {"history: {file: jobs.csv, exit_day: first_day_gone}", "id\np1\np2\n", "2021-05-05", NULL, "2021-05-04"},
        {"history: {file: jobs.csv}", "id,left\np1,2021-05-04\np2,\n", "2021-05-05", "the first day gone, as in the people file", "2021-05-04"},
        {"history: {file: jobs.csv}", "id,left\np1,2021-05-05\np2,\n", "2021-05-05", "the last day there, as in the people file", "2021-05-05"},
        {"history: {file: jobs.csv}", "id\np1\np2\n", "2021-06-01", "the first day gone, as most of them are the first of a month", "2021-05-31"},
        {"history: {file: jobs.csv}", "id\np1\np2\n", "2021-05-05", "the last day there, the usual reading", "2021-05-05"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        study_world w;
        char jobs[300];
        study(cases[k].history, exits);
        put("people.csv", cases[k].people);
        snprintf(jobs, sizeof jobs, "id,from,reason,grade\np1,2020-01-01,Hire,1\np1,%s,Quit,1\np2,2020-01-01,Hire,2\n", cases[k].quit);
        put("jobs.csv", jobs);
        world_load(&w, 0);
        char *text = panel_of(&w);
        ck_assert_int_eq(mlab_panel_find_event(w.data->panel, "exit")->day[1], day(cases[k].left));
        if (cases[k].guess)
            ck_assert_msg(strstr(w.data->guesses, cases[k].guess), "%s", w.data->guesses);
        else
            ck_assert_ptr_null(strstr(w.data->guesses, "day of an exit"));
        mlab_release(&w.context, text);
        world_close(&w);
    }
}
END_TEST

/*          Q1            Q2            Q3
 *  p1  |----LLLLLLLL|LLLLLLLLLLLLL|LLL----------|    on leave from 10 February to 14 July; quits in November
 *  p2  |------------|--LLLL X                        quits while on leave                                   */
START_TEST(whether_days_on_leave_are_at_risk_has_to_be_said)
{
    static const char *const rules[] = {"", ", at_risk: yes", ", at_risk: no"};
    for (int k = 0; k < 3; k++) {
        study_world w;
        char events[400];
        snprintf(events, sizeof events,
                 "events: {exit: {voluntary: [Quit]}, leave: {begins: [Parental Leave], ends: [Return]%s}, other: [Data Change]}\n", rules[k]);
        study("history: {file: jobs.csv}", events);
        put("people.csv", "id\np1\np2\n");
        put("jobs.csv",
            "id,from,reason,grade\np1,2020-01-01,Hire,1\np1,2021-02-10,Parental Leave,1\np1,2021-03-01,Data Change,1\np1,2021-07-15,Return,1\n"
            "p1,2021-11-05,Quit,1\np2,2020-01-01,Hire,2\np2,2021-05-01,Parental Leave,2\np2,2021-06-01,Quit,2\n");
        world_load(&w, 0);
        if (k == 0) {
            ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
            ck_assert_str_eq(finding_of(&w, "leave_at_risk")->remedy, "events: {leave: {at_risk: yes}}      (or no: its days are left out)");
            ck_assert_ptr_nonnull(strstr(finding_of(&w, "leave_at_risk")->sentence, "2 leaves begin"));
            world_close(&w);
            continue;
        }
        char *text = panel_of(&w);
        const mlab_panel_event *gone = mlab_panel_find_event(w.data->panel, "exit");
        ck_assert_int_eq(column(&w, "on_leave")->as.integer[1], 1);
        ck_assert_int_eq(column(&w, "on_leave")->as.integer[3], 0);
        ck_near(gone->share[0], k == 1 ? 1 : 40.0 / 90, 1e-12, 0);
        ck_assert_int_eq(gone->at_risk[1], k == 1);
        ck_near(gone->share[2], k == 1 ? 1 : 78.0 / 92, 1e-12, 0);
        ck_assert_int_eq(gone->what[3], 1);
        ck_assert_int_eq(gone->what[5], k == 1);
        ck_assert((finding_of(&w, "exit_on_leave") != NULL) == (k == 2));
        mlab_release(&w.context, text);
        world_close(&w);
    }
}
END_TEST

/* Exits and their reasons in the people file, states alone in the history; what held before the hire holds then. */
START_TEST(exits_may_stand_in_the_people_file)
{
    study_world w;
    study("history: {file: jobs.csv}", "events: {exit: {voluntary: [resign], involuntary: [dismissed]}, other: [Data Change]}\n");
    put("people.csv", "id,hired,left,exit_reason\np1,2020-02-01,2021-08-15,dismissed\np2,2020-01-01,,\np3,2021-04-01,,\n");
    put("jobs.csv", "id,from,reason,grade,site\np1,2020-01-15,Data Change,1,A\np1,2021-02-01,Data Change,2,A\np1,2021-09-01,Data Change,3,A\n"
                    "p2,2020-06-01,Data Change,2,B\n");
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    ck_assert_str_eq(finding_of(&w, "no_job_row")->remedy, "history: {accept_missing: 0.34}");
    world_close(&w);
    study("history: {file: jobs.csv, accept_missing: 0.34}",
          "events: {exit: {voluntary: [resign], involuntary: [dismissed]}, other: [Data Change]}\n");
    put("people.csv", "id,hired,left,exit_reason\np1,2020-02-01,2021-08-15,dismissed\np2,2020-01-01,,\np3,2021-04-01,,\n");
    put("jobs.csv", "id,from,reason,grade,site\np1,2020-01-15,Data Change,1,A\np1,2021-02-01,Data Change,2,A\np1,2021-09-01,Data Change,3,A\n"
                    "p2,2020-06-01,Data Change,2,B\n");
    world_load(&w, 0);
    char *text = panel_of(&w);
    const mlab_panel *panel = w.data->panel;
    ck_assert_uint_eq(panel->n_rows, 3 + 4 + 3);
    ck_assert_int_eq(mlab_panel_find_event(panel, "exit")->what[2], 2);
    ck_near(column(&w, "tenure")->as.real[0], 335 / 365.25, 1e-12, 0);
    ck_assert_int_eq(column(&w, "grade")->as.integer[0], 1);
    ck_assert_int_eq(mlab_panel_find_event(panel, "promotion")->what[0], 1);
    ck_assert_int_eq(column(&w, "grade")->as.integer[3], 2);
    ck_assert(column(&w, "site")->missing[7]);
    ck_near(column(&w, "tenure")->as.real[7], 0, 0, 0);
    ck_assert_uint_eq(finding_of(&w, "rows_after_exit")->count, 1);
    mlab_release(&w.context, text);
    world_close(&w);
}
END_TEST

/* Rows with an end: 31.12.9999 is none; a gap between two rows is time away. */
START_TEST(rows_may_have_an_end_and_a_gap_is_time_away)
{
    study_world w;
    study("history: {file: jobs.csv, to: to, dates: dmy}", "events: {exit: {voluntary: [Quit], no_reason: end_of_study}, other: [Data Change]}\n");
    put("people.csv", "id\np1\np2\n");
    put("jobs.csv", "id;from;to;reason;grade\np1;01.01.2020;31.01.2021;Hire;1\np1;01.02.2021;28.02.2021;Data Change;2\n"
                    "p1;01.05.2021;31.12.9999;Rehire;2\np2;01.01.2020;31.12.4712;Hire;2\n");
    world_load(&w, 0);
    char *text = panel_of(&w);
    const mlab_panel *panel = w.data->panel;
    ck_assert_uint_eq(panel->n_rows, 1 + 3 + 4);
    ck_assert_int_eq(panel->stop[0], day("2021-02-28"));
    ck_assert_int_eq(mlab_panel_find_event(panel, "exit")->what[0], 0);
    ck_assert_int_eq(panel->start[1], day("2021-04-30"));
    ck_assert_uint_eq(finding_of(&w, "open_end")->count, 2);
    mlab_release(&w.context, text);
    world_close(&w);
}
END_TEST

/*  p2 was away from March to June: a relationship that starts then is refused, one that starts in the second stay ends with it. */
START_TEST(a_relationship_belongs_to_the_stay_in_which_it_begins)
{
    for (int k = 0; k < 2; k++) {
        study_world w;
        study("history: {file: jobs.csv}\n  relationships: {file: pairs.csv}", exits);
        put("people.csv", "id\np1\np2\n");
        put("jobs.csv", "id,from,reason,grade\np1,2020-01-01,Hire,2\np2,2020-01-01,Hire,1\np2,2021-02-28,Quit,1\np2,2021-07-01,Rehire,1\n"
                        "p2,2021-10-31,Quit,1\n");
        put("pairs.csv", k ? "mentor,mentee,start,end\np1,p2,2021-08-01,2021-12-15\n" : "mentor,mentee,start,end\np1,p2,2021-05-01,\n");
        world_load(&w, 0);
        ck_assert_msg(w.status == (k ? MLAB_OK : MLAB_ERR_DATA_REJECTED), "%s", told(&w));
        ck_assert((finding_of(&w, "mentee_had_left") != NULL) == (k == 0));
        ck_assert((finding_of(&w, "ends_after_exit") != NULL) == (k == 1));
        world_close(&w);
    }
}
END_TEST

/* Volunteers: nobody is hired, nobody leaves; a study of their answers alone. */
START_TEST(a_study_with_neither_promotion_nor_exit_is_a_study)
{
    study_world w;
    ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
    put("people.csv", "id\nv1\nv2\nv3\n");
    put("surveys.csv", "id,date,satisfaction\nv1,2021-05-01,4\nv2,2021-05-01,5\nv1,2021-11-01,2\n");
    put("pairs.csv", "mentor,mentee,start,end\nv3,v1,2021-06-01,\n");
    put("study.yaml", "as_of: 2021-12-31\ndata:\n  people: {file: people.csv, hired: none}\n  surveys: {file: surveys.csv, scale: [1, 2, 3, 4, 5]}\n"
                      "  relationships: {file: pairs.csv}\narms: {mentored: {}}\npanel: {from: 2021-01-01}\n");
    world_load(&w, 0);
    char *text = panel_of(&w);
    ck_assert_uint_eq(w.data->panel->n_events, 0);
    ck_assert_uint_eq(w.data->panel->n_rows, 12);
    ck_assert_uint_eq(w.data->panel->n_measures, 1);
    mlab_release(&w.context, text);
    world_close(&w);
    put("study.yaml",
        "as_of: 2021-12-31\ndata:\n  people: {file: people.csv, hired: none}\n  surveys: {file: surveys.csv, scale: [1, 2, 3, 4, 5]}\n");
    world_load(&w, 0);
    ck_assert_str_eq(finding_of(&w, "no_first_day")->remedy, "panel: {from: 2021-01-01}");
    world_close(&w);
}
END_TEST

/* p1 has a day of hire in the rows, p2 has no row of a hire and no day: tenure from the first row is too short, and said. */
START_TEST(the_day_of_hire_may_stand_in_the_rows)
{
    study_world w;
    study("history: {file: jobs.csv, hired: Hire Date}", exits);
    put("people.csv", "id\np1\np2\n");
    put("jobs.csv", "id,from,reason,grade,Hire Date\np1,2020-06-01,Data Change,1,2019-01-01\np1,2021-06-01,Rehire,2,2021-06-01\n"
                    "p2,2020-06-01,Data Change,1,\n");
    world_load(&w, 0);
    char *text = panel_of(&w);
    ck_near(column(&w, "tenure")->as.real[0], 731 / 365.25, 1e-12, 0);
    ck_near(column(&w, "tenure")->as.real[4], 214 / 365.25, 1e-12, 0);
    ck_assert_ptr_null(mlab_table_find(w.data->panel->rows, "Hire Date"));
    ck_assert_str_eq(finding_of(&w, "tenure_from_records")->sentence,
                     "without a row of a hire and a day of hire tenure counts from the first row, which is too short; people: 1");
    mlab_release(&w.context, text);
    world_close(&w);
}
END_TEST

/* Reasons in another language: nothing says which of them brings somebody back. */
START_TEST(who_comes_back_has_to_be_known)
{
    for (int k = 0; k < 2; k++) {
        study_world w;
        study("history: {file: jobs.csv}", k ? "events: {exit: {voluntary: [Austritt]}, hire: [Eintritt], other: [Korrektur]}\n"
                                             : "events: {exit: {voluntary: [Austritt]}, other: [Korrektur, Eintritt]}\n");
        put("people.csv", "id\np1\np2\n");
        put("jobs.csv",
            "id,from,reason,grade\np1,2020-01-01,Eintritt,1\np1,2021-03-31,Austritt,1\np1,2021-05-02,Korrektur,1\np2,2020-01-01,Eintritt,2\n");
        world_load(&w, 0);
        ck_assert_msg(w.status == (k ? MLAB_OK : MLAB_ERR_DATA_REJECTED), "%s", told(&w));
        ck_assert((finding_of(&w, "unclear_returns") != NULL) == (k == 0));
        if (k == 0)
            ck_assert_str_eq(finding_of(&w, "unclear_returns")->sentence,
                             "rows after an exit would bring somebody back, and no reason is known that does: 1");
        world_close(&w);
    }
}
END_TEST

/* One missing column is one finding. */
START_TEST(a_history_without_its_day_tells_that_alone)
{
    study_world w;
    study("history: {file: jobs.csv, from: Efective}", exits);
    put("people.csv", "id\np1\n");
    put("jobs.csv", "id,Effective,reason,grade\np1,2020-01-01,Hire,1\n");
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    ck_assert_ptr_nonnull(strstr(finding_of(&w, "missing_column")->sentence, "did you mean 'Effective'?"));
    ck_assert_ptr_null(finding_of(&w, "no_job_row"));
    world_close(&w);
}
END_TEST

START_TEST(every_failed_allocation_of_a_job_history_is_reported_and_nothing_leaks)
{
    study("history: {file: jobs.csv, id: {take: '(p\\d)'}}\n  crosswalk: {file: mails.csv, from: mail, to: id}",
          "events: {exit: {voluntary: [Quit]}, leave: {begins: [LOA], at_risk: no}, other: [Data Change]}\n");
    put("people.csv", "id,hired\np1,2020-01-01\np2,2020-06-01\n");
    put("mails.csv", "mail,id\nann@f,p1\n");
    put("jobs.csv",
        "id,from,reason,grade,site\np1,2020-01-01,Hire,1,A\nann@f,2021-02-01,Data Change,2,A\np1,2021-04-01,LOA,2,A\np1,2021-08-01,Quit,2,B\n"
        "p2,2020-06-01,Hire,2,A\np1,2021-10-01,Hire,2,B\n");
    for (long k = 1;; k += k < 60 ? 1 : 7) {
        study_world w;
        world_load(&w, k);
        bool failed = w.memory.calls >= k;
        ck_assert_msg(w.status == (failed ? MLAB_ERR_MEMORY : MLAB_OK), "%ld: %s", k, told(&w));
        world_close(&w);
        if (!failed) break;
    }
}
END_TEST

MLAB_TEST_MAIN("history", rows_that_hold_from_a_day_on_become_stays_and_states, a_job_history_alone_is_a_study,
               a_return_is_a_new_stay_with_or_without_the_earlier_service, the_last_day_is_stated_or_found_and_always_said,
               whether_days_on_leave_are_at_risk_has_to_be_said, exits_may_stand_in_the_people_file, rows_may_have_an_end_and_a_gap_is_time_away,
               a_relationship_belongs_to_the_stay_in_which_it_begins, a_study_with_neither_promotion_nor_exit_is_a_study,
               the_day_of_hire_may_stand_in_the_rows, who_comes_back_has_to_be_known, a_history_without_its_day_tells_that_alone,
               every_failed_allocation_of_a_job_history_is_reported_and_nothing_leaks)
