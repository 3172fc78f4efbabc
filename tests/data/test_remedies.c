/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line that a finding offers settles it: each study is loaded without it, then with it. */
#include "core/number.h"
#include "core/os.h"
#include "data/settings.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const mlab_option others[] = {{"outcomes", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT}};

static void put(const char *name, const char *text)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    ck_assert_int_eq(mlab_os_write_file(&context, name, text, strlen(text), false, &err), MLAB_OK);
}

/* One column x of the table after loading; *open = stops and decisions. */
static mlab_data *load(mlab_context *context, const char *study, size_t *open, char *first, size_t size)
{
    const mlab_option *tables[] = {mlab_data_options, others};
    const size_t n_rows[] = {mlab_data_n_options, 1};
    mlab_findings findings;
    mlab_settings *settings = NULL;
    mlab_data *data = NULL;
    mlab_error err;
    put("study.yaml", study);
    mlab_findings_start(&findings, context);
    ck_assert_int_eq(mlab_settings_read(context, "study.yaml", tables, n_rows, 2, &findings, &settings, &err), MLAB_OK);
    mlab_status status = mlab_data_load(context, settings, &findings, &data, &err);
    *open = mlab_findings_count(&findings, MLAB_SEVERITY_STOP) + mlab_findings_count(&findings, MLAB_SEVERITY_DECIDE);
    ck_assert((status == MLAB_OK) == (*open == 0));
    first[0] = '\0';
    for (size_t i = 0; i < findings.n && !first[0]; i++)
        if (findings.items[i].severity != MLAB_SEVERITY_NOTE) snprintf(first, size, "%s > %s", findings.items[i].kind, findings.items[i].remedy);
    mlab_settings_free(settings);
    mlab_findings_free(&findings);
    return data;
}

typedef struct remedy {
    const char *table;
    const char *finding; /* kind > remedy */
    const char *line;    /* below data: */
    double real;         /* value of x in row 0 afterwards; dates as days */
    const char *text;    /* or its label */
} remedy;

START_TEST(the_line_that_is_offered_settles_the_doubt)
{
    static const remedy remedies[] = {
        {"x;y\n1,5;a\n2,25;b\n", "decimal_comma > columns: {x: {decimal: comma}}", "  columns: {x: {decimal: comma}}\n", 1.5, NULL},
        {"x;y\n1,500.5;a\n2,250;b\n", "decimal_comma > columns: {x: {thousands: comma}}", "  columns: {x: {thousands: comma}}\n", 1500.5, NULL},
        {"x;y\n1,500;a\n2,250;b\n", "decimal_comma > columns: {x: {decimal: comma}}", "  columns: {x: {thousands: comma}}\n", 1500, NULL},
        {"x\n45.000\n52.500\n", "decimal_point > columns: {x: {decimal: point}}", "  columns: {x: {decimal: point}}\n", 45, NULL},
        {"x\n45.000\n52.500\n", "decimal_point > columns: {x: {decimal: point}}", "  columns: {x: {thousands: point, decimal: comma}}\n", 45000,
         NULL},
        {"x\n03/04/2022\n05/06/2022\n", "date_order > columns: {x: {dates: dmy}}", "  columns: {x: {dates: dmy}}\n", 19085, NULL},
        {"x\n03/04/2022\n05/06/2022\n", "date_order > columns: {x: {dates: dmy}}", "  dates: mdy\n", 19055, NULL},
        {"x\n7\n2\n3\n4\nunknown\n", "mostly_numbers > missing: [NA, \"\", \"unknown\"]      (or columns: {x: {type: factor}})",
         "  missing: [NA, \"\", \"unknown\"]\n", 7, NULL},
        {"x\n7\n2\n3\n4\nunknown\n", "mostly_numbers > missing: [NA, \"\", \"unknown\"]      (or columns: {x: {type: factor}})",
         "  columns: {x: {type: factor}}\n", 0, "7"},
        {"x\nMale\nmale\nmale\n", "labels_alike > columns: {x: {levels: {\"Male\": male, ...}}}",
         "  columns: {x: {levels: {Male: male, male: male}}}\n", 0, "male"},
        {"x\n IT\nIT\n", "labels_alike > columns: {x: {trim: true}}", "  columns: {x: {trim: true}}\n", 0, "IT"},
        {"x\n IT\nIT\n", "labels_alike > columns: {x: {trim: true}}", "  trim: yes\n", 0, "IT"},
        {"x\nREN\xC9\nA\n", "bad_utf8 > encoding: windows-1252", "  encoding: windows-1252\n", 0, "REN\xC3\x89"},
    };
    ck_assert_int_eq(chdir(mlab_test_folder("remedies")), 0);
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
        const remedy *r = &remedies[i];
        mlab_test_memory memory = {0};
        mlab_context context = mlab_test_context(&memory, 1);
        char study[1000], first[500];
        size_t open;
        put("people.csv", r->table);
        snprintf(study, sizeof study, "data:\n  people: {file: people.csv}\noutcomes: {a: x}\n");
        mlab_data *data = load(&context, study, &open, first, sizeof first);
        ck_assert_str_eq(first, r->finding);
        ck_assert_ptr_null(data);
        snprintf(study, sizeof study, "data:\n  people: {file: people.csv}\n%soutcomes: {a: x}\n", r->line);
        data = load(&context, study, &open, first, sizeof first);
        ck_assert_msg(data, "%s did not help: %s", r->line, first);
        const mlab_column *x = mlab_table_find(data->people, "x");
        if (r->text)
            ck_assert_str_eq(mlab_column_text(x, 0), r->text);
        else if (x->type == MLAB_COLUMN_REAL)
            ck_assert(x->as.real[0] == r->real);
        else
            ck_assert_int_eq(x->as.integer[0], (int32_t)r->real);
        mlab_data_free(data);
        ck_assert_int_eq(memory.live, 0);
    }
}
END_TEST

/* A guess is printed with the line that pins it: with all of them in the study the same data come and nothing is guessed. */
START_TEST(pinned_guesses_give_the_same_data_without_guesses)
{
    mlab_context context = mlab_test_context(NULL, 1);
    char study[2000], columns[1500] = "", first[500];
    size_t open;
    ck_assert_int_eq(chdir(mlab_test_folder("remedies")), 0);
    put("people.csv", "age;pay;joined;born;site\n30;1.5;2020-01-01;13/04/1990;A\n40;2.25;2021-01-01;01/05/1980;B\n50;NA;;;\n");
    mlab_data *guessed =
        load(&context, "data:\n  people: {file: people.csv}\noutcomes: [age, pay, joined, born, site]\n", &open, first, sizeof first);
    ck_assert_msg(guessed, "%s", first);
    size_t n = 0, lines = 0;
    for (const char *line = guessed->guesses; *line; line = strchr(line, '\n') + 1, lines++) {
        const char *pin = strstr(line, "columns: {"), *end = strchr(line, '\n');
        if (pin && pin < end) n += (size_t)snprintf(columns + n, sizeof columns - n, "%s%.*s", n ? ", " : "", (int)(end - pin - 11), pin + 10);
    }
    ck_assert_uint_eq(lines, 6);
    snprintf(study, sizeof study,
             "data:\n  delimiter: semicolon\n  people: {file: people.csv}\n  columns: {%s}\noutcomes: [age, pay, joined, born, site]\n", columns);
    mlab_data *pinned = load(&context, study, &open, first, sizeof first);
    ck_assert_msg(pinned, "%s: %s", study, first);
    ck_assert_str_eq(pinned->guesses, "");
    for (size_t k = 0; k < guessed->people->n_columns; k++) {
        const mlab_column *a = &guessed->people->columns[k], *b = mlab_table_find(pinned->people, a->name);
        ck_assert_int_eq(a->type, b->type);
        for (size_t i = 0; i < 3; i++) {
            ck_assert_int_eq(a->missing ? a->missing[i] : 0, b->missing ? b->missing[i] : 0);
            if (a->type == MLAB_COLUMN_REAL)
                ck_assert(a->as.real[i] == b->as.real[i]);
            else
                ck_assert_int_eq(a->as.integer[i], b->as.integer[i]);
        }
    }
    mlab_data_free(guessed);
    mlab_data_free(pinned);
}
END_TEST

/* Eve has no day of hire, Bob left before his: dropped by name, counted, and those who name them are not unknown. */
START_TEST(people_who_cannot_be_are_dropped_when_the_study_says_so)
{
    static const char *const studies[] = {
        "as_of: 2022-12-31\ndata:\n  people: {file: people.csv%s}\n  relationships: {file: pairs.csv}\npanel: {from: 2021-01-01}\n"};
    mlab_context context = mlab_test_context(NULL, 1);
    char study[500], first[500];
    size_t open;
    ck_assert_int_eq(chdir(mlab_test_folder("remedies")), 0);
    put("people.csv", "id,hired,left\nann,2020-01-01,\neve,,\nbob,2021-05-01,2020-05-01\ndan,2020-02-01,2022-01-31\n");
    put("pairs.csv", "mentor,mentee,start,end\nann,dan,2021-02-01,\nann,eve,2021-02-01,\n");
    snprintf(study, sizeof study, studies[0], "");
    ck_assert_ptr_null(load(&context, study, &open, first, sizeof first));
    ck_assert_str_eq(first, "missing_cell > people: {impossible: drop}      (or fill the cells)");
    ck_assert_uint_eq(open, 2);
    snprintf(study, sizeof study, studies[0], ", impossible: drop");
    mlab_data *data = load(&context, study, &open, first, sizeof first);
    ck_assert_msg(data, "%s", first);
    ck_assert_uint_eq(data->people->n_rows, 2);
    ck_assert_uint_eq(data->panel->n_people, 2);
    ck_assert_uint_eq(data->n_flow, 3);
    ck_assert_str_eq(data->flow[1].what, "have no day of hire, or left before it");
    ck_assert_uint_eq(data->flow[1].people, 2);
    mlab_data_free(data);
}
END_TEST

MLAB_TEST_MAIN("remedies", people_who_cannot_be_are_dropped_when_the_study_says_so, the_line_that_is_offered_settles_the_doubt,
               pinned_guesses_give_the_same_data_without_guesses)
