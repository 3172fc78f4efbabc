/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times a discrete hazard on person-periods, from the typed table in memory to estimates, errors and status.
 *
 *   bench_fit                                                      the figures of 1 million rows
 *   bench_fit ROWS plain|hard THREADS REPEATS [none|person] [CSV]  one of them; tests/bench/fit_peers runs it beside R
 *
 * plain: arm (3), female, grade 1 to 6, tenure and quarter on a grid. hard: tenure and a score are continuous, no two rows alike.
 * none: model-based errors, as glm of R gives; person: cluster-robust errors and influence as well. CSV: the data are written there
 * for the peer and nothing is timed. Prints seconds (median, lowest), peak memory, estimates.
 */
#include "bench/bench.h"
#include "core/os.h"
#include "core/random.h"
#include "fit/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void stop(const char *what, const mlab_error *err)
{
    fprintf(stderr, "%s: %s\n", what, err->sentence);
    exit(EXIT_FAILURE);
}

typedef struct panel {
    mlab_table *table;
    int32_t *event;
    double *offset;
    uint32_t *person;
    size_t n, n_people;
} panel;

static const char *const arms[] = {"none", "informal", "structured"};

static void *room(size_t n, size_t size)
{
    void *memory = calloc(n ? n : 1, size);
    if (!memory) exit(EXIT_FAILURE);
    return memory;
}

/* People of up to 20 quarters each, until there are n rows. */
static void generate(const mlab_context *context, panel *p, bool hard)
{
    mlab_error err;
    mlab_column *column;
    const char *const names[] = {"arm", "female", "grade", "tenure", "quarter", "score"};
    const mlab_column_type types[] = {MLAB_COLUMN_FACTOR, MLAB_COLUMN_INTEGER, MLAB_COLUMN_INTEGER,
                                      MLAB_COLUMN_REAL,   MLAB_COLUMN_INTEGER, MLAB_COLUMN_REAL};
    if (mlab_table_make(context, p->n, &p->table, &err)) stop("table", &err);
    for (int k = 0; k < 6; k++)
        if (mlab_table_add(p->table, names[k], types[k], k == 0 ? arms : NULL, k == 0 ? 3 : 0, &column, &err)) stop("column", &err);
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
            p->person[i] = (uint32_t)p->n_people;
            p->event[i] = mlab_random_uniform(&now, 1) < -expm1(-share * exp(eta));
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
    fputs("event,offset,person,arm,female,grade,tenure,quarter,score\n", file);
    for (size_t i = 0; i < p->n; i++)
        fprintf(file, "%d,%.17g,%u,%s,%d,%d,%.17g,%d,%.17g\n", p->event[i], p->offset[i], p->person[i],
                arms[mlab_table_find(p->table, "arm")->as.integer[i]], mlab_table_find(p->table, "female")->as.integer[i],
                mlab_table_find(p->table, "grade")->as.integer[i], mlab_table_find(p->table, "tenure")->as.real[i],
                mlab_table_find(p->table, "quarter")->as.integer[i], mlab_table_find(p->table, "score")->as.real[i]);
    fclose(file);
}

static double fit_once(const mlab_context *context, const panel *p, bool hard, bool clustered, mlab_fit **fit)
{
    static const char *const names[] = {"none", "exit"};
    mlab_error err;
    mlab_formula *formula;
    mlab_design *design;
    mlab_fit_options options = mlab_fit_defaults();
    options.link = getenv("MLAB_BENCH_LOGIT") ? 1 : 0;
    double began = mlab_os_seconds();
    if (mlab_formula_parse(context, hard ? "~ arm + female + score + tenure + quarter" : "~ arm + female + grade + tenure + quarter", NULL, &formula,
                           &err))
        stop("formula", &err);
    if (mlab_design_make(formula, p->table, NULL, &design, &err)) stop("design", &err);
    mlab_fit_problem problem = {.table = p->table,
                                .n = p->n,
                                .design = design,
                                .category = p->event,
                                .n_categories = 2,
                                .categories = names,
                                .offset = p->offset,
                                .outcome = "exit"};
    if (clustered) {
        problem.cluster = p->person;
        problem.n_clusters = p->n_people;
        problem.cluster_name = "person";
    }
    if (mlab_fit_problem_fit(context, mlab_model_find("hazard"), &problem, &options, fit, &err)) stop("fit", &err);
    double seconds = mlab_os_seconds() - began;
    mlab_design_free(design);
    mlab_formula_free(formula);
    return seconds;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Makes p.n rows in memory. */
static panel make_panel(const mlab_context *context, size_t n, bool hard)
{
    panel p = {.n = n};
    p.event = room(n, sizeof *p.event);
    p.offset = room(n, sizeof *p.offset);
    p.person = room(n, sizeof *p.person);
    generate(context, &p, hard);
    return p;
}

static void free_panel(panel *p)
{
    mlab_table_free(p->table);
    free(p->event);
    free(p->offset);
    free(p->person);
}

static double median_of(const mlab_context *context, const panel *p, bool hard, bool clustered, size_t repeats, double *lowest, mlab_fit **fit)
{
    double *seconds = room(repeats, sizeof *seconds);
    *fit = NULL;
    for (size_t r = 0; r < repeats; r++) {
        mlab_fit_free(*fit);
        seconds[r] = fit_once(context, p, hard, clustered, fit);
    }
    qsort(seconds, repeats, sizeof *seconds, by_size);
    double median = seconds[repeats / 2];
    *lowest = seconds[0];
    free(seconds);
    return median;
}

static void figures(void)
{
    enum { ROWS = 1000000, REPEATS = 7 };
    for (int hard = 0; hard < 2; hard++) {
        mlab_context context = mlab_bench_context(1);
        panel p = make_panel(&context, ROWS, hard);
        for (int clustered = 0; clustered < 2; clustered++)
            for (context.threads = 1; context.threads <= 2; context.threads++) {
                char what[100];
                mlab_fit *fit;
                double lowest, median = median_of(&context, &p, hard, clustered, REPEATS, &lowest, &fit);
                snprintf(what, sizeof what, "hazard, 1 M person-periods, 7 coefficients, %s%s", hard ? "continuous" : "on a grid",
                         clustered ? ", clusters" : "");
                mlab_bench_figure(what, context.threads, median, "s");
                mlab_fit_free(fit);
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
    if (argc < 5) {
        fputs("bench_fit ROWS plain|hard THREADS REPEATS [none|person] [CSV]\n", stderr);
        return EXIT_FAILURE;
    }
    mlab_context context = mlab_bench_context(atoi(argv[3]));
    bool hard = strcmp(argv[2], "hard") == 0, clustered = argc > 5 && strcmp(argv[5], "person") == 0;
    panel p = make_panel(&context, strtoul(argv[1], NULL, 10), hard);
    if (argc > 6) {
        write_csv(&p, argv[6]);
        free_panel(&p);
        return EXIT_SUCCESS;
    }
    mlab_fit *fit;
    double lowest, median = median_of(&context, &p, hard, clustered, strtoul(argv[4], NULL, 10), &lowest, &fit);
    printf("mentorlab %s %s: rows %zu people %zu events %llu threads %d: median %.4f s, lowest %.4f s, peak %.0f MB, %d steps, %s\n", argv[2],
           clustered ? "person" : "none", p.n, p.n_people, (unsigned long long)fit->n_events, context.threads, median, lowest,
           (double)mlab_os_peak_memory() / 1e6, fit->iterations, mlab_trust_name(fit->trust));
    for (size_t j = 0; j < fit->n_parameters; j++) printf("  %-16s %.15g %.15g\n", fit->names[j], fit->estimate[j], mlab_fit_standard_error(fit, j));
    printf("  logLik %.10f\n", fit->log_likelihood);
    mlab_fit_free(fit);
    free_panel(&p);
    return EXIT_SUCCESS;
}
