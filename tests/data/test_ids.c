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
    ck_assert_int_eq(mlab_ids_make(people, "id", NULL, &findings, &made, &err), MLAB_OK);
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
    const mlab_link link = {"mentees", "relationships", accept, NULL};
    ck_assert_int_eq(mlab_ids_make(people, "id", NULL, &findings, &ids, &err), MLAB_OK);
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
    const mlab_link link = {"mentors", "relationships", 0.5, NULL};
    ck_assert_int_eq(mlab_ids_make(people, "id", member, &findings, &made, &err), MLAB_OK);
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
        const mlab_link link = {"mentors", "relationships", 0.05, NULL};
        long before = memory.calls;
        memory.fail_at = before + k;
        mlab_status status = mlab_ids_make(people, "id", NULL, &findings, &made, &err);
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

MLAB_TEST_MAIN("ids", a_rank_is_the_place_of_the_id_in_byte_order, the_limit_of_unlinked_ids_is_a_share_of_different_ids,
               people_outside_the_population_are_known_and_have_no_rank, a_dictionary_numbers_texts_in_the_order_met,
               every_failed_allocation_of_linking_is_reported_and_nothing_leaks)
