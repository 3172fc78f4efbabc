/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building a pool: candidates and scores, mentee by mentee: in one go for a cohort of the simulator, by blocks on all threads for a list of people.
 *
 * Where not all candidates can be kept, the best of each mentee are; what was left out bounds how far the result can be from the best of all.
 */
#include "match/pool.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/random.h"
#include "match/score.h"

#include <string.h>

void mlab_pool_work_free(mlab_pool_work *work)
{
    if (!work || !work->context) return;
    mlab_release(work->context, work->first);
    mlab_release(work->context, work->mentor);
    mlab_release(work->context, work->score);
    mlab_release(work->context, work->cut);
    mlab_release(work->context, work->scratch);
    *work = MLAB_POOL_WORK(work->context);
}

const char *mlab_pool_forbidden(const mlab_pool_request *request, size_t mentee, size_t mentor)
{
    const uint32_t a = request->mentees.entity[mentee], b = request->mentors.entity[mentor];
    if (a == b) return "themselves";
    const uint64_t key = (uint64_t)a << 32 | b;
    for (size_t k = 0; k < request->n_forbidden; k++) {
        const mlab_forbidden *list = &request->forbidden[k];
        size_t at = mlab_lower_key(list->pairs, list->n, key);
        if (at < list->n && list->pairs[at] == key) return list->name;
    }
    return NULL;
}

static mlab_status check_side(const mlab_pool_side *side, const char *name, mlab_error *err)
{
    if (side->n >= INT32_MAX) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu %s, allowed fewer than 2147483647", side->n, name);
    for (size_t i = 1; i < side->n; i++)
        if (side->entity[i] <= side->entity[i - 1])
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "the %s are not in ascending order of entity: %lu after %lu", name,
                              (unsigned long)side->entity[i], (unsigned long)side->entity[i - 1]);
    return MLAB_OK;
}

/* A block of at least count elements; its old content is not kept. */
static mlab_status reserve(const mlab_context *context, void *pointer, size_t *capacity, size_t count, size_t size, mlab_error *err)
{
    if (count <= *capacity) return MLAB_OK;
    void *old;
    memcpy(&old, pointer, sizeof old);
    void *fresh = mlab_allocate(context, count, size);
    if (!fresh) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu candidates", count);
    mlab_release(context, old);
    memcpy(pointer, &fresh, sizeof fresh);
    *capacity = count;
    return MLAB_OK;
}

/* Room for n more candidates after the first `used`; grows by half so that a cohort settles after a few builds. */
static mlab_status make_room(mlab_pool_work *work, size_t used, size_t n, mlab_error *err)
{
    if (work->edge_capacity - used >= n) return MLAB_OK;
    size_t wanted = work->edge_capacity + work->edge_capacity / 2;
    if (wanted < used + n) wanted = used + n;
    int32_t *mentor = mlab_reallocate(work->context, work->mentor, wanted, sizeof *mentor);
    if (mentor) work->mentor = mentor;
    double *score = mentor ? mlab_reallocate(work->context, work->score, wanted, sizeof *score) : NULL;
    if (!score) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu candidates", wanted);
    work->score = score;
    work->edge_capacity = wanted;
    return MLAB_OK;
}

static void keep_candidates(mlab_pool_work *work, const mlab_lane *lane, size_t at)
{
    for (size_t k = 0; k < lane->n; k++) {
        work->mentor[at + k] = (int32_t)lane->list[k];
        work->score[at + k] = lane->sum[k];
    }
}

static uint64_t missing_terms(const mlab_lane *lane)
{
    uint64_t missing = 0;
    for (size_t k = 0; k < lane->n; k++) missing += (uint64_t)lane->missing[k];
    return missing;
}

static void finish_pool(const mlab_pool_request *request, mlab_pool_work *work)
{
    work->pool = (mlab_pool){.n_mentees = request->mentees.n,
                             .n_mentors = request->mentors.n,
                             .capacity = request->capacity,
                             .first = work->first,
                             .mentor = work->mentor,
                             .score = work->score,
                             .mentee_entity = request->mentees.entity,
                             .mentor_entity = request->mentors.entity};
}

static mlab_status begin(const mlab_pool_request *request, mlab_pool_work *work, size_t bytes, mlab_error *err)
{
    mlab_status status = check_side(&request->mentees, "mentees", err);
    if (status || (status = check_side(&request->mentors, "mentors", err))) return status;
    if ((status = reserve(work->context, &work->first, &work->first_capacity, request->mentees.n + 1, sizeof *work->first, err))) return status;
    work->terms_missing = work->pairs_unscored = work->allowed = work->cut_mentees = 0;
    work->first[0] = 0;
    return reserve(work->context, &work->scratch, &work->scratch_capacity, bytes + 1, 1, err);
}

mlab_status mlab_pool_build(const mlab_scorer *scorer, const mlab_pool_request *request, mlab_pool_work *work, mlab_error *err)
{
    const size_t n = request->mentors.n, bench_bytes = mlab_bench_place(scorer, n, NULL, NULL);
    mlab_status status = begin(request, work, bench_bytes + mlab_lane_place(scorer, n, NULL, NULL), err);
    if (status) return status;
    mlab_bench bench;
    mlab_lane lane;
    mlab_bench_place(scorer, n, work->scratch, &bench);
    mlab_lane_place(scorer, n, (unsigned char *)work->scratch + bench_bytes, &lane);
    mlab_bench_fill(scorer, &request->mentors, &bench);
    size_t used = 0;
    for (size_t i = 0; i < request->mentees.n; i++) {
        if ((status = make_room(work, used, n, err))) return status;
        mlab_lane_allow(scorer, request, &bench, i, &lane);
        work->pairs_unscored += mlab_lane_score(scorer, request, &bench, i, &lane);
        work->terms_missing += missing_terms(&lane);
        keep_candidates(work, &lane, used);
        work->first[i + 1] = used += lane.n;
    }
    work->allowed = used;
    finish_pool(request, work);
    return MLAB_OK;
}

/* --- by blocks -------------------------------------------------------------------------------------------- */

enum { BLOCK = 32, SMALL = 1000000 }; /* mentees, pairs; do not depend on the threads */

typedef struct building {
    const mlab_scorer *scorer;
    const mlab_pool_request *request;
    const mlab_bench *bench;
    mlab_pool_work *work;
    size_t most;
    uint64_t seed;
    uint64_t *unscored, *missing, *allowed; /* [blocks] */
} building;

/* The lane of a thread, in its scratch. */
static mlab_lane lane_of(const building *b, void *scratch)
{
    mlab_lane lane;
    mlab_lane_place(b->scorer, b->request->mentors.n, scratch, &lane);
    return lane;
}

static size_t end_of(const building *b, size_t block)
{
    const size_t end = (block + 1) * BLOCK;
    return end < b->request->mentees.n ? end : b->request->mentees.n;
}

static mlab_status count_block(void *from, size_t block, void *scratch, mlab_error *err)
{
    const building *b = from;
    mlab_lane lane = lane_of(b, scratch);
    (void)err;
    for (size_t i = block * BLOCK; i < end_of(b, block); i++) {
        mlab_lane_allow(b->scorer, b->request, b->bench, i, &lane);
        b->work->first[i + 1] = lane.n;
    }
    return MLAB_OK;
}

static mlab_status score_block(void *from, size_t block, void *scratch, mlab_error *err)
{
    const building *b = from;
    mlab_lane lane = lane_of(b, scratch);
    (void)err;
    for (size_t i = block * BLOCK; i < end_of(b, block); i++) {
        const mlab_address address = {.seed = b->seed, .entity = b->request->mentees.entity[i], .purpose = MLAB_PURPOSE_MATCH};
        mlab_lane_allow(b->scorer, b->request, b->bench, i, &lane);
        b->unscored[block] += mlab_lane_score(b->scorer, b->request, b->bench, i, &lane);
        b->allowed[block] += lane.n;
        if (b->most) b->work->cut[i] = mlab_lane_cut(&lane, b->most, mlab_random_uniform(&address, 3));
        b->missing[block] += missing_terms(&lane);
        keep_candidates(b->work, &lane, b->most ? i * b->most : b->work->first[i]);
        if (b->most) b->work->first[i + 1] = lane.n;
    }
    return MLAB_OK;
}

/* Candidates of each mentee to where they belong; they stand `most` apart. */
static void move_together(const building *b)
{
    mlab_pool_work *work = b->work;
    for (size_t i = 0, used = 0; i < b->request->mentees.n; i++) {
        const size_t n = work->first[i + 1], from = i * b->most;
        memmove(work->mentor + used, work->mentor + from, n * sizeof *work->mentor);
        memmove(work->score + used, work->score + from, n * sizeof *work->score);
        used += n;
        work->first[i + 1] = used;
        work->cut_mentees += work->cut[i] > 0;
    }
}

/* Room for the candidates: `most` of each mentee, else counted before they are scored. */
static mlab_status make_places(building *b, size_t blocks, size_t lane, mlab_error *err)
{
    mlab_pool_work *work = b->work;
    const size_t n = b->request->mentees.n;
    if (b->most) {
        if (n > (SIZE_MAX - 1) / b->most) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu mentees with %zu candidates each", n, b->most);
        mlab_release(work->context, work->cut);
        if (!(work->cut = mlab_allocate(work->context, n, sizeof *work->cut)))
            return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu mentees", n);
        return make_room(work, 0, n * b->most + 1, err);
    }
    mlab_status status = mlab_parallel_blocks(work->context, NULL, blocks, lane, count_block, b, err);
    if (status) return status;
    for (size_t i = 0; i < n; i++) work->first[i + 1] += work->first[i];
    return make_room(work, 0, work->first[n] + 1, err);
}

static mlab_status run_blocks(building *b, size_t blocks, mlab_error *err)
{
    const mlab_context *context = b->work->context;
    const size_t lane = mlab_lane_place(b->scorer, b->request->mentors.n, NULL, NULL) + 1;
    mlab_status status = make_places(b, blocks, lane, err);
    if (!status) status = mlab_parallel_blocks(context, "match", blocks, lane, score_block, b, err);
    for (size_t k = 0; !status && k < blocks; k++) {
        b->work->allowed += b->allowed[k];
        b->work->pairs_unscored += b->unscored[k];
        b->work->terms_missing += b->missing[k];
    }
    if (!status && b->most) move_together(b);
    return status;
}

mlab_status mlab_pool_build_large(const mlab_scorer *scorer, const mlab_pool_request *request, size_t most, uint64_t seed, mlab_pool_work *work,
                                  mlab_error *err)
{
    /* A small pool is done in one go: by blocks the musts are looked at twice, once to count. */
    const size_t n = request->mentees.n, m = request->mentors.n;
    if (!most && (n == 0 || m <= SMALL / n)) return mlab_pool_build(scorer, request, work, err);
    mlab_bench bench;
    building b = {.scorer = scorer, .request = request, .bench = &bench, .work = work, .most = most, .seed = seed};
    mlab_status status = begin(request, work, mlab_bench_place(scorer, request->mentors.n, NULL, NULL), err);
    if (status) return status;
    mlab_bench_place(scorer, request->mentors.n, work->scratch, &bench);
    mlab_bench_fill(scorer, &request->mentors, &bench);
    const size_t blocks = (request->mentees.n + BLOCK - 1) / BLOCK;
    if (!(b.unscored = mlab_allocate(work->context, blocks, 3 * sizeof *b.unscored)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu mentees", request->mentees.n);
    b.missing = b.unscored + blocks;
    b.allowed = b.missing + blocks;
    status = run_blocks(&b, blocks, err);
    mlab_release(work->context, b.unscored);
    if (!status) finish_pool(request, work);
    return status;
}
