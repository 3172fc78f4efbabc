/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loaded before a program (LD_PRELOAD): call number MLAB_FAIL_AT of malloc, calloc, realloc, posix_memalign and aligned_alloc
 * from the start of main on gives no memory, in our code and in every library alike. The number of calls is written to
 * MLAB_FAIL_COUNT at the end. A crash, or an exit code that the program does not know, prints "crash" and its frames. For glibc
 * alone, whose own functions it stands on. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

enum { CRASHED = 99, FRAMES = 40 };
static atomic_ulong calls;
static unsigned long fail_at; /* 0 = never */
static atomic_bool counting;

static bool fails(void)
{
    if (!atomic_load(&counting) || atomic_fetch_add(&calls, 1) + 1 != fail_at) return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails() ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    void *got = fails() ? NULL : __libc_memalign(alignment, size);
    if (!got) return ENOMEM;
    *memory = got;
    return 0;
}

static void tell_crash(int number)
{
    static const char words[] = "crash\n";
    void *frames[FRAMES];
    (void)number;
    atomic_store(&counting, false);
    if (write(STDERR_FILENO, words, sizeof words - 1) > 0) backtrace_symbols_fd(frames, backtrace(frames, FRAMES), STDERR_FILENO);
    _exit(CRASHED);
}

static void (*library_exit)(int code);

/* Some libraries end the process themselves. */
__attribute__((noreturn)) void exit(int code)
{
    if (code < 0 || code > 5 || !library_exit) tell_crash(0);
    library_exit(code);
    _exit(code);
}

__attribute__((constructor)) static void start(void)
{
    static const int numbers[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
    const char *at = getenv("MLAB_FAIL_AT");
    void *frames[2];
    backtrace(frames, 2); /* loads what it needs now, not in a crash */
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) signal(numbers[i], tell_crash);
    void *found = dlsym(RTLD_NEXT, "exit");
    memcpy(&library_exit, &found, sizeof found);
    fail_at = at ? strtoul(at, NULL, 10) : 0;
    atomic_store(&counting, true);
}

__attribute__((destructor)) static void end(void)
{
    char text[32];
    atomic_store(&counting, false);
    const char *path = getenv("MLAB_FAIL_COUNT");
    int descriptor = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    if (descriptor < 0) return;
    int n = snprintf(text, sizeof text, "%lu\n", atomic_load(&calls));
    if (n > 0 && write(descriptor, text, (size_t)n) < 0) _exit(CRASHED);
    close(descriptor);
}
