/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels compiled for AVX-512. */
#define MLAB_KERNELS mlab_kernels_avx512
#include "fit/kernels_body.h"
