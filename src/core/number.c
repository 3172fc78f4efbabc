/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as text, decimal and locale-free, correctly rounded both ways.
 *
 * Reading: few digits by one exact product or quotient (Clinger 1990, doi:10.1145/93542.93557), up to 19 digits in
 * the 64-bit significand of an x87 long double unless that falls on a tie, all else exactly (decimal.c). */
#include "core/number.h"
#include "core/decimal.h"

#include <float.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A number cut into parts: sign, the digits' text, and value = 0.d1d2... read as head * 10^exponent (+ a tail). */
typedef struct parts {
    bool negative, tail; /* tail: a digit other than 0 after the 19 of head */
    const char *first, *end;
    uint64_t head;    /* the first 19 significant digits */
    int64_t exponent; /* of head */
    int64_t point;    /* power of ten of the last digit of the text */
} parts;

/* Saturates, so that 1e99999999999 is too large and not wrapped. */
static bool read_exponent(const char *at, const char *end, int64_t *exponent)
{
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end) return false;
    int64_t value = 0;
    for (; at < end; at++) {
        if (!is_digit(*at)) return false;
        if (value < 1000000) value = value * 10 + (*at - '0');
    }
    *exponent = negative ? -value : value;
    return true;
}

static bool take_apart(const char *text, size_t n, char mark, parts *p)
{
    const char *at = text, *end = text + n;
    *p = (parts){.negative = at < end && *at == '-'};
    if (at < end && (*at == '-' || *at == '+')) at++;
    p->first = at;
    int kept = 0;
    bool any = false, after_mark = false;
    for (; at < end; at++) {
        if (*at == mark && !after_mark) {
            after_mark = true;
            if (!any) return false; /* ".5" is not a number here */
            any = false;
            continue;
        }
        if (!is_digit(*at)) break;
        any = true;
        if (kept < 19) {
            p->head = p->head * 10 + (uint64_t)(*at - '0');
            kept += kept > 0 || *at != '0';
            p->exponent -= after_mark;
        } else {
            p->tail = p->tail || *at != '0';
            p->exponent += !after_mark;
        }
        p->point -= after_mark;
    }
    p->end = at;
    if (!any) return false;
    int64_t power = 0;
    if (at < end && (*at == 'e' || *at == 'E')) {
        if (!read_exponent(at + 1, end, &power)) return false;
        at = end;
    }
    p->exponent += power;
    p->point += power;
    return at == end;
}

/* All digits, exactly; those after MLAB_DECIMAL_DIGITS only say whether there is a bit more. */
static double read_exactly(const parts *p)
{
    mlab_big digits = {.n = 0};
    int64_t exponent = p->point;
    size_t kept = 0;
    bool more = false;
    for (const char *at = p->first; at < p->end; at++) {
        if (!is_digit(*at)) continue;
        if (kept < MLAB_DECIMAL_DIGITS) {
            uint32_t digit = (uint32_t)(*at - '0');
            if (digits.n == 0)
                mlab_big_set(&digits, digit);
            else
                mlab_big_multiply_add(&digits, 10, digit);
            kept += digits.n > 0;
        } else {
            exponent++;
            more = more || *at != '0';
        }
    }
    if (more) {
        mlab_big_multiply_add(&digits, 10, 1);
        exponent--;
    }
    return mlab_decimal_nearest(&digits, (int)exponent);
}

static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* head * 10^exponent by one rounding to 64 bits; false when the second rounding, to 53, could go wrong. */
static bool read_by_long_double(uint64_t head, int exponent, double *value)
{
#if LDBL_MANT_DIG == 64
    static const long double more[] = {1e23L, 1e24L, 1e25L, 1e26L, 1e27L}; /* exact: 5^27 < 2^64 */
    int power = exponent < 0 ? -exponent : exponent;
    if (power > 27) return false;
    long double ten = power <= 22 ? (long double)tens[power] : more[power - 23];
    long double wide = exponent < 0 ? (long double)head / ten : (long double)head * ten;
    uint64_t significand;
    memcpy(&significand, &wide, sizeof significand);
    if ((significand & 0x7FF) == 0x400) return false;
    *value = (double)wide;
    return true;
#else
    (void)head, (void)exponent, (void)value;
    return false;
#endif
}

static double read_parts(const parts *p)
{
    double value;
    if (p->head == 0) return 0;
    if (p->exponent > 310) return DBL_MAX * 10;
    if (p->exponent < -345) return 0; /* head < 10^19, the smallest double is 4.9e-324 */
    int exponent = (int)p->exponent;
    if (!p->tail) {
        if (p->head <= UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22)
            return exponent < 0 ? (double)p->head / tens[-exponent] : (double)p->head * tens[exponent];
        if (read_by_long_double(p->head, exponent, &value)) return value;
    }
    return read_exactly(p);
}

bool mlab_number_parse(const char *text, size_t n, char decimal_mark, double *value)
{
    parts p;
    if (!take_apart(text, n, decimal_mark, &p)) return false;
    double read = read_parts(&p);
    if (read > DBL_MAX) return false;
    *value = p.negative ? -read : read;
    return true;
}

bool mlab_integer_parse(const char *text, size_t n, int64_t *value)
{
    bool negative = n > 0 && text[0] == '-';
    size_t i = n > 0 && (text[0] == '-' || text[0] == '+');
    if (i == n) return false;
    uint64_t limit = (uint64_t)INT64_MAX + negative, read = 0;
    for (; i < n; i++) {
        if (!is_digit(text[i])) return false;
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (read > (limit - digit) / 10) return false;
        read = read * 10 + digit;
    }
    if (!negative)
        *value = (int64_t)read;
    else
        *value = read == limit ? INT64_MIN : -(int64_t)read;
    return true;
}

static size_t whole_digits(uint64_t whole, char digits[20])
{
    char backwards[20];
    size_t n = 0;
    for (; whole; whole /= 10) backwards[n++] = (char)('0' + whole % 10);
    for (size_t i = 0; i < n; i++) digits[i] = backwards[n - 1 - i];
    return n;
}

/* Shortest digits of value > 0: value ~ 0.DIGITS * 10^point, no zero at the end. At most 15 digits that read back
 * are the only ones so short, since 15 digits lie further apart than doubles; the loop finds them first. */
static size_t shortest_digits(double value, char digits[20], int *point)
{
    size_t n = 0;
    bool found = false;
    for (int decimals = 0; decimals <= 15 && !found && value < 1e15 && value >= 1e-5; decimals++) {
        double scaled = value * tens[decimals];
        if (scaled >= 1e15) break;
        uint64_t whole = (uint64_t)(scaled + 0.5);
        if (whole == 0 || (double)whole / tens[decimals] != value) continue;
        n = whole_digits(whole, digits);
        *point = (int)n - decimals;
        found = true;
    }
    if (!found) n = mlab_decimal_shortest(value, digits, point);
    while (n > 1 && digits[n - 1] == '0') n--;
    return n;
}

static size_t put(char *into, size_t at, const char *text, size_t n)
{
    memcpy(into + at, text, n);
    return at + n;
}

/* d.ddde+XX */
static size_t print_scientific(char *into, size_t at, const char *digits, size_t n, int point)
{
    into[at++] = digits[0];
    if (n > 1) {
        into[at++] = '.';
        at = put(into, at, digits + 1, n - 1);
    }
    int power = point - 1;
    into[at++] = 'e';
    into[at++] = power < 0 ? '-' : '+';
    if (power < 0) power = -power;
    if (power >= 100) into[at++] = (char)('0' + power / 100);
    into[at++] = (char)('0' + power / 10 % 10);
    into[at++] = (char)('0' + power % 10);
    return at;
}

static size_t print_plain(char *into, size_t at, const char *digits, size_t n, int point)
{
    if (point <= 0) {
        at = put(into, at, "0.", 2);
        for (int i = point; i < 0; i++) into[at++] = '0';
        return put(into, at, digits, n);
    }
    for (size_t i = 0; i < (size_t)point || i < n; i++) {
        if (i == (size_t)point) into[at++] = '.';
        into[at++] = i < n ? digits[i] : '0';
    }
    return at;
}

size_t mlab_number_print(double value, char *into, size_t size)
{
    if (size < 32) {
        if (size) into[0] = '\0';
        return 0;
    }
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    size_t at = 0;
    if (value != value) {
        at = put(into, at, "nan", 3);
    } else {
        if (bits >> 63) into[at++] = '-';
        double magnitude = bits >> 63 ? -value : value;
        char digits[20];
        int point = 0;
        if (magnitude == 0) {
            into[at++] = '0';
        } else if (magnitude > DBL_MAX) {
            at = put(into, at, "inf", 3);
        } else {
            size_t n = shortest_digits(magnitude, digits, &point);
            at = point < -3 || point > 16 ? print_scientific(into, at, digits, n, point) : print_plain(into, at, digits, n, point);
        }
    }
    into[at] = '\0';
    return at;
}

/* Rounds 0.DIGITS * 10^point to `decimals` after the mark, halves away from 0; may carry into one more digit in front. */
static size_t round_digits(char digits[20], size_t n, int *point, int decimals)
{
    int keep = *point + decimals;
    if (keep >= (int)n) return n;
    if (keep < 0) return 0;
    bool up = digits[keep] >= '5';
    n = (size_t)keep;
    for (size_t i = n; up && i-- > 0;) {
        up = digits[i] == '9';
        digits[i] = up ? '0' : (char)(digits[i] + 1);
    }
    if (!up) return n;
    memmove(digits + 1, digits, n);
    digits[0] = '1';
    ++*point;
    return n + 1;
}

size_t mlab_number_for_people(double value, int decimals, char *into, size_t size)
{
    double magnitude = value < 0 ? -value : value;
    if (size < 64 || !(magnitude < 1e15)) return mlab_number_print(value, into, size);
    if (decimals < 0) decimals = 0;
    if (decimals > 15) decimals = 15;
    char digits[20] = "";
    int point = 0;
    size_t n = magnitude > 0 ? shortest_digits(magnitude, digits, &point) : 0;
    n = round_digits(digits, n, &point, decimals);
    size_t at = 0;
    if (value < 0 && n > 0) into[at++] = '-';
    if (n == 0 || point <= 0) into[at++] = '0';
    for (int i = 0; i < point && n > 0; i++) {
        if (i > 0 && (point - i) % 3 == 0) into[at++] = ',';
        into[at++] = (size_t)i < n ? digits[i] : '0';
    }
    if (decimals > 0) into[at++] = '.';
    for (int i = point; i < point + decimals; i++) {
        bool inside = n > 0 && i >= 0 && (size_t)i < n;
        into[at++] = inside ? digits[i] : '0';
    }
    into[at] = '\0';
    return at;
}
