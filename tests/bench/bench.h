/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Timing for tests/bench/bench_*.c: each figure is the median of several runs, with the least and the greatest. */
#ifndef MLAB_TESTS_BENCH_H
#define MLAB_TESTS_BENCH_H

#include "mentorlab/core.h"

/* Runs body(work) `runs` times (1 to 64) and prints "what, threads, median, least, greatest, unit" of count / seconds. */
void mlab_bench_rate(const char *what, int threads, int runs, double count, const char *unit, void (*body)(void *work), void *work);
/* By the time of the processor, in place of the clock's: on a machine with other work it is what a quiet one would show, but for caches. */
void mlab_bench_rate_of_processor(const char *what, int runs, double count, const char *unit, void (*body)(void *work), void *work);
/* Prints one figure in the same form. */
void mlab_bench_figure(const char *what, int threads, double value, const char *unit);
/* Prints the process's peak memory so far. */
void mlab_bench_memory(const char *what);
/* Says what failed and why, and ends the program. */
_Noreturn void mlab_bench_stop(const char *what, const mlab_error *err);
/* Zeroed memory; ends the program when there is none. */
void *mlab_bench_room(size_t n, size_t size);
/* Seconds of one run of several: medians of the clock and of the processor (all threads together). */
typedef struct mlab_bench_times {
    double clock, processor;
} mlab_bench_times;
/* Runs body(work) `repeats` (1 to 64) times. */
mlab_bench_times mlab_bench_time(size_t repeats, void (*body)(void *work), void *work);
/* Prints "mentorlab WHAT: rows N, threads T: median X s, processor Y s, peak Z MB", which tests/bench/table reads; the peers print the same. */
void mlab_bench_line(const char *what, size_t rows, int threads, mlab_bench_times times);
/* A context with `threads` threads; ends the program when there is none. */
mlab_context mlab_bench_context(int threads);

#endif
