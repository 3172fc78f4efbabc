/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process and its machine: signals, terminal, clocks, host, random bytes, memory. */
#include "core/error.h"
#include "core/number.h"
#include "core/os.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static atomic_int signalled;

static void note_signal(int number)
{
    (void)number;
    atomic_store(&signalled, 1);
}

void mlab_os_catch_signals(void)
{
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    action.sa_flags = (int)((unsigned)SA_RESTART | (unsigned)SA_RESETHAND); /* the second one ends the process */
    sigaction(SIGINT, &action, NULL);
    const struct sigaction ignored = {.sa_handler = SIG_IGN}; /* a limit of file sizes is a failed write, told and cleaned up as a full disk is */
    sigaction(SIGXFSZ, &ignored, NULL);
}

bool mlab_os_signalled(void *unused)
{
    (void)unused;
    return atomic_load(&signalled) != 0;
}

bool mlab_os_is_terminal(int descriptor)
{
    return isatty(descriptor) == 1;
}

int mlab_os_terminal_width(int descriptor)
{
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

double mlab_os_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int64_t mlab_os_wall_seconds(void)
{
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    int64_t seconds;
    if (fixed && mlab_integer_parse(fixed, strlen(fixed), &seconds)) return seconds;
    return (int64_t)time(NULL);
}

void *mlab_os_locale_make(void)
{
    return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

void *mlab_os_locale_use(void *locale)
{
    return uselocale(locale);
}

void mlab_os_locale_free(void *locale)
{
    if (locale) freelocale(locale);
}

void mlab_os_host_name(char *into, size_t size)
{
    if (size == 0) return;
    if (gethostname(into, size) != 0) snprintf(into, size, "unknown");
    into[size - 1] = '\0';
}

mlab_status mlab_os_random_bytes(unsigned char *into, size_t n, mlab_error *err)
{
    while (n > 0) {
        ssize_t got = getrandom(into, n, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return mlab_raise(err, MLAB_ERR_READ, "the system gives no random bytes: %s", strerror(errno));
        into += got;
        n -= (size_t)got;
    }
    return MLAB_OK;
}

uint64_t mlab_os_peak_memory(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (uint64_t)usage.ru_maxrss * 1024; /* Linux counts in KiB */
}

const char *mlab_os_environment(const char *name)
{
    return getenv(name);
}
