/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scans compiled for AVX2. */
#define MLAB_SCAN mlab_scan_avx2
#include "match/assignment_scan_body.h"
