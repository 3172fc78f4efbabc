/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A column of days: their order is stated or found from all rows; numbers are days as spreadsheets count them; moments of another zone
 * keep the day that is written, unless they are midnights of another zone; days far away are no days. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/read_column.h"

#include <stdio.h>
#include <string.h>

static mlab_status no_memory(const mlab_column_reading *column, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for column '%s' of %s", column->spec.from, column->file);
}

static bool date_value(const mlab_column_reading *column, const char *text, size_t n, int32_t *value)
{
    const mlab_reading_rules *rules = &column->spec.rules;
    mlab_moment moment;
    if (mlab_read_moment(text, n, rules->dates, &moment)) {
        bool next = rules->zone == MLAB_ZONE_NEAREST_MIDNIGHT && moment.zoned && moment.second >= 43200;
        *value = moment.date + next;
        return true;
    }
    return rules->serials != MLAB_SERIALS_UNSTATED && mlab_read_serial(text, n, rules->serials == MLAB_SERIALS_1904, value);
}

/* A declared date column whose order is not stated: found from its rows, or a finding. */
static mlab_status settle_dates(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    unsigned all = ~0U;
    for (uint32_t code = 0; code < column->texts.n; code++)
        if (!mlab_column_code_missing(column, code)) {
            unsigned as = mlab_text_readings(mlab_dictionary_text(&column->texts, code), column->texts.entries[code].n);
            if (as & MLAB_AS_DATE_SHAPE) all &= as;
        }
    unsigned orders = all & (MLAB_AS_DMY | MLAB_AS_MDY | MLAB_AS_YMD);
    char sentence[300], pin[160];
    if ((all & MLAB_AS_ISO) || column->spec.rules.dates != MLAB_DATES_FOUND) return MLAB_OK;
    if (orders == MLAB_AS_YMD) {
        column->spec.rules.dates = MLAB_DATES_YMD;
    } else if (orders == MLAB_AS_DMY || orders == MLAB_AS_MDY) {
        const char *order = orders == MLAB_AS_DMY ? "dmy" : "mdy";
        column->spec.rules.dates = orders == MLAB_AS_DMY ? MLAB_DATES_DMY : MLAB_DATES_MDY;
        mlab_text_print(finish->guesses, "%s, column \"%s\": read as %s, the only order that fits all rows; to pin it: dates: %s\n", column->file,
                        column->spec.from, orders == MLAB_AS_DMY ? "day/month/year" : "month/day/year", order);
    } else if (orders) {
        uint8_t *flag = mlab_allocate(column->context, column->texts.n, 1);
        if (!flag) return no_memory(column, err);
        int32_t date;
        for (uint32_t code = 0; code < column->texts.n; code++) {
            const char *text = mlab_dictionary_text(&column->texts, code);
            flag[code] = mlab_read_date(text, column->texts.entries[code].n, MLAB_DATES_DMY, &date);
            flag[code] &= !mlab_read_date(text, column->texts.entries[code].n, MLAB_DATES_FOUND, &date);
        }
        snprintf(sentence, sizeof sentence, "column \"%.100s\" reads as day/month and as month/day; no row settles it", column->spec.from);
        snprintf(pin, sizeof pin, "dates: dmy      (or mdy)");
        mlab_status status = mlab_column_say_codes(column, finish, flag, MLAB_SEVERITY_DECIDE, "date_order", pin, sentence, err);
        mlab_release(column->context, flag);
        column->spec.rules.dates = MLAB_DATES_DMY; /* so that the other findings can be made; the study is not run */
        return status;
    }
    return MLAB_OK;
}

/* --- numbers as spreadsheets count days ------------------------------------------------------------------ */

/* From 1927 to 2118 */
static bool may_be_serial(const char *text, size_t n)
{
    double value;
    mlab_trim(&text, &n);
    return mlab_number_parse(text, n, '.', &value) && value >= 10000 && value < 80000;
}

/* When all cells are such numbers they are read so, and it is said; some among dates have to be decided. */
static mlab_status settle_serials(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    size_t n = 0, others = 0;
    char sentence[300], pin[160];
    if (column->spec.rules.serials != MLAB_SERIALS_UNSTATED) return MLAB_OK;
    uint8_t *flag = mlab_allocate(column->context, column->texts.n, 1);
    if (!flag) return no_memory(column, err);
    mlab_status status = MLAB_OK;
    for (uint32_t code = 0; code < column->texts.n; code++) {
        if (mlab_column_code_missing(column, code)) continue;
        flag[code] = may_be_serial(mlab_dictionary_text(&column->texts, code), column->texts.entries[code].n);
        n += flag[code];
        others += !flag[code];
    }
    if (n) column->spec.rules.serials = MLAB_SERIALS_1900;
    if (n && !others) {
        mlab_text_print(finish->guesses, "%s, column \"%s\": numbers are days as spreadsheets count them from 1900 on; to pin it: %s\n", column->file,
                        column->spec.from, mlab_column_pin(column, "type: date, serials: 1900", pin, sizeof pin));
    } else if (n) {
        snprintf(sentence, sizeof sentence, "cells of column \"%.100s\" are numbers among dates; they may be days as spreadsheets count them",
                 column->spec.from);
        mlab_column_pin(column, "type: date, serials: 1900", pin, sizeof pin);
        status = mlab_column_say_codes(column, finish, flag, column->named ? MLAB_SEVERITY_DECIDE : MLAB_SEVERITY_NOTE, "serial_dates", pin, sentence,
                                       err);
    }
    mlab_release(column->context, flag);
    return status;
}

/* --- moments in another zone ------------------------------------------------------------------------------ */

/* Moments with a zone whose time is not midnight: flagged; whether all of them lie on one or two neighbouring full hours, as the midnights
 * of another zone do, in winter and in summer. */
static bool find_zoned(const mlab_column_reading *column, uint8_t *flag, size_t *n)
{
    int32_t low = 24, high = -1;
    bool full = true;
    *n = 0;
    for (uint32_t code = 0; code < column->texts.n; code++) {
        mlab_moment moment;
        if (mlab_column_code_missing(column, code) ||
            !mlab_read_moment(mlab_dictionary_text(&column->texts, code), column->texts.entries[code].n, column->spec.rules.dates, &moment))
            continue;
        flag[code] = moment.zoned && moment.second % 86400 != 0;
        if (!flag[code]) continue;
        int32_t hour = moment.second / 3600;
        full = full && moment.second % 3600 == 0 && hour >= 12;
        low = hour < low ? hour : low;
        high = hour > high ? hour : high;
        (*n)++;
    }
    return *n && full && high - low <= 1;
}

static mlab_status settle_zones(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    size_t n = 0;
    char sentence[300], pin[160];
    if (column->spec.rules.zone != MLAB_ZONE_UNSTATED) return MLAB_OK;
    uint8_t *flag = mlab_allocate(column->context, column->texts.n, 1);
    if (!flag) return no_memory(column, err);
    bool midnights = find_zoned(column, flag, &n);
    mlab_status status = MLAB_OK;
    if (midnights) {
        snprintf(sentence, sizeof sentence, "cells of column \"%.100s\" look like midnights of another zone: the day meant is the next one",
                 column->spec.from);
        snprintf(pin, sizeof pin, "zone: nearest_midnight      (or as_written)");
        status = mlab_column_say_codes(column, finish, flag, column->named ? MLAB_SEVERITY_DECIDE : MLAB_SEVERITY_NOTE, "zone_moves_day", pin,
                                       sentence, err);
    } else if (n && column->named) {
        snprintf(sentence, sizeof sentence, "cells of column \"%.100s\" are moments with a zone; the day is taken as it is written",
                 column->spec.from);
        status = mlab_column_say_codes(column, finish, flag, MLAB_SEVERITY_NOTE, "moments", "zone: as_written", sentence, err);
    }
    mlab_release(column->context, flag);
    return status;
}

/* --- days far away ---------------------------------------------------------------------------------------- */

/* Ends in the year 2200 or later are no ends; those before 1900 stay doubtful. */
static mlab_status take_open_ends(const mlab_column_reading *column, const mlab_column_finish *finish, const uint8_t *flag, mlab_error *err)
{
    mlab_column *made = mlab_table_find(finish->table, column->spec.name);
    mlab_status status = MLAB_OK;
    char sentence[300], cell[16];
    for (size_t i = 0; i < column->n && !status; i++) {
        if (!flag[column->codes[i]]) continue;
        bool open = made->as.integer[i] > mlab_date_from_civil(2199, 12, 31);
        mlab_date_print(made->as.integer[i], cell, sizeof cell);
        snprintf(sentence, sizeof sentence,
                 open ? "days in the year 2200 or later in column \"%.100s\" mean that there is no end"
                      : "cells of column \"%.100s\" are days before 1900-01-02; do they mean that there is none?",
                 column->spec.from);
        status = mlab_column_say_row(column, finish, i, cell, open ? MLAB_SEVERITY_NOTE : MLAB_SEVERITY_STOP, open ? "open_end" : "far_date", NULL,
                                     sentence, err);
        if (!status) status = mlab_column_set_missing(finish->table, made, i, err);
    }
    return status;
}

/* 9999-12-31 and 1900-01-01 stand for something else in many systems: no day before 1900-01-02 or after 2199-12-31 is taken as one. */
static mlab_status say_far(const mlab_column_reading *column, const mlab_column_finish *finish, uint8_t *flag, mlab_error *err)
{
    const char *only = NULL;
    size_t n = 0;
    char sentence[300], remedy[160] = "";
    int32_t date;
    for (uint32_t code = 0; code < column->texts.n; code++) {
        const char *text = mlab_dictionary_text(&column->texts, code);
        flag[code] = !mlab_column_code_missing(column, code) && date_value(column, text, column->texts.entries[code].n, &date) &&
                     (date <= mlab_date_from_civil(1900, 1, 1) || date > mlab_date_from_civil(2199, 12, 31));
        if (flag[code] && ++n) only = text;
    }
    if (!n) return MLAB_OK;
    if (column->spec.open_end) return take_open_ends(column, finish, flag, err);
    if (n == 1) snprintf(remedy, sizeof remedy, "missing: [NA, \"\", \"%.60s\"]", only);
    snprintf(sentence, sizeof sentence, "cells of column \"%.100s\" are days before 1900-01-02 or after 2199-12-31; do they mean that there is none?",
             column->spec.from);
    mlab_column *made = mlab_table_find(finish->table, column->spec.name);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; column->named && i < column->n && !status; i++) /* so that no other finding follows from them */
        if (flag[column->codes[i]]) status = mlab_column_set_missing(finish->table, made, i, err);
    if (status) return status;
    return mlab_column_say_codes(column, finish, flag, column->named ? MLAB_SEVERITY_STOP : MLAB_SEVERITY_NOTE, "far_date", remedy, sentence, err);
}

mlab_status mlab_column_finish_dates(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    mlab_status status = settle_dates(column, finish, err);
    if (!status) status = settle_serials(column, finish, err);
    if (!status) status = settle_zones(column, finish, err);
    uint8_t *flag = mlab_allocate(column->context, column->texts.n, 1), *shape = mlab_allocate(column->context, column->texts.n, 1);
    if (!status && (!flag || !shape)) status = no_memory(column, err);
    if (!status) status = mlab_column_values(column, finish, MLAB_COLUMN_DATE, date_value, flag, err);
    if (!status) {
        char sentence[300];
        for (uint32_t code = 0; code < column->texts.n; code++) {
            unsigned as = mlab_text_readings(mlab_dictionary_text(&column->texts, code), column->texts.entries[code].n);
            shape[code] = flag[code] && (as & MLAB_AS_DATE_SHAPE);
            flag[code] = flag[code] && !shape[code];
        }
        static const char *const orders[] = {"YYYY-MM-DD", "day/month/year", "month/day/year", "year/month/day"};
        snprintf(sentence, sizeof sentence, "cells of column \"%.100s\" are no day of the calendar when read as %s", column->spec.from,
                 orders[column->spec.rules.dates]);
        status = mlab_column_say_codes(column, finish, shape, MLAB_SEVERITY_STOP, "impossible_date", NULL, sentence, err);
        snprintf(sentence, sizeof sentence, "cells of column \"%.100s\" are not dates (years with four digits)", column->spec.from);
        if (!status) status = mlab_column_say_codes(column, finish, flag, MLAB_SEVERITY_STOP, "not_a_date", NULL, sentence, err);
        if (!status) status = say_far(column, finish, flag, err);
    }
    mlab_release(column->context, flag);
    mlab_release(column->context, shape);
    return status;
}
