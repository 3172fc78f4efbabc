/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "history_world.h"

#include <stdlib.h>

static const char *const quarters = "panel: {period: quarter, from: 2021-01-01, to: 2021-12-31}\n";

static void study(const char *history, const char *events)
{
    char text[4000];
    ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
    snprintf(text, sizeof text, "as_of: 2021-12-31\ndata:\n  people: {file: people.csv}\n  %s\n%s%s", history, events, quarters);
    put("study.yaml", text);
}

static const mlab_column *column(const world *w, const char *name)
{
    const mlab_column *found = mlab_table_find(w->data->panel->rows, name);
    ck_assert_msg(found != NULL, "no column %s", name);
    return found;
}

static int32_t day(const char *text)
{
    mlab_date date;
    ck_assert(mlab_date_parse_iso(text, 10, &date));
    return date;
}

static const char exits[] =
    "events: {exit: {voluntary: [Quit], involuntary: [Dismissal], end_of_study: [Retirement]}, other: [Data Change, Transfer]}\n";

/*  p1  2020-03-01 Hire  grade 1, site A
 *      2021-02-10 #1 Data Change grade 9, #2 Data Change grade 2     the last row of a day wins: from 1 to 2
 *      2021-05-01 Transfer site B, grade 2
 *      2021-08-15 Quit                                               the last day there
 *  p2  2021-04-01 Hire  grade 2; 2022-05-01 grade 3                  a row of the future is not used
 */
START_TEST(rows_that_hold_from_a_day_on_become_stays_and_states)
{
    world w;
    study("history: {file: jobs.csv, from: Effective Date, order: Seq, reason: Reason, state: [grade, site]}", exits);
    put("people.csv", "id,gender\np2,m\np1,f\n");
    put("jobs.csv", "id,Effective Date,Seq,Reason,grade,site\np1,2021-08-15,0,Quit,2,B\np1,2021-02-10,2,Data Change,2,A\n"
                    "p1,2021-02-10,1,Data Change,9,A\np1,2020-03-01,0,Hire,1,A\np1,2021-05-01,0,Transfer,2,B\np2,2021-04-01,0,Hire,2,B\n"
                    "p2,2022-05-01,0,Data Change,3,B\n");
    load(&w, 0);
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
    close_world(&w);
}
END_TEST

/* The same without a people file: the people are those of the history. */
START_TEST(a_job_history_alone_is_a_study)
{
    world w;
    ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
    put("jobs.csv", "Worker,from,reason,grade\nAnn (007),2020-03-01,Hire,1\nAnn (007),2021-08-15,Quit,1\nBob (008),2021-04-01,Hire,2\n");
    put("study.yaml", "as_of: 2021-12-31\ndata:\n  history: {file: jobs.csv, id: {from: Worker, take: '\\((\\d+)\\)'}}\n"
                      "events: {exit: {voluntary: [Quit]}}\npanel: {from: 2021-01-01}\n");
    load(&w, 0);
    char *text = panel_of(&w);
    ck_assert_uint_eq(w.data->panel->n_people, 2);
    ck_assert_str_eq(w.data->panel->ids[0], "007");
    ck_assert_uint_eq(w.data->panel->n_rows, 3 + 3);
    ck_assert_ptr_nonnull(strstr(w.data->guesses, "states that change in time: grade; to pin it: history: {state: [...]}"));
    mlab_release(&w.context, text);
    close_world(&w);
}
END_TEST

/*  p1 |----------Q 03-31   H 07-01----|     comes back on 1 July
 *  a new stay: tenure from 0; with same_person the days of the first stay count                     */
START_TEST(a_return_is_a_new_stay_with_or_without_the_earlier_service)
{
    for (int same = 0; same < 2; same++) {
        world w;
        study(same ? "history: {file: jobs.csv, rehire: same_person}" : "history: {file: jobs.csv}", exits);
        put("people.csv", "id\np1\n");
        put("jobs.csv", "id,from,reason,grade\np1,2020-01-01,Hire,1\np1,2021-03-31,Quit,1\np1,2021-05-02,Data Change,1\np1,2021-07-01,Rehire,1\n");
        load(&w, 0);
        char *text = panel_of(&w);
        const mlab_panel *panel = w.data->panel;
        ck_assert_uint_eq(panel->n_rows, 1 + 2);
        ck_assert_uint_eq(panel->spell[1], 1);
        ck_assert_int_eq(panel->since[1], 0);
        ck_assert_int_eq(mlab_panel_find_event(panel, "exit")->what[0], 1);
        ck_near(column(&w, "tenure")->as.real[1], same ? 456 / 365.25 : 0, 1e-12, 0);
        ck_assert_uint_eq(finding_of(&w, "rows_after_exit")->count, 1); /* the change of data in May brings nobody back */
        mlab_release(&w.context, text);
        close_world(&w);
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
        world w;
        char jobs[300];
        study(cases[k].history, exits);
        put("people.csv", cases[k].people);
        snprintf(jobs, sizeof jobs, "id,from,reason,grade\np1,2020-01-01,Hire,1\np1,%s,Quit,1\np2,2020-01-01,Hire,2\n", cases[k].quit);
        put("jobs.csv", jobs);
        load(&w, 0);
        char *text = panel_of(&w);
        ck_assert_int_eq(mlab_panel_find_event(w.data->panel, "exit")->day[1], day(cases[k].left));
        if (cases[k].guess)
            ck_assert_msg(strstr(w.data->guesses, cases[k].guess), "%s", w.data->guesses);
        else
            ck_assert_ptr_null(strstr(w.data->guesses, "day of an exit"));
        mlab_release(&w.context, text);
        close_world(&w);
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
        world w;
        char events[400];
        snprintf(events, sizeof events,
                 "events: {exit: {voluntary: [Quit]}, leave: {begins: [Parental Leave], ends: [Return]%s}, other: [Data Change]}\n", rules[k]);
        study("history: {file: jobs.csv}", events);
        put("people.csv", "id\np1\np2\n");
        put("jobs.csv",
            "id,from,reason,grade\np1,2020-01-01,Hire,1\np1,2021-02-10,Parental Leave,1\np1,2021-03-01,Data Change,1\np1,2021-07-15,Return,1\n"
            "p1,2021-11-05,Quit,1\np2,2020-01-01,Hire,2\np2,2021-05-01,Parental Leave,2\np2,2021-06-01,Quit,2\n");
        load(&w, 0);
        if (k == 0) {
            ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
            ck_assert_str_eq(finding_of(&w, "leave_at_risk")->remedy, "events: {leave: {at_risk: yes}}      (or no: its days are left out)");
            ck_assert_ptr_nonnull(strstr(finding_of(&w, "leave_at_risk")->sentence, "2 leaves begin"));
            close_world(&w);
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
        close_world(&w);
    }
}
END_TEST

/*  p1  Contractor since 2020, Regular from 2021-05-10 on     belongs to the study from then; the service before does not count
 *  p2  Regular, Contractor from 2021-08-01 on                belongs to it until 31 July: no exit
 *  p3  Contractor                                            never                                          */
START_TEST(a_population_may_change_in_time)
{
    world w;
    ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
    put("people.csv", "id\np1\np2\np3\n");
    put("jobs.csv", "id,from,reason,grade,type\np1,2020-01-01,Hire,1,Contractor\np1,2021-05-10,Data Change,1,Regular\np2,2020-01-01,Hire,1,Regular\n"
                    "p2,2021-08-01,Data Change,1,Contractor\np3,2020-01-01,Hire,2,Contractor\n");
    put("study.yaml", "as_of: 2021-12-31\ndata:\n  people: {file: people.csv, population: \"type == 'Regular'\"}\n  history: {file: jobs.csv}\n"
                      "events: {exit: {voluntary: [Quit]}, other: [Data Change]}\npanel: {from: 2021-01-01}\n");
    load(&w, 0);
    char *text = panel_of(&w);
    const mlab_panel *panel = w.data->panel;
    ck_assert_uint_eq(panel->n_rows, 3 + 3);
    ck_assert_int_eq(panel->start[0], day("2021-05-09"));
    ck_near(column(&w, "tenure")->as.real[0], 0, 0, 0);
    ck_assert_int_eq(panel->stop[5], day("2021-07-31"));
    ck_assert_int_eq(mlab_panel_find_event(panel, "exit")->what[5], 0);
    ck_near(mlab_panel_find_event(panel, "exit")->share[5], 31.0 / 92, 1e-12, 0);
    mlab_release(&w.context, text);
    close_world(&w);
}
END_TEST

/* The chart of who is in: p1 of the people, p2 outside, p3 before, p4 after, p5 without a row, p6 never regular. */
START_TEST(who_is_out_is_counted_with_the_reason)
{
    static const mlab_flow_step steps[] = {{"in people.csv", 7, false},          {"do not belong to the population (type == 'Regular')", 1, true},
                                           {"have no row in jobs.csv", 1, true}, {"left before the study begins", 1, true},
                                           {"come after it ends", 1, true},      {"there on at least one day of the study", 3, false}};
    world w;
    ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
    put("people.csv", "id\np1\np2\np3\np4\np5\np6\np7\n");
    put("jobs.csv", "id,from,reason,type\np1,2020-01-01,Hire,Regular\np2,2021-02-01,Hire,Regular\np3,2019-01-01,Hire,Regular\n"
                    "p3,2020-05-01,Quit,Regular\np4,2022-02-01,Hire,Regular\np6,2021-01-01,Hire,Temp\np7,2020-01-01,Hire,Regular\n");
    put("study.yaml",
        "as_of: 2022-12-31\ndata:\n  people: {file: people.csv, population: \"type == 'Regular'\"}\n"
        "  history: {file: jobs.csv, accept_missing: 0.2}\nevents: {exit: {voluntary: [Quit]}}\npanel: {from: 2021-01-01, to: 2021-12-31}\n");
    load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s", told(&w));
    ck_assert_uint_eq(w.data->n_flow, sizeof steps / sizeof *steps);
    for (size_t i = 0; i < w.data->n_flow; i++) {
        ck_assert_str_eq(w.data->flow[i].what, steps[i].what);
        ck_assert_uint_eq(w.data->flow[i].people, steps[i].people);
        ck_assert(w.data->flow[i].out == steps[i].out);
    }
    close_world(&w);
}
END_TEST

/* Nobody is told apart by a small step, nor by what is left when the told ones are subtracted. */
START_TEST(small_steps_of_the_chart_are_put_together)
{
    static const struct {
        uint64_t out[3], in;
        size_t n;
        uint64_t told[5];
    } cases[] = {{{10, 20, 30}, 40, 5, {100, 10, 20, 30, 40}},
                 {{2, 20, 30}, 48, 4, {100, 30, 22, 48}},
                 {{2, 4, 30}, 64, 4, {100, 30, 6, 64}},
                 {{2, 0, 0}, 98, 1, {98}},
                 {{2, 1, 0}, 97, 1, {97}},
                 {{97, 0, 0}, 3, 0, {0}}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        mlab_flow_step steps[5] = {{"all", 100, false}}, told[5];
        size_t n = 1;
        for (size_t i = 0; i < 3; i++)
            if (cases[k].out[i]) steps[n++] = (mlab_flow_step){"out", cases[k].out[i], true};
        steps[n++] = (mlab_flow_step){"in", cases[k].in, false};
        const mlab_data data = {.flow = steps, .n_flow = n};
        ck_assert_uint_eq(mlab_flow_told(&data, 5, told), cases[k].n);
        for (size_t i = 0; i < cases[k].n; i++) ck_assert_uint_eq(told[i].people, cases[k].told[i]);
    }
}
END_TEST

/* Exits and their reasons in the people file, states alone in the history; what held before the hire holds then. */
START_TEST(exits_may_stand_in_the_people_file)
{
    world w;
    study("history: {file: jobs.csv}", "events: {exit: {voluntary: [resign], involuntary: [dismissed]}, other: [Data Change]}\n");
    put("people.csv", "id,hired,left,exit_reason\np1,2020-02-01,2021-08-15,dismissed\np2,2020-01-01,,\np3,2021-04-01,,\n");
    put("jobs.csv", "id,from,reason,grade,site\np1,2020-01-15,Data Change,1,A\np1,2021-02-01,Data Change,2,A\np1,2021-09-01,Data Change,3,A\n"
                    "p2,2020-06-01,Data Change,2,B\n");
    load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    ck_assert_str_eq(finding_of(&w, "no_job_row")->remedy, "history: {accept_missing: 0.34}");
    close_world(&w);
    study("history: {file: jobs.csv, accept_missing: 0.34}",
          "events: {exit: {voluntary: [resign], involuntary: [dismissed]}, other: [Data Change]}\n");
    put("people.csv", "id,hired,left,exit_reason\np1,2020-02-01,2021-08-15,dismissed\np2,2020-01-01,,\np3,2021-04-01,,\n");
    put("jobs.csv", "id,from,reason,grade,site\np1,2020-01-15,Data Change,1,A\np1,2021-02-01,Data Change,2,A\np1,2021-09-01,Data Change,3,A\n"
                    "p2,2020-06-01,Data Change,2,B\n");
    load(&w, 0);
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
    close_world(&w);
}
END_TEST

/* Rows with an end: 31.12.9999 is none; a gap between two rows is time away. */
START_TEST(rows_may_have_an_end_and_a_gap_is_time_away)
{
    world w;
    study("history: {file: jobs.csv, to: to, dates: dmy}", "events: {exit: {voluntary: [Quit], no_reason: end_of_study}, other: [Data Change]}\n");
    put("people.csv", "id\np1\np2\n");
    put("jobs.csv", "id;from;to;reason;grade\np1;01.01.2020;31.01.2021;Hire;1\np1;01.02.2021;28.02.2021;Data Change;2\n"
                    "p1;01.05.2021;31.12.9999;Rehire;2\np2;01.01.2020;31.12.4712;Hire;2\n");
    load(&w, 0);
    char *text = panel_of(&w);
    const mlab_panel *panel = w.data->panel;
    ck_assert_uint_eq(panel->n_rows, 1 + 3 + 4);
    ck_assert_int_eq(panel->stop[0], day("2021-02-28"));
    ck_assert_int_eq(mlab_panel_find_event(panel, "exit")->what[0], 0);
    ck_assert_int_eq(panel->start[1], day("2021-04-30"));
    ck_assert_uint_eq(finding_of(&w, "open_end")->count, 2);
    mlab_release(&w.context, text);
    close_world(&w);
}
END_TEST

/*  p2 was away from March to June: a relationship that starts then is refused, one that starts in the second stay ends with it. */
START_TEST(a_relationship_belongs_to_the_stay_in_which_it_begins)
{
    for (int k = 0; k < 2; k++) {
        world w;
        study("history: {file: jobs.csv}\n  relationships: {file: pairs.csv}", exits);
        put("people.csv", "id\np1\np2\n");
        put("jobs.csv", "id,from,reason,grade\np1,2020-01-01,Hire,2\np2,2020-01-01,Hire,1\np2,2021-02-28,Quit,1\np2,2021-07-01,Rehire,1\n"
                        "p2,2021-10-31,Quit,1\n");
        put("pairs.csv", k ? "mentor,mentee,start,end\np1,p2,2021-08-01,2021-12-15\n" : "mentor,mentee,start,end\np1,p2,2021-05-01,\n");
        load(&w, 0);
        ck_assert_msg(w.status == (k ? MLAB_OK : MLAB_ERR_DATA_REJECTED), "%s", told(&w));
        ck_assert((finding_of(&w, "mentee_had_left") != NULL) == (k == 0));
        ck_assert((finding_of(&w, "ends_after_exit") != NULL) == (k == 1));
        close_world(&w);
    }
}
END_TEST

/* Volunteers: nobody is hired, nobody leaves; a study of their answers alone. */
START_TEST(a_study_with_neither_promotion_nor_exit_is_a_study)
{
    world w;
    ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
    put("people.csv", "id\nv1\nv2\nv3\n");
    put("surveys.csv", "id,date,satisfaction\nv1,2021-05-01,4\nv2,2021-05-01,5\nv1,2021-11-01,2\n");
    put("pairs.csv", "mentor,mentee,start,end\nv3,v1,2021-06-01,\n");
    put("study.yaml", "as_of: 2021-12-31\ndata:\n  people: {file: people.csv, hired: none}\n  surveys: {file: surveys.csv, scale: [1, 2, 3, 4, 5]}\n"
                      "  relationships: {file: pairs.csv}\narms: {mentored: {}}\npanel: {from: 2021-01-01}\n");
    load(&w, 0);
    char *text = panel_of(&w);
    ck_assert_uint_eq(w.data->panel->n_events, 0);
    ck_assert_uint_eq(w.data->panel->n_rows, 12);
    ck_assert_uint_eq(w.data->panel->n_measures, 1);
    mlab_release(&w.context, text);
    close_world(&w);
    put("study.yaml",
        "as_of: 2021-12-31\ndata:\n  people: {file: people.csv, hired: none}\n  surveys: {file: surveys.csv, scale: [1, 2, 3, 4, 5]}\n");
    load(&w, 0);
    ck_assert_str_eq(finding_of(&w, "no_first_day")->remedy, "panel: {from: 2021-01-01}");
    close_world(&w);
}
END_TEST

/* p1 has a day of hire in the rows, p2 has no row of a hire and no day: tenure from the first row is too short, and said. */
START_TEST(the_day_of_hire_may_stand_in_the_rows)
{
    world w;
    study("history: {file: jobs.csv, hired: Hire Date}", exits);
    put("people.csv", "id\np1\np2\n");
    put("jobs.csv", "id,from,reason,grade,Hire Date\np1,2020-06-01,Data Change,1,2019-01-01\np1,2021-06-01,Rehire,2,2021-06-01\n"
                    "p2,2020-06-01,Data Change,1,\n");
    load(&w, 0);
    char *text = panel_of(&w);
    ck_near(column(&w, "tenure")->as.real[0], 731 / 365.25, 1e-12, 0);
    ck_near(column(&w, "tenure")->as.real[4], 214 / 365.25, 1e-12, 0);
    ck_assert_ptr_null(mlab_table_find(w.data->panel->rows, "Hire Date"));
    ck_assert_str_eq(finding_of(&w, "tenure_from_records")->sentence,
                     "without a row of a hire and a day of hire tenure counts from the first row, which is too short; people: 1");
    mlab_release(&w.context, text);
    close_world(&w);
}
END_TEST

/* Reasons in another language: nothing says which of them brings somebody back. */
START_TEST(who_comes_back_has_to_be_known)
{
    for (int k = 0; k < 2; k++) {
        world w;
        study("history: {file: jobs.csv}", k ? "events: {exit: {voluntary: [Austritt]}, hire: [Eintritt], other: [Korrektur]}\n"
                                             : "events: {exit: {voluntary: [Austritt]}, other: [Korrektur, Eintritt]}\n");
        put("people.csv", "id\np1\np2\n");
        put("jobs.csv",
            "id,from,reason,grade\np1,2020-01-01,Eintritt,1\np1,2021-03-31,Austritt,1\np1,2021-05-02,Korrektur,1\np2,2020-01-01,Eintritt,2\n");
        load(&w, 0);
        ck_assert_msg(w.status == (k ? MLAB_OK : MLAB_ERR_DATA_REJECTED), "%s", told(&w));
        ck_assert((finding_of(&w, "unclear_returns") != NULL) == (k == 0));
        if (k == 0)
            ck_assert_str_eq(finding_of(&w, "unclear_returns")->sentence,
                             "rows after an exit would bring somebody back, and no reason is known that does: 1");
        close_world(&w);
    }
}
END_TEST

/* One missing column is one finding. */
START_TEST(a_history_without_its_day_tells_that_alone)
{
    world w;
    study("history: {file: jobs.csv, from: Efective}", exits);
    put("people.csv", "id\np1\n");
    put("jobs.csv", "id,Effective,reason,grade\np1,2020-01-01,Hire,1\n");
    load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    ck_assert_ptr_nonnull(strstr(finding_of(&w, "missing_column")->sentence, "did you mean 'Effective'?"));
    ck_assert_ptr_null(finding_of(&w, "no_job_row"));
    close_world(&w);
}
END_TEST

/* --- promotions ------------------------------------------------------------------------------------------ */

/*  p1  1 -> 2 Data Change   a promotion by the rule
 *  p2  1 -> 2 RECLASS       none, by its reason
 *  p3  2 -> 2 PROMOTION     one, by its reason
 *  p4  2 -> 1               a step down: none; the clock of the grade runs on
 */
START_TEST(promotions_are_found_by_rule_and_reason)
{
    world w;
    study("history: {file: jobs.csv}",
          "events: {promotion: {when: \"grade > previous\", or_reason: [PROMOTION], not_reason: [RECLASS]}, other: [DTA]}\n");
    put("people.csv", "id\np1\np2\np3\np4\np5\n");
    put("jobs.csv", "id,from,reason,grade\np1,2020-01-01,HIRE,1\np2,2020-01-01,HIRE,1\np3,2020-01-01,HIRE,2\np4,2020-01-01,HIRE,2\n"
                    "p5,2020-01-01,HIRE,3\np1,2021-02-01,DTA,2\np2,2021-02-01,RECLASS,2\np3,2021-02-01,PROMOTION,2\np4,2021-02-01,DTA,1\n");
    load(&w, 0);
    char *text = panel_of(&w);
    const mlab_panel_event *promotion = mlab_panel_find_event(w.data->panel, "promotion");
    static const uint8_t promoted[] = {1, 0, 1, 0, 0};
    for (size_t p = 0; p < 5; p++) ck_assert_msg(promotion->what[4 * p] == promoted[p], "p%d", (int)p + 1);
    ck_assert_int_eq(column(&w, "grade")->as.integer[5], 2);
    ck_assert_int_eq(column(&w, "grade")->as.integer[13], 1);
    ck_near(column(&w, "time_in_grade")->as.real[5], 456 / 365.25, 1e-12, 0);
    ck_assert_ptr_null(mlab_panel_find_event(w.data->panel, "exit"));
    mlab_release(&w.context, text);
    close_world(&w);
}
END_TEST

START_TEST(grades_on_a_scale_and_other_states_can_stand_in_the_rule)
{
    world w;
    ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
    put("people.csv", "id\np1\np2\n");
    put("jobs.csv", "id,from,reason,grade,site\np1,2020-01-01,HIRE,junior,A\np2,2020-01-01,HIRE,junior,A\np1,2021-02-01,X,senior,A\n"
                    "p2,2021-02-01,X,senior,B\n");
    put("study.yaml", "as_of: 2021-12-31\ndata:\n  people: {file: people.csv, grade: {scale: [junior, senior, chief]}}\n  history: {file: jobs.csv}\n"
                      "events: {promotion: {when: \"grade > previous and site == previous_site\"}, other: [X]}\npanel: {from: 2021-01-01}\n");
    load(&w, 0);
    char *text = panel_of(&w);
    const mlab_panel_event *promotion = mlab_panel_find_event(w.data->panel, "promotion");
    ck_assert_int_eq(promotion->what[0], 1);
    ck_assert_int_eq(promotion->what[4], 0);
    ck_assert_str_eq(mlab_column_text(column(&w, "grade"), 5), "senior");
    mlab_release(&w.context, text);
    close_world(&w);
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
        world w;
        char events[300];
        size_t promoted = 0;
        snprintf(events, sizeof events, "events: {promotion: {%s}, other: [REGRADE]}\n", rules[k]);
        study("history: {file: jobs.csv}", *rules[k] ? events : "events: {other: [REGRADE]}\n");
        put("people.csv", people);
        put("jobs.csv", jobs);
        load(&w, 0);
        ck_assert_msg(w.status == (k == 0 || k == 5 ? MLAB_ERR_DATA_REJECTED : MLAB_OK), "%d: %s", k, told(&w));
        for (size_t i = 0; w.data && i < w.data->panel->n_rows; i++) promoted += mlab_panel_find_event(w.data->panel, "promotion")->what[i];
        ck_assert_uint_eq(promoted, k == 1 || k == 3 ? 31 : 0);
        if (k == 0) {
            ck_assert_str_eq(finding_of(&w, "many_at_once")->sentence,
                             "31 promotions on 2021-02-01, 52 % of the people there: a regrading, or a yearly round?");
            ck_assert_uint_eq(finding_of(&w, "many_at_once")->count, 31);
        }
        close_world(&w);
    }
}
END_TEST

START_TEST(a_reason_that_is_not_listed_is_found_with_its_count)
{
    world w;
    study("history: {file: jobs.csv}", "events: {exit: {voluntary: [Quit]}}\n");
    put("people.csv", "id\np1\np2\n");
    put("jobs.csv", "id,from,reason,grade\np1,2020-01-01,Hire,1\np1,2021-02-01,Pay Change,2\np1,2021-03-01,Pay Change,2\np1,2021-05-01,Layoff,2\n"
                    "p2,2020-01-01,Hire,2\n");
    load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    const mlab_finding *layoff = finding_of(&w, "exit_not_listed"), *change = finding_of(&w, "reason_not_listed");
    ck_assert_str_eq(layoff->sentence, "the reason 'Layoff' is not listed; it sounds like an exit");
    ck_assert_str_eq(layoff->remedy, "events: {exit: {involuntary: [..., \"Layoff\"]}}      (or voluntary, or end_of_study)");
    ck_assert_int_eq(change->severity, MLAB_SEVERITY_NOTE);
    ck_assert_uint_eq(change->count, 2);
    ck_assert_str_eq(change->remedy, "events: {other: [..., \"Pay Change\"]}");
    close_world(&w);
}
END_TEST

/* --- snapshots ------------------------------------------------------------------------------------------- */

/*  January, February, March, April 2021; p1 is missing from April on, p2 comes in March, p3 is missing in March alone */
START_TEST(who_is_missing_from_the_next_snapshot_has_left)
{
    static const char *const rules[] = {"", ", left: earliest", ", left: middle"}, *const last[] = {"2021-04-29", "2021-03-31", "2021-04-15"};
    for (int k = 0; k < 3; k++) {
        world w;
        char text[800];
        ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
        put("a.csv", "id,grade\np1,1\np3,2\np4,3\n");
        put("b.csv", "id,grade\np1,2\np3,2\np4,3\n");
        put("c.csv", "id,grade\np1,2\np2,1\np4,3\n");
        put("d.csv", "id,grade\np2,1\np3,2\np4,3\n");
        snprintf(text, sizeof text,
                 "as_of: 2021-04-30\ndata:\n  snapshots: {files: {2021-01-31: a.csv, 2021-02-28: b.csv, 2021-03-31: c.csv, 2021-04-30: d.csv}%s}\n"
                 "panel: {period: month, from: 2021-01-01}\n",
                 rules[k]);
        put("study.yaml", text);
        load(&w, 0);
        char *csv = panel_of(&w);
        const mlab_panel_event *gone = mlab_panel_find_event(w.data->panel, "exit");
        size_t exit = SIZE_MAX;
        for (size_t i = 0; i < w.data->panel->n_rows; i++)
            if (w.data->panel->person[i] == 0 && gone->what[i]) exit = i;
        ck_assert_uint_ne(exit, SIZE_MAX);
        ck_assert_int_eq(gone->day[exit], day(last[k]));
        ck_assert_int_eq(w.data->panel->start[0], day("2021-01-30"));
        size_t stays = 0;
        for (size_t i = 0; i < w.data->panel->n_rows; i++) stays += w.data->panel->person[i] == 2 && w.data->panel->spell[i] == 1;
        ck_assert_uint_gt(stays, 0); /* p3 came back */
        ck_assert_ptr_nonnull(finding_of(&w, "tenure_from_records"));
        mlab_release(&w.context, csv);
        close_world(&w);
    }
}
END_TEST

/* --- one firm, three writings ---------------------------------------------------------------------------- */

static uint32_t drawn;
static uint64_t seed;

static int32_t below(int32_t n)
{
    return (int32_t)mlab_random_below(&(mlab_address){.seed = seed, .entity = drawn++}, 0, (uint64_t)n);
}

enum { PEOPLE = 25, MONTHS = 24 };

/* Month m of 2021 and 2022; in the last one nobody comes. */
static int32_t first_of(int32_t month)
{
    return mlab_date_add_months(day("2021-01-01"), month);
}

typedef struct writing {
    char people[4000], promotions[8000], jobs[16000], shots[40000], simple[4000];
    size_t n_people, n_promotions, n_jobs, n_shots, n_simple;
} writing;

static void add(char *text, size_t size, size_t *n, const char *id, int32_t date, const char *more)
{
    char written[16] = "";
    if (date != MLAB_DATE_MISSING) mlab_date_print(date, written, sizeof written);
    *n += (size_t)snprintf(text + *n, size - *n, "%s,%s%s\n", id, written, more);
    ck_assert_uint_lt(*n, size);
}

/* Everybody comes on the first of a month, rises on firsts of months, goes on the last of a month: so that snapshots taken on the firsts see all. */
static void write_person(writing *w, int i)
{
    char id[8], more[60], date[16] = "";
    int32_t from = below(MONTHS - 2), to = below(2) ? MONTHS : from + 1 + below(MONTHS - from), grade = 1 + below(3);
    snprintf(id, sizeof id, "p%02d", i);
    if (to < MONTHS) mlab_date_print(first_of(to) - 1, date, sizeof date);
    snprintf(more, sizeof more, ",%s,%d", date, (int)grade);
    add(w->simple, sizeof w->simple, &w->n_simple, id, first_of(from), more);
    w->n_people += (size_t)snprintf(w->people + w->n_people, sizeof w->people - w->n_people, "%s\n", id);
    for (int32_t m = from; m < to && m < MONTHS; m++) {
        bool rises = m > from && grade < 5 && below(8) == 0;
        grade += rises;
        snprintf(more, sizeof more, ",%d", (int)grade);
        if (rises) add(w->promotions, sizeof w->promotions, &w->n_promotions, id, first_of(m), more);
        add(w->shots, sizeof w->shots, &w->n_shots, id, first_of(m), more);
        snprintf(more, sizeof more, ",%s,%d", m == from ? "Hire" : "Data Change", (int)grade);
        if (m == from || rises || below(6) == 0) add(w->jobs, sizeof w->jobs, &w->n_jobs, id, first_of(m), more);
    }
    snprintf(more, sizeof more, ",Quit,%d", (int)grade);
    if (to < MONTHS) add(w->jobs, sizeof w->jobs, &w->n_jobs, id, first_of(to) - 1, more);
}

static char *written_as(const char *text)
{
    world w;
    char *in_world, *copy;
    put("study.yaml", text);
    load(&w, 0);
    in_world = panel_of(&w);
    copy = malloc(strlen(in_world) + 1);
    ck_assert_ptr_nonnull(copy);
    strcpy(copy, in_world);
    mlab_release(&w.context, in_world);
    close_world(&w);
    return copy;
}

START_TEST(one_firm_written_in_three_ways_has_one_panel)
{
    static writing w;
    static const char *const periods[] = {"month", "quarter", "year"};
    size_t events = 0;
    for (seed = 1; seed <= 30; seed++) {
        char text[800];
        memset(&w, 0, sizeof w);
        drawn = 0;
        w.n_people = (size_t)snprintf(w.people, sizeof w.people, "id\n");
        w.n_simple = (size_t)snprintf(w.simple, sizeof w.simple, "id,hired,left,grade\n");
        w.n_promotions = (size_t)snprintf(w.promotions, sizeof w.promotions, "id,date,to\n");
        w.n_jobs = (size_t)snprintf(w.jobs, sizeof w.jobs, "id,from,reason,grade\n");
        w.n_shots = (size_t)snprintf(w.shots, sizeof w.shots, "id,date,grade\n");
        for (int i = 0; i < PEOPLE; i++) write_person(&w, i);
        ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
        put("people.csv", w.people);
        put("simple.csv", w.simple);
        put("promotions.csv", w.promotions);
        put("jobs.csv", w.jobs);
        put("shots.csv", w.shots);
        const char *period = periods[seed % 3];
        snprintf(
            text, sizeof text,
            "as_of: 2022-12-15\ndata:\n  people: {file: simple.csv}\n  promotions: {file: promotions.csv}\npanel: {period: %s, from: 2021-01-01}\n",
            period);
        char *simple = written_as(text);
        snprintf(text, sizeof text,
                 "as_of: 2022-12-15\ndata:\n  people: {file: people.csv}\n  history: {file: jobs.csv, exit_day: last_day}\n"
                 "events: {exit: {exit: [Quit]}, other: [Data Change], promotion: {at_once: keep}}\npanel: {period: %s, from: 2021-01-01}\n",
                 period);
        char *history = written_as(text);
        ck_assert_msg(!strcmp(simple, history), "seed %d: the history gives\n%.1500s\nand the simple form\n%.1500s", (int)seed, history, simple);
        snprintf(
            text, sizeof text,
            "as_of: 2022-12-15\ndata:\n  snapshots: {file: shots.csv}\nevents: {promotion: {at_once: keep}}\npanel: {period: %s, from: 2021-01-01}\n",
            period);
        char *snapshots = written_as(text);
        ck_assert_msg(!strcmp(simple, snapshots), "seed %d: the snapshots give\n%.1500s\nand the simple form\n%.1500s", (int)seed, snapshots, simple);
        for (const char *at = simple; (at = strstr(at, ",exit,")); at++) events++;
        free(simple);
        free(history);
        free(snapshots);
    }
    ck_assert_uint_gt(events, 150);
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
        world w;
        load(&w, k);
        bool failed = w.memory.calls >= k;
        ck_assert_msg(w.status == (failed ? MLAB_ERR_MEMORY : MLAB_OK), "%ld: %s", k, told(&w));
        close_world(&w);
        if (!failed) break;
    }
}
END_TEST

MLAB_TEST_MAIN("history", rows_that_hold_from_a_day_on_become_stays_and_states, a_job_history_alone_is_a_study,
               a_return_is_a_new_stay_with_or_without_the_earlier_service, the_last_day_is_stated_or_found_and_always_said,
               whether_days_on_leave_are_at_risk_has_to_be_said, a_population_may_change_in_time, who_is_out_is_counted_with_the_reason,
               small_steps_of_the_chart_are_put_together, exits_may_stand_in_the_people_file, rows_may_have_an_end_and_a_gap_is_time_away,
               a_relationship_belongs_to_the_stay_in_which_it_begins, a_study_with_neither_promotion_nor_exit_is_a_study,
               the_day_of_hire_may_stand_in_the_rows, who_comes_back_has_to_be_known, a_history_without_its_day_tells_that_alone,
               promotions_are_found_by_rule_and_reason, grades_on_a_scale_and_other_states_can_stand_in_the_rule,
               many_promotions_on_one_day_have_to_be_explained, a_reason_that_is_not_listed_is_found_with_its_count,
               who_is_missing_from_the_next_snapshot_has_left, one_firm_written_in_three_ways_has_one_panel,
               every_failed_allocation_of_a_job_history_is_reported_and_nothing_leaks)
