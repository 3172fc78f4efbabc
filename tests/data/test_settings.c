/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/memory.h"
#include "core/number.h"
#include "data/settings.h"
#include "support/support.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef struct asked {
    double level;
    int64_t seed;
    int method;
    bool names;
    const char *title;
    double horizon;
    int32_t as_of;
} asked;

#define AT(field_) offsetof(asked, field_)
#define HIDDEN 0

/* A small table of rows with every type, wildcards, a short form and something not built. */
static const mlab_option rows[] = {
    {"title", NULL, NULL, MLAB_OPTION_TEXT, AT(title), "untitled", 0, 0, NULL, "", "what the study is called", 0},
    {"as_of", NULL, NULL, MLAB_OPTION_DATE, AT(as_of), NULL, 0, 0, NULL, "", "the day of the export", MLAB_OPTION_DECIDES},
    {"data.people.file", NULL, NULL, MLAB_OPTION_TEXT, HIDDEN, NULL, 0, 0, NULL, "", "the file of people",
     MLAB_OPTION_REQUIRED | MLAB_OPTION_NO_STRUCT},
    {"data.people.id", NULL, NULL, MLAB_OPTION_TEXT, HIDDEN, NULL, 0, 0, NULL, "", "column of ids", MLAB_OPTION_NO_STRUCT | MLAB_OPTION_DECIDES},
    {"data.people.id.from", NULL, NULL, MLAB_OPTION_TEXT, HIDDEN, NULL, 0, 0, NULL, "", "column of ids", MLAB_OPTION_NO_STRUCT | MLAB_OPTION_DECIDES},
    {"data.people.id.pad", NULL, NULL, MLAB_OPTION_INTEGER, HIDDEN, NULL, 1, 64, NULL, "", "digits", MLAB_OPTION_NO_STRUCT | MLAB_OPTION_DECIDES},
    {"data.missing", NULL, NULL, MLAB_OPTION_LIST, HIDDEN, "[NA, \"\"]", 0, 0, NULL, "", "missing codes",
     MLAB_OPTION_NO_STRUCT | MLAB_OPTION_DECIDES},
    {"data.history", NULL, NULL, MLAB_OPTION_MAP, HIDDEN, NULL, 0, 0, NULL, "", "a job history", MLAB_OPTION_NO_STRUCT | MLAB_OPTION_NOT_BUILT},
    {"comparison.level", NULL, NULL, MLAB_OPTION_NUMBER, AT(level), "0.95", 0, 1, NULL, "", "of intervals", MLAB_OPTION_DECIDES},
    {"comparison.method", NULL, NULL, MLAB_OPTION_CHOICE, AT(method), "weights", 0, 0, "weights|standardise", "", "how", MLAB_OPTION_DECIDES},
    {"comparison.horizons", NULL, NULL, MLAB_OPTION_MAP, HIDDEN, NULL, 0, 0, NULL, "", "when", MLAB_OPTION_NO_STRUCT | MLAB_OPTION_DECIDES},
    {"comparison.horizon", NULL, NULL, MLAB_OPTION_DURATION, AT(horizon), "12 months", 1, 36525, NULL, "days", "when", MLAB_OPTION_DECIDES},
    {"simulation.seed", NULL, NULL, MLAB_OPTION_INTEGER, AT(seed), "1", 0, 9e15, NULL, "", "seed", MLAB_OPTION_DECIDES},
    {"report.names", NULL, NULL, MLAB_OPTION_FLAG, AT(names), "no", 0, 0, NULL, "", "names", 0},
    {"arms.both", NULL, NULL, MLAB_OPTION_ANY, HIDDEN, "separate", 0, 0, NULL, "", "two arms", MLAB_OPTION_NO_STRUCT | MLAB_OPTION_DECIDES},
    {"arms.*.relationships", NULL, NULL, MLAB_OPTION_TEXT, HIDDEN, NULL, 0, 0, NULL, "", "filter", MLAB_OPTION_NO_STRUCT | MLAB_OPTION_DECIDES},
    {"arms.*.met", NULL, NULL, MLAB_OPTION_INTEGER, HIDDEN, "0", 0, 1000, NULL, "", "met", MLAB_OPTION_NO_STRUCT | MLAB_OPTION_DECIDES},
    {"arms.*", NULL, NULL, MLAB_OPTION_MAP, HIDDEN, NULL, 0, 0, NULL, "", "an arm", MLAB_OPTION_NO_STRUCT}, /* after the literal row of arms.both */
};
static const mlab_option *const tables[] = {rows};
static const size_t n_rows[] = {sizeof rows / sizeof *rows};

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_findings findings;
    mlab_settings *settings;
    mlab_error err;
    mlab_status status;
} world;

static void open_text(world *w, const char *text, size_t n)
{
    *w = (world){0};
    w->context = mlab_test_context(&w->memory, 1);
    mlab_findings_start(&w->findings, &w->context);
    w->status = mlab_settings_parse(&w->context, "study.yaml", text, n, tables, n_rows, 1, &w->findings, &w->settings, &w->err);
}

static void open_study(world *w, const char *text)
{
    open_text(w, text, strlen(text));
}

static void close_world(world *w)
{
    mlab_settings_free(w->settings);
    mlab_findings_free(&w->findings);
    ck_assert_int_eq(w->memory.live, 0);
}

/* The text makes exactly this one finding, there. */
static void expect(const char *text, const char *kind, uint64_t line, uint32_t column, const char *sentence)
{
    world w;
    open_study(&w, text);
    ck_assert_msg(w.findings.n == 1, "%zu findings of:\n%s\nfirst: %s", w.findings.n, text, w.findings.n ? w.findings.items[0].sentence : "-");
    const mlab_finding *finding = &w.findings.items[0];
    ck_assert_str_eq(finding->sentence, sentence);
    ck_assert_str_eq(finding->kind, kind);
    ck_assert_int_eq(finding->severity, MLAB_SEVERITY_STOP);
    ck_assert_str_eq(finding->occurrences[0].place.file, "study.yaml");
    ck_assert_uint_eq(finding->occurrences[0].place.line, line);
    ck_assert_uint_eq(finding->occurrences[0].place.column, column);
    close_world(&w);
}

START_TEST(every_scalar_stays_the_text_that_was_written)
{
    world w;
    open_study(&w, "arms:\n  a: {relationships: no}\n  b: {relationships: 012}\n  c: {relationships: \"1:30\"}\n  d: {relationships: 1_000}\n");
    ck_assert_int_eq(w.status, MLAB_OK);
    ck_assert_uint_eq(w.findings.n, 0);
    ck_assert_str_eq(mlab_setting_text(mlab_settings_find(w.settings, NULL, "arms.a.relationships")), "no");
    ck_assert_str_eq(mlab_setting_text(mlab_settings_find(w.settings, NULL, "arms.b.relationships")), "012");
    ck_assert_str_eq(mlab_setting_text(mlab_settings_find(w.settings, NULL, "arms.c.relationships")), "1:30");
    ck_assert_str_eq(mlab_setting_text(mlab_settings_find(w.settings, NULL, "arms.d.relationships")), "1_000");
    ck_assert(mlab_setting_quoted(mlab_settings_find(w.settings, NULL, "arms.c.relationships")));
    const mlab_setting *arms = mlab_settings_find(w.settings, NULL, "arms");
    ck_assert_uint_eq(mlab_setting_size(arms), 4);
    ck_assert_str_eq(mlab_setting_key(arms, 2), "c");
    ck_assert_uint_eq(mlab_setting_key_place(arms, 2).line, 4);
    ck_assert_uint_eq(mlab_setting_key_place(arms, 2).column, 3);
    ck_assert_uint_eq(mlab_setting_place(mlab_settings_find(w.settings, arms, "c.relationships")).column, 22);
    ck_assert_ptr_null(mlab_settings_find(w.settings, NULL, "arms.e"));
    ck_assert_ptr_null(mlab_settings_find(w.settings, NULL, "title.x"));
    close_world(&w);
}
END_TEST

START_TEST(an_unknown_key_gets_the_nearest_sibling_or_its_home)
{
    expect("comparison:\n  horizont: {months: 6}\n", "unknown_key", 2, 3, "unknown key 'horizont' in comparison; did you mean 'horizons'?");
    expect("title: x\nsede: 4\n", "unknown_key", 2, 1, "unknown key 'sede' in the study file");
    expect("seed: 4\n", "unknown_key", 1, 1, "unknown key 'seed' in the study file; it belongs in simulation");
    expect("comparison: {zebra: 4}\n", "unknown_key", 1, 14, "unknown key 'zebra' in comparison");
    expect("arms:\n  x: {relationship: a}\n", "unknown_key", 2, 7, "unknown key 'relationship' in arms.x; did you mean 'relationships'?");
}
END_TEST

START_TEST(a_value_out_of_range_says_what_was_found_and_what_is_allowed)
{
    world w;
    open_study(&w, "comparison:\n  level: 95\n");
    ck_assert_uint_eq(w.findings.n, 1);
    ck_assert_msg(strstr(w.findings.items[0].sentence, "comparison.level"), "%s", w.findings.items[0].sentence);
    ck_assert_msg(strstr(w.findings.items[0].sentence, "for 95 % write 0.95"), "%s", w.findings.items[0].sentence);
    ck_assert_str_eq(w.findings.items[0].occurrences[0].value, "95");
    ck_assert_uint_eq(w.findings.items[0].occurrences[0].place.column, 10);
    close_world(&w);
}
END_TEST

START_TEST(all_findings_come_at_once_with_their_places)
{
    world w;
    open_study(&w, "titel: x\n"
                   "data:\n"
                   "  people: {id: {from: a, pad: lots}}\n"
                   "  history: {file: h.csv}\n"
                   "comparison: {method: magic, level: [1, 2], level: 0.9}\n"
                   "report: 4\n");
    ck_assert_int_eq(w.status, MLAB_OK);
    static const struct {
        const char *kind;
        uint64_t line;
    } wanted[] = {{"duplicate_key", 5}, {"unknown_key", 1}, {"bad_value", 3},  {"missing_key", 3},
                  {"not_built", 4},     {"bad_value", 5},   {"wrong_kind", 5}, {"wrong_kind", 6}};
    ck_assert_uint_eq(w.findings.n, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < w.findings.n; i++) {
        ck_assert_str_eq(w.findings.items[i].kind, wanted[i].kind);
        ck_assert_uint_eq(w.findings.items[i].occurrences[0].place.line, wanted[i].line);
    }
    close_world(&w);
}
END_TEST

START_TEST(kinds_of_values_are_told_apart)
{
    expect("title: [a]\n", "wrong_kind", 1, 8, "title is a list [a, b], allowed one value");
    expect("comparison: {horizons: 6}\n", "wrong_kind", 1, 24, "comparison.horizons is one value, allowed a map (key: value)");
    expect("data: {missing: {a: b}}\n", "wrong_kind", 1, 17, "data.missing is a map (key: value), allowed a list [a, b] or one value");
    expect("data: {missing: [NA, [b]]}\n", "wrong_kind", 1, 22, "data.missing has a list as item 2, allowed texts");
    expect("title:\n", "no_value", 1, 7, "key 'title' has no value");
    expect("- a\n- b\n", "wrong_kind", 1, 1, "the study file must be a map of keys (key: value) at the top");
    expect("data:\n  people: {id: a}\n", "missing_key", 2, 3, "missing key 'file' in data.people (the file of people)");
    expect("title: a\n---\ntitle: b\n", "second_document", 3, 1, "a second document begins here, allowed one");
    expect("? [a, b]\n: c\n", "key_no_text", 1, 3, "a key must be a text");
}
END_TEST

START_TEST(a_literal_row_wins_over_a_star_wherever_it_stands)
{
    world w;
    open_study(&w, "arms: {both: separate, a: {met: 1}}\n");
    ck_assert_uint_eq(w.findings.n, 0);
    close_world(&w);
    expect("arms: {a: separate}\n", "wrong_kind", 1, 11, "arms.a is one value, allowed a map (key: value)");
}
END_TEST

START_TEST(text_that_is_not_yaml_is_an_error_with_its_place)
{
    static const struct {
        const char *text;
        uint64_t line;
        uint32_t column;
    } broken[] = {{"title: [a, b\nreport: 1\n", 2, 7},
                  {"title: a\n\treport: 1\n", 2, 1},
                  {"title: \"a\n", 2, 1},
                  {"title: *nobody\n", 1, 8},
                  {"title: caf\xE9\n", 1, 11}};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        world w;
        open_study(&w, broken[i].text);
        ck_assert_int_eq(w.status, MLAB_ERR_DATA_SYNTAX);
        ck_assert_ptr_null(w.settings);
        ck_assert_uint_eq(w.findings.n, 1);
        ck_assert_str_eq(w.findings.items[0].kind, "syntax");
        ck_assert_msg(w.err.place.line == broken[i].line && w.err.place.column == broken[i].column, "%zu: %s at %d:%d", i, w.err.sentence,
                      (int)w.err.place.line, (int)w.err.place.column);
        close_world(&w);
    }
}
END_TEST

START_TEST(bombs_of_aliases_and_depth_end_in_a_finding)
{
    char text[4000] = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c < 'k'; c++) {
        char line[100];
        snprintf(line, sizeof line, "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1,
                 c - 1, c - 1, c - 1);
        strcat(text, line);
    }
    world w;
    open_study(&w, text);
    ck_assert_str_eq(w.findings.items[0].kind, "too_many_values");
    close_world(&w);
    memset(text, '[', 100);
    memset(text + 100, ']', 100);
    text[200] = '\0';
    open_study(&w, text);
    ck_assert_str_eq(w.findings.items[0].kind, "too_deep");
    close_world(&w);
    open_study(&w, "title: &a [*a]\n");
    ck_assert_str_eq(w.findings.items[0].kind, "too_deep");
    close_world(&w);
}
END_TEST

START_TEST(a_struct_gets_defaults_and_then_what_the_file_says)
{
    world w;
    asked got;
    open_study(&w, "comparison: {level: 0.9, horizon: 90 days}\nreport: {names: yes}\nas_of: 2024-12-31\n");
    ck_assert_int_eq(mlab_settings_fill(w.settings, rows, n_rows[0], &got, &w.err), MLAB_OK);
    ck_assert(got.level == 0.9);
    ck_assert(got.horizon == 90);
    ck_assert_int_eq(got.seed, 1);
    ck_assert_int_eq(got.method, 0);
    ck_assert(got.names);
    ck_assert_str_eq(got.title, "untitled");
    ck_assert_int_eq(got.as_of, mlab_date_from_civil(2024, 12, 31));
    close_world(&w);
}
END_TEST

START_TEST(the_command_line_wins_and_is_checked_like_the_file)
{
    world w;
    asked got;
    mlab_place place = {.file = "command line"};
    open_study(&w, "comparison: {level: 0.9}\ndata: {people: {file: p.csv, id: a}}\n");
    ck_assert_int_eq(mlab_settings_override(w.settings, "comparison.level", "0.8", &place, &w.findings, &w.err), MLAB_OK);
    ck_assert_int_eq(mlab_settings_override(w.settings, "simulation.seed", "77", &place, &w.findings, &w.err), MLAB_OK);
    ck_assert_int_eq(mlab_settings_override(w.settings, "data.missing", "[x, y]", &place, &w.findings, &w.err), MLAB_OK);
    ck_assert_int_eq(mlab_settings_override(w.settings, "data.people.id.pad", "8", &place, &w.findings, &w.err), MLAB_OK);
    ck_assert_uint_eq(w.findings.n, 0);
    ck_assert_int_eq(mlab_settings_fill(w.settings, rows, n_rows[0], &got, &w.err), MLAB_OK);
    ck_assert(got.level == 0.8);
    ck_assert_int_eq(got.seed, 77);
    ck_assert_uint_eq(mlab_setting_size(mlab_settings_find(w.settings, NULL, "data.missing")), 2);
    ck_assert_int_eq(mlab_settings_override(w.settings, "simulation.seed", "many", &place, &w.findings, &w.err), MLAB_OK);
    ck_assert_str_eq(w.findings.items[0].kind, "bad_value");
    ck_assert_str_eq(w.findings.items[0].occurrences[0].place.file, "command line");
    ck_assert_int_eq(mlab_settings_override(w.settings, "comparison.levl", "1", &place, &w.findings, &w.err), MLAB_ERR_OPTION);
    ck_assert_str_eq(w.err.sentence, "unknown key 'comparison.levl'; did you mean 'comparison.level'?");
    close_world(&w);
}
END_TEST

START_TEST(resolved_text_has_what_decides_numbers_and_says_which_are_defaults)
{
    world w;
    char *text = NULL;
    open_study(&w, "title: t\ncomparison: {method: standardise, horizons: {months: [6, 12]}}\n"
                   "arms: {a: {relationships: \"kind == 'x'\"}, both: [a, b], c: {met: 2}}\ndata: {people: {file: p.csv, id: who}}\n");
    ck_assert_uint_eq(w.findings.n, 0);
    ck_assert_int_eq(mlab_settings_resolved(w.settings, NULL, &text, &w.err), MLAB_OK);
    ck_assert_str_eq(text, "data.people.id = who\n"
                           "data.missing = [NA, \"\"], default\n"
                           "comparison.level = 0.95, default\n"
                           "comparison.method = standardise\n"
                           "comparison.horizons = {\"months\": [\"6\", \"12\"]}\n"
                           "comparison.horizon = 12 months, default\n"
                           "simulation.seed = 1, default\n"
                           "arms.both = [\"a\", \"b\"]\n"
                           "arms.a.relationships = kind == 'x'\n"
                           "arms.a.met = 0, default\n"
                           "arms.c.met = 2\n");
    mlab_release(&w.context, text);
    ck_assert_int_eq(mlab_settings_resolved(w.settings, "simulation", &text, &w.err), MLAB_OK);
    ck_assert_str_eq(text, "simulation.seed = 1, default\n");
    mlab_release(&w.context, text);
    close_world(&w);
}
END_TEST

/* A name with a dot is no path: its values decide numbers like those of any other name. */
START_TEST(resolved_text_has_names_with_a_dot_in_them)
{
    static const mlab_option exits[] = {
        {"events", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
        {"events.exit", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
        {"events.exit.*", NULL, NULL, MLAB_OPTION_LIST, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT | MLAB_OPTION_DECIDES},
        {"events.exit.end_of_study", NULL, NULL, MLAB_OPTION_LIST, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT | MLAB_OPTION_DECIDES}};
    static const mlab_option *const these[] = {exits};
    static const size_t n_these[] = {4};
    static const char text[] = "events: {exit: {invol. exit: [dismissed], end_of_study: [x.y], voluntary: [resign]}}\n";
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_findings findings;
    mlab_settings *settings = NULL;
    mlab_error err;
    char *resolved = NULL;
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_settings_parse(&context, "s.yaml", text, strlen(text), these, n_these, 1, &findings, &settings, &err), MLAB_OK);
    ck_assert_uint_eq(findings.n, 0);
    ck_assert_int_eq(mlab_settings_resolved(settings, NULL, &resolved, &err), MLAB_OK);
    ck_assert_str_eq(resolved, "events.exit.invol. exit = [\"dismissed\"]\nevents.exit.voluntary = [\"resign\"]\n"
                               "events.exit.end_of_study = [\"x.y\"]\n");
    mlab_release(&context, resolved);
    mlab_settings_free(settings);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(every_failed_allocation_of_the_settings_is_reported_and_nothing_leaks)
{
    const char *text = "titel: x\ncomparison: {method: magic, level: 0.9, level: 2}\narms: {a: {met: 3}}\n";
    for (long k = 1;; k++) {
        world w = {0};
        w.context = mlab_test_context(&w.memory, 1);
        w.memory.fail_at = k;
        char *resolved = NULL;
        mlab_findings_start(&w.findings, &w.context);
        mlab_status status = mlab_settings_parse(&w.context, "study.yaml", text, strlen(text), tables, n_rows, 1, &w.findings, &w.settings, &w.err);
        if (!status) status = mlab_settings_override(w.settings, "simulation.seed", "9", NULL, &w.findings, &w.err);
        if (!status) status = mlab_settings_resolved(w.settings, NULL, &resolved, &w.err);
        bool failed = w.memory.calls >= k;
        ck_assert_int_eq(status, failed ? MLAB_ERR_MEMORY : MLAB_OK);
        mlab_release(&w.context, resolved);
        close_world(&w);
        if (!failed) break;
    }
}
END_TEST

MLAB_TEST_MAIN("settings", every_scalar_stays_the_text_that_was_written, an_unknown_key_gets_the_nearest_sibling_or_its_home,
               a_value_out_of_range_says_what_was_found_and_what_is_allowed, all_findings_come_at_once_with_their_places,
               kinds_of_values_are_told_apart, a_literal_row_wins_over_a_star_wherever_it_stands, text_that_is_not_yaml_is_an_error_with_its_place,
               bombs_of_aliases_and_depth_end_in_a_finding, a_struct_gets_defaults_and_then_what_the_file_says,
               the_command_line_wins_and_is_checked_like_the_file, resolved_text_has_what_decides_numbers_and_says_which_are_defaults,
               resolved_text_has_names_with_a_dot_in_them, every_failed_allocation_of_the_settings_is_reported_and_nothing_leaks)
