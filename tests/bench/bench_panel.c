/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times the panel builder and the filling of a design on what it built.
 *
 *   bench_panel PEOPLE THREADS REPEATS
 *
 * Four years of quarters; each person was hired at some time, a third leaves, half are promoted, a third is mentored, all answer once
 * a year. 80,000 people give about a million person-periods. Prints seconds (lowest), nanoseconds a row, peak memory. */
#include "core/number.h"
#include "core/os.h"
#include "core/parallel.h"
#include "core/random.h"
#include "data/design_terms.h"
#include "data/panel_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { YEARS = 4, BLOCK = 1024 };

static void need(mlab_status status, const char *what, const mlab_error *err)
{
    if (status == MLAB_OK) return;
    fprintf(stderr, "%s: %s\n", what, err->sentence);
    exit(EXIT_FAILURE);
}

static void *room(size_t n, size_t size)
{
    void *memory = calloc(n ? n : 1, size);
    if (!memory) exit(EXIT_FAILURE);
    return memory;
}

typedef struct firm {
    mlab_table *people, *pairs, *surveys;
    mlab_panel_people in;
    mlab_panel_promotion *promotions;
    size_t n_promotions;
    mlab_panel_surveys answers;
    mlab_panel_relationships ties;
    mlab_panel_arm arm;
    mlab_panel_spec spec;
} firm;

static uint32_t draw(uint32_t who, uint32_t what, uint32_t n)
{
    return (uint32_t)mlab_random_below(&(mlab_address){.seed = 1, .entity = who, .period = (uint16_t)what}, 0, n);
}

static int by_start(const void *a, const void *b)
{
    const mlab_relationship *x = a, *y = b;
    return x->start != y->start ? (x->start < y->start ? -1 : 1) : x->mentee < y->mentee ? -1 : x->mentee > y->mentee;
}

static mlab_column *column(mlab_table *table, const char *name, mlab_column_type type, const char *const *levels, int32_t n)
{
    mlab_column *made;
    mlab_error err;
    need(mlab_table_add(table, name, type, levels, n, &made, &err), name, &err);
    return made;
}

static void make_people(const mlab_context *context, firm *f, uint32_t n)
{
    static const char *const departments[] = {"sales", "research", "support", "finance"}, *const genders[] = {"f", "m"};
    static const char *const grades[] = {"1", "2", "3", "4", "5"}, *const causes[] = {"voluntary", "involuntary"};
    static const char *const attributes[] = {"department", "gender"};
    static const int32_t values[] = {1, 2, 3, 4, 5};
    mlab_error err;
    need(mlab_table_make(context, n, &f->people, &err), "people", &err);
    mlab_column *department = column(f->people, "department", MLAB_COLUMN_FACTOR, departments, 4);
    mlab_column *gender = column(f->people, "gender", MLAB_COLUMN_FACTOR, genders, 2);
    char(*text)[12] = room(n, sizeof *text);
    const char **ids = room(n, sizeof *ids);
    uint32_t *row = room(n, sizeof *row);
    mlab_panel_spell *spells = room(n, sizeof *spells);
    for (uint32_t i = 0; i < n; i++) {
        snprintf(text[i], sizeof text[i], "%08u", i);
        ids[i] = text[i];
        row[i] = i;
        department->as.integer[i] = (int32_t)draw(i, 0, 4);
        gender->as.integer[i] = (int32_t)draw(i, 1, 2);
        int32_t hired = f->spec.from - 1500 + (int32_t)draw(i, 2, 2300);
        bool leaves = draw(i, 3, 3) == 0;
        spells[i] = (mlab_panel_spell){.person = i, .from = hired, .since = hired, .grade_since = hired - 1};
        spells[i].to = leaves ? (hired > f->spec.from ? hired : f->spec.from) + (int32_t)draw(i, 4, 1200) : MLAB_DATE_MISSING;
        spells[i].cause = leaves ? (int32_t)draw(i, 5, 2) : MLAB_CAUSE_STAYS;
        spells[i].grade = (int32_t)draw(i, 6, 4);
    }
    f->in = (mlab_panel_people){.table = f->people,
                                .n = n,
                                .ids = ids,
                                .row = row,
                                .spells = spells,
                                .n_spells = n,
                                .causes = causes,
                                .n_causes = 2,
                                .grades = grades,
                                .n_grades = 5,
                                .grade_is_number = true,
                                .grade_value = values,
                                .attributes = attributes,
                                .n_attributes = 2};
}

static void make_events(const mlab_context *context, firm *f)
{
    static const char *const moods[] = {"1", "2", "3", "4", "5"}, *const kinds[] = {"program", "informal"}, *const measures[] = {"satisfaction"};
    uint32_t n = f->in.n;
    mlab_error err;
    f->promotions = room(n, sizeof *f->promotions);
    mlab_relationship *items = room(n, sizeof *items);
    uint32_t *person = room((size_t)n * YEARS, sizeof *person), *row = room((size_t)n * YEARS, sizeof *row);
    int32_t *date = room((size_t)n * YEARS, sizeof *date);
    need(mlab_table_make(context, n, &f->pairs, &err), "pairs", &err);
    need(mlab_table_make(context, (size_t)n * YEARS, &f->surveys, &err), "surveys", &err);
    mlab_column *kind = column(f->pairs, "kind", MLAB_COLUMN_FACTOR, kinds, 2);
    mlab_column *satisfaction = column(f->surveys, "satisfaction", MLAB_COLUMN_FACTOR, moods, 5);
    satisfaction->ordered = true;
    size_t n_ties = 0, n_answers = 0;
    for (uint32_t i = 0; i < n; i++) {
        int32_t hired = f->in.spells[i].from, until = f->in.spells[i].to == MLAB_DATE_MISSING ? f->spec.to : f->in.spells[i].to;
        if (draw(i, 7, 2) && until > hired)
            f->promotions[f->n_promotions++] = (mlab_panel_promotion){
                .person = i, .date = hired + 1 + (int32_t)draw(i, 8, (uint32_t)(until - hired)), .to = MLAB_GRADE_ONE_UP, .line = i};
        if (draw(i, 9, 3) == 0) {
            kind->as.integer[n_ties] = (int32_t)draw(i, 10, 2);
            items[n_ties] =
                (mlab_relationship){draw(i, 11, n), i, f->spec.from + (int32_t)draw(i, 12, 1300), MLAB_DATE_MISSING, 0, false, n_ties + 2};
            items[n_ties].end = items[n_ties].start + 365;
            n_ties++;
        }
        for (uint32_t y = 0; y < YEARS; y++) {
            person[n_answers] = i;
            date[n_answers] = f->spec.from + (int32_t)(y * 365) + 120;
            row[n_answers] = (uint32_t)n_answers;
            satisfaction->as.integer[n_answers++] = (int32_t)draw(i, 13 + y, 5);
        }
    }
    qsort(items, n_ties, sizeof *items, by_start);
    f->answers = (mlab_panel_surveys){f->surveys, n_answers, person, date, row, measures, 1};
    f->ties = (mlab_panel_relationships){f->pairs, items, row, n_ties, NULL, NULL, MLAB_DATE_MISSING, MLAB_DATE_MISSING};
}

/* --- filling a design ---------------------------------------------------------------------------- */

typedef struct filling {
    const mlab_context *context;
    mlab_design *design;
    const mlab_panel *panel;
    const uint32_t *rows;
    size_t n;
    double *sums; /* [blocks] so that nothing is optimised away */
} filling;

static mlab_status fill_block(void *work, size_t block, void *scratch, mlab_error *err)
{
    filling *f = work;
    size_t first = block * BLOCK, n = f->n - first < BLOCK ? f->n - first : BLOCK, p = mlab_design_columns(f->design);
    double *x = scratch;
    mlab_status status = mlab_design_fill(f->design, f->panel->rows, f->rows + first, 0, n, x, NULL, err);
    for (size_t i = 0; i < n && !status; i++) f->sums[block] += x[i * p + p - 1];
    return status;
}

static void time_fill(const mlab_context *context, const mlab_panel *panel, const char *text, int repeats)
{
    mlab_formula *formula;
    mlab_error err;
    filling f = {.context = context, .panel = panel};
    need(mlab_formula_parse(context, text, NULL, &formula, &err), text, &err);
    double begin = mlab_os_seconds(), best = 1e9;
    need(mlab_design_make(formula, panel->rows, NULL, &f.design, &err), text, &err);
    double made = mlab_os_seconds() - begin;
    uint8_t *complete = room(panel->n_rows, 1);
    uint32_t *rows = room(panel->n_rows, sizeof *rows);
    need(mlab_design_complete(f.design, panel->rows, complete, &err), text, &err);
    for (size_t i = 0; i < panel->n_rows; i++)
        if (complete[i]) rows[f.n++] = (uint32_t)i;
    f.rows = rows;
    size_t n_blocks = (f.n + BLOCK - 1) / BLOCK;
    f.sums = room(n_blocks, sizeof *f.sums);
    for (int k = 0; k < repeats; k++) {
        begin = mlab_os_seconds();
        need(mlab_parallel_blocks(context, NULL, n_blocks, BLOCK * mlab_design_columns(f.design) * sizeof(double), fill_block, &f, &err), text, &err);
        double seconds = mlab_os_seconds() - begin;
        best = seconds < best ? seconds : best;
    }
    printf("fill   %8zu rows x %2zu columns  %.3f s  %5.1f ns a row, made in %.3f s  %s\n", f.n, mlab_design_columns(f.design), best,
           best / (double)f.n * 1e9, made, text);
    mlab_design_free(f.design);
    mlab_formula_free(formula);
    free(complete);
    free(rows);
    free(f.sums);
}

int main(int argc, char **argv)
{
    uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 80000;
    int repeats = argc > 3 ? atoi(argv[3]) : 5;
    mlab_context context;
    mlab_error err;
    firm f = {0};
    need(mlab_setup(&context, &err), "setup", &err);
    if (argc > 2) context.threads = atoi(argv[2]);
    f.arm = (mlab_panel_arm){.name = "structured", .filter = "kind == 'program'", .met = ""};
    f.spec = (mlab_panel_spec){.months_per_period = 3,
                               .from = mlab_date_from_civil(2020, 1, 1),
                               .to = mlab_date_from_civil(2023, 12, 31),
                               .as_of = mlab_date_from_civil(2023, 12, 31),
                               .reference = "none",
                               .arms = &f.arm,
                               .n_arms = 1,
                               .both_separate = true};
    make_people(&context, &f, n);
    make_events(&context, &f);
    mlab_panel *panel = NULL;
    double best = 1e9;
    for (int k = 0; k < repeats; k++) {
        mlab_findings findings;
        mlab_findings_start(&findings, &context);
        mlab_panel_free(panel);
        double begin = mlab_os_seconds();
        need(mlab_panel_build(&context, &f.in, f.promotions, f.n_promotions, &f.answers, &f.ties, &f.spec, &findings, &panel, &err), "panel", &err);
        double seconds = mlab_os_seconds() - begin;
        best = seconds < best ? seconds : best;
        mlab_findings_free(&findings);
    }
    printf("panel  %8zu person-periods of %zu people, %d threads  %.3f s  %5.1f ns a row, peak %.0f MB\n", panel->n_rows, panel->n_people,
           context.threads, best, best / (double)panel->n_rows * 1e9, (double)mlab_os_peak_memory() / 1e6);
    time_fill(&context, panel, "~ arm + gender + grade + tenure", repeats);
    time_fill(&context, panel, "~ arm + gender + department + ns(tenure, 3) + ns(time_in_grade, 3) + grade + mentoring_others", repeats);
    time_fill(&context, panel, "~ arm * ns(tenure, 3) + department:grade + satisfaction_last + log(tenure + 1)", repeats);
    mlab_panel_free(panel);
    return EXIT_SUCCESS;
}
