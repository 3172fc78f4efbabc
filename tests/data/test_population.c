/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is in a study, who is out and why. */
#include "data/history_world.h"

/*  p1  Contractor since 2020, Regular from 2021-05-10 on     belongs to the study from then; the service before does not count
 *  p2  Regular, Contractor from 2021-08-01 on                belongs to it until 31 July: no exit
 *  p3  Contractor                                            never                                          */
START_TEST(a_population_may_change_in_time)
{
    study_world w;
    ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
    put("people.csv", "id\np1\np2\np3\n");
    put("jobs.csv", "id,from,reason,grade,type\np1,2020-01-01,Hire,1,Contractor\np1,2021-05-10,Data Change,1,Regular\np2,2020-01-01,Hire,1,Regular\n"
                    "p2,2021-08-01,Data Change,1,Contractor\np3,2020-01-01,Hire,2,Contractor\n");
    put("study.yaml", "as_of: 2021-12-31\ndata:\n  people: {file: people.csv, population: \"type == 'Regular'\"}\n  history: {file: jobs.csv}\n"
                      "events: {exit: {voluntary: [Quit]}, other: [Data Change]}\npanel: {from: 2021-01-01}\n");
    world_load(&w, 0);
    char *text = panel_of(&w);
    const mlab_panel *panel = w.data->panel;
    ck_assert_uint_eq(panel->n_rows, 3 + 3);
    ck_assert_int_eq(panel->start[0], day("2021-05-09"));
    ck_near(column(&w, "tenure")->as.real[0], 0, 0, 0);
    ck_assert_int_eq(panel->stop[5], day("2021-07-31"));
    ck_assert_int_eq(mlab_panel_find_event(panel, "exit")->what[5], 0);
    ck_near(mlab_panel_find_event(panel, "exit")->share[5], 31.0 / 92, 1e-12, 0);
    mlab_release(&w.context, text);
    world_close(&w);
}
END_TEST

/* The chart of who is in: p1 of the people, p2 outside, p3 before, p4 after, p5 without a row, p6 never regular. */
START_TEST(who_is_out_is_counted_with_the_reason)
{
    static const mlab_flow_step steps[] = {{"in people.csv", 7, false},          {"do not belong to the population (type == 'Regular')", 1, true},
                                           {"have no row in jobs.csv", 1, true}, {"left before the study begins", 1, true},
                                           {"come after it ends", 1, true},      {"there on at least one day of the study", 3, false}};
    study_world w;
    ck_assert_int_eq(chdir(mlab_test_folder("history")), 0);
    put("people.csv", "id\np1\np2\np3\np4\np5\np6\np7\n");
    put("jobs.csv", "id,from,reason,type\np1,2020-01-01,Hire,Regular\np2,2021-02-01,Hire,Regular\np3,2019-01-01,Hire,Regular\n"
                    "p3,2020-05-01,Quit,Regular\np4,2022-02-01,Hire,Regular\np6,2021-01-01,Hire,Temp\np7,2020-01-01,Hire,Regular\n");
    put("study.yaml",
        "as_of: 2022-12-31\ndata:\n  people: {file: people.csv, population: \"type == 'Regular'\"}\n"
        "  history: {file: jobs.csv, accept_missing: 0.2}\nevents: {exit: {voluntary: [Quit]}}\npanel: {from: 2021-01-01, to: 2021-12-31}\n");
    world_load(&w, 0);
    ck_assert_msg(w.status == MLAB_OK, "%s", told(&w));
    ck_assert_uint_eq(w.data->n_flow, sizeof steps / sizeof *steps);
    for (size_t i = 0; i < w.data->n_flow; i++) {
        ck_assert_str_eq(w.data->flow[i].what, steps[i].what);
        ck_assert_uint_eq(w.data->flow[i].people, steps[i].people);
        ck_assert(w.data->flow[i].out == steps[i].out);
    }
    world_close(&w);
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

MLAB_TEST_MAIN("population", a_population_may_change_in_time, who_is_out_is_counted_with_the_reason, small_steps_of_the_chart_are_put_together)
