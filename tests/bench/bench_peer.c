/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs from one pool: the heaviest matching of a general graph. bench_peer [N uniform|tied|popular RUNS]: N people draw 20 others each.
 * Inside the clock: from the graph in memory to the pairs. tests/bench/peer_peers runs LEMON on the same graphs in turn. */
#include "bench/bench.h"
#include "match/pools.h"

#include "match/graph_matching.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRAWN = 20 };

typedef struct edge {
    uint32_t a, b;
    int64_t weight;
} edge;

static int by_ends(const void *x, const void *y)
{
    const edge *p = x, *q = y;
    if (p->a != q->a) return p->a < q->a ? -1 : 1;
    if (p->b != q->b) return p->b < q->b ? -1 : 1;
    return (p->weight < q->weight) - (p->weight > q->weight);
}

/* uniform: any weight to 2^30; tied: 9 levels, the number of 8 attributes in common; popular: others drawn so that few are drawn often. */
static size_t draw(size_t n, const char *kind, edge *edges)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t r = 0; r < DRAWN; r++) {
            const double u = test_hash(2, i * DRAWN + r);
            const size_t j = (size_t)((strcmp(kind, "popular") ? u : u * u * u) * (double)n);
            int64_t weight = (int64_t)(test_hash(3, i * DRAWN + r) * 0x1p30);
            if (strcmp(kind, "tied") == 0) {
                weight = 0;
                for (uint64_t k = 0; k < 8; k++) weight += (test_hash(4 + k, i) < 0.5) == (test_hash(4 + k, j) < 0.5);
            }
            if (j != i) edges[m++] = i < j ? (edge){(uint32_t)i, (uint32_t)j, weight} : (edge){(uint32_t)j, (uint32_t)i, weight};
        }
    qsort(edges, m, sizeof *edges, by_ends);
    size_t kept = 0;
    for (size_t e = 0; e < m; e++)
        if (e == 0 || edges[e].a != edges[e - 1].a || edges[e].b != edges[e - 1].b) edges[kept++] = edges[e];
    return kept;
}

typedef struct work {
    mlab_context context;
    mlab_graph graph;
    uint32_t *partner;
} work;

static void *need(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (!memory) exit(EXIT_FAILURE);
    return memory;
}

static mlab_graph make(size_t n, const edge *edges, size_t m)
{
    size_t *first = need(n + 2, sizeof *first);
    uint32_t *to = need(2 * m, sizeof *to);
    int64_t *weight = need(2 * m, sizeof *weight);
    for (size_t e = 0; e < m; e++) {
        first[edges[e].a + 2]++;
        first[edges[e].b + 2]++;
    }
    for (size_t i = 2; i < n + 2; i++) first[i] += first[i - 1];
    for (size_t e = 0; e < m; e++) {
        const uint32_t end[2] = {edges[e].a, edges[e].b};
        for (int k = 0; k < 2; k++) {
            to[first[end[k] + 1]] = end[1 - k];
            weight[first[end[k] + 1]++] = edges[e].weight;
        }
    }
    return (mlab_graph){n, first, to, weight};
}

static void body(void *pointer)
{
    work *w = pointer;
    if (mlab_graph_matching(&w->context, &w->graph, w->partner, NULL, NULL)) exit(EXIT_FAILURE);
}

static void run(size_t n, const char *kind, int runs)
{
    edge *edges = need(n * DRAWN, sizeof *edges);
    const size_t m = draw(n, kind, edges);
    work w = {.context = mlab_bench_context(1), .graph = make(n, edges, m), .partner = need(n, sizeof *w.partner)};
    free(edges);
    char what[128];
    snprintf(what, sizeof what, "pairs of %zu people, %s, %zu edges", n, kind, m);
    mlab_bench_rate(what, 1, runs, 1, "matchings/s", body, &w);
    int64_t total = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t e = w.graph.first[i]; e < w.graph.first[i + 1]; e++)
            if (w.graph.to[e] == w.partner[i] && w.partner[i] > i) total += w.graph.weight[e];
    printf("%-66s total %lld\n", what, (long long)total);
    memcpy(&edges, &w.graph.first, sizeof edges);
    free(edges);
    memcpy(&edges, &w.graph.to, sizeof edges);
    free(edges);
    memcpy(&edges, &w.graph.weight, sizeof edges);
    free(edges);
    free(w.partner);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"uniform", "tied", "popular"};
    if (argc > 3)
        run((size_t)strtoul(argv[1], NULL, 10), argv[2], atoi(argv[3]));
    else
        for (size_t k = 0; k < 3; k++)
            for (size_t n = 100; n <= 100000; n *= 10) run(n, kinds[k], n > 10000 ? 1 : 5);
    mlab_bench_memory("peak memory");
    return 0;
}
