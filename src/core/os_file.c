/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files and folders. What is written appears whole or not at all: temporary name, fsync, rename, fsync of the folder. */
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *reason(int number)
{
    return strerror(number);
}

static bool is_absolute(const char *path)
{
    return path[0] == '/';
}

/* Length of the part before the last '/', the '/' of the root kept. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return 0;
    return slash == path ? 1 : (size_t)(slash - path);
}

char *mlab_os_folder_of(const mlab_context *context, const char *path)
{
    return mlab_copy_bytes_as_text(context, path, folder_length(path));
}

char *mlab_os_join(const mlab_context *context, const char *folder, const char *name)
{
    if (is_absolute(name) || !folder[0]) return mlab_copy_text(context, name);
    size_t n = strlen(folder), m = strlen(name);
    bool slash = folder[n - 1] != '/';
    char *path = mlab_allocate(context, n + slash + m + 1, 1);
    if (!path) return NULL;
    memcpy(path, folder, n);
    if (slash) path[n] = '/';
    memcpy(path + n + slash, name, m + 1);
    return path;
}

/* Absolute, without "." and ".." and doubled slashes; no slash at the end but in "/". */
static bool make_absolute(const char *path, char *into, size_t size)
{
    char joined[4096];
    size_t n = 0;
    if (!is_absolute(path) && !getcwd(joined, sizeof joined)) return false;
    size_t used = is_absolute(path) ? 0 : strlen(joined);
    if (used + strlen(path) + 2 > sizeof joined || used + strlen(path) + 2 > size) return false;
    snprintf(joined + used, sizeof joined - used, "%s%s", used ? "/" : "", path);
    for (const char *part = joined; *part;) {
        while (*part == '/') part++;
        size_t length = strcspn(part, "/");
        if (length == 2 && part[0] == '.' && part[1] == '.') {
            while (n && into[--n] != '/') {
            }
        } else if (length && !(length == 1 && part[0] == '.')) {
            into[n++] = '/';
            memcpy(into + n, part, length);
            n += length;
        }
        part += length;
    }
    into[n] = '\0';
    return true;
}

char *mlab_os_relative(const mlab_context *context, const char *folder, const char *path)
{
    char from[4096], to[4096];
    if (!make_absolute(folder, from, sizeof from) || !make_absolute(path, to, sizeof to)) return NULL;
    size_t same = 0, ups = 0, i = 0;
    for (; from[i] && from[i] == to[i]; i++)
        if (from[i] == '/') same = i;
    if ((!from[i] || from[i] == '/') && (!to[i] || to[i] == '/')) same = i; /* whole names */
    for (const char *c = from + same; *c; c++) ups += *c == '/';
    const char *rest = to[same] == '/' ? to + same + 1 : to + same;
    char *way = mlab_allocate(context, 3 * ups + strlen(rest) + 2, 1);
    if (!way) return NULL;
    for (size_t k = 0; k < ups; k++) memcpy(way + 3 * k, "../", 3);
    memcpy(way + 3 * ups, rest, strlen(rest) + 1);
    if (!*way) memcpy(way, ".", 2);
    return way;
}

bool mlab_os_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

enum { LONGEST_PATH = 4096 };

mlab_status mlab_os_make_folder(const char *path, mlab_error *err)
{
    char part[LONGEST_PATH];
    size_t n = strlen(path);
    if (n == 0) return MLAB_OK;
    if (n >= sizeof part) return mlab_raise(err, MLAB_ERR_WRITE, "the folder's path has %zu characters, allowed %d", n, LONGEST_PATH - 1);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) == 0 || (errno == EEXIST && is_folder(part))) continue;
        int why = errno;
        if (is_folder(part)) continue; /* a parent that may not be written to */
        return mlab_raise(err, MLAB_ERR_WRITE, "the folder %s cannot be made: %s", part, reason(why));
    }
    return MLAB_OK;
}

/* The folder's own entry reaches the disk; file systems that cannot are let be. */
static void sync_folder_of(const char *path)
{
    char folder[LONGEST_PATH] = ".";
    size_t n = folder_length(path);
    if (n >= sizeof folder) return;
    if (n > 0) {
        memcpy(folder, path, n);
        folder[n] = '\0';
    }
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    fsync(descriptor);
    close(descriptor);
}

mlab_status mlab_os_sync_and_rename(const char *from, const char *to, mlab_error *err)
{
    int descriptor = open(from, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return mlab_raise(err, MLAB_ERR_OPEN, "%s cannot be opened: %s", from, reason(errno));
    int failed = fsync(descriptor) != 0 ? errno : 0;
    close(descriptor);
    if (failed && failed != EINVAL && failed != EROFS) return mlab_raise(err, MLAB_ERR_WRITE, "%s cannot be written: %s", from, reason(failed));
    if (rename(from, to) != 0) return mlab_raise(err, MLAB_ERR_WRITE, "%s cannot be renamed to %s: %s", from, to, reason(errno));
    sync_folder_of(to);
    return MLAB_OK;
}

void mlab_os_remove(const char *path)
{
    unlink(path);
}

static int write_all(int descriptor, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t wrote = write(descriptor, bytes, n);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return wrote < 0 ? errno : ENOSPC;
        bytes += wrote;
        n -= (size_t)wrote;
    }
    return 0;
}

/* A new file beside path; its name is put into `name`. */
static int open_beside(const char *path, bool secret, char *name, size_t size)
{
    for (int attempt = 0; attempt < 100; attempt++) {
        int length = snprintf(name, size, "%s.%ld.%d.tmp", path, (long)getpid(), attempt);
        if (length < 0 || (size_t)length >= size) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, secret ? 0600 : 0644);
        if (descriptor >= 0 || errno != EEXIST) return descriptor;
    }
    return -1;
}

mlab_status mlab_os_make_beside(const mlab_context *context, const char *path, bool secret, char **name, mlab_error *err)
{
    char made[LONGEST_PATH];
    *name = NULL;
    int descriptor = open_beside(path, secret, made, sizeof made);
    if (descriptor < 0) return mlab_raise(err, MLAB_ERR_WRITE, "%s cannot be written: %s", path, reason(errno));
    close(descriptor);
    *name = mlab_copy_text(context, made);
    if (*name) return MLAB_OK;
    unlink(made);
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write %s", path);
}

mlab_status mlab_os_make_private(const char *path, mlab_error *err)
{
    unlink(path);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return mlab_raise(err, MLAB_ERR_WRITE, "%s cannot be created: %s; is the folder there and may it be written to?", path, reason(errno));
    close(descriptor);
    return MLAB_OK;
}

void mlab_os_tighten(const char *path)
{
    struct stat info = {0};
    int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) return;
    if (fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 077)) (void)fchmod(descriptor, info.st_mode & 0700);
    close(descriptor);
}

mlab_status mlab_os_write_file(const mlab_context *context, const char *path, const char *bytes, size_t n, bool secret, mlab_error *err)
{
    (void)context;
    char name[LONGEST_PATH];
    int descriptor = open_beside(path, secret, name, sizeof name);
    if (descriptor < 0) return mlab_raise(err, MLAB_ERR_WRITE, "%s cannot be written: %s", path, reason(errno));
    int failed = write_all(descriptor, bytes, n);
    if (!failed && fsync(descriptor) != 0 && errno != EINVAL) failed = errno;
    if (close(descriptor) != 0 && !failed) failed = errno;
    if (!failed && rename(name, path) != 0) failed = errno;
    if (failed) {
        unlink(name);
        return mlab_raise(err, MLAB_ERR_WRITE, "%s cannot be written: %s", path, reason(failed));
    }
    sync_folder_of(path);
    return MLAB_OK;
}

mlab_status mlab_os_read_file(const mlab_context *context, const char *path, char **bytes, size_t *n, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    char *buffer = NULL;
    size_t used = 0, capacity = 0;
    struct stat info = {0};
    *bytes = NULL;
    *n = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return mlab_raise(err, MLAB_ERR_OPEN, "%s cannot be opened: %s", path, reason(errno));
    if (fstat(descriptor, &info) == 0 && S_ISDIR(info.st_mode)) {
        status = mlab_raise(err, MLAB_ERR_READ, "%s is a folder, a file is needed", path);
        goto out;
    }
    size_t first = S_ISREG(info.st_mode) && info.st_size > 0 ? (size_t)info.st_size + 1 : 65536;
    for (;;) {
        if (capacity - used < 2) {
            size_t larger = capacity ? capacity * 2 : first + 1;
            char *grown = mlab_reallocate(context, buffer, larger, 1);
            if (!grown) {
                status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s, %zu bytes", path, larger);
                goto out;
            }
            buffer = grown;
            capacity = larger;
        }
        ssize_t got = read(descriptor, buffer + used, capacity - used - 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            status = mlab_raise(err, MLAB_ERR_READ, "%s cannot be read: %s", path, reason(errno));
            goto out;
        }
        if (got == 0) break;
        used += (size_t)got;
    }
    buffer[used] = '\0';
    *bytes = buffer;
    *n = used;
    buffer = NULL;
out:
    close(descriptor);
    mlab_release(context, buffer);
    return status;
}

/* share/mentorlab/models beside the bin of the running program, so that an installed tree may be moved. */
static bool beside_program(char folder[LONGEST_PATH])
{
    ssize_t n = readlink("/proc/self/exe", folder, LONGEST_PATH - 1);
    if (n <= 0) return false;
    folder[n] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(folder, '/');
        if (!slash) return false;
        *slash = '\0';
    }
    static const char models[] = "/share/mentorlab/models";
    size_t length = strlen(folder);
    if (length + sizeof models > LONGEST_PATH) return false;
    memcpy(folder + length, models, sizeof models);
    return is_folder(folder);
}

char *mlab_os_models_folder(const mlab_context *context)
{
    char beside[LONGEST_PATH];
    const char *asked = getenv("MLAB_MODELS");
    if (asked && *asked) return mlab_copy_text(context, asked);
    if (beside_program(beside)) return mlab_copy_text(context, beside);
    return mlab_copy_text(context, is_folder(MLAB_INSTALLED_MODELS) ? MLAB_INSTALLED_MODELS : MLAB_SOURCE_MODELS);
}
