/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels one slip of the pen from another, renaming, and where the arm of a person-level study stands. */
#include "data/study_world.h"

/* A column of so many rows of each label, in a person-level study that uses it. */
static void put_labels(const char *yaml, const char *const *labels, const int *n, size_t n_labels)
{
    static char text[65536];
    ck_assert_int_eq(chdir(mlab_test_folder("labels")), 0);
    int used = snprintf(text, sizeof text, "tenure,left,x\n");
    for (size_t k = 0; k < n_labels; k++)
        for (int i = 0; i < n[k]; i++) used += snprintf(text + used, sizeof text - (size_t)used, "%d,1,%s\n", 10 + i, labels[k]);
    put("people.csv", text);
    snprintf(text, sizeof text, "data:\n  people: {file: people.csv}\n%scomparison: {adjust: [x]}\n", yaml);
    put("study.yaml", text);
}

static void finds(const char *a, int n, const char *b, int m, bool near, const char *remedy)
{
    study_world w;
    const char *const labels[] = {a, b, "Something else"};
    const int counts[] = {n, m, 100};
    put_labels("", labels, counts, 3);
    world_load(&w, 0);
    has_loaded(&w);
    ck_assert_msg(!near == !finding_of(&w, "label_near"), "'%s' (%d rows) and '%s' (%d rows)", a, n, b, m);
    if (near) has_finding(&w, "label_near", MLAB_SEVERITY_NOTE, (uint64_t)n, remedy);
    world_close(&w);
}

START_TEST(a_label_one_letter_from_a_far_more_frequent_one_is_found)
{
    finds("Finane", 3, "Finance", 40, true, "columns: {x: {rename: {\"Finane\": \"Finance\"}}}"); /* left out */
    finds("Legall", 3, "Legal", 40, true, "columns: {x: {rename: {\"Legall\": \"Legal\"}}}");     /* put in */
    finds("Lagal", 3, "Legal", 40, true, "columns: {x: {rename: {\"Lagal\": \"Legal\"}}}");       /* changed */
    finds("Lgeal", 3, "Legal", 40, true, "columns: {x: {rename: {\"Lgeal\": \"Legal\"}}}");       /* exchanged */
    finds("Lgael", 3, "Legal", 40, false, NULL);                                                  /* two slips */
    finds("Level 1", 3, "Level 2", 40, false, NULL);                                              /* digits are meant */
    finds("Leger", 3, "Legal", 40, false, NULL);                                                  /* two letters */
    finds("Legel", 30, "Legal", 40, false, NULL);                                                 /* as frequent */
    finds("Paris", 3, "Pari", 4, false, NULL);
}
END_TEST

START_TEST(a_slip_of_a_usual_name_is_found_where_the_name_itself_is_not)
{
    finds("Finane", 3, "Teaching", 40, true, "columns: {x: {rename: {\"Finane\": \"Finance\"}}}");
    finds("Manager", 3, "Management", 40, false, NULL);
}
END_TEST

START_TEST(renamed_labels_are_one_with_the_others_and_the_doubt_is_settled)
{
    study_world w;
    const char *const labels[] = {"Finane", "Finance", "Legal"};
    const int counts[] = {3, 40, 20};
    put_labels("  columns: {x: {rename: {Finane: Finance}}}\n", labels, counts, 3);
    world_load(&w, 0);
    has_loaded(&w);
    ck_assert_ptr_null(finding_of(&w, "label_near"));
    const mlab_column *x = mlab_table_find(w.data->people, "x");
    ck_assert_int_eq(x->n_levels, 2);
    ck_assert_str_eq(mlab_column_text(x, 0), "Finance");
    ck_assert_str_eq(mlab_column_text(x, 3), "Finance");
    ck_assert_str_eq(mlab_column_text(x, 43), "Legal");
    world_close(&w);
}
END_TEST

START_TEST(a_slip_among_the_labels_of_an_arm_is_to_be_decided)
{
    study_world w;
    const char *const labels[] = {"strctured", "structured", "none"};
    const int counts[] = {2, 40, 60};
    put_labels("  columns: {x: {type: arm, exposure: baseline}}\n", labels, counts, 3);
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    has_finding(&w, "label_near", MLAB_SEVERITY_DECIDE, 2, "columns: {x: {rename: {\"strctured\": \"structured\"}}}");
    world_close(&w);
}
END_TEST

START_TEST(an_unknown_label_names_the_nearest_one)
{
    study_world w;
    const char *const labels[] = {"Legl", "Legal", "Sales"};
    const int counts[] = {2, 40, 60};
    put_labels("  columns: {x: {levels: [Legal, Sales]}}\n", labels, counts, 3);
    world_load(&w, 0);
    has_finding(&w, "unknown_label", MLAB_SEVERITY_STOP, 2, "columns: {x: {rename: {\"Legl\": \"Legal\"}}}");
    ck_assert_ptr_nonnull(strstr(finding_of(&w, "unknown_label")->sentence, "did you mean 'Legal'?"));
    world_close(&w);
}
END_TEST

START_TEST(the_place_of_the_arm_in_the_study_file_is_known)
{
    study_world w;
    const char *const labels[] = {"coach", "none"};
    const int counts[] = {20, 20};
    put_labels("  columns:\n    x: {type: arm}\n", labels, counts, 2);
    world_load(&w, 0);
    has_loaded(&w);
    ck_assert_str_eq(w.data->arm_place.file, "study.yaml");
    ck_assert_uint_eq(w.data->arm_place.line, 4);
    ck_assert_uint_eq(w.data->arm_place.column, 5);
    world_close(&w);
}
END_TEST

START_TEST(every_allocation_may_fail_while_labels_are_looked_at)
{
    const char *const labels[] = {"Finane", "Finance", "Legal"};
    const int counts[] = {3, 40, 20};
    put_labels("", labels, counts, 3);
    sweep_allocations();
}
END_TEST

MLAB_TEST_MAIN("data/labels", a_label_one_letter_from_a_far_more_frequent_one_is_found, a_slip_of_a_usual_name_is_found_where_the_name_itself_is_not,
               renamed_labels_are_one_with_the_others_and_the_doubt_is_settled, a_slip_among_the_labels_of_an_arm_is_to_be_decided,
               an_unknown_label_names_the_nearest_one, the_place_of_the_arm_in_the_study_file_is_known,
               every_allocation_may_fail_while_labels_are_looked_at)
