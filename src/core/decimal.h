/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact conversions between decimal digits and doubles; number.c is their only user. */
#ifndef MLAB_CORE_DECIMAL_H
#define MLAB_CORE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole number of up to 4096 bits: the largest met is 10^1130 with 64 more bits. */
enum { MLAB_BIG_LIMBS = 128 };
typedef struct mlab_big {
    uint32_t limb[MLAB_BIG_LIMBS]; /* least significant first */
    size_t n;                      /* limbs in use; the highest is not 0; 0 = the number 0 */
} mlab_big;

void mlab_big_set(mlab_big *big, uint64_t value);
void mlab_big_multiply_add(mlab_big *big, uint32_t factor, uint32_t more); /* big * factor + more */
void mlab_big_power_of_ten(mlab_big *big, unsigned power);                 /* big * 10^power */
void mlab_big_shift(mlab_big *big, unsigned bits);                         /* big * 2^bits */
int mlab_big_compare(const mlab_big *a, const mlab_big *b);
void mlab_big_subtract(mlab_big *a, const mlab_big *b); /* a - b, a >= b */
void mlab_big_add(mlab_big *a, const mlab_big *b);
size_t mlab_big_bits(const mlab_big *big);

/* Significant digits beyond these cannot be distinguished from "and a bit more". */
enum { MLAB_DECIMAL_DIGITS = 800 };

/* The double nearest to numerator * 10^exponent, ties to even; +inf above the largest. The numerator is used up. */
double mlab_decimal_nearest(mlab_big *numerator, int exponent);

/* Shortest digits (at most 17) that read back as value > 0, finite: value ~ 0.DIGITS * 10^point. Returns their number. */
size_t mlab_decimal_shortest(double value, char digits[20], int *point);

#endif
