/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Taking cells into a column: distinct texts are numbered once, so that finding a type and reading its values is work
 * for each distinct text, not for each cell. A column with too many distinct texts is held as numbers or as texts.
 */
#include "data/read_column.h"
#include "core/error.h"
#include "core/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void mlab_column_reading_start(mlab_column_reading *column, const mlab_context *context)
{
    *column = (mlab_column_reading){.context = context, .whole = true, .canonical = true, .only_groups = true};
    mlab_dictionary_start(&column->texts, context);
}

void mlab_column_reading_free(mlab_column_reading *column)
{
    if (!column->context) return;
    mlab_dictionary_free(&column->texts);
    mlab_release(column->context, column->codes);
    mlab_release(column->context, column->numbers);
    mlab_release(column->context, column->offsets);
    mlab_release(column->context, column->pool);
    mlab_release(column->context, column->missing);
    mlab_release(column->context, column->exceptions);
    column->context = NULL;
}

static mlab_status no_memory(const mlab_column_reading *column, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for column '%s' of %s", column->spec.from, column->file);
}

/* Room for `more` cells; the array that grows depends on how cells are held. */
static mlab_status make_room(mlab_column_reading *column, size_t more, mlab_error *err)
{
    if (column->capacity - column->n >= more) return MLAB_OK;
    size_t capacity = column->capacity + column->capacity / 2 + more;
    void *grown = NULL;
    if (column->hold == MLAB_HOLD_CODES) {
        if ((grown = mlab_reallocate(column->context, column->codes, capacity, sizeof *column->codes))) column->codes = grown;
    } else {
        uint8_t *missing = mlab_reallocate(column->context, column->missing, capacity, 1);
        if (!missing) return no_memory(column, err);
        column->missing = missing;
        if (column->hold == MLAB_HOLD_NUMBERS) {
            if ((grown = mlab_reallocate(column->context, column->numbers, capacity, sizeof *column->numbers))) column->numbers = grown;
        } else if ((grown = mlab_reallocate(column->context, column->offsets, capacity, sizeof *column->offsets))) {
            column->offsets = grown;
        }
    }
    if (!grown) return no_memory(column, err);
    column->capacity = capacity;
    return MLAB_OK;
}

static mlab_status take_exception(mlab_column_reading *column, const char *text, size_t n, mlab_error *err)
{
    mlab_column_exception exception = {column->n, 0};
    mlab_status status = mlab_dictionary_add(&column->texts, text, n, &exception.code, err);
    if (!status)
        status = mlab_grow(column->context, &column->exceptions, column->n_exceptions, &column->exceptions_capacity, sizeof *column->exceptions, err);
    if (!status) column->exceptions[column->n_exceptions++] = exception;
    return status;
}

static mlab_status take_text(mlab_column_reading *column, const char *text, size_t n, mlab_error *err)
{
    if (column->spec.rules.trim || column->spec.type == MLAB_READ_ID) mlab_trim(&text, &n);
    bool missing = mlab_is_missing(column->spec.rules.missing, text, n);
    size_t zeros = !missing && n < column->spec.pad ? column->spec.pad - n : 0;
    if (column->pool_capacity - column->pool_size < n + zeros + 2) {
        size_t wanted = column->pool_capacity + column->pool_capacity / 2 + n + zeros + 4096;
        char *pool = mlab_reallocate(column->context, column->pool, wanted, 1);
        if (!pool) return no_memory(column, err);
        column->pool = pool;
        column->pool_capacity = wanted;
        if (!column->pool_size) column->pool[column->pool_size++] = '\0';
    }
    column->missing[column->n] = missing;
    column->any_missing |= missing;
    column->offsets[column->n] = missing ? 0 : column->pool_size;
    column->n++;
    if (missing) return MLAB_OK;
    memset(column->pool + column->pool_size, '0', zeros);
    memcpy(column->pool + column->pool_size + zeros, text, n);
    column->pool[column->pool_size + zeros + n] = '\0';
    column->pool_size += zeros + n + 1;
    return MLAB_OK;
}

/* Digits after a zero are a code, not a number: 007. */
static bool is_code(const char *text, size_t n)
{
    mlab_trim(&text, &n);
    return n > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

static bool is_canonical(const char *text, size_t n)
{
    size_t i = n && *text == '-';
    if (n == i || n > 15 || (text[i] == '0' && n > 1)) return false;
    for (; i < n; i++)
        if (text[i] < '0' || text[i] > '9') return false;
    return true;
}

/* A code among whole numbers: they were codes too. Their texts are put back, and this one with them. */
static mlab_status leave_numbers(mlab_column_reading *column, const char *text, size_t n, mlab_error *err)
{
    double *numbers = column->numbers;
    uint8_t *missing = column->missing;
    mlab_column_exception *exceptions = column->exceptions;
    size_t rows = column->n, capacity = column->capacity, at = 0;
    column->hold = MLAB_HOLD_TEXTS;
    column->numbers = NULL;
    column->missing = NULL;
    column->exceptions = NULL;
    column->n = column->capacity = 0;
    mlab_status status = make_room(column, capacity, err);
    if (!status && (!column->missing || !column->offsets))
        status = mlab_raise(err, MLAB_ERR_ARGUMENT, "no room for the texts of column '%s'", column->spec.from);
    for (size_t i = 0; i < rows && !status; i++) {
        char digits[32];
        bool exception = at < column->n_exceptions && exceptions[at].row == i;
        const char *put = exception ? mlab_dictionary_text(&column->texts, exceptions[at].code) : digits;
        if (missing[i])
            digits[0] = '\0';
        else
            snprintf(digits, sizeof digits, "%" PRId64, (int64_t)numbers[i]);
        status = take_text(column, put, strlen(put), err);
        at += exception;
    }
    column->n_exceptions = column->exceptions_capacity = 0;
    mlab_release(column->context, numbers);
    mlab_release(column->context, missing);
    mlab_release(column->context, exceptions);
    return status ? status : take_text(column, text, n, err);
}

/* A value, or a cell that is none: missing, or an exception. */
static mlab_status keep_number(mlab_column_reading *column, const char *text, size_t n, bool number, double value, mlab_error *err)
{
    const mlab_reading_rules *rules = &column->spec.rules;
    column->missing[column->n] = !number;
    column->numbers[column->n] = number ? value : 0;
    if (!number) {
        column->any_missing = true;
        mlab_trim(&text, &n);
        if (!mlab_is_missing(rules->missing, text, n)) {
            mlab_status status = take_exception(column, text, n, err);
            if (status) return status;
        }
    }
    column->n++;
    return MLAB_OK;
}

static mlab_status take_number(mlab_column_reading *column, const char *text, size_t n, mlab_error *err)
{
    const mlab_reading_rules *rules = &column->spec.rules;
    double value = 0;
    if (column->spec.type == MLAB_READ_FOUND && is_code(text, n)) {
        if (column->canonical) return leave_numbers(column, text, n, err);
        return keep_number(column, text, n, false, 0, err);
    }
    bool coded = rules->missing && mlab_is_missing(rules->missing, text, n); /* 99 can be a number and a code */
    bool number = !coded && mlab_read_number(text, n, rules->decimal ? rules->decimal : '.', rules->thousands, &value);
    if (number && column->whole && (value != rint(value) || fabs(value) > INT32_MAX)) column->whole = false;
    if (number && column->only_groups && !rules->decimal && !rules->thousands && memchr(text, '.', n)) {
        column->any_group = true;
        column->only_groups = (mlab_text_readings(text, n) & MLAB_AS_POINT_GROUPS) != 0;
    }
    if (number && column->canonical) column->canonical = is_canonical(text, n);
    return keep_number(column, text, n, number, value, err);
}

/* Do nine of ten rows held so far read as numbers, and is none of them a code? */
static bool mostly_numbers(const mlab_column_reading *column)
{
    uint64_t numbers = 0, all = 0;
    for (uint32_t code = 0; code < column->texts.n; code++) {
        const mlab_dictionary_entry *entry = &column->texts.entries[code];
        if (mlab_column_code_missing(column, code)) continue;
        all += entry->count;
        if (is_code(mlab_dictionary_text(&column->texts, code), entry->n)) return false;
        if (mlab_text_readings(mlab_dictionary_text(&column->texts, code), entry->n) & MLAB_AS_NUMBER) numbers += entry->count;
    }
    return numbers * 10 >= all * 9;
}

/* Too many distinct texts: hold them as what they are from here on. */
static mlab_status leave_codes(mlab_column_reading *column, mlab_error *err)
{
    mlab_dictionary texts = column->texts;
    uint32_t *codes = column->codes;
    size_t n = column->n, capacity = column->capacity;
    bool texts_only = column->typed && !column->any_plain;
    column->hold = mostly_numbers(column) && !texts_only ? MLAB_HOLD_NUMBERS : MLAB_HOLD_TEXTS;
    column->codes = NULL;
    column->n = column->capacity = 0;
    mlab_dictionary_start(&column->texts, column->context);
    mlab_status status = make_room(column, capacity, err);
    for (size_t i = 0; !status && i < n; i++) {
        const char *text = mlab_dictionary_text(&texts, codes[i]);
        uint32_t length = texts.entries[codes[i]].n;
        status = column->hold == MLAB_HOLD_NUMBERS ? take_number(column, text, length, err) : take_text(column, text, length, err);
    }
    mlab_dictionary_free(&texts);
    mlab_release(column->context, codes);
    return status;
}

static mlab_status take_cell(mlab_column_reading *column, const mlab_cell *cell, uint64_t hash, mlab_error *err)
{
    if (column->hold == MLAB_HOLD_NUMBERS) return take_number(column, cell->text, cell->n, err);
    if (column->hold == MLAB_HOLD_TEXTS) return take_text(column, cell->text, cell->n, err);
    mlab_status status = mlab_dictionary_add_hashed(&column->texts, cell->text, cell->n, hash, &column->codes[column->n], err);
    if (status) return status;
    column->n++;
    if (column->texts.n > MLAB_COLUMN_MOST_FOUND && column->spec.type == MLAB_READ_FOUND) return leave_codes(column, err);
    return MLAB_OK;
}

mlab_status mlab_column_reading_take(mlab_column_reading *column, const mlab_row_block *block, const uint8_t *use, const uint64_t *hashes,
                                     mlab_error *err)
{
    if (column->hold == MLAB_HOLD_NOTHING) return MLAB_OK;
    mlab_status status = make_room(column, block->n_rows, err);
    const mlab_cell *cell = block->cells + column->at;
    const uint64_t *hash = hashes + column->at;
    for (size_t i = 0; !status && i < block->n_rows; i++, cell += block->n_columns, hash += block->n_columns) {
        if (!use[i]) continue;
        if (cell->n && !cell->quoted) column->any_plain = true;
        if (column->n == column->capacity && (status = make_room(column, block->n_rows - i, err))) break;
        status = take_cell(column, cell, *hash, err);
    }
    return status;
}

/* One of the codes but for ASCII case? */
static bool is_missing_folded(const mlab_setting *codes, const char *text, size_t n)
{
    char word[64];
    if (mlab_is_missing(codes, text, n)) return true;
    if (n >= sizeof word) return n == 0;
    memcpy(word, text, n);
    word[n] = '\0';
    for (size_t i = 0; codes && i < mlab_setting_size(codes); i++)
        if (mlab_equal_fold(mlab_setting_text(mlab_setting_item(codes, i)), word)) return true;
    return n == 0;
}

bool mlab_column_code_missing(const mlab_column_reading *column, uint32_t code)
{
    const char *text = mlab_dictionary_text(&column->texts, code);
    size_t n = column->texts.entries[code].n;
    if (mlab_is_missing(column->spec.rules.missing, text, n)) return true;
    mlab_trim(&text, &n);
    if (column->spec.folded) return is_missing_folded(column->spec.rules.missing, text, n);
    return column->spec.rules.trim ? mlab_is_missing(column->spec.rules.missing, text, n) : n == 0;
}

mlab_status mlab_column_say_row(const mlab_column_reading *column, const mlab_column_finish *finish, size_t row, const char *value,
                                mlab_severity severity, const char *kind, const char *remedy, const char *sentence, mlab_error *err)
{
    mlab_place place =
        mlab_place_cell(column->file, finish->table->lines ? finish->table->lines[row] : 0, (uint32_t)column->at + 1, column->spec.from);
    return mlab_findings_add(finish->findings, severity, kind, &place, value, remedy, err, "%s", sentence);
}

mlab_status mlab_column_say_codes(const mlab_column_reading *column, const mlab_column_finish *finish, const uint8_t *flag, mlab_severity severity,
                                  const char *kind, const char *remedy, const char *sentence, mlab_error *err)
{
    for (size_t i = 0; i < column->n; i++) {
        if (!flag[column->codes[i]]) continue;
        mlab_status status =
            mlab_column_say_row(column, finish, i, mlab_dictionary_text(&column->texts, column->codes[i]), severity, kind, remedy, sentence, err);
        if (status) return status;
    }
    return MLAB_OK;
}

const char *mlab_column_pin(const mlab_column_reading *column, const char *what, char *into, size_t size)
{
    const char *name = column->spec.name;
    bool plain = true;
    for (const char *c = name; *c; c++) plain &= *c == '_' || (*c >= '0' && *c <= '9') || ((*c | 32) >= 'a' && (*c | 32) <= 'z');
    bool people = !column->spec.pin || !strcmp(column->spec.pin, "people");
    snprintf(into, size, "%s%scolumns: {%s%.80s%s: {%s}}%s", people ? "" : column->spec.pin, people ? "" : ": {", plain ? "" : "\"", name,
             plain ? "" : "\"", what, people ? "" : "}");
    return into;
}
