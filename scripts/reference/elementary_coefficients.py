#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the polynomials of src/core/elementary_kernel.h: minimax by the exchange of Remez (1934), in 60 digits.

Each polynomial q(t) stands inside a larger expression; the error that counts is that of the whole, relative to it.
Prints the coefficients, lowest power first, and the largest relative error of the expression before any rounding.
Needs python3-mpmath (1.2.1 was used)."""
from mpmath import cos, lu_solve, matrix, mp, mpf, expm1, log, nstr, pi, sqrt

mp.dps = 60


def remez(target, weight, low, high, degree, rounds=12):
    """The polynomial q of the degree with the smallest largest |weight(t) (q(t) - target(t))| on [low, high]."""
    n = degree + 2
    points = [(low + high) / 2 - (high - low) / 2 * cos(pi * i / (n - 1)) for i in range(n)]
    for _ in range(rounds):
        a, b = matrix(n, n), matrix(n, 1)
        for i, t in enumerate(points):
            for j in range(degree + 1):
                a[i, j] = t**j
            a[i, degree + 1] = (-1) ** i / weight(t)
            b[i] = target(t)
        solution = lu_solve(a, b)
        q = [solution[j] for j in range(degree + 1)]

        def error(t):
            return weight(t) * (mp.polyval(q[::-1], t) - target(t))

        grid = [low + (high - low) * mpf(i) / 4000 for i in range(4001)]
        values = [error(t) for t in grid]
        peaks = []
        for i, v in enumerate(values):
            left = values[i - 1] if i else None
            right = values[i + 1] if i < 4000 else None
            top = (left is None or abs(v) >= abs(left) or left * v < 0) and (right is None or abs(v) >= abs(right) or right * v < 0)
            if not top:
                continue
            if peaks and peaks[-1][1] * v > 0:
                if abs(v) > abs(peaks[-1][1]):
                    peaks[-1] = (grid[i], v)
            else:
                peaks.append((grid[i], v))
        while len(peaks) > n:
            peaks.pop(0 if abs(peaks[0][1]) < abs(peaks[-1][1]) else -1)
        if len(peaks) < n:
            break
        points = [t for t, _ in peaks]
    return q, max(abs(v) for v in values)


def show(name, q, largest):
    print(f"{name}: largest relative error {nstr(largest, 3)} = 2^{nstr(log(largest, 2), 4)}")
    for c in q:
        print(f"    {float(c).hex()}, /* {nstr(c, 17)} */")


def exp_rest(r):
    """((exp(r) - 1 - r) / r^2 - 1/2) / r"""
    if abs(r) < mpf(10) ** -9:
        return mpf(1) / 6 + r / 24 + r * r / 120
    return ((expm1(r) - r) / r**2 - mpf(1) / 2) / r


tiny = mpf(10) ** -9  # a weight of 0 would divide by 0
half_ln2 = log(mpf(2)) / 2 * mpf("1.0001")
for degree in (7, 8, 9):
    q, e = remez(exp_rest, lambda r: abs(r**3 / expm1(r)) + tiny if r else tiny, -half_ln2, half_ln2, degree)
    show("exp: exp(r) = 1 + r + r^2 (1/2 + r q(r)), |r| <= ln(2)/2, relative to exp(r) - 1", q, e)


def log_rest(z):
    """(log((1 + s) / (1 - s)) / s - 2) / z with s^2 = z"""
    if z < mpf(10) ** -12:
        return mpf(2) / 3 + 2 * z / 5
    s = sqrt(z)
    return (log((1 + s) / (1 - s)) / s - 2) / z


top = ((sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)) ** 2 * mpf("1.0001")
for degree in (5, 6):
    q, e = remez(log_rest, lambda z: z / 2 + tiny, mpf(0), top, degree)
    show("log: log(1 + f) = 2 s + s z q(z), s = f / (2 + f), z = s^2, relative to log(1 + f)", q, e)

ln2 = log(mpf(2))
high = mp.floor(ln2 * mpf(2) ** 42) / mpf(2) ** 42
print("ln 2, its first 42 bits and the rest:", float(high).hex(), float(ln2 - high).hex())
print("1 / ln 2:", float(1 / ln2).hex())
