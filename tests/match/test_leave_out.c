/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each rule decided in fact.
 *
 *   e1 wants a, works in north     m1 offers b, works in north      skills say e1-m2, e2-m1;
 *   e2 wants b, works in south     m2 offers a, works in south      sites say e1-m1, e2-m2
 */
#include "match/matching.h"
#include "tables.h"

#include <string.h>

static char skills[] = "skills", wants[] = "wants", offers[] = "offers", site[] = "site", tongue[] = "tongue", semicolon[] = ";",
            optimal[] = "optimal", deferred[] = "deferred_acceptance", network[] = "network", peer[] = "peer", fair[] = "fair";
static char *policies[] = {optimal, deferred, network, fair};

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_table *mentors, *mentees;
    mlab_findings findings;
    mlab_rule rules[3];
    mlab_match_spec spec;
    mlab_matching *matching;
    mlab_pairs *pairs;
    mlab_error err;
} world;

static void start(world *w)
{
    *w = (world){0};
    w->context = mlab_test_context(&w->memory, 1);
    w->mentees = test_table(&w->context, 2);
    test_texts(w->mentees, "id", TEXTS("e1", "e2"));
    test_texts(w->mentees, "wants", TEXTS("a", "b"));
    test_texts(w->mentees, "site", TEXTS("north", "south"));
    test_texts(w->mentees, "tongue", TEXTS("en", "en"));
    w->mentors = test_table(&w->context, 2);
    test_texts(w->mentors, "id", TEXTS("m1", "m2"));
    test_texts(w->mentors, "offers", TEXTS("b", "a"));
    test_texts(w->mentors, "site", TEXTS("north", "south"));
    test_texts(w->mentors, "tongue", TEXTS("en", "en"));
    mlab_findings_start(&w->findings, &w->context);
    w->rules[0] =
        (mlab_rule){.name = skills, .kind = MLAB_RULE_OVERLAP, .mentee_column = wants, .mentor_column = offers, .weight = 4, .separator = semicolon};
    w->rules[1] =
        (mlab_rule){.name = site, .kind = MLAB_RULE_SAME, .mentee_column = site, .mentor_column = site, .weight = 1, .separator = semicolon};
    w->rules[2] =
        (mlab_rule){.name = tongue, .kind = MLAB_RULE_SAME, .mentee_column = tongue, .mentor_column = tongue, .weight = 2, .separator = semicolon};
    w->spec = (mlab_match_spec){.rules = w->rules, .n_rules = 3, .policies = policies, .n_policies = 4, .seed = 1, .default_capacity = 1};
}

static mlab_status weigh(world *w, size_t which)
{
    mlab_status status = mlab_matching_open(&w->context, w->mentors, w->mentees, NULL, 0, &w->spec, &w->findings, &w->matching, &w->err);
    if (!status) status = mlab_matching_run(w->matching, which, &w->findings, &w->pairs, &w->err);
    if (!status) status = mlab_matching_leave_out(w->matching, which, w->pairs, &w->err);
    return status;
}

static void release(world *w)
{
    mlab_pairs_free(w->pairs);
    mlab_matching_free(w->matching);
    w->pairs = NULL;
    w->matching = NULL;
}

static void finish(world *w)
{
    release(w);
    mlab_table_free(w->mentors);
    mlab_table_free(w->mentees);
    mlab_findings_free(&w->findings);
    ck_assert_int_eq(w->memory.live, 0);
}

START_TEST(the_rule_that_won_is_told_from_the_one_that_did_not)
{
    world w;
    for (size_t which = 0; which < 3; which++) {
        start(&w);
        ck_assert_msg(weigh(&w, which) == MLAB_OK, "%s", w.err.sentence);
        const mlab_rule_share *r = w.pairs->rules;
        for (int k = 0; k < 3; k++) ck_assert(r[k].left_out);
        ck_assert_int_eq(w.pairs->mentor_of[0], 1);
        ck_assert_uint_eq(r[0].changed, 2); /* without skills the sites decide: of 1 + 2 weights 100 points a pair instead of 66.7 */
        ck_near(r[0].costs, 2 * (100 - 200.0 / 3), 1e-9, 0);
        ck_assert_uint_eq(r[1].changed, 0);
        ck_near(r[1].costs, 0, 0, 1e-9);
        ck_assert_uint_eq(r[2].changed, 0); /* everybody speaks it */
        finish(&w);
    }
}
END_TEST

START_TEST(a_must_is_told_by_what_it_rules_out)
{
    world w;
    start(&w);
    w.rules[1].must = true; /* sites have to agree: the skills get nothing */
    ck_assert_int_eq(weigh(&w, 0), MLAB_OK);
    ck_assert_int_eq(w.pairs->mentor_of[0], 0);
    ck_assert_uint_eq(w.pairs->rules[1].changed, 2);
    ck_near(w.pairs->rules[1].costs, 2 * (100 - 200.0 / 6), 1e-9, 0);
    ck_assert_uint_eq(w.pairs->rules[0].changed, 0);
    finish(&w);
}
END_TEST

/* Everybody fits equally: whatever the lots said stands, whichever rule goes. */
START_TEST(what_the_lot_decided_is_not_laid_to_a_rule)
{
    world w;
    start(&w);
    w.spec.rules = &w.rules[2];
    w.spec.n_rules = 1;
    for (uint64_t seed = 1; seed < 20; seed++) {
        w.spec.seed = seed;
        ck_assert_int_eq(weigh(&w, 0), MLAB_OK);
        ck_assert(w.pairs->rules[0].left_out);
        ck_assert_uint_eq(w.pairs->rules[0].changed, 0);
        release(&w);
    }
    finish(&w);
}
END_TEST

/* One table in which everybody is both; what the pair is does not depend on who is named first. */
START_TEST(peers_count_each_pair_once)
{
    world w;
    start(&w);
    char *only_peer[] = {peer};
    mlab_table *all = test_table(&w.context, 4);
    test_texts(all, "id", TEXTS("p1", "p2", "p3", "p4"));
    test_texts(all, "site", TEXTS("n", "s", "n", "s"));
    test_texts(all, "tongue", TEXTS("en", "en", "fr", "fr"));
    w.rules[1].weight = 4; /* sites: p1-p3, p2-p4; tongues: p1-p2, p3-p4 */
    w.rules[2].weight = 1;
    w.spec.rules = &w.rules[1];
    w.spec.n_rules = 2;
    w.spec.policies = only_peer;
    w.spec.n_policies = 1;
    mlab_table_free(w.mentors);
    mlab_table_free(w.mentees);
    w.mentors = NULL;
    w.mentees = NULL;
    ck_assert_int_eq(mlab_matching_open(&w.context, all, all, NULL, 0, &w.spec, &w.findings, &w.matching, &w.err), MLAB_OK);
    ck_assert_int_eq(mlab_matching_run(w.matching, 0, &w.findings, &w.pairs, &w.err), MLAB_OK);
    ck_assert_int_eq(mlab_matching_leave_out(w.matching, 0, w.pairs, &w.err), MLAB_OK);
    ck_assert_uint_eq(w.pairs->rules[0].changed, 4);
    ck_near(w.pairs->rules[0].costs, 200, 1e-9, 0); /* two pairs of 100 points */
    mlab_table_free(all);
    finish(&w);
}
END_TEST

START_TEST(no_memory_is_survived_everywhere)
{
    world w;
    start(&w);
    mlab_status status = MLAB_ERR_MEMORY;
    for (long k = 1; status; k++) {
        release(&w);
        mlab_findings_free(&w.findings);
        mlab_findings_start(&w.findings, &w.context);
        w.memory.fail_at = w.memory.calls + k;
        status = weigh(&w, 0);
        w.memory.fail_at = 0;
        if (status) ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        ck_assert_int_lt(k, 5000);
    }
    finish(&w);
}
END_TEST

MLAB_TEST_MAIN("leave_out", the_rule_that_won_is_told_from_the_one_that_did_not, a_must_is_told_by_what_it_rules_out,
               what_the_lot_decided_is_not_laid_to_a_rule, peers_count_each_pair_once, no_memory_is_survived_everywhere)
