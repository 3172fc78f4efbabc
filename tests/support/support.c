/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int run(const char *suite_name, TCase *cases)
{
    Suite *suite = suite_create(suite_name);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int mlab_test_run(const char *suite_name, const TTest *const *tests, size_t n)
{
    TCase *cases = tcase_create(suite_name);
    tcase_set_timeout(cases, 30);
    for (size_t i = 0; i < n; i++) tcase_add_test(cases, tests[i]);
    return run(suite_name, cases);
}

int mlab_test_run_loop(const char *suite_name, const TTest *test, int from, int to, double seconds)
{
    TCase *cases = tcase_create(suite_name);
    tcase_set_timeout(cases, seconds);
    tcase_add_loop_test(cases, test, from, to);
    return run(suite_name, cases);
}

static bool fails_now(mlab_test_memory *memory)
{
    long call;
#pragma omp atomic capture
    call = ++memory->calls;
    return call == memory->fail_at;
}

static void *test_allocate(void *user, size_t size)
{
    mlab_test_memory *memory = user;
    if (fails_now(memory)) return NULL;
    void *got = malloc(size);
    if (got) {
#pragma omp atomic
        memory->live++;
    }
    return got;
}

static void *test_reallocate(void *user, void *old, size_t size)
{
    mlab_test_memory *memory = user;
    if (fails_now(memory)) return NULL;
    void *got = realloc(old, size);
    if (got && !old) {
#pragma omp atomic
        memory->live++;
    }
    return got;
}

static void test_release(void *user, void *old)
{
    mlab_test_memory *memory = user;
    if (!old) return;
#pragma omp atomic
    memory->live--;
    free(old);
}

mlab_context mlab_test_context(mlab_test_memory *memory, int threads)
{
    mlab_context context;
    mlab_error err;
    if (mlab_setup(&context, &err) != MLAB_OK) {
        fprintf(stderr, "setup: %s\n", err.sentence);
        exit(EXIT_FAILURE);
    }
    context.threads = threads;
    if (memory) context.allocator = (mlab_allocator){test_allocate, test_reallocate, test_release, memory};
    return context;
}

bool mlab_test_near(double a, double b, double relative, double absolute)
{
    return fabs(a - b) <= relative * fmax(fabs(a), fabs(b)) + absolute;
}

const char *mlab_test_path(const char *below)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", getenv("MLAB_TESTS_FOLDER") ? getenv("MLAB_TESTS_FOLDER") : MLAB_TESTS_FOLDER, below);
    return path;
}

const char *mlab_test_folder(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "/tmp/mentorlab-%s-XXXXXX", name);
    if (!mkdtemp(path)) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return path;
}
