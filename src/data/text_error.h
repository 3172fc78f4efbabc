/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors inside a text of the study file, at their character: formulas and expressions. */
#ifndef MLAB_DATA_TEXT_ERROR_H
#define MLAB_DATA_TEXT_ERROR_H

#include "core/error.h"

#include <stdarg.h>

/* Raises "<what>, character n: <sentence>" for byte `at` of the UTF-8 text; n counts characters from 1. place: where the text begins, NULL
 * = not known; the raised column is then n. */
mlab_status mlab_raise_in_text(mlab_error *err, mlab_status status, const char *what, const char *text, const mlab_place *place, uint32_t at,
                               const char *format, va_list list);

#endif
