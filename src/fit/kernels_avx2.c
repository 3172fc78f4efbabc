/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels compiled for AVX2. */
#define MLAB_KERNELS mlab_kernels_avx2
#include "fit/kernels_body.h"
