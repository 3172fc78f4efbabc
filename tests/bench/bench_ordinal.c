/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times ordinal models, from the typed table in memory to estimates and errors: plain, with an effect by threshold, with an effect on the scale.
 *
 *   bench_ordinal                                   the figures of 100,000 and 1 million rows
 *   bench_ordinal ROWS plain|nominal|scale [CSV]    one of them; tests/bench/ordinal_peers runs it beside clm. CSV: the data are written there and
 * nothing is timed
 *
 * Five levels; arm (3) with an effect by threshold, female, grade 1 to 6, tenure continuous; the scale differs by female. Seconds are those of the
 * processor, one thread.
 */
#include "bench/bench.h"
#include "core/random.h"
#include "fit/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const arms[] = {"none", "informal", "structured"}, *const levels[] = {"1", "2", "3", "4", "5"};
static const double thresholds[] = {-2, -0.7, 0.6, 2.2}, by_threshold[] = {0.2, 0.3, 0.4, 0.5};

static void stop(const char *what, const mlab_error *err)
{
    fprintf(stderr, "%s: %s\n", what, err->sentence);
    exit(EXIT_FAILURE);
}

typedef struct rows {
    mlab_table *table;
    int32_t *level;
    size_t n;
} rows;

static rows generate(const mlab_context *context, size_t n)
{
    mlab_error err;
    mlab_column *column[4];
    rows r = {.n = n, .level = malloc((n ? n : 1) * sizeof *r.level)};
    static const char *const names[] = {"arm", "female", "grade", "tenure"};
    static const mlab_column_type types[] = {MLAB_COLUMN_FACTOR, MLAB_COLUMN_INTEGER, MLAB_COLUMN_INTEGER, MLAB_COLUMN_REAL};
    if (!r.level || mlab_table_make(context, n, &r.table, &err)) stop("table", &err);
    for (int k = 0; k < 4; k++)
        if (mlab_table_add(r.table, names[k], types[k], k ? NULL : arms, k ? 0 : 3, &column[k], &err)) stop("column", &err);
    for (int k = 0; k < 4; k++) column[k] = mlab_table_find(r.table, names[k]);
    for (size_t i = 0; i < n; i++) {
        mlab_address at = {.seed = 20240518, .entity = (uint32_t)i, .purpose = MLAB_PURPOSE_TEST};
        int32_t a = (int32_t)(3 * mlab_random_uniform(&at, 0)), f = mlab_random_uniform(&at, 1) < 0.45;
        int32_t g = 1 + (int32_t)(6 * mlab_random_uniform(&at, 2));
        double t = -4 * log(mlab_random_uniform(&at, 3)), u = mlab_random_uniform(&at, 4), e = log(u / (1 - u)) * exp(0.15 * f);
        column[0]->as.integer[i] = a;
        column[1]->as.integer[i] = f;
        column[2]->as.integer[i] = g;
        column[3]->as.real[i] = t;
        int32_t y = 0;
        while (y < 4 && e > thresholds[y] - 0.05 * g - 0.02 * t + 0.1 * f - by_threshold[y] * (a == 2) - 0.15 * (a == 1)) y++;
        r.level[i] = y;
    }
    return r;
}

static void write_csv(const rows *r, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) exit(EXIT_FAILURE);
    fputs("level,arm,female,grade,tenure\n", file);
    for (size_t i = 0; i < r->n; i++)
        fprintf(file, "%s,%s,%d,%d,%.17g\n", levels[r->level[i]], arms[mlab_table_find(r->table, "arm")->as.integer[i]],
                mlab_table_find(r->table, "female")->as.integer[i], mlab_table_find(r->table, "grade")->as.integer[i],
                mlab_table_find(r->table, "tenure")->as.real[i]);
    fclose(file);
}

/* Seconds of the processor. */
static double fit_once(const mlab_context *context, const rows *r, const char *kind, mlab_fit **fit)
{
    static const char *const arm_term[] = {"arm"}, *const female_term[] = {"female"};
    mlab_error err;
    mlab_formula *formula;
    mlab_design *design;
    mlab_fit_options options = mlab_fit_defaults();
    clock_t began = clock();
    if (mlab_formula_parse(context, "~ arm + female + grade + tenure", NULL, &formula, &err)) stop("formula", &err);
    if (mlab_design_make(formula, r->table, NULL, &design, &err)) stop("design", &err);
    mlab_fit_problem problem = {.table = r->table,
                                .n = r->n,
                                .design = design,
                                .category = r->level,
                                .n_categories = 5,
                                .categories = levels,
                                .outcome = "satisfaction",
                                .nominal = arm_term,
                                .n_nominal = strcmp(kind, "nominal") == 0,
                                .scale = female_term,
                                .n_scale = strcmp(kind, "scale") == 0};
    if (mlab_fit_problem_fit(context, mlab_model_find("ordinal"), &problem, &options, fit, &err)) stop("fit", &err);
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    mlab_design_free(design);
    mlab_formula_free(formula);
    return seconds;
}

static double best_of(const mlab_context *context, const rows *r, const char *kind, int repeats, mlab_fit **fit)
{
    double best = HUGE_VAL;
    *fit = NULL;
    for (int k = 0; k < repeats; k++) {
        mlab_fit_free(*fit);
        best = fmin(best, fit_once(context, r, kind, fit));
    }
    return best;
}

static void figures(const mlab_context *context)
{
    static const char *const kinds[] = {"plain", "nominal", "scale"};
    for (size_t n = 100000; n <= 1000000; n *= 10) {
        rows r = generate(context, n);
        for (size_t k = 0; k < 3; k++) {
            char what[80];
            mlab_fit *fit;
            double seconds = best_of(context, &r, kinds[k], 3, &fit);
            snprintf(what, sizeof what, "ordinal, %zu rows, 5 levels, %s (processor)", n, kinds[k]);
            mlab_bench_figure(what, 1, seconds, "s");
            mlab_fit_free(fit);
        }
        mlab_table_free(r.table);
        free(r.level);
    }
    mlab_bench_memory("peak memory, data included");
}

int main(int argc, char **argv)
{
    mlab_context context = mlab_bench_context(1);
    if (argc < 3) {
        figures(&context);
        return EXIT_SUCCESS;
    }
    rows r = generate(&context, (size_t)strtoul(argv[1], NULL, 10));
    if (argc > 3)
        write_csv(&r, argv[3]);
    else {
        mlab_fit *fit;
        double seconds = best_of(&context, &r, argv[2], 3, &fit);
        printf("mentorlab %s: rows %zu: %.3f s of the processor, %d steps, logLik %.10f\n", argv[2], r.n, seconds, fit->iterations,
               fit->log_likelihood);
        for (size_t j = 0; j < fit->n_parameters; j++)
            printf("  %-24s %.12g %.12g\n", fit->names[j], fit->estimate[j], mlab_fit_standard_error(fit, j));
        mlab_bench_memory("peak memory, data included");
        mlab_fit_free(fit);
    }
    mlab_table_free(r.table);
    free(r.level);
    return EXIT_SUCCESS;
}
