/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/number.h"
#include "data/reading.h"
#include "data/remedies.h"
#include "support/support.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_findings findings;
    mlab_text guesses;
    mlab_reading reading;
    mlab_settings *settings; /* holds levels and missing codes */
    mlab_error err;
    mlab_status status;
} world;

static const mlab_option any_row[] = {{"x", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT}};
static const mlab_option *const any_tables[] = {any_row};
static const size_t any_n[] = {1};

#define COLUMN(name_, type_)                                                                                                                         \
    {                                                                                                                                                \
        .name = name_, .from = name_, .type = type_, .low = -HUGE_VAL, .high = HUGE_VAL                                                              \
    }

static void begin(world *w)
{
    *w = (world){0};
    w->context = mlab_test_context(&w->memory, 1);
    mlab_findings_start(&w->findings, &w->context);
    w->guesses = MLAB_TEXT(&w->context);
}

/* A setting from YAML text, for levels and missing codes. */
static const mlab_setting *setting(world *w, const char *yaml)
{
    char text[500];
    snprintf(text, sizeof text, "x: %s\n", yaml);
    mlab_settings_free(w->settings);
    ck_assert_int_eq(mlab_settings_parse(&w->context, "study.yaml", text, strlen(text), any_tables, any_n, 1, &w->findings, &w->settings, &w->err),
                     MLAB_OK);
    return mlab_settings_find(w->settings, NULL, "x");
}

static void read_text(world *w, const char *text, const mlab_file_spec *given)
{
    mlab_rows *rows = NULL;
    mlab_file_spec spec = *given;
    spec.role = "people";
    spec.file = "people.csv";
    w->status = mlab_rows_open_bytes(&w->context, "people.csv", text, strlen(text), &spec.rows, &w->findings, &rows, &w->err);
    if (!w->status) w->status = mlab_read_rows(rows, &spec, &w->findings, &w->guesses, &w->reading, &w->err);
    mlab_rows_close(rows);
}

static void finish(world *w)
{
    mlab_reading_free(&w->context, &w->reading);
    mlab_settings_free(w->settings);
    mlab_text_free(&w->guesses);
    mlab_findings_free(&w->findings);
    ck_assert_int_eq(w->memory.live, 0);
}

static const mlab_column *column_of(const world *w, const char *name)
{
    const mlab_column *column = mlab_table_find(w->reading.table, name);
    ck_assert_msg(column, "column '%s' is not in the table", name);
    return column;
}

static const mlab_finding *finding_of(const world *w, const char *kind)
{
    for (size_t i = 0; i < w->findings.n; i++)
        if (!strcmp(w->findings.items[i].kind, kind)) return &w->findings.items[i];
    ck_abort_msg("no finding '%s' among %zu; the first: %s", kind, w->findings.n, w->findings.n ? w->findings.items[0].sentence : "-");
    return NULL;
}

static void no_findings(const world *w)
{
    ck_assert_msg(w->findings.n == 0, "%s: %s (%s)", w->findings.n ? w->findings.items[0].kind : "",
                  w->findings.n ? w->findings.items[0].sentence : "", w->findings.n ? w->findings.items[0].occurrences[0].value : "");
}

START_TEST(types_are_found_when_all_rows_agree_and_every_guess_is_told)
{
    world w;
    begin(&w);
    read_text(&w,
              "name,age,score,joined,site,code\n"
              "Anna,35,1.5,2020-01-31,Lyon,007\nBo,41,2,2021-02-28,Nice,012\nCy,,-3e2,,Lyon,013\nDi,28,NA,2024-02-29,NA,100\n",
              &(mlab_file_spec){0});
    ck_assert_int_eq(w.status, MLAB_OK);
    no_findings(&w);
    ck_assert_int_eq(column_of(&w, "age")->type, MLAB_COLUMN_INTEGER);
    ck_assert_int_eq(column_of(&w, "age")->as.integer[1], 41);
    ck_assert_int_eq(column_of(&w, "age")->missing[2], 1);
    ck_assert_int_eq(column_of(&w, "score")->type, MLAB_COLUMN_REAL);
    ck_assert(column_of(&w, "score")->as.real[2] == -300);
    ck_assert_int_eq(column_of(&w, "joined")->type, MLAB_COLUMN_DATE);
    ck_assert_int_eq(column_of(&w, "joined")->as.integer[3], mlab_date_from_civil(2024, 2, 29));
    ck_assert_int_eq(column_of(&w, "site")->type, MLAB_COLUMN_FACTOR);
    ck_assert_str_eq(mlab_column_text(column_of(&w, "site"), 1), "Nice");
    ck_assert_str_eq(mlab_column_text(column_of(&w, "site"), 3), "");
    ck_assert_str_eq(mlab_column_text(column_of(&w, "code"), 0), "007");
    ck_assert_uint_eq(w.reading.table->lines[3], 5);
    ck_assert_uint_eq(w.reading.input.rows, 4);
    ck_assert_uint_eq(strlen(w.reading.input.sha256), 64);
    ck_assert_ptr_nonnull(
        strstr(mlab_text_get(&w.guesses), "people.csv, column \"age\": read as whole numbers; to pin it: columns: {age: {type: integer}}\n"));
    ck_assert_ptr_nonnull(
        strstr(mlab_text_get(&w.guesses), "people.csv, column \"joined\": read as dates; to pin it: columns: {joined: {type: date}}\n"));
    finish(&w);
}
END_TEST

/* One column `x` of found type makes this finding first. */
static void doubts(const char *rows, const char *kind, mlab_severity severity, uint64_t count, const char *remedy)
{
    world w;
    begin(&w);
    read_text(&w, rows, &(mlab_file_spec){0});
    ck_assert_int_eq(w.status, MLAB_OK);
    const mlab_finding *finding = finding_of(&w, kind);
    ck_assert_int_eq(finding->severity, severity);
    ck_assert_msg(finding->count == count, "%s: %d", kind, (int)finding->count);
    ck_assert_str_eq(finding->remedy, *remedy ? remedy : mlab_usual_remedy(finding->kind));
    finish(&w);
}

START_TEST(what_reads_two_ways_is_never_chosen)
{
    doubts("x\n03/04/2022\n05/06/2022\n", "date_order", MLAB_SEVERITY_DECIDE, 2, "columns: {x: {dates: dmy}}");
    doubts("x\n13/04/2022\n05/26/2022\n", "impossible_date", MLAB_SEVERITY_DECIDE, 1, "columns: {x: {dates: dmy}}");
    doubts("x\n1,5\n\"2,25\"\n", "too_many_cells", MLAB_SEVERITY_STOP, 1, "");
    doubts("x;y\n1,5;a\n2,25;b\n3;c\n", "decimal_comma", MLAB_SEVERITY_DECIDE, 2, "columns: {x: {decimal: comma}}");
    doubts("x;y\n1,500;a\n2,250;b\n3;c\n", "decimal_comma", MLAB_SEVERITY_DECIDE, 2, "columns: {x: {decimal: comma}}");
    doubts("x;y\n1,500.5;a\n2,250;b\n", "decimal_comma", MLAB_SEVERITY_DECIDE, 2, "columns: {x: {thousands: comma}}");
    doubts("x\n45.000\n52.500\n40\n", "decimal_point", MLAB_SEVERITY_DECIDE, 2, "columns: {x: {decimal: point}}");
    doubts("x\n1\n2\n3\n4\nunknown\n", "mostly_numbers", MLAB_SEVERITY_DECIDE, 1,
           "missing: [NA, \"\", \"unknown\"]      (or columns: {x: {type: factor}})");
    doubts("x\nmale\nMale\nmale\n", "labels_alike", MLAB_SEVERITY_DECIDE, 1, "columns: {x: {levels: {\"Male\": male, ...}}}");
    doubts("x\n HoReCa\nIT\nIT\n", "label_blanks", MLAB_SEVERITY_NOTE, 1, "columns: {x: {trim: true}}");
    doubts("x\na\nN/A\nb\n", "like_missing", MLAB_SEVERITY_NOTE, 1, "missing: [NA, \"\", \"N/A\"]");
}
END_TEST

START_TEST(one_row_can_settle_the_order_of_dates)
{
    world w;
    begin(&w);
    read_text(&w, "x,y\n03/04/2022,1.5\n25/06/2022,0.125\n", &(mlab_file_spec){0});
    no_findings(&w);
    ck_assert_int_eq(column_of(&w, "x")->as.integer[0], mlab_date_from_civil(2022, 4, 3));
    ck_assert(column_of(&w, "y")->as.real[1] == 0.125);
    ck_assert_ptr_nonnull(strstr(mlab_text_get(&w.guesses), "{x: {type: date, dates: dmy}}"));
    finish(&w);
}
END_TEST

START_TEST(declared_marks_orders_and_codes_are_used)
{
    world w;
    begin(&w);
    mlab_column_spec columns[] = {COLUMN("pay", MLAB_READ_NUMBER), COLUMN("day", MLAB_READ_DATE), COLUMN("id", MLAB_READ_ID),
                                  COLUMN("n", MLAB_READ_INTEGER)};
    columns[0].rules.decimal = ',';
    columns[0].rules.thousands = '.';
    columns[1].rules.dates = MLAB_DATES_MDY;
    columns[2].pad = 4;
    columns[3].rules.missing = setting(&w, "[99, \"\"]");
    mlab_file_spec spec = {.columns = columns, .n_columns = 4};
    read_text(&w, "n;id;day;pay\n99;7;03/04/2022;1.234,5\n5; 12 ;2022-03-05;3\n;0013;12/31/2022;NA\n", &spec);
    no_findings(&w);
    ck_assert(column_of(&w, "pay")->as.real[0] == 1234.5);
    ck_assert_int_eq(column_of(&w, "pay")->missing[2], 1);
    ck_assert_int_eq(column_of(&w, "day")->as.integer[0], mlab_date_from_civil(2022, 3, 4));
    ck_assert_int_eq(column_of(&w, "day")->as.integer[1], mlab_date_from_civil(2022, 3, 5));
    ck_assert_str_eq(mlab_column_text(column_of(&w, "id"), 0), "0007");
    ck_assert_str_eq(mlab_column_text(column_of(&w, "id"), 1), "0012");
    ck_assert_str_eq(mlab_column_text(column_of(&w, "id"), 2), "0013");
    ck_assert_int_eq(column_of(&w, "n")->missing[0], 1);
    ck_assert_int_eq(column_of(&w, "n")->as.integer[1], 5);
    ck_assert_str_eq(w.reading.table->columns[0].name, "pay");
    finish(&w);
}
END_TEST

START_TEST(levels_rename_order_and_merge_labels)
{
    world w;
    begin(&w);
    mlab_column_spec columns[] = {COLUMN("arm", MLAB_READ_FACTOR), COLUMN("mood", MLAB_READ_FACTOR)};
    columns[0].from = "coach";
    columns[0].levels = setting(&w, "{\"no\": none, \"my head\": own boss, \"yes\": coach, \"Yes\": coach}");
    columns[1].ordered = true;
    mlab_file_spec spec = {.columns = columns, .n_columns = 2};
    read_text(&w, "coach,mood\nyes,b\nmy head,a\nno,b\nYes,\n", &spec);
    no_findings(&w);
    const mlab_column *arm = column_of(&w, "arm");
    ck_assert_int_eq(arm->n_levels, 3);
    ck_assert_str_eq(arm->levels[0], "none");
    ck_assert_str_eq(arm->levels[1], "own boss");
    ck_assert_str_eq(mlab_column_text(arm, 0), "coach");
    ck_assert_str_eq(mlab_column_text(arm, 3), "coach");
    ck_assert(column_of(&w, "mood")->ordered);
    ck_assert_ptr_null(mlab_table_find(w.reading.table, "coach"));
    finish(&w);
}
END_TEST

START_TEST(cells_that_are_not_what_was_declared_are_found_at_their_rows)
{
    static const struct {
        const char *text;
        mlab_reading_type type;
        const char *kind, *value, *remedy;
        uint64_t line;
    } cases[] = {
        {"x\n1\ntwo\n", MLAB_READ_NUMBER, "not_a_number", "two", "missing: [NA, \"\", \"two\"]", 3},
        {"x;y\n1;1\n2,5;1\n", MLAB_READ_NUMBER, "not_a_number", "2,5", "columns: {x: {decimal: comma}}", 3},
        {"x\n0x10\n", MLAB_READ_NUMBER, "not_a_number", "0x10", "missing: [NA, \"\", \"0x10\"]", 2},
        {"x\n1e999\n", MLAB_READ_NUMBER, "not_a_number", "1e999", "missing: [NA, \"\", \"1e999\"]", 2},
        {"x\ninf\n", MLAB_READ_NUMBER, "not_a_number", "inf", "missing: [NA, \"\", \"inf\"]", 2},
        {"x\n1\n2.5\n", MLAB_READ_INTEGER, "not_whole", "2.5", "", 3},
        {"x\n2021-02-29\n2021-02-28\n", MLAB_READ_DATE, "impossible_date", "2021-02-29", "", 2},
        {"x\nsoon\n", MLAB_READ_DATE, "not_a_date", "soon", "", 2},
        {"x\n1.2.21\n", MLAB_READ_DATE, "not_a_date", "1.2.21", "", 2},
        {"x\n03/04/2021\n", MLAB_READ_DATE, "date_order", "03/04/2021", "dates: dmy      (or mdy)", 2},
        {"x\n1\nleft\n", MLAB_READ_EVENT, "not_an_event", "left", "columns: {x: {type: event, levels: {left: yes, stayed: no}}}", 3},
        {"x\n3\n-1\n", MLAB_READ_DURATION, "negative_duration", "-1", "", 3},
        {"x\n3\n0\n", MLAB_READ_DURATION, "zero_duration", "0", "", 3},
        {"x\n3\n1.5\n", MLAB_READ_DURATION, "broken_days", "1.5", "", 3},
        {"x,y\nA,1\n,2\n", MLAB_READ_ID, "missing_cell", "", "", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world w;
        begin(&w);
        mlab_column_spec column = COLUMN("x", cases[i].type);
        column.days = 1;
        column.filled = cases[i].type == MLAB_READ_ID;
        read_text(&w, cases[i].text, &(mlab_file_spec){.columns = &column, .n_columns = 1});
        const mlab_finding *finding = finding_of(&w, cases[i].kind);
        ck_assert_str_eq(finding->occurrences[0].value, cases[i].value);
        ck_assert_str_eq(finding->remedy, *cases[i].remedy ? cases[i].remedy : mlab_usual_remedy(finding->kind));
        ck_assert_uint_eq(finding->occurrences[0].place.line, cases[i].line);
        ck_assert_str_eq(finding->occurrences[0].place.column_name, "x");
        finish(&w);
    }
}
END_TEST

START_TEST(months_become_whole_days)
{
    world w;
    begin(&w);
    mlab_column_spec column = COLUMN("stag", MLAB_READ_DURATION);
    column.days = 30.4375;
    read_text(&w, "stag\n7.030800821\n22.9650924\n1\n", &(mlab_file_spec){.columns = &column, .n_columns = 1});
    ck_assert(column_of(&w, "stag")->as.real[0] == 214);
    ck_assert(column_of(&w, "stag")->as.real[1] == 699);
    ck_assert(column_of(&w, "stag")->as.real[2] == 30);
    ck_assert_str_eq(column_of(&w, "stag")->unit, "days");
    ck_assert_uint_eq(finding_of(&w, "broken_days")->count, 1);
    finish(&w);
}
END_TEST

START_TEST(ranges_missing_columns_and_unknown_labels_are_found)
{
    world w;
    begin(&w);
    mlab_column_spec columns[] = {COLUMN("age", MLAB_READ_NUMBER), COLUMN("ag", MLAB_READ_NUMBER), COLUMN("arm", MLAB_READ_FACTOR),
                                  COLUMN("zz", MLAB_READ_FACTOR)};
    columns[0].low = 16;
    columns[0].high = 80;
    columns[2].levels = setting(&w, "{a: A}");
    columns[3].optional = true;
    read_text(&w, "age,arm\n15,a\n16,b\n81,a\n", &(mlab_file_spec){.columns = columns, .n_columns = 4});
    ck_assert_str_eq(finding_of(&w, "missing_column")->sentence, "column 'ag' is not in people.csv; did you mean 'age'?");
    ck_assert_uint_eq(finding_of(&w, "out_of_range")->count, 2);
    ck_assert_str_eq(finding_of(&w, "out_of_range")->sentence, "column \"age\" is out of its range, allowed 16 to 80");
    ck_assert_str_eq(finding_of(&w, "unknown_label")->occurrences[0].value, "b");
    ck_assert_uint_eq(w.findings.n, 3);
    finish(&w);
}
END_TEST

/* --- days ----------------------------------------------------------------------------------------------- */

START_TEST(a_day_is_read_as_it_is_written)
{
    static const struct {
        const char *text;
        mlab_date_order order;
        const char *day; /* NULL = none */
        int32_t second;
        bool zoned;
    } cases[] = {{"2024-12-31", MLAB_DATES_FOUND, "2024-12-31", 0, false},
                 {"2024-12-31T23:59:59Z", MLAB_DATES_FOUND, "2024-12-31", 86399, true},
                 {"2024-12-31 14:30", MLAB_DATES_FOUND, "2024-12-31", 52200, false},
                 {"2024-12-31T14:30:15.250+02:00", MLAB_DATES_FOUND, "2024-12-31", 52215, true},
                 {"2024-12-31 14:30:15 -0500", MLAB_DATES_FOUND, "2024-12-31", 52215, true},
                 {"2024-12-31 00:00:00 UTC", MLAB_DATES_FOUND, "2024-12-31", 0, true},
                 {"31.12.2024 8:05", MLAB_DATES_DMY, "2024-12-31", 29100, false},
                 {"12/31/2024 2:30:00 PM", MLAB_DATES_MDY, "2024-12-31", 52200, false},
                 {"12/31/2024 12:00 am", MLAB_DATES_MDY, "2024-12-31", 0, false},
                 {"31-DEC-2024", MLAB_DATES_FOUND, "2024-12-31", 0, false},
                 {"31 December 2024", MLAB_DATES_FOUND, "2024-12-31", 0, false},
                 {"Dec 31, 2024", MLAB_DATES_FOUND, "2024-12-31", 0, false},
                 {"2024-Sept-30", MLAB_DATES_FOUND, "2024-09-30", 0, false},
                 {"2024-12-31T25:00", MLAB_DATES_FOUND, NULL, 0, false},
                 {"2024-12-31 13:00 PM", MLAB_DATES_FOUND, NULL, 0, false},
                 {"2024-12-31 noon", MLAB_DATES_FOUND, NULL, 0, false},
                 {"2024-12-31T10:00+99:00", MLAB_DATES_FOUND, NULL, 0, false},
                 {"31-DEX-2024", MLAB_DATES_FOUND, NULL, 0, false},
                 {"31-DEC-24", MLAB_DATES_FOUND, NULL, 0, false},
                 {"31/12/2024", MLAB_DATES_FOUND, NULL, 0, false},
                 {"30 February 2024", MLAB_DATES_FOUND, NULL, 0, false}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        mlab_moment moment;
        bool read = mlab_read_moment(cases[k].text, strlen(cases[k].text), cases[k].order, &moment);
        ck_assert_msg(read == (cases[k].day != NULL), "%s", cases[k].text);
        if (!read) continue;
        char day[16];
        mlab_date_print(moment.date, day, sizeof day);
        ck_assert_str_eq(day, cases[k].day);
        ck_assert_int_eq(moment.second, cases[k].second);
        ck_assert_msg(moment.zoned == cases[k].zoned, "%s", cases[k].text);
    }
}
END_TEST

START_TEST(spreadsheets_count_days_from_1900_or_1904)
{
    static const struct {
        const char *text;
        bool since_1904;
        const char *day;
    } cases[] = {{"45017", false, "2023-04-01"},
                 {"45017.75", false, "2023-04-01"},
                 {"43555", true, "2023-04-01"},
                 {"1", false, "1900-01-01"},
                 {"59", false, "1900-02-28"},
                 {"61", false, "1900-03-01"},
                 {"0", true, "1904-01-01"},
                 {"60", false, NULL},
                 {"-1", false, NULL},
                 {"abc", false, NULL}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        int32_t date;
        char day[16];
        ck_assert_msg(mlab_read_serial(cases[k].text, strlen(cases[k].text), cases[k].since_1904, &date) == (cases[k].day != NULL), "%s",
                      cases[k].text);
        if (!cases[k].day) continue;
        mlab_date_print(date, day, sizeof day);
        ck_assert_str_eq(day, cases[k].day);
    }
}
END_TEST

static void read_days(world *w, const char *csv, const mlab_reading_rules *rules)
{
    mlab_column_spec column = COLUMN("when", MLAB_READ_DATE);
    if (rules) column.rules = *rules;
    const mlab_file_spec spec = {.columns = &column, .n_columns = 1};
    begin(w);
    read_text(w, csv, &spec);
}

START_TEST(numbers_and_moments_among_days_are_told)
{
    world w;
    read_days(&w, "when\n45017\n45018\n\n", NULL);
    ck_assert_int_eq(mlab_table_find(w.reading.table, "when")->as.integer[1], mlab_date_from_civil(2023, 4, 2));
    ck_assert_ptr_nonnull(strstr(mlab_text_get(&w.guesses), "numbers are days as spreadsheets count them from 1900 on"));
    finish(&w);
    read_days(&w, "when\n45017\n2023-04-02\n", NULL);
    ck_assert_str_eq(w.findings.items[0].kind, "serial_dates");
    ck_assert_int_eq(w.findings.items[0].severity, MLAB_SEVERITY_DECIDE);
    finish(&w);
    read_days(&w, "when\n43555\n2023-04-02\n", &(mlab_reading_rules){.serials = MLAB_SERIALS_1904});
    ck_assert_uint_eq(w.findings.n, 0);
    ck_assert_int_eq(mlab_table_find(w.reading.table, "when")->as.integer[0], mlab_date_from_civil(2023, 4, 1));
    finish(&w);
    read_days(&w, "when\n2023-03-31T22:00:00Z\n2023-01-31T23:00:00Z\n", NULL);
    ck_assert_str_eq(w.findings.items[0].kind, "zone_moves_day");
    ck_assert_uint_eq(w.findings.items[0].count, 2);
    ck_assert_str_eq(w.findings.items[0].remedy, "zone: nearest_midnight      (or as_written)");
    finish(&w);
    read_days(&w, "when\n2023-03-31T22:00:00Z\n2023-01-31T23:00:00Z\n", &(mlab_reading_rules){.zone = MLAB_ZONE_NEAREST_MIDNIGHT});
    ck_assert_uint_eq(w.findings.n, 0);
    ck_assert_int_eq(mlab_table_find(w.reading.table, "when")->as.integer[0], mlab_date_from_civil(2023, 4, 1));
    finish(&w);
    read_days(&w, "when\n2023-03-31T09:12:44Z\n2023-01-31T17:05:01Z\n", NULL);
    ck_assert_str_eq(w.findings.items[0].kind, "moments");
    ck_assert_int_eq(w.findings.items[0].severity, MLAB_SEVERITY_NOTE);
    finish(&w);
}
END_TEST

START_TEST(copies_of_rows_are_found_and_left_out_only_when_the_study_says_so)
{
    const char *text = "id,score,city\n1,5,x\n2,5,y\n1,5,x\n1,7,x\n,,\n1,5,x\n";
    for (int drop = 0; drop < 2; drop++) {
        world w;
        begin(&w);
        mlab_file_spec spec = {.drop_duplicates = drop == 1, .near_ignoring = setting(&w, "[score]")};
        read_text(&w, text, &spec);
        const mlab_finding *exact = finding_of(&w, "exact_duplicate"), *near = finding_of(&w, "near_duplicate");
        ck_assert_uint_eq(exact->count, 2);
        ck_assert_uint_eq(exact->occurrences[0].place.line, 4);
        ck_assert_str_eq(exact->occurrences[0].value, "like row 2");
        ck_assert_uint_eq(exact->occurrences[1].place.line, 7);
        ck_assert_uint_eq(near->count, 1);
        ck_assert_uint_eq(near->occurrences[0].place.line, 5);
        ck_assert_uint_eq(finding_of(&w, "empty_row")->occurrences[0].place.line, 6);
        ck_assert_uint_eq(w.reading.table->n_rows, drop ? 3 : 5);
        ck_assert_uint_eq(w.reading.table->lines[2], drop ? 5 : 4);
        ck_assert_uint_eq(w.reading.input.rows, 5);
        finish(&w);
    }
}
END_TEST

START_TEST(columns_that_say_little_are_noted)
{
    world w;
    char text[4000] = "n,constant,nothing,rare,f\n";
    begin(&w);
    for (int i = 0; i < 40; i++) {
        char line[80];
        snprintf(line, sizeof line, "%d,a,,%s,%s\n", i, i == 7 ? "x" : "", i == 9 ? "30.4" : i % 2 ? "1" : "2");
        strcat(text, line);
    }
    read_text(&w, text, &(mlab_file_spec){0});
    ck_assert_str_eq(finding_of(&w, "constant_column")->occurrences[0].place.column_name, "constant");
    ck_assert_str_eq(finding_of(&w, "empty_column")->occurrences[0].place.column_name, "nothing");
    ck_assert_str_eq(finding_of(&w, "nearly_empty_column")->occurrences[0].place.column_name, "rare");
    ck_assert_uint_eq(finding_of(&w, "fractions")->occurrences[0].place.line, 11);
    ck_assert_str_eq(finding_of(&w, "fractions")->occurrences[0].value, "30.4");
    ck_assert_uint_eq(w.findings.n, 4);
    finish(&w);
}
END_TEST

/* 70,000 distinct texts: numbers and texts leave the dictionary on the way, and nothing is lost. */
START_TEST(columns_with_very_many_values_are_read_the_same)
{
    enum { N = 70000 };
    size_t capacity = (size_t)N * 60, n = 0;
    char *text = malloc(capacity);
    ck_assert_ptr_nonnull(text);
    n += (size_t)snprintf(text, capacity, "x,i,t\n");
    for (int i = 0; i < N; i++) n += (size_t)snprintf(text + n, capacity - n, "%d.25,%s,t%d\n", i, i == 69000 ? "oops" : i == 5 ? "NA" : "17", i);
    memcpy(strstr(text, "\n300.25,"), "\n3xx.25,", 8);
    world w;
    begin(&w);
    read_text(&w, text, &(mlab_file_spec){0});
    const mlab_column *x = column_of(&w, "x");
    ck_assert_int_eq(x->type, MLAB_COLUMN_REAL);
    ck_assert_int_eq(x->missing[300], 1);
    ck_assert_str_eq(finding_of(&w, "not_a_number")->occurrences[0].value, "3xx.25");
    ck_assert_int_eq(finding_of(&w, "not_a_number")->severity, MLAB_SEVERITY_DECIDE);
    ck_assert_uint_eq(finding_of(&w, "not_a_number")->occurrences[0].place.line, 302);
    ck_assert_str_eq(finding_of(&w, "mostly_numbers")->occurrences[0].value, "oops");
    for (size_t i = 0; i < N; i++) {
        char wanted[16];
        if (i != 300) ck_assert(x->as.real[i] == (double)i + 0.25);
        snprintf(wanted, sizeof wanted, "t%zu", i);
        ck_assert_str_eq(mlab_column_text(column_of(&w, "t"), i), wanted);
    }
    finish(&w);
    free(text);
}
END_TEST

START_TEST(a_decimal_comma_in_the_locale_changes_nothing)
{
    const char *set = setlocale(LC_ALL, "de_DE.UTF-8");
    if (!set) set = setlocale(LC_ALL, "de_DE.utf8");
    if (!set) fprintf(stderr, "SKIPPED: no locale de_DE.UTF-8 here\n");
    world w;
    begin(&w);
    mlab_column_spec column = COLUMN("a", MLAB_READ_NUMBER);
    column.high = 2.5;
    read_text(&w, "x,a\n1.5,2.25\n2.5,3.75\n", &(mlab_file_spec){.columns = &column, .n_columns = 1});
    ck_assert(column_of(&w, "x")->as.real[0] == 1.5);
    ck_assert_str_eq(finding_of(&w, "out_of_range")->sentence, "column \"a\" is out of its range, allowed -inf to 2.5");
    ck_assert_str_eq(finding_of(&w, "out_of_range")->occurrences[0].value, "3.75");
    finish(&w);
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(every_failed_allocation_of_reading_is_reported_and_nothing_leaks)
{
    const char *text =
        "id,day,who,pay,found,mood,left\n7,03/04/2022, a,1,5,b,yes\n8,03/14/2022,b,x,6.5,a,no\n8,03/14/2022,b,x,6.5,a,no\n9,,B,3,NA,,maybe\n";
    for (long k = 1;; k++) {
        world w;
        begin(&w);
        mlab_column_spec columns[] = {COLUMN("id", MLAB_READ_ID), COLUMN("day", MLAB_READ_DATE), COLUMN("pay", MLAB_READ_NUMBER),
                                      COLUMN("mood", MLAB_READ_FACTOR), COLUMN("left", MLAB_READ_EVENT)};
        columns[3].levels = setting(&w, "[a]");
        long before = w.memory.calls;
        w.memory.fail_at = before + k;
        read_text(&w, text, &(mlab_file_spec){.columns = columns, .n_columns = 5});
        bool failed = w.memory.calls >= before + k;
        if (failed && !w.guesses.failed) ck_assert_int_eq(w.status, MLAB_ERR_MEMORY);
        if (!failed) ck_assert_int_eq(w.status, MLAB_OK);
        finish(&w);
        if (!failed) break;
    }
}
END_TEST

MLAB_TEST_MAIN("reading", a_day_is_read_as_it_is_written, spreadsheets_count_days_from_1900_or_1904, numbers_and_moments_among_days_are_told,
               types_are_found_when_all_rows_agree_and_every_guess_is_told, what_reads_two_ways_is_never_chosen,
               one_row_can_settle_the_order_of_dates, declared_marks_orders_and_codes_are_used, levels_rename_order_and_merge_labels,
               cells_that_are_not_what_was_declared_are_found_at_their_rows, months_become_whole_days,
               ranges_missing_columns_and_unknown_labels_are_found, copies_of_rows_are_found_and_left_out_only_when_the_study_says_so,
               columns_that_say_little_are_noted, columns_with_very_many_values_are_read_the_same, a_decimal_comma_in_the_locale_changes_nothing,
               every_failed_allocation_of_reading_is_reported_and_nothing_leaks)
