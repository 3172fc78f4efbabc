#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reference values for optimal matching: scipy.optimize.linear_sum_assignment on pools that the test rebuilds.

  python3 scripts/reference/assignment.py > tests/reference/assignment.csv

A number is hash(seed, k) = top 53 bits of the splitmix64 finaliser of seed * 2^40 + k, times 2^-53. Pair (i, j) of n mentees and m
mentors is allowed when hash(3, i m + j) < density; its score is 100 hash(1, i m + j), or with `levels` L > 0
100 floor(L hash(1, i m + j)) / L; mentor j offers floor(hash(2, j) (most + 1)) places. A mentor becomes one column per place, and n
columns of score 0 stand for "unmatched", so that the dense solver gives the best total.
"""
import sys

import numpy
import scipy
from scipy.optimize import linear_sum_assignment


def hash01(seed, k):
    with numpy.errstate(over="ignore"):
        z = (numpy.asarray(k, numpy.uint64) + numpy.uint64(seed << 40)) * numpy.uint64(0x9E3779B97F4A7C15)
        z ^= z >> numpy.uint64(30)
        z *= numpy.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> numpy.uint64(27)
        z *= numpy.uint64(0x94D049BB133111EB)
        z ^= z >> numpy.uint64(31)
    return (z >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53


def best_total(n, m, most, levels, density):
    k = numpy.arange(n * m, dtype=numpy.uint64)
    score = hash01(1, k)
    score = 100 * (numpy.floor(levels * score) / levels if levels else score)
    score = numpy.where(hash01(3, k) < density, score, 0).reshape(n, m)
    places = numpy.floor(hash01(2, numpy.arange(m)) * (most + 1)).astype(int)
    columns = numpy.repeat(score, places, axis=1)
    columns = numpy.hstack([columns, numpy.zeros((n, n))])
    rows, chosen = linear_sum_assignment(columns, maximize=True)
    return columns[rows, chosen].sum()


print("# Best total score, scripts/reference/assignment.py")
print(f"# scipy {scipy.__version__}, numpy {numpy.__version__}, python {sys.version.split()[0]}; tolerance 1e-9 relative")
print("mentees,mentors,most_places,levels,density,total")
for n, m in [(5, 3), (40, 12), (120, 60), (300, 100), (100, 300), (400, 400)]:
    for most in [1, 4]:
        for levels in [0, 8]:
            for density in [0.1, 0.9]:
                print(f"{n},{m},{most},{levels},{density},{float(best_total(n, m, most, levels, density))!r}")
