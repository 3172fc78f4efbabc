/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times the subdistribution hazard of promotion with leaving as the competing event, from the typed table to estimates and errors.
 *
 *   bench_fine_gray                               growth from 1,000 to 1,000,000 people
 *   bench_fine_gray PEOPLE THREADS REPEATS [CSV]  one of them; tests/bench/fine_gray_peers runs it beside R
 *
 * Five covariates; days to promotion and to leaving are exponential, and people are censored at a day between 365 and 3,650.
 * CSV: the data are written there for the peer and nothing is timed.
 */
#include "bench/bench.h"
#include "core/random.h"
#include "fit/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { COLUMNS = 5 };
static const char *const names[COLUMNS] = {"informal", "structured", "female", "grade", "tenure"};

typedef struct people {
    mlab_table *table;
    double *x[COLUMNS];
    int32_t *stop, *status;
    size_t n;
} people;

static people generate(const mlab_context *context, size_t n)
{
    people p = {.n = n, .stop = mlab_bench_room(n, sizeof *p.stop), .status = mlab_bench_room(n, sizeof *p.status)};
    mlab_error err;
    if (mlab_table_make(context, n, &p.table, &err)) mlab_bench_stop("table", &err);
    for (int k = 0; k < COLUMNS; k++) {
        mlab_column *column;
        if (mlab_table_add(p.table, names[k], MLAB_COLUMN_REAL, NULL, 0, &column, &err)) mlab_bench_stop("column", &err);
    }
    for (int k = 0; k < COLUMNS; k++) p.x[k] = mlab_table_find(p.table, names[k])->as.real;
    for (size_t i = 0; i < n; i++) {
        mlab_address row = {.seed = 20261122, .entity = (uint32_t)i, .purpose = MLAB_PURPOSE_TEST};
        double arm = mlab_random_uniform(&row, 0), u[6];
        for (uint32_t k = 0; k < 6; k++) u[k] = mlab_random_uniform(&row, k + 1);
        p.x[0][i] = arm < 0.3;
        p.x[1][i] = arm > 0.75;
        p.x[2][i] = u[0] < 0.45;
        p.x[3][i] = 1 + floor(6 * u[1]);
        p.x[4][i] = -4 * log(u[2]);
        double eta = 0.2 * p.x[0][i] + 0.4 * p.x[1][i] - 0.1 * p.x[2][i] - 0.08 * p.x[3][i] + 0.02 * p.x[4][i];
        double promoted = -1500 * exp(-eta) * log(u[3]), left = -2500 * log(u[4]), seen = 365 + 3285 * u[5];
        p.status[i] = promoted < left && promoted < seen ? 1 : left < seen ? 2 : 0;
        p.stop[i] = (int32_t)ceil(p.status[i] == 1 ? promoted : p.status[i] == 2 ? left : seen);
    }
    return p;
}

static void release(people *p)
{
    mlab_table_free(p->table);
    free(p->stop);
    free(p->status);
}

static void write_csv(const people *p, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) exit(EXIT_FAILURE);
    fputs("days,event,informal,structured,female,grade,tenure\n", file);
    for (size_t i = 0; i < p->n; i++) {
        fprintf(file, "%d,%d", p->stop[i], p->status[i]);
        for (int k = 0; k < COLUMNS; k++) fprintf(file, ",%.17g", p->x[k][i]);
        fputc('\n', file);
    }
    fclose(file);
}

typedef struct job {
    const mlab_context *context;
    const people *p;
    mlab_fit *fit;
} job;

static void fit_once(void *work)
{
    job *j = work;
    const mlab_context *context = j->context;
    const people *p = j->p;
    mlab_error err;
    mlab_formula *formula;
    mlab_design *design;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit_free(j->fit);
    j->fit = NULL;
    if (mlab_formula_parse(context, "~ informal + structured + female + grade + tenure", NULL, &formula, &err)) mlab_bench_stop("formula", &err);
    if (mlab_design_make(formula, p->table, NULL, &design, &err)) mlab_bench_stop("design", &err);
    mlab_fit_problem problem = {.table = p->table, .n = p->n, .design = design, .stop = p->stop, .status = p->status, .outcome = "it"};
    if (mlab_fit_problem_fit(context, mlab_model_find("fine_gray"), &problem, &options, &j->fit, &err)) mlab_bench_stop("fit", &err);
    mlab_design_free(design);
    mlab_formula_free(formula);
}

static void figures(void)
{
    for (size_t n = 1000; n <= 1000000; n *= 10)
        for (int threads = 1; threads <= 2; threads++) {
            mlab_context context = mlab_bench_context(threads);
            people p = generate(&context, n);
            char what[100];
            job j = {.context = &context, .p = &p};
            mlab_bench_times times = mlab_bench_time(n > 100000 ? 3 : 7, fit_once, &j);
            mlab_fit_free(j.fit);
            snprintf(what, sizeof what, "subdistribution hazard, 5 covariates, %zu people", n);
            mlab_bench_figure(what, threads, times.clock, "s");
            release(&p);
        }
    mlab_bench_memory("peak memory, data included");
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        figures();
        return EXIT_SUCCESS;
    }
    if (argc < 4) {
        fputs("bench_fine_gray PEOPLE THREADS REPEATS [CSV]\n", stderr);
        return 2;
    }
    mlab_context context = mlab_bench_context((int)strtol(argv[2], NULL, 10));
    people p = generate(&context, strtoull(argv[1], NULL, 10));
    if (argc > 4) {
        write_csv(&p, argv[4]);
    } else {
        job j = {.context = &context, .p = &p};
        mlab_bench_times times = mlab_bench_time(strtoull(argv[3], NULL, 10), fit_once, &j);
        mlab_fit *fit = j.fit;
        mlab_bench_line("fine_gray", p.n, context.threads, times);
        for (size_t k = 0; k < fit->n_parameters; k++)
            printf("  %-12s %.12g %.12g\n", fit->names[k], fit->estimate[k], mlab_fit_standard_error(fit, k));
        printf("  logLik %.8f\n", fit->log_likelihood);
        mlab_fit_free(fit);
    }
    release(&p);
    return EXIT_SUCCESS;
}
