/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The assignment solvers, judged by dual certificates, and the optimal policy by trying everything. */
#include "checkers.h"

static mlab_context context;

typedef struct problem {
    mlab_arcs arcs;
    int32_t *room;
    uint32_t *mate;
    double *value, *price;
} problem;

/* Row i may have `each` columns drawn by hash (a column twice counts once); worths 1 .. most, of which `levels` different ones if not 0. */
static problem problem_make(size_t n, size_t m, size_t each, int most_room, double most, int levels, uint64_t salt)
{
    problem p = {.arcs = {.n_rows = n, .n_columns = m}};
    p.arcs.first = calloc(n + 1, sizeof *p.arcs.first);
    p.arcs.column = calloc(n * m + 1, sizeof *p.arcs.column);
    p.arcs.worth = calloc(n * m + 1, sizeof *p.arcs.worth);
    p.room = calloc(m + 1, sizeof *p.room);
    p.mate = calloc(n + 1, sizeof *p.mate);
    p.value = calloc(n + 1, sizeof *p.value);
    p.price = calloc(m + 1, sizeof *p.price);
    size_t e = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < m; j++) {
            if (test_hash(10 * salt + 3, i * m + j) * (double)m >= (double)each) continue;
            const double s = test_hash(10 * salt + 1, i * m + j);
            p.arcs.column[e] = (uint32_t)j;
            p.arcs.worth[e++] = 1 + floor(most * (levels ? floor(levels * s) / levels : s));
        }
        p.arcs.first[i + 1] = e;
    }
    for (size_t j = 0; j < m; j++) p.room[j] = (int32_t)floor(test_hash(10 * salt + 2, j) * (most_room + 1));
    return p;
}

static void problem_free(problem *p)
{
    free(p->arcs.first);
    free(p->arcs.column);
    free(p->arcs.worth);
    free(p->room);
    free(p->mate);
    free(p->value);
    free(p->price);
}

START_TEST(prices_prove_every_assignment_whatever_its_shape)
{
    context = mlab_test_context(NULL, 1);
    static const size_t sides[][2] = {{1, 1}, {7, 3}, {3, 7}, {20, 20}, {60, 15}, {15, 60}, {80, 80}};
    for (uint64_t salt = 1; salt <= 350; salt++) {
        const size_t *side = sides[salt % 7];
        problem p = problem_make(side[0], side[1], salt % 3 ? 4 : side[1], (int)(salt % 5), salt % 2 ? 1e12 : 50, salt % 4 ? 0 : 3, salt);
        if (salt % 5 == 0) { /* the most pairs first: each is worth much by itself, whether all rows can have one or not */
            for (size_t e = 0; e < p.arcs.first[side[0]]; e++) p.arcs.worth[e] += 1e14;
            p.arcs.range = 1e12;
        }
        ck_assert_int_eq(mlab_assignment_solve(&context, &p.arcs, p.room, false, p.mate, p.value, p.price, NULL), MLAB_OK);
        check_certificate(&p.arcs, p.room, p.mate, p.value, p.price);
        problem_free(&p);
    }
}
END_TEST

START_TEST(any_start_gives_the_same_total)
{
    context = mlab_test_context(NULL, 1);
    for (uint64_t salt = 1; salt <= 100; salt++) {
        problem p = problem_make(40, 30, 6, 2, 1e9, 0, salt);
        ck_assert_int_eq(mlab_assignment_solve(&context, &p.arcs, p.room, false, p.mate, p.value, p.price, NULL), MLAB_OK);
        for (size_t j = 0; j < 30; j++) p.price[j] = floor(1e9 * test_hash(salt, 1000 + j));
        for (size_t i = 0; i < 40; i++) p.mate[i] = MLAB_NOBODY;
        ck_assert_int_eq(mlab_assignment_solve(&context, &p.arcs, p.room, true, p.mate, p.value, p.price, NULL), MLAB_OK);
        check_certificate(&p.arcs, p.room, p.mate, p.value, p.price);
        problem_free(&p);
    }
}
END_TEST

/* --- row by row ---------------------------------------------------------------------------------- */

enum { N = 150, M = 120 };
static float matrix[N * M];
static uint32_t straight[M];

static const float *fetch(const void *source, uint32_t row, float *scratch, double *more, const double **exact)
{
    (void)source;
    (void)scratch;
    (void)more;
    (void)exact;
    return matrix + (size_t)row * M;
}

static const mlab_worth worth = {1e7, 1, 1};

static mlab_assignment_rows rows_of(int kind, uint64_t salt)
{
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < M; j++) {
            const double s = test_hash(salt, i * M + j), popular = test_hash(salt, 100000 + i) * test_hash(salt, 200000 + j);
            matrix[i * M + j] = (float)(kind == 0 ? 100 * s : kind == 1 ? 12.5 * floor(9 * s) : kind == 2 ? 100 * popular : s < 0.3 ? -1 : 50 * s);
        }
    for (uint32_t j = 0; j < M; j++) straight[j] = j;
    return (mlab_assignment_rows){.n_rows = N, .n_columns = M, .column_at = straight, .fetch = fetch, .worth = worth};
}

START_TEST(prices_prove_an_assignment_of_which_most_pairs_were_only_looked_at)
{
    for (uint64_t salt = 1; salt <= 16; salt++) {
        const mlab_assignment_rows rows = rows_of((int)(salt % 4), salt);
        int32_t room[M];
        uint32_t mate[2][N], column[M];
        double value[N], price[M], worths[M];
        for (size_t j = 0; j < M; j++) room[j] = (int32_t)floor(test_hash(salt, 300000 + j) * (salt % 3 ? 3 : 6));
        for (int threads = 1; threads <= 2; threads++) {
            context = mlab_test_context(NULL, threads == 1 ? 1 : 7);
            if (threads == 1) context.isa = MLAB_ISA_GENERIC; /* the other time that of the processor: the same pairs */
            ck_assert_int_eq(mlab_assignment_solve_rows(&context, &rows, room, mate[threads - 1], value, price, NULL), MLAB_OK);
        }
        ck_assert_mem_eq(mate[0], mate[1], sizeof mate[0]);
        int32_t load[M] = {0};
        for (uint32_t i = 0; i < N; i++) { /* one row at a time: the certificate is about rows */
            mlab_arcs arcs = {.n_rows = 1, .n_columns = M, .first = (size_t[]){0, 0}, .column = column, .worth = worths};
            for (uint32_t j = 0; j < M; j++)
                if (matrix[i * M + j] >= 0) {
                    column[arcs.first[1]] = j;
                    worths[arcs.first[1]++] = mlab_worth_of(&worth, (double)matrix[i * M + j]);
                }
            int32_t none[M] = {0};
            if (mate[0][i] != MLAB_NOBODY) {
                none[mate[0][i]] = 1;
                load[mate[0][i]]++;
            }
            check_certificate(&arcs, none, &mate[0][i], &value[i], price);
        }
        for (size_t j = 0; j < M; j++) {
            ck_assert_int_le(load[j], room[j]);
            if (load[j] < room[j]) ck_assert(price[j] == 0);
        }
    }
}
END_TEST

START_TEST(a_failed_allocation_of_the_solvers_is_reported_and_nothing_leaks)
{
    const mlab_assignment_rows rows = rows_of(1, 5);
    int32_t room[M];
    uint32_t mate[N];
    double value[N], price[M];
    for (size_t j = 0; j < M; j++) room[j] = 1;
    for (long k = 1;; k++) {
        mlab_test_memory memory = {.fail_at = k};
        mlab_context failing = mlab_test_context(&memory, 1);
        mlab_status status = mlab_assignment_solve_rows(&failing, &rows, room, mate, value, price, NULL);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
}
END_TEST

/* --- the policy ---------------------------------------------------------------------------------- */

typedef struct best {
    size_t short_of, pairs;
    double total;
    bool participation, seen;
} best;

static size_t short_of(const mlab_pool *pool, const int32_t *mentor_of)
{
    size_t missing = 0;
    for (size_t j = 0; pool->lower && j < pool->n_mentors; j++) {
        int32_t load = 0;
        for (size_t i = 0; i < pool->n_mentees; i++) load += mentor_of[i] == (int32_t)j;
        if (load < pool->lower[j]) missing += (size_t)(pool->lower[j] - load);
    }
    return missing;
}

static void judge(void *user, const mlab_pool *pool, const int32_t *mentor_of)
{
    best *b = user, now = {.participation = b->participation, .seen = true};
    now.total = test_total(pool, mentor_of, &now.pairs);
    now.short_of = short_of(pool, mentor_of);
    bool better = !b->seen || now.short_of < b->short_of;
    if (b->seen && now.short_of == b->short_of) {
        const double more = now.total - b->total;
        if (b->participation)
            better = now.pairs > b->pairs || (now.pairs == b->pairs && more > 1e-9);
        else
            better = more > 1e-9 || (more > -1e-9 && now.pairs > b->pairs);
    }
    if (better) *b = now;
}

static mlab_policy_result run(const mlab_pool *pool, bool participation, int32_t *got)
{
    context = mlab_test_context(NULL, 1);
    const mlab_policy_request request = {.pool = pool, .seed = 3, .options = {.participation_first = participation}};
    mlab_policy_result result = {.mentor_of = got};
    ck_assert_int_eq(mlab_policy_assign(&context, mlab_policy_find("optimal"), &request, &result, NULL), MLAB_OK);
    return result;
}

START_TEST(fewest_mentees_and_participation_are_kept_as_well_as_trying_everything_can)
{
    size_t infeasible = 0;
    for (uint64_t salt = 1; salt <= 800; salt++) {
        const size_t n = 1 + salt % 6, m = 1 + salt / 6 % 4;
        test_pool t = test_pool_hashed(n, m, 3, salt % 3 ? 4 : 0, salt % 2 ? 0.5 : 1, salt);
        int32_t lower[4], got[6];
        for (size_t j = 0; j < m; j++) lower[j] = (int32_t)floor(test_hash(salt, 999 + j) * (t.capacity[j] + 1));
        if (salt % 5) t.pool.lower = lower;
        best b = {.participation = salt % 4 == 1};
        test_all_matchings(&t.pool, judge, &b);
        const mlab_policy_result result = run(&t.pool, b.participation, got);
        size_t pairs;
        const double total = test_total(&t.pool, got, &pairs);
        check_feasible(&t.pool, got);
        ck_assert_msg(fabs(total - b.total) < 1e-4 && pairs == b.pairs && short_of(&t.pool, got) == b.short_of,
                      "pool %u: total %g, %zu pairs, %zu missing; best %g, %zu, %zu", (unsigned)salt, total, pairs, short_of(&t.pool, got), b.total,
                      b.pairs, b.short_of);
        ck_assert_int_eq(result.status, b.short_of ? MLAB_POLICY_INFEASIBLE : MLAB_POLICY_OPTIMAL);
        infeasible += b.short_of > 0;
        ck_near(result.objective, total, 1e-12, 0);
        test_pool_free(&t);
    }
    ck_assert_uint_gt(infeasible, 50);
}
END_TEST

static void give_row(void *source, size_t mentee, float *score)
{
    const mlab_pool *pool = source;
    for (size_t j = 0; j < pool->n_mentors; j++) score[j] = -1;
    for (size_t e = pool->first[mentee]; e < pool->first[mentee + 1]; e++) score[pool->mentor[e]] = (float)pool->score[e];
}

/* A pool of 250 by 230 goes through the core, the same with few candidates through the auction; scores of 1/8 are exact in single precision. */
START_TEST(a_pool_asked_for_by_rows_gives_the_pairs_of_the_listed_pool)
{
    for (int dense = 0; dense < 2; dense++) {
        test_pool t = test_pool_hashed(250, 230, 2, 800, dense ? 1 : 0.7, 9);
        mlab_pool by_rows = {.n_mentees = 250, .n_mentors = 230, .capacity = t.capacity, .score_row = give_row, .source = &t.pool};
        int32_t listed[250], got[250];
        const mlab_policy_result a = run(&t.pool, false, listed), b = run(&by_rows, false, got);
        ck_assert_mem_eq(listed, got, sizeof got);
        ck_assert(a.objective == b.objective);
        test_pool_free(&t);
    }
}
END_TEST

MLAB_TEST_MAIN("assignment", prices_prove_every_assignment_whatever_its_shape, any_start_gives_the_same_total,
               prices_prove_an_assignment_of_which_most_pairs_were_only_looked_at, a_failed_allocation_of_the_solvers_is_reported_and_nothing_leaks,
               fewest_mentees_and_participation_are_kept_as_well_as_trying_everything_can,
               a_pool_asked_for_by_rows_gives_the_pairs_of_the_listed_pool)
