/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building a pool: candidates and scores of a cohort, term by term over all mentors of a mentee, so that the loops are plain. */
#include "match/pool.h"

#include "core/error.h"
#include "core/memory.h"
#include "match/scorer.h"

#include <string.h>

/* Mentors' values side by side, per term, and the sums of the mentee at work. */
typedef struct bench {
    double *value;     /* [terms * mentors] numbers and codes */
    uint64_t **bits;   /* [terms] sets, [mentors * words] each, NULL for others */
    double *sum;       /* [mentors] of w s */
    double *weight;    /* [mentors] of w */
    uint8_t *allowed;  /* [mentors] */
    uint32_t *missing; /* [mentors] terms not known */
} bench;

void mlab_pool_work_free(mlab_pool_work *work)
{
    if (!work || !work->context) return;
    mlab_release(work->context, work->first);
    mlab_release(work->context, work->mentor);
    mlab_release(work->context, work->score);
    mlab_release(work->context, work->scratch);
    *work = MLAB_POOL_WORK(work->context);
}

static size_t padded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* Bytes of the scratch, and where its parts begin when `bench` is given. */
static size_t lay_out(const mlab_scorer *scorer, size_t n, unsigned char *base, bench *b)
{
    size_t at = 0;
    if (b) b->value = (double *)(void *)(base + at);
    at += padded(scorer->n_terms * n * sizeof(double));
    if (b) b->bits = (uint64_t **)(void *)(base + at);
    at += padded(scorer->n_terms * sizeof(uint64_t *));
    if (b) b->sum = (double *)(void *)(base + at);
    at += padded(n * sizeof(double));
    if (b) b->weight = (double *)(void *)(base + at);
    at += padded(n * sizeof(double));
    if (b) b->missing = (uint32_t *)(void *)(base + at);
    at += padded(n * sizeof(uint32_t));
    if (b) b->allowed = base + at;
    at += padded(n);
    for (size_t t = 0; t < scorer->n_terms; t++) {
        const bool set = scorer->terms[t].mentor.bits != NULL;
        if (b) b->bits[t] = set ? (uint64_t *)(void *)(base + at) : NULL;
        if (set) at += padded(n * scorer->terms[t].words * sizeof(uint64_t));
    }
    return at;
}

static void gather_mentors(const mlab_scorer *scorer, const mlab_pool_side *side, const bench *b)
{
    for (size_t t = 0; t < scorer->n_terms; t++) {
        const mlab_term_rule *term = &scorer->terms[t];
        if (b->bits[t])
            for (size_t j = 0; j < side->n; j++)
                memcpy(b->bits[t] + j * term->words, term->mentor.bits + side->row[j] * term->words, term->words * sizeof(uint64_t));
        else
            for (size_t j = 0; j < side->n; j++)
                b->value[t * side->n + j] = term->mentor.state >= 0 ? side->state[term->mentor.state][j] : term->mentor.value[side->row[j]];
    }
}

static void add_term(const mlab_rule *rule, bool known, double s, size_t j, const bench *b)
{
    if (!known)
        b->missing[j]++;
    else if (rule->must) {
        if (!(s > 0)) b->allowed[j] = 0;
    } else {
        b->sum[j] += rule->weight * s;
        b->weight[j] += rule->weight;
    }
}

static void add_overlap(const mlab_term_rule *term, const uint64_t *need, const uint64_t *offers, size_t n, const bench *b)
{
    uint32_t wanted = 0;
    for (size_t w = 0; w < term->words; w++) wanted += mlab_count_bits(need[w]);
    for (size_t j = 0; j < n; j++) {
        uint64_t any = 0;
        uint32_t have = 0;
        for (size_t w = 0; w < term->words; w++) {
            uint64_t offer = offers[j * term->words + w];
            any |= offer;
            have += mlab_count_bits(need[w] & offer);
        }
        add_term(term->rule, wanted && any, wanted ? (double)have / (double)wanted : 0, j, b);
    }
}

static void add_values(const mlab_term_rule *term, double mine, const double *theirs, size_t n, const bench *b)
{
    const mlab_rule *rule = term->rule;
    const bool known = mine != MLAB_ATTRIBUTE_MISSING, same = rule->kind == MLAB_RULE_SAME;
    for (size_t j = 0; j < n; j++) {
        double s = rule->kind == MLAB_RULE_GAP ? mlab_gap_fit(rule, theirs[j] - mine) : (mine == theirs[j]) == same;
        add_term(rule, known && theirs[j] != MLAB_ATTRIBUTE_MISSING, s, j, b);
    }
}

static void score_mentee(const mlab_scorer *scorer, const mlab_pool_request *request, size_t i, const bench *b)
{
    const size_t n = request->mentors.n;
    for (size_t j = 0; j < n; j++) {
        b->sum[j] = b->weight[j] = 0;
        b->allowed[j] = 1;
        b->missing[j] = 0;
    }
    for (size_t t = 0; t < scorer->n_terms; t++) {
        const mlab_term_rule *term = &scorer->terms[t];
        const uint32_t row = request->mentees.row[i];
        if (b->bits[t])
            add_overlap(term, term->mentee.bits + row * term->words, b->bits[t], n, b);
        else
            add_values(term, term->mentee.state >= 0 ? request->mentees.state[term->mentee.state][i] : term->mentee.value[row], b->value + t * n, n,
                       b);
    }
}

/* First place of `pairs` that is not below key. */
static size_t lower_bound(const uint64_t *pairs, size_t n, uint64_t key)
{
    size_t low = 0;
    while (n > 0) {
        size_t half = n / 2;
        if (pairs[low + half] < key) {
            low += half + 1;
            n -= half + 1;
        } else
            n = half;
    }
    return low;
}

static size_t find_entity(const mlab_pool_side *side, uint32_t entity)
{
    size_t low = 0, n = side->n;
    while (n > 0) {
        size_t half = n / 2;
        if (side->entity[low + half] < entity) {
            low += half + 1;
            n -= half + 1;
        } else
            n = half;
    }
    return low < side->n && side->entity[low] == entity ? low : SIZE_MAX;
}

static void forbid(const mlab_pool_request *request, size_t i, const bench *b)
{
    const uint32_t mentee = request->mentees.entity[i];
    size_t j = find_entity(&request->mentors, mentee);
    if (j != SIZE_MAX) b->allowed[j] = 0;
    for (size_t k = 0; k < request->n_forbidden; k++) {
        const mlab_forbidden *list = &request->forbidden[k];
        for (size_t p = lower_bound(list->pairs, list->n, (uint64_t)mentee << 32); p < list->n && list->pairs[p] >> 32 == mentee; p++)
            if ((j = find_entity(&request->mentors, (uint32_t)list->pairs[p])) != SIZE_MAX) b->allowed[j] = 0;
    }
}

const char *mlab_pool_forbidden(const mlab_pool_request *request, size_t mentee, size_t mentor)
{
    const uint32_t a = request->mentees.entity[mentee], b = request->mentors.entity[mentor];
    if (a == b) return "themselves";
    const uint64_t key = (uint64_t)a << 32 | b;
    for (size_t k = 0; k < request->n_forbidden; k++) {
        const mlab_forbidden *list = &request->forbidden[k];
        size_t at = lower_bound(list->pairs, list->n, key);
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

enum { NEUTRAL = 50 }; /* score of a pair of whom nothing is known */

/* Scores are whole multiples of 2^-30 of a point: the same score by other terms is the same number, or rounding would decide between equals in
 * place of the lot. At most 100, so that the product stays far below 2^53. */
static double settle(double score)
{
    static const double grains = 1073741824;
    return score >= 100 ? 100 : (double)(int64_t)(score * grains + 0.5) / grains;
}

static void keep_candidates(mlab_pool_work *work, const bench *b, size_t n, size_t *used)
{
    for (size_t j = 0; j < n; j++) {
        if (!b->allowed[j]) continue;
        double score = b->weight[j] > 0 ? 100 * b->sum[j] / b->weight[j] : NEUTRAL;
        work->pairs_unscored += !(b->weight[j] > 0);
        work->terms_missing += b->missing[j];
        work->mentor[*used] = (int32_t)j;
        work->score[(*used)++] = settle(score);
    }
}

mlab_status mlab_pool_build(const mlab_scorer *scorer, const mlab_pool_request *request, mlab_pool_work *work, mlab_error *err)
{
    const size_t n = request->mentors.n;
    mlab_status status = check_side(&request->mentees, "mentees", err);
    if (status || (status = check_side(&request->mentors, "mentors", err))) return status;
    if ((status = reserve(work->context, &work->first, &work->first_capacity, request->mentees.n + 1, sizeof *work->first, err))) return status;
    if ((status = reserve(work->context, &work->scratch, &work->scratch_capacity, lay_out(scorer, n, NULL, NULL) + 1, 1, err))) return status;

    bench b;
    lay_out(scorer, n, work->scratch, &b);
    gather_mentors(scorer, &request->mentors, &b);
    work->terms_missing = work->pairs_unscored = 0;
    size_t used = 0;
    work->first[0] = 0;
    for (size_t i = 0; i < request->mentees.n; i++) {
        if ((status = make_room(work, used, n, err))) return status;
        score_mentee(scorer, request, i, &b);
        forbid(request, i, &b);
        keep_candidates(work, &b, n, &used);
        work->first[i + 1] = used;
    }
    work->pool = (mlab_pool){.n_mentees = request->mentees.n,
                             .n_mentors = n,
                             .capacity = request->capacity,
                             .first = work->first,
                             .mentor = work->mentor,
                             .score = work->score,
                             .mentee_entity = request->mentees.entity,
                             .mentor_entity = request->mentors.entity};
    return MLAB_OK;
}
