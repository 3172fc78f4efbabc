/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results depend on the study and its inputs alone: not on threads, interruptions, or the instruction set. */
#include "cli/program.h"

/* results.h5 with the bytes of the attribute `run` blanked; 0 = the two are the same. */
static int compare_but_run(const char *a, const char *b)
{
    return shell("/usr/bin/python3 %s %s %s", mlab_test_path("cli/same_but_run.py"), a, b);
}

START_TEST(the_bytes_do_not_depend_on_threads)
{
    static const int threads[] = {1, 2, 7};
    make_study(400);
    for (size_t k = 0; k < 3; k++) {
        ck_assert_int_eq(
            shell("mkdir -p out%d/.mentorlab && { [ %zu = 0 ] || cp -p out1/.mentorlab/secret out%d/.mentorlab/; }", threads[k], k, threads[k]), 0);
        int code = shell(PROGRAM " run first/study.yaml --out out%d --threads %d", threads[k], threads[k]);
        ck_assert_msg(code == 0 || code == 4, "code %d: %s", code, err_out);
    }
    ck_assert_msg(compare_but_run("out1/results.h5", "out2/results.h5") == 0, "%s", err_out);
    ck_assert_msg(compare_but_run("out1/results.h5", "out7/results.h5") == 0, "%s", err_out);
    ck_assert_int_eq(shell("cmp out1/summary.md out7/summary.md && cmp out1/report.html out7/report.html"), 0);
}
END_TEST

START_TEST(a_stated_epoch_gives_the_same_file_to_the_last_byte)
{
    make_study(400);
    ck_assert_int_eq(shell("export SOURCE_DATE_EPOCH=1700000000; " PROGRAM " fit first/study.yaml --out a && sleep 1 && " PROGRAM
                           " fit first/study.yaml --out b --threads 3 && cmp a/results.h5 b/results.h5"),
                     0);
}
END_TEST

/* Starts a forecast, sends the signal as soon as one draw is there, and returns how it ended. */
static int interrupted_run(const char *signal)
{
    return shell("mkdir -p %s/.mentorlab && cp -p whole/.mentorlab/secret %s/.mentorlab/; " PROGRAM
                 " forecast first/study.yaml --out %s & p=$!; while [ ! -f %s/.mentorlab/shards/draw-000000.h5 ] && kill -0 $p; do :; done; "
                 "kill -%s $p; wait $p",
                 signal, signal, signal, signal, signal);
}

START_TEST(after_an_interruption_of_any_kind_the_rerun_gives_the_same_digest)
{
    static const struct {
        const char *signal;
        int code;
    } cases[] = {{"INT", 5}, {"TERM", 5}, {"USR1", 5}, {"KILL", 137}};
    static char whole[100];
    make_study(400);
    ck_assert_int_eq(shell("sed -i 's/draws: 12/draws: 40/; /^  random: /d' first/study.yaml"), 0);
    ck_assert_int_eq(shell(PROGRAM " forecast first/study.yaml --out whole"), 0);
    ck_assert_int_eq(shell(PROGRAM " inspect whole/results.h5 --digest"), 0);
    snprintf(whole, sizeof whole, "%.90s", out);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *name = cases[k].signal;
        int code = interrupted_run(name);
        if (code == 0 && cases[k].code == 5) { /* a fast machine is through before it looks at the flag, twice a second */
            fprintf(stderr, "%s: was through first\n", name);
        } else {
            ck_assert_msg(code == cases[k].code, "%s ends with %d: %s", name, code, err_out);
            if (code == 5) ck_says(err_out, "stopped on request; the same command goes on where it stopped");
            ck_assert_msg(shell("[ ! -f %s/results.h5 ]", name) == 0, "%s: there are results", name);
        }
        ck_assert_msg(shell(PROGRAM " forecast first/study.yaml --out %s", name) == 0, "%s: %s", name, err_out);
        ck_assert_int_eq(shell(PROGRAM " inspect %s/results.h5 --digest", name), 0);
        ck_assert_str_eq(out, whole);
        ck_assert_int_eq(shell("ls %s/.mentorlab/shards", name), 0);
        ck_assert_str_eq(out, "");
    }
}
END_TEST

START_TEST(an_interruption_is_code_five)
{
    make_study(400);
    ck_assert_int_eq(shell("sed -i 's/draws: 12/draws: 2000/' first/study.yaml"), 0);
    ck_assert_int_eq(shell(PROGRAM " simulate first/study.yaml --out o & p=$!; sleep 1.5; kill -TERM $p; wait $p"), 5);
    ck_assert_int_eq(shell("[ ! -f o/.mentorlab/lock ] && [ ! -f o/results.h5 ]"), 0);
}
END_TEST

START_TEST(the_simulation_from_the_same_draws_is_the_same_at_every_instruction_set)
{
    static const char *const sets[] = {"generic", "avx2", "avx512"};
    char first[100] = "";
    make_study(400);
    ck_assert_int_eq(shell(PROGRAM " fit first/study.yaml --out first"), 0);
    for (size_t k = 0; k < 3; k++) {
        if (shell("MLAB_ISA=%s " PROGRAM " words arm", sets[k]) != 0) {
            fprintf(stderr, "SKIPPED: simulation with %s, because this processor lacks the instruction set\n", sets[k]);
            continue;
        }
        ck_assert_int_eq(
            shell("rm -rf o && mkdir o && cp -rp first/.mentorlab o/ && MLAB_ISA=%s " PROGRAM " simulate first/study.yaml --out o", sets[k]), 0);
        const char *fit = strstr(out, "  fit ");
        ck_assert_ptr_nonnull(fit);
        ck_assert_msg(strncmp(strchr(fit, '\n') - 10, "up to date", 10) == 0, "the draws were made anew: %s", out);
        ck_assert_int_eq(shell(PROGRAM " inspect o/results.h5 --digest --group /simulation"), 0);
        if (first[0]) ck_assert_str_eq(out, first);
        snprintf(first, sizeof first, "%.90s", out);
    }
}
END_TEST

MLAB_TEST_MAIN("cli/resume", the_bytes_do_not_depend_on_threads, a_stated_epoch_gives_the_same_file_to_the_last_byte,
               after_an_interruption_of_any_kind_the_rerun_gives_the_same_digest, an_interruption_is_code_five,
               the_simulation_from_the_same_draws_is_the_same_at_every_instruction_set)
