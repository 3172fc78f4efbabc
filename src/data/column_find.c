/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding the type of a column from its distinct texts.
 *
 * All rows must agree. What can be read in two ways (decimal comma or thousands, day/month or month/day) is never
 * chosen: it is a finding whose remedy is the line that chooses. A column that nothing in the study uses gets a note
 * instead. Weakness: a column of labels that are nearly all numbers is asked about too.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/read_column.h"

#include <stdio.h>
#include <string.h>

typedef struct tally {
    unsigned all;                 /* readings that every text allows */
    uint64_t rows;                /* not missing */
    uint64_t numbers;             /* rows that read as numbers with a point */
    uint64_t commas;              /* rows that read as numbers only with a comma as mark or between groups */
    unsigned comma_all;           /* readings that all of those allow */
    uint64_t points;              /* rows that read with points between groups of three */
    uint64_t blanks, apostrophes; /* rows that read with such marks between groups of three, and only so */
    uint64_t fractions;           /* rows that read as numbers with a point, not whole */
    uint64_t dates;               /* rows of the shape of a date */
    size_t distinct;
} tally;

static tally count_readings(const mlab_column_reading *column)
{
    tally t = {.all = ~0U, .comma_all = ~0U};
    for (uint32_t code = 0; code < column->texts.n; code++) {
        if (mlab_column_code_missing(column, code)) continue;
        uint64_t count = column->texts.entries[code].count;
        unsigned as = mlab_text_readings(mlab_dictionary_text(&column->texts, code), column->texts.entries[code].n);
        t.all &= as;
        t.rows += count;
        t.distinct++;
        if (as & MLAB_AS_NUMBER) {
            t.numbers += count;
            if (!(as & MLAB_AS_INTEGER)) t.fractions += count;
        } else if (as & (MLAB_AS_COMMA_NUMBER | MLAB_AS_COMMA_GROUPS)) {
            t.commas += count;
            t.comma_all &= as;
        }
        if (as & MLAB_AS_POINT_GROUPS) t.points += count;
        if (as & MLAB_AS_BLANK_GROUPS) t.blanks += count;
        if (as & MLAB_AS_APOSTROPHE_GROUPS) t.apostrophes += count;
        if (as & MLAB_AS_DATE_SHAPE) t.dates += count;
    }
    return t;
}

static mlab_severity doubt(const mlab_column_reading *column)
{
    return column->named ? MLAB_SEVERITY_DECIDE : MLAB_SEVERITY_NOTE;
}

/* Flags the texts that lack all of the readings `as`; says so at their rows. */
static mlab_status say_where_not(const mlab_column_reading *column, const mlab_column_finish *finish, unsigned as, const char *kind,
                                 const char *remedy, const char *sentence, mlab_error *err)
{
    uint8_t *flag = mlab_allocate(column->context, column->texts.n, 1);
    if (!flag) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to check column '%s'", column->spec.from);
    for (uint32_t code = 0; code < column->texts.n; code++)
        flag[code] = !mlab_column_code_missing(column, code) &&
                     !(mlab_text_readings(mlab_dictionary_text(&column->texts, code), column->texts.entries[code].n) & as);
    mlab_status status = mlab_column_say_codes(column, finish, flag, doubt(column), kind, remedy, sentence, err);
    mlab_release(column->context, flag);
    return status;
}

static mlab_status say_dates(mlab_column_reading *column, const mlab_column_finish *finish, const tally *t, mlab_error *err)
{
    char sentence[300], pin[160];
    unsigned orders = t->all & (MLAB_AS_DMY | MLAB_AS_MDY | MLAB_AS_YMD);
    column->spec.type = MLAB_READ_DATE;
    if (t->all & MLAB_AS_ISO) return MLAB_OK;
    if (orders == MLAB_AS_DMY)
        column->spec.rules.dates = MLAB_DATES_DMY;
    else if (orders == MLAB_AS_MDY)
        column->spec.rules.dates = MLAB_DATES_MDY;
    else if (orders == MLAB_AS_YMD)
        column->spec.rules.dates = MLAB_DATES_YMD;
    if (column->spec.rules.dates != MLAB_DATES_FOUND) return MLAB_OK;
    column->spec.type = MLAB_READ_TEXT;
    if (!orders) {
        snprintf(sentence, sizeof sentence, "column \"%.100s\" looks like dates, but no order of day, month and year reads all of its rows",
                 column->spec.from);
        return say_where_not(column, finish, MLAB_AS_DMY, "impossible_date", mlab_column_pin(column, "dates: dmy", pin, sizeof pin), sentence, err);
    }
    snprintf(sentence, sizeof sentence, "column \"%.100s\" reads as day/month and as month/day; no row settles it", column->spec.from);
    return say_where_not(column, finish, MLAB_AS_ISO, "date_order", mlab_column_pin(column, "dates: dmy", pin, sizeof pin), sentence, err);
}

/* Numbers with commas: never read without being told what the comma is. */
static mlab_status say_commas(mlab_column_reading *column, const mlab_column_finish *finish, const tally *t, mlab_error *err)
{
    char sentence[300], pin[160];
    bool groups = t->comma_all & MLAB_AS_COMMA_GROUPS, mark = t->comma_all & MLAB_AS_COMMA_NUMBER;
    column->spec.type = MLAB_READ_TEXT;
    if (groups && mark)
        snprintf(sentence, sizeof sentence, "column \"%.100s\" reads as numbers with a decimal comma and with commas between thousands",
                 column->spec.from);
    else
        snprintf(sentence, sizeof sentence, "column \"%.100s\" reads as numbers with %s, which has to be stated", column->spec.from,
                 groups ? "commas between thousands" : "a decimal comma");
    mlab_column_pin(column, groups && !mark ? "thousands: comma" : "decimal: comma", pin, sizeof pin);
    return say_where_not(column, finish, MLAB_AS_NUMBER, "decimal_comma", pin, sentence, err);
}

/* 45.000 is forty-five thousand in half of Europe. */
static mlab_status say_points(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    char sentence[300], pin[160];
    column->spec.type = MLAB_READ_TEXT;
    snprintf(sentence, sizeof sentence, "column \"%.100s\" reads as numbers with three decimals and with points between thousands",
             column->spec.from);
    mlab_column_pin(column, "decimal: point", pin, sizeof pin);
    return say_where_not(column, finish, MLAB_AS_INTEGER, "decimal_point", pin, sentence, err);
}

/* 1 234 and 1'234 are read as numbers when the study says so. */
static mlab_status say_marks(mlab_column_reading *column, const mlab_column_finish *finish, bool blanks, mlab_error *err)
{
    char sentence[300], pin[160];
    column->spec.type = MLAB_READ_TEXT;
    snprintf(sentence, sizeof sentence, "column \"%.100s\" reads as numbers with %s between thousands, which have to be stated", column->spec.from,
             blanks ? "blanks" : "apostrophes");
    mlab_column_pin(column, blanks ? "thousands: blank" : "thousands: apostrophe", pin, sizeof pin);
    return say_where_not(column, finish, MLAB_AS_NUMBER, "thousands", pin, sentence, err);
}

static void say_guess(const mlab_column_reading *column, const mlab_column_finish *finish, const char *kind, const char *what)
{
    char pin[160];
    if (!column->named) return;
    mlab_text_print(finish->guesses, "%s, column \"%s\": read as %s; to pin it: %s\n", column->file, column->spec.from, kind,
                    mlab_column_pin(column, what, pin, sizeof pin));
}

/* The one text that lacks the readings; NULL when there are several. */
static const char *only_without(const mlab_column_reading *column, unsigned as)
{
    const char *only = NULL;
    for (uint32_t code = 0; code < column->texts.n; code++) {
        const char *text = mlab_dictionary_text(&column->texts, code);
        if (mlab_column_code_missing(column, code) || (mlab_text_readings(text, column->texts.entries[code].n) & as)) continue;
        if (only) return NULL;
        only = text;
    }
    return only;
}

static mlab_status say_most(mlab_column_reading *column, const mlab_column_finish *finish, bool dates, mlab_error *err)
{
    char sentence[300], pin[160], remedy[300];
    unsigned as = dates ? MLAB_AS_DATE_SHAPE : MLAB_AS_NUMBER;
    const char *only = only_without(column, as);
    snprintf(sentence, sizeof sentence, "column \"%.100s\" reads as %s but for these cells; correct them, or say what they are", column->spec.from,
             dates ? "dates" : "numbers");
    mlab_column_pin(column, "type: factor", pin, sizeof pin);
    snprintf(remedy, sizeof remedy, "missing: [NA, \"\", %s%.60s%s]      (or %s)", only ? "\"" : "", only ? only : "...", only ? "\"" : "", pin);
    column->spec.type = MLAB_READ_FACTOR;
    column->doubted = true;
    return say_where_not(column, finish, as, dates ? "mostly_dates" : "mostly_numbers", remedy, sentence, err);
}

/* Is there a text that is not a number with the stated marks? */
static bool has_unstated(const mlab_column_reading *column, unsigned stated)
{
    for (uint32_t code = 0; code < column->texts.n; code++)
        if (!mlab_column_code_missing(column, code) &&
            !(mlab_text_readings(mlab_dictionary_text(&column->texts, code), column->texts.entries[code].n) & stated))
            return true;
    return false;
}

static void take_labels(mlab_column_reading *column, const tally *t)
{
    bool many = t->distinct > 1000 || (t->distinct > 50 && t->distinct > t->rows / 2);
    column->spec.type = many ? MLAB_READ_TEXT : MLAB_READ_FACTOR;
}

static unsigned stated_readings(const mlab_reading_rules *rules)
{
    unsigned as = rules->decimal == ',' ? MLAB_AS_COMMA_NUMBER : MLAB_AS_NUMBER;
    if (rules->thousands == ',') as |= MLAB_AS_COMMA_GROUPS;
    if (rules->thousands == '.') as |= MLAB_AS_POINT_GROUPS;
    if (rules->thousands == ' ') as |= MLAB_AS_BLANK_GROUPS;
    if (rules->thousands == '\'') as |= MLAB_AS_APOSTROPHE_GROUPS;
    return as;
}

mlab_status mlab_column_find_type(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err)
{
    const mlab_reading_rules *rules = &column->spec.rules;
    tally t = count_readings(column);
    mlab_status status = MLAB_OK;
    unsigned stated = stated_readings(rules);
    if (column->typed && !column->any_plain) { /* texts stay texts */
        t.all &= ~(unsigned)(MLAB_AS_INTEGER | MLAB_AS_NUMBER);
        t.numbers = t.commas = t.points = t.blanks = t.apostrophes = 0;
        stated = 0;
    }
    if (t.distinct == 0) {
        column->spec.type = MLAB_READ_TEXT;
    } else if (rules->dates != MLAB_DATES_FOUND && t.dates == t.rows) {
        column->spec.type = MLAB_READ_DATE;
    } else if (t.all & MLAB_AS_INTEGER) {
        column->spec.type = MLAB_READ_INTEGER;
        say_guess(column, finish, "whole numbers", "type: integer");
    } else if (!rules->decimal && !rules->thousands && t.points && t.points == t.fractions && t.numbers == t.rows) {
        status = say_points(column, finish, err);
    } else if ((t.all & MLAB_AS_NUMBER) && rules->decimal != ',') {
        column->spec.type = MLAB_READ_NUMBER;
        say_guess(column, finish, "numbers", "type: number");
    } else if ((rules->decimal == ',' || rules->thousands) && !has_unstated(column, stated)) {
        column->spec.type = MLAB_READ_NUMBER;
        say_guess(column, finish, "numbers", "type: number");
    } else if (t.dates == t.rows) {
        status = say_dates(column, finish, &t, err);
        static const char *const orders[] = {"type: date", "type: date, dates: dmy", "type: date, dates: mdy", "type: date, dates: ymd"};
        if (column->spec.type == MLAB_READ_DATE) say_guess(column, finish, "dates", orders[column->spec.rules.dates]);
    } else if (t.commas && t.numbers + t.commas == t.rows) {
        status = say_commas(column, finish, &t, err);
    } else if (t.blanks && t.numbers + t.blanks == t.rows) {
        status = say_marks(column, finish, true, err);
    } else if (t.apostrophes && t.numbers + t.apostrophes == t.rows) {
        status = say_marks(column, finish, false, err);
    } else if (t.rows >= 5 && t.numbers < t.rows && t.numbers * 10 >= t.rows * 8) {
        status = say_most(column, finish, false, err);
    } else if (t.rows >= 5 && t.dates * 10 >= t.rows * 8) {
        status = say_most(column, finish, true, err);
    } else {
        take_labels(column, &t);
        say_guess(column, finish, column->spec.type == MLAB_READ_TEXT ? "text" : "labels",
                  column->spec.type == MLAB_READ_TEXT ? "type: text" : "type: factor");
    }
    return status;
}
