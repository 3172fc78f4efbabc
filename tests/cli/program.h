/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the built program as a user would: exit code, what it printed, in a folder of its own. */
#ifndef TESTS_PROGRAM_H
#define TESTS_PROGRAM_H

#include "support/support.h"

#include "core/memory.h"
#include "core/os.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define PROGRAM MLAB_PROGRAM

static char here[4200];                     /* the folder of the test */
static char out[1 << 20], err_out[1 << 20]; /* what the last command printed */

static void read_into(const char *name, char *into, size_t size)
{
    char path[4400];
    snprintf(path, sizeof path, "%s/%s", here, name);
    FILE *stream = fopen(path, "rb");
    size_t n = stream ? fread(into, 1, size - 1, stream) : 0;
    into[n] = '\0';
    if (stream) fclose(stream);
}

/* Runs a command of the shell in the folder; returns its exit code, 128 + signal when it was killed. */
static int shell(const char *format, ...) MLAB_PRINTF(1, 2);
static int shell(const char *format, ...)
{
    static char command[20000], typed[16000];
    va_list list;
    va_start(list, format);
    vsnprintf(typed, sizeof typed, format, list);
    va_end(list);
    snprintf(command, sizeof command, "cd '%s' && { %s; } >.out 2>.err </dev/null", here, typed);
    int status = system(command);
    read_into(".out", out, sizeof out);
    read_into(".err", err_out, sizeof err_out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void start_here(void)
{
    snprintf(here, sizeof here, "%s", mlab_test_folder("cli"));
}

#define ck_says(text_, part_) ck_assert_msg(strstr(text_, part_) != NULL, "'%s' is not in: %s", part_, text_)
#define ck_says_not(text_, part_) ck_assert_msg(strstr(text_, part_) == NULL, "'%s' is in: %s", part_, text_)

static void write_here(const char *name, const char *text)
{
    mlab_context context = mlab_test_context(NULL, 1);
    char path[4400];
    mlab_error err;
    snprintf(path, sizeof path, "%s/%s", here, name);
    ck_assert_msg(mlab_os_write_file(&context, path, text, strlen(text), false, &err) == MLAB_OK, "%s", err.sentence);
}

/* A starter study that runs fast, over so many people; under 400 a model may be in doubt (code 4). */
static inline void make_study(int people)
{
    start_here();
    ck_assert_int_eq(shell(PROGRAM " new first"), 0);
    write_here("truth.yaml", "title: a firm\n");
    ck_assert_int_eq(shell(PROGRAM " generate truth.yaml --seed 1 --people %d --out first", people), 0);
    ck_assert_int_eq(shell("sed -i 's/bootstrap: 50/bootstrap: 20/; s/draws: 40/draws: 12/; s/12 quarters/6 quarters/' first/study.yaml"), 0);
}

#endif
