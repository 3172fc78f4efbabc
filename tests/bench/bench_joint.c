/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times joint models of satisfaction and leaving, from typed tables in memory to estimates, errors and effects of people.
 *
 *   bench_joint                                                              10,000 people of up to 10 periods, and growth
 *   bench_joint PEOPLE PERIODS ordinal|causes|linear|own|causes_own THREADS REPEATS     one of them
 *   bench_joint nodes                                                        rules of few nodes: their time, and how far they end from a fine one
 *
 * causes: two ways of leaving; own: the hazard has an effect of the person of its own besides. Time of the processor.
 */
#include "bench/bench.h"
#include "core/os.h"
#include "fit/joint/joint_draws.h"
#include "fit/joint_truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef enum kind { ORDINAL, CAUSES, LINEAR, OWN, CAUSES_OWN, N_KINDS } kind;
static const char *const kinds[N_KINDS] = {"ordinal", "causes", "linear", "own", "causes_own"};
static int64_t quadrature; /* nodes; 0 = those of the program */
static const char *const causes[] = {"none", "voluntary", "involuntary"}, *const levels[] = {"1", "2", "3", "4", "5"};
static const char *const names[] = {"satisfaction", "retention"};

static void stop(const char *what, const mlab_error *err)
{
    fprintf(stderr, "%s: %s\n", what, err->sentence);
    exit(EXIT_FAILURE);
}

static void *room(size_t n, size_t size)
{
    void *memory = calloc(n ? n : 1, size);
    if (!memory) exit(EXIT_FAILURE);
    return memory;
}

static void generate(const joint_truth *truth, joint_data *d)
{
    size_t most = (size_t)truth->people * truth->periods;
    *d = (joint_data){.x = room(most, sizeof(double)),
                      .time = room(most, sizeof(double)),
                      .number = room(most, sizeof(double)),
                      .level = room(most, sizeof(int32_t)),
                      .cause = room(most, sizeof(int32_t)),
                      .rows = room(most, sizeof(uint32_t)),
                      .person = room(most, sizeof(uint32_t)),
                      .person_answer = room(most, sizeof(uint32_t))};
    joint_rows(d, truth);
}

static double processor_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* How far the maximum of the Laplace approximation lies from the fit's, in standard errors: one Newton step from there with its score by differences.
 */
static double laplace_off(const mlab_context *context, const mlab_joint_part_problem *parts, const mlab_fit *fit)
{
    mlab_joint_model *m;
    mlab_error err;
    size_t n = fit->n_parameters;
    double *memory = room(2 * n, sizeof *memory), *psi = memory, *score = memory + n, value, worst = 0;
    if (mlab_joint_make(context, parts, 2, fit->joint->effects, &m, &err) || !mlab_joint_nodes(m, 1)) stop("Laplace", &err);
    for (size_t j = 0; j < n; j++) {
        double h = 0.02 * sqrt(fit->covariance[j * (n + 1)]);
        for (int side = -1; side <= 1; side += 2) {
            memcpy(psi, fit->estimate, n * sizeof *psi);
            psi[j] += side * h;
            mlab_joint_inward(m, psi);
            if (mlab_joint_settle(m, psi, &value, &err)) stop("Laplace", &err);
            score[j] += side * value / (2 * h);
        }
    }
    for (size_t i = 0; i < n; i++) {
        double step = 0;
        for (size_t j = 0; j < n; j++) step += fit->covariance[i * n + j] * score[j];
        worst = fmax(worst, fabs(step) / sqrt(fit->covariance[i * (n + 1)]));
    }
    mlab_joint_model_free(m);
    free(memory);
    return worst;
}

static double laplace; /* of the last fit, where it is asked for */
static bool with_laplace;

static double fit_once(const mlab_context *context, const joint_data *d, uint32_t people, kind what, mlab_fit **fit, double *wall)
{
    static const char *const formulas[] = {"~ x + time", "~ x"};
    mlab_fit_options options = mlab_fit_defaults();
    options.quadrature = quadrature;
    mlab_table *table;
    mlab_column *x, *t;
    mlab_error err;
    mlab_formula *formula[2];
    mlab_design *design[2];
    mlab_prepared *prepared[2];
    if (mlab_table_make(context, d->n, &table, &err) || mlab_table_add(table, "x", MLAB_COLUMN_REAL, NULL, 0, &x, &err)) stop("table", &err);
    memcpy(x->as.real, d->x, d->n * sizeof(double));
    if (mlab_table_add(table, "time", MLAB_COLUMN_REAL, NULL, 0, &t, &err)) stop("table", &err);
    memcpy(t->as.real, d->time, d->n * sizeof(double));
    double began = processor_seconds(), since = mlab_os_seconds();
    for (int k = 0; k < 2; k++)
        if (mlab_formula_parse(context, formulas[k], NULL, &formula[k], &err) || mlab_design_make(formula[k], table, NULL, &design[k], &err))
            stop("design", &err);
    mlab_fit_problem answers = {.table = table,
                                .rows = d->rows,
                                .n = d->n_answers,
                                .design = design[0],
                                .cluster = d->person_answer,
                                .n_clusters = people,
                                .cluster_name = "person",
                                .outcome = names[0]};
    mlab_fit_problem exits = {.table = table,
                              .n = d->n,
                              .design = design[1],
                              .category = d->cause,
                              .n_categories = what == CAUSES || what == CAUSES_OWN ? 3 : 2,
                              .categories = causes,
                              .cluster = d->person,
                              .n_clusters = people,
                              .cluster_name = "person",
                              .outcome = names[1]};
    if (what == LINEAR)
        answers.number = d->number;
    else
        answers.category = d->level, answers.n_categories = 5, answers.categories = levels;
    const mlab_model *model = mlab_model_find(what == LINEAR ? "linear" : "ordinal");
    if (mlab_prepare(context, model, &answers, &options, &prepared[0], &err) ||
        mlab_prepare(context, mlab_model_find("hazard"), &exits, &options, &prepared[1], &err))
        stop("prepare", &err);
    const mlab_joint_part_problem parts[] = {{prepared[0], NULL}, {prepared[1], NULL}};
    if (mlab_joint_fit_parts(context, "together", parts, names, 2, what == OWN || what == CAUSES_OWN ? MLAB_JOINT_OWN : MLAB_JOINT_SHARED, &options,
                             fit, &err))
        stop("fit", &err);
    double seconds = processor_seconds() - began;
    *wall = mlab_os_seconds() - since;
    if (with_laplace) laplace = laplace_off(context, parts, *fit);
    for (int k = 0; k < 2; k++) {
        mlab_prepared_free(prepared[k]);
        mlab_design_free(design[k]);
        mlab_formula_free(formula[k]);
    }
    mlab_table_free(table);
    return seconds;
}

/* Of each rule: time, and the largest distance of a parameter from those of the last, finest rule in its standard errors. */
static void compare_rules(uint32_t people, kind what, const int64_t *rules, size_t n)
{
    mlab_context context = mlab_bench_context(1);
    joint_truth truth = {.people = people, .periods = 10, .seed = 20261122, .sd = 1, .gain = -0.6, .gain_other = 0.3, .base = -2.8};
    truth.two_causes = what == CAUSES_OWN;
    truth.own = what == ORDINAL ? 0 : 0.7;
    joint_data d;
    generate(&truth, &d);
    mlab_fit *fits[8] = {NULL};
    double seconds[8], wall;
    for (size_t k = 0; k < n; k++) {
        quadrature = rules[k];
        with_laplace = k + 1 == n;
        seconds[k] = fit_once(&context, &d, people, what, &fits[k], &wall);
    }
    const mlab_fit *fine = fits[n - 1];
    for (size_t k = 0; k < n; k++) {
        double far = 0;
        size_t which = 0;
        for (size_t j = 0; j < fine->n_parameters; j++) {
            double off = fabs(fits[k]->estimate[j] - fine->estimate[j]) / sqrt(fine->covariance[j * (fine->n_parameters + 1)]);
            if (off > far) far = off, which = j;
        }
        char text[160];
        snprintf(text, sizeof text, "joint %s, %u people, %lld nodes: %.4f standard errors off (%s)", kinds[what], people, (long long)rules[k], far,
                 fine->names[which]);
        mlab_bench_figure(text, 1, seconds[k], "s of the processor");
    }
    with_laplace = false;
    printf("joint %s, %u people, Laplace: %.4f standard errors off\n", kinds[what], people, laplace);
    for (size_t k = 0; k < n; k++) mlab_fit_free(fits[k]);
    void *const memory[] = {d.x, d.time, d.number, d.level, d.cause, d.rows, d.person, d.person_answer};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) free(memory[k]);
}

static void one(uint32_t people, uint32_t periods, kind what, int threads, int repeats, bool tell)
{
    mlab_context context = mlab_bench_context(threads);
    joint_truth truth = {.people = people, .periods = periods, .seed = 20261122, .sd = 1, .gain = -0.6, .gain_other = 0.3, .base = -2.8};
    truth.gaussian = what == LINEAR;
    truth.two_causes = what == CAUSES || what == CAUSES_OWN;
    truth.own = what == OWN || what == CAUSES_OWN ? 0.7 : 0;
    joint_data d;
    generate(&truth, &d);
    mlab_fit *fit = NULL;
    double best = HUGE_VAL, wall = HUGE_VAL, clock_time;
    for (int r = 0; r < repeats; r++) {
        mlab_fit_free(fit);
        best = fmin(best, fit_once(&context, &d, people, what, &fit, &clock_time));
        wall = fmin(wall, clock_time);
    }
    char text[120];
    snprintf(text, sizeof text, "joint %s, %u people, %zu + %zu rows, %d steps", kinds[what], people, d.n_answers, d.n, fit->iterations);
    mlab_bench_figure(text, threads, best, "s of the processor");
    if (tell) {
        mlab_bench_figure("the same by the clock", threads, wall, "s");
        mlab_bench_memory("peak memory, data included");
        for (size_t j = 0; j < fit->n_parameters; j++)
            printf("  %-40s %12.6f %10.6f\n", fit->names[j], fit->estimate[j], mlab_fit_standard_error(fit, j));
        printf("  %s %s\n", mlab_trust_name(fit->trust), fit->reason);
    }
    mlab_fit_free(fit);
    void *const memory[] = {d.x, d.time, d.number, d.level, d.cause, d.rows, d.person, d.person_answer};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) free(memory[k]);
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        for (kind what = ORDINAL; what < CAUSES_OWN; what++) one(10000, 10, what, 1, 3, false);
        one(10000, 10, ORDINAL, 2, 3, false);
        for (uint32_t people = 1000; people <= 100000; people *= 10) one(people, 10, ORDINAL, 1, 1, false);
        mlab_bench_memory("peak memory, data included");
        return EXIT_SUCCESS;
    }
    if (argc == 2 && strcmp(argv[1], "nodes") == 0) {
        compare_rules(4000, ORDINAL, (const int64_t[]){2, 3, 5, 9, 15, 25}, 6);
        compare_rules(2000, OWN, (const int64_t[]){2, 3, 5, 9, 15}, 5);
        compare_rules(1000, CAUSES_OWN, (const int64_t[]){2, 3, 5, 7, 10}, 5);
        return EXIT_SUCCESS;
    }
    kind what = ORDINAL;
    while (argc == 6 && what < N_KINDS && strcmp(argv[3], kinds[what])) what++;
    if (argc != 6 || what == N_KINDS) {
        fputs("bench_joint PEOPLE PERIODS ordinal|causes|linear|own|causes_own THREADS REPEATS\n", stderr);
        return 2;
    }
    one((uint32_t)strtoul(argv[1], NULL, 10), (uint32_t)strtoul(argv[2], NULL, 10), what, (int)strtol(argv[4], NULL, 10),
        (int)strtol(argv[5], NULL, 10), true);
    return EXIT_SUCCESS;
}
