/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every entry point of the library takes and returns: status, error, context. */
#ifndef MENTORLAB_CORE_H
#define MENTORLAB_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mentorlab/status.h"

#if defined(__GNUC__)
#define MLAB_API __attribute__((visibility("default")))
#define MLAB_MUST_USE __attribute__((warn_unused_result))
#define MLAB_PRINTF(text_, first_) __attribute__((format(printf, text_, first_)))
#else
#define MLAB_API
#define MLAB_MUST_USE
#define MLAB_PRINTF(text_, first_)
#endif

/* A count that a file which is shared does not tell: -1 in the file, where _FillValue says so. */
#define MLAB_COUNT_HIDDEN UINT64_MAX

#ifdef __cplusplus
extern "C" {
#endif

/* Where something was found. Zero and NULL mean "not known". Lines, rows and columns count from 1. */
typedef struct mlab_place {
    char file[160];       /* name as the user gave it, of a workbook with its sheet, shortened at the front when longer; "" = none */
    uint64_t line;        /* line of the file; the header of a table is line 1 */
    uint32_t column;      /* character of the line in a study file; number of the column in a table */
    char column_name[64]; /* heading of the column in a table; "" = none */
} mlab_place;

/* Filled on failure when the caller passes one. The sentence says what, where, found, allowed. */
typedef struct mlab_error {
    mlab_status status;
    mlab_place place;
    char sentence[512]; /* UTF-8, always terminated */
} mlab_error;

/* The caller's memory functions. All of the library's own memory goes through them. */
typedef struct mlab_allocator {
    void *(*allocate)(void *user, size_t size);                 /* NULL when out of memory */
    void *(*reallocate)(void *user, void *memory, size_t size); /* like realloc; size > 0 */
    void (*release)(void *user, void *memory);                  /* memory may be NULL */
    void *user;
} mlab_allocator;

/* Instruction sets of the elementary functions; all give the same bits. */
typedef enum mlab_isa { MLAB_ISA_GENERIC = 0, MLAB_ISA_AVX2 = 1, MLAB_ISA_AVX512 = 2 } mlab_isa;

/* What every entry point takes. Made by mlab_setup, then open for the caller to change between calls.
 * Calls that share a context may run at the same time when its callbacks allow that. */
typedef struct mlab_context {
    mlab_allocator allocator; /* default: malloc, realloc, free */
    int threads;              /* threads of a parallel block, >= 1; results do not depend on it */
    mlab_isa isa;             /* chosen once from the processor, or from MLAB_ISA */
    bool sha;                 /* SHA-256 by the processor's own instructions: where it has them and MLAB_ISA is not generic; the same digests */
    /* Looked at about twice a second; true stops the work with MLAB_ERR_CANCELLED. NULL = never. */
    bool (*cancelled)(void *user);
    /* Told how far a stage is: done of total units. Called from one thread at a time. NULL = nobody listens. */
    void (*progress)(void *user, const char *stage, uint64_t done, uint64_t total);
    void *user; /* handed to cancelled and progress */
} mlab_context;

/* Makes a context: allocator malloc, threads from OMP_NUM_THREADS, else SLURM_CPUS_PER_TASK, else the processors
 * this process may use; instruction set from MLAB_ISA (generic, avx2, avx512), else the best the processor has.
 * Turns off GSL's process-wide error handler. Errors: MLAB_ERR_ISA, MLAB_ERR_OPTION (a variable that is not understood). */
MLAB_API MLAB_MUST_USE mlab_status mlab_setup(mlab_context *context, mlab_error *err);

/* Version of the library, "major.minor.patch". */
MLAB_API const char *mlab_version(void);

/* The commit it was built from: twelve hex digits, a "+" when files were changed since, or "unknown". */
MLAB_API const char *mlab_commit(void);

/* The name of a status ("MLAB_ERR_MEMORY") and its sentence; for an unknown code "MLAB_UNKNOWN". Never NULL. */
MLAB_API const char *mlab_status_name(mlab_status status);
MLAB_API const char *mlab_status_sentence(mlab_status status);

/* The name of a trust value in small letters ("not_converged") and its sentence. Never NULL. */
MLAB_API const char *mlab_trust_name(mlab_trust trust);
MLAB_API const char *mlab_trust_sentence(mlab_trust trust);

#ifdef __cplusplus
}
#endif
#endif
