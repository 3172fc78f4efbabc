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

_Noreturn void mlab_bench_stop(const char *what, const mlab_error *err)
{
    fprintf(stderr, "%s: %s\n", what, err->sentence);
    exit(EXIT_FAILURE);
}

void *mlab_bench_room(size_t n, size_t size)
{
    void *memory = calloc(n ? n : 1, size);
    if (!memory) exit(EXIT_FAILURE);
    return memory;
}

mlab_bench_times mlab_bench_time(size_t repeats, void (*body)(void *work), void *work)
{
    double clocks[64], processor[64];
    if (repeats < 1 || repeats > 64) exit(EXIT_FAILURE);
    for (size_t run = 0; run < repeats; run++) {
        double began = mlab_os_seconds(), used = processor_seconds();
        body(work);
        clocks[run] = mlab_os_seconds() - began;
        processor[run] = processor_seconds() - used;
    }
    qsort(clocks, repeats, sizeof *clocks, ascending);
    qsort(processor, repeats, sizeof *processor, ascending);
    return (mlab_bench_times){clocks[repeats / 2], processor[repeats / 2]};
}

void mlab_bench_line(const char *what, size_t rows, int threads, mlab_bench_times times)
{
    printf("mentorlab %s: rows %zu, threads %d: median %.5g s, processor %.5g s, peak %.0f MB\n", what, rows, threads, times.clock, times.processor,
           (double)mlab_os_peak_memory() / 1e6);
    fflush(stdout);
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
