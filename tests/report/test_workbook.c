/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workbooks as written: the parts of the file, looked at by libzip.
 *
 *     sheet Pairs        id     score   places   since        decision
 *                        007    1.5     3        2024-02-29   (list: accept, reject)
 *                        =1+1                    1899-12-31
 */
#include "core/os.h"
#include "report/workbook.h"
#include "support/support.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

static const char *const decisions[] = {"accept", "reject"};
static const mlab_sheet_column pair_columns[] = {{.heading = "id", .type = MLAB_SHEET_TEXT},
                                                 {.heading = "score", .type = MLAB_SHEET_NUMBER},
                                                 {.heading = "places", .type = MLAB_SHEET_INTEGER},
                                                 {.heading = "since", .type = MLAB_SHEET_DATE},
                                                 {"decision", MLAB_SHEET_TEXT, 18, decisions, 2, "or: pair with ID"}};
static const mlab_sheet_column one_column[] = {{.heading = "note"}};

static mlab_status write_pairs(const mlab_context *context, const char *path, bool secret, mlab_error *err)
{
    mlab_workbook *book = NULL;
    mlab_status status = mlab_workbook_start(context, path, secret, &book, err);
    if (!status) status = mlab_workbook_sheet(book, "Pairs", pair_columns, 5, err);
    if (!status) status = mlab_workbook_text(book, 0, "007", err);
    if (!status) status = mlab_workbook_number(book, 1, 1.5, err);
    if (!status) status = mlab_workbook_integer(book, 2, 3, err);
    if (!status) status = mlab_workbook_date(book, 3, mlab_date_from_civil(2024, 2, 29), err);
    if (book) mlab_workbook_end_row(book);
    if (!status) status = mlab_workbook_text(book, 0, "=1+1", err);
    if (!status) status = mlab_workbook_date(book, 3, mlab_date_from_civil(1899, 12, 31), err);
    if (book) mlab_workbook_end_row(book);
    if (!status) status = mlab_workbook_sheet(book, "Summary", one_column, 1, err);
    if (!status) status = mlab_workbook_text(book, 0, "M\xC3\xBCller & \xFF <b>", err);
    if (!status) status = mlab_workbook_save(book, err);
    mlab_workbook_free(book);
    return status;
}

/* A part of a workbook, in a static buffer. */
static const char *part(const char *path, const char *name)
{
    static char text[65536];
    zip_t *zip = zip_open(path, ZIP_RDONLY, NULL);
    ck_assert_ptr_nonnull(zip);
    zip_file_t *file = zip_fopen(zip, name, 0);
    ck_assert_msg(file != NULL, "%s has no part %s", path, name);
    zip_int64_t n = zip_fread(file, text, sizeof text - 1);
    ck_assert_int_gt(n, 0);
    text[n] = '\0';
    zip_fclose(file);
    zip_discard(zip);
    return text;
}

START_TEST(ids_are_texts_formulas_are_texts_and_numbers_and_dates_are_numbers)
{
    mlab_context context = mlab_test_context(NULL, 1);
    char path[4200];
    mlab_error err;
    snprintf(path, sizeof path, "%s/pairs.xlsx", mlab_test_folder("workbook"));
    ck_assert_msg(!write_pairs(&context, path, false, &err), "%s", err.sentence);
    const char *sheet = part(path, "xl/worksheets/sheet1.xml");
    ck_assert_ptr_nonnull(strstr(sheet, "<c r=\"A2\" s=\"2\" t=\"inlineStr\"><is><t>007</t></is></c>"));
    ck_assert_ptr_nonnull(strstr(sheet, "t=\"inlineStr\"><is><t>=1+1</t></is>"));
    ck_assert_ptr_null(strstr(sheet, "<f>"));
    ck_assert_ptr_nonnull(strstr(sheet, "<c r=\"B2\"><v>1.5</v></c>"));
    ck_assert_ptr_nonnull(strstr(sheet, "<v>45351</v>"));
    ck_assert_ptr_nonnull(strstr(sheet, "<t>1899-12-31</t>"));
    ck_assert_ptr_nonnull(strstr(sheet, "\"accept,reject\""));
    ck_assert_ptr_nonnull(strstr(sheet, "topLeftCell=\"A2\""));
    ck_assert_ptr_nonnull(strstr(part(path, "xl/worksheets/sheet2.xml"), "M\xC3\xBCller &amp; \xEF\xBF\xBD &lt;b&gt;"));
    ck_assert_ptr_nonnull(strstr(part(path, "docProps/core.xml"), "2000-01-01T00:00:00Z"));
}
END_TEST

START_TEST(the_same_calls_give_the_same_bytes_in_any_locale)
{
    mlab_context context = mlab_test_context(NULL, 1);
    char folder[4096], path[2][4200], *bytes[2];
    size_t n[2];
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("workbook"));
    for (int k = 0; k < 2; k++) {
        snprintf(path[k], sizeof path[k], "%s/%d.xlsx", folder, k);
        if (k) setlocale(LC_ALL, "de_DE.UTF-8");
        ck_assert_int_eq(write_pairs(&context, path[k], false, NULL), MLAB_OK);
        setlocale(LC_ALL, "C");
        ck_assert_int_eq(mlab_os_read_file(&context, path[k], &bytes[k], &n[k], NULL), MLAB_OK);
    }
    ck_assert_uint_eq(n[0], n[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], n[0]);
    free(bytes[0]);
    free(bytes[1]);
}
END_TEST

START_TEST(a_secret_workbook_is_for_its_owner_alone_and_nothing_is_left_when_it_is_not_saved)
{
    mlab_context context = mlab_test_context(NULL, 1);
    char folder[4096], path[4200], command[4300];
    struct stat info;
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("workbook"));
    snprintf(path, sizeof path, "%s/secret.xlsx", folder);
    ck_assert_int_eq(write_pairs(&context, path, true, NULL), MLAB_OK);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0600);
    remove(path);
    mlab_workbook *book;
    ck_assert_int_eq(mlab_workbook_start(&context, path, true, &book, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_workbook_sheet(book, "a", one_column, 1, NULL), MLAB_OK);
    mlab_workbook_free(book);
    snprintf(command, sizeof command, "rmdir %s", folder); /* only an empty folder can be removed */
    ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(what_a_sheet_cannot_take_is_said)
{
    mlab_context context = mlab_test_context(NULL, 1);
    char path[4200];
    mlab_workbook *book;
    mlab_error err;
    snprintf(path, sizeof path, "%s/no/such/folder.xlsx", mlab_test_folder("workbook"));
    ck_assert_int_eq(mlab_workbook_start(&context, path, false, &book, &err), MLAB_ERR_WRITE);
    ck_assert_ptr_null(book);
    snprintf(path, sizeof path, "%s/a.xlsx", mlab_test_folder("workbook"));
    ck_assert_int_eq(mlab_workbook_start(&context, path, false, &book, &err), MLAB_OK);
    ck_assert_int_eq(mlab_workbook_save(book, &err), MLAB_ERR_ARGUMENT);
    ck_assert_int_eq(mlab_workbook_sheet(book, "a/b", one_column, 1, &err), MLAB_ERR_ARGUMENT);
    ck_assert_str_eq(err.sentence, "a sheet cannot be called 'a/b': allowed are 1 to 31 characters, none of []:*?/\\");
    ck_assert_int_eq(mlab_workbook_sheet(book, "", one_column, 1, &err), MLAB_ERR_ARGUMENT);
    ck_assert_int_eq(mlab_workbook_sheet(book, "Pairs", one_column, 1, &err), MLAB_OK);
    ck_assert_int_eq(mlab_workbook_text(book, 1, "x", &err), MLAB_ERR_ARGUMENT);
    ck_assert_int_eq(mlab_workbook_sheet(book, "PAIRS", one_column, 1, &err), MLAB_ERR_ARGUMENT);
    ck_assert_str_eq(err.sentence, "there are two sheets 'PAIRS'");
    mlab_workbook_free(book);
}
END_TEST

START_TEST(no_memory_at_any_call_is_an_error_and_nothing_leaks)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/a.xlsx", mlab_test_folder("workbook"));
    for (long k = 1;; k++) {
        mlab_test_memory memory = {.fail_at = k};
        mlab_context context = mlab_test_context(&memory, 1);
        mlab_status status = write_pairs(&context, path, false, NULL);
        ck_assert_int_eq(memory.live, 0);
        if (!status) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        ck_assert_int_lt(k, 100);
    }
}
END_TEST

MLAB_TEST_MAIN("workbook", ids_are_texts_formulas_are_texts_and_numbers_and_dates_are_numbers, the_same_calls_give_the_same_bytes_in_any_locale,
               a_secret_workbook_is_for_its_owner_alone_and_nothing_is_left_when_it_is_not_saved, what_a_sheet_cannot_take_is_said,
               no_memory_at_any_call_is_an_error_and_nothing_leaks)
