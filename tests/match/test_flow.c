/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flows of the highest gain: by hand, and by the proof of each answer, also after gains change. */
#include "match/flow.h"
#include "pools.h"
#include "support/support.h"

static mlab_context context;

/* Conservation, room, and the sign of every arc that is not full or not empty: together they prove the best. */
static void check_proof(const mlab_flow *flow, size_t n_nodes, const mlab_flow_arc *arcs, size_t n_arcs)
{
    int64_t *rest = calloc(n_nodes, sizeof *rest);
    for (size_t a = 0; a < n_arcs; a++) {
        const int32_t on = mlab_flow_on(flow, a);
        ck_assert_int_ge(on, 0);
        ck_assert_int_le(on, arcs[a].room);
        rest[arcs[a].from] -= on;
        rest[arcs[a].to] += on;
        const mlab_gain u = mlab_flow_value(flow, arcs[a].from), v = mlab_flow_value(flow, arcs[a].to);
        const int64_t first = v.first - u.first + arcs[a].gain.first, second = v.second - u.second + arcs[a].gain.second;
        if (first > 0 || (first == 0 && second > 0)) ck_assert_int_eq(on, arcs[a].room);
        if (first < 0 || (first == 0 && second < 0)) ck_assert_int_eq(on, 0);
    }
    for (size_t v = 0; v < n_nodes; v++) ck_assert_int_eq(rest[v], 0);
    free(rest);
}

START_TEST(two_ways_round_take_the_better_one_first)
{
    /* 0 -> 1 -> 0 gains 5, room 2; 0 -> 1 -> 2 -> 0 gains 7, room 1; 0 -> 1 has room 2: one of each, 12 */
    const mlab_flow_arc arcs[] = {{0, 1, 2, {0, 5}}, {1, 0, 2, {0, 0}}, {1, 2, 1, {0, 3}}, {2, 0, 9, {0, -1}}};
    mlab_flow *flow;
    context = mlab_test_context(NULL, 1);
    ck_assert_int_eq(mlab_flow_make(&context, 3, arcs, 4, &flow, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_flow_solve(flow, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_flow_total(flow).second, 12);
    check_proof(flow, 3, arcs, 4);
    mlab_flow_free(flow);
}
END_TEST

START_TEST(random_networks_prove_themselves_also_after_gains_change)
{
    enum { N = 30, M = 300 };
    context = mlab_test_context(NULL, 1);
    for (uint64_t seed = 1; seed <= 400; seed++) {
        const size_t n = 2 + seed % (N - 1), m = seed * 7 % M;
        mlab_flow_arc arcs[M];
        for (size_t a = 0; a < m; a++) {
            arcs[a].from = (uint32_t)(test_hash(seed, 10 * a) * (double)n);
            arcs[a].to = (uint32_t)(test_hash(seed, 10 * a + 1) * (double)n);
            if (arcs[a].to == arcs[a].from) arcs[a].to = (arcs[a].from + 1) % (uint32_t)n;
            arcs[a].room = (int32_t)(test_hash(seed, 10 * a + 2) * 5);
            arcs[a].gain = (mlab_gain){(int64_t)(test_hash(seed, 10 * a + 3) * 3) - 1, (int64_t)(test_hash(seed, 10 * a + 4) * 50) - 30};
        }
        mlab_flow *flow;
        ck_assert_int_eq(mlab_flow_make(&context, n, arcs, m, &flow, NULL), MLAB_OK);
        for (size_t round = 0; round < 4; round++) {
            ck_assert_int_eq(mlab_flow_solve(flow, NULL), MLAB_OK);
            check_proof(flow, n, arcs, m);
            for (size_t a = round; a < m; a += 7) {
                arcs[a].gain.second = (int64_t)(test_hash(seed, 10 * a + 5 + round) * 50) - 30;
                mlab_flow_set_gain(flow, a, arcs[a].gain);
            }
        }
        mlab_flow_free(flow);
    }
}
END_TEST

START_TEST(a_failed_allocation_is_told)
{
    mlab_test_memory memory = {.fail_at = 1};
    const mlab_context failing = mlab_test_context(&memory, 1);
    const mlab_flow_arc arc = {0, 1, 1, {0, 1}};
    mlab_flow *flow = NULL;
    ck_assert_int_eq(mlab_flow_make(&failing, 2, &arc, 1, &flow, NULL), MLAB_ERR_MEMORY);
    ck_assert_ptr_null(flow);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

MLAB_TEST_MAIN("flow", two_ways_round_take_the_better_one_first, random_networks_prove_themselves_also_after_gains_change,
               a_failed_allocation_is_told)
