/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots, and one firm as a job history, as snapshots and in the simple form. */
#include "data/history_world.h"

#include <stdlib.h>

/*  January, February, March, April 2021; p1 is missing from April on, p2 comes in March, p3 is missing in March alone */
START_TEST(who_is_missing_from_the_next_snapshot_has_left)
{
    static const char *const rules[] = {"", ", left: earliest", ", left: middle"}, *const last[] = {"2021-04-29", "2021-03-31", "2021-04-15"};
    for (int k = 0; k < 3; k++) {
        study_world w;
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
        world_load(&w, 0);
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
        world_close(&w);
    }
}
END_TEST

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
    study_world w;
    char *in_world, *copy;
    put("study.yaml", text);
    world_load(&w, 0);
    in_world = panel_of(&w);
    copy = malloc(strlen(in_world) + 1);
    ck_assert_ptr_nonnull(copy);
    strcpy(copy, in_world);
    mlab_release(&w.context, in_world);
    world_close(&w);
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

MLAB_TEST_MAIN("writings", who_is_missing_from_the_next_snapshot_has_left, one_firm_written_in_three_ways_has_one_panel)
