/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heaviest matching of general graphs: by hand, by trying everything, and by its own proof checked here alone. */
#include "match/graph_matching.h"
#include "pools.h"
#include "support/support.h"

#include <stdio.h>

typedef struct world {
    mlab_graph graph;
    size_t *first;
    uint32_t *to;
    int64_t *weight;
} world;

static void world_free(world *w)
{
    free(w->first);
    free(w->to);
    free(w->weight);
}

/* n people from an upper triangle of weights, -1 = may not be paired. */
static world world_from(size_t n, const int64_t *matrix)
{
    world w = {.first = calloc(n + 1, sizeof *w.first), .to = calloc(n * n + 1, sizeof *w.to), .weight = calloc(n * n + 1, sizeof *w.weight)};
    size_t e = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            const int64_t x = i < j ? matrix[i * n + j] : matrix[j * n + i];
            if (i == j || x < 0) continue;
            w.to[e] = (uint32_t)j;
            w.weight[e++] = x;
        }
        w.first[i + 1] = e;
    }
    w.graph = (mlab_graph){n, w.first, w.to, w.weight};
    return w;
}

static world world_random(size_t n, double density, int64_t most, uint64_t seed)
{
    int64_t *matrix = calloc(n * n + 1, sizeof *matrix);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            matrix[i * n + j] = test_hash(2 * seed, i * n + j) < density ? (int64_t)(test_hash(2 * seed + 1, i * n + j) * (double)(most + 1)) : -1;
    world w = world_from(n, matrix);
    free(matrix);
    return w;
}

static int64_t weight_of(const mlab_graph *g, uint32_t i, uint32_t j)
{
    for (size_t e = g->first[i]; e < g->first[i + 1]; e++)
        if (g->to[e] == j) return g->weight[e];
    return -1;
}

/* Total of a matching; fails when it is none. */
static int64_t total_of(const mlab_graph *g, const uint32_t *partner)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < g->n; i++) {
        if (partner[i] == MLAB_ALONE) continue;
        ck_assert_uint_eq(partner[partner[i]], i);
        ck_assert_int_ge(weight_of(g, i, partner[i]), 0);
        if (i < partner[i]) total += weight_of(g, i, partner[i]);
    }
    return total;
}

/* The halves of all blossoms that hold both. */
static int64_t halves_around_both(const mlab_graph_proof *p, uint32_t i, uint32_t j)
{
    int64_t sum = 0;
    for (uint32_t a = p->blossom[i]; a != MLAB_ALONE; a = p->outer[a])
        for (uint32_t b = p->blossom[j]; b != MLAB_ALONE; b = p->outer[b])
            if (a == b) sum += p->half[a];
    return sum;
}

/* Weak duality: twice the weight of any matching is at most the sum of values and of 2 half (size - 1) / 2 over blossoms. */
static void check_proof(const mlab_graph *g, const mlab_graph_proof *p, int64_t total)
{
    int64_t bound = 0;
    size_t *size = calloc(g->n + 1, sizeof *size);
    for (uint32_t i = 0; i < g->n; i++) {
        ck_assert_int_ge(p->value[i], 0);
        ck_assert_int_ge(p->half[i], 0);
        bound += p->value[i];
        for (uint32_t b = p->blossom[i]; b != MLAB_ALONE; b = p->outer[b]) size[b]++;
        for (size_t e = g->first[i]; e < g->first[i + 1]; e++) {
            const uint32_t j = g->to[e];
            ck_assert_int_ge(p->value[i] + p->value[j] + 2 * halves_around_both(p, i, j), 2 * g->weight[e]);
        }
    }
    for (uint32_t b = 0; b < g->n; b++) {
        if (!p->half[b]) continue;
        ck_assert_uint_eq(size[b] % 2, 1);
        bound += p->half[b] * (int64_t)(size[b] - 1);
    }
    free(size);
    ck_assert_int_eq(bound, 2 * total);
}

/* Solves with proof and returns the total. */
static int64_t solve(const mlab_graph *g, uint32_t *partner)
{
    const mlab_context context = mlab_test_context(NULL, 1);
    const size_t n = g->n + 1;
    mlab_graph_proof p = {calloc(n, sizeof *p.value), calloc(n, sizeof *p.blossom), calloc(n, sizeof *p.outer), calloc(n, sizeof *p.half)};
    mlab_error err = {0};
    ck_assert_msg(mlab_graph_matching(&context, g, partner, &p, &err) == MLAB_OK, "%s", err.sentence);
    const int64_t total = total_of(g, partner);
    check_proof(g, &p, total);
    free(p.value);
    free(p.blossom);
    free(p.outer);
    free(p.half);
    return total;
}

/* Best total over all matchings of the people in `left`, a set of bits. */
static int64_t try_everything(const mlab_graph *g, unsigned left)
{
    if (!left) return 0;
    uint32_t i = 0;
    while (!(left >> i & 1)) i++;
    left &= ~(1U << i);
    int64_t best = try_everything(g, left);
    for (size_t e = g->first[i]; e < g->first[i + 1]; e++) {
        if (!(left >> g->to[e] & 1)) continue;
        const int64_t total = g->weight[e] + try_everything(g, left & ~(1U << g->to[e]));
        if (total > best) best = total;
    }
    return best;
}

START_TEST(five_in_a_ring_and_one_outside_are_paired_as_by_hand)
{
    /*      0 --9-- 1            the ring 0 1 2 3 4 is odd: two pairs in it and one across to 5;
     *     / \       \           9 + 8 + 3 = 20 with 4 - 5, or 10 + 8 + ... : 0-4 (10), 2-3 (8), 1 alone = 18
     *   10   (5)     8 2
     *   4 --7-- 3 --8
     *   |
     *   3 to 5                                                                              */
    int64_t m[36];
    for (int i = 0; i < 36; i++) m[i] = -1;
    m[0 * 6 + 1] = 9;
    m[1 * 6 + 2] = 8;
    m[2 * 6 + 3] = 8;
    m[3 * 6 + 4] = 7;
    m[0 * 6 + 4] = 10;
    m[4 * 6 + 5] = 3;
    world w = world_from(6, m);
    uint32_t partner[6];
    ck_assert_int_eq(solve(&w.graph, partner), 20);
    ck_assert_uint_eq(partner[0], 1);
    ck_assert_uint_eq(partner[2], 3);
    ck_assert_uint_eq(partner[4], 5);
    world_free(&w);
}
END_TEST

START_TEST(thousands_of_small_graphs_are_paired_as_well_as_by_trying_everything)
{
    for (uint64_t seed = 0; seed < 6000; seed++) {
        const size_t n = 1 + seed % 11;
        const int64_t most = (int64_t[]){1, 3, 10, 1000}[seed / 11 % 4];
        world w = world_random(n, seed % 3 == 0 ? 1 : seed % 3 == 1 ? 0.5 : 0.25, most, seed);
        uint32_t partner[11];
        ck_assert_int_eq(solve(&w.graph, partner), try_everything(&w.graph, (1U << n) - 1));
        world_free(&w);
    }
}
END_TEST

START_TEST(larger_graphs_prove_themselves)
{
    static const double density[] = {1, 0.2, 0.05, 0.03};
    static const int64_t most[] = {1, 2, 7, 100, 1 << 20, INT64_C(1) << 50};
    for (uint64_t seed = 0; seed < 96; seed++) {
        world w = world_random(60 + seed, density[seed % 4], most[seed / 4 % 6], 10000 + seed);
        uint32_t partner[200];
        solve(&w.graph, partner);
        world_free(&w);
    }
}
END_TEST

/* Points in the plane, weight = far less the distance: many blossoms within blossoms. */
START_TEST(nested_blossoms_prove_themselves)
{
    enum { N = 101 };
    for (uint64_t seed = 0; seed < 12; seed++) {
        int64_t *m = calloc(N * N, sizeof *m);
        for (uint32_t i = 0; i < N; i++)
            for (uint32_t j = i + 1; j < N; j++) {
                const double dx = test_hash(seed, i) - test_hash(seed, j), dy = test_hash(seed + 100, i) - test_hash(seed + 100, j);
                m[i * N + j] = 100000 - (int64_t)(30000 * sqrt(dx * dx + dy * dy));
            }
        world w = world_from(N, m);
        uint32_t partner[N], alone = 0;
        solve(&w.graph, partner);
        for (uint32_t i = 0; i < N; i++) alone += partner[i] == MLAB_ALONE;
        ck_assert_uint_eq(alone, 1);
        world_free(&w);
        free(m);
    }
}
END_TEST

START_TEST(totals_and_the_most_pairs_are_those_of_networkx)
{
    FILE *file = fopen(mlab_test_path("reference/pairing.csv"), "r");
    ck_assert_ptr_nonnull(file);
    char line[256];
    unsigned rows = 0;
    while (fgets(line, sizeof line, file)) {
        unsigned n;
        double density;
        long long most, salt, total, pairs;
        if (sscanf(line, "%u,%lf,%lld,%lld,%lld,%lld", &n, &density, &most, &salt, &total, &pairs) != 6) continue;
        world w = world_random(n, density, most, (uint64_t)salt);
        uint32_t partner[120];
        ck_assert_int_eq(solve(&w.graph, partner), total);
        for (size_t e = 0; e < w.first[n]; e++) w.weight[e] = 1;
        ck_assert_int_eq(solve(&w.graph, partner), pairs);
        world_free(&w);
        rows++;
    }
    fclose(file);
    ck_assert_uint_eq(rows, 36);
}
END_TEST

START_TEST(nobody_and_people_without_edges_stay_alone)
{
    const int64_t none[9] = {-1, -1, -1, -1, -1, -1, -1, -1, -1};
    uint32_t partner[3] = {0, 0, 0};
    world w = world_from(0, none);
    ck_assert_int_eq(solve(&w.graph, partner), 0);
    world_free(&w);
    w = world_from(3, none);
    ck_assert_int_eq(solve(&w.graph, partner), 0);
    ck_assert_uint_eq(partner[0], MLAB_ALONE);
    ck_assert_uint_eq(partner[2], MLAB_ALONE);
    world_free(&w);
}
END_TEST

START_TEST(a_weight_below_zero_is_refused)
{
    const mlab_context context = mlab_test_context(NULL, 1);
    const size_t first[] = {0, 1, 2};
    const uint32_t to[] = {1, 0};
    const int64_t weight[] = {-3, -3};
    const mlab_graph g = {2, first, to, weight};
    uint32_t partner[2];
    mlab_error err = {0};
    ck_assert_int_eq(mlab_graph_matching(&context, &g, partner, NULL, &err), MLAB_ERR_OVERFLOW);
    ck_assert_str_eq(err.sentence, "a weight of -3, allowed 0 to 2^58");
}
END_TEST

START_TEST(every_failed_allocation_is_told)
{
    world w = world_random(40, 0.5, 100, 1);
    for (long k = 1;; k++) {
        mlab_test_memory memory = {.fail_at = k};
        const mlab_context context = mlab_test_context(&memory, 1);
        uint32_t partner[40];
        const mlab_status status = mlab_graph_matching(&context, &w.graph, partner, NULL, NULL);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) {
            ck_assert_int_gt(k, 2);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("graph_matching", totals_and_the_most_pairs_are_those_of_networkx, five_in_a_ring_and_one_outside_are_paired_as_by_hand,
               thousands_of_small_graphs_are_paired_as_well_as_by_trying_everything, larger_graphs_prove_themselves, nested_blossoms_prove_themselves,
               nobody_and_people_without_edges_stay_alone, a_weight_below_zero_is_refused, every_failed_allocation_is_told)
