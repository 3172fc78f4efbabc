/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Telling rows of titles, of headings and of totals from rows of data, by how full they are and what they say. */
#include "core/number.h"
#include "core/text.h"
#include "data/rows_frame.h"

#include <string.h>

#define MOST_LOOKED_AT 200 /* rows of the first block */
#define MOST_TITLES 30     /* rows above the headings */

static bool is_blank(const mlab_cell *cell)
{
    for (size_t i = 0; i < cell->n; i++)
        if (cell->text[i] != ' ' && cell->text[i] != '\t') return false;
    return true;
}

size_t mlab_frame_filled(const mlab_cell *cells, size_t n)
{
    size_t filled = 0;
    for (size_t i = 0; i < n; i++) filled += !is_blank(&cells[i]);
    return filled;
}

static bool is_number(const mlab_cell *cell)
{
    double number;
    return mlab_number_parse(cell->text, cell->n, '.', &number) || mlab_number_parse(cell->text, cell->n, ',', &number);
}

/* Texts, not numbers and dates. */
static bool like_headings(const mlab_cell *cells, size_t n)
{
    size_t data = 0, filled = mlab_frame_filled(cells, n);
    for (size_t i = 0; i < n; i++) {
        mlab_date date;
        data += is_number(&cells[i]) || mlab_date_parse_iso(cells[i].text, cells[i].n, &date);
    }
    return 2 * data < filled;
}

typedef struct looked_at {
    const mlab_raw_block *raw;
    size_t n;              /* rows */
    bool short_rows;       /* the width says nothing */
    size_t width, fullest; /* most frequent cells of a row below the first; most filled cells among rows so wide */
    size_t filled[MOST_LOOKED_AT];
} looked_at;

static size_t width_of(const looked_at *l, size_t i)
{
    return l->raw->first[i + 1] - l->raw->first[i];
}

static bool so_wide(const looked_at *l, size_t i)
{
    return l->short_rows || width_of(l, i) == l->width;
}

static void look(looked_at *l, const mlab_rows *rows, size_t first)
{
    size_t most = 0, end = rows->raw.n_rows - first < MOST_LOOKED_AT ? rows->raw.n_rows : first + MOST_LOOKED_AT;
    l->raw = &rows->raw;
    l->short_rows = rows->kind->short_rows;
    l->n = end - first;
    l->width = width_of(l, first);
    for (size_t i = first + 1; i < end; i++) {
        size_t as_wide = 0;
        for (size_t k = first + 1; k < end; k++) as_wide += width_of(l, k) == width_of(l, i);
        if (as_wide > most || (as_wide == most && width_of(l, i) > l->width)) {
            most = as_wide;
            l->width = width_of(l, i);
        }
    }
    for (size_t i = first; i < end; i++) {
        size_t filled = mlab_frame_filled(l->raw->cells + l->raw->first[i], width_of(l, i));
        l->filled[i - first] = filled;
        if (so_wide(l, i) && filled > l->fullest) l->fullest = filled;
    }
}

/* At most half as full as the rows of data; in delimited text its first cell is filled. */
static bool like_title(const looked_at *l, size_t i, size_t filled)
{
    size_t most = l->fullest / 2 ? l->fullest / 2 : 1;
    return filled <= most && (l->short_rows || !is_blank(&l->raw->cells[l->raw->first[i]]) || !filled);
}

size_t mlab_frame_blank_rows(const mlab_rows *rows)
{
    const mlab_raw_block *raw = &rows->raw;
    size_t i = 0;
    while (i < raw->n_rows && !mlab_frame_filled(raw->cells + raw->first[i], raw->first[i + 1] - raw->first[i])) i++;
    return i;
}

size_t mlab_frame_find_header(const mlab_rows *rows, size_t first)
{
    looked_at l = {0};
    look(&l, rows, first);
    if (l.fullest < 2 || (so_wide(&l, first) && 2 * l.filled[0] > l.fullest)) return first;
    for (size_t i = first; i < first + l.n && i <= first + MOST_TITLES; i++) {
        if (so_wide(&l, i) && 2 * l.filled[i - first] > l.fullest)
            return like_headings(rows->raw.cells + rows->raw.first[i], width_of(&l, i)) ? i : first;
        if (!like_title(&l, i, l.filled[i - first])) return first;
    }
    return first;
}

/* The export of surveys of Qualtrics has the names, the texts of the questions, and {"ImportId":"..."}. */
uint32_t mlab_frame_header_rows(const mlab_rows *rows, size_t header)
{
    static const char mark[] = "{\"ImportId\"";
    for (size_t i = header + 1; i <= header + 2 && i < rows->raw.n_rows; i++)
        if (!strncmp(rows->raw.cells[rows->raw.first[i]].text, mark, sizeof mark - 1)) return (uint32_t)(i - header) + 1;
    return 1;
}

/* --- totals ------------------------------------------------------------------------------------------ */

/* Equal but for ASCII case, and the cell may go on with something that is no letter: "Total (240)". */
static bool begins_with(const char *text, size_t n, const char *word, bool whole)
{
    size_t k = 0;
    for (; word[k]; k++) {
        char a = k < n ? text[k] : '\0', b = word[k];
        if (a >= 'A' && a <= 'Z') a = (char)(a | 32);
        if (b >= 'A' && b <= 'Z') b = (char)(b | 32);
        if (a != b) return false;
    }
    while (k < n && (text[k] == ' ' || text[k] == ':')) k++;
    if (k == n) return true;
    return !whole && !((text[k] | 32) >= 'a' && (text[k] | 32) <= 'z') && !(text[k] & 0x80);
}

static bool is_total(const char *text, size_t n)
{
    static const char *const words[] = {"total",         "totals",      "grand total", "subtotal", "summe",
                                        "gesamt",        "gesamtsumme", "insgesamt",   "somme",    "total g\xC3\xA9n\xC3\xA9ral",
                                        "total general", "totale",      "totaal"};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (begins_with(text, n, words[k], true)) return true;
    return false;
}

bool mlab_frame_stops(const mlab_rows *rows, const mlab_cell *cells, size_t n)
{
    size_t i = 0;
    if (rows->stop_at && !*rows->stop_at) return false;
    while (i < n && !cells[i].n) i++;
    if (i == n) return false;
    const char *text = cells[i].text;
    size_t length = cells[i].n;
    while (length && *text == ' ') {
        text++;
        length--;
    }
    if (rows->stop_at) return begins_with(text, length, rows->stop_at, false);
    char initial = (char)(length ? *text | 32 : 0);
    if (initial != 't' && initial != 'g' && initial != 's' && initial != 'i') return false;
    if (rows->n_columns < 2 || !is_total(text, length)) return false;
    for (size_t k = i + 1; k < n; k++) /* totals are numbers */
        if (!is_blank(&cells[k]) && !is_number(&cells[k])) return false;
    return true;
}
