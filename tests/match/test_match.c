/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/memory.h"
#include "tables.h"

#include <math.h>
#include <stdio.h>

/* Four mentees, three mentors, one of whom (m2) is a mentee too.
 *
 *        grade department language wants            manager
 * e1       2     sales      en     law;tax;audit      m1
 * e2       3     sales      en     tax                m2
 * e3       2     it         de     go                 m2
 * m2       4     it         en     law                m3
 *        grade department language offers  places
 * m1       4     sales      en     tax;law    2
 * m2       4     it         en     go         1
 * m3       5     it         -      law        1
 */
static mlab_table *mentees_of(const mlab_context *context)
{
    mlab_table *t = test_table(context, 4);
    test_texts(t, "id", TEXTS("e1", "e2", "e3", "m2"));
    test_integers(t, "grade", INTEGERS(2, 3, 2, 4));
    test_texts(t, "department", TEXTS("sales", "sales", "it", "it"));
    test_texts(t, "language", TEXTS("en", "EN ", "de", "en"));
    test_texts(t, "wants", TEXTS("law; tax;audit", "tax", "go", "law"));
    test_texts(t, "manager", TEXTS("m1", "m2", "m2", "m3"));
    return t;
}

static mlab_table *mentors_of(const mlab_context *context)
{
    mlab_table *t = test_table(context, 3);
    test_texts(t, "id", TEXTS("m3", "m1", "m2"));
    test_integers(t, "grade", INTEGERS(5, 4, 4));
    test_texts(t, "department", TEXTS("it", "sales", "it"));
    test_texts(t, "language", TEXTS("", "en", "en"));
    test_texts(t, "offers", TEXTS("law", "Tax;law", "go"));
    test_integers(t, "places", INTEGERS(1, 2, INT32_MIN));
    return t;
}

static char skills[] = "skills", wants[] = "wants", offers[] = "offers", grade[] = "grade", gap[] = "seniority_gap", department[] = "department",
            language[] = "language", places[] = "places", optimal[] = "optimal", stable[] = "deferred_acceptance", lot[] = "random", id[] = "id",
            nowhere[] = "nowhere";
static char *all_policies[] = {optimal, stable, lot};

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_table *mentors, *mentees;
    mlab_findings findings;
    mlab_match_spec spec;
    mlab_rule rules[4];
    mlab_forbid forbids[2];
    mlab_pairs *got[3];
    mlab_error err;
} world;

static void start(world *w)
{
    *w = (world){0};
    w->context = mlab_test_context(&w->memory, 1);
    w->mentors = mentors_of(&w->context);
    w->mentees = mentees_of(&w->context);
    mlab_findings_start(&w->findings, &w->context);
    w->rules[0] = (mlab_rule){.name = skills, .kind = MLAB_RULE_OVERLAP, .mentee_column = wants, .mentor_column = offers, .weight = 4};
    static char semicolon[] = ";";
    w->rules[0].separator = semicolon;
    w->rules[1] =
        (mlab_rule){.name = gap, .kind = MLAB_RULE_GAP, .mentee_column = grade, .mentor_column = grade, .weight = 2, .best = 2, .spread = 3};
    w->rules[2] = (mlab_rule){.name = department, .kind = MLAB_RULE_DIFFERENT, .mentee_column = department, .mentor_column = department, .weight = 2};
    w->spec = (mlab_match_spec){.capacity_column = places,
                                .default_capacity = 1,
                                .rules = w->rules,
                                .n_rules = 3,
                                .forbids = w->forbids,
                                .policies = all_policies,
                                .n_policies = 3,
                                .seed = 4};
}

static mlab_status match(world *w, const char *const (*past)[2], size_t n_past)
{
    return mlab_match(&w->context, w->mentors, w->mentees, past, n_past, &w->spec, &w->findings, w->got, &w->err);
}

static void finish(world *w)
{
    for (size_t i = 0; i < w->spec.n_policies; i++) mlab_pairs_free(w->got[i]);
    mlab_findings_free(&w->findings);
    mlab_table_free(w->mentors);
    mlab_table_free(w->mentees);
    ck_assert_int_eq(w->memory.live, 0);
}

static const char *partner(const mlab_pairs *pairs, size_t mentee)
{
    return pairs->mentor_of[mentee] < 0 ? "" : pairs->mentors[pairs->mentor_of[mentee]];
}

START_TEST(scores_pairs_reasons_and_figures_are_those_worked_out_by_hand)
{
    world w;
    start(&w);
    ck_assert_msg(match(&w, NULL, 0) == MLAB_OK, "%s", w.err.sentence);
    const mlab_pairs *best = w.got[0];
    /* e1-m3: skills 1/3 (w 4), gap 3 (w 2, s 2/3), other department (w 2, s 1): 100 (4/3 + 4/3 + 2) / 8 = 58.33, as e1-m1
     * e2-m1: 1, gap 1 (s 2/3), same department (s 0): 66.67
     * e3-m2: 1, gap 2 (s 1), same department: 75
     * m2-m1: 1, gap 0 (s 1/3), other department: 83.33; m2 is not their own mentor */
    ck_assert_str_eq(partner(best, 0), "m3");
    ck_assert_str_eq(partner(best, 1), "m1");
    ck_assert_str_eq(partner(best, 2), "m2");
    ck_assert_str_eq(partner(best, 3), "m1");
    ck_near(best->score[0], 175.0 / 3, 1e-11, 0);
    ck_near(best->score[1], 200.0 / 3, 1e-11, 0);
    ck_near(best->score[2], 75, 1e-11, 0);
    ck_near(best->score[3], 250.0 / 3, 1e-11, 0);
    ck_near(best->total_score, 850.0 / 3, 1e-11, 0);
    ck_assert_str_eq(best->reason[0], "1 of 3 wanted skills, three grades above, other department");
    ck_assert_str_eq(best->reason[1], "1 of 1 wanted skills, one grade above, same department");
    ck_assert_str_eq(best->reason[3], "1 of 1 wanted skills, same grade, other department");
    ck_assert_str_eq(best->mentors[1], "m2");
    ck_assert_int_eq(best->load[0], 2);
    ck_assert_int_eq(best->capacity[1], 1);
    ck_assert_uint_eq(best->places, 4);
    ck_assert_uint_eq(best->n_pairs, 4);
    ck_assert_uint_eq(best->candidates, 11);
    ck_near(best->lowest_score, 175.0 / 3, 1e-11, 0);
    ck_near(best->mean_score, best->total_score / 4, 1e-11, 0);
    ck_assert_uint_eq(w.got[1]->blocking_pairs, 0);
    finish(&w);
}
END_TEST

/* One mentee, two mentors, 83.33 points each by other terms: 100 (4 2/3 + 2 1 + 2) / 8 and 100 (4 1 + 2 1/3 + 2) / 8. In doubles the sums differ
 * in the last digit; the lot decides all the same, and nobody is ranked behind the other. 200 seeds, false alarm 1e-8. */
START_TEST(equal_scores_by_other_terms_are_equal_and_go_by_lot)
{
    world w;
    start(&w);
    mlab_table_free(w.mentors);
    mlab_table_free(w.mentees);
    w.mentors = test_table(&w.context, 2);
    test_texts(w.mentors, "id", TEXTS("m1", "m2"));
    test_texts(w.mentors, offers, TEXTS("law;art", "law;art;math"));
    test_texts(w.mentors, department, TEXTS("y", "z"));
    test_integers(w.mentors, grade, INTEGERS(3, 5));
    w.mentees = test_table(&w.context, 1);
    test_texts(w.mentees, "id", TEXTS("e"));
    test_texts(w.mentees, wants, TEXTS("law;art;math"));
    test_texts(w.mentees, department, TEXTS("x"));
    test_integers(w.mentees, grade, INTEGERS(1));
    w.spec.capacity_column = NULL;
    int first[3] = {0};
    for (uint64_t seed = 1; seed <= 200; seed++) {
        w.spec.seed = seed;
        ck_assert_msg(match(&w, NULL, 0) == MLAB_OK, "%s", w.err.sentence);
        for (size_t k = 0; k < 3; k++) {
            first[k] += !strcmp(partner(w.got[k], 0), "m1");
            ck_near(w.got[k]->mean_rank, 1, 0, 0);
            ck_assert_uint_eq(w.got[k]->blocking_pairs, 0);
            if (seed < 200) mlab_pairs_free(w.got[k]);
        }
    }
    for (size_t k = 0; k < 3; k++) ck_assert_msg(first[k] > 60 && first[k] < 140, "policy %zu: %d of 200", k, first[k]);
    finish(&w);
}
END_TEST

START_TEST(what_is_not_known_neither_helps_nor_harms_and_is_counted)
{
    world w;
    start(&w);
    w.rules[3] = (mlab_rule){.name = language, .kind = MLAB_RULE_SAME, .mentee_column = language, .mentor_column = language, .weight = 100};
    w.spec.n_rules = 4;
    test_integers(w.mentors, "open", INTEGERS(1, 0, 0));
    static char open[] = "open";
    w.spec.capacity_column = open;
    ck_assert_int_eq(match(&w, NULL, 0), MLAB_OK);
    /* m2 and m3: law of law, gap 1, same department; the heavy rule is left out because the language of m3 is not known */
    ck_assert_str_eq(partner(w.got[0], 3), "m3");
    ck_near(w.got[0]->score[3], 200.0 / 3, 1e-11, 0);
    ck_assert_str_eq(w.got[0]->reason[3], "1 of 1 wanted skills, one grade above, same department, language not known");
    ck_assert_uint_eq(w.got[0]->terms_missing, 4);
    ck_assert_uint_eq(w.findings.n, 1);
    ck_assert_str_eq(w.findings.items[0].sentence, "rule 'language': column 'language' is empty for 1 of 3 mentors; it neither helps nor harms them");
    finish(&w);
}
END_TEST

START_TEST(a_must_rules_pairs_out_and_says_so)
{
    world w;
    start(&w);
    w.rules[3] =
        (mlab_rule){.name = language, .kind = MLAB_RULE_SAME, .mentee_column = language, .mentor_column = language, .weight = 1, .must = true};
    w.spec.n_rules = 4;
    test_integers(w.mentors, "open", INTEGERS(0, 1, 1));
    static char open[] = "open";
    w.spec.capacity_column = open;
    ck_assert_int_eq(match(&w, NULL, 0), MLAB_OK);
    const mlab_pairs *best = w.got[0];
    /* e3 speaks de: m1 and m2 are out, m3 cannot be looked at and has no place */
    ck_assert_str_eq(partner(best, 2), "");
    ck_assert_str_eq(best->reason[2], "no mentor left: the only allowed mentor is full; smallest change: one more place with that mentor");
    ck_assert_double_eq(best->score[2], 0);
    finish(&w);

    start(&w);
    w.rules[3] =
        (mlab_rule){.name = language, .kind = MLAB_RULE_SAME, .mentee_column = language, .mentor_column = language, .weight = 1, .must = true};
    w.spec.n_rules = 4;
    mlab_column *column = mlab_table_find(w.mentors, "language");
    ck_assert_int_eq(mlab_column_set_text(w.mentors, column, 0, "en", 2, NULL), MLAB_OK);
    column->missing[0] = 0;
    ck_assert_int_eq(match(&w, NULL, 0), MLAB_OK);
    ck_assert_str_eq(w.got[0]->reason[2],
                     "nobody allowed: language: must; smallest change: without 'language' 3 mentors would be allowed, 1 with a free place");
    finish(&w);
}
END_TEST

START_TEST(the_line_of_managers_and_past_pairs_are_forbidden)
{
    world w;
    start(&w);
    w.forbids[0] = (mlab_forbid){.kind = MLAB_FORBID_LINE_MANAGER, .levels = 2};
    w.forbids[1] = (mlab_forbid){.kind = MLAB_FORBID_PAST_PAIR};
    w.spec.n_forbids = 2;
    const char *const past[][2] = {{"m1", "e3"}, {"nobody", "e3"}};
    ck_assert_int_eq(match(&w, past, 2), MLAB_OK);
    /* e2's line is m2, m3; e3's too, and m1 is a past pair: nobody is left for e3. m2's boss is m3: m1 remains. e1's boss is m1. */
    const mlab_pairs *best = w.got[0];
    ck_assert_str_eq(partner(best, 1), "m1");
    ck_assert_str_eq(partner(best, 2), "");
    ck_assert_str_eq(best->reason[2],
                     "nobody allowed: own line of managers (2), were a pair before (1); smallest change: without 'own line of managers' 2 mentors "
                     "would be allowed, 1 with a free place");
    ck_assert_str_eq(partner(best, 3), "m1");
    ck_assert_str_ne(partner(best, 0), "m1");
    finish(&w);

    start(&w);
    static char team[] = "department";
    w.forbids[0] = (mlab_forbid){.kind = MLAB_FORBID_SAME_TEAM, .column = team};
    w.spec.n_forbids = 1;
    ck_assert_int_eq(match(&w, NULL, 0), MLAB_OK);
    for (size_t p = 0; p < 3; p++)
        for (size_t i = 0; i < 4; i++)
            if (w.got[p]->mentor_of[i] >= 0) ck_assert_int_eq(i < 2, strcmp(partner(w.got[p], i), "m1") != 0);
    finish(&w);
}
END_TEST

START_TEST(a_list_of_pairs_to_avoid_is_read_and_unknown_people_in_it_are_found)
{
    world w;
    char path[4200];
    snprintf(path, sizeof path, "%s/no.csv", mlab_test_folder("match"));
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("mentee;mentor\ne2;m1\ne9;m1\n", file);
    fclose(file);
    start(&w);
    w.forbids[0] = (mlab_forbid){.kind = MLAB_FORBID_LIST, .column = path};
    w.spec.n_forbids = 1;
    ck_assert_int_eq(match(&w, NULL, 0), MLAB_OK);
    for (size_t p = 0; p < 3; p++) ck_assert_str_ne(partner(w.got[p], 1), "m1");
    ck_assert_uint_eq(w.findings.n, 1);
    ck_assert_str_eq(w.findings.items[0].kind, "unlinked_id");
    ck_assert_str_eq(w.findings.items[0].occurrences[0].value, "e9");
    ck_assert_uint_eq(w.findings.items[0].occurrences[0].place.line, 3);
    finish(&w);

    file = fopen(path, "w");
    fputs("who,mentor\ne2,m1\n", file);
    fclose(file);
    start(&w);
    w.forbids[0] = (mlab_forbid){.kind = MLAB_FORBID_LIST, .column = path};
    w.spec.n_forbids = 1;
    ck_assert_int_eq(match(&w, NULL, 0), MLAB_ERR_MATCH_COLUMN);
    ck_assert_ptr_nonnull(strstr(w.err.sentence, "has no column 'mentee'"));
    finish(&w);
}
END_TEST

START_TEST(one_table_with_a_role_column_serves_both_sides)
{
    world w;
    start(&w);
    mlab_table_free(w.mentors);
    mlab_table_free(w.mentees);
    mlab_table *t = w.mentors = w.mentees = test_table(&w.context, 4);
    test_texts(t, "id", TEXTS("0012", "0007", "x", "y"));
    test_texts(t, "role", TEXTS("Both", "mentee", "mentor", "perhaps"));
    static char role[] = "role";
    w.spec = (mlab_match_spec){.role_column = role, .default_capacity = 1, .policies = all_policies, .n_policies = 3};
    ck_assert_int_eq(match(&w, NULL, 0), MLAB_OK);
    ck_assert_uint_eq(w.got[0]->n_mentees, 2);
    ck_assert_uint_eq(w.got[0]->n_mentors, 2);
    ck_assert_str_eq(w.got[0]->mentees[0], "0007");
    ck_assert_str_eq(partner(w.got[0], 0), "0012");
    ck_assert_str_eq(partner(w.got[0], 1), "x");
    ck_assert_double_eq(w.got[0]->mean_score, 50);
    ck_assert_str_eq(w.got[0]->reason[0], "no rule tells pairs apart");
    ck_assert_uint_eq(w.findings.n, 1);
    ck_assert_str_eq(w.findings.items[0].occurrences[0].value, "perhaps");
    w.mentees = NULL;
    finish(&w);
}
END_TEST

START_TEST(the_list_for_a_spreadsheet_keeps_ids_as_texts_and_runs_no_formula)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    char *mentees[] = {(char[]){"007"}, (char[]){"=1+1"}, (char[]){"a\"b"}}, *mentors[] = {(char[]){"@x"}};
    char *reasons[] = {(char[]){"one, two"}, (char[]){"x"}, (char[]){"-"}};
    int32_t mentor_of[] = {0, MLAB_UNMATCHED, 0};
    double score[] = {66.6667, 0, 100};
    mlab_pairs pairs = {.context = &context,
                        .n_mentees = 3,
                        .n_mentors = 1,
                        .mentees = mentees,
                        .mentors = mentors,
                        .mentor_of = mentor_of,
                        .score = score,
                        .reason = reasons};
    char *text = NULL;
    ck_assert_int_eq(mlab_pairs_csv(&context, &pairs, &text, NULL), MLAB_OK);
    ck_assert_str_eq(text, "mentee,mentor,score,reason\r\n\"007\",\"'@x\",66.7,\"one, two\"\r\n\"'=1+1\",\"\",,\"x\"\r\n"
                           "\"a\"\"b\",\"'@x\",100.0,\"'-\"\r\n");
    mlab_pairs_text_free(&context, text);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

static void expect(world *w, mlab_status status, const char *sentence)
{
    ck_assert_int_eq(match(w, NULL, 0), status);
    ck_assert_msg(strncmp(w->err.sentence, sentence, strlen(sentence)) == 0, "%s", w->err.sentence); /* a list of policies may go on */
    for (size_t i = 0; i < 3; i++) ck_assert_ptr_null(w->got[i]);
    finish(w);
}

START_TEST(what_cannot_be_matched_is_refused_with_what_and_where)
{
    world w;
    start(&w);
    w.rules[1].mentor_column = nowhere;
    w.rules[2].mentee_column = nowhere;
    ck_assert_int_eq(match(&w, NULL, 0), MLAB_ERR_MATCH_COLUMN);
    ck_assert_uint_eq(mlab_findings_count(&w.findings, MLAB_SEVERITY_STOP), 2); /* both at once */
    finish(&w);

    start(&w);
    w.rules[0].mentor_column = grade;
    expect(&w, MLAB_ERR_MATCH_COLUMN, "rule 'skills': column 'grade' must be text, a list of words");

    start(&w);
    w.rules[1].mentee_column = wants;
    expect(&w, MLAB_ERR_MATCH_COLUMN, "rule 'seniority_gap': column 'wants' must be numbers or ordered levels");

    start(&w);
    w.spec.capacity_column = grade;
    mlab_table_find(w.mentors, "grade")->as.integer[1] = -1;
    expect(&w, MLAB_ERR_MATCH_CAPACITY, "column 'grade': the places of a mentor must be a whole number from 0 to 100000");

    start(&w);
    w.spec.policies = (char *[]){nowhere};
    w.spec.n_policies = 1;
    expect(&w, MLAB_ERR_MATCH_POLICY, "there is no policy 'nowhere', allowed random, serial_dictatorship, deferred_acceptance");

    start(&w);
    mlab_table_drop(w.mentees, "id");
    expect(&w, MLAB_ERR_MATCH_COLUMN, "the mentees' table has no column 'id' for ids");

    start(&w);
    mlab_table_drop(w.mentors, "id");
    test_texts(w.mentors, "id", TEXTS("m1", "m1", "m2"));
    expect(&w, MLAB_ERR_MATCH_POOL, "an id stands in two rows; everybody must have one row");
    (void)id;
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    const char *const past[][2] = {{"m1", "e3"}};
    for (long k = 1;; k++) {
        world w;
        start(&w);
        w.forbids[0] = (mlab_forbid){.kind = MLAB_FORBID_LINE_MANAGER, .levels = 2};
        w.forbids[1] = (mlab_forbid){.kind = MLAB_FORBID_PAST_PAIR};
        w.spec.n_forbids = 2;
        w.rules[3] = (mlab_rule){.name = language, .kind = MLAB_RULE_SAME, .mentee_column = language, .mentor_column = language, .weight = 1};
        w.spec.n_rules = 4;
        w.memory.fail_at = w.memory.calls + k;
        mlab_status status = match(&w, past, 1);
        const bool failed = status != MLAB_OK;
        if (failed) {
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
            for (size_t i = 0; i < 3; i++) ck_assert_ptr_null(w.got[i]);
        }
        finish(&w);
        if (!failed) {
            ck_assert_int_gt(k, 40);
            break;
        }
    }
}
END_TEST

MLAB_TEST_MAIN("match", scores_pairs_reasons_and_figures_are_those_worked_out_by_hand, equal_scores_by_other_terms_are_equal_and_go_by_lot,
               what_is_not_known_neither_helps_nor_harms_and_is_counted, a_must_rules_pairs_out_and_says_so,
               the_line_of_managers_and_past_pairs_are_forbidden, a_list_of_pairs_to_avoid_is_read_and_unknown_people_in_it_are_found,
               one_table_with_a_role_column_serves_both_sides, the_list_for_a_spreadsheet_keeps_ids_as_texts_and_runs_no_formula,
               what_cannot_be_matched_is_refused_with_what_and_where, every_failed_allocation_is_reported_and_nothing_leaks)
