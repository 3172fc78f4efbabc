/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels compiled for the instruction set of the build: eight lanes are an array. */
#include "fit/kernels.h"

typedef struct lanes {
    double v[MLAB_LANES];
} lanes;
static inline lanes lanes_at(const double *x)
{
    lanes a;
    for (size_t l = 0; l < MLAB_LANES; l++) a.v[l] = x[l];
    return a;
}
static inline lanes lanes_zero(void)
{
    return (lanes){{0}};
}
static inline lanes lanes_add_product(lanes sum, lanes a, lanes b)
{
    for (size_t l = 0; l < MLAB_LANES; l++) sum.v[l] += a.v[l] * b.v[l];
    return sum;
}
static inline void lanes_store(double *into, lanes a)
{
    for (size_t l = 0; l < MLAB_LANES; l++) into[l] = a.v[l];
}

typedef struct singles {
    float v[MLAB_SINGLES];
} singles;
static inline singles singles_at(const float *x)
{
    singles a;
    for (size_t l = 0; l < MLAB_SINGLES; l++) a.v[l] = x[l];
    return a;
}
static inline singles singles_zero(void)
{
    return (singles){{0}};
}
static inline singles singles_add_product(singles sum, singles a, singles b)
{
    for (size_t l = 0; l < MLAB_SINGLES; l++) sum.v[l] += a.v[l] * b.v[l];
    return sum;
}
static inline void singles_add(double *into, singles a)
{
    for (size_t l = 0; l < MLAB_LANES; l++) into[l] += (double)a.v[l] + (double)a.v[l + MLAB_LANES];
}

#define MLAB_KERNELS mlab_kernels_generic
#include "fit/kernels_body.h"
