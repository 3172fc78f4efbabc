/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/dictionary.h"
#include "data/ids.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>

static mlab_table *table_of(const mlab_context *context, const char *name, const char *const *ids, size_t n)
{
    mlab_table *table = NULL;
    mlab_column *column = NULL;
    mlab_error err;
    ck_assert_int_eq(mlab_table_make(context, n, &table, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, name, MLAB_COLUMN_TEXT, NULL, 0, &column, &err), MLAB_OK);
    for (size_t i = 0; i < n; i++) {
        if (ids[i])
            ck_assert_int_eq(mlab_column_set_text(table, column, i, ids[i], strlen(ids[i]), &err), MLAB_OK);
        else
            ck_assert_int_eq(mlab_column_set_missing(table, column, i, &err), MLAB_OK);
    }
    return table;
}

START_TEST(a_rank_is_the_place_of_the_id_in_byte_order)
{
    static const char *const ids[] = {"b2", "B1", "10", "9", "b1", "\xC3\xA9"};
    static const char *const sorted[] = {"10", "9", "B1", "b1", "b2", "\xC3\xA9"};
    static const uint32_t rows[] = {2, 3, 1, 4, 0, 5};
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_table *people = table_of(&context, "id", ids, 6);
    mlab_findings findings;
    mlab_findings_start(&findings, &context);
    mlab_ids made;
    mlab_error err;
    ck_assert_int_eq(mlab_ids_make(people, "id", NULL, false, &findings, &made, &err), MLAB_OK);
    ck_assert_uint_eq(made.n, 6);
    for (uint32_t rank = 0; rank < 6; rank++) {
        ck_assert_str_eq(mlab_ids_text(&made, rank), sorted[rank]);
        ck_assert_uint_eq(made.row_of_rank[rank], rows[rank]);
    }
    ck_assert_uint_eq(findings.n, 0);
    mlab_ids_free(&made);
    mlab_ids_free(&made);
    mlab_table_free(people);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

/* 40 people; `unlinked` of 40 different ids of the other file are not among them. 2 of 40 is 5 %. */
static mlab_severity severity_of(size_t unlinked, double accept, char *remedy, size_t size)
{
    char text[80][8];
    const char *people_ids[40], *other_ids[44];
    mlab_context context = mlab_test_context(NULL, 1);
    for (size_t i = 0; i < 80; i++) snprintf(text[i], sizeof text[i], "p%03d", (int)i);
    for (size_t i = 0; i < 40; i++) people_ids[i] = text[i];
    for (size_t i = 0; i < 40; i++) other_ids[i] = text[i + unlinked];
    for (size_t i = 40; i < 44; i++) other_ids[i] = i == 43 ? NULL : text[39]; /* repeats and a missing id do not count */
    mlab_table *people = table_of(&context, "id", people_ids, 40), *other = table_of(&context, "mentee", other_ids, 44);
    mlab_findings findings;
    mlab_findings_start(&findings, &context);
    mlab_ids ids;
    mlab_error err;
    uint32_t rank[44];
    const mlab_link link = {.who = "mentees", .block = "relationships", .accept = accept};
    ck_assert_int_eq(mlab_ids_make(people, "id", NULL, false, &findings, &ids, &err), MLAB_OK);
    ck_assert_int_eq(mlab_ids_link(&ids, other, "mentee", &link, &findings, rank, &err), MLAB_OK);
    ck_assert_uint_eq(rank[0], (uint32_t)unlinked);
    ck_assert_uint_eq(rank[43], MLAB_ID_UNKNOWN);
    ck_assert_uint_eq(findings.n, unlinked > 0);
    mlab_severity severity = MLAB_SEVERITY_NOTE;
    if (findings.n) {
        severity = findings.items[0].severity;
        ck_assert_uint_eq(findings.items[0].count, unlinked);
        snprintf(remedy, size, "%s", findings.items[0].remedy);
    }
    mlab_ids_free(&ids);
    mlab_table_free(people);
    mlab_table_free(other);
    mlab_findings_free(&findings);
    return severity;
}

START_TEST(the_limit_of_unlinked_ids_is_a_share_of_different_ids)
{
    char remedy[200] = "";
    ck_assert_int_eq(severity_of(0, 0.05, remedy, sizeof remedy), MLAB_SEVERITY_NOTE);
    ck_assert_int_eq(severity_of(2, 0.05, remedy, sizeof remedy), MLAB_SEVERITY_NOTE);
    ck_assert_str_eq(remedy, "");
    ck_assert_int_eq(severity_of(3, 0.05, remedy, sizeof remedy), MLAB_SEVERITY_STOP);
    ck_assert_str_eq(remedy, "relationships: {accept_unlinked: 0.08}");
    ck_assert_int_eq(severity_of(3, 0.08, remedy, sizeof remedy), MLAB_SEVERITY_NOTE);
    ck_assert_int_eq(severity_of(1, 0, remedy, sizeof remedy), MLAB_SEVERITY_STOP);
}
END_TEST

START_TEST(people_outside_the_population_are_known_and_have_no_rank)
{
    static const char *const ids[] = {"c", "a", "b"}, *const others[] = {"a", "b", "c", "d"};
    static const uint8_t member[] = {1, 0, 1};
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_table *people = table_of(&context, "id", ids, 3), *other = table_of(&context, "mentor", others, 4);
    mlab_findings findings;
    mlab_findings_start(&findings, &context);
    mlab_ids made;
    mlab_error err;
    uint32_t rank[4];
    const mlab_link link = {.who = "mentors", .block = "relationships", .accept = 0.5};
    ck_assert_int_eq(mlab_ids_make(people, "id", member, false, &findings, &made, &err), MLAB_OK);
    ck_assert_uint_eq(made.n, 2);
    ck_assert_str_eq(mlab_ids_text(&made, 0), "b");
    ck_assert_int_eq(mlab_ids_link(&made, other, "mentor", &link, &findings, rank, &err), MLAB_OK);
    ck_assert_uint_eq(rank[0], MLAB_ID_OUTSIDE);
    ck_assert_uint_eq(rank[1], 0);
    ck_assert_uint_eq(rank[2], 1);
    ck_assert_uint_eq(rank[3], MLAB_ID_UNKNOWN);
    ck_assert_str_eq(findings.items[0].sentence, "1 of 4 mentors are not in  (25.0 %, allowed 50 %)"); /* a table that was made has no file */
    mlab_ids_free(&made);
    mlab_table_free(people);
    mlab_table_free(other);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(a_dictionary_numbers_texts_in_the_order_met)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_dictionary dictionary;
    mlab_error err;
    mlab_dictionary_start(&dictionary, &context);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 5000; i++) {
            char text[40];
            uint32_t code;
            int n = snprintf(text, sizeof text, "%.*s%u", (int)(i % 20), "xxxxxxxxxxxxxxxxxxxx", (unsigned)i);
            ck_assert_int_eq(mlab_dictionary_add(&dictionary, text, (size_t)n, &code, &err), MLAB_OK);
            ck_assert_uint_eq(code, i);
            ck_assert_str_eq(mlab_dictionary_text(&dictionary, code), text);
        }
    ck_assert_uint_eq(dictionary.n, 5000);
    ck_assert_uint_eq(dictionary.entries[17].count, 2);
    ck_assert_uint_eq(mlab_dictionary_find(&dictionary, "nobody", 6), MLAB_DICTIONARY_NONE);
    mlab_dictionary_free(&dictionary);
    mlab_dictionary_free(&dictionary);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(every_failed_allocation_of_linking_is_reported_and_nothing_leaks)
{
    static const char *const ids[] = {"01", "02", "03"}, *const others[] = {"1", "02", "9"};
    for (long k = 1;; k++) {
        mlab_test_memory memory = {0};
        mlab_context context = mlab_test_context(&memory, 1);
        mlab_table *people = table_of(&context, "id", ids, 3), *other = table_of(&context, "mentor", others, 3);
        mlab_findings findings;
        mlab_findings_start(&findings, &context);
        mlab_ids made = {0};
        mlab_error err;
        uint32_t rank[3];
        const mlab_link link = {.who = "mentors", .block = "relationships", .accept = 0.05};
        long before = memory.calls;
        memory.fail_at = before + k;
        mlab_status status = mlab_ids_make(people, "id", NULL, false, &findings, &made, &err);
        if (!status) status = mlab_ids_link(&made, other, "mentor", &link, &findings, rank, &err);
        bool failed = memory.calls >= before + k;
        ck_assert_int_eq(status, failed ? MLAB_ERR_MEMORY : MLAB_OK);
        mlab_ids_free(&made);
        mlab_findings_free(&findings);
        mlab_table_free(people);
        mlab_table_free(other);
        ck_assert_int_eq(memory.live, 0);
        if (!failed) break;
    }
}
END_TEST

/* --- patterns ------------------------------------------------------------------------------------------ */

START_TEST(a_pattern_takes_a_part_out_of_a_text)
{
    static const struct {
        const char *pattern, *text, *taken; /* NULL = no match */
    } cases[] = {{"\\((\\d+)\\)", "Jane Doe (00123456)", "00123456"},
                 {"\\((\\d+)\\)", "Jane (Terminated) (123)", "123"},
                 {"\\((\\d+)\\)", "Jane Doe", NULL},
                 {"(\\d+)", "a12b345", "12"},
                 {"\\d+", "emp-0042-x", "0042"},
                 {"^(\\w+)@", "jane_doe@firm.example", "jane_doe"},
                 {"([^@]+)$", "jane@firm.example", "firm.example"},
                 {"(\\d{3,5})", "12 1234567", "12345"},
                 {"^E(\\d{4})$", "E1234", "1234"},
                 {"^E(\\d{4})$", "E12345", NULL},
                 {"x?(a*)b", "xaab", "aa"},
                 {"[A-F0-9]{2,}", "zz9Fq", "9F"},
                 {".+ (.)", "a b c", "c"},
                 {"\\[(.*)\\]", "[a]b]", "a]b"},
                 {"a{0,2}(\\d*)$", "aaa7", "7"}};
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        mlab_pattern *pattern;
        mlab_error err = {0};
        size_t first = 0, length = 0;
        ck_assert_msg(mlab_pattern_compile(&context, cases[k].pattern, &pattern, &err) == MLAB_OK, "%s: %s", cases[k].pattern, err.sentence);
        bool taken = mlab_pattern_take(pattern, cases[k].text, strlen(cases[k].text), &first, &length);
        ck_assert_msg(taken == (cases[k].taken != NULL), "%s in %s", cases[k].pattern, cases[k].text);
        if (taken)
            ck_assert_msg(length == strlen(cases[k].taken) && !memcmp(cases[k].text + first, cases[k].taken, length), "%s in %s: %.*s",
                          cases[k].pattern, cases[k].text, (int)length, cases[k].text + first);
        mlab_pattern_free(pattern);
    }
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(what_a_pattern_does_not_know_is_told_with_its_place)
{
    static const struct {
        const char *pattern, *sentence;
    } cases[] = {{"a|b", "the pattern 'a|b' has alternatives, which are not known, at its character 2"},
                 {"(a)(b)", "the pattern '(a)(b)' has a second group; one is taken at its character 4"},
                 {"(a", "the pattern '(a' has a ( that is not closed, the end at its character 3"},
                 {"a)", "the pattern 'a)' has a ) without its ( at its character 2"},
                 {"(a)+", "the pattern '(a)+' has a mark of repetition behind a group at its character 4"},
                 {"+a", "the pattern '+a' has a mark of repetition without something before it at its character 1"},
                 {"[a", "the pattern '[a' has a [ that is not closed at its character 3"},
                 {"[z-a]", "the pattern '[z-a]' has a range that goes down at its character 2"},
                 {"a{99}", "the pattern 'a{99}' has a repetition of more than 64 times, or from more to less, at its character 5"},
                 {"\\", "the pattern '\\' has nothing behind a backslash at its character 2"},
                 {"\\1", "the pattern '\\1' has a back reference, which is not known, at its character 2"},
                 {"", "the pattern '' has nothing at its character 1"}};
    mlab_context context = mlab_test_context(NULL, 1);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        mlab_pattern *pattern;
        mlab_error err = {0};
        ck_assert_int_eq(mlab_pattern_compile(&context, cases[k].pattern, &pattern, &err), MLAB_ERR_DATA_FORMULA);
        ck_assert_ptr_null(pattern);
        ck_assert_str_eq(err.sentence, cases[k].sentence);
    }
}
END_TEST

/* a?a?...a?aaa... over aaa...: exponential when one tries one way after the other */
START_TEST(no_text_makes_a_pattern_slow)
{
    static char text[200001];
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_pattern *pattern;
    mlab_error err;
    size_t first, length;
    memset(text, 'a', sizeof text - 1);
    ck_assert_int_eq(mlab_pattern_compile(&context, "^a{0,30}a{30}.*.*.*(b)", &pattern, &err), MLAB_OK);
    ck_assert(!mlab_pattern_take(pattern, text, sizeof text - 1, &first, &length));
    mlab_pattern_free(pattern);
}
END_TEST

/* --- what links more ------------------------------------------------------------------------------------ */

static void hint_of(const char *const *ids, const char *const *others, size_t n, const char *sentence, const char *remedy)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_table *people = table_of(&context, "id", ids, n), *other = table_of(&context, "mentee", others, n);
    static const char *const mails[] = {"a@f.de", "B@f.de", "c@f.de", "d@f.de"};
    mlab_column *mail = NULL;
    mlab_findings findings;
    mlab_ids made;
    mlab_error err;
    uint32_t rank[8];
    ck_assert_int_eq(mlab_table_add(people, "email", MLAB_COLUMN_TEXT, NULL, 0, &mail, &err), MLAB_OK);
    for (size_t i = 0; i < n; i++) ck_assert_int_eq(mlab_column_set_text(people, mail, i, mails[i], 6, &err), MLAB_OK);
    mlab_findings_start(&findings, &context);
    const mlab_link link = {.who = "mentees", .block = "relationships", .accept = 0.05};
    ck_assert_int_eq(mlab_ids_make(people, "id", NULL, false, &findings, &made, &err), MLAB_OK);
    ck_assert_int_eq(mlab_ids_link(&made, other, "mentee", &link, &findings, rank, &err), MLAB_OK);
    ck_assert_uint_eq(findings.n, 1);
    ck_assert_msg(strstr(findings.items[0].sentence, sentence), "%s", findings.items[0].sentence);
    ck_assert_str_eq(findings.items[0].remedy, remedy);
    mlab_ids_free(&made);
    mlab_table_free(people);
    mlab_table_free(other);
    mlab_findings_free(&findings);
}

START_TEST(a_join_says_what_would_link_more)
{
    static const char *const numbers[] = {"0017", "0018", "0019", "4711"}, *const names[] = {"ab1", "cd2", "ef3", "gh4"};
    hint_of(numbers, (const char *const[]){"17", "18", "9999", "4711"}, 4, "; 2 of them match with leading zeros",
            "id: {pad: 4}      (or relationships: {accept_unlinked: 0.75})");
    hint_of(names, (const char *const[]){"AB1", "Cd2", "x", "gh4"}, 4, "; 2 of them match when case does not count",
            "id: {case: ignore}      (or relationships: {accept_unlinked: 0.75})");
    hint_of(numbers, (const char *const[]){"00 17", "0 0 1 8", "x", "4711"}, 4, "; 2 of them match without the blanks in them",
            "id: {blanks: drop}      (or relationships: {accept_unlinked: 0.75})");
    hint_of(numbers, (const char *const[]){"Ann (17)", "Bob (0018)", "x", "4711"}, 4, "; 2 of them match by the digits in them",
            "id: {take: '(\\d+)', pad: 4}      (or relationships: {accept_unlinked: 0.75})");
    hint_of(numbers, (const char *const[]){"A@f.de", "b@f.de", "z@f.de", "4711"}, 4, "; 2 of them stand in its column \"email\"",
            "crosswalk: {file: , from: email, to: id}      (or relationships: {accept_unlinked: 0.75})"); /* a made table has no file */
}
END_TEST

/*  people  0017 0018 0019        pairs    "Ann (17)"  "B@f.de"  "c@f.de"  "0019"
 *  badge   b@f.de -> 0018, 0019 -> 0017 (an id that is somebody else's badge)                   */
START_TEST(ids_are_taken_padded_and_led_by_a_crosswalk)
{
    static const char *const ids[] = {"0017", "0018", "0019"}, *const others[] = {"Ann (17)", "B@f.de", "c@f.de", "0019"};
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_table *people = table_of(&context, "id", ids, 3), *other = table_of(&context, "mentee", others, 4);
    mlab_findings findings;
    mlab_ids made;
    mlab_error err;
    uint32_t rank[4], code;
    mlab_findings_start(&findings, &context);
    mlab_id_rule rule = {.pad = 4};
    uint32_t codes[2] = {1, 0};
    mlab_crosswalk crosswalk = {.code = codes, .name = "badge"};
    mlab_dictionary_start(&crosswalk.from, &context);
    ck_assert_int_eq(mlab_dictionary_add(&crosswalk.from, "b@f.de", 6, &code, &err), MLAB_OK);
    ck_assert_int_eq(mlab_dictionary_add(&crosswalk.from, "0019", 4, &code, &err), MLAB_OK);
    ck_assert_int_eq(mlab_pattern_compile(&context, "\\((\\d+)\\)", &rule.take, &err), MLAB_OK);
    ck_assert_int_eq(mlab_ids_make(people, "id", NULL, false, &findings, &made, &err), MLAB_OK);
    mlab_link link = {.who = "mentees", .block = "relationships", .accept = 0.25, .rule = &rule, .crosswalks = &crosswalk, .n_crosswalks = 1};
    ck_assert_int_eq(mlab_ids_link(&made, other, "mentee", &link, &findings, rank, &err), MLAB_OK);
    ck_assert_uint_eq(rank[0], 0);
    ck_assert_uint_eq(rank[1], 1);
    ck_assert_uint_eq(rank[2], MLAB_ID_UNKNOWN);
    ck_assert_uint_eq(rank[3], 2);
    ck_assert_uint_eq(findings.n, 2);
    ck_assert_str_eq(findings.items[0].sentence, "1 of 4 mentees are not in  (25.0 %, allowed 25 %)");
    ck_assert_int_eq(findings.items[0].severity, MLAB_SEVERITY_NOTE);
    ck_assert_str_eq(findings.items[1].kind, "id_two_ways");
    ck_assert_int_eq(findings.items[1].severity, MLAB_SEVERITY_DECIDE);
    ck_assert_str_eq(findings.items[1].remedy, "relationships: {link: crosswalk}      (or id)");
    link.by = MLAB_LINK_CROSSWALK;
    link.accept = 1;
    ck_assert_int_eq(mlab_ids_link(&made, other, "mentee", &link, &findings, rank, &err), MLAB_OK);
    ck_assert_uint_eq(rank[0], MLAB_ID_UNKNOWN);
    ck_assert_uint_eq(rank[3], 0);
    mlab_dictionary_free(&crosswalk.from);
    mlab_pattern_free(rule.take);
    mlab_ids_free(&made);
    mlab_table_free(people);
    mlab_table_free(other);
    mlab_findings_free(&findings);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(case_may_not_count_and_then_two_writings_are_one_id)
{
    static const char *const ids[] = {"Ab", "aB", "C"}, *const others[] = {"AB", "c", "C"};
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_table *people = table_of(&context, "id", ids, 3), *other = table_of(&context, "mentee", others, 3);
    mlab_findings findings;
    mlab_ids made;
    mlab_error err;
    uint32_t rank[3];
    mlab_findings_start(&findings, &context);
    const mlab_link link = {.who = "mentees", .block = "relationships", .accept = 0};
    ck_assert_int_eq(mlab_ids_make(people, "id", NULL, true, &findings, &made, &err), MLAB_OK);
    ck_assert_uint_eq(findings.n, 1);
    ck_assert_str_eq(findings.items[0].kind, "id_twice");
    ck_assert_uint_eq(made.n, 2);
    ck_assert_str_eq(mlab_ids_text(&made, 0), "Ab");
    ck_assert_int_eq(mlab_ids_link(&made, other, "mentee", &link, &findings, rank, &err), MLAB_OK);
    ck_assert_uint_eq(rank[0], 0);
    ck_assert_uint_eq(rank[1], 1);
    ck_assert_uint_eq(rank[2], 1);
    ck_assert_uint_eq(findings.n, 1);
    mlab_ids_free(&made);
    mlab_table_free(people);
    mlab_table_free(other);
    mlab_findings_free(&findings);
}
END_TEST

MLAB_TEST_MAIN("ids", a_pattern_takes_a_part_out_of_a_text, what_a_pattern_does_not_know_is_told_with_its_place, no_text_makes_a_pattern_slow,
               a_join_says_what_would_link_more, ids_are_taken_padded_and_led_by_a_crosswalk, case_may_not_count_and_then_two_writings_are_one_id,
               a_rank_is_the_place_of_the_id_in_byte_order, the_limit_of_unlinked_ids_is_a_share_of_different_ids,
               people_outside_the_population_are_known_and_have_no_rank, a_dictionary_numbers_texts_in_the_order_met,
               every_failed_allocation_of_linking_is_reported_and_nothing_leaks)
