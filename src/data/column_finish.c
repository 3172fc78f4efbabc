/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what was held of a column to a typed column of the table: numbers, dates, events, texts. Every cell that is not
 * of the type is a finding at its row.
 *
 * A month is 30.4375 days, a year 365.25; durations are rounded to whole days, and one that is more than 0.01 day off a
 * whole day gets a note.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/read_column.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static mlab_status no_memory(const mlab_column_reading *column, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for column '%s' of %s", column->spec.from, column->file);
}

/* --- numbers --------------------------------------------------------------------------------------- */

/* Codes become numbers; texts that are none become exceptions. */
static mlab_status codes_to_numbers(mlab_column_reading *column, mlab_error *err)
{
    const mlab_reading_rules *rules = &column->spec.rules;
    double *values = mlab_allocate(column->context, column->texts.n, sizeof *values);
    uint8_t *state = mlab_allocate(column->context, column->texts.n, 1); /* 0 number, 1 missing, 2 neither */
    mlab_status status = MLAB_OK;
    column->numbers = mlab_allocate(column->context, column->n, sizeof *column->numbers);
    column->missing = mlab_allocate(column->context, column->n, 1);
    if (!values || !state || !column->numbers || !column->missing) {
        status = no_memory(column, err);
        goto out;
    }
    for (uint32_t code = 0; code < column->texts.n; code++) {
        const char *text = mlab_dictionary_text(&column->texts, code);
        if (mlab_column_code_missing(column, code))
            state[code] = 1;
        else if (!mlab_read_number(text, column->texts.entries[code].n, rules->decimal ? rules->decimal : '.', rules->thousands, &values[code]))
            state[code] = 2;
        else if (values[code] != rint(values[code]) || fabs(values[code]) > INT32_MAX)
            column->whole = false;
    }
    for (size_t i = 0; i < column->n && !status; i++) {
        uint32_t code = column->codes[i];
        column->numbers[i] = state[code] ? 0 : values[code];
        column->missing[i] = state[code] != 0;
        column->any_missing |= state[code] != 0;
        if (state[code] != 2) continue;
        status = mlab_grow(column->context, &column->exceptions, column->n_exceptions, &column->exceptions_capacity, sizeof *column->exceptions, err);
        if (!status) column->exceptions[column->n_exceptions++] = (mlab_column_exception){i, code};
    }
    column->hold = MLAB_HOLD_NUMBERS;
out:
    mlab_release(column->context, values);
    mlab_release(column->context, state);
    return status;
}

static mlab_status say_exceptions(const mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    mlab_severity severity = column->spec.type == MLAB_READ_FOUND ? column->named ? MLAB_SEVERITY_DECIDE : MLAB_SEVERITY_NOTE : MLAB_SEVERITY_STOP;
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < column->n_exceptions && !status; k++) {
        const char *text = mlab_dictionary_text(&column->texts, column->exceptions[k].code);
        bool comma = mlab_text_readings(text, strlen(text)) & MLAB_AS_COMMA_NUMBER;
        char sentence[300], pin[160];
        snprintf(sentence, sizeof sentence, "cells of column \"%.100s\" are not numbers%s", column->spec.from,
                 comma ? ", unless the comma marks decimals" : "");
        if (comma)
            mlab_column_pin(column, "decimal: comma", pin, sizeof pin);
        else
            snprintf(pin, sizeof pin, "missing: [NA, \"\", \"%.60s\"]", text);
        status = mlab_column_say_row(column, finish, column->exceptions[k].row, text, severity, "not_a_number", pin, sentence, err);
    }
    return status;
}

static mlab_status say_out_of_range(const mlab_column_reading *column, const mlab_column_finish *finish, const double *values, mlab_error *err)
{
    char sentence[300], low[32], high[32], value[32];
    if (!(column->spec.low > -HUGE_VAL) && !(column->spec.high < HUGE_VAL)) return MLAB_OK;
    mlab_number_print(column->spec.low, low, sizeof low);
    mlab_number_print(column->spec.high, high, sizeof high);
    snprintf(sentence, sizeof sentence, "column \"%.100s\" is out of its range, allowed %s to %s", column->spec.from, low, high);
    for (size_t i = 0; i < column->n; i++) {
        if (column->missing[i] || (values[i] >= column->spec.low && values[i] <= column->spec.high)) continue;
        mlab_number_print(values[i], value, sizeof value);
        mlab_status status = mlab_column_say_row(column, finish, i, value, MLAB_SEVERITY_STOP, "out_of_range", NULL, sentence, err);
        if (status) return status;
    }
    return MLAB_OK;
}

/* To whole days, in place. */
static mlab_status make_days(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    char sentence[300], value[32];
    for (size_t i = 0; i < column->n; i++) {
        if (column->missing[i]) continue;
        double cell = column->numbers[i], days = cell * column->spec.days, whole = rint(days);
        const char *kind = NULL;
        mlab_severity severity = MLAB_SEVERITY_NOTE;
        column->numbers[i] = whole;
        if (cell < 0) {
            kind = "negative_duration";
            severity = MLAB_SEVERITY_STOP;
            snprintf(sentence, sizeof sentence, "durations in column \"%.100s\" are negative, allowed 0 or more", column->spec.from);
        } else if (whole == 0) {
            kind = "zero_duration";
            snprintf(sentence, sizeof sentence, "durations in column \"%.100s\" are 0 days: nobody is at risk in them", column->spec.from);
        } else if (fabs(days - whole) > 0.01) {
            kind = "broken_days";
            snprintf(sentence, sizeof sentence, "durations in column \"%.100s\" are not whole days; they are rounded", column->spec.from);
        }
        if (!kind) continue;
        mlab_number_print(cell, value, sizeof value);
        mlab_status status = mlab_column_say_row(column, finish, i, value, severity, kind, NULL, sentence, err);
        if (status) return status;
    }
    return MLAB_OK;
}

/* The array moves into the table's column instead of being copied. */
static mlab_status numbers_to_table(mlab_column_reading *column, const mlab_column_finish *finish, bool integers, mlab_error *err)
{
    mlab_column *made = NULL;
    mlab_status status = mlab_table_add(finish->table, column->spec.name, integers ? MLAB_COLUMN_INTEGER : MLAB_COLUMN_REAL, NULL, 0, &made, err);
    if (status) return status;
    if (integers)
        for (size_t i = 0; i < column->n; i++) made->as.integer[i] = (int32_t)column->numbers[i];
    else if (column->n) {
        mlab_release(column->context, made->as.real);
        made->as.real = column->numbers;
        column->numbers = NULL;
    }
    if (!column->any_missing) return MLAB_OK;
    made->missing = mlab_allocate(column->context, column->n, 1);
    if (!made->missing) return no_memory(column, err);
    memcpy(made->missing, column->missing, column->n);
    return MLAB_OK;
}

static mlab_status say_groups(const mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    char sentence[300], pin[160];
    if (!column->any_group || !column->only_groups || column->hold != MLAB_HOLD_NUMBERS) return MLAB_OK;
    snprintf(sentence, sizeof sentence, "column \"%.100s\" reads as numbers with three decimals and with points between thousands",
             column->spec.from);
    for (size_t i = 0; i < column->n; i++) {
        if (column->missing[i] || column->numbers[i] == rint(column->numbers[i])) continue;
        char value[32];
        mlab_number_print(column->numbers[i], value, sizeof value);
        return mlab_column_say_row(column, finish, i, value, MLAB_SEVERITY_DECIDE, "decimal_point",
                                   mlab_column_pin(column, "decimal: point", pin, sizeof pin), sentence, err);
    }
    return MLAB_OK;
}

mlab_status mlab_column_finish_numbers(mlab_column_reading *column, const mlab_column_finish *finish, bool integers, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    if (column->hold == MLAB_HOLD_CODES)
        status = codes_to_numbers(column, err);
    else
        status = say_groups(column, finish, err);
    if (!status) status = say_exceptions(column, finish, err);
    if (!status && integers && !column->whole) {
        char sentence[300];
        snprintf(sentence, sizeof sentence, "cells of column \"%.100s\" are not whole numbers between -2147483647 and 2147483647", column->spec.from);
        for (size_t i = 0; i < column->n && !status; i++) {
            char value[32];
            if (column->missing[i] || (column->numbers[i] == rint(column->numbers[i]) && fabs(column->numbers[i]) <= INT32_MAX)) continue;
            mlab_number_print(column->numbers[i], value, sizeof value);
            status = mlab_column_say_row(column, finish, i, value, MLAB_SEVERITY_STOP, "not_whole", NULL, sentence, err);
        }
        integers = false;
    }
    if (!status) status = say_out_of_range(column, finish, column->numbers, err);
    if (!status && column->spec.type == MLAB_READ_DURATION) status = make_days(column, finish, err);
    if (!status) status = numbers_to_table(column, finish, integers, err);
    if (status || column->spec.type != MLAB_READ_DURATION) return status;
    mlab_column *made = mlab_table_find(finish->table, column->spec.name);
    char *unit = mlab_copy_text(column->context, "days");
    if (!unit) return no_memory(column, err);
    mlab_release(column->context, made->unit);
    made->unit = unit;
    return MLAB_OK;
}

/* --- dates and events: one value for each distinct text ----------------------------------------------- */

static bool event_value(const mlab_column_reading *column, const char *text, size_t n, int32_t *value)
{
    static const char *const names[] = {"0", "1", "no", "yes", "false", "true"};
    char label[64];
    mlab_trim(&text, &n);
    const mlab_setting *levels = column->spec.levels;
    if (levels && mlab_setting_kind_of(levels) == MLAB_SETTING_MAP)
        for (size_t i = 0; i < mlab_setting_size(levels); i++) {
            const char *key = mlab_setting_key(levels, i);
            if (strncmp(key, text, n) || key[n]) continue;
            text = mlab_setting_text(mlab_setting_item(levels, i));
            n = strlen(text);
            break;
        }
    if (n >= sizeof label) return false;
    memcpy(label, text, n);
    label[n] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (mlab_equal_fold(label, names[i])) {
            *value = (int32_t)(i % 2);
            return true;
        }
    return false;
}

mlab_status mlab_column_values(mlab_column_reading *column, const mlab_column_finish *finish, mlab_column_type type, mlab_text_value read,
                               uint8_t *flag, mlab_error *err)
{
    mlab_column *made = NULL;
    int32_t *values = mlab_allocate(column->context, column->texts.n, sizeof *values);
    uint8_t *none = mlab_allocate(column->context, column->texts.n, 1);
    mlab_status status = values && none ? MLAB_OK : no_memory(column, err);
    if (!status) status = mlab_table_add(finish->table, column->spec.name, type, NULL, 0, &made, err);
    if (status) goto out;
    bool any = false;
    for (uint32_t code = 0; code < column->texts.n; code++) {
        bool missing = mlab_column_code_missing(column, code);
        none[code] = missing || !read(column, mlab_dictionary_text(&column->texts, code), column->texts.entries[code].n, &values[code]);
        flag[code] = none[code] && !missing;
        any |= none[code];
    }
    if (any && !(made->missing = mlab_allocate(column->context, column->n, 1))) {
        status = no_memory(column, err);
        goto out;
    }
    for (size_t i = 0; i < column->n; i++) {
        made->as.integer[i] = none[column->codes[i]] ? 0 : values[column->codes[i]];
        if (any) made->missing[i] = none[column->codes[i]];
    }
out:
    mlab_release(column->context, values);
    mlab_release(column->context, none);
    return status;
}

mlab_status mlab_column_finish_event(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    char sentence[300], pin[200];
    uint8_t *flag = mlab_allocate(column->context, column->texts.n, 1);
    if (!flag) return no_memory(column, err);
    mlab_status status = mlab_column_values(column, finish, MLAB_COLUMN_INTEGER, event_value, flag, err);
    snprintf(sentence, sizeof sentence, "cells of column \"%.100s\" do not say whether the event happened, allowed 0, 1, no, yes, false, true",
             column->spec.from);
    mlab_column_pin(column, "type: event, levels: {left: yes, stayed: no}", pin, sizeof pin);
    if (!status) status = mlab_column_say_codes(column, finish, flag, MLAB_SEVERITY_STOP, "not_an_event", pin, sentence, err);
    mlab_release(column->context, flag);
    return status;
}
