/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chooses the kernels by the context's instruction set. */
#include "fit/kernels.h"

const mlab_kernels *mlab_kernels_of(const mlab_context *context)
{
    switch (context->isa) {
    case MLAB_ISA_AVX512: return &mlab_kernels_avx512;
    case MLAB_ISA_AVX2: return &mlab_kernels_avx2;
    default: return &mlab_kernels_generic;
    }
}
