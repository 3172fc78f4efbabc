/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lock file that explains itself. It appears whole, by link(2), which also works on network file systems. A process
 * counts as the same when its number and its start (field 22 of /proc/N/stat) agree. Weakness: a lock left by another
 * host is never taken over; its text says which file to delete. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOCK_TEXT = 512, LOCK_PATH = 4096 };

typedef struct holder {
    char host[256];
    long process;
    unsigned long long start; /* clock ticks since the machine's start, 0 = not known */
} holder;

static size_t read_small(const char *path, char *into, size_t size)
{
    size_t used = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) {
        ssize_t got;
        while (used + 1 < size && (got = read(descriptor, into + used, size - 1 - used)) > 0) used += (size_t)got;
        close(descriptor);
    }
    into[used] = '\0';
    return used;
}

static unsigned long long start_of(long process)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    read_small(path, text, sizeof text);
    const char *at = strrchr(text, ')'); /* the name before it may hold blanks */
    for (int field = 2; at && field < 22; field++) {
        at = strchr(at, ' ');
        if (at) at++;
    }
    return at ? strtoull(at, NULL, 10) : 0;
}

static void describe(char text[LOCK_TEXT])
{
    char host[256], day[16];
    mlab_os_host_name(host, sizeof host);
    int64_t seconds = mlab_os_wall_seconds();
    mlab_date_print((mlab_date)(seconds / 86400), day, sizeof day);
    snprintf(text, LOCK_TEXT,
             "A run of mentorlab is writing to this folder.\nhost: %s\nprocess: %ld\nstart: %llu\nsince: %s %02d:%02d UTC\n"
             "If that process is gone, delete this file.\n",
             host, (long)getpid(), start_of((long)getpid()), day, (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60));
}

static bool read_holder(const char *text, holder *who)
{
    *who = (holder){.process = 0};
    const char *host = strstr(text, "host: "), *process = strstr(text, "process: "), *start = strstr(text, "start: ");
    if (!host || !process) return false;
    host += strlen("host: ");
    size_t n = strcspn(host, "\n");
    if (n >= sizeof who->host) return false;
    memcpy(who->host, host, n);
    who->process = strtol(process + strlen("process: "), NULL, 10);
    who->start = start ? strtoull(start + strlen("start: "), NULL, 10) : 0;
    return who->process > 0;
}

static bool is_gone(const holder *who)
{
    char host[256];
    mlab_os_host_name(host, sizeof host);
    if (strcmp(host, who->host) != 0) return false;
    if (kill((pid_t)who->process, 0) != 0 && errno == ESRCH) return true;
    unsigned long long start = start_of(who->process);
    return who->start && start && start != who->start;
}

/* Puts a stale lock aside and makes sure that what was put aside is what was read; else gives it back. */
static bool put_aside(const char *path, const char *text)
{
    char aside[LOCK_PATH], found[LOCK_TEXT];
    int length = snprintf(aside, sizeof aside, "%s.%ld.old", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof aside || rename(path, aside) != 0) return false;
    read_small(aside, found, sizeof found);
    bool same = strcmp(found, text) == 0;
    if (!same && link(aside, path) != 0) same = false;
    unlink(aside);
    return same;
}

static mlab_status locked_by(const char *path, const char *text, const holder *who, bool known, mlab_error *err)
{
    const char *since = strstr(text, "since: ");
    if (!known) return mlab_raise(err, MLAB_ERR_LOCKED, "another run holds %s; if there is none, delete that file", path);
    return mlab_raise(err, MLAB_ERR_LOCKED, "another run holds this folder: process %ld on %s since %.*s; wait for it, or delete %s if it is gone",
                      who->process, who->host, since ? (int)strcspn(since + 7, "\n") : 0, since ? since + 7 : "", path);
}

mlab_status mlab_os_lock(const mlab_context *context, const char *path, mlab_error *err)
{
    char text[LOCK_TEXT], found[LOCK_TEXT], own[LOCK_PATH];
    describe(text);
    int length = snprintf(own, sizeof own, "%s.%ld.new", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof own) return mlab_raise(err, MLAB_ERR_WRITE, "the path of the lock %s is too long", path);
    mlab_status status = mlab_os_write_file(context, own, text, strlen(text), false, err);
    if (status) return status;
    for (int attempt = 0; attempt < 3; attempt++) {
        if (link(own, path) == 0) goto out;
        if (errno != EEXIST) {
            status = mlab_raise(err, MLAB_ERR_WRITE, "%s cannot be written: %s", path, strerror(errno));
            goto out;
        }
        holder who;
        read_small(path, found, sizeof found);
        bool known = read_holder(found, &who);
        status = locked_by(path, found, &who, known, err);
        if (!known || !is_gone(&who) || !put_aside(path, found)) goto out;
        status = MLAB_OK;
    }
    status = mlab_raise(err, MLAB_ERR_LOCKED, "other runs keep taking %s", path);
out:
    unlink(own);
    return status;
}

void mlab_os_unlock(const char *path)
{
    unlink(path);
}
