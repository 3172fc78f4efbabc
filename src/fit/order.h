/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows put in order of whole-number keys in linear time. */
#ifndef MLAB_FIT_ORDER_H
#define MLAB_FIT_ORDER_H

#include "mentorlab/core.h"

#include <string.h>

/* Puts items [n] in rising order of their keys [n], equal keys in the order they had; keys are put in the same order. */
MLAB_MUST_USE mlab_status mlab_order_by(const mlab_context *context, uint64_t *keys, uint32_t *items, size_t n, mlab_error *err);

/* A key with the order of the numbers, NaN excluded; -0 and 0 have the same. */
static inline uint64_t mlab_order_of_real(double x)
{
    uint64_t bits;
    x += 0.0; /* -0 to 0 */
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

#endif
