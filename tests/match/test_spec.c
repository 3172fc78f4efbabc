/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/options.h"
#include "tables.h"

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_findings findings;
    mlab_settings *settings;
    mlab_match_spec spec;
} world;

static mlab_status read_text(world *w, const char *text)
{
    const mlab_option *const tables[] = {mlab_match_option_rows};
    const size_t rows[] = {mlab_match_n_option_rows};
    mlab_findings_start(&w->findings, &w->context);
    w->settings = NULL;
    w->spec = (mlab_match_spec){0};
    mlab_status status = mlab_settings_parse(&w->context, "here/study.yaml", text, strlen(text), tables, rows, 1, &w->findings, &w->settings, NULL);
    return status ? status : mlab_match_spec_read(&w->context, w->settings, &w->findings, &w->spec, NULL);
}

static void finish(world *w)
{
    mlab_match_spec_free(&w->context, &w->spec);
    mlab_settings_free(w->settings);
    mlab_findings_free(&w->findings);
    ck_assert_int_eq(w->memory.live, 0);
}

static const char whole[] = "matching:\n"
                            "  mentors:  {where: \"grade >= 4 and tenure >= 2\", capacity: {from: capacity, default: 2}}\n"
                            "  mentees:  {where: \"grade <= 3\"}\n"
                            "  score:\n"
                            "    skills: {need: wants, offer: offers, weight: high}\n"
                            "    seniority_gap: {column: grade, best: 2, weight: some}\n"
                            "    department: {same: avoid, weight: some}\n"
                            "    language: {same: must}\n"
                            "  forbid:   [{line_manager: manager, levels: 2}, past_pair, {same_team: team}, {list: no.csv}]\n"
                            "  policies: [random, deferred_acceptance, optimal]\n";

START_TEST(the_block_of_the_handbook_reads_as_written)
{
    world w = {0};
    w.context = mlab_test_context(&w.memory, 1);
    ck_assert_int_eq(read_text(&w, whole), MLAB_OK);
    ck_assert_uint_eq(w.findings.n, 0);
    ck_assert_str_eq(w.spec.mentor_where, "grade >= 4 and tenure >= 2");
    ck_assert_uint_eq(w.spec.mentor_where_place.line, 2);
    ck_assert_str_eq(w.spec.capacity_column, "capacity");
    ck_assert_int_eq(w.spec.default_capacity, 2);
    ck_assert_uint_eq(w.spec.n_rules, 4);
    ck_assert_int_eq(w.spec.rules[0].kind, MLAB_RULE_OVERLAP);
    ck_assert_str_eq(w.spec.rules[0].mentee_column, "wants");
    ck_assert_str_eq(w.spec.rules[0].mentor_column, "offers");
    ck_assert_double_eq(w.spec.rules[0].weight, 4);
    ck_assert_int_eq(w.spec.rules[1].kind, MLAB_RULE_GAP);
    ck_assert_double_eq(w.spec.rules[1].best, 2);
    ck_assert_double_eq(w.spec.rules[1].spread, 3);
    ck_assert_int_eq(w.spec.rules[2].kind, MLAB_RULE_DIFFERENT);
    ck_assert(!w.spec.rules[2].must);
    ck_assert_int_eq(w.spec.rules[3].kind, MLAB_RULE_SAME);
    ck_assert(w.spec.rules[3].must);
    ck_assert_str_eq(w.spec.rules[3].mentor_column, "language");
    ck_assert_uint_eq(w.spec.n_forbids, 4);
    ck_assert_int_eq(w.spec.forbids[0].kind, MLAB_FORBID_LINE_MANAGER);
    ck_assert_int_eq(w.spec.forbids[0].levels, 2);
    ck_assert_int_eq(w.spec.forbids[1].kind, MLAB_FORBID_PAST_PAIR);
    ck_assert_str_eq(w.spec.forbids[3].column, "here/no.csv");
    ck_assert_uint_eq(w.spec.n_policies, 3);
    finish(&w);
}
END_TEST

START_TEST(all_kinds_of_rules_preferences_locks_and_options_are_read)
{
    world w = {0};
    w.context = mlab_test_context(&w.memory, 1);
    ck_assert_int_eq(read_text(&w,
                               "matching:\n"
                               "  mentors: {capacity: {from: places, least: 1}, hours: h}\n"
                               "  score:\n"
                               "    languages: {common: 2, weight: must}\n"
                               "    values: {similar: [drive, calm], weight: 3.5}\n"
                               "    interests: {unlike: yes}\n"
                               "    zone: {within: 6, weight: low}\n"
                               "    again: {past_pair: prefer}\n"
                               "    wishes: {choice: mentors}\n"
                               "    own: {file: own.csv, value: points, low: 0, high: 10}\n"
                               "    gains: {outcome: retention, arm: coaching, against: none, months: 24, folds: 10, formula: exit ~ arm * grade}\n"
                               "  preferences:\n"
                               "    mentees: {ranks: [choice1, choice2], not: never, only: yes}\n"
                               "    mentors: {ranks: ranking}\n"
                               "  lock: [{mentor: m1, mentee: e1}]\n"
                               "  carry: [name]\n"
                               "  policies: [{optimal: {first: participation, gap: 0.1}}, random]\n"),
                     MLAB_OK);
    ck_assert_uint_eq(w.findings.n, 0);
    static const mlab_rule_kind kinds[] = {MLAB_RULE_COMMON, MLAB_RULE_SIMILAR, MLAB_RULE_UNLIKE, MLAB_RULE_HOURS,
                                           MLAB_RULE_PAST,   MLAB_RULE_CHOICE,  MLAB_RULE_FILE,   MLAB_RULE_GAINS};
    ck_assert_uint_eq(w.spec.n_rules, 8);
    for (size_t k = 0; k < 8; k++) ck_assert_int_eq(w.spec.rules[k].kind, kinds[k]);
    ck_assert(w.spec.rules[0].must);
    ck_assert_double_eq(w.spec.rules[0].enough, 2);
    ck_assert_double_eq(w.spec.rules[1].weight, 3.5);
    ck_assert_uint_eq(w.spec.rules[1].n_columns, 2);
    ck_assert_str_eq(w.spec.rules[2].columns[0], "interests");
    ck_assert_double_eq(w.spec.rules[3].within, 6);
    ck_assert(w.spec.rules[5].of_mentors);
    ck_assert_str_eq(w.spec.rules[6].score_column, "points");
    ck_assert_str_eq(w.spec.rules[7].arm, "coaching");
    ck_assert_int_eq(w.spec.rules[7].months, 24);
    ck_assert_int_eq(w.spec.rules[7].folds, 10);
    ck_assert_str_eq(w.spec.rules[7].formula, "exit ~ arm * grade");
    ck_assert_int_eq(w.spec.default_least, 1);
    ck_assert_str_eq(w.spec.mentor_hours_column, "h");
    ck_assert_uint_eq(w.spec.mentee_wishes.n_columns, 2);
    ck_assert(w.spec.mentee_wishes.only && !w.spec.mentor_wishes.only);
    ck_assert_str_eq(w.spec.locks[0].mentor, "m1");
    ck_assert(w.spec.asks[0].options.participation_first);
    ck_assert_double_eq(w.spec.asks[0].options.gap, 0.1);
    finish(&w);
}
END_TEST

START_TEST(without_a_block_everybody_is_matched_for_the_best_total_with_one_place_each)
{
    world w = {0};
    w.context = mlab_test_context(&w.memory, 1);
    ck_assert_int_eq(read_text(&w, "matching: {mentors: {capacity: 3}}\n"), MLAB_OK);
    ck_assert_uint_eq(w.findings.n, 0);
    ck_assert_int_eq(w.spec.default_capacity, 3);
    finish(&w);
    ck_assert_int_eq(read_text(&w, "matching: {seed: 4}\n"), MLAB_OK);
    ck_assert_int_eq(w.spec.default_capacity, 1);
    ck_assert_uint_eq(w.spec.seed, 4);
    ck_assert_uint_eq(w.spec.n_policies, 1);
    ck_assert_str_eq(w.spec.policies[0], "optimal");
    finish(&w);
}
END_TEST

static void expect(const char *text, const char *sentence, unsigned line)
{
    world w = {0};
    w.context = mlab_test_context(&w.memory, 1);
    ck_assert_int_eq(read_text(&w, text), MLAB_OK);
    ck_assert_msg(w.findings.n == 1, "%s: %u findings", text, (unsigned)w.findings.n);
    ck_assert_str_eq(w.findings.items[0].sentence, sentence);
    ck_assert_int_eq(w.findings.items[0].severity, MLAB_SEVERITY_STOP);
    ck_assert_uint_eq(w.findings.items[0].occurrences[0].place.line, line);
    finish(&w);
}

START_TEST(what_is_wrong_or_not_built_is_a_stop_with_its_place)
{
    expect("matching: {policies: optimall}\n", "there is no policy 'optimall'; did you mean 'optimal'?", 1);
    expect("matching:\n  policies:\n    - random\n    - {optimal: {frist: participation}}\n",
           "policy 'optimal' has no option 'frist'; did you mean 'first'?", 4);
    expect("matching: {policies: {optimal: {first: money}}}\n", "first must be score|participation", 1);
    expect("matching: {policies: {optimal: {gap: 2}}}\n", "gap must be a number from 0 to 1", 1);
    expect("matching: {policies: [random, random]}\n", "policies: a policy stands there twice", 1);
    expect("matching:\n  forbid: [past_pairs]\n",
           "forbid: 'past_pairs' is not known, allowed line_manager, past_pair, same_team, list; did you mean "
           "'past_pair'?",
           2);
    expect("matching:\n  forbid: [{line_manager: boss, levels: 0}]\n", "forbid: levels must be a whole number from 1 to 50", 2);
    expect("matching:\n  forbid: [list]\n", "forbid: a list needs its file, {list: pairs.csv}", 2);
    expect("matching:\n  score:\n    x: {weight: high}\n",
           "a term of the score needs one of: need and offer, best, same, common, similar, unlike, within, past_pair, choice, file, or outcome", 3);
    expect("matching:\n  score:\n    x: {need: a}\n", "a term of the score with need needs offer too, and the other way round", 3);
    expect("matching:\n  mentors: {capacity: many}\n", "capacity must be a whole number from 0 to 100, or {from: column, default: 1}", 2);
    expect("matching:\n  lock: [a]\n", "lock: each item is {mentor: id, mentee: id}; or lock: file.csv", 2);
    expect("matching:\n  score:\n    x: {same: prefer, weight: -1}\n",
           "weight must be must, high, some, low or a number above 0; high counts 4, some 2, low 1", 3);
    expect("matching:\n  score:\n    x: {file: a.csv, weight: must}\n", "a score of a file cannot be a must; forbid: [{list: file}] rules pairs out",
           3);
    expect("matching:\n  policies: [{lottery: {cap: 0}}]\n", "cap must be a number above 0, at most 1", 2);
    expect("matching:\n  score:\n    gains: {outcome: retention, weight: must}\n",
           "what people gain cannot be a must; weight: high, some, low or a number", 3);
    expect("matching:\n  score:\n    gains: {outcome: retention, low: 3, high: 2}\n", "low and high go together, high above low: what counts 0 and 1",
           3);
}
END_TEST

START_TEST(rules_are_recognised_from_headings_and_the_block_says_the_same)
{
    world w = {0};
    w.context = mlab_test_context(&w.memory, 1);
    mlab_table *t = test_table(&w.context, 2);
    test_texts(t, "Employee ID", TEXTS("007", "012"));
    test_texts(t, "Role", TEXTS("mentee", "mentor"));
    test_integers(t, "Places", INTEGERS(1, 2));
    test_texts(t, "Skills wanted", TEXTS("tax", ""));
    test_texts(t, "Expertise", TEXTS("", "tax; law"));
    test_texts(t, "Grade", TEXTS("2", "4"));
    test_texts(t, "Department", TEXTS("a", "b"));
    test_texts(t, "Language", TEXTS("en", "en"));
    test_texts(t, "Office", TEXTS("Lyon", "Lyon"));
    test_texts(t, "Line manager", TEXTS("012", ""));
    test_texts(t, "About me",
               TEXTS("I would like to learn how the other half of the firm lives.", "Have been here for a long time, ask me anything."));
    test_texts(t, "Shoe", TEXTS("a", "b"));
    test_integers(t, "Shoe size", INTEGERS(41, 38));
    char *sentences = NULL, *yaml = NULL;
    ck_assert_int_eq(mlab_match_recognise(&w.context, t, t, &sentences, &yaml, NULL), MLAB_OK);
    ck_assert_str_eq(sentences,
                     "'Role' says who is mentor, mentee or both; a mentor takes as many mentees as 'Places' says, one where it is empty.\n"
                     "A pair fits the better the more of this is so: the mentor offers under 'Expertise' what the mentee names under 'Skills wanted' "
                     "(high); the mentor is two steps above in 'Grade' (some); they are of different 'Department' (some); they are of the same "
                     "'Office' (low).\n"
                     "Nobody is paired without the same 'Language', nor with their own manager ('Line manager').\n"
                     "Not used, but shown beside each pair: 'About me', 'Shoe'; not used at all: 'Shoe size'.\n"
                     "Of all ways to fill the places the one with the highest total score is taken; equals go by lot.\n");
    ck_assert_int_eq(read_text(&w, yaml), MLAB_OK);
    ck_assert_msg(w.findings.n == 0, "%s", w.findings.n ? w.findings.items[0].sentence : "");
    static const struct {
        const char *name, *mentee, *mentor;
        mlab_rule_kind kind;
        bool must;
        double weight;
    } rules[] = {{"skills", "Skills wanted", "Expertise", MLAB_RULE_OVERLAP, false, 4},
                 {"seniority_gap", "Grade", "Grade", MLAB_RULE_GAP, false, 2},
                 {"department", "Department", "Department", MLAB_RULE_DIFFERENT, false, 2},
                 {"site", "Office", "Office", MLAB_RULE_SAME, false, 1},
                 {"language", "Language", "Language", MLAB_RULE_SAME, true, 2}};
    ck_assert_uint_eq(w.spec.n_rules, 5);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_str_eq(w.spec.rules[i].name, rules[i].name);
        ck_assert_int_eq(w.spec.rules[i].kind, rules[i].kind);
        ck_assert_str_eq(w.spec.rules[i].mentee_column, rules[i].mentee);
        ck_assert_str_eq(w.spec.rules[i].mentor_column, rules[i].mentor);
        ck_assert_int_eq(w.spec.rules[i].must, rules[i].must);
        ck_assert_double_eq(w.spec.rules[i].weight, rules[i].weight);
    }
    ck_assert_str_eq(w.spec.id_column, "Employee ID");
    ck_assert_str_eq(w.spec.role_column, "Role");
    ck_assert_str_eq(w.spec.capacity_column, "Places");
    ck_assert_str_eq(w.spec.forbids[0].column, "Line manager");
    ck_assert_uint_eq(w.spec.n_carry, 3);
    ck_assert_str_eq(w.spec.carry[1], "About me");
    mlab_pairs *pairs = NULL;
    mlab_error err = {0};
    ck_assert_msg(mlab_match(&w.context, t, t, NULL, 0, &w.spec, &w.findings, &pairs, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_str_eq(pairs->reason[0],
                     "nobody allowed: own line manager; smallest change: without 'own line manager' 1 mentor would be allowed, 1 with a "
                     "free place");
    mlab_pairs_free(pairs);
    mlab_pairs_text_free(&w.context, sentences);
    mlab_pairs_text_free(&w.context, yaml);
    mlab_table_free(t);
    finish(&w);
}
END_TEST

START_TEST(expressions_choose_who_takes_part)
{
    world w = {0};
    w.context = mlab_test_context(&w.memory, 1);
    mlab_table *t = test_table(&w.context, 4);
    test_texts(t, "id", TEXTS("a", "b", "c", "d"));
    test_integers(t, "grade", INTEGERS(2, 4, INT32_MIN, 5));
    mlab_pairs *pairs = NULL;
    ck_assert_int_eq(read_text(&w, "matching: {mentors: {where: grade >= 4}, mentees: {where: grade <= 3}}\n"), MLAB_OK);
    ck_assert_int_eq(mlab_match(&w.context, t, t, NULL, 0, &w.spec, &w.findings, &pairs, NULL), MLAB_OK);
    ck_assert_uint_eq(pairs->n_mentees, 1); /* c: not known, so neither */
    ck_assert_uint_eq(pairs->n_mentors, 2);
    mlab_pairs_free(pairs);
    mlab_match_spec_free(&w.context, &w.spec);
    mlab_settings_free(w.settings);
    mlab_findings_free(&w.findings);
    mlab_error err = {0};
    ck_assert_int_eq(read_text(&w, "matching:\n  mentors: {where: grad >= 4}\n"), MLAB_OK);
    ck_assert_int_eq(mlab_match(&w.context, t, t, NULL, 0, &w.spec, &w.findings, &pairs, &err), MLAB_ERR_DATA_COLUMN);
    ck_assert_uint_eq(err.place.line, 2);
    ck_assert_ptr_null(pairs);
    mlab_table_free(t);
    finish(&w);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    for (long k = 1;; k++) {
        world w = {.memory = {.fail_at = k}};
        w.context = mlab_test_context(&w.memory, 1);
        mlab_status status = read_text(&w, whole);
        if (status) ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        finish(&w);
        if (!status) break;
    }
    for (long k = 1;; k++) {
        world w = {0};
        w.context = mlab_test_context(&w.memory, 1);
        mlab_table *t = test_table(&w.context, 1);
        test_texts(t, "id", TEXTS("a"));
        test_texts(t, "manager", TEXTS("b"));
        test_texts(t, "topics", TEXTS("b"));
        char *sentences, *yaml;
        w.memory.fail_at = w.memory.calls + k;
        mlab_status status = mlab_match_recognise(&w.context, t, t, &sentences, &yaml, NULL);
        if (status) ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        mlab_pairs_text_free(&w.context, sentences);
        mlab_pairs_text_free(&w.context, yaml);
        mlab_table_free(t);
        ck_assert_int_eq(w.memory.live, 0);
        if (!status) break;
    }
}
END_TEST

MLAB_TEST_MAIN("spec", all_kinds_of_rules_preferences_locks_and_options_are_read, the_block_of_the_handbook_reads_as_written,
               without_a_block_everybody_is_matched_for_the_best_total_with_one_place_each, what_is_wrong_or_not_built_is_a_stop_with_its_place,
               rules_are_recognised_from_headings_and_the_block_says_the_same, expressions_choose_who_takes_part,
               every_failed_allocation_is_reported_and_nothing_leaks)
