/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of workbooks: the parts of the archive, XML in pieces, shared strings, styles, and the sheet that is read.
 *
 *     archive ─► part ─► XML ─► workbook: sheets, 1904?     strings: [index] text     styles: [index] how a number is shown
 *                          └──► sheet ─► rows of cells ─► the frame (rows.h)
 */
#ifndef MLAB_DATA_ROWS_SHEET_H
#define MLAB_DATA_ROWS_SHEET_H

#include "core/text.h"
#include "data/rows.h"

#include <expat.h>

#define MLAB_SHEET_MOST_BYTES ((uint64_t)16 << 30) /* unpacked, of all parts that are read */
#define MLAB_SHEET_MOST_RATIO ((uint64_t)400)      /* unpacked to packed, of a part of more than ... */
#define MLAB_SHEET_RATIO_FROM ((uint64_t)64 << 20) /* ... so many bytes; deflate itself ends at 1032 */
#define MLAB_SHEET_MOST_STRINGS ((size_t)1 << 28)
#define MLAB_SHEET_LONGEST_TEXT ((size_t)16 << 20) /* bytes of a cell */
#define MLAB_SHEET_MOST_STYLES ((size_t)1 << 20)
#define MLAB_SHEET_MOST_SHEETS ((size_t)1 << 16)
#define MLAB_SHEET_MOST_COLUMNS ((size_t)16384) /* ECMA-376 leaves it open; every program ends there */
#define MLAB_SHEET_MOST_ROWS ((uint64_t)1048576)

/* --- parts (rows_sheet_parts.c) ---------------------------------------------------------------------- */

/* Parts in memory, for tests and fuzzing. */
typedef struct mlab_sheet_bytes {
    const char *name;
    const char *bytes;
    size_t n;
} mlab_sheet_bytes;

typedef struct mlab_sheet_parts {
    void *archive; /* zip_t; NULL: parts in memory */
    const mlab_sheet_bytes *memory;
    size_t n_memory;
    uint64_t unpacked; /* of all parts so far */
} mlab_sheet_parts;

typedef struct mlab_sheet_part {
    mlab_sheet_parts *parts;
    const char *name;
    void *file; /* zip_file_t */
    const mlab_sheet_bytes *memory;
    uint64_t packed, size, unpacked; /* packed and size as the archive says, 0 = not known */
} mlab_sheet_part;

typedef struct mlab_sheet_rows mlab_sheet_rows;

bool mlab_sheet_has(const mlab_sheet_parts *parts, const char *name);
/* Opens the archive; what it is, if no workbook, becomes a finding and s->broken is set. */
MLAB_MUST_USE mlab_status mlab_sheet_parts_open(mlab_sheet_rows *s, const char *path, mlab_error *err);
void mlab_sheet_parts_close(mlab_sheet_parts *parts);
/* *there = false when there is no such part. name must outlive the part. */
MLAB_MUST_USE mlab_status mlab_sheet_part_open(mlab_sheet_rows *s, const char *name, mlab_sheet_part *part, bool *there, mlab_error *err);
/* got = 0 at the end, and when the part cannot be read or is over a limit: a finding then, and s->broken is set. */
MLAB_MUST_USE mlab_status mlab_sheet_part_read(mlab_sheet_rows *s, mlab_sheet_part *part, void *into, size_t wanted, size_t *got, mlab_error *err);
void mlab_sheet_part_close(mlab_sheet_part *part); /* zeros are fine */

/* --- XML (rows_sheet_xml.c) -------------------------------------------------------------------------- */

/* What one part is parsed by. Element names come without prefix. */
typedef struct mlab_sheet_handlers {
    void (*start)(mlab_sheet_rows *s, const char *name, const char **attributes);
    void (*end)(mlab_sheet_rows *s, const char *name);
    void (*text)(mlab_sheet_rows *s, const char *text, size_t n); /* NULL = none */
} mlab_sheet_handlers;

typedef struct mlab_sheet_xml {
    XML_Parser parser;
    mlab_sheet_part part;
    const mlab_sheet_handlers *handlers;
    bool paused, at_end; /* at_end: of the part */
    bool rooted;
    char prefix[32]; /* of the root's name with its colon: "x:" */
    size_t prefix_length;
    size_t extension; /* depth inside an extLst */
} mlab_sheet_xml;

MLAB_MUST_USE mlab_status mlab_sheet_xml_open(mlab_sheet_rows *s, const char *part, const mlab_sheet_handlers *handlers, mlab_sheet_xml *xml,
                                              bool *there, mlab_error *err);
/* Parses until the handlers pause or the part ends (xml->at_end). XML that is broken becomes a finding and s->broken is set. */
MLAB_MUST_USE mlab_status mlab_sheet_xml_go(mlab_sheet_rows *s, mlab_sheet_xml *xml, mlab_error *err);
void mlab_sheet_xml_close(mlab_sheet_xml *xml); /* zeros are fine */
/* A whole part; one that is not there is left alone. */
MLAB_MUST_USE mlab_status mlab_sheet_xml_whole(mlab_sheet_rows *s, const char *part, const mlab_sheet_handlers *handlers, bool *there,
                                               mlab_error *err);
/* For handlers: a failure that ends the parsing, a pause after this element, the value of an attribute (NULL = absent). */
void mlab_sheet_fail(mlab_sheet_rows *s, mlab_status status);
void mlab_sheet_pause(mlab_sheet_rows *s);
const char *mlab_sheet_attribute(const char **attributes, const char *name);
bool mlab_sheet_true(const char *attribute); /* "1" or "true" */
/* A number without sign; false when it is none or above most. */
bool mlab_sheet_count(const char *text, uint64_t most, uint64_t *value);

/* --- styles (rows_sheet_styles.c) -------------------------------------------------------------------- */

typedef enum mlab_sheet_shown {
    MLAB_SHOWN_NUMBER,
    MLAB_SHOWN_DATE,    /* a day, perhaps with a time */
    MLAB_SHOWN_TIME,    /* of a day */
    MLAB_SHOWN_ELAPSED, /* hours beyond 24 */
    MLAB_SHOWN_MASK     /* digits in places of zeros: 0000000, 000-00-0000 */
} mlab_sheet_shown;

typedef struct mlab_sheet_style {
    uint8_t shown;
    uint8_t n_mask;
    char mask[30]; /* MASK: '0' for a digit, else the character itself */
} mlab_sheet_style;

mlab_sheet_style mlab_sheet_style_of(const char *format_code); /* "yyyy\-mm\-dd", "0000000", "General" */
mlab_sheet_style mlab_sheet_style_builtin(uint64_t id);
MLAB_MUST_USE mlab_status mlab_sheet_read_styles(mlab_sheet_rows *s, const char *part, mlab_error *err);

/* The text of a number as written in XML: shortest round trip, or as the style shows it; size of into >= 64; false = it is no
 * number. *as_text = it is to stay text. */
bool mlab_sheet_number_text(const char *written, size_t n, const mlab_sheet_style *style, bool date_1904, char *into, size_t *length, bool *as_text);

/* --- strings (rows_sheet_strings.c) ------------------------------------------------------------------ */

typedef struct mlab_sheet_strings {
    char *pool; /* terminated texts */
    size_t pool_size, pool_capacity;
    uint64_t *at; /* [n + 1] offset, and the top bit: not ASCII */
    size_t n, capacity;
} mlab_sheet_strings;

MLAB_MUST_USE mlab_status mlab_sheet_read_strings(mlab_sheet_rows *s, const char *part, mlab_error *err);
mlab_cell mlab_sheet_string(const mlab_sheet_strings *strings, size_t index);
/* Undoes _x000D_ (ECMA-376 part 1, 22.9.2.19, ST_Xstring) in place; the new length. */
size_t mlab_sheet_unescape(char *text, size_t n);
void mlab_sheet_strings_free(const mlab_context *context, mlab_sheet_strings *strings);

/* --- the workbook (rows_sheet_book.c) ---------------------------------------------------------------- */

typedef struct mlab_sheet_entry {
    char *name, *relation, *part; /* part NULL: not a sheet of cells */
    bool hidden;
} mlab_sheet_entry;

MLAB_MUST_USE mlab_status mlab_sheet_read_entries(mlab_sheet_rows *s, mlab_error *err); /* sheets alone */
MLAB_MUST_USE mlab_status mlab_sheet_read_book(mlab_sheet_rows *s, mlab_error *err);    /* sheets, strings, styles */
void mlab_sheet_book_free(mlab_sheet_rows *s);

/* Cells merged into one, rows from 1, columns from 0; the value is kept for filling. */
typedef struct mlab_sheet_merge {
    uint64_t row, last;
    size_t column, last_column;
    char *text;
    uint32_t n;
    bool quoted, not_ascii;
} mlab_sheet_merge;

/* --- the sheet (rows_sheet.c, rows_sheet_cells.c) ---------------------------------------------------- */

struct mlab_sheet_rows {
    mlab_rows base;
    char *path;
    mlab_sheet_parts parts;
    bool broken;        /* a finding says why; no more rows */
    mlab_status status; /* of a handler */
    mlab_error *err;    /* of the call that parses */
    mlab_sheet_xml *parsing;
    /* the workbook */
    mlab_sheet_entry *sheets;
    size_t n_sheets, sheets_capacity;
    const char *folder; /* of the workbook's part, "xl/" */
    char *strings_part, *styles_part, *book_part;
    bool date_1904;
    mlab_sheet_strings strings;
    mlab_sheet_style *styles; /* [n_styles] by the index in a cell */
    size_t n_styles, styles_capacity;
    struct mlab_sheet_format { /* number formats of the workbook's own, while styles are read */
        uint64_t id;
        mlab_sheet_style style;
    } * formats;
    size_t n_formats, formats_capacity;
    uint64_t last_format;
    bool in_formats, in_cell_styles;
    /* the sheet */
    mlab_sheet_xml xml;
    bool first_block_ready;
    bool in_data, in_row, in_cell, in_inline, collecting, formula, has_value, hidden_row_said, hidden_column_said;
    int in_phonetic;
    uint64_t row;               /* number of the row being read; 0 = before the first */
    size_t column, next_column; /* of the cell being read, from 0 */
    char type;                  /* of the cell: n s i (inline) f (formula's text) b e d */
    const mlab_sheet_style *style;
    mlab_text value;            /* of the cell, or of a shared string */
    struct mlab_sheet_waiting { /* findings in the first block, until the headings are known */
        mlab_severity severity;
        const char *kind, *sentence;
        uint64_t row;
        size_t column;
        char *value;
    } * waiting;
    size_t n_waiting, waiting_capacity;
    bool framed; /* the headings are known, if ever */
    /* merged cells, by their first row; only kept for filling */
    mlab_merged merged;
    mlab_sheet_merge *merges;
    size_t n_merges, merges_capacity, next_merge, n_active;
    size_t *active; /* [n_active] those that cover the row */
    /* the block */
    mlab_cell *cells; /* text NULL: at offsets[i] of arena, until the block is given */
    size_t *offsets;
    size_t n_cells, cells_capacity, offsets_capacity, row_begin;
    mlab_text arena;
    size_t *first;
    uint64_t *lines;
    size_t n_rows, first_capacity, lines_capacity;
};

/* A finding at a cell (column from 1, 0 = the row); kind and sentence are static. While handlers run. */
MLAB_MUST_USE mlab_status mlab_sheet_say(mlab_sheet_rows *s, mlab_severity severity, const char *kind, size_t column, const char *value,
                                         const char *sentence);
/* Rows of s->xml from where it stands into the block. */
/* Empty cells up to `width` of the row that is read. */
MLAB_MUST_USE mlab_status mlab_sheet_pad_row(mlab_sheet_rows *s, size_t width);
/* "AB12" to column 27; false when it is no reference to a cell. */
bool mlab_sheet_column_of(const char *reference, size_t *column);
MLAB_MUST_USE mlab_status mlab_sheet_read_block(mlab_sheet_rows *s, mlab_error *err);
extern const mlab_sheet_handlers mlab_sheet_cell_handlers;

/* --- merged cells (rows_sheet_merge.c) --------------------------------------------------------------- */

MLAB_MUST_USE mlab_status mlab_sheet_take_merge(mlab_sheet_rows *s, const char *reference); /* a finding, behind the rows */
/* merged: fill. The ranges of the sheet before its rows are read; then each row at its end, those of the first block when the headings
 * are known. */
MLAB_MUST_USE mlab_status mlab_sheet_read_merges(mlab_sheet_rows *s, const char *part, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_sheet_merge_row(mlab_sheet_rows *s);
MLAB_MUST_USE mlab_status mlab_sheet_merge_first_block(mlab_sheet_rows *s, mlab_error *err);
void mlab_sheet_merges_free(mlab_sheet_rows *s);

/* A workbook whose parts are in memory, which must outlive the rows. */
MLAB_MUST_USE mlab_status mlab_rows_open_parts(const mlab_context *context, const char *name, const mlab_sheet_bytes *parts, size_t n,
                                               const mlab_rows_options *options, mlab_findings *findings, mlab_rows **rows, mlab_error *err);

#endif
