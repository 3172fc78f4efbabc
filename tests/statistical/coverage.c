/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies over many generated firms: coverage of coefficients, of marginal contrasts, and the exposure clock.
 *
 *   coverage coefficients|contrasts|clock FIRST LAST FILE [BOOTSTRAP]   adds firms FIRST .. LAST to FILE; those in it are skipped
 *   coverage table FILE                                                  the table of docs/coverage.md, from FILE
 *
 * Every firm is one group of lines, written whole, so that a stopped study goes on where it was. */
#include "core/parallel.h"
#include "statistical/firms.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct work {
    firm_plan plan;
    FILE *file;
    uint64_t first;
    const unsigned char *done;
} work;

static mlab_status one_firm(void *user, size_t block, void *scratch, mlab_error *err)
{
    (void)scratch;
    work *w = user;
    firm_number numbers[FIRM_MAX_NUMBERS];
    size_t n = 0;
    mlab_context context = *w->plan.context;
    context.threads = 1;
    if (w->done[block]) return MLAB_OK;
    mlab_status status = firm_numbers(&w->plan, &context, w->first + block, numbers, &n, err);
    if (status) return status;
#pragma omp critical(coverage_file)
    {
        for (size_t k = 0; k < n; k++)
            fprintf(w->file, "%llu,\"%s\",%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%d\n", (unsigned long long)(w->first + block), numbers[k].name,
                    numbers[k].truth, numbers[k].truth_se, numbers[k].estimate, numbers[k].se, numbers[k].lower, numbers[k].upper, numbers[k].trust);
        fflush(w->file);
    }
    return MLAB_OK;
}

static int read_line(const char *line, unsigned long long *seed, firm_number *x)
{
    memset(x, 0, sizeof *x);
    return sscanf(line, "%llu,\"%95[^\"]\",%lf,%lf,%lf,%lf,%lf,%lf,%d", seed, x->name, &x->truth, &x->truth_se, &x->estimate, &x->se, &x->lower,
                  &x->upper, &x->trust) == 9;
}

static void mark_done(const char *path, uint64_t first, size_t n, unsigned char *done)
{
    char line[512];
    unsigned long long seed;
    firm_number x;
    FILE *file = fopen(path, "r");
    if (!file) return;
    while (fgets(line, sizeof line, file))
        if (read_line(line, &seed, &x) && seed >= first && seed - first < n) done[seed - first] = 1;
    fclose(file);
}

static int run(firm_study study, uint64_t first, uint64_t last, const char *path, int64_t bootstrap)
{
    mlab_context context;
    mlab_error err = {0};
    size_t n = last - first + 1;
    unsigned char *done = calloc(n, 1);
    work w = {.first = first, .done = done};
    mlab_status status = mlab_setup(&context, &err);
    if (!done) return EXIT_FAILURE;
    mark_done(path, first, n, done);
    w.file = fopen(path, "a");
    if (!w.file) {
        perror(path);
        free(done);
        return EXIT_FAILURE;
    }
    setvbuf(w.file, NULL, _IOFBF, 1 << 16); /* a firm's lines reach the file in one write */
    if (!status) status = firm_plan_start(&w.plan, &context, study, study == FIRM_CLOCK ? 20000 : 0, bootstrap, &err);
    if (!status) status = mlab_parallel_blocks(&context, NULL, n, 0, one_firm, &w, &err);
    if (status) fprintf(stderr, "%s\n", err.sentence);
    firm_plan_end(&w.plan);
    fclose(w.file);
    free(done);
    return status ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const char *verdict_word(const firm_verdict *v, double z)
{
    static char word[80];
    word[0] = 0;
    if (fabs(v->coverage - 0.95) > z * sqrt(0.95 * 0.05 / (double)v->firms)) strcat(word, " coverage");
    if (fabs(v->bias) > 0.1 * v->mean_se + z * v->bias_error) strcat(word, " bias");
    if (fabs(v->mean_se / v->empirical_se - 1) > 0.1) strcat(word, " error");
    return *word ? word : " yes";
}

static int table(const char *path)
{
    static firm_verdict verdicts[FIRM_MAX_NUMBERS];
    char line[512];
    unsigned long long seed;
    size_t n = 0, capacity = 0;
    firm_number *numbers = NULL;
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        return EXIT_FAILURE;
    }
    while (fgets(line, sizeof line, file)) {
        if (n == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            firm_number *more = realloc(numbers, capacity * sizeof *more);
            if (!more) break;
            numbers = more;
        }
        n += (size_t)read_line(line, &seed, &numbers[n]);
    }
    fclose(file);
    size_t m = firm_verdicts(numbers, n, verdicts, FIRM_MAX_NUMBERS);
    double z = firm_z(0.01, m ? m : 1);
    printf("%zu numbers judged together, joint false-alarm rate 1 %%: z = %.3f\n\n", m, z);
    printf("| number | truth | mean estimate | bias / SE | its error | mean SE / empirical SE | coverage | firms (failed) | within |\n");
    printf("|---|---|---|---|---|---|---|---|---|\n");
    for (size_t k = 0; k < m; k++) {
        const firm_verdict *v = &verdicts[k];
        printf("| %s | %.5f | %.5f | %.3f | %.3f | %.3f | %.4f | %zu (%zu) |%s |\n", v->name, v->truth, v->mean, v->bias / v->mean_se,
               v->bias_error / v->mean_se, v->mean_se / v->empirical_se, v->coverage, v->firms, v->failed, verdict_word(v, z));
    }
    free(numbers);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static const char *const studies[] = {"coefficients", "contrasts", "clock"};
    if (argc == 3 && !strcmp(argv[1], "table")) return table(argv[2]);
    for (int k = 0; k < 3 && argc >= 5; k++)
        if (!strcmp(argv[1], studies[k]))
            return run((firm_study)k, strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10), argv[4], argc > 5 ? strtoll(argv[5], NULL, 10) : 200);
    fprintf(stderr, "usage: coverage coefficients|contrasts|clock FIRST LAST FILE [BOOTSTRAP]\n       coverage table FILE\n");
    return 2;
}
