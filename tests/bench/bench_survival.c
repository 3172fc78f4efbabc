/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times Cox's model, Kaplan-Meier and Aalen-Johansen, from the typed table in memory to estimates and errors.
 *
 *   bench_survival                                                     the figures of 1,000,000 people
 *   bench_survival ROWS grid|days cox|km|aj THREADS REPEATS [CSV]      one of them; tests/bench/survival_peers runs it beside R
 *
 * grid: quarters 1 to 20, as in a panel; days: up to 5,000 days and a continuous covariate, hardly a tie. Curves are by arm. Prints the
 * median of the clock and of the processor's time, peak memory, estimates. CSV: the data are written there and nothing is timed.
 */
#include "bench/bench.h"
#include "core/random.h"
#include "fit/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct people {
    mlab_table *table;
    int32_t *stop, *left, *cause; /* cause: 0 censored, 1 left, 2 promoted */
    double *time;
    size_t n;
} people;

static const char *const arms[] = {"none", "informal", "structured"};
static const char *const names[] = {"arm", "female", "grade", "tenure"};

static people generate(const mlab_context *context, size_t n, bool days)
{
    static const mlab_column_type types[] = {MLAB_COLUMN_FACTOR, MLAB_COLUMN_INTEGER, MLAB_COLUMN_INTEGER, MLAB_COLUMN_REAL};
    people p = {.n = n};
    mlab_error err;
    mlab_column *columns[4];
    if (mlab_table_make(context, n, &p.table, &err)) mlab_bench_stop("table", &err);
    for (int k = 0; k < 4; k++)
        if (mlab_table_add(p.table, names[k], types[k], k == 0 ? arms : NULL, k == 0 ? 3 : 0, &columns[k], &err)) mlab_bench_stop("column", &err);
    for (int k = 0; k < 4; k++) columns[k] = mlab_table_find(p.table, names[k]);
    p.stop = mlab_bench_room(n, sizeof *p.stop);
    p.left = mlab_bench_room(n, sizeof *p.left);
    p.cause = mlab_bench_room(n, sizeof *p.cause);
    p.time = mlab_bench_room(n, sizeof *p.time);
    for (size_t i = 0; i < n; i++) {
        mlab_address row = {.seed = 20240517, .entity = (uint32_t)i, .purpose = MLAB_PURPOSE_TEST};
        int32_t a = (int32_t)(3 * mlab_random_uniform(&row, 0)), f = mlab_random_uniform(&row, 1) < 0.45;
        int32_t g = 1 + (int32_t)(6 * mlab_random_uniform(&row, 2));
        double tenure = fmin(-4 * log(mlab_random_uniform(&row, 3)), 30), censored = 20 * mlab_random_uniform(&row, 4);
        if (!days) tenure = floor(4 * tenure) / 4;
        double leave = -3.1 - 0.2 * (a == 1) - 0.4 * (a == 2) + 0.1 * f - 0.1 * g - 0.03 * tenure, promote = -3.6 + 0.25 * (a == 1) - 0.2 * g;
        double t1 = -log(mlab_random_uniform(&row, 5)) / exp(leave), t2 = -log(mlab_random_uniform(&row, 6)) / exp(promote);
        double t = fmin(censored, fmin(t1, t2));
        columns[0]->as.integer[i] = a;
        columns[1]->as.integer[i] = f;
        columns[2]->as.integer[i] = g;
        columns[3]->as.real[i] = tenure;
        p.stop[i] = 1 + (int32_t)(days ? 250 * t : t);
        p.time[i] = p.stop[i];
        p.cause[i] = t == t1 ? 1 : t == t2 ? 2 : 0;
        p.left[i] = p.cause[i] == 1;
    }
    return p;
}

static void write_csv(const people *p, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) exit(EXIT_FAILURE);
    fputs("id,stop,cause,arm,female,grade,tenure\n", file);
    for (size_t i = 0; i < p->n; i++)
        fprintf(file, "%zu,%d,%d,%s,%d,%d,%.17g\n", i, p->stop[i], p->cause[i], arms[mlab_table_find(p->table, "arm")->as.integer[i]],
                mlab_table_find(p->table, "female")->as.integer[i], mlab_table_find(p->table, "grade")->as.integer[i],
                mlab_table_find(p->table, "tenure")->as.real[i]);
    fclose(file);
}

static mlab_fit *fit_cox(const mlab_context *context, const people *p)
{
    mlab_error err;
    mlab_formula *formula;
    mlab_design *design;
    mlab_fit *fit;
    mlab_fit_options options = mlab_fit_defaults();
    if (mlab_formula_parse(context, "~ arm + female + grade + tenure", NULL, &formula, &err)) mlab_bench_stop("formula", &err);
    if (mlab_design_make(formula, p->table, NULL, &design, &err)) mlab_bench_stop("design", &err);
    mlab_fit_problem problem = {.table = p->table, .n = p->n, .design = design, .stop = p->stop, .status = p->left, .outcome = "it"};
    if (mlab_fit_problem_fit(context, mlab_model_find("cox"), &problem, &options, &fit, &err)) mlab_bench_stop("fit", &err);
    mlab_design_free(design);
    mlab_formula_free(formula);
    return fit;
}

static void tell_fit(const mlab_fit *fit)
{
    for (size_t j = 0; j < fit->n_parameters; j++) printf("  %-16s %.12g %.12g\n", fit->names[j], fit->estimate[j], mlab_fit_standard_error(fit, j));
    printf("  logLik %.10g, %d steps, %s\n", fit->log_likelihood, fit->iterations, mlab_trust_name(fit->trust));
}

static void tell_curves(const mlab_curve *curves, size_t n)
{
    for (size_t g = 0; g < n; g++) {
        size_t at = curves[g].n_times / 2, wide = curves[g].n_causes ? curves[g].n_causes : 1;
        for (size_t k = 0; k < wide; k++)
            printf("  arm %zu, time %g: %.12g %.12g\n", g, curves[g].time[at], curves[g].estimate[at * wide + k], curves[g].se[at * wide + k]);
    }
}

typedef struct job {
    const mlab_context *context;
    const people *p;
    const char *task;
    mlab_fit *fit;
    mlab_curve *curves;
} job;

static void forget(job *j)
{
    mlab_fit_free(j->fit);
    mlab_curves_free(j->curves, 3);
    j->fit = NULL;
    j->curves = NULL;
}

static void run(void *work)
{
    job *j = work;
    const people *p = j->p;
    const int32_t *arm = mlab_table_find(p->table, "arm")->as.integer;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_error err;
    bool km = !strcmp(j->task, "km");
    forget(j);
    if (!strcmp(j->task, "cox"))
        j->fit = fit_cox(j->context, p);
    else if (mlab_curve_fit(j->context, p->n, NULL, p->time, km ? p->left : p->cause, km ? 1 : 2, arm, 3, NULL, &options, &j->curves, &err))
        mlab_bench_stop(j->task, &err);
}

static void free_people(people *p)
{
    mlab_table_free(p->table);
    free(p->stop);
    free(p->left);
    free(p->cause);
    free(p->time);
}

static void figures(void)
{
    static const char *const tasks[] = {"cox", "km", "aj"};
    mlab_context context = mlab_bench_context(1);
    for (int days = 0; days < 2; days++) {
        people p = generate(&context, 1000000, days);
        for (int k = 0; k < 3; k++)
            for (context.threads = 1; context.threads <= 2; context.threads++) {
                char what[100];
                job j = {.context = &context, .p = &p, .task = tasks[k]};
                mlab_bench_times times = mlab_bench_time(3, run, &j);
                forget(&j);
                snprintf(what, sizeof what, "%s, 1,000,000 people, %s", tasks[k], days ? "days" : "quarters");
                mlab_bench_figure(what, context.threads, times.clock, "s");
            }
        free_people(&p);
    }
    mlab_bench_memory("peak memory, data included");
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        figures();
        return EXIT_SUCCESS;
    }
    if (argc < 6) {
        fputs("bench_survival ROWS grid|days cox|km|aj THREADS REPEATS [CSV]\n", stderr);
        return 2;
    }
    mlab_context context = mlab_bench_context((int)strtol(argv[4], NULL, 10));
    people p = generate(&context, strtoull(argv[1], NULL, 10), !strcmp(argv[2], "days"));
    if (argc > 6) {
        write_csv(&p, argv[6]);
    } else {
        job j = {.context = &context, .p = &p, .task = argv[3]};
        mlab_bench_times times = mlab_bench_time(strtoull(argv[5], NULL, 10), run, &j);
        if (j.fit) tell_fit(j.fit);
        if (j.curves) tell_curves(j.curves, 3);
        forget(&j);
        mlab_bench_line(argv[3], p.n, context.threads, times);
    }
    free_people(&p);
    return EXIT_SUCCESS;
}
