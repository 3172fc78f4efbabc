/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parallel blocks with OpenMP. Threads take the next block from a counter, so that blocks start in order; each looks
 * at a stop flag before it starts one. The caller's callbacks run under one lock, at most twice a second. Loops that are too short
 * to share are done alone (core/parallel_worth.h). */
#include "core/parallel.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "core/parallel_worth.h"

#include <omp.h>
#include <stdatomic.h>

typedef struct loop {
    const mlab_context *context;
    const char *stage;
    mlab_block_function function;
    void *work;
    size_t n_blocks, scratch_size;
    atomic_size_t next, done;
    atomic_bool stop;
    /* written under the lock "mlab_parallel" */
    double last_look;   /* seconds; when the callbacks were last called */
    double first;       /* seconds of the first block of the calling thread, which alone writes it */
    size_t failed;      /* lowest block that failed, n_blocks = none */
    mlab_status status; /* of that block, or of the loop itself */
    mlab_error error;
    bool out_of_memory, cancelled;
} loop;

static void look(loop *l, double now)
{
    if (now - l->last_look < 0.5) return;
    l->last_look = now;
    const mlab_context *context = l->context;
    if (context->cancelled && context->cancelled(context->user)) {
        l->cancelled = true;
        atomic_store(&l->stop, true);
    }
    if (context->progress && l->stage) context->progress(context->user, l->stage, atomic_load(&l->done), l->n_blocks);
}

static void note_failure(loop *l, size_t block, mlab_status status, const mlab_error *error)
{
    atomic_store(&l->stop, true);
    if (block >= l->failed) return;
    l->failed = block;
    l->status = status;
    l->error = *error;
}

static void run_blocks(loop *l, void *scratch)
{
    bool timed = omp_get_thread_num() == 0;
    while (!atomic_load(&l->stop)) {
        size_t block = atomic_fetch_add(&l->next, 1);
        if (block >= l->n_blocks) return;
        mlab_error error = {.status = MLAB_OK};
        double began = timed ? mlab_os_seconds() : 0;
        mlab_status status = l->function(l->work, block, scratch, &error);
        if (timed) l->first = mlab_os_seconds() - began;
        timed = false;
        if (status) {
#pragma omp critical(mlab_parallel)
            note_failure(l, block, status, &error);
            return;
        }
        atomic_fetch_add(&l->done, 1);
        if (!l->context->cancelled && !l->context->progress) continue;
        double now = mlab_os_seconds();
#pragma omp critical(mlab_parallel)
        look(l, now);
    }
}

static void run_thread(loop *l)
{
    void *scratch = NULL;
    if (l->scratch_size) {
        scratch = mlab_allocate(l->context, l->scratch_size, 1);
        if (!scratch) {
#pragma omp critical(mlab_parallel)
            l->out_of_memory = true;
            atomic_store(&l->stop, true);
            return;
        }
    }
    run_blocks(l, scratch);
    mlab_release(l->context, scratch);
}

mlab_status mlab_parallel_blocks(const mlab_context *context, const char *stage, size_t n_blocks, size_t scratch_size, mlab_block_function function,
                                 void *work, mlab_error *err)
{
    loop l = {.context = context, .stage = stage, .function = function, .work = work, .n_blocks = n_blocks, .scratch_size = scratch_size};
    l.failed = n_blocks;
    if (context->cancelled && context->cancelled(context->user)) return mlab_raise(err, MLAB_ERR_CANCELLED, "stopped on request");
    if (n_blocks == 0) return MLAB_OK;
    double started = l.last_look = mlab_os_seconds();
    int threads = context->threads < 1 ? 1 : context->threads;
    if ((size_t)threads > n_blocks) threads = (int)n_blocks;
    bool shared = threads > 1 && mlab_parallel_worth(function, n_blocks);
    if (!shared) {
        run_thread(&l);
    } else {
#pragma omp parallel num_threads(threads)
        run_thread(&l);
    }
    if (threads > 1) mlab_parallel_took(function, n_blocks, shared ? threads : 1, mlab_os_seconds() - started, l.first);
    if (l.failed < n_blocks) {
        if (err) *err = l.error;
        return l.status;
    }
    if (l.out_of_memory) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %d threads of %zu bytes", threads, scratch_size);
    if (l.cancelled && l.done < n_blocks) return mlab_raise(err, MLAB_ERR_CANCELLED, "stopped on request");
    if (context->progress && stage) context->progress(context->user, stage, n_blocks, n_blocks);
    return MLAB_OK;
}

void mlab_sum_blocks(const double *parts, size_t n_blocks, size_t n, double *sums)
{
    for (size_t j = 0; j < n; j++) {
        double sum = 0, lost = 0;
        for (size_t block = 0; block < n_blocks; block++) {
            double part = parts[block * n + j], total = sum + part;
            double a = sum < 0 ? -sum : sum, b = part < 0 ? -part : part;
            lost += a >= b ? (sum - total) + part : (part - total) + sum;
            sum = total;
        }
        sums[j] = sum - sum == 0 ? sum + lost : sum; /* an infinite sum has no rest */
    }
}
