/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The panel as CSV and its codebook. */
#include "data/panel_write.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

/* --- CSV ------------------------------------------------------------------------------------------ */

static void put_cell(mlab_text *text, const char *value)
{
    if (!strpbrk(value, ",\"\r\n") && value[0] != ' ') {
        mlab_text_append(text, value);
        return;
    }
    mlab_text_append(text, "\"");
    for (const char *c = value; *c; c++) {
        if (*c == '"') mlab_text_append(text, "\"");
        mlab_text_append_bytes(text, c, 1);
    }
    mlab_text_append(text, "\"");
}

static void put_date(mlab_text *text, mlab_date date)
{
    char into[16];
    if (date == MLAB_DATE_MISSING) return;
    mlab_text_append_bytes(text, into, mlab_date_print(date, into, sizeof into));
}

static void put_integer(mlab_text *text, int64_t value)
{
    char into[24];
    size_t at = sizeof into;
    uint64_t rest = value < 0 ? (uint64_t)-value : (uint64_t)value;
    do into[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0) into[--at] = '-';
    mlab_text_append_bytes(text, into + at, sizeof into - at);
}

static void put_value(mlab_text *text, const mlab_column *column, size_t row)
{
    if (column->missing && column->missing[row]) return;
    switch (column->type) {
    case MLAB_COLUMN_REAL: mlab_text_number(text, column->as.real[row]); break;
    case MLAB_COLUMN_INTEGER: put_integer(text, column->as.integer[row]); break;
    case MLAB_COLUMN_DATE: put_date(text, column->as.integer[row]); break;
    case MLAB_COLUMN_FACTOR:
    case MLAB_COLUMN_TEXT: put_cell(text, mlab_column_text(column, row)); break;
    }
}

/* Does a level name somebody of the people file (a manager, a mentor)? */
static bool names_people(const mlab_panel *panel, const mlab_column *column)
{
    for (int32_t l = 0; column->type == MLAB_COLUMN_FACTOR && l < column->n_levels; l++) {
        size_t low = 0, high = panel->n_ids;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (strcmp(panel->ids[middle], column->levels[l]) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < panel->n_ids && !strcmp(panel->ids[low], column->levels[l])) return true;
    }
    return false;
}

/* period and since are told before the columns; what tells who somebody is only with names */
static bool is_written(const mlab_panel *panel, const mlab_column *column, bool with_names)
{
    if (!strcmp(column->name, "period") || !strcmp(column->name, "since")) return false;
    return with_names || (column->type != MLAB_COLUMN_TEXT && !names_people(panel, column));
}

static void put_header(const mlab_panel *panel, const bool *written, mlab_text *text)
{
    mlab_text_append(text, "person,spell,period,since,start,stop,prevalent");
    for (size_t c = 0; c < panel->rows->n_columns; c++) {
        if (!written[c]) continue;
        mlab_text_append(text, ",");
        put_cell(text, panel->rows->columns[c].name);
    }
    for (size_t k = 0; k < panel->n_events; k++) mlab_text_print(text, ",%s_share,%s_date", panel->events[k].response, panel->events[k].response);
    mlab_text_append(text, "\n");
}

static void put_row(const mlab_panel *panel, const char *name, const bool *written, size_t row, mlab_text *text)
{
    put_cell(text, name);
    mlab_text_append(text, ",");
    put_integer(text, panel->spell[row]);
    mlab_text_append(text, ",");
    put_integer(text, panel->period[row]);
    mlab_text_append(text, ",");
    put_integer(text, panel->since[row]);
    mlab_text_append(text, ",");
    put_date(text, panel->start[row]);
    mlab_text_append(text, ",");
    put_date(text, panel->stop[row]);
    mlab_text_append(text, panel->prevalent[row] ? ",1" : ",0");
    for (size_t c = 0; c < panel->rows->n_columns; c++) {
        if (!written[c]) continue;
        mlab_text_append(text, ",");
        put_value(text, &panel->rows->columns[c], row);
    }
    for (size_t k = 0; k < panel->n_events; k++) {
        const mlab_panel_event *event = &panel->events[k];
        mlab_text_append(text, ",");
        if (event->at_risk[row]) mlab_text_number(text, event->share[row]);
        mlab_text_append(text, ",");
        put_date(text, event->day[row]);
    }
    mlab_text_append(text, "\n");
}

typedef struct someone {
    const char *name;
    size_t first, end; /* rows */
} someone;

static int by_name(const void *a, const void *b)
{
    const someone *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->first > y->first) - (x->first < y->first);
}

void mlab_panel_layout_free(const mlab_context *context, mlab_panel_layout *layout)
{
    mlab_release(context, layout->written);
    mlab_release(context, layout->order);
    *layout = (mlab_panel_layout){0};
}

mlab_status mlab_panel_layout_make(const mlab_panel *panel, const char *const *names, mlab_panel_layout *layout, mlab_error *err)
{
    const mlab_context *context = panel->context;
    size_t n_people = 0, n = 0;
    someone *people = mlab_allocate(context, panel->n_people, sizeof *people);
    *layout =
        (mlab_panel_layout){mlab_allocate(context, panel->rows->n_columns, sizeof(bool)), mlab_allocate(context, panel->n_rows, sizeof(size_t))};
    if (!people || !layout->written || !layout->order) {
        mlab_release(context, people);
        mlab_panel_layout_free(context, layout);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write a panel of %zu rows", panel->n_rows);
    }
    for (size_t c = 0; c < panel->rows->n_columns; c++) layout->written[c] = is_written(panel, &panel->rows->columns[c], !names);
    for (size_t i = 0; i < panel->n_rows; i++) {
        if (i == 0 || panel->person[i] != panel->person[i - 1])
            people[n_people++] = (someone){names ? names[panel->person[i]] : panel->ids[panel->person[i]], i, i};
        people[n_people - 1].end = i + 1;
    }
    if (names) qsort(people, n_people, sizeof *people, by_name); /* the order of ids would tell who is who */
    for (size_t p = 0; p < n_people; p++)
        for (size_t i = people[p].first; i < people[p].end; i++) layout->order[n++] = i;
    mlab_release(context, people);
    return MLAB_OK;
}

mlab_status mlab_panel_csv(const mlab_panel *panel, const char *const *names, char **text, size_t *n, mlab_error *err)
{
    const mlab_context *context = panel->context;
    mlab_text made = MLAB_TEXT(context);
    mlab_panel_layout layout;
    *text = NULL;
    mlab_status status = mlab_panel_layout_make(panel, names, &layout, err);
    if (status) return status;
    put_header(panel, layout.written, &made);
    for (size_t k = 0; k < panel->n_rows && !status; k++) {
        const size_t i = layout.order[k];
        put_row(panel, names ? names[panel->person[i]] : panel->ids[panel->person[i]], layout.written, i, &made);
        if (k % 16384 == 0 && context->cancelled && context->cancelled(context->user))
            status = mlab_raise(err, MLAB_ERR_CANCELLED, "writing was stopped");
    }
    mlab_panel_layout_free(context, &layout);
    if (!status && made.failed) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write a panel of %zu rows", panel->n_rows);
    if (status) {
        mlab_text_free(&made);
        return status;
    }
    *text = made.bytes;
    *n = made.n;
    return MLAB_OK;
}

/* --- codebook ------------------------------------------------------------------------------------- */

const char *mlab_panel_meaning(const mlab_panel *panel, const mlab_column *column)
{
    static const struct {
        const char *name, *meaning;
    } known[] = {{"arm", "group that the person is exposed to at the start of the row; empty = no source says"},
                 {"grade", "grade at the start of the row"},
                 {"tenure", "years of 365.25 days since hire, at the start of the row"},
                 {"time_in_grade", "years of 365.25 days since hire or the last promotion, at the start of the row"},
                 {"mentoring_others", "1 = mentors somebody at the start of the row"},
                 {"promoted", "1 = promoted inside the row (the first time in its period); empty = not at risk, the top grade"},
                 {"exit", "why the person left inside the row; none = did not leave; empty = not at risk"}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (!strcmp(column->name, known[k].name)) return known[k].meaning;
    for (size_t m = 0; m < panel->n_measures; m++) {
        size_t n = strlen(panel->measures[m]);
        if (!strcmp(column->name, panel->measures[m])) return "answer given inside the row, the last one when several; empty = none";
        if (!strncmp(column->name, panel->measures[m], n) && !strcmp(column->name + n, "_last")) return "last answer before the row; empty = none";
    }
    return "attribute from the people file, the same in all rows of a person";
}

const mlab_panel_fixed mlab_panel_fixed_columns[MLAB_PANEL_N_FIXED] = {
    {"person", "text", "who; rows of one person have the same"},
    {"spell", "whole number", "number of the person's stay, from 0"},
    {"period", "whole number", "period of the calendar grid, from 0"},
    {"since", "whole number", "periods since the person's time zero (start of the panel, or hire)"},
    {"start", "date", "the row covers the days after this one"},
    {"stop", "date", "last day of the row"},
    {"prevalent", "0 or 1", "1 = a relationship of the person began before time zero"}};

void mlab_panel_describe(const mlab_column *column, mlab_text *text)
{
    static const char *const types[] = {[MLAB_COLUMN_REAL] = "number",
                                        [MLAB_COLUMN_INTEGER] = "whole number",
                                        [MLAB_COLUMN_FACTOR] = "levels",
                                        [MLAB_COLUMN_DATE] = "date",
                                        [MLAB_COLUMN_TEXT] = "text"};
    mlab_text_print(text, "%s%s%s%s", column->ordered ? "ordered " : "", types[column->type], column->unit && column->unit[0] ? ", " : "",
                    column->unit ? column->unit : "");
    for (int32_t l = 0; column->type == MLAB_COLUMN_FACTOR && l < column->n_levels && l < 40; l++) {
        mlab_text_append(text, l ? ", " : ": ");
        for (const char *c = column->levels[l]; *c; c++) mlab_text_append_bytes(text, *c == '|' || *c == '\n' ? "/" : c, 1);
    }
    if (column->type == MLAB_COLUMN_FACTOR && column->n_levels > 40) mlab_text_print(text, ", ... (%d levels)", column->n_levels);
}

static void put_head(const mlab_panel *panel, bool with_names, mlab_text *text)
{
    char from[16], to[16];
    mlab_date_print(panel->from, from, sizeof from);
    mlab_date_print(panel->to, to, sizeof to);
    mlab_text_print(text,
                    "# Person-periods as analysed\n\n%zu rows of %zu people, %d periods (%s) from %s to %s, both days included.\n\n"
                    "A row is a person in one period: the days after `start`, up to and with `stop`. State is that in the morning after\n"
                    "`start`; nothing known only later is in it. What begins inside a period counts from the next one on.\n\n"
                    "An event's `_share` is the part of the period's days on which it could have happened: models of hazards take its\n"
                    "logarithm as offset. %s\n\n| column | type | meaning |\n|---|---|---|\n",
                    panel->n_rows, panel->n_people, panel->n_periods, panel->period_name, from, to,
                    with_names ? "`person` is the id of the people file."
                               : "`person` is a pseudonym; columns that tell who somebody is (free text, ids) are left out.");
    for (size_t k = 0; k < MLAB_PANEL_N_FIXED; k++) {
        const mlab_panel_fixed *fixed = &mlab_panel_fixed_columns[k];
        mlab_text_print(text, "| %s | %s | %s |\n", fixed->name, fixed->type, fixed->meaning);
    }
}

mlab_status mlab_panel_codebook(const mlab_panel *panel, bool with_names, char **text, mlab_error *err)
{
    mlab_text made = MLAB_TEXT(panel->context);
    put_head(panel, with_names, &made);
    for (size_t c = 0; c < panel->rows->n_columns; c++) {
        const mlab_column *column = &panel->rows->columns[c];
        if (!is_written(panel, column, with_names)) continue;
        mlab_text_print(&made, "| %s | ", column->name);
        mlab_panel_describe(column, &made);
        mlab_text_print(&made, " | %s |\n", mlab_panel_meaning(panel, column));
    }
    for (size_t k = 0; k < panel->n_events; k++) {
        const char *response = panel->events[k].response;
        mlab_text_print(&made, "| %s_share | number, 0 to 1 | days on which %s could have happened / days in the period; empty = not at risk |\n",
                        response, panel->events[k].name);
        mlab_text_print(&made, "| %s_date | date | day of the event; empty = none |\n", response);
    }
    *text = made.failed ? NULL : mlab_copy_text(panel->context, mlab_text_get(&made));
    mlab_text_free(&made);
    return *text ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write a codebook");
}
