/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer: the parts of a workbook after they are unpacked. The first byte chooses: the bytes are the XML of the sheet, the strings and the
 * styles as they stand, divided by 0xFF; or they are a program that writes well-formed XML of the words these parts have, which gets further
 * than broken XML does. tests/fuzz/run builds and runs it. */
#include "data/reading.h"
#include "data/rows_sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define RELATION_TYPE "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
static const char root_relations[] =
    "<Relationships><Relationship Id=\"a\" Type=\"" RELATION_TYPE "officeDocument\" Target=\"xl/b.xml\"/></Relationships>";
static const char book_relations[] = "<Relationships><Relationship Id=\"r1\" Type=\"" RELATION_TYPE "worksheet\" Target=\"1.xml\"/>"
                                     "<Relationship Id=\"r2\" Type=\"" RELATION_TYPE "worksheet\" Target=\"../xl/2.xml\"/>"
                                     "<Relationship Id=\"r3\" Type=\"" RELATION_TYPE "sharedStrings\" Target=\"t.xml\"/>"
                                     "<Relationship Id=\"r4\" Type=\"" RELATION_TYPE "styles\" Target=\"s.xml\"/></Relationships>";
static const char book[] = "<workbook xmlns:r=\"x\"><workbookPr date1904=\"0\"/><sheets><sheet name=\"A\" r:id=\"r1\"/><sheet name=\"B\" "
                           "state=\"hidden\" r:id=\"r2\"/></sheets></workbook>";
static const char plain_strings[] = "<sst><si><t>id</t></si><si><t>b</t></si><si><t>2024-01-01</t></si><si><r><t>x</t></r></si></sst>";
static const char plain_styles[] = "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"00000\"/></numFmts><cellXfs><xf numFmtId=\"0\"/><xf "
                                   "numFmtId=\"14\"/><xf numFmtId=\"22\"/><xf numFmtId=\"164\"/><xf numFmtId=\"46\"/></cellXfs></styleSheet>";
static const char plain_sheet[] = "<worksheet><sheetData><row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c></row><row><c><v>1</v></c><c "
                                  "s=\"1\"><v>45000</v></c></row></sheetData></worksheet>";

/* --- a program that writes XML --------------------------------------------------------------------------- */

enum { MOST_XML = 1 << 16, MOST_DEPTH = 12 };

typedef struct writer {
    const uint8_t *bytes;
    size_t n, at, used;
    char *xml;
} writer;

static unsigned next(writer *w)
{
    return w->at < w->n ? w->bytes[w->at++] : 0;
}

static void put(writer *w, const char *text)
{
    const size_t n = strlen(text);
    if (w->used + n >= MOST_XML) return;
    memcpy(w->xml + w->used, text, n);
    w->used += n;
}

/* Some bytes as characters that XML takes. */
static void put_text(writer *w)
{
    for (unsigned n = next(w) % 24; n > 0; n--) {
        const unsigned c = next(w);
        char one[2] = {(char)(c < 0x20 || c >= 0x7F || c == '<' || c == '&' || c == '"' ? '0' + c % 10 : c), '\0'};
        put(w, one);
    }
}

static const char *const names[] = {"row", "c",         "v",   "f",  "is",     "t",         "r",       "rPh",
                                    "si",  "mergeCell", "col", "xf", "numFmt", "sheetData", "cellXfs", "numFmts"};
static const char *const attributes[] = {"r", "t", "s", "ref", "hidden", "min", "numFmtId", "formatCode"};
static const char *const values[] = {"s",      "str",     "inlineStr", "b",  "e",       "d",     "n",  "1",    "2",       "3",          "0",
                                     "14",     "46",      "164",       "A1", "B1",      "C2",    "A9", "AZ1",  "A2:A3",   "yyyy-mm-dd", "00000",
                                     "[h]:mm", "0.00\\d", "#N/A",      "60", "45000.5", "1e300", "-1", "TRUE", "1048576", "_x000D_"};
#define ONE_OF(list_, k_) (list_)[(k_) % (sizeof(list_) / sizeof *(list_))]

/* Elements in one another as the bytes say; every one is closed. */
static void write_xml(writer *w, const char *outer, size_t end)
{
    const char *open[MOST_DEPTH];
    size_t depth = 0;
    put(w, "<");
    put(w, outer);
    put(w, ">");
    if (!strcmp(outer, "worksheet")) put(w, "<sheetData>");
    while (w->at < end && w->used < MOST_XML / 2) {
        const unsigned what = next(w);
        if (what < 140 && depth < MOST_DEPTH) {
            open[depth] = ONE_OF(names, what);
            put(w, "<");
            put(w, open[depth++]);
            for (unsigned given = 0, k = next(w) % 3; given < k; given++) {
                const unsigned which = next(w) % 8;
                put(w, " ");
                if (given) put(w, which % 2 ? "x:" : "y:"); /* no attribute twice */
                put(w, attributes[which]);
                put(w, "=\"");
                const unsigned value = next(w);
                if (value < 200)
                    put(w, ONE_OF(values, value));
                else
                    put_text(w);
                put(w, "\"");
            }
            put(w, ">");
        } else if (what < 190 && depth) {
            put(w, "</");
            put(w, open[--depth]);
            put(w, ">");
        } else if (what < 220)
            put(w, ONE_OF(values, next(w)));
        else
            put_text(w);
    }
    while (depth) {
        put(w, "</");
        put(w, open[--depth]);
        put(w, ">");
    }
    if (!strcmp(outer, "worksheet")) put(w, "</sheetData>");
    put(w, "</");
    put(w, outer);
    put(w, ">");
}

/* --- reading ------------------------------------------------------------------------------------------------ */

static void read_book(const mlab_sheet_bytes *parts, size_t n, unsigned how)
{
    mlab_context context;
    mlab_error err;
    if (mlab_setup(&context, &err)) return;
    context.threads = 1;
    const mlab_column_spec column = {
        .name = "a", .from = "id", .type = how % 2 ? MLAB_READ_ID : MLAB_READ_DATE, .optional = true, .low = -10, .high = HUGE_VAL, .pad = how % 5};
    mlab_file_spec spec = {.role = "people", .file = "fuzz.xlsx", .columns = &column, .n_columns = 1};
    spec.rows.header = how % 7 == 3 ? 1 : 0;
    spec.rows.sheet = how % 11 == 5 ? "B" : NULL;
    spec.rows.merged = (mlab_merged)(how % 3);
    mlab_findings findings;
    mlab_findings_start(&findings, &context);
    mlab_text guesses = MLAB_TEXT(&context);
    mlab_reading reading = {0};
    mlab_rows *rows = NULL;
    if (!mlab_rows_open_parts(&context, "fuzz.xlsx", parts, n, &spec.rows, &findings, &rows, &err) &&
        mlab_read_rows(rows, &spec, &findings, &guesses, &reading, &err))
        abort(); /* only memory could fail, and there is enough */
    mlab_reading_free(&context, &reading);
    mlab_rows_close(rows);
    mlab_text_free(&guesses);
    mlab_findings_free(&findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char *const outer[] = {"worksheet", "sst", "styleSheet"};
    if (n < 2) return 0;
    const unsigned how = bytes[0];
    mlab_sheet_bytes parts[] = {{"_rels/.rels", root_relations, sizeof root_relations - 1},
                                {"xl/b.xml", book, sizeof book - 1},
                                {"xl/_rels/b.xml.rels", book_relations, sizeof book_relations - 1},
                                {"xl/1.xml", plain_sheet, sizeof plain_sheet - 1},
                                {"xl/t.xml", plain_strings, sizeof plain_strings - 1},
                                {"xl/s.xml", plain_styles, sizeof plain_styles - 1},
                                {"xl/2.xml", plain_sheet, sizeof plain_sheet - 1}};
    char *made[3] = {NULL, NULL, NULL};
    size_t from = 1;
    for (int k = 0; k < 3 && from < n; k++) {
        const uint8_t *mark = memchr(bytes + from, 0xFF, n - from);
        const size_t end = mark ? (size_t)(mark - bytes) : n;
        if (end > from && how < 128) {
            parts[3 + k].bytes = (const char *)bytes + from;
            parts[3 + k].n = end - from;
        } else if (end > from) {
            made[k] = malloc(MOST_XML);
            if (!made[k]) break;
            writer w = {.bytes = bytes, .n = end, .at = from, .xml = made[k]};
            write_xml(&w, outer[k], end);
            parts[3 + k].bytes = made[k];
            parts[3 + k].n = w.used;
        }
        from = end + 1;
    }
    read_book(parts, sizeof parts / sizeof *parts, how);
    for (int k = 0; k < 3; k++) free(made[k]);
    return 0;
}
