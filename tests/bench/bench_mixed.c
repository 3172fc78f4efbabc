/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times random intercepts of departments, from the typed table in memory to estimates, errors and modes.
 *
 *   bench_mixed                                                    the figures of 100,000 rows
 *   bench_mixed ROWS DEPARTMENTS logit|ordinal|linear|people|events THREADS REPEATS [CSV|profile]  one of them; tests/bench/mixed_peers runs it
 * beside R
 *
 * Covariates: arm (3), female, grade 1 to 6, tenure, quarter. Department effects have a standard deviation of 0.5.
 * CSV: the data are written there for the peer and nothing is timed. profile: with the profile intervals of all coefficients.
 */
#include "bench/bench.h"
#include "core/random.h"
#include "fit/after/after.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct panel {
    mlab_table *table;
    int32_t *event, *level;
    double *score;
    uint32_t *department, *person; /* person: ten rows each, of one department where people are fitted */
    size_t n, n_departments, n_people;
} panel;

/* What is fitted. linear: department; people: department + person, linear; events: the same for the event. */
typedef enum kind { LOGIT, ORDINAL, LINEAR, PEOPLE, EVENTS, N_KINDS } kind;
static const char *const kinds[N_KINDS] = {"logit", "ordinal", "linear", "people", "events"};

static const char *const arms[] = {"none", "informal", "structured"}, *const no_yes[] = {"no", "yes"}, *const levels[] = {"1", "2", "3", "4", "5"};

static panel generate(const mlab_context *context, size_t n, size_t departments, kind what)
{
    static const char *const names[] = {"arm", "female", "grade", "tenure", "quarter"};
    static const mlab_column_type types[] = {MLAB_COLUMN_FACTOR, MLAB_COLUMN_INTEGER, MLAB_COLUMN_INTEGER, MLAB_COLUMN_REAL, MLAB_COLUMN_INTEGER};
    panel p = {.n = n, .n_departments = departments};
    mlab_error err;
    mlab_column *columns[5];
    if (mlab_table_make(context, n, &p.table, &err)) mlab_bench_stop("table", &err);
    for (int k = 0; k < 5; k++)
        if (mlab_table_add(p.table, names[k], types[k], k == 0 ? arms : NULL, k == 0 ? 3 : 0, &columns[k], &err)) mlab_bench_stop("column", &err);
    for (int k = 0; k < 5; k++) columns[k] = mlab_table_find(p.table, names[k]);
    p.event = mlab_bench_room(n, sizeof *p.event);
    p.level = mlab_bench_room(n, sizeof *p.level);
    p.department = mlab_bench_room(n, sizeof *p.department);
    p.person = mlab_bench_room(n, sizeof *p.person);
    p.score = mlab_bench_room(n, sizeof *p.score);
    p.n_people = (n + 9) / 10;
    const bool nested = what >= PEOPLE;
    for (size_t i = 0; i < n; i++) {
        mlab_address row = {.seed = 20240517, .entity = (uint32_t)i, .purpose = MLAB_PURPOSE_TEST}, group = row;
        mlab_address who = row;
        p.person[i] = who.entity = (uint32_t)(i / 10);
        who.period = 2;
        size_t unit = nested ? p.person[i] : i;
        group.entity = p.department[i] =
            unit < departments ? (uint32_t)unit : (uint32_t)((double)departments * mlab_random_uniform(nested ? &who : &row, 0));
        group.period = 1;
        double effect = 0.5 * mlab_random_normal(&group, 0), noise = mlab_random_uniform(&row, 8), tenure = -4 * log(mlab_random_uniform(&row, 3));
        int32_t a = (int32_t)(3 * mlab_random_uniform(&row, 1)), f = mlab_random_uniform(&row, 2) < 0.45;
        int32_t g = 1 + (int32_t)(6 * mlab_random_uniform(&row, 4)), q = 1 + (int32_t)(20 * mlab_random_uniform(&row, 5));
        columns[0]->as.integer[i] = a;
        columns[1]->as.integer[i] = f;
        columns[2]->as.integer[i] = g;
        columns[3]->as.real[i] = tenure;
        columns[4]->as.integer[i] = q;
        double eta = 0.2 * (a == 1) + 0.5 * (a == 2) - 0.1 * f - 0.05 * g + 0.02 * tenure + effect;
        p.event[i] = mlab_random_uniform(&row, 7) < 1 / (1 + exp(3.4 - eta));
        p.score[i] = 3 + eta + (nested ? 0.5 * mlab_random_normal(&who, 1) : 0) + 0.8 * mlab_random_normal(&row, 9);
        double latent = eta + log(noise / (1 - noise));
        p.level[i] = (latent > -2) + (latent > -0.7) + (latent > 0.6) + (latent > 2.4);
    }
    return p;
}

static void write_csv(const panel *p, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) exit(EXIT_FAILURE);
    fputs("event,level,score,person,department,arm,female,grade,tenure,quarter\n", file);
    for (size_t i = 0; i < p->n; i++)
        fprintf(file, "%d,%d,%.17g,%u,%u,%s,%d,%d,%.17g,%d\n", p->event[i], p->level[i] + 1, p->score[i], p->person[i], p->department[i],
                arms[mlab_table_find(p->table, "arm")->as.integer[i]], mlab_table_find(p->table, "female")->as.integer[i],
                mlab_table_find(p->table, "grade")->as.integer[i], mlab_table_find(p->table, "tenure")->as.real[i],
                mlab_table_find(p->table, "quarter")->as.integer[i]);
    fclose(file);
}

typedef struct job {
    const mlab_context *context;
    const panel *p;
    kind what;
    bool profile;
    mlab_fit *fit;
} job;

static void fit_problem(job *j, const char *model, const mlab_fit_problem *problem, mlab_fit_options options)
{
    mlab_error err;
    mlab_prepared *prepared;
    options.profile = j->profile;
    if (mlab_prepare(j->context, mlab_model_find(model), problem, &options, &prepared, &err) ||
        mlab_prepared_fit(j->context, prepared, &j->fit, &err) || mlab_after_make(j->context, prepared, j->fit, &err))
        mlab_bench_stop("fit", &err);
    mlab_prepared_free(prepared);
}

static void fit_once(void *work)
{
    job *j = work;
    const mlab_context *context = j->context;
    const panel *p = j->p;
    const kind what = j->what;
    mlab_error err;
    mlab_formula *formula, *terms;
    mlab_design *design, *random;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit_free(j->fit);
    j->fit = NULL;
    if (mlab_formula_parse(context, "~ arm + female + grade + tenure + quarter", NULL, &formula, &err) ||
        mlab_formula_parse(context, "~ 1", NULL, &terms, &err))
        mlab_bench_stop("formula", &err);
    if (mlab_design_make(formula, p->table, NULL, &design, &err) || mlab_design_make(terms, p->table, NULL, &random, &err))
        mlab_bench_stop("design", &err);
    const bool linear = what == LINEAR || what == PEOPLE, ordinal = what == ORDINAL;
    const mlab_random_grouping groupings[] = {{.design = random, .group = p->department, .n_groups = p->n_departments, .name = "department"},
                                              {.design = random, .group = p->person, .n_groups = p->n_people, .name = "person"}};
    mlab_fit_problem problem = {.table = p->table,
                                .n = p->n,
                                .design = design,
                                .category = linear    ? NULL
                                            : ordinal ? p->level
                                                      : p->event,
                                .number = linear ? p->score : NULL,
                                .n_categories = linear    ? 0
                                                : ordinal ? 5
                                                          : 2,
                                .categories = linear    ? NULL
                                              : ordinal ? levels
                                                        : no_yes,
                                .random = groupings,
                                .n_random = what >= PEOPLE ? 2 : 1,
                                .outcome = "it"};
    const char *model = linear ? "linear" : ordinal ? "ordinal" : "logit";
    fit_problem(j, model, &problem, options);
    mlab_design_free(design);
    mlab_design_free(random);
    mlab_formula_free(formula);
    mlab_formula_free(terms);
}

static void free_panel(panel *p)
{
    mlab_table_free(p->table);
    free(p->event);
    free(p->level);
    free(p->department);
    free(p->person);
    free(p->score);
}

static void figures(void)
{
    mlab_context context = mlab_bench_context(1);
    panel p = generate(&context, 100000, 200, LOGIT);
    for (int ordinal = 0; ordinal < 2; ordinal++)
        for (context.threads = 1; context.threads <= 2; context.threads++) {
            char what[100];
            job j = {.context = &context, .p = &p, .what = ordinal ? ORDINAL : LOGIT};
            mlab_bench_times times = mlab_bench_time(3, fit_once, &j);
            snprintf(what, sizeof what, "%s with random intercepts, 100,000 rows, 200 groups", ordinal ? "ordinal" : "logit");
            mlab_bench_figure(what, context.threads, times.clock, "s");
            mlab_fit_free(j.fit);
        }
    free_panel(&p);
    mlab_bench_memory("peak memory, data included");
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        figures();
        return EXIT_SUCCESS;
    }
    if (argc < 6) {
        fputs("bench_mixed ROWS DEPARTMENTS logit|ordinal|linear|people|events THREADS REPEATS [CSV|profile]\n", stderr);
        return 2;
    }
    mlab_context context = mlab_bench_context((int)strtol(argv[4], NULL, 10));
    kind what = LOGIT;
    while (what < N_KINDS && strcmp(argv[3], kinds[what])) what++;
    if (what == N_KINDS) return 2;
    panel p = generate(&context, strtoull(argv[1], NULL, 10), strtoull(argv[2], NULL, 10), what);
    const bool profile = argc > 6 && !strcmp(argv[6], "profile");
    if (argc > 6 && !profile) {
        write_csv(&p, argv[6]);
    } else {
        job j = {.context = &context, .p = &p, .what = what, .profile = profile};
        mlab_bench_times times = mlab_bench_time(strtoull(argv[5], NULL, 10), fit_once, &j);
        mlab_fit *fit = j.fit;
        char name[40];
        snprintf(name, sizeof name, "mixed_%s", argv[3]);
        mlab_bench_line(name, p.n, context.threads, times);
        printf("  %zu groups, %d steps, %s\n", p.n_departments, fit->iterations, mlab_trust_name(fit->trust));
        for (size_t k = 0; k < fit->n_parameters; k++)
            printf("  %-16s %.10g %.10g\n", fit->names[k], fit->estimate[k], mlab_fit_standard_error(fit, k));
        for (size_t t = 0; t < fit->n_random; t++)
            printf("  %-16s %.10g %.10g\n", "log sd", log(fit->random[t].sd[0]), fit->random[t].sd_se[0] / fit->random[t].sd[0]);
        printf("  logLik %.8f\n", fit->log_likelihood);
        for (size_t k = 0; fit->after && k < fit->after->n_profiles; k++)
            printf("  %-16s %.10g %.10g by the profile\n", fit->after->profiles[k].name, fit->after->profiles[k].lower,
                   fit->after->profiles[k].upper);
        mlab_fit_free(fit);
    }
    free_panel(&p);
    return EXIT_SUCCESS;
}
