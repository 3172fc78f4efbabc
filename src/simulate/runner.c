/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulation of many histories: a block is one draw with all its scenarios and replicates; blocks run on threads and go to the
 * sink when they are done. A history depends on its address alone, so threads, order and resumption cannot change a number. */
#include "simulate/runner.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "core/parallel.h"

typedef struct run {
    const mlab_world *world;
    const mlab_sink *sink;
    size_t *draws; /* [n] that the sink lacks */
} run;

mlab_status mlab_history_run(mlab_organisation *o, const mlab_world_draw *draw, size_t scenario, uint32_t replicate, mlab_outcomes *one_draw,
                             mlab_error *err)
{
    size_t groups = one_draw->n_groups, row = (scenario * one_draw->n_draws * one_draw->n_replicates + replicate) * one_draw->n_periods * groups;
    size_t all = one_draw->n_scenarios * one_draw->n_draws * one_draw->n_replicates * one_draw->n_periods * groups;
    uint64_t before = o->person_periods;
    mlab_organisation_start(o, draw, scenario, replicate);
    for (size_t t = 0; t < one_draw->n_periods; t++, row += groups) {
        mlab_status status = mlab_organisation_period(o, err);
        if (status) return status;
        for (size_t m = 0; m < MLAB_N_METRICS; m++)
            for (size_t g = 0; g < groups; g++) one_draw->value[m][row + g] = (float)o->tally[m * groups + g];
        for (size_t k = 0; k < one_draw->n_numbers; k++)
            for (size_t g = 0; g < groups; g++) one_draw->number[k * all + row + g] = (float)o->tally[(MLAB_N_METRICS + k) * groups + g];
    }
    one_draw->person_periods += o->person_periods - before;
    return MLAB_OK;
}

/* Long blocks look at the caller's flag too, twice a second at most. */
static bool is_cancelled(const mlab_context *context, double *last)
{
    bool cancelled = false;
    if (!context->cancelled) return false;
    double now = mlab_os_seconds();
    if (now - *last < 0.5) return false;
    *last = now;
#pragma omp critical(mlab_parallel)
    cancelled = context->cancelled(context->user);
    return cancelled;
}

static mlab_status run_draw(const run *r, uint32_t draw, mlab_outcomes *one, mlab_error *err)
{
    const mlab_world *world = r->world;
    mlab_world_draw *numbers = NULL;
    mlab_organisation *organisation = NULL;
    double last = mlab_os_seconds();
    mlab_status status = mlab_world_draw_make(world, draw, &numbers, err);
    if (!status) status = mlab_organisation_make(world, &organisation, err);
    for (size_t s = 0; !status && s < one->n_scenarios; s++)
        for (size_t k = 0; !status && k < one->n_replicates; k++) {
            if (is_cancelled(world->context, &last)) status = mlab_raise(err, MLAB_ERR_CANCELLED, "stopped on request");
            if (!status) status = mlab_history_run(organisation, numbers, s, (uint32_t)k, one, err);
        }
    mlab_organisation_free(organisation);
    mlab_world_draw_free(numbers);
    return status;
}

static mlab_status run_block(void *work, size_t block, void *scratch, mlab_error *err)
{
    (void)scratch;
    const run *r = work;
    mlab_outcomes *one = NULL;
    mlab_status status = mlab_outcomes_make(r->world, 1, &one, err);
    if (!status) status = run_draw(r, (uint32_t)r->draws[block], one, err);
    if (!status) {
#pragma omp critical(mlab_simulate_sink)
        status = r->sink->take(r->sink->user, r->draws[block], one, err);
    }
    mlab_outcomes_free(one);
    return status;
}

mlab_status mlab_simulate(const mlab_context *context, const mlab_simulate_spec *spec, const mlab_simulate_options *options, size_t first,
                          size_t last, const mlab_sink *sink, mlab_error *err)
{
    mlab_world *world = NULL;
    run r = {NULL, sink, NULL};
    size_t n = 0;
    mlab_status status = mlab_world_make(context, spec, options, &world, err);
    if (status) goto out;
    r.world = world;
    if (first > last || last > (size_t)options->draws) {
        status = mlab_raise(err, MLAB_ERR_ARGUMENT, "draws %zu to %zu are asked for, there are %lld", first, last, (long long)options->draws);
        goto out;
    }
    if (!(r.draws = mlab_allocate(context, last - first, sizeof *r.draws))) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu draws", last - first);
        goto out;
    }
    for (size_t d = first; d < last; d++)
        if (!sink->has || !sink->has(sink->user, d)) r.draws[n++] = d;
    status = mlab_parallel_blocks(context, "simulate", n, 0, run_block, &r, err);
out:
    mlab_release(context, r.draws);
    mlab_world_free(world);
    return status;
}
