/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The array functions of elementary.h for the instruction set "generic". */
#define MLAB_ARRAYS mlab_elementary_generic
#include "core/elementary_body.h"
