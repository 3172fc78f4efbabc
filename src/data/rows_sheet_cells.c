/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cells of a sheet, row by row as its XML streams by: shared, inline and formula texts, numbers as their style shows them,
 * truth values, errors. What stands in the file and cannot be taken for what it says becomes a finding at its cell.
 * Source: ECMA-376 part 1, 18.3.1 (worksheets) and 18.18.11 (types of cells).
 * Weakness: a formula whose program stored a placeholder (0) instead of a result cannot be told from a result. */
#include "core/error.h"
#include "core/memory.h"
#include "data/rows_sheet.h"

#include <stdio.h>
#include <string.h>

enum { FEWEST_ROWS = 100, USUAL_CELLS = 16384, MOST_CELLS = 1 << 20 };
#define MOST_ARENA ((size_t)1 << 17)

static mlab_status no_memory(const mlab_sheet_rows *s)
{
    return mlab_raise(s->err, MLAB_ERR_MEMORY, "no memory to read %s", s->base.file);
}

mlab_status mlab_sheet_say(mlab_sheet_rows *s, mlab_severity severity, const char *kind, size_t column, const char *value, const char *sentence)
{
    if (s->framed) return mlab_rows_say(&s->base, severity, kind, s->row, column, value, NULL, s->err, sentence);
    mlab_status status = mlab_grow(s->base.context, &s->waiting, s->n_waiting, &s->waiting_capacity, sizeof *s->waiting, s->err);
    if (status) return status;
    char *copy = value ? mlab_copy_text(s->base.context, value) : NULL;
    if (value && !copy) return no_memory(s);
    s->waiting[s->n_waiting++] = (struct mlab_sheet_waiting){severity, kind, sentence, s->row, column, copy};
    return MLAB_OK;
}

static mlab_status stop_here(mlab_sheet_rows *s, const char *kind, const char *value, const char *sentence)
{
    s->broken = true;
    return mlab_sheet_say(s, MLAB_SEVERITY_STOP, kind, s->in_cell ? s->column + 1 : 0, value, sentence);
}

static mlab_status say_cell(mlab_sheet_rows *s, mlab_severity severity, const char *kind, const char *value, const char *sentence)
{
    return mlab_sheet_say(s, severity, kind, s->column + 1, value, sentence);
}

/* --- putting cells into the block -------------------------------------------------------------------- */

static mlab_status make_room(mlab_sheet_rows *s, size_t wanted)
{
    if (wanted <= s->cells_capacity) return MLAB_OK;
    const size_t capacity = wanted + wanted / 2 + 1024;
    mlab_cell *cells = mlab_reallocate(s->base.context, s->cells, capacity, sizeof *cells);
    if (!cells) return no_memory(s);
    s->cells = cells;
    size_t *offsets = mlab_reallocate(s->base.context, s->offsets, capacity, sizeof *offsets);
    if (!offsets) return no_memory(s);
    s->offsets = offsets;
    s->cells_capacity = capacity;
    return MLAB_OK;
}

static const mlab_cell empty_cell = {.text = ""};

/* Empty cells up to `width` of this row. */
mlab_status mlab_sheet_pad_row(mlab_sheet_rows *s, size_t width)
{
    const size_t wanted = s->row_begin + width;
    mlab_status status = make_room(s, wanted + 1);
    for (; !status && s->n_cells < wanted; s->n_cells++) s->cells[s->n_cells] = empty_cell;
    return status;
}

static mlab_status put_cell(mlab_sheet_rows *s, mlab_cell cell)
{
    if (!cell.n) return MLAB_OK;
    mlab_status status = mlab_sheet_pad_row(s, s->column);
    if (!status) s->cells[s->n_cells++] = cell;
    return status;
}

/* A text that goes into the arena; its address is known when the block is given. */
static mlab_status put_text(mlab_sheet_rows *s, const char *text, size_t n, bool quoted)
{
    if (!n) return MLAB_OK;
    unsigned char any = 0;
    for (size_t i = 0; i < n; i++) any |= (unsigned char)text[i];
    const size_t at = s->arena.n;
    mlab_text_append_bytes(&s->arena, text, n + 1);
    if (s->arena.failed) return no_memory(s);
    mlab_status status = put_cell(s, (mlab_cell){.text = NULL, .n = (uint32_t)n, .quoted = quoted, .not_ascii = any >= 0x80});
    if (!status) s->offsets[s->n_cells - 1] = at;
    return status;
}

/* --- a cell ------------------------------------------------------------------------------------------- */

/* "AB12" to column 27; the row is that of the row element. */
bool mlab_sheet_column_of(const char *reference, size_t *column)
{
    size_t k = 0;
    const char *c = reference;
    for (; (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z'); c++) {
        k = k * 26 + (size_t)((*c & ~32) - 'A' + 1);
        if (k > MLAB_SHEET_MOST_COLUMNS) return false;
    }
    if (!k || *c < '1' || *c > '9' || c[strspn(c, "0123456789")] != '\0') return false;
    *column = k - 1;
    return true;
}

static const mlab_sheet_style plain_style = {.shown = MLAB_SHOWN_NUMBER};

static char type_of(const char *type)
{
    if (!type || !strcmp(type, "n")) return 'n';
    if (!strcmp(type, "s")) return 's';
    if (!strcmp(type, "str")) return 'f';
    if (!strcmp(type, "inlineStr")) return 'i';
    return *type == 'b' || *type == 'e' || *type == 'd' ? *type : '?';
}

static mlab_status begin_cell(mlab_sheet_rows *s, const char **attributes)
{
    const char *reference = NULL, *type = NULL, *style = NULL;
    for (; *attributes; attributes += 2) {
        if (!strcmp(*attributes, "r")) reference = attributes[1];
        if (!strcmp(*attributes, "t")) type = attributes[1];
        if (!strcmp(*attributes, "s")) style = attributes[1];
    }
    uint64_t index = 0;
    s->in_cell = true;
    s->formula = s->has_value = s->in_inline = s->collecting = false;
    s->in_phonetic = 0;
    s->value.n = 0;
    s->column = s->next_column;
    if (reference && !mlab_sheet_column_of(reference, &s->column)) {
        s->in_cell = false;
        return stop_here(s, "bad_reference", reference, "a cell has a reference that no sheet has; save the workbook anew in a spreadsheet program");
    }
    if (s->column < s->next_column || s->column >= MLAB_SHEET_MOST_COLUMNS)
        return stop_here(s, "cells_out_of_order", reference,
                         "the cells of a row do not stand in the order of their columns; save the workbook anew in a spreadsheet program");
    s->next_column = s->column + 1;
    s->type = type_of(type);
    s->style = style && mlab_sheet_count(style, MLAB_SHEET_MOST_STYLES, &index) && index < s->n_styles ? &s->styles[index] : &plain_style;
    return MLAB_OK;
}

static mlab_status end_shared(mlab_sheet_rows *s)
{
    uint64_t index;
    if (mlab_sheet_count(mlab_text_get(&s->value), UINT32_MAX, &index) && index < s->strings.n)
        return put_cell(s, mlab_sheet_string(&s->strings, (size_t)index));
    return say_cell(s, MLAB_SEVERITY_STOP, "bad_text_index", mlab_text_get(&s->value),
                    "cells point to a text that the workbook does not have; save the workbook anew in a spreadsheet program");
}

static mlab_status end_number(mlab_sheet_rows *s)
{
    char text[64];
    size_t n;
    bool as_text;
    if (!mlab_sheet_number_text(mlab_text_get(&s->value), s->value.n, s->style, s->date_1904, text, &n, &as_text))
        return say_cell(s, MLAB_SEVERITY_STOP, "bad_number", mlab_text_get(&s->value),
                        "cells of numbers hold something else; save the workbook anew in a spreadsheet program");
    mlab_status status = put_text(s, text, n, as_text);
    if (status || n < 16 || strspn(text, "0123456789") != n) return status;
    return say_cell(s, MLAB_SEVERITY_NOTE, "long_number", text,
                    "numbers of more than 15 digits, of which a spreadsheet keeps only the first 15; ids have to be entered as text");
}

static mlab_status end_error(mlab_sheet_rows *s)
{
    const char *text = mlab_text_get(&s->value);
    if (!strcmp(text, "#N/A")) return say_cell(s, MLAB_SEVERITY_NOTE, "not_available", text, "cells say #N/A (not available); they are missing");
    mlab_status status = put_text(s, text, s->value.n, true);
    return status ? status
                  : say_cell(s, MLAB_SEVERITY_NOTE, "cell_error", text,
                             "formulas ended in an error; mend them in the spreadsheet, or list the error under missing of the file");
}

/* A formula that no program has calculated has no result: <c><f>A1+1</f></c>, or with an empty <v/>. */
static mlab_status end_cell(mlab_sheet_rows *s)
{
    mlab_status status = MLAB_OK;
    if (s->value.failed) return no_memory(s);
    if (s->formula && (!s->has_value || (!s->value.n && s->type != 'f')))
        status = say_cell(s, MLAB_SEVERITY_STOP, "formula_without_result", NULL,
                          "formulas without a stored result; open the workbook in a spreadsheet program, which calculates them, and save it");
    else if (s->value.n && s->type == 's')
        status = end_shared(s);
    else if (s->value.n && (s->type == 'i' || s->type == 'f')) {
        s->value.n = mlab_sheet_unescape(s->value.bytes, s->value.n);
        status = put_text(s, s->value.bytes, s->value.n, true);
    } else if (s->value.n && s->type == 'b')
        status = strcmp(s->value.bytes, "0") ? put_text(s, "TRUE", 4, false) : put_text(s, "FALSE", 5, false);
    else if (s->value.n && s->type == 'e')
        status = end_error(s);
    else if (s->value.n && s->type == 'd')
        status = put_text(s, s->value.bytes, s->value.n, false);
    else if (s->value.n && s->type == 'n')
        status = end_number(s);
    else if (s->value.n)
        status = stop_here(s, "bad_type", s->value.bytes, "a cell is of a type that is not known; save the workbook anew in a spreadsheet program");
    s->in_cell = false;
    return status;
}

/* --- a row -------------------------------------------------------------------------------------------- */

static mlab_status begin_row(mlab_sheet_rows *s, const char **attributes)
{
    const char *number = mlab_sheet_attribute(attributes, "r");
    uint64_t row = s->row + 1;
    if (number && (!mlab_sheet_count(number, MLAB_SHEET_MOST_ROWS, &row) || !row))
        return stop_here(s, "bad_row_number", number, "a row has a number beyond 1,048,576, the last one a sheet can have");
    if (row <= s->row)
        return stop_here(s, "rows_out_of_order", number,
                         "the rows of the sheet do not stand in their order; save the workbook anew in a spreadsheet program");
    s->row = row;
    if (row > MLAB_SHEET_MOST_ROWS) return stop_here(s, "bad_row_number", NULL, "more than 1,048,576 rows, the most a sheet can have");
    s->in_row = true;
    s->next_column = 0;
    s->row_begin = s->n_cells;
    if (s->hidden_row_said || !mlab_sheet_true(mlab_sheet_attribute(attributes, "hidden"))) return MLAB_OK;
    s->hidden_row_said = true;
    return mlab_sheet_say(s, MLAB_SEVERITY_NOTE, "hidden_rows", 0, NULL,
                          "the sheet has hidden rows, from this one on; they are read like the others");
}

static mlab_status end_row(mlab_sheet_rows *s)
{
    s->in_row = false;
    mlab_status status = s->n_merges ? mlab_sheet_merge_row(s) : MLAB_OK;
    if (status || s->n_cells == s->row_begin) return status;
    status = mlab_sheet_pad_row(s, s->base.n_columns);
    if (status) return status;
    if (s->n_rows + 2 > s->lines_capacity) {
        const size_t capacity = s->lines_capacity + s->lines_capacity / 2 + 1024;
        uint64_t *lines = mlab_reallocate(s->base.context, s->lines, capacity, sizeof *lines);
        if (!lines) return no_memory(s);
        s->lines = lines;
        size_t *first = mlab_reallocate(s->base.context, s->first, capacity, sizeof *first);
        if (!first) return no_memory(s);
        s->first = first;
        s->lines_capacity = capacity;
    }
    s->first[s->n_rows] = s->row_begin;
    s->lines[s->n_rows++] = s->row;
    s->first[s->n_rows] = s->n_cells;
    if ((s->n_rows >= FEWEST_ROWS && (s->n_cells >= USUAL_CELLS || s->arena.n >= MOST_ARENA)) || s->n_cells >= MOST_CELLS ||
        s->arena.n >= 8 * MOST_ARENA)
        mlab_sheet_pause(s);
    return MLAB_OK;
}

/* --- columns --------------------------------------------------------------------------------------------- */

static mlab_status take_column(mlab_sheet_rows *s, const char **attributes)
{
    uint64_t first = 0;
    if (s->hidden_column_said || !mlab_sheet_true(mlab_sheet_attribute(attributes, "hidden"))) return MLAB_OK;
    if (!mlab_sheet_count(mlab_sheet_attribute(attributes, "min"), MLAB_SHEET_MOST_COLUMNS, &first)) return MLAB_OK;
    s->hidden_column_said = true;
    return mlab_sheet_say(s, MLAB_SEVERITY_NOTE, "hidden_columns", (size_t)first, NULL,
                          "the sheet has hidden columns, from this one on; they are read like the others");
}

/* --- the XML ------------------------------------------------------------------------------------------- */

static void on_start(mlab_sheet_rows *s, const char *name, const char **attributes)
{
    mlab_status status = MLAB_OK;
    if (s->in_cell) {
        if (!strcmp(name, "v"))
            s->collecting = s->has_value = true;
        else if (!strcmp(name, "f"))
            s->formula = true;
        else if (!strcmp(name, "is"))
            s->in_inline = true;
        else if (!strcmp(name, "rPh"))
            s->in_phonetic++;
        else if (!strcmp(name, "t"))
            s->collecting = s->in_inline && !s->in_phonetic;
    } else if (s->in_row) {
        if (!strcmp(name, "c")) status = begin_cell(s, attributes);
    } else if (s->in_data) {
        if (!strcmp(name, "row")) status = begin_row(s, attributes);
    } else if (!strcmp(name, "sheetData"))
        s->in_data = true;
    else if (!strcmp(name, "mergeCell"))
        status = mlab_sheet_take_merge(s, mlab_sheet_attribute(attributes, "ref"));
    else if (!strcmp(name, "col"))
        status = take_column(s, attributes);
    mlab_sheet_fail(s, status);
}

static void on_end(mlab_sheet_rows *s, const char *name)
{
    mlab_status status = MLAB_OK;
    if (s->in_cell) {
        if (!strcmp(name, "v") || !strcmp(name, "t"))
            s->collecting = false;
        else if (!strcmp(name, "is"))
            s->in_inline = false;
        else if (!strcmp(name, "rPh"))
            s->in_phonetic -= s->in_phonetic > 0;
        else if (!strcmp(name, "c"))
            status = end_cell(s);
    } else if (s->in_row && !strcmp(name, "row"))
        status = end_row(s);
    else if (s->in_data && !strcmp(name, "sheetData")) {
        s->in_data = false;
        mlab_sheet_pause(s); /* what follows is judged when the headings are known */
    }
    mlab_sheet_fail(s, status);
}

static void on_text(mlab_sheet_rows *s, const char *text, size_t n)
{
    if (!s->collecting) return;
    mlab_text_append_bytes(&s->value, text, n);
    if (s->value.n <= MLAB_SHEET_LONGEST_TEXT) return;
    mlab_sheet_fail(s, stop_here(s, "text_too_long", NULL, "a cell with a text longer than 16 MB; a spreadsheet takes 32,767 characters"));
}

const mlab_sheet_handlers mlab_sheet_cell_handlers = {on_start, on_end, on_text};

mlab_status mlab_sheet_read_block(mlab_sheet_rows *s, mlab_error *err)
{
    s->n_cells = s->n_rows = s->row_begin = 0;
    s->arena.n = 0;
    if (!s->xml.parser || s->broken) return MLAB_OK;
    mlab_status status = mlab_sheet_xml_go(s, &s->xml, err);
    if (status) return status;
    for (size_t i = 0; i < s->n_cells; i++)
        if (!s->cells[i].text) s->cells[i].text = s->arena.bytes + s->offsets[i];
    return MLAB_OK;
}
