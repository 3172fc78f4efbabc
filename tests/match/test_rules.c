/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/matching.h"
#include "match/score.h"
#include "match/scorer.h"
#include "tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Two mentees, three mentors.
 *
 *      languages  interests   drive  calm  zone    free
 * e1   en;fr      art;bees    1      2     UTC+1   mo;tu;we
 * e2   de         -           3      -     -       mo
 * m1   fr         art;bees;x  1      2     +2      tu;we;th
 * m2   en;fr;de   chess       5      0     GMT-11  mo;tu;we
 * m3   -          art         -      -     +14:00  -
 */
static mlab_table *mentees_of(const mlab_context *context)
{
    mlab_table *t = test_table(context, 2);
    test_texts(t, "id", TEXTS("e1", "e2"));
    test_texts(t, "languages", TEXTS("en;fr", "de"));
    test_texts(t, "interests", TEXTS("art;bees", ""));
    test_integers(t, "drive", INTEGERS(1, 3));
    test_integers(t, "calm", INTEGERS(2, INT32_MIN));
    test_texts(t, "zone", TEXTS("UTC+1", ""));
    test_texts(t, "free", TEXTS("mo;tu;we", "mo"));
    test_texts(t, "first", TEXTS("m2", ""));
    test_texts(t, "second", TEXTS("m1; M3", ""));
    test_texts(t, "never", TEXTS("", "m1"));
    test_texts(t, "gender", TEXTS("f", "m"));
    return t;
}

static mlab_table *mentors_of(const mlab_context *context)
{
    mlab_table *t = test_table(context, 3);
    test_texts(t, "id", TEXTS("m1", "m2", "m3"));
    test_texts(t, "languages", TEXTS("fr", "en;fr;de", ""));
    test_texts(t, "interests", TEXTS("art;bees;x", "chess", "art"));
    test_integers(t, "drive", INTEGERS(1, 5, INT32_MIN));
    test_integers(t, "calm", INTEGERS(2, 0, INT32_MIN));
    test_texts(t, "zone", TEXTS("+2", "GMT-11", "+14:00"));
    test_texts(t, "free", TEXTS("tu;we;th", "mo;tu;we", ""));
    test_texts(t, "ranking", TEXTS("e2;e1", "e1=e2", ""));
    return t;
}

static char languages[] = "languages", interests[] = "interests", drive[] = "drive", calm[] = "calm", zone[] = "zone", spare[] = "free",
            optimal[] = "optimal", stable[] = "deferred_acceptance", first[] = "first", second[] = "second", never[] = "never", ranking[] = "ranking",
            gender[] = "gender";
static char *vector[] = {drive, calm}, *one[] = {interests}, *choices[] = {first, second}, *rankings[] = {ranking};
static char *policies[] = {optimal, stable};

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_table *mentors, *mentees;
    mlab_findings findings;
    mlab_rule rules[6];
    mlab_match_spec spec;
    mlab_matching *matching;
    mlab_error err;
} world;

static void start(world *w)
{
    *w = (world){0};
    w->context = mlab_test_context(&w->memory, 1);
    w->mentors = mentors_of(&w->context);
    w->mentees = mentees_of(&w->context);
    mlab_findings_start(&w->findings, &w->context);
    w->spec = (mlab_match_spec){.default_capacity = 1, .rules = w->rules, .policies = policies, .n_policies = 2, .seed = 3};
}

static void add(world *w, mlab_rule rule)
{
    static char semicolon[] = ";";
    rule.separator = semicolon;
    if (rule.weight == 0) rule.weight = 1;
    w->rules[w->spec.n_rules++] = rule;
}

static mlab_status open_world(world *w, const char *const (*past)[2], size_t n_past)
{
    return mlab_matching_open(&w->context, w->mentors, w->mentees, past, n_past, &w->spec, &w->findings, &w->matching, &w->err);
}

static void finish(world *w)
{
    mlab_matching_free(w->matching);
    mlab_findings_free(&w->findings);
    mlab_table_free(w->mentors);
    mlab_table_free(w->mentees);
    ck_assert_int_eq(w->memory.live, 0);
}

static mlab_term term(const world *w, size_t t, size_t i, size_t j)
{
    return mlab_scorer_term(w->matching->scorer, &w->matching->request, t, i, j);
}

START_TEST(each_kind_of_rule_gives_the_fit_worked_out_by_hand)
{
    world w;
    start(&w);
    add(&w, (mlab_rule){.name = spare, .kind = MLAB_RULE_COMMON, .mentee_column = spare, .mentor_column = spare, .enough = 3});
    add(&w,
        (mlab_rule){
            .name = interests, .kind = MLAB_RULE_SIMILAR, .mentee_column = interests, .mentor_column = interests, .columns = one, .n_columns = 1});
    add(&w, (mlab_rule){.name = drive, .kind = MLAB_RULE_SIMILAR, .columns = vector, .n_columns = 2});
    add(&w, (mlab_rule){.name = calm, .kind = MLAB_RULE_UNLIKE, .columns = vector, .n_columns = 2});
    add(&w, (mlab_rule){.name = zone, .kind = MLAB_RULE_HOURS, .mentee_column = zone, .mentor_column = zone, .within = 4});
    const char *const past[][2] = {{"m2", "e1"}};
    add(&w, (mlab_rule){.name = first, .kind = MLAB_RULE_PAST});
    ck_assert_msg(open_world(&w, past, 1) == MLAB_OK, "%s", w.err.sentence);
    ck_near(term(&w, 0, 0, 0).s, 2.0 / 3, 1e-15, 0); /* tu, we of three */
    ck_near(term(&w, 0, 0, 1).s, 1, 1e-15, 0);
    ck_assert(!term(&w, 0, 0, 2).known);
    ck_near(term(&w, 1, 0, 0).s, 2.0 / 3, 1e-15, 0); /* Jaccard: 2 of 3 */
    ck_near(term(&w, 1, 0, 2).s, 0.5, 1e-15, 0);
    ck_assert(!term(&w, 1, 1, 0).known);
    /* drive runs from 1 to 5, calm from 0 to 2: e1-m2 are 4/4 and 2/2 apart; e2 has drive alone, 2/4 from both */
    ck_near(term(&w, 2, 0, 0).s, 1, 1e-15, 0);
    ck_near(term(&w, 2, 0, 1).s, 0, 1e-15, 1e-15);
    ck_near(term(&w, 2, 1, 1).s, 0.5, 1e-15, 0);
    ck_near(term(&w, 3, 1, 1).s, 0.5, 1e-15, 0);
    ck_assert(!term(&w, 2, 0, 2).known);
    /* one hour; twelve hours; UTC+1 and UTC+14 are 13 apart, which is 11 the other way round */
    ck_near(term(&w, 4, 0, 0).s, 0.75, 1e-15, 0);
    ck_near(term(&w, 4, 0, 1).gap, 12, 1e-15, 0);
    ck_near(term(&w, 4, 0, 2).gap, 11, 1e-15, 0);
    ck_near(term(&w, 4, 0, 2).s, 0, 1e-15, 1e-15);
    ck_assert(!term(&w, 4, 1, 0).known);
    ck_near(term(&w, 5, 0, 1).s, 1, 1e-15, 0);
    ck_near(term(&w, 5, 0, 0).s, 0, 1e-15, 1e-15);
    ck_assert(term(&w, 5, 0, 0).known);
    /* the pool scores them all the same way */
    for (size_t i = 0; i < 2; i++)
        for (size_t e = w.matching->pool.first[i]; e < w.matching->pool.first[i + 1]; e++)
            ck_near(w.matching->pool.score[e], mlab_matching_score(w.matching, i, (size_t)w.matching->pool.mentor[e]), 1e-9, 1e-9);
    /* e1-m3: likeness 1/2, past 0, zone 0: 100 (1/2) / 3; e2-m3: past 0 alone */
    ck_near(w.matching->pool.score[2], 50.0 / 3, 1e-8, 0);
    ck_near(w.matching->pool.score[5], 0, 1e-8, 1e-8);
    mlab_pairs *pairs = NULL;
    ck_assert_int_eq(mlab_matching_run(w.matching, 0, &w.findings, &pairs, &w.err), MLAB_OK);
    ck_assert_str_eq(pairs->reason[0],
                     "free: 2 in common, interests: 2 of 3 in common, drive 100 % alike, calm 0 % apart, 1 hour apart, no pair before");
    double shares = 0;
    for (size_t k = 0; k < pairs->n_rules; k++) shares += pairs->rules[k].share;
    ck_near(shares, 1, 1e-9, 0);
    ck_assert_uint_eq(pairs->rules[0].sample, 6);
    ck_assert_uint_eq(pairs->rules[0].not_known, 2);
    mlab_pairs_free(pairs);
    finish(&w);
}
END_TEST

START_TEST(musts_of_the_new_kinds_hold_at_their_bounds)
{
    world w;
    start(&w);
    add(&w, (mlab_rule){.name = zone, .kind = MLAB_RULE_HOURS, .mentee_column = zone, .mentor_column = zone, .within = 11, .must = true});
    add(&w, (mlab_rule){.name = spare, .kind = MLAB_RULE_COMMON, .mentee_column = spare, .mentor_column = spare, .enough = 2, .must = true});
    ck_assert_int_eq(open_world(&w, NULL, 0), MLAB_OK);
    /* e1: m1 is 1 hour away and free on two days; m2 is 12 hours away; m3 exactly 11, its days not known. e2 has no zone; m1 has no day in common,
     * m2 one of two */
    const mlab_pool *pool = &w.matching->pool;
    ck_assert_uint_eq(pool->first[1], 2);
    ck_assert_int_eq(pool->mentor[0], 0);
    ck_assert_int_eq(pool->mentor[1], 2);
    ck_assert_uint_eq(pool->first[2], 3);
    ck_assert_int_eq(pool->mentor[2], 2);
    finish(&w);
}
END_TEST

START_TEST(a_cell_that_is_no_time_zone_is_found_with_its_row)
{
    world w;
    start(&w);
    mlab_table_drop(w.mentors, "zone");
    test_texts(w.mentors, "zone", TEXTS("+2", "Mars", "+25"));
    add(&w, (mlab_rule){.name = zone, .kind = MLAB_RULE_HOURS, .mentee_column = zone, .mentor_column = zone, .within = 4});
    ck_assert_int_eq(open_world(&w, NULL, 0), MLAB_ERR_DATA_REJECTED);
    ck_assert_uint_eq(w.findings.n, 1);
    ck_assert_uint_eq(w.findings.items[0].count, 2);
    ck_assert_uint_eq(w.findings.items[0].occurrences[0].place.line, 3);
    ck_assert_str_eq(w.findings.items[0].occurrences[0].value, "Mars");
    finish(&w);
}
END_TEST

START_TEST(hours_from_utc_are_read_as_people_write_them)
{
    static const struct {
        const char *text;
        double hours;
    } good[] = {{"UTC", 0}, {"utc+1", 1}, {"GMT-05:30", -5.5}, {" +2 ", 2}, {"2.5", 2.5}, {"Z", 0}, {"UTC +14:00", 14}, {"-3", -3}};
    static const char *const bad[] = {"", "CET", "+15", "5:75", "UTC+", "+-2", "Europe/Berlin", "inf"};
    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        double hours = 99;
        ck_assert_msg(mlab_hours_parse(good[k].text, &hours), "%s", good[k].text);
        ck_near(hours, good[k].hours, 1e-15, 1e-15);
    }
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        double hours;
        ck_assert_msg(!mlab_hours_parse(bad[k], &hours), "%s", bad[k]);
    }
}
END_TEST

/* e1 names m2, then m1 and m3 alike; e2 names nobody but does not want m1. m1 would rather have e2; m2 has both alike; m3 says nothing. */
START_TEST(preferences_with_ties_blanks_and_people_not_wanted_become_ranks)
{
    world w;
    start(&w);
    w.spec.mentee_wishes = (mlab_wishes){.columns = choices, .n_columns = 2, .not_column = never};
    w.spec.mentor_wishes = (mlab_wishes){.columns = rankings, .n_columns = 1};
    add(&w, (mlab_rule){.name = first, .kind = MLAB_RULE_CHOICE});
    ck_assert_msg(open_world(&w, NULL, 0) == MLAB_OK, "%s", w.err.sentence);
    const mlab_pool *pool = &w.matching->pool;
    ck_assert_uint_eq(pool->first[1], 3);
    ck_assert_int_eq(pool->mentee_rank[0], 2);
    ck_assert_int_eq(pool->mentee_rank[1], 1);
    ck_assert_int_eq(pool->mentee_rank[2], 2);
    ck_near(pool->score[1], 100, 1e-9, 0);
    ck_near(pool->score[0], 50, 1e-9, 0);
    ck_assert_uint_eq(pool->first[2], 5); /* m1 is not wanted */
    ck_assert_int_eq(pool->mentor[3], 1);
    ck_assert_int_eq(pool->mentee_rank[3], 0);
    ck_near(pool->score[3], 50, 1e-9, 0); /* e2 names nobody: nothing is known */
    ck_assert_int_eq(pool->mentor_rank[0], 2);
    ck_assert_int_eq(pool->mentor_rank[1], 1);
    ck_assert_int_eq(pool->mentor_rank[2], 0);
    ck_assert_int_eq(pool->mentor_rank[3], 1);
    ck_assert_str_eq(mlab_pool_forbidden(&w.matching->request, 1, 0), "the mentee does not want it");
    mlab_pairs *pairs = NULL;
    ck_assert_int_eq(mlab_matching_run(w.matching, 1, &w.findings, &pairs, &w.err), MLAB_OK);
    ck_assert_int_eq(pairs->mentor_of[0], 1);
    ck_assert_str_eq(pairs->reason[0], "choice 1 of the mentee");
    ck_assert_uint_eq(pairs->blocking_pairs, 0);
    mlab_pairs_free(pairs);
    finish(&w);
}
END_TEST

START_TEST(only_those_named_are_candidates_when_asked_and_unknown_names_are_found)
{
    world w;
    start(&w);
    mlab_table_drop(w.mentees, "second");
    test_texts(w.mentees, "second", TEXTS("m9", ""));
    w.spec.mentee_wishes = (mlab_wishes){.columns = choices, .n_columns = 2, .only = true};
    ck_assert_int_eq(open_world(&w, NULL, 0), MLAB_OK);
    ck_assert_uint_eq(w.matching->pool.first[1], 1); /* m2 alone */
    ck_assert_uint_eq(w.matching->pool.first[2], 4); /* names nobody: anybody */
    bool found = false;
    for (size_t k = 0; k < w.findings.n; k++)
        if (strcmp(w.findings.items[k].kind, "unknown_choice") == 0) {
            found = true;
            ck_assert_str_eq(w.findings.items[k].occurrences[0].value, "m9");
            ck_assert_str_eq(w.findings.items[k].occurrences[0].place.column_name, "second");
        }
    ck_assert(found);
    finish(&w);
}
END_TEST

START_TEST(locked_pairs_stay_whatever_the_rules_and_wrong_ones_are_found)
{
    world w;
    start(&w);
    static char m1[] = "m1", e2[] = "e2", ghost[] = "m7";
    mlab_lock lock = {.mentor = m1, .mentee = e2};
    w.spec.locks = &lock;
    w.spec.n_locks = 1;
    w.spec.mentee_wishes = (mlab_wishes){.not_column = never}; /* e2 does not want m1 */
    ck_assert_msg(open_world(&w, NULL, 0) == MLAB_OK, "%s", w.err.sentence);
    mlab_pairs *pairs = NULL;
    ck_assert_msg(mlab_matching_run(w.matching, 0, &w.findings, &pairs, &w.err) == MLAB_OK, "%s", w.err.sentence);
    ck_assert_int_eq(pairs->mentor_of[1], 0);
    ck_assert_int_ne(pairs->mentor_of[0], 0);
    ck_assert_str_eq(pairs->reason[1], "locked; no rule tells pairs apart");
    ck_near(pairs->score[1], 50, 1e-12, 0);
    mlab_pairs_free(pairs);
    finish(&w);

    start(&w);
    lock.mentor = ghost;
    w.spec.locks = &lock;
    w.spec.n_locks = 1;
    ck_assert_int_eq(open_world(&w, NULL, 0), MLAB_ERR_DATA_REJECTED);
    ck_assert_str_eq(w.findings.items[0].sentence, "lock: no mentor has this id");
    finish(&w);
}
END_TEST

START_TEST(contradictory_and_negative_places_are_found_with_their_row)
{
    world w;
    start(&w);
    static char places[] = "places", least[] = "least";
    test_integers(w.mentors, "places", INTEGERS(2, -1, 1));
    w.spec.capacity_column = places;
    ck_assert_int_eq(open_world(&w, NULL, 0), MLAB_ERR_MATCH_CAPACITY);
    ck_assert_uint_eq(w.findings.items[0].occurrences[0].place.line, 3);
    ck_assert_str_eq(w.findings.items[0].occurrences[0].value, "-1");
    finish(&w);

    start(&w);
    test_integers(w.mentors, "places", INTEGERS(2, 1, 1));
    test_integers(w.mentors, "least", INTEGERS(1, 3, INT32_MIN));
    w.spec.capacity_column = places;
    w.spec.least_column = least;
    ck_assert_int_eq(open_world(&w, NULL, 0), MLAB_ERR_MATCH_CAPACITY);
    ck_assert_str_eq(w.findings.items[0].kind, "contradictory_bounds");
    ck_assert_uint_eq(w.findings.items[0].occurrences[0].place.line, 3);
    finish(&w);
}
END_TEST

/* 20 mentees of f and 20 of m; capacity for all of f and for 15 or 16 of m: 16 of 20 is four fifths of 20 of 20 exactly, and passes. */
START_TEST(the_four_fifths_test_is_exact_at_its_edge)
{
    for (int matched = 15; matched <= 16; matched++) {
        mlab_context context = mlab_test_context(NULL, 1);
        mlab_pairs pairs = {.context = &context, .n_mentees = 40, .n_mentors = 1, .each = 1};
        int32_t mentor_of[40], group[40];
        double score[40];
        for (int i = 0; i < 40; i++) {
            group[i] = i / 20;
            mentor_of[i] = i < 20 + matched ? 0 : MLAB_UNMATCHED;
            score[i] = i % 2 ? 60 : 80;
        }
        pairs.mentor_of = mentor_of;
        pairs.score = score;
        static char f[] = "f", m[] = "m";
        char *names[] = {f, m};
        ck_assert_int_eq(mlab_pairs_by_group(&pairs, group, names, 2, NULL), MLAB_OK);
        ck_assert(!pairs.groups[0].below_four_fifths);
        ck_assert_int_eq(pairs.groups[1].below_four_fifths, matched == 15);
        ck_near(pairs.groups[0].mean_score, 70, 1e-12, 0);
        /* Wilson for 20 of 20: low = n / (n + z^2) */
        ck_near(pairs.groups[0].rate_low, 20 / (20 + 1.959963984540054 * 1.959963984540054), 1e-12, 0);
        ck_near(pairs.groups[0].rate_high, 1, 1e-12, 0);
        for (size_t k = 0; k < 2; k++) context.allocator.release(context.allocator.user, pairs.groups[k].name);
        context.allocator.release(context.allocator.user, pairs.groups);
    }
}
END_TEST

/* --- large pools ---------------------------------------------------------------------------------- */

static mlab_table *crowd(const mlab_context *context, size_t n, const char *letter, unsigned salt, bool backwards)
{
    mlab_table *t = test_table(context, n);
    char(*ids)[16] = calloc(n, sizeof *ids), (*skills)[32] = calloc(n, sizeof *skills);
    const char **id = calloc(n, sizeof *id), **skill = calloc(n, sizeof *skill), **site = calloc(n, sizeof *site);
    int32_t *grade = calloc(n, sizeof *grade);
    static const char *const sites[] = {"Lyon", "Graz", "Bern", ""};
    for (size_t k = 0; k < n; k++) {
        const size_t i = backwards ? n - 1 - k : k;
        const unsigned x = (unsigned)(i * 2654435761u + salt * 40503u);
        snprintf(ids[k], sizeof *ids, "%s%05u", letter, (unsigned)i);
        snprintf(skills[k], sizeof *skills, "s%u;s%u;s%u", x % 7, x / 7 % 11, x / 77 % 5);
        id[k] = ids[k];
        skill[k] = skills[k];
        site[k] = sites[x / 1000 % 4];
        grade[k] = (int32_t)(x / 4000 % 6);
    }
    test_texts(t, "id", id);
    test_texts(t, "skills", skill);
    test_texts(t, "site", site);
    test_integers(t, "grade", grade);
    free(ids);
    free(skills);
    free(id);
    free(skill);
    free(site);
    free(grade);
    return t;
}

static char skills[] = "skills", grade[] = "grade", site[] = "site";

static mlab_pairs *match_crowd(int threads, bool backwards, size_t most, mlab_matching **kept, mlab_table *tables[2])
{
    mlab_context *context = calloc(1, sizeof *context);
    *context = mlab_test_context(NULL, threads);
    static char semicolon[] = ";";
    static mlab_rule rules[] = {
        {.name = skills, .kind = MLAB_RULE_OVERLAP, .mentee_column = skills, .mentor_column = skills, .weight = 4, .separator = semicolon},
        {.name = grade, .kind = MLAB_RULE_GAP, .mentee_column = grade, .mentor_column = grade, .weight = 2, .best = 2, .spread = 3},
        {.name = site, .kind = MLAB_RULE_SAME, .mentee_column = site, .mentor_column = site, .must = true, .weight = 1}};
    static mlab_match_spec spec = {.default_capacity = 1, .rules = rules, .n_rules = 3, .policies = policies, .n_policies = 1, .seed = 9};
    spec.most = most;
    mlab_findings findings;
    mlab_findings_start(&findings, context);
    tables[0] = crowd(context, 300, "e", 1, backwards);
    tables[1] = crowd(context, 200, "m", 2, backwards);
    mlab_error err = {0};
    mlab_pairs *pairs = NULL;
    ck_assert_msg(mlab_matching_open(context, tables[1], tables[0], NULL, 0, &spec, &findings, kept, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_msg(mlab_matching_run(*kept, 0, &findings, &pairs, &err) == MLAB_OK, "%s", err.sentence);
    mlab_findings_free(&findings);
    return pairs;
}

START_TEST(the_pairs_do_not_depend_on_threads_or_on_the_order_of_rows)
{
    mlab_matching *kept[3];
    mlab_table *tables[3][2];
    for (size_t most = 0; most <= 10; most += 10) {
        mlab_pairs *a = match_crowd(1, false, most, &kept[0], tables[0]), *b = match_crowd(2, true, most, &kept[1], tables[1]),
                   *c = match_crowd(7, true, most, &kept[2], tables[2]);
        ck_assert_mem_eq(a->mentor_of, b->mentor_of, 300 * sizeof *a->mentor_of);
        ck_assert_mem_eq(a->mentor_of, c->mentor_of, 300 * sizeof *a->mentor_of);
        ck_assert_mem_eq(a->score, b->score, 300 * sizeof *a->score);
        ck_assert(a->total_score == b->total_score && b->total_score == c->total_score);
        for (size_t i = 0; i < 300; i++) ck_assert_str_eq(a->reason[i], c->reason[i]);
        ck_assert(a->rules[0].share == c->rules[0].share);
        mlab_pairs_free(a);
        mlab_pairs_free(b);
        mlab_pairs_free(c);
        for (int k = 0; k < 3; k++) {
            mlab_context *context = (mlab_context *)(uintptr_t)kept[k]->context;
            mlab_matching_free(kept[k]);
            mlab_table_free(tables[k][0]);
            mlab_table_free(tables[k][1]);
            free(context);
        }
    }
}
END_TEST

/* Of the candidates of each mentee the best stay; the pool of all tells which those are, and the bound holds its total. */
START_TEST(the_best_candidates_stay_and_what_was_left_out_bounds_the_total)
{
    mlab_matching *all, *few;
    mlab_table *tables[2][2];
    mlab_pairs *a = match_crowd(1, false, 0, &all, tables[0]), *b = match_crowd(1, false, 7, &few, tables[1]);
    ck_assert_uint_eq(b->candidates, a->candidates);
    ck_assert_uint_lt(b->candidates_kept, a->candidates_kept);
    for (size_t i = 0; i < 300; i++) {
        double least = 101;
        const mlab_pool *pool = &few->pool;
        const size_t n = all->pool.first[i + 1] - all->pool.first[i];
        ck_assert_uint_eq(pool->first[i + 1] - pool->first[i], n < 7 ? n : 7);
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++)
            if (pool->score[e] < least) least = pool->score[e];
        for (size_t e = all->pool.first[i]; e < all->pool.first[i + 1]; e++)
            if (mlab_pool_find(pool, i, all->pool.mentor[e]) == SIZE_MAX) {
                ck_assert_double_le(all->pool.score[e], least);
                ck_assert_double_le(all->pool.score[e], few->work.cut[i]);
            }
    }
    ck_assert_double_eq(a->most_left_out, 0);
    ck_assert_double_gt(b->most_left_out, 0);
    ck_assert_double_le(a->total_score, b->total_score + b->most_left_out + 1e-6);
    ck_assert_double_le(b->total_score, a->total_score + 1e-6);
    printf("kept %lu of %lu: %.1f of %.1f, bound %.1f\n", (unsigned long)b->candidates_kept, (unsigned long)b->candidates, b->total_score,
           a->total_score, b->total_score + b->most_left_out);
    mlab_pairs_free(a);
    mlab_pairs_free(b);
    mlab_context *contexts[2] = {(mlab_context *)(uintptr_t)all->context, (mlab_context *)(uintptr_t)few->context};
    mlab_matching_free(all);
    mlab_matching_free(few);
    for (int k = 0; k < 4; k++) mlab_table_free(tables[k / 2][k % 2]);
    free(contexts[0]);
    free(contexts[1]);
}
END_TEST

START_TEST(ten_thousand_ties_are_cut_by_lot_and_evenly)
{
    enum { N = 10000, KEEP = 10 };
    double *sum = calloc(N, sizeof *sum), *fit = calloc(N, sizeof *fit), *sort = calloc(N, sizeof *sort), *missing = calloc(N, sizeof *missing);
    uint32_t *list = calloc(N, sizeof *list);
    for (size_t round = 0; round < 4; round++) {
        mlab_lane lane = {.sum = sum, .fit = fit, .sort = sort, .missing = missing, .list = list, .n = N};
        for (size_t j = 0; j < N; j++) {
            list[j] = (uint32_t)j;
            sum[j] = j == 77 ? 90 : 40;
        }
        ck_near(mlab_lane_cut(&lane, KEEP, (double)round / 4), 40, 1e-15, 0);
        ck_assert_uint_eq(lane.n, KEEP);
        bool top = false;
        for (size_t k = 0; k < KEEP; k++) {
            top = top || list[k] == 77;
            if (k) ck_assert_uint_gt(list[k], list[k - 1]);
            ck_assert(list[k] == 77 || (list[k] >= round * N / 4 && list[k] < round * N / 4 + KEEP));
        }
        ck_assert(top);
    }
    free(sum);
    free(fit);
    free(sort);
    free(missing);
    free(list);
}
END_TEST

START_TEST(a_score_of_ones_own_is_read_from_a_file)
{
    world w;
    start(&w);
    char path[600];
    snprintf(path, sizeof path, "%s/own.csv", mlab_test_folder("own_scores"));
    FILE *file = fopen(path, "w");
    fputs("mentor,mentee,score\nm1,e1,2\nm2,e1,10\nm2,e2,6\nm8,e1,3\n", file);
    fclose(file);
    add(&w, (mlab_rule){.name = first, .kind = MLAB_RULE_FILE, .path = path, .file_name = path});
    ck_assert_msg(open_world(&w, NULL, 0) == MLAB_OK, "%s", w.err.sentence);
    ck_near(term(&w, 0, 0, 0).s, 0, 1e-15, 1e-15);
    ck_near(term(&w, 0, 0, 1).s, 1, 1e-15, 0);
    ck_near(term(&w, 0, 1, 1).s, 0.5, 1e-15, 0);
    ck_assert(!term(&w, 0, 1, 0).known);
    finish(&w);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_context whole = mlab_test_context(NULL, 1);
    mlab_table *mentors = mentors_of(&whole), *mentees = mentees_of(&whole);
    static char semicolon[] = ";", e1[] = "e1", m3[] = "m3";
    mlab_rule rules[] = {{.name = languages,
                          .kind = MLAB_RULE_COMMON,
                          .mentee_column = languages,
                          .mentor_column = languages,
                          .enough = 1,
                          .must = true,
                          .separator = semicolon},
                         {.name = drive, .kind = MLAB_RULE_SIMILAR, .columns = vector, .n_columns = 2, .weight = 1},
                         {.name = first, .kind = MLAB_RULE_CHOICE, .weight = 2}};
    mlab_lock lock = {.mentor = m3, .mentee = e1};
    const mlab_match_spec spec = {.default_capacity = 1,
                                  .rules = rules,
                                  .n_rules = 3,
                                  .policies = policies,
                                  .n_policies = 2,
                                  .locks = &lock,
                                  .n_locks = 1,
                                  .group_column = gender,
                                  .mentee_wishes = {.columns = choices, .n_columns = 2, .not_column = never}};
    for (long k = 1;; k++) {
        mlab_test_memory memory = {.fail_at = k};
        mlab_context context = mlab_test_context(&memory, 1);
        mlab_findings findings;
        mlab_pairs *results[2];
        mlab_error err = {0};
        mlab_findings_start(&findings, &context);
        mlab_status status = mlab_match(&context, mentors, mentees, NULL, 0, &spec, &findings, results, &err);
        if (status) ck_assert_msg(status == MLAB_ERR_MEMORY, "%ld: %s", k, err.sentence);
        for (int p = 0; p < 2; p++) mlab_pairs_free(results[p]);
        mlab_findings_free(&findings);
        ck_assert_int_eq(memory.live, 0);
        if (!status) break;
    }
    mlab_table_free(mentors);
    mlab_table_free(mentees);
}
END_TEST

MLAB_TEST_MAIN("rules", each_kind_of_rule_gives_the_fit_worked_out_by_hand, musts_of_the_new_kinds_hold_at_their_bounds,
               a_cell_that_is_no_time_zone_is_found_with_its_row, hours_from_utc_are_read_as_people_write_them,
               preferences_with_ties_blanks_and_people_not_wanted_become_ranks,
               only_those_named_are_candidates_when_asked_and_unknown_names_are_found, locked_pairs_stay_whatever_the_rules_and_wrong_ones_are_found,
               contradictory_and_negative_places_are_found_with_their_row, the_four_fifths_test_is_exact_at_its_edge,
               the_pairs_do_not_depend_on_threads_or_on_the_order_of_rows, the_best_candidates_stay_and_what_was_left_out_bounds_the_total,
               ten_thousand_ties_are_cut_by_lot_and_evenly, a_score_of_ones_own_is_read_from_a_file,
               every_failed_allocation_is_reported_and_nothing_leaks)
