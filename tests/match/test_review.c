/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/memory.h"
#include "core/os.h"
#include "match/matching.h"
#include "tables.h"

#include <stdio.h>
#include <stdlib.h>

/* Four mentees want one skill each, three mentors offer; m1 has two places.
 *
 * e1 a    m1 a;b (2)
 * e2 b    m2 b;c
 * e3 c    m3 d
 * e4 d
 */
static char skills[] = "skills", wants[] = "wants", offers[] = "offers", places[] = "places", semicolon[] = ";", optimal[] = "optimal",
            name[] = "name";
static char *policies[] = {optimal}, *carry[] = {name};

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_table *mentors, *mentees;
    mlab_findings findings;
    mlab_rule rule;
    mlab_match_spec spec;
    mlab_matching *matching;
    mlab_pairs *pairs;
    mlab_review *review;
    mlab_error err;
    char folder[4000], path[4100];
} world;

static void start(world *w)
{
    *w = (world){0};
    w->context = mlab_test_context(&w->memory, 1);
    w->mentees = test_table(&w->context, 4);
    test_texts(w->mentees, "id", TEXTS("e1", "e2", "e3", "e4"));
    test_texts(w->mentees, "name", TEXTS("Ann", "=HYPERLINK(1)", "Carl \"the\" C", "Dora"));
    test_texts(w->mentees, "wants", TEXTS("a", "b", "c", "d"));
    w->mentors = test_table(&w->context, 3);
    test_texts(w->mentors, "id", TEXTS("m1", "m2", "m3"));
    test_texts(w->mentors, "offers", TEXTS("a;b", "b;c", "d"));
    test_texts(w->mentors, "email", TEXTS("m1@x", "m2@x", "m3@x"));
    test_integers(w->mentors, "places", INTEGERS(2, 1, 1));
    mlab_findings_start(&w->findings, &w->context);
    w->rule =
        (mlab_rule){.name = skills, .kind = MLAB_RULE_OVERLAP, .mentee_column = wants, .mentor_column = offers, .weight = 1, .separator = semicolon};
    w->spec = (mlab_match_spec){
        .capacity_column = places, .rules = &w->rule, .n_rules = 1, .policies = policies, .n_policies = 1, .seed = 1, .carry = carry, .n_carry = 1};
    snprintf(w->folder, sizeof w->folder, "%s", mlab_test_folder("review"));
    snprintf(w->path, sizeof w->path, "%s/pairs.csv", w->folder);
}

static void open_world(world *w)
{
    ck_assert_msg(mlab_matching_open(&w->context, w->mentors, w->mentees, NULL, 0, &w->spec, &w->findings, &w->matching, &w->err) == MLAB_OK, "%s",
                  w->err.sentence);
    ck_assert_msg(mlab_matching_run(w->matching, 0, &w->findings, &w->pairs, &w->err) == MLAB_OK, "%s", w->err.sentence);
}

static mlab_status review(world *w, const char *text)
{
    mlab_review_free(w->review);
    ck_assert_int_eq(mlab_os_write_file(&w->context, w->path, text, strlen(text), true, NULL), MLAB_OK);
    return mlab_matching_review(w->matching, w->path, "pairs.csv", &w->findings, &w->review, &w->err);
}

static void finish(world *w)
{
    mlab_review_free(w->review);
    mlab_pairs_free(w->pairs);
    mlab_matching_free(w->matching);
    mlab_findings_free(&w->findings);
    mlab_table_free(w->mentors);
    mlab_table_free(w->mentees);
    ck_assert_int_eq(w->memory.live, 0);
}

static char *list_text(world *w, const mlab_pairs *pairs, mlab_pairs_view view)
{
    mlab_list *list = NULL;
    char *text = NULL;
    ck_assert_msg(mlab_pairs_list(w->matching, pairs, view, &list, &w->err) == MLAB_OK, "%s", w->err.sentence);
    ck_assert_int_eq(mlab_list_csv(list, &text, NULL), MLAB_OK);
    mlab_list_free(list);
    return text;
}

START_TEST(the_list_of_pairs_tells_points_alternatives_and_what_they_break)
{
    world w;
    start(&w);
    open_world(&w);
    char *text = list_text(&w, w.pairs, MLAB_VIEW_PAIRS);
    /* all four have what they want: e1, e2 with m1, e3 with m2, e4 with m3. e2's best other is m2, who has e3 and no place */
    ck_assert_ptr_nonnull(strstr(text, "\"decision\",\"mentee\",\"mentee name\",\"mentor\",\"mentor name\",\"score\",\"reason\",\"points: skills\""));
    ck_assert_ptr_nonnull(strstr(text, "\"\",\"e1\",\"Ann\",\"m1\",\"\",100,\"1 of 1 wanted skills\",100,"));
    ck_assert_ptr_nonnull(strstr(text, "\"'=HYPERLINK(1)\"")); /* no formula */
    ck_assert_ptr_nonnull(strstr(text, "\"Carl \"\"the\"\" C\""));
    const char *e2 = strstr(text, "\"e2\"");
    ck_assert_ptr_nonnull(strstr(e2, "\"m2\",100,\"e3\",0,\"m2\",100,\"the pair of e3, who would need another; score -100.0 before that\"") ? e2
                                                                                                                                            : NULL);
    mlab_pairs_text_free(&w.context, text);
    text = list_text(&w, w.pairs, MLAB_VIEW_MENTORS);
    ck_assert_ptr_nonnull(strstr(text, "\"m1\",\"\",2,2,\"e1; e2\""));
    mlab_pairs_text_free(&w.context, text);
    text = list_text(&w, w.pairs, MLAB_VIEW_BY_PERSON);
    ck_assert_ptr_nonnull(strstr(text, "\"m3\",\"mentor\",\"\",\"e4\",\"Dora\",100\r\n"));
    mlab_pairs_text_free(&w.context, text);
    mlab_list *list = NULL;
    ck_assert_int_eq(mlab_pairs_list(w.matching, w.pairs, MLAB_VIEW_CHRONUS, &list, &w.err), MLAB_ERR_MATCH_COLUMN);
    ck_assert_str_eq(w.err.sentence, "the platform knows people by e-mail address; the mentees' list has no text column 'email'");
    ck_assert_ptr_null(list);
    finish(&w);
}
END_TEST

START_TEST(the_platforms_lists_have_the_headings_of_their_help_pages)
{
    world w;
    start(&w);
    test_texts(w.mentees, "E-mail", TEXTS("e1@x", "e2@x", "e3@x", "e4@x"));
    open_world(&w);
    char *text = list_text(&w, w.pairs, MLAB_VIEW_CHRONUS);
    ck_assert_str_eq(text, "\"Mentor Email Address\",\"Mentee Email Address\"\r\n\"m1@x\",\"e1@x\"\r\n\"m1@x\",\"e2@x\"\r\n\"m2@x\",\"e3@x\"\r\n"
                           "\"m3@x\",\"e4@x\"\r\n");
    mlab_pairs_text_free(&w.context, text);
    finish(&w);
}
END_TEST

START_TEST(accepted_pairs_stay_rejected_ones_never_come_back_and_the_rest_changes_least)
{
    world w;
    start(&w);
    open_world(&w);
    ck_assert_msg(review(&w, "decision,mentee,mentor,score\nAccept,e1,m1,100\nreject,e2,m1,100\n,e3,m2,100\n,e4,m3,100\n") == MLAB_OK, "%s",
                  w.err.sentence);
    const mlab_pairs *p = w.review->pairs;
    /* e2 cannot have m1 again. m2 is e3's and m3 is e4's: one of three goes short, and fewest changes leave that to e2 or move one pair; most mentees
     * with a mentor come first, so m1's free place goes to e3 or e4 (0 points) and e2 gets theirs. */
    ck_assert_int_eq(p->mentor_of[0], 0);
    ck_assert_int_ne(p->mentor_of[1], 0);
    ck_assert_uint_eq(p->n_matched, 4);
    ck_assert_uint_eq(w.review->moved, 1);
    ck_assert_uint_eq(w.review->rematched, 1);
    ck_assert_uint_eq(w.review->kept, 2);
    ck_assert_int_eq(p->mentor_of[1], 1); /* m2 offers b */
    ck_assert_int_eq(p->mentor_of[2], 0);
    ck_near(w.review->changes[2].points, -100, 1e-9, 0);
    char *text = list_text(&w, p, MLAB_VIEW_PAIRS);
    ck_assert_ptr_nonnull(strstr(text, "\"accept\",\"e1\""));
    const char *e2 = strstr(text, "\"e2\"");
    ck_assert_ptr_nonnull(strstr(e2, ",\"m1\"\r\n")); /* rejected before */

    /* the list goes round once more, untouched: nothing moves, and m1 is still barred for e2 */
    ck_assert_msg(review(&w, text) == MLAB_OK, "%s", w.err.sentence);
    ck_assert_uint_eq(w.review->kept, 4);
    ck_assert_int_eq(w.review->pairs->mentor_of[1], 1);
    ck_assert_uint_eq(w.matching->n_rejected, 1);
    mlab_pairs_text_free(&w.context, text);
    finish(&w);
}
END_TEST

START_TEST(pairs_by_hand_withdrawals_and_late_sign_ups_come_from_the_same_list)
{
    world w;
    start(&w);
    open_world(&w);
    /* e4 is not in the list: late. m2 withdraws with e3's row, e1 withdraws, e2 is paired by hand with m3 */
    ck_assert_msg(review(&w, "decision,mentee,mentor\nwithdraw,e1,m1\nPair with m3,e2,m1\nmentor withdraws,e3,m2\n") == MLAB_OK, "%s",
                  w.err.sentence);
    const mlab_pairs *p = w.review->pairs;
    ck_assert_int_eq(p->mentor_of[0], MLAB_UNMATCHED);
    ck_assert_str_eq(p->reason[0], "withdrawn");
    ck_assert_int_eq(p->mentor_of[1], 2);
    ck_assert_int_eq(p->mentor_of[2], 0);
    ck_assert_int_eq(p->mentor_of[3], 0); /* m3 is taken, m2 gone */
    ck_assert_uint_eq(w.review->withdrawn, 1);
    ck_assert_uint_eq(w.review->placed, 1);
    char *text = list_text(&w, p, MLAB_VIEW_PAIRS);
    ck_assert_ptr_nonnull(strstr(text, "\"mentor withdraws\",\"\",\"\",\"m2\""));
    ck_assert_ptr_nonnull(strstr(text, "\"lock\",\"e2\""));
    ck_assert_int_eq(review(&w, text), MLAB_OK); /* m2 stays away */
    ck_assert_int_eq(w.review->pairs->load[1], 0);
    mlab_pairs_text_free(&w.context, text);
    finish(&w);
}
END_TEST

START_TEST(cells_that_are_not_understood_are_found_at_their_place_and_nothing_changes)
{
    static const struct {
        const char *text, *sentence;
        unsigned line;
    } cases[] = {
        {"decision,mentee,mentor\nacept,e1,m1\n",
         "a decision must be accept, reject, lock, pair with and an id, withdraw, mentor withdraws, or nothing; did you mean 'accept'?", 2},
        {"decision,mentee,mentor\n,e1,m1\npair with m9,e2,m1\n", "pair with: no mentor has this id", 3},
        {"decision,mentee,mentor\naccept,e1,\n", "there is no pair in this row to decide about", 2},
        {"decision,mentee,mentor\naccept,e9,m1\n", "no mentee has this id; a late sign-up needs a row in the list of people too", 2},
        {"decision,mentee,mentor\n,e1,m1\nlock,e1,m2\n", "a mentee stands in two rows; each has one", 3},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        world w;
        start(&w);
        open_world(&w);
        const size_t before = w.findings.n;
        ck_assert_int_eq(review(&w, cases[k].text), MLAB_ERR_DATA_REJECTED);
        ck_assert_ptr_null(w.review);
        ck_assert_str_eq(w.findings.items[before].sentence, cases[k].sentence);
        ck_assert_int_eq(w.findings.items[before].severity, MLAB_SEVERITY_STOP);
        ck_assert_uint_eq(w.findings.items[before].occurrences[0].place.line, cases[k].line);
        finish(&w);
    }
    world w;
    start(&w);
    open_world(&w);
    ck_assert_int_eq(review(&w, "decision,mentee,mentor\nlock,e1,m2\nlock,e2,m2\n"), MLAB_ERR_DATA_REJECTED);
    ck_assert_str_eq(w.findings.items[0].sentence, "more pairs of a mentor are locked than the 1 places offered");
    ck_assert_int_eq(review(&w, "mentee,mentor\ne1,m1\n"), MLAB_ERR_MATCH_COLUMN);
    finish(&w);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    const char *text = "decision,mentee,mentor,rejected before\naccept,e1,m1,\nreject,e2,m1,m3\n,e3,m2,\nwithdraw,e4,m3,\n";
    for (long k = 1;; k++) {
        world w;
        start(&w);
        open_world(&w);
        ck_assert_int_eq(mlab_os_write_file(&w.context, w.path, text, strlen(text), true, NULL), MLAB_OK);
        w.memory.fail_at = w.memory.calls + k;
        mlab_status status = mlab_matching_review(w.matching, w.path, "pairs.csv", &w.findings, &w.review, &w.err);
        mlab_list *list = NULL;
        if (!status) status = mlab_pairs_list(w.matching, w.review->pairs, MLAB_VIEW_PAIRS, &list, &w.err);
        if (status) ck_assert_msg(status == MLAB_ERR_MEMORY, "%ld: %s", k, w.err.sentence);
        mlab_list_free(list);
        finish(&w);
        if (!status) break;
    }
}
END_TEST

MLAB_TEST_MAIN("review", the_list_of_pairs_tells_points_alternatives_and_what_they_break, the_platforms_lists_have_the_headings_of_their_help_pages,
               accepted_pairs_stay_rejected_ones_never_come_back_and_the_rest_changes_least,
               pairs_by_hand_withdrawals_and_late_sign_ups_come_from_the_same_list,
               cells_that_are_not_understood_are_found_at_their_place_and_nothing_changes, every_failed_allocation_is_reported_and_nothing_leaks)
