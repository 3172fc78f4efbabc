/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reviews of networks, circles and peers: what was decided stays, whoever withdrew is gone, the rest moves as little as need be. */
#include "match/matching.h"
#include "tables.h"

#include <stdio.h>
#include <string.h>

static char own[] = "own", network[] = "network", group[] = "group", peer[] = "peer", places[] = "places", role[] = "kind";

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_table *mentors, *mentees;
    mlab_findings findings;
    mlab_rule rule;
    mlab_policy_ask ask;
    char *policy[1], scores[4200], decisions[4200];
    mlab_match_spec spec;
    mlab_matching *matching;
    mlab_review *review;
    mlab_error err;
} world;

static world w;

static void write_text(char path[4200], const char *name, const char *text)
{
    snprintf(path, 4200, "%s/%s", mlab_test_folder("review_again"), name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

/* Scores of pairs from a file, so that the worlds can be read. */
static void start(char *policy, const char *scores)
{
    memset(&w, 0, sizeof w);
    w.context = mlab_test_context(&w.memory, 1);
    mlab_findings_start(&w.findings, &w.context);
    write_text(w.scores, "scores.csv", scores);
    w.rule = (mlab_rule){.name = own, .kind = MLAB_RULE_FILE, .weight = 1, .path = w.scores, .file_name = w.scores, .low = 0, .high = 100};
    w.policy[0] = policy;
    w.spec =
        (mlab_match_spec){.rules = &w.rule, .n_rules = 1, .policies = w.policy, .asks = &w.ask, .n_policies = 1, .seed = 1, .default_capacity = 1};
}

static mlab_status review(const char *decisions)
{
    char text[2000];
    snprintf(text, sizeof text, "decision,mentee,mentor\n%s", decisions);
    write_text(w.decisions, "pairs.csv", text);
    mlab_status status = MLAB_OK;
    if (!w.matching)
        status = mlab_matching_open(&w.context, w.mentors ? w.mentors : w.mentees, w.mentees, NULL, 0, &w.spec, &w.findings, &w.matching, &w.err);
    mlab_review_free(w.review);
    w.review = NULL;
    return status ? status : mlab_matching_review(w.matching, w.decisions, "pairs.csv", &w.findings, &w.review, &w.err);
}

static void finish(void)
{
    mlab_review_free(w.review);
    mlab_matching_free(w.matching);
    mlab_table_free(w.mentors);
    mlab_table_free(w.mentees);
    mlab_findings_free(&w.findings);
    ck_assert_int_eq(w.memory.live, 0);
}

static bool together(const char *mentee, const char *mentor)
{
    const mlab_pairs *p = w.review->pairs;
    for (size_t s = 0; s < p->n_mentees * p->each; s++)
        if (strcmp(p->mentees[s / p->each], mentee) == 0 && p->mentor_of[s] != MLAB_UNMATCHED && strcmp(p->mentors[p->mentor_of[s]], mentor) == 0)
            return true;
    return false;
}

/* Two mentees with two mentors each; m1 to m5 have one place each.
 *
 *        m1  m2  m3  m4  m5
 *   e1   90  80  10  10  70
 *   e2   10  10  60  50  55
 */
static void start_network(void)
{
    start(network, "mentor,mentee,score\nm1,e1,90\nm2,e1,80\nm3,e1,10\nm4,e1,10\nm5,e1,70\n"
                   "m1,e2,10\nm2,e2,10\nm3,e2,60\nm4,e2,50\nm5,e2,55\n");
    w.mentees = test_table(&w.context, 2);
    test_texts(w.mentees, "id", TEXTS("e1", "e2"));
    w.mentors = test_table(&w.context, 5);
    test_texts(w.mentors, "id", TEXTS("m1", "m2", "m3", "m4", "m5"));
    test_texts(w.mentors, "kind", TEXTS("career", "support", "career", "support", "support"));
    test_texts(w.mentees, "kind", TEXTS("", ""));
    w.ask.options.mentors_each = 2;
}

START_TEST(of_two_mentors_the_one_that_was_rejected_is_replaced)
{
    start_network();
    ck_assert_msg(review("accept,e1,m1\nreject,e1,m2\n,e2,m3\n,e2,m4\n") == MLAB_OK, "%s", w.err.sentence);
    const mlab_pairs *p = w.review->pairs;
    ck_assert_uint_eq(p->each, 2);
    ck_assert(together("e1", "m1") && together("e1", "m5") && together("e2", "m3") && together("e2", "m4"));
    ck_assert_uint_eq(w.review->rematched, 1);
    ck_assert_uint_eq(w.review->kept, 1);
    ck_near(w.review->total_before, 280, 1e-9, 0);
    ck_near(w.review->total, 270, 1e-9, 0);
    ck_near(w.review->lost_points, 10, 1e-9, 0);
    ck_assert_str_eq(p->mentors[w.review->changes[0].after], "m5");
    mlab_list *list = NULL; /* what binds stands in the next list, row by row, and the rejection is remembered */
    ck_assert_int_eq(mlab_pairs_list(w.matching, p, MLAB_VIEW_PAIRS, &list, &w.err), MLAB_OK);
    ck_assert_uint_eq(list->n_rows, 4);
    size_t accepted = 0;
    for (size_t r = 0; r < 4; r++) {
        char *const *row = list->cells + r * list->n_columns;
        accepted += strcmp(row[0], "accept") == 0 && strcmp(row[1], "e1") == 0 && strcmp(row[2], "m1") == 0;
        ck_assert_str_eq(row[list->n_columns - 1], strcmp(row[1], "e1") == 0 ? "m2" : "");
    }
    ck_assert_uint_eq(accepted, 1);
    mlab_list_free(list);
    finish();
}
END_TEST

/* Pairs that nobody answered stay although another matching has a higher total. */
START_TEST(open_pairs_stay_though_others_would_score_more)
{
    start_network();
    ck_assert_int_eq(review(",e1,m3\n,e1,m4\n,e2,m1\n,e2,m2\n"), MLAB_OK);
    ck_assert_uint_eq(w.review->kept, 2);
    ck_near(w.review->total, 40, 1e-9, 0);
    ck_near(w.review->total_free, 90 + 80 + 60 + 55, 1e-9, 0); /* the rest is what leaving them undisturbed costs */
    finish();
}
END_TEST

START_TEST(roles_withdrawals_and_a_pair_by_hand_are_kept)
{
    start_network();
    w.ask.options.mentors_each = 0;
    w.ask.role_column = role;
    ck_assert_msg(review("pair with m3,e1,m1\nmentor withdraws,e1,m2\n,e2,m4\n") == MLAB_OK, "%s", w.err.sentence);
    ck_assert(together("e1", "m3") && together("e1", "m5"));
    ck_assert(together("e2", "m4") && together("e2", "m1"));
    ck_assert_uint_eq(w.review->broken, 0);
    ck_assert_int_eq(review("withdraw,e1,m3\n,e1,m5\n,e2,m4\n"), MLAB_OK);
    ck_assert_uint_eq(w.review->withdrawn, 1);
    ck_assert(!together("e1", "m5") && !together("e1", "m3"));
    finish();
}
END_TEST

static void stops(const char *decisions, const char *sentence, uint64_t line)
{
    mlab_findings_free(&w.findings);
    mlab_findings_start(&w.findings, &w.context);
    ck_assert_int_eq(review(decisions), MLAB_ERR_DATA_REJECTED);
    size_t k = 0;
    while (k < w.findings.n && w.findings.items[k].severity != MLAB_SEVERITY_STOP) k++;
    ck_assert_uint_lt(k, w.findings.n);
    ck_assert_str_eq(w.findings.items[k].sentence, sentence);
    ck_assert_uint_eq(w.findings.items[k].occurrences[0].place.line, line);
}

START_TEST(what_cannot_be_kept_is_found_in_its_row)
{
    start_network();
    stops(",e1,m1\n,e1,m2\n,e1,m3\n", "a mentee stands in more rows than the policy gives mentors", 4);
    stops(",e1,m1\n,e1,m1\n", "this pair stands in two rows", 3);
    stops("lock,e1,m1\nlock,e2,m1\n", "more pairs of a mentor are locked than the 1 places offered", 3);
    stops("acept,e1,m1\n",
          "a decision must be accept, reject, lock, pair with and an id, withdraw, mentor withdraws, or nothing; did you mean 'accept'?", 2);
    finish();
}
END_TEST

/* Circles of two or three: six mentees, two mentors with three places. e6 withdraws, e1 turns m1 down. */
START_TEST(circles_keep_their_bounds)
{
    start(group, "mentor,mentee,score\nm1,e1,90\nm1,e2,80\nm1,e3,70\nm2,e1,60\nm2,e4,50\nm2,e5,40\nm2,e6,30\nm1,e4,20\n");
    w.mentees = test_table(&w.context, 6);
    test_texts(w.mentees, "id", TEXTS("e1", "e2", "e3", "e4", "e5", "e6"));
    w.mentors = test_table(&w.context, 2);
    test_texts(w.mentors, "id", TEXTS("m1", "m2"));
    test_integers(w.mentors, "places", INTEGERS(3, 3));
    w.spec.capacity_column = places;
    w.ask.options.group_high = 3;
    w.ask.options.group_low = 2;
    ck_assert_msg(review("reject,e1,m1\naccept,e2,m1\n,e3,m1\n,e4,m2\n,e5,m2\nwithdraw,e6,m2\n") == MLAB_OK, "%s", w.err.sentence);
    ck_assert(together("e1", "m2") && together("e2", "m1") && together("e3", "m1") && together("e4", "m2") && together("e5", "m2"));
    ck_assert(!together("e6", "m2"));
    ck_assert_int_eq(w.review->pairs->load[0], 2);
    ck_assert_int_eq(w.review->pairs->load[1], 3);
    ck_assert_uint_eq(w.review->kept, 4);
    ck_assert_uint_eq(w.review->rematched, 1);
    ck_assert_uint_eq(w.review->withdrawn, 1);
    finish();
}
END_TEST

/* Four peers in two pairs; p5 and p6 come late. p1 turns p2 down, p3 and p4 have not answered. */
START_TEST(peers_are_paired_again_in_both_directions)
{
    start(peer, "mentor,mentee,score\np1,p2,90\np2,p1,90\np3,p4,10\np4,p3,10\np1,p5,70\np5,p1,70\np2,p6,60\np6,p2,60\np3,p5,80\np5,p3,80\n");
    w.mentees = test_table(&w.context, 6);
    test_texts(w.mentees, "id", TEXTS("p1", "p2", "p3", "p4", "p5", "p6"));
    ck_assert_msg(review("reject,p1,p2\n,p2,p1\n,p3,p4\n,p4,p3\n") == MLAB_OK, "%s", w.err.sentence);
    ck_assert(!together("p1", "p2") && !together("p2", "p1"));
    ck_assert(together("p3", "p4") && together("p4", "p3"));
    ck_assert(together("p1", "p5") && together("p5", "p1") && together("p2", "p6"));
    stops("accept,p1,p2\nreject,p2,p1\n", "one row of this pair accepts it and the other rejects it", 3);
    ck_assert_int_eq(review("withdraw,p1,p2\n,p2,p1\n"), MLAB_OK);
    for (size_t i = 1; i < 6; i++) ck_assert(!together(w.review->pairs->mentees[i], "p1"));
    w.ask.options.peer_stable = true;
    ck_assert_int_eq(review(",p1,p2\n"), MLAB_ERR_MATCH_UNSUPPORTED);
    finish();
}
END_TEST

START_TEST(no_memory_is_survived_everywhere)
{
    static const char decisions[] = "accept,e1,m1\nreject,e1,m2\n,e2,m3\n";
    start_network();
    ck_assert_int_eq(review(decisions), MLAB_OK);
    mlab_status status = MLAB_ERR_MEMORY;
    for (long k = 1; status; k++) {
        w.memory.fail_at = w.memory.calls + k;
        status = review(decisions);
        w.memory.fail_at = 0;
        if (status) ck_assert_ptr_null(w.review);
        ck_assert_int_lt(k, 5000);
    }
    finish();
}
END_TEST

MLAB_TEST_MAIN("review_again", of_two_mentors_the_one_that_was_rejected_is_replaced, open_pairs_stay_though_others_would_score_more,
               roles_withdrawals_and_a_pair_by_hand_are_kept, what_cannot_be_kept_is_found_in_its_row, circles_keep_their_bounds,
               peers_are_paired_again_in_both_directions, no_memory_is_survived_everywhere)
