/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scans for one instruction set: included by assignment_scan_<isa>.c, which names the set in MLAB_SCAN. Written so that a compiler takes
 * several pairs at a time; single precision and double are each exact in what they compare, so all sets answer alike. */
#include "match/assignment_scan.h"

#include <stdint.h>

static size_t next_above(const float *score, const float *price, size_t from, size_t to, float least)
{
    for (; to - from >= MLAB_SCAN_CHUNK; from += MLAB_SCAN_CHUNK) {
        const float *s = score + from, *p = price + from;
        int32_t hits = 0;
        for (size_t j = 0; j < MLAB_SCAN_CHUNK; j++) hits += s[j] - p[j] > least;
        if (hits) return from;
    }
    while (from < to && !(score[from] - price[from] > least)) from++;
    return from;
}

static size_t count_better(const mlab_worth *worth, const double *score, const double *price, size_t n, double base)
{
    const mlab_worth w = *worth;
    int64_t hits = 0;
    for (size_t j = 0; j < n; j++) hits += mlab_worth_of(&w, score[j]) - price[j] > base;
    return (size_t)hits;
}

const mlab_scan_kernels MLAB_SCAN = {next_above, count_better};
