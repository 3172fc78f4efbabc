#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many of NIST's certified digits a least squares program can give that reads the data as doubles.

  python3 scripts/reference/nist.py > tests/reference/nist.csv

The data (tests/reference/nist/) are solved in exact rational arithmetic twice: as they are printed, which must give the certified values
to their last digit, and as stored doubles, with powers of the stored covariate exact. limit: log relative error of the second, at most
15. A certified value of 0 has as limit -log10 of the value itself. Python only.
"""
import os
import re
import sys
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 60
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "reference", "nist")

# name: (kind, certified values in the order of the results below)
ANOVA = ["between", "within", "f", "r_squared", "deviation"]
CERTIFIED = {
    "SiRstv": ("anova", "5.11462616000000E-02 2.16636560000000E-01 1.18046237440255E+00 1.90999039051129E-01 1.04076068334656E-01"),
    "SmLs01": ("anova", "1.68000000000000E+00 1.80000000000000E+00 2.10000000000000E+01 4.82758620689655E-01 1.00000000000000E-01"),
    "SmLs04": ("anova", "1.68000000000000E+00 1.80000000000000E+00 2.10000000000000E+01 4.82758620689655E-01 1.00000000000000E-01"),
    "AtmWtAg": ("anova", "3.63834187500000E-09 1.04951729166667E-08 1.59467335677930E+01 2.57426544538321E-01 1.51048314446410E-05"),
    "Norris": (1, "-0.262323073774029 1.00211681802045 0.232818234301152 0.429796848199937E-03 0.999993745883712 0.884796396144373"),
    "Longley": (
        0,
        "-3482258.63459582 15.0618722713733 -0.358191792925910E-01 -2.02022980381683 -1.03322686717359 -0.511041056535807E-01 "
        "1829.15146461355 890420.383607373 84.9149257747669 0.334910077722432E-01 0.488399681651699 0.214274163161675 "
        "0.226073200069370 455.478499142212 0.995479004577296 304.854073561965",
    ),
    "Filip": (
        10,
        "-1467.48961422980 -2772.17959193342 -2316.37108160893 -1127.97394098372 -354.478233703349 -75.1242017393757 "
        "-10.8753180355343 -1.06221498588947 -0.670191154593408E-01 -0.246781078275479E-02 -0.402962525080404E-04 "
        "298.084530995537 559.779865474950 466.477572127796 227.204274477751 71.6478660875927 15.2897178747400 "
        "2.23691159816033 0.221624321934227 0.142363763154724E-01 0.535617408889821E-03 0.896632837373868E-05 "
        "0.996727416185620 0.334801051324544E-02",
    ),
    "Wampler1": (5, "1 1 1 1 1 1 0 0 0 0 0 0 1 0"),
    "Wampler2": (5, "1 0.1 0.01 0.001 0.0001 0.00001 0 0 0 0 0 0 1 0"),
    "Wampler3": (
        5,
        "1 1 1 1 1 1 2152.32624678170 2363.55173469681 779.343524331583 101.475507550350 5.64566512170752 0.112324854679312 "
        "0.999995559025820 2360.14502379268",
    ),
    "Wampler4": (
        5,
        "1 1 1 1 1 1 215232.624678170 236355.173469681 77934.3524331583 10147.5507550350 564.566512170752 11.2324854679312 "
        "0.957478440825662 236014.502379268",
    ),
    "Wampler5": (
        5,
        "1 1 1 1 1 1 21523262.4678170 23635517.3469681 7793435.24331583 1014755.07550350 56456.6512170752 1123.24854679312 "
        "0.224668921574940E-02 23601450.2379268",
    ),
}


def read(name):
    """Rows of texts: the response first; of the analyses of variance the level first."""
    path = os.path.join(HERE, name + ".dat")
    if not os.path.exists(path):
        with open(os.path.join(HERE, "regression.csv")) as file:
            return [line.strip().split(",")[1:] for line in file if line.startswith(name + ",")]
    rows, data = [], False
    with open(path) as file:
        for line in file:
            data = (data or line.startswith("Data:")) and not re.search("Factor|Variable", line)
            cells = line.split()
            if data and len(cells) == 2 and not line.startswith("Data:"):
                rows.append(cells)
    return rows


def invert(a):
    n = len(a)
    a = [row[:] + [Fraction(int(i == j)) for j in range(n)] for i, row in enumerate(a)]
    for j in range(n):
        pivot = next(i for i in range(j, n) if a[i][j] != 0)
        a[j], a[pivot] = a[pivot], a[j]
        a[j] = [v / a[j][j] for v in a[j]]
        for i in range(n):
            if i != j and a[i][j] != 0:
                a[i] = [u - a[i][j] * v for u, v in zip(a[i], a[j])]
    return [row[n:] for row in a]


def root(q):
    return (Decimal(q.numerator) / Decimal(q.denominator)).sqrt()


def decimal(q):
    return q if isinstance(q, Decimal) else Decimal(q.numerator) / Decimal(q.denominator)


def solve(x, y):
    inverse = invert([[sum(r[i] * r[j] for r in x) for j in range(len(x[0]))] for i in range(len(x[0]))])
    xy = [sum(r[j] * v for r, v in zip(x, y)) for j in range(len(x[0]))]
    b = [sum(u * v for u, v in zip(row, xy)) for row in inverse]
    within = sum((v - sum(c * u for c, u in zip(b, r))) ** 2 for r, v in zip(x, y))
    mean = sum(y) / len(y)
    total = sum((v - mean) ** 2 for v in y)
    return b, inverse, within, total


def results(kind, rows, number):
    if kind == "anova":
        levels = sorted({int(r[0]) for r in rows})
        y = [number(r[1]) for r in rows]
        x = [[Fraction(int(int(r[0]) == level)) for level in levels] for r in rows]
        _, _, within, total = solve(x, y)
        between, df, left = total - within, len(levels) - 1, len(y) - len(levels)
        return ANOVA, [between, within, (between / df) / (within / left), between / total, root(within / left)]
    y = [number(r[0]) for r in rows]
    x = [[Fraction(1)] + ([number(r[1]) ** k for k in range(1, kind + 1)] if kind else [number(c) for c in r[1:]]) for r in rows]
    b, inverse, within, total = solve(x, y)
    variance = within / (len(y) - len(b))
    names = ["b%d" % j for j in range(len(b))] + ["se%d" % j for j in range(len(b))] + ["r_squared", "deviation"]
    return names, b + [root(variance * inverse[j][j]) for j in range(len(b))] + [1 - within / total, root(variance)]


def agreement(value, certified):
    certified, value = Decimal(certified), decimal(value)
    error = abs(value - certified) / (abs(certified) if certified else 1)
    return 15.0 if error == 0 else min(15.0, float(-error.log10()))


def main():
    print("# Certified values of NIST's Statistical Reference Datasets, and the digits that exact arithmetic on the stored doubles gives;")
    print("# made by scripts/reference/nist.py with Python %s." % sys.version.split()[0])
    print("set,what,certified,limit")
    for name, (kind, certified) in CERTIFIED.items():
        rows, certified = read(name), certified.split()
        names, printed = results(kind, rows, Fraction)
        _, stored = results(kind, rows, lambda text: Fraction(float(text)))
        assert len(names) == len(certified), name
        for what, value, p, s in zip(names, certified, printed, stored):
            assert agreement(p, value) > 13.9, (name, what, value, float(p))
            print("%s,%s,%s,%.2f" % (name, what, value, agreement(s, value)))


main()
