/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scanner of delimited text (RFC 4180, and lines that end in LF, CRLF or CR).
 *
 * A row is scanned whole before anything is changed; then quotes are undone in place and every cell is terminated
 * where its delimiter stood. The bytes that may end a run of plain bytes are marked 64 at a time; the terminator of
 * the buffer is one of them, so that no run goes beyond it.
 * Weakness: after a quote that is never closed no later row can be told apart, and reading ends there.
 */
#include "data/rows_text.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <inttypes.h>
#include <string.h>

enum { PLAIN = 0, DELIMITER, LINE_FEED, RETURN, NUL };

void mlab_text_classes(mlab_text_rows *t, char delimiter)
{
    memset(t->class_of, PLAIN, sizeof t->class_of);
    t->class_of[(unsigned char)delimiter] = DELIMITER;
    t->class_of['\n'] = LINE_FEED;
    t->class_of['\r'] = RETURN;
    t->class_of[0] = NUL;
    t->marked_at = SIZE_MAX / 2;
}

typedef struct scanning {
    mlab_text_rows *t;
    char *at, *end;
    uint64_t line; /* of the byte at `at` */
    size_t n;      /* cells of this row so far */
    mlab_text_trouble wrong;
    bool more;   /* the buffer ended inside the row */
    bool quoted; /* a cell of the row is */
    bool high;   /* a cell of the row is not ASCII */
} scanning;

static void note_trouble(scanning *s, const char *kind, const char *sentence)
{
    if (!s->wrong.kind) s->wrong = (mlab_text_trouble){kind, sentence, s->n, s->line, ""};
}

static mlab_status add_cell(scanning *s, mlab_cell cell, mlab_error *err)
{
    mlab_text_rows *t = s->t;
    size_t at = t->n_cells + s->n;
    if (at >= t->cells_capacity) {
        mlab_status status = mlab_grow(t->base.context, &t->cells, at, &t->cells_capacity, sizeof *t->cells, err);
        if (status) return status;
    }
    t->cells[at] = cell;
    s->n++;
    s->quoted |= cell.quoted;
    s->high |= cell.not_ascii;
    return MLAB_OK;
}

/* A quoted cell: from the byte after the quote to the closing one. `escaped` is kept in n's place until the row is whole. */
static bool scan_quoted(scanning *s, mlab_cell *cell)
{
    char *p = ++s->at;
    uint64_t opened = s->line;
    cell->text = p;
    cell->quoted = true;
    for (;;) {
        char *quote = memchr(p, '"', (size_t)(s->end - p));
        char *until = quote ? quote : s->end;
        for (char *c = p; c < until; c++) {
            cell->not_ascii |= (*c & 0x80) != 0;
            if (*c == '\n' || (*c == '\r' && c[1] != '\n')) s->line++;
            if (*c == '\0') note_trouble(s, "nul", "a NUL character inside a cell");
        }
        if (!quote) {
            if (!s->t->input.at_end)
                s->more = true;
            else
                s->wrong = (mlab_text_trouble){"unterminated_quote", "a quote is opened here and never closed; the rows after it cannot be read",
                                               s->n, opened, ""};
            return false;
        }
        if (quote + 1 >= s->end && !s->t->input.at_end) {
            s->more = true;
            return false;
        }
        if (quote[1] != '"') {
            s->at = quote + 1;
            cell->n = (uint32_t)(quote - cell->text);
            return true;
        }
        p = quote + 2;
    }
}

/* The first byte from p on that may end a cell; *high = one before it is not ASCII. */
static inline char *next_special(mlab_text_rows *t, char *p, bool *high)
{
    char *buffer = t->input.buffer;
    *high = false;
    for (;;) {
        size_t at = (size_t)(p - buffer);
        if (at - t->marked_at >= MLAB_MARKS_WINDOW) { /* also when it is before, or there are none */
            t->marks = mlab_marks_of(p, t->base.delimiter);
            t->marked_at = at;
        }
        size_t skip = at - t->marked_at;
        uint64_t special = t->marks.special >> skip, above = t->marks.high >> skip;
        if (special) {
            unsigned n = mlab_lowest_bit(special);
            *high |= (above & ((UINT64_C(1) << n) - 1)) != 0;
            return p + n;
        }
        *high |= above != 0;
        p = buffer + t->marked_at + MLAB_MARKS_WINDOW;
    }
}

/* Plain bytes up to a delimiter, the end of the line or of the buffer. */
static void scan_plain(scanning *s, mlab_cell *cell)
{
    char *p = s->at;
    cell->text = p;
    for (;;) {
        bool high;
        p = next_special(s->t, p, &high);
        cell->not_ascii |= high;
        if (*p || p == s->end) break;
        note_trouble(s, "nul", "a NUL character inside a cell");
        p++;
    }
    cell->n = (uint32_t)(p - s->at);
    s->at = p;
}

/* One cell and the delimiter behind it; *last = the row ends with it. */
static mlab_status scan_cell(scanning *s, bool *last, mlab_error *err)
{
    mlab_cell cell = {0};
    if (*s->at == '"' && s->at < s->end) {
        if (!scan_quoted(s, &cell)) return MLAB_OK;
        unsigned char next = (unsigned char)*s->at;
        if (s->t->class_of[next] == PLAIN || (s->t->class_of[next] == NUL && s->at < s->end)) {
            mlab_cell rest = {0};
            note_trouble(s, "text_after_quote", "text after a closing quote; a quote inside a quoted cell is written twice (\"\")");
            scan_plain(s, &rest);
        }
    } else {
        scan_plain(s, &cell);
    }
    if (s->at == s->end && !s->t->input.at_end) {
        s->more = true;
        return MLAB_OK;
    }
    *last = s->at == s->end || s->t->class_of[(unsigned char)*s->at] != DELIMITER;
    if (*last && *s->at == '\r' && s->at + 1 == s->end && !s->t->input.at_end) { /* is a LF next? */
        s->more = true;
        return MLAB_OK;
    }
    return add_cell(s, cell, err);
}

/* Plain cells up to the end of the line, or to what is no plain cell: a quote, a return, NUL or the end of the buffer. */
static mlab_status scan_plain_cells(scanning *s, bool *last, mlab_error *err)
{
    mlab_text_rows *t = s->t;
    const char delimiter = t->base.delimiter;
    char *p = s->at;
    while (*p != '"') {
        bool high;
        char *end = next_special(t, p, &high);
        size_t at = t->n_cells + s->n;
        if (*end != delimiter && *end != '\n') break;
        if (at >= t->cells_capacity) {
            mlab_status status = mlab_grow(t->base.context, &t->cells, at, &t->cells_capacity, sizeof *t->cells, err);
            if (status) return status;
        }
        t->cells[at] = (mlab_cell){p, (uint32_t)(end - p), false, high};
        s->n++;
        s->high |= high;
        p = end;
        *last = *end == '\n';
        if (*last) break;
        p++;
    }
    s->at = p;
    return MLAB_OK;
}

static void terminate(const mlab_cell *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) *((char *)(uintptr_t)cells[i].text + cells[i].n) = '\0';
}

/* Undoes doubled quotes and puts the terminators; safe now that the row is whole. */
static void finish_cells(mlab_cell *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *text = (char *)(uintptr_t)cells[i].text;
        if (cells[i].quoted) {
            char *quote = memchr(text, '"', cells[i].n);
            if (quote) {
                char *into = quote;
                for (const char *from = quote; from < text + cells[i].n; from++) {
                    *into++ = *from;
                    if (*from == '"') from++;
                }
                cells[i].n = (uint32_t)(into - text);
            }
        }
        text[cells[i].n] = '\0';
    }
}

static mlab_status say(const mlab_text_rows *t, const mlab_text_trouble *wrong, mlab_error *err)
{
    const char *heading = wrong->cell < t->base.n_columns ? t->base.names[wrong->cell] : "";
    mlab_place place = mlab_place_cell(t->base.file, wrong->line, (uint32_t)wrong->cell + 1, heading);
    bool encoding = !strcmp(wrong->kind, "bad_utf8") && t->input.encoding == MLAB_TEXT_UTF8;
    return mlab_findings_add(t->base.findings, MLAB_SEVERITY_STOP, wrong->kind, &place, wrong->value, encoding ? "encoding: windows-1252" : NULL, err,
                             "%s", wrong->sentence);
}

static mlab_status report(mlab_text_rows *t, const mlab_text_trouble *wrong, mlab_error *err)
{
    t->base.troubled = true;
    if (t->framed) return say(t, wrong, err);
    mlab_status status = mlab_grow(t->base.context, &t->waiting, t->n_waiting, &t->waiting_capacity, sizeof *t->waiting, err);
    if (!status) t->waiting[t->n_waiting++] = *wrong;
    return status;
}

mlab_status mlab_text_say_waiting(mlab_text_rows *t, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < t->n_waiting && !status; i++) status = say(t, &t->waiting[i], err);
    t->n_waiting = 0;
    return status;
}

static const char *not_text(const mlab_text_bytes *input)
{
    if (input->encoding == MLAB_TEXT_WINDOWS_1252) return "a byte that Windows-1252 does not have";
    return input->encoding == MLAB_TEXT_UTF8 ? "bytes that are not UTF-8" : "half a character of UTF-16";
}

/* The bytes of every cell are text in UTF-8. */
static void check_cells(const mlab_text_rows *t, const mlab_cell *cells, size_t n, uint64_t line, mlab_text_trouble *wrong)
{
    for (size_t i = 0; i < n && !wrong->kind; i++) {
        size_t bad;
        if (!cells[i].not_ascii || mlab_utf8_valid(cells[i].text, cells[i].n, &bad)) continue;
        *wrong = (mlab_text_trouble){"bad_utf8", not_text(&t->input), i, line, ""};
        snprintf(wrong->value, sizeof wrong->value, "0x%02X", (unsigned)(unsigned char)cells[i].text[bad]);
    }
}

/* Puts '?' where a byte is of no character. */
static void make_valid(const mlab_cell *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t bad; !mlab_utf8_valid(cells[i].text, cells[i].n, &bad);) *((char *)(uintptr_t)cells[i].text + bad) = '?';
}

static char *after_line_end(const scanning *s)
{
    char *p = s->at;
    if (p >= s->end) return p;
    if (*p == '\r' && p[1] == '\n') return p + 2; /* p[1] is there: the terminator at worst */
    return p + 1;
}

mlab_status mlab_text_scan(mlab_text_rows *t, size_t *n_in_row, mlab_scan *got, mlab_error *err)
{
    mlab_text_bytes *input = &t->input;
    scanning s = {.t = t, .at = input->buffer + input->start, .end = input->buffer + input->end, .line = t->line};
    char *first = s.at;
    *n_in_row = 0;
    if (s.at == s.end) {
        *got = input->at_end ? MLAB_SCAN_END : MLAB_SCAN_MORE;
        return MLAB_OK;
    }
    for (bool last = false; !last;) {
        mlab_status status = scan_plain_cells(&s, &last, err);
        if (!status && last) break;
        if (!status) status = scan_cell(&s, &last, err);
        if (status) return status;
        if (s.more) {
            *got = MLAB_SCAN_MORE;
            return MLAB_OK;
        }
        if (s.wrong.kind && !strcmp(s.wrong.kind, "unterminated_quote")) {
            t->broken = true;
            *got = MLAB_SCAN_END;
            return report(t, &s.wrong, err);
        }
        if (!last) s.at++; /* the delimiter */
    }
    uint64_t line = t->line;
    bool blank = s.at == first;
    input->start = (size_t)(after_line_end(&s) - input->buffer);
    t->line = s.line + 1;
    *got = MLAB_SCAN_BLANK;
    if (blank) return MLAB_OK;
    if (s.quoted)
        finish_cells(t->cells + t->n_cells, s.n);
    else
        terminate(t->cells + t->n_cells, s.n);
    if (s.high) check_cells(t, t->cells + t->n_cells, s.n, line, &s.wrong);
    if (s.wrong.kind) {
        mlab_status status = report(t, &s.wrong, err);
        if (status || t->framed || t->n_lines || strcmp(s.wrong.kind, "bad_utf8") != 0) return status;
        make_valid(t->cells + t->n_cells, s.n); /* the headings, so that what follows is told under them */
    }
    *got = MLAB_SCAN_ROW;
    *n_in_row = s.n;
    t->n_cells += s.n;
    return MLAB_OK;
}
