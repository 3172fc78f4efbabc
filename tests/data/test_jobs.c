/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several jobs of one person at a time, changes on the day of an exit, and a population of columns of people and of states together. */
#include "data/history_world.h"

static const char *site_at(const study_world *w, size_t row)
{
    return mlab_column_text(column(w, "site"), row);
}

/*          Q1            Q2            Q3            Q4
 *  A fte 1 |=============|=============|=============|=============|   since 2020, no end
 *  B fte .5|-----=========|============|                               10 February to 30 June
 *  who has only a look at the last row would see somebody leave on 30 June                          */
static void two_jobs(const char *more)
{
    char history[300];
    snprintf(history, sizeof history, "history: {file: jobs.csv, state: [grade, site, fte]%s}", more);
    study(history, "events: {exit: {voluntary: [Quit], no_reason: voluntary}, other: [Data Change]}\n");
    put("people.csv", "id\np1\np2\n");
    put("jobs.csv", "id,from,to,reason,grade,site,fte,primary\np1,2020-01-01,9999-12-31,Hire,1,A,1.0,yes\n"
                    "p1,2021-02-10,2021-06-30,Data Change,1,B,0.5,no\np2,2020-01-01,9999-12-31,Hire,2,A,1.0,yes\n");
}

START_TEST(two_jobs_at_a_time_have_to_be_decided)
{
    study_world w;
    two_jobs("");
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    has_finding(&w, "jobs_at_once", MLAB_SEVERITY_DECIDE, 1,
                "history: {concurrent: highest_fte}      (or latest; or main, with main: \"primary == 'yes'\")");
    ck_assert_uint_eq(finding_of(&w, "jobs_at_once")->occurrences[0].place.line, 3);
    world_close(&w);
}
END_TEST

START_TEST(one_of_two_jobs_counts_and_its_end_is_no_exit)
{
    static const struct {
        const char *rule, *sites;
    } cases[] = {{", concurrent: highest_fte", "AAAA"}, {", concurrent: latest", "ABBA"}, {", concurrent: main, main: \"primary == 'yes'\"", "AAAA"}};
    for (size_t k = 0; k < 3; k++) {
        study_world w;
        two_jobs(cases[k].rule);
        world_load(&w, 0);
        char *text = panel_of(&w);
        ck_assert_uint_eq(w.data->panel->n_rows, 8);
        for (size_t row = 0; row < 4; row++) {
            ck_assert_msg(site_at(&w, row)[0] == cases[k].sites[row], "%s: row %zu in %s", cases[k].rule, row, site_at(&w, row));
            ck_assert_int_eq(mlab_panel_find_event(w.data->panel, "exit")->what[row], 0);
        }
        if (k == 2)
            ck_assert_str_eq(finding_of(&w, "not_main_job")->sentence, "1 of 3 rows are not of the main job and left out, 0 exits among them");
        mlab_release(&w.context, text);
        world_close(&w);
    }
}
END_TEST

/* Without ends: the number of a job tells which rows are one. The end of the second job on 31 March is none of the person; both end in November. */
START_TEST(an_exit_from_one_of_several_jobs_is_none)
{
    study_world w;
    study("history: {file: jobs.csv, job: Assignment, concurrent: highest_fte, state: [grade, site, fte]}", exits);
    put("people.csv", "id\np1\np2\n");
    put("jobs.csv", "id,from,Assignment,reason,grade,site,fte\np1,2020-01-01,1,Hire,1,A,0.4\np1,2021-01-10,2,Data Change,1,B,0.6\n"
                    "p1,2021-03-31,2,Quit,1,B,0.6\np1,2021-08-01,1,Data Change,2,A,0.4\np1,2021-11-05,1,Quit,2,A,0.4\np2,2020-01-01,1,Hire,2,A,1\n");
    world_load(&w, 0);
    char *text = panel_of(&w);
    const mlab_panel_event *gone = mlab_panel_find_event(w.data->panel, "exit"), *promotion = mlab_panel_find_event(w.data->panel, "promotion");
    ck_assert_uint_eq(w.data->panel->n_rows, 8);
    ck_assert_str_eq(site_at(&w, 0), "A");
    ck_assert_str_eq(site_at(&w, 1), "B"); /* as of the evening of 31 March */
    ck_assert_str_eq(site_at(&w, 2), "A");
    ck_assert_int_eq(gone->what[0], 0);
    ck_assert_int_eq(gone->what[3], 1);
    ck_assert_int_eq(gone->day[3], day("2021-11-05"));
    ck_assert_int_eq(promotion->what[2], 1);
    has_finding(&w, "end_of_one_job", MLAB_SEVERITY_NOTE, 1, NULL);
    ck_assert_ptr_null(mlab_table_find(w.data->panel->rows, "job"));
    mlab_release(&w.context, text);
    world_close(&w);
}
END_TEST

/* Ends that are the day of the next beginning are exclusive ones. */
START_TEST(an_end_on_the_day_of_the_next_row_is_no_second_job)
{
    study_world w;
    study("history: {file: jobs.csv, state: [grade, site]}", exits);
    put("people.csv", "id\np1\n");
    put("jobs.csv", "id,from,to,reason,grade,site\np1,2020-01-01,2021-02-01,Hire,1,A\np1,2021-02-01,9999-12-31,Data Change,2,B\n");
    world_load(&w, 0);
    char *text = panel_of(&w);
    ck_assert_ptr_null(finding_of(&w, "jobs_at_once"));
    ck_assert_str_eq(site_at(&w, 1), "B");
    mlab_release(&w.context, text);
    world_close(&w);
}
END_TEST

START_TEST(a_rule_for_jobs_without_what_it_needs_is_a_finding)
{
    static const struct {
        const char *rule, *kind, *remedy;
    } cases[] = {{"concurrent: highest_fte", "no_fte", "history: {columns: {fte: {from: <column>}}}"},
                 {"concurrent: main", "no_main", "history: {main: \"primary == 'yes'\"}"},
                 {"concurrent: main, main: \"primry == 'yes'\"", "bad_condition", NULL}};
    for (size_t k = 0; k < 3; k++) {
        study_world w;
        char history[200];
        snprintf(history, sizeof history, "history: {file: jobs.csv, %s}", cases[k].rule);
        study(history, exits);
        put("people.csv", "id\np1\n");
        put("jobs.csv", "id,from,to,reason,primary\np1,2020-01-01,2021-12-31,Hire,yes\n");
        world_load(&w, 0);
        has_finding(&w, cases[k].kind, MLAB_SEVERITY_STOP, 1, cases[k].remedy);
        if (k == 2) ck_assert_ptr_nonnull(strstr(finding_of(&w, "bad_condition")->sentence, "primary"));
        world_close(&w);
    }
}
END_TEST

/* 40 people with one to five jobs of any length: the job of every row of the panel is that found by looking at every job on that day. */
START_TEST(the_job_of_a_day_is_that_found_by_looking_at_all_of_them)
{
    enum { PEOPLE = 40, MOST = 5 };
    int32_t from[PEOPLE][MOST], to[PEOPLE][MOST];
    int fte[PEOPLE][MOST], n_jobs[PEOPLE];
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_text people = MLAB_TEXT(&context), jobs = MLAB_TEXT(&context);
    const int32_t first = day("2020-06-01");
    uint32_t state = 4711, other = 0, all = 0;
    mlab_text_append(&people, "id\n");
    mlab_text_append(&jobs, "id,from,to,reason,site,fte\n");
    for (int p = 0; p < PEOPLE; p++) {
        mlab_text_print(&people, "p%02d\n", p);
        for (int j = 0; j < MOST; j++) {
            uint32_t draw[3];
            for (int k = 0; k < 3; k++) draw[k] = (state = state * 1664525 + 1013904223) >> 16;
            if (j > 1 && draw[0] % 3 == 0) {
                n_jobs[p] = j;
                break;
            }
            n_jobs[p] = j + 1;
            char a[16], b[16];
            from[p][j] = j ? first + (int32_t)(draw[0] % 500) : first;
            to[p][j] = j ? from[p][j] + 20 + (int32_t)(draw[1] % 200) : day("2199-12-30"); /* the first one goes on */
            fte[p][j] = j ? 10 + 7 * j + (int)(draw[2] % 6) : 20;
            mlab_date_print(from[p][j], a, sizeof a);
            mlab_date_print(to[p][j], b, sizeof b);
            mlab_text_print(&jobs, "p%02d,%s,%s,%s,s%d,%d\n", p, a, b, j ? "Data Change" : "Hire", j, fte[p][j]);
        }
    }
    study_world w;
    study("history: {file: jobs.csv, concurrent: highest_fte, state: [site, fte]}", exits);
    put("people.csv", mlab_text_get(&people));
    put("jobs.csv", mlab_text_get(&jobs));
    world_load(&w, 0);
    char *text = panel_of(&w);
    for (size_t i = 0; i < w.data->panel->n_rows; i++) {
        int p = (int)w.data->panel->person[i], best = 0;
        for (int j = 1; j < n_jobs[p]; j++)
            if (from[p][j] <= w.data->panel->start[i] && to[p][j] >= w.data->panel->start[i] && fte[p][j] > fte[p][best]) best = j;
        ck_assert_msg(site_at(&w, i)[1] == '0' + best, "person %d, row %zu: %s, expected s%d", p, i, site_at(&w, i), best);
        other += best > 0;
        all++;
    }
    ck_assert_uint_eq(all, 4 * PEOPLE);
    ck_assert_uint_gt(other, 20);
    mlab_release(&w.context, text);
    world_close(&w);
    mlab_text_free(&people);
    mlab_text_free(&jobs);
}
END_TEST

/*  p1 is promoted and resigns on 15 August, in two rows; p2's row of the exit has another grade; p3 has the day after the last one.
 *  A promotion on the last day there is one, as in the simple form; nothing changes on the first day gone, nor in the row of the exit. */
START_TEST(a_promotion_on_the_last_day_counts_as_in_the_simple_form)
{
    for (int gone = 0; gone < 2; gone++) {
        study_world w;
        study(gone ? "history: {file: jobs.csv, order: Seq, exit_day: first_day_gone}" : "history: {file: jobs.csv, order: Seq, exit_day: last_day}",
              exits);
        put("people.csv", "id\np1\np2\np3\n");
        put("jobs.csv", "id,from,Seq,reason,grade\np1,2020-01-01,1,Hire,1\np1,2021-08-15,1,Data Change,2\np1,2021-08-15,2,Quit,2\n"
                        "p2,2020-01-01,1,Hire,1\np2,2021-08-15,1,Quit,3\np3,2020-01-01,1,Hire,3\n");
        world_load(&w, 0);
        char *text = panel_of(&w);
        const mlab_panel_event *promotion = mlab_panel_find_event(w.data->panel, "promotion"), *exit = mlab_panel_find_event(w.data->panel, "exit");
        ck_assert_int_eq(promotion->what[2], !gone);
        ck_assert_int_eq(exit->what[2], 1);
        if (!gone) ck_assert_int_eq(promotion->day[2], day("2021-08-15"));
        ck_assert_int_eq(promotion->what[5], 0);
        ck_assert_int_eq(exit->what[5], 1);
        mlab_release(&w.context, text);
        world_close(&w);
    }
    study_world w;
    study("promotions: {file: promotions.csv}", "events: {exit: {voluntary: [Quit]}}\n");
    put("people.csv", "id,hired,left,exit_reason,grade\np1,2020-01-01,2021-08-15,Quit,1\np3,2020-01-01,,,3\n");
    put("promotions.csv", "id,date,to\np1,2021-08-15,2\n");
    world_load(&w, 0);
    char *text = panel_of(&w);
    ck_assert_int_eq(mlab_panel_find_event(w.data->panel, "promotion")->what[2], 1);
    mlab_release(&w.context, text);
    world_close(&w);
}
END_TEST

/* country is of people, type of the history: who becomes Regular in a country of the study is in from that day on. */
START_TEST(a_population_may_name_columns_of_people_and_states_together)
{
    study_world w;
    ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
    put("study.yaml", "as_of: 2021-12-31\ndata:\n  people: {file: people.csv, population: \"type == 'Regular' and country != 'FR'\"}\n"
                      "  history: {file: jobs.csv, state: [grade, type]}\nevents: {exit: {voluntary: [Quit]}, other: [Data Change]}\n"
                      "panel: {period: quarter, from: 2021-01-01, to: 2021-12-31}\n");
    put("people.csv", "id,country\np1,DE\np2,FR\np3,DE\np4,DE\n");
    put("jobs.csv", "id,from,reason,grade,type\np1,2020-01-01,Hire,1,Regular\np2,2020-01-01,Hire,1,Regular\np3,2020-01-01,Hire,1,Intern\n"
                    "p3,2021-07-01,Data Change,1,Regular\np4,2020-01-01,Hire,2,Intern\n");
    world_load(&w, 0);
    char *text = panel_of(&w);
    ck_assert_uint_eq(w.data->panel->n_people, 2);
    ck_assert_uint_eq(w.data->panel->n_rows, 4 + 2);
    ck_assert_str_eq(w.data->panel->ids[w.data->panel->person[4]], "p3");
    ck_assert_ptr_nonnull(mlab_table_find(w.data->panel->rows, "country"));
    mlab_release(&w.context, text);
    world_close(&w);
    put("study.yaml", "as_of: 2021-12-31\ndata:\n  people: {file: people.csv, population: \"typ == 'Regular' and country != 'FR'\"}\n"
                      "  history: {file: jobs.csv, state: [grade, type]}\nevents: {exit: {voluntary: [Quit]}, other: [Data Change]}\n");
    world_load(&w, 0);
    has_finding(&w, "bad_condition", MLAB_SEVERITY_STOP, 1, NULL);
    ck_assert_ptr_nonnull(strstr(finding_of(&w, "bad_condition")->sentence, "type"));
    world_close(&w);
}
END_TEST

/* %s: come, change, promotion by reason, leave, return, go by choice, dismissed. */
static const char *const english[] = {"Hire", "Data Change", "Promotion", "Parental Leave", "Return", "Resignation", "Dismissal"};
static const char *const german[] = {"Eintritt", "Änderung", "Beförderung", "Elternzeit", "Rückkehr", "Kündigung AN", "Kündigung AG"};

static char *panel_in(const char *const *word)
{
    static char kept[20000];
    study_world w;
    char events[800], jobs[1500];
    snprintf(events, sizeof events,
             "events: {hire: [%s], exit: {voluntary: [%s], involuntary: [%s]}, leave: {begins: [%s], ends: [%s], at_risk: no}, other: [%s], "
             "promotion: {when: \"grade > previous\", or_reason: [%s]}}\n",
             word[0], word[5], word[6], word[3], word[4], word[1], word[2]);
    study("history: {file: jobs.csv}", events);
    put("people.csv", "id\np1\np2\np3\n");
    snprintf(jobs, sizeof jobs,
             "id,from,reason,grade\np1,2020-01-01,%s,1\np1,2021-02-01,%s,1\np1,2021-08-15,%s,1\np2,2020-01-01,%s,2\np2,2021-02-10,%s,2\n"
             "p2,2021-05-10,%s,3\np3,2020-01-01,%s,3\np3,2021-03-31,%s,3\np3,2021-06-01,%s,1\np3,2021-07-01,%s,1\n",
             word[0], word[2], word[5], word[0], word[3], word[4], word[0], word[6], word[1], word[0]);
    put("jobs.csv", jobs);
    world_load(&w, 0);
    char *text = panel_of(&w);
    const mlab_panel_event *promotion = mlab_panel_find_event(w.data->panel, "promotion"), *gone = mlab_panel_find_event(w.data->panel, "exit");
    int promotions = 0, exited[3] = {0};
    for (size_t i = 0; i < w.data->panel->n_rows; i++) {
        promotions += promotion->what[i];
        exited[gone->what[i]]++;
    }
    ck_assert_int_eq(promotions, 2); /* p1 by its reason, p2 by the grade */
    ck_assert_int_eq(exited[1], 1);
    ck_assert_int_eq(exited[2], 1);
    snprintf(kept, sizeof kept, "%s", text);
    mlab_release(&w.context, text);
    world_close(&w);
    return kept;
}

START_TEST(reasons_in_german_that_are_listed_make_the_panel_of_english_ones)
{
    char first[20000];
    snprintf(first, sizeof first, "%s", panel_in(english));
    ck_assert_str_eq(panel_in(german), first);
}
END_TEST

/* Words that nobody listed: what sounds like an exit is asked, and so is what every time is the last that is heard of somebody. */
START_TEST(an_exit_that_is_not_listed_is_asked_for_in_any_language)
{
    static const struct {
        const char *word, *kind, *part;
    } cases[] = {{"Kündigung durch Arbeitnehmer", "exit_not_listed", "voluntary: ["},
                 {"Betriebsbedingt", "exit_not_listed", "involuntary: ["},
                 {"Utträde", "reason_ends_rows", "events: {exit: {voluntary: [..., \"Utträde\"]}}      (or another cause; or other: ["}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        study_world w;
        char jobs[2000];
        size_t n = (size_t)snprintf(jobs, sizeof jobs, "id,from,reason,grade\n");
        study("history: {file: jobs.csv}", "events: {exit: {voluntary: [Tod]}, other: [Data Change]}\n");
        put("people.csv", "id\np1\np2\np3\np4\np5\np6\n");
        for (int p = 1; p <= 6; p++)
            n += (size_t)snprintf(jobs + n, sizeof jobs - n, "p%d,2019-01-01,Hire,1\np%d,20%d-03-0%d,%s,1\n", p, p, p < 6 ? 20 : 21, p,
                                  p < 6 ? cases[k].word : "Data Change");
        put("jobs.csv", jobs);
        world_load(&w, 0);
        ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
        ck_assert_msg(finding_of(&w, cases[k].kind), "%s", told(&w));
        ck_assert_msg(strstr(finding_of(&w, cases[k].kind)->remedy, cases[k].part), "%s", finding_of(&w, cases[k].kind)->remedy);
        ck_assert((finding_of(&w, "reason_ends_rows") != NULL) == (k == 2));
        world_close(&w);
    }
}
END_TEST

START_TEST(every_failed_allocation_of_several_jobs_is_reported_and_nothing_leaks)
{
    two_jobs(", concurrent: highest_fte");
    sweep_allocations();
    put("study.yaml", "as_of: 2021-12-31\ndata:\n  people: {file: people.csv, population: \"site == 'A' and gender == 'f'\"}\n"
                      "  history: {file: jobs.csv, concurrent: main, main: \"primary == 'yes'\", state: [grade, site]}\n"
                      "events: {exit: {voluntary: [Quit], no_reason: voluntary}, other: [Data Change]}\npanel: {from: 2021-01-01}\n");
    put("people.csv", "id,gender\np1,f\np2,f\n");
    for (long k = 1, calls = k; k <= calls; k++) { /* without memory for a hint a condition has none, and nothing else is lost */
        study_world w;
        world_load(&w, k);
        calls = w.memory.calls > calls ? w.memory.calls : calls;
        ck_assert_msg(w.status == MLAB_ERR_MEMORY || w.status == MLAB_OK, "%ld: %s", k, told(&w));
        world_close(&w);
    }
}
END_TEST

MLAB_TEST_MAIN("jobs", reasons_in_german_that_are_listed_make_the_panel_of_english_ones, an_exit_that_is_not_listed_is_asked_for_in_any_language,
               two_jobs_at_a_time_have_to_be_decided, one_of_two_jobs_counts_and_its_end_is_no_exit, an_exit_from_one_of_several_jobs_is_none,
               an_end_on_the_day_of_the_next_row_is_no_second_job, a_rule_for_jobs_without_what_it_needs_is_a_finding,
               the_job_of_a_day_is_that_found_by_looking_at_all_of_them, a_promotion_on_the_last_day_counts_as_in_the_simple_form,
               a_population_may_name_columns_of_people_and_states_together, every_failed_allocation_of_several_jobs_is_reported_and_nothing_leaks)
