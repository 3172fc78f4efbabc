/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Status, errors, memory, text and the context. */
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "support/support.h"

#include <stdlib.h>
#include <string.h>

START_TEST(every_status_and_trust_value_has_its_name_and_a_sentence)
{
#define MLAB_X(name, code, sentence)                                                                                                                 \
    ck_assert_str_eq(mlab_status_name(MLAB_##name), "MLAB_" #name);                                                                                  \
    ck_assert_str_eq(mlab_status_sentence(MLAB_##name), sentence);
    MLAB_STATUS_ALL(MLAB_X)
#undef MLAB_X
    ck_assert_str_eq(mlab_status_name(MLAB_OK), "MLAB_OK");
    ck_assert_str_eq(mlab_status_name((mlab_status)-9999), "MLAB_UNKNOWN");
#define MLAB_X(name, code, sentence)                                                                                                                 \
    for (const char *letter = mlab_trust_name(MLAB_##name), *given = #name; *given || *letter; letter++, given++)                                    \
        ck_assert_int_eq(*letter, *given == '_' ? '_' : *given + ('a' - 'A'));                                                                       \
    ck_assert_str_eq(mlab_trust_sentence(MLAB_##name), sentence);
    MLAB_TRUST_ALL(MLAB_X)
#undef MLAB_X
}
END_TEST

START_TEST(an_error_holds_status_sentence_and_place_and_none_is_fine)
{
    mlab_error err;
    mlab_place place = mlab_place_text("study.yaml", 14, 9);
    ck_assert_int_eq(mlab_raise(NULL, MLAB_ERR_NUMBER, "x"), MLAB_ERR_NUMBER);
    ck_assert_int_eq(mlab_raise_at(&err, MLAB_ERR_OPTION, &place, "found %d, allowed %s", 7, "1 to 3"), MLAB_ERR_OPTION);
    ck_assert_int_eq(err.status, MLAB_ERR_OPTION);
    ck_assert_str_eq(err.sentence, "found 7, allowed 1 to 3");
    ck_assert_uint_eq(err.place.line, 14);
    mlab_raise(&err, MLAB_ERR_READ, "again: %s", err.sentence); /* its own sentence may be an argument */
    ck_assert_str_eq(err.sentence, "again: found 7, allowed 1 to 3");
    ck_assert_uint_eq(err.place.line, 0);
}
END_TEST

START_TEST(a_sentence_too_long_is_cut_at_a_whole_character)
{
    char accents[1201] = "";
    for (int i = 0; i < 600; i++) memcpy(accents + 2 * i, "\xc3\xa9", 3);
    mlab_error err;
    for (int shift = 0; shift < 2; shift++) {
        mlab_raise(&err, MLAB_ERR_READ, "%s%s", shift ? "x" : "", accents);
        ck_assert(mlab_utf8_valid(err.sentence, strlen(err.sentence), NULL));
        ck_assert_uint_ge(strlen(err.sentence), sizeof err.sentence - 2);
    }
}
END_TEST

START_TEST(places_print_as_a_reader_finds_them)
{
    char text[300];
    mlab_place cell = mlab_place_cell("jobs.csv", 214, 4, "Hire Date");
    ck_assert_str_eq(mlab_place_print(&cell, text, sizeof text), "jobs.csv, row 214, column D \"Hire Date\"");
    cell.column = 0;
    ck_assert_str_eq(mlab_place_print(&cell, text, sizeof text), "jobs.csv, row 214, column \"Hire Date\"");
    cell.line = 0;
    ck_assert_str_eq(mlab_place_print(&cell, text, sizeof text), "jobs.csv, column \"Hire Date\"");
    mlab_place at = mlab_place_text("study.yaml", 14, 9);
    ck_assert_str_eq(mlab_place_print(&at, text, sizeof text), "study.yaml:14:9");
    at.column = 0;
    ck_assert_str_eq(mlab_place_print(&at, text, sizeof text), "study.yaml:14");
    at.line = 0;
    ck_assert_str_eq(mlab_place_print(&at, text, sizeof text), "study.yaml");
    ck_assert_str_eq(mlab_place_print(&at, text, 6), "study");
    char deep[400];
    memset(deep, 'd', sizeof deep);
    memcpy(deep + sizeof deep - 10, "/jobs.csv", 10);
    at = mlab_place_text(deep, 1, 0);
    ck_assert(strncmp(at.file, "...ddd", 6) == 0 && strcmp(at.file + strlen(at.file) - 9, "/jobs.csv") == 0);
}
END_TEST

START_TEST(memory_is_zeroed_counts_are_checked_and_0_is_a_valid_count)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    int *numbers = mlab_allocate(&context, 100, sizeof *numbers);
    for (int i = 0; i < 100; i++) ck_assert_int_eq(numbers[i], 0);
    void *nothing = mlab_allocate(&context, 0, 8);
    ck_assert_ptr_nonnull(nothing);
    ck_assert_ptr_null(mlab_allocate(&context, SIZE_MAX / 2, 4));
    ck_assert_ptr_null(mlab_reallocate(&context, numbers, SIZE_MAX, SIZE_MAX));
    mlab_release(&context, numbers);
    mlab_release(&context, nothing);
    mlab_release(&context, NULL);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(a_growing_array_doubles_and_stays_whole_when_memory_ends)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    double *values = NULL;
    size_t capacity = 0;
    mlab_error err = {0};
    for (size_t n = 0; n < 1000; n++) {
        ck_assert_int_eq(mlab_grow(&context, &values, n, &capacity, sizeof *values, &err), MLAB_OK);
        values[n] = (double)n;
    }
    ck_assert_int_lt(memory.calls, 12);
    memory.fail_at = memory.calls + 1;
    ck_assert_int_eq(mlab_grow(&context, &values, capacity, &capacity, sizeof *values, &err), MLAB_ERR_MEMORY);
    ck_assert(capacity == 1024 && values[999] == 999);
    mlab_release(&context, values);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(text_grows_and_once_failed_stays_failed)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_text text = MLAB_TEXT(&context);
    ck_assert_str_eq(mlab_text_get(&text), "");
    for (int i = 0; i < 200; i++) mlab_text_print(&text, "%d,", i % 10);
    mlab_text_append(&text, "end ");
    mlab_text_number(&text, 0.1);
    ck_assert_uint_eq(strlen(mlab_text_get(&text)), text.n);
    ck_assert_str_eq(mlab_text_get(&text) + 396, "8,9,end 0.1");
    memory.fail_at = memory.calls + 1;
    char large[3000];
    memset(large, 'x', sizeof large);
    mlab_text_append_bytes(&text, large, sizeof large);
    ck_assert(text.failed);
    size_t n = text.n;
    mlab_text_append(&text, "y");
    ck_assert(text.n == n);
    mlab_text_free(&text);
    mlab_text_free(&text);
    mlab_text_free(NULL);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(utf8_is_checked_to_the_letter_of_rfc_3629)
{
    static const char *const good[] = {"", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"};
    static const struct {
        const char *bytes;
        size_t at;
    } bad[] = {{"\x80", 0}, {"a\xc3", 1},     {"\xc0\x80", 0},        {"\xe0\x80\x80", 0}, {"ab\xed\xa0\x80", 2}, {"\xf4\x90\x80\x80", 0},
               {"\xff", 0}, {"\xe2\x82x", 0}, {"\xf0\x80\x80\x80", 0}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) ck_assert(mlab_utf8_valid(good[i], strlen(good[i]), NULL));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t at = 99;
        ck_assert(!mlab_utf8_valid(bad[i].bytes, strlen(bad[i].bytes), &at));
        ck_assert_uint_eq(at, bad[i].at);
    }
}
END_TEST

START_TEST(the_nearest_word_is_near_or_none)
{
    static const char *const words[] = {"satisfaction", "retention", "promotion", "arm", "age", "horizon", "horizons"};
    const size_t n = sizeof words / sizeof *words;
    ck_assert_str_eq(mlab_nearest("satisfacton", words, n), "satisfaction");
    ck_assert_str_eq(mlab_nearest("retnetion", words, n), "retention"); /* a swap is one edit */
    ck_assert_str_eq(mlab_nearest("Promotion", words, n), "promotion");
    ck_assert_str_eq(mlab_nearest("horizonn", words, n), "horizon");
    ck_assert_str_eq(mlab_nearest("arn", words, n), "arm");
    ck_assert_ptr_null(mlab_nearest("xyz", words, n));
    ck_assert_ptr_null(mlab_nearest("", words, n));
    ck_assert_ptr_null(mlab_nearest("a", words, n));
    ck_assert_ptr_null(mlab_nearest("retention", words, 0));
    char longer[300];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    ck_assert_ptr_null(mlab_nearest(longer, words, n));
    ck_assert(mlab_equal_fold("Yes", "yES") && !mlab_equal_fold("yes", "ye") && !mlab_equal_fold("", "a"));
}
END_TEST

START_TEST(a_context_is_made_from_the_environment_and_nonsense_is_refused)
{
    mlab_context context;
    mlab_error err;
    setenv("OMP_NUM_THREADS", "3,2", 1);
    setenv("SLURM_CPUS_PER_TASK", "5", 1);
    setenv("MLAB_ISA", "generic", 1);
    ck_assert_int_eq(mlab_setup(&context, &err), MLAB_OK);
    ck_assert(context.threads == 3 && context.isa == MLAB_ISA_GENERIC);
    unsetenv("OMP_NUM_THREADS");
    ck_assert_int_eq(mlab_setup(&context, &err), MLAB_OK);
    ck_assert_int_eq(context.threads, 5);
    unsetenv("SLURM_CPUS_PER_TASK");
    ck_assert_int_eq(mlab_setup(&context, &err), MLAB_OK);
    ck_assert_int_ge(context.threads, 1);
    setenv("MLAB_ISA", "sse9", 1);
    ck_assert_int_eq(mlab_setup(&context, &err), MLAB_ERR_OPTION);
    ck_assert_str_eq(err.sentence, "MLAB_ISA is \"sse9\", allowed generic, avx2 or avx512");
    unsetenv("MLAB_ISA");
    static const char *const bad[] = {"0", "-1", "many", "1.5", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("OMP_NUM_THREADS", bad[i], 1);
        ck_assert_int_eq(mlab_setup(&context, &err), MLAB_ERR_OPTION);
    }
    ck_assert(strchr(mlab_version(), '.'));
}
END_TEST

MLAB_TEST_MAIN("ground", every_status_and_trust_value_has_its_name_and_a_sentence, an_error_holds_status_sentence_and_place_and_none_is_fine,
               a_sentence_too_long_is_cut_at_a_whole_character, places_print_as_a_reader_finds_them,
               memory_is_zeroed_counts_are_checked_and_0_is_a_valid_count, a_growing_array_doubles_and_stays_whole_when_memory_ends,
               text_grows_and_once_failed_stays_failed, utf8_is_checked_to_the_letter_of_rfc_3629, the_nearest_word_is_near_or_none,
               a_context_is_made_from_the_environment_and_nonsense_is_refused)
