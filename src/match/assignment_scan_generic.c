/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scans compiled for the instruction set of the build. */
#define MLAB_SCAN mlab_scan_generic
#include "match/assignment_scan_body.h"
