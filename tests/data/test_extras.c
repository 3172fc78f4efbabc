/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ratings, training, goals, meetings, and mentors from outside the firm. */
#include "data/study_world.h"

/*        Q1 2022           Q2            Q3            Q4
 *  p1    rated 3 and 5 on  trained 4 h   rated 2       goal reached
 *        10 Feb; goal set  on 5 May      on 1 July     on 2 November
 *        on 3 Mar
 *  p2    trained 10 h on 1 Jan 2021; a mentor from outside from 1 April on, meetings in April, May, June
 */
static void put_firm(const char *more)
{
    static char text[3000];
    ck_assert_int_eq(chdir(mlab_test_folder("extras")), 0);
    put("people.csv", "id,hired\np1,2020-01-01\np2,2020-01-01\n");
    put("ratings.csv", "id,rater,role,skill,date,score\np1,p2,manager,lead,2022-07-01,2\np1,x9,peer,lead,2022-02-10,5\n"
                       "p1,p2,manager,talk,2022-02-10,3\n");
    put("training.csv", "id,provider,date,hours\np2,ACME,2021-01-01,10\np1,ACME,2022-05-05,4\n");
    put("goals.csv", "id,set,reached\np1,2022-03-03,2022-11-02\np1,2022-03-03,\n");
    put("pairs.csv", "mentor,mentee,start,end\nout1,p2,2022-04-01,\n");
    put("meetings.csv", "mentor,mentee,date,minutes\nout1,p2,2022-04-20,30\nout1,p2,2022-05-20,30\nout1,p2,2022-06-20,30\n");
    snprintf(text, sizeof text,
             "as_of: 2022-12-31\ndata:\n  people: {file: people.csv}\n  relationships: {file: pairs.csv, external: yes}\n%s"
             "panel: {period: quarter, from: 2022-01-01, to: 2022-12-31}\n",
             more);
    put("study.yaml", text);
}

static const char all[] = "  ratings: {file: ratings.csv}\n"
                          "  training: {file: training.csv}\n"
                          "  goals: {file: goals.csv}\n"
                          "  meetings: {file: meetings.csv, external: yes}\n";

/* "4 2 - 3.5": a column of a person's quarters. */
static void has_values(const study_world *w, const char *id, const char *name, const char *expected)
{
    char got[200] = "";
    const mlab_panel *panel = w->data->panel;
    const mlab_column *column = mlab_table_find(panel->rows, name);
    ck_assert_msg(column && column->type == MLAB_COLUMN_REAL, "no numbers in column %s", name);
    for (size_t i = 0; i < panel->n_rows; i++) {
        if (strcmp(panel->ids[panel->person[i]], id) != 0) continue;
        size_t n = strlen(got);
        if (column->missing && column->missing[i])
            snprintf(got + n, sizeof got - n, "%s-", n ? " " : "");
        else
            snprintf(got + n, sizeof got - n, "%s%.4g", n ? " " : "", column->as.real[i]);
    }
    ck_assert_msg(!strcmp(got, expected), "%s of %s: %s, expected %s", name, id, got, expected);
}

START_TEST(what_is_recorded_adds_up_until_a_period_begins)
{
    study_world w;
    put_firm(all);
    world_load(&w, 0);
    has_loaded(&w);
    has_values(&w, "p1", "training_hours", "0 0 4 4");
    has_values(&w, "p2", "training_hours", "10 10 10 10");
    has_values(&w, "p1", "goals_set", "0 2 2 2");
    has_values(&w, "p1", "goals_reached", "0 0 0 0");
    has_values(&w, "p2", "goals_set", "0 0 0 0");
    has_values(&w, "p2", "meetings_per_month", "0 0 1.003 0"); /* three in the 91 days before July */
    ck_assert_ptr_nonnull(finding_of(&w, "not_used"));
    ck_assert_uint_eq(w.data->n_inputs, 6);
    world_close(&w);
}
END_TEST

START_TEST(ratings_are_a_measure_by_the_mean_of_a_day)
{
    study_world w;
    put_firm(all);
    world_load(&w, 0);
    has_loaded(&w);
    has_values(&w, "p1", "rating", "4 - 2 -");
    has_values(&w, "p1", "rating_last", "- 4 4 2");
    has_values(&w, "p2", "rating", "- - - -");
    ck_assert_uint_eq(w.data->panel->n_measures, 1);
    ck_assert_str_eq(w.data->panel->measures[0], "rating");
    world_close(&w);
    put_firm("  ratings: {file: ratings.csv, where: \"role == 'manager'\"}\n");
    world_load(&w, 0);
    has_loaded(&w);
    has_values(&w, "p1", "rating", "3 - 2 -");
    world_close(&w);
}
END_TEST

static void has_row(const mlab_table *table, size_t row, const char *person, const char *rater, const char *role, double score)
{
    ck_assert_str_eq(mlab_column_text(mlab_table_find(table, "person"), row), person);
    ck_assert_str_eq(mlab_column_text(mlab_table_find(table, "rater"), row), rater);
    ck_assert_str_eq(mlab_column_text(mlab_table_find(table, "role"), row), role);
    ck_assert_double_eq(mlab_table_find(table, "score")->as.real[row], score);
}

START_TEST(ratings_are_kept_one_by_one_sorted_and_raters_are_linked)
{
    study_world w;
    put_firm("  ratings: {file: ratings.csv}\n");
    world_load(&w, 0);
    has_loaded(&w);
    const mlab_table *table = w.data->ratings;
    ck_assert_uint_eq(table->n_rows, 3);
    has_row(table, 0, "p1", "p2", "manager", 3);
    has_row(table, 1, "p1", "x9", "peer", 5);
    has_row(table, 2, "p1", "p2", "manager", 2);
    ck_assert_str_eq(mlab_table_find(table, "skill")->levels[1], "talk");
    ck_assert_ptr_null(finding_of(&w, "raters_not_named"));
    world_close(&w);
    put_firm("  ratings: {file: ratings.csv}\n"); /* another order, and one who is not named */
    put("ratings.csv", "id,rater,role,skill,date,score\np1,p2,manager,talk,2022-02-10,3\np1,,peer,lead,2022-02-10,5\n"
                       "p1,p2,manager,lead,2022-07-01,2\n");
    world_load(&w, 0);
    has_loaded(&w);
    has_row(w.data->ratings, 0, "p1", "\x01\x31", "peer", 5);
    has_row(w.data->ratings, 1, "p1", "p2", "manager", 3);
    has_finding(&w, "raters_not_named", MLAB_SEVERITY_NOTE, 1, NULL);
    world_close(&w);
    put_firm("  ratings: {file: ratings.csv, where: \"role == 'peer'\"}\n");
    world_load(&w, 0);
    has_loaded(&w);
    ck_assert_uint_eq(w.data->ratings->n_rows, 1);
    world_close(&w);
}
END_TEST

START_TEST(ratings_stand_beside_the_answers_of_a_survey)
{
    study_world w;
    put_firm("  ratings: {file: ratings.csv}\n  surveys: {file: survey.csv, scale: [low, high]}\n");
    put("survey.csv", "id,date,satisfaction\np1,2022-02-01,high\np2,2022-08-01,low\n");
    world_load(&w, 0);
    has_loaded(&w);
    has_values(&w, "p1", "rating", "4 - 2 -");
    const mlab_column *mood = mlab_table_find(w.data->panel->rows, "satisfaction");
    ck_assert(mood->ordered && mood->n_levels == 2);
    ck_assert_int_eq(mood->as.integer[0], 1);
    ck_assert_int_eq(mood->missing[1], 1);
    ck_assert_uint_eq(w.data->panel->n_measures, 2);
    world_close(&w);
}
END_TEST

START_TEST(a_mentor_from_outside_needs_no_row_only_when_the_study_says_so)
{
    study_world w;
    put_firm("");
    world_load(&w, 0);
    has_loaded(&w);
    ck_assert_uint_eq(w.data->n_relationships, 1);
    ck_assert_int_eq(w.data->panel->arm[5], 1); /* p2 in the second quarter */
    has_finding(&w, "unlinked", MLAB_SEVERITY_NOTE, 1, NULL);
    world_close(&w);
    put("study.yaml", "as_of: 2022-12-31\ndata: {people: {file: people.csv}, relationships: {file: pairs.csv}}\n");
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    ck_assert_int_eq(finding_of(&w, "unlinked")->severity, MLAB_SEVERITY_STOP);
    world_close(&w);
}
END_TEST

static void refuses(const char *more, const char *file, const char *text, const char *kind)
{
    study_world w;
    put_firm(more);
    put(file, text);
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    const mlab_finding *f = NULL;
    for (size_t i = 0; i < w.findings.n && !f; i++)
        if (!strcmp(w.findings.items[i].kind, kind) && w.findings.items[i].severity == MLAB_SEVERITY_STOP) f = &w.findings.items[i];
    ck_assert_msg(f, "no stop '%s'; the first finding is '%s'", kind, w.findings.n ? w.findings.items[0].kind : "none");
    ck_assert(f->occurrences[0].place.file[0] || !strcmp(kind, "missing_column")); /* that one names the file in its sentence */
    world_close(&w);
}

START_TEST(what_is_wrong_with_a_further_table_is_said)
{
    refuses(all, "training.csv", "id,date,hours\np1,2022-05-05,-4\n", "negative_hours");
    refuses(all, "training.csv", "id,date\np1,2022-05-05\n", "missing_column");
    refuses(all, "goals.csv", "id,set,reached\np1,2022-05-05,2022-05-04\n", "reached_before_set");
    refuses(all, "ratings.csv", "id,date,score\np1,,3\n", "missing_cell");
    refuses(all, "ratings.csv", "id,date,score\nq7,2022-05-05,3\n", "unlinked");
    refuses("  ratings: {file: ratings.csv, where: \"rol == 'manager'\"}\n", "goals.csv", "", "bad_condition");
}
END_TEST

/* The heading of people's ids is not in the file, and another column has the name that the program would give it: one finding, no more. */
START_TEST(a_further_table_without_the_heading_of_ids_is_one_finding)
{
    study_world w;
    put_firm("  ratings: {file: ratings.csv, id: number}\n");
    put("ratings.csv", "person,rater,role,skill,date,score\np1,p2,manager,lead,2022-07-01,2\n");
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    has_finding(&w, "missing_column", MLAB_SEVERITY_STOP, 1, "ratings: {person: HEADING}      (the heading that holds it)");
    world_close(&w);
    put_firm("  ratings: {file: ratings.csv}\n"); /* not stated: people's heading is not there, person is */
    put("ratings.csv", "person,rater,role,skill,date,score\np1,p2,manager,lead,2022-07-01,2\n");
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_OK);
    ck_assert_ptr_nonnull(strstr(w.data->guesses, "to pin it: ratings: {person: person}"));
    world_close(&w);
}
END_TEST

START_TEST(every_allocation_may_fail_while_further_tables_are_read)
{
    put_firm(all);
    sweep_allocations();
}
END_TEST

MLAB_TEST_MAIN("data/extras", a_further_table_without_the_heading_of_ids_is_one_finding, what_is_recorded_adds_up_until_a_period_begins,
               ratings_are_a_measure_by_the_mean_of_a_day, ratings_are_kept_one_by_one_sorted_and_raters_are_linked,
               ratings_stand_beside_the_answers_of_a_survey, a_mentor_from_outside_needs_no_row_only_when_the_study_says_so,
               what_is_wrong_with_a_further_table_is_said, every_allocation_may_fail_while_further_tables_are_read)
