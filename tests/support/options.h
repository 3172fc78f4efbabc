/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tests that every folder's options table passes. */
#ifndef MLAB_TESTS_OPTIONS_H
#define MLAB_TESTS_OPTIONS_H

#include "core/options.h"

/* Fails the running test when a row is not well made: no or a double key, a flag twice, no help, a default its own row
 * refuses, a field outside the struct of `size` bytes or on top of another, a value below, above or NaN that passes. */
void mlab_test_options(const mlab_option *rows, size_t n, size_t size);

#endif
