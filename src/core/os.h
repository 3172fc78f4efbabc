/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operating system: files, folders, terminal, clock, signals. The only place with its calls. */
#ifndef MLAB_CORE_OS_H
#define MLAB_CORE_OS_H

#include "mentorlab/core.h"

/* Writes bytes to a temporary name beside path, fsyncs and renames; mode 0600 when `secret`, else 0644 by umask. */
MLAB_MUST_USE mlab_status mlab_os_write_file(const mlab_context *context, const char *path, const char *bytes, size_t n, bool secret,
                                             mlab_error *err);
/* An empty file under a temporary name beside path, for a library that writes files itself; *name is released with mlab_release.
 * mlab_os_sync_and_rename then gives it its name. */
MLAB_MUST_USE mlab_status mlab_os_make_beside(const mlab_context *context, const char *path, bool secret, char **name, mlab_error *err);
/* An empty file of that very name, mode 0600, for a library that truncates it and writes into it: what stood there is removed before. */
MLAB_MUST_USE mlab_status mlab_os_make_private(const char *path, mlab_error *err);
/* Nobody but its owner may read the file any more. Fine when it is not there, is no file, or its file system has no modes. */
void mlab_os_tighten(const char *path);
/* The whole file, terminated; *bytes is released with mlab_release. */
MLAB_MUST_USE mlab_status mlab_os_read_file(const mlab_context *context, const char *path, char **bytes, size_t *n, mlab_error *err);
bool mlab_os_exists(const char *path);
MLAB_MUST_USE mlab_status mlab_os_make_folder(const char *path, mlab_error *err); /* and its parents; fine when there */
MLAB_MUST_USE mlab_status mlab_os_sync_and_rename(const char *from, const char *to, mlab_error *err);
void mlab_os_remove(const char *path); /* fine when not there */
/* folder + "/" + name, or name alone when it is absolute or folder is "" */
char *mlab_os_join(const mlab_context *context, const char *folder, const char *name);
/* The way from a folder to a file or folder, as in "../exports/people.csv"; links are not followed. NULL = no memory, or no current folder. */
char *mlab_os_relative(const mlab_context *context, const char *folder, const char *path);
char *mlab_os_folder_of(const mlab_context *context, const char *path); /* "" when none */
/* Where models/ is: MLAB_MODELS, else the share folder beside the program, else that of the installation, else the source folder of
 * the build. */
char *mlab_os_models_folder(const mlab_context *context);
/* A lock file that explains itself (host, process, start). Errors: MLAB_ERR_LOCKED with its content; a lock whose
 * process is gone on this host is taken over. */
MLAB_MUST_USE mlab_status mlab_os_lock(const mlab_context *context, const char *path, mlab_error *err);
void mlab_os_unlock(const char *path);
bool mlab_os_is_terminal(int descriptor);
int mlab_os_terminal_width(int descriptor); /* 80 when not known */
double mlab_os_seconds(void);               /* monotonic */
int64_t mlab_os_wall_seconds(void);         /* since 1970, or SOURCE_DATE_EPOCH */
/* The locale "C" (NULL = no memory), for libraries that print numbers by the thread's locale; use gives back the one before. */
void *mlab_os_locale_make(void);
void *mlab_os_locale_use(void *locale);
void mlab_os_locale_free(void *locale);            /* NULL is fine */
const char *mlab_os_environment(const char *name); /* value of the variable; NULL = not set */
void mlab_os_host_name(char *into, size_t size);
MLAB_MUST_USE mlab_status mlab_os_random_bytes(unsigned char *into, size_t n, mlab_error *err);
uint64_t mlab_os_peak_memory(void); /* bytes, of this process */
/* SIGINT, SIGTERM and SIGUSR1 set a flag, a second SIGINT ends the process at once. The only signal state we own. */
void mlab_os_catch_signals(void);
bool mlab_os_signalled(void *unused);

/* SHA-256 (FIPS 180-4), as 64 hex digits and a terminator. */
void mlab_sha256_hex(const void *bytes, size_t n, char into[65]);
typedef struct mlab_sha256 {
    uint32_t state[8];
    uint64_t length;
    unsigned char block[64];
    size_t used;
    bool instructions; /* those of the processor for it */
} mlab_sha256;
void mlab_sha256_start(mlab_sha256 *hash, const mlab_context *context); /* NULL = the portable code; the same digests */
void mlab_sha256_add(mlab_sha256 *hash, const void *bytes, size_t n);
void mlab_sha256_end(mlab_sha256 *hash, char into[65]);

#endif
