/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workbooks made from the XML of their parts, in memory or as files. */
#ifndef MLAB_TESTS_DATA_SHEET_WORLD_H
#define MLAB_TESTS_DATA_SHEET_WORLD_H

#include "data/rows_sheet.h"
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define RELATION_TYPE "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
#define ROOT_RELATIONS "<Relationships><Relationship Id=\"a\" Type=\"" RELATION_TYPE "officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
#define BOOK_RELATIONS                                                                                                                               \
    "<Relationships><Relationship Id=\"r1\" Type=\"" RELATION_TYPE "worksheet\" Target=\"worksheets/sheet1.xml\"/>"                                  \
    "<Relationship Id=\"r2\" Type=\"" RELATION_TYPE "worksheet\" Target=\"/xl/worksheets/sheet2.xml\"/>"                                             \
    "<Relationship Id=\"r3\" Type=\"" RELATION_TYPE "sharedStrings\" Target=\"sharedStrings.xml\"/>"                                                 \
    "<Relationship Id=\"r4\" Type=\"" RELATION_TYPE "styles\" Target=\"../xl/styles.xml\"/>"                                                         \
    "<Relationship Id=\"r5\" Type=\"" RELATION_TYPE "chartsheet\" Target=\"charts/1.xml\"/></Relationships>"
#define ONE_SHEET "<workbook xmlns:r=\"x\"><sheets><sheet name=\"Staff\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
#define TWO_SHEETS                                                                                                                                   \
    "<workbook xmlns:r=\"x\"><sheets><sheet name=\"Staff\" sheetId=\"1\" r:id=\"r1\"/><sheet name=\"Old\" sheetId=\"2\" r:id=\"r2\"/></sheets></"    \
    "workbook>"
/* Style 0 general, 1 day, 2 seven digits, 3 time, 4 day and time of the workbook's own, 5 elapsed, 6 social security, 7 percent. */
#define STYLES                                                                                                                                       \
    "<styleSheet><numFmts count=\"5\"><numFmt numFmtId=\"164\" formatCode=\"0000000\"/><numFmt numFmtId=\"165\" "                                    \
    "formatCode=\"dd\\.mm\\.yyyy\\ hh:mm;@\"/><numFmt numFmtId=\"166\" formatCode=\"[h]:mm\"/><numFmt numFmtId=\"167\" "                             \
    "formatCode=\"000\\-00\\-0000\"/></numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf "                  \
    "numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf numFmtId=\"20\"/><xf numFmtId=\"165\"/><xf numFmtId=\"166\"/><xf numFmtId=\"167\"/><xf "             \
    "numFmtId=\"9\"/></cellXfs></styleSheet>"
#define STRINGS                                                                                                                                      \
    "<sst><si><t>id</t></si><si><t>hired</t></si><si><t>grade</t></si><si><t>G1</t></si><si><r><t>G</t></r><r><rPr><b/></rPr><t>2</t></r>"           \
    "<rPh><t>phonetic</t></rPh></si><si><t xml:space=\"preserve\"> a_x000D__x005F_b </t></si><si><t>M\xC3\xBCller</t></si><si/></sst>"
#define SHEET(rows_) "<worksheet><sheetData>" rows_ "</sheetData></worksheet>"
#define HEADINGS "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c><c r=\"C1\" t=\"s\"><v>2</v></c></row>"

enum { MOST_PARTS = 8 };

/* What a workbook is made of; NULL = the usual part, "" = none. */
typedef struct book_parts {
    const char *sheet, *other, *strings, *styles, *book, *relations, *root;
} book_parts;

static inline size_t put_part(mlab_sheet_bytes *parts, size_t n, const char *name, const char *text, const char *usual)
{
    if (!text) text = usual;
    if (!*text) return n;
    parts[n] = (mlab_sheet_bytes){name, text, strlen(text)};
    return n + 1;
}

static inline size_t fill_parts(const book_parts *b, mlab_sheet_bytes parts[MOST_PARTS])
{
    size_t n = put_part(parts, 0, "[Content_Types].xml", "<Types/>", "");
    n = put_part(parts, n, "_rels/.rels", b->root, ROOT_RELATIONS);
    n = put_part(parts, n, "xl/workbook.xml", b->book, b->other ? TWO_SHEETS : ONE_SHEET);
    n = put_part(parts, n, "xl/_rels/workbook.xml.rels", b->relations, BOOK_RELATIONS);
    n = put_part(parts, n, "xl/sharedStrings.xml", b->strings, STRINGS);
    n = put_part(parts, n, "xl/styles.xml", b->styles, STYLES);
    n = put_part(parts, n, "xl/worksheets/sheet1.xml", b->sheet, "");
    return put_part(parts, n, "xl/worksheets/sheet2.xml", b->other ? b->other : "", "");
}

/* The same as a file; *password NULL = none. */
static inline void write_book(const book_parts *b, const char *path, const char *password)
{
    mlab_sheet_bytes parts[MOST_PARTS];
    const size_t n = fill_parts(b, parts);
    int why;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &why);
    ck_assert_ptr_nonnull(zip);
    for (size_t i = 0; i < n; i++) {
        zip_source_t *source = zip_source_buffer(zip, parts[i].bytes, parts[i].n, 0);
        const zip_int64_t at = zip_file_add(zip, parts[i].name, source, ZIP_FL_ENC_UTF_8);
        ck_assert_int_ge(at, 0);
        if (password) ck_assert_int_eq(zip_file_set_encryption(zip, (zip_uint64_t)at, ZIP_EM_AES_128, password), 0);
    }
    ck_assert_int_eq(zip_close(zip), 0);
}

#endif
