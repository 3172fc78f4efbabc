#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reference values for pairs from one pool: networkx.max_weight_matching on graphs that the test rebuilds.

  python3 scripts/reference/pairing.py > tests/reference/pairing.csv

A number is hash(seed, k) as in assignment.py. People i < j of n may be paired when hash(2 salt, i n + j) < density; the weight of the pair
is floor((most + 1) hash(2 salt + 1, i n + j)). total: the heaviest matching; pairs: the most pairs there can be.
"""
import sys

import networkx


def hash01(seed, k):
    mask = 2**64 - 1
    z = (k + (seed << 40)) * 0x9E3779B97F4A7C15 & mask
    z ^= z >> 30
    z = z * 0xBF58476D1CE4E5B9 & mask
    z ^= z >> 27
    z = z * 0x94D049BB133111EB & mask
    z ^= z >> 31
    return (z >> 11) * 2.0**-53


def graph(n, density, most, salt):
    g = networkx.Graph()
    g.add_nodes_from(range(n))
    for i in range(n):
        for j in range(i + 1, n):
            if hash01(2 * salt, i * n + j) < density:
                g.add_edge(i, j, weight=int(hash01(2 * salt + 1, i * n + j) * (most + 1)))
    return g


print("# Heaviest matchings and most pairs, scripts/reference/pairing.py")
print(f"# networkx {networkx.__version__}, python {sys.version.split()[0]}; whole numbers, exact")
print("people,density,most,salt,total,pairs")
salt = 30000
for n in (15, 40, 75, 120):
    for density in (0.03, 0.1, 0.5):
        for most in (1, 20, 2**20):
            salt += 1
            g = graph(n, density, most, salt)
            total = sum(g[i][j]["weight"] for i, j in networkx.max_weight_matching(g))
            pairs = len(networkx.max_weight_matching(g, maxcardinality=True, weight=None))
            print(f"{n},{density},{most},{salt},{total},{pairs}")
