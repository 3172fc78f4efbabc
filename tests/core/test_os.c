/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/memory.h"
#include "core/os.h"
#include "support/support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[5000];

static const char *in_folder(const char *folder, const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* What the standard's examples give, by the portable code or by the processor's own instructions. */
static const char *digest_of(const mlab_context *context, const char *text, size_t n, size_t piece)
{
    static char hex[65];
    mlab_sha256 hash;
    mlab_sha256_start(&hash, context);
    for (size_t at = 0; at < n; at += piece) mlab_sha256_add(&hash, text + at, n - at < piece ? n - at : piece);
    mlab_sha256_end(&hash, hex);
    return hex;
}

/* FIPS 180-4 examples, and the million letters of NIST's test vectors. */
static void check_digests(const mlab_context *context)
{
    static char letters[1000000];
    memset(letters, 'a', sizeof letters);
    ck_assert_str_eq(digest_of(context, "", 0, 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ck_assert_str_eq(digest_of(context, "abc", 3, 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ck_assert_str_eq(digest_of(context, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, 56),
                     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    static const size_t pieces[] = {7, 64, 129, sizeof letters};
    for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++)
        ck_assert_str_eq(digest_of(context, letters, sizeof letters, pieces[k]), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

START_TEST(sha256_gives_the_digests_of_the_standard)
{
    char hex[65];
    check_digests(NULL);
    mlab_sha256_hex("abc", 3, hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

START_TEST(the_processors_own_sha256_gives_the_same_digests)
{
    mlab_context context;
    mlab_error err;
    unsetenv("MLAB_ISA");
    ck_assert_int_eq(mlab_setup(&context, &err), MLAB_OK);
    if (!context.sha) {
        printf("SKIPPED core/test_os: this processor lacks the instruction set of SHA-256\n");
        return;
    }
    check_digests(&context);
    char bytes[1000]; /* every length up to 1,000, of bytes that are all different */
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 167 % 251);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        char portable[65];
        mlab_sha256_hex(bytes, n, portable);
        ck_assert_str_eq(digest_of(&context, bytes, n, n ? n : 1), portable);
    }
    setenv("MLAB_ISA", "generic", 1);
    ck_assert_int_eq(mlab_setup(&context, &err), MLAB_OK);
    ck_assert(!context.sha);
}
END_TEST

static int mode_of(const char *name)
{
    struct stat info = {0};
    return stat(name, &info) ? -1 : (int)(info.st_mode & 0777);
}

START_TEST(what_others_could_read_is_tightened_and_a_private_file_was_never_open)
{
    mlab_error err;
    const char *folder = mlab_test_folder("private");
    char name[5000], way[5000];
    snprintf(name, sizeof name, "%s/left", folder);
    snprintf(way, sizeof way, "%s/link", folder);
    FILE *stream = fopen(name, "w");
    ck_assert_ptr_nonnull(stream);
    fclose(stream);
    ck_assert_int_eq(chmod(name, 0664), 0);
    ck_assert_int_eq(symlink(name, way), 0);
    mlab_os_tighten(way); /* a link is not followed */
    ck_assert_int_eq(mode_of(name), 0664);
    mlab_os_tighten(name);
    ck_assert_int_eq(mode_of(name), 0600);
    ck_assert_int_eq(chmod(name, 0644), 0);
    ck_assert_int_eq(mlab_os_make_private(name, &err), MLAB_OK); /* another file: whoever has the old one open does not read the new one */
    ck_assert_int_eq(mode_of(name), 0600);
    ck_assert_int_eq(mlab_os_make_private("/no/such/folder/file", &err), MLAB_ERR_WRITE);
    mlab_os_tighten("/no/such/file");
    mlab_os_tighten(folder);
    ck_assert_int_ne(mode_of(folder), 0600);
}
END_TEST

START_TEST(a_written_file_reads_back_whole_and_leaves_nothing_beside_it)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("os"));
    const char text[] = "one\0two\n";
    umask(022);
    ck_assert_int_eq(mlab_os_write_file(&context, in_folder(folder, "a"), text, sizeof text, false, NULL), MLAB_OK);
    char *bytes;
    size_t n;
    ck_assert_int_eq(mlab_os_read_file(&context, path, &bytes, &n, NULL), MLAB_OK);
    ck_assert_uint_eq(n, sizeof text);
    ck_assert_mem_eq(bytes, text, n);
    ck_assert_int_eq(bytes[n], '\0');
    struct stat info;
    ck_assert(stat(path, &info) == 0 && (info.st_mode & 0777) == 0644);
    ck_assert_int_eq(mlab_os_write_file(&context, path, "s", 1, true, NULL), MLAB_OK);
    ck_assert(stat(path, &info) == 0 && (info.st_mode & 0777) == 0600 && info.st_size == 1);
    mlab_os_remove(path);
    mlab_os_remove(path);
    ck_assert(!mlab_os_exists(path));
    ck_assert_msg(rmdir(folder) == 0, "something was left in %s", folder);
    mlab_release(&context, bytes);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(files_that_cannot_be_read_or_written_are_named_with_the_reason)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    char *bytes = path;
    size_t n;
    ck_assert_int_eq(mlab_os_read_file(&context, "/nowhere/at/all", &bytes, &n, &err), MLAB_ERR_OPEN);
    ck_assert(bytes == NULL);
    ck_assert_str_eq(err.sentence, "/nowhere/at/all cannot be opened: No such file or directory");
    ck_assert_int_eq(mlab_os_read_file(&context, "/tmp", &bytes, &n, &err), MLAB_ERR_READ);
    ck_assert_str_eq(err.sentence, "/tmp is a folder, a file is needed");
    ck_assert_int_eq(mlab_os_write_file(&context, "/nowhere/at/all", "x", 1, false, &err), MLAB_ERR_WRITE);
    ck_assert(strstr(err.sentence, "/nowhere/at/all cannot be written"));
    ck_assert_int_eq(mlab_os_sync_and_rename("/nowhere/a", "/nowhere/b", &err), MLAB_ERR_OPEN);
    ck_assert_int_eq(mlab_os_make_folder("/dev/null/x", &err), MLAB_ERR_WRITE);
}
END_TEST

START_TEST(reading_without_memory_is_an_error_and_leaks_nothing)
{
    mlab_test_memory memory = {.fail_at = 1};
    mlab_context context = mlab_test_context(&memory, 1);
    char *bytes;
    size_t n;
    ck_assert_int_eq(mlab_os_read_file(&context, "/proc/self/status", &bytes, &n, NULL), MLAB_ERR_MEMORY);
    ck_assert(bytes == NULL && memory.live == 0);
    memory.fail_at = 0;
    ck_assert_int_eq(mlab_os_read_file(&context, "/proc/self/status", &bytes, &n, NULL), MLAB_OK); /* a file that says size 0 */
    ck_assert(n > 100);
    mlab_release(&context, bytes);
}
END_TEST

START_TEST(folders_are_made_with_their_parents_and_paths_are_joined)
{
    mlab_context context = mlab_test_context(NULL, 1);
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("os"));
    ck_assert_int_eq(mlab_os_make_folder(in_folder(folder, "a/b//c/"), NULL), MLAB_OK);
    ck_assert_int_eq(mlab_os_make_folder(path, NULL), MLAB_OK);
    ck_assert(mlab_os_exists(path));
    static const char *const cases[][3] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"}, {"a", "/b", "/b"}, {"/", "b", "/b"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *joined = mlab_os_join(&context, cases[i][0], cases[i][1]);
        ck_assert_str_eq(joined, cases[i][2]);
        mlab_release(&context, joined);
    }
    static const char *const folders[][2] = {{"a/b", "a"}, {"b", ""}, {"/b", "/"}, {"/a/b/c", "/a/b"}};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char *parent = mlab_os_folder_of(&context, folders[i][0]);
        ck_assert_str_eq(parent, folders[i][1]);
        mlab_release(&context, parent);
    }
}
END_TEST

START_TEST(a_lock_is_held_once_and_explains_itself)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    char lock[4096], expected[64];
    snprintf(lock, sizeof lock, "%s/lock", mlab_test_folder("os"));
    ck_assert_int_eq(mlab_os_lock(&context, lock, &err), MLAB_OK);
    ck_assert_int_eq(mlab_os_lock(&context, lock, &err), MLAB_ERR_LOCKED);
    snprintf(expected, sizeof expected, "process %ld", (long)getpid());
    ck_assert_msg(strstr(err.sentence, expected) && strstr(err.sentence, lock), "%s", err.sentence);
    mlab_os_unlock(lock);
    ck_assert_int_eq(mlab_os_lock(&context, lock, &err), MLAB_OK);
    mlab_os_unlock(lock);
}
END_TEST

static void write_lock(const mlab_context *context, const char *lock, const char *host, long process, unsigned long long start)
{
    char text[400];
    int n = snprintf(text, sizeof text, "host: %s\nprocess: %ld\nstart: %llu\nsince: 2024-01-01 00:00 UTC\n", host, process, start);
    ck_assert_int_eq(mlab_os_write_file(context, lock, text, (size_t)n, false, NULL), MLAB_OK);
}

START_TEST(a_lock_of_a_process_that_is_gone_is_taken_over_but_never_one_of_another_host)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    char lock[4096], host[256];
    snprintf(lock, sizeof lock, "%s/lock", mlab_test_folder("os"));
    mlab_os_host_name(host, sizeof host);
    pid_t gone = fork();
    if (gone == 0) _exit(0);
    waitpid(gone, NULL, 0);
    write_lock(&context, lock, host, (long)gone, 1);
    ck_assert_int_eq(mlab_os_lock(&context, lock, &err), MLAB_OK);
    mlab_os_unlock(lock);
    write_lock(&context, lock, host, (long)getpid(), 1); /* our number, used by another process before */
    ck_assert_int_eq(mlab_os_lock(&context, lock, &err), MLAB_OK);
    mlab_os_unlock(lock);
    write_lock(&context, lock, "elsewhere", (long)gone, 1);
    ck_assert_int_eq(mlab_os_lock(&context, lock, &err), MLAB_ERR_LOCKED);
    ck_assert_msg(strstr(err.sentence, "on elsewhere since 2024-01-01 00:00 UTC"), "%s", err.sentence);
    ck_assert_int_eq(mlab_os_write_file(&context, lock, "?", 1, false, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_os_lock(&context, lock, &err), MLAB_ERR_LOCKED);
}
END_TEST

START_TEST(of_many_processes_one_holds_the_lock_at_a_time)
{
    char lock[4096], inside[4200];
    snprintf(lock, sizeof lock, "%s/lock", mlab_test_folder("os"));
    snprintf(inside, sizeof inside, "%s.inside", lock);
    enum { CHILDREN = 6 };
    for (int c = 0; c < CHILDREN; c++) {
        if (fork() != 0) continue;
        mlab_context context = mlab_test_context(NULL, 1);
        for (int i = 0; i < 60; i++) {
            if (mlab_os_lock(&context, lock, NULL)) continue;
            if (mkdir(inside, 0700) != 0) _exit(1); /* somebody else is inside */
            if (rmdir(inside) != 0) _exit(2);
            if (i == 30) _exit(0); /* ends without unlocking: the next one takes over */
            mlab_os_unlock(lock);
        }
        _exit(0);
    }
    for (int c = 0; c < CHILDREN; c++) {
        int status;
        wait(&status);
        ck_assert_int_eq(status, 0);
    }
}
END_TEST

START_TEST(signals_set_a_flag_and_a_second_interrupt_ends_the_process)
{
    static const int numbers[] = {SIGTERM, SIGUSR1, SIGINT};
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0) {
            mlab_os_catch_signals();
            if (mlab_os_signalled(NULL)) _exit(1);
            raise(numbers[i]);
            if (!mlab_os_signalled(NULL)) _exit(2);
            raise(numbers[i]);
            _exit(3);
        }
        int status;
        waitpid(child, &status, 0);
        if (numbers[i] == SIGINT)
            ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
        else
            ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    }
}
END_TEST

START_TEST(the_clock_obeys_source_date_epoch_and_the_machine_answers)
{
    setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
    ck_assert_int_eq(mlab_os_wall_seconds(), 1700000000);
    setenv("SOURCE_DATE_EPOCH", "soon", 1);
    ck_assert_int_gt(mlab_os_wall_seconds(), 1700000000);
    double before = mlab_os_seconds();
    ck_assert(mlab_os_seconds() >= before);
    ck_assert_uint_gt(mlab_os_peak_memory(), 100000);
    unsigned char a[32] = {0}, b[32] = {0};
    ck_assert_int_eq(mlab_os_random_bytes(a, sizeof a, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_os_random_bytes(b, sizeof b, NULL), MLAB_OK);
    ck_assert(memcmp(a, b, sizeof a) != 0);
    int ends[2];
    ck_assert(pipe(ends) == 0);
    ck_assert(!mlab_os_is_terminal(ends[0]));
    ck_assert_int_eq(mlab_os_terminal_width(ends[0]), 80);
}
END_TEST

START_TEST(the_models_folder_is_where_the_variable_says)
{
    mlab_context context = mlab_test_context(NULL, 1);
    setenv("MLAB_MODELS", "/some/where", 1);
    char *folder = mlab_os_models_folder(&context);
    ck_assert_str_eq(folder, "/some/where");
    mlab_release(&context, folder);
    unsetenv("MLAB_MODELS");
    folder = mlab_os_models_folder(&context);
    ck_assert(mlab_os_exists(folder));
    mlab_release(&context, folder);
}
END_TEST

MLAB_TEST_MAIN("os", what_others_could_read_is_tightened_and_a_private_file_was_never_open, sha256_gives_the_digests_of_the_standard,
               the_processors_own_sha256_gives_the_same_digests, a_written_file_reads_back_whole_and_leaves_nothing_beside_it,
               files_that_cannot_be_read_or_written_are_named_with_the_reason, reading_without_memory_is_an_error_and_leaks_nothing,
               folders_are_made_with_their_parents_and_paths_are_joined, a_lock_is_held_once_and_explains_itself,
               a_lock_of_a_process_that_is_gone_is_taken_over_but_never_one_of_another_host, of_many_processes_one_holds_the_lock_at_a_time,
               signals_set_a_flag_and_a_second_interrupt_ends_the_process, the_clock_obeys_source_date_epoch_and_the_machine_answers,
               the_models_folder_is_where_the_variable_says)
