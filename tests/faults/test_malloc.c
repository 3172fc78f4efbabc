/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole program on a small study while one allocation of the process gives no memory: number 1 to 500, and 500 more spread
 * evenly over the run. Allowed: the same results, or an exit code that says failed or rejected with a sentence. Not allowed: a
 * hang, a silent failure, other results, a crash in our code. A crash inside a foreign library is listed by its frame. */
#include "core/memory.h"
#include "core/os.h"
#include "support/support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CRASHED = 99, HUNG = 98, FIRST = 500, SPREAD = 500, SECONDS = 60, PATH = 4500 };

typedef struct world {
    mlab_context context;
    char folder[PATH], study[PATH], secret[PATH];
    char *reference; /* results.h5 of a run with all its memory */
    size_t n_reference;
    unsigned long calls; /* allocations of that run */
    unsigned long same, told, foreign, wrong;
} world;

static void join(char into[PATH], const char *folder, const char *name)
{
    if (snprintf(into, PATH, "%s/%s", folder, name) >= PATH) exit(EXIT_FAILURE);
}

/* Waits at most SECONDS; the exit code, or HUNG, or CRASHED. */
static int wait_for(pid_t child)
{
    for (int tenths = 0; tenths < 10 * SECONDS * 10; tenths++) {
        int status;
        if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) ? WEXITSTATUS(status) : CRASHED;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return HUNG;
}

/* Runs the program with its output in `said`; call fail_at fails (0 = none). */
static int run_program(const world *w, const char *const *arguments, const char *said, unsigned long fail_at)
{
    pid_t child = fork();
    if (child != 0) return wait_for(child);
    char at[32], count[PATH];
    int descriptor = open(said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(descriptor, STDOUT_FILENO);
    dup2(descriptor, STDERR_FILENO);
    snprintf(at, sizeof at, "%lu", fail_at);
    join(count, w->folder, "calls");
    setenv("MLAB_FAIL_AT", at, 1);
    if (fail_at == 0) setenv("MLAB_FAIL_COUNT", count, 1);
    setenv("LD_PRELOAD", MLAB_FAILING_MALLOC, 1);
    setenv("SOURCE_DATE_EPOCH", "0", 1);
    setenv("OMP_NUM_THREADS", "1", 1);
    execv(MLAB_PROGRAM, (char *const *)(const void *)arguments);
    _exit(CRASHED);
}

static int run_study(const world *w, const char *out, const char *said, unsigned long fail_at)
{
    const char *const arguments[] = {"mentorlab",          "run",       w->study, "--out", out, "--quiet", "--set", "comparison.bootstrap=0", "--set",
                                     "simulation.draws=2", "--threads", "1",      NULL};
    return run_program(w, arguments, said, fail_at);
}

/* The folder for a run; it has the secret of the study already, so that pseudonyms agree. */
static void make_room(const world *w, char out[PATH], unsigned long k)
{
    char name[64], hidden[PATH], secret[PATH];
    snprintf(name, sizeof name, "run-%lu", k);
    join(out, w->folder, name);
    join(hidden, out, ".mentorlab");
    join(secret, hidden, "secret");
    ck_assert_int_eq(mlab_os_make_folder(hidden, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_os_write_file(&w->context, secret, w->secret, strlen(w->secret), true, NULL), MLAB_OK);
}

static char *read_text(const world *w, const char *folder, const char *name, size_t *n)
{
    char path[PATH], *text;
    join(path, folder, name);
    return mlab_os_read_file(&w->context, path, &text, n, NULL) == MLAB_OK ? text : NULL;
}

static void make_world(world *w)
{
    char out[PATH], said[PATH];
    size_t n;
    w->context = mlab_test_context(NULL, 1);
    snprintf(w->folder, sizeof w->folder, "%s", mlab_test_folder("malloc"));
    join(w->study, w->folder, "study");
    join(said, w->folder, "said");
    snprintf(w->secret, sizeof w->secret, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    const char *const make[] = {"mentorlab", "new", w->study, "--quiet", NULL};
    ck_assert_int_eq(run_program(w, make, said, 0), 0);
    join(w->study, w->folder, "study/study.yaml");
    make_room(w, out, 0);
    ck_assert_int_eq(run_study(w, out, said, 0), 0);
    char *calls = read_text(w, w->folder, "calls", &n);
    ck_assert_ptr_nonnull(calls);
    w->calls = strtoul(calls, NULL, 10);
    w->reference = read_text(w, out, "results.h5", &w->n_reference);
    ck_assert_ptr_nonnull(w->reference);
    mlab_release(&w->context, calls);
}

/* The innermost frame that is neither the crash handler nor the C library; NULL when it lies in the program itself. */
static const char *foreign_frame(char *said)
{
    char *line = strstr(said, "crash\n");
    for (line = line ? strtok(line + 6, "\n") : NULL; line; line = strtok(NULL, "\n")) {
        if (strstr(line, "libfailing_malloc") || strstr(line, "libc.so")) continue;
        return strstr(line, MLAB_PROGRAM) || strncmp(line, "mentorlab", 9) == 0 ? NULL : line;
    }
    return NULL;
}

static void judge(world *w, unsigned long k, int code, const char *out, char *said)
{
    size_t n = 0;
    char *results = read_text(w, out, "results.h5", &n);
    bool same = results && n == w->n_reference && memcmp(results, w->reference, n) == 0;
    const char *frame = code == CRASHED ? foreign_frame(said) : NULL;
    if (code == 0 && same) {
        w->same++;
    } else if ((code == 1 || code == 3) && said[0] && (!results || same)) {
        w->told++;
    } else if (frame) {
        w->foreign++;
        printf("allocation %lu: crash in a foreign library: %s\n", k, frame);
    } else {
        w->wrong++;
        printf("allocation %lu: exit code %d, results %s, said: %.300s\n", k, code, !results ? "absent" : same ? "the same" : "OTHER", said);
    }
    mlab_release(&w->context, results);
}

static void try_one(world *w, unsigned long k)
{
    char out[PATH], said[PATH], command[PATH + 16];
    size_t n;
    make_room(w, out, k);
    join(said, out, "said");
    int code = run_study(w, out, said, k);
    char *text = read_text(w, out, "said", &n);
    judge(w, k, code, out, text ? text : (char[]){""});
    mlab_release(&w->context, text);
    snprintf(command, sizeof command, "rm -rf '%s'", out);
    if (system(command) != 0) exit(EXIT_FAILURE);
}

START_TEST(without_one_allocation_the_program_ends_with_a_sentence_or_the_same_results)
{
    static world w;
    make_world(&w);
    unsigned long step = w.calls > FIRST + SPREAD ? (w.calls - FIRST) / SPREAD : 1;
    for (unsigned long k = 1; k <= FIRST && k <= w.calls; k++) try_one(&w, k);
    for (unsigned long k = FIRST + 1; k <= w.calls; k += step) try_one(&w, k);
    printf("%lu allocations: %lu runs with the same results, %lu told, %lu crashes in foreign libraries, %lu wrong\n", w.calls, w.same, w.told,
           w.foreign, w.wrong);
    mlab_release(&w.context, w.reference);
    fflush(stdout);
    ck_assert_uint_eq(w.wrong, 0);
    ck_assert_uint_gt(w.told, 100);
}
END_TEST

MLAB_TEST_MAIN("malloc", without_one_allocation_the_program_ends_with_a_sentence_or_the_same_results)
