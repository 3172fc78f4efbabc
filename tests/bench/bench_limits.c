/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ceilings of this machine: what memory and a core can do, and how near our ground functions come. The other figures are
 * read against these. */
#include "bench/bench.h"

#include "core/elementary.h"
#include "core/number.h"
#include "core/os.h"
#include "core/random.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { L1 = 2048, TIMES = 4000, RUNS = 5 }; /* two arrays of 16 KiB stay in the first cache */

static double (*volatile library_exp)(double) = exp; /* a real call each time */
static double (*volatile library_log)(double) = log;

typedef struct rate {
    mlab_context context;
    double in[L1], out[L1];
    uint32_t entities[L1], per_entity;
    void (*function)(const mlab_context *, const double *, double *, size_t);
    double (*volatile *library)(double);
} rate;

static void run_array(void *work)
{
    rate *r = work;
    for (int i = 0; i < TIMES; i++) r->function(&r->context, r->in, r->out, L1);
}

static void run_library(void *work)
{
    rate *r = work;
    for (int i = 0; i < TIMES; i++)
        for (int j = 0; j < L1; j++) r->out[j] = (*r->library)(r->in[j]);
}

static void run_fill(void *work)
{
    rate *r = work;
    for (uint32_t i = 0; i < TIMES; i++) {
        const mlab_address address = {.seed = 1, .draw = i};
        mlab_random_fill(&r->context, &address, r->entities, L1 / r->per_entity, r->per_entity, r->out);
    }
}

static void functions(void)
{
    static rate r;
    static const char *const names[] = {"generic", "avx2", "avx512"};
    static const struct {
        const char *name;
        void (*function)(const mlab_context *, const double *, double *, size_t);
        bool of_0_to_1;
    } arrays[] = {{"exp", mlab_exp_array, false},
                  {"log", mlab_log_array, true},
                  {"logistic", mlab_logistic_array, false},
                  {"inverse cloglog", mlab_cloglog_inverse_array, false},
                  {"normal quantile", mlab_normal_quantile_array, true}};
    const double count = (double)TIMES * L1 / 1e6;
    char what[100];
    r.context = mlab_bench_context(1);
    const mlab_isa best = r.context.isa;
    for (int j = 0; j < L1; j++) r.entities[j] = (uint32_t)j;
    for (size_t f = 0; f < sizeof arrays / sizeof *arrays; f++) {
        for (int j = 0; j < L1; j++) r.in[j] = arrays[f].of_0_to_1 ? (j + 0.5) / L1 : 16.0 * j / L1 - 8;
        r.library = f == 0 ? &library_exp : &library_log;
        snprintf(what, sizeof what, "%s, the C library's, one at a time", arrays[f].name);
        if (f < 2) mlab_bench_rate(what, 1, RUNS, count, "M/s", run_library, &r);
        for (int isa = 0; isa <= (int)best; isa++) {
            r.context.isa = (mlab_isa)isa;
            r.function = arrays[f].function;
            snprintf(what, sizeof what, "%s, ours, %s", arrays[f].name, names[isa]);
            mlab_bench_rate(what, 1, RUNS, count, "M/s", run_array, &r);
        }
    }
    for (int isa = 0; isa <= (int)best; isa++)
        for (r.per_entity = 1; r.per_entity <= 4; r.per_entity *= 2) {
            r.context.isa = (mlab_isa)isa;
            snprintf(what, sizeof what, "uniforms, %u for each entity, %s", (unsigned)r.per_entity, names[isa]);
            mlab_bench_rate(what, 1, RUNS, count, "M/s", run_fill, &r);
        }
}

typedef struct arrays {
    double *a, *b, *c;
    size_t n;
    int threads;
} arrays;

static void triad(void *work)
{
    arrays *m = work;
    double *a = m->a, *b = m->b, *c = m->c;
    const size_t n = m->n;
#pragma omp parallel for num_threads(m->threads) schedule(static)
    for (size_t i = 0; i < n; i++) a[i] = b[i] + 3 * c[i];
}

/* McCalpin's STREAM triad: 24 bytes an element, the write's own read not counted. */
static void memory(void)
{
    arrays m = {.n = (size_t)1 << 25};
    m.a = calloc(m.n, sizeof *m.a);
    m.b = malloc(m.n * sizeof *m.b);
    m.c = malloc(m.n * sizeof *m.c);
    if (m.a && m.b && m.c) {
        for (size_t i = 0; i < m.n; i++) m.a[i] = m.b[i] = m.c[i] = (double)i;
        for (m.threads = 1; m.threads <= omp_get_num_procs() && m.threads <= 2; m.threads++)
            mlab_bench_rate("memory, triad over 3 x 256 MiB", m.threads, RUNS, 24e-9 * (double)m.n, "GB/s", triad, &m);
    }
    free(m.c);
    free(m.b);
    free(m.a);
}

enum { NUMBERS = 200000 };
typedef struct texts {
    char text[NUMBERS][32];
    size_t n[NUMBERS];
    double value[NUMBERS];
} texts;

static void read_numbers(void *work)
{
    texts *t = work;
    for (size_t i = 0; i < NUMBERS; i++)
        if (!mlab_number_parse(t->text[i], t->n[i], '.', &t->value[i])) exit(EXIT_FAILURE);
}

static void print_numbers(void *work)
{
    texts *t = work;
    char into[32];
    for (size_t i = 0; i < NUMBERS; i++) mlab_number_print(t->value[i], into, sizeof into);
}

static void numbers(void)
{
    static texts t;
    for (int digits = 0; digits < 2; digits++) {
        for (uint32_t i = 0; i < NUMBERS; i++) {
            const mlab_address address = {.seed = 2, .entity = i};
            double u = mlab_random_uniform(&address, 0);
            t.value[i] = digits ? u : (double)(int)(u * 1e6) / 100;
            t.n[i] = mlab_number_print(t.value[i], t.text[i], sizeof t.text[i]);
        }
        mlab_bench_rate(digits ? "numbers of 17 digits read" : "numbers like 1234.56 read", 1, RUNS, NUMBERS / 1e6, "M/s", read_numbers, &t);
        mlab_bench_rate(digits ? "numbers of 17 digits printed" : "numbers like 1234.56 printed", 1, RUNS, NUMBERS / 1e6, "M/s", print_numbers, &t);
    }
}

static void digest(void *work)
{
    char hex[65];
    mlab_sha256_hex(work, 64 << 20, hex);
}

int main(void)
{
    memory();
    functions();
    numbers();
    void *bytes = calloc(64, 1 << 20);
    if (bytes) mlab_bench_rate("SHA-256", 1, RUNS, 64 * 1.048576, "MB/s", digest, bytes);
    free(bytes);
    return EXIT_SUCCESS;
}
