/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times bootstraps of a weighted estimate: samples of people, the propensity refitted in each to its own maximum, the difference of weighted shares.
 *
 *   bench_bootstrap                                the figures of 7,700 and 77,000 people, 1,000 samples
 *   bench_bootstrap PEOPLE SAMPLES THREADS [CSV]   one of them; tests/bench/bootstrap_peers runs it beside R
 *
 * Covariates of the propensity: female, grade 1 to 6, tenure. CSV: the people are written there for the peer and nothing is timed.
 */
#include "bench/bench.h"
#include "core/elementary.h"
#include "core/parallel.h"
#include "core/random.h"
#include "fit/model.h"
#include "fit/refits.h"
#include "fit/tiles.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct people {
    size_t n, samples;
    mlab_table *table;
    double *x[3];    /* [n] covariates */
    double *against; /* by tiles, four columns: 1 and the covariates, with the other sign for those in the arm */
    double *counted; /* by tiles, four columns: in the arm, and had the outcome there; not in it, and had it there */
    int32_t *arm, *outcome;
    mlab_prepared *prepared;
    mlab_refits *refits;
    mlab_fit *fit;
    double *difference; /* [samples] */
    const mlab_context *context;
} people;

static people generate(const mlab_context *context, size_t n)
{
    static const char *const names[] = {"female", "grade", "tenure"};
    people p = {.n = n, .context = context};
    mlab_error err;
    mlab_column *columns[3];
    if (mlab_table_make(context, n, &p.table, &err)) mlab_bench_stop("table", &err);
    for (int k = 0; k < 3; k++)
        if (mlab_table_add(p.table, names[k], MLAB_COLUMN_REAL, NULL, 0, &columns[k], &err)) mlab_bench_stop("column", &err);
    for (int k = 0; k < 3; k++) p.x[k] = mlab_table_find(p.table, names[k])->as.real;
    p.against = mlab_bench_room((n + MLAB_TILE) * 4, sizeof *p.against);
    p.counted = mlab_bench_room((n + MLAB_TILE) * 4, sizeof *p.counted);
    p.arm = mlab_bench_room(n, sizeof *p.arm);
    p.outcome = mlab_bench_room(n, sizeof *p.outcome);
    for (size_t i = 0; i < n; i++) {
        mlab_address at = {.seed = 20240517, .entity = (uint32_t)i, .purpose = MLAB_PURPOSE_TEST};
        double x[4] = {1};
        x[1] = mlab_random_uniform(&at, 0) < 0.45;
        x[2] = floor(1 + 6 * mlab_random_uniform(&at, 1));
        x[3] = -4 * log(mlab_random_uniform(&at, 2));
        for (int k = 0; k < 3; k++) p.x[k][i] = x[k + 1];
        p.arm[i] = mlab_random_uniform(&at, 3) < mlab_logistic(-0.9 + 0.3 * x[1] + 0.1 * x[2] - 0.05 * x[3]);
        p.outcome[i] = mlab_random_uniform(&at, 4) < mlab_logistic(-1.2 + 0.3 * p.arm[i] - 0.1 * x[2] + 0.05 * x[3]);
        size_t place = i / MLAB_TILE * MLAB_TILE * 4 + i % MLAB_TILE;
        for (size_t j = 0; j < 4; j++) p.against[place + j * MLAB_TILE] = p.arm[i] ? -x[j] : x[j];
        double *counted = p.counted + place + (p.arm[i] ? 0 : 2 * MLAB_TILE);
        counted[0] = 1;
        counted[MLAB_TILE] = p.outcome[i];
    }
    return p;
}

static double weighted_difference(const people *p, const double *b, const uint16_t *count)
{
    const mlab_kernels *kernels = mlab_kernels_of(p->context);
    double sums[4] = {0}, e[MLAB_TILE], w[MLAB_TILE];
    for (size_t first = 0; first < p->n; first += MLAB_TILE) {
        size_t n = p->n - first < MLAB_TILE ? p->n - first : MLAB_TILE, whole = mlab_whole_lanes(n);
        memset(e, 0, whole * sizeof *e);
        kernels->predict(p->against + 4 * first, 4, b, whole, e);
        mlab_exp_array(p->context, e, e, n); /* 1 / P(what was done) = 1 + exp(-+ eta) */
        if (count)
            kernels->widen(count + first, n, w);
        else
            for (size_t i = 0; i < n; i++) w[i] = 1;
        for (size_t i = 0; i < n; i++) w[i] += e[i] * w[i];
        for (size_t i = n; i < whole; i++) w[i] = 0;
        kernels->project(p->counted + 4 * first, 4, w, whole, sums);
    }
    return sums[1] / sums[0] - sums[3] / sums[2];
}

/* A batch of samples. */
static mlab_status some_samples(void *work, size_t block, void *scratch, mlab_error *err)
{
    people *p = work;
    double estimate[4 * MLAB_REFITS_BATCH];
    const uint16_t *count[MLAB_REFITS_BATCH] = {NULL};
    mlab_context own = *p->context;
    mlab_refit_info info[MLAB_REFITS_BATCH];
    size_t first = block * MLAB_REFITS_BATCH, n = p->samples - first < MLAB_REFITS_BATCH ? p->samples - first : MLAB_REFITS_BATCH;
    own.threads = 1;
    for (size_t k = 0; k < n; k++) {
        uint16_t *one = (uint16_t *)scratch + k * p->n;
        mlab_address at = {.seed = 1, .draw = (uint32_t)(first + k), .purpose = MLAB_PURPOSE_BOOTSTRAP};
        mlab_random_counts(&own, &at, p->n, one);
        count[k] = one;
    }
    mlab_status status = mlab_refits_run(&own, p->refits, n, count, estimate, info, err);
    for (size_t k = 0; k < n && !status; k++) p->difference[first + k] = weighted_difference(p, estimate + 4 * k, count[k]);
    return status;
}

static void all_samples(void *work)
{
    people *p = work;
    mlab_error err;
    size_t blocks = (p->samples + MLAB_REFITS_BATCH - 1) / MLAB_REFITS_BATCH;
    if (mlab_refits_make(p->context, p->prepared, p->fit->estimate, &p->refits, &err)) mlab_bench_stop("refits", &err);
    if (mlab_parallel_blocks(p->context, NULL, blocks, MLAB_REFITS_BATCH * p->n * sizeof(uint16_t), some_samples, p, &err))
        mlab_bench_stop("bootstrap", &err);
    mlab_refits_free(p->refits);
}

static void write_people(const people *p, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) exit(EXIT_FAILURE);
    fprintf(file, "arm,outcome,female,grade,tenure\n");
    for (size_t i = 0; i < p->n; i++) fprintf(file, "%d,%d,%.17g,%.17g,%.17g\n", p->arm[i], p->outcome[i], p->x[0][i], p->x[1][i], p->x[2][i]);
    fclose(file);
}

static void bench(size_t n, size_t samples, int threads, const char *csv)
{
    static const char *const no_yes[] = {"no", "yes"};
    mlab_context context = mlab_bench_context(threads);
    people p = generate(&context, n);
    mlab_error err;
    mlab_formula *formula;
    mlab_design *design;
    char what[120];
    if (csv) {
        write_people(&p, csv);
        return;
    }
    if (mlab_formula_parse(&context, "~ female + grade + tenure", NULL, &formula, &err)) mlab_bench_stop("formula", &err);
    if (mlab_design_make(formula, p.table, NULL, &design, &err)) mlab_bench_stop("design", &err);
    mlab_fit_problem problem = {.table = p.table, .n = n, .design = design, .category = p.arm, .n_categories = 2, .categories = no_yes};
    mlab_fit_options options = mlab_fit_defaults();
    if (mlab_prepare(&context, mlab_model_find("logit"), &problem, &options, &p.prepared, &err)) mlab_bench_stop("prepare", &err);
    if (mlab_prepared_fit(&context, p.prepared, &p.fit, &err)) mlab_bench_stop("fit", &err);
    p.samples = samples;
    p.difference = mlab_bench_room(samples, sizeof *p.difference);
    mlab_bench_line(samples == 1000 ? "bootstrap" : "some_bootstraps", n, threads, mlab_bench_time(3, all_samples, &p));
    double mean = 0, square = 0;
    for (size_t b = 0; b < samples; b++) mean += p.difference[b] / (double)samples;
    for (size_t b = 0; b < samples; b++) square += (p.difference[b] - mean) * (p.difference[b] - mean) / (double)(samples - 1);
    snprintf(what, sizeof what, "  estimate of %zu people", n);
    mlab_bench_figure(what, threads, weighted_difference(&p, p.fit->estimate, NULL), "");
    snprintf(what, sizeof what, "  its bootstrap error");
    mlab_bench_figure(what, threads, sqrt(square), "");
    mlab_fit_free(p.fit);
    mlab_prepared_free(p.prepared);
    mlab_design_free(design);
    mlab_formula_free(formula);
    mlab_table_free(p.table);
    void *const memory[] = {p.against, p.counted, p.arm, p.outcome, p.difference};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) free(memory[k]);
}

int main(int n, char **arguments)
{
    if (n >= 4) {
        bench(strtoul(arguments[1], NULL, 10), strtoul(arguments[2], NULL, 10), atoi(arguments[3]), n > 4 ? arguments[4] : NULL);
        return EXIT_SUCCESS;
    }
    for (int threads = 1; threads <= 2; threads++) {
        bench(7700, 1000, threads, NULL);
        bench(77000, 1000, threads, NULL);
    }
    return EXIT_SUCCESS;
}
