/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels compiled for the instruction set of the build. */
#define MLAB_KERNELS mlab_kernels_generic
#include "fit/kernels_body.h"
