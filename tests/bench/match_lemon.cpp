// SPDX-License-Identifier: GPL-3.0-or-later
// match_lemon N: LEMON's network simplex on the task "sparse" of bench_match: a full assignment of N by N, 20 candidates each.
#include <lemon/network_simplex.h>
#include <lemon/static_graph.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>
#include <vector>

static double hash01(uint64_t seed, uint64_t k)
{
    uint64_t z = (k + (seed << 40)) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

int main(int argc, char **argv)
{
    using Graph = lemon::StaticDigraph;
    const int n = argc > 1 ? atoi(argv[1]) : 1000, list = 20;
    std::vector<std::pair<int, int>> arcs;
    std::vector<long> gain;
    for (int i = 0; i < n; i++)
        for (int r = 0, from = (int)arcs.size(); r < list; r++) {
            const int to = n + (int)(hash01(2, (uint64_t)i * list + r) * n);
            bool twice = false;
            for (int k = from; k < (int)arcs.size(); k++) twice = twice || arcs[k].second == to;
            if (twice) continue;
            arcs.emplace_back(i, to);
            gain.push_back((long)(hash01(3, (uint64_t)i * list + r) * 0x1p30));
        }
    Graph graph;
    graph.build(2 * n, arcs.begin(), arcs.end());
    Graph::ArcMap<long> cost(graph);
    Graph::ArcMap<int> most(graph, 1);
    Graph::NodeMap<long> supply(graph);
    for (Graph::ArcIt a(graph); a != lemon::INVALID; ++a) cost[a] = -gain[graph.index(a)];
    for (int v = 0; v < 2 * n; v++) supply[graph.node(v)] = v < n ? 1 : -1;
    lemon::NetworkSimplex<Graph, int, long> simplex(graph);
    simplex.upperMap(most).costMap(cost).supplyMap(supply);
    const std::clock_t start = std::clock();
    const bool done = simplex.run() == simplex.OPTIMAL;
    const double seconds = (double)(std::clock() - start) / CLOCKS_PER_SEC;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("lemon,%d,%.6g,%.10g,%d,%ld\n", n, seconds, done ? -(double)simplex.totalCost<long>() * 0x1p-30 : -1, n, usage.ru_maxrss / 1024);
    return !done;
}
