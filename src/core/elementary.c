/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elementary functions: single values, and arrays by the instruction set of the context. All give the same bits. */
#include "core/elementary.h"
#include "core/elementary_isa.h"
#include "core/elementary_kernel.h"

double mlab_exp(double x)
{
    return mlab_kernel_exp(x);
}
double mlab_log(double x)
{
    return mlab_kernel_log(x);
}
double mlab_expm1(double x)
{
    return mlab_kernel_expm1(x);
}
double mlab_log1p(double x)
{
    return mlab_kernel_log1p(x);
}
double mlab_logistic(double x)
{
    return mlab_kernel_logistic(x);
}
double mlab_normal_quantile(double p)
{
    return mlab_kernel_normal_quantile(p);
}

static const mlab_elementary_arrays *arrays_of(const mlab_context *context)
{
#if defined(__x86_64__)
    if (context->isa == MLAB_ISA_AVX512) return &mlab_elementary_avx512;
    if (context->isa == MLAB_ISA_AVX2) return &mlab_elementary_avx2;
#else
    (void)context;
#endif
    return &mlab_elementary_generic;
}

void mlab_exp_array(const mlab_context *context, const double *in, double *out, size_t n)
{
    arrays_of(context)->exp(in, out, n);
}
void mlab_log_array(const mlab_context *context, const double *in, double *out, size_t n)
{
    arrays_of(context)->log(in, out, n);
}
void mlab_logistic_array(const mlab_context *context, const double *in, double *out, size_t n)
{
    arrays_of(context)->logistic(in, out, n);
}

void mlab_cloglog_inverse_array(const mlab_context *context, const double *in, double *out, size_t n)
{
    arrays_of(context)->cloglog_inverse(in, out, n);
}

void mlab_normal_quantile_array(const mlab_context *context, const double *in, double *out, size_t n)
{
    arrays_of(context)->normal_quantile(in, out, n);
}
