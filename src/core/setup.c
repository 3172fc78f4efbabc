/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes a context: threads, instruction set, memory functions. Nothing of it is kept elsewhere. */
#include "core/error.h"
#include "core/number.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <gsl/gsl_errno.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static void *plain_allocate(void *user, size_t size)
{
    (void)user;
    return malloc(size);
}

static void *plain_reallocate(void *user, void *memory, size_t size)
{
    (void)user;
    return realloc(memory, size);
}

static void plain_release(void *user, void *memory)
{
    (void)user;
    free(memory);
}

enum { MOST_THREADS = 4096 };

/* Reads a number of threads; OMP_NUM_THREADS may be a list "4,2" for nested loops, its first entry is ours. */
static mlab_status threads_from(const char *variable, int *threads, mlab_error *err)
{
    const char *text = getenv(variable);
    if (!text || !*text) return MLAB_OK;
    int64_t value;
    if (!mlab_integer_parse(text, strcspn(text, ","), &value) || value < 1 || value > MOST_THREADS)
        return mlab_raise(err, MLAB_ERR_OPTION, "%s is \"%s\", allowed 1 to %d", variable, text, MOST_THREADS);
    *threads = (int)value;
    return MLAB_OK;
}

static mlab_status choose_threads(int *threads, mlab_error *err)
{
    *threads = 0;
    mlab_status status = threads_from("OMP_NUM_THREADS", threads, err);
    if (!status && *threads == 0) status = threads_from("SLURM_CPUS_PER_TASK", threads, err);
    if (*threads == 0) *threads = omp_get_num_procs(); /* those of the affinity mask */
    if (*threads > MOST_THREADS) *threads = MOST_THREADS;
    return status;
}

static mlab_isa best_isa(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        return MLAB_ISA_AVX512;
    if (__builtin_cpu_supports("avx2")) return MLAB_ISA_AVX2;
#endif
    return MLAB_ISA_GENERIC;
}

/* Leaf 7 for the SHA extensions, leaf 1 for the SSSE3 and SSE4.1 that stand beside them (Intel SDM, volume 2, CPUID). */
static bool has_sha(void)
{
#if defined(__x86_64__)
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_SHA)) return false;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) && (c & bit_SSE4_1);
#else
    return false;
#endif
}

static mlab_status choose_isa(mlab_isa *isa, mlab_error *err)
{
    static const char *const names[] = {[MLAB_ISA_GENERIC] = "generic", [MLAB_ISA_AVX2] = "avx2", [MLAB_ISA_AVX512] = "avx512"};
    *isa = best_isa();
    const char *asked = getenv("MLAB_ISA");
    if (!asked || !*asked) return MLAB_OK;
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        if (strcmp(asked, names[i]) != 0) continue;
        if (i > (int)*isa) return mlab_raise(err, MLAB_ERR_ISA, "MLAB_ISA is %s, but this processor has %s at most", asked, names[*isa]);
        *isa = (mlab_isa)i;
        return MLAB_OK;
    }
    return mlab_raise(err, MLAB_ERR_OPTION, "MLAB_ISA is \"%s\", allowed generic, avx2 or avx512", asked);
}

mlab_status mlab_setup(mlab_context *context, mlab_error *err)
{
    mlab_status status;
    *context = (mlab_context){.allocator = {plain_allocate, plain_reallocate, plain_release, NULL}, .threads = 1, .isa = MLAB_ISA_GENERIC};
    gsl_set_error_handler_off();
    if ((status = choose_threads(&context->threads, err))) return status;
    if ((status = choose_isa(&context->isa, err))) return status;
    context->sha = context->isa != MLAB_ISA_GENERIC && has_sha();
    return MLAB_OK;
}
