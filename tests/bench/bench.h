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
/* A context with `threads` threads; ends the program when there is none. */
mlab_context mlab_bench_context(int threads);

#endif
