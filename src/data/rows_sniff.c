/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds of files by their signatures: text, a workbook, or something that has to be saved in another way first.
 *
 * Signatures: ZIP local file header (PKWARE APPNOTE 4.3.7); compound file (MS-CFB 2.2), in which an encrypted workbook keeps a stream
 * "EncryptedPackage" (MS-OFFCRYPTO 2.3.4) and an old workbook one named "Workbook" or "Book" (MS-XLS 2.1.2); the others as file(1) knows
 * them. Names inside a ZIP and a compound file are looked for in the first and the last 256 KB.
 * Weakness: a name that stands in the middle of a larger file is not seen, and the file is then told apart less finely.
 */
#include "data/rows_sniff.h"
#include "core/error.h"
#include "core/memory.h"

#include <errno.h>
#include <string.h>

#define END_BYTES ((size_t)256 << 10) /* looked at, at both ends of the file */

typedef struct ends {
    unsigned char *bytes; /* [2 * END_BYTES] */
    size_t n_first, n;    /* from the start; in all */
} ends;

static mlab_status read_ends(const mlab_context *context, FILE *stream, const char *name, ends *e, mlab_error *err)
{
    *e = (ends){.bytes = mlab_allocate(context, 2, END_BYTES)};
    if (!e->bytes) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    e->n = e->n_first = fread(e->bytes, 1, END_BYTES, stream);
    if (e->n == END_BYTES && !fseek(stream, -(long)END_BYTES, SEEK_END)) e->n += fread(e->bytes + e->n, 1, END_BYTES, stream);
    if (ferror(stream)) return mlab_raise(err, MLAB_ERR_READ, "%s cannot be read: %s", name, strerror(errno));
    return MLAB_OK;
}

static bool holds(const ends *e, const char *what, size_t n)
{
    for (size_t i = 0; i + n <= e->n; i++) {
        const unsigned char *at = memchr(e->bytes + i, what[0], e->n - n - i + 1);
        if (!at) return false;
        if (!memcmp(at, what, n)) return true;
        i = (size_t)(at - e->bytes);
    }
    return false;
}

static bool holds_text(const ends *e, const char *what)
{
    return holds(e, what, strlen(what));
}

/* As UTF-16, little endian: names in a compound file. */
static bool holds_wide(const ends *e, const char *what)
{
    char wide[64];
    size_t n = strlen(what);
    for (size_t i = 0; i < n; i++) {
        wide[2 * i] = what[i];
        wide[2 * i + 1] = '\0';
    }
    return holds(e, wide, 2 * n);
}

static bool starts(const ends *e, const char *what, size_t n)
{
    return e->n_first >= n && !memcmp(e->bytes, what, n);
}

static const char *of_zip(const ends *e)
{
    if (holds_text(e, "xl/workbook.bin"))
        return "the file is a binary workbook (.xlsb); open it in a spreadsheet and save it as .xlsx or as CSV UTF-8";
    if (holds_text(e, "xl/")) return NULL;
    if (holds_text(e, "opendocument.spreadsheet"))
        return "the file is an OpenDocument spreadsheet (.ods); open it in a spreadsheet and save it as .xlsx or as CSV UTF-8";
    if (holds_text(e, "Index/Document.iwa")) return "the file is a Numbers spreadsheet; open it in Numbers and export it as CSV or .xlsx";
    if (holds_text(e, "word/document.xml"))
        return "the file is a text document (.docx); copy its table into a spreadsheet and save that as .xlsx or CSV";
    if (holds_text(e, "[Content_Types].xml")) return NULL; /* cut off, perhaps: its own reader says so */
    return "the file is a ZIP archive without a workbook in it; unpack it and name the file inside";
}

static const char *of_compound(const ends *e)
{
    if (holds_wide(e, "EncryptedPackage"))
        return "the workbook is encrypted with a password; open it in a spreadsheet and save it without one, or as CSV UTF-8";
    if (holds_wide(e, "Workbook") || holds_wide(e, "Book"))
        return "the file is an old workbook (.xls); open it in a spreadsheet and save it as .xlsx or as CSV UTF-8";
    return "the file is an old document of an office program, not a table; save its table as .xlsx or as CSV UTF-8";
}

/* Blanks and a byte order mark are passed over; letters of both cases. */
static bool starts_with_tag(const ends *e, const char *tag)
{
    size_t i = starts(e, "\xEF\xBB\xBF", 3) ? 3 : 0, k = 0;
    while (i < e->n_first && strchr(" \t\r\n", e->bytes[i]) && e->bytes[i]) i++;
    for (; tag[k] && i < e->n_first; k++, i++) {
        char c = (char)e->bytes[i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != tag[k]) return false;
    }
    return !tag[k];
}

static const char *of_markup(const ends *e)
{
    if (starts_with_tag(e, "<?xml") && holds_text(e, "urn:schemas-microsoft-com:office:spreadsheet"))
        return "the file is an XML spreadsheet of 2003; open it in a spreadsheet and save it as .xlsx or as CSV UTF-8";
    static const char *const tags[] = {"<!doctype html", "<html", "<table", "<head", "<body", "<meta", "<style", "<div"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (starts_with_tag(e, tags[i]))
            return "the file is a web page, whatever its name says; open it in a spreadsheet and save it as .xlsx or as CSV UTF-8";
    return starts_with_tag(e, "<?xml") ? "the file is XML, not a table; export it as .xlsx or as CSV UTF-8" : NULL;
}

static const char *of_others(const ends *e, const char **remedy)
{
#define IS(bytes_) starts(e, bytes_, sizeof(bytes_) - 1)
    if (IS("%PDF-")) return "the file is a PDF; ask for the table it was made from, as .xlsx or as CSV UTF-8";
    if (IS("\x1F\x8B")) return "the file is compressed (gzip); unpack it first: gunzip FILE";
    if (IS("BZh") ||
        IS("\xFD"
           "7zXZ") ||
        IS("\x28\xB5\x2F\xFD") || IS("7z\xBC\xAF\x27\x1C") || IS("Rar!"))
        return "the file is compressed; unpack it and name the file inside";
    if (IS("PK\x05\x06")) return "the file is a ZIP archive with nothing in it";
    if (IS("SQLite format 3")) {
        *remedy = "sql: \"select * from ...\", connection: \"Driver=SQLite3;Database=...\"";
        return "the file is an SQLite database; rows of it are read by a query";
    }
    if (IS("PAR1") || IS("ARROW1") || IS("Obj\x01")) return "the file holds columns of Parquet, Arrow or Avro; export it as CSV UTF-8";
    if (IS("$FL2") || IS("$FL3")) return "the file is one of SPSS; save it there as CSV UTF-8 or as .xlsx";
    if (IS("<stata_dta>")) return "the file is one of Stata; in Stata: export delimited using people.csv";
    if (IS("\x89HDF\r\n")) return "the file is HDF5; export the table as CSV UTF-8";
    return NULL;
#undef IS
}

mlab_status mlab_rows_sniff(const mlab_context *context, FILE *stream, const char *name, mlab_file_is *is, const char **sentence, const char **remedy,
                            mlab_error *err)
{
    ends e;
    *is = MLAB_FILE_TEXT;
    *sentence = *remedy = NULL;
    mlab_status status = read_ends(context, stream, name, &e, err);
    if (!status) {
        if (starts(&e, "PK\x03\x04", 4)) {
            *sentence = of_zip(&e);
            *is = *sentence ? MLAB_FILE_OTHER : MLAB_FILE_WORKBOOK;
        } else {
            bool compound = starts(&e, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
            *sentence = compound ? of_compound(&e) : of_markup(&e);
            if (!*sentence) *sentence = of_others(&e, remedy);
            *is = *sentence ? MLAB_FILE_OTHER : MLAB_FILE_TEXT;
        }
    }
    mlab_release(context, e.bytes);
    return status;
}
