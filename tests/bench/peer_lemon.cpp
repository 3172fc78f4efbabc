// SPDX-License-Identifier: GPL-3.0-or-later
// LEMON's MaxWeightedMatching on the graphs of bench_peer: peer_lemon N uniform|tied|popular RUNS. Built by peer_peers alone.
// Inside the clock: the object and run(), not the building of the graph.
#include <lemon/matching.h>
#include <lemon/smart_graph.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

static double hash(uint64_t seed, uint64_t k)
{
    uint64_t z = (k + (seed << 40)) * UINT64_C(0x9E3779B97F4A7C15);
    z ^= z >> 30;
    z *= UINT64_C(0xBF58476D1CE4E5B9);
    z ^= z >> 27;
    z *= UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

int main(int argc, char **argv)
{
    if (argc < 4) return fprintf(stderr, "usage: peer_lemon N uniform|tied|popular RUNS\n"), 2;
    const size_t n = strtoul(argv[1], nullptr, 10), drawn = 20;
    const std::string kind = argv[2];
    std::vector<std::tuple<size_t, size_t, long>> edges;
    for (size_t i = 0; i < n; i++)
        for (size_t r = 0; r < drawn; r++) {
            const double u = hash(2, i * drawn + r);
            const size_t j = (size_t)((kind == "popular" ? u * u * u : u) * (double)n);
            long weight = (long)(hash(3, i * drawn + r) * 0x1p30);
            if (kind == "tied") {
                weight = 0;
                for (uint64_t k = 0; k < 8; k++) weight += (hash(4 + k, i) < 0.5) == (hash(4 + k, j) < 0.5);
            }
            if (i != j) edges.emplace_back(std::min(i, j), std::max(i, j), -weight);
        }
    std::sort(edges.begin(), edges.end()); // of two edges between two people the heavier one stays
    edges.erase(std::unique(edges.begin(), edges.end(),
                            [](const auto &x, const auto &y) { return std::get<0>(x) == std::get<0>(y) && std::get<1>(x) == std::get<1>(y); }),
                edges.end());
    lemon::SmartGraph graph;
    std::vector<lemon::SmartGraph::Node> node;
    for (size_t i = 0; i < n; i++) node.push_back(graph.addNode());
    graph.reserveEdge((int)edges.size());
    lemon::SmartGraph::EdgeMap<long> weight(graph);
    for (const auto &e : edges) weight[graph.addEdge(node[std::get<0>(e)], node[std::get<1>(e)])] = -std::get<2>(e);
    std::vector<double> seconds;
    long total = 0;
    for (int run = 0; run < atoi(argv[3]); run++) {
        const auto start = std::chrono::steady_clock::now();
        lemon::MaxWeightedMatching<lemon::SmartGraph, lemon::SmartGraph::EdgeMap<long>> matching(graph, weight);
        matching.run();
        seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        total = matching.matchingWeight();
    }
    std::sort(seconds.begin(), seconds.end());
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("LEMON %s, %zu people, %zu edges: %.4g s (%.4g to %.4g), peak %ld MB, total %ld\n", kind.c_str(), n, edges.size(),
           seconds[seconds.size() / 2], seconds.front(), seconds.back(), usage.ru_maxrss / 1024, total);
}
