#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""match_peers.py TASK N: SciPy and NumPy on the tasks of bench_match, the same scores from the same hash.

TASK is dense, tied, levels2 (or any number), popular, effects, crowd (scipy.optimize.linear_sum_assignment), sparse, sparse_tied (min_weight_full_bipartite_matching) or lists, lists_zipf
(deferred acceptance in vectorised rounds). Prints what bench_match prints: task, N, processor seconds of the best run, total or checksum, pairs, peak MB.
"""
import resource
import sys
import time

import numpy as np

LIST = 20


def hash01(seed, k):
    with np.errstate(over="ignore"):
        z = (np.asarray(k, np.uint64) + np.uint64(seed << 40)) * np.uint64(0x9E3779B97F4A7C15)
        z ^= z >> np.uint64(30)
        z *= np.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> np.uint64(27)
        z *= np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def dense(task, n):
    people = np.arange(n, dtype=np.uint64)
    if task == "popular":
        return np.outer(100 * hash01(2, people), hash01(3, people))
    if task == "effects":
        return 50 * (hash01(2, people)[:, None] + hash01(3, people)[None, :])
    if task == "crowd":
        return 25 * (np.floor(3 * hash01(2, people))[:, None] + np.floor(3 * hash01(3, people))[None, :])
    if task == "tied":
        bits = np.array([bin(b).count("1") for b in range(256)])
        a, b = ((hash01(s, people) * 256).astype(np.uint8) for s in (7, 8))
        return 12.5 * (8 - bits[a[:, None] ^ b[None, :]])
    out = np.empty((n, n))
    levels = int(task[6:]) if task.startswith("levels") else 0
    for i in range(n):
        out[i] = hash01(1, np.arange(i * n, (i + 1) * n, dtype=np.uint64))
        out[i] = 100 * np.floor(levels * out[i]) / levels if levels else 100 * out[i]
    return out


def lists(n, power):
    k = np.arange(n * LIST, dtype=np.uint64)
    to = (hash01(2, k) ** power * n).astype(np.int64).reshape(n, LIST)
    score = hash01(3, k).reshape(n, LIST)
    order = np.argsort(to, axis=1, kind="stable")
    by_to = np.take_along_axis(to, order, 1)
    again = np.zeros((n, LIST), bool)
    again[:, 1:] = by_to[:, 1:] == by_to[:, :-1]
    twice = np.zeros((n, LIST), bool)
    np.put_along_axis(twice, order, again, 1)
    to[twice] = -1
    return to, score


def clear(to, score):
    n = len(to)
    at, held, best = np.zeros(n, np.int64), np.full(n, -1), np.full(n, -1.0)
    waiting = np.arange(n)
    while True:
        waiting = waiting[at[waiting] < LIST]
        if not waiting.size:
            return held
        j, s = to[waiting, at[waiting]], score[waiting, at[waiting]]
        at[waiting] += 1
        good = (j >= 0) & (s > best[np.maximum(j, 0)])
        lost, asks, j, s = waiting[~good], waiting[good], j[good], s[good]
        order = np.argsort(s)
        asks, j, s = asks[order], j[order], s[order]
        before = held[j]
        held[j], best[j] = asks, s
        won = held[j] == asks
        out = before[won]
        waiting = np.concatenate([lost, asks[~won], out[out >= 0]])


def main():
    task, n = sys.argv[1], int(sys.argv[2])
    if task in ("dense", "tied", "popular", "effects", "crowd") or task.startswith("levels"):
        from scipy.optimize import linear_sum_assignment

        s = dense(task, n)
        run = lambda: linear_sum_assignment(s, maximize=True)
        tell = lambda f: (s[f].sum() / 100, n)
    elif task.startswith("sparse"):
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import min_weight_full_bipartite_matching

        to, score = lists(n, 1)
        if task == "sparse_tied":
            score = np.floor(8 * score) / 8
        ok = to >= 0
        graph = csr_matrix((score[ok] + 1, (np.repeat(np.arange(n), LIST).reshape(n, LIST)[ok], to[ok])), shape=(n, n))
        run = lambda: min_weight_full_bipartite_matching(graph, maximize=True)
        tell = lambda f: (float(np.asarray(graph[f]).sum()) - n, n)
    else:
        to, score = lists(n, 3 if task == "lists_zipf" else 1)
        run = lambda: clear(to, score)

        def tell(held):
            j = np.flatnonzero(held >= 0)
            return int((31 * held[j] + 17 * j).sum()), len(j)

    best = 1e99
    for _ in range(5 if n <= 2000 else 3 if task.startswith("lists") else 1):
        start = time.process_time()
        found = run()
        best = min(best, time.process_time() - start)
    total, pairs = tell(found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{task},{n},{best:.6g},{total:.17g},{pairs},{peak:.0f}")


main()
