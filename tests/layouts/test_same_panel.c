/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One firm, written as every layout, drafted by the program and read: the same panel, row for row.
 *
 *   people.csv + promotions.csv + surveys.csv + pairs.csv ───────────┐
 *   workers.xlsx + job_history.xlsx + wave_*.csv + connections.csv ──┤
 *   employees.txt + job_info.txt + wave_*.csv + relationships.xlsx ──┼──► draft ──► panel: equal
 *   persons.csv + assignments.csv + ids.csv + survey.csv + pairings ─┤
 *   people.csv + promotions.csv + survey.csv + mentoring_relation... ┘
 */
#include "layouts/firm.h"
#include "mentorlab.h"

#include "core/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16 };

static mlab_context context;

typedef void writer(const firm *f, const char *folder);
typedef struct exports {
    const char *name;
    writer *systems[4];
    const char *files[MOST];
} exports;

static const exports simple = {"simple", {firm_write_simple}, {"people.csv", "promotions.csv", "surveys.csv", "pairs.csv"}};
static const exports workday = {"workday, qualtrics, chronus",
                                {firm_write_workday, firm_write_qualtrics, firm_write_pairs_chronus},
                                {"workers.xlsx", "job_history.xlsx", "wave_2021-05-17.csv", "wave_2022-05-17.csv", "wave_2023-05-17.csv",
                                 "wave_2024-05-17.csv", "connections.csv"}};
static const exports successfactors = {"successfactors, qualtrics, mentorcliq",
                                       {firm_write_successfactors, firm_write_qualtrics, firm_write_pairs_mentorcliq},
                                       {"employees.txt", "job_info.txt", "wave_2021-05-17.csv", "wave_2022-05-17.csv", "wave_2023-05-17.csv",
                                        "wave_2024-05-17.csv", "relationships.xlsx"}};
static const exports oracle = {"oracle, crosswalk, culture amp, together",
                               {firm_write_oracle, firm_write_crosswalk, firm_write_cultureamp, firm_write_pairs_together},
                               {"persons.csv", "assignments.csv", "ids.csv", "survey.csv", "pairings.csv"}};
static const exports pushfar = {"simple, culture amp, pushfar",
                                {firm_write_simple, firm_write_cultureamp, firm_write_pairs_pushfar},
                                {"people.csv", "promotions.csv", "survey.csv", "mentoring_relationships.csv"}};

/* --- from files to a panel --------------------------------------------------------------------------- */

static mlab_study *read_layout(const firm *f, const exports *layout)
{
    char folder[4200], study_path[4400], paths[MOST][4400];
    const char *list[MOST];
    size_t n = 0;
    mlab_error err = {0};
    mlab_findings findings;
    mlab_draft *draft = NULL;
    mlab_study *study = NULL;
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("layout"));
    for (size_t k = 0; k < 4 && layout->systems[k]; k++) layout->systems[k](f, folder);
    for (; layout->files[n]; n++) {
        snprintf(paths[n], sizeof paths[n], "%s/%s", folder, layout->files[n]);
        list[n] = paths[n];
    }
    mlab_findings_start(&findings, &context);
    mlab_status status = mlab_draft_study(&context, list, n, folder, FIRM_AS_OF, &findings, &draft, &err);
    ck_assert_msg(!status, "%s: %s", layout->name, err.sentence);
    snprintf(study_path, sizeof study_path, "%s/study.yaml", folder);
    char *informal = strstr(draft->yaml, "\n  informal:"); /* until arms come from surveys */
    if (informal) memset(informal + 1, ' ', strcspn(informal + 1, "\n"));
    ck_assert(!mlab_os_write_file(&context, study_path, draft->yaml, strlen(draft->yaml), false, &err));
    status = mlab_study_open(&context, study_path, NULL, 0, folder, &findings, &study, &err);
    ck_assert_msg(!status, "%s: %s", layout->name, err.sentence);
    status = mlab_study_run(study, MLAB_STAGE_CHECK, false, NULL, NULL, &findings, &err);
    for (size_t i = 0; status && i < findings.n; i++)
        if (findings.items[i].severity > MLAB_SEVERITY_NOTE) fprintf(stderr, "%s: %s\n", layout->name, findings.items[i].sentence);
    ck_assert_msg(!status, "%s: %s", layout->name, err.sentence);
    mlab_draft_free(draft);
    mlab_findings_free(&findings);
    return study;
}

/* --- comparing ---------------------------------------------------------------------------------------- */

static bool same_bits(double a, double b)
{
    uint64_t bits[2];
    memcpy(&bits[0], &a, sizeof a);
    memcpy(&bits[1], &b, sizeof b);
    return bits[0] == bits[1];
}

static bool same_cell(const mlab_column *a, const mlab_column *b, size_t row)
{
    bool no_a = a->missing && a->missing[row], no_b = b->missing && b->missing[row];
    if (no_a || no_b) return no_a == no_b;
    if (a->type == MLAB_COLUMN_REAL && b->type == MLAB_COLUMN_REAL) return same_bits(a->as.real[row], b->as.real[row]);
    if (a->type == MLAB_COLUMN_FACTOR || a->type == MLAB_COLUMN_TEXT) return !strcmp(mlab_column_text(a, row), mlab_column_text(b, row));
    return a->type == b->type && a->as.integer[row] == b->as.integer[row];
}

static bool is_left_out(const char *name, const char *const *left_out)
{
    for (; *left_out; left_out++)
        if (!strcmp(name, *left_out)) return true;
    return false;
}

static size_t compare_columns(const mlab_panel *a, const mlab_panel *b, const char *const *left_out, const char *names)
{
    size_t compared = 0;
    for (size_t j = 0; j < a->rows->n_columns; j++) {
        const mlab_column *mine = &a->rows->columns[j], *other = mlab_table_find(b->rows, mine->name);
        if (!other || is_left_out(mine->name, left_out)) continue;
        ck_assert_msg(mine->type == other->type || (mine->type != MLAB_COLUMN_REAL && other->type != MLAB_COLUMN_REAL), "%s: types of %s", names,
                      mine->name);
        for (size_t i = 0; i < a->n_rows; i++) {
            char start[16];
            mlab_date_print(a->start[i], start, sizeof start);
            ck_assert_msg(same_cell(mine, other, i), "%s: column %s of person %s in the row from %s", names, mine->name, a->ids[a->person[i]], start);
        }
        compared++;
    }
    return compared;
}

static void compare_rows(const mlab_panel *a, const mlab_panel *b, const char *names)
{
    size_t n = a->n_rows < b->n_rows ? a->n_rows : b->n_rows;
    for (size_t i = 0; i < n; i++) {
        const char *mine = a->ids[a->person[i]], *other = b->ids[b->person[i]];
        char start[16], stop[16], start_b[16], stop_b[16];
        mlab_date_print(a->start[i], start, sizeof start);
        mlab_date_print(a->stop[i], stop, sizeof stop);
        mlab_date_print(b->start[i], start_b, sizeof start_b);
        mlab_date_print(b->stop[i], stop_b, sizeof stop_b);
        ck_assert_msg(!strcmp(mine, other) && a->start[i] == b->start[i] && a->stop[i] == b->stop[i],
                      "%s: row %zu is %s (%s, %s] here and %s (%s, %s] there", names, i, mine, start, stop, other, start_b, stop_b);
        ck_assert_msg(a->spell[i] == b->spell[i] && a->period[i] == b->period[i] && a->since[i] == b->since[i], "%s: clocks of %s from %s", names,
                      mine, start);
        ck_assert_msg(a->prevalent[i] == b->prevalent[i], "%s: prevalence of %s from %s", names, mine, start);
    }
    ck_assert_msg(a->n_rows == b->n_rows, "%s: %zu rows here, %zu there", names, a->n_rows, b->n_rows);
}

static void compare_events(const mlab_panel *a, const mlab_panel *b, const char *names)
{
    ck_assert_uint_eq(a->n_events, b->n_events);
    for (size_t e = 0; e < a->n_events; e++) {
        const mlab_panel_event *mine = &a->events[e], *other = mlab_panel_find_event(b, mine->name);
        ck_assert_msg(other != NULL, "%s: no event %s", names, mine->name);
        ck_assert_int_eq(mine->n_causes, other->n_causes);
        for (size_t i = 0; i < a->n_rows; i++)
            ck_assert_msg(mine->what[i] == other->what[i] && mine->at_risk[i] == other->at_risk[i] && mine->day[i] == other->day[i] &&
                              same_bits(mine->share[i], other->share[i]),
                          "%s: %s of person %s in row %zu: %d on day %d here, %d on day %d there", names, mine->name, a->ids[a->person[i]], i,
                          mine->what[i], (int)mine->day[i], other->what[i], (int)other->day[i]);
    }
}

static size_t compare_layouts(const firm *f, const exports *first, const exports *second, const char *const *left_out)
{
    char names[200];
    mlab_study *a = read_layout(f, first), *b = read_layout(f, second);
    snprintf(names, sizeof names, "%s | %s", first->name, second->name);
    const mlab_panel *mine = mlab_study_data(a)->panel, *other = mlab_study_data(b)->panel;
    ck_assert(mine && other);
    ck_assert_uint_gt(mine->n_rows, 1000);
    compare_rows(mine, other, names);
    compare_events(mine, other, names);
    size_t compared = compare_columns(mine, other, left_out, names);
    mlab_study_free(a);
    mlab_study_free(b);
    return compared;
}

/* What the simple form tells of the day of hire alone, or not at all. */
static const char *const of_all[] = {NULL};
static const char *const not_simple[] = {"department", "location", "manager", "email", NULL};

#define SAME(test_, returns_, first_, second_, left_out_)                                                                                            \
    START_TEST(test_)                                                                                                                                \
    {                                                                                                                                                \
        context = mlab_test_context(NULL, 1);                                                                                                        \
        firm *f = firm_make(&context, 1200, 7, (returns_));                                                                                          \
        ck_assert_uint_ge(compare_layouts(f, &(first_), &(second_), (left_out_)), 10);                                                               \
        firm_free(f);                                                                                                                                \
    }                                                                                                                                                \
    END_TEST

SAME(pushfar_and_culture_amp_give_the_panel_of_the_simple_form, false, simple, pushfar, not_simple)
SAME(workday_qualtrics_and_chronus_give_the_panel_of_the_simple_form, false, simple, workday, not_simple)
SAME(successfactors_qualtrics_and_mentorcliq_give_the_panel_of_the_simple_form, false, simple, successfactors, not_simple)
SAME(oracle_culture_amp_together_and_a_crosswalk_give_the_panel_of_the_simple_form, false, simple, oracle, not_simple)
SAME(workday_and_successfactors_agree_also_on_returns_and_moves, true, workday, successfactors, of_all)
SAME(workday_and_oracle_agree_also_on_returns_and_moves, true, workday, oracle, of_all)

MLAB_TEST_MAIN("same_panel", pushfar_and_culture_amp_give_the_panel_of_the_simple_form,
               workday_qualtrics_and_chronus_give_the_panel_of_the_simple_form,
               successfactors_qualtrics_and_mentorcliq_give_the_panel_of_the_simple_form,
               oracle_culture_amp_together_and_a_crosswalk_give_the_panel_of_the_simple_form,
               workday_and_successfactors_agree_also_on_returns_and_moves, workday_and_oracle_agree_also_on_returns_and_moves)
