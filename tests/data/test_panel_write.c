/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/memory.h"
#include "data/panel_write.h"
#include "panel_world.h"

static world w;

/*          Q1          Q2
 *  p00  |--S========|===X       informal from Q2 on, leaves in May
 *  p01  |-----P-----|-----|     promoted in February; the panel ends with June
 */
static const mlab_panel *small_panel(mlab_test_memory *memory)
{
    context = mlab_test_context(memory, 1);
    world_start(&w, 2);
    w.spec.to = w.spec.as_of = day("2021-06-30");
    w.arms[1].name = "found, \"one\"";
    world_tie(&w, 1, 0, "2021-01-10", NULL, 1);
    world_leave(&w, 0, "2021-05-01", 1);
    world_promote(&w, 1, "2021-02-14", -1);
    world_answer(&w, 1, "2021-03-01", 2, 0.1);
    return world_build(&w);
}

START_TEST(the_csv_holds_every_row_with_empty_cells_for_missing)
{
    char *text;
    size_t n;
    mlab_error err;
    const mlab_panel *panel = small_panel(NULL);
    ck_assert_int_eq(mlab_panel_csv(panel, NULL, &text, &n, &err), MLAB_OK);
    ck_assert_uint_eq(strlen(text), n);
    ck_assert_str_eq(
        text,
        "person,spell,period,since,start,stop,prevalent,arm,grade,tenure,time_in_grade,mentoring_others,promoted,exit,site,code,mood,mood_last,score,"
        "score_last,promoted_share,promoted_date,exit_share,exit_date\n"
        "p00,0,0,0,2020-12-31,2021-03-31,0,none,1,1.002053388090349,1.002053388090349,0,0,none,program,p01,,,,,1,,1,\n"
        "p00,0,1,1,2021-03-31,2021-05-01,0,\"found, \"\"one\"\"\",1,1.2484599589322383,1.2484599589322383,0,0,involuntary,program,p01,,,,,"
        "1,,1,2021-05-01\n"
        "p01,0,0,0,2020-12-31,2021-03-31,0,none,1,1.002053388090349,1.002053388090349,0,1,none,,p00,high,,0.1,,1,2021-02-14,1,\n"
        "p01,0,1,1,2021-03-31,2021-06-30,0,none,2,1.2484599589322383,0.12320328542094455,1,0,none,,p00,,high,,0.1,1,,1,\n");
    mlab_release(&context, text);
    world_free(&w);
}
END_TEST

START_TEST(with_pseudonyms_people_are_in_their_order_and_texts_are_left_out)
{
    static const char *const names[] = {"f00d", "beef"};
    char *text;
    size_t n;
    mlab_error err;
    const mlab_panel *panel = small_panel(NULL);
    ck_assert_int_eq(mlab_panel_csv(panel, names, &text, &n, &err), MLAB_OK);
    const char *beef = strstr(text, "\nbeef,"), *food = strstr(text, "\nf00d,");
    ck_assert(beef && food && beef < food);
    ck_assert_ptr_null(strstr(text, "code"));
    ck_assert_ptr_null(strstr(text, "p00"));
    ck_assert_ptr_null(strstr(text, "p01"));
    mlab_release(&context, text);
    ck_assert_int_eq(mlab_panel_codebook(panel, false, &text, &err), MLAB_OK);
    ck_assert_ptr_nonnull(strstr(text, "| mood | ordered levels: low, mid, high | answer given inside the row"));
    ck_assert_ptr_nonnull(strstr(text, "4 rows of 2 people, 2 periods (quarter) from 2021-01-01 to 2021-06-30"));
    ck_assert_ptr_null(strstr(text, "| code |"));
    mlab_release(&context, text);
    world_free(&w);
}
END_TEST

static const mlab_panel_model models[] = {{"promotion", "hazard", "promoted ~ arm * grade + ns(tenure,3) - 1 + cluster(person)", NULL, 0, false},
                                          {"retention", "hazard", "exit ~ `arm` + poly(tenure, 2, raw) + offset(log(tenure))", NULL, 0, false},
                                          {"retention", "cox", "exit ~ arm + strata(site)", world_causes, 1, false},
                                          {"retention", "hazard", "exit ~ 1", NULL, 0, true},
                                          {"mood", "ordinal", "mood ~ arm", NULL, 0, false},
                                          {"score", "linear", "score ~ arm", NULL, 0, false},
                                          {"other", "nonesuch", "score ~ arm", NULL, 0, false}};

/*  manager is a factor whose levels are ids of people: with pseudonyms it must not be written */
START_TEST(a_column_of_ids_is_written_only_with_names)
{
    static const char *const names[] = {"f00d", "beef"}, *const managers[] = {"p01", "somebody"};
    char *text;
    size_t n;
    mlab_error err = {0};
    small_panel(NULL);
    mlab_panel_free(w.panel);
    add_column(w.people, "manager", MLAB_COLUMN_FACTOR, managers, 2);
    w.people_in.attributes = (const char *const[]){"manager"};
    w.people_in.n_attributes = 1;
    ck_assert_int_eq(mlab_panel_build(&context, &w.people_in, w.promotions, w.n_promotions, &w.surveys_in, &w.ties_in, &w.spec, NULL, &w.panel, &err),
                     MLAB_OK);
    for (int with_names = 0; with_names < 2; with_names++) {
        ck_assert_int_eq(mlab_panel_csv(w.panel, with_names ? NULL : names, &text, &n, &err), MLAB_OK);
        ck_assert((strstr(text, "manager") != NULL) == with_names && (strstr(text, "p01") != NULL) == with_names);
        mlab_release(&context, text);
        ck_assert_int_eq(mlab_panel_codebook(w.panel, with_names, &text, &err), MLAB_OK);
        ck_assert((strstr(text, "p01") != NULL) == with_names);
        mlab_release(&context, text);
    }
    const mlab_panel_model model = {"retention", "hazard", "exit ~ arm", NULL, 0, false};
    ck_assert_int_eq(mlab_panel_script(w.panel, "panel.csv", &model, 1, &text, &err), MLAB_OK);
    ck_assert_ptr_null(strstr(text, "p01"));
    mlab_release(&context, text);
    world_free(&w);
}
END_TEST

START_TEST(the_script_refits_what_r_can_and_says_what_it_cannot)
{
    static const char *const parts[] = {"formula <- promoted ~ arm + grade + ns(tenure, 3) + arm:grade - 1\n",
                                        "hazard(formula, d, y, d[[\"promoted_share\"]], FALSE)\n",
                                        "formula <- exit ~ arm + poly(tenure, 2, raw = TRUE) + offset(log(tenure))\n",
                                        "causes <- c(\"voluntary\", \"involuntary\")\n",
                                        "competing(formula, d, y, length(causes), d[[\"exit_share\"]])\n",
                                        "print(coxph(Surv(.from, .to, .event) ~ arm + strata(`site`), d, cluster = person)",
                                        "\"retention\", \"is not refitted here: a multinomial logit of several causes is beyond base R",
                                        "MASS::polr(formula, d, Hess = TRUE)",
                                        "formula <- `score` ~ arm\n",
                                        "is not refitted here: base R has no such model",
                                        "labels(\"arm\", c(\"none\", \"structured\", \"found, \\\"one\\\"\"))\n"};
    char *text;
    mlab_error err = {0};
    const mlab_panel *panel = small_panel(NULL);
    ck_assert_int_eq(mlab_panel_script(panel, "panel.csv", models, sizeof models / sizeof *models, &text, &err), MLAB_OK);
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) ck_assert_msg(strstr(text, parts[k]) != NULL, "%s\nis not in\n%s", parts[k], text);
    mlab_release(&context, text);
    const mlab_panel_model random = {"x", "hazard", "exit ~ (1 | person)", NULL, 0, false}, wrong = {"x", "hazard", "exit ~ (", NULL, 0, false};
    ck_assert_int_eq(mlab_panel_script(panel, "panel.csv", &random, 1, &text, &err), MLAB_OK);
    ck_assert_ptr_nonnull(strstr(text, "random effects are beyond base R"));
    mlab_release(&context, text);
    ck_assert_int_eq(mlab_panel_script(panel, "panel.csv", &wrong, 1, &text, &err), MLAB_ERR_DATA_FORMULA);
    ck_assert_ptr_null(text);
    world_free(&w);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    const mlab_panel *panel = small_panel(&memory);
    long live = memory.live;
    for (long k = 1;; k++) {
        char *texts[3] = {NULL, NULL, NULL};
        size_t n;
        mlab_error err = {0};
        memory.calls = 0;
        memory.fail_at = k;
        mlab_status status = mlab_panel_csv(panel, NULL, &texts[0], &n, &err);
        if (!status) status = mlab_panel_codebook(panel, true, &texts[1], &err);
        if (!status) status = mlab_panel_script(panel, "panel.csv", models, sizeof models / sizeof *models, &texts[2], &err);
        for (int t = 0; t < 3; t++) mlab_release(&context, texts[t]);
        ck_assert_int_eq(memory.live, live);
        if (status == MLAB_OK) {
            ck_assert_int_gt(k, 20);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    memory.fail_at = 0;
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("panel_write", the_csv_holds_every_row_with_empty_cells_for_missing, with_pseudonyms_people_are_in_their_order_and_texts_are_left_out,
               a_column_of_ids_is_written_only_with_names, the_script_refits_what_r_can_and_says_what_it_cannot,
               every_failed_allocation_is_reported_and_nothing_leaks)
