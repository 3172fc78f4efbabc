/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every test uses: a runner, a context, an allocator that counts and fails, near-equality. */
#ifndef MLAB_TESTS_SUPPORT_H
#define MLAB_TESTS_SUPPORT_H

#include "mentorlab/core.h"
#include <check.h>

/* Runs a suite of one case with the tests; returns the exit status. */
int mlab_test_run(const char *suite, const TTest *const *tests, size_t n);
#define MLAB_TEST_MAIN(suite, ...)                                                                                                                   \
    int main(void)                                                                                                                                   \
    {                                                                                                                                                \
        const TTest *const tests[] = {__VA_ARGS__};                                                                                                  \
        return mlab_test_run(suite, tests, sizeof tests / sizeof *tests);                                                                            \
    }

/* A suite of one test run with _i from `from` to `to` - 1, each within `seconds` on a machine with other work; returns the exit status. */
int mlab_test_run_loop(const char *suite, const TTest *test, int from, int to, double seconds);

/* A fresh context with `threads` threads and a counting allocator. */
typedef struct mlab_test_memory {
    long live;    /* blocks allocated and not released */
    long calls;   /* allocations and reallocations so far */
    long fail_at; /* the call that fails, counted from 1; 0 = none */
} mlab_test_memory;
mlab_context mlab_test_context(mlab_test_memory *memory, int threads);

/* |a - b| <= relative * max(|a|, |b|) + absolute */
bool mlab_test_near(double a, double b, double relative, double absolute);
#define ck_near(a, b, relative, absolute)                                                                                                            \
    ck_assert_msg(mlab_test_near((a), (b), (relative), (absolute)), "%s = %.17g, expected %s = %.17g", #a, (double)(a), #b, (double)(b))

/* A path below tests/, in a static buffer. */
const char *mlab_test_path(const char *below);
/* A new empty folder below the build's temporary folder; removed by nobody. Static buffer. */
const char *mlab_test_folder(const char *name);

#endif
