/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact decimal conversions by whole-number arithmetic, whatever the locale.
 *
 * Reading: one long division to 64 bits and a remainder, rounded once. Printing: the free-format algorithm of Burger &
 * Dybvig 1996, doi:10.1145/231379.231397. Weakness: about a microsecond a number; number.c has the fast ways. */
#include "core/decimal.h"

#include <string.h>

void mlab_big_set(mlab_big *big, uint64_t value)
{
    big->n = 0;
    for (; value; value >>= 32) big->limb[big->n++] = (uint32_t)value;
}

void mlab_big_multiply_add(mlab_big *big, uint32_t factor, uint32_t more)
{
    uint64_t carry = more;
    for (size_t i = 0; i < big->n; i++) {
        carry += (uint64_t)big->limb[i] * factor;
        big->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry && big->n < MLAB_BIG_LIMBS) big->limb[big->n++] = (uint32_t)carry;
}

void mlab_big_power_of_ten(mlab_big *big, unsigned power)
{
    static const uint32_t fives[] = {1, 5, 25, 125, 625, 3125, 15625, 78125, 390625, 1953125, 9765625, 48828125, 244140625};
    unsigned left = power;
    for (; left >= 13; left -= 13) mlab_big_multiply_add(big, 1220703125, 0); /* 5^13 */
    mlab_big_multiply_add(big, fives[left], 0);
    mlab_big_shift(big, power);
}

void mlab_big_shift(mlab_big *big, unsigned bits)
{
    size_t limbs = bits / 32;
    unsigned rest = bits % 32;
    if (big->n == 0 || big->n + limbs + 1 > MLAB_BIG_LIMBS) return;
    big->limb[big->n] = 0;
    for (size_t i = big->n + 1; i-- > 0;) {
        uint64_t wide = (uint64_t)big->limb[i] << rest;
        if (rest && i > 0) wide |= big->limb[i - 1] >> (32 - rest);
        big->limb[i + limbs] = (uint32_t)wide;
    }
    memset(big->limb, 0, limbs * sizeof *big->limb);
    big->n += limbs + 1;
    if (big->limb[big->n - 1] == 0) big->n--;
}

int mlab_big_compare(const mlab_big *a, const mlab_big *b)
{
    if (a->n != b->n) return a->n < b->n ? -1 : 1;
    for (size_t i = a->n; i-- > 0;)
        if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

void mlab_big_subtract(mlab_big *a, const mlab_big *b)
{
    uint64_t borrow = 0;
    for (size_t i = 0; i < a->n; i++) {
        uint64_t take = (i < b->n ? b->limb[i] : 0) + borrow;
        borrow = take > a->limb[i];
        a->limb[i] = (uint32_t)(a->limb[i] - take);
    }
    while (a->n > 0 && a->limb[a->n - 1] == 0) a->n--;
}

void mlab_big_add(mlab_big *a, const mlab_big *b)
{
    uint64_t carry = 0;
    size_t n = a->n > b->n ? a->n : b->n;
    for (size_t i = 0; i < n; i++) {
        carry += (uint64_t)(i < a->n ? a->limb[i] : 0) + (i < b->n ? b->limb[i] : 0);
        a->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    a->n = n;
    if (carry && n < MLAB_BIG_LIMBS) a->limb[a->n++] = (uint32_t)carry;
}

size_t mlab_big_bits(const mlab_big *big)
{
    if (big->n == 0) return 0;
    size_t bits = 32 * (big->n - 1);
    for (uint32_t top = big->limb[big->n - 1]; top; top >>= 1) bits++;
    return bits;
}

/* q * 2^exponent, q having its top bit set, rounded to nearest even; sticky = something below q was lost. */
static double round_to_double(uint64_t q, int exponent, bool sticky)
{
    int drop = 11;                                        /* 64 - 53 bits */
    if (exponent + drop < -1074) drop = -1074 - exponent; /* subnormal */
    if (drop > 64) return 0;                              /* below half of the smallest */
    uint64_t kept = drop == 64 ? 0 : q >> drop;
    uint64_t half = UINT64_C(1) << (drop - 1);
    uint64_t rest = drop == 64 ? q : q & ((half << 1) - 1);
    if (rest > half || (rest == half && (sticky || (kept & 1)))) kept++;
    if (kept == UINT64_C(1) << 53) {
        kept >>= 1;
        drop++;
    }
    int biased = exponent + drop + 1075;
    if (kept < UINT64_C(1) << 52) biased = 0; /* subnormal or 0 */
    if (biased > 2046) {
        kept = 0;
        biased = 2047;
    }
    uint64_t bits = ((uint64_t)biased << 52) | (kept & (((uint64_t)1 << 52) - 1));
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double mlab_decimal_nearest(mlab_big *numerator, int exponent)
{
    mlab_big divisor;
    if (numerator->n == 0) return 0;
    mlab_big_set(&divisor, 1);
    if (exponent >= 0)
        mlab_big_power_of_ten(numerator, (unsigned)exponent);
    else
        mlab_big_power_of_ten(&divisor, (unsigned)-exponent);

    /* shift so that the quotient has 64 bits: 2^63 <= numerator / divisor < 2^64 */
    int shift = 64 - ((int)mlab_big_bits(numerator) - (int)mlab_big_bits(&divisor));
    mlab_big_shift(shift > 0 ? numerator : &divisor, (unsigned)(shift > 0 ? shift : -shift));
    mlab_big_shift(&divisor, 64);
    if (mlab_big_compare(numerator, &divisor) >= 0) {
        mlab_big_shift(&divisor, 1);
        shift--;
    }
    uint64_t q = 0;
    for (int bit = 0; bit < 64; bit++) { /* the divisor stays, the numerator doubles */
        mlab_big_shift(numerator, 1);
        q <<= 1;
        if (mlab_big_compare(numerator, &divisor) < 0) continue;
        mlab_big_subtract(numerator, &divisor);
        q |= 1;
    }
    return round_to_double(q, -shift, numerator->n != 0);
}

/* value = whole * 2^exponent; `edge`: the gap below is half the gap above. */
static uint64_t take_apart(double value, int *exponent, bool *edge)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int biased = (int)((bits >> 52) & 0x7FF);
    uint64_t whole = bits & ((UINT64_C(1) << 52) - 1);
    *edge = biased > 1 && whole == 0;
    *exponent = biased == 0 ? -1074 : biased - 1075;
    return biased == 0 ? whole : whole | UINT64_C(1) << 52;
}

/* The state of Burger & Dybvig: value = r / s, the half gaps to its neighbours up / s and down / s. */
typedef struct state {
    mlab_big r, s, up, down;
} state;

static int scale(state *x, uint64_t whole, int exponent, bool edge, bool even)
{
    unsigned twice = edge ? 2 : 1;
    unsigned up = (exponent > 0 ? (unsigned)exponent : 0) + twice - 1;
    mlab_big_set(&x->r, whole);
    mlab_big_set(&x->s, 1);
    mlab_big_set(&x->up, 1);
    mlab_big_set(&x->down, 1);
    mlab_big_shift(&x->r, (exponent > 0 ? (unsigned)exponent : 0) + twice);
    mlab_big_shift(&x->s, (exponent < 0 ? (unsigned)-exponent : 0) + twice);
    mlab_big_shift(&x->up, up);
    mlab_big_shift(&x->down, exponent > 0 ? (unsigned)exponent : 0);

    int binary = exponent - 1;
    for (uint64_t rest = whole; rest; rest >>= 1) binary++;
    double estimate = binary * 0.30102999566398120; /* at most 1 below the true power, never above */
    int point = (int)estimate;
    if (point < estimate) point++;
    if (point >= 0) {
        mlab_big_power_of_ten(&x->s, (unsigned)point);
    } else {
        mlab_big_power_of_ten(&x->r, (unsigned)-point);
        mlab_big_power_of_ten(&x->up, (unsigned)-point);
        mlab_big_power_of_ten(&x->down, (unsigned)-point);
    }
    mlab_big reach = x->r;
    mlab_big_add(&reach, &x->up);
    if (mlab_big_compare(&reach, &x->s) >= (even ? 0 : 1)) {
        mlab_big_multiply_add(&x->s, 10, 0);
        point++;
    }
    return point;
}

size_t mlab_decimal_shortest(double value, char digits[20], int *point)
{
    int exponent;
    bool edge;
    uint64_t whole = take_apart(value, &exponent, &edge);
    bool even = (whole & 1) == 0; /* then the bounds themselves read back as value */
    state x;
    *point = scale(&x, whole, exponent, edge, even);
    for (size_t n = 0;; n++) {
        mlab_big_multiply_add(&x.r, 10, 0);
        mlab_big_multiply_add(&x.up, 10, 0);
        mlab_big_multiply_add(&x.down, 10, 0);
        int digit = 0;
        for (; mlab_big_compare(&x.r, &x.s) >= 0; digit++) mlab_big_subtract(&x.r, &x.s);
        mlab_big reach = x.r;
        mlab_big_add(&reach, &x.up);
        bool low = mlab_big_compare(&x.r, &x.down) < (even ? 1 : 0);
        bool high = mlab_big_compare(&reach, &x.s) >= (even ? 0 : 1);
        if (low || high || n == 17) {
            mlab_big_shift(&x.r, 1);
            if (high && (!low || mlab_big_compare(&x.r, &x.s) >= 0)) digit++;
            digits[n] = (char)('0' + digit);
            return n + 1;
        }
        digits[n] = (char)('0' + digit);
    }
}
