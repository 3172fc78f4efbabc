/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/bench.h"

#include "core/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void rate(const char *what, int threads, int runs, double count, const char *unit, double (*now)(void), void (*body)(void *work), void *work)
{
    double rates[64];
    if (runs < 1 || runs > 64) exit(EXIT_FAILURE);
    for (int run = 0; run < runs; run++) {
        double start = now();
        body(work);
        rates[run] = count / (now() - start);
    }
    qsort(rates, (size_t)runs, sizeof *rates, ascending);
    printf("%-66s %2d  %10.4g  (%.4g to %.4g) %s\n", what, threads, rates[runs / 2], rates[0], rates[runs - 1], unit);
    fflush(stdout);
}

static double processor_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

void mlab_bench_rate(const char *what, int threads, int runs, double count, const char *unit, void (*body)(void *work), void *work)
{
    rate(what, threads, runs, count, unit, mlab_os_seconds, body, work);
}

void mlab_bench_rate_of_processor(const char *what, int runs, double count, const char *unit, void (*body)(void *work), void *work)
{
    rate(what, 1, runs, count, unit, processor_seconds, body, work);
}

void mlab_bench_figure(const char *what, int threads, double value, const char *unit)
{
    printf("%-66s %2d  %10.4g  %s\n", what, threads, value, unit);
    fflush(stdout);
}

void mlab_bench_memory(const char *what)
{
    mlab_bench_figure(what, 1, (double)mlab_os_peak_memory() / 1e6, "MB");
}

mlab_context mlab_bench_context(int threads)
{
    mlab_context context;
    mlab_error err;
    if (mlab_setup(&context, &err) != MLAB_OK) {
        fprintf(stderr, "%s\n", err.sentence);
        exit(EXIT_FAILURE);
    }
    context.threads = threads;
    return context;
}
