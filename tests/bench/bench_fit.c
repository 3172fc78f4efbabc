/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times a discrete hazard on person-periods, from the typed table in memory to estimates, errors and status.
 *
 *   bench_fit                                                      the figures of 1 million rows
 *   bench_fit ROWS plain|hard THREADS REPEATS none|person cloglog|logit|ordinal [CSV]  one of them; tests/bench/fit_peers runs it beside R
 *
 * plain: arm (3), female, grade 1 to 6, tenure and quarter on a grid. hard: tenure and a score are continuous, no two rows alike.
 * cloglog, logit: the hazard of the event; ordinal: cumulative logit of five levels. none: model-based errors, as glm of R gives; person:
 * cluster-robust errors and influence as well. CSV: the data are written there for the peer and nothing is timed. Prints seconds (median, lowest),
 * peak memory, estimates.
 */
#include "bench/bench.h"
#include "core/random.h"
#include "fit/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct panel {
    mlab_table *table;
    int32_t *event, *level;
    double *offset;
    uint32_t *person;
    size_t n, n_people;
} panel;

static const char *const arms[] = {"none", "informal", "structured"};

/* People of up to 20 quarters each, until there are n rows. */
static void generate(const mlab_context *context, panel *p, bool hard)
{
    mlab_error err;
    mlab_column *column;
    const char *const names[] = {"arm", "female", "grade", "tenure", "quarter", "score"};
    const mlab_column_type types[] = {MLAB_COLUMN_FACTOR, MLAB_COLUMN_INTEGER, MLAB_COLUMN_INTEGER,
                                      MLAB_COLUMN_REAL,   MLAB_COLUMN_INTEGER, MLAB_COLUMN_REAL};
    if (mlab_table_make(context, p->n, &p->table, &err)) mlab_bench_stop("table", &err);
    for (int k = 0; k < 6; k++)
        if (mlab_table_add(p->table, names[k], types[k], k == 0 ? arms : NULL, k == 0 ? 3 : 0, &column, &err)) mlab_bench_stop("column", &err);
    int32_t *arm = mlab_table_find(p->table, "arm")->as.integer, *female = mlab_table_find(p->table, "female")->as.integer;
    int32_t *grade = mlab_table_find(p->table, "grade")->as.integer, *quarter = mlab_table_find(p->table, "quarter")->as.integer;
    double *tenure = mlab_table_find(p->table, "tenure")->as.real, *score = mlab_table_find(p->table, "score")->as.real;
    for (size_t i = 0; i < p->n;) {
        mlab_address who = {.seed = 20240517, .entity = (uint32_t)p->n_people, .purpose = MLAB_PURPOSE_TEST};
        int32_t a = (int32_t)(3 * mlab_random_uniform(&who, 0)), f = mlab_random_uniform(&who, 1) < 0.45;
        int32_t g = 1 + (int32_t)(6 * mlab_random_uniform(&who, 2));
        double entry = -4 * log(mlab_random_uniform(&who, 3)), own = mlab_random_normal(&who, 4);
        if (!hard) entry = floor(4 * fmin(entry, 30)) / 4;
        for (int32_t q = 1; q <= 20 && i < p->n; q++, i++) {
            mlab_address now = who;
            now.period = (uint16_t)q;
            double share = mlab_random_uniform(&now, 0) < 0.05 ? 0.5 : 1;
            arm[i] = a;
            female[i] = f;
            grade[i] = g;
            quarter[i] = q;
            tenure[i] = entry + 0.25 * (q - 1);
            score[i] = hard ? own + 0.3 * mlab_random_normal(&now, 2) : 0;
            double eta = -3.1 - 0.2 * (a == 1) - 0.4 * (a == 2) + 0.1 * f - (hard ? 0.1 * score[i] : 0.1 * g) - 0.03 * tenure[i] - 0.01 * q;
            p->offset[i] = log(share);
            if (p->person) p->person[i] = (uint32_t)p->n_people;
            p->event[i] = mlab_random_uniform(&now, 1) < -expm1(-share * exp(eta));
            double u = mlab_random_uniform(&now, 4), latent = log(u / (1 - u)) + 0.3 * (a > 0) - 0.05 * f - 0.01 * tenure[i] + 0.05 * score[i];
            if (p->level) p->level[i] = (latent > -1.8) + (latent > -0.7) + (latent > 0.5) + (latent > 1.9);
            if (p->event[i]) {
                i++;
                break;
            }
        }
        p->n_people++;
    }
}

static void write_csv(const panel *p, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) exit(EXIT_FAILURE);
    fputs("event,level,offset,person,arm,female,grade,tenure,quarter,score\n", file);
    for (size_t i = 0; i < p->n; i++)
        fprintf(file, "%d,%d,%.17g,%u,%s,%d,%d,%.17g,%d,%.17g\n", p->event[i], p->level[i] + 1, p->offset[i], p->person[i],
                arms[mlab_table_find(p->table, "arm")->as.integer[i]], mlab_table_find(p->table, "female")->as.integer[i],
                mlab_table_find(p->table, "grade")->as.integer[i], mlab_table_find(p->table, "tenure")->as.real[i],
                mlab_table_find(p->table, "quarter")->as.integer[i], mlab_table_find(p->table, "score")->as.real[i]);
    fclose(file);
}

typedef struct job {
    const mlab_context *context;
    const panel *p;
    bool hard, clustered;
    const char *what; /* cloglog, logit, ordinal */
    mlab_fit *fit;
} job;

static void fit_once(void *work)
{
    job *j = work;
    const mlab_context *context = j->context;
    const panel *p = j->p;
    static const char *const names[] = {"none", "exit"}, *const levels[] = {"1", "2", "3", "4", "5"};
    const bool hard = j->hard, ordinal = !strcmp(j->what, "ordinal");
    mlab_error err;
    mlab_formula *formula;
    mlab_design *design;
    mlab_fit_options options = mlab_fit_defaults();
    options.link = !strcmp(j->what, "logit");
    mlab_fit_free(j->fit);
    j->fit = NULL;
    if (mlab_formula_parse(context, hard ? "~ arm + female + score + tenure + quarter" : "~ arm + female + grade + tenure + quarter", NULL, &formula,
                           &err))
        mlab_bench_stop("formula", &err);
    if (mlab_design_make(formula, p->table, NULL, &design, &err)) mlab_bench_stop("design", &err);
    mlab_fit_problem problem = {.table = p->table,
                                .n = p->n,
                                .design = design,
                                .category = ordinal ? p->level : p->event,
                                .n_categories = ordinal ? 5 : 2,
                                .categories = ordinal ? levels : names,
                                .offset = ordinal ? NULL : p->offset,
                                .outcome = "exit"};
    if (j->clustered) {
        problem.cluster = p->person;
        problem.n_clusters = p->n_people;
        problem.cluster_name = "person";
    }
    if (mlab_fit_problem_fit(context, mlab_model_find(ordinal ? "ordinal" : "hazard"), &problem, &options, &j->fit, &err))
        mlab_bench_stop("fit", &err);
    mlab_design_free(design);
    mlab_formula_free(formula);
}

/* Makes p.n rows in memory, with levels and people when they are wanted. */
static panel make_panel(const mlab_context *context, size_t n, bool hard, bool levels, bool people)
{
    panel p = {.n = n};
    p.event = mlab_bench_room(n, sizeof *p.event);
    if (levels) p.level = mlab_bench_room(n, sizeof *p.level);
    p.offset = mlab_bench_room(n, sizeof *p.offset);
    if (people) p.person = mlab_bench_room(n, sizeof *p.person);
    generate(context, &p, hard);
    return p;
}

static void free_panel(panel *p)
{
    mlab_table_free(p->table);
    free(p->event);
    free(p->level);
    free(p->offset);
    free(p->person);
}

static void figures(void)
{
    enum { ROWS = 1000000, REPEATS = 7 };
    for (int hard = 0; hard < 2; hard++) {
        mlab_context context = mlab_bench_context(1);
        panel p = make_panel(&context, ROWS, hard, false, true);
        for (int clustered = 0; clustered < 2; clustered++)
            for (context.threads = 1; context.threads <= 2; context.threads++) {
                char what[100];
                job j = {.context = &context, .p = &p, .hard = hard, .clustered = clustered, .what = "cloglog"};
                mlab_bench_times times = mlab_bench_time(REPEATS, fit_once, &j);
                snprintf(what, sizeof what, "hazard, 1 M person-periods, 7 coefficients, %s%s", hard ? "continuous" : "on a grid",
                         clustered ? ", clusters" : "");
                mlab_bench_figure(what, context.threads, times.clock, "s");
                mlab_fit_free(j.fit);
            }
        free_panel(&p);
    }
    mlab_bench_memory("peak memory, data included");
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        figures();
        return EXIT_SUCCESS;
    }
    if (argc < 7) {
        fputs("bench_fit ROWS plain|hard THREADS REPEATS none|person cloglog|logit|ordinal [CSV]\n", stderr);
        return EXIT_FAILURE;
    }
    mlab_context context = mlab_bench_context(atoi(argv[3]));
    job j = {.context = &context, .hard = !strcmp(argv[2], "hard"), .clustered = !strcmp(argv[5], "person"), .what = argv[6]};
    panel p = make_panel(&context, strtoul(argv[1], NULL, 10), j.hard, argc > 7 || !strcmp(j.what, "ordinal"), argc > 7 || j.clustered);
    j.p = &p;
    if (argc > 7) {
        write_csv(&p, argv[7]);
        free_panel(&p);
        return EXIT_SUCCESS;
    }
    mlab_bench_times times = mlab_bench_time(strtoul(argv[4], NULL, 10), fit_once, &j);
    const mlab_fit *fit = j.fit;
    mlab_bench_line(j.what, p.n, context.threads, times);
    printf("  %s, people %zu, events %llu, %d steps, %s\n", argv[2], p.n_people, (unsigned long long)fit->n_events, fit->iterations,
           mlab_trust_name(fit->trust));
    for (size_t k = 0; k < fit->n_parameters; k++) printf("  %-16s %.15g %.15g\n", fit->names[k], fit->estimate[k], mlab_fit_standard_error(fit, k));
    printf("  logLik %.10f\n", fit->log_likelihood);
    mlab_fit_free(j.fit);
    free_panel(&p);
    return EXIT_SUCCESS;
}
