/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The array functions of elementary.h for the instruction set "avx512". */
#define MLAB_ARRAYS mlab_elementary_avx512
#include "core/elementary_body.h"
